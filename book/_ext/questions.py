"""The question map: from each question of the sheets to the blocks that answer it.

``book/questions.yml`` has the questions in the order of the map; results and short answers say which of them they
answer. ``{question-map}`` is the table, ``questions.json`` the same for programs: the addresses for each question, the
short answer first.
"""

import json
from pathlib import Path

import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective

from .citations import Cited, numbered
from .results import complain, table

FILE = "questions.yml"


class answers(nodes.General, nodes.Element):
    """The place of the links to the answers of a question."""


class QuestionMap(SphinxDirective):
    """``{question-map}``: all questions, with links to their answers."""

    def run(self) -> list[nodes.Node]:
        """Make the table, with places for the links, which are known when all pages have been read."""
        self.env.note_dependency(FILE)
        rows = []
        for question, asks in questions(self.env.app).items():
            words = nodes.inline("", "", *self.state.inline_text(asks, self.lineno)[0])
            rows.append([nodes.strong("", question), words, answers(question=question)])
        found = table(("id", "it asks", "answered in"), rows)
        for entry, question in zip(
            found.findall(nodes.row), [None, *questions(self.env.app)], strict=True
        ):
            entry["ids"] = [f"question-{question}"] if question else []
        return [found]


def questions(app: Sphinx) -> dict[str, str]:
    """What each question asks, by its id."""
    path = Path(app.srcdir) / FILE
    return yaml.safe_load(path.read_text()) if path.is_file() else {}


def answering(app: Sphinx, question: str) -> list[Cited]:
    """The blocks that answer a question, short answers first, then in the order of their numbers."""
    blocks = [b for b in app.env.unrolled_blocks.values() if question in b.questions]
    numbers = app.env.toc_fignumbers
    return sorted(blocks, key=lambda b: (b.kind, numbers[b.docname][b.kind][b.label]))


def places(app: Sphinx, question: str) -> list[tuple[str, str, str]]:
    """Where a question is answered: document, anchor, and words for a link."""
    blocks = answering(app, question)
    found = {}
    for block in blocks:
        words = f"{numbered(app, block)}: {block.title}"
        found[block.docname, block.label] = words
    for label in [label for block in blocks for label in block.shown]:
        docname, anchor, title = app.env.domains["std"].labels[label]
        figures = app.env.toc_fignumbers.get(docname, {}).get("figure", {})
        if anchor in figures:
            title = f"Figure {'.'.join(map(str, figures[anchor]))}"
        found.setdefault((docname, anchor), title)
    return [(*place, words) for place, words in found.items()]


def check(app: Sphinx, env: BuildEnvironment) -> None:
    """Refuse questions and labels that do not exist."""
    known, labels = questions(app), env.domains["std"].labels
    for block in env.unrolled_blocks.values():
        for question in set(block.questions) - set(known):
            message = f"{block.label}: there is no question {question} in questions.yml"
            complain(env, block, message)
        for label in [label for label in block.shown if label not in labels]:
            complain(env, block, f"{block.label}: there is no label {label}")
            block.shown.remove(label)


def fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put the links in their places."""
    for place in list(doctree.findall(answers)):
        links = nodes.line_block()
        for target, anchor, words in places(app, place["question"]):
            uri = f"{app.builder.get_relative_uri(docname, target)}#{anchor}"
            links += nodes.line(
                "", "", nodes.reference("", words, refuri=uri, internal=True)
            )
        place.replace_self(links if links.children else nodes.emphasis("", "open"))


def write(app: Sphinx, failure: Exception | None) -> None:
    """Write ``questions.json``."""
    if failure:
        return
    listed = {
        question: [f"{doc}.html#{anchor}" for doc, anchor, _ in places(app, question)]
        for question in questions(app)
    }
    text = json.dumps(listed, indent=1) + "\n"
    (Path(app.outdir) / "questions.json").write_text(text)


def setup(app: Sphinx) -> dict:
    """Add the directive."""
    app.add_node(answers)
    app.add_directive("question-map", QuestionMap)
    app.connect("env-check-consistency", check)
    app.connect("doctree-resolved", fill)
    app.connect("build-finished", write)
    return {"parallel_read_safe": False}
