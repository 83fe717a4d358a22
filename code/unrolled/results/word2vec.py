"""The results of the page ``word2vec``."""

import functools
from fractions import Fraction
from itertools import product
from math import log

import numpy as np
import sympy
import torch
from scipy.special import expit, softmax
from scipy.stats import binom
from torch.distributions import Categorical, kl_divergence
from torch.nn import functional as F

from unrolled.checks import Reference, Result, Unless, Worked, autograd, central_differences, mistakes
from unrolled.pages import word2vec
from unrolled.pages.word2vec import CrossEntropy, Hierarchical, Multiplications, PairGradients

# The example of the page: the scores of three words are (log 2, 0, 0), so P is (1/2, 1/4, 1/4).
V_3 = np.array([[log(2), 0], [5, 7], [-3, 1]])
U_3 = np.array([[1.0, 3], [0, 2], [0, 1]])


def pair(rng, V, d):
    """Random vectors, whose scores are small or large, and a pair of words, which may be the same."""
    return {
        "c": int(rng.integers(V)),
        "o": int(rng.integers(V)),
        "v": rng.normal(size=(V, d)),
        "u": rng.choice([0.1, 1, 2]) * rng.normal(size=(V, d)),
    }


def width(case):
    """d, the length of a vector."""
    return case["v"].shape[1]


def log_P(c, o, v, u, v_c=0):
    """log P(o | c) in PyTorch's own words; v_c is added to the centre's vector."""
    return -F.cross_entropy(F.linear(v[c] + v_c, u), o)


def plain_log_P(c, o, v, u, v_c=0):
    """log P(o | c) from its definition; v_c is added to the centre's vector."""
    scores = [float(np.sum(row * (v[c] + v_c))) for row in u]
    top = max(scores)
    return scores[o] - top - log(sum(np.exp(score - top) for score in scores))


SAME_WORD = Unless("c = o", lambda c, o, **_: c == o)
EQUALLY_FREQUENT = Unless(
    "texts in which all words are equally frequent", lambda n, **_: (n.sum(0) == n.sum(1)[:, None]).all()
)

# The softmax loss as a cross entropy


def corpus(rng, V, d, N):
    """N random pairs of words, and random vectors."""
    return {
        "centres": rng.integers(V, size=N).astype(np.intp),
        "outsides": rng.integers(V, size=N).astype(np.intp),
        "v": rng.normal(size=(V, d)),
        "u": rng.normal(size=(V, d)),
    }


def by_distributions(centres, outsides, v, u):
    """The loss pair by pair, and the parts by PyTorch's distributions, one centre after the other."""
    centres, outsides = torch.tensor(centres), torch.tensor(outsides)
    v, u = torch.tensor(v), torch.tensor(u)
    entropy, divergence = (torch.zeros(len(u), dtype=torch.float64), torch.zeros(len(u), dtype=torch.float64))
    for c in centres.unique():
        counts = outsides[centres == c].bincount(minlength=len(u)).double()
        observed, model = Categorical(counts), Categorical(logits=F.linear(v[c], u))
        entropy[c] = observed.entropy()
        divergence[c] = kl_divergence(observed, model)
    return {
        "loss": F.cross_entropy(F.linear(v[centres], u), outsides, reduction="sum"),
        "cross_entropy": entropy + divergence,
        "entropy": entropy,
        "divergence": divergence,
    }


def pair_by_pair(centres, outsides, v, u):
    """The loss from its definition, pair by pair, and its mean for each centre."""
    of_centre = np.zeros(len(u))
    for c, o in zip(centres, outsides, strict=True):
        of_centre[c] -= plain_log_P(c, o, v, u)
    n_c = np.bincount(centres, minlength=len(u))
    return {"loss": of_centre.sum(), "cross_entropy": of_centre / np.maximum(n_c, 1)}


