"""The book without solutions, for a class: what answers is taken out of each page, after its cells were executed.

``make book SOLUTIONS=0`` builds so. Of a result or a short answer that answers a question of the sheets there stay the
number and title, what is to find, and the numbers of its equations: whatever leads there finds them. Out go its
statement, derivation and evidence, and what else shows it: figures, the code that is checked, the code of sections that
it names. Out go solutions and folded answers, the verdicts of the quizzes, and what an author marks by the class
``solved``; of a table that is so marked, the last column. It is done before labels, titles and the search index are
collected. What is made of other sources, such as payloads, notebooks and archives, is held back where it is made.

In a page, ``{only} closed`` and ``{only} not closed`` have the words that hold in one of the two books.
"""

import json
import re

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.transforms import SphinxTransform
from sphinx_exercise.nodes import solution_node

from .citations import Cited
from .live import PART, PAYLOAD
from .nodes import closed, fold
from .results import answer, defines, result

WHY = "Left out in this version: it answers a question of the sheet."
ANSWERS = {"The answer", "The answers"}
"""The titles of folds that answer what is asked before them."""
GONE = {"solved", "sitting"}
"""Classes of what goes altogether; a box where one may stop says what one has."""
SCRIPTLESS = "<p>This part needs scripts.</p>"


class TakeOut(SphinxTransform):
    """Takes the answers out of a page."""

    default_priority = 840  # before the domains collect, with 850

    def apply(self) -> None:
        """Take out what answers, if the book is built without solutions."""
        if not closed(self.app):
            return
        blocks = self.env.unrolled_blocks.values()
        own = [b for b in blocks if b.docname == self.env.docname and b.questions]
        shown = {label for block in own for label in block.shown}
        for node in reversed(list(self.document.findall(goes))):  # the inner ones first
            node.parent.replace(node, what_stays(node, shown))
        labels = {block.label for block in own}
        for node in [*self.document.findall(result), *self.document.findall(answer)]:
            if labels & {*node["ids"]}:
                empty(node)
        for node in self.shown(own):
            leave_out(node)
        for node in list(self.document.findall(nodes.Element)):
            lessen(node)

    def shown(self, blocks: list[Cited]) -> list[nodes.Element]:
        """What else shows what blocks state: figures, the code that is checked, code and programs of their sections."""
        labels = {label for block in blocks for label in block.shown}
        own = {block.label for block in blocks}
        reports = [
            report
            for found in self.env.unrolled_checks.get(self.env.docname, [])
            for report in found["reports"]
        ]
        sources = [r["source"] for r in reports if r["label"] in own]
        checked = set().union(*map(defines, sources))

        def is_shown(node: nodes.Node) -> bool:
            """Whether a node is such a part."""
            if isinstance(node, nodes.figure):
                return bool(labels & {*node["ids"]})
            if isinstance(node, addnodes.download_reference):
                return node["reftarget"].endswith(".py") and within(node, labels)
            if not isinstance(node, nodes.literal_block):
                return False
            text = node.astext()
            return bool(checked & defines(text)) or (
                not of_cell(node) and within(node, labels)
            )

        return list(self.document.findall(is_shown))


def goes(node: nodes.Node) -> bool:
    """Whether a node goes altogether: a solution, a folded answer, what is marked, what does not hold."""
    if not isinstance(node, nodes.Element):
        return False
    if isinstance(node, nodes.table):
        return False
    return (
        isinstance(node, solution_node)
        or bool(GONE & {*node["classes"]})
        or ("dropdown" in node["classes"] and node[0].astext() in ANSWERS)
        or node.get("expr") == "not closed"
    )


def within(node: nodes.Node, labels: set[str]) -> bool:
    """Whether the section that a node stands in has one of some labels."""
    while not isinstance(node, nodes.section | None):
        node = node.parent
    return node is not None and bool(labels & {*node["ids"]})


def of_cell(node: nodes.literal_block) -> bool:
    """Whether a piece of code, or an output, is of a cell."""
    classes = {*node["classes"], *node.parent["classes"]}
    return bool(classes & {"cell_input", "cell_output", "output"})


