"""The backward pass of a recurrent network in the reader's hands, number by number.

The numbers are computed in the page, by ``backward.js``, which has the mistakes too
that the results of the pages ``backprop-rnn`` and ``residual`` list. Here is what each
of them is called there. Left out: several layers, and losses at every step.
"""

__all__ = ["MISTAKES", "backward_pass"]

import json
from collections.abc import Mapping, Sequence
from importlib.resources import files

import numpy as np
from numpy import ndarray
from tabulate import tabulate

from unrolled.live import Live

MATRICES = "W_embed", "W_recurrent", "W_unembed"

MISTAKES: dict[str, tuple[str, ...]] = {
    "e sign": ("the sign of the loss", "the sign of the loss, in all three"),
    "delta no slope": (
        "the derivative of tanh left out",
        "the activation's derivative forgotten: g_t for δ_t",
    ),
    "delta slope before": (
        "1 − h_{t−1}² for 1 − h_t²",
        "D at the wrong time, D_(t−1) for D_t",
    ),
    "delta slope of a": ("the derivative at what goes into the tanh, 1 − a_t²",),
    "delta not squared": ("1 − h_t for 1 − h_t²",),
    "delta slope of h": (
        "1 − h_t² for 1 − (h_t − h_(t−1))²",
        "1 − h_t² for 1 − (h_t − h_(t−1))², in δ_t alone",
    ),
    "delta gradient before": ("off by one in time: D_t g_(t−1) for D_t g_t",),
    "W_embed overwritten": (
        "assigned from the last word to the first instead of added up",
    ),
    "W_embed first kept": (
        "assigned in the order of time instead of added up where a word repeats",
        "a word that comes again overwrites what its column had",
    ),
    "W_recurrent index": (
        "h_t for h_{t−1} in ∂J/∂W_recurrent",
        "h_t for h_(t−1) in ∂J/∂W_recurrent",
    ),
    "W_recurrent transposed": (
        "∂J/∂W_recurrent transposed, h_{t−1} δ_tᵀ",
        "∂J/∂W_recurrent transposed, h_(t−1) δ_tᵀ",
    ),
    "W_recurrent last alone": (
        "only the last step: the sum over t left out",
        "only the last step counted",
    ),
    "W_embed last alone": (
        "only the last step: the sum over t left out",
        "only the last step counted",
    ),
    "W_unembed all states": ("e times every h_t in ∂J/∂W_unembed",),
    "W_unembed last update": ("the last update for the last state in ∂J/∂W_unembed",),
    "g not transposed": (
        "W_recurrent not transposed",
        "W_recurrent not transposed on the way back",
    ),
    "g order": (
        "tanh and matrix in the wrong order, (1 − h_t²) ⊙ W_recurrentᵀ g_t",
        "D_t on the wrong side, D_t Wᵀ",
    ),
    "g no matrix": ("W_recurrent left out on the way back",),
    "g zero": ("∂J/∂h_0 zero because h_0 is",),
    "g readout again": (
        "the readout's gradient added at every step, not only at the last",
    ),
    "g no identity": (
        "the identity path forgotten: WᵀD_t for I + WᵀD_t",
        "the identity path forgotten on the way back",
    ),
    "g identity alone": ("only the identity path: g_T at every step",),
    "g identity bent": ("the identity path through the activation too, D_t + WᵀD_t",),
    "g factors reversed": ("the factors in the wrong order, (I + WᵀD_3)(I + WᵀD_2)",),
}
"""What results call each mistake of a step, by its name in the page, which begins with
that of the step.
"""


def backward_pass(
    words: Sequence[str],
    case: Mapping[str, ndarray],
    h: ndarray,
    g: ndarray,
    turn: ndarray,
    residual: bool = False,
) -> Live:
    """The backward pass of a recurrent network, to be stepped through in the page.

    ``case`` has the words x (T, V) and the next one y (V,), one-hot, and the matrices
    W_embed (d, V), W_recurrent (d, d) and W_unembed (V, d), as functions of the pages
    take them; ``words`` are the V words. A reader who computes begins with the readout
    ``turn`` (V, d), so that the numbers are not those that the page shows. Where no
    script runs, a table has the states h (T + 1, d) and the gradients g (T + 1, d) of
    J. Raises ValueError unless there is a word for each column of W_embed, and ``turn``
    has the shape of W_unembed.
    """
    if len(words) != case["W_embed"].shape[1]:
        raise ValueError(
            f"there are {len(words)} words, and W_embed has {case['W_embed'].shape[1]} columns; "
            "give a word for each column"
        )
    if np.shape(turn) != case["W_unembed"].shape:
        raise ValueError(
            f"turn has the shape {np.shape(turn)}, and W_unembed {case['W_unembed'].shape}; "
            "they have to be the same"
        )
    rows = [
        [t, words[x.argmax()] if t else "", *map(written, (h_t, g_t))]
        for t, (x, h_t, g_t) in enumerate(
            zip([case["y"], *case["x"]], h, g, strict=True)
        )
    ]
    table = tabulate(
        rows, headers=["step", "word", "state", "gradient of J"], tablefmt="html"
    )
    payload = {
        "words": list(words),
        "x": case["x"].argmax(1).tolist(),
        "y": int(case["y"].argmax()),
        "matrices": {name: case[name].tolist() for name in MATRICES},
        "turn": np.asarray(turn, float).tolist(),
        "residual": residual,
        "sentences": json.loads(
            (files(__package__) / "sentences.json").read_text("utf-8")
        ),
    }
    return Live(["backward", "spelled", "stepper"], payload, table)


def written(a: ndarray) -> str:
    """A number, or those of a vector, with three digits, and the page's sign."""
    return ", ".join(f"{x + 0.0:.3g}".replace("-", "−") for x in np.atleast_1d(a))
