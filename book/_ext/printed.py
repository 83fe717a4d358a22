"""The printed formulas of the results are executed: what they state holds on the results' cases, or the build fails.

``book/symbols.yml`` says what the letters stand for. A page is executed when its formulas, what is said of them there,
or the code that executes them has changed. How many equalities were executed stands in each result's box.
"""

import hashlib
import re
from importlib import import_module
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from . import symbols

logger = logging.getLogger(__name__)


def digest(app: Sphinx, page: str, entries: list[dict]) -> str:
    """What the outcome for a page depends on."""
    code = Path(app.srcdir).parent / "code" / "unrolled"
    pages = [page, *re.findall(r" in ([\w-]+)", str(entries))]
    files = [
        *sorted((code / "formulas").iterdir()),
        *sorted((code / "checks").glob("*.py")),
        *sorted((code / "results").glob("*.py")),
        *(Path(app.srcdir, f"{one}.md") for one in pages),
    ]
    parts = [str(entries).encode(), *(x.read_bytes() for x in files if x.is_file())]
    return hashlib.sha256(b"".join(parts)).hexdigest()


def check(app: Sphinx, env: BuildEnvironment) -> None:
    """Execute the formulas of the pages that have changed, and say which do not hold."""
    if not hasattr(env, "unrolled_printed"):
        env.unrolled_printed = {}
    table = symbols.read(app)
    for page in table.pages:
        entries = table.entries(page)
        now = digest(app, page, entries)
        if env.unrolled_printed.get(page, [""])[0] == now:
            continue
        env.unrolled_printed.pop(page, None)
        # Torch is only needed where something has changed
        from unrolled.checks.formula import RESULTS
        from unrolled.formulas.printed import Page

        for found in env.unrolled_checks.get(page, []):
            import_module(found["module"])
        try:
            said = Page(
                page,
                entries,
                lambda name: Path(app.srcdir, f"{name}.md").read_text(),
            )
        except ValueError as reason:
            logger.warning("%s: %s", symbols.FILE, reason, location=page)
            continue
        found = list(said.executed(RESULTS))
        for one in found:
            if one.fault:
                text = "printed formula does not hold: %s"
                place = page, one.display.line
                logger.warning(text, one.fault, location=place, type="formulas")
        if not any(one.fault for one in found):
            # as plain tuples, so that whoever reads them needs no Torch
            env.unrolled_printed[page] = (
                now,
                [(one.display.of, one.equalities, one.error) for one in found],
                [one.of for one in said.displays if said.said(one)],
            )
    for block in env.unrolled_blocks.values():
        _, found, prose = env.unrolled_printed.get(block.docname, ("", [], []))
        block.printed = told(block.label, found, prose)


def told(
    label: str, found: list[tuple[str, int, float]], prose: list[str]
) -> dict | None:
    """What came of the printed formulas of a result; None if there are none."""
    own = [(count, error) for of, count, error in found if of == label]
    if not own:
        return None
    return {
        "displays": len(own),
        "equalities": sum(count for count, _ in own),
        "error": max(error for _, error in own),
        "prose": prose.count(label),
    }


def setup(app: Sphinx) -> dict:
    """Connect to the event when all pages have been read."""
    app.connect("env-check-consistency", check)
    return {"parallel_read_safe": False}
