"""Surnames and their languages: two sets of data in one shape, their split, and a
ceiling for classifiers.

Sources: the surnames that the package Faker holds (:mod:`unrolled.data.surnames`), and
those of the PyTorch name tutorials (:mod:`unrolled.data.originals`). :func:`load` gives
the set that was chosen, and :func:`read` one's own.

Left out: the frequency of a name. Every distinct name counts once, as in the tutorials.
"""

__all__ = [
    "ALPHABET",
    "FEWEST_NAMES",
    "MOST_LETTERS",
    "SCRIPTS",
    "Name",
    "Split",
    "without_marks",
    "normalise",
    "embedded",
    "tutorial",
    "load",
    "read",
    "family",
    "split",
    "languages",
    "language_places",
    "shared",
    "ceiling",
]

import csv
import hashlib
import io
import re
import string
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from anyascii import anyascii

from unrolled.data import originals
from unrolled.data.choice import choice
from unrolled.data.reading import canonical, described, read_text
from unrolled.data.surnames import romanise, surnames

ALPHABET = string.ascii_letters + " '-"
"""The symbols that a normalised name is written in, case kept."""

FEWEST_NAMES = 6
"""The fewest names of a language that can be split, since 10 % of 5 rounds to none."""

MOST_LETTERS = 60
"""More letters than any name in the data has; what is longer is no name."""

SCRIPTS = "LATIN GREEK CYRILLIC ARMENIAN GEORGIAN CJK HANGUL HIRAGANA KATAKANA".split()
"""The scripts that are romanised letter by letter to something that can be read, as
Unicode's names have them.
"""

APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u02bb\u02bc`\u00b4", "'"))
"""The forms of an apostrophe, all of which are read as one."""


class Name(NamedTuple):
    """A surname in the book's alphabet, and the language whose list it stands in."""

    text: str
    language: str


class Split(NamedTuple):
    """The three parts of a set of names."""

    train: list[Name]
    dev: list[Name]
    test: list[Name]


def without_marks(text: str) -> str:
    """``text`` in :data:`ALPHABET`: accents taken off, every other symbol dropped, ends
    stripped.

    This is the ``unicodeToAscii`` of the PyTorch tutorials, with the hyphen added to
    their alphabet. A letter that is no letter-with-accent is dropped whole: Weiß
    becomes Wei, which is a Chinese name. Use :func:`normalise` unless the tutorials'
    own data are to be reproduced.
    """
    letters = unicodedata.normalize("NFD", text)
    return "".join(letter for letter in letters if letter in ALPHABET).strip()


@cache
def _readable(symbol: str) -> bool:
    """Whether a symbol of a name can be written in :data:`ALPHABET`, or is an accent on
    the letter before it.
    """
    name, kind = unicodedata.name(symbol, ""), unicodedata.category(symbol)[0]
    written = anyascii(symbol)
    if kind == "M":
        return name.startswith("COMBINING ")
    if kind in "ZP":
        return written in (" ", "-", "'")
    sounds = any(map(str.isalpha, without_marks(written)))
    # of a hard or a soft sign it is known that it is left out; a glottal stop stays, as
    # an apostrophe
    sounds = sounds or written == "'" and (" SIGN" in name or "LATIN" in name)
    return kind == "L" and sounds and any(script in name for script in SCRIPTS)


def normalise(text: str) -> str:
    """A name in :data:`ALPHABET`: romanised first, then :func:`without_marks`.

    Raises ValueError if it has a symbol that would be lost or become something else: a
    digit, a sign, a letter of a script outside :data:`SCRIPTS`. In Arabic, Hebrew or
    Devanagari, say, vowels are not written or stand around the consonants, and a name
    romanised letter by letter is another. The message has the place, and what to do.
    """
    text = canonical(text).translate(APOSTROPHES)
    for column, symbol in enumerate(text, 1):
        if not _readable(symbol):
            raise ValueError(
                f"{text!r}, column {column}: {described(symbol)}, cannot be written in the book's alphabet. "
                "Take it out, or give the name in Latin letters"
            )
    return without_marks(romanise(text))


def _names(
    lists: dict[str, Iterable[str]], normalisation: Callable[[str], str]
) -> list[Name]:
    """Distinct pairs of a non-empty normalised text and its language, sorted by
    language, then text.
    """
    pairs = {
        Name(normalisation(text), language)
        for language, texts in lists.items()
        for text in texts
    }
    return sorted(
        (name for name in pairs if name.text),
        key=lambda name: (name.language, name.text),
    )


def embedded() -> list[Name]:
    """The embedded names, distinct and sorted by language, then text."""
    return _names(surnames(), normalise)


def tutorial() -> list[Name]:
    """The names of the PyTorch tutorials, distinct and sorted by language, then text.

    They are normalised as the tutorials do it (:func:`without_marks`), faults included,
    so that a figure on the published split compares with others on that split. Raises
    :class:`~unrolled.data.originals.DataError` if a file is missing, truncated or
    altered.
    """
    files = [
        originals.path(name) for name in originals.REGISTRY if name.startswith("names/")
    ]
    return _names(
        {Path(file).stem: file.read_text("utf-8").splitlines() for file in files},
        without_marks,
    )


def load() -> list[Name]:
    """The names that were chosen: :func:`embedded` or :func:`tutorial`."""
    return tutorial() if choice() == "originals" else embedded()


def read(path: Path, encoding: str = "utf-8") -> list[Name]:
    """Names of one's own, normalised by :func:`normalise`, distinct and sorted by
    language, then text.

    ``path`` is a folder as the tutorials have it, with a file for each language,
    ``Klingon.txt``, and in it a name a line; or a table, ``.csv`` or ``.tsv``, whose
    first line has the columns ``name`` and ``language``. The files are read by
    :func:`unrolled.data.reading.read_text`, which also says what it refuses.

    Raises ValueError if there are no files or no columns of these kinds, if a language
    has no name or a name no language, or if a name cannot be normalised or has more
    than :data:`MOST_LETTERS` letters; with the file and the line. Raises
    FileNotFoundError if there is no such file or folder.
    """
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"there is no file or folder {path}")
    rows = _folder(path, encoding) if path.is_dir() else _table(path, encoding)
    found: set[Name] = set()
    for place, text, language in rows:
        try:
            name = Name(normalise(text), canonical(language).strip())
        except ValueError as error:
            raise ValueError(f"{place}: {error}") from None
        letters = len(name.text) * any(map(str.isalpha, name.text))
        if not 1 <= letters <= MOST_LETTERS or not name.language:
            raise ValueError(
                f"{place}: {text[:MOST_LETTERS]!r} of {language!r}; expected a name of 1 to {MOST_LETTERS} "
                "letters, and its language"
            )
        found.add(name)
    if not found:
        raise ValueError(f"{path} holds no names")
    return sorted(found, key=lambda name: (name.language, name.text))


Row = tuple[str, str, str]
"""Where a name stands, the name, and its language."""


def _folder(path: Path, encoding: str) -> Iterator[Row]:
    """The names in the files of a folder."""
    # some systems put files of their own there, whose names begin with a dot
    files = [
        file for file in sorted(path.glob("[!.]*")) if file.suffix.lower() == ".txt"
    ]
    if not files:
        raise ValueError(
            f"{path} has no file Language.txt; expected one for each language, with a name a line"
        )
    for file in files:
        lines = [line.strip() for line in read_text(file, encoding).split("\n")]
        if not any(lines):
            raise ValueError(f"{file} holds no name; take it out, or put names in")
        for number, line in enumerate(lines, 1):
            if line:
                yield f"{file}, line {number}", line, file.stem


def _table(path: Path, encoding: str) -> Iterator[Row]:
    """The names in a table."""
    if path.suffix.lower() not in (".csv", ".tsv"):
        raise ValueError(
            f"{path} is neither a folder nor a table; expected a folder with a file Language.txt for each language, or "
            "a .csv or .tsv with the columns name and language"
        )
    text = read_text(path, encoding)
    head = text.partition("\n")[0]
    between = max("\t;,", key=head.count)  # programs differ in what a .csv is
    table = csv.DictReader(io.StringIO(text), delimiter=between, strict=True)
    columns = [column.strip().lower() for column in table.fieldnames or []]
    table.fieldnames = columns
    if columns.count("name") != 1 or columns.count("language") != 1:
        raise ValueError(
            f"{path}, line 1 has the columns {', '.join(columns) or 'none'}; expected name and language among them"
        )
    try:
        for row in table:
            place = f"{path}, line {table.line_num}"
            if None in row or None in row.values():
                raise ValueError(
                    f"{place} has not the {len(columns)} columns of line 1"
                )
            yield place, row["name"].strip(), row["language"]
    except csv.Error as error:
        raise ValueError(f"{path}, after line {table.line_num}: {error}") from None


def family(text: str) -> str:
    """A rough stem that the gendered forms of one surname share, for ``split(names,
    family)``.

    Of a normalised name: lower-case letters; after the third, every final vowel, ``y``,
    ``j``, ``s`` and ``v`` off, then an ``e`` before the last consonant. Novak and
    Novakova, Nikolaev and Nikolaeva, Papadakis and Papadaki, Havel and Havlova meet. So
    do strangers (Rossi, Rosso), which costs a split nothing.
    """
    letters = "".join(letter for letter in text.lower() if letter.isalpha())
    ending = letters[3:].rstrip("aeiouyjsv")
    return letters[:3] + re.sub("e(?=.$)", "", ending)


def _identity(text: str) -> str:
    return text


def _shuffled(
    names: Iterable[Name], key: Callable[[str], str], salt: str
) -> list[Name]:
    """The names in the order of the hash of their key: no library's seed, so the same
    everywhere.
    """

    def place(name: Name) -> tuple[str, str]:
        salted = f"{salt}:{key(name.text)}"
        return hashlib.sha256(salted.encode()).hexdigest(), name.text

    return sorted(names, key=place)


def split(
    names: Iterable[Name],
    key: Callable[[str], str] = _identity,
    salt: str = "2024",
) -> Split:
    """Split names into train, dev and test, 75 : 10 : 15 in every language, no text in
    two parts.

    1. Per language, take the distinct names and sort them by ``sha256(salt + ":" +
       key(text))``.
    2. The first 15 % (rounded) are test, the next 10 % dev, the rest train.
    3. Drop from dev what has its key in test, and from train what has its key in dev or
       test.

    With the defaults, the key is the text itself: this is the book's published split.
    With ``key=family`` the gendered forms of one surname stay together too. Another
    salt gives another split. Raises ValueError if there are no names, or a language has
    fewer than :data:`FEWEST_NAMES`.
    """
    groups: dict[str, set[Name]] = defaultdict(set)
    for name in names:
        groups[name.language].add(name)
    if not groups:
        raise ValueError("there are no names to split")
    parts = Split([], [], [])
    for language, group in sorted(groups.items()):
        if len(group) < FEWEST_NAMES:
            raise ValueError(
                f"{language} has {len(group)} names; a split needs {FEWEST_NAMES} of each language"
            )
        order = _shuffled(group, key, salt)
        test, dev = round(0.15 * len(group)), round(0.10 * len(group))
        parts.test.extend(order[:test])
        parts.dev.extend(order[test : test + dev])
        parts.train.extend(order[test + dev :])
    return _disjoint(parts, key)


def _disjoint(parts: Split, key: Callable[[str], str]) -> Split:
    """Step 3 of :func:`split`."""
    tested = {key(name.text) for name in parts.test}
    dev = [name for name in parts.dev if key(name.text) not in tested]
    held_out = tested | {key(name.text) for name in dev}
    return Split(
        [name for name in parts.train if key(name.text) not in held_out],
        dev,
        parts.test,
    )


def languages(names: Iterable[Name]) -> dict[str, int]:
    """The languages in alphabetical order, each with its number of names."""
    return dict(sorted(Counter(name.language for name in names).items()))


def language_places(names: Iterable[Name], languages: Sequence[str]) -> list[int]:
    """The place of each name's language among ``languages``; raises ValueError for one
    that is not among them.
    """
    names, places = list(names), {x: place for place, x in enumerate(languages)}
    if unknown := {name.language for name in names} - set(places):
        raise ValueError(
            f"unknown languages {sorted(unknown)}; expected some of {list(languages)}"
        )
    return [places[name.language] for name in names]


def shared(names: Iterable[Name]) -> dict[str, list[str]]:
    """The texts that stand in more than one language, each with its languages,
    sorted.
    """
    found: dict[str, set[str]] = defaultdict(set)
    for name in names:
        found[name.text].add(name.language)
    return {text: sorted(found[text]) for text in sorted(found) if len(found[text]) > 1}


def ceiling(part: Iterable[Name]) -> float:
    """The accuracy on ``part`` that no function of the text alone can exceed, between 0
    and 1.

    An oracle that knows the part can give each distinct text one language only, at best
    the one that most of its rows have. It is an oracle's bound *on this part*: a bound
    for new names may lie lower. Raises ValueError if the part is empty.
    """
    rows: dict[str, Counter[str]] = defaultdict(Counter)
    for name in part:
        rows[name.text][name.language] += 1
    if not rows:
        raise ValueError("there are no names, so no accuracy")
    right = sum(max(counts.values()) for counts in rows.values())
    return right / sum(counts.total() for counts in rows.values())
