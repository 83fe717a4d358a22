"""The drawing of a network that reads a word: every leading answer is drawn and said, and what is none is refused."""

import re

import pytest
from bs4 import BeautifulSoup

from unrolled.figures.prefixes import after_each_letter

SHARES = {"low": [0.1, 0, 0.2], "end": [0.2, 0.3, 0.7], "start": [0.5, 0.4, 0.1]}


def test_the_answers_that_lead_at_some_letter_are_drawn_and_said():
    found = after_each_letter("Ab<", SHARES)
    assert found.alt == (
        "A recurrent network reads Ab< letter by letter. Probabilities read from its state after each letter: "
        "end 20 %, 30 %, 70 %; start 50 %, 40 %, 10 %."
    ).replace(" %", "\N{NO-BREAK SPACE}%")
    svg = BeautifulSoup(found.svg, "html.parser").svg
    written = [text.get_text() for text in svg.find_all("text")]
    assert written[:2] == ["end", "start"] and "low" not in written
    assert [text for text in written if text in "Ab<"] == ["A", "b", "<"]
    assert [text for text in written if text.startswith("h")] == ["h1", "h2", "h3"]


def test_the_leading_answer_has_a_frame():
    svg = after_each_letter("Abc", SHARES).svg
    framed = [' stroke="' in box for box in re.findall("<rect [^>]*>", svg)]
    # end and start, a box and what fills it, after each letter
    assert [framed[0::4], framed[2::4]] == [[False, False, True], [True, True, False]]
    assert not any(framed[1::2])


def test_bars_are_as_long_as_the_probabilities():
    boxes = re.findall(
        r'<rect x="([\d.]+)" .*?width="([\d.]+)"', after_each_letter("Abc", SHARES).svg
    )
    whole, filled = boxes[::2], boxes[1::2]
    assert [x for x, _ in whole] == [x for x, _ in filled]
    shares = [
        round(float(part[1]) / float(box[1]), 2)
        for part, box in zip(filled, whole, strict=True)
    ]
    assert shares == [0.2, 0.5, 0.3, 0.4, 0.7, 0.1]


@pytest.mark.parametrize(
    ("word", "shares", "message"),
    [
        ("", SHARES, "has 0 letters; expected 1 to 7"),
        ("A\tb", SHARES, "that can be seen"),
        ("Abcdefgh", SHARES, "has 8 letters"),
        ("Ab", SHARES, "'low' has .*for each of the 2 letters"),
        ("Abc", {}, "there are no answers"),
        ("Abc", {"x": [0.1, 0.2, 1.2]}, "'x' has .*expected a probability"),
    ],
)
def test_what_is_no_word_or_no_probability_is_refused(word, shares, message):
    with pytest.raises(ValueError, match=message):
        after_each_letter(word, shares)
