"""The results of the page ``lstm``."""

from collections.abc import Callable
from math import log, sqrt

import numpy as np
import torch
from numpy import ndarray
from numpy.random import Generator
from scipy.special import expit
from torch import Tensor, nn

from unrolled import lstm
from unrolled.checks import Mutant, Reference, Result, Unless, Worked
from unrolled.lstm import Steps

# A case is inputs u (T, m), the states h_0 and c_0 (d,), and the weights, with rows for i, f, n and o.


def network(rng: Generator, m: int, d: int, T: int) -> dict[str, ndarray]:
    """Random inputs, states and weights, so large that the gates bend."""
    return {
        "u": rng.normal(size=(T, m)),
        "h_0": rng.uniform(-1, 1, size=d),
        "c_0": rng.normal(size=d),
        "W_input": rng.normal(size=(4 * d, m)),
        "W_recurrent": rng.normal(size=(4 * d, d)),
        "b": rng.normal(size=4 * d),
    }


HALF = log(3) / 2  # tanh(log(3) / 2) = 1/2
PENCIL = {
    # d = 1, m = 4, W_input = I, so that u_t is what is added to W_recurrent h_(t−1) in the four arguments.
    # Step 1: i = f = o = 1/2 and n = 1/2; c_1 = (log 3 − 1/2)/2 + 1/4 = log(3)/2, tanh c_1 = 1/2, h_1 = 1/4.
    # Step 2: i = f = o = 1/2 and n = 0; c_2 = log(3)/4, tanh c_2 = 2 − √3.
    "u": np.array([[0, 0, HALF, 0], [-1 / 4, -1 / 4, -1 / 4, -1 / 4]]),
    "h_0": np.zeros(1),
    "c_0": np.array([log(3) - 1 / 2]),
    "W_input": np.eye(4),
    "W_recurrent": np.ones((4, 1)),
    "b": np.zeros(4),
}
# ∂c_1/∂h_0 = c_0/4 + n/4 + i(1 − n²) = log(3)/4 − 1/8 + 1/8 + 3/8, and ∂h_1/∂c_1 = 1/2 · 3/4
FIRST = np.array([[17 / 64 + 3 * log(3) / 32, 3 / 16], [log(3) / 4 + 3 / 8, 1 / 2]])
# ∂c_2/∂h_1 = c_1/4 + i = log(3)/8 + 1/2, and ∂h_2/∂c_2 = (1 − (2 − √3)²)/2 = 2√3 − 3
SECOND = np.array(
    [[(2 - sqrt(3)) / 4 + (2 * sqrt(3) - 3) * (log(3) / 8 + 1 / 2), sqrt(3) - 3 / 2], [log(3) / 8 + 1 / 2, 1 / 2]]
)
CLOSED = PENCIL | {
    # Without recurrent weights and inputs, d = 2: f = 3/4 and 1/2, i = 1/2, n = 0, o = 3/4 at both steps, and c_0 = 0.
    "u": np.zeros((2, 1)),
    "h_0": np.array([1 / 2, 1 / 4]),
    "c_0": np.zeros(2),
    "W_input": np.ones((8, 1)),
    "W_recurrent": np.zeros((8, 2)),
    "b": np.array([0, 0, log(3), 0, 0, 0, log(3), log(3)]),
}
EDGES = {
    "one step": network(np.random.default_rng(1), m=3, d=2, T=1),
    "one number": network(np.random.default_rng(2), m=1, d=1, T=6),
    "all weights zero": {name: 0 * value for name, value in network(np.random.default_rng(3), m=2, d=3, T=4).items()},
    "forget gates open and input gates shut, up to rounding": network(np.random.default_rng(4), m=2, d=3, T=5)
    | {"b": np.repeat([-50.0, 50, 0, 0], 3)},
    "forget gates shut, up to rounding": network(np.random.default_rng(5), m=2, d=3, T=5)
    | {"b": np.repeat([0, -50.0, 0, 0], 3)},
    "saturated": network(np.random.default_rng(6), m=2, d=3, T=3)
    | {"W_input": np.linspace(-40, 40, 24).reshape(12, 2)},
}


def one_step(u: ndarray, **_: ndarray) -> bool:
    """Whether there is one step alone."""
    return len(u) == 1


def one_number(c_0: ndarray, **_: ndarray) -> bool:
    """Whether a state is one number."""
    return len(c_0) == 1


# ∂c_T/∂c_t along the cell path


