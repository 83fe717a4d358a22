"""The one table of the book's symbols, ``book/symbols.yml``: what each letter is, on each page.

A page has the book's letters, but for those of a name that it has itself: there, ``c`` may be a word. ``{symbols}``
makes the tables of the notation page. The printed formulas are executed with these letters (``printed.py``), and each
letter of a formula is looked up in them.
"""

import functools
import html
import re
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import yaml
from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from . import formulas, mathml

logger = logging.getLogger(__name__)

FILE = "symbols.yml"
UNBOUND = {"bound", "sign"}
"""The kinds that are no symbols to be computed: an index of a sum or a range, and what all pages have, such as log."""
KINDS = {
    *("number", "vector", "matrix", "function", "size", "index", "name", "identity"),
    "constant",
    *UNBOUND,
}


class Loader(yaml.SafeLoader):
    """Reads YAML, but of two equal keys does not silently take the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        """A mapping; raises ValueError where a key is there twice."""
        known = set()
        for key, _ in node.value:
            if key.value in known:
                line = key.start_mark.line + 1
                raise ValueError(f"line {line}: {key.value} has a second meaning there")
            known.add(key.value)
        return super().construct_mapping(node, deep)


class Letter(NamedTuple):
    """A letter on a page: its TeX, its name in the code that computes formulas, its entry, what it is, and whether
    that is another thing than in the rest of the book.
    """

    tex: str
    name: str
    entry: Mapping
    what: str
    another: bool

    @property
    def kind(self) -> str:
        """A number, a vector, ..."""
        return self.entry["kind"]

    @property
    def shown(self) -> str:
        """The TeX that stands for it: a name in braces is no group there."""
        inner = re.fullmatch(r"\{([^{}]*(?:\{[^{}]*\})?)\}", self.tex)
        plain = inner[1] if inner else self.tex
        return self.entry.get("tex", plain.replace("|V|", r"\lvert V\rvert"))

    @property
    def shape(self) -> str:
        """Its shape in letters, as Markdown."""
        if shown := self.entry.get("shown", self.entry.get("shape", "")):
            return in_letters(shown)
        return "scalar" if self.kind == "number" else ""


def in_letters(shape: str) -> str:
    """A shape as Markdown: d × |V| as a formula, words as they are."""

    def formula(sizes: re.Match) -> str:
        tex = sizes[0].replace("|V|", r"\lvert V\rvert").replace(" × ", r" \times ")
        return f"${tex}$"

    return shape if "$" in shape else re.sub(rf"{SIZE}(?: × {SIZE})*", formula, shape)


SIZE = r"(?<!\w)(\d*)(\|V\||[A-Za-z])(?!\w)"
"""A size in a shape: one of the book, or so many times it."""


class Table:
    """The letters of the book and of its pages, and their entries about formulas.

    Raises ValueError for a letter that has two meanings, none, or no kind.
    """

    def __init__(self, text: str) -> None:
        self.pages: dict[str, dict] = yaml.load(text, Loader) or {}
        book = self.pages.pop("book", {}).get("letters", {})
        self.book = self._letters("book", book)
        for page, told in self.pages.items():
            for entry in told.get("formulas", []) or [{}]:
                self.letters(page, entry)

    def _letters(
        self, where: str, table: Mapping[str, Mapping], known: Mapping[str, Letter] = {}
    ) -> dict[str, Letter]:
        """The letters of a part of the table, each with what it has of a known one."""
        from unrolled.formulas.meaning import Symbols

        found, patterns = {}, {}
        for tex, own in table.items():
            entry = dict(own)
            old = known.get(tex)
            if old and "is" not in own:
                wide = {"shown"} if "shape" in old.entry else set()
                entry = {**{k: old.entry[k] for k in old.entry.keys() - wide}, **own}
            if old and entry.get("kind") != old.kind and "is" not in own:
                raise ValueError(
                    f"{where}: {tex} is another thing there: say what it is"
                )
            if entry.get("kind") not in KINDS:
                raise ValueError(f"{where}: {tex}: expected a kind of {sorted(KINDS)}")
            what = own.get("is") or own.get("here") or (old and old.what)
            if not what:
                raise ValueError(
                    f"{where}: {tex}: expected what it is, as `is`, or `here` if the book has it"
                )
            (symbol,) = Symbols({tex: entry}).known.values()
            if "here" in own and head(symbol.name) not in {
                head(x.name) for x in known.values()
            }:
                raise ValueError(
                    f"{where}: {tex}: the book has no such letter: say what it `is`"
                )
            pattern = symbol.name, symbol.below, symbol.above, "[" in tex
            if where != "book" and (other := patterns.setdefault(pattern, tex)) != tex:
                raise ValueError(f"{where}: {other} and {tex} cannot be told apart")
            another = where != "book" and ("is" in own or bool(old and old.another))
            found[tex] = Letter(tex, symbol.name, entry, what, another)
        return found

    def letters(self, page: str, entry: Mapping = {}) -> dict[str, Letter]:
        """The letters of a page, or of an entry of it about formulas: its own first."""
        own = self._letters(
            page, self.pages.get(page, {}).get("letters", {}), self.book
        )
        found = under(own, self.book)
        if changed := entry.get("symbols"):
            found = under(self._letters(page, changed, {**self.book, **found}), found)
        if entry.get("scalar"):
            found = {tex: as_number(one) for tex, one in found.items()}
        return found

    def entries(self, page: str) -> list[dict]:
        """The entries of a page about formulas, each with all letters that can be computed: of one name the first."""
        return [
            {**entry, "symbols": computed(self.letters(page, entry).values())}
            for entry in self.pages[page].get("formulas", [])
        ]

    def elsewhere(self, page: str) -> list[Letter]:
        """The letters that mean something else on a page, or in an entry of it: of those on one base the first."""
        names = {one.name for one in self.book.values() if one.kind != "sign"}
        found: dict[str | tuple, Letter] = {}
        for one in self.letters(page).values():
            if one.another and head(one.name) in names:
                found.setdefault(head(one.name), one)
        for entry in self.pages[page].get("formulas", []):
            for tex, own in entry.get("symbols", {}).items():
                one = self.letters(page, entry)[tex]
                if "is" in own and head(one.name) in names:
                    found.setdefault((tex, one.what), one)
        return list({(one.tex, one.what): one for one in found.values()}.values())


def under(own: dict[str, Letter], others: dict[str, Letter]) -> dict[str, Letter]:
    """Letters, and those of others that have another name, or are signs."""
    names = {one.name for one in own.values()}
    kept = (x for x in others.values() if x.name not in names or x.kind == "sign")
    return own | {one.tex: one for one in kept if one.tex not in own}


def as_number(letter: Letter) -> Letter:
    """A letter in a draft in which all are numbers."""
    if letter.kind not in ("vector", "matrix"):
        return letter
    return letter._replace(
        entry={**letter.entry, "kind": "number", "shape": "", "shown": "in this draft"}
    )


def computed(letters: Iterator[Letter]) -> dict[str, Mapping]:
    """What is computed of letters: one of each name, and none that is bound on the page."""
    first: dict[str, Letter] = {}
    for one in sorted(letters, key=lambda one: one.kind != "bound"):
        first.setdefault(one.name, one)
    parts = "kind", "shape", "means", "of"
    return {
        one.tex: {part: one.entry[part] for part in parts if one.entry.get(part)}
        for one in first.values()
        if one.kind not in UNBOUND
    }


def head(name: str) -> str:
    """A name without what stands below and above it."""
    return re.split("[_^]", name)[0]


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
        powers = mine.layer == "^" != theirs.layer and not self.above
        if (
            mine.base != theirs.base
            or powers
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
        fitting = [one for one in patterns if one.spelt.base == own.base]
        if worded and any(
            one.below for one in fitting
        ):  # then a word below is a name, not an index
            fitting = [one for one in fitting if one.below]
        best = max(fitting, key=lambda one: one.fits(own), default=None)
        if best and best.fits(own):
            parts = [own.below] * bool(best.below or worded) + [own.above] * bool(
                best.above
            )
            for part in [node, *(x for script in parts for x in mathml.tree(script))]:
                found[id(part)] = best.letter, part is not node
    return [Found(node, *found.get(id(node), (None, False))) for node, _ in tokens]


class Lookup:
    """Looks letters up in the formulas of a page, in each with the letters of where it stands."""

    def __init__(self, app: Sphinx, table: Table, page: str) -> None:
        self.app, self.page = app, page
        self.entries = table.pages[page].get("formulas", [])
        self.letters = lambda entry={}: list(table.letters(page, entry).values())
        self.known: dict[int, list[Pattern]] = {}

    def patterns(self, entry: Mapping) -> list[Pattern]:
        """How the letters of an entry are written."""
        if id(entry) not in self.known:
            letters = self.letters(entry)
            formulas.learn(self.app, ((one.tex, False) for one in letters))
            self.known[id(entry)] = [
                pattern(one, set_(self.app, one.tex)) for one in letters
            ]
        return self.known[id(entry)]

    def entry(self, node: nodes.math | nodes.math_block) -> Mapping:
        """The entry about formulas that a formula belongs to; an empty one, if it is of the text."""
        tex, labels = node.astext(), {node.get("label")}
        around = node.parent
        while around is not None:
            labels.update(
                around.get("names", [])
                if around.tagname in {"result", "answer"}
                else []
            )
            around = around.parent
        fitting = [
            one
            for one in self.entries
            if {"symbols", "scalar"} & one.keys()
            and labels
            & {
                *one.get("results", []),
                *one.get("labels", []),
                *one.get("also", []),
            }
            and one.get("display", "") in tex
        ]
        return max(fitting, key=lambda one: "display" in one, default=NO_ENTRY)

    def __call__(self, node: nodes.math | nodes.math_block) -> list[Found]:
        """Each token of a formula that may be a letter, in order, with its letter."""
        tree = self.app.env.unrolled_formulas[formulas.formula(node)]
        if isinstance(tree, str):
            return []
        return looked_up(mathml.read(tree), self.patterns(self.entry(node)))


NO_ENTRY: dict = {}


def depend(app: Sphinx, docname: str, source: list[str]) -> None:
    """Read a page again when the table has changed."""
    if docname in read(app).pages:
        app.env.note_dependency(FILE)


def look_up(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Note which letter of the page each token of a formula is, as a number, or - for none; what is only part of a
    letter has = behind it. Warn of letters that have no meaning.
    """
    table = read(app)
    if docname not in table.pages:
        return
    lookup, known = Lookup(app, table, docname), {}
    for node in formulas.all_formulas(doctree):
        node["letters"] = []
        for token, letter, part in lookup(node):
            if not letter:
                node["letters"].append("-")
            else:
                same = letter.tex, letter.what, letter.kind
                number, _ = known.setdefault(same, (len(known), letter))
                node["letters"].append(f"{number}{'=' * part}")
            if token.tag == "mi" and not letter:
                logger.warning(
                    "%s has no meaning for %s, in the formula %s",
                    *(FILE, token.text, node.astext()),
                    location=node if node.line else docname,
                    type="formulas",
                )
    doctree["letters"] = [letter for _, letter in known.values()]


