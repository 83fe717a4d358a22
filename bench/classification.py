"""*Classifying names*, measured: speed, cost and accuracy of each way, side by side.

Everything runs on one thread. What is chosen (the order of the n-gram, the weights of a pool, the share of the
log-prior that is taken off) is chosen on the dev part of each split; every look at a test part stands in the log. The
strongest systems are tried on three further splits of the originals, too, with the networks' settings of the first.
Needs the originals (``make data``); takes about an hour and a half of one core.

To confirm, each model is trained from the first seed, on both sets of names. The speeds are a clock's.
"""

import functools
from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

import record
from unrolled.data import names
from unrolled.data.names import Name
from unrolled.data.vocabulary import Vocabulary
from unrolled.learning.ngrams import Ngrams
from unrolled.learning.training import evaluating
from unrolled.pages import classification
from unrolled.pages.classification import Encoded, LayerRNN, PooledGRU, TutorialRNN

SEEDS = range(1, 6)
LETTERS = Vocabulary(names.ALPHABET)
FRAMED = Vocabulary(names.ALPHABET, start=True, end=True)
V = len(LETTERS)
LOADERS = {"originals": names.tutorial, "embedded": names.embedded}
PUBLISHED = "2024"
SPLITS = {"originals": (PUBLISHED, "2025", "2026", "2027"), "embedded": (PUBLISHED,)}
"""The salts of the splits."""
ORDERS = (3, 4, 5, 6, 7)


class Task(NamedTuple):
    """A set of names, in its parts."""

    languages: list[str]
    parts: record.Parts

    def encoded(self, part: list[Name]) -> Encoded:
        """A part as tensors."""
        return classification.encode(part, LETTERS, self.languages)

    def classes(self, part: list[Name]) -> Tensor:
        """The language's place (N,) of each name."""
        return torch.tensor(names.language_places(part, self.languages))

    def log_prior(self) -> Tensor:
        """The logarithm of each language's share of the training names, (C,)."""
        classes = self.classes(self.parts.train)
        return (classes.bincount() / len(classes)).log()


@functools.cache
def task(data: str, split: str = PUBLISHED) -> Task:
    """The task on a split of the originals or of the embedded names."""
    everything = LOADERS[data]()
    parts = record.Parts("classification", names.split(everything, salt=split))
    return Task(list(names.languages(everything)), parts)


# Ways to train


def tutorial_pass(model: nn.Module, part: Encoded, batched: bool, size: int = 64) -> int:
    """The newer tutorial's training, a pass over a part: SGD on minibatches of 64, with its step size and clipping.

    Not batched, it is the tutorial's own way: the names of a batch go through the network one after the other.
    """
    optimiser = torch.optim.SGD(model.parameters(), lr=0.15)
    for chosen in torch.randperm(len(part.classes)).split(size):
        groups = [chosen] if batched else chosen.split(1)
        loss = torch.zeros(())
        for group in groups:
            batch = part.batch(group)
            logits = model(batch.ids, batch.lengths)
            loss = loss + F.cross_entropy(logits, batch.classes, reduction="sum")
        optimiser.zero_grad()
        (loss / len(chosen)).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 3)
        optimiser.step()
    return len(part.classes)


def older_tutorial_pass(model: nn.Module, part: Encoded) -> int:
    """The older tutorial's training, a pass over a part: a step of plain gradient descent for every name."""
    for one in torch.randperm(len(part.classes)).split(1):
        name = part.batch(one)
        model.zero_grad()
        F.cross_entropy(model(name.ids, name.lengths), name.classes).backward()
        with torch.no_grad():
            for weight in model.parameters():
                weight -= 0.005 * weight.grad
    return len(part.classes)


class Model(NamedTuple):
    """The CPU seconds of a training, and what gives log p(language | name), (N, C), of a part."""

    seconds: float
    log_p: Callable[[list[Name]], Tensor]


