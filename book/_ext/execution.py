"""Pages are executed when something they depend on has changed; side by side; up to the first cell that fails.

jupyter-cache finds the outputs of a page by its code cells and its kernel's specification alone. So a fingerprint of
all else that the page depends on is written into that specification, in the header, before the page is looked up.
Pages that are not in the cache are then executed here, all of them before MyST-NB reads the first, and put into the
cache.
"""

import ast
import asyncio
import copy
import functools
import hashlib
import os
import platform
import re
import shutil
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pooch
from IPython.core.inputtransformer2 import TransformerManager
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn, JupyterCacheAbstract
from myst_nb.core.read import create_nb_reader
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.util import logging

from . import kernel
from .modules import imported_names, module_file, module_files

logger = logging.getLogger(__name__)

# A page depends on which data were chosen exactly if it imports this module, through all levels.
DATA_CHOICE = "unrolled.data.choice"
# The room whose files a page names by themselves, and those whose modules read theirs.
MEASURED = "unrolled.measured"
READING = ("unrolled.live", "unrolled.formulas", "unrolled.yours")
# What the check loads where a cell gives it a line of text, and there alone.
LINES = "unrolled.yours.line"
LINE = re.compile(r"""\battempt\(\s*["'][\w-]+["'],\s*r?["']""")
KERNEL_NAME = re.compile(r"^(  display_name: .*)$", re.MULTILINE)


