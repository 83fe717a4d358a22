"""The questions with four choices: their texts, and how the pages behave that have them."""

import re
from collections import Counter
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from playwright.sync_api import Browser

from _ext.questions import questions
from _ext.quiz import choices, faults, split

BOOK = Path(__file__).parents[1] / "book"
SHEETS = {"assignment": "A", "homework": "H"}
QUIZ = {
    name: yaml.safe_load((BOOK / f"quiz/{name}.yml").read_text()) for name in SHEETS
}
ALL = [
    pytest.param(one, id=f"{name}-{k}")
    for name, found in QUIZ.items()
    for k, one in enumerate(found, 1)
]
KNOWN = questions(SimpleNamespace(srcdir=BOOK))
CHAPTERS = {
    *("classification", "generation", "evaluation", "word2vec"),
    *("backprop-mlp", "backprop-rnn", "residual", "lstm", "project"),
}
MOST_ASKED, MOST_CHOSEN, MOST_SAID = 40, 20, 35
"""The most words of a question, of a choice, of what it says; a formula is one."""


def words(text: str) -> int:
    """How many words a text has."""
    pieces = re.sub(r"\$[^$]+\$", " one ", text).split()
    return sum(bool(re.search(r"\w", piece)) for piece in pieces)


def width(text: str) -> int:
    """About how many letters are seen of a text with formulas: none of a space, a bracket, or a word that sets them."""
    text = re.sub(r"\\(text|operatorname)|\\[,;!]|\\(bigl|bigr|top)\b", "", text)
    return len(re.sub(r"[${}^_*`\\\s]", "", re.sub(r"\\[A-Za-z]+", "x", text)))


@pytest.mark.parametrize("one", ALL)
def test_a_question_is_short_and_asks_what_is(one: dict):
    assert words(one["asks"]) <= MOST_ASKED and one["asks"].endswith("?")
    assert not re.search(r"\b(not|wrong|false|except)\b", one["asks"].split(". ")[-1])
    for text, _, says in choices(one):
        assert words(text) <= MOST_CHOSEN and words(says) <= MOST_SAID
        assert not re.search(r"(all|none) of (the above|these)", text)


@pytest.mark.parametrize("name", SHEETS)
def test_twenty_questions_ask_all_that_a_sheet_asks(name: str):
    assert len(QUIZ[name]) == 20
    asked = {id for one in QUIZ[name] for id in split(one["about"])[0]}
    assert asked == {id for id in KNOWN if id.startswith(SHEETS[name])}


def test_every_chapter_has_three():
    found = Counter(one["page"] for quiz in QUIZ.values() for one in quiz)
    assert found.keys() == CHAPTERS and min(found.values()) >= 3


@pytest.mark.parametrize("name", SHEETS)
def test_neither_length_nor_place_tells_the_right_choice(name: str):
    longest, places = 0, Counter()
    for one in QUIZ[name]:
        longest += width(one["right"]) > max(width(w["choice"]) for w in one["wrong"])
        places[[choice.verdict for choice in choices(one)].index("Right")] += 1
    assert longest <= 0.4 * len(QUIZ[name])
    assert len(places) == 4 and max(places.values()) <= 0.5 * len(QUIZ[name])


@pytest.mark.parametrize("name", SHEETS)
def test_half_of_the_wrong_formulas_are_mistakes_that_a_check_refuses(name: str):
    told = [
        "mistake" in wrong
        for one in QUIZ[name]
        if any("$" in choice.text for choice in choices(one))
        for wrong in one["wrong"]
    ]
    assert sum(told) >= 0.5 * len(told)


# What is wrong with a question, and what is said of it; the build is tried on others of them in test_build.py.
SOUND = {
    "asks": "What?",
    "about": ["H1.1", "mlp-columns"],
    "page": "lstm",
    "right": "a",
    "because": "b",
    "wrong": [{"choice": text, "says": "d"} for text in "xyz"],
}
NOT_SOUND = {
    "has no text for “right”": {"right": 6},
    "is not about a question of a sheet and a label": {"about": ["H1.1"]},
    "there is no page lstms": {"page": "lstms"},
    "has a choice twice": {"right": "x"},
    "has no text for “says”": {"wrong": [{"choice": text} for text in "xyz"]},
    "“mistakes” means nothing": {
        "wrong": [w | {"mistakes": "e"} for w in SOUND["wrong"]]
    },
    "has 2 wrong choices, not 3": {"wrong": SOUND["wrong"][:2]},
}


@pytest.mark.parametrize("fault", NOT_SOUND)
def test_what_is_wrong_with_a_question_is_said(fault: str):
    env = SimpleNamespace(app=SimpleNamespace(srcdir=BOOK), found_docs=CHAPTERS)
    assert list(faults(env, SOUND)) == []
    assert set(faults(env, SOUND | NOT_SOUND[fault])) == {fault}


# The pages

CHOICE = ".quiz details.choice"
TAP = 44
"""The least height, in pixels, of what is tapped."""


@pytest.mark.parametrize("name", SHEETS)
def test_a_choice_says_what_it_is_and_closes_the_others_without_a_script(
    browser: Browser, site: Path, name: str
):
    context = browser.new_context(
        java_script_enabled=False, viewport={"width": 360, "height": 800}
    )
    page = context.new_page()
    page.goto((site / f"twenty-{name}.html").as_uri())
    assert page.locator(".quiz").count() == 20 and page.locator(CHOICE).count() == 80
    said = [one.verdict for quiz in (sorted_quiz(name)) for one in choices(quiz)]
    for k in (0, 1, 2, 3, 79):
        tile = page.locator(CHOICE).nth(k)
        assert tile.locator("summary").bounding_box()["height"] >= TAP
        tile.locator("summary").focus()
        page.keyboard.press("Enter")
        assert tile.locator("p").first.inner_text().startswith(f"{said[k]}:")
        assert page.locator(f"{CHOICE}[open]").count() == (2 if k == 79 else 1)
        assert tile.locator("a").count() >= (said[k] == "Right")
    context.close()


def sorted_quiz(name: str) -> list[dict]:
    """The questions in the order of the sheet."""
    return sorted(
        QUIZ[name], key=lambda one: list(KNOWN).index(split(one["about"])[0][0])
    )


@pytest.mark.parametrize("name", SHEETS)
def test_on_paper_all_is_open_and_afterwards_it_is_as_before(
    browser: Browser, site: Path, name: str
):
    page = browser.new_page()
    page.goto((site / f"twenty-{name}.html").as_uri())
    page.locator(f"{CHOICE} summary").nth(5).click()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator(f"{CHOICE}[open]").count() == 80
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert (
        page.locator(f"{CHOICE}[open]").count() == 1
        and page.locator(f"{CHOICE}[open][name]").count() == 1
    )
    page.locator(f"{CHOICE} summary").nth(6).click()
    assert page.locator(f"{CHOICE}[open]").count() == 1
    page.close()
