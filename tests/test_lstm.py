"""The LSTM: its values and PyTorch's, the choices and what they do, every way to generate, several processes."""

import itertools
import math
import os
import random
import signal
import subprocess
import sys
import unicodedata
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from unrolled.learning import sampling
from unrolled.pages import lstm
from unrolled.pages.lstm import ARTICLE, Design, TextLSTM

SMALL = Design(embedding=3, width=6, window=5, batch=4)
DESIGNS = {
    "language model": SMALL,
    "two layers": replace(SMALL, layers=2),
    "one-hot": replace(SMALL, inputs="one-hot"),
    "zero at first": replace(SMALL, carried=False),
    "article": replace(ARTICLE, width=6, window=5, batch=4),
}
TEXT = "the cat sat on the mat, and the dog sat on the log. " * 9


def corpus() -> lstm.Corpus:
    return lstm.encode(TEXT)


def network(design: Design = SMALL, V: int = 0) -> TextLSTM:
    torch.manual_seed(3)
    net = TextLSTM(V or len(corpus().symbols), design)
    with torch.no_grad():
        for weight in net.parameters():
            weight.mul_(2)  # so that what is predicted hangs on what was read
    return net.eval()


# The cell


def test_values_are_those_of_pytorchs_cell():
    rng = np.random.default_rng(0)
    T, m, d = 6, 3, 4
    case = [
        rng.normal(size=shape)
        for shape in ((T, m), (d,), (d,), (4 * d, m), (4 * d, d), (4 * d,))
    ]
    found = lstm.forward(*case)
    u, h, c, W_input, W_recurrent, b = map(torch.from_numpy, case)
    cell = torch.nn.LSTMCell(m, d).double()
    weights = W_input, W_recurrent, b, 0 * b
    cell.load_state_dict(dict(zip(cell.state_dict(), weights, strict=True)))
    with torch.no_grad():
        for t in range(T):
            h, c = cell(u[t], (h, c))
            np.testing.assert_allclose(found.h[t + 1], h, rtol=0, atol=1e-14)
            np.testing.assert_allclose(found.c[t + 1], c, rtol=0, atol=1e-14)


@given(st.floats(-1e4, 1e4))
def test_a_gate_is_the_logistic_function_without_overflow(z):
    expected = 1 / (1 + math.exp(-z)) if z > -700 else 0
    no, weights = np.zeros(1), (np.ones((4, 1)), np.zeros((4, 1)), np.zeros(4))
    gate = lstm.forward(np.array([[z]]), no, no, *weights).i
    assert gate[0, 0] == pytest.approx(expected, abs=1e-15)


def test_open_forget_gates_make_the_cell_path_the_identity():
    rng = np.random.default_rng(0)
    case = [rng.normal(size=s) for s in ((7, 2), (3,), (3,), (12, 2), (12, 3))]
    b = np.repeat([0.0, 60, 0, 0], 3)
    np.testing.assert_allclose(lstm.cell_path(*case, b)[0], np.eye(3), atol=1e-15)


# A text as ids


def test_a_text_is_lower_cased_and_cut_in_order():
    found = lstm.encode("Aa" * 40 + "b" * 10 + "C" * 10)
    assert (found.dev, found.test, len(found.ids)) == (80, 90, 100)
    assert found.symbols.symbols[2:] == ("a",)
    unknown = found.symbols.unknown
    assert found.ids.tolist() == [2] * 80 + [unknown] * 20
    assert (found.train == 2).all() and len(found.train) == 80


@pytest.mark.parametrize("text", ["", "a", "abcd"])
def test_a_text_too_short_to_be_cut_is_refused(text):
    with pytest.raises(ValueError, match=f"a text of {len(text)} symbols is too short"):
        lstm.encode(text)


def test_a_text_shorter_than_a_window_is_refused():
    found = lstm.encode("abc" * 4)
    net = TextLSTM(len(found.symbols), replace(SMALL, window=9))
    for design in (net.design, replace(net.design, carried=False)):
        with pytest.raises(
            ValueError, match="9 symbols is too short for windows of 9 .* smaller"
        ):
            next(lstm.windows(design, len(found.train), 1))


