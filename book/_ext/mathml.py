"""A formula as MathML that wraps: MathJax's tree, cut into pieces between which a line may break.

No browser breaks the lines of MathML. So a formula is several ``<math>`` in one wrapper, which has its name: it is cut
before relations and sums that stand in no fence, fraction or script; what is still too wide for a phone also before
products, and then within fences. Spaces are TeX's own, and letters those of Unicode, since browsers have other rules
for both.
"""

import functools
import html
import importlib.util
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise, takewhile
from pathlib import Path

from fontTools.ttLib import TTFont

FONT = (
    Path(importlib.util.find_spec("ziamath").submodule_search_locations[0])
    / "fonts"
    / "STIXTwoMath-Regular.ttf"
)

# TeX's classes of atoms.
OP, BIN, REL, OPEN, CLOSE, PUNCT, INNER = range(1, 8)
SPACES = {
    "thinmathspace": "0.167em",
    "mediummathspace": "0.222em",
    "thickmathspace": "0.278em",
}
QUAD = 1.0
"""From this width on, in em, a space is one between formulas."""
SHORT, NARROW, WIDE = 6.0, 13.0, 28.0
"""Widths in em: of what is not cut at all, and of what fits a phone, and a page between two sidebars."""

Tree = list  # [element, attributes, class, space before, children], as formulas.js prints it


@dataclass
class Node:
    """An element of MathML; ``kind`` is TeX's class of it."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    kind: int | None = None
    children: list["Node"] = field(default_factory=list)
    text: str = ""


# From MathJax's tree to MathML that browsers draw alike

VARIANTS = {
    "bold": ("MATHEMATICAL BOLD",),
    "italic": ("MATHEMATICAL ITALIC",),
    "bold-italic": ("MATHEMATICAL BOLD ITALIC",),
    "double-struck": ("MATHEMATICAL DOUBLE-STRUCK", "DOUBLE-STRUCK"),
    "script": ("MATHEMATICAL SCRIPT", "SCRIPT"),
    "-tex-calligraphic": ("MATHEMATICAL SCRIPT", "SCRIPT"),
    "fraktur": ("MATHEMATICAL FRAKTUR", "BLACK-LETTER"),
    "sans-serif": ("MATHEMATICAL SANS-SERIF",),
    "monospace": ("MATHEMATICAL MONOSPACE",),
}


def letter(character: str, variant: str) -> str:
    """The Unicode letter that a letter is in a variant; itself where there is none."""
    name = unicodedata.name(character, "")
    plain = re.sub(r"^(LATIN|GREEK|DIGIT) (SMALL |CAPITAL )?(LETTER )?", r"\2", name)
    for prefix in VARIANTS.get(variant, ()):
        infix = "DIGIT " if character.isdigit() else ""
        try:
            return unicodedata.lookup(f"{prefix} {infix}{plain}")
        except KeyError:
            continue
    return "ℎ" if (character, variant) == ("h", "italic") else character


def drawn(node: Node) -> str:
    """The characters that a browser draws for a token: a single letter without a variant is italic."""
    if node.tag == "mi" and len(node.text) == 1 and not node.attributes:
        return letter(node.text, "italic")
    return node.text


# The heights of big fences, by TeX's: those in which the font has them.
BIG = {"1.2em": "1.3em", "1.623em": "2em", "2.047em": "2.5em", "2.470em": "3em"}


def token(tag: str, attributes: dict, kind: int | None, text: str) -> Node:
    """A letter, a number, an operator or a text."""
    # at a space, a browser may begin a line, which it does not draw
    text = text.replace(" ", "\N{NO-BREAK SPACE}")
    variant = attributes.pop("mathvariant", None)
    if tag == "mi" and variant == "normal" and len(text) == 1:
        attributes = {"mathvariant": "normal"}  # the one variant that browsers know
    elif variant:
        text = "".join(letter(character, variant) for character in text)
    if tag == "mo":
        for name in {"fence", "accent"} & attributes.keys():
            del attributes[name]
        for name in {"minsize", "maxsize"} & attributes.keys():
            attributes[name] = BIG.get(attributes[name], attributes[name])
        if text in {*"⊙⊕⊗"}:
            attributes["largeop"] = "false"  # as they are in Firefox
        if text not in {*"()[]{}"}:  # which have no spaces; others not a browser's own
            attributes = {"lspace": "0", "rspace": "0"} | attributes
    return Node(tag, attributes, kind, [], text)


def text_of(value: object) -> str:
    """An attribute's value as HTML has it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def row(trees: list[Tree]) -> list[Node]:
    """What stands in a row, with TeX's spaces."""
    nodes: list[Node] = []
    for tree in trees:
        node, space = read(tree), SPACES.get(tree[3])
        if node.text in {"\N{FUNCTION APPLICATION}", "\N{INVISIBLE TIMES}"} or (
            node.tag == "mi" and not node.text
        ):
            continue
        if space and nodes and nodes[-1].tag == "mo":
            nodes[-1].attributes["rspace"] = space
        elif space and node.tag == "mo":
            node.attributes["lspace"] = space
        elif space:
            nodes.append(Node("mspace", {"width": space}))
        nodes.append(node)
    return nodes


