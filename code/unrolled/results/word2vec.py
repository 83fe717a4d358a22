"""The results of the page ``word2vec``."""

import functools
from collections.abc import Callable
from fractions import Fraction
from itertools import product
from math import log

import numpy as np
import sympy
import torch
from numpy import ndarray
from numpy.random import Generator
from scipy.special import expit, log_expit, softmax
from scipy.stats import binom
from torch import Tensor
from torch.distributions import Categorical, kl_divergence
from torch.nn import functional as F

from unrolled import word2vec
from unrolled.checks import Case, Mutant, Reference, Result, Unless, Worked, autograd, central_differences
from unrolled.word2vec import CrossEntropy, Hierarchical, Multiplications, PairGradients

# The example of the page: the scores of three words are (log 2, 0, 0), so P is (1/2, 1/4, 1/4).
V_3 = np.array([[log(2), 0], [5, 7], [-3, 1]])
U_3 = np.array([[1.0, 3], [0, 2], [0, 1]])


def pair(rng: Generator, V: int, d: int) -> dict[str, object]:
    """Random vectors, whose scores are small or large, and a pair of words, which may be the same."""
    return {
        "c": int(rng.integers(V)),
        "o": int(rng.integers(V)),
        "v": rng.normal(size=(V, d)),
        "u": rng.choice([0.1, 1, 2]) * rng.normal(size=(V, d)),
    }


def beside_itself(c: int, o: int, **_: object) -> bool:
    """Whether the centre is the outside word."""
    return c == o


def width(case: Case) -> int:
    """d, the length of a vector."""
    return case["v"].shape[1]


def plain_log_P(c: int, o: int, v: ndarray, u: ndarray) -> float:
    """The logarithm of P(o | c) from its definition."""
    scores = [float(np.sum(row * v[c])) for row in u]
    top = max(scores)
    return scores[o] - top - log(sum(np.exp(score - top) for score in scores))


# The softmax loss as a cross entropy


def corpus(rng: Generator, V: int, d: int, N: int) -> dict[str, ndarray]:
    """N random pairs of words, and random vectors."""
    return {
        "centres": rng.integers(V, size=N).astype(np.intp),
        "outsides": rng.integers(V, size=N).astype(np.intp),
        "v": rng.normal(size=(V, d)),
        "u": rng.normal(size=(V, d)),
    }


def by_distributions(centres: ndarray, outsides: ndarray, v: ndarray, u: ndarray) -> dict[str, object]:
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


def pair_by_pair(centres: ndarray, outsides: ndarray, v: ndarray, u: ndarray) -> dict[str, object]:
    """The loss from its definition, pair by pair, and its mean for each centre."""
    of_centre = np.zeros(len(u))
    for c, o in zip(centres, outsides, strict=True):
        of_centre[c] -= plain_log_P(c, o, v, u)
    n_c = np.bincount(centres, minlength=len(u))
    return {"loss": of_centre.sum(), "cross_entropy": of_centre / np.maximum(n_c, 1)}


def with_loss(loss: Callable[[CrossEntropy, dict], float]) -> Callable[..., CrossEntropy]:
    """The claim, but with another loss, from the right parts and the case."""

    def mistaken(**case: ndarray) -> CrossEntropy:
        right = word2vec.cross_entropy(**case)
        return right._replace(loss=loss(right, case))

    return mistaken


def occurrences(case: dict) -> ndarray:
    """The counts n(c) (V,)."""
    return np.bincount(case["centres"], minlength=len(case["u"]))


def each_pair_once(centres: ndarray, outsides: ndarray, v: ndarray, u: ndarray) -> CrossEntropy:
    """The claim on the set of pairs."""
    once = np.unique(np.stack([centres, outsides]), axis=1)
    return word2vec.cross_entropy(*once, v, u)


