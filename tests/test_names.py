"""The names: normalisation, split and ceiling, by their properties; the published split by its sizes."""

import re
import string
import unicodedata
from collections import Counter

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from unrolled.data import names, originals
from unrolled.data.names import Name
from unrolled.data.surnames import ELSEWHERE, LISTS, NO_NAMES, romanise

SETS = {"embedded": names.embedded, "tutorial": names.tutorial}


@pytest.fixture(params=SETS, scope="module")
def real(request):
    """Each of the two sets; the tutorials' own only if its files are here."""
    try:
        return SETS[request.param]()
    except originals.DataError as missing:
        if "no file" not in str(missing):
            raise
        pytest.skip(
            f"the tutorials' names are not here: run `make data` first ({missing})"
        )


@pytest.fixture(scope="module")
def tutorial():
    try:
        return names.tutorial()
    except originals.DataError as missing:
        if "no file" not in str(missing):
            raise
        pytest.skip(
            f"the tutorials' names are not here: run `make data` first ({missing})"
        )


# Few letters and few languages, so that the same text often stands in several.
few = st.builds(
    Name,
    st.text("abe", min_size=1, max_size=4),
    st.sampled_from(["Elvish", "Klingon", "Orkish"]),
)
many = st.sets(few, min_size=20, max_size=150)


@given(st.text())
@example("Weiß Łukasz O'Néàl")
@example("ά\u0301\u200d")
@example(" -'ϓ")
def test_normalising_stays_in_the_alphabet_and_is_done_once(text):
    for normalisation in (names.normalise, names.without_marks):
        try:
            once = normalisation(text)
        except ValueError as refusal:
            assert re.search(r"column \d+: .*U\+[0-9A-F]{4}", str(refusal))
            continue
        assert set(once) <= set(names.ALPHABET)
        assert once == once.strip()
        assert normalisation(once) == once


@given(st.text(string.ascii_letters + " '-"))
def test_normalising_leaves_its_own_alphabet_alone(text):
    assert names.normalise(text) == names.without_marks(text) == text.strip()


@given(st.text("äöüéèñçšžőÅÓabcXYZ '-"))
def test_composed_and_decomposed_letters_are_the_same(text):
    for normalisation in (names.normalise, names.without_marks):
        assert normalisation(unicodedata.normalize("NFD", text)) == normalisation(
            unicodedata.normalize("NFC", text)
        )


@pytest.mark.parametrize(
    ("text", "normalised"),
    [
        ("Ślusàrski", "Slusarski"),  # the example of the tutorials
        ("Weiß", "Weiss"),
        ("Łukasiewicz", "Lukasiewicz"),
        ("Þórsdóttir", "Thorsdottir"),
        ("d'Añgelo-Ruiz", "d'Angelo-Ruiz"),
        ("Παπαδοπούλου", "Papadopoulou"),
        ("Թումանյան", "Tumanyan"),
        ("კუბლაშვილი", "Kublashvili"),
        ("Игнатьева", "Ignateva"),
        ("欧阳", "Ouyang"),
        ("Вашченко-Захарченко", "Vashchenko-Zakharchenko"),
    ],
)
def test_names_as_people_write_them(text, normalised):
    assert names.normalise(text) == normalised


def test_no_letter_of_a_name_is_lost_but_hard_and_soft_signs():
    """All letters of all scripts, each between two others: written with a letter, or refused."""
    for letter in map(chr, range(0x110000)):
        if letter.isalpha() and " SIGN" not in unicodedata.name(letter, ""):
            try:
                written = names.normalise(f"A{letter}b")[1:-1]
            except ValueError:
                continue
            kept = any(map(str.isalpha, written)) or written == "'"
            assert kept, f"{letter}, U+{ord(letter):04X}, is lost"


def test_the_tutorials_own_normalisation_drops_what_has_no_accent():
    assert names.without_marks("Ślusàrski") == "Slusarski"
    assert names.without_marks("Weiß") == "Wei"


@given(many)
def test_no_text_is_in_two_parts(pairs):
    assume(min(Counter(name.language for name in pairs).values()) >= names.FEWEST_NAMES)
    for key in (lambda text: text, names.family):
        parts = names.split(pairs, key)
        keys = [{key(name.text) for name in part} for part in parts]
        assert not (keys[0] & keys[1] or keys[0] & keys[2] or keys[1] & keys[2])


@given(many, st.randoms())
def test_the_split_depends_on_the_names_alone(pairs, random):
    assume(min(Counter(name.language for name in pairs).values()) >= names.FEWEST_NAMES)
    # repeated rows, and any order
    rows = list(pairs) + random.sample(sorted(pairs), 10)
    random.shuffle(rows)
    assert names.split(rows) == names.split(pairs)


@given(many)
def test_every_language_gives_its_share_to_the_test_part(pairs):
    assume(min(Counter(name.language for name in pairs).values()) >= names.FEWEST_NAMES)
    whole, parts = names.languages(pairs), names.split(pairs)
    assert names.languages(parts.test) == {
        language: round(0.15 * n) for language, n in whole.items()
    }
    assert set(parts.train) | set(parts.dev) | set(parts.test) <= pairs
    for name in (
        pairs - set(parts.train) - set(parts.dev) - set(parts.test)
    ):  # dropped for one reason only
        assert name.text in names.shared(pairs)


def test_adding_a_language_moves_no_name_of_another():
    elvish = [Name(letter * 3, "Elvish") for letter in string.ascii_lowercase]
    orkish = [Name(letter * 5, "Orkish") for letter in string.ascii_lowercase]
    alone, together = names.split(elvish), names.split(elvish + orkish)
    for before, after in zip(alone, together, strict=True):
        assert before == [name for name in after if name.language == "Elvish"]


