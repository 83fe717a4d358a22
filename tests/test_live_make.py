"""Names that are made in the page: the package's, in Node and in a browser, and a reader who chooses letters."""

import math
import re
from functools import cache
from html import unescape
from pathlib import Path

import numpy as np
import pytest
import torch
from playwright.sync_api import Page

from browsing import FAULTS, hoisted, node, part_faults, press, spoiled, written
from unrolled.data.names import ALPHABET, Name
from unrolled.data.vocabulary import Vocabulary
from unrolled.live import Live
from unrolled.live.naming import MANY, SHOWN, naming
from unrolled.live.weights import packed, rounded
from unrolled.pages import generation

LETTERS = Vocabulary(ALPHABET, start=True, end=True)
LANGUAGES = ["Czech", "Greek", "Zulu"]
LONGEST = 12
MARKS = {"start": LETTERS.start, "end": LETTERS.end, "longest": LONGEST}
LOAD = re.compile("Load the network and the training names")


def network() -> generation.NameNetwork:
    """A small network, of the page's form, that is not trained but is as sure of itself."""
    torch.manual_seed(2)
    never = LETTERS.pad, LETTERS.start
    model = generation.NameNetwork(len(LETTERS), len(LANGUAGES), 24, never=never).eval()
    with torch.no_grad():
        for weights in model.parameters():
            if weights.dim() > 1:
                weights.mul_(2)
        model.readout.bias[LETTERS.end] += 2
    return model


MODEL = network()
SAME = rounded(MODEL)


def drawn(
    language: str = "Greek",
    n: int = SHOWN,
    seed: int = 1,
    prefix: str = "",
    temperature: float = 1,
) -> list[generation.Generated]:
    """The names that the package draws with the weights that the page has."""
    places = torch.full((n,), LANGUAGES.index(language))
    how = {"longest": LONGEST, "temperature": temperature}
    return generation.generate(SAME, LETTERS, places, seed, prefix, **how)


def bits(text: str, language: str = "Greek") -> np.ndarray:
    """−log₂ p of the letters and of the end of a name, as the package has them."""
    part = generation.encode([Name(text, language)], LETTERS, LANGUAGES)
    return -generation.log_probabilities(SAME, part)[0] / math.log(2)


OLD = [name.text for name in drawn(n=20) if name.ended and len(name.text) > 2][:2]
"""Names that stand in the training data."""
ELSEWHERE = next(name.text for name in drawn()[::-1] if name.text not in ("", *OLD))
"""One that stands there in another language."""


@cache
def part() -> Live:
    known = [Name(text, "Greek") for text in OLD]
    known.append(Name(ELSEWHERE, "Czech"))
    how = {"language": "Greek", "longest": LONGEST}
    return naming(MODEL, LETTERS, LANGUAGES, known, generation.generate, **how)


# In Node

NAME = """
({ packed, marks, first, ...how }) => {
  const { network } = require(process.argv[1].replace("naming", "recurrent"));
  return script.whole(network(packed), marks, first, how);
}
"""


@pytest.mark.parametrize("temperature", [0, 0.3, 1, 2])
@pytest.mark.parametrize("prefix", ["", "Ma", "Papadopoulos"])
def test_a_hundred_seeds_give_the_package_s_names_and_bits(
    prefix: str, temperature: float
):
    first = LETTERS.encode(prefix)
    one = {"packed": packed(MODEL), "marks": MARKS, "first": first, "language": 1}
    rows = [
        one | {"seed": seed, "sequence": seed % 3, "temperature": temperature}
        for seed in range(100)
    ]
    for row, name in zip(rows, node(NAME, "naming", rows), strict=True):
        k = row["sequence"]
        expected = drawn("Greek", k + 1, row["seed"], prefix, temperature)[k]
        letters = [letter["id"] for letter in name["letters"]]
        text = "".join(LETTERS.decode(letters))
        assert (text, name["ended"]) == expected
        assert (letters[-1] == LETTERS.end) == expected.ended
        own = bits(text)[: len(letters)]
        found = [letter["bits"] for letter in name["letters"]]
        np.testing.assert_allclose(found, own, rtol=0, atol=1e-9)


def test_small_network_ends_some_names_and_not_others():
    ended = [name.ended for name in drawn(n=100)]
    assert 10 < sum(ended) < 100


# In a browser, from a file


def begun(page: Page, address: str) -> None:
    """Open a part and load its network."""
    page.goto(address)
    page.get_by_role("button", name=LOAD).press("Enter")
    names_of(page)


def names_of(page: Page, n: int = SHOWN) -> list[str]:
    """The names that are shown, once all are drawn."""
    page.get_by_text(re.compile(rf"^{n} names drawn: ")).wait_for()
    shown = "all => all.map(row => [...row.firstChild.children].map(e => e.firstChild.data).join(''))"
    return page.locator(".live-names li").evaluate_all(shown)


