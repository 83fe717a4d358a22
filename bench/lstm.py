"""*Text generation with an LSTM*, measured: the article's way, count models and language models, side by side.

On *Alice* and on the embedded news, lower-cased. Settings, and the weight of a blend, were chosen on the dev part (80
to 90 % of a text) by models trained on the first 80 %; what is scored on the test part (the last 10 %), once for each
model and seed, was trained on the first 90 %. Every model predicts every character of a part, with the same alphabet.

A budget of 60 or 300 seconds is a number of steps: as many as two threads on two idle cores make in that time, which is
measured too. The runs themselves are on one thread, and their CPU seconds are written down. Needs the originals
(``make data``); takes about two hours.

To confirm, the count models are fitted again, and each variant and the design for 60 seconds are trained again, on one
text from one seed. The design for 300 seconds, which is larger, and the article's, whose choices are one of the
variants, are not trained again. The speeds are a clock's.
"""

import functools
import itertools
import os
import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

import record
from unrolled.data import texts
from unrolled.learning.ngrams import Ngrams
from unrolled.pages import lstm
from unrolled.pages.lstm import ARTICLE, Corpus, Design, TextLSTM

SEEDS = range(1, 4)
CHOSEN_SEED = 1
TEXTS = {"originals": texts.alice, "embedded": texts.news}

MINUTE = Design(learning_rate=8e-3, dropout=0.4)
FIVE = Design(width=320, learning_rate=7e-3, dropout=0.5, recurrent_dropout=0.4)
ALICE = {"article": ARTICLE, "60 s": MINUTE, "300 s": FIVE}
# more than twice the text, so fewer passes over it, and less need to be held back from learning it by heart
NEWS = ALICE | {
    "60 s": replace(MINUTE, dropout=0.2, input_dropout=0.0, recurrent_dropout=0.1),
    "300 s": replace(FIVE, dropout=0.3, recurrent_dropout=0.2),
}
DESIGNS = {"originals": ALICE, "embedded": NEWS}
STEPS = {"article": 380, "60 s": 1900, "300 s": 6300}
"""What two threads make in the seconds of the budget, rounded down."""
ORDER = 8
"""Of the n-gram, chosen on dev."""


@functools.cache
def corpus(data: str) -> Corpus:
    """A text as ids."""
    return lstm.encode(TEXTS[data]())


def trained(data: str, design: Design, steps: int, seed: int, end: int, **settings: object) -> tuple[TextLSTM, float]:
    """A network trained on the text up to ``end``, with its CPU seconds. Its last weights are kept."""
    text = corpus(data)
    torch.manual_seed(seed)
    net = TextLSTM(len(text.symbols), design)
    last_is_best = map(float, itertools.count(0, -1))
    ids, best = text.ids[:end], last_is_best.__next__
    _, seconds = record.timed(lambda: lstm.train(net, ids, best, steps, seed, every=steps, **settings))
    return net, seconds


def scored(net: TextLSTM, ids: Tensor, first: int) -> Tensor:
    """−log p of each symbol from ``first`` on, read as in training: with the state carried, or by windows."""
    how = lstm.nats if net.design.carried else lstm.window_nats
    return how(net, ids, first)


def counted(data: str, end: int, part: slice) -> np.ndarray:
    """−log p of the symbols of a part by the n-gram, in nats, fitted to the text up to ``end``."""
    text = corpus(data)

    model = Ngrams(ORDER, len(text.symbols), never=(text.symbols.pad,), smoothing="kneser-ney")
    model.fit([text.ids[:end].tolist()])
    before = ORDER - 1
    ids = text.ids[part.start - before : part.stop].tolist()
    return -model.log_probabilities([ids])[0][before - 1 :]


@functools.cache
def counts(data: str, kind: str) -> tuple[np.ndarray, float]:
    """−log p of the symbols of the dev part (chosen) or the test part (final) by the n-gram, and its CPU seconds."""
    text = corpus(data)
    ends = text.dev, text.test, len(text.ids)
    first, last = ends[:2] if kind == "chosen" else ends[1:]
    return record.timed(lambda: counted(data, first, slice(first, last)))


