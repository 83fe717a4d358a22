"""*Classifying names*: the network reads each name alone and whole, the models learn, the scores are what they say."""

import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score

from unrolled.data.names import ALPHABET, Name, embedded, split
from unrolled.data.vocabulary import Vocabulary
from unrolled.pages import classification

LETTERS = Vocabulary(ALPHABET)
LANGUAGES = ["A", "B", "C"]
texts = st.text(ALPHABET, min_size=1, max_size=12)


def network(d: int = 5) -> classification.LayerRNN:
    torch.manual_seed(0)
    return classification.LayerRNN(len(LETTERS), d, len(LANGUAGES)).double()


def encoded(texts: list[str]) -> classification.Encoded:
    return classification.encode(
        [Name(text, "A") for text in texts], LETTERS, LANGUAGES
    )


@settings(deadline=None)
@given(st.lists(texts, min_size=1, max_size=6))
def test_a_name_scores_the_same_alone_and_in_any_batch(batch):
    model = network()
    together = encoded(batch)
    logits = model(together.ids, together.lengths)
    for text, row in zip(batch, logits, strict=True):
        alone = encoded([text])
        torch.testing.assert_close(
            model(alone.ids, alone.lengths)[0], row, rtol=0, atol=1e-12
        )


@settings(deadline=None)
@given(texts)
def test_the_network_is_the_recurrence_of_the_page(text):
    model = network()
    weights = dict(model.recurrence.named_parameters())
    h = torch.zeros(5, dtype=torch.double)
    for letter in LETTERS.encode(text):
        x = torch.zeros(len(LETTERS), dtype=torch.double)
        x[letter] = 1
        h = torch.tanh(
            weights["weight_ih_l0"] @ x
            + weights["weight_hh_l0"] @ h
            + weights["bias_ih_l0"]
            + weights["bias_hh_l0"]
        )
    name = encoded([text])
    torch.testing.assert_close(
        model(name.ids, name.lengths)[0], model.readout(h), rtol=0, atol=1e-12
    )


def twins() -> dict[str, torch.nn.Module]:
    """One network in its three forms."""
    layer = network()
    forms = [layer, classification.as_cell(layer), classification.as_dense(layer)]
    return {type(form).__name__: form for form in forms}


def test_three_forms_give_the_same_logits_on_real_names_of_every_length():
    forms = twins()
    by_length = {len(name.text): name.text for name in embedded()}
    assert len(by_length) > 15
    for text in by_length.values():
        name = encoded([text])
        layer, cell, dense = (form(name.ids, name.lengths) for form in forms.values())
        torch.testing.assert_close(cell, layer, rtol=0, atol=1e-14)
        torch.testing.assert_close(dense, layer, rtol=0, atol=1e-14)


@settings(deadline=None)
@given(st.lists(texts, min_size=1, max_size=6))
def test_every_form_reads_each_name_alone_and_whole(batch):
    together = encoded(batch)
    others = {
        "TutorialRNN": classification.TutorialRNN(len(LETTERS), 5, 3).double(),
        "PooledGRU": classification.PooledGRU(len(LETTERS), 5, 3).double().eval(),
    }
    for model in (twins() | others).values():
        logits = model(together.ids, together.lengths)
        for text, row in zip(batch, logits, strict=True):
            alone = encoded([text])
            single = model(alone.ids, alone.lengths)[0]
            torch.testing.assert_close(single, row, rtol=0, atol=1e-12)


def test_a_wrong_map_of_weights_is_refused():
    layer = network()
    dense = classification.as_dense(layer)
    with torch.no_grad():
        dense.combined.bias -= layer.recurrence.bias_hh_l0  # as if it had one bias
    name = encoded(["Rossi"])
    assert not torch.allclose(
        dense(name.ids, name.lengths), layer(name.ids, name.lengths)
    )


@settings(deadline=None)
@given(st.integers(2, 9), st.data())
def test_letters_do_not_interact_in_the_tutorials_network(size, data):
    """Without a nonlinearity, changing one letter changes the scores by the same amount in any name."""
    torch.manual_seed(0)
    linear = classification.TutorialRNN(len(LETTERS), 5, 3).double()
    words = st.text("abcdef", min_size=size, max_size=size)
    first, second = data.draw(words), data.draw(words)
    place = data.draw(st.integers(0, size - 1))
    effects = []
    for model in (linear, network()):
        effect = []
        for word in (first, second):
            changed = [word[:place] + letter + word[place + 1 :] for letter in "xy"]
            part = encoded(changed)
            s = model(part.ids, part.lengths)
            effect.append(s[1] - s[0])
        effects.append(effect)
    torch.testing.assert_close(*effects[0], rtol=0, atol=1e-12)
    if first[:place] + first[place + 1 :] != second[:place] + second[place + 1 :]:
        assert not torch.equal(*effects[1])


