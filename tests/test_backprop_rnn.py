"""Backpropagation through time: the batch agrees with autograd, with one sentence at a time, and refuses what does not fit."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional as F

from unrolled import backprop_rnn
from unrolled.backprop_rnn import Gradients, batch_gradients
from unrolled.checks.formula import error

sizes = st.tuples(*(st.integers(low, 7) for low in (1, 1, 2, 1)))  # B, T, V, d


def drawn(B: int, T: int, V: int, d: int, seed: int = 0):
    """Random ids and targets (B, T), matrices, and states (B, d)."""
    rng = np.random.default_rng(seed)
    ids, targets = rng.integers(V, size=(2, B, T))
    shapes = Gradients((d, V), (d, d), (V, d))
    return ids, targets, Gradients(*map(rng.normal, shapes)), rng.normal(size=(B, d))


def drawn_weights(V: int, d: int) -> Gradients:
    rng = np.random.default_rng(0)
    return Gradients(*(rng.normal(size=s) for s in ((d, V), (d, d), (V, d))))


def by_autograd(ids, targets, weights, h_0):
    """J, the last states and the gradients by nn.RNN; the loss where targets are."""
    V, d = weights.W_unembed.shape
    layer = torch.nn.RNN(V, d, bias=False, batch_first=True).double()
    with torch.no_grad():
        layer.weight_ih_l0.copy_(torch.tensor(weights.W_embed))
        layer.weight_hh_l0.copy_(torch.tensor(weights.W_recurrent))
    unembed = torch.tensor(weights.W_unembed, requires_grad=True)
    x = F.one_hot(torch.tensor(ids), V).double()
    h, last = layer(x, torch.tensor(h_0)[None])
    read = h if targets.ndim == 2 else h[:, -1]
    s = F.linear(read, unembed).reshape(-1, V)
    y = torch.tensor(targets).flatten()
    J = -F.cross_entropy(s, y, reduction="sum")
    found = torch.autograd.grad(J, [*layer.parameters(), unembed])
    return J.item(), last[0].detach().numpy(), Gradients(*(g.numpy() for g in found))
