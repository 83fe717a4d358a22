"""*Generating names*: three forms of one network, probabilities of whole names, training, and names drawn."""

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from unrolled.data.names import ALPHABET, Name, embedded, split
from unrolled.data.vocabulary import Vocabulary
from unrolled.pages import generation

LETTERS = Vocabulary(ALPHABET, start=True, end=True)
V, NEVER = len(LETTERS), (LETTERS.pad, LETTERS.start)
LANGUAGES = ["A", "B", "C"]
TINY = Vocabulary("ab", start=True, end=True)
texts = st.text(ALPHABET, min_size=1, max_size=12)
batches = st.lists(
    st.builds(Name, texts, st.sampled_from(LANGUAGES)), min_size=1, max_size=6
)


def layer(seed: int = 0) -> generation.LayerRNN:
    torch.manual_seed(seed)
    return generation.LayerRNN(V, 3, 5, NEVER).double()


def network(kind: type = nn.LSTM, **options: object) -> generation.NameNetwork:
    torch.manual_seed(0)
    options = {"d": 5, "never": NEVER} | options
    return generation.NameNetwork(V, 3, layer=kind, **options).double().eval()


def every_model() -> list[nn.Module]:
    tutorial = generation.TutorialRNN(V, 3, 5).double().eval()
    cells = [network(kind) for kind in (nn.RNN, nn.GRU, nn.LSTM)]
    committee = generation.Committee(cells[1:])
    return [tutorial, layer(), generation.as_cell(layer()), *cells, committee]


def encoded(names: list[Name]) -> generation.Encoded:
    return generation.encode(names, LETTERS, LANGUAGES)


def of(*words: str, language: str = "A") -> list[Name]:
    return [Name(word, language) for word in words]


# Names as tensors


def test_names_are_framed_and_the_targets_are_one_ahead():
    part = encoded(of("ab", "c"))
    a, b, c = LETTERS.encode("abc")
    start, end = LETTERS.start, LETTERS.end
    assert part.ids.tolist() == [[start, a, b, end], [start, c, end, 0]]
    assert part.lengths.tolist() == [4, 3]
    assert part.inputs.tolist() == [[start, a, b], [start, c, end]]
    assert part.targets.tolist() == [[a, b, end], [c, end, 0]]
    one = part.batch(torch.tensor([1]))
    assert one.ids.tolist() == [[start, c, end]]


def test_bad_names_are_refused():
    with pytest.raises(ValueError, match=r"unknown languages \['X'\]; expected"):
        encoded(of("ab", language="X"))
    with pytest.raises(ValueError, match="unknown, and there is no"):
        encoded(of("é"))
    with pytest.raises(ValueError, match="empty batch"):
        encoded([])
    with pytest.raises(ValueError, match="build it as Vocabulary"):
        generation.encode(of("a"), Vocabulary("ab"), LANGUAGES)


# Ways to write a network


@settings(deadline=None)
@given(batches)
def test_cell_layer_and_equations_give_the_same(names):
    model, part = layer(), encoded(names)
    cell = generation.as_cell(model)
    s = model(part.inputs, part.languages)
    torch.testing.assert_close(cell(part.inputs, part.languages), s, rtol=0, atol=1e-13)
    w = {name: x.detach().numpy() for name, x in model.named_parameters()}
    weight = w["recurrence.weight_ih_l0"]
    for row, ids, language in zip(s, part.inputs, part.languages, strict=True):
        log_p = generation.forward_pass(
            ids.tolist(),
            int(language),
            weight[:, :V],
            weight[:, V:],
            w["recurrence.weight_hh_l0"],
            w["recurrence.bias_ih_l0"] + w["recurrence.bias_hh_l0"],
            w["readout.weight"],
            w["readout.bias"],
        )
        np.testing.assert_allclose(row.log_softmax(1).detach(), log_p, atol=1e-12)


@settings(deadline=None)
@given(batches)
def test_a_name_is_read_the_same_alone_in_a_batch_and_step_by_step(names):
    together = encoded(names)
    for model in every_model():
        s = model(together.inputs, together.languages)
        for name, row in zip(names, s, strict=True):
            alone = encoded([name])
            single = model(alone.inputs, alone.languages)[0]  # (T, V)
            torch.testing.assert_close(single, row[: len(single)], rtol=0, atol=1e-12)
            state = None
            for t, symbol in enumerate(alone.inputs[0]):
                now, state = model.step(symbol[None], alone.languages, state)
                torch.testing.assert_close(now[0], single[t], rtol=0, atol=1e-12)


