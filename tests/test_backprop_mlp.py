"""Networks with one hidden layer and with many: what holds of their gradients, whatever the weights."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from unrolled.pages.backprop_mlp import (
    deep_forward,
    deep_gradients,
    forward,
    gradients,
    log_likelihood,
    output_error,
    softmax,
)

sizes = st.tuples(st.integers(2, 9), st.integers(1, 6), st.integers(0, 5))
seeds = st.integers(0, 1000)


def network(V: int, d: int, L: int, seed: int) -> list[np.ndarray]:
    """Two words and random matrices."""
    rng = np.random.default_rng(seed)
    x, y = np.eye(V)[rng.choice(V, size=2)]
    embed, unembed = rng.normal(size=(d, V)), rng.normal(size=(V, d))
    return [x, y, embed, rng.normal(size=(L, d, d)) / np.sqrt(d), unembed]


@given(sizes, seeds)
def test_without_layers_it_is_the_network_with_one_latent_vector(sizes, seed):
    x, y, embed, W, unembed = network(sizes[0], sizes[1], 0, seed)
    assert deep_forward(x, y, embed, W, unembed).J == forward(x, y, embed, unembed).J
    deep = deep_gradients(x, y, embed, W, unembed)
    one = gradients(x, y, embed, unembed)
    assert np.array_equal(deep.h, [one.h])
    assert np.array_equal(deep.W_embed, one.W_embed)
    assert np.array_equal(deep.W_unembed, one.W_unembed)


@given(sizes, seeds)
def test_values_are_those_of_pytorchs_layers(sizes, seed):
    case = network(*sizes, seed)
    x, y, embed, W, unembed = map(torch.from_numpy, case)
    h = [F.embedding(x.argmax(), embed.T)]
    for layer in W:
        h.append(torch.tanh(F.linear(h[-1], layer)))
    s = F.linear(h[-1], unembed)
    found = deep_forward(*case)
    np.testing.assert_allclose(found.h, torch.stack(h), rtol=0, atol=1e-13)
    np.testing.assert_allclose(found.s, s, rtol=0, atol=1e-12)
    expected = -F.cross_entropy(s, y.argmax()).item()
    assert found.J == pytest.approx(expected, rel=1e-12, abs=1e-12)
    assert log_likelihood(s.numpy(), y.numpy()) == pytest.approx(found.J)


@given(sizes, seeds)
def test_gradients_have_the_shapes_of_what_they_are_taken_by(sizes, seed):
    V, d, L = sizes
    case = network(V, d, L, seed)
    found = deep_gradients(*case)
    assert found.h.shape == deep_forward(*case).h.shape == (L + 1, d)
    assert found.W_embed.shape == (d, V) and found.W_unembed.shape == (V, d)
    assert found.W.shape == (L, d, d)


@given(sizes, seeds)
def test_only_the_current_word_s_embedding_has_a_gradient(sizes, seed):
    x, y, *weights = network(*sizes, seed)
    found = deep_gradients(x, y, *weights)
    assert not found.W_embed[:, x == 0].any()
    assert np.array_equal(found.W_embed @ x, found.h[0])


@given(sizes, seeds)
def test_a_gradient_of_a_matrix_has_rank_one(sizes, seed):
    found = deep_gradients(*network(*sizes, seed))
    for matrix in (found.W_embed, found.W_unembed, *found.W):
        assert np.linalg.matrix_rank(matrix) <= 1


@given(sizes, seeds)
def test_what_scales_the_matrix_scales_with_the_vector_it_multiplies(sizes, seed):
    """Σ_ij W_ij ∂J/∂W_ij = a · ∂J/∂a for a = W b: here with the scores, a = s and e = ∂J/∂s."""
    x, y, embed, W, unembed = network(*sizes, seed)
    s = deep_forward(x, y, embed, W, unembed).s
    found = deep_gradients(x, y, embed, W, unembed)
    assert (unembed * found.W_unembed).sum() == pytest.approx(s @ output_error(s, y))
    h0 = embed @ x
    assert (embed * found.W_embed).sum() == pytest.approx(h0 @ found.h[0])


@given(sizes, seeds)
def test_a_small_step_along_the_gradients_goes_up(sizes, seed):
    x, y, embed, W, unembed = network(*sizes, seed)
    found = deep_gradients(x, y, embed, W, unembed)
    climbed = deep_forward(
        x,
        y,
        embed + 1e-4 * found.W_embed,
        W + 1e-4 * found.W,
        unembed + 1e-4 * found.W_unembed,
    )
    assert climbed.J >= deep_forward(x, y, embed, W, unembed).J


@given(st.lists(st.floats(-900, 900), min_size=2, max_size=9), st.floats(-50, 50))
def test_probabilities_add_up_to_one_and_do_not_see_a_shift(scores, shift):
    s = np.array(scores)
    assert softmax(s).sum() == pytest.approx(1)
    assert softmax(s + shift) == pytest.approx(softmax(s), abs=1e-12)
    assert output_error(s, np.eye(len(s))[0]).sum() == pytest.approx(0, abs=1e-12)