def named_files(code: str, root: Path) -> list[Path]:
    """The files that a string in the code names: measurements, or a file seen from the page's folder."""
    strings = {
        node.value
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    names = [text for text in sorted(strings) if re.fullmatch(r"[\w./-]+", text)]
    paths = [root / "book" / text for text in names]
    if MEASURED in imported_names(code):
        paths += [module_file(MEASURED, root).parent / f"{name}.json" for name in names]
    return [path for path in paths if path.is_file()]


def counted_files(notebook: NotebookNode, root: Path) -> dict[str, Path]:
    """The files that a page's outputs depend on, by name: the modules that it imports, and what its cells name."""
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    # without IPython's magics
    plain = TransformerManager().transform_cell("\n\n".join(cells))
    modules = module_files(plain, root, "" if LINE.search(plain) else LINES)
    files = named_files(plain, root)
    for room in modules.keys() & {*READING}:
        files += modules[room].parent.glob("*.[!p]*")
    return modules | {os.path.relpath(file, root): file for file in files}


def fingerprint(notebook: NotebookNode, root: Path) -> str:
    """A digest of all that a page's outputs depend on beside its code cells."""
    files = counted_files(notebook, root)
    parts = [
        platform.python_version(),
        platform.system() + platform.machine(),
        os.environ.get("OMP_NUM_THREADS", ""),
        (root / "requirements.lock").read_text(),
        Path(kernel.__file__).read_text(),
        os.environ.get("UNROLLED_DATA", "") if DATA_CHOICE in files else "",
        *(f"{name}\n{file.read_bytes().hex()}" for name, file in sorted(files.items())),
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def read_notebook(
    env: BuildEnvironment, docname: str, text: str
) -> NotebookNode | None:
    """The page as a notebook, or None if it has no cells."""
    reader = create_nb_reader(
        env.doc2path(docname), env.myst_config, env.mystnb_config, text
    )
    return reader and reader.read(text)


class Stamped(NamedTuple):
    """A page's text and its notebook, both with its fingerprint, and the files that this counts."""

    text: str
    mark: str
    notebook: NotebookNode
    counted: set[Path]


@functools.lru_cache(maxsize=200)
def stamped(env: BuildEnvironment, docname: str, text: str) -> Stamped | None:
    """Write the page's fingerprint behind its kernel's name, on the same line, so that line numbers stay.

    None if the page has no cells. Within a build, a page is stamped once.
    """
    notebook = read_notebook(env, docname, text)
    if notebook is None:
        if re.search(r"^`{3,}\{code-cell\}", text, re.MULTILINE):
            raise ExtensionError(
                f"{docname}: has code cells, but no jupytext header, so they would not be executed; "
                "begin the page with the header of another page"
            )
        return None
    root = Path(env.srcdir).parent
    mark = fingerprint(notebook, root)
    text, marked = KERNEL_NAME.subn(rf"\1 {mark}", text, count=1)
    if not marked:
        raise ExtensionError(
            f"{docname}: the header has no line '  display_name: Python 3' under 'kernelspec:'"
        )
    notebook.metadata["kernelspec"]["display_name"] += f" {mark}"
    return Stamped(text, mark, notebook, set(counted_files(notebook, root).values()))


def stamp(app: Sphinx, docname: str, source: list[str]) -> None:
    """Give MyST-NB the page with its fingerprint."""
    if found := stamped(app.env, docname, source[0]):
        source[0] = found.text
        app.env.unrolled_marks[docname] = found.mark


def stamped_pages(env: BuildEnvironment, docnames: Iterable[str]) -> dict[str, Stamped]:
    """The pages that have cells, as the cache knows them."""
    pages = {
        docname: stamped(env, docname, Path(env.doc2path(docname)).read_text())
        for docname in docnames
    }
    return {docname: page for docname, page in pages.items() if page}


def open_cache(env: BuildEnvironment) -> JupyterCacheAbstract:
    """The cache of outputs; one that is damaged is thrown away, and every page executed again."""
    folder = Path(env.mystnb_config.execution_cache_path)
    database = folder / "global.db"
    try:
        if database.exists():
            with closing(sqlite3.connect(database)) as connection:
                state = connection.execute("PRAGMA integrity_check").fetchone()[0]
            if state != "ok":
                raise sqlite3.DatabaseError(state)
    except sqlite3.DatabaseError as error:
        logger.info("the cache %s is damaged (%s); it is made anew", folder, error)
        shutil.rmtree(folder)
    return get_cache(folder)


def cached(
    cache: JupyterCacheAbstract, docname: str, page: Stamped
) -> NotebookNode | None:
    """A page's notebook with its outputs, or None if the cache does not hold it, or not in one piece."""
    try:
        return cache.get_cache_bundle(cache.match_cache_notebook(page.notebook).pk).nb
    except KeyError:
        return None
    except Exception as error:  # of JSON, of nbformat, of the system
        reason = str(error).partition("\n")[0][:200]
        logger.info("the cached outputs of %s cannot be read (%s)", docname, reason)
        return None


def executed_notebooks(
    env: BuildEnvironment, docnames: Iterable[str]
) -> dict[str, NotebookNode]:
    """The notebooks, with their outputs, of those pages that have cells; all of them have been executed."""
    cache = open_cache(env)
    pages = stamped_pages(env, docnames)
    return {docname: cached(cache, docname, page) for docname, page in pages.items()}


async def execute_all(env: BuildEnvironment, pages: dict[str, Stamped]) -> None:
    """Execute pages side by side and cache each as it ends; the first failure stops the others."""
    config = env.mystnb_config
    cache = get_cache(config.execution_cache_path)
    free_cores = asyncio.Semaphore(os.cpu_count() or 1)
    root = Path(env.srcdir).resolve().parent
    verified: set[Path] = set()  # at each use, by their sums
    if os.environ.get("UNROLLED_DATA") == "originals":
        folder = os.environ.get("UNROLLED_CACHE") or pooch.os_cache("unrolled")
        verified = set(Path(folder).rglob("*"))

    async def run(docname: str, page: Stamped) -> None:
        path = env.doc2path(docname)
        notebook = copy.deepcopy(page.notebook)
        async with free_cores:
            logger.info("executing %s", docname)
            seconds, opened = await kernel.execute(
                docname, notebook, str(Path(path).parent), config.execution_timeout
            )
        if unknown := kernel.uncounted(opened, page.counted | verified, root):
            raise kernel.CellFailed(
                f"{docname} read {', '.join(map(str, unknown))}, of which its fingerprint knows nothing, so a change "
                "there would leave old outputs in the book: name the file in a string of a cell, as seen from the "
                "page's folder and in one piece, or import the module by an import statement"
            )
        bundle = CacheBundleIn(notebook, path, data={"execution_seconds": seconds})
        cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
        logger.info("executed %s in %.1f s", docname, seconds)

    async with asyncio.TaskGroup() as group:
        for docname, page in pages.items():
            group.create_task(run(docname, page))


def execute_outdated(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Execute the pages that the cache does not hold as they are now."""
    cache = open_cache(env)
    pages = stamped_pages(env, docnames)
    outdated = {d: page for d, page in pages.items() if not cached(cache, d, page)}
    try:
        asyncio.run(execute_all(env, outdated))
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None


def begin(app: Sphinx) -> None:
    """Take up the marks of the pages that an earlier build has read."""
    if not hasattr(app.env, "unrolled_marks"):
        app.env.unrolled_marks = {}


def marked_otherwise(
    app: Sphinx, env: BuildEnvironment, added: set[str], *_: set[str]
) -> list[str]:
    """The pages, read by an earlier build, whose fingerprint is another now."""
    pages = stamped_pages(env, env.found_docs - added)
    return [d for d, page in pages.items() if env.unrolled_marks.get(d) != page.mark]


def setup(app: Sphinx) -> dict:
    """Connect to the events before pages are read."""
    app.connect("builder-inited", begin)
    app.connect("source-read", stamp)
    app.connect("env-get-outdated", marked_otherwise)
    app.connect("env-before-read-docs", execute_outdated)
    return {"parallel_read_safe": False}