def divergence_turned(**case: ndarray) -> CrossEntropy:
    """KL(p‖p̂), as far as it is finite, for KL(p̂‖p)."""
    right = word2vec.cross_entropy(**case)
    n = np.zeros((len(case["u"]), len(case["u"])))
    np.add.at(n, (case["centres"], case["outsides"]), 1)
    observed = n / np.maximum(n.sum(1), 1)[:, None]
    P = softmax(case["v"] @ case["u"].T, axis=1)
    turned = np.where(n > 0, P * np.log(P / np.where(n > 0, observed, 1)), 0).sum(1)
    return right._replace(divergence=turned)


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
    mutants=[
        Mutant("the mean over the pairs for the sum", with_loss(lambda right, case: right.loss / len(case["centres"]))),
        Mutant("the sign of log P: the likelihood, not the loss", with_loss(lambda right, case: -right.loss)),
        Mutant("every centre counted once, not n(c) times", with_loss(lambda right, case: right.cross_entropy.sum())),
        Mutant(
            "the divergence alone, the entropy dropped",
            with_loss(lambda right, case: occurrences(case) @ right.divergence),
            unless=Unless(
                "texts in which each centre has one outside word only",
                lambda **case: not word2vec.cross_entropy(**case).entropy.any(),
            ),
        ),
        Mutant(
            "centre and outside word exchanged, P(c | o)",
            lambda centres, outsides, v, u: word2vec.cross_entropy(outsides, centres, v, u),
            unless=Unless(
                "symmetric counts, n(c, o) = n(o, c)",
                lambda centres, outsides, **_: (
                    sorted(zip(centres, outsides, strict=True)) == sorted(zip(outsides, centres, strict=True))
                ),
            ),
        ),
        Mutant(
            "every pair counted once, however often it occurs",
            each_pair_once,
            unless=Unless(
                "texts in which no pair occurs twice",
                lambda centres, outsides, **_: len(set(zip(centres, outsides, strict=True))) == len(centres),
            ),
        ),
        Mutant("the divergence the other way round, of P from p̂", divergence_turned),
    ],
)


# ∂log P / ∂v_c


def log_P_by_v_c(c: Tensor, o: Tensor, v: Tensor, u: Tensor, v_c: Tensor) -> Tensor:
    """The log-probability in PyTorch's own words; v_c is added to the centre's vector."""
    return -F.cross_entropy(F.linear(v[c] + v_c, u), o)


def plain_log_P_by_v_c(c: int, o: int, v: ndarray, u: ndarray, v_c: ndarray) -> float:
    """The log-probability from its definition; v_c is added to the centre's vector."""
    return plain_log_P(0, o, (v[c] + v_c)[None], u)


def symbolic_centre_gradient(c: int, o: int, v: ndarray, u: ndarray) -> ndarray:
    """The derivatives of log P as SymPy finds them."""
    symbols = sympy.symbols(f"v:{v.shape[1]}")
    scores = [sum(a * x for a, x in zip(row, symbols, strict=True)) for row in u]
    J = sympy.log(sympy.exp(scores[o]) / sum(sympy.exp(score) for score in scores))
    at = dict(zip(symbols, v[c], strict=True))
    return np.array([float(J.diff(symbol).subs(at)) for symbol in symbols])


def moderate(c: int, v: ndarray, u: ndarray, **_: object) -> bool:
    """Whether no score is so large that differences lose their digits."""
    return abs(u @ v[c]).max() < 30


def expected(c: int, v: ndarray, u: ndarray) -> ndarray:
    """Σ_j P_j u_j, (d,)."""
    return softmax(u @ v[c]) @ u


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
        Reference("autograd", autograd(log_P_by_v_c, v_c=width)),
        Reference(
            "central differences",
            central_differences(plain_log_P_by_v_c, v_c=width),
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
    mutants=[
        Mutant("the sign of the loss −log P", lambda c, o, v, u: expected(c, v, u) - u[o]),
        Mutant("v for u", lambda c, o, v, u: v[o] - softmax(u @ v[c]) @ v),
        Mutant("the observed term dropped", lambda c, o, v, u: -expected(c, v, u)),
        Mutant("the expected term dropped", lambda c, o, v, u: u[o]),
        Mutant("P transposed, Σ_j P(c | j) u_j", lambda c, o, v, u: u[o] - softmax(v @ u.T, axis=1)[:, c] @ u),
        Mutant("the plain mean of the u_j for the expected one", lambda c, o, v, u: u[o] - u.mean(0)),
        Mutant(
            "the gradient of P instead of log P", lambda c, o, v, u: softmax(u @ v[c])[o] * (u[o] - expected(c, v, u))
        ),
        Mutant(
            "the sum over the other words only, j ≠ o",
            lambda c, o, v, u: u[o] - expected(c, v, u) + softmax(u @ v[c])[o] * u[o],
        ),
        Mutant("not normalised, u_o − Σ_j exp(s_j) u_j", lambda c, o, v, u: u[o] - np.exp(u @ v[c]) @ u),
        Mutant(
            "centre and outside word exchanged",
            lambda c, o, v, u: word2vec.centre_gradient(o, c, v, u),
            unless=Unless("c = o", beside_itself),
        ),
    ],
)


