"""``python bench PAGE`` measures what a page reports; ``python bench PAGE confirm [COMMIT]`` confirms its record.

``python bench`` prints the table of all goals (:mod:`table`).
"""

import sys
from importlib import import_module

match sys.argv[1:]:
    case []:
        print(import_module("table").table())
    case [page]:
        import_module(page).MEASUREMENT.measure()
    case [page, "confirm", *commit] if len(commit) < 2:
        import_module(page).MEASUREMENT.confirm(*commit)
    case _:
        sys.exit("expected: python bench PAGE [confirm [COMMIT]]")
