"""How far the sides of a statement are apart."""

__all__ = ["differences", "environments"]

import itertools
import math
from collections.abc import Iterator, Sequence

import numpy as np

from unrolled.checks.formula import error
from unrolled.formulas.arrays import Misshapen, array, numbers
from unrolled.formulas.layout import Unreadable
from unrolled.formulas.meaning import Node, Range, Statement, nodes
from unrolled.formulas.values import COMPARED, Values


def differences(statement: Statement, values: Values) -> Iterator[float]:
    """How far each two neighbouring sides are apart, for all values of the free
    letters; zero for the shape of a side alone. Raises Misshapen where a shape is
    printed that is not that of the value.
    """
    whole = Node("both", statement.sides)
    for env in environments(whole, statement.ranges, values):
        if not all(values.holds(test, env) for test in statement.conditions):
            continue
        sides = [values.value(side, env) for side in statement.sides]
        arrays = [array(side, sides) for side in sides]
        for k, side in enumerate(statement.sides):
            if side.op == "number" and k:  # as in h_0 = 0
                arrays[k] = np.full_like(arrays[k - 1], arrays[k])
        for sizes in statement.shapes:
            values.demand_shape(arrays[0], sizes, env)
        if len(sides) == 1:
            yield 0.0
        for relation, (a, b) in zip(
            statement.relations, itertools.pairwise(arrays), strict=True
        ):
            if relation not in COMPARED:
                raise Unreadable(f"{relation} has no value")
            if a.shape != b.shape and not a.size == b.size == 1:
                raise Misshapen(f"{a.shape} = {b.shape}")
            if relation == "=":
                yield error(a.reshape(b.shape), b)
            else:
                yield 0.0 if np.all(COMPARED[relation](a, b)) else math.inf


def environments(
    node: Node, ranges: Sequence[Range], values: Values
) -> Iterator[dict[str, float]]:
    """All values of the free letters of an expression: the printed ranges, else those
    of the page, else the entries of what has a letter as an index.
    """
    known = values.context.symbols.known
    given = {x for x in values.context.given if x in known and not known[x].below}
    letters = sorted(free(node) - given)
    printed = {one.letter: one[1:] for one in ranges}
    told = {**values.context.ranges, **printed}
    ends = {x: [values.value(end, {}) for end in pair] for x, pair in told.items()}
    first = {x: low for x, (low, _) in ends.items()}
    spans = [
        numbers(*ends[x]) if x in printed else values.span(x, node, first)
        for x in letters
    ]
    for chosen in itertools.product(*spans):
        yield dict(zip(letters, chosen, strict=True))


def free(node: Node, bound: frozenset[str] = frozenset()) -> set[str]:
    """The letters of an expression that no sum of it binds."""
    if node.op == "letter":
        return set(node.parts) - bound
    if node.op == "mean":
        (letter, *ends), *rest = node.parts
        bound = bound | {letter}
        return set().union(*(free(x, bound) for x in nodes((tuple(ends), tuple(rest)))))
    if node.op in ("sum", "prod"):
        letters, bounds, test, body = node.parts
        bound = bound | set(letters)
        return set().union(*(free(x, bound) for x in nodes((bounds, test, body))))
    return set().union(*(free(one, bound) for one in node.below()))