def of_network(task_: Task, train: Callable[[], nn.Module], seed: int) -> Model:
    """A network, trained from a seed."""
    torch.manual_seed(seed)
    model, seconds = record.timed(train)

    def log_p(part: list[Name]) -> Tensor:
        encoded = task_.encoded(part)
        with evaluating(model):
            return model(encoded.ids, encoded.lengths).log_softmax(1)

    return Model(seconds, log_p)


def tutorial_batched(task_: Task, seed: int) -> Model:
    """The newer tutorial's mathematics, batched: 27 passes."""
    train = task_.encoded(task_.parts.train)

    def trained() -> nn.Module:
        model = LayerRNN(V, 128, len(task_.languages))
        for _ in range(27):
            tutorial_pass(model, train, batched=True)
        return model

    return of_network(task_, trained, seed)


def pooled(task_: Task, seed: int) -> Model:
    """The strongest network of the page."""
    train, dev = map(task_.encoded, (task_.parts.train, task_.parts.dev))

    def trained() -> nn.Module:
        model = PooledGRU(V, 128, len(task_.languages))
        settings = {"learning_rate": 4e-3, "smoothing": 0.05, "every": 200}
        classification.train(model, train, dev, steps=2500, seed=seed, **settings)
        return model

    return of_network(task_, trained, seed)


def logistic(task_: Task, seed: int) -> Model:
    """The logistic count model."""
    texts, truth = zip(*task_.parts.train, strict=True)
    model, seconds = record.timed(lambda: classification.logistic_count_model().fit(texts, truth))
    order = [list(model.classes_).index(language) for language in task_.languages]
    return Model(
        seconds, lambda part: torch.tensor(model.predict_log_proba([name.text for name in part])[:, order]).float()
    )


def ngram(task_: Task, seed: int) -> Model:
    """The generative count model, turned round by Bayes' rule; of the orders, that which does best on dev."""
    log_prior, classes = task_.log_prior(), task_.classes(task_.parts.dev)

    def framed(part: list[Name]) -> list[list[int]]:
        return [[FRAMED.start, *FRAMED.encode(name.text), FRAMED.end] for name in part]

    def fitted(order: int) -> Model:
        counts = Ngrams(order, len(FRAMED), (FRAMED.pad, FRAMED.start))
        places = task_.classes(task_.parts.train).tolist()
        _, seconds = record.timed(lambda: counts.fit(framed(task_.parts.train), places))
        return Model(
            seconds, lambda part: classification.by_bayes(counts.log_probabilities, framed(part), log_prior).float()
        )

    models = map(fitted, ORDERS)
    return min(models, key=lambda model: F.nll_loss(model.log_p(task_.parts.dev), classes).item())


KINDS = {f.__name__: f for f in (tutorial_batched, pooled, logistic, ngram)}


@functools.cache
def model(kind: str, data: str, split: str, seed: int) -> Model:
    """A model of a kind."""
    return KINDS[kind](task(data, split), seed)


# What each comes to


def judged(log_p: Tensor, classes: Tensor) -> dict[str, float]:
    """How well the most probable language of each name does."""
    right = (log_p.argmax(1) == classes).double()
    each = [right[classes == k].mean().item() for k in classes.unique()]
    return {"accuracy": right.mean().item(), "balanced": sum(each) / len(each)}


POOLS = {
    "tutorial_batched": ["tutorial_batched"],
    "n-gram": ["ngram"],
    "logistic": ["logistic"],
    "logistic + n-gram": ["logistic", "ngram"],
    "network": ["pooled"],
    "two networks": ["pooled", "another"],
    "network + logistic": ["pooled", "logistic"],
    "network + n-gram": ["pooled", "ngram"],
    "network + logistic + n-gram": ["pooled", "logistic", "ngram"],
}
"""What stands in each pool; ``another`` is the network of the next seed."""
SEEDLESS = ("n-gram", "logistic", "logistic + n-gram")
GOALS = ("n-gram", "logistic + n-gram", "network", "two networks", "network + n-gram", "network + logistic + n-gram")
"""What is tried on further splits."""


