"""The language of formulas in the page: it reads and computes a line as the package does, or refuses it as it does."""

import itertools
import random
import re

import numpy as np
import pytest
from lark import Token, Tree

from _ext import formulas, mathml
from browsing import node
from test_printed import BOOK, EXECUTED
from unrolled.checks.formula import RESULTS
from unrolled.formulas.arrays import Identity, Unknown
from unrolled.formulas.layout import Unreadable, read
from unrolled.formulas.meaning import Node, Symbols, expression, statements
from unrolled.formulas.printed import displays
from unrolled.formulas.sides import environments
from unrolled.formulas.typos import typos
from unrolled.formulas.values import Values
from unrolled.yours.exported import as_data as as_data_of
from unrolled.yours.exported import exported


def language(function: str, rows: list) -> list:
    """What a JavaScript function makes of each row, with the scripts of the language; what it refuses, as words."""
    run = f"""
    (() => {{
      for (const name of ["meaning", "values", "set"]) require(process.argv[1].replace("layout", name));
      const run = {function.strip()};
      const {{ Unreadable, Misshapen, Unknown }} = unrolled;
      return (row) => {{
        try {{ return {{ found: run(row) }}; }} catch (error) {{
          const kinds = Object.entries({{ Unreadable, Misshapen, Unknown }});
          const [kind] = kinds.find(([, one]) => error instanceof one) ?? ["by mistake: " + error.stack];
          return {{ refused: kind, words: error.message, at: error.at }};
        }}
      }};
    }})()
    """
    return node(run, "layout", rows)


DISPLAYS = [one.values for one in EXECUTED]
SHARE = 6
"""One in so many typos of a formula is read and computed in the page, too."""
"""The executed displays, each with its page."""


def in_book() -> list[str]:
    """Every formula of the book, displayed or in a line."""
    inline = re.compile(r"(?<![\\$])\$(?!\$)([^$]+?)(?<!\\)\$")
    found = []
    for path in sorted(BOOK.glob("*.md")):
        text = re.sub(
            r"^```\{code-cell\}.*?^```", "", path.read_text(), flags=re.S | re.M
        )
        found += [one.tex for one in displays(text)]
        found += inline.findall(re.sub(r"\$\$.*?\$\$|`[^`\n]*`", "", text, flags=re.S))
    return found


def as_tree(item: Token | Tree) -> dict:
    """A layout as JSON."""
    if isinstance(item, Token):
        return {"type": item.type, "text": str(item), "at": item.start_pos}
    found = {"data": str(item.data), "children": list(map(as_tree, item.children))}
    return found if item.meta.empty else {**found, "at": item.meta.start_pos}


LAYOUT = """
(tex) => {
  const told = ({ type, text, data, children, at }) =>
    type ? { type, text, at } : { data, children: children.map(told), ...(children.length ? { at } : {}) };
  return told(unrolled.layout(tex));
}
"""


def spoiled(tex: str, rng: random.Random) -> str:
    """A formula with a slip of a finger: a sign left out, twice, or another."""
    at = rng.randrange(len(tex) + 1)
    return (
        tex[:at]
        + rng.choice(["", tex[at : at + 1] * 2, *r"(){}[]_^'\|&,. ", r"\end{a}"])
        + tex[at + 1 :]
    )


def test_page_lays_out_every_formula_of_the_book_and_refuses_what_the_package_refuses():
    rng, book = random.Random(1), in_book()
    rows = [*book, *(spoiled(tex, rng) for tex in book for _ in range(2))]
    refused = 0
    for tex, found in zip(rows, language(LAYOUT, rows), strict=True):
        try:
            assert found.get("found") == as_tree(read(tex)), tex
        except Unreadable as error:
            refused += 1
            assert (found.get("refused"), found["words"]) == (
                "Unreadable",
                str(error),
            ), tex
    assert len(book) > 2000 and refused > 500


def as_data(part: object) -> object:
    """An expression, or a part of one, as JSON."""
    if isinstance(part, Node):
        return {"op": part.op, "parts": as_data(part.parts), "at": part.at}
    return list(map(as_data, part)) if isinstance(part, tuple) else part


def as_statements(tex: str, symbols: Symbols) -> dict:
    """What a formula states as JSON, or why it is refused."""
    try:
        found = [
            {name: as_data(part) for name, part in one._asdict().items()}
            for one in statements(tex, symbols)
        ]
        return {"found": found}
    except ValueError as error:
        return {"refused": type(error).__name__, "words": str(error)}


