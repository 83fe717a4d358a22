"""Text generation with an LSTM: its derivatives by hand, a language model of characters, and what it writes.

The page ``lstm`` in the order it is read: the cell and its Jacobians in plain NumPy (Hochreiter & Schmidhuber 1997;
Gers, Schmidhuber & Cummins 2000); a text as ids; one network, and one way to train it, whose choices are switches, with
the article's settings of them and the book's; bits per character on positions that are the same for every model; ways
to generate, from the article's to a look-up in a table; what in a text is copied; training in several processes.
Left out: peepholes, and words (Mikolov et al. 2010 model those).
"""

import itertools
import math
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy import ndarray
from scipy.special import expit
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel

from unrolled.data.demand import ids as within
from unrolled.data.demand import number, share, whole
from unrolled.data.reading import canonical
from unrolled.data.texts import contiguous_split, load_text
from unrolled.data.vocabulary import Vocabulary
from unrolled.learning import checkpoints
from unrolled.learning.training import (
    History,
    demand_weights,
    evaluating,
    fit,
    minibatches,
)

# The cell, by hand


class Steps(NamedTuple):
    """The values of T steps: states h, c (T + 1, d), from h_0 and c_0 on; gates i, f, o and new content n (T, d)."""

    h: ndarray
    c: ndarray
    i: ndarray
    f: ndarray
    n: ndarray
    o: ndarray


def forward(
    u: ndarray,
    h_0: ndarray,
    c_0: ndarray,
    W_input: ndarray,
    W_recurrent: ndarray,
    b: ndarray,
) -> Steps:
    """The states and gates of an LSTM on the inputs u (T, m), from h_0 and c_0 (d,).

    W_input (4d, m), W_recurrent (4d, d) and b (4d,) have the rows of i, f, n and o, in this order. Equation
    ``lstm-cell``.
    """
    h, c, gates = [h_0], [c_0], []
    for u_t in u:
        a = W_input @ u_t + W_recurrent @ h[-1] + b  # (4d,)
        a_i, a_f, a_n, a_o = np.split(a, 4)  # (d,) each
        i, f, n, o = expit(a_i), expit(a_f), np.tanh(a_n), expit(a_o)
        c.append(f * c[-1] + i * n)
        h.append(o * np.tanh(c[-1]))
        gates.append((i, f, n, o))
    return Steps(np.array(h), np.array(c), *np.array(gates).transpose(1, 0, 2))


def cell_path(
    u: ndarray,
    h_0: ndarray,
    c_0: ndarray,
    W_input: ndarray,
    W_recurrent: ndarray,
    b: ndarray,
) -> ndarray:
    """The Jacobians of c_T by c_0, …, c_T (T + 1, d, d) with the gates held fixed. Result ``lstm-cell-path``."""
    f = forward(u, h_0, c_0, W_input, W_recurrent, b).f  # (T, d)
    products = [np.ones_like(c_0)]
    for f_t in f[::-1]:
        products.append(f_t * products[-1])
    return np.array([np.diag(product) for product in products[::-1]])


def step_jacobians(
    u: ndarray,
    h_0: ndarray,
    c_0: ndarray,
    W_input: ndarray,
    W_recurrent: ndarray,
    b: ndarray,
) -> ndarray:
    """The Jacobians of (h_t, c_t) by (h_{t−1}, c_{t−1}), t = 1, …, T: (T, 2d, 2d). Result ``lstm-jacobians``."""
    h, c, i, f, n, o = forward(u, h_0, c_0, W_input, W_recurrent, b)
    W_i, W_f, W_n, W_o = np.split(W_recurrent, 4)  # (d, d) each
    found = []
    for t in range(1, len(h)):
        i_t, f_t, n_t, o_t = i[t - 1], f[t - 1], n[t - 1], o[t - 1]
        squashed = np.tanh(c[t])  # (d,)
        c_by_h = (
            (n_t * i_t * (1 - i_t))[:, None] * W_i
            + (c[t - 1] * f_t * (1 - f_t))[:, None] * W_f
            + (i_t * (1 - n_t**2))[:, None] * W_n
        )  # (d, d)
        c_by_c = np.diag(f_t)
        through = (o_t * (1 - squashed**2))[:, None]  # h_t by c_t, on its diagonal
        h_by_h = (squashed * o_t * (1 - o_t))[:, None] * W_o + through * c_by_h
        found.append(np.block([[h_by_h, through * c_by_c], [c_by_h, c_by_c]]))
    return np.array(found)


