"""The layout of a formula: its TeX as a tree, by the grammar in ``layout.lark``."""

__all__ = ["Unreadable", "read"]

from functools import cache
from importlib.resources import files

from lark import Lark, Tree, UnexpectedInput


class Unreadable(ValueError):
    """A formula that is not of the book's language: where it is not, and what was
    expected.
    """


@cache
def grammar() -> Lark:
    """The parser; it has no conflicts."""
    text = files(__package__).joinpath("layout.lark").read_text("utf-8")
    return Lark(text, parser="lalr", propagate_positions=True)


def read(tex: str) -> Tree:
    """The tree of a formula.

    Raises Unreadable where the TeX is outside the grammar, with line and column.
    """
    try:
        return grammar().parse(tex).children[0]
    except UnexpectedInput as error:
        at = error.pos_in_stream
        said = f"{tex[max(0, at - 12) : at]}⟨here⟩{tex[at : at + 12]}".strip()
        raise Unreadable(
            f"line {error.line}, column {error.column}: {said!r} cannot be read here"
        ) from None