def test_a_wrong_map_of_weights_is_refused():
    model, part = layer(), encoded(of("Rossi"))
    cell = generation.as_cell(model)
    with torch.no_grad():
        cell.cell.bias_hh.zero_()  # as if it had one bias
    assert not torch.allclose(
        cell(part.inputs, part.languages), model(part.inputs, part.languages)
    )


def test_the_language_matters_at_every_step():
    part = encoded([Name("ab", language) for language in LANGUAGES])
    for model in every_model():
        s = model(part.inputs, part.languages)
        for first, second in itertools.combinations(s, 2):
            assert ((first - second).nan_to_num().abs().amax(1) > 1e-6).all()


def test_the_tutorials_network_is_affine_and_the_cell_is_not():
    """A letter exchanged changes the scores by the same amount, whatever stands before it."""
    effects = []
    for model in (generation.TutorialRNN(V, 3, 5).double().eval(), layer()):
        effect = []
        for stem in ("Ross", "Kuba"):
            part = encoded(of(stem + "a", stem + "o"))
            s = model(part.ids[:, 1:-1], part.languages)[:, -1].nan_to_num(neginf=0)
            effect.append(s[1] - s[0])
        effects.append(effect)
    torch.testing.assert_close(*effects[0], rtol=0, atol=1e-12)
    assert not torch.allclose(*effects[1])


def test_dropout_is_in_training_alone_and_only_the_tutorial_has_it_on_the_scores():
    part = encoded(of("Rossi"))
    tutorial = generation.TutorialRNN(V, 3, 5).train()
    s = tutorial(part.inputs, part.languages)
    assert 0 < (s == 0).sum() < s.numel() / 4
    assert (tutorial.eval()(part.inputs, part.languages) != 0).all()
    ours = network().train()
    assert (ours(part.inputs, part.languages) != 0).all()
    first, second = (ours(part.inputs, part.languages) for _ in range(2))
    assert not torch.equal(first, second)
    ours.eval()
    first, second = (ours(part.inputs, part.languages) for _ in range(2))
    assert torch.equal(first, second)


# The probability of names


def probability(model: nn.Module, word: str, letters: Vocabulary) -> float:
    part = generation.encode(of(word), letters, LANGUAGES)
    (log_p,) = generation.log_probabilities(model, part)
    assert len(log_p) == len(word) + 1
    return math.exp(log_p.sum())


def tiny(seed: int = 1) -> generation.LayerRNN:
    torch.manual_seed(seed)
    never = (TINY.pad, TINY.start)
    return generation.LayerRNN(len(TINY), 3, 4, never).double()


@pytest.mark.parametrize("seed", range(3))
def test_the_log_likelihood_is_that_of_the_enumerated_names(seed):
    model = tiny(seed)
    found = generation.masses(model, TINY, 0, 6)
    for n in range(7):
        words = map("".join, itertools.product("ab", repeat=n))
        total = sum(probability(model, word, TINY) for word in words)
        assert total == pytest.approx(found.names[n], abs=1e-14)
    np.testing.assert_allclose(found.total, 1, atol=1e-14)
    assert (np.diff(found.survival) < 0).all()


def test_masses_show_a_leak():
    """A network that gives probability to the padding and the start loses mass, and the total says so."""
    torch.manual_seed(0)
    leaky = generation.LayerRNN(len(TINY), 3, 4).double()  # nothing is ruled out
    found = generation.masses(leaky, TINY, 0, 3)
    assert (np.diff(found.total) < 0).all() and found.total[0] < 0.9
    s, _ = leaky.step(torch.tensor([TINY.start]), torch.tensor([0]))
    leak = s.softmax(1)[0, [TINY.pad, TINY.start]].sum().item()
    assert found.total[0] == pytest.approx(1 - leak)


def test_what_never_comes_next_has_no_probability_and_no_gradient():
    model, part = network().train(), encoded(of("Rossi", "Li"))
    generation.mean_loss(model, part).backward()
    for name, weight in model.named_parameters():
        assert weight.grad.isfinite().all(), name
    assert not model.readout.bias.grad[list(NEVER)].any()
    p = model.eval()(part.inputs, part.languages).softmax(2)
    assert not p[..., list(NEVER)].any()
    torch.testing.assert_close(p.sum(2), torch.ones_like(p[..., 0]))


