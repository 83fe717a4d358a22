"""The examples for a pencil: each mistake that a result lists shows in a number of one of them, and what the pages
print by hand is what comes out.
"""

import re
from pathlib import Path

import numpy as np
import pytest

from unrolled.checks import Case, Result
from unrolled.checks.formula import largest_error
from unrolled.results import backprop_mlp, backprop_rnn, residual

BOOK = Path(__file__).parents[1] / "book"
RESULTS = [
    result
    for page in (backprop_mlp, backprop_rnn, residual)
    for result in vars(page).values()
    if isinstance(result, Result)
]
OUT_OF_SIGHT = {
    "rnn-batch-gradients": {
        "W_recurrent not transposed on the way back": "its example has d = 1, since a batch of vectors is too long"
    }
}


@pytest.mark.parametrize("result", RESULTS, ids=lambda result: result.label)
def test_a_mistake_changes_a_number_of_an_example(result: Result):
    unseen = {
        mutant.mistake
        for mutant in result.mutants
        if all(
            largest_error(mutant.function(**worked.case), worked.value) < 1e-9
            for worked in result.worked
        )
    }
    assert unseen == set(OUT_OF_SIGHT.get(result.label, ()))


def cells(page: str, *having: str) -> dict:
    """The names that the cells of a page define that have these words, the first of each."""
    text = (BOOK / f"{page}.md").read_text()
    every = re.findall(r"^```{code-cell}.*\n([^`]*)^```", text, re.MULTILINE)
    names = {}
    for words in having:
        exec(next(cell for cell in every if words in cell), names)
    return names


def test_the_examples_of_the_pages_are_those_of_the_results():
    layer = cells("backprop-mlp", "W_unembed = np.array")
    for name, given in backprop_mlp.BARACK.items():
        assert (layer[name] == given).all()
    rnn = cells("backprop-rnn", "case = {", "twice = {")
    stream = cells("residual", "example = {", "twice = {")
    for case, given in (
        (rnn["case"], backprop_rnn.SENTENCE),
        (rnn["twice"], backprop_rnn.TWICE),
        (stream["example"], residual.SENTENCE),
        (stream["twice"], residual.TWICE),
    ):
        assert {name: x.tolist() for name, x in case.items()} == {
            name: x.tolist() for name, x in given.items()
        }


def number(tex: str) -> float:
    """A number as it is printed: a fraction, or c = ½ log 3."""
    fraction = r"\\tfrac(?:\{(\d+)\}|(\d))(?:\{(\d+)\}|(\d))"
    plain = re.sub(fraction, lambda m: f"({m[1] or m[2]} / {m[3] or m[4]})", tex)
    return float(eval(plain, {"c": np.log(3) / 2}))


def tables(page: str) -> list[dict[int, list[np.ndarray | None]]]:
    """The tables of a page with t, a_t, h_t, g_t, δ_t; by t, None where a cell is left blank."""
    text = (BOOK / f"{page}.md").read_text()
    head = r"^\| \$t\$ \| \$a_t\$ \| \$h_t\$ \| \$g_t\$ \| \$\\delta_t\$ \|\n.*\n((?:\|.*\n)+)"
    found = []
    for rows in re.findall(head, text, re.MULTILINE):
        table = {}
        for row in rows.splitlines():
            t, *others = (cell.strip() for cell in row.strip("|").split("|"))
            table[int(t)] = [
                np.array([number(x) for x in cell.strip("$()").split(",")])
                if cell.startswith("$")
                else None
                for cell in others
            ]
        found.append(table)
    return found


@pytest.mark.parametrize(
    ("page", "module", "stream"),
    [("backprop-rnn", backprop_rnn, False), ("residual", residual, True)],
)
def test_the_tables_have_what_comes_out(page, module, stream):
    worked, blank = tables(page)
    assert sum(x is None for row in worked.values() for x in row) <= 2  # at t = 0
    assert 4 <= sum(x is None for row in blank.values() for x in row) <= 6
    for table, case in ((worked, module.SENTENCE), (blank, module.TWICE)):
        assert set(table) >= set(range(1, len(case["x"]) + 1))
        right = values(module.STATES, case, stream)
        for t, row in table.items():
            for printed, computed in zip(row, right, strict=True):
                if printed is not None:
                    assert np.allclose(printed, computed[t], atol=1e-12)


def values(states: Result, case: Case, stream: bool) -> tuple[np.ndarray, ...]:
    """a, h, g and δ, a row for each t; a_0 and δ_0 are not there."""
    h, a = [np.zeros(len(case["W_recurrent"]))], [np.nan]
    for x in case["x"]:
        a.append(case["W_embed"] @ x + case["W_recurrent"] @ h[-1])
        h.append(np.tanh(a[-1]) + (h[-1] if stream else 0))
    g = states.claim(**case)
    delta = [
        np.nan,
        *((1 - np.tanh(x) ** 2) * y for x, y in zip(a[1:], g[1:], strict=True)),
    ]
    return a, h, g, delta
