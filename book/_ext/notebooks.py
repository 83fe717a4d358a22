"""Each page with code as a notebook to take home, ``notebooks/PAGE.ipynb``, and each program that its cells run.

It says what the page says, in plain Markdown, as it stands when all references are resolved; its cells have the outputs
of the book. It runs in any Jupyter: the first cell installs the package, from where the site is published or from the
wheel beside it, unless it is there. Files that a cell reads are written by a cell before it. What a page folds is
folded, so are cells in it; cells that the page shows without their code, or not at all, have it folded.

``UNROLLED_GITHUB``, such as ``owner/repository/blob/branch``, says where on GitHub the folder ``notebooks`` is kept; if
it is set, pages lead to Colab, which opens notebooks from there alone.
"""

import ast
import copy
import itertools
import os
import re
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path

import nbformat
from docutils import nodes
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from sphinx.application import Sphinx
from sphinx.errors import ConfigError, ExtensionError

from . import wheel
from .execution import executed_notebooks, named_files, stamped_pages
from .markdown import Cell, Item, Page
from .nodes import closed

FOLDER = "notebooks"
COLAB = "https://colab.research.google.com/github"
FIRST = """\
# Run all cells, from the first: before that, JupyterLab shows no drawings.
# This one installs the book's package and what it needs, if it is not there.
# On Linux without a GPU, this saves some GB if it is run before:
# %pip install torch --index-url https://download.pytorch.org/whl/cpu
from importlib import invalidate_caches
from importlib.util import find_spec
from pathlib import Path

{folders}if find_spec("unrolled") is None:
{install}    invalidate_caches()
    if find_spec("unrolled") is None:
        raise ModuleNotFoundError("the package was not installed: see what pip says above")
"""
ONLINE = """\
    %pip install --quiet "unrolled[data] @ {wheel}"
"""
OFFLINE = """\
    places = [Path("{name}"), Path("../{folder}/{name}")]
    wheel = next((place for place in places if place.exists()), None)
    if wheel is None:
        raise FileNotFoundError(
            "take {name}, which the book's page has beside this notebook, "
            "lay it beside this notebook, and run this cell again"
        )
    %pip install --quiet "{{wheel}}[data]"
"""
# What the cell of a page that runs a program takes from cells before it.
PREPARED = """\
from unrolled.data import names

everything = names.load()
languages = names.languages(everything)
"""
HIDDEN = {"remove-input", "hide-input", "remove-cell", "hide-cell"}


def first_cell(app: Sphinx, files: Iterable[str]) -> NotebookNode:
    """The cell that installs the package, and makes the folders of the files to be written."""
    package, site = wheel.address(Path(app.srcdir).parent), app.config.html_baseurl
    install = (
        ONLINE.format(wheel=site + package)
        if site
        else OFFLINE.format(name=Path(package).name, folder=wheel.FOLDER)
    )
    folders = sorted({str(Path(file).parent) for file in files})
    making = "".join(f'Path("{folder}").mkdir(exist_ok=True)\n' for folder in folders)
    source = FIRST.format(folders=making, install=install).strip()
    if not making and site:
        source = source.replace("from pathlib import Path\n", "")
    return new_code_cell(source, id="install")


def named(app: Sphinx, cell: NotebookNode) -> list[str]:
    """The files beside the page that a cell names."""
    book = Path(app.srcdir)
    try:
        found = named_files(cell.source, book.parent)
    except SyntaxError:  # IPython's magics
        return []
    return [f.relative_to(book).as_posix() for f in found if f.is_relative_to(book)]


def writing(app: Sphinx, file: str) -> NotebookNode:
    """The cell that writes a file."""
    text = Path(app.srcdir, file).read_text()
    said = new_output("stream", name="stdout", text=f"Writing {file}\n")
    return new_code_cell(
        f"%%writefile {file}\n{text}".rstrip("\n"),
        id=nodes.make_id(f"write-{file}"),
        outputs=[said],
    )


def coded(cell: NotebookNode, index: int, folded: bool = False) -> NotebookNode:
    """A cell of the page as the notebook has it."""
    outputs = []
    for output in copy.deepcopy(cell.outputs):
        if output.output_type == "stream" and output.name == "stderr":
            continue  # nor has the page
        if "data" in output:
            # what the book keeps for its text, and what its checks hand over
            output.metadata.pop("unrolled", None)
            pasted = [k for k in output.data if k.startswith("application/papermill")]
            for kind in pasted:
                del output.data[kind]
            if not output.data:
                continue
        outputs.append(output)
    shut = {}
    if folded or HIDDEN.intersection(cell.metadata.get("tags", ())):
        shut["source_hidden"] = True
    if folded:
        shut["outputs_hidden"] = True
    return new_code_cell(
        cell.source,
        id=f"cell-{index}",
        outputs=outputs,
        metadata={"jupyter": shut} if shut else {},
    )


