"""Networks in words: the alternative text of each drawing, from the same inputs as its
picture.

What is folded in a picture is folded in its words too. Left out: weights and layers by
their names, but those of the tutorial.
"""

from collections.abc import Sequence
from typing import NamedTuple

NUMBERS = "zero one two three four five six seven eight nine ten eleven twelve".split()


class Fold(NamedTuple):
    """Of a row with more than ``shown`` things, only the ``first`` and the ``last`` are
    drawn and said.
    """

    shown: int
    first: int
    last: int

    def drawn(self, row: Sequence[int]) -> list[int | None]:
        """Those of a row that are drawn, with None where some are folded."""
        if len(row) <= self.shown:
            return list(row)
        return [*row[: self.first], None, *row[-self.last :]]

    def said(self, names: Sequence[str]) -> str:
        """The names that are said, and where some are folded."""
        if len(names) <= self.shown:
            return ", ".join(names)
        first, last = ", ".join(names[: self.first]), ", ".join(names[-self.last :])
        return f"{first}, and so on to {last}"


INPUTS = Fold(7, first=3, last=2)  # of a network that is unrolled
LATENT = Fold(5, first=3, last=2)  # vectors of a layered network
STEPS = Fold(4, first=2, last=1)  # of a residual stream, or of a network that generates


def layered_words(
    word: str | None, layers: int, output: str, target: str | None, gradients: bool
) -> str:
    """The alternative text of a layered network."""
    latent = [f"h({layer})" for layer in range(layers + 1)] if layers else ["h"]
    given = f"the word x, {word}," if word else "x"
    way = f"into {latent[0]}, and {latent[-1]}"
    if layers:
        way = f"into {latent[0]}, each latent vector into the next, and the last, {latent[-1]},"
    sentences = [
        f"A network with {_counted(len(latent), 'latent vector')}, {LATENT.said(latent)}.",
        f"{given[0].upper()}{given[1:]} goes {way} into the scores {output}.",
        _softmax_sentence("word y", target),
    ]
    if gradients:
        sentences.append(
            f"The gradients of J run back, by {output} and by each latent vector."
        )
    return " ".join(sentences)


def unrolled_words(
    inputs: Sequence[str], output: str | None, target: str | None, gradients: bool
) -> str:
    """The alternative text of a network unrolled over its inputs."""
    T, kind = len(inputs), _kind_of_symbol(inputs, target)
    scores = ""
    if output is not None:
        scores = f"; the scores {output} are read from the last state, h{T}"
    sentences = [
        f"A recurrent network unrolled over {_counted(T, kind)}, {INPUTS.said(inputs)}.",
        f"Each {kind} and the state before it go into the next state{scores}.",
    ]
    if output is not None:
        sentences.append(_softmax_sentence(kind, target))
    if gradients:
        sentences.append(
            f"{_gradients_by(output)} every state, from the last state to the ones before it."
        )
    return " ".join(sentences)


def residual_words(
    inputs: Sequence[str], output: str | None, target: str | None, gradients: bool
) -> str:
    """The alternative text of a residual stream."""
    T, kind = len(inputs), _kind_of_symbol(inputs, target)
    sentences = [
        f"A residual stream over {_counted(T, kind)}, {STEPS.said(inputs)}.",
        f"The state runs straight from h0 = 0 to h{T}; at each step, a branch takes the tanh of the state and the "
        f"{kind}, through their weights, and adds it to the stream.",
    ]
    if output is not None:
        sentences.append(f"The scores {output} are read from h{T}.")
        sentences.append(_softmax_sentence(kind, target))
    if gradients:
        sentences.append(
            f"{_gradients_by(output)} every state: along the stream unchanged, and through the branches besides."
        )
    return " ".join(sentences)


def tutorial_words(symbols: Sequence[str]) -> str:
    """The alternative text of the tutorial's network that generates."""
    steps = _counted(len(symbols) - 1, "step")
    return (
        f"A generating network unrolled over {steps}. At each step, the symbol read, the language z and the state "
        "before go into the next state h by the layer i2h, and into o by the layer i2o; from h and o, the layer o2o "
        "makes the scores s, of which dropout sets some to zero, and their softmax is p; from p the next symbol is "
        "drawn, which is read at the next step. "
        f"Read: {STEPS.said(symbols[:-1])}. Drawn: {STEPS.said(symbols[1:])}."
    )


def cell_words(inputs: Sequence[str], layers: int, target: str) -> str:
    """The alternative text of rows of recurrent cells."""
    T, kind = len(inputs), _kind_of_symbol(inputs, target)
    rows = (
        "A row"
        if layers == 1
        else f"{_counted(layers, 'row')} one above the other,".capitalize()
    )
    sentences = [
        f"{rows} of {_counted(T, 'recurrent cell')}, a column for each {kind}: {', '.join(inputs)}.",
        f"In each cell, W_embed times the {kind} and W_recurrent times the state before are added; the tanh of the sum "
        "is the next state, which goes on to the right.",
    ]
    if layers > 1:
        sentences.append(
            "It leaves upwards too: in the place of the words, the row above reads the states of the row below. Each "
            "row has matrices of its own, W_in and W_recurrent with its number."
        )
    sentences += [
        f"The scores s are W_unembed times the last state{' of the last row' * (layers > 1)}, h{T}.",
        _softmax_sentence(kind, target),
    ]
    return " ".join(sentences)


def generating_words(symbols: Sequence[str]) -> str:
    """The alternative text of recurrent cells that generate."""
    steps = _counted(len(symbols) - 1, "recurrent cell")
    return (
        f"A row of {steps} to generate with. Each reads a symbol x and the language z, joined. In it, the matrices "
        "W_embed and W_language times the two, and W_recurrent times the state before, are added; the tanh of the sum "
        "is the next state h. It leaves twice: to the right into the next cell, and upwards, where W_unembed makes the "
        "scores s, and their softmax is p; from p the next symbol is drawn, which the next cell reads. "
        f"Read: {', '.join(symbols[:-1])}. Drawn: {', '.join(symbols[1:])}."
    )


def _softmax_sentence(kind: str, target: str | None) -> str:
    """What is drawn from the probabilities, if anything is; "?" if it is not known."""
    if target is None:
        return "Their softmax is p."
    known = "" if target == "?" else f", {target},"
    return f"The next {kind}{known} is drawn from their softmax p."


def _gradients_by(output: str | None) -> str:
    """How a sentence on the gradients begins."""
    return f"The gradients of J run back, by{f' {output} and by' if output else ''}"


def _kind_of_symbol(inputs: Sequence[str], target: str | None) -> str:
    """What inputs and target are: letters, words, or symbols of any kind."""
    if target and target != "?":
        inputs = [*inputs, target]
    if not all(symbol.isalpha() for symbol in inputs):
        return "symbol"
    return "letter" if all(len(symbol) == 1 for symbol in inputs) else "word"


def _counted(n: int, noun: str) -> str:
    """How many there are, in words as far as twelve."""
    return f"{NUMBERS[n] if n <= 12 else n} {noun}{'s' if n != 1 else ''}"
