"""The results of the page ``backprop-mlp``."""

from collections.abc import Callable
from fractions import Fraction
from math import log, tanh

import numpy as np
import sympy
import torch
from numpy import ndarray
from numpy.random import Generator
from torch import Tensor
from torch.nn import functional as F

from unrolled import backprop_mlp
from unrolled.backprop_mlp import DeepGradients, Gradients, softmax
from unrolled.checks import Case, Mutant, Reference, Result, Unless, Worked, autograd, central_differences


def one_hot(k: int, V: int) -> ndarray:
    """The word k (V,), one-hot."""
    return np.eye(V)[k]


# e = y − p


def scores_and_word(rng: Generator, V: int) -> dict[str, ndarray]:
    """Random scores (V,), near each other or far apart, and an observed word (V,)."""
    scale = rng.choice([0.1, 1, 3])
    return {"s": scale * rng.normal(size=V), "y": one_hot(rng.integers(V), V)}


def J_of_scores(s: Tensor, y: Tensor) -> Tensor:
    """J in PyTorch's own words."""
    return -F.cross_entropy(s, y.argmax())


def plain_J_of_scores(s: ndarray, y: ndarray) -> float:
    """J from its definition."""
    k = y.argmax()
    return float(-np.log(np.exp(s - s[k]).sum()))


def symbolic_error(s: ndarray, y: ndarray) -> ndarray:
    """The derivatives of log p as SymPy finds them, at the case's scores."""
    symbols = sympy.symbols(f"s:{len(s)}")
    J = sympy.log(sympy.exp(symbols[y.argmax()]) / sum(sympy.exp(symbol) for symbol in symbols))
    at = dict(zip(symbols, s, strict=True))
    return np.array([float(J.diff(symbol).subs(at)) for symbol in symbols])


ERROR = Result(
    label="softmax-error",
    claim=backprop_mlp.output_error,
    case=scores_and_word,
    sizes={"V": (2, 200)},
    edges={
        "two words": {"s": np.array([0.3, -0.2]), "y": one_hot(1, 2)},
        "all scores equal": {"s": np.zeros(7), "y": one_hot(3, 7)},
        "sure and right": {"s": np.array([40.0, 0, -3]), "y": one_hot(0, 3)},
        "sure and wrong": {"s": np.array([40.0, 0, -3]), "y": one_hot(2, 3)},
        "scores that overflow": {"s": np.array([900.0, -900, 0]), "y": one_hot(2, 3)},
    },
    references=[
        Reference("autograd", autograd(J_of_scores, "s")),
        Reference(
            "central differences",
            central_differences(plain_J_of_scores, "s"),
            bound=1e-6,
            covers=lambda s, y: abs(s).max() < 100,
            but="scores that overflow, where the definition of J does too",
        ),
        Reference(
            "SymPy", symbolic_error, covers=lambda s, y: len(s) <= 4 and abs(s).max() < 100, but="more than four words"
        ),
    ],
    worked=[
        # p is (1/2, 1/4, 1/4)
        Worked({"s": np.array([log(2), 0, 0]), "y": one_hot(1, 3)}, [-1 / 2, 3 / 4, -1 / 4]),
        # p is (1/6, 2/6, 3/6)
        Worked({"s": np.log([1, 2, 3]), "y": one_hot(0, 3)}, [Fraction(5, 6), Fraction(-1, 3), Fraction(-1, 2)]),
    ],
    mutants=[
        Mutant("the sign of the loss, p − y", lambda s, y: softmax(s) - y),
        Mutant("the normaliser's derivative dropped: y alone", lambda s, y: y),
        Mutant("the observed word's own score dropped: −p alone", lambda s, y: -softmax(s)),
        Mutant("only the observed word's score gets a gradient, 1 − p", lambda s, y: y * (1 - softmax(s))),
        Mutant("the gradient of p instead of log p", lambda s, y: (softmax(s) @ y) * (y - softmax(s))),
        Mutant("p not normalised", lambda s, y: y - np.exp(s)),
    ],
)


