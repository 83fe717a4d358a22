"""The tutorial's network, as it is."""

from typing import NamedTuple

import numpy as np
import torch
from numpy import ndarray
from torch import Tensor, nn

from unrolled.data.vocabulary import one_hot


class TutorialRNN(nn.Module):
    """The network of the tutorial, as it is: three dense layers on concatenations, and
    no tanh.

    h_t = A [z; x_t; h_{t−1}] + a, o_t = B [z; x_t; h_{t−1}] + b, s_t = G [h_t; o_t] +
    g, of whose entries one in ten is set to zero in training. There is no start symbol:
    the first letter has to be given.
    """

    has_start = False

    def __init__(self, V: int, C: int, d: int = 128) -> None:
        super().__init__()
        self.V, self.C, self.d = V, C, d
        self.i2h = nn.Linear(C + V + d, d)
        self.i2o = nn.Linear(C + V + d, V)
        self.o2o = nn.Linear(d + V, V)
        self.dropout = nn.Dropout(0.1)

    def forward(self, ids: Tensor, languages: Tensor) -> Tensor:
        """Scores (B, T, V) of the next symbol, for ids (B, T) and languages (B,)."""
        state, scores = None, []
        for letter in ids.T:
            s, state = self.step(letter, languages, state)
            scores.append(s)
        return torch.stack(scores, dim=1)

    def step(
        self, ids: Tensor, languages: Tensor, h: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Scores (B, V) and the new state (B, d), after a further letter (B,)."""
        z = one_hot(languages, self.C, self.i2h.weight)  # (B, C)
        x = one_hot(ids, self.V, self.i2h.weight)  # (B, V)
        if h is None:
            h = x.new_zeros(len(x), self.d)
        combined = torch.cat([z, x, h], dim=1)  # (B, C + V + d)
        h, o = self.i2h(combined), self.i2o(combined)
        s = self.o2o(torch.cat([h, o], dim=1))  # (B, V)
        return self.dropout(s), h


class Unrolled(NamedTuple):
    """The last state (d,) and the last scores before dropout (V,)."""

    h: ndarray
    s: ndarray


def tutorial_unrolled(
    letters: ndarray,
    language: int,
    A_z: ndarray,
    A_x: ndarray,
    A_h: ndarray,
    a: ndarray,
    B_z: ndarray,
    B_x: ndarray,
    B_h: ndarray,
    b: ndarray,
    G_h: ndarray,
    G_o: ndarray,
    g: ndarray,
) -> Unrolled:
    """The tutorial's network as sums over the letters (T,), each with a matrix that its
    distance from the end decides.

    Result ``tutorial-affine``.
    """
    T = len(letters)
    powers = [np.linalg.matrix_power(A_h, k) for k in range(T)]
    D = G_h @ A_h + G_o @ B_h  # (V, d), from the state before to the scores
    always = A_z[:, language] + a  # (d,), what each step adds whatever the letter
    h = sum(powers[T - 1 - t] @ (A_x[:, letters[t]] + always) for t in range(T))
    s = G_h @ always + G_o @ (B_z[:, language] + b) + g
    s = s + (G_h @ A_x + G_o @ B_x)[:, letters[-1]]
    for t in range(T - 1):
        s = s + D @ powers[T - 2 - t] @ (A_x[:, letters[t]] + always)
    return Unrolled(h, s)
