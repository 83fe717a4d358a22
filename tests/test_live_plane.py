"""One step of word2vec in the reader's page: in Node the package's numbers, in a browser the part."""

from functools import partial
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page

from browsing import node, part_faults, press, spoiled, written
from unrolled.live import Live
from unrolled.live.plane import one_step
from unrolled.pages import word2vec

V_C, U = np.array([np.log(2), 0]), np.array([[1.0, 3], [0, 2], [0, 1]])
LONG = "Run 1,000 steps"
close = partial(np.testing.assert_allclose, rtol=1e-9, atol=1e-9)


def places(number: int, negatives: bool, size: float = 1) -> list[dict]:
    """Random places of 2 to 4 words in 2 or 3 dimensions, as the page has them, and the words that are drawn."""
    rng, found = np.random.default_rng(3), []
    for k in range(number):
        V, d = 2 + k % 3, 2 + k % 2
        drawn = rng.integers(V, size=k % 5) if negatives else None
        often = None if drawn is None else np.bincount(drawn, minlength=V).tolist()
        v_c, u = size * rng.normal(size=d), rng.normal(size=(V, d))
        place = {"v_c": v_c.tolist(), "u": u.tolist(), "o": int(rng.integers(V))}
        found.append({"place": place | {"negatives": often}, "drawn": drawn})
    return found


def package(place: dict, drawn: np.ndarray | None) -> dict:
    """What the package computes of a place: scores, P, J, and the gradients by v_c and by every u."""
    v, u, o = np.array([place["v_c"]]), np.array(place["u"]), place["o"]
    if drawn is None:
        log_p, gradients = (
            word2vec.log_probabilities(0, v, u),
            (
                word2vec.centre_gradient(0, o, v, u),
                word2vec.outside_gradients(0, o, v, u),
            ),
        )
        P, J = np.exp(log_p), log_p[o]
    else:
        gradients = word2vec.negative_sampling_gradients(0, o, drawn, v, u)
        J = -word2vec.negative_sampling_loss(0, o, drawn, v, u)
        none = np.array([], dtype=int)
        P = [
            np.exp(-word2vec.negative_sampling_loss(0, j, none, v, u))
            for j in range(len(u))
        ]
    return {"scores": u @ v[0], "P": P, "J": J, "v_c": gradients[0], "u": gradients[1]}


@pytest.mark.parametrize("size", [1, 400])
@pytest.mark.parametrize("negatives", [False, True])
def test_every_number_is_the_package_s(negatives: bool, size: float):
    cases = places(200, negatives, size)
    found = node("script.gradients", "skipgram", [case["place"] for case in cases])
    for case, own in zip(cases, found, strict=True):
        for name, expected in package(**case).items():
            close(own[name], expected, err_msg=name)
        terms = [
            term["size"] * np.array(case["place"]["u"][term["word"]])
            for term in own["terms"]
        ]
        close(np.sum(terms, axis=0), own["v_c"])


@pytest.mark.parametrize("every", [False, True])
@pytest.mark.parametrize("negatives", [False, True])
def test_steps_go_where_the_package_s_gradients_lead(negatives: bool, every: bool):
    cases = places(40, negatives)
    run = f"place => script.climb(place, 0.3, {str(every).lower()}, 7)"
    found = node(run, "skipgram", [case["place"] for case in cases])
    for case, own in zip(cases, found, strict=True):
        place = case["place"]
        for _ in range(7):
            by = package(place, case["drawn"])
            u = place["u"] + 0.3 * by["u"] * every
            place = place | {"v_c": place["v_c"] + 0.3 * by["v_c"], "u": u}
        close(own["v_c"], place["v_c"])
        close(own["u"], place["u"])


def test_drawn_as_often_as_on_average_is_the_mean_over_all_draws():
    place = {"v_c": [0.5, -1.2], "u": U.tolist(), "o": 1}
    for K in (1, 2):
        draws = [np.array(drawn) for drawn in product(range(3), repeat=K)]
        means = [
            np.mean([package(place, drawn)[name] for drawn in draws], axis=0)
            for name in ("J", "v_c", "u")
        ]
        (own,) = node(
            "script.gradients", "skipgram", [place | {"negatives": [K / 3] * 3}]
        )
        for name, mean in zip(("J", "v_c", "u"), means, strict=True):
            close(own[name], mean)


def test_positives_alone_run_off_and_negatives_stop_the_observed_word():
    place = {"v_c": V_C.tolist(), "u": U.tolist()}
    run = """place => [1000, 3000, 10000].map(steps => script.gradients(script.climb(place, 0.02, true, steps)))"""
    for o in range(3):
        rows = [
            place | {"o": o, "negatives": often} for often in ([0, 0, 0], [1 / 3] * 3)
        ]
        alone, both = node(run, "skipgram", rows)
        scores = np.array([by["scores"] for by in alone])
        assert (np.diff(scores[:, o]) > 0.5).all() and all(by["J"] < 0 for by in alone)
        assert (np.diff([by["J"] for by in alone]) > 0).all()
        close(both[-1]["scores"][o], np.log(3), rtol=1e-3)  # log of 1 over K q(o)
        assert max(np.delete(both[-1]["scores"], o)) < -4


