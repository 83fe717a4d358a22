"""The notebooks to take home: they say what the pages say, in words that any Jupyter shows, and run from the wheel."""

import functools
import json
import os
import re
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import nbformat
import notebooks as at_home
import pytest
from docutils import nodes
from sphinx.errors import ConfigError

from _ext import notebooks, wheel
from _ext.markdown import Cell, Page, in_row
from _ext.nodes import copied, fold, volatile
from _ext.notebooks import first_cell, in_order
from check_site import machine_paths, soup

ROOT = Path(__file__).parents[1]
BOOK = ROOT / "book"
CELL = re.compile(r"^```\{code-cell\}.*?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
OPTIONS = re.compile(r"\A(?::.*\n)+\n?")
PAGES = sorted(page.stem for page in BOOK.glob("*.md") if CELL.search(page.read_text()))
PROGRAMS = ["classify_names", "generate_names"]
CODE = re.compile(
    r"^(?:> |  |   )*(`{3,}).*?^(?:> |  |   )*\1$|``.*?``|`[^`\n]*`", re.M | re.S
)
MATH = re.compile(r"(?<!\\)(\${1,2})(?!\$)[^\n]*?(?<!\\)\1")
LINK = re.compile(r"\]\(([^)]+)\)")


@functools.cache
def notebook(site: Path, name: str) -> nbformat.NotebookNode:
    return nbformat.read(site / "notebooks" / f"{name}.ipynb", 4)


def text(site: Path, name: str) -> str:
    """All that a notebook says."""
    cells = notebook(site, name).cells
    return "\n\n".join(c.source for c in cells if c.cell_type == "markdown")


def own(site: Path, name: str) -> list[nbformat.NotebookNode]:
    """The code cells that are the page's."""
    return [c for c in notebook(site, name).cells if c.id.startswith("cell-")]


def test_every_page_with_code_has_one_and_leads_to_it(site: Path):
    made = {path.stem for path in (site / "notebooks").iterdir()}
    assert made == {*PAGES, *PROGRAMS}
    led = {
        link["href"]
        for page in PAGES
        for link in soup((site / f"{page}.html").read_text()).select(".take-home a")
    }
    package, how = wheel.address(ROOT), "index.html#run-it"
    assert led == {*(f"notebooks/{name}.ipynb" for name in made), package, how}


@pytest.mark.parametrize("name", PAGES + PROGRAMS)
def test_a_notebook_is_one_that_runs_anywhere(site: Path, name: str):
    found = notebook(site, name)
    nbformat.validate(found)
    assert found.metadata.kernelspec == {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    first = found.cells[0]
    assert first.cell_type == "code" and "find_spec" in first.source
    assert Path(wheel.address(ROOT)).name in first.source
    assert not machine_paths(site / "notebooks", ROOT, Path.home(), Path(sys.prefix))


@pytest.mark.parametrize("name", PAGES)
def test_a_notebook_has_the_cells_of_its_page_with_their_outputs(site: Path, name: str):
    cells = CELL.findall((BOOK / f"{name}.md").read_text())
    cells = [OPTIONS.sub("", cell).strip() for cell in cells]
    assert [cell.source.strip() for cell in own(site, name)] == cells
    page = soup((site / f"{name}.html").read_text())
    printed = "\n".join(
        output.text
        for cell in own(site, name)
        for output in cell.outputs
        if output.output_type == "stream"
    )
    for shown in page.select(".cell_output .output.stream pre"):
        assert shown.get_text().strip() in printed
    drawn = [c for c in own(site, name) if any("data" in o for o in c.outputs)]
    assert len(drawn) >= len(page.select(".bd-article figure"))


@pytest.mark.parametrize("name", PAGES)
def test_cells_stand_where_they_stand_on_the_page(site: Path, name: str):
    page = soup((site / f"{name}.html").read_text()).select_one("article")
    headings, codes = "h2 > .section-number, h3 > .section-number", ".cell_input pre"
    shown = [part.get_text().strip() for part in page.select(f"{headings}, {codes}")]
    found = []
    for cell in notebook(site, name).cells:
        if cell.cell_type == "markdown":
            found += re.findall(r"\A###? ([\d.]+) ", cell.source)
        elif cell.source.strip() in shown:
            found.append(cell.source.strip())
    assert found == shown
    begun = [c.source for c in notebook(site, name).cells if c.cell_type == "markdown"]
    for figure in page.select("figure .caption-number"):
        number = figure.get_text().strip()
        assert any(text.startswith(f"*{number}:*") for text in begun), number


@pytest.mark.parametrize("name", PAGES + PROGRAMS)
def test_a_notebook_says_it_in_plain_markdown(site: Path, name: str):
    said = CODE.sub("`", text(site, name))
    assert not re.search(r"\{[a-z:]+\}`|:::|\\\(|\\begin\{(?=.*\n)", MATH.sub("", said))
    assert "$" not in MATH.sub("", said).replace(r"\$", "")
    assert said.count("<details>") == said.count("</details>")


@pytest.mark.parametrize("name", PAGES)
def test_a_notebook_has_all_that_is_numbered(site: Path, name: str):
    said = text(site, name)
    results = json.loads((site / "results.json").read_text())
    for result in results:
        if result["url"].startswith(f"{name}.html#"):
            assert f"> **[Result {result['number']}](" in said
    page = soup((site / f"{name}.html").read_text()).select_one("article")
    for number in page.select(".eqno"):
        assert rf"\tag{{{number.get_text().strip('()#')}}}$$" in said
    for figure in page.select("figure .caption-number"):
        assert f"*{figure.get_text().strip()}:*" in said
    for heading in page.select("h1, h2, h3, h4"):
        number = heading.select_one(".section-number")
        if number:
            assert re.search(
                rf"^#+ {re.escape(number.get_text().strip())} ", said, re.M
            )
    assert len(re.findall("^> ", said, re.M)) > 0 or not page.select(".admonition")


@pytest.mark.parametrize("name", PAGES + PROGRAMS)
def test_what_a_notebook_leads_to_is_in_the_site(site: Path, name: str):
    for link in LINK.findall(CODE.sub("", MATH.sub("", text(site, name)))):
        if link.startswith("../"):
            page, _, anchor = link.removeprefix("../").partition("#")
            assert (site / page).is_file(), link
            if anchor:
                assert soup((site / page).read_text()).find(id=anchor), link
        else:
            assert link.startswith(("https://", "http://")), link


def test_a_notebook_runs_from_the_wheel_and_shows_what_the_page_shows(
    site: Path, tmp_path: Path
):
    (packed,) = (site / "downloads").glob("*.whl")
    with zipfile.ZipFile(packed) as opened:
        opened.extractall(tmp_path / "wheel")
    found = nbformat.read(site / "notebooks" / "gradients.ipynb", 4)
    where = "import unrolled\nprint(unrolled.__file__)"
    printed = nbformat.v4.new_output(
        "stream", name="stdout", text=f"{tmp_path}/wheel/unrolled/__init__.py\n"
    )
    found.cells.append(nbformat.v4.new_code_cell(where, outputs=[printed]))
    nbformat.write(found, tmp_path / "gradients.ipynb")
    variables = at_home.at_home() | {"PYTHONPATH": str(tmp_path / "wheel")}
    assert at_home.execute(tmp_path / "gradients.ipynb", variables) == []


def test_a_line_is_checked_from_the_wheel_alone(site: Path, tmp_path: Path):
    (packed,) = (site / "downloads").glob("*.whl")
    with zipfile.ZipFile(packed) as opened:
        opened.extractall(tmp_path / "wheel")
    cell = """
from unrolled import checks
from unrolled.results import backprop_mlp
print(checks.__file__)
print(checks.attempt("one-layer-gradients", "dJ/dW_unembed = e h^T").right)
"""
    printed = f"{tmp_path}/wheel/unrolled/checks/__init__.py\nTrue\n"
    output = nbformat.v4.new_output("stream", name="stdout", text=printed)
    cells = [nbformat.v4.new_code_cell(cell, outputs=[output])]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "line.ipynb")
    variables = at_home.at_home() | {"PYTHONPATH": str(tmp_path / "wheel")}
    assert at_home.execute(tmp_path / "line.ipynb", variables) == []


def test_an_output_that_is_another_is_told(tmp_path: Path):
    cells = [nbformat.v4.new_code_cell("print(1)", id="cell-1")]
    cells[0].outputs = [nbformat.v4.new_output("stream", name="stdout", text="2\n")]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "x.ipynb")
    (told,) = at_home.execute(tmp_path / "x.ipynb", os.environ)
    assert told == "x.ipynb: cell cell-1 shows ['1\\n'], in the book ['2\\n']"