# ∂J/∂h, ∂J/∂W_unembed, ∂J/∂W_embed


def network(rng: Generator, V: int, d: int) -> dict[str, ndarray]:
    """Random matrices, whose scores are small or large, and two words, which may be the same."""
    x, y = rng.integers(V, size=2)
    return {
        "x": one_hot(x, V),
        "y": one_hot(y, V),
        "W_embed": rng.normal(size=(d, V)),
        "W_unembed": rng.choice([0.1, 1, 3]) * rng.normal(size=(V, d)),
    }


def width(case: Case) -> int:
    """d, the shape of the hidden vector."""
    return len(case["W_embed"])


def J_of_network(x: Tensor, y: Tensor, W_embed: Tensor, W_unembed: Tensor, h: Tensor) -> Tensor:
    """J in PyTorch's own words; h is added to the hidden vector."""
    hidden = F.embedding(x.argmax(), W_embed.T) + h
    return -F.cross_entropy(F.linear(hidden, W_unembed), y.argmax())


def plain_J_of_network(x: ndarray, y: ndarray, W_embed: ndarray, W_unembed: ndarray, h: ndarray) -> float:
    """J from its definition; h is added to the hidden vector."""
    return plain_J_of_scores(W_unembed @ (W_embed @ x + h), y)


def mistaken(**wrong: Callable[[ndarray, ndarray, ndarray, ndarray, ndarray], ndarray]) -> Callable[..., Gradients]:
    """The gradients, but some of them computed otherwise, from x, h, e, W_embed and W_unembed."""

    def gradients(x: ndarray, y: ndarray, W_embed: ndarray, W_unembed: ndarray) -> Gradients:
        h = W_embed @ x
        e = y - softmax(W_unembed @ h)
        right = backprop_mlp.gradients(x, y, W_embed, W_unembed)
        return right._replace(**{name: f(x, h, e, W_embed, W_unembed) for name, f in wrong.items()})

    return gradients


GRADIENTS = Result(
    label="one-layer-gradients",
    claim=backprop_mlp.gradients,
    case=network,
    sizes={"V": (2, 16), "d": (1, 12)},
    edges={
        "two words, one number": {
            "x": one_hot(0, 2),
            "y": one_hot(1, 2),
            "W_embed": np.array([[0.5, -1]]),
            "W_unembed": np.array([[2.0], [1]]),
        },
        "the next word is the word itself": {
            "x": one_hot(2, 5),
            "y": one_hot(2, 5),
            "W_embed": np.linspace(-1, 1, 15).reshape(3, 5),
            "W_unembed": np.linspace(1, -2, 15).reshape(5, 3),
        },
        "sure and wrong": {
            "x": one_hot(0, 3),
            "y": one_hot(1, 3),
            "W_embed": np.array([[30.0, 1, 2], [20, 2, 1]]),
            "W_unembed": np.array([[1.0, 1], [0, 0], [-1, -1]]),
        },
    },
    references=[
        Reference("autograd", autograd(J_of_network, "W_unembed", "W_embed", h=width)),
        Reference(
            "central differences", central_differences(plain_J_of_network, "W_unembed", "W_embed", h=width), bound=1e-6
        ),
    ],
    worked=[
        # h = (log 2, 0), s = (log 2, 0, 0), p = (1/2, 1/4, 1/4), e = (−1/2, 3/4, −1/4)
        Worked(
            {
                "x": one_hot(0, 3),
                "y": one_hot(1, 3),
                "W_embed": np.array([[log(2), 1, -1], [0, 2, 1]]),
                "W_unembed": np.array([[1.0, 3], [0, 2], [0, 1]]),
            },
            Gradients(
                h=[-1 / 2, -1 / 4],
                W_unembed=[[-log(2) / 2, 0], [3 * log(2) / 4, 0], [-log(2) / 4, 0]],
                W_embed=[[-1 / 2, 0, 0], [-1 / 4, 0, 0]],
            ),
        )
    ],
    mutants=[
        Mutant(
            "the sign of the loss, in all three",
            mistaken(
                h=lambda x, h, e, E, U: -U.T @ e,
                W_unembed=lambda x, h, e, E, U: -np.outer(e, h),
                W_embed=lambda x, h, e, E, U: -np.outer(U.T @ e, x),
            ),
        ),
        Mutant("∂J/∂W_unembed transposed, h eᵀ", mistaken(W_unembed=lambda x, h, e, E, U: np.outer(h, e))),
        Mutant(
            "∂J/∂W_embed transposed, x (W_unembedᵀ e)ᵀ", mistaken(W_embed=lambda x, h, e, E, U: np.outer(x, U.T @ e))
        ),
        Mutant(
            "W_embed for W_unembedᵀ on the way back",
            mistaken(h=lambda x, h, e, E, U: E @ e, W_embed=lambda x, h, e, E, U: np.outer(E @ e, x)),
        ),
        Mutant("x for h in ∂J/∂W_unembed", mistaken(W_unembed=lambda x, h, e, E, U: np.outer(e, x))),
        Mutant(
            "the gradient of h put into every column of W_embed",
            mistaken(W_embed=lambda x, h, e, E, U: np.outer(U.T @ e, np.ones_like(x))),
        ),
        Mutant(
            "a factor 1 − h² as if there were a tanh",
            mistaken(W_embed=lambda x, h, e, E, U: np.outer((1 - h**2) * (U.T @ e), x)),
        ),
        Mutant(
            "−p for e: the observed word dropped",
            mistaken(
                h=lambda x, h, e, E, U: -U.T @ softmax(U @ h),
                W_unembed=lambda x, h, e, E, U: -np.outer(softmax(U @ h), h),
                W_embed=lambda x, h, e, E, U: -np.outer(U.T @ softmax(U @ h), x),
            ),
        ),
    ],
)