# In a browser, from a file


def part(negatives: bool = False) -> Live:
    """The page's example as a part."""
    v = np.array([V_C])
    if not negatives:
        moved = V_C + word2vec.centre_gradient(0, 0, v, U)
        return one_step(V_C, U, 0, moved)
    by = word2vec.negative_sampling_gradients(0, 0, np.array([1]), v, U)
    return one_step(V_C, U, 0, V_C + by.v_c, [1])


def shown(page: Page) -> np.ndarray:
    """The numbers of the first table, a row for each word: its score, and P before and after or now."""
    rows = page.eval_on_selector_all(
        ".live-bars >> nth=0 >> tbody tr",
        "rows => rows.map(r => [...r.querySelectorAll('td')].map(e => e.innerText))",
    )
    return np.array(
        [[float(eval(text.replace("−", "-"))) for text in row] for row in rows]
    )


def status(page: Page) -> str:
    """What was said last."""
    return page.locator(".live-status").inner_text()


@pytest.mark.parametrize("negatives", [False, True])
def test_step_shows_the_package_s_probabilities_before_and_after(
    phone: Page, tmp_path: Path, negatives: bool
):
    phone.goto(written(tmp_path, part(negatives)))
    place, drawn = {"v_c": V_C, "u": U, "o": 0}, np.array([1]) if negatives else None
    for _ in range(3):
        press(phone, "Step")
        before = package(place, drawn)
        place = place | {"v_c": place["v_c"] + before["v_c"]}
        after = package(place, drawn)
        expected = np.transpose([after["scores"], before["P"], after["P"]])
        np.testing.assert_allclose(shown(phone), expected, atol=6e-3)
    assert "To have seen" in status(phone)
    press(phone, "Another")
    assert shown(phone).shape == (3, 2)  # nothing is before the first step


def test_prediction_is_answered_and_the_gradient_is_written_out(
    phone: Page, tmp_path: Path
):
    phone.goto(written(tmp_path, part()))
    drawn = phone.locator(".live-plane svg")
    assert (
        "expected" not in drawn.text_content()
        and "moves" not in drawn.get_attribute("aria-label")
    )
    for guess, word in {
        "up": "Nearly",
        "down": "No",
        "not at all": "No",
        "up right": "Yes",
    }.items():
        press(phone, guess)
        assert status(phone).startswith(f"{word}: up right.")
    assert "(1, 3) − (1/2, 9/4) = (1/2, 3/4)" in status(phone)
    assert (
        "expected" in drawn.text_content()
        and "moves up right" in drawn.get_attribute("aria-label")
    )
    press(phone, "word 1")
    assert "expected" not in drawn.text_content()
    press(phone, "left")
    assert "(0, 2) − (1/2, 9/4) = (−1/2, −1/4)" in status(phone) and status(
        phone
    ).startswith("Nearly: down left.")
    press(phone, "Step")
    assert "Word 2 gains more than the observed word." in status(phone)
    # u_1 for every u_j: observed is expected
    phone.get_by_text("Change the step and the vectors").click()
    for j, i in product(range(3), ("across", "up")):
        phone.get_by_label(f"u{j}, {i}").fill("1")
        phone.get_by_label(f"u{j}, {i}").press("Enter")
    press(phone, "not at all")
    assert status(phone).startswith("Yes: not at all.")


def test_softmax_comes_first_and_the_other_loss_where_it_is_taught(
    phone: Page, tmp_path: Path
):
    other, groups = (
        phone.get_by_role("button", name="Negative sampling"),
        phone.get_by_role("group", name="Negative"),
    )
    phone.goto(written(tmp_path, part()))
    assert other.count() == groups.count() == 0
    phone.goto(written(tmp_path, part(negatives=True)))
    assert other.count() == groups.count() == 1
    press(phone, "Softmax")
    assert groups.count() == 0 and phone.get_by_role("button", name=LONG).count() == 0
    np.testing.assert_allclose(shown(phone)[:, 1], [0.5, 0.25, 0.25])
    press(phone, "Back to the example")
    np.testing.assert_allclose(shown(phone)[:, 1], [0.667, 0.5, 0.5])


def test_too_long_a_step_is_called_so(phone: Page, tmp_path: Path):
    between = np.array([[0.1, 0], [5, 0], [-5, 0]])
    phone.goto(written(tmp_path, one_step(np.array([0.1, 0]), between, 0, np.zeros(2))))
    phone.get_by_text("Change the step and the vectors").click()
    for eta, too_long in (("0.1", False), ("2", True)):
        press(phone, eta)
        press(phone, "Step")
        assert ("J falls: this step was too long" in status(phone)) == too_long
        press(phone, "Back to the example")


