"""*Text generation with an LSTM*, measured: the article's way, count models and language models, side by side.

On *Alice* and on the embedded news, both lower-cased, and on a million characters of Wikipedia with their capitals.
Settings, and the weight of a blend, were chosen on the dev part (80 to 90 % of a text) by models trained on the first
80 %; what is scored on the test part (the last 10 %), once for each model and seed, was trained on the first 90 %.
Every model predicts every character of a part, with the same alphabet.

The designs are the same for every text but for dropout. That begins at what :func:`unrolled.pages.lstm.dropout_for`
says of the passes over the text, and is then chosen on dev for the training of a minute, in steps of a tenth, until the
best stands inside what was tried; the larger design takes the same step from its own rule.

A budget of 60 or 300 seconds is a number of steps: as many as two threads on two idle cores make in that time, which is
measured too. The runs themselves are on one thread, and their CPU seconds are written down. Needs the originals
(``make data``); takes about five hours.

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
from unrolled.learning.ngrams import Ngrams, of_best_order
from unrolled.pages import lstm
from unrolled.pages.lstm import ARTICLE, Corpus, Design, TextLSTM

SEEDS = range(1, 6)
FEWER = range(1, 4)
"""The seeds of the variants and of the article's way."""
CHOSEN_SEED = 1
TEXTS = {"originals": texts.alice, "embedded": texts.news, "longer": texts.encyclopaedia}
LOWER = "originals", "embedded"
"""The texts that are lower-cased, as in the article; on them the article's way and the variants are trained too."""

MINUTE = Design(window=32, learning_rate=8e-3, weight_decay=0.1)
DESIGNS = {"60 s": MINUTE, "300 s": replace(MINUTE, width=320, learning_rate=7e-3)}
STEPS = {"article": 380, "60 s": 3400, "300 s": 11_300}
"""What two threads make in the seconds of the budget, rounded down."""


@functools.cache
def corpus(data: str) -> Corpus:
    """A text as ids."""
    return lstm.encode(TEXTS[data](), lower=data in LOWER)


def tested(**labels: object) -> Tensor:
    """The whole text with its test part, for a run, which is written down."""
    text = corpus(labels["data"])
    return record.Parts("lstm", (text.train, text.ids[: text.test], text.ids)).test(labels)


def dropout(data: str, system: str, tenths: int) -> float:
    """The dropout of a design on a text, some tenths above what the rule says, or none."""
    size = STEPS[system] * DESIGNS[system].batch * DESIGNS[system].window
    return max(lstm.dropout_for(size / corpus(data).dev) + tenths / 10, 0.0)


def designed(data: str, system: str, tenths: int) -> Design:
    """A design for a text."""
    return replace(DESIGNS[system], **lstm.dropouts(dropout(data, system, tenths)))


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


@functools.cache
def ordered(data: str) -> Ngrams:
    """The n-gram of the order that is best on dev."""
    text = corpus(data)
    train, dev = text.train.tolist(), text.ids[text.dev : text.test].tolist()
    return of_best_order([train], [dev], len(text.symbols), (text.symbols.pad,))


def counted(model: Ngrams, ids: Tensor, first: int) -> np.ndarray:
    """−log p of the symbols of a text (N,) from ``first`` on by the n-gram, in nats: (N − first,)."""
    before = max(model.order - 1, 1)
    return -model.log_probabilities([ids[first - before :].tolist()])[0][before - 1 :]


@functools.cache
def dev_counts(data: str) -> np.ndarray:
    """−log p of the symbols of the dev part by the n-gram, fitted to the first 80 %."""
    text = corpus(data)
    return counted(ordered(data), text.ids[: text.test], text.dev)


@functools.cache
def final_ngram(data: str) -> tuple[Ngrams, float]:
    """The n-gram of the chosen order, fitted to the first 90 %, with its CPU seconds."""
    text, chosen = corpus(data), ordered(data)
    model = Ngrams(chosen.order, chosen.V, (text.symbols.pad,))
    return record.timed(lambda: model.fit([text.ids[: text.test].tolist()]))


# Runs


def ngram(data: str) -> dict:
    """The count model, which has no seed."""
    text, (model, seconds) = corpus(data), final_ngram(data)
    test = counted(model, tested(kind="ngram", data=data), text.test)
    dev = lstm.bits(dev_counts(data))
    return {"order": model.order, "dev": dev, "test": lstm.bits(test), "seconds": seconds}


def chosen(data: str, system: str, tenths: int, seed: int) -> dict:
    """A network trained on the first 80 %: its bits on dev; the weight of the n-gram beside it that is best there."""
    text, design = corpus(data), designed(data, system, tenths)
    net, seconds = trained(data, design, STEPS[system], seed, text.dev)
    lost = scored(net, text.ids[: text.test], text.dev).numpy()
    weights = [round(0.02 * k, 2) for k in range(1, 50)]
    bits = [lstm.bits(lstm.blend((lost, dev_counts(data)), weight)) for weight in weights]
    return {
        "dropout": design.dropout,
        "dev": lstm.bits(lost),
        "seconds": seconds,
        "weight": weights[int(np.argmin(bits))],
        "dev, blended": min(bits),
    }