def blended(lost: np.ndarray, data: str, kind: str, weight: float) -> float:
    """The bits of a network blended with the n-gram."""
    return lstm.bits(lstm.blend((lost, counts(data, kind)[0]), weight))


# Runs


def ngram(data: str) -> dict:
    """The count model, which has no seed."""
    (dev, seconds), (test, _) = counts(data, "chosen"), counts(data, "final")
    return {"dev": lstm.bits(dev), "test": lstm.bits(test), "seconds": seconds}


@functools.cache
def chosen(data: str, system: str, seed: int) -> dict:
    """A network trained on the first 80 %: its bits on dev; the weight of the n-gram beside it that is best there."""
    text = corpus(data)
    net, seconds = trained(data, DESIGNS[data][system], STEPS[system], seed, text.dev)
    lost = scored(net, text.ids[: text.test], text.dev).numpy()
    weights = [round(0.02 * k, 2) for k in range(1, 26)]
    bits = [blended(lost, data, "chosen", weight) for weight in weights]
    return {
        "dev": lstm.bits(lost),
        "seconds": seconds,
        "weight": weights[int(np.argmin(bits))],
        "dev, blended": min(bits),
    }


def final(data: str, system: str, seed: int) -> dict:
    """A network trained on the first 90 %: its bits on test, alone and blended with the n-gram, as chosen on dev."""
    text = corpus(data)
    net, seconds = trained(data, DESIGNS[data][system], STEPS[system], seed, text.test)
    lost = scored(net, text.ids, text.test).numpy()
    weights = sum(weight.numel() for weight in net.parameters())
    found = {"test": lstm.bits(lost), "seconds": seconds, "weights": weights}
    if system != "article":
        weight = chosen(data, system, CHOSEN_SEED)["weight"]
        found["test, blended"] = blended(lost, data, "final", weight)
    return found


# One choice at a time, at the same number of multiplications

BASE = Design(width=128, batch=16, dropout=0.1, input_dropout=0.0, recurrent_dropout=0.0, learning_rate=1e-2)
BASE_STEPS = 1000
SCORED = 14_000
"""Symbols of dev that the variants are scored on."""


def sgd(*arguments: object, **settings: object) -> torch.optim.Optimizer:
    """Gradient descent with momentum."""
    return torch.optim.SGD(*arguments, **settings, momentum=0.9)


VARIANTS: dict[str, dict] = {
    "as it is": {},
    "input: a number": {"inputs": "number"},
    "input: one-hot": {"inputs": "one-hot"},
    "targets: the last alone": {"targets": "last", "carried": False},
    "state: from zero": {"carried": False},
    "window: 16": {"window": 16},
    "window: 256": {"window": 256},
    "width: 64": {"width": 64},
    "width: 256": {"width": 256},
    "layers: 2": {"layers": 2},
    "dropout: 0": {"dropout": 0.0},
    "dropout: 0.5": {"dropout": 0.5},
    "dropout of W: 0.3": {"recurrent_dropout": 0.3},
    "learning rate: 0.001": {"learning_rate": 1e-3},
    "learning rate: 0.03": {"learning_rate": 3e-2},
    "optimiser: SGD": {"learning_rate": 1.0},
    "all as in the article": {
        "inputs": "number",
        "targets": "last",
        "carried": False,
        "window": 100,
        "batch": 128,
        "learning_rate": 1e-3,
    },
}


def predictions(design: Design) -> int:
    """The predictions that a step learns from."""
    return design.batch * (design.window if design.targets == "all" else 1)


def variant_steps(design: Design, V: int) -> int:
    """The steps that cost as many multiplications as the base's."""

    def cost(design: Design) -> float:
        return predictions(design) * lstm.multiply_adds(design, V)

    return round(BASE_STEPS * cost(BASE) / cost(design))


