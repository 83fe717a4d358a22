"""Backpropagation through time, by hand.

The page ``backprop-rnn`` in the order it is read, in plain NumPy: a recurrent network
that reads a sentence and scores the next word, its log-likelihood J, and the gradients
of J (Werbos 1990); first one sentence at a time, as in the formulas, then several
recurrent layers, then a batch of sentences at once, for speed. J is *maximised*: a step
goes along the gradient. Left out: biases, padding, and steps other than plain ones.
"""

__all__ = [
    "states",
    "Forward",
    "forward",
    "state_gradients",
    "jacobians",
    "Gradients",
    "gradients",
    "StackedGradients",
    "stacked_gradients",
    "Batch",
    "batch_gradients",
    "sums_by_word",
]

from typing import NamedTuple

import numpy as np
from numpy import ndarray


def log_softmax(s: ndarray) -> ndarray:
    """The logarithms (..., V) of the probabilities for scores s (..., V), without
    overflow.
    """
    s = s - s.max(-1, keepdims=True)
    return s - np.log(np.exp(s).sum(-1, keepdims=True))


# One sentence: x (T, V) has the words x_1, …, x_T as rows, one-hot


def states(x: ndarray, W_embed: ndarray, W_recurrent: ndarray) -> ndarray:
    """The hidden states (T + 1, d), h_0 = 0 first, for words x (T, V).

    W_embed is (d, V) and W_recurrent (d, d).
    """
    h = [np.zeros(len(W_recurrent))]  # h_0
    for x_t in x:
        h.append(np.tanh(W_embed @ x_t + W_recurrent @ h[-1]))  # (d,)
    return np.array(h)


class Forward(NamedTuple):
    """The network's values: states h (T + 1, d), probabilities p (V,), log-likelihood J
    in nats.
    """

    h: ndarray
    p: ndarray
    J: float


def forward(
    x: ndarray, y: ndarray, W_embed: ndarray, W_recurrent: ndarray, W_unembed: ndarray
) -> Forward:
    """From the words x (T, V) to J, the log-likelihood of the next word y (V,);
    W_unembed is (V, d).
    """
    h = states(x, W_embed, W_recurrent)
    log_p = log_softmax(W_unembed @ h[-1])  # (V,)
    return Forward(h, np.exp(log_p), float(y @ log_p))


def state_gradients(
    x: ndarray, y: ndarray, W_embed: ndarray, W_recurrent: ndarray, W_unembed: ndarray
) -> ndarray:
    """The gradients (T + 1, d) of J with respect to the states; row t is ∂J/∂h_t.

    Result ``rnn-states``.
    """
    h, p, _ = forward(x, y, W_embed, W_recurrent, W_unembed)
    g = np.empty_like(h)
    g[-1] = W_unembed.T @ (y - p)  # (d,) = (d, V) @ (V,)
    for t in range(len(x), 0, -1):
        delta = (1 - h[t] ** 2) * g[t]  # (d,)
        g[t - 1] = W_recurrent.T @ delta
    return g


def jacobians(x: ndarray, W_embed: ndarray, W_recurrent: ndarray) -> ndarray:
    """The Jacobians (T + 1, d, d) of the last state with respect to all states; entry t
    is ∂h_T/∂h_t.

    Result ``rnn-jacobians``.
    """
    h = states(x, W_embed, W_recurrent)
    found = [np.eye(len(W_recurrent))]  # ∂h_T/∂h_T
    for h_t in h[:0:-1]:  # t = T, …, 1
        found.append(found[-1] @ np.diag(1 - h_t**2) @ W_recurrent)
    return np.array(found[::-1])


class Gradients(NamedTuple):
    """The gradients of J with respect to W_embed (d, V), W_recurrent (d, d) and
    W_unembed (V, d).
    """

    W_embed: ndarray
    W_recurrent: ndarray
    W_unembed: ndarray


