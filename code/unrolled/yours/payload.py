"""What the page needs to check a reader's own line: the goals of a page, their values
on some cases, and those of the letters that a line may have.

No line that is right is in it.
"""

__all__ = ["payload"]

import json
import re
from collections.abc import Collection, Iterator, Mapping
from importlib.resources import files

import numpy as np

from unrolled.checks.formula import Result
from unrolled.formulas.printed import Page
from unrolled.formulas.values import Context, Values
from unrolled.yours import goals as asked
from unrolled.yours.exported import exported
from unrolled.yours.goals import Goal
from unrolled.yours.typed import valued

FUNCTIONS = "exp", "tanh", "diag"
"""Those of which a line may be made."""

DIGITS = 12
"""So many digits of a number are sent, fewer than a wrong line could share."""

TELLING = 3
"""On so many of the random cases terms and mistakes are sent."""

KINDS = {
    "slope": "1 − h|1 − a|derivative|slope|tanh|activation",
    "transpose": "transposed",
    "order": "order|wrong side",
    "index": "h_t for|time",
}
"""What kind of fault a known mistake is, by its words."""


def described(mistake: str) -> dict[str, str]:
    """A known mistake: its name, what kind of fault it is, and what to ask a reader who
    makes it, or nothing, where that is asked of all faults of the kind.
    """
    said = json.loads((files(__package__) / "said.json").read_text("utf-8"))
    kinds = (kind for kind, words in KINDS.items() if re.search(words, mistake))
    asks = (ask for words, ask in said["mistake"].items() if words in mistake)
    return {
        "name": mistake,
        "fault": next(kinds, "different"),
        "ask": next(asks, ""),
    }


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


def finite(value: float | Mapping) -> bool:
    """Whether JSON can hold a value."""
    return bool(np.isfinite(value if isinstance(value, float) else value["data"]).all())


class Collected:
    """The contexts of a page's goals, each once, with the cases that are used."""

    def __init__(self, used: set[str]) -> None:
        self.used = used
        self.contexts: list[dict] = []
        self.own: list[Context] = []
        self.places: dict[int, int] = {}
        self.mistakes: list[str] = []

    def context(self, context: Context) -> int:
        """The place of a context."""
        if id(context) not in self.places:
            self.places[id(context)] = len(self.contexts)
            self.own.append(context)
            data = {
                "symbols": valued(context, self.used).data(),
                "derivatives": asked.derivatives(context),
                "cases": [],
            }
            self.contexts.append(data)
        return self.places[id(context)]

    def case(self, context: Context, values: Values) -> int:
        """The place of a case in its context."""
        own = self.contexts[self.context(context)]
        told = short(exported(values))
        told["letters"] = {
            name: {at: x for at, x in members.items() if finite(x)}
            for name, members in told["letters"].items()
        }
        own["ranges"] = sorted(told["ranges"])
        if told not in own["cases"]:
            own["cases"].append(told)
        return own["cases"].index(told)

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
                value = asked.value_of(goal.head, values, env)
                if not np.isfinite(value).all():
                    continue  # numbers so large that exponentials leave the range
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

    def plainly(self, page: Page, goal: Goal, draft: tuple) -> Iterator[dict]:
        """What a line has to give if all its letters are plain numbers."""
        entry, context, head = draft
        for case in page.cases(entry, "", {})[:TELLING]:
            # the first state is zero in the networks, but for one
            start = {
                name: np.zeros_like(x) for name, x in case.items() if name == "h_0"
            }
            values = Values(context, {**case, **start})
            env = dict.fromkeys(goal.free, asked.SOME)
            value = matrix(asked.value_of(head, values, env))
            at = [short({"env": env, "value": value})]
            yield {"case": self.case(context, values), "kind": "plain", "at": at}


def payload(page: Page, results: Mapping[str, Result]) -> dict[str, dict]:
    """The goals of each result and short answer of a page, with what is needed to judge
    a line.

    ``page`` is a page whose results have been imported, ``results`` these by label.
    """
    goals = list(asked.goals(page))
    own = [asked.draft(page, goal) for goal in goals]
    same = {goal.head: draft for goal, draft in zip(goals, own, strict=True) if draft}
    found: dict[str, tuple[Collected, list[dict]]] = {}
    for goal, draft in zip(goals, own, strict=True):
        beside = [one.used for one in goals if one.display.of == goal.display.of]
        collected, told = found.setdefault(
            goal.display.of, (Collected(set().union(*beside)), [])
        )
        if goal.tex in (one["tex"] for one in told):
            continue  # of another network
        if checks := list(collected.checks(page, goal, results)):
            draft = draft or same.get(goal.head)
            plain = list(collected.plainly(page, goal, draft)) if draft else []
            told.append(
                {
                    "tex": goal.tex,
                    "derived": asked.derived_in(goal, goals),
                    "context": collected.context(goal.context),
                    "draft": collected.context(draft[1]) if draft else None,
                    "free": list(goal.free),
                    "sign": goal.sign,
                    "checks": checks,
                    "plain": plain,
                }
            )
    found = {label: one for label, one in found.items() if one[1]}
    for collected, _ in found.values():
        for data, context in zip(collected.contexts, collected.own, strict=True):
            tell(data, page, context, found)
    return {
        label: {
            "contexts": collected.contexts,
            "goals": told,
            "mistakes": [described(name) for name in collected.mistakes],
        }
        for label, (collected, told) in found.items()
    }


def tell(data: dict, page: Page, context: Context, of: Collection[str]) -> None:
    """Say what each letter of a context is, and of which a line of these blocks may be
    made.
    """
    table = next(entry for entry, own in page.contexts if own is context)["symbols"]
    spoken = asked.spoken(page, of, context)
    data["functions"] = sorted(spoken & {*FUNCTIONS})
    for name, symbol in data["symbols"].items():
        symbol["is"] = table.get(symbol["tex"], {}).get("is", "")
        symbol["spoken"] = name in spoken
