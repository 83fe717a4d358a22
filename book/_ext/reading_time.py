"""How long it takes to read: a page says it of itself, and ``{reading-time}`` of one page or of several together."""

import re

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole

logger = logging.getLogger(__name__)

SAID = re.compile(r"Reading it takes about (\d+) minutes")


class reading_time(nodes.Inline, nodes.TextElement):
    """The place of the time for ``pages``."""


class ReadingTime(SphinxRole):
    """``{reading-time}``, of the pages named, with spaces between them."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Mark the place; the times are known when all pages have been read."""
        place = reading_time(pages=self.text.split())
        self.set_source_info(place)
        return [place], []


def begin(app: Sphinx) -> None:
    """Take up what the pages say that an earlier build has read."""
    if not hasattr(app.env, "unrolled_minutes"):
        app.env.unrolled_minutes = {}


def forget(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Forget what a page says that is read again."""
    env.unrolled_minutes.pop(docname, None)


def note(app: Sphinx, doctree: nodes.document) -> None:
    """Note what a page says."""
    if said := SAID.search(" ".join(doctree.astext().split())):
        app.env.unrolled_minutes[app.env.docname] = int(said[1])


def written(minutes: int) -> str:
    """A time, as one says it."""
    hours, rest = divmod(minutes, 60)
    parts = [f"{hours} h"] * bool(hours) + [f"{rest} min"] * bool(rest)
    return " ".join(parts).replace(" ", "\N{NO-BREAK SPACE}")


def fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Write the times in their places."""
    minutes = app.env.unrolled_minutes
    for place in list(doctree.findall(reading_time)):
        for page in [page for page in place["pages"] if page not in minutes]:
            message = "there is no page %s that says how long it takes to read"
            logger.warning(message, page, location=place)
        together = sum(minutes.get(page, 0) for page in place["pages"])
        place.replace_self(nodes.Text(written(together)))


def setup(app: Sphinx) -> dict:
    """Add the role."""
    app.add_node(reading_time)
    app.add_role("reading-time", ReadingTime())
    app.connect("builder-inited", begin)
    app.connect("env-purge-doc", forget)
    app.connect("doctree-read", note)
    app.connect("doctree-resolved", fill)
    return {"parallel_read_safe": False}
