"""Parts of a page that run in the reader's browser: offline, from a file, and in
JupyterLab after their cell has run.

A part is a few scripts of this folder and a payload: what it needs to know. Without
scripts, or where a payload is missing or was cut, the page shows a table instead.
"""

import hashlib
import json
from collections.abc import Sequence
from html import escape
from importlib.resources import files

ALWAYS = "runtime"


class Live:
    """A live part: the names of its ``scripts``, the last of which starts it, its
    ``payload``, which JSON can hold, and the HTML ``table`` that stands in its place.

    Raises ValueError if the table is empty, or if the payload has a number that JSON
    has not, such as NaN.
    """

    def __init__(self, scripts: Sequence[str], payload: dict, table: str) -> None:
        if not table.strip():
            raise ValueError("a live part needs a table to show where no script runs")
        self.scripts, self.table = (ALWAYS, *scripts), table
        self.data = json.dumps(payload, ensure_ascii=False, allow_nan=False)

    @property
    def digest(self) -> str:
        """A short sum of the payload."""
        return hashlib.sha256(self.data.encode()).hexdigest()[:16]

    def _repr_html_(self) -> str:
        """The table, the payload and the scripts, in one piece."""
        folder = files(__package__)
        code = "\n".join(
            (folder / f"{name}.js").read_text("utf-8") for name in self.scripts
        )
        style = (folder / "live.css").read_text("utf-8")
        part, names = self.scripts[-1], " ".join(self.scripts)
        # "</" would end the script
        data = self.data.replace("</", "<\\/")
        return (
            f'<div class="unrolled-live" data-part="{escape(part)}" data-scripts="{escape(names)}" '
            f'data-payload="{self.digest}">{self.table}'
            f'<script type="application/json">{data}</script>'
            f"<style>{style}</style><script>{code}\nunrolled.start();</script></div>"
        )

    def __repr__(self) -> str:
        return f"<Live: {self.scripts[-1]}>"
