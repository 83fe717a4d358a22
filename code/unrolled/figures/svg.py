"""Networks as SVG: nodes in columns and rows, arrows between them, and what each arrow does, in the page's colours.

Arrows of one role share one weight matrix, so its name is written once. Left out: any other layout.
"""

from collections.abc import Iterable, Sequence
from html import escape
from itertools import pairwise
from math import hypot, inf, sqrt
from typing import NamedTuple
from unicodedata import east_asian_width

from unrolled.figures.plotting import COLOURS, Drawing

WIDTH = 420  # units, as many pixels on the page; a wider drawing scrolls on a phone
COLUMN, ROW = 80, 70  # from one column, at most, or row to the next
RADIUS = 15.5  # of a vector's circle
ARROW_GAP, NODE_GAP = 3, 25  # between a node and an arrow, and between nodes
ASIDE = 4  # of an arrow and the one back, from the straight line
SIZE, SMALL = 15, 11  # of letters, and of those below the line
WIDEST_WORD = 90  # a wider one is in smaller letters
GRADIENT = {
    "below": (0, 36),
    "beside": (27, 28),
    "before": (-33, 0),
    "above": (-25, -33),
}
"""Where the gradient by a node stands, from the node's middle."""


def _ink(number: int) -> str:
    """One of the four colours, as the page's theme has it."""
    return f"var(--drawing-{number}, {COLOURS[number - 1]})"


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
        return self.size * sum(map(_breadth, self.letters)) + self.right

    def scaled(self, factor: float) -> "Run":
        """The same so many times as large."""
        size, down, right = (factor * x for x in self[1:4])
        return Run(self.letters, size, down, right, self.italic)

    @property
    def svg(self) -> str:
        """The letters as a part of a text."""
        attributes = ' font-style="italic"' if self.italic else ""
        attributes += f' font-size="{_short(self.size)}"' if self.size != SIZE else ""
        attributes += f' dx="{_short(self.right)}"' if self.right else ""
        attributes += f' dy="{_short(self.down)}"' if self.down else ""
        return f"<tspan{attributes}>{escape(self.letters)}</tspan>"


class Beside(NamedTuple):
    """Where letters stand by an arrow: so far from its middle, or its end, and which of their sides is there."""

    right: float
    down: float
    anchor: str = "middle"
    at_end: bool = False


class Role(NamedTuple):
    """What an arrow does: its letters, W with the role's name if there are none, and its colour.

    The letters stand beside an arrow that runs ``across``, ``up`` or ``aslant``.
    """

    letters: str = ""
    size: float = SMALL
    ink: str = "currentColor"
    across: Beside = Beside(0, -RADIUS - 7)
    up: Beside = Beside(-9, 5, "end")
    aslant: Beside = Beside(-10, 12, "end")


ROLES = {
    "embed": Role(ink=_ink(1)),
    # before the state and not over the middle, since h_0 = 0 is wide
    "recurrent": Role(ink=_ink(2), across=Beside(-9, -RADIUS - 7, "end", at_end=True)),
    "out": Role(ink=_ink(3), up=Beside(10, 5, "start")),
    "unembed": Role(ink=_ink(3), up=Beside(10, 5, "start")),
    "language": Role(aslant=Beside(10, 0, "start")),
    # layers, named as they are, since each has several blocks
    "i2h": Role("i2h", 13, _ink(1)),
    "i2o": Role("i2o", 13, _ink(2), up=Beside(8, -12, "start")),  # over an arrow across
    "o2o": Role("o2o", 13, _ink(3)),
    "softmax": Role("softmax"),
    "sample": Role("∼", SIZE, across=Beside(0, -13), up=Beside(-12, 5)),
}
"""The roles of arrows. Any other is the number of a layer, with its weights in the colour of the text."""


class Node(NamedTuple):
    """What stands at a column and a row (0 is the lowest): a vector, an operation in a box, or a word or dots.

    A vector has an index ``below`` or ``above``, and a ``word`` under it; one with a ``tail``, = 0, has no circle.
    ``gradient`` is where the gradient by the vector stands: "below" it, "beside", "before" or "above", or "" for none.
    """

    symbol: str
    column: float
    row: int
    kind: str = "vector"
    below: str = ""
    above: str = ""
    tail: str = ""
    word: str = ""
    gradient: str = ""

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
            return [_fitted(self.symbol, SIZE if self.kind == "word" else 13)]
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
    """From one node to another, in a role (or in none).

    ``back`` says whether a gradient goes back: "" for none, "through" what the arrow does, or "unchanged". A ``dotted``
    arrow hands on what was drawn.
    """

    start: Node
    end: Node
    role: str = ""
    back: str = ""
    dotted: bool = False

    @property
    def ink(self) -> str:
        """The colour of the arrow's role."""
        return ROLES.get(self.role, Role()).ink


