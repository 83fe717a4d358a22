"""Diagrams of networks: layered, unrolled, generating, with a residual stream; forwards, and with the gradients back.

A picture is a list of nodes and a list of arrows, in columns and rows; time runs to the right, and what is computed
stands above its input or to the right of it. The picture and its alternative text are made from the same inputs.
Arrows of one colour share one weight matrix, so its name is written once. A dashed arrow back is a gradient's, beside
the arrow forwards; it leads to what is computed, and not to the inputs or to h_0, which are given. A dotted arrow hands
on what was drawn: it is the next input of a network that generates. Colours and letters are those of the page, as for
:mod:`unrolled.figures.plotting`.
Left out: biases, the loop of a network not unrolled, and names for the weights of
higher recurrent layers, whose arrows have the colour of the text.
"""

from collections.abc import Iterable, Sequence
from html import escape
from itertools import pairwise
from math import hypot, inf, sqrt
from typing import NamedTuple
from unicodedata import east_asian_width

from unrolled.figures.plotting import COLOURS, Drawing

WIDTH = 420  # units, as many pixels on the page; a wider drawing scrolls on a phone
PITCH, ROW = 80, 70  # from one column, at most, or row to the next
RADIUS = 15.5  # of a vector's circle
GAP, APART = 3, 25  # between a node and an arrow, and between nodes
ASIDE = 4  # of an arrow and the one back, from the straight line
SIZE, SMALL = 15, 11  # of letters, and of those below the line
LONGEST = 90  # a longer word is in smaller letters
SHOWN, KEPT = (
    7,
    (3, 2),
)  # of more inputs, so many are drawn at the beginning and the end
SHOWN_LATENT, KEPT_LATENT = 5, (3, 2)  # the same for the vectors of a layered network,
SHOWN_STACKED, KEPT_STACKED = 4, (2, 1)  # for recurrent layers,
SHOWN_STEPS, KEPT_STEPS = 4, (2, 1)  # and for the steps of a residual stream
SHOWN_DRAWN, KEPT_DRAWN = 4, (2, 1)  # and for the symbols that a network generates
COLOUR = {"embed": 1, "recurrent": 2, "out": 3, "unembed": 3, "gradient": 4}
COLOUR |= {"i2h": 1, "i2o": 2, "o2o": 3}
LAYERS = {"i2h", "i2o", "o2o"}  # named as they are, since each has several blocks
NUMBERS = "zero one two three four five six seven eight nine ten eleven twelve".split()

BELOW, BESIDE, BEFORE, ABOVE = (0, 36), (27, 28), (-33, 0), (-25, -33)
"""Where the gradient by a node stands, from the node's middle."""


class Run(NamedTuple):
    """Letters of one size, so much lower than those before, and so much further right."""

    letters: str
    size: float = SIZE
    down: float = 0
    right: float = 0
    italic: bool = False

    @property
    def width(self) -> float:
        """About how wide the letters are, and hardly less."""
        return self.size * sum(map(breadth, self.letters)) + self.right

    def scaled(self, factor: float) -> "Run":
        """The same so many times as large."""
        size, down, right = (factor * x for x in self[1:4])
        return Run(self.letters, size, down, right, self.italic)


def breadth(letter: str) -> float:
    """About how wide a letter is, of its size."""
    if letter in "()[]fijltrI.,:;'|! ":
        return 0.36
    return (
        1.05 if east_asian_width(letter) in "WF" else 0.9 if letter in "mwMW" else 0.6
    )


