"""*Classifying names*, measured: speed, cost and accuracy of each way, side by side.

Everything runs on one thread. Settings were chosen on the dev part; the test part is looked at once for each model and
seed. Needs the originals (``make data``); takes about half an hour.

To confirm, each model is trained from the first seed, on both sets of names. The speeds are a clock's.
"""

import functools
from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

import record
from unrolled.data import names
from unrolled.data.vocabulary import Vocabulary
from unrolled.pages import classification
from unrolled.pages.classification import Encoded, LayerRNN, PooledGRU, TutorialRNN

SEEDS = range(1, 6)
LETTERS = Vocabulary(names.ALPHABET)
V = len(LETTERS)
LOADERS = {"originals": names.tutorial, "embedded": names.embedded}


class Task(NamedTuple):
    """A set of names, split, in words and as tensors."""

    languages: list[str]
    split: names.Split
    tensors: list[Encoded]


@functools.cache
def task(data: str) -> Task:
    """The task on the originals or on the embedded names."""
    everything = LOADERS[data]()
    languages = list(names.languages(everything))
    split = names.split(everything)
    encoded = [classification.encode(part, LETTERS, languages) for part in split]
    return Task(languages, split, encoded)


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


def tutorial_batched(names_: Task, seed: int) -> nn.Module:
    """The newer tutorial's mathematics, batched: 27 passes."""
    model = LayerRNN(V, 128, len(names_.languages))
    for _ in range(27):
        tutorial_pass(model, names_.tensors[0], batched=True)
    return model


def vanilla(names_: Task, seed: int) -> nn.Module:
    """The vanilla network of the page, trained as there."""
    model = LayerRNN(V, 128, len(names_.languages))
    classification.train(model, *names_.tensors[:2], steps=3000, seed=seed)
    return model


def lstm(names_: Task, seed: int) -> nn.Module:
    """An LSTM with about as many weights as the vanilla network, and as many steps."""
    model = LayerRNN(V, 55, len(names_.languages), nn.LSTM)
    classification.train(model, *names_.tensors[:2], steps=3000, seed=seed)
    return model


def pooled(names_: Task, seed: int) -> nn.Module:
    """The strongest network of the page."""
    model = PooledGRU(V, 128, len(names_.languages))
    settings = {"learning_rate": 4e-3, "smoothing": 0.05, "every": 200}
    classification.train(model, *names_.tensors[:2], steps=2500, seed=seed, **settings)
    return model


NETWORKS = {f.__name__: f for f in (pooled, tutorial_batched, vanilla, lstm)}


# What each comes to


def judged(data: str, seconds: float, answers: list[list[str]]) -> dict:
    """The scores of answers on dev and on test."""
    found = {"seconds": seconds}
    for name, given in zip(("dev", "test"), answers, strict=True):
        truth = [n.language for n in getattr(task(data).split, name)]
        scores = classification.scores(given, truth)
        found[name] = {"accuracy": scores.accuracy, "balanced": scores.balanced}
    return found


def most_probable(data: str, p: list[Tensor]) -> list[list[str]]:
    """The languages of the largest entries of each row of matrices (N, C)."""
    return [[task(data).languages[k] for k in rows.argmax(1)] for rows in p]


class Trained(NamedTuple):
    """A model, the CPU seconds of its training, and the log-probabilities that it gives to dev and to test."""

    model: nn.Module
    seconds: float
    log_p: list[Tensor]


@functools.cache
def trained(system: str, data: str, seed: int) -> Trained:
    """A network, trained from a seed."""
    names_ = task(data)
    torch.manual_seed(seed)
    model, seconds = record.timed(lambda: NETWORKS[system](names_, seed))
    with torch.no_grad():
        p = [model(x.ids, x.lengths).log_softmax(1) for x in names_.tensors[1:]]
    return Trained(model, seconds, p)


def network(system: str, data: str, seed: int) -> dict:
    """A network's scores, its size, and of one that reads letter by letter how gradients come back to the letters."""
    model, seconds, p = trained(system, data, seed)
    result = judged(data, seconds, most_probable(data, p))
    result["weights"] = sum(weight.numel() for weight in model.parameters())
    if isinstance(model, LayerRNN):
        dev = task(data).tensors[1]
        norms = classification.gradient_norms(model, dev)[dev.lengths >= 10, :10]
        result["gradients"] = norms.mean(0).tolist()
    return result


@functools.cache
def counted(data: str) -> Trained:
    """The logistic count model."""
    names_ = task(data)
    texts = [[name.text for name in part] for part in names_.split]
    truth = [name.language for name in names_.split.train]
    model, seconds = record.timed(lambda: classification.logistic_count_model().fit(texts[0], truth))
    order = [list(model.classes_).index(language) for language in names_.languages]
    p = [torch.tensor(model.predict_log_proba(part)[:, order]) for part in texts[1:]]
    return Trained(model, seconds, p)


def blend(shares: tuple[float, ...], data: str, seed: int) -> dict:
    """The strongest network and the logistic count model, their log-probabilities averaged; a part of the prior off.

    The share of the log-prior that is subtracted, which favours small languages, is chosen on dev: the one with the
    best mean of accuracy and balanced accuracy.
    """
    models = trained("pooled", data, seed), counted(data)
    seconds = sum(model.seconds for model in models)
    both = [sum(p) / 2 for p in zip(*(model.log_p for model in models), strict=True)]
    classes = task(data).tensors[0].classes
    prior = (classes.bincount() / len(classes)).log()

    def less_prior(share: float) -> dict:
        answers = most_probable(data, [rows - share * prior for rows in both])
        return judged(data, seconds, answers) | ({"prior off": share} if share else {})

    tried = map(less_prior, shares)
    return max(tried, key=lambda r: r["dev"]["accuracy"] + r["dev"]["balanced"])


def counts(data: str) -> dict:
    """The count model, which has no seed."""
    split = task(data).split
    texts = [[name.text for name in part] for part in split]
    truth = [name.language for name in split.train]
    model, seconds = record.timed(lambda: classification.count_model().fit(texts[0], truth))
    answers = [list(model.predict(part)) for part in texts[1:]]
    return judged(data, seconds, answers)


def speeds() -> dict[str, float]:
    """Names per CPU second in training, one thread, float32, d = 128, all in turns: the median of five turns each."""
    names_ = task("originals")
    C, whole = len(names_.languages), names_.tensors[0]
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


SYSTEMS = {
    "counts": counts,
    **{name: functools.partial(network, name) for name in NETWORKS},
    "blend": functools.partial(blend, (0.0,)),
    "blend, adjusted": functools.partial(blend, (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)),
}


def run(data: str, system: str, **seed: int) -> dict:
    """What a system comes to; only the count model has no seed."""
    return SYSTEMS[system](data, **seed)


def runs(_: record.Find) -> Iterator[record.Labels]:
    """The count model, and each network and blend from each seed, on both sets of names."""
    for data in LOADERS:
        yield {"data": data, "system": "counts"}
        for seed in SEEDS:
            yield from ({"data": data, "system": system, "seed": seed} for system in SYSTEMS if system != "counts")


MEASUREMENT = record.Measurement(
    "classification", run, runs, clocks={"speeds": speeds}, kind=lambda run: (run["data"], run["system"])
)
