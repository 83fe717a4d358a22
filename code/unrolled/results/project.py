"""The results of the page ``project``."""

from collections.abc import Callable
from fractions import Fraction
from itertools import product
from math import erfc, sqrt
from statistics import NormalDist

import numpy as np
from numpy.random import Generator
from scipy.optimize import brentq

from unrolled import project
from unrolled.checks import Mutant, Reference, Result, Worked
from unrolled.project import Gain

# The gain in accuracy on N examples


def shares(rng: Generator, N: int) -> dict[str, object]:
    """Random shares of what may happen on an example, and N examples."""
    p10, p01, _ = rng.dirichlet([1, 1, 2])
    return {"p10": float(p10), "p01": float(p01), "N": N}


def moments(gains: np.ndarray, probabilities: np.ndarray) -> Gain:
    """The mean and the variance of gains, all (K,), with their probabilities."""
    mean = probabilities @ gains
    return Gain(mean, probabilities @ (gains - mean) ** 2)


def example_after_example(p10: float, p01: float, N: int) -> Gain:
    """The whole distribution of the gain, one example added after the other, and its moments."""
    one = [p10, 1 - p10 - p01, p01]
    probabilities = np.ones(1)
    for _ in range(N):
        probabilities = np.convolve(probabilities, one)
    return moments(np.arange(-N, N + 1) / N, probabilities)


def every_outcome(p10: float, p01: float, N: int) -> Gain:
    """Each of the 3^N things that may happen on N examples, with its probability."""
    outcomes = np.array(list(product((-1, 0, 1), repeat=N)))  # (3^N, N)
    one = np.array([p10, 1 - p10 - p01, p01])
    return moments(outcomes.mean(axis=1), one[outcomes + 1].prod(axis=1))


GAIN = Result(
    label="paired-gain",
    claim=project.paired_gain,
    case=shares,
    sizes={"N": (2, 160)},
    edges={
        "one example": {"p10": 0.1, "p01": 0.3, "N": 1},
        "equally good": {"p10": 0.2, "p01": 0.2, "N": 7},
        "the second always better": {"p10": 0.0, "p01": 1.0, "N": 5},
        "the first never alone right": {"p10": 0.0, "p01": 0.25, "N": 12},
        "no disagreement": {"p10": 0.0, "p01": 0.0, "N": 9},
    },
    references=[
        Reference("the distribution, example after example", example_after_example),
        Reference(
            "enumeration of every outcome",
            every_outcome,
            covers=lambda p10, p01, N: N <= 9,
            but="more than nine examples",
        ),
    ],
    worked=[
        # gains −1, 0, 1 with 1/10, 6/10, 3/10: mean 2/10, mean square 4/10, variance 4/10 − 4/100
        Worked({"p10": 0.1, "p01": 0.3, "N": 1}, Gain(1 / 5, 9 / 25)),
        # on one example, mean 1/4, mean square 3/4 and variance 3/4 − 1/16 = 11/16; on two, half of it
        Worked({"p10": 1 / 4, "p01": 1 / 2, "N": 2}, Gain(1 / 4, 11 / 32)),
        Worked({"p10": 1 / 2, "p01": 1 / 2, "N": 4}, Gain(0, 1 / 4)),
    ],
    mutants=[
        Mutant(
            "the gain of the first over the second, p10 − p01",
            lambda p10, p01, N: Gain(p10 - p01, project.paired_gain(p10, p01, N).variance),
        ),
        Mutant("the square of the mean dropped: (p10 + p01) / N", lambda p10, p01, N: Gain(p01 - p10, (p10 + p01) / N)),
        Mutant("the square of the mean added", lambda p10, p01, N: Gain(p01 - p10, (p10 + p01 + (p01 - p10) ** 2) / N)),
        Mutant(
            "the two shares taken for independent: the covariance dropped",
            lambda p10, p01, N: Gain(p01 - p10, (p10 * (1 - p10) + p01 * (1 - p01)) / N),
        ),
        Mutant(
            "the covariance with the wrong sign",
            lambda p10, p01, N: Gain(p01 - p10, (p10 * (1 - p10) + p01 * (1 - p01) - 2 * p10 * p01) / N),
        ),
        Mutant(
            "the variance of one accuracy, Δ(1 − Δ) / N, with the gain for Δ",
            lambda p10, p01, N: Gain(p01 - p10, abs(p01 - p10) * (1 - (p01 - p10)) / N),
        ),
        Mutant(
            "the standard deviation for the variance",
            lambda p10, p01, N: Gain(p01 - p10, sqrt(project.paired_gain(p10, p01, N).variance)),
        ),
        Mutant(
            "N − 1 for N, as in the estimate from a sample",
            lambda p10, p01, N: Gain(p01 - p10, (p10 + p01 - (p01 - p10) ** 2) / max(N - 1, 1)),
        ),
    ],
)


