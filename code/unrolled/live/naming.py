"""Names that a trained network draws in the page, as Python draws them: in a language,
from first letters, at a temperature, by a seed.

The network is that of :func:`unrolled.live.weights.rounded`. It comes at a click, with
the names that it was trained on. Left out: top-k and nucleus.
"""

__all__ = ["naming"]

from collections.abc import Callable, Sequence

import torch
from tabulate import tabulate
from torch import nn

from unrolled.data.names import Name
from unrolled.data.vocabulary import Vocabulary
from unrolled.live import Live, captioned
from unrolled.live.weights import packed, rounded

TEMPERATURES = 0.3, 1.0
"""Those of the table."""

SHOWN, MANY = 10, 1000
"""How many names are shown, and of how many it is counted how many are different."""


def naming(
    model: nn.Module,
    letters: Vocabulary,
    languages: Sequence[str],
    known: Sequence[Name],
    generate: Callable[..., Sequence],
    language: str,
    longest: int = 30,
) -> Live:
    """Names that a network draws by ``generate``, that of the page ``generation``.

    The places in ``languages`` are those of the network, and ``known`` are the names
    that it was trained on. The reader begins in ``language``. Names are stopped after
    ``longest`` letters. Where no script runs, a table has names at two temperatures.
    Raises ValueError if ``language`` is none of the languages, and for a network that
    cannot run in the page.
    """
    if language not in languages:
        raise ValueError(
            f"language {language!r}: expected one of {', '.join(languages)}"
        )
    place, in_page = languages.index(language), rounded(model)
    places = torch.full((MANY,), place)
    texts = [{name.text for name in known if name.language == one} for one in languages]
    columns = [[f"the first {SHOWN}", "different", "of these, in the training data"]]
    for temperature in TEMPERATURES:
        how = {"seed": 1, "longest": longest, "temperature": temperature}
        drawn = [name.text for name in generate(in_page, letters, places, **how)]
        different = set(drawn)
        old = len(different & texts[place])
        columns.append([", ".join(drawn[:SHOWN]), len(different), old])
    headers = [f"{MANY} names", *(f"temperature {t:g}" for t in TEMPERATURES)]
    rows = zip(*columns, strict=True)
    table = tabulate(rows, headers, tablefmt="html", disable_numparse=True)
    later = {
        "network": packed(model),
        "symbols": letters.symbols,
        "start": letters.start,
        "end": letters.end,
        "longest": longest,
        "languages": languages,
        "names": [sorted(names) for names in texts],
        "language": place,
        "shown": SHOWN,
        "many": MANY,
    }
    return Live(
        ["recurrent", "sampling", "naming"],
        {},
        captioned(table, f"Names in {language}"),
        {"network": later},
    )
