"""What the package offers, how it is described, and where a name leads that was once in the reference."""

import ast
import inspect
import pkgutil
import re
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path

import jupytext
import pytest
from IPython.core.inputtransformer2 import TransformerManager
from sphinx.util.inventory import InventoryFile

import unrolled
from _ext.reference import constants
from check_site import pages
from tiny import Book

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "code" / "unrolled"
MODULES = sorted(m.name for m in pkgutil.walk_packages(unrolled.__path__, "unrolled."))
PAGES = sorted((ROOT / "book").glob("*.md"))


# What is meant to be used


def offered(module: str) -> Sequence[str] | None:
    """The names that a module, or the package that it is a part of, has for others; None where neither says it."""
    while module != "unrolled":
        if names := getattr(import_module(module), "__all__", None):
            return names
        module = module.rpartition(".")[0]


def taken(code: str) -> Iterator[tuple[str, str]]:
    """What code takes of the package's modules: the module, and the name."""
    tree, modules = ast.parse(code), {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module.startswith("unrolled"):
            for alias in node.names:
                if (whole := f"{node.module}.{alias.name}") in MODULES:
                    modules[alias.asname or alias.name] = whole
                else:
                    yield node.module, alias.name
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id in modules:
                yield modules[node.value.id], node.attr


def shown(text: str) -> Iterator[tuple[str, str]]:
    """The objects whose source a page shows: the module, and the name."""
    for file, options in re.findall(
        r"\{literalinclude\} \.\./code/(\S+)\.py\n((?::.*\n)*)", text
    ):
        if file.endswith("__main__"):  # a program is run, and not imported
            continue
        for name in re.findall(r":pyobject: (\w+)", options):
            yield file.replace("/", "."), name


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_what_a_page_takes_of_a_module_is_offered_by_it(page: Path):
    text = page.read_text()
    cells = jupytext.reads(text, fmt="md:myst").cells
    code = "\n\n".join(cell.source for cell in cells if cell.cell_type == "code")
    used = {*taken(TransformerManager().transform_cell(code)), *shown(text)}
    names = {module: offered(module) for module, _ in used}
    assert [(m, n) for m, n in sorted(used) if n not in (names[m] or [n])] == []


@pytest.mark.parametrize("name", MODULES)
def test_what_a_module_offers_is_there_and_described(name: str):
    module = import_module(name)
    described = constants(name)
    for part in pkgutil.iter_modules(getattr(module, "__path__", ())):
        described |= constants(f"{name}.{part.name}")
    for offer in getattr(module, "__all__", ()):
        found = getattr(module, offer)
        found = getattr(found, "py_func", found)  # of what is compiled
        code = inspect.isfunction(found) or inspect.isclass(found)
        assert found.__doc__ if code else offer in described, offer


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: p.stem)
def test_docstrings_are_sentences_without_sections(path: Path):
    kinds = ast.Module | ast.ClassDef | ast.FunctionDef
    for node in ast.walk(ast.parse(path.read_text())):
        text = (isinstance(node, kinds) and ast.get_docstring(node)) or ""
        assert not re.search(
            r"^Returns? |^\s*-{4,}$|^(Args|Raises|Returns):$", text, re.M
        ), text


# Names once published, in the tiny book


@pytest.fixture(scope="module")
def inventory(cold: Book) -> dict[str, dict]:
    """What other projects find in the tiny book."""
    with (cold.html / "objects.inv").open("rb") as file:
        return InventoryFile.load(file, "", lambda base, address: address)


def test_a_package_is_described_by_what_it_offers_and_by_its_parts(cold: Book):
    page = pages(cold.html)["reference-shapes.html"]
    signatures = [entry["id"] for entry in page.select("dt.sig")]
    assert signatures == [
        "unrolled.shapes.area",  # in the order of __all__
        "unrolled.shapes.Square",
        "unrolled.shapes.Square.rotated",
        "unrolled.shapes.square.SIDES",
    ]
    assert page.find(id="module-unrolled.shapes.square")
    assert "_hidden" not in page.get_text()


@pytest.mark.parametrize(
    ("old", "page", "new"),
    [
        # by the beginning, through two moves
        ("module-unrolled.forms", "forms", "module-unrolled.shapes"),
        ("unrolled.forms.Square.rotated", "forms", "unrolled.shapes.Square.rotated"),
        # no longer there: to what it was in
        ("unrolled.forms.Square.turned", "forms", "unrolled.shapes.Square"),
        # to another page
        ("unrolled.base.shown", "base", "module-unrolled.shapes.square"),
    ],
)
def test_an_old_anchor_leads_to_what_it_named(
    cold: Book, inventory: dict, old: str, page: str, new: str
):
    moved = pages(cold.html)[f"reference-{page}.html"].find(id=old)
    assert moved.a["href"] == f"reference-shapes.html#{new}"
    assert f"reference-shapes.html#{new}" in {
        found[old.removeprefix("module-")][2]
        for kind, found in inventory.items()
        if kind.startswith("py:") and old.removeprefix("module-") in found
    }


def test_an_old_anchor_on_the_same_page_is_beside_the_present_one(cold: Book):
    page = pages(cold.html)["reference-shapes.html"]
    assert page.find(id="unrolled.forms.surface").parent["id"] == "unrolled.shapes.area"
    beside = page.find(id="unrolled.forms.helper").parent["id"]
    assert beside == "module-unrolled.shapes"


def test_old_names_are_in_no_index(cold: Book):
    for index in ("py-modindex", "genindex"):
        assert "forms" not in cold.page(index)


def test_a_draft_keeps_nothing_of_the_old_names(built: Book):
    assert built.draft() == 0, built.log
    built.edit("book/plain.md", "Some prose.", "Other prose.")
    built.edit("book/names.txt", "unrolled.forms.surface → ", "unrolled.surface → ")
    assert built.draft() == 0, built.log
    assert "WARNING" not in built.log
    page = (built.folder / "_build/draft/html/reference-shapes.html").read_text()
    moved = '<span id="unrolled-shapes"></span><span id="unrolled.forms.surface">'
    assert moved in page


# In the real book


def test_every_name_once_published_leads_somewhere(site: Path):
    parsed = pages(site)
    anchors = {
        name: {e["id"] for e in p.find_all(id=True)} for name, p in parsed.items()
    }
    with (site / "objects.inv").open("rb") as file:
        inventory = InventoryFile.load(file, "", lambda base, address: address)
    lines = (ROOT / "book" / "names.txt").read_text().splitlines()
    names = [line.split() for line in lines if re.match(r"\w+ unrolled\S* \S+$", line)]
    assert len(names) > 850
    for kind, name, page in names:
        anchor = f"module-{name}" if kind == "module" else name
        assert anchor in anchors[f"{page}.html"], (name, page)
        assert name in inventory[f"py:{kind}"]