class Node(NamedTuple):
    """What stands at a column and a row (0 is the lowest): a vector, an operation in a box, or a word or dots.

    A vector has an index ``below`` or ``above``, and a ``word`` under it; one with a ``tail``, = 0, has no circle.
    ``gradient`` is where the gradient by the vector stands, from its middle, or None.
    """

    symbol: str
    column: float
    row: int
    kind: str = "vector"
    below: str = ""
    above: str = ""
    tail: str = ""
    word: str = ""
    gradient: tuple[float, float] | None = None

    @property
    def name(self) -> str:
        """The vector as a sentence has it, such as h3 or h(2)3."""
        return self.symbol + self.above + self.below

    @property
    def circled(self) -> bool:
        """Whether the node is drawn as a circle."""
        return self.kind == "vector" and not self.tail

    @property
    def width(self) -> float:
        """How wide the node is."""
        if self.circled:
            return 2 * RADIUS
        padding = 10 if self.kind == "operation" and len(self.symbol) > 1 else 0
        return max(20, sum(run.width for run in self.runs()) + padding)

    def reach(self, x: float, y: float, aside: float) -> float:
        """How far the node goes from its middle in the direction (x, y), of length 1, on a line so far aside."""
        if self.circled:
            return sqrt(RADIUS**2 - aside**2)
        half = self.width / 2, 0.7 * SIZE
        return min(
            h / abs(part) if part else inf for h, part in zip(half, (x, y), strict=True)
        )

    def runs(self) -> list[Run]:
        """The node's letters."""
        if self.kind != "vector":
            return [fitted(self.symbol, SIZE if self.kind == "word" else 13)]
        runs = [Run(self.symbol, italic=True)]
        above, below = Run(self.above, SMALL, -6), Run(self.below, SMALL, 4)
        if self.above and self.below:  # one under the other
            back, forth = above.width - 1, max(0, above.width - below.width)
            runs += above, below._replace(down=11, right=-back)
            runs.append(Run(self.tail, SIZE, -5, forth))
        else:
            runs += [above] * bool(self.above) + [below] * bool(self.below)
            runs.append(Run(self.tail, SIZE, -4))
        runs = [run for run in runs if run.letters]
        width = sum(run.width for run in runs)
        return runs if self.tail else [run.scaled(min(1, 27 / width)) for run in runs]


class Arrow(NamedTuple):
    """From one node to another, through the weight matrix of a role (or through none).

    ``back`` says whether a gradient goes back: "" for none, "through" what the arrow does, or "unchanged". A ``dotted``
    arrow hands on what was drawn.
    """

    start: Node
    end: Node
    role: str = ""
    back: str = ""
    dotted: bool = False


class Part(NamedTuple):
    """A piece of a picture, and the box that it fills."""

    svg: str
    left: float
    top: float
    right: float
    bottom: float


# Four kinds of network


def layered_network(
    word: str | None = None,
    *,
    layers: int = 0,
    output: str = "s",
    target: str | None = None,
    gradients: bool = False,
) -> Drawing:
    """A network x → h → s → p or, with L layers on top of the embedding, x → h^(0) → h^(1) → … → h^(L) → s → p.

    ``word`` stands at x, and ``target``, the next word, at y. When there are many layers, the middle ones are folded.
    ``output`` names the scores. With ``gradients``, those of J = log p(y) run back, below the arrows forwards.

    Raises ValueError if a symbol cannot be seen, or if there are less than 0 layers.

    >>> layered_network("Barack", target="Obama")
    <Drawing: A network with one latent vector, h. From left to right, the word x, Barack, goes into h, and h into the \
scores s. The next word y, Obama, is drawn from their softmax p.>
    """
    demand_visible([word, output, target])
    if layers < 0:
        raise ValueError(
            f"a network has 0 layers or more on top of the embedding; layers is {layers}"
        )
    place, back = (BELOW, "through") if gradients else (None, "")
    nodes = [Node("x", 0, 0, word=word or "")]
    arrows = []
    drawn = folded(range(layers + 1), SHOWN_LATENT, KEPT_LATENT)
    for column, layer in enumerate(drawn, 1):
        if layer is None:
            nodes.append(Node("⋯", column, 0, "word"))
            into = str(KEPT_LATENT[0])
        else:
            above = f"({layer})" if layers else ""
            nodes.append(Node("h", column, 0, above=above, gradient=place))
            into = str(layer or "embed")
        arrows.append(Arrow(*nodes[-2:], into, back if layer != 0 else ""))
    latent = nodes[1:]
    scores = Node(output, len(nodes), 0, gradient=place)
    observed = Node("y", len(nodes) + 2, 0, word=target) if target else None
    more, right = readout(latent[-1], scores, observed, "unembed", back)
    alt = layered_words(word, latent, layers, output, target, gradients)
    return Drawing(picture(nodes + more, arrows + right, alt), alt)


