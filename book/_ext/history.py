"""What became of each statement from version to version: ``book/history.txt``.

A line is ``label version digest``, and behind that what changed, if the label was there before. The statements are
those of results and short answers, without what stands beside them (the derivation, what tempts, what a grader looks
for), and the numbered equations outside these. Their digest is that of the words and of the TeX, without spaces: it
does not hang on how a page looks, on its numbers, or on the data.

`make release` writes the digests of its version. If a statement is no more what it was in the last version, the build
fails until the file has a line for it, with what changed, and with - for the digest, which the release puts in. A
statement that changed says so at its place; ``history.json`` tells it to programs.
"""

import functools
import hashlib
import json
from pathlib import Path
from typing import NamedTuple

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.util import logging

from .citations import version
from .results import answer, inside, result

logger = logging.getLogger(__name__)

FILE, RELEASES = "history.txt", "releases.txt"
OPEN = "-"


class Line(NamedTuple):
    """A line of the file: a label, a version in which it was new, its digest there, and what had changed."""

    label: str
    version: str
    digest: str
    what: str


def read(env: BuildEnvironment) -> dict[str, list[Line]]:
    """The lines of each label."""
    return parse((Path(env.srcdir) / FILE).read_text())


@functools.lru_cache(maxsize=1)
def parse(text: str) -> dict[str, list[Line]]:
    """The lines of each label; raises ExtensionError at one that cannot be read."""
    found: dict[str, list[Line]] = {}
    for count, line in enumerate(text.splitlines(), start=1):
        if not line or line.startswith("#"):
            continue
        parts = [*line.split(maxsplit=3), ""]
        before = found.setdefault(parts[0], [])
        if len(parts) < 4 or (before and not parts[3]):
            raise ExtensionError(
                f"{FILE}:{count}: expected a label, a version, a digest (or -), and, if the label has a line before, "
                f"what changed; found {line!r}"
            )
        before.append(Line(*parts[:4]))
    return found


def digest(statement: str) -> str:
    """A digest of a statement."""
    return hashlib.sha256("".join(statement.split()).encode()).hexdigest()[:12]


def statements(env: BuildEnvironment) -> dict[str, str]:
    """The digest of every statement of the book, by its label."""
    blocks = env.unrolled_blocks.values()
    equations = env.unrolled_equations.items()
    return {block.label: digest(block.statement) for block in blocks} | {
        label: digest(tex) for label, (_, tex) in equations
    }


def changes(env: BuildEnvironment, label: str) -> list[tuple[str, str]]:
    """The versions in which a statement was new, with what had changed; the first is that in which it was added."""
    lines = read(env).get(label, [])
    added = [] if lines else [(version(Path(env.srcdir).parent), "")]
    return added + [(line.version, line.what) for line in lines]


def collect(app: Sphinx, doctree: nodes.document) -> None:
    """Note the equations of a page that was read."""
    for block in doctree.findall(nodes.math_block):
        if block.get("label") and not inside(block, (result, answer)):
            where = (app.env.docname, block.astext())
            app.env.unrolled_equations[block["label"]] = where


def check(app: Sphinx, env: BuildEnvironment) -> None:
    """Ask for a line for each statement that is not what it was in the last version that has it."""
    history, now = read(env), version(Path(env.srcdir).parent)
    released = f"unrolled-{now}.zip" in (Path(env.srcdir) / RELEASES).read_text()
    raised = f"raise the version, since {now} is released, and " if released else ""
    for label, found in statements(env).items():
        lines = history.get(label, [])
        told = lines and (lines[-1].digest == found or lines[-1][1:3] == (now, OPEN))
        if lines and not told:
            logger.warning(
                "the statement %s is not what it was in version %s: %sadd to %s, with what changed: %s %s %s …",
                *(label, lines[-1].version, raised, FILE, label),
                *("VERSION" if released else now, OPEN),
            )


def words(env: BuildEnvironment, label: str) -> str:
    """The history of a statement as a person would tell it."""
    (added, _), *changed = changes(env, label)
    more = (f" Changed in version {one}: {what}." for one, what in changed)
    return f"Added in version {added}.{''.join(more)}"


def tell(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Let a statement tell its history: in its citation, or, once it has changed, at its place."""
    for node in [*doctree.findall(result), *doctree.findall(answer)]:
        label = node["ids"][0]
        told = nodes.paragraph("", words(app.env, label), classes=["history"])
        cited = next(part for part in node if f"cite-{label}" in part.get("ids", ()))
        if len(changes(app.env, label)) > 1:
            node.insert(node.index(cited), told)
        else:
            cited.insert(0, told)
    for label, (page, _) in app.env.unrolled_equations.items():
        if page == docname and len(changes(app.env, label)) > 1:
            told = nodes.paragraph("", words(app.env, label), classes=["history"])
            block = next(
                b for b in doctree.findall(nodes.math_block) if b.get("label") == label
            )
            block.parent.insert(block.parent.index(block) + 1, told)


def write(app: Sphinx, failure: Exception | None) -> None:
    """Write ``history.json``."""
    if failure:
        return
    told = {
        label: {
            "digest": found,
            "changes": [list(change) for change in changes(app.env, label)],
        }
        for label, found in sorted(statements(app.env).items())
    }
    text = json.dumps(told, indent=1, ensure_ascii=False) + "\n"
    (Path(app.outdir) / "history.json").write_text(text)


def begin(app: Sphinx) -> None:
    """Take up the equations of the pages that an earlier build has read."""
    if not hasattr(app.env, "unrolled_equations"):
        app.env.unrolled_equations = {}


def forget(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Forget the equations of a page that is read again."""
    found = env.unrolled_equations.items()
    env.unrolled_equations = {k: v for k, v in found if v[0] != docname}


def setup(app: Sphinx) -> dict:
    """Connect to the events of reading, of writing, and of the end."""
    app.connect("builder-inited", begin)
    app.connect("env-purge-doc", forget)
    app.connect("doctree-read", collect)
    app.connect("env-check-consistency", check)
    app.connect("doctree-resolved", tell)
    app.connect("build-finished", write)
    return {"parallel_read_safe": False}
