"""What has moved leads on from its old place: by a line at the end of the page, or by a page in its place."""

import functools
from collections import defaultdict
from collections.abc import Iterator

from docutils import nodes
from sphinx.application import Sphinx

from . import labels, names


@functools.lru_cache(maxsize=1)
def moved(app: Sphinx) -> dict[str, list[tuple[str, str]]]:
    """The pages from which something has moved: the old anchors, and the present addresses."""
    found = defaultdict(list)
    for concern in (labels, names):
        for docname, places in concern.moved(app).items():
            found[docname] += places
    return found


def lead_on(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Close a page with the places to which parts of it have moved."""
    for anchor, address in moved(app).get(docname, []):
        link = nodes.reference("", address, refuri=address, internal=True)
        doctree[0] += nodes.paragraph(
            "",
            "",
            nodes.Text("Moved to "),
            link,
            nodes.Text("."),
            ids=[anchor],
            classes=["moved"],
        )


def pages_no_more(app: Sphinx) -> Iterator[tuple[str, dict, str]]:
    """A page in the place of each that is no more, with links to where its parts are now."""
    for docname, places in moved(app).items():
        if docname not in app.env.found_docs:
            links = "".join(
                f'<p id="{anchor}">Moved to <a href="{address}">{address}</a>.</p>'
                for anchor, address in places
            )
            body = f"<section><h1>This page has moved</h1>{links}</section>"
            yield docname, {"title": "This page has moved", "body": body}, "page.html"


def setup(app: Sphinx) -> dict:
    """Connect to the events of writing."""
    app.connect("doctree-resolved", lead_on)
    app.connect("html-collect-pages", pages_no_more)
    return {"parallel_read_safe": False}
