"""Names as tensors, framed by a start and an end."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from unrolled.data.names import Name, language_places
from unrolled.data.vocabulary import Vocabulary, pad, padded_part


class Encoded(NamedTuple):
    """N names, framed: padded ids (N, T + 2) of start, letters and end; their lengths
    (N,); languages (N,).
    """

    ids: Tensor
    lengths: Tensor
    languages: Tensor

    def batch(self, chosen: Tensor) -> "Encoded":
        """The names at the given indices (B,), cut to the longest among them."""
        ids, lengths = padded_part(self.ids, self.lengths, chosen)
        return Encoded(ids, lengths, self.languages[chosen])

    @property
    def inputs(self) -> Tensor:
        """What is read (N, T + 1), all but the last symbol."""
        return self.ids[:, :-1]

    @property
    def targets(self) -> Tensor:
        """All but the first symbol, which is what is predicted (N, T + 1), the end too;
        0 where the name is over.
        """
        return self.ids[:, 1:]


def encode(
    names: Sequence[Name], letters: Vocabulary, languages: Sequence[str]
) -> Encoded:
    """Turn names into framed sequences; a language is its place in ``languages``.

    Raises ValueError if there are no names, if the vocabulary lacks a start or an end,
    or if a letter or a language is unknown.
    """
    demand_frame(letters)
    places = language_places(names, languages)
    framed = [
        [letters.start, *letters.encode(name.text), letters.end] for name in names
    ]
    return Encoded(*pad(framed), torch.tensor(places))


def demand_frame(letters: Vocabulary) -> None:
    """Raise ValueError if a vocabulary has no start or no end."""
    if letters.start is None or letters.end is None:
        raise ValueError(
            "a name is framed by a start and an end, which the vocabulary lacks; "
            "build it as Vocabulary(symbols, start=True, end=True)"
        )


def demand_fit(model: nn.Module, letters: Vocabulary) -> None:
    """Raise ValueError if a network was not made for a vocabulary, or that has no start
    or no end.
    """
    demand_frame(letters)
    V = getattr(model, "V", len(letters))
    if V != len(letters):
        raise ValueError(
            f"the network has {V} symbols, and there are {len(letters)}; give those "
            "that it was trained with"
        )
