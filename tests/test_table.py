"""A table shows every cell, escaped, and refuses a crooked row."""

import pytest

from unrolled.data.table import Table


def test_the_html_holds_every_cell_escaped():
    html = Table(["<name>", "count"], [("a & b", 12345), ("c", 0.5)])._repr_html_()
    for cell in ("&lt;name&gt;", "a &amp; b", "12,345", "0.500"):
        assert f">{cell}<" in html
    assert html.count("<tr>") == 3 and html.count("text-align: right") == 2


def test_the_text_is_aligned():
    lines = repr(Table(["a", "b"], [("long", 1), ("x", 2000)])).splitlines()
    assert [
        line.index(cell) for line, cell in zip(lines, ("b", "1", "2,000"), strict=True)
    ] == [6, 6, 6]


def test_a_crooked_row_is_refused():
    with pytest.raises(ValueError, match="row 1 has 1 cells under a header of 2"):
        Table(["a", "b"], [(1, 2), (3,)])
