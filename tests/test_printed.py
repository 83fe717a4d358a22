"""The printed formulas: read, executed, and refused when they are spoiled."""

import re
from collections import Counter
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from _ext.symbols import Table
from unrolled.checks.formula import RESULTS
from unrolled.formulas.arrays import Misshapen, Unknown
from unrolled.formulas.layout import Unreadable, read
from unrolled.formulas.meaning import Symbols, statements
from unrolled.formulas.printed import (
    BOUND,
    Display,
    Page,
    displays,
    executed,
    stated,
)
from unrolled.formulas.sides import differences
from unrolled.formulas.typos import KINDS, Typo, outcome, reason, sample, typos
from unrolled.formulas.values import Context, Values

BOOK = Path(__file__).parents[1] / "book"
TABLE = Table((BOOK / "symbols.yml").read_text())


SOURCES = {path.stem: path.read_text() for path in BOOK.glob("*.md")}
source = SOURCES.__getitem__


def page(name: str) -> Page:
    """A page of the book."""
    module = f"unrolled.results.{name.replace('-', '_')}"
    if find_spec(module):
        import_module(module)
    return Page(name, TABLE.entries(name), source)


PAGES = {name: page(name) for name, told in TABLE.pages.items() if "formulas" in told}
EXECUTED = [
    pytest.param(one, display, id=f"{name}-{display.line}")
    for name, one in PAGES.items()
    for display in one.displays
    if one.context(display)
]


# The whole book


def test_every_formula_of_the_book_has_a_layout():
    inline = re.compile(r"(?<![\\$])\$(?!\$)([^$]+?)(?<!\\)\$")
    count = 0
    for path in BOOK.glob("*.md"):
        text = re.sub(
            r"^```\{code-cell\}.*?^```", "", path.read_text(), flags=re.S | re.M
        )
        shown = [one.tex for one in displays(text)]
        text = re.sub(r"\$\$.*?\$\$|`[^`\n]*`", "", text, flags=re.S)
        for tex in [*shown, *inline.findall(text)]:
            assert read(tex), (path.name, tex)
            count += 1
    assert count > 2000


@pytest.mark.parametrize("name", PAGES)
def test_what_is_printed_holds(name: str):
    found = list(PAGES[name].executed(RESULTS))
    assert [(one.display.line, one.fault) for one in found if one.fault] == []
    assert all(one.equalities + one.defined and one.error <= BOUND for one in found)


@pytest.mark.parametrize("name", PAGES)
def test_only_what_a_case_gives_is_bound(name: str):
    """No letter gets its value from what a result checks."""
    one = PAGES[name]
    for entry, context in one.contexts:
        for label in entry.get("results", entry.get("labels", [""])):
            for case in one.cases(entry, label, RESULTS):
                assert set(context.given.values()) <= set(case)
                assert {array for array, _ in context.sizes.values()} <= set(case)


@pytest.mark.long
@pytest.mark.parametrize("one, display", EXECUTED)
def test_typos_are_refused_or_equal_for_a_reason(one: Page, display):
    entry, context = one.context(display)
    cases = one.cases(entry, display.of, RESULTS)
    values = [Values(context, case) for case in cases]
    unexplained, outcomes = [], Counter()
    for typo in typos(display.tex):
        found = outcome(typo, context, values)
        outcomes[found] += 1
        if found == "equal" and not reason(typo, display, one, values):
            unexplained.append((typo.kind, typo.tex))
    assert unexplained == []
    assert outcomes.total() > outcomes["equal"]


# Slips of people who typeset: on which page, in which result, what for what, and by what it is refused

