"""A table to look at: HTML on a page, aligned text in a terminal.

Source: the book's own. Left out: everything that a data frame does.
"""

from collections.abc import Iterable
from html import escape


def _text(cell: object) -> str:
    """A cell as people write it: thousands marked, a fraction to three places."""
    if isinstance(cell, float):
        return f"{cell:.3f}"
    return f"{cell:,}" if isinstance(cell, int) else str(cell)


class Table:
    """Rows under a header, numbers to the right; a notebook shows it as a table.

    Parameters
    ----------
    header
        The C names of the columns.
    rows
        Any number of rows of C cells; a number is written with three decimals, or with its thousands marked.

    Raises
    ------
    ValueError
        If a row has another number of cells than the header.
    """

    def __init__(self, header: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
        """Keep the cells."""
        self.header, self.rows = list(header), [list(row) for row in rows]
        for number, row in enumerate(self.rows):
            if len(row) != len(self.header):
                raise ValueError(
                    f"row {number} has {len(row)} cells under a header of {len(self.header)}"
                )

    def _repr_html_(self) -> str:
        head = "".join(f'<th scope="col">{escape(name)}</th>' for name in self.header)
        body = "".join(f"<tr>{''.join(map(self._cell, row))}</tr>" for row in self.rows)
        return f'<table class="table"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'

    @staticmethod
    def _cell(cell: object) -> str:
        align = "right" if isinstance(cell, (int, float)) else "left"
        return f'<td style="text-align: {align}">{escape(_text(cell))}</td>'

    def __repr__(self) -> str:
        """Aligned text."""
        lines = [self.header, *[[_text(cell) for cell in row] for row in self.rows]]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(
            "  ".join(map(str.ljust, line, widths)).rstrip() for line in lines
        )
