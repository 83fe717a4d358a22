"""The formulas of a page's results as they are printed, executed on the results' cases.

``book/symbols.yml`` says what their letters stand for.
"""

__all__ = ["BOUND", "Display", "Executed", "Page", "displays"]

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from unrolled.checks.formula import Case, Result
from unrolled.formulas.layout import Unreadable
from unrolled.formulas.meaning import (
    Node,
    Range,
    Statement,
    Symbols,
    expression,
    statements,
)
from unrolled.formulas.sides import differences
from unrolled.formulas.values import WAYS, Context, Values

BOUND = 1e-12
"""The largest error of an equality, in float64."""

CASES = 6
"""On how many cases a formula is executed, of sizes that are small."""

CODE = re.compile(r"^```\{code-cell\}.*?^```", re.DOTALL | re.MULTILINE)
BLOCK = re.compile(r"^(:{3,})\{prf:(?:proposition|remark)\}", re.MULTILINE)
LABEL = re.compile(r"^:label: (\S+)", re.MULTILINE)
DISPLAY = re.compile(r"\$\$\s*(.*?)\s*\$\$(?: \(([\w-]+)\))?", re.DOTALL)
INLINE = re.compile(r"(?<![\\$])\$(?!\$)([^$]+?)(?<!\\)\$")
SPACE = re.compile(r"(?<![\\$])\$([^$]+?\\in\s*\\R[^$]*)\$")
SHAPED = re.compile(
    r"\$([^$]+)\$,?\s+(?:(?:is|of shape)\s+\$([^$]+?\\times[^$]+?)\$"
    r"|\(\$([^$]+?\\times[^$]+?)\$\))"
)
STATES = re.compile(r"=|<|>|\\[lg]e(?![A-Za-z])")

PROSE = (
    "a cost",
    "a definition that no result uses",
    "a number that was chosen",
    "a random variable",
    "a rule of probability",
    "a sum over strings",
    "in words",
    "to the leading order",
)
"""Why a formula is not executed."""


class Display(NamedTuple):
    """A displayed formula: in which result or short answer it stands, its label, its
    TeX, and its line on the page; of and label are empty where there is none. Or a
    formula that a short answer states within a line.
    """

    of: str
    label: str
    tex: str
    line: int
    inline: bool = False


class Executed(NamedTuple):
    """A display, how many equalities of it were executed, and the largest error; or
    what was wrong; and how many only say what a letter is.
    """

    display: Display
    equalities: int
    error: float
    fault: str = ""
    defined: int = 0


def displays(text: str) -> list[Display]:
    """The displayed formulas of a page's source, in order."""
    text = CODE.sub(blank, text)
    places = blocks(text)
    found = []
    for one in DISPLAY.finditer(text):
        of = [label for start, end, label in places if start < one.start() < end]
        line = text.count("\n", 0, one.start(1)) + 1
        found.append(Display("".join(of[-1:]), one[2] or "", one[1], line))
    return found


def stated(text: str, sections: Sequence[str]) -> list[Display]:
    """The formulas that a page's source states within a line, in short answers and in
    the sections with these titles; and in these and the results, the shapes.
    """
    text = DISPLAY.sub(blank, CODE.sub(blank, text))
    own = blocks(text)
    places = [*own, *((*section(text, title), "") for title in sections)]
    shapes = (SPACE, r"\1"), (SHAPED, r"\1, \\quad \\text{shape } \2\3")
    found = []
    for start, end, label in places:
        states = label == "" or label.startswith("answer-")
        for pattern, tex in ((INLINE, r"\1"), *shapes)[not states :]:
            for one in pattern.finditer(text, start, end):
                of = [x for low, high, x in own if low < one.start() < high]
                told = pattern is not INLINE or STATES.search(one[1])
                told = told and not (pattern is SPACE and r"\dots" in one[1])
                if told and "".join(of) == label:
                    line = text.count("\n", 0, one.start()) + 1
                    found.append(Display(label, "", one.expand(tex), line, True))
    return list(dict.fromkeys(found))


def section(text: str, title: str) -> tuple[int, int]:
    """Where a section, or the solution of an exercise, begins and ends; raises
    Unreadable if there is none.
    """
    start = rf"^(?:#+|`+\{{solution-start\}}) {re.escape(title)}$"
    head = re.search(start, text, re.MULTILINE)
    if not head:
        raise Unreadable(f"the page has no section {title!r}")
    after = re.compile(r"^(?:#+ |`+\{solution-end\})", re.MULTILINE)
    end = after.search(text, head.end())
    return head.start(), end.start() if end else len(text)


def blank(found: re.Match) -> str:
    """As many lines, empty."""
    return re.sub(r"[^\n]", " ", found[0])