STATED = """
({ tables, of, tex }) => unrolled.statements(tex, (globalThis.tables ??= tables)[of])
"""


def with_typos(shown: list, each: int) -> list[tuple]:
    """Executed displays of the book with their contexts, and every so manieth typo of them."""
    found = []
    for page, display in shown:
        _, context = page.context(display)
        spoiled = [typo.tex for typo in typos(display.tex)]
        found += [
            (page, display, context, tex) for tex in [display.tex, *spoiled[::each]]
        ]
    return found


def read_alike(rows: list[tuple]) -> int:
    """Demand that the page reads formulas as the package does; how many both refuse."""
    contexts = list({id(context): context for _, _, context, _ in rows}.values())
    tables = [one.symbols.data() for one in contexts]
    asked = [{"of": contexts.index(context), "tex": tex} for _, _, context, tex in rows]
    asked[0]["tables"] = tables
    refused = 0
    for (_, _, context, tex), found in zip(rows, language(STATED, asked), strict=True):
        expected = as_statements(tex, context.symbols)
        refused += "refused" in expected
        if "refused" in expected:
            assert [found.get(k) for k in expected] == [*expected.values()], (
                tex,
                found,
            )
        else:
            assert found.get("found") == expected["found"], (tex, found)
    return refused


def test_page_reads_what_the_package_reads():
    rows = with_typos(DISPLAYS, 10)
    assert len(rows) > 1000 and read_alike(rows) > 100


@pytest.mark.long
@pytest.mark.parametrize("one, display", EXECUTED)
def test_page_reads_each_typo_as_the_package_does(one, display):
    read_alike(with_typos([(one, display)], SHARE))


VALUE = """
({ tables, cases, of, one, tex, line, side, env }) => {
  globalThis.book ??= { tables, cases };
  const kase = { symbols: book.tables[of], ...book.cases[one] };
  const found = new unrolled.Values(kase).value(unrolled.statements(tex, kase.symbols)[line].sides[side], env);
  if (found === unrolled.IDENTITY) return "I";
  return typeof found === "number" ? String(found) : { ...found, data: found.data.map(String) };
}
"""
ABSENT = {*("derivative", "moment", "mean", "held", "likelihood", "norm", "given")}
INFINITE = "\\infty"
"""What no line of a reader needs: the page does not compute it."""


def in_page(node: Node, case: dict, symbols: Symbols) -> bool:
    """Whether the page has all operations of an expression: a function of the page is there for whole numbers."""
    for x in node.all():
        if x.op in ABSENT or INFINITE in x.parts:
            return False
        if x.op == "call" and symbols.known[x.parts[0]].means != "sigma":
            name, given = x.parts
            indices = all(
                y.op in ("letter", "number")
                or y.op == "symbol"
                and symbols.known[y.parts[0]].kind == "index"
                for y in given
            )
            if name not in case["letters"] or not indices:
                return False
    return True


def by_package(node: Node, values: Values, env: dict) -> dict:
    """The value of an expression as JSON, or why it has none."""
    try:
        found = values.value(node, env)
        return {"found": "I" if isinstance(found, Identity) else as_data_of(found)}
    except Unknown as error:
        return {"refused": "Unknown", "words": str(error)}
    except ValueError as error:
        return {"refused": type(error).__name__, "words": str(error)}


def agree(found: dict, expected: dict) -> bool:
    """Whether the page has the value of the package, or refuses it for the same reason."""
    if "refused" in expected:
        # of what members there are, the page knows only the case
        same = (
            found.get("words") == expected["words"] or expected["refused"] == "Unknown"
        )
        return found.get("refused") == expected["refused"] and same
    mine, other = found.get("found"), expected["found"]
    if isinstance(mine, dict) and isinstance(other, dict):
        shape = (mine["rows"], mine["cols"]) == (other["rows"], other["cols"])
        return shape and np.allclose(
            [float(x) for x in mine["data"]],
            other["data"],
            rtol=0,
            atol=1e-9,
            equal_nan=True,
        )
    if isinstance(mine, str) and isinstance(other, float) and mine != "I":
        return np.isclose(float(mine), other, rtol=1e-9, atol=1e-9, equal_nan=True)
    return mine == other


