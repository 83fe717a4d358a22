"""What a reader may derive: the left sides of the gradients that a page's results
state, with all that a check needs that has no right line at hand.

A goal has its value on a few cases, the values of its terms, and of each known mistake
two projections, by which it is recognised. The line that is right is in none of them.
"""

__all__ = ["Goal", "goals", "packed", "projections", "unpacked"]

import itertools
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from unrolled.checks.formula import Case, Result, error, parts
from unrolled.formulas.arrays import array
from unrolled.formulas.meaning import Node, Statement, statements
from unrolled.formulas.printed import BOUND, Display, Page, context_of
from unrolled.formulas.sides import environments, free
from unrolled.formulas.values import Context, Values

IDENTITY = Node("symbol", ("I", ()))

SAME = 1e-9
"""Two values that differ less, computed in two ways, are the same."""

DRAWN = 3
"""On so many random cases a line is checked, apart from those with one size fixed."""

SOME = 2.0
"""The step, or the layer, on which a line is tried as one of plain numbers."""

ENTRIES = 300
"""An edge case whose given arrays have more entries is left to the build's check."""


OF_THE_BUILD = {"display", "labels", "prose", "section"}
"""What an entry says of where its formulas stand."""


class Goal(NamedTuple):
    """A left side that a reader may be asked for.

    ``tex`` is the left side, ``head`` and ``last`` the first and the last side of the
    statement, ``free`` the letters of the left side that take several values.
    """

    display: Display
    entry: Mapping
    context: Context
    statement: Statement
    tex: str
    free: tuple[str, ...]

    @property
    def head(self) -> Node:
        """The left side."""
        return self.statement.sides[0]

    @property
    def sign(self) -> int:
        """−1 if the left side is of the loss."""
        return -1 if "(-" in self.tex else 1

    def of_cases(self, results: Mapping[str, Result]) -> str:
        """The label of the result whose cases are taken."""
        own = self.display.of
        own = own if own in results else self.entry["results"][0]
        return self.entry.get("cases", own)

    @property
    def used(self) -> set[str]:
        """The letters of the statement."""
        return letters((self.statement,))


def goals(page: Page) -> Iterator[Goal]:
    """The gradients that the results and short answers of a page state, outside of
    their derivations.
    """
    text = page.source(page.name)
    for display in page.displays:
        found = display.of and page.context(display)
        if found and not derived(text, display):
            yield from stated_in(display, *found)


def stated_in(display: Display, entry: Mapping, context: Context) -> Iterator[Goal]:
    """The gradients that a display states."""
    for statement in statements(display.tex, context.symbols):
        if is_gradient(statement, context):
            tex = left_side(display.tex, statement.sides[0])
            letters = tuple(sorted(free(statement.sides[0]) & wanted(context)))
            yield Goal(display, entry, context, statement, tex, letters)


def packed(page: Page) -> dict:
    """The goals of a page as JSON has them: each display with its block and the place
    of its entry, in which definitions are as they are printed.
    """
    entries, shown = [], {}
    for goal in goals(page):
        own = {k: x for k, x in goal.entry.items() if k not in OF_THE_BUILD}
        own["definitions"] = [*map(page.printed, own["definitions"])]
        own["symbols"] = {
            name: {k: x for k, x in one.items() if k != "is"}
            for name, one in own["symbols"].items()
        }
        if own not in entries:
            entries.append(own)
        shown[goal.display] = entries.index(own)
    displays = [[one.of, one.tex, k] for one, k in shown.items()]
    return {"entries": entries, "displays": displays}


def unpacked(packed: Mapping, of: str) -> Iterator[Goal]:
    """The goals of a block of a page, each left side once."""
    told = set()
    for label, tex, k in packed["displays"]:
        if label == of:
            entry = packed["entries"][k]
            for goal in stated_in(Display(of, "", tex, 0), entry, context_of(entry)):
                if goal.tex not in told:  # of another network
                    told.add(goal.tex)
                    yield goal


def letters(said: Iterable[Statement], ops: Collection[str] = ("symbol",)) -> set[str]:
    """The letters that statements have; with other ``ops`` what is called, too."""
    return {
        node.parts[0]
        for one in said
        for side in one.sides
        for node in side.all()
        if node.op in ops
    }


SPOKEN = "symbol", "call", "function"


