"""How sure a number is, and the likelihood of held-out names."""

from collections.abc import Sequence
from math import log
from typing import NamedTuple

import numpy as np

from unrolled.data.names import Name
from unrolled.learning.statistics import Interval, bootstrap


class Measured(NamedTuple):
    """A measured number and its 95 % interval."""

    value: float
    interval: Interval


def mean_with_interval(
    values: Sequence[float], weights: Sequence[float] | None = None
) -> Measured:
    """The mean of values (N,), one a name, or Σ values / Σ weights, with a bootstrap
    interval over whole names.

    Names are drawn again with replacement (Efron & Tibshirani 1993), each with its
    value and its weight. The values may be differences of two models on the same names;
    then it is a comparison in pairs. Raises ValueError if there are no values, or not
    as many weights. Where a value is nan or infinite, so are the mean and both ends of
    its interval.
    """
    top = np.asarray(values, dtype=float)
    bottom = np.ones(len(top)) if weights is None else np.asarray(weights, dtype=float)
    if not len(top) or top.shape != bottom.shape:
        raise ValueError(
            f"{len(top)} values and {len(bottom)} weights: expected one of each for "
            "every name, and a name at least"
        )
    value = float(top.sum() / bottom.sum())
    if not np.isfinite(value):
        return Measured(value, Interval(value, value))

    def drawn_again(rng: np.random.Generator, resamples: int) -> np.ndarray:
        times = rng.multinomial(len(top), np.full(len(top), 1 / len(top)), resamples)
        return (times @ top) / (times @ bottom)

    # fewer than elsewhere, since each takes a number for every name
    return Measured(value, bootstrap(drawn_again, resamples=2000))


def bits_per_character(log_p: Sequence[float], names: Sequence[Name]) -> Measured:
    """Held-out bits per character, from the log-probability (nats) of each whole name,
    its end included.

    Divided by what was predicted: the letters of all names, and an end for each. Lower
    is better; a name that the model holds to be impossible makes it infinite.
    """
    symbols = [len(name.text) + 1 for name in names]
    return mean_with_interval(-np.asarray(log_p, dtype=float) / log(2), symbols)


def bits_saved(
    first: Sequence[float], second: Sequence[float], names: Sequence[Name]
) -> Measured:
    """How many bits per character a second model needs less than a first, on the same
    names, in pairs.

    Raises ValueError if there are not as many log-probabilities of one as of the other.
    """
    if np.shape(first) != np.shape(second):
        raise ValueError(
            f"log-probabilities of the shapes {np.shape(first)} and "
            f"{np.shape(second)}; expected two for each name"
        )
    gain = np.asarray(second, dtype=float) - np.asarray(first, dtype=float)
    return mean_with_interval(gain / log(2), [len(name.text) + 1 for name in names])
