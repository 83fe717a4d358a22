"""Prints the built book as one PDF, ``_build/html/unrolled.pdf``, and links to it from the pages: ``make pdf``.

The figures, in their archive, get PNG files from the same browser.

Not a merge: the articles of all pages become one document, in which their links lead to each other, and Chromium prints
it, twice, since only a print says on which page a chapter begins. It has no ``reference`` of the package, which is
looked up beside the code, and is as long as four chapters. A build of other pages takes the PDF away with the old ones.
"""

import base64
import json
import os
import re
import sys
import time
import zipfile
from collections.abc import Iterator
from datetime import date
from html import escape
from io import BytesIO
from pathlib import Path

import browser
import pikepdf
import yaml
from build import BUILD, BUILT, SITE
from lock import only_one
from packing import pack
from playwright.sync_api import Page, sync_playwright
from sphinx_external_toc.parsing import parse_toc_yaml

PDF = SITE / "unrolled.pdf"
PLACE = "<!-- the book as a PDF -->"
"""Where pages link to it."""
PNG = "<!-- and as PNG -->"
"""Where they say that the figures are there as PNG files."""
FIGURES = SITE / "downloads" / "unrolled-figures.zip"
SHARP = 3
"""How many pixels of a figure's PNG stand for one of a page."""
LEFT_OUT = re.compile(r"reference(-|$)")
STYLE = Path(__file__).with_name("pdf.css").read_text()
ARTICLE = Path(__file__).with_name("pdf.js").read_text()
WIDTH, HEIGHT = 673, 978  # of what is printed on a page, in CSS pixels; see pdf.css
PRINT = {
    "printBackground": True,
    "preferCSSPageSize": True,
    "transferMode": "ReturnAsStream",
}
TAGGED = {"generateTaggedPDF": True, "generateDocumentOutline": True}
# The letters are there, and layout.js has made tables fit.
SETTLED = "document.fonts.ready.then(() => new Promise(done => setTimeout(() => requestAnimationFrame(done), 500)))"
# What is no higher than a third of a page is kept on one. A higher figure cannot be cut, and would leave half a page
# white before it, so it is made smaller, as long as its letters can be read.
KEEP = """height => {
  const blocks = ".cell_input, .highlight:not(.cell_input *), .output, .admonition, .quiz, .tempting li, details, "
    + "table, ul, ol, dl";
  for (const block of document.querySelectorAll(blocks))
    if (block.offsetHeight < height / 3) block.style.breakInside = "avoid";
  for (const figure of document.querySelectorAll("figure")) {
    const zoom = Math.max(0.75, 0.4 * height / figure.offsetHeight);
    if (zoom >= 1) continue;
    Object.assign(figure.style, {zoom, width: `${100 * zoom}%`, marginInline: "auto"});
    for (const caption of figure.querySelectorAll("figcaption")) caption.style.zoom = 1 / zoom;
  }
}"""
HEADINGS = """() => [...document.querySelectorAll("[role=heading]")]
  .filter(e => e.checkVisibility()).map(e => e.textContent.trim().replace(/\\s+/g, " "))"""
NUMBER = """pages => {
  for (const entry of document.querySelectorAll(".contents a"))
    entry.dataset.page = pages[entry.hash.slice(1)];
}"""


def pages() -> Iterator[tuple[str, str]]:
    """The names of the pages, in the book's order, each with the part of the book that it begins, or none."""
    toc = parse_toc_yaml("_toc.yml")

    def below(name: str) -> Iterator[tuple[str, str]]:
        """The pages below a page."""
        for tree in toc[name].subtrees if name in toc else ():
            part = tree.caption or ""
            for page in map(str, tree.items):
                if not LEFT_OUT.match(page):
                    yield page, part
                    part = ""
                    yield from below(page)

    yield toc.root.docname, ""
    yield from below(toc.root.docname)


def authors(book: dict) -> str:
    """The authors of CITATION.cff, persons or groups."""
    return ", ".join(
        author.get("name") or f"{author['given-names']} {author['family-names']}"
        for author in book["authors"]
    )


def title_page(book: dict, day: date) -> str:
    """The title, who wrote it, the version, and where it is published."""
    title, _, subtitle = book["title"].partition(": ")
    site = os.environ.get("UNROLLED_URL", "")
    lines = (
        f"<h1 role=heading aria-level=1>{escape(title)}</h1>",
        f"<p class=subtitle>{escape(subtitle)}</p>" if subtitle else "",
        f"<p>{escape(authors(book))}</p>",
        f"<p>Version {book['version']}, {day.day} {day:%B %Y}</p>",
        f'<p><a href="{site}">{site}</a></p>' if site else "",
        "<p class=colophon>Printed from the pages of the book: what is folded there is open here. "
        f"Licences: {', '.join(book['license'])}.</p>",
    )
    return f"<article class=title-page>{''.join(lines)}</article>"


