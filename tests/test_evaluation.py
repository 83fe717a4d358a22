"""*Evaluating generated names*: what each metric must and must not see, and the order that the trial finds."""

import math
import re
from decimal import Decimal, localcontext
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from unrolled import measured
from unrolled.data import names
from unrolled.data.names import ALPHABET, Name
from unrolled.data.vocabulary import Vocabulary
from unrolled.learning.statistics import Interval, paired_difference
from unrolled.pages import evaluation, generation
from unrolled.pages.classification import count_model
from unrolled.pages.evaluation import Copies, Letters, OneName

texts = st.text("abc", min_size=1, max_size=6)
samples = st.lists(st.builds(Name, texts, st.sampled_from("XY")), min_size=1)
METRICS = [
    lambda sample, reference: evaluation.coverage(sample, reference).mean(),
    lambda sample, reference: evaluation.divergence(
        sample, reference, evaluation.length
    ),
    *(
        lambda sample, reference, n=n: evaluation.divergence(
            sample, reference, evaluation.grams(n)
        )
        for n in (1, 3)
    ),
]


def both(names: list[Name]) -> list[Name]:
    """The names, and one of each language, so that two samples have the same languages."""
    return [*names, Name("a", "X"), Name("a", "Y")]


def test_the_network_on_trial_is_that_of_the_page_on_generation():
    def settings_of(page: str) -> list[list[str]]:
        text = (Path(__file__).parents[1] / "book" / f"{page}.md").read_text()
        network = re.findall(r"NameNetwork\(.*(d=\d+)", text)
        training = re.findall(r"steps=\d+, seed=\d+, learning_rate=[\de.-]+", text)
        return [network[:1], training[:1]]

    found = settings_of("generation")
    assert all(found)
    assert found == settings_of("evaluation")


# Invariants


@given(samples)
def test_a_sample_is_no_way_off_from_itself(sample):
    covers, *differ = METRICS
    assert covers(sample, sample) == 1
    for metric in differ:
        assert metric(sample, sample) == pytest.approx(0, abs=1e-12)
    assert not evaluation.nearest(sample, sample).any()


@given(samples, samples, st.randoms(use_true_random=False))
def test_the_order_of_names_changes_nothing(sample, reference, random):
    sample, reference = both(sample), both(reference)
    other, another = (random.sample(x, len(x)) for x in (sample, reference))
    for metric in METRICS:
        assert metric(other, another) == pytest.approx(metric(sample, reference))
    assert evaluation.diversity(other) == evaluation.diversity(sample)


@given(samples, samples)
def test_divergences_are_symmetric_and_from_0_to_1_bit(sample, reference):
    for metric in METRICS[1:]:
        value = metric(sample, reference)
        assert -1e-12 <= value <= 1 + 1e-12
        assert metric(reference, sample) == pytest.approx(value, abs=1e-12)


def test_samples_with_nothing_in_common_are_a_bit_apart():
    one, other = [Name("aa", "X")], [Name("bbb", "X")]
    for metric in METRICS[1:]:
        assert metric(one, other) == pytest.approx(1)
    swapped = [Name("aa", "Y")]  # the same letters, but of another language
    assert evaluation.divergence(one, swapped, evaluation.grams(1)) == pytest.approx(1)
    empty = [Name("", "X")]
    assert evaluation.divergence(empty, one, evaluation.grams(1)) == 1


@given(samples)
def test_copies_are_not_new_and_have_no_distance(training):
    copies = Copies(training)([name.language for name in training], 3)
    assert not evaluation.novelty(copies, training).any()
    assert not evaluation.nearest(copies, training).any()


def distance(a: str, b: str) -> int:
    """The edit distance, by its definition."""
    if not a or not b:
        return len(a) + len(b)
    return min(
        distance(a[1:], b) + 1,
        distance(a, b[1:]) + 1,
        distance(a[1:], b[1:]) + (a[0] != b[0]),
    )


@settings(deadline=None)
@given(st.text("ab", max_size=5), st.text("ab", max_size=5), st.integers(1, 7))
def test_edit_distances_are_those_of_the_definition_as_far_as_asked_for(a, b, most):
    one, other = (np.array([ord(x) for x in text], np.int64) for text in (a, b))
    found = evaluation.edit_distance(one, other, most)
    assert found == min(distance(a, b), most)


@settings(deadline=None)
@given(
    st.lists(st.text("ab", max_size=4), min_size=1, max_size=5),
    st.text("ab", max_size=4),
)
def test_the_nearest_name_is_that_of_the_least_edit_distance(known, text):
    training = [Name(word, "X") for word in known]
    expected = min(distance(text, word) for word in known)
    sample = [Name(text, "X")]
    assert evaluation.nearest(sample, training).tolist() == [expected]
    assert evaluation.coverage(training, sample).tolist() == [expected <= 1]


