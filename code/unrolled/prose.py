"""Numbers and claims of a page's text: both come from the page's cells, so that the
text holds for what was computed.

Left out: what is a table or a figure; that is what a cell shows.
"""

__all__ = ["say", "claim", "power"]

import os

from IPython.core.formatters import format_display_data
from IPython.display import display

STRICT = "UNROLLED_STRICT"
"""The variable that the book's build sets for its cells; there, a claim that fails is
an error.
"""

PASTED = "application/papermill.record/"
RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def say(**values: object) -> None:
    """Keep values for the page's text, which pastes ``best_step`` by
    ``{glue:text}`best-step```.

    In a notebook, where nothing is pasted, they are shown.
    """
    for name, value in values.items():
        data, metadata = format_display_data(value)
        metadata["scrapbook"] = {"name": name.replace("_", "-"), "mime_prefix": PASTED}
        kept = {PASTED + kind: text for kind, text in data.items()}
        display(kept, raw=True, metadata=metadata)
    shown = "\n".join(
        f"{name.replace('_', '-')}: {value}" for name, value in values.items()
    )
    display({"text/plain": shown}, raw=True)


def claim(holds: object, words: str) -> None:
    """Tie a sentence of the text, in ``words``, to what was computed.

    If it does not hold, the build fails, with an AssertionError that says the words. A
    reader's notebook says that the text no longer holds, and goes on: changing a number
    is what a notebook is for.
    """
    if holds:
        return
    if os.environ.get(STRICT):
        raise AssertionError(f"the text says: {words}; this does not hold")
    print(f"The text says: {words}. With these numbers this no longer holds.")


def power(x: float) -> str:
    """A positive number for prose: as a digit and a power of ten, 3 · 10⁻⁵, where it is
    far from one.
    """
    if 0.1 <= x < 1000:
        return f"{x:.1f}" if x < 10 else f"{x:.0f}"
    if x == 0:
        return "0"
    digit, exponent = f"{x:.0e}".split("e")
    digit = "" if digit == "1" else f"{digit}\N{NO-BREAK SPACE}·\N{NO-BREAK SPACE}"
    return f"{digit}10{str(int(exponent)).translate(RAISED)}"
