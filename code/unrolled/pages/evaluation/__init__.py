"""Judging generated names: how good is what a generator gives?

The page ``evaluation`` in the order it is read: what a generator and a judge are,
generators that are bad on purpose, the likelihood of held-out names and how sure a
number is, the metrics that look at a sample, and the trial that holds all generators
against the spread of real names. A generator, a judge and a language model are
functions that are passed in. Left out: metrics that need the features of a trained
network, and people's opinions.
"""

from unrolled.pages.evaluation.generators import Bad, Copies, Letters, OneName
from unrolled.pages.evaluation.likelihood import (
    Measured,
    bits_per_character,
    bits_saved,
    mean_with_interval,
)
from unrolled.pages.evaluation.metrics import (
    Features,
    agreement,
    coverage,
    divergence,
    diversity,
    edit_distance,
    entropy,
    expected_coverage,
    grams,
    jensen_shannon,
    length,
    nearest,
    novelty,
)
from unrolled.pages.evaluation.names import (
    Generator,
    Judge,
    by_language,
    split_for_judge,
)
from unrolled.pages.evaluation.verdict import (
    Metric,
    Trial,
    halves,
    means,
    new_names,
    suite,
    trial,
)

__all__ = [
    "Generator",
    "Judge",
    "split_for_judge",
    "by_language",
    "Bad",
    "Copies",
    "OneName",
    "Letters",
    "Measured",
    "mean_with_interval",
    "bits_per_character",
    "bits_saved",
    "agreement",
    "novelty",
    "edit_distance",
    "nearest",
    "coverage",
    "expected_coverage",
    "diversity",
    "entropy",
    "jensen_shannon",
    "Features",
    "length",
    "grams",
    "divergence",
    "Metric",
    "suite",
    "means",
    "halves",
    "new_names",
    "Trial",
    "trial",
]