def test_languages_are_kept_apart():
    sample, training = [Name("Rossi", "X")], [Name("Rossi", "Y"), Name("Ross", "X")]
    assert evaluation.nearest(sample, training).tolist() == [1]
    assert evaluation.novelty(sample, training).tolist() == [False]
    assert evaluation.diversity([*sample, *training]) == 1


def test_means_are_of_each_language():
    sample = [Name("a", "X"), Name("b", "Y"), Name("c", "X")]
    assert evaluation.by_language(sample, [1, 2, 4]) == {"X": [1, 4], "Y": [2]}
    assert evaluation.means(sample, [1, 2, 4]) == {"X": 2.5, "Y": 2}


def test_diversity_is_the_share_of_different_names():
    sample = [Name(text, "X") for text in "aabc"]
    assert evaluation.diversity(sample) == 3 / 4
    assert evaluation.diversity(sample * 2) == 3 / 8


def test_agreement_asks_the_judge_once_and_compares_with_what_was_asked_for():
    sample = [Name("a", "X"), Name("b", "X"), Name("c", "Y")]
    answers = evaluation.agreement(sample, lambda texts: ["X", "Y", "Y"])
    assert answers.tolist() == [True, False, True]


# Uncertainty and likelihood


def test_an_interval_holds_the_value_and_shrinks_with_the_number_of_names():
    rng = np.random.default_rng(0)
    few, many = rng.random(50), rng.random(5000)
    widths = []
    for values in (few, many):
        value, (low, high) = evaluation.mean_with_interval(values)
        assert value == pytest.approx(values.mean())
        assert low < value < high
        widths.append(high - low)
    assert widths[0] / widths[1] == pytest.approx(10, rel=0.35)


def test_the_interval_covers_the_mean_about_as_often_as_it_says():
    rng = np.random.default_rng(1)
    intervals = [
        evaluation.mean_with_interval(rng.random(40)).interval for _ in range(300)
    ]
    covered = sum(low <= 0.5 <= high for low, high in intervals) / 300
    assert 0.89 < covered < 0.99


def test_of_right_and_wrong_answers_it_is_the_interval_for_two_models():
    first, second = np.arange(500) < 300, np.arange(500) % 3 > 0
    _, interval = evaluation.mean_with_interval(second.astype(float) - first)
    assert interval == pytest.approx(paired_difference(first, second), abs=0.003)


def test_bits_divide_by_letters_and_ends():
    held_out = [Name("ab", "X"), Name("abcd", "X")]
    log_p = [-3 * math.log(2), -5 * math.log(2)]  # a bit for each letter and each end
    assert evaluation.bits_per_character(log_p, held_out).value == pytest.approx(1)
    value, interval = evaluation.bits_per_character([-1.0, -math.inf], held_out)
    assert value == math.inf and interval == (math.inf, math.inf)


def test_pairs_tell_what_each_alone_does_not():
    rng = np.random.default_rng(2)
    held_out = [Name("abc", "X")] * 200
    hard = -rng.exponential(10, 200)
    first, second = hard - 0.1 * rng.random(200), hard
    alone = [evaluation.bits_per_character(x, held_out) for x in (first, second)]
    assert alone[0].interval.low < alone[1].interval.high
    saved = evaluation.bits_saved(first, second, held_out)
    assert saved.interval.low > 0
    assert saved.value == pytest.approx(alone[0].value - alone[1].value)


def test_expected_coverage_is_what_draws_come_to():
    training = [Name(text, "X") for text in ["a", "b", "b", "c", "c", "c", "d"]]
    held_out = [Name(text, "X") for text in "abz"]
    copies = Copies(training)
    p = np.exp(copies.log_probabilities(held_out))
    assert p.tolist() == pytest.approx([1 / 7, 2 / 7, 0])
    found = []
    for seed in range(2000):
        drawn = set(copies(["X"] * 3, seed))
        found.append(np.mean([name in drawn for name in held_out]))
    expected = evaluation.expected_coverage(p, np.full(3, 3))
    assert np.mean(found) == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("p, n", [(1e-12, 1000), (1e-17, 10**6), (1.0, 3), (0, 5)])
def test_expected_coverage_is_exact_for_rare_and_for_sure_names(p: float, n: int):
    with localcontext(prec=60):
        expected = 1 - (1 - Decimal(p)) ** n
    found = evaluation.expected_coverage(np.array([p]), np.array([n]))
    assert found == pytest.approx(float(expected), rel=1e-9)


# Bad generators


