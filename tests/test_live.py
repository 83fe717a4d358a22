"""What runs in the reader's page: in Node the package's numbers, right and with every mistake; in a browser a part."""

import itertools
import json
import random
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page

from browsing import (
    FAULTS,
    LIVE,
    hoisted,
    node,
    part_faults,
    press,
    spoiled,
    written,
)
from unrolled.live import FORMAT, Live
from unrolled.live.backward import MISTAKES, backward_pass
from unrolled.pages import backprop_rnn, residual
from unrolled.results import backprop_rnn as rnn_results
from unrolled.results import residual as residual_results

PAGES = {False: backprop_rnn, True: residual}
RESULTS = {
    False: (rnn_results.STATES, rnn_results.GRADIENTS),
    True: (residual_results.STATES, residual_results.GRADIENTS),
}
RUN = """
({ net, mistake }) => {
  const n = script.backward(net, mistake);
  return { h: n.h, g: n.g, p: n.p, gradients: [n.by_embed, n.by_recurrent, n.by_unembed], delta: n.delta.slice(1) };
}
"""
Case = dict[str, np.ndarray]


def net(residual: bool, case: Case) -> dict:
    """A net as the page has it, of one as the package has it."""
    return {
        "residual": residual,
        "x": case["x"].argmax(1).tolist(),
        "y": int(case["y"].argmax()),
        **{
            name: case[name].tolist()
            for name in ("W_embed", "W_recurrent", "W_unembed")
        },
    }


def in_node(runs: list[tuple[bool, Case, str | None]]) -> list[dict]:
    """What the page computes, of nets as the package has them."""
    nets = [
        {"net": net(residual, case), "mistake": mistake}
        for residual, case, mistake in runs
    ]
    return node(RUN, "backward", nets)


def cases(is_residual: bool, number: int, repeats: bool = True) -> list[Case]:
    """Random nets of d = 2 with four words and 1 to 4 steps."""
    rng, result = np.random.default_rng(7), RESULTS[is_residual][0]
    found = []
    while len(found) < number:
        case = result.case(rng, V=4, d=2, T=1 + len(found) % 4)
        if repeats or case["x"].sum(0).max() <= 1:
            found.append(case)
    return found


def close(found: object, expected: object) -> None:
    """Fail unless two arrays agree."""
    np.testing.assert_allclose(
        np.array(found), np.array(expected), rtol=1e-9, atol=1e-9
    )


@pytest.mark.parametrize("is_residual", PAGES)
def test_every_number_is_the_package_s(is_residual: bool):
    page, nets = PAGES[is_residual], cases(is_residual, 200)
    for case, found in zip(
        nets, in_node([(is_residual, case, None) for case in nets]), strict=True
    ):
        weights = case["x"], case["W_embed"], case["W_recurrent"]
        close(found["h"], page.states(*weights))
        close(found["g"], page.state_gradients(**case))
        for own, its in zip(found["gradients"], page.gradients(**case), strict=True):
            close(own, its)


def names(is_residual: bool) -> dict[str, list]:
    """The mistakes that the results list, each with the result and its function."""
    return {
        mutant.mistake: [
            (result, mutant.function)
            for result in RESULTS[is_residual]
            for mutant in result.mutants
            if mutant.mistake == name
        ]
        for result in RESULTS[is_residual]
        for mutant in result.mutants
        for name in [mutant.mistake]
    }


@pytest.mark.parametrize("is_residual", PAGES)
def test_every_listed_mistake_is_one_of_a_step(is_residual: bool):
    known = {name for called in MISTAKES.values() for name in called}
    assert set(names(is_residual)) <= known
    assert set().union(*map(names, PAGES)) >= known


AT_A_STEP = {
    "1 − h_t² for 1 − (h_t − h_(t−1))², in δ_t alone",
    "the activation's derivative forgotten: g_t for δ_t",
    "off by one in time: D_t g_(t−1) for D_t g_t",
}
"""Mistakes of δ_t in the gradients of the matrices, which do not go on to the states before."""


