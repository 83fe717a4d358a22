"""Variants of six exercises with other numbers, each with its key.

A sheet is drawn so that it can be done with a pencil, and the same seed gives the same
sheet for ever: the digits come from SHA-256, not from a library's generator. Its key is
what the functions of the pages compute, in exact fractions and multiples of a
logarithm; it is held against the first independent calculation of the result in
``unrolled.results``, and each mistake that is listed there gives another key.
``python -m unrolled.variants FOLDER`` writes :data:`SEEDS` sheets of each kind, and
``python -m unrolled.variants FOLDER SEED`` those of a seed of one's own.
"""

__all__ = ["KINDS", "SEEDS", "Sheet", "sheet", "files"]

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from hashlib import sha256
from itertools import count
from math import gcd, log
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy import ndarray

from unrolled.checks import Result
from unrolled.checks.formula import agreement, largest_error
from unrolled.data.demand import whole
from unrolled.pages import backprop_mlp, backprop_rnn, residual
from unrolled.results.backprop_mlp import GRADIENTS as ONE_LAYER
from unrolled.results.backprop_rnn import GRADIENTS as RECURRENT
from unrolled.results.backprop_rnn import STATES as BACKWARD
from unrolled.results.residual import STATES as RESIDUAL
from unrolled.results.word2vec import CENTRE, SAMPLED_GRADIENTS

SEEDS = 20
"""How many sheets of each kind there are to take."""

ABOVE, BELOW = 999, 9999
"""The largest numerator and the largest denominator."""

DIFFERENT = 1e-6
"""By how much a mistake has to change the key."""

# Numbers


class Exact(NamedTuple):
    """Numbers a + b log n: an array of fractions, an array of multiples, and n."""

    plain: ndarray
    logs: ndarray
    n: int

    @property
    def value(self) -> ndarray:
        """The numbers, as floats."""
        return self.plain.astype(float) + self.logs.astype(float) * log(self.n)

    @property
    def fractions(self) -> list[Fraction]:
        """All fractions and multiples."""
        return [*map(Fraction, [*np.ravel(self.plain), *np.ravel(self.logs)])]

    def __str__(self) -> str:
        """The array in LaTeX: a number, a row of them, or a matrix."""
        entries = np.vectorize(self.written, otypes=[object])(self.plain, self.logs)
        if np.ndim(entries) < 2:
            row = ", ".join(np.ravel(entries))
            return rf"\left({row}\right)" if np.ndim(entries) else row
        rows = r" \\[5pt] ".join(" & ".join(row) for row in entries)
        return rf"\begin{{pmatrix}} {rows} \end{{pmatrix}}"

    def written(self, plain: Fraction, times: Fraction) -> str:
        """One number in LaTeX."""
        if not times:
            return fraction(plain)
        size = "" if abs(times) == 1 else fraction(abs(times)) + r"\,"
        if plain:
            sign = "-" if times < 0 else "+"
            return rf"{fraction(plain)} {sign} {size}\log {self.n}"
        return rf"{'-' if times < 0 else ''}{size}\log {self.n}"


def fraction(x: Fraction) -> str:
    """A fraction in LaTeX."""
    x = Fraction(x)
    size = abs(x.numerator)
    if x.denominator > 1:
        size = rf"\tfrac{{{size}}}{{{x.denominator}}}"
    return f"{'-' if x < 0 else ''}{size}"


def recognised(values: object, n: int = 0) -> Exact | None:
    """The fractions that some floats are, or the multiples of log n; None if one has
    too many digits.

    Two fractions with such denominators are at least 10⁻⁸ apart, so rounding finds
    the right one.
    """
    floats = np.asarray(values, dtype=float) / (log(n) if n else 1)
    near = np.empty(floats.shape, dtype=object)
    for place, x in np.ndenumerate(floats):
        near[place] = Fraction(x).limit_denominator(BELOW)
    if abs(near.astype(float) - floats).max() > 1e-12 * max(1, abs(floats).max()):
        return None
    zero = 0 * near
    return Exact(zero, near, n) if n else Exact(near, zero, 2)


