"""Judging generated names: how good is what a generator gives?

The page ``evaluation`` in the order it is read: what a generator is, the likelihood of held-out names, the metrics that
look at a sample, generators that are bad on purpose, and the trial that holds all of them against the spread of real
names. A generator, a judge and a language model are functions that are passed in. Left out: metrics that need the
features of a trained network, and people's opinions.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from math import inf, log, nan
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy import ndarray
from scipy.special import entr, expm1, xlog1py

from unrolled.data.demand import whole
from unrolled.data.names import ALPHABET, MOST_LETTERS, Name
from unrolled.learning.statistics import Interval

Generator = Callable[[Sequence[str], int], list[Name]]
"""A generator gives a name for each language that it is asked for, by a seed."""

Judge = Callable[[Sequence[str]], Sequence[str]]
"""A judge says of each text which language it takes it to be of."""


# Uncertainty


class Measured(NamedTuple):
    """A measured number and its 95 % interval."""

    value: float
    interval: Interval


def measured(
    values: Sequence[float], weights: Sequence[float] | None = None
) -> Measured:
    """The mean of values (N,), one a name, or Σ values / Σ weights, with a bootstrap interval over whole names.

    Names are drawn again with replacement (Efron & Tibshirani 1993), each with its value and its weight. The values may
    be differences of two models on the same names; then it is a comparison in pairs. Raises ValueError if there are no
    values, or not as many weights. Where a value is nan or infinite, so are the mean and both ends of its interval.
    """
    top = np.asarray(values, dtype=float)
    bottom = np.ones(len(top)) if weights is None else np.asarray(weights, dtype=float)
    if not len(top) or top.shape != bottom.shape:
        raise ValueError(
            f"{len(top)} values and {len(bottom)} weights: expected one of each for every name, and a name at least"
        )
    value = float(top.sum() / bottom.sum())
    if not np.isfinite(value):
        return Measured(value, Interval(value, value))
    draws = np.random.default_rng(0).multinomial(
        len(top), np.full(len(top), 1 / len(top)), 2000
    )
    low, high = np.quantile((draws @ top) / (draws @ bottom), [0.025, 0.975])
    return Measured(value, Interval(float(low), float(high)))


# Likelihood


def bits_per_character(log_p: Sequence[float], names: Sequence[Name]) -> Measured:
    """Held-out bits per character, from the log-probability (nats) of each whole name, its end included.

    Divided by what was predicted: the letters of all names, and an end for each. Lower is better; a name that the
    model holds to be impossible makes it infinite.
    """
    symbols = [len(name.text) + 1 for name in names]
    return measured(-np.asarray(log_p, dtype=float) / log(2), symbols)


def bits_saved(
    first: Sequence[float], second: Sequence[float], names: Sequence[Name]
) -> Measured:
    """How many bits per character a second model needs less than a first, on the same names, in pairs.

    Raises ValueError if there are not as many log-probabilities of one as of the other.
    """
    if np.shape(first) != np.shape(second):
        raise ValueError(
            f"log-probabilities of the shapes {np.shape(first)} and {np.shape(second)}; expected two for each name"
        )
    gain = np.asarray(second, dtype=float) - np.asarray(first, dtype=float)
    return measured(gain / log(2), [len(name.text) + 1 for name in names])


# A judge


def apart(names: Sequence[Name]) -> tuple[list[Name], list[Name]]:
    """Names in two parts, no text in both: about two thirds for a generator, and a third for its judge.

    By a hash of the text, so the same everywhere. A judge that learnt from what the generator learnt from would reward
    copies.
    """
    parts: tuple[list[Name], list[Name]] = ([], [])
    for name in names:
        digest = hashlib.sha256(f"judge:{name.text}".encode()).hexdigest()
        parts[int(digest, 16) % 3 == 0].append(name)
    return parts


# Metrics of a sample, that give a number for each name


def agreement(sample: Sequence[Name], judge: Judge) -> ndarray:
    """Whether the judge takes each name (N,) for one of the language that it was asked for."""
    answers = judge([name.text for name in some(sample)])
    return np.array([a == n.language for a, n in zip(answers, sample, strict=True)])


def novelty(sample: Sequence[Name], known: Iterable[Name]) -> ndarray:
    """Whether each name (N,) is new: its text is not among the known ones, of whatever language."""
    texts = {name.text for name in known}
    return np.array([name.text not in texts for name in some(sample)])


@njit
def edit_distance(a: ndarray, b: ndarray, most: int) -> int:
    """How many letters must be put in, left out or exchanged to make a (S,) into b (T,); ``most`` if not fewer.

    Letters are given as codes. Row i of the table holds the distances of the first i letters of a from every beginning
    of b (Levenshtein 1966; Wagner & Fischer 1974).
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
    """The edit distance of each text (N,) to the nearest of the others; ``most`` if none is nearer.

    Texts stand one after the other in an array of letters, the n-th from ``starts[n]`` to ``starts[n + 1]``.
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
    """The letters of all texts in a row, as codes, and where each text starts (N + 1,)."""
    starts = np.cumsum([0, *map(len, texts)])
    return np.array(list(map(ord, "".join(texts))), np.int64), starts


def nearest(
    sample: Sequence[Name], training: Sequence[Name], most: int = MOST_LETTERS
) -> ndarray:
    """The edit distance of each name (N,) to the nearest training name of its language; ``most`` if none is nearer.

    Raises ValueError if a language has no training name, or unless most ≥ 1.
    """
    whole("most", most)
    theirs = by_language(some(training), [name.text for name in training])
    distances = np.empty(len(some(sample)))
    for language, places in by_language(sample, range(len(sample))).items():
        if language not in theirs:
            raise ValueError(
                f"no name to compare with is {language}: expected some of each language of the sample"
            )
        texts = [sample[i].text for i in places]
        found = least_distances(*codes(texts), *codes(theirs[language]), most)
        distances[places] = found
    return distances


def coverage(sample: Sequence[Name], reference: Sequence[Name]) -> ndarray:
    """Whether each name of the reference (N,) has one of the sample near it: same language, at most a letter apart."""
    return nearest(reference, sample, most=2) < 2


def expected_coverage(p: ndarray, n: ndarray) -> float:
    """The expected share of M names that turn up in a sample, from the probability p (M,) of each in a draw.

    ``n`` (M,) is how many draws of its language the sample has. Result ``expected-coverage``.
    """
    return np.mean(-expm1(xlog1py(n, -p)))  # 1 − (1 − p)^n, exact for small p too


# Metrics of a sample as a whole


def diversity(sample: Sequence[Name]) -> float:
    """The share of different names among N."""
    return len(set(some(sample))) / len(sample)


def entropy(p: ndarray) -> float:
    """The entropy of a distribution p (K,), in bits."""
    return entr(p).sum() / log(2)


def jensen_shannon(p: ndarray, q: ndarray) -> float:
    """The Jensen–Shannon divergence of two distributions (K,), in bits: from 0 to 1 (Lin 1991).

    The entropy of their mean minus the mean of their entropies. Result ``jensen-shannon``.
    """
    return entropy((p + q) / 2) - (entropy(p) + entropy(q)) / 2


Features = Callable[[Name], Iterable[Hashable]]
"""What is counted of a name."""


def length(name: Name) -> list[Hashable]:
    """Its length, with its language."""
    return [(name.language, len(name.text))]


def grams(n: int) -> Features:
    """Its runs of n letters, with its language; from two on, its beginning and its end are letters too.

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
    """The Jensen–Shannon divergence, in bits, of what is counted in a sample and in a reference."""
    p, q = (
        Counter(chain.from_iterable(map(features, some(names))))
        for names in (sample, reference)
    )
    if not (p and q):  # of empty names nothing is counted, and nothing is in common
        return 1.0
    seen = dict.fromkeys([*p, *q])
    counts = np.array([[p[x] for x in seen], [q[x] for x in seen]])  # (2, K)
    return jensen_shannon(*counts / counts.sum(1, keepdims=True))


