"""Archives: the same files give the same bytes, whenever they are packed."""

import zipfile
from collections.abc import Iterable
from pathlib import Path

NEVER = (1980, 1, 1, 0, 0, 0)
"""The date of every file in an archive, the first that it can have."""


def pack(archive: Path, files: Iterable[tuple[str, bytes]]) -> None:
    """Write files, by their names, into an archive."""
    with zipfile.ZipFile(archive, "w") as packed:
        for name, content in files:
            entry = zipfile.ZipInfo(name, NEVER)
            entry.external_attr, entry.create_system = 0o644 << 16, 3
            packed.writestr(entry, content, zipfile.ZIP_DEFLATED, 9)
