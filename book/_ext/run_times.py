"""Every page says how long it took to run, and ``{run-times}`` makes a table of all pages."""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from .nodes import volatile


class run_time_table(nodes.General, nodes.Element):
    """The place of the table of all run times."""


class RunTimes(SphinxDirective):
    """``{run-times}``: a table of all pages that have cells, with the seconds each took to run."""

    def run(self) -> list[nodes.Node]:
        """Mark the place; the times are known when all pages have been read."""
        return [run_time_table()]


def seconds_of(app: Sphinx) -> dict[str, float]:
    """The seconds that each page with cells took, in the order of the table of contents."""
    metadata = app.env.nb_metadata
    pages = app.env.toctree_includes
    order = [app.config.root_doc]
    for docname in order:
        order += pages.get(docname, [])
    return {
        doc: metadata[doc]["exec_data"]["runtime"]
        for doc in order
        if "exec_data" in metadata[doc]
    }


def link(app: Sphinx, source: str, target: str) -> nodes.reference:
    """A link from a page to another, by its title."""
    uri = app.builder.get_relative_uri(source, target)
    return nodes.reference(
        "", app.env.titles[target].astext(), refuri=uri, internal=True
    )


def row(*cells: nodes.Node) -> nodes.row:
    """A row of a table."""
    return nodes.row(
        "", *(nodes.entry("", nodes.paragraph("", "", cell)) for cell in cells)
    )


def table(app: Sphinx, docname: str) -> nodes.table:
    """The table of all run times, with their sum."""
    seconds = seconds_of(app)
    rows = [
        row(link(app, docname, page), volatile(text=f"{time:.1f}"))
        for page, time in seconds.items()
    ]
    rows.append(
        row(nodes.strong("", "Together"), volatile(text=f"{sum(seconds.values()):.1f}"))
    )
    group = nodes.tgroup(
        "",
        nodes.colspec(colwidth=3),
        nodes.colspec(colwidth=1),
        nodes.thead("", row(nodes.Text("Page"), nodes.Text("Seconds"))),
        nodes.tbody("", *rows),
        cols=2,
    )
    return nodes.table("", group, classes=["run-times"])


def fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Fill in the table, and close every page that has cells with its own time."""
    for place in list(doctree.findall(run_time_table)):
        place.replace_self(table(app, docname))
    seconds = seconds_of(app).get(docname)
    if seconds is not None:
        doctree.next_node(nodes.section).append(
            nodes.paragraph(
                "",
                "",
                nodes.Text("This page ran in "),
                volatile(text=f"{seconds:.1f}"),
                nodes.Text(" seconds ("),
                link(app, docname, "run-times"),
                nodes.Text(")."),
                classes=["run-time"],
            )
        )


def setup(app: Sphinx) -> dict:
    """Add the node and the directive."""
    app.add_node(run_time_table)
    app.add_directive("run-times", RunTimes)
    app.connect("doctree-resolved", fill)
    return {"parallel_read_safe": False}
