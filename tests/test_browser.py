"""Every page of the built book in a real browser: on a laptop, a tablet, a phone and paper, light and dark.

Layout is tried with two families of fonts, a wide and a narrow one; colours on pages that have all kinds of blocks.
Pages are opened from ``file://``; the page for what was not found, which only a server shows, is served.
"""

import os
import threading
from collections.abc import Callable, Iterator
from functools import cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from browsing import (
    AXE_CONTEXT,
    AXE_OPTIONS,
    AXE_SCRIPT,
    DEJAVU,
    LAPTOP,
    LIBERATION,
    PHONE,
    VIEWS,
    View,
    Visit,
)

ROOT = Path(__file__).parents[1]
PAGES = sorted(path.name for path in (ROOT / "_build" / "html").glob("*.html"))
COLOURED = [
    f"{name}.html"
    for name in ("index", "questions", "project", "residual", "data", "reference-data")
]
"""Pages that together have every kind of block, and so every colour."""
Opener = Callable[[str], Visit]


@pytest.fixture(scope="module")
def server(site: Path) -> Iterator[str]:
    """The address of a server that shows the site where it is to be published."""
    prefix = urlsplit(os.environ.get("UNROLLED_URL", "")).path or "/"

    class Handler(SimpleHTTPRequestHandler):
        def translate_path(self, path: str) -> str:
            return super().translate_path("/" + path.removeprefix(prefix))

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(Handler, directory=str(site))
    ) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}{prefix}"
        server.shutdown()


@pytest.fixture(scope="module")
def visits(browsers: Callable[[str], Browser], server: str) -> Opener:
    """A page of the browser in each of the views, by its name."""
    return cache(lambda name: Visit(browsers(VIEWS[name].fonts), VIEWS[name], server))


@pytest.fixture(scope="module")
def printers(browsers: Callable[[str], Browser]) -> Opener:
    """A page of the browser in which layout is looked at, by its fonts."""
    return cache(
        lambda fonts: Visit(browsers(fonts), View(1280, "dark", fonts, colours=False))
    )


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "view"),
    [
        (name, view)
        for view in VIEWS
        for name in (COLOURED if VIEWS[view].colours else PAGES)
    ],
)
def test_page_opens_without_fault(
    visits: Opener, site: Path, server: str, name: str, view: str
):
    visit = visits(view)
    visit.open(f"{server}404.html" if name == "404.html" else (site / name).as_uri())
    found = list(visit.faults())
    assert not found, "\n".join(found)


@pytest.mark.long
@pytest.mark.parametrize("fonts", [DEJAVU, LIBERATION])
@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_out_of_sight(printers: Opener, site: Path, name: str, fonts: str):
    visit = printers(fonts)
    visit.open((site / name).as_uri())
    found = list(visit.misplaced())
    assert not found, "\n".join(found)


@pytest.mark.parametrize("view", VIEWS)
def test_search_finds_a_page_from_a_file(visits: Opener, site: Path, view: str):
    visit = visits(view)
    visit.open((site / "search.html").as_uri() + "?q=notation")
    visit.page.wait_for_selector(
        "#search-results ul.search li a[href^='notation.html']"
    )
    assert not visit.errors


@pytest.mark.parametrize("view", VIEWS)
def test_link_to_something_folded_opens_it(visits: Opener, site: Path, view: str):
    visit = visits(view)
    visit.page.goto((site / "results.html").as_uri())
    visit.page.locator("a[href$='#cite-softmax-error']").click()
    visit.page.wait_for_selector("#cite-softmax-error pre", state="visible")


SPOILED = """<html lang="en"><title>Spoiled</title><main><h1>Spoiled</h1>
<img src="http://127.0.0.1:9/x.png"><p style="color: #777; background: #888">faint</p>
<g data-mml-node="merror"></g><div style="width: 3000px">wide</div><input>
<p style="color: #999"><a href="#">faint, too</a></p><ul><p>no item</p></ul>
<script>nowhere()</script></main></html>"""


@pytest.mark.parametrize("view", VIEWS)
def test_faults_are_found(visits: Opener, tmp_path: Path, view: str):
    page = tmp_path / "spoiled.html"
    page.write_text(SPOILED)
    visit = visits(view)
    visit.open(page.as_uri())
    found = "\n".join(visit.faults())
    expected = {
        "foreign request",
        "nowhere is not defined",
        "1 formulas are not set",
    }
    light = visit.view.scheme == "light"
    expected |= {"color-contrast"} if visit.view.colours else set()
    expected |= {"image-alt", "list", "label"} if light else set()
    for fault in expected:
        assert fault in found


UNDONE = {
    "1280: the page is": "<div style='width: 3000px; height: 9px'></div>",
    "1280: 900 pixels are cut": "<div style='width: 100px; overflow: hidden'><p style='width: 1000px'>wide</p></div>",
    "360: cut, and nothing shows it": "<pre style='overflow: auto'>" + "x" * 99,
    "360: scrolls, but not by keys": "<pre style='overflow: auto'>" + "x" * 99,
    "360: scrolls, and has no name": "<pre style='overflow: auto'>" + "x" * 99,
    "768: a stop for keys, with nothing to do": "<p tabindex=0>short</p>",
    "360: text beyond the window": "<p style='position: absolute; left: 340px'>beyond</p>",
    "360: the word unbreakable is broken": "<p style='overflow-wrap: anywhere; width: 40px'>unbreakable</p>",
    "360: letters of 10.0 pixels": "<svg class=drawing height=40><text y=30 font-size=10>small</text></svg>",
    "360: an index of 7.0 pixels": "<svg class=drawing height=40><text y=30>x<tspan font-size=7>t</tspan></text></svg>",
    "360: cut by its drawing": "<svg class=drawing width=30><text y=30 font-size=20>longer than it</text></svg>",
    "360: written over “one”": "<svg class=drawing height=40><text y=30>one</text><text y=32 x=9>two</text></svg>",
    "680: folded": "<details><summary>more</summary><p>hidden</p></details>",
    "680: dark ground": "<p style='background: #223'>white on black</p>",
    "680: pale letters": "<p style='color: #eee'>white on black</p>",
    "320: the page is": "<div style='width: 350px; height: 9px'></div>",
}