def state_jacobians(
    u: ndarray,
    h_0: ndarray,
    c_0: ndarray,
    W_input: ndarray,
    W_recurrent: ndarray,
    b: ndarray,
) -> ndarray:
    """The Jacobians of (h_T, c_T) by (h_t, c_t), t = 0, …, T: (T + 1, 2d, 2d). Result ``lstm-jacobians``."""
    products = [np.eye(2 * len(c_0))]
    for A in step_jacobians(u, h_0, c_0, W_input, W_recurrent, b)[::-1]:
        products.append(products[-1] @ A)
    return np.array(products[::-1])


# A text as ids


class Corpus(NamedTuple):
    """A text as ids (N,), its symbols, and where its parts end: train is [0, dev), dev [dev, test), test [test, N)."""

    ids: Tensor
    symbols: Vocabulary
    dev: int
    test: int

    @property
    def train(self) -> Tensor:
        """The ids of the training part."""
        return self.ids[: self.dev]


def encode(text: str, lower: bool = True) -> Corpus:
    """Cut a text into 80 % train, 10 % dev and 10 % test, contiguous; lower-cased unless said otherwise.

    The symbols are the characters of the training part; another one, later, is ``<unk>``. Accents and line ends are
    spelled in one way (:func:`unrolled.data.reading.canonical`). Raises ValueError if the text is too short to be cut,
    or has a character that no text has.
    """
    text = canonical(text)
    if lower:
        text = canonical(text.lower())
    train, dev, _ = contiguous_split(text)
    symbols = Vocabulary(sorted(set(train)), unknown=True)
    ids = torch.tensor(symbols.encode(text))
    return Corpus(ids, symbols, len(train), len(train) + len(dev))


def decode(ids: Sequence[int], symbols: Vocabulary) -> str:
    """The text of ids."""
    return "".join(symbols.decode(ids))


def encode_prompt(prompt: str, symbols: Vocabulary) -> list[int]:
    """The ids of a prompt, lower-cased if the text was.

    Raises ValueError if it is empty, or has characters that the training part has not.
    """
    if not prompt:
        raise ValueError("the prompt is empty; give at least one character")
    prompt = canonical(prompt)
    if not any(symbol != symbol.lower() for symbol in symbols.symbols):
        prompt = canonical(prompt.lower())
    if strange := sorted(set(prompt) - set(symbols.symbols)):
        raise ValueError(
            f"the model has never seen {' '.join(map(repr, strange))}; it knows: {''.join(symbols.symbols[2:])!r}"
        )
    return symbols.encode(prompt)


# The network and its choices


@dataclass(frozen=True)
class Design:
    """The choices that make a program for text generation; the defaults are the book's language model."""

    inputs: str = "embedding"
    """What the network reads of a symbol, which is ``"number"`` (its id over V), ``"one-hot"`` or ``"embedding"``."""
    embedding: int = 64
    """The width m of an embedding; a good deal more than the two bits that a character carries."""
    targets: str = "all"
    """Where in a window a symbol is predicted, which is at its ``"last"`` place or at ``"all"``."""
    carried: bool = True
    """Whether a window begins with the state that the one before it ended with; if not, with zeros."""
    window: int = 64
    """The steps T that gradients travel back; longer ones hardly predict better, and give fewer updates."""
    width: int = 256
    """The width d of h and of c."""
    layers: int = 1
    """LSTM layers, one on top of the other."""
    dropout: float = 0.3
    """The share of entries of h that is zeroed in training, above each layer."""
    input_dropout: float = 0.1
    """The share of entries of the embeddings that is zeroed in training."""
    recurrent_dropout: float = 0.3
    """The share of the *weights* W_recurrent that is zeroed in each minibatch (Merity et al. 2018)."""
    batch: int = 32
    """Windows in a minibatch; so few that there are many updates, so many that the processor is used well."""
    learning_rate: float = 4e-3
    """The first step size of Adam, which falls to zero along half a cosine."""

    def __post_init__(self) -> None:
        for name, known in (
            ("inputs", ("number", "one-hot", "embedding")),
            ("targets", ("last", "all")),
        ):
            if getattr(self, name) not in known:
                raise ValueError(
                    f"{name} is {getattr(self, name)!r}; expected one of {', '.join(known)}"
                )
        for name in "embedding", "window", "width", "layers", "batch":
            whole(name, getattr(self, name))
        for name in "dropout", "input_dropout", "recurrent_dropout":
            share(name, getattr(self, name))
        number("learning_rate", self.learning_rate, above=0)


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
"""The article's choices. Its learning rate is Adam's default; here it falls to zero, as in all the book's trainings."""

