"""*Generating names*, measured: the tutorial's method, a count model, LSTMs alone and in pairs; what size buys.

Bits per character of the names, given the language and the first letter. All is chosen on dev: the order of the count
model, its share in a blend, and every step size, which is doubled and halved from a first guess, with one seed, until
the best stands inside what was tried. What was chosen has five seeds, and the test part is opened for that alone.

The sweep compares a vanilla network with an LSTM, at three widths, at equal steps and at equal multiply-adds, on both
sets of names. The pair of networks has a control: one network, trained for twice the steps. A rule picks one of the
two, by dev. Picked network and counts are blended. Further splits of the originals, by other salts, are for these.

Needs the originals (``make data``). CPU minutes of one core, from the seconds of single runs: the step sizes of the
sweep 33 and its networks 37, the step sizes of the single networks 18, pairs and controls 37, the three other splits
11, the tutorial's networks 8, the speeds 2, judging 3: about 150.

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
from unrolled.data.names import Name
from unrolled.data.vocabulary import Vocabulary
from unrolled.learning import ngrams
from unrolled.pages import generation
from unrolled.pages.generation import Committee, Encoded, NameNetwork, TutorialRNN

LETTERS = Vocabulary(names.ALPHABET, start=True, end=True)
V, NEVER = len(LETTERS), (LETTERS.pad, LETTERS.start)
LOADERS = {"originals": names.tutorial, "embedded": names.embedded}
SEEDS = range(1, 6)
PUBLISHED = "2024"
SALTS = ("2025", "2026", "2027")
"""Of the other splits."""
TUTORIAL_STEPS = 100_000
MEMBER = {"d": 208, "steps": 2300}
"""Width and steps of a network of a pair; the control has twice the steps. Chosen on the dev part of the originals."""
CELLS = {"rnn": nn.RNN, "lstm": nn.LSTM}
WIDTHS = (64, 128, 256)
STEPS = 1000
"""Of every network of the sweep at equal steps; at equal multiply-adds, of the LSTM of width 128."""
FIRST_GUESS = 8e-3
"""The first step size that is tried."""
SHARES = [k / 20 for k in range(21)]
"""Of the counts in a blend: from none to all."""


class Task(NamedTuple):
    """A set of names in its parts."""

    languages: list[str]
    parts: record.Parts

    def encoded(self, part: list[Name]) -> Encoded:
        """A part as tensors."""
        return generation.encode(part, LETTERS, self.languages)


@functools.cache
def task(data: str, salt: str = PUBLISHED) -> Task:
    """The task on the originals or on the embedded names, in a split."""
    everything = LOADERS[data]()
    parts = record.Parts("generation", names.split(everything, salt=salt))
    return Task(list(names.languages(everything)), parts)


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


class Trained(NamedTuple):
    """A network and its CPU seconds."""

    model: nn.Module
    seconds: float


@functools.cache
def trained(data: str, salt: str, cell: str, d: int, steps: int, learning_rate: float, seed: int) -> Trained:
    """A network, trained as on the page but for its settings, or taken from an earlier call."""
    names_ = task(data, salt)
    train, dev = map(names_.encoded, (names_.parts.train, names_.parts.dev))
    torch.manual_seed(seed)
    model = NameNetwork(V, len(names_.languages), d, CELLS[cell], NEVER)
    # it is judged rarely, since judging takes time too
    settings = {"steps": steps, "learning_rate": learning_rate, "every": steps // 4}
    _, seconds = record.timed(lambda: generation.train(model, train, dev, seed=seed, **settings))
    return Trained(model, seconds)


# What each comes to

Given = list[ndarray]
"""What a model gives to the symbols after the first letter, (T_i,) for each name, in nats."""


def of_network(model: nn.Module, part: Encoded) -> Given:
    """What a network gives to a part."""
    return generation.log_probabilities(model, part, first=1)


def framed(part: Encoded) -> tuple[list[list[int]], list[int]]:
    """The names as lists of ids, framed, and their languages."""
    lengths = part.lengths.tolist()
    return [ids[:length].tolist() for ids, length in zip(part.ids, lengths, strict=True)], part.languages.tolist()


@functools.cache
def counted(data: str, salt: str) -> tuple[ngrams.Ngrams, float]:
    """The count model of the order that is best on dev, and the CPU seconds of fitting it."""
    names_ = task(data, salt)
    (train, groups), (dev, of_dev) = (framed(names_.encoded(x)) for x in (names_.parts.train, names_.parts.dev))
    best = ngrams.of_best_order(train, dev, V, NEVER, (groups, of_dev))
    _, seconds = record.timed(lambda: ngrams.Ngrams(best.order, V, NEVER).fit(train, groups))
    return best, seconds


def of_counts(data: str, salt: str, part: Encoded) -> Given:
    """What the count model gives to a part."""
    model, _ = counted(data, salt)
    return [one[1:] for one in model.log_probabilities(*framed(part))]


def bits(part: Encoded, given: Given) -> dict:
    """Bits per character of letters 2 to the end of the name."""
    return generation.bits(given, part.languages)._asdict()


def judged(data: str, labels: record.Labels, given: Callable[[Encoded], Given], salt: str = PUBLISHED) -> dict:
    """What a model comes to on dev and on test."""
    names_ = task(data, salt)
    parts = {"dev": names_.parts.dev, "test": names_.parts.test(labels)}
    encoded = {name: names_.encoded(part) for name, part in parts.items()}
    return {name: bits(part, given(part)) for name, part in encoded.items()}


def ngram(data: str) -> dict:
    """The count model, which has no seed."""
    model, seconds = counted(data, PUBLISHED)
    labels = {"system": "ngram", "data": data}
    found = judged(data, labels, functools.partial(of_counts, data, PUBLISHED))
    return {"order": model.order, "seconds": seconds, **found}


def tutorial(data: str, seed: int) -> dict:
    """The tutorial's network, trained by its method for as many steps as there."""
    names_ = task(data)
    train = names_.encoded(names_.parts.train)
    torch.manual_seed(seed)
    model = TutorialRNN(V, len(names_.languages))

    def fitted() -> None:
        steps = tutorial_steps(model, train, random.Random(seed))
        for _ in range(TUTORIAL_STEPS):
            next(steps)

    _, seconds = record.timed(fitted)
    labels = {"system": "tutorial", "data": data, "seed": seed}
    return {"seconds": seconds, **judged(data, labels, functools.partial(of_network, model))}


