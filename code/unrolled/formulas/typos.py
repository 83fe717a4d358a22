"""Typos: every way in which a printed formula is spoiled, to see that each is refused.

A typo is an edit of the TeX: a sign, a transpose, an index or a bound by one, a factor
or a term that is left out, factors exchanged, another letter of the page. It is refused
by its value, by a shape, by a name that is unknown, or because it cannot be read or
computed; or it is equal, on all cases.
"""

__all__ = ["EQUAL", "KINDS", "Typo", "outcome", "reason", "typos"]

import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from unrolled.formulas.layout import Unreadable
from unrolled.formulas.meaning import statements
from unrolled.formulas.printed import BOUND, Display, Page, errors_of
from unrolled.formulas.values import Context, Misshapen, Unknown, Values


class Typo(NamedTuple):
    """A spoiled formula, what was done to it, and where, in characters."""

    kind: str
    tex: str
    at: int


GROUP = r"\{(?:[^{}]|\{[^{}]*\})*\}"
LETTER = (
    rf"(?:\\[A-Za-z]+|[A-Za-z])(?:_(?:{GROUP}|\w|\\ell))?(?:\^(?:{GROUP}|\w|\\top))?"
)
NOT_LETTERS = (
    r"\\(?:frac|partial|sum|prod|log|exp|tanh|operatorname|text|begin|end|odot|cdot|cdots|dots|top|q?quad|sqrt|"
    r"[bB]igg?[lr]|left|right|l?vert|rvert|lVert|rVert|mid|in|le|times|tfrac|circ|underbrace|mathbb|mathrm|subseteq)"
    r"(?![A-Za-z])"
)


def _edits(pattern: str, *others: str) -> Callable[[str], Iterator[tuple[str, int]]]:
    """Each place of a pattern, replaced by each of the others."""

    def spoiled(tex: str) -> Iterator[tuple[str, int]]:
        for found in re.finditer(pattern, tex):
            for other in others:
                yield (
                    tex[: found.start()] + found.expand(other) + tex[found.end() :],
                    found.start(),
                )

    return spoiled


def _signs(tex: str) -> Iterator[tuple[str, int]]:
    """A plus for a minus, and a minus for a plus."""
    for found in re.finditer(r"(?<=[\w}) ])[-+](?= |\{)", tex):
        other = "-" if found[0] == "+" else "+"
        yield tex[: found.start()] + other + tex[found.end() :], found.start()


def _factors(tex: str) -> list[re.Match]:
    """The letters of a formula, with their indices."""
    return [
        found
        for found in re.finditer(LETTER, tex)
        if not re.match(NOT_LETTERS, found[0])
        and not re.search(
            r"\\(text|begin|end|operatorname)\{[^}]*$", tex[: found.start()]
        )
        and not re.search(
            r"[_^]\{?[^{}]*$", tex[max(0, found.start() - 3) : found.start()]
        )
    ]


def _left_out(tex: str) -> Iterator[tuple[str, int]]:
    """A letter left out."""
    for found in _factors(tex):
        yield tex[: found.start()] + tex[found.end() :], found.start()


def _exchanged(tex: str) -> Iterator[tuple[str, int]]:
    """Two letters that follow each other, exchanged."""
    factors = _factors(tex)
    for one, other in zip(factors, factors[1:], strict=False):
        between = tex[one.end() : other.start()]
        if re.fullmatch(r"(\s|\\[,;!]|\\odot)*", between):
            yield (
                tex[: one.start()] + other[0] + between + one[0] + tex[other.end() :],
                one.start(),
            )


def _another(tex: str) -> Iterator[tuple[str, int]]:
    """A letter in the place of another one of the formula."""
    factors = _factors(tex)
    names = list(dict.fromkeys(found[0] for found in factors))
    for found in factors:
        for name in names:
            if name != found[0]:
                yield tex[: found.start()] + name + tex[found.end() :], found.start()


KINDS: dict[str, Callable[[str], Iterator[tuple[str, int]]]] = {
    "a sign": _signs,
    "a sign in front": _edits(r"= (?!\{\})", "= -"),
    "a transpose left out": _edits(r"\^\\top|(?<=\))\\top", ""),
    "a transpose too many": _edits(
        r"(W_\{\\text\{\w+\}\}|W_\\ell|D_t)(?!\^)", r"\1^\\top"
    ),
    "an index by one": _edits(r"_\{(\w)([-+])1\}", r"_\1", r"_{\1\2 2}"),
    "an index": _edits(r"_(t|\\ell)(?![A-Za-z])", r"_{\1-1}", r"_{\1+1}"),
    "a bound": _edits(r"=1\}", "=2}", "=0}"),
    "the upper bound": _edits(r"\^\{?T\}?(?!\w)", "^{T-1}"),
    "a product entry by entry": _edits(r"\\odot", ""),
    "a number": _edits(r"(?<![\w{\\])1(?![\w}])", "2"),
    "a power": _edits(r"\^2", "", "^3"),
    "a letter left out": _left_out,
    "letters exchanged": _exchanged,
    "another letter": _another,
}
"""The ways to spoil a formula."""


def typos(tex: str) -> list[Typo]:
    """All typos of a formula, each once."""
    found: dict[str, Typo] = {}
    for kind, spoil in KINDS.items():
        for spoiled, at in spoil(tex):
            if re.sub(r"\s", "", spoiled) != re.sub(r"\s", "", tex):
                found.setdefault(spoiled, Typo(kind, spoiled, at))
    return list(found.values())


def outcome(typo: Typo, context: Context, values: Sequence[Values]) -> str:
    """By what a typo is refused: value, shape, name, not evaluable; or it is equal."""
    try:
        said = statements(typo.tex, context.symbols)
        for statement in said:
            for one in values:
                if max(errors_of(statement, [one]), default=0.0) > BOUND:
                    return "value"
    except Misshapen:
        return "shape"
    except Unknown:
        return "name"
    except Unreadable:
        return "not evaluable"
    return "equal"


EQUAL = {
    "letters exchanged": "numbers commute",
    "a transpose too many": "the matrix is its own transpose",
    "a transpose left out": "the matrix is its own transpose",
    "a bound": "the term is zero",
}
"""Why a typo of a kind can leave a formula as it was."""


def reason(typo: Typo, display: Display, page: Page) -> str:
    """Why a typo is equal to the formula; nothing, if that is not known."""
    entry, context = page.context(display)
    said, spoiled = (
        statements(tex, context.symbols) for tex in (display.tex, typo.tex)
    )
    if [one.sides for one in said] == [one.sides for one in spoiled]:
        return "the same is said of other cases"
    if "numbers" in entry:
        return "another expression of the same number"
    if any(sign != "=" for one in said for sign in one.relations):
        return "another inequality that holds"
    told, was = (re.sub(r"\s", "", tex) for tex in (typo.tex, display.tex))
    for piece, why in entry.get("equal", {}).items():
        if told.count(re.sub(r"\s", "", piece)) > was.count(re.sub(r"\s", "", piece)):
            return why
    return EQUAL.get(typo.kind, "")
