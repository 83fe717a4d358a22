"""The formulas of a page's results as they are printed, executed on the results' cases.

``book/symbols.yml`` says what their letters stand for.
"""

__all__ = ["BOUND", "Display", "Executed", "Page", "displays"]

import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import numpy as np

from unrolled.checks.formula import Case, Result
from unrolled.formulas.layout import Unreadable, read
from unrolled.formulas.meaning import (
    Node,
    Range,
    Reader,
    Statement,
    Symbols,
    statements,
)
from unrolled.formulas.values import Context, Values, differences

BOUND = 1e-12
"""The largest error of an equality, in float64."""

CASES = 6
"""On how many cases a formula is executed, of sizes that are small."""

CODE = re.compile(r"^```\{code-cell\}.*?^```", re.DOTALL | re.MULTILINE)
BLOCK = re.compile(r"^(:{3,})\{prf:(?:proposition|remark)\}", re.MULTILINE)
LABEL = re.compile(r"^:label: (\S+)", re.MULTILINE)
DISPLAY = re.compile(r"\$\$\s*(.*?)\s*\$\$(?: \(([\w-]+)\))?", re.DOTALL)


class Display(NamedTuple):
    """A displayed formula: in which result or short answer it stands, its label, its
    TeX, and its line on the page; of and label are empty where there is none.
    """

    of: str
    label: str
    tex: str
    line: int


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
    text = CODE.sub(lambda cell: re.sub(r"[^\n]", " ", cell[0]), text)
    blocks = []
    for block in BLOCK.finditer(text):
        end = text.index(f"\n{block[1]}\n", block.end())
        blocks.append((block.start(), end, LABEL.search(text, block.end())[1]))
    found = []
    for one in DISPLAY.finditer(text):
        of = [label for start, end, label in blocks if start < one.start() < end]
        line = text.count("\n", 0, one.start(1)) + 1
        found.append(Display("".join(of[-1:]), one[2] or "", one[1], line))
    return found


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
        self.displays = displays(source(name))
        self.prose: dict[str, str] = {}
        self.contexts = []
        for entry in entries:
            self.prose |= entry.get("prose", {})
            if "definitions" in entry:
                self.contexts.append((entry, self._context(entry)))

    def _context(self, entry: Mapping) -> Context:
        """What the letters stand for, as an entry has it."""
        symbols = Symbols(entry["symbols"])

        def end(told: str | int) -> Node:
            if told in symbols.known:
                return Node("symbol", (told, ()))
            return Reader(read(str(told)).children, symbols).whole()

        def ends(pairs: Mapping) -> dict[str, tuple[Node, Node]]:
            return {letter: tuple(map(end, pair)) for letter, pair in pairs.items()}

        given = {name: name for name in entry.get("draw", {})} | entry.get("given", {})
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
                    *map(self._printed, entry["definitions"]),
                ]
                for statement in statements(tex, symbols)
            ),
            ends(entry.get("ranges", {})),
            ends(entry.get("sets", {})),
            entry.get("copies", {}),
            entry.get("held", {}),
        )

    def _printed(self, definition: str) -> str:
        """The TeX of a definition, which is a label or a formula of the page, or “in”
        another.
        """
        told, _, other = definition.partition(" in ")
        text = self.source(other or self.name)
        for display in displays(text):
            if display.label == told:
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
        own = [
            (entry, context)
            for entry, context in self.contexts
            if not (places := entry.get("results", entry.get("labels")))
            or {display.of, display.label} & {*places}
            if entry.get("display", "") in display.tex
        ]
        return max(own, key=lambda one: "display" in one[0], default=None)

    def said(self, display: Display) -> str:
        """Why a display of a result is prose; nothing if it is executed."""
        return next(
            (
                reason
                for told, reason in self.prose.items()
                if told == display.label
                or " ".join(display.tex.split()).startswith(told)
            ),
            "",
        )

    def cases(
        self, entry: Mapping, of: str, results: Mapping[str, Result]
    ) -> list[Case]:
        """The cases on which the formulas of a result are executed: of the random ones,
        the smallest in which no size is one.
        """
        if "draw" in entry:
            rng = np.random.default_rng(2024)
            laws = [
                (name, law, how)
                for name, one in entry["draw"].items()
                for law, how in one.items()
            ]
            return [
                {name: getattr(rng, law)(**how) for name, law, how in laws}
                for _ in range(CASES)
            ]
        first = of if of in results else entry["results"][0]
        result = results[entry.get("cases", first)]
        only = entry.get("only", {}).get(of, [{}])
        drawn = [one for sizes in only for one in result.drawn(**sizes)]

        def large(one: tuple[Mapping[str, int], Case]) -> tuple[bool, int]:
            return min(one[0].values()) < 2, sum(one[0].values())

        return [case for _, case in sorted(drawn, key=large)[:CASES]]

    def executed(self, results: Mapping[str, Result]) -> Iterator[Executed]:
        """The displays of the page's results, executed."""
        values: dict[tuple[int, str], list[Values]] = {}
        for display in self.displays:
            found = self.context(display)
            if not found and (not display.of or self.said(display)):
                continue
            if not found:
                fault = "the formula of a result that is neither executed nor prose"
                yield Executed(display, 0, np.inf, fault)
                continue
            entry, context = found
            of = display.of or display.label
            key = id(context), of
            if key not in values:
                cases = self.cases(entry, of, results)
                values[key] = [Values(context, case) for case in cases]
            yield executed(display, context, values[key])


def given_member(
    tex: str, name: str, between: list[Node], symbols: Symbols
) -> Statement:
    """What the case has for a member of a family, such as h_0, or for all between two
    indices, as a definition.
    """
    head = Reader(read(tex).children, symbols).whole()
    letters = tuple(x for x in head.parts[1] if x.op == "letter")
    ranges = (Range(letters[-1].parts[0], *between),) if between else ()
    first = between[0] if between else Node("number", (1.0,))
    given = Node("given", (name, letters, first))
    return Statement((head, given), ("=",), ranges, ())


def executed(display: Display, context: Context, values: list[Values]) -> Executed:
    """A display, executed on some cases; what cannot be read or computed is said."""
    try:
        said = statements(display.tex, context.symbols)
        found = [errors_of(one, values) for one in said]
        if not all(found):
            raise Unreadable("a statement that holds of no case")
        errors = sum(found, [])
        # where a letter gets its value from here, one of the links says nothing
        links = [len(one.sides) - 1 for one in said]
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


def errors_of(statement: Statement, values: list[Values]) -> list[float]:
    """How far the sides of a statement are apart, on all cases."""
    return [error for one in values for error in differences(statement, one)]
