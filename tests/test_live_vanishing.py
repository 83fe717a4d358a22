"""The slider of vanishing gradients: the package's numbers in Node, its bars and buttons in a browser."""

import math
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page

from browsing import node, part_faults, press, spoiled, written
from unrolled.live import Live
from unrolled.live.vanishing import NETWORKS, SCALES, STEPS, vanishing
from unrolled.pages import backprop_rnn, residual
from unrolled.prose import power

GRADIENTS = backprop_rnn.state_gradients, residual.state_gradients
TITLES = "Without a stream", "With a stream"


def sizes(is_residual: bool, name: str, scale: float, T: int) -> np.ndarray:
    """The sizes of the gradients from the first word's on, relative to the last, as the package has them."""
    g = GRADIENTS[is_residual](**NETWORKS[name].scaled(scale, T))[1:]
    norms = np.linalg.norm(g, axis=1)
    return norms / norms[-1]


def part() -> Live:
    return vanishing(*GRADIENTS)


def payload(name: str) -> dict:
    """What the page knows of a network."""
    case = NETWORKS[name].case
    ids = {"x": case["x"].argmax(1).tolist(), "y": int(case["y"].argmax())}
    matrices = "W_embed", "W_recurrent", "W_unembed"
    return ids | {matrix: case[matrix].tolist() for matrix in matrices}


def test_every_size_is_the_package_s():
    settings = [
        {"name": name, "residual": stream, "scale": scale, "T": T}
        for name in NETWORKS
        for stream in (False, True)
        for scale in np.linspace(0, 2, 41).round(2).tolist()
        for T in range(1, 21)
    ]
    rows = [one | {"network": payload(one["name"])} for one in settings]
    for one, found in zip(
        settings, node("script.sizes", "vanishing", rows), strict=True
    ):
        expected = sizes(one["residual"], one["name"], one["scale"], one["T"])
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12, err_msg=one)


def test_page_writes_a_number_as_the_text_does():
    numbers = [0, 1, *np.logspace(-30, 12, 400).tolist()]
    assert node("script.power", "vanishing", numbers) == list(map(power, numbers))


def test_gradient_along_the_stream_is_zero_where_the_paths_cancel_and_doubles_where_they_add_up():
    for T in STEPS:
        *back, last = sizes(True, "The paths cancel", 1, T)
        assert last == 1 and max(back) < 1e-12
        assert sizes(True, "All paths add up", 1, T)[0] == pytest.approx(2 ** (T - 1))
        for name in ("The paths cancel", "All paths add up"):
            np.testing.assert_allclose(sizes(False, name, 1, T), 1)


def test_scale_is_the_largest_singular_value_and_the_bounds_of_the_page_hold():
    for name, network in NETWORKS.items():
        assert np.linalg.norm(network.case["W_recurrent"], 2) == pytest.approx(1)
        for s in (0.05, 0.5, 1, 2):
            back = np.arange(19, -1, -1)
            assert (sizes(False, name, s, 20) <= s**back * (1 + 1e-9)).all()
            assert (sizes(True, name, s, 20) <= (1 + s) ** back * (1 + 1e-9)).all()


# In a browser, from a file


def bars(page: Page, title: str) -> list[float]:
    """The heights of the bars of a panel, as shares of its axis."""
    return page.get_by_role("img", name=title).evaluate(
        """img => { const height = e => e.getBoundingClientRect().height;
          const whole = height(img.querySelector(".live-plot"));
          return [...img.querySelectorAll(".live-column")].map(e => height(e) / whole); }"""
    )


def set_scale(page: Page, scale: float) -> None:
    """Move the slider by the keyboard alone."""
    slider = page.get_by_role("slider")
    slider.press("Home")
    for _ in range(round(scale / 0.05)):
        slider.press("ArrowRight")
    assert slider.input_value() == f"{scale:g}"


def status(page: Page) -> str:
    """What is announced of the setting."""
    return page.locator("[aria-live=polite]").inner_text()


