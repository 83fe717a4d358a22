"""A reader's function, called; and what it gives, read as numbers in whatever form a
right answer can take.

A function may do anything: print, raise, change its arguments, give text, never come to
an end of its output. None of that gets out, but for a KeyboardInterrupt: what cannot be
read is said in words, as ``Unreadable``.
"""

import contextlib
import dataclasses
import inspect
import io
import itertools
import linecache
import sysconfig
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence, ValuesView
from pathlib import Path
from typing import NamedTuple

import numpy as np

from unrolled.checks.formula import TAU, Case, Parts

ALIKE = 1e-8
"""Two values that differ less are the same formula, computed otherwise."""

ENOUGH = 100_000
"""A function that prints more characters, or gives more values, is taken to have no
end.
"""


LIBRARIES = (
    *(sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")),
    str(Path(__file__).parents[1]),
    "<frozen ",
    "<__array_function__ ",
)
"""Where files begin that are not the reader's: Python's, those of installed packages,
and the book's own.
"""


class Unreadable(Exception):
    """What a function gave cannot be read, or it gave nothing: why, in words for the
    reader.
    """


class Nothing(Unreadable):
    """None, where a value is expected."""


class WithoutEnd(Unreadable):
    """A function that gives or prints more than anyone will read; it is not asked
    again.
    """


class OutOfRange(Unreadable):
    """A number that is too large, or that became zero: Python's own functions raise
    where NumPy's give nan or inf.
    """


# Calling


class Endless(BaseException):
    """More output than anyone will read; nothing that a function is likely to catch."""


class Output(io.StringIO):
    """What a function prints, up to :data:`ENOUGH` characters."""

    def write(self, text: str) -> int:
        """Keep the text."""
        if self.tell() > ENOUGH:
            raise Endless
        return super().write(text)


class Asked:
    """A reader's function, to be asked case by case; the first thing that it prints is
    kept in ``printed``.

    ``names`` are those of a case's arguments. Raises :class:`Unreadable` if the
    function does not take them.
    """

    def __init__(self, function: Callable[..., object], names: list[str]) -> None:
        self.function = function
        self.by_position = False
        self.printed = ""
        try:
            signature = inspect.signature(function)
        except Exception:  # builtins and some classes have none
            self.signature = None
            return
        self.signature = signature
        try:
            signature.bind(**dict.fromkeys(names))
        except TypeError as reason:
            nameless = {
                inspect.Parameter.POSITIONAL_ONLY,
                inspect.Parameter.VAR_POSITIONAL,
            }
            if {p.kind for p in signature.parameters.values()} <= nameless:
                with contextlib.suppress(TypeError):
                    signature.bind(*names)
                    self.by_position = True
                    return
            why = misfit(signature, names) or f"It does not take them: {reason}."
            raise Unreadable(
                f"It is called with the arguments {', '.join(names)}, by these names. {why}"
            ) from None

    def __call__(self, case: Case) -> "Given":
        """What the function gives for a copy of a case; raises :class:`Unreadable`."""
        output = Output()
        try:
            with (
                contextlib.redirect_stdout(output),
                contextlib.redirect_stderr(output),
                warnings.catch_warnings(),
                np.errstate(all="ignore"),
            ):
                warnings.simplefilter("ignore")
                return read(self.value(case))
        except (KeyboardInterrupt, Unreadable):
            raise
        except Endless:
            raise WithoutEnd("It prints without an end.") from None
        except BaseException as reason:  # SystemExit and the like too
            range_left = isinstance(reason, ArithmeticError) or "math domain" in said(
                reason
            )
            kind = OutOfRange if range_left else Unreadable
            raise kind(in_words(reason)) from None
        finally:
            self.printed = self.printed or output.getvalue()

    def value(self, case: Case) -> object:
        """What the function gives for a copy of a case, as it is."""
        case = {
            name: np.copy(x) if isinstance(x, np.ndarray) else x
            for name, x in case.items()
        }
        if self.signature is None:
            with contextlib.suppress(TypeError):
                return self.function(**case)
        if self.signature is None or self.by_position:
            return self.function(*case.values())
        return self.function(**case)


def misfit(signature: inspect.Signature, names: Sequence[str]) -> str:
    """Which arguments a function wants that are not given, or else which it does not
    take; '' if it is neither.
    """
    taken = signature.parameters
    variadic = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}
    needed = [
        n for n, p in taken.items() if p.default is p.empty and p.kind not in variadic
    ]
    if wanted := [f"`{name}`" for name in needed if name not in names]:
        are = "is" if len(wanted) == 1 else "are"
        return f"Your function wants {', '.join(wanted)}, which {are} not given."
    if refused := [f"`{name}`" for name in names if name not in taken]:
        return f"Your function does not take {', '.join(refused)}."
    return ""


