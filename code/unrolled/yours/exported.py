"""The values of a case as the page reads them: every letter that has one, with all its
members, so that the page neither defines nor differentiates.
"""

__all__ = ["exported"]

import itertools
from collections.abc import Iterator, Sequence

import numpy as np
from torch import Tensor

from unrolled.formulas.arrays import Value, tensor
from unrolled.formulas.meaning import Node, Symbol
from unrolled.formulas.values import FUNCTIONS, Values


def exported(values: Values) -> dict[str, dict]:
    """Sizes, ranges, sets and letters as JSON has them.

    A letter has its members by their indices, ``{"1,3": value}``, and one without
    indices ``{"": value}``; a function of the page has its values by its arguments. A
    value is a number, or rows, columns and entries row by row.
    """
    context = values.context
    sizes = {name: values.letter(name) for name in context.sizes}
    rows = [np.shape(values.case[name]) for name in context.given.values()]
    ranges, sets = ends(context.ranges, values), ends(context.sets, values)
    last = max([1, *sizes.values(), *itertools.chain(*rows, *ranges.values())])
    most = int(last) + 1
    letters = {
        name: dict(members(symbol, values, most))
        for name, symbol in context.symbols.known.items()
        if name not in sizes and symbol.kind not in ("identity", "constant", "name")
    }
    return {
        "sizes": sizes,
        "ranges": ranges,
        "sets": sets,
        "letters": {name: found for name, found in letters.items() if found},
    }


def ends(ranges: dict, values: Values) -> dict[str, list[float]]:
    """The first and the last value of each range."""
    return {
        letter: [values.value(node, {}) for node in pair]
        for letter, pair in ranges.items()
    }


def members(symbol: Symbol, values: Values, most: int) -> Iterator[tuple[str, object]]:
    """The members of a letter that have values, of indices from 0 to ``most``; or the
    values of a function.
    """
    if symbol.kind != "function":
        counts = [symbol.below + symbol.above + len(symbol.silent)]
    else:
        counts = [] if symbol.means in FUNCTIONS else [1, 2]
    for count in counts:
        for at in itertools.product(range(most + 1), repeat=count):
            try:
                yield ",".join(map(str, at)), as_data(member(symbol, values, at))
            except (ValueError, RecursionError):
                continue  # there is none


def member(symbol: Symbol, values: Values, at: Sequence[int]) -> Value:
    """A member of a letter, or the value of a function."""
    if symbol.kind != "function":
        return values.letter(symbol.name, tuple(at))
    letters = tuple(f"argument {k}" for k in range(len(at)))
    call = Node("call", (symbol.name, tuple(Node("letter", (x,)) for x in letters)))
    return values.value(call, dict(zip(letters, map(float, at), strict=True)))


def as_data(value: Value) -> float | dict:
    """A value as JSON has it."""
    if not isinstance(value, Tensor) or not value.dim():
        return tensor(value).item()
    rows, cols = value.shape
    return {"rows": rows, "cols": cols, "data": value.flatten().tolist()}
