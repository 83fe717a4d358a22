"""Every page of the built book in a real browser: wide and narrow, light and dark.

Pages are opened from ``file://``; the page for what was not found, which only a server shows, is served.
"""

import os
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Request

COLOURS = {"runOnly": ["color-contrast"]}
ALL_BUT_COLOURS = {"rules": {"color-contrast": {"enabled": False}}}
# Axe is slow. Colours depend on the theme alone and the rest on the width alone, so each is looked at where it can
# differ; the last view has nothing left for axe.
VIEWS = {
    "wide, light": (1280, "light", {}),
    "wide, dark": (1280, "dark", COLOURS),
    "narrow, light": (360, "light", ALL_BUT_COLOURS),
    "narrow, dark": (360, "dark", None),
}
# With preload, axe itself would fetch the style sheets again, which file:// forbids.
AXE_OPTIONS = {"preload": False}
# Formulas are thousands of outlines, in which there is nothing for axe to read.
AXE_CONTEXT = {"exclude": [["mjx-container"]]}


class Visit:
    """An open page, with all that went wrong while it loaded."""

    def __init__(self, page: Page, host: str, rules: dict | None):
        self.page = page
        self.host = host
        self.rules = rules
        self.foreign: list[str] = []
        self.errors: list[str] = []
        page.on("request", self.note_request)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on(
            "console",
            lambda message: (
                message.type == "error" and self.errors.append(message.text)
            ),
        )

    def note_request(self, request: Request) -> None:
        """Note a request that leaves the site."""
        if not request.url.startswith(("file:", "data:", "blob:", self.host)):
            self.foreign.append(request.url)

    def open(self, address: str) -> None:
        """Load a page, wait until its formulas are set, and open what is folded."""
        self.foreign.clear()
        self.errors.clear()
        self.page.goto(address)
        self.page.wait_for_load_state("networkidle")
        self.page.evaluate("window.MathJax?.startup?.promise?.then(() => null)")
        self.page.evaluate(
            "document.querySelectorAll('details').forEach(fold => fold.open = true)"
        )


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


@pytest.fixture(scope="module", params=VIEWS)
def visit(
    request: pytest.FixtureRequest, browser: Browser, server: str
) -> Iterator[Visit]:
    """A page of the browser in one of the views."""
    width, scheme, rules = VIEWS[request.param]
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme
    )
    yield Visit(context.new_page(), server, rules)
    context.close()


def faults(visit: Visit, name: str) -> Iterator[str]:
    """What is wrong with the page that is open, a line each."""
    yield from (f"{name}: foreign request: {url}" for url in visit.foreign)
    yield from (f"{name}: script error: {error}" for error in visit.errors)
    if wrong := visit.page.locator('[data-mml-node="merror"]').count():
        yield f"{name}: {wrong} formulas are not set"
    if visit.page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    ):
        yield f"{name}: the page is wider than the window"
    if visit.rules is not None:
        yield from inaccessible(visit, name)


def inaccessible(visit: Visit, name: str) -> Iterator[str]:
    """What axe has against the page, by the rules of the view."""
    options = AXE_OPTIONS | visit.rules
    found = Axe().run(visit.page, AXE_CONTEXT, options).response["violations"]
    for violation in found:
        for node in violation["nodes"]:
            yield f"{name}: {violation['id']}: {node['html'][:160]}: {node['failureSummary']}"


def test_every_page_opens_without_fault(visit: Visit, site: Path, server: str):
    found = []
    for path in sorted(site.glob("*.html")):
        visit.open(f"{server}404.html" if path.name == "404.html" else path.as_uri())
        found += faults(visit, path.name)
    assert not found, "\n".join(found)


def test_search_finds_a_page_from_a_file(visit: Visit, site: Path):
    visit.open((site / "search.html").as_uri() + "?q=notation")
    visit.page.wait_for_selector(
        "#search-results ul.search li a[href^='notation.html']"
    )
    assert not visit.errors


def test_link_to_something_folded_opens_it(visit: Visit, site: Path):
    visit.page.goto((site / "results.html").as_uri())
    visit.page.locator("a[href$='#cite-softmax-error']").click()
    visit.page.wait_for_selector("#cite-softmax-error pre", state="visible")


def test_faults_are_found(visit: Visit, tmp_path: Path):
    page = tmp_path / "spoiled.html"
    page.write_text(
        '<html lang="en"><title>Spoiled</title><main><h1>Spoiled</h1><img src="http://127.0.0.1:9/x.png">'
        '<p style="color: #777; background: #888">faint</p>'
        '<g data-mml-node="merror"></g><div style="width: 3000px">wide</div><script>nowhere()</script></main></html>'
    )
    visit.open(page.as_uri())
    found = "\n".join(faults(visit, page.name))
    expected = {
        "foreign request",
        "nowhere is not defined",
        "1 formulas are not set",
        "wider",
    }
    if visit.rules in ({}, COLOURS):
        expected.add("color-contrast")
    if visit.rules in ({}, ALL_BUT_COLOURS):
        expected.add("image-alt")
    for fault in expected:
        assert fault in found
