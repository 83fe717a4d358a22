"""What is demanded of an argument, said once for the whole package: each function gives
it back, or says what is wrong.

Source: the book's own. Left out: shapes of arrays, which NumPy and PyTorch compare
themselves, and every check inside a formula that a page shows: what calls the formula
has checked.
"""

__all__ = ["whole", "number", "share", "ids", "answers"]

import operator
from collections.abc import Sequence
from math import inf

import numpy as np
from numpy import ndarray


def whole(name: str, value: object, least: int = 1, most: float = inf) -> int:
    """A whole number from ``least`` to ``most``; raises ValueError for another, and for
    what is no whole number.
    """
    try:
        found = operator.index(value)
    except TypeError:
        found = None
    if found is None or not least <= found <= most:
        up = "or more" if most == inf else f"to {most}"
        raise ValueError(f"{name} is {value!r}; expected a whole number, {least} {up}")
    return found


def number(name: str, value: object, least: float = -inf, above: float = -inf) -> float:
    """A finite number, at least ``least`` and larger than ``above``; raises ValueError
    for anything else.
    """
    try:
        found = float(value) if not isinstance(value, str) else None
    except (TypeError, ValueError):
        found = None
    if found is None or not (least <= found < inf and above < found):
        bounds = [f"of at least {least}"] * (least > -inf)
        bounds += [f"above {above}"] * (above > -inf)
        raise ValueError(
            f"{name} is {value!r}; expected a finite number {' and '.join(bounds)}".rstrip()
        )
    return found


def share(name: str, value: object, inside: bool = False) -> float:
    """A share, from 0 to 1, or ``inside`` neither of the two; raises ValueError for
    anything else.
    """
    found = number(name, value)
    if not (0 < found < 1 if inside else 0 <= found <= 1):
        between = "between 0 and 1" if inside else "from 0 to 1"
        raise ValueError(
            f"{name} is {value!r}; expected a share {between} (5 % is 0.05)"
        )
    return found


def ids(name: str, values: object, V: int) -> ndarray:
    """Whole numbers from 0 to V − 1 as an array of their shape, int64; raises
    ValueError for any other.
    """
    found = np.asarray(values)
    if found.size and found.dtype.kind not in "iu":
        raise ValueError(
            f"{name} are of the type {found.dtype}; expected whole numbers, 0 … {V - 1}"
        )
    if found.size and not (0 <= found.min() and found.max() < V):
        raise ValueError(
            f"{name} from {found.min()} to {found.max()}: expected 0 … {V - 1}"
        )
    return found.astype(np.int64)


def answers(name: str, values: Sequence[bool]) -> ndarray:
    """Whether each of N answers is right, as booleans (N,); raises ValueError for more
    than true and false, 1 and 0.
    """
    found = np.asarray(values)
    if found.dtype.kind not in "biuf" or not np.isin(found, (0, 1)).all():
        raise ValueError(
            f"{name} are not all true or false; expected one of the two for each case, such as answer == truth"
        )
    return found.astype(bool)
