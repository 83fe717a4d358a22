"""Skip-gram: from text to pairs, the alias method, trainers that take the derived step, and what judges them."""

import re
import unicodedata

import numpy as np
import pytest
import torch
from gensim.models import Word2Vec
from hypothesis import example, given
from hypothesis import strategies as st
from numpy import ndarray
from sklearn.metrics import roc_auc_score

from unrolled.data.reading import canonical
from unrolled.pages import word2vec
from unrolled.pages.word2vec import (
    Alias,
    HeldOut,
    Settings,
    Text,
    Vectors,
    Words,
    encode,
    negative_sampling_gradients,
    tokenise,
)

TEXT = "the king loves the queen and the queen loves the king while a cat and a dog sleep".split()
SMALL = Settings(d=4, window=2, K=3, subsampling=0, epochs=3, batch=8)


def text_of(*passages: str) -> tuple[Words, Text]:
    """Passages of space-separated words, and their vocabulary."""
    lines = [passage.split() for passage in passages]
    words = Words(lines)
    return words, encode(lines, words)


def spelt(words: Words, found: word2vec.Pairs) -> list[tuple[str, str]]:
    """Pairs in letters, sorted."""
    return sorted((words.words[c], words.words[o]) for c, o in zip(*found, strict=True))


# From text to pairs


def test_words_of_a_text():
    assert tokenise("It's Über-cool: 3 cats_and DOGS.") == (
        ["it", "s", "über", "cool", "cats", "and", "dogs"]
    )


@pytest.mark.parametrize(
    "text",
    [
        "résumé naïve",
        "हिन्दी में",
        "தமிழ்",
        "مُحَمَّد",
        "שָׁלוֹם",
        "ไทยที่",
        "می\u200cخواهم",
        "tiếng việt",
    ],
)
def test_marks_belong_to_their_words_however_they_are_spelled(text):
    composed = unicodedata.normalize("NFC", text).split()
    for form in "NFC", "NFD":
        assert tokenise(unicodedata.normalize(form, text)) == composed
    assert tokenise("\ufeff" + text.replace(" ", "\r\n")) == composed


def test_a_soft_hyphen_cuts_no_word():
    assert tokenise("co\u00adoperate, re\u00adread") == ["cooperate", "reread"]


@given(st.text(st.sampled_from("ab \u200d\ufe0f\u20e3\u0301\u093f1❤👨")))
@example("I ❤\ufe0f you ❤\ufe0fyou 👨\u200d👩 1\ufe0f\u20e3")
def test_every_word_begins_with_a_letter_and_no_letter_is_lost(text: str):
    words = tokenise(text)
    assert all(word[0].isalpha() for word in words)
    letters = [x for x in canonical(text.lower()) if x.isalpha()]
    assert [x for x in "".join(words) if x.isalpha()] == letters


def test_words_are_sorted_by_frequency_and_then_by_letters():
    words = Words([["b", "a", "c"], ["c", "d", "d"]], least=1)
    assert words.words == ["c", "d", "a", "b"]
    assert words.counts.tolist() == [2, 2, 1, 1]
    assert Words([["b", "a", "c"], ["c", "d", "d"]], least=2).words == ["c", "d"]


def test_words_without_a_vector_are_left_out_and_asking_for_one_names_the_nearest():
    words = Words([["king", "queen", "king"]])
    assert encode([["king", "x", "queen"], ["y"]], words).ids.tolist() == [0, 1]
    with pytest.raises(ValueError, match="'Queens' is not among the 2 words.*'queen'"):
        words.id("Queens")


def test_empty_texts():
    with pytest.raises(ValueError, match="no word occurs at least 2 times in a text"):
        Words([["once"]], least=2)
    with pytest.raises(ValueError, match="in a text of 0 words"):
        Words([])
    words, _ = text_of("a b")
    empty = encode([], words)
    assert len(word2vec.pairs(empty, 3).centres) == 0
    for user in (word2vec.train, word2vec.train_compiled, word2vec.held_out):
        with pytest.raises(ValueError, match="none of the words"):
            user(empty, words)
    with pytest.raises(ValueError, match="no pair of words"):
        word2vec.held_out(encode([["a"], ["b"]], words), words)