# ∂log P / ∂u_j


def log_P(c: Tensor, o: Tensor, v: Tensor, u: Tensor) -> Tensor:
    """The log-probability in PyTorch's own words."""
    return -F.cross_entropy(F.linear(v[c], u), o)


def errors(c: int, o: int, v: ndarray, u: ndarray) -> ndarray:
    """1[j = o] − P_j, (V,)."""
    return np.eye(len(u))[o] - softmax(u @ v[c])


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
    mutants=[
        Mutant("the sign of the loss −log P", lambda c, o, v, u: -np.outer(errors(c, o, v, u), v[c])),
        Mutant(
            "only the observed word's vector gets a gradient",
            lambda c, o, v, u: np.outer(np.eye(len(u))[o] * errors(c, o, v, u), v[c]),
        ),
        Mutant("the observed term dropped, −P_j v_c", lambda c, o, v, u: -np.outer(softmax(u @ v[c]), v[c])),
        Mutant("1 − P_j for every word", lambda c, o, v, u: np.outer(1 - softmax(u @ v[c]), v[c])),
        Mutant("u_c for v_c", lambda c, o, v, u: np.outer(errors(c, o, v, u), u[c])),
        Mutant("transposed", lambda c, o, v, u: np.outer(v[c], errors(c, o, v, u))),
        Mutant(
            "not normalised, exp(s_j) for P_j", lambda c, o, v, u: np.outer(np.eye(len(u))[o] - np.exp(u @ v[c]), v[c])
        ),
        Mutant(
            "centre and outside word exchanged",
            lambda c, o, v, u: word2vec.outside_gradients(o, c, v, u),
            unless=Unless("c = o", beside_itself),
        ),
    ],
)


# The gradient over a corpus


def counts_and_vectors(rng: Generator, V: int, d: int) -> dict[str, ndarray]:
    """Random counts, of which those of the first word are not all alike, and random vectors."""
    n = rng.poisson(1.0, size=(V, V)).astype(float)
    n[0, 1] += 3
    return {"n": n, "v": rng.normal(size=(V, d)), "u": rng.normal(size=(V, d))}


def log_likelihood_of_counts(n: Tensor, v: Tensor, u: Tensor) -> Tensor:
    """The log-likelihood of a text in PyTorch's own words."""
    return -F.cross_entropy(v @ u.T, n, reduction="sum")


def plain_log_likelihood_of_counts(n: ndarray, v: ndarray, u: ndarray) -> float:
    """The log-likelihood of a text from its definition."""
    return sum(n[c, o] * plain_log_P(c, o, v, u) for c, o in np.ndindex(n.shape))


def P_of_all(v: ndarray, u: ndarray) -> ndarray:
    """P(o | c) for all words, a row for each c."""
    return softmax(v @ u.T, axis=1)


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
    mutants=[
        Mutant("the sign of the loss", lambda n, v, u: -word2vec.corpus_gradient(n, v, u)),
        Mutant("n(c) missing from the expected term", lambda n, v, u: n @ u - P_of_all(v, u) @ u),
        Mutant("the expected term dropped", lambda n, v, u: n @ u),
        Mutant("the observed term dropped", lambda n, v, u: -n.sum(1, keepdims=True) * (P_of_all(v, u) @ u)),
        Mutant(
            "the counts transposed, n(o, c)",
            lambda n, v, u: word2vec.corpus_gradient(n.T, v, u),
            unless=Unless("symmetric counts", lambda n, **_: (n == n.T).all()),
        ),
        Mutant(
            "P transposed: normalised over the centres",
            lambda n, v, u: n @ u - n.sum(1, keepdims=True) * (softmax(v @ u.T, axis=0) @ u),
        ),
        Mutant(
            "a mean per centre for the sum over the text",
            lambda n, v, u: word2vec.corpus_gradient(n, v, u) / np.maximum(n.sum(1, keepdims=True), 1),
        ),
    ],
)


# The loss of negative sampling


def drawn_pair(rng: Generator, V: int, d: int, K: int) -> dict[str, object]:
    """A random pair, and K negatives, among which words may be repeated."""
    negatives = rng.integers(V, size=K)
    drawn = pair(rng, V, d)
    return {"c": drawn["c"], "o": drawn["o"], "negatives": negatives, "v": drawn["v"], "u": drawn["u"]}


