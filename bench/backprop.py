"""*Backpropagation through time*, measured: characters per second of one core for the gradients, in four ways.

All compute the same: J at every position of sequences of text, and its gradients by the three matrices. It is an error
if they do not agree. Medians of turns taken in alternation, in process CPU time, on one thread. Takes a minute.

To confirm, all is run again. The record is all speeds, which are a clock's; what is held is that the ways still agree,
on the same text.
"""

import functools
from collections.abc import Callable

import numpy as np
import torch
from numpy import ndarray
from torch import nn
from torch.nn import functional as F

import record
from unrolled.data import texts
from unrolled.pages import backprop_rnn
from unrolled.pages.backprop_rnn import Gradients

H, T = 100, 25  # the width and the length that min-char-rnn has
BATCHES = 1, 32, 128
TURNS, SECONDS = 7, 0.25  # turns of each way, and the least length of one


# The ways: each takes the matrices, and gives a function from ids and targets (B, T) to the gradients

Way = Callable[[ndarray, ndarray], Gradients]


def by_columns(weights: Gradients) -> Way:
    """One sequence after the other in NumPy, a one-hot column for each character, as in Karpathy's min-char-rnn.

    Left out, as in all ways here: its biases, its clipping and its step of Adagrad. Only the gradients are timed.
    """
    W_embed, W_recurrent, W_unembed = weights
    dtype, V = W_embed.dtype, len(W_unembed)

    def gradients(ids: ndarray, targets: ndarray) -> Gradients:
        total = Gradients(*map(np.zeros_like, weights))
        for sequence, following in zip(ids, targets, strict=True):
            h, x, p = {0: np.zeros((H, 1), dtype)}, {}, {}
            for t, character in enumerate(sequence, 1):
                x[t] = np.zeros((V, 1), dtype)
                x[t][character] = 1
                h[t] = np.tanh(np.dot(W_embed, x[t]) + np.dot(W_recurrent, h[t - 1]))
                s = np.dot(W_unembed, h[t])
                p[t] = np.exp(s) / np.sum(np.exp(s))
            later = np.zeros((H, 1), dtype)
            for t in range(len(sequence), 0, -1):
                e = -p[t]
                e[following[t - 1]] += 1
                delta = (1 - h[t] * h[t]) * (np.dot(W_unembed.T, e) + later)
                total.W_unembed[...] += np.dot(e, h[t].T)
                total.W_embed[...] += np.dot(delta, x[t].T)
                total.W_recurrent[...] += np.dot(delta, h[t - 1].T)
                later = np.dot(W_recurrent.T, delta)
        return total

    return gradients


def by_hand(weights: Gradients) -> Way:
    """The batch at once in NumPy, as the page has it."""

    def gradients(ids: ndarray, targets: ndarray) -> Gradients:
        found = backprop_rnn.batch_gradients(ids, targets, *weights)
        return Gradients(found.W_embed, found.W_recurrent, found.W_unembed)

    return gradients


def by_loop(weights: Gradients) -> Way:
    """The batch at once in PyTorch, in a loop over the steps, with autograd."""
    tensors = [torch.tensor(W, requires_grad=True) for W in weights]
    W_embed, W_recurrent, W_unembed = tensors

    def gradients(ids: ndarray, targets: ndarray) -> Gradients:
        h = torch.zeros(len(ids), H, dtype=W_embed.dtype)
        states = []
        for embedded in F.embedding(torch.tensor(ids.T), W_embed.T):  # (B, d)
            h = torch.tanh(embedded + F.linear(h, W_recurrent))
            states.append(h)
        s = F.linear(torch.stack(states), W_unembed)  # (T, B, V)
        y = torch.tensor(targets.T)
        J = -F.cross_entropy(s.flatten(0, 1), y.flatten(), reduction="sum")
        return Gradients(*(g.numpy() for g in torch.autograd.grad(J, tensors)))

    return gradients


def by_layer(weights: Gradients) -> Way:
    """The batch at once in PyTorch, through its compiled layer ``nn.RNN``, with autograd."""
    W_embed, W_recurrent, W_unembed = map(torch.tensor, weights)
    layer = nn.RNN(W_embed.shape[1], H, bias=False, dtype=W_embed.dtype)
    layer.load_state_dict({"weight_ih_l0": W_embed, "weight_hh_l0": W_recurrent})
    parameters = [*layer.parameters(), W_unembed.requires_grad_()]

    def gradients(ids: ndarray, targets: ndarray) -> Gradients:
        x = F.one_hot(torch.tensor(ids.T), W_embed.shape[1]).to(W_embed.dtype)
        s = F.linear(layer(x)[0], W_unembed)  # (T, B, V)
        y = torch.tensor(targets.T)
        J = -F.cross_entropy(s.flatten(0, 1), y.flatten(), reduction="sum")
        return Gradients(*(g.numpy() for g in torch.autograd.grad(J, parameters)))

    return gradients


WAYS = {
    "NumPy, min-char-rnn style": by_columns,
    "NumPy, batched": by_hand,
    "PyTorch, loop": by_loop,
    "PyTorch, nn.RNN": by_layer,
}


# The measurements


def sequences(B: int) -> tuple[ndarray, ndarray, int]:
    """Characters of the news and those that follow them, (B, T) each, and how many different ones there are."""
    text = texts.news()
    characters = sorted(set(text))
    index = {character: k for k, character in enumerate(characters)}
    ids = np.array([index[character] for character in text[: B * T + 1]])
    return ids[:-1].reshape(B, T), ids[1:].reshape(B, T), len(characters)


def random_weights(V: int, dtype: str) -> Gradients:
    """Random matrices."""
    rng = np.random.default_rng(0)
    shapes = Gradients((H, V), (H, H), (V, H))
    return Gradients(*(rng.normal(0, 0.1, shape).astype(dtype) for shape in shapes))


def measured(dtype: str, B: int) -> dict[str, dict[str, int]]:
    """The median rate of each way, measured in turns, if all agree; AssertionError if one does not."""
    torch.set_num_threads(1)
    ids, targets, V = sequences(B)
    ways = {name: way(random_weights(V, dtype)) for name, way in WAYS.items()}
    expected = ways["NumPy, batched"](ids, targets)
    for name, way in ways.items():
        for found, other in zip(way(ids, targets), expected, strict=True):
            bound = 1000 * np.finfo(dtype).eps * np.abs(other).max()
            np.testing.assert_allclose(found, other, rtol=0, atol=bound, err_msg=name)

    def made(way: Way) -> int:
        way(ids, targets)
        return ids.size

    calls = {name: functools.partial(made, way) for name, way in ways.items()}
    return {"rates": {name: round(rate) for name, rate in record.rates(calls, TURNS, SECONDS).items()}}


MEASUREMENT = record.Measurement(
    "backprop",
    measured,
    runs=lambda _: [{"dtype": dtype, "B": B} for dtype in ("float32", "float64") for B in BATCHES],
    kind=lambda run: (run["dtype"], run["B"]),
    settings=lambda: {"sizes": {"d": H, "T": T, "V": sequences(1)[2]}},
)
