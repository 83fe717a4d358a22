"""The package has two floors and a roof: a page's module stands on the ground floor, and only results on both."""

from pathlib import Path

import pytest

from _ext.execution import imported_names

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "code" / "unrolled"
PAGES = {path.stem.replace("-", "_") for path in (ROOT / "book").glob("*.md")}
UPPER = {path.stem for path in PACKAGE.glob("*.py")} & PAGES


def rooms(path: Path) -> set[str]:
    """The rooms of the package that a module imports from, but for its own."""
    module = ".".join(path.relative_to(ROOT / "code").with_suffix("").parts)
    names = imported_names(path.read_text(), module, path.name == "__init__.py")
    return {name.split(".")[1] for name in names if name.startswith("unrolled.")}


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: p.stem)
def test_no_module_imports_from_a_floor_above(path: Path):
    room = path.relative_to(PACKAGE).with_suffix("").parts[0]
    above = set() if room == "results" else (UPPER | {"results"}) - {room}
    assert not rooms(path) & above


def test_each_module_of_results_belongs_to_a_page():
    results = {path.stem for path in (PACKAGE / "results").glob("[!_]*.py")}
    assert results and results <= UPPER
