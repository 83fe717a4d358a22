"""The results of the page ``residual``."""

from collections.abc import Callable
from functools import reduce
from itertools import product
from math import log

import numpy as np
import torch
from numpy import ndarray
from numpy.random import Generator
from scipy.special import softmax
from torch import Tensor
from torch.nn import functional as F

from unrolled import residual
from unrolled.checks import Case, Mutant, Reference, Result, Unless, Worked, autograd, central_differences
from unrolled.residual import Gradients, Paths

# A case is a sentence x (T, V) in one-hot rows, the next word y (V,), and the three matrices.


def sentence(*words: int, V: int) -> ndarray:
    """The words, one-hot, as rows (T, V)."""
    return np.eye(V)[list(words)]


def network(rng: Generator, V: int, d: int, T: int) -> dict[str, ndarray]:
    """A random sentence and random matrices, so large that the tanh bends; the scores are small or large."""
    return {
        "x": sentence(*rng.integers(V, size=T), V=V),
        "y": np.eye(V)[rng.integers(V)],
        "W_embed": rng.normal(size=(d, V)),
        "W_recurrent": rng.normal(size=(d, d)) / np.sqrt(d),
        "W_unembed": rng.choice([0.1, 1, 3]) * rng.normal(size=(V, d)) / np.sqrt(d),
    }


LOVE = {
    # I love machine → learning, d = 1: every step adds tanh(log(3)/2) = 1/2, so h = 0, 1/2, 1, 3/2 and D_t = 3/4;
    # s = (0, 0, 0, log 3), p = (1/6, 1/6, 1/6, 1/2)
    "x": sentence(0, 1, 2, V=4),
    "y": np.eye(4)[3],
    "W_embed": np.array([[log(3) / 2, log(3) / 2 - 1 / 3, log(3) / 2 - 2 / 3, 0]]),
    "W_recurrent": np.array([[2 / 3]]),
    "W_unembed": np.array([[0.0], [0], [0], [2 * log(3) / 3]]),
}
TWICE = {
    # the same word twice, d = 2: h = (0, 0), (1/2, 0), (1, 0), D_t = diag(3/4, 1), WᵀD_t = [[0, 0], [1, 0]];
    # s = (0, log 3), p = (1/4, 3/4), e = (3/4, −3/4)
    "x": sentence(0, 0, V=2),
    "y": np.eye(2)[0],
    "W_embed": np.array([[log(3) / 2, 0], [0, 0]]),
    "W_recurrent": np.array([[0, 4 / 3], [0, 0]]),
    "W_unembed": np.array([[0, 0], [log(3), 4]]),
}
EDGES = {
    "one step": {
        "x": sentence(1, V=3),
        "y": np.eye(3)[0],
        "W_embed": np.array([[0.5, -1, 2], [1, 0.3, 0]]),
        "W_recurrent": np.array([[0.5, -1], [2, 0.3]]),
        "W_unembed": np.array([[1.0, -1], [0.5, 2], [0, 1]]),
    },
    "two words, one number": {
        "x": sentence(0, 1, 1, V=2),
        "y": np.eye(2)[0],
        "W_embed": np.array([[0.7, -0.4]]),
        "W_recurrent": np.array([[-0.8]]),
        "W_unembed": np.array([[1.0], [-0.5]]),
    },
    "one word, again and again": {
        "x": sentence(2, 2, 2, 2, 2, V=3),
        "y": np.eye(3)[2],
        "W_embed": np.linspace(-1, 1, 6).reshape(2, 3),
        "W_recurrent": np.array([[0.5, -0.7], [0.2, 0.4]]),
        "W_unembed": np.linspace(1, -1, 6).reshape(3, 2),
    },
    "saturated": {
        "x": sentence(0, 1, 0, V=2),
        "y": np.eye(2)[1],
        "W_embed": np.array([[30.0, -25], [-28, 40]]),
        "W_recurrent": np.array([[3.0, 1], [-1, 2]]),
        "W_unembed": np.array([[0.3, -0.2], [0.1, 0.4]]),
    },
    "WᵀD = −I, all states zero": {
        "x": sentence(0, 1, 0, V=2),
        "y": np.eye(2)[1],
        "W_embed": np.zeros((3, 2)),
        "W_recurrent": -np.eye(3),
        "W_unembed": np.array([[1.0, 2, 3], [-1, 0, 1]]),
    },
    "WᵀD = −I at the second step alone": {
        "x": sentence(0, 1, 0, V=2),
        "y": np.eye(2)[1],
        "W_embed": np.array([[log(3) / 2, log(3) / 2 + 2 / 3]]),
        "W_recurrent": np.array([[-4 / 3]]),
        "W_unembed": np.array([[1.0], [-1]]),
    },
}


