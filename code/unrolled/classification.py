"""Classifying names: which language is a surname from?

The page ``classification`` in the order it is read: names as tensors, a count model as the baseline, a recurrent
network (Elman 1990) on packed batches, and what to report about either. Left out: a layer of embeddings before the
network, since a one-hot vector times a weight matrix already is a look-up in it.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import recall_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.svm import LinearSVC
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.rnn import pack_padded_sequence

from unrolled.data.names import Name
from unrolled.data.vocabulary import Vocabulary, pad
from unrolled.statistics import Interval, accuracy_interval
from unrolled.training import History, fit, minibatches


class Encoded(NamedTuple):
    """N names as tensors: padded ids (N, T), lengths (N,), and classes (N,)."""

    ids: Tensor
    lengths: Tensor
    classes: Tensor

    def batch(self, chosen: Tensor) -> "Encoded":
        """The names at the given indices (B,), cut to the longest among them."""
        lengths = self.lengths[chosen]
        return Encoded(self.ids[chosen, : lengths.max()], lengths, self.classes[chosen])


def encode(
    names: Sequence[Name], letters: Vocabulary, languages: Sequence[str]
) -> Encoded:
    """Turn names into tensors; a class is the language's place in ``languages``."""
    ids, lengths = pad([letters.encode(name.text) for name in names])
    return Encoded(
        ids, lengths, torch.tensor([languages.index(name.language) for name in names])
    )


def count_model() -> Pipeline:
    """The baseline: a linear classifier of how often each run of one to four letters occurs, weighted by TF-IDF.

    ``fit`` and ``predict`` take plain strings. After Cavnar & Trenkle (1994), with a support vector machine for their
    ranks.
    """
    counts = TfidfVectorizer(analyzer="char_wb", ngram_range=(1, 4))
    return make_pipeline(counts, LinearSVC())


class NameRNN(nn.Module):
    """A vanilla recurrent network that scores languages from its last state.

    h_t = tanh(W_embed x_t + W_recurrent h_{t−1} + b) and s = W_out h_T + c, with
    one-hot letters x_t (V,), states h_t (d,) and scores s (C,).
    """

    def __init__(self, V: int, d: int, C: int) -> None:
        super().__init__()
        self.V = V
        self.recurrence = nn.RNN(V, d, batch_first=True)
        self.readout = nn.Linear(d, C)

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Logits (B, C) of padded ids (B, T) with their lengths (B,)."""
        x = F.one_hot(ids, self.V).to(self.readout.weight.dtype)  # (B, T, V)
        packed = pack_padded_sequence(
            x, lengths, batch_first=True, enforce_sorted=False
        )
        _, h = self.recurrence(packed)  # (1, B, d), each name's own last state
        return self.readout(h[-1])  # (B, C)


def train(
    model: NameRNN,
    train: Encoded,
    dev: Encoded,
    steps: int,
    seed: int,
    batch: int = 128,
) -> History:
    """Train a network in place by cross entropy (nats per name), and keep the weights that did best on dev."""

    def loss(part: Encoded) -> Tensor:
        return F.cross_entropy(model(part.ids, part.lengths), part.classes)

    batches = minibatches(len(train.classes), batch, seed)
    return fit(
        model,
        lambda chosen: loss(train.batch(chosen)),
        batches,
        lambda: loss(dev).item(),
        steps,
    )


def predict(model: NameRNN, part: Encoded) -> Tensor:
    """The most probable class (N,) of each name."""
    with torch.no_grad():
        return model(part.ids, part.lengths).argmax(1)


class Scores(NamedTuple):
    """How a model did on a part: all names alike, with a 95 % interval, and all languages alike."""

    accuracy: float
    interval: Interval
    balanced: float


def scores(answers: Sequence[str], truth: Sequence[str]) -> Scores:
    """Accuracy, its interval over the sampling of names, and the mean over the languages of the share that is right.

    Raises ValueError if there are not as many answers as truths.
    """
    right = sum(a == b for a, b in zip(answers, truth, strict=True))
    return Scores(
        right / len(truth),
        accuracy_interval(right, len(truth)),
        float(
            recall_score(
                truth,
                answers,
                labels=sorted(set(truth)),
                average="macro",
                zero_division=0,
            )
        ),
    )
