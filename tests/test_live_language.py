"""The language of formulas in the page: it reads and computes a line as the package does, or refuses it in the same words."""

import json
import random
import re
from pathlib import Path

import pytest
from lark import Token, Tree

from browsing import node
from test_printed import BOOK, EXECUTED, PAGES, SYMBOLS
from unrolled.formulas.layout import Unreadable, read
from unrolled.formulas.meaning import Node, Symbols, statements
from unrolled.formulas.printed import displays
from unrolled.formulas.typos import typos


def language(function: str, rows: list) -> list:
    """What a JavaScript function makes of each row, with the scripts of the language; what it refuses, as words."""
    run = f"""
    (() => {{
      for (const name of ["meaning", "values"]) require(process.argv[1].replace("layout", name));
      const run = {function.strip()};
      const {{ Unreadable, Misshapen, Unknown }} = unrolled;
      return (row) => {{
        try {{ return {{ found: run(row) }}; }} catch (error) {{
          const kind = Object.entries({{ Unreadable, Misshapen, Unknown }}).find(([, one]) => error instanceof one)?.[0];
          return {{ refused: kind ?? "by mistake", words: String(error.message), at: error.at, stack: kind ? "" : error.stack }};
        }}
      }};
    }})()
    """
    return node(run, "layout", rows)


def in_book() -> list[str]:
    """Every formula of the book, displayed or in a line."""
    inline = re.compile(r"(?<![\\$])\$(?!\$)([^$]+?)(?<!\\)\$")
    found = []
    for path in sorted(BOOK.glob("*.md")):
        text = re.sub(r"^```\{code-cell\}.*?^```", "", path.read_text(), flags=re.S | re.M)
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
    type ? { type, text, at } : { data, children: children.map(told), at: children.length || data === "group" ? at : undefined };
  return told(unrolled.layout(tex));
}
"""


def spoiled(tex: str, rng: random.Random) -> str:
    """A formula with a slip of a finger: a sign left out, twice, or another."""
    at = rng.randrange(len(tex) + 1)
    return tex[:at] + rng.choice(["", tex[at : at + 1] * 2, *r"(){}[]_^'\|&,. ", r"\end{a}"]) + tex[at + 1 :]


def test_page_lays_out_every_formula_of_the_book_and_refuses_what_the_package_refuses():
    rng, book = random.Random(1), in_book()
    rows = [*book, *(spoiled(tex, rng) for tex in book for _ in range(2))]
    refused = 0
    for tex, found in zip(rows, language(LAYOUT, rows), strict=True):
        try:
            assert found.get("found") == as_tree(read(tex)), tex
        except Unreadable as error:
            refused += 1
            assert (found.get("refused"), found["words"]) == ("Unreadable", str(error)), tex
    assert len(book) > 2000 and refused > 500


def as_data(part: object) -> object:
    """An expression, or a part of one, as JSON."""
    if isinstance(part, Node):
        return {"op": part.op, "parts": as_data(part.parts), "at": part.at}
    return list(map(as_data, part)) if isinstance(part, tuple) else part


def as_statements(tex: str, symbols: Symbols) -> dict:
    """What a formula states as JSON, or why it is refused."""
    try:
        found = [{name: as_data(part) for name, part in one._asdict().items()} for one in statements(tex, symbols)]
        return {"found": found}
    except ValueError as error:
        return {"refused": type(error).__name__, "words": str(error)}


STATED = """
({ tables, of, tex }) => unrolled.statements(tex, (globalThis.tables ??= tables)[of])
"""


def with_typos(each: int) -> list[tuple]:
    """Every executed display of the book with its context, and every so manieth typo of it."""
    found = []
    for one in EXECUTED:
        page, display = one.values
        _, context = page.context(display)
        spoiled = [typo.tex for typo in typos(display.tex)]
        found += [(page, display, context, tex) for tex in [display.tex, *spoiled[::each]]]
    return found


@pytest.mark.parametrize("each", [10, pytest.param(1, marks=pytest.mark.long)])
def test_page_reads_what_the_package_reads(each: int):
    rows = with_typos(each)
    contexts = list({id(context): context for _, _, context, _ in rows}.values())
    tables = [one.symbols.data() for one in contexts]
    asked = [{"of": contexts.index(context), "tex": tex} for _, _, context, tex in rows]
    asked[0]["tables"] = tables
    refused = 0
    for (_, display, context, tex), found in zip(rows, language(STATED, asked), strict=True):
        expected = as_statements(tex, context.symbols)
        refused += "refused" in expected
        if "refused" in expected:
            assert [found.get(k) for k in expected] == [*expected.values()], (tex, found)
        else:
            assert found.get("found") == expected["found"], (tex, found)
    assert len(rows) > 1000 and refused > 100
