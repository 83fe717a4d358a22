"""Results in the built book: shown, listed, citable from elsewhere; tried on the tiny book and on the real one."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from check_site import pages
from tiny import Book
from unrolled.formulas.printed import displays
from unrolled.formulas.values import WAYS

ROOT = Path(__file__).parents[1]


def page(book: Book, name: str) -> BeautifulSoup:
    """A built page, parsed."""
    return BeautifulSoup(book.page(name), "html.parser")


# What a page shows


def test_box_shows_number_link_formula_derivation_code_check_mistakes_and_citation(
    cold: Book,
):
    box = page(cold, "results").find(id="square")
    assert box.select_one(".admonition-title").get_text().startswith("Result 4.1")
    assert box.select_one(".admonition-title a")["href"] == "#square"
    assert box.find(id="equation-square-formula") and box.select_one(".derivation")
    folds = {fold.summary.get_text(): fold for fold in box.select("details")}
    checked = folds["Checked in this build: the function and the printed formulas"]
    assert "return 2 * x" in checked.get_text()
    assert re.search(
        r"central differences \d · 10−\d+ \(120 cases\), by hand 0 \(1 case\)",
        checked.get_text().replace("\N{NO-BREAK SPACE}", " "),
    )
    mistakes = folds["More mistakes, each refused by the check"]
    assert mistakes.li.p.get_text() == (
        "the sign (refused in all 120 cases; no mistake for n = 0)"
    )
    assert len(mistakes.select("li")) == 1
    assert mistakes.li.pre.get_text().split("\n") == [
        "- return 2 * x",
        "+ return -2 * x",
        "",
    ]
    text, bibtex = (pre.get_text() for pre in folds["Cite"].select("pre"))
    assert "“The derivative of a square” (Result 4.1, label square)" in text
    assert "@misc{unrolled:square," in bibtex


def test_box_has_the_line_that_tempts_why_and_what_exposes_it(cold: Book):
    tempting = page(cold, "results").select_one("#square .tempting li")
    line, why, test = tempting.select("p")
    assert line.math and line.get_text(strip=True)
    assert why.get_text().startswith("Why it tempts: It is right for")
    assert test.get_text().startswith("What exposes it: At")


def test_all_that_answers_a_question_can_be_covered_and_nothing_else(cold: Book):
    def shown(label: str) -> str:
        box = page(cold, "results").find(id=label)
        box.select_one(".to-find").extract()
        return " ".join(box.get_text().split())

    assert "2x" not in shown("square") and "Derivation" not in shown("square")
    assert "2x" not in shown("answer-square")
    assert "Answers Sheet, problem 1 Checked in this build" in shown("square")


def test_box_shows_the_same_when_the_page_comes_from_the_cache(built: Book):
    before = page(built, "results").find(id="square")
    assert built.build() == 0
    assert built.executed() == set()
    assert page(built, "results").find(id="square") == before


def test_corrected_formula_is_checked_anew(built: Book):
    built.edit("code/unrolled/results/squares.py", "return 2 * x", "return x + x")
    assert built.build() == 0
    assert built.executed() == {"results"}
    assert "return x + x" in page(built, "results").find(id="square").get_text()


def test_map_leads_from_questions_to_short_answers_first(cold: Book):
    cards = page(cold, "index").select("section.question")
    titles = [card.h2.contents[0] for card in cards]
    assert titles == ["Sheet, problem 1", "Sheet, problem 2"]
    links = [[a["href"] for a in card.select("ul.shown a")] for card in cards]
    blocks = ["answer-square", "square"]
    anchors = [to + block for block in blocks for to in ("", "cite-")]
    assert links == [[f"results.html#{anchor}" for anchor in anchors], []]
    assert "open" in cards[1].get_text()
    assert json.loads((cold.html / "questions.json").read_text()) == {
        "Q1.1": ["results.html#answer-square", "results.html#square"],
        "Q1.2": [],
    }


def test_map_has_the_short_answer_whole_and_its_anchors_once(cold: Book):
    shown, there = page(cold, "index"), page(cold, "results")
    fold = shown.select_one("#question-Q1-1 > details")
    assert fold.summary.get_text() == "Short answer 4.1 (Twice the number)"
    own = [part.get_text() for part in there.select("#answer-square > .to-find > p")]
    assert [part.get_text() for part in fold.find_all("p")] == own
    links = [a["href"] for a in fold.select("a")]
    assert links == ["results.html#equation-square-formula", "results.html"]
    ids = [element["id"] for element in shown.find_all(id=True)]
    assert len(ids) == len(set(ids))


def test_block_says_which_question_it_answers_and_leads_back(cold: Book):
    for label in ("square", "answer-square"):
        line = page(cold, "results").find(id=label).select_one(".asked")
        assert line.get_text() == "Answers Sheet, problem 1"
        assert line.a["href"] == "index.html#question-Q1-1"


def test_reference_says_number_and_name(cold: Book):
    links = page(cold, "index").select("article > section > p a.internal")[2:4]
    assert [(link.get_text(), link["href"]) for link in links] == [
        ("Result 4.1 (The derivative of a square)", "results.html#square"),
        ("Short answer 4.1 (Twice the number)", "results.html#answer-square"),
    ]


def test_picture_of_another_page_and_the_time_that_pages_take(cold: Book):
    shown = page(cold, "index").select_one("article .picture")
    assert shown.svg == page(cold, "numbers").find(id="fig-line").svg
    assert "A line of another page." in shown.get_text()
    words = page(cold, "index").article.get_text().split()
    assert "takes 1 h 5 min." in " ".join(words)


def test_short_answer_says_what_a_grader_looks_for(cold: Book):
    line = page(cold, "results").select_one("#answer-square p > em")
    assert line.get_text() == "A grader looks for: the factor 2."


def test_what_has_moved_leads_to_where_it_is(cold: Book):
    moved = page(cold, "plain").find(id="answer-square")
    assert moved.a["href"] == "results.html#answer-square"
    assert page(cold, "results").find(id="old-answer").a["href"] == (
        "results.html#answer-square"
    )
    assert page(cold, "former").find(id="square").a["href"] == "results.html#square"


def test_erratum_is_shown_with_its_date_on_its_page_and_in_the_list(cold: Book):
    shown = page(cold, "results").get_text()
    assert shown.count("31 January 2026, Result 4.1 (The derivative of a square)") == 2


# The real book


@pytest.fixture(scope="module")
def results(site: Path) -> list[dict]:
    """The real book's results.json."""
    return json.loads((site / "results.json").read_text())


