"""What a formula means: its layout, read with the symbols of a page, as statements
whose sides can be computed.

The layout does not tell a product from a function's value, an index from a name, a
power from a layer: the symbols of a page do. A statement is a chain of sides with
relations between them; beside it may stand the ranges of its letters and the shape of
its value.
"""

__all__ = [
    "Node",
    "Range",
    "Statement",
    "Symbol",
    "Symbols",
    "Test",
    "expression",
    "statements",
]

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from lark import Token, Tree

from unrolled.formulas.layout import Unreadable, read

Item = Token | Tree

RELATIONS = {"=", "<", ">", r"\le", r"\ge", r"\ne", r"\in", r"\subseteq", r"\approx"}
CONDITIONS = {"<", ">", r"\ne"}
FUNCTIONS = {r"\log", r"\exp", r"\tanh", "diag", "softmax"}
JOINS = {r"\odot", r"\cdot", r"\times", r"\circ", "/"}
ELLIPSES = {r"\cdots", r"\dots", r"\ldots"}
MOMENTS = {
    r"\mathbbE": "E",
    r"\operatorname{E}": "E",
    r"\operatorname{Var}": "Var",
    r"\Pr": "Pr",
}


@dataclass(frozen=True)
class Node:
    """An expression: what is done, and with what; ``at`` is its place in the TeX, and
    makes no difference.
    """

    op: str
    parts: tuple = ()
    at: int = field(default=0, compare=False)

    def below(self) -> Iterator["Node"]:
        """The expressions that this one is made of."""
        yield from nodes(self.parts)

    def all(self) -> Iterator["Node"]:
        """This node and all below it."""
        yield self
        for one in self.below():
            yield from one.all()


def nodes(part: object) -> Iterator[Node]:
    """The nodes in a part, which may be a tuple of parts."""
    if isinstance(part, Node):
        yield part
    elif isinstance(part, tuple):
        for one in part:
            yield from nodes(one)


class Range(NamedTuple):
    """The values that a letter takes: from, up to or down to."""

    letter: str
    first: Node
    last: Node


class Test(NamedTuple):
    """A condition: a relation, and what stands on its two sides."""

    relation: str
    left: Node
    right: Node


class Statement(NamedTuple):
    """Sides of a formula and the relations between them; the ranges of its letters, and
    the shapes and the conditions printed beside it.
    """

    sides: tuple[Node, ...]
    relations: tuple[str, ...]
    ranges: tuple[Range, ...]
    shapes: tuple[tuple[Node, ...], ...]
    conditions: tuple[Test, ...] = ()


class Symbol(NamedTuple):
    """A letter of a page: how it is called, its kind, its shape, by how many indices
    a member of the family is told, below and above, and by which that are not printed;
    and its TeX.
    """

    name: str
    kind: str
    shape: tuple[str, ...] = ()
    below: int = 0
    above: int = 0
    means: str = ""
    silent: tuple[str, ...] = ()
    tex: str = ""


class Symbols:
    """The symbols of a page, by the name that their TeX has without indices.

    ``table`` has for each TeX, such as ``h_t^{(\\ell)}``, its kind, shape, and the
    like; a name in braces, ``{W_i}``, has no index.
    """

    def __init__(self, table: Mapping[str, Mapping]) -> None:
        self.known: dict[str, Symbol] = {}
        for tex, entry in table.items():
            items = read(tex).children
            if isinstance(items[0], Tree) and items[0].data == "group":
                name, below, above = flat(items[0].children[0]), 0, 0
            else:
                name, below, above = self._pattern(items)
            shape = tuple(str(entry.get("shape", "")).split(" × "))
            self.known[name] = Symbol(
                name,
                entry["kind"],
                shape if shape != ("",) else (),
                below,
                above,
                entry.get("means", ""),
                tuple(entry.get("of", "").split()),
                tex,
            )

    def data(self) -> dict[str, dict]:
        """The symbols as JSON has them, by name."""
        return {name: one._asdict() for name, one in self.known.items()}

    @staticmethod
    def _pattern(items: Sequence[Item]) -> tuple[str, int, int]:
        """A symbol's name, and how many indices it has below and above."""
        base, below, above = parts(items[0])
        if is_text(below):
            return f"{flat(base)}_{flat_text(below)}", 0, int(bool(above))
        fixed = f"^{flat_all(above)}" if flat_all(above) in ("*", "'") else ""
        return flat(base) + fixed, len(indices(below)), int(bool(above and not fixed))