def unrolled_network(
    inputs: Sequence[str],
    *,
    layers: int = 1,
    output: str | None = "s",
    target: str | None = None,
    gradients: bool = False,
) -> Drawing:
    """A recurrent network with a column for each input, and scores read from its last state.

    ``inputs`` are the symbols x_1, …, x_T: a word for its letters, or a list of words. When there are many inputs or
    layers, the middle ones are folded. ``output`` names the scores, or is None for a network without a readout.
    ``target`` is the next symbol ("?" if it is not known); the scores are then those of symbols, through W_unembed, and
    else of classes, through W_out. With ``gradients``, those of J run back beside the arrows forwards.

    Raises ValueError if there is no input, if a symbol cannot be seen, if there is less than one layer, or if there is
    a target and no output.

    >>> unrolled_network("ab")
    <Drawing: A recurrent network unrolled over two letters, a, b. Each letter and the state before it go into the \
next state; the scores s are read from the last state, h2. Their softmax is p.>
    """
    demand_inputs(inputs, output, target)
    if layers < 1:
        raise ValueError(f"a network has at least 1 layer; layers is {layers}")
    times = folded(range(1, len(inputs) + 1), SHOWN, KEPT)
    stacked = folded(range(1, layers + 1), SHOWN_STACKED, KEPT_STACKED)
    place, back = (BESIDE, "through") if gradients else (None, "")
    under = [
        Node(inputs[t - 1] if t else "⋯", column, 0, "word")
        for column, t in enumerate(times, 1)
    ]
    nodes, arrows = [*under], []
    for row, layer in enumerate(stacked, 1):
        above = f"({layer})" if layers > 1 else ""
        across, up = ("recurrent", "embed") if row == 1 else ("", "")
        before = Node("h", -0.25, row, below="0", above=above, tail=" = 0")
        if layer is None:
            before = Node("⋮", -0.25, row, "word")
        nodes.append(before)
        for column, t in enumerate(times, 1):
            state = Node("h", column, row, "vector", str(t), above, gradient=place)
            if layer is None or t is None:
                state = Node("⋮" if t else "⋯" if layer else "⋱", column, row, "word")
            if t:
                arrows.append(Arrow(under[column - 1], state, up, back * (row > 1)))
            if layer:
                arrows.append(Arrow(before, state, across, back * (column > 1)))
            nodes.append(state)
            under[column - 1] = before = state
    if output is not None:
        more, up = readout_above(before, output, target, back)
        nodes, arrows = nodes + more, arrows + up
    alt = unrolled_words(list(inputs), layers, output, target, gradients)
    return Drawing(picture(nodes, arrows, alt), alt)


def residual_stream(
    inputs: Sequence[str],
    *,
    output: str | None = "s",
    target: str | None = None,
    gradients: bool = False,
) -> Drawing:
    """The recurrence h_t = h_{t−1} + tanh(W_recurrent h_{t−1} + W_embed x_t): a stream, and branches that add to it.

    The arguments and errors are those of :func:`unrolled_network`. With ``gradients``, the way back on which nothing is
    changed, along the stream, is drawn strong and not dashed.

    >>> residual_stream(["I", "love", "machine"], output=None)
    <Drawing: A residual stream over three words, I, love, machine. The state runs straight from h0 = 0 to h3; at each \
step, a branch takes the tanh of the state and the word, through their weights, and adds it to the stream.>
    """
    demand_inputs(inputs, output, target)
    steps = folded(range(1, len(inputs) + 1), SHOWN_STEPS, KEPT_STEPS)
    place, back = (ABOVE, "through") if gradients else (None, "")
    along = "unchanged" if gradients else ""
    before = Node("h", 0, 2, below="0", tail=" = 0")
    nodes, arrows = [before], []
    for step in steps:
        column, through = before.column + 1, "" if step == 1 else back
        if step is None:
            dots = Node("⋯", column, 2, "word")
            state = Node("h", column + 1, 2, below=str(len(inputs) - 1), gradient=place)
            nodes += dots, state, Node("⋯", column, 0, "word")
            arrows += Arrow(before, dots, "", along), Arrow(dots, state, "", along)
        else:
            plus = Node("+", column, 2, "operation")
            tanh = Node("tanh", column, 1, "operation")
            state = Node("h", column + 1, 2, below=str(step), gradient=place)
            word = Node(inputs[step - 1], column, 0, "word")
            nodes += word, tanh, plus, state
            arrows += (
                Arrow(word, tanh, "embed"),
                Arrow(before, tanh, "recurrent", through),
                Arrow(tanh, plus, "", back),
                Arrow(before, plus, "", along if through else ""),
                Arrow(plus, state, "", along),
            )
        before = state
    if output is not None:
        more, up = readout_above(before, output, target, back)
        nodes, arrows = nodes + more, arrows + up
    alt = residual_words(list(inputs), output, target, gradients)
    return Drawing(picture(nodes, arrows, alt), alt)


