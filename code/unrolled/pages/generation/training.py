"""A stronger network, and its training."""

import math
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from unrolled.learning.training import History, fit
from unrolled.pages.generation.cells import readout
from unrolled.pages.generation.names import Encoded
from unrolled.pages.generation.probabilities import log_probabilities


class NameNetwork(nn.Module):
    """Embeddings of letter and language, a recurrent layer, and scores; dropout where
    it helps.

    ``layer`` is ``nn.LSTM``, ``nn.GRU`` or ``nn.RNN``. Dropout is on what the layer
    reads and on the states that the scores are read from, and never on the scores. The
    symbols of ``never`` get no probability.
    """

    def __init__(
        self,
        V: int,
        C: int,
        d: int = 128,
        layer: type = nn.LSTM,
        never: Sequence[int] = (),
        dropout: tuple[float, float] = (0.1, 0.35),
    ) -> None:
        super().__init__()
        self.V, self.C = V, C
        self.letters = nn.Embedding(V, 64)
        self.languages = nn.Embedding(C, 32)
        self.recurrence = layer(64 + 32, d, batch_first=True)
        self.before, self.after = map(nn.Dropout, dropout)
        self.readout = readout(d, V, never)

    def forward(self, ids: Tensor, languages: Tensor) -> Tensor:
        """Scores (B, T, V) of the next symbol, for ids (B, T) and languages (B,)."""
        return self.advance(ids, languages)[0]

    def step(
        self, ids: Tensor, languages: Tensor, state: object = None
    ) -> tuple[Tensor, object]:
        """Scores (B, V) and the new state, after a further symbol (B,)."""
        s, state = self.advance(ids[:, None], languages, state)
        return s[:, 0], state

    def advance(
        self, ids: Tensor, languages: Tensor, state: object = None
    ) -> tuple[Tensor, object]:
        """Scores (B, T, V) and the last state."""
        z = self.languages(languages)[:, None].expand(-1, ids.shape[1], -1)
        x = torch.cat([self.letters(ids), z], dim=2)  # (B, T, 96)
        states, state = self.recurrence(self.before(x), state)
        return self.readout(self.after(states)), state


class Committee(nn.Module):
    """Networks that were trained apart; their probabilities are averaged, and each
    keeps its own state.
    """

    def __init__(self, members: Sequence[NameNetwork]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)
        self.V, self.C = members[0].V, members[0].C

    def forward(self, ids: Tensor, languages: Tensor) -> Tensor:
        """Log-probabilities (B, T, V) of the next symbol, for ids (B, T) and languages
        (B,).
        """
        return average([model(ids, languages) for model in self.members])

    def step(
        self, ids: Tensor, languages: Tensor, states: Sequence[object] | None = None
    ) -> tuple[Tensor, list[object]]:
        """Log-probabilities (B, V) and the members' new states, after a further symbol
        (B,).
        """
        states = states or [None] * len(self.members)
        steps = [
            model.step(ids, languages, state)
            for model, state in zip(self.members, states, strict=True)
        ]
        return average([s for s, _ in steps]), [state for _, state in steps]


def average(scores: Sequence[Tensor]) -> Tensor:
    """The logarithm of the mean of the probabilities that scores of one shape give,
    over the last dimension.
    """
    log_p = torch.stack([s.log_softmax(-1) for s in scores])
    return log_p.logsumexp(0) - math.log(len(scores))


def mean_loss(model: nn.Module, batch: Encoded) -> Tensor:
    """The mean of −log p over all that is predicted in a batch, in nats: of each name
    every letter and its end.
    """
    s = model(batch.inputs, batch.languages)  # (B, T, V)
    return F.cross_entropy(s.transpose(1, 2), batch.targets, ignore_index=0)


def batches_by_length(lengths: Tensor, batch: int, seed: int) -> Iterator[Tensor]:
    """Index tensors (at most ``batch``,) without end, each of names of about one
    length, so that little is padding.

    Each pass over the N names is in a new random order: pools of 16 batches are drawn,
    and sorted by length within. Raises ValueError unless 1 ≤ batch ≤ N.
    """
    if not 1 <= batch <= len(lengths):
        raise ValueError(
            f"a batch of {batch} out of {len(lengths)} names: it must be from 1 to "
            f"{len(lengths)}"
        )
    generator = torch.Generator().manual_seed(seed)
    while True:
        batches = []
        for pool in torch.randperm(len(lengths), generator=generator).split(16 * batch):
            by_length = pool[lengths[pool].argsort(stable=True)]
            batches += by_length.split(batch)
        for place in torch.randperm(len(batches), generator=generator):
            yield batches[place]


def train(
    model: nn.Module,
    train: Encoded,
    dev: Encoded,
    steps: int,
    seed: int,
    batch: int = 128,
    every: int = 100,
    learning_rate: float = 4e-3,
) -> History:
    """Train a network in place by maximum likelihood, and keep the weights that did
    best on dev.

    The history is in nats per predicted symbol, the ends of names included.
    """

    def dev_loss() -> float:
        log_p = np.concatenate(log_probabilities(model, dev))
        return -log_p.mean().item()

    return fit(
        model,
        lambda chosen: mean_loss(model, train.batch(chosen)),
        batches_by_length(train.lengths, batch, seed),
        dev_loss,
        steps,
        learning_rate=learning_rate,
        every=every,
    )


def multiply_adds(model: NameNetwork) -> int:
    """How many products are added up for each symbol read: one for each weight of the
    layer and the readout.
    """
    recurrence = model.recurrence.named_parameters()
    layer = sum(w.numel() for name, w in recurrence if name.startswith("weight"))
    return layer + model.readout.weight.numel()
