"""Shows the book while it is written: builds what was edited, and reloads the browser: ``python book/_make/watch.py``.

Each build takes up the last one (``_build/watch``) and reads only the pages that were edited; it shows warnings and
goes on. What readers get is built by ``build.py``, from nothing and strictly.
"""

import subprocess
import sys
import time

from build import BUILD, INPUTS, sphinx, state
from livereload import Server
from lock import only_one

FOLDER = BUILD / "watch"
PORT = 8000


def once() -> int:
    """Bring the author's site up to date; the exit code."""
    with only_one(BUILD / "lock", "make watch"):
        return sphinx(FOLDER, strict=False)


def main() -> None:
    """Build, show, and build again whenever something has changed."""
    built = ""

    def bring_up_to_date() -> None:
        # in a process of its own, which imports the package as it is now
        nonlocal built
        if built != (now := state()):
            start, built = time.perf_counter(), now
            subprocess.run([sys.executable, __file__, "once"])
            print(f"{time.perf_counter() - start:.1f} s: http://localhost:{PORT}")

    bring_up_to_date()
    server = Server()
    for path in INPUTS:
        server.watch(path, bring_up_to_date)
    server.serve(port=PORT, root=FOLDER / "html")


if __name__ == "__main__":
    sys.exit(once() if sys.argv[1:] == ["once"] else main())