def generating_network(symbols: Sequence[str], *, tutorial: bool = False) -> Drawing:
    """A network that draws one symbol after the other, each the next input, with the language z read at every step.

    ``symbols`` are those of a name in order, from the first that is read to the last that is drawn. The wiring is that
    of a recurrent cell, or with ``tutorial`` that of the tutorial's three dense layers. When there are many symbols,
    the middle ones are folded.

    Raises ValueError if there are less than two symbols, or if one cannot be seen.

    >>> generating_network("ab")
    <Drawing: A generating network unrolled over one step. At each step, the symbol read, the language z and the state \
before go into the next state, and from it the softmax p of the scores is read; from p the next symbol is drawn, which \
is read at the next step. Read: a. Drawn: b.>
    """
    if len(symbols) < 2:
        raise ValueError(
            f"{list(symbols)} has no symbol to read and one to draw; expected at least two symbols"
        )
    demand_visible(symbols)
    steps = folded(range(1, len(symbols)), SHOWN_DRAWN, KEPT_DRAWN)
    wire = tutorial_step if tutorial else cell_step
    before = Node("h", 0.2, 1, below="0", tail=" = 0")
    nodes, arrows, drawn = [before], [], None
    for column, t in enumerate(steps, 1):
        if t is None:
            dots = Node("⋯", column, 1, "word")
            nodes.append(dots)
            arrows.append(Arrow(before, dots, "i2h" if tutorial else "recurrent"))
            before, drawn = dots, None
            continue
        x, z = Node(symbols[t - 1], column, 0, "word"), Node("z", column + 0.45, 0)
        state = Node("h", column, 1, below=str(t))
        more, wires, top = wire(x, z, before, state, t)
        said = Node(symbols[t], column, top.row + 1, "word")
        nodes += [x, z, state, *more, said]
        arrows += [*wires, Arrow(top, said, "sample")]
        if drawn:
            arrows.append(Arrow(drawn, x, dotted=True))
        before, drawn = state, said
    alt = generating_words(list(symbols), tutorial)
    return Drawing(picture(nodes, arrows, alt), alt)


def cell_step(
    x: Node, z: Node, before: Node, state: Node, t: int
) -> tuple[list[Node], list[Arrow], Node]:
    """A step with a recurrent cell: the nodes above the state, all arrows but the last, and the topmost node."""
    p = Node("p", state.column, 2, below=str(t))
    arrows = [
        Arrow(x, state, "embed"),
        Arrow(z, state, "language"),
        Arrow(before, state, "recurrent"),
        Arrow(state, p, "unembed"),
    ]
    return [p], arrows, p


def tutorial_step(
    x: Node, z: Node, before: Node, state: Node, t: int
) -> tuple[list[Node], list[Arrow], Node]:
    """A step with the tutorial's layers: the nodes above the state, all arrows but the last, and the topmost node."""
    o = Node("o", z.column, 2, below=str(t))
    s = Node("s", state.column, 3, below=str(t))
    dropout = Node("dropout", state.column, 4, "operation")
    p = Node("p", state.column, 5, below=str(t))
    arrows = [Arrow(node, state, "i2h") for node in (x, z, before)]
    arrows += [Arrow(node, o, "i2o") for node in (z, x, before)]
    arrows += [Arrow(state, s, "o2o"), Arrow(o, s, "o2o")]
    return [o, s, dropout, p], [*arrows, Arrow(s, dropout), Arrow(dropout, p)], p


def demand_visible(symbols: Iterable[str | None]) -> None:
    """Raise ValueError unless all symbols that there are can be seen."""
    for symbol in symbols:
        if symbol is not None and not (symbol.strip() and symbol.isprintable()):
            raise ValueError(
                f"{symbol!r} cannot be seen; expected a symbol that prints, such as ␣ for a space"
            )