SLIPS = [
    ("backprop-rnn", "rnn-gradients", r"h_{t-1}^\top", r"h_t-1^\top", "shape"),
    ("backprop-rnn", "rnn-gradients", r"h_{t-1}^\top", r"h_{t}^\top", "value"),
    ("backprop-rnn", "rnn-gradients", r"x_t^\top", r"x_T^\top", "value"),
    ("backprop-rnn", "rnn-gradients", r"h_T^\top", r"h_T\top", "name"),
    (
        "backprop-rnn",
        "rnn-gradients",
        r"\delta_t\, x_t^\top",
        r"x_t\, \delta_t^\top",
        "shape",
    ),
    (
        "backprop-rnn",
        "rnn-gradients",
        r"\sum_{t=1}^{T} \delta_t\, x_t",
        r"\delta_t\, x_t",
        "value",
    ),
    (
        "backprop-rnn",
        "rnn-gradients",
        r"(\text{shape } d \times d)",
        r"(\text{shape } d \times \lvert V\rvert)",
        "shape",
    ),
    (
        "backprop-rnn",
        "rnn-gradients",
        r"\lvert V\rvert \times d",
        r"d \times \lvert V\rvert",
        "shape",
    ),
    (
        "backprop-rnn",
        "rnn-states",
        r"(1 - h_t \odot h_t)",
        r"1 - h_t \odot h_t",
        "value",
    ),
    (
        "backprop-rnn",
        "rnn-states",
        r"(1 - h_t \odot h_t) \odot g_t",
        r"(1 - h_t \odot h_t) g_t",
        "shape",
    ),
    (
        "backprop-rnn",
        "rnn-states",
        r"W_{\text{recurrent}}^\top\, \delta_t",
        r"W_{\text{recurrent}}\, \delta_t",
        "value",
    ),
    (
        "backprop-rnn",
        "rnn-states",
        r"W_{\text{unembed}}^\top",
        r"W_{\text{embed}}^\top",
        "shape",
    ),
    (
        "backprop-rnn",
        "rnn-states",
        r"W_{\text{unembed}}^\top",
        r"W_{\text{unembedd}}^\top",
        "name",
    ),
    ("backprop-rnn", "rnn-jacobians", r"D_{t+1}", r"D_{t-1}", "value"),
    (
        "backprop-rnn",
        "rnn-jacobians",
        r"D_T W_{\text{recurrent}}\; D_{T-1} W_{\text{recurrent}}",
        r"D_T W_{\text{recurrent}}\; D_{T-2} W_{\text{recurrent}}",
        "not evaluable",
    ),
    ("backprop-mlp", "softmax-error", "y - p = e", "p - y = e", "value"),
    (
        "backprop-mlp",
        "softmax-error",
        r"\exp(s_i)}{\sum_j",
        r"\exp(s_j)}{\sum_j",
        "value",
    ),
    (
        "residual",
        "residual-states",
        r"\bigl(I + W_{\text{recurrent}}^\top D_t\bigr)\, g_t",
        r"I + W_{\text{recurrent}}^\top D_t\, g_t",
        "shape",
    ),
    ("residual", "residual-states", "D_2", "D_1", "not evaluable"),
    (
        "residual",
        "residual-gradients",
        r"\delta_t\, h_{t-1}^\top",
        r"\delta_{t}\, {h_{t-1}}^\top",
        "equal",
    ),
]


@pytest.mark.parametrize("name, label, right, wrong, refused", SLIPS)
def test_slips_of_people_are_refused(
    name: str, label: str, right: str, wrong: str, refused: str
):
    one = PAGES[name]
    display = next(x for x in one.displays if x.of == label and right in x.tex)
    entry, own = one.context(display)
    values = [Values(own, case) for case in one.cases(entry, label, RESULTS)]
    typo = Typo("a slip", display.tex.replace(right, wrong, 1), 0)
    assert outcome(typo, own, values) == refused


# Wrong in the text: numbers of the examples for a pencil, short answers, bounds