# The layout, as text and in parts


def flat(item: Item) -> str:
    """An item as TeX without spaces."""
    if isinstance(item, Token):
        return str(item).strip()
    if item.data == "script":
        base, below, above = parts(item)
        scripts = (("_", below), ("^", above))
        return flat(base) + "".join(sign + flat_all(x) for sign, x in scripts if x)
    return flat_all(item.children)


def flat_all(items: Sequence[Item]) -> str:
    """Items as TeX without spaces."""
    return "".join(map(flat, items))


def flat_text(items: Sequence[Item]) -> str:
    """The words of a ``\\text``."""
    return str(items[0]).partition("{")[2].rstrip("}").strip()


def is_text(items: Sequence[Item]) -> bool:
    """Whether what stands below a letter is a word."""
    return len(items) == 1 and isinstance(items[0], Token) and items[0].type == "TEXT"


def inside(item: Item) -> list[Item]:
    """What stands in an argument."""
    if isinstance(item, Tree) and item.data == "group":
        return list(item.children[0].children)
    return [item]


def parts(item: Item) -> tuple[Item, list[Item], list[Item]]:
    """A base, what stands below it, and what above it; primes stand above."""
    if not (isinstance(item, Tree) and item.data == "script"):
        return item, [], []
    base, tail = item.children
    below, above = [], []
    for part in tail.children:
        if isinstance(part, Token):
            above.append(part)
        elif part.data == "sub":
            below += inside(part.children[0])
        else:
            above += inside(part.children[0])
    return base, below, above


def split(items: Sequence[Item], *at: str) -> list[list[Item]]:
    """Items in pieces, cut at signs."""
    pieces: list[list[Item]] = [[]]
    for item in items:
        if isinstance(item, Token) and str(item) in at:
            pieces.append([])
        else:
            pieces[-1].append(item)
    return pieces


def halves(items: Sequence[Item], *at: str) -> list[list[Item]]:
    """Items in two pieces, cut at a sign."""
    pieces = split(items, *at)
    if len(pieces) != 2 or not all(pieces):
        raise Unreadable(f"{flat_all(items)!r}: expected {' or '.join(at)} in it once")
    return pieces


def indices(items: Sequence[Item]) -> list[list[Item]]:
    """The indices that stand below a letter: between commas, or letter by letter."""
    if not items:
        return []
    pieces = split(items, ",")
    letters = all(
        isinstance(x, Token) and x.type in ("LETTER", "DIGIT", "COMMAND") for x in items
    )
    if len(pieces) == 1 and letters:
        return [[item] for item in items]
    return pieces


def place(item: Item) -> int:
    """Where an item begins."""
    at = item.start_pos if isinstance(item, Token) else item.meta.start_pos
    return at or 0


# Expressions


