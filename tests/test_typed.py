"""Lines as students write them: read, computed, the same in the page; what cannot be read is said, with its place."""

import functools
import json
import random
import re
import time
from collections import Counter
from pathlib import Path

import pytest
import yaml

from browsing import node
from test_printed import PAGES
from unrolled.checks.formula import RESULTS
from unrolled.formulas.arrays import Misshapen, Unknown
from unrolled.formulas.layout import read
from unrolled.formulas.meaning import (
    Node,
    Statement,
    Symbols,
    expression,
    statements,
)
from unrolled.formulas.sides import differences, free
from unrolled.formulas.values import Values
from unrolled.yours import goals
from unrolled.yours.typed import Mistyped, Typed, typed, valued

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
    values = [Values(context, x) for x in one.cases(entry, result, RESULTS)[:3]]
    used = goals.letters(statements(display.tex, context.symbols))
    return context, values, used


def letters(tex: str, symbols: Symbols) -> set[str]:
    """The letters of an expression that are bound by no sum."""
    return free(expression(tex, symbols))


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


def judged(
    line: str, goal: str, page: str, result: str, size: str = "", row: bool = False
) -> float:
    """How far a line is from a left side, in the first of its readings whose shapes fit."""
    context, values, used = of_result(page, result, size)
    found = typed(line, valued(context, used))
    if found.left:
        # the line's own left side, without sign and entry, is what the result prints
        own, printed = (
            expression(x.removeprefix("-"), context.symbols) for x in (found.left, goal)
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


def test_lines_are_of_many_forms_and_results():
    forms = Counter(one.values[1] for one in right())
    assert len(forms) == 10 and sum(forms.values()) > 300 and min(forms.values()) > 15
    assert len(LINES["wrong"]) > 60 and len(LINES["more"]) > 50


# What is meant


def symbols_of(label: str) -> Symbols:
    """The letters that have a value where a result stands."""
    for one in PAGES.values():
        for display in one.displays:
            if display.of == label and (found := one.context(display)):
                _, context = found
                used = goals.letters(statements(display.tex, context.symbols))
                return valued(context, used)
    raise AssertionError(label)


def told(line: str, symbols: Symbols) -> dict:
    """All that is said of a line, as JSON has it."""
    try:
        return json.loads(json.dumps(found_in(typed(line, symbols))))
    except Mistyped as reason:
        return {"says": str(reason), "at": reason.at, "offer": reason.offer}


def found_in(found: Typed) -> dict:
    """A typed line, by the names of its parts."""
    notes, asked = ([x._asdict() for x in part] for part in found[1:3])
    return {**found._asdict(), "notes": notes, "asked": asked}


@pytest.mark.parametrize("one", LINES["more"], ids=lambda one: one["line"])
def test_what_is_meant_or_said(one: dict):
    found = told(one["line"], symbols_of(one["of"]))
    if "says" in one:
        assert found == {
            "offer": "",
            **{x: one[x] for x in one if x not in ("of", "line")},
        }
        return
    left = f"{found['left']} = " * bool(found["left"])
    assert left + found["readings"][0] == one["means"]
    assert [x["said"] for x in found["notes"]] == one.get("notes", [])
    assert [x["name"] for x in found["asked"]] == one.get("asked", [])


def test_places_are_those_in_the_line():
    symbols = symbols_of("rnn-gradients")
    line = "𝛅_t + 𝟐 W_hh^T ht-1 + h_"
    with pytest.raises(Mistyped) as caught:
        typed(line, symbols)
    assert caught.value.at == len(line)
    found = typed(line.removesuffix(" + h_"), symbols)
    assert line[found.asked[0].at :].startswith("W_hh")
    assert line[found.notes[0].at :].startswith("ht-1")


def test_what_the_reader_has_said_is_not_asked_again():
    symbols, line = symbols_of("rnn-gradients"), "W_hh^T delta h^T U"
    first = typed(line, symbols)
    assert [one.name for one in first.asked] == ["W_hh", "δ", "h", "U"]
    meant = {one.name: one.offered[-1] for one in first.asked}
    found = typed(line, symbols, meant)
    assert found.asked == ()
    assert found.readings == (
        r"W_{\text{recurrent}}^\top \delta_T h_T^\top W_{\text{unembed}}",
    )


def test_signs_that_may_mean_several_things_have_several_readings():
    symbols = symbols_of("rnn-gradients")
    assert typed("(1 - h_t^2) * g_t", symbols).readings == (
        r"(1 - h_t^2) \odot g_t",
        r"(1 - h_t^2) \cdot g_t",
    )
    assert len(typed("h_t * g_t * a_t * x_t * e * y", symbols).readings) <= 32
    assert len(typed(" * ".join(["h_t"] * 50), symbols).readings) == 3
    # with @ in the line, * is that of NumPy
    assert typed("W_recurrent * W_recurrent", symbols).readings[0].count(r"\odot") == 0
    (found,) = typed("W_recurrent @ (W_recurrent * W_recurrent)", symbols).readings
    assert found.count(r"\odot") == 1


# The page


def drawn(rng: random.Random, lines: list[str]) -> str:
    """A line of chance: one that was spoiled, or pieces of several."""
    pieces = re.findall(r"\\?\w+|\W", " ".join(rng.choices(lines, k=4))) + STRANGE
    if rng.random() < 0.3:
        return rng.choice(["", " "]).join(rng.choices(pieces, k=rng.randint(0, 25)))
    line = list(rng.choice(lines))
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(line) + 1)
        line[at : at + rng.randint(0, 2)] = rng.choice(pieces) * rng.randint(0, 1)
    return "".join(line)