def marked(names: list[generation.Generated]) -> list[str]:
    """Names as the page shows them: the end is a letter, and a space is to be seen."""
    return [n.text.replace(" ", "␣") + "⊣" * n.ended for n in names]


def counts(page: Page) -> str:
    """What is said of the names."""
    return page.get_by_text(" names drawn: ").inner_text()


def test_page_draws_the_package_s_names_with_their_bits(phone: Page, tmp_path: Path):
    begun(phone, hoisted(tmp_path, part()))
    assert names_of(phone) == marked(drawn())
    rows = phone.locator(".live-names li")
    assert any(not name.ended for name in drawn())
    for row, (text, ended) in zip(rows.all(), drawn(), strict=True):
        own = bits(text)
        said = row.inner_text().replace("\n", "")
        assert f"{own.sum():.1f} bits" in said or not ended
        assert (f"stopped after {LONGEST} letters" in said) == (not ended)
        assert ("in the training data" in said) == (text in OLD)
        label = row.get_by_role("img").get_attribute("aria-label")
        each = re.findall(r"\d+\.\d", label)
        assert each == [f"{x:.1f}" for x in own[: len(text) + ended]]
    different = {name.text for name in drawn()}
    assert different & {*OLD} and counts(phone) == (
        f"{SHOWN} names drawn: {len(different)} different, "
        f"{len(different & {*OLD})} of these in the training data."
    )


def test_settings_give_the_package_s_names_by_the_keyboard_alone(
    phone: Page, tmp_path: Path
):
    begun(phone, written(tmp_path, part()))
    language = phone.get_by_label("Language")
    assert language.evaluate("e => e === document.activeElement")
    keys = phone.keyboard
    keys.press("ArrowDown")
    assert language.locator("option:checked").inner_text() == "Zulu"
    assert names_of(phone) == marked(drawn("Zulu"))
    keys.press("Tab")
    keys.type("Ma")
    assert names_of(phone) == marked(drawn("Zulu", prefix="Ma"))
    keys.press("Tab")
    keys.press("ArrowUp")
    assert names_of(phone) == marked(drawn("Zulu", prefix="Ma", seed=2))
    keys.press("Tab")
    for temperature in (0.9, 0.8, 0.7):
        keys.press("ArrowLeft")
        how = {"seed": 2, "prefix": "Ma", "temperature": temperature}
        assert names_of(phone) == marked(drawn("Zulu", **how))
    keys.press("Home")
    how["temperature"] = 0
    assert names_of(phone) == marked(drawn("Zulu", **how))
    assert f"{SHOWN} names drawn: 1 different" in counts(phone)
    keys.press("Tab")
    keys.press("Enter")
    how["seed"] = 3
    assert phone.get_by_label("Seed").input_value() == "3"
    assert names_of(phone) == marked(drawn("Zulu", **how))


@pytest.mark.parametrize("temperature", [0, 0.5, 1.5])
def test_a_hundred_seeds_give_the_package_s_names_in_a_browser(
    phone: Page, tmp_path: Path, temperature: float
):
    phone.emulate_media(reduced_motion="reduce")
    begun(phone, written(tmp_path, part()))
    phone.get_by_role("slider").fill(str(temperature))
    first = []
    for seed in range(2, 102):
        press(phone, "Another")
        first.append(names_of(phone))
        assert phone.get_by_label("Seed").input_value() == str(seed)
    assert first == [
        marked(drawn(seed=seed, temperature=temperature)) for seed in range(2, 102)
    ]


def test_many_names_are_counted_and_can_be_stopped(phone: Page, tmp_path: Path):
    begun(phone, written(tmp_path, part()))
    more = phone.get_by_role("button", name=re.compile(f"^(Draw {MANY}|Stop)$"))
    more.press("Enter")
    assert names_of(phone, MANY) == marked(drawn())
    texts = {name.text for name in drawn(n=MANY)}
    old = len(texts & set(OLD))
    assert counts(phone) == (
        f"{MANY} names drawn: {len(texts)} different, {old} of these in the training data."
    )
    # again, with the next seed, and stopped on the way
    stopped = more.evaluate(
        """button => new Promise(done => {
          button.click();
          requestAnimationFrame(() => requestAnimationFrame(() => {
            done(button.textContent);
            button.click();
          }));
        })"""
    )
    assert stopped == "Stop" and phone.get_by_label("Seed").input_value() == "2"
    assert int(counts(phone).split()[0]) < MANY
    assert more.inner_text() == f"Draw {MANY}"
    more.press("Enter")
    assert names_of(phone, MANY) == marked(drawn(seed=2))


