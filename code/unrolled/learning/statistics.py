"""How sure a measured number is.

Left out: what SciPy already says in one call is called here, not written again.
"""

__all__ = [
    "Interval",
    "bootstrap",
    "accuracy_interval",
    "balanced_interval",
    "paired_difference",
    "Spread",
    "Difference",
    "difference",
]

from collections.abc import Callable, Sequence
from statistics import fmean, stdev
from typing import NamedTuple

import numpy as np
from scipy.stats import binomtest, ttest_ind

from unrolled.data.demand import answers, ids, share, whole

RESAMPLES = 10_000


class Interval(NamedTuple):
    """A confidence interval."""

    low: float
    high: float


def bootstrap(
    drawn_again: Callable[[np.random.Generator, int], np.ndarray],
    confidence: float = 0.95,
    resamples: int = RESAMPLES,
) -> Interval:
    """The percentile interval of a statistic over samples drawn again (Efron &
    Tibshirani 1993, ch. 13).

    ``drawn_again`` gives, by a random generator, the statistic (resamples,) of as many
    samples, in each of which the cases are drawn again with replacement. The random
    numbers are always the same. Raises ValueError unless 0 < confidence < 1 and
    resamples ≥ 1.
    """
    tail = (1 - share("confidence", confidence, inside=True)) / 2
    values = drawn_again(np.random.default_rng(0), whole("resamples", resamples))
    low, high = np.quantile(values, [tail, 1 - tail])
    return Interval(float(low), float(high))


def accuracy_interval(right: int, total: int, confidence: float = 0.95) -> Interval:
    """Wilson's score interval for an accuracy of ``right`` out of ``total`` (Wilson
    1927).

    It speaks of the sampling of the test part alone: another training run is another
    source of spread. Raises ValueError unless 0 ≤ right ≤ total and total ≥ 1.
    """
    right, total = whole("right", right, 0), whole("total", total, 0)
    if not (total >= 1 and 0 <= right <= total):
        raise ValueError(
            f"{right} right out of {total}: expected at least one case, and no more right than cases"
        )
    share("confidence", confidence, inside=True)
    interval = binomtest(right, total).proportion_ci(confidence, method="wilson")
    return Interval(float(interval.low), float(interval.high))


def balanced_interval(
    right: Sequence[int], total: Sequence[int], confidence: float = 0.95
) -> Interval:
    """A bootstrap interval for a balanced accuracy: the mean over C classes of the
    share that is right in each.

    ``right`` and ``total``, both (C,), count the cases of each class. The cases are
    drawn again within each class, with replacement (Efron & Tibshirani 1993, ch. 8), so
    a class's count of right ones is drawn from a binomial. Small classes weigh as much
    as large ones; so this interval is wider than :func:`accuracy_interval`. Raises
    ValueError if there is no class, or one has no case, or more right than cases, or a
    count is no whole number.
    """
    k, n = ids("right", right, 2**62), ids("total", total, 2**62)
    if k.shape != n.shape or not k.size or (n < 1).any() or (k > n).any():
        raise ValueError(
            f"{list(right)} right out of {list(total)}: expected for each class at least one case, and no more right "
            "than cases"
        )

    def drawn_again(rng: np.random.Generator, resamples: int) -> np.ndarray:
        return (rng.binomial(n, k / n, (resamples, len(n))) / n).mean(axis=1)

    return bootstrap(drawn_again, confidence)


def paired_difference(
    first: Sequence[bool], second: Sequence[bool], confidence: float = 0.95
) -> Interval:
    """A bootstrap interval for the accuracy of a second model minus that of a first, on
    the same N cases.

    Cases are drawn again in pairs: what is hard for both says nothing of the
    difference. Raises ValueError if there are not as many answers of one as of the
    other, or none, or one that is neither true nor false.
    """
    if len(first) != len(second) or not len(first):
        raise ValueError(
            f"{len(first)} and {len(second)} answers: expected the same cases, at least one"
        )
    right, before = answers("second", second), answers("first", first)
    gains = right.astype(int) - before  # −1, 0 or 1
    shares = [(gains == gain).mean() for gain in (-1, 0, 1)]

    def drawn_again(rng: np.random.Generator, resamples: int) -> np.ndarray:
        counts = rng.multinomial(len(gains), shares, resamples)
        return (counts[:, 2] - counts[:, 0]) / len(gains)

    return bootstrap(drawn_again, confidence)


class Spread:
    """The mean of several runs and their standard deviation:
    ``f"{Spread(values):.3f}"`` is ``0.742 ± 0.003``.

    Of a single run there is the mean alone. Raises ValueError if there is none.
    """

    def __init__(self, values: Sequence[float]) -> None:
        if not len(values):
            raise ValueError("no values; expected those of at least one run")
        self.mean = fmean(values)
        self.deviation = stdev(values) if len(values) > 1 else None

    def __format__(self, form: str) -> str:
        mean = format(self.mean, form)
        if self.deviation is None:
            return mean
        return f"{mean}\N{NO-BREAK SPACE}±\N{NO-BREAK SPACE}{self.deviation:{form}}"


class Difference(NamedTuple):
    """How much larger a second mean is than a first, with its interval over runs, in
    some unit.

    ``f"{found:.1f}"`` is ``+0.4 points (95 % interval over seeds −0.2 to +1.0)``.
    """

    value: float
    low: float
    high: float
    unit: str = ""

    def __format__(self, form: str) -> str:
        value, low, high = (
            f"{x:+{form}}".replace("-", "\N{MINUS SIGN}") for x in self[:3]
        )
        unit = f" {self.unit}" if self.unit else ""
        return f"{value}{unit} (95 % interval over seeds {low} to {high})"

    def word(self, more: str, less: str, neither: str) -> str:
        """One of three phrases: the second is surely more, surely less, or it cannot be
        told.
        """
        return more if self.low > 0 else less if self.high < 0 else neither


def difference(
    first: Sequence[float], second: Sequence[float], unit: str = ""
) -> Difference:
    """The mean of second runs minus that of first ones, with a 95 % interval for runs
    of unequal spread (Welch 1947).

    Raises ValueError unless there are at least two of each.
    """
    if min(len(first), len(second)) < 2:
        raise ValueError(
            f"{len(first)} and {len(second)} runs; expected at least two of each, since one has no spread"
        )
    interval = ttest_ind(second, first, equal_var=False).confidence_interval()
    return Difference(
        fmean(second) - fmean(first), float(interval.low), float(interval.high), unit
    )
