"""Typos: every way in which a printed formula is spoiled, to see that each is refused.

A typo is an edit of the TeX: a sign, a transpose, an index or a bound by one, a factor
or a term that is left out, factors exchanged, another letter of the page. It is refused
by its value, by a shape, by a name that is unknown, or because it cannot be read or
computed; or it is equal, on all cases.
"""

__all__ = [
    "EQUAL",
    "KINDS",
    "Spoiled",
    "Typo",
    "outcome",
    "reason",
    "spoiled",
    "typos",
]

import operator
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import NamedTuple

import numpy as np

from unrolled.checks.formula import Result, error
from unrolled.formulas.arrays import Misshapen, Unknown, array
from unrolled.formulas.layout import Unreadable
from unrolled.formulas.meaning import Node, Range, Statement, statements
from unrolled.formulas.printed import BOUND, Display, Page, errors_of, stating
from unrolled.formulas.sides import environments
from unrolled.formulas.values import Context, Values


class Typo(NamedTuple):
    """A spoiled formula, what was done to it, and where, in characters."""

    kind: str
    tex: str
    at: int


GROUP = r"\{(?:[^{}]|\{[^{}]*\})*\}"
LETTER = (
    rf"(?:\\[A-Za-z]+|[A-Za-z])(?:_(?:{GROUP}|\w|\\ell))?(?:\^(?:{GROUP}|\w|\\top))?"
)
NOT_LETTERS = (
    r"\\(?:frac|partial|sum|prod|log|exp|tanh|operatorname|text|begin|end|odot|cdot|cdots|dots|top|q?quad|sqrt|"
    r"[bB]igg?[lr]|left|right|l?vert|rvert|lVert|rVert|mid|in|le|times|tfrac|circ|underbrace|mathbb|mathrm|subseteq)"
    r"(?![A-Za-z])"
)


def _edits(pattern: str, *others: str) -> Callable[[str], Iterator[tuple[str, int]]]:
    """Each place of a pattern, replaced by each of the others."""

    def spoiled(tex: str) -> Iterator[tuple[str, int]]:
        for found in re.finditer(pattern, tex):
            for other in others:
                yield (
                    tex[: found.start()] + found.expand(other) + tex[found.end() :],
                    found.start(),
                )

    return spoiled


def _signs(tex: str) -> Iterator[tuple[str, int]]:
    """A plus for a minus, and a minus for a plus."""
    for found in re.finditer(r"(?<=[\w}) ])[-+](?= |\{)", tex):
        other = "-" if found[0] == "+" else "+"
        yield tex[: found.start()] + other + tex[found.end() :], found.start()


def _factors(tex: str) -> list[re.Match]:
    """The letters of a formula, with their indices."""
    return [
        found
        for found in re.finditer(LETTER, tex)
        if not re.match(NOT_LETTERS, found[0])
        and not re.search(
            r"\\(text|begin|end|operatorname)\{[^}]*$", tex[: found.start()]
        )
        and not re.search(
            r"[_^]\{?[^{}]*$", tex[max(0, found.start() - 3) : found.start()]
        )
    ]


def _left_out(tex: str) -> Iterator[tuple[str, int]]:
    """A letter left out."""
    for found in _factors(tex):
        yield tex[: found.start()] + tex[found.end() :], found.start()


def _exchanged(tex: str) -> Iterator[tuple[str, int]]:
    """Two letters that follow each other, exchanged."""
    factors = _factors(tex)
    for one, other in zip(factors, factors[1:], strict=False):
        between = tex[one.end() : other.start()]
        if re.fullmatch(r"(\s|\\[,;!]|\\odot)*", between):
            yield (
                tex[: one.start()] + other[0] + between + one[0] + tex[other.end() :],
                one.start(),
            )


def _another(tex: str) -> Iterator[tuple[str, int]]:
    """A letter in the place of another one of the formula."""
    factors = _factors(tex)
    names = list(dict.fromkeys(found[0] for found in factors))
    for found in factors:
        for name in names:
            if name != found[0]:
                yield tex[: found.start()] + name + tex[found.end() :], found.start()


