"""A reader's own line: nothing right is called wrong, what is wrong is refused, and what is said first of it gives
nothing away; the dialog in a browser.
"""

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import yaml
from playwright.sync_api import Locator, Page

from browsing import LIVE, node, part_faults
from test_printed import PAGES
from unrolled.checks.formula import RESULTS
from unrolled.formulas.meaning import statements
from unrolled.formulas.printed import BOUND
from unrolled.formulas.typos import typos
from unrolled.formulas.values import Values
from unrolled.yours import goals as asked
from unrolled.yours.goals import Goal, goals, last_side, projections
from unrolled.yours.payload import payload
from unrolled.yours.typed import Mistyped, typed, valued

SAID = json.loads((LIVE.parent / "yours" / "said.json").read_text())
LINES = yaml.safe_load(Path(__file__).with_name("lines.yml").read_text())

JUDGED = """
(() => {
  const payloads = JSON.parse(require("fs").readFileSync(rows[0]));
  const judges = Object.fromEntries(
    Object.entries(payloads).map(([of, one]) => [of, one.goals.map((goal) => new unrolled.Judge(goal, one))]),
  );
  return (row) => {
    if (typeof row === "string") return Object.keys(judges);
    const [of, goal, written] = row, lines = [written].flat();
    let judge = judges[of]?.find((one) => one.asks(goal.replace(/^-/, "")));
    if (!judge) {
      // the left side is a member of what is asked for
      if (!lines[0].includes("=")) lines[0] = `${goal} = ${lines[0]}`;
      judge = judges[of]?.find((one) => unrolled.judged(one, lines).fault !== "other");
    }
    if (!judge) return null;
    const began = Date.now(), found = unrolled.judged(judge, lines);
    const { fault, mistake, piece, letter, rightly, words, line, lines: { length: count } } = found;
    const right = unrolled.isRight(found), time = Date.now() - began;
    return { fault, mistake: mistake?.name, piece, letter, rightly, words, line, count, right, time };
  };
})()
"""


