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
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib.metadata import packages_distributions, version
from pathlib import Path
from typing import NamedTuple, TypeVar

from _ext.modules import PACKAGE, imported_names, module_files

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
    """The script that measures a page, the package's modules that it imports, through all levels, and the book's
    programs that it runs, by name.
    """
    script = BENCH / f"{page}.py"
    text = script.read_text()
    programs = sorted(BENCH.parent.glob("book/programs/*.py"))
    named = {f"book/programs/{file.stem}": file for file in programs if f'"{file.stem}"' in text}
    return {f"bench/{page}": script, **dict(sorted(module_files(text, BENCH.parent).items())), **named}


def libraries(files: dict[str, Path]) -> Iterator[str]:
    """The distributions that modules import from."""
    known = distributions()
    for name, file in files.items():
        package = file.name == "__init__.py"
        for imported in imported_names(file.read_text(), name, package):
            yield from known.get(imported.split(".")[0], [])


Mark = dict[str, dict[str, str]]


def fingerprint(page: str) -> Mark:
    """What the measurements of a page come from: a digest for each module, and a version for each library."""
    files = sources(page)
    code = reached({name: ast.parse(f.read_text()).body for name, f in files.items()})
    found = sorted(set(libraries(files)) - {PACKAGE}, key=str.lower)
    return {
        "code": {name: digest(canon) for name, body in code.items() if (canon := canonical(body))},
        "libraries": {name: version(name).split("+")[0] for name in found},
    }


# The record


def place(page: str) -> Path:
    """The file of a page's record."""
    return BENCH.parent / "code" / "unrolled" / "measured" / f"{page}.json"


def read(page: str) -> dict[str, object]:
    """A page's record."""
    return json.loads(place(page).read_text())


def write(page: str, record: dict[str, object]) -> None:
    """Write a page's record into its file."""
    place(page).write_text(json.dumps(record, indent=1) + "\n")
    print(f"written: code/unrolled/measured/{page}.json")


def scratch(name: str) -> Path:
    """A folder for runs that are not written down yet."""
    return BENCH.parent / "_build" / "bench" / name


def sum_of(record: dict[str, object]) -> str:
    """The digest of all that was measured, which stands beside it: numbers that were edited are found out."""
    added = ("fingerprint", "confirmed", "digest")
    return digest({name: value for name, value in record.items() if name not in added})


def fault(page: str) -> str:
    """Say why a page's record does not hold, and what to do; ``""`` when it does."""
    record, name = read(page), f"code/unrolled/measured/{page}.json"
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


# The test parts

Labels = dict[str, object]
"""What tells a run from all others, and is all that it is made of."""


class Parts:
    """A set of data in its parts, of which the test part is opened by one function alone, which writes down each look.

    The looks stand in ``bench/looks.jsonl``, a line each.
    """

    def __init__(self, page: str, parts: Sequence) -> None:
        self.page = page
        self.train, self.dev, self._test = parts

    def test(self, labels: Labels) -> Sequence:
        """The test part, for a run."""
        with (BENCH / "looks.jsonl").open("a") as looks:
            looks.write(json.dumps({"date": today(), "page": self.page, **labels}) + "\n")
        return self._test


# Clocks

Found = TypeVar("Found")


def timed(run: Callable[[], Found], clock: Callable[[], float] = time.process_time) -> tuple[Found, float]:
    """What a call gives, and the seconds that it took, of CPU time if no other clock is named."""
    start = clock()
    found = run()
    return found, clock() - start


def turns(ways: dict[str, Callable[[], Found]], times: int = 5) -> dict[str, list[Found]]:
    """What each way finds in each of its turns, which the ways take one after the other."""
    found: dict[str, list[Found]] = {way: [] for way in ways}
    for _ in range(times):
        for way, run in ways.items():
            found[way].append(run())
    return found


