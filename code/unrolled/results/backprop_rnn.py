"""The results of the page ``backprop-rnn``."""

from collections.abc import Callable
from fractions import Fraction
from math import log

import numpy as np
import torch
from numpy import ndarray
from numpy.random import Generator
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional as F

from unrolled import backprop_rnn
from unrolled.backprop_rnn import Batch, Gradients, StackedGradients
from unrolled.checks import Case, Mutant, Reference, Result, Unless, Worked, autograd, central_differences

# Cases: words x (T, V) and the next one y (V,), one-hot, and the matrices


def sentence(words: list[int] | ndarray, V: int) -> ndarray:
    """The words (T, V), one-hot."""
    return np.eye(V)[np.asarray(words)]


def matrices(rng: Generator, *shape: int) -> ndarray:
    """Random square matrices, their entries away from zero, so that a gradient does not vanish."""
    signs = rng.choice([-1, 1], size=shape)
    return signs * rng.uniform(0.5, 1.2, size=shape) / np.sqrt(shape[-1])


def network(rng: Generator, V: int, d: int, T: int) -> dict[str, ndarray]:
    """Random words and random matrices, whose scores are small or large."""
    return {
        "x": sentence(rng.integers(V, size=T), V),
        "y": np.eye(V)[rng.integers(V)],
        "W_embed": rng.normal(0, 0.7, (d, V)),
        "W_recurrent": matrices(rng, d, d),
        "W_unembed": rng.choice([0.1, 1, 3]) * rng.normal(size=(V, d)),
    }


def given(words: list[int], y: int, V: int = 5, d: int = 3, scale: float = 1) -> dict[str, ndarray]:
    """Given words under some matrices, the states driven by inputs of a given scale."""
    case = network(np.random.default_rng(1), V=V, d=d, T=1)
    drive = {"W_embed": scale * case["W_embed"]}
    return {**case, **drive, "x": sentence(words, V), "y": np.eye(V)[y]}


EDGES = {
    "one word (T = 1)": given([2], 0),
    "two words to choose from": given([0, 1, 1, 0], 1, V=2),
    "one number for a state (d = 1)": given([3, 1, 4, 1], 0, d=1),
    "two words, one number, T = 1": given([1], 0, V=2, d=1),
    "one word, again and again": given([4] * 12, 4),
    "saturated states": given([0, 1, 2, 3, 4, 0], 1, scale=9),
    "sure and wrong": {**given([0, 1, 2], 1), "W_unembed": np.outer([30.0, -30, 0, 0, 0], [1, 1, 1])},
}

# The example of the page: I, love, machine → learning, with tanh(log(3)/2) = 1/2, tanh(log 2) = 3/5, tanh(log 3) = 4/5.
# s = (0, 0, 0, log 3), so p = (1/6, 1/6, 1/6, 1/2), e = (−1/6, −1/6, −1/6, 1/2) and g_3 = 5/8 log 3.
C = log(3)
ONE_NUMBER = {
    "x": sentence([0, 1, 2], 4),
    "y": np.eye(4)[3],
    "W_embed": np.array([[C / 2, log(2) - 1 / 4, C - 3 / 10, 0]]),
    "W_recurrent": np.array([[1 / 2]]),
    "W_unembed": np.array([[0.0], [0], [0], [5 / 4 * C]]),
}
# A word twice: h_1 = (1/2, 3/5), h_2 = (4/5, 3/5), s = (0, log 3), e = (3/4, −3/4), g_2 = (−15/8, 5/4) log 3,
# δ_2 = (−27/40, 4/5) log 3, g_1 = (0, −9/16 log² 3), δ_1 = (0, −9/25 log² 3)
TWICE = {
    "x": sentence([0, 0], 2),
    "y": np.eye(2)[0],
    "W_embed": np.array([[C / 2, 1], [log(2), -1]]),
    "W_recurrent": np.array([[0, 5 / 6 * C], [0, 0]]),
    "W_unembed": np.array([[0, 0], [5 / 2 * C, -5 / 3 * C]]),
}


def one_step(x: ndarray, **_: ndarray) -> bool:
    """Whether there is only one word."""
    return len(x) == 1


def one_number(W_recurrent: ndarray, **_: ndarray) -> bool:
    """Whether a state is one number."""
    return W_recurrent.shape[-1] == 1


def one_step_or_number(**case: ndarray) -> bool:
    """Whether there is only one word, or a state is one number."""
    return one_step(**case) or one_number(**case)


def no_word_repeats(x: ndarray, **_: ndarray) -> bool:
    """Whether every word stands once."""
    return x.sum(0).max() <= 1


# References: PyTorch's layers, and the equations of the sheet on plain ids


