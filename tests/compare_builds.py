"""Compares two builds of the book, byte for byte: ``python tests/compare_builds.py FIRST SECOND``.

What cannot be equal (run times, dates) is put aside and listed: in the pages it is marked ``volatile``.
"""

import re
import sys
from pathlib import Path

VOLATILE = {
    ".html": re.compile(rb'<span class="volatile">[^<]*</span>'),
    ".bib": re.compile(rb'built on [\w ]+ from|year = "\d+"'),
}


def files(folder: Path) -> dict[str, Path]:
    """The files of a build by their path in it."""
    return {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def lasting(path: Path) -> bytes:
    """A file's bytes without what is volatile."""
    content = path.read_bytes()
    volatile = VOLATILE.get(path.suffix)
    return volatile.sub(b"", content) if volatile else content


def compare(first: Path, second: Path) -> list[str]:
    """The differences between two builds, a line each."""
    left, right = files(first), files(second)
    differences = []
    for name in sorted(left.keys() | right.keys()):
        if name not in right:
            differences.append(f"{name} is only in the first")
        elif name not in left:
            differences.append(f"{name} is only in the second")
        elif lasting(left[name]) != lasting(right[name]):
            differences.append(f"{name} differs")
    return differences


def main() -> None:
    """Print what differs and what was put aside; exit with 1 if anything differs."""
    first, second = map(Path, sys.argv[1:])
    for folder in (first, second):
        if not (folder / "index.html").is_file():
            sys.exit(f"{folder} is not a built book: it has no index.html")
    for name, path in files(first).items():
        volatile = VOLATILE.get(path.suffix)
        if volatile and (count := len(volatile.findall(path.read_bytes()))):
            print(f"put aside: {count} times or dates in {name}")
    differences = compare(first, second)
    print(*differences, sep="\n")
    print(f"{len(files(first))} files compared, {len(differences)} differences")
    sys.exit(bool(differences))


if __name__ == "__main__":
    main()