WRONG = [
    (
        "backprop-mlp",
        r"(\tfrac{16}{25}, -\tfrac{9}{10})",
        r"(\tfrac{16}{25}, \tfrac{9}{10})",
    ),
    (
        "backprop-mlp",
        r"$W_{\text{embed}}$ is $d \times",
        r"$W_{\text{unembed}}$ is $d \times",
    ),
    ("backprop-mlp", r"p = (\tfrac25, \tfrac15", r"p = (\tfrac25, \tfrac25"),
    (
        "backprop-rnn",
        r"\begin{pmatrix} -3 & 0 \\ 3 & 0",
        r"\begin{pmatrix} -3 & 0 \\ 4 & 0",
    ),
    ("backprop-rnn", r"(-\tfrac12, -\tfrac14)", r"(-\tfrac12, \tfrac14)"),
    ("backprop-rnn", r"(3, \tfrac94 \log 3)", r"(3, \tfrac34 \log 3)"),
    ("residual", r"\le \sigma^{\,T-1}", r"\le \sigma^{\,T}"),
    ("residual", r"(1 + \sigma)^{T-1}", r"(1 + \sigma)^{T-3}"),
    ("residual", r"$g_2 = (-8, 8) + (6, 3)$", r"$g_2 = (-8, 8) + (3, 6)$"),
    (
        "word2vec",
        r"\log \sigma(-u_{w_k} \cdot v_c)$, and",
        r"\log \sigma(u_{w_k} \cdot v_c)$, and",
    ),
    ("lstm", r"\tfrac12 (2 - \sqrt 3)", r"\tfrac12 (2 + \sqrt 3)"),
    ("generation", r"\tfrac1{18},", r"\tfrac1{12},"),
    (
        "generation",
        r"b_{ih}, b_{hh} \in \R^d",
        r"b_{ih}, b_{hh} \in \R^{\lvert V\rvert}",
    ),
    ("generation", r"W_{\text{unembed}} h_t + c)$", r"W_{\text{unembed}} h_t)$"),
    ("classification", r"A_h^{\,T-1-t} A_x\, x_t", r"A_h^{\,T-t} A_x\, x_t"),
    ("project", r"- 2 a r + a^2 - b^2 = 0", r"+ 2 a r + a^2 - b^2 = 0"),
    ("gradients", r"= W^\top \delta .", r"= W \delta ."),
    ("where-next", r"\sum_{t=1}^{T} A^{T-t} B", r"\sum_{t=1}^{T} A^{t} B"),
]


@pytest.mark.parametrize("name, right, wrong", WRONG)
def test_what_is_wrong_in_the_text_is_refused(name: str, right: str, wrong: str):
    before, found, after = source(name).partition(right)
    assert found
    last = before.count("\n") + 1
    for text, holds in (
        (before + right + after, True),
        (before + wrong + after, False),
    ):
        one = Page(name, TABLE.entries(name), {**SOURCES, name: text}.get)
        one.displays = [x for x in one.displays if last - 12 < x.line <= last]
        assert holds == (not any(x.fault for x in one.executed(RESULTS)))


# The language


def context(table: dict, given: dict, definitions: str = "", **more) -> Context:
    """What letters stand for; definitions are lines."""
    symbols = Symbols(table)
    said = [one for tex in definitions.splitlines() for one in statements(tex, symbols)]
    sizes = {"d": ("v", 0), "n": ("A", 0)}
    return Context(symbols, given, sizes, tuple(said), **more)


LETTERS = {
    "d": {"kind": "size"},
    "n": {"kind": "size"},
    "I": {"kind": "identity"},
    "v": {"kind": "vector", "shape": "d"},
    "w": {"kind": "vector", "shape": "d"},
    "A": {"kind": "matrix", "shape": "d × d"},
    "B_k": {"kind": "matrix", "shape": "d × d"},
    "f": {"kind": "number"},
}
RNG = np.random.default_rng(1)
CASE = {
    "v": RNG.normal(size=3),
    "w": RNG.normal(size=3),
    "A": RNG.normal(size=(3, 3)),
    "B": RNG.normal(size=(4, 3, 3)),
}
GIVEN = {"v": "v", "w": "w", "A": "A", "B": "B"}


def error(tex: str, definitions: str = "") -> float:
    """How far the sides of a formula are apart."""
    own = context(LETTERS, GIVEN, definitions)
    values = Values(own, CASE)
    found = [
        x for one in statements(tex, own.symbols) for x in differences(one, values)
    ]
    assert found
    return max(found)


