"""A reader's own line, judged as the page judges it: what is said first, and that nothing right is called wrong."""

import json
from pathlib import Path

import pytest
from browsing import node
from test_printed import PAGES

from unrolled.checks.formula import RESULTS
from unrolled.yours import payload as writing

ROOT = Path(__file__).parents[1]
SAID = json.loads((ROOT / "code/unrolled/live/said.json").read_text())
SCRIPTS = ("layout", "meaning", "values", "typed", "judge")

JUDGED = """
const payloads = JSON.parse(require("fs").readFileSync(FILE)), judges = {};
for (const [of, payload] of Object.entries(payloads)) judges[of] = payload.goals.map((goal) => new unrolled.Judge(goal, payload));
const plain = (tex) => tex.replace(/\\\\frac\\{(.*)\\}\\{(.*)\\}$/, "$1/$2").replace(/\\s/g, "");
console.log(JSON.stringify(LINES.map(([of, goal, line]) => {
  const judge = judges[of].find(({ goal: { tex } }) => plain(tex).includes(plain(goal)));
  const { fault, mistake, piece, rightly, words, notes, asked, tex } = unrolled.judge(judge, line);
  return { fault, mistake, piece, rightly, words, notes, asked, tex };
})));
"""


@pytest.fixture(scope="session")
def payloads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the pages load for the check, in one file."""
    found = {}
    for page in PAGES.values():
        found |= writing.payload(page, RESULTS)
    file = tmp_path_factory.mktemp("yours") / "payloads.json"
    file.write_text(json.dumps(found, allow_nan=False))
    return file


def judged(payloads: Path, lines: list[tuple[str, str, str]]) -> list[dict]:
    """What the page says of lines: result, goal, line."""
    file = json.dumps(str(payloads))
    program = JUDGED.replace("FILE", file).replace("LINES", json.dumps(lines))
    return node(SCRIPTS, program)


EMBED, UNEMBED, RECURRENT = (
    rf"W_{{\text{{{x}}}}}" for x in ("embed", "unembed", "recurrent")
)

FIRST = [
    ("one-layer-gradients", UNEMBED, "dJ/dW_unembed = e h", "plain"),
    ("one-layer-gradients", EMBED, "W_unembed e x^T", "shape"),
    ("one-layer-gradients", EMBED, "((1-h^2) * W_unembed^T e) x^T", "slope"),
    ("rnn-gradients", RECURRENT, "sum_t delta_t h_t^T", "index"),
    ("rnn-gradients", RECURRENT, "delta_3 h_2^T", "part"),
    ("rnn-states", "g_{t-1}", "g_{t-1} = W_recurrent delta_t", "one"),
    ("answer-residual", "g_1", "(1 + W^T diag(1-h_2^2)) (1 + W^T diag(1-h_3^2)) g_3", "slope"),
    ("answer-residual", "g_1", "(I + W^T D_3)(I + W^T D_2) g_3", "order"),
    ("skipgram-centre-gradient", "v_c", "u_o - sum_j exp(u_j . v_c) u_j", "terms"),
    ("answer-centre-gradient", "v_c", "-u_o + sum_w P(w|c) u_w", ""),
    ("negative-sampling-gradient", "v_c", "(1 - s(u_o.v_c)) u_o - sum_k (1 - s(u_k.v_c)) u_k", "terms"),
    ("negative-sampling-gradient", "v_c", "sigma(-u_o.v_c) u_o - sum_k sigma(u_wk.v_c) u_wk", ""),
    ("softmax-error", "s", "dJ/ds = 1 - p", "different"),
    ("one-layer-gradients", UNEMBED, "(p-y) h^T", "sign"),
    ("answer-rnn-gradients", RECURRENT, "e W_u (1-h_3^2) h_2 + e W_u (1-h_3^2) W_r (1-h_2^2) h_1", "plain"),
    ("answer-residual", "g_1", "g_3 + W^T D_2 W^T D_3 g_3", "rest"),
    ("one-layer-gradients", UNEMBED, "e_i h_j", ""),
    ("skipgram-centre-gradient", "v_c", "u_o - mean(u)", "terms"),
    ("rnn-states", "g_{t-1}", "W_hh^T delta_t", "symbol"),
]
"""Lines, and what is said first of them."""


def test_what_is_said_first(payloads: Path):
    found = judged(payloads, [line for *line, _ in FIRST])
    for one in found: print(one)
    assert [one["fault"] for one in found] == [fault for *_, fault in FIRST]
