"""A reader's own function, held against a result: right, or how it is wrong.

Each part of what the function gives is compared with the same part of the claim, then with those of the known
mistakes, each up to a constant factor. So a wrong sign, a factor and a known mistake are told apart, also together.
"""

import difflib
import functools
import html
import inspect
import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from unrolled.checks.formula import (
    RESULTS,
    Case,
    Mutant,
    Parts,
    Result,
    error,
    named,
    parts,
)

ALIKE = 1e-8
"""Two values that differ less are the same formula, computed otherwise."""


class Verdict(NamedTuple):
    """Whether a reader's function computes a result, and what is to say about it."""

    right: bool
    words: str

    def __repr__(self) -> str:
        return self.words

    def _repr_html_(self) -> str:
        lines = map(html.escape, self.words.splitlines())
        return f"<p>{'<br>'.join(lines)}</p>"


class Trial(NamedTuple):
    """A case with its sizes, what the claim gives there, and what the reader's function gives."""

    sizes: Mapping[str, int]
    case: Case
    claimed: Parts
    given: Parts


def attempt(label: str, function: Callable[..., object]) -> Verdict:
    """Hold a function against the result with a label, and say whether it is right, and if not, how it is wrong.

    The function takes what the result's own function takes, by the same names, and gives the same: an array, or
    several as a tuple in the same order. Import the results of the page first, as in
    ``from unrolled.results import backprop_mlp``. Raises ValueError for a label that is not known, and TypeError for
    what is not a function.
    """
    result = find(label)
    if not callable(function):
        raise TypeError(
            f"attempt needs a function, and got {function!r}; give the function itself, not its value"
        )
    try:
        trials = [
            trial(result, function, sizes, case) for sizes, case in result.drawn()
        ]
    except Unusable as reason:
        return Verdict(False, f"{label}: not right. {reason}")

    @functools.cache
    def mistaken(mutant: Mutant) -> list[Parts]:
        return [parts(mutant.function(**t.case)) for t in trials]

    remarks = {
        name: diagnosis(result, trials, name, mistaken) for name in trials[0].claimed
    }
    right = not any(remarks.values())
    lines = [
        f"{label}: {'right' if right else 'not right'}, held against {len(trials)} cases of different shapes."
    ]
    for remark in dict.fromkeys(remarks.values()):
        names = ", ".join(name for name in remarks if remarks[name] == remark)
        if not right:
            lines.append(f"{names or 'The value'}: {remark or 'right.'}")
    return Verdict(right, "\n".join(lines))


