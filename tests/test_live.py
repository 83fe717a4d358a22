"""What runs in the reader's page, in Node beside the package: the same numbers, right and with every mistake."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import playwright
import pytest

from unrolled.live.backward import MISTAKES
from unrolled.pages import backprop_rnn, residual
from unrolled.results import backprop_rnn as rnn_results
from unrolled.results import residual as residual_results

LIVE = Path(__file__).parents[1] / "code" / "unrolled" / "live"
NODE = shutil.which("node", path=str(Path(playwright.__file__).parent / "driver"))
PAGES = {False: backprop_rnn, True: residual}
RESULTS = {
    False: (rnn_results.STATES, rnn_results.GRADIENTS),
    True: (residual_results.STATES, residual_results.GRADIENTS),
}
RUN = """
const pass = require(process.argv[1]), nets = JSON.parse(require("fs").readFileSync(0));
const rows = nets.map(({ net, mistake }) => {
  const n = pass.backward(net, mistake);
  return { h: n.h, g: n.g, p: n.p, gradients: [n.by_embed, n.by_recurrent, n.by_unembed], delta: n.delta.slice(1) };
});
console.log(JSON.stringify(rows));
"""
Case = dict[str, np.ndarray]


def in_node(runs: list[tuple[bool, Case, str | None]]) -> list[dict]:
    """What the page computes, of nets as the package has them."""
    nets = [
        {
            "net": {
                "residual": residual,
                "x": case["x"].argmax(1).tolist(),
                "y": int(case["y"].argmax()),
                **{name: case[name].tolist() for name in ("W_embed", "W_recurrent", "W_unembed")},
            },
            "mistake": mistake,
        }
        for residual, case, mistake in runs
    ]
    command = [NODE, "-e", RUN, str(LIVE / "backward.js")]
    run = subprocess.run(command, input=json.dumps(nets), capture_output=True, text=True, check=True)
    return json.loads(run.stdout)


def cases(is_residual: bool, number: int, repeats: bool = True) -> list[Case]:
    """Random nets of d = 2 with four words and 1 to 4 steps."""
    rng, result = np.random.default_rng(7), RESULTS[is_residual][0]
    found = []
    while len(found) < number:
        case = result.case(rng, V=4, d=2, T=1 + len(found) % 4)
        if repeats or case["x"].sum(0).max() <= 1:
            found.append(case)
    return found


def close(found: object, expected: object) -> None:
    """Fail unless two arrays agree."""
    np.testing.assert_allclose(np.array(found), np.array(expected), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("is_residual", PAGES)
def test_every_number_is_the_package_s(is_residual: bool):
    page, nets = PAGES[is_residual], cases(is_residual, 200)
    for case, found in zip(nets, in_node([(is_residual, case, None) for case in nets]), strict=True):
        weights = case["x"], case["W_embed"], case["W_recurrent"]
        close(found["h"], page.states(*weights))
        close(found["g"], page.state_gradients(**case))
        for own, its in zip(found["gradients"], page.gradients(**case), strict=True):
            close(own, its)


def names(is_residual: bool) -> dict[str, list]:
    """The mistakes that the results list, each with the result and its function."""
    return {
        mutant.mistake: [(result, mutant.function) for result in RESULTS[is_residual] for mutant in result.mutants if mutant.mistake == name]
        for result in RESULTS[is_residual]
        for mutant in result.mutants
        for name in [mutant.mistake]
    }


@pytest.mark.parametrize("is_residual", PAGES)
def test_every_listed_mistake_is_one_of_a_step(is_residual: bool):
    known = {name for called in MISTAKES.values() for name in called}
    assert set(names(is_residual)) <= known
    assert set().union(*map(names, PAGES)) >= known


AT_A_STEP = {
    "1 − h_t² for 1 − (h_t − h_(t−1))², in δ_t alone",
    "the activation's derivative forgotten: g_t for δ_t",
    "off by one in time: D_t g_(t−1) for D_t g_t",
}
"""Mistakes of δ_t in the gradients of the matrices, which do not go on to the states before."""


@pytest.mark.parametrize(
    "is_residual, mistake",
    [(is_residual, name) for is_residual in PAGES for name in names(is_residual)],
)
def test_mistake_makes_the_numbers_that_it_makes_in_the_package(is_residual: bool, mistake: str):
    keys = [key for key, called in MISTAKES.items() if mistake in called]
    nets = cases(is_residual, 20, repeats=mistake not in AT_A_STEP)
    for key in keys:
        runs = in_node([(is_residual, case, key) for case in nets])
        for result, function in names(is_residual)[mistake]:
            states = result is RESULTS[is_residual][0]
            for case, found in zip(nets, runs, strict=True):
                wrong = function(**case)
                if mistake in AT_A_STEP:
                    last = case["x"][-1].argmax()
                    close(found["delta"][-1], wrong.W_embed[:, last])
                elif states:
                    close(found["g"], wrong)
                else:
                    own = {"W_embed": 0, "W_recurrent": 1, "W_unembed": 2}
                    parts = [own[key.split()[0]]] if key.split()[0] in own else range(3)
                    for part in parts:
                        close(found["gradients"][part], wrong[part])
