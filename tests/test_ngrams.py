"""Count models are distributions, whatever they have seen, and agree with the formula written out letter by letter."""

from collections import Counter
from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from unrolled.learning.ngrams import FALLBACK_DISCOUNT, POOLED, SMOOTHINGS, Ngrams

PAD, START, END = 0, 1, 2
V = 6
WORDS = [
    [START, *word, END] for word in ([3, 4, 3], [3, 4, 5], [3], [4, 4, 4, 4], [5, 3, 4])
]
GROUPS = [0, 1, 1, 0, 2]

words = st.lists(
    st.lists(st.integers(3, V - 1), max_size=5).map(lambda w: [START, *w, END]),
    min_size=1,
    max_size=8,
)
any_model = {"smoothing": st.sampled_from(SMOOTHINGS), "order": st.integers(0, 5)}


def model(order: int = 3, smoothing: str = "kneser-ney") -> Ngrams:
    """A model that is not fitted."""
    return Ngrams(order, V, [PAD, START], smoothing)


def every_context(order: int) -> np.ndarray:
    """All contexts of symbols of the vocabulary."""
    width = max(order - 1, 0)
    return np.array(list(product(range(V), repeat=width)), dtype=int).reshape(
        V**width, width
    )


@given(sequences=words, grouped=st.booleans(), **any_model)
def test_every_distribution_sums_to_one(sequences, grouped, order, smoothing):
    groups = list(range(len(sequences))) if grouped else None
    contexts = every_context(min(order, 3))
    fitted = model(min(order, 3), smoothing).fit(sequences, groups)
    for group in groups or [None]:
        p = fitted.distribution(contexts, group)
        np.testing.assert_allclose(p.sum(1), 1, atol=1e-12)
        assert (p[:, [PAD, START]] == 0).all()
        assert (p[:, END:] > 0).all()


@given(sequences=words, **any_model)
def test_a_sequence_has_the_probability_of_its_steps(sequences, order, smoothing):
    fitted = model(order, smoothing).fit(sequences)
    for sequence, found in zip(
        sequences, fitted.log_probabilities(sequences), strict=True
    ):
        state, expected = (None, None), []
        for symbol, following in zip(sequence, sequence[1:], strict=False):
            logits, state = fitted.step(torch.tensor([symbol]), state)
            expected.append(logits[0, following].item())
        np.testing.assert_allclose(found, expected, atol=1e-12)


def padded_windows(
    sequences: list[list[int]], k: int
) -> list[tuple[tuple[int, ...], int, bool, int]]:
    """(context of length k, symbol, whether the context reaches the start, the symbol before it), for each symbol."""
    found = []
    for sequence in sequences:
        for i in range(1, len(sequence)):
            before = [sequence[0]] * 9 + sequence[:i]
            found.append(
                (tuple(before[len(before) - k :]), sequence[i], k >= i, before[-k - 1])
            )
    return found


def by_definition(
    sequences: list[list[int]],
    context: tuple[int, ...],
    w: int,
    top: bool,
    smoothing: str,
) -> float:
    """P(w | context), straight from the formula."""
    seen = padded_windows(sequences, len(context))
    if not top and smoothing == "kneser-ney":
        seen = [s for s in seen if s[2]] + list(
            {(s[0], s[1], False, s[3]) for s in seen if not s[2]}
        )
    counts = Counter((c, v) for c, v, _, _ in seen)
    n = {v: counts[context, v] for v in range(V)}
    N, T = sum(n.values()), sum(count > 0 for count in n.values())
    once, twice = (sum(count == i for count in counts.values()) for i in (1, 2))
    D = once / (once + 2 * twice) if once and twice else FALLBACK_DISCOUNT
    theta = 1
    if smoothing == "witten-bell":
        D, theta = 0, max(T, 1)
    if not context:
        below = 1 / (V - 2)
    else:
        below = by_definition(sequences, context[1:], w, False, smoothing)
    return (max(n[w] - D, 0) + (theta + D * T) * below) / (N + theta)