def tensors(case: dict[str, ndarray]) -> dict[str, Tensor]:
    """The case in PyTorch."""
    return {name: torch.from_numpy(value) for name, value in case.items()}


def with_fixed_gates(**case: ndarray) -> ndarray:
    """The Jacobians of c_T by c_t (T + 1, d, d), by autograd, with everything detached but the way through c."""
    u, h, c, W_input, W_recurrent, b = tensors(case).values()
    c = c.requires_grad_()
    cells = [c]
    for u_t in u:
        a = nn.functional.linear(u_t, W_input) + nn.functional.linear(h, W_recurrent, b)
        i, f, n, o = a.detach().chunk(4)
        c = f.sigmoid() * c + i.sigmoid() * n.tanh()
        h = o.sigmoid() * c.tanh()
        cells.append(c)
    rows = [torch.autograd.grad(entry, cells, retain_graph=True) for entry in cells[-1]]
    return np.array([[part.numpy() for part in row] for row in rows]).swapaxes(0, 1)


def differences_with_fixed_gates(**case: ndarray) -> ndarray:
    """The same by central differences, in NumPy: the gates are computed once, and then only c is carried on."""
    u, h, c, W_input, W_recurrent, b = case.values()
    d, gates, cells = len(c), [], [c]
    for u_t in u:
        a = (W_input @ u_t + W_recurrent @ h + b).reshape(4, d)
        i, f, o = expit(a[[0, 1, 3]])
        gates.append((f, i * np.tanh(a[2])))
        cells.append(f * cells[-1] + i * np.tanh(a[2]))
        h = o * np.tanh(cells[-1])

    def end(c: ndarray, t: int) -> ndarray:
        for f, added in gates[t:]:
            c = f * c + added
        return c

    step = 1e-5 * np.eye(d)
    return np.array([np.transpose([(end(c + e, t) - end(c - e, t)) / 2e-5 for e in step]) for t, c in enumerate(cells)])


def products_of(factors: Callable[[Steps], ndarray]) -> Callable[..., ndarray]:
    """Diagonal Jacobians by c_t, made of other factors (T, d)."""

    def path(**case: ndarray) -> ndarray:
        found = [np.ones_like(case["c_0"])]
        for factor in factors(lstm.forward(**case))[::-1]:
            found.append(factor * found[-1])
        return np.array([np.diag(x) for x in found[::-1]])

    return path


CELL_PATH = Result(
    label="lstm-cell-path",
    claim=lstm.cell_path,
    case=network,
    sizes={"m": (1, 7), "d": (1, 7), "T": (1, 8)},
    edges=EDGES,
    references=[
        Reference("autograd", with_fixed_gates),
        Reference("central differences", differences_with_fixed_gates, bound=1e-6),
    ],
    worked=[
        Worked(PENCIL, [[[1 / 4]], [[1 / 2]], [[1]]]),
        Worked(CLOSED, [np.diag([9 / 16, 1 / 4]), np.diag([3 / 4, 1 / 2]), np.eye(2)]),
    ],
    mutants=[
        Mutant(
            "the whole derivative instead: h_(t−1) moves the gates too",
            lambda **case: lstm.state_jacobians(**case)[:, len(case["c_0"]) :, len(case["c_0"]) :],
            unless=Unless("T = 1, where h_0 does not depend on c_0", one_step),
        ),
        Mutant(
            "off by one: f_t counted in ∂c_T/∂c_t",
            lambda **case: np.array(
                [np.diag(np.prod(lstm.forward(**case).f[max(t - 1, 0) :], axis=0)) for t in range(len(case["u"]) + 1)]
            ),
        ),
        Mutant("the gate's slope f(1 − f) for the gate f", products_of(lambda steps: steps.f * (1 - steps.f))),
        Mutant("the input gate for the forget gate", products_of(lambda steps: steps.i)),
        Mutant("1 − i for f, as if the gates were coupled", products_of(lambda steps: 1 - steps.i)),
        Mutant(
            "the output gate's factor o(1 − tanh² c) at every step",
            products_of(lambda steps: steps.f * steps.o * (1 - np.tanh(steps.c[1:]) ** 2)),
        ),
        Mutant(
            "a sum over the steps for the product",
            lambda **case: np.array([np.diag(lstm.forward(**case).f[t:].sum(0)) for t in range(len(case["u"]) + 1)]),
        ),
        Mutant(
            "the matrix of ones for the identity, f_t in every column",
            lambda **case: np.array(
                [np.repeat(np.diag(path)[:, None], len(path), axis=1) for path in lstm.cell_path(**case)]
            ),
            unless=Unless("d = 1", one_number),
        ),
    ],
)


