"""Count models are distributions, whatever they have seen, and agree with the formula written out letter by letter."""

from collections import Counter
from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from unrolled.learning.ngrams import (
    FALLBACK_DISCOUNT,
    POOLED,
    SMOOTHINGS,
    Ngrams,
    discounts,
    of_best_order,
)

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
any_model = {"smoothing": st.sampled_from(list(SMOOTHINGS)), "order": st.integers(0, 5)}


def model(order: int = 3, smoothing: str = "modified-kneser-ney") -> Ngrams:
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


def discounts_of(counts: list[int], smoothing: str) -> dict[int, float]:
    """D(0) … D(3), where D(3) is that of all larger counts too, written out as in the sources."""
    m = Counter(counts)
    Y = m[1] / (m[1] + 2 * m[2]) if m[1] and m[2] else FALLBACK_DISCOUNT
    if smoothing == "kneser-ney":
        return {0: 0, 1: Y, 2: Y, 3: Y}
    D1 = Y
    D2 = min(max(2 - 3 * Y * m[3] / m[2], D1), 2) if m[2] and m[3] else D1
    D3 = min(max(3 - 4 * Y * m[4] / m[3], D2), 3) if m[3] and m[4] else D2
    return {0: 0, 1: D1, 2: D2, 3: D3}


def by_definition(
    sequences: list[list[int]],
    context: tuple[int, ...],
    w: int,
    top: bool,
    smoothing: str,
) -> float:
    """P(w | context), straight from the formula."""
    seen = padded_windows(sequences, len(context))
    if not top:
        seen = [s for s in seen if s[2]] + list(
            {(s[0], s[1], False, s[3]) for s in seen if not s[2]}
        )
    counts = Counter((c, v) for c, v, _, _ in seen)
    D = discounts_of(list(counts.values()), smoothing)
    n = {v: counts[context, v] for v in range(V)}
    N, taken = sum(n.values()), sum(D[min(count, 3)] for count in n.values())
    theta = 1 if smoothing == "kneser-ney" else 0
    below = 1 / (V - 2)
    if context:
        below = by_definition(sequences, context[1:], w, False, smoothing)
    if not N:
        return below
    return (n[w] - D[min(n[w], 3)] + (theta + taken) * below) / (N + theta)


LONGER = [
    [START, *word, END]
    for word in np.random.default_rng(1)
    .choice([3, 4, 5], (60, 4), p=[0.7, 0.2, 0.1])
    .tolist()
]
"""Words with so many letters that all counts of counts are there."""


@pytest.mark.parametrize("smoothing", SMOOTHINGS)
@pytest.mark.parametrize("words", [WORDS, LONGER])
@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_probabilities_are_those_of_the_formula(
    order: int, words: list[list[int]], smoothing: str
):
    fitted = model(order, smoothing).fit(words)
    for context in [tuple(c.tolist()) for c in every_context(order)][
        :: max(1, 6 ** (order - 3))
    ]:
        found = fitted.distribution([context])[0, END:]
        expected = [
            by_definition(words, context, w, True, smoothing) for w in range(END, V)
        ]
        np.testing.assert_allclose(found, expected, atol=1e-12)


def test_the_words_have_three_discounts():
    """Otherwise the formula of the smoothing with three would be tried on one alone."""
    found = padded_windows(LONGER, 2)
    counts = Counter((c, v) for c, v, _, _ in found)
    D = discounts_of(list(counts.values()), "modified-kneser-ney")
    assert 0 < D[1] < D[2] < D[3] < 3


@given(
    counts=st.lists(st.integers(1, 9), min_size=1, max_size=40), kinds=st.integers(1, 3)
)
def test_no_more_is_taken_off_a_count_than_it_has(counts: list[int], kinds: int):
    D = discounts(np.array(counts), kinds)
    assert (D > 0).all()
    assert (D <= np.arange(1, kinds + 1)).all()


OF_ONE_DISCOUNT = {
    (3, False): [-3.228363811380391, -3.466450607297733, -1.5447595922699149, -5.41538183331274, -4.675451142625746],
    (4, True): [-3.423366512368703, -2.790408658277955, -1.1005663397680463, -3.997939997215564, -3.326939660211096],
}  # fmt: skip
"""The log-probabilities of WORDS by order and groups, from when a context was one number of 64 bits."""


