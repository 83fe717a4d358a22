"""The marking guide: ``{marking} sheet`` has for each question of a sheet points, the answer, and what is wrong.

``book/marking.yml`` has the ``rules`` for all questions, and of each question the ``points``, one each, by a word;
``wrong`` lines and other ``slips``, each with the points that it loses; and what to ``accept`` too. The answers are the
book's short answers. A wrong line has the name of a mistake that tempts or of a wrong choice of the quiz, or the text
of such a choice: it is shown as it stands there.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from . import quiz, results
from .nodes import closed
from .questions import FILE as QUESTIONS
from .questions import answers, questions

FILE = "marking.yml"
KNOWN = {"points", "wrong", "slips", "accept"}


class Line(NamedTuple):
    """A wrong line, and the question that it answers, where it would say nothing without."""

    text: str
    asks: str = ""


def guide(folder: Path) -> tuple[str, dict[str, dict]]:
    """The rules, and what is said of each question."""
    said = yaml.safe_load((folder / FILE).read_text())
    return said.pop("rules"), said


def wrong_lines(folder: Path) -> dict[str, set[Line]]:
    """All wrong lines of the book, by mistake or by choice; a choice that is no named mistake follows its question."""
    found: dict[str, set[Line]] = {}
    for path in sorted(folder.glob(f"{results.FOLDER}/*.yml")):
        for one in sum(yaml.safe_load(path.read_text()).values(), []):
            found.setdefault(one["mistake"], set()).add(Line(one["line"]))
    for path in sorted(folder.glob(f"{quiz.FOLDER}/*.yml")):
        for one in yaml.safe_load(path.read_text()):
            for choice in one["wrong"]:
                text = choice["choice"]
                if mistake := choice.get("mistake"):
                    found.setdefault(mistake, {Line(text)})
                else:
                    found[text] = {Line(text, one["asks"])}
    return found


def faults(one: dict, lines: dict[str, set[Line]]) -> Iterator[str]:
    """What is wrong with what is said of a question."""
    if unknown := one.keys() - KNOWN:
        yield f"“{unknown.pop()}” means nothing"
    for name in ("points", "accept"):
        if not one.get(name):
            yield f"has no “{name}”"
    for line in one.get("wrong", {}):
        if len(lines.get(line, ())) != 1:
            yield f"“{line}” is {len(lines.get(line, ()))} lines of the book; expected one"
    for line, lost in (one.get("wrong", {}) | one.get("slips", {})).items():
        for word in results.words(lost):
            if word not in one.get("points", {}):
                yield f"“{line}” loses {word}, which is no point"


class Marking(SphinxDirective):
    """``{marking}``."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Make a section for each question of the sheet; none in a book without solutions."""
        if closed(self.env.app):
            return []
        folder = Path(self.env.srcdir)
        read = [
            *folder.glob(f"{results.FOLDER}/*.yml"),
            *folder.glob(f"{quiz.FOLDER}/*.yml"),
            *(folder / name for name in (FILE, QUESTIONS)),
        ]
        for path in read:
            self.env.note_dependency(path.relative_to(folder).as_posix())
        rules, said = guide(folder)
        asked, lines = questions(self.env.app), wrong_lines(folder)
        if strange := said.keys() - asked.keys():
            raise self.error(f"{FILE}: there is no question {strange.pop()}")
        own = {id: one for id, one in asked.items() if one.sheet == self.arguments[0]}
        if not own:
            raise self.error(f"there is no sheet {self.arguments[0]} in {QUESTIONS}")
        for id in own:
            for fault in faults(said.get(id, {}), lines):
                raise self.error(f"{FILE}: {id} {fault}")
        total = sum(len(said[id]["points"]) for id in own)
        return [
            self.paragraph(f"There are {total} points. {rules}"),
            *(self.section(id, own[id].number, said[id], lines) for id in own),
        ]

    def section(
        self, id: str, number: str, one: dict, lines: dict[str, set[Line]]
    ) -> nodes.section:
        """The guide to a question."""
        most = len(one["points"])
        title = f"{number[0].upper()}{number[1:]}, {id} · {most} points"
        section = nodes.section("", nodes.title("", title), classes=["marking"])
        section["ids"] = [f"marking-{id.replace('.', '-')}"]
        points = "; ".join(
            f"**{word}**: {said}" for word, said in one["points"].items()
        )
        section += self.paragraph(f"A point each: {points}.")
        section += answers(question=id, alone=True)
        items = nodes.bullet_list("")
        wrong = {next(iter(lines[x])): lost for x, lost in one.get("wrong", {}).items()}
        wrong |= {Line(text): lost for text, lost in one.get("slips", {}).items()}
        asked = ""
        for (text, asks), lost in wrong.items():
            words = results.words(lost)
            worth = f"{most - len(words)} of {most}, without *{'*, *'.join(words)}*"
            before = f"*{asks}* " if asks and asks != asked else ""
            asked = asks
            items += nodes.list_item(
                "", self.paragraph(f"{before}{text} · **{worth}**")
            )
        if items.children:
            section += nodes.paragraph("", "Wrong, and what the answer is then worth:")
            section += items
        section += self.paragraph(f"Accept also: {one['accept']}")
        return section

    def paragraph(self, text: str) -> nodes.paragraph:
        """A text as a paragraph."""
        found, messages = self.state.inline_text(text, self.lineno)
        return nodes.paragraph("", "", *found, *messages)


def setup(app: Sphinx) -> dict:
    """Add the directive."""
    app.add_directive("marking", Marking)
    return {"parallel_read_safe": False}
