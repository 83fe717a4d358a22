"""The results of the page ``backprop-rnn``."""

from fractions import Fraction
from math import log

import numpy as np
import torch
from torch.nn import functional as F

from unrolled.checks import Mutant, Reference, Result, Unless, Worked, autograd, central_differences, mistakes
from unrolled.pages import backprop_rnn
from unrolled.pages.backprop_rnn import Batch, Gradients, StackedGradients
from unrolled.results._sentences import (
    MATRICES,
    J,
    J_of_state,
    all_states,
    last_state,
    no_word_repeats,
    plain_J,
    plain_J_of_state,
    plain_state,
    random_words,
    rnn,
    sentence,
    written,
)

# Cases: words x (T, V) and the next one y (V,), one-hot, and the matrices


def matrices(rng, *shape):
    """Random square matrices, their entries away from zero, so that a gradient does not vanish."""
    signs = rng.choice([-1, 1], size=shape)
    return signs * rng.uniform(0.5, 1.2, size=shape) / np.sqrt(shape[-1])


def random_matrices(rng, V, d):
    """Random matrices, whose scores are small or large."""
    return {
        "W_embed": rng.normal(0, 0.7, (d, V)),
        "W_recurrent": matrices(rng, d, d),
        "W_unembed": rng.choice([0.1, 1, 3]) * rng.normal(size=(V, d)),
    }


def network(rng, V, d, T):
    """Random words and random matrices."""
    return {**random_words(rng, V, T), **random_matrices(rng, V, d)}


def given(words, y, V=5, d=3, scale=1):
    """Given words under some matrices, the states driven by inputs of a given scale."""
    case = network(np.random.default_rng(1), V=V, d=d, T=1)
    return {**case, "W_embed": scale * case["W_embed"], "x": sentence(words, V), "y": np.eye(V)[y]}


EDGES = {
    "one word (T = 1)": given([2], 0),
    "two words to choose from": given([0, 1, 1, 0], 1, V=2),
    "one number for a state (d = 1)": given([3, 1, 4, 1], 0, d=1),
    "two words, one number, T = 1": given([1], 0, V=2, d=1),
    "one word, again and again": given([4] * 12, 4),
    "saturated states": given([0, 1, 2, 3, 4, 0], 1, scale=9),
    "sure and wrong": {**given([0, 1, 2], 1), "W_unembed": np.outer([30.0, -30, 0, 0, 0], [1, 1, 1])},
}

# The two examples of the page; tanh(C) = 1/2. I, love, machine → learning: h = (0, 1/2), (1/2, 0), (1/2, 1/2), all
# scores 0, e = (−1/4, −1/4, −1/4, 3/4), δ_1 = (3, −9/2), δ_2 = (9/2, 3), δ_3 = (−6, 6).
L = log(3)
C = L / 2
SENTENCE = written(
    [0, 1, 2],
    3,
    [[0, C + 1 / 2, C, 0], [C, 1 / 4, C - 1 / 2, 0]],
    [[0, -1], [1, -1 / 2]],
    [[0, 0], [0, 0], [8, -8], [-8, 8]],
)
# very, very → good: h = (0, 1/2), (1/2, 1/2), all scores 0, e = (−1/3, 2/3, −1/3), δ_1 = (3, 9/4 L), δ_2 = (3, −3).
TWICE = written([0, 0], 1, [[0, 0, 0], [C, 0, 0]], [[0, L], [-1, 0]], [[0, 0], [4, -4], [-4, 4]])

SLOPES = {
    "the derivative of tanh left out": "(1 - h[t] ** 2) * g → g",
    "1 − h_{t−1}² for 1 − h_t²": "h[t] ** 2 → h[t - 1] ** 2",
    "the derivative at what goes into the tanh, 1 − a_t²": (
        "h[t] ** 2 → (W_embed @ x[t - 1] + W_recurrent @ h[t - 1]) ** 2"
    ),
    "1 − h_t for 1 − h_t²": "h[t] ** 2 → h[t]",
}

# ∂J/∂h_t

