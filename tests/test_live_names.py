"""Names in the page: normalised as the package does it, and judged by its count models; both in Node."""

import random
import sys
import unicodedata

import pytest

from browsing import node
from unrolled.data import names, originals
from unrolled.data.names import normalise
from unrolled.data.surnames import LISTS
from unrolled.live.normalising import ALPHABETS, EAST, RARE, table

TABLES = [ALPHABETS, EAST, RARE]
NORMALISED = """
([tables, texts]) => {
  const table = tables.reduce((made, one) => script.writing(one, made), undefined);
  return texts.map((text) => script.normalise(text, table));
}
"""
EVERY_SYMBOL = """
(tables) => {
  const table = tables.reduce((made, one) => script.writing(one, made), undefined);
  return Array.from({ length: 0x110000 }, (_, code) => script.normalise(String.fromCodePoint(code), table).text ?? null);
}
"""


def in_page(texts: list[str], loaded: list[str] = TABLES) -> list[dict]:
    """What the page makes of texts, with some of the tables."""
    return node(NORMALISED, "normalise", [[[*map(table, loaded)], texts]])[0]


def in_package(text: str) -> str | None:
    """The normalised text, or None where it is refused."""
    try:
        return normalise(text)
    except ValueError:
        return None


def same(texts: list[str]) -> int:
    """Fail unless the page normalises texts as the package does; how many it refuses."""
    found, expected = in_page(texts), list(map(in_package, texts))
    for text, one, other in zip(texts, found, expected, strict=True):
        assert one.get("text") == other, text
        assert ("problem" in one) == (other is None), text
    return expected.count(None)


def original_lines() -> list[str]:
    """The lines of the tutorials' own names; none if their files are not here."""
    try:
        return [
            line
            for name in originals.REGISTRY
            if name.startswith("names/")
            for line in originals.path(name).read_text("utf-8").splitlines()
        ]
    except originals.DataError as missing:
        if "no file" not in str(missing):
            raise
        return []


def test_every_name_of_both_data_sets_is_normalised_as_in_the_package():
    raw = [name for lists in LISTS.values() for one in lists for name in one]
    written = [name.text for name in names.embedded()]
    refused = same(raw + written + original_lines())
    assert refused < 100  # a few lines of the lists are no names


def drawn(seed: int, number: int) -> list[str]:
    """Strings of symbols of all kinds, those of one kind often together."""
    rng, kinds = random.Random(seed), {}
    for symbol in map(chr, range(sys.maxunicode + 1)):
        kind = unicodedata.category(symbol)
        script = unicodedata.name(symbol, "").split(" ")[0] if kind[0] in "LM" else ""
        # without halves: two of them would be read as one symbol
        if kind not in ("Cs", "Cn"):
            kinds.setdefault(script or kind, []).append(symbol)
    frequent = [kinds[script] for script in (*names.SCRIPTS, "COMBINING")]
    frequent += [list("aeiouAEOU'ου ύՈու-"), list("'`´‘’ʻʼ"), list("\u0301\u0308\u0327\u0342")]
    frequent += [list(map(chr, range(0x1EA0, 0x1F00))), list("アイウ王李김박")]
    every = list(kinds.values())
    texts = []
    for _ in range(number):
        pools = [rng.choice(frequent if rng.random() < 0.85 else every) for _ in range(rng.randint(1, 3))]
        text = "".join(rng.choice(rng.choice(pools)) for _ in range(rng.randint(0, 7)))
        texts.append(unicodedata.normalize(rng.choice(["NFC", "NFD"]), text) if rng.random() < 0.7 else text)
    return texts


def test_strings_of_all_scripts_are_normalised_as_in_the_package():
    texts = drawn(23, 5000) + ["", " ", "\ufeffAda", "\ufeff\ufeffAda", "Ada\r\nB", "😀", "👩‍👩‍👧", "ου\u0301", "Ο\u0301υ", "a" * 10000]
    assert 1000 < same(texts) < 4000


def test_every_symbol_is_normalised_as_in_the_package():
    found = node(EVERY_SYMBOL, "normalise", [[*map(table, TABLES)]])[0]
    for code, one in enumerate(found):
        assert one == in_package(chr(code)), f"U+{code:04X}"
