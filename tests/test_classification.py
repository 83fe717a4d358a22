"""Chapter 1: the network reads each name alone and whole, the models learn, the scores are what they say."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score

from unrolled import classification
from unrolled.data.names import ALPHABET, Name, embedded, split
from unrolled.data.vocabulary import Vocabulary

LETTERS = Vocabulary(ALPHABET)
LANGUAGES = ["A", "B", "C"]
texts = st.text(ALPHABET, min_size=1, max_size=12)


def network(d: int = 5) -> classification.NameRNN:
    torch.manual_seed(0)
    return classification.NameRNN(len(LETTERS), d, len(LANGUAGES)).double()


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
    model = classification.NameRNN(len(LETTERS), 32, len(languages))
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
