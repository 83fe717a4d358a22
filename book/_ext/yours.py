"""“Write yours”: each block that states a gradient has a button, behind which a reader's own line is checked.

What the check needs of a page (``unrolled.yours.payload``) is computed when the page's formulas have changed. It
becomes a script of the site that loads when the button is tapped, as all scripts of the check. What a line in Python
can be about is kept in the package, so that it is known without the pages; where they print something else, it is
written anew.
"""

import hashlib
import json
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from .citations import Cited
from .nodes import closed, fold
from .printed import formulas
from .results import answer, derivation, result

logger = logging.getLogger(__name__)

FOLDER = "yours"
"""Below the site's static files."""

SCRIPTS = (
    "layout",
    "meaning",
    "values",
    "set",
    "typing",
    "typed",
    "judge",
    "several",
    "tiles",
    "writing",
)
FORMAT = 2
HELD_BACK = {"rule", "named", "after"}
"""The sentences that lead on to the right line, which a book without solutions does not have."""


def compute(app: Sphinx, env: BuildEnvironment) -> None:
    """Compute the payloads of the pages that have changed, and whose formulas hold."""
    if not hasattr(env, "unrolled_yours"):
        env.unrolled_yours = {}
    code = Path(app.srcdir).parent / "code" / "unrolled" / "yours"
    read = [*sorted(code.glob("*.py")), code / "said.json"]
    files = b"".join(x.read_bytes() for x in read)
    own = hashlib.sha256(files).hexdigest()
    for page in {*env.unrolled_yours} - {*env.unrolled_printed}:
        del env.unrolled_yours[page]
    for page, held in env.unrolled_printed.items():
        now = held["digest"] + own
        if env.unrolled_yours.get(page, [""])[0] == now:
            continue
        # Torch is only needed where something has changed
        from unrolled.checks.formula import RESULTS
        from unrolled.yours.goals import packed
        from unrolled.yours.payload import payload

        said = formulas(app, page)
        found = payload(said, RESULTS)
        for one in found.values() if closed(app) else ():
            for mistake in one["mistakes"]:
                del mistake["name"]
        data = {
            label: json.dumps(
                {"format": FORMAT, **one}, ensure_ascii=False, allow_nan=False
            )
            for label, one in found.items()
        }
        env.unrolled_yours[page] = now, data
        keep(code / "goals.json", page, packed(said))


def keep(file: Path, page: str, goals: dict) -> None:
    """Warn if the package has other goals of a page than these, and write these there; a package may keep none."""
    known = json.loads(file.read_text()) if file.exists() else {page: goals}
    if goals != known.get(page, {"entries": [], "displays": []}):
        file.write_text(
            json.dumps({**known, page: goals}, ensure_ascii=False, indent=1) + "\n"
        )
        logger.warning(
            "what a line can be about has changed: %s was written anew; keep it, and build again",
            file.name,
            location=page,
        )


def place(app: Sphinx, block: Cited, here: str) -> list[nodes.Node]:
    """The place of a block's button; none, if it states no gradient."""
    _, data = app.env.unrolled_yours.get(block.docname, ("", {}))
    if block.label not in data or app.builder.format != "html":
        return []
    derived = f"{app.builder.get_relative_uri(here, block.docname)}#{block.label}"
    attributes = f'data-of="{block.label}"'
    if not closed(app):
        attributes += f' data-derivation="{derived}"'
    return [
        nodes.raw("", f'<div class="yours-place" {attributes}></div>', format="html")
    ]


def offer(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Put the places of the buttons before what answers."""
    for node in [*doctree.findall(result), *doctree.findall(answer)]:
        block = app.env.unrolled_blocks[node["ids"][0]]
        answering = [
            k
            for k, part in enumerate(node)
            if isinstance(part, nodes.math_block | derivation | fold)
            or "to-find" in part.get("classes", [])
        ]
        first = min(answering, default=1)
        node[first:first] = place(app, block, docname)


def load(
    app: Sphinx, page: str, template: str, context: dict, doctree: nodes.document | None
) -> None:
    """Let the pages that have a button load what makes it."""
    if "yours-place" in context.get("body", ""):
        app.add_js_file(f"{FOLDER}/button.js", loading_method="defer")
        app.add_css_file("live/live.css")
        app.add_css_file(f"{FOLDER}/yours.css")


def write(app: Sphinx, error: Exception | None) -> None:
    """Write the scripts and the payloads."""
    if error or app.builder.format != "html":
        return
    code = Path(app.srcdir).parent / "code" / "unrolled"
    live, package = code / "live", code / "yours"
    folder = Path(app.outdir, "_static", FOLDER)
    folder.mkdir(parents=True, exist_ok=True)
    said = json.loads((package / "said.json").read_text())
    del said["mistake"]  # the payloads have what they need of it
    for key in HELD_BACK if closed(app) else ():
        del said[key]
    scripts = [
        f"if (!globalThis.unrolled?.element) {{\n{(live / 'runtime.js').read_text()}\n}}",
        f"unrolled.sentences = {json.dumps(said, ensure_ascii=False)};",
        *((package / f"{name}.js").read_text() for name in SCRIPTS),
    ]
    (folder / "yours.js").write_text("\n".join(scripts))
    for name in ("button.js", "yours.css"):
        (folder / name).write_text((package / name).read_text())
    (folder.parent / "live").mkdir(exist_ok=True)
    (folder.parent / "live" / "live.css").write_text((live / "live.css").read_text())
    for _, found in app.env.unrolled_yours.values():
        for label, data in found.items():
            (folder / f"{label}.js").write_text(
                f'(globalThis.unrolled ??= {{}}).goals = {{ ...unrolled.goals, "{label}": {data} }};\n'
            )


def setup(app: Sphinx) -> dict:
    """Compute when all pages have been read, offer on the pages, and write."""
    app.connect("env-check-consistency", compute, priority=600)
    app.connect("doctree-resolved", offer, priority=600)
    app.connect("html-page-context", load)
    app.connect("build-finished", write)
    return {"parallel_read_safe": False}