def drawn_once(negatives: ndarray, **_: object) -> bool:
    """Whether no negative was drawn twice."""
    return len(set(negatives)) == len(negatives)


def binary_loss(c: int, o: int, negatives: ndarray, v: ndarray, u: ndarray) -> Tensor:
    """The sum of binary cross entropies, of the labels 1, 0, …, 0."""
    words = torch.tensor([o, *negatives])
    scores = torch.tensor(u)[words] @ torch.tensor(v)[c]
    labels = (torch.arange(len(words)) == 0).double()
    return F.binary_cross_entropy_with_logits(scores, labels, reduction="sum")


def plain_binary_loss(c: int, o: int, negatives: ndarray, v: ndarray, u: ndarray) -> float:
    """The loss from its definition."""

    def minus_log_sigma(x: float) -> float:
        return float(np.logaddexp(0, -x))

    return minus_log_sigma(u[o] @ v[c]) + sum(minus_log_sigma(-(u[k] @ v[c])) for k in negatives)


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


def positives_and_negatives(c: int, o: int, negatives: ndarray, v: ndarray, u: ndarray) -> tuple[float, ndarray]:
    """The scores of the observed word, and of the negatives (K,)."""
    return u[o] @ v[c], u[negatives] @ v[c]


def other_loss(f: Callable[[float, ndarray], float]) -> Callable[..., float]:
    """Another function of the scores."""
    return lambda **case: f(*positives_and_negatives(**case))


def minus_log(p: object) -> object:
    """−log, kept finite."""
    return -np.log(np.maximum(p, 1e-300))


SAMPLED_LOSS = Result(
    label="negative-sampling-loss",
    claim=word2vec.negative_sampling_loss,
    case=drawn_pair,
    sizes={"V": (2, 16), "d": (1, 9), "K": (1, 12)},
    edges=SAMPLED_EDGES,
    references=[
        Reference("F.binary_cross_entropy_with_logits", binary_loss),
        Reference("the definition, word by word", plain_binary_loss),
    ],
    worked=[
        # σ(0) = 1/2 and σ(−log 2) = 1/3
        Worked({"c": 0, "o": 1, "negatives": np.array([0]), "v": V_3, "u": U_3}, log(6)),
        Worked({"c": 0, "o": 1, "negatives": np.array([0, 0]), "v": V_3, "u": U_3}, log(18)),
    ],
    mutants=[
        Mutant(
            "σ(x) for σ(−x) at the negatives", other_loss(lambda x, y: minus_log(expit(x)) + minus_log(expit(y)).sum())
        ),
        Mutant("the sign of log P", other_loss(lambda x, y: -minus_log(expit(x)) - minus_log(expit(-y)).sum())),
        Mutant(
            "K dropped: the mean over the negatives for their sum",
            other_loss(lambda x, y: minus_log(expit(x)) + minus_log(expit(-y)).sum() / max(len(y), 1)),
            unless=Unless("K = 1", lambda negatives, **_: len(negatives) == 1),
        ),
        Mutant("the observed term dropped", other_loss(lambda x, y: minus_log(expit(-y)).sum())),
        Mutant("a softmax over the K + 1 words", other_loss(lambda x, y: minus_log(softmax([x, *y])[0]))),
        Mutant(
            "−log(1 − Π σ) for the sum over the negatives",
            other_loss(lambda x, y: minus_log(expit(x)) + minus_log(1 - expit(y).prod())),
            unless=Unless("K = 1", lambda negatives, **_: len(negatives) == 1),
        ),
        Mutant(
            "each negative counted once, however often it was drawn",
            lambda negatives, **case: word2vec.negative_sampling_loss(negatives=np.unique(negatives), **case),
            unless=Unless("no negative drawn twice", drawn_once),
        ),
        Mutant(
            "centre and outside word exchanged",
            lambda c, o, **case: word2vec.negative_sampling_loss(c=o, o=c, **case),
            unless=Unless("c = o", beside_itself),
        ),
    ],
)


# Its gradients


def sampled_J(c: Tensor, o: Tensor, negatives: Tensor, v: Tensor, u: Tensor, v_c: Tensor) -> Tensor:
    """J in PyTorch's own words; v_c is added to the centre's vector."""
    centre = v[c] + v_c
    drawn = F.logsigmoid(-(F.embedding(negatives.long(), u) @ centre)).sum()
    return F.logsigmoid(u[o] @ centre) + drawn