def demand_inputs(
    inputs: Sequence[str], output: str | None, target: str | None
) -> None:
    """Raise ValueError unless there are inputs, all symbols can be seen, and a target has scores."""
    if not inputs:
        raise ValueError("inputs is empty; expected at least one symbol")
    demand_visible([*inputs, output, target])
    if target is not None and output is None:
        raise ValueError(
            f"the target {target!r} needs scores, and output is None; name the scores, as in output='s'"
        )


def folded(every: Sequence[int], shown: int, kept: tuple[int, int]) -> list[int | None]:
    """Those that are drawn, with None where some are folded."""
    first, last = kept
    if len(every) <= shown:
        return list(every)
    return [*every[:first], None, *every[-last:]]


def readout(
    last: Node, scores: Node, target: Node | None, role: str, back: str
) -> tuple[list[Node], list[Arrow]]:
    """The scores, their softmax, and what is drawn from it."""
    p = Node("p", scores.column + 1, scores.row)
    nodes = [scores, p]
    arrows = [Arrow(last, scores, role, back), Arrow(scores, p, "softmax", back)]
    if target:
        nodes.append(target)
        arrows.append(Arrow(p, target, "sample", back))
    return nodes, arrows


def readout_above(
    last: Node, output: str, target: str | None, back: str
) -> tuple[list[Node], list[Arrow]]:
    """The readout above the last state, of symbols if there is a target, and else of classes."""
    column, row = last.column, last.row + 1
    scores = Node(output, column, row, gradient=BEFORE if back else None)
    if target is None:
        return readout(last, scores, None, "out", back)
    return readout(last, scores, Node(target, column + 2, row, "word"), "unembed", back)


# In words


def layered_words(
    word: str | None,
    latent: Sequence[Node],
    layers: int,
    output: str,
    target: str | None,
    gradients: bool,
) -> str:
    """The alternative text of a layered network."""
    names = [node.name for node in latent if node.circled]
    given = f"the word x, {word}," if word else "x"
    way = f"into {names[0]}, and {names[-1]}"
    if layers:
        way = f"into {names[0]}, each latent vector into the next, and the last, {names[-1]},"
    sentences = [
        f"A network with {count(layers + 1, 'latent vector')}, {listed(names, SHOWN_LATENT, KEPT_LATENT, layers + 1)}.",
        f"From left to right, {given} goes {way} into the scores {output}.",
        drawn_from("word y", target),
    ]
    if gradients:
        sentences.append(
            f"Back from right to left run the gradients of J, by {output} and by each latent vector."
        )
    return " ".join(sentences)


def unrolled_words(
    inputs: list[str],
    layers: int,
    output: str | None,
    target: str | None,
    gradients: bool,
) -> str:
    """The alternative text of a network unrolled over its inputs."""
    T, kind = len(inputs), kind_of(inputs, target)
    deep = f" of {count(layers, 'layer')}" if layers > 1 else ""
    next_state = f"next state{' of the first layer' if deep else ''}"
    sentences = [
        f"A recurrent network{deep} unrolled over {count(T, kind)}, {listed(inputs, SHOWN, KEPT)}.",
        f"Each {kind} and the state before it go into the {next_state}",
    ]
    if layers > 1:
        sentences[-1] += ", and each state into the layer above"
    if output is not None:
        last = f"h{T}" + (" of the last layer" if deep else "")
        sentences[-1] += f"; the scores {output} are read from the last state, {last}"
    sentences[-1] += "."
    if output is not None:
        sentences.append(drawn_from(kind, target))
    if gradients:
        ways = " and to the layer below" if deep else ""
        sentences.append(
            f"{gradient_by(output)} every state, from the last state to the ones before it{ways}."
        )
    return " ".join(sentences)


