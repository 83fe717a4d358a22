"""The state of a training run on disk: the file is whole at every moment, and reading it executes nothing.

Source: the book's own, over ``torch.save`` and ``torch.load``. Left out: a history of states. The last is
kept, and the one before it, for the case that a disk damages the last.
"""

import os
import pickle
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path

import torch

DAMAGE = (zipfile.BadZipFile, RuntimeError, EOFError)
"""What reading raises if the file is damaged."""


class CheckpointError(ValueError):
    """A checkpoint that cannot be used: what is wrong with it, and what to do."""


def older(path: Path) -> Path:
    """Where the checkpoint before the last one is kept."""
    return path.with_name(f"{path.stem}.older{path.suffix}")


def write(path: Path, state: Mapping[str, object]) -> None:
    """Write a state, and keep the one that was there as :func:`older`.

    The state holds tensors, numbers, texts, and lists and dictionaries of them. Killed at any moment, this leaves a
    whole file at ``path``, the new one or the last.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.new")
    torch.save(state, new)
    if path.exists():
        shutil.copyfile(path, older(path))
    os.replace(new, path)


def read(path: Path) -> dict:
    """Read a state; nothing in the file is executed.

    Raises
    ------
    CheckpointError
        If the file is truncated, altered, or holds something else than :func:`write` writes. It names the older
        checkpoint, where there is one that can be used.
    FileNotFoundError
        If there is no such file.
    """
    try:
        return _load(path)
    except DAMAGE as error:
        trouble = f"is truncated or damaged ({error})"
    except pickle.UnpicklingError:
        trouble = "holds something else (nothing of it was executed)"
    raise CheckpointError(
        f"{path} {trouble}; expected a checkpoint of `fit`. {_advice(path)}"
    )


def _load(path: Path) -> dict:
    """The state in a file whose every part has its checksum."""
    with zipfile.ZipFile(path) as archive:
        if part := archive.testzip():
            raise zipfile.BadZipFile(f"wrong checksum of {part}")
    state = torch.load(path, map_location="cpu", weights_only=True)
    if not isinstance(state, dict):
        raise pickle.UnpicklingError("not a dictionary")
    return state


def _advice(path: Path) -> str:
    """What to do instead of using a checkpoint: take the older one, if it is whole, or begin anew."""
    begin = f"To begin anew, delete {path}"
    try:
        step = _load(older(path)).get("step")
    except (OSError, pickle.UnpicklingError, *DAMAGE):
        return f"{begin}; there is no older one that is whole"
    return f"The older {older(path)} is whole (step {step}): copy it to {path} to go on from there. {begin}"


def compare(
    path: Path, what: str, saved: Mapping[str, object], here: Mapping[str, object]
) -> None:
    """Refuse a checkpoint whose ``saved`` description differs from that of this run.

    Raises
    ------
    CheckpointError
        If a name is only in one of them, or has another value. It names the first that differs.
    """
    for name in {**saved, **here}:
        if saved.get(name) != here.get(name):
            raise CheckpointError(
                f"{path} is of another {what}: {name} is {saved.get(name, 'not there')} in it, and "
                f"{here.get(name, 'not there')} here. Give another file, or go on with the {what} it was written for. "
                + _advice(path)
            )
