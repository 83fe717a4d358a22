"""Trained networks in the page: the numbers and the draws of Python, with the weights that the page reads."""

import json

import numpy as np
import pytest
import torch
from torch import nn

from browsing import node
from unrolled.data.vocabulary import Vocabulary
from unrolled.learning.sampling import distribution, inverse, sample, uniform
from unrolled.live.weights import KINDS, agreement, packed, rounded
from unrolled.pages import classification, generation, lstm

BOUND = {"float32": 1e-4, "float16": 1e-2}
LETTERS = Vocabulary("abcdefghij", start=True, end=True)
NEVER = LETTERS.pad, LETTERS.start


def drawn(model: nn.Module) -> nn.Module:
    """A network whose scores are as far apart as those of a trained one."""
    with torch.no_grad():
        for weights in model.parameters():
            if weights.dim() > 1:
                weights.mul_(2)
    return model.eval()


def names_network(layer: type = nn.LSTM) -> nn.Module:
    """A network that writes names in three languages."""
    torch.manual_seed(2)
    return drawn(generation.NameNetwork(len(LETTERS), 3, 32, layer, never=NEVER))


RUN = """
({ packed, ids, language }) => {
  const net = script.network(packed), state = net.start();
  return ids.map((id) => [...net.scores(net.step(state, id, language))].map((s) => (isFinite(s) ? s : null)));
}
"""


def in_page(model: nn.Module, kind: str, texts: list, language: int | None) -> list:
    """The scores after each symbol of texts, as the page computes them; those of −∞ are NaN."""
    rows = [
        {"packed": packed(model, kind), "ids": ids, "language": language}
        for ids in texts
    ]
    found = node(RUN, "recurrent", rows)
    return [np.array(one, float) for one in found]


def by_torch(model: nn.Module, ids: list[int], language: int | None) -> np.ndarray:
    """The same by PyTorch."""
    with torch.no_grad():
        if isinstance(model, classification.LayerRNN):
            heads = [torch.tensor([ids[: t + 1]]) for t in range(len(ids))]
            found = [model(head, torch.tensor([head.shape[1]])) for head in heads]
            return torch.cat(found).numpy()
        if isinstance(model, lstm.TextLSTM):
            return model(torch.tensor([ids]))[0][0].numpy()
        s = model(torch.tensor([ids]), torch.tensor([language]))[0]
    return s.masked_fill(s.isinf(), np.nan).numpy()


def networks() -> dict[str, tuple[nn.Module, int, int | None]]:
    """A network of each form, how many symbols it reads, and a language where it reads one."""
    torch.manual_seed(1)
    V, design = 12, lstm.Design(embedding=8, width=24, batch=2)
    forms = {
        layer.__name__: (drawn(classification.LayerRNN(V, 30, 5, layer)), V, None)
        for layer in (nn.RNN, nn.GRU, nn.LSTM)
    }
    vanilla = generation.LayerRNN(len(LETTERS), 3, 17, never=NEVER)
    return forms | {
        "letter and language one-hot": (drawn(vanilla), len(LETTERS), 2),
        "names": (names_network(), len(LETTERS), 1),
        "text": (drawn(lstm.TextLSTM(V, design)), V, None),
    }


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("form", networks())
def test_page_computes_what_the_package_computes(form: str, kind: str):
    model, V, language = networks()[form]
    rng = np.random.default_rng(1)
    texts = [rng.integers(V, size=1 + k % 12).tolist() for k in range(100)]
    same, found = rounded(model, kind), in_page(model, kind, texts, language)
    for ids, scores in zip(texts, found, strict=True):
        assert scores.shape == (len(ids), scores.shape[1])
        # exactly what the page has, and near what was trained
        np.testing.assert_allclose(
            scores, by_torch(same, ids, language), rtol=0, atol=1e-9
        )
        if kind in BOUND:
            trained = by_torch(model, ids, language)
            np.testing.assert_allclose(scores, trained, rtol=0, atol=BOUND[kind])


def test_a_weight_is_rounded_by_half_a_step_of_its_row_at_most():
    model = names_network()
    with torch.no_grad():
        model.readout.weight[3] = 0
    pairs = zip(rounded(model).parameters(), model.parameters(), strict=True)
    for kept, weights in pairs:
        if weights.dim() == 1:
            assert torch.equal(kept, weights.double())
        else:
            step = weights.abs().amax(1, keepdim=True) / 127
            assert ((kept - weights).abs() <= step / 2 + 1e-7).all()


def test_agreement_is_a_share_and_a_mean_divergence_in_bits():
    inf = torch.inf
    scores = torch.tensor([[0.0, 1.0, -inf], [2.0, 0.0, -inf]])
    assert agreement(scores, scores + 3) == (1.0, pytest.approx(0, abs=1e-7))
    half = torch.tensor([[0.5, 0.5]]).log()
    quarter = torch.tensor([[0.25, 0.75]]).log()
    same, bits = agreement(half, quarter)
    # ½ log₂ (½ / ¼) + ½ log₂ (½ / ¾)
    assert same == 0 and bits == pytest.approx(0.5 - 0.5 * np.log2(1.5), abs=1e-7)
    assert agreement(quarter, half)[1] != pytest.approx(bits)


