"""From logits to symbols: greedy, temperature, top-k and nucleus, and the loop that writes a sequence.

Sources: temperature, Ackley, Hinton & Sejnowski 1985; top-k, Fan, Lewis & Dauphin 2018; nucleus, Holtzman et al. 2020.
Left out: beam search, which looks for a probable sequence and does not sample.
"""

__all__ = ["Step", "distribution", "Sampled", "sample"]

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from unrolled.data.demand import number, whole

Step = Callable[[Tensor, Any], tuple[Tensor, Any]]
"""Reads one more symbol of each of B sequences, ids (B,), and gives their next logits (B, V) and state."""


def distribution(
    logits: Tensor,
    temperature: float = 1.0,
    k: int | None = None,
    p: float | None = None,
) -> Tensor:
    """The probabilities (…, V) in float64 from which the next symbol is drawn, of logits (…, V).

    In this order: the logits are divided by the temperature, where 0 is greedy and leaves the most probable symbol
    alone (the first one, of several); all but the ``k`` most probable are ruled out; and all but the nucleus, the
    fewest most probable symbols that hold a share of at least ``p`` of what is left. Logits of −∞ stay ruled out. Two
    logits that differ by less than float64 shows once the largest is taken off are as good as equal: of them, too, the
    first one comes first.

    Raises ValueError if the temperature is negative, infinite or not a number, k is no whole number from 1 on, p is not
    in 0 < p ≤ 1, or a row of logits has no largest entry (it is empty, all −∞, or has one that is not a number).
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


class Sampled(NamedTuple):
    """Sequences as they were drawn, without what they were begun with and without the end symbol.

    ``ended`` says of each whether its end was drawn; one that did not end was stopped at the longest length allowed.
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
    generator: torch.Generator,
    temperature: float = 1.0,
    k: int | None = None,
    p: float | None = None,
) -> Sampled:
    """Draw B sequences symbol by symbol, each until the ``end`` symbol (None where there is none), or ``longest``.

    ``first`` (B,) is what each sequence begins with, such as the start symbol; ``state`` is the state before it. How
    the next symbol is drawn from the logits is said by :func:`distribution`. Raises ValueError if ``longest`` is
    negative, or :func:`distribution` refuses a setting.
    """
    whole("longest", longest, 0)
    ids = first
    drawn = torch.empty(len(first), longest, dtype=torch.long)  # (B, longest)
    running = torch.ones(len(first), dtype=torch.bool)
    lengths = torch.zeros(len(first), dtype=torch.long)
    for t in range(longest if end is None else longest + 1):
        logits, state = step(ids, state)
        ids = torch.multinomial(
            distribution(logits, temperature, k, p).cpu(), 1, generator=generator
        )[:, 0]
        if end is not None:
            running &= ids != end
        if t == longest or not running.any():
            break
        drawn[:, t] = ids
        lengths += running
    texts = [row[:n].tolist() for row, n in zip(drawn, lengths, strict=True)]
    return Sampled(texts, (~running).tolist())
