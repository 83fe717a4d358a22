"""Classifying names: which language is a surname from?

The page ``classification`` in the order it is read: names as tensors, a count model as
the baseline, one recurrent network (Elman 1990) written in three ways, the network of
the tutorial that the page answers, a stronger network, a generative count model turned
round, pools of several models, and what to report about any of them. Left out: a layer
of embeddings before the vanilla network, since a one-hot vector times a weight matrix
already is a look-up in it.
"""

__all__ = [
    "Encoded",
    "encode",
    "count_model",
    "logistic_count_model",
    "DenseRNN",
    "CellRNN",
    "LayerRNN",
    "as_cell",
    "as_dense",
    "TutorialRNN",
    "PooledGRU",
    "train",
    "predict",
    "gradient_norms",
    "by_bayes",
    "pool",
    "pool_weights",
    "SHARES",
    "share_off",
    "Guess",
    "classify",
    "Scores",
    "scores",
    "has_neighbour",
    "has_relative",
]

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy import ndarray
from scipy.optimize import minimize
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.svm import LinearSVC
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from unrolled.data.demand import share
from unrolled.data.names import MOST_LETTERS, Name, family, language_places, normalise
from unrolled.data.vocabulary import Vocabulary, one_hot, pad, padded_part
from unrolled.learning.statistics import Interval, accuracy_interval, balanced_interval
from unrolled.learning.training import History, evaluating, fit, minibatches


class Encoded(NamedTuple):
    """N names as tensors: padded ids (N, T), lengths (N,), and classes (N,)."""

    ids: Tensor
    lengths: Tensor
    classes: Tensor

    def batch(self, chosen: Tensor) -> "Encoded":
        """The names at the given indices (B,), cut to the longest among them."""
        ids, lengths = padded_part(self.ids, self.lengths, chosen)
        return Encoded(ids, lengths, self.classes[chosen])


def encode(
    names: Sequence[Name], letters: Vocabulary, languages: Sequence[str]
) -> Encoded:
    """Turn names into tensors; a class is the language's place in ``languages``.

    Raises ValueError if there are no names, one has no letters, or a letter or a
    language is unknown.
    """
    places = language_places(names, languages)
    if not all(name.text for name in names):
        raise ValueError("a name has no letters, and nothing can be read of it")
    ids, lengths = pad([letters.encode(name.text) for name in names])
    return Encoded(ids, lengths, torch.tensor(places))


def count_model() -> Pipeline:
    """The baseline: a linear classifier of how often each run of one to four letters
    occurs, weighted by TF-IDF.

    ``fit`` and ``predict`` take plain strings. After Cavnar & Trenkle (1994), with a
    support vector machine for their ranks.
    """
    counts = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4))
    return make_pipeline(counts, LinearSVC())


def logistic_count_model() -> Pipeline:
    """The same counts under a logistic regression, which also gives probabilities
    (``predict_proba``).
    """
    counts = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4))
    return make_pipeline(counts, LogisticRegression(C=30, max_iter=200))