def test_the_versions_to_take_are_those_of_the_lock_or_the_floors():
    lock, floors = at_home.pins("lock"), at_home.pins("floors")
    assert any(line.startswith("torch==2.13.0") for line in lock)
    assert len(lock) > 100 and not any("hash" in line for line in lock)
    names = {line.split("==")[0] for line in floors}
    assert {"torch", "gensim"} <= names and len(floors) == len(names)


# The parts


@pytest.fixture
def app() -> SimpleNamespace:
    """What of Sphinx the parts ask for."""
    env = SimpleNamespace(
        toc_fignumbers={"page": {"figure": {"fig": (2, 1)}}},
        toc_secnumbers={"page": {}},
        unrolled_marks={"page": "mark"},
    )
    config = SimpleNamespace(
        html_baseurl="", numfig_format={"figure": "Fig. %s"}, mathjax3_config={}
    )
    return SimpleNamespace(env=env, config=config, srcdir=str(BOOK), tags=())


def said(app: SimpleNamespace, *parts: nodes.Node) -> list:
    return list(Page(app, "page").all_items(parts))


def test_words_that_mean_something_else_in_markdown_are_kept(app: SimpleNamespace):
    (text,) = said(app, nodes.paragraph("", "a_b_c *d* [e] $5 <f>\nand `g`"))
    assert text == r"a\_b\_c \*d\* \[e\] \$5 \<f\> and \`g\`"
    for begins in (
        "# no title",
        "- no list",
        "+ no list",
        "1. no list",
        "12) no list",
        "> no box",
    ):
        (text,) = said(app, nodes.paragraph("", begins))
        assert re.match(r"\\?\d*\\", text) and text.replace("\\", "") == begins


