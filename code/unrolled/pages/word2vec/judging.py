"""How good vectors are: on pairs that they have not seen, by their neighbours, and by
analogies.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy import ndarray
from scipy.special import log_expit
from scipy.stats import rankdata

from unrolled.data.demand import ids as within
from unrolled.data.demand import whole
from unrolled.pages.word2vec.text import (
    Alias,
    Text,
    Words,
    keep_probabilities,
    noise_distribution,
    pairs,
    subsample,
)
from unrolled.pages.word2vec.training import Settings, Vectors, demand_settings


class HeldOut(NamedTuple):
    """Pairs to judge by: centres (N,), and words (N, K + 1), the observed one first,
    then K drawn from the noise.
    """

    centres: ndarray
    words: ndarray


def held_out(
    text: Text, words: Words, settings: Settings | None = None, seed: int = 0
) -> HeldOut:
    """The pairs of a text to judge all vectors by, with windows and subsampling as in
    training.

    Raises ValueError for a text without pairs, and for what :func:`train` refuses.
    """
    settings = settings or Settings()
    demand_settings(text, words, settings)
    rng = np.random.default_rng(seed)
    keep = keep_probabilities(words.counts, settings.subsampling)
    centres, outsides = pairs(subsample(text, keep, rng), settings.window, rng)
    if not len(centres):
        raise ValueError("the text holds no pair of words; give a longer one")
    noise = Alias(noise_distribution(words.counts, settings.power))
    negatives = noise.draw((len(centres), settings.K), rng)
    return HeldOut(centres, np.column_stack([outsides, negatives]))


class Score(NamedTuple):
    """The negative-sampling loss in nats per decision, log 2 for a guess; and the AUC,
    ½ for a guess.
    """

    loss: float
    auc: float


def judge(vectors: Vectors, pairs: HeldOut) -> Score:
    """How well vectors tell held-out pairs from noise.

    A decision is whether one word is observed or drawn: there are K + 1 for a pair. The
    AUC is the probability that an observed word scores higher than a drawn one. Raises
    ValueError if there are no pairs, if vectors are no numbers, or those of other
    words.
    """
    for rows in vectors:
        demand_vectors(rows)
    within("the pairs' words", pairs.words, len(vectors.u))
    within("the pairs' centres", pairs.centres, len(vectors.v))
    if not len(pairs.centres) or pairs.words.shape[1] < 2:
        raise ValueError("there are no pairs, or no negatives, to judge by")
    x = np.concatenate(
        [
            np.einsum("nd,nkd->nk", vectors.v[c], vectors.u[w])
            for c, w in zip(
                np.array_split(pairs.centres, 50),
                np.array_split(pairs.words, 50),
                strict=True,
            )
        ]
    ).astype(np.float64)  # (N, K + 1)
    observed, drawn = x[:, 0], x[:, 1:].ravel()
    loss = -(log_expit(observed).sum() + log_expit(-drawn).sum()) / x.size
    ranks = rankdata(np.concatenate([observed, drawn]))[: len(observed)].sum()
    wins = ranks - len(observed) * (len(observed) + 1) / 2
    return Score(float(loss), float(wins / (len(observed) * len(drawn))))


def demand_vectors(vectors: ndarray, words: Words | None = None) -> None:
    """Raise ValueError if vectors are no numbers, or are not those of the words, a row
    each.
    """
    if words is not None and len(vectors) != len(words):
        raise ValueError(
            f"{len(vectors)} vectors for {len(words)} words; expected a row for each, "
            "as they were trained together"
        )
    if np.isnan(vectors).any():
        raise ValueError(
            "there are vectors that are not numbers (NaN): the steps were too large; "
            "train with a smaller eta"
        )


def unit(vectors: ndarray) -> ndarray:
    """The rows (V, d), each divided by its length; a row of zeros stays."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(length > 0, length, 1)


class Neighbour(NamedTuple):
    """A word, and the cosine of the angle between its vector and another."""

    word: str
    cosine: float


def neighbours(
    word: str, words: Words, vectors: ndarray, k: int = 8
) -> list[Neighbour]:
    """The k words whose vectors, rows of (V, d), have the smallest angle to a word's;
    nearest first, and of equal ones the more frequent.

    Raises ValueError for a word without a vector, unless k ≥ 1, and for vectors that
    are no numbers, or those of other words.
    """
    w = words.id(word)
    whole("k", k)
    demand_vectors(vectors, words)
    rows = unit(np.asarray(vectors, dtype=float))
    # what is equal may come out with other last digits
    cosines = (rows @ rows[w]).round(12)
    nearest = [i for i in np.argsort(-cosines, kind="stable") if i != w][:k]
    return [Neighbour(words.words[i], float(cosines[i])) for i in nearest]


class Analogies(NamedTuple):
    """How many questions were answered rightly: by b − a + c, by c alone, and by b − a
    + c with a, b, c admitted.
    """

    asked: int
    right: int
    right_by_c_alone: int
    right_unmasked: int


def analogies(
    questions: Sequence[Sequence[str]], words: Words, vectors: ndarray
) -> Analogies:
    """Answer questions “a is to b as c is to …”, each four words, by the word nearest
    to b − a + c, but a, b and c.

    Questions with a word that has no vector are left out. Nearness is the cosine with
    vectors of length one (Mikolov, Chen, Corrado & Dean 2013). Raises ValueError for a
    question that is not a list of four words, and for vectors that are no numbers, or
    those of other words.
    """
    demand_vectors(vectors, words)
    for question in questions:
        if isinstance(question, str) or len(question) != 4:
            raise ValueError(
                f"{question!r} is no question; expected a list of four words"
            )
    known = np.array(
        [[words.ids[w] for w in q] for q in questions if all(w in words.ids for w in q)]
    ).reshape(-1, 4)
    rows = unit(vectors)
    right = alone = unmasked = 0
    for a, b, c, answer in known:
        by_sum, by_c = rows @ (rows[b] - rows[a] + rows[c]), rows @ rows[c]
        unmasked += int(by_sum.argmax() == answer)
        by_sum[[a, b, c]] = by_c[[a, b, c]] = -np.inf
        right += int(by_sum.argmax() == answer)
        alone += int(by_c.argmax() == answer)
    return Analogies(len(known), right, alone, unmasked)
