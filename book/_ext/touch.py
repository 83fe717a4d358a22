"""Each letter of a formula is looked up in the table of symbols: a page has a card for each, which touch.js shows.

A letter that has no meaning there ends the build. The letters of a formula are found in its MathML, by what stands
below and above them.
"""

import html
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging

from . import formulas, mathml, symbols
from .symbols import SIZE, Letter

logger = logging.getLogger(__name__)

# Letters in a formula

ENTRIES = {*"ijklm"}
"""An index below is one of an entry, where it is one of these and the letter's own is not."""


class Spelt(NamedTuple):
    """How a letter is written: what it is without what stands below and above it, and these."""

    base: str
    below: mathml.Node | None
    above: mathml.Node | None

    @property
    def indices(self) -> int:
        """How many indices stand below."""
        inside = self.below.children if self.below and self.below.tag == "mrow" else []
        if all(node.tag in {"mi", "mn"} for node in inside):
            return len(inside) or int(self.below is not None)
        return 1 + sum(node.text == "," for node in inside)

    @property
    def layer(self) -> str:
        """The bracket of an index above, or a hat for any other power."""
        above = text(self.above).removesuffix("⊤")
        return above[:1] if above[:1] in {*"([∗′"} else "^" * bool(above)


def text(node: mathml.Node | None) -> str:
    """The characters of a node."""
    return node.text + "".join(map(text, node.children)) if node else ""


def spelt(
    node: mathml.Node,
    below: mathml.Node | None = None,
    above: mathml.Node | None = None,
) -> Iterator[tuple[mathml.Node, Spelt]]:
    """Each token of a formula that may be a letter, in order, with how it is written."""
    inside = node.children
    if node.tag in {"msub", "msup", "msubsup"}:
        first, *scripts = inside
        lower, upper = "sub" in node.tag, "sup" in node.tag
        yield from spelt(
            first, scripts[0] if lower else below, scripts[-1] if upper else above
        )
        for script in scripts:
            yield from spelt(script)
    elif node.tag == "mover" and inside[1].text in mathml.OVER:
        for one, _ in spelt(inside[0]):
            yield one, Spelt(mathml.drawn(one) + inside[1].text, below, above)
    elif node.tag in {"mi", "mtext"}:
        yield node, Spelt(mathml.drawn(node), below, above)
    elif len(inside) == 2 and inside[1].text == "′":
        yield from spelt(inside[0], below, inside[1])
    else:
        alone = {"below": below, "above": above} if len(inside) == 1 else {}
        for child in inside:
            yield from spelt(child, **alone)


class Pattern(NamedTuple):
    """How a letter of the table is written, and which of its scripts are part of its name."""

    letter: Letter
    spelt: Spelt
    below: str
    above: str

    def fits(self, other: Spelt) -> int:
        """How well a letter in a formula is this one: zero, if it is another."""
        mine, theirs = self.spelt, other
        below, above = text(theirs.below), text(theirs.above)
        if (
            mine.base != theirs.base
            or (self.below and self.below != below)
            or (self.above and self.above != above)
        ):
            return 0
        entry = below in ENTRIES and text(mine.below) not in ENTRIES
        indices = 0 if entry else theirs.indices
        agree = (
            bool(self.below) + bool(self.above),
            mine.layer == theirs.layer,
            bool(mine.indices) == bool(indices),
            mine.indices == indices,
        )
        return 1 + sum(
            n * weight for n, weight in zip(agree, (8, 4, 2, 1), strict=True)
        )


def pattern(letter: Letter, tree: mathml.Node) -> Pattern:
    """How a letter is written, from its formula."""
    _, own = next(spelt(tree))
    name = re.match(r"\{((?:[^{}]|\{[^{}]*\})*)\}", letter.tex)
    inside = name[1] if name else ""
    below = "_" in inside or (own.below is not None and own.below.tag == "mtext")
    above = "^" in inside or own.layer in {*"∗′"}
    return Pattern(
        letter, own, text(own.below) if below else "", text(own.above) if above else ""
    )


class Found(NamedTuple):
    """A token of a formula, its letter, and whether it is only part of how that is written."""

    token: mathml.Node
    letter: Letter | None
    part: bool


def looked_up(tree: mathml.Node, patterns: list[Pattern]) -> list[Found]:
    """Each token of a formula that may be a letter, in order, with its letter."""
    found: dict[int, tuple[Letter, bool]] = {}
    tokens = list(spelt(tree))
    for node, own in tokens:
        if id(node) in found:
            continue
        worded = own.below is not None and own.below.tag == "mtext"
        fitting = [one for one in patterns if one.fits(own)]
        # where letters have words below, such a word is a name; else it is an index
        named = [one for one in patterns if one.spelt.base == own.base and one.below]
        if worded and named:
            fitting = [one for one in fitting if one.below]
        if not fitting:
            continue
        best = max(fitting, key=lambda one: one.fits(own))
        scripts = [own.below] * bool(best.below or worded)
        scripts += [own.above] * bool(best.above)
        found[id(node)] = best.letter, False
        for part in (x for script in scripts for x in mathml.tree(script)):
            found[id(part)] = best.letter, True
    return [Found(node, *found.get(id(node), (None, False))) for node, _ in tokens]


def place(entries: list[Mapping], node: nodes.math | nodes.math_block) -> int:
    """Which of a page's entries about formulas has the letters of a formula; −1 for none, in the text."""
    labels = {node.get("label")}
    around = node.parent
    while around is not None:
        if around.tagname in {"result", "answer"}:
            labels |= {*around["names"]}
        around = around.parent
    fitting = [
        k
        for k, one in enumerate(entries)
        if {"symbols", "scalar"} & one.keys()
        and any(labels & {*one.get(x, [])} for x in ("results", "labels", "also"))
        and one.get("display", "") in node.astext()
    ]
    return max(fitting, key=lambda k: "display" in entries[k], default=-1)


