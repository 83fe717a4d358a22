"""The results of the page ``backprop-mlp``."""

from fractions import Fraction
from math import log, tanh

import numpy as np
import sympy
import torch
from torch.nn import functional as F

from unrolled.checks import Reference, Result, Unless, Worked, autograd, central_differences, mistakes
from unrolled.pages import backprop_mlp
from unrolled.pages.backprop_mlp import DeepGradients, Gradients


def one_hot(k, V):
    """The word k (V,), one-hot."""
    return np.eye(V)[k]


# e = y − p


def scores_and_word(rng, V):
    """Random scores (V,), near each other or far apart, and an observed word (V,)."""
    scale = rng.choice([0.1, 1, 3])
    return {"s": scale * rng.normal(size=V), "y": one_hot(rng.integers(V), V)}


def J_of_scores(s, y):
    """J in PyTorch's own words."""
    return -F.cross_entropy(s, y.argmax())


def plain_J_of_scores(s, y):
    """J from its definition."""
    return float(-np.log(np.exp(s - s[y.argmax()]).sum()))


def symbolic_error(s, y):
    """The derivatives of log p as SymPy finds them, at the case's scores."""
    symbols = sympy.symbols(f"s:{len(s)}")
    J = sympy.log(sympy.exp(symbols[y.argmax()]) / sum(sympy.exp(symbol) for symbol in symbols))
    at = dict(zip(symbols, s, strict=True))
    # with more digits than a float has, or SymPy's own rounding is what differs
    return np.array([float(J.diff(symbol).evalf(30, subs=at)) for symbol in symbols])


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
    mutants=mistakes(
        backprop_mlp.output_error,
        {
            "the sign of the loss, p − y": "y - softmax(s) → softmax(s) - y",
            "the normaliser's derivative dropped: y alone": "y - softmax(s) → y",
            "the observed word's own score dropped: −p alone": "y - softmax(s) → -softmax(s)",
            "only the observed word's score gets a gradient, 1 − p": "y - softmax(s) → y * (1 - softmax(s))",
            "1 − p in every entry, as for the observed word": "y - softmax(s) → 1 - softmax(s)",
            "the gradient of p instead of log p": "y - softmax(s) → (softmax(s) @ y) * (y - softmax(s))",
            "p not normalised": "softmax(s) → np.exp(s)",
        },
    ),
)


# The network with one hidden vector, or with L layers on top of it: W is their matrices, if there are any


def words(x, y, V):
    """A word x and the next one y, one-hot."""
    return {"x": one_hot(x, V), "y": one_hot(y, V)}


def network(rng, V, d):
    """Random matrices, whose scores are small or large, and two words, which may be the same."""
    return {
        **words(*rng.integers(V, size=2), V),
        "W_embed": rng.normal(size=(d, V)),
        "W_unembed": rng.choice([0.1, 1, 3]) * rng.normal(size=(V, d)),
    }


NO_LAYERS = torch.zeros(0)  # for W


def J_of_network(x, y, W_embed, W_unembed, h, W=NO_LAYERS):
    """J in PyTorch's own words; h, or a row of it, is added to each hidden vector."""
    first, *others = torch.atleast_2d(h)
    hidden = F.embedding(x.argmax(), W_embed.T) + first
    for layer, added in zip(W, others, strict=True):
        hidden = torch.tanh(F.linear(hidden, layer)) + added
    hidden = hidden + 0 * W.sum()  # where there is no layer, PyTorch misses W
    return J_of_scores(F.linear(hidden, W_unembed), y)


def plain_J_of_network(x, y, W_embed, W_unembed, h, W=NO_LAYERS):
    """J from its definition, entry by entry; h, or a row of it, is added to each hidden vector."""
    h, k, d = np.atleast_2d(h), x.argmax(), len(W_embed)
    hidden = [W_embed[i, k] + h[0, i] for i in range(d)]
    for layer in range(len(W)):
        hidden = [tanh(sum(W[layer, i, j] * hidden[j] for j in range(d))) + h[layer + 1, i] for i in range(d)]
    return plain_J_of_scores(W_unembed @ np.array(hidden), y)


# ∂J/∂h, ∂J/∂W_unembed, ∂J/∂W_embed


def width(case):
    """d, the shape of the hidden vector."""
    return len(case["W_embed"])


# The example of the page: Barack → Obama, and, with blanks, Obama → spoke.
BARACK = {
    **words(0, 1, V=3),
    "W_embed": np.array([[log(2), 2 * log(2), 1], [-log(2), -log(2), 2]]),
    "W_unembed": np.array([[1.0, 0], [1, 1], [2, 2]]),
}