State = tuple[Tensor, Tensor]
"""The states h and c of a network, each (L, B, d)."""


class Dropout(nn.Module):
    """Dropout with one mask for all steps of a window (Gal & Ghahramani 2016): what is zeroed stays so."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, x: Tensor) -> Tensor:
        """The entries x (B, T, d), some of them zeroed in training and the others scaled up."""
        if not self.training or not self.share:
            return x
        return x * F.dropout(torch.ones_like(x[:, :1]), self.share)  # (B, 1, d)


class TextLSTM(nn.Module):
    """A network that reads symbols one after the other, and scores which comes next.

    Its buffers ``h`` and ``c`` (L, B, d) are what training carries from one window to the next: they are no weights,
    but belong to what a checkpoint has to hold.
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
        """What the first layer reads of the symbols ids (B, T): (B, T, m), on the network's device."""
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
        """The logits (B, T, V) of what follows each of the symbols ids (B, T), and the state after them.

        With ``last``, the logits (B, 1, V) after the last symbol alone. Without a ``state``, it is zero.
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
    """Multiplications with addition that the forward pass spends for each prediction that is learnt from.

    A look-up of an embedding costs none. The backward pass costs about twice as much again, for every design.
    """
    d, T = design.width, design.window
    m = {"number": 1, "one-hot": V, "embedding": design.embedding}[design.inputs]
    steps = T if design.targets == "last" else 1
    return steps * 4 * d * (m + d + 2 * d * (design.layers - 1)) + d * V


# Training


def ring(N: int, batch: int, window: int) -> Iterator[Tensor]:
    """Where the next windows begin (batch,), without end: rows that read a text of N symbols as a ring.

    Row k begins at the k-th of ``batch`` equal parts, and each window where that row's last one ended; after the end
    of the text comes its beginning. So every row reads the whole text, again and again.
    """
    starts = torch.arange(batch) * N // batch
    for step in itertools.count():
        yield (starts + step * window) % N


def window_loss(model: nn.Module, net: TextLSTM, ids: Tensor, starts: Tensor) -> Tensor:
    """The mean loss in nats on the windows of a text ids (N,) that begin at ``starts`` (B,); J = −loss is maximised.

    ``model`` is the network ``net``, or a wrapper around it. A state that is carried is read from the buffers of
    ``net``, and left there; no gradient goes back beyond the window's beginning.
    """
    design = net.design
    offsets = torch.arange(design.window + 1)
    both = ids[(starts[:, None] + offsets) % len(ids)].to(net.h.device)  # (B, T + 1)
    last = design.targets == "last"
    state = (net.h, net.c) if design.carried else None
    logits, state = model(both[:, :-1], state, last)
    if design.carried:
        net.h, net.c = (part.detach() for part in state)
    wanted = both[:, -1:] if last else both[:, 1:]
    return F.cross_entropy(logits.flatten(0, 1), wanted.flatten())


def windows(design: Design, N: int, seed: int) -> Iterator[Tensor]:
    """Where the windows of each minibatch begin (B,), in a text of N symbols: on the ring, or anywhere, shuffled.

    Raises ValueError if the text is not longer than a window.
    """
    if whole("N", N, 0) <= design.window:
        raise ValueError(
            f"a training part of {N} symbols is too short for windows of {design.window} and what follows them; "
            "give a longer text, or a smaller window"
        )
    if design.carried:
        return ring(N, design.batch, design.window)
    return minibatches(N - design.window, min(design.batch, N - design.window), seed)


def train(
    net: TextLSTM,
    ids: Tensor,
    dev_loss: Callable[[], float],
    steps: int,
    seed: int = 1,
    every: int = 200,
    checkpoint: Path | None = None,
    optimiser: Callable[..., torch.optim.Optimizer] = torch.optim.Adam,
) -> History:
    """Train a network in place on a text ids (N,), on the device that it is on, and keep what did best on dev.

    In a group of n processes (``torchrun``), each trains on every n-th row of the minibatch, and they average their
    gradients; each writes a ``checkpoint`` of its own, with its rank in the name. The rows must share out evenly: an
    average of averages is the average only if all are over the same number of predictions. Raises ValueError if they do
    not, or if the network was made for fewer symbols than the text has.
    """
    demand_symbols(net.V, ids)
    group = torch.distributed.is_available() and torch.distributed.is_initialized()
    rank, n = (
        (torch.distributed.get_rank(), torch.distributed.get_world_size())
        if group
        else (0, 1)
    )
    batches = windows(net.design, len(ids), seed)
    about = {"text": checkpoints.digest(ids), "seed": seed, **asdict(net.design)}
    about |= {"process": f"{rank + 1} of {n}"}
    # a short text, read by windows from anywhere, has fewer of them than a batch
    rows = net.design.batch if net.design.carried else len(ids) - net.design.window
    rows = min(rows, net.design.batch)
    if rows % n:
        raise ValueError(
            f"{rows} rows do not share out evenly over {n} processes; choose a multiple of {n}"
        )
    mine = slice(rank, None, n)
    if n > 1:
        if checkpoint is not None:  # each has states of its own to keep
            checkpoint = Path(checkpoint)
            checkpoint = checkpoint.with_suffix(f".{rank}{checkpoint.suffix}")
        net.h, net.c = net.h[:, mine].contiguous(), net.c[:, mine].contiguous()
    # each process carries the states of its own rows: they must not be overwritten by those of the first
    model = DistributedDataParallel(net, broadcast_buffers=False) if group else net
    return fit(
        model,
        lambda starts: window_loss(model, net, ids, starts[mine]),
        batches,
        dev_loss,
        steps,
        learning_rate=net.design.learning_rate,
        every=every,
        optimiser=optimiser,
        checkpoint=checkpoint,
        about=about,
    )


def demand_symbols(V: int, ids: Tensor | Sequence[int]) -> None:
    """Raise ValueError if a text has symbols that a network of V symbols was not made for."""
    within("ids", torch.as_tensor(ids).cpu(), V)


# What it predicts


def nats(
    net: TextLSTM, ids: Tensor, first: int, rows: int = 16, before: int = 256
) -> Tensor:
    """−log p of each symbol from position ``first`` of the text ids (N,) to its end, in nats: (N − first,).

    What is scored is cut into ``rows`` pieces that are read side by side, each begun ``before`` symbols earlier with a
    state of zero; the state is carried to the end of the piece. Raises ValueError unless 1 ≤ first < N, and rows and
    before are at least 1.
    """
    demand_symbols(net.V, ids)
    rows, before = whole("rows", rows), whole("before", before)
    N = len(ids)
    if not 1 <= first < N:
        raise ValueError(
            f"scored from position {first} of {N}: it must be from 1 to {N - 1}"
        )
    before = min(before, first)
    length = -(-(N - first) // rows)
    starts = torch.arange(first, N, length)  # of the pieces
    places = starts[:, None] + torch.arange(-before, length)  # (rows, before + length)
    inside = places < N
    read = ids[places.clamp(max=N - 1)].to(net.h.device)
    with evaluating(net):
        logits, _ = net(read[:, :-1])
    lost = F.cross_entropy(
        logits[:, before - 1 :].flatten(0, 1),
        read[:, before:].flatten(),
        reduction="none",
    )
    return lost.cpu()[inside[:, before:].flatten()]


def window_nats(net: TextLSTM, ids: Tensor, first: int, batch: int = 256) -> Tensor:
    """−log p of each symbol from position ``first`` on, in nats, each predicted from the window before it alone.

    As the article's program predicts: the whole window is read again for each symbol. Raises ValueError if ``first`` is
    less than a window, or not in the text.
    """
    demand_symbols(net.V, ids)
    T = net.design.window
    if not T <= first < len(ids):
        raise ValueError(
            f"no window of {T} symbols ends before position {first} of {len(ids)}; score from position {T} on"
        )
    found = []
    with evaluating(net):
        for places in torch.arange(first, len(ids)).split(batch):
            read = ids[places[:, None] + torch.arange(-T, 1)].to(net.h.device)
            logits, _ = net(read[:, :-1], None, True)
            found.append(F.cross_entropy(logits[:, 0], read[:, -1], reduction="none"))
    return torch.cat(found).cpu()


def bits(lost: Tensor | ndarray) -> float:
    """The mean of losses in nats, as bits per character; raises ValueError if there are none, or one is no number."""
    mean = float(lost.mean()) if len(lost) else math.nan
    if math.isnan(mean):
        raise ValueError(
            f"{len(lost)} losses, or one of them no number (NaN): expected −log p of each symbol, and one at least"
        )
    return mean / math.log(2)


def blend(lost: Sequence[ndarray], weight: float) -> ndarray:
    """−log of the mixture (1 − weight) p + weight q, in nats, for two models' −log p and −log q of the same symbols.

    Raises ValueError unless the weight is from 0 to 1 and each model gives a loss for each symbol.
    """
    share("weight", weight)
    if len(lost) != 2 or np.shape(lost[0]) != np.shape(lost[1]):
        raise ValueError(
            f"losses of the shapes {[np.shape(part) for part in lost]}; expected those of two models on one text"
        )
    p, q = (-np.asarray(part, dtype=float) for part in lost)
    with np.errstate(divide="ignore"):  # a weight of 0 leaves one model alone
        return -np.logaddexp(p + np.log1p(-weight), q + np.log(weight))


# Generation

Choice = Callable[[Tensor], int]
"""How the next symbol is chosen from its logits (V,)."""


def argmax(logits: Tensor) -> int:
    """The article's choice, which is the most probable symbol."""
    return int(logits.argmax())


