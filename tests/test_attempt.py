"""The reader's check: right in any form is right, wrong is refused and named truly, and nothing makes it raise."""

import dataclasses
import functools
import importlib
import re
from collections import deque, namedtuple
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

import unrolled.results
from unrolled.backprop_mlp import output_error
from unrolled.checks import Mutant, Reference, Result, Verdict, attempt
from unrolled.checks.formula import CASES, RESULTS, Case, Parts, error, parts

MODULES = [
    importlib.import_module(f"unrolled.results.{path.stem}")
    for path in sorted(Path(unrolled.results.__file__).parent.glob("[!_]*.py"))
]
ALL = {
    value.label: value
    for module in MODULES
    for value in vars(module).values()
    if isinstance(value, Result)
}
every_result = pytest.mark.parametrize("label", ALL, indirect=True)


def remembered(function: Callable) -> Callable:
    """The function, which computes a case once."""
    found = {}

    def remembering(**case):
        if key(case) not in found:
            found[key(case)] = function(**case)
        return found[key(case)]

    return remembering


@pytest.fixture
def label(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The label of a result, whose claim and mistakes are computed once for each case while a test runs."""
    result = ALL[request.param]
    monkeypatch.setitem(RESULTS, result.label, result)  # put back in the end
    dataclasses.replace(
        result,
        claim=remembered(result.claim),
        mutants=[m._replace(function=remembered(m.function)) for m in result.mutants],
    )
    return result.label


def mutants(label: str) -> Sequence[Mutant]:
    """The mistakes of a result."""
    return RESULTS[label].mutants


@functools.cache
def trials(label: str) -> list[tuple[dict[str, int] | None, Case, Parts]]:
    """The cases in the order in which they are tried, with their sizes, but for edge cases, and what is claimed."""
    result = ALL[label]
    cases = [*result.drawn(), *((None, case) for case in result.edges.values())]
    return [(sizes, case, parts(result.claim(**case))) for sizes, case in cases]


def key(case: Case) -> tuple:
    """What tells a case from all others."""
    return tuple((name, np.asarray(x).tobytes()) for name, x in case.items())


# Right in any form


def one_or_all(values: list[object], kind: type) -> object:
    """Several values as a list or a tuple; one as it is."""
    return values[0] if len(values) == 1 else kind(values)


def as_dataclass(p: Parts) -> object:
    """A dataclass with the parts as fields."""
    fields = [name or "value" for name in p]
    return dataclasses.make_dataclass("Mine", fields)(*p.values())


def rows_as_tensors(x: np.ndarray) -> object:
    """An array as a list of tensors that require grad."""
    if not x.ndim:
        return torch.tensor(x, requires_grad=True)
    return [torch.tensor(row, requires_grad=True) for row in x]


FORMS: dict[str, Callable[[Parts], object]] = {
    "tuple": lambda p: tuple(p.values()),
    "list": lambda p: one_or_all(list(p.values()), list),
    "nested lists": lambda p: one_or_all([x.tolist() for x in p.values()], list),
    "dictionary": lambda p: dict(reversed(p.items())),
    "values of a dictionary": lambda p: p.values(),
    "named tuple": lambda p: namedtuple("Own", [n or "value" for n in p])(*p.values()),
    "dataclass": as_dataclass,
    "generator": lambda p: (x for x in p.values()),
    "deque": lambda p: deque(p.values()),
    "tensors": lambda p: one_or_all([*map(torch.tensor, p.values())], tuple),
    "tensors that require grad": lambda p: one_or_all(
        [torch.tensor(x, requires_grad=True) for x in p.values()], tuple
    ),
    "lists of tensors": lambda p: one_or_all([*map(rows_as_tensors, p.values())], list),
    "objects": lambda p: one_or_all([x.astype(object) for x in p.values()], tuple),
    "real parts of complex numbers": lambda p: one_or_all(
        [x + 0j for x in p.values()], tuple
    ),
    "single precision": lambda p: one_or_all(
        [x.astype(np.float32) for x in p.values()], tuple
    ),
    "tensors in single precision": lambda p: one_or_all(
        [torch.tensor(x, dtype=torch.float32) for x in p.values()], tuple
    ),
}


def values_of(label: str, reference: Reference) -> list[Parts]:
    """What a reference gives in each trial, and the claim where it gives nothing; by the claim's names and order."""
    found = []
    for _, case, claimed in trials(label):
        value = claimed
        if reference.covers(**case):
            value = parts(reference.function(**case))
            if len(value) == len(claimed) == 1:
                value = dict(zip(claimed, value.values(), strict=True))
        found.append({name: value[name] for name in claimed if name in value})
    common = set.intersection(*map(set, found))
    return [{n: x for n, x in value.items() if n in common} for value in found]


@every_result
def test_every_reference_is_right_in_every_form(label: str):
    for reference in ALL[label].references:
        found = values_of(label, reference)
        some = len(found[0]) < len(trials(label)[0][2])
        for form in ["dictionary", "dataclass"] if some else FORMS:
            value = map(FORMS[form], found)
            verdict = attempt(label, lambda value=value, **case: next(value))
            assert verdict.right is True, (reference.how, form, verdict.words)
            coarse = "single" in form or reference.bound > 1e-8
            assert coarse or "precision" not in verdict.words, (form, verdict.words)


@every_result
def test_claim_in_single_precision_is_right(label: str):
    def single(**case):
        for name, x in case.items():
            if isinstance(x, np.ndarray) and x.dtype == float:
                case[name] = x.astype(np.float32)
        return ALL[label].claim(**case)

    verdict = attempt(label, single)
    assert verdict.right is True, verdict.words


class Callable_:
    """An object that is called."""

    def __call__(self, s, y):
        return output_error(s, y)

    def method(self, s, y):
        return output_error(s, y)

    @staticmethod
    def static(s, y):
        return output_error(s, y)


def changes_its_arguments(s, y):
    s -= s.max()
    y -= np.exp(s) / np.exp(s).sum()
    return y


def warns(s, y):
    np.log(-1.0)
    np.exp(np.array([1e6]))
    return output_error(s, y)


@pytest.mark.parametrize(
    "function",
    [
        Callable_(),
        Callable_().method,
        Callable_.static,
        functools.partial(lambda sign, s, y: sign * output_error(s, y), 1),
        functools.partial(lambda s, y, sign: sign * output_error(s, y), sign=1),
        lambda s, y, /: output_error(s, y),
        lambda *both: output_error(*both),
        lambda **case: output_error(**case),
        lambda y, s, more=3: output_error(s, y),
        np.vectorize(output_error, signature="(n),(n)->(n)"),
        changes_its_arguments,
        warns,
    ],
)
@pytest.mark.filterwarnings("error")
def test_anything_that_can_be_called_is_right(function: Callable):
    for _ in range(2):
        verdict = attempt("softmax-error", function)
        assert verdict.right is True, verdict.words


def test_callables_without_a_signature_are_called():
    Result(
        label="test-largest",
        claim=lambda numbers: max(numbers),
        case=lambda rng, n: {"numbers": rng.normal(size=n)},
        sizes={"n": (1, 200)},
        references=[],
        worked=[],
        mutants=[],
    )
    assert attempt("test-largest", max).right is True
    assert attempt("test-largest", min).right is False
    assert attempt("test-largest", np.max).right is None  # its argument is named a


# Wrong is refused, and named truly


def number_of(words: str, sizes: dict[str, int]) -> float:
    """The value of an expression in the letters of the sizes, as the words have it."""
    code = words
    for sign, operator in {"−": "-", "·": "*", "^": "**"}.items():
        code = code.replace(sign, operator)
    code = re.sub(r"√(\([^)]*\)|\w+)", r"(\1)**0.5", code)
    code = re.sub(r"(?<=[0-9A-Za-z])(?=[A-Za-z])(?<!e)", "*", code)
    return eval(code, {}, dict(sizes))


TURNED = {
    "transposed": lambda x: x.swapaxes(-1, -2),
    "with its axes in the opposite order": np.transpose,
}


def followed(
    words: str, label: str, name: str
) -> Iterator[tuple[dict[str, int], Case, np.ndarray]]:
    """For each random case, what the words say that was given of a part."""
    words = words.removesuffix(".")
    words = re.sub(r" \(of a gradient.*\)", "", words)
    known = {m.mistake: m.function for m in mutants(label)}
    base, besides, rest = words.partition("; besides, ")
    if not besides and base.startswith(("a common mistake: ", "this is what ")):
        rest = ""
    elif not besides:
        base, rest = "", words
    for sizes, case, claimed in trials(label)[:CASES]:
        value = claimed.get(name)
        if base.startswith("a common mistake: "):
            mistake = parts(known[base.removeprefix("a common mistake: ")](**case))
            value = mistake.get(name, next(iter(mistake.values())))
        elif base:
            other = base.removeprefix("this is what ").removesuffix(" should be")
            value = claimed[other]
        for step in filter(None, rest.split(", ")):
            if step in TURNED:
                value = TURNED[step](value)
            elif step == "the sign is opposite":
                value = -value
            elif step == "zero in every case":
                value = 0 * value
            else:
                step = step.removesuffix(" times what it should be")
                value = value * number_of(step.removeprefix("times "), sizes)
        yield sizes, case, value


def told(verdict: Verdict) -> Iterator[tuple[str, str]]:
    """What the words say of each part, with its title."""
    for line in verdict.words.splitlines()[1:]:
        if line.startswith("For example"):
            return
        titles, _, words = line.partition(": ")
        for title in titles.split(", "):
            yield title, words


def assert_named_truly(verdict: Verdict, label: str, function: Callable) -> None:
    """What is said of each part holds in every random case, and the case that is shown shows it."""
    for title, words in told(verdict):
        name = "" if title == "The value" else title
        if name not in trials(label)[0][2]:
            (name,) = trials(label)[0][2]
        assert not words.startswith("different"), verdict.words
        if words.startswith("the shape is"):
            letters = re.match(r"the shape is \((.*?),?\) = ", words)
            for sizes, case, _ in trials(label)[:CASES] if letters else []:
                shape = parts(function(**case))[name].shape
                axes = letters[1].split(", ")
                assert shape == tuple(number_of(axis, sizes) for axis in axes)
            continue
        if words.startswith("right, to single") or words == "right.":
            words = ""
        for sizes, case, expected in followed(words, label, name):
            value = parts(function(**case))
            found = value.get(name, next(iter(value.values())))
            assert error(found, expected) <= 1e-6, (sizes, verdict.words)
    if verdict.case is not None:
        last = re.search(
            r"^(.*) is (\S+), and should be (\S+)\.$", verdict.words.splitlines()[-1]
        )
        claimed = parts(ALL[label].claim(**verdict.case))
        found = parts(function(**verdict.case))
        entry, _, name = (
            last[1].rpartition(" of ") if " of " in last[1] else ("", "", last[1])
        )
        if name not in claimed:
            entry, name = last[1], next(iter(claimed))
        place = tuple(map(int, re.findall(r"\d+", entry)))
        if name not in found:
            (name_found,) = found
        else:
            name_found = name
        for said, value in ((last[2], found[name_found]), (last[3], claimed[name])):
            assert float(said.replace("−", "-")) == pytest.approx(value[place], 1e-3)


def turned_again(p: Parts) -> Parts:
    """Every matrix transposed."""
    return {n: x.swapaxes(-1, -2) if x.ndim > 1 else x for n, x in p.items()}


CHANGES: dict[str, Callable[[Parts, dict[str, int]], Parts]] = {
    "alone": lambda p, sizes: p,
    "the sign": lambda p, sizes: {n: -x for n, x in p.items()},
    "a factor": lambda p, sizes: {n: 3 * x for n, x in p.items()},
    "a size": lambda p, sizes: {
        n: x / next(iter(sizes.values())) for n, x in p.items()
    },
    "a transpose": lambda p, sizes: turned_again(p),
    "the sign and a transpose": lambda p, sizes: {
        n: -x for n, x in turned_again(p).items()
    },
}


@pytest.mark.parametrize("change", CHANGES)
@every_result
def test_every_mistake_is_refused_and_named_truly(label: str, change: str):
    sizes_of = {key(case): sizes or {"": 1} for sizes, case, _ in trials(label)}
    for mutant in mutants(label):

        def function(mutant=mutant, **case):
            found = parts(mutant.function(**case))
            return CHANGES[change](found, sizes_of.get(key(case), {"": 1}))

        with np.errstate(all="ignore"):
            apart = []
            for _, case, claimed in trials(label)[:CASES]:
                found = function(**case)
                if len(found) == len(claimed) == 1:
                    found = dict(zip(claimed, found.values(), strict=True))
                apart += [error(found[name], claimed[name]) for name in claimed]
            if max(apart) <= 1e-8:
                continue  # right again
            verdict = attempt(label, function)
            assert verdict.right is False, (mutant.mistake, verdict.words)
            assert_named_truly(verdict, label, function)
