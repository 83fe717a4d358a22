"""*Vanilla network or LSTM*, measured on the classification of names: of equal width, and of equal weights.

Each network has its own step size: steps of 2, 4 and 8 thousandths are tried with one seed, and further ones while the
best stands at an end. The one under which most dev names are classified rightly is kept, for five seeds. Needs the
originals (``make data``); takes about half an hour of one core, most of it the wide LSTM.

To confirm, each network is trained from the first seed on one set of names.
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
from unrolled.learning.training import evaluating
from unrolled.pages import classification
from unrolled.pages.classification import Encoded, LayerRNN

SEEDS = range(1, 6)
STEPS = 3000
LETTERS = Vocabulary(names.ALPHABET)
LOADERS = {"originals": names.tutorial, "embedded": names.embedded}
CELLS = {"vanilla": (nn.RNN, 128), "LSTM, equal width": (nn.LSTM, 128), "LSTM, equal weights": (nn.LSTM, 55)}
LENGTHS = (0, 6, 8, 10, 99)
"""Names are told apart by their letters: up to 5, 6 or 7, 8 or 9, and from 10 on."""


class Task(NamedTuple):
    """A set of names in its parts."""

    languages: list[str]
    parts: record.Parts

    def encoded(self, part: list[names.Name]) -> Encoded:
        """A part as tensors."""
        return classification.encode(part, LETTERS, self.languages)


@functools.cache
def task(data: str) -> Task:
    """The task on the originals or on the embedded names."""
    everything = LOADERS[data]()
    return Task(list(names.languages(everything)), record.Parts("cells", names.split(everything)))


def answered(model: nn.Module, part: Encoded) -> tuple[dict, Tensor]:
    """How a network does on a part, and which of its names (N,) it has right."""
    with evaluating(model):
        logits = model(part.ids, part.lengths)
    right = (logits.argmax(1) == part.classes).double()
    each = [right[part.classes == k].mean().item() for k in part.classes.unique()]
    loss = F.cross_entropy(logits, part.classes).item()
    return {"accuracy": right.mean().item(), "balanced": sum(each) / len(each), "loss": loss}, right


def run(kind: str, data: str, cell: str, learning_rate: float, seed: int) -> dict:
    """A network trained with a step size: what it comes to on dev, and, if it is not one of a choice, on test.

    Of the latter it is also said how it does on dev names of several lengths, and on the training names, and how the
    gradient comes back to the letters.
    """
    names_, (layer, d) = task(data), CELLS[cell]
    train, dev = map(names_.encoded, (names_.parts.train, names_.parts.dev))
    torch.manual_seed(seed)
    model = LayerRNN(len(LETTERS), d, len(names_.languages), layer)
    _, seconds = record.timed(lambda: classification.train(model, train, dev, STEPS, seed, learning_rate=learning_rate))
    found = {"seconds": seconds}
    found["dev"], right = answered(model, dev)
    if kind == "choice":
        return found
    labels = {"data": data, "cell": cell, "learning_rate": learning_rate, "seed": seed}
    found["test"], _ = answered(model, names_.encoded(names_.parts.test(labels)))
    found["train"], _ = answered(model, train)
    bins = torch.bucketize(dev.lengths, torch.tensor(LENGTHS), right=True) - 1
    found["dev by length"] = [right[bins == k].mean().item() for k in range(len(LENGTHS) - 1)]
    norms = classification.gradient_norms(model, dev)[dev.lengths >= 10, :10]
    found["gradients"] = norms.mean(0).tolist()
    found["weights"] = sum(weight.numel() for weight in model.parameters())
    return found


def choice(data: str, cell: str, rate: float) -> record.Labels:
    """The labels of a run that a step size is chosen by."""
    return {"kind": "choice", "data": data, "cell": cell, "learning_rate": rate, "seed": SEEDS[0]}


def tried(found: record.Find, data: str, cell: str) -> dict[float, float]:
    """The accuracies on dev by step size, of all that were tried: until the best stands inside."""
    rates, accuracies = [0.002, 0.004, 0.008], {}
    while True:
        for rate in rates:
            accuracies[rate] = found(choice(data, cell, rate))["dev"]["accuracy"]
        best = max(accuracies, key=accuracies.get)
        if best == min(accuracies):
            rates = [best / 2]
        elif best == max(accuracies):
            rates = [best * 2]
        else:
            return accuracies


def runs(found: record.Find) -> Iterator[record.Labels]:
    """Of each network on each set of names: those that its step size is chosen by, and five seeds with that."""
    for data in LOADERS:
        for cell in CELLS:
            accuracies = tried(found, data, cell)
            yield from (choice(data, cell, rate) for rate in accuracies)
            best = max(accuracies, key=accuracies.get)
            for seed in SEEDS:
                yield {"kind": "chosen", "data": data, "cell": cell, "learning_rate": best, "seed": seed}


def kind(run: record.Labels) -> str | None:
    """Networks with other step sizes and on other names are of one kind."""
    return run["cell"] if run["kind"] == "chosen" else None


MEASUREMENT = record.Measurement("cells", run, runs, kind, settings=lambda: {"steps": STEPS, "lengths": LENGTHS})
