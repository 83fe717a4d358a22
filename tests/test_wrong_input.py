"""Every function that takes names, texts, settings, files or networks, and each kind of wrong input to it.

The table below says, for each argument, what it is, and so what is wrong for it: another type, another shape, out of
range, not a number, empty, too long, of another vocabulary. What comes of it has to be an error, the package's own with
a sentence, or Python's; if it is an answer, the table says why that is right. Nothing hangs, nothing crashes.

``python tests/test_wrong_input.py`` prints what comes of each.
"""

import inspect
import math
import pkgutil
import signal
import sys
import tempfile
import traceback
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch
from torch import nn

import unrolled
from unrolled import measured, variants
from unrolled.data import names, originals, reading, surnames, texts, vocabulary
from unrolled.data.names import ALPHABET, Name
from unrolled.data.vocabulary import Vocabulary
from unrolled.figures import (
    cells,
    charts,
    maps,
    networks,
    plotting,
    prefixes,
    skipgram,
    windows,
    wires,
)
from unrolled.learning import checkpoints, sampling, statistics, training
from unrolled.learning.ngrams import Ngrams, of_best_order
from unrolled.live import Live, Payload, vanishing, weights
from unrolled.live.backward import backward_pass
from unrolled.live.classifier import classifier as typed_name
from unrolled.live.counts import packed_counts, rounded_counts, training_names
from unrolled.live.naming import naming
from unrolled.live.normalising import table as symbols
from unrolled.live.plane import one_step
from unrolled.live.words import Question, nearest_words, rounded
from unrolled.live.writer import write_on
from unrolled.pages import (
    classification,
    evaluation,
    generation,
    lstm,
    project,
    residual,
    word2vec,
)
from unrolled.results.backprop_rnn import SENTENCE

nan, inf = math.nan, math.inf
SCRATCH = tempfile.TemporaryDirectory()

# What an argument is, and so what is wrong for it: values by their kind


def whole(least: int = 1, most: int | None = None) -> dict[str, list]:
    """A whole number."""
    return {
        "type": [None, "x", [3]],
        "range": [least - 1, -(10**9), *([] if most is None else [most + 1])],
        "not a number": [nan, inf, 1.5],
    }


def share(inside: bool = False) -> dict[str, list]:
    """A share, from 0 to 1; ``inside``, neither of the two."""
    return {
        "type": [None, "x", [0.5]],
        "range": [-0.1, 1.1, 50, *([0, 1] if inside else [])],
        "not a number": [nan, inf],
    }


def number(*outside: float) -> dict[str, list]:
    """A number, and some that are out of range."""
    return {"type": [None, "x"], "range": [*outside], "not a number": [nan, inf]}


def ids(V: int) -> dict[str, list]:
    """Symbols of a vocabulary of V."""
    return {
        "type": [None, "x", ["a", "b"]],
        "empty": [[]],
        "shape": [[[1, 2], [1]]],
        "not a number": [[1, nan], [0.5, 1.5]],
        "another vocabulary": [[1, V], [1, -1]],
    }


NAMES = {"type": [None, 3, ["Ann"], [None]], "empty": [[]]}
TEXT = {"type": [None, 3, b"text", ["t"]], "empty": [""]}
WORDS = {"type": [None, 3, "a text", ["a text", "b"]], "empty": [[]]}
ANSWERS = {
    "type": [None, ["True", "False"], [None, True]],
    "range": [[2, 0]],
    "not a number": [[nan, 1.0]],
    "empty": [[]],
    "shape": [[True]],
}
LOG_P = {
    "type": [None, "x"],
    "range": [[np.array([0.5])]],
    "not a number": [[np.array([nan])]],
    "empty": [[]],
}
NETWORK = {"type": [None, "x"]}
LETTERS = Vocabulary(ALPHABET, start=True, end=True)
PLAIN = Vocabulary(ALPHABET)
OTHER = Vocabulary("abc", start=True, end=True)
VOCABULARY = {"type": [None, "abc"], "another vocabulary": [OTHER, Vocabulary("")]}
LANGUAGES = ["A", "B", "C"]
LANGUAGE_LIST = {"type": [None, 3], "empty": [[]], "another vocabulary": [["A", "B"]]}
FILE = {"type": [None, 3], "empty": [""], "range": [Path("nowhere") / "none"]}

# Things to call with

PEOPLE = [Name(text, x) for x in LANGUAGES for text in "Ann Bob Cy Dee Eve Fay".split()]
PEOPLE += [Name(text + "son", "A") for text in "Ann Bob Cy Dee".split()]
TEXT_SAID = "The cat sat on the mat, and the dog sat on the log. " * 9


def classifier() -> nn.Module:
    torch.manual_seed(1)
    return classification.LayerRNN(len(PLAIN), 4, 3)


def generator() -> nn.Module:
    torch.manual_seed(1)
    return generation.NameNetwork(len(LETTERS), 3, 4, never=(0, 1))


def poisoned(model: nn.Module) -> nn.Module:
    """The network with a weight that is no number."""
    with torch.no_grad():
        next(model.parameters()).view(-1)[0] = nan
    return model


CORPUS = lstm.encode(TEXT_SAID)
SMALL = lstm.Design(embedding=3, width=4, window=5, batch=4)


def text_network() -> lstm.TextLSTM:
    torch.manual_seed(1)
    return lstm.TextLSTM(len(CORPUS.symbols), SMALL)


def table() -> lstm.Table:
    return lstm.Table(text_network())


LINES = [TEXT_SAID.lower().split()] * 3
KNOWN = word2vec.Words(LINES)
ENCODED = word2vec.encode(LINES, KNOWN)
FEW = word2vec.Words([["the", "cat"]])
QUICK = word2vec.Settings(d=3, epochs=1)
VECTORS = word2vec.first_vectors(len(KNOWN), QUICK, 1)
WORDS_OF_FOUR = ["I", "love", "machine", "learning"]
MOMENT = skipgram.Moment(np.zeros(2), np.full(2, 0.5))
VECTORS.u[:] = VECTORS.v[::-1]
MAP = {
    "groups": {"x": ["a", "b"], "y": ["c"]},
    "places": np.array([[0, 1], [1, 0], [2, 3]]),
}
BAD_MAPS = {
    "groups": {
        "type": [None, 3, [3], {"x": "abc"}],
        "empty": [{}, {"x": []}],
        "shape": [{"x": ["a", "b"]}],
        "range": [{"x": ["a", "b"], "y": ["a"]}],
    },
    "places": {
        "type": [None, "x"],
        "shape": [np.eye(3), np.zeros(3)],
        "not a number": [np.full((3, 2), nan)],
        "range": [np.ones((3, 2))],
    },
}
BAD_VECTORS = {
    "not a number": [np.full_like(VECTORS.v, nan)],
    "another vocabulary": [VECTORS.v[:2]],
    "type": [None],
}


def settings(**wrong: object) -> word2vec.Settings:
    return QUICK._replace(**wrong)


WORD2VEC = {
    "type": ["x", 3],
    "range": [
        settings(**{name: value})
        for name in ("d", "window", "K", "epochs", "batch")
        for value in (0, -1, 1.5)
    ]
    + [
        settings(subsampling=-1),
        settings(eta=0),
        settings(eta=-1),
        settings(eta_end=-1),
    ],
    "not a number": [
        settings(**{name: value}) for name in QUICK._fields for value in (nan, inf)
    ],
}
ENCODED_TEXT = {
    "type": [None, "a text"],
    "empty": [word2vec.encode([], KNOWN)],
    "another vocabulary": [
        ENCODED._replace(ids=ENCODED.ids + len(KNOWN)),
        ENCODED._replace(ids=ENCODED.ids - len(KNOWN)),
        ENCODED._replace(ids=ENCODED.ids.astype(float)),
    ],
    "shape": [ENCODED._replace(passage=ENCODED.passage[:3])],
}
HELD_OUT = word2vec.held_out(ENCODED, KNOWN, QUICK)
COUNTS = Ngrams(3, 6, (0, 1)).fit([[1, 3, 4, 2], [1, 5, 2]])
TREE, NODES = np.array([[-1, 1], [-2, -3]]), np.ones((2, 2))
FORM = '<dl><dt>Data</dt><dd><div data-field="data"></div></dd></dl>'
TENSORS = classification.encode(PEOPLE, PLAIN, LANGUAGES)
FRAMED = generation.encode(PEOPLE, LETTERS, LANGUAGES)
COUNTED = classification.count_model().fit(*zip(*PEOPLE, strict=True))
COUNTED_TWO = classification.count_model().fit(*zip(*PEOPLE[6:18], strict=True))
COUNTED_OTHERWISE = classification.logistic_count_model().fit(
    *zip(*PEOPLE, strict=True)
)
NO_K = {kind: [v for v in values if v is not None] for kind, values in whole().items()}
NO_P = {"type": ["x"], "range": [0, -1, 1.5], "not a number": [nan]}


def step(ids: torch.Tensor, state: object) -> tuple[torch.Tensor, object]:
    """Logits of a model that knows three symbols."""
    return torch.zeros(3, 3)[ids], state


def fitted(**given: object) -> training.History:
    """A training run of a few steps."""
    model = nn.Linear(1, 1)
    x = torch.arange(8.0)[:, None]
    settings = {"steps": 3, "every": 2, "loss": lambda i: (model(x[i]) ** 2).mean()}
    settings |= {"batches": training.minibatches(8, 2, 0), "dev_loss": lambda: 1.0}
    return training.fit(model, **(settings | given))


def fit_counts(sequences: object = ((1, 3, 2),), groups: object = (0,)) -> object:
    return Ngrams(3, 6, (0, 1)).fit(sequences, groups)