CROSS_ENTROPY = Result(
    label="softmax-cross-entropy",
    claim=word2vec.cross_entropy,
    case=corpus,
    sizes={"V": (2, 12), "d": (1, 9), "N": (13, 60)},
    edges={
        "one pair": corpus(np.random.default_rng(1), V=4, d=2, N=1),
        "one pair, again and again": {
            **corpus(np.random.default_rng(1), V=4, d=2, N=9),
            "centres": np.full(9, 3),
            "outsides": np.full(9, 1),
        },
        "two words": corpus(np.random.default_rng(2), V=2, d=1, N=7),
    },
    references=[
        Reference("F.cross_entropy and torch.distributions", by_distributions),
        Reference("the definition, pair by pair", pair_by_pair),
    ],
    worked=[
        # p̂ is (1/4, 1/2, 1/4) and P is (1/2, 1/4, 1/4)
        Worked(
            {"centres": np.array([0, 0, 0, 0]), "outsides": np.array([1, 0, 2, 1]), "v": V_3, "u": U_3},
            CrossEntropy(
                loss=7 * log(2),
                cross_entropy=[1.75 * log(2), 0, 0],
                entropy=[1.5 * log(2), 0, 0],
                divergence=[0.25 * log(2), 0, 0],
            ),
        )
    ],
    mutants=mistakes(
        word2vec.cross_entropy,
        {
            "the mean over the pairs for the sum": "n_c @ cross → n_c @ cross / len(centres)",
            "the sign of log P: the likelihood, not the loss": "float(n_c @ cross) → -float(n_c @ cross)",
            "every centre counted once, not n(c) times": "n_c @ cross → cross.sum()",
            "the divergence alone, the entropy dropped": (
                "n_c @ cross → n_c @ (cross - entr(observed).sum(1))",
                Unless(
                    "texts in which each centre has one outside word only",
                    lambda **case: not word2vec.cross_entropy(**case).entropy.any(),
                ),
            ),
            "centre and outside word exchanged, P(c | o)": (
                "(centres, outsides) → (outsides, centres)",
                Unless(
                    "symmetric counts, n(c, o) = n(o, c)",
                    lambda centres, outsides, **_: (
                        sorted(zip(centres, outsides, strict=True)) == sorted(zip(outsides, centres, strict=True))
                    ),
                ),
            ),
            "every pair counted once, however often it occurs": (
                "np.add.at(n, (centres, outsides), 1) → n[centres, outsides] = 1",
                Unless(
                    "texts in which no pair occurs twice",
                    lambda centres, outsides, **_: len(set(zip(centres, outsides, strict=True))) == len(centres),
                ),
            ),
            "the divergence the other way round, of P from p̂": (
                "rel_entr(observed, np.exp(log_p)).sum(1) → rel_entr(np.exp(log_p), observed).sum(1, where=n > 0)"
            ),
        },
    ),
)

# ∂log P / ∂v_c


def symbolic_centre_gradient(c, o, v, u):
    """The derivatives of log P as SymPy finds them."""
    symbols = sympy.symbols(f"v:{v.shape[1]}")
    scores = [sum(a * x for a, x in zip(row, symbols, strict=True)) for row in u]
    J = sympy.log(sympy.exp(scores[o]) / sum(sympy.exp(score) for score in scores))
    at = dict(zip(symbols, v[c], strict=True))
    # with more digits than a float has, or SymPy's own rounding is what differs
    return np.array([float(J.diff(symbol).evalf(30, subs=at)) for symbol in symbols])


def moderate(c, v, u, **_):
    """Whether no score is so large that differences lose their digits."""
    return abs(u @ v[c]).max() < 30


PAIR_EDGES = {
    "two words, one number": {"c": 0, "o": 1, "v": np.array([[0.5], [2.0]]), "u": np.array([[-1.0], [3.0]])},
    "a word beside itself": {**pair(np.random.default_rng(3), V=5, d=3), "c": 2, "o": 2},
    "sure and wrong": {"c": 1, "o": 0, "v": np.array([[1.0, 2], [20, 10]]), "u": np.array([[-1.0, 0], [1, 1]])},
    "scores that overflow": {
        "c": 0,
        "o": 2,
        "v": np.array([[900.0, 0], [0, 0], [1, 1]]),
        "u": np.array([[1.0, 0], [-1, 0], [0, 1]]),
    },
    "all outside vectors equal": {"c": 0, "o": 2, "v": np.array([[1.0, -1], [0, 0], [1, 1]]), "u": np.ones((3, 2))},
}

CENTRE = Result(
    label="skipgram-centre-gradient",
    claim=word2vec.centre_gradient,
    case=pair,
    sizes={"V": (2, 16), "d": (1, 12)},
    edges=PAIR_EDGES,
    references=[
        Reference("autograd", autograd(log_P, v_c=width)),
        Reference(
            "central differences",
            central_differences(plain_log_P, v_c=width),
            bound=1e-6,
            covers=moderate,
            but="large scores, where differences lose their digits",
        ),
        Reference(
            "SymPy",
            symbolic_centre_gradient,
            covers=lambda c, o, v, u: len(u) <= 4 and moderate(c=c, v=v, u=u),
            but="more than four words",
        ),
    ],
    worked=[
        # (0, 2) − (1/2 (1, 3) + 1/4 (0, 2) + 1/4 (0, 1))
        Worked({"c": 0, "o": 1, "v": V_3, "u": U_3}, [Fraction(-1, 2), Fraction(-1, 4)]),
        # v_c = 0 makes P uniform
        Worked({"c": 1, "o": 0, "v": np.zeros((3, 2)), "u": U_3}, [Fraction(2, 3), Fraction(1)]),
    ],
    mutants=mistakes(
        word2vec.centre_gradient,
        {
            "the sign of the loss −log P": "u[o] - P @ u → P @ u - u[o]",
            "v for u": "u[o] - P @ u → v[o] - P @ v",
            "the observed term dropped": "u[o] - P @ u → -P @ u",
            "the expected term dropped": "u[o] - P @ u → u[o]",
            "P transposed, Σ_j P(c | j) u_j": "softmax(u @ v[c]) → softmax(v @ u.T, axis=1)[:, c]",
            "the plain mean of the u_j for the expected one": "P @ u → u.mean(0)",
            "the gradient of P instead of log P": "u[o] - P @ u → P[o] * (u[o] - P @ u)",
            "the sum over the other words only, j ≠ o": "u[o] - P @ u → u[o] - (P @ u - P[o] * u[o])",
            "not normalised, u_o − Σ_j exp(s_j) u_j": "softmax(u @ v[c]) → np.exp(u @ v[c])",
            "centre and outside word exchanged": (
                """
                u @ v[c] → u @ v[o]
                u[o] - P @ u → u[c] - P @ u
                """,
                SAME_WORD,
            ),
        },
    ),
)

