"""Every page of the built book in a real browser, from ``file://``: wide and narrow, light and dark."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

VIEWS = {"wide, light": (1280, "light"), "wide, dark": (1280, "dark"), "narrow, light": (360, "light"), "narrow, dark": (360, "dark")}


class Visit:
    """An open page, with all that went wrong while it loaded."""

    def __init__(self, page: Page):
        self.page = page
        self.foreign: list[str] = []
        self.errors: list[str] = []
        page.on("request", self.note_request)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda message: message.type == "error" and self.errors.append(message.text))

    def note_request(self, request: object) -> None:
        """Note a request that leaves the site."""
        if not request.url.startswith(("file:", "data:", "blob:")):
            self.foreign.append(request.url)

    def open(self, path: Path) -> None:
        """Load a page and wait until its formulas are set."""
        self.page.goto(path.as_uri())
        self.page.wait_for_load_state("networkidle")
        self.page.evaluate("window.MathJax && MathJax.startup ? MathJax.startup.promise.then(() => {}) : null")


@pytest.fixture(scope="module", params=VIEWS)
def visit(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Visit]:
    """A page of the browser in one of the views."""
    width, scheme = VIEWS[request.param]
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    yield Visit(context.new_page())
    context.close()


def describe(violations: list[dict]) -> list[str]:
    """Axe's violations, a line each: the rule, and the first element it concerns."""
    return [f"{v['id']}: {v['nodes'][0]['html'][:160]} {v['nodes'][0]['failureSummary']}" for v in violations]


def test_every_page_opens_without_fault(visit: Visit, site: Path):
    faults: dict[str, list[str]] = {}
    for path in sorted(site.glob("*.html")):
        visit.foreign.clear()
        visit.errors.clear()
        visit.open(path)
        found = [f"foreign request: {url}" for url in visit.foreign] + [f"script error: {e}" for e in visit.errors]
        if wrong := visit.page.locator('[data-mml-node="merror"]').count():
            found.append(f"{wrong} formulas are not set")
        if visit.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            found.append("the page is wider than the window")
        found += describe(Axe().run(visit.page).response["violations"])
        if found:
            faults[path.name] = found
    assert faults == {}