def J_of_states(x: Tensor, y: Tensor, W_embed: Tensor, W_recurrent: Tensor, W_unembed: Tensor, h: Tensor) -> Tensor:
    """J in PyTorch's own words; row t of h is added to the state h_t."""
    state = h[:1]
    for x_t, added in zip(x, h[1:], strict=True):
        update = torch.rnn_tanh_cell(x_t[None], state, W_embed, W_recurrent)
        state = state + update + added
    return -F.cross_entropy(F.linear(state[0], W_unembed), y.argmax())


def plain_J_of_states(
    x: ndarray, y: ndarray, W_embed: ndarray, W_recurrent: ndarray, W_unembed: ndarray, h: ndarray
) -> float:
    """J from its definition; row t of h is added to the state h_t."""
    state = h[0]
    for word, added in zip(x.argmax(1), h[1:], strict=True):
        state = state + np.tanh(W_recurrent @ state + W_embed[:, word]) + added
    s = W_unembed @ state
    return float(-np.log(np.exp(s - s[y.argmax()]).sum()))


def all_states(case: Case) -> tuple[int, int]:
    """(T + 1, d), the shape of the states."""
    return len(case["x"]) + 1, len(case["W_embed"])


def one_step(x: ndarray, **_: ndarray) -> bool:
    """Whether there is one step alone."""
    return len(x) == 1


def one_number(W_recurrent: ndarray, **_: ndarray) -> bool:
    """Whether a state is one number."""
    return len(W_recurrent) == 1


def either(*conditions: Callable[..., bool]) -> Callable[..., bool]:
    """Whether one of the conditions holds."""
    return lambda **case: any(condition(**case) for condition in conditions)


def bent(h: ndarray) -> ndarray:
    """The diagonals of D_1, …, D_T (T, d)."""
    return 1 - np.diff(h, axis=0) ** 2


def bent_as_vanilla(h: ndarray) -> ndarray:
    """The diagonals as they would be in the vanilla network, 1 − h_t² (T, d)."""
    return 1 - h[1:] ** 2


def at_the_end(s: ndarray, y: ndarray, W_unembed: ndarray) -> ndarray:
    """The gradient by the last state (d,)."""
    return W_unembed.T @ (y - softmax(s))


# ∂J/∂h_t


def carried(
    back: Callable[[ndarray, ndarray, ndarray], ndarray], diagonals: Callable[[ndarray], ndarray] = bent
) -> Callable[..., ndarray]:
    """The gradients by the states, carried back otherwise, from W_recurrent, the diagonal of D_t and g_t."""

    def state_gradients(x: ndarray, y: ndarray, W_embed: ndarray, W_recurrent: ndarray, W_unembed: ndarray) -> ndarray:
        h, s, _ = residual.forward(x, y, W_embed, W_recurrent, W_unembed)
        g = [at_the_end(s, y, W_unembed)]
        for D in diagonals(h)[::-1]:
            g.append(back(W_recurrent, D, g[-1]))
        return np.array(g[::-1])

    return state_gradients


def right_way(W: ndarray, D: ndarray, g: ndarray) -> ndarray:
    """(I + WᵀD) g."""
    return g + W.T @ (D * g)


def wrong_order(x: ndarray, y: ndarray, W_embed: ndarray, W_recurrent: ndarray, W_unembed: ndarray) -> ndarray:
    """The gradients by the states, with the factors in the opposite order."""
    h, s, _ = residual.forward(x, y, W_embed, W_recurrent, W_unembed)
    A = residual.factors(h, W_recurrent)
    g = [at_the_end(s, y, W_unembed)]
    for t in range(len(x), 0, -1):
        g.append(reduce(lambda so_far, A_t: A_t @ so_far, A[t - 1 :], g[0]))
    return np.array(g[::-1])


