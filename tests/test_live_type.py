"""A name typed in the page: the package's probabilities and gradients in Node, the part in a browser."""

import functools
import math
import random
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from playwright.sync_api import Page
from torch import nn

from browsing import node, part_faults, press, spoiled, written
from unrolled.data import names
from unrolled.data.names import MOST_LETTERS, Name
from unrolled.data.vocabulary import Vocabulary
from unrolled.learning.ngrams import Ngrams
from unrolled.live import Live
from unrolled.live.classifier import classifier
from unrolled.live.counts import rounded_counts
from unrolled.live.normalising import EAST, RARE
from unrolled.live.weights import packed, rounded
from unrolled.pages import classification
from unrolled.pages.classification import (
    LayerRNN,
    by_bayes,
    classify,
    count_model,
    gradient_norms,
)

LETTERS = Vocabulary(names.ALPHABET)
LANGUAGES = ["Czech", "Greek", "Italian", "Polish", "Russian"]
EVERY = [name for name in names.embedded() if name.language in LANGUAGES]
TRAIN = [name for k, name in enumerate(EVERY) if k % 20 == 0]
GIVEN = [
    Name("Petrov", "Russian"),
    Name("Nguyen", "Vietnamese"),
    Name("Rossi", "Italian"),
]
TEXTS = ["Rossi", "42"]
PAUSE = 400


@functools.cache
def network(layer: type = nn.RNN) -> LayerRNN:
    """A network with weights that make its answers differ from letter to letter."""
    torch.manual_seed(3)
    model = LayerRNN(len(LETTERS), 128, len(LANGUAGES), layer)
    with torch.no_grad():
        for weights in model.parameters():
            weights.mul_(3)
    return model.eval()


@functools.cache
def arguments() -> dict:
    """What the part is made of."""
    texts, truth = [n.text for n in TRAIN], [n.language for n in TRAIN]
    return {
        "model": network(),
        "letters": LETTERS,
        "languages": LANGUAGES,
        "names": GIVEN,
        "answers": lambda text: classify(network(), text, LETTERS, LANGUAGES),
        "texts": TEXTS,
        "train": TRAIN,
        "counts": count_model().fit(texts, truth),
        "order": 3,
    }


@functools.cache
def part() -> Live:
    return classifier(**arguments())


def expected(text: str) -> np.ndarray:
    """The probabilities of the network with the page's weights, in the order of the languages."""
    found = dict(classify(rounded(network()), text, LETTERS, LANGUAGES))
    return np.array([found[language] for language in LANGUAGES])


def favourites(text: str) -> list[str]:
    """The most probable language after each letter."""
    return [
        LANGUAGES[expected(text[: t + 1]).argmax()]
        for t in range(len(text))
        if text[: t + 1].strip(" '-")
    ]


# In Node

NETWORK = """
  const net = require(process.argv[1].replace("classifier", "recurrent")).network(packed);
"""
READ = f"""
({{ packed, texts }}) => {{
  {NETWORK}
  const read = script.reader(net), taken = net.step;
  let steps = 0;
  net.step = (...all) => (steps++, taken(...all));
  return texts.map((ids) => {{
    steps = 0;
    const {{ p }} = read(ids);
    return {{ p: p.map((one) => [...one]), steps }};
  }});
}}
"""
GRADIENTS = f"""
({{ packed, ids, k }}) => {{
  {NETWORK}
  return script.gradients(net, script.reader(net)(ids), k).map((one) => [...one]);
}}
"""