def read(found: Tree) -> Node:
    """A node of MathJax's tree, without what is only there for MathJax."""
    tag, attributes, kind, _, children = found
    attributes = {name: text_of(value) for name, value in attributes.items()}
    if tag in {"mi", "mn", "mo", "mtext", "ms"}:
        return token(tag, attributes, kind, "".join(children))
    if tag == "mspace" and attributes["width"].startswith("-"):
        return Node(tag, {"style": f"margin-left:{attributes['width']}"})
    if tag == "mtable":
        return table(attributes, [read(child) for child in children])
    in_row = tag in {"math", "mrow", "mstyle", "mtd", "msqrt", "mpadded", "mphantom"}
    nodes = row(children) if in_row else [read(child) for child in children]
    if tag in SCRIPTED and nodes[-1].text and {*nodes[-1].text} <= {*"′″‴"}:
        return primed(tag, kind, nodes)
    if tag == "mrow" and len(nodes) == 1 and "minsize" not in nodes[0].attributes:
        return replace(nodes[0], kind=kind)
    if tag == "mstyle" and len(nodes) == 1:
        styled = {} if nodes[0].tag == "mspace" else attributes
        return replace(nodes[0], attributes=styled | nodes[0].attributes)
    if tag == "msqrt":
        return root(Node(tag, attributes, kind, nodes))
    if tag == "mover" and nodes[1].text in ACCENTS:
        nodes[1].text, attributes = ACCENTS[nodes[1].text], {"accent": "true"}
    return Node(tag, attributes, kind, nodes)


def root(node: Node) -> Node:
    """A root, with room for what its sign has at the left when it is tall; see ``fonts.level_radicals``."""
    inside = {n.tag for n in tree(node)} | {n.text for n in tree(node)}
    room = 0.25 if inside & {"msup", "msubsup", "("} else 0
    room = 0.38 if "mfrac" in inside else room
    space = Node("mspace", {"width": f"{room}em"})
    return Node("mrow", {}, node.kind, [space, node]) if room else node


def tree(node: Node) -> Iterator[Node]:
    """A node and all that is in it."""
    yield node
    for child in node.children:
        yield from tree(child)


SCRIPTED = {"msub", "msup", "msubsup", "munder", "mover", "munderover"}


def primed(tag: str, kind: int | None, nodes: list[Node]) -> Node:
    """What has primes, which in the font stand high by themselves, with the subscript under the letter."""
    base, *sub, prime = nodes
    if not sub:
        return Node("mrow", {}, kind, [base, prime])
    return Node("msub", {}, kind, [Node("mrow", {}, kind, [base, prime]), *sub])


# The accents that MathJax writes as signs of the keyboard.
ACCENTS = {"^": "ˆ", "~": "˜", "¯": "¯", "→": "→", "˙": "˙", "¨": "¨"}


def table(attributes: dict[str, str], rows: list[Node]) -> Node:
    """A matrix, cases, or aligned rows: what browsers do not know of its attributes is in the style sheet."""
    first = attributes.get("columnalign", "center").split()[0]
    shown = {"class": {"right": "aligned"}.get(first, first)}
    for name in ("displaystyle", "scriptlevel"):
        if name in attributes:
            shown[name] = attributes[name]
    return Node("mtable", shown, 0, rows)


# Widths

SCRIPT = 0.71


@functools.cache
def advances() -> tuple[dict[int, str], dict, int]:
    """The font's glyphs by character, their widths, and the units of an em."""
    font = TTFont(FONT, lazy=True)
    return font.getBestCmap(), font["hmtx"].metrics, font["head"].unitsPerEm


UNITS = {"em": 1, "ex": 0.47, "pt": 0.1, "px": 0.06, "cm": 2.8, "mm": 0.28, "in": 7.2}


def em(length: str) -> float:
    """A length in em, roughly."""
    number, unit = re.fullmatch(r"(-?[\d.]+)([a-z]*)", length).groups()
    return float(number) * UNITS.get(unit, 1)


