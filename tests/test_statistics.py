"""Intervals: where they lie, how they shrink, how often they hold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.learning.statistics import (
    Difference,
    Spread,
    accuracy_interval,
    balanced_interval,
    bootstrap,
    difference,
    paired_difference,
)


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


@pytest.mark.parametrize(("right", "total"), [(3, 2), (0, 0)])
def test_impossible_counts_are_refused(right, total):
    with pytest.raises(ValueError, match=f"{right} right out of {total}"):
        accuracy_interval(right, total)


def test_a_bootstrap_leaves_out_as_much_at_each_end():
    def drawn_again(_, resamples):
        return np.arange(resamples)

    assert bootstrap(drawn_again, resamples=1001) == pytest.approx((25, 975))
    assert bootstrap(drawn_again, 0.5, 101) == pytest.approx((25, 75))


def test_a_bootstrap_of_the_same_is_the_same():
    first, second = (
        bootstrap(lambda rng, resamples: rng.random(resamples)) for _ in range(2)
    )
    assert first == second


def test_one_class_balanced_is_the_plain_accuracy():
    plain, balanced = accuracy_interval(830, 1000), balanced_interval([830], [1000])
    assert balanced.low == pytest.approx(plain.low, abs=0.004)
    assert balanced.high == pytest.approx(plain.high, abs=0.004)


def test_a_small_class_widens_the_balanced_interval():
    wide = balanced_interval([8, 800], [10, 1000])
    narrow = balanced_interval([400, 400], [500, 500])
    assert wide.high - wide.low > 3 * (narrow.high - narrow.low)


def test_the_balanced_interval_covers_about_as_often_as_it_says():
    n, p = np.array([40, 100, 400]), np.array([0.6, 0.8, 0.9])
    draws = np.random.default_rng(0).binomial(n, p, (400, 3))
    intervals = [balanced_interval(k, n) for k in draws]
    assert 0.9 < np.mean([low <= p.mean() <= high for low, high in intervals]) < 0.98


def test_pairs_say_more_than_two_intervals():
    first = np.arange(1000) < 800
    second = np.arange(1000) < 820  # right where the first is, and twenty times more
    low, high = paired_difference(first, second)
    assert 0 < low < 0.02 < high < 0.03
    assert paired_difference(first, first) == (0, 0)
    assert paired_difference(second, first).low == pytest.approx(-high, abs=2e-3)


def test_counts_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="at least one case"):
        balanced_interval([0], [0])
    with pytest.raises(ValueError, match="at least one case"):
        balanced_interval([1, 3], [1, 2])
    with pytest.raises(ValueError, match="2 and 1 answers"):
        paired_difference([True, False], [True])


def test_a_spread_says_mean_and_standard_deviation_and_of_one_run_the_mean():
    assert f"{Spread([1, 2, 3]):.1f}" == "2.0\N{NO-BREAK SPACE}±\N{NO-BREAK SPACE}1.0"
    assert f"{Spread([0.5]):.0%}" == "50%"
    with pytest.raises(ValueError, match="at least one run"):
        Spread([])


def test_a_difference_is_turned_round_with_its_sides_and_names_the_direction():
    first, second = [1.0, 1.2, 1.1], [2.0, 2.4, 2.2]
    found, back = difference(first, second), difference(second, first)
    assert found.value == pytest.approx(1.1) and found.low < found.value < found.high
    assert back[:3] == pytest.approx([-found.value, -found.high, -found.low])
    assert found.word("more", "less", "neither") == "more"
    assert back.word("more", "less", "neither") == "less"
    assert difference(first, first).word("more", "less", "neither") == "neither"


def test_the_interval_of_a_difference_holds_as_often_as_it_says():
    rng = np.random.default_rng(1)
    runs = rng.normal(size=(2000, 3)), rng.normal(1, 3, size=(2000, 5))
    held = [low <= 1 <= high for _, low, high, _ in map(difference, *runs)]
    assert np.mean(held) == pytest.approx(0.95, abs=0.03)


def test_a_difference_in_words():
    said = f"{Difference(-0.21, -0.4, 0.02, 'bits'):.2f}"
    assert said == "−0.21 bits (95 % interval over seeds −0.40 to +0.02)"
    with pytest.raises(ValueError, match="1 and 3 runs"):
        difference([1.0], [1.0, 2.0, 3.0])
