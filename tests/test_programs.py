"""The programs to take away: they run alone, print what the pages show, and their classes fit the tutorials' loops."""

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from bs4 import BeautifulSoup
from torch import nn

from unrolled.data import names

PROGRAMS = Path(__file__).parents[1] / "book" / "programs"
RUNS = [
    ("classification", "classify_names.py", ["RNNCell"]),
    ("classification", "classify_names.py", ["RNN"]),
    ("generation", "generate_names.py", []),
]


@pytest.fixture(scope="session")
def lists(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The names as a folder with a file for each language, as the tutorials have them."""
    folder = tmp_path_factory.mktemp("names")
    everything = names.load()
    for language in names.languages(everything):
        texts = [name.text for name in everything if name.language == language]
        (folder / f"{language}.txt").write_text("\n".join(texts), "utf-8")
    return folder


@pytest.mark.long
@pytest.mark.parametrize(("page", "program", "options"), RUNS)
def test_a_program_runs_alone_and_prints_what_its_page_shows(
    page, program, options, lists, site, tmp_path
):
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    # -P: its own folder is not looked at for modules either
    command = [sys.executable, "-P", PROGRAMS / program, lists, *options]
    printed = subprocess.check_output(
        command, text=True, cwd=tmp_path, env=environment | {"PYTHONPATH": ""}
    )
    shown = BeautifulSoup((site / f"{page}.html").read_text(), "html.parser")
    assert printed.strip() in "\n".join(
        output.get_text() for output in shown.select(".cell_output pre")
    )


@pytest.mark.parametrize("program", sorted({program for _, program, _ in RUNS}))
def test_a_program_imports_torch_and_the_standard_library(program):
    text = (PROGRAMS / program).read_text()
    found = set(re.findall(r"^\s*(?:import|from) (\w+)", text, re.M))
    assert "torch" in found
    assert found - {"torch"} <= sys.stdlib_module_names


def part(program: str, **notebook: object) -> dict:
    """The classes and functions of a program, as pasted into a notebook that has the given names."""
    found = runpy.run_path(str(PROGRAMS / program))
    scope = found["train"].__globals__  # which runpy has emptied
    scope.update(found, **notebook)
    return scope


LETTERS = 57  # the tutorial's letters


def line(*ids: int) -> torch.Tensor:
    """A name as the tutorials' ``lineToTensor`` and ``inputTensor`` make it."""
    tensor = torch.zeros(len(ids), 1, LETTERS)
    for t, i in enumerate(ids):
        tensor[t][0][i] = 1
    return tensor


EXAMPLES = [(0, (1, 2, 3)), (1, (4, 5)), (0, (1, 6, 3, 3)), (1, (4, 7, 8))]


def classifiers() -> dict[str, nn.Module]:
    """The two classifiers, with the same weights."""
    program, found = part("classify_names.py"), {}
    for name in ("CellRNN", "LayerRNN"):
        torch.manual_seed(1)
        found[name] = program[name](LETTERS, 16, 2)
    return found


def test_both_classifiers_are_one_network():
    cell, layer = classifiers().values()
    for _, ids in EXAMPLES:
        torch.testing.assert_close(cell(line(*ids)), layer(line(*ids)))


@pytest.mark.parametrize("name", ["CellRNN", "LayerRNN"])
def test_a_classifier_runs_in_the_older_notebook(name):
    """There, ``train`` and ``evaluate`` are exchanged with the class; the rest is as the tutorial writes it."""
    rnn = classifiers()[name]
    criterion = nn.NLLLoss()
    program = part("classify_names.py", rnn=rnn, criterion=criterion, learning_rate=0.1)
    losses = []
    for category, ids in EXAMPLES * 30:
        category_tensor = torch.tensor([category], dtype=torch.long)
        output, loss = program["train"](category_tensor, line(*ids))
        losses.append(loss)
    assert sum(losses[-4:]) < sum(losses[:4]) / 4
    for category, ids in EXAMPLES:
        output = program["evaluate"](line(*ids))
        top_n, top_i = output.topk(1)  # categoryFromOutput
        assert top_i[0].item() == category


@pytest.mark.parametrize("name", ["CellRNN", "LayerRNN"])
def test_a_classifier_runs_in_the_notebook_that_is_online(name):
    """There, the class alone is exchanged; this is its ``train``."""
    rnn, criterion = classifiers()[name], nn.NLLLoss()
    rnn.train()
    optimizer = torch.optim.SGD(rnn.parameters(), lr=0.2)
    losses = []
    for _ in range(30):
        rnn.zero_grad()
        batch_loss = 0
        for category, ids in EXAMPLES:
            output = rnn.forward(line(*ids))
            batch_loss += criterion(output, torch.tensor([category]))
        batch_loss.backward()
        nn.utils.clip_grad_norm_(rnn.parameters(), 3)
        optimizer.step()
        optimizer.zero_grad()
        losses.append(batch_loss.item() / len(EXAMPLES))
    assert losses[-1] < losses[0] / 4


def test_a_generator_runs_in_the_notebook():
    """There, the class alone is exchanged; ``train`` and ``sample`` are as the tutorial writes them."""
    program = part("generate_names.py", n_categories=2)
    n_letters = program["n_letters"]
    torch.manual_seed(1)
    rnn = program["RNN"](n_letters, 16, n_letters)
    criterion, learning_rate = nn.NLLLoss(), 0.1
    program.update(rnn=rnn, criterion=criterion, learning_rate=0.0)

    def train(category_tensor, input_line_tensor, target_line_tensor):
        target_line_tensor.unsqueeze_(-1)
        hidden = rnn.initHidden()
        rnn.zero_grad()
        loss = torch.Tensor([0])
        for i in range(input_line_tensor.size(0)):
            output, hidden = rnn(category_tensor, input_line_tensor[i], hidden)
            loss += criterion(output, target_line_tensor[i])
        loss.backward()
        for p in rnn.parameters():
            p.data.add_(p.grad.data, alpha=-learning_rate)
        return output, loss.item() / input_line_tensor.size(0)

    def sample(category, start_letter):
        with torch.no_grad():
            input, hidden = program["inputTensor"](start_letter), rnn.initHidden()
            name = start_letter
            for _ in range(20):
                category_tensor = program["categoryTensor"](category)
                output, hidden = rnn(category_tensor, input[0], hidden)
                topv, topi = output.topk(1)
                topi = topi[0][0]
                if topi == n_letters - 1:
                    break
                name += program["all_letters"][topi]
                input = program["inputTensor"](program["all_letters"][topi])
            return name

    known = [(0, "Abba"), (1, "Acca")]
    for category, name in known * 100:
        # the program's own train, whose step size is zero here, has the same loss
        own = program["train"](*program["tensors"](category, name))
        _, mean = train(*program["tensors"](category, name))
        assert own / len(name) == pytest.approx(mean, rel=1e-5)
    assert [sample(category, "A") for category, _ in known] == ["Abba", "Acca"]
