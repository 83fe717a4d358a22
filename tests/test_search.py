"""The search of the built book, over ``file://``: what students type leads to what the book calls otherwise."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parents[1]
WORDS = yaml.safe_load((ROOT / "book" / "words.yml").read_text())
Search = Callable[[str], list[str]]

FIRST = {
    "BPTT": "backprop-rnn.html#rnn-gradients",
    "CBOW": "word2vec.html#word2vec-window",
    "cosine": "word2vec.html#what-the-vectors-know",
    "sigmoid": "notation.html#notation-symbols",
    "overfitting": "lstm.html#lstm-article-results",
    "king − man": "word2vec.html#word2vec-analogies",
    "perplexity": "generation.html#bits-per-character",
    "15.1.8": "word2vec.html#skipgram-centre-gradient",
    "1.3": "questions.html#question-A1-3",
    "exploding": "residual.html#two-hundred-steps-measured",
    "RNN": "classification.html#one-network-written-three-ways",
    "vanishing gradients": "residual.html#two-hundred-steps-measured",
    "teacher forcing": "generation.html#generation-training",
    "softmax gradient": "backprop-mlp.html#softmax-error",
    "chain rule": "notation.html#equation-chain-rule",
    "temperature": "generation.html#drawing-names",
    "embeddings": "backprop-mlp.html#mlp-columns",
    "skip gram": "word2vec.html#word2vec-window",
    "backpropagation through time": "backprop-rnn.html#rnn-gradients",
    "cross-entropy": "word2vec.html#softmax-cross-entropy",
}
"""The first hit of what students type."""
SAME = {
    "king − man": ("king - man", "king-man", "King–Man", '"king - man"'),
    "cross-entropy": ("cross entropy", "Cross Entropy"),
    "embeddings": ("embedding", "Embeddings"),
    "A1.3": ("a1.3", "(A1.3)", "A1.3?"),
    "y − p": ("y - p", "y-p"),
}
"""Other ways to type the same."""


@pytest.fixture(scope="module")
def page(browser: Browser, site: Path) -> Page:
    """The search page, opened from its file."""
    page = browser.new_page()
    page.goto((site / "search.html").as_uri())
    return page


@pytest.fixture(scope="module")
def search(page: Page) -> Search:
    """The addresses that the search page lists, in their order."""
    hits = """query => Search._performSearch(...Search._parseQuery(query)).reverse()
        .map(([page, , anchor]) => `${page}.html${anchor}`)"""
    return lambda query: page.evaluate(hits, query)


@pytest.mark.parametrize("query", FIRST)
def test_first_hit_is_what_a_student_means(search: Search, query: str):
    assert search(query)[:1] == [FIRST[query]]


@pytest.mark.parametrize("query", SAME)
def test_how_it_is_typed_makes_no_difference(search: Search, query: str):
    for other in SAME[query]:
        assert search(other)[:3] == search(query)[:3] != [], other


def test_every_student_s_word_leads_to_its_label(search: Search):
    places = dict(
        line.split()[:2]
        for line in (ROOT / "book/labels.txt").read_text().splitlines()[1:]
    )
    for label, words in WORDS.items():
        for word in words:
            assert places[label] in search(word)[:2], word


def test_every_question_result_and_answer_is_found_by_its_number(
    search: Search, site: Path
):
    for question in json.loads((site / "questions.json").read_text()):
        anchor = f"questions.html#question-{question.replace('.', '-')}"
        assert search(question)[0] == anchor
        assert anchor in search(question[1:])[:2]  # without the letter of its sheet
    for result in json.loads((site / "results.json").read_text()):
        assert search(f"Result {result['number']}")[0] == result["url"]
        assert result["url"] in search(result["title"])[:2]


@pytest.mark.parametrize(
    "query", ["perplexity", "softmax", "embedding", "gradient", "LSTM", "temperature"]
)
def test_reference_of_the_package_comes_last(search: Search, query: str):
    hits = search(query)
    reference = [hit.startswith("reference") for hit in hits]
    assert reference == sorted(reference) and not reference[0] and reference[-1]


QUERIES = {
    "none": "",
    "quotes": "\"'`",
    "much": "gradient vanish " * 625,
    "one word": "x" * 10_000,
}


@pytest.mark.parametrize("name", QUERIES)
def test_no_query_breaks_the_page(browser: Browser, site: Path, name: str):
    page, errors = browser.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto((site / "search.html").as_uri())
    for query in (QUERIES[name], "BPTT"):
        field = page.locator("input[name=q] >> visible=true").first
        field.fill(query)
        with page.expect_navigation():
            field.press("Enter")
    first = page.locator("#search-results li a").first
    assert first.get_attribute("href") == FIRST["BPTT"]
    assert "backpropagation through time" in first.inner_text()
    assert not errors
    page.close()
