"""Chapter 5, measured: the article's way to generate text, count models and language models, side by side.

On *Alice* and on the embedded news, lower-cased. Settings, and the weight of a blend, were chosen on the dev part (80
to 90 % of a text) by models trained on the first 80 %; what is scored on the test part (the last 10 %), once for each
model and seed, was trained on the first 90 %. Every model predicts every character of a part, with the same alphabet.

A budget of 60 or 300 seconds is a number of steps: as many as two threads on two idle cores make in that time, which is
measured too. The runs themselves are on one thread, and their CPU seconds are written
down. Each is kept in ``_build`` as it ends, and not run again; all take about two hours. Needs the originals
(``make data``).
"""

import functools
import itertools
import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

import record
from unrolled import lstm
from unrolled.data import texts
from unrolled.lstm import ARTICLE, Corpus, Design, TextLSTM
from unrolled.ngrams import Ngrams

SCRATCH = record.BENCH.parent / "_build" / "bench-lstm.jsonl"
SEEDS = range(1, 4)
TEXTS = {"originals": texts.alice, "embedded": texts.news}

MINUTE = Design(learning_rate=8e-3, dropout=0.4)
FIVE = Design(
    width=320,
    learning_rate=7e-3,
    dropout=0.5,
    recurrent_dropout=0.4,
)
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


def trained(
    data: str, design: Design, steps: int, seed: int, end: int, **settings: object
) -> tuple[TextLSTM, float]:
    """A network trained on the text up to ``end``, with its CPU seconds. Its last weights are kept."""
    text = corpus(data)
    torch.manual_seed(seed)
    net = TextLSTM(len(text.symbols), design)
    last_is_best = map(float, itertools.count(0, -1))
    start = time.process_time()
    ids, best = text.ids[:end], last_is_best.__next__
    lstm.train(net, ids, best, steps, seed, every=steps, **settings)
    return net, time.process_time() - start


def scored(net: TextLSTM, ids: Tensor, first: int) -> Tensor:
    """−log p of each symbol from ``first`` on, read as in training: with the state carried, or by windows."""
    how = lstm.nats if net.design.carried else lstm.window_nats
    return how(net, ids, first)


def counted(data: str, end: int, part: slice) -> np.ndarray:
    """−log p of the symbols of a part by the n-gram, in nats, fitted to the text up to ``end``."""
    text = corpus(data)

    model = Ngrams(ORDER, len(text.symbols), never=(text.symbols.pad,))
    model.fit([text.ids[:end].tolist()])
    before = ORDER - 1
    ids = text.ids[part.start - before : part.stop].tolist()
    return -model.log_probabilities([ids])[0][before - 1 :]


# Jobs: each gives a dictionary, and is run once


def ngram(data: str) -> dict:
    """The count model, which has no seed."""
    start = time.process_time()
    dev = lstm.bits(counts(data, "chosen"))
    seconds = time.process_time() - start
    return {"dev": dev, "test": lstm.bits(counts(data, "final")), "seconds": seconds}


def chosen(data: str, system: str, seed: int) -> dict:
    """A network trained on the first 80 %: its bits on dev."""
    text = corpus(data)
    net, seconds = trained(data, DESIGNS[data][system], STEPS[system], seed, text.dev)
    lost = scored(net, text.ids[: text.test], text.dev).numpy()
    np.save(kept("chosen", data, system, seed), lost)
    return {"dev": lstm.bits(lost), "seconds": seconds}


def final(data: str, system: str, seed: int) -> dict:
    """A network trained on the first 90 %: its bits on test."""
    text = corpus(data)
    net, seconds = trained(data, DESIGNS[data][system], STEPS[system], seed, text.test)
    lost = scored(net, text.ids, text.test).numpy()
    np.save(kept("final", data, system, seed), lost)
    weights = sum(weight.numel() for weight in net.parameters())
    return {"test": lstm.bits(lost), "seconds": seconds, "weights": weights}


def kept(*name: object) -> Path:
    """Where the −log p of a run are kept, beside the scratch file, to be blended with those of the n-gram."""
    name = "-".join(map(str, name)).replace(" ", "")
    return SCRATCH.with_name(f"{SCRATCH.stem}-{name}.npy")


# H4.3: one choice at a time, at the same number of multiplications

BASE = Design(
    width=128,
    batch=16,
    dropout=0.1,
    input_dropout=0.0,
    recurrent_dropout=0.0,
    learning_rate=1e-2,
)
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


