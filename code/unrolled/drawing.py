"""Diagrams of recurrent networks, unrolled: time runs to the right, and what is computed stands above its input.

A picture is a list of nodes and a list of arrows, in columns and rows; it and its alternative text are made from the
same inputs. Arrows of one colour share one weight matrix, so its name is written once. Colours, letters and width are
those of the page, as for :mod:`unrolled.plotting`. Left out: biases, the loop of a network not unrolled, and names for
the weights of higher layers, whose arrows have the colour of the text.
"""

from collections.abc import Iterable, Sequence
from html import escape
from math import hypot
from typing import NamedTuple

from unrolled.plotting import COLOURS, Drawing

WIDTH = 420  # units; the page shows a drawing 416 pixels wide, or as wide as the screen
ROW = 70  # from one row to the next
LEFT, RIGHT = 27, 18  # margins, to the middle of a node
RADIUS = 15.5  # of a circle
GAP = 3  # between a node and an arrow
SIZE, SMALL = 15, 11  # of letters, and of those below the line
SHOWN = 7  # more inputs than these, and the middle ones are folded
KEPT = 3, 2  # folded: this many at the beginning, and at the end
ROLES = {"embed": 1, "recurrent": 2, "out": 3}  # a weight matrix and its colour
NUMBERS = "zero one two three four five six seven eight nine ten eleven twelve".split()


class Node(NamedTuple):
    """A symbol at a column and a row (0 is the lowest), in a circle or, if it has a width, bare."""

    symbol: str
    column: float
    row: int
    below: str = ""
    above: str = ""
    tail: str = ""
    width: float | None = None

    def reach(self, x: float, y: float) -> float:
        """How far the node goes from its middle in the direction (x, y), of length 1."""
        if self.width is None:
            return RADIUS
        return abs(x) * self.width / 2 + abs(y) * 0.7 * SIZE


class Arrow(NamedTuple):
    """From one node to another, through the weight matrix of a role (or through none)."""

    start: Node
    end: Node
    role: str = ""


def unrolled_network(
    inputs: Sequence[str], *, layers: int = 1, output: str | None = "s"
) -> Drawing:
    """A recurrent network with a column for each input, and scores read from its last state.

    ``inputs`` are the symbols x_1, …, x_T: a word for its letters, or a list of words; when there are many, the middle
    ones are folded. ``output`` names the scores, or is None for a network without a readout.

    Raises ValueError if there is no input, if a symbol cannot be seen, or if there is less than one layer.

    >>> unrolled_network("ab")
    <Drawing: A recurrent network unrolled over two letters, a, b. Each letter and the state before it go into the \
next state; the scores s are read from the last state, h2.>
    """
    demand_visible(inputs, output)
    if layers < 1:
        raise ValueError(f"a network has at least 1 layer; layers is {layers}")
    nodes, arrows = network(list(inputs), layers, output)
    alt = in_words(list(inputs), layers, output)
    return Drawing(picture(nodes, arrows, alt), alt)


def demand_visible(inputs: Sequence[str], output: str | None) -> None:
    """Raise ValueError unless there are inputs, and all symbols can be seen."""
    if not inputs:
        raise ValueError("inputs is empty; expected at least one symbol")
    for symbol in [*inputs] + [output] * (output is not None):
        if not symbol.strip() or not symbol.isprintable():
            raise ValueError(
                f"{symbol!r} cannot be seen; expected a symbol that prints, such as ␣ for a space"
            )


def steps(T: int) -> list[int | None]:
    """The times t = 1, …, T that are drawn, with None where some are folded."""
    first, last = KEPT
    every = list(range(1, T + 1))
    return every if T <= SHOWN else [*every[:first], None, *every[-last:]]


