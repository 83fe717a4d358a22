"""Generating names: which letter comes next?

The page ``generation`` in the order it is read: names as framed sequences, the tutorial's network, the same task with a
recurrent cell and with a layer, what a probability of whole names is and in which unit it is given, a stronger network
and its training, and names drawn from it. Left out: generation by beam search, since a best-first search finds
the most probable name exactly, and a network without a language, which is this one with a single language.
"""

import heapq
import math
from collections.abc import Iterator, Sequence
from itertools import count
from typing import NamedTuple

import numpy as np
import torch
from numpy import ndarray
from torch import Tensor, nn
from torch.nn import functional as F

from unrolled.data.demand import whole
from unrolled.data.names import Name
from unrolled.data.vocabulary import Vocabulary, pad
from unrolled.learning import sampling
from unrolled.learning.training import History, evaluating, fit

# Names as tensors


class Encoded(NamedTuple):
    """N names, framed: padded ids (N, T + 2) of start, letters and end; their lengths (N,); languages (N,)."""

    ids: Tensor
    lengths: Tensor
    languages: Tensor

    def batch(self, chosen: Tensor) -> "Encoded":
        """The names at the given indices (B,), cut to the longest among them."""
        lengths = self.lengths[chosen]
        return Encoded(
            self.ids[chosen, : lengths.max()], lengths, self.languages[chosen]
        )

    @property
    def inputs(self) -> Tensor:
        """What is read (N, T + 1), all but the last symbol."""
        return self.ids[:, :-1]

    @property
    def targets(self) -> Tensor:
        """What is to be said (N, T + 1), all but the first symbol, with the end of the name; 0 where it is over."""
        return self.ids[:, 1:]


def encode(
    names: Sequence[Name], letters: Vocabulary, languages: Sequence[str]
) -> Encoded:
    """Turn names into framed sequences; a language is its place in ``languages``.

    Raises ValueError if there are no names, if the vocabulary lacks a start or an end, or if a letter or a language is
    unknown.
    """
    demand_frame(letters)
    if unknown := {name.language for name in names} - set(languages):
        raise ValueError(
            f"unknown languages {sorted(unknown)}; expected some of {list(languages)}"
        )
    framed = [
        [letters.start, *letters.encode(name.text), letters.end] for name in names
    ]
    places = torch.tensor([list(languages).index(name.language) for name in names])
    return Encoded(*pad(framed), places)


def demand_frame(letters: Vocabulary) -> None:
    """Raise ValueError if a vocabulary has no start or no end."""
    if letters.start is None or letters.end is None:
        raise ValueError(
            "a name is framed by a start and an end, which the vocabulary lacks; "
            "build it as Vocabulary(symbols, start=True, end=True)"
        )


def demand_fit(model: nn.Module, letters: Vocabulary) -> None:
    """Raise ValueError if a network was not made for a vocabulary, or that has no start or no end."""
    demand_frame(letters)
    V = getattr(model, "V", len(letters))
    if V != len(letters):
        raise ValueError(
            f"the network has {V} symbols, and there are {len(letters)}; give those that it was trained with"
        )


# The tutorial's network


