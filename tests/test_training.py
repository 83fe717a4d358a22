"""The training loop: it repeats itself, keeps the best weights, and loses nothing when it is interrupted."""

import math
from itertools import islice

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from unrolled.learning.training import History, evaluating, fit, minibatches


@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 9))
def test_a_pass_visits_every_example_at_most_once(size, batch, seed):
    if batch > size:
        with pytest.raises(ValueError, match=f"batch of {batch} out of {size}"):
            next(minibatches(size, batch, seed))
        return
    visited = torch.cat(list(islice(minibatches(size, batch, seed), size // batch)))
    assert len(visited) == size - size % batch
    assert len(set(visited.tolist())) == len(visited)


def test_passes_differ_in_order_and_repeat_by_seed():
    first, second = (list(islice(minibatches(12, 4, 0), 6)) for _ in range(2))
    assert all(map(torch.equal, first, second))
    assert not torch.equal(torch.cat(first[:3]), torch.cat(first[3:]))
    assert not torch.equal(
        torch.cat(first), torch.cat(list(islice(minibatches(12, 4, 1), 6)))
    )


def line(seed: int = 0):
    """A linear model, and its loss on noisy points of a line."""
    torch.manual_seed(seed)
    x = torch.randn(64, 1)
    y = 3 * x + 1 + 0.1 * torch.randn(64, 1)
    model = nn.Linear(1, 1)
    return model, lambda chosen: ((model(x[chosen]) - y[chosen]) ** 2).mean()


def trained_line():
    """The weight, the bias and the history of a run."""
    model, loss = line()
    batches = minibatches(64, 16, 0)
    history = fit(model, loss, batches, lambda: loss(slice(None)).item(), 400, 0.05)
    return model.weight.item(), model.bias.item(), history


def test_training_and_evaluating_take_one_thread_whatever_was_set(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        trained_line()
        assert torch.get_num_threads() == 1
        torch.set_num_threads(2)
        with evaluating(nn.Linear(1, 1)):
            assert torch.get_num_threads() == 1
        monkeypatch.setenv("OMP_NUM_THREADS", "2")
        with evaluating(nn.Linear(1, 1)):
            assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_training_finds_a_line_and_repeats_itself():
    weight, bias, history = trained_line()
    assert weight == pytest.approx(3, abs=0.1)
    assert bias == pytest.approx(1, abs=0.1)
    assert history.steps == [100, 200, 300, 400]
    assert len(history.train) == len(history.dev) == 4
    assert trained_line() == (weight, bias, history)


def test_the_weights_of_the_best_step_are_kept():
    model, loss = line()
    seen = []

    def dev_loss():
        seen.append(model.weight.item())
        return abs(len(seen) - 3)  # the third evaluation is the best

    history = fit(model, loss, minibatches(64, 16, 0), dev_loss, 60, 0.05, every=10)
    assert history.best == 2
    assert model.weight.item() == seen[2]
    assert seen[2] != seen[-1]


@pytest.mark.parametrize("dev", [[math.nan, 0.5, 0.4], [0.5, math.nan, 0.4]])
def test_what_is_no_number_is_never_the_best(dev: list[float]):
    assert History([10, 20, 30], [1.0] * 3, dev).best == 2
    for empty in History([10], [1.0], [math.nan]), History():
        with pytest.raises(ValueError, match="none of [01] evaluations gave"):
            _ = empty.best


@pytest.mark.parametrize("bad", [math.nan, math.inf])
@pytest.mark.parametrize("step", [1, 9, 15, 20])
@pytest.mark.parametrize("where", ["training", "dev"])
def test_a_loss_that_is_not_finite_ends_the_run_with_the_best_weights(
    bad: float, step: int, where: str
):
    model, loss = line()
    kept, steps = [model.weight.item()], 0

    def training_loss(chosen):
        nonlocal steps
        steps += 1
        return loss(chosen) * (bad if where == "training" and steps == step else 1)

    def dev_loss():
        if where == "dev" and steps >= step:
            return bad
        kept.append(model.weight.item())
        return loss(slice(None)).item()

    batches = minibatches(64, 16, 0)
    named = f"{where} loss (of|after) step .* is {bad}.*smaller"
    with pytest.raises(FloatingPointError, match=named):
        fit(model, training_loss, batches, dev_loss, 60, 0.05, every=10)
    assert model.weight.item() == kept[-1]
    assert not model.training


def test_whatever_ends_a_run_the_best_weights_are_there():
    model, loss = line()
    seen = []

    def dev_loss():
        seen.append(model.weight.item())
        return len(seen) if len(seen) < 3 else 1 / 0

    with pytest.raises(ZeroDivisionError):
        fit(model, loss, minibatches(64, 16, 0), dev_loss, 60, 0.05, every=10)
    assert model.weight.item() == seen[0] != seen[2]


def test_batches_that_end_too_early_are_named():
    model, loss = line()
    batches = list(islice(minibatches(64, 16, 0), 7))
    with pytest.raises(ValueError, match="the batches ended after 7 steps"):
        fit(model, loss, batches, lambda: loss(slice(None)).item(), 10, every=5)
    history = fit(model, loss, batches, lambda: loss(slice(None)).item(), 7, every=5)
    assert history.steps == [5, 7]


def test_a_network_is_evaluated_without_dropout_and_put_back_as_it_was():
    model = nn.Sequential(nn.Linear(3, 3), nn.Dropout(0.9), nn.Dropout(0.5))
    model[2].eval()  # a part that its owner keeps so
    with evaluating(model):
        assert not any(module.training for module in model.modules())
        assert not torch.is_grad_enabled()
    assert [m.training for m in model.modules()] == [True, True, True, False]
    with pytest.raises(ZeroDivisionError), evaluating(model):
        raise ZeroDivisionError
    assert model.training and torch.is_grad_enabled()
    with torch.no_grad():
        model[0].bias[1] = math.nan
    with pytest.raises(ValueError, match="weights that are not numbers"):
        with evaluating(model):
            pass


def test_an_interrupt_keeps_the_history_and_the_best_weights():
    model, loss = line()
    steps = 0
    kept = []

    def interrupted_loss(chosen):
        nonlocal steps
        steps += 1
        if steps == 36:
            raise KeyboardInterrupt
        return loss(chosen)

    def dev_loss():
        kept.append(model.weight.item())
        return loss(slice(None)).item()

    history = fit(
        model, interrupted_loss, minibatches(64, 16, 0), dev_loss, 1000, 0.05, every=10
    )
    assert history.interrupted
    assert history.steps == [10, 20, 30]
    assert model.weight.item() == kept[history.best]
