"""How a part of what a reader's function gives is wrong, in words: a sign, a factor, an
order, a known mistake.

All ways in which it may be wrong are tried, alone and together, and the simplest that
fits all random cases is told. So what is said is true of every one of them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from itertools import repeat
from typing import NamedTuple

import numpy as np

from unrolled.checks.formula import Case, Parts, error, named, parts
from unrolled.checks.likeness import (
    FUNCTIONS,
    ORDERS,
    TURNS,
    Arrays,
    apart,
    factor,
    in_proportion,
    same_shapes,
    spelt,
)
from unrolled.checks.mutants import Mutant
from unrolled.checks.pencil import number
from unrolled.checks.reading import ALIKE

SINGLE = 5e-4
"""Two values that differ less, in no regular way, are the same in single precision,
where digits may cancel.
"""

USUAL = 1e-5
"""In single precision, the errors of half the cases are below this one; what is farther
off is coarser.
"""

NEARLY = 1e-2
"""Two values that nowhere differ by more may be the same, rounded."""

EXTREME = ("overflow", "saturat", "sure and")
"""Words in the names of edge cases whose numbers are so large that a right formula,
computed plainly, may give nan.
"""

PROBES = 4
"""In so many cases a way to be wrong has to fit before it is tried in all of them."""


class Trial(NamedTuple):
    """A case with its sizes or, if it is an edge case, its name; and what the claim
    gives there.
    """

    sizes: Mapping[str, int]
    edge: str
    case: Case
    claimed: Parts

    def where(self) -> str:
        """The case in words."""
        return (
            f"in the case “{self.edge}”" if self.edge else f"where {named(self.sizes)}"
        )

    def extreme(self) -> bool:
        """Whether this is an edge case in which plain exponentials, or their
        logarithms, may leave the range.
        """
        return any(word in self.edge for word in EXTREME)


class Part(NamedTuple):
    """A part of a value, or some of its rows: what was given of it in each trial, and
    what is right.

    ``name`` is that of what was given; ``of`` takes the part from what the claim gives,
    or a mistake.
    """

    title: str
    name: str
    of: Callable[[Parts], np.ndarray | None]
    given: Arrays
    right: Arrays

    def at(self, places: Sequence[int]) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """What was given and what is right, in some of the trials."""
        return [self.given[i] for i in places], [self.right[i] for i in places]


class Way(NamedTuple):
    """A way to be wrong, in words, with the mistake that it takes, if one; the simplest
    has the least cost.
    """

    cost: float
    words: str
    mistake: str = ""


class Remark(NamedTuple):
    """Whether a part is right, or None if that cannot be said.

    How far, or how not, in words; where it overflows; in which ways it may be wrong;
    its largest error; and, of one that is wrong in no known way, the size up to which,
    or at which alone, it is right, as in "T = 3".
    """

    right: bool | None
    words: str = ""
    overflow: str = ""
    ways: Sequence[Way] = ()
    error: float = 0.0
    only: str = ""


class Mistakes:
    """What the known mistakes of a result give in the trials, each computed once, where
    it is asked for.
    """

    def __init__(self, mutants: Sequence[Mutant], trials: Sequence[Trial]) -> None:
        self.mutants = {mutant.mistake: mutant.function for mutant in mutants}
        self.trials = trials
        self.found: dict[tuple[str, int], Parts] = {}

    def value(self, mistake: str, place: int) -> Parts:
        """What a mistake gives in a trial; no part where it fails."""
        if (mistake, place) not in self.found:
            self.found[mistake, place] = {}
            try:
                with np.errstate(all="ignore"):
                    value = self.mutants[mistake](**self.trials[place].case)
                self.found[mistake, place] = parts(value)
            except Exception:  # a mistake may fail where the formula does not
                pass
        return self.found[mistake, place]


# The verdict on a part


def judge(
    part: Part,
    trials: Sequence[Trial],
    others: Mapping[str, Arrays],
    known: Mistakes,
    silent: Sequence[Trial] = (),
) -> Remark:
    """Whether a part is right in all trials, and if not, in which ways it is wrong.

    ``others`` are the right values of other parts, with which it may have been
    exchanged; ``silent`` are the trials in which the function gave nothing.
    """
    overflown = [i for i, t in enumerate(trials) if overflows(t, part.given[i])]
    errors = {
        i: error(part.given[i], part.right[i])
        for i in range(len(trials))
        if i not in overflown
    }
    drawn = [i for i in errors if not trials[i].edge]
    sizes = [trials[i].sizes for i in drawn]
    wrong = [i for i in errors if errors[i] > SINGLE]
    worst = max(errors.values(), default=0.0)
    given, right = part.at(drawn)
    if not wrong:
        regular = worst > ALIKE and factor(given, right, sizes, ALIKE / 100)
        if regular and abs(regular[0] - 1) > ALIKE:
            words = f"{number(regular[0], 10)} times what it should be."
            return Remark(False, words, error=worst)
        if np.median([errors[i] for i in drawn]) > USUAL:
            return coarse(part, worst)
        overflow = ", nor ".join(trials[i].where() for i in overflown)
        words = f", to single precision (errors up to {worst:.0e})"
        return Remark(True, words * (worst > ALIKE), overflow)
    ways = []
    if same_shapes(given, right) and not any(map(np.any, given)):
        ways = [Way(0, "zero in every case.")]
    if set(wrong) & set(drawn) and all(np.isfinite(x).all() for x in given):
        ways += ways_of(part, trials, drawn, others, known)
    if ways:
        return Remark(False, min(ways).words, ways=ways, error=worst)
    return none_of_the_ways(part, trials, errors, drawn, wrong, silent)


def none_of_the_ways(
    part: Part,
    trials: Sequence[Trial],
    errors: Mapping[int, float],
    drawn: Sequence[int],
    wrong: Sequence[int],
    silent: Sequence[Trial],
) -> Remark:
    """What to say of a part that is wrong in none of the known ways: its shape, its
    numbers, where it is right.
    """
    nan = [i for i in wrong if not np.isfinite(part.given[i]).all()]
    worst = max(errors.values())
    refused = [t for t in silent if not t.edge and part.of(t.claimed) is not None]
    telling = [i for i in drawn if part.right[i].any()]
    told = [t.sizes for t in refused if part.of(t.claimed).any()]
    agrees = [trials[i].sizes for i in telling if i not in wrong]
    fails = [trials[i].sizes for i in telling if i in wrong] + told
    only = right_only(agrees, fails)
    if any(part.given[i].shape != part.right[i].shape for i in wrong):
        words = wrong_shape(part, trials, drawn, wrong)
        words += f" Right only where {only}." * bool(only)
    elif nan:
        least = min(nan, key=lambda i: part.right[i].size)
        words = f"nan or inf in {len(nan)} of {len(errors)} cases, the smallest of them {trials[least].where()}"
        others = "the others in which it gives anything" if silent else "the others"
        words += f"; right in {others}." if nan == wrong != list(errors) else "."
    elif not (refused or set(wrong) & set(drawn)):
        places = ", nor ".join(trials[i].where() for i in wrong)
        words = f"right in all cases drawn at random, but not {places}."
    elif worst <= NEARLY or rounded(part):
        return coarse(part, worst)
    elif only:
        words = f"right only where {only}."
    else:
        words = "different, and by none of the known mistakes"
        if agrees:
            total = len(agrees) + len(fails)
            zero = total < len(drawn) + len(refused)
            words += f"; right in {len(agrees)} of {total} cases drawn at random"
            words += ", not counting those where it is zero" * zero
        words += "."
    return Remark(False, words, error=worst, only=only)


def right_only(
    agrees: Sequence[Mapping[str, int]], fails: Sequence[Mapping[str, int]]
) -> str:
    """The size up to which, or at which alone, something is right; '' if there is none.

    From the sizes of the cases in which it is right and of those in which it is not.
    """
    for letter in agrees[0] if agrees and fails else ():
        there = {sizes[letter] for sizes in agrees}
        elsewhere = {sizes[letter] for sizes in fails}
        few = max(there) <= 3 or len(agrees) >= PROBES  # or by chance
        if few and len(there) == 1 and not there & elsewhere:
            return f"{letter} = {max(there)}"
        if max(there) <= 3 and max(there) < min(elsewhere):
            return f"{letter} ≤ {max(there)}"
    return ""


def coarse(part: Part, worst: float) -> Remark:
    """What to say of a part that is nearly right, or rounded, with its largest
    error.
    """
    if rounding := rounded(part):
        return Remark(None, f"right, but {rounding}.", error=worst)
    words = f"within {number(worst, 1)} of what it should be in every case, and no nearer. Is it rounded?"
    return Remark(None, words, error=worst)


def rounded(part: Part) -> str:
    """How a right part was rounded, in words; '' if it was not."""
    pairs = list(zip(part.given, part.right, strict=True))

    def by(function: Callable[[np.ndarray], np.ndarray]) -> bool:
        return max(abs(g - function(r)).max(initial=0) for g, r in pairs) <= 1e-9

    for places in range(1, 7):
        if by(lambda r, places=places: r.round(places)):
            return f"rounded to {places} place{'s' * (places > 1)} after the point"
    if np.median([abs(r).max(initial=0) for _, r in pairs]) > 10:
        for function in (np.round, np.ceil, np.floor):
            if by(function):
                return "rounded to whole numbers"
    return ""


def overflows(trial: Trial, given: np.ndarray) -> bool:
    """Whether a value is not finite in an extreme edge case."""
    return trial.extreme() and not np.isfinite(given).all()


# Ways to be wrong

OF_THE_LOSS = "the sign of the loss"
"""So the name of the mistake begins that takes the loss −J, or its gradient, for those
of J.
"""

EXCHANGED = "this is what "
"""So the words begin that name another part, which was given in the place of one."""

MINUS_J = "the sign is opposite: it is that of the loss −J, where the book maximises J."


def ways_of(
    part: Part,
    trials: Sequence[Trial],
    drawn: Sequence[int],
    others: Mapping[str, Arrays],
    known: Mistakes,
) -> list[Way]:
    """All ways to be wrong that fit the random cases, each with what it costs to say
    it.
    """
    sizes = [trials[i].sizes for i in drawn]
    given, right = part.at(drawn)
    probes = sorted(range(len(drawn)), key=lambda k: -np.count_nonzero(right[k]))
    probes = probes[:PROBES]
    found = []

    def look(values: Value, words: str = "") -> None:
        for turn, (turned, least) in TURNS.items():
            value = turning(values, turned, least)
            near = [given[k] for k in probes], [value(k) for k in probes]
            if in_proportion(*near, SINGLE):
                every = [value(k) for k in range(len(drawn))]
                fit = factor(given, every, sizes, SINGLE)
                if fit:
                    found.append(way(turn, *fit, words))

    look(lambda k: right[k])
    for mistake in known.mutants:
        value = partial(mistaken, part, known, drawn, mistake)
        if not (found and untouched(map(value, probes), (right[k] for k in probes))):
            look(value, f"a common mistake: {mistake}")
    for other, values in others.items():
        look(lambda k, v=values: v[drawn[k]], f"{EXCHANGED}{other} should be")
    for words, function in FUNCTIONS.items():
        if apart(given, list(map(function, right))) <= SINGLE:
            found.append(way("", 1.0, "", words))
    if same_shapes(given, right) and all(r.ndim for r in right):
        for words, (of_given, of_right) in ORDERS.items():
            fit = factor(
                [of_given(g) for g in given],
                [of_right(r) for r in right],
                sizes,
                SINGLE,
            )
            if fit:
                found.append(way("", *fit, words))
    if any(OF_THE_LOSS in w.mistake and w.words == f"{w.mistake}." for w in found):
        found = [w._replace(words=MINUS_J) if w == OPPOSITE else w for w in found]
    if not found and in_proportion(given, right, SINGLE):
        telling = [k for k, r in enumerate(right) if np.count_nonzero(r) > 1]
        same = [k for k in telling if error(given[k], right[k]) <= SINGLE]
        if 2 * len(telling) >= len(right) and 10 * len(same) <= len(telling):
            words = "right but for a factor that is another one in each case: is something not normalised, or twice?"
            found.append(Way(9, words))
    return found


def mistaken(
    part: Part, known: Mistakes, drawn: Sequence[int], mistake: str, k: int
) -> np.ndarray | None:
    """What a mistake gives of the part in the k-th of the random cases."""
    return part.of(known.value(mistake, drawn[k]))


def untouched(values: Iterable[np.ndarray | None], right: Iterable[np.ndarray]) -> bool:
    """Whether a mistake leaves the part as it is."""
    return all(
        v is not None and np.array_equal(v, r)
        for v, r in zip(values, right, strict=True)
    )


Value = Callable[[int], np.ndarray | None]
"""What is right, or what a mistake gives, in the case with a number; None if it gives
nothing.
"""


def turning(
    values: Value, turned: Callable[[np.ndarray], np.ndarray], least: int
) -> Value:
    """The values turned; None where they have fewer axes than it takes."""

    def value(k: int) -> np.ndarray | None:
        v = values(k)
        return turned(v) if v is not None and v.ndim >= least else None

    return value


def way(turn: str, scale: float, powers: str, words: str) -> Way:
    """A way to be wrong, from what has to be done to the right value, or to what the
    words say.
    """
    size = times(abs(scale), powers)
    said, cost = [], 0.9 * bool(words)
    opposite = "with the opposite sign" if turn else "the sign is opposite"
    if turn:
        said.append(turn)
        cost += 0.8
    if scale < 0:
        said.append(opposite)
        cost += 0.8
    if size != "1":
        said.append(f"{size} times what it should be" if not words else f"times {size}")
        cost += 1
    if len(said) > 1:
        said[-1] = f"and {said[-1]}"
    all_said = ", ".join(said)
    if words:
        both = f"{words}; besides, {all_said}." if said else f"{words}."
        return Way(cost, both, words)
    return Way(cost, f"{all_said}.")


def times(scale: float, powers: str) -> str:
    """A factor in words, made of a number and of sizes."""
    if abs(scale - 1) <= SINGLE:
        return powers or "1"
    return f"{number(scale, 6)} · {powers}" if powers else number(scale, 6)


OPPOSITE = way("", -1.0, "", "")
"""The opposite sign, and nothing else."""


# What is wrong in none of the known ways


def wrong_shape(
    part: Part, trials: Sequence[Trial], drawn: Sequence[int], wrong: Sequence[int]
) -> str:
    """What to say of a shape, in the letters of the sizes."""
    off = [i for i in wrong if part.given[i].shape != part.right[i].shape]
    i = min(off, key=lambda i: (bool(trials[i].edge), part.right[i].size))
    same_numbers = not trials[i].edge and all(
        error(np.squeeze(part.given[j]), np.squeeze(part.right[j])) <= SINGLE
        for j in drawn
    )
    a_row = all(part.given[j].shape == part.right[j].shape[1:] for j in drawn)
    is_row = [
        a_row and min(map(error, part.right[j], repeat(part.given[j]))) <= SINGLE
        for j in drawn
    ]
    row = ""
    if all(is_row):
        row = (
            ": it is one of the rows, another one in each case, where all are expected"
        )
    elif a_row and not any(is_row):
        row = ", and it is none of the rows"

    def shape(arrays: Arrays) -> str:
        if not arrays[i].ndim:
            return "a single number"
        letters = spelt(
            [arrays[j].shape for j in drawn], [trials[j].sizes for j in drawn]
        )
        shape = str(arrays[i].shape)
        lettered = letters not in ("", shape) and not trials[i].edge
        return f"{letters} = {shape}" if lettered else shape

    return (
        f"{'the numbers are right, but ' * same_numbers}the shape is {shape(part.given)}, where {shape(part.right)} is "
        f"expected ({trials[i].where()}){row}."
    ).replace("the shape is a single", "this is a single")