def some(names: Sequence[Name]) -> Sequence[Name]:
    """The names, if there are any; a metric of none is a ValueError."""
    if not len(names):
        raise ValueError("there are no names to judge: expected one at least")
    return names


def by_language(
    names: Sequence[Name], items: Iterable | None = None
) -> dict[str, list]:
    """The names, or the items in their places, of each language."""
    groups: dict[str, list] = {}
    for name, item in zip(names, names if items is None else items, strict=True):
        groups.setdefault(name.language, []).append(item)
    return groups


# Generators that are bad on purpose


class Bad:
    """A generator made from training names, with the probability that it gives to each name.

    Subclasses say in ``draw`` how a text of a language comes about, and in ``log_p`` how probable one is.
    """

    def __init__(self, training: Sequence[Name]) -> None:
        self.texts = {
            language: [name.text for name in names]
            for language, names in by_language(some(training)).items()
        }

    def __call__(self, languages: Sequence[str], seed: int) -> list[Name]:
        """A name for each language; raises ValueError for one without training names."""
        self.check(languages)
        rng = np.random.default_rng(seed)
        return [Name(self.draw(language, rng), language) for language in languages]

    def log_probabilities(self, names: Sequence[Name]) -> ndarray:
        """The log-probability of each name given its language, in nats (N,); −inf where it never comes."""
        self.check(name.language for name in names)
        return np.array([self.log_p(name.language, name.text) for name in names])

    def check(self, languages: Iterable[str]) -> None:
        """Raise ValueError for a language without training names."""
        if strange := set(languages) - set(self.texts):
            raise ValueError(
                f"no training name is {', '.join(sorted(strange))}: expected some of {', '.join(self.texts)}"
            )

    def draw(self, language: str, rng: np.random.Generator) -> str:
        """A text of a language."""
        raise NotImplementedError

    def log_p(self, language: str, text: str) -> float:
        """The log-probability of a text of a language."""
        raise NotImplementedError


