"""The numbers of a pencil example on the wires of its network: forwards, and back.

Three drawings: the vectors of one layer with their gradients, and the matrices' as
products of a column and a row; one matrix used at every step, whose gradient is a sum;
and the ways of a gradient back through a residual stream. Each panel is as wide as a
phone. What goes back is pink. Left out: where the numbers come from; that is the page's
matter.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from math import log
from typing import NamedTuple

import numpy as np
from numpy import ndarray

from unrolled.figures.nodes import BLUE, GREEN, ORANGE, PINK, SMALL, Node, Run
from unrolled.figures.pieces import Part, box, draw_node, picture, wire, write
from unrolled.figures.plotting import Drawing, panels

__all__ = ["exact", "numbers_on_wires", "shared_matrix", "ways_back"]

ROW, LETTERS, NAMES = 22, 12, 13  # a cell's height; the sizes of numbers and of names
GAP = 4  # between a cell and a wire
LARGEST = 64  # denominator of a number that is written as a fraction
UNITS = {"": 1.0, "log 2": log(2), "log 3": log(3)}
PLAIN = 'fill-opacity="0.07"'
EMPTY = 'fill="none" stroke="currentColor" stroke-opacity="0.35"'
FULL = f'style="fill: {PINK}" fill-opacity="0.22"'
FRAME = 'fill-opacity="0.04" stroke="currentColor" stroke-opacity="0.7"'
DOTTED = ' stroke-dasharray="1 4" stroke-opacity="0.7"'
FAINT = ' stroke-opacity="0.45"'


# Numbers and names


def exact(x: float) -> str:
    """A number as one writes it by hand: a fraction, or a fraction of log 2 or log 3;
    with two digits if it is none.
    """
    for unit, size in UNITS.items():
        share = Fraction(x / size).limit_denominator(LARGEST)
        if abs(float(share) * size - x) < 1e-9:
            sign, share = "−" if share < 0 else "", abs(share)
            if unit and share:
                share = f"{share} {unit}" if share != 1 else unit
            return f"{sign}{share}"
    return f"{x:.2f}".replace("-", "−")


def _vector(values: ndarray) -> str:
    """A vector in brackets."""
    return f"({', '.join(map(exact, values))})"


def _weights(name: str, transposed: bool = False) -> list[Run]:
    """The name of a matrix."""
    runs = [Run("W", NAMES, italic=True), Run(name, 8, 4)]
    return runs + [Run("T", 9, -9), Run("\u200a", 9, 5)] if transposed else runs


def _letter(letter: str, index: str = "", transposed: bool = False) -> list[Run]:
    """A letter with its index."""
    runs = [Run(letter, NAMES, italic=True)]
    runs += [Run(index, 9, 4)] * bool(index)
    if transposed:
        runs.append(Run("T", 9, -9 if index else -5))
    down = 5 if transposed else -4 if index else 0
    return runs + [Run("\u200a", 9, down)] if down else runs


def _by(runs: Sequence[Run]) -> list[Run]:
    """The gradient with respect to what the letters say."""
    return [Run("∂", NAMES), Run("J", NAMES, italic=True), Run("/∂", NAMES), *runs]


def _width(runs: Sequence[Run]) -> float:
    return sum(run.width for run in runs)


# Cells with numbers


def _cells_width(values: ndarray) -> float:
    """How wide the cells are in which all the numbers have room."""
    numbers = [Run(exact(x), LETTERS) for x in np.ravel(values)]
    return max(18, *(run.width + 4 for run in numbers))


def _cells(
    left: float, top: float, values: ndarray, width: float, style: str = ""
) -> list[Part]:
    """A matrix of numbers, each in a cell; without a ``style``, those that are not zero
    are filled.
    """
    parts = []
    for i, row in enumerate(np.atleast_2d(values)):
        for j, x in enumerate(row):
            look = style or (FULL if x else EMPTY)
            at = left + width * j, top + ROW * i
            parts.append(box(at[0] + 1, at[1] + 1, width - 2, ROW - 2, look))
            number = [Run(exact(x), LETTERS)]
            parts.append(write(at[0] + width / 2, at[1] + 15.5, number))
    return parts


# One layer


class _Layer(NamedTuple):
    """Where the vectors of a network with one layer lie: the left of each column, its
    width, and how many numbers it has.
    """

    left: dict[str, float]
    width: dict[str, float]
    count: dict[str, int]

    def middle(self, name: str) -> float:
        """The middle of a column."""
        return self.left[name] + self.width[name] / 2

    def top(self, name: str, floor: int = 0) -> float:
        """The top of a column, forwards, or a floor below, where the gradients are."""
        V = max(self.count.values())
        return floor * (ROW * V + 52) + ROW * (V - self.count[name]) / 2

    def centre(self, floor: int = 0) -> float:
        """The height at which wires run."""
        return self.top("x", floor) + ROW * self.count["x"] / 2


FORTH = {
    "x": _weights("embed"),
    "h": _weights("unembed"),
    "s": [Run("softmax", SMALL)],
}
BACK = {"h": _weights("unembed", transposed=True), "s": _letter("y − p")}
"""What stands by the wire from a vector to the next one, and by the wire back to it."""
INKS = {"x": BLUE, "h": GREEN, "s": "currentColor"}


def _lay_out(values: Mapping[str, ndarray], gradients: Mapping[str, ndarray]) -> _Layer:
    """The columns, side by side, with room for the names of what lies between."""
    below = {"h": gradients["h"], "s": gradients["s"]}
    width = {n: _cells_width([*v, *below.get(n, ())]) for n, v in values.items()}
    left, x = {}, 0.0
    for name in values:
        left[name] = x
        names = [by[name] for by in (FORTH, BACK) if name in by]
        x += width[name] + max(map(_width, names), default=0) + 1
    return _Layer(left, width, {name: len(v) for name, v in values.items()})


def numbers_on_wires(
    words: Sequence[str],
    values: Mapping[str, ndarray],
    y: ndarray,
    gradients: Mapping[str, ndarray],
) -> Drawing:
    """A network x → h → s → p with its numbers, and below them their gradients; then
    the gradients of its two matrices, each as a column times a row.

    ``values`` has x (V,), h (d,), s (V,) and p (V,), and ``gradients`` those of J with
    respect to s, h, W_unembed (V, d) and W_embed (d, V).

    Raises ValueError unless there is a word for each entry of x, and each gradient has
    the shape of what it is with respect to.
    """
    values = {name: np.asarray(values[name]) for name in "xhsp"}
    gradients = {name: np.asarray(gradient) for name, gradient in gradients.items()}
    demand_shapes(words, values, np.asarray(y), gradients)
    layer = _lay_out(values, gradients)
    parts = [
        write(-4, ROW * i + 15.5, [Run.fitted(word, SMALL)], "end")
        for i, word in enumerate(words)
    ]
    error = [*_letter("e"), Run(" = ", NAMES), *_by(_letter("s"))]
    below = {"h": (_by(_letter("h")), gradients["h"]), "s": (error, gradients["s"])}
    for name, vector in values.items():
        top, middle = layer.top(name), layer.middle(name)
        at = layer.left[name], top, vector[:, None], layer.width[name], PLAIN
        parts += [write(middle, top - 6, _letter(name)), *_cells(*at)]
    for name, (letters, vector) in {**below, "p": (_letter("y"), y)}.items():
        top, style = layer.top(name, 1), PLAIN if name == "p" else FULL
        at = layer.left[name], top, np.array(vector)[:, None], layer.width[name], style
        ink = "currentColor" if name == "p" else PINK
        parts += [write(layer.middle(name), top - 6, letters, ink=ink), *_cells(*at)]
    for name, to in pairwise(values):
        ends = layer.left[name] + layer.width[name] + GAP, layer.left[to] - GAP
        on, back, ink = layer.centre(), layer.centre(1), INKS[name]
        parts.append(wire([(ends[0], on), (ends[1], on)], ink))
        parts.append(write(sum(ends) / 2, on - 10, FORTH[name], ink=ink))
        if name in BACK:
            parts.append(wire([(ends[1], back), (ends[0], back)], PINK))
            parts.append(write(sum(ends) / 2, back - 10, BACK[name], ink=PINK))
    named = ", ".join(f"{name} = {_vector(v)}" for name, v in values.items())
    alt = (
        f"A network with the words {', '.join(words)}. Forwards: {named}. Back: e = y − p = {_vector(gradients['s'])}, "
        f"and through W_unembed transposed ∂J/∂h = {_vector(gradients['h'])}."
    )
    network = Drawing(picture(parts, alt)[0], alt)
    return panels(network, _products(words, values, gradients))


def _products(
    words: Sequence[str],
    values: Mapping[str, ndarray],
    gradients: Mapping[str, ndarray],
) -> Drawing:
    """The gradients of the two matrices, each right of the column and below the row
    that it is the product of.
    """
    embed, unembed = gradients["W_embed"], gradients["W_unembed"]
    e, by_h = gradients["s"], gradients["h"]
    names = [[Run.fitted(word, SMALL)] for word in words]
    wide = max(_cells_width(embed), *(_width(name) + 4 for name in names))
    left, below = max(map(_width, names)) + 6, ROW * (len(by_h) + 1) + 76
    h, brackets = _letter("h"), [Run("(", NAMES), *_by(_letter("h")), Run(")", NAMES)]
    parts = [
        *_title(left, 12, "embed", brackets, "x"),
        *_product(left, 40, wide, embed, (_by(h), by_h), ("x", values["x"])),
        *_title(left, below, "unembed", _letter("e"), "h"),
        *_product(
            left,
            below + 12,
            _cells_width(unembed),
            unembed,
            (_letter("e"), e),
            ("h", values["h"]),
        ),
    ]
    for k, name in enumerate(names):
        x = _right(left, by_h) + wide * (k + 0.5)
        y = below + 12 + ROW * (k + 1) + 15.5
        parts += [write(x, 36, name), write(left - 6, y, name, "end")]
    columns, rows = (
        "; ".join(f"{word}, {_vector(x)}" for word, x in zip(words, by, strict=True))
        for by in (embed.T, unembed)
    )
    filled = [word for word, column in zip(words, embed.T, strict=True) if column.any()]
    alt = (
        "The gradient with respect to W_embed, ∂J/∂h times x transposed, has a column for each word: "
        f"{columns}. Not zero: {', '.join(filled) or 'none'}. The gradient with respect to W_unembed, e times h "
        f"transposed, has a row for each word: {rows}."
    )
    return Drawing(picture(parts, alt)[0], alt)


def _title(
    left: float, y: float, name: str, column: Sequence[Run], row: str
) -> list[Part]:
    """What a table shows: a matrix's gradient as a product."""
    runs = [*_by(_weights(name)), Run(" = ", NAMES, -4), *column, Run(" ", 6)]
    runs += _letter(row, transposed=True)
    return [write(left, y, runs, "start", PINK)]


