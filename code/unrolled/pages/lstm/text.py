"""A text as ids, and where its parts end."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from unrolled.data.reading import canonical
from unrolled.data.texts import contiguous_split
from unrolled.data.vocabulary import Vocabulary


class Corpus(NamedTuple):
    """A text as ids (N,), its symbols, and where its parts end: train is [0, dev), dev
    [dev, test), test [test, N).
    """

    ids: Tensor
    symbols: Vocabulary
    dev: int
    test: int

    @property
    def train(self) -> Tensor:
        """The ids of the training part."""
        return self.ids[: self.dev]


def encode(text: str, lower: bool = True) -> Corpus:
    """Cut a text into 80 % train, 10 % dev and 10 % test, contiguous; lower-cased
    unless said otherwise.

    The symbols are the characters of the training part; another one, later, is
    ``<unk>``. Accents and line ends are spelled in one way
    (:func:`unrolled.data.reading.canonical`). Raises ValueError if the text is too
    short to be cut, or has a character that no text has.
    """
    text = canonical(text)
    if lower:
        text = canonical(text.lower())
    train, dev, _ = contiguous_split(text)
    symbols = Vocabulary(sorted(set(train)), unknown=True)
    ids = torch.tensor(symbols.encode(text))
    return Corpus(ids, symbols, len(train), len(train) + len(dev))


def decode(ids: Sequence[int], symbols: Vocabulary) -> str:
    """The text of ids."""
    return "".join(symbols.decode(ids))


def encode_prompt(prompt: str, symbols: Vocabulary) -> list[int]:
    """The ids of a prompt, lower-cased if the text was.

    Raises ValueError if it is empty, or has characters that the training part has not.
    """
    if not prompt:
        raise ValueError("the prompt is empty; give at least one character")
    prompt = canonical(prompt)
    if not any(symbol != symbol.lower() for symbol in symbols.symbols):
        prompt = canonical(prompt.lower())
    if strange := sorted(set(prompt) - set(symbols.symbols)):
        raise ValueError(
            f"the model has never seen {' '.join(map(repr, strange))}; it knows: "
            f"{''.join(symbols.symbols[2:])!r}"
        )
    return symbols.encode(prompt)
