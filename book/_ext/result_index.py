"""``{result-index}``: all results, with what their checks found in this build."""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from .citations import Cited, named, results
from .results import executed, outcome, table
from .run_times import link


class result_table(nodes.General, nodes.Element):
    """The place of the table."""


class ResultIndex(SphinxDirective):
    """``{result-index}``."""

    def run(self) -> list[nodes.Node]:
        """Mark the place; the results are known when all pages have been read."""
        return [result_table()]


HEADER = ("result", "page", "largest error against", "mistakes refused")


def entry(app: Sphinx, docname: str, block: Cited) -> list[nodes.Node]:
    """The row of a result."""
    page = app.builder.get_relative_uri(docname, block.docname)
    links = [
        nodes.reference("", text, refuri=f"{page}#{anchor}", internal=True)
        for text, anchor in (
            (named(app, block), block.label),
            ("cite", f"cite-{block.label}"),
        )
    ]
    checks, mutants = block.report["checks"], block.report["mutants"]
    return [
        nodes.line_block("", *(nodes.line("", "", one) for one in links)),
        link(app, docname, block.docname),
        nodes.line_block(
            "",
            *(nodes.line("", "", *outcome(check)) for check in checks),
            *(
                [nodes.line("", "as printed: ", *executed(block))]
                if block.printed
                else []
            ),
        ),
        nodes.Text(f"{sum(m['refused'] > 0 for m in mutants)} of {len(mutants)}"),
    ]


def fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Fill in the table."""
    for place in list(doctree.findall(result_table)):
        rows = [entry(app, docname, block) for block in results(app)]
        place.replace_self(table(HEADER, rows))


def setup(app: Sphinx) -> dict:
    """Add the directive."""
    app.add_node(result_table)
    app.add_directive("result-index", ResultIndex)
    app.connect("doctree-resolved", fill)
    return {"parallel_read_safe": False}
