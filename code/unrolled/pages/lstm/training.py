"""One way to train it: windows of a text, in one process or in several."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.parallel import DistributedDataParallel

from unrolled.data.demand import whole
from unrolled.learning import checkpoints
from unrolled.learning.training import History, fit, minibatches
from unrolled.pages.lstm.network import Design, TextLSTM, demand_symbols


def ring(N: int, batch: int, window: int) -> Iterator[Tensor]:
    """Where the next windows begin (batch,), without end: rows that read a text of N
    symbols as a ring.

    Row k begins at the k-th of ``batch`` equal parts, and each window where that row's
    last one ended; after the end of the text comes its beginning. So every row reads
    the whole text, again and again.
    """
    starts = torch.arange(batch) * N // batch
    for step in itertools.count():
        yield (starts + step * window) % N


def window_loss(model: nn.Module, net: TextLSTM, ids: Tensor, starts: Tensor) -> Tensor:
    """The mean loss in nats on the windows of a text ids (N,) that begin at ``starts``
    (B,); J = −loss is maximised.

    ``model`` is the network ``net``, or a wrapper around it. A state that is carried is
    read from the buffers of ``net``, and left there; no gradient goes back beyond the
    window's beginning.
    """
    design = net.design
    offsets = torch.arange(design.window + 1)
    both = ids[(starts[:, None] + offsets) % len(ids)].to(net.h.device)  # (B, T + 1)
    last = design.targets == "last"
    state = (net.h, net.c) if design.carried else None
    logits, state = model(both[:, :-1], state, last)
    if design.carried:
        net.h, net.c = (part.detach() for part in state)
    wanted = both[:, -1:] if last else both[:, 1:]
    return F.cross_entropy(logits.flatten(0, 1), wanted.flatten())


def windows(
    design: Design, N: int, seed: int, rank: int = 0, n: int = 1
) -> Iterator[Tensor]:
    """Where the windows of each minibatch begin (B,), in a text of N symbols: on the
    ring, or anywhere, shuffled.

    Of n processes, the one of this rank gets every n-th row of n minibatches in one,
    and each gets equally many. Raises ValueError if the text is not longer than a
    window.
    """
    if whole("N", N, 0) <= design.window:
        raise ValueError(
            f"a training part of {N} symbols is too short for windows of "
            f"{design.window} and what follows them; "
            "give a longer text, or a smaller window"
        )
    if design.carried:
        batches = ring(N, n * design.batch, design.window)
    else:  # a short text has fewer windows than a minibatch has rows
        begins = N - design.window
        batches = minibatches(begins, n * min(design.batch, begins // n), seed)
    return (starts[rank::n] for starts in batches)


def train(
    net: TextLSTM,
    ids: Tensor,
    dev_loss: Callable[[], float],
    steps: int,
    seed: int = 1,
    every: int = 200,
    checkpoint: Path | None = None,
    optimiser: Callable[..., torch.optim.Optimizer] = torch.optim.Adam,
) -> History:
    """Train a network in place on a text ids (N,), on the device that it is on, and
    keep what did best on dev.

    In a group of processes (``torchrun``), each trains on a minibatch of its own, as
    large as the others', and they average their gradients; each writes a ``checkpoint``
    of its own, with its rank in the name. Raises ValueError if the network was made for
    fewer symbols than the text has.
    """
    demand_symbols(net.V, ids)
    model, rank, n = net, 0, 1
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        # each process carries the states of its own rows: they must not be overwritten
        # by those of the first
        model = DistributedDataParallel(net, broadcast_buffers=False)
        rank, n = torch.distributed.get_rank(), torch.distributed.get_world_size()
    if checkpoint is not None and n > 1:
        checkpoint = Path(checkpoint)
        checkpoint = checkpoint.with_suffix(f".{rank}{checkpoint.suffix}")
    about = {"text": checkpoints.digest(ids), "seed": seed, **asdict(net.design)}
    return fit(
        model,
        lambda starts: window_loss(model, net, ids, starts),
        windows(net.design, len(ids), seed, rank, n),
        dev_loss,
        steps,
        learning_rate=net.design.learning_rate,
        every=every,
        optimiser=optimiser,
        checkpoint=checkpoint,
        about=about | {"process": f"{rank + 1} of {n}"},
    )