def test_a_text_of_one_character_is_learnt_and_written():
    found = lstm.encode("aaaa" * 30)
    net = network(replace(SMALL, learning_rate=0.05), len(found.symbols))
    lstm.train(net, found.train, itertools.count(0, -1).__next__, 200, every=200)
    assert lstm.bits(lstm.nats(net, found.ids, found.test)) < 0.01
    for write in (lstm.by_window, lstm.by_state):
        ids = write(net, found.ids[:3].tolist(), 5)
        assert lstm.decode(ids, found.symbols) == "aaaaa"


def test_case_can_be_kept_and_a_prompt_is_read_as_the_text_was():
    text = "The cat sat on THE mat. " * 20
    low, kept = lstm.encode(text), lstm.encode(text, lower=False)
    assert lstm.decode(kept.ids, kept.symbols) == text
    assert lstm.decode(low.ids, low.symbols) == text.lower()
    for found, said in ((low, "the"), (kept, "The")):
        ids = lstm.encode_prompt("The", found.symbols)
        assert lstm.decode(ids, found.symbols) == said
    with pytest.raises(ValueError, match="never seen 'M'"):
        lstm.encode_prompt("Mat", kept.symbols)


@given(st.text("eé\r\nİ ß", min_size=12, max_size=40), st.booleans())
def test_one_spelling_of_a_text_is_learnt(text, lower):
    spelled = unicodedata.normalize("NFD", text)
    first, second = (lstm.encode(x, lower) for x in (text, spelled))
    assert first.symbols == second.symbols
    assert first.ids.tolist() == second.ids.tolist()
    assert not {"\r", "\u0301"} & {*first.symbols.symbols}


def test_prompts_are_lower_cased_and_strange_characters_named():
    symbols = corpus().symbols
    assert lstm.encode_prompt("The", symbols) == symbols.encode("the")
    with pytest.raises(ValueError, match="never seen 'é' '✓'; it knows: ' ,.acd"):
        lstm.encode_prompt("thé ✓", symbols)
    with pytest.raises(ValueError, match="the prompt is empty"):
        lstm.encode_prompt("", symbols)


# The network and its training


@pytest.mark.parametrize(
    "wrong, message",
    [
        ({"inputs": "letters"}, "inputs is 'letters'; expected one of number, one-hot"),
        ({"targets": "first"}, "targets is 'first'; expected one of last, all"),
    ],
)
def test_an_unknown_choice_is_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        Design(**wrong)


def test_inputs_are_what_their_names_say():
    ids = torch.tensor([[2, 7]])
    V = len(corpus().symbols)
    number = network(DESIGNS["article"]).read(ids)
    assert number[0, :, 0].tolist() == pytest.approx([2 / V, 7 / V])
    assert network(DESIGNS["one-hot"]).read(ids).argmax(2).tolist() == [[2, 7]]
    net = network()
    assert torch.equal(net.read(ids)[0], net.embed.weight[[2, 7]])


@pytest.mark.parametrize("design", DESIGNS.values(), ids=DESIGNS)
def test_windows_read_one_after_the_other_are_one_text(design):
    """Truncated or not, what is predicted with the state carried on is what the whole text gives."""
    net, ids = network(design), corpus().ids[:60]
    with torch.no_grad():
        whole, _ = net(ids[None])
        state, parts = None, []
        for part in ids.split(7):
            logits, state = net(part[None], state)
            parts.append(logits)
    torch.testing.assert_close(torch.cat(parts, 1), whole, rtol=0, atol=1e-5)


def test_dropping_no_recurrent_weight_is_the_plain_network():
    """The function that the weights with holes go to computes what the layer computes."""
    plain = network(replace(SMALL, dropout=0.0, input_dropout=0.0))
    holed = network(replace(plain.design, recurrent_dropout=1e-12, layers=2))
    plain = network(replace(plain.design, recurrent_dropout=0.0, layers=2))
    ids = corpus().ids[:40].view(4, 10)
    (one, state), (other, expected) = holed.train()(ids), plain(ids)
    torch.testing.assert_close(one, other, rtol=0, atol=1e-6)
    torch.testing.assert_close(state, expected, rtol=0, atol=1e-6)


