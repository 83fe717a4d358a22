"""A reader's own function, held against a result: right, not right, or not to be read;
and how it is wrong.

There are three verdicts: what cannot be read, or not closely enough, is not called
wrong. How one comes about: ``reading`` calls the function and reads what it gives,
``diagnosis`` compares it with what is right and with the known mistakes, up to what
``likeness`` knows, and ``pencil`` looks for a small case.
"""

import difflib
import html
import itertools
import operator
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib import resources
from typing import NamedTuple

import numpy as np

from unrolled.checks.diagnosis import (
    EXCHANGED,
    SINGLE,
    Mistakes,
    Part,
    Remark,
    Trial,
    judge,
    overflows,
    right_only,
)
from unrolled.checks.formula import RESULTS, Case, Parts, Result, error, named, parts
from unrolled.checks.likeness import Arrays, same_shapes
from unrolled.checks.pencil import small_cases, two_numbers, written_out
from unrolled.checks.reading import (
    ALIKE,
    Asked,
    Form,
    Given,
    OutOfRange,
    Unreadable,
    WithoutEnd,
    fit,
    of_no_entries,
    understood,
)

PRINTED = 1000
"""So many characters of what a function prints are shown, once."""

FEW = 20
"""So many cases are looked through for one that shows a mistake better."""

RIGHT, WRONG, UNREAD = "right", "not right", "I cannot read this"
LOOKS = {
    True: (RIGHT, "✓", "#2f9e44"),
    False: (WRONG, "✗", "#e03131"),
    None: (UNREAD, "?", "#868e96"),
}


class Verdict(NamedTuple):
    """Whether a reader's function computes a result, and what is to say about it.

    ``right`` is None where that cannot be said. ``case`` is the case that the words
    show: the function can be called with it, as ``function(**verdict.case)``.
    """

    right: bool | None
    words: str
    case: Case | None = None

    def __repr__(self) -> str:
        return self.words

    def _repr_html_(self) -> str:
        word, mark, colour = LOOKS[self.right]
        label, colon, said = self.words.partition(": ")
        return (
            f'<div style="border-left: 0.3em solid {colour}; padding: 0.2em 0.8em; font-family: monospace; '
            f'white-space: pre-wrap; overflow-wrap: anywhere">{html.escape(label + colon)}<strong>'
            f'<span aria-hidden="true">{mark} </span>{word}</strong>{html.escape(said.removeprefix(word))}</div>'
        )


def attempt(
    label: str, function: Callable[..., object] | str, /, **only: int
) -> Verdict:
    """Hold a function, or a line of text, against the result with a label, and say
    whether it is right, and if not, how it is wrong.

    The function takes what the result's own function takes, by the same names. It gives
    the same, in any form: arrays, lists, tensors; several parts in the same order or by
    name; or a part alone, such as one of several gradients, or the one by a single
    state. ``only`` fixes sizes, as in ``attempt("rnn-states", mine, T=3)``.

    Import the results of the page first, as in ``from unrolled.results import
    backprop_rnn``. What the function raises becomes a verdict. Raises ValueError for a
    label or a size that is not known, and TypeError for what is no label, no function
    or no size.

    A line is the right side of a gradient, as the page's “Write yours” takes it: plain
    text, LaTeX, NumPy, or by entries. It begins with its left side, as in ``"dJ/dh =
    W_unembed^T e"``, where the block with the label states several gradients, or where
    the line is of the loss −J. The label may be that of a short answer. What cannot be
    read becomes a verdict.
    """
    if isinstance(function, str):
        # here, since it takes its time, and stands on this room
        from unrolled.yours.line import attempt_line

        return attempt_line(label, function, **only)
    result = find(label)
    if not callable(function):
        raise TypeError(
            f"attempt needs a function or a line of text, and got {function!r}; give the function itself, not its value"
        )
    return against(result, function, allowed(result, only))


