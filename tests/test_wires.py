"""Drawings with numbers: every number is there, in words too; what is zero is empty; and they have room on a phone."""

import re
import xml.etree.ElementTree as ElementTree
from collections import Counter
from itertools import combinations, pairwise

import numpy as np
import pytest

from unrolled.figures.plotting import Drawing
from unrolled.figures.svg import NARROW
from unrolled.figures.wires import exact, numbers_on_wires, shared_matrix, ways_back

WORDS = ["one", "two", "three"]
VALUES = {"x": [0, 1, 0], "h": [2, -3], "s": [5, 6, 7], "p": [0.25, 0.25, 0.5]}
GRADIENTS = {
    "s": np.array([-1 / 4, 3 / 4, -1 / 2]),
    "h": np.array([11, -12]),
    "W_unembed": np.outer([-1 / 4, 3 / 4, -1 / 2], [2, -3]),
    "W_embed": np.outer([11, -12], [0, 1, 0]),
}
LAYER = WORDS, VALUES, [0, 1, 0], GRADIENTS
STATES = np.array([[0, 0], [1, 2], [3, 4], [5, 6]])
DELTA = np.array([[7, 8], [9, 10], [11, 12]])
TERMS = np.array([[1, 2], [3, 4], [5, 6], [7, 8]])
WAYS = np.array([1, 2]), TERMS, np.array([9, 10])
DRAWINGS = [
    numbers_on_wires(*LAYER),
    shared_matrix(WORDS, STATES, DELTA),
    ways_back(*WAYS),
]
PINK, FILLED = "stroke: var(--drawing-4", "fill: var(--drawing-4"


def panels(drawing: Drawing) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(f"<div>{drawing.svg}</div>").iter("svg"))


def texts(panel: ElementTree.Element) -> list[str]:
    """What is written; ' ' for the thin spaces that lead back to the line."""
    every = panel.iter("text")
    return ["".join(text.itertext()).replace("\u200a", "") for text in every]


@pytest.mark.parametrize(
    ("x", "written"),
    [
        (0, "0"),
        (-0.0, "0"),
        (-8, "−8"),
        (9 / 4, "9/4"),
        (-np.log(2), "−log 2"),
        (3 / 4 * np.log(3), "3/4 log 3"),
        (np.pi, "3.14"),
        (-np.pi, "−3.14"),
    ],
)
def test_a_number_is_written_as_by_hand(x, written):
    assert exact(x) == written


# One layer


def test_every_vector_stands_with_its_gradient():
    network, products = panels(DRAWINGS[0])
    drawn = texts(network)
    for letters in ("x", "h", "s", "p", "y", "e = ∂J/∂s", "∂J/∂h", "softmax", "y − p"):
        assert letters in drawn
    assert {"Wembed", "Wunembed", "WunembedT", *WORDS} <= set(drawn)
    vectors = [*VALUES.values(), LAYER[2], GRADIENTS["s"], GRADIENTS["h"]]
    numbers = Counter(map(exact, np.concatenate(vectors)))
    assert Counter(text for text in drawn if text in numbers) == numbers
    for vector in (*VALUES.values(), GRADIENTS["s"], GRADIENTS["h"]):
        assert f"({', '.join(map(exact, vector))})" in DRAWINGS[0].alt
    titles = [text for text in texts(products) if "=" in text]
    assert titles == ["∂J/∂Wembed = (∂J/∂h) xT", "∂J/∂Wunembed = e hT"]


def test_only_what_is_not_zero_is_filled():
    _, products = panels(DRAWINGS[0])
    filled = [box for box in products.iter("rect") if FILLED in box.get("style", "")]
    columns = len(GRADIENTS["s"]) + len(GRADIENTS["h"])
    entries = sum(np.count_nonzero(GRADIENTS[W]) for W in ("W_embed", "W_unembed"))
    assert len(filled) == columns + entries
    assert "Not zero: two." in DRAWINGS[0].alt


# One matrix at every step


def test_each_copy_adds_a_term_and_the_first_is_crossed_out():
    (panel,) = panels(DRAWINGS[1])
    drawn = texts(panel)
    assert drawn.count("Wrecurrent") == drawn.count("tanh") == 3
    assert {"x1", "x2", "x3", "h0", "h1", "h2", "h3", "δ1", "δ2", "δ3"} <= set(drawn)
    assert {"δ1h0T", "δ2h1T", "δ3h2T", "h0 = 0", "∂J/∂Wrecurrent = Σ δtht−1T ="} <= set(
        drawn
    )
    total = DELTA.T @ STATES[:-1]
    assert set(map(exact, total.ravel())) <= set(drawn)
    assert f"is [({', '.join(map(exact, total[0]))})" in DRAWINGS[1].alt
    crossed = [path for path in panel.iter("path") if path.get("stroke-width") == "2"]
    fallen = [path for path in panel.iter("path") if PINK in path.get("style")]
    assert len(crossed) == 2 and len(fallen) == 3 + 2  # by δ, and into the sum


