"""A formula and what holds it: references, cases, mistakes; and the check of all that.

The error of a against b is max|a − b| / max(‖a‖∞, ‖b‖∞, τ), with τ = 10⁻³: relative,
but absolute where both are small.
"""

import inspect
import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import NamedTuple

import numpy as np
from tabulate import tabulate

from unrolled.checks.mutants import Mutant

TAU = 1e-3
"""Below this size of the entries, an error is counted absolutely."""

CASES = 120
"""How many random cases a formula is held against."""

Case = Mapping[str, object]
"""The arguments of a case, by name."""

Parts = dict[str, np.ndarray]


def always(**_: object) -> bool:
    """True for every case."""
    return True


class Reference(NamedTuple):
    """An independent way to compute what a result claims.

    ``function`` takes a case and gives what the claim gives. It has to agree up to
    ``bound``, on the cases that ``covers`` admits; ``but`` says in words which those
    leave out.
    """

    how: str
    function: Callable[..., object]
    bound: float = 1e-12
    covers: Callable[..., bool] = always
    but: str = ""


class Worked(NamedTuple):
    """A case that was worked out by hand, with what has to come out."""

    case: Case
    value: object


RESULTS: dict[str, "Result"] = {}
"""The results whose page's module in ``unrolled.results`` has been imported, by
label.
"""


@dataclass(frozen=True)
class Result:
    """A labelled statement of the book, with all that it takes to check it.

    ``claim`` computes the formula, and ``code`` is what a page shows of it, if that is
    not the claim itself. ``case`` makes a random case from a generator and sizes;
    ``sizes`` gives the least and the largest of each letter. The sizes of a case all
    differ, and no two cases have the same. The first of the ``references`` covers every
    random case. ``edges`` are further cases, by name, and ``worked`` are those worked
    by hand.
    """

    label: str
    claim: Callable[..., object]
    case: Callable[..., Case]
    sizes: Mapping[str, tuple[int, int]]
    references: Sequence[Reference]
    mutants: Sequence[Mutant]
    worked: Sequence[Worked]
    edges: Mapping[str, Case] = field(default_factory=dict)
    code: Callable[..., object] | None = None

    def __post_init__(self) -> None:
        RESULTS[self.label] = self

    def drawn(self, **only: int) -> Iterator[tuple[dict[str, int], Case]]:
        """The random cases, each with its sizes: the same whenever they are drawn.

        ``only`` fixes some of the sizes; where the rest has fewer values than
        ``CASES``, so many cases are drawn.
        """
        rng = np.random.default_rng(2024)
        ranges = [
            [only[letter]] if letter in only else range(low, high + 1)
            for letter, (low, high) in self.sizes.items()
        ]
        every = list(itertools.product(*ranges))
        different = [sizes for sizes in every if len(set(sizes)) == len(sizes)]
        for drawn in rng.permutation(different or every)[:CASES].tolist():
            sizes = dict(zip(self.sizes, drawn, strict=True))
            yield sizes, self.case(rng, **sizes)


# How far two values are apart


def parts(value: object) -> Parts:
    """A value as arrays by name, as a named tuple or a dictionary has them; an array
    alone is named ''.
    """
    if isinstance(value, Mapping):
        named = value
    elif hasattr(value, "_asdict"):
        named = value._asdict()
    else:
        named = {"": value}
    return {name: np.asarray(array, dtype=float) for name, array in named.items()}


def error(a: np.ndarray, b: np.ndarray) -> float:
    """The error of a against b; infinite if their shapes differ or an entry is not a
    number.
    """
    if a.shape != b.shape or not (np.isfinite(a).all() and np.isfinite(b).all()):
        return math.inf
    if not a.size:
        return 0.0
    return float(abs(a - b).max() / max(abs(a).max(), abs(b).max(), TAU))


def largest_error(value: object, reference: object) -> float:
    """The largest error of the parts of a value that the reference has too; where both
    have one, its name is free.
    """
    mine, theirs = parts(value), parts(reference)
    if len(mine) == len(theirs) == 1:
        return error(*mine.values(), *theirs.values())
    return max(
        error(mine[name], theirs[name]) if name in mine else math.inf for name in theirs
    )


# The check of a result


class Refuted(AssertionError):
    """A formula that does not hold, or a mistake that the check does not refuse."""


class Agreement(NamedTuple):
    """How far a claim agrees with a reference."""

    how: str
    cases: int
    error: float
    bound: float
    but: str = ""


class Refusal(NamedTuple):
    """In how many of the random cases a mistake was refused; ``lines`` of the formula's
    code, right and wrong.
    """

    mistake: str
    refused: int
    cases: int
    but: str = ""
    lines: Sequence[tuple[str, str]] = ()


class Report(NamedTuple):
    """What the check of a result found; ``source`` is the claim's code."""

    label: str
    source: str
    checks: list[Agreement]
    mutants: list[Refusal]


def named(sizes: Mapping[str, int]) -> str:
    """The sizes of a case in words."""
    return ", ".join(f"{letter} = {size}" for letter, size in sizes.items())


@contextmanager
def blamed(result: Result, what: str, case: str) -> Iterator[None]:
    """Make any error Refuted, in which the result, what was called, and the case are
    named.
    """
    try:
        yield
    except Exception as reason:
        raise Refuted(
            f"{result.label}: {what} raised {type(reason).__name__} in the case {case}: {reason}"
        ) from reason


