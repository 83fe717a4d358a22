"""word2vec, derived and trained: the skip-gram model with a softmax and with negative sampling.

The page ``word2vec`` in the order it is read. The model and both of its losses are those of Mikolov, Chen, Corrado &
Dean (2013) and Mikolov, Sutskever, Chen, Corrado & Dean (2013), in the letters of Dive into Deep Learning 15.1 and
15.2. J = log P is *maximised*: a step goes along the gradient. Row w of ``v`` (V, d) is the vector of the word w as a
centre, row w of ``u`` (V, d) that of w as an outside word. The derivations treat one pair of words; then come a
trainer that treats a minibatch of them, and a compiled one that treats one after the other.

Left out: the continuous bag of words, phrases, pieces of words, several threads.
"""

import difflib
import math
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import dropwhile, groupby
from typing import NamedTuple

import numpy as np
import torch
from numba import njit
from numpy import ndarray
from numpy.random import Generator
from scipy.special import entr, expit, log_expit, log_softmax, rel_entr, softmax
from scipy.stats import rankdata
from torch import Tensor

from unrolled.data.demand import ids as within
from unrolled.data.demand import number, whole
from unrolled.data.reading import canonical
from unrolled.learning import training as training  # sets the number of threads

# The softmax


def log_probabilities(c: int, v: ndarray, u: ndarray) -> ndarray:
    """The logarithms (V,) of P(o | c) for every o, with P(o | c) = exp(u_o · v_c) / Σ_j exp(u_j · v_c)."""
    return log_softmax(u @ v[c])


class CrossEntropy(NamedTuple):
    """The softmax loss of a text in nats, and per centre (V,) the cross entropy, the entropy and the divergence."""

    loss: float
    cross_entropy: ndarray
    entropy: ndarray
    divergence: ndarray


def cross_entropy(
    centres: ndarray, outsides: ndarray, v: ndarray, u: ndarray
) -> CrossEntropy:
    """The softmax loss of N pairs of words, as a sum of cross entropies. Result ``softmax-cross-entropy``.

    ``centres`` and ``outsides`` (N,) are the words of each pair. A centre that does not occur has zeros.
    """
    V = len(u)
    n = np.zeros((V, V))
    np.add.at(n, (centres, outsides), 1)  # n(c, o)
    n_c = n.sum(1)  # (V,)
    observed = n / np.maximum(n_c, 1)[:, None]  # p̂(o | c), a row each
    log_p = log_softmax(v @ u.T, axis=1)  # log P(o | c), a row each
    cross = -(observed * log_p).sum(1)  # (V,)
    return CrossEntropy(
        loss=float(n_c @ cross),
        cross_entropy=cross,
        entropy=entr(observed).sum(1),
        divergence=rel_entr(observed, np.exp(log_p)).sum(1) * (n_c > 0),
    )


def centre_gradient(c: int, o: int, v: ndarray, u: ndarray) -> ndarray:
    """The gradient (d,) of log P(o | c) by v_c: observed minus expected. Result ``skipgram-centre-gradient``."""
    P = softmax(u @ v[c])  # (V,)
    return u[o] - P @ u  # (d,) − (V,) @ (V, d)


def outside_gradients(c: int, o: int, v: ndarray, u: ndarray) -> ndarray:
    """The gradient (V, d) of log P(o | c) by every u_j, a row each. Result ``skipgram-outside-gradients``."""
    e = -softmax(u @ v[c])  # (V,)
    e[o] += 1
    return np.outer(e, v[c])


def corpus_gradient(n: ndarray, v: ndarray, u: ndarray) -> ndarray:
    """The gradient (V, d) of the log-likelihood of a text by every v_c. Result ``moments-agree``.

    ``n`` (V, V) holds n(c, o), how often o stands in a window of c.
    """
    P = softmax(v @ u.T, axis=1)  # P(o | c), a row for each c
    return n @ u - n.sum(1, keepdims=True) * (P @ u)


# Negative sampling