def varied(data: str, name: str, seed: int) -> dict:
    """A variant, trained on the first 80 %, on dev."""
    text = corpus(data)
    design = replace(BASE, **VARIANTS[name])
    steps = variant_steps(design, len(text.symbols))
    optimiser = {"optimiser": sgd} if "SGD" in name else {}
    net, seconds = trained(data, design, steps, seed, text.dev, **optimiser)
    lost = scored(net, text.ids[: text.dev + SCORED], text.dev)
    found = {"dev": lstm.bits(lost), "seconds": seconds, "steps": steps}
    # a scored part needs no more than one position for each of its symbols
    assert len(lost) == SCORED
    return found | {"predictions": steps * predictions(design)}


# Speeds


def training_speeds() -> dict[str, float]:
    """Predictions that are learnt from in a CPU second, one thread."""

    def run(design: Design, steps: int) -> int:
        trained("originals", design, steps, 1, corpus("originals").test)
        return steps * predictions(design)

    return record.rates(
        {"article": lambda: run(ARTICLE, 2), "60 s": lambda: run(MINUTE, 40), "300 s": lambda: run(FIVE, 15)}, 3
    )


def generation_speeds() -> dict[str, float]:
    """Characters generated in a CPU second by one network, one thread: greedy, and drawn from its table."""
    text = corpus("originals")
    torch.manual_seed(1)
    net = TextLSTM(len(text.symbols), replace(MINUTE, window=ARTICLE.window))
    prompt, table = text.ids[: net.design.window].tolist(), lstm.Table(net)
    rng = np.random.default_rng(1)
    ways = {
        "window": lambda: len(lstm.by_window(net, prompt, 100)),
        "state": lambda: len(lstm.by_state(net, prompt, 1000)),
        "table": lambda: len(table.write(prompt, 10_000, rng, 0)),
        "table, drawn": lambda: len(table.write(prompt, 10_000, rng, 1)),
    }
    return record.rates(ways)


def budgets(stretches: int = 10, length: int = 100) -> dict[str, list[float]]:
    """Wall seconds of a training of each design on two threads, at the pace of each of some stretches of its steps.

    Whatever else runs on the machine makes a stretch slower, so the fastest is nearest to two idle cores.
    """
    end = corpus("originals").test

    def seconds(system: str) -> float:
        _, spent = record.timed(lambda: trained("originals", ALICE[system], length, 1, end), time.perf_counter)
        return spent / length * STEPS[system]

    os.environ["OMP_NUM_THREADS"] = "2"
    times = record.turns({system: functools.partial(seconds, system) for system in ("60 s", "300 s")}, stretches)
    os.environ["OMP_NUM_THREADS"] = "1"
    return times


def speeds() -> dict[str, dict]:
    """All that a clock measures."""
    return {"training": training_speeds(), "generation": generation_speeds(), "budgets": budgets()}


# All of it


KINDS = {"ngram": ngram, "chosen": chosen, "varied": varied, "final": final}


def run(kind: str, **where: object) -> dict:
    """What a run of a kind comes to."""
    return KINDS[kind](*where.values())


def runs(_: record.Find) -> Iterator[record.Labels]:
    """The count models, the variants, and each design as it was chosen and as it is in the end."""
    for data in TEXTS:
        yield {"kind": "ngram", "data": data}
        for system, seed in itertools.product(VARIANTS, SEEDS):
            yield {"kind": "varied", "data": data, "system": system, "seed": seed}
        for system in STEPS:
            if system != "article":
                yield {"kind": "chosen", "data": data, "system": system, "seed": CHOSEN_SEED}
            for seed in SEEDS:
                yield {"kind": "final", "data": data, "system": system, "seed": seed}


def kind(run: record.Labels) -> tuple[str, ...] | None:
    """Count models differ by text; of networks, a run stands for those of other texts and seeds."""
    if run.get("system") in ("article", "300 s"):
        return None
    return run["kind"], run.get("system", run["data"])


MEASUREMENT = record.Measurement(
    "lstm",
    run,
    runs,
    kind,
    settings=lambda: {
        "steps": STEPS,
        "designs": {
            data: {name: vars(design) for name, design in designs.items()} for data, designs in DESIGNS.items()
        },
        "base": vars(BASE) | {"steps": BASE_STEPS, "scored": SCORED},
    },
    clocks={"speeds": speeds},
)