def width(nodes: list[Node], display: bool) -> float:
    """How wide nodes in a row are, in em, roughly: drawn lines count as the font has them."""
    return sum(width_of(node, display) for node in nodes)


def width_of(node: Node, display: bool) -> float:
    """How wide a node is, in em."""
    children = node.children
    if node.text:
        glyphs, metrics, units = advances()
        of = (metrics[glyphs.get(ord(c), "x")][0] for c in drawn(node))
        spaces = (em(node.attributes.get(side, "0")) for side in ("lspace", "rspace"))
        return sum(of) / units + sum(spaces)
    if node.tag == "mspace":
        return em(node.attributes.get("width", "0"))
    if node.tag == "mtable":
        rows = [
            [width(cell.children, display) for cell in r.children] for r in children
        ]
        return max(sum(r) + 0.8 * len(r) for r in rows)
    if node.tag == "mfrac":
        small = not display or node.attributes.get("displaystyle") == "false"
        return (SCRIPT if small else 1) * max(width([c], False) for c in children) + 0.2
    if node.tag in SCRIPTED:
        base, *scripts = (width([child], display) for child in children)
        small = SCRIPT * max(scripts)
        return base + small if node.tag.startswith("ms") else max(base, small)
    return width(children, display) + 0.9 * (node.tag == "msqrt")


# Cutting


@dataclass
class Piece:
    """Nodes between which no line breaks; ``before`` says what stands before them: nothing, a break, or a wide space.

    A ``narrow`` break is there only where the piece before it would not fit.
    """

    nodes: list[Node]
    before: str = ""


def is_space(node: Node, least: float = 0.0) -> bool:
    """Whether a node is a space."""
    return node.tag == "mspace" and em(node.attributes.get("width", "0")) >= least


def rank(before: list[Node], node: Node) -> int | None:
    """How good a place for a break stands before a node, seen by itself: 1 a good one, 2 one at need, None no place."""
    last = next((n for n in reversed(before) if not is_space(n)), None)
    if last is None or is_space(node) or last.kind == OPEN or node.kind == CLOSE:
        return None
    spaced = is_space(before[-1])
    if (
        is_space(before[-1], QUAD)
        or "mtext" in {last.tag, node.tag}
        or last.kind == PUNCT
    ):
        return None if node.kind == PUNCT else 1
    if node.kind == REL:
        return None if last.kind == REL else 1
    if node.kind == BIN:
        return 1 if node.text in {*"+−±∓"} else 2
    if last.kind in {REL, BIN, OP} or node.kind == PUNCT:
        return None
    if node.kind == OP or last.kind == CLOSE or (spaced and node.kind != OPEN):
        return 2
    return None


def places(nodes: list[Node]) -> dict[int, int]:
    """The places where a row may break, each before a node, with their ranks: the smaller the better."""
    found, depth = {}, 0
    for i, node in enumerate(nodes):
        depth -= node.kind == CLOSE
        if place := rank(nodes[:i], node):
            found[i] = place + 2 * max(depth, 0)
        depth += node.kind == OPEN
    return found


def flat(nodes: list[Node]) -> Iterator[Node]:
    """The nodes of a row, without rows in it that nothing stretches to."""
    for node in nodes:
        if node.tag == "mrow" and not any(
            c.attributes.get("stretchy") == "true" and "minsize" not in c.attributes
            for c in node.children
        ):
            yield from flat(node.children)
        else:
            yield node


def cut(nodes: list[Node], display: bool) -> list[Piece]:
    """The pieces of a row."""
    nodes = list(flat(nodes))
    ranks = places(nodes)

    def parts(start: int, end: int, level: int, way: str) -> Iterator[Piece]:
        """The pieces of a part of the row, cut at places of this rank and, where they are too wide, of the next."""
        inside = [i for i in ranks if start < i < end and ranks[i] >= level]
        room = width(nodes[start:end], display)
        if not inside or room <= (SHORT if level == 1 else NARROW):
            yield Piece(nodes[start:end], way)
            return
        finer = "narrow" if level > 1 and room <= WIDE else "break"
        ends = [start, *(i for i in inside if ranks[i] == level), end]
        for a, b in pairwise(ends):
            yield from parts(a, b, level + 1, way if a == start else finer)

    pieces = list(parts(0, len(nodes), 1, "")) if nodes else []
    for before, piece in pairwise(pieces):
        spaces = list(takewhile(is_space, reversed(before.nodes)))
        if any(is_space(s, QUAD) for s in spaces) and len(before.nodes) > len(spaces):
            del before.nodes[-len(spaces) :]
            piece.before = "quad"
    return pieces


