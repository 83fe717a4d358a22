"""The results of the page ``generation``."""

import itertools
import math
from fractions import Fraction
from math import log

import numpy as np
import torch
from torch.nn import functional as F

from unrolled.checks import Mutant, Reference, Result, Unless, Worked, autograd, central_differences, mistakes
from unrolled.data.vocabulary import Vocabulary
from unrolled.pages import generation
from unrolled.pages.generation import LayerRNN, Likelihood, Masses, TutorialRNN, Unrolled

# The tutorial's network is affine. A case is a name as ids (T,), a language, and the blocks of the three layers.


def name_and_blocks(rng, V, C, d, T):
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


def three_layers(network):
    """A function of a case: the last state and scores of a network with ``nn.Linear``, one letter after the other.

    In float64, without dropout.
    """

    def unrolled(letters, language, **w):
        (d, V), C = w["A_x"].shape, w["A_z"].shape[1]
        model, state = network(V, C, d).double().eval(), None
        values = {
            "i2h.weight": np.hstack([w["A_z"], w["A_x"], w["A_h"]]),
            "i2h.bias": w["a"],
            "i2o.weight": np.hstack([w["B_z"], w["B_x"], w["B_h"]]),
            "i2o.bias": w["b"],
            "o2o.weight": np.hstack([w["G_h"], w["G_o"]]),
            "o2o.bias": w["g"],
        }
        model.load_state_dict({name: torch.tensor(x) for name, x in values.items()})
        with torch.no_grad():
            for letter in letters:
                s, state = model.step(torch.tensor([letter]), torch.tensor([language]), state)
        return Unrolled(state[0].numpy(), s[0].numpy())

    return unrolled


def walked(x, z, **w):
    """The network for vectors x (T, V) and z (C,) of any kind, which may be tensors."""
    h = 0 * w["a"]
    for one in x:
        o = w["B_z"] @ z + w["B_x"] @ one + w["B_h"] @ h + w["b"]
        h = w["A_z"] @ z + w["A_x"] @ one + w["A_h"] @ h + w["a"]
    return Unrolled(h, w["G_h"] @ h + w["G_o"] @ o + w["g"])


def by_slopes(slopes):
    """A function of a case: what an affine function has to give, by its value and its slopes (d + V, …) at zero."""

    def unrolled(letters, language, **w):
        x, z = np.eye(w["A_x"].shape[1])[letters], np.eye(w["A_z"].shape[1])[language]
        zero = {"x": 0 * x, "z": 0 * z, **w}
        slope = slopes(**zero)
        value = np.concatenate(walked(**zero)) + np.tensordot(slope["x"], x, 2) + slope["z"] @ z
        return Unrolled(*np.split(value, [len(w["a"])]))

    return unrolled


def blocks_of(seed, letters, **sizes):
    """A given name under some blocks."""
    case = name_and_blocks(np.random.default_rng(seed), T=1, **sizes)
    return {**case, "letters": np.array(letters)}


def numbers(**values):
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
        Reference("the three nn.Linear, step by step", three_layers(TutorialRNN)),
        Reference(
            "its values at zero and at unit vectors",
            by_slopes(central_differences(lambda **case: np.concatenate(walked(**case)), "x", "z", step=1)),
        ),
        Reference(
            "autograd's Jacobian at zero", by_slopes(autograd(lambda **case: torch.cat(walked(**case)), "x", "z"))
        ),
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
        *mistakes(
            generation.tutorial_unrolled,
            {
                "a power too many, A_h^(T − t + 1)": "matrix_power(A_h, k) → matrix_power(A_h, k + 1)",
                "A_h transposed": (
                    """
                        matrix_power(A_h, k) → matrix_power(A_h.T, k)
                        G_h @ A_h + → G_h @ A_h.T +
                    """,
                    "T == 1 or d == 1",
                ),
                "A_h once for every letter but the last, however far it is": (
                    "matrix_power(A_h, k) → matrix_power(A_h, min(k, 1))",
                    "T <= 2",
                ),
                "the bias a added once": (
                    """
                        always = A_z[:, language] + a → always = A_z[:, language]
                        for t in range(T)) → for t in range(T)) + a
                        G_h @ always → G_h @ (always + a)
                    """,
                    "T == 1",
                ),
                "the scores from the state before, h_{T−1}": """
                    D = G_h @ A_h → D = G_h
                    G_h @ always + G_o → G_o
                    (G_h @ A_x + G_o @ B_x) → (G_o @ B_x)
                """,
                "the path through o left out": """
                    G_h @ A_h + G_o @ B_h → G_h @ A_h
                    G_h @ always + G_o @ (B_z[:, language] + b) → G_h @ always
                    G_h @ A_x + G_o @ B_x → G_h @ A_x
                """,
            },
        ),
        *mistakes(
            TutorialRNN,
            {
                "the language read at the first step alone": (
                    "one_hot(languages, self.C, self.i2h.weight) → "
                    "one_hot(languages, self.C, self.i2h.weight) * (h is None)",
                    "T == 1",
                ),
                "a tanh in the state": "h, o = self.i2h(combined) → h, o = torch.tanh(self.i2h(combined))",
            },
            three_layers,
        ),
    ],
)