def file_of(text: str) -> Path:
    path = Path(tempfile.mkdtemp(dir=SCRATCH.name)) / "text.txt"
    path.write_text(text)
    return path


def checkpoint() -> Path:
    path = Path(tempfile.mkdtemp(dir=SCRATCH.name)) / "run.pt"
    checkpoints.write(path, {"step": 1})
    return path


class Call(NamedTuple):
    """A function with arguments that are right, and for each argument what it is.

    ``right`` names wrong values that are answered, by argument and kind, with the reason.
    """

    function: Callable
    arguments: dict
    what: dict[str, dict[str, list]]
    right: dict[tuple, str] = {}


# The table

CONFIDENCE = {"confidence": share(inside=True)}
SAME_AS_NONE = "None is the default, which leaves it out"
NOTHING_KNOWN = "with nothing known, every name is new"
ALL_OF_NOTHING = "of no names there is nothing to say, and nothing is said"
EMPTY_NETWORK = (
    "PyTorch makes a network of no symbols; there is nothing that it could read"
)
# fmt: off
UNFIT = {"type": [torch.nn.Linear(2, 2)], "not a number": [poisoned(generator())]}
CALLS = {
    "statistics.bootstrap": Call(statistics.bootstrap,
        {"drawn_again": lambda rng, resamples: rng.random(resamples), "resamples": 5},
        {"drawn_again": {"type": [None, "x", lambda: 1, lambda rng, resamples: "x"], "empty": [lambda *_: []]},
            "resamples": whole()} | CONFIDENCE),
    "statistics.accuracy_interval": Call(statistics.accuracy_interval,
        {"right": 3, "total": 4},
        {"right": whole(0, 4), "total": whole(3)} | CONFIDENCE),
    "statistics.balanced_interval": Call(statistics.balanced_interval,
        {"right": [1, 2], "total": [2, 3]},
        {"right": {"range": [[-1, 2], [3, 2]], "shape": [[1]], "empty": [[]]} | {"type": [None, "x"],
            "not a number": [[nan, 1], [0.5, 1]]}, "total": {"range": [[0, 3]], "shape": [[1, 2, 3]],
            "type": [None]} | {"not a number": [[nan, 3], [2.5, 3]]}} | CONFIDENCE),
    "statistics.paired_difference": Call(statistics.paired_difference,
        {"first": [True, False], "second": [True, True]},
        {"first": ANSWERS, "second": ANSWERS} | CONFIDENCE),
    "project.disagreement": Call(project.disagreement,
        {"first": [True, False], "second": [True, True]},
        {"first": ANSWERS, "second": ANSWERS}),
    "project.paired_gain": Call(project.paired_gain,
        {"p10": 0.1, "p01": 0.2, "N": 50},
        {"p10": share() | {"range": [-0.1, 5, 0.9]}, "p01": share(), "N": whole()}),
    "project.sample_size": Call(project.sample_size,
        {"gain": 0.02, "discordant": 0.1, "alpha": 0.05, "power": 0.8},
        {"gain": number(0, 0.2, 3), "discordant": number(0, -1, 1.5, 10), "alpha": share(inside=True),
            "power": share(inside=True)}),
    "project.detectable_gain": Call(project.detectable_gain,
        {"discordant": 0.1, "N": 900, "alpha": 0.05, "power": 0.8},
        {"discordant": share() | {"range": [0, -1, 10]}, "N": whole() | {"too few": [5]}, "alpha": share(inside=True),
            "power": share(inside=True)}),
    "project.exact_power": Call(project.exact_power,
        {"p10": 0.1, "p01": 0.2, "N": 50, "alpha": 0.05},
        {"p10": share() | {"range": [-0.1, 5, 0.9]}, "p01": share(), "N": whole(1, project.MOST_EXAMPLES),
            "alpha": share(inside=True)}),
    "project.fields": Call(project.fields,
        {"form": FORM},
        {"form": TEXT},
        {("form", "empty"): "a form without fields has none"}),
    "project.filled": Call(project.filled,
        {"form": FORM, "plan": {"data": "x"}},
        {"form": TEXT, "plan": {"type": [None, {"data": 3}], "empty": [{}]} | {"another vocabulary": [{"data": "x",
            "licence": "y"}]}}),
    "project.for_page": Call(project.for_page, {"form": FORM}, {"form": TEXT}),
    "sampling.distribution": Call(sampling.distribution,
        {"logits": torch.tensor([0.0, 1, -inf])},
        {"logits": {"type": [None, "x", ["a"]], "empty": [torch.zeros(0), torch.zeros(3, 0)],
            "not a number": [torch.tensor([nan, 1]), torch.tensor([inf, 1])], "range": [torch.tensor([-inf, -inf])]},
            "temperature": number(-1), "k": NO_K, "p": NO_P}),
    "sampling.uniform": Call(sampling.uniform,
        {"seed": 1, "sequences": 2, "steps": 3},
        {"seed": whole(0, 2**64 - 1), "sequences": whole(0), "steps": whole(0)}),
    "sampling.sample": Call(sampling.sample,
        {"step": step, "state": None, "first": torch.tensor([1, 1]), "end": 0, "longest": 5,
            "seed": 1},
        {"step": {"type": [None, "x"]}, "first": {"type": [None, "x"], "shape": [torch.tensor(1)]},
            "longest": whole(0), "seed": whole(0), "temperature": number(-1), "k": NO_K, "p": NO_P}),
    "ngrams.Ngrams": Call(Ngrams,
        {"order": 3, "V": 6, "never": (0, 1), "smoothing": "kneser-ney"},
        {"order": whole(0), "V": whole(2), "never": ids(6) | {"empty": []},
            "smoothing": {"type": [None, 3], "range": ["laplace"], "empty": [""]}}),
    "ngrams.Ngrams.fit": Call(fit_counts,
        {"sequences": [[1, 3, 2], [1, 4, 2]], "groups": [0, 1]},
        {"sequences": {kind: [[[1, 3, 2], wrong] for wrong in values if kind != "empty"] for kind,
            values in ids(6).items()} | {"empty": [[], [[], []]]}, "groups": {"type": ["ab", ["a", "b"]],
            "range": [[-1, 0], [0, 2 ** 61]], "not a number": [[nan, 0], [0.5, 1]], "shape": [[0]]}}),
    "ngrams.Ngrams.distribution": Call(COUNTS.distribution,
        {"contexts": [[1, 3]]},
        {"contexts": {"type": [None, "x", [["a", "b"]]], "shape": [[1, 3], [[1, 2, 3]], [[1], [1, 2]]],
            "not a number": [[[1, nan]], [[0.5, 1]]], "another vocabulary": [[[1, 6]], [[-1, 1]]], "empty": [[]]},
            "groups": {"type": ["x"], "range": [[0]]}}),
    "ngrams.Ngrams.log_probabilities": Call(COUNTS.log_probabilities,
        {"sequences": [[1, 3, 2]]},
        {"sequences": {kind: [[wrong] for wrong in values if kind != "empty"] for kind, values in ids(6).items()},
            "groups": {"type": ["x"], "range": [[0]]}}),
    "ngrams.of_best_order": Call(of_best_order,
        {"train": [[1, 3, 2], [1, 4, 2]], "dev": [[1, 3, 2]], "V": 6, "never": (0, 1), "groups": ([0, 1], [0])},
        {"train": {"empty": [[], [[], []]], "type": [None, 3]}, "dev": {"empty": [[], [[]]], "type": [None, 3]},
            "V": whole(2), "never": ids(6) | {"empty": []}, "groups": {"shape": [([0], [0])]}}),
    "ngrams.Ngrams.step": Call(COUNTS.step,
        {"ids": torch.tensor([1]), "state": (None, None)},
        {"ids": {"type": [None, "x"], "another vocabulary": [torch.tensor([6])]} |
            {"not a number": [torch.tensor([0.5])]}, "state": {"type": [None, 3]}}),
    "training.minibatches": Call(lambda **given: next(training.minibatches(**given)),
        {"size": 8, "batch": 2, "seed": 0},
        {"size": whole(2), "batch": whole(1, 8), "seed": {"type": [None, "x"]}}),
    "training.fit": Call(fitted,
        {},
        {"steps": whole(), "every": whole(), "learning_rate": number(0, -1), "clip": number(0, -1),
            "loss": {"type": [None, lambda _: None, lambda _: 1.0], "shape": [lambda _: torch.ones(3,
            requires_grad=True)], "not a number": [lambda _: torch.tensor(nan, requires_grad=True)]},
            "batches": {"type": [None, 3], "empty": [[], iter([])]}, "dev_loss": {"type": [None, lambda: None,
            lambda: "x"], "not a number": [lambda: nan, lambda: inf]}, "optimiser": {"type": [None, 3]},
            "checkpoint": {"type": [3]}, "about": {"type": [3]}}),
    "training.History.best": Call(lambda dev: training.History([1] * len(dev), [1.0] * len(dev), dev).best,
        {"dev": [2.0, 1.0]},
        {"dev": {"empty": [[]], "not a number": [[nan]], "type": [None, ["x"]]}}),
    "training.evaluating": Call(lambda model: training.evaluating(model).__enter__(),
        {"model": nn.Linear(1, 1)},
        {"model": {"type": [None], "not a number": [poisoned(nn.Linear(1, 1))]}}),
    "checkpoints.write": Call(checkpoints.write,
        {"path": Path(tempfile.mkdtemp(dir=SCRATCH.name)) / "x.pt", "state": {"step": 1}},
        {"path": {"type": [None, 3]}}),
    "checkpoints.read": Call(checkpoints.read,
        {"path": checkpoint()},
        {"path": {"type": [None, 3], "range": [Path("nowhere.pt"), Path(tempfile.gettempdir())],
            "empty": [file_of("")], "another vocabulary": [file_of("a text, and no checkpoint")]}}),
    "data.names.normalise": Call(names.normalise,
        {"text": "Ann"},
        {"text": TEXT | {"range": ["a1", "a\x00", "अ", "س", "ก", "🙂", "a_b", "\ufffd"]}},
        {("text", "empty"): "of nothing, nothing is left; who asks for a name refuses it"}),
    "data.names.without_marks": Call(names.without_marks,
        {"text": "Ann"},
        {"text": TEXT},
        {("text", "empty"): "of nothing, nothing is left"}),
    "data.names.read": Call(names.read,
        {"path": file_of("Ann").parent},
        {"path": FILE | {"empty": [file_of("").parent], "type": [None, 3]}}),
    "data.names.split": Call(names.split,
        {"names": PEOPLE},
        {"names": NAMES | {"too short": [PEOPLE[:5]]}, "key": {"type": [None, "x", lambda text: None]}},
        {("key", "type"): "a key that is the same for all keeps all in one part"}),
    "data.names.family": Call(names.family,
        {"text": "Novak"},
        {"text": TEXT},
        {("text", "empty"): "the empty text is a family of its own"}),
    "data.names.languages": Call(names.languages,
        {"names": PEOPLE},
        {"names": NAMES},
        {("names", "empty"): ALL_OF_NOTHING}),
    "data.names.language_places": Call(names.language_places,
        {"names": PEOPLE, "languages": LANGUAGES},
        {"names": NAMES | {"another vocabulary": [[Name("a", "Z")]]}, "languages": LANGUAGE_LIST},
        {("names", "empty"): ALL_OF_NOTHING}),
    "data.names.shared": Call(names.shared,
        {"names": PEOPLE},
        {"names": NAMES},
        {("names", "empty"): ALL_OF_NOTHING}),
    "data.names.ceiling": Call(names.ceiling, {"part": PEOPLE}, {"part": NAMES}),
    "data.texts.contiguous_split": Call(texts.contiguous_split,
        {"text": "abcdefghij"},
        {"text": {"type": [None, 3], "empty": ["", []], "too short": ["abcd"]}}),
    "data.reading.canonical": Call(reading.canonical,
        {"text": "a"},
        {"text": TEXT | {"range": ["\x00", "a\x1b", "\ud800", "\ufffd", "a\ufeff"]}},
        {("text", "empty"): "an empty text is one"}),
    "data.reading.read_text": Call(reading.read_text,
        {"path": file_of("a text")},
        {"path": FILE, "encoding": {"type": [None, 3], "range": ["klingon"]}}),
    "data.surnames.romanise": Call(surnames.romanise,
        {"text": "Ann"},
        {"text": TEXT},
        {("text", "empty"): "of nothing, nothing is left", ("text",
            "type"): "any sequence of letters is romanised letter by letter"}),
    "data.originals.fault": Call(originals.fault,
        {"name": "alice.txt"},
        {"name": {"type": [None, 3], "range": ["names/Klingon.txt"], "empty": [""]}}),
    "data.vocabulary.Vocabulary": Call(Vocabulary,
        {"symbols": "abc"},
        {"symbols": {"type": [None, 3], "range": [["<pad>"]], "empty": [""]}},
        {("symbols", "empty"): "the reserved symbols are there"}),
    "data.vocabulary.Vocabulary.encode": Call(PLAIN.encode,
        {"symbols": "abc"},
        {"symbols": {"type": [None, 3, b"abc"], "another vocabulary": ["漢"], "empty": [""]}},
        {("symbols", "empty"): "no symbols, no ids"}),
    "data.vocabulary.Vocabulary.decode": Call(PLAIN.decode,
        {"ids": [1, 2]},
        {"ids": ids(len(PLAIN))},
        {("ids", "empty"): "no ids, no symbols"}),
    "data.vocabulary.pad": Call(vocabulary.pad,
        {"batch": [[1, 2], [1]]},
        {"batch": {"type": [None, "x", [None]], "empty": [[]], "not a number": [[[1.5]], [[nan]]], "range": [[[-1]]],
            "shape": [[1, 2]]}}),
    "classification.encode": Call(classification.encode,
        {"names": PEOPLE, "letters": PLAIN, "languages": LANGUAGES},
        {"names": NAMES | {"another vocabulary": [[Name("é", "A")], [Name("a", "Z")]]}, "letters": VOCABULARY,
            "languages": LANGUAGE_LIST}),
    "classification.predict": Call(classification.predict,
        {"model": classifier(), "part": TENSORS},
        {"model": NETWORK | {"not a number": [poisoned(classifier())]}, "part": {"type": [None, "x"],
            "another vocabulary": [TENSORS._replace(ids=TENSORS.ids + 60)]}}),
    "classification.classify": Call(classification.classify,
        {"model": classifier(), "text": "Ann", "letters": PLAIN, "languages": LANGUAGES},
        {"model": NETWORK | {"not a number": [poisoned(classifier())]}, "text": TEXT | {"too long": ["a" * 500],
            "range": ["a1", "🙂", "-", "سن"]}, "letters": VOCABULARY, "languages": LANGUAGE_LIST |
            {"shape": [[*LANGUAGES, "D"]]}}),
    "classification.train": Call(lambda **given: classification.train(classifier(), **{"train": TENSORS,
        "dev": TENSORS} | given),
        {"steps": 2, "seed": 1, "batch": 4, "every": 1},
        {"steps": whole(), "batch": whole(1, len(PEOPLE)), "every": whole(), "learning_rate": number(0, -1),
            "smoothing": share(), "train": {"type": [None, "x"]}, "dev": {"type": [None, "x"]}}),
    "classification.PooledGRU": Call(classification.PooledGRU,
        {"V": 9, "d": 3, "C": 2, "dropout": 0.1, "hidden": 0.1},
        {"V": whole(), "d": whole(), "C": whole(), "dropout": share(), "hidden": share()},
        {("C", "range"): EMPTY_NETWORK}),
    "classification.scores": Call(classification.scores,
        {"answers": ["A", "B"], "truth": ["A", "A"]},
        {"answers": {"type": [None, 3], "empty": [[]], "shape": [["A"]]}, "truth": {"type": [None, 3], "empty": [[]],
            "shape": [["A"]]}}),
    "classification.has_neighbour": Call(classification.has_neighbour,
        {"part": PEOPLE, "train": PEOPLE},
        {"part": NAMES, "train": NAMES},
        {("part", "empty"): ALL_OF_NOTHING, ("train", "empty"): "no neighbours"}),
    "classification.has_relative": Call(classification.has_relative,
        {"part": PEOPLE, "train": PEOPLE},
        {"part": NAMES, "train": NAMES},
        {("part", "empty"): ALL_OF_NOTHING, ("train", "empty"): "no relatives"}),
    "generation.encode": Call(generation.encode,
        {"names": PEOPLE, "letters": LETTERS, "languages": LANGUAGES},
        {"names": NAMES | {"another vocabulary": [[Name("é", "A")], [Name("a", "Z")]]}, "letters": {"type": [None,
            "abc"], "another vocabulary": [OTHER, PLAIN]}, "languages": LANGUAGE_LIST}),
    "generation.masses": Call(generation.masses,
        {"model": generation.LayerRNN(5, 3, 4, (0, 1)), "letters": Vocabulary("ab", start=True, end=True),
            "language": 0, "longest": 2},
        {"model": NETWORK | {"not a number": [poisoned(generation.LayerRNN(5, 3, 4))]}, "letters": {"type": [None,
            "abc"], "another vocabulary": [OTHER, Vocabulary("ab")]}, "language": whole(0, 2), "longest": whole(0) |
            {"too long": [20, 10 ** 6]}}),
    "generation.likelihood": Call(generation.likelihood, {"log_p": [np.array([-1.0])]}, {"log_p": LOG_P}),
    "generation.bits": Call(generation.bits,
        {"log_p": [np.array([-1.0])], "languages": torch.tensor([0])},
        {"log_p": LOG_P, "languages": {"type": [None, "x"], "shape": [torch.tensor([0, 1])]}}),
    "generation.log_probabilities": Call(generation.log_probabilities,
        {"model": generator(), "part": FRAMED},
        {"model": NETWORK | {"not a number": [poisoned(generator())]}, "part": {"type": [None, "x"],
            "another vocabulary": [FRAMED._replace(ids=FRAMED.ids + 60)]}, "first": whole(0, 1)}),
    "generation.batches_by_length": Call(lambda **given: next(generation.batches_by_length(**given)),
        {"lengths": torch.tensor([3, 4, 5]), "batch": 2, "seed": 1},
        {"lengths": {"type": [None, "x"], "empty": [torch.zeros(0)]}, "batch": whole(1, 3)}),
    "generation.train": Call(lambda **given: generation.train(generator(), **{"train": FRAMED, "dev": FRAMED} | given),
        {"steps": 2, "seed": 1, "batch": 4, "every": 1},
        {"steps": whole(), "batch": whole(1, len(PEOPLE)), "every": whole(), "learning_rate": number(0, -1),
            "train": {"type": [None, "x"]}, "dev": {"type": [None, "x"]}}),
    "generation.NameNetwork": Call(generation.NameNetwork,
        {"V": 9, "C": 2, "d": 3, "dropout": (0.1, 0.2)},
        {"V": whole(), "C": whole(), "d": whole(), "dropout": {"type": [None, 3], "range": [(0.1, 50), (-1, 0)],
            "shape": [(0.1, )], "not a number": [(nan, 0.1)]}, "never": {"another vocabulary": [(9, )], "type": [3]}},
        {("V", "range"): EMPTY_NETWORK, ("C", "range"): EMPTY_NETWORK, ("dropout",
            "not a number"): "its first training step is refused"}),
    "generation.Committee": Call(generation.Committee,
        {"members": [generator(), generator()]},
        {"members": {"empty": [[]], "type": [None, ["x"]]}}),
    "generation.generate": Call(generation.generate,
        {"model": generator(), "letters": LETTERS, "languages": torch.tensor([0, 1]), "seed": 1},
        {"model": NETWORK | {"not a number": [poisoned(generator())]}, "letters": {"type": [None, "abc"],
            "another vocabulary": [OTHER, PLAIN, Vocabulary(ALPHABET + "é", start=True, end=True)]},
            "languages": {"type": [None, "x"], "another vocabulary": [torch.tensor([3]), torch.tensor([-1])],
            "not a number": [torch.tensor([0.5])]}, "prefix": {"type": [None, 3], "another vocabulary": ["é"],
            "too long": ["a" * 31]}, "longest": whole(), "temperature": number(-1), "k": NO_K, "p": NO_P}),
    "generation.most_probable": Call(generation.most_probable,
        {"model": generator(), "letters": LETTERS, "language": 0, "tries": 5000},
        {"model": NETWORK | {"not a number": [poisoned(generator())]}, "letters": {"type": [None, "abc"],
            "another vocabulary": [OTHER, PLAIN]}, "language": whole(0, 2), "tries": whole()}),
    "evaluation.mean_with_interval": Call(evaluation.mean_with_interval,
        {"values": [1.0, 2.0], "weights": [1, 2]},
        {"values": {"type": [None, "xy", ["a", "b"]], "empty": [[]], "shape": [[1.0]], "not a number": [[nan, 1.0]]},
            "weights": {"type": ["xy"], "shape": [[1]], "not a number": [[nan, 1]]}},
        {("values", "not a number"): "the mean and its interval are nan, for all to see", ("weights",
            "not a number"): "the mean and its interval are nan, for all to see"}),
    "evaluation.bits_per_character": Call(evaluation.bits_per_character,
        {"log_p": [-1.0] * len(PEOPLE), "names": PEOPLE},
        {"log_p": {"type": [None, "x"], "shape": [[-1.0]], "empty": [[]]}, "names": NAMES}),
    "evaluation.bits_saved": Call(evaluation.bits_saved,
        {"first": [-1.0] * len(PEOPLE), "second": [-1.0] * len(PEOPLE), "names": PEOPLE},
        {"first": {"type": [None, "x"], "empty": [[]], "shape": [[-1.0]]}, "second": {"type": ["x"], "empty": [[]],
            "shape": [[-1.0]]}, "names": NAMES}),
    "evaluation.split_for_judge": Call(evaluation.split_for_judge,
        {"names": PEOPLE},
        {"names": NAMES},
        {("names", "empty"): ALL_OF_NOTHING}),
    "evaluation.agreement": Call(evaluation.agreement,
        {"sample": PEOPLE, "judge": lambda texts: ["A"] * len(texts)},
        {"sample": NAMES, "judge": {"type": [None, lambda texts: None], "shape": [lambda texts: ["A"]]}}),
    "evaluation.novelty": Call(evaluation.novelty,
        {"sample": PEOPLE, "known": PEOPLE},
        {"sample": NAMES, "known": NAMES},
        {("known", "empty"): NOTHING_KNOWN}),
    "evaluation.nearest": Call(evaluation.nearest,
        {"sample": PEOPLE, "training": PEOPLE},
        {"sample": NAMES, "training": NAMES | {"another vocabulary": [[Name("a", "Z")]]}, "most": whole()}),
    "evaluation.coverage": Call(evaluation.coverage,
        {"sample": PEOPLE, "reference": PEOPLE},
        {"sample": NAMES, "reference": NAMES}),
    "evaluation.diversity": Call(evaluation.diversity,
        {"sample": PEOPLE},
        {"sample": NAMES},
        {("sample", "type"): "anything that is told apart can be counted"}),
    "evaluation.divergence": Call(evaluation.divergence,
        {"sample": PEOPLE, "reference": PEOPLE, "features": evaluation.length},
        {"sample": NAMES, "reference": NAMES, "features": {"type": [None, 3]}}),
    "evaluation.grams": Call(evaluation.grams, {"n": 2}, {"n": whole()}),
    "evaluation.by_language": Call(evaluation.by_language,
        {"names": PEOPLE},
        {"names": NAMES, "items": {"shape": [[1]]}},
        {("names", "empty"): ALL_OF_NOTHING}),
    "evaluation.Copies": Call(evaluation.Copies, {"training": PEOPLE}, {"training": NAMES}),
    "evaluation.Letters": Call(evaluation.Letters, {"training": PEOPLE}, {"training": NAMES}),
    "evaluation.Copies()": Call(evaluation.Copies(PEOPLE),
        {"languages": ["A"], "seed": 1},
        {"languages": {"type": [None, 3, "Klingon"], "another vocabulary": [["Z"]], "empty": [[]]}},
        {("languages", "empty"): "asked for none, it gives none"}),
    "evaluation.Copies.log_probabilities": Call(evaluation.Copies(PEOPLE).log_probabilities,
        {"names": PEOPLE},
        {"names": NAMES | {"another vocabulary": [[Name("a", "Z")]]}},
        {("names", "empty"): ALL_OF_NOTHING}),
    "evaluation.halves": Call(evaluation.halves,
        {"names": PEOPLE, "seed": 1},
        {"names": NAMES | {"too short": [PEOPLE[:1]]}}),
    "evaluation.trial": Call(lambda **given: evaluation.trial({}, **given).verdict("real names")[0],
        {"real": PEOPLE, "metrics": {}, "splits": 2, "draws": 1},
        {"real": NAMES, "metrics": {"type": [None]}, "splits": whole(), "draws": whole()}),
    "lstm.encode": Call(lstm.encode,
        {"text": TEXT_SAID},
        {"text": TEXT | {"too short": ["abcd"], "range": ["abc\x00" * 9, "a\ufffd" * 9]}}),
    "lstm.decode": Call(lstm.decode,
        {"ids": [2, 3], "symbols": CORPUS.symbols},
        {"ids": ids(len(CORPUS.symbols)), "symbols": {"type": [None]}},
        {("ids", "empty"): "no ids, no text"}),
    "lstm.encode_prompt": Call(lstm.encode_prompt,
        {"prompt": "The", "symbols": CORPUS.symbols},
        {"prompt": TEXT | {"another vocabulary": ["漢"], "range": ["a\x00"]}, "symbols": {"type": [None, "abc"]}}),
    "lstm.Design": Call(lstm.Design,
        {},
        {name: whole() for name in ("embedding", "window", "width", "layers", "batch")} |
            {name: share() for name in ("dropout", "input_dropout", "recurrent_dropout")} |
            {"learning_rate": number(0, -1), "weight_decay": number(-1)} | {name: {"type": [None, 3], "range": ["x"],
            "empty": [""]} for name in ("inputs", "targets")}),
    "lstm.dropout_for": Call(lstm.dropout_for,
        {"passes": 30},
        {"passes": number(0, -1)}),
    "lstm.dropouts": Call(lstm.dropouts,
        {"share": 0.3},
        {"share": share()}),
    "lstm.windows": Call(lambda **given: next(lstm.windows(**given)),
        {"design": SMALL, "N": 50, "seed": 1},
        {"design": {"type": [None]}, "N": whole(6)}),
    "lstm.train": Call(lambda **given: lstm.train(**{"net": text_network(), "ids": CORPUS.train,
        "dev_loss": lambda: 1.0} | given),
        {"steps": 2, "every": 1},
        {"net": NETWORK, "ids": {"type": [None, "x"], "empty": [[]], "too short": [CORPUS.ids[:3]],
            "another vocabulary": [CORPUS.train + 99, CORPUS.train - 99], "not a number": [CORPUS.train / 2]},
            "steps": whole(), "every": whole(), "dev_loss": {"type": [None], "not a number": [lambda: nan]},
            "checkpoint": {"type": [3]}}),
    "lstm.nats": Call(lstm.nats,
        {"net": text_network(), "ids": CORPUS.ids, "first": 400},
        {"net": NETWORK | {"not a number": [poisoned(text_network())]}, "ids": {"type": [None, "x"],
            "empty": [torch.zeros(0)], "another vocabulary": [CORPUS.ids + 99, CORPUS.ids - 99],
            "not a number": [CORPUS.ids / 2]}, "first": whole(1, len(CORPUS.ids) - 1), "rows": whole(),
            "before": whole()}),
    "lstm.window_nats": Call(lstm.window_nats,
        {"net": text_network(), "ids": CORPUS.ids, "first": 440},
        {"net": NETWORK | {"not a number": [poisoned(text_network())]}, "ids": {"type": [None, "x"],
            "empty": [torch.zeros(0)], "another vocabulary": [CORPUS.ids + 99, CORPUS.ids - 99],
            "not a number": [CORPUS.ids / 2]}, "first": whole(5, len(CORPUS.ids) - 1), "batch": whole()}),
    "lstm.bits": Call(lstm.bits,
        {"lost": torch.ones(3)},
        {"lost": {"type": [None, "x"], "empty": [torch.zeros(0), np.zeros(0)], "not a number": [torch.tensor([nan,
            1])]}}),
    "lstm.blend": Call(lstm.blend,
        {"lost": [np.ones(3), np.ones(3)], "weight": 0.5},
        {"lost": {"type": [None, "xy"], "empty": [[]], "shape": [[np.ones(3)], [np.ones(3), np.ones(2)]]},
            "weight": share()}),
    "lstm.by_window": Call(lstm.by_window,
        {"net": text_network(), "prompt": [2, 3], "length": 3},
        {"net": NETWORK | {"not a number": [poisoned(text_network())]}, "prompt": ids(len(CORPUS.symbols)),
            "length": whole(0), "choose": {"type": [None, 3]}}),
    "lstm.by_state": Call(lstm.by_state,
        {"net": text_network(), "prompt": [2, 3], "length": 3},
        {"net": NETWORK | {"not a number": [poisoned(text_network())]}, "prompt": ids(len(CORPUS.symbols)),
            "length": whole(0), "choose": {"type": [None, 3]}}),
    "lstm.begin": Call(lstm.begin,
        {"net": text_network(), "prompt": [2, 3]},
        {"net": NETWORK | {"not a number": [poisoned(text_network())]}, "prompt": ids(len(CORPUS.symbols)),
            "B": whole()}),
    "lstm.stepper": Call(lstm.stepper,
        {"net": text_network()},
        {"net": NETWORK | {"not a number": [poisoned(text_network())]}}),
    "lstm.Table": Call(lstm.Table,
        {"net": text_network()},
        {"net": NETWORK | {"not a number": [poisoned(text_network())]}}),
    "lstm.Table.write": Call(table().write,
        {"prompt": [2, 3], "length": 3, "seed": 1},
        {"prompt": ids(len(CORPUS.symbols)), "length": whole(0), "temperature": number(-1), "seed": whole(0)}),
    "lstm.copied": Call(lstm.copied,
        {"text": "abcd", "source": "abc", "n": 2},
        {"text": TEXT, "source": {"type": [None, 3], "empty": [""]}, "n": whole()},
        {("source", "empty"): "nothing occurs in it", ("text", "type"): "any sequence has runs"}),
    "lstm.loop": Call(lstm.loop,
        {"text": "xabab", "times": 2},
        {"text": TEXT | {"too long": ["a" * 50000]}, "times": whole(2)},
        {("text", "empty"): "an empty text has no loop", ("text", "too long"): "it is read once", ("text",
            "type"): "any sequence has loops"}),
    "word2vec.hierarchical_softmax": Call(word2vec.hierarchical_softmax,
        {"tree": TREE, "v_c": np.ones(2), "u": NODES},
        {"tree": {"type": [None, "x"], "shape": [np.ones(3, int), TREE[:1]], "empty": [np.zeros((0, 2), int)],
            "range": [np.array(t) for t in ([[-1, 1], [-2, -2]], [[-1, 1], [-2, 0]], [[-1, 1], [-2, 1]], [[0, 0], [0,
            0]], [[-1, 1], [-2, -9]], [[-1, 7], [-2, -3]])]}, "u": {"type": [None], "shape": [np.ones((3, 2))]}}),
    "word2vec.tokenise": Call(word2vec.tokenise,
        {"text": "A rose."},
        {"text": TEXT | {"range": ["a\x00", "a\ufffd"]}},
        {("text", "empty"): "no text, no words"}),
    "word2vec.Words": Call(word2vec.Words,
        {"articles": LINES, "least": 1},
        {"articles": WORDS, "least": {"type": [None, "x"], "range": [10 ** 6], "not a number": [nan, inf]}}),
    "word2vec.Words.id": Call(KNOWN.id,
        {"word": "cat"},
        {"word": {"type": [None, 3], "another vocabulary": ["zzz"], "empty": [""]}}),
    "word2vec.encode": Call(word2vec.encode,
        {"passages": LINES, "words": KNOWN},
        {"passages": WORDS, "words": {"type": [None, "x"]}},
        {("passages", "empty"): "no passages, an empty text, which the trainers refuse"}),
    "word2vec.passages": Call(lambda **given: list(word2vec.passages(**given)),
        {"articles": LINES, "length": 3},
        {"articles": WORDS, "length": whole()},
        {("articles", "empty"): "no articles, no passages"}),
    "word2vec.prepare": Call(word2vec.prepare,
        {"articles": [LINES[0] * 40] * 2, "least": 1},
        {"articles": WORDS, "least": {"type": [None, "x"], "range": [10 ** 6], "not a number": [nan]}}),
    "word2vec.keep_probabilities": Call(word2vec.keep_probabilities,
        {"counts": KNOWN.counts, "t": 0.001},
        {"counts": {"type": [None, "x"]}, "t": number(-1)}),
    "word2vec.pairs": Call(word2vec.pairs,
        {"text": ENCODED, "window": 2},
        {"text": {"type": [None, "x"]}, "window": whole()}),
    "word2vec.Alias": Call(word2vec.Alias,
        {"q": [0.5, 0.5]},
        {"q": {"type": [None, "x"], "empty": [[]], "range": [[2, -1], [0.5, 0.6]], "shape": [[[1.0]]],
            "not a number": [[nan, 1]]}}),
    "word2vec.optimal_scores": Call(word2vec.optimal_scores,
        {"n": np.ones((2, 2)), "q": [0.5, 0.5], "K": 1},
        {"n": {"range": [np.zeros((2, 2))], "not a number": [np.full((2, 2), nan)], "type": [None]},
            "q": {"range": [[0, 1]], "not a number": [[nan, 1]], "type": [None]}, "K": {"range": [0, -1],
            "not a number": [nan], "type": [None, "x"]}}),
    ** {f'word2vec.{function.__name__}': Call(function, {"text": ENCODED, "words": KNOWN, "settings": QUICK},
        {"text": ENCODED_TEXT, "words": {"type": [None, "x"], "another vocabulary": [FEW]},
        "settings": WORD2VEC}) for function in (word2vec.train, word2vec.train_compiled, word2vec.held_out)},
    "word2vec.judge": Call(word2vec.judge,
        {"vectors": VECTORS, "pairs": HELD_OUT},
        {"vectors": {"type": [None, "x"], "not a number": [VECTORS._replace(u=BAD_VECTORS["not a number"][0])],
            "another vocabulary": [word2vec.Vectors(VECTORS.v[:2], VECTORS.u[:2])]}, "pairs": {"type": [None, "x"],
            "empty": [word2vec.HeldOut(HELD_OUT.centres[:0], HELD_OUT.words[:0])],
            "another vocabulary": [HELD_OUT._replace(centres=HELD_OUT.centres + 99),
            HELD_OUT._replace(words=HELD_OUT.words - 99)]}}),
    "word2vec.neighbours": Call(word2vec.neighbours,
        {"word": "cat", "words": KNOWN, "vectors": VECTORS.v, "k": 2},
        {"word": {"type": [None, 3], "another vocabulary": ["zzz"], "empty": [""]}, "words": {"type": [None],
            "another vocabulary": [FEW]}, "vectors": BAD_VECTORS, "k": whole()}),
    "word2vec.analogies": Call(word2vec.analogies,
        {"questions": [["the", "cat", "the", "dog"]], "words": KNOWN, "vectors": VECTORS.v},
        {"questions": {"type": [None, 3, "the cat", ["the cat the dog"]], "shape": [[["the", "cat"]]], "empty": [[]]},
            "words": {"type": [None], "another vocabulary": [FEW]}, "vectors": BAD_VECTORS},
        {("questions", "empty"): "asked none, it says so: asked = 0"}),
    "residual.gradient_norms": Call(residual.gradient_norms,
        {"cell": "LSTM", "scale": 1.0, "T": 3, "d": 4, "V": 5, "seeds": [1]},
        {"cell": {"type": [None, 3], "range": ["GRU"], "empty": [""]}, "scale": number(), "T": whole(), "d": whole(),
            "V": whole(), "seeds": {"type": [None, ["x"]], "empty": [[]]}, "forget_bias": number()}),
    "residual.singular_values": Call(residual.singular_values,
        {"cell": "vanilla", "scale": 1.0, "distances": [1, 3], "d": 4, "V": 5, "seeds": [1]},
        {"cell": {"type": [None, 3], "range": ["LSTM", "GRU"], "empty": [""]}, "scale": number(),
            "distances": {"type": [None, "x"], "empty": [[]], "range": [[0, 3], [-1]], "not a number": [[nan],
            [1.5]]}, "d": whole(), "V": whole(), "seeds": {"type": [None, ["x"]], "empty": [[]]}}),
    "variants.sheet": Call(variants.sheet,
        {"kind": "A3.2", "seed": 1},
        {"kind": {"type": [None, 3], "range": ["H9.9"], "empty": [""]}, "seed": whole()}),
    "residual.paths": Call(residual.paths,
        {"x": np.eye(3), "y": np.eye(3)[0], "W_embed": np.ones((2, 3)), "W_recurrent": np.ones((2, 2)),
            "W_unembed": np.ones((3, 2))},
        {"x": {"empty": [np.zeros((0, 3))], "too long": [np.zeros((60, 3))], "type": [None, "x"]}}),
    "networks.layered_network": Call(networks.layered_network,
        {"word": "a", "layers": 1, "output": "s"},
        {"word": {"type": [3], "empty": [""], "range": ["\x00", " "]}, "layers": whole(0), "output": {"type": [3],
            "empty": [""]}}),
    "networks.unrolled_network": Call(networks.unrolled_network,
        {"inputs": ["a", "b"]},
        {"inputs": {"type": [None, 3, [3]], "empty": [[], "", [""]], "range": ["\x00"]},
            "target": {"type": [3], "empty": [""]}}),
    "networks.residual_stream": Call(networks.residual_stream,
        {"inputs": ["a", "b"]},
        {"inputs": {"type": [None, 3, [3]], "empty": [[], "", [""]]}, "target": {"type": [3], "empty": [""]}}),
    "networks.tutorial_network": Call(networks.tutorial_network,
        {"symbols": ["a", "b"]},
        {"symbols": {"type": [None, 3, [3, 4]], "empty": [[], ""], "too short": ["a"]}}),
    "cells.recurrent_cells": Call(cells.recurrent_cells,
        {"inputs": ["a", "b"], "layers": 1},
        {"inputs": {"type": [None, 3, [3]], "empty": [[], "", [""]], "range": ["\x00"], "too long": ["abcd"]},
            "layers": whole(1, 2), "target": {"type": [3], "empty": [""]}}),
    "cells.generating_cells": Call(cells.generating_cells,
        {"symbols": ["a", "b"]},
        {"symbols": {"type": [None, 3, [3, 4]], "empty": [[], ""], "too short": ["a"], "too long": ["abcde"]}}),
    "windows.program_in_shapes": Call(windows.program_in_shapes,
        {"text": "a cat sat ", "batch": 2, "hidden": 3},
        {"text": {"type": [None, 3], "empty": [""], "too short": ["a cat sat"]}}),
    "plotting.show": Call(plotting.show,
        {"drawn": plotting.figure()[0], "alt": "A figure."},
        {"drawn": {"type": [None, "x"]}, "alt": {"type": [None, 3], "empty": ["", " "]}}),
    "charts.lines": Call(charts.lines,
        {"x": [1, 2], "series": {"a": [1, 2]}, "xlabel": "x", "ylabel": "y"},
        {"x": {"shape": [[1], [1, 2, 3]], "type": [None, "x"]}, "series": {"empty": [{}], "shape": [{"a": [1]}],
            "type": [None, {"a": None}, {"a": ["x", "y"]}], "range": [{name: [1, 2] for name in "abcdef"}]}}),
    "charts.dots": Call(charts.dots,
        {"rows": {"a": [1, 2]}, "xlabel": "x"},
        {"rows": {"empty": [{}], "type": [None, {"a": 3}]}}),
    "charts.points": Call(charts.points,
        {"series": {"a": ([1], [2])}, "xlabel": "x", "ylabel": "y"},
        {"series": {"empty": [{}], "shape": [{"a": ([1], [2, 3])}], "type": [None]}}),
    "charts.bars": Call(charts.bars,
        {"values": {"a": 1}, "xlabel": "x"}, {"values": {"type": [None, {"a": None}], "empty": [{}]}}),
    "charts.grid": Call(charts.grid,
        {"shares": np.eye(2), "rows": ["a", "b"], "columns": ["a", "b"], "xlabel": "x", "ylabel": "y"},
        {"shares": {"type": [None, "x"], "range": [2 * np.eye(2), -np.eye(2)], "not a number": [np.full((2, 2),
            nan)]}, "rows": {"shape": [["a"]], "type": [None]}}),
    "maps.word_map": Call(maps.word_map,
        MAP, BAD_MAPS),
    "maps.beside_its_own": Call(maps.beside_its_own, MAP, BAD_MAPS),
    "prefixes.after_each_letter": Call(prefixes.after_each_letter,
        {"word": "ab", "shares": {"x": [0.5, 1], "y": [0.5, 0]}},
        {"word": {"type": [None, 3], "empty": [""], "too long": ["abcdefgh"], "shape": ["a"], "range": ["a\n"]},
            "shares": {"type": [None, 3, {"x": 3}], "empty": [{}], "shape": [{"x": [1]}], "range": [{"x": [2, 0]}],
            "not a number": [{"x": [nan, 0]}]}}),
    "wires.exact": Call(wires.exact, {"x": 0.5}, {"x": {"type": [None, "x", [0.5]], "not a number": [nan, inf]}}),
    "wires.numbers_on_wires": Call(wires.numbers_on_wires,
        {"words": ["a", "b"], "values": {"x": [0, 1], "h": [2], "s": [1, 3], "p": [0.5, 0.5]}, "y": [1, 0],
            "gradients": {"s": [1, 3], "h": [2], "W_unembed": [[2], [1]], "W_embed": [[1, 2]]}},
        {"words": {"type": [None, 3, [3, 4]], "empty": [[]], "too short": [["a"]]},
            "values": {"type": [None, 3], "empty": [{}], "shape": [{name: [1] for name in "xhsp"}]},
            "y": {"type": [None, 3], "shape": [[1]]}, "gradients": {"type": [None, 3], "empty": [{}]}}),
    "wires.shared_matrix": Call(wires.shared_matrix,
        {"words": ["a"], "h": [[0, 0], [1, 2]], "delta": [[3, 4]]},
        {"words": {"type": [None, 3, [3]], "empty": [[]], "too long": [list("abcd")]},
            "h": {"type": [None, "x"], "empty": [[]], "shape": [[[0, 0]]], "range": [[[1, 0], [1, 2]]]},
            "delta": {"type": [None, "x"], "empty": [[]], "shape": [[[3]]], "not a number": [[[nan, 4]]]}}),
    "wires.ways_back": Call(wires.ways_back,
        {"g": [1, 2], "terms": [[1, 2]] * 4, "alone": [1, 2]},
        {"g": {"type": [None, "x"], "empty": [[]], "not a number": [[nan, 1]]},
            "terms": {"type": [None, "x"], "empty": [[]], "shape": [[[1, 2]] * 3]},
            "alone": {"type": [None, "x"], "empty": [[]], "shape": [[1]]}}),
    "skipgram.sliding_window": Call(skipgram.sliding_window,
        {"words": ["a", "b"], "centres": [0], "reach": 1},
        {"words": {"type": [None, 3, "ab", [1, 2]], "empty": [[]], "shape": [["a"]], "too long": [["a"] * 50],
            "range": [["a", "\t"]]}, "centres": {"type": [None, 3], "empty": [[]], "range": [[2], [-1]]},
            "reach": {"type": [None, "x"], "range": [0]}}),
    "skipgram.observed_minus_expected": Call(skipgram.observed_minus_expected,
        {"u": np.eye(2), "o": 0, "before": MOMENT, "after": MOMENT},
        {"u": {"type": [None, "x"], "shape": [np.eye(3), np.zeros(2)], "empty": [np.zeros((0, 2))],
            "not a number": [np.full((2, 2), nan)]}, "o": {"type": [None], "range": [2, -1]},
            "before": {"type": [None, 3], "shape": [skipgram.Moment(np.zeros(3), MOMENT.P)],
            "range": [skipgram.Moment(MOMENT.v_c, np.ones(2))]},
            "after": {"type": [None, 3], "not a number": [skipgram.Moment(np.full(2, nan), MOMENT.P)]}}),
    "skipgram.two_groups": Call(skipgram.two_groups,
        {"runs": {"a": np.zeros((2, 2, 2, 2)) + 1}, "groups": [0, 1]},
        {"runs": {"type": [None, 3, {"a": 3}], "empty": [{}], "shape": [{"a": np.zeros((2, 2, 3, 2))}],
            "not a number": [{"a": np.full((2, 2, 2, 2), nan)}]},
            "groups": {"type": [None, 3], "empty": [[]], "shape": [[0, 1, 1]], "range": [[0, 2]]}}),
    "statistics.Spread": Call(statistics.Spread, {"values": [1.0, 2.0]}, {"values": {"empty": [[]], "type": [None]}}),
    "statistics.difference": Call(statistics.difference,
        {"first": [1.0, 2.0], "second": [1.0, 2.0]},
        {"first": {"empty": [[]], "type": [None], "shape": [[1.0]]}, "second": {"empty": [[]], "type": [None]}}),
    "vanishing.vanishing": Call(vanishing.vanishing, dict.fromkeys(["vanilla", "residual"],
        residual.state_gradients), {name: {"type": [None, 3, lambda **_: None],
            "shape": [lambda **_: np.ones(3)]} for name in ("vanilla", "residual")}),
    "live.Live": Call(Live, {"scripts": ["stepper"], "payload": {}, "table": "<table>"},
        {"payload": {"not a number": [{"x": nan}]}, "table": {"empty": ["", " "]}}),
    "live.Payload": Call(Payload, {"content": {}}, {"content": {"not a number": [{"x": nan}]}}),
    "weights.packed": Call(weights.packed, {"model": generator()},
        {"model": UNFIT, "kind": {"range": ["int4"]}, "never": {"range": [[-1], [99]]}}),
    "weights.agreement": Call(weights.agreement, dict.fromkeys(["scores", "others"], torch.zeros(2, 3)),
        {"others": {"shape": [torch.zeros(3, 3)]}}),
    "weights.rounded": Call(weights.rounded, {"model": generator()},
        {"model": UNFIT, "kind": {"range": ["int4"]}}),
    "naming.naming": Call(naming, {"model": generator(), "letters": LETTERS, "languages": LANGUAGES, "known": PEOPLE,
        "generate": generation.generate, "language": "A"},
        {"model": UNFIT, "language": {"type": [None, 3], "range": ["D", ""]}}),
    "backward.backward_pass": Call(backward_pass, {"words": WORDS_OF_FOUR, "case": SENTENCE, "h": np.zeros((4, 2)),
        "g": np.zeros((4, 2)), "turn": np.zeros((4, 2))},
        {"words": {"shape": [["a"]], "empty": [[]]}, "turn": {"shape": [np.zeros((4, 3)), np.zeros(2)]}}),
    "plane.one_step": Call(one_step, {"v_c": np.zeros(2), "u": np.eye(2), "o": 0, "moved": np.ones(2)},
        {"v_c": {"shape": [np.zeros(3)], "not a number": [np.array([nan, 0])]},
            "u": {"shape": [np.eye(3), np.zeros((1, 2))], "not a number": [np.full((2, 2), nan)]},
            "o": {"range": [2, -1]}, "moved": {"shape": [np.zeros(3)]}, "negatives": {"range": [[2], [-1]]}}),
    "normalising.table": Call(symbols, {"name": "alphabets", "later": []},
        {"name": {"type": [None, 3], "range": ["poetry", ""]},
            "later": {"type": [None, "poetry"], "range": [["poetry"]]}}),
    "counts.training_names": Call(training_names, {"train": PEOPLE, "languages": LANGUAGES},
        {"train": NAMES, "languages": LANGUAGE_LIST | {"range": [[*LANGUAGES, "D"]]}}),
    "classifier.classifier": Call(typed_name, {"model": classifier(), "letters": PLAIN, "languages": LANGUAGES,
        "names": PEOPLE, "answers": lambda _: [("A", 0.6), ("B", 0.3)], "texts": ["Ann"], "train": PEOPLE,
        "counts": COUNTED, "order": 3},
        {"model": UNFIT | {"another kind": [generator()]}, "letters": {"another vocabulary": [OTHER], "type": [None]},
            "languages": LANGUAGE_LIST, "names": {"empty": [[]]}, "answers": {"type": [None, lambda _: 3]},
            "train": NAMES | {"another vocabulary": [PEOPLE[:-1]]}, "counts": {"another kind": [COUNTED_OTHERWISE]},
            "order": {"range": [0, -1, 1.5], "type": ["x", None]}}),
    **{f"counts.{function.__name__}": Call(function, {"pipeline": COUNTED, "train": PEOPLE},
        {"pipeline": NETWORK | {"another kind": [COUNTED_OTHERWISE], "too short": [COUNTED_TWO]},
            "train": NAMES | {"another vocabulary": [PEOPLE[:-1], PEOPLE[:6]]}})
        for function in (packed_counts, rounded_counts)},
    "writer.write_on": Call(write_on, {"model": text_network(), "symbols": CORPUS.symbols, "prompts": ["the cat "],
        "written": {1.0: "the cat "}}, {"model": UNFIT, "symbols": {"another vocabulary": [OTHER]},
            "prompts": {"empty": [[], [""]], "another vocabulary": [["\u0436"]]}}),
    "words.nearest_words": Call(nearest_words, {"words": ["a", "b"], "v": np.eye(2), "u": np.eye(2),
        "neighbours": lambda word, _: [("ab".replace(word, ""), 0.5)], "groups": {"all": ["a", "b"]},
        "drawing": "<svg/>", "question": Question("a", ["b"], "Because."), "least": 1},
        {"words": {"shape": [["a"]], "empty": [[]]}, "v": {"shape": [np.eye(3), np.ones(2)], "empty": [[]],
            "not a number": [np.full((2, 2), nan)]}, "question": {"range": [Question("a", ["c"], "")]}}),
    "words.rounded": Call(rounded, {"vectors": np.eye(2)}, {"vectors": {"shape": [np.ones(2)], "empty": [[]],
        "not a number": [np.full((2, 2), nan)]}}),
    "measured.read": Call(measured.read, {"page": "lstm"}, {"page": {"type": [None, 3], "range": ["poetry", ""]}}),
    "measured.Runs.where": Call(measured.Runs([{"a": 1}]).where, {"a": 1}, {"a": {"range": [2, None]}}),
}
# fmt: on


