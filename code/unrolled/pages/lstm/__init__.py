"""Text generation with an LSTM: its derivatives by hand, a language model of
characters, and what it writes.

The page ``lstm`` in the order it is read: a text as ids; one network, whose choices are
switches, with the article's settings of them and the book's; the cell and its Jacobians
in plain NumPy (Hochreiter & Schmidhuber 1997; Gers, Schmidhuber & Cummins 2000); one
way to train, in one process or in several; bits per character on positions that are the
same for every model; ways to generate, the article's and with the state carried on;
what in a text is copied, and what repeats; a look-up in a table, for fast generation.
``python -m unrolled.pages.lstm`` trains the language model. Left out: peepholes, and
words (Mikolov et al. 2010 model those).
"""

from unrolled.pages.lstm.cell import (
    Steps,
    cell_path,
    forward,
    state_jacobians,
    step_jacobians,
)
from unrolled.pages.lstm.copying import Loop, copied, loop
from unrolled.pages.lstm.network import (
    ARTICLE,
    Design,
    Dropout,
    State,
    TextLSTM,
    multiply_adds,
)
from unrolled.pages.lstm.scoring import bits, blend, nats, window_nats
from unrolled.pages.lstm.table import Table
from unrolled.pages.lstm.text import Corpus, decode, encode, encode_prompt
from unrolled.pages.lstm.training import ring, train, window_loss, windows
from unrolled.pages.lstm.writing import (
    Choice,
    argmax,
    begin,
    by_state,
    by_window,
    stepper,
)

__all__ = [
    "Corpus",
    "encode",
    "decode",
    "encode_prompt",
    "Design",
    "ARTICLE",
    "State",
    "Dropout",
    "TextLSTM",
    "multiply_adds",
    "Steps",
    "forward",
    "cell_path",
    "step_jacobians",
    "state_jacobians",
    "ring",
    "window_loss",
    "windows",
    "train",
    "nats",
    "window_nats",
    "bits",
    "blend",
    "Choice",
    "argmax",
    "by_window",
    "by_state",
    "stepper",
    "begin",
    "copied",
    "Loop",
    "loop",
    "Table",
]
