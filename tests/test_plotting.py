"""Figures: an alternative text, the page's own colours, nothing that changes from run to run."""

import xml.etree.ElementTree as ElementTree

import pytest

from unrolled.figures import plotting


@plotting.styled
def drawing(alt: str = "A line.") -> str:
    drawn, axes = plotting.figure()
    axes.plot([0, 1], [0, 1], label="a")
    axes.set(xlabel="x", ylabel="y")
    axes.legend()
    return plotting.show(drawn, alt)._repr_html_()


def test_a_drawing_is_well_formed_and_the_same_again():
    assert drawing() == drawing()
    root = ElementTree.fromstring(drawing().replace("xlink:href", "href"))
    assert root.get("role") == "img" and root.get("aria-label") == "A line."


def test_a_drawing_takes_the_colours_of_the_page():
    svg = drawing()
    assert plotting.INK not in svg and "currentColor" in svg
    assert "#000000" not in svg and "#ffffff" not in svg
    assert f"var(--drawing-1, {plotting.BLUE})" in svg


def test_every_reference_within_a_drawing_leads_somewhere():
    svg = drawing()
    root = ElementTree.fromstring(svg.replace("xlink:href", "href"))
    ids = {element.get("id") for element in root.iter()} - {None}
    used = {e.get("href")[1:] for e in root.iter() if e.get("href")}
    used |= {e.get("clip-path")[5:-1] for e in root.iter() if e.get("clip-path")}
    assert used and used <= ids


def test_the_alternative_text_is_escaped_and_demanded():
    assert 'aria-label="a &lt; b &amp; &quot;c&quot;"' in drawing('a < b & "c"')
    with pytest.raises(ValueError, match="alternative text"):
        drawing(" ")


def test_a_drawing_takes_no_more_than_its_page_has():
    assert 'style="width: 26rem; max-width: 100%"' in drawing()
