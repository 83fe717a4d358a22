"""Errata: what was wrong in a published version, with its date, on the page that it concerns and in one list.

``book/errata.yml`` is a list of entries with ``date``, ``label``, ``was`` and ``now``; ``{errata}`` is the list of all.
A label that does not exist fails the build.
"""

import datetime
from pathlib import Path
from typing import NamedTuple

import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from .labels import present

FILE = "errata.yml"


class Erratum(NamedTuple):
    """What was wrong at a label, and since when it is right."""

    date: datetime.date
    label: str
    was: str
    now: str


class erratum_list(nodes.General, nodes.Element):
    """The place of the list."""


class Errata(SphinxDirective):
    """``{errata}``: all errata."""

    def run(self) -> list[nodes.Node]:
        """Mark the place."""
        return [erratum_list()]


def errata(app: Sphinx) -> list[Erratum]:
    """The errata, the latest first; raises ExtensionError at one that cannot be read."""
    path = Path(app.srcdir) / FILE
    found = []
    for entry in yaml.safe_load(path.read_text()) or []:
        if set(entry) != set(Erratum._fields) or not isinstance(
            entry["date"], datetime.date
        ):
            raise ExtensionError(
                f"{FILE}: expected date (as 2026-01-31), label, was and now; found {entry!r}"
            )
        if entry["label"] not in present(app.env):
            raise ExtensionError(f"{FILE}: there is no label {entry['label']}")
        found.append(Erratum(**entry))
    return sorted(found, reverse=True)


def item(app: Sphinx, docname: str, erratum: Erratum) -> nodes.list_item:
    """An erratum in words."""
    target, anchor, title = app.env.domains["std"].labels[erratum.label]
    uri = f"{app.builder.get_relative_uri(docname, target)}#{anchor}"
    return nodes.list_item(
        "",
        nodes.paragraph(
            "",
            "",
            nodes.Text(f"{erratum.date.day} {erratum.date:%B %Y}, "),
            nodes.reference("", title, refuri=uri, internal=True),
            nodes.Text(f". It was: {erratum.was} Now: {erratum.now}"),
        ),
    )


def fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Fill in the list, and close each page with the errata that concern it."""
    everything = errata(app)
    for place in list(doctree.findall(erratum_list)):
        entries = [item(app, docname, erratum) for erratum in everything]
        none = nodes.paragraph("", "None is known.")
        place.replace_self(nodes.bullet_list("", *entries) if entries else none)
    labels = app.env.domains["std"].labels
    here = [e for e in everything if labels[e.label][0] == docname]
    if here:
        entries = [item(app, docname, erratum) for erratum in here]
        title = nodes.title("", "Corrected on this page")
        doctree[0] += nodes.admonition(
            "", title, nodes.bullet_list("", *entries), classes=["errata"]
        )


def setup(app: Sphinx) -> dict:
    """Add the directive."""
    app.add_node(erratum_list)
    app.add_directive("errata", Errata)
    app.connect("doctree-resolved", fill)
    return {"parallel_read_safe": False}
