"""Charts: curves, lines, dots, bars, points and grids, each with its words, which come
from the same data.

A chart is as wide as a phone; several stand side by side where there is room
(:func:`~unrolled.figures.plotting.panels`). Series are told apart by colour and by
stroke or mark. Left out: what only one figure of the book would use.
"""

import math
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from unrolled.figures.plotting import (
    BLUE,
    COLOURS,
    INK,
    SIZE,
    SMALL,
    WIDTH,
    Drawing,
    figure,
    show,
    styled,
)

if TYPE_CHECKING:  # a page without PyTorch has charts too
    from unrolled.learning.training import History

__all__ = ["bars", "curves", "dots", "grid", "lines", "points"]

EACH = (*COLOURS, INK)
LINES, MARKS = ("-", "--", "-.", ":"), "os^Dv"

Values = Sequence[float] | np.ndarray
Form = str | Callable[[float], str]
"""How numbers are written: a format, such as ``".2f"``, or a function."""


def written(x: float, form: Form) -> str:
    """A number in words."""
    return form(x) if callable(form) else format(x, form)


def together(parts: Sequence[str]) -> str:
    """Several things in a row: a, b and c."""
    *first, last = parts
    return f"{', '.join(first)} and {last}" if first else last


def demand_few(series: Mapping[str, object]) -> None:
    """Raise ValueError unless there is a colour for each of some series."""
    if not 1 <= len(series) <= len(EACH):
        raise ValueError(
            f"{len(series)} series: {', '.join(series)}; expected 1 to {len(EACH)}, which can be told apart"
        )


def opened(text: str) -> str:
    """A text with a capital letter."""
    return text[:1].upper() + text[1:]


def from_to(values: Values, form: Form) -> str:
    """The least and the largest of values, in words."""
    low, high = (written(x, form) for x in (min(values), max(values)))
    return low if low == high else f"{low} to {high}"


def framed(
    drawn: Figure,
    axes: Axes,
    words: str,
    title: str,
    names: Sequence[str],
    **settings: object,
) -> Drawing:
    """The chart as a drawing: with its labels, a title, and a legend above it if there
    is more than one name.
    """
    # in the middle of the figure, where a long label has room
    drawn.supxlabel(settings.pop("xlabel"), fontsize="medium")
    axes.set(**settings)
    axes.set_ylabel(textwrap.fill(axes.get_ylabel(), 26))
    axes.minorticks_off()
    if title:
        axes.set_title(title)
        words = f"{opened(title)}. {words}"
    rows = 0
    if len(names) > 1:
        columns, rows = room_for(names)
        drawn.legend(loc="outside upper center", ncols=columns, columnspacing=1.2)
    drawn.set_figheight(drawn.get_figheight() + 0.22 * (rows + bool(title)))
    return show(drawn, words)


def room_for(names: Sequence[str]) -> tuple[int, int]:
    """How many columns of a legend there is room for, three at most, and its rows."""
    for columns in (3, 2):
        filled = np.array_split(names, columns)  # as matplotlib fills them
        widths = [0.6 * SIZE * max(map(len, each), default=0) + 42 for each in filled]
        if sum(widths) < 72 * WIDTH:  # in points
            return columns, len(filled[0])
    return 1, len(names)