def test_passages_and_preparation_lose_no_word():
    article = [str(i) for i in range(450)]
    cut = list(word2vec.passages([article, ["x"]], 200))
    assert [len(p) for p in cut] == [200, 200, 50, 1]
    assert sum(cut, []) == [*article, "x"]
    corpus = word2vec.prepare([["a", "b", "c", "d"] * 1000], least=1)
    assert len(corpus.train.ids) + len(corpus.rest.ids) == 4000
    assert len(corpus.rest.ids) == 400


def test_pairs_of_a_short_text_by_hand():
    words, text = text_of("a b c", "d e")
    near = [("a", "b"), ("b", "a"), ("b", "c"), ("c", "b"), ("d", "e"), ("e", "d")]
    assert spelt(words, word2vec.pairs(text, 1)) == near
    far = sorted([*near, ("a", "c"), ("c", "a")])
    assert spelt(words, word2vec.pairs(text, 2)) == far
    # a window that is longer than the text is the whole text
    assert spelt(words, word2vec.pairs(text, 50)) == far


def test_window_below_one_is_refused():
    with pytest.raises(ValueError, match="window is 0; expected a whole number"):
        word2vec.pairs(text_of("a b")[1], 0)


@given(st.lists(st.integers(0, 4), max_size=30), st.integers(1, 8), st.integers(1, 10))
def test_pairs_are_those_of_the_definition(ids: list[int], window: int, length: int):
    T = len(ids)
    text = Text(np.array(ids, np.int32), np.arange(T, dtype=np.int32) // length)
    expected = sorted(
        (ids[t], ids[t + k])
        for t in range(T)
        for k in range(-window, window + 1)
        if k and 0 <= t + k < T and t // length == (t + k) // length
    )
    assert sorted(zip(*word2vec.pairs(text, window), strict=True)) == expected


def test_drawn_windows_prefer_near_words():
    _, text = text_of(" ".join(f"w{i:03}" for i in range(900)))
    found = word2vec.pairs(text, 3, np.random.default_rng(1))
    by_distance = np.bincount(abs(found.centres - found.outsides), minlength=4)
    # a word at a distance of 1, 2, 3 is seen with the probability 1, 2/3, 1/3
    np.testing.assert_allclose(by_distance[1:] / 1800, [1, 2 / 3, 1 / 3], atol=0.05)


def test_subsampling_keeps_rare_words_and_thins_frequent_ones():
    counts = np.array([9000, 900, 90, 10])
    keep = word2vec.keep_probabilities(counts, 1e-2)
    assert keep[0] == pytest.approx((1e-2 / 0.9) ** 0.5 + 1e-2 / 0.9)
    assert keep[2] == keep[3] == 1
    assert word2vec.keep_probabilities(counts, 0).tolist() == [1] * 4
    text = Text(np.zeros(9000, np.int32), np.zeros(9000, np.int32))
    left = word2vec.subsample(text, keep, np.random.default_rng(1))
    assert len(left.ids) == pytest.approx(9000 * keep[0], rel=0.1)


# Noise


def test_thinning_and_noise_are_gensims():
    """Its program keeps both as whole numbers, of which the largest stands for one."""
    lines = [["a"] * 900 + ["b"] * 90 + ["c"] * 9 + ["d"]]
    words = Words(lines)
    model = Word2Vec(min_count=1, sample=1e-2, ns_exponent=0.6, vector_size=2)
    model.build_vocab(lines)
    assert model.wv.index_to_key == words.words
    kept = [model.wv.get_vecattr(word, "sample_int") / 2**32 for word in words.words]
    keep = word2vec.keep_probabilities(words.counts, 1e-2)
    np.testing.assert_allclose(keep, kept, rtol=0, atol=1e-9)
    drawn = np.diff(model.cum_table.astype(float), prepend=0) / model.cum_table[-1]
    q = word2vec.noise_distribution(words.counts, 0.6)
    np.testing.assert_allclose(q, drawn, rtol=0, atol=1e-9)


def test_noise_lies_between_the_shares_and_equal_shares():
    np.testing.assert_allclose(
        word2vec.noise_distribution([16, 1], 0.75), [8 / 9, 1 / 9]
    )
    np.testing.assert_allclose(word2vec.noise_distribution([16, 1], 0), [0.5, 0.5])


@given(
    st.lists(st.floats(0, 100), min_size=1, max_size=40).filter(lambda q: sum(q) > 1e-3)
)
def test_alias_table_holds_the_distribution_exactly(weights: list[float]):
    q = np.array(weights) / sum(weights)
    table, held = Alias(q), np.zeros(len(q))
    np.add.at(held, np.arange(len(q)), table.threshold / len(q))
    np.add.at(held, table.alias, (1 - table.threshold) / len(q))
    np.testing.assert_allclose(held, q, atol=1e-14)


def test_alias_draws_are_of_the_distribution():
    q = np.array([0.5, 0.3, 0.15, 0.05, 0])
    drawn = Alias(q).draw(100_000, np.random.default_rng(1))
    np.testing.assert_allclose(np.bincount(drawn, minlength=5) / 100_000, q, atol=5e-3)
    assert Alias(q).draw((2, 3), np.random.default_rng(1)).shape == (2, 3)


@pytest.mark.parametrize("q", [[], [0.5, 0.6], [1.5, -0.5], [[1.0]]])
def test_what_is_no_distribution_is_refused(q: list):
    with pytest.raises(ValueError, match="no distribution"):
        Alias(np.array(q))


# The model


def test_probabilities_are_the_shares_of_the_exponentials():
    v, u = np.array([[np.log(2), 0], [5, 7]]), np.array([[1.0, 3], [0, 2], [0, 1]])
    p = np.exp(word2vec.log_probabilities(0, v, u))
    np.testing.assert_allclose(p, [1 / 2, 1 / 4, 1 / 4], rtol=1e-14)


# The derived step


def random_vectors(V: int, d: int, seed: int = 1) -> tuple[ndarray, ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(V, d)), rng.normal(size=(V, d))


DRAWS = {
    "all different": (0, [1, 2, 3]),
    "a repeated negative": (0, [2, 2, 2, 3]),
    "the observed word among them": (2, [2, 1, 2]),
    "the centre among them": (1, [4, 4]),
    "no negatives": (3, []),
}


@pytest.mark.parametrize("name", DRAWS)
def test_compiled_step_is_the_derived_gradient(name: str):
    o, negatives = DRAWS[name]
    c, eta = 4, 0.3
    v, u = random_vectors(5, 7)
    expected = negative_sampling_gradients(c, o, np.array(negatives, int), v, u)
    new_v, new_u = v.copy(), u.copy()
    words = np.array([o, *negatives])
    word2vec.compiled_step(
        new_v, new_u, c, words, eta, np.empty(len(words)), np.empty(7)
    )
    assert abs(new_u - u - eta * expected.u).max() <= 1e-12
    assert abs(new_v[c] - v[c] - eta * expected.v_c).max() <= 1e-12
    assert (np.delete(new_v, c, 0) == np.delete(v, c, 0)).all()


def test_minibatch_step_adds_up_the_derived_gradients_of_its_pairs():
    V, d, B, K, eta = 5, 3, 60, 4, 0.3
    v, u = random_vectors(V, d)
    rng = np.random.default_rng(2)
    centres, words = rng.integers(V, size=B), rng.integers(V, size=(B, K + 1))
    by_v, by_u = np.zeros_like(v), np.zeros_like(u)
    for c, (o, *negatives) in zip(centres, words, strict=True):
        found = negative_sampling_gradients(c, o, np.array(negatives), v, u)
        by_v[c] += found.v_c
        by_u += found.u
    new_v, new_u = torch.tensor(v), torch.tensor(u)
    word2vec.step(new_v, new_u, torch.tensor(centres), torch.tensor(words), eta)
    assert abs(new_v.numpy() - v - eta * by_v).max() <= 1e-12
    assert abs(new_u.numpy() - u - eta * by_u).max() <= 1e-12


def test_small_steps_uphill_raise_J():
    v, u = random_vectors(5, 3)
    words = np.array([0, 2, 2, 3])
    before = word2vec.negative_sampling_loss(4, 0, words[1:], v, u)
    word2vec.compiled_step(v, u, 4, words, 1e-3, np.empty(4), np.empty(3))
    assert word2vec.negative_sampling_loss(4, 0, words[1:], v, u) < before


# Training

TRAINERS = pytest.mark.parametrize(
    "trainer", [word2vec.train, word2vec.train_compiled], ids=["vectorised", "compiled"]
)


@TRAINERS
def test_training_repeats_itself_and_depends_on_the_seed(trainer):
    words, text = text_of(" ".join(TEXT * 5))
    first, again, other = (trainer(text, words, SMALL, seed) for seed in (1, 1, 2))
    assert (first.vectors.v == again.vectors.v).all()
    assert (first.vectors.u == again.vectors.u).all()
    assert not np.allclose(first.vectors.v, other.vectors.v)
    assert first.words == SMALL.epochs * len(text.ids)
    # at most two words on each side, three on average where no end is near
    assert 2 * first.words < first.pairs < 4 * first.words


def test_steps_on_minibatches_take_one_thread_whatever_was_set(monkeypatch):
    """They are small: two threads give the same numbers, later."""
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        words, text = text_of(" ".join(TEXT))
        word2vec.train(text, words, SMALL)
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)


