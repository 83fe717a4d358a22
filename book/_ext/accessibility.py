"""What the theme and the tools write that screen readers stumble over, amended in the pages."""

import re
from pathlib import Path

from sphinx.application import Sphinx

AMENDMENTS = {
    # The arrow that opens a part of the table of contents has no name.
    '<summary><span class="toctree-toggle"': '<summary aria-label="Pages of this part"><span class="toctree-toggle"',
    # These roles of bibliography entries are deprecated, and not allowed where they stand.
    ' role="doc-biblioentry"': "",
    '<div role="list" class="citation-list">': '<div class="citation-list">',
}

# A permanent link says # and no more.
PERMANENT_LINK = re.compile(r'<a class="headerlink" href="[^"]*" title=("[^"]*")')


def amend(app: Sphinx, error: Exception | None) -> None:
    """Amend every page."""
    if error or app.builder.format != "html":
        return
    for page in Path(app.outdir).rglob("*.html"):
        html = page.read_text()
        for written, wanted in AMENDMENTS.items():
            html = html.replace(written, wanted)
        page.write_text(PERMANENT_LINK.sub(r"\g<0> aria-label=\1", html))


def setup(app: Sphinx) -> dict:
    """Connect to the build's end."""
    app.connect("build-finished", amend)
    return {"parallel_read_safe": False}
