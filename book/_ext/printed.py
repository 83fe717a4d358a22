"""The printed formulas of the results are executed: what they state holds on the results' cases, or the build fails.

``book/symbols.yml`` says what the letters stand for. A page is executed when its formulas, what is said of them there,
or the code that executes them has changed. Then it is spoiled, too: each of a sample of typos has to be refused, or
equal for a reason. How many equalities were executed stands in each result's box.
"""

import hashlib
import re
from collections import Counter
from importlib import import_module
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from . import symbols

logger = logging.getLogger(__name__)

TYPOS = 40
"""At most so many typos are made of each formula in the build; all, in the tests."""


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


def formulas(app: Sphinx, page: str) -> "Page":  # noqa: F821, since it imports Torch
    """The formulas of a page, with its results; raises ValueError if a definition is printed nowhere."""
    from unrolled.formulas.printed import Page

    for found in app.env.unrolled_checks.get(page, []):
        import_module(found["module"])
    return Page(
        page,
        symbols.read(app).entries(page),
        lambda name: Path(app.srcdir, f"{name}.md").read_text(),
    )


def check(app: Sphinx, env: BuildEnvironment) -> None:
    """Execute the formulas of the pages that have changed, and say which do not hold."""
    if not hasattr(env, "unrolled_printed"):
        env.unrolled_printed = {}
    table = symbols.read(app)
    for page in table.pages:
        entries = table.entries(page)
        now = digest(app, page, entries)
        if env.unrolled_printed.get(page, {}).get("digest") == now:
            continue
        env.unrolled_printed.pop(page, None)
        # Torch is only needed where something has changed
        from unrolled.checks.formula import RESULTS
        from unrolled.formulas.typos import spoiled

        try:
            said = formulas(app, page)
        except ValueError as reason:
            logger.warning("%s: %s", symbols.FILE, reason, location=page)
            continue
        found = list(said.executed(RESULTS))
        shown = {
            letter.tex: letter.shown
            for entry in table.pages[page].get("formulas", [])
            for letter in table.letters(page, entry).values()
        }
        ways = {  # before the typos, which may take other ways
            way: sorted({shown[tex] for tex in letters})
            for way, letters in said.ways().items()
        }
        for one in found:
            if one.fault:
                text = "printed formula does not hold: %s"
                place = page, one.display.line
                logger.warning(text, one.fault, location=place, type="formulas")
        if any(one.fault for one in found):
            continue
        typos = list(spoiled(said, RESULTS, TYPOS))
        for one in typos:
            for tex in one.unknown:
                text = "a typo of the printed formula is equal, for no reason that is known: %s"
                place = page, one.display.line
                logger.warning(text, tex, location=place, type="formulas")
        if not any(one.unknown for one in typos):
            # as plain data, so that whoever reads it needs no Torch
            env.unrolled_printed[page] = {
                "digest": now,
                "formulas": [
                    {
                        "of": one.display.of,
                        "inline": one.display.inline,
                        "equalities": one.equalities,
                        "error": one.error,
                        "refused": bad.refused,
                        "equal": bad.equal,
                    }
                    for one, bad in zip(found, typos, strict=True)
                ],
                "prose": [
                    {"of": one.of, "inline": one.inline, "kind": said.said(one)}
                    for one in said.displays
                    if said.said(one)
                ],
                "ways": ways,
            }
    for block in env.unrolled_blocks.values():
        block.printed = told(env.unrolled_printed.get(block.docname), block.label)


def told(page: dict | None, label: str) -> dict | None:
    """What came of the printed formulas of a result; None if there are none."""
    if page is None:
        return None
    own = [one for one in page["formulas"] if one["of"] == label]
    if not own:
        return None
    return {
        "displays": sum(not one["inline"] for one in own),
        "equalities": sum(one["equalities"] for one in own),
        "error": max(one["error"] for one in own),
        "prose": sum(one["of"] == label for one in page["prose"]),
        "typos": typos_of(own),
    }


def typos_of(formulas: list[dict]) -> dict:
    """How many typos of formulas were made, and what came of them."""
    refused, equal = Counter(), Counter()
    for one in formulas:
        refused.update(one["refused"])
        equal.update(one["equal"])
    made = refused.total() + equal.total()
    return {
        "made": made,
        "refused": dict(refused.most_common()),
        "equal": dict(equal.most_common()),
    }


def totals(env: BuildEnvironment) -> dict:
    """What came of all printed formulas of the book."""
    pages = env.unrolled_printed.values()
    formulas = [one for page in pages for one in page["formulas"]]
    prose = [one for page in pages for one in page["prose"]]
    shown = [one for one in formulas if not one["inline"]]
    return {
        "pages": sum(bool(page["formulas"]) for page in pages),
        "displays": len(shown) + sum(not one["inline"] for one in prose),
        "executed": sum(one["equalities"] > 0 for one in shown),
        "definitions": sum(not one["equalities"] for one in shown),
        "inline": len(formulas) - len(shown),
        "prose": dict(
            Counter(x["kind"] for x in prose if not x["inline"]).most_common()
        ),
        "equalities": sum(one["equalities"] for one in formulas),
        "error": max((one["error"] for one in formulas), default=0.0),
        "typos": typos_of(formulas),
        "letters": {name: page["ways"] for name, page in env.unrolled_printed.items()},
    }


def setup(app: Sphinx) -> dict:
    """Connect to the event when all pages have been read."""
    app.connect("env-check-consistency", check)
    return {"parallel_read_safe": False}