def _right(left: float, column: ndarray) -> float:
    """Where a table begins whose column stands at the left."""
    return left + _cells_width(column) + 14


def _product(
    left: float,
    top: float,
    wide: float,
    gradient: ndarray,
    column: tuple[Sequence[Run], ndarray],
    row: tuple[str, ndarray],
) -> list[Part]:
    """A matrix's gradient, with the column at the left of it and the row above it, both
    with their letters.
    """
    (letters, by), (letter, vector) = column, row
    narrow, right = _cells_width(by), _right(left, by)
    end = right + wide * gradient.shape[1] + 4
    return [
        write(left + narrow / 2, top + 16, letters, ink=PINK),
        *_cells(left, top + ROW, by[:, None], narrow, FULL),
        *_cells(right, top, vector, wide, PLAIN),
        write(end, top + 16, _letter(letter, transposed=True), "start"),
        *_cells(right, top + ROW, gradient, wide),
    ]


def demand_shapes(
    words: Sequence[str],
    values: Mapping[str, ndarray],
    y: ndarray,
    gradients: Mapping[str, ndarray],
) -> None:
    """Raise ValueError unless words, vectors and gradients have the shapes of one
    network.
    """
    V, d = len(words), len(values["h"])
    wanted = {"x": (V,), "h": (d,), "s": (V,), "p": (V,)}
    for name, shape in wanted.items():
        if values[name].shape != shape:
            raise ValueError(
                f"{name} has the shape {values[name].shape}; expected {shape} for {V} words and d = {d}"
            )
    if y.shape != (V,):
        raise ValueError(f"y has the shape {y.shape}; expected {(V,)}")
    for name, shape in {
        "s": (V,),
        "h": (d,),
        "W_unembed": (V, d),
        "W_embed": (d, V),
    }.items():
        if name not in gradients or gradients[name].shape != shape:
            found = gradients[name].shape if name in gradients else "none"
            raise ValueError(
                f"the gradient with respect to {name} has the shape {found}; expected that of {name}, {shape}"
            )


