"""Results and short answers: numbered, labelled blocks, as the checks of this build found them.

``{prf:proposition}`` is a result, ``{prf:proof}`` in it its derivation, ``{prf:remark}`` a short answer. (The names are
those of sphinx-proof, so that JupyterLab shows the blocks too.) ``:questions:`` names the questions that a block
answers, and ``:shown:`` the labels of where else the answer is shown. ``:grader:`` says what a grader looks for in a
short answer, which ends with it.

``book/tempting/PAGE.yml`` has the mistakes of the results of a page that people really make: for each label, which of
the mistakes that its check refuses, the wrong line, why it tempts, and a quick test that exposes it. They stand in the
box, below the derivation. What a reader may want to find first (all of a short answer; of a result that answers a
question, all from its formula on; what else the page shows of either: figures, and the code that is checked) is
wrapped, so that try-first.js can cover it. ``:task:`` says then what to find.

What the checks found travels in the metadata of the output of the cell that ran them, so it is there also when the
page comes from the cache. A result without a check, a check without a result, and a module of results that no page
runs fail the build.
"""

import re
from pathlib import Path

import yaml
from docutils import nodes
from docutils.parsers.rst import directives
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.domains import Domain
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

from .citations import Cited, to_cite, to_report
from .execution import executed_notebooks
from .nodes import closed, fold
from .run_times import row

logger = logging.getLogger(__name__)


class result(nodes.General, nodes.Element):
    """A numbered statement with a label, checked in the build."""


class answer(nodes.General, nodes.Element):
    """A numbered short answer with a label."""


class block_title(nodes.TextElement):
    """The title of a block; its number is put before it."""


class derivation(nodes.General, nodes.Element):
    """The derivation of a result."""


def words(text: str) -> list[str]:
    """The words of an option, between commas or spaces."""
    return text.replace(",", " ").split()


class Block(SphinxDirective):
    """A numbered block with a title and a label."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec = {
        "label": directives.unchanged_required,
        "questions": words,
        "shown": words,
        "task": directives.unchanged_required,
    }
    node: type[nodes.Element]

    def run(self) -> list[nodes.Node]:
        """Make the block, note its label, and keep it for the pages that list all of them."""
        label = self.options.get("label")
        if not label:
            raise self.error(f"the {self.name} “{self.arguments[0]}” has no :label:")
        block = self.node(ids=[label], names=[label])
        self.set_source_info(block)
        self.state.document.note_explicit_target(block, block)
        title, messages = self.state.inline_text(self.arguments[0], self.lineno)
        block += block_title("", "", *title)
        self.state.nested_parse(self.content, self.content_offset, block)
        self.env.unrolled_blocks[label] = Cited(
            label=label,
            kind=self.node.__name__,
            docname=self.env.docname,
            line=self.lineno,
            title=block[0].astext(),
            questions=self.options.get("questions", []),
            shown=self.options.get("shown", []),
            text=block.astext(),
            statement="".join(
                part.astext() for part in block[1:] if not isinstance(part, derivation)
            ),
        )
        if "task" in self.options:
            said, more = self.state.inline_text(self.options["task"], self.lineno)
            block += nodes.paragraph("", "", *said, classes=["task"])
            messages += more
        return [block, *messages]


class Result(Block):
    """``{prf:proposition}``."""

    node = result

    def run(self) -> list[nodes.Node]:
        """Make the block, with the lines that tempt below its derivation."""
        block, *messages = super().run()
        found = tempting(self.env).get(self.options["label"], [])
        self.env.unrolled_blocks[block["ids"][0]].tempting = [
            one["mistake"] for one in found
        ]
        if found:
            text = [TEMPTING.format(**one).replace("\n", "\n  ") for one in found]
            lines = StringList(
                "\n".join(text).splitlines(), f"{FOLDER}/{self.env.docname}.yml"
            )
            wrong = nodes.container(classes=["tempting"])
            wrong += nodes.rubric("", "Tempting, and wrong")
            self.state.nested_parse(lines, 0, wrong)
            block += wrong
        return [block, *messages]


FOLDER = "tempting"
TEMPTING = """- {line}