@TRAINERS
def test_words_that_stand_together_come_to_score_higher(trainer):
    words, text = text_of(*["a b a b a b", "c d c d c d"] * 60)
    settings = SMALL._replace(eta=0.1, epochs=30)
    v, u = trainer(text, words, settings, 1).vectors
    x = v @ u.T
    a, b, c, d = map(words.id, "abcd")
    assert min(x[a, b], x[b, a], x[c, d], x[d, c]) > max(x[a, c], x[a, d], x[c, b])


@TRAINERS
def test_what_cannot_be_trained_is_refused_with_the_reason(trainer):
    one, only = text_of("rose rose rose")
    with pytest.raises(ValueError, match="only one distinct word"):
        trainer(only, one, SMALL)
    words, text = text_of("a b c")
    with pytest.raises(ValueError, match="K = 0: without negatives"):
        trainer(text, words, SMALL._replace(K=0))
    with pytest.raises(ValueError, match="window is 0; expected a whole number"):
        trainer(text, words, SMALL._replace(window=0))


@TRAINERS
def test_window_longer_than_the_text(trainer):
    words, text = text_of("a b c")
    found = trainer(text, words, SMALL._replace(window=50, epochs=1), 1)
    assert 4 <= found.pairs <= 6 and np.isfinite(found.vectors.v).all()


