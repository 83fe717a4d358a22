"""Diagrams: all symbols and arrows are there, within the picture and apart, in words too, and the same again."""

import re
import xml.etree.ElementTree as ElementTree
from collections import Counter
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.figures.networks import (
    generating_network,
    layered_network,
    residual_stream,
    unrolled_network,
)
from unrolled.figures.plotting import COLOURS, Drawing
from unrolled.figures.svg import NARROW
from unrolled.figures.words import INPUTS, LATENT, LAYERS, STEPS

symbols = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=9)
inputs = st.lists(symbols, min_size=1, max_size=20)
short = st.lists(symbols, min_size=1, max_size=INPUTS.shown)
targets = st.none() | symbols
PINK = "stroke: var(--drawing-4"
WORDS = ["I", "love", "machine"]


@st.composite
def drawings(draw: st.DrawFn) -> Drawing:
    """A diagram of any kind and size."""
    gradients, target = draw(st.booleans()), draw(targets)
    options = dict(target=target, gradients=gradients)
    kind = draw(
        st.sampled_from(
            [layered_network, unrolled_network, residual_stream, generating_network]
        )
    )
    if kind is generating_network:
        name = draw(st.lists(symbols, min_size=2, max_size=20))
        return generating_network(name, tutorial=draw(st.booleans()))
    if kind is not residual_stream:
        options["layers"] = draw(st.integers(1, 14))
    if kind is layered_network:
        return layered_network(draw(targets), **options)
    return kind(draw(inputs), **options)


def pictures(drawing: Drawing) -> list[Drawing]:
    """The picture for a laptop; and that for a phone, if it is another one."""
    parsed = ElementTree.fromstring(f"<div>{drawing.svg}</div>")
    return [
        Drawing(ElementTree.tostring(svg, "unicode"), drawing.alt)
        for svg in parsed.iter("svg")
    ]


def root(drawing: Drawing) -> ElementTree.Element:
    """The picture, for a laptop if there are two."""
    return ElementTree.fromstring(pictures(drawing)[0].svg)


def elements(drawing: Drawing, tag: str) -> list[ElementTree.Element]:
    return list(root(drawing).iter(tag))


def texts(drawing: Drawing) -> list[str]:
    return ["".join(element.itertext()) for element in elements(drawing, "text")]


def arrows(drawing: Drawing) -> tuple[int, int, int]:
    """How many arrows there are forwards, back through something, and back unchanged."""
    paths = elements(drawing, "path")
    back = [path for path in paths if PINK in path.get("style")]
    dashed = [path for path in back if path.get("stroke-dasharray")]
    return len(paths) - len(back), len(dashed), len(back) - len(dashed)


def by(drawing: Drawing) -> list[str]:
    """By what the gradients are."""
    pink = [
        "".join(element.itertext())
        for element in elements(drawing, "text")
        if "--drawing-4" in element.get("style")
    ]
    assert len(pink) == 2 * len(elements(drawing, "line"))
    assert all(above == "∂J" and below[0] == "∂" for above, below in batched(pink))
    return [below[1:] for _, below in batched(pink)]


def batched(things: list[str]) -> list[tuple[str, str]]:
    """The things, two by two."""
    return list(zip(things[::2], things[1::2], strict=True))


# Unrolled networks


@given(short, st.integers(1, LAYERS.shown))
def test_every_input_state_and_arrow_is_drawn(inputs, layers):
    T, drawing = len(inputs), unrolled_network(inputs, layers=layers)
    assert not Counter(inputs) - Counter(texts(drawing))
    assert len(elements(drawing, "circle")) == layers * T + 2  # the states, s and p
    assert arrows(drawing) == (layers * 2 * T + 2, 0, 0)


