"""The trial: every metric, in every language, against the band in which real names
lie.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import nan
from typing import NamedTuple

import numpy as np
from numpy import ndarray

from unrolled.data.names import Name
from unrolled.learning.statistics import Interval
from unrolled.pages.evaluation.metrics import (
    Features,
    agreement,
    coverage,
    divergence,
    diversity,
    grams,
    length,
    nearest,
    novelty,
)
from unrolled.pages.evaluation.names import (
    Generator,
    Judge,
    by_language,
    demand_names,
)


class Metric(NamedTuple):
    """What is measured of a sample against real names, in each language, and on which
    side of their band is bad.

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
        "agreement": Metric(mean(cached(lambda x: agreement(x, judge))), "either"),
        "novelty": Metric(mean(lambda x: novelty(x, training)), "below"),
        "distance": Metric(mean(cached(lambda x: nearest(x, training))), "either"),
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


def cached(
    values: Callable[[Sequence[Name]], ndarray],
) -> Callable[[Sequence[Name]], ndarray]:
    """The same function of names, which computes the value of each name once."""
    known: dict[Name, float] = {}

    def remembering(sample: Sequence[Name]) -> ndarray:
        new = sorted(set(demand_names(sample)) - known.keys())
        if new:
            known.update(zip(new, values(new), strict=True))
        return np.array([known[name] for name in sample])

    return remembering


def halves(names: Sequence[Name], seed: int) -> tuple[list[Name], list[Name]]:
    """Two disjoint random halves of some names, of the same size and with as many of
    each language.

    Of an odd number, one is left out. Raises ValueError if a language has a single
    name.
    """
    rng = np.random.default_rng(seed)
    first, second = [], []
    for language, group in by_language(demand_names(names)).items():
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
    """The generator, asked again for what was no list of new names: for repetitions,
    known texts, and empty ones.

    After so many rounds it gives what it has, which may be fewer names than it was
    asked for.
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
    """What came out: the band of each metric in each language, and the values of each
    contestant, draw by draw.

    A value is nan where a contestant gave too few names of a language.
    """

    metrics: Mapping[str, Metric]
    bands: dict[Key, Interval]
    values: dict[str, list[dict[Key, float]]]

    def outside(self, contestant: str) -> list[set[Key]]:
        """Where a contestant is on the bad side of the band or gave too few names, for
        each of its draws.
        """
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
        """In which share of the languages, over all draws, a contestant is outside on a
        metric.
        """
        languages = sum(key[0] == metric for key in self.bands)
        found = [key for draw in self.outside(contestant) for key in draw]
        return sum(key[0] == metric for key in found) / (
            languages * len(self.values[contestant])
        )

    def verdict(self, contestant: str) -> list[int]:
        """On how many metrics, counted in each language, a contestant is outside, for
        each of its draws.
        """
        return [len(found) for found in self.outside(contestant)]


def trial(
    generators: Mapping[str, Generator],
    real: Sequence[Name],
    metrics: Mapping[str, Metric],
    splits: int = 200,
    draws: int = 5,
) -> Trial:
    """Hold generators against real names, on every metric in every language, at equal
    sizes.

    The real names are halved at random, again and again. The first ``splits`` times,
    one half against the other gives the band of a metric: the least and the largest
    value. Then, for each of the draws, one half is the reference, and as many names of
    each generator are held against it, and the other half as the contestant "real
    names".
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
