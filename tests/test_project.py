"""The plan's numbers against enumeration and simulation; its form, filled in and printed on one page."""

import re
from base64 import b64decode
from itertools import product
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser, Page
from scipy.stats import binomtest

from unrolled.pages.project import (
    Gain,
    detectable_gain,
    disagreement,
    exact_power,
    fields,
    filled,
    for_page,
    paired_gain,
    sample_size,
)

DOWNLOADS = Path(__file__).parents[1] / "book" / "downloads"
FORM = (DOWNLOADS / "project-plan.html").read_text()
PAPERS = {"A4": (210, 297), "Letter": (215.9, 279.4)}
answers = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60)


# The numbers


@given(answers)
def test_disagreement_is_what_the_accuracies_differ_by(both):
    first, second = zip(*both, strict=True)
    p10, p01 = disagreement(first, second)
    assert p01 - p10 == pytest.approx((sum(second) - sum(first)) / len(both))
    assert disagreement(second, first) == (p01, p10)


@given(answers)
def test_variance_of_a_sample_is_the_formula_s(both):
    first, second = np.array(both, dtype=int).T
    gains = second - first
    found = paired_gain(*disagreement(first, second), N=len(gains))
    assert found == pytest.approx(Gain(gains.mean(), gains.var() / len(gains)))


def test_simulated_gains_have_the_mean_and_the_variance():
    draws = np.random.default_rng(1).multinomial(50, [0.1, 0.2, 0.7], size=200_000)
    gains = (draws[:, 1] - draws[:, 0]) / 50
    mean, variance = paired_gain(0.1, 0.2, 50)
    assert gains.mean() == pytest.approx(mean, abs=0.001)
    assert gains.var() == pytest.approx(variance, rel=0.02)


@pytest.mark.parametrize("alpha", [0.1, 0.125])  # an eighth is met exactly, 4 of 4
@pytest.mark.parametrize("p10, p01", [(0.1, 0.3), (0.0, 0.4), (0.2, 0.2), (0, 0)])
def test_exact_power_is_the_sum_over_every_outcome(
    p10: float, p01: float, alpha: float
):
    N = 8
    power = 0.0
    for outcome in product((-1, 0, 1), repeat=N):
        lost, won = outcome.count(-1), outcome.count(1)
        found = lost + won and binomtest(won, lost + won).pvalue <= alpha
        power += found * p10**lost * p01**won * (1 - p10 - p01) ** (N - lost - won)
    assert exact_power(p10, p01, N, alpha) == pytest.approx(power, abs=1e-12)


@given(st.floats(0.01, 0.5), st.integers(1, 300), st.sampled_from([0.01, 0.05, 0.2]))
def test_exact_test_finds_no_more_than_its_level_where_there_is_nothing(p, N, alpha):
    assert exact_power(p, p, N, alpha) <= alpha + 1e-12


