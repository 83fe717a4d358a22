"""Bits per character, on positions that are the same for every model."""

import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy import ndarray
from torch import Tensor
from torch.nn import functional as F

from unrolled.data.demand import share, whole
from unrolled.learning.training import evaluating
from unrolled.pages.lstm.network import TextLSTM, demand_symbols


def nats(
    net: TextLSTM, ids: Tensor, first: int, rows: int = 16, before: int = 256
) -> Tensor:
    """−log p of each symbol from position ``first`` of the text ids (N,) to its end, in
    nats: (N − first,).

    What is scored is cut into ``rows`` pieces that are read side by side, each begun
    ``before`` symbols earlier with a state of zero; the state is carried to the end of
    the piece. Raises ValueError unless 1 ≤ first < N, and rows and before are at least
    1.
    """
    demand_symbols(net.V, ids)
    rows, before = whole("rows", rows), whole("before", before)
    N = len(ids)
    if not 1 <= first < N:
        raise ValueError(
            f"scored from position {first} of {N}: it must be from 1 to {N - 1}"
        )
    before = min(before, first)
    length = -(-(N - first) // rows)
    starts = torch.arange(first, N, length)  # of the pieces
    places = starts[:, None] + torch.arange(-before, length)  # (rows, before + length)
    inside = places < N
    read = ids[places.clamp(max=N - 1)].to(net.h.device)
    with evaluating(net):
        logits, _ = net(read[:, :-1])
    lost = F.cross_entropy(
        logits[:, before - 1 :].flatten(0, 1),
        read[:, before:].flatten(),
        reduction="none",
    )
    return lost.cpu()[inside[:, before:].flatten()]


def window_nats(net: TextLSTM, ids: Tensor, first: int, batch: int = 256) -> Tensor:
    """−log p of each symbol from position ``first`` on, in nats, each predicted from
    the window before it alone.

    As the article's program predicts: the whole window is read again for each symbol.
    Raises ValueError if ``first`` is less than a window, or not in the text.
    """
    demand_symbols(net.V, ids)
    T = net.design.window
    if not T <= first < len(ids):
        raise ValueError(
            f"no window of {T} symbols ends before position {first} of {len(ids)}; "
            f"score from position {T} on"
        )
    found = []
    with evaluating(net):
        for places in torch.arange(first, len(ids)).split(batch):
            read = ids[places[:, None] + torch.arange(-T, 1)].to(net.h.device)
            logits, _ = net(read[:, :-1], None, True)
            found.append(F.cross_entropy(logits[:, 0], read[:, -1], reduction="none"))
    return torch.cat(found).cpu()


def bits(lost: Tensor | ndarray) -> float:
    """The mean of losses in nats, as bits per character; raises ValueError if there are
    none, or one is no number.
    """
    mean = float(lost.mean()) if len(lost) else math.nan
    if math.isnan(mean):
        raise ValueError(
            f"{len(lost)} losses, or one of them no number (NaN): expected −log p of "
            "each symbol, and one at least"
        )
    return mean / math.log(2)


def blend(lost: Sequence[ndarray], weight: float) -> ndarray:
    """−log of the mixture (1 − weight) p + weight q, in nats, for two models' −log p
    and −log q of the same symbols.

    Raises ValueError unless the weight is from 0 to 1 and each model gives a loss for
    each symbol.
    """
    share("weight", weight)
    if len(lost) != 2 or np.shape(lost[0]) != np.shape(lost[1]):
        raise ValueError(
            f"losses of the shapes {[np.shape(part) for part in lost]}; expected those "
            "of two models on one text"
        )
    p, q = (-np.asarray(part, dtype=float) for part in lost)
    with np.errstate(divide="ignore"):  # a weight of 0 leaves one model alone
        return -np.logaddexp(p + np.log1p(-weight), q + np.log(weight))
