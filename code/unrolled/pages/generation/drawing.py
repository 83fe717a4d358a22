"""Names drawn from a network, and the most probable one."""

import heapq
import math
from itertools import count
from typing import NamedTuple

import torch
from torch import Tensor, nn

from unrolled.data.demand import whole
from unrolled.data.vocabulary import Vocabulary
from unrolled.learning import sampling
from unrolled.learning.training import evaluating
from unrolled.pages.generation.names import demand_fit

LONGEST_DRAWN = 30
"""A name is stopped after so many letters; hardly any in the data has more."""


class Generated(NamedTuple):
    """A name that was drawn, and whether the network ended it; else it was stopped."""

    text: str
    ended: bool


def generate(
    model: nn.Module,
    letters: Vocabulary,
    languages: Tensor,
    seed: int,
    prefix: str = "",
    longest: int = LONGEST_DRAWN,
    temperature: float = 1.0,
    k: int | None = None,
    p: float | None = None,
) -> list[Generated]:
    """Draw a name for each of the languages (N,), each symbol as
    :func:`unrolled.learning.sampling.distribution` says.

    Names begin with ``prefix``, and are stopped after ``longest`` letters. The same
    seed gives the same names. Raises ValueError for a language that the network does
    not have, and for a network without a start symbol if there is no prefix.
    """
    if len(languages) and not 0 <= languages.min() <= languages.max() < model.C:
        raise ValueError(
            f"languages from {languages.min()} to {languages.max()}: expected places "
            f"from 0 to {model.C - 1}"
        )
    demand_fit(model, letters)
    if len(prefix) > whole("longest", longest):
        raise ValueError(
            f"the prefix has {len(prefix)} letters, and names are stopped after "
            f"{longest}; give a shorter one"
        )
    read = [letters.start, *letters.encode(prefix)]
    if not getattr(model, "has_start", True):
        if not prefix:
            raise ValueError(
                "this network has no start symbol and cannot choose a first letter; "
                "give a prefix"
            )
        read = read[1:]
    state = None
    with evaluating(model):
        for symbol in read[:-1]:
            same = torch.full_like(languages, symbol)
            _, state = model.step(same, languages, state)
        drawn = sampling.sample(
            lambda ids, state: model.step(ids, languages, state),
            state,
            torch.full_like(languages, read[-1]),
            letters.end,
            longest - len(prefix),
            seed,
            temperature=temperature,
            k=k,
            p=p,
        )
    return [
        Generated(prefix + "".join(letters.decode(ids)), ended)
        for ids, ended in zip(drawn.ids, drawn.ended, strict=True)
    ]


class Found(NamedTuple):
    """A name with its log-probability in nats."""

    text: str
    log_p: float


def most_probable(
    model: nn.Module, letters: Vocabulary, language: int, tries: int = 50_000
) -> Found:
    """The most probable of all names of a language, by a best-first search.

    The most probable prefix that is known is made longer by each symbol, until it is a
    whole name: no other can be more probable, as a prefix only loses by what is added.
    Raises ValueError if that takes more ``tries``.
    """
    demand_fit(model, letters)
    whole("language", language, 0, model.C - 1)
    number = count()  # settles which of two equals comes first
    prefixes = [(0.0, next(number), [letters.start], None)]
    with evaluating(model):
        for _ in range(tries):
            loss, _, ids, state = heapq.heappop(prefixes)
            if ids[-1] == letters.end:
                return Found("".join(letters.decode(ids)), -loss)
            s, state = model.step(
                torch.tensor(ids[-1:]), torch.tensor([language]), state
            )
            for symbol, log_p in enumerate(s[0].double().log_softmax(0).tolist()):
                if log_p > -math.inf:
                    longer = (loss - log_p, next(number), [*ids, symbol], state)
                    heapq.heappush(prefixes, longer)
    raise ValueError(
        f"no name was found in {tries} tries; raise tries, or train the network first"
    )
