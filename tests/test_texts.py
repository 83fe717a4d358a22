"""The texts are what they say they are, the same every time, and cut without loss."""

import pytest
from gensim.corpora import WikiCorpus
from gensim.test.utils import datapath
from hypothesis import given
from hypothesis import strategies as st

from unrolled.data import originals, texts


@given(st.text(min_size=10) | st.lists(st.integers(), min_size=10))
def test_the_split_loses_nothing_and_keeps_the_order(text):
    train, dev, test = texts.contiguous_split(text)
    assert train + dev + test == text
    for part, share in ((train, 0.8), (dev, 0.1), (test, 0.1)):
        assert part and abs(len(part) - share * len(text)) <= 1


@pytest.mark.parametrize("length", range(10))
def test_a_text_too_short_is_refused_or_cut_in_three(length):
    text = "abcdefghij"[:length]
    try:
        parts = texts.contiguous_split(text)
    except ValueError as refused:
        assert f"{length} symbols" in str(refused)
    else:
        assert all(parts)


def test_the_news_are_three_hundred_lines_of_plain_text():
    lines = texts.news().splitlines()
    assert len(lines) == 300 and all(lines)
    assert texts.news().isascii() and "\r" not in texts.news()


def test_wikipedia_is_what_gensim_reads():
    articles = texts.wikipedia()
    reference = WikiCorpus(datapath(texts.WIKIPEDIA), dictionary={}, processes=1)
    assert articles == list(reference.get_texts())
    assert min(map(len, articles)) >= texts.FEWEST_WORDS


def test_the_encyclopaedia_is_running_text_of_the_same_articles():
    text, words = texts.encyclopaedia(), texts.wikipedia()
    assert len(text) == texts.LENGTH and "\n\n" not in text
    assert not any(mark in text for mark in ("''", "==", "[[", "{{"))
    assert text.startswith("Anarchism is a political philosophy that")
    # gensim's words of the first article, in their order, are all there
    position, lower = 0, text.lower()
    for word in words[0][:500]:
        position = lower.index(word, position) + 1


def test_alice_is_the_body_between_gutenbergs_notices():
    try:
        alice = texts.alice()
    except originals.DataError as missing:
        if "no file" not in str(missing):
            raise
        pytest.skip(f"Alice is not here: run `make data` first ({missing})")
    assert len(alice) == 144_429 and len(set(alice.lower())) == 45
    assert alice.startswith("ALICE'S ADVENTURES IN WONDERLAND\n") and alice.endswith(
        "THE END"
    )
    assert "Gutenberg" not in alice and "\r" not in alice and "\ufeff" not in alice


def test_load_text_follows_the_choice(monkeypatch):
    monkeypatch.setattr(texts, "alice", lambda: "alice")
    monkeypatch.delenv("UNROLLED_DATA", raising=False)
    assert texts.load_text() == texts.news()
    monkeypatch.setenv("UNROLLED_DATA", "originals")
    assert texts.load_text() == "alice"
