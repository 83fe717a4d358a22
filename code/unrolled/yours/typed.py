"""What students write, as TeX of the book's language: LaTeX of other hands, plain text,
NumPy, unicode, text from a PDF.

Its tables are in ``typing.js``, and ``typed.js`` gives the same.
"""

__all__ = ["Asked", "Mistyped", "Note", "Typed", "typed", "valued"]

import itertools
import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.resources import files
from typing import NamedTuple, NoReturn

from unrolled.formulas.layout import Unreadable
from unrolled.formulas.meaning import Symbol, Symbols
from unrolled.formulas.values import Context

_SCRIPT = files(__package__).joinpath("typing.js").read_text("utf-8")
TABLE = json.loads(_SCRIPT.partition(".typing = ")[2].strip().rstrip(";"))
SAME, ENDS = TABLE["same"], {*TABLE["ends"]}
SKIP, DRESS = {*TABLE["skip"]}, {*TABLE["dress"]}
INDICES = TABLE["indices"]
BRACKETS = {"(": ")", "[": "]", "{": "}"}
ORIENTED = r"(-?)\((-?)(\\frac\{\\partial [^()]*(?:\([^()]*\)[^()]*)*\})\)(_\S+)?"
WORD = r"\\?[A-Za-z]+"
GOAL = r"-?\(?-?\\frac\{\\partial [^{}]*\}\{\\partial \S*\}\)?"  # a derivative alone
JOINING = {"=", "from", "to", "until", "\\in", "\\dots", ",", ":"}  # in a range
OPENING = {"^", "_", "\\frac", "}", "\\sqrt"}  # what stands before an argument
CALLED = {*TABLE["functions"], *TABLE["words"], *TABLE["calls"], *"_^sPp", "\\sigma"}
MARKS = {*ENDS, *TABLE["joining"], *BRACKETS, "/"}
CHOICE = 0xE000  # signs from here on stand for choices between signs
CLOSED = 100  # in a line of so many signs, a place for a bracket is looked for
COMBINED = 32  # of so many choices all combinations are readings


class Token(NamedTuple):
    """A sign of a line, its place in the line, and whether a blank is before it."""

    text: str
    at: int
    gap: bool = False


class Note(NamedTuple):
    """How something in a line is read, and where it stands."""

    said: str
    at: int


class Asked(NamedTuple):
    """What a reader has to say of a name, where it stands, and what it may be."""

    name: str
    at: int
    offered: tuple[str, ...]


class Typed(NamedTuple):
    """A line: its right side in TeX, in each way in which it can be read, the most
    usual first; what is to be said of it; what is to be asked; and its left side.
    """

    readings: tuple[str, ...]
    notes: tuple[Note, ...]
    asked: tuple[Asked, ...]
    left: str


class Mistyped(Unreadable):
    """A line that cannot be read: why, the place, and a line that may be meant."""

    def __init__(self, said: str, at: int, offer: str = "") -> None:
        super().__init__(said)
        self.at, self.offer = at, offer


def say(what: str, *parts: object) -> str:
    """A sentence of the table."""
    said = TABLE["said"][what]
    for k, part in enumerate(parts, 1):
        said = said.replace(f"%{k}", shown(str(part)) or "∖")
    return said


# From signs to tokens


def signs(text: str) -> list[tuple[str, int]]:
    """The characters of a line in their plain form, with their places: scripts in
    braces.
    """
    found, script = [], ""
    for at, char in enumerate(text):
        now = "^" if char in TABLE["above"] else "_" if char in TABLE["below"] else ""
        if now != script:
            found += [("}", at)] if script else []
            found += [(now, at), ("{", at)] if now else []
            script = now
        if char not in TABLE["nothing"]:
            plain = unicodedata.normalize("NFKC", char)
            found += [
                (one, at) for one in (f" {plain} " if "⁄" in plain[1:] else plain)
            ]
    return [*found, ("}", len(text))] if script else found


def tokens(text: str) -> list[Token]:
    """The tokens of a line, without its dress."""
    found = signs(text)
    raw, end, out, gap = [], 0, [], False
    for one in re.finditer(TABLE["token"], "".join(char for char, _ in found)):
        told, at = SAME.get(one[0], one[0]), found[one.start()][1]
        raw.append(Token(told, at, one.start() > end))
        end = one.end()
    k = 0
    while k < len(raw):
        told, at, own = raw[k]
        gap, behind = gap or own, out[-1].text if out else ""
        dressed = told in DRESS or told == "\\hat"
        k += dressed
        bare = k + 2 < len(raw) and raw[k].text == "{" and raw[k + 2].text == "}"
        if told in ("\\begin", "\\end") or told in SKIP:
            k, gap = k + (4 if told in ("\\begin", "\\end") else 1), True
        elif bare and (dressed or behind not in OPENING):
            name = "\\hat" if told == "\\hat" else ""
            out.append(Token(name + raw[k + 1].text, at, gap))
            k, gap = k + 3, False
        elif told == "\\hat" and k < len(raw):
            out.append(Token(told + raw[k].text, at, gap))
            k, gap = k + 1, False
        elif not dressed:
            out.append(Token(told, at, gap))
            k, gap = k + 1, False
    return out


def unclosed(text: str, line: Sequence[Token]) -> list[Token]:
    """The brackets that are not closed; raise Mistyped for one that is not opened."""
    opened: list[Token] = []
    for one in line:
        if one.text in BRACKETS:
            opened.append(one)
        elif one.text in BRACKETS.values():
            if not opened or BRACKETS[opened[-1].text] != one.text:
                offer = text[: one.at] + (BRACKETS[opened[-1].text] if opened else "")
                raise Mistyped(
                    say("unopened", one.text), one.at, offer + text[one.at + 1 :]
                )
            opened.pop()
    return opened


SUM, PRODUCT, ATOM, WHOLE = range(4)


class Piece(NamedTuple):
    """TeX, what it is (n a number, v a column, r a row, m a matrix, ? unknown), and how
    it is built: a sum, a product, an atom, one that can have scripts as it stands.
    """

    tex: str
    kind: str
    level: int = ATOM

    def fenced(self, least: int = PRODUCT) -> str:
        """The TeX, in brackets if it is built of more than that."""
        return self.tex if self.level >= least else f"({self.tex})"

    def bare(self) -> str:
        """The TeX without brackets around it."""
        fenced = self.level == WHOLE and self.tex[0] == "("
        return self.tex[1:-1] if fenced else self.tex

    def raised(self, above: str) -> "Piece":
        """With something above it."""
        top = above == "\\top"
        kind = {"v": "r", "r": "v"}.get(self.kind, self.kind) if top else self.kind
        base = f"{{{self.tex}}}" if self.level == ATOM else self.fenced()
        base = f"({self.tex})" if self.level == PRODUCT else base
        return Piece(f"{base}^{above if top else braced(above)}", kind)


def shown(tex: str) -> str:
    """TeX, or words with TeX in it, as a reader writes it."""
    for name, sign in TABLE["shown"].items():
        tex = tex.replace(name, sign)
    return re.sub(r"\{?\\text\{(\w+)\}\}?", r"\1", tex).replace("\\", "")


def braced(index: str) -> str:
    """An index, in braces if it needs them."""
    return index if re.fullmatch(r"\w|\\[a-z]+", index, re.A) else f"{{{index}}}"


def printed(name: str) -> str:
    """A symbol's name as TeX."""
    base, _, below = name.partition("_")
    base = re.sub(r"^\\hat(?=\w)", r"\\hat ", base)
    if not below:
        return {"|V|": "\\lvert V\\rvert"}.get(base, base)
    return f"{base}_{below}" if len(below) == 1 else f"{base}_{{\\text{{{below}}}}}"


