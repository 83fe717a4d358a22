"""The package has two floors and a roof: a page's module stands on shared rooms, and only results on both; variants
of exercises are made of results."""

import ast
from collections import defaultdict
from pathlib import Path

import pytest

from _ext.modules import imported_names

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "code" / "unrolled"
PAGES = {path.stem.replace("-", "_") for path in (ROOT / "book").glob("*.md")}


def parts(path: Path) -> tuple[str, ...]:
    """Where a file is in the package."""
    return path.relative_to(PACKAGE).with_suffix("").parts


def imports(path: Path) -> set[tuple[str, ...]]:
    """The modules of the package that a module may import, as parts of their names."""
    module = ".".join(("unrolled", *parts(path)))
    names = imported_names(path.read_text(), module, path.name == "__init__.py")
    return {
        tuple(n.split(".")[1:3])
        for n in names
        if n.startswith("unrolled.") and n != "unrolled.pages"
    }


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: p.stem)
def test_no_module_imports_from_a_floor_above(path: Path):
    room, *inner = parts(path)
    for other in imports(path):
        if other[0] == "results":
            assert room in ("results", "variants")
        if other[0] == "pages":
            own = room == "pages" and other[1] == inner[0]
            assert room in ("results", "variants") or own


def test_the_package_is_rooms_the_upper_floor_has_the_pages_and_the_roof_too():
    top = {path.stem for path in PACKAGE.glob("[!._]*")}
    assert top == {
        *("pages", "results", "checks", "data", "figures", "learning", "live"),
        *("formulas", "yours", "measured", "prose", "variants"),
    }
    upper, roof = (
        {
            path.stem
            for path in (PACKAGE / floor).glob("[!._]*")
            if path.suffix != ".toml"
        }
        for floor in ("pages", "results")
    )
    assert upper == roof <= PAGES


TREES = {path: ast.parse(path.read_text()) for path in sorted(PACKAGE.rglob("*.py"))}


def test_no_function_stands_in_two_modules():
    """What two pages need alike is in a room below them."""
    places = defaultdict(set)
    for path, tree in TREES.items():
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                code = ast.unparse([node.args, *body])
                places[code].add((parts(path), node.name))
    assert [found for found in places.values() if len(found) > 1] == []


def test_what_is_there_to_refuse_is_called_so():
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and (doc := ast.get_docstring(node)):
                refuses = doc.startswith("Raise ")
                assert not refuses or "demand_" in node.name, (parts(path), node.name)