def agreement(
    result: Result,
    reference: Reference,
    cases: Mapping[str, Case],
    claimed: dict[str, Parts],
) -> tuple[Agreement, dict[str, Parts]]:
    """Hold the claim against a reference; also what the reference gives, by case.

    What the claim gives is kept in ``claimed``, so that it is computed once. Raises
    :class:`Refuted` at the first case beyond the bound, or if no case is covered.
    """
    held: dict[str, Parts] = {}
    worst = 0.0
    for name, case in cases.items():
        with blamed(result, reference.how, name):
            if not reference.covers(**case):
                continue
            held[name] = parts(reference.function(**case))
        if name not in claimed:
            with blamed(result, "the formula", name):
                claimed[name] = parts(result.claim(**case))
        apart = largest_error(claimed[name], held[name])
        if apart > reference.bound:
            raise Refuted(
                f"{result.label}: the formula does not agree with {reference.how}: error {apart:.1e} in the case "
                f"{name}, where at most {reference.bound:.0e} is expected"
            )
        worst = max(worst, apart)
    if not held:
        raise Refuted(f"{result.label}: no case is covered by {reference.how}")
    found = Agreement(reference.how, len(held), worst, reference.bound, reference.but)
    return found, held


def refusal(
    result: Result,
    mutant: Mutant,
    drawn: Sequence[tuple[Mapping[str, int], Case]],
    right: Mapping[str, Parts],
) -> Refusal:
    """Let the check refuse a mistake; raises :class:`Refuted` if it lets one pass, or
    refuses what is none.
    """
    refused = 0
    for sizes, case in drawn:
        name = named(sizes)
        with blamed(result, f"the mistake “{mutant.mistake}”", name):
            apart = largest_error(mutant.function(**case), right[name])
            harmless = mutant.is_none(sizes, case)
        wrong = apart > result.references[0].bound
        if wrong == harmless:
            raise Refuted(
                f"{result.label}: the check {'refuses' if wrong else 'accepts'} the mistake “{mutant.mistake}” in the "
                f"case {name}, against what the result says of it"
            )
        refused += wrong
    return Refusal(mutant.mistake, refused, len(drawn), mutant.but, mutant.lines)


def by_hand(result: Result) -> Agreement:
    """Hold the claim against what was worked out by hand; raises :class:`Refuted`
    beyond rounding.
    """
    errors = []
    for number, worked in enumerate(result.worked, 1):
        with blamed(result, "the formula", f"worked by hand, number {number}"):
            errors.append(largest_error(result.claim(**worked.case), worked.value))
    if max(errors) > 1e-12:
        raise Refuted(
            f"{result.label}: the formula does not give what was worked out by hand: error {max(errors):.1e}"
        )
    return Agreement("by hand", len(errors), max(errors), 1e-12)


def check(result: Result) -> Report:
    """Hold a result against all its references, cases and mutants; raises
    :class:`Refuted`, naming the label.
    """
    with blamed(result, "its generator", "that was to be drawn"):
        drawn = list(result.drawn())
    names = [named(sizes) for sizes, _ in drawn]
    cases = dict(zip(names, (case for _, case in drawn), strict=True)) | result.edges
    claimed: dict[str, Parts] = {}
    agreements, held = zip(
        *(agreement(result, r, cases, claimed) for r in result.references), strict=True
    )
    for name in names:
        if name not in held[0]:
            raise Refuted(
                f"{result.label}: the first reference leaves out the case {name}"
            )
        left_out = claimed[name].keys() - held[0][name].keys()
        if len(held[0][name]) < len(claimed[name]):
            raise Refuted(
                f"{result.label}: the first reference leaves out {', '.join(left_out)}"
            )
    return Report(
        result.label,
        inspect.getsource(result.code or result.claim),
        [*agreements, by_hand(result)],
        [refusal(result, mutant, drawn, held[0]) for mutant in result.mutants],
    )


class Checked:
    """The reports on all results of a page; shown as a table, and handed to the page in
    the output's metadata.
    """

    HEADERS = (
        "result",
        "held against",
        "cases",
        "largest error",
        "at most",
        "mistakes refused",
    )

    def __init__(self, module: str, reports: Sequence[Report]) -> None:
        self.module = module
        self.reports = list(reports)

    def __repr__(self) -> str:
        return tabulate(self.rows(), headers=self.HEADERS, disable_numparse=True)

    def rows(self) -> list[tuple[str, ...]]:
        """The table's rows, one for each reference."""
        return [
            (
                r.label,
                a.how,
                str(a.cases),
                f"{a.error:.0e}",
                f"{a.bound:.0e}",
                str(len(r.mutants)),
            )
            for r in self.reports
            for a in r.checks
        ]

    def _repr_mimebundle_(
        self, **_: object
    ) -> tuple[dict[str, str], dict[str, object]]:
        reports = [
            report._asdict()
            | {
                "checks": [a._asdict() for a in report.checks],
                "mutants": [m._asdict() for m in report.mutants],
            }
            for report in self.reports
        ]
        table = tabulate(
            self.rows(), headers=self.HEADERS, tablefmt="html", disable_numparse=True
        )
        found = f"All {len(reports)} results agree with independent calculations"
        folded = f"<details><summary>{found}</summary>{table}</details>"
        data = {"text/html": folded, "text/plain": repr(self)}
        return data, {"unrolled": {"module": self.module, "reports": reports}}


def run(module: ModuleType) -> Checked:
    """Check all results of a page, those in its module of ``unrolled.results``."""
    results = [value for value in vars(module).values() if isinstance(value, Result)]
    return Checked(module.__name__, [check(result) for result in results])