class Copies(Bad):
    """Repeats training names."""

    def draw(self, language: str, rng: np.random.Generator) -> str:
        """Any one of the training texts."""
        return self.texts[language][rng.integers(len(self.texts[language]))]

    def log_p(self, language: str, text: str) -> float:
        """An equal share for each training text, and nothing for others."""
        texts = self.texts[language]
        return log(texts.count(text) / len(texts)) if text in texts else -inf


class OneName(Bad):
    """Gives the same name again and again, one in each language."""

    def draw(self, language: str, rng: np.random.Generator) -> str:
        """The first of the training texts."""
        return self.texts[language][0]

    def log_p(self, language: str, text: str) -> float:
        """All for one."""
        return 0.0 if text == self.texts[language][0] else -inf


class Letters(Bad):
    """Draws a length as training names have it, then each letter alone: as often as it stands in them, or uniformly.

    An observation more is shared out equally among all lengths up to ``MOST_LETTERS``, and another among all letters,
    so that no name of the book's alphabet is impossible.
    """

    def __init__(self, training: Sequence[Name], uniform: bool = False) -> None:
        super().__init__(training)
        self.lengths, self.letters = {}, {}
        for language, texts in self.texts.items():
            lengths, letters = Counter(map(len, texts)), Counter("".join(texts))
            self.lengths[language] = shares(
                [lengths[T] for T in range(MOST_LETTERS + 1)][1:]
            )
            self.letters[language] = shares(
                [0 if uniform else letters[x] for x in ALPHABET]
            )

    def draw(self, language: str, rng: np.random.Generator) -> str:
        """A length, and so many letters."""
        T = 1 + rng.choice(MOST_LETTERS, p=self.lengths[language])
        drawn = rng.choice(len(ALPHABET), T, p=self.letters[language])
        return "".join(ALPHABET[k] for k in drawn)

    def log_p(self, language: str, text: str) -> float:
        """That of its length and of each of its letters; −inf with a letter that is not in the alphabet."""
        if not 1 <= len(text) <= MOST_LETTERS or not set(text) <= set(ALPHABET):
            return -inf
        p = self.letters[language][[ALPHABET.index(letter) for letter in text]]
        return float(np.log(self.lengths[language][len(text) - 1]) + np.log(p).sum())


def shares(counts: Sequence[int]) -> ndarray:
    """Counts (K,) as a distribution, with one more observation, shared out equally."""
    raised = np.asarray(counts) + 1 / len(counts)
    return raised / raised.sum()


# The trial


class Metric(NamedTuple):
    """What is measured of a sample against real names, in each language, and on which side of their band is bad.

    ``bad`` is "below", "above" or "either".
    """

    measure: Callable[[Sequence[Name], Sequence[Name]], dict[str, float]]
    bad: str


def suite(judge: Judge, training: Sequence[Name]) -> dict[str, Metric]:
    """The metrics that the trial counts, by name."""

    def mean(values: Callable[[Sequence[Name]], ndarray]) -> Callable:
        return lambda sample, _: means(sample, values(sample))

    def differs(features: Features) -> Callable:
        def measure(
            sample: Sequence[Name], reference: Sequence[Name]
        ) -> dict[str, float]:
            theirs = by_language(reference)
            return {
                language: divergence(names, theirs[language], features)
                for language, names in by_language(sample).items()
            }

        return measure

    return {
        "agreement": Metric(mean(remembered(lambda x: agreement(x, judge))), "either"),
        "novelty": Metric(mean(lambda x: novelty(x, training)), "below"),
        "distance": Metric(mean(remembered(lambda x: nearest(x, training))), "either"),
        "diversity": Metric(
            lambda sample, _: {x: diversity(y) for x, y in by_language(sample).items()},
            "below",
        ),
        "coverage": Metric(
            lambda sample, reference: means(reference, coverage(sample, reference)),
            "below",
        ),
        "lengths": Metric(differs(length), "above"),
        "letters": Metric(differs(grams(1)), "above"),
        "trigrams": Metric(differs(grams(3)), "above"),
    }


def means(names: Sequence[Name], values: Sequence[float]) -> dict[str, float]:
    """The mean of values (N,), one a name, in each language."""
    groups = by_language(names, values)
    return {language: float(np.mean(group)) for language, group in groups.items()}


