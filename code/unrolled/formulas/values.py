"""The values of formulas on a case: only what the case gives is bound; every other
letter gets its value from a displayed definition, or is a derivative.

All is in float64. Vectors are columns, so that a product of matrices is one wherever it
stands. To whatever a page defines, a zero is added that can be differentiated by: the
derivative with respect to it is the whole one, along all paths.
"""

__all__ = [
    "Context",
    "Identity",
    "Misshapen",
    "Unknown",
    "Values",
    "assignments",
    "differences",
]

import functools
import itertools
import math
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor

from unrolled.checks.formula import error
from unrolled.formulas.layout import Unreadable
from unrolled.formulas.meaning import Node, Statement, Symbols, Test, nodes

Value = float | Tensor
Key = tuple[str, tuple[int, ...]]
Env = Mapping[str | Key, Value]


class Unknown(ValueError):
    """A letter without a value: what it is, and where it stands."""


class Misshapen(ValueError):
    """Shapes that do not fit: which, and of what."""


class Undecided(Unknown):
    """A random letter outside of an expectation: which, and what it may be, with what
    probability.
    """

    def __init__(self, key: Key, law: Mapping[float, float]) -> None:
        super().__init__(f"{key[0]} is random")
        self.key, self.law = key, law


class Identity:
    """The identity matrix, of the size that fits."""


IDENTITY = Identity()


@dataclass(frozen=True)
class Context:
    """What the letters of a page's formulas stand for.

    ``given`` has for each letter the name of an argument of the case; a family has a
    row for each index. ``sizes`` has for each size an argument and its axis.
    ``definitions`` are statements whose first side is what they define. ``ranges`` are
    of letters for which a formula prints none, and ``sets`` of those that stand for
    sets. ``copies`` has for each matrix the letters of its copies, one for each step.
    ``held`` has for each note on a derivative's bar the letters that are held fixed.
    """

    symbols: Symbols
    given: Mapping[str, str]
    sizes: Mapping[str, tuple[str, int]]
    definitions: tuple[Statement, ...]
    ranges: Mapping[str, tuple[Node, Node]] = field(default_factory=dict)
    sets: Mapping[str, tuple[Node, Node]] = field(default_factory=dict)
    copies: Mapping[str, str] = field(default_factory=dict)
    held: Mapping[str, Sequence[str]] = field(default_factory=dict)
    defining: frozenset[tuple[Node, ...]] = field(init=False)

    def __post_init__(self) -> None:
        printed = frozenset(one.sides for one in self.definitions)
        object.__setattr__(self, "defining", printed)
        # what a page names, wherever it stands in another definition, is that letter
        named = {
            one.sides[-1]: one.sides[0]
            for one in self.definitions
            if one.sides[-1].op in ("product", "add")
        }

        def told(one: Statement) -> Statement:
            head, *_, last = one.sides
            others = {tree: own for tree, own in named.items() if own != head}
            return one._replace(sides=(head, called(last, others)))

        object.__setattr__(self, "definitions", tuple(map(told, self.definitions)))


def called(part: object, named: Mapping[Node, Node]) -> object:
    """An expression, or a part of one, in which whatever has a name is called by it."""
    if isinstance(part, Node):
        return named.get(part) or replace(part, parts=called(part.parts, named))
    return tuple(called(x, named) for x in part) if isinstance(part, tuple) else part


FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "log": torch.log,
    "log2": torch.log2,
    "exp": torch.exp,
    "tanh": torch.tanh,
    "diag": lambda a: torch.diag(a[:, 0]),
    "softmax": lambda a: torch.softmax(a, 0),
    "sigma": torch.sigmoid,
    "normal": torch.special.ndtr,
    "quantile": torch.special.ndtri,
}


COMPARED: dict[str, Callable[[Value, Value], bool]] = {
    "=": operator.eq,
    r"\ne": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
    r"\le": lambda a, b: a <= b + ROUNDING,
    r"\ge": lambda a, b: b <= a + ROUNDING,
}

ROUNDING = 1e-12
"""By how much rounding may spoil a weak inequality."""

CONSTANTS = {"e": math.e}


