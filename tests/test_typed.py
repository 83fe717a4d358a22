"""Lines as students write them: read, computed, and the same in the page; what cannot be read is said, with its place."""

import functools
import random
import re
import time
from pathlib import Path

import numpy as np
import pytest
import yaml

from browsing import node
from test_printed import PAGES
from unrolled.checks.formula import RESULTS, error
from unrolled.formulas.layout import Unreadable, read
from unrolled.formulas.meaning import Node, Reader, Statement, Symbols, statements
from unrolled.formulas.typed import TABLE, Mistyped, typed
from unrolled.formulas.values import Misshapen, Unknown, Values, differences, free

LINES = yaml.safe_load(Path(__file__).with_name("lines.yml").read_text())
BOUND = 1e-9


def right() -> list:
    """The right lines, with where they are right."""
    return [
        pytest.param(
            entry, form, line, size, id=f"{entry['result']}-{form}-{line[:40]}"
        )
        for entry in LINES["right"]
        for size, lines in (("", entry.get("lines", {})), ("T", entry.get("T", {})))
        for form, own in lines.items()
        for line in own
    ]


@functools.cache
def of_result(page: str, result: str, size: str) -> tuple:
    """What the letters of a result stand for, and some cases."""
    one = PAGES[page]
    display = next(x for x in one.displays if x.of == result and one.context(x))
    entry, context = one.context(display)
    if size and "T" in RESULTS[entry.get("cases", result)].sizes:
        entry = {**entry, "only": {result: [{size: 3}]}}
    return context, [Values(context, x) for x in one.cases(entry, result, RESULTS)[:3]]


def letters(tex: str, symbols: Symbols) -> set[str]:
    """The letters of an expression that are bound by no sum."""
    return free(node_of(tex, symbols))


def holds(goal: str, reading: str, context, values: list, row: bool) -> float:
    """How far a reading is from a left side, which may be a row, or by its entries."""
    own = sorted(letters(reading, context.symbols) - letters(goal, context.symbols))
    own = [x for x in own if x not in context.symbols.known]
    sides = [goal, rf"\bigl({goal}\bigr)^\top"][: 1 + row]
    if own and len(own) < 3:
        sides = [rf"\bigl({goal}\bigr)_{{{' '.join(own)}}}"]
    found = []
    for side in sides:
        try:
            (one,) = statements(f"{side} = {reading}", context.symbols)
            found.append(max(x for v in values for x in differences(one, v)))
        except (Misshapen, Unknown) as reason:
            found.append(reason)
    errors = [x for x in found if isinstance(x, float)]
    if not errors:
        raise found[0]
    return min(errors)


def node_of(tex: str, symbols: Symbols) -> Node:
    """An expression."""
    return Reader(read(tex).children, symbols).whole()


def judged(
    line: str, goal: str, page: str, result: str, size: str = "", row: bool = False
) -> float:
    """How far a line is from a left side, in the first of its readings whose shapes fit."""
    context, values = of_result(page, result, size)
    found = typed(line, context.symbols)
    if found.left:
        # the line's own left side, without sign and entry, is what the result prints
        own, printed = (
            node_of(x.removeprefix("-"), context.symbols) for x in (found.left, goal)
        )
        if own.op == "derivative" and own.parts[1].op == "entry":
            own = Node("derivative", (own.parts[0], own.parts[1].parts[0]))
        own = own.parts[0] if own.op == "entry" else own
        one = Statement((own, printed), ("=",), (), ())
        assert (
            own == printed
            or max(x for v in values for x in differences(one, v)) < BOUND
        )
        goal = found.left
    for reading in found.readings:
        try:
            return holds(goal, reading, context, values, row)
        except Misshapen as reason:
            first = reason
    raise first


@pytest.mark.parametrize("entry, form, line, size", right())
def test_right_lines_are_right(entry: dict, form: str, line: str, size: str):
    where = entry["goal"], entry["page"], entry["result"], size
    assert judged(line, *where, row=form == "row") < BOUND


@pytest.mark.parametrize("page, result, goal, line, what", LINES["wrong"])
def test_wrong_lines_are_refused(
    page: str, result: str, goal: str, line: str, what: str
):
    try:
        assert judged(line, goal, page, result) > 1e-6, what
    except Misshapen:
        pass
