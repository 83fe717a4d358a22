"""The built book, read as files."""

import base64
import io
import json
import re
import shutil
import sys
import tempfile
from pathlib import Path
from urllib.parse import urljoin

import pytest
from bs4 import Tag
from fontTools.ttLib import TTFont
from pybtex.database import parse_file

from check_site import (
    broken_links,
    first_load,
    foreign_requests,
    images_without_text,
    machine_paths,
    pages,
    spaced,
)

ROOT = Path(__file__).parents[1]
ICON_RULE = re.compile(r'((?:\.fa-[\w-]+:before,?)+)\{content:"\\([0-9a-f]+)"')


def test_every_internal_link_and_anchor_leads_somewhere(site: Path):
    assert broken_links(site) == []


def test_no_page_loads_anything_from_another_host(site: Path):
    assert foreign_requests(site) == []


def test_every_image_has_an_alternative_text(site: Path):
    assert images_without_text(site) == []


def test_no_path_of_the_machine_is_published(site: Path):
    assert (
        machine_paths(
            site, ROOT, Path.home(), Path(sys.base_prefix), Path(tempfile.gettempdir())
        )
        == []
    )


def test_every_page_with_cells_shows_its_run_time_and_the_appendix_lists_it(site: Path):
    parsed = pages(site)
    timed = {
        name for name, page in parsed.items() if page.select("p.run-time .volatile")
    }
    with_cells = {name for name, page in parsed.items() if page.select("div.cell")}
    assert with_cells and timed == with_cells
    assert {
        link["href"] for link in parsed["run-times.html"].select("table.run-times a")
    } == timed


def test_front_page_has_every_chapter_with_the_minutes_that_it_says(site: Path):
    parsed = pages(site)
    rows = [
        row.select("td")
        for row in parsed["index.html"].select("#the-chapters tbody tr")
    ]
    minutes = {row[0].a["href"]: row[2].get_text(strip=True) for row in rows}
    promised = {name: said.removesuffix("\xa0min") for name, said in minutes.items()}
    said = {
        name: re.search(r"Reading it takes about (\d+) minutes", page.get_text())
        for name, page in parsed.items()
    }
    assert promised == {name: found[1] for name, found in said.items() if found}


def test_front_page_leads_to_the_sheets_with_the_time_that_their_chapters_take(
    site: Path,
):
    front = pages(site)["index.html"]
    said = {}
    for path in front.select(".paths > li"):
        to, time = (
            path.a["href"],
            re.search(r"((\d) h )?(\d+) min to read", spaced(path)),
        )
        said[to] = 60 * int(time[2] or 0) + int(time[3])
    chapters = [row.select("td") for row in front.select("tbody tr")]
    assert said == {
        f"questions.html#the-{sheet}": sum(
            int(re.match(r"\d+", row[2].get_text())[0])
            for row in chapters
            if row[3].get_text() == sheet
        )
        for sheet in ("assignment", "homework")
    }


def blocks(site: Path) -> dict[str, Tag]:
    """The results and short answers of the book, by their addresses."""
    return {
        f"{name}#{block['id']}": block
        for name, page in pages(site).items()
        for block in page.select(".admonition.result, .admonition.answer")
    }


def test_every_reference_says_number_and_name(site: Path):
    names = {}
    for address, block in blocks(site).items():
        number, *title = block.select_one(".admonition-title").contents[:-1]
        title = "".join(part.get_text() for part in title)
        names[address] = f"{number.get_text().strip()} ({title})"
    named = 0
    for name, page in pages(site).items():
        for link in page.select("article a.reference.internal"):
            address = urljoin(name, link["href"])
            if address not in names or link.find_parent(class_="toc"):
                continue
            whole, text = names[address], link.get_text()
            # other words may be chosen, but neither the number nor the title alone
            assert text == whole or text not in whole, f"{name}: {text}"
            named += text == whole
    assert named > 80


def test_every_question_has_a_card_that_leads_to_its_answers_and_back(site: Path):
    questions = json.loads((site / "questions.json").read_text())
    page, found = pages(site)["questions.html"], blocks(site)
    cards = {card["id"]: card for card in page.select("section.question")}
    anchors = {q: f"question-{q.replace('.', '-')}" for q in questions}
    assert list(cards) == list(anchors.values())
    ids = [element["id"] for element in page.find_all(id=True)]
    assert len(ids) == len(set(ids))
    for question, addresses in questions.items():
        card = cards[anchors[question]]
        assert card.find(id=f"question-{question}")  # the anchor of earlier versions
        assert re.match(
            r"(Assignment, part \d, \w|Homework 4, problem \d( \(\d\)|, \w))",
            spaced(card.h3),
        )
        links = [a["href"] for a in card.select("ul.shown a")]
        assert [link for link in links if "#cite-" not in link] == addresses
        for address in addresses:
            if address in found:
                back = [a["href"] for a in found[address].select(".asked a")]
                assert f"questions.html#{anchors[question]}" in back
                assert address.replace("#", "#cite-") in links
        own = found[addresses[0]].find_all(["p", "li", "pre", "svg"], recursive=True)
        own = [
            spaced(part)
            for part in own
            if not part.find_parent("details")
            and not {"asked", "task", "admonition-title"} & {*part.get("class", [])}
        ]
        shown = card.details.find_all(["p", "li", "pre", "svg"])
        assert [spaced(part) for part in shown] == own
        assert "A grader looks for" in own[-1]