def test_recurrent_dropout_is_of_training_alone_and_leaves_the_weights():
    net = network(replace(SMALL, dropout=0.0, input_dropout=0.0))
    before = {name: weight.clone() for name, weight in net.state_dict().items()}
    ids = corpus().ids[:40].view(4, 10)
    assert not torch.equal(net.train()(ids)[0], net(ids)[0])
    net.eval()
    assert torch.equal(net(ids)[0], net(ids)[0])
    for name, weight in net.state_dict().items():
        assert torch.equal(weight, before[name])
    net.lstm.weight_hh_l0.data.zero_()  # then there is nothing left to drop
    torch.testing.assert_close(net.train()(ids)[0], net.eval()(ids)[0])


def test_what_is_dropped_is_dropped_in_all_steps():
    torch.manual_seed(1)
    dropped = lstm.Dropout(0.25)(torch.ones(3, 9, 400))
    assert torch.equal(dropped, dropped[:, :1].expand(3, 9, 400))
    assert dropped.unique().tolist() == pytest.approx([0, 4 / 3])
    assert dropped.mean().item() == pytest.approx(1, abs=0.1)


@given(st.integers(1, 60), st.integers(1, 9), st.integers(1, 9))
def test_every_row_reads_the_whole_text_in_order(N, batch, window):
    starts = itertools.islice(lstm.ring(N, batch, window), N)
    places = torch.cat([(s[:, None] + torch.arange(window)) % N for s in starts], 1)
    for row in places:
        assert torch.equal((row[1:] - row[:-1]) % N, torch.ones(len(row) - 1) % N)
        assert len(set(row.tolist())) == N


def test_loss_carries_the_state_and_lets_no_gradient_through():
    net, ids = network(replace(SMALL, dropout=0.0, input_dropout=0.0)), corpus().ids
    net.eval()  # no holes
    starts = torch.tensor([0, 10, 20, 30])
    first = lstm.window_loss(net, net, ids, starts)
    second = lstm.window_loss(net, net, ids, starts + 5)
    places = starts[:, None] + torch.arange(11)
    logits, _ = net(ids[places[:, :-1]])
    lost = torch.nn.functional.cross_entropy(
        logits.transpose(1, 2), ids[places[:, 1:]], reduction="none"
    )
    torch.testing.assert_close(first, lost[:, :5].mean())
    torch.testing.assert_close(second, lost[:, 5:].mean())
    assert not net.h.requires_grad and net.h.any()


def test_the_articles_loss_is_of_the_last_symbol_alone_and_forgets():
    net, ids = network(DESIGNS["article"]), corpus().ids
    starts = torch.tensor([3, 50])
    windows = ids[starts[:, None] + torch.arange(6)]
    logits, _ = net(windows[:, :-1])
    expected = torch.nn.functional.cross_entropy(logits[:, -1], windows[:, -1])
    for _ in range(2):
        torch.testing.assert_close(lstm.window_loss(net, net, ids, starts), expected)
    assert not net.h.any()


def test_multiplications_are_counted_by_hand():
    # d = 2, m = 3, V = 5: 4·2·(3 + 2) for the gates and 2·5 for the scores
    assert lstm.multiply_adds(Design(embedding=3, width=2), 5) == 50
    # a second layer reads d entries, and has a state of d: 4·2·(2 + 2) more
    assert lstm.multiply_adds(Design(embedding=3, width=2, layers=2), 5) == 82
    # one number read, 100 steps for one prediction
    assert lstm.multiply_adds(replace(ARTICLE, width=2), 5) == 100 * 24 + 10


def trained(design: Design = SMALL, checkpoint: Path | None = None, stop: int = 0):
    """A training of 30 steps; Ctrl-C comes after the window that step ``stop`` reads."""
    text, net = corpus(), network(design)
    steps, read = 0, TextLSTM.read

    def interrupting(self, ids):
        nonlocal steps
        steps += self.training
        if steps == stop and self.training:
            os.kill(os.getpid(), signal.SIGINT)
        return read(self, ids)

    def dev_loss():
        return lstm.nats(net, text.ids[: text.test], text.dev).mean().item()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TextLSTM, "read", interrupting)
        history = lstm.train(
            net, text.train, dev_loss, 30, every=10, checkpoint=checkpoint
        )
    return net, history