def against(
    result: Result, function: Callable[..., object], only: Mapping[str, int]
) -> Verdict:
    """Hold a function against a result, in cases of some sizes."""
    label, trials = result.label, gathered(result, only)
    try:
        asked = Asked(function, list(trials[0].case))
        heard, answers, silent, beyond = answered(asked, trials)
        form, found = understood(answers, [t.claimed for t in heard])
        with np.errstate(all="ignore"):
            judged = compared(
                heard, found, Mistakes(result.mutants, heard), [t for t, _ in silent]
            )
            if not all(remark.right for _, remark in judged):
                demand_the_same_again(asked, form, heard, found)
    except Unreadable as reason:
        return Verdict(None, f"{label}: {UNREAD}. {reason}")
    held = held_against(trials, only)
    more = missing(answers[0], judged, heard[0])
    if all(remark.right for _, remark in judged):
        more += out_of_range(beyond, judged)
        return praise(label, judged, heard, silent, held, more)
    lines = told(judged)
    if silent:
        lines.append(f"In {len(silent)} of {len(trials)} cases: {silence(silent)}")
    if answers[0].named is None and any(EXCHANGED in line for line in lines):
        order = ", ".join(heard[0].claimed)
        lines.append(f"The order is {order}; or give them by name, as a dictionary.")
    lines += {
        meant(label, remark.only): None for _, remark in judged if " = " in remark.only
    }
    if all(remark.right is not False for _, remark in judged):
        return Verdict(None, "\n".join([f"{label}: {UNREAD} closely enough.", *lines]))
    hardest = max(plausibility(r) for _, r in judged if r.right is False)
    wrong = [part for part, r in judged if plausibility(r) == hardest]
    with np.errstate(all="ignore"):
        seen = example(wrong, candidates(result, only, heard), asked, form)
    words = "\n".join([f"{label}: {WRONG}, {held}.", *lines, *more, *seen.lines])
    return Verdict(False, words, seen.case)


# The cases


LABEL = re.compile(r'^    label="(.+)",$', re.MULTILINE)
"""How the source of a result has its label."""


def demand_label(label: object) -> None:
    """Raise TypeError for what is no label."""
    if not isinstance(label, str):
        raise TypeError(
            f"attempt needs the label of a result first, such as 'softmax-error', and got {label!r}"
        )


def find(label: str) -> Result:
    """The result with a label; raises ValueError with the nearest that is known, and
    TypeError for what is no label.
    """
    demand_label(label)
    if label in RESULTS:
        return RESULTS[label]
    known = dict.fromkeys(RESULTS, "") | pages()
    if label in known:
        raise unknown_before(label, known[label])
    near = difflib.get_close_matches(label, known, n=1)
    if not near:
        raise ValueError(
            f"no result has the label {label!r}. A label is the last part of the address of a result's title, behind "
            "the #: 'softmax-error' in backprop-mlp.html#softmax-error"
        )
    page = known[near[0]] if near[0] not in RESULTS else ""
    hint = f" It is known after: from unrolled.results import {page}" * bool(page)
    raise ValueError(
        f"no result has the label {label!r}; did you mean {near[0]!r}?{hint}"
    )


def unknown_before(label: str, page: str) -> ValueError:
    """What is raised for a label whose page's module has not been imported."""
    return ValueError(
        f"the result {label!r} is known after: from unrolled.results import {page}"
    )


def pages() -> dict[str, str]:
    """The labels of the book's results, each with the module that has to be imported;
    none of them is imported here.
    """
    return {
        label: source.name.removesuffix(".py")
        for source in resources.files("unrolled").joinpath("results").iterdir()
        if source.name.endswith(".py")
        for label in LABEL.findall(source.read_text(encoding="utf-8"))
    }


def allowed(result: Result, only: Mapping[str, int]) -> dict[str, int]:
    """The sizes that are fixed; raises ValueError for what is no size of the result,
    and TypeError for no number.
    """
    known = ", ".join(
        f"{letter} from {low} to {high}" for letter, (low, high) in result.sizes.items()
    )
    found = {}
    for letter, size in only.items():
        if letter not in result.sizes:
            raise ValueError(
                f"{result.label} has no size {letter!r}; its cases have {known}"
            )
        try:
            found[letter] = operator.index(size)
        except TypeError:
            raise TypeError(
                f"the size {letter} is a whole number, and got {size!r}"
            ) from None
        low, high = result.sizes[letter]
        if not low <= found[letter] <= high:
            raise ValueError(
                f"{letter} = {size} is not among the cases of {result.label}, which have {known}"
            )
    return found


def gathered(result: Result, only: Mapping[str, int]) -> list[Trial]:
    """The random cases and the edge cases, with what the claim gives; all of them of
    the sizes that are fixed.
    """
    cases = [(sizes, "", case) for sizes, case in result.drawn(**only)]
    places = {letter: places_of(result, letter) for letter in only}
    for name, case in result.edges.items():
        measured = dict(measures(case))
        if all(measured.get(places[x]) == only[x] for x in only):
            cases.append(({}, name, case))
    return [Trial(*case, parts(result.claim(**case[-1]))) for case in cases]


