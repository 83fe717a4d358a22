"""A text is read as it is, in whatever encoding and spelling it comes, or refused with the place."""

import codecs
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unrolled.data.names import Name, read
from unrolled.data.reading import CANDIDATES, canonical, read_text

# Anything that a file may hold, and much of what goes wrong.
anything = st.text(max_size=30) | st.text(
    "aeé\u0301\r\n\u2028\ufeff\0\ufffd\x85中ह\u093f", max_size=12
)
plain = st.text(
    st.characters(exclude_categories=["C"], exclude_characters="\u2028\u2029\ufffd")
    | st.sampled_from("\n\t"),
    max_size=30,
)

ENCODINGS = {
    "utf-8": b"",
    "utf-8-sig": b"",
    "utf-16": b"",
    "utf-32": b"",
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
    "utf-32-be": codecs.BOM_UTF32_BE,
}
"""Encodings that need not be told, with the mark that they do not write themselves."""


@settings(derandomize=True)
@given(anything)
def test_a_text_is_the_same_in_one_spelling_or_refused_with_the_place(text):
    try:
        once = canonical(text)
    except ValueError as refusal:
        place, character = str(refusal).split(": ")[:2]
        line, column = (int(word.split()[1]) for word in place.split(", "))
        lines = canonical_lines(text)
        number = f"U+{ord(lines[line - 1][column - 1]):04X}"
        assert number in character
        return
    assert canonical(once) == once
    assert unicodedata.is_normalized("NFC", once)
    assert unicodedata.normalize("NFC", "\n".join(canonical_lines(text))) == once
    for form in "NFC", "NFD":
        assert canonical(unicodedata.normalize(form, text)) == once