class DenseRNN(nn.Module):
    """The network from scratch: one dense layer on x_t and h_{t−1}, concatenated.

    h_t = tanh(W [x_t; h_{t−1}] + b), s = W_out h_T + c, with W (d, V + d).
    """

    def __init__(self, V: int, d: int, C: int) -> None:
        super().__init__()
        self.V, self.d = V, d
        self.combined = nn.Linear(V + d, d)
        self.readout = nn.Linear(d, C)

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Logits (B, C) of padded ids (B, T) with their lengths (B,)."""
        B, T = ids.shape
        x = one_hot(ids, self.V, self.readout.weight)  # (B, T, V)
        h = x.new_zeros(B, self.d)
        for t in range(T):
            new = torch.tanh(self.combined(torch.cat([x[:, t], h], dim=1)))  # (B, d)
            h = torch.where((t < lengths)[:, None], new, h)  # a name's end keeps its h
        return self.readout(h)  # (B, C)


class CellRNN(nn.Module):
    """The same network by ``nn.RNNCell``, which keeps x_t and h_{t−1} apart.

    h_t = tanh(W_embed x_t + b + W_recurrent h_{t−1} + b'), s = W_out h_T + c.
    """

    def __init__(self, V: int, d: int, C: int) -> None:
        super().__init__()
        self.V, self.d = V, d
        self.cell = nn.RNNCell(V, d)
        self.readout = nn.Linear(d, C)

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Logits (B, C) of padded ids (B, T) with their lengths (B,)."""
        B, T = ids.shape
        x = one_hot(ids, self.V, self.readout.weight)  # (B, T, V)
        h = x.new_zeros(B, self.d)
        for t in range(T):
            new = self.cell(x[:, t], h)  # (B, d)
            h = torch.where((t < lengths)[:, None], new, h)  # a name's end keeps its h
        return self.readout(h)  # (B, C)


class LayerRNN(nn.Module):
    """The same network by ``nn.RNN``, which loops over the letters itself.

    ``layer`` may also be ``nn.LSTM`` or ``nn.GRU``: another recurrence, read alike.
    """

    def __init__(self, V: int, d: int, C: int, layer: type = nn.RNN) -> None:
        super().__init__()
        self.V = V
        self.recurrence = layer(V, d, batch_first=True)
        self.readout = nn.Linear(d, C)

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Logits (B, C) of padded ids (B, T) with their lengths (B,)."""
        return self.read(one_hot(ids, self.V, self.readout.weight), lengths)

    def read(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Logits (B, C) of one-hot letters x (B, T, V) with their lengths (B,)."""
        packed = pack_padded_sequence(
            x, lengths, batch_first=True, enforce_sorted=False
        )
        _, last = self.recurrence(packed)
        h = last[0] if isinstance(last, tuple) else last  # an LSTM's (h, c)
        return self.readout(h[0])  # (B, C), from each name's own last state


def as_cell(model: LayerRNN) -> CellRNN:
    """The network with the same weights, written with ``nn.RNNCell``."""
    d, V = model.recurrence.weight_ih_l0.shape
    twin = CellRNN(V, d, model.readout.out_features).to(model.readout.weight)
    weights = zip(twin.state_dict(), model.state_dict().values(), strict=True)
    twin.load_state_dict(dict(weights))  # they have them in the same order
    return twin


def as_dense(model: LayerRNN) -> DenseRNN:
    """The network with the same weights, from scratch: W = [W_embed | W_recurrent], and
    the two biases added.

    Result ``three-forms``.
    """
    layer = model.recurrence
    d, V = layer.weight_ih_l0.shape
    twin = DenseRNN(V, d, model.readout.out_features).to(model.readout.weight)
    with torch.no_grad():
        twin.combined.weight.copy_(
            torch.cat([layer.weight_ih_l0, layer.weight_hh_l0], dim=1)
        )
        twin.combined.bias.copy_(layer.bias_ih_l0 + layer.bias_hh_l0)
    twin.readout.load_state_dict(model.readout.state_dict())
    return twin


class TutorialRNN(nn.Module):
    """The network of the tutorial's first version, the one that the assignment means.

    h_t = A [x_t; h_{t−1}] + a, s = B [x_T; h_{T−1}] + b: there is no nonlinearity, and
    the scores are read from the last letter and the state *before* it.
    """

    def __init__(self, V: int, d: int, C: int) -> None:
        super().__init__()
        self.V, self.d = V, d
        self.i2h = nn.Linear(V + d, d)
        self.i2o = nn.Linear(V + d, C)

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Logits (B, C) of padded ids (B, T) with their lengths (B,)."""
        B, T = ids.shape
        x = one_hot(ids, self.V, self.i2h.weight)  # (B, T, V)
        h = x.new_zeros(B, self.d)
        s = x.new_zeros(B, self.i2o.out_features)
        for t in range(T):
            both = torch.cat([x[:, t], h], dim=1)  # (B, V + d)
            s = torch.where((t < lengths)[:, None], self.i2o(both), s)
            h = self.i2h(both)
        return s  # (B, C)


class PooledGRU(nn.Module):
    """A stronger reader: a name is read in both directions, and every state has a say.

    Each letter is embedded alone and together with the one before it, a GRU (Cho et al.
    2014) reads them forwards and another backwards, and the scores come from the mean
    and the maximum of all states. In training, one letter in ten is hidden, so that no
    single letter decides.
    """

    def __init__(
        self, V: int, d: int, C: int, dropout: float = 0.4, hidden: float = 0.1
    ) -> None:
        super().__init__()
        self.V, self.hidden = V, share("hidden", hidden)
        self.letters = nn.Embedding(V, 64, padding_idx=0)
        self.pairs = nn.Embedding(V * V, 64)
        nn.init.normal_(self.pairs.weight, std=0.1)
        self.recurrence = nn.GRU(64, d, batch_first=True, bidirectional=True)
        self.dropout = nn.Dropout(share("dropout", dropout))
        self.readout = nn.Linear(4 * d, C)

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Logits (B, C) of padded ids (B, T) with their lengths (B,)."""
        if self.training:
            ids = ids.masked_fill(torch.rand(ids.shape) < self.hidden, 0)
        before = F.pad(ids, (1, 0))[:, :-1]  # (B, T)
        x = self.letters(ids) + self.pairs(before * self.V + ids)  # (B, T, 64)
        packed = pack_padded_sequence(
            self.dropout(x), lengths, batch_first=True, enforce_sorted=False
        )
        h, _ = pad_packed_sequence(self.recurrence(packed)[0], batch_first=True)
        real = (torch.arange(h.shape[1]) < lengths[:, None])[..., None]  # (B, T, 1)
        mean = (h * real).sum(1) / lengths[:, None]  # (B, 2d)
        highest = h.masked_fill(~real, -torch.inf).amax(1)  # (B, 2d)
        return self.readout(self.dropout(torch.cat([mean, highest], dim=1)))


def train(
    model: nn.Module,
    train: Encoded,
    dev: Encoded,
    steps: int,
    seed: int,
    batch: int = 128,
    every: int = 100,
    learning_rate: float = 2e-3,
    smoothing: float = 0.0,
) -> History:
    """Train a network in place by cross entropy (nats per name), and keep the weights
    that did best on dev.

    ``smoothing`` is the share of each target that is spread over all classes, in
    training alone (Szegedy et al. 2016).
    """

    share("smoothing", smoothing)

    def loss(part: Encoded, smoothing: float = 0.0) -> Tensor:
        logits = model(part.ids, part.lengths)
        return F.cross_entropy(logits, part.classes, label_smoothing=smoothing)

    batches = minibatches(len(train.classes), batch, seed)
    return fit(
        model,
        lambda chosen: loss(train.batch(chosen), smoothing),
        batches,
        lambda: loss(dev).item(),
        steps,
        learning_rate=learning_rate,
        every=every,
    )


def predict(model: nn.Module, part: Encoded) -> Tensor:
    """The most probable class (N,) of each name."""
    with evaluating(model):
        return model(part.ids, part.lengths).argmax(1)


def gradient_norms(model: LayerRNN, part: Encoded) -> Tensor:
    """The norm of ∂J/∂x_t of each name, by its distance from the end: (N, T), NaN
    before a name's beginning.

    J = log p of the true language. Column k is for the letter k steps before the last:
    how much the answer still hangs on it.
    """
    x = one_hot(part.ids, model.V, model.readout.weight).requires_grad_()  # (N, T, V)
    J = -F.cross_entropy(model.read(x, part.lengths), part.classes, reduction="sum")
    norms = torch.autograd.grad(J, x)[0].norm(dim=2)  # (N, T)
    k = torch.arange(part.ids.shape[1])
    t = part.lengths[:, None] - 1 - k  # (N, T), where the letter k before the last is
    return norms.gather(1, t.clamp(min=0)).masked_fill(t < 0, torch.nan)


def by_bayes(
    log_probabilities: Callable[[Sequence, Sequence[int]], Sequence[ndarray]],
    names: Sequence[Sequence[int]],
    log_prior: Tensor,
) -> Tensor:
    """log p(language | name), (N, C), of a model that gives log p(name | language), by
    Bayes' rule.

    ``log_probabilities`` gives the log-probability (nats) of each symbol of the names,
    each in its language, as :meth:`unrolled.learning.ngrams.Ngrams.log_probabilities`
    does; ``log_prior`` (C,) is log p(language).
    """
    rows = [
        [one.sum() for one in log_probabilities(names, [k] * len(names))]
        for k in range(len(log_prior))
    ]
    return (torch.tensor(np.array(rows)).T + log_prior).log_softmax(1)


def pool(log_p: Tensor, weights: Tensor) -> Tensor:
    """The logarithmic pool (N, C) of K models: log p is Σ w_k log p_k of log_p (K, N,
    C), normalised.
    """
    return torch.einsum("k,knc->nc", weights, log_p).log_softmax(1)


def pool_weights(log_p: Tensor, classes: Tensor) -> Tensor:
    """The weights (K,) of a pool of log_p (K, N, C) under which the classes (N,) are
    most probable.
    """
    log_p = log_p.double()

    def loss(w: ndarray) -> tuple[float, ndarray]:
        weights = torch.tensor(w, requires_grad=True)
        lost = F.nll_loss(pool(log_p, weights), classes)
        return lost.item(), torch.autograd.grad(lost, weights)[0].numpy()

    even = np.full(len(log_p), 1 / len(log_p))
    return torch.tensor(minimize(loss, even, jac=True).x)


SHARES = [k / 20 for k in range(21)]
"""The shares of the log-prior that are tried, from none of it to all of it."""


def share_off(log_p: Tensor, classes: Tensor, log_prior: Tensor) -> float:
    """The share of the log-prior (C,) to subtract from log_p (N, C): what it costs in
    accuracy is within the noise.

    Of the :data:`SHARES` whose accuracy on the classes (N,) is at most one standard
    error below the best (the rule of Breiman et al. 1984), the one with the highest
    balanced accuracy.
    """

    def tried(share: float) -> tuple[float, float]:
        right = ((log_p - share * log_prior).argmax(1) == classes).double()
        each = [right[classes == k].mean().item() for k in classes.unique()]
        return right.mean().item(), sum(each) / len(each)

    scores = {share: tried(share) for share in SHARES}
    best = max(accuracy for accuracy, _ in scores.values())
    least = best - (best * (1 - best) / len(classes)) ** 0.5
    close = [share for share, (accuracy, _) in scores.items() if accuracy >= least]
    return max(close, key=lambda share: scores[share][1])


class Guess(NamedTuple):
    """A language with its probability."""

    language: str
    probability: float


def classify(
    model: nn.Module, text: str, letters: Vocabulary, languages: Sequence[str]
) -> list[Guess]:
    """Say from which language a name is: all languages, the most probable first.

    The name is normalised as the embedded names are
    (:func:`unrolled.data.names.normalise`). Raises ValueError if that refuses it, if no
    letter of it is left then, or more than ``names.MOST_LETTERS``: the answer would
    mean nothing; and if the network is one for other letters or languages.
    """
    normal = normalise(text)
    if not any(map(str.isalpha, normal)):
        raise ValueError(
            f"{text!r} has no letter that could be written in the book's alphabet; "
            "give a name"
        )
    if len(normal) > MOST_LETTERS:
        raise ValueError(
            f"a name of {len(normal)} letters is too long: expected at most "
            f"{MOST_LETTERS}; give a single name"
        )
    V = getattr(model, "V", len(letters))
    if V != len(letters):
        raise ValueError(
            f"the network reads {V} symbols, and there are {len(letters)}; give those "
            "that it was trained with"
        )
    ids, lengths = pad([letters.encode(normal)])
    with evaluating(model):
        p = model(ids, lengths).softmax(1)[0]  # (C,)
    if len(p) != len(languages):
        raise ValueError(
            f"the network tells {len(p)} languages apart, and there are "
            f"{len(languages)}; give those that it was "
            "trained with"
        )
    guesses = map(Guess, languages, p.tolist())
    return sorted(guesses, key=lambda guess: guess.probability, reverse=True)


class Scores(NamedTuple):
    """How a model did on a part: all names alike, and all languages alike, each with
    its 95 % interval.
    """

    accuracy: float
    interval: Interval
    balanced: float
    balanced_interval: Interval


def scores(answers: Sequence[str], truth: Sequence[str]) -> Scores:
    """The share that is right, and the mean over the languages of that share, with
    intervals over the sampling.

    Raises ValueError if there are not as many answers as truths, or none.
    """
    if len(answers) != len(truth) or not len(truth):
        raise ValueError(
            f"{len(answers)} answers and {len(truth)} truths; expected as many of "
            "each, and one at least"
        )
    total = Counter(truth)
    right = Counter(t for a, t in zip(answers, truth, strict=True) if a == t)
    counts = [right[language] for language in total], list(total.values())
    return Scores(
        right.total() / len(truth),
        accuracy_interval(right.total(), len(truth)),
        sum(k / n for k, n in zip(*counts, strict=True)) / len(total),
        balanced_interval(*counts),
    )


def shortened(text: str) -> set[str]:
    """The text without one of its letters."""
    return {text[:i] + text[i + 1 :] for i in range(len(text))}


def holed(text: str) -> set[str]:
    """The text with one of its letters masked."""
    return {f"{text[:i]}\0{text[i + 1 :]}" for i in range(len(text))}


def has_neighbour(part: Sequence[Name], train: Sequence[Name]) -> list[bool]:
    """Whether each name of a part has a neighbour in train: of the same language, at
    edit distance 1.

    A letter put in, left out, or exchanged (Levenshtein 1966). Such a name is not quite
    new to a model that has seen its neighbour.
    """
    known = set(train)
    shorter = {Name(cut, n.language) for n in train for cut in shortened(n.text)}
    masked = {Name(hole, n.language) for n in train for hole in holed(n.text)}
    return [
        name in shorter
        or any(Name(cut, name.language) in known for cut in shortened(name.text))
        or any(Name(hole, name.language) in masked for hole in holed(name.text))
        for name in part
    ]


def has_relative(part: Sequence[Name], train: Sequence[Name]) -> list[bool]:
    """Whether each name of a part has a relative in train: a name of the same language
    and the same rough stem.

    Gendered forms of one surname are relatives, Novak and Novakova; so are some
    strangers.
    """
    known = {(family(name.text), name.language) for name in train}
    return [(family(name.text), name.language) in known for name in part]
