"""From logits to symbols: greedy, temperature, top-k and nucleus, and the loop that
writes a sequence.

A symbol is drawn by the inverse of the cumulative distribution: the first whose running
sum of probabilities is above a uniform number. The numbers are Threefry's, a function
of seed, sequence and step, so that a sequence is the same whatever is drawn beside it,
and another program can draw it too.

Sources: temperature, Ackley, Hinton & Sejnowski 1985; top-k, Fan, Lewis & Dauphin 2018;
nucleus, Holtzman et al. 2020; Threefry, Salmon et al. 2011. Left out: beam search,
which looks for a probable sequence and does not sample.
"""

__all__ = ["Step", "distribution", "uniform", "inverse", "Sampled", "sample"]

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy import ndarray
from numpy.typing import ArrayLike
from torch import Tensor

from unrolled.data.demand import number, whole

Step = Callable[[Tensor, Any], tuple[Tensor, Any]]
"""Reads one more symbol of each of B sequences, ids (B,), and gives their next logits
(B, V) and state.
"""


def distribution(
    logits: Tensor,
    temperature: float = 1.0,
    k: int | None = None,
    p: float | None = None,
) -> Tensor:
    """The probabilities (…, V) in float64 from which the next symbol is drawn, of
    logits (…, V).

    In this order: the logits are divided by the temperature, where 0 is greedy and
    leaves the most probable symbol alone (the first one, of several); all but the ``k``
    most probable are ruled out; and all but the nucleus, the fewest most probable
    symbols that hold a share of at least ``p`` of what is left. Logits of −∞ stay ruled
    out. Two logits that differ by less than float64 shows once the largest is taken off
    are as good as equal: of them, too, the first one comes first.

    Raises ValueError if the temperature is negative, infinite or not a number, k is no
    whole number from 1 on, p is not in 0 < p ≤ 1, or a row of logits has no largest
    entry (it is empty, all −∞, or has one that is not a number).
    """
    number("temperature", temperature, least=0)
    if k is not None:
        whole("k", k)
    if p is not None and not 0 < p <= 1:
        raise ValueError(f"a nucleus of {p}: expected a share above 0, up to 1")
    logits = torch.as_tensor(logits).double()
    if not logits.shape[-1] or not logits.amax(-1).isfinite().all():
        raise ValueError(
            "logits without a finite largest entry: expected numbers, at least one of them above −∞"
        )
    if temperature == 0:
        temperature, k = 1.0, 1
    # shifted first, so that a temperature near 0 cannot overflow
    scaled = (logits - logits.amax(-1, keepdim=True)) / temperature
    scaled, order = scaled.sort(dim=-1, descending=True, stable=True)  # (…, V)
    sorted_p = scaled.softmax(-1)
    if k is not None:
        sorted_p[..., k:] = 0
        sorted_p /= sorted_p.sum(-1, keepdim=True)
    if p is not None and p < 1:
        before = sorted_p.cumsum(-1) - sorted_p  # what the more probable ones hold
        sorted_p[before >= p] = 0
        sorted_p /= sorted_p.sum(-1, keepdim=True)
    return torch.zeros_like(sorted_p).scatter(-1, order, sorted_p)


ROTATIONS = (13, 15, 26, 6), (17, 29, 16, 24)
"""How far Threefry turns the second of two words of 32 bits, in each of four rounds,
and in the four after them.
"""


def _threefry(
    key: tuple[ArrayLike, ArrayLike], counter: tuple[ArrayLike, ArrayLike]
) -> tuple[ndarray, ndarray]:
    """Threefry-2x32 in 20 rounds: two random words of 32 bits for a key and a counter
    of two such words each.
    """
    a, b = (np.array(word, np.uint32, ndmin=1) for word in key)
    keys = a, b, a ^ b ^ np.uint32(0x1BD11BDA)
    x, y = (np.array(word, np.uint32, ndmin=1) for word in counter)
    x, y = x + a, y + b
    for block in range(1, 6):
        for turn in ROTATIONS[(block - 1) % 2]:
            x = x + y
            y = (y << np.uint32(turn) | y >> np.uint32(32 - turn)) ^ x
        x = x + keys[block % 3]
        y = y + keys[(block + 1) % 3] + np.uint32(block)
    return x, y


def uniform(seed: int, sequences: int, steps: int) -> ndarray:
    """Uniform numbers in 0 ≤ u < 1, float64 (sequences, steps), each a multiple of
    2⁻⁵³.

    Each is a function of the seed, the sequence's number and the step, whatever the
    numbers of both. Raises ValueError for a seed that is no whole number from 0 to 2⁶⁴
    − 1, or if a size is negative.
    """
    whole("seed", seed, 0, 2**64 - 1)
    whole("sequences", sequences, 0)
    whole("steps", steps, 0)
    counter = np.arange(sequences)[:, None], np.arange(steps)
    high, low = _threefry((seed & 0xFFFFFFFF, seed >> 32), counter)
    return ((high >> np.uint32(5)) * 2.0**26 + (low >> np.uint32(6))) / 2.0**53


def inverse(q: ndarray, u: ndarray) -> ndarray:
    """The symbols (…) at which the running sums of distributions q (…, V) first exceed
    uniform numbers u (…).

    Where rounding leaves the whole sum below u, it is the last symbol that has a
    probability.
    """
    sums = np.cumsum(q, axis=-1)
    last = np.where(q > 0, np.arange(q.shape[-1]), 0).max(-1)
    return np.minimum((sums <= u[..., None]).sum(-1), last)


class Sampled(NamedTuple):
    """Sequences as they were drawn, without what they were begun with and without the
    end symbol.

    ``ended`` says of each whether its end was drawn; one that did not end was stopped
    at the longest length allowed.
    """

    ids: list[list[int]]
    ended: list[bool]


@torch.no_grad()
def sample(
    step: Step,
    state: Any,
    first: Tensor,
    end: int | None,
    longest: int,
    seed: int,
    temperature: float = 1.0,
    k: int | None = None,
    p: float | None = None,
) -> Sampled:
    """Draw B sequences symbol by symbol, each until the ``end`` symbol (None where
    there is none), or ``longest``.

    ``first`` (B,) is what each sequence begins with, such as the start symbol;
    ``state`` is the state before it. How the next symbol is drawn from the logits is
    said by :func:`distribution` and :func:`inverse`, from the numbers of
    :func:`uniform`. Raises ValueError if ``longest`` is negative, or one of these
    refuses a setting.
    """
    whole("longest", longest, 0)
    ids, u = first, uniform(seed, len(first), longest + 1)
    drawn = torch.empty(len(first), longest, dtype=torch.long)  # (B, longest)
    running = torch.ones(len(first), dtype=torch.bool)
    lengths = torch.zeros(len(first), dtype=torch.long)
    for t in range(longest if end is None else longest + 1):
        logits, state = step(ids, state)
        q = distribution(logits, temperature, k, p)
        ids = torch.from_numpy(inverse(q.cpu().numpy(), u[:, t])).to(first)
        if end is not None:
            running &= ids != end
        if t == longest or not running.any():
            break
        drawn[:, t] = ids
        lengths += running
    texts = [row[:n].tolist() for row, n in zip(drawn, lengths, strict=True)]
    return Sampled(texts, (~running).tolist())
