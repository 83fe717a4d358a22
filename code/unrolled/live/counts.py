r"""What the page needs for the count models of names: the training names, and the
weights of the linear one.

The n-gram model is built in the page from the names alone, by ``ngrams.js``. The
weights of the linear one, 36,000 runs of letters by 25 languages, follow from few
numbers. A support vector machine with the squared hinge loss has, for each language,
the weights

.. math:: w = 2 C \sum_i \xi_i y_i x_i .

Here x_i are the counts of a training name; y_i is 1 if it is of the language and −1 if
not; and ξ_i ≥ 0 is by how much y_i (w · x_i + b) falls short of 1. There the gradient
of ½ ‖w‖² + C Σ ξ_i² is zero. Most ξ_i are zero too. The page has the strengths 2 C ξ_i,
rounded, and ``counts.js`` sums up.
"""

__all__ = ["training_names", "packed_counts", "rounded_counts"]

from collections.abc import Sequence
from copy import deepcopy

import numpy as np
from numpy import ndarray
from scipy.sparse import csr_array
from sklearn.pipeline import Pipeline

from unrolled.data.names import ALPHABET, Name, language_places

FIRST, LEVELS = 35, 91  # strengths are symbols from # on, one for each level
POWER = 1.5  # most strengths are small, so small ones are told apart best
NEAR = 0.02  # a weight from the sum, relative to the largest: what fitting leaves


def _lists(train: Sequence[Name], languages: Sequence[str]) -> list[list[str]]:
    """The names of each language, sorted; raises ValueError if a language is unknown or
    has none.
    """
    language_places(train, languages)
    lists = {language: [] for language in languages}
    for name in sorted(train):
        lists[name.language].append(name.text)
    if missing := [language for language, names in lists.items() if not names]:
        raise ValueError(
            f"no training names of {', '.join(missing)}; expected some of each language"
        )
    return [*lists.values()]


def training_names(train: Sequence[Name], languages: Sequence[str]) -> dict:
    """The training names as ``unrolled.training`` reads them: a text for each language.

    Raises ValueError if there is no language, if one is unknown or has no names.
    """
    texts = [",".join(texts) for texts in _lists(train, languages)]
    if not texts:
        raise ValueError("there are no languages; expected one or more")
    return {"languages": list(languages), "alphabet": ALPHABET, "names": texts}


class _Strengths:
    """How strongly each training name adds to the weights of each language, rounded."""

    def __init__(self, pipeline: Pipeline, train: Sequence[Name]) -> None:
        """Take the strengths from how far the names fall short; raise ValueError if the
        weights are not their sum.
        """
        svm, languages = pipeline[-1], pipeline.classes_.tolist()
        if len(languages) < 3:
            raise ValueError(
                f"a model of {len(languages)} languages; expected three or more"
            )
        lists = _lists(train, languages)
        texts = [text for texts in lists for text in texts]
        self.x = csr_array(pipeline[:-1].transform(texts))  # (N, F)
        own = np.repeat(np.arange(len(lists)), [*map(len, lists)])
        self.y = np.where(own[:, None] == np.arange(len(lists)), 1, -1)  # (N, C)
        short = np.maximum(1 - self.y * pipeline.decision_function(texts), 0)
        exact = 2 * svm.C * short
        off = np.abs(self.weights(exact) - svm.coef_).max()
        if not off < NEAR * np.abs(svm.coef_).max():
            raise ValueError(
                "the model's weights are not the sum of these names; expected a count_model, and the names that it "
                "was fitted to"
            )
        self.largest = exact.max(0)
        share = (exact / self.largest) ** (1 / POWER)
        self.levels = np.rint(LEVELS * share).astype(int)

    def weights(self, strengths: ndarray) -> ndarray:
        """The weights (C, F) of strengths (N, C)."""
        return (self.x.T @ (self.y * strengths)).T


def packed_counts(pipeline: Pipeline, train: Sequence[Name]) -> dict:
    """A fitted :func:`~unrolled.pages.classification.count_model` as
    ``unrolled.counts`` reads it, beside the :func:`training_names`.

    ``train`` are the names that it was fitted to, in any order. Raises ValueError if it
    is another model, or was fitted to other names, or to fewer than three languages.
    """
    found = _Strengths(pipeline, train)
    rows = (FIRST + found.levels.T).tolist()
    return {
        "strengths": ["".join(map(chr, row)) for row in rows],
        "levels": LEVELS,
        "power": POWER,
        "largest": found.largest.tolist(),
        "intercepts": pipeline[-1].intercept_.tolist(),
    }


def rounded_counts(pipeline: Pipeline, train: Sequence[Name]) -> Pipeline:
    """A copy of the model with the weights that the page has; raises ValueError as
    :func:`packed_counts` does.
    """
    found, rounded = _Strengths(pipeline, train), deepcopy(pipeline)
    strengths = found.largest * (found.levels / LEVELS) ** POWER
    rounded[-1].coef_ = found.weights(strengths)
    return rounded
