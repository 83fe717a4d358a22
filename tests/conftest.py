"""What several tests share: the built book and a real browser."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from playwright.sync_api import Browser, sync_playwright

from tiny import Book, fresh

ROOT = Path(__file__).parents[1]
settings.register_profile("unhurried", deadline=None)  # a busy machine is no failure
settings.load_profile("unhurried")
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def site() -> Path:
    """The folder of the built book."""
    folder = ROOT / "_build" / "html"
    if not (ROOT / "_build" / "built").exists():
        pytest.fail("the book is not built: run `make book`")
    return folder


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real browser without a window; without one, the tests that need it are left out, but never where CI is set."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        message = f"NO BROWSER: the pages were not tried in one; install Chromium (looked for {', '.join(BROWSERS)})"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox"]
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def cold(tmp_path_factory: pytest.TempPathFactory) -> Book:
    """A book that has been built once, from cold."""
    book = fresh(tmp_path_factory.mktemp("cold") / "tiny")
    assert book.build() == 0, book.log
    return book


@pytest.fixture
def built(cold: Book, tmp_path: Path) -> Book:
    """A copy of the built book, to be changed."""
    shutil.copytree(cold.folder, tmp_path / "tiny")
    return Book(tmp_path / "tiny")
