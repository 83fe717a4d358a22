"""The language model that writes on in the reader's page: in Node the package's texts, in a browser the part."""

import random
import re
from functools import cache
from pathlib import Path

import pytest
import torch
from playwright.sync_api import Page

from browsing import FAULTS, node, part_faults, press, spoiled, written
from unrolled.data.reading import canonical
from unrolled.learning.sampling import sample
from unrolled.live import Live
from unrolled.live.weights import packed, rounded
from unrolled.live.writer import write_on
from unrolled.pages import lstm

TEXT = (
    "the cat sat on the mat, and the dog sat on the log. \n" * 3
    + "12 élan vital! </b>& "
) * 6
CORPUS = lstm.encode(TEXT)
SYMBOLS = CORPUS.symbols
PROMPTS = [TEXT[:100], TEXT[60:160], "the cat "]
TEMPERATURES = 0, 0.3, 1, 2
A_GO, SURE, MOST_READ, BEGUN = 500, 100, 1000, 60


@cache
def model() -> lstm.TextLSTM:
    """A small language model whose scores are as far apart as those of a trained one."""
    torch.manual_seed(3)
    net = lstm.TextLSTM(len(SYMBOLS), lstm.Design(embedding=8, width=24, batch=2))
    with torch.no_grad():
        for weights in net.parameters():
            if weights.dim() > 1:
                weights.mul_(2)
    return net.eval()


@cache
def same() -> lstm.TextLSTM:
    """That model with the weights of the page."""
    return rounded(model())


def part(prompts: list[str] = PROMPTS) -> Live:
    """The part, with a table of one text."""
    return write_on(model(), SYMBOLS, prompts, {1.0: "<b>known</b>"})


@cache
def by_package(
    prompt: str, temperature: float, seed: int, length: int = A_GO
) -> tuple[str, list[torch.Tensor]]:
    """What the package writes, and the states h that the characters were drawn from."""
    first, state = lstm.begin(same(), lstm.encode_prompt(prompt, SYMBOLS))
    step, states = lstm.stepper(same()), []

    def watched(ids, state):
        logits, state = step(ids, state)
        states.append(state[0].flatten())
        return logits, state

    drawn = sample(watched, state, first, None, length, seed, temperature)
    return lstm.decode(drawn.ids[0], SYMBOLS), states


def until_loop(text: str) -> tuple[str, lstm.Loop | None]:
    """A greedy text to where its loop is sure, and the loop."""
    for n in range(1, len(text) + 1):
        found = lstm.loop(text[:n])
        if found and n - found.start >= SURE:
            return text[:n], found
    return text, None


# In Node


NO_TEXTS = ["\0", "a\x85", "\ufeff\ufeff", "\ufffd"]
TEXTS = [
    "The CAT",
    "e\u0301lan \u00c9LAN",
    "\ufeffthe\r\nmat\rlog\u2028\u2029on\n",
    "J\u030cO, ΟΔΥΣΣΕΥΣ ς, İstanbul, ǅ, ﬁ",
    "\N{GRINNING FACE} 👩‍👩‍👧 <img src=x onerror=alert(1)>",
    "",
    " ",
    "<pad><unk>",
    *(TEXT[k : k + 7] for k in range(80)),
]


def test_prompt_is_read_as_the_package_reads_it():
    rng = random.Random(1)
    alphabet = f"{TEXT}{TEXT.upper()}éÉ\u0301\r\n\u2028İΣ٣🦉\u00a0\t%<"
    texts = TEXTS + ["".join(rng.choices(alphabet, k=30)) for _ in range(300)]
    rows = [[text, SYMBOLS.symbols] for text in texts]
    found = node("(row) => script.read(...row)", "writer", rows)
    for text, own in zip(texts, found, strict=True):
        spelt = canonical(canonical(text).lower())
        known = [sign for sign in spelt if sign in SYMBOLS.symbols]
        strange = dict.fromkeys(sign for sign in spelt if sign not in SYMBOLS.symbols)
        assert own == {"ids": SYMBOLS.encode(known), "strange": list(strange)}, text
        if text and not strange:
            assert own["ids"] == lstm.encode_prompt(text, SYMBOLS)
        else:
            with pytest.raises(ValueError):
                lstm.encode_prompt(text, SYMBOLS)


