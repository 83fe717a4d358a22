"""A symbol of a formula says what it is: by mouse, by finger, by keyboard; and nothing else is in its way."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page

from _ext.symbols import Table
from browsing import LAPTOP, LIBERATION, PHONE, View, Visit
from test_browser import COPIED

ROOT = Path(__file__).parents[1]
PAGES = list(Table((ROOT / "book" / "symbols.yml").read_text()).pages)
REST = 700  # milliseconds: longer than the mouse has to rest


@pytest.fixture
def browser(browsers: Callable[[str], Browser]) -> Browser:
    """A browser."""
    return browsers(LIBERATION)


@pytest.fixture
def wide(browser: Browser, site: Path) -> Iterator[Page]:
    """A chapter on a laptop; a script error is one of the test."""
    yield from opened(browser, site, viewport={"width": LAPTOP, "height": 800})


@pytest.fixture
def phone(browser: Browser, site: Path) -> Iterator[Page]:
    """A chapter on a phone."""
    size = {"width": PHONE, "height": 740}
    yield from opened(browser, site, viewport=size, has_touch=True, is_mobile=True)


def opened(browser: Browser, site: Path, **settings: object) -> Iterator[Page]:
    """A chapter in a browser."""
    page, errors = browser.new_page(**settings), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto((site / "backprop-mlp.html").as_uri())
    page.wait_for_load_state("networkidle")
    yield page
    page.close()
    assert errors == []


def symbol(page: Page, k: int) -> Locator:
    """A token of the page's first equation, in the middle of the screen."""
    found = page.locator("#equation-mlp-network [data-letters] :is(mi, mtext)").nth(k)
    found.evaluate("e => e.scrollIntoView({block: 'center', behavior: 'instant'})")
    return found


def card(page: Page) -> Locator:
    """What is shown of a symbol."""
    return page.locator(".symbol-card")


def told(page: Page) -> str:
    """What is said of a symbol to those who hear the page."""
    return page.locator(".bd-article > .visually-hidden[role=status]").text_content()


EMBED = (
    "W embed. matrix, d by size of V, in the example 2 × 3. "
    "its columns are the embeddings of the words. Equation (5.1)"
)
"""What is said of W_embed."""


def test_a_mouse_that_rests_on_a_symbol_is_shown_what_it_is_beside_it(wide: Page):
    token = symbol(wide, 1)
    token.hover()
    assert card(wide).is_hidden()
    wide.wait_for_timeout(REST)
    assert told(wide) == EMBED
    box, place = token.bounding_box(), card(wide).bounding_box()
    assert 0 < place["y"] - box["y"] - box["height"] < 40
    assert abs(place["x"] - box["x"]) < 2
    # the mouse can go into the card, and closes it when it leaves
    wide.mouse.move(place["x"] + 20, place["y"] + 60, steps=5)
    wide.wait_for_timeout(REST)
    assert card(wide).is_visible()
    wide.mouse.move(place["x"] + 20, place["y"] + 400, steps=5)
    card(wide).wait_for(state="hidden")
    assert told(wide) == "" and not wide.locator(".touched").count()


@pytest.mark.parametrize("how", ["Escape", "elsewhere", "Close"])
def test_a_click_keeps_the_card_until_it_is_closed(wide: Page, how: str):
    symbol(wide, 2).click()  # the name below is a part of the letter
    assert told(wide) == EMBED
    wide.mouse.move(5, 5)
    wide.wait_for_timeout(REST)
    assert card(wide).is_visible()
    if how == "Escape":
        wide.keyboard.press(how)
    elif how == "Close":
        card(wide).get_by_role("button", name=how).click()
    else:
        wide.mouse.click(640, 30)
    assert card(wide).is_hidden()


@pytest.mark.parametrize(
    "around", ["<details><summary>", "<a href=#uphill>", "<button>"]
)
def test_what_has_a_click_of_its_own_keeps_it(wide: Page, around: str):
    token = symbol(wide, 0)
    token.evaluate(
        """(token, around) => {
          const formula = token.closest("[data-letters]");
          const outer = document.createElement("div");
          formula.replaceWith(outer);
          outer.innerHTML = around;
          const inner = outer.querySelector("summary, a, button");
          inner.append(formula);
          inner.addEventListener("click", event => (window.clicked = !event.defaultPrevented));
        }""",
        around,
    )
    token.click()
    assert wide.evaluate("window.clicked") and card(wide).is_hidden()


