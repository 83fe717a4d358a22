"""What each strategy does to a distribution, where they meet, and how a sequence that never ends is stopped."""

import math

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st

from unrolled.learning.sampling import (
    _threefry,
    distribution,
    inverse,
    sample,
    uniform,
)

logits = st.lists(st.floats(-20, 20, width=32), min_size=1, max_size=9).map(
    torch.tensor
)


@given(
    logits,
    st.floats(0, 50),
    st.none() | st.integers(1, 9),
    st.none() | st.floats(0.01, 1),
)
@example(torch.tensor([0, 1, 7.9e-34]), 1.0, None, 0.75)
def test_every_strategy_gives_a_distribution_that_keeps_the_order(s, temperature, k, p):
    q = distribution(s, temperature, k, p)
    assert q.sum().item() == pytest.approx(1)
    assert (q >= 0).all()
    shifted = s.double() - s.double().max()  # near ties become ties
    more = shifted[:, None] > shifted[None, :]
    assert (q[:, None] >= q[None, :])[more].all()


@given(logits)
def test_greedy_is_temperature_to_zero_is_top_1(s):
    greedy = distribution(s, temperature=0)
    assert torch.equal(greedy, distribution(s, k=1))
    assert s[greedy.argmax()] == s.max()
    lead = s.max().double() - s[greedy == 0].max() if len(s) > 1 else torch.tensor(1.0)
    if lead > 0:  # otherwise several are the most probable at every temperature
        cold = distribution(s, temperature=lead.item() / 100)
        torch.testing.assert_close(cold, greedy)


@given(logits)
def test_temperature_to_infinity_approaches_uniform(s):
    torch.testing.assert_close(
        distribution(s, 1e9),
        torch.full((len(s),), 1 / len(s)).double(),
        atol=1e-7,
        rtol=0,
    )
    distance = [(distribution(s, t) - 1 / len(s)).abs().max() for t in (1, 10, 100)]
    assert distance[0] >= distance[1] >= distance[2]


@given(logits)
def test_nucleus_of_everything_and_all_k_are_plain_sampling(s):
    plain = s.double().softmax(0)
    for q in (
        distribution(s),
        distribution(s, p=1),
        distribution(s, k=len(s)),
        distribution(s, k=99),
    ):
        torch.testing.assert_close(q, plain)


@given(logits, st.floats(0.01, 0.99))
def test_a_nucleus_is_the_fewest_symbols_that_hold_the_share(s, share):
    plain, q = distribution(s), distribution(s, p=share)
    kept = q > 0
    assert plain[kept].sum() >= share - 1e-9
    if kept.sum() > 1:
        assert plain[kept].sum() - plain[kept].min() < share + 1e-9
    torch.testing.assert_close(q[kept], plain[kept] / plain[kept].sum())


def test_by_hand():
    p = torch.tensor([0.1, 0.4, 0.2, 0.3]).double()
    s = p.log()
    expect = {
        (1.0, 2, None): [0, 4 / 7, 0, 3 / 7],
        (1.0, None, 0.6): [0, 4 / 7, 0, 3 / 7],
        (1.0, None, 0.75): [0, 4 / 9, 2 / 9, 3 / 9],
        (0.5, None, None): [1 / 30, 16 / 30, 4 / 30, 9 / 30],
        (1.0, 3, 0.5): [0, 4 / 7, 0, 3 / 7],  # of the three, 4/9 is less than a half
    }
    for settings, q in expect.items():
        torch.testing.assert_close(distribution(s, *settings), torch.tensor(q).double())


def test_what_is_ruled_out_stays_ruled_out_and_a_batch_is_treated_row_by_row():
    s = torch.tensor([[0.0, -math.inf, 1.0], [5.0, 2.0, -math.inf]])
    for settings in (
        {},
        {"temperature": 0},
        {"temperature": 1e9},
        {"k": 2},
        {"p": 0.9},
    ):
        q = distribution(s, **settings)
        assert q[0, 1] == q[1, 2] == 0
        for row, found in zip(s, q, strict=True):
            torch.testing.assert_close(found, distribution(row, **settings))


@pytest.mark.parametrize(
    ("key", "counter", "words"),
    [
        ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
        ((0xFFFFFFFF,) * 2, (0xFFFFFFFF,) * 2, (0x1CB996FC, 0xBB002BE7)),
        ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3), (0xC4923A9C, 0x483DF7A0)),
    ],
)
def test_threefry_gives_the_words_that_its_authors_publish(key, counter, words):
    assert tuple(int(word[0]) for word in _threefry(key, counter)) == words


