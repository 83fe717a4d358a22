"""Maps of words in the plane, with the words of the map in words, from the same data.

Left out: how places are found; that is the page's matter (by t-SNE, say). A map has no
axes: only what is near counts.
"""

from collections.abc import Sequence

import numpy as np
from numpy import ndarray

from unrolled.figures.plotting import (
    COLOURS,
    SMALL,
    WIDTH,
    Drawing,
    figure,
    show,
    styled,
)

__all__ = ["word_map"]

LETTER, LINE = 6.3, 14.5
"""The width of a letter and the height of a line of a label, in points, with some room
around.
"""


@styled
def word_map(groups: Sequence[Sequence[str]], places: ndarray) -> Drawing:
    """Groups of words, a colour each, with the first word of a group in bold.

    ``places`` (n, 2) are those of all words, group after group. They are spread over
    the map, and labels that overlap are pushed apart, up and down. Raises ValueError
    unless there are one to four groups of words, each word once, and a place of finite
    numbers for each, not all in a row.
    """
    shown = [word for group in groups for word in group]
    demand_map(groups, shown, places)
    style = {
        word: {"color": colour, "weight": "bold" if word == group[0] else "normal"}
        for group, colour in zip(groups, COLOURS, strict=False)
        for word in group
    }
    labels = np.array([[LETTER * len(word) + 8, LINE] for word in shown])
    width = 72 * WIDTH
    spread = spread_out(places) * [width - labels[:, 0].max(), 360]
    middles = pushed_apart(spread + labels[:, 0].max() / 2, labels)
    low, high = (middles - labels / 2).min(0), (middles + labels / 2).max(0)
    drawn, axes = figure((high - low)[1] / 72)
    for (x, y), word in zip(middles, shown, strict=True):
        axes.text(x, y, word, ha="center", va="center", fontsize=SMALL, **style[word])
    axes.set(xlim=(0, width), ylim=(low[1], high[1]))
    axes.axis("off")
    said = "; ".join(
        f"{word}, with {', '.join(near)}" if near else word for word, *near in groups
    )
    return show(drawn, f"A map of words. In one colour each: {said}.")


def spread_out(places: ndarray) -> ndarray:
    """Places (n, 2) from 0 to 1 in each direction; half of each is its rank, so that
    the middle of a crowd has room.
    """
    ranks = places.argsort(0).argsort(0) / (len(places) - 1)
    return ((places - places.min(0)) / np.ptp(places, axis=0) + ranks) / 2


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
    groups: Sequence[Sequence[str]], shown: Sequence[str], places: ndarray
) -> None:
    """Raise ValueError unless there is a colour for each group, and a place for each
    word, which is there once.
    """
    if not 1 <= len(groups) <= len(COLOURS) or not all(map(len, groups)):
        raise ValueError(
            f"{len(groups)} groups, of {[len(group) for group in groups]} words; expected 1 to {len(COLOURS)} groups, "
            "which can be told apart, each of a word or more"
        )
    if any(isinstance(group, str) for group in groups):
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
