"""The results of the page ``generation``."""

import itertools
import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from math import log

import numpy as np
import torch
from numpy import ndarray
from numpy.random import Generator
from torch.nn import functional as F

from unrolled import generation
from unrolled.checks import Case, Mutant, Reference, Result, Unless, Worked
from unrolled.data.vocabulary import Vocabulary
from unrolled.generation import LayerRNN, Likelihood, Masses, TutorialRNN, Unrolled

# The tutorial's network is affine. A case is a name as ids (T,), a language, and the blocks of the three layers.

BLOCKS = ("A_z", "A_x", "A_h", "a", "B_z", "B_x", "B_h", "b", "G_h", "G_o", "g")


def name_and_blocks(rng: Generator, V: int, C: int, d: int, T: int) -> Case:
    """A random name and random weights, small enough that long names do not blow the state up."""
    scale = 1 / math.sqrt(d)
    return {
        "letters": rng.integers(V, size=T),
        "language": int(rng.integers(C)),
        "A_z": rng.normal(size=(d, C)),
        "A_x": rng.normal(size=(d, V)),
        "A_h": scale * rng.normal(size=(d, d)),
        "a": rng.normal(size=d),
        "B_z": rng.normal(size=(V, C)),
        "B_x": rng.normal(size=(V, V)),
        "B_h": scale * rng.normal(size=(V, d)),
        "b": rng.normal(size=V),
        "G_h": scale * rng.normal(size=(V, d)),
        "G_o": rng.normal(size=(V, V)) / math.sqrt(V),
        "g": rng.normal(size=V),
    }


def tutorial_network(**w: ndarray) -> TutorialRNN:
    """The tutorial's network with the given blocks, in float64, without dropout."""
    (d, V), C = w["A_x"].shape, w["A_z"].shape[1]
    model = TutorialRNN(V, C, d).double().eval()
    values = {
        "i2h.weight": np.hstack([w["A_z"], w["A_x"], w["A_h"]]),
        "i2h.bias": w["a"],
        "i2o.weight": np.hstack([w["B_z"], w["B_x"], w["B_h"]]),
        "i2o.bias": w["b"],
        "o2o.weight": np.hstack([w["G_h"], w["G_o"]]),
        "o2o.bias": w["g"],
    }
    model.load_state_dict({name: torch.tensor(x) for name, x in values.items()})
    return model


def three_layers(letters: ndarray, language: int, **blocks: ndarray) -> Unrolled:
    """The last state and scores of the network with ``nn.Linear`` on concatenations, one letter after the other."""
    model, state = tutorial_network(**blocks), None
    with torch.no_grad():
        for letter in letters:
            s, state = model.step(torch.tensor([letter]), torch.tensor([language]), state)
    return Unrolled(state[0].numpy(), s[0].numpy())


def walked(x: ndarray, z: ndarray, activation: Callable = np.positive, **w: ndarray) -> Unrolled:
    """The network in NumPy, for vectors x (T, V) and z (C,) of any kind."""
    h = np.zeros(len(w["a"]))
    for one in x:
        o = w["B_z"] @ z + w["B_x"] @ one + w["B_h"] @ h + w["b"]
        h = activation(w["A_z"] @ z + w["A_x"] @ one + w["A_h"] @ h + w["a"])
    return Unrolled(h, w["G_h"] @ h + w["G_o"] @ o + w["g"])


def from_unit_vectors(letters: ndarray, language: int, **w: ndarray) -> Unrolled:
    """What an affine function has to give: its value at zero, and what each single one among the inputs adds to it."""
    V, C, T = w["A_x"].shape[1], w["A_z"].shape[1], len(letters)
    nothing, no_language = np.zeros((T, V)), np.zeros(C)
    zero = walked(nothing, no_language, **w)
    values = [walked(nothing, np.eye(C)[language], **w)]
    for t, letter in enumerate(letters):
        one = nothing.copy()
        one[t, letter] = 1
        values.append(walked(one, no_language, **w))
    parts = zip(zero, *values, strict=True)
    return Unrolled(*(v0 + sum(v - v0 for v in vs) for v0, *vs in parts))


