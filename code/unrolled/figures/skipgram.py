"""What word2vec sees and what it does: a window over a sentence, and vectors in the
plane.

Each picture and its alternative text are made from the same numbers. The geometry is in
functions, a :class:`Plane` and what is drawn in it. Left out: where the numbers come
from; that is the page's matter.
"""

from collections.abc import Mapping, Sequence
from html import escape
from math import hypot
from typing import NamedTuple

import numpy as np
from numpy import ndarray

from unrolled.figures.charts import opened
from unrolled.figures.nodes import BLUE, GREEN, ORANGE, PINK, Run
from unrolled.figures.plotting import Drawing, panels

__all__ = ["Moment", "Plane", "observed_minus_expected", "sliding_window", "two_groups"]

WIDTH = 340  # units, a little more than a phone is wide
SIZE, SMALL, INDEX = 13, 12, 9  # letters are 11 pixels high on a phone, indices 8
GAP = 9  # between two words of a sentence
FRAME = 98  # from one window to the next
INK = "currentColor"
LARGEST = 16  # the radius of a dot that stands for the probability 1


class Plane(NamedTuple):
    """A plane of two coordinates, so many units of the drawing to one of its own, with
    its origin at (left, top).
    """

    left: float
    top: float
    unit: float

    def at(self, point: Sequence[float]) -> tuple[float, float]:
        """Where a point lies in the drawing, in which y grows downwards."""
        x, y = point
        return self.left + self.unit * x, self.top - self.unit * y

    def axes(self, low: Sequence[float], high: Sequence[float]) -> str:
        """Both axes, as far as from ``low`` to ``high``."""
        (x, y), (to_x, to_y) = self.at(low), self.at(high)
        across, up = (
            f"M{x:.1f} {self.top}H{to_x:.1f}",
            f"M{self.left} {y:.1f}V{to_y:.1f}",
        )
        return (
            f'<path d="{across}{up}" stroke="{INK}" stroke-opacity="0.35" fill="none"/>'
        )

    def mark(
        self,
        point: Sequence[float],
        radius: float,
        ink: str,
        hollow: bool = False,
        square: bool = False,
    ) -> str:
        """A dot or a square around a point, filled or hollow."""
        x, y = self.at(point)
        shape = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"'
        if square:
            side = f'width="{2 * radius:.1f}" height="{2 * radius:.1f}"'
            shape = f'<rect x="{x - radius:.1f}" y="{y - radius:.1f}" {side}'
        fill = f"fill: none; stroke: {ink}" if hollow else f"fill: {ink}"
        return f'{shape} stroke-width="1.6" style="{fill}"/>'

    def arrow(
        self, start: Sequence[float], end: Sequence[float], ink: str, width: float = 1.8
    ) -> str:
        """A straight arrow from one point to another."""
        return _arrow(self.at(start), self.at(end), ink, width)

    def path(self, points: ndarray, ink: str) -> str:
        """A line through points (n, 2)."""
        line = "L".join("{:.1f} {:.1f}".format(*self.at(point)) for point in points)
        return f'<path d="M{line}" style="stroke: {ink}" stroke-opacity="0.55" fill="none"/>'

    def word(
        self,
        point: Sequence[float],
        right: float,
        down: float,
        inner: str,
        **how: object,
    ) -> str:
        """Letters so far to the right of a point and below it."""
        x, y = self.at(point)
        return _text(x + right, y + down, inner, **how)


class Moment(NamedTuple):
    """A centre's vector v_c (2,), and P(j | c) of every word j (V,)."""

    v_c: ndarray
    P: ndarray


