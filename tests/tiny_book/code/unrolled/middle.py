"""Imports the bottom, relatively."""

from . import base


def value() -> int:
    """The bottom's value."""
    return base.VALUE
