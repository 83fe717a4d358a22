"""*Generating names*, measured: the tutorial's method, a count model, LSTMs alone and in pairs; what size buys.

Bits per character of the dev and test names, given the language and the first letter, on both sets of names; and a
sweep over cells and widths on the embedded names, at equal steps and at equal multiply-adds. One thread. Needs the
originals (``make data``); takes about an hour.

To confirm, the count model is fitted to both sets, and of each other system, and each cell of the sweep, the first run
is made: the smallest width, the first seed. The speeds are a clock's.
"""

import functools
import itertools
import os
import random
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import torch
from numpy import ndarray
from torch import nn
from torch.nn import functional as F

import record
from unrolled.data import names
from unrolled.data.vocabulary import Vocabulary
from unrolled.learning.ngrams import Ngrams
from unrolled.pages import generation
from unrolled.pages.generation import Committee, Encoded, NameNetwork, TutorialRNN

LETTERS = Vocabulary(names.ALPHABET, start=True, end=True)
V, NEVER = len(LETTERS), (LETTERS.pad, LETTERS.start)
LOADERS = {"originals": names.tutorial, "embedded": names.embedded}
SEEDS = {"committee": (1, 2, 3), "sweep": (1, 2, 3), "tutorial": (1, 2)}
TUTORIAL_STEPS = 100_000
MEMBER = {"d": 208, "steps": 2300}
MEMBERS = 2
LEARNING_RATE = 5e-3
"""These settings were chosen on the dev part of the originals."""
CELLS = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
WIDTHS = (64, 128, 256)
STEPS = 1000
"""Of every network of the sweep at equal steps; at equal multiply-adds, of the LSTM of width 128."""


class Task(NamedTuple):
    """A set of names, split, as tensors."""

    languages: list[str]
    parts: list[Encoded]


@functools.cache
def task(data: str) -> Task:
    """The task on the originals or on the embedded names."""
    everything = LOADERS[data]()
    languages = list(names.languages(everything))
    split = names.split(everything)
    return Task(languages, [generation.encode(part, LETTERS, languages) for part in split])


# Ways to train


def tutorial_steps(model: nn.Module, part: Encoded, rng: random.Random) -> Iterator[int]:
    """The tutorial's training, step by step without end: how many symbols each step predicted.

    A language is drawn, each alike, and a name of it, which goes through the network letter by letter; the losses of
    its letters after the first and of its end are added up, and the weights make a step of plain gradient descent.
    """
    groups = [(part.languages == k).nonzero()[:, 0] for k in part.languages.unique()]
    model.train()
    while True:
        group = groups[rng.randrange(len(groups))]
        i = int(group[rng.randrange(len(group))])
        language, ids = part.languages[i : i + 1], part.ids[i, 1 : part.lengths[i]]
        model.zero_grad()
        state, loss = None, torch.zeros(())
        for x, y in zip(ids[:-1].split(1), ids[1:].split(1), strict=True):
            s, state = model.step(x, language, state)
            loss = loss + F.nll_loss(F.log_softmax(s, dim=1), y)
        loss.backward()
        with torch.no_grad():
            for weight in model.parameters():
                weight.sub_(weight.grad, alpha=5e-4)
        yield len(ids) - 1