def pieces(line: Sequence[Token], *at: str) -> tuple[list[list[Token]], list[str]]:
    """Tokens in pieces, cut at signs that stand in no bracket; and the signs."""
    found: list[list[Token]] = [[]]
    signs, depth = [], 0
    for one in line:
        depth += (one.text in BRACKETS) - (one.text in BRACKETS.values())
        if one.text in at and not depth:
            found.append([])
            signs.append(one.text)
        else:
            found[-1].append(one)
    return found, signs


def like_index(texts: Sequence[str]) -> bool:
    """Whether tokens may be indices."""
    return bool(texts) and all(
        x in ("-", "+", ",", ":", "_", "{", "}")
        or re.fullmatch("[0-9]+", x)
        or len(x) < 3
        and all(y in INDICES for y in x)
        for x in texts
    )


# From tokens to TeX


class Writer:
    """Writes the tokens of a line as TeX, from left to right."""

    def __init__(self, text: str, symbols: Symbols, names: Mapping[str, str]) -> None:
        self.text, self.known, self.names = text, symbols.known, names
        self.line, self.i = tokens(text), 0
        if opened := unclosed(text, self.line):
            offer = closed(self, opened, lambda line: Writer(line, symbols, names))
            self.fail(say("unclosed", opened[-1].text), opened[-1].at, offer)
        self.numpy = any(one.text == "@" for one in self.line)
        self.notes: list[Note] = []
        self.asked: list[Asked] = []
        self.choices: list[list[str]] = []
        self.used: list[str] = []
        self.mixed = 0  # sums of what is not alike
        self.drawing = ["k"]  # letters that count the words that are drawn
        self.open: list[str] = []  # the letters of the sums that are open
        indices = (x for x, one in self.known.items() if one.kind == "index")
        rows = TABLE["usual"].items()
        self.usual = next(x for size, x in rows if not size or size in self.known)
        self.drawn = next((x for x in indices if self.known[x].below), "")
        self.depth = 0

    # Tokens

    def peek(self, ahead: int = 0) -> str:
        """The token that comes next, or nothing."""
        k = self.i + ahead
        return self.line[k].text if k < len(self.line) else ""

    def near(self, ahead: int = 0) -> bool:
        """Whether the token stands right behind the one before."""
        k = self.i + ahead
        return k < len(self.line) and not self.line[k].gap

    def at(self) -> int:
        """The place of the next token."""
        return self.line[self.i].at if self.i < len(self.line) else len(self.text)

    def ended(self) -> bool:
        """Whether a term ends here; |V| is one."""
        size = [self.peek(k) for k in range(3)] == ["|", "V", "|"]
        return not self.peek() or self.peek() in ENDS and not size

    def take(self, *texts: str) -> str:
        """The next token, if it is one of these; nothing otherwise."""
        told = self.peek()
        if not told or texts and told not in texts:
            return ""
        self.i += 1
        return told

    def group(self) -> list[Token]:
        """What stands in the bracket that comes next, or the next token."""
        start, depth = self.i, 0
        while told := self.take():
            depth += (told in BRACKETS) - (told in BRACKETS.values())
            if depth <= 0:
                break
        found = self.line[start : self.i]
        return found[1:-1] if found and found[0].text in BRACKETS else found

    def texts(self) -> list[str]:
        """What stands in the bracket that comes next, which is not taken."""
        start = self.i
        found = [one.text for one in self.group()]
        self.i = start
        return found

    def without_shape(self) -> None:
        """Leave out a shape at the end, as the book prints it."""
        for k, one in enumerate(self.line):
            if one.text in ("length", "shape") and self.line[k - 1].text == "(":
                self.line = self.line[: k - 1]
                break

    def sides(self) -> list[Piece]:
        """The sides of the line."""
        found = [self.sum()]
        while self.take("="):
            if not self.peek():
                self.fail(say("sides"))
            found.append(self.sum())
        if self.peek() == ",":
            if self.peek(1):
                self.note("behind", self.at())
        elif self.peek():
            self.fail(say("unexpected", self.peek()))
        return found

    def inner(self, line: Sequence[Token]) -> Piece:
        """Tokens as an expression of their own."""
        whole, start, end = self.line, self.i, self.at()
        self.line, self.i = [*line, Token("", end)], 0
        found = self.sum()
        if self.peek():
            self.fail(say("unexpected", self.peek()))
        self.line, self.i = whole, start
        return found

    def fail(self, said: str, at: int | None = None, offer: str = "") -> NoReturn:
        """What cannot be read."""
        raise Mistyped(said, self.at() if at is None else at, offer)

    def lead(
        self, what: str, at: int | None = None, part: str = "", offer: str = ""
    ) -> NoReturn:
        """What cannot be read, with the indices that this page has."""
        self.fail(say(what, *self.usual, part), at, offer)

    def unknown(self, name: str, at: int) -> NoReturn:
        """A name that the page does not have, with those that it has."""
        named = ("vector", "matrix", "number", "function")
        own = [
            x for x, one in self.known.items() if one.kind in named and x != "\\sigma"
        ]
        lower = self.known.get(name.lower())
        if (
            re.fullmatch("[A-Z]", name)
            and lower
            and lower.below
            and lower.kind == "vector"
        ):
            self.fail(say("family", name, lower.name), at)
        self.fail(say("name", name, ", ".join(own)), at)

    def note(self, what: str, at: int, *parts: object) -> None:
        """Say something, once."""
        one = Note(say(what, *parts), at)
        if one.said not in [other.said for other in self.notes]:
            self.notes.append(one)

    def ask(self, name: str, at: int, offered: Sequence[str]) -> str:
        """What a name is said to be; or ask, once, and take the first of the offers."""
        name = shown(name)
        if name in self.names:
            return self.names[name]
        if name not in [one.name for one in self.asked]:
            self.asked.append(Asked(name, at, tuple(offered)))
        return offered[0]

    # Expressions

    def sum(self) -> Piece:
        """Terms, added and subtracted."""
        place, found = self.at(), []
        sign = self.take("+", "-")
        while True:
            found.append((sign, self.product()))
            sign = self.take("+", "-")
            if self.peek() == "\\dots":
                self.lead("dots")
            if not sign:
                break
        if len(found) == 1 and found[0][0] != "-":
            return found[0][1]
        kind = next((x.kind for _, x in found if x.kind != "n"), "n")
        self.mixed += len({x.kind for _, x in found if x.tex != "1"}) > 1
        tex = ""
        for sign, piece in found:
            told = piece.tex
            if kind == "m" and told == "1":
                told = "I"
                self.note("one", place)
            tex += f" {sign} {told}" if tex else f"{sign.strip('+')}{told}"
        return Piece(tex, kind, SUM)

    def product(self) -> Piece:
        """Factors, and how they are joined; a quotient is of the factors beside it."""
        found, join, place, last = None, "", 0, self.factor()
        while not self.ended():
            at = self.at()
            told = self.take(*TABLE["joining"], "/", "\\dots")
            if told == "." and not self.peek():
                break
            if told == "." and self.peek() == "dot" and self.peek(1) == "(":
                self.i, told = self.i + 1, "@"
            if told and self.ended() and self.peek() != "-":
                if told == "\\dots":
                    self.lead("dots", at)
                self.fail(say("behind_sign", told), at)
            if self.peek() == "T" and not told and last.kind in ("v", "m"):
                end = self.line[self.i - 1].at + 1
                offer = f"{self.text[:end]}^T{self.text[at + 1 :]}"
                self.fail(say("transpose"), at, offer)
            if told == "/":
                below = self.factor(alone=True)
                last = Piece(f"\\frac{{{last.bare()}}}{{{below.bare()}}}", last.kind)
                continue
            found = self.joined(found, last, join, place) if found else last
            sign, join, place, last = self.take("-"), told, at, self.factor()
            if sign:
                last = Piece(f"(-{last.tex})", last.kind, WHOLE)
            if told in ("*", "\\odot", "\\cdot") and found.kind + last.kind == "vm":
                last = self.grouped(last, at)
        return self.joined(found, last, join, place) if found else last

    def grouped(self, found: Piece, at: int) -> Piece:
        """A product that stands behind a vector and a sign for entry by entry."""
        while found.kind == "m" and not self.ended():
            place, told = self.at(), self.take("@", *([] if self.numpy else ["*"]))
            if not told and self.peek() in (*TABLE["joining"], "/", "\\dots"):
                break
            found = self.joined(found, self.factor(), told, place)
        if self.numpy:
            self.note("grouped", at)
        return Piece(f"({found.tex})", found.kind, WHOLE)

    def joined(self, a: Piece, b: Piece, join: str, at: int) -> Piece:
        """A product of two; where it is not clear which, all that may be meant."""
        kinds = a.kind + b.kind
        if join == "\\otimes":
            return Piece(
                f"{a.tex} {b.tex if b.kind == 'r' else b.raised(chr(92) + 'top').tex}",
                "m",
                PRODUCT,
            )
        if join == "@" and kinds == "vm":
            self.note("numpy", at, a.tex, b.tex)
            return Piece(
                f"{b.raised(chr(92) + 'top').tex} {a.fenced(ATOM)}", "v", PRODUCT
            )
        signs = [join] if join == "\\dots" else [""]
        if "n" not in kinds:
            told = TABLE["joins"].get("@*" if join == "*" and self.numpy else join, {})
            signs = told.get(kinds) or ("?" in kinds and told.get("?")) or signs
        elif not join and kinds == "nn" and b.tex[0].isdigit():
            signs = ["\\cdot"]
        sign = signs[0].replace("dots", "cdots")
        if len(signs) > 1:
            self.choices.append(signs)
            sign = chr(CHOICE + len(self.choices) - 1)
        if "n" in kinds:
            kind = kinds.replace("n", "", 1)
        elif signs[0] == "\\odot":
            kind = kinds.replace("?", "")[:1] or "?"
        else:
            kind = (
                "n" if kinds == "vv" and signs[0] else TABLE["products"].get(kinds, "?")
            )
        return Piece(f"{a.tex} {sign}{sign and ' '}{b.tex}", kind, PRODUCT)

    def factor(self, alone: bool = False) -> Piece:
        """The next factor, with its scripts; a sum that is alone is of one factor."""
        self.depth += 1
        if self.depth > TABLE["deepest"]:
            self.fail(say("deep"))
        at = self.at()
        if not self.peek():
            self.fail(say("factor"))
        slash = self.slash()
        if not slash:
            self.begin()
        if self.peek() in BRACKETS:
            found = self.bracket()
        elif slash:
            found = self.derivative()
        else:
            told = self.take()
            if told == "|" and self.peek() == "V" and self.peek(1) == "|":
                self.i += 2
                found = Piece("\\lvert V\\rvert", "n")
            elif re.match("[0-9]", told):
                found = self.number(told)
            elif told in ("\\sum", "\\prod"):
                found = self.big(told, at, alone)
            elif told == "\\nabla":
                found = self.gradient(at)
            elif told == "\\frac":
                found = self.fraction(at)
            elif told in TABLE["functions"]:
                found = self.function(told, at)
            elif told in TABLE["calls"] and self.peek() in BRACKETS:
                found = self.call(TABLE["calls"][told], told, at)
            elif re.fullmatch(r"[A-Za-z]|\\[A-Za-z]+", told):
                found = self.symbol(told, at)
            elif re.fullmatch("[A-Za-z]+", told):
                self.unknown(told, at)
            else:
                known = told.isascii() and not told.startswith("\\")
                self.fail(say("factor") if known else say("sign", told), at)
        self.depth -= 1
        return self.scripted(found)

    def begin(self) -> None:
        """Make the next token one that is known: a word's command, or its letters."""
        one = self.line[self.i]
        if one.text in TABLE["modules"] and self.peek(1) == ".":
            self.i += 2
            while (
                self.peek() in ("linalg", "functional", "nn", "special", "F")
                and self.peek(1) == "."
            ):
                self.i += 2
            if not self.peek():
                self.fail(say("factor"))
            one = self.line[self.i]
        word = TABLE["words"].get(one.text, one.text)
        if word != one.text:
            self.line[self.i : self.i + 1] = [one._replace(text=word)]
        if (
            not re.fullmatch("[A-Za-z]{2,}", word)
            or word in TABLE["functions"]
            or word in TABLE["calls"]
        ):
            return
        base, rest = word[0], word[1:]
        texts = [x.partition("_")[2] for x in self.known if x.startswith(base + "_")]
        if (len(rest) > 1 or rest not in self.known and rest not in INDICES) and (
            any(x.startswith(rest) for x in texts)
            or TABLE["subscripts"].get(rest) in texts
        ):
            cut = [base, "_", rest]
        elif word[:3] == "log":
            cut = ["log", word[3:]]
        elif len(word) < 4 and all(
            x in self.known or x in INDICES or x in "W" for x in word
        ):
            cut = [*word]
            if "T" in rest:
                at = one.at + word.index("T", 1)
                offer = f"{self.text[:at]}^T{self.text[at + 1 :]}"
                self.fail(say("transpose"), at, offer)
        else:
            return
        places = [
            one.at + len("".join(cut[:k]).replace("_", "")) for k in range(len(cut))
        ]
        new = [
            Token(x, y, k == 0 and one.gap)
            for k, (x, y) in enumerate(zip(cut, places, strict=True))
        ]
        self.line[self.i : self.i + 1] = new
        if cut[0] == "log":
            self.begin()

    def number(self, told: str) -> Piece:
        """A number, or the one before a condition."""
        if self.peek() in ("[", "(", "_") and told == "1":
            start = self.i
            self.take("_")
            if "=" in self.texts():
                return self.bracket()
            self.i = start
        whole, _, part = told.partition(".")
        return Piece(
            f"\\frac{{{int(whole + part)}}}{{1{'0' * len(part)}}}" if part else told,
            "n",
            ATOM if part else WHOLE,
        )

    def bracket(self) -> Piece:
        """What stands in a bracket: an expression, or a condition."""
        place, line = self.at(), self.group()
        if not line:
            self.fail(say("factor"), place + 1)
        sides, signs = pieces(line, "=", "\\ne")
        if len(signs) == 1 and all(sides):
            a, b = (self.inner(side).tex for side in sides)
            return self.compared(a, signs[0], b, place)
        found = self.inner(line)
        if found.level == WHOLE or found.tex == "1":
            return found
        return Piece(f"({found.tex})", found.kind, WHOLE)

    def compared(self, a: str, sign: str, b: str, at: int) -> Piece:
        """A condition; c is the observed word where the page has it in y alone."""
        y, other = self.known.get("y"), a if b == "c" else b
        if sign == "=" and "c" in (a, b) and "c" not in (*self.known, *self.open):
            if y and y.kind == "vector" and not y.below and like_index([other]):
                self.note("observed", at)
                return Piece(f"y_{braced(other)}", "n")
        return Piece(f"[{a} {sign} {b}]", "n")

    def indicated(self, base: str, at: int) -> Piece | None:
        """What is 1 for one word and 0 for all others: δ_jo, and y_j where o is it."""
        start, known = self.i, self.known
        if not self.take("_") or base == "y" and not {"o", "P"} <= known.keys():
            self.i = start
            return None
        own = [*self.group(), *self.behind()]
        if like_index([x.text for x in own]):
            found = self.indices(own) + ["o"] * (base == "y")
            whole = f"{base}_{braced(''.join(x.text for x in own))}"
            told = "[{} = {}]".format(*found) if len(found) == 2 else ""
            loose = not {*found} & {*self.open} and {*found} <= {*"ijmn"}
            if told and base not in known:
                self.note("read", at, whole, told)
                return self.compared(found[0], "=", found[1], at)
            if told and loose:
                end = self.line[self.i - 1].at + len(self.line[self.i - 1].text)
                offer = self.text[:at] + told + self.text[end:]
                self.fail(say("kronecker", whole, told), at, offer)
        self.i = start
        return None

    # Scripts

    def scripts(self, family: bool = False) -> tuple[list, list]:
        """What stands below and above, in any order."""
        below: list[list[Token]] = []
        above: list[list[Token]] = []
        while True:
            place = self.at()
            if sign := self.take("_", "^"):
                if self.peek() in ("_", "^") or self.ended():
                    offer = ""
                    if sign == "_" and family:
                        offer = self.text[: place + 1] + self.usual[0]
                        offer += self.text[place + 1 :]
                    what = "index" if sign == "_" else "above"
                    self.lead(what, place + 1, offer=offer)
                start = self.i
                self.split_script(sign, family)
                own = self.group()
                if not own:
                    self.lead("index", place + 1)
                if sign == "^":
                    above.append(
                        self.line[start : self.i]
                        if self.line[start].text == "("
                        else own
                    )
                else:
                    short = family and self.i == start + 1 and len(own[0].text) == 1
                    shift = self.shift(self.line[start - 2]) if short else []
                    more = self.behind() if self.line[start].text != "{" else []
                    below.append([*own, *shift, *more])
            elif self.peek() == "\\top" or self.peek() == "'" and self.near():
                above.append([Token("\\top", place)])
                self.i += 1
            elif (
                self.peek() == "."
                and self.peek(1) in TABLE["transposing"]
                and self.near(1)
            ):
                above.append([Token("\\top", place)])
                self.i += 2
                if self.peek() == "(" and not self.texts():
                    self.group()
            elif (
                self.peek() == "["
                and self.near()
                and {"None", "newaxis"} & {*self.texts()}
            ):
                if self.group()[0].text != ":":
                    above.append([Token("\\top", place)])
            elif self.peek() == "." and self.peek(1) == "reshape":
                self.i += 2
                if [x.text for x in self.group()[:1]] == ["1"]:
                    above.append([Token("\\top", place)])
            elif (
                self.peek() in ("transposed", "transpose")
                and self.peek(1) not in BRACKETS
            ):
                above.append([Token("\\top", place)])
                self.i += 1
            elif self.peek() == "[" and self.near() and like_index(self.texts()):
                below.append(self.group())
            else:
                return below, above

    def split_script(self, sign: str, family: bool) -> None:
        """Part what is written together behind a script, as in u_o^Tv_c and δ_th."""
        one = self.line[self.i]
        if sign == "^":
            cut = re.fullmatch("T[A-Za-z]+", one.text) and one.text != "Tr"
        else:
            cut = family and re.fullmatch("[a-z][A-Za-z]+", one.text)
            cut = cut and one.text[0] in INDICES and not like_index([one.text])
        if cut:
            rest = Token(one.text[1:], one.at + 1)
            self.line[self.i : self.i + 1] = [one._replace(text=one.text[0]), rest]

    def shift(self, base: Token, said: bool = True) -> list[Token]:
        """The “-1” of an index without braces, as in h_t-1."""
        close = self.peek() in ("-", "+") and self.near() and self.near(1)
        index = self.line[self.i - 1]
        raised = self.peek(2) in ("^", "'", "\\top")
        if (
            self.peek() in ("-", "+")
            and self.peek(1) in ("1", "2")
            and raised
            and not close
        ):
            whole = f"{index.text}{self.peek()}{self.peek(1)}"
            end = self.line[self.i + 1].at + 1
            offer = f"{self.text[: index.at]}{{{whole}}}{self.text[end:]}"
            self.fail(say("minus", whole), index.at, offer)
        if not close or self.peek(1) not in ("1", "2"):
            return []
        found = self.line[self.i : self.i + 2]
        self.i += 2
        told = f"{base.text}_{{{index.text}{found[0].text}{found[1].text}}}"
        written = self.text[base.at : found[1].at + 1]
        if said:
            self.note("read", base.at, written, told)
        return found

    def behind(self) -> list[Token]:
        """The entries behind a comma without braces, as in W_unembed,ij and δ_t,i."""
        start = self.i
        while (
            self.peek() == ","
            and self.near()
            and self.near(1)
            and re.fullmatch("[a-z]{1,2}", self.peek(1))
            and like_index([self.peek(1)])
            and self.peek(2) not in ("_", "=", "(")
        ):
            self.i += 2
        return self.line[start : self.i]

    def scripted(self, found: Piece, scripts: tuple[list, list] | None = None) -> Piece:
        """A piece with what stands below and above it."""
        below, above = scripts or self.scripts()
        for own in below:
            base = (
                found.tex
                if found.level == WHOLE and found.tex[0] == "("
                else f"({found.tex})"
            )
            found = Piece(f"{base}_{braced(''.join(self.indices(own)))}", "n")
        for own in above:
            found = found.raised(self.exponent(own))
        return found

    def exponent(self, own: list[Token]) -> str:
        """What stands above: a transpose, or a power."""
        if "".join(one.text for one in own) in TABLE["transposing"]:
            return "\\top"
        return self.inner(own).tex

    def indices(self, line: Sequence[Token]) -> list[str]:
        """Tokens as indices: letter by letter, or between commas."""
        found: list[str] = []
        plain = [one for one in line if one.text not in ("{", "}", "(", ")", "|", ":")]
        for piece in pieces(plain, ",")[0]:
            parts: list[str] = []
            first = piece[0].text if [x.text for x in piece[1:2]] == ["_"] else ""
            if self.drawn and re.fullmatch("[a-z]", first) and first not in self.known:
                behind = "".join(x.text for x in piece[1:])
                self.note("read", piece[0].at, first + behind, self.drawn + behind)
                piece = [piece[0]._replace(text=self.drawn), *piece[1:]]
            for one in piece:
                plain = one.text in ("-", "+", "_") or re.fullmatch("[0-9]+", one.text)
                letters = all(
                    x in INDICES or x in self.known and self.known[x].kind == "size"
                    for x in one.text
                )
                if not plain and not letters:
                    word = re.fullmatch(WORD, one.text)
                    self.lead("no index" if word else "index", one.at, one.text)
                parts += [one.text] if plain else [self.index(x) for x in one.text]
            shifted = "".join(parts)
            if "+" in parts or "-" in parts:
                if parts[-1] in ("+", "-") or "_" in parts:
                    self.lead("index", piece[-1].at)
                found.append("T" if shifted == "-1" else shifted)
                continue
            parts = [x for x in parts if x != "_"]
            while parts:
                first = parts.pop(0)
                known = self.known.get(first)
                if (
                    known
                    and known.kind == "index"
                    and known.below
                    and (parts or first == "w")
                ):
                    first += "_" + (parts.pop(0) if parts else "k")
                found.append(first)
        if not found:
            self.lead("index", line[0].at if line else None)
        self.used += [x for x in found if re.fullmatch(r"[a-z]|\\ell", x)]
        return found

    def index(self, one: str) -> str:
        """A letter of an index; where a tree has nodes i_l, l is no layer."""
        if one == "l" and "i" in self.known:
            return one
        return {"l": "\\ell", "V": "\\lvert V\\rvert"}.get(one, one)

    # Symbols

    def symbol(self, base: str, at: int) -> Piece:
        """A letter of the page with its indices, or a value of one of its functions."""
        if (
            base == "s"
            and self.peek() == "("
            and self.near()
            and "\\sigma" in self.known
            and not like_index(self.texts())
        ):
            self.note("read", at, "s", "σ")
            base = "\\sigma"
        if (
            base == "p"
            and self.peek() == "("
            and "|" in self.texts()
            and "P" in self.known
        ):
            self.note("read", at, "p", "P")
            base = "P"
        plain = self.known.get(base)
        if base in ("\\haty", "\\hatp") and "P" in self.known and not plain:
            base = "p" if self.peek() == "_" and "p" not in self.known else base
        if base == "p" and self.peek() == "_" and "P" in self.known:
            base = base if plain and plain.below else "P"
        if found := self.other(base, at):
            return found
        plain = self.known.get(base)
        texts = {x.partition("_")[2]: x for x in self.known if x.startswith(base + "_")}
        below, above = self.scripts(bool(plain and plain.below))
        if texts or TABLE["letters"].get(base) in self.known and not plain:
            base, below = self.matrix(base, texts, below, above, at)
        found = self.known.get(base)
        if found and found.kind == "index" and not below:
            found = None
        if found is None:
            if base in INDICES and base != "V" and not below:
                self.used.append(base)
                return self.finished(Piece(self.index(base), "n", WHOLE), [], above)
            offered = [printed(x) for x in self.known if x.startswith("W_")]
            if base == "V" and self.sized("|V|") and not (offered or below or above):
                self.note("read", at, "V", "|V|")
                return Piece(printed("|V|"), "n")
            if not re.fullmatch("[A-Z]", base) or not offered:
                self.unknown(base, at)
            return self.finished(
                Piece(self.ask(base, at, offered), "m", WHOLE), below, above
            )
        if found.kind == "function":
            return self.value_of(found, below, above, at)
        return self.member(found, below, above, at)

    def other(self, base: str, at: int) -> Piece | None:
        """What is no letter of the page: an indicator, a gradient that has its letter
        below, an exponential, an expectation.
        """
        if base == "\\delta" or base == "y" and "y" not in self.known:
            if found := self.indicated(base, at):
                return found
        if base in ("g", "\\delta") and self.peek() == "_" and "J" in self.known:
            by = self.known.get(self.peek(2 if self.peek(1) == "{" else 1))
            if by and by.kind == "vector" and by.name not in INDICES:
                self.take()
                found = self.inner(self.group())
                self.note("read", at, f"{base}_{found.tex}", f"∂J/∂{found.tex}")
                return self.slope(Piece("J", "n"), found, at)
        if (
            base == "e"
            and self.peek() == "^"
            and self.peek(1) in BRACKETS
            and len(self.line) > self.i + 4
        ):
            self.take()
            texts = self.texts()
            if len(texts) > 1:
                return Piece(f"\\exp({self.inner(self.group()).tex})", "?")
            self.i -= 1
        if base == "E" and self.peek() in ("_", "\\sim") and self.sized("|V|"):
            self.take("_")
            return self.expectation(self.group(), at)
        return None

    def expectation(self, spec: list[Token], at: int) -> Piece:
        """E_{o ~ p_c}[u_o], as a sum."""
        law = [one.text for one in spec[1:] if one.text != "\\sim"]
        if not law or not like_index([spec[0].text]) or self.peek() not in BRACKETS:
            self.lead("sum", at)
        letter, body = spec[0].text, self.bracket()
        name = "\\hat p" if "\\hatp" in law else "P"
        told = f"{name}({letter} \\mid c)"
        self.note("read", at, "E", "a sum with weights")
        over = f"\\sum_{{{letter}=1}}^{{\\lvert V\\rvert}}"
        return Piece(f"{over} {told} {body.tex}", body.kind, SUM)

    def matrix(
        self, base: str, texts: Mapping[str, str], below: list, above: list, at: int
    ) -> tuple[str, list]:
        """The symbol that is meant by a letter with a word below it, and what else is
        below.
        """
        if not below:
            if self.peek() in texts:
                name = texts[self.take()]
                self.note("read", at, f"{base} {name.partition('_')[2]}", name)
                more = self.scripts()
                above += more[1]
                return name, more[0]
            if base in self.known:
                return base, below
            number = re.fullmatch("[0-9]+", self.peek()) and self.near()
            written = base + self.take() if number else base
            offered = [printed(x) for x in texts.values()] or [TABLE["letters"][base]]
            if number:
                more = self.scripts()
                below, above[:] = more[0], above + more[1]
            return self.named(self.ask(written, at, offered)), below
        cut = next(
            (k for k, one in enumerate(below[0]) if one.text == ","), len(below[0])
        )
        word = "".join(one.text for one in below[0][:cut])
        rest = ([below[0][cut + 1 :]] if below[0][cut + 1 :] else []) + below[1:]
        written = f"{base}_{word}"
        if word in texts:
            return texts[word], rest
        plain = self.known.get(base)
        indexed = like_index([word]) or not re.fullmatch("[A-Za-z]+", word)
        if plain and indexed:
            return base, below
        starts = [x for text, x in texts.items() if text.startswith(word.lower())]
        if len(starts) == 1:
            self.note("read", at, written, starts[0])
            return starts[0], rest
        own = TABLE["subscripts"].get(word)
        if own in texts:
            return self.named(self.ask(written, at, [printed(texts[own])])), rest
        offered = [printed(x) for x in starts or texts.values()] or [
            TABLE["letters"][base]
        ]
        if indexed and (len(word) > 1 or rest):
            return self.named(self.ask(base, at, offered)), below
        return self.named(self.ask(written, at, offered)), rest

    @staticmethod
    def named(tex: str) -> str:
        """The name of a symbol whose TeX is known."""
        return re.sub(r"\\text\{(\w+)\}|[{}]", r"\1", tex)

    def member(self, found: Symbol, below: list, above: list, at: int) -> Piece:
        """A symbol with its indices, and an entry of it."""
        name, layer, tops = found.name, "", []
        places = [x for own in below for x in self.indices(own)]
        for one in above:
            texts = [x.text for x in one]
            end = texts.index(")") if texts[:1] == ["("] and ")" in texts else 0
            inside, behind = (one[1:end], one[end + 1 :]) if end else (one, [])
            needs = found.above and not layer or len(places) < found.below
            letters = end or any(
                re.fullmatch("[A-Za-z]+", x) and x != "T" for x in texts
            )
            if not (needs and letters and like_index([x.text for x in inside])):
                tops.append(one)
                continue
            told = "".join(self.indices(inside))
            if found.above and not layer:
                layer = told
            else:
                places.append(told)
                self.note(
                    "read", at, f"{name}^{''.join(texts)}", f"{name}_{braced(told)}"
                )
            tops += [behind] if behind else []
        if found.below and not places and (own := self.lost(found, at)):
            more = self.scripts()
            places = [x for one in [own, *more[0]] for x in self.indices(one)]
            tops += more[1]
        if found.above and not layer and len(places) > found.below:
            layer = places.pop(found.below)
            self.note("read", at, f"{name}_{layer}", f"{name}^{{({layer})}}")
        kind = TABLE["kinds"].get(found.kind, "?")
        own, rest = places[: found.below], places[found.below :]
        if self.drawn == "w" and found.kind == "vector" and {*own} & {*self.drawing}:
            self.note("read", at, f"{name}_{own[0]}", f"{name}_{{w_{own[0]}}}")
            own = [f"w_{own[0]}"]
        tex = printed(name)
        if len(own) < found.below or found.above and not layer:
            words = [printed(x) for x in self.known if x.startswith(name + "_")]
            offered = words or TABLE["layers"]
            if len(own) < found.below:
                families = TABLE["families"]
                offered = [*families.get(name, families[""]), *words]
            if len(own) < found.below and found.above:
                offered = [f"{x}^{{({layer or chr(92) + 'ell'})}}" for x in offered]
            offered = [
                x.replace("%", tex + ("_" + braced(own[0]) if own else ""))
                for x in offered
            ]
            return self.finished(
                Piece(
                    self.ask(name, at, offered), kind, ATOM if found.above else WHOLE
                ),
                [],
                tops,
            )
        tex += f"_{braced(','.join(own) if len(own) > 1 else own[0])}" if own else ""
        tex += f"^{{({layer})}}" if layer else ""
        return self.finished(Piece(tex, kind, ATOM if layer else WHOLE), rest, tops)

    def finished(self, found: Piece, rest: list[str], above: list) -> Piece:
        """A symbol's entry, and what stands above it."""
        if rest and isinstance(rest[0], list):
            rest = sum(map(self.indices, rest), [])
        tops = [self.exponent(one) for one in above]
        if rest:
            if "\\top" in tops:
                found = found.raised(tops.pop(tops.index("\\top")))
            base = found.tex if re.fullmatch(r"\\?\w", found.tex) else f"({found.tex})"
            found = Piece(f"{base}_{braced(''.join(rest))}", "n")
        for told in tops:
            if told == "\\top" and found.tex.endswith(")}"):
                found = Piece(
                    found.tex[:-1] + "\\top}", {"v": "r"}.get(found.kind, found.kind)
                )
            else:
                found = found.raised(told)
        return found

    def lost(self, found: Symbol, at: int) -> list[Token]:
        """An index that stands behind its letter, as in text from a PDF, or in h3."""
        told, inside = self.peek(), []
        if told == "(" and like_index(self.texts()):
            inside = self.group()
        elif told and (
            re.fullmatch("[0-9]+", told)
            and self.near()
            or re.fullmatch("[a-z]", told)
            and told in INDICES
        ):
            self.i += 1
            base = Token(self.text[at : at + 1], at)
            inside = [self.line[self.i - 1], *self.shift(base, said=False)]
            inside += self.behind()
        if inside:
            index = "".join(x.text for x in inside)
            written = self.text[at : self.line[self.i - 1].at + 1]
            self.note("read", at, written, f"{found.name}_{braced(index)}")
        return inside

    def value_of(self, found: Symbol, below: list, above: list, at: int) -> Piece:
        """A function of the page, of what stands in brackets."""
        name = found.name
        if self.peek() != "(":
            if name == "P":
                index = "".join(self.indices(below[0])) if below else "o"
                if below:
                    return Piece(
                        self.ask(f"P_{index}", at, [f"P({index} \\mid c)"]), "n"
                    )
                return Piece(f"P({index} \\mid c)", "n")
            self.fail(say("of", name.lstrip("\\")))
        place = self.at()
        parts, signs = pieces(self.group(), "|", ",")
        if not all(parts):
            self.fail(say("of", name.lstrip("\\")), place)
        words = [self.word(one) if name == "P" else one for one in parts]
        given, mid = [*map(self.inner, words)], " \\mid " if "|" in signs else ", "
        self.mixed += given[0].kind != "n"
        told = f"{name}({mid.join(x.tex for x in given)})"
        if words != parts:
            written = self.text[at : self.line[self.i - 1].at + 1]
            self.note("read", at, written, told.replace(" ", ""))
        kind = given[0].kind if name == "\\sigma" else "n"
        if above and above[0][0].text == "\\top" and name == "\\sigma":
            return Piece(f"{told} (1 - {told})", kind, SUM)
        found_ = Piece(told, kind)
        for one in above:
            found_ = found_.raised(self.exponent(one))
        return found_

    @staticmethod
    def word(line: list[Token]) -> list[Token]:
        """A word that stands for its number, as in P(w_j | w_c) and P(u_j | v_c)."""
        told = re.fullmatch(r"[uvw]_?\{?([a-z])\}?", "".join(x.text for x in line))
        return [line[0]._replace(text=told[1])] if told else line

    def function(self, told: str, at: int) -> Piece:
        """A function that all pages have, of a bracket or of the next factor."""
        name = TABLE["functions"][told]
        below, above = self.scripts()
        if below:
            self.fail(say("unexpected", "_"), at)
        if self.ended():
            self.fail(say("of", told.lstrip("\\")), at)
        slope = bool(above) and above[0][0].text == "\\top" and name == "\\tanh"
        fenced = self.peek() in BRACKETS and bool(self.texts())
        inside = self.inner(self.group()) if fenced else self.factor()
        kind = {"diag": "m", "softmax": "v"}.get(told.lower(), inside.kind)
        self.mixed += inside.kind in ("r", "m")
        found = Piece(
            f"{name}{chr(39) if slope else ''}{f'({inside.tex})' if fenced else f' {inside.tex}'}",
            kind,
        )
        if name == "sech":
            below, more = self.scripts()
            above += more
            square = f"1 - {{\\tanh({inside.tex})}}^2"
            found = Piece(f"\\sqrt{{{square}}}", kind)
            if above and [x.text for x in above[0]] == ["2"]:
                self.note("read", at, "sech²", "1 − tanh²")
                found, above = Piece(f"({square})", kind, WHOLE), above[1:]
        return self.scripted(found, (below, above[slope:]))

    def call(self, what: str, told: str, at: int) -> Piece:
        """A function of NumPy, as the book writes it."""
        parts, _ = pieces(self.group(), ",")
        if what in ("I", "1"):
            return Piece(what, "m" if what == "I" else "n", WHOLE)
        two = what in ("outer", "@", "\\odot")
        if not all(parts) or len(parts) < 1 + two or two and len(parts) > 2:
            self.fail(say("arguments", told.lstrip("\\"), "two" if two else "one"), at)
        if what == "mean":
            name = parts[0][0].text
            if len(parts[0]) > 1 or name not in ("u", "v") or name not in self.known:
                self.unknown(told, at)
            return Piece(
                f"\\frac{{1}}{{\\lvert V\\rvert}} \\sum_{{j=1}}^{{\\lvert V\\rvert}} {name}_j",
                "v",
                SUM,
            )
        given = [self.inner(piece) for piece in parts[: 1 + two]]
        first = given[0]
        if what == "outer":
            b = given[1] if given[1].kind == "r" else given[1].raised("\\top")
            return Piece(f"{first.fenced()} {b.tex}", "m", PRODUCT)
        if two:
            a, b = (Piece(x.fenced(), x.kind, max(x.level, PRODUCT)) for x in given)
            b = Piece(b.fenced(ATOM), b.kind, max(b.level, ATOM))
            found = self.joined(a, b, what, at)
            return Piece(f"({found.tex})", found.kind, WHOLE)
        if what == "transpose":
            return first.raised("\\top")
        if what == "square":
            return first.raised("2")
        return Piece(f"\\sqrt{{{first.tex}}}", first.kind)

    # Sums

    def big(self, sign: str, at: int, alone: bool) -> Piece:
        """A sum or a product over letters: of what follows, or of one factor."""
        upper, body, spec = [], None, []
        if self.peek() == "_" and self.peek(1):
            self.i += 1
            self.split_script("_", True)
            start = self.i
            spec = self.group()
            if self.i == start + 1 and self.peek() == "=":
                spec = [*spec, self.line[self.i], *(self.take(), self.group())[1]]
        elif self.peek() in BRACKETS:
            texts = self.texts()
            if "for" in texts:
                spec, body = self.comprehended(self.group(), at)
            elif len(texts) > 2 and texts[1] == "=" and JOINING & {*texts[2:]}:
                spec = self.group()
            else:
                spec, body = self.guessed(self.bracket, at)
        else:
            self.take("over", "from")
            self.take("all")
            if re.fullmatch("[A-Z]", self.peek()) and self.peek(2) == "=":
                upper = [self.line[self.i]]
                self.i += 1
            spec = self.spoken()
            if not spec:
                spec, body = self.guessed(self.factor if alone else self.product, at)
        letters, first, last, test = self.spec(spec, at)
        if self.take("^"):
            upper = self.group()
        if upper:
            last = self.bound(upper)
        if first and not last:
            self.lead("last", at)
        self.take("of")
        if body is None:
            if self.ended() and self.peek() != "-":
                self.fail(say("factor"))
            minus = self.take("-")
            own = alone or sign == "\\prod"
            open_, drawing = self.open, self.drawing
            self.open = open_ + letters
            self.drawing = drawing + (letters if last == "K" else [])
            body = self.factor() if own else self.product()
            self.open, self.drawing = open_, drawing
            body = Piece(minus + body.tex, body.kind, body.level)
        behind = None
        while sign == "\\prod" and body.kind == "m" and not behind:
            if self.ended() or self.peek() in (*TABLE["joining"], "/", "\\dots"):
                break
            place, more = self.at(), self.factor()
            behind = None if more.kind == "m" else more
            body = self.joined(body, more, "", place) if more.kind == "m" else body
        if "w" in letters and self.drawn == "w":
            letters = ["k" if x == "w" else x for x in letters]
            self.note("read", at, "w", "w_k")
        size, *own = self.counted(letters[0], body.tex) if len(letters) == 1 else [""]
        if size and not first and not test and letters[0] not in own:
            first, last = "1", printed(size)
        elif size and first and last in ("n", "N", "m") and not self.sized(last):
            self.note("read", at, last, size)
            last = printed(size)
        below = (
            ", ".join(letters)
            + (f"={first}" if first else "")
            + (f": {test}" if test else "")
        )
        above = f"^{braced(last)}" if first else ""
        found = Piece(f"{sign}_{braced(below)}{above} {body.tex}", body.kind, SUM)
        if sign == "\\prod":
            found = Piece(f"({found.tex})", found.kind, WHOLE)
        return self.joined(found, behind, "", at) if behind else found

    def sized(self, name: str) -> bool:
        """Whether a letter is a size of this page."""
        return name in self.known and self.known[name].kind == "size"

    def counted(self, letter: str, tex: str) -> list[str]:
        """The size up to which a letter goes that is an index in some TeX, and the
        letters that the pages themselves say it of.
        """
        steps = next((x for x in ("T", "L") if self.sized(x)), "")
        for name, one in self.known.items():
            row = TABLE["counted"].get(name) or TABLE["counted"].get(steps)
            place = rf"(?<![A-Za-z]){re.escape(name)}(?:_\{{?|\()\s*{re.escape(letter)}"
            if (
                (one.below or name == "P")
                and row
                and self.sized(row[0])
                and re.search(place + "(?![A-Za-z])", tex)
            ):
                return row
        return [""]

    def guessed(self, read: Callable[[], Piece], at: int) -> tuple[list[Token], Piece]:
        """A sum over the only index that what it is of has."""
        before = len(self.used)
        if self.ended():
            self.lead("sum", at)
        body = read()
        free = {*self.used[before:]} - {"o", "c"}
        free = free & {"t", "k", "j"} or free
        if len(free) != 1:
            self.lead("sum", at)
        self.note("over", at, *free)
        return [Token(*free, at)], body

    def spoken(self) -> list[Token]:
        """Over what a sum is that has it in the line, as in sum over t from 1 to T."""
        found: list[Token] = []
        while re.fullmatch("[A-Za-z0-9]+", self.peek()) and like_index([self.peek()]):
            found += self.group()
            while (
                self.peek() in JOINING or self.peek() in ("+", "-") and len(found) > 1
            ):
                found += self.group()
            if found[-1].text not in JOINING and found[-1].text not in ("+", "-"):
                break
        return found

    def spec(self, line: Sequence[Token], at: int) -> tuple[list[str], str, str, str]:
        """Over what a sum is: letters, from, to, a condition."""
        if any(one.text == "\\sim" for one in line):
            line = pieces(line, ",")[0][0]  # without whence they are drawn
        texts = [one.text for one in line]
        signs = [
            k
            for k, x in enumerate(texts)
            if x in (":", "=", "from", "\\ne", "\\in", "in", "|")
        ]
        head = [
            x
            for x in (texts[: signs[0]] if signs else texts)
            if x not in (",", "{", "}")
        ]
        if not head or not like_index(head) or not all(map(str.isalpha, head)):
            words = [x for x in head if re.fullmatch(WORD, x) and not like_index([x])]
            self.lead("no index" if words else "sum", at, "".join(words[:1]))
        letters = [self.index(y) for x in head for y in x]
        if not signs or texts[signs[0]] in ("\\in", "in"):
            return letters, "", "", ""
        k = signs[0]
        if texts[k] in (":", "|", "\\ne"):
            test = line if texts[k] == "\\ne" else line[k + 1 :]
            m = next((m for m, one in enumerate(test) if one.text in ("=", "\\ne")), 0)
            if not m or m == len(test) - 1:
                self.lead("sum", at)
            a, b = self.inner(test[:m]), self.inner(test[m + 1 :])
            return letters, "", "", f"{a.tex} {test[m].text} {b.tex}"
        ends = [m for m in range(k + 1, len(texts)) if texts[m] in JOINING]
        first = self.bound(line[k + 1 : ends[0] if ends else len(line)])
        return letters, first, self.bound(line[ends[-1] + 1 :]) if ends else "", ""

    def bound(self, line: Sequence[Token]) -> str:
        """The end of a range."""
        used = [*self.used]
        found = "".join(self.indices(line))
        self.used = used
        return found

    def comprehended(self, line: list[Token], at: int) -> tuple[list[Token], Piece]:
        """A sum as Python has it: over what in “t = 1 to T”, and of what."""
        line = pieces(line, ",")[0][0]  # without an axis
        if line and line[0].text == "[" and line[-1].text == "]":
            line = line[1:-1]
        parts = pieces(line, "for")[0]
        if len(parts) != 2 or not parts[0] or [x.text for x in parts[1][1:2]] != ["in"]:
            self.lead("sum", at)
        body, spec, over = self.inner(parts[0]), parts[1][:1], parts[1][2:]
        if over[:1] and over[0].text == "range":
            *first, end = pieces(over[2:-1], ",")[0]
            plus = [one.text for one in end[-2:]] == ["+", "1"]
            end = end[:-2] if plus else [*end, Token("-", at), Token("1", at)]
            if not first:
                self.fail(say("range"), over[0].at)
            first = first[0]
            spec += [Token("=", at), *first, Token("to", at), *end]
        return spec, Piece(body.fenced(), body.kind, PRODUCT)

    # Derivatives

    def slash(self) -> bool:
        """Whether a derivative begins here, as in dJ/dW."""
        told = self.peek()
        if told == "\\partial":
            return True
        if not re.fullmatch("d[A-Za-z]*", told) or any(
            told in TABLE[x] for x in ("functions", "words", "calls")
        ):
            return False
        depth = 0
        for k in range(self.i + 1, min(self.i + 24, len(self.line))):
            one = self.line[k].text
            depth += (one in BRACKETS) - (one in BRACKETS.values())
            if depth < 0 or depth == 0 and one in ("+", "-", "="):
                return (
                    depth == 0
                    and one == "="
                    and self.i == 0
                    and k < 6
                    and len(told) > 1
                )
            if depth == 0 and one == "/":
                return bool(
                    re.match(
                        "d|\\\\partial",
                        self.line[k + 1].text if k + 1 < len(self.line) else "",
                    )
                )
        return False

    def undressed(self) -> None:
        """Take the d or the ∂ of a derivative."""
        one = self.line[self.i] if self.i < len(self.line) else Token("", 0)
        if one.text in ("d", "\\partial"):
            self.i += 1
        elif re.fullmatch("d[A-Za-z]+", one.text):
            self.line[self.i : self.i + 1] = [Token(one.text[1:], one.at + 1)]
        else:
            self.fail(say("by"))

    def derivative(self) -> Piece:
        """A derivative in a line; without its second half, of J."""
        at = self.at()
        self.undressed()
        if self.peek() == "/" and self.peek(1) in ("d", "\\partial"):
            self.take()
            self.undressed()
            by = self.factor()
            return self.slope(self.factor(), by, at)
        of, sign = self.objective()
        if self.take("/"):
            self.undressed()
            return self.slope(of, self.factor(), at, sign)
        if self.peek() == "=":
            self.note("read", at, "d" + of.tex, f"dJ/d{of.tex}")
            return self.slope(Piece("J", "n"), of, at)
        self.fail(say("by"))

    def objective(self) -> tuple[Piece, bool]:
        """What is differentiated, and whether it is a loss."""
        sign, at, told = bool(self.take("-")), self.at(), self.peek()
        if told in TABLE["losses"]:
            self.take()
            self.note("loss", at, told)
            return Piece("J", "n", WHOLE), not sign
        if told == "(":
            line = self.group()
            sign = bool(line) and line[0].text == "-"
            if len(line) == 1 + sign and line[-1].text in TABLE["losses"]:
                self.note("loss", at, line[-1].text)
                return Piece("J", "n", WHOLE), not sign
            return self.inner(line[sign:]), sign
        return self.factor(), sign

    def slope(self, of: Piece, by: Piece, at: int, sign: bool = False) -> Piece:
        """A derivative, of the kind of what it is by."""
        found = Piece(
            f"\\frac{{\\partial {of.tex}}}{{\\partial {by.tex}}}",
            by.kind if of.kind == "n" else "m",
        )
        return Piece(f"(-{found.tex})", found.kind, WHOLE) if sign else found

    def fraction(self, at: int) -> Piece:
        """A fraction, which may be a derivative."""
        above, below = self.group(), self.group()
        if not above or not below:
            self.fail(say("arguments", "\\frac", "two"), at)
        if all(
            re.match(r"d(?![a-z])|d[a-zA-Z]+|\\partial", x[0].text)
            for x in (above, below)
        ):
            self.line[self.i : self.i] = [*above, Token("/", at), *below]
            return self.derivative()
        a, b = self.inner(above), self.inner(below)
        return Piece(f"\\frac{{{a.tex}}}{{{b.tex}}}", a.kind)

    def gradient(self, at: int) -> Piece:
        """∇_W J."""
        if not self.take("_"):
            self.fail(say("by"), at)
        by = self.inner(self.group()) if self.peek() in BRACKETS else self.factor()
        of, sign = (
            (Piece("J", "n"), False) if self.peek() in ("", "=") else self.objective()
        )
        return self.slope(of, by, at, sign)


