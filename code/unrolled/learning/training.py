"""One training loop for every chapter.

It minimises a loss in nats by minibatches, for a fixed number of steps, and gives the
model back with the weights that did best on the dev part. A budget in steps, one thread
and seeded generators make a run repeat itself, number for number, on the same kind of
machine. Left out: mixed precision, which no chapter needs. Several devices are the
caller's matter, as in :func:`unrolled.pages.lstm.train`.
"""

__all__ = [
    "History",
    "minibatches",
    "evaluating",
    "demand_weights",
    "set_threads",
    "fit",
]

import copy
import math
import os
import signal
import threading
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from itertools import chain, islice
from pathlib import Path

import torch
from torch import Tensor, nn
from tqdm import tqdm

from unrolled.data.demand import number, whole
from unrolled.learning import checkpoints
from unrolled.learning.checkpoints import CheckpointError


def set_threads() -> None:
    """Let PyTorch use one thread, or as many as the variable ``OMP_NUM_THREADS`` says.

    Two threads add numbers up in another order than one, and so give other numbers.
    Whatever trains or evaluates here begins with it.
    """
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))


@dataclass
class History:
    """What a training run measured, every so many steps.

    ``steps``, ``train`` and ``dev`` have one entry an evaluation: the steps done, the
    mean training loss since the entry before (nats), and the loss on the dev part
    (nats). ``best`` is the index of the lowest dev loss, and ``interrupted`` says that
    the run ended before its budget.
    """

    steps: list[int] = field(default_factory=list)
    train: list[float] = field(default_factory=list)
    dev: list[float] = field(default_factory=list)
    interrupted: bool = False

    @property
    def best(self) -> int:
        """The index of the entry with the lowest dev loss; raises ValueError if none is
        a number.
        """
        found = [i for i, loss in enumerate(self.dev) if not math.isnan(loss)]
        if not found:
            raise ValueError(
                f"none of {len(self.dev)} evaluations gave a dev loss that is a number; there is no best"
            )
        return min(found, key=self.dev.__getitem__)


def minibatches(size: int, batch: int, seed: int) -> Iterator[Tensor]:
    """Index tensors of shape (batch,) without end, each pass over 0 … size − 1 in a new
    random order.

    The last batch of a pass is left out when it is not full. Raises ValueError unless 1
    ≤ batch ≤ size.
    """
    if not 1 <= whole("batch", batch, 0) <= size:
        raise ValueError(
            f"a batch of {batch} out of {size} examples: it must be from 1 to {size}"
        )
    generator = torch.Generator().manual_seed(seed)
    while True:
        order = torch.randperm(size, generator=generator)
        yield from order[: size - size % batch].split(batch)


class _Interrupt:
    """Inside it, a first Ctrl-C is noted, so that the step in progress is finished; a
    second one interrupts at once.
    """

    def __enter__(self) -> "_Interrupt":
        self.noted = False
        # Python lets only the main thread say what a signal does
        self.main = threading.current_thread() is threading.main_thread()
        if self.main:
            self.before = signal.signal(signal.SIGINT, self._note)
        return self

    def _note(self, *_: object) -> None:
        self.noted = True
        signal.signal(signal.SIGINT, self.before)

    def __exit__(self, *_: object) -> None:
        if self.main:
            signal.signal(signal.SIGINT, self.before)