Place = tuple[str, int]
"""An argument and one of its axes, or −1 for its value."""


def measures(case: Case) -> Iterator[tuple[Place, int]]:
    """The lengths of all axes of a case's arguments, and the values of those that are
    one whole number.
    """
    for name, x in case.items():
        if isinstance(x, (int, np.integer)):
            yield (name, -1), int(x)
        for axis, length in enumerate(np.shape(x)):
            yield (name, axis), length


def places_of(result: Result, letter: str) -> Place | None:
    """Where a case has a size of the result; None if no argument has it."""
    fits = None
    for sizes, case in itertools.islice(result.drawn(), 5):
        here = {place for place, n in measures(case) if n == sizes[letter]}
        fits = here if fits is None else fits & here
    return min(fits, default=None)


# What the function gives


def answered(
    asked: Asked, trials: Sequence[Trial]
) -> tuple[list[Trial], list[Given], list[tuple[Trial, str]], list[str]]:
    """The trials in which the function gives something, what it gives, and the others,
    each with the reason why not.

    Last, in words, the extreme ones in which it raises what NumPy would give as nan or
    inf, which are no others. What it prints is shown once. Raises :class:`Unreadable`
    if it never gives anything.
    """
    heard, answers, silent, beyond = [], [], [], []
    try:
        for trial in trials:
            try:
                answers.append(asked(trial.case))
                heard.append(trial)
            except WithoutEnd:
                raise
            except Unreadable as reason:
                excused = isinstance(reason, OutOfRange) and trial.extreme()
                (beyond if excused else silent).append((trial, str(reason)))
    finally:
        if asked.printed:
            cut = " …" * (len(asked.printed) > PRINTED)
            print(asked.printed[:PRINTED].rstrip("\n") + cut)
    if all(trial.edge for trial in heard):
        raise Unreadable(silence(silent, where=False))
    return heard, answers, silent, [trial.where() for trial, _ in beyond]


def demand_the_same_again(
    asked: Asked, form: Form, heard: Sequence[Trial], found: Sequence[Parts]
) -> None:
    """Raise :class:`Unreadable` if the function, called again in :data:`FEW` cases,
    does not give the same again.
    """
    for trial, before in list(zip(heard, found, strict=True))[:FEW]:
        try:
            given = form(asked(trial.case), trial.claimed)
            again = of_no_entries(given, trial.claimed)
        except Unreadable:
            again = {}
        for name, x in before.items():
            same = name in again and np.array_equal(x, again[name], equal_nan=True)
            if not same and (name not in again or error(x, again[name]) > SINGLE):
                raise Unreadable(
                    f"Called again with the same arguments, it does not give the same ({trial.where()}). Does it draw "
                    "at random, or keep something from one call to the next, such as a .grad that adds up?"
                )


def silence(silent: Sequence[tuple[Trial, str]], where: bool = True) -> str:
    """Why a function gives nothing in the smallest case, and where that is."""
    trial, reason = min(
        silent, key=lambda s: (bool(s[0].edge), sum(s[0].sizes.values()))
    )
    same = {other for _, other in silent} == {reason}
    return f"{reason} This was {trial.where()}." if where or not same else reason


# What is compared with what


def compared(
    heard: Sequence[Trial],
    found: Sequence[Parts],
    known: Mistakes,
    silent: Sequence[Trial],
) -> list[tuple[Part, Remark]]:
    """The parts that were given, each with what is to say of it.

    One array that does not have the shape expected may be one of several parts, or some
    of the rows of one. It is taken for that which makes it right, or wrong in the
    simplest way; raises :class:`Unreadable` if it may be any of several.
    """
    claims = [t.claimed for t in heard]
    names = [name for name in claims[0] if all(name in given for given in found)]
    if names and (len(claims[0]) > 1 or fit(found, claims)):
        right = {name: [c[name] for c in claims] for name in claims[0]}
        parts = [
            Part(name, name, select(name), [f[name] for f in found], right[name])
            for name in names
        ]
        return [
            (part, judge(part, heard, without(right, part.name), known, silent))
            for part in parts
        ]
    if any(len(f) > 1 for f in found):
        raise Unreadable("It does not give the same parts in every case.")
    given = [next(iter(f.values())) for f in found]
    parts = [
        Part(title, next(iter(found[0])), of, given, list(map(of, claims)))
        for title, of in readings(claims)
    ]
    judged = [
        (part, judge(part, heard, {}, known, silent))
        for part in parts
        if part.title in claims[0] or same_shapes(part.given, part.right)
    ]
    best = min(judged, key=lambda pair: plausibility(pair[1]))
    if best[1].right or best[1].ways:
        return [best]
    if names:
        return judged[:1]
    raise Unreadable(
        f"It gave one array, where {', '.join(claims[0])} are expected. It is none of them, and none with a known "
        f"mistake. Give it by its name, as {{{next(iter(claims[0]))!r}: …}}, to have it compared."
    )


