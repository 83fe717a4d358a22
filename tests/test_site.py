"""The built book, read as files."""

import base64
import io
import re
import shutil
import sys
import tempfile
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont
from pybtex.database import parse_file

from check_site import (
    broken_links,
    first_load,
    foreign_requests,
    images_without_text,
    machine_paths,
    pages,
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
    rows = [row.select("td") for row in parsed["index.html"].select("tbody tr")]
    promised = {row[0].a["href"]: row[2].get_text(strip=True) for row in rows}
    said = {
        name: re.search(r"Reading it takes about (\d+) minutes", page.get_text())
        for name, page in parsed.items()
    }
    assert promised == {name: found[1] for name, found in said.items() if found}


def test_every_chapter_has_exercises_on_three_levels_and_their_solutions_folded(
    site: Path,
):
    parsed = pages(site)
    chapters = [row.a["href"] for row in parsed["index.html"].select("tbody tr")]
    assert chapters
    for name in chapters:
        exercises = parsed[name].select("div.exercise > .admonition-title")
        levels = [re.search(r"Level (\d),", title.get_text())[1] for title in exercises]
        assert set(levels) == set("123") and levels == sorted(levels), name
        assert len(parsed[name].select("div.solution.dropdown")) == len(levels), name


MOST = 400_000
"""Bytes that a chapter may load at first, compressed."""


def test_a_chapter_loads_little_at_first(site: Path):
    rows = pages(site)["index.html"].select("tbody tr")
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