# Cards, which touch.js shows

INLINE = re.compile(r"\$([^$]+)\$|\{doc\}`([\w-]+)`|`([^`]+)`")
KINDS_SAID = {"bound": "index", "constant": "number", "identity": "matrix"}


def in_html(app: Sphinx, docname: str, text: str) -> str:
    """A sentence of the table as HTML, to stand on a page."""

    def part(found: re.Match) -> str:
        tex, page, code = found.groups()
        if tex:
            return formula(app, tex)
        if page:
            address = app.builder.get_relative_uri(docname, page)
            return (
                f'<a href="{address}">{html.escape(app.env.titles[page].astext())}</a>'
            )
        return f"<code>{html.escape(code)}</code>"

    return INLINE.sub(part, text.replace("'", "’") if "`" not in text else text)


def formula(app: Sphinx, tex: str) -> str:
    """A formula in a line, as HTML."""
    inside = formulas.body(app, (tex, False), tex)
    return f'<span class="{formulas.in_line(inside)}"{inside}</span>'


def measure(letter: Letter, example: Mapping[str, int]) -> str:
    """What kind of thing a letter is, its shape in letters, and in the sizes of the page's example, as Markdown."""
    kind = KINDS_SAID.get(letter.kind, letter.kind)
    if letter.kind == "size" and letter.tex.strip("{}") in example:
        return f"size, in the example {example[letter.tex.strip('{}')]}"
    if letter.kind in {"sign", "name"}:
        return ""
    shown = letter.entry.get("shown", letter.entry.get("shape", ""))
    sizes = re.findall(SIZE, shown)
    if not shown or not sizes or "$" in shown:
        return f"{kind}{', ' * bool(shown)}{shown}"
    known = (
        all(size in example for _, size in sizes)
        and re.sub(SIZE, "", shown).strip(" ×") == ""
    )
    here = (
        " × ".join(str(int(times or 1) * example[size]) for times, size in sizes)
        if known
        else ""
    )
    length = " of length" if kind == "vector" else ","
    return f"{kind}{length} {letter.shape}{', in the example ' * bool(here)}{here}"


