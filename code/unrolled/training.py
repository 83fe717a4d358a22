"""One training loop for every chapter.

It minimises a loss in nats by minibatches, for a fixed number of steps, and gives the model back with the weights
that did best on the dev part. A budget in steps, one thread and seeded generators make a run repeat itself, number
for number, on the same kind of machine. Left out, since no chapter needs it: several devices, mixed precision.
"""

import copy
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from tqdm import tqdm

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


def fit(
    model: nn.Module,
    loss: Callable[[Tensor], Tensor],
    batches: Iterator[Tensor],
    dev_loss: Callable[[], float],
    steps: int,
    learning_rate: float = 2e-3,
    every: int = 100,
    clip: float = 1.0,
) -> History:
    """Train a model in place by Adam and leave it with the weights of the lowest dev loss.

    ``loss`` maps a batch of indices to the mean loss in nats, a scalar tensor; ``dev_loss`` gives the loss on the dev
    part in nats. The learning rate falls to zero along half a cosine; gradients are clipped to the norm ``clip``. An
    interrupt (Ctrl-C, or the square in Jupyter) ends the run early and loses nothing: the history and the best
    weights stay.
    """
    optimiser = torch.optim.Adam(model.parameters(), lr=learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    history, losses = History(), []
    best = copy.deepcopy(model.state_dict())
    try:
        for step in tqdm(range(1, steps + 1)):
            model.train()
            value = loss(next(batches))
            optimiser.zero_grad()
            value.backward()
            nn.utils.clip_grad_norm_(model.parameters(), clip)
            optimiser.step()
            schedule.step()
            losses.append(value.item())
            if step % every == 0 or step == steps:
                model.eval()
                with torch.no_grad():
                    history.dev.append(dev_loss())
                history.steps.append(step)
                history.train.append(sum(losses) / len(losses))
                losses.clear()
                if history.best == len(history.dev) - 1:
                    # a copy, since the live weights go on changing
                    best = copy.deepcopy(model.state_dict())
    except KeyboardInterrupt:
        history.interrupted = True
    model.load_state_dict(best)
    model.eval()
    return history
