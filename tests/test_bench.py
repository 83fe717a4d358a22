"""Committed measurements still come from the code, the data and the libraries that are here."""

import ast
import inspect
import json
import math
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional as F

import classification as bench
import generation as generation_bench
import record
import table
import word2vec as word2vec_bench
from _ext import modules
from unrolled.data.names import Name
from unrolled.pages import generation, word2vec
from unrolled.pages.classification import Encoded, LayerRNN

PAGES = sorted(path.stem for path in record.place("").parent.glob("*.json"))

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


SCRIPT = """
import os, record
from unrolled.page import bits

def run(seed):
    return {"bits": bits(seed) + float(os.environ.get("PROCESSOR", 0)), "seconds": 9.0}

MEASUREMENT = record.Measurement(
    "page",
    run,
    runs=lambda _: [{"seed": 1}, {"seed": 2}],
    kind=lambda run: None if run["seed"] == 2 else "",
)
"""
MODULE = '''
"""Of a page."""
import yaml

SUM = "6f42"

def share():
    return 0.5

def bits(seed):
    return seed * share() / 3

def drawn():
    return yaml

@staticmethod
def registered():
    return 3
'''


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a page's script and module, which may be changed, and all that they need to be run."""
    for folder in ("bench", "book/_ext", "code/unrolled/measured"):
        (tmp_path / folder).mkdir(parents=True)
    for name in ("record.py", "__main__.py"):
        shutil.copy(record.BENCH / name, tmp_path / "bench")
    # without Sphinx, which takes its time to start
    shutil.copy(modules.__file__, tmp_path / "book" / "_ext")
    (tmp_path / "bench" / "page.py").write_text(SCRIPT)
    (tmp_path / "code" / "unrolled" / "__init__.py").touch()
    (tmp_path / "code" / "unrolled" / "page.py").write_text(MODULE)
    monkeypatch.setattr(record, "BENCH", tmp_path / "bench")
    return tmp_path


class Made:
    """What is measured for that page, and of which seeds its runs were made."""

    def __init__(self, bits=2.5, seconds=9.0, seeds=(1, 2), **more):
        self.made = []
        self.found = {"bits": bits, "seconds": seconds, "part": {"rates": [seconds]}}
        self.measurement = record.Measurement(
            "page",
            self.run,
            runs=lambda _: [{"seed": seed} for seed in seeds],
            kind=lambda run: None if run["seed"] == 2 else "",
            **more,
        )

    def run(self, seed: int) -> dict:
        self.made.append(seed)
        return self.found


def change(root: Path, old: str, new: str) -> None:
    """Change the page's module."""
    assert old in MODULE
    (root / "code" / "unrolled" / "page.py").write_text(MODULE.replace(old, new))


@pytest.mark.parametrize(
    "old, new, fault",
    [
        ('"""Of a page."""', "# of another", ""),
        ("return yaml", "return 7", ""),  # of a function that nothing names
        ("0.5", "0.25", "measured with other unrolled.page:"),
        ("return 3", "return 4", "measured with other unrolled.page:"),
        ("6f42", "6f43", "measured with other unrolled.page:"),
        ("import yaml", "import torch", "other unrolled.page, PyYAML, torch:"),
    ],
)
def test_what_changed_of_code_data_and_libraries_is_named(
    root: Path, old: str, new: str, fault: str
):
    Made().measurement.measure()
    assert not record.fault("page")
    change(root, old, new)
    assert fault in record.fault("page")
    assert bool(fault) == bool(record.fault("page"))


def test_each_look_at_a_test_part_is_written_down(root: Path):
    parts = record.Parts("page", ([1], [2], [3]))
    looks = root / "bench" / "looks.jsonl"
    assert (parts.train, parts.dev) == ([1], [2]) and not looks.exists()
    for seed in (1, 2):
        assert parts.test({"seed": seed}) == [3]
    found = [json.loads(line) for line in looks.read_text().splitlines()]
    assert [(look["page"], look["seed"]) for look in found] == [
        ("page", 1),
        ("page", 2),
    ]


def test_a_run_may_follow_from_what_another_found(root: Path):
    def run(k: int) -> dict:
        return {"next": 2 * k}

    def runs(found: record.Find) -> Iterator[record.Labels]:
        yield {"k": 3}
        yield {"k": found({"k": 3})["next"]}

    measurement = record.Measurement("page", run, runs, kind=lambda run: run["k"])
    measurement.measure()
    assert record.read("page")["runs"] == [{"k": 3, "next": 6}, {"k": 6, "next": 12}]
    assert list(measurement.runs(measurement.noted)) == [{"k": 3}, {"k": 6}]