def find(label: str) -> Result:
    """The result with a label; raises ValueError with the nearest that is known."""
    if label in RESULTS:
        return RESULTS[label]
    near = difflib.get_close_matches(label, RESULTS, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else "."
    raise ValueError(
        f"no result with the label {label!r} among {sorted(RESULTS)}{hint} The results of a page are known once they "
        "are imported, as in: from unrolled.results import backprop_mlp"
    )


class Unusable(Exception):
    """What a function gave, or that it gave nothing, in words for the reader."""


def trial(
    result: Result,
    function: Callable[..., object],
    sizes: Mapping[str, int],
    case: Case,
) -> Trial:
    """Call the reader's function with a copy of a case; raises Unusable if nothing can be compared."""
    claimed = parts(result.claim(**case))
    try:
        inspect.signature(function).bind(**case)
    except TypeError as reason:
        raise Unusable(
            f"It is called with the arguments {', '.join(case)}: {reason}."
        ) from None
    try:
        value = function(
            **{
                name: np.copy(x) if isinstance(x, np.ndarray) else x
                for name, x in case.items()
            }
        )
    except Exception as reason:
        raise Unusable(
            f"It raised {type(reason).__name__} where {named(sizes)}: {reason}"
        ) from None
    if isinstance(value, tuple) and not hasattr(value, "_asdict"):
        if len(value) != len(claimed):
            raise Unusable(
                f"It gave {len(value)} values, where {wanted(claimed)} is expected."
            )
        value = dict(zip(claimed, value, strict=True))
    try:
        given = parts(value)
    except (TypeError, ValueError):
        raise Unusable(
            f"It gave {type(value).__name__}, where numbers are expected."
        ) from None
    if len(given) == len(claimed) == 1:
        given = dict(zip(claimed, given.values(), strict=True))
    if given.keys() != claimed.keys():
        raise Unusable(f"It gave {wanted(given)}, where {wanted(claimed)} is expected.")
    return Trial(sizes, case, claimed, given)


def wanted(value: Parts) -> str:
    """The parts of a value in words."""
    return "one array" if "" in value else ", ".join(value)


def diagnosis(
    result: Result,
    trials: Sequence[Trial],
    name: str,
    mistaken: Callable[[Mutant], Sequence[Parts]],
) -> str:
    """How a part is wrong, in words that follow its name; '' if it is right.

    What a mistake gives in the cases is asked of ``mistaken``, and of no more mistakes than it takes.
    """
    right = [t.claimed[name] for t in trials]
    given = [t.given[name] for t in trials]
    if not all(np.isfinite(x).all() for x in given):
        return "entries that are not numbers (nan or inf)."
    prefix = ""
    if any(a.shape != b.shape for a, b in zip(given, right, strict=True)):
        if any(a.shape != b.T.shape for a, b in zip(given, right, strict=True)):
            return wrong_shape(trials, name)
        given, prefix = [x.T for x in given], "transposed"
    for mutant in [None, *result.mutants]:
        values = [p.get(name) for p in mistaken(mutant)] if mutant else right
        factor = common_factor(given, values, trials)
        if factor is None:
            continue
        remarks = [
            prefix,
            "" if factor == "1" else said_of_factor(factor),
            mutant and f"a common mistake: {mutant.mistake}",
        ]
        remarks = [remark for remark in remarks if remark]
        return f"{'; '.join(remarks)}." if remarks else ""
    return unknown(trials, name, right, given)


def said_of_factor(factor: str) -> str:
    """What a constant factor means."""
    if factor == "−1":
        return "the sign is opposite (of a gradient, it is that of the loss −J, where the book maximises J = log p)"
    return f"{factor} times what it should be"


def common_factor(
    given: Sequence[np.ndarray],
    values: Sequence[np.ndarray | None],
    trials: Sequence[Trial],
) -> str | None:
    """The factor by which all values have to be multiplied: a number, or one of the sizes; None if there is none.

    Where both are zero, any factor will do.
    """
    if any(v is None or v.shape != g.shape for g, v in zip(given, values, strict=True)):
        return None
    factors, sized = [], []
    for g, v, t in zip(given, values, trials, strict=True):
        if not v.any() and not g.any():
            continue
        square = float((v * v).sum())
        factor = float((g * v).sum()) / square if square else 1.0
        if factor == 0 or error(g, factor * v) > ALIKE:
            return None
        factors.append(factor)
        sized.append(t)
    if not factors:
        return "1"
    letters = list(trials[0].sizes)
    powers = {"1": lambda t: 1.0}
    for letter in letters:
        powers[letter] = lambda t, letter=letter: t.sizes[letter]
        powers[f"1/{letter}"] = lambda t, letter=letter: 1 / t.sizes[letter]
    for word, power in powers.items():
        rest = [f / power(t) for f, t in zip(factors, sized, strict=True)]
        if max(rest) - min(rest) <= ALIKE * abs(rest[0]):
            number = f"{rest[0]:.6g}".replace("-", "−")
            return (
                number
                if word == "1"
                else word
                if number == "1"
                else f"{number} · {word}"
            )
    return None


def wrong_shape(trials: Sequence[Trial], name: str) -> str:
    """What to say of a shape, in the letters of the sizes."""
    t = next(t for t in trials if t.given[name].shape != t.claimed[name].shape)
    letters = {size: letter for letter, size in t.sizes.items()}

    def spelt(shape: tuple[int, ...]) -> str:
        return f"({', '.join(letters.get(n, str(n)) for n in shape)}{',' * (len(shape) == 1)})"

    got, wanted = t.given[name].shape, t.claimed[name].shape
    return f"the shape is {spelt(got)} = {got}, where {spelt(wanted)} = {wanted} is expected ({named(t.sizes)})."


def unknown(
    trials: Sequence[Trial],
    name: str,
    right: Sequence[np.ndarray],
    given: Sequence[np.ndarray],
) -> str:
    """What to say of a value that is wrong in none of the known ways: where it is right, and the smallest case."""
    agrees = [error(a, b) <= ALIKE for a, b in zip(given, right, strict=True)]
    for letter, value in itertools.product(trials[0].sizes, range(1, 4)):
        if any(agrees) and agrees == [t.sizes[letter] == value for t in trials]:
            return f"right only where {letter} = {value}."
    smallest = min(
        (i for i, a in enumerate(agrees) if not a),
        key=lambda i: math.prod(trials[i].sizes.values()),
    )
    return (
        f"different, and by none of the common mistakes; right in {sum(agrees)} of {len(agrees)} cases. "
        f"Where {named(trials[smallest].sizes)}, it is {given[smallest].tolist()}, "
        f"and should be {right[smallest].tolist()}."
    )