class Digits:
    """Whole numbers that a kind and a seed give, one after the other."""

    def __init__(self, kind: str, seed: int) -> None:
        self.blocks = (
            sha256(f"{kind} {seed} {number}".encode()).digest() for number in count()
        )

    def one(self, among: Sequence) -> object:
        """One of several things."""
        return among[int.from_bytes(next(self.blocks)) % len(among)]

    def array(self, among: Sequence, *shape: int) -> ndarray:
        """An array of some of several numbers, as fractions."""
        found = np.empty(shape, dtype=object)
        for place in np.ndindex(shape):
            found[place] = Fraction(self.one(among))
        return found

    def shuffled(self, things: Sequence) -> list:
        """The things in another order."""
        left, found = list(things), []
        while left:
            found.append(left.pop(left.index(self.one(left))))
        return found


SMALL, NOT_ZERO = range(-2, 3), (-2, -1, 1, 2)
TANH = {
    2: {Fraction(1, 3): Fraction(1, 2), Fraction(3, 5): Fraction(1)},
    3: {Fraction(1, 2): Fraction(1, 2), Fraction(4, 5): Fraction(1)},
}
"""What is the tanh of which multiple of log n, by n."""


def exact(plain: ndarray) -> Exact:
    """Plain fractions."""
    return Exact(plain, 0 * plain, 2)


def with_log(place: object, draw: Digits, *shape: int) -> Exact:
    """An array of small numbers, with multiples of one logarithm in a place."""
    plain, n = draw.array(SMALL, *shape), draw.one((2, 3))
    logs = 0 * plain
    logs[place], plain[place] = draw.array(NOT_ZERO, *plain[place].shape), Fraction(0)
    return Exact(plain, logs, n)


# The kinds of exercises

Key = dict[str, tuple[object, int]]
"""What comes out, by its name in LaTeX: numbers, and n if they are multiples of
log n.
"""


class Drawn(NamedTuple):
    """An exercise: its text, the case of its result, its key, all that is given."""

    text: str
    case: Mapping[str, object]
    key: Key
    given: Sequence[Exact]


EMBED, RECUR, UNEMBED = (
    rf"W_{{\text{{{name}}}}}" for name in ("embed", "recurrent", "unembed")
)


QUAD = r"\quad "


def by(variable: str) -> str:
    """The gradient of J with respect to a variable, in LaTeX."""
    return rf"\partial J / \partial {variable}"


def display(*lines: str) -> str:
    """Equations as a display, each on a line of its own."""
    rows = " \\\\[6pt]\n".join(line.replace(" =", " &=", 1) for line in lines)
    return f"$$\n\\begin{{aligned}}\n{rows}\n\\end{{aligned}}\n$$"


def listed(words: Sequence[str]) -> str:
    """Words as a list."""
    return ", ".join(f"“{word}”" for word in words)


def one_layer(draw: Digits) -> Drawn:
    """H1.2: the network with one hidden vector."""
    words = [*draw.one(NAMES).split(), "spoke"]
    embed, unembed = with_log(np.s_[:, 0], draw, 2, 3), exact(draw.array(SMALL, 3, 2))
    x, y, _ = np.eye(3)
    case = {"x": x, "y": y, "W_embed": embed.value, "W_unembed": unembed.value}
    n, (h, s, _) = embed.n, backprop_mlp.forward(**case)
    found = ONE_LAYER.claim(**case)
    text = f"""\
A network with one hidden vector reads “{words[0]}”, and the next word is “{words[1]}”. The vocabulary is, in this
order, {listed(words)}; $x$ and $y$ are one-hot. With $h = {EMBED}\\, x$, $s = {UNEMBED}\\, h$,
$p = \\text{{softmax}}(s)$ and $J = \\log p(y \\mid s)$, let

{display(f"{EMBED} = {embed},", f"{UNEMBED} = {unembed}.")}

Calculate $p$ and $e = {by("s")}$, then ${by("h")}$, ${by(UNEMBED)}$ and ${by(EMBED)}$, in fractions and multiples of
$\\log {n}$."""
    key = {
        "h": (h, n),
        "s": (s, n),
        "p": (backprop_mlp.softmax(s), 0),
        "e": (backprop_mlp.output_error(s, y), 0),
        by("h"): (found.h, 0),
        by(UNEMBED): (found.W_unembed, n),
        by(EMBED): (found.W_embed, 0),
    }
    return Drawn(text, case, key, [embed, unembed])