def blocks(text: str) -> list[tuple[int, int, str]]:
    """Where the results and the short answers of a page begin and end, and their
    labels.
    """
    return [
        (
            block.start(),
            text.index(f"\n{block[1]}\n", block.end()),
            LABEL.search(text, block.end())[1],
        )
        for block in BLOCK.finditer(text)
    ]


class Page:
    """The formulas of a page and what their letters stand for.

    ``entries`` are those of the page in ``book/symbols.yml``, each with all its
    ``symbols``; ``source`` gives the source of a page by its name. Raises Unreadable
    for a definition that the page does not print.
    """

    def __init__(
        self,
        name: str,
        entries: list[Mapping],
        source: Callable[[str], str],
    ) -> None:
        self.name, self.source = name, source
        text = source(name)
        sections = [one["section"] for one in entries if "section" in one]
        self.displays = displays(text) + stated(text, sections)
        self.sections = {
            title: tuple(text.count("\n", 0, at) for at in section(text, title))
            for title in sections
        }
        self.prose: dict[str, str] = {}
        self.computed: dict[tuple[int, str], list[Values]] = {}
        self.contexts = []
        for entry in entries:
            for tex, kind in entry.get("prose", {}).items():
                if kind not in PROSE:
                    told = f"{kind!r} is no reason; expected one of {', '.join(PROSE)}"
                    raise Unreadable(f"{tex!r} is not executed: {told}")
                self.prose[tex] = kind
            if "definitions" in entry:
                self.contexts.append((entry, context_of(entry, self.printed)))

    def printed(self, definition: str) -> str:
        """The TeX of a definition, which is a label or a formula of the page, or “in”
        another.
        """
        told, _, other = definition.partition(" in ")
        text = self.source(other or self.name)
        for display in displays(text):
            if display.label == told:
                return display.tex
            if told.endswith(" …") and display.tex.startswith(told[:-2]):
                return display.tex
        plain = re.compile(r"[\s&]")
        if plain.sub("", told) not in plain.sub("", text):
            raise Unreadable(
                f"the definition {told!r} is printed nowhere on the page {other or self.name}"
            )
        return told

    def context(self, display: Display) -> tuple[Mapping, Context] | None:
        """What the letters of a display stand for; None if it is not executed."""
        if self.said(display):
            return None
        own = [one for one in self.contexts if self._is_of(one[0], display)]
        return max(own, key=lambda one: "display" in one[0], default=None)

    def _is_of(self, entry: Mapping, display: Display) -> bool:
        """Whether an entry is for a display."""
        if "section" in entry:
            first, last = self.sections[entry["section"]]
            bare = not display.of and not display.label
            if bare and first < display.line <= last:
                return True
        places = entry.get("results", entry.get("labels"))
        if "section" in entry and not places:
            return False
        own = {display.of, display.label}
        if places and not own & {*places} and not begins(display.tex, places):
            return False
        shown = entry.get("display", "")
        return any(
            x in display.tex for x in ([shown] if shown == str(shown) else shown)
        )

    def said(self, display: Display) -> str:
        """Why a display of a result is prose; nothing if it is executed."""
        return next(
            (
                reason
                for told, reason in self.prose.items()
                if told == display.label or begins(display.tex, [told])
            ),
            "",
        )

    def cases(
        self, entry: Mapping, of: str, results: Mapping[str, Result]
    ) -> list[Case]:
        """The cases on which the formulas of a result are executed: of the random ones,
        the smallest in which no size is one.
        """
        if "numbers" in entry:
            return [{x: np.asarray(value) for x, value in entry["numbers"].items()}]
        if "draw" in entry:
            return drawn(entry)
        first = of if of in results else entry["results"][0]
        result = results[entry.get("cases", first)]
        only = entry.get("only", {}).get(of, [{}])
        found = [one for sizes in only for one in result.drawn(**sizes)]

        def large(one: tuple[Mapping[str, int], Case]) -> tuple[bool, int]:
            return min(one[0].values()) < 2, sum(one[0].values())

        return [case for _, case in sorted(found, key=large)[:CASES]]

    def executed(self, results: Mapping[str, Result]) -> Iterator[Executed]:
        """The displays of the page's results, executed."""
        for display in self.displays:
            found = self.context(display)
            if self.said(display):
                continue
            if not found:
                fault = f"a formula that is neither executed nor prose: {display.tex}"
                yield Executed(display, 0, np.inf, fault)
                continue
            yield executed(display, found[1], self.values(display, results))

    def values(self, display: Display, results: Mapping[str, Result]) -> list[Values]:
        """The values of the letters of a display that is executed, on all cases."""
        entry, context = self.context(display)
        of = display.of or display.label
        if (id(context), of) not in self.computed:
            cases = self.cases(entry, of, results)
            self.computed[id(context), of] = [Values(context, one) for one in cases]
        return self.computed[id(context), of]

    def ways(self) -> dict[str, list[str]]:
        """By which way which letters, in TeX, got their values so far."""
        found: dict[str, set[str]] = {way: set() for way in WAYS}
        for _, context in self.contexts:
            for name, ways in context.ways.items():
                for way in ways:
                    found[way].add(context.symbols.known[name].tex)
        return {way: sorted(letters) for way, letters in found.items()}