STATES = Result(
    label="residual-states",
    claim=residual.state_gradients,
    case=network,
    sizes={"V": (2, 10), "d": (1, 8), "T": (1, 8)},
    edges=EDGES,
    references=[
        Reference("autograd", autograd(J_of_states, h=all_states)),
        Reference("central differences", central_differences(plain_J_of_states, h=all_states), bound=1e-6),
    ],
    worked=[
        Worked(LOVE, [[9 * log(3) / 8], [3 * log(3) / 4], [log(3) / 2], [log(3) / 3]]),
        Worked(
            TWICE,
            [[-3 * log(3) / 4, -3 * log(3) / 2 - 3], [-3 * log(3) / 4, -3 * log(3) / 4 - 3], [-3 * log(3) / 4, -3]],
        ),
    ],
    mutants=[
        Mutant(
            "1 − h_t² for 1 − (h_t − h_(t−1))²",
            carried(right_way, bent_as_vanilla),
            unless=Unless("T = 1, where h_0 = 0", one_step),
        ),
        Mutant("the identity path forgotten: WᵀD_t for I + WᵀD_t", carried(lambda W, D, g: W.T @ (D * g))),
        Mutant(
            "W_recurrent not transposed", carried(lambda W, D, g: g + W @ (D * g)), unless=Unless("d = 1", one_number)
        ),
        Mutant(
            "D_t on the wrong side, D_t Wᵀ",
            carried(lambda W, D, g: g + D * (W.T @ g)),
            unless=Unless("d = 1", one_number),
        ),
        Mutant(
            "D at the wrong time, D_(t−1) for D_t",
            carried(right_way, lambda h: np.vstack([np.ones_like(h[:1]), bent(h)[:-1]])),
        ),
        Mutant(
            "the factors in the wrong order, (I + WᵀD_3)(I + WᵀD_2)",
            wrong_order,
            unless=Unless("T = 1 or d = 1", either(one_step, one_number)),
        ),
        Mutant("only the identity path: g_T at every step", carried(lambda W, D, g: g)),
        Mutant(
            "the identity path through the activation too, D_t + WᵀD_t", carried(lambda W, D, g: D * g + W.T @ (D * g))
        ),
        Mutant("the sign of the loss", lambda **case: -residual.state_gradients(**case)),
    ],
)


# ∂J/∂W_embed, ∂J/∂W_recurrent, ∂J/∂W_unembed


def mistaken(**wrong: Callable[[ndarray, ndarray, ndarray, ndarray, ndarray], ndarray]) -> Callable[..., Gradients]:
    """The gradients, but some of them computed otherwise, from x, h, g, the δ_t as rows, and e."""

    def gradients(x: ndarray, y: ndarray, W_embed: ndarray, W_recurrent: ndarray, W_unembed: ndarray) -> Gradients:
        case = x, y, W_embed, W_recurrent, W_unembed
        h, s, _ = residual.forward(*case)
        g = residual.state_gradients(*case)
        delta = bent(h) * g[1:]
        given = x, h, g, delta, y - softmax(s)
        return residual.gradients(*case)._replace(**{name: f(*given) for name, f in wrong.items()})

    return gradients


def from_deltas(deltas: Callable[[ndarray, ndarray], ndarray]) -> Callable[..., Gradients]:
    """The gradients with other δ_t, made of h and g."""
    return mistaken(
        W_embed=lambda x, h, g, delta, e: deltas(h, g).T @ x,
        W_recurrent=lambda x, h, g, delta, e: deltas(h, g).T @ h[:-1],
    )


def without_identity(x: ndarray, y: ndarray, W_embed: ndarray, W_recurrent: ndarray, W_unembed: ndarray) -> Gradients:
    """The gradients, with those by the states carried back by WᵀD_t alone."""
    case = x, y, W_embed, W_recurrent, W_unembed
    g = carried(lambda W, D, g: W.T @ (D * g))(*case)
    return from_deltas(lambda h, _: bent(h) * g[1:])(*case)


