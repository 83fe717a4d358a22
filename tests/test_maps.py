"""Maps of words: every word is there and said, labels do not overlap, and what is no map is refused."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy import ndarray

from unrolled.figures import maps, plotting

GROUPS = [["king", "queen", "prince"], ["dog"]]
PLACES = np.array([[0.0, 3], [1, 2], [2, 0], [5, 1]])


def test_every_word_is_drawn_and_said_by_its_group():
    found = maps.word_map(GROUPS, PLACES)
    assert found.alt == (
        "A map of words. In one colour each: king, with queen, prince; dog."
    )
    said = {
        word: style
        for style, word in re.findall(r'<text style="([^"]*)"[^>]*>(\w+)<', found.svg)
    }
    assert list(said) == ["king", "queen", "prince", "dog"]
    for number, group in enumerate(GROUPS, 1):
        assert all(f"var(--drawing-{number}, " in said[word] for word in group)
    assert {word for word in said if "700" in said[word]} == {"king", "dog"}


def test_what_is_right_of_a_word_is_drawn_right_of_it_and_what_is_above_above():
    svg = maps.word_map(GROUPS, PLACES).svg
    found = re.findall(r'<text [^>]*x="([\d.]+)" y="([\d.]+)"', svg)
    x, y = np.array(found, dtype=float).T
    assert (np.argsort(x) == np.argsort(PLACES[:, 0])).all()
    assert (np.argsort(-y) == np.argsort(PLACES[:, 1])).all()


def test_as_many_words_as_on_the_page_can_all_be_read():
    groups = [[f"word{x}{i:02}" for i in range(11)] for x in "abcd"]
    places = np.random.default_rng(1).normal(size=(44, 2))
    svg = maps.word_map(groups, places).svg
    width, height = map(float, re.search(r'viewBox="0 0 (\S+) (\S+)"', svg).groups())
    found = re.findall(r'<text [^>]*x="([\d.]+)" y="([\d.]+)"', svg)
    middles, half = np.array(found, dtype=float), np.array([7 * 5, 9.5]) / 2
    assert (half < middles).all() and (middles < [width, height] - half).all()
    across, up = np.moveaxis(abs(middles[:, None] - middles), 2, 0)
    overlap = (across < 2 * half[0]) & (up < 2 * half[1])
    assert overlap.sum() == 44  # each with itself


@st.composite
def labels(draw: st.DrawFn) -> tuple[ndarray, ndarray]:
    """Labels that crowd, some of them at the same place."""
    n = draw(st.integers(1, 12))
    place = st.tuples(st.integers(0, 40), st.integers(0, 20))
    middles = draw(st.lists(place, min_size=n, max_size=n))
    widths = draw(st.lists(st.integers(10, 80), min_size=n, max_size=n))
    return np.array(middles, float), np.array([[w, 13.0] for w in widths])


@given(labels())
def test_labels_are_pushed_apart_until_none_overlaps(given):
    middles, sizes = given
    found = maps.pushed_apart(middles, sizes)
    gaps = abs(found[:, None] - found) - (sizes[:, None] + sizes) / 2
    apart = (gaps >= 0).any(2) | np.eye(len(found), dtype=bool)
    assert apart.all()
    assert (found[:, 0] == middles[:, 0]).all()
    np.testing.assert_allclose(found.sum(0), middles.sum(0), atol=1e-6)


def test_labels_that_have_room_stay():
    middles = np.array([[0.0, 0], [0, 13], [30, 5]])
    found = maps.pushed_apart(middles, np.array([[20.0, 13]] * 3))
    assert (found == middles).all()


@pytest.mark.parametrize(
    ("groups", "places", "message"),
    [
        ([], PLACES, "0 groups, of .* expected 1 to 4 groups"),
        ([["a"], []], PLACES[:1], r"2 groups, of \[1, 0\] words"),
        ([[x] for x in "abcde"], np.eye(5, 2), "5 groups, .* expected 1 to 4"),
        (["abc", ["d"]], PLACES, "expected a list of words for each group"),
        ([["a", "b"], ["c", "b"]], PLACES, "'b' is there more than once"),
        (GROUPS, PLACES[:3], r"shape \(3, 2\) for 4 words; expected \(4, 2\)"),
        (GROUPS, PLACES * np.nan, "expected .* finite numbers"),
        (GROUPS, PLACES * [1, 0], "all in a row"),
        ([["a"]], PLACES[:1], "all in a row"),
    ],
)
def test_what_is_no_map_is_refused(groups, places, message):
    with pytest.raises(ValueError, match=message):
        maps.word_map(groups, places)


def test_there_is_a_colour_for_each_of_four_groups():
    groups = [[x, x.upper()] for x in "abcd"]
    svg = maps.word_map(groups, np.random.default_rng(1).normal(size=(8, 2))).svg
    assert all(
        f"var(--drawing-{k}, {c})" in svg for k, c in enumerate(plotting.COLOURS, 1)
    )
