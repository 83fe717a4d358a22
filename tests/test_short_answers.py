"""Short answers are short, and say what a grader looks for: their words are counted in the pages' sources."""

import functools
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

BOOK = Path(__file__).parents[1] / "book"
ANSWER = re.compile(r"^(:{3,})\{prf:remark\} ([^\n]*)\n(.*?)^\1$", re.M | re.S)
OPTION = re.compile(r"^:(\w+): *(.*)\n", re.M)

MOST = {
    "answer-lstm": 45,
    "answer-generator-metric": 75,
    "answer-bigger": 60,
    "answer-sampling-loss": 65,
    "answer-residual": 60,
    "answer-lstm-code": 70,
}
"""The most words of a short answer; of all others it is MOST_OF_OTHERS."""
MOST_OF_OTHERS = 60
MOST_FOR_A_GRADER = 12
LISTED = {"answer-generator-metric": 4, "answer-bigger": 2}
"""How many labelled lines a short answer has, each for one thing that is asked."""


def answers(text: str) -> dict[str, tuple[dict[str, str], str]]:
    """The options and the text of each short answer of a page, by its label."""
    found = {}
    for answer in ANSWER.finditer(text):
        options = dict(OPTION.findall(answer[3]))
        found[options["label"]] = options, OPTION.sub("", answer[3])
    return found


def words(text: str) -> int:
    """How many words a text has: formulas and code count nothing, a pasted value and a reference count one."""
    text = re.sub(r"^(```+).*?^\1$", " ", text, flags=re.M | re.S)
    text = re.sub(r"\$\$.*?\$\$( *\([\w-]+\))?|\$[^$]+\$", " ", text, flags=re.S)
    text = re.sub(r"\{[\w:]+\}`[^`]*`", "one", text)
    return sum(bool(re.search(r"\w", piece)) for piece in text.split())


ANSWERS = {
    label: answer
    for path in sorted(BOOK.glob("*.md"))
    for label, answer in answers(path.read_text()).items()
}


@pytest.mark.parametrize("label", ANSWERS)
def test_a_short_answer_is_short_and_says_what_a_grader_looks_for(label: str):
    options, text = ANSWERS[label]
    assert 0 < words(options["grader"]) <= MOST_FOR_A_GRADER
    assert words(text) <= MOST.get(label, MOST_OF_OTHERS)


LINES = (BOOK / "labels.txt").read_text().splitlines()
ADDRESSES = dict(line.split() for line in LINES if line.startswith("answer-"))


@functools.cache
def page(file: Path) -> BeautifulSoup:
    """A built page."""
    return BeautifulSoup(file.read_text(), "html.parser")


@pytest.mark.parametrize("label", ANSWERS)
def test_a_short_answer_is_short_with_the_numbers_that_are_pasted(
    label: str, site: Path
):
    """On the built page, where a pasted value is all of its words."""
    answer = page(site / ADDRESSES[label].split("#")[0]).find(id=label)
    for part in answer.select(".math, pre, .admonition-title, .asked, .task, details"):
        part.decompose()
    *_, grader = answer.find_all("p")
    assert grader.extract().get_text().startswith("A grader looks for: ")
    assert words(answer.get_text(" ")) <= MOST.get(label, MOST_OF_OTHERS)


@pytest.mark.parametrize("label", LISTED)
def test_an_answer_to_several_things_has_a_labelled_line_for_each(label: str):
    _, text = ANSWERS[label]
    assert len(re.findall(r"^- \*\*[^*]+\*\* \S", text, re.M)) == LISTED[label]
    assert words(re.split(r"^- ", text, maxsplit=1, flags=re.M)[0]) == 0


def test_words_are_counted():
    page = (
        "Text.\n\n:::{prf:remark} Title $x$\n:label: answer-x\n:questions: A1.1\n:grader: one $x$ – two\n\n"
        "Two words, with $a = b$ and {numref}`fig-x`:\n\n$$\nc\n$$ (label)\n\n```python\ncode = 1\n```\n\n"
        "- **Label:** `nn.RNN` is code in a line.\n:::\n"
    )
    options, text = answers(page)["answer-x"]
    assert words(options["grader"]) == 2
    assert words(text) == 5 + 7
