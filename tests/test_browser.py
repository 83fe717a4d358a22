"""Every page of the built book in a real browser: wide and narrow, light and dark, with two families of fonts.

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
from playwright.sync_api import Browser, Locator, Page

from browsing import (
    AXE_CONTEXT,
    AXE_OPTIONS,
    AXE_SCRIPT,
    DEJAVU,
    FORMULAS_OUT_OF_SIGHT,
    VIEWS,
    Visit,
)

ROOT = Path(__file__).parents[1]
PAGES = sorted(path.name for path in (ROOT / "_build" / "html").glob("*.html"))
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


@pytest.mark.long
@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("name", PAGES)
def test_page_opens_without_fault(
    visits: Opener, site: Path, server: str, name: str, view: str
):
    visit = visits(view)
    visit.open(f"{server}404.html" if name == "404.html" else (site / name).as_uri())
    found = list(visit.faults())
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


# None is paper, with its width.
PAPER = 680
WIDTHS = (360, 768, 1280, None)


@pytest.mark.long
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_nothing_of_a_formula_is_out_of_sight(
    visits: Opener, site: Path, name: str, width: int | None
):
    visit = visits("wide, light" if width == 1280 else "narrow, light")
    visit.open((site / name).as_uri())
    visit.page.emulate_media(media="screen" if width else "print")
    visit.page.set_viewport_size({"width": width or PAPER, "height": 900})
    try:
        assert not visit.page.evaluate(FORMULAS_OUT_OF_SIGHT)
    finally:
        visit.page.emulate_media(media="screen")


@pytest.fixture
def residual(visits: Opener, site: Path) -> Callable[[str], Visit]:
    """The page on the residual stream, in a view."""

    def opened(view: str) -> Visit:
        visits(view).open((site / "residual.html").as_uri())
        return visits(view)

    return opened


def test_only_a_formula_that_scrolls_is_a_stop_for_keys(residual):
    for view in ("wide, light", "narrow, light"):
        page = residual(view).page
        page.wait_for_timeout(100)
        scrolls = "e => e.scrollWidth > e.clientWidth + 1"
        stops = page.evaluate(
            f"[...document.querySelectorAll('.formula')].filter({scrolls}).length"
        )
        assert page.locator(".math[tabindex], .math [tabindex]").count() == stops


def test_a_formula_that_is_made_too_wide_becomes_a_stop(residual):
    page = residual("wide, light").page
    page.evaluate("document.querySelector('div.math').style.width = '3rem'")
    page.wait_for_selector(".formula[tabindex='0'][aria-label]")


COPIED = """what => {
  const event = new ClipboardEvent("copy", {clipboardData: new DataTransfer(), bubbles: true, cancelable: true});
  const range = document.createRange();
  range.selectNodeContents(what);
  getSelection().removeAllRanges();
  getSelection().addRange(range);
  document.dispatchEvent(event);
  return event.clipboardData.getData("text/plain");
}"""


def test_copied_text_has_its_formulas_as_latex(residual):
    page = residual("wide, light").page
    answer = page.locator("#answer-residual")
    copied = answer.evaluate(COPIED)
    assert r"With $g_t = \partial J / \partial h_t$ and $W$ for" in copied
    assert "$$\n\\begin{aligned}" in copied and "Copy as" not in copied
    part = answer.locator("math").nth(0).locator("mi").nth(0).evaluate(COPIED)
    assert part.strip() == r"$g_t = \partial J / \partial h_t$"
    # without a formula, the browser copies by itself
    assert page.locator(".bd-article h1").evaluate(COPIED) == ""


def pressed(page: Page, fold: Locator, name: str) -> str:
    """What a button in a fold copies, pressed by a key."""
    page.evaluate("DataTransfer.prototype.setData = (_, text) => window.copied = text")
    if fold.get_attribute("open") is None:
        fold.locator("summary").press("Enter")
    fold.get_by_role("button", name=f"Copy as {name}").press("Enter")
    return page.evaluate("window.copied")


def test_a_displayed_formula_can_be_copied(residual):
    page = residual("wide, light").page
    fold = page.locator("#answer-residual .copy-formula").first
    tex = page.locator("#answer-residual .formula").first.get_attribute("data-tex")
    assert pressed(page, fold, "LaTeX") == f"\\[\n{tex}\n\\]"
    assert pressed(page, fold, "Markdown") == f"$$\n{tex}\n$$"


def test_a_short_answer_can_be_copied(residual):
    page = residual("wide, light").page
    fold = page.locator("#cite-answer-residual")
    latex, markdown = (pressed(page, fold, name) for name in ("LaTeX", "Markdown"))
    assert latex.startswith(r"\textbf{Short answer 7.1")
    assert markdown.startswith("**Short answer 7.1")
    for text in (latex, markdown):
        assert r"$g_t = \partial J / \partial h_t$" in text
        assert r"\begin{aligned}" in text and "Cite" not in text
    assert r"\emph{A grader looks for" in latex and "*A grader looks for" in markdown


def test_an_old_browser_shows_latex_and_says_so_once(
    browsers: Callable[[str], Browser], site: Path
):
    page = browsers(DEJAVU).new_page()
    page.add_init_script("delete window.MathMLElement")
    for said in (1, 0):
        page.goto((site / "residual.html").as_uri())
        assert page.locator(".old-browser").count() == said
        assert page.locator("math").count() == 0
        assert r"$" not in page.locator("#answer-residual .math").first.inner_text()
        assert page.locator("#answer-residual .math").first.inner_text() == (
            r"g_t = \partial J / \partial h_t"
        )
    page.close()


def test_the_font_of_formulas_loads_from_a_file(residual):
    page = residual("wide, light").page
    fonts = "[...document.fonts].map(f => `${f.family} ${f.status}`)"
    assert "STIX Two Math loaded" in "".join(page.evaluate(fonts)).replace('"', "")


CUT_PAGE = """<html lang="en"><title>Cut</title><body style="width: 300px"><main>
<p>In sight <span data-tex="a"><math><mi>a</mi></math></span></p>
<p>cut <span data-tex="b"><math><mspace width="400px"/></math></span></p>
<div style="overflow: auto; width: 50px" data-tex="c"><math><mspace width="100px"/></math></div>
</main></html>"""


def test_formulas_out_of_sight_are_found(visits: Opener, tmp_path: Path):
    page = tmp_path / "cut.html"
    page.write_text(CUT_PAGE)
    visit = visits("wide, light")
    visit.open(page.as_uri())
    assert visit.page.evaluate(FORMULAS_OUT_OF_SIGHT) == ["b", "c"]


SPOILED = """<html lang="en"><title>Spoiled</title><main><h1>Spoiled</h1>
<img src="http://127.0.0.1:9/x.png"><p style="color: #777; background: #888">faint</p>
<span class="math">x</span><div style="width: 3000px">wide</div><input>
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
        "wide",
    }
    expected |= {"color-contrast"} if visit.view.colours else set()
    expected |= {"image-alt", "list", "label"} if visit.view.structure else set()
    for fault in expected:
        assert fault in found


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