def test_a_bar_in_a_row_of_a_table_does_not_end_it():
    assert (
        in_row(r"`a|b` $|x| + \|y\|$ c") == r"`a\|b` $\vert x\vert  + \Vert y\Vert $ c"
    )


def test_a_formula_is_one_line_since_a_box_begins_each_with_a_sign(
    app: SimpleNamespace,
):
    box = nodes.admonition(
        "", nodes.title("", "Box"), nodes.math_block("", "a &= b \\\\\n&= c")
    )
    (text,) = said(app, box)
    assert text == "> **Box**\n>\n> $$\\begin{aligned}a &= b \\\\ &= c\\end{aligned}$$"


def test_code_stands_in_a_fence_that_it_does_not_end(app: SimpleNamespace):
    (text,) = said(app, nodes.literal_block("", "```\nx\n```", language="md"))
    assert text == "````md\n```\nx\n```\n````"


def test_what_is_folded_is_and_so_are_the_cells_in_it(app: SimpleNamespace):
    cell = nodes.container("", cell_index=7)
    parts = [nodes.paragraph("", "a"), cell, nodes.paragraph("", "b")]
    before, found, after = said(app, fold("", *parts, summary="1 < 2"))
    assert before == "<details>\n<summary>1 &lt; 2</summary>\n\na\n\n</details>"
    assert found == Cell(7, folded=True)
    assert "b" in after
    told, found = said(app, fold("", cell, summary="Solution"))
    assert told == "*Solution: in the cell below, folded.*"


def test_what_differs_between_builds_stays_on_the_page(app: SimpleNamespace):
    date = volatile(text="today")
    ran = nodes.paragraph("", "This page ran in ", date)
    copy = copied("", date.deepcopy())
    report = fold("", nodes.paragraph("", "Copy this."), copy, classes=["report"])
    assert said(app, ran, report, copy.deepcopy()) == []
    cited = fold("", nodes.paragraph("", "Added."), copy, ids=["cite-a-law"])
    assert said(app, cited) == ["Label: `a-law`"]