def plain_sampled_J(c: int, o: int, negatives: ndarray, v: ndarray, u: ndarray, v_c: ndarray) -> float:
    """J from its definition; v_c is added to the centre's vector."""
    return -plain_binary_loss(0, o, negatives, (v[c] + v_c)[None], u)


def mistaken(
    g_of: Callable[[ndarray], ndarray] | None = None,
    keep: Callable[[int, ndarray], ndarray] = lambda o, negatives: np.ones(len(negatives), dtype=bool),
    assigned: bool = False,
    u_for_v: bool = False,
) -> Callable[..., PairGradients]:
    """The gradients with other errors, with negatives left out, with repetitions lost, or with u_c for v_c."""

    def gradients(c: int, o: int, negatives: ndarray, v: ndarray, u: ndarray) -> PairGradients:
        words = np.array([o, *negatives[keep(o, negatives)]])
        x = u[words] @ v[c]
        g = np.eye(len(words))[0] - expit(x) if g_of is None else g_of(x)
        rows = np.outer(g, u[c] if u_for_v else v[c])
        by_u = np.zeros_like(u)
        if assigned:
            by_u[words] = rows
        else:
            np.add.at(by_u, words, rows)
        return PairGradients(g @ u[words], by_u)

    return gradients


def observed_first(first: ndarray, rest: ndarray) -> ndarray:
    """Errors (K + 1,) of the observed word and of the negatives."""
    return np.concatenate([first, rest])


def all_different(o: int, negatives: ndarray, **_: object) -> bool:
    """Whether no word is repeated."""
    return len({o, *negatives}) == 1 + len(negatives)


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
    mutants=[
        Mutant("the sign of the loss", mistaken(lambda x: observed_first(-expit(-x[:1]), expit(x[1:])))),
        Mutant("σ(−x) for σ(x) at the negatives", mistaken(lambda x: observed_first(expit(-x[:1]), -expit(-x[1:])))),
        Mutant(
            "σ(x) for 1 − σ(x) at the observed word", mistaken(lambda x: observed_first(expit(x[:1]), -expit(x[1:])))
        ),
        Mutant("the observed term dropped", mistaken(lambda x: observed_first(0 * x[:1], -expit(x[1:])))),
        Mutant(
            "K dropped: the mean over the negatives for their sum",
            mistaken(lambda x: observed_first(expit(-x[:1]), -expit(x[1:]) / len(x[1:]))),
            unless=Unless("K = 1", lambda negatives, **_: len(negatives) == 1),
        ),
        Mutant(
            "repeated words assigned, not added up",
            mistaken(assigned=True),
            unless=Unless("draws in which no word is repeated", all_different),
        ),
        Mutant(
            "negatives that are the observed word left out, as the authors' program does",
            mistaken(keep=lambda o, negatives: negatives != o),
            unless=Unless("draws without the observed word", lambda o, negatives, **_: o not in negatives),
        ),
        Mutant("u_c for v_c in the gradients of u", mistaken(u_for_v=True)),
        Mutant("the error of a softmax over the K + 1 words", mistaken(lambda x: np.eye(len(x))[0] - softmax(x))),
        Mutant(
            "each negative counted once, however often it was drawn",
            lambda negatives, **case: word2vec.negative_sampling_gradients(negatives=np.unique(negatives), **case),
            unless=Unless("no negative drawn twice", drawn_once),
        ),
        Mutant(
            "centre and outside word exchanged",
            lambda c, o, **case: word2vec.negative_sampling_gradients(c=o, o=c, **case),
            unless=Unless("c = o", beside_itself),
        ),
    ],
)


# The optimum of the expected objective


def counts_and_noise(rng: Generator, V: int, K: int) -> dict[str, object]:
    """Random counts, none zero, and random noise."""
    return {"n": rng.integers(1, 30, size=(V, V)).astype(float), "q": rng.dirichlet(np.full(V, 5.0)), "K": K}


def expected_J(x: Tensor, n: Tensor, q: Tensor, K: int) -> Tensor:
    """The expected objective of a text, for scores x (V, V): n(c, o) positives, K n(c) q(o) negatives."""
    drawn = K * n.sum(1, keepdim=True) * q
    return (n * F.logsigmoid(x) + drawn * F.logsigmoid(-x)).sum()


