"""Drawings of networks: layered, unrolled, with a residual stream, and the tutorial's
that generates; forwards, and with the gradients back.

A picture is a list of nodes and a list of arrows, in columns and rows; time runs to the
right, and what is computed stands above its input or to the right of it. The picture
and its alternative text are made from the same inputs. Arrows of one colour share one
weight matrix, so its name is written once. A dashed arrow back is a gradient's, beside
the arrow forwards; it leads to what is computed, and not to the inputs or to h_0, which
are given. A dotted arrow hands on what was drawn: it is the next input of a network
that generates. Colours and letters are those of the page. Left out: biases, the loop of
a network not unrolled, and what is in a recurrent cell
(:mod:`unrolled.figures.cells`).
"""

from collections.abc import Iterable, Sequence

from unrolled.figures.nodes import Arrow, Node
from unrolled.figures.plotting import Drawing
from unrolled.figures.svg import draw_network
from unrolled.figures.words import (
    INPUTS,
    LATENT,
    STEPS,
    layered_words,
    residual_words,
    tutorial_words,
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
    tanh → h^(1) → … → tanh → h^(L) → s → p.

    ``word`` stands at x, and ``target``, the next word, at y. When there are many
    layers, the middle ones are folded. ``output`` names the scores. With ``gradients``,
    those of J = log p(y) run back, below the arrows forwards.

    Raises ValueError if a symbol cannot be seen, or if there are less than 0 layers.

    >>> layered_network("Barack", target="Obama")
    <Drawing: A network with one latent vector, h. The word x, Barack, goes into h, \
and h into the scores s. The next word y, Obama, is drawn from their softmax p.>
    """
    demand_visible([word, output, target])
    if layers < 0:
        raise ValueError(
            f"a network has 0 layers or more on top of the embedding; layers is {layers}"
        )
    place, back = ("below", "through") if gradients else ("", "")
    nodes = [Node("x", 0, 0, word=word or "")]
    arrows = []
    for layer in LATENT.drawn(range(layers + 1)):
        before, through = nodes[-1], back if layer != 0 else ""
        if layer is None:
            nodes.append(Node("⋯", before.column + 1, 0, "word"))
            arrows.append(Arrow(before, nodes[-1], str(LATENT.first), through))
            continue
        above = f"({layer})" if layers else ""
        state = Node(
            "h", before.column + 1 + bool(layer), 0, above=above, gradient=place
        )
        if layer:
            tanh = Node("tanh", before.column + 1, 0, "operation")
            nodes.append(tanh)
            arrows.append(Arrow(before, tanh, str(layer), through))
            before = tanh
        nodes.append(state)
        arrows.append(Arrow(before, state, "" if layer else "embed", through))
    last = nodes[-1]
    scores = Node(output, last.column + 1, 0, gradient=place)
    observed = Node("y", last.column + 3, 0, word=target) if target else None
    more, right = _readout(last, scores, observed, "unembed", back)
    alt = layered_words(word, layers, output, target, gradients)
    return draw_network(nodes + more, arrows + right, alt)


def unrolled_network(
    inputs: Sequence[str],
    *,
    output: str | None = "s",
    target: str | None = None,
    gradients: bool = False,
) -> Drawing:
    """A recurrent network with a column for each input, and scores read from its last
    state.

    ``inputs`` are the symbols x_1, …, x_T: a word for its letters, or a list of words.
    When there are many inputs, the middle ones are folded. ``output`` names
    the scores, or is None for a network without a readout. ``target`` is the next
    symbol ("?" if it is not known); the scores are then those of symbols, through
    W_unembed, and else of classes, through W_out. With ``gradients``, those of J run
    back beside the arrows forwards.

    Raises ValueError if there is no input, if a symbol cannot be seen, or if there is a
    target and no output.

    >>> unrolled_network("ab")
    <Drawing: A recurrent network unrolled over two letters, a, b. Each letter and the \
state before it go into the next state; the scores s are read from the last state, h2. \
Their softmax is p.>
    """
    demand_inputs(inputs, output, target)
    place, back = ("beside", "through") if gradients else ("", "")
    before = Node("h", -0.25, 1, below="0", tail=" = 0")
    words, states, arrows = [], [before], []
    for column, t in enumerate(INPUTS.drawn(range(1, len(inputs) + 1)), 1):
        word = Node(inputs[t - 1] if t else "⋯", column, 0, "word")
        state = Node("h", column, 1, below=str(t), gradient=place)
        if t:
            arrows.append(Arrow(word, state, "embed"))
        else:
            state = Node("⋯", column, 1, "word")
        arrows.append(Arrow(before, state, "recurrent", back * (column > 1)))
        words.append(word)
        states.append(state)
        before = state
    more, up = _readout_above(before, output, target, back)
    alt = unrolled_words(inputs, output, target, gradients)
    return draw_network(words + states + more, arrows + up, alt)


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
    demand_inputs(inputs, output, target)
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


def tutorial_network(symbols: Sequence[str]) -> Drawing:
    """The tutorial's three dense layers, which draw one symbol after the other, each
    the next input, with the language z read at every step.

    ``symbols`` are those of a name in order, from the first that is read to the last
    that is drawn. When there are many, the middle ones are folded.

    Raises ValueError if there are less than two symbols, or if one cannot be seen.
    """
    demand_name(symbols)
    before = Node("h", 0, 1, below="0", tail=" = 0")
    nodes, arrows, drawn = [before], [], None
    for column, t in enumerate(STEPS.drawn(range(1, len(symbols))), 1):
        if t is None:
            dots = Node("⋯", column, 1, "word")
            nodes.append(dots)
            arrows.append(Arrow(before, dots, "i2h"))
            before, drawn = dots, None
            continue
        x, z = Node(symbols[t - 1], column, 0, "word"), Node("z", column + 0.45, 0)
        state, o = (
            Node("h", column, 1, below=str(t)),
            Node("o", z.column, 2, below=str(t)),
        )
        s, p = (
            Node(letter, column, row, below=str(t))
            for letter, row in (("s", 3), ("p", 5))
        )
        dropout = Node("dropout", column, 4, "operation")
        said = Node(symbols[t], column, 6, "word")
        nodes += [x, z, state, o, s, dropout, p, said]
        arrows += [Arrow(node, state, "i2h") for node in (x, z, before)]
        arrows += [Arrow(node, o, "i2o") for node in (z, x, before)]
        arrows += [Arrow(state, s, "o2o"), Arrow(o, s, "o2o")]
        arrows += [Arrow(s, dropout), Arrow(dropout, p), Arrow(p, said, "sample")]
        if drawn:
            arrows.append(Arrow(drawn, x, dotted=True))
        before, drawn = state, said
    # turned, its arrows would run through letters
    return draw_network(nodes, arrows, tutorial_words(symbols), turns=False)


def demand_name(symbols: Sequence[str]) -> None:
    """Raise ValueError unless there is a symbol to read and one to draw, and all can be
    seen.
    """
    if len(symbols) < 2:
        raise ValueError(
            f"{list(symbols)} has no symbol to read and one to draw; expected at least two symbols"
        )
    demand_visible(symbols)


def demand_visible(symbols: Iterable[str | None]) -> None:
    """Raise ValueError unless all symbols that there are can be seen."""
    for symbol in symbols:
        if symbol is not None and not (symbol.strip() and symbol.isprintable()):
            raise ValueError(
                f"{symbol!r} cannot be seen; expected a symbol that prints, such as ␣ for a space"
            )


def demand_inputs(
    inputs: Sequence[str], output: str | None, target: str | None
) -> None:
    """Raise ValueError unless there are inputs, all symbols can be seen, and a target
    has scores.
    """
    if not inputs:
        raise ValueError("inputs is empty; expected at least one symbol")
    demand_visible([*inputs, output, target])
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
