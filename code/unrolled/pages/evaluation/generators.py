"""Generators that are bad on purpose."""

from collections import Counter
from collections.abc import Iterable, Sequence
from math import inf, log

import numpy as np
from numpy import ndarray

from unrolled.data.names import ALPHABET, MOST_LETTERS, Name
from unrolled.pages.evaluation.names import by_language, demand_names


class Bad:
    """A generator made from training names, with the probability that it gives to each
    name.

    Subclasses say in ``draw`` how a text of a language comes about, and in ``log_p``
    how probable one is.
    """

    def __init__(self, training: Sequence[Name]) -> None:
        self.texts = {
            language: [name.text for name in names]
            for language, names in by_language(demand_names(training)).items()
        }

    def __call__(self, languages: Sequence[str], seed: int) -> list[Name]:
        """A name for each language; raises ValueError for one without training
        names.
        """
        self.demand_known(languages)
        rng = np.random.default_rng(seed)
        return [Name(self.draw(language, rng), language) for language in languages]

    def log_probabilities(self, names: Sequence[Name]) -> ndarray:
        """The log-probability of each name given its language, in nats (N,); −inf where
        it never comes.
        """
        self.demand_known(name.language for name in names)
        return np.array([self.log_p(name.language, name.text) for name in names])

    def demand_known(self, languages: Iterable[str]) -> None:
        """Raise ValueError for a language without training names."""
        if strange := set(languages) - set(self.texts):
            raise ValueError(
                f"no training name is {', '.join(sorted(strange))}: expected some of "
                f"{', '.join(self.texts)}"
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
    """Draws a length as training names have it, then each letter alone: as often as it
    stands in them, or uniformly.

    An observation more is shared out equally among all lengths up to ``MOST_LETTERS``,
    and another among all letters, so that no name of the book's alphabet is impossible.
    """

    def __init__(self, training: Sequence[Name], uniform: bool = False) -> None:
        super().__init__(training)
        self.lengths, self.letters = {}, {}
        for language, texts in self.texts.items():
            lengths, letters = Counter(map(len, texts)), Counter("".join(texts))
            self.lengths[language] = smoothed(
                [lengths[T] for T in range(MOST_LETTERS + 1)][1:]
            )
            self.letters[language] = smoothed(
                [0 if uniform else letters[x] for x in ALPHABET]
            )

    def draw(self, language: str, rng: np.random.Generator) -> str:
        """A length, and so many letters."""
        T = 1 + rng.choice(MOST_LETTERS, p=self.lengths[language])
        drawn = rng.choice(len(ALPHABET), T, p=self.letters[language])
        return "".join(ALPHABET[k] for k in drawn)

    def log_p(self, language: str, text: str) -> float:
        """That of its length and of each of its letters; −inf with a letter that is not
        in the alphabet.
        """
        if not 1 <= len(text) <= MOST_LETTERS or not set(text) <= set(ALPHABET):
            return -inf
        p = self.letters[language][[ALPHABET.index(letter) for letter in text]]
        return float(np.log(self.lengths[language][len(text) - 1]) + np.log(p).sum())


def smoothed(counts: Sequence[int]) -> ndarray:
    """Counts (K,) as a distribution, with one more observation, shared out equally."""
    raised = np.asarray(counts) + 1 / len(counts)
    return raised / raised.sum()