def aligned(root: Node) -> Node | None:
    """The table of a formula that is nothing but aligned rows."""
    only = root.children[0] if len(root.children) == 1 else root
    return only if only.attributes.get("class") == "aligned" else None


# Writing


def element(node: Node) -> str:
    """The MathML of a node."""
    attributes = "".join(f' {k}="{v}"' for k, v in node.attributes.items())
    inside = html.escape(node.text, quote=False) + "".join(map(element, node.children))
    return f"<{node.tag}{attributes}>{inside}</{node.tag}>"


def line(nodes: list[Node], display: bool) -> str:
    """The HTML of a row, in pieces: lines break between them, but on a phone alone within what is kept together.

    What stands between wide spaces is a statement, which goes to the next line whole before it breaks.
    """
    pieces = cut(nodes, display)
    style = ' displaystyle="true"' if display else ""
    statements: list[list[list[str]]] = [[]]
    for piece in pieces:
        inside = "".join(map(element, piece.nodes))
        if len(piece.nodes) > 1:
            inside = f"<mrow>{inside}</mrow>"  # or Firefox breaks the line within
        math = f'<math aria-hidden="true"{style}>{inside}</math>'
        end = piece is pieces[0] or piece is pieces[-1]
        if end and not display and len(pieces) > 1:
            math = f'<span class="bound">{math}</span>'  # to what is written onto it
        if piece.before == "quad":
            statements.append([])
        if piece.before == "narrow":
            statements[-1][-1].append(math)
        else:
            statements[-1].append([math])
    several = display and len(statements) > 1
    written = [
        wrapped("statement" if several else "", [wrapped("kept", g) for g in groups])
        for groups in statements
    ]
    return '<span class="quad"> </span>'.join(written)


def wrapped(kind: str, parts: list[str]) -> str:
    """Several parts in a span of a kind; one alone as it is."""
    inside = "".join(parts)
    return (
        f'<span class="{kind}">{inside}</span>' if kind and len(parts) > 1 else inside
    )


def widest(nodes: list[Node], display: bool) -> float:
    """The width of the widest piece of a row."""
    return max((width(p.nodes, display) for p in cut(nodes, display)), default=0.0)


def written(root: Node, display: bool) -> tuple[str, float]:
    """The HTML of a formula, and how wide its widest piece is, in em."""
    found = aligned(root)
    if not found:
        return line(root.children, display), widest(root.children, display)
    rows = [[cell.children for cell in row.children] for row in found.children]
    most = max(widest(cell, display) for row in rows for cell in row)
    left = max(width(row[0], display) for row in rows)
    # On a phone, rows are not aligned where that would take the room.
    apart = max(map(len, rows)) > 2 or left > SHORT or left + most > NARROW
    inside = "".join(
        f'<span class="formula-row">{"".join(f"<span>{line(cell, display)}</span>" for cell in row)}</span>'
        for row in rows
    )
    return f'<span class="formula-rows{" apart" * apart}">{inside}</span>', most


# Saying it

SAID = {
    "=": "equals", "+": "plus", "−": "minus", "±": "plus or minus", "⋅": "times", "×": "by", "/": "over",
    "⊙": "entry by entry times", "∘": "after", "<": "is less than", ">": "is greater than", "≤": "is at most",
    "≥": "is at least", "≠": "is not", "≈": "is about", "∝": "is proportional to", "∼": "is drawn from", "∈": "in",
    "∉": "not in", "⊆": "is a part of", "∣": "given", "‖": "against", "∥": "against", "→": "to", "←": "becomes",
    "⟺": "if and only if", "∑": "sum", "∏": "product", "∂": "partial", "⊤": "transposed", "′": "prime", "ℝ": "R",
    "∞": "infinity", "…": "and so on", "⋯": "and so on",
}  # fmt: skip
FENCES = {"|": "size of", "‖": "norm of"}
POWERS = {"2": "squared", "3": "cubed", "∗": "star"}
OVER = {"ˆ": "hat", "˜": "tilde", "¯": "bar", "→": "vector"}
FUNCTIONS = {*"σpPqfHO"}
"""Letters that are functions where a bracket follows."""
STEPS = {"t", "T", "τ"}
"""A subscript with one of these is a time."""
BRACE = "⏟"


