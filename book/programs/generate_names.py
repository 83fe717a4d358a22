"""Surnames of a language, letter by letter: the tutorial's generator, rewritten.

    python generate_names.py data/names

It needs PyTorch alone. The folder has a file for each language, French.txt, with a name
a line. In the tutorial's notebook, put the class ``RNN`` in the place of its own: its
``train`` and ``sample`` run as they are. The ``train`` below does the same in one call
for all letters; the ``sample`` draws, where the tutorial's takes the most probable.
"""

import math
import random
import string
import sys
import unicodedata
from pathlib import Path

import torch
from torch import nn

all_letters = string.ascii_letters + " .,;'-"
n_letters = len(all_letters) + 1  # and the end of a name


class RNN(nn.Module):
    def __init__(self, input_size, hidden_size, output_size):
        super().__init__()
        self.hidden_size = hidden_size
        self.layer = nn.RNN(n_categories + input_size, hidden_size)
        self.h2o = nn.Linear(hidden_size, output_size)
        self.softmax = nn.LogSoftmax(dim=1)

    def forward(self, category, input, hidden):  # (1, C), (T, n_letters), (1, d)
        both = torch.cat([category.expand(len(input), -1), input], 1)
        states, hidden = self.layer(both, hidden)  # (T, d), (1, d)
        return self.softmax(self.h2o(states)), hidden  # (T, n_letters)

    def initHidden(self):
        return torch.zeros(1, self.hidden_size)


def line_loss(category_tensor, input_line_tensor, target_line_tensor):
    output, _ = rnn(category_tensor, input_line_tensor[:, 0], rnn.initHidden())
    return criterion(output, target_line_tensor) * len(target_line_tensor)


def train(category_tensor, input_line_tensor, target_line_tensor):
    rnn.zero_grad()
    loss = line_loss(category_tensor, input_line_tensor, target_line_tensor)
    loss.backward()
    for p in rnn.parameters():
        p.data.add_(p.grad.data, alpha=-learning_rate)
    return loss.item()


def sample(category, letter, max_length=20):
    name, hidden = letter, rnn.initHidden()
    with torch.no_grad():
        for _ in range(max_length):
            input = inputTensor(letter)[0]
            output, hidden = rnn(categoryTensor(category), input, hidden)
            weights = output[0].exp().tolist()
            letter = random.choices([*all_letters, ""], weights)[0]  # "": the end
            if not letter:
                break
            name += letter
    return name


def categoryTensor(category):  # (1, n_categories)
    return nn.functional.one_hot(torch.tensor([category]), n_categories).float()


def inputTensor(line):  # (T, 1, n_letters)
    ids = torch.tensor([all_letters.index(letter) for letter in line])
    return nn.functional.one_hot(ids, n_letters).float()[:, None]


def targetTensor(line):  # (T,): the letters from the second on, and the end
    ids = [all_letters.index(letter) for letter in line[1:]]
    return torch.tensor([*ids, n_letters - 1])


def tensors(category, line):
    return categoryTensor(category), inputTensor(line), targetTensor(line)


def readLines(path):
    text = unicodedata.normalize("NFD", path.read_text("utf-8"))
    text = "".join(c for c in text if c in all_letters + "\n")
    return sorted({line.strip() for line in text.split("\n")} - {""})


if __name__ == "__main__":
    random.seed(1)
    torch.manual_seed(1)
    torch.set_num_threads(1)

    paths = sorted(Path(sys.argv[1]).glob("*.txt"))
    n_categories = len(paths)
    names = [(i, line) for i, path in enumerate(paths) for line in readLines(path)]
    lines = sorted({line for _, line in names})
    held_out = set(random.sample(lines, len(lines) // 10))

    rnn = RNN(n_letters, 128, n_letters)
    criterion = nn.NLLLoss()
    learning_rate = 0.005  # ten times the tutorial's, for a tenth of its names

    known = [name for name in names if name[1] not in held_out]
    total = letters = 0
    for step, (category, line) in enumerate(random.choices(known, k=10_000), 1):
        total += train(*tensors(category, line))
        letters += len(line)
        if step % 2_000 == 0:
            bits = total / letters / math.log(2)
            print(f"{step} names: {bits:.2f} bits per character")
            total = letters = 0

    asked = [name for name in names if name[1] in held_out]
    with torch.no_grad():
        total = sum(line_loss(*tensors(*name)).item() for name in asked)
    bits = total / sum(len(line) for _, line in asked) / math.log(2)
    print(f"{len(asked)} held-out names: {bits:.2f} bits per character")
    for category, path in enumerate(paths):
        if path.stem in ("Chinese", "German", "Italian", "Russian"):
            drawn = ", ".join(sample(category, letter) for letter in "ABCDE")
            print(f"{path.stem}: {drawn}")