@styled
def lines(
    x: Values,
    series: Mapping[str, Values],
    xlabel: str,
    ylabel: str,
    *,
    runs: str = "lines",
    told: Sequence[float] = (),
    form: Form = ".2f",
    title: str = "",
    points: Mapping[str, tuple[float, float]] | None = None,
    marks: Mapping[str, float] | None = None,
    **settings: object,
) -> Drawing:
    """Quantities against another, x, of shape (n,): of each name, values of shape (n,),
    or (runs, n) for several runs.

    Of several runs the middle one is drawn, and the runs beside it as thin ``"lines"``,
    as ``"marks"``, or as a ``"band"`` from the least to the largest. ``points`` are
    marked by their names; ``marks`` are places on the x-axis. The words say the values
    (of several runs, the least and the largest) at ``told``, else at both ends. Further
    settings are those of the axes, such as ``yscale="log"``. Raises ValueError if a
    series has other than n values, or if there are more than five.
    """
    x = np.asarray(x)
    demand_few(series)
    drawn, axes = figure(2.3)
    said = []
    for k, (name, values) in enumerate(series.items()):
        rows = np.atleast_2d(np.asarray(values, dtype=float))  # (runs, n)
        if rows.shape[1] != len(x):
            raise ValueError(
                f"{name} has {rows.shape[1]} values; expected {len(x)}, one for each x"
            )
        middle = np.median(rows, axis=0)
        colour = EACH[k]
        stroke = LINES[k % len(LINES)]
        mark = MARKS[k] if len(x) < 12 and runs != "marks" and len(rows) == 1 else ""
        axes.plot(
            x, middle, stroke, marker=mark, markersize=4, color=colour, label=name
        )
        if len(rows) > 1 and runs == "band":
            axes.fill_between(
                x, rows.min(0), rows.max(0), color=colour, alpha=0.18, linewidth=0
            )
        elif len(rows) > 1 and runs == "marks":
            axes.plot(x, rows.T, MARKS[k], markersize=4.5, color=colour, alpha=0.7)
        elif len(rows) > 1:
            axes.plot(x, rows.T, stroke, linewidth=1, color=colour, alpha=0.25)
        there = np.flatnonzero(np.isfinite(middle))
        where = [int(np.argmin(abs(x - at))) for at in told] or [there[0], there[-1]]
        values = [f"{from_to(rows[:, i], form)} at {x[i]:,.7g}" for i in where]
        said.append(f"{name}: {together(values)}")
    for k, (name, (across, up)) in enumerate((points or {}).items()):
        axes.plot(across, up, "o", color=COLOURS[1 + k], label=name)
        said.append(f"{name}: {written(up, form)} at {across:,.7g}")
    for k, (name, across) in enumerate((marks or {}).items()):
        axes.axvline(across, color=INK, linewidth=1, linestyle=":")
        axes.annotate(
            name,
            (across, 1),
            (0, 3 + 1.2 * SMALL * (k % 2)),  # neighbours do not touch
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            ha="center",
            fontsize=SMALL,
        )
        said.append(f"{name}: at {across:,.7g}")
    words = f"{opened(ylabel)} against {xlabel}. {'; '.join(said)}."
    names = [*series, *(points or ())]
    return framed(
        drawn, axes, words, title, names, xlabel=xlabel, ylabel=ylabel, **settings
    )


def curves(
    history: "History",
    unit: str,
    steps: str = "steps",
    train: str = "train",
    **settings: object,
) -> Drawing:
    """What a training measured against its steps, in bits: on the training part, on
    dev, and where dev was lowest.
    """
    bits = 1 / math.log(2)
    best = history.best
    return lines(
        history.steps,
        {train: bits * np.array(history.train), "dev": bits * np.array(history.dev)},
        steps,
        unit,
        points={"kept": (history.steps[best], bits * history.dev[best])},
        **settings,
    )


def named_rows(axes: Axes, names: Sequence[str], last: float) -> None:
    """A row for each name, from above."""
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(last, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="y", visible=False)


@styled
def dots(
    rows: Mapping[str, Values | Mapping[str, Values]],
    xlabel: str,
    *,
    form: Form = ".2f",
    colours: Mapping[str, str] | None = None,
    line: float | None = None,
    title: str = "",
    **settings: object,
) -> Drawing:
    """A row for each name, and in it a mark for each value; or for each value of
    several groups.

    Groups are told apart by marks and colours; with ``colours`` for some rows, by marks
    alone. ``line`` is a value to compare with.
    """
    grouped = {
        name: values if isinstance(values, Mapping) else {"": values}
        for name, values in rows.items()
    }
    groups = list(dict.fromkeys(g for values in grouped.values() for g in values))
    demand_few(dict.fromkeys(groups))
    drawn, axes = figure((0.1 + 0.16 * len(groups)) * len(rows) + 1.1)
    for k, group in enumerate(groups):
        shift = 0.26 * (k - (len(groups) - 1) / 2)
        kind = INK if colours else EACH[k]
        for row, (name, values) in enumerate(grouped.items()):
            found = list(values.get(group, ()))
            colour = colours.get(name, BLUE) if colours else kind
            axes.plot(
                found,
                [row + shift] * len(found),
                MARKS[k],
                color=colour,
                alpha=0.75,
                markersize=5.5,
            )
        if group:
            axes.plot([], [], MARKS[k], color=kind, label=group)
    if line is not None:
        axes.axvline(line, color=INK, linewidth=1, linestyle="--")
    named_rows(axes, list(rows), len(rows) - 0.4)
    said = "; ".join(
        f"{name}: "
        + ", ".join(
            f"{g} {from_to(v, form)}".strip() for g, v in values.items() if len(v)
        )
        for name, values in grouped.items()
    )
    words = f"{opened(xlabel)}. {said}."
    return framed(drawn, axes, words, title, groups, xlabel=xlabel, **settings)


