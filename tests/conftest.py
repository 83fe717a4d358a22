"""What several tests share: the built book and a real browser."""

import functools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from playwright.sync_api import Browser, sync_playwright

from browsing import BROWSERS, leave_out, settings_for
from tiny import Book, fresh

ROOT = Path(__file__).parents[1]
settings.register_profile("unhurried", deadline=None)  # a busy machine is no failure
settings.load_profile("unhurried")


@pytest.fixture(scope="session")
def site() -> Path:
    """The folder of the built book."""
    folder = ROOT / "_build" / "html"
    if not (ROOT / "_build" / "built").exists():
        pytest.fail("the book is not built: run `make book`")
    return folder


@pytest.fixture(scope="session")
def browsers(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[[str], Browser]]:
    """Gives a real browser without a window that has one family of fonts alone, by the family's name."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        leave_out(
            f"NO BROWSER: the pages were not tried in one; install Chromium (looked for {', '.join(BROWSERS)})"
        )
    folder = tmp_path_factory.mktemp("fonts")
    with sync_playwright() as playwright:

        @functools.cache
        def browser(family: str) -> Browser:
            return playwright.chromium.launch(
                executable_path=path,
                args=["--no-sandbox"],
                env=settings_for(family, folder),
            )

        yield browser


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
