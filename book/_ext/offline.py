"""No page asks for anything beyond the site, and all can be read from ``file://``.

MathJax comes from a wheel; Font Awesome's fonts go into its style sheet, since browsers load no fonts over ``file://``.
"""

import base64
import importlib.util
import re
import shutil
from pathlib import Path

from sphinx.application import Sphinx

MATHJAX = (
    Path(
        importlib.util.find_spec("sphinx-mathjax-offline").submodule_search_locations[0]
    )
    / "static"
    / "mathjax"
)
MATHJAX_SCRIPT = "tex-svg-full.js"  # all of TeX's packages and the glyphs in one file
FONT_URL = re.compile(r"url\(([^)]+\.woff2)\)")


def serve_mathjax(app: Sphinx, config: object) -> None:
    """Let pages load MathJax from the site."""
    config.mathjax_path = f"mathjax/{MATHJAX_SCRIPT}"


def inline_fonts(style_sheet: Path) -> None:
    """Put the fonts that a style sheet names into it."""

    def inlined(match: re.Match) -> str:
        font = (style_sheet.parent / match[1]).read_bytes()
        return f"url(data:font/woff2;base64,{base64.b64encode(font).decode()})"

    style_sheet.write_text(FONT_URL.sub(inlined, style_sheet.read_text()))


def finish(app: Sphinx, error: Exception | None) -> None:
    """Bring MathJax and the fonts into the site."""
    if error or app.builder.format != "html":
        return
    static = Path(app.outdir, "_static")
    (static / "mathjax").mkdir(exist_ok=True)
    shutil.copy(MATHJAX / MATHJAX_SCRIPT, static / "mathjax")
    for awesome in static.glob("vendor/fontawesome/*"):
        inline_fonts(awesome / "css" / "all.min.css")
        for unused in ("webfonts", "js"):
            shutil.rmtree(awesome / unused, ignore_errors=True)


def setup(app: Sphinx) -> dict:
    """Connect to the build's beginning and end."""
    app.connect("config-inited", serve_mathjax)
    app.connect("build-finished", finish)
    return {"parallel_read_safe": False}