# The gradients through L layers


def deep_network(rng: Generator, V: int, d: int, L: int) -> dict[str, ndarray]:
    """Random matrices, small enough that no tanh saturates, and two words, which may be the same."""
    return network(rng, V, d) | {"W": rng.normal(size=(L, d, d)) / np.sqrt(d)}


def J_of_deep_network(x: Tensor, y: Tensor, W_embed: Tensor, W: Tensor, W_unembed: Tensor, h: Tensor) -> Tensor:
    """J in PyTorch's own words; a row of h is added to each latent vector."""
    hidden = F.embedding(x.argmax(), W_embed.T) + h[0]
    for layer, added in zip(W, h[1:], strict=True):
        hidden = torch.tanh(F.linear(hidden, layer)) + added
    hidden = hidden + 0 * W.sum()  # where there is no layer, PyTorch misses W
    return -F.cross_entropy(F.linear(hidden, W_unembed), y.argmax())


def plain_J_of_deep_network(
    x: ndarray, y: ndarray, W_embed: ndarray, W: ndarray, W_unembed: ndarray, h: ndarray
) -> float:
    """J from its definition, entry by entry; a row of h is added to each latent vector."""
    k, d = x.argmax(), len(W_embed)
    hidden = [W_embed[i, k] + h[0, i] for i in range(d)]
    for layer in range(len(W)):
        hidden = [tanh(sum(W[layer, i, j] * hidden[j] for j in range(d))) + h[layer + 1, i] for i in range(d)]
    return plain_J_of_scores(W_unembed @ np.array(hidden), y)


def latent(case: Case) -> tuple[int, int]:
    """(L + 1, d), the shape of all latent vectors."""
    return len(case["W"]) + 1, width(case)


