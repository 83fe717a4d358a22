"""One network whose choices are switches: the article's settings of them, and the
book's.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from unrolled.data import demand


@dataclass(frozen=True)
class Design:
    """The choices that make a program for text generation; the defaults are the book's
    language model.
    """

    inputs: str = "embedding"
    """What the network reads of a symbol, which is ``"number"`` (its id over V),
    ``"one-hot"`` or ``"embedding"``.
    """
    embedding: int = 64
    """The width m of an embedding; a good deal more than the two bits that a character
    carries.
    """
    targets: str = "all"
    """Where in a window a symbol is predicted, which is at its ``"last"`` place or at
    ``"all"``.
    """
    carried: bool = True
    """Whether a window begins with the state that the one before it ended with; if not,
    with zeros.
    """
    window: int = 64
    """The steps T that gradients travel back; longer ones hardly predict better, and
    give fewer updates.
    """
    width: int = 256
    """The width d of h and of c."""
    layers: int = 1
    """LSTM layers, one on top of the other."""
    dropout: float = 0.3
    """The share of entries of h that is zeroed in training, above each layer."""
    input_dropout: float = 0.1
    """The share of entries of the embeddings that is zeroed in training."""
    recurrent_dropout: float = 0.3
    """The share of the *weights* W_recurrent that is zeroed in each minibatch (Merity
    et al. 2018).
    """
    batch: int = 32
    """Windows in a minibatch; so few that there are many updates, so many that the
    processor is used well.
    """
    learning_rate: float = 4e-3
    """The first step size of Adam, which falls to zero along half a cosine."""
    weight_decay: float = 0.0
    """The share of its step size by which each step shrinks the weights (AdamW:
    Loshchilov & Hutter 2019).
    """

    def __post_init__(self) -> None:
        for name, known in (
            ("inputs", ("number", "one-hot", "embedding")),
            ("targets", ("last", "all")),
        ):
            if getattr(self, name) not in known:
                raise ValueError(
                    f"{name} is {getattr(self, name)!r}; expected one of "
                    f"{', '.join(known)}"
                )
        for name in "embedding", "window", "width", "layers", "batch":
            demand.whole(name, getattr(self, name))
        for name in "dropout", "input_dropout", "recurrent_dropout":
            demand.share(name, getattr(self, name))
        demand.number("learning_rate", self.learning_rate, above=0)
        demand.number("weight_decay", self.weight_decay, least=0)


ARTICLE = Design(
    inputs="number",
    targets="last",
    carried=False,
    window=100,
    dropout=0.2,
    input_dropout=0.0,
    recurrent_dropout=0.0,
    batch=128,
    learning_rate=1e-3,
)
"""The article's choices. Its learning rate is Adam's default; here it falls to zero, as
in all the book's trainings.
"""


def dropout_for(passes: float) -> float:
    """How much dropout a training takes that reads its text some number of times:
    log₂(passes / 7) / 10, or none.

    The more often a text is read, the more dropout the network needs. Found on the dev
    parts of the three texts of the page ``lstm``: a rule to begin a search with. Raises
    ValueError unless passes are above 0.
    """
    demand.number("passes", passes, above=0)
    return min(max(math.log2(passes / 7) / 10, 0.0), 0.9)


def dropouts(share: float) -> dict[str, float]:
    """The three dropouts of a :class:`Design` from one: that of h, a quarter of it
    before, a tenth less of W_recurrent.

    Raises ValueError unless it is a share from 0 to 1.
    """
    demand.share("share", share)
    return {
        "dropout": share,
        "input_dropout": share / 4,
        "recurrent_dropout": max(share - 0.1, 0.0),
    }


State = tuple[Tensor, Tensor]
"""The states h and c of a network, each (L, B, d)."""


class Dropout(nn.Module):
    """Dropout with one mask for all steps of a window (Gal & Ghahramani 2016): what is
    zeroed stays so.
    """

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, x: Tensor) -> Tensor:
        """The entries x (B, T, d), some of them zeroed in training and the others
        scaled up.
        """
        if not self.training or not self.share:
            return x
        return x * F.dropout(torch.ones_like(x[:, :1]), self.share)  # (B, 1, d)


class TextLSTM(nn.Module):
    """A network that reads symbols one after the other, and scores which comes next.

    Its buffers ``h`` and ``c`` (L, B, d) are what training carries from one window to
    the next: they are no weights, but belong to what a checkpoint has to hold.
    """

    def __init__(self, V: int, design: Design) -> None:
        super().__init__()
        self.V, self.design = V, design
        d, L = design.width, design.layers
        m = {"number": 1, "one-hot": V, "embedding": design.embedding}[design.inputs]
        self.embed = nn.Embedding(V, m) if design.inputs == "embedding" else None
        self.lstm = nn.LSTM(m, d, L, batch_first=True, dropout=design.dropout * (L > 1))
        self.before = Dropout(design.input_dropout)
        self.after = Dropout(design.dropout)
        self.readout = nn.Linear(d, V)
        for name in "h", "c":
            self.register_buffer(name, torch.zeros(L, design.batch, d))
        for layer in range(L):
            # the forget gate begins well open: Gers et al. (2000)
            getattr(self.lstm, f"bias_ih_l{layer}").data[d : 2 * d] += 1

    def read(self, ids: Tensor) -> Tensor:
        """What the first layer reads of the symbols ids (B, T): (B, T, m), on the
        network's device.
        """
        ids = ids.to(self.h.device)
        if self.embed is not None:
            return self.embed(ids)
        dtype = self.readout.weight.dtype
        if self.design.inputs == "number":
            return (ids.to(dtype) / self.V)[..., None]
        return F.one_hot(ids, self.V).to(dtype)

    def forward(
        self, ids: Tensor, state: State | None = None, last: bool = False
    ) -> tuple[Tensor, State]:
        """The logits (B, T, V) of what follows each of the symbols ids (B, T), and the
        state after them.

        With ``last``, the logits (B, 1, V) after the last symbol alone. Without a
        ``state``, it is zero.
        """
        x, design = self.before(self.read(ids)), self.design
        if state is None:
            zero = x.new_zeros(design.layers, len(ids), design.width)
            state = zero, zero
        if self.training and design.recurrent_dropout:
            weights = [
                F.dropout(w, design.recurrent_dropout)
                if "hh" in name and w.dim() == 2
                else w
                for name, w in self.lstm.named_parameters()
            ]
            between = self.lstm.dropout
            # nn.LSTM's own function, with one mask for all steps of the minibatch
            h, *state = torch.lstm(
                x, state, weights, True, design.layers, between, True, False, True
            )
        else:
            h, state = self.lstm(x, state)
        return self.readout(self.after(h[:, -1:] if last else h)), tuple(state)


def multiply_adds(design: Design, V: int) -> float:
    """Multiplications with addition that the forward pass spends for each prediction
    that is learnt from.

    A look-up of an embedding costs none. The backward pass costs about twice as much
    again, for every design.
    """
    d, T = design.width, design.window
    m = {"number": 1, "one-hot": V, "embedding": design.embedding}[design.inputs]
    steps = T if design.targets == "last" else 1
    return steps * 4 * d * (m + d + 2 * d * (design.layers - 1)) + d * V


def demand_symbols(V: int, ids: Tensor | Sequence[int]) -> None:
    """Raise ValueError if a text has symbols that a network of V symbols was not made
    for.
    """
    demand.ids("ids", torch.as_tensor(ids).cpu(), V)
