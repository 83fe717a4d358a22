"""The choice of data."""

import os


def choice() -> str:
    """The chosen data."""
    return os.environ["UNROLLED_DATA"]