TRUE = [
    r"(A v)^\top = v^\top A^\top",
    r"v^\top w = v \cdot w = \sum_i v_i w_i = w^\top v",
    r"v\, w^\top = (w\, v^\top)^\top",
    r"(v\, w^\top)_{ij} = v_i w_j, \qquad i, j = 1, \dots, d",
    r"(A v)_i = \sum_j A_{ij} v_j, \qquad i \le d",
    r"v \odot w = \operatorname{diag}(v)\, w",
    r"v^2 = v \odot v",
    r"A^2 = A A",
    r"1 - v \odot v = (1 - v) \odot (1 + v)",
    r"(I + A)\, v = v + A v",
    r"\tfrac12 v + \frac{v}{2} = v",
    r"B_1 B_2 \cdots B_4\, v = B_1 B_2 B_3 B_4\, v",
    r"B_4 \cdots B_2 B_1 = B_4 B_3 B_2 B_1",
    r"B_1 \circ B_2 = B_2 B_1",
    r"\sum_{k=3}^{2} B_k + A = A",
    r"\sum_{k=1}^{3} B_k = B_1 + B_2 + B_3, \qquad \text{shape } d \times d",
    r"\prod_{k=2}^{3} B_k = B_2 B_3",
    r"[1 = 1] + [1 = 2] = 1",
    r"\log \exp(v_1) = v_1",
    r"\tanh' v_1 = 1 - \tanh^2 v_1",
    r"\sqrt{4} = 2^{1} = 02",
    r"\tfrac14 = 0.25, \quad 1.5 = \tfrac32 ;",
    r"\lVert v \rVert = \sqrt{v^\top v}",
    r"\lVert A v \rVert \le \lVert A \rVert\, \lVert v \rVert",
    r"\begin{bmatrix} 1 & 2 \\ 0 & 1 \end{bmatrix} (1, 2) = (5, 2)",
    r"(0, 1) - (0, 1) = 0",
    r"A, \quad \text{shape } d \times d",
    r"v, w \in \R^d",
    r"\begin{aligned} v + w &= w + v && (\text{length } d) , \\ &= 2 v + w - v . \end{aligned}",
]


@pytest.mark.parametrize("tex", TRUE)
def test_what_is_true_holds(tex: str):
    assert error(tex) <= BOUND


FALSE = [
    r"A v = A^\top v",
    r"v\, w^\top = w\, v^\top",
    r"B_1 B_2 = B_2 B_1",
    r"B_1 B_2 \cdots B_4 = B_1 B_2 B_4",
    r"(0, 1) = 0",
    r"\lVert A \rVert\, \lVert v \rVert \le \lVert A v \rVert",
    r"\tfrac14 = 0.2",
    r"1 - v \odot v = 1 - v",
    r"\sum_{k=1}^{3} B_k = B_1 + B_2",
    r"v_i = v_1, \qquad i = 1, \dots, d",
    r"\begin{aligned} v + w &= w + v , \\ &= 2 v + w . \end{aligned}",
]


@pytest.mark.parametrize("tex", FALSE)
def test_what_is_false_is_refused_by_its_value(tex: str):
    assert error(tex) > BOUND