# One matrix at every step

COPY, PITCH, START = 54, 99, 32  # a copy's width, from one to the next, the first
TAG = 52  # from the state's height to a term


def _copy(t: int) -> float:
    """The left of the copy of step t."""
    return START + PITCH * (t - 1)


def _state(t: int) -> float:
    """The middle of the letters of h_t."""
    return _copy(t) + COPY + 23 if t else 10


def shared_matrix(words: Sequence[str], h: ndarray, delta: ndarray) -> Drawing:
    """A recurrent network with a copy of its matrix at each step, and below each the
    term δ_t h_{t−1}ᵀ that it adds to the gradient of the one W_recurrent.

    h (T + 1, d) begins with h_0 = 0, and row t − 1 of delta (T, d) is δ_t.

    Raises ValueError unless there are 1 to 3 words, with as many δ and a state more, of
    1 or 2 numbers each, and h_0 is zero.
    """
    h, delta = np.asarray(h), np.asarray(delta)
    demand_steps(words, h, delta)
    terms = [np.outer(d, before) for d, before in zip(delta, h[:-1], strict=True)]
    total = np.sum(terms, axis=0)
    size, T = h.shape[1], len(words)
    cell, bottom = _cells_width([*terms, total]), TAG + 24 + ROW * h.shape[1]
    parts = []
    for t, (word, term) in enumerate(zip(words, terms, strict=True), 1):
        left, before = _copy(t), _state(t - 1)
        middle = left + COPY / 2
        grid = middle - cell * size / 2
        parts += [
            write(middle, -80, [Run.fitted(word, NAMES)]),
            wire([(middle, -72), (middle, -44)]),
            write(middle + 6, -54, _letter("x", str(t)), "start"),
            box(left, -42, COPY, 58, FRAME, 8),
            write(middle, -24, _weights("recurrent"), ink=ORANGE),
            *draw_node(middle, 0, Node("tanh", 0, 0, "operation")),
            wire([(before + 12, 0), (left - 1, 0)], ORANGE),
            wire([(left + COPY + 2, 0), (_state(t) - 11, 0)]),
            *draw_node(_state(t), 0, Node("h", 0, 0, "loose", str(t))),
            wire([(middle, 19), (middle, TAG - 3)], PINK),
            write(middle + 6, 38, _letter("δ", str(t)), "start", PINK),
            wire(
                [(before, 15), (before, TAG + 10), (middle - 34, TAG + 10)],
                style=DOTTED,
            ),
            box(middle - 31, TAG, 62, 20, FULL, 8),
            write(
                middle,
                TAG + 14.5,
                [*_letter("δ", str(t)), *_letter("h", str(t - 1), transposed=True)],
            ),
            *_cells(grid, TAG + 22, term, cell),
        ]
        if t == 1:
            parts += [
                *draw_node(before, 0, Node("h", 0, 0, "loose", "0")),
                write(middle, bottom + 18, [*_letter("h", "0"), Run(" = 0", NAMES)]),
                wire(
                    [(middle - 34, TAG - 2), (middle + 34, bottom)], width=2, tip=False
                ),
                wire(
                    [(middle - 34, bottom), (middle + 34, TAG - 2)], width=2, tip=False
                ),
            ]
        else:
            parts.append(wire([(middle, bottom + 2), (middle, bottom + 26)], PINK))
    right, height = _state(T) + 12, ROW * size + 12
    sums = [
        *_by(_weights("recurrent")),
        Run(" = ", NAMES, -4),
        Run("Σ", 16),
        Run(" ", 6),
    ]
    sums += [*_letter("δ", "t"), *_letter("h", "t−1", transposed=True)]
    sums.append(Run(" =", NAMES))
    grid = (right + _width(sums) + 6 - cell * size) / 2  # both in the middle
    parts += [
        box(0, bottom + 28, right, height, FRAME, 8),
        write(grid - 6, bottom + 28 + height / 2 + 4, sums, "end", PINK),
        *_cells(grid, bottom + 34, total, cell),
    ]
    said = "; ".join(
        f"δ{t} times h{t - 1} transposed, {_rows(term)}"
        for t, term in enumerate(terms, 1)
    )
    alt = (
        f"A recurrent network over {', '.join(words)}, with h0 = 0. W_recurrent and tanh are drawn once for each step. "
        f"Each copy adds a term to one sum: {said}. The first is crossed out, as h0 is zero. The sum, the gradient "
        f"with respect to W_recurrent, is {_rows(total)}."
    )
    return Drawing(picture(parts, alt)[0], alt)


