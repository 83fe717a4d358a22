"""Exercises and solutions, as sphinx-exercise makes them, amended.

They come without the bare sections that it puts into them: those have no title, at which sphinx-codeautolink fails, and
all on a page have the same id. And a solution is a fold, which opens without a script, and for a link to it; so is any
box of the class ``dropdown``.
"""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx_exercise.nodes import solution_node

from .nodes import fold


def unwrap(app: Sphinx, doctree: nodes.document) -> None:
    """Make a plain container of each section that has no title."""
    for section in list(doctree.findall(nodes.section)):
        if not section.next_node(nodes.title, descend=True, siblings=False):
            section.parent.replace(section, nodes.container("", *section.children))


def shut(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Make a fold of each solution, and of each box that is one."""
    boxes = [
        box for box in doctree.findall(nodes.admonition) if "dropdown" in box["classes"]
    ]
    for box in [*doctree.findall(solution_node), *boxes]:
        title, *rest = box
        folded = fold("", *rest, summary=title.astext(), ids=box["ids"])
        folded["classes"] = [
            "solution" if isinstance(box, solution_node) else "answered"
        ]
        box.parent.replace(box, folded)


def setup(app: Sphinx) -> dict:
    """Connect to the event after a page is read, before sphinx-codeautolink does, and to that of writing."""
    app.connect("doctree-read", unwrap, priority=400)
    app.connect("doctree-resolved", shut)
    return {"parallel_read_safe": False}