@given(st.integers(INPUTS.shown + 1, 50))
def test_many_inputs_are_folded(T):
    drawing = unrolled_network([f"x{t}" for t in range(1, T + 1)])
    drawn = ["x1", "x2", "x3", "⋯", f"x{T - 1}", f"x{T}"]
    assert [text for text in texts(drawing) if text[0] in "x⋯"] == [*drawn, "⋯"]
    assert len(elements(drawing, "circle")) == 5 + 2
    assert arrows(drawing) == (6 + 5 + 2, 0, 0)
    assert f"x3, and so on to x{T - 1}, x{T}." in drawing.alt


@given(st.integers(LAYERS.shown + 1, 40), st.integers(1, INPUTS.shown))
def test_many_recurrent_layers_are_folded(layers, T):
    drawing = unrolled_network("a" * T, layers=layers)
    drawn = texts(drawing)
    for layer in 1, 2, layers:
        assert f"h({layer})1" in drawn
    assert drawn.count("⋮") == T + 1
    assert len(elements(drawing, "circle")) == 3 * T + 2
    assert arrows(drawing) == (3 * T + 4 * T + 2, 0, 0)


@given(short, st.integers(1, LAYERS.shown))
def test_gradients_of_an_unrolled_network_go_back_to_every_state(inputs, layers):
    T = len(inputs)
    drawing = unrolled_network(inputs, layers=layers, target="?", gradients=True)
    forwards = layers * 2 * T + 3
    given = layers + T  # arrows from h_0 and from the inputs
    assert arrows(drawing) == (forwards, forwards - given, 0)
    above = [f"({layer})" if layers > 1 else "" for layer in range(1, layers + 1)]
    states = [f"h{layer}{t}" for layer in above for t in range(1, T + 1)]
    assert by(drawing) == [*states, "s"]


def test_a_target_is_drawn_from_the_softmax_of_the_scores_of_words():
    drawn = texts(unrolled_network(WORDS, target="learning"))
    assert {"learning", "∼", "Wunembed"} <= set(drawn) and "Wout" not in drawn
    assert "Wout" in texts(unrolled_network(WORDS))


# Layered networks


@given(st.integers(0, LATENT.shown - 1), st.booleans())
def test_every_latent_vector_is_drawn_with_its_weights(layers, gradients):
    drawing = layered_network(
        "Barack", layers=layers, target="Obama", gradients=gradients
    )
    drawn = texts(drawing)
    latent = [f"h({layer})" for layer in range(layers + 1)] if layers else ["h"]
    assert {"x", *latent, "s", "p", "y", "Barack", "Obama"} <= set(drawn)
    weights = [f"W{layer}" for layer in ["embed", *range(1, layers + 1), "unembed"]]
    assert [text for text in drawn if text[0] == "W"] == weights
    assert len(elements(drawing, "circle")) == layers + 5
    assert arrows(drawing) == (layers + 4, (layers + 3) * gradients, 0)
    assert by(drawing) == [*latent, "s"] * gradients


@given(st.integers(LATENT.shown, 60))
def test_many_latent_vectors_are_folded(layers):
    drawing = layered_network(layers=layers)
    drawn = texts(drawing)
    kept = [0, 1, 2, layers - 1, layers]
    assert [text for text in drawn if "(" in text] == [f"h({k})" for k in kept]
    weights = ["embed", 1, 2, 3, layers - 1, layers, "unembed"]
    assert [text for text in drawn if text[0] == "W"] == [f"W{k}" for k in weights]
    assert drawn.count("⋯") == 1
    assert len(elements(drawing, "circle")) == 5 + 3
    assert f"h(2), and so on to h({layers - 1}), h({layers})." in drawing.alt


# Residual streams


