r"""What the page needs for the count models of names: the training names, and the
weights of the linear one.

The n-gram model is built in the page from the names alone, by ``ngrams.js``. The
weights of the linear model, which are 36,000 runs of letters by 25 languages, follow from
few numbers: a support vector machine with squared hinge loss has, for each language,

.. math:: w = 2 C \sum_i \xi_i y_i x_i,

with the counts x_i of the training names, y_i = 1 for a name of the language and −1 for
another, and ξ_i, by how much y_i (w · x_i + b) falls short of 1 (the gradient of its loss is
zero there; Fan et al. 2008, LIBLINEAR). Most ξ_i are zero. The page has 2 C ξ_i, rounded, and sums up.
"""

__all__ = ["training_names", "packed_counts", "rounded_counts"]

from collections.abc import Sequence
from copy import deepcopy

import numpy as np
from numpy import ndarray
from scipy.sparse import csr_array
from sklearn.pipeline import Pipeline

from unrolled.data.names import ALPHABET, Name, language_places

LEVELS = 91  # strengths other than 0, one symbol each from # on
FIRST = 35
NEAR = 0.02
"""How far a weight may lie from the sum, relative to the largest weight: what the
fitting leaves, and no more.
"""


def _lists(train: Sequence[Name], languages: Sequence[str]) -> list[list[str]]:
    """The names of each language, sorted."""
    language_places(train, languages)
    return [sorted(name.text for name in train if name.language == x) for x in languages]


def training_names(train: Sequence[Name], languages: Sequence[str]) -> dict:
    """The training names as ``unrolled.training`` reads them: a text for each language.

    Raises ValueError if a language is unknown or has no names.
    """
    lists = _lists(train, languages)
    if not all(lists):
        missing = [x for x, names in zip(languages, lists, strict=True) if not names]
        raise ValueError(f"no training names of {', '.join(missing)}; expected some of each language")
    texts = [",".join(names) for names in lists]
    return {"languages": list(languages), "alphabet": ALPHABET, "names": texts}


class _Strengths:
    """How strongly each training name adds to the weights of each language, rounded."""

    def __init__(self, pipeline: Pipeline, train: Sequence[Name]) -> None:
        """Take the strengths from how far the names fall short; raise ValueError if the
        weights are not their sum.
        """
        counts, svm = pipeline[0], pipeline[-1]
        languages = svm.classes_.tolist()
        if len(languages) < 3:
            raise ValueError(f"a model of {len(languages)} languages; expected three or more")
        lists = _lists(train, languages)
        self.x = csr_array(counts.transform([text for texts in lists for text in texts]))
        own = np.repeat(np.arange(len(languages)), [*map(len, lists)])
        self.y = np.where(own[:, None] == np.arange(len(languages)), 1, -1)  # (N, C)
        short = np.maximum(1 - self.y * svm.decision_function(self.x), 0)
        exact = 2 * svm.C * short
        off = np.abs(self.weights(exact) - svm.coef_).max() / np.abs(svm.coef_).max()
        if not off < NEAR:
            raise ValueError(
                "the weights are not the sum of these names; expected a LinearSVC, as count_model has, and the names "
                "that it was fitted to"
            )
        self.largest = exact.max(0)
        # small strengths, of which there are most, keep their sum better by their root
        self.digits = np.rint(LEVELS * np.sqrt(exact / self.largest)).astype(int)

    def weights(self, strengths: ndarray) -> ndarray:
        """The weights (C, F) of strengths (N, C)."""
        return (self.x.T @ (self.y * strengths)).T


def packed_counts(pipeline: Pipeline, train: Sequence[Name]) -> dict:
    """The fitted :func:`~unrolled.pages.classification.count_model` as
    ``unrolled.counts`` reads it beside the :func:`training_names`.

    ``train`` are the names that it was fitted to, in any order. Raises ValueError if
    the model is another, or was fitted to other names.
    """
    found = _Strengths(pipeline, train)
    return {
        "strengths": ["".join(map(chr, row)) for row in (FIRST + found.digits.T).tolist()],
        "levels": LEVELS,
        "largest": found.largest.tolist(),
        "intercepts": pipeline[-1].intercept_.tolist(),
    }


def rounded_counts(pipeline: Pipeline, train: Sequence[Name]) -> Pipeline:
    """A copy of the model with the weights that the page has; raises ValueError as
    :func:`packed_counts` does.
    """
    found, rounded = _Strengths(pipeline, train), deepcopy(pipeline)
    strengths = found.largest * (found.digits / LEVELS) ** 2
    rounded[-1].coef_ = found.weights(strengths)
    return rounded