def look_up(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Note which letter of the page each token of a formula is, as a number, or - for none; what is only part of a
    letter has = behind it. Warn of letters that have no meaning.
    """
    table = symbols.read(app)
    if docname not in table.pages:
        return
    entries = [*table.pages[docname].get("formulas", []), {}]
    letters = [list(table.letters(docname, entry).values()) for entry in entries]
    formulas.learn(app, ((one.tex, False) for some in letters for one in some))
    patterns = [
        [pattern(x, symbols.as_mathml(app, x.tex)) for x in some] for some in letters
    ]
    numbers: dict[tuple, int] = {}
    known: list[Letter] = []
    for node in formulas.all_formulas(doctree):
        tree = app.env.unrolled_formulas[formulas.formula(node)]
        if isinstance(tree, str):
            continue
        node["letters"] = marks = []
        for token, letter, part in looked_up(
            mathml.read(tree), patterns[place(entries[:-1], node)]
        ):
            same = letter and (letter.tex, letter.what, letter.kind)
            number = numbers.setdefault(same, len(known)) if letter else "-"
            known += [letter] * (number == len(known))
            marks.append(f"{number}{'=' * part}")
            if token.tag == "mi" and not letter:
                logger.warning(
                    "%s has no meaning for %s, in the formula %s",
                    *(symbols.FILE, token.text, node.astext()),
                    location=node if node.line else docname,
                    type="formulas",
                )
    doctree["letters"] = known


# Cards, which touch.js shows

INLINE = re.compile(r"\$([^$]+)\$|\{doc\}`([\w-]+)`|`([^`]+)`")
KINDS = {"bound": "index", "constant": "number", "identity": "matrix"}
"""What readers call some kinds."""


def in_html(app: Sphinx, docname: str, text: str) -> str:
    """A sentence of the table as HTML, to stand on a page."""
    words, *rest = INLINE.split(text)
    found = [plain(words)]
    for tex, page, code, words in zip(*(rest[k::4] for k in range(4)), strict=True):
        if tex:
            found.append(formula(app, tex))
        elif page:
            address = app.builder.get_relative_uri(docname, page)
            found.append(
                f'<a href="{address}">{plain(app.env.titles[page].astext())}</a>'
            )
        else:
            found.append(f"<code>{html.escape(code)}</code>")
        found.append(plain(words))
    return "".join(found)


def plain(text: str) -> str:
    """Words as HTML."""
    return html.escape(text.replace("'", "’"))


def formula(app: Sphinx, tex: str) -> str:
    """A formula in a line, as HTML."""
    inside = formulas.body(app, (tex, False), tex)
    return f'<span class="{formulas.in_line(inside)}"{inside}</span>'


def measure(letter: Letter, example: Mapping[str, int]) -> str:
    """What kind of thing a letter is, its shape in letters, and in the sizes of the page's example, as Markdown."""
    kind = KINDS.get(letter.kind, letter.kind)
    if kind in {"sign", "name"}:
        return ""
    shown = letter.entry.get("shown", letter.entry.get("shape", ""))
    shown = letter.tex.strip("{}") if kind == "size" else shown
    sizes = re.fullmatch(rf"{SIZE}(?: × {SIZE})*", shown) and re.findall(SIZE, shown)
    here = ""
    if sizes and {size for _, size in sizes} <= example.keys():
        numbers = (str(int(times or 1) * example[size]) for times, size in sizes)
        here = f", in the example {' × '.join(numbers)}"
    if not shown or kind == "size":
        return kind + here
    of = " of length " if kind == "vector" and sizes else ", "
    return f"{kind}{of}{letter.shape}{here}"


def card(app: Sphinx, docname: str, letter: Letter, example: Mapping[str, int]) -> str:
    """What a page shows of a letter that is touched: itself, how it is said, its shape, what it is, and where from."""
    lines = [
        f'<p class="letter"><b>{formula(app, letter.shown)}</b> '
        f'<span class="said">{plain(symbols.said(app, letter))}</span></p>',
        f"<p>{in_html(app, docname, measure(letter, example))}</p>",
        f"<p>{in_html(app, docname, letter.what)}</p>",
    ]
    of_book = letter.tex in symbols.read(app).book and not letter.another
    notation = f"notation-{'sizes' if letter.kind == 'size' else 'symbols'}"
    label = letter.entry.get("where") or (
        of_book and letter.kind not in symbols.UNBOUND and notation
    )
    if place := app.env.domains["std"].labels.get(label):
        page, anchor, title = place
        if page != docname:
            title = f"{app.env.titles[page].astext()}: {title}"
        address = app.builder.get_relative_uri(docname, page)
        lines.append(f'<p><a href="{address}#{anchor}">{plain(title)}</a></p>')
    return "".join(line for line in lines if line != "<p></p>")


def add_cards(
    app: Sphinx,
    docname: str,
    template: str,
    context: dict,
    doctree: nodes.document | None,
) -> None:
    """Add to a page a card for each of its letters, which is not shown."""
    if doctree is None or not doctree.get("letters"):
        return
    example = symbols.read(app).pages[docname].get("example", {})
    cards = "".join(
        f"<div>{card(app, docname, one, example)}</div>" for one in doctree["letters"]
    )
    context["body"] += f'<template class="letters">{cards}</template>'


def setup(app: Sphinx) -> dict:
    """Connect to the events at which a page's formulas are known, and before it is written."""
    app.connect("doctree-resolved", look_up, priority=905)
    app.connect("html-page-context", add_cards)
    return {"parallel_read_safe": False}