def vanilla_throughout(x: ndarray, y: ndarray, W_embed: ndarray, W_recurrent: ndarray, W_unembed: ndarray) -> Gradients:
    """The gradients with the vanilla network's diagonals both on the way back and in δ_t."""
    case = x, y, W_embed, W_recurrent, W_unembed
    g = carried(right_way, bent_as_vanilla)(*case)
    return from_deltas(lambda h, _: bent_as_vanilla(h) * g[1:])(*case)


def overwritten(delta: ndarray, x: ndarray) -> ndarray:
    """The columns of a word's last occurrence alone (d, V)."""
    found = np.zeros((delta.shape[1], x.shape[1]))
    for delta_t, x_t in zip(delta, x, strict=True):
        found[:, x_t.argmax()] = delta_t
    return found


GRADIENTS = Result(
    label="residual-gradients",
    claim=residual.gradients,
    case=network,
    sizes={"V": (2, 10), "d": (1, 8), "T": (1, 8)},
    edges=EDGES,
    references=[
        Reference(
            "autograd",
            autograd(
                lambda **case: J_of_states(**case, h=torch.zeros(all_states(case), dtype=torch.float64)),
                "W_embed",
                "W_recurrent",
                "W_unembed",
            ),
        ),
        Reference(
            "central differences",
            central_differences(
                lambda **case: plain_J_of_states(**case, h=np.zeros(all_states(case))),
                "W_embed",
                "W_recurrent",
                "W_unembed",
            ),
            bound=1e-6,
        ),
    ],
    worked=[
        # δ = log 3 · (9/16, 3/8, 1/4), h_(t−1) = (0, 1/2, 1)
        Worked(
            LOVE,
            Gradients(
                W_embed=[[9 * log(3) / 16, 3 * log(3) / 8, log(3) / 4, 0]],
                W_recurrent=[[7 * log(3) / 16]],
                W_unembed=[[-1 / 4], [-1 / 4], [-1 / 4], [3 / 4]],
            ),
        ),
        # δ_1 = (−9 log 3/16, −3 log 3/4 − 3), δ_2 = (−9 log 3/16, −3), h_1 = (1/2, 0), h_2 = (1, 0)
        Worked(
            TWICE,
            Gradients(
                W_embed=[[-9 * log(3) / 8, 0], [-3 * log(3) / 4 - 6, 0]],
                W_recurrent=[[-9 * log(3) / 32, 0], [-3 / 2, 0]],
                W_unembed=[[3 / 4, 0], [-3 / 4, 0]],
            ),
        ),
    ],
    mutants=[
        Mutant(
            "1 − h_t² for 1 − (h_t − h_(t−1))²", vanilla_throughout, unless=Unless("T = 1, where h_0 = 0", one_step)
        ),
        Mutant(
            "1 − h_t² for 1 − (h_t − h_(t−1))², in δ_t alone",
            from_deltas(lambda h, g: bent_as_vanilla(h) * g[1:]),
            unless=Unless("T = 1, where h_0 = 0", one_step),
        ),
        Mutant("the activation's derivative forgotten: g_t for δ_t", from_deltas(lambda h, g: g[1:])),
        Mutant("off by one in time: D_t g_(t−1) for D_t g_t", from_deltas(lambda h, g: bent(h) * g[:-1])),
        Mutant("the identity path forgotten on the way back", without_identity, unless=Unless("T = 1", one_step)),
        Mutant("h_t for h_(t−1) in ∂J/∂W_recurrent", mistaken(W_recurrent=lambda x, h, g, delta, e: delta.T @ h[1:])),
        Mutant(
            "∂J/∂W_recurrent transposed, h_(t−1) δ_tᵀ",
            mistaken(W_recurrent=lambda x, h, g, delta, e: h[:-1].T @ delta),
            unless=Unless("T = 1 or d = 1", either(one_step, one_number)),
        ),
        Mutant(
            "a word that comes again overwrites what its column had",
            mistaken(W_embed=lambda x, h, g, delta, e: overwritten(delta, x)),
            unless=Unless("no word comes twice", lambda x, **_: x.sum(0).max() <= 1),
        ),
        Mutant(
            "only the last step counted",
            mistaken(
                W_embed=lambda x, h, g, delta, e: np.outer(delta[-1], x[-1]),
                W_recurrent=lambda x, h, g, delta, e: np.outer(delta[-1], h[-2]),
            ),
            unless=Unless("T = 1", one_step),
        ),
        Mutant(
            "the last update for the last state in ∂J/∂W_unembed",
            mistaken(W_unembed=lambda x, h, g, delta, e: np.outer(e, h[-1] - h[-2])),
            unless=Unless("T = 1, where h_0 = 0", one_step),
        ),
        Mutant(
            "the sign of the loss, in all three",
            lambda **case: Gradients(*(-part for part in residual.gradients(**case))),
        ),
    ],
)


