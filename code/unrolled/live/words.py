"""The nearest words of any word in the reader's hands, and a map whose words can be
pointed at.

The cosines are computed in the page, by ``nearest.js``, on vectors that were rounded to
load faster. Left out: sums and differences of words.
"""

__all__ = ["Question", "nearest_words", "rounded"]

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy import ndarray

from unrolled.live import Live

SIGN, STEPS, OCTAVE = 63, 28, 8
"""Each number of a row is one of −28 to 28 steps, each row's size one of 57 too, an
eighth of an octave apart, and the sign 63 is zero: so all are signs that JSON writes as
they are.
"""


def _steps(vectors: ndarray) -> tuple[float, ndarray, ndarray]:
    """The largest number of vectors (V, d); by how many eighths of an octave each row
    (V,) is below it; and each number (V, d) in steps of its row.
    """
    vectors = np.asarray(vectors, dtype=float)
    if vectors.ndim != 2 or not vectors.size or not np.isfinite(vectors).all():
        raise ValueError(
            f"vectors of the shape {vectors.shape}; expected a row of finite numbers for each word"
        )
    largest = float(abs(vectors).max()) or 1.0
    with np.errstate(divide="ignore", invalid="ignore"):
        below = OCTAVE * np.log2(largest / abs(vectors).max(1))
    below = np.floor(np.nan_to_num(below)).clip(0, 2 * STEPS)
    return largest, below, np.rint(vectors / _step(largest, below))


def _step(largest: float, below: ndarray) -> ndarray:
    """The step (V, 1) of each row."""
    return (largest * 2 ** (-below / OCTAVE) / STEPS)[:, None]


def rounded(vectors: ndarray) -> ndarray:
    """Vectors (V, d) as the page reads them, in float64.

    Raises ValueError unless they are a row of finite numbers for each word.
    """
    largest, below, steps = _steps(vectors)
    return steps * _step(largest, below)


def _packed(vectors: ndarray) -> dict[str, object]:
    """Vectors (V, d) as the page gets them: a row's size and its numbers, a sign for
    each.
    """
    largest, below, steps = _steps(vectors)
    signs = np.column_stack([below - STEPS, steps]).astype(int) + SIGN
    return {"largest": largest, "rows": "".join(map(chr, signs.ravel()))}


class Question(NamedTuple):
    """Which of the ``answers`` is nearest to a ``word`` by v, and ``why``, a sentence
    or two.
    """

    word: str
    answers: Sequence[str]
    why: str


def nearest_words(
    words: Sequence[str],
    v: ndarray,
    u: ndarray,
    neighbours: Callable[[str, ndarray], Sequence[tuple[str, float]]],
    groups: Mapping[str, Sequence[str]],
    drawing: str,
    question: Question,
    least: int,
    asked: Sequence[str] = (),
) -> Live:
    """A field for a word, and bars for the cosines of its nearest words by v (V, d), u
    (V, d) or their average; with a map of words in groups, whose ``drawing``, an SVG
    element, stands alone where no script runs.

    The words (V,) are those that occur at least ``least`` times in a text, the most
    frequent first. The nearest words of one among such vectors, with their cosines,
    come from ``neighbours``; those of the map's words, of the question's and of those
    ``asked`` are there at once, all others at a click. Raises ValueError unless there
    are V rows of finite numbers, and one of the answers is among the words nearest to
    the question's.
    """
    if not len(words) == len(v) == len(u):
        raise ValueError(
            f"{len(words)} words, {len(v)} vectors v and {len(u)} u; expected as many of each"
        )
    read = rounded(v), rounded(u)
    kinds = *read, sum(read) / 2
    first = {
        word: [
            [[name, round(float(cosine), 4)] for name, cosine in neighbours(word, rows)]
            for rows in kinds
        ]
        for word in [*sum(map(list, groups.values()), []), question.word, *asked]
    }
    if not {name for name, _ in first[question.word][0]} & {*question.answers}:
        raise ValueError(
            f"none of {', '.join(question.answers)} is among the words nearest to {question.word!r}; expected one, "
            "the right answer"
        )
    payload = {
        "V": len(words),
        "least": least,
        "groups": [[name, [*group]] for name, group in groups.items()],
        "lists": [*first.items()],
        "question": question._asdict(),
    }
    later = {"words": [*words], "v": _packed(v), "u": _packed(u)}
    table = f'<div class="live-map">{drawing}</div>'
    return Live(["nearest", "words"], payload, table, {"vectors": later})