# ∂log P / ∂u_j

OUTSIDE = Result(
    label="skipgram-outside-gradients",
    claim=word2vec.outside_gradients,
    case=pair,
    sizes={"V": (2, 16), "d": (1, 12)},
    edges=PAIR_EDGES,
    references=[
        Reference("autograd", autograd(log_P, "u")),
        Reference(
            "central differences",
            central_differences(plain_log_P, "u"),
            bound=1e-6,
            covers=moderate,
            but="large scores, where differences lose their digits",
        ),
    ],
    worked=[
        # the errors are (−1/2, 3/4, −1/4), v_c = (log 2, 0)
        Worked({"c": 0, "o": 1, "v": V_3, "u": U_3}, [[-log(2) / 2, 0], [3 * log(2) / 4, 0], [-log(2) / 4, 0]])
    ],
    mutants=mistakes(
        word2vec.outside_gradients,
        {
            "the sign of the loss −log P": "np.outer(e, v[c]) → np.outer(-e, v[c])",
            "only the observed word's vector gets a gradient": "outer(e, → outer(np.eye(len(u))[o] * e,",
            "the observed term dropped, −P_j v_c": "e[o] += 1 →",
            "1 − P_j for every word": "e[o] += 1 → e += 1",
            "u_c for v_c": "np.outer(e, v[c]) → np.outer(e, u[c])",
            "transposed": "np.outer(e, v[c]) → np.outer(v[c], e)",
            "not normalised, exp(s_j) for P_j": "softmax(u @ v[c]) → np.exp(u @ v[c])",
            "centre and outside word exchanged": (
                """
                u @ v[c] → u @ v[o]
                e[o] → e[c]
                np.outer(e, v[c]) → np.outer(e, v[o])
                """,
                SAME_WORD,
            ),
        },
    ),
)

# The gradient over a corpus


def counts_and_vectors(rng, V, d):
    """Random counts, of which those of the first word are not all alike, and random vectors."""
    n = rng.poisson(1.0, size=(V, V)).astype(float)
    n[0, 1] += 3
    return {"n": n, "v": rng.normal(size=(V, d)), "u": rng.normal(size=(V, d))}


def log_likelihood_of_counts(n, v, u):
    """The log-likelihood of a text in PyTorch's own words."""
    return -F.cross_entropy(v @ u.T, n, reduction="sum")


def plain_log_likelihood_of_counts(n, v, u):
    """The log-likelihood of a text from its definition."""
    return sum(n[c, o] * plain_log_P(c, o, v, u) for c, o in np.ndindex(n.shape))


MOMENTS = Result(
    label="moments-agree",
    claim=word2vec.corpus_gradient,
    case=counts_and_vectors,
    sizes={"V": (2, 16), "d": (1, 12)},
    edges={
        "an empty text": {"n": np.zeros((3, 3)), **{name: np.ones((3, 2)) for name in "vu"}},
        "zero gradient, other distribution": {
            "n": np.array([[1.0, 0, 1], [0, 0, 0], [0, 0, 0]]),
            "v": np.zeros((3, 1)),
            "u": np.array([[1.0], [0], [-1]]),
        },
    },
    references=[
        Reference("autograd", autograd(log_likelihood_of_counts, "v")),
        Reference(
            "central differences",
            central_differences(plain_log_likelihood_of_counts, "v"),
            bound=1e-6,
            covers=lambda n, v, u: n.size <= 64,
            but="more than eight words, which would take long",
        ),
    ],
    worked=[
        # (1, 3) + 2 (0, 2) + (0, 1) − 4 (1/2, 9/4)
        Worked({"n": np.array([[1.0, 2, 1], [0, 0, 0], [0, 0, 0]]), "v": V_3, "u": U_3}, [[-1, -1], [0, 0], [0, 0]])
    ],
    mutants=mistakes(
        word2vec.corpus_gradient,
        {
            "the sign of the loss": (
                "n @ u - n.sum(1, keepdims=True) * (P @ u) → n.sum(1, keepdims=True) * (P @ u) - n @ u"
            ),
            "n(c) missing from the expected term": "n.sum(1, keepdims=True) * (P @ u) → P @ u",
            "the expected term dropped": "n @ u - n.sum(1, keepdims=True) * (P @ u) → n @ u",
            "the observed term dropped": "n @ u - n.sum → -n.sum",
            "the counts transposed, n(o, c)": (
                "n @ u - n.sum(1, keepdims=True) → n.T @ u - n.T.sum(1, keepdims=True)",
                Unless("symmetric counts", lambda n, **_: (n == n.T).all()),
            ),
            "P transposed: normalised over the centres": "axis=1 → axis=0",
            "a mean per centre for the sum over the text": (
                "n @ u - n.sum(1, keepdims=True) * (P @ u) → "
                "(n @ u - n.sum(1, keepdims=True) * (P @ u)) / np.maximum(n.sum(1, keepdims=True), 1)"
            ),
        },
    ),
)

