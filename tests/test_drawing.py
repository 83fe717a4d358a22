"""Diagrams: all symbols and arrows are there, within the picture, in words too, and the same again."""

import re
import xml.etree.ElementTree as ElementTree
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.drawing import SHOWN, WIDTH, unrolled_network
from unrolled.plotting import COLOURS, Drawing

symbols = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=9)
inputs = st.lists(symbols, min_size=1, max_size=20)
short = st.lists(symbols, min_size=1, max_size=SHOWN)


def elements(drawing: Drawing, tag: str) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(drawing.svg).iter(tag))


def texts(drawing: Drawing) -> list[str]:
    return ["".join(element.itertext()) for element in elements(drawing, "text")]


@given(short, st.integers(1, 3))
def test_every_input_state_and_arrow_is_drawn(inputs, layers):
    T, drawing = len(inputs), unrolled_network(inputs, layers=layers)
    assert not Counter(inputs) - Counter(texts(drawing))
    assert len(elements(drawing, "circle")) == layers * T + 2  # the states, s and p
    assert len(elements(drawing, "path")) == layers * 2 * T + 2


@given(st.integers(SHOWN + 1, 50))
def test_many_inputs_are_folded(T):
    drawing = unrolled_network([f"x{t}" for t in range(1, T + 1)])
    drawn = ["x1", "x2", "x3", "⋯", f"x{T - 1}", f"x{T}"]
    assert [text for text in texts(drawing) if text[0] in "x⋯"] == [*drawn, "⋯"]
    assert len(elements(drawing, "circle")) == 5 + 2
    assert len(elements(drawing, "path")) == 6 + 5 + 2
    assert f"x3, and so on to x{T - 1}, x{T}." in drawing.alt


@given(inputs, st.integers(1, 3), st.sampled_from(["s", "z", None]))
def test_everything_lies_within_the_picture_and_nodes_lie_apart(inputs, layers, output):
    drawing = unrolled_network(inputs, layers=layers, output=output)
    root = ElementTree.fromstring(drawing.svg)
    width, height = map(float, root.get("viewBox").split()[2:])
    assert width == WIDTH
    places = []
    for circle in root.iter("circle"):
        x, y, r = (float(circle.get(key)) for key in ("cx", "cy", "r"))
        assert r <= x <= width - r and r <= y <= height - r
        assert all(abs(x - a) + abs(y - b) > 2 * r + 8 for a, b in places)
        places.append((x, y))
    for text in root.iter("text"):
        assert 0 < float(text.get("x")) < width and 0 < float(text.get("y")) < height
    for path in root.iter("path"):
        start, end = re.findall(r"[ML]([\d.]+) ([\d.]+)", path.get("d"))[:2]
        (x, y), (to_x, to_y) = map(float, start), map(float, end)
        assert to_x - x + y - to_y > 6  # to the right or up, and long enough to see


def test_the_words_say_what_the_picture_shows():
    assert unrolled_network("Rossi").alt == (
        "A recurrent network unrolled over five letters, R, o, s, s, i. Each letter and the state before it go into "
        "the next state; the scores s are read from the last state, h5."
    )
    deep = unrolled_network(["I", "love"], layers=2, output=None).alt
    assert deep == (
        "A recurrent network of two layers unrolled over two symbols, I, love. Each symbol and the state before it go "
        "into the next state of the first layer, and each state into the layer above."
    )


def test_symbols_have_their_marks_and_matrices_are_named_once():
    drawn = texts(unrolled_network("Rossi"))
    for symbol in ["h0 = 0", "h1", "h5", "s", "p", "softmax"]:
        assert symbol in drawn
    for matrix in ["Wembed", "Wrecurrent", "Wout"]:
        assert drawn.count(matrix) == 1
    assert "Wout" not in texts(unrolled_network("Rossi", output=None))


@given(inputs)
def test_a_drawing_is_the_same_again(inputs):
    assert unrolled_network(inputs).svg == unrolled_network(inputs).svg


def test_a_drawing_takes_the_page_s_colours_and_has_no_ids():
    drawing = unrolled_network("Rossi")
    root = ElementTree.fromstring(drawing.svg)
    assert root.get("class") == "drawing" and root.get("role") == "img"
    assert root.get("aria-label") == drawing.alt
    assert f"var(--drawing-1, {COLOURS[0]})" in drawing.svg
    assert not [element for element in root.iter() if element.get("id")]


def test_symbols_are_escaped():
    drawing = unrolled_network(["<", "&", '"'])
    assert {"<", "&", '"'} <= set(texts(drawing))
    assert "symbols, &lt;, &amp;, &quot;." in drawing.svg


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (dict(inputs=""), "inputs is empty; expected at least one"),
        (dict(inputs=["a", ""]), "'' cannot be seen; expected a symbol that prints"),
        (dict(inputs="a b"), "' ' cannot be seen"),
        (dict(inputs="a\0"), r"'\\x00' cannot be seen"),
        (dict(inputs="a", output=" "), "' ' cannot be seen"),
        (dict(inputs="a", layers=0), "at least 1 layer; layers is 0"),
    ],
)
def test_bad_input_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        unrolled_network(**arguments)
