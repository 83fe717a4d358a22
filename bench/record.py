"""Results of measurements: small files, committed, with a fingerprint of what they come from.

A result is as good as the code, the data and the libraries that it was measured with. The fingerprint holds all three;
a test fails when one has changed since. Of the code, it has what can run: not docstrings, comments and layout, and no
function that nothing names. The data are in it twice over: the sums of the originals stand in the code that reads them,
and the embedded texts and names come inside libraries.
"""

import ast
import datetime
import functools
import hashlib
import json
import os
import platform
from collections.abc import Iterator
from importlib.metadata import packages_distributions, version
from pathlib import Path

from _ext.execution import PACKAGE, imported_names, module_files

BENCH = Path(__file__).parent
distributions = functools.cache(packages_distributions)


# The fingerprint


def digest(value: object) -> str:
    """A short digest of what JSON can hold, whatever the order of its entries."""
    text = json.dumps(value, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def does_nothing(node: object) -> bool:
    """Whether a statement is a docstring, or ``pass``."""
    text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return text or isinstance(node, ast.Pass)


def canonical(node: object) -> object:
    """A syntax tree as nested lists, the same under every Python: its classes, and their fields that are not empty."""
    if isinstance(node, list):
        return [canonical(item) for item in node if not does_nothing(item)]
    if not isinstance(node, ast.AST):
        return ascii(node)
    if isinstance(node, ast.JoinedStr):  # Python 3.12 adds an empty text to some
        node.values = [v for v in node.values if getattr(v, "value", "") != ""]
    fields = {
        name: canonical(value)
        for name, value in ast.iter_fields(node)
        # ctx follows from the place; kind is the u before a string
        if name not in ("ctx", "kind") and value is not None and value != []
    }
    return [type(node).__name__, fields]


def words(node: ast.AST) -> set[str]:
    """All by which code may name a function: names, attributes, imports and strings."""
    fields = ("id", "attr", "name", "value")
    found = (getattr(part, name, None) for part in ast.walk(node) for name in fields)
    return {word for word in found if isinstance(word, str)}


def reached(modules: dict[str, list[ast.stmt]]) -> dict[str, list[ast.stmt]]:
    """The statements of modules that may run: all but the plain functions that none of the others names."""
    every = [statement for body in modules.values() for statement in body]
    idle = {
        statement
        for statement in every
        if isinstance(statement, ast.FunctionDef)
        and not statement.decorator_list
        and not statement.name.startswith("__")
    }
    new, named = set(every) - idle, set()
    while new:
        named.update(*map(words, new))
        new = {function for function in idle if function.name in named}
        idle -= new
    return {name: [s for s in body if s not in idle] for name, body in modules.items()}


def sources(page: str) -> dict[str, Path]:
    """The script that measures a page and the package's modules that it imports, through all levels, by name."""
    script = BENCH / f"{page}.py"
    modules = module_files(script.read_text(), BENCH.parent)
    return {f"bench/{page}": script, **dict(sorted(modules.items()))}


def libraries(files: dict[str, Path]) -> Iterator[str]:
    """The distributions that modules import from."""
    known = distributions()
    for name, file in files.items():
        package = file.name == "__init__.py"
        for imported in imported_names(file.read_text(), name, package):
            yield from known.get(imported.split(".")[0], [])


def fingerprint(page: str) -> dict[str, dict[str, str]]:
    """What the measurements of a page come from: a digest for each module, and a version for each library."""
    files = sources(page)
    code = reached({name: ast.parse(f.read_text()).body for name, f in files.items()})
    found = sorted(set(libraries(files)) - {PACKAGE}, key=str.lower)
    return {
        "code": {
            name: digest(canon)
            for name, body in code.items()
            if (canon := canonical(body))
        },
        "libraries": {name: version(name).split("+")[0] for name in found},
    }


# The record


def sum_of(record: dict[str, object]) -> str:
    """The digest of all that was measured, which stands beside it: numbers that were edited are found out."""
    added = ("fingerprint", "confirmed", "digest")
    return digest({name: value for name, value in record.items() if name not in added})


def fault(page: str) -> str:
    """Say why a page's record does not hold, and what to do; ``""`` when it does."""
    path = BENCH / "results" / f"{page}.json"
    record, name = json.loads(path.read_text()), f"bench/results/{path.name}"
    if record.get("digest") != sum_of(record):
        return (
            f"{name} is not as it was measured: a number, or what stands beside it, was edited; "
            f"take the edit back (git restore {name}), or measure anew (make bench PAGES={page})"
        )
    stated, present = record["fingerprint"], fingerprint(page)
    others = [
        thing
        for kind, there in present.items()
        for thing in sorted({*there, *stated[kind]})
        if there.get(thing) != stated[kind].get(thing)
    ]
    if others:
        return (
            f"{name} was measured with other {', '.join(others)}: confirm it (make bench PAGES={page} CONFIRM=1), "
            f"or measure anew (make bench PAGES={page})"
        )
    return ""


def write(page: str, results: dict[str, object]) -> None:
    """Write the results of a page, with their fingerprint, the date and the kind of machine."""
    measured = {
        "date": datetime.date.today().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        **results,
    }
    mark = {"fingerprint": fingerprint(page), "digest": sum_of(measured)}
    record = {**mark, **measured}
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