# Lines


def places(line: Sequence[Token]) -> Iterator[tuple[int, str, bool]]:
    """Before which tokens a bracket may be closed: which, and whether it is needed."""
    inside: list[list] = []
    for k, one in enumerate([*line, Token("", 0)]):
        if inside and k > inside[-1][0] + 1 and one.text not in BRACKETS.values():
            start, needed = inside[-1]
            if line[start].text == "{" or one.text not in ("^", "_"):
                yield k, line[start].text, needed
        if one.text in BRACKETS:
            inside.append([k, k > 0 and line[k - 1].text in CALLED])
        elif one.text in BRACKETS.values():
            inside.pop()
        elif inside:
            inside[-1][1] |= one.text in (*TABLE["joining"], "+", "-", "=")


def closed(writer: Writer, opened: list[Token], reader: Callable) -> str:
    """A line with its bracket closed: where it can be read, nothing is added to what is
    not alike, and the bracket is needed; of such places the first that a sign marks,
    then the last of those between two letters, then the end.
    """
    text, line, found = writer.text, [*writer.line, Token("", len(writer.text))], {}
    alone = len(opened) == 1 and len(line) < CLOSED
    for k, bracket, needed in places(writer.line) if alone else ():
        head = text[: line[k].at].rstrip()
        own = head + BRACKETS[bracket] + text[len(head) :]
        marked = line[k].text in MARKS or line[k - 1].text in BRACKETS.values()
        place = (0, k) if marked else (1, -k)
        if bracket == "{":
            place = (0, -k)
        elif not line[k].text:
            place = (2 * needed, k)
        found[unlike(own, reader) + (not needed), *place] = own
    best = min(found, default=(9,))
    ends = "".join(BRACKETS[one.text] for one in reversed(opened))
    return found[best] if best[0] < 9 else text + ends


