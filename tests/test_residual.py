"""The residual stream: its bounds and paths, the cells against PyTorch's own, and the scan for any operation."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from unrolled.pages import residual

seeds = st.integers(0, 10**6)


def network(seed: int, T: int = 6, d: int = 4, V: int = 5, scale: float = 1):
    """A random sentence and network, with a given largest singular value of W_recurrent."""
    rng = np.random.default_rng(seed)
    W_recurrent = rng.normal(size=(d, d))
    return {
        "x": np.eye(V)[rng.integers(V, size=T)],
        "y": np.eye(V)[rng.integers(V)],
        "W_embed": rng.normal(size=(d, V)),
        "W_recurrent": scale * W_recurrent / np.linalg.norm(W_recurrent, ord=2),
        "W_unembed": rng.normal(size=(V, d)),
    }


# The gradients


@settings(deadline=None)
@given(seeds, st.floats(0.1, 3))
def test_each_step_changes_the_norm_within_the_bounds_of_the_page(seed, sigma):
    norms = np.linalg.norm(
        residual.state_gradients(**network(seed, scale=sigma)), axis=1
    )
    assert (norms[:-1] <= (1 + sigma) * norms[1:] * (1 + 1e-12)).all()
    assert (norms[:-1] >= (1 - sigma) * norms[1:] * (1 - 1e-12)).all()


@settings(deadline=None)
@given(seeds, st.floats(0.1, 3))
def test_vanilla_gradients_shrink_by_the_largest_singular_value_at_least(seed, sigma):
    case = network(seed, scale=sigma)
    h = residual.states(case["x"], case["W_embed"], case["W_recurrent"], residual=False)
    A = residual.factors(h, case["W_recurrent"], residual=False)
    g = residual.backward_step_by_step(A, np.ones(4))
    norms = np.linalg.norm(g, axis=1)
    assert (norms[:-1] <= sigma * norms[1:] * (1 + 1e-12)).all()


def test_without_recurrent_weights_the_gradient_comes_through_unchanged():
    case = network(1) | {"W_recurrent": np.zeros((4, 4))}
    g = residual.state_gradients(**case)
    assert (g == g[-1]).all()


def test_factors_of_minus_one_make_the_gradient_exactly_zero():
    case = network(1) | {"W_recurrent": -np.eye(4), "W_embed": np.zeros((4, 5))}
    g = residual.state_gradients(**case)
    assert g[-1].any() and not g[:-1].any()


@settings(deadline=None)
@given(seeds, st.integers(1, 7))
def test_paths_add_up_to_the_gradient_and_the_first_is_the_identity_path(seed, T):
    case = network(seed, T)
    g = residual.state_gradients(**case)
    found = residual.paths(**case)
    assert found.terms.shape == (2 ** (T - 1), 4)
    assert (found.terms[0] == g[-1]).all()
    np.testing.assert_allclose(found.h_1, g[1], rtol=0, atol=1e-11)


def test_vanilla_states_are_those_of_pytorchs_rnn():
    case = network(1)
    layer = torch.nn.RNN(5, 4, bias=False).double()
    layer.load_state_dict(
        {
            "weight_ih_l0": torch.tensor(case["W_embed"]),
            "weight_hh_l0": torch.tensor(case["W_recurrent"]),
        }
    )
    h = residual.states(case["x"], case["W_embed"], case["W_recurrent"], residual=False)
    with torch.no_grad():
        found = layer(torch.tensor(case["x"]))[0].numpy()
    np.testing.assert_allclose(h[1:], found, rtol=0, atol=1e-14)
    assert not h[0].any()


def test_values_are_those_of_pytorchs_cell_added_to_the_stream():
    case = network(1, T=7)
    x, y, W_embed, W_recurrent, W_unembed = map(torch.from_numpy, case.values())
    h = [torch.zeros(1, 4, dtype=torch.float64)]
    for x_t in x:
        h.append(h[-1] + torch.rnn_tanh_cell(x_t[None], h[-1], W_embed, W_recurrent))
    s = torch.nn.functional.linear(h[-1][0], W_unembed)
    found = residual.forward(**case)
    np.testing.assert_allclose(found.h, torch.cat(h), rtol=0, atol=1e-13)
    np.testing.assert_allclose(found.s, s, rtol=0, atol=1e-12)
    J = -torch.nn.functional.cross_entropy(s, y.argmax())
    assert found.J == pytest.approx(J.item(), rel=1e-12)


# Over long distances


@pytest.mark.parametrize("cell", ["vanilla", "residual"])
def test_norms_by_autograd_are_those_of_the_formula(cell):
    T, d, V = 12, 5, 7
    norms = residual.gradient_norms(cell, 1.5, T, d, V, seeds=[3, 4])
    for seed, row in zip([3, 4], norms, strict=True):
        inputs, W, U = residual.random_network(seed, 1.5, T, d, V)
        h = residual.states(inputs, np.eye(d), W, residual=cell == "residual")
        s = U @ h[-1]
        p = np.exp(s) / np.exp(s).sum()
        A = residual.factors(h, W, residual=cell == "residual")
        g = residual.backward_step_by_step(A, U.T @ (np.eye(V)[0] - p))
        expected = np.linalg.norm(g, axis=1)[::-1]
        np.testing.assert_allclose(row, expected / expected[0], rtol=1e-11)


def test_lstm_is_pytorchs_own_with_the_forget_bias():
    rng = torch.Generator().manual_seed(1)
    cell = torch.nn.LSTMCell(3, 4).double()
    cell.bias_ih.data.zero_()
    cell.bias_hh.data.zero_()
    cell.bias_hh.data[4:8] = 2.5  # i, f, g, o
    x, h, c = (torch.randn(2, n, generator=rng, dtype=torch.float64) for n in (3, 4, 4))
    a = x @ cell.weight_ih.T + h @ cell.weight_hh.T
    for found, expected in zip(
        residual.step("LSTM", (h, c), a, 2.5), cell(x, (h, c)), strict=True
    ):
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-14)


def test_lstm_norms_are_of_both_parts_of_the_state():
    T, d, V = 6, 4, 5
    found = residual.gradient_norms("LSTM", 1, T, d, V, seeds=[2], forget_bias=1)[0]
    inputs, W, U = map(torch.from_numpy, residual.random_network(2, 1, T, d, V, 4))
    expected = []
    for start in range(T + 1):  # from the state of each time on, anew
        h = c = torch.zeros(d, dtype=torch.float64)
        for t in range(T + 1):
            if t == start:
                h, c = (z.detach().requires_grad_() for z in (h, c))
                parts = h, c
            if t < T:
                h, c = residual.step("LSTM", (h, c), W @ h + inputs[t], 1)
        J = (U @ h).log_softmax(0)[0]
        g = torch.autograd.grad(J, parts, allow_unused=True)
        expected.append(sum((z**2).sum() for z in g if z is not None).sqrt().item())
    expected = np.array(expected[::-1])
    np.testing.assert_allclose(found, expected / expected[0], rtol=1e-11)


def test_norms_of_a_seed_do_not_depend_on_the_others():
    together = residual.gradient_norms("LSTM", 1, 9, seeds=range(3))
    alone = residual.gradient_norms("LSTM", 1, 9, seeds=[2])
    assert (together[:, 0] == 1).all()
    np.testing.assert_allclose(together[2:], alone, rtol=1e-11)


@pytest.mark.parametrize(
    "arguments, message",
    [
        (("GRU", 1, 5), "cell is 'GRU'; expected one of vanilla, residual, LSTM"),
        (("vanilla", 1, 0), "T is 0; expected a whole number, 1 or more"),
    ],
)
def test_bad_cells_and_lengths_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        residual.gradient_norms(*arguments)


@pytest.mark.parametrize("cell", ["vanilla", "residual"])
def test_singular_values_are_those_of_the_product_in_this_order(cell):
    distances, d, V, scale, seeds = [1, 2, 6], 8, 5, 1.5, range(6)
    values = residual.singular_values(cell, scale, distances, d, V, seeds)
    assert values.shape == (len(seeds), len(distances), d)
    for seed, rows in zip(seeds, values, strict=True):
        inputs, W, _ = residual.random_network(seed, scale, max(distances), d, V)
        h = residual.states(inputs, np.eye(d), W, residual=cell == "residual")
        A = residual.factors(h, W, residual=cell == "residual")
        for k, row in zip(distances, rows, strict=True):
            forwards, backwards = np.eye(d), np.eye(d)
            for A_t in A[len(A) - k :]:  # t = T − k + 1, …, T
                forwards, backwards = forwards @ A_t, A_t @ backwards
            expected, turned = (np.linalg.svd(x)[1] for x in (forwards, backwards))
            assert abs(row - expected).max() <= 1e-12 * row[0]
            # the order can be told: the other one has other values
            assert k == 1 or abs(row - turned).max() > 1e-3 * row[0]


def test_singular_values_that_have_drowned_in_rounding_are_left_out():
    faded = residual.singular_values("vanilla", 0.4, [60], d=6, V=4, seeds=[5])
    assert np.isnan(faded[0, 0, -1]) and faded[0, 0, 0] > 0


# The scan


@given(st.lists(st.text("abc", min_size=1, max_size=2), min_size=1, max_size=40))
def test_scan_keeps_the_order_of_an_operation_that_does_not_commute(words):
    elements = np.array(words, dtype=object)
    found = residual.associative_scan(lambda a, b: a + b, elements)
    assert found.tolist() == ["".join(words[: n + 1]) for n in range(len(words))]


@given(st.integers(1, 300))
def test_scan_takes_few_rounds_and_few_operations(n):
    rounds = []

    def combine(a, b):
        assert len(a) == len(b) > 0
        rounds.append(len(a))
        return a + b

    found = residual.associative_scan(combine, np.ones(n))
    assert found.tolist() == list(range(1, n + 1))
    assert len(rounds) <= 2 * np.log2(n) and sum(rounds) < 2 * n


def test_scan_takes_several_gradients_at_once():
    rng = np.random.default_rng(1)
    A, g_T = rng.normal(size=(7, 4, 4)), rng.normal(size=(4, 3))
    together = residual.backward_by_scan(A, g_T)
    for n, column in enumerate(g_T.T):
        alone = residual.backward_by_scan(A, column)
        np.testing.assert_allclose(together[..., n], alone, rtol=1e-12)


@settings(deadline=None)
@given(seeds, st.integers(1, 40), st.booleans())
def test_scan_gives_the_gradients_of_both_networks(seed, T, stream):
    case = network(seed, T)
    h = residual.states(case["x"], case["W_embed"], case["W_recurrent"], stream)
    A = residual.factors(h, case["W_recurrent"], stream)
    one = residual.backward_step_by_step(A, np.ones(4))
    other = residual.backward_by_scan(A, np.ones(4))
    assert abs(one - other).max() <= 1e-12 * abs(one).max()


def test_the_elements_that_are_scanned_stay_as_they_are():
    elements = np.arange(5.0)
    residual.associative_scan(lambda a, b: a + b, elements)
    assert elements.tolist() == [0, 1, 2, 3, 4]
