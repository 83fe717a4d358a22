"""*Word vectors*, measured: what a gradient costs as the vocabulary grows, and four trainers of skip-gram side by side.

One thread, single precision, the same words, window, width and number of negatives for all; the Wikipedia sample that
comes with gensim, so nothing has to be fetched. Takes about eight minutes.

To confirm, each trainer trains from the first seed. Costs and speeds are a clock's.
"""

import functools
import itertools
from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import torch
from gensim.models import Word2Vec
from numpy import ndarray
from torch import Tensor, nn
from torch.nn import functional as F

import record
from unrolled.data import texts
from unrolled.pages import word2vec
from unrolled.pages.word2vec import Alias, HeldOut, Settings, Text, Vectors, Words

SEEDS = (1, 2, 3)
SETTINGS = Settings()
D2L_EPOCHS = 3
"""It takes about as long for these as the others together for all of theirs."""


# What a gradient costs


def gradients(V: int, d: int = 64, K: int = 5) -> dict[str, Callable[[], object]]:
    """Ways to the gradients of one pair, of a vocabulary of V words, in single precision."""
    rng = np.random.default_rng(V)
    u = (0.1 * rng.normal(size=(V, d))).astype(np.float32)
    v = u[:10].copy()  # a few centres are enough
    noise = Alias(word2vec.noise_distribution(1 / np.arange(1, V + 1)))
    weight = nn.Parameter(torch.from_numpy(u))
    adam = torch.optim.Adam([weight], lr=1e-3)

    def sampled() -> tuple[ndarray, ndarray, ndarray]:
        words = np.array([V // 2, *noise.draw(K, rng)])
        g = -1 / (1 + np.exp(-(u[words] @ v[3])))
        g[0] += 1
        return g @ u[words], words, np.outer(g, v[3])

    def dense() -> ndarray:
        _, words, rows = sampled()
        by_u = np.zeros_like(u)
        np.add.at(by_u, words, rows)
        return by_u

    def with_adam() -> None:
        weight.grad = torch.from_numpy(dense())
        adam.step()

    return {
        "softmax": lambda: word2vec.centre_gradient(3, V // 2, v, u),
        "negative sampling": sampled,
        "negative sampling, dense gradient": dense,
        "negative sampling, dense Adam": with_adam,
    }


def costs() -> list[dict]:
    """CPU seconds for the gradients of one pair, by way and vocabulary size."""

    def made(way: Callable[[], object]) -> int:
        way()
        return 1

    found = []
    for V in (100, 300, 1000, 3000, 10_000, 30_000, 100_000, 300_000, 1_000_000):
        pairs = record.rates({name: functools.partial(made, way) for name, way in gradients(V).items()}, least=0.05)
        found += ({"way": name, "V": V, "seconds": 1 / rate} for name, rate in pairs.items())
    return found


# The text, the same for all


class Task(NamedTuple):
    """Words, a text to train on, and pairs to judge by."""

    words: Words
    text: Text
    held_out: HeldOut


@functools.cache
def task() -> Task:
    """The task of the page; the compiled trainer is compiled, before a clock runs."""
    words, text, rest = word2vec.prepare(texts.wikipedia())
    word2vec.train_compiled(part(text, 50), words, SETTINGS)
    return Task(words, text, word2vec.held_out(rest, words, SETTINGS))


def part(text: Text, share: int) -> Text:
    """The first passages, about one in ``share``."""
    last = text.passage.max() // share
    chosen = text.passage <= last
    return Text(text.ids[chosen], text.passage[chosen])


class Run(NamedTuple):
    """Vectors, what they were trained on, and the CPU seconds it took."""

    vectors: Vectors
    pairs: int
    words: int
    seconds: float


# The trainers


def d2l(names: Words, text: Text, settings: Settings, seed: int) -> Run:
    """Dive into Deep Learning 15.3 and 15.4: rows of a centre with all its contexts and negatives, padded; dense Adam.

    Negatives are never words of the window. They are drawn once, before the clock starts.
    """
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    keep = word2vec.keep_probabilities(names.counts, settings.subsampling)
    noise = Alias(word2vec.noise_distribution(names.counts, settings.power))
    thinned = word2vec.subsample(text, keep, rng)
    rows = list(rows_of(thinned, noise, settings, rng))
    loader = torch.utils.data.DataLoader(
        rows, batch_size=512, shuffle=True, collate_fn=padded, generator=torch.Generator().manual_seed(seed)
    )
    v, u = (nn.Embedding(len(names), settings.d) for _ in "vu")
    for embedding in (v, u):
        nn.init.xavier_uniform_(embedding.weight)
    optimiser = torch.optim.Adam([v.weight, u.weight], lr=0.002)

    def train() -> None:
        for _ in range(settings.epochs):
            for c, words, mask, label in loader:
                scores = torch.bmm(v(c), u(words).permute(0, 2, 1))[:, 0]
                loss = F.binary_cross_entropy_with_logits(scores, label, weight=mask, reduction="none").mean(1)
                optimiser.zero_grad()
                (loss * mask.shape[1] / mask.sum(1)).sum().backward()
                optimiser.step()

    _, seconds = record.timed(train)
    vectors = Vectors(v.weight.detach().numpy(), u.weight.detach().numpy())
    found = sum(len(contexts) for _, contexts, _ in rows)
    seen = settings.epochs * found, settings.epochs * len(thinned.ids)
    return Run(vectors, *seen, seconds)


def rows_of(
    text: Text, noise: Alias, settings: Settings, rng: np.random.Generator
) -> Iterator[tuple[int, list[int], list[int]]]:
    """Each centre with its contexts, and K negatives for each context that are none of them."""
    pool = iter(())
    for line in np.split(text.ids, np.flatnonzero(np.diff(text.passage)) + 1):
        line = line.tolist()
        for i, c in enumerate(line):
            reach = int(rng.integers(1, settings.window + 1))
            contexts = line[max(0, i - reach) : i] + line[i + 1 : i + 1 + reach]
            negatives: list[int] = []
            while len(negatives) < settings.K * len(contexts):
                w = next(pool, None)
                if w is None:
                    pool = iter(noise.draw(10_000, rng).tolist())
                elif w not in contexts:
                    negatives.append(w)
            if contexts:
                yield c, contexts, negatives


def padded(rows: list) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """A minibatch of rows, filled up with zeros to the longest, with a mask and labels."""
    longest = max(len(contexts) + len(negatives) for _, contexts, negatives in rows)
    centres, words, masks, labels = [], [], [], []
    for c, contexts, negatives in rows:
        rest = longest - len(contexts) - len(negatives)
        centres.append(c)
        words.append(contexts + negatives + [0] * rest)
        masks.append([1.0] * (longest - rest) + [0.0] * rest)
        labels.append([1.0] * len(contexts) + [0.0] * (longest - len(contexts)))
    return (torch.tensor(centres)[:, None], torch.tensor(words), torch.tensor(masks), torch.tensor(labels))


def gensim(names: Words, text: Text, settings: Settings, seed: int) -> Run:
    """gensim with one worker, on the same words in the same order."""
    lines = [[names.words[w] for w in line] for line in np.split(text.ids, np.flatnonzero(np.diff(text.passage)) + 1)]
    model = Word2Vec(
        vector_size=settings.d,
        window=settings.window,
        negative=settings.K,
        sample=settings.subsampling,
        ns_exponent=settings.power,
        alpha=settings.eta,
        min_alpha=settings.eta_end,
        epochs=settings.epochs,
        sg=1,
        min_count=1,
        workers=1,
        seed=seed,
    )
    model.build_vocab_from_freq(dict(zip(names.words, names.counts.tolist(), strict=True)), corpus_count=len(lines))
    (trained, _), seconds = record.timed(lambda: model.train(lines, total_examples=len(lines), epochs=settings.epochs))
    order = [model.wv.key_to_index[word] for word in names.words]
    vectors = Vectors(model.wv.vectors[order], model.syn1neg[order])
    return Run(vectors, 0, trained, seconds)


def own(trainer: Callable) -> Callable[[Words, Text, Settings, int], Run]:
    """One of the page's trainers, with its time, preparation included."""

    def run(names: Words, text: Text, settings: Settings, seed: int) -> Run:
        trained, seconds = record.timed(lambda: trainer(text, names, settings, seed))
        return Run(*trained, seconds)

    return run


TRAINERS = {"d2l": d2l, "vectorised": own(word2vec.train), "gensim": gensim, "compiled": own(word2vec.train_compiled)}


def speeds() -> dict[str, dict[str, list[float]]]:
    """Pairs and words per CPU second, an epoch a turn, the trainers in turns; the slow ones on a part of the text."""
    names, text, _ = task()
    once = SETTINGS._replace(epochs=1)
    some = {"d2l": part(text, 8), "vectorised": part(text, 2)}

    def turn(name: str, seeds: Iterator[int]) -> Run:
        return TRAINERS[name](names, some.get(name, text), once, next(seeds))

    found = record.turns({name: functools.partial(turn, name, itertools.count()) for name in TRAINERS})
    return {
        name: {what: [getattr(run, what) / run.seconds for run in runs] for what in ("pairs", "words")}
        for name, runs in found.items()
    }


def judged(trainer: str, seed: int) -> dict[str, object]:
    """A trainer's score from a seed."""
    words, text, held_out = task()
    epochs = D2L_EPOCHS if trainer == "d2l" else SETTINGS.epochs
    run = TRAINERS[trainer](words, text, SETTINGS._replace(epochs=epochs), seed)
    score = word2vec.judge(run.vectors, held_out)._asdict()
    return {"epochs": epochs, **score, "seconds": run.seconds}


MEASUREMENT = record.Measurement(
    "word2vec",
    judged,
    runs=lambda _: [{"trainer": trainer, "seed": seed} for seed in SEEDS for trainer in TRAINERS],
    kind=lambda run: run["trainer"],
    settings=lambda: {"settings": SETTINGS._asdict(), "vocabulary": len(task().words)},
    clocks={"costs": costs, "speeds": speeds},
)
