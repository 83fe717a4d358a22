"""What a build keeps for the next one, which `make watch` takes up: all that it needs, and no more.

A build for readers starts from nothing. One for an author reads the pages that were edited, and takes what it needs of
the others from the environment that the last one left behind.
"""

import hashlib
import pickle
from pathlib import Path

from docutils import nodes
from sphinx.application import ENV_PICKLE_FILENAME, Sphinx
from sphinx.environment import BuildEnvironment
from sphinx_codeautolink.extension import SphinxCodeAutoLink

from .borrowed import picture_of
from .labels import published

FILES = (
    *("book/labels.txt", "book/names.txt", "book/errata.yml"),
    *("book/history.txt", "book/releases.txt"),
    *("book/questions.yml", "book/references.bib", "CITATION.cff", "pyproject.toml"),
)


def detach(app: Sphinx, doctree: nodes.document) -> None:
    """Let all nodes of a page belong to it: those that were parsed apart drag the whole environment along."""
    for node in doctree.findall():
        node.document = doctree


def common(env: BuildEnvironment) -> str:
    """A digest of what pages may show of each other: labels, titles, blocks, checks, glued values."""

    def by_page(labelled: dict[str, tuple]) -> list[tuple]:
        """In the order of the labels on each page, not of the pages' reading."""
        return sorted(labelled.items(), key=lambda item: item[1][0])

    root = Path(env.srcdir).parent
    labels, equations = env.domains["std"].labels, env.domains["math"].equations
    former = {line.label for line in published(env) if line.now != line.label}
    blocks = sorted(env.unrolled_blocks.values(), key=lambda block: block.docname)
    others = {*equations, *env.unrolled_blocks, *former}
    pictures = [picture_of(env, label, "") for label in env.unrolled_pictures]
    parts = (
        # without those to which labels.py has given numbers
        by_page({k: v for k, v in labels.items() if k not in others}),
        by_page(env.domains["std"].anonlabels),
        by_page(equations),
        sorted((name, title.astext()) for name, title in env.titles.items()),
        [(b.label, b.title, b.questions, b.shown, b.text) for b in blocks],
        [picture.pformat() for picture in pictures if picture],
        *(sorted(env.unrolled_marks.items()), sorted(env.unrolled_minutes.items())),
        [(root / name).read_bytes() for name in FILES if (root / name).exists()],
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def write_again(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """All pages, to be written anew, if something changed that others may show; else only what was edited is."""
    before, env.unrolled_common = getattr(env, "unrolled_common", ""), common(env)
    return [] if env.unrolled_common == before else sorted(env.found_docs)


def begin(app: Sphinx) -> None:
    """Give sphinx-codeautolink back what it knew of the pages; by itself it does so for .rst files alone."""
    app.env.sphinx_codeautolink_transforms.update(getattr(app.env, "unrolled_code", {}))


def link_code(app: Sphinx, page: str, *_: object) -> None:
    """Let sphinx-codeautolink link the code of every page that is written, not only of those that were edited."""
    for listener in app.events.listeners["build-finished"]:
        if isinstance(
            of := getattr(listener.handler, "__self__", 0), SphinxCodeAutoLink
        ):
            of.outdated_docs.add(page)


def keep(app: Sphinx, error: Exception | None) -> None:
    """Save the environment once more: what was written has put entries of the index into it."""
    if error is None:
        app.env.unrolled_code = app.env.sphinx_codeautolink_transforms
        with Path(app.doctreedir, ENV_PICKLE_FILENAME).open("wb") as file:
            pickle.dump(app.env, file, pickle.HIGHEST_PROTOCOL)


def setup(app: Sphinx) -> dict:
    """Connect to the events of reading and of the end."""
    app.connect("builder-inited", begin, priority=600)
    app.connect("doctree-read", detach, priority=900)
    app.connect("env-updated", write_again, priority=900)
    app.connect("html-page-context", link_code)
    app.connect("build-finished", keep, priority=950)
    return {"parallel_read_safe": False}
