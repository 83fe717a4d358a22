"""Who gives names and who judges them, and names in parts and by language."""

import hashlib
from collections.abc import Callable, Iterable, Sequence

from unrolled.data.names import Name

Generator = Callable[[Sequence[str], int], list[Name]]
"""A generator gives a name for each language that it is asked for, by a seed."""

Judge = Callable[[Sequence[str]], Sequence[str]]
"""A judge says of each text which language it takes it to be of."""


def split_for_judge(names: Sequence[Name]) -> tuple[list[Name], list[Name]]:
    """Names in two parts, no text in both: about two thirds for a generator, and a
    third for its judge.

    By a hash of the text, so the same everywhere. A judge that learnt from what the
    generator learnt from would reward copies.
    """
    parts: tuple[list[Name], list[Name]] = ([], [])
    for name in names:
        digest = hashlib.sha256(f"judge:{name.text}".encode()).hexdigest()
        parts[int(digest, 16) % 3 == 0].append(name)
    return parts


def demand_names(names: Sequence[Name]) -> Sequence[Name]:
    """The names, if there are any; a metric of none is a ValueError."""
    if not len(names):
        raise ValueError("there are no names to judge: expected one at least")
    return names


def by_language(
    names: Sequence[Name], items: Iterable | None = None
) -> dict[str, list]:
    """The names, or the items in their places, of each language."""
    groups: dict[str, list] = {}
    for name, item in zip(names, names if items is None else items, strict=True):
        groups.setdefault(name.language, []).append(item)
    return groups
