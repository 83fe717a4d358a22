"""Drawings of networks: layered, unrolled, generating, with a residual stream;
forwards, and with the gradients back.

A picture is a list of nodes and a list of arrows, in columns and rows; time runs to the
right, and what is computed stands above its input or to the right of it. The picture
and its alternative text are made from the same inputs. Arrows of one colour share one
weight matrix, so its name is written once. A dashed arrow back is a gradient's, beside
the arrow forwards; it leads to what is computed, and not to the inputs or to h_0, which
are given. A dotted arrow hands on what was drawn: it is the next input of a network
that generates. Colours and letters are those of the page. Left out: biases, the loop of
a network not unrolled, and names for the weights of higher recurrent layers, whose
arrows have the colour of the text.
"""

from collections.abc import Iterable, Sequence

from unrolled.figures.nodes import Arrow, Node
from unrolled.figures.plotting import Drawing
from unrolled.figures.svg import draw_network
from unrolled.figures.words import (
    INPUTS,
    LATENT,
    LAYERS,
    STEPS,
    generating_words,
    layered_words,
    residual_words,
    unrolled_words,
)


def layered_network(
    word: str | None = None,
    *,
    layers: int = 0,
    output: str = "s",
    target: str | None = None,
    gradients: bool = False,
) -> Drawing:
    """A network x → h → s → p or, with L layers on top of the embedding, x → h^(0) →
    h^(1) → … → h^(L) → s → p.

    ``word`` stands at x, and ``target``, the next word, at y. When there are many
    layers, the middle ones are folded. ``output`` names the scores. With ``gradients``,
    those of J = log p(y) run back, below the arrows forwards.

    Raises ValueError if a symbol cannot be seen, or if there are less than 0 layers.

    >>> layered_network("Barack", target="Obama")
    <Drawing: A network with one latent vector, h. The word x, Barack, goes into h, \
and h into the scores s. The next word y, Obama, is drawn from their softmax p.>
    """
    _demand_visible([word, output, target])
    if layers < 0:
        raise ValueError(
            f"a network has 0 layers or more on top of the embedding; layers is {layers}"
        )
    place, back = ("below", "through") if gradients else ("", "")
    nodes = [Node("x", 0, 0, word=word or "")]
    arrows = []
    for column, layer in enumerate(LATENT.drawn(range(layers + 1)), 1):
        if layer is None:
            nodes.append(Node("⋯", column, 0, "word"))
            into = str(LATENT.first)
        else:
            above = f"({layer})" if layers else ""
            nodes.append(Node("h", column, 0, above=above, gradient=place))
            into = str(layer or "embed")
        arrows.append(Arrow(*nodes[-2:], into, back if layer != 0 else ""))
    last, scores = nodes[-1], Node(output, len(nodes), 0, gradient=place)
    observed = Node("y", len(nodes) + 2, 0, word=target) if target else None
    more, right = _readout(last, scores, observed, "unembed", back)
    alt = layered_words(word, layers, output, target, gradients)
    return draw_network(nodes + more, arrows + right, alt)


def unrolled_network(
    inputs: Sequence[str],
    *,
    layers: int = 1,
    output: str | None = "s",
    target: str | None = None,
    gradients: bool = False,
) -> Drawing:
    """A recurrent network with a column for each input, and scores read from its last
    state.

    ``inputs`` are the symbols x_1, …, x_T: a word for its letters, or a list of words.
    When there are many inputs or layers, the middle ones are folded. ``output`` names
    the scores, or is None for a network without a readout. ``target`` is the next
    symbol ("?" if it is not known); the scores are then those of symbols, through
    W_unembed, and else of classes, through W_out. With ``gradients``, those of J run
    back beside the arrows forwards.

    Raises ValueError if there is no input, if a symbol cannot be seen, if there is less
    than one layer, or if there is a target and no output.

    >>> unrolled_network("ab")
    <Drawing: A recurrent network unrolled over two letters, a, b. Each letter and the \
state before it go into the next state; the scores s are read from the last state, h2. \
Their softmax is p.>
    """
    _demand_inputs(inputs, output, target)
    if layers < 1:
        raise ValueError(f"a network has at least 1 layer; layers is {layers}")
    times = INPUTS.drawn(range(1, len(inputs) + 1))
    stacked = LAYERS.drawn(range(1, layers + 1))
    place, back = ("beside", "through") if gradients else ("", "")
    under = [
        Node(inputs[t - 1] if t else "⋯", column, 0, "word")
        for column, t in enumerate(times, 1)
    ]
    nodes, arrows = [*under], []
    for row, layer in enumerate(stacked, 1):
        above = f"({layer})" if layers > 1 else ""
        across, up = ("recurrent", "embed") if row == 1 else ("", "")
        before = Node("h", -0.25, row, below="0", above=above, tail=" = 0")
        if layer is None:
            before = Node("⋮", -0.25, row, "word")
        nodes.append(before)
        for column, t in enumerate(times, 1):
            state = Node("h", column, row, "vector", str(t), above, gradient=place)
            if layer is None or t is None:
                state = Node("⋮" if t else "⋯" if layer else "⋱", column, row, "word")
            if t:
                arrows.append(Arrow(under[column - 1], state, up, back * (row > 1)))
            if layer:
                arrows.append(Arrow(before, state, across, back * (column > 1)))
            nodes.append(state)
            under[column - 1] = before = state
    more, up = _readout_above(before, output, target, back)
    alt = unrolled_words(inputs, layers, output, target, gradients)
    return draw_network(nodes + more, arrows + up, alt)


