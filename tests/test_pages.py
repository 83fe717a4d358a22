"""The pages' cells: what a visible cell uses, a visible cell has defined; hidden cells say numbers and hold claims.

A reader who copies the visible cells, or runs a chapter with another number, gets what the page shows.
"""

import ast
import builtins
import re
import symtable
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import nbformat
import pytest
from nbclient import NotebookClient

from _ext.kernel import environment
from unrolled import prose

BOOK = Path(__file__).parents[1] / "book"
CELL = re.compile(
    r"^(`{3,})\{code-cell\}[^\n]*\n(.*?)^\1\s*$", re.MULTILINE | re.DOTALL
)
OPTIONS = re.compile(r"\A(---\n.*?^---\n|(:\w[^\n]*\n)+)", re.MULTILINE | re.DOTALL)


class Cell(NamedTuple):
    """A code cell of a page."""

    line: int
    code: str
    hidden: bool
    removed: bool


def cells(text: str) -> list[Cell]:
    """The code cells of a page, in order."""
    found = []
    for cell in CELL.finditer(text):
        options = OPTIONS.match(cell[2])
        head = options[0] if options else ""
        line = text[: cell.start()].count("\n") + 1
        hidden = "remove-" in head or "hide-input" in head
        code = cell[2].removeprefix(head)
        found.append(Cell(line, code, hidden, "remove-cell" in head))
    return found


def tables(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    """The scopes of code: its own, and those of functions and comprehensions in it."""
    yield table
    for child in table.get_children():
        yield from tables(child)


def named(code: str) -> tuple[set[str], set[str]]:
    """The names that code binds, and those that it uses without having bound them."""
    top, *inner = tables(symtable.symtable(code, "cell", "exec"))
    own = top.get_symbols()
    bound = {s.get_name() for s in own if s.is_assigned() or s.is_imported()}
    used = {s.get_name() for s in own if s.is_referenced()}
    for table in inner:
        outer = [s for s in table.get_symbols() if s.is_global()]
        used |= {s.get_name() for s in outer}
        bound |= {s.get_name() for s in outer if s.is_assigned()}  # by :=
    return bound, used - bound - set(dir(builtins))


def undefined(page: list[Cell]) -> Iterator[str]:
    """The uses, in visible cells, of names that no visible cell has bound, or that a hidden one has bound since."""
    seen: set[str] = set()
    for cell in page:
        bound, used = named(cell.code)
        if cell.hidden:
            # imported once more, a module is the same
            modules = {n for n in bound if re.search(rf"import .*\b{n}\b", cell.code)}
            seen -= bound - modules
        else:
            for name in sorted(used - seen):
                yield f"{name} in the cell of line {cell.line}"
            seen |= bound


PAGES = {path.stem: path.read_text() for path in sorted(BOOK.glob("*.md"))}
WITH_CELLS = [page for page, text in PAGES.items() if cells(text)]


@pytest.mark.parametrize("page", WITH_CELLS)
def test_what_a_visible_cell_uses_a_visible_cell_has_defined(page: str):
    assert not list(undefined(cells(PAGES[page])))


def test_a_name_that_only_a_hidden_cell_defines_is_found():
    hidden = "```{code-cell}\n:tags: [remove-cell]\n\nimport math\n```\n\n"
    visible = "```{code-cell}\nmath.pi\n```\n"
    found = ["math in the cell of line 7"]
    assert list(undefined(cells(hidden + visible))) == found
    own = visible.replace("math.", "import math\nmath.")
    assert not list(undefined(cells(own + hidden + visible)))
    other = hidden.replace("import math", "math = 3")
    assert len(list(undefined(cells(own + other + visible)))) == 1


@pytest.mark.parametrize("page", WITH_CELLS)
def test_what_is_said_is_pasted_and_what_is_asserted_of_the_text_is_a_claim(page: str):
    said = set()
    for cell in cells(PAGES[page]):
        for node in ast.walk(ast.parse(cell.code)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "say":
                assert cell.removed, f"line {cell.line}: what is said would be shown"
                said |= {
                    word.arg.replace("_", "-") for word in node.keywords if word.arg
                }
            # an assertion would end the run of a reader who has changed a number
            assert not (cell.hidden and isinstance(node, ast.Assert)), cell.line
    pasted = set(re.findall(r"\{glue(?::text)?\}[ `]([\w-]+)", PAGES[page]))
    assert said <= pasted


# One number of a visible cell of each page, as a reader would change it: a size, a step, a scale, a data set's part.
CHANGED = {
    "gradients": ("[1.0, -1]", "[1.0, 2]"),
    "backprop-mlp": ("eta = 0.1", "eta = 0.5"),
    "backprop-rnn": ("T, V, d = 40, 20, 16", "T, V, d = 30, 20, 8"),
    "classification": ("steps=3000, seed=1", "steps=150, seed=1"),
    "data": ("76", "60"),
    "data-alice": (
        'headers=["file", "bytes", "SHA-256"]',
        'headers=["file", "size", "sum"]',
    ),
    "data-names": ("names.split(everything)", "names.split(everything[::2])"),
    "data-news": ("news[:300]", "news[:60]"),
    "data-tutorial-names": ('intfmt=","', 'intfmt=""'),
    "data-wikipedia": ("most_common(10)", "most_common(3)"),
    "evaluation": ("steps=1000, seed=1", "steps=150, seed=2"),
    "generation": ("steps=1000, seed=1", "steps=100, seed=2"),
    "lstm": ("steps=1200, every=200", "steps=100, every=50"),
    "project": ("wanted = 0.03", "wanted = 0.05"),
    "residual": ("scales = [0.4, 1, 2, 4]", "scales = [0.3, 1, 3]"),
    "word2vec": ("SEEDS = (1, 2, 3)", "SEEDS = (4, 5)"),
}


@pytest.mark.long
@pytest.mark.parametrize("page", WITH_CELLS)
def test_the_visible_cells_alone_run_to_the_end_with_another_number(page, tmp_path):
    assert page in CHANGED, "add to CHANGED a number of the page, and another for it"
    old, new = CHANGED[page]
    visible = [cell.code for cell in cells(PAGES[page]) if not cell.hidden]
    assert any(old in code for code in visible), f"{old} is not in a cell of {page}"
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(c.replace(old, new)) for c in visible]
    )
    kernel = environment(str(tmp_path))
    client = NotebookClient(
        notebook, timeout=600, resources={"metadata": {"path": BOOK}}
    )
    client.execute(env={k: v for k, v in kernel.items() if k != prose.STRICT})
