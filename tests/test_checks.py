"""The checks can fail, and the reader's own check tells mistakes apart."""

import importlib
import math
import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import unrolled.results
from unrolled import checks
from unrolled.backprop_mlp import gradients, softmax
from unrolled.backprop_rnn import gradients as rnn_gradients
from unrolled.checks import (
    Mutant,
    Reference,
    Refuted,
    Result,
    Worked,
    attempt,
    formula,
)
from unrolled.checks.formula import CASES, RESULTS, error

PACKAGE = Path(unrolled.results.__file__).parent
MODULES = [
    importlib.import_module(f"unrolled.results.{path.stem}")
    for path in sorted(PACKAGE.glob("[!_]*.py"))
]
ALL = [
    value
    for module in MODULES
    for value in vars(module).values()
    if isinstance(value, Result)
]

every_result = pytest.mark.parametrize("result", ALL, ids=lambda result: result.label)

# The error


def test_error_is_relative_and_absolute_below_tau():
    assert error(np.array([200.0, 1]), np.array([201.0, 1])) == pytest.approx(1 / 201)
    assert error(np.array([2e-6]), np.array([1e-6])) == pytest.approx(1e-3)
    assert error(np.zeros(3), np.zeros(3)) == 0


def test_error_is_infinite_for_other_shapes_and_for_what_is_no_number():
    assert error(np.zeros((2, 3)), np.zeros((3, 2))) == math.inf
    assert error(np.zeros(2), np.array([0, np.nan])) == math.inf


# The gradients without a formula


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=5))
def test_autograd_and_differences_agree_with_a_known_derivative(z: list[float]):
    x = np.array(z)
    by_torch = checks.autograd(
        lambda x, h: torch.sin(x + h).sum(), "x", h=lambda case: len(case["x"])
    )
    by_steps = checks.central_differences(
        lambda x, h: float(np.sin(x + h).sum()), "x", h=lambda case: len(case["x"])
    )
    for found, bound in ((by_torch(x=x), 1e-15), (by_steps(x=x), 1e-9)):
        assert abs(found["x"] - np.cos(x)).max() <= bound
        assert abs(found["h"] - np.cos(x)).max() <= bound
    assert x.tolist() == z


# The results


@every_result
def test_cases_have_different_shapes_and_no_two_sizes_equal(result: Result):
    sizes = [tuple(sizes.values()) for sizes, _ in result.drawn()]
    assert len(set(sizes)) == len(sizes) == CASES >= 100
    assert all(a != b for drawn in sizes for a, b in combinations(drawn, 2))


@every_result
def test_cases_are_the_same_whenever_they_are_drawn(result: Result):
    first, again = (next(result.drawn()) for _ in range(2))
    assert first[0] == again[0]
    assert all(np.array_equal(first[1][name], again[1][name]) for name in first[1])


@every_result
def test_result_passes_with_an_independent_reference_for_every_case(result: Result):
    report = checks.check(result)
    assert report.checks[0].cases == CASES + len(result.edges)
    assert result.edges and result.worked and len(result.mutants) >= 5
    assert {a.how: a.bound for a in report.checks}.get(
        "central differences", 1e-6
    ) <= 1e-6
    assert all(a.error <= a.bound for a in report.checks)