def negative_sampling_loss(
    c: int, o: int, negatives: ndarray, v: ndarray, u: ndarray
) -> float:
    """−log σ(u_o · v_c) − Σ_k log σ(−u_k · v_c) in nats, for K negatives (K,). Result ``negative-sampling-loss``."""
    return float(-log_expit(u[o] @ v[c]) - log_expit(-u[negatives] @ v[c]).sum())


class PairGradients(NamedTuple):
    """The gradients of a pair's J by v_c (d,), and by every u (V, d)."""

    v_c: ndarray
    u: ndarray


def negative_sampling_gradients(
    c: int, o: int, negatives: ndarray, v: ndarray, u: ndarray
) -> PairGradients:
    """The gradients of J = log σ(u_o · v_c) + Σ_k log σ(−u_k · v_c). Result ``negative-sampling-gradient``.

    A word that is drawn several times among the negatives (K,), or is o itself, counts as often as it stands there.
    """
    words = np.array([o, *negatives], dtype=int)  # (K + 1,)
    label = np.zeros(len(words))
    label[0] = 1
    g = label - expit(u[words] @ v[c])  # (K + 1,), observed minus expected
    by_u = np.zeros_like(u)
    np.add.at(by_u, words, np.outer(g, v[c]))  # adds up where a word is repeated
    return PairGradients(v_c=g @ u[words], u=by_u)


def expected_objective(n: ndarray, q: ndarray, K: int, v: ndarray, u: ndarray) -> float:
    """J of negative sampling over a whole text, expected over the draws, in nats.

    Result ``negative-sampling-expectation``. ``n`` (V, V) holds n(c, o), how often o stands in a window of c; each pair
    draws K negatives from q (V,).
    """
    x = v @ u.T  # (V, V), a row for each c
    drawn = K * n.sum(1, keepdims=True) * q  # (V, V), how often on average
    return float((n * log_expit(x) + drawn * log_expit(-x)).sum())


def optimal_scores(n: ndarray, q: ndarray, K: int) -> ndarray:
    """The scores u_o · v_c at which the expected J is largest, (V, V), a row for each c.

    Result ``negative-sampling-optimum``, for counts n(c, o) > 0 (V, V) and noise probabilities q(o) > 0 (V,). Raises
    ValueError where there is no finite optimum.
    """
    n, q = np.asarray(n, dtype=float), np.asarray(q, dtype=float)
    if not ((n > 0).all() and (q > 0).all() and K >= 1):
        raise ValueError(
            "a finite optimum needs every pair observed, noise that gives every word a chance, and K ≥ 1: got "
            f"{int((n <= 0).sum())} pairs with n(c, o) ≤ 0, {int((q <= 0).sum())} words with q(o) ≤ 0, K = {K}"
        )
    return np.log(n / n.sum(1, keepdims=True)) - np.log(K * q)


class Multiplications(NamedTuple):
    """How many products of two numbers a gradient by v_c takes, with the softmax and with negative sampling."""

    softmax: int
    negative_sampling: int


def multiplications(V: int, d: int, K: int) -> Multiplications:
    """Products in the scores (d for each word) and in the weighted sum of vectors. Result ``gradient-costs``."""
    return Multiplications(softmax=2 * V * d, negative_sampling=2 * (K + 1) * d)


# Hierarchical softmax


class Hierarchical(NamedTuple):
    """P(w | c) for every word w (V,), their sum, and the gradients of log P(w | c) by v_c (V, d), a row for each w."""

    P: ndarray
    total: float
    by_v_c: ndarray


def hierarchical_softmax(tree: ndarray, v_c: ndarray, u: ndarray) -> Hierarchical:
    """The probability of every word as a walk from the root of a binary tree. Result ``hierarchical-softmax``.

    ``tree`` (V − 1, 2) holds the left and the right child of each inner node, whose vectors are the rows of ``u``
    (V − 1, d): an inner node by its number, a word w as −1 − w. The root is node 0, and children come after parents.
    Raises ValueError for anything else.
    """
    demand_tree(tree, u)
    V = len(tree) + 1
    log_P, by_v_c = np.zeros(V), np.zeros((V, len(v_c)))
    waiting = [(0, 0.0, np.zeros(len(v_c)))]
    while waiting:
        node, log_p, gradient = waiting.pop()
        if node < 0:
            log_P[-1 - node], by_v_c[-1 - node] = log_p, gradient
            continue
        x = u[node] @ v_c
        left, right = (int(child) for child in tree[node])
        waiting.append((left, log_p + log_expit(x), gradient + expit(-x) * u[node]))
        waiting.append((right, log_p + log_expit(-x), gradient - expit(x) * u[node]))
    P = np.exp(log_P)
    return Hierarchical(P, float(P.sum()), by_v_c)