def _rows(matrix: ndarray) -> str:
    """A matrix, row by row."""
    return f"[{', '.join(map(_vector, matrix))}]"


def demand_steps(words: Sequence[str], h: ndarray, delta: ndarray) -> None:
    """Raise ValueError unless words, states and gradients belong to one another, and
    have room.
    """
    T = len(words)
    if not 1 <= T <= 3:
        raise ValueError(f"there are {T} words; expected 1 to 3, which have room")
    if h.ndim != 2 or not 1 <= h.shape[1] <= 2 or len(h) != T + 1 or h[0].any():
        raise ValueError(
            f"h has the shape {h.shape}; expected {T + 1} states of 1 or 2 numbers, h_0 = 0 first"
        )
    if delta.shape != h[1:].shape:
        raise ValueError(
            f"delta has the shape {delta.shape}; expected {h[1:].shape}, a row for each step"
        )


# The ways back

STEP, PLUS, FORK = 148, 92, 18  # from h_t to h_{t+1}, to the + between, to the branch
LIFT, EDGE = 38, 12  # up to a branch; from the middle of letters or of a + to a wire
NAMED = {
    (False, False): "along the stream",
    (False, True): "through the branch of step 3",
    (True, False): "through the branch of step 2",
    (True, True): "through both branches",
}
"""The ways by whether they go through the branches of steps 2 and 3, in the order of
the terms.
"""

