"""Every formula is typeset once in the build: an undefined macro is a warning with its place, and so ends the build.

In a page, MathJax would print an undefined macro in red and go on. The same MathJax runs here, in the Node.js that
comes with playwright.
"""

import json
import shutil
import subprocess
from pathlib import Path

import playwright
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.math import wrap_displaymath

from .offline import MATHJAX

logger = logging.getLogger(__name__)

TYPESET = Path(__file__).with_suffix(".js")


def collect(app: Sphinx, doctree: nodes.document) -> None:
    """Note each formula of a page that has been read, and where it stands."""
    for node in doctree.findall(lambda n: isinstance(n, nodes.math | nodes.math_block)):
        tex = node.astext()
        if isinstance(node, nodes.math_block) and not node.get("nowrap"):
            tex = wrap_displaymath(tex, None, False)
        place = node if node.line else app.env.docname
        app.env.temp_formulas.append((tex, place))


def begin(app: Sphinx) -> None:
    """Start with no formulas."""
    app.env.temp_formulas = []


def typeset(formulas: list[str], settings: dict) -> list[str | None]:
    """What MathJax says of each formula: its error, or None."""
    node = shutil.which("node", path=str(Path(playwright.__file__).parent / "driver"))
    job = json.dumps({"formulas": formulas, "tex": settings})
    run = subprocess.run(
        [node, str(TYPESET), str(MATHJAX)],
        input=job,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(run.stdout)


def check(app: Sphinx, env: BuildEnvironment) -> None:
    """Warn of every formula that MathJax cannot typeset."""
    formulas, env.temp_formulas = env.temp_formulas, []
    errors = typeset(
        [tex for tex, _ in formulas], app.config.mathjax3_config.get("tex", {})
    )
    for (tex, place), error in zip(formulas, errors, strict=True):
        if error:
            logger.warning(
                "formula cannot be typeset: %s: %s",
                error,
                tex,
                location=place,
                type="formulas",
            )


def setup(app: Sphinx) -> dict:
    """Collect formulas as pages are read, and typeset them all at once."""
    app.connect("builder-inited", begin)
    app.connect("doctree-read", collect)
    app.connect("env-check-consistency", check)
    return {"parallel_read_safe": False}
