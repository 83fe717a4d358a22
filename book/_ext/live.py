"""Live parts of a page: their scripts and payloads become files of the site, which only the pages that need them load.

A cell's output has all of a part in one piece, for JupyterLab. Scripts and style are taken from the package as it is
now; a payload is a script too, since a page that was opened from a file cannot fetch.
"""

import re
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx

PART = re.compile(
    r'(<div class="unrolled-live" data-part="[\w-]+" data-scripts="([\w -]+)" data-payload="(\w+)">)(.*?)'
    r'<script type="application/json">(.*?)</script><style>.*?</style><script>.*?</script>(</div>)',
    re.DOTALL,
)
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

    def leave(part: re.Match) -> str:
        """What stays of a part in the page."""
        place, names, digest, table, data, end = part.groups()
        for name in names.split():
            loaded[f"{name}.js"] = (package / f"{name}.js").read_text()
        loaded[f"{digest}.js"] = (
            f'(globalThis.unrolled ??= {{}}).payloads = {{ ...unrolled.payloads, "{digest}": {data} }};\n'
        )
        return place + table + end

    context["body"] = PART.sub(leave, context.get("body") or "")
    if not loaded:
        return
    folder = Path(app.outdir, "_static", FOLDER)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in {
        **loaded,
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