def network(
    inputs: list[str], layers: int, output: str | None
) -> tuple[list[Node], list[Arrow]]:
    """The nodes and arrows of a network unrolled over its inputs."""
    times = steps(len(inputs))
    under = [
        Node(inputs[t - 1] if t else "⋯", column, 0, width=20)
        for column, t in enumerate(times, 1)
    ]
    nodes, arrows = [*under], []
    for layer in range(1, layers + 1):
        above = str(layer) if layers > 1 else ""
        across, up = ("recurrent", "embed") if layer == 1 else ("", "")
        before = Node("h", -0.25, layer, "0", above, " = 0", width=50)
        nodes.append(before)
        for column, t in enumerate(times, 1):
            if t:
                state = Node("h", column, layer, str(t), above)
                arrows.append(Arrow(under[column - 1], state, up))
            else:
                state = Node("⋯", column, layer, width=20)
            arrows.append(Arrow(before, state, across))
            nodes.append(state)
            under[column - 1] = before = state
    if output is not None:
        scores = Node(output, len(times), layers + 1)
        probabilities = Node("p", len(times) + 1, layers + 1)
        nodes += scores, probabilities
        arrows += (
            Arrow(before, scores, "out"),
            Arrow(scores, probabilities, "softmax"),
        )
    return nodes, arrows


def in_words(inputs: list[str], layers: int, output: str | None) -> str:
    """The alternative text of a network unrolled over its inputs."""
    T = len(inputs)
    kind = "letter" if all(len(s) == 1 and s.isalpha() for s in inputs) else "symbol"
    deep = f" of {count(layers, 'layer')}" if layers > 1 else ""
    next_state = f"next state{' of the first layer' if deep else ''}"
    sentences = [
        f"A recurrent network{deep} unrolled over {count(T, kind)}, {listed(inputs)}.",
        f"Each {kind} and the state before it go into the {next_state}",
    ]
    if layers > 1:
        sentences[-1] += ", and each state into the layer above"
    if output is not None:
        last = f"h{T}" + (" of the last layer" if deep else "")
        sentences[-1] += f"; the scores {output} are read from the last state, {last}"
    return " ".join(sentences) + "."


def count(n: int, noun: str) -> str:
    """How many there are, in words as far as twelve."""
    return f"{NUMBERS[n] if n <= 12 else n} {noun}{'s' if n != 1 else ''}"


def listed(inputs: list[str]) -> str:
    """The inputs that are drawn; the words say where some are folded."""
    first, last = KEPT
    if len(inputs) <= SHOWN:
        return ", ".join(inputs)
    return f"{', '.join(inputs[:first])}, and so on to {', '.join(inputs[-last:])}"


def picture(nodes: list[Node], arrows: list[Arrow], alt: str) -> str:
    """The nodes and arrows as an SVG element in the page's colours, without ids."""
    grid = Grid(nodes)
    longest = max(len(node.symbol) for node in nodes)
    size = min(SIZE, 1.7 * grid.pitch / longest)  # long words in smaller letters
    parts = [
        *(line(arrow, grid) for arrow in arrows),
        *names(arrows, grid),
        *(mark(node, grid, size) for node in nodes),
    ]
    return (
        f'<svg class="drawing" role="img" aria-label="{escape(alt)}" width="{WIDTH}"'
        f' viewBox="0 0 {WIDTH} {number(grid.height)}" fill="currentColor"'
        f' font-family="sans-serif" font-size="{SIZE}">{"".join(parts)}</svg>'
    )


class Grid:
    """Where columns and rows lie: as far apart as there is room for, and in the middle."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        columns = [node.column for node in nodes]
        self.first, self.top = min(columns), max(node.row for node in nodes)
        span = max(columns) - self.first
        self.pitch = min(80, (WIDTH - LEFT - RIGHT) / span)
        self.left = LEFT + (WIDTH - LEFT - RIGHT - self.pitch * span) / 2
        self.height = ROW * self.top + 64

    def place(self, node: Node) -> tuple[float, float]:
        """The middle of a node, in units from the upper left."""
        x = self.left + self.pitch * (node.column - self.first)
        return x, 40 + ROW * (self.top - node.row)


def number(x: float) -> str:
    """A coordinate, as short as it can be."""
    return f"{x:.1f}".removesuffix(".0")


def colour(role: str) -> str:
    """The colour of a weight matrix, as the page's theme has it; ink for none."""
    if role not in ROLES:
        return "currentColor"
    return f"var(--drawing-{ROLES[role]}, {COLOURS[ROLES[role] - 1]})"


