"""What README and CONTRIBUTING name is there: files, commands, settings, links."""

import fnmatch
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXTS = {name: (ROOT / name).read_text() for name in ("README.md", "CONTRIBUTING.md")}
MAKEFILE = (ROOT / "Makefile").read_text()
SETTINGS = MAKEFILE + (ROOT / "book" / "_make" / "build.py").read_text()
BUILT = ("_build", ".venv", "http", "notebooks/", "v0.1.0/")
"""How the names begin of what is not in the repository."""
FILE = re.compile(
    r"[\w*.-]+(/[\w*.-]*)+|[\w*.-]+\.(md|yml|txt|cff|in|lock|bib|toml|py)"
)
THERE = [
    f"/{path.relative_to(ROOT).as_posix()}"
    for folder in (
        "book",
        "code",
        "bench",
        "tests",
        ".ci",
        ".github",
        "*.*",
        "Makefile",
    )
    for top in ROOT.glob(folder)
    for path in (top, *top.rglob("*"))
]


def code(text: str) -> list[str]:
    """What a text has in the type of code: lines, and pieces of lines."""
    blocks = re.findall(r"^ *```\w*\n(.*?)^ *```", text, re.M | re.S)
    rest = re.sub(r"^ *```.*?^ *```", "", text, flags=re.M | re.S)
    spans = re.findall(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", rest, re.S)
    return [*"".join(blocks).splitlines(), *(span for _, span in spans)]


@pytest.mark.parametrize("name", TEXTS)
def test_commands_exist(name: str):
    said = "\n".join(" ".join(piece.split()) for piece in code(TEXTS[name]))
    targets = set(re.findall(r"^([\w-]+):", MAKEFILE, re.M))
    asked = set(re.findall(r"\bmake ([a-z][\w-]*)", said))
    assert asked and asked <= targets
    for variable in set(re.findall(r"\b([A-Z_]{4,})=", said)):
        assert re.search(rf"\b{variable}\b", SETTINGS), variable


@pytest.mark.parametrize("name", TEXTS)
def test_files_exist(name: str):
    named = {
        word.rstrip(".,:")
        for piece in code(TEXTS[name])
        for word in piece.split()
        if FILE.fullmatch(word) and not word.startswith(BUILT)
    }
    assert named
    # PAGE and the like stand for any; in a folder's row, the rest is said
    shapes = {word: re.sub(r"\b[A-Z]{3,}\b", "*", word).strip("/") for word in named}
    assert not [
        word
        for word, shape in shapes.items()
        if not fnmatch.filter(THERE, f"*/{shape}")
    ]


@pytest.mark.parametrize("name", TEXTS)
def test_links_lead_somewhere(name: str):
    text = TEXTS[name]
    titles = re.findall(r"^#+ (.+)$", text, re.M)
    anchors = {
        re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles
    }
    for address in re.findall(r"\]\(([^)]+)\)", text):
        if address.startswith("#"):
            assert address[1:] in anchors, address
        elif not address.startswith("http"):
            assert (ROOT / address).exists(), address


def test_first_screen_says_what_the_book_is_and_how_to_have_it():
    first = "\n".join(TEXTS["README.md"].splitlines()[:45])
    for needed in ("page.png", "without installing", "make book", "make test"):
        assert needed in first
    assert (ROOT / ".github/page.png").stat().st_size < 150_000
