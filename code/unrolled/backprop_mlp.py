"""Backpropagation through a network with one hidden layer, by hand.

The page ``backprop-mlp`` in the order it is read, in plain NumPy: the network, its log-likelihood J, and the gradients
of J (Rumelhart, Hinton & Williams 1986). J is *maximised*: a step goes along the gradient. One example at a time, as
in the formulas.
"""

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
    """J = log p(y | s) in nats, of the observed word y (V,), one-hot, for scores s (V,)."""
    return float(y @ log_softmax(s))


class Forward(NamedTuple):
    """The network's values: hidden vector h (d,), scores s (V,), log-likelihood J in nats."""

    h: ndarray
    s: ndarray
    J: float


def forward(x: ndarray, y: ndarray, W_embed: ndarray, W_unembed: ndarray) -> Forward:
    """From the current word x (V,) to J, the log-likelihood of the next word y (V,); both one-hot.

    W_embed is (d, V) and W_unembed (V, d).
    """
    h = W_embed @ x  # (d,)
    s = W_unembed @ h  # (V,)
    return Forward(h, s, log_likelihood(s, y))


def output_error(s: ndarray, y: ndarray) -> ndarray:
    """The gradient (V,) of J by the scores s (V,): e = y − p, observed minus expected. Result ``softmax-error``."""
    return y - softmax(s)


class Gradients(NamedTuple):
    """The gradients of J by h (d,), by W_unembed (V, d) and by W_embed (d, V)."""

    h: ndarray
    W_unembed: ndarray
    W_embed: ndarray


def gradients(
    x: ndarray, y: ndarray, W_embed: ndarray, W_unembed: ndarray
) -> Gradients:
    """The gradients of J by the hidden vector and by both matrices. Result ``one-layer-gradients``."""
    h = W_embed @ x  # (d,)
    e = output_error(W_unembed @ h, y)  # (V,)
    g = W_unembed.T @ e  # (d,) = (d, V) @ (V,)
    return Gradients(
        h=g,
        W_unembed=np.outer(e, h),  # (V, d)
        W_embed=np.outer(g, x),  # (d, V)
    )
