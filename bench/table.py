"""Every figure that the book aims at, beside what it reached and its peers, from the records: one table.

What is beside each other in a row does the same work, and was measured on one machine in one record. A figure from
several seeds has its mean ± standard deviation; so has one from the three other splits of the names, over the splits.
"""

import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from statistics import fmean, median, stdev

from tabulate import tabulate

import record

PUBLISHED, OTHERS = "2024", ("2025", "2026", "2027")
"""The salts of the splits of the names."""

Row = tuple[str, ...]
"""What is measured, the book's figure, that of the other splits, the goal, whether it is reached, and the peers'."""


def spread(values: Iterable[float], form: str) -> str:
    """A mean, with the standard deviation of several values; nothing of none."""
    values = list(values)
    if not values:
        return ""
    return f"{fmean(values):{form}}" + (f" ± {stdev(values):{form}}" if len(values) > 1 else "")


def row(
    what: str, values: Sequence[float], goal: float, form: str = ".3f", peer: str = "", others: Sequence[float] = ()
) -> Row:
    """A figure, beside a goal that it should be at most; at least, if the goal is negative."""
    sign, bound = (-1, "≥") if goal < 0 else (1, "≤")
    missed = [behind for figure in (fmean(values), *others) if (behind := sign * figure - goal) > 0]
    verdict = f"behind by up to {max(missed):{form}}" if missed else "reached"
    return what, spread(values, form), spread(others, form), f"{bound} {abs(goal):{form}}", verdict, peer


def runs(page: str, **labels: object) -> list[dict]:
    """The runs of a page's record that have some labels."""
    return [run for run in record.read(page)["runs"] if labels.items() <= run.items()]


def ratio(rates: dict[str, float], ours: str, theirs: str) -> list[float]:
    """How many times as fast as a peer."""
    return [rates[ours] / rates[theirs]]


def classification() -> Iterator[Row]:
    """Accuracy and balanced accuracy on the tutorial's names."""
    tutorial = runs("classification", data="originals", system="tutorial_batched")

    def scores(split: str, score: str) -> list[float]:
        pooled = runs("classification", data="originals", split=split, system="network + n-gram")
        return [run["off"]["test"][score] for run in pooled]

    for score, goal in ("accuracy", -0.85), ("balanced", -0.55):
        others = [fmean(scores(split, score)) for split in OTHERS]
        peer = "the tutorial's network " + spread((run["test"][score] for run in tutorial), ".3f")
        yield row(f"names, GRU and n-gram, {score}", scores(PUBLISHED, score), goal, ".3f", peer, others)
    alone = runs("classification", data="originals", system="network")
    mean = fmean(run["test"]["accuracy"] for run in alone)
    yield row("names, GRU alone, accuracy, mean of all splits", [mean], -0.84, ".4f")


def generation() -> Iterator[Row]:
    """Bits per letter on the tutorial's names, over all letters and as the mean of the languages."""
    pairs = runs("generation", data="originals", system="committee")
    others = runs("generation", data="originals", system="other split")
    tutorial = runs("generation", data="originals", system="tutorial")
    ways: dict[str, tuple[Callable[[dict], dict], float, float]] = {
        "two LSTMs": (lambda run: run, 2.36, 2.52),
        "two LSTMs and counts": (operator.itemgetter("blend"), 2.28, 2.48),
    }
    for name, (part, *goals) in ways.items():
        for over, goal in zip(("all", "mean"), goals, strict=True):
            figure, rest = ([part(run)["test"][over] for run in found] for found in (pairs, others))
            peer = f"5-gram {pairs[0]['counts']['test'][over]:.3f}, "
            peer += f"tutorial {spread((run['test'][over] for run in tutorial), '.3f')}"
            yield row(f"letters of names, {name}, bits, {over}", figure, goal, ".3f", peer, rest)
    seconds = ([run["seconds"] for run in found] for found in (pairs, others))
    yield row("letters of names, two LSTMs, CPU s", next(seconds), 120, ".0f", "", next(seconds))
    speeds = record.read("generation")["speeds"]
    yield row(
        "letters learnt from in a CPU s, times the tutorial's", ratio(speeds, "LSTM, d = 128", "tutorial"), -25, ".1f"
    )


def word2vec() -> Iterator[Row]:
    """Speed and held-out loss of the two trainers."""
    theirs = [run["loss"] for run in runs("word2vec", trainer="gensim")]
    for name in "vectorised", "compiled":
        losses = [run["loss"] for run in runs("word2vec", trainer=name)]
        peer = f"gensim {spread(theirs, '.4f')}"
        yield row(f"word vectors, {name}, loss on held-out pairs", losses, fmean(theirs), ".4f", peer)
    speeds = record.read("word2vec")["speeds"]
    pairs, words = ({name: median(speeds[name][unit]) for name in speeds} for unit in ("pairs", "words"))
    yield row("pairs in a CPU s, vectorised, times d2l's", ratio(pairs, "vectorised", "d2l"), -3, ".1f")
    yield row("words in a CPU s, compiled, times gensim's", ratio(words, "compiled", "gensim"), -2, ".1f")


def backprop() -> Iterator[Row]:
    """Backpropagation by hand beside autograd's loop, and beside the style of min-char-rnn at its batch of one."""
    for run in runs("backprop"):
        what = f"by hand, {run['dtype']}, B = {run['B']}, times autograd's loop"
        yield row(what, ratio(run["rates"], "NumPy, batched", "PyTorch, loop"), -1, ".2f")
    one, many = (runs("backprop", dtype="float32", B=B)[0]["rates"] for B in (1, 32))
    times = many["NumPy, batched"] / one["NumPy, min-char-rnn style"]
    yield row("by hand, B = 32, times min-char-rnn's style at B = 1", [times], -9, ".1f")


def lstm() -> Iterator[Row]:
    """Bits per character after a minute and after five, on each text, and speeds beside the article's.

    Where no goal was set, it is what counting reaches.
    """
    for data, name in {"originals": "Alice", "embedded": "news", "longer": "Wikipedia"}.items():
        counts, *_ = runs("lstm", kind="ngram", data=data)
        peer = f"{counts['order']}-gram {counts['test']:.3f}"
        if article := runs("lstm", kind="final", data=data, system="article"):
            peer += f", article's way, 60 s, {spread((run['test'] for run in article), '.3f')}"
        for system, aim in ("60 s", 1.96), ("300 s", 1.88):
            if not (found := runs("lstm", kind="final", data=data, system=system)):
                continue
            goal = aim if data == "originals" else counts["test"]
            yield row(f"{name}, LSTM, {system}, bits", [run["test"] for run in found], goal, ".3f", peer)
            both = [run["test, blended"] for run in found]
            yield row(f"{name}, LSTM and counts, {system}, bits", both, goal, ".3f", peer)
    speeds = record.read("lstm")["speeds"]
    learnt, written = (
        ratio(speeds["training"], "60 s", "article"),
        ratio(speeds["generation"], "table, drawn", "window"),
    )
    yield row("characters learnt from in a CPU s, times the article's", learnt, -50, ".0f")
    yield row("characters written in a CPU s, times the article's way", written, -5, ".0f")


def table() -> str:
    """All of it."""
    rows = [found for page in (classification, generation, word2vec, backprop, lstm) for found in page()]
    heads = "", "the book", "three other splits", "goal", "", "beside it"
    return tabulate(rows, headers=heads, disable_numparse=True)
