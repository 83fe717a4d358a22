"""Maps of words: each is there, at its place, and said; other vectors give another map; what is no map is refused."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy import ndarray

from unrolled.figures import maps

GROUPS = {"people": ["king", "queen", "prince"], "animals": ["dog"]}
PLACES = np.array([[0.0, 3], [1, 2], [2, 0], [5, 1]])


def test_every_word_is_drawn_and_said_by_its_group():
    found = maps.word_map(GROUPS, PLACES)
    assert found.alt == (
        "A map of 4 words. In one colour each: people: king, queen, prince; animals: dog. For 3 of them, the nearest "
        "word on the map has the same colour."
    )
    said = re.findall(r'<text style="([^"]*)"[^>]*>(\w+)<', found.svg)
    for number, (name, group) in enumerate(GROUPS.items(), 1):
        inked = [word for style, word in said if f"var(--drawing-{number}, " in style]
        assert inked == group
        assert name in [word for _, word in said]


def dots(svg: str) -> ndarray:
    """Where the dots of a map are, and above them those of its legend."""
    found = re.findall(r'<use [^>]*x="([-\d.]+)" y="([-\d.]+)"', svg)
    return np.array(found, dtype=float)


def test_each_dot_is_where_the_projection_puts_it():
    found = dots(maps.word_map(GROUPS, PLACES).svg)[:4] * [1, -1]
    span = np.ptp(PLACES, axis=0)
    np.testing.assert_allclose(
        (found - found.min(0)) / np.ptp(found, axis=0),
        (PLACES - PLACES.min(0)) / span,
        atol=1e-3,
    )


def parted(n: int, apart: float) -> tuple[dict[str, list[str]], ndarray]:
    """Four groups of n words, with vectors around a middle of each group, so far
    apart.
    """
    groups = {x: [f"{x}{i:02}" for i in range(n)] for x in "abcd"}
    rng = np.random.default_rng(1)
    middles = np.repeat(np.eye(4, 16) * apart, n, axis=0)
    return groups, middles + rng.normal(size=(4 * n, 16))


def plane(vectors: ndarray) -> ndarray:
    """The two first principal components."""
    u, s, _ = np.linalg.svd(vectors - vectors.mean(0), full_matrices=False)
    return u[:, :2] * s[:2]


def test_another_table_of_vectors_gives_another_map():
    groups, vectors = parted(9, 8)
    shuffled = np.random.default_rng(2).permutation(vectors)
    found, other = (maps.word_map(groups, plane(x)) for x in (vectors, shuffled))
    assert found.svg != other.svg and found.alt != other.alt


def test_groups_look_grouped_only_if_their_vectors_are():
    groups, vectors = parted(9, 8)
    assert maps.beside_its_own(groups, plane(vectors)) > 0.85
    rng = np.random.default_rng(2)
    shares = [
        maps.beside_its_own(groups, plane(x))
        for x in (parted(9, 0)[1], *(rng.permutation(vectors) for _ in range(20)))
    ]
    assert max(shares) < 0.6 and abs(np.mean(shares) - 8 / 35) < 0.07


def test_as_many_words_as_on_the_page_can_all_be_read():
    groups, vectors = parted(9, 0)
    svg = maps.word_map(groups, plane(vectors)).svg
    width, height = map(float, re.search(r'viewBox="0 0 (\S+) (\S+)"', svg).groups())
    found = re.findall(r'<text [^>]*x="([\d.]+)" y="([\d.]+)"[^>]*>[a-d]\d', svg)
    middles, half = np.array(found, dtype=float), np.array([3 * 5, 9.5]) / 2
    assert len(middles) == 36
    assert (half < middles).all() and (middles < [width, height] - half).all()
    across, up = np.moveaxis(abs(middles[:, None] - middles), 2, 0)
    overlap = (across < 2 * half[0]) & (up < 2 * half[1])
    assert overlap.sum() == 36  # each with itself


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
        ({}, PLACES, "0 groups, of .* expected 1 to 4 groups"),
        ({"a": ["a"], "b": []}, PLACES[:1], r"2 groups, of \[1, 0\] words"),
        ({x: [x] for x in "abcde"}, np.eye(5, 2), "5 groups, .* expected 1 to 4"),
        ({"x": "abc", "y": ["d"]}, PLACES, "expected a list of words for each group"),
        ({"x": ["a", "b"], "y": ["c", "b"]}, PLACES, "'b' is there more than once"),
        (GROUPS, PLACES[:3], r"shape \(3, 2\) for 4 words; expected \(4, 2\)"),
        (GROUPS, PLACES * np.nan, "expected .* finite numbers"),
        (GROUPS, PLACES * [1, 0], "all in a row"),
        ({"x": ["a"]}, PLACES[:1], "all in a row"),
    ],
)
@pytest.mark.parametrize("function", [maps.word_map, maps.beside_its_own])
def test_what_is_no_map_is_refused(function, groups, places, message):
    with pytest.raises(ValueError, match=message):
        function(groups, places)
