"""Exercises and solutions without the bare sections that sphinx-exercise puts into them.

Those have no title, at which sphinx-codeautolink fails, and all on a page have the same id.
"""

from docutils import nodes
from sphinx.application import Sphinx


def unwrap(app: Sphinx, doctree: nodes.document) -> None:
    """Make a plain container of each section that has no title."""
    for section in list(doctree.findall(nodes.section)):
        if not section.next_node(nodes.title, descend=True, siblings=False):
            section.replace_self(nodes.container("", *section.children))


def setup(app: Sphinx) -> dict:
    """Connect to the event after a page is read, before sphinx-codeautolink does."""
    app.connect("doctree-read", unwrap, priority=400)
    return {"parallel_read_safe": False}
