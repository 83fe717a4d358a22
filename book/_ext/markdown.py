"""What a page says, in plain Markdown, such as any Jupyter shows: of a doctree in which all references are resolved.

Results, answers and admonitions are quotations, folds are ``<details>``, formulas are TeX in one line (a line may begin
with the sign of a quotation), references lead to the site. Where a cell stands, there is its index.
"""

import html
import itertools
import re
from collections.abc import Callable, Iterable, Iterator
from textwrap import indent
from typing import NamedTuple

from docutils import nodes
from sphinx.addnodes import download_reference
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx_design.shared import PassthroughTextElement

from .formulas import formula, portable
from .nodes import copied, fold, summary, volatile
from .results import answer, block_title, derivation, result

logger = logging.getLogger(__name__)

SPECIAL = re.compile(r"([\\`*_\[\]<>$~])")
BEGINS = re.compile(r"^(?=[-+#>=])|(?<=^\d)(?=[.)])|(?<=^\d\d)(?=[.)])")
"""Where a paragraph would begin as something else."""

NOTHING = (nodes.target, nodes.comment, nodes.Invisible, nodes.system_message, copied)
"""What is not said: citations, which have the date of the build, are on the page."""

AROUND = {
    nodes.emphasis: "*{}*",
    nodes.strong: "**{}**",
    nodes.superscript: "<sup>{}</sup>",
    nodes.subscript: "<sub>{}</sub>",
    nodes.inline: "{}",
    nodes.paragraph: "{}",
    nodes.line: "{}",
    PassthroughTextElement: "{}",
}
ROOMS = (
    *(nodes.section, nodes.document, nodes.container, nodes.compound),
    *(nodes.figure, nodes.legend),
)
"""Of these, what is in them is said."""


class Cell(NamedTuple):
    """The place of a cell, by its index, and whether it is in a fold."""

    index: int
    folded: bool = False


Item = str | Cell
"""A block of Markdown, or a cell."""


def wrapped(items: Iterable[Item], wrap: Callable[[str], str]) -> Iterator[Item]:
    """The blocks between two cells, wrapped together."""
    for text, group in itertools.groupby(items, lambda item: isinstance(item, str)):
        if text:
            yield wrap("\n\n".join(group))
        else:
            yield from group


def quoted(text: str) -> str:
    """A box."""
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


def in_row(text: str) -> str:
    """A cell of a table, in which a bar would end it."""
    parts = re.split(r"((?<!\\)\$[^$]*\$)", text)
    for i in range(0, len(parts), 2):
        parts[i] = parts[i].replace("|", r"\|")
    for i in range(1, len(parts), 2):
        parts[i] = parts[i].replace(r"\|", r"\Vert ").replace("|", r"\vert ")
    return "".join(parts)


