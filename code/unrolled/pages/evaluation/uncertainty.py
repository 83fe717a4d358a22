"""How sure a number is, and the likelihood of held-out names."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from math import log
from typing import NamedTuple

import numpy as np

from unrolled.data.names import Name
from unrolled.learning.statistics import Interval

Generator = Callable[[Sequence[str], int], list[Name]]
"""A generator gives a name for each language that it is asked for, by a seed."""


Judge = Callable[[Sequence[str]], Sequence[str]]
"""A judge says of each text which language it takes it to be of."""


class Measured(NamedTuple):
    """A measured number and its 95 % interval."""

    value: float
    interval: Interval


def mean_with_interval(
    values: Sequence[float], weights: Sequence[float] | None = None
) -> Measured:
    """The mean of values (N,), one a name, or Σ values / Σ weights, with a bootstrap interval over whole names.

    Names are drawn again with replacement (Efron & Tibshirani 1993), each with its value and its weight. The values may
    be differences of two models on the same names; then it is a comparison in pairs. Raises ValueError if there are no
    values, or not as many weights. Where a value is nan or infinite, so are the mean and both ends of its interval.
    """
    top = np.asarray(values, dtype=float)
    bottom = np.ones(len(top)) if weights is None else np.asarray(weights, dtype=float)
    if not len(top) or top.shape != bottom.shape:
        raise ValueError(
            f"{len(top)} values and {len(bottom)} weights: expected one of each for every name, and a name at least"
        )
    value = float(top.sum() / bottom.sum())
    if not np.isfinite(value):
        return Measured(value, Interval(value, value))
    draws = np.random.default_rng(0).multinomial(
        len(top), np.full(len(top), 1 / len(top)), 2000
    )
    low, high = np.quantile((draws @ top) / (draws @ bottom), [0.025, 0.975])
    return Measured(value, Interval(float(low), float(high)))


def bits_per_character(log_p: Sequence[float], names: Sequence[Name]) -> Measured:
    """Held-out bits per character, from the log-probability (nats) of each whole name, its end included.

    Divided by what was predicted: the letters of all names, and an end for each. Lower is better; a name that the
    model holds to be impossible makes it infinite.
    """
    symbols = [len(name.text) + 1 for name in names]
    return mean_with_interval(-np.asarray(log_p, dtype=float) / log(2), symbols)


def bits_saved(
    first: Sequence[float], second: Sequence[float], names: Sequence[Name]
) -> Measured:
    """How many bits per character a second model needs less than a first, on the same names, in pairs.

    Raises ValueError if there are not as many log-probabilities of one as of the other.
    """
    if np.shape(first) != np.shape(second):
        raise ValueError(
            f"log-probabilities of the shapes {np.shape(first)} and {np.shape(second)}; expected two for each name"
        )
    gain = np.asarray(second, dtype=float) - np.asarray(first, dtype=float)
    return mean_with_interval(gain / log(2), [len(name.text) + 1 for name in names])


def split_for_judge(names: Sequence[Name]) -> tuple[list[Name], list[Name]]:
    """Names in two parts, no text in both: about two thirds for a generator, and a third for its judge.

    By a hash of the text, so the same everywhere. A judge that learnt from what the generator learnt from would reward
    copies.
    """
    parts: tuple[list[Name], list[Name]] = ([], [])
    for name in names:
        digest = hashlib.sha256(f"judge:{name.text}".encode()).hexdigest()
        parts[int(digest, 16) % 3 == 0].append(name)
    return parts


def demand_some(names: Sequence[Name]) -> Sequence[Name]:
    """The names, if there are any; a metric of none is a ValueError."""
    if not len(names):
        raise ValueError("there are no names to judge: expected one at least")
    return names


def by_language(
    names: Sequence[Name], items: Iterable | None = None
) -> dict[str, list]:
    """The names, or the items in their places, of each language."""
    groups: dict[str, list] = {}
    for name, item in zip(names, names if items is None else items, strict=True):
        groups.setdefault(name.language, []).append(item)
    return groups
