"""Generating names: which letter comes next?

The page ``generation`` in the order it is read: names as framed sequences, the
tutorial's network, the same task with a recurrent cell and with a layer, what a
probability of whole names is and in which unit it is given, a stronger network and its
training, and names drawn from it. Left out: generation by beam search, since a
best-first search finds the most probable name exactly, and a network without a
language, which is this one with a single language.
"""

from unrolled.pages.generation.cells import (
    CellRNN,
    LayerRNN,
    as_cell,
    forward_pass,
    readout,
)
from unrolled.pages.generation.drawing import (
    LONGEST_DRAWN,
    Found,
    Generated,
    generate,
    most_probable,
)
from unrolled.pages.generation.names import Encoded, encode
from unrolled.pages.generation.probabilities import (
    Bits,
    Likelihood,
    Masses,
    bits,
    likelihood,
    log_probabilities,
    masses,
)
from unrolled.pages.generation.training import (
    Committee,
    NameNetwork,
    batches_by_length,
    mean_loss,
    multiply_adds,
    train,
)
from unrolled.pages.generation.tutorial import TutorialRNN, Unrolled, tutorial_unrolled

__all__ = [
    "Encoded",
    "encode",
    "TutorialRNN",
    "Unrolled",
    "tutorial_unrolled",
    "forward_pass",
    "CellRNN",
    "LayerRNN",
    "readout",
    "as_cell",
    "Masses",
    "masses",
    "Likelihood",
    "likelihood",
    "log_probabilities",
    "Bits",
    "bits",
    "NameNetwork",
    "Committee",
    "mean_loss",
    "batches_by_length",
    "train",
    "multiply_adds",
    "LONGEST_DRAWN",
    "Generated",
    "generate",
    "Found",
    "most_probable",
]