def test_text_of_single_words_has_no_pairs_and_leaves_the_vectors():
    words, text = text_of("a", "b")
    for trainer in (word2vec.train, word2vec.train_compiled):
        found = trainer(text, words, SMALL, 1)
        assert found.pairs == 0 and not found.vectors.u.any()


def test_compiled_random_numbers_are_even():
    state = np.array([12345], np.uint64)
    drawn = [
        word2vec.below(np.uint64(word2vec.random_bits(state)), 10)
        for _ in range(20_000)
    ]
    np.testing.assert_allclose(np.bincount(drawn) / 20_000, 0.1, atol=0.01)


# The optimum


def test_optimum_needs_pairs_noise_and_negatives():
    for n, q, K in (([[1, 0]], [0.5, 0.5], 1), ([[1]], [0], 1), ([[1]], [1], 0)):
        with pytest.raises(ValueError, match="a finite optimum needs"):
            word2vec.optimal_scores(np.array(n), np.array(q), K)


# Judges


def test_scores_of_a_guess():
    zero = Vectors(np.zeros((3, 2)), np.zeros((3, 2)))
    score = word2vec.judge(zero, HeldOut(np.array([0, 1]), np.array([[1, 2], [0, 2]])))
    assert score.loss == pytest.approx(np.log(2))
    assert score.auc == 0.5