@pytest.mark.parametrize("smoothing", SMOOTHINGS)
@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_probabilities_are_those_of_the_formula(order: int, smoothing: str):
    fitted = model(order, smoothing).fit(WORDS)
    for context in [tuple(c.tolist()) for c in every_context(order)][
        :: max(1, 6 ** (order - 3))
    ]:
        found = fitted.distribution([context])[0, END:]
        expected = [
            by_definition(WORDS, context, w, True, smoothing) for w in range(END, V)
        ]
        np.testing.assert_allclose(found, expected, atol=1e-12)


def test_order_0_is_uniform_and_order_1_counts():
    np.testing.assert_allclose(
        model(0).fit(WORDS).distribution(np.zeros((1, 0))),
        [[0, 0, 0.25, 0.25, 0.25, 0.25]],
    )
    # 3, 4, 5 and the end were seen 5, 7, 2 and 5 times; T = 4 goes to the uniform
    found = model(1, "witten-bell").fit(WORDS).distribution(np.zeros((1, 0)))[0, 2:]
    np.testing.assert_allclose(found, (np.array([5, 5, 7, 2]) + 1) / (19 + 4))


def test_a_context_never_seen_says_what_the_shorter_one_says():
    for smoothing in SMOOTHINGS:
        fitted = model(3, smoothing).fit(WORDS)
        seen, unseen = fitted.distribution([[5, 5], [PAD, 5]])
        np.testing.assert_allclose(seen, unseen)


def test_more_counts_take_over_from_the_shorter_context():
    p = [
        model(3).fit([[START, 3, 4, END]] * n).distribution([[START, 3]])[0, 4]
        for n in (1, 10, 1000)
    ]
    assert p[0] < p[1] < p[2]
    assert p[2] > 0.99


def test_a_group_falls_back_on_itself_and_for_a_tenth_on_all():
    fitted = model(1).fit(WORDS, GROUPS)
    none = np.zeros((1, 0))
    pooled = model(1).fit(WORDS).distribution(none)
    floor = np.array([0, 0, 0.25, 0.25, 0.25, 0.25])
    unseen = fitted.distribution(none, [9])
    np.testing.assert_allclose(unseen, POOLED * pooled + (1 - POOLED) * floor)
    assert fitted.distribution(none, [0])[0, 5] < fitted.distribution(none, [2])[0, 5]


def test_groups_are_told_apart_where_their_numbers_meet_those_of_contexts():
    fitted = model(2).fit([[START, 3, END], [START, 4, END]], [3, 4])
    assert fitted.distribution([[START]], [3])[0].argmax() == 3
    assert fitted.distribution([[START]], [4])[0].argmax() == 4


def test_the_order_of_sequences_does_not_matter():
    first, second = model(4).fit(WORDS, GROUPS), model(4).fit(WORDS[::-1], GROUPS[::-1])
    for group in GROUPS:
        np.testing.assert_array_equal(
            first.distribution(every_context(4), group),
            second.distribution(every_context(4), group),
        )


@pytest.mark.parametrize(
    ("what", "message"),
    [
        (lambda: model(-1), "order is -1; expected a whole number, 0 to 62"),
        (lambda: Ngrams(20, 100), "order of 20 with 100 symbols"),
        (
            lambda: model(2, "laplace"),
            "smoothing 'laplace': expected one of kneser-ney, witten-bell",
        ),
        (lambda: Ngrams(2, 2, [0, 1]), "all 2 symbols are never predicted"),
        (lambda: Ngrams(2, 2, [7]), "ids from 7 to 7: expected 0 … 1"),
        (lambda: model().fit([]), "nothing to count"),
        (lambda: model().fit([[START]]), "nothing to count"),
        (lambda: model().fit([[START, V]]), "expected 0 … 5"),
        (lambda: model().fit([[START, START, 3]]), r"ids \[1\] are to be counted"),
        (lambda: model().fit(WORDS, [0]), "1 groups for 5 sequences"),
        (
            lambda: model().fit(WORDS).distribution([[3]]),
            r"shape \(1, 1\): expected \(N, 2\)",
        ),
        (
            lambda: model().fit(WORDS).distribution([[3, 4]], [0]),
            "fitted without groups",
        ),
        (
            lambda: model().fit(WORDS, GROUPS).distribution([[3, 4]]),
            "fitted with groups",
        ),
    ],
)
def test_bad_input_is_named(what, message: str):
    with pytest.raises(ValueError, match=message):
        what()