@pytest.mark.parametrize("fault", UNDONE)
def test_what_is_out_of_sight_is_found(printers: Opener, tmp_path: Path, fault: str):
    page = tmp_path / "undone.html"
    page.write_text(f"<html lang=en><body><article>{UNDONE[fault]}</article></html>")
    visit = printers(DEJAVU)
    visit.page.goto(page.as_uri())
    found = list(visit.misplaced())
    assert any(line.startswith(fault) for line in found), "\n".join(found)


SCREEN = "<pre>def f(): pass</pre><table><tr><td>one</table>"


def test_a_page_with_nothing_out_of_sight_has_no_fault(
    printers: Opener, tmp_path: Path
):
    page = tmp_path / "sound.html"
    page.write_text(f"<html lang=en><body><article>{SCREEN}</article></html>")
    visit = printers(LIBERATION)
    visit.page.goto(page.as_uri())
    assert not list(visit.misplaced())


def test_a_table_too_wide_for_a_phone_has_a_block_for_each_row(
    printers: Opener, site: Path
):
    page = printers(LIBERATION).page
    page.set_viewport_size({"width": PHONE, "height": 900})
    page.goto((site / "evaluation.html").as_uri())
    page.wait_for_selector("table.stacked")
    table = page.locator("table.stacked").first
    names = [name for name in table.locator("thead th").all_text_contents() if name]
    values = table.locator("tbody tr").first.locator("td")
    assert values.locator(".column").all_text_contents() == names
    for value in values.all():
        box = value.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= PHONE
    page.set_viewport_size({"width": LAPTOP, "height": 900})
    wide = "() => !document.querySelector('table:has(.column)').matches('.stacked')"
    page.wait_for_function(wide)
    assert not page.locator("table:not(.stacked) .column >> visible=true").count()


def test_what_scrolls_says_so_at_the_edge_that_is_cut(printers: Opener, site: Path):
    page = printers(LIBERATION).page
    page.set_viewport_size({"width": PHONE, "height": 900})
    page.goto((site / "evaluation.html").as_uri())
    code = page.locator("pre.cut-right[tabindex='0'][aria-label]").first
    code.wait_for()
    code.evaluate("code => code.scrollTo(9999, 0)")
    page.wait_for_selector("pre.cut-left:not(.cut-right)")


def test_one_drawing_of_two_is_read_aloud(printers: Opener, site: Path):
    page = printers(LIBERATION).page
    page.goto((site / "residual.html").as_uri())
    for width, shown in (LAPTOP, ".on-wide"), (PHONE, ".on-phone"):
        page.set_viewport_size({"width": width, "height": 900})
        seen = page.locator(":is(.on-wide, .on-phone) svg >> visible=true")
        assert seen.count() == page.locator(f"{shown} svg").count() > 0


def test_on_paper_folds_are_open_in_the_light_theme_and_then_all_is_as_before(
    printers: Opener, site: Path
):
    page = printers(LIBERATION).page
    page.goto((site / "residual.html").as_uri())
    page.evaluate("""addEventListener("afterprint", () => (window.printed = window.before));
        addEventListener("beforeprint", () => {
          const { theme } = document.documentElement.dataset;
          window.before = [theme, document.querySelectorAll("article details:not([open])").length];
        });""")
    now = """[document.documentElement.dataset.theme,
        document.querySelectorAll("article details:not([open])").length]"""
    before = page.evaluate(now)
    assert before[0] == "dark" and before[1] > 0
    page.pdf(print_background=True)
    assert page.evaluate("window.printed") == ["light", 0]
    assert page.evaluate(now) == before


def test_the_quick_search_for_violations_finds_what_the_whole_one_does(
    browsers: Callable[[str], Browser], tmp_path: Path
):
    page = tmp_path / "spoiled.html"
    page.write_text(SPOILED)
    opened = browsers(DEJAVU).new_page()
    opened.goto(page.as_uri())
    opened.evaluate(AXE_SCRIPT)
    run = "([context, options]) => axe.run(context, options)"
    quick, whole = (
        {
            (violation["id"], len(violation["nodes"]))
            for violation in opened.evaluate(run, [AXE_CONTEXT, options])["violations"]
        }
        for options in (AXE_OPTIONS, {"preload": False})
    )
    assert quick == whole and len(quick) > 3


def test_the_two_families_of_fonts_are_not_the_same(
    browsers: Callable[[str], Browser], tmp_path: Path
):
    page = tmp_path / "wide.html"
    page.write_text("<span style='font: 20px sans-serif'>the width of a line</span>")
    widths = set()
    for family in {view.fonts for view in VIEWS.values()}:
        opened = browsers(family).new_page()
        opened.goto(page.as_uri())
        widths.add(opened.locator("span").bounding_box()["width"])
    assert len(widths) == 2
