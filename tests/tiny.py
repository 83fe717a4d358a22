"""A tiny book in a folder of its own, built with the commands and the configuration of the real one."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
TINY = Path(__file__).parent / "tiny_book"


class Book:
    """A tiny book in a folder of its own."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.html = folder / "_build" / "html"
        self.log = ""

    def build(self, **environment: str) -> int:
        """Run ``make book`` there and return its exit code."""
        return self.make("book", **environment)

    def make(self, target: str, **environment: str) -> int:
        """Run ``make`` there and return its exit code; the environment is the one that is set up already."""
        makefile = ["-f", str(ROOT / "Makefile"), f"VENV={ROOT}/.venv", "-o", "setup"]
        return self.run("make", *makefile, target, **environment)

    def draft(self) -> int:
        """Bring the draft up to date, as ``make watch`` does after an edit, and return the exit code."""
        variables = {"UNROLLED_DATA": "embedded", "OMP_NUM_THREADS": "1"}
        builder = (f"{ROOT}/.venv/bin/python", "book/_make/build.py")
        return self.run(*builder, "draft", PYTHONHASHSEED="0", **variables)

    def run(self, *command: str, **environment: str) -> int:
        """Run a command there, keep what it prints, and return its exit code."""
        run = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment(environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.log = run.stdout
        return run.returncode

    def environment(self, changes: Mapping[str, str]) -> dict[str, str]:
        """The variables of the tests without those that the build sets itself, and with some changed."""
        own = ("MAKE", "MFLAGS", "UNROLLED")
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(own)}
        return inherited | {"PYTHONPATH": str(self.folder / "code"), **changes}

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
    shutil.copytree(ROOT / "book" / "_make", folder / "book" / "_make")
    for room in ("checks", "formulas", "live", "yours"):
        package = ROOT / "code" / "unrolled"
        shutil.copytree(package / room, folder / "code" / "unrolled" / room)
    (folder / "code" / "unrolled" / "yours" / "goals.json").unlink()  # of other pages
    for file in ("requirements.lock", "LICENSE", "LICENSE-CODE"):
        shutil.copy(ROOT / file, folder)
    config = yaml.safe_load((ROOT / "_config.yml").read_text())
    config["sphinx"]["local_extensions"] = {"_ext": str(ROOT / "book")}
    (folder / "_config.yml").write_text(yaml.safe_dump(config))
    return Book(folder)
