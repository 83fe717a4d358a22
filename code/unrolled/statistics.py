"""How sure a measured number is.

Left out: what SciPy already says in one call is called here, not written again.
"""

from typing import NamedTuple

from scipy.stats import binomtest


class Interval(NamedTuple):
    """A confidence interval."""

    low: float
    high: float


def accuracy_interval(right: int, total: int, confidence: float = 0.95) -> Interval:
    """Wilson's score interval for an accuracy of ``right`` out of ``total`` (Wilson 1927).

    It speaks of the sampling of the test part alone: another training run is another source of spread. Raises
    ValueError unless 0 ≤ right ≤ total and total ≥ 1.
    """
    if not (total >= 1 and 0 <= right <= total):
        raise ValueError(
            f"{right} right out of {total}: expected at least one case, and no more right than cases"
        )
    interval = binomtest(right, total).proportion_ci(confidence, method="wilson")
    return Interval(float(interval.low), float(interval.high))