@pytest.mark.parametrize("gain, discordant", [(0.02, 0.1), (0.05, 0.2), (0.03, 0.05)])
def test_exact_power_at_the_sample_size_is_a_little_less(gain, discordant):
    N = int(np.ceil(sample_size(gain, discordant)))
    p10, p01 = (discordant - gain) / 2, (discordant + gain) / 2
    assert 0.7 < exact_power(p10, p01, N) < 0.8 < exact_power(p10, p01, N * 5 // 4)


@given(st.floats(0.05, 1), st.integers(100, 10_000), st.floats(0.5, 0.95))
def test_detectable_gain_undoes_the_sample_size(discordant, N, power):
    try:
        gain = detectable_gain(discordant, N, power=power)
    except ValueError:
        # not even the largest gain would do
        gain = min(discordant, discordant**0.5 * (1 - 1e-9))
        assert sample_size(gain, discordant, power=power) > N * (1 - 1e-9)
    else:
        assert sample_size(gain, discordant, power=power) == pytest.approx(N)


def test_gain_of_the_whole_discordant_share_is_found_where_it_just_suffices():
    bound = NormalDist().inv_cdf(0.975)
    for N in range(4, 400):
        share = bound**2 / N  # for a power of one half, N examples just find all of it
        assert detectable_gain(share, N, power=0.5) == pytest.approx(share, rel=1e-12)


@pytest.mark.parametrize(
    "gain, discordant", [(0, 0.1), (0.2, 0.1), (3, 10), (0.1, 1.1), (1, 1), (-1, 1)]
)
def test_shares_that_cannot_be_are_refused(gain: float, discordant: float):
    with pytest.raises(ValueError, match="expected shares between 0 and 1"):
        sample_size(gain, discordant)


def test_other_bad_input_is_refused():
    with pytest.raises(ValueError, match="3 and 2 answers: expected the same examples"):
        disagreement([True] * 3, [True] * 2)
    with pytest.raises(ValueError, match="0 and 0 answers"):
        disagreement([], [])
    with pytest.raises(ValueError, match="expected a share above 0 and at most 1"):
        detectable_gain(10, 500)
    for few in (2, 30):
        with pytest.raises(ValueError, match="take more examples"):
            detectable_gain(0.1, few)


# The form


def test_form_and_plain_text_have_the_same_fields_and_hints():
    form = BeautifulSoup(FORM, "html.parser")
    hints = {}
    for label in form.select("dt"):
        hint = label.small.extract().get_text() if label.small else ""
        hints[label.get_text().strip()] = hint
    text = (DOWNLOADS / "project-plan.md").read_text()
    listed = re.findall(r"^#+ (.+)\n\n?(?:([^#\n].*)\n)?", text, flags=re.MULTILINE)
    assert dict(listed) == hints
    assert len(hints) == len(fields(FORM)) == 10
    assert not any(fields(FORM).values())


def test_plan_comes_back_out_of_the_filled_form():
    plan = {name: f"{name} < 3 & more" for name in fields(FORM)}
    parsed = BeautifulSoup(filled(FORM, plan), "html.parser")
    assert {f["data-field"]: f.get_text() for f in parsed.select("dd div")} == plan
    shown = for_page(filled(FORM, plan))
    assert "contenteditable" not in shown and " id=" not in shown
    for text in plan.values():
        assert text.replace("&", "&amp;").replace("<", "&lt;") in shown


def test_plan_with_other_fields_is_refused():
    plan = dict.fromkeys(fields(FORM), "x")
    with pytest.raises(ValueError, match="missing or not in it: licence$"):
        filled(FORM, plan | {"licence": "x"})
    del plan["data"]
    with pytest.raises(ValueError, match="missing or not in it: data$"):
        filled(FORM, plan)
    with pytest.raises(ValueError, match="no list of fields"):
        for_page("<p>no form</p>")


def worked(site: Path) -> dict[str, str]:
    """The plan on the built page."""
    page = BeautifulSoup((site / "project.html").read_text(), "html.parser")
    return {f["data-field"]: f.get_text() for f in page.select("dl.plan dd div")}


def printed(page: Page, paper: str) -> int:
    """How many pages the form that is open prints to."""
    width, height = PAPERS[paper]
    pdf = page.pdf(width=f"{width}mm", height=f"{height}mm")
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


@pytest.fixture
def page(browser: Browser) -> Page:
    """A new page of the browser."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


def put_on(page: Page, tmp_path: Path, form: str) -> None:
    """Open a form from a file."""
    (tmp_path / "form.html").write_text(form)
    page.goto((tmp_path / "form.html").as_uri())


@pytest.mark.parametrize("paper", PAPERS)
def test_empty_and_worked_plan_print_to_one_page(
    page: Page, site: Path, tmp_path: Path, paper: str
):
    plan = worked(site)
    assert all(plan.values())
    for form in (FORM, filled(FORM, plan)):
        put_on(page, tmp_path, form)
        assert page.inner_text("#fit") == "Fits on one page."
        assert printed(page, paper) == 1


@pytest.mark.parametrize("paper", PAPERS)
def test_form_says_that_it_is_too_long_exactly_when_it_is(
    page: Page, tmp_path: Path, paper: str
):
    plan = dict.fromkeys(fields(FORM), "x")
    said = []
    for lines in range(20, 70, 2):
        put_on(page, tmp_path, filled(FORM, plan | {"data": "x\n" * lines}))
        said.append(page.inner_text("#fit") == "Fits on one page.")
        if said[-1]:
            assert printed(page, paper) == 1
    assert said[0] and not said[-1] and said == sorted(said, reverse=True)
    assert printed(page, paper) == 2


def test_form_loads_nothing_and_is_saved_with_what_was_typed(
    page: Page, tmp_path: Path
):
    asked, errors = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    put_on(page, tmp_path, FORM)
    page.locator("[data-field=task]").fill("Which of two <languages>?")
    with page.expect_download() as download:
        page.click("#save")
    saved = Path(download.value.path()).read_text()
    assert fields(saved)["task"] == "Which of two <languages>?"
    assert [url for url in asked if not url.startswith(("file:", "blob:"))] == []
    assert not errors
    assert not re.search(r"\b(src|href)=|url\(|@import|https?:", FORM)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_form_is_accessible_and_fits_the_window(
    browser: Browser, tmp_path: Path, width: int, scheme: str
):
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme
    )
    page = context.new_page()
    put_on(page, tmp_path, filled(FORM, dict.fromkeys(fields(FORM), "Text.")))
    assert not Axe().run(page, options={"preload": False}).response["violations"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()


def test_worked_plan_is_saved_as_its_form_filled_in(site: Path):
    page = BeautifulSoup((site / "project.html").read_text(), "html.parser")
    link = page.select_one("a[download='project-plan-filled.html']")["href"]
    kind, held = link.split(",")
    assert kind == "data:text/html;base64"
    assert b64decode(held).decode() == filled(FORM, worked(site))


def test_weak_plan_has_every_field_and_its_points_add_up():
    text = (DOWNLOADS.parent / "project.md").read_text()
    section = text.split("### A weak plan")[1].split("\n(")[0]
    marked = re.findall(r"^- \*(.+?)\* “[^”]+” \*\*([012])\.\*\*", section, re.M)
    form = BeautifulSoup(FORM, "html.parser")
    fields_of_form = [label.find(string=True).strip() for label in form.select("dt")]
    assert [name.rstrip(":") for name, _ in marked] == fields_of_form
    assert "This one gets four:" in section
    assert sum(int(points) for _, points in marked) == 4


def test_form_that_the_book_offers_is_this_one(site: Path):
    page = BeautifulSoup((site / "project.html").read_text(), "html.parser")
    offered = {
        Path(link["href"]).name: site / link["href"]
        for link in page.select("a.download")
    }
    for name in ("project-plan.html", "project-plan.md"):
        assert offered[name].read_text() == (DOWNLOADS / name).read_text()