def pool(labels: record.Labels, members: list[str], data: str, split: str, seed: int = SEEDS[0]) -> dict:
    """A pool of models, on dev and on test, as it is and with a share of the log-prior off."""
    task_, following = task(data, split), SEEDS[seed % len(SEEDS)]
    models = [
        model("pooled", data, split, following) if name == "another" else model(name, data, split, seed)
        for name in members
    ]
    dev, classes = task_.parts.dev, task_.classes(task_.parts.dev)
    each = torch.stack([one.log_p(dev) for one in models])
    log_prior, weights = task_.log_prior(), torch.ones(1)
    if len(models) > 1:
        weights = classification.pool_weights(each, classes).float()
    share = classification.share_off(classification.pool(each, weights), classes, log_prior)
    test = task_.parts.test(labels)
    found = {"seconds": sum(one.seconds for one in models)}
    parts = {"dev": (each, classes), "test": (torch.stack([one.log_p(test) for one in models]), task_.classes(test))}
    off = {"share": share}
    for part, (log_p, truth) in parts.items():
        log_p = classification.pool(log_p, weights)
        found[part], off[part] = judged(log_p, truth), judged(log_p - share * log_prior, truth)
    found["off"] = off
    if len(models) > 1:
        found["weights of the pool"] = weights.tolist()
        wrong = each.argmax(2) != classes
        found["wrong on dev"] = wrong.double().mean(1).tolist()
        found["all wrong on dev"] = wrong.all(0).double().mean().item()
    return found


def counts(labels: record.Labels, data: str, split: str) -> dict:
    """The count model of the page, which has no probabilities and no seed."""
    parts = task(data, split).parts
    texts, truth = zip(*parts.train, strict=True)
    counted, seconds = record.timed(lambda: classification.count_model().fit(texts, truth))
    found = {"seconds": seconds}
    for name, part in {"dev": parts.dev, "test": parts.test(labels)}.items():
        texts, truth = zip(*part, strict=True)
        scores = classification.scores(list(counted.predict(texts)), truth)
        found[name] = {"accuracy": scores.accuracy, "balanced": scores.balanced}
    return found


def run(system: str, **where: object) -> dict:
    """What a system comes to."""
    labels = {"system": system, **where}
    if system == "counts":
        return counts(labels, **where)
    return pool(labels, POOLS[system], **where)


def speeds() -> dict[str, float]:
    """Names per CPU second in training, one thread, float32, d = 128, all in turns: the median of five turns each."""
    names_ = task("originals")
    C, whole = len(names_.languages), names_.encoded(names_.parts.train)
    part = whole.batch(torch.arange(0, len(whole.classes), 10))
    forms = {
        "from scratch": classification.DenseRNN(V, 128, C),
        "nn.RNNCell": classification.CellRNN(V, 128, C),
        "nn.RNN": LayerRNN(V, 128, C),
    }
    linear, single = TutorialRNN(V, 128, C), LayerRNN(V, 128, C)
    passes = {form: functools.partial(tutorial_pass, model, part, True) for form, model in forms.items()}
    return record.rates(
        {
            "older tutorial": lambda: older_tutorial_pass(linear, part),
            "newer tutorial": lambda: tutorial_pass(single, part, batched=False),
            **passes,
            "nn.RNN, batches of 512": lambda: passes["nn.RNN"](512),
        }
    )


def runs(_: record.Find) -> Iterator[record.Labels]:
    """The count models, and each network and pool from each seed; on further splits, those of the goals."""
    for data, splits in SPLITS.items():
        for split in splits:
            where = {"data": data, "split": split}
            systems = POOLS if split == PUBLISHED else GOALS
            if split == PUBLISHED:
                yield {"system": "counts", **where}
            yield from ({"system": system, **where} for system in systems if system in SEEDLESS)
            for seed in SEEDS:
                yield from ({"system": system, **where, "seed": seed} for system in systems if system not in SEEDLESS)


def kind(run: record.Labels) -> tuple[str, str] | None:
    """Runs of other seeds are of one kind, and those on other splits are not made again."""
    return (run["data"], run["system"]) if run["split"] == PUBLISHED else None


MEASUREMENT = record.Measurement("classification", run, runs, kind, clocks={"speeds": speeds})