# ∂J/∂h_1 as a sum over paths


def J_along_paths(
    x: Tensor, y: Tensor, W_embed: Tensor, W_recurrent: Tensor, W_unembed: Tensor, h_1: Tensor, terms: Tensor
) -> Tensor:
    """J, and J again for each subset of steps, with what is not on its path held fixed.

    At a step of the subset the state that is added is held fixed, at the others the tanh is. What is added to h_1 is
    h_1 in the whole network, and a row of terms for each subset.
    """

    def tanh(t: int, h: Tensor) -> Tensor:
        rows = x[t - 1].expand(len(h), -1)
        return torch.rnn_tanh_cell(rows, h, W_embed, W_recurrent)

    taken = torch.tensor(list(product((False, True), repeat=len(x) - 1))).bool()
    start = tanh(1, torch.zeros_like(h_1)[None]).detach()
    h, along = start + h_1, start + terms
    for t in range(2, len(x) + 1):
        new, kept = tanh(t, along), along
        on = taken[:, t - 2, None]
        along = torch.where(on, new, new.detach()) + torch.where(on, kept.detach(), kept)
        h = h + tanh(t, h)
    return sum(-F.cross_entropy(F.linear(row, W_unembed), y.argmax()) for row in torch.cat([h, along]))


def plain_J_along_paths(
    x: ndarray, y: ndarray, W_embed: ndarray, W_recurrent: ndarray, W_unembed: ndarray, h_1: ndarray, terms: ndarray
) -> float:
    """The same from the definition of J."""

    def tanh(t: int, h: ndarray) -> ndarray:
        return np.tanh(W_recurrent @ h + W_embed @ x[t - 1])

    fixed = [np.zeros(len(h_1))]
    for t in range(1, len(x) + 1):
        fixed.append(fixed[-1] + tanh(t, fixed[-1]))
    ends = []
    h = fixed[1] + h_1
    for t in range(2, len(x) + 1):
        h = h + tanh(t, h)
    ends.append(h)
    subsets = product((False, True), repeat=len(x) - 1)
    for taken, added in zip(subsets, terms, strict=True):
        h = fixed[1] + added
        for t, on in enumerate(taken, 2):
            h = fixed[t - 1] + tanh(t, h) if on else h + fixed[t] - fixed[t - 1]
        ends.append(h)
    k = y.argmax()
    return float(sum(-np.log(np.exp(W_unembed @ h - W_unembed[k] @ h).sum()) for h in ends))


def entry_by_entry(x: ndarray, y: ndarray, W_embed: ndarray, W_recurrent: ndarray, W_unembed: ndarray) -> Paths:
    """The sums over all ways from an entry of h_1 to an entry of h_T, with the derivatives of single entries."""
    d, T = len(W_embed), len(x)
    h = residual.states(x, W_embed, W_recurrent)
    g_T = at_the_end(W_unembed @ h[-1], y, W_unembed)
    subsets = list(product((False, True), repeat=T - 1))
    terms = np.zeros((len(subsets), d))
    for row, taken in enumerate(subsets):
        for way in product(range(d), repeat=T):  # the entries at times 1, …, T
            weight = g_T[way[-1]]
            for t, on in enumerate(taken, 2):
                i, j = way[t - 1], way[t - 2]  # of h_t and of h_(t−1)
                slope = 1 - (h[t, i] - h[t - 1, i]) ** 2
                weight *= slope * W_recurrent[i, j] if on else i == j
            terms[row, way[0]] += weight
    return Paths(h_1=terms.sum(0), terms=terms)


