"""What can be cited stays where it was: ``book/labels.txt`` has every label ever published, with its address.

A line is ``label address``, and behind that the label that took its place, if it has gone. A label of the book that is
not in the file, and one of the file that is not in the book, fail the build. Where the address is not the present one,
``moved.py`` lets the old place lead to the new.

Results, short answers, equations, figures, exercises and labelled sections have labels. Equations are put into the
inventory, where Sphinx leaves them out, so that other projects can refer to them too.

What can be cited has a page of its label, which leads to where it is: an address for ever, without a ``#``.
"""

from html import escape
from pathlib import Path
from typing import NamedTuple

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.util import logging

from .citations import named, own_page

logger = logging.getLogger(__name__)

FILE = "labels.txt"


class Line(NamedTuple):
    """A line of the file: a label, an address it was published at, and the label that stands for it now."""

    label: str
    address: str
    now: str


def published(env: BuildEnvironment) -> list[Line]:
    """The lines of the file; raises ExtensionError at one that cannot be read."""
    lines = []
    text = (Path(env.srcdir) / FILE).read_text()
    for count, line in enumerate(text.splitlines(), start=1):
        fields = line.split()
        if not fields or line.startswith("#"):
            continue
        if len(fields) not in (2, 3) or ".html#" not in fields[1]:
            raise ExtensionError(
                f"{FILE}:{count}: expected a label, page.html#anchor, and at most the label that took its place; "
                f"found {line!r}"
            )
        lines.append(
            Line(fields[0], fields[1], fields[-1] if fields[2:] else fields[0])
        )
    return lines


def present(env: BuildEnvironment) -> dict[str, str]:
    """The address of every label of the book, but for those that sphinx-exercise makes up for solutions."""
    found = {}
    exercises = getattr(env, "sphinx_exercise_registry", {})
    for label, (docname, anchor, _) in env.domains["std"].labels.items():
        made_up = exercises.get(label, {}).get("type") == "solution"
        if docname in env.found_docs and anchor and not made_up:
            found[label] = f"{docname}.html#{anchor}"
    return found


def add_numbers(app: Sphinx, env: BuildEnvironment) -> None:
    """Let results and short answers be referred to by number and title, and put equations among the labels.

    So it is in the inventory, too, and in other projects that refer to them.
    """
    labels = env.domains["std"].labels
    for block in env.unrolled_blocks.values():
        labels[block.label] = (block.docname, block.label, named(app, block))
    for label, (docname, _) in env.domains["math"].equations.items():
        anchor = f"equation-{label}"
        number = env.toc_fignumbers[docname]["displaymath"][anchor]
        title = f"Equation ({'.'.join(map(str, number))})"
        labels[label] = (docname, anchor, title)


def check(app: Sphinx, env: BuildEnvironment) -> None:
    """Hold the book's labels against the file."""
    lines, addresses = published(env), present(env)
    known = {(line.label, line.address) for line in lines}
    # those that an earlier build has put there, see below
    former = {line.label for line in lines if line.now != line.label}
    for label, address in addresses.items():
        if (label, address) not in known and label not in former:
            logger.warning(
                "%s lacks a label of the book; add the line: %s %s",
                FILE,
                label,
                address,
            )
    for line in lines:
        if line.now not in addresses:
            logger.warning(
                "the label %s was published and is gone; bring it back, or write the label that took its place behind "
                "its line in %s: %s %s",
                line.now,
                FILE,
                line.label,
                line.address,
            )
        elif line.label not in addresses:
            # what refers to the old label through the inventory finds the new one
            labels = env.domains["std"].labels
            labels[line.label] = labels[line.now]


def moved(app: Sphinx) -> dict[str, list[tuple[str, str]]]:
    """The pages on which labels stood that stand elsewhere now: the old anchors, and the present addresses."""
    addresses = present(app.env)
    found: dict[str, list[tuple[str, str]]] = {}
    for line in published(app.env):
        if line.now in addresses and addresses[line.now] != line.address:
            docname, anchor = line.address.split(".html#")
            found.setdefault(docname, []).append((anchor, addresses[line.now]))
    return found


LEAD = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>{title}</title><meta http-equiv="refresh" content="0; url=../{to}"></head>
<body><p><a href="../{to}">{title}</a></p></body>
</html>
"""


def write(app: Sphinx, failure: Exception | None) -> None:
    """Write the page of each label, present or former, of a result or short answer."""
    if failure:
        return
    blocks = app.env.unrolled_blocks
    for line in published(app.env):
        if line.now in blocks:
            page = Path(app.outdir, own_page(line.label))
            page.parent.mkdir(exist_ok=True)
            title = escape(named(app, blocks[line.now]))
            page.write_text(LEAD.format(title=title, to=blocks[line.now].address))


def setup(app: Sphinx) -> dict:
    """Connect to the events after all pages have been read, and to the end of the build."""
    app.connect("env-check-consistency", add_numbers, priority=400)
    app.connect("env-check-consistency", check)
    app.connect("build-finished", write)
    return {"parallel_read_safe": False}
