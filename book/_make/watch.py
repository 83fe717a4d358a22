"""Shows the book while it is written, builds what was edited, and reloads the browser; see ``make watch``."""

import subprocess
import sys
import time
from pathlib import Path

from build import DRAFT, INPUTS, state
from livereload import Server

PORT = 8000


def main() -> None:
    """Build, show, and build again whenever something has changed."""
    built = ""

    def bring_up_to_date() -> None:
        nonlocal built
        if built != (now := state()):
            start, built = time.perf_counter(), now
            # in a process of its own, which imports the package as it is now
            builder = Path(__file__).with_name("build.py")
            subprocess.run([sys.executable, str(builder), "draft"])
            seconds = time.perf_counter() - start
            print(f"{seconds:.1f} s; the book is at http://localhost:{PORT}")

    bring_up_to_date()
    server = Server()
    for path in INPUTS:
        server.watch(path, bring_up_to_date)
    server.serve(port=PORT, root=str(DRAFT / "html"))


if __name__ == "__main__":
    main()
