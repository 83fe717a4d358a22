"""What several tests share: the built book and a real browser."""

import functools
import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import browser as installed
import build
import pytest
from hypothesis import settings
from playwright.sync_api import Browser, Page, sync_playwright

from tiny import Book, fresh

ROOT = Path(__file__).parents[1]
# The same examples on every machine; `--hypothesis-profile explore` looks for new ones. A busy machine is no failure.
settings.register_profile("same", deadline=None, derandomize=True, database=None)
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.load_profile("same")
SAMPLE = 4
"""One in so many items of a long family is in the sample of a commit."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--all``."""
    parser.addoption(
        "--all", action="store_true", help="long families whole, not a sample of them"
    )


def commit() -> str:
    """The commit that is tested, which draws the sample; a fixed word where there is none."""
    git = ["git", "-C", str(ROOT), "rev-parse", "HEAD"]
    try:
        return subprocess.check_output(git, text=True, stderr=subprocess.DEVNULL)
    except (OSError, subprocess.CalledProcessError):
        return "none"


def pytest_configure(config: pytest.Config) -> None:
    """Make the marks known: a family marked ``long`` is sampled, ``whole`` is run with ``--all`` alone."""
    config.addinivalue_line("markers", "long: a family of which a sample is run")
    config.addinivalue_line("markers", "whole: run with --all, or when named")


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Leave out what is marked ``whole``, and, of the items marked ``long``, those that the commit does not draw."""
    if config.getoption("--all"):
        return
    seed, kept, left = commit(), [], []
    for item in items:
        drawn = hashlib.sha256(f"{seed} {item.nodeid}".encode()).digest()[0] % SAMPLE
        whole, long = map(item.get_closest_marker, ("whole", "long"))
        left_out = whole or (long and drawn)
        # a single test that was named is wanted
        (left if left_out and "::" not in config.args[0] else kept).append(item)
    items[:] = kept
    config.hook.pytest_deselected(items=left)


def pytest_report_header(config: pytest.Config) -> str:
    """Say what is left out."""
    if config.getoption("--all"):
        return "every test is run"
    return f"of long families one test in {SAMPLE} is run, drawn by the commit; `make test-all` runs every test"


@pytest.fixture(scope="session")
def site() -> Path:
    """The folder of the built book."""
    if not (ROOT / build.BUILT).exists():
        pytest.fail("the book is not built: run `make book`")
    return ROOT / build.SITE


def missing(what: str) -> None:
    """Leave a test out for what is not installed; where CI is set, fail."""
    pytest.fail(what) if os.environ.get("CI") else pytest.skip(what)


def font_files(family: str) -> Path:
    """The folder of a family of fonts, wherever the system has it."""
    roots = ("/usr/share/fonts", "/usr/local/share/fonts", "/Library/Fonts")
    name = {"DejaVu": "DejaVuSans.ttf", "Liberation": "LiberationSans-Regular.ttf"}
    for root in map(Path, roots):
        for file in root.rglob(name[family]):
            return file.parent
    missing(f"NO FONTS: the layout was not tried with {family}; install it")


@pytest.fixture(scope="session")
def browsers(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[[str], Browser]]:
    """Real browsers without a window, each with one family of fonts, by its name.

    Without one, or without the fonts, the tests that need it are left out, but never where CI is set.
    """
    path = installed.found()
    if path is None:
        looked = ", ".join(installed.BROWSERS)
        missing(
            f"NO BROWSER: the pages were not tried in one; install Chromium (looked for {looked})"
        )
    with sync_playwright() as playwright, ExitStack() as stack:

        @functools.cache
        def with_fonts(family: str) -> Browser:
            folder = tmp_path_factory.mktemp(family)
            fonts = folder / "fonts.conf"
            # said for each kind of letters: what a system takes for a family's own is not always the same
            kinds = {"sans-serif": f"{family} Sans", "monospace": f"{family} Mono"}
            if family == "DejaVu":
                kinds["monospace"] = "DejaVu Sans Mono"
            aliases = "".join(
                f"<alias><family>{kind}</family><prefer><family>{name}</family></prefer></alias>"
                for kind, name in kinds.items()
            )
            fonts.write_text(
                f"<fontconfig><dir>{font_files(family)}</dir><cachedir>{folder}</cachedir>{aliases}</fontconfig>"
            )
            browser = playwright.chromium.launch(
                executable_path=path,
                args=["--no-sandbox"],
                env={**os.environ, "FONTCONFIG_FILE": str(fonts)},
            )
            stack.callback(browser.close)
            return browser

        yield with_fonts


@pytest.fixture(scope="session")
def browser(browsers: Callable[[str], Browser]) -> Browser:
    """A browser for what does not hang on the fonts."""
    return browsers("DejaVu")


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """A phone's window; a script's error fails the test."""
    page, faults = browser.new_page(viewport={"width": 360, "height": 740}), []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    yield page
    page.close()
    assert faults == []


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
