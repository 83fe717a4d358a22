"""A reader's line as a function of the case, so that what judges functions judges it.

What a block asks for is in ``goals.json``, which the build holds against the pages.
"""

__all__ = ["attempt_line"]

import difflib
import functools
import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from importlib.resources import files
from operator import itemgetter
from typing import NamedTuple

import numpy as np

from unrolled.checks.diagnosis import OF_THE_LOSS, SINGLE
from unrolled.checks.formula import RESULTS, Case, Parts, Result, error, parts
from unrolled.checks.formula import named as sizes_of
from unrolled.checks.mutants import Mutant
from unrolled.checks.reading import Unreadable
from unrolled.checks.verdict import (
    UNREAD,
    WRONG,
    Verdict,
    against,
    allowed,
    demand_label,
    pages,
    readings,
    unknown_before,
)
from unrolled.formulas.arrays import IDENTITY, Identity, Misshapen, Value, array
from unrolled.formulas.meaning import Node, Symbol, Symbols, Test, expression
from unrolled.formulas.printed import drawn
from unrolled.formulas.sides import free
from unrolled.formulas.typos import typos
from unrolled.formulas.values import Values
from unrolled.yours.goals import (
    SAME,
    Goal,
    derivatives,
    edges,
    last_side,
    spans,
    unpacked,
    value_of,
)
from unrolled.yours.typed import Mistyped, Typed, oriented, shown, typed, valued

J = Node("symbol", ("J", ()))

DRAWN = 24
"""A line is held against so many random cases, since its letters are differentiated in
each.
"""

LARGEST = 100
"""A random case with more numbers takes too long: a line may sum in each entry."""

FEW = 4
"""On so many cases it is tried how a line is meant, and which part of a result a
gradient is.
"""


@functools.cache
def table(name: str) -> dict:
    """A file of this room."""
    return json.loads(files(__package__).joinpath(name).read_text("utf-8"))


def say(fault: str, **words: str) -> str:
    """What the page says of a fault."""
    said = table("said.json")
    return f"{said['status'][fault]} {said['ask'][fault].format(**words)}"


class Refused(Exception):
    """What is said of a line that has no values to be compared."""

    def __init__(self, words: str, right: bool | None = None) -> None:
        super().__init__(words)
        self.right = right


def attempt_line(label: str, text: str, /, **only: int) -> Verdict:
    """Hold the line that a reader wrote against the gradient that a block states, as
    :func:`unrolled.checks.attempt` does.

    Raises ValueError for the label of what states no gradient, and for a size that is
    not known; TypeError for what is no label or no size.
    """
    demand_label(label)
    goals = goals_of(label)
    try:
        wanted, lines = understood(text, goals)
        result = wanted.result()
        only = sizes(result, wanted.goal, any(x.of_three_steps() for x in lines), only)
        line, is_right = as_meant(lines, result, only)
    except Refused as reason:
        word = UNREAD if reason.right is None else WRONG
        return Verdict(reason.right, f"{label}: {word}. {reason}")
    if not is_right:
        result = replace(result, mutants=wanted.mistakes)
    verdict = against(result, line, only)
    return verdict._replace(words="\n".join([verdict.words, *line.notes(verdict)]))


@functools.cache
def goals_of(label: str) -> list[Goal]:
    """The gradients that a block states, whose page's results are imported."""
    known = table("goals.json")
    for page, own in known.items():
        if goals := list(unpacked(own, label)):
            if (
                "draw" not in goals[0].entry
                and goals[0].of_cases(RESULTS) not in RESULTS
            ):
                raise unknown_before(label, page.replace("-", "_"))
            return goals
    if label in RESULTS or label in pages():
        raise ValueError(
            f"the result {label!r} states no gradient that can be written as a line; give a function"
        )
    labels = {of for own in known.values() for of, *_ in own["displays"]}
    near = difflib.get_close_matches(label, labels, n=1) or ["softmax-error"]
    raise ValueError(
        f"nothing that states a gradient has the label {label!r}; did you mean {near[0]!r}? A label is the last part "
        "of the address of a block that has a button “Write yours”, behind the #"
    )


