"""Committed measurements still come from the code, the data and the libraries that are here."""

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

RESULTS = sorted((Path(__file__).parents[1] / "bench" / "results").glob("*.json"))


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.stem)
def test_measurements_are_not_out_of_date(path: Path):
    written = json.loads(path.read_text())["fingerprint"]
    assert written == record.fingerprint(path.stem), (
        f"{path.name} was measured with other code, data or libraries: run `make bench`"
    )


def test_prose_does_not_put_measurements_out_of_date_and_code_does(tmp_path: Path):
    module = tmp_path / "module.py"
    texts = [
        '"""One."""\n\nx = 1  # why\n\n\ndef f():\n    """Two."""\n    return x\n',
        '"""Another."""\nx = 1\ndef f():\n    return x\n',
        "x = 2\ndef f():\n    return x\n",
    ]
    stripped = []
    for text in texts:
        module.write_text(text)
        stripped.append(record.code_only(module))
    assert stripped[0] == stripped[1] != stripped[2]


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
