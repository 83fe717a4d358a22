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
from playwright.sync_api import Browser, Locator, Page

from browsing import (
    AXE_CONTEXT,
    AXE_OPTIONS,
    AXE_SCRIPT,
    DEJAVU,
    FORMULAS_OUT_OF_SIGHT,
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
    for name in (
        "index",
        "questions",
        "twenty-homework",
        "project",
        "residual",
        "data",
        "reference-data",
    )
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
    page.evaluate("document.querySelector('div.math').style.width = '8rem'")
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
    assert (
        r"With $g_t = \partial J / \partial h_t$ and $W = W_{\text{recurrent}}$:"
        in copied
    )
    assert "$$\n\\begin{aligned}" in copied and "Copy as" not in copied
    part = answer.locator(".to-find math").nth(0).locator("mi").nth(0).evaluate(COPIED)
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
        assert (
            r"$"
            not in page.locator("#answer-residual .to-find .math").first.inner_text()
        )
        assert page.locator("#answer-residual .to-find .math").first.inner_text() == (
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
<p><span data-tex="d"><span style="display: inline-block; padding-left: 2em; text-indent: -2em">
<math><mtext>of length</mtext></math></span></span></p>
</main></html>"""


def test_formulas_out_of_sight_are_found(visits: Opener, tmp_path: Path):
    page = tmp_path / "cut.html"
    page.write_text(CUT_PAGE)
    visit = visits("wide, light")
    visit.open(page.as_uri())
    assert visit.page.evaluate(FORMULAS_OUT_OF_SIGHT) == ["b", "c", "d"]


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


def test_the_notation_has_a_block_for_each_symbol_on_a_phone(
    printers: Opener, site: Path
):
    page = printers(LIBERATION).page
    page.set_viewport_size({"width": PHONE, "height": 900})
    page.goto((site / "notation.html").as_uri())
    page.wait_for_selector("table.stacked >> nth=1")
    assert page.locator("table.said:not(.stacked)").count() == 0


def test_what_scrolls_says_so_at_the_edge_that_is_cut(printers: Opener, site: Path):
    page = printers(LIBERATION).page
    page.set_viewport_size({"width": PHONE, "height": 900})
    page.goto((site / "evaluation.html").as_uri())
    code = page.locator("pre.cut-right[tabindex='0'][aria-label]").first
    code.wait_for()
    code.evaluate("code => code.scrollTo(9999, 0)")
    page.wait_for_selector("pre.cut-left:not(.cut-right)")


def test_one_drawing_of_two_is_read_aloud_and_on_paper_it_is_the_wide_one(
    printers: Opener, site: Path
):
    page = printers(LIBERATION).page
    page.goto((site / "residual.html").as_uri())
    for width, media, shown in (
        (LAPTOP, "screen", ".on-wide"),
        (PHONE, "screen", ".on-phone"),
        (PHONE, "print", ".on-wide"),
    ):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(media=media)
        seen = page.locator(":is(.on-wide, .on-phone) svg >> visible=true")
        there = page.locator(f"{shown} svg")
        all_seen = page.locator(f"{shown} svg >> visible=true")
        assert seen.count() == all_seen.count() == there.count() > 0


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


# What readers come for: the front page, the question map, solutions, permanent links

SCREENS = {"phone": (360, 740), "laptop": (1280, 800)}


@pytest.fixture(params=SCREENS)
def screen(request, browser: Browser) -> Iterator[Page]:
    """A window of the size of a phone, which has no mouse, or of a laptop."""
    width, height = SCREENS[request.param]
    phone = request.param == "phone"
    page = browser.new_page(
        viewport={"width": width, "height": height}, has_touch=phone, is_mobile=phone
    )
    yield page
    page.close()


def wait_until_within(screen: Page, selector: str) -> None:
    """Wait until all that is selected is in sight."""
    screen.wait_for_function(
        """selector => [...document.querySelectorAll(selector)].every(e => {
          const box = e.getBoundingClientRect(), width = document.documentElement.clientWidth;
          return box.height && box.left >= 0 && box.right <= width && box.top >= 0 && box.bottom <= innerHeight;
        })""",
        arg=selector,
        timeout=10_000,
    )


def test_front_page_shows_at_once_a_network_at_work_and_both_ways_in(
    screen: Page, site: Path
):
    screen.goto((site / "index.html").as_uri())
    assert screen.locator(".paths > li").count() == 2
    wait_until_within(screen, ".picture svg, .paths > li")
    sizes = screen.evaluate(
        """() => [...document.querySelectorAll(".picture text, .picture tspan")].map(text =>
          parseFloat(getComputedStyle(text).fontSize) * text.ownerSVGElement.getScreenCTM().a)"""
    )
    assert len(sizes) > 20 and min(sizes) >= 11
    screen.locator(".paths a").last.click()
    assert screen.url.endswith("questions.html#the-homework")


def test_cards_fit_the_window_and_their_answers_open(screen: Page, site: Path):
    screen.goto((site / "questions.html").as_uri())
    screen.wait_for_load_state("networkidle")
    answer = screen.locator("#question-H2-2 > details")
    assert not answer.locator("p").last.is_visible()
    answer.locator("> summary").click()
    assert answer.locator("p").last.is_visible()
    screen.evaluate(
        "document.querySelectorAll('details').forEach(fold => fold.open = true)"
    )
    wide = screen.evaluate(
        """() => [...document.querySelectorAll(".question")].filter(card => card.scrollWidth > card.clientWidth
          || card.getBoundingClientRect().right > document.documentElement.clientWidth).map(card => card.id)"""
    )
    assert wide == [] and screen.locator(".question").count() == 27


def test_a_block_leads_back_to_the_card_of_its_question(screen: Page, site: Path):
    screen.goto((site / "backprop-rnn.html").as_uri() + "#rnn-gradients")
    screen.locator("#rnn-gradients > .asked a").click()
    assert screen.url.endswith("questions.html#question-H2-2")
    wait_until_within(screen, "#question-H2-2 > h3")


def test_solution_opens_at_a_tap_without_a_script_and_at_a_link_to_it(
    browser: Browser, site: Path
):
    address = (site / "backprop-mlp.html").as_uri()
    plain = browser.new_page(java_script_enabled=False)
    plain.goto(address)
    solution = plain.locator("#solution-mlp-mistake")
    assert not solution.locator("p").first.is_visible()
    solution.locator("> summary").click()
    assert solution.locator("p").first.is_visible()
    page = browser.new_page()
    page.goto(f"{address}#solution-mlp-mistake")
    page.wait_for_selector("#solution-mlp-mistake p", state="visible")


SEEN = """parts => parts.filter(part => part.closest("details:not([open])") || part.firstElementChild.checkVisibility())
  .filter(part => !part.hidden || matchMedia("print").matches).length"""
"""How many parts are seen, or would be if the fold that they are in were open."""


def test_answers_are_covered_by_choice_and_one_tap_uncovers_one(
    screen: Page, site: Path
):
    address = (site / "residual.html").as_uri()
    screen.goto(address)
    parts, covers = screen.locator(".to-find"), screen.locator("button.cover")
    assert parts.count() > 3 and covers.count() == 0
    screen.get_by_role("button", name="Try first").click()
    assert covers.count() == parts.count()
    assert parts.evaluate_all(SEEN) == 0
    screen.goto(f"{address}?again#equation-residual-gradients-formula")
    assert covers.count() == parts.count() - 1  # what a link leads to is shown
    covers.first.focus()
    screen.keyboard.press("Enter")
    assert covers.count() == parts.count() - 2
    assert screen.evaluate("document.activeElement.matches('.to-find')")
    screen.emulate_media(media="print")
    assert parts.evaluate_all(SEEN) == parts.count()
    screen.emulate_media(media="screen")
    screen.get_by_role("button", name="Read", exact=True).click()
    assert covers.count() == 0 and parts.evaluate_all(SEEN) == parts.count()


def test_all_is_open_without_a_script(browser: Browser, site: Path):
    plain = browser.new_page(java_script_enabled=False)
    plain.goto((site / "residual.html").as_uri())
    parts = plain.locator(".to-find")
    assert parts.evaluate_all(SEEN) == parts.count()
    assert plain.locator(".how-to-read").count() == 0


def test_permanent_links_are_seen_by_touch_and_reached_by_keys(
    screen: Page, site: Path
):
    screen.goto((site / "residual.html").as_uri())
    links = screen.locator("article a.headerlink")
    seen = {link.evaluate("e => +getComputedStyle(e).opacity") for link in links.all()}
    assert seen == {1 if screen.evaluate("matchMedia('(hover: none)').matches") else 0}
    link = screen.locator("#residual-paths > .admonition-title > a.headerlink")
    assert link.get_attribute("aria-label")
    link.focus()
    screen.keyboard.press("Shift+Tab")
    screen.keyboard.press("Tab")
    screen.wait_for_function("document.activeElement.matches('.headerlink')")
    assert link.evaluate("e => e === document.activeElement")
    # it comes in by and by
    screen.wait_for_function("+getComputedStyle(document.activeElement).opacity === 1")


@pytest.mark.parametrize("name", ["backprop-mlp", "reference-residual"])
def test_links_to_the_pages_before_and_after_fit(screen: Page, site: Path, name: str):
    screen.goto((site / f"{name}.html").as_uri())
    beyond = screen.evaluate(
        """() => [...document.querySelectorAll(".prev-next-area, .prev-next-area *")].filter(e => {
          const box = e.getBoundingClientRect(), width = document.documentElement.clientWidth;
          return box.left < 0 || box.right > width || e.scrollWidth > e.clientWidth + 1 && e.clientWidth;
        }).map(e => e.outerHTML.slice(0, 80))"""
    )
    assert beyond == [] and screen.locator(".prev-next-area a").count() == 2
