"""The result of the page ``results``."""

import numpy as np

from unrolled.checks import Mutant, Reference, Result, Worked, central_differences


def derivative(x):
    """The derivatives of Σ x²."""
    return 2 * x


SQUARE = Result(
    label="square",
    claim=derivative,
    case=lambda rng, n: {"x": rng.normal(size=n)},
    sizes={"n": (1, 200)},
    references=[
        Reference(
            "central differences",
            central_differences(lambda x: float((x**2).sum()), "x"),
            bound=1e-6,
        )
    ],
    worked=[Worked({"x": np.array([3.0])}, [6])],
    mutants=[
        Mutant(
            "the factor forgotten",
            lambda x: x,
            unless="n == 0",
            lines=[("return 2 * x", "return x")],
        ),
        Mutant(
            "the sign",
            lambda x: -2 * x,
            unless="n == 0",
            lines=[("return 2 * x", "return -2 * x")],
        ),
    ],
)
