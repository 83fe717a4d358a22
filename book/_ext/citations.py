"""How to cite a block of the book: as text, for BibTeX, and in files at the site's root that programs read.

``results.json`` lists all results with what their checks found, ``results.bib`` has an entry for each. The book's own
data are those of CITATION.cff; the date is that of the build.
"""

import datetime
import json
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from .nodes import copied, volatile


@dataclass
class Cited:
    """A block that can be cited; a result has what its check found, and the mistakes that tempt."""

    label: str
    kind: str
    docname: str
    line: int
    title: str
    questions: list[str]
    shown: list[str]
    text: str
    report: dict | None = field(default=None)
    tempting: list[str] = field(default_factory=list)

    @property
    def refused(self) -> set[str]:
        """The mistakes that its check refuses."""
        return {found["mistake"] for found in (self.report or {}).get("mutants", [])}

    @property
    def address(self) -> str:
        """Where it stands in the site."""
        return f"{self.docname}.html#{self.label}"


def the_book(app: Sphinx) -> dict[str, str]:
    """The book's title, authors and version."""
    data = yaml.safe_load((Path(app.srcdir).parent / "CITATION.cff").read_text())
    authors = " and ".join(author["name"] for author in data["authors"])
    return {"title": data["title"], "authors": authors, "version": data["version"]}


def today() -> datetime.date:
    """The date of the build."""
    return datetime.date.today()


def numbered(app: Sphinx, block: Cited) -> str:
    """The block's kind and number, such as Result 2.1."""
    numbers = app.env.toc_fignumbers[block.docname][block.kind][block.label]
    return app.config.numfig_format[block.kind] % ".".join(map(str, numbers))


def named(app: Sphinx, block: Cited) -> str:
    """The block's number and title, such as Result 5.2 (One hidden layer)."""
    return f"{numbered(app, block)} ({block.title})"


def url(app: Sphinx, address: str) -> str:
    """An address in the site, with the site's own before it if that is known."""
    return app.config.html_baseurl + address


def as_text(app: Sphinx, block: Cited) -> list[nodes.Node]:
    """The citation as a person would write it."""
    book = the_book(app)
    chapter = app.env.titles[block.docname].astext()
    date = f"{today().day} {today():%B %Y}"
    return [
        nodes.Text(
            f"{book['authors']}, “{block.title}” ({numbered(app, block)}), in “{chapter}”, "
            f"{book['title']}, version {book['version']}, "
        ),
        volatile(text=date),
        nodes.Text(f", {url(app, block.address)}."),
    ]


def as_bibtex(app: Sphinx, block: Cited) -> list[nodes.Node]:
    """The citation for BibTeX and biblatex."""
    book = the_book(app)
    chapter = app.env.titles[block.docname].astext()
    before = (
        f"@incollection{{unrolled:{block.label},\n"
        f"  author    = {{{{{book['authors']}}}}},\n"
        f"  title     = {{{{{block.title} ({numbered(app, block)})}}}},\n"
        f"  booktitle = {{{{{book['title']}}}}},\n"
        f"  chapter   = {{{{{chapter}}}}},\n"
        f"  edition   = {{Version {book['version']}}},\n"
        f"  url       = {{{url(app, block.address)}}},\n"
        "  date      = {"
    )
    return [nodes.Text(before), *dated_end()]


def dated_end() -> list[nodes.Node]:
    """The end of an entry: the date of the build, and its year, which is what BibTeX prints."""
    return [
        volatile(text=f"{today()}"),
        nodes.Text("},\n  year      = {"),
        volatile(text=f"{today().year}"),
        nodes.Text("}\n}"),
    ]


class CiteBook(SphinxDirective):
    """``{cite-book}``: citations of the whole book to copy, as text and for BibTeX."""

    def run(self) -> list[nodes.Node]:
        """Make both."""
        self.env.note_dependency("../CITATION.cff")
        book = the_book(self.env.app)
        site = self.config.html_baseurl
        at = f", {site}" if site else ""
        date = f"{today().day} {today():%B %Y}"
        text = f"{book['authors']}, {book['title']}, version {book['version']}, "
        entry = (
            "@book{unrolled,\n"
            f"  author    = {{{{{book['authors']}}}}},\n"
            f"  title     = {{{{{book['title']}}}}},\n"
            f"  edition   = {{Version {book['version']}}},\n"
            + (f"  url       = {{{site}}},\n" if site else "")
            + "  date      = {"
        )
        return [
            copied("", nodes.Text(text), volatile(text=date), nodes.Text(f"{at}.")),
            copied("", nodes.Text(entry), *dated_end()),
        ]


def plain(pieces: list[nodes.Node]) -> str:
    """The text of a citation's pieces."""
    return "".join(p["text"] if isinstance(p, volatile) else p.astext() for p in pieces)


def results(app: Sphinx) -> list[Cited]:
    """All results, in the order of their numbers."""
    found = [b for b in app.env.unrolled_blocks.values() if b.kind == "result"]
    numbers = app.env.toc_fignumbers
    return sorted(found, key=lambda b: numbers[b.docname]["result"][b.label])


def write(app: Sphinx, failure: Exception | None) -> None:
    """Write ``results.json`` and ``results.bib``."""
    if failure:
        return
    listed = [
        {
            "label": block.label,
            "number": numbered(app, block).removeprefix("Result "),
            "title": block.title,
            "url": block.address,
            "questions": block.questions,
            "checks": [
                {key: check[key] for key in ("how", "cases", "error", "bound")}
                for check in block.report["checks"]
            ],
        }
        for block in results(app)
    ]
    folder = Path(app.outdir)
    (folder / "results.json").write_text(
        json.dumps(listed, indent=1, ensure_ascii=False) + "\n"
    )
    entries = [plain(as_bibtex(app, block)) + "\n" for block in results(app)]
    (folder / "results.bib").write_text("\n".join(entries))


def setup(app: Sphinx) -> dict:
    """Add the directive, and connect to the end of the build."""
    app.add_directive("cite-book", CiteBook)
    app.connect("build-finished", write)
    return {"parallel_read_safe": False}
