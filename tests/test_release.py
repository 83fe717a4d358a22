"""Releases: their archives, and the history of what the book states; tried on the tiny book, and on the real one."""

import json
import re
import zipfile
from pathlib import Path

import pytest
import release
from bs4 import BeautifulSoup
from playwright.sync_api import Browser
from sphinx.errors import ExtensionError

from _ext import history
from check_site import broken_links, foreign_requests
from tiny import Book

ADDED = "Added in version 0.1.0."
CHANGED = f"{ADDED} Changed in version 0.2.0: x + x in place of 2x."


def commit(book: Book) -> None:
    """Commit all that is in the book's folder."""
    name = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    assert book.run("git", "add", "--all") == 0, book.log
    assert book.run("git", *name, "commit", "--quiet", "-m", "x") == 0, book.log


def opened(archive: Path, folder: Path, browser: Browser) -> Path:
    """The site in an archive, after a look at it without a network."""
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(folder)
    site = folder / archive.stem
    assert broken_links(site) == [] and foreign_requests(site) == []
    page, errors = browser.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto((site / "results.html").as_uri())
    assert page.locator("#square .math").first.is_visible() and not errors
    for line in (site / release.SUMS).read_text().splitlines():
        sum, name = line.split("  ")
        assert release.sum_of((site / name).read_bytes()) == sum
    return site


def told(site: Path) -> str:
    """The history that the tiny book's short answer tells."""
    page = BeautifulSoup((site / "results.html").read_text(), "html.parser")
    (line,) = page.find(id="answer-square").select(".history")
    # what never changed says so in its citation alone
    assert bool(line.find_parent("details")) == (line.get_text() == ADDED)
    return line.get_text()


def test_two_releases_are_read_offline_and_a_changed_statement_tells_its_history(
    built: Book, browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (built.folder / ".gitignore").write_text("/_build/\n__pycache__/\n")
    built.run("git", "init", "--quiet")
    assert built.make("release") != 0
    assert "made from what is committed" in built.log
    commit(built)
    assert built.make("release") == 0, built.log
    commit(built)
    assert built.make("release") != 0
    assert "Version 0.1.0 is in book/releases.txt: raise it" in built.log

    built.edit("book/results.md", "It is $2x$", "It is $x + x$")
    built.edit("book/index.md", "x \\in", "y \\in")
    # a derivation is no statement
    built.edit("book/results.md", "= 2xh + h^2", "= h^2 + 2xh")
    assert built.build() != 0
    asked = {*re.findall("the statement (.*…)", built.log)}
    assert asked == {
        f"{label} is not what it was in version 0.1.0: raise the version, since 0.1.0 is released, and add to "
        f"history.txt, with what changed: {label} VERSION - …"
        for label in ("answer-square", "tiny")
    }

    built.edit("pyproject.toml", 'version = "0.1.0"', 'version = "0.2.0"')
    with (built.folder / "book/history.txt").open("a") as lines:
        lines.write("answer-square 0.2.0 - x + x in place of 2x\n")
        lines.write("tiny 0.2.0 - y in place of x\n")
    commit(built)
    assert built.make("release") != 0
    assert "pyproject.toml has version 0.2.0 and CITATION.cff 0.1.0" in built.log
    built.edit("CITATION.cff", "version: 0.1.0", "version: 0.2.0")
    commit(built)
    assert built.make("release") == 0, built.log

    monkeypatch.chdir(built.folder)
    archives = [built.folder / f"_build/unrolled-0.{n}.0.zip" for n in (1, 2)]
    sums = [release.sum_of(archive.read_bytes()) for archive in archives]
    assert list(release.released().values()) == sums
    first, second = (opened(a, tmp_path, browser) for a in archives)
    assert (told(first), told(second)) == (ADDED, CHANGED)
    equation = BeautifulSoup((second / "index.html").read_text(), "html.parser").find(
        id="equation-tiny"
    )
    assert equation.find_next("p").get_text() == (
        f"{ADDED} Changed in version 0.2.0: y in place of x."
    )
    digests = [
        json.loads((site / "history.json").read_text())["answer-square"]["digest"]
        for site in (first, second)
    ]
    assert digests[0] != digests[1]
    lines = (built.folder / "book/history.txt").read_text().splitlines()
    assert f"answer-square 0.1.0 {digests[0]}" in lines
    assert f"answer-square 0.2.0 {digests[1]} x + x in place of 2x" in lines
    assert sum(line.startswith("square ") for line in lines) == 1

    # where they are published, both stand beside the newest
    for _ in range(2):
        release.unpack(release.BUILD)
    old = built.html / "v0.1.0"
    assert told(old) == ADDED and broken_links(old) == []
    page = BeautifulSoup((old / "results.html").read_text(), "html.parser")
    assert page.body.aside.a["href"] == "../results.html"
    # and one that is made again is the same, and has no other inside
    release.pack(built.html, tmp_path / archives[1].name)
    assert release.sum_of((tmp_path / archives[1].name).read_bytes()) == sums[1]
    archives[0].write_bytes(b"another")
    with pytest.raises(SystemExit, match="is missing, or not the archive"):
        release.unpack(release.BUILD)


@pytest.mark.parametrize(
    "text",
    ["square 0.1.0", "square 0.1.0 abc\nsquare 0.2.0 def"],
    ids=["short", "mute"],
)
def test_a_line_of_the_history_that_lacks_something_is_named(text: str):
    with pytest.raises(ExtensionError, match=r"history\.txt:\d: expected a label"):
        history.parse(text)


def test_every_statement_of_the_book_has_a_digest(site: Path):
    told = json.loads((site / "history.json").read_text())
    results = json.loads((site / "results.json").read_text())
    assert {result["label"] for result in results} < told.keys()
    assert len({one["digest"] for one in told.values()}) == len(told)
    assert all(one["changes"] for one in told.values())