def subset_terms(
    factor: Callable[[ndarray, ndarray], ndarray] = lambda W, D: W.T * D,
    diagonals: Callable[[ndarray], ndarray] = bent,
    forwards: bool = False,
) -> Callable[..., Paths]:
    """The paths with other factors, made of W_recurrent and the diagonal of D_t, or in the opposite order."""

    def paths(x: ndarray, y: ndarray, W_embed: ndarray, W_recurrent: ndarray, W_unembed: ndarray) -> Paths:
        h, s, _ = residual.forward(x, y, W_embed, W_recurrent, W_unembed)
        branch = [factor(W_recurrent, D) for D in diagonals(h)[1:]]
        terms = []
        for taken in product((False, True), repeat=len(x) - 1):
            chosen = [B for B, on in zip(branch, taken, strict=True) if on]
            g = at_the_end(s, y, W_unembed)
            for B in chosen if forwards else chosen[::-1]:
                g = B @ g
            terms.append(g)
        return Paths(h_1=np.sum(terms, axis=0), terms=np.array(terms))

    return paths


def summed(choose: Callable[[ndarray], ndarray]) -> Callable[..., Paths]:
    """The right terms, of which not all are added up: those whose number of steps in the branch is chosen."""

    def paths(x: ndarray, **rest: ndarray) -> Paths:
        right = residual.paths(x=x, **rest)
        detours = np.array([sum(on) for on in product((0, 1), repeat=len(x) - 1)])
        return right._replace(h_1=right.terms[choose(detours)].sum(0))

    return paths


def one_factor_too_many(**case: ndarray) -> Paths:
    """The product from t = 1 on, which leads to h_0."""
    return residual.paths(**case)._replace(h_1=residual.state_gradients(**case)[0])


