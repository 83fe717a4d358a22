"""Planning a mini-project: how many test examples it takes, and a form of one page.

The page ``project`` in the order it is read: two models compared on the same N test
examples, with the mean and the variance of the gain in accuracy, the number of examples
that the test of McNemar (1947) needs (Connor 1987), its exact power, and the plan's
form filled in. Left out: what another training run would change, which no number of
test examples can say.
"""

__all__ = [
    "Disagreement",
    "disagreement",
    "Gain",
    "paired_gain",
    "sample_size",
    "detectable_gain",
    "MOST_EXAMPLES",
    "exact_power",
    "filled",
    "for_page",
]

import re
from collections.abc import Mapping, Sequence
from html import escape, unescape
from math import sqrt
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from scipy.stats import binom

from unrolled.data.demand import answers, number, share, whole


class Disagreement(NamedTuple):
    """The shares of the examples on which only the first model is right, p10, and only
    the second, p01.
    """

    p10: float
    p01: float


def disagreement(first: Sequence[bool], second: Sequence[bool]) -> Disagreement:
    """The shares on which one model alone is right; ``first`` and ``second``, both
    (N,), say where each is right.

    Raises ValueError if there are not as many answers of one as of the other, or none,
    or one that is neither true nor false.
    """
    if len(first) != len(second) or not len(first):
        raise ValueError(
            f"{len(first)} and {len(second)} answers: expected the same examples for "
            "both, at least one"
        )
    a, b = answers("first", first), answers("second", second)
    return Disagreement(float((a & ~b).mean()), float((b & ~a).mean()))


class Gain(NamedTuple):
    """The mean and the variance of the second model's accuracy minus the first's."""

    mean: float
    variance: float


def paired_gain(p10: float, p01: float, N: int) -> Gain:
    """The gain in accuracy on N examples. Result ``paired-gain``."""
    demand_shares(p10, p01, N)
    return Gain(p01 - p10, (p10 + p01 - (p01 - p10) ** 2) / N)


def demand_shares(p10: float, p01: float, N: int) -> None:
    """Raise ValueError unless both are shares, with a sum of at most 1, and N is at
    least one example.
    """
    whole("N", N)
    if share("p10", p10) + share("p01", p01) > 1 + 1e-9:
        raise ValueError(
            f"p10 is {p10} and p01 {p01}; expected shares of the same examples, with a "
            "sum of at most 1"
        )


def demand_gain(gain: float, discordant: float, alpha: float, power: float) -> None:
    """Raise ValueError unless all are shares, and the gain is not 0 or ±1, nor larger
    than the discordant share.
    """
    share("alpha", alpha, inside=True)
    share("power", power, inside=True)
    if (
        not 0 < abs(number("gain", gain)) <= number("discordant", discordant) <= 1
        or gain**2 == discordant
    ):
        raise ValueError(
            f"a gain of {gain} with a discordant share of {discordant}: expected "
            "shares between 0 and 1 (3 points are "
            "0.03), a gain that is not 0, and not 1, and no gain larger than the share "
            "on which the models differ"
        )


def sample_size(
    gain: float, discordant: float, alpha: float = 0.05, power: float = 0.8
) -> float:
    """How many test examples N it takes to find a gain in accuracy. Result
    ``paired-sample-size``.

    ``discordant`` is the share of examples on which exactly one of the two models is
    right. N is not rounded. Raises ValueError for shares that cannot be.
    """
    demand_gain(gain, discordant, alpha, power)
    z = NormalDist().inv_cdf
    noise = z(1 - alpha / 2) * sqrt(discordant)  # if the models are equally good
    noise += z(power) * sqrt(discordant - gain**2)  # if the gain is there
    return (noise / gain) ** 2


def detectable_gain(
    discordant: float, N: int, alpha: float = 0.05, power: float = 0.8
) -> float:
    """The smallest gain for which N examples suffice: :func:`sample_size` solved for
    the gain.

    Raises ValueError for a share that cannot be, for a power below 1/2, and if N is too
    small for any gain.
    """
    whole("N", N)
    share("alpha", alpha, inside=True)
    if not (0 < discordant <= 1 and 0.5 <= power < 1):
        raise ValueError(
            f"a discordant share of {discordant} and a power of {power}: expected a "
            "share above 0 and at most 1 "
            "(10 % is 0.1), and a power from 0.5 to below 1"
        )
    a, b = NormalDist().inv_cdf(1 - alpha / 2), NormalDist().inv_cdf(power)
    if N >= a**2:
        over = 1 + b**2 / N
        root = sqrt(a**2 - over * (a**2 - b**2))
        gain = sqrt(discordant / N) * (a + root) / over
        if gain <= discordant * (1 + 1e-12):  # but for rounding
            return min(gain, discordant)
    raise ValueError(
        f"{N} examples are too few: the models differ on a share of {discordant}, and "
        "not even a gain of all of it "
        "would be found; take more examples"
    )


MOST_EXAMPLES = 10_000_000
"""The most examples that :func:`exact_power` sums over; :func:`sample_size` is exact
enough for more.
"""


def exact_power(p10: float, p01: float, N: int, alpha: float = 0.05) -> float:
    """The probability that McNemar's exact test on N examples finds a difference,
    summed over all that may happen.

    The test takes the n examples on which exactly one model is right, and asks whether
    that one was the second as often as a fair coin would have it. It is two-sided: a
    difference in the wrong direction counts too. Raises ValueError for what is no
    share, and for more than :data:`MOST_EXAMPLES` examples.
    """
    demand_shares(p10, p01, N)
    whole("N", N, most=MOST_EXAMPLES)
    share("alpha", alpha, inside=True)
    psi = min(p10 + p01, 1.0)
    n = np.arange(N + 1)
    # the test refuses up to c or from n − c on; with c = −1 it never does
    c = binom.ppf(alpha / 2, n, 0.5) - 1
    c = np.where(2 * binom.cdf(c + 1, n, 0.5) <= alpha, c + 1, c)
    second = p01 / psi if psi else 0.5
    refused = binom.cdf(c, n, second) + binom.sf(n - c - 1, n, second)
    return float(binom.pmf(n, N, psi) @ np.where(c < 0, 0, refused))


# The form

FIELD = re.compile(r'(<div data-field="(\w+)"[^>]*>)([^<]*)</div>')


def fields(form: str) -> dict[str, str]:
    """What stands in each field of a form, by the field's name."""
    return {name: unescape(text) for _, name, text in FIELD.findall(form)}


def filled(form: str, plan: Mapping[str, str]) -> str:
    """The form with a plan's texts in its fields, in place of what stood there.

    Raises ValueError unless the plan has a text for each field and for no other.
    """
    if wrong := fields(form).keys() ^ plan.keys():
        raise ValueError(
            f"the form has the fields {', '.join(fields(form))}; missing or not in it: "
            f"{', '.join(sorted(wrong))}"
        )

    def put(field: re.Match[str]) -> str:
        return f"{field[1]}{escape(plan[field[2]], quote=False)}</div>"

    return FIELD.sub(put, form)


def for_page(form: str) -> str:
    """The form's list of questions and answers, to be read within a page: no field can
    be edited.
    """
    found = re.search(r"<dl>.*</dl>", form, flags=re.DOTALL)
    if not found:
        raise ValueError("the form has no list of fields, <dl> … </dl>")
    bare = re.sub(r' (?:id|role|contenteditable|aria-\w+)="[^"]*"', "", found[0])
    return bare.replace("<dl>", '<dl class="plan">')