class Read(NamedTuple):
    """A sentence in a recurrent network: what is given, and how one says that."""

    text: str
    case: dict[str, ndarray]
    given: list[Exact]
    n: int


def reads(
    draw: Digits, phrase: str, tanh: ndarray, n: int, W: ndarray, adds: bool
) -> Read | None:
    """The network with the matrix W whose steps have a given tanh (T, d), and whose
    scores are all equal; a residual one, if each step ``adds``. None if there is none
    with small numbers.
    """
    *read, last = phrase.split()
    words = list(dict.fromkeys(phrase.split()))
    ids, V = [words.index(word) for word in read], len(words)
    zero = np.zeros((1, 2), dtype=int)
    h = np.concatenate([zero, tanh.cumsum(axis=0) if adds else tanh])
    plain, logs = draw.array(SMALL, 2, V), np.full((2, V), Fraction(0))
    for id, t, before in zip(ids, tanh, h, strict=False):
        multiples = [TANH[n][abs(x)] * (-1 if x < 0 else 1) for x in t]
        plain[:, id], logs[:, id] = -W @ before, multiples
    # rows that are orthogonal to the last state, so that all scores are zero
    across = np.array([h[-1][1], -h[-1][0]])
    unit = gcd(*(int(x * 30) for x in across))
    rows = V * draw.array(SMALL, V)
    across = across * 30 / unit if unit else across
    if not unit or max(abs(across)) > 8 or len(set(rows)) < 3:
        return None
    embed, unembed = Exact(plain, logs, n), exact(np.outer(rows, across))
    case = {
        "x": np.eye(V)[ids],
        "y": np.eye(V)[words.index(last)],
        "W_embed": embed.value,
        "W_recurrent": exact(W).value,
        "W_unembed": unembed.value,
    }
    step = rf"\tanh({EMBED}\, x_t + {RECUR}\, h_{{t-1}})"
    step = rf"h_{{t-1}} + {step}" if adds else step
    text = f"""\
A {"residual" if adds else "recurrent"} network reads “{" ".join(read)}”, and the next word is “{last}”. The vocabulary
is, in this order, {listed(words)}. With $h_0 = 0$, $h_t = {step}$, $s = {UNEMBED}\\, h_3$,
$p = \\text{{softmax}}(s)$ and $J = \\log p(y \\mid s)$, let"""
    return Read(text, case, [embed, exact(W), unembed], n)


def matrices(said: Read) -> str:
    """The three matrices, and the values of tanh that it takes."""
    pairs = zip((EMBED, RECUR, UNEMBED), said.given, strict=True)
    known = " and ".join(
        rf"$\tanh({Exact(0, times, said.n)}) = {fraction(value)}$"
        for value, times in TANH[said.n].items()
    )
    return f"""\
{display(*(f"{name} = {W}{'.' if name == UNEMBED else ','}" for name, W in pairs))}

Note that {known}."""


def steps(draw: Digits, T: int = 3) -> tuple[ndarray, int]:
    """What the tanh of each step is to be (T, 2), and the n of its logarithms."""
    n = draw.one((2, 3))
    return draw.array([sign * x for x in TANH[n] for sign in (1, -1)], T, 2), n


def forwards(said: Read, h: ndarray) -> Key:
    """What the way forwards gives: the states, and the error at the scores."""
    states = {f"h_{t}": (h_t, 0) for t, h_t in enumerate(h) if t}
    e = backprop_mlp.output_error(said.case["W_unembed"] @ h[-1], said.case["y"])
    return states | {"e": (e, 0)}


def backwards(g: ndarray, to: int = 0) -> Key:
    """The gradients with respect to the states, from the last back to h_to."""
    return {by(f"h_{t}"): (g[t], 0) for t in range(len(g) - 1, to - 1, -1)}


