"""The article's program in shapes: what is written is what the program does, and a text too short is refused."""

import importlib.util
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
import torch

from unrolled.figures.windows import program_in_shapes

PROGRAM = Path(__file__).parents[1] / "book" / "programs" / "text_article.py"
TEXT = "a cat\nsat there"  # a window of 14, and its target


def texts(text: str = TEXT, batch: int = 3, hidden: int = 5) -> list[str]:
    """What is written in the drawing."""
    svg = ElementTree.fromstring(program_in_shapes(text, batch, hidden).svg)
    return ["".join(each.itertext()) for each in svg.iter("text")]


def test_the_shapes_are_those_that_the_program_makes():
    spec = importlib.util.spec_from_file_location("text_article", PROGRAM)
    spec.loader.exec_module(program := importlib.util.module_from_spec(spec))
    V = 7
    model = program.CharModel(V, hidden=5, layers=1, embed=False)
    seen = []
    for layer in (model.lstm, model.dropout, model.linear):
        layer.register_forward_hook(lambda _, given, made: seen.extend((given, made)))
    data = program.examples(torch.arange(3 + 14) % V, 14)
    X, y = next(iter(torch.utils.data.DataLoader(data, batch_size=3)))
    model(X)
    (given,), (states, _), (last,), _, _, scores = seen
    made = [tuple(x.shape) for x in (given, states, last, scores, y)]
    written = [text for text in texts() if text.startswith("(")]
    assert written == [str(shape).replace("7", "|V|") for shape in made] + ["(3, 14)"]


def test_the_calls_are_those_of_the_program():
    source = PROGRAM.read_text("utf-8")
    code = [text for text in texts() if "(" in text[1:] or "[" in text]
    assert len(code) == 4
    for call in code:
        for piece in call.replace(", y)", "").replace("x)", "").split("…"):
            assert piece.rstrip(")") in source


def test_under_every_character_of_the_lower_strip_is_the_next():
    drawn = [text for text in texts() if len(text) == 1 and text != "⋯"]
    window, after = "a␣ca" + "ther", "␣cat" + "here"
    assert drawn == list(window + "e" + window + after)


def test_the_words_say_what_is_not_used():
    drawing = program_in_shapes(TEXT, 3, 5)
    assert "13 of 14 are not used" in drawing.alt and "13 of 14 are not used" in texts()
    assert "(3, 14, 5)" in drawing.alt and "one target, e," in drawing.alt


def test_a_text_that_is_too_short_is_refused():
    with pytest.raises(ValueError, match="has 9 characters; expected at least 10"):
        program_in_shapes("a cat sat", 3, 5)