@pytest.fixture(scope="session")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the pages load for the check, in one file."""
    found = {}
    for page in PAGES.values():
        found |= payload(page, RESULTS)
    path = tmp_path_factory.mktemp("yours") / "payloads.json"
    path.write_text(json.dumps(found, allow_nan=False))
    return path


def judged(file: Path, lines: list) -> list[dict | None]:
    """What the page makes of lines, or lists of lines, each with its result and the left side; None where it does not
    ask for that.
    """
    return node(JUDGED, "several", [str(file), *lines])[1:]


EMBED, UNEMBED, RECURRENT = (
    rf"\partial J / \partial W_{{\text{{{x}}}}}"
    for x in ("embed", "unembed", "recurrent")
)
V_C = r"\partial J / \partial v_c"
FIRST = [
    ("one-layer-gradients", UNEMBED, "dJ/dW_unembed = e h", "plain", ""),
    ("one-layer-gradients", EMBED, "W_unembed e x^T", "shape", ""),
    (
        "one-layer-gradients",
        EMBED,
        "((1-h^2) * W_unembed^T e) x^T",
        "slope",
        "as if there were a tanh",
    ),
    ("rnn-gradients", RECURRENT, "sum_t delta_t h_t^T", "index", "h_t for h_{t−1}"),
    ("rnn-gradients", RECURRENT, "delta_3 h_2^T", "part", ""),
    ("rnn-states", "g_{t-1}", "g_{t-1} = W_recurrent delta_t", "one", ""),
    (
        "answer-residual",
        "g_1",
        "(1 + W^T diag(1-h_2^2)) (1 + W^T diag(1-h_3^2)) g_3",
        "slope",
        "1 − h_t² for",
    ),
    ("answer-residual", "g_1", "(I + W^T D_3)(I + W^T D_2) g_3", "order", "order"),
    (
        "skipgram-centre-gradient",
        V_C,
        "u_o - sum_j exp(u_j . v_c) u_j",
        "terms",
        "not normalised",
    ),
    ("answer-centre-gradient", V_C, "-u_o + sum_w P(w|c) u_w", "", ""),
    (
        "negative-sampling-gradient",
        V_C,
        "(1 - s(u_o.v_c)) u_o - sum_k (1 - s(u_k.v_c)) u_k",
        "terms",
        "σ(−x) for σ(x)",
    ),
    (
        "negative-sampling-gradient",
        V_C,
        "sigma(-u_o.v_c) u_o - sum_k sigma(u_wk.v_c) u_wk",
        "",
        "",
    ),
    (
        "softmax-error",
        r"\partial J / \partial s",
        "dJ/ds = 1 - p",
        "different",
        "1 − p",
    ),
    ("one-layer-gradients", UNEMBED, "(p-y) h^T", "sign", ""),
    (
        "answer-rnn-gradients",
        RECURRENT,
        "e W_u (1-h_3^2) h_2 + e W_u (1-h_3^2) W_r (1-h_2^2) h_1",
        "plain",
        "",
    ),
    ("answer-residual", "g_1", "g_3 + W^T D_2 W^T D_3 g_3", "rest", ""),
    ("one-layer-gradients", UNEMBED, "e_i h_j", "", ""),
    ("skipgram-centre-gradient", V_C, "u_o - mean(u)", "terms", "the plain mean"),
    ("rnn-states", "g_{t-1}", "W_hh^T delta_t", "symbol", ""),
    ("one-layer-gradients", UNEMBED, "dJ/dh = e h^T", "other", ""),
    ("one-layer-gradients", UNEMBED, "h e^T", "goal", ""),
    ("rnn-gradients", RECURRENT, "delta_t h_{t-1}^T", "sum", ""),
    ("rnn-gradients", RECURRENT, "2 sum_t delta_t h_{t-1}^T", "factor", ""),
    ("one-layer-gradients", UNEMBED, "1.0001 e h^T", "factor", ""),
    ("one-layer-gradients", r"\partial J / \partial h", "g", "itself", ""),
    ("rnn-states", "g_{t-1}", "dJ/dh_{t-1}", "itself", ""),
    ("rnn-states", "g_{t-1}", "g_{t-1} = g_{t-1}", "itself", ""),
    ("deep-gradients", r"\delta_\ell", "delta_l", "itself", ""),
    ("rnn-states", r"\delta_t", "(1 - h_t^2) * g_{t-1}", "index", ""),
    ("rnn-gradients", RECURRENT, "sum_{t=2}^T delta_t h_{t-1}^T", "", ""),
    (
        "rnn-gradients",
        EMBED,
        "delta_1 x_1^T + sum_{t=2}^T delta_t x_t^T",
        "",
        "",
    ),
    (
        "rnn-gradients",
        EMBED,
        "delta_1 x_1^T + delta_2 x_2^T + sum_{t=3}^T delta_t x_t^T",
        "edge",
        "",
    ),
    ("rnn-gradients", EMBED, "sum_{t=2}^T delta_t x_t^T", "rest", ""),
    ("rnn-gradients", RECURRENT, "delta_3 h_2^T + delta_2 h_1^T", "three", ""),
    ("one-layer-gradients", r"\partial J / \partial h", "e^T W_unembed", "row", ""),
    ("answer-mlp-gradients", UNEMBED, "(dJ/dW_unembed)_{kl} = e_k h_l", "", ""),
    ("answer-mlp-gradients", UNEMBED, "dJ/dW_unembed_ji = h_i e_j", "", ""),
    ("answer-mlp-gradients", UNEMBED, "e_k h_j", "", ""),
    ("answer-mlp-gradients", UNEMBED, "dJ/dW_unembed_ij = e_j h_i", "entries", ""),
    ("answer-rnn-gradients", RECURRENT, "sum_t δ_{t,k} h_{t-1,l}", "", ""),
    ("answer-rnn-gradients", RECURRENT, "sum_t h_{t-1} δ_t^T", "turned", ""),
    ("answer-rnn-gradients", RECURRENT, "h_{t-1} δ_t", "open", ""),
    ("answer-rnn-gradients", RECURRENT, "sum_t δ_{t+1} h_t^T", "beyond", ""),
    ("answer-rnn-gradients", UNEMBED, "e h_t^T", "index", ""),
    ("answer-rnn-gradients", EMBED, "sum_t δ_t x_{t-1}^T", "index", ""),
    (
        "answer-rnn-gradients",
        r"\delta_t",
        "W_recurrent^T δ_{t+1} ⊙ (1-h_t^2)",
        "reach",
        "",
    ),
    (
        "answer-rnn-gradients",
        "g_{t-1}",
        "W_recurrent^T (1-h_t^2) g_t",
        "columns",
        "",
    ),
    (
        "answer-rnn-gradients",
        "g_{t-1}",
        "W_recurrent^T (1-h_t^2) ⊙ g_t",
        "bracket",
        "",
    ),
    (
        "answer-mlp-gradients",
        r"\partial J / \partial h",
        "e_c W_unembed_cj",
        "sum",
        "",
    ),
    ("answer-centre-gradient", V_C, "-u_o + sum_j P(j|c) u_o", "terms", ""),
    ("answer-centre-gradient", V_C, "-u_o + u_j", "open", ""),
    ("answer-centre-gradient", V_C, "-u_o + P(j|c) u_j", "sum", ""),
    ("answer-mlp-gradients", UNEMBED, "dJ/dW_unembed_ij = e_k h_l", "open", ""),
    ("answer-mlp-gradients", UNEMBED, "e_i h_j x_k", "unread", ""),
    ("answer-mlp-gradients", UNEMBED, "2 e_k h_j", "factor", ""),
    ("skipgram-centre-gradient", V_C, "u_3 - sum_j P(j|c) u_j", "beyond", ""),
    *(
        ("rnn-gradients", RECURRENT, line, "unread", "")
        for line in (
            r"\delta_1 h_0^\top + \dots + \delta_T h_{T-1}^\top",
            r"\delta_1 h_0^T + \delta_2 h_1^T + \cdots + \delta_T h_{T-1}^T",
            r"\lambda h_1^\top",
        )
    ),
]
"""Lines, what is said first of them, and what is in the name of the mistake that they are."""


def test_what_is_said_first_of_a_line(file: Path):
    found = judged(file, [line[:3] for line in FIRST])
    for line, one in zip(FIRST, found, strict=True):
        assert one["fault"] == line[3], (line, one)
        assert line[4] in (one.get("mistake") or ""), (line, one)


def test_what_is_meant_of_a_line_is_named(file: Path):
    h = r"\partial J / \partial h"
    found = judged(
        file,
        [
            ["answer-mlp-gradients", h, "e_c h_c h_j"],
            ["answer-mlp-gradients", h, "e_j h_c h_c"],
            ["answer-centre-gradient", V_C, "-u_o + sum_j u_j"],
            ["answer-rnn-gradients", UNEMBED, "e h_t^T"],
        ],
    )
    assert [one.get("letter") for one in found[:2]] == ["c", "c"]
    assert found[2]["rightly"] == ["-u_o"] and found[2]["piece"] == r"\sum_j u_j"
    assert found[3]["piece"] == r"h_t^\top"


def right_lines() -> list[list[str]]:
    """The right lines of the corpus."""
    return [
        [entry["result"], entry["goal"], line]
        for entry in LINES["right"]
        for size in ("lines", "T", "L")
        for lines in entry.get(size, {}).values()
        for line in lines
    ]


def test_no_right_line_is_called_not_right(file: Path):
    lines = right_lines()
    found = judged(file, lines)
    known = [
        (line, one) for line, one in zip(lines, found, strict=True) if one is not None
    ]
    assert [(line, one) for line, one in known if not one["right"]] == []
    assert len(known) > 445


def test_no_wrong_line_is_called_right(file: Path):
    lines = [line[1:4] for line in LINES["wrong"]]
    found = judged(file, lines)
    known = [
        (line, one) for line, one in zip(lines, found, strict=True) if one is not None
    ]
    assert [line for line, one in known if one["right"]] == []
    assert len(known) > 70
    # of most it is said what is wrong, in one way or another
    vague = [
        line
        for line, one in known
        if one["fault"] == "different" and not one.get("mistake")
    ]
    assert len(vague) < 12


# Several lines

NEXT = ("rnn-gradients", RECURRENT)
STATES, STATE = ("rnn-states", r"\delta_t"), ("rnn-states", "g_{t-1}")
RIGHT = "sum_t delta_t h_{t-1}^T"
SEVERAL = [
    # chains, of which the first wrong line is named
    (*NEXT, [f"dJ/dW_recurrent = {RIGHT}", "= sum_t (1-h_t^2) * g_t h_{t-1}^T"], "", 2),
    (*NEXT, [RIGHT, "= sum_t delta_t h_t^T", "= 7"], "index", 2),
    (*NEXT, ["", RIGHT, " ", "= h_", "= 7"], "unread", 4),
    (*NEXT, ["", " "], "unread", None),
    (*NEXT, [r"\begin{aligned}", RIGHT + r" \\ % Right.", "&= e", r"\end{aligned}"], "goal", 3),
    # the sign is that of the left side above
    (*NEXT, [f"dL/dW_recurrent = -{RIGHT}", f"= -{RIGHT}"], "loss", 2),
    (*NEXT, [f"dL/dW_recurrent = -{RIGHT}", f"= {RIGHT}"], "sign", 2),
    # letters that the reader names, used or not
    (*NEXT, ["let A_t = diag(1-h_t^2)", "sum_t A_t g_t h_{t-1}^T"], "", 2),
    (*NEXT, ["let A_t = diag(1-h_t^2)", "sum_k A_k g_k h_k^T"], "index", 2),
    (*NEXT, ["let A = delta_t h_{t-1}^T", "sum_t A"], "", 2),
    (*NEXT, ["let q = e e^T", RIGHT], "", 2),
    (*NEXT, ["let A_t = diag(1-h_t^2)"], "let", 1),
    (*NEXT, ["let A = e h_3", RIGHT], "shape", 1),
    (
        *NEXT,
        ["let q_3 = g_3", "let q_2 = W_recurrent^T D_3 q_3", "D_3 q_3 h_2^T + D_2 q_2 h_1^T"],
        "three",
        3,
    ),
    (
        *STATES,
        ["let A_t = diag(h_t)", "let B_t = A_t A_t", "g_t - B_t g_t"],
        "",
        3,
    ),
    # what is bound in a let does not meet what is bound around its letter
    (
        "skipgram-centre-gradient",
        V_C,
        ["let q_j = exp(u_j . v_c) / (sum_k exp(u_k . v_c))", "u_o - sum_k q_k u_k"],
        "",
        2,
    ),
    # a sum over the index of a letter has its values
    (
        "skipgram-centre-gradient",
        V_C,
        ["let A_j = P(j | c) u_j", "u_o - sum_k A_k"],
        "",
        2,
    ),
    # a row is a row, whatever stands for it
    (*STATES, ["let q = h_3", "(q^T q) (1-h_t^2) * g_t - (q^T q - 1) (1-h_t^2) * g_t"], "three", 2),
    # letters of the page are judged by their values
    (*NEXT, ["let delta_t = (1-h_t^2) * g_t", RIGHT], "", 2),
    (*NEXT, ["let delta_3 = (1-h_3^2) * g_2", "= 7"], "index", 1),
    (*NEXT, ["let (delta_t)_i = (g_t)_i (1-(h_t)_i^2)", RIGHT], "", 2),
    (*NEXT, ["let g_t = W_recurrent^T delta_{t+1}", RIGHT], "", 2),
    (*NEXT, ["let g_t = W_recurrent delta_{t+1}", RIGHT], "one", 1),
    (*NEXT, ["let g_3 = W_unembed^T e", RIGHT], "", 2),
    (*NEXT, ["let dJ/dh_2 = W_recurrent^T delta_3", RIGHT], "", 2),
    (*NEXT, ["let e = p - y", RIGHT], "sign", 1),
    (*NEXT, ["let e_1 = y_1 - p_1", RIGHT], "", 2),
    (*NEXT, ["let dW_embed = sum_t delta_t x_t^T", RIGHT], "", 2),
    (*STATES, ["let g_{t-1} = W_recurrent delta_t", "= 7"], "one", 1),
    (*STATES, ["let delta_t = (1-h_t^2) * g_t"], "", 1),
    # another member of what is asked for
    (*STATE, ["g_2 = W_recurrent^T delta_3", "= W_recurrent^T D_3 g_3"], "member", 2),
    (*STATE, ["g_3 = W_unembed^T e"], "three", 1),
    (*STATE, ["(g_2)_j = sum_i (delta_3)_i (W_recurrent)_ij"], "member", 1),
    (*STATE, ["g_2 = W_recurrent delta_3"], "one", 1),
    (*STATE, ["g_t = W_recurrent^T delta_{t+1}"], "", 1),
    (*STATE, ["g_99 = e"], "other", 1),
    (*STATE, ["delta_t = (1-h_t^2) * g_t"], "other", 1),
    ("rnn-states", "g_T", ["g_2 = W_recurrent^T delta_3"], "other", 1),
    # what cannot be named, or not so, is refused in words
    (*NEXT, ["let q = q + 1", RIGHT], "The line for q has q in it.", 1),
    (*NEXT, ["let q = 1", "let q = q + 1"], "The line for q has q in it.", 2),
    (*NEXT, ["let q_t = W_recurrent q_{t-1}"], "The line for q has q in it.", 1),
    (*NEXT, ["let q = r", "let r = q"], "No line above says what r is", 1),
    (*NEXT, ["sum_t q h_{t-1}^T", "let q = delta_t"], "No line above says what q is", 1),
    (*NEXT, ["let q_3 = g_3", "q_2 h_1^T"], "No line above says what q is", 2),
    (*NEXT, ["let k = 2"], "k counts steps", 1),
    *((*NEXT, [f"let {x}"], "Behind let stands", 1) for x in ("", "q", "name = 1", "q_{t-1} = 1", "3 = e")),
    (*NEXT, ["let dJ/dx_t = W_embed^T delta_t"], "The page has no value", 1),
    (*NEXT, ["let h_7 = 1"], "The page has no value", 1),
    (
        *NEXT,
        [f"let {b} = {a} + {a} + {a} + {a}" for a, b in zip("ezqruvf", "zqruvfA", strict=True)],
        "this is too long",
        4,
    ),
]  # fmt: skip
"""Lines, what is said of them, as a fault or in words, and of which line it is said."""


def test_first_wrong_of_several_lines_is_named(file: Path):
    found = judged(file, [one[:3] for one in SEVERAL])
    for (*_, lines, said, line), one in zip(SEVERAL, found, strict=True):
        assert one.get("line") == line, (lines, one)
        assert one["fault"] == said or said in (one["words"] or "") != "", (lines, one)
        assert one["count"] == sum(
            not re.fullmatch(r"\s*|\\(begin|end).*", x) for x in lines[:line]
        ), lines


COPIED = """
(() => {
  const payloads = JSON.parse(require("fs").readFileSync(rows[0]));
  return (row) => {
    if (typeof row === "string") return "";
    const [of, left, ...tries] = row, judges = payloads[of].goals.map((goal) => new unrolled.Judge(goal, payloads[of]));
    const judge = judges.find((one) => one.asks(left)), { goal } = judge;
    return unrolled.copied(tries.map((lines) => ({ goal, lines: unrolled.judged(judge, lines).lines })));
  };
})()
"""


def test_own_lines_are_copied_with_what_was_said_of_them(file: Path):
    tries = [
        ["let A_t = diag(1-h_t^2)", "sum_t A_t g_t h_t^T", "= 7"],
        [f"dL/dW_recurrent = -{RIGHT}", "= h_"],
    ]
    ((_, found)) = node(COPIED, "several", [str(file), [*NEXT, *tries]])
    goal = r"\frac{\partial J}{\partial W_{\text{recurrent}}}"
    assert found["text"].splitlines() == [
        "let A_t = diag(1-h_t^2) (Right.)",
        rf"{goal} = sum_t A_t g_t h_t^T (Nearly: one index.)",
        f"dL/dW_recurrent = -{RIGHT} (Right, for the loss −J.)",
        rf"{goal} = h_ (I cannot read this.)",
    ]
    assert found["latex"].splitlines() == [
        r"\begin{aligned}",
        r"\text{let } A_t &= \operatorname{diag}(1 - h_t^2) && \text{Right.} \\",
        rf"{goal} &= \sum_t A_t g_t h_t^\top && \text{{Nearly: one index.}} \\",
        rf"-{goal} &= -\sum_t \delta_t h_{{t-1}}^\top && \text{{Right, for the loss $-J$.}} \\",
        "% = h_ (I cannot read this.)",
        r"\end{aligned}",
    ]
    # and what was copied can be pasted
    (again,) = judged(file, [[*NEXT, found["latex"].splitlines()]])
    assert again["fault"] == "index" and again["line"] == 3


# Typos and known mistakes


def right_side(goal: Goal) -> str:
    """The TeX of the last side of a goal's statement."""
    return last_side(goal.display.tex, goal.statement.sides[-1])


