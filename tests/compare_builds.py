"""Compares two builds of the book, byte for byte: ``python tests/compare_builds.py FIRST SECOND``.

What cannot be equal (run times, dates) is marked ``volatile`` in the pages; it is put aside and listed.
"""

import re
import sys
from pathlib import Path

VOLATILE = re.compile(rb'<span class="volatile">[^<]*</span>')


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
    return VOLATILE.sub(b"", content) if path.suffix == ".html" else content


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
        if path.suffix == ".html" and (
            count := len(VOLATILE.findall(path.read_bytes()))
        ):
            print(f"put aside: {count} times or dates in {name}")
    differences = compare(first, second)
    print(*differences, sep="\n")
    print(f"{len(files(first))} files compared, {len(differences)} differences")
    sys.exit(bool(differences))


if __name__ == "__main__":
    main()
