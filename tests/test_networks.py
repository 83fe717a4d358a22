"""Diagrams: all symbols and arrows are there, within the picture and apart, in words too, and the same again."""

import xml.etree.ElementTree as ElementTree
from collections import Counter
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.figures.cells import generating_cells, recurrent_cells
from unrolled.figures.networks import (
    layered_network,
    residual_stream,
    tutorial_network,
    unrolled_network,
)
from unrolled.figures.plotting import COLOURS, Drawing
from unrolled.figures.svg import NARROW
from unrolled.figures.words import INPUTS, LATENT, STEPS

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
    kind = draw(st.sampled_from(range(6)))
    if kind == 0:
        return layered_network(
            draw(targets), layers=draw(st.integers(1, 14)), **options
        )
    if kind == 1:
        return tutorial_network(draw(st.lists(symbols, min_size=2, max_size=20)))
    if kind == 2:
        return generating_cells(draw(st.lists(symbols, min_size=2, max_size=4)))
    if kind == 3:
        layers, target = draw(st.integers(1, 2)), draw(symbols)
        few = st.lists(symbols, min_size=1, max_size=3)
        return recurrent_cells(draw(few), layers=layers, target=target)
    return (unrolled_network, residual_stream)[kind - 4](draw(inputs), **options)


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


@given(short)
def test_every_input_state_and_arrow_is_drawn(inputs):
    T, drawing = len(inputs), unrolled_network(inputs)
    assert not Counter(inputs) - Counter(texts(drawing))
    assert len(elements(drawing, "circle")) == T + 2  # the states, s and p
    assert arrows(drawing) == (2 * T + 2, 0, 0)


@given(st.integers(INPUTS.shown + 1, 50))
def test_many_inputs_are_folded(T):
    drawing = unrolled_network([f"x{t}" for t in range(1, T + 1)])
    drawn = ["x1", "x2", "x3", "⋯", f"x{T - 1}", f"x{T}"]
    assert [text for text in texts(drawing) if text[0] in "x⋯"] == [*drawn, "⋯"]
    assert len(elements(drawing, "circle")) == 5 + 2
    assert arrows(drawing) == (6 + 5 + 2, 0, 0)
    assert f"x3, and so on to x{T - 1}, x{T}." in drawing.alt


@given(short)
def test_gradients_of_an_unrolled_network_go_back_to_every_state(inputs):
    T = len(inputs)
    drawing = unrolled_network(inputs, target="?", gradients=True)
    given = 1 + T  # arrows from h_0 and from the inputs
    assert arrows(drawing) == (2 * T + 3, 2 * T + 3 - given, 0)
    assert by(drawing) == [*(f"h{t}" for t in range(1, T + 1)), "s"]


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
    assert drawn.count("tanh") == layers
    assert arrows(drawing) == (2 * layers + 4, (2 * layers + 3) * gradients, 0)
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


# Networks that generate


def handed_on(drawing: Drawing) -> int:
    """How many dotted arrows there are."""
    paths = elements(drawing, "path")
    return sum(path.get("stroke-dasharray") == "1 4" for path in paths)


@given(st.lists(symbols, min_size=2, max_size=STEPS.shown + 1))
def test_every_step_of_the_tutorial_reads_the_language_and_what_was_drawn(name):
    T, drawing = len(name) - 1, tutorial_network(name)
    drawn = texts(drawing)
    assert not Counter(name[:-1] + name[1:]) - Counter(drawn)
    assert drawn.count("z") == T + Counter(name[:-1] + name[1:])["z"]
    assert len(elements(drawing, "circle")) == 5 * T
    assert handed_on(drawing) == T - 1
    assert arrows(drawing) == (11 * T + T - 1, 0, 0)


@given(st.integers(STEPS.shown + 1, 30))
def test_many_steps_of_the_tutorial_are_folded(T):
    drawing = tutorial_network([f"a{t}" for t in range(T + 1)])
    read = [text for text in texts(drawing) if text[0] == "a"]
    assert sorted(read) == sorted(["a0", "a1", "a1", "a2", f"a{T - 1}", f"a{T}"])
    assert texts(drawing).count("⋯") == 1
    assert "and so on to" in drawing.alt


def test_the_layers_of_the_tutorial_are_named_once():
    drawing = tutorial_network("ab")
    for layer in ["i2h", "i2o", "o2o", "dropout"]:
        assert texts(drawing).count(layer) == 1 and layer in drawing.alt


# Cells


