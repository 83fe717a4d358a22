"""Training by steps of a minibatch of pairs."""

from typing import NamedTuple

import numpy as np
import torch
from numpy import ndarray
from torch import Tensor

from unrolled.data.demand import ids as within
from unrolled.data.demand import number, whole
from unrolled.learning.training import set_threads
from unrolled.pages.word2vec.text import (
    Alias,
    Text,
    Words,
    keep_probabilities,
    noise_distribution,
    pairs,
    subsample,
)


class Vectors(NamedTuple):
    """The vectors of all words, as centres v (V, d) and as outside words u (V, d)."""

    v: ndarray
    u: ndarray


class Settings(NamedTuple):
    """How vectors are trained; the defaults are gensim's, but for the width and the
    epochs.

    ``d`` is the length of a vector, ``window`` the largest distance of a pair, ``K``
    the number of negatives for each, ``subsampling`` the threshold t of
    :func:`keep_probabilities`, ``power`` that of the noise. The step size ``eta`` falls
    along a line to ``eta_end``.
    """

    d: int = 64
    window: int = 5
    K: int = 5
    subsampling: float = 1e-3
    power: float = 0.75
    epochs: int = 10
    eta: float = 0.025
    eta_end: float = 0.0001
    batch: int = 1024
    """Pairs in a step of :func:`train`; :func:`train_compiled` takes a step for each
    pair.
    """


def first_vectors(
    V: int, settings: Settings, seed: int, dtype: type = np.float32
) -> Vectors:
    """Vectors to begin with: v uniform between ±1/d, u zero, as in gensim (the authors'
    program has ±1/2d).
    """
    d = settings.d
    v = np.random.default_rng(seed).uniform(-1 / d, 1 / d, (V, d))
    return Vectors(v.astype(dtype), np.zeros((V, d), dtype))


def demand_settings(text: Text, words: Words, settings: Settings) -> None:
    """Raise ValueError for what cannot be trained, and say why.

    The compiled trainer relies on it: there, a number that is no word's would be
    written somewhere in memory.
    """
    if len(words) < 2:
        raise ValueError(
            "only one distinct word: every negative would be the observed word; at "
            "least two are needed"
        )
    for name in "window", "d", "epochs", "batch":
        whole(name, getattr(settings, name))
    if whole("K", settings.K, 0) < 1:
        raise ValueError(
            f"K = {settings.K}: without negatives every score would grow without "
            "bound; at least 1 is needed"
        )
    number("subsampling", settings.subsampling, least=0)
    number("power", settings.power)
    number("eta", settings.eta, above=0)
    number("eta_end", settings.eta_end, least=0)
    if not len(text.ids):
        raise ValueError(
            "the text holds none of the words; there is nothing to train on"
        )
    within("the text's ids", text.ids, len(words))
    if text.ids.shape != text.passage.shape:
        raise ValueError(
            f"{len(text.ids)} words and {len(text.passage)} passages that they stand "
            "in; expected one for each"
        )


def step(v: Tensor, u: Tensor, c: Tensor, words: Tensor, eta: float) -> None:
    """A step uphill in place, for B pairs at once: centres c (B,), and words (B, K +
    1), the observed one first.

    The gradients of result ``negative-sampling-gradient``, all taken before any vector
    moves, and added up.
    """
    v_c, u_w = v[c], u[words]  # (B, d), (B, K + 1, d)
    label = torch.zeros(words.shape[1], dtype=v.dtype)
    label[0] = 1
    g = label - torch.sigmoid((u_w @ v_c[:, :, None])[:, :, 0])  # (B, K + 1)
    by_v = (g[:, None, :] @ u_w)[:, 0]  # (B, d)
    by_u = g[:, :, None] * v_c[:, None, :]  # (B, K + 1, d)
    # index_add_ adds up where a word stands several times, like np.add.at; v[c] += …
    # would not
    v.index_add_(0, c, by_v, alpha=eta)
    u.index_add_(0, words.flatten(), by_u.flatten(0, 1), alpha=eta)


class Trained(NamedTuple):
    """Vectors, and what they were trained on: pairs, and words after subsampling,
    repetitions counted.
    """

    vectors: Vectors
    pairs: int
    words: int


def train(
    text: Text, words: Words, settings: Settings | None = None, seed: int = 0
) -> Trained:
    """Train vectors by steps of ``settings.batch`` pairs (:func:`step`).

    Raises ValueError for fewer than two words, K, window, d, epochs or batch below 1,
    step sizes that are not above 0, a text that is empty or was encoded with other
    words.
    """
    settings = settings or Settings()
    set_threads()
    demand_settings(text, words, settings)
    rng = np.random.default_rng(seed)
    keep = keep_probabilities(words.counts, settings.subsampling)
    noise = Alias(noise_distribution(words.counts, settings.power))
    v, u = (torch.from_numpy(x) for x in first_vectors(len(words), settings, seed))
    seen_pairs = seen_words = 0
    for epoch in range(settings.epochs):
        thinned = subsample(text, keep, rng)
        centres, outsides = pairs(thinned, settings.window, rng)
        seen_words += len(thinned.ids)
        seen_pairs += len(centres)
        order = rng.permutation(len(centres))
        for begin in range(0, len(order), settings.batch):
            chosen = order[begin : begin + settings.batch]
            done = (epoch + begin / len(order)) / settings.epochs
            eta = settings.eta + (settings.eta_end - settings.eta) * done
            negatives = noise.draw((len(chosen), settings.K), rng)
            both = np.column_stack([outsides[chosen], negatives])
            step(v, u, torch.from_numpy(centres[chosen]), torch.from_numpy(both), eta)
    return Trained(Vectors(v.numpy(), u.numpy()), seen_pairs, seen_words)