class Reader:
    """Reads the items of one expression, left to right."""

    def __init__(self, items: Sequence[Item], symbols: Symbols, end: int = 0) -> None:
        self.items = [x for x in items if not empty(x)]
        self.symbols, self.i = symbols, 0
        self.end = place(self.items[-1]) if self.items else end

    def peek(self) -> str:
        """The sign that comes next, or nothing."""
        if self.i < len(self.items) and isinstance(self.items[self.i], Token):
            return str(self.items[self.i]).strip()
        return ""

    def more(self) -> bool:
        """Whether anything is left."""
        return self.i < len(self.items)

    def take(self) -> Item:
        """The next item."""
        if not self.more():
            raise Unreadable(f"place {self.end}: it ends where a factor is expected")
        self.i += 1
        return self.items[self.i - 1]

    def whole(self) -> Node:
        """All items as one expression."""
        found = self.sum()
        if self.more():
            item = self.items[self.i]
            raise Unreadable(
                f"place {place(item)}: {flat(item)!r} is not expected here"
            )
        return found

    def sum(self) -> Node:
        """Terms, added and subtracted."""
        at = place(self.items[self.i]) if self.more() else self.end
        sign = self.peek()
        if sign in ("+", "-"):
            self.take()
        found = self.product()
        if sign == "-":
            found = Node("neg", (found,), at)
        while (sign := self.peek()) in ("+", "-"):
            at = place(self.take())
            found = Node("add" if sign == "+" else "sub", (found, self.product()), at)
        return found

    def product(self) -> Node:
        """Factors, each with how it is joined to the one before."""
        at = place(self.items[self.i]) if self.more() else self.end
        factors: list[tuple[str, Node]] = [("", self.factor())]
        cut = None
        while self.more() and self.peek() not in {"+", "-", ",", ":", *RELATIONS}:
            join = ""
            if self.peek() in JOINS:
                join = str(self.take())
            if self.peek() in ELLIPSES:
                at_dots = place(self.take())
                cut = len(factors)
                if (self.peek() if self.peek() in JOINS else "") != join:
                    raise Unreadable(f"place {at_dots}: another sign behind the dots")
                if join:
                    self.take()
            factors.append((join, self.factor()))
        joins, nodes = zip(*factors, strict=True)
        if cut is not None:
            return Node("dots", (nodes, joins, cut), at)
        return nodes[0] if len(nodes) == 1 else Node("product", (nodes, joins), at)

    def inner(self, items: Sequence[Item]) -> Node:
        """An expression within this one."""
        return Reader(items, self.symbols, self.end).whole()

    def factor(self) -> Node:
        """The next factor."""
        item = self.take()
        at = place(item)
        base, below, above = parts(item)
        sign = flat(base) if isinstance(base, Token) or base.data == "accent" else ""
        if sign in (r"\sum", r"\prod"):
            return self.big(sign[1:], below, above, at)
        if sign == r"\partial":
            return self.slash(at)
        if sign in MOMENTS:
            return self.moment(sign, below, at)
        if sign in FUNCTIONS or (
            isinstance(base, Token)
            and base.type == "NAME"
            and sign not in self.symbols.known
        ):
            return self.function(base, below, above, at)
        if isinstance(base, Token) and base.type == "DIGIT":
            return self.number(item, above, at)
        if isinstance(base, Tree) and base.data == "frac":
            return self.raised(self.held(self.fraction(base, at)), above, at)
        if isinstance(base, Tree) and base.data == "sqrt":
            return Node("sqrt", (self.inner(inside(base.children[0])),), at)
        if isinstance(base, Tree) and base.data == "under":
            return self.named(base, below, at)
        if isinstance(base, Tree) and base.data == "group":
            return self.raised(self.inner(inside(base)), above, at)
        if isinstance(base, Tree) and base.data == "table":
            return self.block(base, at)
        if isinstance(base, Tree) and base.data == "fence":
            return self.fence(base, below, above, at)
        return self.symbol(base, below, above, at)

    def number(self, item: Item, above: list[Item], at: int) -> Node:
        """Digits, of which the last may have a power."""
        digits = flat(parts(item)[0])
        while not above and self.digit(0) or self.peek() == "." and self.digit(1):
            base, _, above = parts(self.take())
            digits += str(base)
        return self.raised(Node("number", (float(digits),), at), above, at)

    def digit(self, ahead: int) -> bool:
        """Whether a digit follows."""
        base, *_ = parts((self.items[self.i + ahead :] or [None])[0])
        return isinstance(base, Token) and base.type == "DIGIT"

    def raised(self, node: Node, above: list[Item], at: int) -> Node:
        """A node with what stands above it: transposed, or a power."""
        if not above:
            return node
        if flat_all(above) == r"\top":
            return Node("transpose", (node,), at)
        return Node("power", (node, self.inner(above)), at)

    def fraction(self, item: Tree, at: int) -> Node:
        """A quotient, or a derivative."""
        top, bottom = (inside(part) for part in item.children)
        if not top or not bottom:
            raise Unreadable(f"place {at}: a fraction of nothing")
        if flat(top[0]) in (r"\partial", r"\mathrmd"):
            if flat(bottom[0]) != flat(top[0]):
                raise Unreadable(f"place {at}: expected {flat(top[0])} below, too")
            below = self.inner(bottom[1:])
            above = self.inner(top[1:]) if top[1:] else self.product()
            return Node("derivative", (above, below), at)
        return Node("quotient", (self.inner(top), self.inner(bottom)), at)

    def held(self, node: Node) -> Node:
        """A derivative with what is noted behind it, on a bar: what is held fixed."""
        if node.op == "derivative" and self.more():
            bar, note, _ = parts(self.items[self.i])
            if flat(bar) == r"\bigg|":
                self.take()
                if not is_text(note):
                    raise Unreadable(f"place {node.at}: what is held fixed?")
                return Node("held", (flat_text(note), node), node.at)
        return node

    def named(self, base: Tree, below: list, at: int) -> Node:
        """What stands above a brace: its value and its shape may stand below."""
        node = self.inner(inside(base.children[0]))
        for piece in filter(None, split(below, ",")):
            if shape := shape_of(piece, self.symbols):
                node = Node("shaped", (node, shape), at)
            elif not any(is_text([x]) for x in piece) and not self.names(piece):
                node = Node("same", (node, self.inner(piece)), at)
        return node

    def names(self, items: Sequence[Item]) -> bool:
        """Whether items are names alone."""
        found = [self.symbols.known.get(flat(x)) for x in items]
        return all(x is not None and x.kind == "name" for x in found)

    def moment(self, sign: str, below: list, at: int) -> Node:
        """An expectation, a variance, a probability: over all that is random in what
        follows, or over the letters that are printed below, with their distribution.
        """
        if not below:
            return Node("moment", (MOMENTS[sign], self.factor()), at)
        drawn, law = halves(below, r"\sim")
        found = self.symbols.known.get(flat_all(law))
        function = found is not None and found.kind == "function"
        law = Node("symbol", (found.name, ())) if function else self.inner(law)
        letters = split(drawn, ",")
        if not all(letters):
            raise Unreadable(f"place {at}: the mean over what?")
        base, _, _ = parts(letters[0][0])
        ends = [parts(x[0])[1] for x in (letters[0], letters[-1]) if len(letters) > 1]
        drawn = flat(base), *map(self.inner, ends)
        return Node("mean", (drawn, law, self.factor()), at)

    def slash(self, at: int) -> Node:
        """A derivative in a line: ∂J / ∂W."""
        above = self.factor()
        if self.peek() != "/":
            raise Unreadable(f"place {at}: expected / and what J is differentiated by")
        self.take()
        if flat(self.take()) != r"\partial":
            raise Unreadable(f"place {at}: expected ∂ behind the /")
        return Node("derivative", (above, self.factor()), at)

    def function(self, base: Token, below: list, above: list, at: int) -> Node:
        """A function that all pages have, of what follows it."""
        name = flat_text([base]) if base.type == "NAME" else str(base)[1:]
        if name + flat_all(below) not in {f.lstrip("\\") for f in FUNCTIONS} | {"log2"}:
            raise Unreadable(f"place {at}: {name!r} is no function of the book")
        name += flat_all(below)
        if self.peek() in ("", *RELATIONS, "+", "-") and not self.more():
            raise Unreadable(f"place {at}: {name} of what?")
        found = Node("function", (name, self.factor()), at)
        if above and isinstance(above[0], Token) and above[0].type == "PRIME":
            return Node("slope", (name, found.parts[1]), at)
        return self.raised(found, above, at)

    def fence(self, base: Tree, below: list, above: list, at: int) -> Node:
        """What stands in brackets: an expression, a truth value, a size."""
        opened, seq, _ = base.children
        kind = str(opened).strip()[-1]
        items = list(seq.children)
        if "vert" in opened.lower():
            name = f"|{flat_all(items)}|"
            if "lvert" in opened and name in self.symbols.known:
                return Node("symbol", (name, ()), at)
            return Node(
                "size" if "lvert" in opened else "norm", (self.inner(items),), at
            )
        if any(flat(x) in RELATIONS for x in items):
            return Node("truth", tuple(self.test(items)), at)
        stacked = split(items, ";" if kind == "[" else ",")
        if len(stacked) > 1:
            return Node("stack", tuple(map(self.inner, stacked)), at)
        found = self.inner(items)
        if below:
            found = Node("entry", (found, tuple(map(self.inner, indices(below)))), at)
        return self.raised(found, above, at)

    def block(self, base: Tree, at: int) -> Node:
        """A matrix that is written out."""
        _, seq, _ = base.children
        rows = [
            tuple(self.inner(cell) for cell in split(row, "&"))
            for row in split(seq.children, r"\\")
        ]
        return Node("block", tuple(rows), at)

    def symbol(self, base: Item, below: list, above: list, at: int) -> Node:
        """A letter, with its indices, an entry of it, or a function's value."""
        known = self.symbols.known
        name = flat(base)
        if isinstance(base, Token) and base.type in ("OP", "AMP", "ROW"):
            raise Unreadable(f"place {at}: {name} where a letter is expected")
        if is_text(below):
            name, below = f"{name}_{flat_text(below)}", []
        elif f"{name}_{flat_all(below)}" in known:
            name, below = f"{name}_{flat_all(below)}", []
        if above and f"{name}^{flat(above[0])}" in known:
            name, above = f"{name}^{flat(above[0])}", above[1:]
        found = known.get(name)
        places = list(map(self.inner, indices(below)))
        if found is None:
            if places:
                raise Unreadable(f"place {at}: {name!r} is no symbol of this page")
            return self.raised(Node("letter", (name,), at), above, at)
        if found.kind == "index" and not places:
            return self.raised(Node("letter", (name,), at), above, at)
        if found.kind == "function":
            node = (
                Node("call", (name, tuple(places)), at)
                if places
                else self.call(found, at)
            )
            return self.raised(node, above, at)
        if found.below and not places and self.of_given():
            entry, given = halves(self.take().children[1].children, r"\mid")
            node = Node("symbol", (name, (self.inner(given),)), at)
            return Node("entry", (node, (self.inner(entry),)), at)
        if found.kind == "vector" and not found.below and self.of_given():
            one, given = halves(self.take().children[1].children, r"\mid")
            whole = Node("symbol", (name, ()), at)
            return Node("likelihood", (whole, self.inner(one), self.inner(given)), at)
        own, entry = places[: found.below], places[found.below :]
        own = [Node("letter", (x,), at) for x in found.silent] + own
        if found.above:
            if not (above and isinstance(above[0], Tree) and above[0].data == "fence"):
                raise Unreadable(f"place {at}: {name} needs an index in brackets above")
            own.append(self.inner(list(above[0].children[1].children)))
            above = above[1:]
        if len(own) < found.below + found.above + len(found.silent):
            raise Unreadable(f"place {at}: {name} needs an index")
        node = Node("symbol", (name, tuple(own)), at)
        if entry:
            node = Node("entry", (node, tuple(entry)), at)
        return self.raised(node, above, at)

    def call(self, found: Symbol, at: int) -> Node:
        """A function of the page, of what stands in brackets."""
        item = self.take()
        if not (isinstance(item, Tree) and item.data == "fence"):
            raise Unreadable(f"place {at}: {found.name} of what?")
        given = split(item.children[1].children, ",", r"\mid", r"\|", r"\Vert")
        return Node("call", (found.name, tuple(map(self.inner, given))), at)

    def of_given(self) -> bool:
        """Whether brackets follow as in p(o | c): entry o of the vector p_c."""
        item = self.items[self.i] if self.more() else None
        return (
            isinstance(item, Tree)
            and item.data == "fence"
            and r"\mid" in map(flat, item.children[1].children)
        )

    def big(self, op: str, below: list, above: list, at: int) -> Node:
        """A sum or a product over letters, of the product that follows it."""
        head, *condition = split(below, ":")
        if "=" in map(flat, head) and not condition:
            letter, first = halves(head, "=")
            bounds = (self.inner(first), self.inner(above))
            letters = (flat_all(letter),)
        elif any(flat(x) in (r"\in", r"\subseteq") for x in head):
            letter, over = halves(head, r"\in", r"\subseteq")
            letters = (flat_all(letter),)
            bounds = ("of", flat_all(over))
            if isinstance(over[0], Tree) and over[0].data == "fence":
                ends = split(over[0].children[1].children, ",")
                if len(ends) < 2:
                    raise Unreadable(
                        f"{flat_all(over)!r}: expected the first and the last"
                    )
                bounds = ("subsets", self.inner(ends[0]), self.inner(ends[-1]))
        else:
            letters, bounds = tuple(map(flat_all, split(head, ","))), ()
        test = ()
        if condition:
            test = (self.test(condition[0]),)
        sign = self.take() if self.peek() == "-" else None
        body = self.product()
        if sign:
            body = Node("neg", (body,), place(sign))
        return Node(op, (letters, bounds, test, body), at)

    def test(self, items: list[Item]) -> Test:
        """A condition."""
        left, right = halves(items, *sorted(RELATIONS))
        sign = next(flat(x) for x in items if flat(x) in RELATIONS)
        return Test(sign, self.inner(left), self.inner(right))