def recurrent(draw: Digits) -> Drawn | None:
    """H2.2: a sentence in which a word comes twice. The matrix takes the second state
    to zero, so that both times the word finds the same.
    """
    tanh, n = steps(draw)
    tanh[1, 1], tanh[2] = tanh[1, 0] * draw.one((1, -1)), tanh[0]
    orthogonal = np.array([Fraction(1), -tanh[1, 0] / tanh[1, 1]])
    W = np.outer(draw.array(NOT_ZERO, 2), orthogonal)
    said = reads(draw, draw.one(TWICE), tanh, n, W, adds=False)
    if said is None:
        return None
    g, found = backprop_rnn.state_gradients(**said.case), RECURRENT.claim(**said.case)
    text = f"""\
{said.text}

{matrices(said)}

Calculate ${by(UNEMBED)}$, ${by(RECUR)}$ and ${by(EMBED)}$, in fractions."""
    key = forwards(said, backprop_rnn.forward(**said.case).h) | backwards(g, to=1)
    for name, W in zip((UNEMBED, RECUR, EMBED), found[::-1], strict=True):
        key[by(name)] = W, 0
    return Drawn(text, said.case, key, said.given)


def residual_stream(draw: Digits) -> Drawn | None:
    """H3.1: from the last state's gradient back to the first's."""
    tanh, n = steps(draw)
    said = reads(draw, draw.one(ONCE), tanh, n, draw.array(NOT_ZERO, 2, 2), adds=True)
    if said is None:
        return None
    h, g = residual.forward(**said.case).h, RESIDUAL.claim(**said.case)
    A = residual.factors(h, said.case["W_recurrent"])
    text = f"""\
{said.text}

{matrices(said)}

Calculate ${by("h_3")}$, and from it ${by("h_2")}$ and ${by("h_1")}$, in fractions."""
    g = backwards(g)
    key = forwards(said, h) | {by("h_3"): g[by("h_3")]}
    for t in (3, 2):
        key[rf"I + {RECUR}^\top D_{t}"] = A[t - 1], 0
        key[by(f"h_{t - 1}")] = g[by(f"h_{t - 1}")]
    return Drawn(text, said.case, key, said.given)


def backward_pass(draw: Digits) -> Drawn | None:
    """The numbers of the backward pass alone, from given states."""
    tanh, n = steps(draw)
    said = reads(draw, draw.one(ONCE), tanh, n, draw.array(NOT_ZERO, 2, 2), adds=False)
    if said is None:
        return None
    h, g = backprop_rnn.forward(**said.case).h, BACKWARD.claim(**said.case)
    states = forwards(said, h)
    _, W, unembed = said.given
    if not all(recognised(*value) for value in states.values()):
        return None
    *given, e = (f"{name} = {recognised(*value)}," for name, value in states.items())
    text = f"""\
A recurrent network, $h_t = \\tanh({EMBED}\\, x_t + {RECUR}\\, h_{{t-1}})$ with $h_0 = 0$ and $s = {UNEMBED}\\, h_3$,
has read three words. The states, and the error $e = {by("s")}$ for the word that followed, are

{display(QUAD.join(given), e)}

and two of the matrices are

{display(f"{RECUR} = {W},", f"{UNEMBED} = {unembed}.")}

Calculate ${by("h_3")}$, ${by("h_2")}$, ${by("h_1")}$ and ${by("h_0")}$, in fractions."""
    return Drawn(text, said.case, backwards(g), [W, unembed])


def word(letter: str, name: str) -> str:
    """A word's vector, in LaTeX."""
    return rf"{letter}_{{\text{{{name}}}}}"


class Pair(NamedTuple):
    """A pair of words, and the vectors of all three."""

    words: list[str]
    case: dict[str, object]
    v: Exact
    u: Exact
    vectors: str


