"""What a page depends on: found from the text of its cells and of the modules, without running them."""

import ast
import asyncio
import platform
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from _ext import kernel
from _ext.execution import counted_files, fingerprint
from _ext.modules import imported_names, module_files

ROOT = Path(__file__).parents[1]
TINY = Path(__file__).parent / "tiny_book"


@pytest.mark.parametrize(
    ("code", "module", "is_package", "names"),
    [
        ("import a.b, c", "", False, {"a.b", "c"}),
        ("from a import b", "", False, {"a", "a.b"}),
        ("from . import b", "p.q.m", False, {"p.q", "p.q.b"}),
        ("from . import b", "p.q", True, {"p.q", "p.q.b"}),
        ("from ..r import b", "p.q.m", False, {"p.r", "p.r.b"}),
        ("def f():\n    import late", "", False, {"late"}),
    ],
)
def test_imports_are_found_absolute_and_relative(code, module, is_package, names):
    assert set(imported_names(code, module, is_package)) == names


def test_modules_are_followed_through_all_levels_with_their_packages():
    found = module_files(
        "from unrolled.data.choice import choice\nimport unrolled.top", TINY
    )
    assert set(found) == {"unrolled", "unrolled.data", "unrolled.data.choice"} | {
        f"unrolled.{name}" for name in ("top", "middle", "base")
    }


def test_the_fingerprint_heeds_what_the_outputs_depend_on(tmp_path, monkeypatch):
    root = shutil.copytree(TINY, tmp_path / "tiny")
    lock = root / "requirements.lock"
    lock.touch()

    def page(code: str) -> str:
        return fingerprint(new_notebook(cells=[new_code_cell(code)]), root)

    plain, choosing = "1 + 1", "%matplotlib inline\nimport unrolled.data.choice"
    before = page(plain)
    assert page("2 + 2") == before  # the cells themselves are compared by the cache
    chosen = page(choosing)
    monkeypatch.setenv("UNROLLED_DATA", "another choice")
    assert page(plain) == before
    assert page(choosing) != chosen
    monkeypatch.setenv("OMP_NUM_THREADS", "64")
    threads = page(plain)
    monkeypatch.setattr(platform, "python_version", lambda: "3.99.0")
    python = page(plain)
    lock.write_text("six==1.17.0")
    assert len({before, threads, python, page(plain)}) == 4


def test_the_fingerprint_heeds_a_file_that_a_cell_names(tmp_path):
    root = shutil.copytree(TINY, tmp_path / "tiny")
    (root / "requirements.lock").touch()
    notebook = new_notebook(
        cells=[new_code_cell("print(open('../measured.json').read())")]
    )
    digests = [fingerprint(notebook, root)]
    for content in ("1", "2"):
        (root / "measured.json").write_text(content)
        digests.append(fingerprint(notebook, root))
    assert len(set(digests)) == 3
    elsewhere = shutil.copytree(root, tmp_path / "elsewhere")
    assert fingerprint(notebook, elsewhere) == digests[-1]


@pytest.mark.parametrize(
    "line, counted",
    [
        ('attempt("rnn-states", "g_T")', True),
        ("checks.attempt(\n    'rnn-states',\n    r'g_T',\n)", True),
        ('attempt("rnn-states", mine)', False),
        ('attempt("rnn-states", lambda: "g_T")', False),
    ],
)
def test_what_reads_a_line_counts_where_a_cell_gives_one(line: str, counted: bool):
    cell = new_code_cell(f"from unrolled import checks\n{line}")
    files = counted_files(new_notebook(cells=[cell]), ROOT)
    room = "code/unrolled/yours"
    for name in ("unrolled.yours.line", f"{room}/goals.json", f"{room}/typing.js"):
        assert (name in files) == counted
    assert ("code/unrolled/formulas/layout.lark" in files) == counted


def test_the_package_imports_nothing_that_its_text_does_not_show():
    for path in (ROOT / "code").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            name = getattr(
                node, "id", getattr(node, "attr", getattr(node, "name", None))
            )
            assert name not in {"importlib", "__import__", "import_module"}, path


def test_kernels_take_no_ports_from_each_other():
    code = (
        "from ipykernel.kernelapp import IPKernelApp\nIPKernelApp.instance().transport"
    )
    notebook = new_notebook(cells=[new_code_cell(code)])
    run = kernel.execute("page", notebook, str(ROOT), timeout=60)
    with ThreadPoolExecutor() as pool:  # the browser's tests have a loop in this thread
        pool.submit(asyncio.run, run).result()
    assert notebook.cells[0].outputs[0]["data"]["text/plain"] == "'ipc'"