def select(name: str, rows: object = ...) -> Callable[[Parts], np.ndarray | None]:
    """How to take a part, or some of its rows, from all parts; None if it is not
    there.
    """

    def taken(parts: Parts) -> np.ndarray | None:
        try:
            return parts[name][rows]
        except (KeyError, IndexError):
            return None

    return taken


def without(right: Mapping[str, Arrays], name: str) -> dict[str, Arrays]:
    """The other parts."""
    return {other: arrays for other, arrays in right.items() if other != name}


def readings(
    claims: Sequence[Parts],
) -> Iterator[tuple[str, Callable[[Parts], np.ndarray | None]]]:
    """Each part, then each row of one and all its rows but one: in words, and how to
    take it from all parts.
    """
    for name in claims[0]:
        yield name, select(name)
    for name in claims[0]:
        of = f" of {name}" if name else ""
        lengths = {len(c[name]) if c[name].ndim else 0 for c in claims}
        for row in range(min(lengths)):
            yield f"row {row}{of}", select(name, row)
        if min(lengths) < max(lengths):
            for row in range(1, min(lengths) + 1):
                yield f"row {row} from the end{of}", select(name, -row)
        if min(lengths):
            yield f"all rows but the first{of}", select(name, slice(1, None))
            yield f"all rows but the last{of}", select(name, slice(-1))


def plausibility(remark: Remark) -> tuple[int, float]:
    """The less, the more likely it is that a reading with such a remark was meant."""
    if remark.right:
        return 0, remark.error
    return (1, min(remark.ways).cost) if remark.ways else (2, 0.0)


# What is said


def held_against(trials: Sequence[Trial], only: Mapping[str, int]) -> str:
    """How many cases there were."""
    drawn = sum(not t.edge for t in trials)
    edges = len(trials) - drawn
    where = f"where {named(only)}" if only else "of different sizes"
    more = f" and {edges} edge case{'s' * (edges > 1)}" if edges else ""
    return f"held against {drawn} case{'s' * (drawn > 1)} {where}{more}"


def missing(
    answer: Given, judged: Sequence[tuple[Part, Remark]], trial: Trial
) -> list[str]:
    """What was not given, and what was given beside the result, each in a line."""
    lines = []
    names = [part.name for part, _ in judged]
    if "" not in names:
        left_out = [name for name in trial.claimed if name not in names]
        lines += [f"Not given, so not judged: {', '.join(left_out)}."] * bool(left_out)
    beside = [name for name in answer.named or () if name not in trial.claimed]
    if beside and "" not in trial.claimed:
        lines.append(f"Not in the result, so not judged: {', '.join(beside)}.")
    return lines


def out_of_range(
    beyond: Sequence[str], judged: Sequence[tuple[Part, Remark]]
) -> list[str]:
    """A line on the extreme cases in which what is right gives no number, if there are
    any.
    """
    places = dict.fromkeys([*beyond, *(r.overflow for _, r in judged if r.overflow)])
    if not places:
        return []
    return [
        f"It gives no number {', nor '.join(places)}: plain exponentials and logarithms leave the range there."
    ]