def pair(draw: Digits) -> Pair:
    """A centre, the first word, and a word beside it, the second."""
    words = draw.shuffled(draw.one(BESIDE).split())
    v, u = with_log(np.s_[0], draw, 3, 2), exact(draw.array(range(-2, 4), 3, 2))
    case = {"c": 0, "o": 1, "v": v.value, "u": u.value}
    rows = [
        QUAD.join(
            f"{word(letter, name)} = {Exact(a.plain[k], a.logs[k], a.n)},"
            for k, name in enumerate(words)
        )
        for letter, a in {"v": v, "u": u}.items()
    ]
    return Pair(words, case, v, u, display(rows[0], rows[1][:-1] + "."))


def softmax_centre(draw: Digits) -> Drawn:
    """A3.2: the gradient of the softmax's log P with respect to the centre's vector."""
    words, case, v, u, vectors = pair(draw)
    P = backprop_mlp.softmax(u.value @ v.value[0])
    text = f"""\
Skip-gram with the vocabulary {listed(words)}, in this order, has the vectors

{vectors}

Let $c$ be “{words[0]}” and $o$ be “{words[1]}”. Calculate $P(w \\mid c)$ for the three words $w$, and
$\\partial \\log P(o \\mid c) / \\partial v_c$, in fractions."""
    key = {
        r"P(\cdot \mid c)": (P, 0),
        r"\partial \log P(o \mid c) / \partial v_c": (CENTRE.claim(**case), 0),
    }
    return Drawn(text, case, key, [v, u])


def sampled_centre(draw: Digits) -> Drawn:
    """A3.6: the gradients of negative sampling; a word is drawn twice, and so is the
    observed one.
    """
    words, case, v, u, vectors = pair(draw)
    negatives = draw.shuffled([1, *[draw.one((0, 2))] * 2])
    case["negatives"] = np.array(negatives)
    found = SAMPLED_GRADIENTS.claim(**case)
    scores = u.value @ v.value[0]
    text = f"""\
Skip-gram with negative sampling and the vocabulary {listed(words)}, in this order, has the vectors

{vectors}

Let $c$ be “{words[0]}” and $o$ be “{words[1]}”. The negatives that were drawn are
{listed([words[k] for k in negatives])}; each draw counts, also one of the observed word. For
$J = \\log \\sigma(u_o \\cdot v_c) + \\sum_k \\log \\sigma(-u_{{w_k}} \\cdot v_c)$, minus the loss, calculate
${by("v_c")}$ and the gradient with respect to each $u$, in fractions and multiples of $\\log {v.n}$."""
    key = {
        rf"\sigma({word('u', name)} \cdot v_c)": (1 / (1 + np.exp(-score)), 0)
        for name, score in zip(words, scores, strict=True)
    }
    key[by("v_c")] = found.v_c, 0
    for k, name in enumerate(words):
        key[by(word("u", name))] = found.u[k], v.n
    return Drawn(text, case, key, [v, u])


NAMES = (
    *("Barack Obama", "Marie Curie", "Alan Turing", "Ada Lovelace", "Isaac Newton"),
    *("Emmy Noether", "Jane Austen", "Nelson Mandela", "Frida Kahlo"),
)
ONCE = (
    *("I love machine learning", "we learn by doing", "you read this book"),
    *("she wrote long letters", "they sing old songs", "he drinks black coffee"),
)
TWICE = (
    *("more and more people", "step by step instructions", "side by side comparison"),
    *("word for word translation", "day after day work", "again and again nothing"),
)
BESIDE = (
    *("river bank money", "strong tea sugar", "city street house", "open book page"),
    *("night sky star", "train station ticket", "green apple tree"),
)


class Kind(NamedTuple):
    """A kind of exercise: its result, how it is drawn, and what of the result's value
    its key has.
    """

    result: Result
    draw: Callable[[Digits], Drawn | None]
    asked: Callable[[object], object] = lambda value: value


KINDS = {
    "H1.2": Kind(ONE_LAYER, one_layer),
    "H2.2": Kind(RECURRENT, recurrent),
    "H3.1": Kind(RESIDUAL, residual_stream, asked=lambda g: g[1]),
    "A3.2": Kind(CENTRE, softmax_centre),
    "A3.6": Kind(SAMPLED_GRADIENTS, sampled_centre),
    "backward-pass": Kind(BACKWARD, backward_pass),
}
"""The kinds of exercises, by the id of the question that they vary; ``backward-pass``
has the numbers of the backward pass.
"""