class _Run:
    """A training run between two steps: all that the next step depends on, but for the
    batches, which are counted.
    """

    def __init__(
        self,
        model: nn.Module,
        optimiser: torch.optim.Optimizer,
        steps: int,
        settings: dict[str, object],
    ) -> None:
        self.model, self.optimiser, self.settings = model, optimiser, settings
        self.schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
        self.step, self.losses, self.history = 0, [], History()
        self.keep()

    def keep(self) -> None:
        """Remember the weights as the best."""
        # a copy, since the live weights go on changing
        self.best = copy.deepcopy(self.model.state_dict())

    def state(self) -> dict[str, object]:
        """What a checkpoint holds."""
        return {
            "settings": self.settings,
            "shapes": shapes(self.model.state_dict()),
            "model": self.model.state_dict(),
            "best": self.best,
            "optimiser": self.optimiser.state_dict(),
            "schedule": self.schedule.state_dict(),
            "step": self.step,
            "losses": self.losses,
            "history": asdict(self.history),
            "random": torch.get_rng_state(),
            "random on GPUs": torch.cuda.get_rng_state_all(),
        }

    def write(self, path: Path) -> None:
        """Write a checkpoint; if that fails, warn and go on, since what is trained is
        worth more than its copy.
        """
        try:
            checkpoints.write(path, self.state())
        except CheckpointError as error:
            warnings.warn(f"{error}. The training goes on", stacklevel=3)

    def restore(self, path: Path) -> None:
        """Go on from a checkpoint; raises CheckpointError, and leaves all as it is, if
        it is not one of this run.
        """
        state, here = checkpoints.read(path), self.state()
        kinds = (
            {k: type(v).__name__ for k, v in part.items()} for part in (state, here)
        )
        checkpoints.demand_same(path, "version of the book", *kinds)
        checkpoints.demand_same(path, "model", state["shapes"], here["shapes"])
        checkpoints.demand_same(path, "run", state["settings"], here["settings"])
        here = copy.deepcopy(here)
        try:
            self._take(state)
        except Exception as error:  # whatever it is that this run cannot use
            self._take(here)
            raise CheckpointError(
                f"{path} holds what this run cannot use ({error}). Give another file, or delete it to begin anew"
            ) from error

    def _take(self, state: Mapping[str, object]) -> None:
        """Take over the state of a run."""
        whole("step", state["step"], 0, self.settings["steps"])
        for name in "model", "best":
            if shapes(state[name]) != state["shapes"]:
                raise ValueError(f"the weights of {name} have other shapes")
        for name, part in (
            ("schedule", self.schedule.state_dict()),
            ("history", asdict(History())),
        ):
            if state[name].keys() != part.keys():
                raise ValueError(f"{name} has other entries")
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.schedule.load_state_dict(state["schedule"])
        self.best, self.step, self.losses = (
            state[name] for name in ("best", "step", "losses")
        )
        self.history = History(**state["history"])
        torch.set_rng_state(state["random"])
        if len(state["random on GPUs"]) == torch.cuda.device_count():
            torch.cuda.set_rng_state_all(state["random on GPUs"])


def shapes(weights: Mapping[str, Tensor]) -> dict[str, str]:
    """The shape and the type of each of a model's weights."""
    return {name: f"{list(w.shape)} of {w.dtype}" for name, w in weights.items()}


@contextmanager
def evaluating(model: nn.Module, checked: bool = False) -> Iterator[None]:
    """Inside it, a network is evaluated: without dropout and without gradients; after
    it, all is as it was before.

    Raises ValueError if a weight is not a number, since then no answer would be one;
    unless that is ``checked``.
    """
    set_threads()
    if not checked:
        demand_weights(model)
    before = {module: module.training for module in model.modules()}
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for module, training in before.items():
            module.training = training


def demand_weights(model: nn.Module) -> None:
    """Raise ValueError if a network has weights that are not numbers."""
    if any(weight.isnan().any() for weight in model.parameters()):
        raise ValueError(
            "the network has weights that are not numbers (NaN): a step was too large, or a file is damaged; "
            "train it again, with a smaller learning rate"
        )


