"""How two families of arrays are alike, one pair for each case: but for a factor, in
their shapes, in their order.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import combinations

import numpy as np

from unrolled.checks.formula import TAU, error

Arrays = Sequence[np.ndarray]
Sizes = Mapping[str, int]


def apart(a: Arrays, b: Arrays) -> float:
    """The largest error in any case; infinite if shapes differ."""
    return max(map(error, a, b), default=0.0)


def same_shapes(a: Arrays, b: Arrays) -> bool:
    """Whether both have the same shape in all cases; a missing array has none."""
    return not any(y is None or x.shape != y.shape for x, y in zip(a, b, strict=True))


# A factor

ALMOST_NONE = 1e-9
"""A smaller factor is none, nor is one that is larger than its inverse."""

POWER = 3
"""No size is looked for to a higher power."""


def share(given: np.ndarray, right: np.ndarray) -> float:
    """The factor that takes an array that is not zero nearest to another one."""
    unit = right / abs(right).max()
    return float((given * unit).sum() / (right * unit).sum())


def in_proportion(
    given: Arrays, right: Sequence[np.ndarray | None], alike: float
) -> bool:
    """Whether in each case one is a multiple of the other, if another one in each."""
    return same_shapes(given, right) and all(
        error(g, share(g, r) * r if r.any() else r) <= alike
        for g, r in zip(given, right, strict=True)
    )


def factor(
    given: Arrays, right: Arrays, sizes: Sequence[Sizes], alike: float
) -> tuple[float, str] | None:
    """By what the right arrays have to be multiplied in all cases: a number, and a
    product of powers of the sizes.

    None if there is no such factor, or if it is zero. The sizes are those of each case.
    """
    if not same_shapes(given, right):
        return None
    telling = [i for i, r in enumerate(right) if r.size and abs(r).max() >= TAU]
    if not telling:
        return (1.0, "") if apart(given, right) <= alike else None
    f = np.array([share(given[i], right[i]) for i in telling])
    if not ALMOST_NONE < abs(f).min() <= abs(f).max() < 1 / ALMOST_NONE:
        return None
    if (f > 0).any() != (f > 0).all():
        return None
    for number, powers in candidates(f, telling, sizes):
        scaled = [
            number * value_of(powers, s) * r for s, r in zip(sizes, right, strict=True)
        ]
        if apart(given, scaled) <= alike:
            return number, in_letters(powers)
    return None


Powers = dict[tuple[str, int], Fraction]
"""Powers of sizes: of a letter, or of the letter plus one."""


def candidates(
    f: np.ndarray, telling: Sequence[int], every: Sequence[Sizes]
) -> Iterator[tuple[float, Powers]]:
    """A number alone; then with the powers of sizes, and of sizes plus one, that fit
    the factors f best.

    The factors are those of the telling cases, the sizes those of every case.
    """
    yield float(np.median(f)), {}
    sizes = [every[i] for i in telling]
    letters = [x for x in sizes[0] if len({s[x] for s in sizes}) > 1]
    for added in ((0,), (0, 1)):
        terms = [
            (x, more)
            for x in letters
            for more in added
            if min(s[x] for s in every) + more > 0
        ]
        if not terms or len(f) < 2 * len(terms) + 2:
            continue
        logs = [[1.0, *(np.log(s[x] + more) for x, more in terms)] for s in sizes]
        exponents = np.linalg.lstsq(np.array(logs), np.log(abs(f)))[0][1:]
        if abs(exponents).max() > POWER + 0.1:
            continue
        powers = {
            term: Fraction(round(2 * e), 2)
            for term, e in zip(terms, exponents, strict=True)
            if round(2 * e)
        }
        yield float(np.median(f / [value_of(powers, s) for s in sizes])), powers


def value_of(powers: Powers, sizes: Sizes) -> float:
    """A product of powers, for the sizes of a case."""
    return math.prod((sizes[x] + more) ** float(e) for (x, more), e in powers.items())


def in_letters(powers: Powers) -> str:
    """A product of powers in letters, such as N · √d / (T + 1)."""

    def one(letter: str, more: int, e: Fraction) -> str:
        base = f"({letter} + {more})" if more else letter
        if e.denominator == 2:
            return f"√{base}" if e == Fraction(1, 2) else f"{base}^({e})"
        return base if e == 1 else f"{base}^{e}"

    above = [one(*term, e) for term, e in powers.items() if e > 0]
    below = [one(*term, -e) for term, e in powers.items() if e < 0]
    words = " · ".join(above) or ("1" if below else "")
    if below:
        divisor = " · ".join(below)
        words += f"/({divisor})" if len(below) > 1 else f"/{divisor}"
    return words


# Shapes and sizes


def spelt(shapes: Sequence[tuple[int, ...]], sizes: Sequence[Sizes]) -> str:
    """A shape in the letters of the sizes, such as (T + 1, 2d); '' if there are none
    that fit in all cases.
    """
    if len(set(map(len, shapes))) > 1:
        return ""
    words = [letters(numbers, sizes) for numbers in zip(*shapes, strict=True)]
    if None in words:
        return ""
    return (
        f"({', '.join(words)}{',' * (len(words) == 1)})" if words else "a single number"
    )


def letters(numbers: Sequence[int], sizes: Sequence[Sizes]) -> str | None:
    """One expression in the letters of the sizes, or one number, that gives all
    numbers; None if there is none.
    """
    forms: dict[str, Callable[[Sizes], int]] = {}
    for x in sizes[0]:
        forms[x] = lambda s, x=x: s[x]
    for x in sizes[0]:
        forms[f"{x} + 1"] = lambda s, x=x: s[x] + 1
    forms[str(numbers[0])] = lambda s: numbers[0]
    for x in sizes[0]:
        forms |= {
            f"{x} − 1": lambda s, x=x: s[x] - 1,
            f"2{x}": lambda s, x=x: 2 * s[x],
            f"4{x}": lambda s, x=x: 4 * s[x],
            f"2^({x} − 1)": lambda s, x=x: 2.0 ** (s[x] - 1),
        }
    for x, y in combinations(sizes[0], 2):
        forms[f"{x} + {y}"] = lambda s, x=x, y=y: s[x] + s[y]
        forms[f"{x}{y}"] = lambda s, x=x, y=y: s[x] * s[y]
    for words, form in forms.items():
        if all(form(s) == n for s, n in zip(sizes, numbers, strict=True)):
            return words
    return None


# Orders of the entries

TURNS: dict[str, tuple[Callable[[np.ndarray], np.ndarray], int]] = {
    "": (lambda array: array, 0),
    "transposed": (lambda array: array.swapaxes(-1, -2), 2),
    "with its axes in the opposite order": (np.transpose, 3),
}
"""How an array may be turned, a matrix or each matrix of several; and how many axes it
has at least.
"""

ORDERS: dict[str, tuple[Callable, Callable]] = {
    "the rows are in the opposite order": (lambda g: g, lambda r: r[::-1]),
    "one row too late: row t is what row t − 1 should be": (
        lambda g: g[1:],
        lambda r: r[:-1],
    ),
    "one row too early: row t is what row t + 1 should be": (
        lambda g: g[:-1],
        lambda r: r[1:],
    ),
}
"""Which rows of what was given may be which rows of what is right."""

# Functions of the entries

FUNCTIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "this is e to the power of what it should be": np.exp,
    "this is 2 to the power of what it should be": np.exp2,
    "this is the logarithm of what it should be": np.log,
    "this is the logarithm to base 2 of what it should be": np.log2,
    "this is the square of what it should be": np.square,
    "this is the root of what it should be": np.sqrt,
}
"""What each entry that was given may be of what is right."""
