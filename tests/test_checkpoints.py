"""A run that is interrupted goes on to the same numbers, and a checkpoint that cannot be used says why."""

import errno
import os
import pickle
import random
import signal
from copy import deepcopy
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from unrolled.learning import checkpoints
from unrolled.learning.checkpoints import CheckpointError
from unrolled.learning.training import History, fit, minibatches


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
    seed: int = 0,
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

    batches = minibatches(64, 8, seed)
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


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint that is not changed."""
    path = tmp_path_factory.mktemp("whole") / "run.pt"
    train(path, stop=15)
    return path


@settings(derandomize=True, max_examples=200)
@given(place=st.floats(0, 1, exclude_max=True), bit=st.integers(0, 7))
def test_any_altered_bit_is_found(whole: Path, place: float, bit: int):
    data = bytearray(whole.read_bytes())
    data[int(place * len(data))] ^= 1 << bit
    altered = whole.with_name("altered.pt")
    altered.write_bytes(data)
    with pytest.raises(CheckpointError, match="damaged|another version"):
        checkpoints.read(altered)


ENTRIES = [
    *("settings", "shapes", "model", "best", "optimiser", "schedule", "step", "losses"),
    *("history", "random", "random on GPUs"),
]


def test_the_entries_are_these(whole: Path):
    assert list(checkpoints.read(whole)) == ENTRIES


def wrong_entries() -> list:
    """Every entry missing, none, or of the right kind and empty; and a step that is none."""
    found = [(x, change) for x in ENTRIES for change in ("missing", None, "empty")]
    # a run may be at step 0, have no losses since its last evaluation, and no GPUs
    allowed = {(x, "empty") for x in ("step", "losses", "random on GPUs")}
    steps = [("step", step) for step in (-1, 41, 1.5, float("nan"))]
    return [x for x in found if x not in allowed] + steps


@pytest.mark.parametrize(("name", "change"), wrong_entries())
def test_a_checkpoint_without_a_right_entry_is_refused_and_nothing_changed(
    written: Path, name: str, change: object
):
    state = checkpoints.read(written)
    if change == "missing":
        del state[name]
    else:
        state[name] = type(state[name])() if change == "empty" else change
    checkpoints.write(written, state)
    torch.manual_seed(3)
    model = Carrier()
    made = []

    def optimiser(*arguments, **settings):
        made.append(torch.optim.Adam(*arguments, **settings))
        return made[0]

    before = deepcopy(model.state_dict())
    random_state = torch.get_rng_state()
    with pytest.raises(CheckpointError, match=r"run\.pt (is of another|holds what)"):
        fit(
            model,
            lambda _: pytest.fail("a step was made"),
            minibatches(64, 8, 0),
            lambda: pytest.fail("an evaluation was made"),
            40,
            every=10,
            optimiser=optimiser,
            checkpoint=written,
        )
    for (key, now), then in zip(
        model.state_dict().items(), before.values(), strict=True
    ):
        assert torch.equal(now, then), key
    assert not made[0].state and made[0].param_groups[0]["lr"] == 2e-3
    assert torch.equal(torch.get_rng_state(), random_state)


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


def test_a_checkpoint_of_other_data_batches_or_seed_is_refused(tmp_path: Path):
    path, about = tmp_path / "run.pt", {"text": "a1", "seed": 1}
    train(path, stop=15, about=about)
    for other, said in (
        ({"seed": 1}, "first batch is [0-9a-f]{16} in it, and [0-9a-f]{16} here"),
        ({"about": about | {"text": "b2"}}, "text is a1 in it, and b2 here"),
        ({"about": about | {"seed": 2}}, "seed is 1 in it, and 2 here"),
        ({"about": None}, "text is a1 in it, and not there here"),
    ):
        with pytest.raises(CheckpointError, match=f"another run: {said}"):
            train(path, **({"about": about} | other))
    assert_same(train(path, about=about)[0], train(None)[0])


def test_tensors_are_told_apart_by_every_entry_their_shape_and_their_type():
    one = torch.arange(6)
    several = [one, one + 1, one.view(2, 3), one.int(), one.float(), [one], (one, one)]
    assert len({checkpoints.digest(part) for part in several}) == len(several)
    assert checkpoints.digest(one) == checkpoints.digest(torch.arange(12)[:6])
    assert checkpoints.digest(one[::2]) == checkpoints.digest(torch.tensor([0, 2, 4]))


class Malice:
    """Executes something when it is unpickled."""

    def __reduce__(self):
        return os.system, ("touch executed",)


def test_nothing_in_a_checkpoint_is_executed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    torch.save({"step": Malice()}, tmp_path / "run.pt")
    plain = (tmp_path / "run.pt").read_bytes()
    for data in (plain, pickle.dumps(Malice())):
        (tmp_path / "run.pt").write_bytes(data)
        with pytest.raises(CheckpointError, match="something else, or is of another"):
            train(tmp_path / "run.pt")
        # with a first line as it should be
        (tmp_path / "run.pt").write_bytes(checkpoints._head(data) + data)
        with pytest.raises(CheckpointError, match="something else .nothing of it was"):
            train(tmp_path / "run.pt")
    checkpoints.write(tmp_path / "run.pt", torch.zeros(3))
    with pytest.raises(CheckpointError, match="holds something else"):
        train(tmp_path / "run.pt")
    assert not (tmp_path / "executed").exists()


def full_disk(monkeypatch: pytest.MonkeyPatch, room: int) -> None:
    """From now on, a file can be written up to so many bytes, and the disk is full then."""

    def write_bytes(path: Path, data: bytes) -> int:
        with path.open("wb") as file:
            file.write(data[:room])
        if len(data) > room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return len(data)

    monkeypatch.setattr(Path, "write_bytes", write_bytes)


def test_a_write_that_fails_leaves_the_last_checkpoint_and_nothing_half_written(
    written: Path, monkeypatch: pytest.MonkeyPatch
):
    before = {path: path.read_bytes() for path in written.parent.iterdir()}
    full_disk(monkeypatch, 1000)
    with pytest.raises(CheckpointError, match=r"run\.pt could not be.*No space left"):
        checkpoints.write(written, {"step": torch.zeros(9999)})
    assert {path: path.read_bytes() for path in written.parent.iterdir()} == before


def test_a_full_disk_costs_the_checkpoint_and_not_the_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    whole, expected = train(None)
    full_disk(monkeypatch, 1000)
    with pytest.warns(UserWarning, match="No space left.*The training goes on"):
        model, history = train(tmp_path / "run.pt")
    assert history == expected and not model.training
    assert_same(model, whole)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("place", ["a folder", "in a file", "in no folder"])
def test_a_place_where_no_checkpoint_can_be_is_named(tmp_path: Path, place: str):
    (tmp_path / "run.pt").mkdir()
    (tmp_path / "file").write_bytes(b"")
    if place == "a folder":
        with pytest.raises(CheckpointError, match=r"run\.pt .*directory"):
            train(tmp_path / "run.pt")
    elif place == "in a file":
        with pytest.warns(UserWarning, match=r"run\.pt could not be written"):
            train(tmp_path / "file" / "run.pt")
    else:  # which is made
        train(str(tmp_path / "new" / "place" / "run.pt"))
        assert (tmp_path / "new" / "place" / "run.pt").exists()
