"""Mistakes that people make in a formula: edits of the function that the page shows."""

import inspect
import sys
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple


class Unless(NamedTuple):
    """Where a mistake is none: in words, and as a function of a case."""

    words: str
    holds: Callable[..., bool]


class Mutant(NamedTuple):
    """A mistake that people make in a formula.

    The check has to refuse it in every random case, except where it is none. ``unless``
    says where that is: a condition on the sizes, such as ``"T == 1 or d == 1"``, or
    another one as :class:`Unless`. ``lines`` are the lines of the formula's code that
    it changes, each with what stands there instead.
    """

    mistake: str
    function: Callable[..., object]
    unless: str | Unless = ""
    lines: Sequence[tuple[str, str]] = ()

    @property
    def but(self) -> str:
        """Where it is no mistake, in words; empty if it always is one."""
        if isinstance(self.unless, Unless):
            return self.unless.words
        return self.unless.replace("==", "=").replace("<=", "≤").replace(">=", "≥")

    def is_none(self, sizes: Mapping[str, int], case: Mapping[str, object]) -> bool:
        """Whether it is no mistake in a case of such sizes."""
        if isinstance(self.unless, Unless):
            return bool(self.unless.holds(**case))
        return bool(self.unless) and eval(self.unless, {}, dict(sizes))


Edit = str | tuple[str, str | Unless]


def mistakes(
    functions: Callable | Sequence[Callable],
    edits: Mapping[str, Edit],
    of_case: Callable[[Callable], Callable] = lambda function: function,
) -> list[Mutant]:
    """Mistakes in a function, each by its name and its edit, ``"(y - p) → (p - y)"``:
    what stands there, and what then.

    Several edits stand on lines of their own. An edit may come in a pair with where it
    is no mistake. Of several functions of one module, the last is the formula and the
    others are what it calls; the edit may be in any of them. What other modules hold
    stays as it is. Where the page shows a function that does not take the arguments of
    a case, ``of_case`` makes one of it that does. Raises ValueError unless each place
    is there, once.
    """
    several = [functions] if callable(functions) else list(functions)
    source = "\n".join(textwrap.dedent(inspect.getsource(f)) for f in several)
    module = sys.modules[several[-1].__module__]
    found = []
    for mistake, given in edits.items():
        edit, unless = (given, "") if isinstance(given, str) else given
        edited = source
        for change in edit.strip().splitlines():
            old, arrow, new = map(str.strip, change.partition("→"))
            if not arrow:
                raise ValueError(f"the mistake “{mistake}”: no → in {change!r}")
            # no edit may stand in what another has changed
            for code in (source, edited):
                if code.count(old) != 1:
                    raise ValueError(
                        f"the mistake “{mistake}”: {old!r} stands {code.count(old)} times in the code of "
                        f"{several[-1].__name__}; expected once"
                    )
            edited = edited.replace(old, new)
        before_and_after = zip(source.splitlines(), edited.splitlines(), strict=True)
        lines = [
            tuple(map(bare, pair)) for pair in before_and_after if pair[0] != pair[1]
        ]
        names = dict(vars(module))
        exec(compile(edited, f"<{mistake}>", "exec"), names)
        function = of_case(names[several[-1].__name__])
        found.append(Mutant(mistake, function, unless, lines))
    return found


def bare(line: str) -> str:
    """A line of code without the space before it and the comment behind it."""
    return line.split("  # ")[0].strip()