def demand_tree(tree: ndarray, u: ndarray) -> None:
    """Raise ValueError unless each word and each inner node but the root is once a child, of a node before it."""
    if tree.ndim != 2 or tree.shape[1] != 2 or len(tree) != len(u):
        raise ValueError(
            f"a tree of shape {tree.shape} for {len(u)} vectors; expected (V − 1, 2), and a vector for each inner node"
        )
    children = np.sort(tree.ravel())
    expected = [*range(-len(tree) - 1, 0), *range(1, len(tree))]
    late = tree > np.arange(len(tree))[:, None]  # a child that comes after its parent
    if children.tolist() != expected or not (late | (tree < 0)).all():
        raise ValueError(
            "no binary tree: expected each of the words −1, …, −V and of the inner nodes 1, …, V − 2 once as a child, "
            "and children after their parents"
        )


# From a text to pairs of words


def tokenise(text: str) -> list[str]:
    """The words of a text: runs of letters with their marks, in lower case; all else stands between words.

    Marks are accents, and the vowel signs of Hindi, Arabic or Thai. Those with no letter before them, as in emoji, are
    in no word. A soft hyphen, which only says where a word may be cut, is taken out. The text is spelled in one way
    first (:func:`unrolled.data.reading.canonical`), which says what is refused.
    """
    text = canonical(canonical(text).lower()).replace("\u00ad", "")
    runs = (list(run) for inside, run in groupby(text, in_word) if inside)
    words = ("".join(dropwhile(lambda x: not x.isalpha(), run)) for run in runs)
    return list(filter(None, words))


def in_word(character: str) -> bool:
    """Whether a character is part of a word: a letter, a mark, or what joins letters or keeps them apart in a word."""
    return character.isalpha() or (
        character in "\u200c\u200d" or unicodedata.category(character)[0] == "M"
    )


def listed(articles: Iterable[Sequence[str]]) -> Iterator[Sequence[str]]:
    """The articles, each a list of words; raises ValueError for a string, whose words would be its letters."""
    for article in articles:
        if isinstance(article, str):
            raise ValueError(
                f"{article[:40]!r} is a string; expected a list of words, such as tokenise gives, in a list of articles"
            )
        yield article


class Words:
    """The V words that are learnt, from the most frequent to the rarest, with their counts (V,).

    Those that occur fewer than ``least`` times in the articles are left out. Unlike
    :class:`~unrolled.data.vocabulary.Vocabulary` it has no padding, since that would be a word with a probability.
    Raises ValueError if no word is left, or an article is a string, and not a list of words.
    """

    def __init__(self, articles: Iterable[Sequence[str]], least: int = 1) -> None:
        """Count the words."""
        counts = Counter(word for article in listed(articles) for word in article)
        kept = sorted((-n, word) for word, n in counts.items() if n >= least)
        if not kept:
            raise ValueError(
                f"no word occurs at least {least} times in a text of {counts.total()} words; "
                "give a longer text, or a smaller least"
            )
        self.words = [word for _, word in kept]
        self.counts = np.array([-n for n, _ in kept])
        self.ids = {word: i for i, word in enumerate(self.words)}

    def __len__(self) -> int:
        return len(self.words)

    def id(self, word: str) -> int:
        """The number of a word; raises ValueError, with the nearest spellings, if it is not among the words."""
        if word not in self.ids:
            near = difflib.get_close_matches(word.lower(), self.words, n=3)
            hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
            raise ValueError(
                f"{word!r} is not among the {len(self)} words that have a vector{hint}"
            )
        return self.ids[word]


