"""The reader's check: right in any form is right, wrong is refused and named truly, and nothing makes it raise."""

import dataclasses
import functools
import importlib
import itertools
import math
import re
import sys
from collections import deque, namedtuple
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from bs4 import BeautifulSoup
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

import unrolled.results
from unrolled.checks import Mutant, Reference, Result, Verdict, attempt
from unrolled.checks.formula import CASES, RESULTS, Case, Parts, error, parts
from unrolled.checks.likeness import FUNCTIONS
from unrolled.pages.backprop_mlp import gradients, output_error, softmax
from unrolled.pages.backprop_rnn import gradients as rnn_gradients
from unrolled.pages.backprop_rnn import state_gradients

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
    words = words.removesuffix(
        ": it is that of the loss −J, where the book maximises J"
    )
    known = {m.mistake: m.function for m in mutants(label)}
    base, besides, rest = words.partition("; besides, ")
    if not besides and base.startswith(("a common mistake: ", "this is ")):
        rest = ""
    elif not besides:
        base, rest = "", words
    for sizes, case, claimed in trials(label)[:CASES]:
        value = claimed.get(name)
        if base.startswith("a common mistake: "):
            mistake = parts(known[base.removeprefix("a common mistake: ")](**case))
            value = mistake.get(name, next(iter(mistake.values())))
        elif base in FUNCTIONS:
            value = FUNCTIONS[base](value)
        elif base:
            other = base.removeprefix("this is what ").removesuffix(" should be")
            value = claimed[other]
        for step in filter(None, rest.split(", ")):
            step = step.removeprefix("and ")
            if step in TURNED:
                value = TURNED[step](value)
            elif step in ("the sign is opposite", "with the opposite sign"):
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
    if verdict.words.splitlines()[-1].startswith("the shape"):
        last = verdict.words.splitlines()[-1]
        name = (*re.findall(r"shape of (\w+) is", last), "")[0]
        found = parts(function(**verdict.case))
        claimed = parts(ALL[label].claim(**verdict.case))
        name = name if name in claimed else next(iter(claimed))
        found = found.get(name, next(iter(found.values())))
        assert found.shape != claimed[name].shape
        shapes = f"is {found.shape}, and should be {claimed[name].shape}."
        assert last.endswith(shapes)
    elif verdict.case is not None:
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
        apart = abs(found[name_found] - claimed[name])
        assert apart[place] >= apart.max() - 1e-12, verdict.words
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


OF_J = {
    "softmax-error": {""},
    "one-layer-gradients": {"h", "W_unembed", "W_embed"},
    "deep-gradients": {"h", "W_unembed", "W", "W_embed"},
    "rnn-states": {""},
    "rnn-gradients": {"W_embed", "W_recurrent", "W_unembed"},
    "stacked-rnn-gradients": {"W_embed", "W_in", "W_recurrent", "W_unembed"},
    "rnn-batch-gradients": {"J", "W_embed", "W_recurrent", "W_unembed"},
    "residual-states": {""},
    "residual-gradients": {"W_embed", "W_recurrent", "W_unembed"},
    "residual-paths": {"h_1", "terms"},
    "skipgram-centre-gradient": {""},
    "skipgram-outside-gradients": {""},
    "moments-agree": {""},
    "negative-sampling-gradient": {"v_c", "u"},
    "hierarchical-softmax": {"by_v_c"},
    "negative-sampling-expectation": {""},
}
"""The parts of all results that are J, its gradients or terms of these."""


@every_result
def test_opposite_sign_is_that_of_the_loss_where_it_is_j_or_its_gradient(label: str):
    def opposite(**case):
        return {n: -x for n, x in parts(RESULTS[label].claim(**case)).items()}

    for title, words in told(attempt(label, opposite)):
        name = "" if title == "The value" else title
        if name in OF_J.get(label, ()):
            assert words == LOSS, title
        else:
            assert "sign" in words and "J" not in words, (title, words)


def scaled(factor: float) -> Callable:
    """The gradients of one layer, times a factor."""
    return lambda **case: tuple(factor * part for part in gradients(**case))


def one_part(**changed: Callable[[np.ndarray], object]) -> Callable:
    """The gradients of one layer, one of them changed."""

    def function(**case):
        right = gradients(**case)
        return right._replace(
            **{name: f(getattr(right, name)) for name, f in changed.items()}
        )

    return function


def overflowing(s, y):
    return y - np.exp(s) / np.exp(s).sum()


def only_at_T_3(x, y, W_embed, W_recurrent, W_unembed):
    """The sheet's own network, written out; ∂J/∂h_1."""
    x1, x2, x3 = x
    h1 = np.tanh(W_embed @ x1)
    h2 = np.tanh(W_recurrent @ h1 + W_embed @ x2)
    h3 = np.tanh(W_recurrent @ h2 + W_embed @ x3)
    g3 = W_unembed.T @ (y - softmax(W_unembed @ h3))
    g2 = W_recurrent.T @ ((1 - h3**2) * g3)
    return W_recurrent.T @ ((1 - h2**2) * g2)


