"""The results of the page ``evaluation``."""

from itertools import product
from math import log

import numpy as np
import sympy
from scipy.spatial.distance import jensenshannon
from scipy.special import rel_entr

from unrolled.checks import Reference, Result, Unless, Worked, mistakes
from unrolled.pages import evaluation

# Two distributions over K outcomes


def two_distributions(rng, K, M, N):
    """The shares of K outcomes in M and in N random draws, of which some have zeros where the others have none."""
    p, q = (rng.multinomial(n, rng.dirichlet(np.ones(K))) / n for n in (M, N))
    return {"p": p, "q": q}


def by_divergences(p, q):
    """The definition: the mean of KL(p‖m) and KL(q‖m), in bits, with m the mean of p and q."""
    m = (p + q) / 2
    return (rel_entr(p, m).sum() + rel_entr(q, m).sum()) / 2 / log(2)


def by_information(p, q):
    """How many bits an outcome tells of the coin that chose its distribution, from their joint distribution (2, K)."""
    joint = np.stack([p, q]) / 2
    apart = joint.sum(1, keepdims=True) * joint.sum(0, keepdims=True)
    return rel_entr(joint, apart).sum() / log(2)


def by_scipy(p, q):
    """The square of SciPy's Jensen–Shannon distance to base 2."""
    return jensenshannon(p, q, base=2) ** 2


def by_sympy(p, q):
    """The definition in exact fractions, with logarithms to fifty digits."""
    total = sympy.Integer(0)
    for a, b in zip(p, q, strict=True):
        a, b = (sympy.Rational(x).limit_denominator(10_000) for x in (a, b))
        for share in (a, b):
            if share:
                total += share * sympy.log(2 * share / (a + b)) / 2
    return float(sympy.N(total / sympy.log(2), 50))


def same(p, q):
    """Whether the distributions are the same."""
    return np.allclose(p, q, rtol=0, atol=1e-15)


def two(p, q):
    """A case by its two distributions."""
    return {"p": np.array(p), "q": np.array(q)}


JENSEN_SHANNON = Result(
    label="jensen-shannon",
    claim=evaluation.jensen_shannon,
    case=two_distributions,
    sizes={"K": (2, 20), "M": (1, 30), "N": (1, 30)},
    edges={
        "the same distribution": two([0.25, 0.75], [0.25, 0.75]),
        "no outcome in common": two([0.5, 0.5, 0], [0, 0, 1]),
        "one outcome": two([1], [1]),
        "nearly sure": two([1 - 1e-9, 1e-9], [1e-9, 1 - 1e-9]),
    },
    references=[
        Reference("the definition by two divergences", by_divergences),
        Reference("the information about the coin", by_information),
        Reference(
            "SciPy's Jensen–Shannon distance, squared",
            by_scipy,
            covers=lambda p, q: not same(p, q),
            but="equal distributions, where it takes the root of rounding errors",
        ),
        Reference(
            "SymPy, in fractions",
            by_sympy,
            covers=lambda p, q: len(p) <= 5 and min(p.max(), q.max()) < 1 - 1e-6,
            but="more than five outcomes, and nearly sure ones",
        ),
    ],
    worked=[
        # m = (3/4, 1/4): H(m) = 2 − (3/4) log2 3, H(p) = 0, H(q) = 1
        Worked(two([1, 0], [0.5, 0.5]), 1.5 - 0.75 * np.log2(3)),
        # m = (1/2, 1/4, 1/4): H(m) = 3/2, H(p) = 1, H(q) = 1
        Worked(two([0.5, 0.5, 0], [0.5, 0, 0.5]), 0.5),
        Worked(two([1, 0], [0, 1]), 1),
    ],
    mutants=mistakes(
        [evaluation.entropy, evaluation.jensen_shannon],
        {
            "in nats": ("entr(p).sum() / log(2) → entr(p).sum()", Unless("p = q", same)),
            "its square root, the Jensen–Shannon distance": (
                "entropy((p + q) / 2) - (entropy(p) + entropy(q)) / 2 → "
                "np.sqrt(entropy((p + q) / 2) - (entropy(p) + entropy(q)) / 2)",
                Unless("p = q, or no outcome in common", lambda p, q: same(p, q) or not (p * q).any()),
            ),
            "the entropies of p and q not halved": (
                "(entropy(p) + entropy(q)) / 2 → (entropy(p) + entropy(q))",
                Unless("each of the two sure of an outcome", lambda p, q: p.max() == q.max() == 1),
            ),
            "the sum of the two divergences, not their mean": (
                "entropy((p + q) / 2) - (entropy(p) + entropy(q)) / 2 → "
                "2 * entropy((p + q) / 2) - entropy(p) - entropy(q)",
                Unless("p = q", same),
            ),
            "against p + q, which is no distribution, not against its half": (
                "entropy((p + q) / 2) → entropy(p + q) / 2"
            ),
            "outcomes left out that one of the two lacks": (
                "return entropy( → p, q = p * (q > 0), q * (p > 0); return entropy(",
                Unless("the same outcomes possible under both", lambda p, q: ((p > 0) == (q > 0)).all()),
            ),
        },
    ),
)


