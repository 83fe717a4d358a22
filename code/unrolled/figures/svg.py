"""Networks as SVG: nodes in columns and rows, arrows between them, and what each arrow
does, in the page's colours.

The weights that arrows share are named once. A drawing that is too wide for a phone has
a second form for it, tighter or turned: what ran to the right runs upwards, and what
stood above stands to the right. Left out: arrows that bend.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import hypot

from unrolled.figures.nodes import PINK, RADIUS, ROLES, Arrow, Node, Role, Run
from unrolled.figures.pieces import Part, draw_node, either, picture, wire, write
from unrolled.figures.plotting import Drawing

WIDE, NARROW = 670, 326  # pixels for a drawing on a laptop, and on a phone
COLUMN, ROW = 80, 70  # from one column, where there is room, or row to the next
LEAST_COLUMN = 66
NODE_GAP = 25  # between nodes
ARROW, NO_ARROW = 20, 2  # at least, with an arrow from one to the other and without
ARROW_GAP = 3  # between a node and an arrow
ASIDE = 4  # of an arrow and the one back, from the straight line
TURNED = {
    "": "",
    "below": "behind",
    "beside": "beside",
    "before": "below",
    "above": "beside",
}
"""Where it stands when the drawing is turned, clear of the arrows and their names."""
TURNED_DOTS = {"⋯": "⋮", "⋮": "⋯"}


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
        svg = either(svg, narrow)
    return Drawing(svg, alt)


def _draw(
    nodes: Sequence[Node], arrows: Sequence[Arrow], alt: str, tight: bool = False
) -> tuple[str, float]:
    """The SVG element, and how wide it is."""
    grid = _Grid(nodes, arrows, tight)
    parts = [
        *(part for arrow in arrows for part in _draw_both_ways(arrow, grid)),
        *(_draw_label(arrow, grid) for arrow in _one_of_each_role(arrows)),
        *(part for node in nodes for part in draw_node(*grid.middle(node), node)),
    ]
    return picture(parts, alt)


def _turn(node: Node) -> Node:
    """A node of the drawing as it is turned for a phone."""
    symbol = TURNED_DOTS.get(node.symbol, node.symbol)
    gradient = TURNED[node.gradient]
    return node._replace(
        symbol=symbol, column=node.row, row=node.column, gradient=gradient, aside=True
    )


# Arrows


def _draw_both_ways(arrow: Arrow, grid: _Grid) -> list[Part]:
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
) -> Part:
    """An arrow, so far to the right of the straight line (for one who goes along
    it).
    """
    (x, y), (to_x, to_y) = grid.middle(start), grid.middle(end)
    length = hypot(to_x - x, to_y - y)
    u, v = (to_x - x) / length, (to_y - y) / length
    x, y = x - v * aside, y + u * aside
    leave = start.reach(u, v, aside) + ARROW_GAP
    arrive = length - end.reach(u, v, aside) - ARROW_GAP
    points = [(x + u * far, y + v * far) for far in (leave, arrive)]
    return wire(points, ink, width, style)


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


def _draw_label(arrow: Arrow, grid: _Grid) -> Part:
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
    return write(
        (to_x if place.at_end else middle) + place.right,
        (y + to_y) / 2 + place.down,
        runs,
        place.anchor,
        role.ink,
    )