def sliding_window(words: Sequence[str], centres: Sequence[int], reach: int) -> Drawing:
    """A sentence with a window around each of some centres, one below the other, and
    the pairs of each.

    ``centres`` are places from 0 on, and a window has the words at most ``reach``
    places from its centre. Raises ValueError unless the words have room in a line, the
    centres are in the sentence, and the reach is 1 or more.
    """
    demand_window(words, centres, reach)
    widths = [Run(word, SIZE).width for word in words]
    left = (WIDTH - sum(widths) - GAP * (len(words) - 1)) / 2
    starts = left + np.cumsum([0, *(width + GAP for width in widths[:-1])])
    middles = [start + width / 2 for start, width in zip(starts, widths, strict=True)]
    parts, said = [], []
    for row, c in enumerate(centres):
        base = FRAME * row + 42
        near = [
            o
            for o in range(max(0, c - reach), min(len(words), c + reach + 1))
            if o != c
        ]
        first, last = min(c, near[0]), max(c, near[-1])
        width = starts[last] + widths[last] - starts[first] + 6
        parts += [
            f'<rect x="{starts[first] - 3:.1f}" y="{base - 17}" width="{width:.1f}" height="24" rx="3"'
            f' style="fill: {BLUE}" fill-opacity="0.13"/>',
            f'<rect x="{starts[c] - 3:.1f}" y="{base - 17}" width="{widths[c] + 6:.1f}" height="24" rx="3"'
            f' fill="none" style="stroke: {ORANGE}" stroke-width="2"/>',
        ]
        for place, (middle, word) in enumerate(zip(middles, words, strict=True)):
            faint = "" if first <= place <= last else ' fill-opacity="0.65"'
            parts.append(_text(middle, base, escape(word), more=faint))
        parts += [_arc(middles[c], middles[o], base - 18, abs(o - c)) for o in near]
        pairs = [f"({words[c]}, {words[o]})" for o in near]
        lines = [pairs[k : k + 2] for k in range(0, len(pairs), 2)]
        for k, line in enumerate(lines):
            parts.append(
                _text(
                    WIDTH / 2, base + 24 + 16 * k, escape("  ".join(line)), size=SMALL
                )
            )
        said.append(f"centre {words[c]}: {', '.join(words[o] for o in near)}")
    alt = (
        f"The sentence {' '.join(words)}, and in it windows that reach {reach} words to each side. An arrow runs "
        f"from the centre to each outside word. {opened('; '.join(said))}."
    )
    return _drawing(parts, alt, FRAME * len(centres))


def observed_minus_expected(
    u: ndarray, o: int, before: Moment, after: Moment
) -> Drawing:
    """Outside vectors u (V, 2) in the plane, with dots whose areas are P(j | c), their
    average, the observed one, and the arrow from the average to it, by which v_c moves;
    beside it, P before and after.

    Raises ValueError for other than two to four words, vectors that are not in the
    plane, probabilities that do not add up to one, or an observed word that is none.
    """
    u = np.asarray(u, dtype=float)
    demand_moments(u, o, before, after)
    expected = before.P @ u
    gradient = u[o] - expected
    points = np.array([*u, expected, before.v_c, after.v_c, [0, 0]])
    low, high = points.min(0) - 0.3, points.max(0) + 0.3
    unit = min(112 / np.ptp([low[0], high[0]]), 225 / np.ptp([low[1], high[1]]))
    plane = Plane(66 - unit * low[0], 14 + unit * high[1], unit)
    parts = [plane.axes(low, high)]
    for j, (point, share) in enumerate(zip(u, before.P, strict=True)):
        ink = GREEN if j == o else BLUE
        radius = LARGEST * np.sqrt(share)
        parts.append(plane.mark(point, radius, ink))
        name = _letter("u", j)
        if j == o:
            parts.append(plane.word(point, -radius - 4, 0, name, anchor="end"))
            parts.append(
                plane.word(
                    point,
                    -radius - 4,
                    14,
                    "observed",
                    anchor="end",
                    size=SMALL,
                    ink=ink,
                )
            )
        else:
            parts.append(plane.word(point, radius + 3, 5, name, anchor="start"))
    parts += [
        plane.mark(expected, 4.5, ORANGE),
        plane.word(expected, 7, 4, "expected", anchor="start", size=SMALL, ink=ORANGE),
        plane.arrow(expected, u[o], PINK, 2.2),
        plane.mark(before.v_c, 3, INK),
        plane.word(
            before.v_c, 6, -5, f"{_letter('v', 'c')} before", anchor="start", size=SMALL
        ),
        plane.arrow(before.v_c, after.v_c, PINK, 2.2),
        plane.word(after.v_c, 4, 16, f"{_letter('v', 'c')} after", size=SMALL),
        *_shares(206, before.P, after.P, o),
    ]
    moved = "; ".join(
        f"word {j} {a:.2f} before and {b:.2f} after"
        for j, (a, b) in enumerate(zip(before.P, after.P, strict=True))
    )
    alt = (
        f"The outside vectors {_said(u)} as dots in the plane, their areas as P. Their average, the expected vector, "
        f"is {_place(expected)}, the observed one u{o} is {_place(u[o])}. The arrow from the one to the other is "
        f"{_place(gradient)}, and the centre's vector moves in its direction, from {_place(before.v_c)} to "
        f"{_place(after.v_c)}. Probabilities: {moved}."
    )
    bottom = max(plane.at(low)[1], plane.at(after.v_c)[1] + 22)
    return _drawing(parts, alt, bottom)


