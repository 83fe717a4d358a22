"""Figures that follow the page: drawn by matplotlib, shown as SVG within the page, in
its colours and letters.

Ink is the colour of the text around the figure; the four colours have a light and a
dark form, which the page's style sheet chooses. They are told apart by colour-blind
readers too (after Okabe & Ito 2008), and have a contrast of at least 3 : 1 to the page
in either theme. Left out: anything that does not print.
"""

import io
import re
from html import escape

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK = "#1b1f24"
BLUE, ORANGE, GREEN, PINK = COLOURS = ("#0b6bb0", "#c75300", "#00805c", "#a8437f")

WIDTH = 4.2
"""The width of a figure or a panel in inches; it fills the page of a phone.

There it is about 330 pixels wide, so an index, 0.7 times as large as the letters beside
it, has 8 pixels.
"""
SIZE, SMALL = 11, 10.5
"""The sizes of letters; none is smaller than SMALL, 11 pixels on a phone."""

STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "unrolled",
    "font.family": "sans-serif",
    "font.size": SIZE,
    "axes.titlesize": SIZE,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.15,
    "lines.linewidth": 1.8,
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
    "axes.prop_cycle": matplotlib.cycler(color=COLOURS),
    **dict.fromkeys(
        ("figure.facecolor", "axes.facecolor", "savefig.facecolor"), "none"
    ),
    **dict.fromkeys(("text.color", "axes.edgecolor", "axes.labelcolor"), INK),
    **dict.fromkeys(("xtick.color", "ytick.color", "grid.color"), INK),
}

styled = matplotlib.rc_context(STYLE)
"""A decorator; what a function draws has the book's style, and what is drawn elsewhere
keeps its own.
"""


class Drawing:
    """A finished figure with its alternative text, as a notebook or a page shows it."""

    def __init__(self, svg: str, alt: str) -> None:
        self.svg = svg
        self.alt = alt

    def _repr_html_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return f"<Drawing: {self.alt}>"


@styled
def figure(height: float = 2.7) -> tuple[Figure, Axes]:
    """A figure in the book's style, so many inches high, and its axes."""
    drawn = Figure(figsize=(WIDTH, height))
    return drawn, drawn.subplots()


@styled
def show(drawn: Figure, alt: str) -> Drawing:
    """The figure as a drawing for the page; ``alt`` says in words what it shows.

    Raises ValueError if ``alt`` is empty.
    """
    if not alt.strip():
        raise ValueError(
            "a figure needs an alternative text: say in a sentence what it shows"
        )
    buffer = io.StringIO()
    drawn.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return Drawing(follow_page(buffer.getvalue(), alt), alt)


def follow_page(svg: str, alt: str) -> str:
    """An SVG file's text as an element of a page, in the page's colours and without ids
    that another could have.
    """
    size = 'style="width: 26rem; max-width: 100%"'
    tag = f'<svg class="drawing" role="img" aria-label="{escape(alt)}" {size} '
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(
        r'<svg [^>]*(viewBox="[^"]*")[^>]*>', lambda old: f"{tag}{old[1]}>", svg
    )
    # those that are hashes are referred to
    svg = re.sub(r' id="(?!\w*[0-9a-f]{10}")[^"]*"', "", svg)
    svg = svg.replace(INK, "currentColor")
    for number, colour in enumerate(COLOURS, 1):
        svg = svg.replace(colour, f"var(--drawing-{number}, {colour})")
    return re.sub(r">\s+<", "><", svg)


def panels(*drawings: Drawing) -> Drawing:
    """Several drawings as one: side by side where there is room, and one below the
    other on a phone.
    """
    inner = "".join(f"<div>{drawing.svg}</div>" for drawing in drawings)
    # said here, since JupyterLab does not have the book's style sheet
    columns = "repeat(auto-fit, minmax(min(20rem, 100%), 1fr))"
    style = f"display: grid; gap: 0.5rem 1rem; grid-template-columns: {columns}"
    words = " ".join(drawing.alt for drawing in drawings)
    return Drawing(f'<div style="{style}">{inner}</div>', words)