def fit(
    model: nn.Module,
    loss: Callable[[Tensor], Tensor],
    batches: Iterator[Tensor],
    dev_loss: Callable[[], float],
    steps: int,
    learning_rate: float = 2e-3,
    every: int = 100,
    clip: float = 1.0,
    optimiser: Callable[..., torch.optim.Optimizer] = torch.optim.Adam,
    checkpoint: Path | None = None,
    about: Mapping[str, object] | None = None,
) -> History:
    """Train a model in place, by Adam unless said otherwise, and leave it with the
    weights of the lowest dev loss.

    ``loss`` maps a batch (of indices, say) to the mean loss in nats, a scalar tensor;
    ``dev_loss`` gives the loss on the dev part in nats. The learning rate falls to zero
    along half a cosine; gradients are clipped to the norm ``clip``.

    An interrupt (Ctrl-C, or the square in Jupyter) ends the run early and loses
    nothing: the step in progress is finished, the dev part evaluated, and the history
    and the best weights stay. With a ``checkpoint``, the whole state of the run is
    written there at every evaluation and when it is interrupted, and a run that finds
    the file goes on from it, to the same numbers as without a break: give it the same
    batches from their beginning. What is to survive beside the weights must be a buffer
    of the model, as the state that a language model carries from one window to the
    next. ``about`` says what else tells the run from others, such as its seed and the
    digest of its data (numbers and texts); it is written down and compared with the
    settings and the first batch. A checkpoint that cannot be written, on a full disk,
    is a warning, and the training goes on.

    However a run ends, the model has the best weights so far.

    Raises ValueError if steps or every is below 1, the learning rate or clip is not
    above 0, or the batches end before the steps. Raises FloatingPointError if a loss is
    not finite; the run ends there. Raises
    :class:`~unrolled.learning.checkpoints.CheckpointError` if the checkpoint is
    damaged, or is one of another model or of another run; nothing is changed then.
    """
    set_threads()
    steps, every = whole("steps", steps), whole("every", every)
    number("learning_rate", learning_rate, above=0)
    number("clip", clip, above=0)
    batches = iter(batches)
    made = optimiser(model.parameters(), lr=learning_rate)
    settings = {
        "optimiser": type(made).__name__,
        "steps": steps,
        "learning_rate": learning_rate,
        "every": every,
        "clip": clip,
        **(about or {}),
    }
    run = _Run(model, made, steps, settings)
    if checkpoint is not None:
        checkpoint = Path(checkpoint)
        first = list(islice(batches, 1))
        settings["first batch"] = checkpoints.digest(first)
        batches = chain(first, batches)
        if checkpoint.exists():
            run.restore(checkpoint)
            deque(islice(batches, run.step), maxlen=0)  # those that it has seen
    progress = tqdm(total=steps, initial=run.step)
    history = run.history
    history.interrupted = False
    try:
        with progress, _Interrupt() as interrupt:
            while run.step < steps and not interrupt.noted:
                model.train()
                value = loss(_next(batches, run.step))
                run.optimiser.zero_grad()
                value.backward()
                nn.utils.clip_grad_norm_(model.parameters(), clip)
                run.optimiser.step()
                run.schedule.step()
                run.step += 1
                run.losses.append(value.item())
                _demand_finite(run.losses[-1], f"training loss of step {run.step}", run)
                progress.update()
                if run.step % every == 0 or run.step == steps:
                    _evaluate(run, dev_loss)
                    if checkpoint is not None:
                        run.write(checkpoint)
            if run.step < steps:
                history.interrupted = True
                if checkpoint is not None:
                    run.write(checkpoint)
                if run.losses:  # what was learnt since the last evaluation counts too
                    _evaluate(run, dev_loss)
    except KeyboardInterrupt:
        history.interrupted = True
    finally:
        model.load_state_dict(run.best)
        model.eval()
    return history


def _next(batches: Iterator[Tensor], step: int) -> Tensor:
    """The next batch; raises ValueError if there is none."""
    for batch in batches:
        return batch
    raise ValueError(
        f"the batches ended after {step} steps; give as many as steps, or an iterator without end, such as minibatches"
    )


def _demand_finite(loss: float, what: str, run: _Run) -> None:
    """Raise FloatingPointError unless a loss is finite."""
    if not math.isfinite(loss):
        best = run.history.steps[run.history.best] if run.history.steps else 0
        raise FloatingPointError(
            f"the {what} is {loss}, and the training ends there; the model has the weights of step {best} again. Take "
            "a smaller learning rate, or look for what the loss is infinite on"
        )


def _evaluate(run: _Run, dev_loss: Callable[[], float]) -> None:
    """Add an entry to the history, and keep the weights if they are the best so far."""
    run.model.eval()
    with torch.no_grad():
        lost = dev_loss()
    _demand_finite(lost, f"dev loss after step {run.step}", run)
    run.history.dev.append(lost)
    run.history.steps.append(run.step)
    run.history.train.append(sum(run.losses) / len(run.losses))
    run.losses.clear()
    if run.history.best == len(run.history.dev) - 1:
        run.keep()