def in_order(
    items: Iterable[Item], shown: set[int], codes: Iterable[int]
) -> Iterator[Item]:
    """The items with each cell once; one that the page does not show follows that before it."""
    left = deque(codes)
    for item in items:
        if isinstance(item, str):
            yield item
            continue
        while left and (left[0] <= item.index or left[0] not in shown):
            yield Cell(left.popleft(), item.folded)
    yield from map(Cell, left)


def saved(cells: list[NotebookNode]) -> str:
    """A notebook of these cells, for whatever Python is at hand."""
    metadata = {
        "kernelspec": {
            "name": "python3",
            "display_name": "Python 3",
            "language": "python",
        },
        "language_info": {"name": "python"},
    }
    return nbformat.writes(new_notebook(cells=cells, metadata=metadata)) + "\n"


def codes_of(app: Sphinx, docname: str) -> dict[int, NotebookNode]:
    """The code cells of a page with their outputs, by their place among all of its cells; the cache keeps no others."""
    every = stamped_pages(app.env, [docname])[docname].notebook.cells
    places = [i for i, cell in enumerate(every) if cell.cell_type == "code"]
    kept = executed_notebooks(app.env, [docname])[docname]
    if kept is None:
        raise ExtensionError(
            f"{docname} was edited while the book was built; build again"
        )
    codes = (cell for cell in kept.cells if cell.cell_type == "code")
    return dict(zip(places, codes, strict=True))


def of_page(
    app: Sphinx, docname: str, doctree: nodes.document
) -> Iterator[tuple[str, str]]:
    """The notebooks of a page, by name: its own, and that of each program which a cell runs."""
    page = codes_of(app, docname)
    items = list(Page(app, docname).items(doctree))
    shown = {item.index for item in items if isinstance(item, Cell)}
    cells, texts, files = [], itertools.count(), []
    for item in in_order(items, shown, page):
        if isinstance(item, Cell):
            for file in named(app, page[item.index]):
                if file not in files:
                    files.append(file)
                    cells.append(writing(app, file))
                    if file.endswith(".py"):
                        yield (
                            Path(file).stem,
                            program(app, docname, file, page[item.index]),
                        )
            cells.append(coded(page[item.index], *item))
        elif item.startswith("#") or not cells or cells[-1].cell_type == "code":
            cells.append(new_markdown_cell(item, id=f"text-{next(texts)}"))
        else:
            cells[-1].source += f"\n\n{item}"
    yield docname, saved([first_cell(app, files), *cells])


def program(app: Sphinx, docname: str, file: str, cell: NotebookNode) -> str:
    """The notebook of a program: what it says of itself, its text, and the cell of the page that runs it."""
    said = ast.get_docstring(ast.parse(Path(app.srcdir, file).read_text()))
    title = app.env.titles[docname].astext()
    site = app.config.html_baseurl or "../"
    text = (
        f"# {Path(file).name}\n\n{said}\n\nIt is from [{title}]({site}{docname}.html)."
    )
    return saved(
        [
            first_cell(app, [file]),
            new_markdown_cell(text, id="text-0"),
            writing(app, file),
            new_code_cell(PREPARED.strip(), id="prepared"),
            coded(cell, 0),
        ]
    )


def on_github() -> str:
    """Where on GitHub the notebooks are kept; empty if nobody said so."""
    place = os.environ.get("UNROLLED_GITHUB", "")
    if place and not re.fullmatch(r"[\w.-]+/[\w.-]+/blob/[\w./-]*\w", place):
        raise ConfigError(
            f"UNROLLED_GITHUB is {place!r}, and not a place like owner/repository/blob/branch"
        )
    return place


def write(
    app: Sphinx,
    page: str,
    template: str,
    context: dict,
    doctree: nodes.document | None,
) -> None:
    """Write the notebooks of a page that has code, and let it lead to them."""
    if doctree is None or page not in app.env.unrolled_marks or closed(app):
        return
    folder = Path(app.outdir, FOLDER)
    folder.mkdir(exist_ok=True)
    links = []
    for name, text in of_page(app, page, doctree):
        (folder / f"{name}.ipynb").write_text(text)
        links.insert(0, f'<a href="{FOLDER}/{name}.ipynb" download>{name}.ipynb</a>')
    if github := on_github():
        links.append(
            f'<a href="{COLAB}/{github}/{FOLDER}/{page}.ipynb">open in Colab</a>'
        )
    package = wheel.address(Path(app.srcdir).parent)
    links.append(f'package: <a href="{package}" download>{Path(package).name}</a>')
    links.append('<a href="index.html#run-it">how to run them</a>')
    line = f'<p class="take-home">Notebook: {", ".join(links)}</p>'
    context["body"] = context["body"].replace("</h1>", f"</h1>\n{line}", 1)


def setup(app: Sphinx) -> dict:
    """Connect to the event before a page is written."""
    app.connect("html-page-context", write)
    return {"parallel_read_safe": False}