def said(reason: BaseException) -> str:
    """The words of an exception; none if it has none."""
    try:
        return str(reason)
    except Exception:
        return ""


def in_words(reason: BaseException) -> str:
    """What a function raised, and in which of its lines."""
    more = f": {said(reason)}" if said(reason) else ""
    frames = traceback.extract_tb(reason.__traceback__)
    reason.with_traceback(None)  # one that is raised again would have all these again
    inside = [f for f in frames if f.filename != __file__]
    own = [f for f in inside if not f.filename.startswith(LIBRARIES)]
    place = f", in {quoted((own or inside)[-1])}" if inside else ""
    return f"It raised {type(reason).__name__}{more[:200]}{place}."


def quoted(frame: traceback.FrameSummary) -> str:
    """The line of a frame; of one that is long or holds a whole function, what of it
    went wrong.
    """
    line = frame.line
    if not line:
        return f"line {frame.lineno} of {frame.name}"
    if len(line) > 100 or line.startswith("def "):
        code = linecache.getline(frame.filename, frame.lineno).encode()
        end = frame.end_colno if frame.end_lineno == frame.lineno else None
        line = code[frame.colno : end].decode(errors="ignore").strip() or line
    return f"the line “{line[:100]}”"


# Reading


class Given(NamedTuple):
    """What a function gave: parts by name, several values, one array; each None where
    it cannot be read so.

    A part that cannot be read is the reason; ``why`` says why all is not one array.
    ``only`` is the one value of a tuple or the like.
    """

    named: Mapping[str, np.ndarray | Unreadable] | None = None
    several: list[np.ndarray | Unreadable] | None = None
    whole: np.ndarray | None = None
    why: str = ""
    only: np.ndarray | Unreadable | None = None


def read(value: object) -> Given:
    """A value in all the forms that it can be read in; raises :class:`Unreadable` if
    there is none.
    """
    if isinstance(value, (Iterator, ValuesView)):
        value = list(itertools.islice(value, ENOUGH + 1))
    named = fields(value)
    if named is not None:
        parts = {str(name): part_of(part) for name, part in named.items()}
        return Given(parts, list(parts.values()) if isinstance(value, tuple) else None)
    several, whole, why, only = None, None, "", None
    try:
        whole = numbers(value)
    except WithoutEnd:
        raise
    except Unreadable as reason:
        why = str(reason)
    objects = isinstance(value, np.ndarray) and value.dtype.kind == "O"
    if is_list(value) or (objects and value.ndim):
        several = [part_of(part) for part in value]
        if len(several) == 1 and not objects:
            nested = isinstance(value, list) and isinstance(value[0], list)
            only = None if nested else several[0]
    elif whole is not None and whole.ndim:
        several = list(whole)
    if whole is None and several is None:
        raise Unreadable(why)
    return Given(None, several, whole, why, only)


def part_of(value: object) -> np.ndarray | Unreadable:
    """One of several values as an array, or why it cannot be read."""
    try:
        return numbers(value)
    except WithoutEnd:
        raise
    except Unreadable as reason:
        return reason


def readable(parts: Mapping[str, np.ndarray | Unreadable]) -> Parts:
    """The parts, if all of them can be read; raises :class:`Unreadable`, with the name
    of one that cannot.
    """
    for name, part in parts.items():
        if isinstance(part, Unreadable):
            if isinstance(part, Nothing):
                raise Unreadable(
                    f"{name} is None, where numbers are expected. If it is the .grad of a tensor that was computed, "
                    "call its retain_grad() before backward()."
                )
            raise Unreadable(f"Of {name}: {part}")
    return dict(parts)


def is_list(value: object) -> bool:
    """Whether a value is a list, a tuple or the like, and no text."""
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))


def fields(value: object) -> Mapping[str, object] | None:
    """The parts of a dictionary, a named tuple or a dataclass by their names; None of
    anything else.
    """
    if isinstance(value, Mapping):
        return value
    if hasattr(value, "_asdict"):
        return value._asdict()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    return None


def numbers(value: object) -> np.ndarray:
    """A value as one array of real numbers: nested lists, tensors, fractions; raises
    :class:`Unreadable`.
    """
    if value is None:
        raise Nothing("It gave None: is there a return at its end?")
    if is_list(value) and len(value) > ENOUGH:
        raise WithoutEnd("It gives one value after the other, without an end.")
    if type(value).__module__.partition(".")[0] == "torch":
        value = value.detach().cpu().to_dense()
        value = (value if value.is_complex() else value.double()).numpy()
    if hasattr(value, "toarray"):  # SciPy's sparse matrices
        value = value.toarray()
    try:
        array = np.asarray(value)
    except Exception:  # rows of different lengths, or tensors that require grad
        array = None
    if array is None:
        return from_objects(value)
    if array.dtype.kind == "O":
        return from_objects(array if array.ndim else array.item())
    if array.size > ENOUGH:
        raise WithoutEnd(f"It gives {array.size} numbers, far more than are expected.")
    if array.dtype.kind in "US":
        raise Unreadable("It gave text, where numbers are expected.")
    if array.dtype.kind == "c":
        imaginary = abs(array.imag).max(initial=0)
        if imaginary > ALIKE * max(abs(array).max(initial=0), TAU):
            raise Unreadable(
                f"It gave complex numbers, with imaginary parts up to {imaginary:.3g}, where real ones are expected."
            )
        array = array.real
    if array.dtype.kind not in "biuf":
        raise Unreadable(f"It gave {array.dtype}, where numbers are expected.")
    return array.astype(float)


