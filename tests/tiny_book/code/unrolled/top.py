"""Imports the bottom through another."""

from unrolled.middle import value


def shown() -> str:
    """The bottom's value, to be shown."""
    return f"the value is {value()}"