def two_groups(runs: Mapping[str, ndarray], groups: Sequence[int]) -> Drawing:
    """The paths of vectors v and u of words of two groups, a panel for each run, and
    the mean scores u · v within a group and between them at the end.

    The paths of a run (steps, 2, V, 2) have v and u of each word at each step, and
    ``groups`` (V,) is 0 or 1 for each word. All panels have the same scale. Raises
    ValueError for anything else.
    """
    demand_paths(runs, groups)
    places = np.concatenate([paths.reshape(-1, 2) for paths in runs.values()])
    extent = places.min(0) - 0.1, places.max(0) + 0.1
    return panels(*(_panel(name, runs[name], groups, extent) for name in runs))


def _panel(
    title: str, paths: ndarray, groups: Sequence[int], extent: tuple[ndarray, ndarray]
) -> Drawing:
    """The paths of one run, from the lowest to the highest coordinates of all runs."""
    low, high = extent
    unit = min(WIDTH / (high - low)[0], 240 / (high - low)[1])
    middle = (low + high)[0] / 2
    plane = Plane(WIDTH / 2 - unit * middle, 26 + unit * high[1], unit)
    parts = [_text(WIDTH / 2, 13, escape(title)), plane.axes(low, high)]
    for kind in (0, 1):  # v, then u
        for word, group in enumerate(groups):
            path, ink = paths[:, kind, word], (BLUE, ORANGE)[group]
            parts += [
                plane.path(path, ink),
                plane.mark(path[0], 1.5, ink),
                plane.mark(path[-1], 4, ink, kind == 1, group == 1),
            ]
    v, u = paths[-1]
    scores, same = v @ u.T, np.equal.outer(groups, groups)
    inside, across = _number(scores[same].mean()), _number(scores[~same].mean())
    told = f"mean score in a group {inside}, between {across}"
    bottom = plane.at(low)[1]
    parts.append(_text(WIDTH / 2, bottom + 18, told, size=SMALL))
    alt = (
        f"{opened(title)}: vectors v and u of {len(groups)} words of two groups in the plane, from their start to "
        f"where they are after {len(paths) - 1} steps. {_ends('v', v, groups)}; {_ends('u', u, groups)}. "
        f"Mean score within a group {inside}, between them {across}."
    )
    return _drawing(parts, alt, bottom + 24)


# What is written and drawn


def _drawing(parts: Sequence[str], alt: str, height: float) -> Drawing:
    """The parts as a drawing."""
    svg = (
        f'<svg class="drawing" role="img" aria-label="{escape(alt)}" viewBox="0 -2 {WIDTH} {height + 4:.0f}"'
        f' fill="{INK}" font-family="sans-serif" font-size="{SIZE}">{"".join(parts)}</svg>'
    )
    return Drawing(svg, alt)