def test_positives_alone_and_with_negatives_are_set_side_by_side(
    phone: Page, tmp_path: Path
):
    phone.goto(written(tmp_path, part(negatives=True)))
    press(phone, LONG)
    said = status(phone)
    assert (
        "after 1,000 steps the scores of words 0, 1 and 2 still grow" in said
        and "it never reaches 0" in said
    )
    rows = phone.locator(".live-bars tbody tr", has_text="1,000").all_inner_texts()
    alone, both = [
        [float(x.replace("−", "-")) for x in row.split()[1:]] for row in rows
    ]
    assert min(alone[:3]) > 1 and alone[3] > -0.01
    assert abs(both[0] - np.log(3)) < 0.02 and max(both[1:3]) < -3
    press(phone, "none")
    press(phone, "up right")
    assert "∂J/∂vc = (1 − σ(u0 · vc)) u0 = 1/3 (1, 3) = (1/3, 1)" in " ".join(
        status(phone).split()
    )


def test_dots_move_by_finger_and_by_keys(phone: Page, tmp_path: Path):
    phone.goto(written(tmp_path, part()))
    box = phone.locator("[data-dot='2']").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    phone.mouse.move(x, y)
    phone.mouse.down()
    phone.mouse.move(x + 60, y, steps=4)
    phone.mouse.up()
    phone.get_by_text("Change the step and the vectors").click()
    across, up = (phone.get_by_label(f"u2, {way}") for way in ("across", "up"))
    assert 0.5 < float(eval(across.input_value())) < 1.5 and up.input_value() == "1"
    across.fill("1/4")
    across.press("Tab")
    assert up.evaluate("field => field === document.activeElement")
    up.press("ArrowUp")
    assert up.input_value() == "5/4" and up.evaluate(
        "field => field === document.activeElement"
    )
    np.testing.assert_allclose(shown(phone)[2, 0], np.log(2) / 4, atol=5e-4)
    for wrong in ("7", "far"):
        across.fill(wrong)
        across.press("Enter")
        assert f"“{wrong}” is not a number from −5 to 5" in status(phone)
    press(phone, "Back to the example")
    assert across.input_value() == "0"


def test_all_of_it_by_keyboard_alone(phone: Page, tmp_path: Path):
    phone.goto(written(tmp_path, part(negatives=True)))
    assert phone.locator(".live-status").get_attribute("aria-live") == "polite"
    reached, focused = (
        [],
        "document.activeElement.ariaLabel || document.activeElement.innerText",
    )
    phone.keyboard.press("Tab")
    while phone.evaluate("document.activeElement !== document.body"):
        reached.append(phone.evaluate(focused))
        if reached[-1] == "right":
            phone.keyboard.press("Enter")
            assert status(phone).startswith("Yes: right.")
        if reached[-1] == "Step":
            phone.keyboard.press("Space")
            assert "Step 1" in status(phone)
        if reached[-1].startswith("Change"):
            phone.keyboard.press("Enter")
        phone.keyboard.press("Tab")
    assert {"Softmax", "word 2", LONG, "Another", "0.1", "vc, across", "u2, up"} <= set(
        reached
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("negatives", [False, True])
def test_part_has_no_fault(phone: Page, tmp_path: Path, negatives: bool, scheme: str):
    phone.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    phone.goto(written(tmp_path, part(negatives)))
    phone.get_by_text("Change the step and the vectors").click()
    press(phone, "up right")
    assert part_faults(phone) == []
    press(phone, "Step")
    press(phone, "Another")
    if negatives:
        press(phone, LONG)
    assert part_faults(phone) == []


def test_others_differ_and_have_a_clear_answer(phone: Page, tmp_path: Path):
    phone.goto(written(tmp_path, part()))
    seen = set()
    for _ in range(12):
        press(phone, "Another")
        label = phone.locator(".live-plane svg").get_attribute("aria-label")
        seen.add(label)
        press(phone, "not at all")
        assert status(phone).startswith("No: ")
    assert len(seen) == 12


def test_on_paper_and_without_data_the_table_stands_there(phone: Page, tmp_path: Path):
    table = phone.locator(".unrolled-live > table")
    phone.goto(written(tmp_path, part()))
    assert not table.is_visible()
    phone.emulate_media(media="print")
    assert table.is_visible() and not phone.locator(".live").is_visible()
    assert "0.693" in table.inner_text()
    phone.emulate_media(media="screen")
    phone.goto(written(tmp_path, spoiled(part(), "missing")))
    assert table.is_visible()


@pytest.mark.parametrize(
    "wrong, said",
    [
        ({"u": np.eye(3)}, "u has the shape"),
        ({"v_c": np.zeros(3)}, "v_c has the shape"),
        ({"moved": np.array([0, np.nan])}, "moved is .*; expected finite numbers"),
        ({"o": 3}, "there is no word 3; expected 0 to 2"),
        ({"negatives": [0, -1]}, "there is no word -1"),
    ],
)
def test_what_is_no_place_in_the_plane_is_refused(wrong: dict, said: str):
    right = {"v_c": V_C, "u": U, "o": 0, "moved": V_C}
    with pytest.raises(ValueError, match=said):
        one_step(**right | wrong)