# The cell and the layer. A case has the weights of nn.RNN, whose two biases are b and b_recurrent.


def name_and_weights(rng, V, C, d, T):
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


def layer(W_embed, W_language, W_recurrent, b, b_recurrent, W_unembed, c):
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


def read(model, letters, language):
    """The log-probabilities (T, V) of one name."""
    with torch.no_grad():
        s = model(torch.tensor(letters)[None], torch.tensor([language]))[0]
        return s.log_softmax(1).numpy()


def with_both_biases(forward):
    """A forward pass as a function of a case: the two biases of ``nn.RNN`` are added."""
    return lambda b, b_recurrent, **case: forward(b=b + b_recurrent, **case)


equations = with_both_biases(generation.forward_pass)


def read_by(form):
    """The log-probabilities as a function of a case, by a form of the network: by what one with ``nn.RNN`` becomes."""
    return lambda letters, language, **weights: read(form(layer(**weights)), letters, language)


def step_by_step(letters, language, **weights):
    """The log-probabilities by ``nn.RNN``, called for one symbol after the other."""
    model, state, rows = layer(**weights), None, []
    with torch.no_grad():
        for letter in letters:
            s, state = model.step(torch.tensor([letter]), torch.tensor([language]), state)
            rows.append(s[0].log_softmax(0).numpy())
    return np.array(rows)


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
        Reference("nn.RNN", read_by(lambda model: model)),
        Reference("nn.RNNCell", read_by(generation.as_cell)),
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
        *mistakes(
            generation.forward_pass,
            {
                "no tanh, as in the tutorial": "h = np.tanh( → h = (",
                "the language read at the first step alone": (
                    """
                        for x in letters → for t, x in enumerate(letters)
                        W_language[:, language] → W_language[:, language] * (t == 0)
                    """,
                    "T == 1",
                ),
                "the language left out": "+ W_language[:, language] + → +",
                "the state not carried on: each symbol read alone": ("+ W_recurrent @ h + b → + b", "T == 1"),
                "the scores from the state before": """
                    h = np.tanh( → before, h = h, np.tanh(
                    W_unembed @ h → W_unembed @ before
                """,
                "W_recurrent transposed": ("W_recurrent @ h → W_recurrent.T @ h", "T == 1 or d == 1"),
                "the softmax over time instead of over symbols": """
                    log_p.append(s - np.log(np.exp(s - s.max()).sum()) - s.max()) → log_p.append(s)
                    return np.array(log_p) → return np.array(log_p) - np.log(np.exp(log_p).sum(0))
                """,
            },
            with_both_biases,
        ),
        Mutant("one of the two biases left out", lambda b_recurrent, **case: generation.forward_pass(**case)),
    ],
)


# The masses of names. Symbol 0 is the padding, 1 the start, neither of which comes next; 2 is the end, then A letters.

PAD, START, END = 0, 1, 2
FIRST = 3


def tiny_network(rng, A, C, d, n):
    """Random weights over A letters, a language, and the longest name."""
    case = name_and_weights(rng, V=FIRST + A, C=C, d=d, T=1)
    del case["letters"]
    case["c"][[PAD, START]] = -math.inf
    return {**case, "longest": n}


def followed(masses):
    """A function of a case that finds the masses as the page's function does."""

    def found(language, longest, **weights):
        letters = Vocabulary(range(len(weights["c"]) - FIRST), start=True, end=True)
        return masses(layer(**weights), letters, language, longest)

    return found


def strings(A, n):
    """All strings of n letters."""
    return itertools.product(range(FIRST, FIRST + A), repeat=n)


def p_of(symbols, **weights):
    """The probability that these symbols come one after the other, from the start on: each string read anew."""
    if not symbols:
        return 1.0
    log_p = equations(letters=[START, *symbols[:-1]], **weights)
    return math.exp(sum(log_p[t, x] for t, x in enumerate(symbols)))


def enumerated(longest, **weights):
    """Every name and every beginning written out, its probability a product; and 1 as the total."""
    A = len(weights["c"]) - FIRST
    lengths = range(longest + 1)
    names = [sum(p_of((*w, END), **weights) for w in strings(A, n)) for n in lengths]
    going_on = [sum(p_of(u, **weights) for u in strings(A, n + 1)) for n in lengths]
    return Masses(np.array(names), np.array(going_on), np.ones(longest + 1))


def a_letter_too_late(longest, **case):
    """What goes on after n + 1 letters in the place of what goes on after n."""
    right = MASSES.claim(longest=longest + 1, **case)
    names, goes_on = right.names[:-1], right.survival[1:]
    return Masses(names, goes_on, names.cumsum() + goes_on)


