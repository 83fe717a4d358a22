"""Running text: news and encyclopaedia, which the package gensim brings along, and a
novel.

Sources: the Lee background corpus (300 news items in English; Lee, Pincombe and Welsh,
2005) and the first 106 articles of an English Wikipedia dump, both in gensim's test
data; *Alice's Adventures in Wonderland* (:mod:`unrolled.data.originals`). The book
holds no copy of any.

Left out: gensim's ``WikiCorpus.get_texts``, which hands the articles to a pool of
processes. The functions that it calls are called here one article after the other,
which gives the same texts in the same order.
"""

__all__ = [
    "NEWS",
    "WIKIPEDIA",
    "TextSplit",
    "news",
    "wikipedia",
    "alice",
    "load_text",
    "contiguous_split",
]

import bz2
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from gensim.corpora import wikicorpus
from gensim.test.utils import datapath

from unrolled.data import originals
from unrolled.data.choice import choice

NEWS = "lee_background.cor"
"""The file of the news in gensim's test data."""

WIKIPEDIA = "enwiki-latest-pages-articles1.xml-p000000010p000030302-shortened.bz2"
"""The file of the articles there."""

FEWEST_WORDS = 50
"""gensim's own bound: an article of fewer words is a stub or a redirection."""


class TextSplit(NamedTuple):
    """The three parts of a text, in its order."""

    train: Sequence
    dev: Sequence
    test: Sequence


def news() -> str:
    """The Lee background corpus: 300 news items, one a line."""
    return Path(datapath(NEWS)).read_text("utf-8")


def wikipedia() -> list[list[str]]:
    """The articles of gensim's Wikipedia sample, each a list of words, in the order of
    the dump.

    The words are gensim's: lower case, 2 to 15 letters, mark-up removed. Takes some
    seconds.
    """
    with bz2.open(datapath(WIKIPEDIA)) as dump:
        # namespace 0: articles
        pages = wikicorpus.extract_pages(dump, filter_namespaces=("0",))
        articles = [
            wikicorpus.process_article((text, title, page))[0]
            for title, text, page in pages
        ]
    return [words for words in articles if len(words) >= FEWEST_WORDS]


def alice() -> str:
    """*Alice's Adventures in Wonderland*: what stands between Gutenberg's two notices,
    stripped.

    Line ends are ``\\n``; nothing else is changed. Raises
    :class:`~unrolled.data.originals.DataError` if the file is missing, truncated or
    altered.
    """
    # universal newlines: CRLF becomes LF
    book = originals.path("alice.txt").read_text("utf-8")
    _, _, after = book.partition("*** START OF")
    _, _, body = after.partition("\n")  # the rest of the marker's own line
    # the line before the marker "*** END OF"
    body, _, _ = body.partition("End of Project Gutenberg")
    return body.strip()


def load_text() -> str:
    """The chosen text for language models: :func:`news` (embedded) or :func:`alice`
    (originals).
    """
    return alice() if choice() == "originals" else news()


def contiguous_split(text: Sequence) -> TextSplit:
    """Cut a text, or a list of words, into its first 80 %, the next 10 % and the last
    10 %, rounded down.

    The parts are contiguous: shuffled windows of one text would overlap. Raises
    ValueError if a part would be empty.
    """
    first, second = len(text) * 8 // 10, len(text) * 9 // 10
    parts = TextSplit(text[:first], text[first:second], text[second:])
    if not all(parts):
        raise ValueError(
            f"a text of {len(text)} symbols is too short to be cut into 80, 10 and 10 %"
        )
    return parts