@pytest.mark.parametrize(
    "is_residual, mistake",
    [(is_residual, name) for is_residual in PAGES for name in names(is_residual)],
)
def test_mistake_makes_the_numbers_that_it_makes_in_the_package(
    is_residual: bool, mistake: str
):
    keys = [key for key, called in MISTAKES.items() if mistake in called]
    nets = cases(is_residual, 20, repeats=mistake not in AT_A_STEP)
    for key in keys:
        runs = in_node([(is_residual, case, key) for case in nets])
        for result, function in names(is_residual)[mistake]:
            states = result is RESULTS[is_residual][0]
            for case, found in zip(nets, runs, strict=True):
                wrong = function(**case)
                if mistake in AT_A_STEP:
                    last = case["x"][-1].argmax()
                    close(found["delta"][-1], wrong.W_embed[:, last])
                elif states:
                    close(found["g"], wrong)
                else:
                    own = {"W_embed": 0, "W_recurrent": 1, "W_unembed": 2}
                    parts = [own[key.split()[0]]] if key.split()[0] in own else range(3)
                    for part in parts:
                        close(found["gradients"][part], wrong[part])


NONE_WITHOUT_A_STREAM = {
    "W_unembed last update",
    "delta slope of h",
    "g no identity",
}
"""Without a stream the last update is the state, and there is no identity path: these are right there."""
TELL = """
(net) => {
  const asked = script.order(net.x.length).flatMap((_, k) => script.asked(net, k));
  const same = (x) => (y) => Math.abs(x - y.x) < 1e-9;
  const named = asked.flatMap(({ slips }) => slips.filter(({ name, x }) => slips.find(same(x)).name === name));
  return {
    all: script.MISTAKES,
    named: named.map(({ name }) => name),
    planted: script.plantable(net).map(({ mistake }) => mistake),
    right: asked.filter(({ right, slips }) => slips.some(same(right))).length,
  };
}
"""


@pytest.mark.parametrize("is_residual", PAGES)
def test_every_mistake_is_named_when_its_number_is_typed_and_can_be_planted(
    is_residual: bool,
):
    sentence = {**net(is_residual, rnn_results.SENTENCE), "W_unembed": TURN}
    twice = {**sentence, "x": [1, 1, 2]}
    told = node(TELL, "backward", [sentence, twice])
    expected = set(told[0]["all"]) - (set() if is_residual else NONE_WITHOUT_A_STREAM)
    for what in ("named", "planted"):
        assert {name for found in told for name in found[what]} == expected, what
    # no number of a mistake is the right one
    assert [found["right"] for found in told] == [0, 0]


# In a browser, from a file

WORDS = ["I", "love", "machine", "learning"]
TURN = [[4, -4], [0, 0], [-2, 2], [-6, 6]]


def example(is_residual: bool) -> tuple[dict[str, np.ndarray], Live]:
    """The page's example as a part."""
    case, page = rnn_results.SENTENCE, PAGES[is_residual]
    h = page.states(case["x"], case["W_embed"], case["W_recurrent"])
    return case, backward_pass(
        WORDS, case, h, page.state_gradients(**case), TURN, is_residual
    )


def numbers(page: Page, kind: str) -> list[list[float]]:
    """The numbers on the wires of a kind, forward or gradient, each a vector."""
    texts = page.eval_on_selector_all(
        f".live-{kind}.live-vector",
        "all => all.map(e => [...e.children].map(x => x.textContent))",
    )
    return [
        [float(eval(text.replace("−", "-"))) for text in vector] for vector in texts
    ]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """The address of a server of a folder."""
    handler = partial(SimpleHTTPRequestHandler, directory=tmp_path)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.mark.parametrize("is_residual", PAGES)
@pytest.mark.parametrize("scheme", ["file", "http"])
def test_wires_show_the_package_s_numbers_when_all_is_stepped_through(
    phone: Page, tmp_path: Path, served: str, is_residual: bool, scheme: str
):
    case, live = example(is_residual)
    address = written(tmp_path, live)
    phone.goto(address if scheme == "file" else served + "part.html")
    assert not numbers(phone, "gradient")
    while phone.get_by_role("button", name="Next", exact=True).is_enabled():
        press(phone, "Next")
    g = PAGES[is_residual].state_gradients(**case)
    shown = numbers(phone, "gradient")
    for vector in g:
        assert any(
            np.allclose(vector, one, rtol=5e-3) for one in shown if len(one) == 2
        )
    assert "To have seen" in phone.locator(".live-status").inner_text()
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_part_has_no_fault_for_reader_software_and_its_buttons_fit_a_thumb(
    phone: Page, tmp_path: Path
):
    phone.goto(written(tmp_path, example(False)[1]))
    for mode in ("Watch", "Your turn", "Find the mistake"):
        press(phone, mode)
        assert part_faults(phone) == []


