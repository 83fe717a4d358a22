"""What is random in a formula: expectations, variances, probabilities."""

__all__: list[str] = []

import functools
import itertools
import math
import operator
from collections.abc import Iterator, Mapping

import numpy as np

from unrolled.formulas.arrays import Misshapen, Unknown, Value, numbers, tensor
from unrolled.formulas.layout import Unreadable
from unrolled.formulas.meaning import Node

Key = tuple[str, tuple[int, ...]]
Env = Mapping[str | Key, Value]


class Undecided(Unknown):
    """A random letter outside of an expectation: which, and what it may be, with what
    probability.
    """

    def __init__(self, key: Key, law: Mapping[float, float]) -> None:
        super().__init__(f"{key[0]} is random")
        self.key, self.law = key, law


class Chance:
    """The part of the values that is random."""

    def _law(self, name: str, at: tuple[int, ...]) -> dict[float, float]:
        """What a random letter may be, with what probability; what is left of that is
        the probability of zero.
        """
        found: dict[float, float] = {}
        for statement in self.context.definitions:
            head, *_, last = statement.sides
            if head.op != "moment" or head.parts[0] != "Pr":
                continue
            _, letter, outcome = head.parts[1].parts
            if letter.op == "symbol" and letter.parts[0] == name:
                bound = self._matched(letter.parts[1], at, statement)
                if bound is not None:
                    found[self.value(outcome, bound)] = tensor(
                        self.value(last, bound)
                    ).item()
        return {**found, 0.0: 1 - sum(found.values())} if found else {}

    def _mean(self, node: Node, env: Env) -> Value:
        """Over letters whose distribution is printed: a vector, entry by entry."""
        (letter, *ends), law, body = node.parts
        weights = self.value(law, env)
        if np.ndim(weights) != 2 or weights.shape[1] != 1:
            raise Misshapen("a distribution that is no vector")
        keys = [letter]
        if ends:
            span = numbers(*(self.value(end, env) for end in ends), up=True)
            keys = [(letter, (int(k),)) for k in span]
        terms = []
        for drawn in itertools.product(range(len(weights)), repeat=len(keys)):
            here = {**env, **{k: x + 1.0 for k, x in zip(keys, drawn, strict=True)}}
            weight = math.prod(weights[k, 0] for k in drawn)
            terms.append(weight * self.value(body, here))
        return functools.reduce(operator.add, terms)

    def _moment(self, node: Node, env: Env) -> Value:
        """Over all that is random, a mean or a variance; a probability is the mean of
        what is 1 or 0.
        """
        for statement in self.context.definitions:
            if statement.sides[0] == node and node.parts[0] != "Pr":
                return self.value(statement.sides[-1], env)
        kind, body = node.parts
        found = list(self._outcomes(body, env, self.chosen, 1.0))
        if len(found) < 2:
            raise Unreadable(f"place {node.at}: nothing is random in it")
        mean = sum(weight * value for weight, value in found)
        if kind != "Var":
            return mean
        return sum(weight * (value - mean) ** 2 for weight, value in found)

    def _outcomes(
        self, body: Node, env: Env, chosen: Mapping[Key, float], weight: float
    ) -> Iterator[tuple[float, Value]]:
        """All that an expression may be, with what probability."""
        try:
            yield (
                weight,
                type(self)(self.context, self.case, chosen=chosen).value(body, env),
            )
        except Undecided as open_:
            for value, own in open_.law.items():
                decided = {**chosen, open_.key: value}
                yield from self._outcomes(body, env, decided, weight * own)