@given(st.integers(1, 3), st.integers(1, 2))
def test_every_cell_has_its_matrices_plus_and_tanh(T, layers):
    drawing = recurrent_cells(["a", "b", "c"][:T], layers=layers)
    drawn = Counter(texts(drawing))
    number = [f"({layer})" if layers > 1 else "" for layer in range(1, layers + 1)]
    assert drawn["+"] == drawn["tanh"] == layers * T
    assert drawn["Wembed"] == T and drawn["W(2)in"] == T * (layers - 1)
    assert drawn["Wunembed"] == drawn["s"] == drawn["p"] == 1
    for t in range(1, T + 1):
        assert drawn[f"x{t}"] == 1
        for layer, n in enumerate(number, 1):
            assert drawn[f"W{n}recurrent"] == T
            # a state's letters are on each wire by which it leaves
            assert drawn[f"h{n}{t}"] == (t < T) + (layer < layers)


@given(st.lists(symbols, min_size=2, max_size=4))
def test_every_cell_that_generates_reads_the_language_and_what_was_drawn(name):
    T, drawing = len(name) - 1, generating_cells(name)
    drawn = Counter(texts(drawing)) - Counter(name[:-1] + name[1:])
    for text in ["z", "+", "tanh", "softmax", "∼"]:
        assert drawn[text] == T
    for matrix in ["embed", "language", "recurrent", "unembed"]:
        assert drawn[f"W{matrix}"] == T and f"W_{matrix}" in drawing.alt
    for t in range(1, T + 1):
        assert all(drawn[f"{letter}{t}"] == 1 for letter in "xsp")
        assert drawn[f"h{t}"] == (t < T)
    assert handed_on(drawing) == T - 1


def test_what_a_cell_has_drawn_is_handed_on_to_the_next():
    drawing = generating_cells("⊢Li⊣")
    drawn, read = (
        [float(e.get("x")) for e in elements(drawing, "text") if e[0].text == letter]
        for letter in "pz"
    )
    ways = [
        corners(path)
        for path in elements(drawing, "path")
        if path.get("stroke-dasharray") == "1 4"
    ]
    for way, before, after in zip(ways, drawn, read[1:], strict=False):
        assert 0 < way[0][0] - before < 20 and 0 < after - way[-1][0] < 20


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
        recurrent_cells(WORDS),
        recurrent_cells(WORDS, layers=2),
        residual_stream(WORDS, target="learning", gradients=True),
        generating_cells("⊢Li⊣"),
        tutorial_network("Li⊣"),
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
        for (x, y), (to_x, to_y) in pairwise(corners(path)):
            assert left < min(x, to_x) and max(x, to_x) < left + width
            assert abs(to_x - x) + abs(to_y - y) > 5  # long enough to see


def corners(path: ElementTree.Element) -> list[tuple[float, float]]:
    """Where a wire begins, bends and ends."""
    line = path.get("d").split("M")[1]
    return [tuple(map(float, point.split())) for point in line.split("L")]


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
        for start, end in pairwise(corners(path)):
            points = np.linspace(start, end, 100)[:, None]
            inside = (boxes[..., 0] < points) & (points < boxes[..., 1])
            assert not inside.all(axis=-1).any()


@given(drawings())
def test_gradients_are_in_the_words_if_they_are_in_the_picture(drawing):
    assert ("gradients of J" in drawing.alt) == (PINK in drawing.svg)


@given(drawings())
def test_the_words_have_what_the_picture_has(drawing):
    drawn = set(texts(drawing))
    unnamed = {"softmax", "tanh", "+", "∼", "⋯", "⋮", "⋱", "?", "∂J"}
    unnamed |= {f"{letter}{t}" for letter in "psox" for t in range(1, 21)}
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
        (
            unrolled_network,
            dict(inputs="a", output=None, target="b"),
            "the target 'b' needs scores, and output is None; name the scores",
        ),
        (residual_stream, dict(inputs=[]), "inputs is empty"),
        (residual_stream, dict(inputs="a", output=None, target="b"), "needs scores"),
        (tutorial_network, dict(symbols="a"), "expected at least two symbols"),
        (tutorial_network, dict(symbols=["a", " "]), "' ' cannot be seen"),
        (generating_cells, dict(symbols="a"), "expected at least two symbols"),
        (
            generating_cells,
            dict(symbols="abcde"),
            "5 symbols; there is room for 2 to 4",
        ),
        (recurrent_cells, dict(inputs="abcd"), "4 inputs and 1 layers; there is room"),
        (recurrent_cells, dict(inputs="a", layers=0), "room for 1 to 3 and 1 to 2"),
        (recurrent_cells, dict(inputs="a", target=""), "'' cannot be seen"),
        (layered_network, dict(word=""), "'' cannot be seen"),
        (layered_network, dict(target="\n"), "cannot be seen"),
        (layered_network, dict(layers=-1), "0 layers or more .*; layers is -1"),
    ],
)
def test_bad_input_is_named(function, arguments, message):
    with pytest.raises(ValueError, match=message):
        function(**arguments)
