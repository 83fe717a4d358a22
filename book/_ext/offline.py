"""No page asks for anything beyond the site, and all can be read from ``file://``.

Of Font Awesome, a megabyte, the site has the icons that it shows, in the style sheet itself.
"""

import base64
import importlib.util
import re
import shutil
from pathlib import Path

from sphinx.application import Sphinx

from . import fonts

MATHJAX = (
    Path(
        importlib.util.find_spec("sphinx-mathjax-offline").submodule_search_locations[0]
    )
    / "static"
    / "mathjax"
)
ICON = re.compile(r'((?:\.fa-[\w-]+:before,?)+)\{content:"\\([0-9a-f]+)"\}')
FACE = re.compile(
    r"@font-face\{[^}]*?font-family:([^;]+);[^}]*?url\(([^)]+\.ttf)\)[^}]*\}"
)
SOURCE = re.compile(r"src:[^;}]*")
DRAWN = re.compile(r"\\(f[0-9a-f]{3})\b|([\ue000-\uf8ff])")


def shown(site: Path, awesome: Path) -> tuple[set[str], set[str], str]:
    """The names of icons in pages and scripts, the icons that style sheets draw, and what these say, together."""
    named, drawn, styles = set(), set(), ""
    for path in (*site.rglob("*.html"), *site.rglob("*.js"), *site.rglob("*.css")):
        if awesome in path.parents:
            continue
        text = path.read_text(errors="replace")
        if path.suffix == ".css":
            styles += text
            drawn |= {chr(int(a, 16)) if a else b for a, b in DRAWN.findall(text)}
        else:
            named.update(re.findall(r"fa-[\w-]+", text))
    return named, drawn, styles


def cut_icons(awesome: Path, site: Path) -> None:
    """Leave in Font Awesome's style sheet what the site shows, with the fonts for it."""
    named, used, styles = shown(site, awesome)
    sheet = awesome / "css" / "all.min.css"

    def rule(match: re.Match) -> str:
        """The rule of an icon, if it is shown."""
        if not named.intersection(re.findall(r"fa-[\w-]+", match[1])):
            return ""
        used.add(chr(int(match[2], 16)))
        return match[0]

    def face(match: re.Match) -> str:
        """A font with the icons that are shown, if it has any, and a style sheet asks for it."""
        family = match[1].replace("\\", "")
        asked = "6" in family or match[1] in styles or family in styles
        font = fonts.cut(sheet.parent / match[2], used) if asked else b""
        if not font:
            return ""
        source = f'src:url(data:font/woff;base64,{base64.b64encode(font).decode()}) format("woff")'
        return SOURCE.sub(lambda _: source, match[0])

    sheet.write_text(FACE.sub(face, ICON.sub(rule, sheet.read_text())))


def finish(app: Sphinx, error: Exception | None) -> None:
    """Bring the icons into the style sheet."""
    if error or app.builder.format != "html":
        return
    static = Path(app.outdir, "_static")
    for awesome in static.glob("vendor/fontawesome/*"):
        if (awesome / "webfonts").exists():  # in a draft, they have been cut
            cut_icons(awesome, Path(app.outdir))
        for unused in ("webfonts", "js"):
            shutil.rmtree(awesome / unused, ignore_errors=True)


def setup(app: Sphinx) -> dict:
    """Connect to the build's end."""
    app.connect("build-finished", finish)
    return {"parallel_read_safe": False}
