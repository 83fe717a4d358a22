"""What longer experiments found: the records that ``make bench`` makes, one a page,
with their date and machine.

Left out: measuring itself, which is in ``bench/`` of the book's repository.
"""

import json
from importlib.resources import files


class Runs(list):
    """Recorded runs, each a dictionary of what it was and what it found."""

    def where(self, **wanted: object) -> "Runs":
        """The runs whose entries are as wanted: equal to a value, or such that a
        function of the entry is true.

        Raises ValueError if there is none.
        """

        def fits(run: dict) -> bool:
            return all(
                name in run
                and (want(run[name]) if callable(want) else run[name] == want)
                for name, want in wanted.items()
            )

        found = Runs(run for run in self if fits(run))
        if not found:
            entries = {
                name: sorted({str(run.get(name)) for run in self})
                for name, want in wanted.items()
                if not callable(want)
            }
            raise ValueError(f"no run has {wanted}; there are {entries}")
        return found

    def of(self, *path: str) -> list:
        """What every run found under an entry: ``of("test", "accuracy")`` is
        ``run["test"]["accuracy"]`` of each.
        """
        found = []
        for run in self:
            value = run
            for name in path:
                value = value[name]
            found.append(value)
        return found

    def within(self, name: str) -> "Runs":
        """What every run says under an entry that holds a run of its own."""
        return Runs({**run, **run[name]} for run in self)

    def by(self, name: str) -> "dict[object, Runs]":
        """The runs by the value of an entry, in the order in which the values
        appear.
        """
        values = dict.fromkeys(run[name] for run in self if name in run)
        return {value: self.where(**{name: value}) for value in values}


def read(page: str) -> dict[str, object]:
    """The record of a page, such as ``"classification"``: ``date``, ``machine``,
    ``runs``, and what else was measured.

    Raises ValueError if nothing was measured for a page of that name.
    """
    place = files(__name__) / f"{page}.json"
    if not place.is_file():
        there = sorted(
            file.name[:-5]
            for file in files(__name__).iterdir()
            if file.name.endswith(".json")
        )
        raise ValueError(
            f"nothing was measured for {page!r}; expected one of {', '.join(there)}"
        )
    record = json.loads(place.read_text())
    return record | {"runs": Runs(record["runs"])}