class TutorialRNN(nn.Module):
    """The network of the tutorial, as it is: three dense layers on concatenations, and no tanh.

    h_t = A [z; x_t; h_{t−1}] + a, o_t = B [z; x_t; h_{t−1}] + b, s_t = G [h_t; o_t] + g, of whose entries one in ten is
    set to zero in training. There is no start symbol: the first letter has to be given.
    """

    def __init__(self, V: int, C: int, d: int = 128) -> None:
        super().__init__()
        self.V, self.C, self.d = V, C, d
        self.i2h = nn.Linear(C + V + d, d)
        self.i2o = nn.Linear(C + V + d, V)
        self.o2o = nn.Linear(d + V, V)
        self.dropout = nn.Dropout(0.1)

    def forward(self, ids: Tensor, languages: Tensor) -> Tensor:
        """Scores (B, T, V) of the next symbol, for ids (B, T) and languages (B,)."""
        state, scores = None, []
        for letter in ids.T:
            s, state = self.step(letter, languages, state)
            scores.append(s)
        return torch.stack(scores, dim=1)

    def step(
        self, ids: Tensor, languages: Tensor, h: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Scores (B, V) and the new state (B, d), after a further letter (B,)."""
        z = one_hot(languages, self.C, self.i2h.weight)  # (B, C)
        x = one_hot(ids, self.V, self.i2h.weight)  # (B, V)
        if h is None:
            h = x.new_zeros(len(x), self.d)
        combined = torch.cat([z, x, h], dim=1)  # (B, C + V + d)
        h, o = self.i2h(combined), self.i2o(combined)
        s = self.o2o(torch.cat([h, o], dim=1))  # (B, V)
        return self.dropout(s), h


def one_hot(ids: Tensor, V: int, like: Tensor) -> Tensor:
    """The ids, of any shape, as one-hot vectors of length V in a new last dimension, of the type of ``like``."""
    return F.one_hot(ids, V).to(like.dtype)


class Unrolled(NamedTuple):
    """The last state (d,) and the last scores before dropout (V,)."""

    h: ndarray
    s: ndarray


def tutorial_unrolled(
    letters: ndarray,
    language: int,
    A_z: ndarray,
    A_x: ndarray,
    A_h: ndarray,
    a: ndarray,
    B_z: ndarray,
    B_x: ndarray,
    B_h: ndarray,
    b: ndarray,
    G_h: ndarray,
    G_o: ndarray,
    g: ndarray,
) -> Unrolled:
    """The tutorial's network as sums over the letters (T,), each with a matrix that its distance from the end decides.

    Result ``tutorial-affine``.
    """
    T = len(letters)
    powers = [np.linalg.matrix_power(A_h, k) for k in range(T)]
    D = G_h @ A_h + G_o @ B_h  # (V, d), from the state before to the scores
    always = A_z[:, language] + a  # (d,), what each step adds whatever the letter
    h = sum(powers[T - 1 - t] @ (A_x[:, letters[t]] + always) for t in range(T))
    s = G_h @ always + G_o @ (B_z[:, language] + b) + g
    s = s + (G_h @ A_x + G_o @ B_x)[:, letters[-1]]
    for t in range(T - 1):
        s = s + D @ powers[T - 2 - t] @ (A_x[:, letters[t]] + always)
    return Unrolled(h, s)


# The network from a cell


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
    """The log-probabilities (T, V) of the next symbol after each of T symbols read, in nats.

    The equations of the page, in NumPy. Result ``generator-forms``.
    """
    h, log_p = np.zeros(len(b)), []
    for x in letters:
        h = np.tanh(W_embed[:, x] + W_language[:, language] + W_recurrent @ h + b)
        s = W_unembed @ h + c
        log_p.append(s - np.log(np.exp(s - s.max()).sum()) - s.max())
    return np.array(log_p)


class CellRNN(nn.Module):
    """The generating network by ``nn.RNNCell``: letter and language go in at every step, scores come out at every step.

    h_t = tanh(W [x_t; z] + b + W_recurrent h_{t−1} + b'), s_t = W_unembed h_t + c. The symbols of ``never``, the
    padding and the start, get no probability.
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
    """The layer from a state to scores; those of the symbols that never come next are −∞, whatever is learnt."""
    layer = nn.Linear(d, V)
    with torch.no_grad():
        layer.bias[list(never)] = -math.inf
    return layer


def as_cell(model: LayerRNN) -> CellRNN:
    """The network with the same weights, written with ``nn.RNNCell``. Result ``generator-forms``."""
    twin = CellRNN(model.V, model.C, model.recurrence.hidden_size)
    twin = twin.to(model.readout.weight)
    twin.cell.load_state_dict(
        {
            key.removesuffix("_l0"): value
            for key, value in model.recurrence.state_dict().items()
        }
    )
    twin.readout.load_state_dict(model.readout.state_dict())
    return twin


# The probability of whole names


class Masses(NamedTuple):
    """By number of letters n = 0, 1, …: of the names with n letters, of what goes on after n, and of all so far.

    Each (longest + 1,). ``total`` is the mass of all names with at most n letters, and of what goes on.
    """

    names: ndarray
    survival: ndarray
    total: ndarray


MOST = 10**6
"""As many names as :func:`masses` follows at once."""


def masses(
    model: nn.Module, letters: Vocabulary, language: int, longest: int
) -> Masses:
    """What probability a network gives to all names of each length, and to going on: every beginning is followed.

    What goes to neither a letter nor the end is in neither, and the total is less than one. Takes time that grows like
    V^longest, so it is for tiny alphabets. Result ``names-sum-to-one``. Raises ValueError if there are more than
    :data:`MOST` names of the longest.
    """
    demand_fit(model, letters)
    whole("language", language, 0, model.C - 1)
    whole("longest", longest, 0)
    if (len(letters) - 3) ** longest > MOST:
        raise ValueError(
            f"{len(letters) - 3} letters make more than {MOST:,} names of {longest} letters; take fewer letters, or a "
            "smaller longest"
        )
    end, others = letters.end, torch.tensor([letters.pad, letters.start, letters.end])
    ids, state = torch.tensor([letters.start]), None
    p = torch.ones(1, dtype=torch.double)
    found = Masses([], [], [])
    with evaluating(model):
        for _ in range(longest + 1):
            languages = torch.full_like(ids, language)
            s, state = model.step(ids, languages, state)
            after = p[:, None] * s.double().softmax(1)  # (prefixes, V)
            found.names.append(after[:, end].sum().item())
            goes_on = after.index_fill(1, others, 0)
            found.survival.append(goes_on.sum().item())
            found.total.append(sum(found.names) + found.survival[-1])
            prefix, ids = goes_on.nonzero(as_tuple=True)
            p = goes_on[prefix, ids]
            state = state[..., prefix, :]
    return Masses(*map(np.array, found))


class Likelihood(NamedTuple):
    """The log-likelihood of names in nats, and what it comes to per character, per name, and as a perplexity."""

    J: float
    bits_per_character: float
    bits_per_name: float
    perplexity: float


ROUNDING = 1e-9
"""How far above 0 a logarithm of a probability may come to lie by rounding."""


def likelihood(log_p: Sequence[ndarray]) -> Likelihood:
    """The likelihood of N names from the log-probabilities (T_i + 1,) in nats of all that was predicted in each.

    The last of them is of the end of the name. Result ``bits-per-character``. Raises ValueError if nothing was
    predicted, or if a number is not the logarithm of a probability.
    """
    symbols = sum(len(one) for one in log_p)
    if not symbols:
        raise ValueError(
            "no symbol was predicted; expected at least one name, each with its end"
        )
    if not all((np.asarray(one) <= ROUNDING).all() for one in log_p):
        raise ValueError(
            "not all are logarithms of probabilities, which are at most 0; expected log p, and no numbers that are "
            "missing (NaN)"
        )
    J = float(sum(np.sum(one) for one in log_p))
    bits = -J / math.log(2)
    return Likelihood(J, bits / symbols, bits / len(log_p), 2 ** (bits / symbols))


def log_probabilities(model: nn.Module, part: Encoded, first: int = 0) -> list[ndarray]:
    """What a network gives to each symbol of N names, the end included, in nats: for each name an array (T_i + 1,).

    Without the ``first`` predictions of each name: 1 takes the first letter as given, and then a network without a
    start symbol is not shown one. Raises ValueError if ``first`` is neither 0 nor 1.
    """
    whole("first", first, 0, 1)
    found = []
    with evaluating(model):
        for chosen in torch.arange(len(part.lengths)).split(512):
            batch = part.batch(chosen)
            given = first if isinstance(model, TutorialRNN) else 0
            s = model(batch.inputs[:, given:], batch.languages)  # (B, T + 1 − given, V)
            targets = batch.targets[:, given:]
            log_p = s.double().log_softmax(2).gather(2, targets[..., None])[..., 0]
            for row, length in zip(log_p, batch.lengths.tolist(), strict=True):
                found.append(row[first - given : length - 1 - given].numpy())
    return found


class Bits(NamedTuple):
    """Bits per character over all characters, and the mean over the languages of each one's own."""

    all: float
    mean: float


def bits(log_p: Sequence[ndarray], languages: Tensor) -> Bits:
    """Bits per character of names, over all of them and as a mean over the languages (N,) that occur."""
    by_language = [
        likelihood(
            [one for one, mine in zip(log_p, languages == k, strict=True) if mine]
        )
        for k in languages.unique()
    ]
    each = [language.bits_per_character for language in by_language]
    return Bits(likelihood(log_p).bits_per_character, sum(each) / len(each))


# A stronger network, and training


class NameNetwork(nn.Module):
    """Embeddings of letter and language, a recurrent layer, and scores; dropout where it helps.

    ``layer`` is ``nn.LSTM``, ``nn.GRU`` or ``nn.RNN``. Dropout is on what the layer reads and on the states that the
    scores are read from, and never on the scores. The symbols of ``never`` get no probability.
    """

    def __init__(
        self,
        V: int,
        C: int,
        d: int = 128,
        layer: type = nn.LSTM,
        never: Sequence[int] = (),
        dropout: tuple[float, float] = (0.1, 0.35),
    ) -> None:
        super().__init__()
        self.V, self.C = V, C
        self.letters = nn.Embedding(V, 64)
        self.languages = nn.Embedding(C, 32)
        self.recurrence = layer(64 + 32, d, batch_first=True)
        self.before, self.after = map(nn.Dropout, dropout)
        self.readout = readout(d, V, never)

    def forward(self, ids: Tensor, languages: Tensor) -> Tensor:
        """Scores (B, T, V) of the next symbol, for ids (B, T) and languages (B,)."""
        return self.advance(ids, languages)[0]

    def step(
        self, ids: Tensor, languages: Tensor, state: object = None
    ) -> tuple[Tensor, object]:
        """Scores (B, V) and the new state, after a further symbol (B,)."""
        s, state = self.advance(ids[:, None], languages, state)
        return s[:, 0], state

    def advance(
        self, ids: Tensor, languages: Tensor, state: object = None
    ) -> tuple[Tensor, object]:
        """Scores (B, T, V) and the last state."""
        z = self.languages(languages)[:, None].expand(-1, ids.shape[1], -1)
        x = torch.cat([self.letters(ids), z], dim=2)  # (B, T, 96)
        states, state = self.recurrence(self.before(x), state)
        return self.readout(self.after(states)), state


class Committee(nn.Module):
    """Networks that were trained apart; their probabilities are averaged, and each keeps its own state."""

    def __init__(self, members: Sequence[NameNetwork]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)
        self.V, self.C = members[0].V, members[0].C

    def forward(self, ids: Tensor, languages: Tensor) -> Tensor:
        """Log-probabilities (B, T, V) of the next symbol, for ids (B, T) and languages (B,)."""
        return average([model(ids, languages) for model in self.members])

    def step(
        self, ids: Tensor, languages: Tensor, states: Sequence[object] | None = None
    ) -> tuple[Tensor, list[object]]:
        """Log-probabilities (B, V) and the members' new states, after a further symbol (B,)."""
        states = states or [None] * len(self.members)
        steps = [
            model.step(ids, languages, state)
            for model, state in zip(self.members, states, strict=True)
        ]
        return average([s for s, _ in steps]), [state for _, state in steps]


def average(scores: Sequence[Tensor]) -> Tensor:
    """The logarithm of the mean of the probabilities that scores of one shape give, over the last dimension."""
    log_p = torch.stack([s.log_softmax(-1) for s in scores])
    return log_p.logsumexp(0) - math.log(len(scores))


def mean_loss(model: nn.Module, batch: Encoded) -> Tensor:
    """The mean of −log p over all that is predicted in a batch, in nats: of each name every letter and its end."""
    s = model(batch.inputs, batch.languages)  # (B, T, V)
    return F.cross_entropy(s.transpose(1, 2), batch.targets, ignore_index=0)


def alike(lengths: Tensor, batch: int, seed: int) -> Iterator[Tensor]:
    """Index tensors (at most ``batch``,) without end, each of names of about one length, so that little is padding.

    Each pass over the N names is in a new random order: pools of 16 batches are drawn, and sorted by length within.
    Raises ValueError unless 1 ≤ batch ≤ N.
    """
    if not 1 <= batch <= len(lengths):
        raise ValueError(
            f"a batch of {batch} out of {len(lengths)} names: it must be from 1 to {len(lengths)}"
        )
    generator = torch.Generator().manual_seed(seed)
    while True:
        batches = []
        for pool in torch.randperm(len(lengths), generator=generator).split(16 * batch):
            by_length = pool[lengths[pool].argsort(stable=True)]
            batches += by_length.split(batch)
        for place in torch.randperm(len(batches), generator=generator):
            yield batches[place]


def train(
    model: nn.Module,
    train: Encoded,
    dev: Encoded,
    steps: int,
    seed: int,
    batch: int = 128,
    every: int = 100,
    learning_rate: float = 4e-3,
) -> History:
    """Train a network in place by maximum likelihood, and keep the weights that did best on dev.

    The history is in nats per predicted symbol, the ends of names included.
    """

    def dev_loss() -> float:
        log_p = np.concatenate(log_probabilities(model, dev))
        return -log_p.mean().item()

    return fit(
        model,
        lambda chosen: mean_loss(model, train.batch(chosen)),
        alike(train.lengths, batch, seed),
        dev_loss,
        steps,
        learning_rate=learning_rate,
        every=every,
    )


def multiply_adds(model: NameNetwork) -> int:
    """How many products are added up for each symbol read: one for each weight of the layer and the readout."""
    recurrence = model.recurrence.named_parameters()
    layer = sum(w.numel() for name, w in recurrence if name.startswith("weight"))
    return layer + model.readout.weight.numel()


# Names drawn from a network


LONGEST = 30
"""A name is stopped after so many letters; hardly any in the data has more."""


class Generated(NamedTuple):
    """A name that was drawn, and whether the network ended it; else it was stopped."""

    text: str
    ended: bool


def generate(
    model: nn.Module,
    letters: Vocabulary,
    languages: Tensor,
    seed: int,
    prefix: str = "",
    longest: int = LONGEST,
    temperature: float = 1.0,
    k: int | None = None,
    p: float | None = None,
) -> list[Generated]:
    """Draw a name for each of the languages (N,), each symbol as
    :func:`unrolled.learning.sampling.distribution` says.

    Names begin with ``prefix``, and are stopped after ``longest`` letters. The same seed gives the same names. Raises
    ValueError for a language that the network does not have, and for a network without a start symbol if there is no
    prefix.
    """
    if len(languages) and not 0 <= languages.min() <= languages.max() < model.C:
        raise ValueError(
            f"languages from {languages.min()} to {languages.max()}: expected places from 0 to {model.C - 1}"
        )
    demand_fit(model, letters)
    if len(prefix) > whole("longest", longest):
        raise ValueError(
            f"the prefix has {len(prefix)} letters, and names are stopped after {longest}; give a shorter one"
        )
    read = [letters.start, *letters.encode(prefix)]
    if isinstance(model, TutorialRNN):
        if not prefix:
            raise ValueError(
                "this network has no start symbol and cannot choose a first letter; give a prefix"
            )
        read = read[1:]
    state = None
    with evaluating(model):
        for symbol in read[:-1]:
            same = torch.full_like(languages, symbol)
            _, state = model.step(same, languages, state)
        drawn = sampling.sample(
            lambda ids, state: model.step(ids, languages, state),
            state,
            torch.full_like(languages, read[-1]),
            letters.end,
            longest - len(prefix),
            torch.Generator().manual_seed(seed),
            temperature=temperature,
            k=k,
            p=p,
        )
    return [
        Generated(prefix + "".join(letters.decode(ids)), ended)
        for ids, ended in zip(drawn.ids, drawn.ended, strict=True)
    ]


class Found(NamedTuple):
    """A name with its log-probability in nats."""

    text: str
    log_p: float


def most_probable(
    model: nn.Module, letters: Vocabulary, language: int, tries: int = 50_000
) -> Found:
    """The most probable of all names of a language, by a best-first search.

    The most probable prefix that is known is made longer by each symbol, until it is a whole name: no other can be
    more probable, as a prefix only loses by what is added. Raises ValueError if that takes more ``tries``.
    """
    demand_fit(model, letters)
    whole("language", language, 0, model.C - 1)
    number = count()  # settles which of two equals comes first
    prefixes = [(0.0, next(number), [letters.start], None)]
    with evaluating(model):
        for _ in range(tries):
            loss, _, ids, state = heapq.heappop(prefixes)
            if ids[-1] == letters.end:
                return Found("".join(letters.decode(ids)), -loss)
            s, state = model.step(
                torch.tensor(ids[-1:]), torch.tensor([language]), state
            )
            for symbol, log_p in enumerate(s[0].double().log_softmax(0).tolist()):
                if log_p > -math.inf:
                    longer = (loss - log_p, next(number), [*ids, symbol], state)
                    heapq.heappush(prefixes, longer)
    raise ValueError(
        f"no name was found in {tries} tries; raise tries, or train the network first"
    )