def test_the_recipe_by_hand():
    """In a shell: for c in a b c d e f g h i j; do echo $(printf "2024:$c" | sha256sum) $c; done | sort."""
    parts = names.split([Name(letter, "Elvish") for letter in "abcdefghij"])
    assert ["".join(name.text for name in part) for part in parts] == [
        "beiadgj",
        "h",
        "fc",
    ]


def test_nothing_to_split_is_refused():
    with pytest.raises(ValueError, match="no names"):
        names.split([])


@pytest.mark.parametrize("count", range(1, 9))
def test_a_language_is_split_if_every_part_gets_a_name(count):
    rows = [Name(letter, "Elvish") for letter in "abcdefgh"[:count]]
    if count < names.FEWEST_NAMES:
        with pytest.raises(
            ValueError, match=f"Elvish has {count} names.*needs {names.FEWEST_NAMES}"
        ):
            names.split(rows)
    else:
        assert all(names.split(rows))


@given(st.lists(few, min_size=1))
def test_no_function_of_the_text_beats_the_ceiling(rows):
    bound, together = names.ceiling(rows), set(name.text for name in rows)
    best = {
        text: Counter(n.language for n in rows if n.text == text).most_common(1)[0][0]
        for text in together
    }
    assert bound == pytest.approx(
        sum(best[name.text] == name.language for name in rows) / len(rows)
    )
    for language in ("Elvish", "Klingon"):
        assert sum(name.language == language for name in rows) / len(rows) <= bound
    assert (bound == 1) == (not names.shared(rows))


def test_the_ceiling_by_hand():
    rows = [
        Name("a", "Elvish"),
        Name("a", "Orkish"),
        Name("b", "Orkish"),
        Name("c", "Elvish"),
    ]
    assert names.ceiling(rows) == 3 / 4
    assert names.shared(rows) == {"a": ["Elvish", "Orkish"]}
    with pytest.raises(ValueError, match="no accuracy"):
        names.ceiling([])


def test_a_language_is_its_place_and_another_is_refused():
    rows = [Name("a", "Orkish"), Name("b", "Elvish"), Name("c", "Orkish")]
    assert names.language_places(rows, ["Elvish", "Orkish"]) == [1, 0, 1]
    with pytest.raises(
        ValueError, match=r"\['Orkish'\]; expected some of \['Elvish'\]"
    ):
        names.language_places(rows, ["Elvish"])


@pytest.mark.parametrize(
    "forms",
    [
        "Novak Novakova",
        "Kucera Kucerova",
        "Havel Havlova",
        "Nikolaev Nikolaeva",
        "Isaev Isaeva",
        "Karenin Karenina",
        "Dostoevskiy Dostoevskaya",
        "Papadakis Papadaki",
        "Papadopoulos Papadopoulou",
        "Sova Sovova",
    ],
)
def test_gendered_forms_are_one_family(forms):
    assert len({names.family(form) for form in forms.split()}) == 1


def test_families_are_not_all_one(real):
    stems = {names.family(name.text) for name in real}
    assert len(stems) > len({name.text for name in real}) / 2


def test_every_name_of_either_set_is_normalised_and_distinct(real):
    assert len(set(real)) == len(real)
    assert real == sorted(real, key=lambda name: (name.language, name.text))
    for name in real:
        assert (
            name.text
            and set(name.text) <= set(names.ALPHABET)
            and names.normalise(name.text) == name.text
        )


def test_the_embedded_names_are_many_in_many_languages():
    counts = names.languages(names.embedded())
    assert len(counts) >= 20 and min(counts.values()) >= 140
    assert set(counts) == set(LISTS)
    assert max(counts.values()) / sum(counts.values()) < 0.2
    assert names.shared(names.embedded())


def test_case_gives_no_language_away():
    for name in names.embedded():
        assert any(letter.isupper() for letter in name.text), name
        assert not name.text.isupper() or len(name.text) == 1, name


def test_every_exclusion_excludes_something():
    """A new release of Faker may drop these; then the book should too."""
    everything = {text for lists in LISTS.values() for one in lists for text in one}
    assert everything >= NO_NAMES
    for language, listed in ELSEWHERE.items():
        assert set(listed.split(", ")) <= {
            text for one in LISTS[language] for text in one
        }
        left = {name.text for name in names.embedded() if name.language == language}
        assert not left & {names.normalise(text) for text in listed.split(", ")}


def test_romanising_needs_no_second_time():
    for name in names.embedded():
        assert romanise(name.text) == name.text


def test_load_follows_the_choice(monkeypatch):
    monkeypatch.setattr(names, "embedded", lambda: ["embedded"])
    monkeypatch.setattr(names, "tutorial", lambda: ["tutorial"])
    monkeypatch.delenv("UNROLLED_DATA", raising=False)
    assert names.load() == ["embedded"]
    monkeypatch.setenv("UNROLLED_DATA", "originals")
    assert names.load() == ["tutorial"]


def test_the_originals_are_never_replaced_silently(monkeypatch, tmp_path):
    monkeypatch.setenv("UNROLLED_DATA", "originals")
    monkeypatch.setenv(originals.VARIABLE, str(tmp_path))
    with pytest.raises(originals.DataError, match="make data"):
        names.load()


def test_the_published_split_has_its_published_sizes(tutorial):
    parts = names.split(tutorial)
    assert [len(part) for part in parts] == [13477, 1776, 2699]
    counts = names.languages(parts.test)
    assert max(counts, key=counts.get) == "Russian"
    assert round(100 * counts["Russian"] / len(parts.test), 1) == 51.9
    assert round(100 * names.ceiling(parts.test), 1) == 97.5
    assert names.languages(tutorial)["Arabic"] == 108