def bisected(n: ndarray, q: ndarray, K: int) -> ndarray:
    """Where autograd's derivative of the expected objective changes its sign, by halving an interval."""
    n, q = torch.tensor(n), torch.tensor(q)
    low, high = torch.full_like(n, -50), torch.full_like(n, 50)
    for _ in range(60):
        x = ((low + high) / 2).requires_grad_()
        (slope,) = torch.autograd.grad(expected_J(x, n, q, K), x)
        low, high = (torch.where(slope > 0, x.detach(), low), torch.where(slope > 0, high, x.detach()))
    return ((low + high) / 2).numpy()


@functools.cache
def zero_of_the_derivative() -> Callable[[ndarray, ndarray], ndarray]:
    """Where the derivative of a log σ(x) + b log σ(−x) is zero, as SymPy solves it for e^x."""
    a, b, z = sympy.symbols("a b z", positive=True)
    x = sympy.symbols("x", real=True)
    objective = -a * sympy.log(1 + sympy.exp(-x)) - b * sympy.log(1 + sympy.exp(x))
    (zero,) = sympy.solve(sympy.diff(objective, x).subs(x, sympy.log(z)), z)
    return sympy.lambdify((a, b), sympy.log(zero))


def solved(n: ndarray, q: ndarray, K: int) -> ndarray:
    """The optimum by SymPy: n(c, o) positives and K n(c) q(o) negatives."""
    return zero_of_the_derivative()(n, K * n.sum(1, keepdims=True) * q)


def p_hat(n: ndarray) -> ndarray:
    """p̂(o | c), a row for each c."""
    return n / n.sum(1, keepdims=True)


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
    mutants=[
        Mutant("log K dropped", lambda n, q, K: np.log(p_hat(n)) - np.log(q)),
        Mutant("+ log K for − log K", lambda n, q, K: np.log(p_hat(n)) - np.log(q) + np.log(K)),
        Mutant("q dropped", lambda n, q, K: np.log(p_hat(n)) - np.log(K)),
        Mutant("the joint p̂(c, o) for p̂(o | c)", lambda n, q, K: np.log(n / n.sum()) - np.log(K * q)),
        Mutant(
            "centre and outside word exchanged, p̂(c | o)",
            lambda n, q, K: np.log(n / n.sum(0)) - np.log(K * q),
            unless=Unless(
                "texts in which all words are equally frequent", lambda n, **_: (n.sum(0) == n.sum(1)[:, None]).all()
            ),
        ),
        Mutant("PMI − log K, whatever the noise", lambda n, q, K: np.log(p_hat(n) * n.sum() / n.sum(0)) - np.log(K)),
        Mutant("the sign turned round", lambda n, q, K: np.log(K * q) - np.log(p_hat(n))),
        Mutant(
            "the noise to the power 3/4 once more",
            lambda n, q, K: np.log(p_hat(n)) - np.log(K * q**0.75 / (q**0.75).sum()),
        ),
    ],
)


# What a gradient costs


class Counted:
    """A number that counts the products it takes part in."""

    products = 0

    def __init__(self, value: float) -> None:
        self.value = value

    def __mul__(self, other: "Counted") -> "Counted":
        Counted.products += 1
        return Counted(self.value * other.value)

    def __add__(self, other: "Counted") -> "Counted":
        return Counted(self.value + other.value)


def counted(V: int, d: int, K: int) -> Multiplications:
    """The products in a plain computation of both gradients, counted while it runs."""

    def products(words: int, weights: Callable[[ndarray], ndarray]) -> int:
        Counted.products = 0
        v_c = [Counted(0.1)] * d
        rows = [[Counted(0.1 * w)] * d for w in range(words)]
        scores = []
        for row in rows:
            terms = [a * b for a, b in zip(row, v_c, strict=True)]
            scores.append(sum(terms[1:], terms[0]).value)
        total = [Counted(0.0)] * d
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
    mutants=[
        Mutant("the observed word forgotten, 2Kd", lambda V, d, K: Multiplications(2 * V * d, 2 * K * d)),
        Mutant("the scores forgotten, |V|d and (K + 1)d", lambda V, d, K: Multiplications(V * d, (K + 1) * d)),
        Mutant("a softmax for every word, |V|²d", lambda V, d, K: Multiplications(2 * V * V * d, 2 * (K + 1) * d)),
        Mutant(
            "negatives for every word, 2 (K + 1) |V| d", lambda V, d, K: Multiplications(2 * V * d, 2 * (K + 1) * V * d)
        ),
        Mutant("d² for d", lambda V, d, K: Multiplications(2 * V * d**2, 2 * (K + 1) * d**2)),
    ],
)


