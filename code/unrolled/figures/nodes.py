"""What the drawings of networks are made of: nodes with letters, and arrows, each in a
role.

Arrows of one role share one weight matrix, and have one colour. Left out: where nodes
lie, but for columns and rows.
"""

from math import inf, sqrt
from typing import NamedTuple
from unicodedata import east_asian_width

from unrolled.figures.plotting import COLOURS

RADIUS = 15.5  # of a vector's circle
SIZE, SMALL = 15, 11  # of letters, and of those below the line
LEAST = 11  # of a word that is long
WIDEST_WORD = 90  # a wider one is in smaller letters
BLUE, ORANGE, GREEN, PINK = (
    f"var(--drawing-{number}, {colour})" for number, colour in enumerate(COLOURS, 1)
)


class Run(NamedTuple):
    """Letters of one size, so much lower than those before, and so much further
    right.
    """

    letters: str
    size: float = SIZE
    down: float = 0
    right: float = 0
    italic: bool = False

    @property
    def width(self) -> float:
        """About how wide the letters are, and hardly less."""
        return self.size * sum(map(_breadth, self.letters)) + self.right

    def scaled(self, factor: float) -> "Run":
        """The same so many times as large."""
        size, down, right = (factor * x for x in self[1:4])
        return Run(self.letters, size, down, right, self.italic)

    @classmethod
    def fitted(cls, word: str, size: float = SIZE) -> "Run":
        """A word, in smaller letters if it is wide."""
        return cls(word, max(LEAST, size * min(1, WIDEST_WORD / cls(word, size).width)))


class Beside(NamedTuple):
    """Where letters stand by an arrow: so far from its middle, or its end, and which of
    their sides is there.
    """

    right: float
    down: float
    anchor: str = "middle"
    at_end: bool = False


class Role(NamedTuple):
    """What an arrow does: its letters, W with the role's name if there are none, and
    its colour.

    The letters stand beside an arrow that runs ``across``, ``up`` or ``aslant``.
    """

    letters: str = ""
    size: float = SMALL
    ink: str = "currentColor"
    across: Beside = Beside(0, -RADIUS - 7)
    up: Beside = Beside(-9, 5, "end")
    aslant: Beside = Beside(-10, 12, "end")


ROLES = {
    "embed": Role(ink=BLUE),
    # clear of the arrow that runs up from the state
    "recurrent": Role(ink=ORANGE, across=Beside(-9, -RADIUS - 7, "end", at_end=True)),
    "out": Role(ink=GREEN, up=Beside(10, 5, "start")),
    "unembed": Role(ink=GREEN, up=Beside(10, 5, "start")),
    "language": Role(aslant=Beside(6, -8, "start")),
    # layers, named as they are, since each has several blocks
    "i2h": Role("i2h", 13, BLUE),
    "i2o": Role("i2o", 13, ORANGE, up=Beside(8, -12, "start")),  # over an arrow across
    "o2o": Role("o2o", 13, GREEN),
    "softmax": Role("softmax", 12, up=Beside(10, 5, "start")),
    "sample": Role("∼", SIZE, across=Beside(0, -13), up=Beside(-12, 5)),
}
"""The roles of arrows. Any other is the number of a layer, with its weights in the
colour of the text.
"""


class Node(NamedTuple):
    """What stands at a column and a row (0 is the lowest): a vector, one that is
    "loose", with no circle, an operation in a box, or a word or dots.

    A vector has an index ``below`` or ``above``, and a ``word`` under it, or
    ``aside``; one with a ``tail``, = 0, has no circle. ``gradient`` is where the
    gradient by the vector stands: "below" it, "beside", "before", "above" or "behind",
    or "" for none.
    """

    symbol: str
    column: float
    row: float
    kind: str = "vector"
    below: str = ""
    above: str = ""
    tail: str = ""
    word: str = ""
    gradient: str = ""
    aside: bool = False

    @property
    def circled(self) -> bool:
        """Whether the node is drawn as a circle."""
        return self.kind == "vector" and not self.tail

    @property
    def width(self) -> float:
        """How wide the node is."""
        if self.circled:
            return 2 * RADIUS
        padding = 10 if self.kind == "operation" and len(self.symbol) > 1 else 0
        return max(20, sum(run.width for run in self.runs()) + padding)

    def reach(self, x: float, y: float, aside: float) -> float:
        """How far the node goes from its middle in the direction (x, y), of length 1,
        on a line so far aside.
        """
        if self.circled:
            return sqrt(RADIUS**2 - aside**2)
        half = self.width / 2, 0.7 * SIZE
        return min(
            h / abs(part) if part else inf for h, part in zip(half, (x, y), strict=True)
        )

    def runs(self) -> list[Run]:
        """The node's letters."""
        if self.kind not in ("vector", "loose"):
            return [Run.fitted(self.symbol, SIZE if self.kind == "word" else 13)]
        runs = [Run(self.symbol, italic=True)]
        above, below = Run(self.above, SMALL, -6), Run(self.below, SMALL, 4)
        if self.above and self.below:  # one under the other
            back, forth = above.width - 1, max(0, above.width - below.width)
            runs += above, below._replace(down=11, right=-back)
            runs.append(Run(self.tail, SIZE, -5, forth))
        else:
            runs += [above] * bool(self.above) + [below] * bool(self.below)
            runs.append(Run(self.tail, SIZE, -4))
        runs = [run for run in runs if run.letters]
        width = sum(run.width for run in runs)
        return runs if self.tail else [run.scaled(min(1, 27 / width)) for run in runs]


class Arrow(NamedTuple):
    """From one node to another, in a role (or in none).

    ``back`` says whether a gradient goes back: "" for none, "through" what the arrow
    does, or "unchanged". A ``dotted`` arrow hands on what was drawn.
    """

    start: Node
    end: Node
    role: str = ""
    back: str = ""
    dotted: bool = False

    @property
    def ink(self) -> str:
        """The colour of the arrow's role."""
        return ROLES.get(self.role, Role()).ink


def _breadth(letter: str) -> float:
    """About how wide a letter is, of its size."""
    if letter in "()[]fijltrI.,:;'|! ":
        return 0.36
    if east_asian_width(letter) in "WF":
        return 1.05
    return 0.98 if letter in "mwMW" else 0.64
