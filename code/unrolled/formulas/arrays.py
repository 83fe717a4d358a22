"""What values are made of: numbers, arrays, the identity; and how they are refused."""

__all__ = ["Identity", "Misshapen", "Unknown"]

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

Value = float | Tensor


class Unknown(ValueError):
    """A letter without a value: what it is, and where it stands."""


class Misshapen(ValueError):
    """Shapes that do not fit: which, and of what."""


class Identity:
    """The identity matrix, of the size that fits."""


IDENTITY = Identity()


def demand_inside(at: Sequence[int], value: Tensor) -> None:
    """Raise Misshapen if an array has not the entry."""
    if at and (
        len(at) != value.dim()
        or not all(0 <= k < size for k, size in zip(at, value.shape, strict=True))
    ):
        raise Misshapen(f"no entry {list(at)} in the shape {tuple(value.shape)}")


def shape(value: Value | Identity) -> tuple[int, ...]:
    """The shape of a value; of a number, and of the identity, ()."""
    return tuple(np.shape(value))


def number(value: Value | Identity) -> bool:
    """Whether a value is a number that was computed."""
    return isinstance(value, Tensor) and value.dim() == 0


def naught(value: Value | Identity) -> bool:
    """Whether a value is the number zero."""
    return (number(value) or isinstance(value, float)) and bool(value == 0)


def beside(values: Sequence[Value | Identity], axis: int) -> Tensor:
    """Matrices, or numbers, below each other (axis 0), or side by side."""
    values = [
        x if x is IDENTITY or np.ndim(x) else tensor(x).view(1, 1) for x in values
    ]
    shapes = [shape(value) for value in values]
    if (
        any(len(shape) != 2 for shape in shapes)
        or len({s[1 - axis] for s in shapes}) > 1
    ):
        raise Misshapen(f"{shapes} are put together")
    return torch.cat(values, axis)


def tensor(value: Value) -> Tensor:
    """A value as a tensor."""
    return torch.as_tensor(value, dtype=torch.float64)


def numbers(first: float, last: float, up: bool = False) -> list[float]:
    """The whole numbers from one to another, down too unless ``up``."""
    if not all(isinstance(x, float | int) for x in (first, last)):
        raise Misshapen("a range that is not of numbers")
    if first > last and not up:
        return numbers(last, first)[::-1]
    return [float(k) for k in range(int(first), int(last) + 1)]


def array(value: Value | Identity, others: list) -> np.ndarray:
    """A value in NumPy; the identity as large as a side beside it."""
    if value is IDENTITY:
        sizes = [len(other) for other in others if np.ndim(other) == 2]
        return np.eye(sizes[0] if sizes else 1)
    return np.asarray(value.detach() if isinstance(value, Tensor) else value)