def test_page_knows_while_the_reader_is_in_a_part(phone: Page, tmp_path: Path):
    phone.goto(written(tmp_path, example(False)[1]))
    here = "document.body.matches('.in-live')"
    assert not phone.evaluate(here)
    press(phone, "Next")
    assert phone.evaluate(here)
    phone.evaluate("document.activeElement.blur()")
    assert not phone.evaluate(here)


def test_prediction_is_judged_and_asked_anew_for_other_words(
    phone: Page, tmp_path: Path
):
    phone.goto(written(tmp_path, example(False)[1]))
    predict = phone.locator(".live-predict")

    def say(*words: str) -> str:
        """What is said to a prediction."""
        for word in (*words, "Say"):
            predict.get_by_role("button", name=word, exact=True).click()
        return predict.inner_text()

    assert say("I", "love", "machine").startswith("Yes")
    phone.locator(".live-weights summary").click()
    phone.get_by_label("Word 1", exact=True).select_option("machine")
    assert say("I", "love").startswith("Not quite")
    assert "“machine”, “love”." in predict.inner_text()


def test_a_wrong_number_is_answered_by_a_question_then_a_smaller_case_then_a_name(
    phone: Page, tmp_path: Path
):
    case, live = example(False)
    sentences = json.loads((LIVE / "sentences.json").read_text())["mistakes"]
    phone.goto(written(tmp_path, live))
    press(phone, "Your turn")
    while "δ" not in phone.locator(".live-question").inner_text():
        press(phone, "Show it")
    field, status = phone.get_by_label("Your number"), phone.locator(".live-status")
    known = sentences["delta no slope"]
    entry = int(phone.locator(".live-question p").inner_text().split()[1]) - 1
    assert "8" not in phone.locator(".live-net").inner_text()  # not the page's numbers
    for tries, text in enumerate(("5", "5/1", "5.0"), 1):
        field.fill(["-", ""][entry] + text)
        field.press("Enter")
        said = status.inner_text()
        assert known["ask"] in said
        assert ("A smaller case" in said) == (tries > 1)
        assert (known["name"] in said) == (tries > 2)
    field.fill("")
    field.press("Enter")
    assert "Type a number" in status.inner_text()
    field.fill("about six")
    field.press("Enter")
    assert "cannot read" in status.inner_text()
    field.fill(["-15/4", "15/4"][entry])
    field.press("Enter")
    assert "Right." in status.inner_text()


def test_backward_pass_can_be_worked_through_by_keyboard_alone(
    phone: Page, tmp_path: Path
):
    phone.goto(written(tmp_path, example(True)[1]))
    reached = []

    def go_to(name: str) -> None:
        """Press Tab until the focus is on what has this name."""
        for _ in range(60):
            phone.keyboard.press("Tab")
            at = phone.evaluate(
                "document.activeElement.ariaLabel ?? document.activeElement.textContent"
            )
            reached.append(at)
            if at == name:
                return
        raise AssertionError(f"{name} is not reached by Tab, only {reached}")

    go_to("Your turn")
    assert reached.index("Say") < reached.index("Watch")
    phone.keyboard.press("Enter")
    go_to("Your number")
    for _ in range(40):
        phone.keyboard.type("1")
        phone.keyboard.press("Enter")
        if "Done" in phone.locator(".live-status").inner_text():
            break
        if "Right" not in phone.locator(".live-status").inner_text():
            go_to("Show it")
            phone.keyboard.press("Space")
            if "Done" in phone.locator(".live-status").inner_text():
                break
            # the next number can be typed at once
            assert phone.evaluate("document.activeElement.ariaLabel") == "Your number"
    assert "Done" in phone.locator(".live-status").inner_text()


def points(path: str) -> list[list[float]]:
    """The points of an arrow's line; its head follows."""
    line = path.split("M")[1].split("L")
    return [[round(float(x)) for x in point.split(",")] for point in line]


