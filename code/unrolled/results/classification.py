"""The results of the page ``classification``."""

from math import log

import numpy as np
import torch
from numpy import ndarray
from numpy.random import Generator

from unrolled import classification
from unrolled.checks import Case, Mutant, Reference, Result, Unless, Worked
from unrolled.classification import LayerRNN

# A case is a name as ids (T,), and the weights of the network with nn.RNN, whose two biases are b and b_recurrent.


def name_and_weights(rng: Generator, V: int, d: int, C: int, T: int) -> dict[str, ndarray]:
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


def layer(
    W_embed: ndarray, W_recurrent: ndarray, b: ndarray, b_recurrent: ndarray, W_out: ndarray, c: ndarray
) -> LayerRNN:
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


def scores(model: torch.nn.Module, letters: ndarray) -> ndarray:
    """The scores (C,) of one name, read in a batch with a longer one: it is filled up with padding."""
    T = len(letters)
    ids = torch.zeros(2, T + 3, dtype=torch.long)
    ids[0, :T], ids[1] = torch.tensor(letters), 1
    with torch.no_grad():
        return model(ids, torch.tensor([T, T + 3]))[0].numpy()


def from_scratch(letters: ndarray, **weights: ndarray) -> ndarray:
    """The scores (C,) of the network from scratch, with the weights mapped."""
    return scores(classification.as_dense(layer(**weights)), letters)


def with_layer(letters: ndarray, **weights: ndarray) -> ndarray:
    """The scores (C,) of the network with ``nn.RNN``."""
    return scores(layer(**weights), letters)


def with_cell(letters: ndarray, **weights: ndarray) -> ndarray:
    """The scores (C,) of the network with ``nn.RNNCell``."""
    return scores(classification.as_cell(layer(**weights)), letters)


def by_definition(
    letters: ndarray,
    W_embed: ndarray,
    W_recurrent: ndarray,
    b: ndarray,
    b_recurrent: ndarray,
    W_out: ndarray,
    c: ndarray,
    activation: np.ufunc = np.tanh,
) -> ndarray:
    """The scores (C,) by the equations of the recurrence, in NumPy."""
    h = np.zeros(len(b))
    for letter in letters:
        h = activation(W_embed[:, letter] + W_recurrent @ h + b + b_recurrent)
    return W_out @ h + c


def blocks_exchanged(
    letters: ndarray,
    W_embed: ndarray,
    W_recurrent: ndarray,
    b: ndarray,
    b_recurrent: ndarray,
    W_out: ndarray,
    c: ndarray,
) -> ndarray:
    """The scores with [W_recurrent | W_embed] times [x; h]."""
    W = np.hstack([W_recurrent, W_embed])  # (d, d + V)
    V = W_embed.shape[1]
    return by_definition(letters, W[:, :V], W[:, V:], b, b_recurrent, W_out, c)


def same_both_ways(letters: ndarray, **_: ndarray) -> bool:
    """Whether a name reads the same from its end."""
    return list(letters) == list(letters[::-1])


def edge(letters: list[int], V: int = 3, d: int = 2, C: int = 4) -> Case:
    """A given name under some weights."""
    case = name_and_weights(np.random.default_rng(1), V=V, d=d, C=C, T=1)
    return {**case, "letters": np.array(letters)}


THREE_FORMS = Result(
    label="three-forms",
    claim=from_scratch,
    code=classification.as_dense,
    case=name_and_weights,
    sizes={"V": (2, 12), "d": (1, 9), "C": (2, 9), "T": (1, 12)},
    edges={
        "one letter": edge([2]),
        "one letter, again and again": edge([1] * 40),
        "two letters, one number, two classes": edge([0, 1, 1], V=2, d=1, C=2),
    },
    references=[
        Reference("nn.RNN", with_layer),
        Reference("nn.RNNCell", with_cell),
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
    mutants=[
        Mutant("the blocks in the other order, [W_recurrent | W_embed]", blocks_exchanged),
        Mutant(
            "one of the two biases left out",
            lambda b_recurrent, **case: by_definition(b_recurrent=0 * b_recurrent, **case),
        ),
        Mutant("no tanh, as in the tutorial", lambda **case: by_definition(activation=np.positive, **case)),
        Mutant(
            "read from the state before the last letter", lambda letters, **case: by_definition(letters[:-1], **case)
        ),
        Mutant("read after a step of padding", lambda letters, **case: by_definition([*letters, 0], **case)),
        Mutant(
            "read from the last letter to the first",
            lambda letters, **case: by_definition(letters[::-1], **case),
            unless=Unless("names that read the same both ways", same_both_ways),
        ),
        Mutant(
            "W_recurrent transposed",
            lambda W_recurrent, **case: by_definition(W_recurrent=W_recurrent.T, **case),
            unless=Unless("T = 1 or d = 1", lambda letters, b, **_: len(letters) == 1 or len(b) == 1),
        ),
    ],
)