def test_a_finger_is_shown_a_bar_that_does_not_cover_the_symbol(phone: Page):
    token = symbol(phone, 1)
    token.tap()
    assert told(phone) == EMBED
    box, bar = token.bounding_box(), card(phone).bounding_box()
    assert (bar["x"], bar["width"]) == (0, PHONE) and bar["height"] < 0.3 * 740
    assert abs(bar["y"] + bar["height"] - 740) < 1
    assert box["y"] + box["height"] <= bar["y"]
    for button in card(phone).get_by_role("button").all():
        size = button.bounding_box()
        assert size["width"] >= 44 and size["height"] >= 44
    assert card(phone).get_by_role("link", include_hidden=True).bounding_box()["height"] >= 44  # fmt: skip
    card(phone).get_by_role("button", name="Next symbol").tap()
    assert told(phone).startswith("x. ")
    card(phone).get_by_role("button", name="Symbol before").tap()
    assert told(phone) == EMBED
    card(phone).get_by_role("button", name="Close").tap()
    assert card(phone).is_hidden()


def test_a_symbol_below_the_bar_comes_to_sight(phone: Page):
    token = symbol(phone, 1)
    token.evaluate("e => e.scrollIntoView({block: 'end', behavior: 'instant'})")
    token.tap()
    box, bar = token.bounding_box(), card(phone).bounding_box()
    assert box["y"] + box["height"] <= bar["y"]


def test_where_the_page_cannot_scroll_the_bar_is_at_the_top(phone: Page):
    token = symbol(phone, 1)
    token.evaluate(
        "e => e.closest('[data-letters]').style = 'position: fixed; bottom: 4px'"
    )
    token.tap()
    box, bar = token.bounding_box(), card(phone).bounding_box()
    assert bar["y"] == 0 and box["y"] >= bar["height"]


def test_a_finger_beside_a_symbol_means_it(phone: Page):
    box = symbol(phone, 1).bounding_box()
    phone.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] - 12)
    assert told(phone) == EMBED
    phone.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] - 60)
    assert card(phone).is_hidden()


def test_one_key_goes_into_the_next_formula_and_another_back(wide: Page):
    symbol(wide, 0)
    link = wide.locator("#equation-mlp-network a.headerlink")
    link.focus()
    wide.keyboard.press("F2")
    assert told(wide).startswith("h. ")  # of the first formula after it
    assert card(wide).evaluate("e => e === document.activeElement && e.role") == "application"  # fmt: skip
    wide.keyboard.press("ArrowDown")
    assert told(wide).startswith("p. ")
    wide.keyboard.press("ArrowUp")
    for _ in range(9):
        wide.keyboard.press("ArrowRight")
    assert told(wide).startswith("s. ")  # the last one
    wide.keyboard.press("ArrowLeft")
    assert told(wide).startswith("softmax. ")
    wide.keyboard.press("ArrowDown")
    wide.keyboard.press("ArrowDown")
    assert told(wide).startswith("J. ")
    wide.keyboard.press("Escape")
    assert card(wide).is_hidden()
    assert link.evaluate("e => e === document.activeElement")


def test_the_key_begins_at_the_top_of_the_screen_where_nothing_has_the_focus(
    wide: Page,
):
    symbol(wide, 0).evaluate(
        """e => {
          const header = document.querySelector(".bd-header-article").getBoundingClientRect().bottom;
          scrollBy({top: e.getBoundingClientRect().top - header - 4, behavior: "instant"});
        }"""
    )
    wide.keyboard.press("F2")
    assert told(wide).startswith("h. ")


def test_enter_leads_to_where_a_symbol_is_defined(wide: Page):
    symbol(wide, 1).click()
    wide.keyboard.press("F2")
    assert told(wide) == EMBED
    wide.keyboard.press("Enter")
    assert wide.url.endswith("#equation-mlp-network") and card(wide).is_hidden()