def test_gradients_are_counted_from_the_end_and_agree_with_differences():
    model = network()
    named = [Name("Li", "A"), Name("Rossi", "C")]
    part = classification.encode(named, LETTERS, LANGUAGES)
    norms = classification.gradient_norms(model, part)
    assert norms.isnan().tolist() == [[False] * 2 + [True] * 3, [False] * 5]
    x = classification.one_hot(part.ids, len(LETTERS), model.readout.weight)
    step = 1e-6
    # by the first letter of Rossi
    gradient = torch.zeros(len(LETTERS), dtype=torch.double)
    for v in range(len(LETTERS)):
        J = []
        for sign in (1, -1):
            moved = x.clone()
            moved[1, 0, v] += sign * step
            J.append(model.read(moved, part.lengths)[1].log_softmax(0)[2].item())
        gradient[v] = (J[0] - J[1]) / (2 * step)
    assert norms[1, 4].item() == pytest.approx(gradient.norm().item(), rel=1e-6)


def test_a_batch_is_cut_to_its_longest_name():
    part = encoded(["Li", "Rossi", "Papadopoulos"])
    assert part.ids.shape == (3, 12)
    batch = part.batch(torch.tensor([1, 0]))
    assert batch.ids.shape == (2, 5)
    assert batch.lengths.tolist() == [5, 2]


def test_the_network_learns_a_rule_that_needs_the_first_letter():
    names = [
        Name(first + middle * 3, LANGUAGES["abc".index(first)])
        for first in "abc"
        for middle in "defghijk"
    ]
    part = classification.encode(names, LETTERS, LANGUAGES)
    model = network(16).float()
    classification.train(model, part, part, steps=300, seed=0, batch=8)
    assert torch.equal(classification.predict(model, part), part.classes)


def test_both_models_do_better_than_the_most_frequent_language():
    train, dev, _ = split(embedded())
    languages = sorted({name.language for name in train})
    truth = [name.language for name in dev]
    majority = max(truth.count(language) for language in languages) / len(dev)
    counts = classification.count_model()
    counts.fit([name.text for name in train], [name.language for name in train])
    assert (
        classification.scores(counts.predict([n.text for n in dev]), truth).interval.low
        > 3 * majority
    )
    torch.manual_seed(0)
    model = classification.LayerRNN(len(LETTERS), 32, len(languages))
    parts = [classification.encode(part, LETTERS, languages) for part in (train, dev)]
    classification.train(model, *parts, steps=200, seed=0)
    guessed = [languages[k] for k in classification.predict(model, parts[1])]
    assert classification.scores(guessed, truth).interval.low > 2 * majority


@given(st.lists(st.tuples(st.sampled_from("AB"), st.sampled_from("AB")), min_size=1))
def test_scores_are_shares(pairs):
    answers, truth = map(list, zip(*pairs, strict=True))
    result = classification.scores(answers, truth)
    assert result.accuracy == pytest.approx(accuracy_score(truth, answers))
    recalls = [
        sum(a == t == language for a, t in pairs) / truth.count(language)
        for language in set(truth)
    ]
    assert result.balanced == pytest.approx(sum(recalls) / len(recalls))


def test_scores_refuse_answers_of_another_number():
    with pytest.raises(ValueError):
        classification.scores(["A"], ["A", "B"])


@settings(deadline=None)
@given(st.text(max_size=80))
def test_any_text_is_classified_or_refused_with_a_clear_message(text):
    try:
        guesses = classification.classify(network().float(), text, LETTERS, LANGUAGES)
    except ValueError as refusal:
        assert re.search("give |[Tt]ake it out", str(refusal))
    else:
        assert sorted(guess.language for guess in guesses) == LANGUAGES
        probabilities = [guess.probability for guess in guesses]
        assert probabilities == sorted(probabilities, reverse=True)
        assert sum(probabilities) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("text", ["", "   ", "-", "123", "!?", "\u200b", "a\0b"])
def test_a_text_without_letters_is_refused(text):
    with pytest.raises(ValueError, match="no letter|give |Take it out"):
        classification.classify(network(), text, LETTERS, LANGUAGES)


def test_a_text_that_is_no_name_is_refused():
    with pytest.raises(ValueError, match="500 letters is too long"):
        classification.classify(network(), "a" * 500, LETTERS, LANGUAGES)
    assert classification.classify(network(), "O", LETTERS, LANGUAGES)


