"""Ways to compute a gradient without a formula for it.

Both take J as a function of a case and the names of what to differentiate by. A value on the way, such as a hidden
vector h, is no argument of the case; J then takes a further argument of that name, which it adds to the value, and
which is zero. Its shape is given as a function of the case.
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
    """The gradients of J by some of its arguments and by values on the way, by PyTorch in float64.

    ``J`` takes the arguments of a case as tensors and gives a scalar tensor.
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
        found = torch.autograd.grad(J(**tensors), [tensors[name] for name in names])
        return {name: grad.numpy() for name, grad in zip(names, found, strict=True)}

    return gradients


def central_differences(
    J: Callable[..., float], *by: str, step: float = 1e-5, **added: Shape
) -> Callable[..., Parts]:
    """The gradients of J by some of its arguments and by values on the way, one entry z after the other.

    As (J(z + ε) − J(z − ε)) / 2ε, with ``step`` for ε.
    """

    def gradients(**case: object) -> Parts:
        case = with_zeros(case, added)
        found = {}
        for name in (*by, *added):
            z = np.array(case[name], dtype=float)
            found[name] = np.empty_like(z)
            for place in np.ndindex(z.shape):
                there = z[place]
                z[place] = there + step
                above = J(**{**case, name: z})
                z[place] = there - step
                below = J(**{**case, name: z})
                z[place] = there
                found[name][place] = (above - below) / (2 * step)
        return found

    return gradients