class Outcome(NamedTuple):
    """What comes of a call, a "clear error", an error of "Python's own", an "answer" or a "hang", and what was said."""

    what: str
    said: str


@contextmanager
def seconds(limit: int) -> Iterator[None]:
    """Inside it, what takes longer is a TimeoutError."""

    def late(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(limit)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def outcome(call: Call, argument: str, value: object) -> Outcome:
    """What comes of a call with a wrong value for an argument."""
    try:
        with seconds(20), np.errstate(all="ignore"):
            found = call.function(**(call.arguments | {argument: value}))
    except TimeoutError:
        return Outcome("hang", "")
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        ours = "unrolled" in Path(last.filename).parts and last.line.startswith("raise")
        said = f"{type(error).__name__}: {error}"
        return Outcome("clear error" if ours else "Python's own", said)
    return Outcome("answer", repr(found)[:80])


def cases() -> Iterator[tuple[str, str, str, object]]:
    """Every wrong value: the function, the argument, the kind, and the value."""
    for name, call in CALLS.items():
        for argument, what in call.what.items():
            for kind, values in what.items():
                for value in values:
                    yield name, argument, kind, value


@pytest.mark.parametrize("name", CALLS)
def test_what_is_right_is_answered(name: str):
    call = CALLS[name]
    call.function(**call.arguments)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", CALLS)
def test_what_is_wrong_is_an_error_or_answered_for_a_reason(name: str):
    call, answered = CALLS[name], set()
    for _, argument, kind, value in (case for case in cases() if case[0] == name):
        found = outcome(call, argument, value)
        assert found.what != "hang", f"{name}({argument}={value!r}) hangs"
        if found.what == "answer":
            answered.add((argument, kind))
            reason = f"{name}({argument}={value!r}), {kind}, is answered: {found.said}"
            assert (argument, kind) in call.right, reason
        elif found.what == "clear error":
            assert len(found.said) > 30, f"{found.said!r} says too little"
    assert answered == set(call.right), "a reason for what is not answered"


# What is said of mistakes that people make

# fmt: off
SAID = {
    "percent for shares": (lambda: project.paired_gain(5, 10, 50), "p10 is 5; expected a share from 0 to 1"),
    "percent in a power": (lambda: project.exact_power(0.1, 0.1, 50, alpha=5), "alpha is 5; expected a share between"),
    "shares of more than all": (lambda: project.exact_power(0.6, 0.6, 50), "with a sum of at most 1"),
    "too many examples": (lambda: project.exact_power(0.1, 0.1, 10**9), "N is 1000000000; expected .* to 10000000"),
    "counts for answers": (lambda: statistics.paired_difference([3, 5], [4, 5]), "not all true or false"),
    "texts for answers": (lambda: project.disagreement(["yes"], ["no"]), "not all true or false"),
    "an infinite temperature": (
        lambda: sampling.distribution(torch.tensor([-inf, 0.0]), inf), "temperature is inf; expected a finite number"),
    "a negative temperature": (lambda: table().write([2], 3, np.random.default_rng(), -1), "temperature is -1"),
    "no prompt": (lambda: table().write([], 3, np.random.default_rng()), "the prompt is empty; give at least one"),
    "a strange prompt": (lambda: lstm.by_state(text_network(), [99], 3), r"ids from 99 to 99: expected 0 … \d+"),
    "no steps": (lambda: fitted(steps=0), "steps is 0; expected a whole number, 1 or more"),
    "steps that are no number": (lambda: fitted(steps=nan), "steps is nan; expected a whole number"),
    "a share of 50": (lambda: lstm.Design(dropout=50), "dropout is 50; expected a share from 0 to 1"),
    "a negative window": (lambda: lstm.Design(window=-1), "window is -1; expected a whole number, 1 or more"),
    "a step size of nan": (lambda: lstm.Design(learning_rate=nan), "learning_rate is nan; expected a finite number"),
    "negative groups": (lambda: fit_counts([[1, 3]], [-1]), "groups from -1 to -1: expected 0 … "),
    "groups in words": (lambda: fit_counts([[1, 3]], ["A"]), "groups are of the type <U1; expected whole numbers"),
    "groups beyond number": (lambda: fit_counts([[1, 3]], [2**61]), "groups from .*: expected 0 … 2147483647"),
    "nothing to choose an order by": (lambda: of_best_order([[1, 3]], [[1]], 6), "no dev sequence has a symbol to pre"),
    "a count model not fitted": (lambda: Ngrams(3, 6).distribution([[1, 3]]), "counted nothing yet; fit it first"),
    "a language too few": (
        lambda: classification.classify(classifier(), "Ann", PLAIN, ["A", "B"]), "tells 3 languages .* there are 2"),
    "an unknown language": (
        lambda: classification.encode([Name("Ann", "Z")], PLAIN, LANGUAGES), r"unknown languages \['Z'\]; expected"),
    "letters of another network": (
        lambda: generation.generate(generator(), OTHER, torch.tensor([0]), 1), "has 58 symbols, and there are 6; give"),
    "weights that are no numbers": (
        lambda: classification.predict(poisoned(classifier()), TENSORS), "weights that are not numbers"),
    "probabilities for their logarithms": (
        lambda: generation.likelihood([np.array([0.5, 0.1])]), "which are at most 0; expected log p"),
    "rounded ids": (lambda: PLAIN.decode([1.5]), "id at position 0 is 1.5; expected a whole number"),
    "rounded ids in a batch": (lambda: vocabulary.pad([[1, 2.5]]), "an id is 2.5; expected a whole number, 0 or more"),
    "a text of other words": (
        lambda: word2vec.train_compiled(ENCODED, FEW, QUICK), "the text's ids from 0 to . ?: expected 0 … 1"),
    "passages of another text": (
        lambda: word2vec.train_compiled(ENCODED._replace(passage=ENCODED.passage[:2]), KNOWN, QUICK), "one for each"),
    "a batch of none": (
        lambda: word2vec.train(ENCODED, KNOWN, settings(batch=-1)), "batch is -1; expected a whole number, 1 or more"),
    "a text for words": (lambda: word2vec.Words(["the cat"]), "'the cat' is a string; expected a list of words"),
    "questions in one string": (
        lambda: word2vec.analogies(["the cat the dog"], KNOWN, VECTORS.v), "is no question; expected a list of four"),
    "vectors of other words": (
        lambda: word2vec.neighbours("cat", FEW, VECTORS.v), r"\d+ vectors for 2 words; expected a row for each"),
    "a word twice in a tree": (
        lambda: word2vec.hierarchical_softmax(np.array([[-1, 1], [-2, -2]]), np.ones(2), NODES), "no binary tree: exp"),
    "a cycle in a tree": (
        lambda: word2vec.hierarchical_softmax(np.array([[-1, 1], [0, -2]]), np.ones(2), NODES), "no binary tree: exp"),
    "runs of less than nothing": (lambda: lstm.copied("abc", "abc", -(10**9)), "n is -1000000000; expected"),
    "no distance": (
        lambda: residual.singular_values("vanilla", 1, [0, 3]), "a distance is 0; expected a whole number, 1 or more"),
    "a cell without these values": (
        lambda: residual.singular_values("LSTM", 1, [3]), "cell is 'LSTM'; expected one of vanilla, residual"),
    "too many paths": (
        lambda: residual.paths(np.zeros((60, 3)), *[np.ones((3, 3))] * 4), "number of steps is 60; expected .* to 20"),
    "too many names": (
        lambda: generation.masses(generator(), LETTERS, 0, 30), "letters make more than 1,000,000 names of 30"),
}
# fmt: on


@pytest.mark.parametrize("mistake", SAID)
def test_what_is_wrong_what_was_expected_and_what_to_do_is_said(mistake: str):
    what, message = SAID[mistake]
    with seconds(20), pytest.raises(ValueError, match=message):
        what()


def test_a_filled_form_is_filled_anew():
    first = project.filled(FORM, {"data": "a < b"})
    assert project.fields(first) == {"data": "a < b"}
    assert project.fields(project.filled(first, {"data": "c & d"})) == {"data": "c & d"}
    assert project.filled(first, project.fields(first)) == first


def pooled() -> nn.Module:
    torch.manual_seed(1)
    return classification.PooledGRU(len(PLAIN), 4, 3)


MODELS = {
    "classification.predict": (
        pooled,
        lambda m: classification.predict(m, TENSORS),
    ),
    "classification.classify": (
        pooled,
        lambda m: classification.classify(m, "Ann", PLAIN, LANGUAGES),
    ),
    "generation.log_probabilities": (
        generator,
        lambda m: generation.log_probabilities(m, FRAMED),
    ),
    "generation.generate": (
        generator,
        lambda m: generation.generate(m, LETTERS, torch.tensor([0]), 1),
    ),
    "generation.most_probable": (
        generator,
        lambda m: generation.most_probable(m, LETTERS, 0),
    ),
    "lstm.nats": (text_network, lambda m: lstm.nats(m, CORPUS.ids, 400)),
    "lstm.window_nats": (text_network, lambda m: lstm.window_nats(m, CORPUS.ids, 440)),
    "lstm.by_window": (text_network, lambda m: lstm.by_window(m, [2, 3], 3)),
    "lstm.by_state": (text_network, lambda m: lstm.by_state(m, [2, 3], 3)),
    "lstm.begin": (text_network, lambda m: lstm.begin(m, [2, 3])),
    "lstm.stepper": (text_network, lambda m: lstm.stepper(m)(*lstm.begin(m, [2, 3]))),
}


@pytest.mark.parametrize("name", MODELS)
def test_a_network_is_judged_as_it_would_be_used_and_left_as_it_was(name: str):
    """In training, dropout would make answers random; and a network that is being trained goes on being so."""
    make, use = MODELS[name]
    model = make().train()
    first, second = (str(use(model)) for _ in range(2))
    assert first == second
    assert all(module.training for module in model.modules())
    assert str(use(model.eval())) == first
    assert not any(module.training for module in model.modules())


# What the table leaves out, and why

FORMULAS = """
backprop_mlp: log_softmax softmax log_likelihood forward output_error gradients deep_forward deep_gradients
backprop_rnn: log_softmax states forward state_gradients jacobians gradients stacked_states stacked_gradients
backprop_rnn: batch_gradients observed_minus_expected sums_by_word
residual: states forward state_gradients gradients factors step associative_scan backward_step_by_step backward_by_scan
lstm: forward cell_path step_jacobians state_jacobians
ngrams: discounts
generation: tutorial_unrolled forward_pass average
evaluation: edit_distance least_distances expected_coverage entropy jensen_shannon
word2vec: log_probabilities cross_entropy centre_gradient outside_gradients corpus_gradient expected_objective
word2vec: negative_sampling_loss negative_sampling_gradients multiplications noise_distribution unit step compiled_step
word2vec: random_bits below compiled_epochs subsample
data.vocabulary: one_hot
"""
"""Formulas of arrays. Pages show them as they are, so they check nothing; their docstrings state shapes and ranges.

NumPy and PyTorch refuse shapes that do not fit, but not what is no number, nor a negative id: it counts from the end.
"""

CHECKED = """
data.demand: whole number share ids answers
backprop_rnn: demand_batch
project: demand_shares demand_gain
ngrams: group_ids
classification: count_model logistic_count_model
generation: demand_frame demand_fit
lstm: demand_symbols demand_prompt
residual: demand_cell
word2vec: demand_tree demand_vectors demand_settings demand_lists
maps: demand_map
prefixes: demand_probabilities
wires: demand_shapes demand_steps demand_ways
skipgram: demand_window demand_moments demand_paths
plane: demand_place
training: demand_weights
data.reading: described place
"""
"""The checks themselves, which the functions in the table call; and two that take nothing."""

INNER = """
backward: written
live: captioned
checkpoints: older digest demand_same CheckpointError
training: shapes set_threads
sampling: inverse
data.originals: cache path fetch DataError
data.names: embedded tutorial load
data.texts: news wikipedia encyclopaedia alice load_text
data.surnames: surnames
data.choice: choice
data.vocabulary: padded_part
classification: by_bayes pool pool_weights share_off
classification: as_cell as_dense gradient_norms shortened holed DenseRNN CellRNN LayerRNN TutorialRNN
generation: readout as_cell mean_loss multiply_adds TutorialRNN CellRNN LayerRNN
lstm: Dropout TextLSTM multiply_adds ring window_loss argmax without_unwritable prefix_repeats main
evaluation: codes length demand_names suite means cached smoothed new_names Bad OneName Trial
word2vec: belongs_to_word first_vectors
residual: random_network
plotting: Drawing figure follow_page panels
charts: curves written together from_to opened framed room_for named_rows demand_few
maps: pushed_apart
prose: say claim power
variants: Digits fraction recognised exact with_log by display listed word pair reads matrices steps forwards backwards
variants: one_layer recurrent residual_stream backward_pass softmax_centre sampled_centre
variants: first_fitting fitting latex files main
svg: draw_network
pieces: picture either wire box draw_node write short
networks: demand_inputs demand_name demand_visible
words: layered_words unrolled_words residual_words tutorial_words cell_words generating_words
"""
"""What is called with what the functions in the table have checked, or takes nothing but what they give; and networks.

Of networks, PyTorch refuses wrong sizes; what they read is checked where names and texts become ids.
"""


LANGUAGE = """
arrays: Identity Misshapen Unknown array beside demand_inside naught number numbers shape tensor
chance: Chance Undecided
dots: differing moved varying written_out
exported: as_data ends exported member members
goals: cases derivatives derived derived_in draft edges goals is_gradient last_side left_side letters mistaken packed
goals: place_of plain projections spans spoken stated_in terms unpacked value_of wanted
layout: Unreadable read
line: Gradient Line Refused Wanted apart as_meant asks attempt_line complaint expressions in_letters indices_of
line: left_side letter_of named orders plain read say sentence sizes subject understood unknown whole
meaning: Node Reader Symbols chain comma empty expression flat flat_all flat_text halves indices inside is_text lines
meaning: nodes parts place range_of shape_of split statements strip without_words
payload: Collected described finite matrix payload short tell
printed: Page begins blank blocks context_of displays drawn draws errors_of executed given_member section stated
printed: stating
sides: differences environments free
typed: Mistyped Writer braced closed like_index oriented pieces places printed readings say shown signs tokens typed
typed: unclosed unlike valued
typos: bounded changed factors outcome proved reason sample spoiled typos
values: Context Values alike called
"""
"""The language of formulas. What it refuses is tested where it is (test_printed.py, test_typed.py, test_yours.py)."""


def public() -> set[str]:
    """All functions and classes of the package but those of results and checks, and but tuples with names."""
    found = set()
    for module in pkgutil.walk_packages(unrolled.__path__, "unrolled."):
        _, room, *inner = module.name.split(".")
        if room in ("results", "checks"):
            continue
        # a part of a page's package counts as the page
        name = ".".join(["data", *inner] if room == "data" else inner[:1] or [room])
        for thing, value in vars(import_module(module.name)).items():
            value = getattr(value, "py_func", value)  # of what is compiled
            own = getattr(value, "__module__", "") == module.name
            plain = inspect.isfunction(value) or inspect.isclass(value)
            named = inspect.isclass(value) and issubclass(value, tuple)
            if own and plain and not named and not thing.startswith("_"):
                found.add(f"{name}.{thing}")
    return found


def test_every_function_is_in_the_table_or_left_out_for_a_reason():
    left_out = set()
    for line in (FORMULAS + CHECKED + INNER + LANGUAGE).split("\n"):
        module, _, members = line.partition(": ")
        left_out |= {f"{module}.{member}" for member in members.split()}
    there = {name.replace("()", "") for name in CALLS}
    covered = {
        name for name in public() if any(f"{x}.".startswith(f"{name}.") for x in there)
    }
    new = public() - left_out - covered
    assert new == set(), (
        "add a call to CALLS, or the name to FORMULAS, CHECKED or INNER"
    )
    assert left_out - public() == set(), "left out, and not there"
    assert left_out & covered == set(), "left out, and in the table"


if __name__ == "__main__":
    count = defaultdict(Counter)
    for name, argument, kind, value in cases():
        call = CALLS[name]
        found = outcome(call, argument, value)
        reason = call.right.get((argument, kind))
        what = "right answer" if found.what == "answer" and reason else found.what
        count[name][what] += 1
        count["all"][what] += 1
        if what in ("answer", "hang") or "-v" in sys.argv:
            print(
                f"{name}({argument}={value!r:.50}) [{kind}] {what}: {found.said}",
                flush=True,
            )
    for name, found in count.items():
        print(name, dict(found))
