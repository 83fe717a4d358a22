"""A run that is interrupted goes on to the same numbers, and a checkpoint that cannot be used says why."""

import os
import pickle
import random
import signal
import zipfile
from pathlib import Path

import pytest
import torch
from torch import nn

from unrolled import checkpoints
from unrolled.checkpoints import CheckpointError
from unrolled.training import History, fit, minibatches


class Carrier(nn.Module):
    """A network with dropout, so that random numbers matter, and a state that it carries from batch to batch."""

    def __init__(self, d: int = 5) -> None:
        super().__init__()
        self.cell, self.dropout = nn.RNNCell(1, d), nn.Dropout(0.5)
        self.readout = nn.Linear(d, 1)
        self.register_buffer("h", torch.zeros(8, d))

    def forward(self, x):
        h = self.dropout(self.cell(x, self.h))
        self.h = h.detach()
        return self.readout(h)


def train(
    checkpoint: Path | None,
    stop: int = 0,
    dies: int = 0,
    d: int = 5,
    **settings: object,
) -> tuple[Carrier, History]:
    """A training run of 40 steps; Ctrl-C comes amid the step ``stop``, an error in the step ``dies``."""
    torch.manual_seed(3)
    model, seen = Carrier(d), 0
    x = torch.randn(64, 1)

    def loss(chosen):
        nonlocal seen
        seen += 1
        if seen == stop:
            os.kill(os.getpid(), signal.SIGINT)
        if seen == dies:
            raise ZeroDivisionError
        return ((model(x[chosen]) - x[chosen] ** 2) ** 2).mean()

    def dev_loss():
        return (
            ((model.readout(model.cell(x, x.new_zeros(64, d))) - x**2) ** 2)
            .mean()
            .item()
        )

    batches = minibatches(64, 8, 0)
    history = fit(
        model,
        loss,
        batches,
        dev_loss,
        **{"steps": 40, "every": 10} | settings,
        checkpoint=checkpoint,
    )
    return model, history


def assert_same(first: nn.Module, second: nn.Module) -> None:
    """The same numbers, bit for bit."""
    for (name, a), b in zip(
        first.state_dict().items(), second.state_dict().values(), strict=True
    ):
        assert torch.equal(a, b), name


@pytest.mark.parametrize("stop", random.Random(7).sample(range(1, 40), 4))
def test_an_interrupted_run_goes_on_to_the_same_numbers(stop: int, tmp_path: Path):
    whole, expected = train(None)
    _, broken = train(tmp_path / "run.pt", stop)
    assert broken.interrupted
    assert (
        broken.steps[-1] == stop
    )  # the step was finished, and what it learnt was evaluated
    torch.rand(5)  # whatever was drawn in between
    model, history = train(tmp_path / "run.pt")
    assert not history.interrupted
    assert history == expected
    assert_same(model, whole)


def test_a_run_that_is_killed_goes_on_from_its_last_evaluation(tmp_path: Path):
    whole, expected = train(None)
    with pytest.raises(ZeroDivisionError):
        train(tmp_path / "run.pt", dies=27)
    assert checkpoints.read(tmp_path / "run.pt")["step"] == 20
    model, history = train(tmp_path / "run.pt")
    assert history == expected
    assert_same(model, whole)


def test_a_run_that_is_complete_is_not_repeated(tmp_path: Path):
    first, history = train(tmp_path / "run.pt")
    again, same = train(
        tmp_path / "run.pt", stop=1
    )  # no step is left to be interrupted
    assert same == history
    assert_same(first, again)


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """A checkpoint, with an older one."""
    train(tmp_path / "run.pt", stop=15)
    assert checkpoints.older(tmp_path / "run.pt").exists()
    return tmp_path / "run.pt"


@pytest.mark.parametrize("share", [0, 0.3, 0.999])
def test_a_truncated_checkpoint_is_refused_and_the_older_one_named(
    written: Path, share: float
):
    data = written.read_bytes()
    written.write_bytes(data[: int(share * len(data))])
    with pytest.raises(
        CheckpointError,
        match=r"run\.pt is truncated or damaged.*run\.older\.pt is whole \(step 10\)",
    ):
        train(written)
    os.replace(checkpoints.older(written), written)  # as the message says
    assert_same(train(written)[0], train(None)[0])


def test_an_altered_checkpoint_is_refused(written: Path):
    data = bytearray(written.read_bytes())
    with zipfile.ZipFile(written) as archive:
        part = max(archive.infolist(), key=lambda info: info.file_size)
    data[part.header_offset + 200] ^= 1
    written.write_bytes(data)
    with pytest.raises(CheckpointError, match="truncated or damaged"):
        train(written)


def test_without_a_whole_older_one_the_advice_is_to_begin_anew(written: Path):
    written.write_bytes(b"")
    checkpoints.older(written).write_bytes(b"")
    with pytest.raises(
        CheckpointError, match="To begin anew, delete .*no older one that is whole"
    ):
        train(written)


def test_a_checkpoint_of_another_model_or_run_is_refused(written: Path):
    with pytest.raises(
        CheckpointError,
        match=r"another model: h is \[8, 5\] of torch.float32 in it, and \[8, 6\]",
    ):
        train(written, d=6)
    with pytest.raises(
        CheckpointError, match="another run: steps is 40 in it, and 50 here"
    ):
        train(written, steps=50)
    with pytest.raises(
        CheckpointError, match="another run: optimiser is Adam in it, and SGD here"
    ):
        train(written, optimiser=torch.optim.SGD)


class Malice:
    """Executes something when it is unpickled."""

    def __reduce__(self):
        return os.system, ("touch executed",)


def test_nothing_in_a_checkpoint_is_executed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    torch.save({"step": Malice()}, tmp_path / "run.pt")
    with pytest.raises(CheckpointError, match="holds something else"):
        train(tmp_path / "run.pt")
    (tmp_path / "run.pt").write_bytes(pickle.dumps(Malice()))
    with pytest.raises(CheckpointError, match="truncated or damaged"):
        train(tmp_path / "run.pt")
    torch.save(torch.zeros(3), tmp_path / "run.pt")
    with pytest.raises(CheckpointError, match="holds something else"):
        train(tmp_path / "run.pt")
    assert not (tmp_path / "executed").exists()


def test_a_write_that_fails_leaves_the_last_checkpoint(
    written: Path, monkeypatch: pytest.MonkeyPatch
):
    before = written.read_bytes()
    monkeypatch.setattr(
        torch, "save", lambda state, path: path.write_bytes(b"half") and 1 / 0
    )
    with pytest.raises(ZeroDivisionError):
        checkpoints.write(written, {"step": 1})
    assert written.read_bytes() == before
