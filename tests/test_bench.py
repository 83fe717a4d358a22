"""Committed measurements still come from the code, the data and the libraries that are here."""

import json
from pathlib import Path

import pytest

import record

RESULTS = sorted((Path(__file__).parents[1] / "bench" / "results").glob("*.json"))


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.stem)
def test_measurements_are_not_out_of_date(path: Path):
    written = json.loads(path.read_text())["fingerprint"]
    assert written == record.fingerprint(path.stem), (
        f"{path.name} was measured with other code, data or libraries: run `make bench`"
    )


def test_prose_does_not_put_measurements_out_of_date_and_code_does(tmp_path: Path):
    module = tmp_path / "module.py"
    texts = [
        '"""One."""\n\nx = 1  # why\n\n\ndef f():\n    """Two."""\n    return x\n',
        '"""Another."""\nx = 1\ndef f():\n    return x\n',
        "x = 2\ndef f():\n    return x\n",
    ]
    stripped = []
    for text in texts:
        module.write_text(text)
        stripped.append(record.code_only(module))
    assert stripped[0] == stripped[1] != stripped[2]
