"""Metrics of a sample of names: a number for each name, or one for the sample as a
whole.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import cache
from itertools import chain
from math import log

import numpy as np
from numba import njit
from numpy import ndarray
from scipy.special import entr, expm1, xlog1py

from unrolled.data.demand import whole
from unrolled.data.names import MOST_LETTERS, Name
from unrolled.pages.evaluation.names import Judge, by_language, demand_names


def agreement(sample: Sequence[Name], judge: Judge) -> ndarray:
    """Whether the judge takes each name (N,) for one of the language that it was asked
    for.
    """
    answers = judge([name.text for name in demand_names(sample)])
    return np.array([a == n.language for a, n in zip(answers, sample, strict=True)])


def novelty(sample: Sequence[Name], known: Iterable[Name]) -> ndarray:
    """Whether each name (N,) is new: its text is not among the known ones, of whatever
    language.
    """
    texts = {name.text for name in known}
    return np.array([name.text not in texts for name in demand_names(sample)])


@njit
def edit_distance(a: ndarray, b: ndarray, most: int) -> int:
    """How many letters must be put in, left out or exchanged to make a (S,) into b
    (T,); ``most`` if not fewer.

    Letters are given as codes. Row i of the table holds the distances of the first i
    letters of a from every beginning of b (Levenshtein 1966; Wagner & Fischer 1974).
    """
    row = np.arange(len(b) + 1)
    for i in range(len(a)):
        diagonal, row[0] = row[0], i + 1
        least = row[0]
        for j in range(len(b)):
            exchanged = diagonal + (a[i] != b[j])
            diagonal = row[j + 1]
            row[j + 1] = min(exchanged, row[j] + 1, diagonal + 1)
            least = min(least, row[j + 1])
        if least >= most:  # no later row can hold less
            return most
    return min(row[-1], most)


@njit
def least_distances(
    letters: ndarray, starts: ndarray, others: ndarray, other_starts: ndarray, most: int
) -> ndarray:
    """The edit distance of each text (N,) to the nearest of the others; ``most`` if
    none is nearer.

    Texts stand one after the other in an array of letters, the n-th from ``starts[n]``
    to ``starts[n + 1]``.
    """
    found = np.empty(len(starts) - 1, np.int64)
    for n in range(len(found)):
        text = letters[starts[n] : starts[n + 1]]
        best = most
        for m in range(len(other_starts) - 1):
            other = others[other_starts[m] : other_starts[m + 1]]
            if abs(len(text) - len(other)) < best:
                best = edit_distance(text, other, best)
        found[n] = best
    return found


def codes(texts: Sequence[str]) -> tuple[ndarray, ndarray]:
    """The letters of all texts in a row, as codes, and where each text starts (N +
    1,).
    """
    starts = np.cumsum([0, *map(len, texts)])
    return np.array(list(map(ord, "".join(texts))), np.int64), starts


def nearest(
    sample: Sequence[Name], training: Sequence[Name], most: int = MOST_LETTERS
) -> ndarray:
    """The edit distance of each name (N,) to the nearest training name of its language;
    ``most`` if none is nearer.

    Raises ValueError if a language has no training name, or unless most ≥ 1.
    """
    whole("most", most)
    theirs = by_language(demand_names(training), [name.text for name in training])
    distances = np.empty(len(demand_names(sample)))
    for language, places in by_language(sample, range(len(sample))).items():
        if language not in theirs:
            raise ValueError(
                f"no name to compare with is {language}: expected some of each "
                "language of the sample"
            )
        texts = [sample[i].text for i in places]
        found = least_distances(*codes(texts), *codes(theirs[language]), most)
        distances[places] = found
    return distances


def coverage(sample: Sequence[Name], reference: Sequence[Name]) -> ndarray:
    """Whether each name of the reference (N,) has one of the sample near it: same
    language, at most a letter apart.
    """
    return nearest(reference, sample, most=2) < 2


def expected_coverage(p: ndarray, n: ndarray) -> float:
    """The expected share of M names that turn up in a sample, from the probability p
    (M,) of each in a draw.

    ``n`` (M,) is how many draws of its language the sample has. Result
    ``expected-coverage``.
    """
    return np.mean(-expm1(xlog1py(n, -p)))  # 1 − (1 − p)^n, exact for small p too


def diversity(sample: Sequence[Name]) -> float:
    """The share of different names among N."""
    return len(set(demand_names(sample))) / len(sample)


def entropy(p: ndarray) -> float:
    """The entropy of a distribution p (K,), in bits."""
    return entr(p).sum() / log(2)


def jensen_shannon(p: ndarray, q: ndarray) -> float:
    """The Jensen–Shannon divergence of two distributions (K,), in bits: from 0 to 1
    (Lin 1991).

    The entropy of their mean minus the mean of their entropies. Result
    ``jensen-shannon``.
    """
    return entropy((p + q) / 2) - (entropy(p) + entropy(q)) / 2


Features = Callable[[Name], Iterable[Hashable]]
"""What is counted of a name."""


def length(name: Name) -> list[Hashable]:
    """Its length, with its language."""
    return [(name.language, len(name.text))]


def grams(n: int) -> Features:
    """Its runs of n letters, with its language; from two on, its beginning and its end
    are letters too.

    Raises ValueError unless n ≥ 1.
    """
    whole("n", n)

    @cache
    def runs(name: Name) -> list[Hashable]:
        text = name.text if n == 1 else f"^{name.text}$"
        return [(name.language, text[i : i + n]) for i in range(len(text) - n + 1)]

    return runs


def divergence(
    sample: Sequence[Name], reference: Sequence[Name], features: Features
) -> float:
    """The Jensen–Shannon divergence, in bits, of what is counted in a sample and in a
    reference.
    """
    p, q = (
        Counter(chain.from_iterable(map(features, demand_names(names))))
        for names in (sample, reference)
    )
    if not (p and q):  # of empty names nothing is counted, and nothing is in common
        return 1.0
    seen = dict.fromkeys([*p, *q])
    counts = np.array([[p[x] for x in seen], [q[x] for x in seen]])  # (2, K)
    return jensen_shannon(*counts / counts.sum(1, keepdims=True))
