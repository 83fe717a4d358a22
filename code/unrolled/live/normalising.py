"""Tables by which the page normalises names as the package does: what each symbol is
written as.

They are made of Python's own tables, so the browser's version of Unicode does not
matter. There is one for the letters of most languages, and two more, far larger, for a
click: for Chinese, Japanese and Korean. ``normalise.js`` reads them.
"""

__all__ = ["ALPHABETS", "EAST", "RARE", "table"]

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import pairwise

from unrolled.data.names import APOSTROPHES, _readable, anyascii
from unrolled.data.reading import canonical
from unrolled.data.surnames import VOWELS

ALPHABETS = "alphabets"
"""The name of the table that the page loads first."""

EAST = "Chinese, Japanese and Korean letters"
"""The name of the second table, as the page says it."""

RARE = "rare Chinese letters"
"""The name of the third table, as the page says it. Its letters are beyond U+20000."""

EAST_ASIAN = "CJK", "HANGUL", "HIRAGANA", "KATAKANA"
SYLLABLES = range(0xAC00, 0xD7A4)  # of Hangul: 19 · 21 · 28, in order
FIRST, BASE = 35, 91  # the digits of a number are symbols from # on
NOTHING = "?"  # in place of a symbol that cannot be written
BREAK = 4  # so many of them in a row end a run
APART = 256  # code points this far apart lie in two ranges of a table


@cache
def _symbols() -> dict[str, list[str]]:
    """The symbols of each table, in order: those that a canonical text can have and
    that can be written.
    """
    found = {ALPHABETS: [], EAST: [], RARE: []}
    for symbol in map(chr, range(0x110000)):
        kept = unicodedata.category(symbol)[0] in "LMPZ"
        if kept and _readable(symbol) and canonical(symbol) == symbol:
            east = any(word in unicodedata.name(symbol) for word in EAST_ASIAN)
            rare = east and ord(symbol) >= 0x20000
            found[RARE if rare else EAST if east else ALPHABETS].append(symbol)
    return found


def _runs(codes: Iterable[int], apart: int) -> list[list[int]]:
    """The first and the last of each run of ordered numbers; a step over ``apart``
    begins one.
    """
    runs = []
    for code in codes:
        if runs and code - runs[-1][1] <= apart:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return runs


def _packed(written: dict[int, str]) -> dict:
    """What code points are written as: the words, the most frequent first; how many
    code points each run skips and has; and the word of each, as a number of two digits.
    """
    runs = _runs(written, BREAK)
    every = [written.get(code, NOTHING) for a, b in runs for code in range(a, b + 1)]
    words = [word for word, _ in Counter(every).most_common()]
    numbers = [*map({word: i for i, word in enumerate(words)}.get, every)]
    return {
        "words": ",".join(words),
        "runs": [
            [first - before - 1, last - first + 1]
            for (_, before), (first, last) in pairwise([[0, -1], *runs])
        ],
        "high": "".join(chr(FIRST + number // BASE) for number in numbers),
        "low": "".join(chr(FIRST + number % BASE) for number in numbers),
    }


def _hangul() -> Iterator[list[str]]:
    """The written forms of the first, second and last parts of the syllables."""
    syllables = [anyascii(chr(code)).lower() for code in SYLLABLES]
    yield [one.removesuffix("a") for one in syllables[:: 21 * 28]]
    # the twelfth first part is silent
    silent = syllables[11 * 21 * 28 :]
    yield silent[: 21 * 28 : 28]
    yield [one.removeprefix("a") for one in silent[:28]]


def table(name: str, later: Sequence[str] = (EAST, RARE)) -> dict:
    """The table :data:`ALPHABETS`, which the page loads first, :data:`EAST` or
    :data:`RARE`, as ``unrolled.writing`` reads it.

    ``later`` are those that the page offers to load, if it is the first; of their
    letters it says so. Raises ValueError for another name.
    """
    symbols = _symbols()
    for other in (name, *later):
        if other not in symbols:
            raise ValueError(f"table {other!r}: expected one of {', '.join(symbols)}")
    plain, foreign = {}, {}
    for symbol in symbols[name]:
        is_letter = unicodedata.category(symbol)[0] == "L"
        if is_letter and "LATIN" not in unicodedata.name(symbol):
            # each word gets its capital in the end
            if ord(symbol) not in SYLLABLES:
                foreign[ord(symbol)] = anyascii(symbol).lower()
        else:
            plain[ord(symbol)] = anyascii(symbol)
    packed = {"name": name, "plain": _packed(plain), "foreign": _packed(foreign)}
    if name == EAST:
        packed["hangul"] = [*_hangul()]
    if name == ALPHABETS:
        packed |= {
            "apostrophes": "".join(map(chr, APOSTROPHES)),
            "vowels": VOWELS,
            "later": {key: _runs(map(ord, symbols[key]), APART) for key in later},
        }
    return packed
