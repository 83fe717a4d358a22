"""The book as one PDF: what stands in it, where its links lead, and that it is the same when it is made again."""

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pdf as printing
import pikepdf
import pytest
from bs4 import BeautifulSoup
from playwright.sync_api import Browser

from check_site import broken_links, soup
from tiny import Book

LONG = "A heading that is too long for a single line, as those of a few sections are, so that it goes on in a second"


def codes(font: pikepdf.Object) -> dict[bytes, str]:
    """What the codes of a font stand for."""
    found = {}
    table = font.ToUnicode.read_bytes().decode().split("endcodespacerange")[1]
    for line in table.splitlines():
        match [bytes.fromhex(code) for code in re.findall("<([0-9A-F]+)>", line)]:
            case [code, text]:
                found[code] = text.decode("utf-16-be")
            case [first, last, text] if len(text) == 2:
                for k in range(int.from_bytes(last) - int.from_bytes(first) + 1):
                    code = (int.from_bytes(first) + k).to_bytes(len(first))
                    found[code] = chr(int.from_bytes(text) + k)
    return found


def text(page: pikepdf.Page) -> str:
    """The text of a page, without its spaces."""
    written, fonts, font = [], {}, None
    for operands, operator in pikepdf.parse_content_stream(page):
        if str(operator) == "Tf":
            name = str(operands[0])
            if name not in fonts:
                fonts[name] = codes(page.Resources.Font[name])
            font = fonts[name]
        elif str(operator) in ("Tj", "TJ"):
            pieces = operands[0] if str(operator) == "TJ" else operands
            for piece in pieces:
                if isinstance(piece, pikepdf.String):
                    data, size = bytes(piece), len(next(iter(font)))
                    pairs = (data[k : k + size] for k in range(0, len(data), size))
                    written += [font.get(pair, "") for pair in pairs]
    return re.sub(r"\s", "", "".join(written))


def outline(pdf: pikepdf.Pdf) -> list[str]:
    """The titles in the outline, in their order."""
    with pdf.open_outline() as entries:
        return [entry.title for entry in printing.items(entries.root)]


def links(pdf: pikepdf.Pdf) -> Iterator[tuple[int, str]]:
    """The page and the target of each link: a name within the document, or an address."""
    for number, page in enumerate(pdf.pages, 1):
        for link in page.get("/Annots", ()):
            yield number, str(link.get("/Dest") or link.A.URI)


def complaints(pdf: pikepdf.Pdf) -> list[str]:
    """What every PDF of a book must fulfil, and this one does not."""
    found = []
    root, pages = pdf.Root, [page.objgen for page in pdf.pages]
    names = {name: place for name, place in root.Dests.items()}
    for number, target in links(pdf):
        if target.startswith("/"):
            if target not in names or names[target][0].objgen not in pages:
                found.append(
                    f"page {number}: a link leads to {target}, which is not there"
                )
        elif not re.match("https?://", target):
            found.append(f"page {number}: a link leads to {target}")
    if not (root.get("/MarkInfo", {}).get("/Marked") and "/StructTreeRoot" in root):
        found.append("it is not tagged")
    if root.get("/Lang") != "en":
        found.append("its language is not said")
    for page in pdf.pages:
        for font in page.Resources.get("/Font", {}).values():
            whole = font.get("/DescendantFonts", [font])[0]
            files = [
                key for key in whole.get("/FontDescriptor", {}) if "FontFile" in key
            ]
            if font.Subtype != "/Type3" and not files:
                found.append(f"{font.BaseFont} is not in it")
    return found