*Why it tempts:* {why}

*What exposes it:* {test}
"""


def tempting(env: BuildEnvironment) -> dict[str, list[dict[str, str]]]:
    """The lines that tempt on the page that is read, by the labels of its results."""
    name = f"{FOLDER}/{env.docname}.yml"
    path = Path(env.srcdir, name)
    env.note_dependency(name)
    return yaml.safe_load(path.read_text()) if path.is_file() else {}


class Answer(Block):
    """``{prf:remark}``."""

    option_spec = Block.option_spec | {"grader": directives.unchanged_required}
    node = answer

    def run(self) -> list[nodes.Node]:
        """Make the block, with what a grader looks for as its last line."""
        block, *messages = super().run()
        if "grader" not in self.options:
            text = f"the short answer “{self.arguments[0]}” has no :grader:, what a grader looks for in it"
            return [block, *messages, self.reporter.error(text, line=self.lineno)]
        words, more = self.state.inline_text(self.options["grader"], self.lineno)
        line = nodes.emphasis("", "A grader looks for: ", *words, nodes.Text("."))
        block += nodes.paragraph("", "", line)
        return [block, *messages, *more]


class Derivation(SphinxDirective):
    """``{prf:proof}``."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Make the block."""
        block = derivation()
        self.state.nested_parse(self.content, self.content_offset, block)
        return [block]


class Blocks(Domain):
    """The names of the directives."""

    name = "prf"
    label = "Results and short answers"
    directives = {"proposition": Result, "remark": Answer, "proof": Derivation}


# What the checks found


def begin(app: Sphinx) -> None:
    """Take up the blocks and the checks of the pages that an earlier build has read."""
    if not hasattr(app.env, "unrolled_blocks"):
        app.env.unrolled_blocks, app.env.unrolled_checks = {}, {}


def forget(app: Sphinx, env: BuildEnvironment, docname: str) -> None:
    """Forget the blocks of a page that is read again, and all of one that is no more."""
    if docname not in env.found_docs:
        env.unrolled_checks.pop(docname, None)
    blocks = env.unrolled_blocks
    for label in [label for label in blocks if blocks[label].docname == docname]:
        del blocks[label]


