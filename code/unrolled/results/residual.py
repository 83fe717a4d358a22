"""The results of the page ``residual``."""

from functools import partial
from itertools import product
from math import log

import numpy as np
import torch
from scipy.special import softmax

from unrolled.checks import Reference, Result, Unless, Worked, autograd, central_differences, mistakes
from unrolled.pages import residual
from unrolled.pages.residual import Gradients, Paths
from unrolled.results import _sentences
from unrolled.results._sentences import (
    MATRICES,
    J_of_state,
    all_states,
    no_word_repeats,
    plain_J_of_state,
    random_words,
    written,
)

# A case is a sentence x (T, V) in one-hot rows, the next word y (V,), and the three matrices.


def network(rng, V, d, T):
    """A random sentence and random matrices, so large that the tanh bends; the scores are small or large."""
    return {
        **random_words(rng, V, T),
        "W_embed": rng.normal(size=(d, V)),
        "W_recurrent": rng.normal(size=(d, d)) / np.sqrt(d),
        "W_unembed": rng.choice([0.1, 1, 3]) * rng.normal(size=(V, d)) / np.sqrt(d),
    }


# The two examples of the page; tanh(C) = 1/2. I, love, machine → learning: the updates are (0, 1/2), (1/2, 0) and
# (1/2, 1/2), and h = (0, 1/2), (1/2, 1/2), (1, 1), all scores 0, e = (−1/4, −1/4, −1/4, 3/4).
L = log(3)
C = L / 2
SENTENCE = written(
    [0, 1, 2],
    3,
    [[0, C + 1 / 2, C + 1 / 2, 0], [C, 1 / 4, C - 1 / 4, 0]],
    [[0, -1], [1, -1 / 2]],
    [[0, 0], [0, 0], [8, -8], [-8, 8]],
)
# very, very → good: the updates are (0, 1/2), (1/2, 1/2), h = (0, 1/2), (1/2, 1), all scores 0, e = (−1/3, 2/3, −1/3).
TWICE = written([0, 0], 1, [[0, 0, 0], [C, 0, 0]], [[0, L], [-1, 0]], [[0, 0], [8, -4], [-8, 4]])
EDGES = {
    "one step": written([1], 0, [[0.5, -1, 2], [1, 0.3, 0]], [[0.5, -1], [2, 0.3]], [[1, -1], [0.5, 2], [0, 1]]),
    "two words, one number": written([0, 1, 1], 0, [[0.7, -0.4]], [[-0.8]], [[1], [-0.5]]),
    "one word, again and again": written(
        [2] * 5, 2, np.linspace(-1, 1, 6).reshape(2, 3), [[0.5, -0.7], [0.2, 0.4]], np.linspace(1, -1, 6).reshape(3, 2)
    ),
    "saturated": written([0, 1, 0], 1, [[30, -25], [-28, 40]], [[3, 1], [-1, 2]], [[0.3, -0.2], [0.1, 0.4]]),
    "WᵀD = −I, all states zero": written([0, 1, 0], 1, np.zeros((3, 2)), -np.eye(3), [[1, 2, 3], [-1, 0, 1]]),
    "WᵀD = −I at the second step alone": written([0, 1, 0], 1, [[C / 2, C / 2 + 2 / 3]], [[-4 / 3]], [[1], [-1]]),
}
J = partial(_sentences.J, residual=True)
plain_J = partial(_sentences.plain_J, residual=True)
FIRST = Unless("T = 1, where h_0 = 0", lambda x, **_: len(x) == 1)

# ∂J/∂h_t

STATES = Result(
    label="residual-states",
    claim=residual.state_gradients,
    case=network,
    sizes={"V": (2, 10), "d": (1, 8), "T": (1, 8)},
    edges=EDGES,
    references=[
        Reference("autograd", autograd(J, h=all_states)),
        Reference("central differences", central_differences(plain_J, h=all_states), bound=1e-6),
    ],
    worked=[
        Worked(SENTENCE, [[57 / 4, -37 / 8], [9, 7], [-2, 11], [-8, 8]]),
        Worked(TWICE, [[14 - 9 / 2 * L, 17 * L - 4], [11, 6 * L - 4], [8, -4]]),
    ],
    mutants=mistakes(
        residual.state_gradients,
        {
            "1 − h_t² for 1 − (h_t − h_(t−1))²": ("(h[t] - h[t - 1]) ** 2 → h[t] ** 2", FIRST),
            "the identity path forgotten: WᵀD_t for I + WᵀD_t": "g[t] + W_recurrent.T → W_recurrent.T",
            "W_recurrent not transposed": ("W_recurrent.T → W_recurrent", "d == 1"),
            "D_t on the wrong side, D_t Wᵀ": ("W_recurrent.T @ (D * g[t]) → D * (W_recurrent.T @ g[t])", "d == 1"),
            "D at the wrong time, D_(t−1) for D_t": "h[t] - h[t - 1] → h[t - 1] - h[max(t - 2, 0)]",
            "the factors in the wrong order, (I + WᵀD_3)(I + WᵀD_2)": (
                "g[t] + W_recurrent.T @ (D * g[t]) → "
                "np.linalg.multi_dot([*factors(h, W_recurrent)[t - 1 :][::-1], g[-1]])",
                "T == 1 or d == 1",
            ),
            "only the identity path: g_T at every step": "g[t] + W_recurrent.T @ (D * g[t]) → g[t]",
            "the identity path through the activation too, D_t + WᵀD_t": "g[t] + → D * g[t] +",
            "the sign of the loss": "y - softmax(s) → softmax(s) - y",
        },
    ),
)