STATES = Result(
    label="rnn-states",
    claim=backprop_rnn.state_gradients,
    case=network,
    sizes={"V": (2, 12), "d": (1, 9), "T": (1, 10)},
    edges=EDGES,
    references=[
        Reference("autograd through nn.RNN", autograd(J, h=all_states)),
        Reference("central differences", central_differences(plain_J, h=all_states), bound=1e-6),
    ],
    worked=[
        Worked(SENTENCE, [[-9 / 2, -3 / 4], [3, -6], [6, 3], [-8, 8]]),
        Worked(TWICE, [[-9 / 4 * L, 3 * L], [3, 3 * L], [4, -4]]),
    ],
    mutants=mistakes(
        backprop_rnn.state_gradients,
        {
            "the sign of the loss": "y - p → p - y",
            **SLOPES,
            "W_recurrent not transposed": ("W_recurrent.T → W_recurrent", "d == 1"),
            "tanh and matrix in the wrong order, (1 − h_t²) ⊙ W_recurrentᵀ g_t": (
                "W_recurrent.T @ delta → (1 - h[t] ** 2) * (W_recurrent.T @ g[t])",
                "d == 1",
            ),
            "W_recurrent left out on the way back": "W_recurrent.T @ delta → delta",
            "∂J/∂h_0 zero because h_0 is": "return g → g[0] = 0; return g",
            "the readout's gradient added at every step, not only at the last": (
                "W_recurrent.T @ delta → W_recurrent.T @ delta + (t > 1) * g[-1]",
                "T == 1",
            ),
        },
    ),
)

# ∂h_T/∂h_t


def without_readout(case):
    """The part of a case that makes the states."""
    return {name: case[name] for name in ("x", "W_embed", "W_recurrent")}


def entry_by_time(jacobians):
    """The Jacobians of the last state by the rows of h, a matrix for each row."""
    return lambda **case: jacobians(**case)["h"].swapaxes(0, 1)


JACOBIANS = Result(
    label="rnn-jacobians",
    claim=backprop_rnn.jacobians,
    case=lambda rng, **sizes: without_readout(network(rng, **sizes)),
    sizes={"V": (2, 9), "d": (1, 6), "T": (1, 8)},
    edges={name: without_readout(case) for name, case in EDGES.items() if name != "sure and wrong"},
    references=[
        Reference("autograd through nn.RNN", entry_by_time(autograd(last_state, h=all_states))),
        Reference("central differences", entry_by_time(central_differences(plain_state, h=all_states)), bound=1e-6),
    ],
    worked=[
        Worked(
            without_readout(SENTENCE),
            [
                [[9 / 32, 39 / 64], [-9 / 32, 33 / 64]],
                [[-3 / 4, 3 / 8], [-3 / 8, -3 / 8]],
                [[0, -3 / 4], [3 / 4, -3 / 8]],
                [[1, 0], [0, 1]],
            ],
        ),
        Worked(
            without_readout(TWICE),
            [[[-9 / 16 * L, 0], [0, -3 / 4 * L]], [[0, 3 / 4 * L], [-3 / 4, 0]], [[1, 0], [0, 1]]],
        ),
    ],
    mutants=mistakes(
        backprop_rnn.jacobians,
        {
            "transposed": ("np.array(found[::-1]) → np.array(found[::-1]).transpose(0, 2, 1)", "d == 1"),
            "the factors in the order of time, the first on the left": (
                "found[-1] @ np.diag(1 - h_t**2) @ W_recurrent → np.diag(1 - h_t**2) @ W_recurrent @ found[-1]",
                "T == 1 or d == 1",
            ),
            "W_recurrent D_t for D_t W_recurrent": (
                "np.diag(1 - h_t**2) @ W_recurrent → W_recurrent @ np.diag(1 - h_t**2)",
                "d == 1",
            ),
            "the derivative of tanh left out: powers of W_recurrent": "@ np.diag(1 - h_t**2) @ → @",
            "1 − h_{t−1}² for 1 − h_t²": "h[:0:-1] → h[-2::-1]",
            "the last step's factor for all steps": ("h_t**2 → h[-1] ** 2", "T == 1"),
        },
    ),
)

# ∂J/∂W_embed, ∂J/∂W_recurrent, ∂J/∂W_unembed

ONCE = Unless("sentences in which no word repeats", no_word_repeats)

