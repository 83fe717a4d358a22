"""The book without solutions: what was taken out of it stands in none of its files, and all that stays is whole."""

import html
import json
import re
import subprocess
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import build
import numpy as np
import pytest
from bs4 import BeautifulSoup, Tag
from playwright.sync_api import Page
from sphinx.util.inventory import InventoryFile

from browsing import LIVE, hoisted, press
from check_site import TEXTS, broken_links, soup
from test_live import example, numbers
from test_live_plane import part as plane
from test_live_vanishing import part as vanishing
from test_yours import opened
from test_yours import told as told_of
from tiny import Book
from unrolled.pages import backprop_rnn

ROOT = Path(__file__).parents[1]
WORDS = 6
"""A sentence of fewer words may stand anywhere."""

BLOCKS = "p, li, td, th, dt, dd, h1, h2, h3, h4, summary, figcaption, pre, div, tr"
KEPT = ".admonition-title, .asked, .task, details[id^=cite-], .report, .history"
"""What stays of a block that answers."""
ANSWERS = (
    *("details.solution", "details.short-answer", ".marking", ".sitting"),
    *(".to-find figure, .to-find pre", "details.choice > p", ".solved:not(table)"),
    "table.solved td:last-child",
)


# What is taken out


def taken_out(page: BeautifulSoup) -> list[Tag]:
    """The parts of a page of the whole book that answer; the page has the rest after this."""
    found = [one for css in ANSWERS for one in page.select(css)]
    for fold in page.select("details.answered"):
        if fold.summary.get_text().startswith("The answer"):
            found.append(fold)
    for block in page.select(".result, .answer"):
        if block.find(class_="asked", recursive=False):
            found += [
                one
                for part in block.find_all(recursive=False)
                for one in (
                    part.find_all(recursive=False)
                    if "to-find" in part.get("class", [])
                    else [part]
                )
                if not one.css.match(KEPT)
            ]
    return [one.extract() for one in found if not one.decomposed]


def spelled(part: Tag) -> str:
    """The text of a part, a line for each block, with formulas as TeX."""
    for formula in part.select("[data-tex]"):
        formula.replace_with(f" {formula['data-tex']} ")
    for block in part.select(BLOCKS):
        block.insert_before("\n")
        block.append("\n")
    return part.get_text()


def normal(text: str) -> str:
    """The words of a text, as they are compared."""
    words = re.findall(r"[^\W\d_]+", text.lower())
    return f" {' '.join(words)} "


def sentences(text: str) -> Iterator[str]:
    """The sentences of a text that are long enough."""
    for line in re.split(r"\n|(?<=[.?!:;])\s", text):
        if len(re.findall(r"[^\W\d_]{2,}", line)) >= WORDS:
            yield normal(line)


def squeezed(tex: str) -> str:
    """The TeX of a formula without what is only for the eye."""
    return re.sub(
        r"\s|&|\\(?:[bB]igg?[lr]?|[,;!: ]|quad|qquad)(?![a-z])|[.,]$", "", tex
    )


def formulas(part: Tag) -> Iterator[str]:
    """The displayed formulas of a part, and the lines of each that say something."""
    for formula in part.select("div.math [data-tex]"):
        tex = formula["data-tex"]
        inside = re.sub(r"\\(?:begin|end)\{\w+\}", "", tex)
        for line in (tex, *inside.split(r"\\")):
            line = squeezed(re.split(r"\\text\{(?:shape|length)", line)[0])
            if "=" in line and len(line) > 12:
                yield line


def told(site: Path) -> Iterator[tuple[str, str]]:
    """The texts of a site: the name of each file, also in archives, and what is written in it, plainly."""
    for path in sorted(site.rglob("*")):
        name = path.relative_to(site).as_posix()
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as packed:
                for inner in packed.namelist():
                    yield f"{name}: {inner}", packed.read(inner).decode()
        elif path.name == "objects.inv":
            yield name, zlib.decompress(path.read_bytes().split(b"zlib.\n")[1]).decode()
        elif path.suffix == ".html":
            page = BeautifulSoup(path.read_text(), "html.parser")
            labels = [
                element[attribute]
                for element in page.find_all(True)
                for attribute in ("alt", "title", "aria-label", "content")
                if attribute in element.attrs
            ]
            yield name, "\n".join([*labels, str(page.template or ""), spelled(page)])
        elif path.suffix in TEXTS | {".bib"}:
            yield (
                name,
                html.unescape(path.read_text(errors="replace").replace("\\\\", "\\")),
            )