def said(nodes: list[Node], product: str = "times") -> str:
    """A row in words, for a reader who hears it; ``product`` is said between factors without a sign.

    The notation page prints these words, so people who read and people who listen say the same.
    """
    nodes = [node for node in flat(nodes) if node.tag != "mspace"]
    words: list[str] = []
    for before, node, after in zip(
        [None, *nodes], nodes, [*nodes[1:], None], strict=False
    ):
        function = before and (before.kind == OP or before.text in FUNCTIONS)
        if function and (node.kind == OPEN or (before.kind == OP and factor(node))):
            words.append("of")
        elif before and factor(before, left=True) and factor(node):
            words.append(product)
        derivative = node.text == "/" and after and first(after).text == "∂"
        words.append("by" if derivative else say(node))
    row = re.sub(r"(?<=[(\[]) | (?=[)\],;.:])", "", " ".join(filter(None, words)))
    return re.sub(r"\bof \((\w+)\)", r"of \1", row)


def first(node: Node) -> Node:
    """The letter that a node begins with, or a fraction, a root, a table."""
    inside = node.tag in {*SCRIPTED, "mrow"} and node.children
    return first(node.children[0]) if inside else node


def factor(node: Node, left: bool = False) -> bool:
    """Whether a node may be a factor: the right one, or the left one."""
    letter = first(node)
    if letter.kind in {OPEN, CLOSE}:
        fence = letter.text in FENCES and letter.kind == OPEN
        return letter.kind == CLOSE if left else fence
    if letter.text == "∂":
        return not left
    if node.tag in {"mo", "mtext", "mtable"} or letter.text in {*"…⋯⊤′|"}:
        return False
    return not (left and (node.tag == "mn" or node.kind == OP))


def say(node: Node) -> str:
    """A node in words."""
    children = node.children
    if node.text in FENCES and node.kind in {OPEN, CLOSE}:
        return FENCES[node.text] if node.kind == OPEN else ""
    if node.text:
        return SAID.get(node.text) or called(node.text)
    if node.tag == "mfrac":
        above, below = map(say, children)
        if first(children[1]).text == "∂":
            return f"{above} by {below}"
        return f"{bracketed(above)} over {bracketed(below)}"
    if node.tag == "msqrt":
        return f"square root of {bracketed(said(children))}"
    if node.tag == "mover" and children[1].text in OVER:
        return f"{say(children[0])} {OVER[children[1].text]}"
    if node.tag == "mtable":
        between = " " if node.attributes.get("class") == "aligned" else ", "
        rows = ((said(cell.children) for cell in row.children) for row in children)
        return "; ".join(between.join(filter(None, row)) for row in rows)
    return scripted(*children, tag=node.tag) if node.tag in SCRIPTED else said(children)


def scripted(base: Node, *scripts: Node, tag: str) -> str:
    """A letter with what stands below and above it, in words."""
    if scripts[0].text == BRACE:
        return say(base)
    if base.tag == "munder" and base.children[1].text == BRACE:
        return f"{say(base)} ({say(scripts[0])})"
    bounds = base.text in {*"∑∏"} or "under" in tag
    words = [say(base)]
    if "sub" in tag or "under" in tag:
        below = said([scripts[0]], product="")
        if bounds:
            words.append("over")
        elif scripts[0].tag != "mtext":
            time = STEPS & {part.text for part in tree(scripts[0])}
            words.append("at" if time else "sub")
        words.append(below)
    if "sup" in tag or "over" in tag:
        above = say(scripts[-1])
        if bounds:
            words.append(f"up to {above}")
        elif base.text == "ℝ" or above in {"transposed", "prime"}:
            words.append(above)
        elif above.startswith("("):
            words.append(f"superscript {above}")
        else:
            words.append(POWERS.get(above) or f"to the power {bracketed(above)}")
    return " ".join(filter(None, words))


def bracketed(words: str) -> str:
    """Words in brackets, unless it is one alone."""
    return f"({words})" if " " in words else words


def called(text: str) -> str:
    """A Greek letter by its name, any other text as it is, in plain letters."""
    text = unicodedata.normalize("NFKC", text).strip()
    name = unicodedata.name(text, "") if len(text) == 1 else ""
    if greek := re.fullmatch(r"GREEK (SMALL|CAPITAL) LETTER (\w+)", name):
        return greek[2].lower() if greek[1] == "SMALL" else greek[2].title()
    return text


TOKEN = re.compile(r"<(mi|mn|mo|mtext)( [^>]*)?>([^<]*)<")


def characters(page: str) -> set[str]:
    """All characters that a browser draws in the formulas of a page."""
    found = {"√"} if "<msqrt" in page else set()
    for tag, attributes, text in TOKEN.findall(page):
        text = html.unescape(text)
        found |= {
            *text,
            *drawn(Node(tag, {"any": attributes} if attributes else {}, text=text)),
        }
    return found
