"""The page on gradients: each formula and each number that it prints, against autograd in float64."""

import re
from pathlib import Path
from typing import NamedTuple

import pytest
import torch
from torch import Tensor

PAGE = (Path(__file__).parents[1] / "book" / "gradients.md").read_text()
IDEAS, DRILLS = (" ".join(part.split()) for part in PAGE.split("## Eight drills"))


class Network(NamedTuple):
    """Inputs with their sizes, the forward pass, and for each variable the gradient as printed, and in Python.

    There, ``d_a`` is the gradient with respect to ``a``. The last line of the forward pass gives J, or what gets a
    random gradient from above.
    """

    sizes: str
    forward: str
    gradients: dict[str, tuple[str, str]]


TRANSPOSED = r"\Bigl(\frac{\partial a}{\partial h}\Bigr)^{\!\top}"
OF_IDEAS = [
    Network("W 2 3, h 3, b 2", "a = W @ h + b", {
        "h": (r"\frac{\partial J}{\partial h} = W^\top \delta", "W.T @ d_a"),
        "W": (r"\frac{\partial J}{\partial W} = \delta\, h^\top", "outer(d_a, h)"),
        "b": (r"\partial J / \partial b = \delta", "d_a"),
    }),
    Network("a 3", "h = tanh(a)", {"a": (r"(1 - h \odot h) \odot g", "(1 - h * h) * d_h")}),
    Network("a 3", "h = sigmoid(a)", {"a": (r"h \odot (1 - h)", "h * (1 - h) * d_h")}),
    Network("a 9", "h = relu(a)", {"a": (r"it is $1$ where $a_i > 0$ and $0$ where $a_i < 0$", "(a > 0) * d_h")}),
    Network("W 2 3, h_1 3, h_2 3", "a_1 = W @ h_1; a_2 = W @ h_2; J = a_1 @ sin(a_2)", {
        "W": (r"\delta_1\, h_1^\top + \delta_2\, h_2^\top", "outer(d_a_1, h_1) + outer(d_a_2, h_2)"),
    }),
    Network("s 4", "J = log(exp(s).sum())", {"s": (r"\frac{\partial J}{\partial s} = p", "softmax(s, 0)")}),
    Network("s 4", "J = log(softmax(s, 0)[1])", {
        "s": (r"\frac{\partial \log p_k}{\partial s} = y - p", "tensor([0.0, 1, 0, 0]) - softmax(s, 0)"),
    }),
    Network("h 3, W 2 3", "a = W @ sin(h)", {
        "h": (TRANSPOSED + r" \frac{\partial J}{\partial a}", "jacobian(lambda h: W @ sin(h), h).T @ d_a"),
    }),
    Network("h 3, W 2 3, b 4 2", "a = W @ sin(h); s = b @ tanh(a)", {
        "h": (TRANSPOSED + r" \Bigl(\frac{\partial s}{\partial a}\Bigr)^{\!\top} \frac{\partial J}{\partial s}",
              "jacobian(lambda h: W @ sin(h), h).T @ jacobian(lambda a: b @ tanh(a), a).T @ d_s"),
    }),
]  # fmt: skip
OF_DRILLS = [
    Network("W 5 3, h 3", "s = W @ h", {
        "h": (r"\partial J / \partial h = W^\top e$, of length 3", "W.T @ d_s"),
        "W": (r"\partial J / \partial W = e\, h^\top$, of shape $5 \times 3$", "outer(d_s, h)"),
    }),
    Network("y 2, W 2 3, x 3", "J = y @ W @ x", {
        "x": (r"\partial J / \partial x = W^\top y$ (length 3)", "W.T @ y"),
        "W": (r"\partial J / \partial W = y\, x^\top$ (shape $2 \times 3$)", "outer(y, x)"),
        "y": (r"\partial J / \partial y = W x$ (length 2)", "W @ x"),
    }),
    Network("x 2, W_1 3 2, W_2 4 3", "h = W_1 @ x; s = W_2 @ h", {
        "h": (r"g = W_2^\top e$ (length 3)", "W_2.T @ d_s"),
        "W_1": (r"\partial J / \partial W_1 = W_2^\top e\, x^\top$ (shape $3 \times 2$)", "outer(W_2.T @ d_s, x)"),
        "x": (r"\partial J / \partial x = W_1^\top W_2^\top e$ (length 2)", "W_1.T @ W_2.T @ d_s"),
    }),
    Network("x 4, W_1 2 4, b 2, W_2 3 2", "h = sigmoid(W_1 @ x + b); s = W_2 @ h", {
        "b": (r"\partial J / \partial b = h \odot (1 - h) \odot W_2^\top e$ (length 2)", "h * (1 - h) * (W_2.T @ d_s)"),
        "W_1": (r"\partial J / \partial W_1 = \delta\, x^\top$ (shape $2 \times 4$)", "outer(d_b, x)"),
    }),
    Network("W 4 3, h 3", "s = W @ h; J = log(exp(s).sum())", {
        "h": (r"\partial J / \partial h = W^\top p$ (length 3)", "W.T @ softmax(s, 0)"),
        "W": (r"\partial J / \partial W = p\, h^\top$ (shape $4 \times 3$)", "outer(softmax(s, 0), h)"),
    }),
    Network("H 4 2, W 3 2", "S = H @ W.T", {
        "W": (r"\partial J / \partial W = E^\top H$ (shape $3 \times 2$)", "d_S.T @ H"),
        "H": (r"\partial J / \partial H = E\, W$ (shape $4 \times 2$)", "d_S @ W"),
    }),
    Network("W 2 3, x 3", "h = W @ x; s = W.T @ h", {
        "h": (r"g = W e", "W @ d_s"),
        "W": (r"\partial J / \partial W = h\, e^\top + W e\, x^\top$ (shape $2 \times 3$)",
              "outer(h, d_s) + outer(W @ d_s, x)"),
    }),
    Network("x 3, W_1 2 3, W_2 2 3", "a = W_1 @ x; c = W_2 @ x; o = sigmoid(a); n = tanh(c); h = o * n", {
        "a": (r"\delta_1 = o \odot (1 - o) \odot n \odot g", "o * (1 - o) * n * d_h"),
        "c": (r"\delta_2 = (1 - n \odot n) \odot o \odot g", "(1 - n * n) * o * d_h"),
        "x": (r"\partial J / \partial x = W_1^\top \delta_1 + W_2^\top \delta_2$ (length 3)",
              "W_1.T @ d_a + W_2.T @ d_c"),
    }),
]  # fmt: skip


