"""How much of the last gradient reaches the first word, for weights of any scale, with
and without a residual stream.

The numbers are computed in the page, by ``backward.js``. Left out: several layers, and
losses at every step.
"""

__all__ = ["NETWORKS", "vanishing"]

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy import ndarray
from tabulate import tabulate

from unrolled.live import Live, captioned
from unrolled.live.backward import MATRICES
from unrolled.prose import power

STEPS = 3, 6, 11, 20
"""The numbers of steps to choose from."""

SCALES = {"½": 0.5, "1": 1.0, "2": 2.0}
"""The scales of the table, by what they are called."""

WORDS = [3, 1, 0, 1, 1, 3, 1, 0, 1, 2, 3, 2, 3, 0, 3, 0, 2, 1, 0, 2]  # drawn once
AXES = np.array([[1.0, -1, 0, 0], [0, 0, 1, -1]])


class Network(NamedTuple):
    """A sentence or two about a network, and its case at scale 1, as functions of the
    pages take it.
    """

    said: str
    case: dict[str, ndarray]

    @classmethod
    def of(cls, said: str, W_embed: ndarray, W_recurrent: ndarray) -> "Network":
        """The network of the matrices W_embed (2, 4) and W_recurrent (2, 2)."""
        case = {"x": np.eye(4)[WORDS], "y": np.eye(4)[0], "W_unembed": AXES.T}
        return cls(said, case | {"W_embed": W_embed, "W_recurrent": W_recurrent})

    def scaled(self, scale: float, T: int) -> dict[str, ndarray]:
        """The case of the first T words, with the scale times W_recurrent."""
        x, W_recurrent = self.case["x"][:T], scale * self.case["W_recurrent"]
        return self.case | {"x": x, "W_recurrent": W_recurrent}


NETWORKS = {
    "Words are read": Network.of(
        "The recurrent weights are the scale times a rotation by 90°. So the scale is their largest singular "
        "value, σ. Each word adds ½ or −½ to an entry of the input of the tanh.",
        AXES / 2,
        np.array([[0.0, -1], [1, 0]]),
    ),
    "All paths add up": Network.of(
        "The recurrent weights are the scale times I, and the embeddings are zero. So all states stay zero, and all "
        "slopes of the tanh are 1. At scale 1, each factor with a stream is I + I.",
        np.zeros((2, 4)),
        np.eye(2),
    ),
    "The paths cancel": Network.of(
        "The recurrent weights are the scale times −I, and the embeddings are zero. So all states stay zero, and all "
        "slopes of the tanh are 1. At scale 1, each factor with a stream is I − I, which is zero.",
        np.zeros((2, 4)),
        -np.eye(2),
    ),
}
"""The networks to choose from, by their names."""


def vanishing(
    vanilla: Callable[..., ndarray], residual: Callable[..., ndarray]
) -> Live:
    """A slider for the scale of W_recurrent, and bars for the sizes of ∂J/∂h_t, all
    relative to that of ∂J/∂h_T.

    Where no script runs, a table has what reaches the first of eleven words. Its
    numbers come from the two functions, for the network without a stream and with one:
    from x (T, V), y (V,), W_embed (d, V), W_recurrent (d, d) and W_unembed (V, d), by
    name, to the gradients (T + 1, d) of J with respect to the states.
    """

    def reached(gradients: Callable[..., ndarray], case: dict[str, ndarray]) -> str:
        """How much of the last gradient reaches the first word."""
        g = np.linalg.norm(gradients(**case), axis=1)
        return power(g[1] / g[-1])

    rows = [
        [
            name,
            said,
            *(reached(f, network.scaled(scale, 11)) for f in (vanilla, residual)),
        ]
        for name, network in NETWORKS.items()
        for said, scale in SCALES.items()
    ]
    heads = ["network", "scale of the weights", "without a stream", "with a stream"]
    caption = "How much of the last gradient reaches the first word, ten steps back"
    table = captioned(tabulate(rows, headers=heads, tablefmt="html"), caption)
    networks = [
        {
            "name": name,
            "said": said,
            "x": case["x"].argmax(1).tolist(),
            "y": int(case["y"].argmax()),
            **{matrix: case[matrix].tolist() for matrix in MATRICES},
        }
        for name, (said, case) in NETWORKS.items()
    ]
    return Live(
        ["backward", "spelled", "vanishing"],
        {"networks": networks, "steps": STEPS},
        table,
    )
