"""Pages are executed when something they depend on has changed; side by side; up to the first cell that fails.

jupyter-cache finds the outputs of a page by its code cells and its kernel's specification alone. So a fingerprint of
all else that the page depends on is written into that specification, in the header, before the page is looked up.
Pages that are not in the cache are then executed here, all of them before MyST-NB reads the first, and put into the
cache.
"""

import ast
import asyncio
import hashlib
import os
import platform
import re
import time
from collections.abc import Iterator
from pathlib import Path

from IPython.core.inputtransformer2 import TransformerManager
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from myst_nb.core.read import create_nb_reader
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.util import logging

logger = logging.getLogger(__name__)

PACKAGE = "unrolled"
# A page depends on which data were chosen exactly if it imports this module, through all levels.
DATA_CHOICE = "unrolled.data.choice"
KERNEL_NAME = re.compile(r"^(  display_name: .*)$", re.MULTILINE)


class CellFailed(ExtensionError):
    """A cell of a page raised an error or ran out of time."""


def imported_names(
    code: str, module: str = "", is_package: bool = False
) -> Iterator[str]:
    """All modules that the code of ``module`` may import; of ``from a import b``, both ``a`` and ``a.b``."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = node.module or ""
            if node.level:
                parents = module.split(".")
                kept = len(parents) - node.level + is_package
                origin = ".".join([*parents[:kept], *filter(None, [origin])])
            yield origin
            yield from (f"{origin}.{alias.name}" for alias in node.names)


def module_file(name: str, root: Path) -> Path | None:
    """The file of one of the package's modules, or None if there is no such module."""
    stem = root / "code" / Path(*name.split("."))
    files = (stem / "__init__.py", stem.with_suffix(".py"))
    return next((file for file in files if file.is_file()), None)


def module_files(code: str, root: Path) -> dict[str, Path]:
    """The package's modules that the code imports, through all levels, by name."""
    found: dict[str, Path] = {}
    waiting = list(imported_names(code))
    while waiting:
        parts = waiting.pop().split(".")
        if parts[0] != PACKAGE:
            continue
        # importing a.b.c runs a, then a.b, then a.b.c
        for name in (".".join(parts[:depth]) for depth in range(1, len(parts) + 1)):
            file = module_file(name, root)
            if file and name not in found:
                found[name] = file
                package = file.name == "__init__.py"
                waiting += imported_names(file.read_text(), name, package)
    return found


def named_files(code: str, folder: Path) -> list[Path]:
    """The files that a string in the code names, seen from the page's folder: measurements that it draws."""
    strings = {
        node.value
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    paths = (
        folder / text for text in sorted(strings) if re.fullmatch(r"[\w./-]+", text)
    )
    return [path for path in paths if path.is_file()]


def fingerprint(notebook: NotebookNode, root: Path) -> str:
    """A digest of all that a page's outputs depend on beside its code cells."""
    cells = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    # without IPython's magics
    plain = TransformerManager().transform_cell("\n\n".join(cells))
    modules = module_files(plain, root)
    parts = [
        platform.python_version(),
        os.environ.get("OMP_NUM_THREADS", ""),
        (root / "requirements.lock").read_text(),
        os.environ.get("UNROLLED_DATA", "") if DATA_CHOICE in modules else "",
        *(f"{name}\n{file.read_text()}" for name, file in sorted(modules.items())),
        *(file.read_bytes().hex() for file in named_files(plain, root / "book")),
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


def stamp(app: Sphinx, docname: str, source: list[str]) -> None:
    """Write the page's fingerprint behind its kernel's name, on the same line, so that line numbers stay."""
    notebook = read_notebook(app.env, docname, source[0])
    if notebook is None:
        if re.search(r"^`{3,}\{code-cell\}", source[0], re.MULTILINE):
            raise ExtensionError(
                f"{docname}: has code cells, but no jupytext header, so they would not be executed; "
                "begin the page with the header of another page"
            )
        return
    mark = fingerprint(notebook, Path(app.srcdir).parent)
    source[0], marked = KERNEL_NAME.subn(rf"\1 {mark}", source[0], count=1)
    if not marked:
        raise ExtensionError(
            f"{docname}: the header has no line '  display_name: Python 3' under 'kernelspec:'"
        )


async def execute(
    docname: str, notebook: NotebookNode, folder: str, timeout: int
) -> float:
    """Execute a page in place and return the seconds it took; CellFailed names the page, the cell and its line."""
    begun: list[int] = []
    client = NotebookClient(
        notebook,
        timeout=timeout,
        record_timing=False,  # it would be part of the page's outputs, and of its key in the cache
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
        resources={"metadata": {"path": folder}},
        on_cell_start=lambda cell, cell_index: begun.append(cell_index),
    )
    start = time.perf_counter()
    try:
        await client.async_execute()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        index = begun[-1]
        number = sum(cell.cell_type == "code" for cell in notebook.cells[: index + 1])
        line = notebook.metadata["source_map"][index]
        raise CellFailed(
            f"{docname}.md:{line}: code cell {number} of page {docname} failed:\n{error}"
        ) from error
    return time.perf_counter() - start


async def execute_all(app: Sphinx, pages: dict[str, NotebookNode]) -> None:
    """Execute pages side by side and cache each as it ends; the first failure stops the others."""
    config = app.env.mystnb_config
    cache = get_cache(config.execution_cache_path)
    free_cores = asyncio.Semaphore(os.cpu_count() or 1)

    async def run(docname: str, notebook: NotebookNode) -> None:
        path = app.env.doc2path(docname)
        async with free_cores:
            logger.info("executing %s", docname)
            seconds = await execute(
                docname, notebook, str(Path(path).parent), config.execution_timeout
            )
        bundle = CacheBundleIn(notebook, path, data={"execution_seconds": seconds})
        cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
        logger.info("executed %s in %.1f s", docname, seconds)

    async with asyncio.TaskGroup() as group:
        for docname, notebook in pages.items():
            group.create_task(run(docname, notebook))


def stamped_notebooks(
    app: Sphinx, docnames: list[str]
) -> Iterator[tuple[str, NotebookNode]]:
    """The pages that have cells, as the notebooks by which the cache knows them."""
    for docname in docnames:
        source = [Path(app.env.doc2path(docname)).read_text()]
        stamp(app, docname, source)
        notebook = read_notebook(app.env, docname, source[0])
        if notebook is not None:
            yield docname, notebook


def executed_notebook(env: BuildEnvironment, notebook: NotebookNode) -> NotebookNode:
    """A page's notebook with the outputs that the cache holds."""
    cache = get_cache(env.mystnb_config.execution_cache_path)
    return cache.get_cache_bundle(cache.match_cache_notebook(notebook).pk).nb


def execute_outdated(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Execute the pages that the cache does not hold as they are now."""
    cache = get_cache(env.mystnb_config.execution_cache_path)
    outdated = {}
    for docname, notebook in stamped_notebooks(app, docnames):
        try:
            cache.match_cache_notebook(notebook)
        except KeyError:
            outdated[docname] = notebook
    try:
        asyncio.run(execute_all(app, outdated))
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None


def setup(app: Sphinx) -> dict:
    """Connect to the events before pages are read."""
    app.connect("source-read", stamp)
    app.connect("env-before-read-docs", execute_outdated)
    return {"parallel_read_safe": False}