@pytest.mark.parametrize(
    "made", [Copies, OneName, Letters, lambda x: Letters(x, uniform=True)]
)
def test_bad_generators_give_what_they_were_asked_for_by_their_own_probabilities(made):
    training = [Name(text, "X") for text in ("ab", "ba", "aab", "c")] + [Name("z", "Y")]
    generator = made(training)
    asked = ["X", "Y", "X"]
    assert [name.language for name in generator(asked, 1)] == asked
    assert generator(asked, 1) == generator(asked, 1)
    drawn = generator(["X"] * 4000, 2)
    p = math.exp(generator.log_probabilities([Name("ab", "X")])[0])
    share = drawn.count(Name("ab", "X")) / 4000
    assert share == pytest.approx(p, abs=4 * math.sqrt(p * (1 - p) / 4000) + 1e-12)


def test_letters_give_a_probability_to_every_name_of_the_alphabet():
    letters = Letters([Name("aab", "X")])
    known = [Name(x, "X") for x in ALPHABET]
    one, rest = math.exp(letters.log_p("X", "a")), letters.log_probabilities(known)
    assert np.exp(rest).sum() == pytest.approx(letters.lengths["X"][0])
    assert one == pytest.approx(max(np.exp(rest)))
    assert letters.log_probabilities([Name("ä", "X"), Name("", "X")]).tolist() == [
        -math.inf,
        -math.inf,
    ]


# The trial


def test_the_judge_learns_from_none_of_the_generators_names():
    train = names.split(names.embedded()).train
    own, other = evaluation.split_for_judge(train)
    assert sorted([*own, *other]) == sorted(train)
    assert not {n.text for n in own} & {n.text for n in other}
    assert 0.64 < len(own) / len(train) < 0.69


@given(st.integers(0, 5))
def test_halves_are_disjoint_and_alike_in_size(seed):
    real = [Name(f"{'a' * i}", language) for language in "XY" for i in range(1, 8)]
    first, second = evaluation.halves(real, seed)
    assert not set(first) & set(second)
    for half in (first, second):
        assert sorted(name.language for name in half) == ["X"] * 3 + ["Y"] * 3


def test_a_list_has_new_names_alone_each_once_and_may_be_short():
    known = [Name("a", "X"), Name("b", "Y")]
    pool = [
        Name("a", "X"),
        Name("c", "X"),
        Name("d", "X"),
        Name("b", "X"),
        Name("", "X"),
    ]

    def generator(languages: list[str], seed: int) -> list[Name]:
        rng = np.random.default_rng(seed)
        return [pool[i] for i in rng.integers(len(pool), size=len(languages))]

    listed = evaluation.new_names(generator, known)
    assert set(listed(["X"] * 2, 1)) == {Name("c", "X"), Name("d", "X")}
    assert len(listed(["X"] * 5, 1)) == 2
    assert evaluation.new_names(Copies(known), known)(["X"], 1) == []


def small() -> tuple[list[Name], list[Name], dict]:
    """Real names of three languages, training names, and the metrics with a judge."""
    few = [n for n in names.embedded() if n.language in ("Greek", "Italian", "Zulu")]
    train, dev, _ = names.split(few)
    own, other = evaluation.split_for_judge(train)
    judge = count_model()
    judge.fit([name.text for name in other], [name.language for name in other])
    return own, dev, evaluation.suite(judge.predict, own)


def test_each_metric_is_fooled_by_what_the_page_says_and_by_nothing_worse():
    own, real, metrics = small()
    generators = {
        "copies": Copies(own),
        "listed copies": evaluation.new_names(Copies(own), own),
        "unigram": Letters(own),
        "uniform": Letters(own, uniform=True),
        "one name": OneName(own),
    }
    outcome = evaluation.trial(generators, real, metrics, splits=60, draws=3)
    outside = {
        contestant: {m for m in metrics if outcome.share(contestant, m) > 0.5}
        for contestant in outcome.values
    }
    assert outside["real names"] == set()
    assert {"novelty", "distance"} <= outside["copies"]
    assert not outside["copies"] & {"agreement", "lengths", "letters", "trigrams"}
    assert outside["listed copies"] == set(metrics)
    assert {"distance", "trigrams"} <= outside["unigram"]
    assert not outside["unigram"] & {"novelty", "lengths", "letters"}
    assert {"distance", "letters", "trigrams"} <= outside["uniform"]
    assert not outside["uniform"] & {"novelty", "diversity", "lengths"}
    assert {"novelty", "diversity", "lengths", "letters"} <= outside["one name"]


def test_a_trial_is_the_same_again():
    own, real, metrics = small()
    first, second = (
        evaluation.trial({"copies": Copies(own)}, real, metrics, splits=5, draws=2)
        for _ in range(2)
    )
    assert first.bands == second.bands and first.values == second.values