@pytest.mark.parametrize("stop", random.Random(5).sample(range(1, 30), 3))
@pytest.mark.parametrize("name", ["language model", "two layers", "article"])
def test_an_interrupted_training_goes_on_to_the_same_numbers(name, stop, tmp_path):
    whole, expected = trained(DESIGNS[name])
    _, broken = trained(DESIGNS[name], tmp_path / "run.pt", stop)
    assert broken.interrupted and broken.steps[-1] == stop
    torch.rand(3)
    net, history = trained(DESIGNS[name], tmp_path / "run.pt")
    assert history == expected
    for key, weight in whole.state_dict().items():
        assert torch.equal(weight, net.state_dict()[key]), key


def test_training_learns_the_text():
    text, net = corpus(), network(replace(SMALL, width=32, learning_rate=0.02))

    def dev_loss():
        return lstm.nats(net, text.ids[: text.test], text.dev).mean().item()

    lstm.train(net, text.train, dev_loss, 400, every=100)
    assert lstm.bits(lstm.nats(net, text.ids, text.test)) < 0.7


# What it predicts


@settings(deadline=None)
@given(st.integers(1, 59), st.integers(1, 9), st.integers(0, 70))
def test_scores_are_of_each_symbol_once_and_in_order(first, rows, extra):
    net, ids = network(), corpus().ids[:60]
    with torch.no_grad():
        logits, _ = net(ids[None, :-1])
    expected = torch.nn.functional.cross_entropy(logits[0], ids[1:], reduction="none")
    found = lstm.nats(net, ids, first, rows=1, before=first)
    torch.testing.assert_close(found, expected[first - 1 :], rtol=0, atol=1e-5)
    assert len(lstm.nats(net, ids, first, rows, before=1 + extra)) == 60 - first


def test_pieces_begun_early_enough_are_as_good_as_one():
    net, text = network(), corpus()
    one = lstm.nats(net, text.ids, text.dev, rows=1, before=text.dev)
    several = lstm.nats(net, text.ids, text.dev, rows=7, before=200)
    torch.testing.assert_close(one, several, rtol=0, atol=1e-3)


def test_scores_by_windows_read_a_window_and_no_more():
    net, ids = network(DESIGNS["article"]), corpus().ids[:40]
    found = lstm.window_nats(net, ids, 9, batch=4)
    for place, lost in zip(range(9, 40), found, strict=True):
        with torch.no_grad():
            logits, _ = net(ids[None, place - 5 : place])
        assert lost.item() == pytest.approx(
            -logits[0, -1].log_softmax(0)[ids[place]].item(), abs=1e-5
        )


def test_scores_from_impossible_places_are_refused():
    net, ids = network(), corpus().ids
    with pytest.raises(ValueError, match="from position 0 of 468: it must be from 1"):
        lstm.nats(net, ids, 0)
    with pytest.raises(ValueError, match="no window of 5 symbols ends before pos"):
        lstm.window_nats(net, ids, 4)


def test_a_blend_is_the_mixture_of_the_probabilities():
    p, q = np.array([0.5, 0.2]), np.array([0.1, 0.8])
    found = lstm.blend((-np.log(p), -np.log(q)), 0.25)
    np.testing.assert_allclose(np.exp(-found), 0.75 * p + 0.25 * q, rtol=1e-12)
    assert lstm.bits(-np.log([0.5, 0.125])) == pytest.approx(2)


# Generation


@pytest.mark.parametrize("design", DESIGNS.values(), ids=DESIGNS)
def test_the_table_is_the_network(design):
    net, ids = network(design), corpus().ids[:50]
    table = lstm.Table(net)
    h, c = table.start()
    found = np.array([table.step(symbol, h, c) for symbol in ids.tolist()])
    with torch.no_grad():
        logits, state = net(ids[None])
    np.testing.assert_allclose(found[:, 2:], logits[0, :, 2:], rtol=0, atol=2e-5)
    assert (found[:, :2] == -np.inf).all()
    np.testing.assert_allclose(h, state[0][:, 0], rtol=0, atol=1e-5)
    np.testing.assert_allclose(c, state[1][:, 0], rtol=0, atol=1e-5)