# ∂J/∂W_embed, ∂J/∂W_recurrent, ∂J/∂W_unembed

GRADIENTS = Result(
    label="residual-gradients",
    claim=residual.gradients,
    case=network,
    sizes={"V": (2, 10), "d": (1, 8), "T": (1, 8)},
    edges=EDGES,
    references=[
        Reference("autograd", autograd(J, *MATRICES)),
        Reference("central differences", central_differences(plain_J, *MATRICES), bound=1e-6),
    ],
    worked=[
        # δ_1 = (9, 21/4), δ_2 = (−3/2, 11), δ_3 = (−6, 6)
        Worked(
            SENTENCE,
            Gradients(
                W_embed=[[9, -3 / 2, -6, 0], [21 / 4, 11, 6, 0]],
                W_recurrent=[[-3, -15 / 4], [3, 17 / 2]],
                W_unembed=[[-1 / 4, -1 / 4], [-1 / 4, -1 / 4], [-1 / 4, -1 / 4], [3 / 4, 3 / 4]],
            ),
        ),
        # δ_1 = (11, 9/2 L − 3), δ_2 = (6, −3)
        Worked(
            TWICE,
            Gradients(
                W_embed=[[17, 0, 0], [9 / 2 * L - 6, 0, 0]],
                W_recurrent=[[0, 3], [0, -3 / 2]],
                W_unembed=[[-1 / 6, -1 / 3], [1 / 3, 2 / 3], [-1 / 6, -1 / 3]],
            ),
        ),
    ],
    mutants=mistakes(
        [residual.state_gradients, residual.gradients],
        {
            "1 − h_t² for 1 − (h_t − h_(t−1))²": (
                """
                (h[t] - h[t - 1]) ** 2 → h[t] ** 2
                np.diff(h, axis=0) ** 2 → h[1:] ** 2
                """,
                FIRST,
            ),
            "1 − h_t² for 1 − (h_t − h_(t−1))², in δ_t alone": ("np.diff(h, axis=0) ** 2 → h[1:] ** 2", FIRST),
            "the activation's derivative forgotten: g_t for δ_t": "(1 - np.diff(h, axis=0) ** 2) * g[1:] → g[1:]",
            "off by one in time: D_t g_(t−1) for D_t g_t": "g[1:] → g[:-1]",
            "the identity path forgotten on the way back": ("g[t] + W_recurrent.T → W_recurrent.T", "T == 1"),
            "h_t for h_(t−1) in ∂J/∂W_recurrent": "delta.T @ h[:-1] → delta.T @ h[1:]",
            "∂J/∂W_recurrent transposed, h_(t−1) δ_tᵀ": ("delta.T @ h[:-1] → h[:-1].T @ delta", "T == 1 or d == 1"),
            "a word that comes again overwrites what its column had": (
                """
                return Gradients( → by_embed = 0 * W_embed; by_embed[:, x.argmax(1)] = delta.T; return Gradients(
                delta.T @ x → by_embed
                """,
                Unless("no word comes twice", no_word_repeats),
            ),
            "only the last step counted": (
                """
                delta.T @ x → np.outer(delta[-1], x[-1])
                delta.T @ h[:-1] → np.outer(delta[-1], h[-2])
                """,
                "T == 1",
            ),
            "the last update for the last state in ∂J/∂W_unembed": ("h[-1] → h[-1] - h[-2]", FIRST),
            "the sign of the loss, in all three": """
                @ (y - softmax(s)) → @ (softmax(s) - y)
                np.outer(y - softmax(s) → np.outer(softmax(s) - y
            """,
        },
    ),
)

# ∂J/∂h_1 as a sum over paths


