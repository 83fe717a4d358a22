"""Builds the book, in the folder that it is called in: ``python book/_make/build.py``.

From nothing, strictly (a warning is an error), and beside the old site, which the new one then replaces; or not at all
if nothing has changed since. What has been executed is kept, in ``_build/.jupyter_cache``. With the argument ``draft``,
the site in ``_build/draft`` is brought up to date for its author, as ``watch.py`` shows it: only the pages that were
edited are read, and a warning is shown, no more.
"""

import gc
import hashlib
import os
import platform
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from lock import only_one

BUILD = Path("_build")
SITE, BUILT = BUILD / "html", BUILD / "built"
DRAFT = BUILD / "draft"
CLOSED = BUILD / "questions"
"""The folder of the book without solutions, beside whose pages no other stands."""
FOLDERS = {"1": BUILD, "0": CLOSED}

INPUTS = (
    *("book", "code"),
    *(
        "_config.yml",
        "_toc.yml",
        "CITATION.cff",
        "pyproject.toml",
        "LICENSE",
        "LICENSE-CODE",
    ),
    *("requirements.lock", ".github/page.png"),
)
PASSED_OVER = {"__pycache__", ".ipynb_checkpoints"}
VARIABLES = (
    *("UNROLLED_DATA", "UNROLLED_URL", "UNROLLED_REPOSITORY", "UNROLLED_GITHUB"),
    "OMP_NUM_THREADS",
)


def input_files() -> Iterator[Path]:
    """The files that the site is made of."""
    for name in INPUTS:
        path = Path(name)
        if path.is_file():
            yield path
        for folder, folders, files in os.walk(path):
            folders[:] = sorted(
                f
                for f in folders
                if f not in PASSED_OVER and not f.endswith(".egg-info")
            )
            yield from (Path(folder, file) for file in sorted(files))


def state() -> str:
    """A digest of all that the site depends on."""
    digest = hashlib.sha256(platform.python_version().encode())
    for name in VARIABLES:
        digest.update(f"\0{name}={os.environ.get(name, '')}".encode())
    for path in input_files():
        content = path.read_bytes()
        digest.update(f"\0{path.as_posix()} {len(content)}\0".encode() + content)
    return digest.hexdigest()


def is_built(folder: Path) -> bool:
    """Whether the site in a folder is there, and made of what is here now."""
    built = folder / BUILT.name
    return (
        (folder / SITE.name).is_dir()
        and built.is_file()
        and built.read_text() == state()
    )


def overrides() -> dict:
    """What the configuration has beside _config.yml, whichever Sphinx builds: where things are, and how strictly."""
    return {
        "external_toc_path": str(Path("_toc.yml").resolve()),
        "latex_individualpages": False,
        "nb_execution_cache_path": str((BUILD / ".jupyter_cache").resolve()),
        "nitpicky": True,
    }


def sphinx(folder: Path, strict: bool, closed: bool = False) -> int:
    """Let Sphinx build the site, as Jupyter Book configures it, in ``folder``; 0 if all is well.

    What ``folder`` holds of an earlier build is taken up. ``closed`` is the book without solutions.
    """
    # Most of the objects live as long as the build: to look for rubbish among them took two fifths of its time.
    gc.set_threshold(200_000, 20, 100)
    # A second for a grammar of addresses, by which nothing here is checked: jsonschema does without it.
    sys.modules["rfc3987_syntax"] = None
    from jupyter_book.sphinx import build_sphinx

    outcome = build_sphinx(
        "book",
        str(folder / "html"),
        noconfig=True,
        path_config="_config.yml",
        confoverrides=overrides(),
        tags=["closed"] if closed else [],
        warningiserror=strict,
        keep_going=True,
    )
    return outcome if isinstance(outcome, int) else 1


def open_to_all(folder: Path) -> None:
    """Let a web server read the site, under whatever mask and from whatever files it was made."""
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


def build(folder: Path) -> int:
    """Build the site of a folder and put it in the place of the old one; the exit code."""
    start, before = time.perf_counter(), state()
    site, built = folder / SITE.name, folder / BUILT.name
    old, new = folder / "old", folder / "new"
    shutil.rmtree(new, ignore_errors=True)
    if failed := sphinx(new, strict=True, closed=folder == CLOSED):
        print("The book was not built: see above for what to mend.", file=sys.stderr)
        return failed
    # a digest of the machine's paths, for builds that take up an earlier one
    (new / "html" / ".buildinfo").unlink()
    open_to_all(new / "html")
    built.unlink(missing_ok=True)
    shutil.rmtree(old, ignore_errors=True)
    if site.exists():
        site.rename(old)
    (new / "html").rename(site)
    built.write_text(before)
    shutil.rmtree(old, ignore_errors=True)
    shutil.rmtree(new)
    seconds = time.perf_counter() - start
    print(f"The book was built in {seconds:.0f} s: {site / 'index.html'}")
    return 0


def main() -> int:
    """Build the book if it is not built; the exit code."""
    draft = sys.argv[1:] == ["draft"]
    folder = FOLDERS.get(wanted := os.environ.get("SOLUTIONS", "1"))
    if folder is None:
        print(
            f"SOLUTIONS is {wanted!r}; expected 1, the book, or 0, the book without solutions",
            file=sys.stderr,
        )
        return 2
    if not draft and is_built(folder):
        page = folder / SITE.name / "index.html"
        print(f"Nothing has changed since the book was built: {page}")
        return 0
    with only_one(BUILD / "lock", "make watch" if draft else "make book"):
        if draft:
            return sphinx(DRAFT, strict=False)
        return 0 if is_built(folder) else build(folder)


if __name__ == "__main__":
    sys.exit(main())
