r"""Count models: the next symbol from the n − 1 symbols before it, always a proper
distribution.

A model of order n is a chain of distributions, one for each length k = 0 … n − 1 of the
context. Each level takes a discount D(i) off every count i, and gives what it takes
off, and θ more, to the level below:

.. math::

    P_k(w \mid \text{context})
    = \frac{n(w) - D(n(w)) + \bigl(\theta + \sum_v D(n(v))\bigr)\,
    P_{k-1}(w \mid \text{shorter context})}{N + \theta},

where in this context n(w) counts the symbol w, and N all symbols; below it all is a
uniform distribution over the symbols that can be predicted. It sums to 1: over w, the
first part comes to N less all discounts, the second to θ and all discounts. No
probability is negative, since 0 ≤ D(i) ≤ i, with D(0) = 0. After a context never seen,
P_k is P_{k−1}. Below the highest level, n(w) is a number of different symbols seen
*before* the context and w, but where the context reaches back to the start, where
nothing can vary. Two ways to smooth fill in D and θ, from the counts of counts m_1 …
m_4 of each level and Y = m_1 / (m_1 + 2 m_2):

- ``"modified-kneser-ney"`` (Chen & Goodman 1999): D(i) = i − (i + 1) Y m_{i+1} / m_i
  for i = 1, 2, 3, and D(3) for all larger counts; θ = 0. D(1) is Y.
- ``"kneser-ney"`` (Kneser & Ney 1995, with the strength θ of Teh 2006): D(i) = Y for
  all counts; θ = 1.

With groups (languages, say) there are two chains. The pooled one counts all groups
together. The level k of a group falls back on the group's level k − 1, and for a tenth
on the pooled level k.

Left out: pruning, and counts that do not fit in memory. The sources' word models need
both; letters do not.
"""

__all__ = ["Ngrams", "of_best_order"]

import operator
from collections.abc import Iterator, Sequence
from itertools import count

import numpy as np
import torch
from scipy.sparse import csr_array
from torch import Tensor

from unrolled.data.demand import ids, whole

SMOOTHINGS = {"modified-kneser-ney": (3, 0.0), "kneser-ney": (1, 1.0)}
"""How many discounts each smoothing has, and its strength θ."""
POOLED = 0.1
"""The share of the pooled chain in what a group's level falls back on."""
FALLBACK_DISCOUNT = 0.75
"""The discount where the counts of counts give none; they are about this for most
texts.
"""
ROWS = 1 << 14
"""How many contexts are looked up at once, so that memory stays small."""


def discounts(counts: np.ndarray, kinds: int) -> np.ndarray:
    """The discounts D(1) … D(kinds) of counts (E,); the last one holds for all larger
    counts too.

    Each is kept between the one before and the count, which matters where the counts of
    counts are few; where they say nothing, it is the one before.
    """
    m = np.bincount(np.minimum(counts, 5), minlength=6)
    Y = m[1] / (m[1] + 2 * m[2]) if m[1] and m[2] else FALLBACK_DISCOUNT
    D = [Y]
    for i in range(2, kinds + 1):
        known = m[i] and m[i + 1]
        estimate = i - (i + 1) * Y * m[i + 1] / m[i] if known else 0
        D.append(min(max(estimate, D[-1]), i))
    return np.array(D)