def remembered(
    values: Callable[[Sequence[Name]], ndarray],
) -> Callable[[Sequence[Name]], ndarray]:
    """The same function of names, which computes the value of each name once."""
    known: dict[Name, float] = {}

    def remembering(sample: Sequence[Name]) -> ndarray:
        new = sorted(set(some(sample)) - known.keys())
        if new:
            known.update(zip(new, values(new), strict=True))
        return np.array([known[name] for name in sample])

    return remembering


def halves(names: Sequence[Name], seed: int) -> tuple[list[Name], list[Name]]:
    """Two disjoint random halves of some names, of the same size and with as many of each language.

    Of an odd number, one is left out. Raises ValueError if a language has a single name.
    """
    rng = np.random.default_rng(seed)
    first, second = [], []
    for language, group in by_language(some(names)).items():
        if len(group) < 2:
            raise ValueError(
                f"{language} has a single name, which has no two halves; leave it out"
            )
        order = [group[i] for i in rng.permutation(len(group))]
        middle = len(group) // 2
        first += order[:middle]
        second += order[middle : 2 * middle]
    return first, second


def new_names(
    generator: Generator, known: Iterable[Name], rounds: int = 20
) -> Generator:
    """The generator, asked again for what was no list of new names: for repetitions, known texts, and empty ones.

    After so many rounds it gives what it has, which may be fewer names than it was asked for.
    """
    texts = {name.text for name in known} | {""}

    def listed(languages: Sequence[str], seed: int) -> list[Name]:
        found: dict[Name, None] = {}
        missing = list(languages)
        for turn in range(rounds):
            if not missing:
                break
            again = []
            for name in generator(missing, seed * rounds + turn):
                if name.text in texts or name in found:
                    again.append(name.language)
                else:
                    found[name] = None
            missing = again
        return list(found)

    return listed


Key = tuple[str, str]
"""A metric and a language."""


@dataclass(frozen=True)
class Trial:
    """What came out: the band of each metric in each language, and the values of each contestant, draw by draw.

    A value is nan where a contestant gave too few names of a language.
    """

    metrics: Mapping[str, Metric]
    bands: dict[Key, Interval]
    values: dict[str, list[dict[Key, float]]]

    def outside(self, contestant: str) -> list[set[Key]]:
        """Where a contestant is on the bad side of the band or gave too few names, for each of its draws."""
        return [
            {key for key, value in draw.items() if self.is_outside(key, value)}
            for draw in self.values[contestant]
        ]

    def is_outside(self, key: Key, value: float) -> bool:
        """Whether a value is bad, as it never was for real names."""
        low, high = self.bands[key]
        bad = self.metrics[key[0]].bad
        return bool(
            np.isnan(value)
            or (value < low and bad != "above")
            or (value > high and bad != "below")
        )

    def share(self, contestant: str, metric: str) -> float:
        """In which share of the languages, over all draws, a contestant is outside on a metric."""
        languages = sum(key[0] == metric for key in self.bands)
        found = [key for draw in self.outside(contestant) for key in draw]
        return sum(key[0] == metric for key in found) / (
            languages * len(self.values[contestant])
        )

    def verdict(self, contestant: str) -> list[int]:
        """On how many metrics, counted in each language, a contestant is outside, for each of its draws."""
        return [len(found) for found in self.outside(contestant)]


def trial(
    generators: Mapping[str, Generator],
    real: Sequence[Name],
    metrics: Mapping[str, Metric],
    splits: int = 200,
    draws: int = 5,
) -> Trial:
    """Hold generators against real names, on every metric in every language, at equal sizes.

    The real names are halved at random, again and again. The first ``splits`` times, one half against the other gives
    the band of a metric: the least and the largest value. Then, for each of the draws, one half is the reference, and
    as many names of each generator are held against it, and the other half as the contestant "real names".
    """

    def values(sample: Sequence[Name], reference: Sequence[Name]) -> dict[Key, float]:
        wanted = Counter(name.language for name in reference)
        given = Counter(name.language for name in sample)
        enough = {
            language for language in wanted if given[language] == wanted[language]
        }
        found = {(metric, language): nan for metric in metrics for language in wanted}
        sample = [name for name in sample if name.language in enough]
        reference = [name for name in reference if name.language in enough]
        if sample:
            for name, metric in metrics.items():
                for language, value in metric.measure(sample, reference).items():
                    found[name, language] = value
        return found

    spans = [values(*halves(real, seed)) for seed in range(splits)]
    bands = {
        key: Interval(min(v[key] for v in spans), max(v[key] for v in spans))
        for key in spans[0]
    }
    found: dict[str, list[dict[Key, float]]] = {"real names": []}
    for seed in range(splits, splits + draws):
        other, reference = halves(real, seed)
        found["real names"].append(values(other, reference))
        asked = [name.language for name in reference]
        for contestant, generator in generators.items():
            sample = generator(asked, seed)
            found.setdefault(contestant, []).append(values(sample, reference))
    return Trial(metrics, bands, found)