def residual_words(
    inputs: list[str], output: str | None, target: str | None, gradients: bool
) -> str:
    """The alternative text of a residual stream."""
    T, kind = len(inputs), kind_of(inputs, target)
    sentences = [
        f"A residual stream over {count(T, kind)}, {listed(inputs, SHOWN_STEPS, KEPT_STEPS)}.",
        f"The state runs straight from h0 = 0 to h{T}; at each step, a branch takes the tanh of the state and the "
        f"{kind}, through their weights, and adds it to the stream.",
    ]
    if output is not None:
        sentences.append(f"The scores {output} are read from h{T}.")
    if output is not None:
        sentences.append(drawn_from(kind, target))
    if gradients:
        sentences.append(
            f"{gradient_by(output)} every state: along the stream unchanged, and through the branches besides."
        )
    return " ".join(sentences)


def generating_words(symbols: list[str], tutorial: bool) -> str:
    """The alternative text of a network that generates."""
    read, said = symbols[:-1], symbols[1:]
    into = (
        "go into the next state h by the layer i2h, and into o by the layer i2o; from h and o, the layer o2o makes the "
        "scores s, of which dropout sets some to zero, and their softmax is p"
        if tutorial
        else "go into the next state, and from it the softmax p of the scores is read"
    )
    return (
        f"A generating network unrolled over {count(len(read), 'step')}. At each step, the symbol read, the language z "
        f"and the state before {into}; from p the next symbol is drawn, which is read at the next step. "
        f"Read: {listed(read, SHOWN_DRAWN, KEPT_DRAWN)}. Drawn: {listed(said, SHOWN_DRAWN, KEPT_DRAWN)}."
    )


def drawn_from(kind: str, target: str | None) -> str:
    """What is drawn from the probabilities, if anything is; "?" if it is not known."""
    if target is None:
        return "Their softmax is p."
    known = "" if target == "?" else f", {target},"
    return f"The next {kind}{known} is drawn from their softmax p."


def gradient_by(output: str | None) -> str:
    """How a sentence on the gradients begins."""
    return f"The gradients of J run back, by{f' {output} and by' if output else ''}"


def kind_of(inputs: Sequence[str], target: str | None) -> str:
    """What inputs and target are: letters, words, or symbols of any kind."""
    if target and target != "?":
        inputs = [*inputs, target]
    if not all(symbol.isalpha() for symbol in inputs):
        return "symbol"
    return "letter" if all(len(symbol) == 1 for symbol in inputs) else "word"


def count(n: int, noun: str) -> str:
    """How many there are, in words as far as twelve."""
    return f"{NUMBERS[n] if n <= 12 else n} {noun}{'s' if n != 1 else ''}"


def listed(
    names: Sequence[str],
    shown: int,
    kept: tuple[int, int],
    among: int | None = None,
) -> str:
    """The names that are drawn, of so many; the words say where some are folded."""
    first, last = kept
    if (among or len(names)) <= shown:
        return ", ".join(names)
    return f"{', '.join(names[:first])}, and so on to {', '.join(names[-last:])}"


# The picture


def picture(nodes: Sequence[Node], arrows: Sequence[Arrow], alt: str) -> str:
    """The nodes and arrows as an SVG element in the page's colours, without ids."""
    grid = Grid(nodes)
    parts = [
        *(part for arrow in arrows for part in lines(arrow, grid)),
        *names(arrows, grid),
        *(part for node in nodes for part in marks(node, grid)),
    ]
    left, right = min(part.left for part in parts), max(part.right for part in parts)
    top, bottom = min(part.top for part in parts), max(part.bottom for part in parts)
    width = max(WIDTH, right - left + 4)
    left = (left + right - width) / 2
    box = " ".join(map(number, (left, top - 6, width, bottom - top + 12)))
    style, wide = "", width > WIDTH
    if wide:
        style = (
            f' style="max-width: {number(width)}px; min-width: {number(0.9 * width)}px"'
        )
    svg = (
        f'<svg class="drawing" role="img" aria-label="{escape(alt)}" viewBox="{box}"'
        f' fill="currentColor" font-family="sans-serif" font-size="{SIZE}"{style}>'
        f"{''.join(part.svg for part in parts)}</svg>"
    )
    return f'<div class="scroll" tabindex="0">{svg}</div>' if wide else svg