def gradients(
    x: ndarray, y: ndarray, W_embed: ndarray, W_recurrent: ndarray, W_unembed: ndarray
) -> Gradients:
    """The gradients of J with respect to the three matrices, through all T steps.

    Result ``rnn-gradients``.
    """
    h, p, _ = forward(x, y, W_embed, W_recurrent, W_unembed)
    e = y - p  # (V,)
    by_embed, by_recurrent = np.zeros_like(W_embed), np.zeros_like(W_recurrent)
    g = W_unembed.T @ e  # (d,)
    for t in range(len(x), 0, -1):
        delta = (1 - h[t] ** 2) * g  # (d,)
        by_embed += np.outer(delta, x[t - 1])  # (d, V); x_t is x[t - 1]
        by_recurrent += np.outer(delta, h[t - 1])  # (d, d)
        g = W_recurrent.T @ delta
    return Gradients(by_embed, by_recurrent, W_unembed=np.outer(e, h[-1]))


# Several recurrent layers


def stacked_states(
    x: ndarray, W_embed: ndarray, W_in: ndarray, W_recurrent: ndarray
) -> list[ndarray]:
    """The states (T + 1, d) of each of L layers, the lowest first.

    The first layer reads the words x (T, V) through W_embed (d, V), layer ℓ ≥ 2 the
    layer below through W_in[ℓ − 2] of W_in (L − 1, d, d); W_recurrent is (L, d, d).
    """
    layers = []
    below = x
    for into, across in zip([W_embed, *W_in], W_recurrent, strict=True):
        layers.append(states(below, into, across))
        below = layers[-1][1:]  # h_1, …, h_T
    return layers


class StackedGradients(NamedTuple):
    """The gradients of J with respect to W_embed (d, V), W_in (L − 1, d, d),
    W_recurrent (L, d, d) and W_unembed (V, d).
    """

    W_embed: ndarray
    W_in: ndarray
    W_recurrent: ndarray
    W_unembed: ndarray


def stacked_gradients(
    x: ndarray,
    y: ndarray,
    W_embed: ndarray,
    W_in: ndarray,
    W_recurrent: ndarray,
    W_unembed: ndarray,
) -> StackedGradients:
    """The gradients of J with respect to all matrices of L recurrent layers.

    Result ``stacked-rnn-gradients``.
    """
    layers = stacked_states(x, W_embed, W_in, W_recurrent)
    e = y - np.exp(log_softmax(W_unembed @ layers[-1][-1]))  # (V,)
    from_above = np.zeros_like(layers[-1][1:])  # (T, d)
    from_above[-1] = W_unembed.T @ e
    into = [W_embed, *W_in]
    by_into, by_across = [], []
    for layer in range(len(layers) - 1, -1, -1):
        h = layers[layer]
        below = layers[layer - 1][1:] if layer else x  # (T, d), or (T, V)
        delta = np.zeros_like(h)  # (T + 1, d); row t is δ_(t+1), and nothing follows T
        for t in range(len(x), 0, -1):
            g = from_above[t - 1] + W_recurrent[layer].T @ delta[t]  # (d,)
            delta[t - 1] = (1 - h[t] ** 2) * g
        by_into.insert(0, delta[:-1].T @ below)  # Σ_t δ_t (input at t)ᵀ
        by_across.insert(0, delta[:-1].T @ h[:-1])  # Σ_t δ_t h_(t−1)ᵀ
        from_above = delta[:-1] @ into[layer]  # (T, d): rows W_inᵀ δ_t
    return StackedGradients(
        by_into[0],
        np.array(by_into[1:]).reshape(W_in.shape),
        np.array(by_across),
        np.outer(e, layers[-1][-1]),
    )


# A batch of sentences at once


class Batch(NamedTuple):
    """J of a batch in nats, its last states h_T (B, d), and the gradients of J with
    respect to the three matrices.
    """

    J: float
    h: ndarray
    W_embed: ndarray
    W_recurrent: ndarray
    W_unembed: ndarray


