"""From which language is a surname? The tutorial's classifier, rewritten.

    python classify_names.py data/names RNNCell

It needs PyTorch alone. The folder has a file for each language, French.txt, with a name
a line. In the tutorial's notebook, put one of the two classes, ``train`` and
``evaluate`` in the place of its own.
"""

import random
import string
import sys
import unicodedata
from pathlib import Path

import torch
from torch import nn

all_letters = string.ascii_letters + " .,;'"
n_letters = len(all_letters)


class CellRNN(nn.Module):
    def __init__(self, input_size, hidden_size, output_size):
        super().__init__()
        self.hidden_size = hidden_size
        self.cell = nn.RNNCell(input_size, hidden_size)
        self.h2o = nn.Linear(hidden_size, output_size)
        self.softmax = nn.LogSoftmax(dim=1)

    def forward(self, line_tensor):  # (T, 1, n_letters), one-hot
        hidden = torch.zeros(1, self.hidden_size)
        for letter in line_tensor:  # (1, n_letters)
            hidden = self.cell(letter, hidden)
        return self.softmax(self.h2o(hidden))  # (1, n_categories)


class LayerRNN(nn.Module):
    def __init__(self, input_size, hidden_size, output_size):
        super().__init__()
        self.layer = nn.RNN(input_size, hidden_size)
        self.h2o = nn.Linear(hidden_size, output_size)
        self.softmax = nn.LogSoftmax(dim=1)

    def forward(self, line_tensor):  # (T, 1, n_letters), one-hot
        _, hidden = self.layer(line_tensor)  # (1, 1, hidden_size), the last state
        return self.softmax(self.h2o(hidden[0]))  # (1, n_categories)


def train(category_tensor, line_tensor):
    rnn.zero_grad()
    output = rnn(line_tensor)
    loss = criterion(output, category_tensor)
    loss.backward()
    for p in rnn.parameters():
        p.data.add_(p.grad.data, alpha=-learning_rate)
    return output, loss.item()


def evaluate(line_tensor):
    with torch.no_grad():
        return rnn(line_tensor)


def lineToTensor(line):
    ids = torch.tensor([all_letters.index(letter) for letter in line])
    return nn.functional.one_hot(ids, n_letters).float()[:, None]


def readLines(path):
    text = unicodedata.normalize("NFD", path.read_text("utf-8"))
    text = "".join(c for c in text if c in all_letters + "\n")
    return sorted({line.strip() for line in text.split("\n")} - {""})


if __name__ == "__main__":
    random.seed(1)
    torch.manual_seed(1)
    torch.set_num_threads(1)

    paths = sorted(Path(sys.argv[1]).glob("*.txt"))
    names = [(i, line) for i, path in enumerate(paths) for line in readLines(path)]
    lines = sorted({line for _, line in names})
    held_out = set(random.sample(lines, len(lines) // 10))

    model = {"RNNCell": CellRNN, "RNN": LayerRNN}[sys.argv[2]]
    rnn = model(n_letters, 128, len(paths))
    criterion = nn.NLLLoss()
    learning_rate = 0.005

    known = [name for name in names if name[1] not in held_out]
    total = 0
    for step, (category, line) in enumerate(random.choices(known, k=10_000), 1):
        total += train(torch.tensor([category]), lineToTensor(line))[1]
        if step % 2_000 == 0:
            print(f"{step} names: loss {total / 2_000:.2f}")
            total = 0

    asked = [name for name in names if name[1] in held_out]
    right = sum(evaluate(lineToTensor(line)).argmax() == i for i, line in asked)
    print(f"right on {right / len(asked):.1%} of {len(asked)} held-out names")