class Text(NamedTuple):
    """A text of N words as numbers (N,), with the number (N,) of the passage that each stands in."""

    ids: ndarray
    passage: ndarray


def encode(passages: Iterable[Sequence[str]], words: Words) -> Text:
    """The passages as one text; words that have no vector are left out, and the others close up.

    Raises ValueError if a passage is a string, and not a list of words.
    """
    known = [
        [words.ids[w] for w in passage if w in words.ids]
        for passage in listed(passages)
    ]
    lengths = np.array([len(passage) for passage in known], dtype=int)
    ids = np.fromiter((w for passage in known for w in passage), np.int32)
    return Text(ids, np.repeat(np.arange(len(known), dtype=np.int32), lengths))


def passages(
    articles: Iterable[Sequence[str]], length: int = 200
) -> Iterator[Sequence[str]]:
    """Cut each article into passages of ``length`` words; its last one may be shorter.

    Raises ValueError if the length is below 1, or an article is a string, and not a list of words.
    """
    whole("length", length)
    for article in listed(articles):
        for start in range(0, len(article), length):
            yield article[start : start + length]


class Corpus(NamedTuple):
    """The words that have a vector, the text to train on, and the rest, to judge by."""

    words: Words
    train: Text
    rest: Text


def prepare(articles: Iterable[Sequence[str]], least: int = 5, seed: int = 0) -> Corpus:
    """Cut articles into passages, put them in a random order, and keep every tenth for judging.

    The order matters: trained article by article, the vectors would know the last ones best. Words are those that
    occur at least ``least`` times in the training part; raises ValueError if there is none.
    """
    cut = list(passages(articles))
    cut = [cut[i] for i in np.random.default_rng(seed).permutation(len(cut))]
    first = [passage for i, passage in enumerate(cut) if i % 10]
    words = Words(first, least)
    return Corpus(words, encode(first, words), encode(cut[::10], words))


def keep_probabilities(counts: ndarray, t: float) -> ndarray:
    """With what probability an occurrence of each word is kept, (V,): min(1, √(t/f) + t/f) at the frequency f.

    That is the rule of the authors' program and of gensim; Mikolov, Sutskever, Chen, Corrado & Dean (2013, equation
    5) have √(t/f). With t = 0 every word is kept. Raises ValueError for a negative t.
    """
    number("t", t, least=0)
    if t == 0:
        return np.ones(len(counts))
    ratio = t * counts.sum() / counts
    return np.minimum(1, np.sqrt(ratio) + ratio)


def subsample(text: Text, keep: ndarray, rng: Generator) -> Text:
    """The text without some of its frequent words; ``keep`` (V,) has the probability that each occurrence stays."""
    kept = rng.random(len(text.ids)) < keep[text.ids]
    return Text(text.ids[kept], text.passage[kept])


class Pairs(NamedTuple):
    """N pairs of words: the centres (N,) and the outside words (N,)."""

    centres: ndarray
    outsides: ndarray