def sizes(
    result: Result, goal: Goal, of_three_steps: bool, only: Mapping[str, int]
) -> dict[str, int]:
    """The sizes that are fixed: by the reader, by the block, by a line that is written
    out for three steps.
    """
    asked = allowed(result, only)
    fixed = goal.entry.get("only", {}).get(goal.display.of, [{}])[0]
    for letter, size in fixed.items():
        if asked.get(letter, size) != size:
            raise ValueError(
                f"{letter} = {asked[letter]} is not among the cases of {goal.display.of}, which have {letter} = {size}"
            )
    three = {"T": 3} if of_three_steps and "T" in result.sizes else {}
    return {**three, **fixed, **asked}


# From a line to an expression


def understood(text: str, goals: Sequence[Goal]) -> tuple["Wanted", list["Line"]]:
    """What a line is to be held against, and the line in all ways in which it can be
    read. Raises :class:`Refused`.
    """
    used = set().union(*(goal.used for goal in goals))
    found = []
    for goal in goals:
        symbols = valued(goal.context, used)
        symbols.known.setdefault("J", Symbol("J", "number"))  # in a left side
        said = read(text, symbols)
        if not said.left or asks(said.left, goal, symbols):
            found.append((goal, symbols, said))
    titles = " or ".join(plain(goal.tex) for goal in goals)
    if not found:
        raise Refused(say("other", goal=titles))
    if len(found) > 1:
        lefts = ", ".join(f"“{plain(goal.tex)} = …”" for goal, *_ in found)
        raise Refused(
            f"Which gradient is it? Begin the line with its left side: {lefts}."
        )
    ((goal, symbols, said),) = found
    sign = -1 if said.left.startswith("-") else 1 if said.left else goal.sign
    wanted = wanted_of(goal.display.of, goals.index(goal), sign)
    return wanted, [
        Line(wanted, said, node, order)
        for node in expressions(said, goal, symbols)
        for order in orders(indices_of(node, goal, symbols), said.left, symbols)
    ]


def read(text: str, symbols: Symbols) -> Typed:
    """A line as students type it, or as the book prints it. Raises :class:`Refused`."""
    try:
        said = typed(text, symbols)
    except Mistyped as reason:
        sides = [side.strip(" &") for side in text.split("=")]
        try:
            expression(sides[-1], symbols)
        except ValueError:
            raise Refused(complaint(reason, text)) from None
        return Typed((sides[-1],), (), (), oriented(sides[0] if sides[1:] else ""))
    if said.asked:
        raise Refused(unknown(said))
    return said


def complaint(reason: Mistyped, text: str) -> str:
    """Why a line cannot be read, where, and what may be meant."""
    if reason.offer:
        return f"{reason} Did you mean: {reason.offer}"
    before = text[: reason.at][-20:]
    return f"{reason} (behind “{before}”)" if before else str(reason)


def unknown(said: Typed) -> str:
    """Which letters are not known, and what to write."""
    told = []
    for name, _, offered in said.asked:
        meant = " or ".join(map(plain, offered)) or "the letters of the page"
        told.append(f"{name} is no letter here: write {meant}.")
    return " ".join(told)


def left_side(tex: str, symbols: Symbols) -> Node:
    """A left side without its sign, whatever is differentiated."""
    by = re.fullmatch(r"-?\\frac\{\\partial .*\}\{\\partial (.*)\}", tex)
    if by:
        return Node("derivative", (J, expression(by[1], symbols)))
    return expression(tex.removeprefix("-"), symbols)


def asks(left: str, goal: Goal, symbols: Symbols) -> bool:
    """Whether a goal asks for a left side, or for an entry of it."""
    known = derivatives(goal.context)
    try:
        return subject(left_side(left, symbols), known) == subject(goal.head, known)
    except ValueError:
        return False


