"""Search finds each result, short answer, figure, equation, section and question by itself, also by students' words.

Sphinx's index has the pages and the names of the package. The rest is put into it at the build's end, as what it calls
objects: each is found by the words of its name, and has an address of its own. ``search.js`` ranks what is found.
"""

import html
import string
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.search import js_index

from .citations import named
from .questions import anchor, questions, titled
from .words import words

PRIORITIES = {
    "word": 3,
    "question": 3,
    "short answer": 4,
    "result": 4,
    "figure": 5,
    "section": 5,
    "equation": 6,
}


class Entry(NamedTuple):
    """What can be found: of which kind, where, and by what name."""

    kind: str
    docname: str
    anchor: str
    name: str


def blocks(app: Sphinx) -> Iterator[Entry]:
    """Questions, results, short answers, figures and equations."""
    env, asked = app.env, questions(app)
    for id, docname in env.unrolled_map.items():
        number = id.lstrip(string.ascii_letters)  # most leave the sheet's letter out
        name = f"{number} ({id}): {asked[id].place}"
        yield Entry("question", docname, anchor(id), name)
    for block in env.unrolled_blocks.values():
        kind = "short answer" if block.kind == "answer" else block.kind
        yield Entry(kind, block.docname, block.label, named(app, block))
    for label, (docname, anchor_, text) in env.domains["std"].labels.items():
        title = titled(app, label)[2]
        if title.startswith("Figure "):
            first = text.split(". ")[0].split(": ")[0].rstrip(".:")
            yield Entry("figure", docname, anchor_, f"{title}: {first}")
        elif title.startswith("Equation ("):
            name = title.replace("(", "").replace(")", "")
            yield Entry("equation", docname, anchor_, name)


def sections(app: Sphinx) -> Iterator[Entry]:
    """The sections of all pages but the reference, whose names Sphinx has."""
    for docname, contents in app.env.tocs.items():
        for link in contents.findall(nodes.reference):
            if link["anchorname"] and not docname.startswith("reference"):
                yield Entry("section", docname, link["anchorname"][1:], link.astext())


def entries(app: Sphinx) -> list[Entry]:
    """All that can be found: a place once, and by each word that leads to it."""
    places = {}
    for entry in (*blocks(app), *sections(app)):
        places.setdefault((entry.docname, entry.anchor), entry)
    called = [
        Entry("word", *titled(app, word.label)[:2], f"{word.said}: {word.here}")
        for word in words(app)
    ]
    return sorted([*called, *places.values()])


def complete(app: Sphinx, error: Exception | None) -> None:
    """Put the entries into the index."""
    if error or app.builder.format != "html":
        return
    path = Path(app.outdir, app.builder.searchindex_filename)
    with path.open() as file:
        index = js_index.load(file)
    pages = {docname: i for i, docname in enumerate(index["docnames"])}
    # without the marks of their numbers, which are no part of what is searched
    index["titles"] = [html.escape(app.env.titles[name].astext()) for name in pages]
    types = {kind: len(index["objtypes"]) + i for i, kind in enumerate(PRIORITIES)}
    for kind, number in types.items():
        index["objtypes"][str(number)] = f"book:{kind}"
        index["objnames"][str(number)] = ("book", kind, kind)
    found = entries(app)
    index["objects"].setdefault("", []).extend(
        (
            pages[one.docname],
            types[one.kind],
            PRIORITIES[one.kind],
            one.anchor,
            html.escape(one.name),
        )
        for one in found
    )
    # else a section would be found twice
    own = {(pages[one.docname], one.anchor) for one in found}
    index["alltitles"] = {
        title: [place for place in places if tuple(place) not in own]
        for title, places in index["alltitles"].items()
    }
    with path.open("w") as file:
        js_index.dump(index, file)


def rank(app: Sphinx, config: Config) -> None:
    """Name the script that ranks."""
    config.html_search_scorer = str(Path(__file__).with_suffix(".js"))


def setup(app: Sphinx) -> dict:
    """Connect to the configuration and to the build's end."""
    app.connect("config-inited", rank)
    app.connect("build-finished", complete)
    return {"parallel_read_safe": False}