def test_every_chapter_has_exercises_on_three_levels_and_their_solutions_folded(
    site: Path,
):
    parsed = pages(site)
    chapters = [
        row.a["href"] for row in parsed["index.html"].select("#the-chapters tbody tr")
    ]
    assert chapters
    for name in chapters:
        exercises = parsed[name].select("div.exercise > .admonition-title")
        levels = [re.search(r"Level (\d),", title.get_text())[1] for title in exercises]
        assert set(levels) == set("123") and levels == sorted(levels), name
        assert len(parsed[name].select("details.solution")) == len(levels), name


MOST = 400_000
"""Bytes that a chapter may load at first, compressed."""


def test_a_chapter_loads_little_at_first(site: Path):
    rows = pages(site)["index.html"].select("#the-chapters tbody tr")
    loads = {row.a["href"]: first_load(site, row.a["href"]) for row in rows}
    assert loads and {n: size for n, size in loads.items() if size > MOST} == {}
    assert not list(site.rglob("tex-svg*"))


def test_the_font_of_icons_has_those_that_are_shown_and_few_others(site: Path):
    (sheet,) = site.glob("_static/vendor/fontawesome/*/css/all.min.css")
    rules = {
        name: int(code, 16)
        for names, code in ICON_RULE.findall(sheet.read_text())
        for name in re.findall(r"fa-[\w-]+", names)
    }
    shown = {
        name
        for page in pages(site).values()
        for icon in page.select("[class*='fa-']")
        for name in icon["class"]
        if name.startswith("fa-") and name not in {"fa-solid", "fa-lg", "fa-fw"}
    }
    assert {"fa-bars", "fa-download"} <= shown <= rules.keys()
    drawn = {rules[name] for name in shown}
    for styles in (site / "_static").glob("**/*.css"):
        drawn |= {ord(c) for c in re.findall("[\ue000-\uf8ff]", styles.read_text())}
    encoded = re.findall(r"font/woff;base64,([^)]+)", sheet.read_text())
    fonts = [TTFont(io.BytesIO(base64.b64decode(font))) for font in encoded]
    assert drawn <= set().union(*(font.getBestCmap() for font in fonts))
    assert sheet.stat().st_size < 60_000


def test_every_source_is_cited(site: Path):
    parsed = pages(site)
    entries = parsed.pop("bibliography.html").select("div.citation")
    links = "a[href^='bibliography.html#']"
    cited = {
        link["href"].partition("#")[2]
        for page in parsed.values()
        for link in page.select(links)
    }
    assert {entry["id"] for entry in entries} <= cited
    assert len(entries) == len(parse_file(ROOT / "book" / "references.bib").entries)


def test_every_module_has_its_entry_in_the_reference(site: Path):
    package = ROOT / "code" / "unrolled"
    modules = {
        ".".join(["unrolled", *path.relative_to(package).with_suffix("").parts])
        for path in package.rglob("*.py")
        if not path.name.startswith("_") or path.name == "__init__.py"
    }
    modules = {name.removesuffix(".__init__") for name in modules} - {
        "unrolled",
        "unrolled.pages",
    }
    entries = {e["id"] for page in pages(site).values() for e in page.find_all(id=True)}
    assert {f"module-{name}" for name in modules} <= entries


def test_names_in_code_cells_lead_to_the_reference(site: Path):
    links = pages(site)["classification.html"].select("div.cell_input a")
    assert "reference-classification.html#unrolled.pages.classification.LayerRNN" in {
        link["href"] for link in links
    }


def test_code_that_pages_show_fits_on_88_columns(site: Path):
    wide = [
        f"{name}: {line}"
        for name, page in pages(site).items()
        for code in page.select("[class*='highlight-'][class*='python'] pre")
        for line in code.get_text().splitlines()
        if len(line) > 88
    ]
    assert not wide, "\n".join(wide)


@pytest.fixture
def damaged(site: Path, tmp_path: Path) -> Path:
    """A copy of the book's pages, to be damaged."""
    return Path(shutil.copytree(site, tmp_path / "site"))


def test_checks_name_what_is_wrong(damaged: Path):
    page = damaged / "index.html"
    page.write_text(
        page.read_text().replace(
            "</article>",
            '<a href="nowhere.html">a</a><a href="notation.html#nowhere">b</a><img src="_static/favicon.svg">'
            f'<script src="https://example.org/x.js"></script><p>{ROOT}/book</p><svg></svg></article>',
        )
    )
    assert broken_links(damaged) == [
        "index.html: <a> leads to nowhere.html, and there is no such file",
        "index.html: <a> leads to notation.html#nowhere, and there is no such anchor",
    ]
    assert foreign_requests(damaged) == [
        "index.html: <script> loads https://example.org/x.js"
    ]
    assert (
        images_without_text(damaged)[0]
        == "index.html: _static/favicon.svg has no alternative text"
    )
    assert len(images_without_text(damaged)) == 2
    assert machine_paths(damaged, ROOT) == [f"index.html: has the path {ROOT}"]