# How many examples it takes


def pilot(rng: Generator, n: int) -> dict[str, float]:
    """What a pilot on n examples may find, a gain or a loss, with a level and a power."""
    one = int(rng.integers(1, n))  # on so many, one model alone is right
    second = int(rng.integers(one // 2 + 1, one + 1))
    return {
        "gain": float(rng.choice([-1, 1])) * (2 * second - one) / n,
        "discordant": one / n,
        "alpha": float(rng.uniform(0.005, 0.2)),
        "power": float(rng.uniform(0.55, 0.99)),
    }


def z(tail: float) -> float:
    """The number above which a standard normal variable lies with a probability, from the error function."""
    return brentq(lambda x: erfc(x / sqrt(2)) / 2 - tail, -9, 9, xtol=1e-15)


def by_search(gain: float, discordant: float, alpha: float, power: float) -> float:
    """The N, found by halving, at which a normal variable passes the test's bound with the power asked for."""
    bound = z(alpha / 2)

    def missing(root: float) -> float:
        distance = abs(gain) * root - bound * sqrt(discordant)
        return erfc(-distance / sqrt(2 * (discordant - gain**2))) / 2 - power

    return brentq(missing, 0, 1e6, xtol=1e-300, rtol=1e-15) ** 2


def two_terms(gain: float, discordant: float) -> tuple[float, float]:
    """The standard deviations without the gain and with it."""
    return sqrt(discordant), sqrt(discordant - gain**2)


def size_but(
    terms: Callable[..., tuple[float, float]] = two_terms,
    levels: Callable[..., tuple[float, float]] = lambda a, p: (1 - a / 2, p),
    total: Callable[..., float] = lambda first, second: (first + second) ** 2,
    over: Callable[..., float] = lambda gain: gain**2,
) -> Callable[..., float]:
    """The number of examples, with one thing otherwise."""

    def size(gain: float, discordant: float, alpha: float, power: float) -> float:
        first, second = (
            NormalDist().inv_cdf(level) * term
            for level, term in zip(levels(alpha, power), terms(gain, discordant), strict=True)
        )
        return total(first, second) / over(gain)

    return size


ONE, TWO = erfc(1 / sqrt(2)), erfc(2 / sqrt(2))  # levels with the bounds 1 and 2

SIZE = Result(
    label="paired-sample-size",
    claim=project.sample_size,
    case=pilot,
    sizes={"n": (3, 400)},
    edges={
        "a power of one half": {"gain": 0.03, "discordant": 0.1, "alpha": 0.05, "power": 0.5},
        "a loss": {"gain": -0.03, "discordant": 0.1, "alpha": 0.05, "power": 0.8},
        "the first never alone right": {"gain": 0.05, "discordant": 0.05, "alpha": 0.05, "power": 0.9},
        "a tiny gain": {"gain": 0.001, "discordant": 0.3, "alpha": 0.01, "power": 0.8},
    },
    references=[Reference("search on the normal distribution", by_search)],
    worked=[
        # √ψ = 1 and √(ψ − Δ²) = 4/5, bounds 1 and 1: (9/5)² / (9/25)
        Worked({"gain": 0.6, "discordant": 1.0, "alpha": ONE, "power": 1 - ONE / 2}, 9),
        # √ψ = 13/20 and √(ψ − Δ²) = 12/20, bounds 1 and 1: (5/4)² / (1/16)
        Worked({"gain": 0.25, "discordant": 0.4225, "alpha": ONE, "power": 1 - ONE / 2}, 25),
        # the same, bounds 2 and 1: (38/20)² / (1/16)
        Worked({"gain": 0.25, "discordant": 0.4225, "alpha": TWO, "power": 1 - ONE / 2}, Fraction(1444, 25)),
    ],
    mutants=[
        Mutant("a one-sided bound, α for α/2", size_but(levels=lambda a, p: (1 - a, p))),
        Mutant("the power left out, so that it is one half", size_but(levels=lambda a, p: (1 - a / 2, 0.5))),
        Mutant("β for the power", size_but(levels=lambda a, p: (1 - a / 2, 1 - p))),
        Mutant("the variance of equal models for both", size_but(terms=lambda g, psi: (sqrt(psi), sqrt(psi)))),
        Mutant(
            "the variance where the gain is there for both",
            size_but(terms=lambda g, psi: (sqrt(psi - g**2), sqrt(psi - g**2))),
        ),
        Mutant("the squares added, not the sum squared", size_but(total=lambda first, second: first**2 + second**2)),
        Mutant("the variances for the standard deviations", size_but(terms=lambda g, psi: (psi, psi - g**2))),
        Mutant("divided by Δ, not by Δ²", size_but(over=abs)),
    ],
)
