"""The page's language model goes on with a text that the reader types.

It runs in the page, by ``recurrent.js``, ``sampling.js`` and ``writer.js``, with the
weights of :func:`unrolled.live.weights.rounded`, and loads at a click. Left out: top-k
and nucleus.
"""

__all__ = ["write_on"]

from collections.abc import Mapping, Sequence
from html import escape

from tabulate import tabulate
from torch import nn

from unrolled.data.vocabulary import Vocabulary
from unrolled.live import Live, captioned
from unrolled.live.weights import packed


def write_on(
    model: nn.Module,
    symbols: Vocabulary,
    prompts: Sequence[str],
    written: Mapping[float, str],
) -> Live:
    """A prompt, a temperature and a seed; a language model of characters goes on, and a
    greedy loop is marked.

    The ``prompts`` are pieces of the model's text, the first of which the part begins
    with; the symbols are the model's, of which ``<pad>`` and ``<unk>`` are not written.
    Until the model is loaded, a table has what was ``written`` after the first prompt,
    by temperature. Raises ValueError if the numbers of symbols differ, if a prompt is
    empty or has a character without a symbol, or for a model that the page cannot run.
    """
    never = [id for id in (symbols.pad, symbols.unknown) if id is not None]
    network = packed(model, never=never)
    V = model.readout.out_features
    if len(symbols) != V:
        raise ValueError(f"there are {len(symbols)} symbols, and the model has {V}")
    if not prompts or not all(prompts):
        raise ValueError("a prompt is missing or empty; give pieces of the text")
    if strange := sorted(set("".join(prompts)) - set(symbols.symbols)):
        raise ValueError(
            f"no symbol for {' '.join(map(repr, strange))}, which a prompt has"
        )
    rows = [[f"{temperature:g}", repr(text)] for temperature, text in written.items()]
    caption = f"What is written after “…{escape(prompts[0][-20:])}”, by temperature"
    table = tabulate(
        rows,
        headers=["temperature", "text"],
        tablefmt="html",
        disable_numparse=True,
    )
    return Live(
        ["recurrent", "sampling", "writer"],
        {"symbols": symbols.symbols, "prompts": list(prompts)},
        captioned(table, caption),
        {"network": network},
    )
