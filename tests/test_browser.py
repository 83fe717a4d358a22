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
from playwright.sync_api import Browser, Page

from browsing import AXE_CONTEXT, AXE_OPTIONS, AXE_SCRIPT, DEJAVU, VIEWS, Visit

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
    answer.locator("summary").click()
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
    assert link.evaluate("e => +getComputedStyle(e).opacity") == 1


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