def computed_alike(asked: list[tuple]) -> tuple[int, int]:
    """Demand that the page computes the sides of formulas as the package does; how many, and how many both refuse."""
    rows, expected, numbers = [], [], {}
    book = {"tables": [], "cases": []}
    for page, display, context, tex in asked:
        of = display.of or display.label
        if (id(context), of) not in numbers:
            entry, _ = page.context(display)
            values = [
                Values(context, case) for case in page.cases(entry, of, RESULTS)[:2]
            ]
            numbers[id(context), of] = len(book["tables"]), len(book["cases"]), values
            book["tables"].append(context.symbols.data())
            book["cases"] += map(exported, values)
        table, first, values = numbers[id(context), of]
        try:
            said = statements(tex, context.symbols)
        except ValueError:
            continue
        for line, statement in enumerate(said):
            for k, one in enumerate(values):
                try:
                    envs = list(
                        itertools.islice(
                            environments(
                                Node("both", statement.sides), statement.ranges, one
                            ),
                            6,
                        )
                    )
                except ValueError:
                    continue
                for side, own in enumerate(statement.sides):
                    if not in_page(own, book["cases"][first + k], context.symbols):
                        continue
                    for env in envs:
                        env = {
                            x: value
                            for x, value in env.items()
                            if isinstance(value, float)
                        }
                        rows.append(
                            {
                                "of": table,
                                "one": first + k,
                                "tex": tex,
                                "line": line,
                                "side": side,
                                "env": env,
                            }
                        )
                        expected.append(by_package(own, one, env))
    if not rows:
        return 0, 0
    rows[0] |= book
    found = language(VALUE, rows)
    wrong = [
        (row["tex"], row["side"], row["env"], mine, right)
        for row, mine, right in zip(rows, found, expected, strict=True)
        if not agree(mine, right)
    ]
    assert wrong == []
    return len(rows), sum("refused" in one for one in expected)


def test_page_computes_what_the_package_computes():
    count, refused = computed_alike(with_typos(DISPLAYS, 20))
    assert count > 2000 and refused > 100


@pytest.mark.long
@pytest.mark.parametrize("one, display", EXECUTED)
def test_page_computes_each_typo_as_the_package_does(one, display):
    computed_alike(with_typos([(one, display)], SHARE))


# Bad input

WORDS = [
    *"abcdehpstuvxyWJIT0123456789", *"+-*/=<>,.:;!?'|&_^{}()[]", *" \n\u2028é🙂",
    *r"\delta \sigma \sum \prod \top \odot \cdot \cdots \dots \frac \sqrt \tanh \log \partial \hat \mathbb".split(),
    *r"\underbrace \substack \begin{pmatrix} \end{pmatrix} \begin{aligned} \end{aligned} \\\\ \lvert \rvert".split(),
    *r"\lVert \rVert \{ \} \bigl \left( \right) \mid \in \sim \quad \, \R \Pr \circ \text{embed} \bigg|".split(),
    *r"\operatorname{diag} \operatorname{E} W_{\text{recurrent}} h_{t-1}^\top \delta_t x_t h_t h_{ _{t=1}^{T}".split(),
    *r"^2 ^{-1} ^{99} <b> constructor __proto__ \text{<b>} \text{&'}".split(),
]  # fmt: skip
TRIED = """
({ kase, tex, labels }) => {
  globalThis.kase ??= kase;
  const began = Date.now(), said = [], values = new unrolled.Values(globalThis.kase), { symbols } = globalThis.kase;
  const tried = (what) => {
    try { said.push(what()); } catch (error) {
      if (!["Unreadable", "Misshapen", "Unknown"].some((kind) => error instanceof unrolled[kind])) throw error;
    }
  };
  tried(() => unrolled.statements(tex, symbols).length);
  tried(() => values.value(unrolled.expression(tex, symbols), { t: 2 }) && "value");
  tried(() => values.parts(unrolled.expression(tex, symbols), { t: 2 }).length);
  tried(() => unrolled.set(tex, { labels: [{ at: 3, tex: "d" }] }));
  return { said, time: Date.now() - began };
}
"""


def recurrent_values() -> Values:
    """The values of the recurrent network on a case."""
    page, display = next(one for one in DISPLAYS if one[1].of == "rnn-gradients")
    entry, context = page.context(display)
    return Values(context, page.cases(entry, display.of, RESULTS)[0])


def recurrent() -> dict:
    """The same as the page has it."""
    values = recurrent_values()
    return exported(values) | {"symbols": values.context.symbols.data()}