def residual_stream(
    inputs: Sequence[str],
    *,
    output: str | None = "s",
    target: str | None = None,
    gradients: bool = False,
) -> Drawing:
    """The recurrence h_t = h_{t−1} + tanh(W_recurrent h_{t−1} + W_embed x_t): a stream,
    and branches that add to it.

    The arguments and errors are those of :func:`unrolled_network`. With ``gradients``,
    the way back on which nothing is changed, along the stream, is drawn strong and not
    dashed.

    >>> residual_stream(["I", "love", "machine"], output=None)
    <Drawing: A residual stream over three words, I, love, machine. The state runs \
straight from h0 = 0 to h3; at each step, a branch takes the tanh of the state and the \
word, through their weights, and adds it to the stream.>
    """
    _demand_inputs(inputs, output, target)
    place, back = ("above", "through") if gradients else ("", "")
    along = "unchanged" if gradients else ""
    before = Node("h", 0, 2, below="0", tail=" = 0")
    nodes, arrows = [before], []
    for step in STEPS.drawn(range(1, len(inputs) + 1)):
        column, through = before.column + 1, "" if step == 1 else back
        if step is None:
            dots = Node("⋯", column, 2, "word")
            state = Node("h", column + 1, 2, below=str(len(inputs) - 1), gradient=place)
            nodes += dots, state, Node("⋯", column, 0, "word")
            arrows += Arrow(before, dots, "", along), Arrow(dots, state, "", along)
        else:
            plus = Node("+", column, 2, "operation")
            tanh = Node("tanh", column, 1, "operation")
            state = Node("h", column + 1, 2, below=str(step), gradient=place)
            word = Node(inputs[step - 1], column, 0, "word")
            nodes += word, tanh, plus, state
            arrows += (
                Arrow(word, tanh, "embed"),
                Arrow(before, tanh, "recurrent", through),
                Arrow(tanh, plus, "", back),
                Arrow(before, plus, "", along if through else ""),
                Arrow(plus, state, "", along),
            )
        before = state
    more, up = _readout_above(before, output, target, back)
    alt = residual_words(inputs, output, target, gradients)
    return draw_network(nodes + more, arrows + up, alt)