@pytest.mark.parametrize("scale", [0, 0.1, 0.5, 2])
@pytest.mark.parametrize("name", NETWORKS)
def test_bars_have_the_heights_of_the_logarithms_and_what_is_off_the_axis_is_said(
    phone: Page, tmp_path: Path, name: str, scale: float
):
    phone.goto(written(tmp_path, part()))
    press(phone, name)
    press(phone, "20")
    set_scale(phone, scale)
    for stream, title in enumerate(TITLES):
        found = sizes(bool(stream), name, scale, 20)
        heights = [(math.log10(x) + 6) / 12 if x else 0 for x in found]
        assert bars(phone, title) == pytest.approx(np.clip(heights, 0, 1), abs=0.01)
        said = phone.locator(".live-panel", has_text=title).inner_text()
        for off, words in {
            (found == 0).sum(): "zero (0)",
            ((found > 0) & (found < 1e-6)).sum(): "below the axis (↓)",
            (found > 1e6).sum(): "above the axis (↑)",
        }.items():
            assert (
                f"{off} of 20 bars {'is' if off == 1 else 'are'} {words}" in said
            ) == (off > 0)
        assert power(found[0]) in said and power(found[0]) in status(phone)


def test_axis_names_the_powers_of_ten(phone: Page, tmp_path: Path):
    phone.goto(written(tmp_path, part()))
    ticks = phone.get_by_role("img", name=TITLES[0]).locator(".live-tick")
    assert ticks.all_inner_texts() == ["10−6", "10−4", "10−2", "1", "102", "104", "106"]
    assert ticks.locator("sup").all_inner_texts() == ["−6", "−4", "−2", "2", "4", "6"]


def test_prediction_is_answered_and_can_be_passed_over(phone: Page, tmp_path: Path):
    phone.goto(written(tmp_path, part()))
    seen = phone.locator(".live-seen")
    assert not seen.is_visible()
    press(phone, "Half of it, in both")
    assert "Not so." in phone.locator(".live-predict [role=status]").inner_text()
    press(phone, "Less than a thousandth without a stream, all of it and more with one")
    assert "Yes." in phone.locator(".live-predict [role=status]").inner_text()
    without, along = (
        sizes(stream, "Words are read", 0.5, 11)[0] for stream in (False, True)
    )
    assert without < 1e-3 and along > 1
    assert status(phone) == (
        "Scale 0.5, 10 steps back. Of the last gradient, the first word gets "
        f"{power(without)} without a stream, and {power(along)} with one."
    )
    assert seen.is_visible()
    phone.reload()
    phone.get_by_role("slider").press("ArrowLeft")
    assert seen.is_visible() and "Scale 0.95" in status(phone)


def test_button_leads_to_a_stream_without_a_gradient(phone: Page, tmp_path: Path):
    phone.goto(written(tmp_path, part()))
    phone.get_by_role("button", name="The paths cancel").press("Enter")
    assert "gets 1.0 without a stream, and 0 with one" in status(phone)
    phone.get_by_text("All numbers").click()
    rows = phone.locator(".live tbody tr").all_inner_texts()
    assert [row.split("\t") for row in rows] == [
        [str(t), "1.0", "1.0" if t == 11 else "0"] for t in range(1, 12)
    ]


@pytest.mark.parametrize("name", NETWORKS)
def test_part_has_no_fault_for_reader_software_or_a_thumb(
    phone: Page, tmp_path: Path, name: str
):
    phone.goto(written(tmp_path, part()))
    press(phone, name)
    press(phone, "20")
    phone.get_by_text("All numbers").click()
    assert part_faults(phone) == []


def test_part_without_its_data_shows_its_table_and_so_does_paper(
    phone: Page, tmp_path: Path
):
    live, table = part(), phone.locator(".unrolled-live > table")
    phone.goto(written(tmp_path, live))
    assert not table.is_visible()
    phone.emulate_media(media="print")
    assert table.is_visible() and not phone.get_by_role("slider").is_visible()
    phone.emulate_media(media="screen")
    phone.goto(written(tmp_path, spoiled(live, "missing")))
    assert table.is_visible()
    rows = [row.split("\t") for row in table.locator("tbody tr").all_inner_texts()]
    assert rows == [
        [
            name,
            said,
            *(power(sizes(stream, name, scale, 11)[0]) for stream in (False, True)),
        ]
        for name in NETWORKS
        for said, scale in SCALES.items()
    ]
