"""The residual stream: a recurrence that adds to its state, and how gradients travel
back through it.

The page ``residual`` in the order it is read: the network and its gradients by hand, in
plain NumPy, one sentence at a time; the sum over paths; the backward pass as a scan
(Blelloch 1990; Martin & Cundy 2018); and what gradients do over long distances in three
kinds of cells. The residual form is that of He, Zhang, Ren & Sun (2016), with one
set of weights for all steps. J is *maximised*: a step goes along the gradient. Left
out: biases and normalisation.
"""

__all__ = [
    "Forward",
    "states",
    "forward",
    "state_gradients",
    "Gradients",
    "gradients",
    "factors",
    "MOST_STEPS",
    "Paths",
    "paths",
    "associative_scan",
    "backward_step_by_step",
    "backward_by_scan",
    "gradient_norms",
    "random_network",
    "singular_values",
]

from collections.abc import Callable, Iterable, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np
import torch
from numpy import ndarray
from scipy.special import log_softmax, softmax
from torch import Tensor

from unrolled.data.demand import number, whole

# The network


class Forward(NamedTuple):
    """The network's values: states h (T + 1, d) from h_0 on, scores s (V,),
    log-likelihood J in nats.
    """

    h: ndarray
    s: ndarray
    J: float


def states(
    x: ndarray, W_embed: ndarray, W_recurrent: ndarray, residual: bool = True
) -> ndarray:
    """The states h_0 = 0, h_1, …, h_T as rows (T + 1, d), for the words x (T, V),
    one-hot rows.

    W_embed is (d, V) and W_recurrent (d, d). The vanilla network, without ``residual``,
    does not add the state before.
    """
    h = [np.zeros(len(W_recurrent))]
    for x_t in x:
        update = np.tanh(W_recurrent @ h[-1] + W_embed @ x_t)  # (d,)
        h.append(h[-1] + update if residual else update)
    return np.array(h)


def forward(
    x: ndarray, y: ndarray, W_embed: ndarray, W_recurrent: ndarray, W_unembed: ndarray
) -> Forward:
    """From the words x (T, V) to J, the log-likelihood of the next word y (V,);
    W_unembed is (V, d).
    """
    h = states(x, W_embed, W_recurrent)
    s = W_unembed @ h[-1]  # (V,)
    return Forward(h, s, float(y @ log_softmax(s)))


# Its gradients


def state_gradients(
    x: ndarray, y: ndarray, W_embed: ndarray, W_recurrent: ndarray, W_unembed: ndarray
) -> ndarray:
    """The gradients of J with respect to h_0, h_1, …, h_T, as rows (T + 1, d). Result
    ``residual-states``.
    """
    h, s, _ = forward(x, y, W_embed, W_recurrent, W_unembed)
    g = np.zeros_like(h)
    g[-1] = W_unembed.T @ (y - softmax(s))
    for t in range(len(x), 0, -1):
        D = 1 - (h[t] - h[t - 1]) ** 2  # (d,), the diagonal of D_t
        g[t - 1] = g[t] + W_recurrent.T @ (D * g[t])
    return g


class Gradients(NamedTuple):
    """The gradients of J with respect to W_embed (d, V), W_recurrent (d, d) and
    W_unembed (V, d).
    """

    W_embed: ndarray
    W_recurrent: ndarray
    W_unembed: ndarray


def gradients(
    x: ndarray, y: ndarray, W_embed: ndarray, W_recurrent: ndarray, W_unembed: ndarray
) -> Gradients:
    """The gradients of J with respect to the three matrices. Result
    ``residual-gradients``.
    """
    h, s, _ = forward(x, y, W_embed, W_recurrent, W_unembed)
    g = state_gradients(x, y, W_embed, W_recurrent, W_unembed)
    delta = (1 - np.diff(h, axis=0) ** 2) * g[1:]  # (T, d), δ_t = D_t g_t
    return Gradients(
        W_embed=delta.T @ x,  # (d, V) = (d, T) @ (T, V), the sum over t
        W_recurrent=delta.T @ h[:-1],  # (d, d) = (d, T) @ (T, d)
        W_unembed=np.outer(y - softmax(s), h[-1]),  # (V, d)
    )


# The paths


def factors(h: ndarray, W_recurrent: ndarray, residual: bool = True) -> ndarray:
    """The matrices A_1, …, A_T (T, d, d) with g_{t−1} = A_t g_t, from the stored states
    h (T + 1, d).

    A_t = I + W_recurrentᵀ D_t in the residual network and W_recurrentᵀ D_t in the
    vanilla one.
    """
    update = np.diff(h, axis=0) if residual else h[1:]  # (T, d), the tanh of each step
    A = W_recurrent.T * (1 - update**2)[:, None, :]  # column j times entry j of D_t
    return A + np.eye(len(W_recurrent)) if residual else A


