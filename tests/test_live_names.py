"""Names in the page: normalised as the package does it, and judged by its count models, in Node and in a browser."""

import gzip
import json
import random
import sys
import unicodedata
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from playwright.sync_api import Page
from sklearn.pipeline import Pipeline

from browsing import LIVE, node
from unrolled.data import names, originals
from unrolled.data.names import Name, normalise
from unrolled.data.surnames import LISTS
from unrolled.data.vocabulary import Vocabulary
from unrolled.learning.ngrams import Ngrams
from unrolled.live.counts import packed_counts, rounded_counts, training_names
from unrolled.live.normalising import ALPHABETS, EAST, RARE, table
from unrolled.pages.classification import by_bayes, count_model

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
  const every = Array.from({ length: 0x110000 }, (_, code) => String.fromCodePoint(code));
  return every.map((symbol) => script.normalise(symbol, table).text ?? null);
}
"""


def size(packed: dict) -> float:
    """How many kB a payload is on its way."""
    text = json.dumps(packed, ensure_ascii=False)
    return len(gzip.compress(text.encode())) / 1000


# Normalisation


def in_page(texts: list[str], loaded: Sequence[str] = TABLES) -> list[dict]:
    """What the page makes of texts, with some of the tables."""
    return node(NORMALISED, "normalise", [[[*map(table, loaded)], texts]])[0]


def in_package(text: str) -> str | None:
    """The normalised text, or None where it is refused."""
    try:
        return normalise(text)
    except ValueError:
        return None


def same(texts: list[str], found: list[dict]) -> int:
    """Fail unless the page normalises texts as the package does; how many it refuses."""
    expected = list(map(in_package, texts))
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
    texts = raw + written + original_lines()
    assert same(texts, in_page(texts)) < 100  # a few lines are no names


SPECIAL = [
    "",
    " ",
    "\ufeffAda",
    "\ufeff\ufeffAda",
    "Ada\r\nB",
    "😀",
    "👩\u200d👧",
    "ου\u0301",
    "Ο\u0301υ",
]
PARTS = [
    "aeiouAEOU'ου ύՈու-",
    "'`´‘’ʻʼ",
    "\u0301\u0308\u0327\u0342",
    "アイウ王李김박",
    "ạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏ",
]


def drawn(seed: int, number: int) -> list[str]:
    """Strings of symbols of all kinds, of one kind often several."""
    rng, kinds = random.Random(seed), {}
    for symbol in map(chr, range(sys.maxunicode + 1)):
        kind = unicodedata.category(symbol)
        script = unicodedata.name(symbol, "").split(" ")[0] if kind[0] in "LM" else ""
        # without halves: two of them would be read as one symbol
        if kind not in ("Cs", "Cn"):
            kinds.setdefault(script or kind, []).append(symbol)
    every = list(kinds.values())
    known = [kinds[script] for script in (*names.SCRIPTS, "COMBINING")]
    known += map(list, PARTS)
    texts = []
    for _ in range(number):
        pools = rng.choices(known if rng.random() < 0.8 else every, k=rng.randint(1, 3))
        length = rng.randint(0, 7)
        text = "".join(rng.choice(rng.choice(pools)) for _ in range(length))
        form = rng.choice(["NFC", "NFD", ""])
        texts.append(unicodedata.normalize(form, text) if form else text)
    return texts


def test_strings_of_all_scripts_are_normalised_as_in_the_package(phone: Page):
    texts = [*drawn(23, 5000), *SPECIAL, "a" * 10000]
    assert 500 < same(texts, in_page(texts)) < 4000
    phone.add_script_tag(path=LIVE / "normalise.js")
    in_browser = NORMALISED.replace("script.", "unrolled.")
    same(texts, phone.evaluate(in_browser, [[*map(table, TABLES)], texts]))


def test_every_symbol_is_normalised_as_in_the_package():
    found = node(EVERY_SYMBOL, "normalise", [[*map(table, TABLES)]])[0]
    for code, one in enumerate(found):
        symbol = chr(code)
        # those that stand for nothing are most, and the package's refusals are slow
        nothing = unicodedata.category(symbol) in ("Cn", "Co", "Cs")
        assert one == (None if nothing else in_package(symbol)), f"U+{code:04X}"


@pytest.mark.parametrize(
    ("text", "place", "what", "hint"),
    [
        ("Ann3", 4, "the digit “3” (U+0033)", "Take it out."),
        ("Ann😀", 4, "the emoji “😀” (U+1F600)", "Take it out."),
        ("A@", 2, "the sign “@” (U+0040)", "Take it out."),
        ("A\tb", 2, "an invisible or unknown symbol (U+0009)", "Take it out."),
        ("é\ud800", 2, "an invisible or unknown symbol (U+D800)", "Take it out."),
        (
            "محمد",
            1,
            "the Arabic letter “م” (U+0645)",
            "Write the name in Latin letters.",
        ),
        (
            "e\u0301נ",
            2,
            "the Hebrew letter “נ” (U+05E0)",
            "Write the name in Latin letters.",
        ),
        (
            "A\u0591",
            2,
            "the Hebrew mark “◌\u0591” (U+0591)",
            "Write the name in Latin letters.",
        ),
    ],
)
def test_what_cannot_be_written_is_named_with_its_place_its_script_and_what_to_do(
    text: str, place: int, what: str, hint: str
):
    said = f"Symbol {place} is {what}, which cannot be written in the book's alphabet. {hint}"
    assert in_page([text]) == in_page([text], [ALPHABETS]) == [{"problem": said}]


def test_letter_of_a_table_that_is_not_loaded_is_said_to_be_so():
    texts = ["Ann王", "김", "ｱ", "𠀀", "Ann"]
    for loaded in ([ALPHABETS], [ALPHABETS, EAST], [ALPHABETS, RARE]):
        needs = [EAST, EAST, EAST, RARE, None]
        for one, needed in zip(in_page(texts, loaded), needs, strict=True):
            if needed is None or needed in loaded:
                assert set(one) == {"text"}
            else:
                assert one["needs"] == needed
                assert (
                    f"The table for {needed} is not loaded yet. Load it"
                    in one["problem"]
                )


def test_letter_that_no_table_has_is_said_to_be_so_once_all_are_loaded():
    begun, loaded = (in_page(["ㄅ"], tables)[0] for tables in ([ALPHABETS], TABLES))
    assert begun["needs"] == EAST
    assert "needs" not in loaded
    assert "the Bopomofo letter “ㄅ” (U+3105), which cannot be" in loaded["problem"]


def test_table_that_the_page_does_not_offer_is_not_spoken_of():
    first = table(ALPHABETS, later=[EAST])
    rare, east = node(NORMALISED, "normalise", [[[first], ["𠀀", "王"]]])[0]
    assert "needs" not in rare and "which cannot be written" in rare["problem"]
    assert east["needs"] == EAST


def test_tables_are_small():
    assert size(table(ALPHABETS)) < 4
    assert size(table(EAST)) < 40
    assert size(table(RARE)) < 80


# Count models

SCORES = """
([training, order, names]) => {
  const model = script.ngrams(script.training(training), order);
  return names.map((name) => [model.likelihoods(name), model.likelihoods(name, false), model.posteriors(name)]);
}
"""
COUNTED = """
([training, counts, names]) => {
  const { training: read } = require(process.argv[1].replace("counts.js", "ngrams.js"));
  try {
    return names.map(script.counts(counts, read(training)));
  } catch (error) {
    return error.message;
  }
}
"""
FRAMED = Vocabulary(names.ALPHABET, start=True, end=True)


@pytest.fixture(scope="module")
def parts() -> names.Split:
    return names.split(names.embedded())


@pytest.fixture(scope="module")
def counts(parts: names.Split) -> Pipeline:
    """The linear count model, fitted."""
    return count_model().fit(*zip(*parts.train, strict=True))


def languages_of(train: Sequence[Name]) -> list[str]:
    return list(names.languages(train))


def sequences(texts: Sequence[str]) -> list[list[int]]:
    return [[FRAMED.start, *FRAMED.encode(text), FRAMED.end] for text in texts]


def ngrams_agree(train: Sequence[Name], order: int, texts: list[str]) -> None:
    """Fail unless the page's n-gram model gives names the package's probabilities."""
    languages = languages_of(train)
    places = names.language_places(train, languages)
    model = Ngrams(order, len(FRAMED), never=(FRAMED.pad, FRAMED.start))
    model.fit(sequences([name.text for name in train]), places)
    C, framed = len(languages), sequences(texts)
    by_symbol = [model.log_probabilities(framed, [k] * len(texts)) for k in range(C)]
    whole = [[one.sum() for one in rows] for rows in by_symbol]
    begun = [[one[:-1].sum() for one in rows] for rows in by_symbol]
    prior = torch.tensor(np.log(np.bincount(places) / len(places)))
    turned = by_bayes(model.log_probabilities, framed, prior)
    expected = np.array(whole).T, np.array(begun).T, turned.numpy()
    found = node(SCORES, "ngrams", [[training_names(train, languages), order, texts]])[
        0
    ]
    for one, other in zip(np.array(found).swapaxes(0, 1), expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-9)


def test_ngrams_built_in_the_page_are_the_package_s(parts: names.Split):
    unseen = [name.text for name in parts.dev[:250]]
    seen = [name.text for name in parts.train[:50]]
    ngrams_agree(parts.train, 4, [*unseen, *seen, "Xq' -zZ", "a"])


@pytest.mark.parametrize("order", [1, 2, 3, 6])
@pytest.mark.parametrize("number", [1, 8, 60])
def test_ngrams_of_few_names_are_the_package_s(order: int, number: int):
    """Where counts of counts are missing or say something impossible."""
    rng = random.Random(number)
    train = {
        Name("".join(rng.choices("ab'", k=rng.randint(1, 5))), language)
        for language in ("Elvish", "Klingon")
        for _ in range(number)
    }
    ngrams_agree(sorted(train), order, ["a", "ab", "zz", "a'bab", "aaaaaaaa"])


def test_page_knows_the_languages_of_a_training_name(parts: names.Split):
    texts = [name.text for name in (*parts.train[:100], *parts.dev[:100])]
    of = "([training, texts]) => texts.map(script.training(training).languagesOf)"
    packed = training_names(parts.train, languages_of(parts.train))
    expected = [
        sorted(name.language for name in parts.train if name.text == text)
        for text in texts
    ]
    assert node(of, "ngrams", [[packed, texts]])[0] == expected
    assert [] in expected and any(len(one) > 1 for one in expected)


def test_linear_count_model_of_the_page_is_the_package_s_rounded(
    parts: names.Split, counts: Pipeline
):
    train, texts = parts.train, [name.text for name in parts.dev]
    rounded = rounded_counts(counts, train).decision_function(texts)
    packed = packed_counts(counts, train)
    payloads = [training_names(train, languages_of(train)), packed, texts]
    found = node(COUNTED, "counts", [payloads])[0]
    np.testing.assert_allclose(found, rounded, rtol=0, atol=1e-9)
    exact = counts.decision_function(texts).argmax(1)
    assert np.mean(exact == rounded.argmax(1)) > 0.98
    assert size(packed) < 100
    assert size(payloads[0]) < 70


def test_weights_are_refused_that_are_not_the_sum_of_the_names(
    parts: names.Split, counts: Pipeline
):
    for use in packed_counts, rounded_counts:
        with pytest.raises(ValueError, match="not the sum of these names"):
            use(counts, parts.dev)
    fewer = [name for name in parts.train if name.language in ("Greek", "Irish")]
    with pytest.raises(ValueError, match="2 languages; expected three"):
        packed_counts(count_model().fit(*zip(*fewer, strict=True)), fewer)


def test_page_refuses_a_count_model_of_other_names(
    parts: names.Split, counts: Pipeline
):
    packed = packed_counts(counts, parts.train)
    others = training_names(parts.train[:-1], languages_of(parts.train))
    assert "of other names" in node(COUNTED, "counts", [[others, packed, ["Ann"]]])[0]