def by_window(
    net: TextLSTM, prompt: Sequence[int], length: int, choose: Choice = argmax
) -> list[int]:
    """As the article generates: read the last T symbols from a state of zero, for each new symbol all of them again."""
    ids = begun(net.V, prompt, length)
    with evaluating(net):
        for _ in range(length):
            logits, _ = net(torch.tensor([ids[-net.design.window :]]), None, True)
            ids.append(choose(never(logits[0, 0])))
    return ids[len(prompt) :]


def by_state(
    net: TextLSTM, prompt: Sequence[int], length: int, choose: Choice = argmax
) -> list[int]:
    """The same with the state carried on: each symbol is read once."""
    whole("length", length, 0)
    step, (last, state), ids = stepper(net), begin(net, prompt), []
    for _ in range(length):
        logits, state = step(last, state)
        ids.append(choose(logits[0]))
        last = torch.tensor(ids[-1:])
    return ids


def begun(V: int, prompt: Sequence[int], length: int = 0) -> list[int]:
    """The ids of a prompt as a list; raises ValueError if it is empty, not of V symbols, or the length is negative."""
    whole("length", length, 0)
    demand_symbols(V, prompt)
    if not len(prompt):
        raise ValueError("the prompt is empty; give at least one symbol")
    return [int(symbol) for symbol in prompt]


