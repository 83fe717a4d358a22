"""Nearest words in the reader's page: in Node the package's, ties too; in a browser the field, the list and the map."""

import json
import re
from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Page

from browsing import (
    FAULTS,
    hoisted,
    node,
    part_faults,
    press,
    spoiled,
    written,
)
from unrolled.figures import maps
from unrolled.live import Live
from unrolled.live.words import Question, nearest_words, rounded
from unrolled.pages import word2vec

GROUPS = {
    "colours": ["red", "green", "blue", "grey"],
    "numbers": ["two", "three", "six"],
}
SHOWN = [word for group in GROUPS.values() for word in group]
WORDS = [
    *SHOWN,
    "greens",
    "one",
    "éclair",
    "constructor",
    "naïve",
    *(f"w{chr(97 + i)}x" for i in range(18)),
]
KINDS = "v", "u", "the average"
LOAD = re.compile("^Load all 30 words")
close = np.testing.assert_allclose


def known(names: list[str]) -> word2vec.Words:
    """Words, the first the most frequent."""
    found = word2vec.Words([names])
    found.words, found.ids = names, {name: i for i, name in enumerate(names)}
    return found


def vectors(V: int, d: int = 16, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Vectors v and u (V, d) as different in length as trained ones."""
    rng = np.random.default_rng(seed)
    return tuple(rng.normal(size=(V, d)) * rng.uniform(0.1, 2, (V, 1)) for _ in "vu")


def kinds(v: np.ndarray, u: np.ndarray) -> list[np.ndarray]:
    """What the page tells nearness by."""
    return [rounded(v), rounded(u), (rounded(v) + rounded(u)) / 2]


def part(v: np.ndarray, u: np.ndarray, names: list[str] = WORDS) -> Live:
    """The part of these words, the first of which are on the map."""
    words = known(names)
    groups = (
        {"first": names[:4], "second": names[4:7]} if names is not WORDS else GROUPS
    )
    places = np.random.default_rng(2).normal(size=(7, 2))
    near = word2vec.neighbours(names[0], words, rounded(v))
    answers = [names[-1], near[2].word, near[0].word, names[-2]]
    return nearest_words(
        names,
        v,
        u,
        lambda word, rows: word2vec.neighbours(word, words, rows),
        groups,
        maps.word_map(groups, places).svg,
        Question(names[0], answers, "Because."),
        5,
    )


@pytest.fixture(scope="module")
def example() -> Live:
    return part(*vectors(len(WORDS)))


NEAREST = """
({ packed, asked, k }) => {
  const space = script.space(packed);
  return asked.map((word) => [0, 1, 2].map((by) => space.nearest(word, by, k)));
}
"""


def compare(names: list[str], v: np.ndarray, u: np.ndarray, asked: list[str]) -> None:
    """Fail unless page and package have the same ten nearest words in the same order, by all three."""
    words, packed = known(names), json.loads(part(v, u, names).later["vectors"].data)
    (found,) = node(NEAREST, "nearest", [{"packed": packed, "asked": asked, "k": 10}])
    for word, own in zip(asked, found, strict=True):
        for rows, near in zip(kinds(v, u), own, strict=True):
            expected = word2vec.neighbours(word, words, rows, 10)
            assert [name for name, _ in near] == [one.word for one in expected], word
            close([x for _, x in near], [one.cosine for one in expected], atol=2e-12)


def called(V: int) -> list[str]:
    """Names of so many words."""
    return [f"w{i:05}" for i in range(V)]


def test_every_word_has_the_package_s_neighbours_by_vectors_that_were_trained():
    rng = np.random.default_rng(3)
    names = called(300)
    articles = [[names[i] for i in rng.zipf(1.3, 4000) if i < 300] for _ in range(5)]
    words = word2vec.Words([*articles, names])
    settings = word2vec.Settings(d=24, epochs=2)
    text = word2vec.encode(articles, words)
    v, u = word2vec.train_compiled(text, words, settings, seed=1).vectors
    compare(words.words, v, u, words.words)


def test_words_of_a_vocabulary_of_the_real_size_have_the_package_s_neighbours():
    names = called(8378)
    compare(names, *vectors(8378, 64), names[::140])


def test_of_equally_near_words_the_more_frequent_comes_first_in_both():
    names, (v, u) = called(501), vectors(501)
    rng = np.random.default_rng(4)
    for x in (v, u):
        same = rng.choice(501, 300, replace=False)
        x[same] = x[same[0]] * 2.0 ** rng.integers(-3, 4, (300, 1))
    u[::7] = v[::7] = 0
    compare(names, v, v, names)  # the average has the same ties
    compare(names, v, u, names[:100])


def test_rounding_is_at_most_half_a_step_of_a_row_and_leaves_zero():
    v, _ = vectors(200)
    v[3], v[4] = 0, v[4] * 1e-9
    gap, most = abs(rounded(v) - v), abs(v).max(1, keepdims=True)
    bound = np.maximum(most * 2 ** (1 / 8), abs(v).max() / 2**7) / 56
    assert (gap <= bound * (1 + 1e-12)).all() and not rounded(v)[3].any()
    assert not rounded(np.zeros((2, 3))).any()


TEXTS = [
    "", " ", "Physics", "New York", "rock'n'roll", "naïve", "nai\u0308ve", "ÉCLAIR", "İstanbul", "ΣΊΣΥΦΟΣ", "straße",
    "soft\u00adware", "हिन्दी", "العربية", "ไทย", "日本語", "a\u200db", "\u0301abc", "👩‍🚀 moon", "x2y", "don’t",
    "__proto__", "<img src=x onerror=alert(1)>", "ǅ", "ﬁne", "Ⅷ", "𝔘nicode", "a_b", "tab\tline\nend", "…", "ʼn",
]  # fmt: skip


def test_page_cuts_what_is_typed_into_words_as_the_package_does():
    assert node("script.tokens", "nearest", TEXTS) == list(
        map(word2vec.tokenise, TEXTS)
    )


def test_spellings_are_few_letters_off_the_nearest_first():
    names = ["physics", "physical", "physic", "music", "to", "at", "cat"]
    asked = ["phyiscs", "physics", "musik", "a", "ot", "zzzzzz", "x" * 10_000]
    found = node(f"word => script.spelled(word, {json.dumps(names)})", "nearest", asked)
    assert found == [
        ["physics"], ["physics", "physic", "physical"], ["music"], [], ["at"], [], []
    ]  # fmt: skip


# In a browser, from a file


def status(page: Page) -> str:
    """What was said last."""
    return page.locator(".live > [role=status]").inner_text()


def listed(page: Page) -> list[tuple[str, float, float]]:
    """The words of the list, their cosines, and the lengths of their bars."""
    return page.eval_on_selector_all(
        ".live-nearest tbody tr",
        """rows => rows.map((row) => [row.querySelector("button").innerText, +row.cells[1].innerText.replace("−", "-"),
          row.querySelector(".live-bar").getBoundingClientRect().width])""",
    )


def expect(page: Page, word: str, by: int = 0) -> None:
    """Fail unless the list is that of the word."""
    v, u = vectors(len(WORDS))
    near = word2vec.neighbours(word, known(WORDS), kinds(v, u)[by])
    shown = listed(page)
    assert [name for name, _, _ in shown] == [one.word for one in near]
    cosines = np.array([one.cosine for one in near])
    close([x for _, x, _ in shown], cosines, atol=0.0051)
    lengths = np.array([width for *_, width in shown])
    close(lengths / lengths[0], np.maximum(cosines, 0) / cosines[0], atol=0.02)
    caption = " ".join(page.locator(".live-nearest caption").inner_text().split())
    assert caption.startswith(f"Nearest to {word}") and caption.endswith(
        f"by {KINDS[by]}"
    )


def ask(page: Page, text: str) -> str:
    """Type a word; what is said to it."""
    page.get_by_label("A word", exact=True).fill(text)
    page.get_by_label("A word", exact=True).press("Enter")
    return status(page)


def load(page: Page) -> None:
    """Load all words."""
    page.get_by_role("button", name=LOAD).click()
    page.get_by_text("Loaded: all 30 words.").wait_for()


@pytest.mark.parametrize("way", [written, hoisted])
def test_word_is_asked_and_its_neighbours_are_tapped_to_go_on(
    phone: Page, tmp_path, example: Live, way: Callable
):
    phone.goto(way(tmp_path, example))
    expect(phone, "red")
    assert not phone.locator(".live-seen").is_visible()
    assert ask(phone, "six").startswith("Nearest to six by v: ")
    assert phone.locator(".live-seen").is_visible()
    for by, name in enumerate(KINDS):
        press(phone, name)
        expect(phone, "six", by)
    press(phone, "v")
    said = ask(phone, "éclair")
    assert "not among the 7 words that are here at once" in said
    load(phone)  # and goes on with what was asked
    expect(phone, "éclair")
    for _ in range(4):
        button = phone.locator(".live-nearest button").nth(1)
        name = button.inner_text()
        button.press("Enter")
        expect(phone, name)
        assert status(phone).startswith(f"Nearest to {name} by v: ")
        # the focus stays in the list
        assert phone.evaluate("document.activeElement.closest('tr').rowIndex") == 2
    assert ask(phone, " ÉCLAIR").startswith(
        "Words are in lower case. Nearest to éclair"
    )
    press(phone, "Another word")
    assert "Nearest to éclair" not in status(phone)


def test_what_is_no_word_with_a_vector_is_answered(
    phone: Page, tmp_path, example: Live
):
    phone.goto(written(tmp_path, example))
    hostile = "__proto__", "toString", "hasOwnProperty", "constructor"
    for text in hostile:
        assert "is not among the 7 words" in ask(phone, text)
    load(phone)
    before = listed(phone)
    said = ask(phone, "Gren")
    assert "“gren” has no vector: it occurs fewer than 5 times" in said
    options = phone.locator(".live > [role=status] button")
    assert options.all_inner_texts() == ["green", "grey", "red"]
    assert ask(phone, "1984") == ask(phone, "") == "Type a word, of letters."
    assert ask(phone, "two or three").startswith("Type one word. These are 3: ")
    assert options.all_inner_texts() == ["two", "or", "three"]
    for text in hostile[:3]:
        assert "has no vector" in ask(phone, text)
    assert ask(phone, "<img src=x onerror=alert(1)>").startswith(
        "Type one word. These are 5: "
    )
    assert not phone.locator(".live img").count()
    assert ask(phone, "a" * 10_000).startswith(f"“{'a' * 30}…” has no vector")
    assert ask(phone, "two " * 2500).startswith("Type one word. These are 2,500: ")
    assert options.count() == 5 and part_faults(phone) == []
    assert listed(phone) == before
    assert "Nearest to constructor" in ask(phone, "constructor")
    ask(phone, "Gren")
    options.get_by_text("grey").click()
    expect(phone, "grey")


def test_prediction_is_answered_and_can_be_passed_over(
    phone: Page, tmp_path, example: Live
):
    phone.goto(written(tmp_path, example))
    near = word2vec.neighbours("red", known(WORDS), rounded(vectors(len(WORDS))[0]))
    outcome = phone.locator(".live-predict [role=status]")
    options = phone.locator(".live-options button")
    press(phone, "u")
    for k, name in enumerate(options.all_inner_texts()):
        options.nth(k).click()
        right = name == near[0].word
        assert (
            outcome.inner_text()
            == ("Yes. " if right else f"No, {near[0].word}. ") + "Because."
        )
        assert options.nth(k).get_attribute("aria-pressed") == "true"
    expect(phone, "red")
    assert phone.locator(".live-options [aria-pressed=true]").count() == 1


# The map

OPTIONS = ".live-map [role=option]"


def places(page: Page) -> dict[str, tuple[float, float]]:
    """The middles of the map's words in the window."""
    found = page.eval_on_selector_all(
        OPTIONS,
        """all => all.map(e => [e.textContent, e.getBoundingClientRect()])
          .map(([word, box]) => [word, [(box.left + box.right) / 2, (box.top + box.bottom) / 2]])""",
    )
    return dict(found)


def chosen(page: Page) -> list[str]:
    """The words of the map that are marked as the one that is shown."""
    return page.locator(f"{OPTIONS}[aria-selected=true]").all_text_contents()


def test_word_of_the_map_is_shown_when_it_is_pointed_at_tapped_or_reached_by_keys(
    phone: Page, tmp_path, example: Live
):
    phone.goto(written(tmp_path, example))
    assert sorted(places(phone)) == sorted(SHOWN)
    phone.locator(".live .live-map svg").scroll_into_view_if_needed()
    for word, (x, y) in places(phone).items():
        phone.mouse.move(x + 1, y + 2)
        expect(phone, word)
        assert chosen(phone) == [word] and status(phone) == ""
    phone.mouse.move(1, 1)
    expect(phone, "red")  # what was chosen before
    for word, (x, y) in places(phone).items():
        phone.mouse.click(x + 1, y + 2)
        phone.mouse.move(1, 1)
        expect(phone, word)
        group = next(name for name, words in GROUPS.items() if word in words)
        assert f"({group})" in phone.locator(".live-nearest caption").inner_text()
        assert status(phone).startswith(f"Nearest to {word} by v: ")
        near = [name for name, *_ in listed(phone)]
        marked = phone.locator(".live-map .live-near").all_text_contents()
        assert sorted(marked) == sorted(set(near) & set(SHOWN))
        # the ring is around the word's dot
        assert (
            phone.evaluate("""() => {
          const middle = (e) => {
            const { left, top, width, height } = e.getBoundingClientRect();
            return [left + width / 2, top + height / 2];
          };
          const words = [...document.querySelectorAll(".live-map [role=option]")].map((e) => e.ariaSelected);
          const [a, b] = [".live-ring", ".live .live-map use"].map((s) => [...document.querySelectorAll(s)]);
          const [p, q] = [middle(a[0]), middle(b[words.indexOf("true")])];
          return Math.hypot(p[0] - q[0], p[1] - q[1]);
        }""")
            < 1
        )


def test_map_is_one_stop_of_the_keyboard_and_arrows_reach_every_word(
    phone: Page, tmp_path, example: Live
):
    phone.goto(written(tmp_path, example))
    focused = "document.activeElement.textContent"
    for _ in range(40):
        phone.keyboard.press("Tab")
        if phone.evaluate("document.activeElement.matches('[role=option]')"):
            break
    assert (
        phone.evaluate(focused) == "red"
        and phone.locator(f"{OPTIONS}[tabindex='0']").count() == 1
    )
    at, reached = places(phone), set()
    ways = {
        "ArrowRight": (1, 0),
        "ArrowLeft": (-1, 0),
        "ArrowDown": (0, 1),
        "ArrowUp": (0, -1),
    }
    for key in np.random.default_rng(5).choice([*ways], 40):
        before = phone.evaluate(focused)
        phone.keyboard.press(key)
        now = phone.evaluate(focused)
        reached.add(now)
        gone = np.subtract(at[now], at[before]) @ ways[key]
        assert gone > 0 if now != before else gone == 0
        expect(phone, now)
    assert reached == set(SHOWN)
    phone.keyboard.press("Tab")
    assert not phone.evaluate("document.activeElement.matches('[role=option]')")


def test_map_has_the_colours_and_the_places_of_the_drawing(
    phone: Page, tmp_path, example: Live
):
    phone.goto(written(tmp_path, example))
    draws = """svg => [...svg.querySelectorAll("text, use")].map(e => [e.textContent, e.getAttribute("x"),
      e.getAttribute("y"), e.getAttribute("style")])"""
    live, still = phone.locator(".live-map svg").all()
    assert live.evaluate(draws) == still.evaluate(draws)
    assert live.is_visible() and not still.is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_part_has_no_fault(phone: Page, tmp_path, example: Live, scheme: str):
    phone.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    phone.goto(written(tmp_path, example))
    phone.locator(".live-options button").first.click()
    assert part_faults(phone) == []
    load(phone)
    phone.locator(OPTIONS).first.focus()
    assert part_faults(phone) == []
    ask(phone, "gren")
    assert part_faults(phone) == []


@pytest.mark.parametrize("fault", FAULTS)
def test_part_without_its_data_shows_the_map_and_so_does_paper(
    phone: Page, tmp_path, example: Live, fault: str
):
    still = phone.locator(".unrolled-live > .live-map")
    phone.goto(written(tmp_path, example))
    assert not still.is_visible()
    phone.emulate_media(media="print")
    assert still.is_visible() and not phone.locator(".live").is_visible()
    phone.emulate_media(media="screen")
    phone.goto(written(tmp_path, spoiled(example, fault)))
    assert (
        still.is_visible()
        and FAULTS[fault][1] in phone.locator(".live-trouble").inner_text()
    )
    # of what comes later, the part says so, and goes on without
    phone.goto(written(tmp_path, spoiled(example, fault, 1)))
    phone.get_by_role("button", name=LOAD).click()
    phone.get_by_text(
        f"Could not load all 30 words: the data are {FAULTS[fault][1]}"
    ).wait_for()
    ask(phone, "six")
    expect(phone, "six")


def test_vectors_that_were_cut_are_refused(phone: Page, tmp_path, example: Live):
    html = example._repr_html_()
    cut = html.replace('"rows": "', '"rows": "BCD', 1)
    phone.goto(written(tmp_path, cut))
    phone.get_by_role("button", name=LOAD).click()
    phone.get_by_text("its vectors were cut").wait_for()
    assert phone.get_by_role("button", name=LOAD).is_enabled()


def test_question_needs_an_answer_and_words_need_their_vectors(example: Live):
    v, u = vectors(len(WORDS))
    with pytest.raises(
        ValueError, match="none of w00000 is among the words nearest to 'red'"
    ):
        nearest_words(
            WORDS,
            v,
            u,
            lambda word, rows: [("six", 1.0)],
            GROUPS,
            "<svg></svg>",
            Question("red", ["w00000"], ""),
            5,
        )
    with pytest.raises(ValueError, match="30 words, 29 vectors v and 30 u"):
        nearest_words(
            WORDS, v[1:], u, None, GROUPS, "<svg></svg>", Question("red", [], ""), 5
        )
    with pytest.raises(ValueError, match="finite numbers"):
        rounded(np.array([[1.0, np.nan]]))
