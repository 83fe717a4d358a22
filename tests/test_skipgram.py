"""The drawings of word2vec: what is drawn and said is what was given, and what cannot be drawn is refused."""

import re

import numpy as np
import pytest
from bs4 import BeautifulSoup

from unrolled.figures.skipgram import (
    Moment,
    Plane,
    observed_minus_expected,
    sliding_window,
    two_groups,
)
from unrolled.pages import word2vec

SENTENCE = "austin is the capital of texas".split()
U = np.array([[1.0, 3], [0, 2], [0, 1]])
BEFORE = Moment(np.array([np.log(2), 0]), np.array([1 / 2, 1 / 4, 1 / 4]))
AFTER = Moment(np.array([np.log(2) - 0.5, -0.25]), np.array([0.3, 0.3, 0.4]))
RUNS = {
    "near": np.zeros((3, 2, 4, 2)),
    "far": np.arange(48.0).reshape(3, 2, 4, 2),
}
GROUPS = [0, 0, 1, 1]


def written(svg: str) -> list[str]:
    """The texts of a drawing."""
    return [text.get_text() for text in BeautifulSoup(svg, "html.parser")("text")]


def test_pairs_of_a_window_are_those_that_the_page_trains_on():
    found = sliding_window(SENTENCE, range(6), 2)
    told = [re.findall(r"\((\w+), (\w+)\)", text) for text in written(found.svg)]
    words = word2vec.Words([SENTENCE])
    pairs = word2vec.pairs(word2vec.encode([SENTENCE], words), 2)
    expected = [
        tuple(words.words[w] for w in pair) for pair in zip(*pairs, strict=True)
    ]
    assert sorted(sum(told, [])) == sorted(expected)
    arrows = re.findall(r"C[\d. ]+M", found.svg)
    assert len(arrows) == len(expected) == 18


def test_a_window_is_framed_said_and_cut_at_the_end():
    found = sliding_window(SENTENCE, [5], 2)
    assert found.alt.endswith("Centre texas: capital, of.")
    boxes = re.findall(r'<rect x="([\d.]+)".*?width="([\d.]+)"', found.svg)
    window, centre = (tuple(map(float, box)) for box in boxes)
    assert sum(window) == pytest.approx(sum(centre), abs=0.2) and window[0] < centre[0]
    assert found.svg.count('fill-opacity="0.65"') == 3  # the words outside


def test_a_plane_puts_points_where_they_are():
    plane = Plane(100, 50, 10)
    assert plane.at((0, 0)) == (100, 50) and plane.at((1, 2)) == (110, 30)


def test_dots_have_areas_like_the_probabilities_and_the_arrow_ends_at_the_observed():
    found = observed_minus_expected(U, 1, BEFORE, AFTER)
    dots = re.findall(r'cx="([\d.]+)" cy="([\d.]+)" r="([\d.]+)"', found.svg)
    dots = np.array(dots, dtype=float)
    areas = dots[:3, 2] ** 2
    np.testing.assert_allclose(areas / areas.sum(), BEFORE.P, atol=0.01)
    arrows = re.findall(r"M([\d.]+) ([\d.]+)L([\d.]+) ([\d.]+)M", found.svg)
    gradient, step = np.array(arrows, dtype=float)
    np.testing.assert_allclose(gradient[2:], dots[1, :2], atol=0.1)  # at u_1
    np.testing.assert_allclose(gradient[:2], dots[3, :2], atol=0.1)  # from the average
    # the step of η = 1 is the same arrow, from v_c
    np.testing.assert_allclose(
        step[2:] - step[:2], gradient[2:] - gradient[:2], atol=0.2
    )
    assert "is (0.50, 2.25), the observed one u1 is (0.00, 2.00)" in found.alt
    assert (
        "(−0.50, −0.25)" in found.alt
        and "word 2 0.25 before and 0.40 after" in found.alt
    )
    assert {"0.25 before", "0.40 after", "word 1, observed"} <= set(written(found.svg))


def test_bars_are_as_long_as_the_probabilities():
    svg = observed_minus_expected(U, 1, BEFORE, AFTER).svg
    widths = re.findall(r'<rect .*?width="([\d.]+)"', svg)
    both = np.array([BEFORE.P, AFTER.P]).T.ravel()
    np.testing.assert_allclose(np.array(widths, dtype=float) / 100, both, atol=0.001)


def test_panels_have_one_scale_and_say_their_mean_scores():
    found = two_groups(RUNS, GROUPS)
    svgs = BeautifulSoup(found.svg, "html.parser")("svg")
    axes = [re.search(r"M([\d.-]+) ([\d.-]+)H", str(svg)).groups() for svg in svgs]
    assert len(svgs) == 2 and axes[0] == axes[1]
    v, u = RUNS["far"][-1]
    scores, same = v @ u.T, np.kron(np.eye(2), np.ones((2, 2))) == 1
    told = f"mean score in a group {scores[same].mean():.2f}, between {scores[~same].mean():.2f}"
    assert told in written(found.svg) and "After" not in found.alt
    assert "Mean score within a group 0.00, between them 0.00" in found.alt
    assert "after 2 steps" in found.alt


def test_groups_and_kinds_are_told_apart_by_shape():
    svg = two_groups({"far": RUNS["far"]}, GROUPS).svg
    ends = re.findall(
        r'<(circle|rect) [^>]*(?:r="4.0"|width="8.0")[^>]*style="fill: (none|var)', svg
    )
    assert ends == [
        (x, y) for y in ("var", "none") for x in ("circle",) * 2 + ("rect",) * 2
    ]


@pytest.mark.parametrize(
    ("words", "centres", "reach", "message"),
    [
        ("a sentence", [0], 1, "expected a list of words"),
        (["alone"], [0], 1, "expected two words or more"),
        (["a", "\t"], [0], 1, "that can be seen"),
        (SENTENCE * 3, [0], 1, "in 340 at most"),
        (SENTENCE, [], 1, "the centres are"),
        (SENTENCE, [6], 1, "expected places from 0 to 5"),
        (SENTENCE, [0], 0, "the reach is 0"),
    ],
)
def test_what_is_no_window_is_refused(words, centres, reach, message):
    with pytest.raises(ValueError, match=message):
        sliding_window(words, centres, reach)


@pytest.mark.parametrize(
    ("u", "o", "after", "message"),
    [
        (np.eye(3), 0, AFTER, "expected 2 to 4 vectors of two"),
        (U * np.nan, 0, AFTER, "finite"),
        (U, 3, AFTER, "expected 0 to 2"),
        (U, 1, Moment(np.zeros(3), AFTER.P), "v_c is"),
        (U, 1, Moment(AFTER.v_c, np.ones(3)), "add up to one"),
        (U, 1, Moment(AFTER.v_c, np.full(2, 0.5)), "each of 3 words"),
    ],
)
def test_what_is_not_in_the_plane_or_no_distribution_is_refused(u, o, after, message):
    with pytest.raises(ValueError, match=message):
        observed_minus_expected(u, o, BEFORE, after)


@pytest.mark.parametrize(
    ("runs", "groups", "message"),
    [
        ({}, GROUPS, "there are no runs"),
        (RUNS, [0, 0, 0, 0], "expected 0 and 1"),
        (RUNS, [0, 1], "has paths of the shape"),
        ({"short": RUNS["far"][:1]}, GROUPS, "two steps or more"),
        ({"lost": RUNS["far"] * np.nan}, GROUPS, "no finite numbers"),
    ],
)
def test_what_are_no_paths_is_refused(runs, groups, message):
    with pytest.raises(ValueError, match=message):
        two_groups(runs, groups)
