"""Citing: the texts to copy, the files of entries, each label's own page, and what the head of a page says of it."""

import json
import re
import shutil
import subprocess
import tomllib
import xml.etree.ElementTree as xml
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pybtex
import pytest
import yaml
from bs4 import BeautifulSoup
from playwright.sync_api import Browser
from pybtex.database import Entry, parse_file, parse_string

from _ext import citations
from check_site import pages
from tiny import Book

ROOT = Path(__file__).parents[1]
BOOK = yaml.safe_load((ROOT / "CITATION.cff").read_text())
LINK = re.compile(r"\\url\{(.*)\}")
SERVED = "http://book.example/some/where/"
LOC = "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"
SITE, REPOSITORY = "https://example.org/a_b/", "https://github.com/someone/unrolled"


@pytest.fixture(scope="module")
def entries(site: Path) -> dict[str, Entry]:
    """The entries of the real book, by label."""
    found = parse_file(site / "results.bib").entries
    return {key.removeprefix("unrolled:"): entry for key, entry in found.items()}


def blocks(site: Path) -> dict[str, tuple[str, BeautifulSoup]]:
    """The results and short answers of the real book by label, each with its page's name."""
    return {
        block["id"]: (name, block)
        for name, page in pages(site).items()
        for block in page.select(".admonition.result, .admonition.answer")
    }


def test_every_result_and_short_answer_has_an_entry(site: Path, entries):
    assert set(entries) == set(blocks(site))
    for result in json.loads((site / "results.json").read_text()):
        title = entries[result["label"]].fields["title"]
        assert f"(Result {result['number']})" in title


def test_an_entry_leads_by_its_labels_page_to_the_label(site: Path, entries):
    places = blocks(site)
    for label, entry in entries.items():
        # biblatex reads no # there
        address = LINK.search(entry.fields["howpublished"])[1]
        assert address.endswith(f"label/{label}.html") and "#" not in address
        page = BeautifulSoup((site / f"label/{label}.html").read_text(), "html.parser")
        to = f"../{places[label][0]}#{label}"
        assert page.a["href"] == to and page.meta.find_next("meta")["content"] == (
            f"0; url={to}"
        )


def test_an_entry_says_version_and_data(entries):
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    for entry in entries.values():
        said = rf"Version {version}, built on \d+ \w+ 20\d\d from the (embedded|original) data"
        assert re.fullmatch(said, entry.fields["note"])
        assert BOOK["title"] in entry.fields["howpublished"]


def test_plain_prints_entries_with_their_links(site: Path, entries):
    # pybtex reads \url as words
    printed = pybtex.format_from_file(
        str(site / "results.bib"), "plain", output_backend="plaintext"
    )
    for entry in entries.values():
        address = LINK.search(entry.fields["howpublished"])[1]
        assert f"{address}, {entry.fields['year']}. {entry.fields['note']}." in printed


@pytest.mark.skipif(not shutil.which("bibtex"), reason="BibTeX is not installed")
def test_bibtex_itself_prints_entries_with_their_links(
    site: Path, entries, tmp_path: Path
):
    shutil.copy(site / "results.bib", tmp_path)
    (tmp_path / "paper.aux").write_text(
        "\\citation{*}\n\\bibstyle{plain}\n\\bibdata{results}\n"
    )
    run = subprocess.run(
        ["bibtex", "paper"], cwd=tmp_path, capture_output=True, text=True
    )
    assert run.returncode == 0 and "Warning" not in run.stdout, run.stdout
    printed = (tmp_path / "paper.bbl").read_text()
    assert len(LINK.findall(printed)) == len(entries)


def test_people_are_cited_by_their_names_once_they_are_given():
    people = [{"given-names": "Ada", "family-names": "Lovelace"}, {"name": "Others"}]
    authors = [citations.person(one) for one in people]
    book = citations.TheBook("T", authors, "", "", "1", "1 May 2026", "the data")
    assert book.names == "Ada Lovelace and Others"
    written = parse_string(citations.entry("key", book, "T", ""), "bibtex").entries[
        "key"
    ]
    said = [str(author) for author in written.persons["author"]]
    assert said == ["Lovelace, Ada", "{Others}"]


