"""One at a time: a lock that the system itself opens when its holder ends, in whatever way."""

import fcntl
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO


@contextmanager
def only_one(path: Path, what: str) -> Iterator:
    """Hold the file ``path`` as a lock; a second process says who holds it, and waits.

    ``what`` names the work to those who wait. Yields the lock's descriptor: a child that is given it
    (``pass_fds``) holds the lock too, should its parent be killed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        with path.open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                print(
                    f"{_holder(file)} is at work here; waiting until it ends.",
                    file=sys.stderr,
                    flush=True,
                )
                fcntl.flock(file, fcntl.LOCK_EX)
            # Whoever held it may have deleted the file (`make clean`): then another one counts.
            if not _is_at(path, file.fileno()):
                continue
            file.truncate(0)
            file.write(f"`{what}` (process {os.getpid()})")
            file.flush()
            yield file.fileno()
            file.truncate(0)
            return


def _holder(file: TextIO) -> str:
    """What the holder wrote of itself, which it does at once, or "Another process" if it has been stopped before."""
    for _ in range(50):
        file.seek(0)
        if name := file.read():
            return name
        time.sleep(0.02)
    return "Another process"


def _is_at(path: Path, descriptor: int) -> bool:
    """Whether the open file is still the one that ``path`` names."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