def test_names_come_all_at_once_where_motion_is_not_wanted(phone: Page, tmp_path: Path):
    sizes = """() => { window.sizes = new Set();
      new MutationObserver(() => sizes.add(document.querySelectorAll(".live-names li").length))
        .observe(document.querySelector(".live-names"), { childList: true }); }"""
    for motion, some in (
        ("reduce", {0, SHOWN}),
        ("no-preference", {*range(SHOWN + 1)}),
    ):
        phone.emulate_media(reduced_motion=motion)
        begun(phone, written(tmp_path, part()))
        phone.evaluate(sizes)
        phone.evaluate("performance.now = () => 0")  # a machine that is fast
        press(phone, "Another")
        names_of(phone)
        assert set(phone.evaluate("[...sizes]")) == some


def keys_of(page: Page) -> dict[str, float]:
    """The symbols that can be chosen, and their shares in percent."""
    rows = page.locator(".live-keys button:visible").all_inner_texts()
    found = (re.split(r"\s+", row.strip()) for row in rows)
    return {name: float(share) for name, share, _ in found}


def shares(text: str, temperature: float) -> dict[str, float]:
    """What comes after the beginning of a Greek name, in percent, by the package."""
    ids = torch.tensor([[LETTERS.start, *LETTERS.encode(text)]])
    with torch.no_grad():
        s = SAME(ids, torch.tensor([1]))[0, -1]
    q = generation.drawing.sampling.distribution(s, temperature).tolist()
    symbols = {LETTERS.end: "end", LETTERS.encode(" ")[0]: "space"}
    return {
        symbols.get(k, symbol): 100 * q[k] for k, symbol in enumerate(LETTERS.symbols)
    }


def demand_shares(page: Page, text: str, temperature: float) -> None:
    """Refuse bars that are not the package's: of the most probable letters in order, then of the end."""
    found, expected = keys_of(page), shares(text, temperature)
    *letters, end = found
    assert end == "end" and len(letters) == 8
    best = sorted(expected.keys() - {"end"}, key=expected.get, reverse=True)[:8]
    if temperature:
        assert letters == best
    for name, share in found.items():
        assert share == pytest.approx(expected[name], abs=0.0501)
    widths = page.locator(".live-gauge:visible").evaluate_all(
        "all => all.map(e => 100 * parseFloat(getComputedStyle(e, '::before').width) / e.clientWidth)"
    )
    np.testing.assert_allclose(widths, [expected[name] for name in found], atol=0.5)


def test_name_is_drawn_letter_by_letter_as_it_is_drawn_whole(
    phone: Page, tmp_path: Path
):
    phone.emulate_media(reduced_motion="reduce")
    begun(phone, written(tmp_path, part()))
    told = phone.locator(".live-panel").nth(1)
    for name in drawn(n=2):
        for k in range(len(name.text) + 1):
            demand_shares(phone, name.text[:k], 1)
            button = phone.get_by_role("button", name="Draw the next letter")
            button.press("Enter")
            if k < len(name.text):
                said = {" ": "space"}.get(name.text[k], name.text[k])
                assert f"{said}: {bits(name.text)[k]:.1f} bits." in told.inner_text()
        done = "The name is done" if name.ended else f"Stopped after {LONGEST} letters"
        said = told.inner_text()
        assert f"{done}: {name.text or 'the empty name'}, " in said
        assert ("not in the training data." in said) == (name.text not in OLD)
        press(phone, "Begin another name")


def test_reader_chooses_letters_and_the_temperature_bends_what_follows(
    phone: Page, tmp_path: Path
):
    phone.emulate_media(reduced_motion="reduce")
    begun(phone, written(tmp_path, part()))
    phone.get_by_label("First letters").fill("Ma")
    text = "Ma"
    for k, temperature in enumerate((1, 0.5, 2, 0)):
        phone.get_by_role("slider").fill(str(temperature))
        demand_shares(phone, text, temperature)  # what was chosen stays
        letter = list(keys_of(phone))[7 - k]
        key = phone.locator(".live-keys button").nth(7 - k)
        key.press("Enter")
        assert key.evaluate("e => e === document.activeElement")
        text += {"space": " "}.get(letter, letter)
    phone.get_by_role("button", name=re.compile("^end")).press("Enter")
    said = phone.get_by_text("The name is done: ").inner_text()
    assert said == (
        f"The name is done: {text}, {bits(text).sum():.1f} bits, not in the training data."
    )
    again = phone.get_by_role("button", name="Begin another name")
    assert again.evaluate("e => e === document.activeElement")
    assert not phone.locator(".live-keys button:visible").count()


