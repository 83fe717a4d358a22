"""The state of a training run on disk: the file is whole at every moment, and reading
it executes nothing.

Source: the book's own, over ``torch.save`` and ``torch.load``. A file begins with a
line that says its kind and the SHA-256 of what follows, so that any altered byte is
found. Left out: a history of states. The last is kept, and the one before it, for the
case that a disk damages the last.
"""

__all__ = ["CheckpointError", "older", "digest", "write", "read", "demand_same"]

import contextlib
import hashlib
import io
import os
import pickle
import shutil
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

HEAD = b"unrolled checkpoint 2, sha256 %s\n"
"""The first line of a file; the number changes when the entries of a run do."""
SIZE = len(HEAD % bytes(64))


class CheckpointError(ValueError):
    """A checkpoint that cannot be used or written: what is wrong with it, and what to
    do.
    """


def older(path: Path) -> Path:
    """Where the checkpoint before the last one is kept."""
    return path.with_name(f"{path.stem}.older{path.suffix}")


def digest(part: object) -> str:
    """What tells a tensor, such as a text as ids, or several in a tuple from others:
    the beginning of a SHA-256.
    """
    return hashlib.sha256(_told(part)).hexdigest()[:16]


def _told(part: object) -> bytes:
    """All that there is to be told of a tensor, of a list of them, or of anything that
    has a representation.
    """
    if isinstance(part, list | tuple):
        return b"(%s)" % b",".join(map(_told, part))
    if not isinstance(part, Tensor):
        return repr(part).encode()
    flat = part.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy()
    return f"{part.dtype} {list(part.shape)} ".encode() + flat.tobytes()


def _head(data: bytes) -> bytes:
    """The first line of a file with these data behind it."""
    return HEAD % hashlib.sha256(data).hexdigest().encode()


def write(path: Path, state: Mapping[str, object]) -> None:
    """Write a state, and keep the one that was there as :func:`older`.

    The state holds tensors, numbers, texts, and lists and dictionaries of them. Killed
    at any moment, this leaves a whole file at ``path``, the new one or the last. Raises
    :class:`CheckpointError` if the file cannot be written, on a full disk, say. The
    last one stays, and nothing half-written is left.
    """
    buffer = io.BytesIO()
    torch.save(state, buffer)
    data = buffer.getvalue()
    new, spare = (p.with_name(f"{p.name}.new") for p in (path, older(path)))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new.write_bytes(_head(data) + data)
        if path.exists():
            shutil.copyfile(path, spare)
            os.replace(spare, older(path))
        os.replace(new, path)
    except OSError as error:
        raise CheckpointError(
            f"the checkpoint {path} could not be written ({error.strerror or error}); one that was there still is. "
            "Make room, or give another file"
        ) from error
    finally:
        for unfinished in (new, spare):
            with contextlib.suppress(OSError):  # not there, as it should be
                unfinished.unlink()


def read(path: Path) -> dict:
    """Read a state; nothing in the file is executed.

    Raises :class:`CheckpointError` if the file is truncated, altered, or holds
    something else than :func:`write` writes. It names the older checkpoint, where there
    is one that can be used. Raises FileNotFoundError if there is no such file.
    """
    try:
        return _load(path)
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:
        raise CheckpointError(
            f"{path} {error}; expected a checkpoint of `fit`. {_advice(path)}"
        ) from None


def _load(path: Path) -> dict:
    """The state in a file; raises ValueError, with what is wrong with it, before
    anything of it is read.
    """
    whole = path.read_bytes()
    head, data = whole[:SIZE], whole[SIZE:]
    kind = HEAD[: HEAD.index(b"%")]
    if not head.startswith(kind[: len(head)]):
        raise ValueError("holds something else, or is of another version of the book")
    if head != _head(data):
        raise ValueError("is truncated or damaged")
    try:
        state = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError):
        state = None
    if not isinstance(state, dict):
        raise ValueError("holds something else (nothing of it was executed)")
    return state


def _advice(path: Path) -> str:
    """What to do instead of using a checkpoint: take the older one, if it is whole, or
    begin anew.
    """
    begin = f"To begin anew, delete {path}"
    try:
        step = _load(older(path)).get("step")
    except (OSError, ValueError):
        return f"{begin}; there is no older one that is whole"
    return f"The older {older(path)} is whole (step {step}): copy it to {path} to go on from there. {begin}"


def demand_same(
    path: Path, what: str, saved: Mapping[str, object], here: Mapping[str, object]
) -> None:
    """Raise :class:`CheckpointError` if a checkpoint's ``saved`` description is not
    that of this run.

    It is not if a name is only in one of them, or has another value. The error names
    the first that differs.
    """
    for name in {**saved, **here}:
        if saved.get(name) != here.get(name):
            raise CheckpointError(
                f"{path} is of another {what}: {name} is {saved.get(name, 'not there')} in it, and "
                f"{here.get(name, 'not there')} here. Give another file, or go on with the {what} it was written for. "
                + _advice(path)
            )
