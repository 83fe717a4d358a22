"""Formulas held against independent calculations, and a reader's function held against a formula.

A :class:`~unrolled.checks.formula.Result` ties a label of the book to the function that computes its formula, to other
ways of computing the same, to cases, and to the mistakes that people make. :func:`~unrolled.checks.formula.run` refutes
the formulas of a page or reports how far they agree; each page that has results calls it, so a wrong
formula fails the build.
:func:`~unrolled.checks.verdict.attempt` does the same for a reader's own function, whatever the form of its answer, and
says how it is wrong.
"""

from unrolled.checks.formula import (
    Case,
    Checked,
    Reference,
    Refuted,
    Result,
    Worked,
    check,
    run,
)
from unrolled.checks.gradients import autograd, central_differences
from unrolled.checks.mistakes import Mutant, Unless, mistakes
from unrolled.checks.verdict import Verdict, attempt

__all__ = [
    "Case",
    "Checked",
    "Mutant",
    "Reference",
    "Refuted",
    "Result",
    "Unless",
    "Verdict",
    "Worked",
    "attempt",
    "autograd",
    "central_differences",
    "check",
    "mistakes",
    "run",
]