LONG = [
    "(",
    "h",
    "sum_t ",
    "^",
    " ",
    "-",
    "h_t * ",
    "e h^T + ",
    "[h",
    "sum(",
    r"\frac{",
    "d/d",
    "W_",
]
STRANGE = [
    *"´ŷ漢🙂\ue000\u200b½⅓ﬁ∏%$&<>\"#{}[]()^_'|:;,.",
    "constructor",
    "__proto__",
    "%1",
    r"\frac",
]
STRANGE += [
    "toString",
    "np.",
    "sum(",
    "E_{",
    "[:,",
    "[None",
    "for",
    "in",
    "range(1, T+1)",
    r"\hat",
    "...",
]


def lines_of_all(more: int) -> list[tuple[str, str]]:
    """All lines of the book and lines of chance, each with a result."""
    found = [(one.values[0]["result"], one.values[2]) for one in right()]
    found += [(label, line) for _, label, _, line, _ in LINES["wrong"]]
    found += [(one["of"], one["line"]) for one in LINES["more"]]
    rng, lines = random.Random(25), [line for _, line in found]
    labels = sorted({label for label, _ in found})
    long = [("rnn-gradients", x * 10_000) for x in LONG]
    drawn_ = [(rng.choice(labels), drawn(rng, lines)) for _ in range(more)]
    return (
        found + [(label, x[:n]) for label, x in long for n in (1_999, 10_000)] + drawn_
    )


def test_lines_of_chance_are_read_or_refused_in_no_time():
    symbols = {label: symbols_of(label) for label, _ in set(lines_of_all(0))}
    read_, worst = 0, 0.0
    for label, line in lines_of_all(10_000):
        start = time.process_time()
        try:
            found = typed(line, symbols[label])
            read_ += 1
            assert found.readings and all(read(x) for x in found.readings[:2])
            said = [x.said for x in found.notes] + [x.name for x in found.asked]
        except Mistyped as reason:
            assert 0 <= reason.at <= len(line) and str(reason)
            said = [str(reason)]
        assert "\\" not in "".join(said), line
        worst = max(worst, time.process_time() - start)
    assert read_ > 1_000 and worst < 1


def test_letters_without_a_value_are_named_as_they_are_typed():
    found = node(
        "(name) => new unrolled.Unknown(`${name} has no member 4`).message",
        "judge",
        [r"\delta", r"\sigma", r"\varepsilon", "h"],
    )
    assert [x.split()[0] for x in found] == ["δ", "σ", "ε", "h"]


STEP = r"(?<![A-Za-z])t(?![A-Za-z])"


def test_index_that_is_shown_is_one_of_the_page():
    for label in {label for label, _ in lines_of_all(0)}:
        symbols = symbols_of(label)
        for line in ("e_", "sum_? e", "sum_q e"):
            said = told(line, symbols)["says"]
            assert ("T" in symbols.known) == bool(re.search(STEP, said)), (label, said)


JUDGED = """([symbols, line]) => {
  try { return script.typed(line, symbols); }
  catch (error) {
    if (!(error instanceof script.Mistyped)) throw error;
    return { says: error.message, at: error.at, offer: error.offer };
  }
}"""


def test_page_and_package_say_the_same_word_for_word():
    rows = lines_of_all(1_000)
    symbols = {label: symbols_of(label) for label, _ in rows}
    known = {
        label: {k: x._asdict() for k, x in one.known.items()}
        for label, one in symbols.items()
    }
    found = node(JUDGED, "typed", [[known[label], line] for label, line in rows])
    for (label, line), page in zip(rows, found, strict=True):
        assert page == told(line, symbols[label]), (label, line)
