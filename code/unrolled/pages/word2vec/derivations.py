"""The derivations: loss and gradients of the skip-gram model with a softmax, with
negative sampling, with a tree.
"""

from typing import NamedTuple

import numpy as np
from numpy import ndarray
from scipy.special import entr, expit, log_expit, log_softmax, rel_entr, softmax

# The softmax


def log_probabilities(c: int, v: ndarray, u: ndarray) -> ndarray:
    """The logarithms (V,) of P(o | c) for every o, with P(o | c) = exp(u_o · v_c) / Σ_j
    exp(u_j · v_c).
    """
    return log_softmax(u @ v[c])


class CrossEntropy(NamedTuple):
    """The softmax loss of a text in nats, and per centre (V,) the cross entropy, the
    entropy and the divergence.
    """

    loss: float
    cross_entropy: ndarray
    entropy: ndarray
    divergence: ndarray


def cross_entropy(
    centres: ndarray, outsides: ndarray, v: ndarray, u: ndarray
) -> CrossEntropy:
    """The softmax loss of N pairs of words, as a sum of cross entropies. Result
    ``softmax-cross-entropy``.

    ``centres`` and ``outsides`` (N,) are the words of each pair. A centre that does not
    occur has zeros.
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
    """The gradient (d,) of log P(o | c) by v_c: observed minus expected. Result
    ``skipgram-centre-gradient``.
    """
    P = softmax(u @ v[c])  # (V,)
    return u[o] - P @ u  # (d,) − (V,) @ (V, d)


def corpus_gradient(n: ndarray, v: ndarray, u: ndarray) -> ndarray:
    """The gradient (V, d) of the log-likelihood of a text by every v_c. Result
    ``moments-agree``.

    ``n`` (V, V) holds n(c, o), how often o stands in a window of c.
    """
    P = softmax(v @ u.T, axis=1)  # P(o | c), a row for each c
    return n @ u - n.sum(1, keepdims=True) * (P @ u)


def outside_gradients(c: int, o: int, v: ndarray, u: ndarray) -> ndarray:
    """The gradient (V, d) of log P(o | c) by every u_j, a row each. Result
    ``skipgram-outside-gradients``.
    """
    e = -softmax(u @ v[c])  # (V,)
    e[o] += 1
    return np.outer(e, v[c])


class Multiplications(NamedTuple):
    """How many products of two numbers a gradient by v_c takes, with the softmax and
    with negative sampling.
    """

    softmax: int
    negative_sampling: int


def multiplications(V: int, d: int, K: int) -> Multiplications:
    """Products in the scores (d for each word) and in the weighted sum of vectors.
    Result ``gradient-costs``.
    """
    return Multiplications(softmax=2 * V * d, negative_sampling=2 * (K + 1) * d)


# Negative sampling


def negative_sampling_loss(
    c: int, o: int, negatives: ndarray, v: ndarray, u: ndarray
) -> float:
    """−log σ(u_o · v_c) − Σ_k log σ(−u_k · v_c) in nats, for K negatives (K,). Result
    ``negative-sampling-loss``.
    """
    return float(-log_expit(u[o] @ v[c]) - log_expit(-u[negatives] @ v[c]).sum())


class PairGradients(NamedTuple):
    """The gradients of a pair's J by v_c (d,), and by every u (V, d)."""

    v_c: ndarray
    u: ndarray


def negative_sampling_gradients(
    c: int, o: int, negatives: ndarray, v: ndarray, u: ndarray
) -> PairGradients:
    """The gradients of J = log σ(u_o · v_c) + Σ_k log σ(−u_k · v_c). Result
    ``negative-sampling-gradient``.

    A word that is drawn several times among the negatives (K,), or is o itself, counts
    as often as it stands there.
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

    Result ``negative-sampling-expectation``. ``n`` (V, V) holds n(c, o), how often o
    stands in a window of c; each pair draws K negatives from q (V,).
    """
    x = v @ u.T  # (V, V), a row for each c
    drawn = K * n.sum(1, keepdims=True) * q  # (V, V), how often on average
    return float((n * log_expit(x) + drawn * log_expit(-x)).sum())


def optimal_scores(n: ndarray, q: ndarray, K: int) -> ndarray:
    """The scores u_o · v_c at which the expected J is largest, (V, V), a row for each
    c.

    Result ``negative-sampling-optimum``, for counts n(c, o) > 0 (V, V) and noise
    probabilities q(o) > 0 (V,). Raises ValueError where there is no finite optimum.
    """
    n, q = np.asarray(n, dtype=float), np.asarray(q, dtype=float)
    if not ((n > 0).all() and (q > 0).all() and K >= 1):
        raise ValueError(
            "a finite optimum needs every pair observed, noise that gives every word a "
            "chance, and K ≥ 1: got "
            f"{int((n <= 0).sum())} pairs with n(c, o) ≤ 0, {int((q <= 0).sum())} "
            f"words with q(o) ≤ 0, K = {K}"
        )
    return np.log(n / n.sum(1, keepdims=True)) - np.log(K * q)


# Hierarchical softmax


class Hierarchical(NamedTuple):
    """P(w | c) for every word w (V,), their sum, and the gradients of log P(w | c) by
    v_c (V, d), a row for each w.
    """

    P: ndarray
    total: float
    by_v_c: ndarray


def hierarchical_softmax(tree: ndarray, v_c: ndarray, u: ndarray) -> Hierarchical:
    """The probability of every word as a walk from the root of a binary tree. Result
    ``hierarchical-softmax``.

    ``tree`` (V − 1, 2) holds the left and the right child of each inner node, whose
    vectors are the rows of ``u`` (V − 1, d): an inner node by its number, a word w as
    −1 − w. The root is node 0, and children come after parents. Raises ValueError for
    anything else.
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
    """Raise ValueError unless each word and each inner node but the root is once a
    child, of a node before it.
    """
    if tree.ndim != 2 or tree.shape[1] != 2 or len(tree) != len(u):
        raise ValueError(
            f"a tree of shape {tree.shape} for {len(u)} vectors; expected (V − 1, 2), "
            "and a vector for each inner node"
        )
    children = np.sort(tree.ravel())
    expected = [*range(-len(tree) - 1, 0), *range(1, len(tree))]
    late = tree > np.arange(len(tree))[:, None]  # a child that comes after its parent
    if children.tolist() != expected or not (late | (tree < 0)).all():
        raise ValueError(
            "no binary tree: expected each of the words −1, …, −V and of the inner "
            "nodes 1, …, V − 2 once as a child, "
            "and children after their parents"
        )
