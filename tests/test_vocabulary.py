"""The vocabulary is a one-to-one map; a padded batch holds its sequences and nothing else."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn.utils.rnn import pad_sequence

from unrolled.data.vocabulary import Vocabulary, pad, padded_part

flags = st.fixed_dictionaries(
    {"unknown": st.booleans(), "start": st.booleans(), "end": st.booleans()}
)
batches = st.lists(st.lists(st.integers(1, 99), max_size=7), min_size=1, max_size=5)


@given(st.text(), flags)
def test_decoding_undoes_encoding(text, reserved):
    vocabulary = Vocabulary(text, **reserved)
    ids = vocabulary.encode(text)
    assert vocabulary.decode(ids) == list(text)
    assert all(0 < i < len(vocabulary) for i in ids)
    assert len(vocabulary) == len(set(text)) + 1 + sum(reserved.values())


@given(st.lists(st.text(min_size=1, max_size=3)), flags)
def test_words_will_do_too(words, reserved):
    vocabulary = Vocabulary(words, **reserved)
    assert vocabulary.decode(vocabulary.encode(words)) == words
    # order is kept
    assert vocabulary.encode(dict.fromkeys(words)) == sorted(
        set(vocabulary.encode(words))
    )


@given(flags)
def test_the_reserved_ids_come_first_and_only_if_asked_for(reserved):
    vocabulary = Vocabulary("ab", **reserved)
    asked = [
        i
        for i in (vocabulary.pad, vocabulary.unknown, vocabulary.start, vocabulary.end)
        if i is not None
    ]
    assert asked == list(range(1 + sum(reserved.values())))
    for name, present in reserved.items():
        assert (getattr(vocabulary, name) is not None) == present


def test_framing_vanishes_when_decoded():
    vocabulary = Vocabulary("abc", start=True, end=True)
    framed = [
        vocabulary.start,
        *vocabulary.encode("cab"),
        vocabulary.end,
        vocabulary.pad,
    ]
    assert vocabulary.decode(framed) == ["c", "a", "b"]
    assert vocabulary.decode(torch.tensor(framed)) == ["c", "a", "b"]


def test_a_symbol_that_is_not_there():
    with pytest.raises(ValueError, match="'ß' at position 3 is unknown"):
        Vocabulary("Weis").encode("Weiß")
    vocabulary = Vocabulary("Weis", unknown=True)
    assert vocabulary.decode(vocabulary.encode("Weiß")) == ["W", "e", "i", "<unk>"]


@pytest.mark.parametrize("bad", [-1, 3, 99])
def test_an_id_that_is_not_there(bad):
    with pytest.raises(
        ValueError, match=f"id at position 1 is {bad}; expected a whole number, 0 to 2"
    ):
        Vocabulary("ab").decode([1, bad])


@pytest.mark.parametrize("symbol", ["<pad>", "<unk>", "<start>", "<end>"])
def test_reserved_symbols_cannot_be_given(symbol):
    with pytest.raises(ValueError, match=symbol):
        Vocabulary(["a", symbol])


def test_equality_is_that_of_the_ids():
    assert Vocabulary("abab") == Vocabulary("ab") != Vocabulary("ba")
    assert Vocabulary("ab") != Vocabulary("ab", unknown=True)
    assert Vocabulary("ab") != "ab"
    assert len({Vocabulary("ab"), Vocabulary("aab"), Vocabulary("b")}) == 2
    assert "Vocabulary of 3" in repr(Vocabulary("ab"))


@given(batches)
def test_a_padded_batch_holds_its_sequences(batch):
    ids, lengths = pad(batch)
    assert ids.shape == (len(batch), max(map(len, batch))) and lengths.shape == (
        len(batch),
    )
    assert ids.dtype == lengths.dtype == torch.int64
    assert [row[:n].tolist() for row, n in zip(ids, lengths, strict=True)] == batch
    assert int((ids != 0).sum()) == int(lengths.sum())  # zeros everywhere else
    reference = pad_sequence(
        [torch.tensor(row, dtype=torch.long) for row in batch], batch_first=True
    )
    assert torch.equal(ids, reference)


@given(batches, st.data())
def test_a_part_of_a_padded_batch_is_that_of_its_sequences(batch, data):
    places = st.integers(0, len(batch) - 1)
    chosen = data.draw(st.lists(places, min_size=1, max_size=5))
    part = padded_part(*pad(batch), torch.tensor(chosen))
    alone = pad([batch[place] for place in chosen])
    assert all(map(torch.equal, part, alone))


def test_an_empty_batch_is_refused():
    with pytest.raises(ValueError, match="empty batch"):
        pad([])