GRADIENTS = Result(
    label="one-layer-gradients",
    claim=backprop_mlp.gradients,
    case=network,
    sizes={"V": (2, 16), "d": (1, 12)},
    edges={
        "two words, one number": {
            **words(0, 1, V=2),
            "W_embed": np.array([[0.5, -1]]),
            "W_unembed": np.array([[2.0], [1]]),
        },
        "the next word is the word itself": {
            **words(2, 2, V=5),
            "W_embed": np.linspace(-1, 1, 15).reshape(3, 5),
            "W_unembed": np.linspace(1, -2, 15).reshape(5, 3),
        },
        "sure and wrong": {
            **words(0, 1, V=3),
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
        # h = (log 2, −log 2), s = (log 2, 0, 0), p = (1/2, 1/4, 1/4), e = (−1/2, 3/4, −1/4)
        Worked(
            BARACK,
            Gradients(
                h=[-1 / 4, 1 / 4],
                W_unembed=[[-log(2) / 2, log(2) / 2], [3 * log(2) / 4, -3 * log(2) / 4], [-log(2) / 4, log(2) / 4]],
                W_embed=[[-1 / 4, 0, 0], [1 / 4, 0, 0]],
            ),
        ),
        # h = (2 log 2, −log 2), s = (2 log 2, log 2, 2 log 2), p = (2/5, 1/5, 2/5), e = (−2/5, −1/5, 3/5)
        Worked(
            {**BARACK, **words(1, 2, V=3)},
            Gradients(
                h=[3 / 5, 1],
                W_unembed=[
                    [-4 * log(2) / 5, 2 * log(2) / 5],
                    [-2 * log(2) / 5, log(2) / 5],
                    [6 * log(2) / 5, -3 * log(2) / 5],
                ],
                W_embed=[[0, 3 / 5, 0], [0, 1, 0]],
            ),
        ),
    ],
    mutants=mistakes(
        [backprop_mlp.output_error, backprop_mlp.gradients],
        {
            "the sign of the loss, in all three": "y - softmax(s) → softmax(s) - y",
            "∂J/∂W_unembed transposed, h eᵀ": "np.outer(e, h) → np.outer(h, e)",
            "∂J/∂W_embed transposed, x (W_unembedᵀ e)ᵀ": "np.outer(g, x) → np.outer(x, g)",
            "W_embed for W_unembedᵀ on the way back": "W_unembed.T @ e → W_embed @ e",
            "x for h in ∂J/∂W_unembed": "np.outer(e, h) → np.outer(e, x)",
            "the gradient of h put into every column of W_embed": "np.outer(g, x) → np.outer(g, np.ones_like(x))",
            "a factor 1 − h² as if there were a tanh": "np.outer(g, x) → np.outer((1 - h**2) * g, x)",
            "−p for e: the observed word dropped": "y - softmax(s) → -softmax(s)",
        },
    ),
)


# The gradients through L layers


def deep_network(rng, V, d, L):
    """Random matrices, small enough that no tanh saturates, and two words, which may be the same."""
    return network(rng, V, d) | {"W": rng.normal(size=(L, d, d)) / np.sqrt(d)}


def given_layers(seed, V, d, L, **given):
    """A network under some matrices, with given parts."""
    return deep_network(np.random.default_rng(seed), V, d, L) | given


def latent(case):
    """(L + 1, d), the shape of all latent vectors."""
    return len(case["W"]) + 1, len(case["W_embed"])


OWN_TRANSPOSE = Unless("d = 1, where a matrix is its own transpose", lambda W_embed, **_: len(W_embed) == 1)

UNIFORM = {
    **words(0, 1, V=3),
    "W_embed": np.array([[log(6), 1, -1], [log(3), 2, 1]]),
    "W": np.array([[[1, -1], [0, 1 / 2]]]),
    "W_unembed": np.array([[1, 6 / 5], [2, 0], [0, 12 / 5]]),
}
TWO_LAYERS = {
    **words(0, 1, V=3),
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
        "no layer on top of the embedding": given_layers(1, V=5, d=3, L=1, W=np.zeros((0, 3, 3))),
        "two words, one number, one layer": given_layers(2, V=2, d=1, L=1),
        "the next word is the word itself": given_layers(3, V=5, d=3, L=2, **words(2, 2, V=5)),
        "a layer that saturates": given_layers(
            4, V=4, d=3, L=3, W=np.stack([np.eye(3), 50 * np.ones((3, 3)), -np.eye(3)])
        ),
        "a layer of zeros": given_layers(5, V=4, d=3, L=3, W=np.stack([np.eye(3), np.zeros((3, 3)), -np.eye(3)])),
        "thirty layers": given_layers(6, V=4, d=3, L=30),
    },
    references=[
        Reference("autograd", autograd(J_of_network, "W_unembed", "W", "W_embed", h=latent)),
        Reference(
            "central differences",
            central_differences(plain_J_of_network, "W_unembed", "W", "W_embed", h=latent),
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
    mutants=mistakes(
        [backprop_mlp.output_error, backprop_mlp.deep_gradients],
        {
            "the sign of the loss, in all of them": "y - softmax(s) → softmax(s) - y",
            "the activation's derivative missing: δ_ℓ = g_ℓ": "(1 - h[layer] ** 2) * g[layer] → g[layer]",
            "the activation's derivative taken at the layer below, 1 − (h^(ℓ−1))²": "h[layer] ** 2 → h[layer - 1] ** 2",
            "the activation's derivative taken of h^(ℓ), 1 − tanh²(h^(ℓ))": "h[layer] ** 2 → np.tanh(h[layer]) ** 2",
            "the activation's derivative without the square, 1 − h^(ℓ)": "h[layer] ** 2 → h[layer]",
            "W_ℓ for W_ℓᵀ on the way back": ("W[layer - 1].T → W[layer - 1]", OWN_TRANSPOSE),
            "g_ℓ for δ_ℓ on the way to the layer below": "W[layer - 1].T @ delta → W[layer - 1].T @ g[layer]",
            "the matrices taken in the order of the way forwards": (
                "W[layer - 1].T → W[L - layer].T",
                Unless("L = 1, where there is one order only", lambda W, **_: len(W) == 1),
            ),
            "h^(ℓ) for h^(ℓ−1) in ∂J/∂W_ℓ": "np.outer(delta, h[layer - 1]) → np.outer(delta, h[layer])",
            "∂J/∂W_ℓ transposed, h^(ℓ−1) δ_ℓᵀ": (
                "np.outer(delta, h[layer - 1]) → np.outer(h[layer - 1], delta)",
                OWN_TRANSPOSE,
            ),
            "a factor 1 − (h^(0))² as if the embedding had an activation": (
                "np.outer(g[0], x) → np.outer((1 - h[0] ** 2) * g[0], x)"
            ),
        },
    ),
)