GRADIENTS = Result(
    label="rnn-gradients",
    claim=backprop_rnn.gradients,
    case=network,
    sizes={"V": (2, 12), "d": (1, 9), "T": (1, 10)},
    edges=EDGES,
    references=[
        Reference("autograd through nn.RNN", autograd(J, *MATRICES)),
        Reference("central differences", central_differences(plain_J, *MATRICES), bound=1e-6),
    ],
    worked=[
        Worked(
            SENTENCE,
            Gradients(
                W_embed=[[3, 9 / 2, -6, 0], [-9 / 2, 3, 6, 0]],
                W_recurrent=[[-3, 9 / 4], [3, 3 / 2]],
                W_unembed=[[-1 / 8, -1 / 8], [-1 / 8, -1 / 8], [-1 / 8, -1 / 8], [3 / 8, 3 / 8]],
            ),
        ),
        Worked(
            TWICE,
            Gradients(
                W_embed=[[6, 0, 0], [9 / 4 * L - 3, 0, 0]],
                W_recurrent=[[0, 3 / 2], [0, -3 / 2]],
                W_unembed=[[-1 / 6, -1 / 6], [1 / 3, 1 / 3], [-1 / 6, -1 / 6]],
            ),
        ),
    ],
    mutants=mistakes(
        backprop_rnn.gradients,
        {
            "the sign of the loss, in all three": "y - p → p - y",
            **SLOPES,
            "W_recurrent not transposed on the way back": ("W_recurrent.T → W_recurrent", "T == 1 or d == 1"),
            "tanh and matrix in the wrong order, (1 − h_t²) ⊙ W_recurrentᵀ g_t": (
                "W_recurrent.T @ delta → (1 - h[t] ** 2) * (W_recurrent.T @ g)",
                "T == 1 or d == 1",
            ),
            "only the last step: the sum over t left out": ("range(len(x), 0, -1) → [len(x)]", "T == 1"),
            "h_t for h_{t−1} in ∂J/∂W_recurrent": "np.outer(delta, h[t - 1]) → np.outer(delta, h[t])",
            "∂J/∂W_recurrent transposed, h_{t−1} δ_tᵀ": (
                "np.outer(delta, h[t - 1]) → np.outer(h[t - 1], delta)",
                "T == 1 or d == 1",
            ),
            "assigned in the order of time instead of added up where a word repeats": (
                "np.outer(delta, x[t - 1]) → np.outer(delta, x[t - 1] * ~x[t:].any(0))",
                ONCE,
            ),
            "assigned from the last word to the first instead of added up": (
                "by_embed += np.outer(delta, x[t - 1]) → by_embed[:, x[t - 1].argmax()] = delta",
                ONCE,
            ),
            "the readout's gradient added at every step, not only at the last": (
                "g = W_recurrent.T @ delta → g = W_recurrent.T @ delta + W_unembed.T @ e",
                "T == 1",
            ),
            "e times every h_t in ∂J/∂W_unembed": ("np.outer(e, h[-1]) → np.outer(e, h.sum(0))", "T == 1"),
        },
    ),
)

# Several recurrent layers


def stacked_network(rng, V, d, T, L):
    """Random words and random matrices of L layers."""
    return {**network(rng, V, d, T), "W_in": matrices(rng, L - 1, d, d), "W_recurrent": matrices(rng, L, d, d)}


def given_layers(words, L, V=5, d=3):
    """Given words under some matrices of L layers."""
    return {**stacked_network(np.random.default_rng(1), V=V, d=d, T=1, L=L), "x": sentence(words, V)}


def J_of_layers(x, y, W_embed, W_in, W_recurrent, W_unembed):
    """J through ``nn.RNN`` with several layers."""
    run = rnn(*zip([W_embed, *W_in], W_recurrent, strict=True))
    # with one layer, autograd still asks for a part that W_in has
    return J_of_state(run(x)[0][-1], y, W_unembed) + 0 * W_in.sum()