@settings(deadline=None)
@given(batches)
def test_padding_is_in_no_loss_and_the_loss_is_per_predicted_symbol(names):
    part = encoded(names)
    for model in every_model():
        log_p = generation.log_probabilities(model, part)
        assert [len(one) for one in log_p] == [len(n.text) + 1 for n in names]
        with torch.no_grad():
            loss = generation.mean_loss(model, part).item()
        assert loss == pytest.approx(-np.concatenate(log_p).mean(), abs=1e-12)
        later = generation.log_probabilities(model, part, first=1)
        if not isinstance(model, generation.TutorialRNN):
            for all_of_it, rest in zip(log_p, later, strict=True):
                np.testing.assert_array_equal(all_of_it[1:], rest)


def test_the_first_letter_given_the_tutorials_network_is_shown_no_start():
    model = generation.TutorialRNN(V, 3, 5).double()
    part = encoded(of("Li", "Rossi"))
    (short, long) = generation.log_probabilities(model, part, first=1)
    s = model.eval()(torch.tensor([LETTERS.encode("Li")]), torch.tensor([0]))[0]
    expected = s.log_softmax(1)[[0, 1], [*LETTERS.encode("i"), LETTERS.end]]
    np.testing.assert_allclose(short, expected.detach(), atol=1e-13)
    assert len(long) == 5


def test_bits_are_over_all_characters_and_over_languages_alike():
    log_p = [-math.log(2) * np.ones(2), -3 * math.log(2) * np.ones(6)]
    bits = generation.bits(log_p, torch.tensor([4, 7]))
    assert bits.all == pytest.approx(20 / 8) and bits.mean == pytest.approx(2)
    found = generation.likelihood(log_p)
    assert found.bits_per_name == pytest.approx(10)
    assert found.perplexity == pytest.approx(2**2.5)
    with pytest.raises(ValueError, match="no symbol was predicted"):
        generation.likelihood([])


def test_a_committee_averages_probabilities():
    members, part = [network(nn.GRU), network(nn.LSTM)], encoded(of("Li"))
    p = [m(part.inputs, part.languages).softmax(2) for m in members]
    both = generation.Committee(members)(part.inputs, part.languages).exp()
    torch.testing.assert_close(both, (p[0] + p[1]) / 2)


# Training


def test_the_gradient_reaches_every_weight():
    part = encoded([Name("ab", language) for language in LANGUAGES])
    for model in every_model():
        model.zero_grad()
        generation.mean_loss(model, part).backward()
        for name, weight in model.named_parameters():
            assert weight.grad.any(), (type(model).__name__, name)


def test_a_pass_holds_every_name_once_in_batches_of_about_one_length():
    lengths = torch.arange(100) % 12 + 3
    stream = generation.batches_by_length(lengths, 8, seed=1)
    first = [next(stream) for _ in range(13)]
    assert torch.cat(first).sort().values.tolist() == list(range(100))
    assert max(len(chosen) for chosen in first) == 8
    spread = [lengths[chosen].max() - lengths[chosen].min() for chosen in first]
    assert max(spread) <= 2
    again = generation.batches_by_length(lengths, 8, seed=1)
    assert all(torch.equal(one, next(again)) for one in first)
    assert not torch.equal(
        first[0], next(generation.batches_by_length(lengths, 8, seed=2))
    )
    for size in (0, 101):
        with pytest.raises(ValueError, match="it must be from 1 to 100"):
            next(generation.batches_by_length(lengths, size, seed=1))


def test_a_network_learns_names_and_where_they_end():
    names = [Name("ab" * 3, "A"), Name("ba", "B"), Name("cab", "C")]
    part = generation.encode(names * 4, LETTERS, LANGUAGES)
    for kind in (nn.RNN, nn.GRU, nn.LSTM):
        model = network(kind, d=16, dropout=(0, 0)).float()
        history = generation.train(
            model, part, part, 150, seed=1, batch=12, learning_rate=0.03
        )
        assert history.dev[history.best] < 0.1
        languages = torch.tensor([0, 1, 2])
        drawn = generation.generate(model, LETTERS, languages, seed=1, temperature=0)
        assert [tuple(one) for one in drawn] == [(n.text, True) for n in names]