class Paths(NamedTuple):
    """The gradient with respect to h_1 (d,), and the terms (2ᵀ⁻¹, d) of its sum."""

    h_1: ndarray
    terms: ndarray


MOST_STEPS = 20
"""The most steps whose paths, half a million, are followed one by one."""


def paths(
    x: ndarray, y: ndarray, W_embed: ndarray, W_recurrent: ndarray, W_unembed: ndarray
) -> Paths:
    """The gradient of J with respect to h_1 as a sum over the subsets of the steps
    2, …, T. Result ``residual-paths``.

    A subset has the steps that the path takes through the branch. They are in the order
    of the binary numbers whose first digit is for step 2: the first term is the
    identity path, the last takes the branch at every step. Raises ValueError for more
    than :data:`MOST_STEPS` steps, whose paths could not be kept.
    """
    whole("the number of steps", len(x), most=MOST_STEPS)
    h, s, _ = forward(x, y, W_embed, W_recurrent, W_unembed)
    branch = factors(h, W_recurrent) - np.eye(len(W_recurrent))  # (T, d, d), WᵀD_t
    terms = []
    for taken in product((False, True), repeat=len(x) - 1):
        g = W_unembed.T @ (y - softmax(s))
        for t in range(len(x), 1, -1):
            g = branch[t - 1] @ g if taken[t - 2] else g
        terms.append(g)
    return Paths(h_1=np.sum(terms, axis=0), terms=np.array(terms))


# The backward pass as a scan


def associative_scan(
    combine: Callable[[ndarray, ndarray], ndarray], elements: ndarray
) -> ndarray:
    """All of a_1, a_1 ∘ a_2, …, a_1 ∘ ⋯ ∘ a_n, for an operation ∘ that is associative.

    ``elements`` has the a_i along its first axis, and ``combine`` takes two such arrays
    of the same length and combines them one by one. It is called at most 2 log₂ n
    times, one call after the other, for fewer than 2n single operations.
    """
    if len(elements) < 2:
        return elements
    pairs = combine(elements[:-1:2], elements[1::2])  # a_1 ∘ a_2, a_3 ∘ a_4, …
    scanned = np.empty_like(elements)
    scanned[0] = elements[0]
    scanned[1::2] = associative_scan(combine, pairs)
    if len(elements) > 2:
        scanned[2::2] = combine(scanned[1:-1:2], elements[2::2])
    return scanned


def backward_step_by_step(A: ndarray, g_T: ndarray) -> ndarray:
    """The gradients g_0, …, g_T as rows (T + 1, d), by g_{t−1} = A_t g_t, for A (T, d,
    d) and g_T (d,).
    """
    g = [g_T]
    for A_t in A[::-1]:
        g.append(A_t @ g[-1])
    return np.array(g[::-1])


def backward_by_scan(A: ndarray, g_T: ndarray) -> ndarray:
    """The gradients g_0, …, g_T as rows (T + 1, d), by a scan of matrix products.
    Result ``backward-scan``.

    The matrices A (T, d, d) are those of g_{t−1} = A_t g_t, and g_T is (d,). A matrix
    g_T (d, n) stands for n gradients at once, its columns; then the g_t are matrices
    too, (T + 1, d, n).
    """
    products = associative_scan(lambda later, earlier: earlier @ later, A[::-1])
    # A_{t+1} ⋯ A_T g_T, t = 0, …, T
    return np.concatenate([(products @ g_T)[::-1], g_T[None]])


# Three kinds of cells over long distances


def step(
    cell: str, state: Sequence[Tensor], a: Tensor, forget_bias: float
) -> tuple[Tensor, ...]:
    """The next state of a cell, each part (B, d), for a = W_recurrent h + W_embed x (B,
    d), or (B, 4d) for an LSTM.
    """
    if cell == "vanilla":
        return (torch.tanh(a),)
    if cell == "residual":
        return (state[0] + torch.tanh(a),)
    i, f, g, o = a.chunk(4, dim=-1)
    c = (f + forget_bias).sigmoid() * state[1] + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


CELLS = "vanilla", "residual", "LSTM"


