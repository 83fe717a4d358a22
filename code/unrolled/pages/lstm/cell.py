"""The cell by hand: its states and gates, and its Jacobians, in plain NumPy.

Source: Hochreiter & Schmidhuber (1997); Gers, Schmidhuber & Cummins (2000).
"""

from typing import NamedTuple

import numpy as np
from numpy import ndarray
from scipy.special import expit


class Steps(NamedTuple):
    """The values of T steps: states h, c (T + 1, d), from h_0 and c_0 on; gates i, f, o
    and new content n (T, d).
    """

    h: ndarray
    c: ndarray
    i: ndarray
    f: ndarray
    n: ndarray
    o: ndarray


def forward(
    u: ndarray,
    h_0: ndarray,
    c_0: ndarray,
    W_input: ndarray,
    W_recurrent: ndarray,
    b: ndarray,
) -> Steps:
    """The states and gates of an LSTM on the inputs u (T, m), from h_0 and c_0 (d,).

    W_input (4d, m), W_recurrent (4d, d) and b (4d,) have the rows of i, f, n and o, in
    this order. Equation ``lstm-cell``.
    """
    h, c, gates = [h_0], [c_0], []
    for u_t in u:
        a = W_input @ u_t + W_recurrent @ h[-1] + b  # (4d,)
        a_i, a_f, a_n, a_o = np.split(a, 4)  # (d,) each
        i, f, n, o = expit(a_i), expit(a_f), np.tanh(a_n), expit(a_o)
        c.append(f * c[-1] + i * n)
        h.append(o * np.tanh(c[-1]))
        gates.append((i, f, n, o))
    return Steps(np.array(h), np.array(c), *np.array(gates).transpose(1, 0, 2))


def cell_path(
    u: ndarray,
    h_0: ndarray,
    c_0: ndarray,
    W_input: ndarray,
    W_recurrent: ndarray,
    b: ndarray,
) -> ndarray:
    """The Jacobians of c_T by c_0, …, c_T (T + 1, d, d) with the gates held fixed.
    Result ``lstm-cell-path``.
    """
    f = forward(u, h_0, c_0, W_input, W_recurrent, b).f  # (T, d)
    products = [np.ones_like(c_0)]
    for f_t in f[::-1]:
        products.append(f_t * products[-1])
    return np.array([np.diag(product) for product in products[::-1]])


def step_jacobians(
    u: ndarray,
    h_0: ndarray,
    c_0: ndarray,
    W_input: ndarray,
    W_recurrent: ndarray,
    b: ndarray,
) -> ndarray:
    """The Jacobians of (h_t, c_t) by (h_{t−1}, c_{t−1}), t = 1, …, T: (T, 2d, 2d).
    Result ``lstm-jacobians``.
    """
    h, c, i, f, n, o = forward(u, h_0, c_0, W_input, W_recurrent, b)
    W_i, W_f, W_n, W_o = np.split(W_recurrent, 4)  # (d, d) each
    found = []
    for t in range(1, len(h)):
        i_t, f_t, n_t, o_t = i[t - 1], f[t - 1], n[t - 1], o[t - 1]
        squashed = np.tanh(c[t])  # (d,)
        c_by_h = (
            (n_t * i_t * (1 - i_t))[:, None] * W_i
            + (c[t - 1] * f_t * (1 - f_t))[:, None] * W_f
            + (i_t * (1 - n_t**2))[:, None] * W_n
        )  # (d, d)
        c_by_c = np.diag(f_t)
        through = (o_t * (1 - squashed**2))[:, None]  # h_t by c_t, on its diagonal
        h_by_h = (squashed * o_t * (1 - o_t))[:, None] * W_o + through * c_by_h
        found.append(np.block([[h_by_h, through * c_by_c], [c_by_h, c_by_c]]))
    return np.array(found)


def state_jacobians(
    u: ndarray,
    h_0: ndarray,
    c_0: ndarray,
    W_input: ndarray,
    W_recurrent: ndarray,
    b: ndarray,
) -> ndarray:
    """The Jacobians of (h_T, c_T) by (h_t, c_t), t = 0, …, T: (T + 1, 2d, 2d). Result
    ``lstm-jacobians``.
    """
    products = [np.eye(2 * len(c_0))]
    for A in step_jacobians(u, h_0, c_0, W_input, W_recurrent, b)[::-1]:
        products.append(products[-1] @ A)
    return np.array(products[::-1])