def deep_but(
    slope: Callable[[list[ndarray], int], ndarray] = lambda h, k: 1 - h[k] ** 2,
    back: Callable[[ndarray, ndarray, ndarray], ndarray] = lambda W_l, delta, g: W_l.T @ delta,
    by_W: Callable[[ndarray, list[ndarray], int], ndarray] = lambda delta, h, k: np.outer(delta, h[k - 1]),
    by_W_embed: Callable[[ndarray, ndarray, ndarray], ndarray] = lambda g, h, x: np.outer(g, x),
    way: Callable[[int], range] = lambda L: range(L, 0, -1),
    sign: float = 1,
) -> Callable[..., DeepGradients]:
    """The gradients through L layers, but with a step done otherwise.

    ``slope`` is the activation's derivative at layer k, ``back`` takes δ to the layer below, ``by_W`` and
    ``by_W_embed`` give the gradients of matrices, ``way`` is the order of the matrices on the way back, and ``sign`` is
    that of the error.
    """

    def gradients(x: ndarray, y: ndarray, W_embed: ndarray, W: ndarray, W_unembed: ndarray) -> DeepGradients:
        L = len(W)
        h = [W_embed @ x]
        for W_l in W:
            h.append(np.tanh(W_l @ h[-1]))
        e = sign * (y - softmax(W_unembed @ h[L]))
        g, found = [W_unembed.T @ e], []
        for layer, of_matrix in zip(range(L, 0, -1), way(L), strict=True):
            delta = slope(h, layer) * g[0]
            found.insert(0, by_W(delta, h, layer))
            g.insert(0, back(W[of_matrix - 1], delta, g[0]))
        return DeepGradients(
            h=np.array(g),
            W_unembed=np.outer(e, h[L]),
            W=np.array(found).reshape(W.shape),
            W_embed=by_W_embed(g[0], h[0], x),
        )

    return gradients


def one_wide(W_embed: ndarray, **_: object) -> bool:
    """Whether d = 1."""
    return len(W_embed) == 1


def one_layer(W: ndarray, **_: object) -> bool:
    """Whether L = 1."""
    return len(W) == 1


UNIFORM = {
    "x": one_hot(0, 3),
    "y": one_hot(1, 3),
    "W_embed": np.array([[log(6), 1, -1], [log(3), 2, 1]]),
    "W": np.array([[[1, -1], [0, 1 / 2]]]),
    "W_unembed": np.array([[1, 6 / 5], [2, 0], [0, 12 / 5]]),
}
TWO_LAYERS = {
    "x": one_hot(0, 3),
    "y": one_hot(1, 3),
    "W_embed": np.array([[log(2), 1, -1], [0, 2, 1]]),
    "W": np.array([[[1, 2], [0, 1]], [[0, 1], [5 / 6 * log(3), 1]]]),
    "W_unembed": np.array([[1, 2 * log(2)], [2, 0], [0, 0]]),
}