def rate(run: Callable[[], float], least: float) -> float:
    """How much is made in a CPU second by calls of ``run``, which gives how much it made, for ``least`` seconds."""
    start, made, spent = time.process_time(), 0.0, 0.0
    while not spent or spent < least:
        made += run()
        spent = time.process_time() - start
    return made / spent


def rates(ways: dict[str, Callable[[], float]], times: int = 5, least: float = 0.0) -> dict[str, float]:
    """How much each way makes in a CPU second: the median of its turns."""
    found = turns({way: functools.partial(rate, run, least) for way, run in ways.items()}, times)
    return {way: statistics.median(each) for way, each in found.items()}


# Runs, which are made once, or again

CLOCK = ("seconds", "rates")
"""The entries of a run that a clock gave, at any depth: no run repeats them, so they are not compared."""


def untimed(found: object) -> object:
    """What a run found, but for what a clock gave."""
    if not isinstance(found, dict):
        return found
    return {name: untimed(x) for name, x in found.items() if name not in CLOCK}


Runs = dict[str, object]
"""What runs found, by their labels in JSON."""
Find = Callable[[Labels], Labels]
"""What a run found, by its labels."""


class Kept(dict):
    """The runs that were made of some code, data and libraries, by their labels in JSON.

    Each is kept as it ends, in a file named by what it comes from, and is not made again.
    """

    def __init__(self, page: str, mark: Mark, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.file = folder / f"{page}-{digest(mark)}.jsonl"
        lines = self.file.read_text().splitlines() if self.file.exists() else []
        super().__init__(map(json.loads, lines))

    def make(self, key: str, job: Callable[[], object]) -> object:
        """The run of a job, if it was not made before."""
        if key not in self:
            line = json.dumps([key, job()])
            with self.file.open("a") as kept:
                kept.write(line + "\n")
            print(line, flush=True)
            self[key] = json.loads(line)[1]
        return self[key]


def made_at(commit: str, page: str, mark: Mark, folder: Path) -> Runs:
    """A run of each kind, made here with the code of a commit, whose fingerprint must be ``mark``."""
    with tempfile.TemporaryDirectory() as root:
        git("archive", f"--output={root}/code.zip", commit)
        shutil.unpack_archive(f"{root}/code.zip", root)
        arguments = f"record.fingerprint({page!r}), record.Path({str(folder)!r})"
        again = f"import record, {page}; {page}.MEASUREMENT.again({arguments})"
        paths = os.pathsep.join((f"{root}/book", f"{root}/code"))
        environment = {**os.environ, "PYTHONPATH": paths}
        subprocess.run([sys.executable, "-c", again], cwd=f"{root}/bench", env=environment, check=True)
    if not (runs := Kept(page, mark, folder)):
        sys.exit(
            f"the code of {commit}, with the libraries that are here, is not that of the record; "
            f"name the commit that it was written with: make bench PAGES={page} CONFIRM=COMMIT"
        )
    return runs


def recorded(record: dict[str, object], runs: Iterable[str]) -> Runs:
    """Those of the runs that a record has, as it has them."""
    return {
        key: {name: value for name, value in run.items() if name not in json.loads(key)}
        for key in runs
        for run in record["runs"]
        if json.loads(key).items() <= run.items()
    }


def difference(new: Runs, old: Runs) -> str:
    """The first run that found something else, with both; or nothing."""
    for key, found in new.items():
        if untimed(found) != untimed(old.get(key)):
            return f"{key}\n{old.get(key)}\n{found}"
    return ""


def today() -> str:
    """The date."""
    return datetime.date.today().isoformat()


def git(*arguments: str) -> str:
    """What git says, from the book's folder."""
    return subprocess.check_output(["git", *arguments], cwd=BENCH.parent, text=True)


class Measurement(NamedTuple):
    """What is measured for a page."""

    page: str
    run: Callable[..., object]
    """Makes a run; its labels are the arguments."""
    runs: Callable[[Find], Iterable[Labels]]
    """The labels of all runs; those of later ones may depend on what was found by earlier ones."""
    kind: Callable[[Labels], object]
    """The kind of a run, by its labels; None if it is never made again to confirm."""
    settings: Callable[[], dict] = dict
    """What all runs have in common."""
    clocks: dict[str, Callable[[], object]] = {}
    """Entries of the record that are a clock's readings and nothing else."""

    def noted(self, labels: Labels) -> Labels:
        """The run of some labels, as the record has it; stops if it has none."""
        for run in read(self.page)["runs"]:
            if labels.items() <= run.items():
                return run
        sys.exit(f"{self.page} was measured in other runs; measure anew: make bench PAGES={self.page}")

    def measure(self) -> None:
        """Make all runs that are not made yet, and write the record."""
        mark = fingerprint(self.page)
        kept = Kept(self.page, mark, scratch("measured"))

        def found(labels: Labels) -> Labels:
            return kept.make(json.dumps(labels), functools.partial(self.run, **labels))

        runs = [{**labels, **found(labels)} for labels in self.runs(found)]
        measured = {
            "date": today(),
            "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
            **self.settings(),
            **{name: kept.make(json.dumps({"clock": name}), job) for name, job in self.clocks.items()},
            "runs": runs,
        }
        write(self.page, {"fingerprint": mark, "digest": sum_of(measured), **measured})

    def again(self, mark: Mark, folder: Path) -> Runs:
        """The first run of each kind."""
        first: dict[object, Labels] = {}
        for labels in self.runs(self.noted):
            first.setdefault(self.kind(labels), labels)
        first.pop(None, None)
        kept = Kept(self.page, mark, folder)
        for labels in first.values():
            kept.make(json.dumps(labels), functools.partial(self.run, **labels))
        return kept

    def confirm(self, commit: str = "") -> None:
        """Renew the fingerprint of the record, if a run of each kind, made again, finds the same to the last digit.

        For a change that does not concern what is computed. Where the processor gives other last digits than those
        recorded, the same runs are made with the code of the record too, that of the commit which wrote it last, and
        both are to be equal. A clock's readings cannot be confirmed, and stay as they are: if the change concerns what
        is timed, measure anew. What was confirmed is noted in the record.
        """
        page, record = self.page, read(self.page)
        mark, before = fingerprint(page), record["fingerprint"]
        folder = scratch("again")
        anew = f"measure anew: make bench PAGES={page}"
        if record.get("digest") != sum_of(record):
            sys.exit(fault(page))
        settings = json.loads(json.dumps(self.settings()))
        if settings != {name: record.get(name) for name in settings}:
            sys.exit(f"{page} was measured with other settings; {anew}")
        every = list(map(json.dumps, self.runs(self.noted)))
        if not len(recorded(record, every)) == len(every) == len(record["runs"]):
            sys.exit(f"{page} was measured in other runs; {anew}")
        minutes = record.get("confirmed", {}).get("minutes", 0)
        print(f"{page}: {minutes or 'some'} minutes of one core", flush=True)
        runs = self.again(mark, folder)
        spent = round(time.process_time() / 60, 1)  # less, if it is gone on with
        note = {"date": today(), "runs": len(runs), "minutes": max(minutes, spent)}
        note["equal to"] = "the record"
        if other := difference(runs, recorded(record, runs)):
            if mark == before:
                sys.exit(f"{page} has not changed, but this machine has other digits:\n{other}")
            # a commit that only moved the record did not write it
            commit = commit or git(*"log -1 --format=%h --follow --diff-filter=AM --".split(), str(place(page))).strip()
            print(f"not the recorded digits:\n{other}\nso with the code of {commit} too, as long again", flush=True)
            if other := difference(runs, made_at(commit, page, before, folder)):
                sys.exit(f"{page} has other numbers than with the code of {commit}; {anew}\n{other}")
            note["equal to"] = "runs of the code before, on one machine"
        old = record.get("confirmed", {}).get("measured with", before["libraries"])
        if old != mark["libraries"]:
            note["measured with"] = old
        write(page, {**record, "fingerprint": mark, "confirmed": note})
