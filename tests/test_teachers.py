"""What a teacher takes: the marking guides, and the archives of figures, questions and variants."""

import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import pdf as printing
import pikepdf
import pytest
import yaml
from packing import pack
from playwright.sync_api import Browser

from _ext.archives import ARCHIVES, address, alone
from _ext.marking import Line, faults, guide, wrong_lines
from _ext.questions import anchor, questions
from check_site import soup
from unrolled.variants import files

BOOK = Path(__file__).parents[1] / "book"
KNOWN = questions(SimpleNamespace(srcdir=BOOK))
RULES, GUIDE = guide(BOOK)
LINES = wrong_lines(BOOK)
SHEETS = {"marking-assignment": "Assignment", "marking-homework": "Homework 4"}
DERIVED = {"H1.2", "H2.2", "H3.1", "A3.1", "A3.2", "A3.5", "A3.6"}
"""The questions whose answer is a formula that is derived."""


def opened(site: Path, name: str) -> dict[str, bytes]:
    """The files of an archive of the site."""
    with zipfile.ZipFile(site / address(name)) as packed:
        assert packed.testzip() is None
        assert {entry.date_time for entry in packed.infolist()} == {
            (1980, 1, 1, 0, 0, 0)
        }
        top = f"unrolled-{name}/"
        assert all(file.startswith(top) for file in packed.namelist())
        return {file.removeprefix(top): packed.read(file) for file in packed.namelist()}


# The marking guides


@pytest.mark.parametrize("page", SHEETS)
def test_a_guide_says_how_many_points_there_are_and_asks_each_question_once(
    site: Path, page: str
):
    shown = soup((site / f"{page}.html").read_text())
    own = [GUIDE[id] for id, one in KNOWN.items() if one.sheet == SHEETS[page]]
    total = sum(len(one["points"]) for one in own)
    assert f"There are {total} points. {RULES}" in shown.find("article").get_text()
    for section in shown.select("section.marking"):
        asked = [em.get_text() for em in section.select("li > p > em:first-child")]
        assert len(asked) == len({*asked})


def test_every_question_has_points_and_every_derived_one_three_wrong_lines():
    assert GUIDE.keys() == KNOWN.keys()
    for id, one in GUIDE.items():
        assert list(faults(one, LINES)) == [], id
        assert 2 <= len(one["points"]) <= 6
        assert len(one.get("wrong", {})) <= 3 and len(one.get("slips", {})) <= 1
        if id in DERIVED:
            assert len(one["wrong"]) == 3, id


ONE = {"points": {"sum": "x", "index": "y"}, "accept": "Rows.", "wrong": {"a": "sum"}}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, []),
        ({"worth": 2}, ["“worth” means nothing"]),
        ({"accept": ""}, ["has no “accept”"]),
        ({"wrong": {"a": "sum, slope"}}, ["“a” loses slope, which is no point"]),
        ({"slips": {"x": "slope"}}, ["“x” loses slope, which is no point"]),
        ({"wrong": {"c": "sum"}}, ["“c” is 0 lines of the book; expected one"]),
        ({"wrong": {"b": "sum"}}, ["“b” is 2 lines of the book; expected one"]),
    ],
)
def test_what_is_wrong_with_a_guide_is_said(change: dict, said: list):
    lines = {"a": {Line("$a$")}, "b": {Line("$b$"), Line("$c$")}}
    assert list(faults(ONE | change, lines)) == said


@pytest.mark.parametrize("page", SHEETS)
def test_a_guide_has_the_answer_and_the_worth_of_each_wrong_line(site: Path, page: str):
    shown = soup((site / f"{page}.html").read_text())
    cards = soup((site / "questions.html").read_text())
    for id, question in KNOWN.items():
        if question.sheet != SHEETS[page]:
            continue
        section, one = shown.find(id=f"marking-{id.replace('.', '-')}"), GUIDE[id]
        most = len(one["points"])
        assert (
            section.find("h2")
            .get_text()
            .startswith(
                f"{question.number[0].upper()}{question.number[1:]}, {id} · {most} points"
            )
        )
        # the short answer, as the question map has it
        short = cards.find(id=anchor(id)).select("details.short-answer")
        here = section.select("details.short-answer[open]")
        assert short and [a.get_text() for a in here] == [a.get_text() for a in short]
        worth = [
            li.find_all("strong")[-1].get_text()
            for li in section.select("li")
            if not li.find_parent("details")
        ]
        wrong = {**one.get("wrong", {}), **one.get("slips", {})}
        lost = [lost.split(", ") for lost in wrong.values()]
        assert worth == [
            f"{most - len(words)} of {most}, without {', '.join(words)}"
            for words in lost
        ]
        assert section.find_all("p")[-1].get_text().startswith("Accept also: ")


@pytest.mark.parametrize("page", SHEETS)
def test_a_guide_is_printed_on_two_pages(
    site: Path, page: str, browsers: Callable[[str], Browser], tmp_path: Path
):
    tab = browsers("Liberation").new_page()
    tab.goto((site / f"{page}.html").as_uri())
    tab.pdf(path=tmp_path / "guide.pdf", format="A4")
    tab.close()
    with pikepdf.open(tmp_path / "guide.pdf") as pdf:
        assert len(pdf.pages) <= 2


# The archives


def test_an_archive_is_the_same_whenever_it_is_made(tmp_path: Path):
    given = [("b/c.txt", b"1"), ("a.txt", b"2" * 999)]
    pack(tmp_path / "one.zip", given)
    pack(tmp_path / "two.zip", iter(given))
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as packed:
        assert packed.namelist() == ["b/c.txt", "a.txt"]


