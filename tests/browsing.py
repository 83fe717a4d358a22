"""The views in which pages are tried in a real browser, and what is looked for in each; and live parts alone."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import playwright
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, Request

from _ext import live as extension
from _ext.taken_out import stepped
from unrolled.live import Live

DEJAVU, LIBERATION = "DejaVu", "Liberation"


class View(NamedTuple):
    """How a page is looked at, and whether its colours are looked at too."""

    width: int
    scheme: str
    fonts: str
    colours: bool


# Axe is slow. Colours depend on the theme alone and the rest on the width alone, so each is looked at where it can
# differ.
VIEWS = {
    "wide, light": View(1280, "light", DEJAVU, colours=True),
    "wide, dark": View(1280, "dark", LIBERATION, colours=True),
    "narrow, light": View(360, "light", LIBERATION, colours=False),
}
LAPTOP, TABLET, PHONE, PAPER = 1280, 768, 360, 680
LEAST_WIDTH = 320  # to which a page has to fit by WCAG 2.2, 1.4.10
LAYOUT = Path(__file__).with_name("layout.js").read_text()
# until what is done at the next frame, and after the theme's pause of 300 ms, is done
SETTLED = "new Promise(done => setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(done)), 400))"

# Violations alone, and of their elements no more than is said. With preload, axe itself would fetch the style sheets
# again, which file:// forbids.
AXE_OPTIONS = {
    "preload": False,
    "resultTypes": ["violations"],
    "selectors": False,
    "ancestry": False,
    "elementRef": False,
}
# The pieces of formulas are thousands of elements, hidden from readers' software: it has their wrappers' names.
AXE_CONTEXT = {"exclude": [["math"]]}
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

# Formulas with pieces that stick out of the block in which they stand, or of the page, but for those in tables; and
# those of which a part has to be scrolled to.
FORMULAS_OUT_OF_SIGHT = """() => {
  const found = [];
  const range = document.createRange();
  const undrawn = words => {
    const {length} = words.textContent.trimEnd();
    range.setStart(words.firstChild, length - 1);
    range.setEnd(words.firstChild, length);
    return !range.getClientRects().length;
  };
  for (const formula of document.querySelectorAll("[data-tex]")) {
    if (!formula.checkVisibility() || formula.closest("table, .copy-formula")) continue;
    let block = formula;
    while (!/block|flex|list-item|cell/.test(getComputedStyle(block).display)) block = block.parentElement;
    const {left, right} = block.getBoundingClientRect();
    const end = Math.min(right, document.documentElement.scrollWidth);
    const out = [...formula.querySelectorAll("math")].some(piece => {
      const box = piece.getBoundingClientRect();
      return box.left < Math.max(left, 0) - 1 || box.right > end + 1;
    });
    const words = [...formula.querySelectorAll("mtext")].filter(words => words.textContent.trim());
    if (out || words.some(undrawn) || block.scrollWidth > block.clientWidth + 1 && block.matches("[data-tex]"))
      found.push(formula.dataset.tex);
  }
  return found;
}"""


class Visit:
    """An open page in a view, with all that went wrong while it loaded."""

    def __init__(self, browser: Browser, view: View, host: str = "file:"):
        self.view = view
        self.host = host
        self.foreign: list[str] = []
        self.errors: list[str] = []
        size = {"width": view.width, "height": 900}
        self.page = browser.new_page(viewport=size, color_scheme=view.scheme)
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
        # until the theme, too, has done what it does after loading
        self.page.wait_for_load_state("networkidle")
        self.page.evaluate("document.fonts.ready.then(() => null)")
        self.page.evaluate(  # also those of which one at a time is open
            "document.querySelectorAll('details').forEach(fold => { fold.name = ''; fold.open = true; })"
        )
        self.page.evaluate(  # colours that are on their way are none
            "Promise.allSettled(document.getAnimations().map(animation => animation.finished))"
        )

    def resize(self, width: int) -> None:
        """Give the window another width."""
        self.page.set_viewport_size({"width": width, "height": 900})

    def faults(self) -> Iterator[str]:
        """What is wrong with the page that is open, a line each, but for its layout."""
        if wrong := self.page.locator(".math:not(:has(math))").count():
            yield f"{wrong} formulas are not set"
        yield from self.inaccessible()
        yield from (f"foreign request: {url}" for url in self.foreign)
        yield from (f"script error: {error}" for error in self.errors)

    def misplaced(self) -> Iterator[str]:
        """What is out of sight, too small or broken: on a laptop, a tablet, a phone, on paper; a line each."""
        for width in (LAPTOP, TABLET, PHONE):
            self.resize(width)
            yield from self.laid_out(width, whole=width == LAPTOP, paper=False)
        self.resize(LEAST_WIDTH)
        takes = self.page.evaluate("document.documentElement.scrollWidth")
        if takes > LEAST_WIDTH:
            yield f"{LEAST_WIDTH}: the page is {takes} pixels wide"
        self.resize(PAPER)
        self.page.emulate_media(media="print")
        self.page.evaluate("dispatchEvent(new Event('beforeprint'))")
        yield from self.laid_out(PAPER, whole=True, paper=True)
        self.page.evaluate("dispatchEvent(new Event('afterprint'))")
        self.page.emulate_media(media="screen")

    def laid_out(self, width: int, **settings: bool) -> Iterator[str]:
        """The faults of the layout as it is."""
        self.page.evaluate(SETTLED)
        for fault in self.page.evaluate(LAYOUT, settings):
            yield f"{width}: {fault}"

    def inaccessible(self) -> Iterator[str]:
        """What axe has against the page."""
        self.page.evaluate(AXE_SCRIPT)
        found = []
        if self.view.scheme == "light":
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


LIVE = Path(__file__).parents[1] / "code" / "unrolled" / "live"
NODE = shutil.which("node", path=str(Path(playwright.__file__).parent / "driver"))


def script_of(name: str) -> Path:
    """Where a script of the package is."""
    return next(LIVE.parent.glob(f"*/{name}.js"))


def node(function: str, script: str, rows: list) -> list:
    """What a JavaScript function makes of each row, in Node; `script` is what that script of a live part exports."""
    run = (
        "const script = require(process.argv[1]), rows = JSON.parse(require('fs').readFileSync(0));"
        f"console.log(JSON.stringify(rows.map({function.strip()})));"
    )
    done = subprocess.run(
        [NODE, "-e", run, str(script_of(script))],
        input=json.dumps(rows),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def written(folder: Path, part: Live | str) -> str:
    """The address of a page with a live part, or with its HTML."""
    path = folder / "part.html"
    head = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>A part</title>'
        '<meta name="viewport" content="width=device-width">'
    )
    html = part if isinstance(part, str) else part._repr_html_()
    path.write_text(f"{head}<main><h1>A part</h1>{html}</main>")
    return path.as_uri()


def hoisted(folder: Path, part: Live, closed: bool = False) -> str:
    """The address of a page with a part as the site has it, its scripts and payloads in files; or without solutions."""
    added = []
    app = SimpleNamespace(
        tags={"closed"} if closed else set(),
        srcdir=LIVE.parents[2] / "book",
        outdir=folder,
        add_css_file=added.append,
        add_js_file=lambda name, **_: added.append(name),
    )
    html = part._repr_html_()
    if closed:
        html = extension.PART.sub(stepped, html)
    context = {"body": f"<p>Before.</p>{html}<p>After.</p>"}
    extension.hoist(app, "page", "page.html", context, None)
    links = "".join(
        f'<script defer src="_static/{name}"></script>'
        if name.endswith("js")
        else f'<link rel="stylesheet" href="_static/{name}">'
        for name in added
    )
    return written(folder, links + context["body"])


FAULTS = {
    "missing": (lambda script, data: "", "missing or were cut"),
    "cut": (
        lambda script, data: script.replace(data, data[: len(data) // 2]),
        "missing or were cut",
    ),
    "another version": (
        lambda script, data: script.replace('"format": 1', '"format": 0'),
        "of another version of the book",
    ),
}
"""What can be wrong with the data of a live part, and what the page then says."""


def spoiled(part: Live, fault: str, which: int = 0) -> str:
    """The HTML of a part, of whose payloads one is spoiled: the first, or one that comes later."""
    html = part._repr_html_()
    found = list(extension.PAYLOAD.finditer(html))[which]
    script, _, data = found.group(0, 1, 2)
    return html.replace(script, FAULTS[fault][0](script, data))


def press(page: Page, name: str) -> None:
    """Press a button by its name."""
    page.get_by_role("button", name=name, exact=True).click()


def part_faults(page: Page) -> list[str]:
    """What axe has against a page with a live part, what of the part is too small for a thumb, and whether it scrolls
    sideways; a line each.
    """
    page.evaluate(AXE_SCRIPT)
    found = page.evaluate("options => axe.run(document, options)", AXE_OPTIONS)
    faults = [f"{v['id']}: {v['nodes'][0]['html']}" for v in found["violations"]]
    small = page.eval_on_selector_all(
        ".live :is(button, select, input, summary)",
        """all => all.filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 44)
          .map(e => e.ariaLabel || e.textContent)""",
    )
    faults += [f"lower than 44 pixels: {name}" for name in small]
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        faults.append("the page scrolls sideways")
    return faults
