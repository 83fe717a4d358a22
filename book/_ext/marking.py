"""The marking guide: ``{marking} sheet`` has for each question of a sheet points, the answer, and what is wrong.

``book/marking.yml`` has the ``points`` of each question, one each, by a word; wrong lines, each with the points that it
loses; and what to ``accept`` too. The answers are the book's short answers. A wrong line has the name of a mistake that
tempts or of a wrong choice of the quiz, or the text of such a choice: it is shown as it stands there.
"""

from collections.abc import Iterator
from pathlib import Path

import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from . import quiz, results
from .questions import FILE as QUESTIONS
from .questions import answers, questions

FILE = "marking.yml"
KNOWN = {"points", "wrong", "accept"}


def wrong_lines(folder: Path) -> dict[str, set[str]]:
    """All wrong lines of the book, by mistake or by choice; a choice that is no named mistake follows its question."""
    found: dict[str, set[str]] = {}
    for path in sorted(folder.glob(f"{results.FOLDER}/*.yml")):
        for one in sum(yaml.safe_load(path.read_text()).values(), []):
            found.setdefault(one["mistake"], set()).add(one["line"])
    for path in sorted(folder.glob(f"{quiz.FOLDER}/*.yml")):
        for one in yaml.safe_load(path.read_text()):
            for choice in one["wrong"]:
                text = choice["choice"]
                if mistake := choice.get("mistake"):
                    found.setdefault(mistake, {text})
                else:
                    found[text] = {f"*{one['asks']}* {text}"}
    return found


def faults(one: dict, lines: dict[str, set[str]]) -> Iterator[str]:
    """What is wrong with what is said of a question."""
    if unknown := one.keys() - KNOWN:
        yield f"“{unknown.pop()}” means nothing"
    for name in ("points", "accept"):
        if not one.get(name):
            yield f"has no “{name}”"
    for line, lost in one.get("wrong", {}).items():
        if len(lines.get(line, ())) != 1:
            yield f"“{line}” is {len(lines.get(line, ()))} lines of the book; expected one"
        for word in results.words(lost):
            if word not in one.get("points", {}):
                yield f"“{line}” loses {word}, which is no point"


class Marking(SphinxDirective):
    """``{marking}``."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Make a section for each question of the sheet."""
        folder = Path(self.env.srcdir)
        read = [
            *folder.glob(f"{results.FOLDER}/*.yml"),
            *folder.glob(f"{quiz.FOLDER}/*.yml"),
            *(folder / name for name in (FILE, QUESTIONS)),
        ]
        for path in read:
            self.env.note_dependency(path.relative_to(folder).as_posix())
        guide = yaml.safe_load((folder / FILE).read_text())
        asked, lines = questions(self.env.app), wrong_lines(folder)
        if strange := guide.keys() - asked.keys():
            raise self.error(f"{FILE}: there is no question {strange.pop()}")
        sections = []
        for id, question in asked.items():
            if question.sheet == self.arguments[0]:
                one = guide.get(id, {})
                for fault in faults(one, lines):
                    raise self.error(f"{FILE}: {id} {fault}")
                sections.append(self.section(id, question.number, one, lines))
        if not sections:
            raise self.error(f"there is no sheet {self.arguments[0]} in {QUESTIONS}")
        return sections

    def section(
        self, id: str, number: str, one: dict, lines: dict[str, set[str]]
    ) -> nodes.section:
        """The guide to a question."""
        most = len(one["points"])
        title = f"{number[0].upper()}{number[1:]} · {most} points"
        section = nodes.section("", nodes.title("", title), classes=["marking"])
        section["ids"] = [f"marking-{id.replace('.', '-')}"]
        points = "; ".join(
            f"**{word}**: {said}" for word, said in one["points"].items()
        )
        section += self.paragraph(f"A point each: {points}.")
        section += answers(question=id, alone=True)
        items = nodes.bullet_list("")
        for line, lost in one.get("wrong", {}).items():
            words = results.words(lost)
            worth = f"{most - len(words)} of {most}, without *{'*, *'.join(words)}*"
            (text,) = lines[line]
            items += nodes.list_item("", self.paragraph(f"{text} · **{worth}**"))
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