def jacobians(letters: ndarray, language: int, **blocks: ndarray) -> Unrolled:
    """The value at zero, and autograd's Jacobian there times the inputs."""
    model = tutorial_network(**blocks)
    T, V, C = len(letters), model.V, model.C
    there = torch.cat([torch.eye(V)[letters].flatten(), torch.eye(C)[language]]).double()

    def network(inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x, z, h = inputs[: T * V].view(T, V), inputs[T * V :], torch.zeros(model.d)
        for one in x:
            combined = torch.cat([z, one, h.double()])
            h, o = model.i2h(combined), model.i2o(combined)
        return h, model.o2o(torch.cat([h, o]))

    zero = network(torch.zeros_like(there))
    slopes = torch.autograd.functional.jacobian(network, torch.zeros_like(there))
    both = [v + J @ there for v, J in zip(zero, slopes, strict=True)]
    return Unrolled(*(v.detach().numpy() for v in both))


def affine_mutant(
    power: Callable[[int], int] = lambda k: k,
    every: Callable[[int, int], bool] = lambda t, T: True,
    language_at: Callable[[int, int], bool] = lambda t, T: True,
    **changed: Callable[[ndarray], ndarray],
) -> Callable[..., Unrolled]:
    """The sums with another power of A_h, with a or the language's part added at some steps only, or other blocks."""

    def mutant(letters: ndarray, language: int, **w: ndarray) -> Unrolled:
        w = {name: changed.get(name, np.asarray)(x) for name, x in w.items()}
        T = len(letters)
        added = [
            w["A_x"][:, x] + w["A_z"][:, language] * language_at(t, T) + w["a"] * every(t, T)
            for t, x in enumerate(letters)
        ]

        def state(T: int) -> ndarray:
            h = np.zeros(len(w["a"]))
            for t in range(T):
                h = h + np.linalg.matrix_power(w["A_h"], power(T - 1 - t)) @ added[t]
            return h

        o = w["B_z"][:, language] + w["B_x"][:, letters[-1]] + w["b"]
        o = o + w["B_h"] @ state(T - 1)
        return Unrolled(state(T), w["G_h"] @ state(T) + w["G_o"] @ o + w["g"])

    return mutant


def one_letter(letters: ndarray, **_: object) -> bool:
    """Whether T = 1."""
    return len(letters) == 1


def state_before(letters: ndarray, language: int, **w: ndarray) -> Unrolled:
    """The scores read from h_{T−1} instead of h_T."""
    right = generation.tutorial_unrolled(letters, language, **w)
    before = np.zeros_like(right.h)
    if len(letters) > 1:
        before = generation.tutorial_unrolled(letters[:-1], language, **w).h
    return Unrolled(right.h, right.s + w["G_h"] @ (before - right.h))


def blocks_of(seed: int, letters: list[int], **sizes: int) -> Case:
    """A given name under some blocks."""
    case = name_and_blocks(np.random.default_rng(seed), T=1, **sizes)
    return {**case, "letters": np.array(letters)}


def numbers(**values: float) -> dict[str, ndarray]:
    """Blocks of one number each, as matrices, or as vectors where a block is one."""
    return {name: np.array([float(x)] if len(name) == 1 else [[float(x)]]) for name, x in values.items()}


AFFINE = Result(
    label="tutorial-affine",
    claim=generation.tutorial_unrolled,
    case=name_and_blocks,
    sizes={"V": (2, 10), "C": (1, 8), "d": (1, 9), "T": (1, 12)},
    edges={
        "one letter": blocks_of(1, [2], V=3, C=2, d=4),
        "one letter, again and again": blocks_of(2, [1] * 30, V=3, C=4, d=2),
        "one symbol, one language, one number": blocks_of(3, [0, 0], V=1, C=1, d=1),
    },
    references=[
        Reference("the three nn.Linear, step by step", three_layers),
        Reference("its values at zero and at unit vectors", from_unit_vectors),
        Reference("autograd's Jacobian at zero", jacobians),
    ],
    worked=[
        # h: 0, 1 + 1 + 1 = 3, 3·½ + 3 = 9/2; o = 0 + 0 + h_1 = 3; s = 2·9/2 − 3 + 1 = 7
        Worked(
            {
                "letters": np.array([0, 0]),
                "language": 0,
                **numbers(A_z=1, A_x=1, A_h=0.5, a=1, B_z=0, B_x=0, B_h=1, b=0),
                **numbers(G_h=2, G_o=-1, g=1),
            },
            Unrolled([Fraction(9, 2)], [7]),
        ),
        # h: 2, 2·3 + 2 = 8, 8·3 + 2 = 26; o = 1 + 8 = 9; s = 26 + 9 = 35
        Worked(
            {
                "letters": np.array([0, 0, 0]),
                "language": 0,
                **numbers(A_z=0, A_x=2, A_h=3, a=0, B_z=1, B_x=0, B_h=1, b=0),
                **numbers(G_h=1, G_o=1, g=0),
            },
            Unrolled([26], [35]),
        ),
    ],
    mutants=[
        Mutant("a power too many, A_h^(T − t + 1)", affine_mutant(lambda k: k + 1)),
        Mutant(
            "A_h transposed",
            affine_mutant(A_h=np.transpose),
            unless=Unless("T = 1 or d = 1", lambda letters, a, **_: len(letters) == 1 or len(a) == 1),
        ),
        Mutant(
            "A_h once for every letter but the last, however far it is",
            affine_mutant(lambda k: min(k, 1)),
            unless=Unless("T ≤ 2", lambda letters, **_: len(letters) <= 2),
        ),
        Mutant(
            "the bias a added once", affine_mutant(every=lambda t, T: t == T - 1), unless=Unless("T = 1", one_letter)
        ),
        Mutant(
            "the language read at the first step alone",
            affine_mutant(language_at=lambda t, T: t == 0),
            unless=Unless("T = 1", one_letter),
        ),
        Mutant("the scores from the state before, h_{T−1}", state_before),
        Mutant("the path through o left out", affine_mutant(G_o=np.zeros_like)),
        Mutant(
            "a tanh in the state",
            lambda letters, language, **w: walked(
                np.eye(w["A_x"].shape[1])[letters], np.eye(w["A_z"].shape[1])[language], np.tanh, **w
            ),
        ),
    ],
)


# The cell and the layer. A case has the weights of nn.RNN, whose two biases are b and b_recurrent.


def name_and_weights(rng: Generator, V: int, C: int, d: int, T: int) -> Case:
    """Random symbols, a language and random weights."""
    return {
        "letters": rng.integers(V, size=T),
        "language": int(rng.integers(C)),
        "W_embed": rng.normal(size=(d, V)),
        "W_language": rng.normal(size=(d, C)),
        "W_recurrent": rng.normal(size=(d, d)),
        "b": rng.normal(size=d),
        "b_recurrent": rng.normal(size=d),
        "W_unembed": rng.normal(size=(V, d)),
        "c": rng.normal(size=V),
    }


def layer(
    W_embed: ndarray,
    W_language: ndarray,
    W_recurrent: ndarray,
    b: ndarray,
    b_recurrent: ndarray,
    W_unembed: ndarray,
    c: ndarray,
) -> LayerRNN:
    """The network with ``nn.RNN`` and the given weights, in float64."""
    (d, V), C = W_embed.shape, W_language.shape[1]
    model = LayerRNN(V, C, d).double()
    values = {
        "recurrence.weight_ih_l0": np.hstack([W_embed, W_language]),
        "recurrence.weight_hh_l0": W_recurrent,
        "recurrence.bias_ih_l0": b,
        "recurrence.bias_hh_l0": b_recurrent,
        "readout.weight": W_unembed,
        "readout.bias": c,
    }
    model.load_state_dict({name: torch.tensor(x) for name, x in values.items()})
    return model


def read(model: torch.nn.Module, letters: ndarray, language: int) -> ndarray:
    """The log-probabilities (T, V) of one name."""
    with torch.no_grad():
        s = model(torch.tensor(letters)[None], torch.tensor([language]))[0]
        return s.log_softmax(1).numpy()


def equations(b: ndarray, b_recurrent: ndarray, **case: object) -> ndarray:
    """The equations of the page, the two biases added."""
    return generation.forward_pass(b=b + b_recurrent, **case)


def with_layer(letters: ndarray, language: int, **weights: ndarray) -> ndarray:
    """The log-probabilities by ``nn.RNN``."""
    return read(layer(**weights), letters, language)


def with_cell(letters: ndarray, language: int, **weights: ndarray) -> ndarray:
    """The log-probabilities by ``nn.RNNCell``."""
    return read(generation.as_cell(layer(**weights)), letters, language)


def step_by_step(letters: ndarray, language: int, **weights: ndarray) -> ndarray:
    """The log-probabilities by ``nn.RNN``, called for one symbol after the other."""
    model, state, rows = layer(**weights), None, []
    with torch.no_grad():
        for letter in letters:
            s, state = model.step(torch.tensor([letter]), torch.tensor([language]), state)
            rows.append(s[0].log_softmax(0).numpy())
    return np.array(rows)


def plain_forward(
    letters: ndarray,
    language: int,
    W_embed: ndarray,
    W_language: ndarray,
    W_recurrent: ndarray,
    b: ndarray,
    b_recurrent: ndarray,
    W_unembed: ndarray,
    c: ndarray,
    activation: Callable = np.tanh,
    first_only: bool = False,
    carried: bool = True,
    before: bool = False,
) -> ndarray:
    """The forward pass with mistakes to choose from."""
    h, rows = np.zeros(len(b)), []
    for t, x in enumerate(letters):
        z = W_language[:, language] * (t == 0 or not first_only)
        new = activation(W_embed[:, x] + z + W_recurrent @ h + b + b_recurrent)
        s = W_unembed @ (h if before else new) + c
        rows.append(s - np.logaddexp.reduce(s))
        h = new if carried else 0 * h
    return np.array(rows)


def mistaken(**options: object) -> Callable[..., ndarray]:
    """The forward pass with the mistakes named."""
    return lambda **case: plain_forward(**case, **options)


FORMS = Result(
    label="generator-forms",
    claim=equations,
    code=generation.forward_pass,
    case=name_and_weights,
    sizes={"V": (2, 12), "C": (1, 9), "d": (1, 9), "T": (1, 12)},
    edges={
        "one symbol read": name_and_weights(np.random.default_rng(1), V=3, C=2, d=4, T=1),
        "one language, one number": name_and_weights(np.random.default_rng(2), V=2, C=1, d=1, T=3),
        "forty symbols": name_and_weights(np.random.default_rng(3), V=3, C=2, d=4, T=40),
    },
    references=[
        Reference("nn.RNN", with_layer),
        Reference("nn.RNNCell", with_cell),
        Reference("nn.RNN, called at every step", step_by_step),
    ],
    worked=[
        # the example of the page: h is 0, 1/2, 0; p is (1, 1, 1)/3, (1, 1, 2)/4, (1, 1, 1)/3
        Worked(
            {
                "letters": np.array([0, 1, 2]),
                "language": 0,
                "W_embed": np.array([[0, log(3) / 2, -log(3) / 2]]),
                "W_language": np.array([[0.0]]),
                "W_recurrent": np.array([[log(3)]]),
                "b": np.array([0.25]),
                "b_recurrent": np.array([-0.25]),
                "W_unembed": np.array([[0], [0], [2 * log(2)]]),
                "c": np.zeros(3),
            },
            [[-log(3)] * 3, [-log(4), -log(4), -log(2)], [-log(3)] * 3],
        )
    ],
    mutants=[
        Mutant("no tanh, as in the tutorial", mistaken(activation=np.positive)),
        Mutant(
            "one of the two biases left out",
            lambda b_recurrent, **case: plain_forward(b_recurrent=0 * b_recurrent, **case),
        ),
        Mutant(
            "the language read at the first step alone", mistaken(first_only=True), unless=Unless("T = 1", one_letter)
        ),
        Mutant("the language left out", lambda W_language, **case: plain_forward(W_language=0 * W_language, **case)),
        Mutant(
            "the state not carried on: each symbol read alone",
            mistaken(carried=False),
            unless=Unless("T = 1", one_letter),
        ),
        Mutant("the scores from the state before", mistaken(before=True)),
        Mutant(
            "W_recurrent transposed",
            lambda W_recurrent, **case: plain_forward(W_recurrent=W_recurrent.T, **case),
            unless=Unless("T = 1 or d = 1", lambda letters, b, **_: len(letters) == 1 or len(b) == 1),
        ),
        Mutant(
            "the softmax over time instead of over symbols",
            lambda **case: (logits := equations(**case)) - np.logaddexp.reduce(logits, axis=0),
        ),
    ],
)


# The masses of names. Symbol 0 is the padding, 1 the start, neither of which comes next; 2 is the end, then A letters.

PAD, START, END = 0, 1, 2
FIRST = 3


def tiny_network(rng: Generator, A: int, C: int, d: int, n: int) -> Case:
    """Random weights over A letters, a language, and the longest name."""
    case = dict(name_and_weights(rng, V=FIRST + A, C=C, d=d, T=1))
    del case["letters"]
    case["c"][[PAD, START]] = -math.inf
    return {**case, "longest": n}


def followed(language: int, longest: int, **weights: ndarray) -> Masses:
    """The masses as the page's function finds them."""
    letters = Vocabulary(range(len(weights["c"]) - FIRST), start=True, end=True)
    return generation.masses(layer(**weights), letters, language, longest)


def strings(A: int, n: int) -> Iterator[tuple[int, ...]]:
    """All strings of n letters."""
    return itertools.product(range(FIRST, FIRST + A), repeat=n)


def p_of(symbols: tuple[int, ...], **weights: object) -> float:
    """The probability that these symbols come one after the other, from the start on: each string read anew."""
    if not symbols:
        return 1.0
    log_p = equations(letters=[START, *symbols[:-1]], **weights)
    return math.exp(sum(log_p[t, x] for t, x in enumerate(symbols)))


def enumerated(longest: int, **weights: object) -> Masses:
    """Every name and every beginning written out, its probability a product; and 1 as the total."""
    A = len(weights["c"]) - FIRST
    lengths = range(longest + 1)
    names = [sum(p_of((*w, END), **weights) for w in strings(A, n)) for n in lengths]
    going_on = [sum(p_of(u, **weights) for u in strings(A, n + 1)) for n in lengths]
    return Masses(np.array(names), np.array(going_on), np.ones(longest + 1))


def masses_mutant(
    name: Callable[[tuple[int, ...], dict], float] = lambda w, weights: p_of((*w, END), **weights), later: int = 1
) -> Callable[..., Masses]:
    """The masses with another probability of a name, or survival counted at another length."""

    def mutant(longest: int, **weights: object) -> Masses:
        A, lengths = len(weights["c"]) - FIRST, range(longest + 1)
        names = [sum(name(w, weights) for w in strings(A, n)) for n in lengths]
        on = [sum(p_of(u, **weights) for u in strings(A, n + later)) for n in lengths]
        return Masses(np.array(names), np.array(on), np.cumsum(names) + on)

    return mutant


def each_alone(w: tuple[int, ...], weights: dict) -> float:
    """The probability of a name if each symbol followed the start."""
    return math.prod(p_of((x,), **weights) for x in (*w, END))


MASSES = Result(
    label="names-sum-to-one",
    claim=followed,
    code=generation.masses,
    case=tiny_network,
    sizes={"A": (1, 4), "C": (1, 9), "d": (1, 9), "n": (0, 3)},
    edges={
        "one letter, long names": tiny_network(np.random.default_rng(1), A=1, C=1, d=2, n=30),
        "an end that hardly comes": {
            **tiny_network(np.random.default_rng(2), A=2, C=1, d=3, n=4),
            "c": np.array([-math.inf, -math.inf, -40.0, 0, 1]),
        },
        "the empty name alone": {
            **tiny_network(np.random.default_rng(3), A=2, C=1, d=3, n=0),
            "c": np.array([-math.inf, -math.inf, 40.0, 0, 1]),
        },
    },
    references=[Reference("all names and beginnings, enumerated, and the sum 1", enumerated)],
    worked=[
        # every state is 0, so each symbol has the probability that c says: the end 1/2, each of two letters 1/4
        Worked(
            {
                "language": 0,
                "longest": 2,
                "W_embed": np.zeros((1, 5)),
                "W_language": np.zeros((1, 1)),
                "W_recurrent": np.ones((1, 1)),
                "b": np.zeros(1),
                "b_recurrent": np.zeros(1),
                "W_unembed": np.ones((5, 1)),
                "c": np.array([-math.inf, -math.inf, log(2), 0, 0]),
            },
            Masses(
                [Fraction(1, 2), Fraction(1, 4), Fraction(1, 8)],
                [Fraction(1, 2), Fraction(1, 4), Fraction(1, 8)],
                [1, 1, 1],
            ),
        )
    ],
    mutants=[
        Mutant("the end of the name left out of its probability", masses_mutant(lambda w, weights: p_of(w, **weights))),
        Mutant("what goes on counted before the end is drawn", masses_mutant(later=0)),
        Mutant("what goes on counted a letter too late", masses_mutant(later=2)),
        Mutant(
            "the mean over the symbols for their product",
            masses_mutant(lambda w, weights: p_of((*w, END), **weights) ** (1 / (len(w) + 1))),
            unless=Unless("the empty name alone", lambda longest, **_: longest == 0),
        ),
        Mutant(
            "each symbol as if it came first",
            masses_mutant(each_alone),
            unless=Unless("the empty name alone", lambda longest, **_: longest == 0),
        ),
        Mutant(
            "the state of another language",
            lambda W_language, **case: enumerated(
                W_language=W_language + np.arange(1.0, len(W_language) + 1)[:, None], **case
            ),
        ),
    ],
)


# Bits per character. A case is scores (N, T, V), targets (N, T) padded with 0, and how many are real (N,).


def scored_names(rng: Generator, N: int, T: int, V: int) -> Case:
    """Random scores, and random targets of at least one symbol; the first has all T, so no column is padding alone."""
    lengths = rng.integers(1, T + 1, size=N)
    lengths[0] = T
    targets = rng.integers(1, V, size=(N, T)) * (np.arange(T) < lengths[:, None])
    return {"scores": 2 * rng.normal(size=(N, T, V)), "targets": targets, "lengths": lengths}


def log_p_of(scores: ndarray, targets: ndarray, lengths: ndarray) -> list[ndarray]:
    """The log-probabilities of the targets, for each name an array."""
    log_p = scores - np.logaddexp.reduce(scores, axis=2, keepdims=True)
    chosen = np.take_along_axis(log_p, targets[..., None], axis=2)[..., 0]
    return [row[:length] for row, length in zip(chosen, lengths, strict=True)]


def from_scores(**case: ndarray) -> Likelihood:
    """The likelihood as the page's function finds it."""
    return generation.likelihood(log_p_of(**case))


def cross_entropy(scores: ndarray, targets: ndarray, lengths: ndarray) -> Likelihood:
    """The same from PyTorch's cross entropy, which passes the padding over."""
    s, y = torch.tensor(scores).transpose(1, 2), torch.tensor(targets)
    mean = F.cross_entropy(s, y, ignore_index=0)
    total = F.cross_entropy(s, y, ignore_index=0, reduction="sum")
    return Likelihood(-total.item(), mean.item() / log(2), total.item() / log(2) / len(lengths), mean.exp().item())


def products(scores: ndarray, targets: ndarray, lengths: ndarray) -> Likelihood:
    """The same from products of probabilities: perplexity as the inverse of their geometric mean."""
    names = []
    for s, y, length in zip(scores, targets, lengths, strict=True):
        p = [np.exp(s[t, y[t]]) / np.exp(s[t]).sum() for t in range(length)]
        names.append(math.prod(p))
    bits = -sum(math.log2(p) for p in names)
    n = int(sum(lengths))
    geometric = math.prod(p ** (1 / n) for p in names)
    return Likelihood(sum(map(math.log, names)), bits / n, bits / len(names), 1 / geometric)


def measured(
    symbols: Callable[[list[ndarray]], float] = lambda log_p: sum(map(len, log_p)),
    unit: float = log(2),
    kept: Callable[[ndarray], ndarray] = np.asarray,
) -> Callable[..., Likelihood]:
    """The likelihood with another denominator, another unit, or some predictions left out."""

    def mutant(**case: ndarray) -> Likelihood:
        log_p = [kept(row) for row in log_p_of(**case)]
        J = sum(row.sum() for row in log_p)
        n = symbols(log_p)
        rate = -J / unit / n if n else 0.0
        return Likelihood(J, rate, -J / unit / len(log_p), 2**rate)

    return mutant


def of_means(**case: ndarray) -> Likelihood:
    """Bits per character as a mean of each name's own mean."""
    log_p = log_p_of(**case)
    J = sum(row.sum() for row in log_p)
    rate = -np.mean([row.mean() for row in log_p]) / log(2)
    return Likelihood(J, rate, -J / log(2) / len(log_p), 2**rate)


def padding_counted(scores: ndarray, targets: ndarray, lengths: ndarray) -> Likelihood:
    """The padding as a symbol to predict."""
    return from_scores(scores=scores, targets=targets, lengths=np.full_like(lengths, targets.shape[1]))


def equally_long(lengths: ndarray, **_: ndarray) -> bool:
    """Whether all names have the same length."""
    return len(set(lengths)) == 1


BITS = Result(
    label="bits-per-character",
    claim=from_scores,
    code=generation.likelihood,
    case=scored_names,
    sizes={"N": (1, 12), "T": (1, 12), "V": (2, 12)},
    edges={
        "one name, its end alone": {
            "scores": np.array([[[0.0, 1, 2]]]),
            "targets": np.array([[1]]),
            "lengths": np.array([1]),
        },
        "sure and right": {
            "scores": np.array([[[0.0, 60, 0], [0, 0, 60]]]),
            "targets": np.array([[1, 2]]),
            "lengths": np.array([2]),
        },
    },
    references=[
        Reference("PyTorch's cross entropy", cross_entropy),
        Reference("products and roots of probabilities", products),
    ],
    worked=[
        # "ab" with probabilities 1/3, 1/2, 1/3, as on the page: 1/18
        Worked(
            {
                "scores": np.log([[[1.0, 1, 1], [1, 1, 2], [1, 1, 1]]]),
                "targets": np.array([[1, 2, 1]]),
                "lengths": np.array([3]),
            },
            Likelihood(-log(18), math.log2(18) / 3, math.log2(18), 18 ** (1 / 3)),
        ),
        # two names, of probability 1/4 and 1/4 · 1/4: 2 + 4 bits for 3 symbols
        Worked(
            {
                "scores": np.log(np.array([[[2.0, 1, 1], [2, 1, 1]], [[1, 1, 2]] * 2])),
                "targets": np.array([[1, 2], [1, 0]]),
                "lengths": np.array([2, 1]),
            },
            Likelihood(-6 * log(2), 2, 3, 4),
        ),
    ],
    mutants=[
        Mutant("nats taken for bits", measured(unit=1.0)),
        Mutant(
            "the end of the name predicted, but not counted", measured(lambda log_p: sum(len(row) - 1 for row in log_p))
        ),
        Mutant("the end of the name left out altogether", measured(kept=lambda r: r[:-1])),
        Mutant("the mean of the names' own means", of_means, unless=Unless("names of one length", equally_long)),
        Mutant("padding predicted and counted", padding_counted, unless=Unless("names of one length", equally_long)),
        Mutant(
            "divided by the size of the padded table",
            lambda **case: measured(lambda log_p: len(log_p) * max(map(len, log_p)))(**case),
            unless=Unless("names of one length", equally_long),
        ),
        Mutant(
            "divided by the names, not by the symbols",
            measured(len),
            unless=Unless("one symbol to predict in each name", lambda lengths, **_: max(lengths) == 1),
        ),
    ],
)