def test_capitals_stay_where_the_model_has_them_and_what_no_text_has_is_left_out():
    with_capitals = lstm.encode("A cat, a Dog, é. " * 9, lower=False).symbols
    run = "(row) => script.read(...row)"
    (own,) = node(run, "writer", [["A to\r\nGe\u0301", with_capitals.symbols]])
    assert own["ids"] == lstm.encode_prompt("A toé", with_capitals)
    assert own["strange"] == ["\n", "G"]
    for text, own in zip(
        NO_TEXTS,
        node(run, "writer", [[text, SYMBOLS.symbols] for text in NO_TEXTS]),
        strict=True,
    ):
        assert own["strange"] == [text[-1]]
        with pytest.raises(ValueError):
            lstm.encode_prompt(text, SYMBOLS)


def test_loop_is_the_package_s():
    rng, rows = random.Random(2), []
    for k in range(3000):
        begun = "".join(rng.choices("abc"[: 2 + k % 2], k=rng.randrange(12)))
        phrase = "".join(rng.choices("ab", k=rng.randrange(6)))
        rows.append([list(begun + phrase * rng.randrange(5)), 2 + k % 3])
    for (text, times), own in zip(
        rows, node("(row) => script.loop(...row)", "writer", rows), strict=True
    ):
        expected = lstm.loop("".join(text), times)
        found = own and (own["start"], text[own["start"] :][: own["period"]])
        assert found == (expected and (expected.start, list(expected.phrase)))
    assert sum(lstm.loop("".join(text), times) is None for text, times in rows) > 300


WRITE = """
({ packed, prompt, length, ...how }) => {
  const { network } = require(process.argv[1].replace("writer", "recurrent"));
  const ids = [];
  for (const { id, looped } of script.write(network(packed), prompt, how)) {
    if (id !== undefined) ids.push(id);
    if (looped || ids.length === length) return { ids, looped };
  }
}
"""


@pytest.mark.parametrize("temperature", TEMPERATURES)
def test_a_hundred_seeds_write_the_package_s_texts(temperature: float):
    network = packed(model(), never=(0, 1))
    prompt = lstm.encode_prompt(PROMPTS[0], SYMBOLS)
    how = {"packed": network, "prompt": prompt, "temperature": temperature}
    rows = [how | {"seed": seed, "length": BEGUN} for seed in range(100)]
    texts = set()
    for row, own in zip(rows, node(WRITE, "writer", rows), strict=True):
        text = lstm.decode(own["ids"], SYMBOLS)
        drawn = row["seed"] if temperature else 0
        assert text == by_package(PROMPTS[0], temperature, drawn, BEGUN)[0]
        texts.add(text)
    assert len(texts) == (100 if temperature else 1)


def test_greedy_text_ends_where_the_package_s_loop_is_sure_and_the_state_is_back():
    network, loops = packed(model(), never=(0, 1)), []
    prompts = [TEXT[k : k + 40] for k in range(0, 200, 20)]
    rows = [
        {"packed": network, "prompt": lstm.encode_prompt(prompt, SYMBOLS)}
        | {"temperature": 0, "seed": 1, "length": 300}
        for prompt in prompts
    ]
    for prompt, own in zip(prompts, node(WRITE, "writer", rows), strict=True):
        whole, states = by_package(prompt, 0, 1, 300)
        text, found = until_loop(whole)
        assert lstm.decode(own["ids"], SYMBOLS) == text
        assert ("looped" in own) == (found is not None)
        if found:
            period, n = len(found.phrase), len(text)
            gap = abs(states[n - 1] - states[n - 1 - period]).max().item()
            looped = {"start": found.start, "period": period}
            assert {k: own["looped"][k] for k in looped} == looped
            assert own["looped"]["gap"] == pytest.approx(gap, rel=1e-3, abs=1e-12)
            loops.append(found)
    assert len({loop.start for loop in loops}) > 3