def typed(text: str) -> list[str]:
    """A name as it grows, and as it is corrected in its middle."""
    grown = [text[: t + 1] for t in range(len(text))]
    return [*grown, text[: len(text) // 2] or "a", text]


def test_probabilities_after_each_letter_are_the_package_s_and_only_new_letters_are_read():
    drawn = random.Random(5).sample([name.text for name in EVERY], 300)
    texts = [one for name in drawn for one in typed(name)]
    row = {"packed": packed(network()), "texts": [*map(LETTERS.encode, texts)]}
    before, model, known = "", rounded(network()), {}
    for text, found in zip(texts, node(READ, "classifier", [row])[0], strict=True):
        same = len(text) if before.startswith(text) else 0
        while text[same:] and before[same : same + 1] == text[same]:
            same += 1
        assert found["steps"] == len(text) - same
        assert len(found["p"]) == len(text)
        for prefix in (text[: t + 1] for t in range(len(text))):
            if prefix not in known and any(map(str.isalpha, prefix)):
                guesses = dict(classify(model, prefix, LETTERS, LANGUAGES))
                known[prefix] = [guesses[language] for language in LANGUAGES]
            # `classify` strips a space at the end
            if prefix == prefix.strip() and prefix in known:
                np.testing.assert_allclose(
                    found["p"][len(prefix) - 1], known[prefix], rtol=0, atol=1e-9
                )
        before = text


def test_gradients_are_those_of_autograd_and_their_norms_those_of_the_package():
    model, texts = rounded(network()), ["X", "Petrov", "O'Sullivan", "Anna-Maria"]
    cases = [(text, k) for text in texts for k in (0, 3)]
    rows = [
        {"packed": packed(network()), "ids": LETTERS.encode(text), "k": k}
        for text, k in cases
    ]
    for (text, k), found in zip(
        cases, node(GRADIENTS, "classifier", rows), strict=True
    ):
        one = classification.encode([Name(text, LANGUAGES[k])], LETTERS, LANGUAGES)
        x = nn.functional.one_hot(one.ids, len(LETTERS)).double().requires_grad_()
        model.read(x, one.lengths).log_softmax(1)[0, k].backward()
        np.testing.assert_allclose(found, x.grad[0].numpy(), rtol=0, atol=1e-9)
        norms = gradient_norms(model, one)[0].flip(0)
        np.testing.assert_allclose(np.linalg.norm(found, axis=1), norms, atol=1e-9)


def test_answer_turns_at_the_first_place_from_which_on_all_are_the_last():
    rows = [[2], [1, 2], [2, 1, 2], [1, 2, 2], [2, 2, 2], [2, 1, 1, 3, 3, 3]]
    assert node("(row) => script.turn(row)", "classifier", rows) == [1, 2, 3, 2, 1, 4]


# In a browser, from a file


def field(page: Page):
    """The field for the name."""
    return page.get_by_label("Name", exact=True)


def status(page: Page) -> str:
    """What was said last, with plain spaces."""
    return page.locator(".live-status").inner_text().replace("\xa0", " ")


def enter(page: Page, text: str) -> None:
    """Put a text into the field, and wait until all is said."""
    field(page).fill(text)
    page.clock.run_for(PAUSE)


def bars(page: Page) -> list[float]:
    """The lengths of the bars, as shares."""
    return page.eval_on_selector_all(
        ".live-share",
        "all => all.map(e => +e.style.transform.match(/scaleX\\((.*)\\)/)[1])",
    )


def tiles(page: Page) -> list[list[str]]:
    """The letters, each with what stands under it."""
    texts = page.get_by_role("group", name="After each letter").locator("button")
    return [text.split("\n") for text in texts.all_inner_texts()]


@pytest.fixture
def opened(phone: Page, tmp_path: Path) -> Page:
    """A phone with the part, whose clock stands still."""
    phone.clock.install()
    phone.goto(written(tmp_path, part()))
    return phone


@pytest.mark.parametrize("text", ["Petrov", "O'Sullivan", "Παπαδοπούλου", "de la Cruz"])
def test_bars_are_the_package_s_after_every_key(opened: Page, text: str):
    field(opened).fill("")
    for t, letter in enumerate(text):
        field(opened).press_sequentially(letter)
        np.testing.assert_allclose(bars(opened), expected(text[: t + 1]), atol=6e-5)
    opened.clock.run_for(PAUSE)
    first, second, *_ = sorted(
        LANGUAGES, key=dict(zip(LANGUAGES, -expected(text), strict=True)).get
    )
    assert f"{first} " in status(opened) and f", then {second} " in status(opened)
    assert ("Read as Papadopoulou" in status(opened)) == (text[0] == "Π")


def test_favourite_is_announced_when_the_keys_rest(opened: Page):
    enter(opened, "")
    assert status(opened) == "Type a name."
    name = "Konstantinov"
    for letter in name:
        field(opened).press_sequentially(letter)
        # little, since a busy machine lets more time pass
        opened.clock.run_for(PAUSE // 8)
        assert status(opened) == "Type a name."
    opened.clock.run_for(PAUSE)
    assert status(opened).startswith(f"{name}: {favourites(name)[-1]} ")


def judged(page: Page, name: str, t: int) -> str:
    """What is said to a prediction, the letter t of a name from 1."""
    assert [under for _, under in tiles(page)] == ["?"] * len(name)
    page.get_by_role("group", name="After each letter").locator("button").nth(
        t - 1
    ).click()
    return status(page)


def test_prediction_is_judged_and_the_letters_show_where_the_answer_turned(
    opened: Page,
):
    for name, language in (*GIVEN, GIVEN[0]):
        found = favourites(name)
        turn = next(t for t in range(len(name)) if len(set(found[t:])) == 1) + 1
        assert (
            f"in the end answers {found[-1]}."
            in opened.locator(".live-predict").inner_text()
        )
        for guess in {turn, 1, len(name)}:
            said = judged(opened, name, guess)
            assert said.startswith(
                f"{'Yes' if guess == turn else 'Not so'}: after {name[:turn]} the answer is {found[-1]}, and stays."
            )
            assert f"It is from a list of {language} names" in said
            assert ("does not know" in said) == (language not in LANGUAGES)
            assert tiles(opened) == [
                list(pair) for pair in zip(name, found, strict=True)
            ]
            assert opened.locator(".live-seen").is_visible()
            # the same name again
            for _ in range(len(GIVEN)):
                press(opened, "Another name")
        press(opened, "Another name")


def test_letter_leads_back_to_the_answer_after_it(opened: Page):
    enter(opened, "Petrov")
    opened.get_by_role("group", name="After each letter").locator("button").nth(
        2
    ).click()
    opened.clock.run_for(PAUSE)
    np.testing.assert_allclose(bars(opened), expected("Pet"), atol=6e-5)
    assert status(opened).startswith(f"After Pet: {favourites('Petrov')[2]} ")
    lines = opened.eval_on_selector_all(
        ".live-before",
        "all => all.map(e => +e.style.transform.match(/X\\((.*)%\\)/)[1])",
    )
    before = expected("Pe")
    np.testing.assert_allclose(
        lines, np.where(before >= 0.02, 100 * before, -100), atol=6e-3
    )
    label = opened.locator(".live-strip").get_attribute("aria-label")
    assert label.startswith("The state after Pet: 128 numbers.")


def test_strip_has_the_signs_of_the_state(opened: Page):
    enter(opened, "Pet")
    pixels = opened.evaluate("""() => {
      const strip = document.querySelector(".live-strip");
      const { data } = strip.getContext("2d").getImageData(0, 0, strip.width, 1);
      return Array.from({ length: strip.width }, (_, k) => [...data.slice(4 * k, 4 * k + 4)]);
    }""")
    x = nn.functional.one_hot(torch.tensor([LETTERS.encode("Pet")]), len(LETTERS))
    h = rounded(network()).recurrence(x.double())[0][0, -1].detach().numpy()
    for (red, _, blue, alpha), h_k in zip(pixels, h, strict=True):
        assert abs(alpha / 255 - abs(h_k)) < 0.01
        assert alpha < 20 or (blue > red) == (h_k > 0)


REFUSED = {
    "42": "Symbol 1 is the digit “4”",
    "<img src=x onerror=alert(1)>": "Symbol 1 is the sign “<”",
    "</script><script>throw 1</script>": "Symbol 1 is the sign “<”",
    "Ada😀": "Symbol 4 is the emoji “😀”",
    "محمد": "Symbol 1 is the Arabic letter",
    "'-": "There is no letter in it. Type a name.",
    " ": "Type a name.",
    "a" * (MOST_LETTERS + 1): "A name of 61 letters is too long: at most 60.",
    "a" * 10_000: "A name of 10000 letters is too long: at most 60.",
    "\u0301" * 10_000: "There is no letter in it.",
    "😀" * 5_000: "Symbol 1 is the emoji “😀”",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_name_is_refused_as_in_the_package_and_a_paste_breaks_nothing(
    opened: Page, text: str
):
    with pytest.raises(ValueError):
        classify(network(), text, LETTERS, LANGUAGES)
    enter(opened, text)
    assert REFUSED[text] in status(opened)
    assert tiles(opened) == [] and bars(opened) == [0] * len(LANGUAGES)
    assert not opened.locator(".live img").count()
    assert part_faults(opened) == []
    enter(opened, "Ada")
    assert status(opened).startswith("Ada: ")


def test_longest_name_is_read_and_fits(opened: Page):
    opened.get_by_role("button", name="Load the training names").click()
    opened.get_by_text("On which letters does the answer hang?").click()
    enter(opened, "W" * MOST_LETTERS)
    assert len(tiles(opened)) == MOST_LETTERS
    np.testing.assert_allclose(bars(opened), expected("W" * MOST_LETTERS), atol=6e-5)
    assert part_faults(opened) == []


def test_table_for_another_script_comes_at_a_click(opened: Page):
    enter(opened, "王")
    assert f"The table for {EAST} is not loaded yet." in status(opened)
    opened.get_by_role("button", name=f"Load the table for {EAST}").click()
    opened.clock.run_for(PAUSE)
    assert status(opened).startswith("Read as Wang: ")
    np.testing.assert_allclose(bars(opened), expected("王"), atol=6e-5)
    assert not opened.get_by_role("button", name=f"Load the table for {EAST}").count()
    enter(opened, "𠮷")
    opened.get_by_role("button", name=f"Load the table for {RARE}").click()
    opened.clock.run_for(PAUSE)
    assert status(opened).startswith("Read as ")


def test_models_that_count_come_at_a_click_and_answer_as_the_package_s(opened: Page):
    opened.get_by_role("button", name="Load the training names").click()
    beside = opened.locator(".live-beside")
    framed = Vocabulary(names.ALPHABET, start=True, end=True)

    def sequence(text: str) -> list[int]:
        """A name with its start and its end."""
        return [framed.start, *framed.encode(text), framed.end]

    grams = Ngrams(3, len(framed), never=(framed.pad, framed.start))
    classes = torch.tensor([LANGUAGES.index(name.language) for name in TRAIN])
    grams.fit([sequence(name.text) for name in TRAIN], classes.tolist())
    prior = (classes.bincount() / len(TRAIN)).log()
    counts = rounded_counts(arguments()["counts"], TRAIN)
    for text in ("Petrov", "Rossini", TRAIN[0].text, TRAIN[-1].text):
        enter(opened, text)
        said = beside.inner_text().replace("\xa0", " ")
        p = by_bayes(grams.log_probabilities, [sequence(text)], prior)[0].exp()
        first, second = p.argsort(descending=True)[:2].tolist()
        shown = [
            f"{LANGUAGES[k]} {f'{100 * p[k]:.0f} %' if p[k] >= 0.005 else 'less than 1 %'}"
            for k in (first, second)
        ]
        assert (
            f"N-gram model of order 3, by Bayes' rule: {shown[0]}, then {shown[1]}."
            in said
        )
        scores = counts.decision_function([text])[0]
        one, two = (counts.classes_[k] for k in scores.argsort()[::-1][:2])
        assert f"Count model: {one}, then {two}." in said
        known = sorted({name.language for name in TRAIN if name.text == text})
        assert (
            f"{text} stands in the training names: {', '.join(known)}." in said
            if known
            else f"{text} does not stand in the training names." in said
        )


def number(text: str) -> float:
    """A number as the page writes it."""
    if power := re.fullmatch(r"(−?[\d.]+) · 10⁻(.)", text):
        digit = "⁰¹²³⁴⁵⁶⁷⁸⁹".index(power[2])
        return float(power[1].replace("−", "-")) * 10**-digit
    return float(text.replace("−", "-"))


def test_other_letter_changes_the_answer_as_in_the_package_beside_what_the_gradient_says(
    opened: Page,
):
    enter(opened, "Petrov")
    opened.get_by_text("On which letters does the answer hang?").click()
    # the fold's event comes with a frame
    opened.clock.run_for(PAUSE)
    group = opened.get_by_role("group", name="Letters to exchange")
    model, k = rounded(network()), int(expected("Petrov").argmax())
    one = classification.encode([Name("Petrov", LANGUAGES[k])], LETTERS, LANGUAGES)
    norms = gradient_norms(model, one)[0].flip(0).numpy()
    shades = group.locator(".live-shade").evaluate_all(
        "all => all.map(e => +e.style.opacity)"
    )
    np.testing.assert_allclose(shades, norms / norms.max(), atol=1e-4)
    pressed = group.locator("[aria-pressed=true]").inner_text()
    assert pressed.strip() == "Petrov"[norms.argmax()]
    group.get_by_role("button", name="P", exact=True).click()
    opened.get_by_label("Exchange it for").select_option("K")
    x = nn.functional.one_hot(one.ids, len(LETTERS)).double().requires_grad_()
    model.read(x, one.lengths).log_softmax(1)[0, k].backward()
    g, (new, old) = x.grad[0, 0], LETTERS.encode("KP")
    real = math.log(expected("Ketrov")[k] / expected("Petrov")[k])
    said = opened.locator("details p").last.inner_text()
    found = re.match(
        rf"Ketrov: log p\({LANGUAGES[k]}\) changes by (.*); by the gradient it would be (.*)\. {LANGUAGES[k]} ",
        said,
    )
    numbers = [number(found[1]), number(found[2])]
    assert numbers == pytest.approx([real, float(g[new] - g[old])], rel=6e-3)
    best = favourites("Ketrov")[-1]
    assert (
        "is still the answer" in said
        if best == LANGUAGES[k]
        else f"the answer is {best}" in said
    )


def test_all_of_it_by_keyboard_alone(opened: Page):
    reached = []

    def go_to(name: str) -> None:
        """Press Tab until the focus is on what has this name."""
        for _ in range(40):
            opened.keyboard.press("Tab")
            at = opened.evaluate(
                """() => { const e = document.activeElement;
                  return e.labels?.[0]?.textContent.trim() ?? e.textContent; }"""
            )
            reached.append(at)
            if at.startswith(name):
                return
        raise AssertionError(f"{name} is not reached by Tab, only {reached}")

    go_to("Name")
    opened.keyboard.press("Control+A")
    opened.keyboard.type("Rossi")
    opened.clock.run_for(PAUSE)
    assert status(opened).startswith("Rossi: ")
    go_to("Another name")
    opened.keyboard.press("Enter")
    go_to("g?")
    opened.keyboard.press("Space")
    assert "so: " in status(opened) or "Yes: " in status(opened)
    assert opened.evaluate("document.activeElement.textContent[0]") == "g"
    go_to("Load the training names")
    opened.keyboard.press("Enter")
    opened.get_by_text("Loaded: ").first.wait_for()
    go_to("On which letters")
    opened.keyboard.press("Enter")
    opened.clock.run_for(PAUSE)
    opened.locator("details button").first.wait_for()
    go_to("N")
    opened.keyboard.press("Enter")
    assert opened.evaluate("document.activeElement.textContent") == "N"
    go_to("Exchange it for")
    opened.keyboard.press("ArrowDown")
    assert "changes by" in opened.locator("details p").last.inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_part_has_no_fault(opened: Page, scheme: str):
    opened.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    assert part_faults(opened) == []
    enter(opened, "Papadopoulou")
    opened.get_by_role("button", name="Load the training names").click()
    opened.get_by_text("On which letters does the answer hang?").click()
    opened.clock.run_for(PAUSE)
    assert part_faults(opened) == []


@pytest.mark.parametrize("fault", ["missing", "cut", "another version"])
def test_part_without_its_data_shows_its_table_and_without_later_ones_says_so(
    phone: Page, tmp_path: Path, fault: str
):
    table = phone.locator(".unrolled-live > table")
    phone.goto(written(tmp_path, spoiled(part(), fault)))
    assert table.is_visible()
    rows = table.locator("tbody tr").all_inner_texts()
    guesses = classify(network(), "Rossi", LETTERS, LANGUAGES)[:2]
    one, two = (f"{x.language} {100 * x.probability:.0f}\xa0%" for x in guesses)
    assert rows[0] == f"Rossi\t{one}, or {two}"
    assert rows[1].startswith("42\trefused: '42', column 1: '4'")
    phone.goto(written(tmp_path, spoiled(part(), fault, which=1)))
    assert not table.is_visible()
    button = phone.get_by_role("button", name="Load the training names")
    button.click()
    assert "Could not load the training names" in phone.locator(".live").inner_text()
    assert button.is_enabled()
    phone.emulate_media(media="print")
    assert table.is_visible()


@pytest.mark.parametrize(
    "wrong, said",
    [
        ({"model": network(nn.GRU)}, "of the kind GRU .*; expected a vanilla one, RNN"),
        ({"languages": LANGUAGES[:3]}, "and 5 languages; expected .* 3"),
        ({"letters": Vocabulary("ab")}, "for 56 symbols .*; expected .* for 3 and 5"),
        ({"names": []}, "there are no names"),
    ],
)
def test_what_the_part_cannot_be_made_of_is_refused(wrong: dict, said: str):
    with pytest.raises(ValueError, match=said):
        classifier(**arguments() | wrong)
