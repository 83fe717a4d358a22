"""What the head of each page says of it, to search engines, to managers of references, and to whoever shows a preview.

A page is described by its first paragraph without a formula, and else by what CITATION.cff says of
the book. Where the site's address is known, a preview has the picture of the README.
"""

import shutil
import textwrap
from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

from .citations import TheBook, the_book, url

PICTURE = ".github/page.png"


def picture(app: Sphinx) -> Path | None:
    """The picture for previews, which need its whole address; None if there is none."""
    found = Path(app.srcdir).parent / PICTURE
    return found if app.config.html_baseurl and found.is_file() else None


def copy(app: Sphinx, failure: Exception | None) -> None:
    """Copy the picture into the site."""
    if not failure and (found := picture(app)):
        shutil.copy(found, Path(app.outdir, "_static"))


def description(doctree: nodes.document | None, book: TheBook) -> str:
    """What a page is about, in a sentence or two."""
    paragraphs = doctree.findall(nodes.paragraph) if doctree else ()
    for text in paragraphs:
        if isinstance(text.parent, nodes.section) and not (
            text["classes"] or next(text.findall(nodes.math), None)
        ):
            return textwrap.shorten(text.astext(), 200, placeholder=" …")
    return textwrap.shorten(book.abstract, 200, placeholder=" …")


def describe(
    app: Sphinx, page: str, template: str, context: dict, doctree: nodes.document | None
) -> None:
    """Put the tags into the head of a page."""
    book, home = the_book(app), page == app.config.root_doc
    titles, found = app.env.titles, picture(app)
    title = (
        titles[page].astext()
        if page in titles
        else context.get("title", page.capitalize())
    )
    title = book.title if home else title
    about = description(doctree, book)
    named = [
        ("description", about),
        ("citation_title", title),
        *(("citation_author", str(author).strip("{}")) for author in book.authors),
        ("citation_publication_date", book.published.replace("-", "/")),
        ("citation_language", "en"),
        ("citation_inbook_title", "" if home else book.title),
        ("citation_public_url", context.get("pageurl")),
    ]
    properties = [
        ("og:title", title),
        ("og:description", about),
        ("og:type", "book" if home else "article"),
        ("og:site_name", app.config.project),
        ("og:url", context.get("pageurl")),
        ("og:image", url(app, f"_static/{found.name}") if found else ""),
    ]
    context["metatags"] = context.get("metatags", "") + "".join(
        f'<meta {attribute}="{tag}" content="{escape(said)}">\n'
        for attribute, tags in (("name", named), ("property", properties))
        for tag, said in tags
        if said
    )


def setup(app: Sphinx) -> dict:
    """Connect to the writing of pages, and to the end of the build."""
    app.connect("html-page-context", describe)
    app.connect("build-finished", copy)
    return {"parallel_read_safe": False}
