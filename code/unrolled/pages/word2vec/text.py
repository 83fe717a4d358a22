"""From a text to pairs of words: which words are learnt, which stay, and the noise that
negatives are drawn from.
"""

import difflib
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import dropwhile, groupby
from typing import NamedTuple

import numpy as np
from numpy import ndarray
from numpy.random import Generator

from unrolled.data.demand import number, whole
from unrolled.data.reading import canonical


def tokenise(text: str) -> list[str]:
    """The words of a text: runs of letters with their marks, in lower case; all else
    stands between words.

    Marks are accents, and the vowel signs of Hindi, Arabic or Thai. Those with no
    letter before them, as in emoji, are in no word. A soft hyphen, which only says
    where a word may be cut, is taken out. The text is spelled in one way first
    (:func:`unrolled.data.reading.canonical`), which says what is refused.
    """
    text = canonical(canonical(text).lower()).replace("\u00ad", "")
    runs = (list(run) for inside, run in groupby(text, belongs_to_word) if inside)
    words = ("".join(dropwhile(lambda x: not x.isalpha(), run)) for run in runs)
    return list(filter(None, words))


def belongs_to_word(character: str) -> bool:
    """Whether a character is part of a word: a letter, a mark, or what joins letters or
    keeps them apart in a word.
    """
    return character.isalpha() or (
        character in "\u200c\u200d" or unicodedata.category(character)[0] == "M"
    )


def demand_lists(articles: Iterable[Sequence[str]]) -> Iterator[Sequence[str]]:
    """The articles, each a list of words; raises ValueError for a string, whose words
    would be its letters.
    """
    for article in articles:
        if isinstance(article, str):
            raise ValueError(
                f"{article[:40]!r} is a string; expected a list of words, such as "
                "tokenise gives, in a list of articles"
            )
        yield article


class Words:
    """The V words that are learnt, from the most frequent to the rarest, with their
    counts (V,).

    Those that occur fewer than ``least`` times in the articles are left out. Unlike
    :class:`~unrolled.data.vocabulary.Vocabulary` it has no padding, since that would be
    a word with a probability. Raises ValueError if no word is left, or an article is a
    string, and not a list of words.
    """

    def __init__(self, articles: Iterable[Sequence[str]], least: int = 1) -> None:
        """Count the words."""
        counts = Counter(word for article in demand_lists(articles) for word in article)
        kept = sorted((-n, word) for word, n in counts.items() if n >= least)
        if not kept:
            raise ValueError(
                f"no word occurs at least {least} times in a text of {counts.total()} "
                "words; "
                "give a longer text, or a smaller least"
            )
        self.words = [word for _, word in kept]
        self.counts = np.array([-n for n, _ in kept])
        self.ids = {word: i for i, word in enumerate(self.words)}

    def __len__(self) -> int:
        return len(self.words)

    def id(self, word: str) -> int:
        """The number of a word; raises ValueError, with the nearest spellings, if it is
        not among the words.
        """
        if word not in self.ids:
            near = difflib.get_close_matches(word.lower(), self.words, n=3)
            hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
            raise ValueError(
                f"{word!r} is not among the {len(self)} words that have a vector{hint}"
            )
        return self.ids[word]


class Text(NamedTuple):
    """A text of N words as numbers (N,), with the number (N,) of the passage that each
    stands in.
    """

    ids: ndarray
    passage: ndarray


def encode(passages: Iterable[Sequence[str]], words: Words) -> Text:
    """The passages as one text; words that have no vector are left out, and the others
    close up.

    Raises ValueError if a passage is a string, and not a list of words.
    """
    known = [
        [words.ids[w] for w in passage if w in words.ids]
        for passage in demand_lists(passages)
    ]
    lengths = np.array([len(passage) for passage in known], dtype=int)
    ids = np.fromiter((w for passage in known for w in passage), np.int32)
    return Text(ids, np.repeat(np.arange(len(known), dtype=np.int32), lengths))


def passages(
    articles: Iterable[Sequence[str]], length: int = 200
) -> Iterator[Sequence[str]]:
    """Cut each article into passages of ``length`` words; its last one may be shorter.

    Raises ValueError if the length is below 1, or an article is a string, and not a
    list of words.
    """
    whole("length", length)
    for article in demand_lists(articles):
        for start in range(0, len(article), length):
            yield article[start : start + length]


class Corpus(NamedTuple):
    """The words that have a vector, the text to train on, and the rest, to judge by."""

    words: Words
    train: Text
    rest: Text


