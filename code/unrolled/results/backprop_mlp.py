"""The results of the page ``backprop-mlp``."""

from collections.abc import Callable
from fractions import Fraction
from math import log

import numpy as np
import sympy
from numpy import ndarray
from numpy.random import Generator
from torch import Tensor
from torch.nn import functional as F

from unrolled import backprop_mlp
from unrolled.backprop_mlp import Gradients, softmax
from unrolled.checks import (
    Case,
    Mutant,
    Reference,
    Result,
    Worked,
    autograd,
    central_differences,
)


def one_hot(k: int, V: int) -> ndarray:
    """The word k (V,), one-hot."""
    return np.eye(V)[k]


# e = y − p


def scores_and_word(rng: Generator, V: int) -> dict[str, ndarray]:
    """Random scores (V,) and an observed word (V,)."""
    return {"s": rng.normal(size=V), "y": one_hot(rng.integers(V), V)}


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
    J = sympy.log(
        sympy.exp(symbols[y.argmax()]) / sum(sympy.exp(symbol) for symbol in symbols)
    )
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
            "SymPy",
            symbolic_error,
            covers=lambda s, y: len(s) <= 4 and abs(s).max() < 100,
            but="more than four words",
        ),
    ],
    worked=[
        # p is (1/2, 1/4, 1/4)
        Worked(
            {"s": np.array([log(2), 0, 0]), "y": one_hot(1, 3)}, [-1 / 2, 3 / 4, -1 / 4]
        ),
        # p is (1/6, 2/6, 3/6)
        Worked(
            {"s": np.log([1, 2, 3]), "y": one_hot(0, 3)},
            [Fraction(5, 6), Fraction(-1, 3), Fraction(-1, 2)],
        ),
    ],
    mutants=[
        Mutant("the sign of the loss, p − y", lambda s, y: softmax(s) - y),
        Mutant("the normaliser's derivative dropped: y alone", lambda s, y: y),
        Mutant(
            "the observed word's own score dropped: −p alone", lambda s, y: -softmax(s)
        ),
        Mutant(
            "only the observed word's score gets a gradient, 1 − p",
            lambda s, y: y * (1 - softmax(s)),
        ),
        Mutant(
            "the gradient of p instead of log p",
            lambda s, y: (softmax(s) @ y) * (y - softmax(s)),
        ),
        Mutant(
            "p not normalised",
            lambda s, y: y - np.exp(s - s.max()),
        ),
    ],
)


# ∂J/∂h, ∂J/∂W_unembed, ∂J/∂W_embed


def network(rng: Generator, V: int, d: int) -> dict[str, ndarray]:
    """Random matrices, and two different words."""
    x, y = rng.choice(V, size=2, replace=False)
    return {
        "x": one_hot(x, V),
        "y": one_hot(y, V),
        "W_embed": rng.normal(size=(d, V)),
        "W_unembed": rng.normal(size=(V, d)),
    }


def width(case: Case) -> int:
    """d, the shape of the hidden vector."""
    return len(case["W_embed"])


def J_of_network(
    x: Tensor, y: Tensor, W_embed: Tensor, W_unembed: Tensor, h: Tensor
) -> Tensor:
    """J in PyTorch's own words; h is added to the hidden vector."""
    hidden = F.embedding(x.argmax(), W_embed.T) + h
    return -F.cross_entropy(F.linear(hidden, W_unembed), y.argmax())


def plain_J_of_network(
    x: ndarray, y: ndarray, W_embed: ndarray, W_unembed: ndarray, h: ndarray
) -> float:
    """J from its definition; h is added to the hidden vector."""
    return plain_J_of_scores(W_unembed @ (W_embed @ x + h), y)


def mistaken(
    **wrong: Callable[[ndarray, ndarray, ndarray, ndarray, ndarray], ndarray],
) -> Callable[..., Gradients]:
    """The gradients, but some of them computed otherwise, from x, h, e, W_embed and W_unembed."""

    def gradients(
        x: ndarray, y: ndarray, W_embed: ndarray, W_unembed: ndarray
    ) -> Gradients:
        h = W_embed @ x
        e = y - softmax(W_unembed @ h)
        right = backprop_mlp.gradients(x, y, W_embed, W_unembed)
        return right._replace(
            **{name: f(x, h, e, W_embed, W_unembed) for name, f in wrong.items()}
        )

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
            "central differences",
            central_differences(plain_J_of_network, "W_unembed", "W_embed", h=width),
            bound=1e-6,
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
        ),
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
        Mutant(
            "∂J/∂W_unembed transposed, h eᵀ",
            mistaken(W_unembed=lambda x, h, e, E, U: np.outer(h, e)),
        ),
        Mutant(
            "∂J/∂W_embed transposed, x (W_unembedᵀ e)ᵀ",
            mistaken(W_embed=lambda x, h, e, E, U: np.outer(x, U.T @ e)),
        ),
        Mutant(
            "W_embed for W_unembedᵀ on the way back",
            mistaken(
                h=lambda x, h, e, E, U: E @ e,
                W_embed=lambda x, h, e, E, U: np.outer(E @ e, x),
            ),
        ),
        Mutant(
            "x for h in ∂J/∂W_unembed",
            mistaken(W_unembed=lambda x, h, e, E, U: np.outer(e, x)),
        ),
        Mutant(
            "the gradient of h put into every column of W_embed",
            mistaken(W_embed=lambda x, h, e, E, U: np.outer(U.T @ e, np.ones_like(x))),
        ),
        Mutant(
            "a factor 1 − h² as if there were a tanh",
            mistaken(W_embed=lambda x, h, e, E, U: np.outer((1 - h**2) * (U.T @ e), x)),
        ),
        Mutant(
            "p for e: the observed word dropped",
            mistaken(
                h=lambda x, h, e, E, U: -U.T @ softmax(U @ h),
                W_unembed=lambda x, h, e, E, U: -np.outer(softmax(U @ h), h),
                W_embed=lambda x, h, e, E, U: -np.outer(U.T @ softmax(U @ h), x),
            ),
        ),
    ],
)
