"""The article's program for text, run as a file, without the package."""

import json
import os
import subprocess
import sys
from pathlib import Path

PROGRAM = Path(__file__).parents[1] / "book" / "programs" / "text_article.py"
TEXT = "The cat sat on the mat, and the rat sat on the cat. " * 6


def run(folder: Path, settings: str, text: str = "text.txt") -> str:
    """Run it, small unless said otherwise; what it says if it refuses."""
    (folder / "text.txt").write_text(TEXT, "utf-8")
    command = f"{text} results.jsonl --hidden 8 --window 10 {settings}"
    done = subprocess.run(
        [sys.executable, "-P", PROGRAM, *command.split()],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": "", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert bool(done.returncode) == bool(done.stderr)
    return done.stderr


def found(folder: Path) -> list[dict]:
    """The lines of its results, but for the clock's entries."""
    lines = (folder / "results.jsonl").read_text().splitlines()
    return [
        {name: x for name, x in json.loads(line).items() if name != "seconds"}
        for line in lines
    ]


def test_a_run_that_was_stopped_goes_on_to_the_same_lines(tmp_path: Path):
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    whole.mkdir(), stopped.mkdir()
    assert not run(whole, "--passes 2")
    first, last = found(whole)
    assert last["pass"] == 2 and last["train"] < first["train"]
    assert len(last["text"]) == 300 and set(last["text"]) <= set(TEXT.lower())

    assert not run(stopped, "--passes 1")
    assert found(stopped) == [first]
    checkpoint = stopped / "results.jsonl.pt"
    early = checkpoint.read_bytes()
    assert not run(stopped, "--passes 2")
    assert found(stopped) == [first, last]
    # stopped between its results and its checkpoint, it makes that pass again
    checkpoint.write_bytes(early)
    assert not run(stopped, "--passes 2")
    assert found(stopped) == [first, last]


def test_another_setting_is_another_run(tmp_path: Path):
    assert not run(tmp_path, "--passes 1 --embed --layers 2")
    assert found(tmp_path)
    assert "is of another run; delete it" in run(tmp_path, "--passes 1 --embed")


def test_a_text_that_cannot_be_read_or_is_too_short_is_refused(tmp_path: Path):
    refused = run(tmp_path, "--window 250")  # four fifths of 312
    assert "text.txt has 312 characters" in refused and "Traceback" not in refused
    assert not run(tmp_path, "--window 248 --passes 0")
    refused = run(tmp_path, "", text="none.txt")
    assert "none.txt" in refused and "Traceback" not in refused