def gradient_norms(
    cell: str,
    scale: float,
    T: int,
    d: int = 32,
    V: int = 16,
    seeds: Iterable[int] = range(10),
    forget_bias: float = 0.0,
) -> ndarray:
    """How the norm of the gradient with respect to the state changes with the distance
    from the end: (seeds, T + 1).

    Entry k is ‖∂J/∂h_{T−k}‖ / ‖∂J/∂h_T‖; for an LSTM, h stands for its whole state, h
    and c together. Computed by autograd in float64, with the weights and words of
    :func:`random_network`; the biases are zero, but for that of an LSTM's forget gate.

    Raises ValueError for a cell that is none of vanilla, residual and LSTM, if T, d or
    V is below 1, if there is no seed, and for scales that are no numbers.
    """
    demand_cell(cell, CELLS, scale, seeds := list(seeds))
    whole("T", T)
    number("forget_bias", forget_bias)
    gates = 4 if cell == "LSTM" else 1
    drawn = [random_network(seed, scale, T, d, V, gates) for seed in seeds]
    inputs, W_recurrent, W_unembed = (
        torch.from_numpy(np.stack(parts)) for parts in zip(*drawn, strict=True)
    )
    B = len(inputs)
    zero = torch.zeros(B, d, dtype=torch.float64)
    trajectory = [tuple(zero.clone().requires_grad_() for _ in range(1 + (gates > 1)))]
    for t in range(T):
        a = (W_recurrent @ trajectory[-1][0][..., None])[..., 0] + inputs[:, t]
        # copies, so that the gradient of c has no part of that of the h made of it
        after = step(cell, trajectory[-1], a, forget_bias)
        trajectory.append(tuple(part.clone() for part in after))
    s = (W_unembed @ trajectory[-1][0][..., None])[..., 0]  # (B, V)
    J = s.log_softmax(-1)[:, 0].sum()  # word 0 comes next, one sentence for each seed
    wanted = [part for state in trajectory for part in state]
    # materialize: nothing reads the last c, and its gradient is zero
    found = torch.autograd.grad(J, wanted, allow_unused=True, materialize_grads=True)
    squares = torch.stack([(g**2).sum(-1) for g in found])  # (parts of all states, B)
    norms = squares.view(T + 1, -1, B).sum(1).sqrt().flip(0).T  # (B, T + 1)
    # detached: in older versions of PyTorch, materialized zeros require gradients
    return (norms / norms[:, :1]).detach().numpy()


def demand_cell(
    cell: str, known: Sequence[str], scale: float, seeds: Sequence[int]
) -> None:
    """Raise ValueError for a cell that is not known, a scale that is no number, and for
    no seeds.
    """
    if cell not in known:
        raise ValueError(f"cell is {cell!r}; expected one of {', '.join(known)}")
    number("scale", scale)
    if not seeds:
        raise ValueError("there are no seeds; expected one at least")


def random_network(
    seed: int, scale: float, T: int, d: int, V: int, gates: int = 1
) -> tuple[ndarray, ndarray, ndarray]:
    """What the words add at each step (T, gates · d), W_recurrent (gates · d, d) and
    W_unembed (V, d), at random.

    Entries of W_recurrent are normal with standard deviation ``scale`` / √d, of W_embed
    with ½, and of W_unembed with 1/√d. An LSTM has such matrices for each of its 4
    gates, one above the other. Raises ValueError for a size below 1.
    """
    for name, size in {"T": T, "d": d, "V": V, "gates": gates}.items():
        whole(name, size)
    rng = np.random.default_rng(seed)
    words = rng.integers(V, size=T)
    W_embed = rng.normal(size=(gates * d, V)) / 2
    W_recurrent = rng.normal(size=(gates * d, d)) * scale / np.sqrt(d)
    W_unembed = rng.normal(size=(V, d)) / np.sqrt(d)
    return W_embed.T[words], W_recurrent, W_unembed


def singular_values(
    cell: str,
    scale: float,
    distances: Sequence[int],
    d: int = 32,
    V: int = 16,
    seeds: Iterable[int] = range(10),
) -> ndarray:
    """The singular values of A_{T−k+1} ⋯ A_T, for each distance k: (seeds, distances,
    d), from the largest down.

    ``cell`` is vanilla or residual; T is the largest distance, the weights are those of
    :func:`random_network`. What is below 10⁻¹⁴ of the largest is nan: it has drowned in
    rounding. Raises ValueError for another cell, and if a distance is below 1.
    """
    demand_cell(cell, CELLS[:2], scale, seeds := list(seeds))
    T = max(whole("a distance", k) for k in distances)
    found = []
    for seed in seeds:
        inputs, W_recurrent, _ = random_network(seed, scale, T, d, V)
        # what the words add takes the place of x, so the embedding is the identity
        h = states(inputs, np.eye(d), W_recurrent, residual=cell == "residual")
        A = factors(h, W_recurrent, residual=cell == "residual")
        products = backward_by_scan(A, np.eye(d))  # A_{t+1} ⋯ A_T, t = 0, …, T
        found.append([np.linalg.svd(products[T - k])[1] for k in distances])
    values = np.array(found)
    return np.where(values > 1e-14 * values[..., :1], values, np.nan)
