"""The comparison of the book with the same book on Sphinx of today: what is a fault, and what is listed."""

import json
import shutil
from pathlib import Path

import engine
import pytest

PAGE = '<article><h1 id="a">One</h1><p class="x" id="b">two three</p></article>'


@pytest.fixture
def sites(tmp_path: Path) -> tuple[Path, Path]:
    """Two sites that are the same."""
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    ours.mkdir()
    (ours / "page.html").write_text(PAGE)
    for name in engine.FILES:
        (ours / name).write_text(json.dumps({"a": 1}))
    shutil.copytree(ours, theirs)
    return ours, theirs


def edit(file: Path, old: str, new: str) -> None:
    """Change what a file says."""
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


def test_equal_sites_have_no_fault_and_nothing_is_listed(sites, capsys):
    assert engine.compare(*sites) == 0
    assert capsys.readouterr().out.strip() == ""


def test_other_words_are_listed_and_are_no_fault(sites, capsys):
    edit(sites[1] / "page.html", "two three", "two four")
    assert engine.compare(*sites) == 0
    assert "page.html: 1 places differ; the first says 'four' for 'three'" in (
        capsys.readouterr().out
    )


@pytest.mark.parametrize(
    "file, old, new, said",
    [
        ("page.html", 'id="b"', "", "the anchor page.html#b is missing"),
        ("page.html", 'id="b"', 'id="b"><i id="c"', "the anchor page.html#c is new"),
        ("results.json", "1", "2", "results.json differs"),
        ("questions.json", "1", "2", "questions.json differs"),
    ],
)
def test_other_anchors_or_results_are_faults(sites, capsys, file, old, new, said):
    edit(sites[1] / file, old, new)
    assert engine.compare(*sites) == 1
    assert said in capsys.readouterr().out


def test_configuration_is_the_book_s_without_jupyter_book(monkeypatch):
    monkeypatch.chdir(Path(__file__).parents[1])
    config = engine.configuration()
    assert "_ext" in config["extensions"] and "myst_nb" in config["extensions"]
    assert not engine.LEFT_OUT & {*config["extensions"]}
    assert config["project"] == "Unrolled" and config["nitpicky"]