# The loss of negative sampling


def drawn_pair(rng, V, d, K):
    """A random pair, and K negatives, among which words may be repeated."""
    negatives = rng.integers(V, size=K)
    drawn = pair(rng, V, d)
    return {"c": drawn["c"], "o": drawn["o"], "negatives": negatives, "v": drawn["v"], "u": drawn["u"]}


NO_NEGATIVE_TWICE = Unless("no negative drawn twice", lambda negatives, **_: len(set(negatives)) == len(negatives))


def sampled_J(c, o, negatives, v, u, v_c=0):
    """J as binary cross entropies, of the labels 1, 0, …, 0; v_c is added to the centre's vector."""
    words = torch.tensor([o, *negatives])
    scores = torch.as_tensor(u)[words] @ (torch.as_tensor(v)[c] + v_c)
    labels = (torch.arange(len(words)) == 0).double()
    return -F.binary_cross_entropy_with_logits(scores, labels, reduction="sum")


def plain_sampled_J(c, o, negatives, v, u, v_c=0):
    """J from its definition, word by word; v_c is added to the centre's vector."""
    v_c = v[c] + v_c
    return -np.logaddexp(0, -u[o] @ v_c) - sum(np.logaddexp(0, u[k] @ v_c) for k in negatives)


SAMPLED_EDGES = {
    "no negatives": {**drawn_pair(np.random.default_rng(4), V=4, d=3, K=1), "negatives": np.zeros(0, dtype=int)},
    "the observed word among the negatives": {
        **drawn_pair(np.random.default_rng(4), V=4, d=3, K=1),
        "o": 2,
        "negatives": np.array([2, 1]),
    },
    "one negative, five times": {**drawn_pair(np.random.default_rng(4), V=4, d=3, K=1), "negatives": np.full(5, 3)},
    "saturated": {
        "c": 0,
        "o": 1,
        "negatives": np.array([0, 0]),
        "v": np.array([[40.0, 0], [1, 1]]),
        "u": np.array([[1.0, 1], [-2, 0]]),
    },
}

SAMPLED_LOSS = Result(
    label="negative-sampling-loss",
    claim=word2vec.negative_sampling_loss,
    case=drawn_pair,
    sizes={"V": (2, 16), "d": (1, 9), "K": (1, 12)},
    edges=SAMPLED_EDGES,
    references=[
        Reference("F.binary_cross_entropy_with_logits", lambda **case: -sampled_J(**case)),
        Reference("the definition, word by word", lambda **case: -plain_sampled_J(**case)),
    ],
    worked=[
        # σ(0) = 1/2 and σ(−log 2) = 1/3
        Worked({"c": 0, "o": 1, "negatives": np.array([0]), "v": V_3, "u": U_3}, log(6)),
        Worked({"c": 0, "o": 1, "negatives": np.array([0, 0]), "v": V_3, "u": U_3}, log(18)),
    ],
    mutants=mistakes(
        word2vec.negative_sampling_loss,
        {
            "σ(x) for σ(−x) at the negatives": "-u[negatives] → u[negatives]",
            "the sign of log P": (
                "-log_expit(u[o] @ v[c]) - log_expit(-u[negatives] → log_expit(u[o] @ v[c]) + log_expit(-u[negatives]"
            ),
            "K dropped: the mean over the negatives for their sum": (
                ".sum() → .sum() / max(len(negatives), 1)",
                "K == 1",
            ),
            "the observed term dropped": "-log_expit(u[o] @ v[c]) - log_expit → -log_expit",
            "a softmax over the K + 1 words": (
                "-log_expit(u[o] @ v[c]) - log_expit(-u[negatives] @ v[c]).sum() → "
                "-log_softmax(u[[o, *negatives]] @ v[c])[0]"
            ),
            "−log(1 − Π σ) for the sum over the negatives": (
                "log_expit(-u[negatives] @ v[c]).sum() → np.log(1 - expit(u[negatives] @ v[c]).prod())",
                "K == 1",
            ),
            "each negative counted once, however often it was drawn": (
                "u[negatives] → u[np.unique(negatives)]",
                NO_NEGATIVE_TWICE,
            ),
            "centre and outside word exchanged": (
                "u[o] @ v[c]) - log_expit(-u[negatives] @ v[c]) → u[c] @ v[o]) - log_expit(-u[negatives] @ v[o])",
                SAME_WORD,
            ),
        },
    ),
)

