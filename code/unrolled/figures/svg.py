"""Networks as SVG: nodes in columns and rows, arrows between them, and what each arrow
does, in the page's colours.

The weights that arrows share are named once. Left out: arrows that bend.
"""

from collections.abc import Iterable, Sequence
from html import escape
from itertools import pairwise
from math import hypot
from typing import NamedTuple

from unrolled.figures.nodes import PINK, RADIUS, ROLES, SIZE, Arrow, Node, Role, Run
from unrolled.figures.plotting import Drawing

WIDTH = 420  # units, as many pixels on the page; a wider drawing scrolls on a phone
COLUMN, ROW = 80, 70  # from one column, at most, or row to the next
ARROW_GAP, NODE_GAP = 3, 25  # between a node and an arrow, and between nodes
ASIDE = 4  # of an arrow and the one back, from the straight line
GRADIENT_AT = {
    "below": (0, 36),
    "beside": (27, 28),
    "before": (-33, 0),
    "above": (-25, -33),
}
"""Where the gradient by a node stands, from the node's middle."""


class _Part(NamedTuple):
    """A piece of a picture, and the box that it fills."""

    svg: str
    left: float
    top: float
    right: float
    bottom: float


class _Grid:
    """Where columns and rows lie: as far apart as there is room for, and as the widest
    nodes need.
    """

    def __init__(self, nodes: Iterable[Node]) -> None:
        places = sorted((node.row, node.column, node.width) for node in nodes)
        columns = [column for _, column, _ in places]
        span = max(columns) - min(columns)
        neighbours = [(a, b) for a, b in pairwise(places) if a[0] == b[0]]
        needed = [
            ((width + next_width) / 2 + NODE_GAP) / (next_column - column)
            for (_, column, width), (_, next_column, next_width) in neighbours
        ]
        self.pitch = max(*needed, min(COLUMN, (WIDTH - 3 * RADIUS) / span))

    def middle(self, node: Node) -> tuple[float, float]:
        """The middle of a node."""
        return self.pitch * node.column, -ROW * node.row


def draw_network(nodes: Sequence[Node], arrows: Sequence[Arrow], alt: str) -> Drawing:
    """The nodes and arrows as an SVG element in the page's colours, without ids, and
    what it shows in words.
    """
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
    """An arrow from the edge of a node to the edge of another, and the one back beside
    it.
    """
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
        _draw_arrow(end, start, grid, PINK, -ASIDE, width, style),
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
    """An arrow, so far to the right of the straight line (for one who goes along
    it).
    """
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
    """The first arrow of each role, beside which its name stands; for the language the
    last, which has room.
    """
    named: dict[str, Arrow] = {}
    for arrow in arrows:
        if arrow.role == "language":
            named[arrow.role] = arrow
        elif arrow.role:
            named.setdefault(arrow.role, arrow)
    return list(named.values())


def _draw_label(arrow: Arrow, grid: _Grid) -> _Part:
    """What an arrow does: a weight matrix, a layer, the softmax, or that something is
    drawn.
    """
    role = ROLES.get(arrow.role, Role())
    runs = [Run(role.letters, role.size)]
    if not role.letters:
        runs = [Run("W", italic=True), Run(arrow.role, role.size, 4)]
    (x, y), (to_x, to_y) = grid.middle(arrow.start), grid.middle(arrow.end)
    place = role.up if x == to_x else role.across if y == to_y else role.aslant
    middle = (x + to_x) / 2
    if y == to_y:  # between the nodes' edges
        middle = (x + arrow.start.width / 2 + to_x - arrow.end.width / 2) / 2
    return _write(
        (to_x if place.at_end else middle) + place.right,
        (y + to_y) / 2 + place.down,
        runs,
        place.anchor,
        role.ink,
    )


# Nodes and letters


def _draw_node(node: Node, grid: _Grid) -> list[_Part]:
    """A node's circle or box, its letters, the word under it, and the gradient by
    it.
    """
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
    parts.append(_write(x, y + 5, node.runs()))
    if node.word:
        parts.append(_write(x, y + RADIUS + 18, [Run.fitted(node.word)]))
    if node.gradient:
        right, down = GRADIENT_AT[node.gradient]
        parts += _draw_gradient(x + right, y + down, node)
    return parts


def _draw_gradient(x: float, y: float, node: Node) -> list[_Part]:
    """The gradient ∂J/∂ of a node's vector, with its middle at (x, y)."""
    small = [Run("∂", 13), *(run.scaled(0.87) for run in node.runs())]
    half = max(11.0, sum(run.width for run in small) / 2 - 2)
    bar = (
        f'<line x1="{_short(x - half)}" y1="{_short(y)}" x2="{_short(x + half)}" y2="{_short(y)}"'
        f' style="stroke: {PINK}" stroke-width="1"/>'
    )
    top = _write(x, y - 4, [Run("∂", 13), Run("J", 13, italic=True)], ink=PINK)
    bottom = _write(x, y + 12 + 3 * bool(node.above), small, ink=PINK)
    return [_Part(bar, x - half, y - 1, x + half, y + 1), top, bottom]


def _write(
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
        f"{''.join(map(_tspan, runs))}</text>"
    )
    return _Part(svg, left, y - 0.8 * SIZE, left + width, y + 0.5 * SIZE)


def _tspan(run: Run) -> str:
    """Letters of one size as a part of a text."""
    attributes = ' font-style="italic"' if run.italic else ""
    attributes += f' font-size="{_short(run.size)}"' if run.size != SIZE else ""
    attributes += f' dx="{_short(run.right)}"' if run.right else ""
    attributes += f' dy="{_short(run.down)}"' if run.down else ""
    return f"<tspan{attributes}>{escape(run.letters)}</tspan>"


def _short(x: float) -> str:
    """A coordinate, as short as it can be."""
    return f"{x:.1f}".removesuffix(".0")