def lost_by_adding(c, o, negatives, v, u):
    """The gradients of negative sampling, where += keeps one of equal indices."""

    def sigma(x):
        return 1 / (1 + np.exp(-x))

    first, rest = 1 - sigma(u[o] @ v[c]), sigma(u[negatives] @ v[c])
    by_u = np.zeros_like(u)
    by_u[o] += first * v[c]
    by_u[negatives] -= np.outer(rest, v[c])
    return first * u[o] - rest @ u[negatives], by_u


def spread(x: np.ndarray) -> np.ndarray:
    """Each entry times another number."""
    return x * np.linspace(1, 2, x.size).reshape(x.shape)


LOSS = "the sign is opposite: it is that of the loss −J, where the book maximises J."
RNG = np.random.default_rng(1)
ATTEMPTS = {
    # signs, factors, orders
    "the loss": (
        "one-layer-gradients",
        scaled(-1),
        False,
        f"h, W_unembed, W_embed: {LOSS}",
    ),
    "twice": (
        "one-layer-gradients",
        scaled(2),
        False,
        r"h, W_unembed, W_embed: 2 times what it should be\.",
    ),
    "a factor near one": (
        "jensen-shannon",
        lambda p, q: ALL["jensen-shannon"].claim(p, q) * (1 + 4e-7),
        False,
        r"The value: 1\.0000004 times what it should be\.",
    ),
    "another factor near one": (
        "softmax-error",
        lambda s, y: (1 - 4.9e-7) * output_error(s, y),
        False,
        r"0\.99999951 times what it should be\.",
    ),
    "a mean for a sum": (
        "softmax-error",
        lambda s, y: output_error(s, y) / len(s),
        False,
        "The value: 1/V times what it should be",
    ),
    "the sign and a mean": (
        "softmax-error",
        lambda s, y: -output_error(s, y) / len(s),
        False,
        "The value: the sign is opposite, and 1/V times what it should be",
    ),
    "a root": (
        "rnn-states",
        lambda **case: state_gradients(**case) / np.sqrt(len(case["W_recurrent"])),
        False,
        r"1/√d times",
    ),
    "a product of sizes": (
        "rnn-states",
        lambda **case: state_gradients(**case) * case["W_embed"].size / 2,
        False,
        r"0\.5 · V · d times",
    ),
    "a size more": (
        "rnn-states",
        lambda **case: state_gradients(**case) / (len(case["x"]) + 1),
        False,
        r"1/\(T \+ 1\) times",
    ),
    "another factor in each case": (
        "rnn-states",
        lambda **case: state_gradients(**case) * np.exp(case["W_embed"].sum()),
        False,
        "right but for a factor that is another one in each case",
    ),
    "zeros": (
        "softmax-error",
        lambda s, y: 0 * s,
        False,
        r"The value: zero in every case\.",
    ),
    "transposed": (
        "one-layer-gradients",
        one_part(W_unembed=np.transpose),
        False,
        r"h, W_embed: right\.\nW_unembed: transposed\.\n(?s:.*)\nentry \[\d, \d\] of W_unembed is .*, and should be",
    ),
    "transposed, and the loss": (
        "one-layer-gradients",
        one_part(W_embed=lambda x: -x.T),
        False,
        r"W_embed: transposed, and with the opposite sign\.",
    ),
    "exchanged": (
        "rnn-gradients",
        lambda **case: (lambda a, b, c: (b, a, c))(*rnn_gradients(**case)),
        False,
        r"W_embed: this is what W_recurrent should be\.\nW_recurrent: this is what W_embed should be\.\n"
        r"W_unembed: right\.\nThe order is W_embed, W_recurrent, W_unembed; or give them by name, as a dictionary\.\n",
    ),
    "exchanged names": (
        "rnn-gradients",
        lambda **case: rnn_gradients(**case)._replace(
            W_embed=rnn_gradients(**case).W_recurrent
        ),
        False,
        r"W_embed: this is what W_recurrent should be\.\nW_recurrent, W_unembed: right\.\nFor",
    ),
    "drawn at random": (
        "softmax-error",
        lambda s, y, rng=RNG: rng.permutation(output_error(s, y)),
        None,
        r"this\. Called again with the same arguments, it does not give the same \(where V = \d+\)\. Does it draw at",
    ),
    "added up from call to call": (
        "softmax-error",
        lambda s, y, calls=[]: calls.append(1) or len(calls) * output_error(s, y),
        None,
        "Called again with the same arguments, it does not give the same",
    ),
    "backwards in time": (
        "rnn-states",
        lambda **case: state_gradients(**case)[::-1],
        False,
        "the rows are in the opposite order",
    ),
    "late": (
        "rnn-states",
        lambda **case: np.roll(state_gradients(**case), 1, axis=0),
        False,
        "one row too late: row t is what row t − 1 should be",
    ),
    "early": (
        "rnn-states",
        lambda **case: np.roll(state_gradients(**case), -1, axis=0),
        False,
        "one row too early",
    ),
    "the other order of the joint state": (
        "lstm-jacobians",
        lambda **case: np.roll(
            ALL["lstm-jacobians"].claim(**case), len(case["c_0"]), axis=(1, 2)
        ),
        False,
        r"a common mistake: the joint state in the order \(c, h\)",
    ),
    # what only some cases show
    "one language's draws": (
        "expected-coverage",
        lambda p, n: np.mean(1 - (1 - p) ** n[0]),
        False,
        "a common mistake: the draws of one language for all",
    ),
    "the mean of the draws": (
        "expected-coverage",
        lambda p, n: np.mean(1 - (1 - p) ** n.mean()),
        False,
        "different, and by none of the known mistakes; right in",
    ),
    "no word follows itself": (
        "one-layer-gradients",
        lambda x, y, W_embed, W_unembed: one_part(
            W_embed=lambda _: np.outer(
                gradients(x, y, W_embed, W_unembed).h, x * (1 - y)
            )
        )(x=x, y=y, W_embed=W_embed, W_unembed=W_unembed),
        False,
        r"W_embed: different.*; right in \d+ of 120",
    ),
    "a loss has a negative size": (
        "paired-sample-size",
        lambda gain, **case: (
            np.sign(gain) * ALL["paired-sample-size"].claim(gain=gain, **case)
        ),
        False,
        r"right in \d+ of 120",
    ),
    "only where d = 1": (
        "rnn-states",
        lambda **case: (
            state_gradients(**case)
            @ np.diag(np.arange(1, len(case["W_recurrent"]) + 1))
        ),
        False,
        "right only where d = 1",
    ),
    "only short sentences": (
        "rnn-states",
        lambda **case: state_gradients(**case) + np.maximum(len(case["x"]) - 2, 0),
        False,
        "right only where T ≤ 2",
    ),
    "zero for everybody where T = 1": (
        "rnn-gradients",
        lambda **case: rnn_gradients(**case)._replace(
            W_recurrent=spread(rnn_gradients(**case).W_recurrent) ** 3
        ),
        False,
        "W_recurrent: different, and by none of the known mistakes",
    ),
    "an edge": (
        "negative-sampling-loss",
        lambda negatives, **case: (
            ALL["negative-sampling-loss"].claim(negatives=negatives, **case)
            + (not len(negatives))
        ),
        False,
        "right in all cases drawn at random, but not in the case “no negatives”",
    ),
    "nan at an edge": (
        "negative-sampling-loss",
        lambda negatives, **case: (
            ALL["negative-sampling-loss"].claim(negatives=negatives, **case)
            + (0 if len(negatives) else np.nan)
        ),
        False,
        "nan or inf in 1 of 124 cases, the smallest of them in the case “no negatives”; right in the others",
    ),
    "nan": (
        "jensen-shannon",
        lambda p, q: sum(
            (x * np.log2(2 * x / (p + q))).sum() / 2 for x in (p + 0.0, q + 0.0)
        ),
        False,
        r"nan or inf in \d+ of 124 cases, the smallest of them where K = ",
    ),
    "an overflow": (
        "softmax-error",
        overflowing,
        True,
        r"right, held .*\nIt gives no number in the case “scores that overflow”: plain exponentials and",
    ),
    "an overflow in plain Python": (
        "softmax-error",
        lambda s, y: [
            b - math.exp(a) / sum(math.exp(z) for z in s)
            for a, b in zip(s, y, strict=True)
        ],
        True,
        r"right, held .*\nIt gives no number in the case “scores that overflow”",
    ),
    "an overflow, and the loss": (
        "softmax-error",
        lambda s, y: -overflowing(s, y),
        False,
        rf"{LOSS}.*\nFor example, where V = 2, with\n",
    ),
    "the logarithm of zero": (
        "negative-sampling-loss",
        lambda c, o, negatives, v, u: (
            -np.log(1 / (1 + np.exp(-u[o] @ v[c])))
            - sum(np.log(1 - 1 / (1 + np.exp(-u[k] @ v[c]))) for k in negatives)
        ),
        True,
        "It gives no number in the case “saturated”",
    ),
    "the logarithm of zero in plain Python": (
        "negative-sampling-loss",
        lambda c, o, negatives, v, u: (
            -math.log(1 / (1 + math.exp(-u[o] @ v[c])))
            - sum(math.log(1 - 1 / (1 + math.exp(-u[k] @ v[c]))) for k in negatives)
        ),
        True,
        "It gives no number in the case “saturated”",
    ),
    "a logarithm forgotten": (
        "negative-sampling-optimum",
        lambda n, q, K: n / n.sum(1, keepdims=True) / q / K,
        False,
        r"The value: this is e to the power of what it should be\.",
    ),
    "repeats lost by +=": (
        "negative-sampling-gradient",
        lost_by_adding,
        False,
        "u: a common mistake: each negative counted once, however often it was drawn",
    ),
    "rounded up": (
        "paired-sample-size",
        lambda **case: math.ceil(ALL["paired-sample-size"].claim(**case)),
        None,
        r"I cannot read this closely enough\.\nThe value: right, but rounded to whole numbers\.",
    ),
    "none of these": (
        "softmax-error",
        lambda s, y: spread(output_error(s, y)),
        False,
        r"The value: different, and by none of the known mistakes\.\n",
    ),
    # shapes
    "a column": (
        "softmax-error",
        lambda s, y: output_error(s, y)[:, None],
        False,
        r"the numbers are right, but the shape is \(V, 1\) = \(2, 1\), where \(V,\) = \(2,\) is expected \(where V",
    ),
    "a row": (
        "softmax-error",
        lambda s, y: output_error(s, y)[None],
        False,
        r"the numbers are right, but the shape is \(1, V\) = \(1, 2\), where \(V,\) = \(2,\) is expected(?s:.*)\n"
        r"the shape is \(1, 2\), and should be \(2,\)\.$",
    ),
    "a row of a tensor": (
        "softmax-error",
        lambda s, y: torch.tensor(output_error(s, y))[None],
        False,
        r"the numbers are right, but the shape is \(1, V\)",
    ),
    "a row in lists": (
        "softmax-error",
        lambda s, y: [output_error(s, y).tolist()],
        False,
        r"the numbers are right, but the shape is \(1, V\)",
    ),
    "a tuple of one": (
        "softmax-error",
        lambda s, y: (output_error(s, y).tolist(),),
        True,
        "",
    ),
    "columns": (
        "rnn-states",
        lambda **case: state_gradients(**case)[..., None],
        False,
        r"the numbers are right, but the shape is \(T \+ 1, d, 1\)",
    ),
    "one state too few, and wrong": (
        "rnn-states",
        lambda **case: np.zeros_like(state_gradients(**case))[1:] + 1,
        False,
        r"the shape is \(T, d\) = \(\d, \d\), where \(T \+ 1, d\) = ",
    ),
    "the steps of an LSTM": (
        "lstm-jacobians",
        lambda u, **case: np.ones((len(u), 4 * len(case["c_0"]), 7)),
        False,
        r"the shape is \(T, 4d, 7\) = .*, where \(T \+ 1, 2d, 2d\) = ",
    ),
    "a number": (
        "softmax-error",
        lambda s, y: 1.0,
        False,
        r"this is a single number, where \(V,\) = ",
    ),
    "an array": (
        "negative-sampling-loss",
        lambda v, **case: v,
        False,
        r"the shape is \(V, d\) = \(.*\), where a single number is expected",
    ),
    "half of the numbers": (
        "rnn-states",
        lambda **case: state_gradients(**case)[:, :1],
        False,
        r"the shape is \(T \+ 1, 1\) = ",
    ),
    # parts and rows
    "two values": (
        "one-layer-gradients",
        lambda **case: gradients(**case)[:2],
        None,
        r"It gave 2 values, where h, W_unembed, W_embed are expected\. To have one of them checked, .*\{'h': …\}",
    ),
    "other names": (
        "one-layer-gradients",
        lambda **case: {"dU": 1, "dE": 2},
        None,
        "It gave dU, dE, where h, W_unembed, W_embed are expected",
    ),
    "one by its name, and more": (
        "one-layer-gradients",
        lambda **case: {"loss": 3, "W_embed": gradients(**case).W_embed},
        True,
        "Not given, so not judged: h, W_unembed.\nNot in the result, so not judged: loss.",
    ),
    "one alone": (
        "one-layer-gradients",
        lambda **case: gradients(**case).W_unembed,
        True,
        "right, read as W_unembed, held",
    ),
    "one alone, wrong": (
        "one-layer-gradients",
        lambda **case: -gradients(**case).W_unembed.T,
        False,
        r"Read as W_unembed: transposed, and with the opposite sign\.",
    ),
    "one alone, but which": (
        "one-layer-gradients",
        lambda **case: gradients(**case).W_unembed ** 2 + 1,
        None,
        r"It is none of them, and none with a known mistake\. Give it by its name",
    ),
    "one number of several": (
        "bits-per-character",
        lambda **case: ALL["bits-per-character"].claim(**case).perplexity,
        True,
        "right, read as perplexity, held",
    ),
    "g_1": (
        "rnn-states",
        lambda **case: state_gradients(**case)[1],
        True,
        "right, read as row 1, held",
    ),
    "g_1 of the loss": (
        "rnn-states",
        lambda **case: -state_gradients(**case)[1],
        False,
        f"Read as row 1: {LOSS}",
    ),
    "the last": (
        "rnn-states",
        lambda **case: state_gradients(**case)[-1],
        True,
        "right, read as row 1 from the end",
    ),
    "all but g_0": (
        "rnn-states",
        lambda **case: state_gradients(**case)[1:],
        True,
        "right, read as all rows but the first",
    ),
    "no row": (
        "rnn-states",
        lambda **case: spread(state_gradients(**case)[1]) + 1,
        False,
        r"the shape is \(d,\) = \(\d,\), where \(T \+ 1, d\) = .* is expected \(.*\), and it is none of the rows\.",
    ),
    "three words alone, and four rows": (
        "rnn-states",
        lambda x, **case: state_gradients(x=x[[0, 1, 2]], **case) * (1 + 1e-15),
        False,
        r"The value: the shape is \(4, d\) = .* Right only where T = 3\.\n"
        r"In \d+ of 127 cases: It raised IndexError: .*“.*x\[\[0, 1, 2\]\].*”\. "
        r"This was where V = \d+, d = \d+, T = \d+\.\n"
        r"If it is meant for T = 3 alone: attempt\('rnn-states', …, T=3\)\.\n"
        r"For example, where V = \d+, d = \d+, T = [4-9],(?s:.*)\nthe shape is \(4, \d\), and should be \(\d+, \d\)\.$",
    ),
    "three words alone": (
        "rnn-gradients",
        lambda x, **case: rnn_gradients(x=x[[0, 1, 2]], **case),
        False,
        r"W_embed, W_recurrent, W_unembed: right only where T = 3\.\nIn \d+ of(?s:.*)T=3\)\.\n"
        r"For example, where V = \d+, d = \d+, T = [4-9],",
    ),
    "four words alone": (
        "rnn-gradients",
        lambda x, **case: rnn_gradients(x=x[[0, 1, 2, 3]], **case),
        False,
        "right only where T = 4",
    ),
    "no short sentence, and long ones wrong": (
        "rnn-states",
        lambda x, **case: (
            state_gradients(x=x, **case) + (len(x[2:]) // 3) / x[2, 0:1].size
        ),
        False,
        r"right in \d+ of 120 cases",
    ),
    "the row of the observed word": (
        "skipgram-outside-gradients",
        lambda o, **case: ALL["skipgram-outside-gradients"].claim(o=o, **case)[o],
        False,
        "it is one of the rows, another one in each case, where all are expected",
    ),
    "rows by names": (
        "rnn-states",
        lambda **case: {f"g_{t}": g for t, g in enumerate(state_gradients(**case))},
        True,
        "right, held",
    ),
    "a column for its matrix": (
        "one-layer-gradients",
        lambda **case: {"W_embed": gradients(**case).h},
        False,
        r"W_embed: this is what h should be\.",
    ),
    "rows one by one": (
        "rnn-states",
        lambda **case: tuple(state_gradients(**case)),
        True,
        "right, held",
    ),
    "only T = 3": (
        "rnn-states",
        only_at_T_3,
        None,
        r"I cannot read this in \d+ of 127 cases\. In the others it is right, read as row 1\.\nIt raised ValueError: .*"
        r"“x1, x2, x3 = x”\. This was where V = \d+, d = \d+, T = \d+\.\n"
        r"If it is meant for T = 3 alone: attempt\('rnn-states', …, T=3\)",
    ),
    # what cannot be read
    "no return": (
        "softmax-error",
        lambda s, y: None,
        None,
        r"It gave None: is there a return at its end\?$",
    ),
    "no return from one of several": (
        "rnn-gradients",
        lambda **case: (rnn_gradients(**case)[0], None, 3),
        None,
        r"this\. W_recurrent is None, where numbers are expected\. If it is the \.grad of .* retain_grad\(\)",
    ),
    "None by its name": (
        "one-layer-gradients",
        one_part(h=lambda h: None),
        None,
        r"this\. h is None, where numbers are expected\.",
    ),
    "None by a name of its own": (
        "one-layer-gradients",
        lambda **case: {"loss": None, "h": gradients(**case).h},
        True,
        "Not in the result, so not judged: loss.",
    ),
    "None by all names": (
        "one-layer-gradients",
        lambda **case: (None, None, None),
        None,
        r"this\. h is None, where",
    ),
    "None for one number": (
        "bits-per-character",
        lambda **case: [1.0, 2.0, None, 4.0],
        None,
        r"this\. bits_per_name is None, where",
    ),
    "None for one row": (
        "rnn-states",
        lambda **case: [None, *state_gradients(**case)[1:]],
        None,
        r"this\. row 0 is None, where numbers are expected\.",
    ),
    "text for one of several": (
        "one-layer-gradients",
        one_part(W_embed=str),
        None,
        r"this\. Of W_embed: It gave text, where numbers are expected\.",
    ),
    "text": ("softmax-error", lambda s, y: "y - p", None, "It gave text, where"),
    "numbers as text": (
        "softmax-error",
        lambda s, y: output_error(s, y).astype(str),
        None,
        "It gave text",
    ),
    "complex": (
        "softmax-error",
        lambda s, y: output_error(s, y) + 5j,
        None,
        "complex numbers, with imaginary parts up to 5,",
    ),
    "a set": (
        "softmax-error",
        lambda s, y: {1.0, 2.0},
        None,
        "a value of the type set",
    ),
    "a ragged list": (
        "softmax-error",
        lambda s, y: [[1.0], [1.0, 2.0]],
        None,
        "values of different shapes, where one array is expected",
    ),
    "rounded": (
        "softmax-error",
        lambda s, y: output_error(s, y).round(2),
        None,
        r"I cannot read this closely enough\.\nThe value: right, but rounded to 2 places after the point",
    ),
    "in half precision": (
        "softmax-error",
        lambda s, y: output_error(s, y).astype(np.float16) * (1 + 1e-3 * y),
        None,
        r"I cannot read this closely enough\.\nThe value: within 0\.00\d of what it should be in every case",
    ),
    "an error": (
        "softmax-error",
        lambda s, y: 1 / 0,
        None,
        "It raised ZeroDivisionError: division by zero, in the line “",
    ),
    "exit": (
        "softmax-error",
        lambda s, y: sys.exit(3),
        None,
        "It raised SystemExit: 3",
    ),
    "an error at an edge": (
        "negative-sampling-loss",
        lambda negatives, **case: (
            ALL["negative-sampling-loss"].claim(negatives=negatives, **case)
            + 0 * negatives[0]
        ),
        None,
        r"I cannot read this in 1 of 124 cases\. In the others it is right\.\nIt raised IndexError.*\. This was in the "
        "case “no negatives”",
    ),
    "an error at an edge, and wrong": (
        "negative-sampling-loss",
        lambda negatives, **case: (
            -ALL["negative-sampling-loss"].claim(negatives=negatives, **case)
            + 0 * negatives[0]
        ),
        False,
        r"the sign is opposite.*\nIn 1 of 124 cases: It raised IndexError",
    ),
    "rounded to four places": (
        "softmax-error",
        lambda s, y: output_error(s, y).round(4),
        None,
        "right, but rounded to 4 places after the point",
    ),
    "half precision": (
        "softmax-error",
        lambda s, y: output_error(s, y).astype(np.float16),
        None,
        r"within 0\.0003 of what it should be in every case, and no nearer",
    ),
    "no number anywhere": (
        "softmax-error",
        lambda s, y: np.nan * y,
        False,
        r"nan or inf in (\d+) of \1 cases, the smallest of them where V = 2\.\n",
    ),
    "other arguments": (
        "softmax-error",
        lambda scores, target: scores,
        None,
        r"called with the arguments s, y, by these names\. "
        r"Your function wants `scores`, `target`, which are not given\.$",
    ),
    "one argument more": (
        "softmax-error",
        lambda s, y, network: s,
        None,
        r"by these names\. Your function wants `network`, which is not given\.$",
    ),
    "one argument less": (
        "softmax-error",
        lambda s: s,
        None,
        r"by these names\. Your function does not take `y`\.$",
    ),
    "an argument without its name": (
        "softmax-error",
        lambda s, /, y: s,
        None,
        r"by these names\. It does not take them: .*'s'",
    ),
    "arguments without names": (
        "softmax-error",
        lambda s, /: s,
        None,
        r"by these names\. Your function does not take `y`\.$",
    ),
    "an endless generator": (
        "softmax-error",
        lambda s, y: itertools.count(),
        None,
        "one value after the other, without an end",
    ),
}


@pytest.mark.parametrize("name", ATTEMPTS)
def test_attempts_are_told_apart(name: str):
    label, function, right, message = ATTEMPTS[name]
    with np.errstate(all="ignore"):
        verdict = attempt(label, function)
    assert verdict.right is right, verdict.words
    assert re.search(message, verdict.words), verdict.words


@pytest.mark.parametrize(
    "only, message",
    [
        (
            {"T": 3},
            r"right, read as row 1, held against 7\d cases where T = 3 and 1 edge",
        ),
        ({"T": 3, "d": 2}, r"held against \d+ cases where T = 3, d = 2\."),
        (
            {"T": 3, "d": 3},
            r"held against \d+ cases where T = 3, d = 3 and 1 edge case\.",
        ),
    ],
)
def test_what_the_sheet_asks_can_be_checked(only: dict[str, int], message: str):
    verdict = attempt("rnn-states", only_at_T_3, **only)
    assert verdict.right is True
    assert re.search(message, verdict.words), verdict.words


def test_empty_list_for_no_matrices_is_the_same_when_called_again():
    def loss(**case):
        claimed = parts(ALL["deep-gradients"].claim(**case))
        return {n: (-x).tolist() if x.size else [] for n, x in claimed.items()}

    verdict = attempt("deep-gradients", loss, V=5, d=3)  # and an edge case of no layer
    assert f"h, W_unembed, W, W_embed: {LOSS}" in verdict.words


def test_mistakes_of_what_the_sheet_asks_are_named():
    def vanilla(x, y, W_embed, W_recurrent, W_unembed):
        x1, x2, x3 = x
        h = [0 * W_embed[:, 0]]
        for x_t in (x1, x2, x3):
            h.append(h[-1] + np.tanh(W_recurrent @ h[-1] + W_embed @ x_t))
        g = W_unembed.T @ (y - softmax(W_unembed @ h[3]))
        for t in (3, 2):
            g = g + W_recurrent.T @ ((1 - h[t] ** 2) * g)
        return g

    verdict = attempt("residual-states", vanilla, T=3)
    assert verdict.right is False
    assert "Read as row 1: a common mistake: 1 − h_t² for" in verdict.words


# A small case


def test_refusal_shows_a_small_case_of_one_digit_and_the_entry_that_differs_most():
    verdict = attempt("softmax-error", lambda s, y: -output_error(s, y))
    assert re.search(
        r"\nFor example, where V = 2, with\n    s = \[-?\d, -?\d\]\n    y = \[\d, \d\]\n"
        r"entry \[[01]\] is −?0\.\d{1,4}, and should be −?0\.\d{1,4}\.$",
        verdict.words,
    ), verdict.words
    assert len(verdict.case["s"]) == 2


@every_result
def test_case_that_is_shown_is_small(label: str):
    for mutant in mutants(label):
        verdict = attempt(label, mutant.function)
        if "the shape is" in verdict.words:
            continue
        assert sum(np.size(x) for x in verdict.case.values()) <= 60, verdict.words
        long = [n for n in re.findall(r"\d+\.\d+", verdict.words) if len(n) > 9]
        assert not long, verdict.words
        assert len(verdict.words.splitlines()) <= 24


# Whatever a function does


def test_what_is_printed_is_shown_once(capsys: pytest.CaptureFixture):
    def loud(s, y):
        print("the shapes:", s.shape, y.shape)
        print("to stderr", file=sys.stderr)
        return -output_error(s, y)

    assert attempt("softmax-error", loud).right is False
    shown = capsys.readouterr()
    assert shown.out.count("the shapes:") == shown.out.count("to stderr") == 1
    assert not shown.err


def test_printing_without_an_end_is_ended(capsys: pytest.CaptureFixture):
    def endless(s, y):
        while True:
            try:
                print("again " * 20)
            except Exception:
                pass

    verdict = attempt("softmax-error", endless)
    assert verdict.right is None and "prints without an end" in verdict.words
    assert len(capsys.readouterr().out) < 2000


def test_deep_recursion_becomes_a_verdict():
    def deeper(s, y):
        return deeper(s, y)

    verdict = attempt("softmax-error", deeper)
    assert verdict.right is None and "It raised RecursionError" in verdict.words


def test_line_that_is_quoted_is_where_the_error_arose(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "called.py").write_text(
        "import numpy as np\ndef inner(s):\n    t = len(s)\n    return np.ones(3) @ np.ones(t + 3)\n"
    )
    (tmp_path / "calling.py").write_text(
        "from called import inner\nfrom unrolled.pages.backprop_mlp import softmax\n"
        "def outer(s, y):\n    return inner(s)\n"
        "def short(s, y): s[0]; return [softmax(s), s[9999]]\n"
        "def package(s, y):\n    z = None\n    return softmax(z)\n"
    )
    calling = importlib.import_module("calling")
    for function, place in {
        calling.outer: "the line “return np.ones(3) @ np.ones(t + 3)”",
        calling.short: "the line “s[9999]”",
        calling.package: "the line “return softmax(z)”",
    }.items():
        verdict = attempt("softmax-error", function)
        assert f", in {place}." in verdict.words, verdict.words
    code = {}
    exec("def nowhere(s, y):\n    return s[9999]", code)
    assert ", in line 2 of nowhere." in attempt("softmax-error", code["nowhere"]).words


def test_interrupt_is_let_through():
    def interrupted(s, y):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        attempt("softmax-error", interrupted)


class Evil:
    """An object that fails at whatever is asked of it."""

    def __getattr__(self, name):
        if name in ("_repr_pretty_", "__name__"):  # with which the test would show it
            raise AttributeError
        raise RuntimeError(name)

    def __array__(self, *_, **__):
        raise MemoryError

    def __float__(self):
        raise RecursionError

    def __len__(self):
        return -1


class Unspeakable(Exception):
    """An exception without words."""

    def __str__(self):
        raise ValueError


ODD = [
    None,
    "",
    "1.0",
    b"1",
    1,
    -2.5,
    10**400,
    True,
    math.nan,
    -math.inf,
    1e308,
    2 + 3j,
    Fraction(1, 3),
    (),
    [],
    {},
    {1, 2},
    range(3),
    range(10**12),
    slice(3),
    Evil(),
    Evil,
    print,
    np,
    np.datetime64("2020-01-01"),
    np.array(None),
    np.array([[None, 1.0]]),
    np.array(["a"]),
    np.zeros(2, dtype=[("a", int)]),
    np.ma.masked_array([1.0, 2.0], [True, False]),
    np.zeros((0, 3)),
    torch.zeros(2, 2, requires_grad=True),
    torch.zeros(2, dtype=torch.complex64),
    torch.zeros(2, dtype=torch.bfloat16),
    torch.eye(2).to_sparse(),
    {"W_embed": None},
    {"s": {"t": [1]}},
    {3: 4},
    [None, None, None],
    [[1], [1, 2]],
    [[[[1]]]],
    (1, 2, 3, 4),
    (np.zeros(2), "a"),
]
RAISED = [
    ValueError("of a kind"),
    Unspeakable(),
    SystemExit(),
    GeneratorExit(),
    StopIteration(3),
    AssertionError,
    MemoryError(),
    BaseException("bare"),
    UserWarning("w" * 999),
]
values = st.one_of(
    st.sampled_from(ODD),
    st.floats(),
    st.complex_numbers(),
    st.text(max_size=3),
    arrays(
        st.sampled_from([float, int, bool, np.float16, np.float32, complex, object]),
        array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3),
    ),
)
odd_values = st.recursive(
    values,
    lambda more: (
        st.lists(more, max_size=4)
        | st.lists(more, max_size=4).map(tuple)
        | st.dictionaries(
            st.sampled_from(["W_embed", "h", "u", "J", ""]), more, max_size=3
        )
    ),
    max_leaves=5,
)
bent = st.sampled_from(
    [
        lambda p: p,
        lambda p: list(p.values())[::-1],
        lambda p: list(p.values())[:-1],
        lambda p: [*p.values(), 1],
        lambda p: {n: x.ravel() for n, x in p.items()},
        lambda p: [x.T for x in p.values()],
        lambda p: [x * 1e300 for x in p.values()],
        lambda p: [x * 1e-300 for x in p.values()],
        lambda p: [x.astype(np.float16) for x in p.values()],
        lambda p: [np.where(x > 0, x, np.nan) for x in p.values()],
        lambda p: [np.where(x > 0, np.inf, x) for x in p.values()],
        lambda p: [x + 1e-5 for x in p.values()],
        lambda p: [x[None] for x in p.values()],
        lambda p: [x[:1] if x.ndim else x for x in p.values()],
        lambda p: [x.sum(0) if x.ndim else x for x in p.values()],
        lambda p: next(iter(p.values())),
        lambda p: list(p.values())[-1] * 2,
        lambda p: np.array(list(p.values()), dtype=object),
        lambda p: {n: list(map(str, x.ravel())) for n, x in p.items()},
    ]
)