def spoken(page: Page, of: Collection[str], context: Context) -> set[str]:
    """The letters and functions that some blocks of a page state, and those that these
    stand for: of them a line may be made. J and its derivatives are what is asked for.
    """
    text, asked_for = page.source(page.name), {"J", *derivatives(context).values()}
    stated = [
        statement
        for one in page.displays
        if one.of in of and not derived(text, one)
        if (page.context(one) or (0, 0))[1] is context
        for statement in statements(one.tex, context.symbols)
    ]
    words = {x for x, one in context.symbols.known.items() if one.kind == "index"}
    defined = [
        (
            letters([one._replace(sides=one.sides[:1])], SPOKEN) - words,
            letters([one], SPOKEN),
        )
        for one in context.definitions
    ]
    found, before = letters(stated, SPOKEN), set[str]()
    while found != before:
        before = found
        found = found.union(*(x for head, x in defined if head <= found - asked_for))
    return found


def derived_in(goal: Goal, goals: Sequence[Goal]) -> str:
    """The result that derives a goal; a short answer states it alone."""

    def what(head: Node) -> object:
        return head.parts[head.op == "derivative"]

    same = [
        one
        for one in goals
        if what(one.head) == what(goal.head)
        and not one.display.of.startswith("answer-")
    ]
    best = max(
        same,
        key=lambda one: (
            one.display.of == goal.display.of,
            one.context is goal.context,
        ),
        default=goal,
    )
    return best.display.of


def derived(text: str, display: Display) -> bool:
    """Whether a display stands in a derivation."""
    above = "\n".join(text.splitlines()[: display.line])
    block = above.rindex(f":label: {display.of}")
    return ":::{prf:proof}" in above[block:]


def left_side(tex: str, head: Node) -> str:
    """The TeX of a left side."""
    return tex[head.at : tex.index("=", head.at)].replace("&", "").strip()


def last_side(tex: str, last: Node) -> str:
    """The TeX of a last side."""
    begin = tex.rindex("=", 0, min(one.at for one in last.all())) + 1
    end = re.split(
        r"&&|\\in\s+\\R|\\\\|\\qquad|\\quad|\\end\{|(?<=[\w})])\s*[,.]\s*(?=\n|$)",
        tex[begin:],
    )
    return end[0].strip().rstrip(".,").strip()


def wanted(context: Context) -> set[str]:
    """The letters that count something: those that are not given by the case."""
    return {*context.ranges} - {*context.given}


def derivatives(context: Context) -> dict[str, str]:
    """The letters that are derivatives of J, by what J is differentiated by."""
    return {
        last.parts[1].parts[0]: head.parts[0]
        for head, last in ((one.sides[0], one.sides[-1]) for one in context.definitions)
        if last.op == "derivative" and head.op == last.parts[1].op == "symbol"
    }


NO_FORMULA = {"derivative", "held", "moment", "block", "stack"}
"""What no line of a reader can have."""


def is_gradient(statement: Statement, context: Context) -> bool:
    """Whether a statement says what a gradient is, without derivatives."""
    head, last = statement.sides[0], statement.sides[-1]
    if {*statement.relations} != {"="} or NO_FORMULA & {one.op for one in last.all()}:
        return False
    if head.op == "derivative":
        of = head.parts[0]
        known = context.symbols.known
        return of.op != "symbol" or known[of.parts[0]].kind == "number"
    return head.op == "symbol" and head.parts[0] in derivatives(context).values()


# Values


def spans(goal: Goal, values: Values) -> Iterator[dict[str, float]]:
    """All values of the letters of a left side."""
    for env in environments(goal.head, goal.statement.ranges, values):
        env = {letter: env[letter] for letter in goal.free}
        try:
            for side in goal.statement.sides:
                values.value(side, env)
        except (ValueError, IndexError):
            continue  # the first step has no state before it
        yield env


def value_of(node: Node, values: Values, env: Mapping) -> np.ndarray:
    """The value of an expression in NumPy: a column, a matrix, or a number."""
    return array(values.value(node, env), [])


def terms(node: Node, values: Values, env: Mapping, sign: int = 1) -> list[np.ndarray]:
    """The values of the terms of a right side; sums are written out."""
    if node.op in ("add", "sub"):
        left, right = node.parts
        other = sign if node.op == "add" else -sign
        return [*terms(left, values, env, sign), *terms(right, values, env, other)]
    if node.op == "neg":
        return terms(node.parts[0], values, env, -sign)
    if node.op == "sum":
        return [sign * array(one, []) for one in values._members(node, env)]
    if node.op == "product":
        factors, joins = node.parts
        for k, factor in enumerate(factors):
            if factor.op in ("add", "sub") and IDENTITY in factor.parts:
                spread = tuple(
                    Node("product", ((*factors[:k], part, *factors[k + 1 :]), joins))
                    for part in factor.parts
                )
                return terms(Node(factor.op, spread), values, env, sign)
    return [sign * value_of(node, values, env)]