def test_tab_goes_on_from_where_the_focus_was(wide: Page):
    symbol(wide, 0)
    link = wide.locator("#equation-mlp-network a.headerlink")
    link.focus()
    wide.keyboard.press("Tab")
    wanted = wide.evaluate("document.activeElement.outerHTML")
    link.focus()
    for key in ("F2", "ArrowRight", "Tab"):
        wide.keyboard.press(key)
    assert wide.evaluate("document.activeElement.outerHTML") == wanted
    assert card(wide).is_hidden()


STOPS = "[...document.querySelectorAll('*')].filter(e => e.tabIndex >= 0 && e.checkVisibility()).length"


def test_no_stop_is_added_to_the_way_through_the_page(wide: Page, site: Path):
    before = wide.evaluate(STOPS)
    symbol(wide, 0).click()
    assert card(wide).is_visible() and wide.evaluate(STOPS) == before
    wide.keyboard.press("Escape")
    wide.route("**/touch.js*", lambda route: route.abort())
    wide.goto((site / "backprop-mlp.html").as_uri())
    wide.wait_for_load_state("networkidle")
    assert wide.evaluate(STOPS) == before and not card(wide).count()


def test_a_formula_can_still_be_selected_and_copied(wide: Page):
    first, last = (symbol(wide, k).bounding_box() for k in (0, 1))
    y = last["y"] + last["height"] / 2
    wide.mouse.move(first["x"] + 1, y)
    wide.mouse.down()
    wide.mouse.move(last["x"] + 5, y, steps=8)
    wide.wait_for_timeout(REST)
    wide.mouse.up()
    assert not wide.evaluate("getSelection().isCollapsed") and card(wide).is_hidden()
    symbol(wide, 1).click()
    wide.mouse.click(640, 30)
    formula = symbol(wide, 0).locator("xpath=ancestor::*[@data-tex]")
    tex = formula.get_attribute("data-tex")
    assert (
        formula.evaluate(COPIED).strip() == f"$$\n{tex}\n$$" and r"\text{embed}" in tex
    )


def test_on_paper_there_is_no_card(wide: Page):
    symbol(wide, 0).click()
    wide.emulate_media(media="print")
    assert card(wide).is_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_card_has_no_fault_in_either_theme(
    browser: Browser, site: Path, scheme: str
):
    visit = Visit(browser, View(LAPTOP, scheme, LIBERATION, colours=True))
    visit.open((site / "backprop-mlp.html").as_uri())
    symbol(visit.page, 1).click()
    assert card(visit.page).is_visible()
    visit.page.add_style_tag(content=".symbol-card { box-shadow: none !important }")
    assert list(visit.faults()) == []
    visit.page.close()


# In each formula of the text, letters and numbers agree, and each letter has a card that says something; but for the
# table that has the letters of all pages.
UNANSWERED = """() => {
  const cards = [...document.querySelector("template.letters").content.children];
  const found = cards.filter(card => card.children.length < 2 || !card.textContent.trim()).map(card => card.outerHTML);
  let count = 0;
  for (const formula of document.querySelectorAll(".bd-article [data-tex]:not(.symbol-card *, .letter-ways *)")) {
    const tokens = [...formula.querySelectorAll("mi, mtext")];
    const numbers = formula.dataset.letters?.split(" ") ?? [];
    if (numbers.length !== tokens.length) found.push(formula.dataset.tex);
    tokens.forEach((token, k) => {
      const lacks = token.localName === "mi" && !cards[parseInt(numbers[k])];
      if (lacks) found.push(`${token.textContent} in ${formula.dataset.tex}`);
      count++;
    });
  }
  return [count, found];
}"""


@pytest.mark.parametrize("name", PAGES)
def test_every_letter_of_every_formula_has_an_answer(
    browser: Browser, site: Path, name: str
):
    page = browser.new_page()
    page.goto((site / f"{name}.html").as_uri())
    count, unanswered = page.evaluate(UNANSWERED)
    assert unanswered == [] and count > (200 if name not in PAGES[-2:] else 5)
    page.close()
