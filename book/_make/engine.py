"""Builds the book a second time, on bare Sphinx of today, and compares: ``python book/_make/engine.py``.

The book is a Jupyter Book, which keeps Sphinx at 7. Here the same sources are built as strictly without Jupyter Book,
on the packages of ``requirements-engine.txt``, which are laid over the book's environment; what was executed is not
executed again. Results, questions and the anchors of every page have to be the same. In which pages other words stand
is listed: that is no fault.
"""

import difflib
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

from bs4 import BeautifulSoup
from build import BUILD, SITE

FOLDER = BUILD / "engine"
PINS = Path("requirements-engine.txt")
LEFT_OUT = {"jupyter_book", "sphinx_thebe", "sphinx_jupyterbook_latex"}
"""Extensions of Jupyter Book alone."""
SETTING = "use_jupyterbook_latex"
"""A setting of one of them."""
FILES = "results.json", "questions.json"
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
        user_yaml=Path("_config.yml"),
        sourcedir=Path("book"),
        cli_config={"latex_individualpages": False},
    )
    del config[SETTING]
    kept = [name for name in config["extensions"] if name not in LEFT_OUT]
    return config | {
        "extensions": list(dict.fromkeys([*kept, "sphinx_multitoc_numbering"])),
        "external_toc_path": str(Path("_toc.yml").resolve()),
        "nb_execution_cache_path": str((BUILD / ".jupyter_cache").resolve()),
        "nitpicky": True,
    }


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


def anchors(site: Path) -> set[str]:
    """The addresses of all anchors of a site."""
    found = set()
    for page in site.glob("*.html"):
        names = re.findall(r'<[^>]*?\sid="([^"]+)"', page.read_text())
        found |= {f"{page.name}#{name}" for name in names}
    return found


def words(page: Path) -> list[str]:
    """The words of a page, but for what stands around it."""
    text = BeautifulSoup(page.read_text(), "html.parser").find("article")
    return text.get_text().split() if text else []


def compare(ours: Path, theirs: Path) -> int:
    """Say how two sites differ; how many differences are faults."""
    faults = [
        f"{name} differs"
        for name in FILES
        if json.loads((ours / name).read_text())
        != json.loads((theirs / name).read_text())
    ]
    one, other = anchors(ours), anchors(theirs)
    faults += [f"the anchor {name} is missing" for name in sorted(one - other)]
    faults += [f"the anchor {name} is new" for name in sorted(other - one)]
    for page in sorted(ours.glob("*.html")):
        before, after = words(page), words(theirs / page.name)
        if before == after:
            continue
        changed = difflib.SequenceMatcher(None, before, after, autojunk=False)
        places = [op for op in changed.get_opcodes() if op[0] != "equal"]
        _, a, b, c, d = places[0]
        print(
            f"{page.name}: {len(places)} places differ; the first says "
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