def final(data: str, system: str, seed: int, tenths: int = 0, weight: float | None = None) -> dict:
    """A network trained on the first 90 %: its bits on test, alone and blended with the n-gram, as chosen on dev."""
    text = corpus(data)
    design = ARTICLE if system == "article" else designed(data, system, tenths)
    net, seconds = trained(data, design, STEPS[system], seed, text.test)
    ids = tested(kind="final", data=data, system=system, seed=seed)
    lost = scored(net, ids, text.test).numpy()
    weights = sum(weight.numel() for weight in net.parameters())
    found = {"test": lstm.bits(lost), "seconds": seconds, "weights": weights}
    if weight is not None:
        model, _ = final_ngram(data)
        found["test, blended"] = lstm.bits(lstm.blend((lost, counted(model, ids, text.test)), weight))
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


def varied(data: str, system: str, seed: int) -> dict:
    """A variant, trained on the first 80 %, on dev."""
    text = corpus(data)
    design = replace(BASE, **VARIANTS[system])
    steps = variant_steps(design, len(text.symbols))
    optimiser = {"optimiser": sgd} if "SGD" in system else {}
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

    minute, five = (designed("originals", system, 0) for system in DESIGNS)
    ways = {"article": lambda: run(ARTICLE, 2), "60 s": lambda: run(minute, 80), "300 s": lambda: run(five, 30)}
    return record.rates(ways, 3)


def generation_speeds() -> dict[str, float]:
    """Characters generated in a CPU second by one network, one thread: greedy, and drawn from its table."""
    text = corpus("originals")
    torch.manual_seed(1)
    net = TextLSTM(len(text.symbols), replace(MINUTE, window=ARTICLE.window))
    prompt, table = text.ids[: net.design.window].tolist(), lstm.Table(net)
    ways = {
        "window": lambda: len(lstm.by_window(net, prompt, 100)),
        "state": lambda: len(lstm.by_state(net, prompt, 1000)),
        "table": lambda: len(table.write(prompt, 10_000, 1, 0)),
        "table, drawn": lambda: len(table.write(prompt, 10_000, 1)),
    }
    return record.rates(ways)


def budgets(stretches: int = 10, length: int = 100) -> dict[str, list[float]]:
    """Wall seconds of a training of each design on two threads, at the pace of each of some stretches of its steps.

    Whatever else runs on the machine makes a stretch slower, so the fastest is nearest to two idle cores.
    """
    end = corpus("originals").test

    def seconds(system: str) -> float:
        design = designed("originals", system, 0)
        _, spent = record.timed(lambda: trained("originals", design, length, 1, end), time.perf_counter)
        return spent / length * STEPS[system]

    os.environ["OMP_NUM_THREADS"] = "2"
    times = record.turns({system: functools.partial(seconds, system) for system in DESIGNS}, stretches)
    os.environ["OMP_NUM_THREADS"] = "1"
    return times


def speeds() -> dict[str, dict]:
    """All that a clock measures."""
    return {"training": training_speeds(), "generation": generation_speeds(), "budgets": budgets()}


# All of it


KINDS = {"ngram": ngram, "chosen": chosen, "varied": varied, "final": final}


def run(kind: str, **where: object) -> dict:
    """What a run of a kind comes to."""
    return KINDS[kind](**where)


def searched(find: record.Find, data: str) -> dict[int, float]:
    """The bits on dev of a minute's training by the tenths of dropout above the rule, until the best stands inside."""

    def dev(k: int) -> float:
        return find({"kind": "chosen", "data": data, "system": "60 s", "tenths": k, "seed": CHOSEN_SEED})["dev"]

    tried = {k: dev(k) for k in (0, 1)}
    while True:
        best = min(tried, key=tried.get)
        beyond = best - 1 if best == min(tried) else best + 1
        if beyond in tried or beyond < best and not dropout(data, "60 s", best):  # there is no less than none
            return tried
        tried[beyond] = dev(beyond)


def runs(find: record.Find) -> Iterator[record.Labels]:
    """The count models, the variants, the search for dropout, and each design as it was chosen and is in the end."""
    for data in TEXTS:
        yield {"kind": "ngram", "data": data}
    for data in LOWER:
        for system, seed in itertools.product(VARIANTS, FEWER):
            yield {"kind": "varied", "data": data, "system": system, "seed": seed}
        for seed in FEWER:
            yield {"kind": "final", "data": data, "system": "article", "seed": seed}
    for system, data in itertools.product(DESIGNS, TEXTS):
        yield from designs(find, data, system)


def designs(find: record.Find, data: str, system: str) -> Iterator[record.Labels]:
    """The runs of a design on a text: those on dev, and those that are tested."""
    tried, where = searched(find, data), {"data": data, "system": system}
    best = min(tried, key=tried.get)
    for k in sorted(tried) if system == "60 s" else [best]:
        yield {"kind": "chosen", **where, "tenths": k, "seed": CHOSEN_SEED}
    weight = find({"kind": "chosen", **where, "tenths": best, "seed": CHOSEN_SEED})["weight"]
    for seed in SEEDS:
        yield {"kind": "final", **where, "seed": seed, "tenths": best, "weight": weight}


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
        "designs": {name: vars(design) for name, design in DESIGNS.items()},
        "base": vars(BASE) | {"steps": BASE_STEPS, "scored": SCORED},
    },
    clocks={"speeds": speeds},
)
