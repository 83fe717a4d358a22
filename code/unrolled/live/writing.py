"""What the page needs to check a reader's own line: the goals of a page, their values
on some cases, and those of the letters that a line may have.

No line that is right is in it.
"""

__all__ = ["payload"]

from collections.abc import Iterator, Mapping

import numpy as np

from unrolled.checks.formula import Result
from unrolled.formulas import goals as asked
from unrolled.formulas.exported import exported
from unrolled.formulas.goals import Goal
from unrolled.formulas.printed import Page
from unrolled.formulas.values import Context, Values

DIGITS = 10
"""So many digits of a number are sent, fewer than a wrong line could share."""

TELLING = 3
"""On so many of the random cases terms and mistakes are sent."""


def short(value: object) -> object:
    """Numbers, wherever they stand, with fewer digits."""
    if isinstance(value, Mapping):
        return {key: short(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [short(one) for one in value]
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value


def matrix(value: np.ndarray) -> dict:
    """A value as the page has it."""
    value = np.atleast_2d(value)
    rows, cols = value.shape
    return {"rows": rows, "cols": cols, "data": value.ravel().tolist()}


class Collected:
    """The contexts of a page's goals, each once, with the cases that are used."""

    def __init__(self) -> None:
        self.contexts: list[dict] = []
        self.places: dict[int, int] = {}
        self.kept: list[object] = []
        self.mistakes: list[str] = []

    def context(self, context: Context) -> int:
        """The place of a context."""
        if id(context) not in self.places:
            self.places[id(context)] = len(self.contexts)
            self.kept.append(context)
            data = {"symbols": context.symbols.data(), "cases": []}
            self.contexts.append(data)
        return self.places[id(context)]

    def case(self, context: Context, values: Values) -> int:
        """The place of a case in its context."""
        cases = self.contexts[self.context(context)]["cases"]
        told = short(exported(values))
        ranges = told.pop("ranges")
        self.contexts[self.context(context)]["ranges"] = sorted(ranges)
        told["ranges"] = ranges
        if told not in cases:
            cases.append(told)
        return cases.index(told)

    def mistake(self, name: str) -> int:
        """The place of a mistake's name."""
        if name not in self.mistakes:
            self.mistakes.append(name)
        return self.mistakes.index(name)

    def checks(self, page: Page, goal: Goal, results: Mapping) -> Iterator[dict]:
        """What a line has to give in each case."""
        own = [
            results[label]
            for entry, _ in page.contexts
            for label in entry.get("results", [])
            if label in results
        ]
        told = 0
        for kind, case in asked.cases(page, goal, results):
            values = Values(goal.context, case)
            last = goal.statement.sides[-1]
            at = []
            telling = kind == "drawn" and told < TELLING
            for env in asked.spans(goal, values):
                value = asked.valued(goal.head, values, env)
                one = {"env": env, "value": matrix(value)}
                if telling:
                    terms = asked.terms(last, values, env)
                    wrong = asked.mistaken(goal, own, case, value)
                    one["mistakes"] = {self.mistake(k): x for k, x in wrong.items()}
                    if len(terms) > 1:
                        one["terms"] = [matrix(term) for term in terms]
                at.append(short(one))
            told += telling
            if at:
                yield {"case": self.case(goal.context, values), "kind": kind, "at": at}


def payload(page: Page, results: Mapping[str, Result]) -> dict:
    """The goals of a page and what is needed to judge a line.

    ``page`` is a page whose results have been imported, ``results`` these by label.
    """
    found = Collected()
    goals = list(asked.goals(page))
    drafts = {goal.head: draft for goal in goals if (draft := asked.draft(page, goal))}
    told = []
    for goal in goals:
        checks = list(found.checks(page, goal, results))
        if not checks:
            continue
        draft, plain = drafts.get(goal.head), []
        if draft:
            entry = next(entry for entry, context in page.contexts if context is draft)
            for case in page.cases(entry, "", results)[:TELLING]:
                values = Values(draft, case)
                env = {letter: 2.0 for letter in goal.free}
                value = matrix(asked.valued(asked.plain(goal.head), values, env))
                at = [short({"env": env, "value": value})]
                plain.append({"case": found.case(draft, values), "kind": "plain", "at": at})
        told.append(
            {
                "of": goal.display.of,
                "tex": goal.tex,
                "context": found.context(goal.context),
                "draft": found.context(draft) if draft else None,
                "free": list(goal.free),
                "sign": -1 if "(-" in goal.tex else 1,
                "checks": checks,
                "plain": plain,
            }
        )
    return {"contexts": found.contexts, "goals": told, "mistakes": found.mistakes}