# A step size for each


def choice(data: str, cell: str, d: int, steps: int, learning_rate: float) -> dict:
    """A network that a step size is chosen by: what it comes to on dev alone."""
    model, seconds = trained(data, PUBLISHED, cell, d, steps, learning_rate, SEEDS[0])
    names_ = task(data)
    dev = names_.encoded(names_.parts.dev)
    return {"seconds": seconds, "dev": bits(dev, of_network(model, dev))}


def tried(found: record.Find, guess: float, **network: object) -> dict[float, float]:
    """The bits on dev by step size: of a guess, its half and its double, and so on until the best stands inside."""
    reached: dict[float, float] = {}
    best = guess
    while missing := [rate for rate in (best, best / 2, best * 2) if rate not in reached]:
        for rate in missing:
            reached[rate] = found({"system": "choice", **network, "learning_rate": rate})["dev"]["all"]
        best = min(reached, key=reached.get)
    return reached


# Size and cell


def equal_cost_steps(cell: str, d: int) -> int:
    """As many steps as have the multiply-adds of those of the LSTM of width 128, in hundreds."""
    # how many languages there are does not matter to them
    one, other = (NameNetwork(V, 1, width, CELLS[kind], NEVER) for kind, width in (("lstm", 128), (cell, d)))
    return max(100, 100 * round(STEPS * generation.multiply_adds(one) / generation.multiply_adds(other) / 100))


