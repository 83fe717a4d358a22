"""The one table of the book's letters: what it refuses, which letter one in a formula is, and the notation page."""

from collections import Counter
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from _ext import formulas, mathml, symbols, touch
from _ext.symbols import Table
from tiny import Book

ROOT = Path(__file__).parents[1]
TABLE = Table((ROOT / "book" / "symbols.yml").read_text())
SETTINGS = {"macros": {"R": r"\mathbb{R}"}}


def made(page: str = "", book: str = "x: {kind: vector, is: a vector}") -> Table:
    """A table of a few letters."""
    return Table(f"book:\n  letters:\n    {book}\none:\n{page}")


def lettered(*lines: str) -> str:
    """The letters of a page."""
    return "  letters:\n" + "".join(f"    {line}\n" for line in lines)


REFUSED = {
    "two equal keys": (
        lettered("a: {kind: size, is: a size}", "a: {kind: number, is: a number}"),
        "line 7: a has a second meaning",
    ),
    "two that are written alike": (
        lettered("h_t: {kind: vector, is: one}", "h_k: {kind: vector, is: two}"),
        "one: h_t and h_k cannot be told apart",
    ),
    "another kind without saying what": (
        lettered("x: {kind: number}"),
        "one: x is another thing there: say what it is",
    ),
    "another kind in an entry": (
        "  formulas:\n    - symbols: {x: {kind: number}}",
        "one: x is another thing there: say what it is",
    ),
    "no meaning": (lettered("a: {kind: number}"), "one: a: expected what it is"),
    "no kind": (lettered("a: {is: a number}"), "one: a: expected a kind of"),
    "a kind that there is not": (
        lettered("a: {kind: tensor, is: a}"),
        "one: a: expected a kind of",
    ),
    "the same as in the book, which has none": (
        lettered("a: {kind: number, here: a}"),
        "one: a: the book has no such letter",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_has_no_single_meaning_is_refused(what: str):
    page, said = REFUSED[what]
    with pytest.raises(ValueError, match=said):
        made(page)


def test_a_page_has_its_own_letters_and_those_of_the_book_of_other_names():
    book = "x_t: {kind: vector, is: a word}\n    i: {kind: bound, is: an index}"
    page = lettered(
        "x: {kind: vector, here: the word}", "y: {kind: number, is: a score}"
    )
    letters = made(page, book).letters("one")
    assert {tex: one.what for tex, one in letters.items()} == {
        "x": "the word",
        "y": "a score",
        "i": "an index",
    }


def test_in_an_entry_letters_may_be_others_or_numbers():
    page = lettered(
        "h: {kind: vector, shape: d, is: a state}", "h_t: {kind: vector, is: states}"
    )
    page += "  formulas:\n    - scalar: true\n    - symbols: {h_t: {}, x: {kind: number, is: a score}}\n"
    scalar, other = made(page).entries("one")
    kinds = [
        {name: symbol["kind"] for name, symbol in one["symbols"].items()}
        for one in (scalar, other)
    ]
    assert kinds == [{"h": "number", "x": "number"}, {"h_t": "vector", "x": "number"}]
    assert [one["is"] for one in other["symbols"].values()] == ["states", "a score"]


def test_a_letter_in_another_sense_is_one_elsewhere():
    page = lettered("x: {kind: number, is: a score}", "q: {kind: number, is: a share}")
    page += "  formulas:\n    - symbols: {x: {kind: size, is: a width}}\n"
    found = [(one.tex, one.what) for one in made(page).elsewhere("one")]
    assert found == [("x", "a score"), ("x", "a width")]
    same = made(lettered("x: {here: the word}"))
    assert same.elsewhere("one") == []


def test_shapes_are_formulas_and_words_are_words():
    assert symbols.in_letters("|V| × d") == r"$\lvert V\rvert \times d$"
    assert symbols.in_letters("|V| or C") == r"$\lvert V\rvert$ or $C$"
    assert symbols.in_letters("like the state") == "like the state"
    assert symbols.in_letters("like $s$") == "like $s$"


MEASURED = {
    r"W_{\text{embed}}": r"matrix, $d \times \lvert V\rvert$, in the example 2 × 3",
    "h": "vector of length $d$, in the example 2",
    "d": "size, in the example 2",
    "L": "size",
    "J": "number",
    r"\ell": "index",
    r"\log": "",
    "W": "matrix",
}


@pytest.mark.parametrize("tex", MEASURED)
def test_a_shape_is_said_in_letters_and_in_the_example(tex: str):
    letter = TABLE.letters("backprop-mlp")[tex]
    assert touch.measure(letter, {"d": 2, "|V|": 3}) == MEASURED[tex]


def test_shapes_of_several_sizes_of_words_and_of_drafts():
    def of(page: str, tex: str, **entry: bool) -> str:
        example = TABLE.pages[page]["example"]
        return touch.measure(TABLE.letters(page, entry)[tex], example)

    assert (
        of("lstm", r"W_{\text{input}}")
        == r"matrix, $4d \times m$, in the example 4 × 4"
    )
    assert of("lstm", "I") == "matrix, square"
    assert of("backprop-mlp", "h", scalar=True) == "number, in this draft"


# Which letter a letter of a formula is: on a page, in a formula, by the letters in the order of the formula

FOUND = {
    ("backprop-mlp", r"h_j^{(\ell-1)} h_j"): [r"h^{(\ell)}", "j", r"\ell", "h", "j"],
    ("backprop-mlp", r"g_\ell g_j W_1 W^\top"): [
        r"g_\ell",
        r"\ell",
        "g",
        "j",
        r"W_\ell",
        "W",
        r"\top",
    ],
    ("backprop-mlp", r"W_{\text{embed}}^\top \lvert V\rvert"): [r"W_{\text{embed}}"] * 2
    + [r"\top", "{|V|}"],
    ("backprop-mlp", r"e^\top e^{-x}"): ["e", r"\top", "e^{x}", "x"],
    ("backprop-rnn", r"y_k y_t e_n g_t^{[n]} h_{t-1}"): [
        "y",
        "k",
        "y_t",
        "t",
        "e_t",
        "n",
        "g_t^{[n]}",
        "t",
        "n",
        "h_t",
        "t",
    ],
    ("residual", r"\sum_{S'} A_{T-k}"): ["S'", "A_t", "T", "k"],
    ("word2vec", r"x^*_{co} x_{co} x_0 P(w_o) v_{\text{Cairo}}"): [
        "x^*_{co}",
        "c",
        "o",
        "x_{co}",
        "c",
        "o",
        "x_k",
        "P",
        "{w_o}",
        "{w_o}",
        "v_c",
        "v_c",
    ],
    ("lstm", r"a^i_{t,k} (W_i)_{kl} i_t n"): [
        "{a^i}_t",
        "t",
        "k",
        "{a^i}_t",
        "{W_i}",
        "{W_i}",
        "k",
        "l",
        "i_t",
        "t",
        "n_t",
    ],
    ("generation", r"p_{it} A_h^{T-t} b'"): [
        "p_{it}",
        "i",
        "t",
        "{A_h}",
        "{A_h}",
        "T",
        "t",
        "b'",
    ],
    ("gradients", r"\frac{\mathrm{d}}{\mathrm{d} w} \log_2 q"): [
        r"\mathrm{d}",
        r"\mathrm{d}",
        "w",
        r"{\log_2}",
        None,
    ],
}


def patterns(page: str) -> list[touch.Pattern]:
    """How the letters of a page are written."""
    letters = list(TABLE.letters(page).values())
    return list(map(touch.pattern, letters, read(*(one.tex for one in letters))))


def read(*sources: str) -> list[mathml.Node]:
    """Formulas, as MathML."""
    found = formulas.typeset([(tex, False) for tex in sources], SETTINGS)
    return [mathml.read(tree) for tree in found]


@pytest.mark.parametrize("page, tex", FOUND)
def test_a_letter_of_a_formula_is_found_by_what_stands_below_and_above_it(
    page: str, tex: str
):
    (tree,) = read(tex)
    found = [one and one.tex for _, one, _ in touch.looked_up(tree, patterns(page))]
    assert found == FOUND[page, tex]


@pytest.mark.parametrize("page", TABLE.pages)
def test_each_letter_of_the_table_is_found_as_itself(page: str):
    own = patterns(page)
    for one, tree in zip(own, read(*(x.letter.tex for x in own)), strict=True):
        found = [x.letter for x in touch.looked_up(tree, own) if x.letter]
        assert found[0].name == one.letter.name


# The build


def test_a_letter_without_a_meaning_ends_the_build(built: Book):
    with (built.folder / "book/results.md").open("a") as page:
        page.write("\nLet $x = q$.\n")
    assert built.build() != 0
    assert "symbols.yml has no meaning for q, in the formula x = q" in built.log


def test_two_meanings_and_a_place_that_is_nowhere_end_the_build(built: Book):
    built.edit(
        "book/symbols.yml", "x: {kind: number,", "x: {kind: number, where: nowhere,"
    )
    assert built.build() != 0
    assert "x is defined at nowhere, which there is not" in built.log
    built.edit(
        "book/symbols.yml", "  letters:", "  letters:\n    x: {kind: size, is: a size}"
    )
    assert built.build() != 0
    assert "symbols.yml: line 4: x has a second meaning there" in built.log


# The built book


def test_the_notation_page_has_each_letter_of_the_book_once(site: Path):
    page = BeautifulSoup((site / "notation.html").read_text(), "html.parser")
    *tables, _, elsewhere = page.select("article table")
    rows = [row for table in tables for row in table.select("tbody tr")]
    shown = [row.select_one("[data-tex]")["data-tex"] for row in rows]
    letters = [x for x in TABLE.book.values() if x.kind not in symbols.UNBOUND]
    assert Counter(shown) == Counter(one.shown for one in letters)
    told = [page for page in TABLE.pages if TABLE.elsewhere(page)]
    assert len(elsewhere.select("tbody tr")) == len(told) > 9
    assert page.select_one("#notation-symbols") and page.select_one("#other-letters")
