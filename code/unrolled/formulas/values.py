"""The values of formulas on a case: only what the case gives is bound; every other
letter gets its value from a displayed definition, or is a derivative.

All is in float64. Vectors are columns, so that a product of matrices is one wherever it
stands. To whatever a page defines, a zero is added that can be differentiated by: the
derivative with respect to it is the whole one, along all paths.
"""

__all__ = ["WAYS", "Context", "Values"]

import functools
import itertools
import math
import operator
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor

from unrolled.checks.formula import error
from unrolled.formulas.arrays import (
    IDENTITY,
    Identity,
    Misshapen,
    Unknown,
    Value,
    array,
    beside,
    demand_inside,
    naught,
    number,
    numbers,
    shape,
    tensor,
)
from unrolled.formulas.chance import Chance, Env, Key, Undecided
from unrolled.formulas.dots import written_out
from unrolled.formulas.layout import Unreadable
from unrolled.formulas.meaning import Node, Statement, Symbols, Test


@dataclass(frozen=True)
class Context:
    """What the letters of a page's formulas stand for.

    ``given`` has for each letter the name of an argument of the case; a family has a
    row for each index. ``sizes`` has for each size an argument and its axis.
    ``definitions`` are statements whose first side is what they define. ``ranges`` are
    of letters for which a formula prints none, and ``sets`` of those that stand for
    sets. ``copies`` has for each matrix the letters of its copies, one for each step.
    ``held`` has for each note on a derivative's bar the letters that are held fixed.
    ``draft`` are the first sides of definitions that are not printed. ``ways`` notes
    how a letter got its value, one of ``WAYS``.
    """

    symbols: Symbols
    given: Mapping[str, str]
    sizes: Mapping[str, tuple[str, int]]
    definitions: tuple[Statement, ...]
    ranges: Mapping[str, tuple[Node, Node]] = field(default_factory=dict)
    sets: Mapping[str, tuple[Node, Node]] = field(default_factory=dict)
    copies: Mapping[str, str] = field(default_factory=dict)
    held: Mapping[str, Sequence[str]] = field(default_factory=dict)
    draft: frozenset[Node] = frozenset()
    ways: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
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


WAYS = "input", "size", "probability", "definition", "derivative", "draft"
"""How a letter can get its value."""

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

CONSTANTS = {"e": math.e, "infinity": 100.0}
"""Infinity is how many terms of a series are added up."""


class Values(Chance):
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
            self._note(name, "size")
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

    def _note(self, name: str, way: str | Statement) -> None:
        """Note how a letter gets its value; of a definition, by what it says."""
        if isinstance(way, Statement):
            head, *_, last = way.sides
            if last.op == "given":
                way = "input"
            elif head in self.context.draft:
                way = "draft"
            else:
                inner = {x.op for x in last.all()}
                way = "derivative" if "derivative" in inner else "definition"
        self.context.ways[name].add(way)

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
                self._note(name, "definition")
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
        self._note(name, "input")
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
            self._note(name, statement)
            inside, self.inside = self.inside, True
            try:
                return self._in_shape(name, self._whole_of(last, entry, bound))
            finally:
                self.inside = inside
        law = self._law(name, at)
        if law:
            self._note(name, "probability")
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
                    self._note(name, "definition")
                    bound = self._matched(part.parts[1], at, statement)
                    return self.value(whole, bound)[first : first + rows]
                first += rows
        index = f", index {', '.join(map(str, at))}" if at else ""
        raise Unknown(f"{name}{index}: neither given nor defined")

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
        if value is IDENTITY or np.ndim(value):
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
            return float(self._index(at[0], env)) if at else 1.0
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
        """A sum; a number that is written out may be added to a vector, and zero, as a
        sum of no terms is, to a matrix.
        """
        a, b = (self.value(part, env) for part in node.parts)
        for identity, other in ((a, b), (b, a)):
            if identity is IDENTITY:
                if np.ndim(other) != 2 or other.shape[0] != other.shape[1]:
                    raise Misshapen("I is added to what is no square matrix")
                eye = torch.eye(len(other), dtype=torch.float64)
                a, b = (eye if x is IDENTITY else x for x in (a, b))
        shapes = [shape(x) for x in (a, b)]
        literal = any(
            isinstance(x, float) and (not shape or shape[1] == 1 or x == 0)
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
                    self._note(name, statement)
                    return self.value(last, bound)
        raise Unknown(f"{name} of {len(given)}: no function that has a value here")

    def _truth(self, node: Node, env: Env) -> float:
        return float(self.holds(Test(*node.parts), env))

    def _shaped(self, node: Node, env: Env) -> Value:
        value, sizes = self._sized(node.parts[0], env), node.parts[1]
        self.demand_shape(value, sizes, env)
        return value

    def _same(self, node: Node, env: Env) -> Value:
        """A value that is noted; it is no number if the note is wrong."""
        value, noted = (self._sized(part, env) for part in node.parts)
        if shape(value) != shape(noted):
            raise Misshapen(f"{shape(noted)} is noted for {shape(value)}")
        wrong = error(array(value, []), array(noted, [])) > ROUNDING
        return value * math.nan if wrong else value

    def demand_shape(self, value: object, sizes: Sequence[Node], env: Env) -> None:
        """Raise Misshapen if a value has not the shape that is printed."""
        found = [self._sized(size, env) for size in sizes]
        # one that is no number is an array of the same shape
        expected = shape(found[0]) or tuple(map(int, found))
        expected = expected if len(expected) == 2 else (*expected, 1)
        if shape(value) != expected:
            raise Misshapen(f"the shape is {shape(value)}, and printed is {expected}")

    def holds(self, test: Test, env: Env) -> bool:
        """Whether a condition is true."""
        a, b = (self._sized(part, env) for part in test[1:])
        if np.ndim(a) or np.ndim(b):
            raise Misshapen("arrays are compared")
        if test.relation not in COMPARED:
            raise Unreadable(f"{test.relation} has no value")
        return bool(COMPARED[test.relation](a, b))

    def _stack(self, node: Node, env: Env) -> Tensor:
        return beside([self.value(part, env) for part in node.parts], 0)

    def _norm(self, node: Node, env: Env) -> Tensor:
        """The length of a vector; of a matrix, its largest singular value."""
        value = self.value(node.parts[0], env)
        if np.ndim(value) != 2:
            raise Misshapen("the norm of a number")
        return torch.linalg.matrix_norm(value, 2)

    def _likelihood(self, node: Node, env: Env) -> Tensor:
        """The probability of what is one-hot; what is given has to be in the
        definition.
        """
        whole, one, given = node.parts
        for statement in self.context.definitions:
            head, *_, last = statement.sides
            if head == whole and given in last.all():
                return self._joined(
                    *(self.value(x, env) for x in (one, whole)), r"\cdot"
                )
        raise Unknown(f"{whole.parts[0]}: no definition with what is given")

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
            return numbers(self.value(first, env), self.value(last, env), up=True)
        raise Unknown(
            f"{letter} is no letter of this page. If it is an index, write both ends at its sum."
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
            if all(self.holds(one, here) for one in test):
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
        factors, joins = written_out(node, lambda letter: self._index(letter, env))
        return self._multiplied([self.value(x, env) for x in factors], joins)

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


def alike(told: Node, given: Node) -> bool:
    """Whether an argument may stand for that of a definition: a name for that name."""
    named = told.op == "symbol" and told.parts[1]
    return not named or given.op == "symbol" and given.parts[0] == told.parts[0]
