"""A tiny book in a folder of its own, built with the commands and the configuration of the real one."""

import os
import re
import shutil
import subprocess
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
        """Run ``make book`` there and return its exit code; the environment is the one that is set up already."""
        command = [
            "make",
            "-f",
            str(ROOT / "Makefile"),
            f"VENV={ROOT}/.venv",
            "-o",
            "setup",
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
    shutil.copytree(
        ROOT / "code" / "unrolled" / "checks", folder / "code" / "unrolled" / "checks"
    )
    shutil.copy(ROOT / "requirements.lock", folder)
    shutil.copy(ROOT / "CITATION.cff", folder)
    config = yaml.safe_load((ROOT / "_config.yml").read_text())
    config["sphinx"]["local_extensions"] = {"_ext": str(ROOT / "book")}
    (folder / "_config.yml").write_text(yaml.safe_dump(config))
    return Book(folder)