def prepare(articles: Iterable[Sequence[str]], least: int = 5, seed: int = 0) -> Corpus:
    """Cut articles into passages, put them in a random order, and keep every tenth for
    judging.

    The order matters: trained article by article, the vectors would know the last ones
    best. Words are those that occur at least ``least`` times in the training part;
    raises ValueError if there is none.
    """
    cut = list(passages(articles))
    cut = [cut[i] for i in np.random.default_rng(seed).permutation(len(cut))]
    first = [passage for i, passage in enumerate(cut) if i % 10]
    words = Words(first, least)
    return Corpus(words, encode(first, words), encode(cut[::10], words))


def keep_probabilities(counts: ndarray, t: float) -> ndarray:
    """With what probability an occurrence of each word is kept, (V,): min(1, √(t/f) +
    t/f) at the frequency f.

    That is the rule of the authors' program and of gensim; Mikolov, Sutskever, Chen,
    Corrado & Dean (2013, equation
    5) have √(t/f). With t = 0 every word is kept. Raises ValueError for a negative t.
    """
    number("t", t, least=0)
    if t == 0:
        return np.ones(len(counts))
    ratio = t * counts.sum() / counts
    return np.minimum(1, np.sqrt(ratio) + ratio)


def subsample(text: Text, keep: ndarray, rng: Generator) -> Text:
    """The text without some of its frequent words; ``keep`` (V,) has the probability
    that each occurrence stays.
    """
    kept = rng.random(len(text.ids)) < keep[text.ids]
    return Text(text.ids[kept], text.passage[kept])


class Pairs(NamedTuple):
    """N pairs of words: the centres (N,) and the outside words (N,)."""

    centres: ndarray
    outsides: ndarray


def pairs(text: Text, window: int, rng: Generator | None = None) -> Pairs:
    """All pairs of a centre and a word at most ``window`` places from it in the same
    passage.

    Windows are cut at a passage's ends. With a generator, each centre's window is drawn
    from 1 to ``window``, as in word2vec, so that near words count more. Raises
    ValueError unless window ≥ 1.
    """
    whole("window", window)
    T = len(text.ids)
    reach = np.full(T, window) if rng is None else rng.integers(1, window + 1, T)
    centres, outsides = [], []
    for distance in range(1, min(window, T - 1) + 1):
        here, there = np.arange(T - distance), np.arange(distance, T)
        together = text.passage[here] == text.passage[there]
        for c, o in ((here, there), (there, here)):
            seen = together & (reach[c] >= distance)
            centres.append(text.ids[c[seen]])
            outsides.append(text.ids[o[seen]])
    nothing = np.zeros(0, np.int32)
    return Pairs(
        np.concatenate([nothing, *centres]), np.concatenate([nothing, *outsides])
    )


def noise_distribution(counts: ndarray, power: float = 0.75) -> ndarray:
    """The probabilities q (V,) of the words as negatives, proportional to their counts
    to a power.
    """
    weights = np.asarray(counts, dtype=float) ** power
    return weights / weights.sum()


class Alias:
    """Draws from q (V,) in a time that does not depend on V (Walker 1977, built as in
    Vose 1991).

    The interval from 0 to 1 is cut into V columns of equal width. Column i belongs to i
    in its lower part, up to ``threshold[i]``, and above it to one other word,
    ``alias[i]``. Raises ValueError unless q is a distribution.
    """

    def __init__(self, q: ndarray) -> None:
        """Build the table, in O(V)."""
        q = np.asarray(q, dtype=float)
        if q.ndim != 1 or not len(q) or not (q >= 0).all() or abs(q.sum() - 1) > 1e-9:
            raise ValueError(
                "no distribution: expected at least one probability, none negative, "
                "with the sum 1, and got the "
                f"shape {q.shape} and the sum {q.sum()}"
            )
        height = q * len(q)  # 1 on average
        self.threshold = np.ones(len(q))
        self.alias = np.arange(len(q), dtype=np.int32)
        low = [i for i, h in enumerate(height) if h < 1]
        high = [i for i, h in enumerate(height) if h >= 1]
        while low and high:
            i, j = low.pop(), high[-1]
            self.threshold[i], self.alias[i] = height[i], j  # j fills column i up
            height[j] -= 1 - height[i]
            if height[j] < 1:
                low.append(high.pop())

    def draw(self, shape: int | tuple[int, ...], rng: Generator) -> ndarray:
        """Independent draws in an array of a shape: a column, then one of its two
        words.
        """
        i = rng.integers(len(self.alias), size=shape)
        return np.where(rng.random(shape) < self.threshold[i], i, self.alias[i])
