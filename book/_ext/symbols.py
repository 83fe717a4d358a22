"""The one table of the book's symbols, ``book/symbols.yml``: what each letter is, on each page.

A page has the book's letters, but for those of a name that it has itself: there, ``c`` may be a word. ``{symbols}``
makes the tables of the notation page. The printed formulas are executed with these letters (``printed.py``), and each
letter of a formula is looked up in them (``touch.py``).
"""

import functools
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
    """What is computed of letters, and what they are: one of each name, and none that is bound on the page."""
    first: dict[str, Letter] = {}
    for one in sorted(letters, key=lambda one: one.kind != "bound"):
        first.setdefault(one.name, one)
    parts = "kind", "shape", "means", "of"
    return {
        one.tex: {
            **{part: one.entry[part] for part in parts if one.entry.get(part)},
            "is": one.what,
        }
        for one in first.values()
        if one.kind not in UNBOUND
    }


def head(name: str) -> str:
    """A name without what stands below and above it."""
    return re.split("[_^]", name)[0]


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
    return mathml.say(as_mathml(app, letter.shown))


def as_mathml(app: Sphinx, tex: str) -> mathml.Node:
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


def depend(app: Sphinx, docname: str, source: list[str]) -> None:
    """Read a page again when the table has changed."""
    if docname in read(app).pages:
        app.env.note_dependency(FILE)


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
    return {"parallel_read_safe": False}