# ∂(h_T, c_T)/∂(h_t, c_t), the whole


def by_lstm_cell(**case: ndarray) -> ndarray:
    """The Jacobians (T + 1, 2d, 2d) of the last joint state by all of them, by autograd through ``nn.LSTMCell``."""
    u, h, c, W_input, W_recurrent, b = tensors(case).values()
    cell = nn.LSTMCell(u.shape[1], len(c)).double()
    cell.load_state_dict({"weight_ih": W_input, "weight_hh": W_recurrent, "bias_ih": b / 3, "bias_hh": 2 * b / 3})
    joint = [torch.cat([h, c]).requires_grad_()]
    for u_t in u:
        h, c = joint[-1].chunk(2)
        joint.append(torch.cat(cell(u_t, (h, c))))
    rows = [torch.autograd.grad(entry, joint, retain_graph=True) for entry in joint[-1]]
    return np.array([[part.numpy() for part in row] for row in rows]).swapaxes(0, 1)


def differences(**case: ndarray) -> ndarray:
    """The same by central differences on the definition, in NumPy."""
    u, h, c, W_input, W_recurrent, b = case.values()
    d = len(c)

    def after(joint: ndarray, inputs: ndarray) -> list[ndarray]:
        found = [joint]
        for u_t in inputs:
            h, c = found[-1][:d], found[-1][d:]
            a = (W_input @ u_t + W_recurrent @ h + b).reshape(4, d)
            i, f, o = expit(a[[0, 1, 3]])
            c = f * c + i * np.tanh(a[2])
            found.append(np.concatenate([o * np.tanh(c), c]))
        return found

    step = 1e-5 * np.eye(2 * d)
    return np.array(
        [
            np.transpose([(after(joint + e, u[t:])[-1] - after(joint - e, u[t:])[-1]) / 2e-5 for e in step])
            for t, joint in enumerate(after(np.concatenate([h, c]), u))
        ]
    )


def right_slopes(s: Steps, t: int) -> tuple[ndarray, ...]:
    """The slopes of c_(t+1) by the arguments of i, f and n, and of h_(t+1) by that of o with c held fixed."""
    i, f, n, o = s.i[t], s.f[t], s.n[t], s.o[t]
    return (n * i * (1 - i), s.c[t] * f * (1 - f), i * (1 - n**2), np.tanh(s.c[t + 1]) * o * (1 - o))


def mistaken(
    *,
    slopes: Callable[[Steps, int], tuple[ndarray, ...]] = right_slopes,
    order: tuple[int, ...] = (0, 1, 2, 3),
    transposed: bool = False,
    through: Callable[[ndarray, ndarray], ndarray] | None = None,
    change: Callable[[ndarray, int], None] | None = None,
    reverse: bool = False,
) -> Callable[..., ndarray]:
    """The Jacobians, but computed otherwise.

    With other ``slopes`` of c_t by the arguments of i, f and n and of h_t by that of o, the blocks of W_recurrent in
    another ``order`` or ``transposed``, another slope of h_t ``through`` c_t, a ``change`` to the step's Jacobian, or
    the factors in ``reverse``.
    """

    def jacobians(**case: ndarray) -> ndarray:
        steps, d = lstm.forward(**case), len(case["c_0"])
        blocks = np.split(case["W_recurrent"], 4)
        W = [blocks[k].T if transposed else blocks[k] for k in order]
        found = []
        for t in range(len(case["u"])):
            by_i, by_f, by_n, by_o = slopes(steps, t)
            c_by_h = by_i[:, None] * W[0] + by_f[:, None] * W[1] + by_n[:, None] * W[2]
            o, squashed = steps.o[t], np.tanh(steps.c[t + 1])
            slope = (through or (lambda o, squashed: o * (1 - squashed**2)))(o, squashed)
            A = np.zeros((2 * d, 2 * d))
            A[:d, :d] = by_o[:, None] * W[3] + slope[:, None] * c_by_h
            A[:d, d:] = np.diag(slope * steps.f[t])
            A[d:, :d] = c_by_h
            A[d:, d:] = np.diag(steps.f[t])
            if change:
                change(A, d)
            found.append(A)
        products = [np.eye(2 * d)]
        for A in found[::-1]:
            products.append(A @ products[-1] if reverse else products[-1] @ A)
        return np.array(products[::-1])

    return jacobians


