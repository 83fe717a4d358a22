"""``{printed-formulas}``: what came of all printed formulas in this build, and how each letter got its value."""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from .nodes import fold
from .printed import totals
from .results import power, table
from .run_times import link

LETTERS = "How each letter of each page gets its value"
WAYS = {
    "input": "an input of a case",
    "size": "a size of an input",
    "probability": "random, with probabilities that are printed",
    "definition": "a printed definition, executed",
    "derivative": "a derivative",
    "draft": "what the page says in words, or the rest of the network in a draft",
}

REFUSED = {
    "value": "by the value",
    "shape": "by a shape",
    "name": "by an unknown name",
    "not evaluable": "as not to be computed",
}


class formulas_table(nodes.General, nodes.Element):
    """The place of what came of the printed formulas."""


class PrintedFormulas(SphinxDirective):
    """``{printed-formulas}``."""

    def run(self) -> list[nodes.Node]:
        """Mark the place; what came of them is known when all pages have been read."""
        return [formulas_table()]


def listed(counts: dict[str, int]) -> str:
    """Counts in words."""
    return "; ".join(f"{n:,} {REFUSED.get(kind, kind)}" for kind, n in counts.items())


def counted(found: dict) -> nodes.table:
    """How many formulas were executed, and what came of their typos."""
    typos, prose = found["typos"], found["prose"]
    refused, equal = typos["refused"], typos["equal"]
    rows = {
        "displayed formulas": f"{found['displays']:,}, on {found['pages']} pages",
        "of them executed, both sides": f"{found['executed']:,}",
        "of them executed as definitions": f"{found['definitions']:,}",
        "of them not executed": f"{sum(prose.values()):,}: {listed(prose)}",
        "executed within a line": f"{found['inline']:,}",
        "equalities, on all cases": f"{found['equalities']:,}, largest error ",
        "typos made in this build": f"{typos['made']:,}",
        "of them refused": f"{sum(refused.values()):,}: {listed(refused)}",
        "of them equal, for a reason": f"{sum(equal.values()):,}: {listed(equal)}",
    }
    cells = {what: [nodes.Text(text)] for what, text in rows.items()}
    cells["equalities, on all cases"] += power(found["error"])
    return table(
        ("what", "how many"),
        [[nodes.Text(what), nodes.inline("", "", *x)] for what, x in cells.items()],
    )


def letters(app: Sphinx, docname: str, pages: dict) -> nodes.table:
    """How each letter of each page got its value."""
    rows = []
    for page, ways in pages.items():
        for way, names in ways.items():
            cells = [
                x for tex in names for x in (nodes.Text(", "), nodes.math("", tex))
            ]
            own = [nodes.Text(WAYS[way]), nodes.inline("", "", *cells[1:])]
            rows += [[link(app, docname, page), *own]] * bool(names)
    found = table(("page", "its value is", "letters"), rows)
    found["classes"].append("letter-ways")
    return found


def fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Fill in the tables."""
    for place in list(doctree.findall(formulas_table)):
        found = totals(app.env)
        own = letters(app, docname, found["letters"])
        place.replace_self([counted(found), fold("", own, summary=LETTERS)])


def setup(app: Sphinx) -> dict:
    """Add the directive."""
    app.add_node(formulas_table)
    app.add_directive("printed-formulas", PrintedFormulas)
    # when the letters of the page have been looked up: these are those of other pages
    app.connect("doctree-resolved", fill, priority=950)
    return {"parallel_read_safe": False}