# In a browser, from a file


def opened(page: Page, folder: Path, live: Live | None = None) -> None:
    """Open a page with the part, and load the model; it writes at once."""
    page.goto(written(folder, live or part()))
    page.get_by_role("button", name=re.compile(r"Load the network \(\d+ kB\)")).click()
    done(page)


def done(page: Page) -> str:
    """What is announced once the text is written."""
    status = page.locator(".live [aria-live=polite]")
    status.get_by_text(re.compile("written|A loop")).wait_for()
    return status.inner_text()


def text(page: Page) -> str:
    """What was written."""
    return page.locator(".live-paper > span").last.text_content()


def set_to(page: Page, temperature: float, seed: int | str = 1) -> None:
    """Choose a temperature, by the keyboard, and a seed; both begin a new text."""
    slider = page.get_by_role("slider")
    slider.press("Home")
    for _ in range(round(temperature / 0.1)):
        slider.press("ArrowRight")
    assert float(slider.input_value()) == temperature
    page.get_by_label("Seed").fill(str(seed))
    page.get_by_label("Seed").press("Enter")


ALL = """
async (rows) => {
  const [slider, seed] = ["range", "number"].map((type) => document.querySelector(`.live [type=${type}]`));
  const status = document.querySelector(".live [aria-live=polite]"), texts = [];
  for (const [temperature, number] of rows) {
    [slider.value, seed.value] = [temperature, number];
    seed.dispatchEvent(new Event("change"));
    while (!status.textContent) await new Promise(requestAnimationFrame);
    texts.push(document.querySelector(".live-paper > span:last-child").textContent);
  }
  return texts;
}
"""


def test_browser_writes_the_package_s_texts(phone: Page, tmp_path: Path):
    opened(phone, tmp_path)
    rows = [[TEMPERATURES[seed % 4], seed] for seed in range(100)]
    for (temperature, seed), own in zip(rows, phone.evaluate(ALL, rows), strict=True):
        if temperature:
            expected, _ = by_package(PROMPTS[0], temperature, seed, BEGUN)
            assert own[:BEGUN] == expected and len(own) == A_GO
        else:
            assert own == until_loop(by_package(PROMPTS[0], 0, 1)[0])[0]


def test_text_goes_on_after_a_stop_and_after_its_end(phone: Page, tmp_path: Path):
    opened(phone, tmp_path)
    expected, _ = by_package(PROMPTS[0], 0.8, 1, 3 * A_GO)
    assert text(phone) == expected[:A_GO]
    press(phone, "Go on")
    assert done(phone) == f"{2 * A_GO:,} characters are written."
    assert text(phone) == expected[: 2 * A_GO]
    # begun and stopped before the next frame
    go = phone.get_by_role("button", name="Go on", exact=True)
    go.evaluate("button => (button.click(), button.click())")
    status = phone.locator(".live [aria-live=polite]")
    assert status.inner_text() == f"Stopped after {2 * A_GO:,} characters."
    press(phone, "Go on")
    done(phone)
    assert text(phone) == expected
    # another prompt is another text
    phone.get_by_label("Prompt").fill("the dog ")
    assert not phone.get_by_role("button", name="Go on", exact=True).count()
    press(phone, "Write")
    done(phone)
    cut = PROMPTS[0].index(" ", 40) + 1
    assert text(phone) == by_package(PROMPTS[0][:cut] + "the dog ", 0.8, 1)[0]