@styled
def bars(
    values: Mapping[str, float],
    xlabel: str,
    *,
    beside: Mapping[str, float] | None = None,
    form: Form = ".2f",
    told: int = 3,
    title: str = "",
    **settings: object,
) -> Drawing:
    """A bar for each name, from above, with a dash where it would end by the values
    ``beside``.

    The words say the ``told`` largest, and the smallest.
    """
    drawn, axes = figure(0.2 * len(values) + 0.7)
    axes.barh(range(len(values)), list(values.values()), height=0.7, alpha=0.85)
    if beside:
        ends = [beside[name] for name in values]
        axes.plot(
            ends, range(len(values)), "|", color=INK, markersize=9, markeredgewidth=1.8
        )
    named_rows(axes, list(values), len(values) - 0.4)
    axes.tick_params(axis="y", labelsize=SMALL)
    order = sorted(values, key=values.get, reverse=True)
    chosen = order if len(order) <= told + 1 else [*order[:told], order[-1]]
    said = together(
        [
            f"{name} {written(values[name], form)}"
            + (f" in place of {written(beside[name], form)}" if beside else "")
            for name in chosen
        ]
    )
    words = f"{opened(xlabel)}, of {len(values)}: {said}."
    return framed(drawn, axes, words, title, [], xlabel=xlabel, **settings)


@styled
def points(
    series: Mapping[str, tuple[Values, Values]],
    xlabel: str,
    ylabel: str,
    *,
    forms: tuple[Form, Form] = (".2f", ".2f"),
    title: str = "",
    **settings: object,
) -> Drawing:
    """A mark for each pair of values, of each name in a colour and a shape of its
    own.
    """
    demand_few(series)
    drawn, axes = figure(2.3)
    said = []
    for k, (name, (x, y)) in enumerate(series.items()):
        axes.plot(
            x,
            y,
            MARKS[k],
            color=EACH[k],
            alpha=0.8,
            markersize=5.5,
            label=name,
        )
        said.append(f"{name}: {from_to(y, forms[1])} at {from_to(x, forms[0])}")
    words = f"{opened(ylabel)} against {xlabel}. {'; '.join(said)}."
    return framed(
        drawn,
        axes,
        words,
        title,
        list(series),
        xlabel=xlabel,
        ylabel=ylabel,
        **settings,
    )


@styled
def grid(
    shares: np.ndarray,
    rows: Sequence[str],
    columns: Sequence[str],
    xlabel: str,
    ylabel: str,
    *,
    numbers: bool = False,
    told: int = 3,
) -> Drawing:
    """Shares from 0 to 1, of shape (rows, columns), as tiles: the larger, the stronger
    the blue.

    With ``numbers`` each tile says its share in percent, and so do the words; without,
    they say the largest shares of a row and a column of different names. Raises
    ValueError unless each row and each column has a name.
    """
    if shares.shape != (len(rows), len(columns)):
        raise ValueError(
            f"a matrix of shape {shares.shape} with {len(rows)} and {len(columns)} names; expected one for each row "
            "and each column"
        )
    drawn, axes = figure((0.4 if numbers else 0.2) * len(rows) + 1.2)
    for (row, column), share in np.ndenumerate(shares):
        # half as strong where a number has to be read on it
        tile = to_rgba(BLUE, share / 2 if numbers else share)
        if share:
            axes.add_patch(Rectangle((column, row), 1, 1, color=tile, linewidth=0))
        if numbers:
            axes.text(
                column + 0.5,
                row + 0.52,
                f"{100 * share:.0f}",
                ha="center",
                va="center",
                fontsize=SMALL,
            )
    # of many columns, every other one has its name above
    sides = 1 if len(columns) < 15 else 2
    middles = np.arange(len(columns)) + 0.5
    upright = dict(rotation=90, fontsize=SMALL)
    axes.set_xticks(middles[::sides], columns[::sides], **upright)
    if sides == 2:
        above = axes.secondary_xaxis("top")
        above.set_xticks(middles[1::2], columns[1::2], **upright)
        above.tick_params(length=0)
        drawn.set_figheight(drawn.get_figheight() + 0.7)
    axes.set_yticks(np.arange(len(rows)) + 0.5, rows, fontsize=SMALL)
    axes.grid(False)
    axes.tick_params(length=0)
    if numbers:
        said = "; ".join(
            f"{name}: "
            + ", ".join(f"{c} {100 * x:.0f}" for c, x in zip(columns, row, strict=True))
            for name, row in zip(rows, shares, strict=True)
        )
        words = f"A grid of {ylabel} against {xlabel}, in percent. {said}."
    else:
        apart = [
            (share, rows[i], columns[j])
            for (i, j), share in np.ndenumerate(shares)
            if rows[i] != columns[j]
        ]
        largest = sorted(apart, reverse=True)[:told]
        said = "; ".join(f"{row}, {c} {share:.0%}" for share, row, c in largest)
        words = f"A grid of {ylabel} against {xlabel}. Off the diagonal, the largest shares: {said}."
    limits = dict(xlim=(0, len(columns)), ylim=(len(rows), 0))
    return framed(drawn, axes, words, "", [], xlabel=xlabel, ylabel=ylabel, **limits)