@pytest.fixture
def few_cases(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sixth of the random cases: all of them refuse each mistake in the test above; with fewer it is harder."""
    monkeypatch.setattr(formula, "CASES", CASES // 6)


@every_result
def test_each_mistake_in_the_place_of_the_formula_is_refuted(
    result: Result, few_cases: None
):
    fields = vars(result) | {"code": None}
    for mutant in result.mutants:
        with pytest.raises(Refuted, match=result.label):
            checks.check(Result(**fields | {"claim": mutant.function}))
    RESULTS[result.label] = result


def square(**changes: object) -> Result:
    """A result, or one that is wrong somewhere."""
    parts = {
        "label": "test-square",
        "claim": lambda x: 2 * x,
        "case": lambda rng, n: {"x": rng.normal(size=n)},
        "sizes": {"n": (1, 200)},
        "references": [Reference("doubling", lambda x: x + x)],
        "worked": [Worked({"x": np.array([3.0])}, [6])],
        "mutants": [Mutant("none", lambda x: x)],
    }
    return Result(**parts | changes)


@pytest.mark.parametrize(
    "changes, message",
    [
        (
            {"claim": lambda x: 2 * x + 1e-9},
            "does not agree with doubling: error .* in the case n = ",
        ),
        ({"claim": lambda x: (2 * x)[None]}, "error inf"),
        ({"claim": lambda x: np.nan * x}, "error inf"),
        ({"worked": [Worked({"x": np.array([3.0])}, [5])]}, "worked out by hand"),
        (
            {"mutants": [Mutant("the same", lambda x: x * 2)]},
            "accepts the mistake “the same”",
        ),
        (
            {"mutants": [Mutant("half", lambda x: x, harmless=lambda x: len(x) == 1)]},
            "refuses the mistake “half”",
        ),
        (
            {"references": [Reference("never", lambda x: x, covers=lambda x: False)]},
            "no case is covered by never",
        ),
        (
            {
                "claim": lambda x: {"a": 2 * x, "b": x},
                "references": [Reference("a alone", lambda x: {"a": 2 * x})],
            },
            "the first reference leaves out b",
        ),
    ],
)
def test_wrong_results_are_refuted_by_name(changes: dict, message: str):
    checks.check(square())
    with pytest.raises(Refuted, match=f"test-square: .*{message}"):
        checks.check(square(**changes))


def for_arrays_alone(x):
    """Twice x, and an error for a list."""
    return 2 * x if isinstance(x, np.ndarray) else 1 / 0


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"claim": lambda x: 1 / 0}, r"the formula raised .* in the case n = "),
        (
            {"references": [Reference("doubling", lambda x: 1 / 0)]},
            "doubling raised .* in the case n = ",
        ),
        (
            {"references": [Reference("half", lambda x: x, covers=lambda x: 1 / 0)]},
            "half raised .* in the case n = ",
        ),
        (
            {"mutants": [Mutant("a slip", lambda x: 1 / 0)]},
            "the mistake “a slip” raised .* in the case n = ",
        ),
        (
            {"mutants": [Mutant("a slip", lambda x: x, harmless=lambda x: 1 / 0)]},
            "the mistake “a slip” raised .* in the case n = ",
        ),
        (
            {"claim": for_arrays_alone, "edges": {"a list": {"x": [0, 1]}}},
            "the formula raised .* in the case a list",
        ),
        (
            {
                "claim": for_arrays_alone,
                "mutants": [],
                "worked": [Worked({"x": np.ones(1)}, [2]), Worked({"x": [1]}, [2])],
            },
            "the formula raised .* in the case worked by hand, number 2",
        ),
        ({"case": lambda rng, n: 1 / 0}, "its generator raised .* in the case"),
    ],
)
def test_whatever_raises_in_a_check_is_named_with_the_result(changes, message):
    with pytest.raises(Refuted, match=f"test-square: {message}"):
        checks.check(square(**changes))


# The reader's own check

# Log-likelihood of an outside word o for a centre word, both with their vectors: J = u_o · v − log Σ_j exp(u_j · v)


def centre_gradient(o, v, U):
    """∂J/∂v = u_o − Σ_j p_j u_j."""
    return U[o] - softmax(U @ v) @ U


CENTRE = Result(
    label="test-centre",
    claim=centre_gradient,
    case=lambda rng, V, d: {
        "o": int(rng.integers(V)),
        "v": rng.normal(size=d),
        "U": rng.normal(size=(V, d)),
    },
    sizes={"V": (2, 16), "d": (1, 12)},
    references=[Reference("the definition", centre_gradient)],
    worked=[],
    mutants=[
        Mutant("v for u", lambda o, v, U: v - softmax(U @ v) @ U),
        Mutant("the expected term dropped", lambda o, v, U: U[o]),
    ],
)


def scaled(factor: float):
    """The gradients of one layer, times a factor."""
    return lambda **case: tuple(factor * part for part in gradients(**case))


ATTEMPTS = {
    "right": ("one-layer-gradients", gradients, r"right, held against 120 cases"),
    "as a dictionary": (
        "one-layer-gradients",
        lambda **case: gradients(**case)._asdict(),
        "right, held",
    ),
    "the loss": (
        "one-layer-gradients",
        scaled(-1),
        "h, W_unembed, W_embed: the sign is opposite",
    ),
    "twice": (
        "one-layer-gradients",
        scaled(2),
        "h, W_unembed, W_embed: 2 times what it should be",
    ),
    "twice the loss": ("one-layer-gradients", scaled(-2), "−2 times what it should be"),
    "twice, where the value may be zero": (
        "rnn-gradients",
        lambda **case: tuple(2 * g for g in rnn_gradients(**case)),
        "W_embed, W_recurrent, W_unembed: 2 times what it should be",
    ),
    "transposed": (
        "one-layer-gradients",
        lambda **case: gradients(**case)._replace(
            W_unembed=gradients(**case).W_unembed.T
        ),
        r"h, W_embed: right\.\nW_unembed: transposed\.",
    ),
    "transposed and the loss": (
        "one-layer-gradients",
        lambda **case: gradients(**case)._replace(W_embed=-gradients(**case).W_embed.T),
        "W_embed: transposed; the sign is opposite",
    ),
    "a term dropped": (
        "softmax-error",
        lambda s, y: -softmax(s),
        "a common mistake: the observed word's own score dropped",
    ),
    "a mean for a sum": (
        "softmax-error",
        lambda s, y: (y - softmax(s)) / len(s),
        "1/V times",
    ),
    "v for u": (
        "test-centre",
        lambda o, v, U: v - softmax(U @ v) @ U,
        "a common mistake: v for u",
    ),
    "the loss with v for u": (
        "test-centre",
        lambda o, v, U: softmax(U @ v) @ U - v,
        "opposite.*; a common mistake: v for u",
    ),
    "no expectation": (
        "test-centre",
        lambda o, v, U: U[o],
        "the expected term dropped",
    ),
    "only for one dimension": (
        "test-centre",
        lambda o, v, U: (
            centre_gradient(o, v, U) * (1 if len(v) == 1 else np.arange(1, len(v) + 1))
        ),
        r"right only where d = 1",
    ),
    "a shape": (
        "softmax-error",
        lambda s, y: (y - softmax(s))[:, None],
        r"the shape is \(V, 1\) = \(\d+, 1\), where \(V,\) = ",
    ),
    "not a number": (
        "softmax-error",
        lambda s, y: s * np.nan,
        "entries that are not numbers",
    ),
    "words": (
        "softmax-error",
        lambda s, y: "y - p",
        "It gave str, where numbers are expected",
    ),
    "nothing": ("softmax-error", lambda s, y: None, "not right"),
    "too little": (
        "one-layer-gradients",
        lambda **case: gradients(**case)[:2],
        "It gave 2 values, where h, W_unembed, W_embed",
    ),
    "an error": (
        "softmax-error",
        lambda s, y: 1 / 0,
        "It raised ZeroDivisionError where V = ",
    ),
    "other arguments": (
        "softmax-error",
        lambda scores: scores,
        "called with the arguments s, y",
    ),
    "something else": (
        "softmax-error",
        lambda s, y: (y - softmax(s)) * np.linspace(1, 2, len(s)),
        r"none of the common mistakes; right in 0 of 120 cases\. Where V = 2, it is",
    ),
}


@pytest.mark.parametrize("name", ATTEMPTS)
def test_attempts_are_told_apart(name: str):
    label, function, message = ATTEMPTS[name]
    verdict = attempt(label, function)
    assert verdict.right == message.startswith("right,")
    assert re.search(message, verdict.words), verdict.words


@every_result
def test_every_mistake_of_every_result_is_recognised(result: Result, few_cases: None):
    for mutant in result.mutants:
        verdict = attempt(result.label, mutant.function)
        assert not verdict.right
        known = (
            "a common mistake",
            "the sign is opposite",
            "transposed",
            "times what",
            "the shape is",
        )
        assert any(words in verdict.words for words in known), (
            mutant.mistake,
            verdict.words,
        )


def test_attempt_leaves_the_cases_as_they_are():
    def careless(s, y):
        s -= s.max()
        y -= np.exp(s) / np.exp(s).sum()
        return y

    assert attempt("softmax-error", careless).right
    assert attempt("softmax-error", careless).right


def test_what_cannot_be_attempted_is_refused():
    with pytest.raises(
        ValueError, match="'softmax-eror'.*did you mean 'softmax-error'"
    ):
        attempt("softmax-eror", gradients)
    with pytest.raises(TypeError, match="needs a function"):
        attempt("softmax-error", np.zeros(3))