@settings(
    derandomize=True,
    max_examples=30,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # it may be shared
)
@given(data=st.data())
@every_result
def test_no_function_makes_it_raise(label: str, data: st.DataObject):
    gives = st.tuples(st.just("give"), odd_values)
    raises = st.tuples(st.just("raise"), st.sampled_from(RAISED))
    bends = st.tuples(st.just("bend"), bent)
    plan = data.draw(st.lists(st.one_of(gives, bends, raises), min_size=1, max_size=3))
    turn = itertools.count()

    def function(**case):
        what, value = plan[next(turn) % len(plan)]
        if what == "raise":
            raise value
        return value if what == "give" else value(parts(RESULTS[label].claim(**case)))

    verdict = attempt(label, function)
    assert verdict.right in (True, False, None)
    assert verdict.words.startswith(f"{label}: ")
    assert BeautifulSoup(verdict._repr_html_(), "html.parser").div


# How it looks


@pytest.mark.parametrize(
    "function, mark, word",
    [
        (output_error, "✓", "right"),
        (lambda s, y: -output_error(s, y), "✗", "not right"),
        (lambda s, y: None, "?", "I cannot read this"),
        (lambda s, y: 1 / [] < "<b>", "?", "I cannot read this"),
    ],
)
def test_verdict_is_shown_with_a_mark_and_a_word(function, mark: str, word: str):
    verdict = attempt("softmax-error", function)
    html = BeautifulSoup(verdict._repr_html_(), "html.parser")
    hidden = html.select_one("strong [aria-hidden=true]").extract()
    assert hidden.get_text().strip() == mark
    assert html.strong.get_text() == word
    assert html.get_text() == verdict.words == repr(verdict) == str(verdict)
    assert not html.b


