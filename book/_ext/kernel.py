"""How the cells of a page are run: by a kernel that knows nothing of its user's settings, and notes what it opens.

What runs here decides what a page shows; so the text of this file is a part of every page's fingerprint.
"""

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from sphinx.errors import ExtensionError
from traitlets.config import Config

# Variables of a user's own that change what cells print or draw. PYTHONPATH and PYTHONHASHSEED are the book's.
PERSONAL = ("ATEN_", "IPYTHON", "JUPYTER", "MATPLOTLIB", "MPL", "NUMBA_", "PYTHON")
PERSONAL_NAMES = {"COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR"}
THREADS = "_NUM_THREADS"
KEPT = {"PYTHONPATH", "PYTHONHASHSEED", "OMP_NUM_THREADS"}

# Python's own list of what is opened; what C++ opens is not in it.
NOTE_OPENED = """
def _note(file):
    import os, sys

    def note(event, arguments):
        if event == "open":
            path, mode, flags = arguments
            reads = set("r+") & set(mode) if mode else not flags & os.O_WRONLY
            if reads and isinstance(path, (str, bytes, os.PathLike)):
                os.write(file, os.path.abspath(os.fsencode(path)) + b"\\0")

    sys.addaudithook(note)

_note(__import__("os").open({path!r}, 0x401))
del _note
""".replace("0x401", str(os.O_WRONLY | os.O_APPEND))

ENVIRONMENT = [Path(path).resolve() for path in (sys.prefix, sys.base_prefix)]
SYSTEM = [
    Path(path).resolve()
    for path in (
        *("/bin", "/dev", "/etc", "/lib", "/lib64", "/opt", "/proc", "/sys", "/usr"),
        *("/Library", "/System", tempfile.gettempdir()),
    )
]


class CellFailed(ExtensionError):
    """A page could not be run: a cell raised an error or ran out of time, or there is no kernel."""


class Run(NamedTuple):
    """What a page took to run, in seconds, and the files that Python read meanwhile."""

    seconds: float
    opened: set[Path]


def environment(settings: str) -> dict[str, str]:
    """The variables of a kernel: those of this process but for personal ones, with an empty folder for settings.

    In the book a claim of the text that does not hold is an error.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if name in KEPT
        or not (
            name.startswith(PERSONAL)
            or name in PERSONAL_NAMES
            or name.endswith(THREADS)
        )
    }
    folders = ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "MPLCONFIGDIR")
    own = {name: os.path.join(settings, name) for name in folders}
    return kept | own | {"UNROLLED_STRICT": "1"}


def merged(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """A cell's outputs with each printed text in one piece: where the kernel cuts it depends on the machine's load."""
    found: list[NotebookNode] = []
    for output in outputs:
        stream = output.get("name")
        if stream and found and found[-1].get("name") == stream:
            found[-1]["text"] += output["text"]
        else:
            found.append(output)
    return found


async def execute(
    docname: str, notebook: NotebookNode, folder: str, timeout: int
) -> Run:
    """Execute a page in place; CellFailed names the page, the cell and its line."""
    begun: list[int] = []
    with tempfile.TemporaryDirectory() as settings:
        noted = Path(settings, "opened")
        noted.touch()

        def note_opened(notebook: NotebookNode) -> None:
            code = NOTE_OPENED.format(path=str(noted))
            client.kc.execute(code, silent=True)

        client = NotebookClient(
            notebook,
            timeout=timeout,
            record_timing=False,  # it would be part of the page's outputs, and of its key in the cache
            extra_arguments=["--IPKernelApp.log_level=ERROR"],
            resources={"metadata": {"path": folder}},
            config=Config(
                # no kernel of the user's, but that of this environment
                KernelSpecManager={"kernel_dirs": []},
                # by files, since of two kernels that start at once one may be given the other's port
                KernelManager={
                    "transport": "ipc",
                    "connection_file": str(Path(settings, "kernel.json")),
                },
            ),
            on_notebook_start=note_opened,
            on_cell_start=lambda cell, cell_index: begun.append(cell_index),
        )
        start = time.perf_counter()
        try:
            await client.async_execute(env=environment(settings))
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            raise CellFailed(f"{place(docname, notebook, begun)}:\n{error}") from error
        # what nbclient raises of a kernel that stays silent
        except RuntimeError as error:
            raise CellFailed(
                f"{docname}: the kernel that is to run the page did not start: {error}"
            ) from error
        seconds = time.perf_counter() - start
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs = merged(cell.outputs)
        paths = noted.read_bytes().split(b"\0")[:-1]
        return Run(seconds, {Path(os.fsdecode(path)).resolve() for path in paths})


def place(docname: str, notebook: NotebookNode, begun: list[int]) -> str:
    """The cell that was begun last, in words."""
    if not begun:
        return f"{docname}: the kernel ended before the first cell"
    index = begun[-1]
    number = sum(cell.cell_type == "code" for cell in notebook.cells[: index + 1])
    line = notebook.metadata["source_map"][index]
    return f"{docname}.md:{line}: code cell {number} of page {docname} failed"


def source_of(file: Path) -> Path:
    """The module that a compiled file stands for, also one that numba compiled; any other file itself."""
    if file.parent.name != "__pycache__":
        return file
    return file.parent.parent / f"{file.name.split('.')[0].split('-')[0]}.py"


def uncounted(opened: set[Path], counted: set[Path], root: Path) -> list[Path]:
    """The files, read by a page, that its fingerprint has not counted, though they may change what the page shows.

    What belongs to the environment (which the lock counts), to the system or to no one (temporary files) is free.
    """
    counted = {file.resolve() for file in counted}

    def is_free(file: Path) -> bool:
        if any(map(file.is_relative_to, ENVIRONMENT)):
            return True
        return not file.is_relative_to(root) and any(map(file.is_relative_to, SYSTEM))

    sources = {source_of(file) for file in opened} - counted
    return sorted(
        source for source in sources if source.is_file() and not is_free(source)
    )
