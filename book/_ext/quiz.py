"""Choose one of four: ``{quiz} NAME`` has the questions of ``book/quiz/NAME.yml``, in the order of their sheet.

What a question ``asks`` has one ``right`` choice, with ``because``, which is said when it is chosen, and three that are
``wrong``: a ``choice``, what it ``says`` when chosen, and, if a check refuses it, the name of that ``mistake``. It is
``about`` questions of a sheet, and about labels of the book, to which every choice leads; a mistake is one of the
results among them. Its ``page`` is the chapter that it belongs to.

Where the right choice stands is dealt over the sheet: in every four questions, once at each letter. The order of the
wrong ones hangs on what is asked. So no build differs from another, and who edits a choice moves none. Each is a fold,
of which one at a time is open, so a page needs no script. Nothing is counted.
"""

import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from .nodes import fold, summary
from .questions import FILE, questions

logger = logging.getLogger(__name__)

FOLDER = "quiz"
TEXTS = ("asks", "page", "right", "because")
LETTERS = "ABCD"


class Choice(NamedTuple):
    """A choice, and what it says when it is chosen."""

    text: str
    verdict: str
    says: str


Dealt = tuple[dict, list[Choice]]
"""A question, and its choices in their order."""


class Claim(NamedTuple):
    """A wrong choice that is said to be a mistake of a result, one of some labels; and where that is said."""

    docname: str
    place: str
    labels: list[str]
    mistake: str


def split(about: list[str]) -> tuple[list[str], list[str]]:
    """The ids of questions, which have a dot, and the labels."""
    return [a for a in about if "." in a], [a for a in about if "." not in a]


def faults(env: BuildEnvironment, one: dict) -> Iterator[str]:
    """What is wrong with a question that can be seen without the rest of the book."""
    yield from lacking(one, TEXTS, ("about", "wrong"))
    ids, labels = split(one.get("about", []))
    if not ids or not labels:
        yield "is not about a question of a sheet and a label"
    for id in set(ids) - set(questions(env.app)):
        yield f"there is no question {id} in {FILE}"
    if (page := one.get("page")) and page not in env.found_docs:
        yield f"there is no page {page}"
    wrong = one.get("wrong", [])
    if len(wrong) != len(LETTERS) - 1:
        yield f"has {len(wrong)} wrong choices, not {len(LETTERS) - 1}"
    for choice in wrong:
        yield from lacking(choice, ("choice", "says"), ("mistake",))
    texts = [one.get("right"), *(choice.get("choice") for choice in wrong)]
    if len(set(texts)) < len(texts):
        yield "has a choice twice"


def lacking(
    entry: dict, texts: tuple[str, ...], others: tuple[str, ...]
) -> Iterator[str]:
    """The texts that an entry lacks, and what it has that means nothing."""
    for name in texts:
        if not entry.get(name) or not isinstance(entry[name], str):
            yield f"has no text for “{name}”"
    for name in entry.keys() - {*texts, *others}:
        yield f"“{name}” means nothing"


def deal(name: str, count: int) -> list[int]:
    """Where the right choice stands in each of the questions of a sheet."""
    draw, places = random.Random(name), range(len(LETTERS))
    rounds = [draw.sample(places, len(LETTERS)) for _ in range(0, count, len(LETTERS))]
    return sum(rounds, [])[:count]


def choices(one: dict, right: int) -> list[Choice]:
    """The choices of a question, with the right one at its place."""
    found = [Choice(w["choice"], "No", w["says"]) for w in one["wrong"]]
    random.Random(one["asks"]).shuffle(found)
    found.insert(right, Choice(one["right"], "Right", one["because"]))
    return found


def dealt(name: str, found: list[dict], known: Iterable[str]) -> list[Dealt]:
    """The questions in the order of what they are about on the sheet, each with its choices."""
    order = list(known)
    found = sorted(found, key=lambda one: min(map(order.index, split(one["about"])[0])))
    places = deal(name, len(found))
    return [(one, choices(one, k)) for one, k in zip(found, places, strict=True)]


def link(label: str) -> str:
    """A link to a label: to a figure by its number, to anything else by its title."""
    return f"{{{'numref' if label.startswith('fig-') else 'ref'}}}`{label}`"