def test_symbols_that_never_come_have_no_probability():
    model, V, _ = networks()["text"]
    row = {"packed": packed(model, never=(0, 1)), "ids": [3, 4]}
    assert [s is None for s in node(RUN, "recurrent", [row])[0][1]] == (
        [True] * 2 + [False] * (V - 2)
    )
    with pytest.raises(ValueError, match="never from 99 to 99: expected 0 … 11"):
        packed(model, never=[99])


def test_network_that_the_page_cannot_run_is_refused():
    deep = lstm.TextLSTM(9, lstm.Design(layers=2))
    both = classification.PooledGRU(9, 8, 3)
    for model in (deep, both, nn.Linear(2, 2)):
        for use in (packed, rounded):
            with pytest.raises(ValueError, match="cannot run in the page: expected"):
                use(model)
    with pytest.raises(ValueError, match="kind 'int4': expected one of float32"):
        packed(names_network(), "int4")


def test_weights_that_were_cut_are_refused():
    row = packed(names_network())
    row["arrays"]["input"]["data"] = row["arrays"]["input"]["data"][:400]
    run = """
    ({ packed }) => {
      try { script.network(packed); } catch (error) { return error.message; }
    }
    """
    assert node(run, "recurrent", [{"packed": row}]) == ["its weights were cut"]


def test_uniform_numbers_are_the_package_s():
    rows = [
        [seed, sequence, step]
        for seed in (0, 1, 7, 2**31, 2**32 - 1, 2**32, 2**53 - 1)
        for sequence, step in ((0, 0), (0, 1), (3, 5), (20, 40))
    ]
    found = node("(row) => script.uniform(...row)", "sampling", rows)
    assert found == [
        uniform(seed, sequence + 1, step + 1)[sequence, step]
        for seed, sequence, step in rows
    ]


@pytest.mark.parametrize("temperature", [0, 0.01, 0.5, 1, 3, 1e300])
def test_distributions_and_draws_are_the_package_s(temperature: float):
    rng = np.random.default_rng(1)
    rows = [rng.normal(0, 4, size=2 + k % 9).tolist() for k in range(200)]
    rows += [[1.0, 1.0, 0.0], [0.0, 1.0, 1.0], [-800.0, 0.0], [-1e308, 1e-308, 0.0]]
    us = [float(u) for u in uniform(5, 1, len(rows))[0]]
    run = """
    ([scores, temperature, u]) => {
      const q = script.distribution(scores, temperature);
      return [q, script.inverse(q, u)];
    }
    """
    asked = [[s, temperature, u] for s, u in zip(rows, us, strict=True)]
    for s, u, (q, k) in zip(rows, us, node(run, "sampling", asked), strict=True):
        expected = distribution(torch.tensor(s, dtype=torch.float64), temperature)
        np.testing.assert_allclose(q, expected.numpy(), rtol=0, atol=1e-14)
        assert k == inverse(expected.numpy(), np.array(u))


def test_last_symbol_with_a_probability_is_drawn_where_rounding_leaves_the_sum_below():
    rows = [[[0.5, 0.5 - 1e-16, 0.0], 1 - 2**-53], [[0.25, 0.75], 0.25]]
    assert node("([q, u]) => script.inverse(q, u)", "sampling", rows) == [1, 1]


DRAW = """
({ packed, first, end, longest, ...how }) => {
  const { network } = require(process.argv[1].replace("sampling", "recurrent"));
  const net = network(packed), ids = [];
  for (const { id } of script.draw(net, net.start(), first, how)) {
    if (id === end || ids.length === longest) return ids;
    ids.push(id);
  }
}
"""


@pytest.mark.parametrize("kind", KINDS)
def test_a_hundred_seeds_draw_the_same_names(kind: str):
    model = names_network()
    same, how = rounded(model, kind), {"temperature": 0.8, "language": 2}
    row = {"packed": packed(model, kind), "first": LETTERS.start, "end": LETTERS.end}
    rows = [{**row, **how, "seed": seed, "longest": 20} for seed in range(100)]
    language = torch.tensor([2])
    expected = [
        sample(
            lambda ids, state: same.step(ids, language, state),
            None,
            torch.tensor([LETTERS.start]),
            LETTERS.end,
            20,
            seed,
            0.8,
        ).ids[0]
        for seed in range(100)
    ]
    assert node(DRAW, "sampling", rows) == expected
    assert len({json.dumps(ids) for ids in expected}) > 50


def test_a_reader_s_letter_is_read_in_place_of_the_one_that_was_drawn():
    model = names_network()
    run = """
    ({ packed, first, instead }) => {
      const { network } = require(process.argv[1].replace("sampling", "recurrent"));
      const net = network(packed), drawing = script.draw(net, net.start(), first, { seed: 1, language: 0 });
      drawing.next();
      return [...drawing.next(instead).value.q];
    }
    """
    row = {"packed": packed(model), "first": LETTERS.start}
    found = node(run, "sampling", [{**row, "instead": k} for k in (5, 6)])
    for k, q in zip((5, 6), found, strict=True):
        s = by_torch(rounded(model), [LETTERS.start, k], 0)[-1]
        p = np.exp(s - np.nanmax(s))
        np.testing.assert_allclose(q, np.nan_to_num(p / np.nansum(p)), atol=1e-12)