class Page:
    """What a page says, in Markdown and cells."""

    def __init__(self, app: Sphinx, docname: str) -> None:
        self.app, self.docname = app, docname
        self.site = app.config.html_baseurl or "../"

    def address(self, anchor: str) -> str:
        """The address of a place on the page."""
        return f"{self.site}{self.docname}.html#{anchor}"

    def unknown(self, node: nodes.Node) -> None:
        """Complain of what has no words yet."""
        message = "the notebook of this page cannot say a node %s; add a case to _ext/markdown.py"
        logger.warning(message, type(node).__name__, location=node)

    def number(self, node: nodes.Element) -> str:
        """The number of a block, a figure, an exercise, such as Result 7.1; empty if it has none."""
        for kind, numbers in self.app.env.toc_fignumbers.get(self.docname, {}).items():
            for anchor in node["ids"]:
                if anchor in numbers:
                    number = ".".join(map(str, numbers[anchor]))
                    return self.app.config.numfig_format[kind] % number
        return ""

    def inside(self, node: nodes.Element) -> str:
        """The words of all that is in a node."""
        return "".join(map(self.words, node.children))

    def words(self, node: nodes.Node) -> str:
        """What stands in a line."""
        match node:
            case nodes.Text():
                return SPECIAL.sub(r"\\\1", re.sub(r"\s+", " ", node))
            case nodes.math():
                return f"${self.tex(node)}$"
            case nodes.math_block():
                return self.display(node)
            case nodes.literal():
                fence = "``" if "`" in node.astext() else "`"
                return f"{fence}{node.astext()}{fence}"
            case nodes.image():
                # as the page was written, in the site
                return f"![{node.get('alt', '')}]({self.site}{node['uri']})"
            case nodes.line_block():
                return "<br>".join(map(self.words, node))
            case download_reference():
                return f"[{node.astext()}]({self.site}_downloads/{node['filename']})"
            case nodes.reference():
                return f"[{self.inside(node)}]({self.target(node)})"
            case _ if isinstance(node, NOTHING):
                return ""
        for kind, around in AROUND.items():
            if isinstance(node, kind):
                return around.format(self.inside(node))
        self.unknown(node)
        return ""

    def target(self, node: nodes.reference) -> str:
        """Where a reference leads."""
        if "refid" in node:
            return self.address(node["refid"])
        return (
            f"{self.site}{node['refuri']}" if node.get("internal") else node["refuri"]
        )

    def tex(self, node: nodes.math | nodes.math_block) -> str:
        """A formula in one line, since a line may begin with the sign of a quotation."""
        tex = portable(formula(node)[0], self.app.config.mathjax3_config)
        return re.sub(r"\s+", " ", tex).strip()

    def display(self, node: nodes.math_block) -> str:
        """A formula with its number."""
        anchor = f"equation-{node.get('label')}"
        numbers = self.app.env.toc_fignumbers.get(self.docname, {})
        number = numbers.get("displaymath", {}).get(anchor)
        tag = rf" \tag{{{'.'.join(map(str, number))}}}" if number else ""
        return f"$${self.tex(node)}{tag}$$"

    def all_items(self, parts: Iterable[nodes.Node]) -> Iterator[Item]:
        """The items of several nodes."""
        return itertools.chain.from_iterable(map(self.items, parts))

    def items(self, node: nodes.Node) -> Iterator[Item]:
        """The blocks and cells of a node."""
        match node:
            case nodes.container() if "cell_index" in node:
                yield Cell(node["cell_index"])
            case nodes.container() if "picture" in node["classes"]:
                yield from self.all_items(node[1:])  # the picture is another page's
            case nodes.title() if isinstance(node.parent, nodes.section):
                yield self.heading(node)
            case nodes.title() | nodes.rubric() | block_title():
                yield f"**{self.titled(node)}**"
            case nodes.caption():
                number = self.number(node.parent)
                yield (
                    f"*{number}:* {self.inside(node)}" if number else self.inside(node)
                )
            case nodes.paragraph() if "task" in node["classes"]:
                pass  # for who covers the answer, by a script
            case nodes.paragraph() if next(node.findall(volatile), None):
                pass  # how long the page ran: another time in each build
            case nodes.paragraph() | PassthroughTextElement():
                if text := self.inside(node).strip():
                    yield BEGINS.sub(r"\\", text)
            case nodes.math_block() | nodes.image() | nodes.line_block():
                yield self.words(node)
            case nodes.literal_block():
                yield self.code(node)
            case nodes.raw() if node["format"] == "html":
                # pasted from a cell; a blank line would end it
                yield re.sub(r"\n\s*\n", "\n", node.astext().strip())
            case nodes.table():
                yield from self.table(node)
            case nodes.bullet_list() | nodes.enumerated_list():
                yield from self.listed(node)
            case nodes.definition_list():
                yield "\n".join(map(self.definition, node))
            case fold():
                yield from self.folded(node)
            case nodes.Admonition() | result() | answer():
                yield from wrapped(self.all_items(node), quoted)
            case derivation():
                yield "**Derivation**"
                yield from self.all_items(node)
            case _ if isinstance(node, ROOMS):
                yield from self.all_items(node)
            case _ if not isinstance(node, NOTHING):
                self.unknown(node)

    def heading(self, node: nodes.title) -> str:
        """The title of a section, with its number."""
        depth, around = 0, node.parent
        while isinstance(around, nodes.section):
            depth, around = depth + 1, around.parent
        numbers = self.app.env.toc_secnumbers.get(self.docname, {})
        anchor = "" if depth == 1 else f"#{node.parent['ids'][0]}"
        number = "".join(f"{n}." for n in numbers.get(anchor, ()))
        return f"{'#' * depth} {number} {self.inside(node)}".replace("  ", " ")

    def titled(self, node: nodes.Element) -> str:
        """The title of a box, behind its number, which leads to the page."""
        number, text = self.number(node.parent), self.inside(node).strip()
        if not number:
            return text
        return f"[{number}]({self.address(node.parent['ids'][0])}) {text}"

    def code(self, node: nodes.literal_block) -> str:
        """Code, in a fence that is longer than any in it."""
        text = node.astext().strip("\n")
        ticks = max(map(len, re.findall("`+", text)), default=2)
        fence = "`" * max(ticks + 1, 3)
        language = node.get("language", "").replace("default", "")
        return f"{fence}{language}\n{text}\n{fence}"

    def table(self, node: nodes.table) -> Iterator[str]:
        """A table, below its title."""
        for title in node.findall(nodes.title):
            yield f"*{self.titled(title)}*"
        rows = [
            [in_row("<br>".join(map(self.words, entry))) for entry in row]
            for row in node.findall(nodes.row)
        ]
        if not next(node.findall(nodes.thead), None):
            rows.insert(0, [""] * len(rows[0]))
        rows.insert(1, ["---"] * len(rows[0]))
        yield "\n".join(f"| {' | '.join(row)} |" for row in rows)

    def listed(self, node: nodes.Element) -> Iterator[Item]:
        """A list; what follows the first line of an entry is indented by its mark."""
        start = node.get("start", 1)
        ordered = isinstance(node, nodes.enumerated_list)
        for i, entry in enumerate(node, start):
            mark = f"{i}. " if ordered else "- "
            space = " " * len(mark)
            text = "\n\n".join(self.all_items(entry))
            yield mark + indent(text, space).removeprefix(space)

    def definition(self, node: nodes.definition_list_item) -> str:
        """A term and what it means, as an entry of a list."""
        terms = [self.inside(part) for part in node if isinstance(part, nodes.term)]
        meaning = [part for part in node if isinstance(part, nodes.definition)]
        text = "\n\n".join(self.all_items(itertools.chain(*meaning)))
        return f"- **{', '.join(terms)}:** " + indent(text, "  ").removeprefix("  ")

    def folded(self, node: fold) -> Iterator[Item]:
        """What opens at a click, if there is anything in it; of a citation, the label."""
        if cited := [i for i in node["ids"] if i.startswith("cite-")]:
            yield f"Label: `{cited[0].removeprefix('cite-')}`"
            return
        if "report" in node["classes"]:
            return
        said, parts = node.get("summary"), node.children
        if isinstance(parts[0], summary):
            said, parts = parts[0].astext(), parts[1:]
        items = list(self.all_items(parts))
        if items and isinstance(items[0], Cell):
            yield f"*{said}: in the cell below, folded.*"
        head = f"<details>\n<summary>{html.escape(said)}</summary>\n\n"
        for item in wrapped(items, lambda text: f"{head}{text}\n\n</details>"):
            yield item if isinstance(item, str) else Cell(item.index, folded=True)