def test_name_that_is_chosen_may_stand_in_the_training_data(
    phone: Page, tmp_path: Path
):
    begun(phone, written(tmp_path, part()))
    phone.get_by_label("First letters").fill(OLD[0])
    phone.get_by_role("button", name=re.compile("^end")).press("Enter")
    said = phone.get_by_text("The name is done: ").inner_text()
    assert said.endswith("bits, in the training data.")


HOSTILE = {
    "Ñandú": "The network does not know “Ñ”, “ú”. It knows a b c",
    "李": "The network does not know “李”.",
    "🙂🙂": "The network does not know “🙂”.",
    "a\u200bb\u0301": "The network does not know U+200B, U+0301.",
    "<i>7</i>": "The network does not know “<”, “>”, “7”, “/”.",
    "a" * 13: "These are 13 letters. Names are stopped after 12; type fewer.",
    "🙂" * 10_000: "These are 10000 letters.",
}


def test_what_the_network_does_not_know_is_said(phone: Page, tmp_path: Path):
    begun(phone, written(tmp_path, part()))
    field = phone.get_by_label("First letters")
    for text, words in HOSTILE.items():
        field.fill(text)
        assert words in phone.locator(".live").inner_text()
        assert not phone.locator(".live-panels").is_visible()
        assert part_faults(phone) == []
    field.fill("O'")
    assert names_of(phone) == marked(drawn(prefix="O'"))


@pytest.mark.parametrize("seed", ["", "-1", "1.5", "1e300"])
def test_seed_that_is_none_is_refused(phone: Page, tmp_path: Path, seed: str):
    begun(phone, written(tmp_path, part()))
    phone.get_by_label("Seed").fill(seed)
    phone.get_by_text("The seed must be a whole number, from 0 on.").wait_for()
    assert not phone.locator(".live-panels").is_visible()
    phone.get_by_label("Seed").fill(str(2**53 - 1))
    assert names_of(phone) == marked(drawn(seed=2**53 - 1))


ANSWERS = {
    "More real names": "That is half of it.",
    "More names that are alike": "That is half of it.",
    "Both": "Yes.",
}


def test_prediction_is_answered_and_can_be_passed_over(phone: Page, tmp_path: Path):
    phone.goto(written(tmp_path, part()))
    table, seen = phone.locator(".live > table"), phone.locator(".live-seen")
    assert not table.is_visible() and not seen.is_visible()
    for answer, said in ANSWERS.items():
        press(phone, answer)
        assert said in phone.locator(".live-predict [role=status]").inner_text()
        assert table.is_visible() and seen.is_visible()
    begun(phone, written(tmp_path, part()))
    assert table.is_visible() and seen.is_visible()


def test_table_has_names_of_two_temperatures_and_what_they_have_in_common():
    cells = re.findall(r"<td>(.*?) *</td>", unescape(part().table))
    columns = [["the first 10", "different", "of these, in the training data"]]
    for temperature in (0.3, 1):
        texts = [name.text for name in drawn(n=MANY, temperature=temperature)]
        old = len(set(texts) & set(OLD))
        first = ", ".join(texts[:SHOWN])
        columns.append([first, str(len(set(texts))), str(old)])
    assert cells == [cell for row in zip(*columns, strict=True) for cell in row]


def test_language_of_which_the_network_knows_nothing_is_refused():
    with pytest.raises(ValueError, match="language 'Klingon': expected one of Czech"):
        naming(MODEL, LETTERS, LANGUAGES, [], generation.generate, "Klingon")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_part_has_no_fault_for_reader_software_or_a_thumb(
    phone: Page, tmp_path: Path, scheme: str
):
    phone.emulate_media(color_scheme=scheme)
    phone.goto(written(tmp_path, part()))
    press(phone, "Both")
    assert part_faults(phone) == []
    phone.get_by_role("button", name=LOAD).click()
    names_of(phone)
    press(phone, "Draw the next letter")
    assert part_faults(phone) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_network_that_does_not_come_is_said_and_the_table_shown(
    phone: Page, tmp_path: Path, fault: str
):
    live = part()
    phone.goto(written(tmp_path, spoiled(live, fault, 1)))
    phone.get_by_role("button", name=LOAD).click()
    said = "Could not load the network and the training names: the data are"
    phone.get_by_text(f"{said} {FAULTS[fault][1]}").wait_for()
    assert phone.locator(".live > table").is_visible()


def test_part_without_its_data_shows_its_table_and_so_does_paper(
    phone: Page, tmp_path: Path
):
    live, table = part(), phone.locator(".unrolled-live > table")
    phone.goto(written(tmp_path, spoiled(live, "missing")))
    assert table.is_visible()
    phone.goto(written(tmp_path, live))
    assert not table.is_visible()
    phone.emulate_media(media="print")
    assert table.is_visible() and not phone.get_by_role("button").first.is_visible()
