"""A line of text given to `attempt`: nothing right is called wrong, what is wrong is named, as of a function."""

import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
import yaml

from _ext.yours import keep
from test_printed import PAGES
from unrolled.checks import attempt
from unrolled.yours import line as by_line
from unrolled.yours.goals import packed
from unrolled.yours.line import goals_of, plain
from unrolled.yours.typed import Mistyped, typed, valued

LINES = yaml.safe_load(Path(__file__).with_name("lines.yml").read_text())


def with_left(label: str, goal: str, line: str) -> str:
    """A line with a left side, which a block with several gradients asks for."""
    symbols = valued(goals_of(label)[0].context)
    try:
        return line if typed(line, symbols).left else f"{goal} = {line}"
    except Mistyped:
        return line if "=" in line else f"{goal} = {line}"


# Right and wrong

NOT_ASKED = {("deep-gradients", "g_L"), ("rnn-states", "g_2")}
NOT_ASKED |= {("answer-rnn-gradients", "g_1")}
"""What a block prints in a derivation, or not at all."""
BLOCKS = {
    of for own in by_line.table("goals.json").values() for of, *_ in own["displays"]
}
ASKED = [
    pytest.param(entry, id=f"{entry['result']}-{entry['goal']}")
    for entry in LINES["right"]
    if entry["result"] in BLOCKS and (entry["result"], entry["goal"]) not in NOT_ASKED
]


def lines_of(entry: dict) -> Iterator[str]:
    """The right lines of a left side, in all forms."""
    for size in ("lines", "T", "L"):
        for lines in entry.get(size, {}).values():
            yield from lines


@pytest.mark.long
@pytest.mark.parametrize("entry", ASKED)
def test_right_lines_are_right(entry: dict):
    label, goal = entry["result"], entry["goal"]
    for line in lines_of(entry):
        verdict = attempt(label, with_left(label, goal, line))
        assert verdict.right is True, (line, verdict.words)


def test_most_right_lines_are_asked_for():
    assert sum(len([*lines_of(one.values[0])]) for one in ASKED) > 420


WRONG = sorted({(of, goal) for _, of, goal, *_ in LINES["wrong"] if of in BLOCKS})


@pytest.mark.long
@pytest.mark.parametrize("label, goal", WRONG)
def test_wrong_lines_are_not_right(label: str, goal: str):
    for _, *of, line, what in LINES["wrong"]:
        if of == [label, goal]:
            verdict = attempt(label, with_left(label, goal, line))
            assert verdict.right is not True, (what, verdict.words)


def test_another_left_side_is_told():
    for label, goal in NOT_ASKED:
        words = attempt(label, f"{goal} = W_u^T e").words
        assert "This is another left side. Asked for is" in words


# What is said

ONE, RNN, STATES = "one-layer-gradients", "rnn-gradients", "rnn-states"
SUM = "sum_t delta_t h_{t-1}^T"
SAID = [
    (ONE, "dJ/dW_unembed = h e^T", False, "dJ/dW_unembed: transposed.\nFor example, where V = 2, d = 2, with\n    x ="),
    (ONE, "dJ/dW_unembed = 2 e h^T", False, "2 times what it should be."),
    (ONE, "dJ/dW_unembed = (p - y) h^T", False, "it is that of the loss −J, where the book maximises J"),
    (ONE, "dJ/dW_embed = ((1 - h^2) * W_unembed^T e) x^T", False, "1 − h² as if there were a tanh"),
    (ONE, "dJ/dW_embed = W_unembed e x^T", False, "The shapes do not fit. (V, 1) times (V, 1)."),
    (ONE, "dJ/dh = e_i", False, "No entry [V, 0] in the shape (V, 1)."),
    (ONE, "dJ/dW_unembed_ji = h_i e_j", True, "right"),
    (ONE, "dJ/dW_unembed = e_k h_j", True, "right"),
    (ONE, "dJ/dW_unembed_ij = e_j h_i", False, "not right"),
    (ONE, "dJ/dh = e^T W_unembed", True, "written as a row."),
    (ONE, "dL/dh = W_unembed^T (p - y)", True, "L is read as the loss, −J."),
    (ONE, "e h^T = dJ/dW_unembed", True, "right, held against 24 cases"),
    (RNN, f"dJ/dW_recurrent = {SUM}", True, "and 7 edge cases."),
    (RNN, f"dJ/dW_recurrent = -2 {SUM}", False, "the sign is opposite, and 2 times what it should be."),
    (RNN, "dJ/dW_recurrent = sum_t delta_t h_t-1^T", True, "h_t-1 is read as h_{t-1}"),
    (RNN, "dJ/dW_recurrent = sum_t delta_t h_t^T", False, "h_t for h_{t−1} in ∂J/∂W_recurrent"),
    (RNN, "dJ/dW_recurrent = delta_t h_{t-1}^T", False, "Nearly: a sum. t "),
    (RNN, "dJ/dW_recurrent = delta_3 h_2^T + delta_2 h_1^T", True, "where T = 3"),
    (RNN, "dJ/dW_recurrent = delta_3 h_2^T", False, "where T = 3"),
    (STATES, "g_{t-1} = W_recurrent delta_t", False, "a transpose left out, as in W_recurrent δ_t"),
    (STATES, "delta_t = (1-h_t^2) * g_{t-1}", False, "The rows of δ_t count t."),
    ("answer-residual", "(I + W^T D_3)(I + W^T D_2) g_3", False, "the factors in the wrong order"),
    ("answer-residual", "(1 + W^T D_2)(1 + W^T D_3) g_3", True, "1 beside a matrix is read as I."),
    ("answer-centre-gradient", "-u_o + sum_w P(w|c) u_w", True, "right"),
    ("answer-centre-gradient", "u_o - sum_w P(w|c) u_w", False, "d(-log P(o | c))/dv_c: the sign is opposite."),
    ("answer-centre-gradient", "dJ/dv_c = u_o - sum_w P(w|c) u_w", True, "right"),
    # what cannot be read
    (ONE, "dJ/dh = W_hh^T e", None, "W_hh is no letter here: write W_embed or W_unembed."),
    (ONE, "W_unembed^T e", None, "Begin the line with its left side: “dJ/dh = …”, “dJ/dW_unembed = …”"),
    (ONE, "dJ/ds = y - p", None, "Asked for is dJ/dh or dJ/dW_unembed or dJ/dW_embed."),
    (ONE, "dJ/dh = dp/ds e", None, "Write each derivative with the letters of the network."),
    (ONE, "dJ/dh = g", None, "This is the left side itself."),
    (STATES, "g_{t-1} = dJ/dh_{t-1}", None, "This is the left side itself."),
    (ONE, "dJ/dh = (W_unembed^T e", None, "not closed. Did you mean: dJ/dh = (W_unembed^T e)"),
    (ONE, "dJ/dh = W_unembed^T", False, "a letter left out, as in W_unembed^T"),
    ("softmax-error", "y - ", None, "(behind “y - ”)"),
    ("softmax-error", "", None, "Nothing is written yet."),
    ("softmax-error", "y - q", False, "With the index q, it is an entry, a number, and yours is (V, 1)."),
]  # fmt: skip