def medians(ways: dict[str, Callable[[], int]], turns: int = 5) -> dict[str, float]:
    """What each way makes in a CPU second, all in turns: the median."""
    rates: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(turns):
        for way, run in ways.items():
            start = time.process_time()
            made = run()
            rates[way].append(made / (time.process_time() - start))
    return {way: sorted(found)[turns // 2] for way, found in rates.items()}


def training_speeds() -> dict[str, float]:
    """Predictions that are learnt from in a CPU second, one thread."""

    def run(design: Design, steps: int) -> int:
        trained("originals", design, steps, 1, corpus("originals").test)
        return steps * predictions(design)

    return medians(
        {
            "article": lambda: run(ARTICLE, 2),
            "60 s": lambda: run(MINUTE, 40),
            "300 s": lambda: run(FIVE, 15),
        },
        3,
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
    return medians(ways)


def budgets(stretches: int = 10, length: int = 100) -> dict[str, list[float]]:
    """Wall seconds of a training of each design on two threads, at the pace of each of some stretches of its steps.

    Whatever else runs on the machine makes a stretch slower, so the fastest is nearest to two idle cores.
    """
    end = corpus("originals").test
    times: dict[str, list[float]] = {"60 s": [], "300 s": []}
    torch.set_num_threads(2)
    for system in list(times) * stretches:
        start = time.perf_counter()
        trained("originals", ALICE[system], length, 1, end)
        seconds = time.perf_counter() - start
        times[system].append(seconds / length * STEPS[system])
    torch.set_num_threads(1)
    return times


# All of it


def jobs() -> dict[str, Callable[[], dict]]:
    """Every job by its name, the most wanted first."""
    found: dict[str, Callable[[], dict]] = {}
    for system in ("60 s", "article", "300 s"):
        for data in ("originals", "embedded"):
            for seed in SEEDS:
                found[f"final/{data}/{system}/{seed}"] = functools.partial(
                    final, data, system, seed
                )
            if system != "article":
                found[f"chosen/{data}/{system}/1"] = functools.partial(
                    chosen, data, system, 1
                )
        if system == "60 s":
            for data, name, seed in itertools.product(reversed(TEXTS), VARIANTS, SEEDS):
                found[f"varied/{data}/{name}/{seed}"] = functools.partial(
                    varied, data, name, seed
                )
    for data in TEXTS:
        found[f"ngram/{data}"] = functools.partial(ngram, data)
    found["speeds/training"] = training_speeds
    found["speeds/generation"] = generation_speeds
    found["speeds/budgets"] = budgets
    return found


def done() -> dict[str, dict]:
    """The jobs that have ended."""
    if not SCRATCH.exists():
        return {}
    return dict(json.loads(line) for line in SCRATCH.read_text().splitlines())


def blended(data: str, system: str, weight: float, kind: str, seed: int = 1) -> float:
    """The bits of a run blended with the n-gram: on dev for the kind chosen, on test for the kind final."""
    lost = np.load(kept(kind, data, system, seed))
    return lstm.bits(lstm.blend((lost, counts(data, kind)), weight))


@functools.cache
def counts(data: str, kind: str) -> np.ndarray:
    """−log p of the dev or the test part by the n-gram."""
    text = corpus(data)
    ends = text.dev, text.test, len(text.ids)
    first, last = ends[:2] if kind == "chosen" else ends[1:]
    return counted(data, first, slice(first, last))


def with_counts(data: str, system: str) -> tuple[float, float]:
    """The weight of the n-gram beside a network that is best on dev, and the bits there."""
    weights = [round(0.02 * k, 2) for k in range(1, 26)]
    bits = [blended(data, system, weight, "chosen") for weight in weights]
    return weights[int(np.argmin(bits))], min(bits)


def main(only: str = "") -> None:
    """Run the jobs whose names begin with ``only`` and have not ended; if all have, write the results down."""
    SCRATCH.parent.mkdir(exist_ok=True)
    for name, job in jobs().items():
        if name.startswith(only) and name not in done():
            found = job()
            with SCRATCH.open("a") as scratch:
                scratch.write(json.dumps([name, found]) + "\n")
            print(name, found, flush=True)
    results = done()
    if missing := jobs().keys() - results.keys():
        print(f"{len(missing)} jobs are left; run this again")
    else:
        write(results)


def write(results: dict[str, dict]) -> None:
    """Write the results of the jobs down, with the blends."""
    runs = []
    for name, found in results.items():
        kind, *where = name.split("/")
        if kind == "speeds":
            continue
        labels = dict(zip(("data", "system", "seed"), where, strict=False))
        if "seed" in labels:
            labels["seed"] = int(labels["seed"])
        if kind in ("chosen", "final") and where[1] != "article":
            weight, bits = with_counts(*where[:2])
            if kind == "chosen":
                found |= {"weight": weight, "dev, blended": bits}
            else:
                bits = blended(*where[:2], weight, kind, labels["seed"])
                found |= {"test, blended": bits}
        runs.append({"kind": kind, **labels, **found})
    record.write(
        "lstm",
        {
            "steps": STEPS,
            "designs": {
                data: {name: vars(design) for name, design in designs.items()}
                for data, designs in DESIGNS.items()
            },
            "speeds": {
                what: results[f"speeds/{what}"]
                for what in ("training", "generation", "budgets")
            },
            "base": vars(BASE) | {"steps": BASE_STEPS, "scored": SCORED},
            "runs": runs,
        },
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
