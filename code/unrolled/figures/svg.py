"""Networks as SVG: nodes in columns and rows, arrows between them, and what each arrow
does, in the page's colours.

The weights that arrows share are named once. A drawing that is too wide for a phone has
a second form for it, tighter or turned: what ran to the right runs upwards, and what
stood above stands to the right. Left out: arrows that bend.
"""

from collections.abc import Iterable, Sequence
from html import escape
from itertools import pairwise
from math import hypot
from typing import NamedTuple

from unrolled.figures.nodes import PINK, RADIUS, ROLES, SIZE, Arrow, Node, Role, Run
from unrolled.figures.plotting import Drawing

WIDE, NARROW = 640, 326  # pixels for a drawing on a laptop, and on a phone
COLUMN, ROW = 80, 70  # from one column, where there is room, or row to the next
LEAST_COLUMN = 66
NODE_GAP = 25  # between nodes
ARROW, NO_ARROW = 20, 2  # at least, with an arrow from one to the other and without
ARROW_GAP = 3  # between a node and an arrow
ASIDE = 4  # of an arrow and the one back, from the straight line
GRADIENT_AT = {
    "below": (0, 36),
    "beside": (27, 28),
    "before": (-33, 0),
    "above": (-25, -33),
    "behind": (36, 0),
}
"""Where the gradient by a node stands, from the node's middle."""
TURNED = {
    "": "",
    "below": "behind",
    "beside": "beside",
    "before": "below",
    "above": "beside",
}
"""Where it stands when the drawing is turned, clear of the arrows and their names."""
TURNED_DOTS = {"⋯": "⋮", "⋮": "⋯"}


class _Part(NamedTuple):
    """A piece of a picture, and the box that it fills."""

    svg: str
    left: float
    top: float
    right: float
    bottom: float


class _Grid:
    """Where columns and rows lie: as far apart as the widest nodes need, and farther
    where there is room.
    """

    def __init__(
        self, nodes: Iterable[Node], arrows: Iterable[Arrow], tight: bool
    ) -> None:
        ways = {frozenset((arrow.start, arrow.end)) for arrow in arrows}
        places = sorted(nodes, key=lambda node: (node.row, node.column))
        columns = [node.column for node in places]
        span = max(max(columns) - min(columns), 1)
        self.pitch = LEAST_COLUMN if tight else min(COLUMN, (WIDE - 3 * RADIUS) / span)
        for a, b in pairwise(places):
            if a.row == b.row:
                least = ARROW if {a, b} in ways else NO_ARROW
                gap = least if tight else NODE_GAP
                needed = (a.width + b.width) / 2 + gap
                self.pitch = max(self.pitch, needed / (b.column - a.column))

    def middle(self, node: Node) -> tuple[float, float]:
        """The middle of a node."""
        return self.pitch * node.column, -ROW * node.row


def draw_network(
    nodes: Sequence[Node], arrows: Sequence[Arrow], alt: str, turns: bool = True
) -> Drawing:
    """The nodes and arrows as SVG in the page's colours, without ids, and what it shows
    in words.

    What is too wide for a phone has a tighter form, and if that is too wide, and
    ``turns``, a turned one.
    """
    svg, width = _draw(nodes, arrows, alt)
    if width > NARROW:
        narrow, width = _draw(nodes, arrows, alt, tight=True)
        if width > NARROW and turns:
            turned = {node: _turn(node) for node in nodes}
            again = [Arrow(turned[a], turned[b], *how) for a, b, *how in arrows]
            narrow, _ = _draw(list(turned.values()), again, alt, tight=True)
        # hidden here, since JupyterLab does not have the book's style sheet
        svg = (
            f'<div class="on-wide">{svg}</div>'
            f'<div class="on-phone" style="display: none">{narrow}</div>'
        )
    return Drawing(svg, alt)


def _draw(
    nodes: Sequence[Node], arrows: Sequence[Arrow], alt: str, tight: bool = False
) -> tuple[str, float]:
    """The SVG element, and how wide it is."""
    grid = _Grid(nodes, arrows, tight)
    parts = [
        *(part for arrow in arrows for part in _draw_both_ways(arrow, grid)),
        *(_draw_label(arrow, grid) for arrow in _one_of_each_role(arrows)),
        *(part for node in nodes for part in _draw_node(node, grid)),
    ]
    left, right = min(part.left for part in parts), max(part.right for part in parts)
    top, bottom = min(part.top for part in parts), max(part.bottom for part in parts)
    width = right - left + 4
    box = " ".join(map(_short, (left - 2, top - 6, width, bottom - top + 12)))
    svg = (
        f'<svg class="drawing" role="img" aria-label="{escape(alt)}" viewBox="{box}"'
        f' fill="currentColor" font-family="sans-serif" font-size="{SIZE}"'
        f' style="width: {_short(width)}px; max-width: 100%">'
        f"{''.join(part.svg for part in parts)}</svg>"
    )
    return svg, width


def _turn(node: Node) -> Node:
    """A node of the drawing as it is turned for a phone."""
    symbol = TURNED_DOTS.get(node.symbol, node.symbol)
    gradient = TURNED[node.gradient]
    return node._replace(
        symbol=symbol, column=node.row, row=node.column, gradient=gradient, aside=True
    )


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
    """The first arrow of each role, beside which its name stands; the last where there
    is room only there.
    """
    named: dict[str, Arrow] = {}
    for arrow in arrows:
        if arrow.role in ("language", "unembed"):
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
        word, right = [Run.fitted(node.word)], RADIUS + 8
        parts.append(
            _write(x + right, y + 5, word, "start")
            if node.aside
            else _write(x, y + RADIUS + 18, word)
        )
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