def card(app: Sphinx, docname: str, letter: Letter, example: Mapping[str, int]) -> str:
    """What a page shows of a letter that is touched: itself, how it is said, its shape, what it is, and where from."""
    counted = "counts " if letter.kind == "size" else ""
    lines = [
        f'<p class="letter"><b>{formula(app, letter.shown)}</b> '
        f'<span class="said">{html.escape(said(app, letter))}</span></p>',
        f"<p>{in_html(app, docname, measure(letter, example))}</p>",
        f"<p>{in_html(app, docname, counted + letter.what)}</p>",
    ]
    label = letter.entry.get("where")
    if (
        not label
        and letter.tex in read(app).book
        and letter.kind not in UNBOUND
        and not letter.another
    ):
        label = "notation-symbols"
    if label:
        page, anchor, title = app.env.domains["std"].labels[label]
        if page != docname:
            title = f"{app.env.titles[page].astext()}: {title}"
        address = app.builder.get_relative_uri(docname, page)
        lines.append(f'<p><a href="{address}#{anchor}">{html.escape(title)}</a></p>')
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
    example = read(app).pages[docname].get("example", {})
    cards = "".join(
        f"<div>{card(app, docname, one, example)}</div>" for one in doctree["letters"]
    )
    context["body"] += f'<template class="letters">{cards}</template>'