class _Part(NamedTuple):
    """A piece of a picture, and the box that it fills."""

    svg: str
    left: float
    top: float
    right: float
    bottom: float


class _Grid:
    """Where columns and rows lie: as far apart as there is room for, and as the widest nodes need."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        places = sorted((node.row, node.column, node.width) for node in nodes)
        columns = [column for _, column, _ in places]
        span = max(columns) - min(columns)
        needed = [
            ((width + next_width) / 2 + NODE_GAP) / (next_column - column)
            for (row, column, width), (next_row, next_column, next_width) in pairwise(
                places
            )
            if row == next_row
        ]
        self.pitch = max(*needed, min(COLUMN, (WIDTH - 3 * RADIUS) / span))

    def middle(self, node: Node) -> tuple[float, float]:
        """The middle of a node."""
        return self.pitch * node.column, -ROW * node.row


def draw_network(nodes: Sequence[Node], arrows: Sequence[Arrow], alt: str) -> Drawing:
    """The nodes and arrows as an SVG element in the page's colours, without ids, and what it shows in words."""
    grid = _Grid(nodes)
    parts = [
        *(part for arrow in arrows for part in _draw_both_ways(arrow, grid)),
        *(_draw_label(arrow, grid) for arrow in _one_of_each_role(arrows)),
        *(part for node in nodes for part in _draw_node(node, grid)),
    ]
    left, right = min(part.left for part in parts), max(part.right for part in parts)
    top, bottom = min(part.top for part in parts), max(part.bottom for part in parts)
    width = max(WIDTH, right - left + 4)
    left = (left + right - width) / 2
    box = " ".join(map(_short, (left, top - 6, width, bottom - top + 12)))
    style, wide = "", width > WIDTH
    if wide:
        limits = f"max-width: {_short(width)}px; min-width: {_short(0.9 * width)}px"
        style = f' style="{limits}"'
    svg = (
        f'<svg class="drawing" role="img" aria-label="{escape(alt)}" viewBox="{box}"'
        f' fill="currentColor" font-family="sans-serif" font-size="{SIZE}"{style}>'
        f"{''.join(part.svg for part in parts)}</svg>"
    )
    if wide:
        svg = f'<div class="scroll" tabindex="0">{svg}</div>'
    return Drawing(svg, alt)


# Arrows


def _draw_both_ways(arrow: Arrow, grid: _Grid) -> list[_Part]:
    """An arrow from the edge of a node to the edge of another, and the one back beside it."""
    start, end = arrow.start, arrow.end
    if arrow.dotted:
        style = ' stroke-dasharray="1 4" stroke-opacity="0.6"'
        return [_draw_arrow(start, end, grid, arrow.ink, 0, 1.2, style)]
    if not arrow.back:
        return [_draw_arrow(start, end, grid, arrow.ink)]
    width, style = 1.6, ' stroke-dasharray="4 3"'
    if arrow.back == "unchanged":
        width, style = 2.8, ""
    return [
        _draw_arrow(start, end, grid, arrow.ink, -ASIDE),
        _draw_arrow(end, start, grid, _ink(4), -ASIDE, width, style),
    ]


def _draw_arrow(
    start: Node,
    end: Node,
    grid: _Grid,
    ink: str,
    aside: float = 0,
    width: float = 1.6,
    style: str = "",
) -> _Part:
    """An arrow, so far to the right of the straight line (for one who goes along it)."""
    (x, y), (to_x, to_y) = grid.middle(start), grid.middle(end)
    length = hypot(to_x - x, to_y - y)
    u, v = (to_x - x) / length, (to_y - y) / length
    x, y = x - v * aside, y + u * aside
    leave = start.reach(u, v, aside) + ARROW_GAP
    arrive = length - end.reach(u, v, aside) - ARROW_GAP
    from_x, from_y = x + u * leave, y + v * leave
    tip_x, tip_y = x + u * arrive, y + v * arrive
    wings = [
        f"{_short(tip_x - 5 * u - s * 4 * v)} {_short(tip_y - 5 * v + s * 4 * u)}"
        for s in (1, -1)
    ]
    tip = f"{_short(tip_x)} {_short(tip_y)}"
    svg = (
        f'<path d="M{_short(from_x)} {_short(from_y)}L{tip}M{wings[0]}L{tip} {wings[1]}"'
        f' style="stroke: {ink}" fill="none" stroke-width="{width}"{style}'
        ' stroke-linecap="round" stroke-linejoin="round"/>'
    )
    xs, ys = sorted((from_x, tip_x)), sorted((from_y, tip_y))
    return _Part(svg, xs[0] - 4, ys[0] - 4, xs[1] + 4, ys[1] + 4)


