"""The package beside the pages: a wheel in the site's folder ``downloads``, so that what a page runs can be taken home.

It is made by the setuptools of this environment, without a network. The same sources give the same bytes, whenever and
wherever they are.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

from .citations import version
from .nodes import closed

FOLDER = "downloads"
SOURCES = ("pyproject.toml", "LICENSE-CODE", "code/unrolled")
PASSED_OVER = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
BUILD = "import sys; from setuptools.build_meta import build_wheel; build_wheel(sys.argv[1])"
# the first moment that a zip file can name
EPOCH = "315532800"


def address(root: Path) -> str:
    """Where the wheel stands in the site; its name has the package's version."""
    return f"{FOLDER}/unrolled-{version(root)}-py3-none-any.whl"


def build(root: Path, folder: Path) -> None:
    """Make the wheel, in ``folder``, of a copy of the sources, since setuptools leaves files beside them."""
    with TemporaryDirectory() as copy:
        for name in SOURCES:
            source, target = root / name, Path(copy, name)
            target.parent.mkdir(exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=PASSED_OVER)
            else:
                shutil.copy(source, target)
        for file in Path(copy).rglob("*"):
            if file.is_file():
                file.chmod(0o644)
        run = subprocess.run(
            [sys.executable, "-c", BUILD, folder.resolve()],
            cwd=copy,
            env=os.environ | {"SOURCE_DATE_EPOCH": EPOCH},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    if run.returncode:
        raise ExtensionError(
            f"the package's wheel could not be made:\n{run.stdout[-2000:]}"
        )


def write(app: Sphinx, error: Exception | None) -> None:
    """Make the wheel when the pages are written; in it stand all solutions."""
    if error is None and not closed(app):
        folder = Path(app.outdir, FOLDER)
        folder.mkdir(exist_ok=True)
        for older in folder.glob("*.whl"):  # in a draft
            older.unlink()
        build(Path(app.srcdir).parent, folder)


def setup(app: Sphinx) -> dict:
    """Connect to the build's end."""
    app.connect("build-finished", write)
    return {"parallel_read_safe": False}