def empty(item: Item) -> bool:
    """Whether an item is a space or an empty group."""
    if isinstance(item, Token):
        return item.type == "QUAD"
    return item.data == "group" and not item.children[0].children


# Statements


def lines(tree: Tree) -> list[tuple[list[Item], list[Item]]]:
    """The lines of a display, each with what is noted beside it; a line that goes on
    with the one before is joined to it.
    """
    items = [x for x in tree.children if not empty(x)]
    table = next((x for x in items if isinstance(x, Tree) and x.data == "table"), None)
    if table is None or "aligned" not in table.children[0]:
        return [(items, [])]
    found: list[tuple[list[Item], list[Item]]] = []
    for row in split(table.children[1].children, r"\\"):
        cells = split(row, "&")
        end = next((k for k in range(1, len(cells)) if not cells[k]), len(cells))
        main, note = sum(cells[:end], []), sum(cells[end:], [])
        start = next((x for x in main if not empty(x)), None)
        if found and start is not None and flat(start) in {*RELATIONS, "+", "-"}:
            if flat_all(found[-1][0][-1:]) == ",":
                found[-1][0].pop()
            found[-1][0].extend(main)
            found[-1][1].extend(note)
        elif main:
            found.append((main, note))
    return found


def expression(tex: str, symbols: Symbols) -> Node:
    """An expression; raises Unreadable as statements do."""
    return Reader(read(tex).children, symbols).whole()


