"""A network that reads a word letter by letter, and what it holds probable after each.

The picture and its alternative text are made from the same numbers. Left out: where the
numbers come from; that is the page's matter.
"""

from collections.abc import Mapping, Sequence

from unrolled.figures.nodes import BLUE, GREEN, ORANGE, Node, Run
from unrolled.figures.pieces import Part, box, draw_node, picture, wire, write
from unrolled.figures.plotting import Drawing

__all__ = ["after_each_letter"]

WIDTH, NAMES = 326, 76  # pixels, as on a phone; the answers' names
ROW, BAR = 23, 17  # from one answer to the next, and a bar's height
LETTERS, NUMBERS = 13, 12  # sizes
GAP = 12  # from the middle of a state's letters to its arrows
MOST_LETTERS = 7  # with more, the numbers have no room


def after_each_letter(word: str, shares: Mapping[str, Sequence[float]]) -> Drawing:
    """A recurrent network unrolled over a word, with probabilities of answers above it.

    ``shares`` has the probabilities of each answer, one after each letter. The answers
    are shown that are the most probable after some letter, those that come later above;
    the most probable one after a letter has a frame.

    Raises ValueError unless the word has 1 to 7 letters, and each of at least one
    answer a probability for each of them.
    """
    demand_probabilities(word, shares)
    leading = [max(shares, key=lambda a: shares[a][t]) for t in range(len(word))]
    shown = list(dict.fromkeys(leading))[::-1]
    step = (WIDTH - NAMES) / len(word)
    top, state = ROW * len(shown), ROW * len(shown) + 32
    parts = [
        write(0, ROW * row + 13, [Run(answer, LETTERS)], "start")
        for row, answer in enumerate(shown)
    ]
    for t, letter in enumerate(word):
        x = NAMES + step * (t + 0.5)
        for row, answer in enumerate(shown):
            leads = answer == leading[t]
            parts += _bar(x, ROW * row, step - 6, shares[answer][t], leads)
        parts += [
            wire([(x, state - GAP), (x, top)], GREEN),
            wire([(x, state + 35), (x, state + GAP)], BLUE),
            *draw_node(x, state, Node("h", 0, 0, "loose", str(t + 1))),
            *draw_node(x, state + 44, Node(letter, 0, 0, "word")),
        ]
        if t:
            parts.append(wire([(x - step + GAP, state), (x - GAP, state)], ORANGE))
    said = "; ".join(
        f"{answer} {', '.join(map(_percent, shares[answer]))}" for answer in shown
    )
    alt = (
        f"A recurrent network reads {word} letter by letter. Probabilities read from its state after each letter: "
        f"{said}."
    )
    return Drawing(picture(parts, alt)[0], alt)


def _percent(share: float) -> str:
    """A probability in percent."""
    return f"{share:.0%}".replace("%", "\N{NO-BREAK SPACE}%")


def _bar(x: float, y: float, width: float, share: float, leads: bool) -> list[Part]:
    """A bar around x, filled as far as the share, with the number on it; framed if it
    leads.
    """
    left = x - width / 2
    frame = ' stroke="currentColor" stroke-width="1.2"' * leads
    filled = f'style="fill: {GREEN}" fill-opacity="0.4"'
    return [
        box(left, y, width, BAR, f'fill-opacity="0.07"{frame}'),
        box(left, y, width * share, BAR, filled),
        write(x, y + 13, [Run(_percent(share), NUMBERS)]),
    ]


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