@given(st.lists(symbols, min_size=1, max_size=STEPS.shown), st.booleans())
def test_every_step_of_a_stream_adds_a_branch(inputs, gradients):
    T, drawing = len(inputs), residual_stream(inputs, gradients=gradients)
    drawn = texts(drawing)
    assert not Counter(inputs) - Counter(drawn)
    assert drawn.count("tanh") - inputs.count("tanh") == T
    assert len(elements(drawing, "rect")) == 2 * T  # tanh and +
    assert len(elements(drawing, "circle")) == T + 2
    # back: through s and p, T tanh and T − 1 W_recurrent; unchanged to T pluses and T − 1 states
    back = (2 + T + T - 1, 2 * T - 1) if gradients else (0, 0)
    assert arrows(drawing) == (5 * T + 2, *back)
    assert by(drawing) == [*(f"h{t}" for t in range(1, T + 1)), "s"] * gradients


@given(st.integers(STEPS.shown + 1, 50))
def test_many_steps_of_a_stream_are_folded(T):
    drawing = residual_stream("a" * T, gradients=True)
    assert by(drawing) == ["h1", "h2", f"h{T - 1}", f"h{T}", "s"]
    assert texts(drawing).count("tanh") == 3 and texts(drawing).count("⋯") == 2
    assert arrows(drawing) == (5 * 3 + 2 + 2, 2 + 3 + 2, 2 * 3 - 1 + 2)


# Generating networks


@given(st.lists(symbols, min_size=2, max_size=STEPS.shown + 1), st.booleans())
def test_every_step_reads_the_language_and_what_was_drawn(name, tutorial):
    T, drawing = len(name) - 1, generating_network(name, tutorial=tutorial)
    drawn = texts(drawing)
    assert not Counter(name[:-1] + name[1:]) - Counter(drawn)
    assert (
        drawn.count("z") - name.count("z") * 2 + (name[0] == "z") + (name[-1] == "z")
        == T
    )
    assert len(elements(drawing, "circle")) == (5 if tutorial else 3) * T
    handed_on = [
        path
        for path in elements(drawing, "path")
        if path.get("stroke-dasharray") == "1 4"
    ]
    assert len(handed_on) == T - 1
    assert arrows(drawing) == ((11 if tutorial else 5) * T + T - 1, 0, 0)


@given(st.integers(STEPS.shown + 1, 30), st.booleans())
def test_many_steps_of_a_generating_network_are_folded(T, tutorial):
    name = [f"a{t}" for t in range(T + 1)]
    drawing = generating_network(name, tutorial=tutorial)
    read = [text for text in texts(drawing) if text[0] == "a"]
    assert sorted(read) == sorted(["a0", "a1", "a1", "a2", f"a{T - 1}", f"a{T}"])
    assert texts(drawing).count("⋯") == 1
    assert "and so on to" in drawing.alt


def test_the_layers_of_both_wirings_are_named_once():
    cell, tutorial = (generating_network("ab", tutorial=t) for t in (False, True))
    for matrix in ["Wembed", "Wlanguage", "Wrecurrent", "Wunembed"]:
        assert texts(cell).count(matrix) == 1 and matrix not in texts(tutorial)
    for layer in ["i2h", "i2o", "o2o", "dropout"]:
        assert texts(tutorial).count(layer) == 1 and layer not in texts(cell)
    assert "softmax p" in cell.alt and "dropout" in tutorial.alt


# Every diagram


every_picture = drawings().flatmap(lambda drawing: st.sampled_from(pictures(drawing)))


@given(drawings())
def test_both_pictures_show_the_same_and_only_what_is_wide_has_two(drawing):
    wide, *narrow = pictures(drawing)
    width = float(root(wide).get("viewBox").split()[2])
    assert bool(narrow) == (width > NARROW)
    turned = str.maketrans("⋮⋯", "⋯⋮")
    for other in narrow:
        assert arrows(other) == arrows(wide) and other.alt == wide.alt
        shown, of_wide = Counter(texts(other)), Counter(texts(wide))
        assert shown == of_wide or shown == Counter(
            text.translate(turned) for text in texts(wide)
        )


