"""A name once in the reference leads to what it named: ``book/names.txt`` has every one ever published.

A line is ``kind name page``. Where a name has gone is said by the lines ``old → new``, for all names that begin with
the old one: of several the longest counts, and what it gives may be moved on by another. A name that then is not in the
reference, because it is a helper now, say, stands for what it is in. One that stands for nothing fails the build, and
so does one in the reference that is not in the file.

The old anchor is put beside the present one, if both are on one page; else ``moved.py`` leads on. Other projects find
the old name in the inventory.
"""

import functools
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.domains.python import ModuleEntry, ObjectEntry
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.util import logging

logger = logging.getLogger(__name__)

FILE = "names.txt"


class Place(NamedTuple):
    """Where a name of some kind (module, class, function …) is in the reference: the page and the anchor."""

    kind: str
    page: str
    anchor: str


class Published(NamedTuple):
    """The file: the names with their places, and to what each old name or beginning of names has moved."""

    names: list[tuple[str, Place]]
    moves: dict[str, str]


def published(env: BuildEnvironment) -> Published:
    """What the file says; raises ExtensionError at a line that cannot be read."""
    found = Published([], {})
    for count, line in enumerate((Path(env.srcdir) / FILE).read_text().split("\n"), 1):
        match line.partition("#")[0].split():
            case []:
                pass
            case old, "→", new:
                found.moves[old] = new
            case kind, name, page:
                anchor = f"module-{name}" if kind == "module" else name
                found.names.append((name, Place(kind, page, anchor)))
            case _:
                raise ExtensionError(
                    f"{FILE}:{count}: expected a kind, a name and its page, or old → new; found {line!r}"
                )
    return found


def present(env: BuildEnvironment) -> dict[str, Place]:
    """Every name of the reference, and those by which Sphinx knows what a package offers of its parts."""
    return {
        name: Place(kind, page, anchor)
        for name, _, kind, page, anchor, _ in env.domains["py"].get_objects()
    }


def follow(name: str, moves: dict[str, str], places: dict[str, Place]) -> str:
    """What a name is called now."""
    for _ in moves:
        old = name
        while old and old not in moves:
            old = old.rpartition(".")[0]
        if name in places or not old:
            break
        name = moves[old] + name.removeprefix(old)
    return name


def stands_for(
    name: str, moves: dict[str, str], places: dict[str, Place]
) -> Place | None:
    """The place that a name leads to: where it is now, or else where that is which it was in; None if nowhere."""
    while "." in name:
        if place := places.get(follow(name, moves, places)):
            return place
        name = name.rpartition(".")[0]
    return None


def check(app: Sphinx, env: BuildEnvironment) -> None:
    """Hold the reference against the file."""
    (names, moves), places = published(env), present(env)
    lost = {name for name, _ in names if not stands_for(name, moves, places)}
    for name in sorted(lost):
        if name.rpartition(".")[0] not in lost:
            logger.warning(
                "%s was published, and nothing in the reference stands for it; say in %s where it has gone: %s → …",
                name,
                FILE,
                name,
            )
    for old, new in moves.items():
        if follow(new, moves, places) not in places:
            logger.warning(
                "%s: %s → %s leads to nothing in the reference", FILE, old, new
            )
    own = {name: place for name, place in places.items() if place.anchor.endswith(name)}
    if new := sorted(own.items() - set(names)):
        lines = [f"{place.kind} {name} {place.page}" for name, place in new]
        logger.warning("%s lacks names; add the lines:\n%s", FILE, "\n".join(lines))


@functools.lru_cache(maxsize=1)
def moves_of(app: Sphinx) -> dict[str, list[tuple[str, Place]]]:
    """The pages on which names stood that stand elsewhere now: the old anchors, and the present places."""
    (names, moves), places = published(app.env), present(app.env)
    found = defaultdict(list)
    for name, place in names:
        now = stands_for(name, moves, places)
        if now and now[1:] != place[1:]:
            found[place.page].append((place.anchor, now))
    return found


def moved(app: Sphinx) -> dict[str, list[tuple[str, str]]]:
    """The pages from which names have moved to others: the old anchors, and the present addresses."""
    return {
        page: [(old, f"{n.page}.html#{n.anchor}") for old, n in found if n.page != page]
        for page, found in moves_of(app).items()
    }


def put_beside(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Let the old anchors of what is still on its page stand beside the present ones."""
    anchored = {
        anchor: node
        for node in doctree.findall(nodes.Element)
        for anchor in node.get("ids", ())
    }
    for old, now in moves_of(app).get(docname, []):
        if now.page == docname and old not in anchored:
            anchored[now.anchor]["ids"].append(old)


def add(app: Sphinx) -> list:
    """Put the old names into the inventory, after the indices have been made; no page is made here."""
    domain = app.env.domains["py"]
    (names, moves), places = published(app.env), present(app.env)
    for name, place in names:
        now = stands_for(name, moves, places)
        module = place.kind == "module"
        entries = domain.modules if module else domain.objects
        if now and name not in entries:
            where = now.page, now.anchor
            entries[name] = (
                ModuleEntry(*where, "", "", False)
                if module
                else ObjectEntry(*where, place.kind, True)
            )
            app.unrolled_former.append((entries, name))
    return []


def take_out(app: Sphinx, error: Exception | None) -> None:
    """Leave the next build what is in the reference, and nothing else."""
    for entries, name in app.unrolled_former:
        del entries[name]


def setup(app: Sphinx) -> dict:
    """Connect to the events after all pages have been read."""
    app.unrolled_former = []
    app.connect("env-check-consistency", check)
    app.connect("doctree-resolved", put_beside)
    app.connect("html-collect-pages", add)
    app.connect("build-finished", take_out, priority=940)
    return {"parallel_read_safe": False}
