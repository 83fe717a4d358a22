"""Students' words, with the book's words beside them: ``book/words.yml`` has them, by the label that they lead to.

``{students-words}`` is the table of all; the search finds them too.
"""

from pathlib import Path
from typing import NamedTuple

import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from .questions import link, titled
from .results import table

FILE = "words.yml"


class Word(NamedTuple):
    """What students say, what the book says, and the label where it says so."""

    said: str
    here: str
    label: str


class word_table(nodes.General, nodes.Element):
    """The place of the table."""


class StudentsWords(SphinxDirective):
    """``{students-words}``."""

    def run(self) -> list[nodes.Node]:
        """Mark the place; the labels are known when all pages have been read."""
        self.env.note_dependency(FILE)
        return [word_table()]


def words(app: Sphinx) -> list[Word]:
    """The words in the order of the alphabet, numbers last; raises ExtensionError at a file that cannot be read."""
    path = Path(app.srcdir) / FILE
    listed = yaml.safe_load(path.read_text()) if path.is_file() else None
    found = []
    for label, here in (listed or {}).items():
        if not isinstance(here, dict) or not all(
            isinstance(word, str) for pair in here.items() for word in pair
        ):
            raise ExtensionError(
                f"{FILE}: expected under the label {label} lines such as BPTT: backpropagation through time, a number "
                f'in quotes ("15.2"); found {here!r}'
            )
        found += [Word(said, words, label) for said, words in here.items()]
    return sorted(found, key=lambda word: (word.said[0].isdigit(), word.said.lower()))


def check(app: Sphinx, env: BuildEnvironment) -> None:
    """Refuse words that lead nowhere."""
    for word in words(app):
        if word.label not in env.domains["std"].labels:
            raise ExtensionError(
                f"{FILE}: {word.said} leads to the label {word.label}, which no page has; book/labels.txt lists all"
            )


def fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Fill in the table."""
    for place in list(doctree.findall(word_table)):
        rows = [
            [
                nodes.Text(said),
                nodes.Text(here),
                link(app, docname, *titled(app, label)),
            ]
            for said, here, label in words(app)
        ]
        place.replace_self(table(("people say", "this book says", "where"), rows))


def setup(app: Sphinx) -> dict:
    """Add the directive."""
    app.add_node(word_table)
    app.add_directive("students-words", StudentsWords)
    app.connect("env-check-consistency", check)
    app.connect("doctree-resolved", fill)
    return {"parallel_read_safe": False}