def plain_J_of_layers(x, y, W_embed, W_in, W_recurrent, W_unembed):
    """J by the equations, all layers at each step."""
    h = np.zeros(W_recurrent.shape[:2])  # (L, d)
    for word in x.argmax(1):
        into = W_embed[:, word]
        for number in range(len(h)):
            h[number] = np.tanh(into + W_recurrent[number] @ h[number])
            into = W_in[number] @ h[number] if number < len(W_in) else None
    return plain_J_of_state(h[-1], y, W_unembed)


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
        Reference("autograd through nn.RNN", autograd(J_of_layers, "W_in", *MATRICES)),
        Reference("central differences", central_differences(plain_J_of_layers, "W_in", *MATRICES), bound=1e-6),
    ],
    worked=[
        # h = (0, 1/2), (1/2, 0) below and (1/2, −1/2), (1/2, 1/2) above, all scores 0, e = (−1/3, −1/3, 2/3); from the
        # last step, δ = (3, −3), L (9/2, 27/4) above and L (9/4, 6), L² (9/2, −27/16) + L (6, −63/16) below
        Worked(
            {
                **written(
                    [0, 1],
                    2,
                    [[0, C + 1 / 2, 0], [C, 1 / 4, 0]],
                    [[[0, -1], [1, -1 / 2]], [[L, L], [-L, -2 * L]]],
                    [[0, 0], [-4, 4], [4, -4]],
                ),
                "W_in": np.array([[[L, L], [0, -L]]]),
            },
            StackedGradients(
                W_embed=[[9 / 2 * L**2 + 6 * L, 9 / 4 * L, 0], [-27 / 16 * L**2 - 63 / 16 * L, 6 * L, 0]],
                W_in=[[[3 / 2, 9 / 4 * L], [-3 / 2, 27 / 8 * L]]],
                W_recurrent=[[[0, 9 / 8 * L], [0, 3 * L]], [[3 / 2, -3 / 2], [-3 / 2, 3 / 2]]],
                W_unembed=[[-1 / 6, -1 / 6], [-1 / 6, -1 / 6], [1 / 3, 1 / 3]],
            ),
        )
    ],
    mutants=mistakes(
        backprop_rnn.stacked_gradients,
        {
            "the sign of the loss, in all four": "y - np.exp → -y + np.exp",
            "the derivative of tanh left out": "(1 - h[t] ** 2) * g → g",
            "1 − h_{t−1}² for 1 − h_t²": "h[t] ** 2 → h[t - 1] ** 2",
            "the layer above counted only at the last step": (
                "delta[:-1] @ into[layer] → delta[:-1] @ into[layer]; from_above[:-1] = 0",
                "T == 1",
            ),
            "back through time only in the last layer": (
                "+ W_recurrent[layer].T @ delta[t] → + (layer == len(layers) - 1) * W_recurrent[layer].T @ delta[t]",
                "T == 1",
            ),
            "W_in not transposed on the way down": (
                "delta[:-1] @ into[layer] → delta[:-1] @ into[layer].T if layer else None",
                "d == 1",
            ),
            "W_recurrent not transposed on the way back": (
                "W_recurrent[layer].T → W_recurrent[layer]",
                "T == 1 or d == 1",
            ),
            "the readout's gradient given to every layer": """
                from_above[-1] = W_unembed.T @ e → readout = W_unembed.T @ e
                delta = np.zeros_like(h) → from_above[-1] += readout; delta = np.zeros_like(h)
            """,
            "h_t for h_{t−1} in ∂J/∂W_recurrent": "delta[:-1].T @ h[:-1] → delta[:-1].T @ h[1:]",
            "the state of the layer below one step too early in ∂J/∂W_in": (
                "layers[layer - 1][1:] → layers[layer - 1][:-1]"
            ),
            "one sum over the layers for all recurrent matrices": (
                "np.array(by_across) → np.array([sum(by_across)] * len(by_across))",
                "T == 1",
            ),
        },
    ),
)

# A batch, a loss at every step


def batch(rng, B, T, V, d):
    """Random words and next words (B, T), random matrices, states to begin with."""
    return {
        "ids": rng.integers(V, size=(B, T)),
        "targets": rng.integers(V, size=(B, T)),
        **random_matrices(rng, V, d),
        "h_0": rng.uniform(-0.9, 0.9, (B, d)),
    }


def given_batch(B, T, V=5, d=3, **given):
    """A batch under some matrices, with given parts."""
    return {**batch(np.random.default_rng(1), B=B, T=T, V=V, d=d), **given}