def _text(
    x: float,
    y: float,
    inner: str,
    anchor: str = "middle",
    size: float = SIZE,
    ink: str = INK,
    more: str = "",
) -> str:
    """Letters whose baseline is at y; ``inner`` may have elements."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" style="fill: {ink}"{more}'
        f' xml:space="preserve">{inner}</text>'
    )


def _letter(name: str, index: object) -> str:
    """A letter with an index."""
    low = f'<tspan font-size="{INDEX}" dy="3">{index}</tspan><tspan dy="-3">\u200b</tspan>'
    return f'<tspan font-style="italic">{name}</tspan>{low}'


def _arrow(
    start: tuple[float, float], end: tuple[float, float], ink: str, width: float
) -> str:
    """A straight arrow; a short one has a small head."""
    (x, y), (to_x, to_y) = start, end
    length = hypot(to_x - x, to_y - y) or 1
    a, b, size = (to_x - x) / length, (to_y - y) / length, min(5, 0.4 * length)
    wings = [
        f"{to_x - size * (a - side * 0.7 * b):.1f} {to_y - size * (b + side * 0.7 * a):.1f}"
        for side in (1, -1)
    ]
    tip = f"{to_x:.1f} {to_y:.1f}"
    return (
        f'<path d="M{x:.1f} {y:.1f}L{tip}M{wings[0]}L{tip} {wings[1]}" style="stroke: {ink}" fill="none"'
        f' stroke-width="{width}" stroke-linecap="round" stroke-linejoin="round"/>'
    )


def _arc(x: float, to_x: float, y: float, far: int) -> str:
    """An arrow over the words from one middle to another, the higher the farther."""
    side, top = np.sign(to_x - x), y - 9 - 10 * (far - 1)
    x, to_x = x + 3 * side, to_x
    tip = f"{to_x:.1f} {y:.1f}"
    return (
        f'<path d="M{x:.1f} {y:.1f}C{x:.1f} {top:.1f} {to_x:.1f} {top:.1f} {tip}'
        f'M{to_x - 4:.1f} {y - 5:.1f}L{tip} {to_x + 4:.1f} {y - 5:.1f}" style="stroke: {ORANGE}" fill="none"'
        ' stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round"/>'
    )


def _shares(x: float, before: ndarray, after: ndarray, o: int) -> list[str]:
    """Two bars for each word, P before and after, with their numbers."""
    letters = [f'<tspan font-style="italic">{letter}</tspan>' for letter in "Pjc"]
    parts = [_text(x, 14, "{}({} | {})".format(*letters), "start")]
    for j, pair in enumerate(zip(before, after, strict=True)):
        y, ink = 30 + 62 * j, GREEN if j == o else BLUE
        name = "observed" if j == o else f"word {j}"
        parts.append(
            _text(
                x, y + 4, f"word {j}, {name}" if j == o else name, "start", SMALL, ink
            )
        )
        for k, (when, share) in enumerate(zip(("before", "after"), pair, strict=True)):
            box = f'<rect x="{x}" y="{y + 9 + 18 * k}" height="14" width="{100 * share:.1f}"'
            parts.append(
                f'{box} style="fill: {ink}" fill-opacity="{0.35 if k == 0 else 0.8}"/>'
            )
            parts.append(
                _text(
                    x + 100 * share + 4,
                    y + 20 + 18 * k,
                    f"{share:.2f} {when}",
                    "start",
                    SMALL,
                )
            )
    return parts


# What is said


def _number(x: float) -> str:
    """A number with two digits behind the point, and a minus sign that is one."""
    return f"{x:.2f}".replace("-", "−")


def _place(point: ndarray) -> str:
    """The coordinates of a point."""
    return f"({', '.join(_number(x) for x in point)})"


def _said(u: ndarray) -> str:
    """Vectors by their names and places."""
    return ", ".join(f"u{j} = {_place(point)}" for j, point in enumerate(u))


def _ends(name: str, vectors: ndarray, groups: Sequence[int]) -> str:
    """Where the vectors of each group are on average."""
    means = [vectors[np.equal(groups, group)].mean(0) for group in (0, 1)]
    return f"{name} on average at {_place(means[0])} and {_place(means[1])}"


# What is refused


def demand_window(words: Sequence[str], centres: Sequence[int], reach: int) -> None:
    """Raise ValueError unless a sentence fits a line, and windows can stand in it."""
    if isinstance(words, str) or not all(isinstance(word, str) for word in words):
        raise ValueError(f"{words!r}: expected a list of words")
    width = sum(Run(word, SIZE).width + GAP for word in words)
    if (
        len(words) < 2
        or width > WIDTH
        or not all(w.isprintable() and w.strip() for w in words)
    ):
        raise ValueError(
            f"{list(words)} takes {width:.0f} units; expected two words or more that can be seen, in {WIDTH} at most"
        )
    if reach < 1:
        raise ValueError(f"the reach is {reach}; expected 1 or more")
    if not centres or not all(0 <= c < len(words) for c in centres):
        raise ValueError(
            f"the centres are {list(centres)}; expected places from 0 to {len(words) - 1}"
        )


def demand_moments(u: ndarray, o: int, *moments: Moment) -> None:
    """Raise ValueError unless vectors are in the plane and each P adds up to one."""
    if (
        u.ndim != 2
        or u.shape[1] != 2
        or not 2 <= len(u) <= 4
        or not np.isfinite(u).all()
    ):
        raise ValueError(
            f"u has the shape {u.shape}; expected 2 to 4 vectors of two finite numbers"
        )
    if not 0 <= o < len(u):
        raise ValueError(f"the observed word is {o}; expected 0 to {len(u) - 1}")
    for v_c, P in moments:
        if np.shape(v_c) != (2,) or not np.isfinite(v_c).all():
            raise ValueError(f"v_c is {v_c!r}; expected two finite numbers")
        if np.shape(P) != (len(u),) or not (
            np.min(P) >= 0 and abs(np.sum(P) - 1) < 1e-9
        ):
            raise ValueError(
                f"P is {P!r}; expected a probability for each of {len(u)} words, which add up to one"
            )


def demand_paths(runs: Mapping[str, ndarray], groups: Sequence[int]) -> None:
    """Raise ValueError unless each run has paths in the plane for both vectors of each
    word of two groups.
    """
    if not runs:
        raise ValueError("there are no runs; give the paths of one or more")
    if set(groups) != {0, 1}:
        raise ValueError(
            f"the groups are {sorted(set(groups))}; expected 0 and 1, a word or more in each"
        )
    for name, paths in runs.items():
        shape = np.shape(paths)
        if shape[1:] != (2, len(groups), 2) or shape[0] < 2:
            raise ValueError(
                f"{name!r} has paths of the shape {shape}; expected (steps, 2, {len(groups)}, 2), of two steps or more"
            )
        if not np.isfinite(paths).all():
            raise ValueError(f"{name!r} has places that are no finite numbers")
