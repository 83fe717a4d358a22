"""What a page displays is held by something: a result, or a test that is named here."""

import ast
import importlib
import re
from pathlib import Path

import jupytext
import pytest

from unrolled.checks.formula import RESULTS

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "book").glob("*.md"))
MODULES = sorted((ROOT / "code" / "unrolled" / "results").glob("[!_]*.py"))
CHAPTERS = [path.stem.replace("_", "-") for path in MODULES]
for path in MODULES:
    importlib.import_module(f"unrolled.results.{path.stem}")

HELD = {
    # definitions, by tests
    "mlp-network": "test_values_are_those_of_pytorchs_layers",
    "mlp-likelihood": "test_values_are_those_of_pytorchs_layers",
    "deep-network": "test_values_are_those_of_pytorchs_layers",
    "recurrence": "test_the_network_is_the_recurrence_of_the_page",
    "readout": "test_the_network_is_the_recurrence_of_the_page",
    "turned-round": "test_bayes_rule_is_that_of_the_page",
    "held-out-bits": "test_bits_divide_by_letters_and_ends",
    "judge-agreement": "test_agreement_asks_the_judge_once_and_compares_with_what_was_asked_for",
    "novelty-and-distance": "test_the_nearest_name_is_that_of_the_least_edit_distance",
    "diversity-and-coverage": "test_diversity_is_the_share_of_different_names",
    "lstm-bits": "test_scores_are_of_each_symbol_once_and_in_order",
    "lstm-cell": "test_values_are_those_of_pytorchs_cell",
    "project-gain": "test_disagreement_is_what_the_accuracies_differ_by",
    "residual-network": "test_values_are_those_of_pytorchs_cell_added_to_the_stream",
    "skipgram-model": "test_probabilities_are_the_shares_of_the_exponentials",
    "skipgram-likelihood": "test_pairs_are_those_of_the_definition",
    # definitions, by a result whose reference begins with them
    "rnn-model": "rnn-gradients",
    "rnn-likelihood": "rnn-gradients",
    "stacked-rnn-model": "stacked-rnn-gradients",
    "concatenated": "three-forms",
    "jensen-shannon-definition": "jensen-shannon",
    "tutorial-generator": "tutorial-affine",
    "cell-generator": "generator-forms",
    "name-probability": "bits-per-character",
    "negative-sampling-objective": "negative-sampling-loss",
    # drafts with numbers, and special cases of results
    "mlp-scalar": "one-layer-gradients",
    "deep-scalar": "deep-gradients",
    "rnn-scalar-states": "rnn-states",
    "rnn-scalar-weights": "rnn-gradients",
    "residual-scalar": "residual-states",
    "residual-four-paths": "residual-paths",
    "backward-order": "residual-states",
    "chain-rule": "one-layer-gradients",
    # bounds
    "vanilla-bound": "test_vanilla_gradients_shrink_by_the_largest_singular_value_at_least",
    "residual-bound": "test_each_step_changes_the_norm_within_the_bounds_of_the_page",
}


THROUGH = {
    # made and called by another function, which is named
    "DenseRNN": "as_dense",
    "CellRNN": "as_cell",
    # reads its data and trains for minutes; what it calls is tested
    "main": "train",
}


def equations(page: Path) -> dict[str, str]:
    """The labelled equations of a page, each with the label of the result that it stands in, or ''."""
    found, result, fence = {}, "", ""
    for line in page.read_text().splitlines():
        if opened := re.match(r"(:{4,})\{prf:proposition\}", line):
            fence = opened[1]
        elif fence and not result and line.startswith(":label: "):
            result = line.removeprefix(":label: ").strip()
        elif line == fence:
            result = fence = ""
        elif label := re.fullmatch(r"\$\$ \(([\w-]+)\)", line):
            found[label[1]] = result
    return found


def test_every_labelled_equation_is_held_by_a_result_or_by_a_test():
    tests = {
        node.name
        for path in (ROOT / "tests").glob("test_*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef)
    }
    found = {label: x for page in PAGES for label, x in equations(page).items()}
    assert len(found) > 70 and set(filter(None, found.values())) <= RESULTS.keys()
    outside = {label for label, result in found.items() if not result}
    assert outside == HELD.keys()
    assert set(HELD.values()) <= tests | RESULTS.keys()


def shown(page: str) -> set[str]:
    """The functions and classes of a page's module whose source it shows, or that its cells call."""
    text = (ROOT / "book" / f"{page}.md").read_text()
    module = page.replace("-", "_")
    names = set()
    included = rf"pages/{module}(?:/\w+)?\.py\n(?::\w+:.*\n)*?:pyobject: (\w+)"
    names |= set(re.findall(included, text))
    for cell in jupytext.reads(text, fmt="md:myst").cells:
        if cell.cell_type == "code":
            for node in ast.walk(ast.parse(cell.source)):
                if (
                    isinstance(node, ast.Attribute)
                    and ast.unparse(node.value) == module
                ):
                    names.add(node.attr)
                if isinstance(node, ast.ImportFrom) and (
                    node.module == f"unrolled.pages.{module}"
                ):
                    names |= {alias.name for alias in node.names}
    return names


@pytest.mark.parametrize("page", CHAPTERS)
def test_whatever_a_page_shows_or_calls_is_named_in_its_tests_or_results(page: str):
    module = page.replace("-", "_")
    files = f"tests/test_{module}.py", f"code/unrolled/results/{module}.py"
    text = "".join((ROOT / file).read_text() for file in files)
    names = {THROUGH.get(name, name) for name in shown(page)}
    assert len(names) > 3
    assert {name for name in names if not re.search(rf"\b{name}\b", text)} == set()
