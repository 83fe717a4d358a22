"""``{result-index}``: all results, with what their checks found in this build; ``{printed-formulas}``: what came of all
printed formulas, and how each letter got its value."""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from .citations import Cited, named, results
from .nodes import fold
from .printed import totals
from .results import executed, outcome, power, table
from .run_times import link


class result_table(nodes.General, nodes.Element):
    """The place of the table."""


class ResultIndex(SphinxDirective):
    """``{result-index}``."""

    def run(self) -> list[nodes.Node]:
        """Mark the place; the results are known when all pages have been read."""
        return [result_table()]


LETTERS = "How each letter of each page gets its value"
WAYS = {
    "input": "an input of a case",
    "size": "a size of an input",
    "probability": "random, with probabilities that are printed",
    "definition": "a printed definition, executed",
    "derivative": "a derivative",
    "draft": "what the page says in words, or the rest of the network in a draft",
}

HEADER = ("result", "page", "largest error against", "mistakes refused")


def entry(app: Sphinx, docname: str, block: Cited) -> list[nodes.Node]:
    """The row of a result."""
    page = app.builder.get_relative_uri(docname, block.docname)
    links = [
        nodes.reference("", text, refuri=f"{page}#{anchor}", internal=True)
        for text, anchor in (
            (named(app, block), block.label),
            ("cite", f"cite-{block.label}"),
        )
    ]
    checks, mutants = block.report["checks"], block.report["mutants"]
    return [
        nodes.line_block("", *(nodes.line("", "", one) for one in links)),
        link(app, docname, block.docname),
        nodes.line_block(
            "",
            *(nodes.line("", "", *outcome(check)) for check in checks),
            *(
                [nodes.line("", "as printed: ", *executed(block))]
                if block.printed
                else []
            ),
        ),
        nodes.Text(f"{sum(m['refused'] > 0 for m in mutants)} of {len(mutants)}"),
    ]


def fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Fill in the table."""
    for place in list(doctree.findall(result_table)):
        rows = [entry(app, docname, block) for block in results(app)]
        place.replace_self(table(HEADER, rows))
    for place in list(doctree.findall(formulas_table)):
        found = totals(app.env)
        own = letters(app, docname, found["letters"])
        place.replace_self([counted(found), fold("", own, summary=LETTERS)])


class formulas_table(nodes.General, nodes.Element):
    """The place of what came of the printed formulas."""


class PrintedFormulas(SphinxDirective):
    """``{printed-formulas}``."""

    def run(self) -> list[nodes.Node]:
        """Mark the place; what came of them is known when all pages have been read."""
        return [formulas_table()]


def listed(counts: dict[str, int]) -> str:
    """Counts in words."""
    return "; ".join(f"{count:,} {kind}" for kind, count in counts.items())


def counted(found: dict) -> nodes.table:
    """How many formulas were executed, and what came of their typos."""
    typos = found["typos"]
    refused, equal = (sum(typos[x].values()) for x in ("refused", "equal"))
    error = [
        nodes.Text(f"{found['equalities']:,}, largest error "),
        *power(found["error"]),
    ]
    rows = {
        "displayed formulas": f"{found['displays']:,}, on {found['pages']} pages",
        "executed: both sides of an equality": f"{found['executed']:,}",
        "executed as definitions": f"{found['definitions']:,}",
        "not executed": f"{sum(found['prose'].values()):,}: {listed(found['prose'])}",
        "executed within a line": f"{found['inline']:,}",
        "equalities, on all cases": error,
        "typos made in this build": f"{typos['made']:,}",
        "refused": f"{refused:,}, by: {listed(typos['refused'])}",
        "equal, for a reason": f"{equal:,}: {listed(typos['equal'])}",
    }
    return table(
        ("what", "how many"),
        [
            [
                nodes.Text(what),
                nodes.inline("", "", *text)
                if isinstance(text, list)
                else nodes.Text(text),
            ]
            for what, text in rows.items()
        ],
    )


def letters(app: Sphinx, docname: str, ways: dict) -> nodes.table:
    """How each letter of each page got its value."""
    rows = []
    for page, found in ways.items():
        for way, letters in found.items():
            if letters:
                cells = [
                    part
                    for tex in letters
                    for part in (nodes.math("", tex), nodes.Text(" "))
                ]
                rows.append(
                    [
                        link(app, docname, page),
                        nodes.Text(WAYS[way]),
                        nodes.inline("", "", *cells),
                    ]
                )
    return table(("page", "its value is", "letters"), rows)


def setup(app: Sphinx) -> dict:
    """Add the directives."""
    app.add_node(formulas_table)
    app.add_directive("printed-formulas", PrintedFormulas)
    app.add_node(result_table)
    app.add_directive("result-index", ResultIndex)
    app.connect("doctree-resolved", fill)
    return {"parallel_read_safe": False}