def test_other_seeds_and_places(phone: Page, tmp_path: Path):
    opened(phone, tmp_path)
    press(phone, "Another seed")
    done(phone)
    assert text(phone) == by_package(PROMPTS[0], 0.8, 2)[0]
    for prompt in (*PROMPTS[1:], PROMPTS[0]):
        press(phone, "Another place in the text")
        done(phone)
        assert text(phone) == by_package(prompt, 0.8, 2)[0]
        field = phone.get_by_label("Prompt").input_value()
        assert field and prompt.endswith(field)
        read = phone.locator(".live-paper > span").first.text_content()
        assert read == f"…{prompt.lower()}"
    for wrong in ("-1", "1.5", "1e300"):
        set_to(phone, 1, wrong)
        status = phone.locator(".live [aria-live=polite]").inner_text()
        assert status == "The seed is no whole number from 0 on: type one."
    set_to(phone, 1, 2**53 - 1)
    done(phone)
    assert text(phone) == by_package(PROMPTS[0], 1, 2**53 - 1)[0]


def test_greedy_loop_is_marked_and_answers_the_prediction(phone: Page, tmp_path: Path):
    expected, found = until_loop(by_package(PROMPTS[0], 0, 1)[0])
    period = len(found.phrase)
    phone.goto(written(tmp_path, part()))
    outcome = phone.locator(".live-predict [role=status]")
    press(phone, "Turn into random letters")
    assert outcome.inner_text() == "Load the network, and see."
    phone.get_by_role("button", name=re.compile("Load the network")).click()
    said = done(phone)
    assert said.startswith(
        f"A loop: after {found.start} characters, the same {period} come again and again. The state came back too: "
        f"each entry of h is what it was {period} characters before, to within "
    )
    assert outcome.inner_text().startswith("Not so. The text has run into a loop.")
    press(phone, "Repeat the same phrase")
    outcome.get_by_text("Yes. ").wait_for()
    marks = phone.locator(".live-paper mark").all_text_contents()
    assert text(phone) == expected
    assert "".join(marks) == expected[found.start :]
    assert set(marks[:-1]) == {found.phrase} and found.phrase.startswith(marks[-1])
    assert phone.locator(".live-seen").is_visible()
    assert phone.get_by_text("the seed changes nothing").is_visible()
    # drawn text is no loop, and what was marked goes
    set_to(phone, 1)
    assert done(phone) == f"{A_GO} characters are written."
    assert not phone.locator(".live-paper mark").count()


def test_what_has_no_symbol_is_said_and_is_no_markup(phone: Page, tmp_path: Path):
    opened(phone, tmp_path)
    cut = PROMPTS[0].index(" ", 40) + 1
    for typed, names in {
        'The\a <b> <img src="x" onerror=document.title=1>': 'U+0007 r = " x u',
        "\N{GRINNING FACE}\u202e cat \u00a0\n": "\N{GRINNING FACE} U+202E U+00A0",
        "".join(map(chr, range(0x430, 0x450))): "а б в г д е ж з and 24 more",
    }.items():
        phone.get_by_label("Prompt").fill(typed)
        press(phone, "Write")
        done(phone)
        said = f"Left out, since the network has no symbol for it: {names}."
        assert phone.get_by_text(said, exact=True).is_visible()
        assert (
            not phone.locator(".live :is(b, img)").count() and phone.title() == "A part"
        )
        kept = [sign for sign in typed.lower() if sign in SYMBOLS.symbols]
        assert text(phone) == by_package(PROMPTS[0][:cut] + "".join(kept), 0.8, 1)[0]


def test_prompt_without_a_character_is_refused(phone: Page, tmp_path: Path):
    opened(phone, tmp_path, part(["the cat "]))
    for empty in ("", "\N{GRINNING FACE}"):
        phone.get_by_label("Prompt").fill(empty)
        press(phone, "Write")
        status = phone.locator(".live [aria-live=polite]")
        assert status.inner_text() == (
            "The prompt is empty: type a character that the network knows."
        )
        assert text(phone) == ""


def test_of_a_long_text_the_end_is_read_and_it_is_said(phone: Page, tmp_path: Path):
    opened(phone, tmp_path)
    long = (TEXT.replace("\n", "") * 10)[:10_000]
    phone.get_by_label("Prompt").fill(long)
    press(phone, "Write")
    done(phone)
    cut = PROMPTS[0].index(" ", 40) + 1
    note = f"Of {cut + 10_000:,} characters, the last {MOST_READ:,} are read."
    assert phone.get_by_text(note).is_visible()
    assert text(phone) == by_package(long[-MOST_READ:], 0.8, 1)[0]
    assert part_faults(phone) == []


