"""Maps of words in the plane: a dot at each word's place, in the colour of its group,
and in words how many have one of their own group beside them.

Left out: how places and groups are found; that is the page's matter. What tells the
groups should not come from the vectors that tell the places, or the map shows nothing.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy import ndarray

from unrolled.figures.plotting import (
    COLOURS,
    INK,
    SMALL,
    WIDTH,
    Drawing,
    figure,
    show,
    styled,
)

__all__ = ["beside_its_own", "word_map"]

LETTER, LINE = 6.3, 13.5
"""The width of a letter and the height of a line of a label, in points, with some room
around.
"""
HEIGHT = 340
"""How high the places are spread, in points."""


@styled
def word_map(groups: Mapping[str, Sequence[str]], places: ndarray) -> Drawing:
    """Groups of words, a colour each, named above the map.

    ``places`` (n, 2) are those of all words, group after group. Each dot is at its
    place; labels that would overlap are moved, up and down, and a line leads to the
    dot. Raises ValueError unless there are one to four groups of words, each word once,
    and a place of finite numbers for each, not all in a row.
    """
    shown = [word for group in groups.values() for word in group]
    demand_map(groups, shown, places)
    labels = np.array([[LETTER * len(word) + 8, LINE] for word in shown])
    width, margin = 72 * WIDTH, labels[:, 0].max() / 2
    unit = (places - places.min(0)) / np.ptp(places, axis=0)
    dots = unit * [width - 2 * margin, HEIGHT] + [margin, 0]
    middles = pushed_apart(dots + [0, LINE / 2 + 2], labels)
    both = np.concatenate([dots - 4, middles - labels / 2, middles + labels / 2])
    low, high = both.min(0), both.max(0)
    drawn, axes = figure((high - low)[1] / 72 + 0.3)
    of_group = zip(groups.items(), COLOURS, strict=False)
    colours = [colour for (_, group), colour in of_group for _ in group]
    for (x, y), (at, up), word, colour in zip(
        dots, middles, shown, colours, strict=True
    ):
        if abs(up - y) > LINE:
            side = np.sign(up - y) * LINE / 2
            axes.plot([x, at], [y, up - side], color=INK, linewidth=0.6, alpha=0.5)
        axes.plot(x, y, "o", color=colour, markersize=4)
        axes.text(at, up, word, ha="center", va="center", fontsize=SMALL, color=colour)
    for name, colour in zip(groups, COLOURS, strict=False):
        axes.plot([], [], "o", color=colour, markersize=5, label=name)
    axes.set(xlim=(0, width), ylim=(low[1], high[1]))
    axes.axis("off")
    drawn.legend(loc="outside upper center", ncols=2, handletextpad=0.2)
    said = "; ".join(f"{name}: {', '.join(group)}" for name, group in groups.items())
    near = round(len(shown) * beside_its_own(groups, places))
    return show(
        drawn,
        f"A map of {len(shown)} words. In one colour each: {said}. For {near} of them, the nearest word on the map has "
        "the same colour.",
    )


def beside_its_own(groups: Mapping[str, Sequence[str]], places: ndarray) -> float:
    """The share of words whose nearest word on the map is of their own group.

    Near 1 where groups lie apart; about the share of a group where places have nothing
    to do with them. Raises ValueError as :func:`word_map` does.
    """
    demand_map(groups, [w for group in groups.values() for w in group], places)
    places = np.asarray(places, dtype=float)
    group_of = np.repeat(np.arange(len(groups)), [*map(len, groups.values())])
    apart = ((places[:, None] - places) ** 2).sum(2)
    np.fill_diagonal(apart, np.inf)
    return float(np.mean(group_of[apart.argmin(1)] == group_of))


def pushed_apart(middles: ndarray, sizes: ndarray) -> ndarray:
    """The middles (n, 2) of labels of such sizes (n, 2), moved up and down until no
    label overlaps another.

    It ends: every push spreads the labels further, by at least 0.2, and none is pushed
    across a gap that is wider than a label.
    """
    middles, overlap = middles.copy(), True
    while overlap:
        overlap = False
        for i in range(len(middles)):
            for j in range(i):
                gap = middles[i] - middles[j]
                across, over = (sizes[i] + sizes[j]) / 2 - abs(gap)
                if across > 0 and over > 0:
                    overlap = True
                    push = np.copysign(over / 2 + 0.1, gap[1] or 1)
                    middles[i, 1] += push
                    middles[j, 1] -= push
    return middles


def demand_map(
    groups: Mapping[str, Sequence[str]], shown: Sequence[str], places: ndarray
) -> None:
    """Raise ValueError unless there is a colour for each group, and a place for each
    word, which is there once.
    """
    if not 1 <= len(groups) <= len(COLOURS) or not all(map(len, groups.values())):
        raise ValueError(
            f"{len(groups)} groups, of {[len(group) for group in groups.values()]} words; expected 1 to "
            f"{len(COLOURS)} groups, which can be told apart, each of a word or more"
        )
    if any(isinstance(group, str) for group in groups.values()):
        raise ValueError(f"{groups!r}: expected a list of words for each group")
    if len(set(shown)) < len(shown):
        twice = next(word for word in shown if shown.count(word) > 1)
        raise ValueError(
            f"{twice!r} is there more than once; a word has one place on a map"
        )
    if np.shape(places) != (len(shown), 2) or not np.isfinite(places).all():
        raise ValueError(
            f"places of the shape {np.shape(places)} for {len(shown)} words; expected ({len(shown)}, 2), finite numbers"
        )
    if not np.ptp(places, axis=0).all():
        raise ValueError(
            "the places are all in a row; a map needs words that are apart in both directions"
        )
