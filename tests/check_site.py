"""What a built site must fulfil. Each check returns its complaints, a line each, that name the page and the place."""

import functools
import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Tag

LOADED = {
    "script": "src",
    "img": "src",
    "source": "src",
    "iframe": "src",
    "object": "data",
    "link": "href",
}
NOT_LOADED = {"canonical", "next", "prev", "search", "index", "author", "license"}
TEXTS = {
    ".html",
    ".js",
    ".css",
    ".json",
    ".txt",
    ".md",
    ".ipynb",
    ".svg",
    ".xml",
    ".inv",
}
STYLE_URL = re.compile(r"""url\(\s*["']?(?!data:)([^"')]+)|@import\s+["']([^"']+)""")


@functools.cache
def soup(html: str) -> BeautifulSoup:
    """A page, parsed once, since that takes long: to be read, not to be changed."""
    return BeautifulSoup(html, "html.parser")


def spaced(element: Tag) -> str:
    """The text of an element, with plain single spaces."""
    return " ".join(element.get_text().split())


def pages(site: Path) -> dict[str, BeautifulSoup]:
    """The pages of a site, parsed, by name."""
    return {
        path.name: soup(path.read_text(encoding="utf-8"))
        for path in sorted(site.glob("*.html"))
    }


def targets(page: BeautifulSoup) -> Iterator[tuple[str, str]]:
    """What a page links to or loads: the attribute's value and the element's name."""
    for element in page.find_all(True):
        for attribute in ("href", "src", "data"):
            if attribute in element.attrs and element.name != "base":
                yield element[attribute], element.name


def broken_links(site: Path) -> list[str]:
    """Links within the site to a file or an anchor that is not there."""
    parsed = pages(site)
    anchors = {
        name: {e["id"] for e in page.find_all(id=True)} for name, page in parsed.items()
    }
    complaints = []
    for name, page in parsed.items():
        for target, element in targets(page):
            url = urlsplit(target)
            if (
                url.scheme
                or url.netloc
                or (name == "404.html" and url.path.startswith("/"))
            ):
                continue
            path = unquote(url.path) or name
            if not (site / path).is_file():
                complaints.append(
                    f"{name}: <{element}> leads to {target}, and there is no such file"
                )
            elif (
                url.fragment
                and path in anchors
                and unquote(url.fragment) not in anchors[path]
            ):
                complaints.append(
                    f"{name}: <{element}> leads to {target}, and there is no such anchor"
                )
    return complaints


def foreign_requests(site: Path) -> list[str]:
    """What a page or a style sheet would load from another host."""
    complaints = []
    for name, page in pages(site).items():
        for element in page.find_all(list(LOADED)):
            target = element.get(LOADED[element.name], "")
            if element.name == "link" and NOT_LOADED & set(element.get("rel", [])):
                continue
            if urlsplit(target).netloc:
                complaints.append(f"{name}: <{element.name}> loads {target}")
    for style_sheet in sorted(site.rglob("*.css")):
        for match in STYLE_URL.finditer(style_sheet.read_text()):
            if urlsplit(match[1] or match[2]).netloc:
                complaints.append(f"{style_sheet.name}: loads {match[1] or match[2]}")
    return complaints


def first_load(site: Path, name: str) -> int:
    """How many bytes a page loads at first, compressed: itself, its scripts, styles, fonts and pictures."""
    page = pages(site)[name]
    loaded = {site / name}
    for element in page.find_all(["script", "img", "link"]):
        if element.name != "link" or {"stylesheet", "icon", "preload"} & {
            *element.get("rel", [])
        }:
            path = urlsplit(element.get(LOADED[element.name], "")).path
            loaded |= {site / unquote(path)} if path else set()
    for sheet in [path for path in loaded if path.suffix == ".css"]:
        urls = [a or b for a, b in STYLE_URL.findall(sheet.read_text())]
        loaded |= {sheet.parent / url.strip() for url in urls}
    return sum(len(gzip.compress(path.read_bytes())) for path in loaded)


def images_without_text(site: Path) -> list[str]:
    """Images and drawings without an alternative text; the logo needs none, since the book's name stands beside it."""
    complaints = []
    for name, page in pages(site).items():
        for image in page.find_all("img"):
            if not image.get("alt", "").strip() and "logo__image" not in image.get(
                "class", []
            ):
                complaints.append(f"{name}: {image.get('src')} has no alternative text")
        for drawing in page.find_all("svg"):
            if drawing.get("aria-hidden") != "true" and not drawing.get("aria-label"):
                complaints.append(
                    f"{name}: a drawing has no alternative text: {str(drawing)[:80]}"
                )
    return complaints


def machine_paths(site: Path, *paths: Path) -> list[str]:
    """Files in which a path of the machine stands."""
    complaints = []
    for file in sorted(site.rglob("*")):
        if file.suffix in TEXTS:
            text = file.read_bytes().decode(errors="replace")
            complaints += [
                f"{file.relative_to(site)}: has the path {path}"
                for path in paths
                if f"{path}/" in text
            ]
    return complaints