@pytest.mark.parametrize(("order", "grouped"), OF_ONE_DISCOUNT)
def test_one_discount_gives_the_numbers_that_it_always_gave(order: int, grouped: bool):
    groups = GROUPS if grouped else None
    fitted = model(order, "kneser-ney").fit(WORDS, groups)
    found = [one.sum() for one in fitted.log_probabilities(WORDS, groups)]
    np.testing.assert_allclose(found, OF_ONE_DISCOUNT[order, grouped], atol=1e-12)


@given(sequences=words, grouped=st.booleans(), **any_model)
def test_one_symbol_has_the_probability_that_it_has_among_all(
    sequences, grouped, order, smoothing
):
    groups = list(range(len(sequences))) if grouped else None
    fitted = model(order, smoothing).fit(
        sequences[:-1] or sequences, groups and (groups[:-1] or groups)
    )
    for i, found in enumerate(fitted.log_probabilities(sequences, groups)):
        before = [sequences[i][0]] * order + sequences[i]
        for t, log_p in enumerate(found, 1):
            context = before[t + 1 : t + order] if order else []
            p = fitted.distribution([context], groups and [groups[i]])
            np.testing.assert_allclose(np.exp(log_p), p[0, sequences[i][t]], atol=1e-12)


def test_any_order_and_any_alphabet():
    """Contexts of 30 symbols out of 50,000 have no number of 64 bits, and are told apart all the same."""
    rng = np.random.default_rng(1)
    sequence = rng.integers(1, 50_000, 400).tolist()
    fitted = Ngrams(31, 50_000, (0,)).fit([sequence], [3])
    (found,) = fitted.log_probabilities([sequence], [3])
    assert found[1:].mean() > np.log(0.2)  # each context is seen once
    contexts = np.lib.stride_tricks.sliding_window_view(sequence, 30)[:3].copy()
    contexts[1, 0], contexts[2, -1] = 7, 7
    p = fitted.distribution(contexts, [3])
    np.testing.assert_allclose(p.sum(1), 1)
    assert p[0, sequence[30]] > p[1, sequence[31]] > p[2, sequence[32]]


def test_the_best_order_on_dev_is_taken_and_none_beyond_is_better():
    rng = np.random.default_rng(2)

    def words(size: int) -> list[list[int]]:
        found = []
        for _ in range(size):  # each letter is the one before the last, nearly always
            word = [START, *rng.integers(3, V, 2).tolist()]
            while len(word) < 9:
                word.append(word[-2] if rng.random() < 0.9 else int(rng.integers(3, V)))
            found.append([*word, END])
        return found

    train, dev = words(60), words(30)
    for groups in None, ([0, 1] * 30, [0, 1] * 15):
        of_train, of_dev = groups or (None, None)
        found = of_best_order(train, dev, V, [PAD, START], groups)

        def dev_of(order: int, a: object = of_train, b: object = of_dev) -> float:
            fitted = model(order).fit(train, a)
            return np.concatenate(fitted.log_probabilities(dev, b)).sum()

        reached = [dev_of(order) for order in range(1, found.order + 3)]
        assert found.order == 1 + int(np.argmax(reached)) >= 3
        again = found.log_probabilities(dev, of_dev)
        assert np.concatenate(again).sum() == max(reached)


def test_order_0_is_uniform_and_order_1_counts():
    np.testing.assert_allclose(
        model(0).fit(WORDS).distribution(np.zeros((1, 0))),
        [[0, 0, 0.25, 0.25, 0.25, 0.25]],
    )
    # 3, 4, 5 and the end were seen 5, 7, 2 and 5 times: no count is one, so all lose what is usual
    found = model(1).fit(WORDS).distribution(np.zeros((1, 0)))[0, 2:]
    D = FALLBACK_DISCOUNT
    np.testing.assert_allclose(found, (np.array([5, 5, 7, 2]) - D + 4 * D / 4) / 19)


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
        (lambda: model(-1), "order is -1; expected a whole number, 0 or more"),
        (
            lambda: model(2, "laplace"),
            "smoothing 'laplace': expected one of modified-kneser-ney, kneser-ney",
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
