"""Symbols (characters or words) to integer ids and back, and the padding of a batch of
ids.

Source: the book's own; the idea that id 0 pads is that of
``torch.nn.Embedding(padding_idx=0)``. Left out: splitting text into symbols (a text is
already a sequence of characters; words come as lists), and counting them: a vocabulary
keeps the order it is given.
"""

__all__ = ["Vocabulary", "pad", "padded_part", "one_hot"]

from collections.abc import Iterable, Sequence

import torch

from unrolled.data.demand import whole

PAD, UNKNOWN, START, END = "<pad>", "<unk>", "<start>", "<end>"


class Vocabulary:
    """A one-to-one map between symbols and the ids 0 … V − 1.

    Id 0 is ``<pad>``. The other reserved symbols follow, those that were asked for,
    then the given symbols in the order of their first appearance. Build it on the
    training part only.

    ``symbols`` are characters (a string will do) or words; repetitions are passed over.
    ``unknown``, ``start`` and ``end`` say whether to have ``<unk>``, ``<start>``,
    ``<end>``. Their ids are the attributes of these names, ``None`` where they are not
    there. :meth:`encode` uses ``<unk>`` only; to frame a sequence, write ``[v.start,
    *v.encode(text), v.end]``. Raises ValueError if a given symbol is one of the four
    reserved ones.
    """

    def __init__(
        self,
        symbols: Iterable[str],
        *,
        unknown: bool = False,
        start: bool = False,
        end: bool = False,
    ) -> None:
        """Number the symbols."""
        asked = [PAD, *[UNKNOWN] * unknown, *[START] * start, *[END] * end]
        given = list(dict.fromkeys(symbols))
        if clash := {PAD, UNKNOWN, START, END}.intersection(given):
            raise ValueError(
                f"reserved symbols cannot be given: {', '.join(sorted(clash))}"
            )
        self.symbols: tuple[str, ...] = (*asked, *given)
        self._ids = {symbol: i for i, symbol in enumerate(self.symbols)}
        self.pad = 0
        self.unknown, self.start, self.end = map(self._ids.get, (UNKNOWN, START, END))

    def encode(self, symbols: Iterable[str]) -> list[int]:
        """The ids of ``symbols``; without ``<unk>``, raises ValueError at a symbol that
        is not here.
        """
        if self.unknown is not None:
            return [self._ids.get(symbol, self.unknown) for symbol in symbols]
        ids = []
        for position, symbol in enumerate(symbols):
            if symbol not in self._ids:
                raise ValueError(
                    f"{symbol!r} at position {position} is unknown, and there is no "
                    f"{UNKNOWN}"
                )
            ids.append(self._ids[symbol])
        return ids

    def decode(self, ids: Iterable[int]) -> list[str]:
        """The symbols of ``ids``; ``<pad>``, ``<start>`` and ``<end>`` are left out.

        Raises ValueError at what is no whole number from 0 to V − 1.
        """
        symbols = []
        for position, i in enumerate(ids):
            i = whole(f"id at position {position}", i, 0, len(self) - 1)
            if i not in (self.pad, self.start, self.end):
                symbols.append(self.symbols[i])
        return symbols

    def __len__(self) -> int:
        """The size V, reserved symbols included."""
        return len(self.symbols)

    def __eq__(self, other: object) -> bool:
        """Two vocabularies are equal if they give every symbol the same id."""
        return isinstance(other, Vocabulary) and self.symbols == other.symbols

    def __hash__(self) -> int:
        """Equal vocabularies have equal hashes."""
        return hash(self.symbols)

    def __repr__(self) -> str:
        """The size and the first symbols."""
        return f"Vocabulary of {len(self)}: {' '.join(map(repr, self.symbols[:8]))} …"


def pad(batch: Sequence[Sequence[int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """A batch of B sequences of ids as one tensor, the shorter ones filled with 0 on
    the right, and their lengths.

    The ids (B, T) and the lengths (B,), whose largest is T, are whole numbers. Raises
    ValueError if the batch is empty, or an id is no whole number from 0 on.
    """
    if not len(batch):
        raise ValueError("an empty batch has no length to be padded to")
    batch = [[whole("an id", i, 0) for i in sequence] for sequence in batch]
    lengths = torch.tensor([len(sequence) for sequence in batch])
    ids = torch.zeros(len(batch), int(lengths.max()), dtype=torch.long)  # (B, T)
    for row, sequence in zip(ids, batch, strict=True):
        row[: len(sequence)] = torch.tensor(sequence, dtype=torch.long)
    return ids, lengths


def padded_part(
    ids: torch.Tensor, lengths: torch.Tensor, chosen: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Of padded ids (N, T) and their lengths (N,), those at the given indices (B,), cut
    to the longest among them.

    This is what :func:`pad` gives of them alone.
    """
    lengths = lengths[chosen]
    return ids[chosen, : lengths.max()], lengths


def one_hot(ids: torch.Tensor, V: int, like: torch.Tensor) -> torch.Tensor:
    """The ids, of any shape, as one-hot vectors of length V in a new last dimension, of
    the type of ``like``.
    """
    return torch.nn.functional.one_hot(ids, V).to(like.dtype)