def statements(tex: str, symbols: Symbols) -> list[Statement]:
    """The statements of a formula, in the order in which they are printed.

    Raises Unreadable where the formula is not of the book's language, or has a letter
    that the page has not.
    """
    found, ranges = [], []
    for main, note in lines(read(tex)):
        said, shapes, tests, alone = [], [], [], []
        pieces = [
            strip(piece) for piece in split([*main, *comma(note)], ",") if strip(piece)
        ]
        k = 0
        while k < len(pieces):
            piece, k = pieces[k], k + 1
            piece, *space = split(piece, r"\in")
            if not all(space):
                raise Unreadable("in which space?")
            if space and flat(parts(space[0][0])[0]) == r"\R":
                sizes = split(parts(space[0][0])[2], r"\times")
                shapes.append(tuple(Reader(size, symbols).whole() for size in sizes))
            elif space:
                raise Unreadable(f"{flat_all(space[0])!r}: no space of the book")
            piece = without_words(piece, symbols)
            signs = [flat(x) for x in piece if flat(x) in RELATIONS]
            if shape := shape_of(piece, symbols):
                shapes.append(shape)
            elif ranged := range_of(pieces, k - 1, symbols):
                ranges += ranged[0]
                k = ranged[1]
            elif said and len(signs) == 1 and signs[0] in CONDITIONS:
                tests.append(Reader(piece, symbols).test(piece))
            elif said and signs in ([r"\le"], [r"\ge"]):
                raise Unreadable(f"{flat_all(piece)!r} is the range of no letter")
            elif signs:
                said.append(chain(piece, symbols))
            elif r"\sim" in map(flat, piece) or all(
                isinstance(x, Token) and x.type == "TEXT" for x in piece
            ):
                if "length" in flat_all(piece) or "shape" in flat_all(piece):
                    raise Unreadable("a length or a shape is missing")
                continue  # a draw, or a remark
            else:
                alone.append(((Reader(piece, symbols).whole(),), ()))
        if shapes and not said:
            said, alone = alone, []
        if alone and len(pieces) > 1:
            at = alone[0][0][0].at
            raise Unreadable(f"place {at}: {tex[at:][:12]!r} states nothing")
        found += [Statement(*one, (), tuple(shapes), tuple(tests)) for one in said]
    return [one._replace(ranges=tuple(ranges)) for one in found]


