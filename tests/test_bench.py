"""Committed measurements still come from the code, the data and the libraries that are here."""

import ast
import json
import random
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional as F

import classification as bench
import generation as generation_bench
import record
import word2vec as word2vec_bench
from unrolled import generation, word2vec
from unrolled.classification import Encoded, LayerRNN
from unrolled.data.names import Name

PAGES = sorted(path.stem for path in (record.BENCH / "results").glob("*.json"))

# all that the digest of code must see; two readings of it, which differ in nothing that runs
ONE = '''
"""A module."""
import math as m
from json import dumps

LIMITS = {"low": 1, **{"high": 2.5}}  # why
"""What they are."""

@dataclass(frozen=True)
class Pair:
    """Two."""
    first: int = 0

    def sum(self, *more, by: float = -1.0, **rest) -> float | None:
        return None if not more else self.first * by ** 2 + m.fsum(x for x in more if x > 1)

async def shown(value, /, width=8, *, sign=b"+"):
    match value:
        case [Pair(first=0), *_] | {"a": 1}:
            pass
        case _ if (n := len(value)) >= 3 and not width % 2:
            return f"{value!r:>{width}} and {n:.2f}{sign}" "!" u"?"
    global LIMITS
    LIMITS["low"] += [*value][1:-1:2][0] or ...
    with open(value) as a, open("b"):
        raise ValueError(lambda x=3: -x) from None
'''
OTHER = '''
import math as m
from json import dumps
LIMITS = { 'low': 1,
           **{'high': 2.50} }
@dataclass(frozen=True)
class Pair:
    first: int = 0
    def sum(self, *more, by: float = -1.,
            **rest) -> (float | None):
        """The sum."""
        # of squares
        return (None if not more
                else (self.first * (by ** 2)) + m.fsum((x for x in more if x > 1)))
async def shown(value, /, width=0x8, *, sign=b'+'):
    """As text."""
    match value:
        case [Pair(first=0), *_] | {'a': 1}:
            """Nothing."""
        case _ if (n := len(value)) >= 3 and not (width % 2):
            return f'{value!r:>{width}} and {n:.2f}{sign}!?'
    global LIMITS
    LIMITS['low'] += [*value][1:-1:2][0] or ...
    with (open(value) as a, open('b')):
        raise ValueError(lambda x=3: -x) from None
'''

EDITS = {
    "2.5": "2.6",
    "1, **": "1.0, **",
    '"low": 1': '"lower": 1',
    "frozen=True": "frozen=False",
    "as m": "as n",
    "first * by": "by * first",
    "** 2": "* 2",
    "x > 1": "x < 1",
    ">= 3": "> 3",
    "!r": "!s",
    ".2f": ".3f",
    'b"+"': '"+"',
    "1:-1:2": "1:-1",
    "x=3: -x": "x=3: +x",
    "    global LIMITS\n": "",
    " from None": "",
    "async def": "def",
    "/, ": "",
}


def code(text: str) -> str:
    """The digest of a module's code."""
    return record.digest(record.canonical(ast.parse(text).body))


def test_prose_and_layout_are_no_code_and_every_python_reads_it_alike():
    assert code(ONE) == code(OTHER) == "b3edec9874090971"


@pytest.mark.parametrize("old", EDITS)
def test_each_name_number_and_operator_is_code(old: str):
    assert ONE.count(old) == 1
    assert code(ONE.replace(old, EDITS[old])) != code(ONE)


@pytest.mark.parametrize("page", PAGES)
def test_a_record_is_as_it_was_measured_with_what_is_here(page: str):
    fault = record.fault(page)
    assert not fault, fault