def line(arrow: Arrow, grid: Grid) -> str:
    """An arrow from the edge of a node to the edge of another."""
    (x, y), (to_x, to_y) = grid.place(arrow.start), grid.place(arrow.end)
    length = hypot(to_x - x, to_y - y)
    u, v = (to_x - x) / length, (to_y - y) / length
    leave = arrow.start.reach(u, v) + GAP
    arrive = length - arrow.end.reach(u, v) - GAP
    tip_x, tip_y = x + u * arrive, y + v * arrive
    wings = [
        f"{number(tip_x - 5 * u - s * 4 * v)} {number(tip_y - 5 * v + s * 4 * u)}"
        for s in (1, -1)
    ]
    tip = f"{number(tip_x)} {number(tip_y)}"
    return (
        f'<path d="M{number(x + u * leave)} {number(y + v * leave)}L{tip}'
        f'M{wings[0]}L{tip} {wings[1]}" style="stroke: {colour(arrow.role)}"'
        ' fill="none" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round"/>'
    )


def names(arrows: list[Arrow], grid: Grid) -> list[str]:
    """What the arrows of each role do, once, beside the first of them."""
    first = {arrow.role: arrow for arrow in reversed(arrows) if arrow.role}
    return [name(first[role], grid) for role in sorted(first)]


def name(arrow: Arrow, grid: Grid) -> str:
    """What an arrow does: a weight matrix, or the softmax."""
    (x, y), (to_x, to_y) = grid.place(arrow.start), grid.place(arrow.end)
    if arrow.role == "softmax":
        return text((x + to_x) / 2, y - RADIUS - 6, upright("softmax", SMALL))
    letters = italic("W") + upright(arrow.role, SMALL, 4)
    if arrow.role == "out":
        return text(x + 9, (y + to_y) / 2 + 5, letters, "start", colour("out"))
    height = (y + to_y) / 2 + 5 if x == to_x else y - RADIUS - 8
    return text(to_x - 9, height, letters, "end", colour(arrow.role))


def mark(node: Node, grid: Grid, size: float) -> str:
    """A node's circle and symbol."""
    x, y = grid.place(node)
    if node.width is not None and not node.below:
        return text(x, y + 5, upright(node.symbol, size))
    letters = italic(node.symbol)
    if node.above:
        letters += upright(node.above, SMALL, -6)
    if node.below:
        back = -6.5 if node.above else 0
        letters += upright(node.below, SMALL, 10 if node.above else 4, back)
    if node.tail:
        letters += upright(node.tail, SIZE, -4)
    circle = (
        f'<circle cx="{number(x)}" cy="{number(y)}" r="{RADIUS}" fill-opacity="0.07"'
        ' stroke="currentColor" stroke-width="1.2"/>'
    )
    return (circle if node.width is None else "") + text(x, y + 5, letters)


def text(
    x: float, y: float, letters: str, anchor: str = "middle", ink: str = "currentColor"
) -> str:
    """Letters whose baseline is at y."""
    return f'<text x="{number(x)}" y="{number(y)}" text-anchor="{anchor}" style="fill: {ink}">{letters}</text>'


def italic(symbol: str) -> str:
    """A mathematical letter."""
    return f'<tspan font-style="italic">{escape(symbol)}</tspan>'


def upright(symbol: str, size: float, down: float = 0, back: float = 0) -> str:
    """Letters of a size, so much lower than those before, and so much further right."""
    moved = f' dx="{number(back)}"' if back else ""
    moved += f' dy="{number(down)}"' if down else ""
    return f'<tspan font-size="{number(size)}"{moved}>{escape(symbol)}</tspan>'