def test_what_pages_show_has_room_on_a_phone():
    for drawing in (
        layered_network("Barack", layers=3, target="Obama", gradients=True),
        unrolled_network("Rossi"),
        unrolled_network(WORDS, target="?", layers=2),
        residual_stream(WORDS, target="learning", gradients=True),
        generating_network("⊢Li⊣"),
        generating_network("Li⊣", tutorial=True),
    ):
        box = root(pictures(drawing)[-1]).get("viewBox").split()
        assert float(box[2]) <= NARROW


@given(every_picture)
def test_everything_lies_within_the_picture_and_nodes_lie_apart(drawing):
    left, top, width, height = map(float, root(drawing).get("viewBox").split())
    places = [
        [float(circle.get(key)) for key in ("cx", "cy", "r")]
        for circle in elements(drawing, "circle")
    ]
    for x, y, r in places:
        assert left <= x - r and x + r <= left + width
        assert top <= y - r and y + r <= top + height
    for (x, y, r), (a, b, _) in combinations(places, 2):
        assert abs(x - a) + abs(y - b) > 2 * r + 8
    for path in elements(drawing, "path"):
        start, end = re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", path.get("d"))[:2]
        (x, y), (to_x, to_y) = map(float, start), map(float, end)
        assert left < min(x, to_x) and max(x, to_x) < left + width
        assert abs(to_x - x) + abs(to_y - y) > 6  # long enough to see


def letters(drawing: Drawing) -> list[tuple[float, float, float, float]]:
    """The left, right, top and bottom of each text, as far as the narrowest letters go."""
    boxes = []
    for text in elements(drawing, "text"):
        x, y = float(text.get("x")), float(text.get("y"))
        wide = sum(
            0.3 * float(span.get("font-size", 15)) * len(span.text) for span in text
        )
        share = {"start": 0, "middle": 0.5, "end": 1}[text.get("text-anchor")]
        boxes.append((x - share * wide, x + (1 - share) * wide, y - 8, y))
    return boxes


@given(every_picture)
def test_letters_lie_within_the_picture_and_apart(drawing):
    left, top, width, height = map(float, root(drawing).get("viewBox").split())
    boxes = letters(drawing)
    for a, b, c, d in boxes:
        assert left < a and b < left + width and top < c and d < top + height
    for (a, b, c, d), (e, f, g, h) in combinations(boxes, 2):
        assert b <= e or f <= a or d <= g or h <= c


@given(every_picture)
def test_no_arrow_runs_through_letters(drawing):
    boxes = np.array(letters(drawing)).reshape(-1, 2, 2)  # text, axis, side
    for path in elements(drawing, "path"):
        start, end = re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", path.get("d"))[:2]
        points = np.linspace(np.array(start, float), np.array(end, float), 100)
        inside = (boxes[..., 0] < points[:, None]) & (points[:, None] < boxes[..., 1])
        assert not inside.all(axis=-1).any()


@given(drawings())
def test_gradients_are_in_the_words_if_they_are_in_the_picture(drawing):
    assert ("gradients of J" in drawing.alt) == (PINK in drawing.svg)


@given(drawings())
def test_the_words_have_what_the_picture_has(drawing):
    drawn = set(texts(drawing))
    unnamed = {"softmax", "tanh", "+", "∼", "⋯", "⋮", "⋱", "?", "∂J"}
    unnamed |= {f"{letter}{t}" for letter in "pso" for t in range(1, 21)}
    for text in drawn - unnamed:
        if text[0] not in "hW∂":  # inputs, target, x, y, s, p
            assert text in drawing.alt


@given(inputs)
def test_a_drawing_is_the_same_again(inputs):
    assert unrolled_network(inputs).svg == unrolled_network(inputs).svg


