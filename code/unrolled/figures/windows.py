"""A window of text, and the program that reads it, in shapes: what each call makes of
it, what of that is used, and what could be.

The picture and its alternative text are made from the same inputs. Left out: what is in
the LSTM.
"""

from collections.abc import Sequence

from unrolled.figures.nodes import BLUE, GREEN, ORANGE, Run
from unrolled.figures.pieces import Part, box, picture, wire, write
from unrolled.figures.plotting import Drawing

__all__ = ["program_in_shapes"]

EACH = 4  # characters at either end of a window are drawn
PITCH, HIGH, TALL = 22, 22, 46  # a character, and a state of its step
SHAPES = 216  # where the shapes stand
STRIP = PITCH * (2 * EACH + 1)
CODE = 11  # the size of letters of code
SEEN = str.maketrans({" ": "␣", "\n": "↵", "\t": "⇥"})


def program_in_shapes(text: str, batch: int, hidden: int) -> Drawing:
    """What the article's program makes of a window, all of a text but its last
    character, which is the target; and below, a target at every step.

    ``batch`` windows are read at once, into states of length ``hidden``. Raises
    ValueError if the window has fewer than 9 characters.
    """
    window = len(text) - 1
    if window <= 2 * EACH:
        raise ValueError(
            f"{text!r} has {len(text)} characters; expected at least {2 * EACH + 2}, the last of which is the target"
        )
    text = text.translate(SEEN)
    numbers, states, last, scores = (
        f"({batch}, {', '.join(map(str, rest))})"
        for rest in ((window, 1), (window, hidden), (hidden,), ("|V|",))
    )
    middles = [
        PITCH * (place + 0.5)
        for place in (*range(EACH), *range(EACH + 1, 2 * EACH + 1))
    ]
    end = middles[-1]
    parts = [*_strip(text[:window], 0, BLUE), _shape(15, numbers)]
    parts += [_arrow(x, HIGH, HIGH + 18) for x in middles]
    parts += _call(HIGH + 20, "self.lstm(x)")
    top = HIGH + 62  # of the states
    parts += [_arrow(x, top - 18, top - 2) for x in middles]
    for x in middles:
        used = x == end
        style = f'style="fill: {GREEN}" fill-opacity="{0.6 if used else 0.1}"'
        parts.append(box(x - 6, top, 12, TALL, style))
    parts += [
        _dots(top + TALL / 2 + 4),
        _shape(top + TALL / 2 + 4, states),
        _code(end - 9, top + TALL + 17, "x[:, -1]", "end"),
        _arrow(end, top + TALL + 2, top + TALL + 24),
        box(
            end - 6,
            top + TALL + 26,
            12,
            TALL,
            f'style="fill: {GREEN}" fill-opacity="0.6"',
        ),
        _shape(top + 1.5 * TALL + 30, last),
        write(
            end - 16,
            top + 1.5 * TALL + 31,
            [Run(f"{window - 1} of {window} are not used", 12)],
            "end",
        ),
    ]
    below = top + 2 * TALL + 28
    parts += [
        _arrow(end, below, below + 16),
        *_call(below + 18, "self.linear(self.dropout(…))"),
    ]
    parts += [_shape(below + 33, scores), _arrow(end, below + 42, below + 58)]
    target = below + 60
    parts += [
        *_character(end, target, text[window], ORANGE),
        _code(end - 16, target + 15, "loss_fn(…, y)", "end"),
        _shape(target + 15, f"({batch},)"),
    ]
    again = target + 72
    parts += [
        write(
            0, again - 12, [Run("The same window, a target at every step", 13)], "start"
        ),
        *_strip(text[:window], again, BLUE),
        *(_arrow(x, again + HIGH, again + HIGH + 18) for x in middles),
        *_strip(text[1:], again + HIGH + 20, ORANGE),
        _shape(again + HIGH + 35, f"({batch}, {window})"),
    ]
    alt = (
        f"The program in shapes. {batch} windows of {window} characters, a number each, have the shape {numbers}. "
        f"self.lstm(x) makes a state of each step, {states}. x[:, -1] takes the last one, {last}; {window - 1} of "
        f"{window} are not used. self.linear(self.dropout(…)) makes scores of it, {scores}, and loss_fn compares them "
        f"with one target, {text[window]}, the character after the window, ({batch},). Below, the same window with a "
        f"target under every character, the one after it: {window} in the place of one, ({batch}, {window})."
    )
    return Drawing(picture(parts, alt)[0], alt)


def _strip(text: Sequence[str], y: float, ink: str) -> list[Part]:
    """The first and the last characters of a text, in boxes."""
    shown = [*enumerate(text[:EACH]), *enumerate(text[-EACH:], EACH + 1)]
    boxes = [
        _character(PITCH * (place + 0.5), y, letter, ink) for place, letter in shown
    ]
    return [part for both in boxes for part in both] + [_dots(y + 15)]


def _character(x: float, y: float, letter: str, ink: str) -> list[Part]:
    """A character in its box."""
    style = f'style="stroke: {ink}; fill: {ink}" fill-opacity="0.1"'
    return [box(x - 10, y, 20, HIGH, style), write(x, y + 16, [Run(letter, 14)])]


def _call(y: float, words: str) -> list[Part]:
    """A call, as a box as wide as the strip."""
    style = 'fill-opacity="0.04" stroke="currentColor"'
    return [box(0, y, STRIP, 22, style, 10), _code(STRIP / 2, y + 15, words)]


def _code(x: float, y: float, words: str, anchor: str = "middle") -> Part:
    """Words of the program."""
    return write(x, y, [Run(words, CODE)], anchor)


def _shape(y: float, shape: str) -> Part:
    """A shape, right of the strip."""
    return write(SHAPES, y, [Run(shape, 13)], "start")


def _dots(y: float) -> Part:
    """What is not drawn of a strip."""
    return write(PITCH * (EACH + 0.5), y, [Run("⋯", 14)])


def _arrow(x: float, y: float, to: float) -> Part:
    """An arrow down."""
    return wire([(x, y), (x, to)], width=1.2)