def all_goals() -> Iterator[Goal]:
    """The goals of all pages that have cases."""
    for page in PAGES.values():
        told = set()
        for goal in goals(page):
            twice = (goal.display.of, goal.tex) in told  # of another network
            told.add((goal.display.of, goal.tex))
            if not twice and any(
                list(asked.spans(goal, Values(goal.context, case)))
                for _, case in asked.cases(page, goal, RESULTS)[:2]
            ):
                yield goal


def same_value(goal: Goal, tex: str, cases: list) -> bool:
    """Whether a line has the value of the left side, in all cases."""
    try:
        (one,) = statements(f"J = {tex}", goal.context.symbols)
    except ValueError:
        return False
    for case in cases:
        values = Values(goal.context, case)
        for env in asked.spans(goal, values):
            try:
                sides = goal.head, one.sides[-1]
                head, line = (asked.value_of(x, values, env) for x in sides)
            except ValueError:
                return False
            if np.shape(head) != np.shape(line) or abs(head - line).max() > BOUND * 1e4:
                return False
    return True


def readings(goal: Goal, line: str) -> list[str]:
    """How a line can be read, as the book prints it."""
    try:
        return list(typed(line, valued(goal.context, goal.used)).readings)
    except Mistyped:
        return [line]


@pytest.mark.long
@pytest.mark.parametrize("page", PAGES)
def test_typos_of_right_lines_are_refused_or_equal(file: Path, page: str):
    """What the page calls right has the right value in the package, too."""
    rows, wanted = [], []
    for goal in goals(PAGES[page]):
        cases = [
            case
            for kind, case in asked.cases(PAGES[page], goal, RESULTS)
            if kind == "drawn"
        ]
        if not any(
            list(asked.spans(goal, Values(goal.context, case))) for case in cases
        ):
            continue
        for typo in typos(f"= {right_side(goal)}"):
            line = typo.tex.lstrip("= ")
            rows.append([goal.display.of, goal.tex, line])
            wanted.append((goal, line, cases))
    for (goal, line, cases), one in zip(wanted, judged(file, rows), strict=True):
        if one and one["fault"] == "":
            read = readings(goal, line)
            assert any(same_value(goal, x, cases) for x in read), (goal.tex, line, one)


