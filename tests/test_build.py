"""The build, tried on a tiny book in a temporary folder with the commands and the configuration of the real one."""

import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
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


def test_unchanged_book_is_not_built_again_and_says_so(built: Book):
    page = built.html / "numbers.html"
    before = page.stat().st_mtime_ns
    assert built.build() == 0
    assert built.log.startswith("Nothing has changed since the book was built")
    assert page.stat().st_mtime_ns == before


def test_changed_prose_executes_nothing(built: Book):
    built.edit("book/plain.md", "Some prose.", "Other prose.")
    built.edit("book/numbers.md", "A line, by a cell.", "A straight line.")
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


def append(text: str, page: str = "plain") -> Callable[[Book], None]:
    """A spoiler that adds a text at the end of a page."""

    def spoil(book: Book) -> None:
        with (book.folder / "book" / f"{page}.md").open("a") as file:
            file.write(text)

    return spoil


RESULTS = "code/unrolled/results/squares.py"
QUIZ = "book/quiz/square.yml"
IN_QUIZ = r"index\.md:\d+: WARNING: quiz/square\.yml: question"
FOURTH = "says: x\n  - choice: four\n    says: x"

# What only warns, each with its warning. They go into one book together: each must be found beside the others. Line 0
# stands for the line at which an appended text begins.
WARNED = {
    "a reference to nothing": (
        append("\nSee {ref}`nowhere`.\n"),
        r"plain\.md:0: WARNING: undefined label: 'nowhere'",
    ),
    "a link to nothing": (
        append("\nSee [this](nothing.md).\n"),
        r"plain\.md:0: WARNING: .*'nothing\.md'",
    ),
    "a name in code that nothing documents": (
        append("\n{py:func}`undocumented`\n"),
        r"plain\.md:0: WARNING: .*undocumented",
    ),
    "an undefined macro": (
        append("\nThus $\\nomacro$.\n"),
        r"plain\.md:0: WARNING: .*control sequence \\nomacro",
    ),
    "a formula that is not closed": (
        append("\n$$\n\\frac{1}{2\n$$\n"),
        r"plain\.md:0: WARNING: .*Missing close brace",
    ),
    "a directive that does not exist": (
        append("\n```{nodirective}\n```\n"),
        r"plain\.md:0: WARNING: .*'nodirective'",
    ),
    "a figure without a picture": (
        append("\n```{figure}\n:name: fig-none\n\nNothing.\n```\n"),
        r"plain\.md:\d+: WARNING: a figure without a file takes what the cell right before it shows",
    ),
    "a cell that warns": (
        append("\n```{code-cell}\nimport warnings; warnings.warn('beware')\n```\n"),
        r"plain\.md:\d+: WARNING: stderr",
    ),
    "a number that was not glued": (
        append("\n{glue:text}`notglued`\n"),
        r"plain\.md:0: WARNING: .*notglued",
    ),
    "a deleted figure": (
        lambda book: (book.folder / "book" / "dot.svg").unlink(),
        r"numbers\.md:32: WARNING: .*dot\.svg",
    ),
    "a result without a check": (
        append(
            "\n```{prf:proposition} Unchecked\n:label: unchecked\n\nOne.\n```\n",
            "results",
        ),
        r"results\.md:\d+: WARNING: result without a check: .*unchecked",
    ),
    "a check without a result": (
        append(
            "\n```{code-cell}\nfrom unrolled.results import cubes\nchecks.run(cubes)\n```\n",
            "results",
        ),
        r"results\.md: WARNING: check without a result: cube",
    ),
    "a module of results that no page runs": (
        lambda book: (book.folder / "code/unrolled/results/idle.py").write_text(
            "x = 1\n"
        ),
        r"WARNING: check without a result: no page runs unrolled\.results\.idle",
    ),
    "a question that does not exist": (
        lambda book: book.edit("book/results.md", ":questions: Q1", ":questions: Q7"),
        r"results\.md:13: WARNING: .*there is no question Q7",
    ),
    "a sheet that does not exist": (
        append("\n```{question-map} Elsewhere\n```\n"),
        r"plain\.md:\d+: ERROR: there is no sheet Elsewhere in questions\.yml",
    ),
    "a sheet without a map": (
        lambda book: book.edit("book/index.md", "```{question-map} Sheet\n```", ""),
        "WARNING: no page has the question map of Sheet",
    ),
    "a quiz that does not exist": (
        append("\n```{quiz} elsewhere\n```\n"),
        r"plain\.md:\d+: ERROR: there is no quiz/elsewhere\.yml",
    ),
    "a quiz without a page": (
        lambda book: (book.folder / "book/quiz/round.yml").write_text("[]"),
        "WARNING: no page has the quiz round",
    ),
    "a question with four wrong choices": (
        lambda book: book.edit(QUIZ, "says: No times three.", FOURTH),
        rf"{IN_QUIZ} 2, “What is it at 3\?”: has 4 wrong choices, not 3",
    ),
    "a right choice without a reason": (
        lambda book: book.edit(QUIZ, "  because: Twice three.\n", ""),
        rf"{IN_QUIZ} 2, .*: has no text for “because”",
    ),
    "a choice about a question that does not exist": (
        lambda book: book.edit(QUIZ, "Q1.1, answer-square", "Q9.9, answer-square"),
        rf"{IN_QUIZ} 2, .*: there is no question Q9\.9 in questions\.yml",
    ),
    "a choice about a label that does not exist": (
        lambda book: book.edit(QUIZ, "Q1.1, square", "Q1.1, square, nosquare"),
        r"index\.md:\d+: WARNING: undefined label: 'nosquare'",
    ),
    "a choice that is no mistake of the result": (
        lambda book: book.edit(
            QUIZ, "forgotten\n    says: Once five", "gone\n    says: x"
        ),
        r"index\.md: WARNING: quiz/square\.yml: question 3, .*: the check of square refuses no .* gone”",
    ),
    "a time to read that no page says": (
        append("\n{reading-time}`choice`\n"),
        r"plain\.md:0: WARNING: there is no page choice that says how long it takes",
    ),
    "a picture of what is no figure": (
        append("\n```{picture} square\nA square.\n```\n"),
        r"plain\.md:\d+: WARNING: there is no figure or live part square to take the picture of",
    ),
    "a short answer without a line for graders": (
        lambda book: book.edit("book/results.md", ":grader: the factor $2$\n", ""),
        r"results\.md:26: ERROR: the short answer “Twice the number” has no :grader:",
    ),
    "a place that does not exist": (
        lambda book: book.edit("book/results.md", ":shown: square", ":shown: noplace"),
        r"results\.md:26: WARNING: answer-square: there is no label noplace",
    ),
    "a printed formula that does not hold": (
        lambda book: book.edit("book/results.md", "x^2 = 2x", "x^2 = 3x"),
        r"results\.md:\d+: WARNING: printed formula does not hold: the sides differ by",
    ),
    "a displayed formula that nobody executes": (
        lambda book: book.edit(
            "book/results.md",
            "\n```{result-index}",
            "\n$$\nx = 7\n$$\n\n```{result-index}",
        ),
        r"results\.md:\d+: WARNING: printed formula does not hold: a formula that is neither executed nor prose: x = 7",
    ),
    "a label taken off the list": (
        lambda book: book.edit("book/labels.txt", "square results.html#square\n", ""),
        r"WARNING: labels\.txt lacks a label of the book; add the line: square results\.html#square",
    ),
    "a listed label that is gone": (
        lambda book: book.edit("book/index.md", " (tiny)", ""),
        r"WARNING: the label tiny was published and is gone",
    ),
    "a name taken off the list": (
        lambda book: book.edit(
            "book/names.txt", "function unrolled.shapes.area reference-shapes\n", ""
        ),
        r"WARNING: names\.txt lacks names; add the lines:\nfunction unrolled\.shapes\.area reference-shapes",
    ),
    "a listed name that leads nowhere": (
        lambda book: book.edit(
            "book/names.txt",
            "module unrolled.base",
            "class unrolled.roof.Tile reference-base\nmodule unrolled.base",
        ),
        r"WARNING: unrolled\.roof\.Tile was published, and nothing in the reference stands for it",
    ),
    "a page that nothing leads to": (
        lambda book: (book.folder / "book/loose.md").write_text("# Loose\n"),
        r"WARNING: loose\.md is not built: name it in _toc\.yml",
    ),
    "a move of a name to nothing": (
        lambda book: book.edit(
            "book/names.txt",
            "surface → unrolled.shapes.area",
            "surface → unrolled.shapes.are",
        ),
        r"WARNING: names\.txt: unrolled\.forms\.surface → unrolled\.shapes\.are leads to nothing",
    ),
}