def subsets(T):
    """The subsets of the steps 2, …, T, as rows (2ᵀ⁻¹, T − 1)."""
    return np.array(list(product((False, True), repeat=T - 1)), dtype=bool)


def free(T):
    """Where the branch and where the state before is not held fixed: in all, then along each path (1 + 2ᵀ⁻¹, T − 1)."""
    taken, everywhere = subsets(T), np.ones((1, T - 1), dtype=bool)
    return np.vstack([everywhere, taken]), np.vstack([everywhere, ~taken])


def J_along_paths(x, y, W_embed, W_recurrent, W_unembed, h_1):
    """J (1 + 2ᵀ⁻¹,), as a function of what is added to h_1: in the whole network, and along each path alone."""
    branch, before = map(torch.from_numpy, free(len(x)))
    h = h_1 + torch.tanh(W_embed @ x[0])
    h = h.expand(len(branch), -1)
    for t, x_t in enumerate(x[1:]):
        update = torch.rnn_tanh_cell(x_t.expand(len(h), -1), h, W_embed, W_recurrent)
        h = torch.where(branch[:, [t]], update, update.detach()) + torch.where(before[:, [t]], h, h.detach())
    return J_of_state(h, y, W_unembed)


def plain_J_along_paths(x, y, W_embed, W_recurrent, W_unembed, h_1):
    """The same from the definition of J."""
    branch, before = free(len(x))
    fixed = np.tanh(W_embed @ x[0])
    h = np.tile(fixed + h_1, (len(branch), 1))
    for t, x_t in enumerate(x[1:]):
        into = np.where(branch[:, [t]], h, fixed)
        h = np.where(before[:, [t]], h, fixed) + np.tanh(W_embed @ x_t + into @ W_recurrent.T)
        fixed = fixed + np.tanh(W_embed @ x_t + W_recurrent @ fixed)
    return plain_J_of_state(h, y, W_unembed)


def path_by_path(jacobians):
    """The gradients by h_1: that of the whole network, and those along the paths."""

    def paths(**case):
        rows = jacobians(**case)["h_1"]
        return Paths(rows[0], rows[1:])

    return paths


def first_state(case):
    """(d,), the shape of h_1."""
    return len(case["W_recurrent"])


def entry_by_entry(x, y, W_embed, W_recurrent, W_unembed):
    """The sums over all ways from an entry of h_1 to an entry of h_T, with the derivatives of single entries."""
    d, T = W_embed.shape[0], len(x)
    h = residual.states(x, W_embed, W_recurrent)
    g_T = W_unembed.T @ (y - softmax(W_unembed @ h[-1]))
    terms = np.zeros((2 ** (T - 1), d))
    for row, taken in zip(terms, subsets(T), strict=True):
        for way in product(range(d), repeat=T):  # the entries at times 1, …, T
            weight = g_T[way[-1]]
            for t, on in enumerate(taken, 2):
                i, j = way[t - 1], way[t - 2]  # of h_t and of h_(t−1)
                slope = 1 - (h[t, i] - h[t - 1, i]) ** 2
                weight *= slope * W_recurrent[i, j] if on else i == j
            row[way[0]] += weight
    return Paths(h_1=terms.sum(0), terms=terms)


PATHS = Result(
    label="residual-paths",
    claim=residual.paths,
    case=network,
    sizes={"V": (2, 10), "d": (1, 8), "T": (1, 5)},
    edges=EDGES,
    references=[
        Reference("autograd", path_by_path(autograd(J_along_paths, h_1=first_state))),
        Reference(
            "central differences",
            path_by_path(central_differences(plain_J_along_paths, h_1=first_state)),
            bound=1e-6,
            covers=lambda x, **_: len(x) <= 4,
            but="more than four steps",
        ),
        Reference(
            "enumeration, entry by entry",
            entry_by_entry,
            covers=lambda x, W_embed, **_: len(W_embed) ** len(x) <= 100,
            but="more than 100 ways from entry to entry",
        ),
    ],
    worked=[
        Worked(SENTENCE, Paths(h_1=[9, 7], terms=[[-8, 8], [6, 3], [8, 2], [3, -6]])),
        Worked(TWICE, Paths(h_1=[11, 6 * L - 4], terms=[[8, -4], [3, 6 * L]])),
    ],
    mutants=mistakes(
        [residual.factors, residual.paths],
        {
            "1 − h_t² for 1 − (h_t − h_(t−1))²": ("update**2 → h[1:] ** 2", "T == 1"),
            "W_recurrent not transposed": ("W_recurrent.T → W_recurrent", "T == 1 or d == 1"),
            "the factors in the wrong order": ("range(len(x), 1, -1) → range(2, len(x) + 1)", "T <= 2 or d == 1"),
            "only the identity path": ("np.sum(terms, axis=0) → terms[0]", "T == 1"),
            "only the path through every branch, as in the vanilla network": (
                "np.sum(terms, axis=0) → terms[-1]",
                "T == 1",
            ),
            "only the identity path and the path through every branch": (
                "np.sum(terms, axis=0) → terms[0] + (len(x) > 1) * terms[-1]",
                "T <= 2",
            ),
            "the paths through two or more branches forgotten": (
                "np.sum(terms, axis=0) → sum(g for k, g in enumerate(terms) if k.bit_count() < 2)",
                "T <= 2",
            ),
            "one factor too many, the one that leads to h_0": (
                "np.sum(terms, axis=0) → factors(h, W_recurrent)[0] @ np.sum(terms, axis=0)"
            ),
            "the sign of the loss": "y - softmax(s) → softmax(s) - y",
        },
    ),
)