def subject(node: Node, known: Mapping[str, str]) -> Node:
    """What a derivative is with respect to; or the letter that the derivative has."""
    node = whole(node)
    if node.op != "derivative":
        return node
    by = whole(node.parts[1])
    return letter_of(by, known) or by


def whole(node: Node) -> Node:
    """What a node is an entry of, or itself."""
    return node.parts[0] if node.op == "entry" else node


def letter_of(by: Node, known: Mapping[str, str]) -> Node | None:
    """The letter that the derivative of J with respect to a letter has, if one."""
    if by.op == "symbol" and (letter := known.get(by.parts[0])):
        return replace(by, parts=(letter, by.parts[1]))
    return None


def named(part: object, known: Mapping[str, str]) -> object:
    """An expression, or a part of one, in which derivatives of J that have a letter are
    called by it.
    """
    if isinstance(part, tuple):
        parts = [named(x, known) for x in part]
        return part._make(parts) if isinstance(part, Test) else tuple(parts)
    if not isinstance(part, Node):
        return part
    if part.op == "derivative" and part.parts[0] == J:
        by = part.parts[1]
        if letter := letter_of(whole(by), known):
            return letter if by.op != "entry" else Node("entry", (letter, by.parts[1]))
    return replace(part, parts=named(part.parts, known))


def expressions(said: Typed, goal: Goal, symbols: Symbols) -> list[Node]:
    """A right side in all ways in which it can be read. Raises :class:`Refused`."""
    known, found, reason = derivatives(goal.context), [], None
    for tex in said.readings:
        try:
            found.append(named(expression(tex, symbols), known))
        except ValueError as fault:
            reason = reason or fault
    if not found:
        raise Refused(sentence(reason))
    if any(one.op == "derivative" for one in found[0].all()):
        raise Refused(say("chain"))
    if whole(found[0]) == named(goal.head, known):
        raise Refused(say("itself"))
    return found


def indices_of(node: Node, goal: Goal, symbols: Symbols) -> tuple[str, ...]:
    """The letters by which a line has the entries of the gradient. Raises
    :class:`Refused` for those that stand for a step.
    """
    loose = sorted(free(node) - {*goal.free, *symbols.known})
    places = [one for x in node.all() if x.op == "entry" for one in x.parts[1]]
    entries = set().union(*map(free, places))
    if steps := [x for x in loose if x in goal.context.ranges and x not in entries]:
        raise Refused(say("sum", letter=plain(steps[0])), False)
    if len(loose) > 2:
        raise Refused(
            f"What do {', '.join(loose)} stand for? An entry has two indices."
        )
    return tuple(loose)


def orders(
    indices: tuple[str, ...], left: str, symbols: Symbols
) -> list[tuple[str, ...]]:
    """The orders in which indices may be those of an entry: that of the left side, if
    it has them, or each.
    """
    own: tuple[str, ...] = ()
    with suppress(ValueError):
        entries = (
            x.parts[1] for x in left_side(left, symbols).all() if x.op == "entry"
        )
        own = tuple(letter for one in next(entries, ()) for letter in sorted(free(one)))
    every = [*itertools.permutations(indices)]
    return [own] if own in every else every


def plain(tex: str) -> str:
    """The TeX of a letter, or of a side, as one types it."""
    for pattern, text in TYPED.items():
        tex = re.sub(pattern, text, tex)
    return " ".join(shown(tex).split())


TYPED = {
    r"\\[bB]igg?[lr]|\\[,;! ]|&": " ",
    r"\\(?:text|operatorname)\{(\w+)\}": r"\1",
    r"([_^])\{(\w+|\(\\?\w+\))\}": r"\1\2",
    r"\\frac\{((?:[^{}]|\{[^{}]*\})*)\}\{((?:[^{}]|\{[^{}]*\})*)\}": r"\1/\2",
    r"\\partial *": "d",
    r" / ": "/",
    r"\\mid": "|",
    r"\^(\{?)(.*?)\\top": r"^\1\2T",
    r"\\odot": "⊙",
    r"\\cdot(?!s)": "·",
}
"""How TeX is typed, by patterns."""


