"""Intervals: where they lie, how they shrink, how often they hold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.statistics import accuracy_interval


@given(st.integers(1, 5000), st.data())
def test_the_interval_holds_the_accuracy_and_mirrors_the_errors(total, data):
    right = data.draw(st.integers(0, total))
    low, high = accuracy_interval(right, total)
    assert 0 <= low <= right / total <= high <= 1
    mirrored = accuracy_interval(total - right, total)
    assert mirrored.low == pytest.approx(1 - high, abs=1e-12)


def test_the_interval_is_the_published_formula():
    # Wilson (1927): the roots p of (k/n − p)² = z² p (1 − p) / n
    k, n, z = 30, 100, 1.959963984540054
    for p in accuracy_interval(k, n):
        assert (k / n - p) ** 2 == pytest.approx(z**2 * p * (1 - p) / n, rel=1e-9)


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    draws = np.random.default_rng(0).binomial(200, 0.8, 4000)
    covered = [
        low <= 0.8 <= high
        for low, high in (accuracy_interval(int(k), 200) for k in draws)
    ]
    assert 0.93 < np.mean(covered) < 0.97


@pytest.mark.parametrize(("right", "total"), [(3, 2), (-1, 2), (0, 0)])
def test_impossible_counts_are_refused(right, total):
    with pytest.raises(ValueError, match=f"{right} right out of {total}"):
        accuracy_interval(right, total)
