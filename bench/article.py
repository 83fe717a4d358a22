"""The article's program for *Text generation with an LSTM*, as it is, and the book's language model beside it.

``book/programs/text_article.py`` is run as a file, on *Alice*, and its own account of each pass is written down: all of
its forty passes, ten of them on one thread for the time that they take, and one pass each with another setting. Beside
it stands the book's language model for a minute, on the same first 80 % of the text, when it has learnt from as many
predictions, rounded down to steps, and in the end. Both are scored on the same characters, those from 80 to 90 % of the
text. CPU seconds are those of one thread; the program's hold the loss over its training data, which it computes after
each pass, and the model's no look at dev. Needs the originals (``make data``); takes an hour and a half, and on a
machine without a GPU four hours more for the forty passes.

To confirm, one pass with another setting and one training of the model are made again. The plain passes are not.
"""

import functools
import itertools
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Iterator

import torch

import record
from unrolled.data import texts
from unrolled.pages import lstm
from unrolled.pages.lstm import Design, TextLSTM

PROGRAM = "text_article"
PASSES, TIMED = 40, 10
PLAIN = "as it is"
SETTINGS = {
    "hidden: 128": "--hidden 128",
    "window: 50": "--window 50",
    "step size: 0.003": "--rate 0.003",
    "input: an embedding": "--embed",
}
"""One of its settings at a time, as its arguments; the cheapest comes first, for it is what a confirmation runs."""

STEPS = 3400
BOOK = Design(window=32, learning_rate=8e-3, weight_decay=0.1, **lstm.dropouts(lstm.dropout_for(30) + 0.1))
"""The book's model for a minute, as it was chosen for *Alice*: thirty passes, a tenth more dropout than the rule."""
SEEDS = range(1, 4)
ALL = "all"


def article(setting: str, passes: int, gpu: bool = False) -> dict:
    """What the program says of a pass; it goes on from the pass before, if that was made with the same code."""
    folder = record.scratch("article") / record.digest(record.fingerprint("article")) / setting.replace(": ", "-")
    folder /= "any" if gpu else "one thread"
    folder.mkdir(parents=True, exist_ok=True)
    text, results = folder / "alice.txt", folder / "results.jsonl"
    text.write_text(texts.alice(), "utf-8")
    program = record.BENCH.parent / "book" / "programs" / f"{PROGRAM}.py"
    arguments = [text, results, "--passes", str(passes), *SETTINGS.get(setting, "").split()]
    hidden = {} if gpu else {"CUDA_VISIBLE_DEVICES": ""}
    subprocess.run([sys.executable, program, *arguments], check=True, env={**os.environ, **hidden})
    found = json.loads(results.read_text("utf-8").splitlines()[passes - 1])
    assert found.pop("pass") == passes
    return found


def whole(passes: int) -> dict:
    """What the program says of one of its forty passes, on a GPU if there is one."""
    found = article(PLAIN, passes, gpu=True)
    name = torch.cuda.get_device_name() if torch.cuda.is_available() else platform.machine()
    return {**found, "processor": f"{name}, PyTorch {torch.__version__.split('+')[0]}"}


@functools.cache
def trained(seed: int) -> dict[object, dict]:
    """A training of the book's model, looked at when it has made as many predictions as the program in its passes."""
    text = lstm.encode(texts.alice())
    one_pass, one_step = text.dev - lstm.ARTICLE.window, BOOK.batch * BOOK.window
    moments = {passes * one_pass // one_step: passes for passes in range(1, TIMED + 1)} | {STEPS: ALL}
    torch.manual_seed(seed)
    net, found, looked = TextLSTM(len(text.symbols), BOOK), {}, 0.0
    begin, steps = time.process_time(), itertools.count(1)

    def look() -> float:
        nonlocal looked
        step, start = next(steps), time.process_time()
        if step in moments:
            dev = lstm.bits(lstm.nats(net, text.ids[: text.test], text.dev))
            found[moments[step]] = {"predictions": step * one_step, "seconds": start - begin - looked, "dev": dev}
            looked += time.process_time() - start
        return -float(step)  # the last weights are kept

    lstm.train(net, text.train, look, STEPS, seed, every=1)
    return found


def book(passes: int | str, seed: int) -> dict:
    """The book's model, with as many predictions as the program has made in some passes, or in the end."""
    return trained(seed)[passes]


KINDS = {"article": article, "whole": whole, "book": book}


def run(kind: str, **where: object) -> dict:
    """What a run of a kind comes to."""
    return KINDS[kind](**where)


def runs(_: record.Find) -> Iterator[record.Labels]:
    """The program's passes, a pass with each other setting, and the book's model from each seed."""
    for passes in range(1, PASSES + 1):
        yield {"kind": "whole", "passes": passes}
    for passes in range(1, TIMED + 1):
        yield {"kind": "article", "setting": PLAIN, "passes": passes}
    for setting in SETTINGS:
        yield {"kind": "article", "setting": setting, "passes": 1}
    for seed, passes in itertools.product(SEEDS, (*range(1, TIMED + 1), ALL)):
        yield {"kind": "book", "passes": passes, "seed": seed}


def kind(run: record.Labels) -> str | None:
    """Whether a run is of the program, with another setting, or of the book's model."""
    return None if run["kind"] == "whole" or run.get("setting") == PLAIN else run["kind"]


MEASUREMENT = record.Measurement("article", run, runs, kind, settings=lambda: {"design": vars(BOOK), "steps": STEPS})