def test_every_result_has_enough_cases_within_the_bounds(results: list[dict]):
    assert results
    for result in results:
        checks = {check["how"]: check for check in result["checks"]}
        assert checks["by hand"]["cases"] >= 1
        assert max(check["cases"] for check in checks.values()) >= 100
        for check in checks.values():
            expected = 1e-6 if check["how"] == "central differences" else 1e-12
            assert check["error"] <= check["bound"] <= expected


def test_what_came_of_the_printed_formulas_is_told(site: Path, results: list[dict]):
    found = json.loads((site / "formulas.json").read_text())
    accounted = found["executed"] + found["definitions"], *found["prose"].values()
    names = [name for name, ways in found["letters"].items() if any(ways.values())]
    sources = [(ROOT / "book" / f"{name}.md").read_text() for name in names]
    assert sum(accounted) == found["displays"] == len(sum(map(displays, sources), []))
    assert found["equalities"] > 6000 and found["error"] <= 1e-12
    typos = found["typos"]
    came_of = *typos["refused"].values(), *typos["equal"].values()
    assert sum(came_of) == typos["made"] > 5000
    own = [one["printed"]["typos"] for one in results if one["printed"]]
    assert 0 < sum(one["made"] for one in own) <= typos["made"]
    shown = pages(site)["results.html"].get_text()
    for count in (found["displays"], found["equalities"], typos["made"]):
        assert f"{count:,}" in shown
    assert set(WAYS) == {way for ways in found["letters"].values() for way in ways}


def test_addresses_of_results_and_answers_lead_to_anchors(
    site: Path, results: list[dict]
):
    questions = json.loads((site / "questions.json").read_text())
    anchors = {
        f"{name}#{element['id']}"
        for name, parsed in pages(site).items()
        for element in parsed.find_all(id=True)
    }
    assert {result["url"] for result in results} <= anchors
    assert {url for urls in questions.values() for url in urls} <= anchors
    for result in results:
        for question in result["questions"]:
            assert result["url"] in questions[question]


def test_every_question_has_a_short_answer_and_a_place_where_it_is_shown(site: Path):
    questions = json.loads((site / "questions.json").read_text())
    assert len(questions) == 27
    parsed = pages(site)
    for urls in questions.values():
        assert len(urls) >= 2
        places = [url.split("#") for url in urls]
        found = [parsed[name].find(id=anchor) for name, anchor in places]
        assert all(found)
        assert "answer" in found[0]["class"]


def test_results_are_listed_on_the_index_page(site: Path, results: list[dict]):
    links = {a["href"] for a in pages(site)["results.html"].select("table a")}
    for result in results:
        assert result["url"] in links
        assert result["url"].replace("#", "#cite-") in links


# From another project


def test_another_project_cites_a_result_an_answer_an_equation_and_an_old_label(
    cold: Book, tmp_path: Path
):
    (tmp_path / "conf.py").write_text(
        "extensions = ['sphinx.ext.intersphinx']\n"
        f"intersphinx_mapping = {{'unrolled': ('https://example.org/', {str(cold.html / 'objects.inv')!r})}}\n"
    )
    (tmp_path / "index.rst").write_text(
        "Other\n=====\n\n"
        ":external+unrolled:ref:`square`, :external+unrolled:ref:`answer-square`, "
        ":external+unrolled:ref:`square-formula`, :external+unrolled:ref:`old-answer`\n"
    )
    command = [
        sys.executable,
        "-m",
        "sphinx",
        "-nWb",
        "html",
        str(tmp_path),
        str(tmp_path / "out"),
    ]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    built = BeautifulSoup((tmp_path / "out" / "index.html").read_text(), "html.parser")
    assert [(a.get_text(), a["href"]) for a in built.select("a.external")] == [
        (
            "Result 4.1 (The derivative of a square)",
            "https://example.org/results.html#square",
        ),
        (
            "Short answer 4.1 (Twice the number)",
            "https://example.org/results.html#answer-square",
        ),
        ("Equation (4.1)", "https://example.org/results.html#equation-square-formula"),
        (
            "Short answer 4.1 (Twice the number)",
            "https://example.org/results.html#answer-square",
        ),
    ]