def context_of(entry: Mapping, printed: Callable[[str], str] = str) -> Context:
    """What the letters stand for, as an entry has it; ``printed`` gives the TeX of a
    definition, where it is not there itself.
    """
    symbols = Symbols(entry["symbols"])

    def end(told: str | int) -> Node:
        if told in symbols.known:
            return Node("symbol", (told, ()))
        return expression(str(told), symbols)

    def ends(pairs: Mapping) -> dict[str, tuple[Node, Node]]:
        return {letter: tuple(map(end, pair)) for letter, pair in pairs.items()}

    own = [*draws(entry)[0], *entry.get("numbers", {})]
    given = {name: name for name in own} | entry.get("given", {})
    single = {x: given.pop(x) for x in [*given] if x not in symbols.known}
    return Context(
        symbols,
        given,
        {name: tuple(axis) for name, axis in entry.get("sizes", {}).items()},
        tuple(
            given_member(tex, name, [*map(end, between)], symbols)
            for tex, (name, *between) in single.items()
        )
        + tuple(
            statement
            for tex in [
                *entry.get("draft", []),
                *map(printed, entry["definitions"]),
            ]
            for statement in statements(tex, symbols)
        ),
        ends(entry.get("ranges", {})),
        ends(entry.get("sets", {})),
        entry.get("copies", {}),
        entry.get("held", {}),
        frozenset(
            statement.sides[0]
            for tex in entry.get("draft", [])
            for statement in statements(tex, symbols)
        ),
    )


def draws(entry: Mapping) -> list[Mapping]:
    """What is drawn for the cases of an entry; there may be several kinds of cases."""
    told = entry.get("draw", {})
    return told if isinstance(told, list) else [told]


def drawn(entry: Mapping) -> list[Case]:
    """The cases that an entry draws."""
    rng = np.random.default_rng(2024)
    return [
        {
            name: getattr(rng, law)(**how)
            for name, one in laws.items()
            for law, how in one.items()
        }
        for laws in draws(entry)
        for _ in range(CASES)
    ]


def begins(tex: str, with_: Sequence[str]) -> bool:
    """Whether a formula begins with one of these; a blank is as good as a line."""
    return " ".join(tex.split()).startswith(tuple(with_))


def given_member(
    tex: str, name: str, between: list[Node], symbols: Symbols
) -> Statement:
    """What the case has for a member of a family, such as h_0, or for all between two
    indices, as a definition.
    """
    head = expression(tex, symbols)
    letters = tuple(x for x in head.parts[1] if x.op == "letter")
    ranges = (Range(letters[-1].parts[0], *between),) if between else ()
    first = between[0] if between else Node("number", (1.0,))
    given = Node("given", (name, letters, first))
    return Statement((head, given), ("=",), ranges, ())


def executed(display: Display, context: Context, values: list[Values]) -> Executed:
    """A display, executed on some cases; what cannot be read or computed is said."""
    try:
        said = stating(display.tex, context.symbols)
        found = [errors_of(one, values) for one in said]
        if not all(found):
            raise Unreadable("a statement that holds of no case")
        errors = sum(found, [])
        # where a letter gets its value from here, one of the links says nothing
        links = [max(1, len(one.sides) - 1) for one in said]
        told = [
            links[k] - (said[k].sides in context.defining) for k in range(len(said))
        ]
        count = sum(len(x) * n // m for x, n, m in zip(found, told, links, strict=True))
        defined = len(errors) - count
    except ValueError as reason:
        return Executed(display, 0, np.inf, str(reason))
    worst = max(errors, default=0.0)
    fault = f"the sides differ by {worst:.1e}" if worst > BOUND else ""
    return Executed(display, count, worst, fault, defined)


def stating(tex: str, symbols: Symbols) -> list[Statement]:
    """The statements of a formula; raises Unreadable if there are none."""
    found = statements(tex, symbols)
    if not found:
        raise Unreadable("nothing is stated")
    return found


def errors_of(statement: Statement, values: list[Values]) -> list[float]:
    """How far the sides of a statement are apart, on all cases."""
    return [error for one in values for error in differences(statement, one)]
