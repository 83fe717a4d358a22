"""The question map: from each question of the sheets to the blocks that answer it, and back.

``book/questions.yml`` has the questions of each sheet in their order: an id, the number that the sheet gives it, and
what it asks. Results and short answers say by the ids which of them they answer. ``{question-map} sheet`` has a card
for each question of a sheet, ``questions.json`` the addresses that answer each, the short answer first, for programs.
"""

import functools
import json
from pathlib import Path
from typing import NamedTuple

import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from .borrowed import again
from .citations import Cited, named, numbered
from .nodes import closed, fold
from .results import answer, complain, result
from .yours import place as yours

logger = logging.getLogger(__name__)

FILE = "questions.yml"


class Question(NamedTuple):
    """A question: its sheet, its number there, and what it asks."""

    sheet: str
    number: str
    asks: str

    @property
    def place(self) -> str:
        """Where it stands, as one says it: Homework 4, problem 2 (2)."""
        return f"{self.sheet}, {self.number}"


class answers(nodes.General, nodes.Element):
    """The place of the answers to a question."""


class QuestionMap(SphinxDirective):
    """``{question-map}``: the questions of a sheet, each with its short answer and where that is shown."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Make the cards, with places for the answers, which are known when all pages have been read."""
        self.env.note_dependency(FILE)
        asked = questions(self.env.app)
        of_sheet = {id: q for id, q in asked.items() if q.sheet == self.arguments[0]}
        if not of_sheet:
            raise self.error(f"there is no sheet {self.arguments[0]} in {FILE}")
        cards = []
        for id, question in of_sheet.items():
            self.env.unrolled_map[id] = self.env.docname
            words, messages = self.state.inline_text(question.asks, self.lineno)
            card = nodes.section("", nodes.title("", question.place))
            # the second is what it was published at; scripts of the theme fail at its dot
            card["ids"], card["classes"] = [anchor(id), f"question-{id}"], ["question"]
            card += [nodes.paragraph("", "", *words), answers(question=id), *messages]
            cards.append(card)
        return cards


@functools.lru_cache(maxsize=1)
def read(text: str) -> dict[str, Question]:
    """The questions of the file, by id."""
    return {
        key.split(" ", 1)[0]: Question(sheet, key.split(" ", 1)[1], asks)
        for sheet, asked in yaml.safe_load(text).items()
        for key, asks in asked.items()
    }


def questions(app: Sphinx) -> dict[str, Question]:
    """All questions, by id."""
    path = Path(app.srcdir) / FILE
    return read(path.read_text()) if path.is_file() else {}


def anchor(question: str) -> str:
    """The anchor of a question's card."""
    return f"question-{question.replace('.', '-')}"


def answering(app: Sphinx, question: str) -> list[Cited]:
    """The blocks that answer a question, short answers first, then in the order of their numbers."""
    blocks = [b for b in app.env.unrolled_blocks.values() if question in b.questions]
    numbers = app.env.toc_fignumbers
    return sorted(blocks, key=lambda b: (b.kind, numbers[b.docname][b.kind][b.label]))


def places(app: Sphinx, question: str) -> list[tuple[str, str, str]]:
    """Where a question is answered: document, anchor, and words for a link."""
    blocks = answering(app, question)
    found = {(block.docname, block.label): words_for(app, block) for block in blocks}
    for label in [label for block in blocks for label in block.shown]:
        *place, title = titled(app, label)
        found.setdefault(tuple(place), title)
    return [(*place, words) for place, words in found.items()]


def titled(app: Sphinx, label: str) -> tuple[str, str, str]:
    """Where a label is: document, anchor, and words for a link, which for a figure are its number."""
    docname, anchor, title = app.env.domains["std"].labels[label]
    figures = app.env.toc_fignumbers.get(docname, {}).get("figure", {})
    if anchor in figures:
        title = f"Figure {'.'.join(map(str, figures[anchor]))}"
    return docname, anchor, title


def words_for(app: Sphinx, block: Cited) -> str:
    """What a block is, in the map, which has the short answer above, with its title."""
    if block.kind == "answer":
        return f"{numbered(app, block)}, in {app.env.titles[block.docname].astext()}"
    return named(app, block)


