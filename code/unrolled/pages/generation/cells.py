"""The network from a cell: in NumPy, with a cell of PyTorch, and with a layer."""

import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy import ndarray
from torch import Tensor, nn

from unrolled.data.vocabulary import one_hot


def forward_pass(
    letters: Sequence[int],
    language: int,
    W_embed: ndarray,
    W_language: ndarray,
    W_recurrent: ndarray,
    b: ndarray,
    W_unembed: ndarray,
    c: ndarray,
) -> ndarray:
    """The log-probabilities (T, V) of the next symbol after each of T symbols read, in
    nats.

    The equations of the page, in NumPy. Result ``generator-forms``.
    """
    h, log_p = np.zeros(len(b)), []
    for x in letters:
        h = np.tanh(W_embed[:, x] + W_language[:, language] + W_recurrent @ h + b)
        s = W_unembed @ h + c
        log_p.append(s - np.log(np.exp(s - s.max()).sum()) - s.max())
    return np.array(log_p)


class CellRNN(nn.Module):
    """The generating network by ``nn.RNNCell``: letter and language go in at every
    step, scores come out at every step.

    h_t = tanh(W [x_t; z] + b + W_recurrent h_{t−1} + b'), s_t = W_unembed h_t + c. The
    symbols of ``never``, the padding and the start, get no probability.
    """

    def __init__(self, V: int, C: int, d: int, never: Sequence[int] = ()) -> None:
        super().__init__()
        self.V, self.C = V, C
        self.cell = nn.RNNCell(V + C, d)
        self.readout = readout(d, V, never)

    def forward(self, ids: Tensor, languages: Tensor) -> Tensor:
        """Scores (B, T, V) of the next symbol, for ids (B, T) and languages (B,)."""
        h, scores = None, []  # no state is a state of zeros
        for letter in ids.T:
            s, h = self.step(letter, languages, h)
            scores.append(s)
        return torch.stack(scores, dim=1)

    def step(
        self, ids: Tensor, languages: Tensor, h: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Scores (B, V) and the new state (B, d), after a further symbol (B,)."""
        x = one_hot(ids, self.V, self.readout.weight)  # (B, V)
        z = one_hot(languages, self.C, self.readout.weight)  # (B, C)
        h = self.cell(torch.cat([x, z], dim=1), h)
        return self.readout(h), h


class LayerRNN(nn.Module):
    """The same network by ``nn.RNN``, which loops over the symbols itself."""

    def __init__(self, V: int, C: int, d: int, never: Sequence[int] = ()) -> None:
        super().__init__()
        self.V, self.C = V, C
        self.recurrence = nn.RNN(V + C, d, batch_first=True)
        self.readout = readout(d, V, never)

    def forward(self, ids: Tensor, languages: Tensor) -> Tensor:
        """Scores (B, T, V) of the next symbol, for ids (B, T) and languages (B,)."""
        return self.advance(ids, languages)[0]

    def step(
        self, ids: Tensor, languages: Tensor, h: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Scores (B, V) and the new state (1, B, d), after a further symbol (B,)."""
        s, h = self.advance(ids[:, None], languages, h)
        return s[:, 0], h

    def advance(
        self, ids: Tensor, languages: Tensor, h: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Scores (B, T, V) and the last state (1, B, d)."""
        x = one_hot(ids, self.V, self.readout.weight)  # (B, T, V)
        z = one_hot(languages, self.C, self.readout.weight)  # (B, C)
        z = z[:, None].expand(-1, ids.shape[1], -1)  # (B, T, C), the same at each step
        states, h = self.recurrence(torch.cat([x, z], dim=2), h)
        return self.readout(states), h


def readout(d: int, V: int, never: Sequence[int]) -> nn.Linear:
    """The layer from a state to scores; those of the symbols that never come next are
    −∞, whatever is learnt.
    """
    layer = nn.Linear(d, V)
    with torch.no_grad():
        layer.bias[list(never)] = -math.inf
    return layer


def as_cell(model: LayerRNN) -> CellRNN:
    """The network with the same weights, written with ``nn.RNNCell``. Result
    ``generator-forms``.
    """
    twin = CellRNN(model.V, model.C, model.recurrence.hidden_size)
    twin = twin.to(model.readout.weight)
    weights = zip(twin.state_dict(), model.state_dict().values(), strict=True)
    twin.load_state_dict(dict(weights))  # they have them in the same order
    return twin
