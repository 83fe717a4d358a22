"""How to cite a block of the book, and report an error in it: as text, for BibTeX, in files that programs read.

``results.json`` lists all results with what their checks found, ``formulas.json`` what came of the printed formulas;
``results.bib`` has an entry for each result and short answer. Authors and title are those of CITATION.cff, the version
is that of pyproject.toml, the date that of the build.

BibTeX's own styles print no ``url``, so the entries have the address where these print it, in ``\\url``. There it may
have no ``#``, at which biblatex fails: so it is that of the label's own page, see ``labels.py``.
"""

import codecs
import datetime
import functools
import json
import os
import re
import tomllib
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import yaml
from docutils import nodes
from pybtex.database import BibliographyData, Entry, Person
from pybtex.database.output.bibtex import Writer
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from .nodes import copied, fold, volatile
from .printed import totals


@dataclass
class Cited:
    """A block that can be cited, with its statement; a result has what its check found, and the mistakes that tempt;
    ``printed``, what came of its printed formulas, executed."""

    label: str
    kind: str
    docname: str
    line: int
    title: str
    questions: list[str]
    shown: list[str]
    text: str
    statement: str
    report: dict | None = field(default=None)
    printed: dict | None = field(default=None)
    tempting: list[str] = field(default_factory=list)

    @property
    def refused(self) -> set[str]:
        """The mistakes that its check refuses."""
        return {found["mistake"] for found in (self.report or {}).get("mutants", [])}

    @property
    def address(self) -> str:
        """Where it stands in the site."""
        return f"{self.docname}.html#{self.label}"


@dataclass
class TheBook:
    """What the book is called, who wrote it, and which book it is: its version, of this day, from these data."""

    title: str
    authors: list[Person]
    published: str
    abstract: str
    version: str
    date: str
    data: str

    @property
    def names(self) -> str:
        """The authors as a person writes them."""
        said = (" ".join(a.first_names + a.last_names) for a in self.authors)
        return " and ".join(said).replace("{", "").replace("}", "")

    @property
    def built(self) -> str:
        """The version, when it was built, and from what."""
        return f"{self.version}, built on {self.date} from {self.data}"


@functools.lru_cache(maxsize=1)
def the_book(app: Sphinx) -> TheBook:
    """The book."""
    root, day = Path(app.srcdir).parent, datetime.date.today()
    said = yaml.safe_load((root / "CITATION.cff").read_text())
    chosen = os.environ.get("UNROLLED_DATA", "embedded")
    return TheBook(
        title=said["title"],
        authors=[person(author) for author in said["authors"]],
        published=str(said["date-released"]),
        abstract=said["abstract"],
        version=version(root),
        date=f"{day.day} {day:%B %Y}",
        data=f"the {'original' if chosen == 'originals' else chosen} data",
    )


def version(root: Path) -> str:
    """The version of the book in a folder."""
    return tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"]


def person(author: dict[str, str]) -> Person:
    """An author of CITATION.cff: a person, or a group by its name."""
    if "name" in author:
        return Person(f"{{{author['name']}}}")
    return Person(first=author["given-names"], last=author["family-names"])


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


def own_page(label: str) -> str:
    """The address of a label's own page, which leads to where the label is."""
    return f"label/{label}.html"


def chapter(app: Sphinx, block: Cited) -> str:
    """The title of the page on which a block stands."""
    return app.env.titles[block.docname].astext()


def as_text(app: Sphinx, block: Cited) -> str:
    """The citation as a person would write it."""
    book = the_book(app)
    return (
        f"{book.names}, “{block.title}” ({numbered(app, block)}, label {block.label}), in “{chapter(app, block)}”, "
        f"{book.title}, version {book.built}, {url(app, block.address)}."
    )


def as_bibtex(app: Sphinx, block: Cited) -> str:
    """The citation for BibTeX and biblatex."""
    book = the_book(app)
    return entry(
        f"unrolled:{block.label}",
        book,
        f"{block.title} ({numbered(app, block)})",
        f"In ``{tex(chapter(app, block))}'', {{{tex(book.title)}}}, "
        f"\\url{{{url(app, own_page(block.label))}}}",
    )


class TexWriter(Writer):
    """pybtex's writer, for fields that are TeX already."""

    def _encode(self, text: str) -> str:
        """Leave a field as it is."""
        return text


def tex(text: str) -> str:
    """A text in TeX, in letters that every TeX has; raises UnicodeEncodeError at one that is in none."""
    parts = re.split("([₀-₉])", text)  # indices, which the library does not know
    parts[1::2] = [f"$_{unicodedata.normalize('NFKC', part)}$" for part in parts[1::2]]
    parts[::2] = [codecs.encode(part, "ulatex+ascii") for part in parts[::2]]
    return "".join(parts)


