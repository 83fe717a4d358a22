"""The same, compiled: a step for each pair, as in the authors' program."""

import math

import numpy as np
from numba import njit
from numpy import ndarray

from unrolled.pages.word2vec.text import (
    Alias,
    Text,
    Words,
    keep_probabilities,
    noise_distribution,
)
from unrolled.pages.word2vec.training import (
    Settings,
    Trained,
    demand_settings,
    first_vectors,
)


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
    """A step uphill in place for one pair, as :func:`step`; words (K + 1,), and room
    for g (K + 1,) and by_v (d,).

    Nothing is checked here: c and the words have to be from 0 to V − 1, as
    ``demand_settings`` sees to.
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
    """All epochs over a text, in place; gives the numbers of pairs and of words that
    were trained on.

    Nothing is checked here, but by ``demand_settings`` before.
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
    """Train vectors by a step for each pair, compiled; takes and gives what
    :func:`train` does.

    The first call compiles, which takes some seconds.
    """
    settings = settings or Settings()
    demand_settings(text, words, settings)
    noise = Alias(noise_distribution(words.counts, settings.power))
    vectors = first_vectors(len(words), settings, seed)
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
