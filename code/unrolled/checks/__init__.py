"""Formulas held against independent calculations, and a reader's function held against
a formula.

A :class:`Result` ties a label of the book to the function that computes its formula, to
other ways of computing the same, to cases, and to the mistakes that people make.
:func:`run` refutes the formulas of a page or reports how far they agree; each page that
has results calls it, so a wrong formula fails the build. :func:`attempt` does the same
for a reader's own function, whatever the form of its answer, and says how it is wrong.
"""

from unrolled.checks.formula import (
    Agreement,
    Case,
    Checked,
    Reference,
    Refusal,
    Refuted,
    Report,
    Result,
    Worked,
    check,
    run,
)
from unrolled.checks.gradients import autograd, central_differences
from unrolled.checks.mutants import Mutant, Unless, mistakes
from unrolled.checks.verdict import Verdict, attempt

__all__ = [
    "attempt",
    "Verdict",
    "run",
    "check",
    "Checked",
    "Report",
    "Agreement",
    "Refusal",
    "Refuted",
    "Result",
    "Reference",
    "Worked",
    "Case",
    "Mutant",
    "Unless",
    "mistakes",
    "autograd",
    "central_differences",
]
