"""Nodes that several concerns share: what differs between builds, what is folded, what is copied."""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator


def closed(app: Sphinx) -> bool:
    """Whether the book is built without solutions, see ``taken_out.py``."""
    return "closed" in app.tags


class volatile(nodes.Inline, nodes.Element):
    """A text that differs between two builds of the same book: a time, a date.

    It is shown, kept out of the search index, and put aside when two builds are compared.
    """


class fold(nodes.General, nodes.Element):
    """What opens at a click on its ``summary``, a text, or its first child; it needs no script.

    Of those of one ``group``, one at a time is open. One that is ``shown`` is open from the start.
    """


class summary(nodes.TextElement):
    """The summary of a fold, where that is more than a text."""


class copied(nodes.General, nodes.Element):
    """A text to copy, of plain strings and ``volatile`` nodes."""


def visit_volatile(translator: HTML5Translator, node: volatile) -> None:
    """Write the text, marked as volatile."""
    translator.body.append(
        f'<span class="volatile">{translator.encode(node["text"])}</span>'
    )
    raise nodes.SkipNode


def visit_fold(translator: HTML5Translator, node: fold) -> None:
    """Open the fold."""
    given = {"name": node["group"]} if "group" in node else {}
    given |= {"open": ""} if node.get("shown") else {}
    translator.body.append(translator.starttag(node, "details", **given))
    if "summary" in node:
        words = translator.encode(node["summary"])
        translator.body.append(f"<summary>{words}</summary>\n")


def depart_fold(translator: HTML5Translator, node: fold) -> None:
    """Close the fold."""
    translator.body.append("</details>\n")


def visit_summary(translator: HTML5Translator, node: summary) -> None:
    """Open the summary."""
    translator.body.append("<summary>")


def depart_summary(translator: HTML5Translator, node: summary) -> None:
    """Close the summary."""
    translator.body.append("</summary>\n")


def visit_copied(translator: HTML5Translator, node: copied) -> None:
    """Open the text as a block that has a button to copy it."""
    translator.body.append('<div class="highlight citation"><pre>')


def depart_copied(translator: HTML5Translator, node: copied) -> None:
    """Close the text."""
    translator.body.append("</pre></div>\n")


def setup(app: Sphinx) -> dict:
    """Add the nodes."""
    app.add_node(volatile, html=(visit_volatile, None))
    app.add_node(fold, html=(visit_fold, depart_fold))
    app.add_node(summary, html=(visit_summary, depart_summary))
    app.add_node(copied, html=(visit_copied, depart_copied))
    return {"parallel_read_safe": False}