KINDS: dict[str, Callable[[str], Iterator[tuple[str, int]]]] = {
    "a sign": _signs,
    "a sign in front": _edits(r"= (?!\{\})", "= -"),
    "a transpose left out": _edits(r"\^\\top|(?<=\))\\top", ""),
    "a transpose too many": _edits(
        r"(W_\{\\text\{\w+\}\}|W_\\ell|D_t)(?!\^)", r"\1^\\top"
    ),
    "an index by one": _edits(r"_\{(\w)([-+])1\}", r"_\1", r"_{\1\2 2}"),
    "an index": _edits(r"_(t|\\ell)(?![A-Za-z])", r"_{\1-1}", r"_{\1+1}"),
    "a bound": _edits(r"=1\}", "=2}", "=0}"),
    "the upper bound": _edits(r"\^\{?T\}?(?!\w)", "^{T-1}"),
    "a product entry by entry": _edits(r"\\odot", ""),
    "a number": _edits(r"(?<![\w{\\])1(?![\w}])", "2"),
    "a power": _edits(r"\^2", "", "^3"),
    "a letter left out": _left_out,
    "letters exchanged": _exchanged,
    "another letter": _another,
}
"""The ways to spoil a formula."""


def typos(tex: str) -> list[Typo]:
    """All typos of a formula, each once."""
    found: dict[str, Typo] = {}
    for kind, spoil in KINDS.items():
        for spoiled, at in spoil(tex):
            if re.sub(r"\s", "", spoiled) != re.sub(r"\s", "", tex):
                found.setdefault(spoiled, Typo(kind, spoiled, at))
    return list(found.values())


class Spoiled(NamedTuple):
    """How many typos of a display were refused, by what, and how many are equal, for
    which reason; and those that are equal for no reason that is known.
    """

    display: Display
    refused: dict[str, int]
    equal: dict[str, int]
    unknown: list[str]


def spoiled(
    page: Page, results: Mapping[str, Result], most: int | None = None
) -> Iterator[Spoiled]:
    """The displays of a page that are executed, spoiled; at most so often, each."""
    for display in page.displays:
        if not page.context(display):
            continue
        _, context = page.context(display)
        values = page.values(display, results)
        refused, equal, unknown = Counter(), Counter(), []
        for typo in sample(typos(display.tex), most):
            found = outcome(typo, context, values)
            if found != "equal":
                refused[found] += 1
            elif why := reason(typo, display, page, values):
                equal[why] += 1
            else:
                unknown.append(typo.tex)
        yield Spoiled(display, dict(refused), dict(equal), unknown)


