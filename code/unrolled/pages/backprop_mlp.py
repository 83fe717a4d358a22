"""Backpropagation through a network with one hidden layer, and through one with many,
by hand.

The page ``backprop-mlp`` in the order it is read, in plain NumPy: the networks, their
log-likelihood J, and the gradients of J (Rumelhart, Hinton & Williams 1986). J is
*maximised*: a step goes along the gradient. One example at a time, as in the formulas.
Left out: biases.
"""

__all__ = [
    "log_softmax",
    "softmax",
    "log_likelihood",
    "Forward",
    "forward",
    "output_error",
    "Gradients",
    "gradients",
    "DeepForward",
    "deep_forward",
    "DeepGradients",
    "deep_gradients",
]

from typing import NamedTuple

import numpy as np
from numpy import ndarray


def log_softmax(s: ndarray) -> ndarray:
    """The logarithms (V,) of the probabilities for scores s (V,), without overflow."""
    s = s - s.max()
    return s - np.log(np.exp(s).sum())


def softmax(s: ndarray) -> ndarray:
    """The probabilities (V,) for scores s (V,), p_k = exp(s_k) / Σ_j exp(s_j)."""
    return np.exp(log_softmax(s))


def log_likelihood(s: ndarray, y: ndarray) -> float:
    """J = log p(y | s) in nats, of the observed word y (V,), one-hot, for scores s
    (V,).
    """
    return float(y @ log_softmax(s))


class Forward(NamedTuple):
    """The network's values: hidden vector h (d,), scores s (V,), log-likelihood J in
    nats.
    """

    h: ndarray
    s: ndarray
    J: float


def forward(x: ndarray, y: ndarray, W_embed: ndarray, W_unembed: ndarray) -> Forward:
    """From the current word x (V,) to J, the log-likelihood of the next word y (V,);
    both one-hot.

    W_embed is (d, V) and W_unembed (V, d).
    """
    h = W_embed @ x  # (d,)
    s = W_unembed @ h  # (V,)
    return Forward(h, s, log_likelihood(s, y))


def output_error(s: ndarray, y: ndarray) -> ndarray:
    """The gradient (V,) of J with respect to the scores s (V,): e = y − p, observed
    minus expected. Result ``softmax-error``.
    """
    return y - softmax(s)


class Gradients(NamedTuple):
    """The gradients of J with respect to h (d,), W_unembed (V, d) and W_embed
    (d, V).
    """

    h: ndarray
    W_unembed: ndarray
    W_embed: ndarray


def gradients(
    x: ndarray, y: ndarray, W_embed: ndarray, W_unembed: ndarray
) -> Gradients:
    """The gradients of J with respect to the hidden vector and both matrices. Result
    ``one-layer-gradients``.
    """
    h = W_embed @ x  # (d,)
    e = output_error(W_unembed @ h, y)  # (V,)
    g = W_unembed.T @ e  # (d,) = (d, V) @ (V,)
    return Gradients(
        h=g,
        W_unembed=np.outer(e, h),  # (V, d)
        W_embed=np.outer(g, x),  # (d, V)
    )


class DeepForward(NamedTuple):
    """The values of a network with L layers: latent vectors h (L + 1, d), scores s
    (V,), log-likelihood J in nats.
    """

    h: ndarray
    s: ndarray
    J: float


def deep_forward(
    x: ndarray, y: ndarray, W_embed: ndarray, W: ndarray, W_unembed: ndarray
) -> DeepForward:
    """From the current word x (V,) to J, by way of L layers with a tanh; x and the next
    word y (V,) are one-hot.

    W_embed is (d, V), W_unembed (V, d), and W (L, d, d) has the matrix of layer ℓ = 1,
    …, L at W[ℓ − 1].
    """
    h = [W_embed @ x]  # (d,)
    for W_l in W:
        h.append(np.tanh(W_l @ h[-1]))  # (d,)
    s = W_unembed @ h[-1]  # (V,)
    return DeepForward(np.array(h), s, log_likelihood(s, y))


class DeepGradients(NamedTuple):
    """The gradients of J with respect to h^(0), …, h^(L), which are the rows of h
    (L + 1, d), and to all matrices.
    """

    h: ndarray
    W_unembed: ndarray
    W: ndarray
    W_embed: ndarray


def deep_gradients(
    x: ndarray, y: ndarray, W_embed: ndarray, W: ndarray, W_unembed: ndarray
) -> DeepGradients:
    """The gradients of J with respect to all vectors h and all matrices. Result
    ``deep-gradients``.
    """
    L, d, _ = W.shape
    h, s, _ = deep_forward(x, y, W_embed, W, W_unembed)
    e = output_error(s, y)  # (V,)
    g, by_W = np.zeros((L + 1, d)), np.zeros((L, d, d))
    g[L] = W_unembed.T @ e
    for layer in range(L, 0, -1):
        delta = (1 - h[layer] ** 2) * g[layer]  # (d,), δ_ℓ
        by_W[layer - 1] = np.outer(delta, h[layer - 1])
        g[layer - 1] = W[layer - 1].T @ delta
    return DeepGradients(
        h=g, W_unembed=np.outer(e, h[L]), W=by_W, W_embed=np.outer(g[0], x)
    )