# The backward pass as a scan


def random_factors(rng, T, d):
    """Random factors, near enough to the identity to neither vanish nor explode, and a random gradient at the end."""
    A = np.eye(d) + rng.normal(size=(T, d, d)) / (2 * np.sqrt(d))
    return {"A": A, "g_T": rng.normal(size=d)}


def J_of_linear_network(A, g_T, h):
    """J = g_Tᵀ h_T for h_t = A_tᵀ h_(t−1), whose backward pass is g_(t−1) = A_t g_t; row t of h is added to h_t."""
    state = h[0]
    for A_t, added in zip(A, h[1:], strict=True):
        state = state @ A_t + added
    return state @ g_T


def shape_of_gradients(case):
    """(T + 1, d)."""
    return len(case["A"]) + 1, len(case["g_T"])


SCAN = Result(
    label="backward-scan",
    claim=residual.backward_by_scan,
    case=random_factors,
    sizes={"T": (1, 20), "d": (1, 9)},
    edges={
        "one step": {"A": np.array([[[2.0, 1], [0, 3]]]), "g_T": np.array([1.0, -1])},
        "one number": {"A": np.array([[[2.0]], [[-0.5]], [[3]]]), "g_T": np.ones(1)},
        "a power of two": random_factors(np.random.default_rng(1), T=64, d=3),
        "one more than a power of two": random_factors(np.random.default_rng(2), T=65, d=3),
        "all factors zero, WᵀD = −I": {"A": np.zeros((5, 2, 2)), "g_T": np.ones(2)},
        "a zero in the middle": {
            "A": np.array([np.eye(2), 2 * np.eye(2), 0 * np.eye(2), np.eye(2)]),
            "g_T": np.array([3.0, -1]),
        },
        "vanishing": {"A": np.full((40, 2, 2), 0.01) * [[1, 2], [-1, 1]], "g_T": np.array([1.0, 2])},
        "growing": {"A": np.full((40, 2, 2), 3.0) * [[1, 2], [-1, 1]], "g_T": np.array([1.0, 2])},
    },
    references=[
        Reference("autograd", autograd(J_of_linear_network, h=shape_of_gradients)),
        Reference("central differences", central_differences(J_of_linear_network, h=shape_of_gradients), bound=1e-6),
        Reference("one step after the other", residual.backward_step_by_step),
    ],
    worked=[
        # A_1 A_2 A_3 g, A_2 A_3 g, A_3 g, g
        Worked(
            {"A": np.array([[[1.0, 1], [0, 1]], [[2, 0], [1, 1]], [[0, 1], [1, 0]]]), "g_T": np.array([1.0, 3])},
            [[10, 4], [6, 4], [3, 1], [1, 3]],
        )
    ],
    mutants=mistakes(
        [residual.associative_scan, residual.backward_by_scan],
        {
            "the two factors of each product exchanged": ("earlier @ later → later @ earlier", "T == 1 or d == 1"),
            "scanned from the first step: A_1 ⋯ A_t g_T": ("earlier @ later, A[::-1] → later @ earlier, A", "T == 1"),
            "off by one: A_t ⋯ A_T g_T as the gradient of step t": (
                "(products @ g_T)[::-1], g_T[None] → (products @ g_T)[-1:], (products @ g_T)[::-1]"
            ),
            "products entry by entry": ("earlier @ later → earlier * later", "T == 1 or d == 1"),
            "each factor transposed": ("A[::-1] → A[::-1].transpose(0, 2, 1)", "d == 1"),
            "the factor left over at an odd number dropped": (
                "return scanned → scanned[len(scanned) // 2 * 2 :] = scanned[-2]; return scanned",
                Unless("T a power of two", lambda A, **_: len(A) & (len(A) - 1) == 0),
            ),
        },
    ),
)