def given_away(whole: Path, closed: Path) -> list[str]:
    """What was taken out of the whole book, stands nowhere else in it, and stands in the closed one."""
    gone, rest = {}, []
    for path in sorted(whole.glob("*.html")):
        page = BeautifulSoup(path.read_text(), "html.parser").article
        for part in taken_out(page) if page else ():
            gone |= dict.fromkeys(
                [*formulas(part), *sentences(spelled(part))], path.name
            )
        rest.append(spelled(page) if page else "")
    remains = normal("\n".join(rest)), squeezed("".join(rest))
    secret = [one for one in gone if not any(one in text for text in remains)]
    assert len(secret) > len(gone) / 2
    return [
        f"{name} has of {gone[one]}: {one}"
        for name, text in told(closed)
        for texts in [(normal(text), squeezed(text))]
        for one in secret
        if any(one in text for text in texts)
    ]


def names_of_mistakes(whole: Path) -> set[str]:
    """What the payloads of the whole book call mistakes, where that is more than two words."""
    found = set()
    for path in (whole / "_static" / "yours").glob("*.js"):
        if data := re.search(r'": (\{"format".*\}) \};\n$', path.read_text()):
            found |= {one["name"] for one in json.loads(data[1])["mistakes"]}
    return {name for name in found if len(name.split()) > 2}


def faults(whole: Path, closed: Path) -> list[str]:
    """What is wrong with the closed book."""
    texts = dict(told(closed))
    scripts = {name: text for name, text in texts.items() if name.endswith(".js")}
    names = names_of_mistakes(whole)
    return [
        *given_away(whole, closed),
        *broken_links(closed),
        *lost_anchors(closed),
        *(
            f"{name} names the mistake {x}"
            for name, text in scripts.items()
            for x in names
            if x in text
        ),
        *(
            f"{name} says {words}"
            for name, text in scripts.items()
            for words in (
                "unrolled.spelled =",
                '"rule":',
                '"after":',
            )
            if words in text and not name.startswith("searchindex")
        ),
        *(
            f"there is {path.relative_to(closed)}"
            for pattern in (
                "notebooks",
                "_sources",
                "*.pdf",
                "downloads/*.whl",
                "_downloads/*/*.py",
            )
            for path in closed.glob(pattern)
        ),
    ]


def lost_anchors(site: Path) -> Iterator[str]:
    """The addresses of the inventory that lead nowhere."""
    with (site / "objects.inv").open("rb") as file:
        inventory = InventoryFile.load(file, "", lambda _, address: address)
    for names in inventory.values():
        for name, (_, _, address, _) in names.items():
            page, _, anchor = address.partition("#")
            if anchor and not soup((site / page).read_text()).find(id=anchor):
                yield f"objects.inv: {name} leads to {address}, and there is no such anchor"


# A tiny book


@pytest.fixture
def closed(built: Book) -> Book:
    """A book built in both ways."""
    assert built.build(SOLUTIONS="0") == 0, built.log
    return built


def test_the_closed_book_is_built_beside_the_whole_from_one_cache(closed: Book):
    assert closed.executed() == set()
    assert closed.log.strip().endswith("_build/questions/html/index.html")
    assert closed.build(SOLUTIONS="0") == 0
    assert closed.log.startswith("Nothing has changed since the book was built")
    assert closed.build() == 0
    assert closed.log.startswith("Nothing has changed since the book was built")


def test_nothing_of_a_tiny_book_is_given_away(closed: Book):
    site = closed.folder / "_build" / "questions" / "html"
    assert faults(closed.html, site) == []
    page = soup((site / "results.html").read_text())
    block = page.find(id="square")
    assert block.find(class_="asked") and not block.select(".derivation, .tempting")
    assert block.find(id="equation-square-formula").find(attrs={"data-tex": r"\dots"})
    assert page.find(id="answer-square").select(".derivation, .grader") == []
    choices = soup((site / "index.html").read_text()).select("section.quiz")[0]
    assert "$" not in choices.get_text() and not choices.select("details, .right")