class Quiz(SphinxDirective):
    """``{quiz}``."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Make the questions, and note which mistakes are said to be some."""
        name = self.arguments[0]
        file = f"{FOLDER}/{name}.yml"
        path = Path(self.env.srcdir, file)
        self.env.note_dependency(file)
        self.env.note_dependency(FILE)
        if not path.is_file():
            raise self.error(f"there is no {file}")
        self.env.unrolled_quizzes[name] = self.env.docname
        sound = []
        for count, one in enumerate(yaml.safe_load(path.read_text()), start=1):
            place = f"{file}: question {count}, “{one.get('asks', '')}”"
            found = list(faults(self.env, one))
            for fault in found:
                logger.warning("%s: %s", place, fault, location=self.get_location())
            if not found:
                sound.append(one)
                labels = split(one["about"])[1]
                told = [w["mistake"] for w in one["wrong"] if "mistake" in w]
                claims = [
                    Claim(self.env.docname, place, labels, mistake) for mistake in told
                ]
                self.env.unrolled_claims += claims
        sheet = dealt(name, sound, questions(self.env.app))
        return [self.question(name, k, *one) for k, one in enumerate(sheet, start=1)]

    def question(
        self, name: str, number: int, one: dict, found: list[Choice]
    ) -> nodes.section:
        """A question under a heading of its own, with its choices."""
        ids, labels = split(one["about"])
        at = questions(self.env.app)[ids[0]].number
        section = nodes.section(
            "", nodes.title("", f"{number} · {at[0].upper()}{at[1:]}")
        )
        section["ids"], section["classes"] = [f"{name}-{number}"], ["quiz"]
        section += self.paragraph(one["asks"])
        for letter, choice in zip(LETTERS, found, strict=True):
            tile = fold(
                "",
                summary(
                    "",
                    "",
                    nodes.strong("", letter),
                    nodes.Text(" "),
                    *self.inline(choice.text),
                ),
            )
            tile["classes"] = [
                "choice",
                "right" if choice.verdict == "Right" else "wrong",
            ]
            tile["group"] = f"{name}-{number}"
            tile += self.paragraph(f"**{choice.verdict}:** {choice.says}")
            # under the wrong ones too: who errs needs it most
            tile += self.paragraph("See " + " and ".join(map(link, labels)) + ".")
            section += tile
        return section

    def inline(self, text: str) -> list[nodes.Node]:
        """A text as nodes, with what is wrong in it."""
        found, messages = self.state.inline_text(text, self.lineno)
        return [*found, *messages]

    def paragraph(self, text: str) -> nodes.paragraph:
        """A text as a paragraph."""
        return nodes.paragraph("", "", *self.inline(text))


def begin(app: Sphinx) -> None:
    """Take up what an earlier build has read."""
    if not hasattr(app.env, "unrolled_quizzes"):
        app.env.unrolled_quizzes, app.env.unrolled_claims = {}, []


def forget(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Forget what a page has that is read again."""
    env.unrolled_quizzes = {
        k: v for k, v in env.unrolled_quizzes.items() if v != docname
    }
    env.unrolled_claims = [
        claim for claim in env.unrolled_claims if claim.docname != docname
    ]


def check(app: Sphinx, env: BuildEnvironment) -> None:
    """Refuse a mistake that no check refuses, and a file that no page has."""
    for claim in env.unrolled_claims:
        blocks = map(env.unrolled_blocks.get, claim.labels)
        if not any(block and claim.mistake in block.refused for block in blocks):
            message = "%s: the check of %s refuses no mistake “%s”"
            logger.warning(
                message,
                claim.place,
                " or ".join(claim.labels),
                claim.mistake,
                location=claim.docname,
            )
    for path in sorted(Path(env.srcdir, FOLDER).glob("*.yml")):
        if path.stem not in env.unrolled_quizzes:
            logger.warning("no page has the quiz %s", path.stem)


def setup(app: Sphinx) -> dict:
    """Add the directive."""
    app.add_directive("quiz", Quiz)
    app.connect("builder-inited", begin)
    app.connect("env-purge-doc", forget)
    app.connect("env-check-consistency", check)
    return {"parallel_read_safe": False}
