"""Charts: drawn and said from the same data; told apart by more than colour; wrong data are refused."""

import re

import numpy as np
import pytest

from unrolled.figures import charts
from unrolled.figures.plotting import SMALL, Drawing, panels
from unrolled.learning.training import History


def shows(drawing: Drawing, *texts: str) -> bool:
    """Whether all texts stand in a drawing, where letters are text."""
    return all(f">{text}<" in drawing.svg for text in texts)


def test_lines_are_said_at_both_ends_or_where_one_asks():
    found = charts.lines([0, 5, 9], {"a": [1, 2, 3], "b": [3, 2, 0.5]}, "steps", "loss")
    words = (
        "Loss against steps. a: 1.00 at 0 and 3.00 at 9; b: 3.00 at 0 and 0.50 at 9."
    )
    assert found.alt == words
    assert shows(found, "a", "b", "steps", "loss")
    told = charts.lines(
        [0, 5, 9], {"a": [1, 2, 3]}, "steps", "loss", told=[5], form=".0f"
    )
    assert told.alt == "Loss against steps. a: 2 at 5."


def test_of_several_runs_the_words_say_the_least_and_the_largest():
    runs = [[1, 4], [2, 6], [3, 5]]
    for how in ("lines", "marks", "band"):
        found = charts.lines([0, 1], {"a": runs}, "x", "y", runs=how, form=".0f")
        assert found.alt == "Y against x. a: 1 to 3 at 0 and 4 to 6 at 1."


def test_what_is_no_number_is_left_out_of_the_words():
    found = charts.lines([0, 1, 2], {"a": [np.nan, 1, np.nan]}, "x", "y")
    assert "nan" not in found.alt and "1.00 at 1" in found.alt


def test_series_are_told_apart_without_colour():
    series = {name: [k, k + 1] for k, name in enumerate("abcd")}
    svg = charts.lines(
        range(20), {n: np.arange(20) * v[1] for n, v in series.items()}, "x", "y"
    ).svg
    assert len(set(re.findall(r"stroke-dasharray: ([\d. ,]+)", svg))) == 3


def test_curves_are_in_bits_and_mark_the_best():
    history = History([10, 20, 30], [3.0, 2.0, 1.0], [3.0, 1.5, 2.0])
    found = charts.curves(history, "bits per name")
    assert f"kept: {1.5 / np.log(2):.2f} at 20" in found.alt
    assert shows(found, "train", "dev", "kept")


def test_dots_have_a_row_for_each_name_and_a_mark_for_each_group():
    rows = {"vanilla": {"dev": [1, 2], "test": [3]}, "LSTM": {"dev": [4]}}
    found = charts.dots(rows, "accuracy", form=".0f")
    assert found.alt == "Accuracy. vanilla: dev 1 to 2, test 3; LSTM: dev 4."
    assert shows(found, "vanilla", "LSTM", "dev", "test")
    assert charts.dots({"a": [1]}, "loss").alt == "Loss. a: 1.00."


def test_bars_say_the_largest_and_the_smallest():
    values = {"a": 6, "b": 5, "c": 4, "d": 3, "e": 2, "f": 1}
    assert "a 6, b 5, c 4 and f 1." in charts.bars(values, "count", form=".0f").alt
    both = charts.bars({"a": 2}, "count", beside={"a": 3}, form=".0f").alt
    assert both == "Count, of 1: a 2 in place of 3."


def test_a_grid_says_what_stands_off_the_diagonal_or_everything():
    shares = np.array([[0.9, 0.1], [0.3, 0.7]])
    found = charts.grid(shares, ["a", "b"], ["a", "b"], "answered", "true")
    assert found.alt.endswith(
        "Off the diagonal, the largest shares: b, a 30%; a, b 10%."
    )
    numbers = charts.grid(shares, ["a", "b"], ["c", "d"], "metric", "who", numbers=True)
    assert numbers.alt.endswith("a: c 90, d 10; b: c 30, d 70.")
    assert shows(numbers, "90", "10", "30", "70")


def test_panels_hold_each_drawing_and_the_words_of_all():
    a, b = (charts.points({n: ([1], [2])}, "x", "y", title=n) for n in ("one", "two"))
    both = panels(a, b)
    assert both.svg.count("<svg") == 2 and both.alt == f"{a.alt} {b.alt}"
    assert both.alt.startswith("One. Y against x.")


def test_wrong_data_are_refused():
    with pytest.raises(ValueError, match="a has 2 values; expected 3"):
        charts.lines([1, 2, 3], {"a": [1, 2]}, "x", "y")
    with pytest.raises(ValueError, match="6 series: a, b, c, d, e, f; expected 1 to 5"):
        charts.lines([1], {name: [1] for name in "abcdef"}, "x", "y")
    with pytest.raises(ValueError, match="0 series"):
        charts.points({}, "x", "y")
    with pytest.raises(ValueError, match=r"\(2, 2\) with 1 and 2 names"):
        charts.grid(np.eye(2), ["a"], ["a", "b"], "x", "y")


def test_the_reader_s_own_plots_keep_their_style():
    import matplotlib

    before = dict(matplotlib.rcParams)
    charts.bars({"a": 1}, "x")
    assert dict(matplotlib.rcParams) == before


def test_a_legend_takes_the_columns_that_there_is_room_for():
    cells = ["vanilla", "residual", "LSTM, forget bias 0", "LSTM, forget bias 4"]
    assert charts.room_for(["a", "b", "c"]) == (3, 1)
    assert charts.room_for(cells) == (2, 2)
    assert charts.room_for(["a name too long to stand beside another"] * 3) == (1, 3)


def test_a_legend_is_outside_the_axes_where_its_marks_cannot_be_taken_for_data(
    monkeypatch: pytest.MonkeyPatch,
):
    drawn = []
    monkeypatch.setattr(charts, "show", lambda figure, words: drawn.append(figure))
    series = {name: [1, 2] for name in "abcd"}
    charts.lines([1, 2], series, "x", "y", points={"kept": (1, 2)})
    charts.dots({"row": {name: [1, 2] for name in "abcd"}}, "x")
    charts.points({name: ([1], [2]) for name in "abcd"}, "x", "y")
    for figure in drawn:
        figure.draw_without_rendering()
        (legend,), (axes,) = figure.legends, figure.axes
        assert legend.get_window_extent().y0 >= axes.get_window_extent().y1
        assert not axes.get_legend()


def test_no_letters_are_smaller_than_a_phone_can_show():
    names = [f"language {k}" for k in range(25)]
    drawn = [
        charts.grid(np.eye(25), names, names, "answered", "true"),
        charts.grid(np.eye(2), names[:2], names[:2], "x", "y", numbers=True),
        charts.bars(dict.fromkeys(names, 1), "x"),
        charts.lines([1, 2], {"a": [1, 2]}, "x", "y", marks={"here": 1, "there": 2}),
    ]
    for drawing in drawn:
        sizes = re.findall(r"font-size: ([\d.]+)px", drawing.svg)
        assert sizes and min(map(float, sizes)) >= SMALL
    assert shows(drawn[0], *names)  # of the columns, every other one above