def batch_gradients(
    ids: ndarray,
    targets: ndarray,
    W_embed: ndarray,
    W_recurrent: ndarray,
    W_unembed: ndarray,
    h_0: ndarray | None = None,
) -> Batch:
    """J and its gradients, summed over a batch of words ids (B, T).

    Targets (B, T) are the words that follow each position, targets (B,) those that
    follow the last alone. The states start from h_0 (B, d), zero by default. All in
    the type of the matrices, float32 or float64. Result ``rnn-batch-gradients``.

    Raises ValueError if shapes do not fit, or if there are no words.
    """
    demand_batch(ids, targets, h_0, len(W_recurrent))
    (B, T), (d, V) = ids.shape, W_embed.shape
    h = np.zeros((T + 1, B, d), W_embed.dtype)
    if h_0 is not None:
        h[0] = h_0
    embedded = W_embed.T[ids.T]  # (T, B, d): columns picked, not multiplied
    across = W_recurrent.T.copy()  # in the order in which each step reads it
    for t in range(1, T + 1):
        np.tanh(embedded[t - 1] + h[t - 1] @ across, out=h[t])  # (B, d)

    read = h[1:] if targets.ndim == 2 else h[T:]  # (T, B, d), or (1, B, d)
    read, y = read.reshape(-1, d), targets.T.reshape(-1)  # (N, d), (N,)
    J, e = observed_minus_expected(read @ W_unembed.T, y)  # e (N, V)

    delta = np.zeros((T + 1, B, d), W_embed.dtype)  # row t is δ_(t+1); 0 after T
    first = T - len(y) // B  # from here on, J reads the states
    np.matmul(e, W_unembed, out=delta[first:T].reshape(-1, d))  # W_unembedᵀ e
    for t in range(T, 0, -1):
        g = delta[t - 1] + delta[t] @ W_recurrent  # (B, d) = (B, d) @ (d, d)
        np.multiply(1 - h[t] ** 2, g, out=delta[t - 1])

    delta = delta[:-1].reshape(-1, d)  # (TB, d): a sum over all is one product
    return Batch(
        J,
        h[T],
        W_embed=sums_by_word(delta, ids.T.reshape(-1), V).T,  # (d, V)
        W_recurrent=delta.T @ h[:-1].reshape(-1, d),  # (d, d)
        W_unembed=e.T @ read,  # (V, d)
    )


def observed_minus_expected(s: ndarray, y: ndarray) -> tuple[float, ndarray]:
    """J of words y (N,) under scores s (N, V), summed, and e = y − p (N, V), which
    takes the place of s.
    """
    rows = np.arange(len(y))
    s -= s.max(1, keepdims=True)
    observed = s[rows, y]
    np.exp(s, out=s)
    total = s.sum(1)  # (N,)
    s /= -total[:, None]
    s[rows, y] += 1
    return float((observed - np.log(total)).sum()), s


def sums_by_word(rows: ndarray, ids: ndarray, V: int) -> ndarray:
    """The sums (V, d) of the rows (N, d) of each word, by ids (N,).

    As np.add.at, but much faster.
    """
    order = ids.argsort(kind="stable")
    words, first = np.unique(ids[order], return_index=True)
    sums = np.zeros((V, rows.shape[1]), rows.dtype)
    sums[words] = np.add.reduceat(rows[order], first)
    return sums


def demand_batch(ids: ndarray, targets: ndarray, h_0: ndarray | None, d: int) -> None:
    """Raise ValueError unless the shapes of a batch fit."""
    if ids.ndim != 2 or not ids.size:
        raise ValueError(
            f"ids have the shape {ids.shape}; expected (B, T), a row of words for each "
            "sentence, none of them zero"
        )
    B, T = ids.shape
    if targets.shape not in ((B, T), (B,)):
        raise ValueError(
            f"targets have the shape {targets.shape}; expected {(B, T)}, a word after "
            f"each position of ids, or {(B,)}, "
            "a word after each sentence"
        )
    if h_0 is not None and h_0.shape != (B, d):
        raise ValueError(
            f"h_0 has the shape {h_0.shape}; expected {(B, d)}, a state for each "
            "sentence"
        )
