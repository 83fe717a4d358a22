"""One training loop for every chapter.

It minimises a loss in nats by minibatches, for a fixed number of steps, and gives the model back with the weights
that did best on the dev part. A budget in steps, one thread and seeded generators make a run repeat itself, number
for number, on the same kind of machine. Left out, since no chapter needs it: several devices, mixed precision.
"""

import copy
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path

import torch
from torch import Tensor, nn
from tqdm import tqdm

from unrolled import checkpoints

# Two threads add numbers up in another order than one, and so give other numbers.
torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))


@dataclass
class History:
    """What a training run measured, every so many steps.

    ``steps``, ``train`` and ``dev`` have one entry an evaluation: the steps done, the mean training loss since the
    entry before (nats), and the loss on the dev part (nats). ``best`` is the index of the lowest dev loss, and
    ``interrupted`` says that the run ended before its budget.
    """

    steps: list[int] = field(default_factory=list)
    train: list[float] = field(default_factory=list)
    dev: list[float] = field(default_factory=list)
    interrupted: bool = False

    @property
    def best(self) -> int:
        """The index of the entry with the lowest dev loss."""
        return min(range(len(self.dev)), key=self.dev.__getitem__)


def minibatches(size: int, batch: int, seed: int) -> Iterator[Tensor]:
    """Index tensors of shape (batch,) without end, each pass over 0 … size − 1 in a new random order.

    The last batch of a pass is left out when it is not full. Raises ValueError unless 1 ≤ batch ≤ size.
    """
    if not 1 <= batch <= size:
        raise ValueError(
            f"a batch of {batch} out of {size} examples: it must be from 1 to {size}"
        )
    generator = torch.Generator().manual_seed(seed)
    while True:
        order = torch.randperm(size, generator=generator)
        yield from order[: size - size % batch].split(batch)


class _Interrupt:
    """Inside it, a first Ctrl-C is noted, so that the step in progress is finished; a second one interrupts at once."""

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
    """A training run between two steps: all that the next step depends on, but for the batches, which are counted."""

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

    def shapes(self) -> dict[str, object]:
        """What a checkpoint of this model must hold."""
        weights = self.model.state_dict().items()
        return {name: f"{list(w.shape)} of {w.dtype}" for name, w in weights}

    def write(self, path: Path) -> None:
        """Write a checkpoint."""
        state = {
            "settings": self.settings,
            "shapes": self.shapes(),
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
        checkpoints.write(path, state)

    def restore(self, path: Path) -> None:
        """Go on from a checkpoint, which is compared before anything changes."""
        state = checkpoints.read(path)
        checkpoints.compare(path, "model", state.get("shapes", {}), self.shapes())
        checkpoints.compare(path, "run", state["settings"], self.settings)
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
) -> History:
    """Train a model in place, by Adam unless said otherwise, and leave it with the weights of the lowest dev loss.

    ``loss`` maps a batch (of indices, say) to the mean loss in nats, a scalar tensor; ``dev_loss`` gives the loss on
    the dev part in nats. The learning rate falls to zero along half a cosine; gradients are clipped to the norm
    ``clip``.

    An interrupt (Ctrl-C, or the square in Jupyter) ends the run early and loses nothing: the step in progress is
    finished, the dev part evaluated, and the history and the best weights stay. With a ``checkpoint``, the whole
    state of the run is written there at every evaluation and when it is interrupted, and a run that finds the file
    goes on from it, to the same numbers as without a break: give it the same batches from their beginning. What is
    to survive beside the weights must be a buffer of the model, as the state that a language model carries from one
    window to the next.

    Raises
    ------
    unrolled.checkpoints.CheckpointError
        If the checkpoint is damaged, or is one of another model or of a run with other settings. Nothing is changed.
    """
    made = optimiser(model.parameters(), lr=learning_rate)
    settings = {
        "optimiser": type(made).__name__,
        "steps": steps,
        "learning_rate": learning_rate,
        "every": every,
        "clip": clip,
    }
    run = _Run(model, made, steps, settings)
    if checkpoint is not None and checkpoint.exists():
        run.restore(checkpoint)
        deque(islice(batches, run.step), maxlen=0)  # those that it has seen
    progress = tqdm(total=steps, initial=run.step)
    history = run.history
    history.interrupted = False
    try:
        with progress, _Interrupt() as interrupt:
            while run.step < steps and not interrupt.noted:
                model.train()
                value = loss(next(batches))
                run.optimiser.zero_grad()
                value.backward()
                nn.utils.clip_grad_norm_(model.parameters(), clip)
                run.optimiser.step()
                run.schedule.step()
                run.step += 1
                run.losses.append(value.item())
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
    model.load_state_dict(run.best)
    model.eval()
    return history


def _evaluate(run: _Run, dev_loss: Callable[[], float]) -> None:
    """Add an entry to the history, and keep the weights if they are the best so far."""
    run.model.eval()
    with torch.no_grad():
        run.history.dev.append(dev_loss())
    run.history.steps.append(run.step)
    run.history.train.append(sum(run.losses) / len(run.losses))
    run.losses.clear()
    if run.history.best == len(run.history.dev) - 1:
        run.keep()
