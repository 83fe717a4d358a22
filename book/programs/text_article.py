"""The article's program for text, in its own terms, with nothing of the package.

    python text_article.py TEXT RESULTS --passes 10

Layers, calls, loss and settings are those of Adrian Tam's *Text Generation with LSTM in PyTorch* (2023), its smaller
network. Three things are added: the last fifth of the text is kept from training, and its first half is scored after
each pass; a seed; and a file RESULTS with a line for each pass, and a checkpoint beside it, from which a run that was stopped
goes on.
"""

import argparse
import json
import math
import time
from pathlib import Path

import torch
from torch import nn
from torch.utils import data

WINDOW, BATCH = 100, 128


class CharModel(nn.Module):
    """A window of numbers (B, T, 1) to a score for each character (B, V)."""

    def __init__(self, n_vocab):
        super().__init__()
        self.lstm = nn.LSTM(
            input_size=1, hidden_size=256, num_layers=1, batch_first=True
        )
        self.dropout = nn.Dropout(0.2)
        self.linear = nn.Linear(256, n_vocab)

    def forward(self, x):
        h, _ = self.lstm(x)  # (B, T, 256)
        return self.linear(self.dropout(h[:, -1]))  # from the last state alone


def windows(numbers, n_vocab):
    """Each run of 100 characters, as numbers below 1 (N, 100, 1), and the number of the character after it (N,)."""
    X = numbers.unfold(0, WINDOW, 1)[:-1]
    X = X.reshape(len(X), WINDOW, 1).float() / n_vocab
    return data.TensorDataset(X, numbers[WINDOW:])


def summed_loss(model, dataset, loss_fn):
    """The loss of a model, summed over windows."""
    model.eval()
    with torch.no_grad():
        return sum(
            loss_fn(model(X), y).item()
            for X, y in data.DataLoader(dataset, batch_size=BATCH)
        )


def write(model, prompt, n, n_vocab):
    """The n most probable characters after a window, one after the other."""
    model.eval()
    pattern, text = list(prompt), []
    with torch.no_grad():
        for _ in range(n):
            x = torch.tensor(pattern).reshape(1, WINDOW, 1).float() / n_vocab
            text.append(int(model(x).argmax()))
            pattern = pattern[1:] + text[-1:]
    return text


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("text", type=Path)
    parser.add_argument("results", type=Path)
    parser.add_argument("--passes", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    raw_text = options.text.read_text("utf-8").lower()
    chars = sorted(set(raw_text))
    n_vocab, char_to_int = len(chars), {c: i for i, c in enumerate(chars)}
    numbers = torch.tensor([char_to_int[c] for c in raw_text])
    end, stop = len(numbers) * 8 // 10, len(numbers) * 9 // 10
    train, dev = (
        windows(numbers[:end], n_vocab),
        windows(numbers[end - WINDOW : stop], n_vocab),
    )

    torch.manual_seed(options.seed)
    model = CharModel(n_vocab)
    optimizer = torch.optim.Adam(model.parameters())
    loss_fn = nn.CrossEntropyLoss(reduction="sum")
    loader = data.DataLoader(train, shuffle=True, batch_size=BATCH)
    done, seconds = 0, 0.0
    best_loss, best_model = math.inf, None

    checkpoint = options.results.with_suffix(".pt")
    if checkpoint.exists():
        state = torch.load(checkpoint)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        torch.set_rng_state(state["random"])
        done, seconds, best_loss = state["done"], state["seconds"], state["best_loss"]

    for epoch in range(done, options.passes):
        start = time.process_time()
        model.train()
        for X_batch, y_batch in loader:
            loss = loss_fn(model(X_batch), y_batch)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        loss = summed_loss(
            model, train, loss_fn
        )  # called the validation loss; it is over the training data
        if loss < best_loss:
            best_loss, best_model = (
                loss,
                model.state_dict(),
            )  # meant to be kept; these are the live weights
        seconds += time.process_time() - start
        print(f"Epoch {epoch}: Cross-entropy: {loss:.4f}", flush=True)

        found = {"pass": epoch + 1, "loss": loss, "seconds": seconds}
        found["train"] = loss / len(train) / math.log(2)  # bits per character
        found["dev"] = summed_loss(model, dev, loss_fn) / len(dev) / math.log(2)
        found["text"] = "".join(
            chars[i]
            for i in write(model, numbers[end - WINDOW : end].tolist(), 300, n_vocab)
        )
        with options.results.open("a") as file:
            file.write(json.dumps(found) + "\n")
        state = {
            "model": model.state_dict(),
            "optimizer": optimizer.state_dict(),
            "random": torch.get_rng_state(),
        }
        state |= {"done": epoch + 1, "seconds": seconds, "best_loss": best_loss}
        torch.save(state, checkpoint.with_suffix(".part"))
        checkpoint.with_suffix(".part").replace(checkpoint)


if __name__ == "__main__":
    main()