def test_printed_right_sides_are_right(file: Path):
    found = [(goal, right_side(goal)) for goal in all_goals()]
    rows = [[goal.display.of, goal.tex, tex] for goal, tex in found]
    for row, one in zip(rows, judged(file, rows), strict=True):
        assert one is None or one["right"], (row, one)
    assert len(rows) > 40


def test_known_mistakes_differ_from_what_is_right(file: Path):
    count = 0
    for label, one in json.loads(file.read_text()).items():
        for goal in one["goals"]:
            for check in goal["checks"]:
                for at in check["at"]:
                    right = projections(np.array(at["value"]["data"]))
                    for wrong in at.get("mistakes", {}).values():
                        assert not np.allclose(wrong, right, rtol=1e-7, atol=1e-9), (
                            label
                        )
                        count += 1
    assert count > 1000


def test_the_page_holds_no_right_line(file: Path):
    """What is loaded has values and names of mistakes alone."""
    text = re.sub(r"\\\\", r"\\", file.read_text())
    for goal in all_goals():
        side = right_side(goal)
        assert len(side) < 8 or side not in text, (goal.display.of, side)


# What is said


def sentences(said: str | list | dict) -> list[str]:
    """All sentences in a part of what is said."""
    if isinstance(said, str):
        return [said]
    parts = said if isinstance(said, list) else said.values()
    return [text for part in parts for text in sentences(part)]


SENTENCES = [(key, text) for key, said in SAID.items() for text in sentences(said)]


@pytest.mark.parametrize("key, text", SENTENCES, ids=lambda x: x[:30])
def test_sentences_are_short(key: str, text: str):
    for sentence in re.split(r"(?<=[.?!:])\s+", text):
        assert len(sentence.split()) <= 16, sentence


