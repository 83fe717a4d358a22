"""The tutorials' own data: eighteen lists of surnames and *Alice's Adventures in
Wonderland*.

Sources: the names are those of the PyTorch name tutorials, from the repository
``spro/practical-pytorch``; *Alice* is Project Gutenberg's e-book 11, from the examples
of ``amueller/word_cloud``. Both are pinned to one commit, and every file to its
SHA-256. They are not part of the book: :func:`fetch` downloads them into a cache folder
(environment variable ``UNROLLED_CACHE``), and :func:`path` reads from there and never
downloads.

Left out: the zip archive that the tutorial itself links to. It has no pinned version,
and three of its files differ from the ones here by scraping residue (see the data
card).
"""

__all__ = [
    "NAMES",
    "ALICE",
    "Original",
    "DataError",
    "REGISTRY",
    "cache",
    "fault",
    "path",
    "fetch",
]

import functools
import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pooch

VARIABLE = "UNROLLED_CACHE"
BASE = "https://raw.githubusercontent.com"
NAMES = (
    "spro/practical-pytorch",
    "c520c52e68e945d88fff563dba1c028b6ec0197b",
    "data/names",
)
"""The repository of the surnames, the commit, and the folder."""

ALICE = "amueller/word_cloud", "cfc1e9f203bea06ef89a2d47650c556c4ed4336b", "examples"
"""The repository of *Alice*, the commit, and the folder."""


class Original(NamedTuple):
    """One file: where it comes from, and what it must be."""

    repository: str
    commit: str
    source: str
    bytes: int
    sha256: str

    @property
    def url(self) -> str:
        """The address of the file at its pinned commit."""
        return f"{BASE}/{self.repository}/{self.commit}/{self.source}"


class DataError(RuntimeError):
    """An original file is missing, truncated or altered, or could not be fetched."""


_SUMS = """
names/Arabic.txt      13190 6f424a8dbe51cbbbabab7a57d38b617210125e4e3991f3c657cb79b8f104bafc
names/Chinese.txt      1246 09ba8f1f7e38dbc99372d461b26ad4433b811fc6bfa6a3ecca6fe11a9a777465
names/Czech.txt        3916 e17ab0ec47616a72c39cb85c783f70c3663ab64488721e5d8378f146d2226be7
names/Dutch.txt        2351 924f32b635170eae561f84538632138fc07d4c8bbd70ba3fb980de1ecc4d2af3
names/English.txt     27125 9cca037066d3d5989e24bc01801416162de506b5e28e15b7c092a47905d29bf2
names/French.txt       2178 81e65b36c60ed5b89a17422f6edcadbb89546f38ad69e960e64e7ba682012a95
names/German.txt       5610 7449cd590b97a733e18d613a4155decd77ec35dc5f8aadd7a82204dce4f051db
names/Greek.txt        1981 3555b5186de7f401e6d991b088e9e644ca3099116477818c25ab5793801389e6
names/Irish.txt        1858 cf8c7013256252a88d2503127b87282a11f21b2ff6db1bded68834c19a1ec058
names/Italian.txt      5657 f88414c27d0606a11a678b4859277828c2565d6cc4d9ee932deef6e94f3b35e4
names/Japanese.txt     7622 e0e717e114fec3e7eade4d9dabe0067c475f43147e36a22b47902ee76ad9e67f
names/Korean.txt        423 cd54221ccb362a6cba4c78828838cf3268a0e59744767a37cf6ec4b74036b136
names/Polish.txt       1165 45bab898af2f60ed3a728bbf6980e28821011a7caa53227553b5785903a40826
names/Portuguese.txt    554 50a8735f41f4f73757c8ce5b16cb0275cd86b2b214bcbc8c9805f508cb131c53
names/Russian.txt     85168 0cfe53ac18041e8f63666aa77313e0a3ff378facb132abee052d8ebdc8c3d62c
names/Scottish.txt      752 78d0252711d87d948ea86fe34826c51d2d794a8e52d15b5d6f7b6244d45d62dd
names/Spanish.txt      2284 1bcb462ed3316756a85781d68232bddae04498fdddd5d9219c53fd1fbdeba7a7
names/Vietnamese.txt    339 f3f9e4164ab47601178a6e45b216464a64122f49d05541f24bf18a757253281d
alice.txt            148570 f00b287e63f5ae3442dc5b9c4bf18650adaf3b7f5034f7be5460089b934a0752
"""