# The notation page


def rows(app: Sphinx, table: Table, kind: str) -> Iterator[list[str]]:
    """The rows of a table of the notation page, as Markdown; the first are the names of the columns."""
    if kind == "elsewhere":
        yield ["on the page", "these letters stand for"]
        for page in table.pages:
            told = groupby(table.elsewhere(page), key=lambda one: one.what)
            items = [
                f"{', '.join(f'${one.shown}$' for one in same)} ({what})"
                for what, same in told
            ]
            if items:
                yield [f"{{doc}}`{page}`", ", ".join(items)]
        return
    sizes = kind == "sizes"
    letters = [
        x
        for x in table.book.values()
        if (x.kind == "size") == sizes and x.kind not in UNBOUND
    ]
    formulas.learn(app, ((one.shown, False) for one in letters))
    yield (
        ["letter", "what it counts"]
        if sizes
        else ["symbol", "said", "shape", "meaning"]
    )
    for one in letters:
        more = [] if sizes else [said(app, one), one.shape]
        yield [f"${one.shown}$", *more, one.what]


def said(app: Sphinx, letter: Letter) -> str:
    """The words for a letter."""
    if "said" in letter.entry:
        return letter.entry["said"]
    return mathml.say(set_(app, letter.shown))


def set_(app: Sphinx, tex: str) -> mathml.Node:
    """A letter, as MathML."""
    formulas.learn(app, [(tex, False)])
    return mathml.read(app.env.unrolled_formulas[tex, False])


class SymbolTable(SphinxDirective):
    """``{symbols}``: one of the tables of the notation page: sizes, symbols, or elsewhere."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Write the table in Markdown, and let it be read."""
        self.env.note_dependency(FILE)
        app, (kind,) = self.env.app, self.arguments
        head, *body = rows(app, read(app), kind)
        lines = ["{.said}"] * (kind == "symbols")
        lines += (
            f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *body]
        )
        around = nodes.Element()
        self.state.nested_parse(StringList(lines, FILE), self.content_offset, around)
        return around.children


def read(app: Sphinx) -> Table:
    """The table of this book, which is empty where there is none; raises ExtensionError at one that cannot be read."""
    path = Path(app.srcdir, FILE)
    try:
        return table(path.read_text() if path.is_file() else "")
    except ValueError as reason:
        raise ExtensionError(f"{FILE}: {reason}") from None


@functools.lru_cache(1)
def table(text: str) -> Table:
    """The table that a file has; read once, since that takes its time."""
    return Table(text)


def check(app: Sphinx, env: BuildEnvironment) -> None:
    """Warn of what the table says to be where it is not."""
    table = read(app)
    for page in table.pages:
        for one in table.letters(page).values():
            label = one.entry.get("where")
            if label and label not in env.domains["std"].labels:
                logger.warning(
                    "%s: %s: %s is defined at %s, which there is not",
                    FILE,
                    page,
                    one.tex,
                    label,
                )


def setup(app: Sphinx) -> dict:
    """Add the directive."""
    app.add_directive("symbols", SymbolTable)
    app.connect("source-read", depend)
    app.connect("env-check-consistency", check, priority=900)
    app.connect("html-page-context", add_cards)
    app.connect("doctree-resolved", look_up, priority=905)
    return {"parallel_read_safe": False}