def unlike(text: str, reader: Callable) -> float:
    """How much in a line does not fit; more than that in one that cannot be read."""
    try:
        writer = reader(text)
        return sum(x.kind == "?" for x in writer.sides()) + writer.mixed
    except Mistyped:
        return 9


def readings(tex: str, choices: Sequence[Sequence[str]]) -> list[str]:
    """The TeX with each choice of its signs, the most usual first."""
    if not choices:
        return [tex]
    count = 1
    for signs in choices:
        count *= len(signs)
    if count <= COMBINED:
        ranks = sorted(itertools.product(*(range(len(x)) for x in choices)), key=sum)
    else:
        ranks = [[min(k, len(x) - 1) for x in choices] for k in range(3)]
    found = []
    for rank in ranks:
        own = tex
        for k, signs in enumerate(choices):
            sign = signs[rank[k]]
            own = own.replace(f"{chr(CHOICE + k)} ", sign and f"{sign} ")
        found.append(own)
    return found


def typed(text: str, symbols: Symbols, names: Mapping[str, str] = {}) -> Typed:
    """A line in TeX of the book's language; ``names`` has the TeX of names that the
    reader was asked for.

    Raises Mistyped where it cannot be read, with the place, and where it is likely the
    line that is meant.
    """
    if len(text) > TABLE["longest"]:
        raise Mistyped(say("long", TABLE["longest"]), TABLE["longest"])
    writer = Writer(text.partition("&&")[0], symbols, names)  # a note stands behind it
    if not writer.line:
        raise Mistyped(say("empty"), 0)
    writer.without_shape()
    sides = writer.sides()
    if len(sides) == 2 and re.fullmatch(GOAL, sides[1].tex):
        sides.sort(key=lambda side: not re.fullmatch(GOAL, side.tex))
    if len(sides) > 2:
        writer.note("chain", 0)
    left = readings(sides[0].tex, writer.choices)[0] if len(sides) > 1 else ""
    found = readings(sides[-1].tex, writer.choices)
    return Typed(tuple(found), tuple(writer.notes), tuple(writer.asked), oriented(left))


def valued(context: Context, used: set[str] | frozenset[str] = frozenset()) -> Symbols:
    """Of the letters of a page those that have a value in a context; of those that it
    has by their entries alone, such as p_j = P(j), the ones that are used.
    """
    names = {*context.given, *context.sizes}
    for head, *_, last in (one.sides for one in context.definitions):
        if head.op == "entry" and head.parts[0].parts[0] not in used:
            continue
        head = head.parts[0] if head.op == "entry" else head
        found = [head, *(last.parts if last.op == "stack" else ())]
        names |= {one.parts[0] for one in found if one.op in ("symbol", "call")}
    symbols = Symbols({})
    symbols.known = {
        name: one
        for name, one in context.symbols.known.items()
        if name in names or one.kind in ("identity", "constant") or one.means
    }
    return symbols


def oriented(left: str) -> str:
    """A left side with its sign in front, and an entry in the denominator."""
    while one := re.fullmatch(ORIENTED, left):
        sign = "-" if one[1] != one[2] else ""
        left = sign + one[3]
        if one[4]:
            head, by, end = left.rpartition("{\\partial ")
            left = f"{head}{by}({end[:-1]}){one[4]}}}"
    return left