def test_what_is_wrong_in_a_page_is_named_and_fails_the_build(built: Book):
    book = built
    squares = (book.folder / RESULTS).read_text()
    (book.folder / RESULTS).with_name("cubes.py").write_text(
        squares.replace('"square"', '"cube"')
    )
    expected = {}
    for name, (spoil, message) in WARNED.items():
        plain = (book.folder / "book/plain.md").read_text()
        expected[name] = message.replace(":0:", f":{plain.count(chr(10)) + 2}:")
        spoil(book)
    for _ in range(2):  # and again, when nothing was mended
        assert book.build() != 0
        missed = {n: m for n, m in expected.items() if not re.search(m, book.log)}
        assert not missed, book.log
        assert "the value is 41" in book.page("numbers")  # the old site stays


def test_a_typo_that_changes_nothing_for_no_known_reason_fails_the_build(built: Book):
    built.edit("book/results.md", "x^2 = 2x", r"x^2 = 2x\, [x < x + 1]")
    assert built.build() != 0
    text = r"results\.md:\d+: WARNING: a typo of the printed formula is equal, for no reason that is known: .*x \+ 2"
    assert re.search(text, built.log), built.log


# What ends the build at once, each with its message.
FATAL = {
    "a cell that raises": (
        append("\n```{code-cell}\n1 / 0\n```\n"),
        r"plain\.md:19: code cell 2 of page plain failed:[\s\S]*ZeroDivisionError",
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
    "a kernel that does not start": (
        lambda book: (
            book.edit("book/plain.md", "7 * 6", "7 * 6 + 0"),
            (book.folder / "code/ipykernel_launcher.py").write_text("1 / 0\n"),
        ),
        r"plain: the kernel that is to run the page did not start",
    ),
    "a cell that reads what nothing counts": (
        lambda book: (
            (book.folder / "measured.json").write_text("5"),
            append("\n```{code-cell}\nopen('../measured' + '.json').read()\n```\n")(
                book
            ),
        ),
        r"plain read \S*measured\.json, of which its fingerprint knows nothing",
    ),
    "a module that is imported out of sight": (
        append("\n```{code-cell}\n__import__('unrolled.' + 'base').base.VALUE\n```\n"),
        r"plain read \S*unrolled/__init__\.py, \S*base\.py, of which",
    ),
    "a wrong formula": (
        lambda book: book.edit(RESULTS, "return 2 * x", "return 3 * x"),
        r"results\.md:35: code cell 1 of page results failed:[\s\S]*square: the formula does not agree",
    ),
    "a line that tempts, and no mistake of the check": (
        lambda book: book.edit("book/tempting/results.yml", "forgotten", "lost"),
        r"results\.md:\d+: .*the check of square refuses no mistake “the factor lost”, which tempts",
    ),
    "a mistake that the check accepts": (
        lambda book: book.edit(RESULTS, "lambda x: x,", "lambda x: x + x,"),
        r"square: the check accepts the mistake “the factor forgotten”",
    ),
    "a case by hand that is wrong": (
        lambda book: book.edit(RESULTS, "[6]", "[5]"),
        r"square: the formula does not give what was worked out by hand",
    ),
    "a result without a label": (
        lambda book: book.edit("book/results.md", ":label: square\n", ""),
        r"results\.md:13: .*“The derivative of a square” has no :label:",
    ),
    "a line of the list that cannot be read": (
        lambda book: book.edit(
            "book/labels.txt", "tiny index.html#equation-tiny", "tiny index"
        ),
        r"labels\.txt:9: expected a label, page\.html#anchor",
    ),
    "a line of the list of names that cannot be read": (
        lambda book: book.edit(
            "book/names.txt", "module unrolled.base", "unrolled.base"
        ),
        r"names\.txt:7: expected a kind, a name and its page, or old → new",
    ),
    "an erratum of nothing": (
        lambda book: book.edit("book/errata.yml", "label: square", "label: cube"),
        r"errata\.yml: there is no label cube",
    ),
    "a word that leads nowhere": (
        lambda book: (book.folder / "book/words.yml").write_text("cube: {BPTT: x}"),
        r"words\.yml: BPTT leads to the label cube, which no page has",
    ),
    "a word that is a number": (
        lambda book: (book.folder / "book/words.yml").write_text("square: {15.2: x}"),
        r"words\.yml: expected under the label square lines such as BPTT: backprop",
    ),
    "an erratum without a date": (
        lambda book: book.edit("book/errata.yml", "2026-01-31", "lately"),
        r"errata\.yml: expected date",
    ),
}


@pytest.mark.parametrize("spoiler", FATAL)
def test_what_ends_the_build_is_named(built: Book, spoiler: str):
    spoil, message = FATAL[spoiler]
    spoil(built)
    for _ in range(2 if spoiler == "a cell that raises" else 1):
        assert built.build() != 0
        assert re.search(message, built.log), built.log
        assert "the value is 41" in built.page("numbers")  # the old site stays


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
    (built.folder / "book" / "choice.md").unlink()
    assert built.build() == 0, built.log
    assert not (built.html / "choice.html").exists()


def test_figure_deleted_from_the_site_is_named(built: Book):
    assert broken_links(built.html) == []
    figure = next((built.html / "_images").glob("*.svg"))
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


def test_user_settings_change_nothing(cold: Book, tmp_path: Path):
    home = tmp_path / "home"
    startup = home / ".ipython" / "profile_default" / "startup" / "own.py"
    matplotlib = home / ".config" / "matplotlib" / "matplotlibrc"
    for file, text in (
        (startup, "print('hello')\n"),
        (matplotlib, "lines.linestyle: --\nfigure.facecolor: red\n"),
    ):
        file.parent.mkdir(parents=True)
        file.write_text(text)
    other = fresh(tmp_path / "other")
    settings = {
        "HOME": str(home),
        "MATPLOTLIBRC": str(matplotlib),
        "MPLBACKEND": "svg",
        "PYTHONOPTIMIZE": "2",
        "PYTHONSTARTUP": str(startup),
        "COLUMNS": "20",
        "LC_ALL": "C",
        "TZ": "Asia/Tokyo",
    }
    assert other.build(**settings) == 0, other.log
    assert compare(cold.html, other.html) == []


def test_site_can_be_read_by_a_server_under_any_mask(built: Book):
    before = os.umask(0o077)
    try:
        built.edit("book/plain.md", "Some prose.", "Other prose.")
        (built.folder / "book" / "dot.svg").chmod(0o600)
        assert built.build() == 0, built.log
    finally:
        os.umask(before)
    for path in (built.html, *built.html.rglob("*")):
        assert path.stat().st_mode & 0o777 == (0o755 if path.is_dir() else 0o644), path


def test_second_build_waits_for_the_first_and_finds_nothing_to_do(built: Book):
    built.edit("book/plain.md", "Some prose.", "Other prose.")
    others = [Book(built.folder), Book(built.folder)]
    with ThreadPoolExecutor() as pool:
        assert list(pool.map(Book.build, others)) == [0, 0]
    logs = sorted((book.log for book in others), key=len)
    assert re.match(r"`make book` \(process \d+\) is at work here; waiting", logs[0])
    assert "Running Sphinx" not in logs[0] and "Running Sphinx" in logs[1]
    assert "Other prose." in built.page("plain")


def halve(path: Path) -> None:
    """Cut a file to its first half."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def test_damaged_cache_is_made_anew(built: Book):
    halve(built.folder / "_build" / ".jupyter_cache" / "global.db")
    built.edit("book/plain.md", "Some prose.", "Other prose.")
    assert built.build() == 0, built.log
    assert "is damaged" in built.log and built.executed() == ALL


def test_page_whose_cached_outputs_are_damaged_is_executed_again(built: Book):
    cache = built.folder / "_build" / ".jupyter_cache" / "executed"
    (page,) = (p for p in cache.glob("*/base.ipynb") if "7 * 6" in p.read_text())
    halve(page)
    built.edit("book/plain.md", "Some prose.", "Other prose.")
    assert built.build() == 0, built.log
    assert built.executed() == {"plain"}
    assert "seven times six: 42" in built.page("plain")


EDITS = {
    "a sentence": ("book/plain.md", "Some prose.", "Other prose."),
    "a cell": ("book/plain.md", "7 * 6", "7 * 8"),
    "a module": ("code/unrolled/base.py", "41", "43"),
    "a title": ("book/numbers.md", "# Numbers", "# Figures"),
    "a formula": ("book/index.md", "x \\in", "y \\in"),
    "a short answer": ("book/results.md", "It is $2x$", "It is twice $x$"),
    "a reading time": ("book/numbers.md", "about 25", "about 35"),
    "a question": ("book/questions.yml", "derivative", "slope"),
    "a choice": ("book/quiz/square.yml", "Once five", "Five, once"),
    "an erratum": ("book/errata.yml", "now: 2x", "now: x + x"),
    "a word": ("book/words.yml", "steepness", "slope of a curve"),
    "a version": ("pyproject.toml", 'version = "', 'version = "9.'),
}


def test_draft_shows_every_edit_as_a_whole_build_does(built: Book):
    assert built.draft() == 0, built.log
    for file, old, new in EDITS.values():
        built.edit(file, old, new)
        assert built.draft() == 0, built.log
    assert built.build() == 0, built.log
    draft = built.folder / "_build" / "draft" / "html"
    # Sums of style sheets that the tools copy at the end, when the first pages are written already.
    for page in (*draft.glob("*.html"), *built.html.glob("*.html")):
        page.write_text(re.sub(r"\?v=[0-9a-f]{8}", "", page.read_text()))
    # Words of the index that are on no page any more.
    index = draft / "searchindex.js"
    index.write_text(re.sub(r'"\w+": \[\](, )?', "", index.read_text()))
    found = compare(built.html, draft)
    # What is no more stays in a draft.
    assert [line for line in found if "only in the second" not in line] == []


def test_draft_reads_only_the_page_that_was_edited(built: Book):
    assert built.draft() == 0, built.log
    built.edit("book/plain.md", "Some prose.", "Other prose.")
    assert built.draft() == 0, built.log
    assert "0 added, 1 changed, 0 removed" in built.log
    # the page, and the home page, whose table of contents is read from it
    assert len(re.findall(r"writing output.*%", built.log)) <= 2