def test_sides_that_are_not_bad_do_not_count():
    band = {("m", "X"): Interval(1, 2)}
    for bad, expected in (
        ("below", [1, 0, 0]),
        ("above", [0, 0, 1]),
        ("either", [1, 0, 1]),
    ):
        metric = evaluation.Metric(lambda *_: {}, bad)
        outcome = evaluation.Trial({"m": metric}, band, {})
        found = [outcome.is_outside(("m", "X"), x) for x in (0.5, 1.5, 2.5)]
        assert found == list(map(bool, expected))
        assert outcome.is_outside(("m", "X"), math.nan)


# Bad input


def test_errors_say_what_was_wrong_and_what_was_expected():
    name = [Name("a", "X")]
    for metric in (
        lambda: evaluation.agreement([], list),
        lambda: evaluation.novelty([], name),
        lambda: evaluation.nearest([], name),
        lambda: evaluation.nearest(name, []),
        lambda: evaluation.coverage([], name),
        lambda: evaluation.coverage(name, []),
        lambda: evaluation.diversity([]),
        lambda: evaluation.divergence([], name, evaluation.length),
        lambda: evaluation.halves([], 0),
        lambda: Copies([]),
    ):
        with pytest.raises(ValueError, match="no names .* expected one at least"):
            metric()
    with pytest.raises(ValueError, match="is Y: expected some of each language"):
        evaluation.nearest([Name("a", "Y")], name)
    with pytest.raises(
        ValueError, match="2 values and 1 weights: expected one of each"
    ):
        evaluation.mean_with_interval([1, 2], [1])
    with pytest.raises(ValueError, match="expected one of each for every name"):
        evaluation.mean_with_interval([])
    with pytest.raises(ValueError, match="is Klingon: expected some of X"):
        Copies(name)(["Klingon"], 1)
    with pytest.raises(ValueError, match="is Klingon: expected some of X"):
        Letters(name).log_probabilities([Name("a", "Klingon")])
    with pytest.raises(ValueError, match="X has a single name"):
        evaluation.halves(name, 0)
    with pytest.raises(ValueError):
        evaluation.bits_per_character([-1.0, -2.0], name)


# The order that the book claims


def test_the_trial_ranks_real_names_then_the_trained_network_then_every_bad_generator():
    everything = names.embedded()
    languages = list(names.languages(everything))
    parts = names.split(everything)
    own, other = evaluation.split_for_judge(parts.train)
    judge = count_model()
    judge.fit([name.text for name in other], [name.language for name in other])

    letters = Vocabulary(ALPHABET, start=True, end=True)
    torch.manual_seed(1)
    model = generation.NameNetwork(
        len(letters), len(languages), d=160, never=(letters.pad, letters.start)
    )
    learnt, dev = (generation.encode(x, letters, languages) for x in (own, parts.dev))
    generation.train(model, learnt, dev, steps=1000, seed=1, learning_rate=8e-3)

    def network(asked: list[str], seed: int) -> list[Name]:
        places = torch.tensor([languages.index(x) for x in asked])
        drawn = generation.generate(model, letters, places, seed)
        return [Name(one.text, x) for one, x in zip(drawn, asked, strict=True)]

    generators = {
        "network": network,
        "copies": Copies(own),
        "unigram": Letters(own),
        "uniform": Letters(own, uniform=True),
        "one name": OneName(own),
    }
    known = [*parts.train, *parts.dev]
    outcome = evaluation.trial(
        {name: evaluation.new_names(g, known) for name, g in generators.items()},
        parts.test,
        evaluation.suite(judge.predict, own),
        splits=50,
        draws=2,
    )
    counted = {contestant: outcome.verdict(contestant) for contestant in outcome.values}
    trained = counted.pop("network")
    assert max(counted.pop("real names")) < min(trained)
    assert all(max(trained) < min(draws) for draws in counted.values())


def test_the_committed_trial_has_that_order_on_both_sets_of_data():
    runs = measured.read("evaluation")["runs"]
    for data in ("embedded", "originals"):
        mine = {run["name"]: run for run in runs if run["data"] == data}
        lists = {name: np.mean(run["lists"]["verdict"]) for name, run in mine.items()}
        trained = [x for name, x in lists.items() if name.startswith("network, seed")]
        assert len(trained) >= 3
        real = max(np.mean(run["real"]["verdict"]) for run in mine.values())
        bad = [
            lists[x]
            for x in ("copies", "unigram letters", "uniform letters", "one name")
        ]
        assert real < min(lists.values())
        assert max(trained) < min(bad)
