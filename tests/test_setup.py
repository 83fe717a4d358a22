"""Setting up: one at a time, by content, and never at the cost of an environment that works."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

MAKE = Path(__file__).parents[1] / "book" / "_make"
HOLD = """
import signal, sys
from pathlib import Path
from lock import only_one
signal.alarm(20)
with only_one(Path(sys.argv[1]), "make something") as descriptor:
    print("holds", flush=True)
    sys.stdin.readline()
print("ends", flush=True)
"""


class Holder(subprocess.Popen):
    """A process that takes the lock and holds it until it is told to end."""

    def __init__(self, path: Path):
        super().__init__(
            [sys.executable, "-c", HOLD, path],
            env=os.environ | {"PYTHONPATH": str(MAKE)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def holds(self) -> bool:
        """Whether it gets the lock: waits until it does."""
        return self.stdout.readline() == "holds\n"

    def waits(self) -> str:
        """What it says while it waits for the lock."""
        return self.stderr.readline()

    def end(self) -> None:
        """Let it go on to its end."""
        assert self.communicate("\n", timeout=20)[0] == "ends\n"


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    return tmp_path / "new folder" / "lock"


def test_a_second_process_waits_and_says_for_whom(lock: Path):
    first = Holder(lock)
    assert first.holds()
    second = Holder(lock)
    said = second.waits()
    assert "make something" in said and str(first.pid) in said
    first.end()
    assert second.holds()
    second.end()


def test_a_killed_holder_leaves_no_lock(lock: Path):
    first = Holder(lock)
    assert first.holds()
    first.kill()
    second = Holder(lock)
    assert second.holds()
    second.end()


def test_a_lock_deleted_while_one_waits_for_it_is_taken_anew(lock: Path):
    first = Holder(lock)
    assert first.holds()
    second = Holder(lock)
    assert second.waits()
    lock.unlink()
    third = Holder(lock)
    assert third.holds()
    first.end()
    assert str(third.pid) in second.waits()
    third.end()
    assert second.holds()
    second.end()
