"""The results of the page ``lstm``."""

from functools import partial
from math import log, sqrt

import numpy as np
import torch
from scipy.special import expit
from torch import nn

from unrolled.checks import Reference, Result, Unless, Worked, autograd, central_differences, mistakes
from unrolled.pages import lstm

# A case is inputs u (T, m), the states h_0 and c_0 (d,), and the weights, with rows for i, f, n and o.


def network(rng, m, d, T):
    """Random inputs, states and weights, so large that the gates bend."""
    return {
        "u": rng.normal(size=(T, m)),
        "h_0": rng.uniform(-1, 1, size=d),
        "c_0": rng.normal(size=d),
        "W_input": rng.normal(size=(4 * d, m)),
        "W_recurrent": rng.normal(size=(4 * d, d)),
        "b": rng.normal(size=4 * d),
    }


def drawn(seed, m, d, T, **parts):
    """A network under some weights, with given parts."""
    return network(np.random.default_rng(seed), m=m, d=d, T=T) | parts


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
CLOSED = {
    # Without recurrent weights and inputs, d = 2: f = 3/4 and 1/2, i = 1/2, n = 0, o = 3/4 at both steps, and c_0 = 0.
    "u": np.zeros((2, 1)),
    "h_0": np.array([1 / 2, 1 / 4]),
    "c_0": np.zeros(2),
    "W_input": np.ones((8, 1)),
    "W_recurrent": np.zeros((8, 2)),
    "b": np.array([0, 0, log(3), 0, 0, 0, log(3), log(3)]),
}
EDGES = {
    "one step": drawn(1, m=3, d=2, T=1),
    "one number": drawn(2, m=1, d=1, T=6),
    "all weights zero": {name: 0 * value for name, value in drawn(3, m=2, d=3, T=4).items()},
    "forget gates open and input gates shut, up to rounding": drawn(
        4, m=2, d=3, T=5, b=np.repeat([-50.0, 50, 0, 0], 3)
    ),
    "forget gates shut, up to rounding": drawn(5, m=2, d=3, T=5, b=np.repeat([0, -50.0, 0, 0], 3)),
    "saturated": drawn(6, m=2, d=3, T=3, W_input=np.linspace(-40, 40, 24).reshape(12, 2)),
}

# The last joint state (h_T, c_T), where the rows of ``joint`` (T + 1, 2d) are added to all of them


def last_state(u, h_0, c_0, W_input, W_recurrent, b, joint, fixed=False):
    """The last joint state (2d,) by ``nn.LSTMCell``; with ``fixed`` gates, what is added does not move them."""
    cell = nn.LSTMCell(u.shape[1], len(c_0)).double()
    cell.load_state_dict({"weight_ih": W_input, "weight_hh": W_recurrent, "bias_ih": b / 3, "bias_hh": 2 * b / 3})
    state = torch.cat([h_0, c_0]) + joint[0]
    for u_t, added in zip(u, joint[1:], strict=True):
        h, c = state.chunk(2)
        state = torch.cat(cell(u_t, (h.detach() if fixed else h, c))) + added
    return state


def plain_states(u, h_0, c_0, W_input, W_recurrent, b, joint, moving=None):
    """All joint states (T + 1, 2d) from the definition; ``moving`` (T + 1, 2d) are the states that move the gates."""
    states = [np.concatenate([h_0, c_0]) + joint[0]]
    for t, u_t in enumerate(u):
        h, _ = np.split((states if moving is None else moving)[t], 2)
        a = (W_input @ u_t + W_recurrent @ h + b).reshape(4, -1)
        i, f, o = expit(a[[0, 1, 3]])
        c = f * np.split(states[t], 2)[1] + i * np.tanh(a[2])
        states.append(np.concatenate([o * np.tanh(c), c]) + joint[t + 1])
    return states


def plain_last_state(joint, fixed=False, **case):
    """The last joint state (2d,) from the definition; with ``fixed`` gates, what is added does not move them."""
    return plain_states(**case, joint=joint, moving=plain_states(**case, joint=0 * joint) if fixed else None)[-1]


def joint_states(case):
    """(T + 1, 2d), the shape of all joint states."""
    return len(case["u"]) + 1, 2 * len(case["c_0"])


def by_time(jacobians):
    """The Jacobians of the last joint state by the rows of ``joint``, a matrix for each row."""
    return lambda **case: jacobians(**case)["joint"].swapaxes(0, 1)


def of_cells(jacobians):
    """The blocks of Jacobians that are of c by c."""
    return lambda c_0, **case: jacobians(c_0=c_0, **case)[:, len(c_0) :, len(c_0) :]


# ∂c_T/∂c_t along the cell path

STEPS = "forward(u, h_0, c_0, W_input, W_recurrent, b)"

