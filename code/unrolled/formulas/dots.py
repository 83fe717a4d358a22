"""Products with dots, written out.

The blocks beside the dots are equal but for one index, and it runs from that of the
first such block to that of the last, also where these are fewer than are printed.
"""

__all__ = ["written_out"]

from collections.abc import Callable, Iterator
from dataclasses import replace

from unrolled.formulas.layout import Unreadable
from unrolled.formulas.meaning import Node


def written_out(
    node: Node, index_of: Callable[[Node], int]
) -> tuple[list[Node], list[str]]:
    """The factors of a product with dots, and how they are joined; ``index_of`` gives
    the value of an index.
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
    index = {k: index_of(letter) for k, letter in own.items()}
    steps = {index[k + 1] - index[k] for k in range(low, high) if k != -1}
    if steps not in ({1}, {-1}):
        raise unclear
    (step,) = steps
    first, last = cut + low * width, cut + (high + 1) * width
    # the first block of all has the sign of those that follow it
    signs = (joins[first + width], *joins[first + 1 : first + width])
    found, signed = [*factors[:first]], [*joins[:first]]
    for n in range((index[high] - index[low]) * step + 1):
        found += moved(blocks[low], own[low], float(index[low] + n * step))
        signed += signs
    return [*found, *factors[last:]], [*signed, *joins[last:]]


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
