"""The views in which pages are tried in a real browser, and what is looked for in each."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, NoReturn

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Request

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FAMILIES = {"DejaVu": "fonts-dejavu-core", "Liberation": "fonts-liberation"}
"""The families of fonts that Linux machines have, with Debian's packages: letters are wide in the first."""
FONTS = Path("/usr/share/fonts")
ONE_FAMILY = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir>{fonts}</dir>
  <cachedir>{cache}</cachedir>
  <selectfont>
    <rejectfont><glob>*.*</glob></rejectfont>
    <acceptfont><glob>*/{family}*</glob></acceptfont>
  </selectfont>
  <alias><family>serif</family><prefer><family>{family} Serif</family></prefer></alias>
  <alias><family>monospace</family><prefer>
    <family>{family} Sans Mono</family><family>{family} Mono</family>
  </prefer></alias>
  <match><edit name="family" mode="append_last"><string>{family} Sans</string></edit></match>
  <match><edit name="hintstyle" mode="append"><const>hintslight</const></edit></match>
</fontconfig>
"""


def is_installed(family: str) -> bool:
    """Whether a family of fonts can be had alone."""
    return any(FONTS.rglob(f"{family}Sans*.?tf"))


def settings_for(family: str, folder: Path) -> dict[str, str]:
    """The environment of a browser that has one family of fonts alone; the machine's own, where that is missing."""
    if not is_installed(family):
        return dict(os.environ)
    settings = folder / f"{family}.conf"
    settings.write_text(ONE_FAMILY.format(fonts=FONTS, cache=folder, family=family))
    return os.environ | {"FONTCONFIG_FILE": str(settings)}


def leave_out(message: str) -> NoReturn:
    """Leave a test out for something that the machine lacks, and say so; where CI is set it is to be installed."""
    pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)


class View(NamedTuple):
    """How a page is looked at, with the letters of which family, and what axe looks for there."""

    width: int
    scheme: str
    fonts: str
    structure: bool
    colours: bool


# Axe is slow. Colours depend on the theme alone and the rest on the width alone, so each is looked at where it can
# differ; the last view has nothing left for axe. Each width is seen with the letters of both families.
VIEWS = {
    "wide, light": View(1280, "light", "DejaVu", structure=True, colours=True),
    "wide, dark": View(1280, "dark", "Liberation", structure=False, colours=True),
    "narrow, light": View(360, "light", "Liberation", structure=True, colours=False),
    "narrow, dark": View(360, "dark", "DejaVu", structure=False, colours=False),
}
LEAST_WIDTH = 320  # to which a page has to fit by WCAG 2.2, 1.4.10

# Violations alone, and of their elements no more than is said. With preload, axe itself would fetch the style sheets
# again, which file:// forbids.
AXE_OPTIONS = {
    "preload": False,
    "resultTypes": ["violations"],
    "selectors": False,
    "ancestry": False,
    "elementRef": False,
}
# Formulas are thousands of outlines, in which there is nothing for axe to read. Their places stay.
EMPTY_FORMULAS = "document.querySelectorAll('mjx-container svg').forEach(formula => formula.replaceChildren())"
AXE_CONTEXT = {"exclude": [["mjx-container"]]}
# The first element with a text of each kind, that is, of those that look and stand alike: their contrast is the same.
ONE_OF_EACH_KIND = """() => {
  const numbers = new Map(), kinds = new Map(), first = new Map();
  for (const element of document.body.querySelectorAll("*")) {
    const style = getComputedStyle(element);
    const kind = [
      kinds.get(element.parentElement), element.tagName, element.className, style.color, style.backgroundColor,
      style.backgroundImage, style.opacity, style.fontSize, style.fontWeight, style.textShadow, style.position,
    ].join();
    if (!numbers.has(kind)) numbers.set(kind, numbers.size);
    kinds.set(element, numbers.get(kind));
    const written = [...element.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim());
    if ((written || element.matches("input, select, textarea")) && element.checkVisibility({visibilityProperty: true}))
      if (!first.has(kind)) first.set(kind, element);
  }
  return [...first.values()];
}"""


class Visit:
    """An open page in a view, with all that went wrong while it loaded."""

    def __init__(self, browser: Browser, view: View, host: str):
        self.view = view
        self.host = host
        self.foreign: list[str] = []
        self.errors: list[str] = []
        self.page = browser.new_page(color_scheme=view.scheme)
        self.page.on("request", self.note_request)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on(
            "console",
            lambda message: (
                message.type == "error" and self.errors.append(message.text)
            ),
        )

    def note_request(self, request: Request) -> None:
        """Note a request that leaves the site."""
        if not request.url.startswith(("file:", "data:", "blob:", self.host)):
            self.foreign.append(request.url)

    def open(self, address: str) -> None:
        """Load a page, wait until its formulas are set, and open what is folded."""
        self.foreign.clear()
        self.errors.clear()
        self.resize(self.view.width)
        self.page.goto(address)
        self.page.evaluate("window.MathJax?.startup?.promise?.then(() => null)")
        self.page.evaluate(
            "document.querySelectorAll('details').forEach(fold => fold.open = true)"
        )

    def resize(self, width: int) -> None:
        """Make the window so many pixels wide."""
        self.page.set_viewport_size({"width": width, "height": 900})

    def faults(self) -> Iterator[str]:
        """What is wrong with the page that is open, a line each."""
        if wrong := self.page.locator('[data-mml-node="merror"]').count():
            yield f"{wrong} formulas are not set"
        yield from self.inaccessible()
        for width in (self.view.width, min(self.view.width, LEAST_WIDTH)):
            self.resize(width)
            takes = self.page.evaluate("document.documentElement.scrollWidth")
            if takes > width:
                yield f"the page is {takes} pixels wide in a window of {width}"
        yield from (f"foreign request: {url}" for url in self.foreign)
        yield from (f"script error: {error}" for error in self.errors)

    def inaccessible(self) -> Iterator[str]:
        """What axe has against the page."""
        self.page.evaluate(AXE_SCRIPT)
        self.page.evaluate(EMPTY_FORMULAS)
        found = []
        if self.view.structure:
            rules = {"color-contrast": {"enabled": False}}
            run = "([context, options]) => axe.run(context, options)"
            options = AXE_OPTIONS | {"rules": rules}
            found += self.page.evaluate(run, [AXE_CONTEXT, options])["violations"]
        if self.view.colours:
            run = f"([context, options]) => axe.run({{...context, include: ({ONE_OF_EACH_KIND})()}}, options)"
            options = AXE_OPTIONS | {"runOnly": ["color-contrast"]}
            found += self.page.evaluate(run, [AXE_CONTEXT, options])["violations"]
        for violation in found:
            for node in violation["nodes"]:
                yield f"{violation['id']}: {node['html'][:160]}: {node['failureSummary']}"