def sweep(data: str, cell: str, d: int, steps: int, learning_rate: float, seed: int) -> dict:
    """A network of the sweep, with the step size that was chosen; what it comes to on some training names, too."""
    names_ = task(data)
    model, seconds = trained(data, PUBLISHED, cell, d, steps, learning_rate, seed)
    labels = {"system": "sweep", "data": data, "cell": cell, "d": d, "steps": steps, "seed": seed}
    found = judged(data, labels, functools.partial(of_network, model))
    known = names_.encoded(names_.parts.train[:: len(names_.parts.train) // len(names_.parts.dev)])
    found["train"] = bits(known, of_network(model, known))
    weights = sum(weight.numel() for weight in model.parameters())
    return {"seconds": seconds, **found, "weights": weights, "multiply_adds": generation.multiply_adds(model)}


# A pair, or one that is trained for longer


def committee(data: str, seed: int, rate: float, longer_rate: float, salt: str = PUBLISHED) -> dict:
    """A pair of networks; one of the two; one network of the pair's cost; and what dev picks, blended with the counts.

    Of the pair and the one that is trained for longer, dev picks the better; then the share of the counts.
    """
    labels = {"system": "committee", "data": data, "seed": seed, "salt": salt}
    d, steps = MEMBER.values()
    seeds = [2 * seed, 2 * seed + 1]
    members = [trained(data, salt, "lstm", d, steps, rate, one) for one in seeds]
    longer = trained(data, salt, "lstm", d, 2 * steps, longer_rate, seeds[0])
    networks = {
        "member": members[0],
        "pair": Trained(Committee([one.model for one in members]), sum(one.seconds for one in members)),
        "longer": longer,
    }
    names_ = task(data, salt)
    dev, test = map(names_.encoded, (names_.parts.dev, names_.parts.test(labels)))
    given = {name: [of_network(one.model, part) for part in (dev, test)] for name, one in networks.items()}
    found = {
        name: {"seconds": one.seconds, "dev": bits(dev, given[name][0]), "test": bits(test, given[name][1])}
        for name, one in networks.items()
    }
    picked = min(("pair", "longer"), key=lambda name: found[name]["dev"]["all"])
    counts = [of_counts(data, salt, part) for part in (dev, test)]

    def blended(k: int, share: float) -> Given:
        """The picked network's probabilities on dev (k = 0) or test (1), and a share of those of the counts."""
        with np.errstate(divide="ignore"):  # a share of none, or of all
            logs = np.log(1 - share), np.log(share)
        return [np.logaddexp(logs[0] + a, logs[1] + b) for a, b in zip(given[picked][k], counts[k], strict=True)]

    share = min(SHARES, key=lambda share: bits(dev, blended(0, share))["all"])
    model, more = counted(data, salt)
    blend = {"dev": bits(dev, blended(0, share)), "test": bits(test, blended(1, share))}
    return {
        **found.pop("pair"),
        **found,
        "picked": picked,
        "counts": {"order": model.order, "dev": bits(dev, counts[0]), "test": bits(test, counts[1])},
        "blend": {"share": share, "seconds": networks[picked].seconds + more, **blend},
    }


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
    names_ = task("originals")
    train = names_.encoded(names_.parts.train)
    C, threads = len(names_.languages), torch.get_num_threads()

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


SYSTEMS = {
    "ngram": ngram,
    "choice": choice,
    "sweep": sweep,
    "committee": committee,
    "other split": committee,
    "tutorial": tutorial,
}


def run(system: str, **where: object) -> dict:
    """What a system comes to."""
    return SYSTEMS[system](**where)


def chosen(found: record.Find, guess: float, **network: object) -> tuple[float, list[record.Labels]]:
    """The step size of a network, and the labels of the runs that it was chosen by."""
    reached = tried(found, guess, **network)
    labels = [{"system": "choice", **network, "learning_rate": rate} for rate in reached]
    return min(reached, key=reached.get), labels


def runs(found: record.Find) -> Iterator[record.Labels]:
    """The count models, the sweep, pairs and controls, and the tutorial's networks."""
    for data in LOADERS:
        yield {"system": "ngram", "data": data}
    for data, cell in itertools.product(LOADERS, CELLS):
        guess = FIRST_GUESS
        for d in WIDTHS:
            for steps in sorted({STEPS, equal_cost_steps(cell, d)}):
                network = {"data": data, "cell": cell, "d": d, "steps": steps}
                guess, labels = chosen(found, guess, **network)
                yield from labels
                for seed in SEEDS:
                    yield {"system": "sweep", **network, "learning_rate": guess, "seed": seed}
    for data in LOADERS:
        rates, guess = {}, FIRST_GUESS
        for entry, times in {"rate": 1, "longer_rate": 2}.items():
            network = {"data": data, "cell": "lstm", "d": MEMBER["d"], "steps": times * MEMBER["steps"]}
            rates[entry], labels = chosen(found, guess, **network)
            guess = rates[entry]
            yield from labels
        for seed in SEEDS:
            yield {"system": "committee", "data": data, "seed": seed, **rates}
        if data == "originals":
            for salt in SALTS:
                yield {"system": "other split", "data": data, "salt": salt, "seed": SEEDS[0], **rates}
    for data, seed in (("originals", 1), ("originals", 2), ("embedded", 1)):
        yield {"system": "tutorial", "data": data, "seed": seed}


def kind(run: record.Labels) -> tuple[str, ...] | None:
    """Runs of other sizes, step sizes, splits and seeds are of one kind."""
    if run["system"] == "choice":
        return None
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
