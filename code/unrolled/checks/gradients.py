"""Ways to compute a gradient without a formula for it.

Both take J as a function of a case and the names of what to differentiate by. A value
on the way, such as a hidden vector h, is no argument of the case; J then takes a
further argument of that name, which it adds to the value, and which is zero. Its shape
is given as a function of the case. If J is an array, so is what is found for each name:
the shape of J first, then that of what J is differentiated by.
"""

from collections.abc import Callable, Mapping

import numpy as np

from unrolled.checks.formula import Case, Parts

Shape = Callable[[Case], int | tuple[int, ...]]


def with_zeros(case: Case, added: Mapping[str, Shape]) -> dict[str, object]:
    """The case, with a zero array for each value on the way."""
    return {**case, **{name: np.zeros(shape(case)) for name, shape in added.items()}}


def autograd(
    J: Callable[..., object], *by: str, **added: Shape
) -> Callable[..., Parts]:
    """The gradients, or Jacobians, of J by some of its arguments and by values on the
    way, by PyTorch in float64.

    ``J`` takes the arguments of a case as tensors and gives a tensor.
    """

    def gradients(**case: object) -> Parts:
        import torch  # here, so that the reader's check does without it

        tensors = {
            name: torch.as_tensor(value)
            for name, value in with_zeros(case, added).items()
        }
        names = [*by, *added]
        for name in names:
            tensors[name] = tensors[name].clone().requires_grad_()
        value = J(**tensors)
        rows = [
            torch.autograd.grad(entry, [tensors[n] for n in names], retain_graph=True)
            for entry in value.flatten()
        ]
        return {
            name: torch.stack(found).reshape(*value.shape, *tensors[name].shape).numpy()
            for name, found in zip(names, zip(*rows, strict=True), strict=True)
        }

    return gradients


def central_differences(
    J: Callable[..., object], *by: str, step: float = 1e-5, **added: Shape
) -> Callable[..., Parts]:
    """The gradients, or Jacobians, of J by some of its arguments and by values on the
    way, one entry z at a time.

    As (J(z + ε) − J(z − ε)) / 2ε, with ``step`` for ε.
    """

    def gradients(**case: object) -> Parts:
        case = with_zeros(case, added)
        shape = np.shape(J(**case))
        found = {}
        for name in (*by, *added):
            z = np.array(case[name], dtype=float)
            found[name] = np.empty((*shape, *z.shape))
            for place in np.ndindex(z.shape):
                there = z[place]
                z[place] = there + step
                above = np.array(J(**{**case, name: z}))
                z[place] = there - step
                below = np.array(J(**{**case, name: z}))
                z[place] = there
                found[name][(..., *place)] = (above - below) / (2 * step)
        return found

    return gradients