SCRIPT = '''"""A page, measured."""

from unrolled.page import bits
'''
MODULE = '''"""A page's module."""

from sklearn import metrics

SUM = "6f42"


def share():
    return 0.5


def bits():
    return 5 * share()


def drawn():
    return metrics
'''


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a page's script, module and record, which may be changed."""
    for name, text in (
        ("bench/page.py", SCRIPT),
        ("code/unrolled/__init__.py", ""),
        ("code/unrolled/page.py", MODULE),
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setattr(record, "BENCH", tmp_path / "bench")
    record.write("page", {"runs": [{"seed": 1, "seconds": 9.0, "bits": 2.5}]})
    return tmp_path


@pytest.mark.parametrize(
    "old, new, fault",
    [
        ('"""A page\'s module."""', "# a module", ""),
        ("return metrics", "return 7", ""),  # of a function that nothing names
        ("0.5", "0.25", "measured with other unrolled.page:"),
        ("6f42", "6f43", "measured with other unrolled.page:"),
        ("sklearn", "torch", "with other unrolled.page, scikit-learn, torch:"),
    ],
)
def test_what_changed_of_code_data_and_libraries_is_named(
    root: Path, old: str, new: str, fault: str
):
    assert not record.fault("page")
    (root / "code" / "unrolled" / "page.py").write_text(MODULE.replace(old, new))
    assert fault in record.fault("page")
    assert bool(fault) == bool(record.fault("page"))


def test_an_edited_number_is_refused_by_a_sentence_that_says_what_to_do(root: Path):
    path = root / "bench" / "results" / "page.json"
    path.write_text(path.read_text().replace("2.5", "3.5"))
    assert record.fault("page") == (
        "bench/results/page.json is not as it was measured: a number, or what stands beside it, was edited; "
        "take the edit back (git restore bench/results/page.json), or measure anew (make bench PAGES=page)"
    )


def test_libraries_are_those_of_all_that_is_imported():
    """Also of what brings the data, for the pages that read them; also of what a module's module imports."""
    found = {page: set(record.fingerprint(page)["libraries"]) for page in PAGES}
    texts, names = ({p for p in PAGES if x in found[p]} for x in ("gensim", "Faker"))
    assert texts == {"backprop", "lstm", "word2vec"}
    assert names == {"classification", "evaluation", "generation"}
    assert "scipy" in found["classification"]  # by way of unrolled.statistics
    assert not any("unrolled" in names for names in found.values())


def test_measurements_are_confirmed_by_equal_numbers_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    run = {"data": "d", "system": "s", "seed": 1, "seconds": 9.0, "dev": {"bits": 2.5}}
    path = tmp_path / "results" / "page.json"
    path.parent.mkdir()
    path.write_text(json.dumps({"fingerprint": "old", "runs": [run]}))
    monkeypatch.setattr(record, "BENCH", tmp_path)
    monkeypatch.setattr(record, "fingerprint", lambda page: "new")
    with pytest.raises(ValueError, match="'s', 1.* gave other numbers"):
        record.confirm(
            "page", [run | {"dev": {"bits": 2.5000001}}], by=("system", "seed")
        )
    assert json.loads(path.read_text())["fingerprint"] == "old"
    record.confirm("page", [run | {"seconds": 8.0}], by=("system", "seed"))
    written = json.loads(path.read_text())
    assert written["fingerprint"] == "new" and written["confirmed"]["runs"] == 1
    assert written["runs"] == [run]


def test_batched_and_one_by_one_are_the_same_mathematics():
    """The measured speed-up is for the same result: a pass over names leaves the same weights, up to rounding."""
    torch.manual_seed(0)
    lengths = torch.randint(1, 9, (100,))
    part = Encoded(torch.randint(1, 7, (100, 8)), lengths, torch.randint(0, 3, (100,)))
    weights = []
    for batched in (True, False):
        torch.manual_seed(1)
        model = LayerRNN(7, 4, 3).double()
        bench.tutorial_pass(model, part, batched)
        weights.append(torch.nn.utils.parameters_to_vector(model.parameters()))
    torch.testing.assert_close(*weights, rtol=0, atol=1e-12)


def test_rows_of_d2l_hold_each_pair_and_negatives_from_outside_the_window():
    lines = ["a b c d e f g".split() * 3, ["a", "b"], ["c"]]
    words = word2vec.Words(lines)
    text = word2vec.encode(lines, words)
    noise = word2vec.Alias(word2vec.noise_distribution(words.counts))
    settings = word2vec.Settings(window=2, K=3)
    rows = list(word2vec_bench.rows_of(text, noise, settings, np.random.default_rng(1)))
    assert len(rows) == len(text.ids) - 1  # a word alone has no context
    for _, contexts, negatives in rows:
        assert len(negatives) == settings.K * len(contexts)
        assert not set(negatives) & set(contexts)
    _, ids, mask, label = word2vec_bench.padded(rows)
    assert mask.sum(1).tolist() == [len(c) + len(n) for _, c, n in rows]
    assert label.sum(1).tolist() == [len(c) for _, c, _ in rows]
    assert (label <= mask).all() and not ids[mask == 0].any()


def test_a_step_of_the_tutorial_goes_down_the_loss_of_one_name():
    """The rate that is measured is that of its method: a name is drawn, and the weights go along the summed loss."""
    letters = generation_bench.LETTERS
    part = generation.encode([Name("Rossi", "A")], letters, ["A", "B"])
    torch.manual_seed(1)
    model = generation.TutorialRNN(len(letters), 2, 8).double()
    model.dropout.p = 0.0
    before = [weight.detach().clone() for weight in model.parameters()]
    s = model(part.ids[:, 1:-1], part.languages)[0]
    loss = F.cross_entropy(s, part.ids[0, 2:], reduction="sum")
    gradients = torch.autograd.grad(loss, list(model.parameters()))
    steps = generation_bench.tutorial_steps(model, part, random.Random(1))
    assert next(steps) == 5  # o, s, s, i and the end
    for weight, old, gradient in zip(
        model.parameters(), before, gradients, strict=True
    ):
        expected = old - 5e-4 * gradient
        torch.testing.assert_close(weight.detach(), expected, rtol=0, atol=1e-14)


def test_steps_of_equal_cost_have_about_equal_multiply_adds():
    C = 25
    one = generation.multiply_adds(generation_bench.sweep_network("lstm", 128, C))
    for cell in generation_bench.CELLS:
        for d in generation_bench.WIDTHS:
            steps = generation_bench.equal_cost_steps(cell, d, C)
            cost = generation.multiply_adds(generation_bench.sweep_network(cell, d, C))
            assert steps * cost == pytest.approx(generation_bench.STEPS * one, rel=0.15)
