"""Parts of a page that run in the reader's browser: offline, from a file, and in
JupyterLab after their cell has run.

A part is a few scripts of this folder and a payload: what it needs to know. What is
large comes later, at a click. Without scripts, or where a payload is missing or was
cut, the page shows a table instead.
"""

import gzip
import hashlib
import json
from collections.abc import Mapping, Sequence
from html import escape
from importlib.resources import files

ALWAYS = "runtime"

FORMAT = 1
"""The form of the payloads that the scripts read; another number is another version of
the book.
"""


def captioned(table: str, caption: str) -> str:
    """The HTML of a table with a caption."""
    return table.replace("<table>", f"<table><caption>{caption}</caption>")


class Payload:
    """What a part needs to know, which JSON can hold; ValueError if a number is none
    that JSON has, such as NaN.
    """

    def __init__(self, content: Mapping) -> None:
        self.data = json.dumps(
            {"format": FORMAT, **content}, ensure_ascii=False, allow_nan=False
        )
        self.digest = hashlib.sha256(self.data.encode()).hexdigest()[:16]

    @property
    def size(self) -> str:
        """What it weighs on its way to a reader, packed."""
        return f"{max(len(gzip.compress(self.data.encode())) // 1000, 1)} kB"

    def _repr_html_(self) -> str:
        """As a script of a page that runs nothing."""
        data = self.data.replace("</", "<\\/")  # "</" would end the script
        return f'<script type="application/json" data-payload="{self.digest}">{data}</script>'


class Live:
    """A live part: the names of its ``scripts``, the last of which starts it, its
    ``payload``, and the HTML ``table`` that stands in its place.

    ``later`` are payloads by name that load when the reader asks for them. Raises
    ValueError if the table is empty, or if JSON cannot hold a payload's numbers.
    """

    def __init__(
        self,
        scripts: Sequence[str],
        payload: Mapping,
        table: str,
        later: Mapping[str, Mapping] | None = None,
    ) -> None:
        if not table.strip():
            raise ValueError("a live part needs a table to show where no script runs")
        self.scripts, self.table = (ALWAYS, *scripts), table
        self.payload = Payload(payload)
        self.later = {name: Payload(one) for name, one in (later or {}).items()}

    @property
    def digest(self) -> str:
        """A short sum of the payload."""
        return self.payload.digest

    def _repr_html_(self) -> str:
        """The table, the payloads and the scripts, in one piece."""
        folder = files(__package__)
        code = "\n".join(
            (folder / f"{name}.js").read_text("utf-8") for name in self.scripts
        )
        style = (folder / "live.css").read_text("utf-8")
        part, names = self.scripts[-1], " ".join(self.scripts)
        later = {name: (one.digest, one.size) for name, one in self.later.items()}
        payloads = (one._repr_html_() for one in (self.payload, *self.later.values()))
        return (
            f'<div class="unrolled-live" data-part="{escape(part)}" data-scripts="{escape(names)}" '
            f'data-payload="{self.digest}" data-later="{escape(json.dumps(later))}">{self.table}'
            f"{''.join(payloads)}<style>{style}</style><script>{code}\nunrolled.start();</script></div>"
        )

    def __repr__(self) -> str:
        return f"<Live: {self.scripts[-1]}>"
