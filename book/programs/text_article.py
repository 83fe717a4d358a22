"""The article's program for text, in its own terms, with nothing of the package.

    python text_article.py TEXT RESULTS --passes 10

Layers, calls, loss and settings are those of Adrian Tam's *Text Generation with LSTM in
PyTorch* (2023), its smaller network; --layers 2 makes the larger. Added are a seed, a
part of the text that is kept from training and scored, settings to vary, and the file
RESULTS, a line for each pass. A run that was stopped goes on from the file beside it.
"""

import argparse
import json
import math
import sys
import time
from pathlib import Path

import torch
from torch import nn
from torch.utils import data

BATCH = 128
device = torch.device("cuda" if torch.cuda.is_available() else "cpu")


class CharModel(nn.Module):
    def __init__(self, n_vocab, hidden, layers, embed):
        super().__init__()
        self.n_vocab = n_vocab
        self.embed = nn.Embedding(n_vocab, 64) if embed else None  # not the article's
        size, between = 64 if embed else 1, 0.2 if layers > 1 else 0
        self.lstm = nn.LSTM(size, hidden, layers, batch_first=True, dropout=between)
        self.dropout = nn.Dropout(0.2)
        self.linear = nn.Linear(hidden, n_vocab)

    def forward(self, x):  # the numbers of characters (N, T)
        if self.embed:
            x = self.embed(x)  # (N, T, 64)
        else:
            x = x.float().reshape(*x.shape, 1) / self.n_vocab  # (N, T, 1)
        x, _ = self.lstm(x)  # (N, T, hidden)
        return self.linear(self.dropout(x[:, -1]))  # (N, n_vocab)


def examples(text, T):
    """Each run of T characters (N, T), and the character after it (N,)."""
    return data.TensorDataset(text.unfold(0, T, 1)[:-1], text[T:])


def learn(model, loader, loss_fn, optimizer):
    model.train()
    for X_batch, y_batch in loader:
        loss = loss_fn(model(X_batch.to(device)), y_batch.to(device))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def summed(model, dataset, loss_fn):
    model.eval()
    loader = data.DataLoader(dataset, batch_size=BATCH)
    with torch.no_grad():
        losses = (loss_fn(model(X.to(device)), y.to(device)) for X, y in loader)
        return sum(loss.item() for loss in losses)


def write(model, pattern, n):
    model.eval()
    pattern, text = pattern.to(device), []
    with torch.no_grad():
        for _ in range(n):
            text.append(model(pattern[None]).argmax(1))  # the most probable character
            pattern = torch.cat([pattern[1:], text[-1]])
    return torch.cat(text).tolist()


def read_options():
    parser = argparse.ArgumentParser()
    parser.add_argument("text", type=Path)
    parser.add_argument("results", type=Path)
    numbers = {"passes": 40, "seed": 1, "hidden": 256, "layers": 1, "window": 100}
    for name, default in (numbers | {"rate": 0.001}).items():
        parser.add_argument(f"--{name}", type=type(default), default=default)
    parser.add_argument("--embed", action="store_true")
    options = parser.parse_args()
    try:
        text = options.text.read_text("utf-8").lower()
    except (OSError, UnicodeError) as error:
        parser.error(f"expected the file of a book, in UTF-8: {error}")
    if len(text) * 8 // 10 <= options.window:
        parser.error(
            f"{options.text} has {len(text)} characters, of which four fifths are not "
            f"more than a window of {options.window}; give a longer text"
        )
    return options, text


def main():
    options, raw_text = read_options()
    chars = sorted(set(raw_text))
    char_to_int = {c: i for i, c in enumerate(chars)}
    text, T = torch.tensor([char_to_int[c] for c in raw_text]), options.window
    end, stop = len(text) * 8 // 10, len(text) * 9 // 10
    train, dev = examples(text[:end], T), examples(text[end - T : stop], T)

    torch.manual_seed(options.seed)
    model = CharModel(len(chars), options.hidden, options.layers, options.embed)
    model.to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=options.rate)
    loss_fn = nn.CrossEntropyLoss(reduction="sum")
    loader = data.DataLoader(train, shuffle=True, batch_size=BATCH)
    best_loss, best_model, seconds, lines = math.inf, None, 0.0, []

    run = {**vars(options), "text": raw_text, "passes": None, "results": None}
    checkpoint = Path(f"{options.results}.pt")
    if checkpoint.exists():
        state = torch.load(checkpoint, map_location="cpu")
        if state["run"] != run:
            sys.exit(f"{checkpoint} is of another run; delete it, or rename RESULTS")
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        torch.set_rng_state(state["random"])
        torch.cuda.set_rng_state_all(state["random on GPUs"])
        best_loss, best_model, seconds, lines = state["so far"]

    for epoch in range(len(lines), options.passes):
        start = time.process_time()
        learn(model, loader, loss_fn, optimizer)
        loss = summed(model, train, loss_fn)  # "validation", over the training data
        if loss < best_loss:
            best_loss = loss
            best_model = model.state_dict()  # no copy: the live weights
        seconds += time.process_time() - start
        print(f"Epoch {epoch}: Cross-entropy: {loss:.4f}", flush=True)

        found = {"pass": epoch + 1, "predictions": (epoch + 1) * len(train)}
        found |= {"loss": loss, "seconds": seconds}
        found["train"] = loss / len(train) / math.log(2)  # bits per character
        found["dev"] = summed(model, dev, loss_fn) / len(dev) / math.log(2)
        written = write(model, text[end - T : end], 300)
        found["text"] = "".join(chars[i] for i in written)
        lines.append(found)
        # all lines, before the checkpoint: wherever the run is stopped, none is doubled
        options.results.write_text("".join(json.dumps(line) + "\n" for line in lines))
        state = {"run": run, "so far": (best_loss, best_model, seconds, lines)}
        state |= {"model": model.state_dict(), "optimizer": optimizer.state_dict()}
        state["random"] = torch.get_rng_state()
        state["random on GPUs"] = torch.cuda.get_rng_state_all()
        torch.save(state, f"{checkpoint}.part")
        Path(f"{checkpoint}.part").replace(checkpoint)


if __name__ == "__main__":
    main()
