"""The checks can fail."""

import importlib
import itertools
import math
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import unrolled.results
from unrolled import checks
from unrolled.checks import Mutant, Reference, Refuted, Result, Unless, Worked, mistakes
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


@every_result
def test_each_mistake_in_the_place_of_the_formula_is_refuted(result: Result):
    fields = vars(result) | {"code": None}
    for mutant in result.mutants:
        with pytest.raises(Refuted, match=result.label):
            checks.check(Result(**fields | {"claim": mutant.function}))
    RESULTS[result.label] = result


@every_result
def test_cases_of_given_sizes_have_these_sizes(result: Result):
    letter, (low, high) = next(iter(result.sizes.items()))
    for size in {low, high}:
        drawn = [
            sizes for sizes, _ in itertools.islice(result.drawn(**{letter: size}), 9)
        ]
        assert {sizes[letter] for sizes in drawn} == {size}
        assert all(
            low <= sizes[x] <= high
            for sizes in drawn
            for x, (low, high) in result.sizes.items()
        )
        if len(result.sizes) > 1:
            assert len({tuple(sizes.values()) for sizes in drawn}) == len(drawn) > 1


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
            {"mutants": [Mutant("half", lambda x: x, "n == 1")]},
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
        (
            {
                "references": [
                    Reference("long ones", lambda x: 2 * x, covers=lambda x: len(x) > 1)
                ]
            },
            "the first reference leaves out the case n = 1",
        ),
        (
            {"claim": lambda x: {}["x"]},
            "the formula raised KeyError in the case n = ",
        ),
        (
            {"references": [Reference("doubling", lambda x: 1 / 0)]},
            "doubling raised ZeroDivisionError in the case n = ",
        ),
        (
            {"mutants": [Mutant("none", lambda x: x[999])]},
            "the mistake “none” raised IndexError in the case n = ",
        ),
        (
            {"worked": [Worked({"z": 3}, [5])]},
            "the formula raised TypeError in the case worked by hand, number 1",
        ),
        (
            {"case": lambda rng, n: {"x": rng.normul(size=n)}},
            "its generator raised AttributeError",
        ),
    ],
)
def test_wrong_results_are_refuted_by_name(changes: dict, message: str):
    checks.check(square())
    with pytest.raises(Refuted, match=f"test-square: .*{message}"):
        checks.check(square(**changes))


# The mistakes


def halved(x):
    """What the function below calls."""
    return x / 2


def middle(x, y):
    """The number half-way between two."""
    both = x + y
    return halved(both)


@pytest.mark.parametrize(
    "functions, edit, value, lines",
    [
        (middle, "x + y → x - y", 2, [("both = x + y", "both = x - y")]),
        (
            middle,
            """
            x + y → x * y
            halved(both) → both
            """,
            12,
            [("both = x + y", "both = x * y"), ("return halved(both)", "return both")],
        ),
        ([halved, middle], "x / 2 → x", 8, [("return x / 2", "return x")]),
        (
            [halved, middle],
            "x / 2 → x\nx + y → x - y",
            4,
            [("return x / 2", "return x"), ("both = x + y", "both = x - y")],
        ),
    ],
    ids=["one", "two", "in the helper", "in both"],
)
def test_edit_stands_for_what_stood_there(functions, edit, value, lines):
    (mistake,) = mistakes(functions, {"a mistake": edit})
    assert mistake == ("a mistake", mistake.function, "", lines)
    assert mistake.function(6, y=2) == value
    assert middle(6, 2) == 4 and halved(8) == 4


def test_mistakes_stand_in_their_order_and_apart():
    minus, times = mistakes(
        middle, {"minus": "x + y → x - y", "times": "x + y → x * y"}
    )
    assert (minus.mistake, minus.function(6, 2)) == ("minus", 2)
    assert (times.mistake, times.function(6, 2)) == ("times", 6)


