"""Recurrent cells as boxes: a row that reads a sentence, or two rows, one above the
other; and a row that generates.

In each box are its matrices, + and tanh. Wires run between them, and letters on a wire
say which vector it carries. Time runs to the right, and what is computed stands above
its input; on a phone, time runs upwards, and what stood above stands to the right.
Left out: biases, and more steps than there is room for.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from unrolled.figures.networks import demand_inputs, demand_name
from unrolled.figures.nodes import BLUE, GREEN, ORANGE, Node, Run
from unrolled.figures.pieces import Part, box, draw_node, either, picture, wire, write
from unrolled.figures.plotting import Drawing
from unrolled.figures.svg import NARROW
from unrolled.figures.words import cell_words, generating_words

__all__ = ["generating_cells", "recurrent_cells"]

MOST_STEPS, MOST_LAYERS = 3, 2
INK = "currentColor"
PLUS = 12  # from the middle of a + to an arrow's tip
DOTTED = ' stroke-dasharray="1 4" stroke-opacity="0.6"'
FRAME = 'fill-opacity="0.04" stroke="currentColor" stroke-opacity="0.7"'

Point = tuple[float, float]


class _Form(NamedTuple):
    """Where the parts of a cell lie, from its +: along the state's way, and across it,
    towards what the state goes up into.
    """

    turned: bool
    begin: float  # of the box, along
    tanh: float
    fork: float
    end: float
    low: float  # its other two sides, across
    high: float
    on: float  # from one box to the next, along
    up: float  # and across
    letters: float  # from the middle of letters to a wire, along
    half: float  # of the tanh, along

    def room(self, number: str) -> float:
        """From the middle of a state's letters to a wire, along; farther if one index
        stands above the other.
        """
        return self.letters + 3 * bool(number)

    def at(self, along: float, across: float) -> Point:
        """The place on the page."""
        return (across, -along) if self.turned else (along, -across)


WIDE = _Form(False, -77, 42, 76, 86, -40, 26, 53, 44, 14, 22)
TURNED = _Form(True, -36, 33, 56, 66, -74, 26, 46, 34, 11, 10)


class _Sketch:
    """Cells in one form, as they are drawn: of a step t and a layer."""

    def __init__(self, form: _Form) -> None:
        self.form, self.parts = form, []

    def at(self, t: int, layer: int, along: float, across: float) -> Point:
        """The place on the page of a place in a cell."""
        form = self.form
        next_box = form.end - form.begin + form.on
        next_row = form.high - form.low + form.up
        return form.at((t - 1) * next_box + along, (layer - 1) * next_row + across)

    def wire(
        self, t: int, layer: int, *points: Point, ink: str = INK, tip: bool = True
    ) -> None:
        """A wire through places in a cell."""
        places = [self.at(t, layer, *point) for point in points]
        self.parts.append(wire(places, ink, tip=tip))

    def vector(
        self, t: int, layer: int, place: Point, letter: str, below: str, above: str = ""
    ) -> None:
        """The letters of a vector, with their middle at a place in a cell."""
        node = Node(letter, 0, 0, "loose", below, above)
        self.parts += draw_node(*self.at(t, layer, *place), node)

    def matrix(
        self,
        place: Point,
        name: str,
        ink: str,
        number: str = "",
        anchor: str = "middle",
    ) -> None:
        """The name of a matrix, at a place on the page."""
        below, above = Run(name, 10, 4), Run(number, 10, -6)
        runs = [Run("W", 13, italic=True), below]
        if number:  # one under the other
            runs[1:] = above, below._replace(down=10, right=1 - above.width)
        self.parts.append(write(*place, runs, anchor, ink))

    def cell(
        self,
        t: int,
        layer: int,
        inputs: Sequence[str],
        inks: Sequence[str],
        number: str,
    ) -> None:
        """A box, with the matrices of its ``inputs``, that of the state, + and tanh."""
        form = self.form
        corners = [
            self.at(t, layer, *corner)
            for corner in ((form.begin, form.low), (form.end, form.high))
        ]
        (left, right), (top, bottom) = (
            sorted(side) for side in zip(*corners, strict=True)
        )
        self.parts.append(box(left, top, right - left, bottom - top, FRAME, 8))
        for along, symbol in ((0, "+"), (form.tanh, "tanh")):
            node = Node(symbol, 0, 0, "operation")
            self.parts += draw_node(*self.at(t, layer, along, 0), node)
        self.wire(t, layer, (PLUS, 0), (form.tanh - form.half - 2, 0))
        x, y = self.at(t, layer, 0, 0)
        across, state = number if layer > 1 else "", number
        if form.turned:
            places = [
                ((form.low - PLUS) / 2 + x, y - 8),
                ((form.low - PLUS) / 2 + x, y + 21),
            ]
            anchors = ["middle", "middle"]
            self.matrix((x - 8, y - form.begin - 8), "recurrent", inks[1], state, "end")
        else:
            places, anchors = [(x + 8, y + 29), (x - 8, y + 29)], ["start", "end"]
            self.matrix(
                (x + (form.begin - PLUS) / 2 + 1, y - 9), "recurrent", inks[1], state
            )
        for name, place, anchor in zip(inputs, places, anchors, strict=False):
            self.matrix(
                place, name, inks[0] if name != "language" else INK, across, anchor
            )

    def first_state(self, layer: int, number: str, ink: str) -> None:
        """h_0, and the wire to the first cell."""
        form = self.form
        node = Node("h", 0, 0, below="0", above=number, tail=" = 0")
        half = 11 if form.turned else node.width / 2
        middle = form.begin - 16 - half
        self.parts += draw_node(*self.at(1, layer, middle, 0), node)
        self.wire(1, layer, (middle + half + 2, 0), (-PLUS, 0), ink=ink)

    def state_on(self, t: int, layer: int, number: str, ink: str) -> None:
        """A state on its way into the next cell."""
        form = self.form
        room = form.room(number)
        middle = form.end + room + 6
        next_plus = form.end + form.on - form.begin - PLUS
        after = form.tanh + form.half
        self.wire(t, layer, (after, 0), (middle - room, 0), tip=False)
        self.vector(t, layer, (middle, 0), "h", str(t), number)
        self.wire(t, layer, (middle + room, 0), (next_plus, 0), ink=ink)

    def fork(self, t: int, layer: int) -> None:
        """The place where a state goes two ways."""
        x, y = self.at(t, layer, self.form.fork, 0)
        self.parts.append(box(x - 3, y - 3, 6, 6, "", 3))

    def state_up(self, t: int, number: str) -> None:
        """A state on its way into the cell of the second row."""
        form = self.form
        middle, turn = form.fork / 2, form.high + form.up / 2
        first = form.tanh + form.half
        end = form.high + form.up - form.low - PLUS
        room = form.room(number)
        to, off = middle + room, middle - room
        self.wire(
            t, 1, (first, 0), (form.fork, 0), (form.fork, turn), (to, turn), tip=False
        )
        self.vector(t, 1, (middle, turn), "h", str(t), number)
        self.wire(t, 1, (off, turn), (0, turn), (0, end))

    def readout(
        self, t: int, layer: int, index: str, target: str, upwards: bool
    ) -> Point:
        """From a cell's fork, the scores, their softmax, and what is drawn; where that
        is, is given back.
        """
        form = self.form
        x, y = self.at(t, layer, form.fork, 0)
        start = self.at(t, layer, form.tanh + form.half, 0)
        edge = form.high if form.turned != upwards else form.end - form.fork
        lengths, half = ([34, 34, 26], 11) if upwards else ([60, 46, 17], 10)
        u, v = (0, -1) if upwards else (1, 0)
        nodes = [Node(letter, 0, 0, "loose", index) for letter in "sp"]
        nodes.append(Node(target, 0, 0, "word"))
        points = [start, (x, y)]
        far = edge
        for k, (node, length) in enumerate(zip(nodes, lengths, strict=True)):
            far += length
            reach = max(half, node.width / 2 + 2 if node.kind == "word" and u else 0)
            points.append((x + u * far, y + v * far))
            self.parts.append(wire(points, GREEN if k == 0 else INK))
            middle = far - length / 2
            label = (x - 8, y - middle + 5) if upwards else (x + middle, y - 8)
            anchor = "end" if upwards else "middle"
            if k == 0:
                self.matrix(label, "unembed", GREEN, anchor=anchor)
            else:
                said = Run("softmax", 11) if k == 1 else Run("∼", 15)
                self.parts.append(write(*label, [said], anchor))
            far += reach
            self.parts += draw_node(x + u * far, y + v * far, node)
            place = x + u * far, y + v * far
            far += reach
            points = [(x + u * far, y + v * far)]
        return place


def recurrent_cells(
    inputs: Sequence[str], *, layers: int = 1, target: str = "?"
) -> Drawing:
    """A row of cells that reads ``inputs``, or two rows; from the last state, the
    scores and their softmax, from which ``target`` is drawn ("?" if it is not known).

    Raises ValueError unless there are 1 to 3 inputs and 1 or 2 layers, and all symbols
    can be seen.
    """
    demand_inputs(inputs, "s", target)
    if len(inputs) > MOST_STEPS or not 1 <= layers <= MOST_LAYERS:
        raise ValueError(
            f"{len(inputs)} inputs and {layers} layers; there is room for 1 to {MOST_STEPS} and 1 to {MOST_LAYERS}"
        )

    def draw(form: _Form) -> list[Part]:
        sketch = _Sketch(form)
        last = len(inputs)
        for layer in range(1, layers + 1):
            number = f"({layer})" * (layers > 1)
            inks = (BLUE, ORANGE) if layer == 1 else (INK, INK)
            sketch.first_state(layer, number, inks[1])
            for t, symbol in enumerate(inputs, 1):
                name = "embed" if layer == 1 else "in"
                sketch.cell(t, layer, [name], inks, number)
                if t < last:
                    sketch.state_on(t, layer, number, inks[1])
                if layer < layers:
                    sketch.state_up(t, number)
                    if t < last:
                        sketch.fork(t, layer)
                if layer == 1:
                    _read(sketch, t, symbol)
        sketch.readout(last, layers, "", target, upwards=True)
        return sketch.parts

    return _both(draw, cell_words(inputs, layers, target))


def _read(sketch: _Sketch, t: int, symbol: str) -> None:
    """An input x_t, and the symbol under it."""
    form = sketch.form
    away = 24 if form.turned else 22
    sketch.vector(t, 1, (0, form.low - away), "x", str(t))
    sketch.wire(t, 1, (0, form.low - away + 11), (0, -PLUS), ink=BLUE)
    x, y = sketch.at(t, 1, 0, form.low - away)
    run = Run.fitted(symbol)
    left = min(x - run.width / 2, sketch.at(t, 1, 0, form.low)[0] - 6 - run.width)
    x = left + run.width / 2 if form.turned else x
    sketch.parts.append(write(x, y + 24, [run]))


def generating_cells(symbols: Sequence[str]) -> Drawing:
    """A row of cells that draws one symbol after the other, each the next input, with
    the language z joined to every input.

    ``symbols`` are those of a name in order, from the first that is read to the last
    that is drawn. Raises ValueError unless there are 2 to 4, all of which can be seen.
    """
    demand_name(symbols)
    if len(symbols) > MOST_STEPS + 1:
        raise ValueError(
            f"{len(symbols)} symbols; there is room for 2 to {MOST_STEPS + 1}"
        )

    def draw(form: _Form) -> list[Part]:
        if form.turned:  # room for the name of a matrix more
            form = form._replace(begin=form.begin - 20)
        sketch = _Sketch(form)
        sketch.first_state(1, "", ORANGE)
        last, read, drawn = len(symbols) - 1, [], []
        for t in range(1, last + 1):
            # in the one form above and below a wire, in the other left and right of it
            names = ["embed", "language"][:: 1 if form.turned else -1]
            sketch.cell(t, 1, names, (BLUE, ORANGE), "")
            read.append(_read_joined(sketch, t, symbols[t - 1]))
            upwards = not form.turned
            drawn.append(sketch.readout(t, 1, str(t), symbols[t], upwards))
            if t < last:
                sketch.state_on(t, 1, "", ORANGE)
                sketch.fork(t, 1)
        for t, places in enumerate(zip(drawn, read[1:], strict=False), 1):
            _hand_on(sketch, t, symbols[t], *places)
        return sketch.parts

    return _both(draw, generating_words(symbols))


def _read_joined(sketch: _Sketch, t: int, symbol: str) -> Point:
    """x_t and z, one below the other, and the symbol under them; its place is given
    back.
    """
    form = sketch.form
    away = 26 if form.turned else 34
    x, y = sketch.at(t, 1, 0, form.low - away)
    sketch.parts.append(box(x - 13, y - 21, 26, 42, FRAME, 2))
    for letter, index, down in (("x", str(t), -10), ("z", "", 10)):
        sketch.parts += draw_node(x, y + down, Node(letter, 0, 0, "loose", index))
    edge = 14 if form.turned else 22
    sketch.wire(t, 1, (0, form.low - away + edge), (0, -PLUS), ink=BLUE)
    sketch.parts.append(write(x, y + 41, [Run.fitted(symbol)]))
    return x, y + 36


def _hand_on(sketch: _Sketch, t: int, symbol: str, drawn: Point, read: Point) -> None:
    """The dotted arrow from the symbol that step t has drawn to where it is read."""
    form = sketch.form
    x, y = sketch.at(t, 1, form.end + form.on - 12, 0)
    half = Node(symbol, 0, 0, "word").width / 2 + 2
    if form.turned:
        around = [(drawn[0], drawn[1] - 12), (drawn[0], y), (read[0], y)]
        points = [*around, (read[0], read[1] + 11)]
    else:
        around = [(drawn[0] + half, drawn[1]), (x, drawn[1]), (x, read[1])]
        points = [*around, (read[0] - half, read[1])]
    sketch.parts.append(wire(points, INK, 1.2, DOTTED))


def _both(draw: Callable[[_Form], list[Part]], alt: str) -> Drawing:
    """The drawing, and if it is too wide for a phone, its other form."""
    (wide, width), (narrow, _) = (picture(draw(form), alt) for form in (WIDE, TURNED))
    return Drawing(either(wide, narrow) if width > NARROW else wide, alt)