@pytest.fixture(scope="module")
def book(
    cold: Book, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Book:
    """A tiny book that was printed; it needs a browser."""
    folder = tmp_path_factory.mktemp("printed") / "tiny"
    shutil.copytree(cold.folder, folder)
    book = Book(folder)
    book.edit("book/plain.md", "Some prose.", f"Some prose.\n\n## {LONG}\n")
    book.edit("book/index.md", "See", "See {doc}`reference-shapes`,")
    assert book.make("pdf") == 0, book.log
    return book


@pytest.fixture(scope="module")
def pdf(book: Book) -> Iterator[pikepdf.Pdf]:
    with pikepdf.open(book.html / "unrolled.pdf") as pdf:
        yield pdf


def test_a_book_is_printed_without_fault(pdf: pikepdf.Pdf):
    assert complaints(pdf) == []
    assert sum(target.startswith("/") for _, target in links(pdf)) > 10


def test_it_says_whose_book_it_is_and_of_which_day(pdf: pikepdf.Pdf):
    title = text(pdf.pages[0])
    assert title.startswith("ATinyBook")
    assert "Theauthorsofit" in title
    day = re.search(r"Version0\.1\.0,(\d+)([A-Z][a-z]+)(20\d\d)", title)
    assert day and str(pdf.docinfo.CreationDate).startswith(f"D:{day[3]}")
    assert str(pdf.docinfo.Title) == "A Tiny Book"
    assert pdf.docinfo.Author == "The authors of it"


def test_an_author_is_a_person_or_a_group():
    people = [{"given-names": "Ada", "family-names": "Lovelace"}, {"name": "Others"}]
    assert printing.authors({"authors": people}) == "Ada Lovelace, Others"


def test_the_outline_has_the_headings_as_they_are(pdf: pikepdf.Pdf):
    titles = outline(pdf)
    assert titles[:3] == [
        str(pdf.docinfo.Title).split(":")[0],
        "Contents",
        "A tiny book",
    ]
    assert f"3.1. {LONG}" in titles
    assert "Result 4.1 The derivative of a square" in titles
    assert any(title.startswith("Short answer 4.1") for title in titles)
    with pdf.open_outline() as entries:
        (whole,) = entries.root
    assert [entry.title for entry in whole.children][2:5] == [
        "1. Numbers",
        "2. Choice",
        "3. Plain",
    ]


def test_pages_have_numbers_and_the_contents_say_the_same(pdf: pikepdf.Pdf):
    texts = [text(page) for page in pdf.pages]
    titles = ["", *("".join(title.split()) for title in outline(pdf))]
    numbers = {page.objgen: k for k, page in enumerate(pdf.pages, 1)}
    assert texts[0].startswith("ATinyBook")
    # what stands in the margins comes first
    for number, words in enumerate(texts[1:], 2):
        assert words.startswith(tuple(f"{title}{number}" for title in titles))
    for name, title in (("numbers", "1.Numbers"), ("results", "4.Results")):
        begins = numbers[pdf.Root.Dests[f"/{name}"][0].objgen]
        assert f"{title}{begins}" in texts[1]
        assert title in texts[begins - 1]


def test_what_is_folded_is_printed_and_a_label_to_cite_by(book: Book, pdf: pikepdf.Pdf):
    whole = "".join(map(text, pdf.pages))
    quiz = soup(book.page("index")).select(".choice > p")
    assert quiz
    for said in (
        *quiz,
        *soup(book.page("results")).select(".result > details:not([id], .report) > p"),
    ):
        assert re.sub(r"\s", "", said.text)[:20] in whole
    assert "Label:square" in whole and "@incollection" not in whole
    assert "Reportanerror" not in whole


def test_the_reference_of_the_package_is_left_out(pdf: pikepdf.Pdf):
    assert not any("unrolled.shapes" in title for title in outline(pdf))
    assert "Seeunrolled.shapes" in "".join(map(text, pdf.pages))


def test_printed_again_it_is_the_same(book: Book):
    path = book.html / "unrolled.pdf"
    before, page = path.read_bytes(), book.page("index")
    assert book.make("pdf") == 0 and "has been printed" in book.log
    path.unlink()
    assert book.make("pdf") == 0, book.log
    assert path.read_bytes() == before
    assert book.page("index") == page


def test_pages_link_to_it_until_others_are_built(book: Book, tmp_path: Path):
    assert re.search(r'href="unrolled\.pdf">.*\(\d+ pages, ', book.page("index"))
    assert broken_links(book.html) == []
    shutil.copytree(book.folder, tmp_path / "tiny")
    newer = Book(tmp_path / "tiny")
    newer.edit("book/plain.md", "Some prose.", "Other prose.")
    assert newer.build() == 0, newer.log
    assert not (newer.html / "unrolled.pdf").exists()
    assert "unrolled.pdf" not in newer.page("index")


def test_without_a_browser_it_says_what_to_install(book: Book, tmp_path: Path):
    shutil.copytree(book.folder, tmp_path / "tiny")
    other = Book(tmp_path / "tiny")
    (other.html / "unrolled.pdf").unlink()
    printer = (sys.executable, "book/_make/pdf.py")
    assert other.run(*printer, PATH="") == 1
    assert "Install Chromium or Chrome" in other.log
    assert not (other.html / "unrolled.pdf").exists()


PAGE = """<main><article class="bd-article"><h1>One</h1>
<p id="here"><a href="#here">a</a> <a href="two.html">b</a> <a href="two.html#there">c</a>
<a href="gone.html#x">d</a> <a href="_downloads/e.py">e</a> <a href="https://example.org/f">f</a>
<a href="data:text/plain,g">g</a></p>
<svg><path id="mark"></path><use href="#mark"></use></svg>
<pre>def shown(): pass</pre>
<div class="admonition result" id="law"><p class="admonition-title">Result 1</p>
<details><summary>Checked</summary><div class="highlight-python"><pre>def shown(): pass</pre></div></details>
<details><summary>Checked</summary><div class="highlight-python"><pre>def hidden(): pass</pre></div></details>
<details id="cite-law" name="x"><summary>Cite</summary><pre>@book</pre></details></div>
<p id="cite-it"><a href="two.html#cite-rule">cite</a></p>
<p class="run-time">This page ran in 7 seconds.</p>
</article></main>"""


@pytest.fixture(params=["", "https://example.org/unrolled/"])
def taken(
    request: pytest.FixtureRequest, browser: Browser
) -> tuple[str, BeautifulSoup]:
    """The site's address, and the article that is printed of a page."""
    page = browser.new_page()
    given = {
        "html": PAGE,
        "name": "one",
        "part": "A part",
        "printed": ["one", "two"],
        "site": request.param,
    }
    title, article = page.evaluate(printing.ARTICLE, given)
    page.close()
    assert title == "One"
    return request.param, soup(article)


def test_links_lead_through_the_document_or_to_the_site(taken):
    site, article = taken
    found = {link.text: link["href"] for link in article.select("a")}
    inner = {
        "a": "#one--here",
        "b": "#two",
        "c": "#two--there",
        "cite": "#two--cite-rule",
    }
    left_out = (
        {"d": f"{site}gone.html#x", "e": f"{site}_downloads/e.py"} if site else {}
    )
    assert found == inner | left_out | {"f": "https://example.org/f"}
    assert [word in article.p.find_next("p").text for word in "abcdefg"] == [True] * 7


def test_a_page_is_unfolded_and_no_code_is_printed_twice(taken):
    _, article = taken
    assert all(fold.has_attr("open") for fold in article.select("details"))
    assert (
        article.text.count("def shown") == 1 and article.text.count("def hidden") == 1
    )
    assert article.select_one("#one--cite-law").text == "Label: law"
    assert article.select_one("#one--cite-it")
    assert "ran in" not in article.text


def test_a_drawing_keeps_its_marks(taken):
    assert taken[1].use["href"] == "#mark" and taken[1].select_one("#mark")


def test_headings_stand_below_their_part(taken):
    _, article = taken
    levels = [
        (head.text, head["aria-level"]) for head in article.select("[role=heading]")
    ]
    assert levels == [("A part", "1"), ("One", "2"), ("Result 1", "5")]


@pytest.mark.long
def test_the_whole_book_is_printed_without_fault(site: Path):
    path = site / "unrolled.pdf"
    if not path.exists():
        pytest.skip("the book has not been printed: run `make pdf`")
    with pikepdf.open(path) as pdf:
        assert complaints(pdf) == []
        titles = outline(pdf)
    for name, _ in printing.pages():
        title = soup((site / f"{name}.html").read_text()).select_one("article h1")
        assert " ".join(title.text.removesuffix("#").split()) in titles