Point = tuple[float, float]


class _Step(NamedTuple):
    """Where a step lies that leads from the letters of one state to those of the
    next.
    """

    start: float

    def pieces(self, branch: bool, stream: bool) -> list[list[Point]]:
        """The wires from the next state back to the one before it, on the rail or
        through the branch.
        """
        begin, end = self.start + EDGE, self.start + STEP - EDGE
        fork, plus = self.start + FORK, self.start + PLUS
        if not branch:
            return [[(end, 0), (plus + EDGE, 0)], [(plus - EDGE, 0), (begin, 0)]]
        (left, right), high = self.tanh(), -LIFT
        down = [(left, high), (fork, high), (fork, 0), (begin, 0)]
        if not stream:
            return [[(end, 0), (plus, 0), (plus, high), (right, high)], down]
        up = [(plus, -EDGE), (plus, high), (right, high)]
        return [[(end, 0), (plus + EDGE, 0)], up, down]

    def tanh(self) -> Point:
        """The two ends of the tanh."""
        middle = self.start + (FORK + PLUS) / 2
        return middle - 21, middle + 21


def ways_back(g: ndarray, terms: ndarray, alone: ndarray) -> Drawing:
    """The four ways from h_3 back to h_1 through a residual stream, a panel for each,
    and the single way of the network without the stream.

    g (d,) is ∂J/∂h_3. A row of terms (4, d) is what comes to h_1 along a way: the
    identity path, through the branch of step 3, of step 2, and of both; ``alone`` (d,)
    is what comes without a stream.

    Raises ValueError unless there are four terms, all as long as g.
    """
    g, terms, alone = np.asarray(g), np.asarray(terms), np.asarray(alone)
    demand_ways(g, terms, alone)
    copies = [
        _way(*way, g, term) for way, term in zip(NAMED.items(), terms, strict=True)
    ]
    single = (True, True), "Problem 2, no stream: the only way"
    return panels(*copies, _way(*single, g, alone, stream=False))