def without(rows: str, columns: str) -> Callable[[ndarray, int], None]:
    """A block of the Jacobian struck out; rows and columns are of h or of c."""

    def change(A: ndarray, d: int) -> None:
        part = {"h": slice(None, d), "c": slice(d, None)}
        A[part[rows], part[columns]] = 0

    return change


def off_by_one(s: Steps, t: int) -> tuple[ndarray, ...]:
    """The slopes with c_t for c_(t−1)."""
    by_i, _, by_n, by_o = right_slopes(s, t)
    return by_i, s.c[t + 1] * s.f[t] * (1 - s.f[t]), by_n, by_o


def gates_for_slopes(s: Steps, t: int) -> tuple[ndarray, ...]:
    """The slopes with the sigmoids' derivatives forgotten."""
    i, f, n, o = s.i[t], s.f[t], s.n[t], s.o[t]
    return n * i, s.c[t] * f, i * (1 - n**2), np.tanh(s.c[t + 1]) * o


def bent_wrongly(s: Steps, t: int) -> tuple[ndarray, ...]:
    """The slopes with the tanh of n taken for a sigmoid."""
    by_i, by_f, _, by_o = right_slopes(s, t)
    return by_i, by_f, s.i[t] * s.n[t] * (1 - s.n[t]), by_o


JACOBIANS = Result(
    label="lstm-jacobians",
    claim=lstm.state_jacobians,
    code=lstm.step_jacobians,
    case=network,
    sizes={"m": (1, 7), "d": (1, 7), "T": (1, 8)},
    edges=EDGES,
    references=[Reference("autograd", by_lstm_cell), Reference("central differences", differences, bound=1e-6)],
    worked=[
        Worked(PENCIL, [SECOND @ FIRST, SECOND, np.eye(2)]),
        # h hangs on c alone: ∂h_t/∂c_(t−1) = o f = (9/16, 3/8); c_0 = 0 and n = 0, so c stays 0
        Worked(
            CLOSED,
            [
                [[0, 0, 27 / 64, 0], [0, 0, 0, 3 / 16], [0, 0, 9 / 16, 0], [0, 0, 0, 1 / 4]],
                [[0, 0, 9 / 16, 0], [0, 0, 0, 3 / 8], [0, 0, 3 / 4, 0], [0, 0, 0, 1 / 2]],
                np.eye(4),
            ],
        ),
    ],
    mutants=[
        Mutant(
            "the gates held fixed: nothing goes through h_(t−1)",
            mistaken(change=lambda A, d: [without("h", "h")(A, d), without("c", "h")(A, d)]),
        ),
        Mutant("the way from h_(t−1) into c_t forgotten", mistaken(change=without("c", "h"))),
        Mutant("the way from c_(t−1) into h_t forgotten", mistaken(change=without("h", "c"))),
        Mutant(
            "the output gate held fixed", mistaken(slopes=lambda s, t: (*right_slopes(s, t)[:3], np.zeros_like(s.o[t])))
        ),
        Mutant("c_t for c_(t−1) beside W_f", mistaken(slopes=off_by_one)),
        Mutant("σ for its slope σ(1 − σ)", mistaken(slopes=gates_for_slopes)),
        Mutant("n(1 − n) for 1 − n²", mistaken(slopes=bent_wrongly)),
        Mutant("the tanh of the cell state forgotten: o for o(1 − tanh² c)", mistaken(through=lambda o, squashed: o)),
        Mutant("the blocks of W_recurrent in the order f, i, n, o", mistaken(order=(1, 0, 2, 3))),
        Mutant("the blocks of W_recurrent in the order i, f, o, n", mistaken(order=(0, 1, 3, 2))),
        Mutant("W_recurrent transposed, block by block", mistaken(transposed=True), unless=Unless("d = 1", one_number)),
        Mutant("the steps multiplied in the wrong order", mistaken(reverse=True), unless=Unless("T = 1", one_step)),
        Mutant("each Jacobian transposed", lambda **case: lstm.state_jacobians(**case).swapaxes(1, 2)),
        Mutant(
            "the joint state in the order (c, h)",
            lambda **case: np.roll(lstm.state_jacobians(**case), len(case["c_0"]), axis=(1, 2)),
        ),
    ],
)