@pytest.mark.parametrize(
    "key, text",
    [x for x in SENTENCES if x[0] in ("status", "good", "ask", "mistake")],
    ids=lambda x: x[:30],
)
def test_what_is_said_first_has_no_symbol_of_a_right_line(key: str, text: str):
    plain = re.sub(r"\{\w+\}", "", text)  # the reader's own
    assert not re.search(r"[ᵀ⊤⊙Σδ∂^\\]|\w_\w|[A-Za-z]\(", plain), text


def test_each_block_has_one_question_when_a_line_is_right(file: Path):
    of = [label for one in SAID["after"] for label in one["of"]]
    assert sorted(of) == sorted(json.loads(file.read_text()))
    # and its answer is none of a goal
    for one in SAID["after"]:
        assert not re.search(r"[ᵀ⊤⊙Σδ∂^\\=*]", one["ask"] + one["answer"]), one


def test_each_question_about_a_mistake_is_about_one(file: Path):
    names = {
        mistake["name"]
        for one in json.loads(file.read_text()).values()
        for mistake in one["mistakes"]
    }
    for key in SAID["mistake"]:
        assert any(key in name for name in names), key


def test_every_fault_has_its_sentences():
    scripts = (LIVE.parent / "yours" / f"{name}.js" for name in ("judge", "several"))
    script = "".join(one.read_text() for one in scripts)
    faults = set(re.findall(r'fault: "(\w+)"', script)) | set(
        re.findall(r'yield \["(\w+)"', script)
    )
    assert faults <= SAID["status"].keys()
    # and each sentence its fault
    assert SAID["status"].keys() - {"right"} <= set(re.findall(r'"(\w+)"', script))
    assert SAID["ask"].keys() | SAID["rule"].keys() <= SAID["status"].keys()
    right = {"row", "three", "loss", "member", "right"}
    for fault in faults - right - {"unread", "symbol", "different"}:
        assert fault in SAID["ask"], fault
    assert {"index", "transpose", "order", "slope"} <= SAID["rule"].keys()


# Bad input

TOKENS = [
    *"abcdeghtuvxyTVJ0123", *"+-*/=()[]{}^_.,|'\\\"<>&;: ", "\n", "é", "🙂", "ᵀ", "δ", "Σ", "∂", "½", "ₜ₋₁",
    *"W_recurrent W_embed^T delta_t h_{t-1} sum_t diag( tanh( softmax( exp( log( dJ/dh \\frac{ \\sum_{t=1}^T".split(),
    *"\\top @ .T np.outer( <script> </script> __proto__ constructor transpose( I 1 (1-h_t^2) g_t x_t^T".split(),
]  # fmt: skip


