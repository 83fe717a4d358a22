"""Executes the notebooks of the built site, each as a reader would, in an environment made from the wheel beside them.

``python book/_make/notebooks.py lock`` takes the versions of requirements.lock, and what comes out must be what the
notebooks have; with ``floors``, the oldest versions that pyproject.toml allows, they must run. What is needed is
installed into ``_build/notebooks``. TORCH_INDEX is where PyTorch's CPU build is looked for, too.
"""

import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

BUILD = Path("_build")
SITE, HOME = BUILD / "html", BUILD / "notebooks"
OF_THE_BOOK = ("UNROLLED_", "PYTHONPATH", "JUPYTER", "IPYTHON")
MADE_UP = ("install", "write-")
"""How the ids of those cells begin that the page does not have."""


def pins(which: str) -> list[str]:
    """The versions to take: a line each, as pip reads constraints."""
    if which == "lock":
        lock = Path("requirements.lock").read_text()
        return re.findall(r"^[\w.-]+==[^\\\n]+", lock, re.MULTILINE)
    project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    asked = project["dependencies"] + project["optional-dependencies"]["data"]
    return [line.replace(">=", "==") for line in asked]


def environment(which: str) -> Path:
    """The Python of a new environment with the wheel, what it needs, and what executes notebooks."""
    folder = HOME / which
    subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
    python = folder / "bin" / "python"
    constraints = folder / "constraints.txt"
    constraints.write_text("\n".join(pins(which)))
    (wheel,) = SITE.glob("downloads/*.whl")
    index = os.environ.get("TORCH_INDEX")
    subprocess.run(
        # an index that does not answer is asked for every package
        [python, "-m", "pip", "install", "--quiet", "--retries=1"]
        + ["--constraint", constraints]
        + ([f"--extra-index-url={index}"] if index else [])
        + [f"{wheel}[data]", "nbclient", "ipykernel"],
        check=True,
    )
    return python


def execute(path: Path, variables: Mapping[str, str]) -> list[str]:
    """Execute a notebook in a folder of its own, and say which cells show something else; an error is raised."""
    import nbformat
    from nbclient import NotebookClient

    before, notebook = (nbformat.read(path, 4) for _ in range(2))
    with TemporaryDirectory() as folder:
        client = NotebookClient(
            notebook, timeout=900, resources={"metadata": {"path": folder}}
        )
        client.execute(env=dict(variables))
    return [
        f"{path.name}: cell {old.id} shows {shown(new)!r:.300}, in the book {shown(old)!r:.300}"
        for old, new in zip(before.cells, notebook.cells, strict=True)
        if old.cell_type == "code" and not old.id.startswith(MADE_UP)
        if shown(old) != shown(new)
    ]


def shown(cell: dict) -> list[str | dict]:
    """What a cell shows: text that it prints, in one piece, and the rest, but what the book keeps for itself."""
    found = []
    for output in cell["outputs"]:
        if output["output_type"] == "stream":
            if output["name"] == "stdout" and found and isinstance(found[-1], str):
                found[-1] += output["text"]
            elif output["name"] == "stdout":
                found.append(output["text"])
        elif data := {
            kind: text
            for kind, text in output["data"].items()
            if not kind.startswith("application/papermill")
        }:
            found.append(data)
    return found


def at_home() -> dict[str, str]:
    """The variables that a reader has: those of this process without the book's."""
    return {k: v for k, v in os.environ.items() if not k.startswith(OF_THE_BOOK)}


def execute_all(which: str, paths: list[str]) -> int:
    """Execute notebooks one after another; the exit code."""
    failed = 0
    for path in map(Path, paths):
        start, others = time.perf_counter(), []
        try:
            others = execute(path, at_home())
        except Exception as error:  # a cell's, or the kernel's
            failed += 1
            print(f"{path.name}: {error}")
        if which == "lock":
            failed += bool(others)
            print(*others, sep="\n", end="\n" * bool(others))
        seconds = time.perf_counter() - start
        print(
            f"{path.name}: {seconds:.0f} s, {len(others)} cells show something else",
            flush=True,
        )
    print(f"{len(paths)} notebooks, {failed} failed")
    return min(failed, 1)


def main() -> int:
    """Make the environment, then execute in it; the exit code."""
    which, *paths = sys.argv[1:]
    if paths:
        return execute_all(which, paths)
    if not (found := sorted(SITE.glob("notebooks/*.ipynb"))):
        sys.exit(f"there is no notebook in {SITE}; build the book first: make book")
    shutil.rmtree(HOME / which, ignore_errors=True)
    command = [environment(which), __file__, which, *found]
    return subprocess.run(command).returncode


if __name__ == "__main__":
    sys.exit(main())