def test_the_words_of_each_kind():
    assert unrolled_network("Rossi").alt == (
        "A recurrent network unrolled over five letters, R, o, s, s, i. Each letter and the state before it go into "
        "the next state; the scores s are read from the last state, h5. Their softmax is p."
    )
    deep = unrolled_network(["I", "love"], layers=2, output=None).alt
    assert deep == (
        "A recurrent network of two layers unrolled over two words, I, love. Each word and the state before it go "
        "into the next state of the first layer, and each state into the layer above."
    )
    assert unrolled_network("I", target="love", gradients=True).alt.endswith(
        "The next word, love, is drawn from their softmax p. The gradients of J run back, by s and by every state, "
        "from the last state to the ones before it."
    )
    assert layered_network("Barack", layers=3, gradients=True).alt == (
        "A network with four latent vectors, h(0), h(1), h(2), h(3). The word x, Barack, goes into "
        "h(0), each latent vector into the next, and the last, h(3), into the scores s. Their softmax is p. The "
        "gradients of J run back, by s and by each latent vector."
    )
    assert residual_stream(WORDS, target="?", gradients=True).alt == (
        "A residual stream over three words, I, love, machine. The state runs straight from h0 = 0 to h3; at each "
        "step, a branch takes the tanh of the state and the word, through their weights, and adds it to the stream. "
        "The scores s are read from h3. The next word is drawn from their softmax p. The gradients of J run back, by s "
        "and by every state: along the stream unchanged, and through the branches besides."
    )


def test_symbols_have_their_marks_and_matrices_are_named_once():
    for drawing in unrolled_network("Rossi"), residual_stream("Rossi"):
        drawn = texts(drawing)
        for symbol in ["h0 = 0", "h1", "h5", "s", "p", "softmax"]:
            assert symbol in drawn
        for matrix in ["Wembed", "Wrecurrent", "Wout"]:
            assert drawn.count(matrix) == 1
    assert "Wout" not in texts(unrolled_network("Rossi", output=None))


def test_a_drawing_takes_the_page_s_colours_and_has_no_ids():
    drawing = unrolled_network("Rossi", gradients=True)
    svg = root(drawing)
    assert svg.get("class") == "drawing" and svg.get("role") == "img"
    assert svg.get("aria-label") == drawing.alt
    for number, colour in enumerate(COLOURS, 1):
        assert f"var(--drawing-{number}, {colour})" in drawing.svg
    assert not [element for element in svg.iter() if element.get("id")]


def test_symbols_are_escaped():
    drawing = unrolled_network(["<", "&", '"'])
    assert {"<", "&", '"'} <= set(texts(drawing))
    assert "symbols, &lt;, &amp;, &quot;." in drawing.svg


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        (unrolled_network, dict(inputs=""), "inputs is empty; expected at least one"),
        (unrolled_network, dict(inputs=["a", ""]), "'' cannot be seen; expected a"),
        (unrolled_network, dict(inputs="a b"), "' ' cannot be seen"),
        (unrolled_network, dict(inputs="a\0"), r"'\\x00' cannot be seen"),
        (unrolled_network, dict(inputs="a", output=" "), "' ' cannot be seen"),
        (unrolled_network, dict(inputs="a", target=""), "'' cannot be seen"),
        (unrolled_network, dict(inputs="a", layers=0), "1 layer; layers is 0"),
        (
            unrolled_network,
            dict(inputs="a", output=None, target="b"),
            "the target 'b' needs scores, and output is None; name the scores",
        ),
        (residual_stream, dict(inputs=[]), "inputs is empty"),
        (residual_stream, dict(inputs="a", output=None, target="b"), "needs scores"),
        (generating_network, dict(symbols="a"), "expected at least two symbols"),
        (generating_network, dict(symbols=["a", " "]), "' ' cannot be seen"),
        (layered_network, dict(word=""), "'' cannot be seen"),
        (layered_network, dict(target="\n"), "cannot be seen"),
        (layered_network, dict(layers=-1), "0 layers or more .*; layers is -1"),
    ],
)
def test_bad_input_is_named(function, arguments, message):
    with pytest.raises(ValueError, match=message):
        function(**arguments)