class _Level:
    """How often each symbol follows each context of one length, discounted.

    A context is a place, 0 … M − 1, which is found from the place of the context that
    is one symbol shorter and the symbol before that; M is the place of every context
    never seen.
    """

    def __init__(self, parents: np.ndarray, before: np.ndarray | int, V: int) -> None:
        self.V = V
        self.keys, self.places = np.unique(parents * V + before, return_inverse=True)

    def find(self, parents: np.ndarray, before: np.ndarray | int) -> np.ndarray:
        """The places (N,) of contexts, by those of the shorter ones and by the symbols
        before them.
        """
        keys = parents * self.V + before
        found = np.searchsorted(self.keys, keys)
        seen = self.keys[np.minimum(found, len(self.keys) - 1)] == keys
        return np.where(seen, found, len(self.keys))

    def count(
        self, kept: np.ndarray | slice, following: np.ndarray, smoothing: str
    ) -> None:
        """Count the events that are kept, each a context and what follows, and take off
        the discounts.
        """
        self.cells, n = np.unique(
            self.places[kept] * self.V + following[kept], return_counts=True
        )
        places, symbols = np.divmod(self.cells, self.V)
        kinds, theta = SMOOTHINGS[smoothing]
        D = discounts(n, kinds)
        kind = np.minimum(n, kinds) - 1
        self.left = n - D[kind]  # of each count
        shape = len(self.keys) + 1, self.V
        self.table = csr_array((self.left, (places, symbols)), shape=shape)
        types = [
            np.bincount(places[kind == i], minlength=shape[0]) for i in range(kinds)
        ]
        self.given = theta + sum(map(operator.mul, D, types))
        self.total = np.bincount(places, n, minlength=shape[0]) + theta
        # a context never seen says what the level below says
        self.given[-1] = self.total[-1] = 1

    def smoothed(
        self, places: np.ndarray, below: np.ndarray, following: np.ndarray | None
    ) -> np.ndarray:
        """The distributions (N, V) of a level from those below, by the module's
        formula; or of one symbol each (N,).
        """
        if following is None:
            left = self.table[places].toarray()
            return (left + self.given[places, None] * below) / self.total[places, None]
        cells = places * self.V + following
        found = np.minimum(np.searchsorted(self.cells, cells), len(self.cells) - 1)
        left = np.where(self.cells[found] == cells, self.left[found], 0.0)
        return (left + self.given[places] * below) / self.total[places]


