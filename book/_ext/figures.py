"""Figures of what a cell shows: ``{figure}`` without a file, right after the cell, holds its caption and its label.

The caption is text of the page, so rewording it executes nothing, and JupyterLab shows it below the drawing.
"""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.directives.patches import Figure
from sphinx.util import logging

logger = logging.getLogger(__name__)


class CellFigure(Figure):
    """``{figure}``, with a file or without one."""

    required_arguments = 0
    optional_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Make the figure; one without a file gets its picture when the page has been read."""
        if self.arguments:
            return super().run()
        figure = nodes.figure()
        figure.source, figure.line = self.state_machine.get_source_and_line(self.lineno)
        text = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, text)
        if not text or not isinstance(text[0], nodes.paragraph):
            raise self.error("a figure of a cell needs a caption: a paragraph")
        caption = nodes.caption("", "", *text[0].children)
        caption.source, caption.line = figure.source, figure.line
        figure += caption
        if text[1:]:
            figure += nodes.legend("", *text[1:])
        self.add_name(figure)
        return [figure]


def shows(node: nodes.Node | None) -> bool:
    """Whether a node is what a cell shows, and one thing."""
    output = getattr(node, "attributes", {}).get("nb_element") == "cell_code_output"
    return output and len(node.children) == 1


def take_pictures(app: Sphinx, doctree: nodes.document) -> None:
    """Move the output of the cell before it into each figure that has no picture."""
    for figure in list(doctree.findall(nodes.figure)):
        if not isinstance(figure[0], nodes.caption):
            continue
        before = figure.parent.index(figure) - 1
        cell = figure.parent[before] if before >= 0 else nodes.Element()
        if not cell.children or not shows(cell[-1]):
            logger.warning(
                "a figure without a file takes what the cell right before it shows, which has to be one thing; put "
                "the figure behind a cell that shows it and prints nothing, or name a file",
                location=figure,
            )
            continue
        output = cell[-1]
        cell.remove(output)
        output["cell_index"] = cell["cell_index"]
        figure.insert(0, output)
        if not cell.children:
            cell.parent.remove(cell)


def setup(app: Sphinx) -> dict:
    """Add the directive in the place of Sphinx's own."""
    app.add_directive("figure", CellFigure, override=True)
    app.connect("doctree-read", take_pictures, priority=100)
    return {"parallel_read_safe": False}
