"""Ways to generate: the article's, which reads a window again and again, and one that
carries the state on.
"""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from unrolled.data.demand import whole
from unrolled.learning.training import demand_weights, evaluating
from unrolled.pages.lstm.network import State, TextLSTM, demand_symbols

Choice = Callable[[Tensor], int]
"""How the next symbol is chosen from its logits (V,)."""


def argmax(logits: Tensor) -> int:
    """The article's choice, which is the most probable symbol."""
    return int(logits.argmax())


def by_window(
    net: TextLSTM, prompt: Sequence[int], length: int, choose: Choice = argmax
) -> list[int]:
    """As the article generates: read the last T symbols from a state of zero, for each
    new symbol all of them again.
    """
    ids = demand_prompt(net.V, prompt, length)
    with evaluating(net):
        for _ in range(length):
            logits, _ = net(torch.tensor([ids[-net.design.window :]]), None, True)
            ids.append(choose(without_unwritable(logits[0, 0])))
    return ids[len(prompt) :]


def by_state(
    net: TextLSTM, prompt: Sequence[int], length: int, choose: Choice = argmax
) -> list[int]:
    """The same with the state carried on: each symbol is read once."""
    whole("length", length, 0)
    step, (last, state), ids = stepper(net), begin(net, prompt), []
    for _ in range(length):
        logits, state = step(last, state)
        ids.append(choose(logits[0]))
        last = torch.tensor(ids[-1:])
    return ids


def demand_prompt(V: int, prompt: Sequence[int], length: int = 0) -> list[int]:
    """The ids of a prompt as a list; raises ValueError if it is empty, not of V
    symbols, or the length is negative.
    """
    whole("length", length, 0)
    demand_symbols(V, prompt)
    if not len(prompt):
        raise ValueError("the prompt is empty; give at least one symbol")
    return [int(symbol) for symbol in prompt]


def without_unwritable(logits: Tensor) -> Tensor:
    """Logits (…, V) with those of ``<pad>`` and ``<unk>``, which cannot be written, at
    −∞.
    """
    logits[..., :2] = -math.inf
    return logits


def stepper(net: TextLSTM) -> Callable[[Tensor, State], tuple[Tensor, State]]:
    """The network as a step for :func:`~unrolled.learning.sampling.sample`: ids (B,)
    and a state to logits (B, V) and a state.
    """
    demand_weights(net)

    def step(ids: Tensor, state: State) -> tuple[Tensor, State]:
        with evaluating(net, checked=True):
            logits, state = net(ids[:, None], state)
        return without_unwritable(logits[:, 0]), state

    return step


def begin(
    net: TextLSTM, prompt: Sequence[int], B: int = 1
) -> tuple[Tensor, State | None]:
    """The last symbol of a prompt (B,) and the state before it, the same for B texts,
    for :func:`stepper`.
    """
    ids = torch.tensor([demand_prompt(net.V, prompt)]).expand(whole("B", B), -1)
    state = None
    if len(prompt) > 1:
        with evaluating(net):
            _, state = net(ids[:, :-1], None, True)
    return ids[:, -1], state