def test_lines_of_chance_get_a_verdict_in_no_time(file: Path):
    rng = random.Random(7)
    places = [
        ("rnn-gradients", RECURRENT),
        ("answer-residual", "g_1"),
        ("one-layer-gradients", UNEMBED),
    ]
    lines = [
        [*rng.choice(places), "".join(rng.choices(TOKENS, k=rng.randint(1, 14)))]
        for _ in range(3000)
    ]
    lines += [
        [*places[0], text * (10_000 // len(text))]
        for text in (
            "(",
            "h_t ",
            "+e",
            "sum_t ",
            "^",
            "W_recurrent^T ",
            "a",
            "1-",
            "\\frac{",
            "diag(",
            "🙂",
        )
    ]
    lines += [
        [
            *of,
            [
                rng.choice(["", "let ", f"let {rng.choice('qAzδ')} = "]) + line
                for _, _, line in rng.sample(lines, 3)
            ],
        ]
        for of in places * 200
    ]
    found = judged(file, lines)
    assert all(one["fault"] is not None for one in found)
    assert max(one["time"] for one in found) < 1000


# The dialog


@pytest.fixture
def phone(browser) -> Iterator[Page]:
    """A phone."""
    context = browser.new_context(
        viewport={"width": 360, "height": 740}, has_touch=True
    )
    yield context.new_page()
    context.close()


def opened(page: Page, site: Path, name: str, of: str) -> Locator:
    """The dialog of a block, opened by its button."""
    page.goto((site / f"{name}.html").as_uri())
    page.locator(f".yours-place[data-of='{of}']").get_by_role("button").click()
    dialog = page.get_by_role("dialog")
    dialog.wait_for()
    return dialog


def told(dialog: Locator, line: str) -> str:
    """What is said of a line."""
    field = dialog.get_by_label("Your line")
    field.fill(line)
    field.press("Enter")
    return dialog.locator(".yours-verdict").inner_text()


def test_line_is_asked_about_then_shown_in_numbers_then_named(site: Path, phone: Page):
    dialog = opened(phone, site, "backprop-rnn", "rnn-gradients")
    dialog.locator(".yours-goals button").nth(1).click()
    first = told(dialog, "sum_t delta_t h_t^T")
    assert "Nearly: one index." in first and "Which step" in first
    second = told(dialog, "sum_t (delta_t h_t^T)")
    assert re.search(r"entry \(1, 2\) of yours is .*\. Right is", second)
    third = told(dialog, "sum_t delta_t (h_t^T)")
    assert "This is a known mistake: h_t for h_{t−1}" in third
    assert "Right." in told(dialog, "sum_t delta_t h_{t-1}^T")


def test_ideas_are_shown_in_numbers_at_the_second_try(site: Path, phone: Page):
    dialog = opened(phone, site, "word2vec", "skipgram-centre-gradient")
    assert "Do your weights add up to 1?" in told(
        dialog, "u_o - sum_j exp(u_j . v_c) u_j"
    )
    assert "Right is" in told(dialog, "u_o - (sum_j exp(u_j . v_c) u_j)")
    slip = told(dialog, "sum_j P(j|c) u_j - u_o")
    assert "the loss or minus the loss" in slip and "Right is" not in slip


TILES = [
    (
        "backprop-mlp",
        "one-layer-gradients",
        0,
        "W_unembed transposed e",
        "W_unembed^T e",
    ),
    ("backprop-mlp", "deep-gradients", 2, "W_l transposed δ_l", "W_l^T δ_l"),
    (
        "backprop-rnn",
        "rnn-gradients",
        1,
        "sum δ_t h_t index-t-1 transposed",
        "sum_t δ_t h_{t-1}^T",
    ),
    (
        "word2vec",
        "negative-sampling-gradient",
        0,
        "opening-bracket one minus σ u_j index-o inner-product v_c closing-bracket closing-bracket u_j index-o minus "
        "sum index-k σ u_j index-w_k inner-product v_c closing-bracket u_j index-w_k",
        "(1 - σ(u_o · v_c)) u_o - sum_k σ(u_{w_k} · v_c) u_{w_k}",
    ),
    (
        "word2vec",
        "skipgram-centre-gradient",
        0,
        "u_j index-o minus sum index-j P index-j given index-c closing-bracket u_j",
        "u_o - sum_j P(j | c) u_j",
    ),
    # by entries
    ("backprop-mlp", "one-layer-gradients", 1, "e index-i h index-j", "e_i h_j"),
    (
        "backprop-mlp",
        "one-layer-gradients",
        0,
        "sum index-i W_unembed index-i index-j e index-j index-i",
        "sum_i W_unembed_{ij} e_i",
    ),
    (
        "backprop-rnn",
        "rnn-gradients",
        1,
        "sum δ_t index-i h_t index-j index-t-1",
        "sum_t δ_{t,i} h_{t-1,j}",
    ),
    # a 1 that is no index, and an index after the T
    (
        "residual",
        "answer-residual",
        0,
        "g_t index-2 plus W_recurrent transposed opening-bracket opening-bracket index-1 minus opening-bracket h_t "
        "index-2 minus h_t index-1 closing-bracket squared closing-bracket entry-by-entry g_t index-2 closing-bracket",
        "g_2 + W_recurrent^T ((1 - (h_2 - h_1)^2) ⊙ g_2)",
    ),
]


def test_where_nothing_can_be_asked_numbers_are_shown_at_once(site: Path, phone: Page):
    dialog = opened(phone, site, "backprop-rnn", "rnn-states")
    dialog.locator(".yours-goals button").nth(1).click()
    said = told(dialog, "(1 - h_t)^2 ⊙ g_t")
    assert re.search(r"entry \d of yours is (\S+)\. Right is (\S+)\.", said)
    verdict = dialog.locator(".yours-verdict")
    verdict.locator("summary").click()
    for letter in ("h", "g"):
        shown = verdict.locator("details p", has_text=f"{letter}")
        assert re.search(r"= \(\S+, \S+\)$", shown.first.inner_text())


@pytest.mark.parametrize("name, of, goal, tiles, line", TILES)
def test_line_is_written_with_tiles_alone(
    site: Path, phone: Page, name: str, of: str, goal: int, tiles: str, line: str
):
    dialog = opened(phone, site, name, of)
    field = dialog.get_by_label("Your line")
    assert field.get_attribute("inputmode") == "none"
    if dialog.locator(".yours-goals").count():
        dialog.locator(".yours-goals button").nth(goal).tap()
    for tile in tiles.split():
        label = re.sub(r"-(?=\w{3})|(?<=^index)-|(?<=entry)-|(?<=by)-", " ", tile)
        dialog.get_by_role("button", name=label, exact=True).tap()
    assert field.input_value() == line
    assert dialog.locator(".yours-line [role=math]").count()
    dialog.get_by_role("button", name="Check", exact=True).tap()
    verdict = dialog.locator(".yours-verdict")
    assert "Right." in verdict.inner_text()
    (asked,) = [x for x in SAID["after"] if of in x["of"]]
    assert asked["answer"] not in verdict.inner_text()
    dialog.get_by_text(asked["ask"]).tap()
    assert asked["answer"] in verdict.inner_text()
    dialog.get_by_role("button", name="Copy as LaTeX").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_dialog_has_no_fault_for_reader_software_or_a_thumb(
    site: Path, phone: Page, scheme: str
):
    phone.emulate_media(color_scheme=scheme)
    dialog = opened(phone, site, "residual", "answer-residual")
    faults = []
    for line in (
        "(I + W^T D_3)(I + W^T D_2) g_3",
        "(I + W^T",
        "(I + W^T D_2)(I + W^T D_3) g_3",
    ):
        told(dialog, line)
        faults += [
            fault
            for fault in part_faults(phone)
            if "yours" in fault or "pixels" in fault or "sideways" in fault
        ]
        assert phone.evaluate("document.querySelector('dialog').scrollWidth <= 360")
    assert faults == []


def test_keys_alone_open_write_check_and_close(site: Path, phone: Page):
    phone.goto((site / "backprop-mlp.html").as_uri())
    button = phone.locator("#softmax-error .yours-place").get_by_role("button")
    button.focus()
    phone.keyboard.press("Enter")
    dialog = phone.get_by_role("dialog")
    dialog.wait_for()
    phone.keyboard.type("y - p")
    phone.keyboard.press("Enter")
    assert "Right." in dialog.locator(".yours-verdict").inner_text()
    assert phone.evaluate("document.activeElement.ariaLabel") == "Your line"
    phone.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    assert button.evaluate("button => document.activeElement === button")


def test_several_lines_are_written_on_a_wide_screen(site: Path, browser):
    page = browser.new_page(viewport={"width": 1280, "height": 740})
    dialog = opened(page, site, "backprop-rnn", "rnn-gradients")
    dialog.locator(".yours-goals button").nth(1).click()
    dialog.get_by_label("Your lines").fill("let A_t = diag(1 - h_t^2)")
    assert dialog.locator(".yours-line li").count() == 0
    dialog.get_by_role("button", name="Add a line").click()
    assert "name a letter" in dialog.locator(".yours-verdict").inner_text()
    page.keyboard.type("sum_t A_t g_t h_t^T")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("= e h")
    lines = dialog.locator(".yours-line li")
    assert lines.locator("math .shape").count() > 3 and lines.count() == 3
    page.keyboard.press("Enter")
    verdict = dialog.locator(".yours-verdict")
    assert "Nearly: one index. The first wrong line is 2." in verdict.inner_text()
    assert dialog.locator(".yours-line li.is-not").get_attribute("value") == "2"
    assert verdict.get_by_role(
        "button", name="Close and show the derivation"
    ).is_visible()
    page.keyboard.press("Shift+ArrowUp")
    page.keyboard.press("Shift+Home")
    page.keyboard.type("sum_t A_t g_t h_{t-1}^T")
    page.keyboard.press("Enter")
    assert "Right. All 2 lines agree." in verdict.inner_text()
    # what is offered changes its line alone
    dialog.get_by_label("Your lines").fill("let A_t = diag(1 - h_t^2\n= sum_t A_t")
    page.keyboard.press("Enter")
    assert "I cannot read this. Look at line 1." in verdict.inner_text()
    verdict.get_by_role("button", name="Did you mean").click()
    written = dialog.get_by_label("Your lines").input_value()
    assert written == "let A_t = diag(1 - h_t^2)\n= sum_t A_t"
    page.close()


def test_a_phone_has_one_line(site: Path, phone: Page):
    dialog = opened(phone, site, "backprop-rnn", "rnn-gradients")
    assert dialog.locator("textarea").count() == 0
    assert dialog.get_by_role("button", name="Add a line").count() == 0


def test_nothing_of_a_line_is_run(site: Path, phone: Page):
    errors = []
    phone.on("pageerror", lambda error: errors.append(str(error)))
    phone.on("dialog", lambda dialog: errors.append("a script ran"))
    dialog = opened(phone, site, "backprop-mlp", "softmax-error")
    for line in (
        '<img src=x onerror="alert(1)">',
        "</script><script>alert(1)</script>",
        "\\text{<b onclick=alert(1)>}",
        "y" * 10_000,
    ):
        assert told(dialog, line)
    assert dialog.locator("img, script, b").count() == 0 and errors == []


@pytest.mark.parametrize(
    "spoil",
    [
        "",
        "(globalThis.unrolled ??= {}).goals = {",
        "(globalThis.unrolled ??= {}).goals = {'softmax-error': {format: 0}};",
    ],
)
def test_data_that_are_missing_cut_or_old_are_said(site: Path, phone: Page, spoil: str):
    def answer(route) -> None:
        route.fulfill(
            body=spoil, content_type="text/javascript"
        ) if spoil else route.abort()

    phone.route("**/softmax-error.js", answer)
    phone.goto((site / "backprop-mlp.html").as_uri())
    place = phone.locator("#softmax-error .yours-place")
    place.get_by_role("button").click()
    place.get_by_text("This could not start").wait_for()
    assert phone.get_by_role("dialog").count() == 0


def test_derivation_is_shown_when_it_is_asked_for(site: Path, phone: Page):
    dialog = opened(phone, site, "backprop-mlp", "answer-mlp-gradients")
    told(dialog, "1 - p")
    dialog.get_by_role("button", name="Close and show the derivation").click()
    dialog.wait_for(state="detached")
    # not the short answer, which has none
    assert phone.locator("#softmax-error .derivation").evaluate(
        "e => e === document.activeElement && e.getBoundingClientRect().top < innerHeight"
    )


def test_each_goal_leads_to_a_derivation(site: Path, file: Path):
    pages = [page.read_text() for page in site.glob("*.html")]
    for label, one in json.loads(file.read_text()).items():
        for goal in one["goals"]:
            block = f'id="{goal["derived"]}"'
            (text,) = [text for text in pages if block in text]
            own = text[text.index(block) :].split('class="yours-place"')[1]
            assert 'class="derivation"' in own, (label, goal["tex"])


def test_map_opens_the_derivation_beside_the_line(site: Path, phone: Page):
    dialog = opened(phone, site, "questions", "answer-rnn-gradients")
    told(dialog, "W_unembed e")
    link = dialog.get_by_role("link", name="Show the derivation (new tab)")
    with phone.expect_popup() as popup:
        link.tap()
    assert popup.value.url.endswith("backprop-rnn.html#rnn-states")
    assert dialog.get_by_label("Your line").input_value() == "W_unembed e"


def test_lines_verdicts_and_what_is_right_are_kept(site: Path, phone: Page):
    dialog = opened(phone, site, "questions", "answer-mlp-gradients")
    field, goals = (
        dialog.get_by_label("Your line"),
        dialog.locator(".yours-goals button"),
    )
    told(dialog, "p - y")
    goals.nth(1).tap()
    told(dialog, "W_unembed^T e")
    dialog.get_by_role("button", name="Next:").tap()
    assert goals.nth(0).get_attribute("aria-pressed") == "true"
    assert field.input_value() == "p - y"
    told(dialog, "y - p")
    assert (
        dialog.locator(".yours-verdict button").first.inner_text().startswith("Next:")
    )
    dialog.get_by_role("button", name="Next:").tap()
    assert goals.nth(2).get_attribute("aria-pressed") == "true"
    assert [", right" in one for one in goals.all_inner_texts()] == [
        True,
        True,
        False,
        False,
    ]
    goals.nth(1).tap()
    phone.keyboard.press("Escape")
    dialog.wait_for(state="detached")
    phone.locator(".yours-place[data-of=answer-mlp-gradients] button").tap()
    assert field.input_value() == "W_unembed^T e"
    assert "Right." in dialog.locator(".yours-verdict").inner_text()
    assert goals.nth(0).locator(".visually-hidden").count() == 1
    stored = phone.evaluate("JSON.stringify([localStorage, sessionStorage])")
    assert "unembed" not in stored


def test_hint_is_seen_while_the_line_is_changed(site: Path, phone: Page):
    dialog = opened(phone, site, "questions", "answer-rnn-gradients")
    dialog.locator(".yours-goals button").nth(4).tap()
    told(dialog, "sum_t delta_t h_t^T")
    field = dialog.get_by_label("Your line")
    for again in (dialog.get_by_role("button", name="Change my line"), field):
        again.tap()
        assert dialog.locator(".yours-keys").is_visible()
        assert field.evaluate("e => e === document.activeElement")
        seen = dialog.evaluate(
            """dialog => {
              const { top, bottom } = dialog.querySelector(".yours-body").getBoundingClientRect();
              return [".yours-left", ".yours-line", ".yours-verdict p:last-of-type"].map((name) => {
                const one = dialog.querySelector(name).getBoundingClientRect();
                return one.top >= top - 1 && one.bottom <= bottom + 1;
              });
            }"""
        )
        assert seen == [True, True, True]
        assert dialog.locator(".yours-goals").evaluate("e => e.clientHeight < 60")
        dialog.get_by_role("button", name="Check", exact=True).tap()
        assert "This is the same line." in dialog.locator(".yours-verdict").inner_text()
        assert not dialog.locator(".yours-keys").is_visible()


def test_lying_phone_has_all_in_sight(site: Path, phone: Page):
    phone.set_viewport_size({"width": 740, "height": 360})
    dialog = opened(phone, site, "questions", "answer-rnn-gradients")
    dialog.locator(".yours-goals button").nth(4).tap()
    told(dialog, "sum_t delta_t h_t^T")
    for name in ("delete", "ABC", "Check", "Close"):
        box = dialog.get_by_role("button", name=name, exact=True).bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= 360, name
    line, field = (dialog.locator(x).bounding_box() for x in (".yours-line", "input"))
    assert line["y"] + line["height"] <= field["y"]
    assert dialog.evaluate("e => e.scrollHeight <= e.clientHeight + 1")
    # a tile that is out of sight comes into it
    dialog.get_by_role("button", name="tanh").tap()
    dialog.get_by_role("button", name="ABC").tap()
    assert not dialog.get_by_role("button", name="tanh").is_visible()


def test_page_behind_stands_still(site: Path, phone: Page):
    opened(phone, site, "questions", "answer-rnn-gradients")
    before = phone.evaluate("scrollY")
    for y in (20, 150, 600):
        phone.mouse.move(180, y)
        phone.mouse.wheel(0, 700)
    phone.wait_for_timeout(200)
    assert phone.evaluate("scrollY") == before > 0


def test_erasing_takes_whole_signs(site: Path, phone: Page):
    dialog = opened(phone, site, "backprop-rnn", "rnn-gradients")
    field = dialog.get_by_label("Your line")
    field.fill("sum_t δ_t ⊙ tanh(W_recurrent_{ij}^T h_{t-1}^T")
    left = []
    while field.input_value():
        dialog.get_by_role("button", name="delete").tap()
        left.append(field.input_value().strip())
    assert left == [
        "sum_t δ_t ⊙ tanh(W_recurrent_{ij}^T h_{t-1}",
        "sum_t δ_t ⊙ tanh(W_recurrent_{ij}^T",
        "sum_t δ_t ⊙ tanh(W_recurrent_{ij}",
        "sum_t δ_t ⊙ tanh(",
        "sum_t δ_t ⊙",
        "sum_t δ_t",
        "sum_t",
        "",
    ]


def test_empty_unknown_and_mended_lines(site: Path, phone: Page):
    dialog = opened(phone, site, "backprop-mlp", "one-layer-gradients")
    verdict, shown = dialog.locator(".yours-verdict"), dialog.locator(".yours-line")
    assert "Write a line first." in told(dialog, " ")
    # what U is, is not said before it has been asked
    dialog.get_by_label("Your line").fill("U^T e")
    assert shown.inner_text().startswith("𝑈") or "U" in shown.inner_text()
    told(dialog, "U^T e")
    verdict.get_by_role("button").filter(has=phone.locator("math")).last.tap()
    assert "Right." in verdict.inner_text() and "unembed" in shown.inner_text()
    assert dialog.get_by_label("Your line").evaluate(
        "e => e === document.activeElement"
    )
    told(dialog, "(W_unembed^T e")
    verdict.get_by_role("button", name="Did you mean").tap()
    assert "Right." in verdict.inner_text()


def test_long_lines_show_their_end(site: Path, phone: Page):
    phone.set_viewport_size({"width": 320, "height": 640})
    dialog = opened(phone, site, "residual", "answer-residual")
    field = dialog.get_by_label("Your line")
    field.fill("(I + W^T diag(1-(h_2-h_1)^2)) (I + W^T diag(1-(h_3-h_2)^2))")
    dialog.get_by_role("button", name="g_t", exact=True).tap()
    for part in (field, dialog.locator(".yours-line")):
        assert part.evaluate(
            "e => e.scrollLeft > 0 && e.scrollLeft + e.clientWidth > e.scrollWidth - 3"
        )


def test_letters_are_explained_and_no_answer_is(site: Path, phone: Page, file: Path):
    for label, one in json.loads(file.read_text()).items():
        for context in {goal["context"] for goal in one["goals"]}:
            for name, letter in one["contexts"][context]["symbols"].items():
                if letter["spoken"]:
                    assert letter["is"] and not re.search(r"[`{]doc", letter["is"]), (
                        label,
                        name,
                    )
                # those that hide the derivation of a step
                assert (
                    name not in "AP"
                    or letter["kind"] != "matrix"
                    or not letter["spoken"]
                ), label
    dialog = opened(phone, site, "questions", "answer-mlp-gradients")
    dialog.locator(".yours-letters summary").tap()
    told_of = dialog.locator(".yours-letters li")
    assert "column of length |V|" in told_of.first.inner_text()
    assert not any("observed minus" in text for text in told_of.all_inner_texts())
    dialog.locator(".yours-goals button").nth(1).tap()
    assert any("observed minus" in text for text in told_of.all_inner_texts())


@pytest.mark.parametrize(
    "name, of, shown",
    [
        ("residual", "answer-residual", r"g_1 = \partial J / \partial h_1"),
        (
            "backprop-mlp",
            "deep-gradients",
            r"\delta_\ell = \partial J / \partial a_\ell",
        ),
        (
            "word2vec",
            "answer-centre-gradient",
            r"\frac{\partial (-\log P(o \mid c))}{\partial v_c}",
        ),
    ],
)
def test_goal_says_which_derivative_it_is(
    site: Path, phone: Page, name: str, of: str, shown: str
):
    dialog = opened(phone, site, name, of)
    assert dialog.locator(".yours-left [data-tex]").get_attribute("data-tex") == shown
    tiles = dialog.locator(".yours-tiles button").evaluate_all(
        "all => all.map(e => e.ariaLabel)"
    )
    assert len(tiles) == len({*tiles})
    # an index is no letter
    assert not {"c", "o", "w_k"} & {*tiles}


def test_each_block_that_states_a_gradient_has_its_button(site: Path, file: Path):
    labels = json.loads(file.read_text()).keys()
    text = "".join(page.read_text() for page in site.glob("*.html"))
    assert (
        set(re.findall(r'class="yours-place"[^>]*data-of="([\w-]+)"', text)) == labels
    )
    assert {path.stem for path in (site / "_static" / "yours").glob("*-*.js")} == labels
    assert "yours-place" in (site / "questions.html").read_text()
    assert "yours-place" not in (site / "marking-homework.html").read_text()