@pytest.mark.parametrize(
    "functions, edit, times",
    [
        (middle, "x * y → x - y", "'x \\* y' stands 0"),
        (middle, "both → x", "'both' stands 2"),
        (middle, "x / 2 → x", "'x / 2' stands 0"),  # the helper is not given
        ([halved, middle], "return → print", "'return' stands 2"),
        (middle, "x + y → x\nx + y → y", "'x \\+ y' stands 0"),  # gone by then
        (middle, "both = x → x = x\nboth → x", "'both' stands 2"),
        (middle, "x + y → x - y\nx - y → x", "'x - y' stands 0"),
    ],
)
def test_place_that_is_not_there_once_is_named(functions, edit, times):
    told = f"the mistake “lost”: {times} times in the code of middle; expected once"
    with pytest.raises(ValueError, match=told):
        mistakes(functions, {"right": "x + y → x - y", "lost": edit})


def doubled(x):
    """The formula of the result below."""
    return 2 * x


ALONE = Unless("one number alone", lambda x: len(x) == 1)


@pytest.mark.parametrize(
    "unless, words, right",
    [
        ("n == 1", "n = 1", [1]),
        ("n == 1 or n >= 4", "n = 1 or n ≥ 4", [1, 4, 5]),
        ("n <= 2", "n ≤ 2", [1, 2]),
        ("", "", []),
        (ALONE, "one number alone", [1]),
    ],
)
def test_where_a_mistake_is_none(unless, words, right):
    (mistake,) = mistakes(doubled, {"half": ("2 * x → x", unless)})
    assert mistake.but == words
    found = [n for n in range(1, 6) if mistake.is_none({"n": n}, {"x": np.ones(n)})]
    assert found == right


def turned_around(unless: str | Unless) -> Result:
    """A result with one mistake, which is none where there is one number alone."""
    mutants = mistakes(doubled, {"turned around": ("2 * x → 2 * x[::-1]", unless)})
    return square(claim=doubled, sizes={"n": (1, CASES)}, mutants=mutants)


@pytest.mark.parametrize("unless, words", [("n == 1", "n = 1"), (ALONE, ALONE.words)])
def test_mistake_is_refused_except_where_it_is_none(unless, words):
    lines = [("return 2 * x", "return 2 * x[::-1]")]
    report = checks.check(turned_around(unless))
    assert report.mutants == [("turned around", CASES - 1, CASES, words, lines)]


@pytest.mark.parametrize(
    "unless, found",
    [
        ("", "accepts the mistake “turned around” in the case n = 1,"),
        ("n <= 2", "refuses the mistake “turned around” in the case n = 2,"),
        (ALONE._replace(holds=lambda x: False), "accepts .* in the case n = 1,"),
        (ALONE._replace(holds=lambda x: len(x) < 3), "refuses .* in the case n = 2,"),
    ],
)
def test_wrong_condition_of_a_mistake_is_refuted(unless, found):
    with pytest.raises(Refuted, match=f"test-square: the check {found}"):
        checks.check(turned_around(unless))


def test_each_value_is_computed_once():
    asked = []

    def counted(what: str, factor: float):
        def function(x: np.ndarray) -> np.ndarray:
            asked.append(what)
            return factor * x

        return function

    checks.check(
        square(
            claim=counted("claim", 2),
            references=[
                Reference("a", counted("a", 2)),
                Reference("b", counted("b", 2)),
            ],
            mutants=[Mutant("m", counted("m", 1)), Mutant("n", counted("n", 3))],
        )
    )
    times = {what: asked.count(what) for what in asked}
    assert times == {"claim": CASES + 1, "a": CASES, "b": CASES, "m": CASES, "n": CASES}


def test_checks_do_without_pytorch():
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "from unrolled import checks\n"
        "import numpy as np\n"
        "checks.Result('double', claim=lambda x: 2 * x, case=lambda rng, n: {'x': rng.normal(size=n)},\n"
        "    sizes={'n': (1, 9)}, references=[], mutants=[], worked=[])\n"
        "print(checks.attempt('double', lambda x: x + x).right)\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.stdout == "True\n", run.stderr
