"""The build, tried on a tiny book in a temporary folder with the commands and the configuration of the real one."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from check_site import broken_links
from compare_builds import compare

ROOT = Path(__file__).parents[1]
TINY = Path(__file__).parent / "tiny_book"


class Book:
    """A tiny book in a folder of its own."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.html = folder / "_build" / "html"
        self.log = ""

    def build(self, **environment: str) -> int:
        """Run ``make book`` there and return its exit code; the environment is the one that is set up already."""
        command = [
            "make",
            "-f",
            str(ROOT / "Makefile"),
            f"VENV={ROOT}/.venv",
            "-o",
            f"{ROOT}/.venv/ready",
            "book",
        ]
        inherited = {
            k: v
            for k, v in os.environ.items()
            if not k.startswith(("MAKE", "MFLAGS", "UNROLLED"))
        }
        environment = (
            inherited | {"PYTHONPATH": str(self.folder / "code")} | environment
        )
        run = subprocess.run(
            command, cwd=self.folder, env=environment, capture_output=True, text=True
        )
        self.log = run.stdout + run.stderr
        return run.returncode

    def executed(self) -> set[str]:
        """The pages that the last build executed."""
        return set(re.findall(r"^executed (\S+) in", self.log, re.MULTILINE))

    def edit(self, file: str, old: str, new: str) -> None:
        """Replace a text in a file that has it."""
        path = self.folder / file
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))

    def page(self, name: str) -> str:
        """The HTML of a built page."""
        return (self.html / f"{name}.html").read_text()


def fresh(folder: Path) -> Book:
    """The tiny book, not built, under the configuration of the real one."""
    shutil.copytree(TINY, folder)
    for part in ("_static", "_templates"):
        shutil.copytree(ROOT / "book" / part, folder / "book" / part)
    shutil.copy(ROOT / "book" / "logo.svg", folder / "book")
    shutil.copy(ROOT / "requirements.lock", folder)
    config = yaml.safe_load((ROOT / "_config.yml").read_text())
    config["sphinx"]["local_extensions"] = {"_ext": str(ROOT / "book")}
    (folder / "_config.yml").write_text(yaml.safe_dump(config))
    return Book(folder)


@pytest.fixture(scope="module")
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


def test_cold_build_executes_every_page_and_shows_its_outputs(cold: Book):
    assert cold.executed() == {"numbers", "choice", "plain"}
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
    assert built.executed() == {"numbers", "choice", "plain"}


def test_changed_choice_of_data_executes_the_pages_that_ask_for_it(built: Book):
    assert built.build(UNROLLED_DATA="originals") == 0
    assert built.executed() == {"choice"}
    assert "chosen: originals" in built.page("choice")


def test_changed_thread_count_executes_every_page(built: Book):
    assert built.build(OMP_NUM_THREADS="2") == 0
    assert built.executed() == {"numbers", "choice", "plain"}


def append(text: str) -> Callable[[Book], None]:
    """A spoiler that adds a text at the end of the page ``plain``."""

    def spoil(book: Book) -> None:
        with (book.folder / "book" / "plain.md").open("a") as page:
            page.write(text)

    return spoil


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


@pytest.mark.parametrize("spoiler", SPOILERS)
def test_spoiled_book_fails_and_names_the_place_every_time(built: Book, spoiler: str):
    spoil, message = SPOILERS[spoiler]
    spoil(built)
    for _ in range(2):
        assert built.build() != 0
        assert re.search(message, built.log), built.log
        assert not (built.folder / "_build" / "built").exists()


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
    built.edit("_toc.yml", "  - file: plain\n", "")
    assert built.build() == 0, built.log
    assert not (built.html / "plain.html").exists()


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