def autograd(network: Network) -> dict[str, Tensor]:
    """All quantities of a network by name, and their gradients by theirs, with ``d_`` before it."""
    names = vars(torch) | {"jacobian": torch.autograd.functional.jacobian}
    found = {}
    torch.manual_seed(0)
    for one in network.sizes.split(", "):
        name, *sizes = one.split()
        found[name] = torch.randn(*map(int, sizes), dtype=torch.float64)
        found[name].requires_grad_()
    for line in network.forward.split("; "):
        name, value = line.split(" = ")
        found[name] = eval(value, names | found)
        found[name].retain_grad()
    found[name].backward(None if name == "J" else torch.randn_like(found[name]))
    gradients = {f"d_{name}": value.grad for name, value in found.items()}
    return names | {n: v.detach() for n, v in found.items()} | gradients


def check(network: Network, text: str) -> None:
    """Hold what a part of the page prints of a network against autograd."""
    known = autograd(network)
    for name, (printed, value) in network.gradients.items():
        assert printed in text
        torch.testing.assert_close(eval(value, known), known[f"d_{name}"])


@pytest.mark.parametrize("network", OF_IDEAS, ids=lambda n: n.forward)
def test_the_rules_are_right(network: Network):
    check(network, IDEAS)


def test_the_drills_are_right_and_no_matrix_in_them_is_square():
    drills = re.split(r" \d\. (?=\$|Code|A gate)", DRILLS)[1:]
    assert len(drills) == len(OF_DRILLS) == 8
    for network, text in zip(OF_DRILLS, drills, strict=True):
        check(network, text)
        sizes = [one.split()[1:] for one in network.sizes.split(", ")]
        assert all(len({*size}) == len(size) for size in sizes)


# The numbers of the examples, from the values that stand before them.
W = torch.tensor([[1.0, 2, 0], [0, 1, 3]])
DELTA, H = torch.tensor([1.0, -1]), torch.tensor([2.0, 4, 3])
HALF, P = torch.tensor([0, 0.5]), torch.tensor([2.0, 1, 1]) / 4
JACOBIAN = torch.autograd.functional.jacobian(
    lambda h: torch.stack([h[0] * h[1], h[0], h[1] ** 2]), torch.tensor([2.0, 1])
)
EXAMPLES = {
    r"$W = \bigl[\begin{smallmatrix} 1 & 2 & 0 \\ 0 & 1 & 3 \end{smallmatrix}\bigr]$": W,
    r"$\delta = (1, -1)$ and $h = (2, 4, 3)$": torch.cat([DELTA, H]),
    r"$W^\top \delta = (1, 1, -3)$": W.T @ DELTA,
    r"it is $\bigl[\begin{smallmatrix} 2 & 4 & 3 \\ -2 & -4 & -3 \end{smallmatrix}\bigr]$": torch.outer(DELTA, H),
    r"the gradient is $(4, 3)$": (1 - HALF**2) * 4,
    r"$p = (\tfrac12, \tfrac14, \tfrac14)$": P,
    r"$y - p = (-\tfrac12, \tfrac34, -\tfrac14)$": torch.tensor([0, 1, 0]) - P,
    r"$\Bigl[\begin{smallmatrix} 1 & 2 \\ 1 & 0 \\ 0 & 2 \end{smallmatrix}\Bigr]$": JACOBIAN,
    r"= (3, 8)$": JACOBIAN.T @ torch.tensor([1.0, 2, 3]),
}  # fmt: skip


@pytest.mark.parametrize("printed", EXAMPLES)
def test_the_numbers_of_the_examples_are_right(printed: str):
    assert printed in IDEAS
    numbers = re.findall(r"(-?)(?:\\tfrac(\d)(\d)|(\d+))", printed)
    values = [
        (-1 if sign else 1) * (int(a) / int(b) if b else int(whole))
        for sign, a, b, whole in numbers
    ]
    expected = EXAMPLES[printed]
    assert values == [
        float(x) for x in getattr(expected, "flatten", lambda: expected)()
    ]
