"""What a chapter asks of its reader, in the built pages: predictions, questions, sittings, a summary, wrong lines."""

import re
from pathlib import Path

import pytest
import yaml
from bs4 import BeautifulSoup, Tag

from check_site import pages, spaced

ROOT = Path(__file__).parents[1]
PARTS = yaml.safe_load((ROOT / "_toc.yml").read_text())["parts"]
CHAPTERS = [
    chapter["file"]
    for part in PARTS
    if part.get("numbered")
    for chapter in part["chapters"]
]
NUMBERS = "no one two three four five six seven".split()
LONGEST = 16
"""Minutes of a sitting."""


def article(site: Path, chapter: str) -> BeautifulSoup:
    """A chapter, to be taken apart."""
    return BeautifulSoup(
        str(pages(site)[f"{chapter}.html"].select_one("article")), "html.parser"
    )


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_chapter_begins_with_a_prediction_and_questions_on_what_came_before(
    site: Path, chapter: str
):
    page = article(site, chapter)
    for kind in ("predict", "recall"):
        (box,) = page.select(f".admonition.{kind}")
        assert box.select_one("details.answered") and spaced(box.select_one("details"))
        assert box.find_next("div", class_="math") and not box.find_previous(
            "div", class_="math"
        )
    assert len(page.select(".recall > ol > li")) == 2


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_chapter_asks_three_times_on_its_way(site: Path, chapter: str):
    page = article(site, chapter)
    asked = page.select(".admonition.stop")
    assert len(asked) >= 3
    for box in asked:
        said = box.select_one("details.answered > :not(summary)")
        assert len(spaced(said).split()) <= 60
    before_exercises = [
        box for box in asked if box.find_next(id=re.compile("^exercises"))
    ]
    assert before_exercises == asked


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_chapter_ends_with_a_summary_of_five_lines_with_its_results(
    site: Path, chapter: str
):
    section = article(site, chapter).select_one("section#summary")
    lines = section.select("ul > li")
    assert len(lines) == 5 and all(len(spaced(line).split()) <= 50 for line in lines)
    assert re.search(r"Result \d", spaced(section))


def minutes(parts: list[Tag]) -> float:
    """How long it takes to read: 200 words a minute, half a minute a formula or figure, a minute a screen of code."""
    words = lines = drawn = 0
    for part in parts:
        # a live part is looked at as a figure is; its table stands there where no script runs
        for hidden in part.select("details, .headerlink, script, svg, .unrolled-live"):
            drawn += hidden.name in ("svg", "div")
            hidden.extract()
        for code in part.select("pre"):
            lines += code.get_text().count("\n")
            code.extract()
        drawn += len(part.select("div.math, img"))
        words += len(part.get_text().split())
    return words / 200 + drawn / 2 + lines / 40


def sittings(page: BeautifulSoup) -> list[list[Tag]]:
    """The blocks of a chapter up to its exercises, by sitting."""
    for section in page.select("section"):
        if section.get("id") == "exercises":
            for later in section.find_next_siblings("section"):
                later.extract()
            section.extract()
    inside = page.select("section > *:not(section)")
    groups, number = {}, 0
    for block in inside:
        groups.setdefault(number, []).append(block)
        number += "sitting" in block.get("class", [])
    return list(groups.values())


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_sittings_are_as_many_as_the_chapter_says_and_none_is_long(
    site: Path, chapter: str
):
    page = article(site, chapter)
    said = re.search(
        r"Reading it takes about (\d+) minutes, in (\w+) sittings", spaced(page)
    )
    parts = sittings(page)
    assert len(parts) == NUMBERS.index(said[2])
    spent = [minutes(part) for part in parts]
    assert max(spent) <= LONGEST, spent
    assert 0.75 <= sum(spent) / int(said[1]) <= 1.25, spent


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_result_that_answers_a_question_has_two_or_three_lines_that_tempt(
    site: Path, chapter: str
):
    boxes = [
        box
        for box in article(site, chapter).select(".admonition.result")
        if box.select_one(".asked")
    ]
    lines = {box["id"]: len(box.select(".tempting > ul > li")) for box in boxes}
    assert all(2 <= number <= 3 for number in lines.values()), lines


TASKED = re.compile(r"^:{3,}\{prf:(?:proposition|remark)\} .*\n((?::\w+:.*\n)+)", re.M)
LONGEST_TASK = 16
"""Words; formulas count one."""


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_a_block_that_can_be_covered_says_what_to_find(chapter: str):
    text = (ROOT / "book" / f"{chapter}.md").read_text()
    blocks = [
        dict(re.findall(r":(\w+): *(.*)", found)) for found in TASKED.findall(text)
    ]
    asked = [block for block in blocks if "questions" in block]
    assert asked
    for block in asked:
        words = re.sub(r"\$[^$]+\$", "x", block.get("task", "")).split()
        assert 2 <= len(words) <= LONGEST_TASK, block["label"]


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_code_and_figures_that_show_an_answer_can_be_covered(site: Path, chapter: str):
    page = article(site, chapter)
    covered = page.select(".to-find")
    for box in page.select(".admonition.result:has(> .asked)"):
        source = box.select_one("details .highlight-python pre")
        name = source and re.search(r"^def (\w+)", source.get_text(), re.M)
        for code in page.select(".highlight-python pre"):
            if (
                name
                and code.find_parent("details") is None
                and f"def {name[1]}(" in code.get_text()
            ):
                assert code.find_parent(class_="to-find") in covered