CELL_PATH = Result(
    label="lstm-cell-path",
    claim=lstm.cell_path,
    case=network,
    sizes={"m": (1, 7), "d": (1, 7), "T": (1, 8)},
    edges=EDGES,
    references=[
        Reference("autograd", of_cells(by_time(autograd(partial(last_state, fixed=True), joint=joint_states)))),
        Reference(
            "central differences",
            of_cells(by_time(central_differences(partial(plain_last_state, fixed=True), joint=joint_states))),
            bound=1e-6,
        ),
    ],
    worked=[
        Worked(PENCIL, [[[1 / 4]], [[1 / 2]], [[1]]]),
        Worked(CLOSED, [np.diag([9 / 16, 1 / 4]), np.diag([3 / 4, 1 / 2]), np.eye(2)]),
    ],
    mutants=mistakes(
        lstm.cell_path,
        {
            "the whole derivative instead: h_(t−1) moves the gates too": (
                "np.array([np.diag(product) for product in products[::-1]]) → "
                "state_jacobians(u, h_0, c_0, W_input, W_recurrent, b)[:, len(c_0) :, len(c_0) :]",
                Unless("T = 1, where h_0 does not depend on c_0", lambda u, **_: len(u) == 1),
            ),
            "off by one: f_t counted in ∂c_T/∂c_t": """
                np.ones_like(c_0) → f[-1]
                f[::-1] → [*f[-2::-1], 1]
            """,
            "the gate's slope f(1 − f) for the gate f": "f_t * products → f_t * (1 - f_t) * products",
            "the input gate for the forget gate": "b).f → b).i",
            "1 − i for f, as if the gates were coupled": f"{STEPS}.f → 1 - {STEPS}.i",
            "the output gate's factor o(1 − tanh² c) at every step": f"""
                f = {STEPS}.f → h, c, i, f, n, o = {STEPS}
                f[::-1] → (f * o * (1 - np.tanh(c[1:]) ** 2))[::-1]
            """,
            "a sum over the steps for the product": """
                np.ones_like(c_0) → np.zeros_like(c_0)
                f_t * products → f_t + products
            """,
            "the matrix of ones for the identity, f_t in every column": (
                "np.diag(product) → np.outer(product, np.ones_like(c_0))",
                "d == 1",
            ),
        },
    ),
)

# ∂(h_T, c_T)/∂(h_t, c_t), the whole

JACOBIANS = Result(
    label="lstm-jacobians",
    claim=lstm.state_jacobians,
    code=lstm.step_jacobians,
    case=network,
    sizes={"m": (1, 7), "d": (1, 7), "T": (1, 8)},
    edges=EDGES,
    references=[
        Reference("autograd", by_time(autograd(last_state, joint=joint_states))),
        Reference(
            "central differences", by_time(central_differences(plain_last_state, joint=joint_states)), bound=1e-6
        ),
    ],
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
    mutants=mistakes(
        [lstm.step_jacobians, lstm.state_jacobians],
        {
            "the gates held fixed: nothing goes through h_(t−1)": (
                "[[h_by_h, through * c_by_c], [c_by_h, → [[0 * h_by_h, through * c_by_c], [0 * c_by_h,"
            ),
            "the way from h_(t−1) into c_t forgotten": "[c_by_h, c_by_c] → [0 * c_by_h, c_by_c]",
            "the way from c_(t−1) into h_t forgotten": "[h_by_h, through * c_by_c] → [h_by_h, 0 * c_by_c]",
            "the output gate held fixed": "(squashed * o_t * (1 - o_t))[:, None] * W_o + through → through",
            "c_t for c_(t−1) beside W_f": "c[t - 1] * f_t → c[t] * f_t",
            "σ for its slope σ(1 − σ)": """
                n_t * i_t * (1 - i_t) → n_t * i_t
                f_t * (1 - f_t) → f_t
                o_t * (1 - o_t) → o_t
            """,
            "n(1 − n) for 1 − n²": "(1 - n_t**2) → n_t * (1 - n_t)",
            "the tanh of the cell state forgotten: o for o(1 − tanh² c)": "(o_t * (1 - squashed**2))[:, → o_t[:,",
            "the blocks of W_recurrent in the order f, i, n, o": "W_i, W_f, W_n, W_o → W_f, W_i, W_n, W_o",
            "the blocks of W_recurrent in the order i, f, o, n": "W_i, W_f, W_n, W_o → W_i, W_f, W_o, W_n",
            "W_recurrent transposed, block by block": (
                "np.split(W_recurrent, 4) → [W.T for W in np.split(W_recurrent, 4)]",
                "d == 1",
            ),
            "the steps multiplied in the wrong order": ("products[-1] @ A → A @ products[-1]", "T == 1"),
            "each Jacobian transposed": "np.array(products[::-1]) → np.array(products[::-1]).swapaxes(1, 2)",
            "the joint state in the order (c, h)": (
                "np.array(products[::-1]) → np.roll(products[::-1], len(c_0), axis=(1, 2))"
            ),
        },
    ),
)