@pytest.mark.parametrize("is_residual", PAGES)
def test_arrows_join_their_boxes_and_turn_round_as_the_gradient_comes_back(
    phone: Page, tmp_path: Path, is_residual: bool
):
    phone.goto(written(tmp_path, example(is_residual)[1]))
    turned, drawn = [], []
    while True:
        looks = phone.eval_on_selector_all(
            ".live-arrows path", "all => all.map(e => e.getAttribute('class'))"
        )
        assert len(looks) == (14 if is_residual else 11)
        turned.append(sum("live-gone-back" in look for look in looks))
        paths = phone.eval_on_selector_all(
            ".live-arrows path", "all => all.map(e => e.getAttribute('d'))"
        )
        drawn.append([points(path) for path in paths])
        next_ = phone.get_by_role("button", name="Next", exact=True)
        if not next_.is_enabled():
            break
        next_.click()
    assert turned == sorted(turned) and turned[-1] == len(looks)
    assert turned[: len(turned) - 15] == [0] * (len(turned) - 15)
    for line in itertools.chain(*drawn):
        # across or down, between the boxes
        assert all(a[0] == b[0] or a[1] == b[1] for a, b in itertools.pairwise(line))
    for there, again in zip(drawn[0], drawn[-1], strict=True):
        forth, back = (
            [b - a for a, b in zip(ends[0], ends[-1], strict=True)]
            for ends in (there, again)
        )
        assert any(x * y < 0 for x, y in zip(forth, back, strict=True))
    # each ends on the edges of two boxes
    loose = phone.evaluate("""() => {
      const graph = document.querySelector(".live-graph"), { left, top } = graph.getBoundingClientRect();
      const boxes = [...graph.querySelectorAll("[data-at]")].map((box) => box.getBoundingClientRect());
      const near = (x, from, to) => x > from - 4 && x < to + 4;
      const touches = ([x, y]) => boxes.some((b) => near(x + left, b.left, b.right) && near(y + top, b.top, b.bottom));
      const lines = [...graph.querySelectorAll("path")].map((path) => path.getAttribute("d").split("M")[1].split("L"));
      const ends = lines.flatMap((line) => [line[0], line.at(-1)].map((point) => point.split(",").map(Number)));
      return ends.filter((end) => !touches(end)).length;
    }""")
    assert loose == 0


def test_what_is_said_first_has_no_number_and_no_symbol():
    sentences = json.loads((LIVE / "sentences.json").read_text())
    assert set(sentences["mistakes"]) >= set(MISTAKES)
    said = [
        *sentences["steps"].values(),
        *(one["ask"] for one in sentences["mistakes"].values()),
    ]
    for sentence in said:
        assert not any(sign.isdigit() or sign in "δ∂⊙ᵀ⊤=_^" for sign in sentence), (
            sentence
        )
        for part in sentence.replace("?", ".").split("."):
            assert len(part.split()) <= 22, part


def test_planted_mistake_is_found_where_it_is_and_what_is_right_is_called_right(
    phone: Page, tmp_path: Path
):
    phone.goto(written(tmp_path, example(False)[1]))
    status = phone.locator(".live-status")
    press(phone, "To the way back")
    press(phone, "To the end")
    shown = """all => all.map(e => e.innerText.replace("Wrong in ", ""))"""
    wires, tables = ".live-back", ".live-panel .live-sum"
    right = phone.eval_on_selector_all(f"{wires}, {tables}", shown)
    press(phone, "Find the mistake")
    top = "document.querySelector('.live-status').getBoundingClientRect().top"
    for _ in range(6):
        now = phone.eval_on_selector_all(f"{wires}, {tables}", shown)
        begins = []
        for text, ought in zip(now, right, strict=True):
            label = text.split()[0]
            buttons = phone.locator(
                "button.live-back, .live-panel .live-matrices button"
            )
            button = buttons.nth(now.index(text))
            button.click()
            said = status.inner_text()
            begins += [label] if "Yes, here" in said else []
            assert ("This is right" in said) == (text == ought), (label, said)
            assert status.is_visible() and phone.evaluate(top) >= 0
            if "Yes, here" in said:
                options = phone.locator(".live-options button").all()
                names = [option.inner_text() for option in options]
                assert len(set(names)) == 4
                found = []
                for name in names:
                    option = phone.get_by_role("button", name=name, exact=True)
                    if option.count():
                        # the verdict comes into sight from wherever the reader is
                        option.evaluate("e => (e.scrollIntoView(), e.click())")
                        assert phone.evaluate(top) >= 0
                        found.append("Right." in status.inner_text())
                assert found[-1] and not any(found[:-1])
        assert len(begins) == 1
        press(phone, "Another one")


