"""Which data the book uses: the embedded ones, or the tutorials' originals.

The choice is made in one place, the environment variable ``UNROLLED_DATA``, and never
silently: there is no falling back from one to the other. This is a module of its own so
that whatever depends on the choice can be told by its imports. Left out: a choice per
chapter.
"""

__all__ = ["choice"]

import os

VARIABLE = "UNROLLED_DATA"
CHOICES = ("embedded", "originals")


def choice() -> str:
    """The data chosen for this process: ``"embedded"`` (the default) or
    ``"originals"``.

    Raises ValueError if the environment variable ``UNROLLED_DATA`` holds anything else.
    """
    chosen = os.environ.get(VARIABLE, CHOICES[0])
    if chosen not in CHOICES:
        raise ValueError(
            f"{VARIABLE} is {chosen!r}; it must be {' or '.join(map(repr, CHOICES))}. "
            f"Set it with `make book UNROLLED_DATA=originals` or `export {VARIABLE}=originals`; "
            f"unset, it means {CHOICES[0]!r}."
        )
    return chosen