def _way(
    taken: tuple[bool, bool], name: str, g: ndarray, value: ndarray, stream: bool = True
) -> Drawing:
    """One way back: which of the two branches it goes through, and what it carries."""
    parts, product, said = [], [], []
    for step, through in zip((2, 3), taken, strict=True):
        place = _Step(14 + STEP * (step - 2))
        for branch in (False, True) if stream else (True,):
            for points in place.pieces(branch, stream):
                parts.append(wire(points, width=1.2, style=FAINT, tip=False))
        for points in place.pieces(through, stream):
            parts.append(
                wire(points, PINK, 2.6, tip=points[-1][0] == place.start + EDGE)
            )
        middle = sum(place.tanh()) / 2
        factor = [*_weights("recurrent", transposed=True), *_letter("D", str(step))]
        label = (factor, PINK) if through else (_weights("recurrent"), "currentColor")
        parts += [
            write(middle, -LIFT - 16, label[0], ink=label[1]),
            *draw_node(middle, -LIFT, Node("tanh", 0, 0, "operation")),
            *draw_node(place.start, 0, Node("h", 0, 0, "loose", str(step - 1))),
        ]
        if stream:
            plus = Node("+", 0, 0, "operation")
            parts += draw_node(place.start + PLUS, 0, plus)
        product += factor * through
        said += [f"W_recurrent transposed D{step}"] * through
    parts += draw_node(14 + 2 * STEP, 0, Node("h", 0, 0, "loose", "3"))
    product = product or [Run("I", NAMES)]
    runs = [
        *product,
        Run(" ", 6),
        *_letter("g", "3"),
        Run(f" = {_vector(value)}", NAMES),
    ]
    parts += [
        write(2, -LIFT - 40, runs, "start", PINK),
        write(2, 30, [Run(name, LETTERS)], "start"),
    ]
    alt = (
        f"From h3 back to h1, {name}: {', '.join(said) or 'no factor'}; of g3 = {_vector(g)} it carries "
        f"{_vector(value)}."
    )
    return Drawing(picture(parts, alt)[0], alt)


def demand_ways(g: ndarray, terms: ndarray, alone: ndarray) -> None:
    """Raise ValueError unless there are four terms, all as long as g."""
    if g.ndim != 1 or terms.shape != (len(NAMED), len(g)) or alone.shape != g.shape:
        raise ValueError(
            f"g, terms and alone have the shapes {g.shape}, {terms.shape} and {alone.shape}; expected (d,), "
            f"({len(NAMED)}, d) and (d,)"
        )