# Its gradients

SAMPLED_GRADIENTS = Result(
    label="negative-sampling-gradient",
    claim=word2vec.negative_sampling_gradients,
    case=drawn_pair,
    sizes={"V": (2, 16), "d": (1, 9), "K": (1, 12)},
    edges=SAMPLED_EDGES,
    references=[
        Reference("autograd", autograd(sampled_J, "u", v_c=width)),
        Reference("central differences", central_differences(plain_sampled_J, "u", v_c=width), bound=1e-6),
    ],
    worked=[
        # errors 1/2 and −2/3: v_c gets 1/2 (0, 2) − 2/3 (1, 3)
        Worked(
            {"c": 0, "o": 1, "negatives": np.array([0]), "v": V_3, "u": U_3},
            PairGradients(v_c=[Fraction(-2, 3), Fraction(-1)], u=[[-2 * log(2) / 3, 0], [log(2) / 2, 0], [0, 0]]),
        ),
        # the same negative twice
        Worked(
            {"c": 0, "o": 1, "negatives": np.array([0, 0]), "v": V_3, "u": U_3},
            PairGradients(v_c=[Fraction(-4, 3), Fraction(-3)], u=[[-4 * log(2) / 3, 0], [log(2) / 2, 0], [0, 0]]),
        ),
    ],
    mutants=mistakes(
        word2vec.negative_sampling_gradients,
        {
            "the sign of the loss": "label - expit(u[words] @ v[c]) → expit(u[words] @ v[c]) - label",
            "σ(−x) for σ(x) at the negatives": "expit(u[words] @ v[c]) → expit((2 * label - 1) * (u[words] @ v[c]))",
            "σ(x) for 1 − σ(x) at the observed word": "label - expit → (2 * label - 1) * expit",
            "the observed term dropped": "label - expit → (label - 1) * expit",
            "K dropped: the mean over the negatives for their sum": (
                "label - expit(u[words] @ v[c]) → "
                "(label - expit(u[words] @ v[c])) / np.where(label, 1, len(negatives))",
                "K == 1",
            ),
            "repeated words assigned, not added up": (
                "np.add.at(by_u, words, np.outer(g, v[c]))  # adds up where a word is repeated → "
                "by_u[words] = np.outer(g, v[c])",
                Unless(
                    "draws in which no word is repeated",
                    lambda o, negatives, **_: len({o, *negatives}) == 1 + len(negatives),
                ),
            ),
            "negatives that are the observed word left out, as the authors' program does": (
                "[o, *negatives] → [o, *negatives[negatives != o]]",
                Unless("draws without the observed word", lambda o, negatives, **_: o not in negatives),
            ),
            "u_c for v_c in the gradients of u": "np.outer(g, v[c]) → np.outer(g, u[c])",
            "the error of a softmax over the K + 1 words": "expit(u[words] → softmax(u[words]",
            "each negative counted once, however often it was drawn": (
                "[o, *negatives] → [o, *np.unique(negatives)]",
                NO_NEGATIVE_TWICE,
            ),
            "centre and outside word exchanged": (
                """
                [o, *negatives] → [c, *negatives]
                u[words] @ v[c] → u[words] @ v[o]
                np.outer(g, v[c]) → np.outer(g, v[o])
                """,
                SAME_WORD,
            ),
        },
    ),
)

# The optimum of the expected objective


def counts_and_noise(rng, V, K):
    """Random counts, none zero, and random noise."""
    return {"n": rng.integers(1, 30, size=(V, V)).astype(float), "q": rng.dirichlet(np.full(V, 5.0)), "K": K}


def expected_J(x, n, q, K):
    """The expected objective of a text, for scores x (V, V): n(c, o) positives, K n(c) q(o) negatives."""
    drawn = K * n.sum(1, keepdim=True) * q
    return (n * F.logsigmoid(x) + drawn * F.logsigmoid(-x)).sum()