def pairs(text: Text, window: int, rng: Generator | None = None) -> Pairs:
    """All pairs of a centre and a word at most ``window`` places from it in the same passage.

    Windows are cut at a passage's ends. With a generator, each centre's window is drawn from 1 to ``window``, as in
    word2vec, so that near words count more. Raises ValueError unless window ≥ 1.
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
    """The probabilities q (V,) of the words as negatives, proportional to their counts to a power."""
    weights = np.asarray(counts, dtype=float) ** power
    return weights / weights.sum()


class Alias:
    """Draws from q (V,) in a time that does not depend on V (Walker 1977, built as in Vose 1991).

    The interval from 0 to 1 is cut into V columns of equal width. Column i belongs to i in its lower part, up to
    ``threshold[i]``, and above it to one other word, ``alias[i]``. Raises ValueError unless q is a distribution.
    """

    def __init__(self, q: ndarray) -> None:
        """Build the table, in O(V)."""
        q = np.asarray(q, dtype=float)
        if q.ndim != 1 or not len(q) or not (q >= 0).all() or abs(q.sum() - 1) > 1e-9:
            raise ValueError(
                f"no distribution: expected at least one probability, none negative, with the sum 1, and got the "
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
        """Independent draws in an array of a shape: a column, then one of its two words."""
        i = rng.integers(len(self.alias), size=shape)
        return np.where(rng.random(shape) < self.threshold[i], i, self.alias[i])


# Training


class Vectors(NamedTuple):
    """The vectors of all words, as centres v (V, d) and as outside words u (V, d)."""

    v: ndarray
    u: ndarray


class Settings(NamedTuple):
    """How vectors are trained; the defaults are gensim's, but for the width and the epochs.

    ``d`` is the length of a vector, ``window`` the largest distance of a pair, ``K`` the number of negatives for each,
    ``subsampling`` the threshold t of :func:`keep_probabilities`, ``power`` that of the noise. The step size ``eta``
    falls along a line to ``eta_end``.
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
    """Pairs in a step of :func:`train`; :func:`train_compiled` takes a step for each pair."""


def start(V: int, settings: Settings, seed: int, dtype: type = np.float32) -> Vectors:
    """Vectors to begin with: v uniform between ±1/d, u zero, as in gensim (the authors' program has ±1/2d)."""
    d = settings.d
    v = np.random.default_rng(seed).uniform(-1 / d, 1 / d, (V, d))
    return Vectors(v.astype(dtype), np.zeros((V, d), dtype))


def check_settings(text: Text, words: Words, settings: Settings) -> None:
    """Raise ValueError for what cannot be trained, and say why.

    The compiled trainer relies on it: there, a number that is no word's would be written somewhere in memory.
    """
    if len(words) < 2:
        raise ValueError(
            "only one distinct word: every negative would be the observed word; at least two are needed"
        )
    for name in "window", "d", "epochs", "batch":
        whole(name, getattr(settings, name))
    if whole("K", settings.K, 0) < 1:
        raise ValueError(
            f"K = {settings.K}: without negatives every score would grow without bound; at least 1 is needed"
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
            f"{len(text.ids)} words and {len(text.passage)} passages that they stand in; expected one for each"
        )


def step(v: Tensor, u: Tensor, c: Tensor, words: Tensor, eta: float) -> None:
    """A step uphill in place, for B pairs at once: centres c (B,), and words (B, K + 1), the observed one first.

    The gradients of result ``negative-sampling-gradient``, all taken before any vector moves, and added up.
    """
    v_c, u_w = v[c], u[words]  # (B, d), (B, K + 1, d)
    label = torch.zeros(words.shape[1], dtype=v.dtype)
    label[0] = 1
    g = label - torch.sigmoid((u_w @ v_c[:, :, None])[:, :, 0])  # (B, K + 1)
    by_v = (g[:, None, :] @ u_w)[:, 0]  # (B, d)
    by_u = g[:, :, None] * v_c[:, None, :]  # (B, K + 1, d)
    # index_add_ adds up where a word stands several times, like np.add.at; v[c] += … would not
    v.index_add_(0, c, by_v, alpha=eta)
    u.index_add_(0, words.flatten(), by_u.flatten(0, 1), alpha=eta)


class Trained(NamedTuple):
    """Vectors, and what they were trained on: pairs, and words after subsampling, repetitions counted."""

    vectors: Vectors
    pairs: int
    words: int


def train(
    text: Text, words: Words, settings: Settings | None = None, seed: int = 0
) -> Trained:
    """Train vectors by steps of ``settings.batch`` pairs (:func:`step`).

    Raises ValueError for fewer than two words, K, window, d, epochs or batch below 1, step sizes that are not above 0,
    a text that is empty or was encoded with other words.
    """
    settings = settings or Settings()
    check_settings(text, words, settings)
    rng = np.random.default_rng(seed)
    keep = keep_probabilities(words.counts, settings.subsampling)
    noise = Alias(noise_distribution(words.counts, settings.power))
    v, u = (torch.from_numpy(x) for x in start(len(words), settings, seed))
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