def generating_network(symbols: Sequence[str], *, tutorial: bool = False) -> Drawing:
    """A network that draws one symbol after the other, each the next input, with the
    language z read at every step.

    ``symbols`` are those of a name in order, from the first that is read to the last
    that is drawn. The wiring is that of a recurrent cell, or with ``tutorial`` that of
    the tutorial's three dense layers. When there are many symbols, the middle ones are
    folded.

    Raises ValueError if there are less than two symbols, or if one cannot be seen.

    >>> generating_network("ab")
    <Drawing: A generating network unrolled over one step. At each step, the symbol \
read, the language z and the state before go into the next state, and from it the \
softmax p of the scores is read; from p the next symbol is drawn, which is read at the \
next step. Read: a. Drawn: b.>
    """
    if len(symbols) < 2:
        raise ValueError(
            f"{list(symbols)} has no symbol to read and one to draw; expected at least two symbols"
        )
    _demand_visible(symbols)
    wire = _tutorial_step if tutorial else _cell_step
    before = Node("h", 0, 1, below="0", tail=" = 0")
    nodes, arrows, drawn = [before], [], None
    for column, t in enumerate(STEPS.drawn(range(1, len(symbols))), 1):
        if t is None:
            dots = Node("⋯", column, 1, "word")
            nodes.append(dots)
            arrows.append(Arrow(before, dots, "i2h" if tutorial else "recurrent"))
            before, drawn = dots, None
            continue
        x, z = Node(symbols[t - 1], column, 0, "word"), Node("z", column + 0.45, 0)
        state = Node("h", column, 1, below=str(t))
        more, wires, top = wire(x, z, before, state, t)
        said = Node(symbols[t], column, top.row + 1, "word")
        nodes += [x, z, state, *more, said]
        arrows += [*wires, Arrow(top, said, "sample")]
        if drawn:
            arrows.append(Arrow(drawn, x, dotted=True))
        before, drawn = state, said
    # turned, its arrows would run through letters
    return draw_network(nodes, arrows, generating_words(symbols, tutorial), turns=False)


def _cell_step(
    x: Node, z: Node, before: Node, state: Node, t: int
) -> tuple[list[Node], list[Arrow], Node]:
    """A step with a recurrent cell: the nodes above the state, all arrows but the last,
    and the topmost node.
    """
    p = Node("p", state.column, 2, below=str(t))
    arrows = [
        Arrow(x, state, "embed"),
        Arrow(z, state, "language"),
        Arrow(before, state, "recurrent"),
        Arrow(state, p, "unembed"),
    ]
    return [p], arrows, p


def _tutorial_step(
    x: Node, z: Node, before: Node, state: Node, t: int
) -> tuple[list[Node], list[Arrow], Node]:
    """A step with the tutorial's layers: the nodes above the state, all arrows but the
    last, and the topmost node.
    """
    o = Node("o", z.column, 2, below=str(t))
    s = Node("s", state.column, 3, below=str(t))
    dropout = Node("dropout", state.column, 4, "operation")
    p = Node("p", state.column, 5, below=str(t))
    arrows = [Arrow(node, state, "i2h") for node in (x, z, before)]
    arrows += [Arrow(node, o, "i2o") for node in (z, x, before)]
    arrows += [Arrow(state, s, "o2o"), Arrow(o, s, "o2o")]
    return [o, s, dropout, p], [*arrows, Arrow(s, dropout), Arrow(dropout, p)], p


def _demand_visible(symbols: Iterable[str | None]) -> None:
    """Raise ValueError unless all symbols that there are can be seen."""
    for symbol in symbols:
        if symbol is not None and not (symbol.strip() and symbol.isprintable()):
            raise ValueError(
                f"{symbol!r} cannot be seen; expected a symbol that prints, such as ␣ for a space"
            )


def _demand_inputs(
    inputs: Sequence[str], output: str | None, target: str | None
) -> None:
    """Raise ValueError unless there are inputs, all symbols can be seen, and a target
    has scores.
    """
    if not inputs:
        raise ValueError("inputs is empty; expected at least one symbol")
    _demand_visible([*inputs, output, target])
    if target is not None and output is None:
        raise ValueError(
            f"the target {target!r} needs scores, and output is None; name the scores, as in output='s'"
        )


def _readout(
    last: Node, scores: Node, target: Node | None, role: str, back: str
) -> tuple[list[Node], list[Arrow]]:
    """The scores, their softmax, and what is drawn from it."""
    p = Node("p", scores.column + 1, scores.row)
    nodes = [scores, p]
    arrows = [Arrow(last, scores, role, back), Arrow(scores, p, "softmax", back)]
    if target:
        nodes.append(target)
        arrows.append(Arrow(p, target, "sample", back))
    return nodes, arrows


def _readout_above(
    last: Node, output: str | None, target: str | None, back: str
) -> tuple[list[Node], list[Arrow]]:
    """The readout above the last state, of symbols if there is a target, and else of
    classes; or none.
    """
    if output is None:
        return [], []
    column, row = last.column, last.row + 1
    scores = Node(output, column, row, gradient="before" if back else "")
    if target is None:
        return _readout(last, scores, None, "out", back)
    drawn = Node(target, column + 2, row, "word")
    return _readout(last, scores, drawn, "unembed", back)
