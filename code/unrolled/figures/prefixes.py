"""A network that reads a word letter by letter, and what it holds probable after each.

The picture and its alternative text are made from the same numbers. Left out: where the
numbers come from; that is the page's matter.
"""

from collections.abc import Mapping, Sequence
from html import escape

from unrolled.figures.nodes import BLUE, GREEN, ORANGE
from unrolled.figures.plotting import Drawing

__all__ = ["after_each_letter"]

WIDTH, NAMES = 340, 76  # units, a little more than a phone is wide; the answers' names
ROW, BAR = 23, 17  # from one answer to the next, and a bar's height
RADIUS, SIZE, SMALL = 13, 13, 12  # letters are 11 pixels high on a phone, or more
MOST_LETTERS = 7  # with more, the numbers have no room


def after_each_letter(word: str, shares: Mapping[str, Sequence[float]]) -> Drawing:
    """A recurrent network unrolled over a word, with probabilities of answers above it.

    ``shares`` has the probabilities of each answer, one after each letter. The answers
    are shown that are the most probable after some letter, those that come later above.

    Raises ValueError unless the word has 1 to 7 letters, and each of at least one
    answer a probability for each of them.
    """
    demand_probabilities(word, shares)
    leading = [max(shares, key=lambda a: shares[a][t]) for t in range(len(word))]
    shown = list(dict.fromkeys(leading))[::-1]
    step = (WIDTH - NAMES) / len(word)
    top, below = ROW * len(shown), ROW * len(shown) + 33
    parts = [
        _text(0, ROW * row + 13, escape(answer), "start")
        for row, answer in enumerate(shown)
    ]
    for column, letter in enumerate(word):
        x = NAMES + step * (column + 0.5)
        for row, answer in enumerate(shown):
            parts += _bar(x, ROW * row, step - 6, shares[answer][column])
        parts += [
            _arrow(x, below - RADIUS, x, top, GREEN),
            _arrow(x, below + 40, x, below + RADIUS, BLUE),
            *_state(x, below, column + 1),
            _text(x, below + 54, escape(letter)),
        ]
        if column:
            parts.append(_arrow(x - step + RADIUS, below, x - RADIUS, below, ORANGE))
    said = "; ".join(
        f"{answer} {', '.join(map(_percent, shares[answer]))}" for answer in shown
    )
    alt = (
        f"A recurrent network reads {word} letter by letter. Probabilities read from its state after each letter: "
        f"{said}."
    )
    svg = (
        f'<svg class="drawing" role="img" aria-label="{escape(alt)}" viewBox="0 -1 {WIDTH} {below + 61}"'
        f' fill="currentColor" font-family="sans-serif" font-size="{SIZE}">{"".join(parts)}</svg>'
    )
    return Drawing(svg, alt)


def _percent(share: float) -> str:
    """A probability in percent."""
    return f"{share:.0%}".replace("%", "\N{NO-BREAK SPACE}%")


def _state(x: float, y: float, t: int) -> list[str]:
    """The circle of h_t, with its middle at (x, y)."""
    circle = f'<circle cx="{x:.1f}" cy="{y}" r="{RADIUS}" fill-opacity="0.07"'
    index = f'<tspan font-size="11.5" dy="3">{t}</tspan>'
    letters = f'<tspan font-style="italic">h</tspan>{index}'
    return [f'{circle} stroke="currentColor"/>', _text(x, y + 4, letters)]


def _bar(x: float, y: float, width: float, share: float) -> list[str]:
    """A bar around x, filled as far as the share, with the number on it."""
    left = x - width / 2
    box = f'<rect x="{left:.1f}" y="{y}" height="{BAR}" rx="2"'
    return [
        f'{box} width="{width:.1f}" fill-opacity="0.07"/>',
        f'{box} width="{width * share:.1f}" style="fill: {GREEN}" fill-opacity="0.4"/>',
        _text(x, y + 13, _percent(share), size=SMALL),
    ]


def _text(
    x: float, y: float, inner: str, anchor: str = "middle", size: float = SIZE
) -> str:
    """Letters whose baseline is at y; ``inner`` may have elements."""
    return f'<text x="{x:.1f}" y="{y}" text-anchor="{anchor}" font-size="{size}">{inner}</text>'


def _arrow(x: float, y: float, to_x: float, to_y: float, ink: str) -> str:
    """An arrow to the right or upwards, with room at both ends."""
    right, up = to_x > x, to_y < y
    x, to_x = x + 3 * right, to_x - 3 * right
    y, to_y = y - 3 * up, to_y + 3 * up
    wings = [(-4, -4), (-4, 4)] if right else [(-4, 4), (4, 4)]
    (a, b), (c, d) = ((to_x + across, to_y + down) for across, down in wings)
    return (
        f'<path d="M{x:.1f} {y:.1f}L{to_x:.1f} {to_y:.1f}M{a:.1f} {b:.1f}L{to_x:.1f} {to_y:.1f} {c:.1f} {d:.1f}"'
        f' style="stroke: {ink}" fill="none" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round"/>'
    )


def demand_probabilities(word: str, shares: Mapping[str, Sequence[float]]) -> None:
    """Raise ValueError unless each answer has a probability for each letter."""
    if not 1 <= len(word) <= MOST_LETTERS or not word.isprintable():
        raise ValueError(
            f"{word!r} has {len(word)} letters; expected 1 to {MOST_LETTERS} that can be seen"
        )
    if not shares:
        raise ValueError("there are no answers; give the probabilities of one or more")
    for answer, values in shares.items():
        if len(values) != len(word) or not all(0 <= value <= 1 for value in values):
            raise ValueError(
                f"{answer!r} has {list(values)}; expected a probability for each of the {len(word)} letters of {word!r}"
            )
