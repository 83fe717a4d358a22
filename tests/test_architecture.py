"""The package has two floors and a roof: a page's module stands on shared rooms, and only results on both."""

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
            assert room == "results"
        if other[0] == "pages":
            assert room == "results" or (room == "pages" and other[1] == inner[0])


def test_the_package_is_rooms_the_upper_floor_has_the_pages_and_the_roof_too():
    top = {path.stem for path in PACKAGE.glob("[!._]*")}
    assert top == {
        *("pages", "results", "checks", "data", "figures", "learning", "measured"),
        "prose",
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
