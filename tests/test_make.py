"""What the site depends on: all of it decides whether the book is built again, and nothing else does."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from build import VARIABLES, state

FILES = (
    "book/index.md",
    "code/unrolled/x.py",
    "code/unrolled/measured/x.json",
    "_config.yml",
)


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with some files of a book, and the working folder."""
    others = ("_toc.yml", "CITATION.cff", "pyproject.toml", "requirements.lock")
    for name in (*FILES, *others, "README.md"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


CHANGES = {
    "a page edited": lambda book: (book / "book/index.md").write_text("x"),
    "a page added": lambda book: (book / "book/new.md").touch(),
    "a page deleted": lambda book: (book / "book/index.md").unlink(),
    "a page renamed": lambda book: (book / "book/index.md").rename(book / "book/i.md"),
    "a module edited": lambda book: (book / "code/unrolled/x.py").write_text("x"),
    "a number edited": lambda book: (book / "code/unrolled/measured/x.json").write_text(
        "5"
    ),
    "the authors": lambda book: (book / "CITATION.cff").write_text("x"),
    "the version": lambda book: (book / "pyproject.toml").write_text("x"),
    "the lock": lambda book: (book / "requirements.lock").write_text("x"),
    "the order of the pages": lambda book: (book / "_toc.yml").write_text("x"),
    "the configuration": lambda book: (book / "_config.yml").write_text("x"),
    "the data": lambda book: os.environ.__setitem__("UNROLLED_DATA", "originals"),
    "the address": lambda book: os.environ.__setitem__(
        "UNROLLED_URL", "https://x.org/"
    ),
    "the repository": lambda book: os.environ.__setitem__(
        "UNROLLED_REPOSITORY", "https://x.org/x"
    ),
    "where notebooks are kept": lambda book: os.environ.__setitem__(
        "UNROLLED_GITHUB", "o/r/blob/b"
    ),
    "the threads": lambda book: os.environ.__setitem__("OMP_NUM_THREADS", "7"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_book_is_built_again_when_it_would_be_another(
    book: Path, change: str, monkeypatch: pytest.MonkeyPatch
):
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    before = state()
    CHANGES[change](book)
    assert state() != before


UNCHANGED: dict[str, Callable[[Path], object]] = {
    "a time": lambda book: os.utime(book / "book/index.md", (1, 1)),
    "what is no part of the book": lambda book: (book / "README.md").write_text("x"),
    "what Python compiles": lambda book: (book / "code/__pycache__").mkdir(),
}


@pytest.mark.parametrize("change", UNCHANGED)
def test_the_book_is_not_built_again_for_nothing(book: Path, change: str):
    before = state()
    UNCHANGED[change](book)
    assert state() == before
