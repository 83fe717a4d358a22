"""What is taken home in one file: ``{archive}`figures``` links to an archive, and the build writes it beside the pages.

``figures`` has the drawing of each figure as an SVG file, named by its label; ``make pdf`` adds PNG files. ``variants``
has the exercises of ``unrolled.variants``. ``questions`` has three questions of the quiz for each chapter, for a
lecture. Each is one folder, with the licence and a file that says what is in it.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxRole

from _make.packing import pack

from . import quiz
from .citations import the_book
from .nodes import closed
from .questions import questions
from .quiz import LETTERS, Choice, Dealt, dealt
from .wheel import FOLDER

Files = Iterator[tuple[str, bytes]]

SVG = re.compile(
    r'(<div class="on-phone"[^>]*>)?(<svg class="drawing".*?</svg>)', re.DOTALL
)
NAMESPACES = (
    'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
)
INK = "#1b1f24"


def figures(app: Sphinx) -> Files:
    """The drawings of all figures, and their captions."""
    captions = []
    for docname in sorted(app.env.found_docs):
        for figure in app.env.get_doctree(docname).findall(nodes.figure):
            label = figure["ids"][0]
            shown = "".join(raw.astext() for raw in figure.findall(nodes.raw))
            if drawings := SVG.findall(shown):
                number = app.env.toc_fignumbers[docname]["figure"][label]
                caption = next(figure.findall(nodes.caption)).astext()
                captions.append(
                    f"{label}: Fig. {'.'.join(map(str, number))}. {caption}"
                )
            for name, svg in pieces(label, drawings):
                yield name, alone(svg).encode()
    yield "captions.txt", "\n\n".join(captions).encode()


def pieces(label: str, drawings: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The pieces that a figure is drawn in, each with the name of its file."""
    for form, wanted in (("", False), ("-phone", True)):
        found = [svg for phone, svg in drawings if bool(phone) is wanted]
        for number, svg in enumerate(found, 1):
            piece = f"-{number}" if len(found) > 1 else ""
            yield f"{label}{form}{piece}.svg", svg


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

    for name, text in files():
        yield name, text.encode()


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
        title = app.env.titles[page].astext()
        for end, lines in (("", asking), ("-answers", answering)):
            parts = [f"# {title}\n"]
            for number, (one, choices) in enumerate(chosen, 1):
                lettered = list(zip(LETTERS, choices, strict=True))
                parts += [f"## {number}. {one['asks']}\n", *lines(one, lettered), ""]
            yield f"{page}{end}.md", "\n".join(parts).encode()


def asking(one: dict, choices: list[tuple[str, Choice]]) -> Iterator[str]:
    """The choices of a question, in Markdown."""
    return (f"- {letter}: {choice.text}" for letter, choice in choices)


def answering(one: dict, choices: list[tuple[str, Choice]]) -> Iterator[str]:
    """What each choice of a question shows, in Markdown."""
    mistakes = {
        w["choice"]: f"*{w['mistake']}*. " for w in one["wrong"] if "mistake" in w
    }
    for letter, choice in choices:
        named = mistakes.get(choice.text, "")
        yield f"- {letter}, {choice.verdict.lower()}: {named}{choice.says}"


class Kind(NamedTuple):
    """What is in an archive, and how that is said in it."""

    files: Callable[[Sphinx], Files]
    about: str


ARCHIVES = {
    "figures": Kind(
        figures,
        "The figures. Each has the name of its label; captions.txt has its number and caption. What is drawn in "
        "several pieces is numbered. What is drawn a second time for a phone has the word phone in its name.",
    ),
    "questions": Kind(
        lecture,
        "Questions to choose one of four, three for each chapter, and in a file beside them what each choice shows.",
    ),
    "variants": Kind(
        variants,
        "Exercises with other numbers, and their keys. sheet.tex shows how LaTeX sets them; what is in Markdown can be "
        "pasted. In a key, give a point for each line. A line that follows from a wrong one, and is right after it, "
        "loses nothing more.",
    ),
}

KEYS = {"questions", "variants"}
"""The archives that have answers, which a book without solutions does not."""


def filled(app: Sphinx, name: str) -> Files:
    """All files of an archive, in a folder."""
    book, kind = the_book(app), ARCHIVES[name]
    about = (
        f"{kind.about}\n\nFrom {book.title}, version {book.version}, by {book.names}. Copy, change and republish "
        "what is here (CC BY 4.0, see LICENSE), and name the book.\n"
    )
    license = (Path(app.srcdir).parent / "LICENSE").read_bytes()
    common = [("LICENSE", license), ("README.txt", about.encode())]
    for file, content in [*common, *kind.files(app)]:
        yield f"unrolled-{name}/{file}", content


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
        wanted = set().union(*app.env.unrolled_archives.values())
        for name in sorted(wanted - KEYS if closed(app) else wanted):
            path = Path(app.outdir, address(name))
            path.parent.mkdir(exist_ok=True)
            if not path.exists():
                pack(path, filled(app, name))


def setup(app: Sphinx) -> dict:
    """Add the role, and connect to the build's end."""
    app.add_role("archive", Archive())
    app.connect("builder-inited", begin)
    app.connect("env-purge-doc", forget)
    app.connect("build-finished", write)
    return {"parallel_read_safe": False}
