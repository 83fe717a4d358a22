"""What is taken home in one file: ``{archive}`figures``` links to an archive, and the build writes it beside the pages.

``figures`` has the drawing of each figure as an SVG file, named by its label, and the licence; ``make pdf`` adds PNG
files. ``variants`` has the exercises of ``unrolled.variants``. ``questions`` has three questions of the quiz for each
chapter, as a lecturer pastes them.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxRole

from _make.packing import pack

from . import quiz
from .citations import the_book
from .questions import questions
from .quiz import LETTERS, Choice, Dealt, dealt
from .wheel import FOLDER

Files = Iterator[tuple[str, bytes]]

SVG = re.compile(r'<svg class="drawing".*?</svg>', re.DOTALL)
NAMESPACES = (
    'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
)
INK = "#1b1f24"


def figures(app: Sphinx) -> Files:
    """The drawings of all figures, and what one may do with them."""
    book = the_book(app)
    yield "LICENSE", (Path(app.srcdir).parent / "LICENSE").read_bytes()
    yield (
        "README.txt",
        f"The figures of {book.title}, version {book.version}, by {book.names}.\n"
        "Each has the name of its label in the book. What is drawn in several pieces, or once for a wide page and once "
        "for a phone, is numbered.\n"
        "Copy, change and republish them (CC BY 4.0, see LICENSE), and name the book.\n".encode(),
    )
    for docname in sorted(app.env.found_docs):
        for figure in app.env.get_doctree(docname).findall(nodes.figure):
            shown = "".join(raw.astext() for raw in figure.findall(nodes.raw))
            drawings = SVG.findall(shown)
            for number, svg in enumerate(drawings, 1):
                piece = f"-{number}" if len(drawings) > 1 else ""
                yield f"{figure['ids'][0]}{piece}.svg", alone(svg).encode()


def alone(svg: str) -> str:
    """A drawing of a page as a file of its own: with its size, and with the colours of a light page."""
    width, height = re.search(r'viewBox="\S+ \S+ (\S+) (\S+)"', svg).groups()
    svg = re.sub(r'style="[^"]*"', 'style="font-family: sans-serif"', svg, count=1)
    svg = svg.replace(
        "<svg ", f'<svg {NAMESPACES} width="{width}" height="{height}" ', 1
    )
    svg = re.sub(r"var\(--drawing-\d, (#\w+)\)", r"\1", svg)
    return svg.replace("currentColor", INK) + "\n"


def variants(app: Sphinx) -> Files:
    """The variants of exercises, with their keys."""
    from unrolled.variants import files  # brings PyTorch, so only when it is needed

    return ((name, text.encode()) for name, text in files())


EACH = 3
"""How many questions there are for a chapter."""


def lecture(app: Sphinx) -> Files:
    """Questions to choose one of four, a file for each chapter."""
    folder, known = Path(app.srcdir), questions(app)
    found: dict[str, list[Dealt]] = {}
    for path in sorted(folder.glob(f"{quiz.FOLDER}/*.yml")):
        for one in dealt(path.stem, yaml.safe_load(path.read_text()), known):
            found.setdefault(one[0]["page"], []).append(one)
    for page, asked in sorted(found.items()):
        # those whose wrong choices are mistakes that have a name, first
        best = sorted(
            asked, key=lambda one: -sum("mistake" in w for w in one[0]["wrong"])
        )
        chosen = [one for one in asked if one in best[:EACH]]
        text = "\n".join(written(*one, number) for number, one in enumerate(chosen, 1))
        yield f"{page}.md", f"# {app.env.titles[page].astext()}\n\n{text}".encode()


def written(one: dict, choices: list[Choice], number: int) -> str:
    """A question, its choices, and what each of them shows, in Markdown."""
    mistakes = {
        w["choice"]: f"*{w['mistake']}*. " for w in one["wrong"] if "mistake" in w
    }
    lettered = list(zip(LETTERS, choices, strict=True))
    return "\n".join(
        [
            f"## {number}. {one['asks']}\n",
            *(f"- {letter}: {choice.text}" for letter, choice in lettered),
            "\n### What each choice shows\n",
            *(
                f"- {letter}, {choice.verdict.lower()}: {mistakes.get(choice.text, '')}{choice.says}"
                for letter, choice in lettered
            ),
            "",
        ]
    )


ARCHIVES: dict[str, Callable[[Sphinx], Files]] = {
    "figures": figures,
    "questions": lecture,
    "variants": variants,
}


def address(name: str) -> str:
    """Where an archive stands in the site."""
    return f"{FOLDER}/unrolled-{name}.zip"


class Archive(SphinxRole):
    """``{archive}``."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Link to the archive, and note that it is wanted."""
        if self.text not in ARCHIVES:
            message = (
                f"there is no archive {self.text}; there are {', '.join(ARCHIVES)}"
            )
            return [], [self.inliner.reporter.error(message, line=self.lineno)]
        self.env.unrolled_archives.setdefault(self.env.docname, set()).add(self.text)
        uri = address(self.text)
        return [nodes.reference("", Path(uri).name, refuri=uri, internal=False)], []


def begin(app: Sphinx) -> None:
    """Take up what an earlier build has read."""
    if not hasattr(app.env, "unrolled_archives"):
        app.env.unrolled_archives = {}


def forget(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Forget what a page wants that is read again."""
    env.unrolled_archives.pop(docname, None)


def write(app: Sphinx, error: Exception | None) -> None:
    """Write the archives when the pages are written; in a draft, once."""
    if error is None:
        for name in sorted(set().union(*app.env.unrolled_archives.values())):
            path = Path(app.outdir, address(name))
            path.parent.mkdir(exist_ok=True)
            if not path.exists():
                pack(path, ARCHIVES[name](app))


def setup(app: Sphinx) -> dict:
    """Add the role, and connect to the build's end."""
    app.add_role("archive", Archive())
    app.connect("builder-inited", begin)
    app.connect("env-purge-doc", forget)
    app.connect("build-finished", write)
    return {"parallel_read_safe": False}
