"""Shapes, as a package that offers what its part has."""

from unrolled.shapes.square import SIDES, Square, area

__all__ = ["area", "Square", "SIDES"]