def test_scores_of_vectors_by_the_definition():
    v, u = random_vectors(6, 3)
    rng = np.random.default_rng(3)
    pairs = HeldOut(rng.integers(6, size=30), rng.integers(6, size=(30, 4)))
    both = zip(pairs.centres, pairs.words, strict=True)
    losses = [word2vec.negative_sampling_loss(c, w[0], w[1:], v, u) for c, w in both]
    x = np.einsum("nd,nkd->nk", v[pairs.centres], u[pairs.words])
    above = x[:, :1, None] - x[None, :, 1:].reshape(1, 1, -1)
    score = word2vec.judge(Vectors(v, u), pairs)
    assert score.loss == pytest.approx(np.mean(losses) / 4)
    assert score.auc == pytest.approx(((above > 0) + (above == 0) / 2).mean())


@given(st.integers(0, 10**6))
def test_auc_is_that_of_scikit_learn_with_ties_too(seed: int):
    rng = np.random.default_rng(seed)
    v, u = rng.integers(-1, 2, size=(2, 5, 2)).astype(float)  # many scores are equal
    pairs = HeldOut(rng.integers(5, size=12), rng.integers(5, size=(12, 3)))
    x = np.einsum("nd,nkd->nk", v[pairs.centres], u[pairs.words])
    observed = np.zeros_like(x)
    observed[:, 0] = 1
    expected = roc_auc_score(observed.ravel(), x.ravel())
    assert word2vec.judge(Vectors(v, u), pairs).auc == pytest.approx(expected)


def test_rows_have_the_length_one_but_for_a_row_of_zeros():
    found = word2vec.unit(np.array([[3.0, 4], [0, 0], [0, -2]]))
    np.testing.assert_allclose(found, [[0.6, 0.8], [0, 0], [0, -1]], rtol=1e-15)


def test_neighbours_are_sorted_and_without_the_word_itself():
    words = Words([["a"] * 4 + ["b"] * 3 + ["c"] * 2 + ["d"]])
    vectors = np.array([[1.0, 0], [2, 1], [0, 1], [-1, 0]])
    found = word2vec.neighbours("a", words, vectors, 2)
    assert [x.word for x in found] == ["b", "c"]
    assert found[0].cosine == pytest.approx(2 / 5**0.5)
    with pytest.raises(ValueError, match=re.escape("'e' is not among the 4 words")):
        word2vec.neighbours("e", words, vectors)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_of_equally_near_words_the_more_frequent_comes_first(kind: type):
    names = [f"w{i:03}" for i in range(501)]
    for seed in range(20):
        rng = np.random.default_rng(seed)
        vectors = rng.normal(size=(501, 64)).astype(kind)
        same = np.sort(rng.choice(501, 300, replace=False))
        vectors[same] = vectors[same[0]] * 2.0 ** rng.integers(-3, 4, (300, 1))
        found = word2vec.neighbours(names[same[0]], Words([names]), vectors, 299)
        assert [one.word for one in found] == [names[i] for i in same[1:]]


def test_analogies_by_hand():
    words = Words([["man", "woman", "king", "queen", "x"]])
    place = {
        "man": [1, 0],
        "woman": [1, 1],
        "king": [3, 0],
        "queen": [3, 2.9],
        "x": [-1, 0],
    }
    vectors = np.array([place[w] for w in words.words], dtype=float)
    asked = [["man", "woman", "king", "queen"], ["man", "woman", "king", "emperor"]]
    found = word2vec.analogies(asked, words, vectors)
    assert found.asked == 1 and found.right == 1
    assert word2vec.analogies([], words, vectors).asked == 0
