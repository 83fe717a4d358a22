"""A square."""

SIDES = 4
"""How many sides it has."""


class Square:
    """A square of this side."""

    def rotated(self) -> "Square":
        """The same again."""
        return self


def area(side: float) -> float:
    """Its area."""
    return doubled(side)


def doubled(side: float) -> float:
    """A helper, which the package does not offer."""
    return side * side
