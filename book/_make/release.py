"""Makes the archive of this version of the book: ``python book/_make/release.py``.

The version is that of ``pyproject.toml``. Its archive is the built site, whatever has been put into it, with the sums
of all files, in one folder that can be read offline; from the same site it is the same to the byte. Its sum goes into
``book/releases.txt``, and the digests of the statements that are new or changed into ``book/history.txt``.

Where the site is published, each released version stands beside the newest, in a folder such as ``v0.1.0``: with the
arguments ``unpack FOLDER``, they are put there from the archives in a folder.
"""

import hashlib
import html
import json
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import packing
import yaml
from build import BUILD, SITE
from build import main as build

HISTORY, RELEASES = Path("book/history.txt"), Path("book/releases.txt")
SUMS = "SHA256SUMS"
NEWER = (
    '<aside aria-label="Version" style="padding: 0.5rem 1rem; text-align: center">This is version {version}. '
    '<a href="../{page}">Read the newest version.</a></aside>'
)


def archive_of(version: str) -> str:
    """The name of the archive of a version."""
    return f"unrolled-{version}.zip"


def sum_of(content: bytes) -> str:
    """A file's SHA-256."""
    return hashlib.sha256(content).hexdigest()


def released() -> dict[str, str]:
    """The versions that have been released, each with the sum of its archive."""
    lines = re.findall(
        r"^(\w{64})  unrolled-(.+)\.zip$", RELEASES.read_text(), re.MULTILINE
    )
    return {version: sum for sum, version in lines}


def version() -> str:
    """The version to release; ends the program if there is none."""
    found = tomllib.loads(Path("pyproject.toml").read_text())["project"]["version"]
    cited = str(yaml.safe_load(Path("CITATION.cff").read_text())["version"])
    changed = subprocess.check_output(["git", "status", "--porcelain"], text=True)
    if cited != found:
        sys.exit(
            f"pyproject.toml has version {found} and CITATION.cff {cited}: make them one."
        )
    if found in released():
        sys.exit(
            f"Version {found} is in {RELEASES}: raise it in pyproject.toml and CITATION.cff."
        )
    if changed:
        sys.exit(
            f"A release is made from what is committed. Commit, or take back:\n{changed}"
        )
    return found


def files(site: Path) -> Iterator[tuple[str, bytes]]:
    """The files of a site by name, without the versions unpacked there, and a list of their sums."""
    others = {f"v{version}" for version in released()}
    found = {
        path.relative_to(site).as_posix(): path.read_bytes()
        for path in sorted(site.rglob("*"))
        if path.is_file() and path.relative_to(site).parts[0] not in others
    }
    sums = "".join(f"{sum_of(content)}  {name}\n" for name, content in found.items())
    yield from found.items()
    yield SUMS, sums.encode()


def pack(site: Path, archive: Path) -> None:
    """Write a site into an archive, in a folder of the archive's name."""
    named = ((f"{archive.stem}/{name}", content) for name, content in files(site))
    packing.pack(archive, named)


def record(history: str, digests: dict[str, str], version: str) -> str:
    """The history with the digests of a version: in the lines that wait for them, and in one for each new statement."""
    opened = re.compile(rf"^(\S+) {re.escape(version)} -(?= )", re.MULTILINE)
    history = opened.sub(lambda line: f"{line[0][:-1]}{digests[line[1]]}", history)
    known = {line.split(" ")[0] for line in history.splitlines()}
    new = (
        f"{label} {version} {digest}\n"
        for label, digest in digests.items()
        if label not in known
    )
    return history + "".join(new)


def release() -> int:
    """Make the archive of the version, and write down its sum and its statements; the exit code."""
    number = version()
    if failed := build():
        return failed
    archive = BUILD / archive_of(number)
    pack(SITE, archive)
    with RELEASES.open("a") as lines:
        lines.write(f"{sum_of(archive.read_bytes())}  {archive.name}\n")
    told = json.loads((SITE / "history.json").read_text())
    digests = {label: one["digest"] for label, one in told.items()}
    HISTORY.write_text(record(HISTORY.read_text(), digests, number))
    print(
        f"{archive} is version {number}. Give this commit the tag v{number}, push the tag, and put the archive into "
        f"the release of that name. Then commit {HISTORY} and {RELEASES}, and push: the published site will have this "
        f"version in the folder v{number}, beside the newest."
    )
    return 0


def unpack(folder: Path) -> None:
    """Put every released version, from its archive in ``folder``, into the site; end the program if one is another."""
    for number, sum in released().items():
        archive = folder / archive_of(number)
        if not archive.is_file() or sum_of(archive.read_bytes()) != sum:
            sys.exit(f"{archive} is missing, or not the archive that {RELEASES} has.")
        place = SITE / f"v{number}"
        shutil.rmtree(place, ignore_errors=True)
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(SITE)
        (SITE / archive.stem).rename(place)
        for page in place.glob("*.html"):
            newest = page.name if (SITE / page.name).is_file() else "index.html"
            head, body, rest = re.split("(<body[^>]*>)", page.read_text(), maxsplit=1)
            link = NEWER.format(version=html.escape(number), page=newest)
            page.write_text(head + body + link + rest)


if __name__ == "__main__":
    if sys.argv[1:2] == ["unpack"]:
        unpack(Path(sys.argv[2]))
    else:
        sys.exit(release())
