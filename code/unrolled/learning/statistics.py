"""How sure a measured number is.

Left out: what SciPy already says in one call is called here, not written again.
"""

__all__ = ["Interval", "accuracy_interval", "balanced_interval", "paired_difference"]

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.stats import binomtest

from unrolled.data.demand import answers, ids, share, whole

RESAMPLES = 10_000


class Interval(NamedTuple):
    """A confidence interval."""

    low: float
    high: float


def accuracy_interval(right: int, total: int, confidence: float = 0.95) -> Interval:
    """Wilson's score interval for an accuracy of ``right`` out of ``total`` (Wilson 1927).

    It speaks of the sampling of the test part alone: another training run is another source of spread. Raises
    ValueError unless 0 ≤ right ≤ total and total ≥ 1.
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
    """A bootstrap interval for a balanced accuracy: the mean over C classes of the share that is right in each.

    ``right`` and ``total``, both (C,), count the cases of each class. The cases are drawn again within each class,
    with replacement (Efron & Tibshirani 1993, ch. 8), so a class's count of right ones is drawn from a binomial.
    Small classes weigh as much as large ones; so this interval is wider than :func:`accuracy_interval`. Raises
    ValueError if there is no class, or one has no case, or more right than cases, or a count is no whole number.
    """
    share("confidence", confidence, inside=True)
    k, n = ids("right", right, 2**62), ids("total", total, 2**62)
    if k.shape != n.shape or not k.size or (n < 1).any() or (k > n).any():
        raise ValueError(
            f"{list(right)} right out of {list(total)}: expected for each class at least one case, and no more right "
            "than cases"
        )
    draws = np.random.default_rng(0).binomial(n, k / n, (RESAMPLES, len(n))) / n
    tail = (1 - confidence) / 2
    low, high = np.quantile(draws.mean(axis=1), [tail, 1 - tail])
    return Interval(float(low), float(high))


def paired_difference(
    first: Sequence[bool], second: Sequence[bool], confidence: float = 0.95
) -> Interval:
    """A bootstrap interval for the accuracy of a second model minus that of a first, on the same N cases.

    Cases are drawn again in pairs: what is hard for both says nothing of the difference. Raises ValueError if there
    are not as many answers of one as of the other, or none, or one that is neither true nor false.
    """
    share("confidence", confidence, inside=True)
    if len(first) != len(second) or not len(first):
        raise ValueError(
            f"{len(first)} and {len(second)} answers: expected the same cases, at least one"
        )
    right, before = answers("second", second), answers("first", first)
    gains = right.astype(int) - before  # −1, 0 or 1
    shares = [(gains == gain).mean() for gain in (-1, 0, 1)]
    draws = np.random.default_rng(0).multinomial(len(gains), shares, RESAMPLES)
    tail = (1 - confidence) / 2
    low, high = np.quantile((draws[:, 2] - draws[:, 0]) / len(gains), [tail, 1 - tail])
    return Interval(float(low), float(high))