def collect(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Collect what the cells handed over of the checks that they ran, when all of them have been executed."""
    for docname in docnames:
        env.unrolled_checks.pop(docname, None)
    for docname, notebook in executed_notebooks(env, docnames).items():
        env.unrolled_checks[docname] = [
            found
            for cell in notebook.cells
            for output in cell.get("outputs", [])
            if (found := output.get("metadata", {}).get("unrolled"))
        ]


def complain(env: BuildEnvironment, block: Cited, message: str) -> None:
    """Warn, which fails the build, and name the place."""
    logger.warning(message, location=(block.docname, block.line))


def tie(app: Sphinx, env: BuildEnvironment) -> None:
    """Give every result its report, and say what is missing on either side."""
    blocks, modules = env.unrolled_blocks, set()
    found_all = [
        (docname, found)
        for docname, checks in env.unrolled_checks.items()
        for found in checks
    ]
    for docname, found in found_all:
        modules.add(found["module"])
        for report in found["reports"]:
            block = blocks.get(report["label"])
            if block and block.kind == "result" and block.docname == docname:
                block.report = report
            else:
                logger.warning(
                    "check without a result: %s is checked here, and no result on this page has that label",
                    report["label"],
                    location=docname,
                )
    for block in blocks.values():
        if block.kind == "result" and not block.report:
            complain(
                env,
                block,
                f"result without a check: no cell of this page checks {block.label}",
            )
        else:
            for mistake in set(block.tempting) - block.refused:
                complain(
                    env,
                    block,
                    f"the check of {block.label} refuses no mistake “{mistake}”, which tempts",
                )
    for path in sorted(
        (Path(app.srcdir).parent / "code/unrolled/results").glob("[!_]*.py")
    ):
        if f"unrolled.results.{path.stem}" not in modules:
            logger.warning(
                "check without a result: no page runs unrolled.results.%s", path.stem
            )


# What a block shows beside its text


def power(error: float) -> list[nodes.Node]:
    """An error as people write it: 2 · 10⁻¹⁶."""
    if error == 0:
        return [nodes.Text("0")]
    digit, exponent = f"{error:.0e}".split("e")
    factor = "" if digit == "1" else f"{digit}\N{NO-BREAK SPACE}·\N{NO-BREAK SPACE}"
    raised = str(int(exponent)).replace("-", "−")
    return [nodes.Text(f"{factor}10"), nodes.superscript("", raised)]


def outcome(check: dict) -> list[nodes.Node]:
    """Against what a result was held, the largest error, and on how many cases."""
    cases = f"{check['cases']} case{'s' * (check['cases'] != 1)}"
    return [
        nodes.Text(f"{check['how']} "),
        *power(check["error"]),
        nodes.Text(f" ({cases})"),
    ]


def executed(block: Cited) -> list[nodes.Node]:
    """How many equalities of its printed formulas were executed, and the largest error."""
    found = block.printed
    return [
        nodes.Text(f"{found['equalities']:,} equalities, largest error "),
        *power(found["error"]),
    ]


def table(header: tuple[str, ...], rows: list[list[nodes.Node]]) -> nodes.table:
    """A table."""
    group = nodes.tgroup("", *(nodes.colspec(colwidth=1) for _ in header))
    group["cols"] = len(header)
    group += nodes.thead("", row(*map(nodes.Text, header)))
    group += nodes.tbody("", *(row(*cells) for cells in rows))
    return nodes.table("", group)


def mistake(found: dict) -> nodes.list_item:
    """A mistake, where it was refused, and lines of code, each above what the mistake makes of it."""
    refused, cases = found["refused"], found["cases"]
    share = f"all {cases}" if refused == cases else f"{refused} of {cases}"
    but = f"; no mistake for {found['but']}" if found["but"] else ""
    words = nodes.paragraph("", f"{found['mistake']} (refused in {share} cases{but})")
    both = [
        f"- {right}" + f"\n+ {wrong}" * bool(wrong) for right, wrong in found["lines"]
    ]
    text = "\n".join(both)
    code = [nodes.literal_block(text, text, language="diff")] if both else []
    return nodes.list_item("", words, *code)


def evidence(block: Cited) -> list[nodes.Node]:
    """The checked function, what the check found, and the mistakes that it refused and that the box does not have."""
    report = block.report
    code = nodes.literal_block(report["source"], report["source"], language="python")
    line = nodes.paragraph("", "Largest error against ")
    for check in report["checks"]:
        line += [*outcome(check), nodes.Text(", ")]
    line[-1] = nodes.Text(".")
    printed = []
    if block.printed:
        but = block.printed["prose"]
        said = "The printed formulas were executed, those of the derivation too"
        said += f", but for {but} that states no equality of values" * bool(but) + ": "
        printed = [nodes.paragraph("", said, *executed(block), nodes.Text("."))]
    demands = [
        [
            nodes.Text(c["how"]),
            nodes.inline("", "", *power(c["bound"])),
            nodes.Text(c["but"] or "–"),
        ]
        for c in report["checks"]
    ]
    demanded = table(("held against", "error at most", "but for"), demands)
    others = [
        found for found in report["mutants"] if found["mistake"] not in block.tempting
    ]
    more = nodes.bullet_list("", *map(mistake, others))
    title = (
        f"{'More' if block.tempting else 'Common'} mistakes, each refused by the check"
    )
    return [
        fold(
            "",
            code,
            line,
            *printed,
            demanded,
            summary="Checked in this build: the function"
            + " and the printed formulas" * bool(printed),
        ),
        *([fold("", more, summary=title)] if others else []),
    ]


def complete(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Add to each block what the build knows of it."""
    for node in [*doctree.findall(result), *doctree.findall(answer)]:
        block = app.env.unrolled_blocks[node["ids"][0]]
        if block.questions and "closed" not in node:
            cover(node)
        if block.report and "closed" not in node:
            node += evidence(block)
        node += [to_cite(app, block), to_report(app, block)]
    blocks = app.env.unrolled_blocks.values()
    own = [b for b in blocks if b.docname == docname and b.questions]
    if not closed(app):
        cover_besides(doctree, own)


def cover(block: nodes.Element) -> None:
    """Wrap what a reader may want to find first: what follows the title, or in a result what it begins from."""
    tasks = [part for part in block if "task" in part["classes"]]
    for task in tasks:
        block.remove(task)
    shown = [isinstance(part, nodes.math_block) for part in block]
    first = shown.index(True) if isinstance(block, result) and any(shown) else 1
    covered = nodes.container("", *block[first:], classes=["to-find"])
    block[first:] = [*tasks, covered]


def cover_besides(doctree: nodes.document, blocks: list[Cited]) -> None:
    """Wrap what else a page shows of the blocks that answer a question: their figures, and the code that is checked."""
    labels = {label for block in blocks for label in block.shown}
    codes = [block.report["source"] for block in blocks if block.report]
    names = set().union(*map(defines, codes))
    besides = [
        *(
            figure
            for figure in doctree.findall(nodes.figure)
            if labels & {*figure["ids"]}
        ),
        *(
            code
            for code in doctree.findall(nodes.literal_block)
            if names & defines(code.astext())
        ),
    ]
    for node in besides:
        if not inside(node, (result, answer)):
            around, covered = node.parent, nodes.container(classes=["to-find"])
            around[around.index(node)] = covered
            covered += node


def defines(code: str) -> set[str]:
    """The functions that a piece of code defines."""
    return {*re.findall(r"^def (\w+)", code, re.MULTILINE)}


def inside(node: nodes.Node, kinds: tuple[type, ...]) -> bool:
    """Whether a node is in one of some kinds."""
    return bool(node.parent) and (
        isinstance(node.parent, kinds) or inside(node.parent, kinds)
    )


# HTML


def visit_block(translator: HTML5Translator, node: nodes.Element) -> None:
    """Open a block."""
    kind = type(node).__name__
    translator.body.append(translator.starttag(node, "div", CLASS=f"admonition {kind}"))


def depart_block(translator: HTML5Translator, node: nodes.Element) -> None:
    """Close a block."""
    translator.body.append("</div>\n")


def visit_title(translator: HTML5Translator, node: block_title) -> None:
    """Write the number before the title."""
    translator.body.append('<p class="admonition-title">')
    translator.add_fignumber(node.parent)


def depart_title(translator: HTML5Translator, node: block_title) -> None:
    """Write the permanent link behind the title."""
    label = node.parent["ids"][0]
    translator.body.append(
        f'<a class="headerlink" href="#{label}" title="Permanent link">#</a></p>\n'
    )


def visit_derivation(translator: HTML5Translator, node: derivation) -> None:
    """Open a derivation."""
    translator.body.append(
        '<div class="derivation"><p class="derivation-title">Derivation</p>\n'
    )


def name_numbers(app: Sphinx, config: Config) -> None:
    """Say how a block's number reads."""
    config.numfig_format = {
        "result": "Result %s",
        "answer": "Short answer %s",
        **config.numfig_format,
    }


def setup(app: Sphinx) -> dict:
    """Add the directives and their nodes."""
    for node in (result, answer):
        app.add_enumerable_node(
            node,
            node.__name__,
            lambda block: block[0].astext(),
            html=(visit_block, depart_block),
        )
    app.add_node(block_title, html=(visit_title, depart_title))
    app.add_node(derivation, html=(visit_derivation, depart_block))
    app.add_domain(Blocks)
    app.connect("config-inited", name_numbers)
    app.connect("builder-inited", begin)
    app.connect("env-purge-doc", forget)
    app.connect("env-before-read-docs", collect, priority=600)
    app.connect("env-check-consistency", tie)
    app.connect("doctree-resolved", complete)
    return {"parallel_read_safe": False}
