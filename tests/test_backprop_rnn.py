"""Backpropagation through time: a batch agrees with autograd and with single sentences, and refuses misfits."""

import re

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

import backprop as bench
from unrolled.checks.formula import largest_error
from unrolled.pages import backprop_rnn
from unrolled.pages.backprop_rnn import Batch, Gradients, batch_gradients

SIZES = st.tuples(*(st.integers(low, 7) for low in (1, 1, 2, 1)))  # B, T, V, d


def drawn(sizes: tuple[int, int, int, int], scale: float = 1):
    """Random words and next words (B, T), matrices, and states (B, d)."""
    B, T, V, d = sizes
    rng = np.random.default_rng(sizes)
    ids, targets = rng.integers(V, size=(2, B, T))
    shapes = (d, V), (d, d), (V, d)
    weights = Gradients(*(scale * rng.normal(size=shape) for shape in shapes))
    return ids, targets, weights, rng.normal(size=(B, d))


def by_autograd(ids, targets, weights, h_0) -> Batch:
    """The same by PyTorch: J where there are targets, the last states, and the gradients."""
    W_embed, W_recurrent, W_unembed = map(torch.tensor, weights)
    V, d = W_unembed.shape
    layer = torch.nn.RNN(V, d, bias=False, batch_first=True).double()
    layer.load_state_dict({"weight_ih_l0": W_embed, "weight_hh_l0": W_recurrent})
    x = F.one_hot(torch.tensor(ids), V).double()
    h, last = layer(x, torch.tensor(h_0)[None])
    s = F.linear(h if targets.ndim == 2 else h[:, -1], W_unembed.requires_grad_())
    y = torch.tensor(targets).flatten()
    J = -F.cross_entropy(s.reshape(-1, V), y, reduction="sum")
    found = torch.autograd.grad(J, [*layer.parameters(), W_unembed])
    return Batch(
        J.item(), last[0].detach().numpy(), *(gradient.numpy() for gradient in found)
    )


@given(SIZES, st.booleans(), st.sampled_from([0.3, 1]))
def test_batch_agrees_with_autograd(sizes, everywhere, scale):
    ids, targets, weights, h_0 = drawn(sizes, scale)
    targets = targets if everywhere else targets[:, -1]
    found = batch_gradients(ids, targets, *weights, h_0)
    assert largest_error(found, by_autograd(ids, targets, weights, h_0)) <= 1e-12


@given(SIZES)
def test_batch_is_the_sum_of_its_sentences(sizes):
    ids, targets, weights, _ = drawn(sizes)
    one_hot = np.eye(sizes[2])
    whole = batch_gradients(ids, targets[:, -1], *weights)
    J, sums = 0.0, [0, 0, 0]
    for words, following in zip(one_hot[ids], one_hot[targets[:, -1]], strict=True):
        J += backprop_rnn.forward(words, following, *weights).J
        parts = backprop_rnn.gradients(words, following, *weights)
        sums = [a + b for a, b in zip(sums, parts, strict=True)]
    expected = Batch(J, whole.h, *sums)
    assert largest_error(whole, expected) <= 1e-12


def test_long_text_in_two_pieces_has_the_same_states_and_likelihood():
    ids, targets, weights, h_0 = drawn((3, 10, 5, 4))
    whole = batch_gradients(ids, targets, *weights, h_0)
    first = batch_gradients(ids[:, :6], targets[:, :6], *weights, h_0)
    second = batch_gradients(ids[:, 6:], targets[:, 6:], *weights, first.h)
    assert abs(second.h - whole.h).max() <= 1e-15
    assert first.J + second.J == pytest.approx(whole.J, rel=1e-14)
    # no gradient goes back into the first piece
    assert abs(first.W_recurrent + second.W_recurrent - whole.W_recurrent).max() > 1e-3


@given(st.lists(st.integers(0, 4), min_size=1, max_size=30))
def test_rows_of_one_word_are_added_up(ids: list[int]):
    rows = np.random.default_rng(len(ids)).normal(size=(len(ids), 3))
    expected = np.zeros((5, 3))
    np.add.at(expected, ids, rows)
    found = backprop_rnn.sums_by_word(rows, np.array(ids), 5)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-13)