PATHS = Result(
    label="residual-paths",
    claim=residual.paths,
    case=network,
    sizes={"V": (2, 10), "d": (1, 8), "T": (1, 5)},
    edges=EDGES,
    references=[
        Reference(
            "autograd",
            autograd(
                J_along_paths,
                h_1=lambda case: len(case["W_embed"]),
                terms=lambda case: (2 ** (len(case["x"]) - 1), len(case["W_embed"])),
            ),
        ),
        Reference(
            "central differences",
            central_differences(
                plain_J_along_paths,
                h_1=lambda case: len(case["W_embed"]),
                terms=lambda case: (2 ** (len(case["x"]) - 1), len(case["W_embed"])),
            ),
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
        # WD_t = 1/2 at every step: 1, 1/2, 1/2, 1/4 times g_3 = log(3)/3
        Worked(LOVE, Paths(h_1=[3 * log(3) / 4], terms=[[log(3) / 3], [log(3) / 6], [log(3) / 6], [log(3) / 12]])),
        Worked(
            TWICE,
            Paths(h_1=[-3 * log(3) / 4, -3 * log(3) / 4 - 3], terms=[[-3 * log(3) / 4, -3], [0, -3 * log(3) / 4]]),
        ),
    ],
    mutants=[
        Mutant(
            "1 − h_t² for 1 − (h_t − h_(t−1))²",
            subset_terms(diagonals=bent_as_vanilla),
            unless=Unless("T = 1", one_step),
        ),
        Mutant(
            "W_recurrent not transposed",
            subset_terms(factor=lambda W, D: W * D),
            unless=Unless("T = 1 or d = 1", either(one_step, one_number)),
        ),
        Mutant(
            "the factors in the wrong order",
            subset_terms(forwards=True),
            unless=Unless("T ≤ 2 or d = 1", either(lambda x, **_: len(x) <= 2, one_number)),
        ),
        Mutant("only the identity path", summed(lambda detours: detours == 0), unless=Unless("T = 1", one_step)),
        Mutant(
            "only the path through every branch, as in the vanilla network",
            summed(lambda detours: detours == detours.max()),
            unless=Unless("T = 1", one_step),
        ),
        Mutant(
            "the paths through two or more branches forgotten",
            summed(lambda detours: detours <= 1),
            unless=Unless("T ≤ 2", lambda x, **_: len(x) <= 2),
        ),
        Mutant("one factor too many, the one that leads to h_0", one_factor_too_many),
        Mutant("the sign of the loss", lambda **case: Paths(*(-part for part in residual.paths(**case)))),
    ],
)


# The backward pass as a scan


def random_factors(rng: Generator, T: int, d: int) -> dict[str, ndarray]:
    """Random factors, near enough to the identity to neither vanish nor explode, and a random gradient at the end."""
    A = np.eye(d) + rng.normal(size=(T, d, d)) / (2 * np.sqrt(d))
    return {"A": A, "g_T": rng.normal(size=d)}


def J_of_linear_network(A: Tensor, g_T: Tensor, h: Tensor) -> Tensor:
    """J = g_Tᵀ h_T for h_t = A_tᵀ h_(t−1), whose backward pass is g_(t−1) = A_t g_t; row t of h is added to h_t."""
    state = h[0]
    for A_t, added in zip(A, h[1:], strict=True):
        state = state @ A_t + added
    return state @ g_T


def plain_J_of_linear_network(A: ndarray, g_T: ndarray, h: ndarray) -> float:
    """The same in NumPy."""
    state = h[0]
    for A_t, added in zip(A, h[1:], strict=True):
        state = A_t.T @ state + added
    return float(g_T @ state)


def shape_of_gradients(case: Case) -> tuple[int, int]:
    """(T + 1, d)."""
    return len(case["A"]) + 1, len(case["g_T"])


def scanned(combine: Callable[[ndarray, ndarray], ndarray], forwards: bool = False) -> Callable[..., ndarray]:
    """The scan with another operation, or from the other end."""

    def backward(A: ndarray, g_T: ndarray) -> ndarray:
        products = residual.associative_scan(combine, A if forwards else A[::-1])
        return np.vstack([(products @ g_T)[::-1], g_T])

    return backward


def forgetful(A: ndarray, g_T: ndarray) -> ndarray:
    """The scan that does not combine the element left over where their number is odd."""

    def scan(elements: ndarray) -> ndarray:
        if len(elements) < 2:
            return elements
        found = np.empty_like(elements)
        found[0] = elements[0]
        found[1::2] = scan(elements[1::2] @ elements[:-1:2])
        found[2::2] = elements[2::2] @ found[1:-1:2]
        if len(elements) % 2:
            found[-1] = found[-2]
        return found

    return np.vstack([(scan(A[::-1]) @ g_T)[::-1], g_T])


def flat(A: ndarray, **_: ndarray) -> bool:
    """Whether a state is one number."""
    return A.shape[1] == 1


def single(A: ndarray, **_: ndarray) -> bool:
    """Whether there is one step alone."""
    return len(A) == 1


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
        Reference(
            "central differences", central_differences(plain_J_of_linear_network, h=shape_of_gradients), bound=1e-6
        ),
        Reference("one step after the other", residual.backward_step_by_step),
    ],
    worked=[
        # A_1 A_2 A_3 g, A_2 A_3 g, A_3 g, g
        Worked(
            {"A": np.array([[[1.0, 1], [0, 1]], [[2, 0], [1, 1]], [[0, 1], [1, 0]]]), "g_T": np.array([1.0, 3])},
            [[10, 4], [6, 4], [3, 1], [1, 3]],
        )
    ],
    mutants=[
        Mutant(
            "the two factors of each product exchanged",
            scanned(lambda later, earlier: later @ earlier),
            unless=Unless("T = 1 or d = 1", either(flat, single)),
        ),
        Mutant(
            "scanned from the first step: A_1 ⋯ A_t g_T",
            scanned(lambda first, then: first @ then, forwards=True),
            unless=Unless("T = 1", single),
        ),
        Mutant(
            "off by one: A_t ⋯ A_T g_T as the gradient of step t",
            lambda A, g_T: np.vstack([residual.backward_by_scan(A, g_T)[:1], residual.backward_by_scan(A, g_T)[:-1]]),
        ),
        Mutant(
            "products entry by entry",
            scanned(lambda later, earlier: earlier * later),
            unless=Unless("T = 1 or d = 1", either(flat, single)),
        ),
        Mutant(
            "each factor transposed",
            lambda A, g_T: residual.backward_by_scan(A.transpose(0, 2, 1), g_T),
            unless=Unless("d = 1", flat),
        ),
        Mutant(
            "the factor left over at an odd number dropped",
            forgetful,
            unless=Unless("T a power of two", lambda A, **_: len(A) & (len(A) - 1) == 0),
        ),
    ],
)
