"""What stands on one page and is shown on another too: the text of a short answer, the picture of a figure.

``{picture} label`` shows the picture of a figure of another page, or the live part of a section, with the words below
it that the directive holds.
"""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

logger = logging.getLogger(__name__)


def again(doctree: nodes.document, anchor: str, docname: str) -> nodes.Element:
    """A copy of what has an anchor, for another page: it leads from there, and the anchors stay where they are."""
    original = next(
        node for node in doctree.findall(nodes.Element) if anchor in node["ids"]
    )
    copy = original.deepcopy()
    for node in copy.findall(nodes.Element):
        node["ids"], node["names"] = [], []
        if "refdoc" in node:
            node["refdoc"] = docname
        if isinstance(node, nodes.math_block):
            node["label"] = node["number"] = None
    return copy


class picture(nodes.General, nodes.Element):
    """The place of the picture of a figure."""


class Picture(SphinxDirective):
    """``{picture}``."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Mark the place, above the words; the figure is known when all pages have been read."""
        label = self.arguments[0]
        self.env.unrolled_pictures[label] = self.env.docname
        block = nodes.container("", picture(label=label), classes=["picture"])
        self.set_source_info(block[0])
        self.state.nested_parse(self.content, self.content_offset, block)
        return [block]


class Fill(SphinxPostTransform):
    """Puts pictures in their places, before it is chosen what of a cell's output is shown."""

    default_priority = 1

    def run(self) -> None:
        """Fill in those of a page."""
        for place in list(self.document.findall(picture)):
            label = place["label"]
            if shown := picture_of(self.env, label, self.env.docname):
                place.replace_self(shown)
            else:
                message = "there is no figure or live part %s to take the picture of"
                logger.warning(message, label, location=place)
                place.parent.remove(place)


def picture_of(env: BuildEnvironment, label: str, docname: str) -> nodes.Element | None:
    """The picture of a figure or the live part of a section, for a page; None if there is none."""
    page, anchor, _ = env.domains["std"].labels.get(label, ("", "", ""))
    found = again(env.get_doctree(page), anchor, docname) if page else nodes.section()
    if isinstance(found, nodes.figure):
        return found[0]
    html = (raw for raw in found.findall(nodes.raw) if raw["format"] == "html")
    return next((raw for raw in html if "unrolled-live" in raw.astext()), None)


def begin(app: Sphinx) -> None:
    """Take up what an earlier build has read."""
    if not hasattr(app.env, "unrolled_pictures"):
        app.env.unrolled_pictures = {}


def forget(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Forget the pictures of a page that is read again."""
    kept = {k: v for k, v in env.unrolled_pictures.items() if v != docname}
    env.unrolled_pictures = kept


def setup(app: Sphinx) -> dict:
    """Add the directive."""
    app.add_node(picture)
    app.add_directive("picture", Picture)
    app.add_post_transform(Fill)
    app.connect("builder-inited", begin)
    app.connect("env-purge-doc", forget)
    return {"parallel_read_safe": False}