def batch_by_autograd(ids, targets, h_0, **weights):
    """The whole batch through ``nn.RNN``, and the cross entropy of all its positions."""
    embed, recurrent, unembed = found = [torch.tensor(weights[name]).requires_grad_() for name in MATRICES]
    x = torch.tensor(sentence(ids.T, len(unembed)))  # (T, B, V)
    h, last = rnn((embed, recurrent))(x, torch.tensor(h_0)[None])
    s = F.linear(h, unembed).flatten(0, 1)
    J = -F.cross_entropy(s, torch.tensor(targets.T).flatten(), reduction="sum")
    return Batch(J.item(), last[0].detach().numpy(), *(g.numpy() for g in torch.autograd.grad(J, found)))


def plain_J_of_batch(ids, targets, W_embed, W_recurrent, W_unembed, h_0):
    """J by its definition, one sequence after the other, one step after the other."""
    J = 0.0
    for words, following, h in zip(ids, targets, h_0, strict=True):
        for word, y in zip(words, following, strict=True):
            h = np.tanh(W_embed[:, word] + W_recurrent @ h)
            J += plain_J_of_state(h, np.eye(len(W_unembed))[y], W_unembed)
    return J


def prefix_by_prefix(ids, targets, h_0, **weights):
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


def run_on(ids, targets, h_0, **weights):
    """Each sequence begun where the one before it ended."""
    h, found = h_0[:1], []
    for words, following in zip(ids, targets, strict=True):
        found.append(backprop_rnn.batch_gradients(words[None], following[None], **weights, h_0=h))
        h = found[-1].h
    J, h, *gradients = zip(*found, strict=True)
    return Batch(sum(J), np.concatenate(h), *map(sum, gradients))


# The states are 3/5 = tanh(b) and 4/5 = tanh(c) with b = log 2 and c = log 3, the scores (0, 3b) and (0, 4b).
B_2, W_2 = log(2), 5 / 3 * (L - log(2))

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
        Reference("central differences", central_differences(plain_J_of_batch, *MATRICES), bound=1e-6),
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
                "W_embed": np.array([[B_2, (7 * B_2 - 4 * L) / 3]]),
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
        *mistakes(
            [backprop_rnn.sums_by_word, backprop_rnn.batch_gradients],
            {
                "the sign of the loss, in J and all three": "T, y) → T, y); J, e = -J, -e",
                "the mean over all positions for their sum": ("T, y) → T, y); J, e = J / len(y), e / len(y)"),
                "only the last step's error goes back": (
                    "np.matmul(e, W_unembed, out=delta[first:T].reshape(-1, d)) → delta[T - 1] = e[-B:] @ W_unembed",
                    "T == 1",
                ),
                "no way back from one step to the one before": (
                    "delta[t - 1] + delta[t] @ W_recurrent → delta[t - 1]",
                    "T == 1",
                ),
                "only the last state read out in ∂J/∂W_unembed": ("e.T @ read → e[-B:].T @ read[-B:]", "T == 1"),
                "states that begin at zero, not at h_0": "h[0] = h_0 → h[0] = 0",
                "the term δ_1 h_0ᵀ left out of ∂J/∂W_recurrent": (
                    "delta.T @ h[:-1].reshape(-1, d) → delta[B:].T @ h[1:-1].reshape(-1, d)"
                ),
                "words that come again assigned, not added up": (
                    "sums[words] = np.add.reduceat(rows[order], first) → sums[ids] = rows",
                    Unless("batches in which no word repeats", lambda ids, **_: len(np.unique(ids)) == ids.size),
                ),
                "the derivative of tanh left out": "np.multiply(1 - h[t] ** 2, g, out=delta[t - 1]) → delta[t - 1] = g",
                "W_recurrent not transposed on the way back": (
                    "delta[t] @ W_recurrent → delta[t] @ W_recurrent.T",
                    "T == 1 or d == 1",
                ),
                "h_t for h_{t−1} in ∂J/∂W_recurrent": "delta.T @ h[:-1] → delta.T @ h[1:]",
            },
        ),
        Mutant("each sequence begun where the one before it in the batch ended", run_on, "B == 1"),
    ],
)