@pytest.mark.long
@pytest.mark.parametrize("label, line, right, words", SAID)
def test_what_is_said_of_a_line(label: str, line: str, right: bool | None, words: str):
    verdict = attempt(label, line)
    assert verdict.right is right, verdict.words
    assert words in verdict.words
    assert verdict.words.startswith(f"{label}: ")


def test_sizes_can_be_fixed():
    line = "dJ/dW_recurrent = delta_2 h_1^T"
    assert attempt(RNN, line).right is False
    assert attempt(RNN, line, T=2).right is True
    with pytest.raises(ValueError, match="has no size 'Q'; its cases have V from"):
        attempt(RNN, line, Q=2)
    with pytest.raises(ValueError, match="T = 4 is not among .* which have T = 3"):
        attempt("answer-residual", "g_3", T=4)


@pytest.mark.parametrize(
    "label, error, words",
    [
        (3, TypeError, "attempt needs the label of a result first"),
        ("one-layer-gradient", ValueError, "did you mean 'one-layer-gradients'"),
        ("mlp-shapes", ValueError, "has a button “Write yours”"),
        ("lstm-jacobians", ValueError, "states no gradient .* give a function"),
    ],
)
def test_a_label_of_no_gradient_is_refused(
    label: object, error: type[Exception], words: str
):
    with pytest.raises(error, match=words):
        attempt(label, "y - p")


def test_what_is_no_function_and_no_line_is_refused():
    with pytest.raises(TypeError, match="needs a function or a line of text"):
        attempt("softmax-error", b"y - p")


def test_the_package_asks_for_the_results_and_loads_late():
    code = """
import sys
from unrolled.checks import attempt
assert not {"torch", "lark", "unrolled.yours"} & {*sys.modules}
try:
    attempt("answer-residual", "g_3")
except ValueError as reason:
    print(reason)
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert found.stdout.strip().endswith("after: from unrolled.results import residual")


# What a line can be about


@pytest.mark.parametrize("name", PAGES)
def test_the_package_has_the_goals_that_the_page_prints(name: str):
    known = by_line.table("goals.json").get(name, {"entries": [], "displays": []})
    assert known == packed(PAGES[name]), "build the book, which writes goals.json anew"


def test_other_goals_are_written_and_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    file = tmp_path / "goals.json"
    file.write_text('{"a": {"entries": [], "displays": [1]}}')
    logging.getLogger("sphinx").propagate = True
    for page, told in (("a", 0), ("b", 1), ("b", 1)):
        keep(file, page, {"entries": [], "displays": [1]})
        assert len(caplog.records) == told
    assert [*json.loads(file.read_text())] == ["a", "b"]


def test_each_left_side_is_said_as_one_types_it():
    count = 0
    for page, own in by_line.table("goals.json").items():
        import_module(f"unrolled.results.{page.replace('-', '_')}")
        for label in dict.fromkeys(of for of, *_ in own["displays"]):
            goals = goals_of(label)
            for goal in goals:
                symbols = valued(goal.context, goal.used)
                said = typed(f"{plain(goal.tex)} = 1", symbols)
                assert by_line.asks(said.left.removeprefix("-"), goal, symbols)
                assert (goal.sign < 0) == said.left.startswith("-")
                count += 1
    assert count > 40