def test_part_is_used_by_the_keyboard_alone(phone: Page, tmp_path: Path):
    phone.goto(written(tmp_path, part()))
    focused = "document.activeElement.textContent"
    for _ in range(5):
        phone.keyboard.press("Tab")
    assert phone.evaluate(focused).startswith("Load the network")
    phone.keyboard.press("Enter")
    done(phone)
    # the button that was pressed is gone; the reader is not
    assert phone.evaluate(focused) == "Go on"
    phone.keyboard.press("Enter")
    phone.get_by_text(f"{2 * A_GO:,} characters are written.").wait_for()


def test_with_reduced_motion_text_comes_in_pieces(phone: Page, tmp_path: Path):
    count = """
    new Promise((resolve) => {
      let changes = 0;
      const watch = new MutationObserver((all) => (changes += all.length));
      watch.observe(document.querySelector(".live-paper"), { subtree: true, characterData: true });
      const [field, status] = ["textarea", "[aria-live=polite]"].map((name) => document.querySelector(`.live ${name}`));
      let now = 0;
      performance.now = () => (now += 7); // a few characters are a frame
      field.dispatchEvent(new Event("input"));
      document.querySelector(".live-next").click();
      const wait = () => (status.textContent ? resolve(changes) : requestAnimationFrame(wait));
      wait();
    })
    """
    changes = {}
    for motion in ("reduce", "no-preference"):
        phone.emulate_media(reduced_motion=motion)
        opened(phone, tmp_path)
        changes[motion] = phone.evaluate(count)
        assert text(phone) == by_package(PROMPTS[0], 0.8, 1)[0]
    assert 1 < changes["reduce"] < 15 < 100 < changes["no-preference"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_part_has_no_fault_for_reader_software_or_a_thumb(
    phone: Page, tmp_path: Path, scheme: str
):
    phone.emulate_media(color_scheme=scheme)
    phone.goto(written(tmp_path, part()))
    assert part_faults(phone) == []
    phone.get_by_role("button", name=re.compile("Load the network")).click()
    done(phone)
    assert part_faults(phone) == []
    set_to(phone, 0)
    done(phone)
    assert part_faults(phone) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_part_without_its_data_says_so_and_shows_its_table(
    phone: Page, tmp_path: Path, fault: str
):
    table = phone.locator(".unrolled-live > table")
    phone.goto(written(tmp_path, spoiled(part(), fault)))
    assert FAULTS[fault][1] in phone.locator(".live-trouble").inner_text()
    assert "'<b>known</b>'" in table.inner_text()
    phone.goto(written(tmp_path, spoiled(part(), fault, which=1)))
    button = phone.get_by_role("button", name=re.compile("Load the network"))
    button.click()
    phone.get_by_text(
        f"Could not load the network: the data are {FAULTS[fault][1]}."
    ).wait_for()
    assert table.is_visible() and button.is_enabled()
    assert not phone.get_by_label("Prompt").is_visible()


def test_table_stays_until_the_network_is_there_and_on_paper(
    phone: Page, tmp_path: Path
):
    phone.goto(written(tmp_path, part()))
    table = phone.locator(".unrolled-live > table")
    assert table.is_visible()
    opened(phone, tmp_path)
    assert not table.is_visible()
    phone.emulate_media(media="print")
    assert table.is_visible() and not phone.get_by_role("slider").is_visible()


def test_what_cannot_be_written_is_refused():
    with pytest.raises(ValueError, match="there are 20 symbols, and the model has"):
        write_on(model(), lstm.encode("abcdefghijklmnopqr" * 9).symbols, PROMPTS, {})
    with pytest.raises(ValueError, match="prompt is missing or empty"):
        part([])
    with pytest.raises(ValueError, match="prompt is missing or empty"):
        part(["the", ""])
    with pytest.raises(ValueError, match="no symbol for 'ж', which a prompt has"):
        part(["the ж"])
