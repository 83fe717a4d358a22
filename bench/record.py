"""Results of measurements: small files, committed, with a fingerprint of what they come from.

A result is as good as the code, the data and the libraries that it was measured with. The fingerprint holds all
three; a test fails when one has changed since. Docstrings and comments are left out of it: to mend a sentence is not to
change a measurement.
"""

import ast
import datetime
import hashlib
import json
import os
import platform
import re
from importlib.metadata import version
from pathlib import Path

from _ext.execution import module_files
from unrolled.data import originals

BENCH = Path(__file__).parent
LIBRARIES = ("torch", "numpy", "scikit-learn", "faker", "anyascii")
"""What every measurement depends on."""
MORE_LIBRARIES = {
    "evaluation": ("scipy", "numba"),
    "generation": ("scipy",),
    "word2vec": ("scipy", "numba", "gensim"),
}
"""What those of single pages depend on beside it."""


def code_only(path: Path) -> str:
    """A module's lines without docstrings, comments and blank lines."""
    lines = path.read_text().splitlines()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            for number in range(node.lineno - 1, node.end_lineno):
                lines[number] = ""
    bare = (re.sub(r"(^|  )\s*# .*$", "", line) for line in lines)
    return "\n".join(line for line in bare if line.strip())


def fingerprint(page: str) -> dict[str, object]:
    """What the measurements of a page come from: digests of code and data, and the libraries' versions."""
    script = BENCH / f"{page}.py"
    modules = module_files(script.read_text(), BENCH.parent)
    code = "\0".join(code_only(path) for path in (script, *sorted(modules.values())))
    data = "".join(original.sha256 for original in originals.REGISTRY.values())
    return {
        "code": hashlib.sha256(code.encode()).hexdigest()[:16],
        "data": hashlib.sha256(data.encode()).hexdigest()[:16],
        "libraries": {
            name: version(name).split("+")[0]
            for name in (*LIBRARIES, *MORE_LIBRARIES.get(page, ()))
        },
    }


def write(page: str, results: dict[str, object]) -> None:
    """Write the results of a page, with their fingerprint, the date and the kind of machine."""
    record = {
        "fingerprint": fingerprint(page),
        "date": datetime.date.today().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        **results,
    }
    path = BENCH / "results" / f"{page}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(record, indent=1) + "\n")
    print(f"written: {path.relative_to(BENCH.parent)}")


def confirm(page: str, again: list[dict[str, object]], by: tuple[str, ...]) -> None:
    """Renew the fingerprint of a page's results, if a part of its runs, made again, gave the same numbers.

    For code that changed without changing what it computes. ``again`` has a run of each kind; the recorded one is that
    with the same entries ``by``, and all but its seconds must be equal, to the last digit. What was confirmed, and
    when, is noted beside the date of the measurement. Raises ValueError if a number differs.
    """
    path = BENCH / "results" / f"{page}.json"
    results = json.loads(path.read_text())
    recorded = {tuple(run.get(name) for name in by): run for run in results["runs"]}
    for run in again:
        key = tuple(run.get(name) for name in by)
        new, old = ({**r, "seconds": None} for r in (run, recorded[key]))
        if json.loads(json.dumps(new)) != old:
            raise ValueError(
                f"{key} gave other numbers: measure {page} anew\n{old}\n{new}"
            )
    results["fingerprint"] = fingerprint(page)
    results["confirmed"] = {
        "date": datetime.date.today().isoformat(),
        "runs": len(again),
    }
    path.write_text(json.dumps(results, indent=1) + "\n")
    print(f"confirmed by {len(again)} runs: {path.relative_to(BENCH.parent)}")