def what_stays(node: nodes.Element, shown: set[str]) -> list[nodes.Node]:
    """What stays in the place of a node: the anchors of all that is in it, the label of a solution, and what a block
    says that it is shown by: the title of a section, and figures, which are left out in their turn.
    """
    figures = [one for one in node.findall(nodes.figure) if shown & {*one["ids"]}]
    for one in figures:
        one.insert(0, nodes.comment())  # in the place of its picture, which is gone
    is_shown = isinstance(node, nodes.section) and bool(shown & {*node["ids"]})
    kept = {id for one in [*figures, *[node] * is_shown] for id in one["ids"]}
    ids = [
        x for one in node.findall(nodes.Element) for x in one["ids"] if x not in kept
    ]
    label = {"solution": node["names"][0]} if isinstance(node, solution_node) else {}
    stays = [*([nodes.target("", "", ids=ids, **label)] if ids else []), *figures]
    if is_shown:
        node[1:] = [nodes.paragraph("", WHY, classes=["left-out"]), *stays]
    return [node] if is_shown else stays


def empty(block: nodes.Element) -> None:
    """Leave of a block its title, what is to find, and the numbers of its equations."""
    blanks = [one for one in block.findall(nodes.math_block) if one.get("label")]
    for one in blanks:
        one[:] = [nodes.Text(r"\dots")]
    tasks = [part for part in block if "task" in part.get("classes", [])]
    for task in tasks:
        task["classes"] = ["asks"]  # which is always shown
    block[:] = [block[0], *tasks, *blanks]
    block["closed"] = True


def leave_out(node: nodes.Element) -> None:
    """Say of a figure, or of code, that it is left out; of a program, say its name alone."""
    if isinstance(node, nodes.figure):
        caption = next(node.findall(nodes.caption))
        caption[:] = [nodes.Text(WHY)]
        node["classes"].append("left-out")
    elif isinstance(node, addnodes.download_reference):
        node.parent.replace(node, node.children)
    else:
        node.parent.replace(node, nodes.paragraph("", WHY, classes=["left-out"]))


def lessen(node: nodes.Element) -> None:
    """Take out the verdict of a choice, the last column of a table that is marked, and what a live part gives away."""
    if isinstance(node, fold) and "choice" in node["classes"]:
        node.parent.replace(node, nodes.paragraph("", "", *node[0].children))
    elif isinstance(node, nodes.table) and "solved" in node["classes"]:
        for row in node.next_node(nodes.tbody):
            row[-1][:] = [nodes.paragraph("", "?")]
    elif isinstance(node, nodes.raw) and "unrolled-live" in node.astext():
        node[:] = [nodes.Text(PART.sub(stepped, node.astext()))]


def stepped(found: re.Match) -> str:
    """A live part; a backward pass with another readout than the page's, and without its numbers in a table."""
    html, digest, table = found[0], found[3], found[4]
    if 'data-part="stepper"' not in html:
        return html
    data = json.loads(PAYLOAD.search(html)[2])
    data["matrices"]["W_unembed"] = data["turn"]
    mistakes = data["sentences"]["mistakes"]
    data["sentences"]["mistakes"] = {
        name: {"ask": one["ask"]} for name, one in mistakes.items()
    }
    payload = json.dumps(data, ensure_ascii=False).replace("</", "<\\/")
    script = (
        f'<script type="application/json" data-payload="{digest}">{payload}</script>'
    )
    return PAYLOAD.sub(lambda _: script, html.replace(table, SCRIPTLESS))


def clear(app: Sphinx, doctree: nodes.document) -> None:
    """Take the pictures out of figures that were left out, when they have theirs; keep the labels of solutions."""
    for figure in doctree.findall(nodes.figure):
        if "left-out" in figure["classes"]:
            figure[:] = [one for one in figure if isinstance(one, nodes.caption)]
    for target in doctree.findall(nodes.target):
        if "solution" in target:  # as sphinx-exercise does
            place = app.env.docname, target["ids"][0], "Solution"
            app.env.domains["std"].labels[target["solution"]] = place


def without_sources(app: Sphinx, config: Config) -> None:
    """Publish no sources, nor the button that leads to them."""
    if closed(app):
        config.html_copy_source = False
        config.html_theme_options["use_download_button"] = False


def setup(app: Sphinx) -> dict:
    """Add the transform."""
    app.connect("config-inited", without_sources)
    app.add_transform(TakeOut)
    app.connect("doctree-read", clear, priority=150)
    return {"parallel_read_safe": False}
