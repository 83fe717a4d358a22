"""The package installs: what it imports is what it asks for, and the wheel has all of it, the same bytes each time."""

import ast
import os
import re
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from _ext import wheel

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "code" / "unrolled"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
ASKED = {
    "package": PROJECT["dependencies"],
    **PROJECT["optional-dependencies"],
}
PROVIDED_BY = packages_distributions()
CELL = re.compile(r"^```\{code-cell\}.*?\n(.*?)^```", re.MULTILINE | re.DOTALL)


def imported(code: str) -> set[str]:
    """The distributions of other people that a module imports, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(node.module.split(".")[0])
    others = names - sys.stdlib_module_names - {"unrolled"}
    return {canonicalize_name(PROVIDED_BY[name][0]) for name in others}


def names(lines: list[str]) -> set[str]:
    """The distributions that requirements ask for."""
    return {canonicalize_name(Requirement(line).name) for line in lines}


def test_the_package_asks_for_what_it_imports_and_no_more():
    data, rest = set(), set()
    for path in PACKAGE.rglob("*.py"):
        found = data if path.is_relative_to(PACKAGE / "data") else rest
        found |= imported(path.read_text())
    assert names(ASKED["package"]) == rest
    assert names(ASKED["data"]) == data - rest


def test_cells_import_nothing_else():
    wanted = names(ASKED["package"] + ASKED["data"])
    for page in (ROOT / "book").glob("*.md"):
        for cell in CELL.findall(page.read_text()):
            code = re.sub(r"^(:.*|%.*)$", "", cell, flags=re.MULTILINE)
            assert imported(code) <= wanted, page.name


@pytest.mark.parametrize("extra", ASKED)
def test_the_lock_has_what_is_asked_for_and_not_below_a_floor(extra: str):
    lock = (ROOT / "requirements.lock").read_text()
    pins = dict(re.findall(r"^([\w.-]+)==([\w.]+)", lock, re.MULTILINE))
    for line in ASKED[extra]:
        asked = Requirement(line)
        version = pins[canonicalize_name(asked.name)]
        assert asked.specifier.contains(Version(version), prereleases=True), line


@pytest.mark.parametrize("extra", ["package", "data"])
def test_a_notebook_elsewhere_keeps_the_versions_that_it_has(extra: str):
    for line in ASKED[extra]:
        assert [s.operator for s in Requirement(line).specifier] == [">="], line


def made(root: Path, folder: Path) -> Path:
    """The wheel of a checkout."""
    folder.mkdir()
    wheel.build(root, folder)
    (one,) = folder.iterdir()
    return one


def test_the_wheel_has_the_package_and_is_the_same_each_time(tmp_path: Path):
    first = made(ROOT, tmp_path / "first")
    assert first.name == Path(wheel.address(ROOT)).name
    assert PROJECT["version"] in first.name
    files = {
        path.relative_to(ROOT / "code").as_posix()
        for path in PACKAGE.rglob("*")
        if path.suffix in {".py", ".js", ".css", ".json", ".lark"}
    }
    with zipfile.ZipFile(first) as opened:
        packed = set(opened.namelist())
        opened.extractall(tmp_path / "elsewhere" / "code")
    assert {name for name in packed if name.startswith("unrolled/")} == files
    assert any(name.endswith("licenses/LICENSE-CODE") for name in packed)

    again = tmp_path / "elsewhere"
    for name in ("pyproject.toml", "LICENSE-CODE"):
        (again / name).write_bytes((ROOT / name).read_bytes())
    for path in again.rglob("*"):
        os.utime(path, (4e8, 4e8))
        path.chmod(0o700)
    assert made(again, tmp_path / "second").read_bytes() == first.read_bytes()


def test_a_wheel_that_cannot_be_made_says_why(tmp_path: Path):
    (tmp_path / "code" / "unrolled").mkdir(parents=True)
    (tmp_path / "LICENSE-CODE").touch()
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'unrolled'\n")
    with pytest.raises(wheel.ExtensionError, match="(?s)wheel could not.*version"):
        wheel.build(tmp_path, tmp_path)