# From an expression to a function


class Known(NamedTuple):
    """The values of a case: of its letters; and of the gradient, for all letters of the
    left side that count.
    """

    values: Values
    spans: list[dict[str, float]]
    right: list[np.ndarray]


class Gradient(Result):
    """A gradient that a block states, to be attempted alone; it has no label of its
    own.
    """

    def __post_init__(self) -> None:
        """Leave the result with the label as it is."""

    def drawn(self, **only: int) -> Iterator[tuple[dict[str, int], Case]]:
        """The first of the random cases that are not large."""
        found = [*super().drawn(**only)]
        small = [one for one in found if sum(map(np.size, one[1].values())) <= LARGEST]
        return iter((small or found[:FEW])[:DRAWN])


@functools.lru_cache(8)
def wanted_of(label: str, place: int, sign: int) -> "Wanted":
    """One of the gradients of a block, whose values are kept for the next line."""
    return Wanted(goals_of(label)[place], sign)


@dataclass
class Wanted:
    """What a line has to be: a goal, with the sign of the line's left side."""

    goal: Goal
    sign: int
    found: dict[tuple, Known] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The left side as one types it."""
        title = plain(self.goal.tex)
        if self.sign == self.goal.sign:
            return title
        minus = self.goal.sign < 0
        return title.replace("(-", "").replace(")/", "/") if minus else f"-{title}"

    @functools.cached_property
    def is_vector(self) -> bool:
        """Whether the gradient is a column, in all cases."""
        right = [x for case in self.cases for x in self.known(case).right]
        return all(x.ndim == 2 and x.shape[1] == 1 for x in right)

    def known(self, case: Case) -> Known:
        """The values of a case, computed once."""
        key = tuple(np.asarray(x).tobytes() + bytes(np.shape(x)) for x in case.values())
        if key not in self.found:
            values = Values(self.goal.context, case)
            envs = list(spans(self.goal, values))
            sign = self.sign * self.goal.sign
            right = [sign * value_of(self.goal.head, values, env) for env in envs]
            self.found[key] = Known(values, envs, right)
        return self.found[key]

    @property
    def of_cases(self) -> Result | None:
        """The result whose cases are taken."""
        if "draw" in self.goal.entry:
            return None
        return RESULTS[self.goal.of_cases(RESULTS)]

    @functools.cached_property
    def cases(self) -> list[Case]:
        """A few cases."""
        if self.of_cases is None:
            return drawn(self.goal.entry)[:FEW]
        fixed = self.goal.entry.get("only", {}).get(self.goal.display.of, [{}])[0]
        found = itertools.islice(self.of_cases.drawn(**fixed), FEW)
        return [case for _, case in found]

    def right(self, **case: object) -> Parts:
        """What is right in a case."""
        return self.together(self.known(case).right, case)

    def together(self, found: list[np.ndarray], case: Case) -> Parts:
        """The values for all letters of the left side as one array; of several shapes,
        all their entries.
        """
        if self.is_vector:
            found = [x[:, 0] if x.ndim == 2 and x.shape[1] == 1 else x for x in found]
        if not self.goal.free:
            return {self.title: found[0]}
        envs = self.known(case).spans
        lengths = [len({env[letter] for env in envs}) for letter in self.goal.free]
        if len({x.shape for x in found}) > 1:
            return {self.title: np.concatenate([x.ravel() for x in found])}
        stack = np.array(found)
        if np.prod(lengths) == len(found):
            stack = stack.reshape(*lengths, *stack.shape[1:])
        return {self.title: stack}

    def result(self) -> Gradient:
        """The gradient as a result of its own."""
        of, own = self.goal.display.of, self.of_cases
        if own is None:
            every = drawn(self.goal.entry)
            case, sizes = lambda rng, case: every[case - 1], {"case": (1, len(every))}
            extreme = {}
        else:
            case, sizes = own.case, own.sizes
            fixed = of in self.goal.entry.get("only", {})
            extreme = {} if fixed else edges(own)
        extreme = {
            name: case
            for name, case in extreme.items()
            if all(np.isfinite(x).all() for x in self.known(case).right)
        }
        return Gradient(of, self.right, case, sizes, (), (), (), extreme)

    @functools.cached_property
    def mistakes(self) -> list[Mutant]:
        """The known mistakes of the results of which the gradient is a part, and the
        slips of a pen.
        """
        labels = [self.goal.display.of, *self.goal.entry["results"]]
        known = {
            mutant.mistake: self.mistaken(mutant, of, sign)
            for label in reversed(labels)
            for of, sign in self.places(label)
            for mutant in RESULTS[label].mutants
            # in the line's own sign it is none
            if self.sign > 0 or OF_THE_LOSS not in mutant.mistake
        }
        told = [self.tried(one) for one in known.values()]
        slips = {
            one.mistake: one for one in self.slips() if self.tried(one) not in told
        }
        return [*known.values(), *slips.values()]

    def tried(self, mutant: Mutant) -> list | None:
        """What a mistake gives in the few cases, rounded; None if it gives nothing."""
        try:
            given = [mutant.function(**case)[self.title] for case in self.cases]
        except Exception:  # a mistake may fail where the formula does not
            return None
        return [(one.round(9) + 0.0).tolist() for one in given]

    def slips(self) -> Iterator[Mutant]:
        """What a slip of the pen in the printed line gives."""
        last = self.goal.statement.sides[-1]
        sign = self.sign * self.goal.sign
        for typo in typos(f"= {last_side(self.goal.display.tex, last)}"):
            tex = typo.tex.lstrip("= ")
            with suppress(ValueError):
                node = expression(tex, self.goal.context.symbols)
                told = f"{typo.kind}, as in {plain(tex)}"
                slip = Mutant(told, Line(self, READ, node, ()))
                yield self.mistaken(slip, itemgetter(self.title), sign)

    def places(self, label: str) -> list[tuple]:
        """How the gradient is taken from what a result gives, and its sign there; the
        first way, if there is one.
        """
        try:
            claims = [parts(RESULTS[label].claim(**case)) for case in self.cases]
        except (KeyError, TypeError):
            return []  # no result, or one of other arguments
        right = [self.right(**case)[self.title] for case in self.cases]
        return [
            (of, sign)
            for _, of in readings(claims)
            for sign in (1, -1)
            if all(
                error(sign * np.squeeze(of(claim)), np.squeeze(one)) <= SAME
                for claim, one in zip(claims, right, strict=True)
            )
        ][:1]

    def mistaken(self, mutant: Mutant, of: object, sign: int) -> Mutant:
        """A mistake of a result as one of the gradient."""

        def function(**case: object) -> Parts:
            return {self.title: sign * of(parts(mutant.function(**case)))}

        return mutant._replace(function=function)


READ = Typed((), (), (), "")
"""Nothing to be said of a line."""


@dataclass
class Line:
    """A line as a function of the case; by entries, with the letters of these."""

    wanted: Wanted
    said: Typed
    node: Node
    indices: tuple[str, ...]
    is_row: bool = False

    def __call__(self, **case: object) -> Parts:
        """What the line gives in a case."""
        try:
            return self.given(case)
        except ValueError as reason:
            raise Unreadable(f"{reason}.") from None

    def given(self, case: Case) -> Parts:
        """What the line gives in a case; raises ValueError where it has no value."""
        values, envs, right = self.wanted.known(case)
        found = [self.value(values, *one) for one in zip(envs, right, strict=True)]
        return self.wanted.together(found, case)

    def value(self, values: Values, env: Mapping, right: np.ndarray) -> np.ndarray:
        """What the line gives for the letters of the left side, by entries or whole."""
        if not self.indices:
            return self.fitted(values.value(self.node, env), right)
        shape = right.shape if len(self.indices) > 1 else right.shape[:1]
        found = np.empty(shape)
        for at in np.ndindex(shape):
            own = dict(zip(self.indices, (k + 1.0 for k in at), strict=True))
            one = array(values.value(self.node, {**env, **own}), [])
            if one.size != 1:
                raise Misshapen(
                    f"with the index {', '.join(self.indices)}, it is an entry, a number, and yours is {one.shape}"
                )
            found[at] = one.item()
        return found.reshape(right.shape)

    def fitted(self, value: Value | Identity, right: np.ndarray) -> np.ndarray:
        """A value beside what is right: I is as large, a sum of no terms is zero, and a
        row is read as a column.
        """
        if value is IDENTITY and len({*right.shape}) > 1:
            raise Misshapen(f"I is square, and the gradient is {right.shape}")
        value = array(value, [right])
        if not value.ndim and not value:
            return np.zeros_like(right)
        if value.size == right.size == 1:
            return value.reshape(right.shape)
        if self.wanted.is_vector and value.shape == right.shape[::-1] != right.shape:
            self.is_row = True
            return value.T
        return value

    def of_three_steps(self) -> bool:
        """Whether the line is written out for three steps."""
        three = Node("number", (3.0,))
        return any(x.op == "symbol" and three in x.parts[1] for x in self.node.all())

    def notes(self, verdict: Verdict) -> list[str]:
        """How the line was read, each in a line."""
        good, letters = table("said.json")["good"], self.wanted.goal.free
        found = [one.said for one in self.said.notes]
        found += [good["row"]] * self.is_row
        found += [good["loss"]] * (self.wanted.sign < self.wanted.goal.sign)
        if letters and verdict.right is False:
            counted = ", then ".join(map(plain, letters))
            found.append(f"The rows of {self.wanted.title} count {counted}.")
        return found


def as_meant(
    lines: list[Line], result: Result, only: Mapping[str, int]
) -> tuple[Line, bool]:
    """The line that is right in a few cases, or the first of which the shapes fit; and
    whether it is right there.

    Raises :class:`Refused` if no line has a value.
    """
    cases = [*itertools.islice(result.drawn(**only), FEW)]
    right = [result.claim(**case) for _, case in cases]
    tried, reasons = [], []
    for line in lines:
        given: list[Parts] = []
        try:
            given.extend(line.given(case) for _, case in cases)
        except ValueError as reason:
            reasons.append((reason, cases[len(given)][0]))
        else:
            tried.append((max(map(apart, given, right)), line))
    if tried:
        worst, line = min(tried, key=lambda one: (one[0] > SINGLE) + np.isinf(one[0]))
        return line, bool(worst <= SINGLE)
    reason, size = reasons[0]
    if isinstance(reason, Misshapen):
        shapes = in_letters(sentence(reason), size)
        raise Refused(say("shape", shapes=shapes), False)
    if " has no member " in str(reason):
        raise Refused(
            f"{sentence(reason)} That is where {sizes_of(size)}. A line has to hold for all sizes; to fix one, "
            "give it, such as T=3.",
            False,
        )
    raise Refused(sentence(reason))


def apart(given: Parts, right: Parts) -> float:
    """How far two values of one part are apart."""
    return error(*given.values(), *right.values())


def sentence(reason: Exception) -> str:
    """The words of an error as a sentence."""
    return f"{str(reason)[:1].upper()}{str(reason)[1:]}."


def in_letters(words: str, sizes: Mapping[str, int]) -> str:
    """Shapes in the letters of the sizes, which all differ."""
    letters = {str(n): letter for letter, n in sizes.items() if n > 1}
    return re.sub(r"\b\d+\b", lambda one: letters.get(one[0], one[0]), words)