def layer(**weights: Tensor) -> Callable[..., tuple[Tensor, Tensor]]:
    """``nn.RNN`` without biases, with the given matrices, to be called with words (T, V)."""
    d, V = weights["weight_ih_l0"].shape
    module = nn.RNN(V, d, num_layers=len(weights) // 2, bias=False).double()
    return lambda *inputs: functional_call(module, weights, inputs)


def J_of_state(h: Tensor, y: Tensor, W_unembed: Tensor) -> Tensor:
    """J in PyTorch's own words, for a last state."""
    return -F.cross_entropy(F.linear(h, W_unembed), y.argmax())


def J_of_network(x: Tensor, y: Tensor, W_embed: Tensor, W_recurrent: Tensor, W_unembed: Tensor) -> Tensor:
    """J through ``nn.RNN``."""
    run = layer(weight_ih_l0=W_embed, weight_hh_l0=W_recurrent)
    return J_of_state(run(x)[0][-1], y, W_unembed)


def J_of_added_states(
    x: Tensor, y: Tensor, W_embed: Tensor, W_recurrent: Tensor, W_unembed: Tensor, h: Tensor
) -> Tensor:
    """J through ``nn.RNN``, called word by word; row t of h is added to the state h_t."""
    run = layer(weight_ih_l0=W_embed, weight_hh_l0=W_recurrent)
    state = h[:1]  # (1, d)
    for t in range(len(x)):
        state = run(x[t : t + 1], state)[0] + h[t + 1]
    return J_of_state(state[0], y, W_unembed)


def plain_state(x: ndarray, W_embed: ndarray, W_recurrent: ndarray, added: ndarray) -> ndarray:
    """The last state by the sheet's equations; row t of ``added`` is added to h_t."""
    h = added[0]
    for word, more in zip(x.argmax(1), added[1:], strict=True):
        h = np.tanh(W_embed[:, word] + W_recurrent @ h) + more
    return h


def plain_J_of_state(h: ndarray, y: ndarray, W_unembed: ndarray) -> float:
    """J by its definition, for a last state."""
    s = W_unembed @ h
    return float(-np.log(np.exp(s - s[y.argmax()]).sum()))


def plain_J(
    x: ndarray, y: ndarray, W_embed: ndarray, W_recurrent: ndarray, W_unembed: ndarray, h: ndarray | None = None
) -> float:
    """J by the sheet's equations; row t of h is added to the state h_t."""
    if h is None:
        h = np.zeros((len(x) + 1, len(W_recurrent)))
    last = plain_state(x, W_embed, W_recurrent, h)
    return plain_J_of_state(last, y, W_unembed)


def all_states(case: Case) -> tuple[int, int]:
    """(T + 1, d), the shape of all states."""
    return len(case["x"]) + 1, len(case["W_recurrent"])


# Mistakes: the backward pass with one of its parts exchanged

Pass = tuple[ndarray, ndarray, ndarray]  # g (T + 1, d), δ (T, d), h (T + 1, d)


def backward(
    x: ndarray,
    y: ndarray,
    W_embed: ndarray,
    W_recurrent: ndarray,
    W_unembed: ndarray,
    slope: Callable[[ndarray, ndarray, ndarray], ndarray] = lambda h, before, a: 1 - h**2,
    back: Callable[[ndarray, ndarray, ndarray], ndarray] = lambda W, D, g: W.T @ (D * g),
    everywhere: bool = False,
) -> Pass:
    """The backward pass, in which a mistake may take the place of a part.

    ``slope`` gives the activation's derivative from h_t, h_(t−1) and what h_t is the tanh of, ``back`` the way from g_t
    to g_(t−1) from W_recurrent, that derivative and g_t; ``everywhere`` adds the readout's gradient at every step.
    """
    h, p, _ = backprop_rnn.forward(x, y, W_embed, W_recurrent, W_unembed)
    g, delta = np.zeros_like(h), np.zeros_like(h[1:])
    g[-1] = W_unembed.T @ (y - p)
    for t in range(len(x), 0, -1):
        a = W_embed @ x[t - 1] + W_recurrent @ h[t - 1]
        D = slope(h[t], h[t - 1], a)
        delta[t - 1] = D * g[t]
        g[t - 1] = back(W_recurrent, D, g[t])
        if everywhere and t > 1:
            g[t - 1] += g[-1]
    return g, delta, h


SLOPES = {
    "the derivative of tanh left out": lambda h, before, a: np.ones_like(h),
    "1 − h_{t−1}² for 1 − h_t²": lambda h, before, a: 1 - before**2,
    "the derivative at what goes into the tanh, 1 − a_t²": lambda h, before, a: 1 - a**2,
    "1 − h_t for 1 − h_t²": lambda h, before, a: 1 - h,
}


# ∂J/∂h_t


def mistaken_states(**wrong: object) -> Callable[..., ndarray]:
    """The gradients by the states, a part of the backward pass exchanged."""
    return lambda **case: backward(**case, **wrong)[0]


def none_at_the_start(**case: ndarray) -> ndarray:
    """The gradients by the states, that by h_0 zero."""
    g = backprop_rnn.state_gradients(**case)
    g[0] = 0
    return g


STATES = Result(
    label="rnn-states",
    claim=backprop_rnn.state_gradients,
    case=network,
    sizes={"V": (2, 12), "d": (1, 9), "T": (1, 10)},
    edges=EDGES,
    references=[
        Reference("autograd through nn.RNN", autograd(J_of_added_states, h=all_states)),
        Reference("central differences", central_differences(plain_J, h=all_states), bound=1e-6),
    ],
    worked=[
        Worked(ONE_NUMBER, [[27 / 2000 * C], [9 / 250 * C], [9 / 80 * C], [5 / 8 * C]]),
        Worked(TWICE, [[0, 0], [0, -9 / 16 * C**2], [-15 / 8 * C, 5 / 4 * C]]),
    ],
    mutants=[
        Mutant("the sign of the loss", lambda **case: -backprop_rnn.state_gradients(**case)),
        *(Mutant(mistake, mistaken_states(slope=slope)) for mistake, slope in SLOPES.items()),
        Mutant(
            "W_recurrent not transposed",
            mistaken_states(back=lambda W, D, g: W @ (D * g)),
            unless=Unless("d = 1", one_number),
        ),
        Mutant(
            "tanh and matrix in the wrong order, (1 − h_t²) ⊙ W_recurrentᵀ g_t",
            mistaken_states(back=lambda W, D, g: D * (W.T @ g)),
            unless=Unless("d = 1", one_number),
        ),
        Mutant("W_recurrent left out on the way back", mistaken_states(back=lambda W, D, g: D * g)),
        Mutant("∂J/∂h_0 zero because h_0 is", none_at_the_start),
        Mutant(
            "the readout's gradient added at every step, not only at the last",
            mistaken_states(everywhere=True),
            unless=Unless("T = 1", one_step),
        ),
    ],
)


# ∂h_T/∂h_t


def words_and_matrices(rng: Generator, V: int, d: int, T: int) -> dict[str, ndarray]:
    """Random words and random matrices, without a readout."""
    return without_readout(network(rng, V, d, T))


def without_readout(case: Case) -> dict[str, ndarray]:
    """The part of a case that makes the states."""
    return {name: case[name] for name in ("x", "W_embed", "W_recurrent")}


def jacobians_by_autograd(x: ndarray, W_embed: ndarray, W_recurrent: ndarray) -> ndarray:
    """The Jacobians of the last state by every state, through ``nn.RNN`` from that state on."""
    words, E, W = map(torch.tensor, (x, W_embed, W_recurrent))
    run = layer(weight_ih_l0=E, weight_hh_l0=W)
    h = torch.cat([torch.zeros(1, len(W)).double(), run(words)[0]])  # (T + 1, d)
    found = [
        torch.autograd.functional.jacobian(lambda state, t=t: run(words[t:], state[None])[0][-1], h[t])
        for t in range(len(x))
    ]
    return np.array([*found, np.eye(len(W))])


def jacobians_by_differences(**case: ndarray) -> ndarray:
    """The Jacobians of the last state by every state, by central differences of each of its entries."""
    shape = all_states(case)

    def entry(i: int) -> Callable[..., dict[str, ndarray]]:
        return central_differences(lambda h, **case: float(plain_state(**case, added=h)[i]), h=lambda _: shape)

    return np.stack([entry(i)(**case)["h"] for i in range(shape[1])], axis=1)


def mistaken_product(
    factor: Callable[[ndarray, ndarray, ndarray], ndarray], first_left: bool = False
) -> Callable[..., ndarray]:
    """Products of other factors, made of h_t, h_(t−1) and W_recurrent, or in the other order."""

    def product(x: ndarray, W_embed: ndarray, W_recurrent: ndarray) -> ndarray:
        h = backprop_rnn.states(x, W_embed, W_recurrent)
        found = [np.eye(len(W_recurrent))]
        for t in range(len(x), 0, -1):
            F = factor(h[t], h[t - 1], W_recurrent)
            found.append(F @ found[-1] if first_left else found[-1] @ F)
        return np.array(found[::-1])

    return product


def same_factor(x: ndarray, W_embed: ndarray, W_recurrent: ndarray) -> ndarray:
    """Powers of the last factor."""
    h = backprop_rnn.states(x, W_embed, W_recurrent)
    last = np.diag(1 - h[-1] ** 2) @ W_recurrent
    return np.array([np.linalg.matrix_power(last, n) for n in range(len(x), -1, -1)])


JACOBIANS = Result(
    label="rnn-jacobians",
    claim=backprop_rnn.jacobians,
    case=words_and_matrices,
    sizes={"V": (2, 9), "d": (1, 6), "T": (1, 8)},
    edges={name: without_readout(case) for name, case in EDGES.items() if name != "sure and wrong"},
    references=[
        Reference("autograd through nn.RNN", jacobians_by_autograd),
        Reference("central differences", jacobians_by_differences, bound=1e-6),
    ],
    worked=[
        # the factors are 3/4 · 1/2, 16/25 · 1/2 and 9/25 · 1/2
        Worked(
            without_readout(ONE_NUMBER), [[[Fraction(27, 1250)]], [[Fraction(36, 625)]], [[Fraction(9, 50)]], [[1]]]
        ),
        # two steps of a matrix that is zero but for its upper right corner come to zero
        Worked(without_readout(TWICE), [[[0, 0], [0, 0]], [[0, 3 / 10 * C], [0, 0]], [[1, 0], [0, 1]]]),
    ],
    mutants=[
        Mutant(
            "transposed",
            lambda **case: backprop_rnn.jacobians(**case).transpose(0, 2, 1),
            unless=Unless("d = 1", one_number),
        ),
        Mutant(
            "the factors in the order of time, the first on the left",
            mistaken_product(lambda h, b, W: np.diag(1 - h**2) @ W, first_left=True),
            unless=Unless("T = 1 or d = 1", one_step_or_number),
        ),
        Mutant(
            "W_recurrent D_t for D_t W_recurrent",
            mistaken_product(lambda h, b, W: W @ np.diag(1 - h**2)),
            unless=Unless("d = 1", one_number),
        ),
        Mutant("the derivative of tanh left out: powers of W_recurrent", mistaken_product(lambda h, b, W: W)),
        Mutant("1 − h_{t−1}² for 1 − h_t²", mistaken_product(lambda h, b, W: np.diag(1 - b**2) @ W)),
        Mutant("the last step's factor for all steps", same_factor, unless=Unless("T = 1", one_step)),
    ],
)


# ∂J/∂W_embed, ∂J/∂W_recurrent, ∂J/∂W_unembed


def mistaken(
    wrong: Callable[[ndarray, ndarray, ndarray], dict[str, ndarray]] | None = None, **parts: object
) -> Callable[..., Gradients]:
    """The gradients, some made otherwise from x, δ and h, or a part of the backward pass exchanged."""

    def gradients(**case: ndarray) -> Gradients:
        right = backprop_rnn.gradients(**case)
        _, delta, h = backward(**case, **parts)
        found = right._replace(W_embed=delta.T @ case["x"], W_recurrent=delta.T @ h[:-1])
        return found._replace(**wrong(case["x"], delta, h)) if wrong else found

    return gradients


def assigned(x: ndarray, delta: ndarray) -> ndarray:
    """Each δ_t put into its word's column in the place of what was there."""
    by_embed = np.zeros((delta.shape[1], x.shape[1]))
    by_embed[:, x.argmax(1)] = delta.T
    return by_embed


def shared_error(x: ndarray, y: ndarray, W_unembed: ndarray, **case: ndarray) -> Gradients:
    """The gradients, with the error e times every state in ∂J/∂W_unembed."""
    case = {"x": x, "y": y, "W_unembed": W_unembed, **case}
    h, p, _ = backprop_rnn.forward(**case)
    return backprop_rnn.gradients(**case)._replace(W_unembed=np.outer(y - p, h.sum(0)))


GRADIENTS = Result(
    label="rnn-gradients",
    claim=backprop_rnn.gradients,
    case=network,
    sizes={"V": (2, 12), "d": (1, 9), "T": (1, 10)},
    edges=EDGES,
    references=[
        Reference("autograd through nn.RNN", autograd(J_of_network, "W_embed", "W_recurrent", "W_unembed")),
        Reference(
            "central differences", central_differences(plain_J, "W_embed", "W_recurrent", "W_unembed"), bound=1e-6
        ),
    ],
    worked=[
        Worked(
            ONE_NUMBER,
            Gradients(
                W_embed=[[27 / 1000 * C, 9 / 125 * C, 9 / 40 * C, 0]],
                W_recurrent=[[171 / 1000 * C]],
                W_unembed=[[-2 / 15], [-2 / 15], [-2 / 15], [2 / 5]],
            ),
        ),
        Worked(
            TWICE,
            Gradients(
                W_embed=[[-27 / 40 * C, 0], [4 / 5 * C - 9 / 25 * C**2, 0]],
                W_recurrent=[[-27 / 80 * C, -81 / 200 * C], [2 / 5 * C, 12 / 25 * C]],
                W_unembed=[[3 / 5, 9 / 20], [-3 / 5, -9 / 20]],
            ),
        ),
    ],
    mutants=[
        Mutant(
            "the sign of the loss, in all three",
            lambda **case: Gradients(*(-g for g in backprop_rnn.gradients(**case))),
        ),
        *(Mutant(mistake, mistaken(slope=slope)) for mistake, slope in SLOPES.items()),
        Mutant(
            "W_recurrent not transposed on the way back",
            mistaken(back=lambda W, D, g: W @ (D * g)),
            unless=Unless("T = 1 or d = 1", one_step_or_number),
        ),
        Mutant(
            "only the last step: the sum over t left out",
            mistaken(
                lambda x, delta, h: {"W_embed": np.outer(delta[-1], x[-1]), "W_recurrent": np.outer(delta[-1], h[-2])}
            ),
            unless=Unless("T = 1", one_step),
        ),
        Mutant("h_t for h_{t−1} in ∂J/∂W_recurrent", mistaken(lambda x, delta, h: {"W_recurrent": delta.T @ h[1:]})),
        Mutant(
            "∂J/∂W_recurrent transposed, h_{t−1} δ_tᵀ",
            mistaken(lambda x, delta, h: {"W_recurrent": h[:-1].T @ delta}),
            unless=Unless("T = 1 or d = 1", one_step_or_number),
        ),
        Mutant(
            "assigned in the order of time instead of added up where a word repeats",
            mistaken(lambda x, delta, h: {"W_embed": assigned(x, delta)}),
            unless=Unless("sentences in which no word repeats", no_word_repeats),
        ),
        Mutant(
            "assigned from the last word to the first instead of added up",
            mistaken(lambda x, delta, h: {"W_embed": assigned(x[::-1], delta[::-1])}),
            unless=Unless("sentences in which no word repeats", no_word_repeats),
        ),
        Mutant(
            "the readout's gradient added at every step, not only at the last",
            mistaken(everywhere=True),
            unless=Unless("T = 1", one_step),
        ),
        Mutant("e times every h_t in ∂J/∂W_unembed", shared_error, unless=Unless("T = 1", one_step)),
    ],
)


# Several recurrent layers


def stacked_network(rng: Generator, V: int, d: int, T: int, L: int) -> dict[str, ndarray]:
    """Random words and random matrices of L layers."""
    return {**network(rng, V, d, T), "W_in": matrices(rng, L - 1, d, d), "W_recurrent": matrices(rng, L, d, d)}


def given_layers(words: list[int], L: int, V: int = 5, d: int = 3) -> Case:
    """Given words under some matrices of L layers."""
    case = stacked_network(np.random.default_rng(1), V=V, d=d, T=1, L=L)
    return {**case, "x": sentence(words, V)}


def J_of_layers(x: Tensor, y: Tensor, W_embed: Tensor, W_in: Tensor, W_recurrent: Tensor, W_unembed: Tensor) -> Tensor:
    """J through ``nn.RNN`` with several layers."""
    named = {}
    for number, into in enumerate([W_embed, *W_in]):
        named[f"weight_ih_l{number}"] = into
        named[f"weight_hh_l{number}"] = W_recurrent[number]
    # with one layer, autograd still asks for a part that W_in has
    return J_of_state(layer(**named)(x)[0][-1], y, W_unembed) + 0 * W_in.sum()


def plain_J_of_layers(
    x: ndarray, y: ndarray, W_embed: ndarray, W_in: ndarray, W_recurrent: ndarray, W_unembed: ndarray
) -> float:
    """J by the equations, all layers at each step."""
    h = np.zeros(W_recurrent.shape[:2])  # (L, d)
    for word in x.argmax(1):
        into = W_embed[:, word]
        for number in range(len(h)):
            h[number] = np.tanh(into + W_recurrent[number] @ h[number])
            into = W_in[number] @ h[number] if number < len(W_in) else None
    return plain_J_of_state(h[-1], y, W_unembed)


Between = Callable[[ndarray, ndarray], ndarray]


def mistaken_layers(
    slope: Callable[[ndarray, ndarray], ndarray] = lambda h, before: 1 - h**2,
    up: Between = lambda W, delta: W.T @ delta,
    across: Between = lambda W, delta: W.T @ delta,
    above: Callable[[int, int], bool] = lambda t, T: True,
    through_time: Callable[[int, int], bool] = lambda layer, L: True,
    readout: Callable[[int, int], bool] = lambda layer, L: layer == L - 1,
    later_input: int = 0,
    later_state: int = 0,
) -> Callable[..., StackedGradients]:
    """The gradients of several layers, step by step, a part exchanged.

    ``up`` and ``across`` give the way back through W_in and through W_recurrent; ``above`` says at which steps t the
    layer above counts, ``through_time`` in which layers the step after does, and ``readout`` which layers the scores
    are read from. ``later_input`` and ``later_state`` move the times of the input and of the state in the sums.
    """

    def gradients(
        x: ndarray, y: ndarray, W_embed: ndarray, W_in: ndarray, W_recurrent: ndarray, W_unembed: ndarray
    ) -> StackedGradients:
        h = backprop_rnn.stacked_states(x, W_embed, W_in, W_recurrent)
        L, T = len(h), len(x)
        s = W_unembed @ h[-1][-1]
        e = y - np.exp(backprop_rnn.log_softmax(s))
        delta = np.zeros((L + 1, T + 2, W_embed.shape[0]))
        for layer in range(L - 1, -1, -1):
            for t in range(T, 0, -1):
                g = np.zeros(W_embed.shape[0])
                if t == T and readout(layer, L):
                    g = W_unembed.T @ e
                if through_time(layer, L):
                    g = g + across(W_recurrent[layer], delta[layer, t + 1])
                if layer < L - 1 and above(t, T):
                    g = g + up(W_in[layer], delta[layer + 1, t])
                delta[layer, t] = slope(h[layer][t], h[layer][t - 1]) * g

        def into(layer: int) -> ndarray:
            below = np.roll(h[layer - 1], -later_input, axis=0)
            return delta[layer, 1:-1].T @ below[1:]

        return StackedGradients(
            delta[0, 1:-1].T @ x,
            np.array([into(layer) for layer in range(1, L)]).reshape(W_in.shape),
            np.array([delta[layer, 1:-1].T @ h[layer][later_state : T + later_state] for layer in range(L)]),
            np.outer(e, h[-1][-1]),
        )

    return gradients


def one_matrix_for_all(**case: ndarray) -> StackedGradients:
    """The gradients of the recurrent matrices added up over the layers."""
    right = backprop_rnn.stacked_gradients(**case)
    total = right.W_recurrent.sum(0)
    return right._replace(W_recurrent=np.array([total] * len(right.W_recurrent)))


STACKED = Result(
    label="stacked-rnn-gradients",
    claim=backprop_rnn.stacked_gradients,
    case=stacked_network,
    sizes={"V": (2, 10), "d": (1, 7), "T": (1, 9), "L": (2, 4)},
    edges={
        "one word (T = 1)": given_layers([2], L=3),
        "one layer (L = 1)": given_layers([3, 1, 4], L=1),
        "one number for a state (d = 1)": given_layers([3, 1, 4, 1], L=2, d=1),
        "two words to choose from": given_layers([0, 1, 1], L=2, V=2),
        "one word, again and again": given_layers([4] * 10, L=3),
    },
    references=[
        Reference("autograd through nn.RNN", autograd(J_of_layers, "W_embed", "W_in", "W_recurrent", "W_unembed")),
        Reference(
            "central differences",
            central_differences(plain_J_of_layers, "W_embed", "W_in", "W_recurrent", "W_unembed"),
            bound=1e-6,
        ),
    ],
    worked=[
        # h = 1/2, 3/5 below and 1/2, 4/5 above; s = (0, log 3), e = (3/4, −3/4); with c = log 3, δ is −27/80 c and
        # −81/400 c² above (the last step first), −27/125 c² and −81/1000 c² − 243/1600 c³ below
        Worked(
            {
                "x": sentence([0, 1], 2),
                "y": np.eye(2)[0],
                "W_embed": np.array([[C / 2, log(2) - 1 / 4]]),
                "W_in": np.array([[[C]]]),
                "W_recurrent": np.array([[[1 / 2]], [[4 / 5 * C]]]),
                "W_unembed": np.array([[0], [5 / 4 * C]]),
            },
            StackedGradients(
                W_embed=[[-81 / 1000 * C**2 - 243 / 1600 * C**3, -27 / 125 * C**2]],
                W_in=[[[-81 / 800 * C**2 - 81 / 400 * C]]],
                W_recurrent=[[[-27 / 250 * C**2]], [[-27 / 160 * C]]],
                W_unembed=[[3 / 5], [-3 / 5]],
            ),
        )
    ],
    mutants=[
        Mutant(
            "the sign of the loss, in all four",
            lambda **case: StackedGradients(*(-g for g in backprop_rnn.stacked_gradients(**case))),
        ),
        Mutant("the derivative of tanh left out", mistaken_layers(slope=lambda h, before: 1)),
        Mutant("1 − h_{t−1}² for 1 − h_t²", mistaken_layers(slope=lambda h, before: 1 - before**2)),
        Mutant(
            "the layer above counted only at the last step",
            mistaken_layers(above=lambda t, T: t == T),
            unless=Unless("T = 1", one_step),
        ),
        Mutant(
            "back through time only in the last layer",
            mistaken_layers(through_time=lambda layer, L: layer == L - 1),
            unless=Unless("T = 1", one_step),
        ),
        Mutant(
            "W_in not transposed on the way down",
            mistaken_layers(up=lambda W, delta: W @ delta),
            unless=Unless("d = 1", one_number),
        ),
        Mutant(
            "W_recurrent not transposed on the way back",
            mistaken_layers(across=lambda W, delta: W @ delta),
            unless=Unless("T = 1 or d = 1", one_step_or_number),
        ),
        Mutant("the readout's gradient given to every layer", mistaken_layers(readout=lambda layer, L: True)),
        Mutant("h_t for h_{t−1} in ∂J/∂W_recurrent", mistaken_layers(later_state=1)),
        Mutant("the state of the layer below one step too early in ∂J/∂W_in", mistaken_layers(later_input=-1)),
        Mutant(
            "one sum over the layers for all recurrent matrices", one_matrix_for_all, unless=Unless("T = 1", one_step)
        ),
    ],
)


# A batch, a loss at every step


def batch(rng: Generator, B: int, T: int, V: int, d: int) -> dict[str, ndarray]:
    """Random words and next words (B, T), random matrices, states to begin with; the scores are small or large."""
    return {
        "ids": rng.integers(V, size=(B, T)),
        "targets": rng.integers(V, size=(B, T)),
        "W_embed": rng.normal(0, 0.7, (d, V)),
        "W_recurrent": matrices(rng, d, d),
        "W_unembed": rng.choice([0.1, 1, 3]) * rng.normal(size=(V, d)),
        "h_0": rng.uniform(-0.9, 0.9, (B, d)),
    }


def given_batch(B: int, T: int, V: int = 5, d: int = 3, **given: ndarray) -> Case:
    """A batch under some matrices, with given parts."""
    return {**batch(np.random.default_rng(1), B=B, T=T, V=V, d=d), **given}


def batch_by_autograd(
    ids: ndarray, targets: ndarray, W_embed: ndarray, W_recurrent: ndarray, W_unembed: ndarray, h_0: ndarray
) -> Batch:
    """The whole batch through ``nn.RNN``, and the cross entropy of all its positions."""
    weights = [torch.tensor(W).requires_grad_() for W in (W_embed, W_recurrent, W_unembed)]
    run = layer(weight_ih_l0=weights[0], weight_hh_l0=weights[1])
    x = torch.tensor(sentence(ids.T, len(W_unembed)))  # (T, B, V)
    h, last = run(x, torch.tensor(h_0)[None])
    s = F.linear(h, weights[2]).flatten(0, 1)
    J = -F.cross_entropy(s, torch.tensor(targets.T).flatten(), reduction="sum")
    found = [gradient.numpy() for gradient in torch.autograd.grad(J, weights)]
    return Batch(J.item(), last[0].detach().numpy(), *found)


def plain_J_of_batch(
    ids: ndarray, targets: ndarray, W_embed: ndarray, W_recurrent: ndarray, W_unembed: ndarray, h_0: ndarray
) -> float:
    """J by its definition, one sequence after the other, one step after the other."""
    J = 0.0
    for words, following, h in zip(ids, targets, h_0, strict=True):
        for word, y in zip(words, following, strict=True):
            h = np.tanh(W_embed[:, word] + W_recurrent @ h)
            J += plain_J_of_state(h, np.eye(len(W_unembed))[y], W_unembed)
    return J


def prefix_by_prefix(ids: ndarray, targets: ndarray, h_0: ndarray, **weights: ndarray) -> dict[str, object]:
    """The sums over all beginnings of all sequences, each a sentence with a loss at its end alone."""
    V = len(weights["W_unembed"])
    J, sums = 0.0, Gradients(0, 0, 0)
    for words, following in zip(sentence(ids, V), sentence(targets, V), strict=True):
        for t, y in enumerate(following, 1):
            case = {"x": words[:t], "y": y, **weights}
            J += backprop_rnn.forward(**case).J
            one = backprop_rnn.gradients(**case)
            sums = Gradients(*(a + b for a, b in zip(sums, one, strict=True)))
    return {"J": J, **sums._asdict()}


def mistaken_batch(
    start: Callable[[ndarray], ndarray] = lambda h_0: h_0,
    going_back: Callable[[int, int], bool] = lambda t, T: True,
    read_out: Callable[[int, int], bool] = lambda t, T: True,
    slope: Callable[[ndarray], ndarray] = lambda h: 1 - h**2,
    back: Callable[[ndarray, ndarray], ndarray] = lambda W, delta: W.T @ delta,
    state: Callable[[list[ndarray], int], ndarray] = lambda h, t: h[t - 1],
    run_on: bool = False,
    assigned: bool = False,
    factor: Callable[[int, int], float] = lambda B, T: 1,
) -> Callable[..., Batch]:
    """The batch one sequence and one step at a time, a part exchanged.

    ``start`` gives the states to begin with; ``going_back`` and ``read_out`` say of which steps t the error goes back
    into the states and into W_unembed; ``slope`` is the derivative of the tanh, ``back`` the way through W_recurrent,
    ``state`` what the δ_t of W_recurrent is multiplied by. ``run_on`` begins each sequence where the one before it
    ended, ``assigned`` keeps the last δ of each word alone, and ``factor`` multiplies J and all gradients.
    """

    def gradients(
        ids: ndarray, targets: ndarray, W_embed: ndarray, W_recurrent: ndarray, W_unembed: ndarray, h_0: ndarray
    ) -> Batch:
        (B, T), one_hot = ids.shape, np.eye(len(W_unembed))
        J, last = 0.0, []
        by_embed, by_recurrent, by_unembed = (np.zeros_like(W) for W in (W_embed, W_recurrent, W_unembed))
        for words, following, first in zip(ids, targets, start(h_0), strict=True):
            h = [last[-1] if run_on and last else first]
            for word in words:
                h.append(np.tanh(W_embed[:, word] + W_recurrent @ h[-1]))
            last.append(h[-1])
            log_p = backprop_rnn.log_softmax(np.array(h) @ W_unembed.T)  # (T + 1, V)
            J += log_p[range(1, T + 1), following].sum()
            delta = np.zeros_like(first)
            for t in range(T, 0, -1):
                e = one_hot[following[t - 1]] - np.exp(log_p[t])
                g = W_unembed.T @ e * going_back(t, T) + back(W_recurrent, delta)
                delta = slope(h[t]) * g
                if assigned:
                    by_embed[:, words[t - 1]] = delta
                else:
                    by_embed[:, words[t - 1]] += delta
                by_recurrent += np.outer(delta, state(h, t))
                by_unembed += np.outer(e, h[t]) * read_out(t, T)
        scale = factor(B, T)
        return Batch(scale * J, np.array(last), *(scale * W for W in (by_embed, by_recurrent, by_unembed)))

    return gradients


def one_step_each(ids: ndarray, **_: ndarray) -> bool:
    """Whether T = 1."""
    return ids.shape[1] == 1


# The states are 3/5 = tanh(b) and 4/5 = tanh(c) with b = log 2 and c = log 3, the scores (0, 3b) and (0, 4b).
B_2, W_2 = log(2), 5 / 3 * (C - log(2))

BATCH = Result(
    label="rnn-batch-gradients",
    claim=backprop_rnn.batch_gradients,
    case=batch,
    sizes={"B": (1, 5), "T": (1, 6), "V": (2, 8), "d": (1, 6)},
    edges={
        "one word (T = 1)": given_batch(B=3, T=1),
        "one sequence (B = 1)": given_batch(B=1, T=4),
        "two words, one number": given_batch(B=2, T=3, V=2, d=1),
        "states of zero to begin with": given_batch(B=2, T=5, h_0=np.zeros((2, 3))),
        "one word, again and again": given_batch(B=3, T=6, ids=np.full((3, 6), 4), targets=np.full((3, 6), 4)),
        "one sequence, three times": given_batch(B=3, T=4, ids=np.array([[0, 1, 1, 2]] * 3), h_0=np.zeros((3, 3))),
        "saturated states": given_batch(B=2, T=4, W_embed=9 * np.random.default_rng(2).normal(size=(3, 5))),
    },
    references=[
        Reference("autograd through nn.RNN", batch_by_autograd),
        Reference(
            "central differences",
            central_differences(plain_J_of_batch, "W_embed", "W_recurrent", "W_unembed"),
            bound=1e-6,
        ),
        Reference(
            "all beginnings, each with a loss at its end",
            prefix_by_prefix,
            covers=lambda h_0, **_: not h_0.any(),
            but="states that do not begin at zero",
        ),
    ],
    worked=[
        # e of word 1 is 1/9 after 3/5 and −16/17 after 4/5; δ_2, δ_1 are −144/85 b, 16/45 b − 2304/2125 b w in the
        # first sequence, and 16/45 b, −144/85 b + 16/125 b w in the second, with w the recurrent weight
        Worked(
            {
                "ids": np.array([[0, 0], [0, 1]]),
                "targets": np.array([[1, 0], [0, 1]]),
                "W_embed": np.array([[B_2, (7 * B_2 - 4 * C) / 3]]),
                "W_recurrent": np.array([[W_2]]),
                "W_unembed": np.array([[0], [5 * B_2]]),
                "h_0": np.array([[0], [3 / 5]]),
            },
            Batch(
                J=2 * log(8 / 153),
                h=[[4 / 5], [3 / 5]],
                W_embed=[[-464 / 153 * B_2 - 2032 / 2125 * B_2 * W_2, 16 / 45 * B_2]],
                W_recurrent=[[-6688 / 3825 * B_2 + 48 / 625 * B_2 * W_2]],
                W_unembed=[[Fraction(70, 51)], [Fraction(-70, 51)]],
            ),
        )
    ],
    mutants=[
        Mutant("the sign of the loss, in J and all three", mistaken_batch(factor=lambda B, T: -1)),
        Mutant("the mean over all positions for their sum", mistaken_batch(factor=lambda B, T: 1 / (B * T))),
        Mutant(
            "only the last step's error goes back",
            mistaken_batch(going_back=lambda t, T: t == T),
            unless=Unless("T = 1", one_step_each),
        ),
        Mutant(
            "no way back from one step to the one before",
            mistaken_batch(back=lambda W, delta: 0 * delta),
            unless=Unless("T = 1", one_step_each),
        ),
        Mutant(
            "only the last state read out in ∂J/∂W_unembed",
            mistaken_batch(read_out=lambda t, T: t == T),
            unless=Unless("T = 1", one_step_each),
        ),
        Mutant("states that begin at zero, not at h_0", mistaken_batch(start=np.zeros_like)),
        Mutant("the term δ_1 h_0ᵀ left out of ∂J/∂W_recurrent", mistaken_batch(state=lambda h, t: h[t - 1] * (t > 1))),
        Mutant(
            "each sequence begun where the one before it in the batch ended",
            mistaken_batch(run_on=True),
            unless=Unless("B = 1", lambda ids, **_: len(ids) == 1),
        ),
        Mutant(
            "words that come again assigned, not added up",
            mistaken_batch(assigned=True),
            unless=Unless("batches in which no word repeats", lambda ids, **_: len(np.unique(ids)) == ids.size),
        ),
        Mutant("the derivative of tanh left out", mistaken_batch(slope=np.ones_like)),
        Mutant(
            "W_recurrent not transposed on the way back",
            mistaken_batch(back=lambda W, delta: W @ delta),
            unless=Unless("T = 1 or d = 1", lambda ids, h_0, **_: 1 in (ids.shape[1], h_0.shape[1])),
        ),
        Mutant("h_t for h_{t−1} in ∂J/∂W_recurrent", mistaken_batch(state=lambda h, t: h[t])),
    ],
)