DEEP = Result(
    label="deep-gradients",
    claim=backprop_mlp.deep_gradients,
    case=deep_network,
    sizes={"V": (2, 12), "d": (1, 8), "L": (1, 6)},
    edges={
        "no layer on top of the embedding": deep_network(np.random.default_rng(1), 5, 3, 1)
        | {"W": np.zeros((0, 3, 3))},
        "two words, one number, one layer": deep_network(np.random.default_rng(2), 2, 1, 1),
        "the next word is the word itself": deep_network(np.random.default_rng(3), 5, 3, 2)
        | {"x": one_hot(2, 5), "y": one_hot(2, 5)},
        "a layer that saturates": deep_network(np.random.default_rng(4), 4, 3, 3)
        | {"W": np.stack([np.eye(3), 50 * np.ones((3, 3)), -np.eye(3)])},
        "a layer of zeros": deep_network(np.random.default_rng(5), 4, 3, 3)
        | {"W": np.stack([np.eye(3), np.zeros((3, 3)), -np.eye(3)])},
        "thirty layers": deep_network(np.random.default_rng(6), 4, 3, 30),
    },
    references=[
        Reference("autograd", autograd(J_of_deep_network, "W_unembed", "W", "W_embed", h=latent)),
        Reference(
            "central differences",
            central_differences(plain_J_of_deep_network, "W_unembed", "W", "W_embed", h=latent),
            bound=1e-6,
        ),
    ],
    worked=[
        # h^(1) = (3/5, 1/2), all scores 6/5, e = (−1/3, 2/3, −1/3), δ = (16/25, −9/10)
        Worked(
            UNIFORM,
            DeepGradients(
                h=[[16 / 25, -109 / 100], [1, -6 / 5]],
                W_unembed=[[-1 / 5, -1 / 6], [2 / 5, 1 / 3], [-1 / 5, -1 / 6]],
                W=[[[16 / 25 * log(6), 16 / 25 * log(3)], [-9 / 10 * log(6), -9 / 10 * log(3)]]],
                W_embed=[[16 / 25, 0, 0], [-109 / 100, 0, 0]],
            ),
        ),
        # h^(1) = (3/5, 0), h^(2) = (0, 1/2), s = (log 2, 0, 0), e = (−1/2, 3/4, −1/4), δ_2 = (1, −3/4 log 2),
        # δ_1 = (−2/5 log 2 log 3, 1 − 3/4 log 2)
        Worked(
            TWO_LAYERS,
            DeepGradients(
                h=[
                    [-2 / 5 * log(2) * log(3), 1 - 3 / 4 * log(2) - 4 / 5 * log(2) * log(3)],
                    [-5 / 8 * log(2) * log(3), 1 - 3 / 4 * log(2)],
                    [1, -log(2)],
                ],
                W_unembed=[[0, -1 / 4], [0, 3 / 8], [0, -1 / 8]],
                W=[
                    [[-2 / 5 * log(2) ** 2 * log(3), 0], [(1 - 3 / 4 * log(2)) * log(2), 0]],
                    [[3 / 5, 0], [-9 / 20 * log(2), 0]],
                ],
                W_embed=[[-2 / 5 * log(2) * log(3), 0, 0], [1 - 3 / 4 * log(2) - 4 / 5 * log(2) * log(3), 0, 0]],
            ),
        ),
    ],
    mutants=[
        Mutant("the sign of the loss, in all of them", deep_but(sign=-1)),
        Mutant("the activation's derivative missing: δ_ℓ = g_ℓ", deep_but(slope=lambda h, k: np.ones_like(h[k]))),
        Mutant(
            "the activation's derivative taken at the layer below, 1 − (h^(ℓ−1))²",
            deep_but(slope=lambda h, k: 1 - h[k - 1] ** 2),
        ),
        Mutant(
            "the activation's derivative taken of h^(ℓ), 1 − tanh²(h^(ℓ))",
            deep_but(slope=lambda h, k: 1 - np.tanh(h[k]) ** 2),
        ),
        Mutant("the activation's derivative without the square, 1 − h^(ℓ)", deep_but(slope=lambda h, k: 1 - h[k])),
        Mutant(
            "W_ℓ for W_ℓᵀ on the way back",
            deep_but(back=lambda W_l, delta, g: W_l @ delta),
            unless=Unless("d = 1, where a matrix is its own transpose", one_wide),
        ),
        Mutant("g_ℓ for δ_ℓ on the way to the layer below", deep_but(back=lambda W_l, delta, g: W_l.T @ g)),
        Mutant(
            "the matrices taken in the order of the way forwards",
            deep_but(way=lambda L: range(1, L + 1)),
            unless=Unless("L = 1, where there is one order only", one_layer),
        ),
        Mutant("h^(ℓ) for h^(ℓ−1) in ∂J/∂W_ℓ", deep_but(by_W=lambda delta, h, k: np.outer(delta, h[k]))),
        Mutant(
            "∂J/∂W_ℓ transposed, h^(ℓ−1) δ_ℓᵀ",
            deep_but(by_W=lambda delta, h, k: np.outer(h[k - 1], delta)),
            unless=Unless("d = 1, where a matrix is its own transpose", one_wide),
        ),
        Mutant(
            "a factor 1 − (h^(0))² as if the embedding had an activation",
            deep_but(by_W_embed=lambda g, h, x: np.outer((1 - h**2) * g, x)),
        ),
    ],
)