def document(page: Page, book: dict, day: date) -> str:
    """The whole book as one page of HTML, for the folder of the site, made in a page of the browser."""
    listed = list(pages())
    names, site = [name for name, _ in listed], os.environ.get("UNROLLED_URL", "")
    contents, articles, heads = [], [], []
    for name, part in listed:
        given = {"name": name, "part": part, "printed": names, "site": site}
        html = (SITE / f"{name}.html").read_text()
        title, article = page.evaluate(ARTICLE, given | {"html": html})
        contents += [f"<li class=part>{escape(part)}</li>"] if part else []
        contents.append(f'<li><a href="#{name}">{escape(title)}</a></li>')
        articles.append(article)
        head = json.dumps(title, ensure_ascii=False)
        heads.append(f"@page {name} {{ @top-right {{ content: {head}; }} }}")
    links = re.findall(
        '<link [^>]*rel="stylesheet"[^>]*>', (SITE / "index.html").read_text()
    )
    return (
        '<!doctype html><html lang="en" data-theme="light"><head><meta charset="utf-8">'
        f"<title>{escape(book['title'])}</title>{''.join(links)}<style>{STYLE}{''.join(heads)}</style>"
        '<script src="_static/layout.js"></script></head><body><div class="bd-main"><div class="bd-content">'
        f"{title_page(book, day)}<article class='bd-article contents'>"
        "<h1 role=heading aria-level=2>Contents</h1>"
        f"<ul>{''.join(contents)}</ul></article>{''.join(articles)}</div></div></body></html>"
    )


def printed(page: Page, options: dict) -> pikepdf.Pdf:
    """What Chromium prints of the open page."""
    session = page.context.new_cdp_session(page)
    stream = session.send("Page.printToPDF", PRINT | options)["stream"]
    data, ended = bytearray(), False
    while not ended:
        piece = session.send("IO.read", {"handle": stream, "size": 1 << 20})
        data += base64.b64decode(piece["data"])
        ended = piece["eof"]
    return pikepdf.open(BytesIO(data))


def print_book(path: str, book: dict, day: date) -> tuple[pikepdf.Pdf, list[str]]:
    """The book as a browser prints it, and its headings."""
    address = (SITE / "book.html").resolve().as_uri()
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path)
        page = chromium.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        page.set_default_timeout(300_000)
        page.emulate_media(media="print", color_scheme="light")
        html = document(page, book, day)
        page.route(
            address, lambda route: route.fulfill(body=html, content_type="text/html")
        )
        page.goto(address)
        page.evaluate(SETTLED)
        page.evaluate(KEEP, HEIGHT)
        with printed(page, {"generateTaggedPDF": False}) as draft:
            places = {p.objgen: k for k, p in enumerate(draft.pages, 1)}
            begins = draft.Root.Dests.items()
            numbers = {name[1:]: places[place[0].objgen] for name, place in begins}
        page.evaluate(NUMBER, numbers)
        found = printed(page, TAGGED), page.evaluate(HEADINGS)
        if FIGURES.exists():
            add_pictures(chromium.new_page(device_scale_factor=SHARP))
        return found


def add_pictures(page: Page) -> None:
    """Put a PNG file beside each SVG file in the archive of the figures, on white."""
    with zipfile.ZipFile(FIGURES) as packed:
        files = {name: packed.read(name) for name in packed.namelist()}
    for name, content in list(files.items()):
        if name.endswith(".svg"):
            page.set_content(f"<style>body {{ margin: 0 }}</style>{content.decode()}")
            picture = page.locator("svg").screenshot()
            files[name.replace(".svg", ".png")] = picture
    pack(FIGURES, sorted(files.items()))


def items(entries: list[pikepdf.OutlineItem]) -> Iterator[pikepdf.OutlineItem]:
    """All entries of an outline, in their order."""
    for entry in entries:
        yield entry
        yield from items(entry.children)


def finish(pdf: pikepdf.Pdf, headings: list[str], book: dict, day: date) -> None:
    """Titles of the outline as the headings have them: Chromium's lack a space where a line ends. Whose book it is."""
    with pdf.open_outline() as outline:
        for entry, title in zip(items(outline.root), headings, strict=True):
            entry.title = title
            entry.is_closed = entry.children and entry not in outline.root
    pdf.docinfo.Author = authors(book)
    pdf.docinfo.CreationDate = pdf.docinfo.ModDate = f"D:{day:%Y%m%d}000000Z"
    del pdf.docinfo["/Creator"]
    pdf.Root.PageMode = pikepdf.Name.UseOutlines
    pdf.Root.ViewerPreferences = pikepdf.Dictionary(DisplayDocTitle=True)


def link(count: int, size: int) -> None:
    """Link to the PDF where pages have a place for it."""
    said = (
        f'<p class="whole-book">The whole book, to print or to keep: <a href="{PDF.name}">{PDF.name}</a> '
        f"({count} pages, {size / 1e6:.0f} MB).</p>"
    )
    for path in SITE.glob("*.html"):
        text = path.read_text()
        told = text.replace(PLACE, said).replace(PNG, " and as PNG")
        if told != text:
            path.write_text(told)


def main() -> int:
    """Print the book if it is not printed; the exit code."""
    if PDF.exists():
        print(f"The book as it is built has been printed: {PDF}")
        return 0
    if not (path := browser.found()):
        looked = ", ".join(browser.BROWSERS)
        print(
            f"The book was not printed: there is none of {looked}. Install Chromium or Chrome, and try again.",
            file=sys.stderr,
        )
        return 1
    start = time.perf_counter()
    with only_one(BUILD / "lock", "make pdf"):
        book = yaml.safe_load(Path("CITATION.cff").read_text())
        day = date.fromtimestamp(BUILT.stat().st_mtime)
        pdf, headings = print_book(path, book, day)
        with pdf:
            finish(pdf, headings, book, day)
            streams = pikepdf.ObjectStreamMode.generate
            pdf.save(
                BUILD / PDF.name, object_stream_mode=streams, deterministic_id=True
            )
            count = len(pdf.pages)
        (BUILD / PDF.name).rename(PDF)
        link(count, PDF.stat().st_size)
    print(
        f"The book was printed in {time.perf_counter() - start:.0f} s, {count} pages: {PDF}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
