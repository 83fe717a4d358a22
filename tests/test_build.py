"""The build, tried on a tiny book in a temporary folder with the commands and the configuration of the real one."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from check_site import broken_links
from compare_builds import compare
from tiny import Book, fresh

ALL = {"numbers", "choice", "plain", "results"}


def test_cold_build_executes_every_page_and_shows_its_outputs(cold: Book):
    assert cold.executed() == ALL
    assert "the value is 41" in cold.page("numbers")
    assert "chosen: embedded" in cold.page("choice")


def test_unchanged_book_executes_nothing(built: Book):
    assert built.build() == 0
    assert built.executed() == set()
    assert "the value is 41" in built.page("numbers")


def test_changed_prose_executes_nothing(built: Book):
    built.edit("book/plain.md", "Some prose.", "Other prose.")
    built.edit("book/numbers.md", ":alt: A line.", ":alt: A straight line.")
    assert built.build() == 0
    assert built.executed() == set()
    assert "Other prose." in built.page("plain")
    assert "A straight line." in built.page("numbers")


def test_changed_cell_executes_its_page(built: Book):
    built.edit("book/plain.md", "7 * 6", "7 * 8")
    assert built.build() == 0
    assert built.executed() == {"plain"}
    assert "seven times six: 56" in built.page("plain")


def test_changed_module_executes_the_pages_that_import_it_through_another(built: Book):
    built.edit("code/unrolled/base.py", "41", "43")
    assert built.build() == 0
    assert built.executed() == {"numbers"}
    assert "the value is 43" in built.page("numbers")


def test_changed_lock_executes_every_page(built: Book):
    with (built.folder / "requirements.lock").open("a") as lock:
        lock.write("six==1.17.0\n")
    assert built.build() == 0
    assert built.executed() == ALL


def test_changed_choice_of_data_executes_the_pages_that_ask_for_it(built: Book):
    assert built.build(UNROLLED_DATA="originals") == 0
    assert built.executed() == {"choice"}
    assert "chosen: originals" in built.page("choice")


def test_changed_thread_count_executes_every_page(built: Book):
    assert built.build(OMP_NUM_THREADS="2") == 0
    assert built.executed() == ALL


def append(text: str) -> Callable[[Book], None]:
    """A spoiler that adds a text at the end of the page ``plain``."""

    def spoil(book: Book) -> None:
        with (book.folder / "book" / "plain.md").open("a") as page:
            page.write(text)

    return spoil


RESULTS = "code/unrolled/results/squares.py"

SPOILERS = {
    "a cell that raises": (
        append("\n```{code-cell}\n1 / 0\n```\n"),
        r"plain\.md:19: code cell 2 of page plain failed:[\s\S]*ZeroDivisionError",
    ),
    "a reference to nothing": (
        append("\nSee {ref}`nowhere`.\n"),
        r"plain\.md:19: .*undefined label: 'nowhere'",
    ),
    "a link to nothing": (
        append("\nSee [this](nowhere.md).\n"),
        r"plain\.md:19: .*'nowhere\.md'",
    ),
    "a name in code that nothing documents": (
        append("\n{py:func}`nowhere`\n"),
        r"plain\.md:19: .*nowhere",
    ),
    "an undefined macro": (
        append("\nThus $\\nowhere$.\n"),
        r"plain\.md:19: .*control sequence \\nowhere",
    ),
    "a formula that is not closed": (
        append("\n$$\n\\frac{1}{2\n$$\n"),
        r"plain\.md:19: .*Missing close brace",
    ),
    "a directive that does not exist": (
        append("\n```{nowhere}\n```\n"),
        r"plain\.md:19: .*'nowhere'",
    ),
    "a cell that warns": (
        append("\n```{code-cell}\nimport warnings\nwarnings.warn('beware')\n```\n"),
        r"plain\.md:21: WARNING: stderr",
    ),
    "a number that was not glued": (
        append("\n{glue:text}`nowhere`\n"),
        r"plain\.md:19: .*nowhere",
    ),
    "a deleted figure": (
        lambda book: (book.folder / "book" / "dot.svg").unlink(),
        r"numbers\.md:37: .*dot\.svg",
    ),
    "a page without its header": (
        lambda book: book.edit("book/plain.md", "jupytext:", "else:"),
        r"plain: has code cells, but no jupytext header",
    ),
    "a cell that gets stuck": (
        lambda book: (
            book.edit("_config.yml", "timeout: 300", "timeout: 1"),
            append("\n```{code-cell}\nimport time\ntime.sleep(60)\n```\n")(book),
        ),
        r"plain\.md:19: code cell 2 of page plain failed",
    ),
}


SPOILERS |= {
    "a wrong formula": (
        lambda book: book.edit(RESULTS, "return 2 * x", "return 3 * x"),
        r"results\.md:34: code cell 1 of page results failed:[\s\S]*square: the formula does not agree",
    ),
    "a mistake that the check accepts": (
        lambda book: book.edit(RESULTS, "lambda x: x)", "lambda x: x + x)"),
        r"square: the check accepts the mistake “the factor forgotten”",
    ),
    "a case by hand that is wrong": (
        lambda book: book.edit(RESULTS, "[6]", "[5]"),
        r"square: the formula does not give what was worked out by hand",
    ),
    "a result without a check": (
        lambda book: book.edit("book/results.md", "checks.run(squares)", "0"),
        r"results\.md:13: .*result without a check: .*square",
    ),
    "a check without a result": (
        lambda book: book.edit("book/results.md", ":label: square", ":label: other"),
        r"results\.md: .*check without a result: square",
    ),
    "a module of results that no page runs": (
        lambda book: (book.folder / "code/unrolled/results/idle.py").write_text(
            "x = 1\n"
        ),
        r"check without a result: no page runs unrolled\.results\.idle",
    ),
    "a result without a label": (
        lambda book: book.edit("book/results.md", ":label: square\n", ""),
        r"results\.md:13: .*“The derivative of a square” has no :label:",
    ),
    "a question that does not exist": (
        lambda book: book.edit("book/results.md", ":questions: Q1", ":questions: Q7"),
        r"results\.md:13: .*there is no question Q7",
    ),
    "a place that does not exist": (
        lambda book: book.edit("book/results.md", ":shown: square", ":shown: nowhere"),
        r"results\.md:26: .*answer-square: there is no label nowhere",
    ),
    "a label taken off the list": (
        lambda book: book.edit("book/labels.txt", "square results.html#square\n", ""),
        r"labels\.txt lacks a label of the book; add the line: square results\.html#square",
    ),
    "a listed label that is gone": (
        lambda book: book.edit("book/index.md", " (tiny)", ""),
        r"the label tiny was published and is gone",
    ),
    "a line of the list that cannot be read": (
        lambda book: book.edit(
            "book/labels.txt", "tiny index.html#equation-tiny", "tiny index"
        ),
        r"labels\.txt:9: expected a label, page\.html#anchor",
    ),
    "an erratum of nothing": (
        lambda book: book.edit("book/errata.yml", "label: square", "label: cube"),
        r"errata\.yml: there is no label cube",
    ),
    "an erratum without a date": (
        lambda book: book.edit("book/errata.yml", "2026-01-31", "lately"),
        r"errata\.yml: expected date",
    ),
}


@pytest.mark.parametrize("spoiler", SPOILERS)
def test_spoiled_book_fails_and_names_the_place(built: Book, spoiler: str):
    assert_fails(built, spoiler, times=1)


@pytest.mark.parametrize(
    "spoiler",
    ["a cell that raises", "a reference to nothing", "a result without a check"],
)
def test_spoiled_book_fails_again_when_nothing_was_mended(built: Book, spoiler: str):
    assert_fails(built, spoiler, times=2)


def assert_fails(book: Book, spoiler: str, times: int) -> None:
    """The spoiled book does not build, and the message names the place, so many times one after the other."""
    spoil, message = SPOILERS[spoiler]
    spoil(book)
    for _ in range(times):
        assert book.build() != 0
        assert re.search(message, book.log), book.log
        assert not (book.folder / "_build" / "built").exists()


def test_failing_page_runs_once_and_stops_the_others(built: Book):
    ran = built.folder / "ran"
    append(f"\n```{{code-cell}}\nopen({str(ran)!r}, 'a').write('x')\n1 / 0\n```\n")(
        built
    )
    built.edit(
        "book/choice.md",
        '"chosen: " + choice()',
        f"import time\ntime.sleep(60)\nopen({str(ran)!r}, 'a').write('late')",
    )
    assert built.build() != 0
    assert ran.read_text() == "x"


@pytest.mark.skipif(
    os.cpu_count() == 1, reason="one core: nothing can run side by side"
)
def test_pages_run_side_by_side(built: Book):
    for page, other in (("plain", "choice"), ("choice", "plain")):
        meet = (
            "import pathlib, time\n"
            f"pathlib.Path({str(built.folder)!r}, {page!r}).touch()\n"
            f"while not pathlib.Path({str(built.folder)!r}, {other!r}).exists(): time.sleep(0.05)"
        )
        with (built.folder / "book" / f"{page}.md").open("a") as file:
            file.write(f"\n```{{code-cell}}\n{meet}\n```\n")
    built.edit("_config.yml", "timeout: 300", "timeout: 60")
    assert built.build() == 0, built.log


def test_page_taken_out_of_the_book_is_not_published(built: Book):
    built.edit("_toc.yml", "  - file: choice\n", "")
    assert built.build() == 0, built.log
    assert not (built.html / "choice.html").exists()


def test_figure_deleted_from_the_site_is_named(built: Book):
    assert broken_links(built.html) == []
    figure = next((built.html / "_images").glob("*.png"))
    figure.unlink()
    complaint = (
        f"numbers.html: <img> leads to _images/{figure.name}, and there is no such file"
    )
    assert complaint in broken_links(built.html)


def test_two_cold_builds_are_equal(cold: Book, tmp_path: Path):
    other = fresh(tmp_path / "elsewhere" / "other")
    assert other.build() == 0, other.log
    assert compare(cold.html, other.html) == []
    other.edit("_build/html/numbers.html", "the value is 41", "the value is 42")
    (other.html / "plain.html").unlink()
    assert compare(cold.html, other.html) == [
        "numbers.html differs",
        "plain.html is only in the first",
    ]