LONG = [
    "(" * 5000, "(" * 41 + "d" + ")" * 41, "{" * 5000, r"\log" * 2500, r"\frac" * 2000, r"\hat" * 2500 + "x",
    r"\sum_t" * 1600 + "d", "+d" * 5000, "d" * 10_000, "-" * 10_000, "(-" * 40 + "d" + ")" * 40, "x_1" * 3000,
    r"\sum_{t=1}^{9999999} d", r"\sum_{t=1}^{99} \sum_{k=1}^{99} \sum_{i=1}^{99} d", r"\sum_{t = 0/0}^{3} d",
    r"W_{\text{recurrent}}^{999999999}", r"W_{\text{recurrent}}^{-1}", r"D_0^{-1}", r"I^2", r"I / 2", r"\sum_t I",
    "_" * 10_000, "'" * 10_000, r"\begin{pmatrix}" * 600, "&" * 10_000, r"\tanh' " * 1000, "1" * 400,
    r"D_1 \cdots D_2 \cdots D_3", r"\sum_{S \subseteq \{1, 99\}} d", " " * 10_000, r"\," * 3000, "[d = d]" * 1500,
]  # fmt: skip


def drawn(count: int) -> list[str]:
    """Lines of words that are drawn."""
    rng = random.Random(3)
    return [
        "".join(
            rng.choice(WORDS) + rng.choice(["", " "])
            for _ in range(rng.randrange(1, 14))
        )
        for _ in range(count)
    ]


def lines_of(text: str) -> list[str]:
    """Lines, between which three blanks stand."""
    return re.split(r"\n? {3,}", text.strip())


RARE = lines_of(r"""
    d = d   h_t = h_t = d   \textbf{a b} d   \dfrac12 \Bigg( d \Bigg)   d = T \le 3   d, T   d, T = 3
    d \in \R^{}   d \in   [t = d = T]   [t]   \sum_{t \in} d   \sum_{t \in \{1\}} d   \mathbb{E}_{} d
    \mathbb{E}_{, \sim p} d   \Pr   \partial J   1^2 3   \partial J / h_t   \frac{\partial J}{h_t}   \frac{}{d}
    \frac{\partial J}{\partial h_t} \bigg|   12 3^2   h_{1,2}   (d)_{1}   (d; T)   [d; T]   d \cdot \cdots T
    d \cdot \cdots \cdot T   \operatorname{sin} d   \operatorname{diag}   \underbrace{d}_{T, \text{x}}
    h_t, \quad t = 1, \dots, T   d = T, \quad t = 1, \dots, T   d = T, \quad \text{length}   {\sum} d
    \sqrt \tanh   W_h   h   '   d'
""")
"""Lines that chance seldom draws."""


def test_lines_of_chance_are_read_or_refused_as_the_package_does():
    _, display, context, _ = next(
        one for one in with_typos(DISPLAYS, 1000) if one[1].of == "rnn-gradients"
    )
    rows = [{"of": 0, "tex": tex} for tex in [*RARE, *drawn(2000)]]
    rows[0]["tables"] = [context.symbols.data()]
    for row, found in zip(rows, language(STATED, rows), strict=True):
        expected = as_statements(row["tex"], context.symbols)
        assert {k: found.get(k) for k in expected} == expected, (row["tex"], found)


def test_no_line_ends_in_a_mistake_nor_takes_long():
    rows = [{"tex": tex} for tex in [*LONG, *drawn(10_000)]]
    rows[0]["kase"] = recurrent()
    found = language(TRIED, rows)
    assert [
        (row["tex"][:80], one)
        for row, one in zip(rows, found, strict=True)
        if "found" not in one
    ] == []
    assert [
        row["tex"][:80]
        for row, one in zip(rows, found, strict=True)
        if one["found"]["time"] > 1000
    ] == []
    computed = sum("value" in one["found"]["said"] for one in found)
    assert computed > 200
    # nothing but what set.js writes is an element
    tags = {
        tag
        for one in found
        for html in one["found"]["said"]
        if isinstance(html, str)
        for tag in re.findall(r"<(\w+)", html)
    }
    assert tags <= {
        "span",
        "math",
        "mrow",
        "mi",
        "mn",
        "mo",
        "mtext",
        "mspace",
        "mfrac",
        "msqrt",
        "msub",
        "msup",
        "msubsup",
        "munder",
        "mover",
        "munderover",
        "mtable",
        "mtr",
        "mtd",
    }


# How it looks and sounds