# The ways back


def test_each_way_has_its_factors_and_the_first_has_none():
    found = panels(DRAWINGS[2])
    factors = ["I", "WrecurrentTD3", "WrecurrentTD2", "WrecurrentTD2WrecurrentTD3"]
    for panel, product, value in zip(
        found, [*factors, factors[-1]], [*TERMS, WAYS[2]], strict=True
    ):
        x, y = map(exact, value)
        assert texts(panel).count(f"{product} g3 = ({x}, {y})") == 1
        assert {"h1", "h2", "h3", "tanh"} <= set(texts(panel))
    assert [texts(panel).count("+") for panel in found] == [2, 2, 2, 2, 0]
    assert DRAWINGS[2].alt.startswith(
        "From h3 back to h1, along the stream: no factor;"
    )


def test_each_way_leads_from_the_last_state_to_the_first_without_a_break():
    """But for what it goes through, a + or a tanh, or letters."""
    for panel in panels(DRAWINGS[2]):
        ways = [path for path in panel.iter("path") if PINK in path.get("style")]
        ends = []
        for way in ways:
            line = way.get("d").split("M")[1]  # without its tip
            xs = [float(place.split()[0]) for place in line.split("L")]
            ends.append((max(xs), min(xs)))
        ends = sorted(ends, reverse=True)
        assert all(0 <= a[1] - b[0] <= 43 for a, b in pairwise(ends))
        places = {
            "".join(text.itertext()): text.get("x") for text in panel.iter("text")
        }
        assert (
            float(places["h3"]) - ends[0][0] == ends[-1][1] - float(places["h1"]) == 12
        )


# All of them


@pytest.mark.parametrize("drawing", DRAWINGS, ids=["layer", "matrix", "ways"])
def test_a_panel_has_room_on_a_phone(drawing):
    for panel in panels(drawing):
        left, top, width, height = map(float, panel.get("viewBox").split())
        assert width <= NARROW
        for path in panel.iter("path"):
            for x, y in re.findall(r"[ML](-?[\d.]+) (-?[\d.]+)", path.get("d")):
                assert left <= float(x) <= left + width
                assert top <= float(y) <= top + height
        for text in panel.iter("text"):
            for span in text:
                size = float(span.get("font-size", 15))
                assert size >= (8 if span.get("dy") else 11) or span.text == " "
        boxes = [letters(text) for text in panel.iter("text")]
        for a, b, c, d in boxes:
            assert left <= a and b <= left + width and top < c and d < top + height
        for (a, b, c, d), (e, f, g, h) in combinations(boxes, 2):
            assert b <= e or f <= a or d <= g or h <= c


def letters(text: ElementTree.Element) -> tuple[float, float, float, float]:
    """The left, right, top and bottom of a text, as far as the narrowest letters go."""
    x, y = float(text.get("x")), float(text.get("y"))
    wide = sum(0.3 * float(span.get("font-size", 15)) * len(span.text) for span in text)
    share = {"start": 0, "middle": 0.5, "end": 1}[text.get("text-anchor")]
    return x - share * wide, x + (1 - share) * wide, y - 8, y


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        (
            numbers_on_wires,
            (["a"], *LAYER[1:]),
            r"x has the shape \(3,\); expected \(1,\)",
        ),
        (numbers_on_wires, (WORDS, VALUES, [1], GRADIENTS), r"y has the shape \(1,\)"),
        (
            numbers_on_wires,
            (*LAYER[:3], GRADIENTS | {"W_embed": GRADIENTS["W_unembed"]}),
            r"respect to W_embed has the shape \(3, 2\); expected that of W_embed, \(2, 3\)",
        ),
        (
            numbers_on_wires,
            (*LAYER[:3], {"s": [1, 2, 3]}),
            "respect to h has the shape none",
        ),
        (shared_matrix, ([], STATES, DELTA), "there are 0 words; expected 1 to 3"),
        (
            shared_matrix,
            (WORDS, STATES[1:], DELTA),
            r"h has the shape \(3, 2\); expected 4",
        ),
        (shared_matrix, (WORDS, STATES + 1, DELTA), "h_0 = 0 first"),
        (shared_matrix, (WORDS, STATES, DELTA[1:]), r"delta has the shape \(2, 2\)"),
        (
            ways_back,
            (WAYS[0], TERMS[1:], WAYS[2]),
            r"shapes \(2,\), \(3, 2\) and \(2,\)",
        ),
        (ways_back, (WAYS[0], TERMS, [1]), r"and \(1,\); expected"),
    ],
)
def test_what_does_not_belong_together_is_refused(function, arguments, message):
    with pytest.raises(ValueError, match=message):
        function(*arguments)