def shown(book: Book, browser: Browser, address: str) -> list[str]:
    """The texts to copy at a result, where the book stands at an address."""
    page = browser.new_page()
    page.route(
        f"{SERVED}**",
        lambda route: route.fulfill(
            path=book.html / urlsplit(route.request.url.removeprefix(SERVED)).path
        ),
    )
    page.goto(f"{address}results.html#square")
    return page.locator("#square .citation pre").all_text_contents()


def test_citation_has_the_whole_address_where_the_page_is_served(
    cold: Book, browser: Browser
):
    text, bibtex, report = shown(cold, browser, SERVED)
    assert text.endswith(f", {SERVED}results.html#square.")
    assert f"\\url{{{SERVED}label/square.html}}" in bibtex
    assert f"\n{SERVED}results.html#square\n" in report
    text, bibtex, report = shown(cold, browser, f"{cold.html.as_uri()}/")
    assert text.endswith(", results.html#square.") and "file:" not in text + bibtex


def test_report_of_an_error_has_label_version_and_data(cold: Book):
    page = BeautifulSoup(cold.page("results"), "html.parser")
    for label in ("square", "answer-square"):
        (fold,) = page.find(id=label).select("details.report")
        text = fold.pre.get_text()
        assert f", label {label}, in Results, version 0.1.0, built" in text
        assert f"from the embedded data\nresults.html#{label}\n" in text


def test_known_addresses_are_in_links_citations_and_the_list_of_pages(built: Book):
    known = {"UNROLLED_URL": SITE, "UNROLLED_REPOSITORY": REPOSITORY}
    picture = built.folder / ".github/page.png"
    picture.parent.mkdir()
    picture.write_bytes(b"a picture")
    assert built.build(**known) == 0, built.log
    page = BeautifulSoup(built.page("results"), "html.parser")
    text, bibtex = (pre.get_text() for pre in page.select("#cite-square pre"))
    assert text.endswith(f", {SITE}results.html#square.")
    assert f"\\url{{{SITE}label/square.html}}" in bibtex
    assert bibtex in (built.html / "results.bib").read_text()
    assert f"\\url{{{SITE}}}" in page.find_all("pre")[-1].get_text()
    report = urlsplit(page.select_one("#square .report a")["href"])
    assert report._replace(query="").geturl() == f"{REPOSITORY}/issues/new"
    begun = parse_qs(report.query)
    assert begun["title"] == ["Error in Result 4.1 (The derivative of a square)"]
    assert f"{SITE}results.html#square" in begun["body"][0]
    for tag in ({"name": "citation_public_url"}, {"property": "og:url"}):
        assert page.find("meta", tag)["content"] == f"{SITE}results.html"
    shown = page.find("meta", {"property": "og:image"})["content"]
    copied = built.html / shown.removeprefix(SITE)
    assert copied.read_bytes() == picture.read_bytes()
    listed = {loc.text for loc in xml.parse(built.html / "sitemap.xml").iter(LOC)}
    docs = {path.stem for path in (built.folder / "book").glob("*.md")}
    assert listed == {f"{SITE}{name}.html" for name in docs}


def test_an_address_that_is_none_is_refused(built: Book):
    assert built.build(UNROLLED_REPOSITORY="someone/unrolled") != 0
    assert "UNROLLED_REPOSITORY is 'someone/unrolled', and not" in built.log


def test_head_of_every_page_describes_it(site: Path):
    about = {}
    for name, page in pages(site).items():
        if page.select_one("meta[http-equiv=refresh]"):
            continue
        tags = {
            tag.get("name") or tag.get("property"): tag["content"]
            for tag in page.select("head meta[content]")
        }
        about[name] = tags["description"]
        assert tags["og:description"] == tags["description"]
        assert tags["og:title"] == tags["citation_title"]
        assert tags["citation_author"] and tags["citation_publication_date"]
    assert max(map(len, about.values())) <= 200 and min(map(len, about.values())) > 20
    said = [about[name] for name in ("index.html", "classification.html", "lstm.html")]
    assert len({*said}) == len(said)


def test_the_two_versions_are_one():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert BOOK["version"] == project["version"]
