r"""Count models: the next symbol from the n − 1 symbols before it, always a proper distribution.

A model of order n is a chain of distributions, one for each length k = 0 … n − 1 of the context. Each level discounts
its own counts and gives what it takes off, and a little more, to the level below:

.. math::

    P_k(w \mid \text{context})
    = \frac{\max(n(w) - D, 0) + (\theta + D\,T)\, P_{k-1}(w \mid \text{shorter context})}{N + \theta},

where in this context n(w) counts the symbol w, N all symbols, and T the different ones; below it all is a uniform
distribution over the symbols that can be predicted. Two ways to smooth fill in D and θ:

- ``"kneser-ney"`` (Kneser & Ney 1995, interpolated as by Chen & Goodman 1999, with the strength θ of Teh 2006):
  D is estimated from the counts of counts of each level, θ = 1; below the highest level, n(w) is a number of different
  symbols seen *before* the context and w, but where the context reaches back to the start, where nothing can vary.
- ``"witten-bell"`` (Witten & Bell 1991): D = 0 and θ = T.

With groups (languages, say) there are two chains. The pooled one counts all groups together. The level k of a group
falls back on the group's level k − 1, and for a tenth on the pooled level k.

Left out: pruning, and counts that do not fit in memory. The sources' word models need both; letters do not.
"""

__all__ = ["Ngrams"]

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from scipy.sparse import csr_array
from torch import Tensor

from unrolled.data.demand import ids, whole

SMOOTHINGS = ("kneser-ney", "witten-bell")
POOLED = 0.1
"""The share of the pooled chain in what a group's level falls back on."""
FALLBACK_DISCOUNT = 0.75
"""The discount where the counts of counts give none; they are about this for most texts."""
ROWS = 1 << 14
"""How many contexts are looked up at once, so that memory stays small."""


class _Counts:
    """How often each symbol follows each context of one length, looked up by the context's key."""

    def __init__(self, keys: np.ndarray, following: np.ndarray, V: int) -> None:
        self.keys, row = np.unique(keys, return_inverse=True)
        shape = (len(self.keys) + 1, V)  # the last row is for contexts never seen
        self.table = csr_array((np.ones(len(row)), (row, following)), shape=shape)
        once, twice = ((self.table.data == n).sum() for n in (1, 2))
        self.discount = (
            once / (once + 2 * twice) if once and twice else FALLBACK_DISCOUNT
        )

    def of(self, keys: np.ndarray) -> np.ndarray:
        """The counts (N, V) after contexts with these keys (N,)."""
        place = np.searchsorted(self.keys, keys).clip(max=len(self.keys) - 1)
        place[self.keys[place] != keys] = len(self.keys)
        return self.table[place].toarray()