def test_other_scripts_are_read_as_they_are_romanised():
    model = network()
    written = [
        classification.classify(model, text, LETTERS, LANGUAGES)
        for text in ("Παπαδοπούλου", "Papadopoulou")
    ]
    assert written[0] == written[1]


def distance(a: str, b: str) -> int:
    """The edit distance, by its definition."""
    if not a or not b:
        return len(a) + len(b)
    return min(
        distance(a[1:], b) + 1,
        distance(a, b[1:]) + 1,
        distance(a[1:], b[1:]) + (a[0] != b[0]),
    )


def test_relatives_have_the_same_stem_in_the_same_language():
    train = [Name("Novak", "A"), Name("Rossi", "B")]
    part = [Name("Novakova", "A"), Name("Novakova", "B"), Name("Russo", "B")]
    assert classification.has_relative(part, train) == [True, False, False]


@given(
    st.lists(st.text("ab", min_size=1, max_size=4), min_size=1, max_size=5),
    st.text("ab", min_size=1, max_size=4),
)
def test_neighbours_are_those_at_edit_distance_one(known, text):
    train = [Name(word, "A") for word in known if word != text]
    part = [Name(text, "A"), Name(text, "B")]
    expected = any(distance(text, name.text) == 1 for name in train)
    assert classification.has_neighbour(part, train) == [expected, False]


def test_bayes_rule_is_that_of_the_page():
    """The log-probability of a name is the sum over its symbols; languages weigh by their shares."""
    p_name = np.array([[0.02, 0.001], [0.3, 0.6]])  # (N, C)

    def halves(names: list, places: list) -> list:
        """Two symbols, each as probable as the other."""
        pairs = zip(names, places, strict=True)
        return [np.log([p_name[name[0], k] ** 0.5] * 2) for name, k in pairs]

    prior = torch.tensor([0.25, 0.75]).double()
    joint = torch.tensor(p_name) * prior
    found = classification.by_bayes(halves, [[0], [1]], prior.log())
    torch.testing.assert_close(found.exp(), joint / joint.sum(1, keepdim=True))


@pytest.fixture
def opinions() -> tuple[torch.Tensor, torch.Tensor]:
    """Three models' log-probabilities (3, N, C) of classes (N,): two that know something, and one that does not."""
    torch.manual_seed(3)
    classes = torch.arange(600) % 3
    clues = 2 * torch.nn.functional.one_hot(classes, 3).double()
    noise = torch.randn(3, 600, 3).double()
    scores = torch.stack([clues, clues, 0 * clues]) + 1.5 * noise
    return scores.log_softmax(2), classes


def test_the_weights_of_a_pool_make_the_classes_most_probable(opinions):
    log_p, classes = opinions
    weights = classification.pool_weights(log_p, classes)

    def loss(w: torch.Tensor) -> float:
        found = classification.pool(log_p, w)
        torch.testing.assert_close(found.exp().sum(1), torch.ones(600).double())
        return torch.nn.functional.nll_loss(found, classes).item()

    best = loss(weights)
    for k in range(3):
        alone = torch.eye(3).double()[k]
        assert best < loss(alone)
        for step in (-0.05, 0.05):
            assert best < loss(weights + step * alone)
    assert weights[:2].min() > 5 * weights[2].abs()


def test_the_share_of_the_prior_costs_no_more_than_a_standard_error_on_dev():
    torch.manual_seed(2)
    classes = (torch.rand(1000) > 0.9).long()  # nine in ten are of the first class
    log_prior = torch.tensor([0.9, 0.1]).log()
    clues = torch.randn(1000, 2) + 1.2 * torch.nn.functional.one_hot(classes, 2)
    log_p = (clues + log_prior).log_softmax(1)

    def scores(share: float) -> tuple[float, float]:
        right = ((log_p - share * log_prior).argmax(1) == classes).double()
        of_each = [right[classes == k].mean().item() for k in (0, 1)]
        return right.mean().item(), sum(of_each) / 2

    chosen = classification.share_off(log_p, classes, log_prior)
    every = {share: scores(share) for share in classification.SHARES}
    best = max(accuracy for accuracy, _ in every.values())
    error = (best * (1 - best) / 1000) ** 0.5
    assert 0 < chosen < 1
    assert every[chosen][0] >= best - error
    assert every[chosen][1] > every[0][1]
    for share, (accuracy, balanced) in every.items():
        assert accuracy < best - error or balanced <= every[chosen][1], share
