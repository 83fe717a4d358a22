"""Makes the environment of the book, or finds that it is up to date: ``environment.py .venv TORCH_INDEX``.

The new environment is made beside the old one, as ``.venv.a`` or ``.venv.b``; ``.venv`` is a link, which is turned to
the new one when it stands. So a set-up that fails or is killed leaves the old one as it was. The file ``ready`` in it
says what it was made of; nothing is decided by the time of a file.

PYTHON and TORCH_INDEX count if the caller of make named them (then they are in the process's environment); if not, an
environment keeps its own.
"""

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCK = ROOT / "requirements.lock"
TORCH_LOCK = ROOT / "requirements-torch.lock"
PARTS_OF_CUDA = ("cuda-", "nvidia-", "triton==")
"""How the names of those packages begin that PyTorch's default build needs and its CPU build does not."""


def spare(venv: Path) -> Path:
    """Where the next environment is made: the one of two folders that ``venv`` is not linked to."""
    a, b = Path(f"{venv}.a"), Path(f"{venv}.b")
    return b if os.path.realpath(venv) == os.path.realpath(a) else a


def found(venv: Path) -> dict:
    """What the environment was made of, as it says itself; empty if it does not."""
    try:
        made = dict(json.loads((venv / "ready").read_text()))
    except (OSError, ValueError, TypeError):
        return {}
    python = venv / "bin" / "python"
    if not python.exists() or os.path.realpath(python) != made.get("python"):
        made["python"] = None  # it is gone, or another one by now
    return made


def wanted(venv: Path, torch_index: str) -> dict:
    """What the environment should be made of; SystemExit if its Python is too old or too new."""
    made = found(venv)
    python = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
    version = "{}.{}".format(*sys.version_info)
    if made.get("python") and "PYTHON" not in os.environ:
        python, version = made["python"], made["version"]
    if "torch index" in made and "TORCH_INDEX" not in os.environ:
        torch_index = made["torch index"]
    if version not in ("3.11", "3.12", "3.13"):
        sys.exit(
            f"Python 3.11 to 3.13 is needed, and {os.environ.get('PYTHON', 'python3')} is {version}; "
            "name another: make setup PYTHON=python3.12"
        )
    # What is said to the tools of the tests does not concern the environment.
    package = re.sub(
        rb"^\[tool\.(ruff|pytest).*\n((?!\[).*\n)*",
        b"",
        (ROOT / "pyproject.toml").read_bytes(),
        flags=re.M,
    )
    sources = [LOCK.read_bytes(), TORCH_LOCK.read_bytes(), package]
    return {
        "place": os.path.realpath(venv),  # its scripts name it
        "checkout": str(ROOT),
        "python": python,
        "version": version,
        "torch index": torch_index,
        "packages": [hashlib.sha256(text).hexdigest() for text in sources],
        "environment.py": hashlib.sha256(Path(__file__).read_bytes()).hexdigest(),
    }


def install(new: Path, torch_index: str, run: partial) -> None:
    """Fill a new, empty environment with what the locks say."""
    pip = [new / "bin/python", "-m", "pip", "install"]
    lock = LOCK.read_text()
    if torch_index:
        torch = run(
            [*pip, "--retries", "0", "--index-url", torch_index]
            + ["--no-deps", "--require-hashes", "--requirement", TORCH_LOCK],
            check=False,
            stderr=subprocess.PIPE,
            text=True,
        )
        sys.stderr.write(torch.stderr)
        if torch.returncode == 0:
            pins = re.findall(r"^\w.*\n(?: .*\n)*", lock, re.M)
            lock = "".join(pin for pin in pins if not pin.startswith(PARTS_OF_CUDA))
        elif re.search("No matching distribution|ResolutionImpossible", torch.stderr):
            print(
                f"PyTorch's CPU build cannot be had from {torch_index}: the default build is taken from "
                "the package index; on Linux it brings CUDA, several GB.",
                flush=True,
            )
        else:
            torch.check_returncode()
    (new / LOCK.name).write_text(lock)
    run([*pip, "--require-hashes", "--requirement", new / LOCK.name])
    run([*pip, "--no-deps", "--no-build-isolation", "--editable", ROOT])
    settings = new / "etc/jupyter/labconfig/default_setting_overrides.json"
    run(
        [new / "bin/jupytext-config", "--settings-file", settings]
        + ["set-default-viewer", "markdown", "myst"]
    )
    run(
        [new / "bin/jupyter", "labextension", "disable", "--level", "sys_prefix"]
        + ["@jupyterlab/apputils-extension:announcements"]
    )


def make(venv: Path, want: dict, run: partial) -> None:
    """Make a new environment, and put it in the place of the old one when it stands."""
    new = spare(venv)
    # Whoever is told to end, ends what it started.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        run([want["python"], "-m", "venv", "--clear", new])
        install(new, want["torch index"], run)
    except (subprocess.CalledProcessError, KeyboardInterrupt):
        shutil.rmtree(new, ignore_errors=True)
        sys.exit(
            "The set-up did not come to its end. "
            + (f"{venv} is as it was." if venv.exists() else "Run it again.")
        )
    (new / "ready").write_text(
        json.dumps({**want, "place": os.path.realpath(new)}, indent=1)
    )
    link = Path(f"{venv}.new")
    if link.is_symlink():
        link.unlink()
    link.symlink_to(new.name)
    if venv.is_dir() and not venv.is_symlink():  # made by hand, or by another version
        old = Path(f"{venv}.b")
        shutil.rmtree(old, ignore_errors=True)
        venv.rename(old)
    link.replace(venv)


def main() -> None:
    """Make the environment that is named, unless it is up to date."""
    venv, torch_index = Path(os.path.abspath(sys.argv[1])), sys.argv[2]
    if found(venv) == wanted(venv, torch_index) and not spare(venv).exists():
        return
    from lock import only_one  # not before: this Python may be too old for it

    with only_one(Path(f"{venv}.lock"), "make setup") as lock:
        made, want = found(venv), wanted(venv, torch_index)
        if made != want:
            others = [name for name in want if made and made.get(name) != want[name]]
            why = f"changed: {', '.join(others)}" if others else "new"
            print(
                f"Setting up {venv} with Python {want['version']} ({why})", flush=True
            )
            make(venv, want, partial(subprocess.run, check=True, pass_fds=[lock]))
        shutil.rmtree(spare(venv), ignore_errors=True)


if __name__ == "__main__":
    main()