class Ngrams:
    """A character (or word) n-gram model.

    Its order n is the length of the context plus one; 0 is the uniform distribution, 1 counts symbols alone. ``V`` is
    the size of the vocabulary. The ids in ``never`` are never predicted, such as those of padding and of the start. The
    smoothing is ``"kneser-ney"`` or ``"witten-bell"``.

    Raises ValueError if the order is negative or too large for V, an id is outside the vocabulary, or the smoothing is
    not known. A context is one number of 64 bits, so V^order has to be below 2^63, and with G groups, G · V^order.
    """

    def __init__(
        self,
        order: int,
        V: int,
        never: Sequence[int] = (),
        smoothing: str = "kneser-ney",
    ) -> None:
        order, V = whole("order", order, 0, 62), whole("V", V)
        demand_room(order, V)
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
        self.levels: list[list[_Counts]] = []

    def fit(
        self, sequences: Sequence[Sequence[int]], groups: Sequence[int] | None = None
    ) -> "Ngrams":
        """Count sequences of ids, each framed as [start, …]: its first symbol is context only. Returns the model.

        ``groups`` (one for each sequence, 0, 1, …) asks for a second chain that counts each group apart. Raises
        ValueError if no symbol is to be predicted, one is outside the vocabulary or among those never predicted, or
        there are not as many groups as sequences, or one that is no whole number from 0 on, or too many for V and the
        order.
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
        chains = [None] if groups is None else [None, groups]
        self.levels = [
            [self._level(k, contexts, following, reach, chain) for chain in chains]
            for k in range(self.order)
        ]
        return self

    def _level(
        self,
        k: int,
        contexts: np.ndarray,
        following: np.ndarray,
        reach: np.ndarray,
        groups: np.ndarray | None,
    ) -> _Counts:
        """The counts after contexts of length k; ``reach`` (N,) is how many symbols there are before each symbol."""
        keys, V = self._keys(contexts, k, groups), self.V
        if self.smoothing == "witten-bell" or k == self.order - 1:
            return _Counts(keys, following, V)
        # one of each (symbol before, context, symbol), and everything where nothing comes before the context
        longer = self._keys(contexts, k + 1, groups) * V + following
        kept = reach <= k
        kept[np.unique(longer, return_index=True)[1]] = True
        return _Counts(keys[kept], following[kept], V)

    def _keys(
        self, contexts: np.ndarray, k: int, groups: np.ndarray | None
    ) -> np.ndarray:
        """One number (N,) for the last k symbols of each context, and for its group."""
        keys = (
            np.zeros(len(contexts), dtype=np.int64)
            if groups is None
            else groups.astype(np.int64)
        )
        for column in contexts.T[contexts.shape[1] - k :]:
            keys = keys * self.V + column
        return keys

    def _events(
        self, sequences: Sequence[Sequence[int]], groups: Sequence[int] | None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """Every symbol but the first of each sequence: its context (N, n − 1), itself (N,), its group (N,).

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
            None if groups is None else np.repeat(self._groups(groups), lengths),
        )

    def _groups(self, groups: np.ndarray | Sequence[int] | int) -> np.ndarray:
        """Groups as an array, all so small that their contexts have a number."""
        groups = ids("groups", groups, 2**62)
        demand_room(self.order, self.V, int(groups.max(initial=0)) + 1)
        return groups

    def distribution(
        self,
        contexts: np.ndarray | Sequence[Sequence[int]],
        groups: np.ndarray | Sequence[int] | int | None = None,
    ) -> np.ndarray:
        """The probabilities (N, V) of what follows contexts (N, n − 1), the most recent symbol last.

        A context that is shorter has its sequence's first symbol repeated on its left. Each row sums to 1.
        Raises ValueError if the model is not fitted, the contexts have another length than n − 1, an id is outside the
        vocabulary, or groups are given to a model without them, or not given to one with them.
        """
        if self.order and not self.levels:
            raise ValueError("the model has counted nothing yet; fit it first")
        contexts = ids("ids", contexts, self.V)
        width = max(self.order - 1, 0)
        if contexts.ndim != 2 or contexts.shape[1] != width:
            raise ValueError(
                f"contexts of shape {contexts.shape}: expected (N, {width}), for order {self.order}"
            )
        fitted = bool(self.levels) and len(self.levels[0]) == 2
        if self.levels and fitted != (groups is not None):
            raise ValueError(
                f"the model was fitted {'with' if fitted else 'without'} groups: expected them "
                f"{'here too' if fitted else 'to be left out'}"
            )
        groups = (
            None
            if groups is None
            else np.broadcast_to(self._groups(groups), len(contexts))
        )
        p = own = np.tile(self.floor, (len(contexts), 1))
        for k, chains in enumerate(self.levels):
            p = self._smoothed(chains[0], self._keys(contexts, k, None), p)
            if groups is not None:
                below = POOLED * p + (1 - POOLED) * own
                own = self._smoothed(chains[1], self._keys(contexts, k, groups), below)
        return p if groups is None else own

    def _smoothed(
        self, counts: _Counts, keys: np.ndarray, below: np.ndarray
    ) -> np.ndarray:
        """A level's distribution (N, V), by the formula of the module, from that of the level below."""
        n = counts.of(keys)
        N, T = n.sum(1, keepdims=True), (n > 0).sum(1, keepdims=True)
        if self.smoothing == "witten-bell":
            # a context never seen says what the level below says
            D, theta = 0.0, np.maximum(T, 1)
        else:
            D, theta = counts.discount, 1.0
        return (np.maximum(n - D, 0) + (theta + D * T) * below) / (N + theta)

    def log_probabilities(
        self, sequences: Sequence[Sequence[int]], groups: Sequence[int] | None = None
    ) -> list[np.ndarray]:
        """The log-probability (nats) of every symbol but the first, an array (T − 1,) for each sequence."""
        contexts, following, groups = self._events(sequences, groups)
        found = [
            np.log(
                self.distribution(
                    contexts[rows], None if groups is None else groups[rows]
                )[range(len(following[rows])), following[rows]]
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
        """Read one more symbol of each of B sequences: their next logits (B, V) and state.

        This is the step that :func:`unrolled.learning.sampling.sample` asks for. The first state is ``(None, groups)``.
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


def demand_room(order: int, V: int, groups: int = 1) -> None:
    """Raise ValueError if the contexts of so many groups are too many for numbers of 64 bits."""
    if groups * V**order >= 2**63:
        raise ValueError(
            f"an order of {order} with {V} symbols and {groups} groups has too many contexts: expected "
            "V^order, times the number of groups, below 2^63; take a lower order or fewer symbols"
        )


def _windows(sequence: Sequence[int], width: int) -> np.ndarray:
    """The ``width`` symbols before each symbol but the first (T − 1, width); before the start, the first repeated."""
    padded = np.concatenate([np.repeat(sequence[:1], max(width - 1, 0)), sequence[:-1]])
    if not width:
        return np.zeros((len(sequence) - 1, 0), dtype=np.int64)
    return np.lib.stride_tricks.sliding_window_view(padded, width)


def _slices(size: int) -> Iterator[slice]:
    """0 … size − 1 in pieces."""
    return (slice(i, i + ROWS) for i in range(0, size, ROWS))