def praise(
    label: str,
    judged: Sequence[tuple[Part, Remark]],
    heard: Sequence[Trial],
    silent: Sequence[tuple[Trial, str]],
    held: str,
    more: Sequence[str],
) -> Verdict:
    """What to say of what is right, wherever it gives something."""
    part, worst = max(judged, key=lambda pair: pair[1].error)
    alone = f", read as {part.title}" if part.title != part.name else ""
    if not silent:
        head = f"{label}: {RIGHT}{alone}{worst.words}, {held}."
        return Verdict(True, "\n".join([head, *more]))
    total = len(heard) + len(silent)
    head = f"{label}: {UNREAD} in {len(silent)} of {total} cases. In the others it is right{alone}{worst.words}."
    only = right_only(
        [t.sizes for t in heard if not t.edge],
        [t.sizes for t, _ in silent if not t.edge],
    )
    hints = [meant(label, only)] if " = " in only else []
    return Verdict(None, "\n".join([head, silence(silent), *hints, *more]))


def meant(label: str, only: str) -> str:
    """How to have checked what is right at one size alone, given as "T = 3"."""
    return f"If it is meant for {only} alone: attempt({label!r}, …, {only.replace(' ', '')})."


def told(judged: Sequence[tuple[Part, Remark]]) -> list[str]:
    """What to say of each part, a line for those of which the same is said; of several
    ways, one that many share.
    """
    shared = Counter(
        mistake for _, r in judged for mistake in {w.mistake for w in r.ways}
    )
    said: dict[str, list[str]] = {}
    for part, remark in judged:
        words = f"right{remark.words}." if remark.right else remark.words
        if remark.ways:
            words = min(
                remark.ways, key=lambda w: (w.cost - shared[w.mistake] / 100, w.words)
            ).words
        title = part.title or "The value"
        if part.title != part.name:
            title = f"Read as {title}"
        said.setdefault(words, []).append(title)
    return [f"{', '.join(titles)}: {words}" for words, titles in said.items()]


class Seen(NamedTuple):
    """A case that shows a mistake, with lines of words."""

    lines: list[str]
    case: Case | None = None


def candidates(
    result: Result, only: Mapping[str, int], heard: Sequence[Trial]
) -> Iterator[Trial]:
    """Cases that may show a mistake: small ones of one digit, then those in which the
    function was tried.
    """
    for sizes, case in small_cases(result, **only):
        try:
            claimed = parts(result.claim(**case))
        except Exception:  # a case rounded so far that it is none
            continue
        if all(np.isfinite(x).all() for x in claimed.values()):
            yield Trial(sizes, "", case, claimed)
    yield from sorted(heard, key=lambda t: sum(np.size(x) for x in t.case.values()))


def example(
    wrong: Sequence[Part], cases: Iterator[Trial], asked: Asked, form: Form
) -> Seen:
    """The first case that shows clearly that a part is wrong, written out, and the
    entry that differs most.

    A case in which not the sign alone is wrong is looked for in :data:`FEW` more, one
    in which not the shape is wrong in all.
    """
    errors = [error(*x) for p in wrong for x in zip(p.given, p.right, strict=True)]
    clear = max(ALIKE, max(filter(np.isfinite, errors), default=0.0) / 100)
    best, in_shape, tried = Seen([]), Seen([]), 0
    for trial in cases:
        tried += best.case is not None
        if tried > FEW:
            break
        try:
            given = form(asked(trial.case), trial.claimed)
        except Unreadable:
            continue
        for part in wrong:
            g, r = given.get(part.name), part.of(trial.claimed)
            if g is None or r is None or error(g, r) <= clear:
                continue
            if overflows(trial, g):
                continue
            seen = Seen(shown(trial, part.title, g, r), trial.case)
            if g.shape != r.shape:
                in_shape = in_shape if in_shape.lines else seen
                continue
            if error(abs(g), abs(r)) > clear:
                return seen
            best = best if best.lines else seen
    return best if best.lines else in_shape


def shown(trial: Trial, title: str, given: np.ndarray, right: np.ndarray) -> list[str]:
    """A case written out, and the entry that differs most there, or the shape."""
    written = written_out(trial.case)
    lines = [
        f"For example, {trial.where()}{', with' if written else ','}",
        *filter(None, [written]),
    ]
    if given.shape != right.shape:
        of = f" of {title}" * bool(title)
        return [*lines, f"the shape{of} is {given.shape}, and should be {right.shape}."]
    with np.errstate(all="ignore"):
        far = np.nan_to_num(abs(given - right), nan=np.inf)
    place = np.unravel_index(far.argmax(), far.shape)
    entry = f"entry {list(map(int, place))}" if place else ""
    what = " of ".join(filter(None, (entry, title))) or "it"
    is_, should = two_numbers(given[place], right[place])
    return [*lines, f"{what} is {is_}, and should be {should}."]
