"""Builds the book a second time, on bare Sphinx of today, and compares: ``python book/_make/engine.py``.

The book is a Jupyter Book, which keeps Sphinx at 7. Here the same sources are built as strictly without Jupyter Book,
on the packages of ``requirements-engine.txt``, which are laid over the book's environment; what was executed is not
executed again. Results, questions and the anchors of every page have to be the same. In which pages other words stand
is listed: that is no fault.
"""

import difflib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

from bs4 import BeautifulSoup, Tag
from build import BUILD, SITE, overrides

FOLDER = BUILD / "engine"
PINS = Path("requirements-engine.txt")
LEFT_OUT = {"jupyter_book", "sphinx_thebe", "sphinx_jupyterbook_latex"}
"""Extensions of Jupyter Book alone."""
SETTING = "use_jupyterbook_latex"
"""A setting of one of them."""
FILES = "results.json", "formulas.json", "questions.json"
BUILDING = """
import json, sys
from pathlib import Path
from sphinx.application import Sphinx
folder = Path(sys.argv[1]).resolve()
config = json.loads((folder / "config.json").read_text())
app = Sphinx(
    "book", None, folder / "html", folder / "doctrees", "html", config,
    freshenv=True, warningiserror=True, keep_going=True,
)
app.build(force_all=True)
sys.exit(app.statuscode)
"""


def configuration() -> dict:
    """The book's configuration as Jupyter Book understands it, for Sphinx alone."""
    from jupyter_book.config import get_final_config

    config, _ = get_final_config(
        user_yaml=Path("_config.yml"), sourcedir=Path("book"), cli_config=overrides()
    )
    del config[SETTING]
    kept = [name for name in config["extensions"] if name not in LEFT_OUT]
    extensions = list(dict.fromkeys([*kept, "sphinx_multitoc_numbering"]))
    return config | {"extensions": extensions}


def python_of_today() -> Path:
    """The Python of an environment that has the packages of today over the book's own."""
    folder = (FOLDER / "venv").absolute()
    # without pip, which would bring an old setuptools
    venv.create(folder, clear=True)
    python = folder / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet"]
    subprocess.run(
        [*pip, "--no-deps", "--require-hashes", "--requirement", PINS], check=True
    )
    (home,) = (folder / "lib").glob("python*/site-packages")
    # with what lies there by a link, as the package does
    (home / "below.pth").write_text(
        f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n"
    )
    return python


def articles(site: Path) -> dict[str, Tag]:
    """The pages of a site by their names, without what the theme puts around them."""
    pages = {page.name: page.read_text() for page in sorted(site.glob("*.html"))}
    soups = {name: BeautifulSoup(html, "html.parser") for name, html in pages.items()}
    return {name: soup.article for name, soup in soups.items() if soup.article}


def anchors(pages: dict[str, Tag]) -> set[str]:
    """The addresses of all anchors."""
    return {
        f"{n}#{e['id']}" for n, page in pages.items() for e in page.find_all(id=True)
    }


def compare(ours: Path, theirs: Path) -> int:
    """Say how two sites differ; how many differences are faults."""
    faults = [
        f"{name} differs"
        for name in FILES
        if json.loads((ours / name).read_text())
        != json.loads((theirs / name).read_text())
    ]
    pages, others = articles(ours), articles(theirs)
    one, other = anchors(pages), anchors(others)
    faults += [f"the anchor {name} is missing" for name in sorted(one - other)]
    faults += [f"the anchor {name} is new" for name in sorted(other - one)]
    for name in sorted(pages.keys() & others.keys()):
        before, after = pages[name].get_text().split(), others[name].get_text().split()
        if before == after:
            continue
        changed = difflib.SequenceMatcher(None, before, after, autojunk=False)
        places = [op for op in changed.get_opcodes() if op[0] != "equal"]
        _, a, b, c, d = places[0]
        print(
            f"{name}: {len(places)} places differ; the first says "
            f"{' '.join(after[c:d])[:80]!r} for {' '.join(before[a:b])[:80]!r}"
        )
    print(*faults, sep="\n")
    return len(faults)


def main() -> int:
    """Build and compare; the exit code."""
    site = FOLDER / "html"
    shutil.rmtree(site, ignore_errors=True)
    # the theme copies the logo into it, whether it is there or not
    (site / "_static").mkdir(parents=True)
    (FOLDER / "config.json").write_text(json.dumps(configuration()))
    python = python_of_today()
    env = os.environ | {
        "PYTHONPATH": os.pathsep.join(["book", os.environ.get("PYTHONPATH", "")]),
        "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}",
    }
    build = [python, "-c", BUILDING, FOLDER]
    if code := subprocess.run(build, env=env).returncode:
        print("The book was not built on Sphinx of today.", file=sys.stderr)
        return code
    return 1 if compare(SITE, site) else 0


if __name__ == "__main__":
    sys.exit(main())
