"""Numbers and claims of the text, and the records that they come from."""

import json

import pytest

from unrolled import measured, prose
from unrolled.measured import Runs


def shown(monkeypatch: pytest.MonkeyPatch) -> list[tuple[dict, dict]]:
    """What is displayed from now on: data and metadata."""
    found: list[tuple[dict, dict]] = []

    def note(data: dict, raw: bool, metadata: dict | None = None) -> None:
        found.append((data, metadata or {}))

    monkeypatch.setattr(prose, "display", note)
    return found


def test_what_is_said_is_kept_for_the_text_and_shown_in_a_notebook(monkeypatch):
    found = shown(monkeypatch)
    prose.say(best_step=1200, name="Rossi")
    (kept, about), (second, _), (plain, _) = found
    assert about["scrapbook"]["name"] == "best-step"
    assert kept == {prose.PASTED + "text/plain": "1200"}
    assert second == {prose.PASTED + "text/plain": "'Rossi'"}
    assert plain == {"text/plain": "best-step: 1200\nname: Rossi"}


def test_a_claim_that_fails_ends_a_build_and_not_a_reader_s_run(monkeypatch, capsys):
    monkeypatch.delenv(prose.STRICT, raising=False)
    prose.claim(1 < 2, "one is less")
    assert capsys.readouterr().out == ""
    prose.claim(1 > 2, "one is more")
    assert "The text says: one is more. With these numbers" in capsys.readouterr().out
    monkeypatch.setenv(prose.STRICT, "1")
    with pytest.raises(AssertionError, match="the text says: one is more"):
        prose.claim(1 > 2, "one is more")


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (0, "0"),
        (0.25, "0.2"),
        (12.3, "12"),
        (1e-5, "10⁻⁵"),
        (3.2e-22, "3 · 10⁻²²"),
        (5e4, "5 · 10⁴"),
    ],
)
def test_a_number_far_from_one_has_a_power_of_ten(x, words):
    assert prose.power(x).replace("\N{NO-BREAK SPACE}", " ") == words


RUNS = Runs(
    [
        {"system": "a", "seed": 1, "test": {"accuracy": 0.5}},
        {"system": "a", "seed": 2, "test": {"accuracy": 0.7}},
        {"system": "b", "inner": {"seed": 9}},
    ]
)


def test_runs_are_looked_up_by_what_they_are():
    assert RUNS.where(system="a").of("test", "accuracy") == [0.5, 0.7]
    assert RUNS.where(seed=lambda seed: seed > 1).of("seed") == [2]
    assert RUNS.where(system="a", seed=1) == [RUNS[0]]
    assert {name: len(runs) for name, runs in RUNS.by("system").items()} == {
        "a": 2,
        "b": 1,
    }
    assert RUNS.where(system="b").within("inner").of("seed") == [9]


def test_runs_that_are_not_there_are_named():
    with pytest.raises(ValueError, match=r"no run has .*'c'.*; there are .*'a', 'b'"):
        RUNS.where(system="c")


def test_every_record_can_be_read_and_no_other():
    folder = measured.files("unrolled.measured")
    pages = [file.name[:-5] for file in folder.iterdir() if file.name.endswith(".json")]
    assert len(pages) == 8
    for page in pages:
        record = measured.read(page)
        assert isinstance(record["runs"], Runs) and record["date"] and record["machine"]
        assert record == json.loads((folder / f"{page}.json").read_text())
    with pytest.raises(
        ValueError, match="nothing was measured for 'poetry'; expected one of"
    ):
        measured.read("poetry")