def canonical_lines(text: str) -> list[str]:
    """The lines of a text, by another way of cutting it."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\r")
    for end in "\r\u2028\u2029":
        text = text.replace(end, "\n")
    return text.split("\n")


@settings(derandomize=True)
@given(plain, st.sampled_from(sorted(ENCODINGS)), st.sampled_from(["\n", "\r", "\r\n"]))
def test_a_file_that_says_its_encoding_is_read(tmp_path_factory, text, encoding, end):
    path = tmp_path_factory.mktemp("file") / "text.txt"
    data = ENCODINGS[encoding] + text.replace("\n", end).encode(encoding)
    path.write_bytes(data)
    assert read_text(path) == canonical(text)


@settings(derandomize=True)
@given(plain, st.sampled_from([*CANDIDATES, "latin-1", "utf-16-le", "koi8-r"]))
def test_a_file_in_another_encoding_is_read_if_told_and_never_misread(
    tmp_path_factory, text, encoding
):
    path = tmp_path_factory.mktemp("file") / "text.txt"
    try:
        path.write_bytes(text.encode(encoding))
    except UnicodeEncodeError:
        return
    assert read_text(path, encoding) == canonical(text)
    try:
        found = read_text(path)
    except ValueError as refusal:
        assert "text.txt" in str(refusal) and "line " in str(refusal)
    else:
        assert found == canonical(text)


@pytest.mark.parametrize(
    ("data", "encoding", "message"),
    [
        (
            "Weiß\nMüller\n".encode("cp1252"),
            "utf-8",
            r"text\.txt is not in utf-8: line 1, column 4 has the byte 0xdf .*'Weiß' in cp1252, .*give the encoding",
        ),
        (
            "Вася\nЛев\n".encode("cp1251"),
            "utf-8",
            "line 1, column 1 .*'Вася' in cp1251",
        ),
        ("ab\ncé".encode("utf-16-le"), "utf-8", "line 2, .* zero bytes, as UTF-16"),
        ("ab".encode("utf-16-be"), "utf-8", r"line 1, column 1: U\+0000, control .*"),
        ("é".encode(), "cp1252", "it is in utf-8, and would be misread in"),
        ("a…".encode("cp1252"), "latin-1", r"U\+0085, .*give encoding='cp1252'"),
        (b"abc", "klingon", "no encoding 'klingon'; common ones are utf-8"),
        ("a\ufeffb".encode(), "utf-8", "column 2: U.FEFF.*mark, amid the text"),
        ("a\ufffdb".encode(), "utf-8", "REPLACEMENT CHARACTER.*get the text again"),
        (b"a\x1bb", "utf-8", r"text\.txt: line 1, column 2: U\+001B"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_place_and_what_to_do(
    tmp_path: Path, data: bytes, encoding: str, message: str
):
    (tmp_path / "text.txt").write_bytes(data)
    with pytest.raises(ValueError, match=message):
        read_text(tmp_path / "text.txt", encoding)


def test_bytes_are_no_text():
    with pytest.raises(TypeError, match="this is bytes; decode"):
        canonical(b"abc")


# Names of one's own


NAMES = [Name("Elrond", "Elvish"), Name("Grishnakh", "Orkish"), Name("Ugluk", "Orkish")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_names_are_read_from_a_folder_or_a_table(
    tmp_path: Path, encoding: str, end: str, form: str
):
    lists = {"Elvish": "Élrond\n\n Elrond \n", "Orkish": "Uglúk\nGrishnákh\nUglúk"}
    for language, text in lists.items():
        text = unicodedata.normalize(form, text).replace("\n", end)
        (tmp_path / f"{language}.txt").write_bytes(text.encode(encoding))
    (tmp_path / ".hidden.txt").write_bytes(b"\xff\0")  # of the system, not ours
    (tmp_path / "notes.md").write_bytes(b"\xff\0")
    assert read(tmp_path) == NAMES
    rows = [(name, x) for x in lists for name in lists[x].split("\n") if name]
    for between, suffix in ((",", "csv"), (";", "csv"), ("\t", "tsv")):
        lines = [f"Language{between}Name", *(f"{x}{between}{n}" for n, x in rows)]
        text = unicodedata.normalize(form, end.join(lines))
        (tmp_path / f"names.{suffix}").write_bytes(text.encode(encoding))
        assert read(tmp_path / f"names.{suffix}") == NAMES


def test_a_language_is_the_same_however_its_file_is_spelled(tmp_path: Path):
    (tmp_path / "Espan\u0303ol.txt").write_text("Pen\u0303a\n")
    assert read(tmp_path) == [Name("Pena", "Español")]


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("X.txt", "Ann\nBo2b\n", r"X\.txt, line 2: 'Bo2b', column 3: '2', U\+0032"),
        ("X.txt", "Ann\nحسن\n", r"line 2: .*ARABIC LETTER HAH.*in Latin letters"),
        ("X.txt", "कमल", "DEVANAGARI LETTER KA.*in Latin letters"),
        ("X.txt", "佐々木", "column 2: .*IDEOGRAPHIC ITERATION MARK"),
        ("X.txt", "Ann🙂", "column 4: .*SLIGHTLY SMILING FACE"),
        ("X.txt", "St. John", "column 3: .*FULL STOP"),
        ("X.txt", "-\n", "line 1: '-' of 'X'; expected a name of 1 to 60 letters"),
        ("X.txt", "a" * 61, "line 1: 'aaa.*expected a name of 1 to 60 letters"),
        ("X.txt", " \n\n", r"X\.txt holds no name"),
        ("X.md", "Ann\n", "has no file Language.txt; expected one for each language"),
        ("x.csv", "", "line 1 has the columns none; expected name and language"),
        ("x.csv", "name,lang\nAnn,X", "the columns name, lang; expected name and lan"),
        ("x.csv", "name,language\nAnn", "line 2 has not the 2 columns of line 1"),
        ("x.csv", "name,language\nAnn,X,Y", "line 2 has not the 2 columns"),
        ("x.csv", "name,language\nAnn,", "line 2: 'Ann' of ''; expected"),
        ("x.csv", "name,language\n", "holds no names"),
        ("x.csv", 'name,language\n"Ann,X', "after line 1: unexpected end of data"),
        ("x.ods", "name,language\n", "neither a folder nor a table"),
    ],
)
def test_names_that_cannot_be_read_are_refused_with_the_file_and_the_line(
    tmp_path: Path, file: str, text: str, message: str
):
    (tmp_path / file).write_text(text)
    with pytest.raises(ValueError, match=message):
        read(tmp_path if file.startswith("X") else tmp_path / file)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match="no file or folder .*nowhere"):
        read(tmp_path / "nowhere")
