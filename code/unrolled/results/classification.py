"""The results of the page ``classification``."""

from math import log

import numpy as np
import torch

from unrolled.checks import Reference, Result, Unless, Worked, mistakes
from unrolled.pages import classification
from unrolled.pages.classification import LayerRNN

# A case is a name as ids (T,), and the weights of the network with nn.RNN, whose two biases are b and b_recurrent.


def name_and_weights(rng, V, d, C, T):
    """A random name and random weights."""
    return {
        "letters": rng.integers(V, size=T),
        "W_embed": rng.normal(size=(d, V)),
        "W_recurrent": rng.normal(size=(d, d)),
        "b": rng.normal(size=d),
        "b_recurrent": rng.normal(size=d),
        "W_out": rng.normal(size=(C, d)),
        "c": rng.normal(size=C),
    }


def layer(W_embed, W_recurrent, b, b_recurrent, W_out, c):
    """The network with ``nn.RNN`` and the given weights, in float64."""
    (d, V), C = W_embed.shape, len(c)
    model = LayerRNN(V, d, C).double()
    values = {
        "recurrence.weight_ih_l0": W_embed,
        "recurrence.weight_hh_l0": W_recurrent,
        "recurrence.bias_ih_l0": b,
        "recurrence.bias_hh_l0": b_recurrent,
        "readout.weight": W_out,
        "readout.bias": c,
    }
    model.load_state_dict({name: torch.tensor(x) for name, x in values.items()})
    return model


def scores(model, letters):
    """The scores (C,) of one name, read in a batch with a longer one: it is filled up with padding."""
    T = len(letters)
    ids = torch.zeros(2, T + 3, dtype=torch.long)
    ids[0, :T], ids[1] = torch.tensor(letters), 1
    with torch.no_grad():
        return model(ids, torch.tensor([T, T + 3]))[0].numpy()


def read_by(form):
    """A function of a case that reads it by a form of the network: by what a network with ``nn.RNN`` is made into."""
    return lambda letters, **weights: scores(form(layer(**weights)), letters)


def by_definition(letters, W_embed, W_recurrent, b, b_recurrent, W_out, c):
    """The scores (C,) by the equations of the recurrence, in NumPy."""
    h = np.zeros(len(b))
    for letter in letters:
        h = np.tanh(W_embed[:, letter] + W_recurrent @ h + b + b_recurrent)
    return W_out @ h + c


def edge(letters, V=3, d=2, C=4):
    """A given name under some weights."""
    case = name_and_weights(np.random.default_rng(1), V=V, d=d, C=C, T=1)
    return {**case, "letters": np.array(letters)}


THREE_FORMS = Result(
    label="three-forms",
    claim=read_by(classification.as_dense),
    code=classification.as_dense,
    case=name_and_weights,
    sizes={"V": (2, 12), "d": (1, 9), "C": (2, 9), "T": (1, 12)},
    edges={
        "one letter": edge([2]),
        "one letter, again and again": edge([1] * 40),
        "two letters, one number, two classes": edge([0, 1, 1], V=2, d=1, C=2),
    },
    references=[
        Reference("nn.RNN", read_by(lambda model: model)),
        Reference("nn.RNNCell", read_by(classification.as_cell)),
        Reference("the recurrence in NumPy", by_definition),
    ],
    worked=[
        # tanh(log(3) / 2) = 1/2, so h_1 = 1/2, and with a second letter that adds nothing h_2 = 1/2 again
        Worked(
            {
                "letters": np.array([0, 1]),
                "W_embed": np.array([[log(3) / 2, 0]]),
                "W_recurrent": np.array([[log(3)]]),
                "b": np.array([0.25]),
                "b_recurrent": np.array([-0.25]),
                "W_out": np.array([[2.0], [-2], [0]]),
                "c": np.array([0.0, 1, 5]),
            },
            [1, 0, 5],
        )
    ],
    mutants=mistakes(
        [classification.DenseRNN, classification.as_dense],
        {
            "the blocks in the other order, [W_recurrent | W_embed]": (
                "[layer.weight_ih_l0, layer.weight_hh_l0] → [layer.weight_hh_l0, layer.weight_ih_l0]"
            ),
            "one of the two biases left out": "layer.bias_ih_l0 + layer.bias_hh_l0 → layer.bias_ih_l0",
            "no tanh, as in the tutorial": (
                "torch.tanh(self.combined(torch.cat([x[:, t], h], dim=1))) → "
                "self.combined(torch.cat([x[:, t], h], dim=1))"
            ),
            "read from the state before the last letter": "(t < lengths) → (t < lengths - 1)",
            "read after a step of padding": "(t < lengths) → (t <= lengths)",
            "read from the last letter to the first": (
                "range(T) → reversed(range(T))",
                Unless("names that read the same both ways", lambda letters, **_: (letters == letters[::-1]).all()),
            ),
            "W_recurrent transposed": ("layer.weight_hh_l0] → layer.weight_hh_l0.T]", "T == 1 or d == 1"),
        },
        read_by,
    ),
)