def bisected(n, q, K):
    """Where autograd's derivative of the expected objective changes its sign, by halving an interval."""
    slope = autograd(expected_J, "x")
    low, high = np.full_like(n, -50), np.full_like(n, 50)
    for _ in range(60):
        x = (low + high) / 2
        rises = slope(x=x, n=n, q=q, K=K)["x"] > 0
        low, high = np.where(rises, x, low), np.where(rises, high, x)
    return (low + high) / 2


@functools.cache
def zero_of_the_derivative():
    """Where the derivative of a log σ(x) + b log σ(−x) is zero, as SymPy solves it for e^x."""
    a, b, z = sympy.symbols("a b z", positive=True)
    x = sympy.symbols("x", real=True)
    objective = -a * sympy.log(1 + sympy.exp(-x)) - b * sympy.log(1 + sympy.exp(x))
    (zero,) = sympy.solve(sympy.diff(objective, x).subs(x, sympy.log(z)), z)
    return sympy.lambdify((a, b), sympy.log(zero))


def solved(n, q, K):
    """The optimum by SymPy: n(c, o) positives and K n(c) q(o) negatives."""
    return zero_of_the_derivative()(n, K * n.sum(1, keepdims=True) * q)


OPTIMUM = Result(
    label="negative-sampling-optimum",
    claim=word2vec.optimal_scores,
    case=counts_and_noise,
    sizes={"V": (2, 16), "K": (2, 20)},
    edges={
        "one negative": {"n": np.array([[1.0, 2], [3, 4]]), "q": np.array([0.3, 0.7]), "K": 1},
        "a rare word": {"n": np.array([[1.0, 1e6], [1, 1]]), "q": np.array([1e-4, 1 - 1e-4]), "K": 5},
        "one word": {"n": np.array([[3.0]]), "q": np.array([1.0]), "K": 4},
    },
    references=[Reference("SymPy", solved), Reference("bisection of autograd's derivative", bisected)],
    worked=[
        Worked(
            {"n": np.array([[1.0, 1], [1, 3]]), "q": np.array([0.5, 0.5]), "K": 2},
            [[-log(2), -log(2)], [-log(4), log(3) - log(4)]],
        ),
        # q is the context marginal (1/3, 2/3), so these are PMI − log K
        Worked(
            {"n": np.array([[1.0, 3], [1, 1]]), "q": np.array([1 / 3, 2 / 3]), "K": 2},
            [[log(3 / 8), log(9 / 16)], [log(3 / 4), log(3 / 8)]],
        ),
    ],
    mutants=mistakes(
        word2vec.optimal_scores,
        {
            "log K dropped": "np.log(K * q) → np.log(q)",
            "+ log K for − log K": "np.log(K * q) → np.log(q) + np.log(K)",
            "q dropped": "np.log(K * q) → np.log(K)",
            "the joint p̂(c, o) for p̂(o | c)": "n.sum(1, keepdims=True) → n.sum()",
            "centre and outside word exchanged, p̂(c | o)": ("n.sum(1, keepdims=True) → n.sum(0)", EQUALLY_FREQUENT),
            "PMI − log K, whatever the noise": "np.log(K * q) → np.log(K * n.sum(0) / n.sum())",
            "the sign turned round": (
                "np.log(n / n.sum(1, keepdims=True)) - np.log(K * q) → "
                "np.log(K * q) - np.log(n / n.sum(1, keepdims=True))"
            ),
            "the noise to the power 3/4 once more": "np.log(K * q) → np.log(K * q**0.75 / (q**0.75).sum())",
        },
    ),
)

# What a gradient costs


class Counted(float):
    """A number that counts the products it is the left side of."""

    products = 0

    def __mul__(self, other):
        Counted.products += 1
        return float(self) * other


def counted(V, d, K):
    """The products in a plain computation of both gradients, counted while it runs."""

    def products(words, weights):
        Counted.products = 0
        v_c, rows = [Counted(0.1)] * d, [[0.1 * w] * d for w in range(words)]
        scores = [sum(a * b for a, b in zip(v_c, row, strict=True)) for row in rows]
        total = [0.0] * d
        for weight, row in zip(weights(np.array(scores)), rows, strict=True):
            total = [t + Counted(weight) * x for t, x in zip(total, row, strict=True)]
        return Counted.products

    return Multiplications(products(V, softmax), products(K + 1, expit))


