"""The probability of whole names, and of every name up to a length."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy import ndarray
from torch import Tensor, nn

from unrolled.data.demand import whole
from unrolled.data.vocabulary import Vocabulary
from unrolled.learning.training import evaluating
from unrolled.pages.generation.names import Encoded, demand_fit


class Masses(NamedTuple):
    """By number of letters n = 0, 1, …: of the names with n letters, of what goes on
    after n, and of all so far.

    Each (longest + 1,). ``total`` is the mass of all names with at most n letters, and
    of what goes on.
    """

    names: ndarray
    survival: ndarray
    total: ndarray


MOST_NAMES = 10**6
"""As many names as :func:`masses` follows at once."""


def masses(
    model: nn.Module, letters: Vocabulary, language: int, longest: int
) -> Masses:
    """What probability a network gives to all names of each length, and to going on:
    every beginning is followed.

    What goes to neither a letter nor the end is in neither, and the total is less than
    one. Takes time that grows like V^longest, so it is for tiny alphabets. Result
    ``names-sum-to-one``. Raises ValueError if there are more than ``MOST_NAMES`` names
    of the longest.
    """
    demand_fit(model, letters)
    whole("language", language, 0, model.C - 1)
    whole("longest", longest, 0)
    if (len(letters) - 3) ** longest > MOST_NAMES:
        raise ValueError(
            f"{len(letters) - 3} letters make more than {MOST_NAMES:,} names of "
            f"{longest} letters; take fewer "
            "letters, or a smaller longest"
        )
    end, others = letters.end, torch.tensor([letters.pad, letters.start, letters.end])
    ids, state = torch.tensor([letters.start]), None
    p = torch.ones(1, dtype=torch.double)
    names, survival, total = [], [], []
    with evaluating(model):
        for _ in range(longest + 1):
            languages = torch.full_like(ids, language)
            s, state = model.step(ids, languages, state)
            after = p[:, None] * s.double().softmax(1)  # (prefixes, V)
            names.append(after[:, end].sum().item())
            goes_on = after.index_fill(1, others, 0)
            survival.append(goes_on.sum().item())
            total.append(sum(names) + survival[-1])
            prefix, ids = goes_on.nonzero(as_tuple=True)
            p = goes_on[prefix, ids]
            state = state[..., prefix, :]
    return Masses(np.array(names), np.array(survival), np.array(total))


class Likelihood(NamedTuple):
    """The log-likelihood of names in nats, and what it comes to per character, per
    name, and as a perplexity.
    """

    J: float
    bits_per_character: float
    bits_per_name: float
    perplexity: float


ROUNDING = 1e-9
"""How far above 0 a logarithm of a probability may come to lie by rounding."""


def likelihood(log_p: Sequence[ndarray]) -> Likelihood:
    """The likelihood of N names from the log-probabilities (T_i + 1,) in nats of all
    that was predicted in each.

    The last of them is of the end of the name. Result ``bits-per-character``. Raises
    ValueError if nothing was predicted, or if a number is not the logarithm of a
    probability.
    """
    symbols = sum(len(one) for one in log_p)
    if not symbols:
        raise ValueError(
            "no symbol was predicted; expected at least one name, each with its end"
        )
    if not all((np.asarray(one) <= ROUNDING).all() for one in log_p):
        raise ValueError(
            "not all are logarithms of probabilities, which are at most 0; expected "
            "log p, and no numbers that are "
            "missing (NaN)"
        )
    J = float(sum(np.sum(one) for one in log_p))
    bits = -J / math.log(2)
    return Likelihood(J, bits / symbols, bits / len(log_p), 2 ** (bits / symbols))


def log_probabilities(model: nn.Module, part: Encoded, first: int = 0) -> list[ndarray]:
    """What a network gives to each symbol of N names, the end included, in nats: for
    each name an array (T_i + 1,).

    Without the ``first`` predictions of each name: 1 takes the first letter as given,
    and then a network without a start symbol is not shown one. Raises ValueError if
    ``first`` is neither 0 nor 1.
    """
    whole("first", first, 0, 1)
    found = []
    with evaluating(model):
        for chosen in torch.arange(len(part.lengths)).split(512):
            batch = part.batch(chosen)
            given = 0 if getattr(model, "has_start", True) else first
            s = model(batch.inputs[:, given:], batch.languages)  # (B, T + 1 − given, V)
            targets = batch.targets[:, given:]
            log_p = s.double().log_softmax(2).gather(2, targets[..., None])[..., 0]
            for row, length in zip(log_p, batch.lengths.tolist(), strict=True):
                found.append(row[first - given : length - 1 - given].numpy())
    return found


class Bits(NamedTuple):
    """Bits per character over all characters, and the mean over the languages of each
    one's own.
    """

    all: float
    mean: float


def bits(log_p: Sequence[ndarray], languages: Tensor) -> Bits:
    """Bits per character of names, over all of them and as a mean over the languages
    (N,) that occur.
    """
    by_language = [
        likelihood(
            [one for one, mine in zip(log_p, languages == k, strict=True) if mine]
        )
        for k in languages.unique()
    ]
    each = [language.bits_per_character for language in by_language]
    return Bits(likelihood(log_p).bits_per_character, sum(each) / len(each))
