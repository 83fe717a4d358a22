"""Cases small enough for a pencil, and numbers as one writes them by hand."""

import itertools
from collections.abc import Iterator

import numpy as np

from unrolled.checks.formula import Case, Result

SMALLEST = 80
"""How many small cases are looked through for one that shows a mistake."""

SHOWN = 60
"""A case with more numbers is not written out."""


class OneDigit(np.random.Generator):
    """A generator whose draws have one digit, so that a case drawn from it can be
    followed by hand.
    """

    def normal(self, *args: object, **kwargs: object) -> np.ndarray:
        """Whole numbers, of twice the spread."""
        return np.rint(2 * np.asarray(super().normal(*args, **kwargs))) + 0.0

    def uniform(self, *args: object, **kwargs: object) -> np.ndarray:
        """Numbers of one digit that is not zero."""
        drawn = np.asarray(super().uniform(*args, **kwargs))
        place = 10.0 ** np.floor(np.log10(np.maximum(abs(drawn), 0.01)))
        return np.rint(drawn / place) * place

    def dirichlet(self, *args: object, **kwargs: object) -> np.ndarray:
        """Shares in tenths."""
        return self.multinomial(10, super().dirichlet(*args, **kwargs)) / 10


def small_cases(result: Result, **only: int) -> Iterator[tuple[dict[str, int], Case]]:
    """Cases of a result with their sizes, from the smallest on, the numbers of one
    digit where they are drawn freely.

    ``only`` fixes some of the sizes.
    """
    rng = OneDigit(np.random.PCG64(1))
    ranges = [
        [only[letter]] if letter in only else range(low, min(low + 3, high + 1))
        for letter, (low, high) in result.sizes.items()
    ]
    for drawn in sorted(itertools.product(*ranges), key=sum)[:SMALLEST]:
        sizes = dict(zip(result.sizes, drawn, strict=True))
        yield sizes, result.case(rng, **sizes)


# Numbers and arrays in words


def number(x: float, digits: int = 4) -> str:
    """A number with so many digits at most, or with those before the point, if they are
    no more than seven.
    """
    if 1 <= abs(x) < 1e7:
        digits = max(digits, len(str(int(abs(x)))))
    return f"{x + 0.0:.{digits}g}".replace("-", "−")


def two_numbers(x: float, y: float) -> tuple[str, str]:
    """Two numbers with as many digits as it takes to tell them apart, and four at
    least.
    """
    for digits in range(4, 18):
        if number(x, digits) != number(y, digits):
            break
    return number(x, digits), number(y, digits)


def written_out(case: Case) -> str:
    """The arguments of a case, one a line, in a form that Python reads; '' if they are
    too many numbers.
    """
    if sum(np.size(x) for x in case.values()) > SHOWN:
        return ""
    return "\n".join(f"    {name} = {plain(np.asarray(x))}" for name, x in case.items())


def plain(array: np.ndarray) -> str:
    """An array as nested lists, its numbers with four digits at most."""
    if array.ndim:
        return f"[{', '.join(map(plain, array))}]"
    return f"{array + 0.0:.4g}" if array.dtype.kind == "f" else f"{array}"