class Grid:
    """Where columns and rows lie: as far apart as there is room for, and as the widest nodes need."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        places = sorted((node.row, node.column, node.width) for node in nodes)
        columns = [column for _, column, _ in places]
        span = max(columns) - min(columns)
        needed = [
            ((width + next_width) / 2 + APART) / (next_column - column)
            for (row, column, width), (next_row, next_column, next_width) in pairwise(
                places
            )
            if row == next_row
        ]
        self.pitch = max(*needed, min(PITCH, (WIDTH - 3 * RADIUS) / span))

    def place(self, node: Node) -> tuple[float, float]:
        """The middle of a node."""
        return self.pitch * node.column, -ROW * node.row


def number(x: float) -> str:
    """A coordinate, as short as it can be."""
    return f"{x:.1f}".removesuffix(".0")


def colour(role: str) -> str:
    """The colour of a role, as the page's theme has it; ink for one that has none."""
    if role not in COLOUR:
        return "currentColor"
    return f"var(--drawing-{COLOUR[role]}, {COLOURS[COLOUR[role] - 1]})"


def lines(arrow: Arrow, grid: Grid) -> list[Part]:
    """An arrow from the edge of a node to the edge of another, and the one back beside it."""
    if arrow.dotted:
        style = ' stroke-dasharray="1 4" stroke-opacity="0.6"'
        return [line(arrow.start, arrow.end, grid, colour(""), 0, 1.2, style)]
    if not arrow.back:
        return [line(arrow.start, arrow.end, grid, colour(arrow.role))]
    style = "" if arrow.back == "unchanged" else ' stroke-dasharray="4 3"'
    width = 2.8 if arrow.back == "unchanged" else 1.6
    return [
        line(arrow.start, arrow.end, grid, colour(arrow.role), aside=-ASIDE),
        line(arrow.end, arrow.start, grid, colour("gradient"), -ASIDE, width, style),
    ]


def line(
    start: Node,
    end: Node,
    grid: Grid,
    ink: str,
    aside: float = 0,
    width: float = 1.6,
    style: str = "",
) -> Part:
    """An arrow, so far to the right of the straight line (for one who goes along it)."""
    (x, y), (to_x, to_y) = grid.place(start), grid.place(end)
    length = hypot(to_x - x, to_y - y)
    u, v = (to_x - x) / length, (to_y - y) / length
    x, y = x - v * aside, y + u * aside
    leave = start.reach(u, v, aside) + GAP
    arrive = length - end.reach(u, v, aside) - GAP
    from_x, from_y, tip_x, tip_y = (
        x + u * leave,
        y + v * leave,
        x + u * arrive,
        y + v * arrive,
    )
    wings = [
        f"{number(tip_x - 5 * u - s * 4 * v)} {number(tip_y - 5 * v + s * 4 * u)}"
        for s in (1, -1)
    ]
    tip = f"{number(tip_x)} {number(tip_y)}"
    svg = (
        f'<path d="M{number(from_x)} {number(from_y)}L{tip}M{wings[0]}L{tip} {wings[1]}"'
        f' style="stroke: {ink}" fill="none" stroke-width="{width}"{style}'
        ' stroke-linecap="round" stroke-linejoin="round"/>'
    )
    xs, ys = sorted((from_x, tip_x)), sorted((from_y, tip_y))
    return Part(svg, xs[0] - 4, ys[0] - 4, xs[1] + 4, ys[1] + 4)


def names(arrows: Iterable[Arrow], grid: Grid) -> list[Part]:
    """What the arrows of each role do, once, beside the first of them; for the language the last, which has room."""
    named: dict[str, Arrow] = {}
    for arrow in arrows:
        if arrow.role == "language":
            named[arrow.role] = arrow
        elif arrow.role:
            named.setdefault(arrow.role, arrow)
    return [name(arrow, grid) for arrow in named.values()]