def test_batch_keeps_the_type_of_the_matrices_and_its_arguments_as_they_are():
    ids, targets, weights, h_0 = drawn((2, 3, 4, 5))
    copies = [a.copy() for a in (ids, targets, *weights, h_0)]
    batch_gradients(ids, targets, *weights, h_0)
    for before, after in zip(copies, (ids, targets, *weights, h_0), strict=True):
        assert np.array_equal(before, after)
    single = batch_gradients(ids, targets, *(W.astype("float32") for W in weights))
    assert {part.dtype.name for part in single[1:]} == {"float32"}


def test_scores_that_overflow_give_numbers():
    ids, targets, weights, _ = drawn((2, 3, 4, 5))
    found = batch_gradients(ids, targets, *weights[:2], 1e4 * weights.W_unembed)
    assert all(np.isfinite(part).all() for part in found)


def test_gradient_by_the_first_state_is_not_zero_and_its_recurrent_term_is():
    ids, _, weights, _ = drawn((1, 1, 5, 3))
    x, y = np.eye(5)[ids[0]], np.eye(5)[0]
    assert not backprop_rnn.gradients(x, y, *weights).W_recurrent.any()
    assert backprop_rnn.state_gradients(x, y, *weights)[0].all()


def test_states_gradients_are_those_of_the_jacobians():
    ids, _, weights, _ = drawn((1, 7, 5, 3))
    x, y = np.eye(5)[ids[0]], np.eye(5)[2]
    p = backprop_rnn.forward(x, y, *weights).p
    last = weights.W_unembed.T @ (y - p)
    closed = [M.T @ last for M in backprop_rnn.jacobians(x, *weights[:2])]
    g = backprop_rnn.state_gradients(x, y, *weights)
    np.testing.assert_allclose(g, closed, rtol=1e-12, atol=1e-15)


def test_one_stacked_layer_is_the_network_with_one():
    ids, _, weights, _ = drawn((1, 6, 5, 3))
    x, y = np.eye(5)[ids[0]], np.eye(5)[1]
    W_embed, W_recurrent, W_unembed = weights
    found = backprop_rnn.stacked_gradients(
        x, y, W_embed, np.zeros((0, 3, 3)), W_recurrent[None], W_unembed
    )
    expected = backprop_rnn.gradients(x, y, *weights)
    assert found.W_in.shape == (0, 3, 3)
    np.testing.assert_allclose(found.W_embed, expected.W_embed, rtol=1e-13)
    np.testing.assert_allclose(found.W_recurrent[0], expected.W_recurrent, rtol=1e-13)
    np.testing.assert_allclose(found.W_unembed, expected.W_unembed, rtol=1e-13)


def test_small_steps_uphill_raise_the_likelihood():
    ids, targets, weights, _ = drawn((4, 6, 5, 3))
    climbed = []
    for _ in range(20):
        found = batch_gradients(ids, targets, *weights)
        climbed.append(found.J)
        weights = [W + 1e-3 * g for W, g in zip(weights, found[2:], strict=True)]
    assert (np.diff(climbed) > 0).all()


REFUSED = {
    "no words": ((2, 0), (2, 0), None, "ids have the shape (2, 0); expected (B, T)"),
    "no batch": ((3,), (3,), None, "ids have the shape (3,); expected (B, T)"),
    "longer targets": ((2, 3), (2, 4), None, "shape (2, 4); expected (2, 3)"),
    "more targets": ((2, 3), (3,), None, "or (2,), a word after each sentence"),
    "more states": ((2, 3), (2,), (3, 5), "h_0 has the shape (3, 5); expected (2, 5)"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_fit_is_refused_with_both_shapes(name):
    words, following, before, message = REFUSED[name]
    ids, targets = np.zeros(words, int), np.zeros(following, int)
    h_0 = None if before is None else np.zeros(before)
    with pytest.raises(ValueError, match=re.escape(message)):
        batch_gradients(ids, targets, *drawn((1, 1, 4, 5))[2], h_0)


def test_all_measured_ways_compute_the_same():
    """The measured speed-up is for the same gradients."""
    ids, targets, V = bench.sequences(3)
    weights = bench.random_weights(V, "float64")
    expected = bench.by_hand(weights)(ids, targets)
    for way in bench.WAYS.values():
        for _ in range(2):
            assert largest_error(way(weights)(ids, targets), expected) <= 1e-12