# The same, compiled: one pair after the other, as in the authors' program


@njit(fastmath=True)
def compiled_step(
    v: ndarray,
    u: ndarray,
    c: int,
    words: ndarray,
    eta: float,
    g: ndarray,
    by_v: ndarray,
) -> None:
    """A step uphill in place for one pair, as :func:`step`; words (K + 1,), and room for g (K + 1,) and by_v (d,).

    Nothing is checked here: c and the words have to be from 0 to V − 1, as :func:`check_settings` sees to.
    """
    zero, one = v.dtype.type(0), v.dtype.type(1)
    d = v.shape[1]
    by_v[:] = zero
    for i in range(len(words)):
        w = words[i]
        x = zero
        for k in range(d):
            x += u[w, k] * v[c, k]
        g[i] = (one if i == 0 else zero) - one / (one + math.exp(-x))
        for k in range(d):
            by_v[k] += g[i] * u[w, k]
    # only now do vectors move, so a repeated word counts as often as it stands there
    for i in range(len(words)):
        w, scaled = words[i], eta * g[i]
        for k in range(d):
            u[w, k] += scaled * v[c, k]
    for k in range(d):
        v[c, k] += eta * by_v[k]


@njit
def random_bits(state: ndarray) -> int:
    """The next 64 random bits; the state (1,) moves on. (xorshift64*, Vigna 2016.)"""
    x = state[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    state[0] = x
    return x * np.uint64(2685821657736338717)


@njit
def below(bits: int, n: int) -> int:
    """A number from 0 to n − 1, from the upper half of 64 random bits."""
    return np.int64(((bits >> np.uint64(32)) * np.uint64(n)) >> np.uint64(32))


@njit(fastmath=True)
def compiled_epochs(
    ids: ndarray,
    passage: ndarray,
    keep: ndarray,
    threshold: ndarray,
    alias: ndarray,
    v: ndarray,
    u: ndarray,
    window: int,
    K: int,
    epochs: int,
    etas: ndarray,
    state: ndarray,
) -> tuple[int, int]:
    """All epochs over a text, in place; gives the numbers of pairs and of words that were trained on.

    Nothing is checked here, but by :func:`check_settings` before.
    """
    N, V = len(ids), len(v)
    g, by_v = np.empty(K + 1, v.dtype), np.empty(v.shape[1], v.dtype)
    drawn, kept = np.empty(K + 1, np.int64), np.empty(N, np.int32)
    share = np.float64(2.0**-32)
    seen_pairs = seen_words = 0
    for epoch in range(epochs):
        begin = 0
        while begin < N:
            n, at = 0, begin
            while at < N and passage[at] == passage[begin]:
                lower = random_bits(state) & np.uint64(0xFFFFFFFF)
                if lower * share < keep[ids[at]]:
                    kept[n] = ids[at]
                    n += 1
                at += 1
            done = (epoch + begin / N) / epochs
            eta = v.dtype.type(etas[0] + (etas[1] - etas[0]) * done)
            for i in range(n):
                reach = 1 + below(random_bits(state), window)
                for j in range(max(0, i - reach), min(n, i + reach + 1)):
                    if j == i:
                        continue
                    drawn[0] = kept[j]
                    for k in range(1, K + 1):
                        bits = random_bits(state)
                        w = below(bits, V)
                        lower = (bits & np.uint64(0xFFFFFFFF)) * share
                        drawn[k] = w if lower < threshold[w] else alias[w]
                    compiled_step(v, u, kept[i], drawn, eta, g, by_v)
                    seen_pairs += 1
            seen_words += n
            begin = at
    return seen_pairs, seen_words


def train_compiled(
    text: Text, words: Words, settings: Settings | None = None, seed: int = 0
) -> Trained:
    """Train vectors by a step for each pair, compiled; takes and gives what :func:`train` does.

    The first call compiles, which takes some seconds.
    """
    settings = settings or Settings()
    check_settings(text, words, settings)
    noise = Alias(noise_distribution(words.counts, settings.power))
    vectors = start(len(words), settings, seed)
    state = np.random.default_rng(seed).integers(1, 2**63, 1).astype(np.uint64)
    seen = compiled_epochs(
        text.ids,
        text.passage,
        keep_probabilities(words.counts, settings.subsampling),
        noise.threshold,
        noise.alias,
        vectors.v,
        vectors.u,
        settings.window,
        settings.K,
        settings.epochs,
        np.array([settings.eta, settings.eta_end]),
        state,
    )
    return Trained(vectors, *seen)


# How good vectors are


class HeldOut(NamedTuple):
    """Pairs to judge by: centres (N,), and words (N, K + 1), the observed one first, then K drawn from the noise."""

    centres: ndarray
    words: ndarray


def held_out(
    text: Text, words: Words, settings: Settings | None = None, seed: int = 0
) -> HeldOut:
    """The pairs of a text to judge all vectors by, with windows and subsampling as in training.

    Raises ValueError for a text without pairs, and for what :func:`train` refuses.
    """
    settings = settings or Settings()
    check_settings(text, words, settings)
    rng = np.random.default_rng(seed)
    keep = keep_probabilities(words.counts, settings.subsampling)
    centres, outsides = pairs(subsample(text, keep, rng), settings.window, rng)
    if not len(centres):
        raise ValueError("the text holds no pair of words; give a longer one")
    noise = Alias(noise_distribution(words.counts, settings.power))
    negatives = noise.draw((len(centres), settings.K), rng)
    return HeldOut(centres, np.column_stack([outsides, negatives]))


class Score(NamedTuple):
    """The negative-sampling loss in nats per decision, log 2 for a guess; and the AUC, ½ for a guess."""

    loss: float
    auc: float


def judge(vectors: Vectors, pairs: HeldOut) -> Score:
    """How well vectors tell held-out pairs from noise.

    A decision is whether one word is observed or drawn: there are K + 1 for a pair. The AUC is the probability that an
    observed word scores higher than a drawn one. Raises ValueError if there are no pairs, if vectors are no numbers, or
    those of other words.
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
    """Raise ValueError if vectors are no numbers, or are not those of the words, a row each."""
    if words is not None and len(vectors) != len(words):
        raise ValueError(
            f"{len(vectors)} vectors for {len(words)} words; expected a row for each, as they were trained together"
        )
    if np.isnan(vectors).any():
        raise ValueError(
            "there are vectors that are not numbers (NaN): the steps were too large; train with a smaller eta"
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
    """The k words whose vectors, rows of (V, d), have the smallest angle to a word's; nearest first.

    Raises ValueError for a word without a vector, unless k ≥ 1, and for vectors that are no numbers, or those of other
    words.
    """
    w = words.id(word)
    whole("k", k)
    demand_vectors(vectors, words)
    rows = unit(vectors)
    cosines = rows @ rows[w]
    nearest = [i for i in np.argsort(-cosines, kind="stable") if i != w][:k]
    return [Neighbour(words.words[i], float(cosines[i])) for i in nearest]


class Analogies(NamedTuple):
    """How many questions were answered rightly: by b − a + c, by c alone, and by b − a + c with a, b, c admitted."""

    asked: int
    right: int
    right_by_c_alone: int
    right_unmasked: int


def analogies(
    questions: Sequence[Sequence[str]], words: Words, vectors: ndarray
) -> Analogies:
    """Answer questions “a is to b as c is to …”, each four words, by the word nearest to b − a + c, but a, b and c.

    Questions with a word that has no vector are left out. Nearness is the cosine with vectors of length one (Mikolov,
    Chen, Corrado & Dean 2013). Raises ValueError for a question that is not a list of four words, and for vectors that
    are no numbers, or those of other words.
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
        whole, only = rows @ (rows[b] - rows[a] + rows[c]), rows @ rows[c]
        unmasked += int(whole.argmax() == answer)
        whole[[a, b, c]] = only[[a, b, c]] = -np.inf
        right += int(whole.argmax() == answer)
        alone += int(only.argmax() == answer)
    return Analogies(len(known), right, alone, unmasked)