def cases(
    page: Page, goal: Goal, results: Mapping[str, Result]
) -> list[tuple[str, Case]]:
    """The cases on which a line is checked, each with its kind: "pencil", "drawn",
    "sized" (a size is one, or three), and edge cases by their names.
    """
    entry, of = goal.entry, goal.display.of
    drawn = page.cases(entry, of, results)[:DRAWN]
    if "draw" in entry:
        return [("drawn", case) for case in drawn]
    result = results[goal.of_cases(results)]
    found = [("pencil", result.worked[0].case), *(("drawn", case) for case in drawn)]
    if of in entry.get("only", {}):
        return found
    sized = [
        ("sized", case)
        for fixed in ({"d": 1}, {"T": 3}, {"L": 2})
        if {*fixed} <= {*result.sizes}
        for _, case in itertools.islice(result.drawn(**fixed), 1)
    ]
    return [*found, *sized, *edges(result).items()]


def edges(result: Result) -> dict[str, Case]:
    """The edge cases of a result on which a line is checked, by name."""
    return {
        name: case
        for name, case in result.edges.items()
        if sum(np.size(x) for x in case.values()) <= ENTRIES
        and not any(0 in np.shape(x) for x in case.values())
    }


# Mistakes


def projections(value: np.ndarray) -> list[float]:
    """Two numbers by which a value is recognised: its entries, row by row, with weights
    that are the same in the page.
    """
    found, state = [0.0, 0.0], 1
    for x in np.asarray(value, dtype=float).ravel():
        for k in range(2):
            state = state * 48271 % 2147483647
            found[k] += x * (state / 2147483647 - 0.5)
    return found


Place = tuple[str, tuple[int, ...]]
"""A part of what a result gives, and the row of it that is meant."""


def place_of(value: np.ndarray, claimed: Mapping[str, np.ndarray]) -> Place | None:
    """Where a value stands in what a result gives."""
    flat = np.squeeze(value)
    for name, found in claimed.items():
        for depth in range(min(3, found.ndim + 1)):
            for row in itertools.product(*map(range, found.shape[:depth])):
                if (
                    np.shape(np.squeeze(found[row])) == flat.shape
                    and flat.any()
                    and error(np.squeeze(found[row]), flat) <= SAME
                ):
                    return name, row
    return None


def mistaken(
    goal: Goal, own: Sequence[Result], case: Case, value: np.ndarray
) -> dict[str, list[float]]:
    """The projections of what each known mistake makes of a value on a case."""
    found: dict[str, list[float]] = {}
    for result in own:
        try:
            claimed = parts(result.claim(**case))
        except TypeError:
            continue  # a result of other arguments
        sign = 1
        place = place_of(value, claimed)
        if place is None:  # the gradient of the loss
            sign, place = -1, place_of(-value, claimed)
        if place is None:
            continue
        name, row = place
        for mutant in result.mutants:
            try:
                with np.errstate(all="ignore"):
                    wrong = sign * parts(mutant.function(**case))[name][row]
            except Exception:  # a mistake may fail where the formula does not
                continue
            same = error(np.squeeze(wrong), np.squeeze(value)) <= SAME
            if np.isfinite(wrong).all() and not same:
                found.setdefault(mutant.mistake, projections(wrong))
    return found


# As plain numbers


def plain(part: object) -> object:
    """An expression, or a part of one, as if all were numbers."""
    if isinstance(part, Node):
        if part.op == "transpose":
            return plain(part.parts[0])
        if part.op == "function" and part.parts[0] == "diag":
            return plain(part.parts[1])
        if part == IDENTITY:
            return Node("number", (1.0,), part.at)
        if part.op == "product":
            factors, joins = part.parts
            joins = tuple(join if join == "/" else "" for join in joins)
            return Node("product", (plain(factors), joins), part.at)
        return replace(part, parts=plain(part.parts))
    return tuple(map(plain, part)) if isinstance(part, tuple) else part


def draft(page: Page, goal: Goal) -> tuple[Mapping, Context, Node] | None:
    """A draft of the page in which the goal holds for plain numbers: its entry, its
    letters, and the left side in these.
    """
    for entry, context in page.contexts:
        if "draft" not in entry:
            continue
        try:
            said = statements(goal.display.tex, context.symbols)
            sides = next(x.sides for x in said if x.sides[0].at == goal.head.at)
            head, last = plain(sides[0]), plain(sides[-1])
            values = Values(context, page.cases(entry, "", {})[0])
            env = dict.fromkeys(goal.free, SOME)
            apart = error(*(value_of(side, values, env) for side in (head, last)))
        except (ValueError, KeyError, IndexError):
            continue
        if apart <= BOUND:
            return entry, context, head
    return None