def name(arrow: Arrow, grid: Grid) -> Part:
    """What an arrow does: a weight matrix, the softmax, or that something is drawn."""
    (x, y), (to_x, to_y) = grid.place(arrow.start), grid.place(arrow.end)
    middle = (x + arrow.start.width / 2 + to_x - arrow.end.width / 2) / 2
    over = middle, y - RADIUS - 7
    if arrow.role == "softmax":
        return text(*over, [Run("softmax", SMALL)])
    if arrow.role == "sample":
        beside = (x - 12, (y + to_y) / 2 + 5) if x == to_x else (middle, y - 13)
        return text(*beside, [Run("∼")])
    runs = [Run("W", italic=True), Run(arrow.role, SMALL, 4)]
    if arrow.role in LAYERS:
        runs = [Run(arrow.role, 13)]
    ink = colour(arrow.role)
    if arrow.role == "language":
        return text((x + to_x) / 2 + 10, (y + to_y) / 2, runs, "start", ink)
    if y != to_y and x != to_x:
        return text((x + to_x) / 2 - 10, (y + to_y) / 2 + 12, runs, "end", ink)
    if arrow.role == "i2o":  # above the arrow from state to state
        return text(x + 8, (y + to_y) / 2 - 12, runs, "start", ink)
    if arrow.role in ("out", "unembed") and x == to_x:
        return text(x + 10, (y + to_y) / 2 + 5, runs, "start", ink)
    if x == to_x:
        return text(x - 9, (y + to_y) / 2 + 5, runs, "end", ink)
    if arrow.role == "recurrent":
        return text(to_x - 9, over[1], runs, "end", ink)
    return text(*over, runs, ink=ink)


def marks(node: Node, grid: Grid) -> list[Part]:
    """A node's circle or box, its letters, the word under it, and the gradient by it."""
    x, y = grid.place(node)
    parts = []
    if node.circled:
        circle = (
            f'<circle cx="{number(x)}" cy="{number(y)}" r="{RADIUS}" fill-opacity="0.07"'
            ' stroke="currentColor" stroke-width="1.2"/>'
        )
        parts.append(Part(circle, x - 16.5, y - 16.5, x + 16.5, y + 16.5))
    elif node.kind == "operation":
        half = node.width / 2
        box = (
            f'<rect x="{number(x - half)}" y="{number(y - 10)}" width="{number(2 * half)}" height="20" rx="10"'
            ' fill="none" stroke="currentColor" stroke-width="1.2"/>'
        )
        parts.append(Part(box, x - half - 1, y - 11, x + half + 1, y + 11))
    parts.append(text(x, y + 5, node.runs()))
    if node.word:
        parts.append(text(x, y + RADIUS + 18, [fitted(node.word)]))
    if node.gradient:
        parts += fraction(x + node.gradient[0], y + node.gradient[1], node)
    return parts


def fraction(x: float, y: float, node: Node) -> list[Part]:
    """The gradient ∂J/∂ of a node's vector, with its middle at (x, y)."""
    ink = colour("gradient")
    small = [Run("∂", 13), *(run.scaled(0.87) for run in node.runs())]
    half = max(11.0, sum(run.width for run in small) / 2 - 2)
    bar = (
        f'<line x1="{number(x - half)}" y1="{number(y)}" x2="{number(x + half)}" y2="{number(y)}"'
        f' style="stroke: {ink}" stroke-width="1"/>'
    )
    top = text(x, y - 4, [Run("∂", 13), Run("J", 13, italic=True)], ink=ink)
    bottom = text(x, y + 12 + 3 * bool(node.above), small, ink=ink)
    return [Part(bar, x - half, y - 1, x + half, y + 1), top, bottom]


def fitted(word: str, size: float = SIZE) -> Run:
    """A word, in smaller letters if it is long."""
    return Run(word, max(8, size * min(1, LONGEST / Run(word, size).width)))


def text(
    x: float,
    y: float,
    runs: Sequence[Run],
    anchor: str = "middle",
    ink: str = "currentColor",
) -> Part:
    """Letters whose baseline is at y."""
    width = sum(run.width for run in runs)
    left = x - width * {"start": 0, "middle": 0.5, "end": 1}[anchor]
    svg = (
        f'<text x="{number(x)}" y="{number(y)}" text-anchor="{anchor}" style="fill: {ink}">'
        f"{''.join(map(span, runs))}</text>"
    )
    return Part(svg, left, y - 0.8 * SIZE, left + width, y + 0.5 * SIZE)


def span(run: Run) -> str:
    """A run of letters within a text."""
    attributes = ' font-style="italic"' if run.italic else ""
    attributes += f' font-size="{number(run.size)}"' if run.size != SIZE else ""
    attributes += f' dx="{number(run.right)}"' if run.right else ""
    attributes += f' dy="{number(run.down)}"' if run.down else ""
    return f"<tspan{attributes}>{escape(run.letters)}</tspan>"