@pytest.mark.parametrize("design", DESIGNS.values(), ids=DESIGNS)
def test_greedy_texts_agree_by_state_and_by_table(design):
    net, prompt = network(design), corpus().ids[:9].tolist()
    by_table = lstm.Table(net).write(prompt, 40, seed=1, temperature=0)
    assert by_table == lstm.by_state(net, prompt, 40)


def test_by_window_is_by_state_until_the_window_is_full(monkeypatch):
    net, prompt = network(replace(SMALL, window=20)), corpus().ids[:4].tolist()
    seen, read = [], TextLSTM.read
    monkeypatch.setattr(
        TextLSTM, "read", lambda net, ids: (seen.append(ids), read(net, ids))[1]
    )
    window = lstm.by_window(net, prompt, 40)
    assert window[:17] == lstm.by_state(net, prompt, 40)[:17]
    whole = prompt + window
    for k, ids in enumerate(seen[:40], 4):  # each character is read after all before it
        assert ids.tolist() == [whole[max(k - 20, 0) : k]]


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_the_table_draws_what_the_sampler_draws(temperature: float):
    net = network()
    prompt = corpus().ids[:9].tolist()
    first, state = lstm.begin(net, prompt, 1)
    for seed in range(20):
        drawn = sampling.sample(
            lstm.stepper(net), state, first, None, 40, seed, temperature
        )
        by_table = lstm.Table(net).write(prompt, 40, seed, temperature)
        assert by_table == drawn.ids[0]


def test_more_passes_over_a_text_take_more_dropout():
    assert lstm.dropout_for(3) == lstm.dropout_for(7) == 0
    for passes in (7, 20, 100):
        more = lstm.dropout_for(2 * passes) - lstm.dropout_for(passes)
        assert more == pytest.approx(0.1)
    for passes in (3, 1e9):  # a design has no dropout below none, nor above all
        assert Design(**lstm.dropouts(lstm.dropout_for(passes)))


def test_weight_decay_shrinks_the_weights():
    sizes = []
    for decay in (0.0, 0.5):
        net = network(replace(SMALL, weight_decay=decay, learning_rate=0.05))
        lstm.train(net, corpus().train, lambda: 1.0, 20, every=20)
        sizes.append(sum(weight.square().sum() for weight in net.parameters()))
    assert sizes[1] < 0.9 * sizes[0]


def test_a_step_carries_a_batch_of_texts():
    net, prompt = network(), corpus().ids[:9].tolist()
    step = lstm.stepper(net)
    logits, state = step(*lstm.begin(net, prompt, B=3))
    assert logits.shape == (3, len(corpus().symbols))
    logits, _ = step(torch.tensor([4, 5, 4]), state)
    alone, _ = step(*lstm.begin(net, [*prompt, 5]))
    torch.testing.assert_close(logits[1:2], alone, rtol=0, atol=1e-5)
    torch.testing.assert_close(logits[0], logits[2])
    assert lstm.begin(net, [4])[1] is None


# What is copied, and what repeats


def test_copied_runs_are_counted():
    assert lstm.copied("abcd", "xabcx", 3) == 0.5
    assert lstm.copied("abc", "abc", 3) == 1
    assert lstm.copied("abc", "ab", 3) == 0
    with pytest.raises(ValueError, match="2 characters has no run of 3"):
        lstm.copied("ab", "abc", 3)


@given(st.text("abc", max_size=8), st.text("abc", min_size=1, max_size=5))
def test_a_loop_is_found_with_its_beginning(start, phrase):
    text = start + phrase * 4
    found = lstm.loop(text)
    assert found.start <= len(start)
    tail = text[found.start :]
    assert (found.phrase * len(tail))[: len(tail)] == tail