def comma(note: list[Item]) -> list[Item]:
    """A note, cut off from what stands before it."""
    return [Token("OP", ","), *note] if note else []


def strip(piece: list[Item]) -> list[Item]:
    """A piece without spaces and without what ends a sentence."""
    found = [x for x in piece if not empty(x)]
    return found[:-1] if found and flat(found[-1]) in (".", ";", ":") else found


def without_words(piece: list[Item], symbols: Symbols) -> list[Item]:
    """A piece without the words before a formula, as in “that is, a = b”."""
    first, second, *rest = [*map(flat, piece), "", ""]
    words = is_text(piece[:1]) and first not in symbols.known
    stated = second not in RELATIONS and RELATIONS & {*rest}
    return piece[1:] if words and stated else piece


def chain(
    piece: list[Item], symbols: Symbols
) -> tuple[tuple[Node, ...], tuple[str, ...]]:
    """Sides, and the relations between them."""
    sides = split(piece, *RELATIONS)
    relations = tuple(flat(x) for x in piece if flat(x) in RELATIONS)
    read_ = tuple(Reader(side, symbols).whole() for side in sides)
    if any(a == b for a, b in pairwise(read_)):
        raise Unreadable(f"{flat_all(piece)!r} says that a thing is itself")
    return read_, relations


