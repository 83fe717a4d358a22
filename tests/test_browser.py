"""Every page of the built book in a real browser: wide and narrow, light and dark, with the letters of two families.

Pages are opened from ``file://``; the page for what was not found, which only a server shows, is served.
"""

import functools
import os
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from browsing import FAMILIES, VIEWS, Visit, is_installed, leave_out

SITE = Path(__file__).parents[1] / "_build" / "html"
PAGES = sorted(path.name for path in SITE.glob("*.html")) or ["index.html"]

every_view = pytest.mark.parametrize("view", VIEWS)


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
        ("127.0.0.1", 0), functools.partial(Handler, directory=str(site))
    ) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}{prefix}"
        server.shutdown()


@pytest.fixture(scope="module")
def visit(browsers: Callable[[str], Browser], server: str) -> Callable[[str], Visit]:
    """Gives a page of the browser in a view, by the view's name."""
    return functools.cache(
        lambda view: Visit(browsers(VIEWS[view].fonts), VIEWS[view], server)
    )


@every_view
@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_without_fault(
    page: str, view: str, visit: Callable[[str], Visit], site: Path, server: str
):
    opened = visit(view)
    opened.open(f"{server}{page}" if page == "404.html" else (site / page).as_uri())
    assert not "\n".join(opened.faults())


@every_view
def test_search_finds_a_page_from_a_file(
    view: str, visit: Callable[[str], Visit], site: Path
):
    opened = visit(view)
    opened.open((site / "search.html").as_uri() + "?q=notation")
    opened.page.wait_for_selector(
        "#search-results ul.search li a[href^='notation.html']"
    )
    assert not opened.errors


@every_view
def test_link_to_something_folded_opens_it(
    view: str, visit: Callable[[str], Visit], site: Path
):
    page = visit(view).page
    page.goto((site / "results.html").as_uri())
    page.locator("a[href$='#cite-softmax-error']").click()
    page.wait_for_selector("#cite-softmax-error pre", state="visible")


@every_view
def test_faults_are_found(view: str, visit: Callable[[str], Visit], tmp_path: Path):
    page = tmp_path / "spoiled.html"
    page.write_text(
        '<html lang="en"><title>Spoiled</title><main><h1>Spoiled</h1><img src="http://127.0.0.1:9/x.png">'
        '<p style="color: #777; background: #888">faint</p>'
        '<g data-mml-node="merror"></g><div style="width: 3000px">wide</div><script>nowhere()</script></main></html>'
    )
    opened = visit(view)
    opened.open(page.as_uri())
    found = "\n".join(opened.faults())
    expected = {
        "foreign request",
        "nowhere is not defined",
        "1 formulas are not set",
        "pixels wide in a window of",
    }
    if opened.view.colours:
        expected.add("color-contrast")
    if opened.view.structure:
        expected.add("image-alt")
    for fault in expected:
        assert fault in found


@pytest.mark.parametrize("view", [v for v in VIEWS if VIEWS[v].width == 360])
def test_what_is_too_wide_with_wide_letters_alone_is_found(
    view: str, visit: Callable[[str], Visit], tmp_path: Path
):
    opened, page = visit(view), tmp_path / "line.html"
    fonts = opened.view.fonts
    if not is_installed(fonts):
        leave_out(
            f"NO FONTS: the pages were not tried with the letters of {fonts}; install {FAMILIES[fonts]}"
        )
    page.write_text(
        '<!doctype html><html lang="en"><title>A line</title><main><h1>A line</h1>'
        '<p style="font: 16px Arial, sans-serif; white-space: nowrap">The loss is the sum of all symbols’ losses.</p>'
        "</main></html>"
    )
    opened.open(page.as_uri())
    found = "\n".join(opened.faults())
    assert ("pixels wide in a window of 320" in found) == (fonts == "DejaVu"), found
