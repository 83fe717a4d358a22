"""Fast generation: the network in NumPy, with a table in which what a symbol adds to
the gates is looked up.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy import ndarray

from unrolled.data.demand import number
from unrolled.learning.training import demand_weights
from unrolled.pages.lstm.network import TextLSTM
from unrolled.pages.lstm.writing import demand_prompt


class Table:
    """A trained network in NumPy, for fast generation: what a symbol adds to the gates
    is looked up.

    ``inputs`` (V, 4d) holds W_input u + b for the input u of every symbol. The rows of
    the gates i, f and o are halved in it and in W_recurrent, since σ(z) = (1 +
    tanh(z/2)) / 2, and one tanh then serves all four. The states are those of one text:
    h and c (L, d).
    """

    def __init__(self, net: TextLSTM) -> None:
        demand_weights(net)
        self.V = net.V
        d, L = net.design.width, net.design.layers
        halves = np.full(4 * d, 0.5, dtype=np.float32)
        halves[2 * d : 3 * d] = 1
        weights = {
            name: weight.detach().cpu().numpy()
            for name, weight in net.lstm.named_parameters()
        }
        with torch.no_grad():
            u = net.read(torch.arange(net.V)).cpu().numpy()
        layers = []
        for layer in range(L):
            W_input, W_recurrent, b, b2 = (
                weights[f"{name}_l{layer}"].astype(np.float32)
                for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            )
            W_input, W_recurrent = (halves[:, None] * W for W in (W_input, W_recurrent))
            layers.append((W_input, W_recurrent, halves * (b + b2)))
        self.inputs = u @ layers[0][0].T + layers[0][2]  # (V, 4d)
        # transposed, as the product with a row is the faster one
        self.recurrent = layers[0][1].T.copy()  # (d, 4d)
        # above the first layer, input and state are multiplied by one matrix
        self.above = [(np.hstack([W, R]).T.copy(), b) for W, R, b in layers[1:]]
        self.readout = net.readout.weight.detach().cpu().numpy()  # (V, d)
        self.bias = net.readout.bias.detach().cpu().numpy().copy()
        self.bias[:2] = -np.inf
        self.d, self.L = d, L

    def start(self) -> tuple[ndarray, ndarray]:
        """The state of zero: h and c (L, d)."""
        h = np.zeros((self.L, self.d), np.float32)
        return h, h.copy()

    def step(self, symbol: int, h: ndarray, c: ndarray) -> ndarray:
        """The logits (V,) of what follows a symbol; the states h and c (L, d) are
        changed in place.
        """
        a = h[0] @ self.recurrent  # (4d,)
        a += self.inputs[symbol]
        self._gates(a, h[0], c[0])
        for layer, (W, b) in enumerate(self.above, 1):
            a = np.concatenate([h[layer - 1], h[layer]]) @ W
            a += b
            self._gates(a, h[layer], c[layer])
        return self.readout @ h[-1] + self.bias

    def _gates(self, a: ndarray, h: ndarray, c: ndarray) -> None:
        """One layer's new h and c (d,), in place, from the halved arguments a (4d,) of
        its gates.
        """
        d = self.d
        np.tanh(a, out=a)
        n = a[2 * d : 3 * d].copy()
        a += 1
        a *= 0.5  # i, f and o
        c *= a[d : 2 * d]
        n *= a[:d]
        c += n
        np.tanh(c, out=h)
        h *= a[3 * d :]

    def write(
        self,
        prompt: Sequence[int],
        length: int,
        rng: np.random.Generator,
        temperature: float = 1.0,
    ) -> list[int]:
        """Draw the ids that follow a prompt, at a temperature; 0 is greedy.

        Raises ValueError for an empty prompt, for symbols that the network has not, and
        for a temperature below 0.
        """
        number("temperature", temperature, least=0)
        h, c = self.start()
        for symbol in demand_prompt(self.V, prompt, length):
            s = self.step(symbol, h, c)
        # the largest of s / τ + noise is a draw from softmax(s / τ), if the noise is
        # Gumbel's
        noise = temperature * rng.gumbel(size=(length, len(self.bias))).astype("f")
        ids = []
        for row in noise:
            ids.append(int((s + row).argmax()))
            s = self.step(ids[-1], h, c)
        return ids