class Sheet(NamedTuple):
    """An exercise and its key, in Markdown with formulas in LaTeX."""

    title: str
    exercise: str
    key: str


def sheet(kind: str, seed: int) -> Sheet:
    """The sheet of a kind that a seed gives. Only the first :data:`SEEDS` seeds are
    named on it, so that nobody who has another sheet can draw its key.

    Raises ValueError for a kind that is none of :data:`KINDS`, and for a seed below 1;
    :class:`~unrolled.checks.formula.Refuted` if the key does not agree with an
    independent calculation.
    """
    if kind not in KINDS:
        raise ValueError(f"kind is {kind!r}; expected one of {', '.join(KINDS)}")
    drawn, key = first_fitting(KINDS[kind], Digits(kind, whole("seed", seed)))
    lines = [f"{name} = {value}" for name, value in key.items()]
    number = f", variant {seed}" if seed <= SEEDS else ""
    title = f"{kind[0].upper()}{kind[1:].replace('-', ' ')}{number}"
    paragraphs = drawn.text.split("\n\n")
    text = [p if p.startswith("$$") else p.replace("\n", " ") for p in paragraphs]
    return Sheet(title, "\n\n".join(text), display(*lines))


def first_fitting(kind: Kind, digits: Digits) -> tuple[Drawn, dict[str, Exact]]:
    """The first exercise that fits, and its key."""
    while True:
        drawn = kind.draw(digits)
        if drawn and (key := fitting(kind, drawn)):
            return drawn, key


def fitting(kind: Kind, drawn: Drawn) -> dict[str, Exact] | None:
    """The key of an exercise; None if it has too many digits, or if a mistake would
    not be seen.
    """
    key = {name: recognised(*value) for name, value in drawn.key.items()}
    if None in key.values():
        return None
    numbers = [x for part in (*key.values(), *drawn.given) for x in part.fractions]
    if any(abs(x.numerator) > ABOVE or x.denominator > BELOW for x in numbers):
        return None
    result, case = kind.result, drawn.case
    right = kind.asked(result.claim(**case))
    for mutant in result.mutants:
        if largest_error(kind.asked(mutant.function(**case)), right) < DIFFERENT:
            return None
    agreement(result, result.references[0], {"drawn": case}, {})
    return key


# As files


def latex(title: str, text: str) -> str:
    """A part of a document in LaTeX, with the package amsmath."""
    shown = re.sub(r"\$\$\n(.*?)\n\$\$", r"\\[\n\1\n\\]", text, flags=re.DOTALL)
    return f"\\subsection*{{{title}}}\n\n{shown}\n"


SET = r"""% Sets an exercise and its key; for others, change the names.
\documentclass{article}
\usepackage{amsmath}
\begin{document}
\input{exercises/H2.2-NN}
\newpage
\input{keys/H2.2-NN}
\end{document}
"""


def files(seeds: Sequence[int] = range(1, SEEDS + 1)) -> Iterator[tuple[str, str]]:
    """The files of sheets, by name: exercises and keys of some seeds, each in Markdown
    and in LaTeX, and a document that sets one.
    """
    yield "sheet.tex", SET.replace("NN", f"{seeds[0]:02}")
    for kind in KINDS:
        for seed in seeds:
            title, exercise, key = sheet(kind, seed)
            name = f"{kind}-{seed:02}"
            yield f"exercises/{name}.md", f"## {title}\n\n{exercise}\n"
            yield f"exercises/{name}.tex", latex(title, exercise)
            yield f"keys/{name}.md", f"## {title}: key\n\n{key}\n"
            yield f"keys/{name}.tex", latex(f"{title}: key", key)


def main(folder: str, seed: str = "") -> None:
    """Write all files into a folder, or those of one seed."""
    own = (int(seed) if seed.isdecimal() else seed,) if seed else range(1, SEEDS + 1)
    for name, text in files(own):
        path = Path(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