class Values:
    """The values of a context's letters on one case.

    ``fixed`` are letters, or members of families, that nothing is differentiated
    through; ``chosen`` has what random letters are.
    """

    def __init__(
        self,
        context: Context,
        case: Mapping[str, object],
        fixed: frozenset[str | Key] = frozenset(),
        chosen: Mapping[Key, float] = {},
    ) -> None:
        self.context, self.case, self.fixed, self.chosen = context, case, fixed, chosen
        self.holding: dict[frozenset[str | Key], Values] = {}
        self.found: dict[tuple, Tensor] = {}
        self.zeros: dict[tuple, Tensor] = {}
        self.slopes: dict[tuple, Tensor] = {}
        self.inside = False

    # Letters

    def letter(self, name: str, at: tuple[int, ...] = ()) -> Value:
        """The value of a letter, or of a member of its family."""
        if name in self.context.sizes:
            array, axis = self.context.sizes[name]
            return float(np.shape(self.case[array])[axis])
        key = name, at
        if key in self.chosen:
            return self.chosen[key]
        if self.context.symbols.known[name].kind in ("size", "index"):
            return self._whole(name, at)
        if key not in self.found:
            value = self._found(name, at)
            if name in self.fixed or key in self.fixed:
                value = value.detach()
            self.zeros[key] = torch.zeros_like(value, requires_grad=True)
            self.found[key] = value + self.zeros[key]
        return self.found[key]

    def _whole(self, name: str, at: tuple[int, ...]) -> float:
        """The value of a size, or of an index; in a case, an index counts from 0."""
        if name in self.context.given:
            index = self.context.symbols.known[name].kind == "index"
            value = self._member(name, at)
            if value.ndim:
                raise Misshapen(f"{name} without an index")
            return float(value) + index
        return tensor(self._defined(name, at)).item()

    def _holding_fixed(self, letters: frozenset[str | Key]) -> "Values":
        """The values, if nothing is differentiated through some letters."""
        if letters not in self.holding:
            fixed = self.fixed | letters
            self.holding[letters] = Values(self.context, self.case, fixed, self.chosen)
        return self.holding[letters]

    def _found(self, name: str, at: tuple[int, ...]) -> Tensor:
        """The value of a letter, wherever it comes from."""
        for matrix, copy in self.context.copies.items():
            if name == copy:
                steps = numbers(*(self.value(x, {}) for x in self.context.ranges["t"]))
                if at[0] not in steps:
                    raise Unknown(f"{name} has no member {at[0]}")
                return self.letter(matrix)
        return (self._of_case if name in self.context.given else self._defined)(
            name, at
        )

    def _of_case(self, name: str, at: tuple[int, ...]) -> Tensor:
        """What the case has for a letter; for a vector that is one-hot, it may be the
        place of the one, from 0.
        """
        value = self._member(name, at)
        symbol = self.context.symbols.known[name]
        if symbol.kind == "vector" and value.dtype.kind == "i" and not value.ndim:
            value = np.eye(int(self.letter(symbol.shape[0])))[value]
        value = tensor(value)
        return value[:, None] if value.dim() == 1 else value

    def _member(self, name: str, at: tuple[int, ...]) -> np.ndarray:
        """What the case has for a member of a family."""
        value = np.asarray(self.case[self.context.given[name]])
        for index in at:
            if not (value.ndim and 1 <= index <= len(value)):
                of = len(value) if value.ndim else "a single one"
                raise Unknown(f"{name} has no member {index}, of {of}")
            value = value[index - 1]
        return np.asarray(value)

    def _defined(self, name: str, at: tuple[int, ...]) -> Tensor:
        """The value that the first definition gives that fits."""
        for statement in self.context.definitions:
            head, *_, last = statement.sides
            entry = ()
            if head.op == "entry":
                head, entry = head.parts
            if head.op != "symbol" or head.parts[0] != name:
                continue
            bound = self._matched(head.parts[1], at, statement)
            if bound is None:
                continue
            inside, self.inside = self.inside, True
            try:
                return self._in_shape(name, self._whole_of(last, entry, bound))
            finally:
                self.inside = inside
        law = self._law(name, at)
        if law:
            raise Undecided((name, at), law)
        return self._blocks(name, at)

    def _whole_of(self, node: Node, entry: Sequence[Node], env: Env) -> Value:
        """The value of a definition; of that of an entry, all entries in a column."""
        if not entry:
            return self.value(node, env)
        (letter,) = (x.parts[0] for x in entry)
        span = self.span(letter, node, env)
        rows = [tensor(self.value(node, {**env, letter: x})) for x in span]
        return torch.stack(rows)[:, None]

    def _blocks(self, name: str, at: tuple[int, ...]) -> Tensor:
        """The rows that a letter has in what is stacked, as in W = [A; B]."""
        for statement in self.context.definitions:
            whole, *_, last = statement.sides
            if last.op != "stack" or any(x.op != "symbol" for x in last.parts):
                continue
            first = 0
            for part in last.parts:
                symbol = self.context.symbols.known[part.parts[0]]
                rows = int(self.letter(symbol.shape[0]))
                if symbol.name == name:
                    bound = self._matched(part.parts[1], at, statement)
                    return self.value(whole, bound)[first : first + rows]
                first += rows
        index = f", index {', '.join(map(str, at))}" if at else ""
        raise Unknown(f"{name}{index}: neither given nor defined")

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

    def _matched(
        self, pattern: tuple[Node, ...], at: Sequence[Value], statement: Statement
    ) -> dict[str, Value] | None:
        """The letters' values for which a definition is of these indices, or of these
        arguments; None if there are none.
        """
        bound: dict[str, Value] = {}
        for node, index in zip(pattern, at, strict=True):
            if node.op == "symbol" and len(node.parts[1]) == 1:
                (node,) = node.parts[1]  # a family that is known by its index alone
            if node.op == "letter" and np.ndim(index):
                return None
            if node.op in ("letter", "symbol"):
                bound[node.parts[0]] = index if np.ndim(index) else tensor(index).item()
            elif self.value(node, bound) != index:
                return None
        for letter, first, last in statement.ranges:
            if letter in bound:
                low, high = sorted((self.value(first, bound), self.value(last, bound)))
                if not low <= bound[letter] <= high:
                    return None
        return bound

    def _in_shape(self, name: str, value: Value | Identity) -> Tensor:
        """A value in the shape of its letter: a number may stand for a vector."""
        symbol = self.context.symbols.known[name]
        if not isinstance(value, float):
            return value
        value = tensor(value)
        if symbol.kind == "number":
            return value
        sizes = [int(self.letter(size)) for size in symbol.shape]
        return value.expand(sizes if len(sizes) == 2 else [*sizes, 1]).clone()

    # Expressions

    def value(self, node: Node, env: Env) -> Value | Identity:
        """The value of an expression, with the values of its free letters."""
        compute = getattr(self, f"_{node.op}", None)
        if compute is None:
            raise Unreadable(f"place {node.at}: {node.op} has no value")
        return compute(node, env)

    def _sized(self, node: Node, env: Env) -> Value:
        """The value of an expression that is not the identity alone."""
        value = self.value(node, env)
        if value is IDENTITY:
            raise Misshapen("I alone has no size")
        return value

    def _index(self, node: Node, env: Env) -> int:
        """The value of an index."""
        value = self.value(node, env)
        if value is IDENTITY or np.ndim(value) or value != int(value):
            raise Misshapen("an index that is no whole number")
        return int(value)

    def _number(self, node: Node, env: Env) -> float:
        return node.parts[0]

    def _given(self, node: Node, env: Env) -> Tensor:
        name, letters, first = node.parts
        value = np.asarray(self.case[name], float)
        for letter in letters:
            index = self._index(letter, env)
            at = index - self._index(first, env)
            if not 0 <= at < len(value):
                raise Unknown(f"{name} has no member {index}, of {len(value)}")
            value = value[at]
        value = tensor(value)
        return value[:, None] if value.dim() == 1 else value

    def _letter(self, node: Node, env: Env) -> float:
        (name,) = node.parts
        if name not in env and name not in self.context.symbols.known:
            raise Unknown(f"{name} is no letter of this page")
        return env[name] if name in env else self.letter(name)

    def _symbol(self, node: Node, env: Env) -> Value | Identity:
        name, at = node.parts
        symbol = self.context.symbols.known[name]
        if symbol.kind == "identity":
            return IDENTITY
        if symbol.kind == "constant":
            return CONSTANTS[symbol.means]
        if symbol.kind == "name":
            return float(self._index(at[0], env))
        if not at and name in env:
            return env[name]
        copies = self.context.copies
        if self.inside and name in copies and "t" in env:
            return self.letter(copies[name], (int(env["t"]),))
        key = name, tuple(self._index(k, env) for k in at)
        return env[key] if key in env else self.letter(*key)

    def _entry(self, node: Node, env: Env) -> Tensor:
        value = self._sized(node.parts[0], env)
        if isinstance(value, float):
            raise Misshapen("an entry of a number")
        at = [self._index(k, env) - 1 for k in node.parts[1]]
        if len(at) == 1 and value.dim() == 2 and value.shape[1] == 1:
            at.append(0)
        demand_inside(at, value)
        return value[tuple(at)]

    def _neg(self, node: Node, env: Env) -> Value:
        return -self._sized(node.parts[0], env)

    def _add(self, node: Node, env: Env) -> Value:
        return self._added(node, env, 1)

    def _sub(self, node: Node, env: Env) -> Value:
        return self._added(node, env, -1)

    def _added(self, node: Node, env: Env, sign: int) -> Value:
        """A sum; a number that is written out may be added to a vector."""
        a, b = (self.value(part, env) for part in node.parts)
        for identity, other in ((a, b), (b, a)):
            if identity is IDENTITY:
                if np.ndim(other) != 2 or other.shape[0] != other.shape[1]:
                    raise Misshapen("I is added to what is no square matrix")
                eye = torch.eye(len(other), dtype=torch.float64)
                a, b = (eye if x is IDENTITY else x for x in (a, b))
        shapes = [shape(x) for x in (a, b)]
        literal = any(
            isinstance(x, float) and (not shape or shape[1] == 1)
            for x, shape in ((a, shapes[1]), (b, shapes[0]))
        )
        if shapes[0] != shapes[1] and not literal:
            raise Misshapen(f"{shapes[0]} and {shapes[1]} are added")
        return a + sign * b

    def _product(self, node: Node, env: Env) -> Value | Identity:
        factors, joins = node.parts
        found = self.value(factors[0], env)
        zero = naught(found)
        for k, join in enumerate(joins[1:], 1):
            factor = self.value(factors[k], env)
            found = self._joined(found, factor, join)
            zero |= naught(factor)
            # a row times a column is a number
            if np.shape(found) == (1, 1) and self._is_row(factors[k - 1]) and not join:
                found = found.reshape(())
        # 0 log 0 is 0
        if zero and number(found):
            return found.nan_to_num(0, math.inf, -math.inf)
        return found

    def _is_row(self, node: Node) -> bool:
        """Whether a factor is a vector, transposed."""
        if node.op != "transpose" or node.parts[0].op != "symbol":
            return False
        return self.context.symbols.known[node.parts[0].parts[0]].kind == "vector"

    def _multiplied(self, values: list, joins: Sequence[str]) -> Value | Identity:
        """Values joined from left to right; of none, the identity."""
        found = IDENTITY
        for value, join in zip(values, joins, strict=True):
            found = value if found is IDENTITY else self._joined(found, value, join)
        return found

    def _joined(self, a: Value | Identity, b: Value | Identity, join: str) -> Value:
        """A product of two: of matrices, by a number, entry by entry, of vectors."""
        if join == r"\circ":
            a, b = b, a
        if a is IDENTITY or b is IDENTITY:
            return b if a is IDENTITY else a
        shapes = [shape(x) for x in (a, b)]
        if join == "/":
            return self._over(a, b)
        if join == r"\odot":
            if shapes[0] != shapes[1] or not shapes[0]:
                raise Misshapen(f"{shapes[0]} ⊙ {shapes[1]}")
            return a * b
        if not shapes[0] or not shapes[1]:
            return a * b
        if join == r"\cdot":
            if shapes[0] != shapes[1] or shapes[0][1] != 1:
                raise Misshapen(f"{shapes[0]} · {shapes[1]}")
            return (a * b).sum()
        if shapes[0][1] != shapes[1][0]:
            raise Misshapen(f"{shapes[0]} times {shapes[1]}")
        return a @ b

    def _transpose(self, node: Node, env: Env) -> Tensor:
        value = self.value(node.parts[0], env)
        if value is IDENTITY:
            return value
        if np.ndim(value) != 2:
            raise Misshapen("a number is transposed")
        return value.T

    def _power(self, node: Node, env: Env) -> Value:
        value, power = (self._sized(part, env) for part in node.parts)
        if np.ndim(power):
            raise Misshapen("the exponent is no number")
        if np.ndim(value) == 2 and value.shape[1] != 1:
            if value.shape[0] != value.shape[1]:
                raise Misshapen("a power of what is no square matrix")
            try:
                return torch.linalg.matrix_power(value, int(power))
            except torch.linalg.LinAlgError:
                raise Misshapen("the inverse of a matrix that has none") from None
        return value**power

    def _quotient(self, node: Node, env: Env) -> Value:
        return self._over(*(self._sized(part, env) for part in node.parts))

    def _over(self, a: Value, b: Value) -> Value:
        """One value over another, which is a number."""
        if np.ndim(b):
            raise Misshapen("a quotient by what is no number")
        return (tensor(a) if b == 0 else a) / b

    def _sqrt(self, node: Node, env: Env) -> Value:
        return self._sized(node.parts[0], env) ** 0.5

    def _function(self, node: Node, env: Env) -> Tensor:
        name, of = node.parts
        return self._applied(name, self.value(of, env))

    def _applied(self, name: str, value: Value) -> Tensor:
        """A function's value; some are of vectors alone."""
        if value is IDENTITY:
            if name == "diag":
                return IDENTITY
            raise Misshapen("I alone has no size")
        if isinstance(value, float):
            value = tensor(value)
        column = value.dim() == 2 and value.shape[1] == 1
        if name in ("diag", "softmax") and not column or value.dim() == 2 > column + 1:
            raise Misshapen(f"{name} of the shape {tuple(value.shape)}")
        return FUNCTIONS[name](value)

    def _slope(self, node: Node, env: Env) -> Tensor:
        name, of = node.parts
        at = tensor(self._sized(of, env)).detach().clone().requires_grad_()
        return torch.autograd.grad(self._applied(name, at).sum(), at)[0]

    def _call(self, node: Node, env: Env) -> Value:
        name, parts = node.parts
        given = [self.value(part, env) for part in parts]
        symbol = self.context.symbols.known[name]
        if symbol.means in FUNCTIONS and len(given) == 1:
            return self._applied(symbol.means, *given)
        if name in self.context.given and np.ndim(self._member(name, ())) == len(given):
            at = tuple(self._index(part, env) for part in parts)
            return self._of_case(name, at)
        key = name, (*given, *(x.parts[0] for x in parts if x.op == "symbol"))
        if any(map(np.ndim, given)):
            return self._function_of(node, given)
        if key not in self.found:
            self.found[key] = self._function_of(node, given)
        return self.found[key]

    def _function_of(self, node: Node, given: Sequence[Value]) -> Value:
        """What a function of the page is by its definition."""
        name, parts = node.parts
        for statement in self.context.definitions:
            head, *_, last = statement.sides
            if head.op != "call" or head.parts[0] != name:
                continue
            told = head.parts[1]
            if len(told) == len(given) and all(map(alike, told, parts)):
                bound = self._matched(told, given, statement)
                if bound is not None:
                    return self.value(last, bound)
        raise Unknown(f"{name} of {len(given)}: no function that has a value here")

    def _truth(self, node: Node, env: Env) -> float:
        return float(self._holds(Test(*node.parts), env))

    def _shaped(self, node: Node, env: Env) -> Value:
        value, sizes = self._sized(node.parts[0], env), node.parts[1]
        self._demand_shape(value, sizes, env)
        return value

    def _same(self, node: Node, env: Env) -> Value:
        """A value that is noted; it is no number if the note is wrong."""
        value, noted = (self._sized(part, env) for part in node.parts)
        if shape(value) != shape(noted):
            raise Misshapen(f"{shape(noted)} is noted for {shape(value)}")
        wrong = error(array(value, []), array(noted, [])) > ROUNDING
        return value * math.nan if wrong else value

    def _demand_shape(self, value: object, sizes: Sequence[Node], env: Env) -> None:
        """Raise Misshapen if a value has not the shape that is printed."""
        found = [self._sized(size, env) for size in sizes]
        # one that is no number is an array of the same shape
        expected = shape(found[0]) or tuple(map(int, found))
        expected = expected if len(expected) == 2 else (*expected, 1)
        if shape(value) != expected:
            raise Misshapen(f"the shape is {shape(value)}, and printed is {expected}")

    def _holds(self, test: Test, env: Env) -> bool:
        """Whether a condition is true."""
        a, b = (self._sized(part, env) for part in test[1:])
        if np.ndim(a) or np.ndim(b):
            raise Misshapen("arrays are compared")
        if test.relation not in COMPARED:
            raise Unreadable(f"{test.relation} has no value")
        return bool(COMPARED[test.relation](a, b))

    def _stack(self, node: Node, env: Env) -> Tensor:
        return beside([self.value(part, env) for part in node.parts], 0)

    # What is random

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
                Values(self.context, self.case, chosen=chosen).value(body, env),
            )
        except Undecided as open_:
            for value, own in open_.law.items():
                decided = {**chosen, open_.key: value}
                yield from self._outcomes(body, env, decided, weight * own)

    def _block(self, node: Node, env: Env) -> Tensor:
        rows = [
            beside([self.value(cell, env) for cell in row], 1) for row in node.parts
        ]
        return beside(rows, 0)

    # Sums, products, and what is written with dots

    def span(self, letter: str, node: Node, env: Env) -> list[float]:
        """The values of a letter for which none are printed: those of the page, or the
        entries of what has it as an index.
        """
        for one in node.all():
            if one.op == "entry":
                for axis, index in enumerate(one.parts[1]):
                    if index.op == "letter" and index.parts[0] == letter:
                        value = self.value(one.parts[0], {letter: 1.0, **env})
                        if axis >= np.ndim(value):
                            raise Misshapen(f"{axis + 1} indices of what has fewer")
                        return numbers(1, value.shape[axis])
        if letter in self.context.ranges:
            first, last = self.context.ranges[letter]
            return numbers(self.value(first, env), self.value(last, env))
        raise Unknown(
            f"{letter} is no letter of this page, nor is it said over which values it runs"
        )

    def _members(self, node: Node, env: Env) -> Iterator[Value | Identity]:
        """The terms of a sum, the factors of a product."""
        letters, bounds, test, body = node.parts
        if not bounds and letters[0] in self.context.sets:
            bounds = ("subsets", *self.context.sets[letters[0]])
        if bounds[:1] == ("subsets",):
            steps = numbers(*(self.value(bound, env) for bound in bounds[1:]), up=True)
            spans = [
                itertools.chain(
                    *(itertools.combinations(steps, n) for n in range(len(steps) + 1))
                )
            ]
        elif bounds[:1] == ("of",):
            if not isinstance(env.get(bounds[1]), tuple):
                raise Unknown(f"{bounds[1]} is no set of this page")
            spans = [env[bounds[1]]]
        elif bounds:
            spans = [numbers(*(self.value(bound, env) for bound in bounds), up=True)]
        else:
            spans = [self.span(letter, body, env) for letter in letters]
        for chosen in itertools.product(*spans):
            here = {**env, **dict(zip(letters, chosen, strict=True))}
            if all(self._holds(one, here) for one in test):
                yield self.value(body, here)

    def _sum(self, node: Node, env: Env) -> Value:
        terms = list(self._members(node, env))
        if IDENTITY in terms:  # as the term of an empty product
            like = shape(next((x for x in terms if x is not IDENTITY), 0.0))
            if len(terms) > 1 and (not like or like[0] != like[1]):
                raise Misshapen("I is added to what is no square matrix")
            eye = torch.eye(*like, dtype=torch.float64) if like else IDENTITY
            terms = [eye if x is IDENTITY else x for x in terms]
        sizes = [*dict.fromkeys(shape(x) for x in terms if shape(x))]
        if len(sizes) > 1:
            raise Misshapen(f"{sizes[0]} and {sizes[1]} are added")
        return functools.reduce(operator.add, terms) if terms else 0.0

    def _prod(self, node: Node, env: Env) -> Value | Identity:
        factors = list(self._members(node, env))
        return self._multiplied(factors, [""] * len(factors))

    def _dots(self, node: Node, env: Env) -> Value | Identity:
        """A product with dots. The blocks beside the dots are equal but for one index,
        and it runs from that of the first such block to that of the last, also where
        these are fewer than are printed.
        """
        factors, joins, cut = node.parts
        unclear = Unreadable(f"place {node.at}: what the dots stand for is not clear")
        for width in range(1, min(cut, len(factors) - cut) + 1):
            blocks = {
                k: factors[cut + k * width : cut + (k + 1) * width]
                for k in range(-(cut // width), (len(factors) - cut) // width)
            }
            if varying(blocks[-1], blocks[0]):
                break
        else:
            raise unclear
        low, high = -1, 0
        while varying(blocks.get(low - 1, ()), blocks[0]):
            low -= 1
        while varying(blocks.get(high + 1, ()), blocks[-1]):
            high += 1
        own = {k: varying(blocks[k], blocks[-(k >= 0)]) for k in range(low, high + 1)}
        if None in own.values():
            raise unclear
        index = {k: self._index(letter, env) for k, letter in own.items()}
        steps = {index[k + 1] - index[k] for k in range(low, high) if k != -1}
        if steps not in ({1}, {-1}):
            raise unclear
        (step,) = steps
        first, last = cut + low * width, cut + (high + 1) * width
        # the first block of all has the sign of those that follow it
        signs = (joins[first + width], *joins[first + 1 : first + width])
        found = list(zip(factors[:first], joins[:first], strict=True))
        for n in range((index[high] - index[low]) * step + 1):
            block = moved(blocks[low], own[low], float(index[low] + n * step))
            found += zip(block, signs, strict=True)
        found += zip(factors[last:], joins[last:], strict=True)
        values = [self.value(factor, env) for factor, _ in found]
        return self._multiplied(values, [sign for _, sign in found])

    # Derivatives

    def _derivative(self, node: Node, env: Env) -> Tensor:
        """∂a/∂b: of a number, in the shape of b; of a vector, a row for each entry."""
        above, below = node.parts
        if below.op == "stack":  # each with the others held fixed
            keys = frozenset(self._picked(one, env)[0] for one in below.parts)
            values = self._holding_fixed(keys)
            parts = [Node("derivative", (above, one), node.at) for one in below.parts]
            return beside([values.value(one, env) for one in parts], 1)
        if above.op == "stack":
            parts = [Node("derivative", (one, below), node.at) for one in above.parts]
            return beside([self.value(one, env) for one in parts], 0)
        of, rows = self._picked(above, env)
        by, columns = self._picked(below, env)
        if by is None:
            raise Unreadable(f"place {node.at}: a derivative by what is no letter")
        target = self.letter(*by)
        value = self.letter(*of) if of else self.value(above, env)
        if isinstance(target, float) or isinstance(value, float):
            raise Misshapen("a derivative of or by a size")
        demand_inside(rows, value)
        demand_inside(columns, target)
        slope = self.slopes.get((of, by)) if of else None
        if slope is None:
            slope = self.slopes[of, by] = self._slopes_of(value, by)
        # the shape is that of the value, then that of what it is differentiated by
        slope = slope[(*rows, ..., *columns)]
        if slope.dim() < 4:
            return slope
        if slope.shape[1] != 1 or slope.shape[3] != 1:
            raise Misshapen("a derivative of a matrix, or of a vector by a matrix")
        return slope[:, 0, :, 0]

    def _held(self, node: Node, env: Env) -> Tensor:
        note, derivative = node.parts
        if note not in self.context.held:
            raise Unknown(f"{note!r}: what is held fixed?")
        fixed = frozenset(self.context.held[note])
        return self._holding_fixed(fixed).value(derivative, env)

    def _picked(self, node: Node, env: Env) -> tuple[tuple | None, list[int]]:
        """The letter that a node is, with its indices, and the entry of it."""
        at: list[int] = []
        if node.op == "entry":
            at = [self._index(k, env) - 1 for k in node.parts[1]]
            node, at = node.parts[0], [*at, 0][:2]
        if node.op != "symbol":
            return None, []
        name, index = node.parts
        return (name, tuple(self._index(k, env) for k in index)), at

    def _slopes_of(self, value: Tensor, by: tuple) -> Tensor:
        """The derivatives of all entries of a value by all of a letter."""
        zero = self.zeros[by]
        rows = []
        for entry in value.reshape(-1):
            if entry.requires_grad:
                (row,) = torch.autograd.grad(
                    entry, zero, retain_graph=True, allow_unused=True
                )
            else:
                row = None
            rows.append(torch.zeros_like(zero) if row is None else row)
        return torch.stack(rows).view(value.shape + zero.shape)


def demand_inside(at: Sequence[int], value: Tensor) -> None:
    """Raise Misshapen if an array has not the entry."""
    if at and (
        len(at) != value.dim()
        or not all(0 <= k < size for k, size in zip(at, value.shape, strict=True))
    ):
        raise Misshapen(f"no entry {list(at)} in the shape {tuple(value.shape)}")


def shape(value: Value | Identity) -> tuple[int, ...]:
    """The shape of a value; of a number, and of the identity, ()."""
    return tuple(np.shape(value))


def number(value: Value | Identity) -> bool:
    """Whether a value is a number that was computed."""
    return isinstance(value, Tensor) and value.dim() == 0


def naught(value: Value | Identity) -> bool:
    """Whether a value is the number zero."""
    return (number(value) or isinstance(value, float)) and bool(value == 0)


def beside(values: Sequence[Value | Identity], axis: int) -> Tensor:
    """Matrices below each other (axis 0), or side by side."""
    shapes = [shape(value) for value in values]
    if (
        any(len(shape) != 2 for shape in shapes)
        or len({s[1 - axis] for s in shapes}) > 1
    ):
        raise Misshapen(f"{shapes} are put together")
    return torch.cat(values, axis)


def tensor(value: Value) -> Tensor:
    """A value as a tensor."""
    return torch.as_tensor(value, dtype=torch.float64)


def alike(told: Node, given: Node) -> bool:
    """Whether an argument may stand for that of a definition: a name for that name."""
    named = told.op == "symbol" and told.parts[1]
    return not named or given.op == "symbol" and given.parts[0] == told.parts[0]


def numbers(first: float, last: float, up: bool = False) -> list[float]:
    """The whole numbers from one to another, down too unless ``up``."""
    if not all(isinstance(x, float | int) for x in (first, last)):
        raise Misshapen("a range that is not of numbers")
    if first > last and not up:
        return numbers(last, first)[::-1]
    return [float(k) for k in range(int(first), int(last) + 1)]


def varying(a: tuple[Node, ...], b: tuple[Node, ...]) -> Node | None:
    """The index in which a differs from b; None if it is no single one."""
    found = set(differing(a, b))
    return found.pop() if len(found) == 1 else None


def differing(a: object, b: object, index: bool = False) -> Iterator[Node | None]:
    """The indices of a that differ from those of b; None where they differ in more."""
    if a == b:
        return
    if isinstance(a, Node) and isinstance(b, Node):
        named = [x.parts[0] for x in (a, b) if x.op == "symbol"]
        if index:
            yield a
        elif a.op != b.op or len(set(named)) == 2:
            yield None
        elif named:
            yield from differing(a.parts[1], b.parts[1], True)
        else:
            yield from differing(a.parts, b.parts)
    elif isinstance(a, tuple) and isinstance(b, tuple) and len(a) == len(b):
        for x, y in zip(a, b, strict=True):
            yield from differing(x, y, index)
    else:
        yield None


def moved(part: object, index: Node, to: float) -> object:
    """A block of factors, with another value of its index."""
    if isinstance(part, Node):
        if part == index:
            return Node("number", (to,), part.at)
        return replace(part, parts=moved(part.parts, index, to))
    return tuple(moved(x, index, to) for x in part) if isinstance(part, tuple) else part


# Statements


def free(node: Node, bound: frozenset[str] = frozenset()) -> set[str]:
    """The letters of an expression that no sum of it binds."""
    if node.op == "letter":
        return set(node.parts) - bound
    if node.op == "mean":
        (letter, *ends), *rest = node.parts
        bound = bound | {letter}
        return set().union(*(free(x, bound) for x in nodes((tuple(ends), tuple(rest)))))
    if node.op in ("sum", "prod"):
        letters, bounds, test, body = node.parts
        bound = bound | set(letters)
        return set().union(*(free(x, bound) for x in nodes((bounds, test, body))))
    return set().union(*(free(one, bound) for one in node.below()))


def assignments(statement: Statement, values: Values) -> Iterator[dict[str, float]]:
    """All values of the free letters of a statement for which it is said."""
    given = {
        name
        for name in values.context.given
        if name in (known := values.context.symbols.known) and not known[name].below
    }
    letters = sorted(set().union(*map(free, statement.sides)) - given)
    whole = Node("both", statement.sides)
    printed = {one.letter: one for one in statement.ranges}
    spans = []
    for letter in letters:
        if letter in printed:
            _, first, last = printed[letter]
            spans.append(numbers(values.value(first, {}), values.value(last, {})))
        else:
            others = {
                other: values.value(values.context.ranges[other][0], {})
                for other in letters
                if other != letter and other in values.context.ranges
            }
            spans.append(values.span(letter, whole, others))
    for chosen in itertools.product(*spans):
        env = dict(zip(letters, chosen, strict=True))
        if all(values._holds(test, env) for test in statement.conditions):
            yield env


def differences(statement: Statement, values: Values) -> Iterator[float]:
    """How far each two neighbouring sides are apart, for all values of the free
    letters; and Misshapen, where a shape is printed that is not that of the value.
    """
    for env in assignments(statement, values):
        sides = [values.value(side, env) for side in statement.sides]
        arrays = [array(side, sides) for side in sides]
        for sizes in statement.shapes:
            values._demand_shape(arrays[0], sizes, env)
        for relation, (a, b) in zip(
            statement.relations, itertools.pairwise(arrays), strict=True
        ):
            if relation not in COMPARED:
                raise Unreadable(f"{relation} has no value")
            if a.shape != b.shape and not a.size == b.size == 1:
                raise Misshapen(f"{a.shape} = {b.shape}")
            if relation == "=":
                yield error(a.reshape(b.shape), b)
            else:
                yield 0.0 if np.all(COMPARED[relation](a, b)) else math.inf


def array(value: Value | Identity, others: list) -> np.ndarray:
    """A value in NumPy; the identity as large as a side beside it."""
    if value is IDENTITY:
        sizes = [len(other) for other in others if np.ndim(other) == 2]
        return np.eye(sizes[0] if sizes else 1)
    return np.asarray(value.detach() if isinstance(value, Tensor) else value)