ALIKE = re.compile(
    r"(?:[^\\]|\\(?:top|odot|cdot|cdots|sum|prod|log|exp|tanh|text|operatorname|partial|le|ge|ne|in|approx|mid|lvert|rvert|delta|sigma|ell|hat|frac"
    r"|tfrac|sqrt|times|circ|alpha|beta|tau|R)(?![A-Za-z])|\\[,;{}])*"
)
"""Formulas of the commands that lines of readers have."""
SHOWN = """
(tex) => ({ html: unrolled.set(tex), said: unrolled.said(tex) })
"""


def drawn_signs(html: str) -> str:
    """MathML without what only cuts it in pieces."""
    return re.sub(r"</?(math|mrow|span)( [^>]*)?>", "", html)


def test_page_sets_and_says_a_line_as_the_book_does():
    book = [
        tex
        for tex in dict.fromkeys(in_book())
        if ALIKE.fullmatch(tex) and not re.search(r"\\[,;]\s*[\])]|\d\\,\d|\?", tex)
    ]
    trees = formulas.typeset(
        [(tex, True) for tex in book], {"macros": {"R": r"\mathbb{R}"}}
    )
    for tex, tree, found in zip(book, trees, language(SHOWN, book), strict=True):
        root = mathml.read(tree)
        assert drawn_signs(found["found"]["html"]) == drawn_signs(
            mathml.written(root, True)[0]
        ), tex
        assert found["found"]["said"] == mathml.say(root), tex
    assert len(book) > 900


ALONE = """
({ kase, tex }) => {
  const found = new unrolled.Values(kase).value(unrolled.expression(tex, kase.symbols), { t: 2 });
  if (found === unrolled.IDENTITY) return "I";
  return typeof found === "number" ? String(found) : { ...found, data: found.data.map(String) };
}
"""
EDGES = lines_of(r"""
    (h_t^\top W_{\text{recurrent}}) h_t   h_t^\top W_{\text{recurrent}} h_t
    1 + (h_t^\top W_{\text{recurrent}}) h_t   J + (h_t^\top W_{\text{recurrent}}) h_t   h_t^\top \cdot h_t
    0 \log 0   \log 0   -\log 0   1 / 0   d / 0   J / 0   h_t / 0   \tanh' 2   \exp' h_t   \log' 2   \log_2 8
    0^0   2^{-1}   I   -I   I^\top   I + I   I I   I h_t   h_t I   2 I   I^2   I / 2   \operatorname{diag}(I)
    \sqrt{I}   [I = I]   I_{1}   W_{\text{recurrent}}^0   W_{\text{recurrent}}^3   W_{\text{recurrent}}^{-1}
    W_{\text{recurrent}}^{-2}   D_0^{-1}   (0 D_1)^{-1}   W_{\text{recurrent}}^{h_t}   W_{\text{embed}}^2
    h_t^2   h_t^{1/2}   2^{h_t}   [t = 2] h_t   \sum_t [t = 2]   \sum_{t=3}^{1} h_t   \prod_{t=3}^{1} d
    \prod_{k=1}^{3} D_k   \sum_{t:\, t < 3} h_t   [t \ne 2] + [t < 3] + [t \le 2]   [t \approx 2]   [h_t = 2]
    h_{1/2}   h_{t,1}   h_{t,9}   (W_{\text{recurrent}})_{12}   (W_{\text{recurrent}})_1   (1)_1   J_1   (J)_1
    h_t + 1   h_t + J   h_t^\top + 1   (h_t; h_1)   [h_t; h_1]   [h_t; 1]
    \begin{pmatrix} h_t & h_1 \end{pmatrix}   \begin{pmatrix} 1 & 2 \end{pmatrix}
    \sum_q h_t   \underbrace{h_t}_{h_1}   \underbrace{h_t}_{h_t}   \underbrace{h_t}_{(\text{length } d)}
    \underbrace{h_t}_{d \times d}   \operatorname{softmax}(h_t)   \operatorname{softmax}(1)
    \tanh(W_{\text{recurrent}})   \tanh(h_t^\top)   \sigma(h_t)   \sigma(2)   D_1 \cdots D_4
    D_3 D_2 \cdots D_1   D_1 D_2 \cdots D_5 h_t   D_1 \circ D_2   h_t \times h_t   h_t / h_t   d \odot d
    d \cdot d   \sum_{S \subseteq \{1, 3\}} \prod_{k \in S} D_k   \sum_{k \in d} D_k
""")
"""Values of which the two hosts might have other views."""