class Ngrams:
    """A character (or word) n-gram model.

    Its order n is the length of the context plus one; 0 is the uniform distribution, 1
    counts symbols alone. ``V`` is the size of the vocabulary. The ids in ``never`` are
    never predicted, such as those of padding and of the start. The smoothing is
    ``"modified-kneser-ney"`` or ``"kneser-ney"``.

    Raises ValueError if the order is negative, an id is outside the vocabulary, or the
    smoothing is not known.
    """

    def __init__(
        self,
        order: int,
        V: int,
        never: Sequence[int] = (),
        smoothing: str = "modified-kneser-ney",
    ) -> None:
        order, V = whole("order", order, 0), whole("V", V)
        if smoothing not in SMOOTHINGS:
            raise ValueError(
                f"smoothing {smoothing!r}: expected one of {', '.join(SMOOTHINGS)}"
            )
        possible = np.ones(V)
        possible[ids("ids", list(never), V)] = 0
        if not possible.any():
            raise ValueError(f"all {V} symbols are never predicted: leave at least one")
        self.order, self.V, self.smoothing = order, V, smoothing
        self.floor = possible / possible.sum()
        self.levels: list[list[_Level]] = []

    def fit(
        self, sequences: Sequence[Sequence[int]], groups: Sequence[int] | None = None
    ) -> "Ngrams":
        """Count sequences of ids, each framed as [start, …]: its first symbol is
        context only. Returns the model.

        ``groups`` (one for each sequence, 0, 1, …) asks for a second chain that counts
        each group apart. Raises ValueError if no symbol is to be predicted, one is
        outside the vocabulary or among those never predicted, or there are not as many
        groups as sequences, or one that is no whole number from 0 on.
        """
        contexts, following, groups = self._events(sequences, groups)
        if not len(following):
            raise ValueError(
                "nothing to count: expected a sequence of at least two symbols, the first as context"
            )
        if bad := set(np.unique(following[self.floor[following] == 0]).tolist()):
            raise ValueError(
                f"ids {sorted(bad)} are to be counted, but are among those never predicted"
            )
        reach = np.concatenate([np.arange(1, len(s)) for s in sequences])
        firsts = [np.zeros_like(following)] + ([] if groups is None else [groups])
        chains = [self._chain(first, contexts, following, reach) for first in firsts]
        self.levels = list(map(list, zip(*chains, strict=True)))
        return self

    def _chain(
        self,
        places: np.ndarray,
        contexts: np.ndarray,
        following: np.ndarray,
        reach: np.ndarray,
    ) -> list[_Level]:
        """The counts after contexts of every length; ``reach`` (N,) is how many symbols
        stand before each symbol.
        """
        levels = []
        for k in range(self.order):
            levels.append(_Level(places, contexts[:, -k] if k else 0, self.V))
            places = levels[-1].places
        for k, level in enumerate(levels):
            kept = slice(None)
            if k < self.order - 1:
                # one of each (symbol before, context, symbol), and everything where
                # nothing comes before the context
                longer = levels[k + 1].places * self.V + following
                kept = reach <= k
                kept[np.unique(longer, return_index=True)[1]] = True
            level.count(kept, following, self.smoothing)
        return levels

    def _events(
        self, sequences: Sequence[Sequence[int]], groups: Sequence[int] | None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """Every symbol but the first of each sequence: its context (N, n − 1), itself
        (N,), its group (N,).

        Before a sequence's start, its first symbol is repeated.
        """
        if groups is not None and len(groups) != len(sequences):
            raise ValueError(
                f"{len(groups)} groups for {len(sequences)} sequences: expected one for each"
            )
        sequences = [ids("ids", s, self.V) for s in sequences]
        lengths = [max(len(s) - 1, 0) for s in sequences]
        width = max(self.order - 1, 0)
        nothing = np.zeros((0, width), np.int64)
        contexts = [_windows(s, width) for s in sequences if len(s) > 1]
        return (
            np.concatenate([nothing, *contexts]),
            np.concatenate([np.zeros(0, np.int64), *(s[1:] for s in sequences)]),
            None if groups is None else np.repeat(group_ids(groups), lengths),
        )

    def distribution(
        self,
        contexts: np.ndarray | Sequence[Sequence[int]],
        groups: np.ndarray | Sequence[int] | int | None = None,
    ) -> np.ndarray:
        """The probabilities (N, V) of what follows contexts (N, n − 1), the most recent
        symbol last.

        A context that is shorter has its sequence's first symbol repeated on its left.
        Each row sums to 1. Raises ValueError if the model is not fitted, the contexts
        have another length than n − 1, an id is outside the vocabulary, or groups are
        given to a model without them, or not given to one with them.
        """
        contexts = ids("ids", contexts, self.V)
        width = max(self.order - 1, 0)
        if contexts.ndim != 2 or contexts.shape[1] != width:
            raise ValueError(
                f"contexts of shape {contexts.shape}: expected (N, {width}), for order {self.order}"
            )
        if groups is not None:
            groups = np.broadcast_to(group_ids(groups), len(contexts))
        return self._probabilities(contexts, groups)

    def _probabilities(
        self,
        contexts: np.ndarray,
        groups: np.ndarray | None,
        following: np.ndarray | None = None,
    ) -> np.ndarray:
        """The probabilities of what follows contexts: of every symbol (N, V), or of one
        for each context (N,).
        """
        if self.order and not self.levels:
            raise ValueError("the model has counted nothing yet; fit it first")
        fitted = bool(self.levels) and len(self.levels[0]) == 2
        if self.levels and fitted != (groups is not None):
            raise ValueError(
                f"the model was fitted {'with' if fitted else 'without'} groups: expected them "
                f"{'here too' if fitted else 'to be left out'}"
            )
        if following is None:
            p = own = np.tile(self.floor, (len(contexts), 1))
        else:
            p = own = self.floor[following]
        places, own_places = np.zeros(len(contexts), np.int64), groups
        for k, chains in enumerate(self.levels):
            before = contexts[:, -k] if k else 0
            places = chains[0].find(places, before)
            p = chains[0].smoothed(places, p, following)
            if groups is not None:
                own_places = chains[1].find(own_places, before)
                below = POOLED * p + (1 - POOLED) * own
                own = chains[1].smoothed(own_places, below, following)
        return p if groups is None else own

    def log_probabilities(
        self, sequences: Sequence[Sequence[int]], groups: Sequence[int] | None = None
    ) -> list[np.ndarray]:
        """The log-probability (nats) of every symbol but the first, an array (T − 1,)
        for each sequence.
        """
        contexts, following, groups = self._events(sequences, groups)
        found = [
            np.log(
                self._probabilities(
                    contexts[rows],
                    None if groups is None else groups[rows],
                    following[rows],
                )
            )
            for rows in _slices(len(following))
        ]
        ends = np.cumsum([max(len(s) - 1, 0) for s in sequences])[:-1]
        return np.split(np.concatenate([np.zeros(0), *found]), ends)

    def step(
        self,
        ids: Tensor,
        state: tuple[np.ndarray | None, np.ndarray | Sequence[int] | None],
    ) -> tuple[Tensor, tuple]:
        """Read one more symbol of each of B sequences: their next logits (B, V) and
        state.

        This is the step that :func:`unrolled.learning.sampling.sample` asks for. The
        first state is ``(None, groups)``.
        """
        contexts, groups = state
        latest = np.asarray(ids)[:, None]
        width = max(self.order - 1, 0)
        contexts = (
            np.repeat(latest, width, 1)
            if contexts is None
            else np.hstack([contexts, latest])
        )
        contexts = contexts[:, contexts.shape[1] - width :]
        with np.errstate(divide="ignore"):  # what is never predicted has the logit −∞
            logits = np.log(self.distribution(contexts, groups))
        return torch.from_numpy(logits), (contexts, groups)


def of_best_order(
    train: Sequence[Sequence[int]],
    dev: Sequence[Sequence[int]],
    V: int,
    never: Sequence[int] = (),
    groups: tuple[Sequence[int], Sequence[int]] | None = None,
) -> Ngrams:
    """The model that gives dev sequences the highest probability, of orders 1, 2, 3, …,
    fitted to the training ones.

    The search ends when two orders in a row are no better than the best. ``groups`` are
    those of the training and of the dev sequences. What counts is every symbol but the
    first of a sequence. Raises ValueError as :meth:`Ngrams.fit` does, or if there is
    nothing on dev to predict.
    """
    of_train, of_dev = (None, None) if groups is None else groups
    best, highest = None, -np.inf
    for order in count(1):
        model = Ngrams(order, V, never).fit(train, of_train)
        log_p = np.concatenate([[], *model.log_probabilities(dev, of_dev)])
        if not len(log_p):
            raise ValueError(
                "no dev sequence has a symbol to predict; expected one of at least two symbols"
            )
        if log_p.sum() > highest:
            best, highest = model, log_p.sum()
        elif order >= best.order + 2:
            return best


def group_ids(groups: np.ndarray | Sequence[int] | int) -> np.ndarray:
    """The numbers of groups as an array; raises ValueError for one that is no whole
    number from 0 to 2^31 − 1.
    """
    return ids("groups", groups, 2**31)


def _windows(sequence: Sequence[int], width: int) -> np.ndarray:
    """The ``width`` symbols before each symbol but the first (T − 1, width); before the
    start, the first repeated.
    """
    padded = np.concatenate([np.repeat(sequence[:1], max(width - 1, 0)), sequence[:-1]])
    if not width:
        return np.zeros((len(sequence) - 1, 0), dtype=np.int64)
    return np.lib.stride_tricks.sliding_window_view(padded, width)


def _slices(size: int) -> Iterator[slice]:
    """0 … size − 1 in pieces."""
    return (slice(i, i + ROWS) for i in range(0, size, ROWS))