# A sample that meets names


def names_and_draws(rng, M, K, n):
    """The probabilities of M held-out names, and how many draws each has, n at most: K other names are the rest.

    Some names never come. In some cases all have the same number of draws, as in one language.
    """
    p = rng.dirichlet(np.ones(M + K))[:M] * (rng.random(M) < 0.8)
    p[0] = max(p[0], 0.05)
    draws = np.full(M, n) if rng.random() < 0.3 else rng.integers(1, n + 1, size=M)
    return {"p": p, "n": draws}


def by_sequences(p, n):
    """The mean of the share that was met, over all sequences of n draws, each with its probability.

    The draws of a name are looked at as draws of that name or of another.
    """
    shares = []
    for one, draws in zip(p, n, strict=True):
        sequences = np.array(list(product([True, False], repeat=draws)))  # (2^n, n)
        probability = np.where(sequences, one, 1 - one).prod(1)
        shares.append(probability @ sequences.any(1))
    return float(np.mean(shares))


def by_all_names(p, n):
    """The same over all sequences of n names, the rest being one name more: (M + 1)^n sequences."""
    M, draws = len(p), n[0]
    q = np.append(p, 1 - p.sum())
    sequences = np.array(list(product(range(M + 1), repeat=draws)))
    probability = q[sequences].prod(1)
    met = np.zeros((len(sequences), M + 1), dtype=bool)
    for column in sequences.T:
        met[np.arange(len(sequences)), column] = True
    return float(probability @ met[:, :M].mean(1))


def by_steps(p, n):
    """Draw by draw: a name that was not met before is met with probability p."""
    met = np.zeros(len(p))
    for turn in range(max(n)):
        met += np.where(turn < n, (1 - met) * p, 0)
    return met.mean()


def once(n, **_):
    """Whether there is one draw."""
    return (n == 1).all()


EXPECTED_COVERAGE = Result(
    label="expected-coverage",
    claim=evaluation.expected_coverage,
    case=names_and_draws,
    sizes={"M": (1, 9), "K": (1, 12), "n": (1, 10)},
    edges={
        "one name, which always comes": {"p": np.array([1.0]), "n": np.array([3])},
        "a name that never comes": {"p": np.array([0.0, 0.5]), "n": np.array([2, 2])},
        "languages with other numbers of draws": {"p": np.array([0.5, 0.1, 0.9]), "n": np.array([1, 7, 4])},
        "a language that is never drawn": {"p": np.array([0.5, 1.0]), "n": np.array([3, 0])},
        "names that hardly ever come": {"p": np.array([1e-12, 3e-13]), "n": np.array([1000, 400])},
    },
    references=[
        Reference("draw by draw", by_steps),
        Reference(
            "enumeration, name by name", by_sequences, covers=lambda p, n: max(n) <= 12, but="more than twelve draws"
        ),
        Reference(
            "enumeration of all samples",
            by_all_names,
            covers=lambda p, n: len(set(n)) == 1 and (len(p) + 1) ** n[0] <= 20_000,
            but="more than 20,000 samples",
        ),
    ],
    worked=[
        # 1 − (1/2)² = 3/4 and 1 − (3/4)² = 7/16, of which the mean is 19/32
        Worked({"p": np.array([0.5, 0.25]), "n": np.array([2, 2])}, 19 / 32),
        Worked({"p": np.array([0.5, 0]), "n": np.array([3, 3])}, 7 / 16),
    ],
    mutants=mistakes(
        evaluation.expected_coverage,
        {
            "n p, which counts a name again whenever it comes again": (
                "-expm1(xlog1py(n, -p)) → n * p",
                Unless("n = 1", once),
            ),
            "p in the place of 1 − p": "-expm1(xlog1py(n, -p)) → 1 - p**n",
            "the probability that none is met, not that one is": "-expm1(xlog1py(n, -p)) → (1 - p) ** n",
            "an average name in the place of the average over names": (
                "xlog1py(n, -p) → xlog1py(n, -np.mean(p))",
                Unless("n = 1, or names that are all as probable", lambda p, n: once(n) or np.ptp(p) == 0),
            ),
            "the draws of one language for all": (
                "xlog1py(n, -p) → xlog1py(n[0], -p)",
                Unless("as many draws in each language", lambda p, n: (n[p > 0] == n[0]).all()),
            ),
            "a draw too few": "xlog1py(n, -p) → xlog1py(n - 1, -p)",
            "the sum over names, not their mean": ("np.mean( → np.sum(", "M == 1"),
        },
    ),
)