def another_language(W_language, **case):
    """The masses for a language that the network does not have."""
    return MASSES.claim(W_language=W_language + np.arange(1.0, len(W_language) + 1)[:, None], **case)


EMPTY_ALONE = Unless("the empty name alone", lambda longest, **_: longest == 0)
MASSES = Result(
    label="names-sum-to-one",
    claim=followed(generation.masses),
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
        *mistakes(
            generation.masses,
            {
                "the end of the name left out of its probability": "after[:, end].sum() → p.sum()",
                "what goes on counted before the end is drawn": "goes_on.sum() → p.sum()",
                "the mean over the symbols for their product": (
                    """
                        for _ in range → for n in range
                        after[:, end].sum() → (after[:, end] ** (1 / (n + 1))).sum()
                    """,
                    EMPTY_ALONE,
                ),
                "each symbol as if it came first": (
                    "model.step(ids, languages, state) → model.step(torch.full_like(ids, letters.start), languages)",
                    EMPTY_ALONE,
                ),
            },
            followed,
        ),
        Mutant("what goes on counted a letter too late", a_letter_too_late),
        Mutant("the state of another language", another_language),
    ],
)


# Bits per character. A case is scores (N, T, V), targets (N, T) padded with 0, and how many are real (N,).


def scored_names(rng, N, T, V):
    """Random scores, and random targets of at least one symbol; the first has all T, so no column is padding alone."""
    lengths = rng.integers(1, T + 1, size=N)
    lengths[0] = T
    targets = rng.integers(1, V, size=(N, T)) * (np.arange(T) < lengths[:, None])
    return {"scores": 2 * rng.normal(size=(N, T, V)), "targets": targets, "lengths": lengths}


def log_p_of(scores, targets, lengths):
    """The log-probabilities of the targets, for each name an array."""
    log_p = scores - np.logaddexp.reduce(scores, axis=2, keepdims=True)
    chosen = np.take_along_axis(log_p, targets[..., None], axis=2)[..., 0]
    return [row[:length] for row, length in zip(chosen, lengths, strict=True)]


def from_scores(likelihood):
    """A function of a case that finds the likelihood as the page's function does."""
    return lambda **case: likelihood(log_p_of(**case))


def cross_entropy(scores, targets, lengths):
    """The same from PyTorch's cross entropy, which passes the padding over."""
    s, y = torch.tensor(scores).transpose(1, 2), torch.tensor(targets)
    mean = F.cross_entropy(s, y, ignore_index=0)
    total = F.cross_entropy(s, y, ignore_index=0, reduction="sum")
    return Likelihood(-total.item(), mean.item() / log(2), total.item() / log(2) / len(lengths), mean.exp().item())


def products(scores, targets, lengths):
    """The same from products of probabilities: perplexity as the inverse of their geometric mean."""
    names = []
    for s, y, length in zip(scores, targets, lengths, strict=True):
        p = [np.exp(s[t, y[t]]) / np.exp(s[t]).sum() for t in range(length)]
        names.append(math.prod(p))
    bits = -sum(math.log2(p) for p in names)
    n = int(sum(lengths))
    geometric = math.prod(p ** (1 / n) for p in names)
    return Likelihood(sum(map(math.log, names)), bits / n, bits / len(names), 1 / geometric)


def of_means(log_p):
    """Bits per character as a mean of each name's own mean."""
    rate = np.mean([generation.likelihood([one]).bits_per_character for one in log_p])
    return generation.likelihood(log_p)._replace(bits_per_character=rate, perplexity=2**rate)


def padding_counted(targets, lengths, **case):
    """The padding as a symbol to predict."""
    return BITS.claim(targets=targets, lengths=np.full_like(lengths, targets.shape[1]), **case)


ONE_LENGTH = Unless("names of one length", lambda lengths, **_: len(set(lengths)) == 1)
BITS = Result(
    label="bits-per-character",
    claim=from_scores(generation.likelihood),
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
        *mistakes(
            generation.likelihood,
            {
                "nats taken for bits": "-J / math.log(2) → -J",
                "the end of the name predicted, but not counted": (
                    "sum(len(one) for one in log_p) → sum(len(one) - 1 for one in log_p) or 1"
                ),
                "the end of the name left out altogether": """
                    sum(len(one) for one in log_p) → sum(len(one) - 1 for one in log_p) or 1
                    np.sum(one) → np.sum(one[:-1])
                """,
                "divided by the size of the padded table": (
                    "sum(len(one) for one in log_p) → len(log_p) * max(len(one) for one in log_p)",
                    ONE_LENGTH,
                ),
                "divided by the names, not by the symbols": (
                    "sum(len(one) for one in log_p) → len(log_p)",
                    Unless("one symbol to predict in each name", lambda lengths, **_: max(lengths) == 1),
                ),
            },
            from_scores,
        ),
        Mutant("the mean of the names' own means", from_scores(of_means), ONE_LENGTH),
        Mutant("padding predicted and counted", padding_counted, ONE_LENGTH),
    ],
)