@pytest.mark.parametrize("fault", FAULTS)
def test_part_without_its_data_says_so_and_shows_its_table(
    phone: Page, tmp_path: Path, fault: str
):
    phone.goto(written(tmp_path, spoiled(example(False)[1], fault)))
    assert FAULTS[fault][1] in phone.locator(".live-trouble").inner_text()
    assert phone.locator(".unrolled-live > table").is_visible()


def test_page_of_the_site_gets_scripts_and_payloads_as_files(
    phone: Page, tmp_path: Path
):
    live = example(False)[1]
    phone.goto(hoisted(tmp_path, live))
    assert (
        phone.locator(".live-net").is_visible()
        and not phone.locator(".unrolled-live > table").is_visible()
    )
    page = Path(tmp_path, "part.html").read_text()
    assert "Before." in page and "After." in page
    assert "application/json" not in page and live.payload.data not in page


# a part that is nothing but a button for what comes later
LATER = """
unrolled.parts.waiting = (place, { said }, { more }) => {
  place.append(said, unrolled.fetched(more, "the rest", ({ said }) => place.append(said)));
};
"""


@pytest.fixture
def waiting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Live:
    """That part, of a folder of scripts where it stands."""
    folder = tmp_path / "code" / "unrolled" / "live"
    shutil.copytree(LIVE, folder)
    (folder / "waiting.js").write_text(LATER)
    monkeypatch.setattr("unrolled.live.files", lambda _: folder)
    monkeypatch.setattr("browsing.LIVE", folder)
    text = "</script> " + random.Random(1).randbytes(20_000).hex()
    later = {"more": {"said": text + " the end"}}
    return Live(["waiting"], {"said": "begun "}, "<table></table>", later)


@pytest.mark.parametrize("way", [written, hoisted])
def test_what_comes_later_loads_at_a_click_that_says_its_size(
    phone: Page, tmp_path: Path, waiting: Live, way: Callable
):
    phone.goto(way(tmp_path, waiting))
    place = phone.locator(".live")
    assert "begun" in place.inner_text() and "the end" not in place.inner_text()
    press(phone, "Load the rest (23 kB)")
    place.get_by_text("Loaded: the rest.").wait_for()
    assert "the end" in place.inner_text()
    assert not place.get_by_role("button").count()


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("site", [False, True])
def test_page_says_why_what_comes_later_does_not_come(
    phone: Page, tmp_path: Path, waiting: Live, fault: str, site: bool
):
    if site:
        address = hoisted(tmp_path, waiting)
        file = tmp_path / "_static" / "live" / f"{waiting.later['more'].digest}.js"
        data = waiting.later["more"].data.replace("</", "<\\/")
        whole = FAULTS[fault][0](file.read_text(), data)
        # of half a script the browser itself says that it is wrong
        file.write_text("" if fault == "cut" else whole)
    else:
        address = written(tmp_path, spoiled(waiting, fault, 1))
    phone.goto(address)
    press(phone, "Load the rest (23 kB)")
    said = f"Could not load the rest: the data are {FAULTS[fault][1]}."
    phone.get_by_text(said).wait_for()
    button = phone.get_by_role("button", name="Load the rest (23 kB)")
    assert button.is_enabled()  # to try once more


def test_tables_have_the_sign_of_the_page():
    table = example(False)[1].table
    assert "−4.5, −0.75" in table and not re.search(r"-\d", table)


def test_scripts_read_the_payloads_that_are_written():
    assert f"const FORMAT = {FORMAT};" in (LIVE / "runtime.js").read_text()


def test_part_needs_a_table_and_numbers_that_json_has():
    with pytest.raises(ValueError, match="needs a table"):
        Live(["stepper"], {}, " ")
    with pytest.raises(ValueError):
        Live(["stepper"], {"x": float("nan")}, "<table></table>")
    case, _ = example(False)
    with pytest.raises(
        ValueError, match="there are 1 words, and W_embed has 4 columns"
    ):
        backward_pass(["I"], case, np.zeros((4, 2)), np.zeros((4, 2)), TURN)
    with pytest.raises(ValueError, match=r"turn has the shape \(1, 2\), and W_unembed"):
        backward_pass(WORDS, case, np.zeros((4, 2)), np.zeros((4, 2)), TURN[:1])
