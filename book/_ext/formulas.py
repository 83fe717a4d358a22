"""Every formula is set once, in the build, as MathML: pages need no script for it, and nothing of it moves.

MathJax reads the TeX, in the Node.js that comes with playwright: all formulas of the book at once, when its pages have
been read; those that only come into being later, when they are written. An undefined macro, or another error, is a
warning with its place, and so ends the build. What is written of a formula, ``mathml.py`` says.
"""

import html
import json
import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

import playwright
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

from . import fonts, mathml
from .offline import MATHJAX

logger = logging.getLogger(__name__)

Formula = tuple[str, bool]  # its TeX, and whether it is displayed

TYPESET = Path(__file__).with_suffix(".js")
ENVIRONMENT = re.compile(r"\\begin\{(\w+\*?)\}.*?\\end\{\1\}", re.DOTALL)


def formula(node: nodes.math | nodes.math_block) -> Formula:
    """What MathJax is to read for a node: several lines, or paragraphs, are rows that are aligned."""
    tex = node.astext().strip()
    if isinstance(node, nodes.math):
        return tex, False
    paragraphs = [part.strip() for part in tex.split("\n\n") if part.strip()]
    tex = r" \\ ".join(paragraphs)
    if not node.get("nowrap") and r"\\" in outermost(tex):
        tex = rf"\begin{{aligned}}{tex}\end{{aligned}}"
    return tex, True


def outermost(tex: str) -> str:
    """What of a formula stands in no environment and no group."""
    tex, found = ENVIRONMENT.sub("", tex), 1
    while found:
        tex, found = re.subn(r"(?<!\\)\{[^{}]*\}", "", tex)
    return tex


