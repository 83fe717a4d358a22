"""A text as a file has it, and as the book reads it: the same characters in one
spelling, or an error with the place.

Source: the Unicode Standard, of which Python knows the canonical composition (NFC) and
the characters' names. Left out: guessing an encoding. It fails on short texts; the
error shows how the line reads in a few, for the reader to choose.
"""

__all__ = ["described", "canonical", "read_text"]

import codecs
import re
import unicodedata
from pathlib import Path

MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",  # before the mark of UTF-16, which it begins with
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""The byte-order marks at the head of a file, each with the encoding that it tells
of.
"""

CANDIDATES = "cp1252", "cp1250", "cp1251", "shift_jis", "gb18030"
"""Encodings that a file may be in when it is not in UTF-8 (Western, Central European,
Cyrillic, Japanese, Chinese).
"""

LINE_END = re.compile("\r\n?|\u2028|\u2029")

NO_TEXT = re.compile("[\0-\x08\x0b\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufeff\ufffd-\uffff]")
"""Characters that no text has, which are control characters, halves of characters, and
signs of a wrong encoding.
"""

HINTS = {
    "\0": "It is there when UTF-16 is read as something else: give encoding='utf-16-le' or 'utf-16-be'",
    "\ufeff": "It is a byte-order mark, amid the text as when files were joined: take it out",
    "\ufffd": "It stands for a character that was lost when the text was decoded: get the text again, and give its "
    "encoding",
}


def described(character: str) -> str:
    """A character as an error shows it: itself where it prints, its number and its
    name.
    """
    control = unicodedata.category(character) == "Cc"
    name = unicodedata.name(character, "control character" if control else "no name")
    itself = f"{character!r}, " if character.isprintable() else ""
    return f"{itself}U+{ord(character):04X}, {name}"


def place(text: str, position: int) -> str:
    """A position in a text, as a line and a column, both from 1."""
    line = text.count("\n", 0, position) + 1
    return f"line {line}, column {position - text.rfind(chr(10), 0, position)}"


def canonical(text: str) -> str:
    r"""The same text in one spelling: letters composed with their accents (NFC), each
    line's end ``\n``.

    A byte-order mark at the head is taken off. What looks the same is then the same: e
    and a combining accent become é, ``\r\n``, ``\r`` and the two separators of Unicode
    become ``\n``.

    Raises TypeError if it is no string: bytes have to be decoded, or read by
    :func:`read_text`. Raises ValueError if it has a character that no text has, a
    control character or what tells of a wrong encoding; with the place.
    """
    if not isinstance(text, str):
        raise TypeError(
            f"a text is expected, and this is {type(text).__name__}; decode bytes, or read a file with read_text"
        )
    text = LINE_END.sub("\n", text.removeprefix("\ufeff"))
    if found := NO_TEXT.search(text):
        hint = HINTS.get(found[0], "Take it out, or give the encoding of the text")
        if "\x80" <= found[0] <= "\x9f":
            hint = "It is there when cp1252 is read as latin-1: give encoding='cp1252'"
        raise ValueError(
            f"{place(text, found.start())}: {described(found[0])}, which no text has. {hint}"
        )
    return unicodedata.normalize("NFC", text)


def read_text(path: Path, encoding: str = "utf-8") -> str:
    """The text of a file as :func:`canonical` has it; a byte-order mark, where there is
    one, says the encoding.

    Raises ValueError if the file is in another encoding, with the place and how its
    line reads in some; if it is in UTF-8 and another encoding is given; or if it has
    characters that no text has.
    """
    data = Path(path).read_bytes()
    told = next((name for mark, name in MARKS.items() if data.startswith(mark)), None)
    encoding = told or encoding
    try:
        text = data.decode(encoding)
        as_utf_8 = data.decode("utf-8", "replace")
        other = not (told or data.isascii() or text == as_utf_8)
        if other and "\ufffd" not in as_utf_8:  # by chance it hardly ever is
            raise ValueError(f"it is in utf-8, and would be misread in {encoding}")
        return canonical(text)
    except LookupError:
        raise ValueError(
            f"there is no encoding {encoding!r}; common ones are utf-8, {', '.join(CANDIDATES)}"
        ) from None
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not in {encoding}: {_wrong(error)}") from None
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from None


def _wrong(error: UnicodeDecodeError) -> str:
    """Where decoding failed, and how the line reads in other encodings."""
    data, start = error.object, error.start
    before = data[:start].decode(error.encoding, "ignore")
    said = f"{place(before, len(before))} has the byte {data[start]:#04x} ({error.reason}). "
    if b"\0" in data:
        return f"{said}It has zero bytes, as UTF-16 has: give encoding='utf-16-le' or 'utf-16-be'"
    line = data[data.rfind(b"\n", 0, start) + 1 :].split(b"\n")[0].strip()[:60]
    reads = []
    for name in CANDIDATES:
        try:
            reads.append(f"{line.decode(name)!r} in {name}")
        except UnicodeDecodeError:
            continue
    if not reads:
        return said + "Save it as UTF-8, or give its encoding"
    return f"{said}Its line reads {', '.join(reads)}; give the encoding in which it reads right, or save it as UTF-8"