def link(app: Sphinx, here: str, docname: str, anchor: str, words: str) -> nodes.Node:
    """A link from a page to a place on another."""
    uri = f"{app.builder.get_relative_uri(here, docname)}#{anchor}"
    return nodes.reference("", words, refuri=uri, internal=True)


# The map


class Fill(SphinxPostTransform):
    """Puts the answers in their places, before their references are resolved."""

    default_priority = 1

    def run(self) -> None:
        """Fill in those of a page."""
        doctree = functools.cache(self.env.get_doctree)
        for place in list(self.document.findall(answers)):
            question, here = place["question"], self.env.docname
            blocks = answering(self.app, question)
            write = [
                part
                for block in blocks
                if block.kind == "answer"
                for part in yours(self.app, block, here)
            ]
            short = [
                fold(
                    "",
                    *(
                        part
                        for part in again(doctree(block.docname), block.label, here)[1:]
                        if "task" not in part["classes"]
                    ),
                    summary=named(self.app, block),
                    classes=["short-answer"],
                    shown="alone" in place,
                )
                for block in blocks
                if block.kind == "answer" and not closed(self.app)
            ]
            shown = where(self.app, question, here) or [nodes.emphasis("", "open")]
            place.replace_self(short if "alone" in place else [*write, *short, *shown])


def where(app: Sphinx, question: str, here: str) -> list[nodes.Node]:
    """Links to where a question is answered, and to how that is cited."""
    blocks = {block.label for block in answering(app, question)}
    lines = []
    for docname, anchor, words in places(app, question):
        line = [link(app, here, docname, anchor, words)]
        if anchor in blocks:
            line.append(nodes.Text(" · "))
            line.append(link(app, here, docname, f"cite-{anchor}", "cite"))
        lines.append(nodes.list_item("", nodes.paragraph("", "", *line)))
    shown = nodes.bullet_list("", *lines, classes=["shown"])
    lead = "Where to look:" if closed(app) else "Where it is shown:"
    return [nodes.paragraph("", lead), shown] if lines else []


# The way back


def lead_back(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Let each block say which questions it answers, with links to their cards."""
    asked, at = questions(app), app.env.unrolled_map
    for node in [*doctree.findall(result), *doctree.findall(answer)]:
        ids = app.env.unrolled_blocks[node["ids"][0]].questions
        links = [
            link(app, docname, at[id], anchor(id), asked[id].place)
            for id in ids
            if id in at
        ]
        line = nodes.paragraph("", "Answers ", classes=["asked"])
        for one in links:
            line += [nodes.Text(" and ")] * (one is not links[0]) + [one]
        if links:
            node.insert(1, line)


# What there is


def begin(app: Sphinx) -> None:
    """Take up where an earlier build has found the cards."""
    if not hasattr(app.env, "unrolled_map"):
        app.env.unrolled_map = {}


def forget(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Forget the cards of a page that is read again."""
    env.unrolled_map = {k: v for k, v in env.unrolled_map.items() if v != docname}


def check(app: Sphinx, env: BuildEnvironment) -> None:
    """Refuse questions and labels that do not exist, and a question without a card."""
    known, labels = questions(app), env.domains["std"].labels
    for id in known.keys() - env.unrolled_map.keys():
        logger.warning("no page has the question map of %s", known[id].sheet)
    for block in env.unrolled_blocks.values():
        for question in set(block.questions) - set(known):
            message = f"{block.label}: there is no question {question} in questions.yml"
            complain(env, block, message)
        for label in [label for label in block.shown if label not in labels]:
            complain(env, block, f"{block.label}: there is no label {label}")
            block.shown.remove(label)


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
    app.add_post_transform(Fill)
    app.connect("builder-inited", begin)
    app.connect("env-purge-doc", forget)
    app.connect("env-check-consistency", check)
    app.connect("doctree-resolved", lead_back)
    app.connect("build-finished", write)
    return {"parallel_read_safe": False}