def _registry() -> Iterator[tuple[str, Original]]:
    """Each line of the sums, as an original with its name."""
    for line in _SUMS.split("\n")[1:-1]:
        name, size, sha256 = line.split()
        repository, commit, folder = NAMES if name.startswith("names/") else ALICE
        source = f"{folder}/{Path(name).name}"
        yield name, Original(repository, commit, source, int(size), sha256)


REGISTRY: dict[str, Original] = dict(_registry())
"""Every original file, by its path inside the cache folder."""


def cache() -> Path:
    """The folder of the originals: ``UNROLLED_CACHE``, or the system's folder for
    caches.
    """
    return Path(os.environ.get(VARIABLE) or pooch.os_cache("unrolled"))


@functools.cache
def _sha256(file: Path, size: int, modified: int) -> str:
    """The sum of a file; its size and time are arguments so that a changed file is
    summed anew.
    """
    return hashlib.sha256(file.read_bytes()).hexdigest()


def fault(name: str) -> str:
    """What is wrong with an original: what was expected and what was found; ``""`` when
    nothing is.

    Raises :class:`DataError` if no original is called ``name``.
    """
    if name not in REGISTRY:
        raise DataError(
            f"there is no original {name!r}; there are: {', '.join(REGISTRY)}"
        )
    original, file = REGISTRY[name], cache() / name
    expected = f"{name} in {cache()}: expected {original.bytes} bytes with sha256 {original.sha256}; found "
    if not file.is_file():
        return expected + "no file"
    state = file.stat()
    if state.st_size != original.bytes:
        return expected + f"{state.st_size} bytes"
    found = _sha256(file, state.st_size, state.st_mtime_ns)
    return "" if found == original.sha256 else expected + f"sha256 {found}"


def path(name: str) -> Path:
    """The verified file of an original, e.g. ``"names/Arabic.txt"``. Nothing is ever
    downloaded here.

    Raises :class:`DataError` if there is no such original, or its file is missing,
    truncated or altered; the message names the file, what was expected, what was found,
    and the command that mends it.
    """
    if wrong := fault(name):
        raise DataError(
            f"{wrong}. Run `make data` to fetch it ({VARIABLE} says into which folder)."
        )
    return cache() / name


def fetch() -> None:
    """Download every original that is missing or wrong, and say so line by line.

    Each file is downloaded beside its place, under its name with ``.part`` behind it,
    verified, and only then moved there. So a wrong file stays until the right one has
    come. What a run that was killed has left half-written is overwritten or taken away
    by the next. Raises :class:`DataError` at the first file that cannot be fetched,
    with its address and the reason.
    """
    pooch.get_logger().setLevel("WARNING")  # our own lines say the same, shorter
    print(f"Originals in {cache()}")
    for name, original in REGISTRY.items():
        file = cache() / name
        part = file.with_name(f"{file.name}.part")
        right = not fault(name)
        try:
            if not right:
                file.parent.mkdir(parents=True, exist_ok=True)
                pooch.HTTPDownloader()(original.url, str(part), None)
                found = hashlib.sha256(part.read_bytes()).hexdigest()
                if found != original.sha256:
                    raise ValueError(
                        f"expected sha256 {original.sha256}, and found {found}"
                    )
                os.replace(part, file)
        except (OSError, ValueError) as reason:  # refused or not writable; another sum
            raise DataError(
                f"{name} could not be fetched from {original.url}: {reason}"
            ) from reason
        finally:
            part.unlink(missing_ok=True)
        said = "there, and right" if right else f"fetched, {original.bytes} bytes"
        print(f"  {name}: {said}")


if __name__ == "__main__":
    try:
        fetch()
    except DataError as error:
        sys.exit(f"error: {error}")
