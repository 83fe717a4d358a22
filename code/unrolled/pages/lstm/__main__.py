"""The language model trained by itself, in one process or in several."""

import math
import os

import torch

from unrolled.data.texts import load_text
from unrolled.pages.lstm.network import Design, TextLSTM
from unrolled.pages.lstm.scoring import nats
from unrolled.pages.lstm.text import encode
from unrolled.pages.lstm.training import train


def main() -> None:
    """Train the language model on the chosen text for a few hundred steps, on a GPU if
    there is one, and say its bits.

    ``python -m unrolled.pages.lstm``, or in two processes ``torchrun --nproc-per-node 2
    -m unrolled.pages.lstm``.
    """
    gpu = torch.cuda.is_available()
    if "RANK" in os.environ:  # set by torchrun
        torch.distributed.init_process_group()
    if gpu:
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    corpus = encode(load_text())
    torch.manual_seed(1)
    net = TextLSTM(len(corpus.symbols), Design()).to("cuda" if gpu else "cpu")
    heldout = corpus.ids[: corpus.test]

    def dev_loss() -> float:
        return nats(net, heldout, corpus.dev).mean().item()

    history = train(net, corpus.train, dev_loss, steps=300, every=100)
    if int(os.environ.get("RANK", "0")) == 0:
        print(f"dev: {history.dev[history.best] / math.log(2):.3f} bits per character")


if __name__ == "__main__":
    main()
