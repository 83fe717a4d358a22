"""Formulas set in the build: where they are cut, with which letters, under which name; and those of the built pages."""

import io
import re
import unicodedata
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from docutils import nodes
from fontTools.ttLib import TTFont

from _ext import fonts, formulas, mathml
from check_site import pages
from tiny import Book

SETTINGS = {
    "macros": {"R": r"\mathbb{R}"},
    "packages": {"[-]": ["noundefined", "bussproofs"]},
}
LONG = r"W_{\text{unembed}}"  # a letter of four em


def text(node: mathml.Node) -> str:
    """The characters of a node."""
    return node.text + "".join(map(text, node.children))


def read(*sources: str, display: bool = True) -> list[mathml.Node]:
    """Formulas, as MathML."""
    found = formulas.typeset([(source, display) for source in sources], SETTINGS)
    return [mathml.read(tree) for tree in found]


def cuts(source: str, display: bool = True) -> str:
    """A formula with a stroke where a line may break, and two where it may on a phone."""
    (found,) = read(source, display=display)
    strokes = {"": "", "break": " | ", "narrow": " || ", "quad": " _ "}
    return "".join(
        strokes[piece.before] + "".join(map(text, piece.nodes))
        for piece in mathml.cut(found.children, display)
    ).replace("unembed", "")