def test_a_program_of_the_book_that_is_run_is_code_too(root: Path):
    program = root / "book" / "programs" / "by_itself.py"
    program.parent.mkdir()
    script = root / "bench" / "page.py"
    script.write_text(f'{SCRIPT}\nPROGRAM = "by_itself"\n')
    for name in ("by_itself", "by"):  # the script names the first
        program.with_stem(name).write_text("print(1)  # one")
    Made().measurement.measure()
    for name, other, fault in (
        ("by", "print(2)", ""),
        ("by_itself", "print(1)", ""),
        ("by_itself", "print(2)", "with other book/programs/by_itself:"),
    ):
        program.with_stem(name).write_text(other)
        assert fault in record.fault("page")
        assert bool(fault) == bool(record.fault("page"))


def test_an_edited_number_is_refused_by_a_sentence_that_says_what_to_do(root: Path):
    Made().measurement.measure()
    path = record.place("page")
    path.write_text(path.read_text().replace("2.5", "3.5", 1))
    assert record.fault("page") == (
        "code/unrolled/measured/page.json is not as it was measured: a number, or what stands beside it, was edited; "
        "take the edit back (git restore code/unrolled/measured/page.json), or measure anew (make bench PAGES=page)"
    )
    with pytest.raises(SystemExit, match="is not as it was measured"):
        Made().measurement.confirm()


def test_a_run_of_the_same_code_is_not_made_again_and_none_of_other_code_taken_up(
    root: Path,
):
    first = Made(bits=99.0)
    for _ in range(2):
        first.measurement.measure()
        assert first.made == [1, 2]
    change(root, "0.5", "0.25")
    second = Made()
    second.measurement.measure()
    assert second.made == [1, 2]
    assert [run["bits"] for run in record.read("page")["runs"]] == [2.5, 2.5]


def test_a_record_is_confirmed_by_a_run_of_each_kind_but_for_the_clock(root: Path):
    Made(seeds=(1, 2, 3), settings=lambda: {"d": (1, 2)}).measurement.measure()
    measured = record.read("page")
    change(root, "0.5", "1 / 2")
    again = Made(seconds=8.0, seeds=(1, 2, 3), settings=lambda: {"d": (1, 2)})
    again.measurement.confirm()
    confirmed = record.read("page")
    assert again.made == [1] and not record.fault("page")
    note = confirmed.pop("confirmed")
    assert note["runs"] == 1 and note["equal to"] == "the record"
    assert "measured with" not in note
    old, new = measured.pop("fingerprint"), confirmed.pop("fingerprint")
    assert measured == confirmed and old != new


@pytest.mark.parametrize(
    "share, again, message",
    [
        ("0.5", Made(bits=2.5000001), "has not changed, but this machine has other"),
        ("0.6", Made(bits=2.5000001), "has other numbers than with the code of abc"),
        ("0.6", Made(settings=lambda: {"d": 3}), "was measured with other settings"),
        ("0.6", Made(seeds=(1, 2, 3)), "was measured in other runs"),
        ("0.6", Made(seeds=(1,)), "was measured in other runs"),
    ],
)
def test_a_record_is_not_confirmed_by_other_numbers_settings_or_runs(
    root: Path, monkeypatch: pytest.MonkeyPatch, share: str, again: Made, message: str
):
    Made().measurement.measure()
    before = record.place("page").read_text()
    change(root, "0.5", share)
    beside = {json.dumps({"seed": 1}): {"bits": 2.5, "part": {}}}
    monkeypatch.setattr(record, "made_at", lambda *_: beside)
    with pytest.raises(SystemExit, match=message):
        again.measurement.confirm("abc")
    assert record.place("page").read_text() == before


def test_where_the_processor_gives_other_digits_the_code_before_is_run_beside(
    root: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PYTHONPATH", f"{root}/book{os.pathsep}{root}/code")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")

    def run(*command: str) -> str:
        done = subprocess.run(command, cwd=root, capture_output=True, text=True)
        return done.stderr if done.returncode else ""

    def commit() -> None:
        author = "-c", "user.name=A", "-c", "user.email=a@example.org"
        assert not run("git", "add", ".")
        assert not run("git", *author, "commit", "--quiet", "--message=Changed")

    script = sys.executable, "bench", "page"
    assert not run(*script)
    assert not run("git", "init", "--quiet")
    record.place("page").rename(root / "elsewhere.json")
    commit()
    monkeypatch.setenv("PROCESSOR", "1e-9")
    # a commit that moves the record, and has other code
    (root / "elsewhere.json").rename(record.place("page"))
    change(root, "seed * share() / 3", "share() * seed / 3")
    commit()
    assert "is not that of the record" in run(*script, "confirm", "HEAD")
    change(root, "seed * share() / 3", "seed / 3 * share() + 1e-12")
    assert "has other numbers than with the code of" in run(*script, "confirm")
    change(root, "seed * share() / 3", "share() * seed / 3")
    assert not run(*script, "confirm")
    note = record.read("page")["confirmed"]
    assert not record.fault("page") and "code before" in note["equal to"]