def test_pictures_and_verses_have_words(app: SimpleNamespace):
    verse = nodes.line_block("", nodes.line("", "a"), nodes.line("", "b"))
    found = said(app, nodes.image(uri="_images/dot.svg", alt="A dot"), verse)
    assert found == ["![A dot](../_images/dot.svg)", "a<br>b"]


def test_what_has_no_words_is_named(
    app: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
):
    told = []
    warning = lambda message, *what, **_: told.append(message % what)  # noqa: E731
    monkeypatch.setattr("_ext.markdown.logger.warning", warning)
    said(app, nodes.topic(), nodes.paragraph("", "", nodes.topic()))
    assert len(told) == 2 and all("a node topic; add a case" in t for t in told)


def test_cells_that_a_page_does_not_show_follow_the_one_before(app: SimpleNamespace):
    items = ["a", Cell(2), "b", Cell(5, True), Cell(5), "c"]
    order = list(in_order(items, {2, 5}, [1, 2, 3, 5, 6]))
    assert order == [
        "a",
        Cell(1),
        Cell(2),
        Cell(3),
        "b",
        Cell(5, True),
        Cell(6, True),
        "c",
    ]
    assert list(in_order(["a"], set(), [1, 2])) == ["a", Cell(1), Cell(2)]


def test_the_first_cell_installs_from_the_site_if_it_knows_the_address(
    app: SimpleNamespace,
):
    offline = first_cell(app, ["programs/x.py"]).source
    assert 'Path("programs").mkdir' in offline
    assert f'"../{wheel.address(ROOT)}"' in offline
    app.config.html_baseurl = "https://example.org/unrolled/"
    online = first_cell(app, []).source
    assert (
        f"unrolled[data] @ https://example.org/unrolled/{wheel.address(ROOT)}" in online
    )
    assert "Path" not in online


def test_without_the_package_the_first_cell_says_what_to_take(app: SimpleNamespace):
    source = first_cell(app, []).source.replace('"unrolled"', '"no_such_package"')
    source = source.replace("\n    %pip", "\n    pass  # %pip")
    missing = r"take unrolled-\S+\.whl, .* lay it beside this notebook"
    with pytest.raises(FileNotFoundError, match=missing):
        exec(source, {})


def test_a_wheel_beside_the_notebook_is_taken_and_a_failed_installation_is_said(
    app: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / Path(wheel.address(ROOT)).name).touch()
    source = first_cell(app, []).source.replace('"unrolled"', '"no_such_package"')
    source = source.replace("\n    %pip", "\n    pass  # %pip")
    with pytest.raises(ModuleNotFoundError, match="was not installed: see what pip"):
        exec(source, {})


def written(
    app: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> str:
    """The page as it leads to its notebook."""
    monkeypatch.setattr(notebooks, "of_page", lambda *_: [("page", "{}")])
    app.outdir, context = str(tmp_path), {"body": "<h1>Page</h1><p>x</p>"}
    notebooks.write(app, "page", "page.html", context, nodes.document(None, None))
    return context["body"]


def test_pages_lead_to_colab_only_if_github_has_the_notebooks(
    app: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("UNROLLED_GITHUB", raising=False)
    link = '<a href="notebooks/page.ipynb" download>page.ipynb</a>'
    body = written(app, tmp_path, monkeypatch)
    assert f'</h1>\n<p class="take-home">Notebook: {link}, ' in body
    assert f'href="{wheel.address(ROOT)}" download' in body and "colab" not in body
    monkeypatch.setenv("UNROLLED_GITHUB", "owner/repository/blob/branch")
    assert (
        'href="https://colab.research.google.com/github/owner/repository/blob/branch/notebooks/page.ipynb"'
        in written(app, tmp_path, monkeypatch)
    )
    monkeypatch.setenv("UNROLLED_GITHUB", "https://github.com/owner/repository")
    with pytest.raises(
        ConfigError, match="not a place like owner/repository/blob/branch"
    ):
        written(app, tmp_path, monkeypatch)