def test_the_page_links_to_every_archive(site: Path):
    linked = {
        a["href"]
        for a in soup((site / "teachers.html").read_text()).select("article a[href]")
    }
    assert {address(name) for name in ARCHIVES} <= linked


@pytest.mark.parametrize("name", ARCHIVES)
def test_an_archive_says_what_is_in_it_and_what_one_may_do_with_it(
    site: Path, name: str
):
    found = opened(site, name)
    assert found["LICENSE"] == (BOOK.parent / "LICENSE").read_bytes()
    about = found["README.txt"].decode()
    assert about.startswith(ARCHIVES[name].about) and "CC BY 4.0" in about
    assert {*re.findall(r"[\w-]+\.(?:txt|tex|md)\b", about)} <= {*found}


def files_of(figure) -> list[str]:
    """The names of the files that a figure of a page is drawn in."""
    narrow = figure.select(".on-phone svg.drawing")
    forms = {"-phone": len(narrow), "": len(figure.select("svg.drawing")) - len(narrow)}
    return [
        f"{figure['id']}{form}{f'-{number}' * (count > 1)}.svg"
        for form, count in forms.items()
        for number in range(1, count + 1)
    ]


def test_every_figure_is_a_file_that_needs_no_page(site: Path):
    found = opened(site, "figures")
    drawn = [name for name in found if name.endswith(".svg")]
    figures = [
        figure
        for page in site.glob("*.html")
        for figure in soup(page.read_text()).select("figure[id]:has(svg.drawing)")
    ]
    assert len(drawn) > 60
    assert sorted(drawn) == sorted(sum(map(files_of, figures), []))
    captions = found["captions.txt"].decode()
    for figure in figures:
        number = figure.select_one(".caption-number").get_text().strip(" .")
        assert f"{figure['id']}: {number}. " in captions
    for name in drawn:
        text = found[name].decode()
        root = ElementTree.fromstring(text)
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert float(root.get("width")) > 100 and float(root.get("height")) > 30
        assert root.get("aria-label")
        assert "currentColor" not in text and "var(" not in text
        # what is referred to is there
        ids = {element.get("id") for element in root.iter()}
        assert set(re.findall(r"(?:href=\"|url\()#([^\")]+)", text)) <= ids


def test_a_drawing_alone_has_the_colours_of_a_light_page():
    svg = (
        '<svg class="drawing" role="img" aria-label="a" style="width: 26rem" viewBox="-1 -2 30.5 40"><path '
        'style="fill: var(--drawing-1, #0b6bb0); stroke: currentColor"/></svg>'
    )
    text = alone(svg)
    assert 'width="30.5" height="40"' in text and "26rem" not in text
    assert 'style="fill: #0b6bb0; stroke: #1b1f24"' in text


def test_printing_puts_a_picture_beside_each_drawing(
    site: Path, browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    figures = opened(site, "figures").items()  # in a printed book with pictures already
    some = [one for one in figures if re.search(r"numbers.*\.svg$", one[0])]
    monkeypatch.setattr(printing, "FIGURES", tmp_path / "figures.zip")
    pack(printing.FIGURES, some)
    for _ in range(2):
        page = browser.new_page(device_scale_factor=printing.SHARP)
        printing.add_pictures(page)
        page.close()
    with zipfile.ZipFile(printing.FIGURES) as packed:
        found = {name: packed.read(name) for name in packed.namelist()}
    assert len(found) == 2 * len(some)
    for name, content in some:
        assert found[name] == content
        picture = found[name.replace(".svg", ".png")]
        width = float(ElementTree.fromstring(content).get("width"))
        assert picture[1:4] == b"PNG"
        assert abs(int.from_bytes(picture[16:20]) - printing.SHARP * width) <= 6


def test_each_chapter_has_three_questions_with_what_each_choice_shows(site: Path):
    found, asked = opened(site, "questions"), []
    for path in BOOK.glob("quiz/*.yml"):
        asked += yaml.safe_load(path.read_text())
    pages = {one["page"] for one in asked}
    ends = (".md", "-answers.md")
    assert {*found} - {"LICENSE", "README.txt"} == {p + e for p in pages for e in ends}
    by_text = {one["asks"]: one for one in asked}
    for page in pages:
        text, answers = (found[page + end].decode() for end in ends)
        title, *parts = re.split(r"^## ", text, flags=re.MULTILINE)
        same, *said = re.split(r"^## ", answers, flags=re.MULTILINE)
        shown = soup((site / f"{page}.html").read_text()).find("h1").contents[0]
        assert title == same and str(shown).endswith(title.strip()[2:])
        assert len(parts) == len(said) == 3
        for number, (part, answer) in enumerate(zip(parts, said, strict=True), 1):
            heading = part.splitlines()[0]
            assert heading == answer.splitlines()[0]
            one = by_text[heading.removeprefix(f"{number}. ")]
            assert one["page"] == page
            choices = dict(re.findall(r"^- ([A-D]): (.+)$", part, re.MULTILINE))
            says = dict(re.findall(r"^- ([A-D]), (.+)$", answer, re.MULTILINE))
            assert list(choices) == list(says) == list("ABCD")
            for letter, choice in choices.items():
                if choice == one["right"]:
                    assert says[letter] == f"right: {one['because']}"
                else:
                    (wrong,) = [w for w in one["wrong"] if w["choice"] == choice]
                    name_of = f"*{wrong['mistake']}*. " if "mistake" in wrong else ""
                    assert says[letter] == f"no: {name_of}{wrong['says']}"


def test_the_variants_of_the_site_are_those_of_the_package(site: Path):
    found = opened(site, "variants")
    assert {name: text.encode() for name, text in files()}.items() <= found.items()