def test_values_at_the_edges_are_the_package_s():
    values = recurrent_values()
    context, kase = values.context, recurrent()
    rows = [{"kase": kase, "tex": tex} for tex in EDGES]
    different = []
    for tex, found in zip(EDGES, language(ALONE, rows), strict=True):
        try:
            node = expression(tex, context.symbols)
            expected = by_package(node, values, {"t": 2.0})
        except ValueError as error:
            expected = {"refused": type(error).__name__, "words": str(error)}
        if not agree(found, expected):
            different.append((tex, found, expected))
    assert different == []


FAULTY = """
({ kase, tex }) => {
  try {
    new unrolled.Values(kase).value(unrolled.expression(tex, kase.symbols), { t: 2 });
  } catch ({ shapes, at }) {
    return [shapes, tex.slice(at)];
  }
}
"""


def test_what_does_not_fit_is_told_with_its_shapes_and_its_place():
    kase = recurrent()
    V, d = (kase["sizes"][name] for name in ("|V|", "d"))
    wrong = {
        r"h_t\, \delta_t\, e^\top": [[[d, 1], [d, 1]], r"\delta_t\, e^\top"],
        r"h_t - x_t + e": [[[d, 1], [V, 1]], "- x_t + e"],
        r"h_t + J": [[[d, 1], []], "+ J"],
        r"2 (h_t \odot h_t^\top)": [[[d, 1], [1, d]], r"h_t^\top)"],
        r"h_t + \operatorname{diag}(W_{\text{recurrent}})": [
            [[d, d]],
            r"\operatorname{diag}(W_{\text{recurrent}})",
        ],
        r"2 (h_t)_9": [[[d, 1]], "(h_t)_9"],
        r"2 W_{\text{embed}}^2": [[[d, V]], r"W_{\text{embed}}^2"],
        r"d + z_3": [None, "z_3"],
        r"d + z": [None, "z"],
        r"d + h_{1+9}": [None, "h_{1+9}"],
    }
    rows = [{"kase": kase, "tex": tex} for tex in wrong]
    found = [one["found"] for one in language(FAULTY, rows)]
    assert found == [*wrong.values()]


LABELLED = """
({ kase, tex, env }) => {
  const values = new unrolled.Values(kase), node = unrolled.expression(tex, kase.symbols);
  const parts = values.parts(node, env), factors = parts.filter(({ kind, shape }) => kind === "factor" && shape);
  const labels = factors.map(({ at, shape }) => ({ at, tex: shape.join(" \\\\times ") || "1" }));
  const told = parts.map(({ kind, at, shape }) => [kind, tex.slice(at, at + 3), shape]);
  return { parts: told, html: unrolled.set(tex, { labels }) };
}
"""


def test_factors_and_terms_have_their_shapes_also_where_they_do_not_fit():
    kase = recurrent()
    (V, d) = (kase["sizes"][name] for name in ("|V|", "d"))
    row, column, scores = [1, d], [d, 1], [V, 1]
    lines = {
        r"\sum_t \delta_t\, h_{t-1}^\top": [
            ["term", "\\su", [d, d]], ["factor", "\\de", column], ["factor", "h_{", row],
        ],
        # the place of a bracket is that of the sign in it
        r"(1 - h_t \odot h_t) \odot \delta_t + y": [
            ["term", "(1 ", column], ["factor", "- h", column], ["factor", "\\de", column],
            ["term", "y", scores], ["factor", "y", scores],
        ],
        r"e\, h_t\, \delta_t": [
            ["term", "e\\,", None], ["factor", "e\\,", scores], ["factor", "h_t", column], ["factor", "\\de", column],
        ],
    }  # fmt: skip
    rows = [{"kase": kase, "tex": tex, "env": {"t": 2}} for tex in lines]
    found = [one["found"] for one in language(LABELLED, rows)]
    assert [[[*part, None][:3] for part in one["parts"]] for one in found] == [
        *lines.values()
    ]
    for one in found:
        labels = re.findall(
            r"<munder>(.*?)<mrow class=\"shape\">(.*?)</mrow></munder>", one["html"]
        )
        shapes = [part[2] for part in one["parts"] if part[0] == "factor"]
        assert [
            [int(n) for n in re.findall(r"<mn>(\d)</mn>", label)] for _, label in labels
        ] == shapes