def shape_of(piece: list[Item], symbols: Symbols) -> tuple[Node, ...]:
    """The sizes that a piece prints, as in “(length d)”; nothing, if it is no shape."""
    if len(piece) == 1 and isinstance(piece[0], Tree) and piece[0].data == "fence":
        piece = strip(list(piece[0].children[1].children))
    if any(flat(x) in RELATIONS | ELLIPSES for x in piece):
        return ()
    words = [x for x in piece if isinstance(x, Token) and x.type == "TEXT"]
    sizes = [
        Reader(size, symbols).whole()
        for size in split([x for x in piece if x not in words], r"\times")
        if size
    ]
    kinds = [
        symbols.known[x.parts[0]].kind
        for node in sizes
        for x in node.all()
        if x.op == "symbol"
    ]
    plain = all(
        x.op in ("symbol", "add", "letter") for node in sizes for x in node.all()
    )
    like = kinds == ["matrix"] and [flat_text([x]) for x in words] == ["like"]
    return tuple(sizes) if like or plain and set(kinds) == {"size"} else ()


def range_of(
    pieces: list[list[Item]], k: int, symbols: Symbols
) -> tuple[list[Range], int] | None:
    """The ranges that begin at piece k, as in “i, j = 1, …, d” or “j ≤ d”, and where
    they end.
    """
    letters = []
    for m in range(k, len(pieces)):
        head, *rest = split(pieces[m], "=", r"\le")
        letter = head[0] if len(head) == 1 else None
        if not isinstance(letter, Token) or str(letter) in symbols.known:
            return None
        letters.append(str(letter))
        if not rest:
            continue
        value = Reader(rest[0], symbols).whole()
        if r"\le" in map(flat, pieces[m]):
            return [Range(x, Node("number", (1.0,)), value) for x in letters], m + 1
        for end in range(m + 1, len(pieces) - 1):
            if flat_all(pieces[end]) in ELLIPSES:
                last = Reader(pieces[end + 1], symbols).whole()
                return [Range(x, value, last) for x in letters], end + 2
            if any(flat(x) in RELATIONS for x in pieces[end]):
                return None
        return None
    return None
