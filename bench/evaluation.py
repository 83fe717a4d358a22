"""*Evaluating generated names*, measured: metrics on trial on both sets of data, with several trainings of the network.

The network is that of the page, and one that is larger and was trained longer; each learns from the generator's part of
the training names, and keeps the weights that did best on dev. The suite and its verdict were fixed on dev; the test
part gives the real names of the trial. Needs the originals (``make data``); takes about half an hour of one core.

To confirm, all but the network that was trained longer are tried again, which differs in its size and steps alone; of
several seeds the first.
"""

import functools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch

import record
from unrolled.data import names
from unrolled.data.names import Name
from unrolled.data.vocabulary import Vocabulary
from unrolled.learning import sampling
from unrolled.learning.ngrams import Ngrams
from unrolled.pages import evaluation, generation
from unrolled.pages.classification import count_model
from unrolled.pages.evaluation import Copies, Generator, Letters, Metric, OneName

SEEDS = range(1, 4)
SIZES = {
    "network": {"d": 160, "steps": 1000, "learning_rate": 8e-3},
    "network, longer": {"d": 128, "steps": 5500, "learning_rate": 5e-3},
}
LETTERS = Vocabulary(names.ALPHABET, start=True, end=True)
NEVER = (LETTERS.pad, LETTERS.start)
LOADERS = {"originals": names.tutorial, "embedded": names.embedded}


class Task(NamedTuple):
    """A set of names in its parts, and the metrics."""

    languages: list[str]
    own: list[Name]
    parts: record.Parts
    metrics: dict[str, Metric]


@functools.cache
def task(data: str) -> Task:
    """The task on the originals or on the embedded names."""
    everything = LOADERS[data]()
    parts = names.split(everything)
    own, other = evaluation.split_for_judge(parts.train)
    judge = count_model()
    judge.fit([name.text for name in other], [name.language for name in other])
    metrics = evaluation.suite(judge.predict, own)
    return Task(list(names.languages(everything)), own, record.Parts("evaluation", parts), metrics)


class Contestant(NamedTuple):
    """A generator, and the log-probability that it gives to each of some names, in nats."""

    generator: Generator
    log_p: Callable[[list[Name]], np.ndarray]


def network(data: str, size: str, seed: int, temperature: float = 1.0) -> Contestant:
    """A network, trained from a seed, or taken from an earlier call."""
    model = trained(data, size, seed)
    languages = task(data).languages

    def generator(asked: list[str], seed: int) -> list[Name]:
        places = torch.tensor([languages.index(x) for x in asked])
        drawn = generation.generate(model, LETTERS, places, seed, temperature=temperature)
        return [Name(one.text, x) for one, x in zip(drawn, asked, strict=True)]

    def log_p(part: list[Name]) -> np.ndarray:
        encoded = generation.encode(part, LETTERS, languages)
        return np.array([one.sum() for one in generation.log_probabilities(model, encoded)])

    return Contestant(generator, log_p)


@functools.cache
def trained(data: str, size: str, seed: int) -> torch.nn.Module:
    """A network trained from a seed."""
    languages, own, parts, _ = task(data)
    torch.manual_seed(seed)
    d, steps, learning_rate = SIZES[size].values()
    model = generation.NameNetwork(len(LETTERS), len(languages), d, never=NEVER)
    learnt, dev = (generation.encode(part, LETTERS, languages) for part in (own, parts.dev))
    generation.train(model, learnt, dev, steps, seed, learning_rate=learning_rate)
    return model


def count_generator(data: str) -> Contestant:
    """The 6-gram of Kneser and Ney, with languages."""
    languages, own, _, _ = task(data)

    def framed(part: list[Name]) -> tuple[list[list[int]], list[int]]:
        ids = [[LETTERS.start, *LETTERS.encode(n.text), LETTERS.end] for n in part]
        return ids, [languages.index(n.language) for n in part]

    model = Ngrams(6, len(LETTERS), NEVER).fit(*framed(own))

    def generator(asked: list[str], seed: int) -> list[Name]:
        drawn = sampling.sample(
            model.step,
            (None, np.array([languages.index(x) for x in asked])),
            torch.full((len(asked),), LETTERS.start),
            LETTERS.end,
            generation.LONGEST_DRAWN,
            seed,
        )
        texts = ("".join(LETTERS.decode(ids)) for ids in drawn.ids)
        return [Name(text, x) for text, x in zip(texts, asked, strict=True)]

    def log_p(part: list[Name]) -> np.ndarray:
        return np.array([one.sum() for one in model.log_probabilities(*framed(part))])

    return Contestant(generator, log_p)


def bad(data: str, kind: Callable[[list[Name]], Letters | Copies | OneName]) -> Contestant:
    """A generator that is bad on purpose."""
    made = kind(task(data).own)
    return Contestant(made, made.log_probabilities)


BAD = {
    "copies": Copies,
    "unigram letters": Letters,
    "uniform letters": functools.partial(Letters, uniform=True),
    "one name": OneName,
}
CONTESTANTS = {
    **{f"{size}, seed {seed}": functools.partial(network, size=size, seed=seed) for size in SIZES for seed in SEEDS},
    **{
        f"network, temperature 0.8, seed {seed}": functools.partial(network, size="network", seed=seed, temperature=0.8)
        for seed in SEEDS
    },
    "6-gram": count_generator,
    **{name: functools.partial(bad, kind=kind) for name, kind in BAD.items()},
}


def judged(data: str, name: str) -> dict:
    """A contestant's likelihood of the test names, and its trial: plain draws, and lists of new names."""
    _, _, parts, metrics = task(data)
    contestant = CONTESTANTS[name](data)
    known, test = [*parts.train, *parts.dev], parts.test({"data": data, "name": name})
    outcome = evaluation.trial(
        {"draws": contestant.generator, "lists": evaluation.new_names(contestant.generator, known)}, test, metrics
    )
    bits = evaluation.bits_per_character(contestant.log_p(test), test)
    found = {
        # JSON has no infinity
        "bits": bits.value if np.isfinite(bits.value) else None,
        "questions": len(outcome.bands),
    }
    for kind, entry in (("draws", "draws"), ("lists", "lists"), ("real names", "real")):
        found[entry] = {"verdict": outcome.verdict(kind), "outside": {m: outcome.share(kind, m) for m in metrics}}
    return found


def kind(run: record.Labels) -> tuple[str, str] | None:
    """Contestants of several seeds are of one kind."""
    name = run["name"].split(", seed")[0]
    return None if name == "network, longer" else (run["data"], name)


MEASUREMENT = record.Measurement(
    "evaluation",
    judged,
    runs=lambda _: [{"data": data, "name": name} for data in LOADERS for name in CONTESTANTS],
    kind=kind,
)
