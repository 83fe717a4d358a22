"""A classifier of names in the reader's hands: the probabilities of the languages, as a
name is typed.

The network runs in the page (``recurrent.js``), with its weights in eight bits
(:mod:`unrolled.live.weights`). At a click come the training names, from which the page
builds two count models. Left out: networks that are no vanilla one, whose gradients
``classifier.js`` does not compute.
"""

__all__ = ["classifier"]

from collections.abc import Callable, Sequence

from sklearn.pipeline import Pipeline
from tabulate import tabulate
from torch import nn

from unrolled.data.demand import whole
from unrolled.data.names import MOST_LETTERS, Name
from unrolled.data.vocabulary import Vocabulary
from unrolled.live import Live, captioned
from unrolled.live.counts import packed_counts, training_names
from unrolled.live.normalising import ALPHABETS, EAST, RARE, table
from unrolled.live.weights import packed

Answers = Sequence[tuple[str, float]]
"""Languages with their probabilities, the most probable first."""


def classifier(
    model: nn.Module,
    letters: Vocabulary,
    languages: Sequence[str],
    names: Sequence[Name],
    answers: Callable[[str], Answers],
    texts: Sequence[str],
    train: Sequence[Name],
    counts: Pipeline,
    order: int,
) -> Live:
    """A field for a name, and what a vanilla network of one-hot ``letters`` answers
    after each letter.

    ``names`` are given to predict from, the first at once. The count models are an
    n-gram model of an ``order`` and :func:`~unrolled.pages.classification.count_model`,
    ``counts``, both of the names ``train``. Where no script runs, a table has the
    ``answers`` to the ``texts``, or why one is refused. Raises ValueError if there are
    no names, the order is no whole number, or the network is not a vanilla one for
    these letters and languages.
    """
    network = packed(model)
    d, V = network["arrays"]["input"]["shape"]
    C = model.readout.out_features
    if network["cell"] != "RNN" or (V, C) != (len(letters), len(languages)):
        raise ValueError(
            f"a network of the kind {network['cell']} for {V} symbols and {C} languages; expected a vanilla one, RNN, "
            f"for {len(letters)} and {len(languages)}"
        )
    if not names:
        raise ValueError("there are no names to predict from; give one or more")
    payload = {
        "network": network,
        "symbols": letters.symbols,
        "languages": list(languages),
        "alphabets": table(ALPHABETS),
        "names": names,
        "most": MOST_LETTERS,
        "order": whole("order", order),
    }
    models = {
        "training": training_names(train, languages),
        "counts": packed_counts(counts, train),
    }
    rows = [[text, _answer(answers, text)] for text in texts]
    answered = tabulate(rows, headers=["name", "answer"], tablefmt="html")
    return Live(
        ["recurrent", "sampling", "normalise", "ngrams", "counts", "classifier"],
        payload,
        captioned(answered, "What the network answers"),
        {"models": models, EAST: table(EAST), RARE: table(RARE)},
    )


def _answer(answers: Callable[[str], Answers], text: str) -> str:
    """The two most probable languages, or why the text is refused."""
    try:
        first, second, *_ = answers(text)
    except ValueError as refusal:
        return f"refused: {refusal}"
    one, two = (f"{language} {share:.0%}" for language, share in (first, second))
    return f"{one}, or {two}".replace("%", "\N{NO-BREAK SPACE}%")