COSTS = Result(
    label="gradient-costs",
    claim=word2vec.multiplications,
    case=lambda rng, V, d, K: {"V": V, "d": d, "K": K},
    sizes={"V": (2, 60), "d": (2, 20), "K": (1, 12)},
    edges={"one of each": {"V": 1, "d": 1, "K": 1}},
    references=[Reference("a count while it runs", counted)],
    worked=[
        # three words, two numbers each, one negative
        Worked({"V": 3, "d": 2, "K": 1}, Multiplications(12, 8)),
        Worked({"V": 100_000, "d": 100, "K": 5}, Multiplications(20_000_000, 1200)),
    ],
    mutants=mistakes(
        word2vec.multiplications,
        {
            "the observed word forgotten, 2Kd": "(K + 1) → K",
            "the scores forgotten, |V|d and (K + 1)d": (
                "2 * V * d, negative_sampling=2 * (K + 1) * d → V * d, negative_sampling=(K + 1) * d"
            ),
            "a softmax for every word, |V|²d": "V * d → V**2 * d",
            "negatives for every word, 2 (K + 1) |V| d": "(K + 1) * d → (K + 1) * V * d",
            "d² for d": (
                "2 * V * d, negative_sampling=2 * (K + 1) * d → 2 * V * d**2, negative_sampling=2 * (K + 1) * d**2"
            ),
        },
    ),
)

# Hierarchical softmax


def random_tree(rng, V):
    """A random binary tree (V − 1, 2) with V words as its leaves; children come after parents."""
    tree = np.zeros((V - 1, 2), dtype=int)
    free = [(0, 0), (0, 1)]
    for node in range(1, V - 1):
        tree[free.pop(rng.integers(len(free)))] = node
        free += [(node, 0), (node, 1)]
    for place, w in zip(free, rng.permutation(V), strict=True):
        tree[place] = -1 - w
    return tree


def tree_and_vectors(rng, V, d):
    """A random tree, and random vectors of the centre and of the inner nodes."""
    return {"tree": random_tree(rng, V), "v_c": rng.normal(size=d), "u": rng.normal(size=(V - 1, d))}


def log_poured(tree, v_c, u):
    """log P (V,) of every word: probability 1 poured in at the root and shared out at each node."""
    scores = u @ v_c
    flow = {0: torch.tensor(1.0).double()}
    for node, (left, right) in enumerate(tree.tolist()):
        flow[left] = flow[node] * torch.sigmoid(scores[node])
        flow[right] = flow[node] * torch.sigmoid(-scores[node])
    return torch.stack([flow[-1 - w] for w in range(len(tree) + 1)]).log()


def poured(**case):
    """The probabilities, their sum, and the gradients by autograd."""
    P = log_poured(**{name: torch.tensor(value) for name, value in case.items()}).exp()
    return Hierarchical(P, P.sum(), autograd(log_poured, "v_c")(**case)["v_c"])


def log_climbed(tree, v_c, u):
    """log P (V,) of every word, as the sum on the way up from it to the root."""
    log_P = np.zeros(len(tree) + 1)
    for w in range(len(log_P)):
        child = -1 - w
        while child != 0:
            ((node, right),) = np.argwhere(tree == child)
            x = u[node] @ v_c
            log_P[w] -= np.logaddexp(0, x if right else -x)
            child = node
    return log_P


def climbed(**case):
    """The probabilities as products along the paths, and 1 as their sum."""
    return {"P": np.exp(log_climbed(**case)), "total": 1.0}


def differences_of_tree(**case):
    """The gradients by central differences, and 1 as the sum."""
    return {"total": 1.0, "by_v_c": central_differences(log_climbed, "v_c")(**case)["v_c"]}


HIERARCHICAL = Result(
    label="hierarchical-softmax",
    claim=word2vec.hierarchical_softmax,
    case=tree_and_vectors,
    sizes={"V": (2, 13), "d": (1, 12)},
    edges={
        "two words": tree_and_vectors(np.random.default_rng(5), V=2, d=1),
        "a chain": {
            "tree": np.array([[-1, 1], [-2, 2], [-3, -4]]),
            "v_c": np.array([1.0, -2]),
            "u": np.array([[1.0, 0], [0, 1], [1, 1]]),
        },
    },
    references=[
        Reference("probability poured from the root, and autograd", poured),
        Reference("the product along each path, and the sum 1", climbed),
        Reference("central differences", differences_of_tree, bound=1e-6),
    ],
    worked=[
        # scores log 2 and 0 at the two nodes: 2/3 to the left; the other third is halved
        Worked(
            {"tree": np.array([[-1, 1], [-3, -2]]), "v_c": np.array([log(2), 0]), "u": np.array([[1.0, 3], [0, 2]])},
            Hierarchical(
                P=[Fraction(2, 3), Fraction(1, 6), Fraction(1, 6)],
                total=1,
                by_v_c=[[Fraction(1, 3), 1], [Fraction(-2, 3), -3], [Fraction(-2, 3), -1]],
            ),
        )
    ],
    mutants=mistakes(
        word2vec.hierarchical_softmax,
        {
            "left and right exchanged": "left, right = → right, left =",
            "σ(x) on both sides": (
                "log_expit(-x), gradient - expit(x) * u[node] → log_expit(x), gradient + expit(-x) * u[node]"
            ),
            "the last decision left out": """
                log_expit(x), gradient + expit(-x) * → log_expit(x) * (left > 0), gradient + expit(-x) * (left > 0) *
                log_expit(-x), gradient - expit(x) * → log_expit(-x) * (right > 0), gradient - expit(x) * (right > 0) *
            """,
            "the sign of the loss in the gradient": "= log_p, gradient → = log_p, -gradient",
            "σ for 1 − σ in the gradient": """
                gradient + expit(-x) → gradient + expit(x)
                gradient - expit(x) → gradient - expit(-x)
            """,
            "the direction forgotten in the gradient": "gradient - expit(x) → gradient + expit(x)",
        },
    ),
)