def test_uniform_numbers_are_uniform_and_do_not_depend_on_how_many_there_are():
    u = uniform(5, 200, 300)
    assert ((u >= 0) & (u < 1)).all()
    assert (u[:7, :9] == uniform(5, 7, 9)).all()
    cells = np.bincount((u * 100).astype(int).ravel(), minlength=100)
    assert len(cells) == 100
    # chi-square with 99 degrees of freedom: five standard deviations
    assert abs(((cells - 600) ** 2 / 600).sum() - 99) < 5 * (2 * 99) ** 0.5
    for other in (
        u[1:, :],
        u[:, 1:],
        uniform(6, 200, 300),
        uniform(5 + 2**32, 200, 300),
    ):
        same = u[: other.shape[0], : other.shape[1]]
        r = np.corrcoef(same.ravel(), other.ravel())[0, 1]
        assert abs(r) < 5 / same.size**0.5


def test_the_inverse_steps_where_the_running_sum_does():
    q = np.array([0.0, 0.25, 0.0, 0.5, 0.25, 0.0])
    for u, symbol in {
        0.0: 1,
        0.2499: 1,
        0.25: 3,
        0.7499: 3,
        0.75: 4,
        1 - 2**-53: 4,
    }.items():
        assert inverse(q, np.array(u)) == symbol
    # a sum that rounding leaves short still gives a symbol that has a probability
    assert inverse(q * (1 - 1e-9), np.array(1 - 2**-53)) == 4


def test_a_sequence_is_the_same_whatever_is_drawn_beside_it():
    def flat(ids, state):
        return torch.zeros(len(ids), 9), state

    alone, beside = (
        sample(flat, None, torch.zeros(B, dtype=int), 0, 20, 3).ids for B in (2, 5)
    )
    assert alone == beside[:2]


def test_draws_have_the_frequencies_of_the_distribution():
    s = torch.tensor([0.0, 1.0, 2.0, -1.0])
    many = sample(
        lambda ids, state: (s.expand(len(ids), 4), state),
        None,
        torch.zeros(20_000, dtype=int),
        None,
        1,
        1,
    )
    counts = torch.tensor(many.ids).flatten().bincount(minlength=4)
    # five standard deviations of the counts
    assert ((counts - 20_000 * s.softmax(0)).abs() < 5 * (20_000 * 0.25) ** 0.5).all()


def counting(ids, state):
    """The logits of a model that goes 1, 2, 3, … and ends (0) after as many symbols as each sequence was begun with."""
    state = ids if state is None else state
    following = torch.where(ids >= 2 * state, 0, ids + 1)
    return torch.full((len(ids), 30), -math.inf).scatter(
        1, following[:, None], 0.0
    ), state


def test_each_sequence_ends_where_its_end_is_drawn():
    found = sample(counting, None, torch.tensor([2, 5, 1]), 0, 9, 1)
    assert found.ids == [[3, 4], [6, 7, 8, 9, 10], [2]]
    assert found.ended == [True, True, True]


def test_what_never_ends_is_stopped_and_reported():
    found = sample(counting, None, torch.tensor([2, 5, 3]), 0, 3, 1)
    assert found.ids == [[3, 4], [6, 7, 8], [4, 5, 6]]
    assert found.ended == [
        True,
        False,
        True,
    ]  # the end of the third came right after its third symbol


def test_a_text_without_an_end_has_the_length_asked_for():
    found = sample(counting, None, torch.tensor([4]), None, 2, 1)
    assert found.ids == [[5, 6]]
    assert sample(counting, None, torch.tensor([4]), None, 0, 1).ids == [[]]


def test_a_seed_repeats_itself():
    def flat(ids, state):
        return torch.zeros(len(ids), 9), state

    runs = [
        sample(flat, None, torch.zeros(5, dtype=int), 0, 20, seed) for seed in (1, 1, 2)
    ]
    assert runs[0] == runs[1] != runs[2]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"temperature": -1},
            "temperature is -1; expected a finite number of at least 0",
        ),
        ({"temperature": math.nan}, "temperature is nan"),
        ({"temperature": math.inf}, "temperature is inf"),
        ({"k": 0}, "k is 0; expected a whole number, 1 or more"),
        ({"p": 0}, "nucleus of 0"),
        ({"p": 1.5}, "nucleus of 1.5"),
    ],
)
def test_bad_settings_are_named(settings, message: str):
    with pytest.raises(ValueError, match=message):
        distribution(torch.zeros(3), **settings)


@pytest.mark.parametrize("s", [[], [math.nan, 0], [-math.inf, -math.inf]])
def test_bad_logits_are_refused(s):
    with pytest.raises(ValueError, match="finite largest entry"):
        distribution(torch.tensor(s))


def test_a_negative_length_is_refused():
    with pytest.raises(ValueError, match="longest is -1"):
        sample(counting, None, torch.tensor([1]), 0, -1, 1)