def never(logits: Tensor) -> Tensor:
    """Logits (…, V) with those of ``<pad>`` and ``<unk>``, which cannot be written, at −∞."""
    logits[..., :2] = -math.inf
    return logits


def stepper(net: TextLSTM) -> Callable[[Tensor, State], tuple[Tensor, State]]:
    """The network as a step for :func:`~unrolled.learning.sampling.sample`: ids (B,) and a state to logits (B, V)
    and a state.
    """
    demand_weights(net)

    def step(ids: Tensor, state: State) -> tuple[Tensor, State]:
        with evaluating(net, checked=True):
            logits, state = net(ids[:, None], state)
        return never(logits[:, 0]), state

    return step


def begin(
    net: TextLSTM, prompt: Sequence[int], B: int = 1
) -> tuple[Tensor, State | None]:
    """The last symbol of a prompt (B,) and the state before it, the same for B texts, for :func:`stepper`."""
    ids = torch.tensor([begun(net.V, prompt)]).expand(whole("B", B), -1)
    state = None
    if len(prompt) > 1:
        with evaluating(net):
            _, state = net(ids[:, :-1], None, True)
    return ids[:, -1], state


class Table:
    """A trained network in NumPy, for fast generation: what a symbol adds to the gates is looked up.

    ``inputs`` (V, 4d) holds W_input u + b for the input u of every symbol. The rows of the gates i, f and o are halved
    in it and in W_recurrent, since σ(z) = (1 + tanh(z/2)) / 2, and one tanh then serves all four. The states are those
    of one text: h and c (L, d).
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
            layers.append(
                [
                    halves[:, None] * W_input,
                    halves[:, None] * W_recurrent,
                    halves * (b + b2),
                ]
            )
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
        return np.zeros((self.L, self.d), np.float32), np.zeros(
            (self.L, self.d), np.float32
        )

    def step(self, symbol: int, h: ndarray, c: ndarray) -> ndarray:
        """The logits (V,) of what follows a symbol; the states h and c (L, d) are changed in place."""
        a = h[0] @ self.recurrent  # (4d,)
        a += self.inputs[symbol]
        self._gates(a, h[0], c[0])
        for layer, (W, b) in enumerate(self.above, 1):
            a = np.concatenate([h[layer - 1], h[layer]]) @ W
            a += b
            self._gates(a, h[layer], c[layer])
        return self.readout @ h[-1] + self.bias

    def _gates(self, a: ndarray, h: ndarray, c: ndarray) -> None:
        """One layer's new h and c (d,), in place, from the halved arguments a (4d,) of its gates."""
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

        Raises ValueError for an empty prompt, for symbols that the network has not, and for a temperature below 0.
        """
        number("temperature", temperature, least=0)
        h, c = self.start()
        for symbol in begun(self.V, prompt, length):
            s = self.step(symbol, h, c)
        # the largest of s / τ + noise is a draw from softmax(s / τ), if the noise is Gumbel's
        noise = temperature * rng.gumbel(size=(length, len(self.bias))).astype("f")
        ids = []
        for row in noise:
            ids.append(int((s + row).argmax()))
            s = self.step(ids[-1], h, c)
        return ids


# What is copied, and what repeats


def copied(text: str, source: str, n: int) -> float:
    """The share of the runs of n characters in a text that occur in the source too.

    Raises ValueError if n is below 1, or the text shorter than n.
    """
    if len(text) < whole("n", n):
        raise ValueError(
            f"a text of {len(text)} characters has no run of {n}; give a longer text"
        )
    known = {source[k : k + n] for k in range(len(source) - n + 1)}
    runs = [text[k : k + n] for k in range(len(text) - n + 1)]
    return sum(run in known for run in runs) / len(runs)


class Loop(NamedTuple):
    """Where a text begins to repeat itself to its end, and what."""

    start: int
    phrase: str


def loop(text: str, times: int = 3) -> Loop | None:
    """The loop in which a text ends, a phrase that stands there so many times in a row; None if there is none.

    Of several, the one that begins first. Takes time that grows like the text.
    """
    N, found = len(text), None
    whole("times", times, 2)
    for period, same in enumerate(repeated(text[::-1])[: N // times], 1):
        start = N - period - same
        if N - start >= times * period and (found is None or start < found.start):
            found = Loop(start, text[start : start + period])
    return found


def repeated(text: str) -> list[int]:
    """How many characters from each position 1, 2, … on are those of the beginning, in O(N): Gusfield's Z (1997)."""
    z, left, right = [0] * len(text), 0, 0  # text[left:right] is as the beginning
    for i in range(1, len(text)):
        n = min(z[i - left], right - i) if i < right else 0
        while i + n < len(text) and text[n] == text[i + n]:
            n += 1
        z[i] = n
        if i + n > right:
            left, right = i, i + n
    return z[1:]


# In one process or in several


def main() -> None:
    """Train the language model on the chosen text for a few hundred steps, on a GPU if there is one, and say its bits.

    ``python -m unrolled.pages.lstm``, or in two processes ``torchrun --nproc-per-node 2 -m unrolled.pages.lstm``.
    """
    gpu = torch.cuda.is_available()
    if "RANK" in os.environ:  # set by torchrun
        torch.distributed.init_process_group("nccl" if gpu else "gloo")
    if gpu:
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    corpus = encode(load_text())
    torch.manual_seed(1)  # the same weights in every process
    net = TextLSTM(len(corpus.symbols), Design()).to("cuda" if gpu else "cpu")
    heldout = corpus.ids[: corpus.test]

    def dev_loss() -> float:
        return nats(net, heldout, corpus.dev).mean().item()

    history = train(net, corpus.train, dev_loss, steps=300, every=100)
    if int(os.environ.get("RANK", "0")) == 0:
        print(f"dev: {history.dev[history.best] / math.log(2):.3f} bits per character")


if __name__ == "__main__":
    main()
