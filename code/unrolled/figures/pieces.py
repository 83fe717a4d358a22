"""What a picture is put together from: letters, wires, boxes and nodes as pieces of
SVG, each with the box that it fills, and the picture around them.

All ink is the page's. Left out: where a piece lies; that is its drawing's matter.
"""

from collections.abc import Sequence
from html import escape
from math import hypot
from typing import NamedTuple

from unrolled.figures.nodes import PINK, RADIUS, SIZE, Node, Run

GRADIENT_AT = {
    "below": (0, 36),
    "beside": (27, 28),
    "before": (-33, 0),
    "above": (-25, -33),
    "behind": (36, 0),
}
"""Where the gradient by a node stands, from the node's middle."""


class Part(NamedTuple):
    """A piece of a picture, and the box that it fills."""

    svg: str
    left: float
    top: float
    right: float
    bottom: float


def picture(parts: Sequence[Part], alt: str) -> tuple[str, float]:
    """The pieces as an SVG element, with what it shows in words, and how wide it is."""
    left, right = min(part.left for part in parts), max(part.right for part in parts)
    top, bottom = min(part.top for part in parts), max(part.bottom for part in parts)
    width = right - left + 4
    box = " ".join(map(short, (left - 2, top - 6, width, bottom - top + 12)))
    svg = (
        f'<svg class="drawing" role="img" aria-label="{escape(alt)}" viewBox="{box}"'
        f' fill="currentColor" font-family="sans-serif" font-size="{SIZE}"'
        f' style="width: {short(width)}px; max-width: 100%">'
        f"{''.join(part.svg for part in parts)}</svg>"
    )
    return svg, width


def either(wide: str, narrow: str) -> str:
    """A picture for a laptop, and the form of it for a phone."""
    # hidden here, since JupyterLab does not have the book's style sheet
    return (
        f'<div class="on-wide">{wide}</div>'
        f'<div class="on-phone" style="display: none">{narrow}</div>'
    )


def wire(
    points: Sequence[tuple[float, float]],
    ink: str = "currentColor",
    width: float = 1.6,
    style: str = "",
    tip: bool = True,
) -> Part:
    """A line through points, with an arrow's tip at its end."""
    (x, y), (to_x, to_y) = points[-2:]
    length = hypot(to_x - x, to_y - y)
    u, v = (to_x - x) / length, (to_y - y) / length
    line = "L".join(f"{short(x)} {short(y)}" for x, y in points)
    if tip:
        wings = [
            f"{short(to_x - 5 * u - s * 4 * v)} {short(to_y - 5 * v + s * 4 * u)}"
            for s in (1, -1)
        ]
        line += f"M{wings[0]}L{short(to_x)} {short(to_y)} {wings[1]}"
    svg = (
        f'<path d="M{line}" style="stroke: {ink}" fill="none" stroke-width="{width}"{style}'
        ' stroke-linecap="round" stroke-linejoin="round"/>'
    )
    xs, ys = zip(*points, strict=True)
    return Part(svg, min(xs) - 4, min(ys) - 4, max(xs) + 4, max(ys) + 4)


def box(
    left: float,
    top: float,
    width: float,
    height: float,
    style: str,
    round: float = 2,
) -> Part:
    """A box with round corners; ``style`` has the attributes of its lines and of what
    fills it.
    """
    places = f'x="{short(left)}" y="{short(top)}" width="{short(width)}" height="{short(height)}"'
    svg = f'<rect {places} rx="{short(round)}" {style}/>'
    return Part(svg, left - 1, top - 1, left + width + 1, top + height + 1)


def draw_node(x: float, y: float, node: Node) -> list[Part]:
    """A node with its middle at (x, y): its circle or box, its letters, the word under
    it, and the gradient by it.
    """
    parts = []
    if node.circled:
        circle = (
            f'<circle cx="{short(x)}" cy="{short(y)}" r="{RADIUS}" fill-opacity="0.07"'
            ' stroke="currentColor" stroke-width="1.2"/>'
        )
        parts.append(Part(circle, x - 16.5, y - 16.5, x + 16.5, y + 16.5))
    elif node.kind == "operation":
        ring = 'fill="none" stroke="currentColor" stroke-width="1.2"'
        parts.append(box(x - node.width / 2, y - 10, node.width, 20, ring, 10))
    parts.append(write(x, y + 5, node.runs()))
    if node.word:
        word, right = [Run.fitted(node.word)], RADIUS + 8
        parts.append(
            write(x + right, y + 5, word, "start")
            if node.aside
            else write(x, y + RADIUS + 18, word)
        )
    if node.gradient:
        right, down = GRADIENT_AT[node.gradient]
        parts += _draw_gradient(x + right, y + down, node)
    return parts


def _draw_gradient(x: float, y: float, node: Node) -> list[Part]:
    """The gradient ∂J/∂ of a node's vector, with its middle at (x, y)."""
    small = [Run("∂", 13), *(run.scaled(0.87) for run in node.runs())]
    half = max(11.0, sum(run.width for run in small) / 2 - 2)
    bar = (
        f'<line x1="{short(x - half)}" y1="{short(y)}" x2="{short(x + half)}" y2="{short(y)}"'
        f' style="stroke: {PINK}" stroke-width="1"/>'
    )
    top = write(x, y - 4, [Run("∂", 13), Run("J", 13, italic=True)], ink=PINK)
    bottom = write(x, y + 12 + 3 * bool(node.above), small, ink=PINK)
    return [Part(bar, x - half, y - 1, x + half, y + 1), top, bottom]


def write(
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
        f'<text x="{short(x)}" y="{short(y)}" text-anchor="{anchor}" style="fill: {ink}">'
        f"{''.join(map(_tspan, runs))}</text>"
    )
    return Part(svg, left, y - 0.8 * SIZE, left + width, y + 0.5 * SIZE)


def _tspan(run: Run) -> str:
    """Letters of one size as a part of a text."""
    attributes = ' font-style="italic"' if run.italic else ""
    attributes += f' font-size="{short(run.size)}"' if run.size != SIZE else ""
    attributes += f' dx="{short(run.right)}"' if run.right else ""
    attributes += f' dy="{short(run.down)}"' if run.down else ""
    return f"<tspan{attributes}>{escape(run.letters)}</tspan>"


def short(x: float) -> str:
    """A coordinate, as short as it can be."""
    return f"{x:.1f}".removesuffix(".0")