# Each formula, with its name in what it shows.
CUT = {
    "before relations and sums": (
        rf"{LONG} = {LONG} + {LONG} \le {LONG} - {LONG}",
        "W | =W | +W | ≤W | −W",
    ),
    "not before a sign": (rf"{LONG} = -{LONG} + {LONG}", "W | =−W | +W"),
    "not within fences, where a piece fits": (
        rf"{LONG} = \sigma(a + {LONG}) + \lvert b - {LONG}\rvert",
        "W | =σ(a+W) | +|b−W|",
    ),
    "once before two relations": (rf"{LONG} := {LONG}", "W | :=W"),
    "in a group without a fence": (rf"{LONG} = {{{LONG} + {LONG}}}", "W | =W | +W"),
    "not in a fraction": (rf"{LONG} = \frac{{{LONG} + 1}}{{a - {LONG}}} + {LONG}", "W | =W+1a−W | +W"),
    "not in scripts": (rf"{LONG} = \sum_{{t = 1}}^{{T + 1}} {LONG}", "W | =∑t=1T+1W"),
    "behind commas, not before": (rf"{LONG} = {LONG}, {LONG}, {LONG}", "W | =W, | W, | W"),
    "at a wide space": (rf"a = {LONG} \qquad b = {LONG}", "a | =W _ b | =W"),
    "around words": (rf"{LONG} = {LONG} \text{{ for all }} a = {LONG}", "W | =W | \xa0for\xa0all\xa0 | a | =W"),
    "between factors, on a phone": (
        rf"{LONG} = {LONG}\,{LONG}\,{LONG}\,{LONG} \cdot {LONG}",
        "W | =W || W || W || W || ⋅W",
    ),
    "between factors anywhere, where a page is too narrow": (
        "a = " + rf"{LONG}\," * 9 + "b",
        "a | =" + "W | " * 9 + "b",
    ),
    "between factors in fences": (
        rf"a = (I + {LONG})(I + {LONG})(I + {LONG})",
        "a | =(I+W) || (I+W) || (I+W)",
    ),
    "within fences at last": (
        rf"a = \tanh({LONG} + {LONG} + {LONG} + {LONG})",
        "a | =tanh(W || +W || +W || +W)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("where", CUT)
def test_formula_is_cut(where: str):
    source, expected = CUT[where]
    assert cuts(source) == expected


def test_no_line_breaks_within_words():
    (found,) = read(r"a \text{ of the same length } b \mathrm{two words}")
    assert " " not in text(found) and "same\xa0length" in text(found)


def test_a_short_formula_is_not_cut():
    assert cuts("a = b + c", display=False) == "a=b+c"


def test_what_stands_between_wide_spaces_goes_to_the_next_line_whole():
    (found,) = read(rf"a = {LONG}, \qquad b = {LONG} \qquad c")
    page = BeautifulSoup(mathml.written(found, True)[0], "html.parser")
    whole = [part.get_text() for part in page.select(".statement")]
    assert whole == ["a=Wunembed,", "b=Wunembed"]  # the last is one piece
    assert len(page.select(".quad")) == 2
    assert "statement" not in mathml.written(found, False)[0]


def test_lengths_are_read_in_all_of_tex_s_units():
    nodes = read(r"a \hspace{1cm} b \hspace{3pt} c \hspace{18mu} d")[0].children
    assert [mathml.is_space(n, 1.0) for n in nodes if n.tag == "mspace"] == [True, False, True]  # fmt: skip


def test_columns_of_a_matrix_and_of_cases_are_no_aligned_rows():
    matrix, cases = read(
        r"\begin{array}{cc} a & b \\ c & d \end{array}",
        r"\begin{cases} a & b \\ c & d \end{cases}",
    )
    assert '<mtable class="center"' in mathml.written(matrix, True)[0]
    assert '<mtable class="left"' in mathml.written(cases, True)[0]


def test_fences_that_stretch_are_not_cut():
    inside = rf"{LONG} + {LONG} + {LONG} + {LONG}"
    assert "|" not in cuts(rf"\left( {inside} \right)")


def test_rows_are_cut_each_by_itself_and_aligned():
    (found,) = read(rf"\begin{{aligned}} a &= {LONG} + {LONG} \\ &= b \end{{aligned}}")
    rows = BeautifulSoup(mathml.written(found, True)[0], "html.parser").select(
        ".formula-row"
    )
    assert [len(row.select(":scope > span")) for row in rows] == [2, 2]
    assert [len(row.select("math")) for row in rows] == [3, 1]
    assert not BeautifulSoup(str(rows), "html.parser").select("mtable")


def test_rows_with_a_long_left_side_are_not_aligned_on_a_phone():
    wide, narrow = read(
        rf"\begin{{aligned}} {LONG} + {LONG} &= b \\ &= c \end{{aligned}}",
        r"\begin{aligned} a &= b \\ &= c \end{aligned}",
    )
    assert 'class="formula-rows apart"' in mathml.written(wide, True)[0]
    assert 'class="formula-rows"' in mathml.written(narrow, True)[0]


@pytest.mark.parametrize(
    "source, letters",
    [
        (r"\R", "ℝ"), (r"\mathbb{E}", "𝔼"), (r"\mathbb{1}", "𝟙"), (r"\mathcal{L}", "ℒ"), (r"\mathbf{x}", "𝐱"),
        (r"\mathfrak{R}", "ℜ"), (r"\mathbf{xy}", "𝐱𝐲"), (r"\boldsymbol{\alpha}", "𝜶"), (r"\mathsf{A}", "𝖠"), ("x", "x"),
    ],
)  # fmt: skip
def test_letters_of_other_alphabets_are_those_of_unicode(source: str, letters: str):
    (found,) = read(source)
    assert text(found) == letters
    assert "mathvariant" not in mathml.element(found)


def test_italic_letters_are_drawn_as_those_of_unicode():
    assert [mathml.letter(c, "italic") for c in "xhθ∂Z"] == [*"𝑥ℎ𝜃𝜕𝑍"]


def test_upright_letters_stay_upright():
    (found,) = read(r"\mathrm{d} \Delta")
    assert mathml.element(found).count('mathvariant="normal"') == 2


def test_spaces_are_those_of_tex():
    (found,) = read(r"a = \log b - x_{t-1}")
    a, equals, log, space, b, minus, _ = found.children
    assert (equals.attributes["lspace"], equals.attributes["rspace"]) == ("0.278em", "0.278em")  # fmt: skip
    assert (log.text, space.attributes["width"]) == ("log", "0.167em")
    assert minus.attributes["lspace"] == "0.222em"
    assert '<mo lspace="0" rspace="0">−</mo>' in mathml.element(found)  # in the script


# Formulas and their names.
SAID = {
    r"W_{\text{out}}^\top e": "W out transposed times e",
    r"a - b c, \quad 2 x": "a minus b times c, 2 x",
    r"-(a + b)(a - b)\, c": "minus (a plus b) (a minus b) times c",
    r"\frac{\partial J}{\partial h_t}\, h_{t-1}": "partial J by partial h at t times h at t minus 1",
    r"\partial J / \partial W = a / b": "partial J by partial W equals a over b",
    r"\sum_{k=1}^n \hat p_k^2 \log p": "sum over k equals 1 up to n of p hat sub k squared times log of p",
    r"P(o \mid c) = f(x) \sigma'": "P of (o given c) equals f of x times sigma prime",
    r"\lVert a \rVert + 2 \lvert V\rvert d": "norm of a plus 2 size of V times d",
    r"(A_1 \cdots A_n)^{-1} h^{(2)} x^{n-1}":
        "(A sub 1 and so on A sub n) to the power (minus 1) times h superscript (2) times x to the power (n minus 1)",
    r"\begin{aligned} a &= b \\ c &= d \end{aligned}": "a equals b; c equals d",
    r"\begin{matrix} a & b \\ c & d \end{matrix}": "a, b; c, d",
    r"\underbrace{a}_{\text{old}} \sqrt{\frac{a+b}{2}}": "a (old) times square root of ((a plus b) over 2)",
}  # fmt: skip


@pytest.mark.parametrize("source", SAID)
def test_a_formula_is_said_in_words(source: str):
    (found,) = read(source)
    assert mathml.say(found) == SAID[source]


def test_the_notation_page_prints_the_words_that_a_reader_hears(site: Path):
    page = BeautifulSoup((site / "notation.html").read_text(), "html.parser")
    rows = [row.select("td") for row in page.select("table.said tbody tr")]
    assert len(rows) > 50
    for shown, words, *_ in rows:
        (formula,) = shown.select(".math")
        assert formula["aria-label"] == words.get_text().strip()


def test_what_mathjax_cannot_read_is_an_error_and_the_rest_is_set():
    wrong, right = formulas.typeset([(r"\nomacro", False), ("x", False)], SETTINGS)
    assert wrong == r"Undefined control sequence \nomacro" and isinstance(right, list)


def test_lines_without_an_environment_are_rows():
    def made(tex: str) -> str:
        return formulas.formula(nodes.math_block(tex, tex, nowrap=False))[0]

    assert made(r"a &= b \\ c &= d") == r"\begin{aligned}a &= b \\ c &= d\end{aligned}"
    assert made("a\n\nb") == r"\begin{aligned}a \\ b\end{aligned}"
    for alone in (
        "a = b",
        r"\begin{aligned}a \\ b\end{aligned}",
        r"\sum_{\substack{a \\ b}} c",
    ):
        assert made(alone) == alone


def test_tex_to_copy_has_no_macro_of_the_book():
    config = {"tex": SETTINGS}
    assert formulas.portable(r"x \in \R^d, \Rho", config) == r"x \in \mathbb{R}^d, \Rho"


@pytest.mark.parametrize(
    "before, after, kept, left",
    [
        ("so ", ", and", ",", ["so ", " and"]),
        ("a (", ") b", "()", ["a ", " b"]),
        ("the ", "-th of", "-th", ["the ", " of"]),
        ("a ", " b", None, ["a ", " b"]),
    ],
)
def test_what_is_written_onto_a_formula_stays_on_its_line(before, after, kept, left):
    math = nodes.math("x", "x")
    line = nodes.paragraph("", "", nodes.Text(before), math, nodes.Text(after))
    formulas.together(None, line, "")
    around = math.parent if kept else nodes.inline("", "", nodes.math("x", "x"))
    assert around.astext().replace("x", "") == (kept or "")
    assert [n.astext() for n in line.children if isinstance(n, nodes.Text)] == left


def test_larger_roots_stick_out_to_the_left_alone():
    font = TTFont(io.BytesIO(fonts.cut(mathml.FONT, {"√", "x"})))
    variants = font["MATH"].table.MathVariants.VertGlyphConstruction
    forms = [one.VariantGlyph for v in variants for one in v.MathGlyphVariantRecord]
    assert len(forms) > 3 and len({font["hmtx"][form][0] for form in forms}) == 1


# The tiny book: formulas from everywhere


def test_formulas_of_titles_captions_outputs_and_questions_are_set(built: Book):
    built.edit("book/plain.md", "# Plain", "# Plain $x^2$")
    built.edit("book/numbers.md", "A line, by a cell.", "A line $y^2$, by a cell.")
    with (built.folder / "book/plain.md").open("a") as page:
        page.write(
            "\n```{code-cell}\nfrom IPython.display import Latex\n"
            'Latex("$$z^2$$")\n```\n\n'
            "| a |\n| --- |\n| $v^2$ |\n\n\\begin{align*}\na &= u^2 \\\\\nb &= c\n\\end{align*}\n"
        )
    assert built.build() == 0, built.log
    for page, letters in (("plain", "xzvu"), ("numbers", "y"), ("results", "x")):
        for letter in letters:
            assert f"<msup><mi>{letter}</mi><mn>2</mn></msup>" in built.page(page)
    assert leftovers(built.html) == []
    index = BeautifulSoup(built.page("index"), "html.parser")
    assert "x2" in index.select_one("nav a[href='plain.html']").get_text()


# The built book

LEFT = re.compile(r"\\\(|\\\[|\$\$|\\[a-zA-Z]{2,}|(?<!\\)\$[^$\s]")


def leftovers(site: Path) -> list[str]:
    """What looks like TeX in the text of pages, outside of code."""
    found = []
    for name, page in pages(site).items():
        code = {
            id(s) for e in page.select("pre, code, script, style") for s in e.strings
        }
        texts = [s for s in page.strings if id(s) not in code]
        found += [f"{name}: {s.strip()[:60]}" for s in texts if LEFT.search(s)]
    return found


def test_no_tex_is_left_in_a_page(site: Path):
    assert leftovers(site) == []


def test_leftovers_of_tex_are_found(tmp_path: Path):
    for left in (r"\(x\)", r"\[x\]", "$$x$$", r"\alpha", "$x$"):
        (tmp_path / "a.html").write_text(f"<p>{left}</p><code>{left}</code>")
        assert len(leftovers(tmp_path)) == 1


def test_each_formula_has_one_name_and_its_tex(site: Path):
    count = 0
    for name, page in pages(site).items():
        for formula in page.select(".math"):
            named = [e for e in (formula, *formula.select("*")) if e.get("data-tex")]
            assert len(named) == 1, f"{name}: {formula}"
            assert named[0]["role"] == "math" and named[0]["aria-label"].strip()
            pieces = named[0].select("math")
            assert pieces and all(p["aria-hidden"] == "true" for p in pieces), name
            count += 1
        assert all(p.find_parent(class_="math") for p in page.select("math")), name
    assert count > 2000


def characters(page: BeautifulSoup) -> set[str]:
    """The characters that a browser draws in a page's formulas."""
    found = set()
    for token in page.select("math mi, math mn, math mo, math mtext"):
        single = token.name == "mi" and len(token.text) == 1 and not token.attrs
        found |= {mathml.letter(token.text, "italic")} if single else {*token.text}
    return found | ({"√"} if page.select("msqrt") else set())


def test_the_font_has_every_character_of_the_pages_and_is_small(site: Path):
    file = site / "_static" / "stix-two-math.woff"
    font = TTFont(file)
    used = set().union(*map(characters, pages(site).values())) - {"\N{NO-BREAK SPACE}"}
    lacking = used - {*map(chr, font.getBestCmap())}
    assert not lacking, [unicodedata.name(c) for c in lacking]
    assert {"√", "𝑥", "∑", "ℝ"} <= used and "MATH" in font
    assert file.stat().st_size < 90_000