# Hierarchical softmax


def random_tree(rng: Generator, V: int) -> ndarray:
    """A random binary tree (V − 1, 2) with V words as its leaves; children come after parents."""
    tree = np.zeros((V - 1, 2), dtype=int)
    free = [(0, 0), (0, 1)]
    for node in range(1, V - 1):
        tree[free.pop(rng.integers(len(free)))] = node
        free += [(node, 0), (node, 1)]
    for place, w in zip(free, rng.permutation(V), strict=True):
        tree[place] = -1 - w
    return tree


def tree_and_vectors(rng: Generator, V: int, d: int) -> dict[str, ndarray]:
    """A random tree, and random vectors of the centre and of the inner nodes."""
    return {"tree": random_tree(rng, V), "v_c": rng.normal(size=d), "u": rng.normal(size=(V - 1, d))}


def poured(tree: ndarray, v_c: ndarray, u: ndarray) -> Hierarchical:
    """Probability 1 poured in at the root and shared out at each node; its gradients by autograd."""
    v_c = torch.tensor(v_c).requires_grad_()
    scores = torch.tensor(u) @ v_c
    flow = {0: torch.ones((), dtype=torch.float64)}
    for node, (left, right) in enumerate(tree.tolist()):
        flow[left] = flow[node] * torch.sigmoid(scores[node])
        flow[right] = flow[node] * torch.sigmoid(-scores[node])
    P = torch.stack([flow[-1 - w] for w in range(len(tree) + 1)])
    gradients = [torch.autograd.grad(p.log(), v_c, retain_graph=True)[0].numpy() for p in P]
    return Hierarchical(P.detach().numpy(), P.sum().item(), np.array(gradients))


def paths(tree: ndarray) -> dict[int, list[tuple[int, int]]]:
    """For each word, the inner nodes from the root to it, each with 1 for left and −1 for right."""
    found, way = {}, {0: []}
    for node, (left, right) in enumerate(tree.tolist()):
        for child, sign in ((left, 1), (right, -1)):
            way[child] = [*way[node], (node, sign)]
            if child < 0:
                found[-1 - child] = way[child]
    return found


def walked(
    p_of: Callable[[float, int], float],
    error_of: Callable[[float, int], float],
    whole: Callable[[list], list] = lambda path: path,
) -> Callable[..., Hierarchical]:
    """Probabilities and gradients along the paths, with other factors, other errors or other paths."""

    def walk(tree: ndarray, v_c: ndarray, u: ndarray) -> Hierarchical:
        P, by_v_c = np.ones(len(tree) + 1), np.zeros((len(tree) + 1, len(v_c)))
        for w, path in paths(tree).items():
            for node, sign in whole(path):
                x = float(u[node] @ v_c)
                P[w] *= p_of(x, sign)
                by_v_c[w] += error_of(x, sign) * u[node]
        return Hierarchical(P, P.sum(), by_v_c)

    return walk


def plain_log_P_of_tree(tree: ndarray, v_c: ndarray, u: ndarray, w: int) -> float:
    """The log-probability of a word along its path."""
    return -sum(np.logaddexp(0, -s * float(u[node] @ v_c)) for node, s in paths(tree)[w])


def along_paths(tree: ndarray, v_c: ndarray, u: ndarray) -> dict[str, object]:
    """The probabilities as products along the paths, and 1 as their sum."""
    words = range(len(tree) + 1)
    log_P = [plain_log_P_of_tree(tree, v_c, u, w) for w in words]
    return {"P": np.exp(log_P), "total": 1.0}