def first_loop(text: str, times: int) -> lstm.Loop | None:
    """The loop that begins first, every beginning and every phrase tried."""
    for start in range(len(text)):
        for period in range(1, (len(text) - start) // times + 1):
            if all(
                text[i] == text[i + period] for i in range(start, len(text) - period)
            ):
                # as long a phrase as stands last
                return lstm.Loop(start, text[start : start + period])
    return None


@given(st.text("ab", max_size=14), st.integers(2, 4))
def test_no_loop_begins_earlier(text, times):
    assert lstm.loop(text, times) == first_loop(text, times)


def test_the_loop_of_a_long_text_takes_no_longer_than_reading_it():
    # with every period and every place, it would take hours
    text = "b" + "a" * 200_000
    assert lstm.loop(text) == lstm.Loop(1, "a")


def test_a_text_without_a_loop_has_none():
    assert lstm.loop("") is None
    assert lstm.loop("abcabd") is None
    assert lstm.loop("xyxyxy") == lstm.Loop(0, "xy")


# In several processes

PROCESS = """
import os, pathlib, sys, torch
from unrolled.pages import lstm
rank, n = (int(os.environ.get(*name)) for name in (("RANK", 0), ("WORLD_SIZE", 1)))
if n > 1:
    torch.distributed.init_process_group()
torch.manual_seed(3 + rank)
design = lstm.Design(embedding=3, width=6, window=5, batch=4 // n, dropout=0, input_dropout=0, recurrent_dropout=0)
net = lstm.TextLSTM(9, design)
ids = torch.randint(2, 9, (200,), generator=torch.Generator().manual_seed(0))
gradients = []
def keep(*_):
    gradients.append(torch.cat([w.grad.flatten() for w in net.parameters()]))
def optimiser(*arguments, **settings):
    made = torch.optim.SGD(*arguments, **settings)
    made.register_step_pre_hook(keep)
    return made
path = pathlib.Path(sys.argv[1], "run.pt")
lstm.train(net, ids, lambda: 0.0, 3, every=3, checkpoint=path, optimiser=optimiser)
torch.save([torch.stack(gradients), net.h, net.c], f"{sys.argv[1]}/{rank}.pt")
"""


def test_two_processes_take_the_gradients_of_one(tmp_path: Path):
    """Really two: over three steps with carried states, of half the rows each, whatever weights the second drew."""
    script = tmp_path / "process.py"
    script.write_text(PROCESS)
    for n in (1, 2):
        out = tmp_path / str(n)
        out.mkdir()
        launcher = "-m torch.distributed.run --standalone --nproc-per-node 2".split()
        command = [sys.executable, *launcher * (n - 1), str(script), str(out)]
        run = subprocess.run(command, capture_output=True, text=True, timeout=120)
        assert run.returncode == 0, run.stderr
    one = torch.load(tmp_path / "1" / "0.pt")
    two = [torch.load(tmp_path / "2" / f"{rank}.pt") for rank in (0, 1)]
    assert one[0].shape[0] == 3 and one[0].abs().max() > 1e-3
    for rank, (gradients, h, c) in enumerate(two):
        torch.testing.assert_close(gradients, one[0], rtol=0, atol=1e-6)
        torch.testing.assert_close(h, one[1][:, rank::2], rtol=0, atol=1e-6)
        torch.testing.assert_close(c, one[2][:, rank::2], rtol=0, atol=1e-6)
    assert sorted(path.name for path in (tmp_path / "1").glob("run*")) == ["run.pt"]
    written = sorted(path.name for path in (tmp_path / "2").glob("run*"))
    assert written == ["run.0.pt", "run.1.pt"]
    assert not torch.equal(two[0][1], two[1][1])  # each has the states of its own rows


@given(st.integers(9, 90), st.integers(1, 9), st.integers(1, 4), st.booleans())
def test_processes_get_equally_many_rows_which_are_those_of_one(N, batch, n, carried):
    design = replace(SMALL, batch=batch, carried=carried)
    whole = lstm.windows(replace(design, batch=n * batch), N, 1)
    parts = [lstm.windows(design, N, 1, rank, n) for rank in range(n)]
    for rows, *shares in zip(itertools.islice(whole, 3), *parts, strict=False):
        found = torch.stack(shares, 1).flatten()
        assert 0 <= len(rows) - len(found) < n
        if carried or len(rows) == len(found):
            assert torch.equal(found, rows)


def test_an_average_of_averages_is_the_average_at_equal_counts_alone():
    """Why the processes get equally many rows."""
    lost = torch.arange(6.0)
    halves, uneven = lost.split(3), lost.split(4)
    assert torch.stack([x.mean() for x in halves]).mean() == lost.mean()
    assert torch.stack([x.mean() for x in uneven]).mean() != lost.mean()