def _one_of_each_role(arrows: Iterable[Arrow]) -> list[Arrow]:
    """The first arrow of each role, beside which its name stands; for the language the last, which has room."""
    named: dict[str, Arrow] = {}
    for arrow in arrows:
        if arrow.role == "language":
            named[arrow.role] = arrow
        elif arrow.role:
            named.setdefault(arrow.role, arrow)
    return list(named.values())


def _draw_label(arrow: Arrow, grid: _Grid) -> _Part:
    """What an arrow does: a weight matrix, a layer, the softmax, or that something is drawn."""
    role = ROLES.get(arrow.role, Role())
    runs = [Run(role.letters, role.size)]
    if not role.letters:
        runs = [Run("W", italic=True), Run(arrow.role, role.size, 4)]
    (x, y), (to_x, to_y) = grid.middle(arrow.start), grid.middle(arrow.end)
    place = role.up if x == to_x else role.across if y == to_y else role.aslant
    if y == to_y:  # between the nodes' edges, since words are of any width
        x, to_x = x + arrow.start.width / 2, to_x - arrow.end.width / 2
    from_x = to_x + arrow.end.width / 2 if place.at_end else (x + to_x) / 2
    return _letters(
        from_x + place.right, (y + to_y) / 2 + place.down, runs, place.anchor, role.ink
    )


# Nodes


def _draw_node(node: Node, grid: _Grid) -> list[_Part]:
    """A node's circle or box, its letters, the word under it, and the gradient by it."""
    x, y = grid.middle(node)
    parts = []
    if node.circled:
        circle = (
            f'<circle cx="{_short(x)}" cy="{_short(y)}" r="{RADIUS}" fill-opacity="0.07"'
            ' stroke="currentColor" stroke-width="1.2"/>'
        )
        parts.append(_Part(circle, x - 16.5, y - 16.5, x + 16.5, y + 16.5))
    elif node.kind == "operation":
        half = node.width / 2
        box = (
            f'<rect x="{_short(x - half)}" y="{_short(y - 10)}" width="{_short(2 * half)}" height="20" rx="10"'
            ' fill="none" stroke="currentColor" stroke-width="1.2"/>'
        )
        parts.append(_Part(box, x - half - 1, y - 11, x + half + 1, y + 11))
    parts.append(_letters(x, y + 5, node.runs()))
    if node.word:
        parts.append(_letters(x, y + RADIUS + 18, [_fitted(node.word)]))
    if node.gradient:
        right, down = GRADIENT[node.gradient]
        parts += _gradient_by(x + right, y + down, node)
    return parts


def _gradient_by(x: float, y: float, node: Node) -> list[_Part]:
    """The gradient ∂J/∂ of a node's vector, with its middle at (x, y)."""
    ink = _ink(4)
    small = [Run("∂", 13), *(run.scaled(0.87) for run in node.runs())]
    half = max(11.0, sum(run.width for run in small) / 2 - 2)
    bar = (
        f'<line x1="{_short(x - half)}" y1="{_short(y)}" x2="{_short(x + half)}" y2="{_short(y)}"'
        f' style="stroke: {ink}" stroke-width="1"/>'
    )
    top = _letters(x, y - 4, [Run("∂", 13), Run("J", 13, italic=True)], ink=ink)
    bottom = _letters(x, y + 12 + 3 * bool(node.above), small, ink=ink)
    return [_Part(bar, x - half, y - 1, x + half, y + 1), top, bottom]


def _fitted(word: str, size: float = SIZE) -> Run:
    """A word, in smaller letters if it is long."""
    return Run(word, max(8, size * min(1, WIDEST_WORD / Run(word, size).width)))


def _letters(
    x: float,
    y: float,
    runs: Sequence[Run],
    anchor: str = "middle",
    ink: str = "currentColor",
) -> _Part:
    """Letters whose baseline is at y."""
    width = sum(run.width for run in runs)
    left = x - width * {"start": 0, "middle": 0.5, "end": 1}[anchor]
    svg = (
        f'<text x="{_short(x)}" y="{_short(y)}" text-anchor="{anchor}" style="fill: {ink}">'
        f"{''.join(run.svg for run in runs)}</text>"
    )
    return _Part(svg, left, y - 0.8 * SIZE, left + width, y + 0.5 * SIZE)


def _short(x: float) -> str:
    """A coordinate, as short as it can be."""
    return f"{x:.1f}".removesuffix(".0")


def _breadth(letter: str) -> float:
    """About how wide a letter is, of its size."""
    if letter in "()[]fijltrI.,:;'|! ":
        return 0.36
    return (
        1.05 if east_asian_width(letter) in "WF" else 0.9 if letter in "mwMW" else 0.6
    )