# What attempt itself is given


@every_result
def test_arguments_are_listed_for_who_takes_none(label: str):
    verdict = attempt(label, lambda: None)
    listed = re.search(r"arguments (.*), by these names\.", verdict.words)[1]
    assert set(listed.split(", ")) == set(trials(label)[0][1])
    assert verdict.right is None


def test_label_that_is_not_known_yet_is_found_in_its_module(
    monkeypatch: pytest.MonkeyPatch,
):
    of = {
        result.label: module.__name__.rpartition(".")[2]
        for module in MODULES
        for result in vars(module).values()
        if isinstance(result, Result)
    }
    assert of.keys() == ALL.keys()
    monkeypatch.setattr("unrolled.checks.verdict.RESULTS", {})
    for label, module in of.items():
        message = f"'{label}' is known after: from unrolled.results import {module}$"
        with pytest.raises(ValueError, match=message):
            attempt(label, gradients)
    message = (
        "label 'rnn-gradient'; did you mean 'rnn-gradients'[?] It is known after: "
        "from unrolled.results import backprop_rnn$"
    )
    with pytest.raises(ValueError, match=message):
        attempt("rnn-gradient", gradients)


def test_what_cannot_be_attempted_is_refused():
    with pytest.raises(
        ValueError, match="'softmax-eror'.*did you mean 'softmax-error'"
    ):
        attempt("softmax-eror", gradients)
    with pytest.raises(ValueError, match="A label is the last part of the address"):
        attempt("Result 6.3", gradients)
    with pytest.raises(
        TypeError, match="needs a function or a line of text, and got array"
    ):
        attempt("softmax-error", np.zeros(3))
    with pytest.raises(TypeError, match="needs the label of a result first"):
        attempt(gradients, "softmax-error")
    with pytest.raises(ValueError, match="rnn-states has no size 'S'; .* T from 1 to"):
        attempt("rnn-states", state_gradients, S=3)
    with pytest.raises(ValueError, match="T = 99 is not among the cases of rnn-states"):
        attempt("rnn-states", state_gradients, T=99)
    with pytest.raises(TypeError, match="the size T is a whole number, and got 3.5"):
        attempt("rnn-states", state_gradients, T=3.5)