def typeset(formulas: Iterable[Formula], settings: dict) -> list[mathml.Tree | str]:
    """What MathJax makes of each formula: its tree, or its error."""
    node = shutil.which("node", path=str(Path(playwright.__file__).parent / "driver"))
    job = json.dumps({"formulas": list(formulas), "tex": settings})
    run = subprocess.run(
        [node, str(TYPESET), str(MATHJAX)],
        input=job,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(run.stdout)


def all_formulas(tree: nodes.Node) -> list[nodes.math | nodes.math_block]:
    """The formulas of a page."""
    return list(tree.findall(lambda n: isinstance(n, nodes.math | nodes.math_block)))


def learn(app: Sphinx, formulas: Iterable[Formula]) -> None:
    """Typeset the formulas that have not been."""
    known = app.env.unrolled_formulas
    new = list(dict.fromkeys(f for f in formulas if f not in known))
    if new:
        settings = app.config.mathjax3_config.get("tex", {})
        known.update(zip(new, typeset(new, settings), strict=True))


def begin(app: Sphinx) -> None:
    """Take up the formulas of an earlier build; those that are read now are to come."""
    app.env.temp_formulas = []
    if not hasattr(app.env, "unrolled_formulas"):
        app.env.unrolled_formulas = {}


def collect(app: Sphinx, doctree: nodes.document) -> None:
    """Note each formula of a page that has been read, and where it stands."""
    for node in all_formulas(doctree):
        place = node if node.line else app.env.docname
        app.env.temp_formulas.append((formula(node), place))


def check(app: Sphinx, env: BuildEnvironment) -> None:
    """Typeset what has been read, and warn of what cannot be."""
    found, env.temp_formulas = env.temp_formulas, []
    learn(app, (one for one, _ in found))
    for one, place in found:
        if isinstance(error := env.unrolled_formulas[one], str):
            logger.warning(
                "formula cannot be typeset: %s: %s",
                error,
                one[0],
                location=place,
                type="formulas",
            )


def learn_late(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Typeset what was put into a page after it had been read."""
    learn(app, map(formula, all_formulas(doctree)))


# HTML


def together(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Keep a formula on the line of what is written onto it: a comma, a bracket, “-th”."""
    for node in list(doctree.findall(nodes.math)):
        siblings, i = node.parent.children, node.parent.index(node)
        before, after = siblings[:i][-1:], siblings[i + 1 :][:1]
        head = tail = ""
        if before and isinstance(before[0], nodes.Text):
            head = re.search(r"(?:(?<=\s)|^)\S{1,3}$|[^\s\w]?$", before[0])[0]
        if after and isinstance(after[0], nodes.Text):
            tail = re.match(r"\S{1,3}(?=\s|$)|[^\s\w]?", after[0])[0]
        if not head and not tail:
            continue
        kept = nodes.inline(classes=["together"])
        node.replace_self(kept)
        kept += [nodes.Text(head), node, nodes.Text(tail)]
        if head:
            before[0].parent.replace(before[0], nodes.Text(before[0][: -len(head)]))
        if tail:
            after[0].parent.replace(after[0], nodes.Text(after[0][len(tail) :]))


def heighten(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Mark the paragraphs that have a fraction in a line."""
    for node in doctree.findall(nodes.math):
        around = node.parent
        while not isinstance(around, nodes.paragraph | type(None)):
            around = around.parent
        if around is not None and "frac" in node.astext():
            around["classes"] = sorted({*around["classes"], "fractions"})


def portable(tex: str, settings: dict) -> str:
    """The TeX of a formula without the book's own macros, so that it can be copied elsewhere."""
    for name, meaning in settings.get("tex", {}).get("macros", {}).items():
        tex = re.sub(rf"\\{name}(?![A-Za-z])", lambda _, text=meaning: text, tex)
    return tex


def body(app: Sphinx, one: Formula, source: str, letters: Sequence[str] = ()) -> str:
    """The attributes of a formula's wrapper and what is in it; ``letters`` has for each of its letters what it is."""
    learn(app, [one])
    tree = app.env.unrolled_formulas[one]
    tex = html.escape(portable(source, app.config.mathjax3_config))
    if isinstance(tree, str):
        return f"><code>{tex}</code>"
    root = mathml.read(tree)
    inside, widest = mathml.written(root, one[1])
    style = f' style="--em: {widest:.1f}"' if widest > mathml.NARROW else ""
    name = html.escape(mathml.say(root))
    known = f' data-letters="{" ".join(letters)}"' if letters else ""
    return f' role="math" aria-label="{name}" data-tex="{tex}"{known}{style}>{inside}'


def of_node(translator: HTML5Translator, node: nodes.math | nodes.math_block) -> str:
    """The body of a node of a page."""
    app, source = translator.builder.app, node.astext().strip()
    return body(app, formula(node), source, node.get("letters", ()))


def in_line(body: str) -> str:
    """The class of a formula in a line."""
    kind = "math pieces" if body.count("<math ") > 1 else "math"
    return f"{kind} notranslate nohighlight"


def visit_math(translator: HTML5Translator, node: nodes.math) -> None:
    """Write a formula in the text."""
    inside = of_node(translator, node)
    tag = translator.starttag(node, "span", "", CLASS=in_line(inside))
    translator.body.append(f"{tag[:-1]}{inside}</span>")
    raise nodes.SkipNode


def visit_display(translator: HTML5Translator, node: nodes.math_block) -> None:
    """Write a displayed formula, with its number."""
    tag = translator.starttag(node, "div", CLASS="math notranslate nohighlight")
    translator.body.append(tag.rstrip())
    if node["number"] and not node["nowrap"]:
        number = get_node_equation_number(translator, node)
        translator.body.append(f'<span class="eqno">({number})')
        translator.add_permalink_ref(node, "Link to this equation")
        translator.body.append("</span>")
    translator.body.append(
        f'<span class="formula"{of_node(translator, node)}</span></div>\n'
    )
    raise nodes.SkipNode


def write_font(app: Sphinx, error: Exception | None) -> None:
    """Write the font, with the letters that the formulas of all pages have."""
    if error or app.builder.format != "html":
        return
    pages = Path(app.outdir).glob("*.html")
    used = set().union(*(mathml.characters(page.read_text()) for page in pages))
    font = fonts.cut(mathml.FONT, used)
    Path(app.outdir, "_static", "stix-two-math.woff").write_bytes(font)


def setup(app: Sphinx) -> dict:
    """Collect formulas as pages are read, typeset them all at once, and write them."""
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_display, None))
    app.connect("builder-inited", begin)
    app.connect("doctree-read", collect)
    app.connect("env-check-consistency", check)
    app.connect("doctree-resolved", learn_late, priority=900)
    app.connect("doctree-resolved", together, priority=910)
    app.connect("doctree-resolved", heighten, priority=920)
    app.connect("build-finished", write_font)
    return {"parallel_read_safe": False}