# What negative sampling maximises on average


def text_and_noise(rng, V, d, K):
    """Random counts, of which the first word has two different ones at least, random noise, and random vectors."""
    n = rng.poisson(0.8, size=(V, V)).astype(float)
    n[0, :2] += 1, 3
    q, (v, u) = rng.dirichlet(np.full(V, 2.0)), rng.normal(size=(2, V, d))
    return {"n": n, "q": q, "K": K, "v": rng.choice([0.1, 1, 2]) * v, "u": u}


def every_draw(n, q, K, v, u):
    """Pair by pair, the mean of its J over all ways to draw K negatives, each with its probability."""
    drawn = np.array(list(product(range(len(q)), repeat=K)), dtype=int)  # (V^K, K)
    probability = q[drawn].prod(1)
    total = 0.0
    for c, o in zip(*np.nonzero(n), strict=True):
        x = u @ v[c]  # (V,)
        J = -np.logaddexp(0, -x[o]) - np.logaddexp(0, x[drawn]).sum(1)  # (V^K,)
        total += n[c, o] * float(probability @ J)
    return total


def word_by_word(n, q, K, v, u):
    """How often each word is drawn for a pair is binomial: the sum over all those numbers of times."""
    times = np.arange(K + 1)[:, None]
    often = (times * binom.pmf(times, K, q)).sum(0)  # (V,), K q(o)
    total = 0.0
    for c, row in enumerate(n):
        for o, pairs in enumerate(row):
            x = torch.tensor(u @ v[c])  # (V,)
            total += pairs * F.logsigmoid(x[o]).item()
            total += pairs * float(often @ F.logsigmoid(-x).numpy())
    return total


EXPECTATION = Result(
    label="negative-sampling-expectation",
    claim=word2vec.expected_objective,
    case=text_and_noise,
    sizes={"V": (2, 5), "d": (1, 12), "K": (1, 4)},
    edges={
        "an empty text": {**text_and_noise(np.random.default_rng(1), V=3, d=2, K=2), "n": np.zeros((3, 3))},
        "a word that is never drawn": {
            **text_and_noise(np.random.default_rng(2), V=3, d=2, K=3),
            "q": np.array([0.5, 0, 0.5]),
        },
        "every negative the observed word": {
            **text_and_noise(np.random.default_rng(3), V=2, d=1, K=3),
            "n": np.array([[0.0, 4], [0, 0]]),
            "q": np.array([0.0, 1]),
        },
        "saturated": {**text_and_noise(np.random.default_rng(4), V=3, d=2, K=2), "v": 30 * np.eye(3)[:, :2]},
    },
    references=[
        Reference("enumeration of every draw, pair by pair", every_draw),
        Reference("word by word, with binomial numbers of draws", word_by_word),
    ],
    worked=[
        # scores log 2 and −log 2, so σ is 2/3 and 1/3; one pair with word 0, two with word 1, and six draws
        Worked(
            {
                "n": np.array([[1.0, 2], [0, 0]]),
                "q": np.array([1 / 4, 3 / 4]),
                "K": 2,
                "v": np.array([[log(2)], [5]]),
                "u": np.array([[1.0], [-1]]),
            },
            11 / 2 * log(2) - 9 * log(3),
        )
    ],
    mutants=mistakes(
        word2vec.expected_objective,
        {
            "one negative for each pair, not K": ("K * n.sum → n.sum", "K == 1"),
            "n(c, o) for n(c): a word drawn as often as it is observed": "n.sum(1, keepdims=True) → n",
            "n(o), how often o is an outside word, for n(c)": ("n.sum(1, keepdims=True) → n.sum(0)", EQUALLY_FREQUENT),
            "the noise of the centre, q(c) for q(o)": "keepdims=True) * q → keepdims=True) * q[:, None]",
            "negatives that are the observed word left out, as the authors' program does": (
                "n.sum(1, keepdims=True) → (n.sum(1, keepdims=True) - n)"
            ),
            "log σ(x) for log σ(−x) at the negatives": "log_expit(-x) → log_expit(x)",
            "the negatives' term subtracted": "+ drawn → - drawn",
            "the sign of the loss": "return float → return -float",
            "the mean over the pairs for their sum": ".sum()) → .sum() / max(n.sum(), 1))",
        },
    ),
)