def test_the_whole_book_gives_itself_away(built: Book):
    assert given_away(built.html, built.html)


def test_other_values_are_refused_with_what_is_expected(built: Book):
    assert built.build(SOLUTIONS="no") == 2
    assert "SOLUTIONS is 'no'; expected 1, the book, or 0" in built.log
    assert built.make("pdf", SOLUTIONS="0") == 2
    assert "leave it out for `make pdf`" in built.log


# Live parts


PARTS = {
    "stepper": lambda: example(False)[1],
    "plane": plane,
    "vanishing": vanishing,
}


@pytest.mark.parametrize("name", PARTS)
def test_live_parts_do_without_formulas(name: str, phone: Page, tmp_path: Path):
    phone.goto(hoisted(tmp_path, PARTS[name](), closed=True))
    for button in phone.locator(".live button").all():
        if button.is_visible():
            button.click()
    assert not re.search("[⊤Σ⊙]|To have seen", phone.locator(".live").inner_text())
    assert not (tmp_path / "_static/live/spelled.js").exists()


def test_the_backward_pass_has_other_numbers_and_asks_for_them(
    phone: Page, tmp_path: Path
):
    case, live = example(False)
    address = hoisted(tmp_path, live, closed=True)
    phone.goto(address)
    assert "Find the mistake" not in phone.locator(".live").inner_text()
    press(phone, "To the way back")
    press(phone, "To the end")
    shown = numbers(phone, "gradient")
    g = backprop_rnn.state_gradients(**case)
    assert len(shown) > len(g)
    assert not [
        v for v in shown for row in g if len(v) == len(row) and np.allclose(v, row)
    ]
    press(phone, "Your turn")
    phone.get_by_label("Your number").fill("77")
    for _ in range(4):
        press(phone, "Check")
        assert "Not right" in phone.locator(".live-status").inner_text()
    files = "".join(path.read_text() for path in (tmp_path / "_static/live").iterdir())
    sentences = json.loads((LIVE / "sentences.json").read_text())["mistakes"].values()
    assert not [
        one for one in sentences if one["name"] in files or one["rule"] in files
    ]


# The book


@pytest.fixture(scope="session")
def questions(site: Path) -> Path:
    """The folder of the book without solutions, built from the cache."""
    make = ["make", f"VENV={ROOT}/.venv", "-o", "setup", "book", "SOLUTIONS=0"]
    run = subprocess.run(make, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
    return ROOT / build.CLOSED / "html"


@pytest.mark.whole
def test_nothing_of_the_book_is_given_away(site: Path, questions: Path):
    assert faults(site, questions) == []
    assert len(names_of_mistakes(site)) > 50


@pytest.mark.whole
def test_it_says_that_it_is_without_solutions(questions: Path):
    for name in ("index", "teachers"):
        assert (
            "the version without solutions"
            in soup((questions / f"{name}.html").read_text()).get_text()
        )


@pytest.mark.whole
def test_no_heading_stands_over_nothing(questions: Path):
    for path in questions.glob("*.html"):
        for section in soup(path.read_text()).select("article section"):
            assert len(section.get_text().split()) > len(
                section.find(re.compile("h[1-6]")).get_text().split()
            ), (path.name, section.get("id"))


@pytest.mark.whole
def test_write_yours_asks_and_shows_numbers_and_no_more(questions: Path, phone: Page):
    dialog = opened(phone, questions, "backprop-rnn", "rnn-gradients")
    dialog.locator(".yours-goals button").nth(1).click()
    assert "Which step" in told_of(dialog, "sum_t delta_t h_t^T")
    for line in (
        "sum_t (delta_t h_t^T)",
        "sum_t delta_t (h_t^T)",
        "sum_t (delta_t) h_t^T",
    ):
        said = told_of(dialog, line)
        assert "Right is" in said and "known mistake" not in said
    assert "Which order" in told_of(dialog, "sum_t delta_t h_{t-1}")
    right = told_of(dialog, "sum_t delta_t h_{t-1}^T")
    assert "Right." in right and "derivation" not in dialog.inner_text()