def entry(key: str, book: TheBook, title: str, published: str) -> str:
    """An entry, with ``published`` in TeX: a kind of which all styles print how and where it was published."""
    fields = {
        "title": f"{{{tex(title)}}}",
        "howpublished": published,
        "note": f"Version {book.built}",
        "year": book.date[-4:],
    }
    found = Entry("misc", fields, {"author": book.authors})
    return TexWriter().to_string(BibliographyData({key: found}))


def marked(app: Sphinx, text: str, address: str) -> copied:
    """A text to copy, in which the date is marked, and the address, which ``address.js`` completes."""
    date = the_book(app).date
    kinds = "|".join(map(re.escape, (date, date[-4:], url(app, address))))
    shown = copied()
    for part in re.split(f"({kinds})", text.strip()):
        if part == url(app, address):
            shown += nodes.inline("", part, classes=["address"])
        elif re.fullmatch(kinds, part):
            shown += volatile(text=part)
        else:
            shown += nodes.Text(part)
    return shown


def to_cite(app: Sphinx, block: Cited) -> fold:
    """The citation to copy, as text and for BibTeX."""
    text = marked(app, as_text(app, block), block.address)
    bibtex = marked(app, as_bibtex(app, block), own_page(block.label))
    return fold("", text, bibtex, summary="Cite", ids=[f"cite-{block.label}"])


ERROR = """{what}, label {label}, in {chapter}, version {version}, built from {data}
{address}

What is wrong:

What it should be:
"""


def to_report(app: Sphinx, block: Cited) -> nodes.Element:
    """A report of an error, begun: on the page for it of the book's repository, or to copy, if that is not known."""
    book, repository = the_book(app), app.config.unrolled_repository
    text = ERROR.format(
        what=named(app, block),
        label=block.label,
        chapter=chapter(app, block),
        version=book.version,
        data=book.data,
        address=url(app, block.address),
    )
    if repository:
        begun = urlencode({"title": f"Error in {named(app, block)}", "body": text})
        link = nodes.reference(
            "", "Report an error", refuri=f"{repository}/issues/new?{begun}"
        )
        return nodes.paragraph("", "", link, classes=["report"])
    what = "Copy this, say what is wrong, and send it to whoever gave you the book."
    return fold(
        "",
        nodes.paragraph("", what),
        marked(app, text, block.address),
        summary="Report an error",
        classes=["report"],
    )


class CiteBook(SphinxDirective):
    """``{cite-book}``: citations of the whole book to copy, as text and for BibTeX."""

    def run(self) -> list[nodes.Node]:
        """Make both."""
        for file in ("CITATION.cff", "pyproject.toml"):
            self.env.note_dependency(f"../{file}")
        app, book = self.env.app, the_book(self.env.app)
        # where the whole book stands: at its address, or, if that is not known, where this page does
        page = "" if self.config.html_baseurl else "index.html"
        at = url(app, page)
        text = f"{book.names}, {book.title}, version {book.built}, {at}."
        bibtex = entry("unrolled", book, book.title, f"\\url{{{at}}}")
        return [marked(app, text, page), marked(app, bibtex, page)]


def everything(app: Sphinx) -> list[Cited]:
    """All results and short answers, page by page, in the order of their numbers."""
    numbers = app.env.toc_fignumbers

    def place(block: Cited) -> tuple:
        """The page's number, the kind, and the number on the page."""
        first, *rest = numbers[block.docname][block.kind][block.label]
        return first, block.kind != "result", rest

    return sorted(app.env.unrolled_blocks.values(), key=place)


def results(app: Sphinx) -> list[Cited]:
    """All results, in the order of their numbers."""
    return [block for block in everything(app) if block.kind == "result"]


def write(app: Sphinx, failure: Exception | None) -> None:
    """Write ``results.json``, ``formulas.json`` and ``results.bib``."""
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
            "printed": block.printed,
        }
        for block in results(app)
    ]
    folder = Path(app.outdir)
    (folder / "results.json").write_text(
        json.dumps(listed, indent=1, ensure_ascii=False) + "\n"
    )
    (folder / "formulas.json").write_text(
        json.dumps(totals(app.env), indent=1, ensure_ascii=False) + "\n"
    )
    entries = [as_bibtex(app, block) for block in everything(app)]
    (folder / "results.bib").write_text("\n".join(entries))


def setup(app: Sphinx) -> dict:
    """Add the directive, and connect to the end of the build."""
    app.add_directive("cite-book", CiteBook)
    app.connect("build-finished", write)
    return {"parallel_read_safe": False}
