"""Live parts of a page: their scripts and payloads become files of the site, which only the pages that need them load.

A cell's output has all of a part in one piece, for JupyterLab. Scripts and style are taken from the package as it is
now; a payload is a script too, since a page that was opened from a file cannot fetch. One that comes later is loaded by
the part itself, from beside its scripts.
"""

import re
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

from .nodes import closed

PAYLOAD = re.compile(
    r'<script type="application/json" data-payload="(\w+)">(.*?)</script>', re.DOTALL
)
PART = re.compile(
    r'(<div class="unrolled-live" data-part="[\w-]+" data-scripts="([\w -]+)" data-payload="(\w+)" data-later="[^"]*">)'
    rf"(.*?)((?:{PAYLOAD.pattern})+)<style>.*?</style><script>.*?</script>(</div>)",
    re.DOTALL,
)
SPELLED = "spelled"
"""The script that has what the parts say in formulas."""
FOLDER = "live"
"""Below the site's static files."""


def hoist(
    app: Sphinx,
    page: str,
    template: str,
    context: dict,
    doctree: nodes.document | None,
) -> None:
    """Take scripts and payloads out of a page, before it is written."""
    package = Path(app.srcdir).parent / "code" / "unrolled" / "live"
    loaded: dict[str, str] = {}
    later: dict[str, str] = {}

    def leave(part: re.Match) -> str:
        """What stays of a part in the page."""
        place, names, digest, table, payloads, *_, end = part.groups()
        for name in names.split():
            if name == SPELLED and closed(app):
                continue
            loaded[f"{name}.js"] = (package / f"{name}.js").read_text()
        for own, data in PAYLOAD.findall(payloads):
            files = loaded if own == digest else later
            files[f"{own}.js"] = (
                f'(globalThis.unrolled ??= {{}}).payloads = {{ ...unrolled.payloads, "{own}": {data} }};\n'
            )
        return place + table + end

    context["body"] = PART.sub(leave, context.get("body") or "")
    if not loaded:
        return
    folder = Path(app.outdir, "_static", FOLDER)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in {
        **loaded,
        **later,
        "live.css": (package / "live.css").read_text(),
    }.items():
        (folder / name).write_text(text)
    app.add_css_file(f"{FOLDER}/live.css")
    for name in loaded:
        app.add_js_file(f"{FOLDER}/{name}", loading_method="defer")


def setup(app: Sphinx) -> dict:
    """Connect to the event before a page is written."""
    app.connect("html-page-context", hoist)
    return {"parallel_read_safe": False}