def lstm(data: str, seed: int, d: int, steps: int) -> NameNetwork:
    """An LSTM, trained as on the page but for its settings."""
    languages, (train, dev, _) = task(data)
    torch.manual_seed(seed)
    model = NameNetwork(V, len(languages), d, never=NEVER)
    # it is judged rarely, since judging takes time too
    settings = {"steps": steps, "learning_rate": LEARNING_RATE, "every": steps // 4}
    generation.train(model, train, dev, seed=seed, **settings)
    return model


# What each comes to


def judged(data: str, log_p: list[list[ndarray]]) -> dict:
    """Bits per character on dev and test, of letters 2 to the end of the name."""
    found = {}
    for name, given, part in zip(("dev", "test"), log_p, task(data).parts[1:], strict=True):
        found[name] = generation.bits(given, part.languages)._asdict()
    return found


def of_network(data: str, model: nn.Module) -> list[list[ndarray]]:
    """What a network gives to the symbols after the first letter, on dev and test."""
    parts = task(data).parts[1:]
    return [generation.log_probabilities(model, part, first=1) for part in parts]


def sequences(part: Encoded) -> list[list[int]]:
    """The names as lists of ids, framed."""
    return [ids[:length].tolist() for ids, length in zip(part.ids, part.lengths.tolist(), strict=True)]


def counted(data: str, smoothing: str) -> tuple[float, list[list[ndarray]]]:
    """The CPU seconds of fitting the 6-gram, and what it gives to the symbols after the first letter."""
    train, *parts = task(data).parts
    model = Ngrams(6, V, never=NEVER, smoothing=smoothing)
    ids, languages = sequences(train), train.languages.tolist()
    _, seconds = record.timed(lambda: model.fit(ids, languages))
    found = []
    for part in parts:
        log_p = model.log_probabilities(sequences(part), part.languages.tolist())
        found.append([one[1:] for one in log_p])
    return seconds, found


@functools.cache
def best_counted(data: str) -> tuple[str, float, list[list[ndarray]]]:
    """The 6-gram under the smoothing that does best on dev."""
    tried = {how: counted(data, how) for how in ("kneser-ney", "witten-bell")}
    best = min(tried, key=lambda how: judged(data, tried[how][1])["dev"]["all"])
    return best, *tried[best]


def ngram(data: str) -> dict:
    """The count model, which has no seed."""
    how, seconds, log_p = best_counted(data)
    return {"smoothing": how, "seconds": seconds, **judged(data, log_p)}


def trained(data: str, train: Callable[[], nn.Module]) -> tuple[nn.Module, dict]:
    """A trained network, with its CPU seconds and what it comes to."""
    model, seconds = record.timed(train)
    return model, {"seconds": seconds, **judged(data, of_network(data, model))}


def tutorial(data: str, seed: int) -> dict:
    """The tutorial's network, trained by its method for as many steps as there."""
    languages, (train, *_) = task(data)
    torch.manual_seed(seed)

    def fitted() -> TutorialRNN:
        model = TutorialRNN(V, len(languages))
        steps = tutorial_steps(model, train, random.Random(seed))
        for _ in range(TUTORIAL_STEPS):
            next(steps)
        return model

    return trained(data, fitted)[1]


def committee(data: str, seed: int) -> dict:
    """A committee; what one of its members comes to; and its blend with the counts, of a share chosen on dev."""
    seeds = [MEMBERS * seed + k for k in range(MEMBERS)]
    model, found = trained(data, lambda: Committee([lstm(data, one, **MEMBER) for one in seeds]))
    own = of_network(data, model)
    _, more, counts = best_counted(data)

    def blended(share: float) -> dict:
        both = [
            [np.logaddexp(np.log(1 - share) + a, np.log(share) + b) for a, b in zip(mine, theirs, strict=True)]
            for mine, theirs in zip(own, counts, strict=True)
        ]
        return {"share": share, **judged(data, both)}

    blends = map(blended, (0.1, 0.2, 0.3, 0.4, 0.5))
    best = min(blends, key=lambda run: run["dev"]["all"])
    return {
        **found,
        "member": {**judged(data, of_network(data, model.members[0])), "seconds": found["seconds"] / MEMBERS},
        "blend": {**best, "seconds": found["seconds"] + more},
    }


# Size and cell


def sweep_network(cell: str, d: int, C: int) -> NameNetwork:
    """A network of the sweep."""
    return NameNetwork(V, C, d, CELLS[cell], NEVER)


def equal_cost_steps(cell: str, d: int, C: int) -> int:
    """As many steps as have the multiply-adds of those of the LSTM of width 128, in hundreds."""
    one = generation.multiply_adds(sweep_network("lstm", 128, C))
    other = generation.multiply_adds(sweep_network(cell, d, C))
    return max(100, 100 * round(STEPS * one / other / 100))


def sweep(cell: str, d: int, steps: int, data: str, seed: int) -> dict:
    """A network of the sweep, trained as on the page."""
    languages, (train, dev, _) = task(data)
    torch.manual_seed(seed)
    model = sweep_network(cell, d, len(languages))

    def fitted() -> nn.Module:
        generation.train(model, train, dev, steps=steps, seed=seed)
        return model

    _, found = trained(data, fitted)
    weights = sum(weight.numel() for weight in model.parameters())
    cost = generation.multiply_adds(model)
    return {**found, "weights": weights, "multiply_adds": cost}


# Speed


def batched_steps(model: nn.Module, part: Encoded, batch: int = 128) -> Iterator[int]:
    """Steps of the page's training in minibatches, without end: how many symbols each predicted."""
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    model.train()
    for chosen in generation.batches_by_length(part.lengths, batch, seed=1):
        some = part.batch(chosen)
        optimiser.zero_grad()
        generation.mean_loss(model, some).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        yield int((some.targets != 0).sum())


def speeds() -> dict[str, float]:
    """Predicted symbols per CPU second in training, all ways in turns: the median of five turns of two seconds each.

    One thread, but for the tutorial as it comes, which lets PyTorch take one for each core.
    """
    languages, (train, *_) = task("originals")
    C, threads = len(languages), torch.get_num_threads()

    def network(layer: type, d: int, batch: int = 128) -> Iterator[int]:
        return batched_steps(NameNetwork(V, C, d, layer, NEVER), train, batch)

    def as_it_comes() -> Iterator[int]:
        return tutorial_steps(TutorialRNN(V, C), train, random.Random(1))

    ways = {
        "tutorial, a thread for each core": as_it_comes(),
        "tutorial": as_it_comes(),
        "tutorial's network, batched": batched_steps(TutorialRNN(V, C), train),
        "vanilla, d = 128": network(nn.RNN, 128),
        "GRU, d = 128": network(nn.GRU, 128),
        "LSTM, d = 128": network(nn.LSTM, 128),
        "LSTM, d = 128, batches of 512": network(nn.LSTM, 128, 512),
        f"LSTM, d = {MEMBER['d']}": network(nn.LSTM, MEMBER["d"]),
    }

    def step(way: str) -> int:
        torch.set_num_threads(os.cpu_count() if "core" in way else threads)
        return next(ways[way])

    for steps in ways.values():  # the first step prepares
        next(steps)
    return record.rates({way: functools.partial(step, way) for way in ways}, least=2)


# All of it


SYSTEMS = {"ngram": ngram, "sweep": sweep, "committee": committee, "tutorial": tutorial}


def run(system: str, **where: object) -> dict:
    """What a system comes to."""
    return SYSTEMS[system](**where)


def runs(_: record.Find) -> Iterator[record.Labels]:
    """The count models, the sweep, the committees and the tutorial's networks."""
    for data in LOADERS:
        yield {"system": "ngram", "data": data}
    C = len(task("embedded").languages)
    for seed, cell, d in itertools.product(SEEDS["sweep"], CELLS, WIDTHS):
        for steps in sorted({STEPS, equal_cost_steps(cell, d, C)}):
            yield {"system": "sweep", "cell": cell, "d": d, "steps": steps, "data": "embedded", "seed": seed}
    for system in ("committee", "tutorial"):
        for seed in SEEDS[system]:
            yield from ({"system": system, "data": data, "seed": seed} for data in LOADERS)


def kind(run: record.Labels) -> tuple[str, ...]:
    """Runs of other sizes and seeds are of one kind."""
    of_counts = run["system"] == "ngram"
    return run["system"], run["data"] if of_counts else run.get("cell", "")


MEASUREMENT = record.Measurement(
    "generation",
    run,
    runs,
    kind,
    settings=lambda: {"sweep steps": STEPS, "tutorial steps": TUTORIAL_STEPS, "member": MEMBER},
    clocks={"speeds": speeds},
)