@pytest.mark.parametrize("page", PAGES)
def test_the_runs_of_a_record_are_those_that_its_script_makes(page: str):
    measurement, written = import_module(page).MEASUREMENT, record.read(page)
    runs = list(measurement.runs(measurement.noted))
    assert measurement.page == page
    recorded = record.recorded(written, map(json.dumps, runs))
    assert len(recorded) == len(runs) == len(written["runs"])
    for labels in runs:  # they are what it is made of
        inspect.signature(measurement.run).bind(**labels)


def test_libraries_are_those_of_all_that_is_imported():
    """Also of what brings the data, for the pages that read them; also of what a module's module imports."""
    found = {page: set(record.fingerprint(page)["libraries"]) for page in PAGES}
    texts, names = ({p for p in PAGES if x in found[p]} for x in ("gensim", "Faker"))
    assert texts == {"article", "backprop", "lstm", "word2vec"}
    assert names == {"cells", "classification", "evaluation", "generation"}
    assert "scipy" in found["classification"]  # by way of unrolled.learning.statistics
    assert not any("unrolled" in names for names in found.values())


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


@pytest.mark.parametrize("page", ["cells", "generation"])
def test_a_chosen_step_size_is_the_best_on_dev_and_stands_inside_what_was_tried(
    page: str,
):
    runs = record.read(page)["runs"]
    network = (
        ("data", "cell", "d", "steps") if page == "generation" else ("data", "cell")
    )

    def reached(run: dict) -> float:
        return run["dev"]["all"] if page == "generation" else -run["dev"]["accuracy"]

    tried: dict[tuple, dict[float, float]] = {}
    for run in runs:
        if "choice" in (run.get("system"), run.get("kind")):
            key = tuple(run[name] for name in network)
            tried.setdefault(key, {})[run["learning_rate"]] = reached(run)
    chosen = {
        tuple(run[name] for name in network): run["learning_rate"]
        for run in runs
        if run.get("system") == "sweep" or run.get("kind") == "chosen"
    }
    assert len(chosen) > 5
    for key, rate in chosen.items():
        found = tried[key]
        assert min(found) < rate < max(found)
        assert rate == min(found, key=found.get)


@pytest.mark.parametrize("best", [0.001, 0.008, 0.064])
def test_step_sizes_are_tried_until_the_best_stands_inside(best: float):
    def found(labels: record.Labels) -> dict:
        return {"dev": {"all": abs(math.log2(labels["learning_rate"] / best))}}

    reached = generation_bench.tried(found, 0.008)
    assert min(reached, key=reached.get) == best
    assert {best / 2, best * 2} <= set(reached)


def test_steps_of_equal_cost_have_about_equal_multiply_adds():
    def cost(cell: str, d: int) -> int:
        layer = generation_bench.CELLS[cell]
        return generation.multiply_adds(
            generation.NameNetwork(generation_bench.V, 25, d, layer)
        )

    one = cost("lstm", 128)
    for cell in generation_bench.CELLS:
        for d in generation_bench.WIDTHS:
            steps = generation_bench.equal_cost_steps(cell, d)
            assert steps * cost(cell, d) == pytest.approx(
                generation_bench.STEPS * one, rel=0.15
            )


def test_the_table_says_how_far_behind_a_goal_the_worst_split_is():
    assert table.row("", [2.0, 2.2], 2.2)[1:5] == (
        "2.100 ± 0.141",
        "",
        "≤ 2.200",
        "reached",
    )
    assert (
        table.row("", [2.0], 2.2, others=[2.1, 2.5, 2.3])[4] == "behind by up to 0.300"
    )
    assert table.row("", [0.8, 0.9], -0.85)[3:5] == ("≥ 0.850", "reached")
    assert table.row("", [0.9], -0.85, others=[0.75])[4] == "behind by up to 0.100"


def test_the_table_has_every_goal_and_the_records_figures():
    printed = table.table()
    assert not re.search(r"\bnan\b|behind by up to -", printed)
    best = [
        run["test"]["all"]
        for run in record.read("generation")["runs"]
        if run["system"] == "committee"
    ]
    for goal in (
        "≥ 0.850",
        "≥ 0.550",
        "≤ 2.360",
        "≤ 2.520",
        "≤ 2.280",
        "≤ 2.480",
        "≤ 1.960",
        "≤ 1.880",
    ):
        assert goal in printed, goal
    assert table.spread(best[:5], ".3f") in printed


def test_ways_take_their_turns_in_alternation_and_the_median_counts(monkeypatch):
    now, order = [0.0], []
    monkeypatch.setattr(record.time, "process_time", lambda: now[0])

    def way(name: str, *seconds: float):
        clock = iter(seconds)

        def run() -> int:
            order.append(name)
            now[0] += next(clock)
            return 10

        return run

    ways = {"a": way("a", 1, 2, 5), "b": way("b", 10, 10, 10)}
    assert record.rates(ways, times=3) == {"a": 5, "b": 1}
    assert order == list("ababab")
    # a turn lasts as long as it has to
    assert record.rates({"a": way("a", 1, 3)}, times=1, least=2) == {"a": 5}
    assert record.timed(way("a", 7), clock=lambda: now[0]) == (10, 7)