def test_a_trained_network_is_better_than_the_frequencies_of_letters():
    train, dev, _ = split(embedded())
    languages = sorted({name.language for name in train})
    parts = [generation.encode(part, LETTERS, languages) for part in (train, dev)]
    targets = [part.targets[part.targets != 0] for part in parts]
    frequencies = (targets[0].bincount(minlength=V) + 1).double()
    unigram = -(frequencies / frequencies.sum()).log2()[targets[1]].mean().item()
    torch.manual_seed(0)
    model = generation.NameNetwork(V, len(languages), 48, nn.GRU, NEVER)
    generation.train(model, *parts, steps=150, seed=0)
    found = generation.likelihood(generation.log_probabilities(model, parts[1]))
    assert found.bits_per_character < unigram - 0.8


def test_multiply_adds_are_the_weights_that_are_multiplied():
    model = network(nn.LSTM, d=7)
    assert generation.multiply_adds(model) == 4 * 7 * (96 + 7) + 7 * V
    assert generation.multiply_adds(network(nn.RNN, d=7)) == 7 * (96 + 7) + 7 * V


# Names drawn


def test_the_same_seed_gives_the_same_names_and_another_others():
    languages = torch.tensor([0, 1, 2] * 5)
    for model in (layer(), network()):
        first, again, other = (
            generation.generate(model, LETTERS, languages, seed) for seed in (1, 1, 2)
        )
        assert first == again != other
        assert len(first) == 15
        for name in first:
            assert set(name.text) <= set(ALPHABET)
            assert len(name.text) <= generation.LONGEST_DRAWN


def test_names_are_drawn_with_their_probabilities():
    model = tiny()
    drawn = generation.generate(model, TINY, torch.zeros(20_000, dtype=torch.long), 1)
    for word in ("", "a", "b", "ab", "ba"):
        share = sum(name == (word, True) for name in drawn) / len(drawn)
        p = probability(model, word, TINY)
        assert share == pytest.approx(p, abs=4 * math.sqrt(p / len(drawn)))


def test_names_begin_as_they_are_told_to():
    languages = torch.tensor([0, 1, 2])
    for model in every_model():
        for name in generation.generate(model, LETTERS, languages, 1, prefix="Mac"):
            assert name.text.startswith("Mac")
    model = tiny()
    zeros = torch.zeros(20_000, dtype=torch.long)
    drawn = generation.generate(model, TINY, zeros, 1, prefix="ab")
    share = sum(name == ("ab", True) for name in drawn) / len(drawn)
    log_p = generation.log_probabilities(
        model, generation.encode(of("ab"), TINY, LANGUAGES)
    )[0]
    assert share == pytest.approx(math.exp(log_p[-1]), abs=0.02)


def test_a_network_that_never_ends_a_name_is_stopped_and_reported():
    model = layer()
    with torch.no_grad():
        model.readout.bias[LETTERS.end] = -math.inf
    for name in generation.generate(model, LETTERS, torch.tensor([0, 1]), 1):
        assert len(name.text) == generation.LONGEST_DRAWN and not name.ended
    for name in generation.generate(
        model, LETTERS, torch.tensor([0, 1]), 1, prefix="Mac", longest=5
    ):
        assert len(name.text) == 5 and not name.ended
    with pytest.raises(ValueError, match="no name was found in 50 tries"):
        generation.most_probable(model, LETTERS, 0, tries=50)


@pytest.mark.parametrize("seed", range(4))
def test_the_most_probable_name_is_that_of_all_names(seed):
    model = tiny(seed)
    words = [
        "".join(word) for n in range(8) for word in itertools.product("ab", repeat=n)
    ]
    best = max(words, key=lambda word: probability(model, word, TINY))
    found = generation.most_probable(model, TINY, 0)
    assert found.text == best
    assert math.exp(found.log_p) == pytest.approx(probability(model, best, TINY))


def test_bad_requests_are_refused():
    languages = torch.tensor([0])
    for wrong in (-1, 3):
        with pytest.raises(ValueError, match="expected places from 0 to 2"):
            generation.generate(layer(), LETTERS, torch.tensor([wrong]), 1)
        with pytest.raises(ValueError, match="expected a whole number, 0 to 2"):
            generation.most_probable(layer(), LETTERS, wrong)
    with pytest.raises(ValueError, match="unknown, and there is no"):
        generation.generate(layer(), LETTERS, languages, 1, prefix="é")
    with pytest.raises(ValueError, match="give a prefix"):
        generation.generate(generation.TutorialRNN(V, 3), LETTERS, languages, 1)
