"""The results of the page ``project``."""

from fractions import Fraction
from itertools import product
from math import erfc, sqrt

import numpy as np
from scipy.optimize import brentq

from unrolled.checks import Reference, Result, Worked, mistakes
from unrolled.pages import project
from unrolled.pages.project import Gain

# The gain in accuracy on N examples


def shares(rng, N):
    """Random shares of what may happen on an example, and N examples."""
    p10, p01, _ = rng.dirichlet([1, 1, 2])
    return {"p10": float(p10), "p01": float(p01), "N": N}


def moments(gains, probabilities):
    """The mean and the variance of gains, all (K,), with their probabilities."""
    mean = probabilities @ gains
    return Gain(mean, probabilities @ (gains - mean) ** 2)


def example_after_example(p10, p01, N):
    """The whole distribution of the gain, one example added after the other, and its moments."""
    one = [p10, 1 - p10 - p01, p01]
    probabilities = np.ones(1)
    for _ in range(N):
        probabilities = np.convolve(probabilities, one)
    return moments(np.arange(-N, N + 1) / N, probabilities)


def every_outcome(p10, p01, N):
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
    mutants=mistakes(
        project.paired_gain,
        {
            "the gain of the first over the second, p10 − p01": "Gain(p01 - p10 → Gain(p10 - p01",
            "the square of the mean dropped: (p10 + p01) / N": "(p10 + p01 - (p01 - p10) ** 2) → (p10 + p01)",
            "the square of the mean added": "p10 + p01 - (p01 - p10) ** 2 → p10 + p01 + (p01 - p10) ** 2",
            "the two shares taken for independent: the covariance dropped": (
                "p10 + p01 - (p01 - p10) ** 2 → p10 * (1 - p10) + p01 * (1 - p01)"
            ),
            "the covariance with the wrong sign": (
                "p10 + p01 - (p01 - p10) ** 2 → p10 * (1 - p10) + p01 * (1 - p01) - 2 * p10 * p01"
            ),
            "the variance of one accuracy, Δ(1 − Δ) / N, with the gain for Δ": (
                "(p10 + p01 - (p01 - p10) ** 2) → abs(p01 - p10) * (1 - (p01 - p10))"
            ),
            "the standard deviation for the variance": (
                "(p10 + p01 - (p01 - p10) ** 2) / N → sqrt((p10 + p01 - (p01 - p10) ** 2) / N)"
            ),
            "N − 1 for N, as in the estimate from a sample": "/ N → / max(N - 1, 1)",
        },
    ),
)


# How many examples it takes


def pilot(rng, n):
    """What a pilot on n examples may find, a gain or a loss, with a level and a power."""
    one = int(rng.integers(1, n))  # on so many, one model alone is right
    second = int(rng.integers(one // 2 + 1, one + 1))
    return {
        "gain": float(rng.choice([-1, 1])) * (2 * second - one) / n,
        "discordant": one / n,
        "alpha": float(rng.uniform(0.005, 0.2)),
        "power": float(rng.uniform(0.55, 0.99)),
    }


def z(tail):
    """The number above which a standard normal variable lies with a probability, from the error function."""
    return brentq(lambda x: erfc(x / sqrt(2)) / 2 - tail, -9, 9, xtol=1e-15)


def by_search(gain, discordant, alpha, power):
    """The N, found by halving, at which a normal variable passes the test's bound with the power asked for."""
    bound = z(alpha / 2)

    def missing(root):
        distance = abs(gain) * root - bound * sqrt(discordant)
        return erfc(-distance / sqrt(2 * (discordant - gain**2))) / 2 - power

    return brentq(missing, 0, 1e6, xtol=1e-300, rtol=1e-15) ** 2


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
    mutants=mistakes(
        project.sample_size,
        {
            "a one-sided bound, α for α/2": "1 - alpha / 2 → 1 - alpha",
            "the power left out, so that it is one half": "z(power) → z(0.5)",
            "β for the power": "z(power) → z(1 - power)",
            "the variance of equal models for both": "sqrt(discordant - gain**2) → sqrt(discordant)",
            "the variance where the gain is there for both": "sqrt(discordant) → sqrt(discordant - gain**2)",
            "the squares added, not the sum squared": """
                z(1 - alpha / 2) * sqrt(discordant) → z(1 - alpha / 2) ** 2 * discordant
                z(power) * sqrt(discordant - gain**2) → z(power) ** 2 * (discordant - gain**2)
                (noise / gain) ** 2 → noise / gain**2
            """,
            "the variances for the standard deviations": """
                sqrt(discordant) → discordant
                sqrt(discordant - gain**2) → (discordant - gain**2)
            """,
            "divided by Δ, not by Δ²": "(noise / gain) ** 2 → noise**2 / abs(gain)",
        },
    ),
)