@pytest.mark.parametrize(
    "tex, kind, said",
    [
        (r"A v = v^\top", Misshapen, r"\(3, 1\) = \(1, 3\)"),
        (r"v = v_1", Misshapen, r"\(3, 1\) = \(\)"),
        (r"v w = v", Misshapen, r"\(3, 1\) times \(3, 1\)"),
        (r"A + v = A", Misshapen, "are added"),
        (r"v = w, \qquad (\text{shape } d \times d)", Misshapen, "printed is"),
        (r"A \in \R^d", Misshapen, "printed is"),
        (r"A, v = w", Unreadable, "'A, v = w' states nothing"),
        (r"v_4 = 1", Misshapen, r"no entry \[3, 0\]"),
        (r"B_5 = B_1", Unknown, "B has no member 5, of 4"),
        (r"z = v", Unknown, "z is no letter of this page"),
        (r"f = 1", Unknown, "f: neither given nor defined"),
        (r"q_k = v", Unreadable, "'q' is no symbol of this page"),
        (r"B = A", Unreadable, "B needs an index"),
        (r"v = \frac{\partial v}{\partial (A v)}", Unreadable, "by what is no letter"),
        (r"B_1 \cdots A = A", Unreadable, "what the dots stand for is not clear"),
        (r"v = ", Unreadable, "ends where a factor is expected"),
        (r"v = )", Unreadable, "line 1, column 5"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(tex: str, kind: type, said: str):
    with pytest.raises(kind, match=said):
        error(tex)


def test_derivatives_go_along_all_paths_and_stop_at_what_is_named():
    own = {**LETTERS, "u": {"kind": "vector", "shape": "d"}}
    ctx = context(own, GIVEN, "u = A v\nf = u \\cdot w + v \\cdot v")
    values = Values(ctx, CASE)
    for tex in (
        r"\frac{\partial f}{\partial u} = w",
        r"\frac{\partial f}{\partial v} = A^\top w + 2 v",
        r"\partial f / \partial A = w\, v^\top",
        r"\frac{\partial u}{\partial v} = A",
        r"\frac{\partial u_i}{\partial v_j} = A_{ij}",
        r"\frac{\partial}{\partial v} v \cdot w = w",
    ):
        (one,) = statements(tex, ctx.symbols)
        assert max(differences(one, values)) <= BOUND, tex


def test_what_has_a_name_is_called_by_it_wherever_it_stands():
    own = {
        **LETTERS,
        "u": {"kind": "vector", "shape": "d"},
        "h": {"kind": "vector", "shape": "d"},
    }
    ctx = context(own, GIVEN, "h = \\tanh(A v + w)\nu = A v + w")
    (one,) = statements(
        r"\frac{\partial h}{\partial u} = \operatorname{diag}(1 - h \odot h)",
        ctx.symbols,
    )
    assert max(differences(one, Values(ctx, CASE))) <= BOUND


def test_how_a_letter_got_its_value_is_noted():
    own = {
        **LETTERS,
        "u": {"kind": "vector", "shape": "d"},
        "g": {"kind": "vector", "shape": "d"},
    }
    told = "u = A v\nf = u \\cdot w\ng = \\partial f / \\partial v"
    (draft,) = statements("u = A v", Symbols(own))
    ctx = context(own, GIVEN, told, draft=frozenset({draft.sides[0]}))
    (one,) = statements(r"g_i = (A^\top w)_i, \quad i = 1, \dots, d", ctx.symbols)
    assert max(differences(one, Values(ctx, CASE))) <= BOUND
    assert ctx.ways == {
        "d": {"size"},
        "A": {"input"},
        "v": {"input"},
        "w": {"input"},
        "u": {"draft"},
        "f": {"definition"},
        "g": {"derivative"},
    }


def test_a_sample_of_typos_is_from_all_places():
    found = [Typo("", str(k), k) for k in range(10)]
    assert [one.at for one in sample(found, 4)] == [0, 2, 5, 7]
    assert sample(found, 10) == sample(found, None) == found


def test_what_is_given_is_what_a_probability_depends_on():
    own = context(
        {**LETTERS, "p": {"kind": "vector", "shape": "d"}},
        GIVEN,
        r"p = \operatorname{softmax}(v)",
    )
    values = Values(own, {**CASE, "w": np.eye(3)[1]})
    (right,) = statements(r"p(w \mid v) = p_2", own.symbols)
    assert max(differences(right, values)) <= BOUND
    (wrong,) = statements(r"p(w \mid A) = p_2", own.symbols)
    with pytest.raises(Unknown, match="p: no definition with what is given"):
        list(differences(wrong, values))


def test_a_definition_has_to_be_printed():
    text = "$$\nA = 2\n$$ (two)\nand $B = 3$."
    book = {"A": {"kind": "number"}, "B": {"kind": "number"}}
    entry = {"results": [], "symbols": book, "definitions": ["two", "B = 3"]}
    assert Page("one", [entry], lambda _: text)
    entry["definitions"].append("B = 4")
    with pytest.raises(Unreadable, match="'B = 4' is printed nowhere on the page one"):
        Page("one", [entry], lambda _: text)


def test_displays_are_found_with_their_result_label_and_line():
    text = (
        "# T\n$$\na\n$$\n```{code-cell}\nx = '$$'\n```\n::::{prf:proposition} P\n:label: p\n\n"
        "$$\nb\n$$ (eq)\n:::{prf:proof}\n$$ c $$\n:::\n::::\n"
    )
    assert [tuple(one) for one in displays(text)] == [
        ("", "", "a", 3, False),
        ("p", "eq", "b", 12, False),
        ("p", "", "c", 15, False),
    ]


STATED = """# T
## Pencil
$x = 1$, $x$, $`$ and $$
y = 2
$$
::::{prf:proposition} P
:label: p
$z = 3$, $v \\in \\R^d$, $u_1, \\dots, u_n \\in \\R^d$, $B$ ($n \\times d$), of $C$ ($n \\times d$, $d$)
::::
## Next
$u = 4$
:::{prf:remark} A
:label: answer-a
$a \\le b$, $W$ is $d \\times n$, $d \\times n$ and $\\beta$
:::
"""


def test_what_is_stated_in_a_line_is_found():
    found = [(one.of, one.tex, one.line) for one in stated(STATED, ["Pencil"])]
    assert found == [
        ("p", r"v \in \R^d", 8),
        ("p", r"B, \quad \text{shape } n \times d", 8),
        ("answer-a", r"a \le b", 14),
        ("answer-a", r"W, \quad \text{shape } d \times n", 14),
        ("", "x = 1", 3),
    ]
    with pytest.raises(Unreadable, match="no section 'Paper'"):
        stated(STATED, ["Paper"])


def test_no_formula_of_a_page_is_left_out():
    entry = {"labels": ["one"], "numbers": {"d": 3}, "definitions": []}
    text = "$$\nd = d + 0\n$$ (one)\n$$\nd = 2\n$$"
    entry["symbols"] = {"d": {"kind": "size"}}
    own = Page("one", [entry], lambda _: text)
    faults = [one.fault for one in own.executed({})]
    assert faults[-1] == "a formula that is neither executed nor prose: d = 2"
    with pytest.raises(Unreadable, match="'a whim' is no reason; expected one of"):
        Page("one", [{"prose": {"d = 2": "a whim"}}], lambda _: text)


def test_typos_of_all_kinds_are_made():
    made = {
        typo.kind
        for one in PAGES.values()
        for display in one.displays
        if one.context(display)
        for typo in typos(display.tex)
    }
    assert made == set(KINDS)


NUMBERS = {**LETTERS, "a": {"kind": "number"}, "b": {"kind": "number"}}
SYMMETRIC = {
    "v": np.array([1.0, 2]),
    "w": np.array([3.0, 4]),
    "A": np.array([[1.0, 2], [2, 3]]),
    "B": np.array([np.zeros((2, 2)), [[0, 1], [0, 0]]]),
    "a": 2.0,
    "b": 3.0,
}


@pytest.mark.parametrize(
    "was, typo, why",
    [
        (r"v = a\, b\, w", r"v = b\, a\, w", "numbers commute"),
        (r"v = a\, w", r"v = w\, a", "numbers commute"),
        (
            r"v = \sum_{k=1}^{2} a\, k\, w",
            r"v = \sum_{k=1}^{2} k\, a\, w",
            "numbers commute",
        ),
        (r"v = v \odot w", r"v = w \odot v", "numbers commute"),
        (r"v = A w", r"v = A^\top w", "the matrix is its own transpose"),
        (r"v = B_2 w", r"v = B_2^\top w", ""),
        (r"v = \sum_{k=1}^{2} B_k w", r"v = \sum_{k=2}^{2} B_k w", "the term is zero"),
        (r"v = \sum_{k=2}^{2} B_k w", r"v = \sum_{k=1}^{2} B_k w", "the term is zero"),
        (r"v = 0", r"v = -0", "zero is zero"),
        (r"v \in \R^d", r"w \in \R^d", "only the shape is stated"),
        (r"v = A\, B_2\, w", r"v = B_2\, A\, w", ""),
        (r"v = v\, w^\top v", r"v = w\, v^\top v", ""),
        (r"v = A B_2 w", r"v = A (A B_2)^\top w", ""),
        (r"v = \sum_{k=1}^{2} B_k w", r"v = \sum_{k=1}^{1} B_k w", ""),
        (r"v = \sum_{k=1}^{2} k\, w", r"v = \sum_{k=2}^{2} k\, w", ""),
        (r"v = a\, w", r"v = b\, w", ""),
        (r"a \le b", r"a \le b^2", "another inequality that holds"),
    ],
)
def test_why_a_typo_is_equal_is_proved(was: str, typo: str, why: str):
    """A reason is given if it is true of this typo; whether the sides are equal is not asked."""
    own = context(NUMBERS, {**GIVEN, "a": "a", "b": "b"})
    page = SimpleNamespace(context=lambda _: ({}, own))
    values = [Values(own, SYMMETRIC)]
    assert reason(Typo("", typo, 0), Display("", "", was, 1), page, values) == why


def test_a_fault_of_a_display_is_said():
    display = displays("$$\nv = 2 v\n$$")[0]
    own = context(LETTERS, GIVEN)
    found = executed(display, own, [Values(own, CASE)])
    assert re.match(r"the sides differ by 5\.0e-01", found.fault)