def differences_of_tree(tree: ndarray, v_c: ndarray, u: ndarray) -> dict[str, object]:
    """The gradients by central differences, and 1 as the sum."""
    slopes = central_differences(plain_log_P_of_tree, "v_c")
    rows = [slopes(tree=tree, v_c=v_c, u=u, w=w)["v_c"] for w in range(len(tree) + 1)]
    return {"total": 1.0, "by_v_c": np.array(rows)}


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
        Reference("the product along each path, and the sum 1", along_paths),
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
    mutants=[
        Mutant("left and right exchanged", walked(lambda x, s: expit(-s * x), lambda x, s: -s * expit(s * x))),
        Mutant("σ(x) on both sides", walked(lambda x, s: expit(x), lambda x, s: expit(-x))),
        Mutant(
            "the last decision left out",
            walked(lambda x, s: expit(s * x), lambda x, s: s * expit(-s * x), lambda path: path[:-1]),
        ),
        Mutant(
            "the sign of the loss in the gradient", walked(lambda x, s: expit(s * x), lambda x, s: -s * expit(-s * x))
        ),
        Mutant("σ for 1 − σ in the gradient", walked(lambda x, s: expit(s * x), lambda x, s: s * expit(s * x))),
        Mutant(
            "the direction forgotten in the gradient", walked(lambda x, s: expit(s * x), lambda x, s: expit(-s * x))
        ),
    ],
)


# What negative sampling maximises on average


def text_and_noise(rng: Generator, V: int, d: int, K: int) -> dict[str, object]:
    """Random counts, of which the first word has two different ones at least, random noise, and random vectors."""
    n = rng.poisson(0.8, size=(V, V)).astype(float)
    n[0, :2] += 1, 3
    q, (v, u) = rng.dirichlet(np.full(V, 2.0)), rng.normal(size=(2, V, d))
    return {"n": n, "q": q, "K": K, "v": rng.choice([0.1, 1, 2]) * v, "u": u}


def every_draw(n: ndarray, q: ndarray, K: int, v: ndarray, u: ndarray) -> float:
    """Pair by pair, the mean of its J over all ways to draw K negatives, each with its probability."""
    drawn = np.array(list(product(range(len(q)), repeat=K)), dtype=int)  # (V^K, K)
    probability = q[drawn].prod(1)
    total = 0.0
    for c, o in zip(*np.nonzero(n), strict=True):
        x = u @ v[c]  # (V,)
        J = -np.logaddexp(0, -x[o]) - np.logaddexp(0, x[drawn]).sum(1)  # (V^K,)
        total += n[c, o] * float(probability @ J)
    return total


def word_by_word(n: ndarray, q: ndarray, K: int, v: ndarray, u: ndarray) -> float:
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


def objective_but(
    drawn: Callable[[ndarray, ndarray, int], ndarray] = lambda n, q, K: K * n.sum(1, keepdims=True) * q,
    negative: Callable[[ndarray], ndarray] = lambda x: log_expit(-x),
    factor: Callable[[ndarray], float] = lambda n: 1,
) -> Callable[..., float]:
    """The expected objective with other numbers of negatives, other terms for them, or a factor."""

    def objective(n: ndarray, q: ndarray, K: int, v: ndarray, u: ndarray) -> float:
        x = v @ u.T
        terms = n * log_expit(x) + drawn(n, q, K) * negative(x)
        return factor(n) * float(terms.sum())

    return objective


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
    mutants=[
        Mutant(
            "one negative for each pair, not K",
            objective_but(drawn=lambda n, q, K: n.sum(1, keepdims=True) * q),
            unless=Unless("K = 1", lambda K, **_: K == 1),
        ),
        Mutant(
            "n(c, o) for n(c): a word drawn as often as it is observed", objective_but(drawn=lambda n, q, K: K * n * q)
        ),
        Mutant(
            "n(o), how often o is an outside word, for n(c)",
            objective_but(drawn=lambda n, q, K: K * n.sum(0) * q * np.ones_like(n)),
            unless=Unless(
                "texts in which all words are equally frequent", lambda n, **_: (n.sum(0) == n.sum(1)[:, None]).all()
            ),
        ),
        Mutant(
            "the noise of the centre, q(c) for q(o)",
            objective_but(drawn=lambda n, q, K: K * n.sum(1, keepdims=True) * q[:, None] * np.ones_like(n)),
        ),
        Mutant(
            "negatives that are the observed word left out, as the authors' program does",
            objective_but(drawn=lambda n, q, K: K * (n.sum(1, keepdims=True) - n) * q),
        ),
        Mutant("log σ(x) for log σ(−x) at the negatives", objective_but(negative=log_expit)),
        Mutant("the negatives' term subtracted", objective_but(negative=lambda x: -log_expit(-x))),
        Mutant("the sign of the loss", objective_but(factor=lambda n: -1)),
        Mutant("the mean over the pairs for their sum", objective_but(factor=lambda n: 1 / max(n.sum(), 1))),
    ],
)