def from_objects(value: object) -> np.ndarray:
    """One array from a sequence of whatever numbers, or from one number; raises
    :class:`Unreadable`.
    """
    if is_list(value) or isinstance(value, np.ndarray):
        rows = readable({f"row {i}": part_of(row) for i, row in enumerate(value)})
        rows = list(rows.values())
        if len({row.shape for row in rows}) > 1:
            raise Unreadable(
                "It gave values of different shapes, where one array is expected."
            )
        return np.array(rows)
    try:
        return np.array(float(value))
    except Exception:
        raise Unreadable(
            f"It gave a value of the type {type(value).__name__}, where numbers are expected."
        ) from None


# What was given of which part


def as_one(given: Given, claimed: Parts) -> Parts:
    """One array, where one is expected: its rows may have names."""
    if given.named is None:
        if given.whole is None:
            raise Unreadable(given.why)
        return dict.fromkeys(claimed, given.whole)
    named = readable(given.named)
    if len(named) == 1:
        return dict.fromkeys(claimed, *named.values())
    if not named or len({x.shape for x in named.values()}) > 1:
        raise Unreadable(
            f"It gave {', '.join(named) or 'no parts'}, where one array is expected."
        )
    return dict.fromkeys(claimed, np.array(list(named.values())))


def as_only_value(given: Given, claimed: Parts) -> Parts:
    """The only value of a tuple, where one array is expected."""
    if given.only is None:
        raise Unreadable(given.why)
    return readable(dict.fromkeys(claimed, given.only))


def by_name(given: Given, claimed: Parts) -> Parts:
    """The parts that have names, all or some."""
    found = {name: x for name, x in (given.named or {}).items() if name in claimed}
    if not found:
        raise Unreadable(
            f"It gave {', '.join(given.named or ['no parts'])}, where {', '.join(claimed)} are expected."
        )
    return readable(found)


def in_order(given: Given, claimed: Parts) -> Parts:
    """All parts, in their order."""
    if given.several is None or len(given.several) != len(claimed):
        number = (
            "one value" if given.several is None else f"{len(given.several)} values"
        )
        raise Unreadable(
            f"It gave {number}, where {', '.join(claimed)} are expected. To have one of them checked, give it by its "
            f"name: {{{next(iter(claimed))!r}: …}}."
        )
    return readable(dict(zip(claimed, given.several, strict=True)))


def as_any_part(given: Given, claimed: Parts) -> Parts:
    """One array, where several parts are expected; it has the name '' until it is known
    which it is.
    """
    if given.whole is None:
        raise Unreadable(given.why)
    return {"": given.whole}


Form = Callable[[Given, Parts], Parts]


def understood(
    answers: Sequence[Given], claims: Sequence[Parts]
) -> tuple[Form, list[Parts]]:
    """The form in which all answers can be read, best one in which the shapes fit; and
    the answers, so read.

    Raises :class:`Unreadable`.
    """
    single = len(claims[0]) == 1
    forms = (as_one, as_only_value) if single else (by_name, in_order, as_any_part)
    readable, reasons = {}, {}
    for form in forms:
        try:
            found = list(map(form, answers, claims))
            readable[form] = list(map(of_no_entries, found, claims))
        except Unreadable as reason:
            reasons[form] = reason
    for form, found in readable.items():
        if fit(found, claims):
            return form, found
    if readable:
        return next(iter(readable.items()))
    raise reasons[forms[0] if single or answers[0].named is not None else in_order]


def of_no_entries(given: Parts, claimed: Parts) -> Parts:
    """What was given, with what has no entries as it is claimed: an empty list has no
    shape of its own.
    """
    empty = {name for name, x in given.items() if not x.size}
    return given | {n: x for n, x in claimed.items() if n in empty and not x.size}


def fit(found: Sequence[Parts], claims: Sequence[Parts]) -> bool:
    """Whether the shapes are those that are claimed; of an array without a name, those
    of one part.
    """
    return any(
        all(
            array.shape == claimed[name or part].shape
            for given, claimed in zip(found, claims, strict=True)
            for name, array in given.items()
        )
        for part in claims[0]
    )