def sample(found: list[Typo], most: int | None) -> list[Typo]:
    """At most so many typos, from all places of the list."""
    if most is None or len(found) <= most:
        return found
    return [found[k * len(found) // most] for k in range(most)]


def outcome(typo: Typo, context: Context, values: Sequence[Values]) -> str:
    """By what a typo is refused: value, shape, name, not evaluable; or it is equal."""
    try:
        said = stating(typo.tex, context.symbols)
        for statement in said:
            for one in values:
                if max(errors_of(statement, [one]), default=0.0) > BOUND:
                    return "value"
    except Misshapen:
        return "shape"
    except Unknown:
        return "name"
    except Unreadable:
        return "not evaluable"
    return "equal"


def reason(typo: Typo, display: Display, page: Page, values: Sequence[Values]) -> str:
    """Why a typo is equal to the formula; nothing, if that is not known. The values are
    those on which it is equal.
    """
    entry, context = page.context(display)
    said, spoiled = (
        statements(tex, context.symbols) for tex in (display.tex, typo.tex)
    )
    if [one.sides for one in said] == [one.sides for one in spoiled]:
        return "the same is said of other cases"
    if all(len(one.sides) == 1 for one in said):
        return "only the shape is stated"
    if len(said) == len(spoiled):
        pairs = [
            (one, pair)
            for one, other in zip(said, spoiled, strict=True)
            for pair in changed(one.sides, other.sides)
        ]
        for why, proof in EQUAL.items():
            if all(pair and proved(proof, pair, one, values) for one, pair in pairs):
                return why
    if "numbers" in entry:
        return "another expression of the same number"
    if any(sign != "=" for one in said for sign in one.relations):
        return "another inequality that holds"
    told, was = (re.sub(r"\s", "", tex) for tex in (typo.tex, display.tex))
    for piece, why in entry.get("equal", {}).items():
        if told.count(re.sub(r"\s", "", piece)) > was.count(re.sub(r"\s", "", piece)):
            return why
    return ""


Pair = tuple[Node, Node]


def changed(a: object, b: object) -> Iterator[Pair | None]:
    """The smallest expressions in which two differ; None where there are none."""
    if a == b:
        return
    one, other = (isinstance(x, Node) for x in (a, b))
    parts = (a.parts, b.parts) if one and other and a.op == b.op else (a, b)
    if not all(isinstance(x, tuple) for x in parts) or len(parts[0]) != len(parts[1]):
        yield (a, b) if one and other else None
    elif one and (
        a.op == "sum"
        and a.parts[1] != b.parts[1]
        or sum(map(operator.ne, factors(a), factors(b))) > 1
    ):
        yield a, b
    else:
        for x, y in zip(*parts, strict=True):
            yield from changed(x, y)


def factors(node: Node) -> tuple:
    """The factors of a product."""
    return node.parts[0] if node.op in ("product", "dots") else ()


def proved(
    proof: Callable[[Pair, Callable[[Node], object]], bool],
    pair: Pair,
    statement: Statement,
    values: Sequence[Values],
) -> bool:
    """Whether a proof is right for all values of the free letters for which what it
    looks at has a value.
    """
    inner = [
        Range(*x.parts[0], *x.parts[1])
        for side in statement.sides
        for x in side.all()
        if x.op in ("sum", "prod") and len(x.parts[0]) == 1 and bounded(x)
    ]
    count = 0
    for one in values:
        try:
            every = environments(Node("both", pair), (*statement.ranges, *inner), one)
            for env in every:
                with suppress(ValueError):
                    if not proof(pair, partial(one.value, env=env)):
                        return False
                    count += 1
        except ValueError:
            return False
    return count > 0


def bounded(node: Node) -> bool:
    """Whether a sum has a first and a last value of its letter."""
    return len(node.parts[1]) == 2 and all(isinstance(x, Node) for x in node.parts[1])


def _commute(pair: Pair, value: Callable[[Node], object]) -> bool:
    """Whether two products have the same factors, and but for one of those that are
    moved, all are numbers; or all are joined entry by entry.
    """
    a, b = pair
    same = Counter(factors(a)) == Counter(factors(b)) and a.parts[1:] == b.parts[1:]
    if not factors(a) or not same:
        return False
    moved = [
        k for k, (x, y) in enumerate(zip(*map(factors, pair), strict=True)) if x != y
    ]
    span = slice(moved[0], moved[-1] + 1)
    joins = {*a.parts[1][span][1:]}
    if joins == {r"\odot"} or joins == {r"\cdot"} and len(factors(a)) == 2:
        return True
    return sum(np.ndim(value(x)) > 0 for x in factors(a)[span]) < 2


def _symmetric(pair: Pair, value: Callable[[Node], object]) -> bool:
    """Whether one is the other, transposed, and equal to it."""
    a, b = sorted(pair, key=lambda x: x.op == "transpose")
    if b != Node("transpose", (a,)):
        return False
    found = value(a)
    return error(array(found, []), array(found.T, [])) <= BOUND


def _nothing(pair: Pair, value: Callable[[Node], object]) -> bool:
    """Whether two sums differ in where they begin, and what one has more is zero."""
    letters, _, *rest = pair[0].parts
    if any(x.op != "sum" or x.parts != (letters, x.parts[1], *rest) for x in pair):
        return False
    bounds = sorted((x.parts[1] for x in pair), key=lambda ends: value(ends[0]))
    (first, last), (later, end) = bounds
    before = Node("sub", (later, Node("number", (1.0,))))
    more = value(Node("sum", (letters, (first, before), *rest)))
    return last == end and not np.any(array(more, []))


def _zero(pair: Pair, value: Callable[[Node], object]) -> bool:
    """Whether both are zero."""
    return not any(np.any(array(value(x), [])) for x in pair)


EQUAL = {
    "zero is zero": _zero,
    "numbers commute": _commute,
    "the matrix is its own transpose": _symmetric,
    "the term is zero": _nothing,
}
"""Why a typo can leave a formula as it was, each with its proof."""
