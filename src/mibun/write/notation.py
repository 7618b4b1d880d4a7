"""Expressions on paper: Unicode text, plain ASCII, LaTeX and MathML.

One walk from the leaves upward writes all four. Every operation has a writer, which joins the written pieces of its
arguments and brackets those that bind too loosely; an :class:`Alphabet` holds the templates that it fills in. A piece
knows how tightly it binds and what its two ends look like, since that decides how factors may stand side by side:
``2x``, ``x sin x``, ``2 · 3``.

ASCII is exact: the reader makes the same node of it, however odd (``-(-x)``, ``(1)/2``). The other alphabets are for
eyes: they show the same value as a textbook would print it, ``x + (-2)*y`` as ``x − 2y``.

A piece holds its parts and copies none of them, and lengths are added up on the way: a deep graph costs linear time,
and one whose text would be too long is refused before the text exists.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto
from fractions import Fraction
from functools import cache
from itertools import chain
from typing import Final

from mibun.errors import BudgetExceeded
from mibun.node import Node, Number, postorder, symbols
from mibun.ops import FORMULA, ONE, OPS, const

LONGEST: Final = 5_000_000  # characters
SHORT: Final = 80  # a piece up to this length is one plain string
LONG_BITS: Final = 14_000  # Python refuses to print an int of more than 4,300 digits
PRIMES: Final = 3  # f‴(x), but f⁽⁴⁾(x)
RAISED_LENGTH: Final = 8  # an exponent up to this length is written in superscript letters

FUNCTION_NAMES: Final = frozenset({"f", "g", "h", *FORMULA})  # before a bracket, no factors

# How tightly a piece binds, from the loosest.
ANY, OR, AND, COMPARISON, SUM, SIGN, PRODUCT, FRACTION, FUNCTION, POWER, CALL, LEAF = range(12)


class Edge(Enum):
    """What a piece begins or ends with."""

    DIGIT = auto()
    LETTER = auto()
    NAMED = auto()  # a letter that is also the name of a function: f
    WORD = auto()  # a name of several letters
    FUNCTION = auto()  # sin
    APPLIED = auto()  # f(…, e^…
    BRACKET = auto()
    CALLED = auto()  # the brackets after a function's name
    BARE = auto()  # the x of sin x
    ROOT = auto()  # the x of √x
    RAISED = auto()  # x²
    SPACED = auto()  # x^(…), xⁿ, ½: needs air
    OVER = auto()  # the x of 1/x
    SIGN = auto()
    APART = auto()  # ∂y/∂y, (x²)′, a brace
    OTHER = auto()


# How a factor joins the one before, by its beginning: the ends it may touch, the ends after which a space will do.
# After all others it takes a dot.
_SOLID: Final = frozenset({Edge.DIGIT, Edge.LETTER, Edge.NAMED, Edge.RAISED, Edge.BRACKET})
_CLEAR: Final = _SOLID | {Edge.SPACED, Edge.CALLED, Edge.OTHER}
_NONE: Final[frozenset[Edge]] = frozenset()
JOIN: Final[Mapping[Edge, tuple[frozenset[Edge], frozenset[Edge]]]] = {
    Edge.LETTER: (_SOLID, frozenset({Edge.SPACED, Edge.OTHER})),
    Edge.NAMED: (_SOLID, frozenset({Edge.SPACED, Edge.OTHER})),
    Edge.BRACKET: (_SOLID - {Edge.NAMED}, frozenset({Edge.SPACED})),
    Edge.OTHER: (_SOLID, frozenset({Edge.SPACED, Edge.CALLED})),
    Edge.APPLIED: (frozenset({Edge.DIGIT}), _CLEAR),
    Edge.FUNCTION: (_NONE, _CLEAR | {Edge.BARE, Edge.ROOT}),
}


@dataclass(slots=True, eq=False)
class Piece:
    """A written expression. ``inner``: the same without its minus sign, or a piecewise function without its brace."""

    parts: tuple[str | Piece, ...]
    length: int
    level: int
    head: Edge
    tail: Edge
    tall: bool = False
    inner: Piece | None = None

    def __str__(self) -> str:
        out: list[str] = []
        stack: list[str | Piece] = [self]
        while stack:
            part = stack.pop()
            if isinstance(part, str):
                out.append(part)
            else:
                stack += reversed(part.parts)
        return "".join(out)


@dataclass(frozen=True, slots=True)
class Alphabet:
    """What a notation looks like.

    In a template, ``#`` stands for an argument and ``%`` for one that must be a single element, which ``group`` makes
    of it. ``words`` holds the templates that depend on the language. ``names`` says what functions and numbers are
    called, ``greek`` the letters; ``clean`` makes a user's name harmless. ``raised`` and ``lowered`` are the characters
    for exponents and indices, for an alphabet that is a single line.
    """

    writers: Mapping[str, Writer]
    templates: Mapping[str, str]
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    greek: Mapping[str, str] = field(default_factory=dict)
    clean: Callable[[str], str] = str
    raised: Mapping[str, str] = field(default_factory=dict)
    lowered: Mapping[str, str] = field(default_factory=dict)
    group: tuple[str, str] = ("", "")

    @property
    def linear(self) -> bool:
        """Whether fractions, roots and exponents stand on the line, so that they need brackets."""
        return bool(self.raised)


@dataclass(frozen=True, slots=True)
class Pen:
    """What the writers need: the alphabet, what is written so far, which letters are functions, how to write du/dx."""

    alphabet: Alphabet
    templates: Mapping[str, str]
    pieces: dict[Node, Piece]
    applied: frozenset[str]
    partial: bool

    def of(self, node: Node, level: int = ANY) -> Piece:
        """The piece of ``node``, in brackets if it binds looser than ``level``."""
        return self.within(self.pieces[node], level)

    def within(self, piece: Piece, level: int) -> Piece:
        return piece if piece.level >= level else self.bracket(piece)

    def bracket(self, piece: Piece) -> Piece:
        return self.fence("bracket", piece, LEAF, Edge.BRACKET)

    def fence(self, key: str, piece: Piece, level: int = CALL, edge: Edge = Edge.OTHER) -> Piece:
        """``piece`` between two delimiters, which grow with a tall one."""
        key = f"tall {key}" if piece.tall and f"tall {key}" in self.templates else key
        return self.fill(key, piece, level=level, head=edge, tail=edge)

    def fill(
        self,
        key: str,
        *pieces: Piece,
        level: int,
        head: Edge | None = None,
        tail: Edge | None = None,
        tall: bool = False,
        inner: Piece | None = None,
    ) -> Piece:
        """The template ``key`` with ``pieces`` in its places. Its ends are theirs, where the template adds nothing."""
        texts, singles = _split(self.templates[key])
        before, after = self.alphabet.group
        parts: list[str | Piece] = [texts[0]]
        length = len(texts[0])
        for piece, single, text in zip(pieces, singles, texts[1:], strict=True):
            if single and piece.level != LEAF:
                parts += (before, piece, after, text)
                length += len(before) + len(after)
            else:
                parts += (piece, text)
            length += piece.length + len(text)
            tall = tall or piece.tall
        if length <= SHORT:
            parts = ["".join([str(part) for part in parts])]
        if head is None:
            head = Edge.OTHER if texts[0] else pieces[0].head
        if tail is None:
            tail = Edge.OTHER if texts[-1] else pieces[-1].tail
        return Piece(tuple(parts), length, level, head, tail, tall, inner)

    def leaf(self, key: str, text: str, edge: Edge) -> Piece:
        text = text.join(_split(self.templates[key])[0])
        return Piece((text,), len(text), LEAF, edge, edge)

    def number(self, text: str) -> Piece:
        return self.leaf("number", text, Edge.DIGIT)

    def function(self, op: str) -> Piece:
        """The name of a function."""
        name = self.alphabet.names.get(op, op)
        return self.leaf("letter" if len(name) == 1 or name[0] == "\\" else "function", name, Edge.FUNCTION)

    def name(self, name: str) -> Piece:
        """The name of a variable or of an abstract function."""
        base, digits, word = _NAME.fullmatch(name).groups()  # type: ignore[union-attr]
        index = digits or word
        if index and self.alphabet.linear:
            if not index.isdecimal() or not index.isascii():
                return self.leaf("word", self.alphabet.clean(name), Edge.WORD)
            index = "".join([self.alphabet.lowered[digit] for digit in index])
        single = len(base) == 1 or base in self.alphabet.greek
        edge = (Edge.NAMED if name in self.applied else Edge.LETTER) if single else Edge.WORD
        letter = self.alphabet.greek.get(base) or self.alphabet.clean(base)
        piece = self.leaf("letter" if single else "word", letter, edge)
        if not index:
            return piece
        below = self.leaf("number" if digits else "word", self.alphabet.clean(index), edge)
        return self.fill("index", piece, below, level=LEAF, head=edge, tail=edge)


Writer = Callable[[Pen, Node], Piece]

_NAME: Final = re.compile(r"(.*?)(?:_?([0-9]+)|_(\w+))?", re.DOTALL)
EMPTY: Final = Piece(("",), 0, LEAF, Edge.OTHER, Edge.OTHER)


@cache
def _split(template: str) -> tuple[tuple[str, ...], tuple[bool, ...]]:
    """The texts between the places of a template, and which places want a single element."""
    pieces = re.split("([#%])", template)
    return tuple(pieces[::2]), tuple([mark == "%" for mark in pieces[1::2]])


def _write(
    root: Node, alphabet: Alphabet, lang: str = "en", partial: bool | None = None, declared: Sequence[str] = ()
) -> Piece:
    order = postorder(root)
    names = symbols(root)
    writers = alphabet.writers
    if "e" in names or "e" in declared:  # a variable of that name: e^x would be its power
        writers = {**writers, "exp": call}
    pen = Pen(
        alphabet,
        {**alphabet.templates, **(alphabet.words.get(lang) or alphabet.words.get("en", {}))},
        {},
        FUNCTION_NAMES | {node.attrs[0] for node in order if node.op == "apply"},
        len(names) > 1 if partial is None else partial,
    )
    for node in order:
        piece = pen.pieces[node] = writers[node.op](pen, node)
        if piece.length > LONGEST:
            raise BudgetExceeded("text_length", limit=LONGEST)
    return pen.pieces[root]


def _digits(value: int) -> str:
    if value.bit_length() < LONG_BITS:
        return str(value)
    from decimal import Decimal

    return format(Decimal(value), "f")


# For the reader: nothing is moved, merged or left out.


def exact_number(_pen: Pen, node: Node) -> Piece:
    value: Number = node.attrs
    if isinstance(value, float):
        text = repr(value).replace("inf", "1e999").replace("nan", "(1e999 - 1e999)")  # letters would be variables
        level = POWER if "e" in text else LEAF
    elif isinstance(value, Fraction):
        text, level = f"{_digits(value.numerator)}/{_digits(value.denominator)}", PRODUCT
    else:
        text, level = _digits(value), LEAF
    if text[0] == "-":
        return Piece((text,), len(text), PRODUCT, Edge.SIGN, Edge.DIGIT)
    return Piece((text,), len(text), level, Edge.DIGIT, Edge.DIGIT)


def exact_name(pen: Pen, node: Node) -> Piece:
    return pen.leaf("letter", "".join([GREEK_NAMES.get(c, c) for c in node.attrs]), Edge.LETTER)


def exact_sum(pen: Pen, node: Node) -> Piece:
    left, right = pen.of(node.args[0], SUM), pen.of(node.args[1], SIGN)
    if node.op == "sub" and right.head is Edge.SIGN:
        right = pen.bracket(right)
    return pen.fill(node.op, left, right, level=SUM)


def exact_negative(pen: Pen, node: Node) -> Piece:
    piece = pen.of(node.args[0], PRODUCT)
    if piece.head in (Edge.DIGIT, Edge.SIGN):  # a minus sign before a number makes a negative number
        piece = pen.bracket(piece)
    return pen.fill("neg", piece, level=SIGN, head=Edge.SIGN)


def exact_product(pen: Pen, node: Node) -> Piece:
    left, right = pen.of(node.args[0], PRODUCT), pen.of(node.args[1], PRODUCT + 1)
    if node.op == "div" and _makes_fraction(*node.args):
        left = pen.bracket(left)
    return pen.fill(node.op, left, right, level=PRODUCT)


def _makes_fraction(p: Node, q: Node) -> bool:
    integers = p.op == q.op == "const" and type(p.attrs) is type(q.attrs) is int
    return integers and q.attrs > 1 and math.gcd(p.attrs, q.attrs) == 1


def exact_power(pen: Pen, node: Node) -> Piece:
    base, exponent = pen.of(node.args[0], CALL), pen.of(node.args[1], LEAF)
    if node.args[0].op == "e":  # e^x is the exponential function
        base = pen.bracket(base)
    if node.args[1] is ONE:  # in x^1/2 the 1 looks like part of a fraction
        exponent = pen.bracket(exponent)
    return pen.fill("pow", base, exponent, level=POWER, head=Edge.OTHER)  # -2^x is no power of -2


def exact_exponential(pen: Pen, node: Node) -> Piece:
    exponent = pen.of(node.args[0], LEAF)
    return pen.fill("exp", pen.bracket(exponent) if node.args[0] is ONE else exponent, level=POWER)


def exact_apply(pen: Pen, node: Node) -> Piece:
    name, orders = node.attrs
    if len(orders) == 1 and orders[0] <= PRIMES:
        name += "'" * orders[0]
    elif any(orders):
        name += f"[{','.join(map(str, orders))}]"
    return _call(pen, pen.leaf("function", name, Edge.FUNCTION), node.args)


def call(pen: Pen, node: Node) -> Piece:
    """The name of the operation, and its arguments in brackets."""
    return _call(pen, pen.function(node.op), node.args)


def _call(pen: Pen, name: Piece, args: Sequence[Node], head: Edge = Edge.FUNCTION) -> Piece:
    row = pen.of(args[0]) if args else EMPTY
    for arg in args[1:]:
        row = pen.fill("comma", row, pen.of(arg), level=ANY)
    return pen.fill("call", name, pen.bracket(row), level=CALL, head=head, tail=Edge.CALLED)


def comparison(pen: Pen, node: Node) -> Piece:
    return pen.fill(node.op, pen.of(node.args[0], SUM), pen.of(node.args[1], SUM), level=COMPARISON)


def logic(pen: Pen, node: Node) -> Piece:
    level = AND if node.op == "and" else OR
    return pen.fill(node.op, pen.of(node.args[0], level), pen.of(node.args[1], level + 1), level=level)


# For eyes.


def number(pen: Pen, node: Node) -> Piece:
    value: Number = node.attrs
    if value < 0 or (value == 0 and math.copysign(1, value) < 0):
        return _negative(pen, _magnitude(pen, -value))
    return _magnitude(pen, value)


def _magnitude(pen: Pen, value: Number) -> Piece:
    if isinstance(value, Fraction):
        glyph = pen.alphabet.names.get(str(value)) if max(value.numerator, value.denominator) <= 10 else None
        if glyph:
            return Piece((glyph,), len(glyph), FRACTION, Edge.DIGIT, Edge.SPACED)
        return _over(pen, pen.number(_digits(value.numerator)), pen.number(_digits(value.denominator)))
    if isinstance(value, int):
        return pen.number(_digits(value))
    if not math.isfinite(value):
        return pen.leaf("letter", pen.alphabet.names[str(value)], Edge.LETTER)
    mantissa, _, exponent = repr(value).partition("e")
    if not exponent:
        return pen.number(mantissa)
    ten = pen.number(exponent if pen.alphabet.linear else str(int(exponent)))
    return pen.fill("scientific", pen.number(mantissa), ten, level=PRODUCT, tail=Edge.OVER)


def name(pen: Pen, node: Node) -> Piece:
    return pen.name(node.attrs)


def constant(pen: Pen, node: Node) -> Piece:
    return pen.leaf("letter", pen.alphabet.names[node.op], Edge.LETTER)


def total(pen: Pen, node: Node) -> Piece:
    left, right = pen.of(node.args[0], SUM), pen.pieces[node.args[1]]
    if node.op == "sub":
        return pen.fill("sub", left, pen.within(right, PRODUCT), level=SUM)
    if right.level == SIGN and right.inner:
        return pen.fill("sub", left, right.inner, level=SUM)
    right = pen.bracket(right) if right.head is Edge.SIGN else pen.within(right, SUM)
    return pen.fill("add", left, right, level=SUM)


def negative(pen: Pen, node: Node) -> Piece:
    return _negative(pen, pen.of(node.args[0]))


def _negative(pen: Pen, piece: Piece) -> Piece:
    piece = pen.within(piece, PRODUCT)
    return pen.fill("neg", piece, level=SIGN, head=Edge.SIGN, inner=piece)


def product(pen: Pen, node: Node) -> Piece:
    left, right = node.args
    last, first = _factor(left, -1), _factor(right, 0)
    unit = last.op == "const" and abs(last.attrs) in (0, 1)  # nobody writes 1x or 0x
    twice = last.op == "symbol" and last is (first.args[0] if first.op == "pow" else first)  # nor xx
    return _times(pen, pen.pieces[left], pen.pieces[right], dot=unit or twice)


def _factor(node: Node, end: int) -> Node:
    """The first or the last factor of a product."""
    while node.op == "mul":
        node = node.args[end]
    return node


def _times(pen: Pen, left: Piece, right: Piece, dot: bool = False) -> Piece:
    if left.level == SIGN and left.inner:
        return _negative(pen, _times(pen, left.inner, right, dot))
    dot = dot or right.level == SIGN
    left, right = pen.within(left, PRODUCT), pen.within(right, PRODUCT)
    touches, spaced = JOIN.get(right.head, (_NONE, _NONE))
    if dot or right.tail is Edge.OVER:
        key = "dot"
    elif left.tail in touches:
        key = _touch(left, right)
    else:
        key = "space" if left.tail in spaced else "dot"
    return pen.fill(key, left, right, level=PRODUCT)


def _touch(left: Piece, right: Piece) -> str:
    """How to join two factors that may touch: not where their letters would spell something else."""
    end: str | Piece = left
    while isinstance(end, Piece):
        end = next(part for part in reversed(end.parts) if part)
    start: str | Piece = right
    while isinstance(start, Piece):
        start = next(part for part in start.parts if part)
    if re.search(r"\\[A-Za-z]+$", end[-20:]) and start[0].isalpha():
        return "space"
    before = re.search("[A-Za-z]*$", end[-10:]).group()  # type: ignore[union-attr]
    after = re.match("[A-Za-z]*", start[:10]).group()  # type: ignore[union-attr]
    joined = [before[i:] + after[: j + 1] for i in range(len(before)) for j in range(len(after))]
    return "touch" if WORDS.isdisjoint(joined) else "dot"


def quotient(pen: Pen, node: Node) -> Piece:
    top, bottom = pen.of(node.args[0]), pen.of(node.args[1])
    if top.level == SIGN and top.inner:
        return _negative(pen, _over(pen, top.inner, bottom))
    return _over(pen, top, bottom)


def _over(pen: Pen, top: Piece, bottom: Piece) -> Piece:
    if not pen.alphabet.linear:
        head = Edge.DIGIT if top.head is Edge.DIGIT else Edge.OTHER  # 2 ½ is no product
        return pen.fill("div", top, bottom, level=FRACTION, head=head, tail=Edge.RAISED, tall=True)
    top = pen.bracket(top) if top.tail in (Edge.BARE, Edge.OVER) else pen.within(top, PRODUCT)
    bottom = pen.bracket(bottom) if bottom.tail is Edge.BARE else pen.within(bottom, FUNCTION)
    return pen.fill("div", top, bottom, level=PRODUCT, tail=Edge.OVER)


def power(pen: Pen, node: Node) -> Piece:
    base, exponent = node.args
    value = exponent.attrs if exponent.op == "const" else None
    if type(value) is Fraction and value.numerator == 1 and f"root {value.denominator}" in pen.templates:
        return _root(pen, f"root {value.denominator}", base)
    if type(value) is int and value > 1 and base.op in CIRCULAR:  # sin²x is (sin x)²
        return _applied(pen, _raise(pen, pen.function(base.op), exponent), base.args[0], "bare power")
    return _raise(pen, pen.of(base, CALL), exponent)


def exponential(pen: Pen, node: Node) -> Piece:
    return _raise(pen, pen.leaf("letter", pen.alphabet.names["e"], Edge.APPLIED), node.args[0])


def _raise(pen: Pen, base: Piece, exponent: Node) -> Piece:
    piece = _exponent(pen, exponent)
    key, tail = "pow", Edge.RAISED
    if pen.alphabet.linear:
        small = _superscript(pen, exponent, piece)
        if small:
            key, piece = "touch", Piece((small,), len(small), LEAF, Edge.RAISED, Edge.RAISED)
            tail = Edge.SPACED if small[-1].isalpha() else Edge.RAISED
        else:
            piece, tail = pen.within(piece, LEAF), Edge.SPACED
    if base.tail is Edge.NAMED:
        tail = Edge.NAMED
    return pen.fill(key, base, piece, level=POWER, tail=tail)


def _exponent(pen: Pen, node: Node) -> Piece:
    """An exponent is small: it takes x/2 rather than a built-up fraction, 2/3 rather than ⅔."""
    if node.op == "const" and isinstance(node.attrs, Fraction):
        p, q = pen.number(_digits(abs(node.attrs.numerator))), pen.number(_digits(node.attrs.denominator))
        piece = pen.fill("slash", p, q, level=PRODUCT)
        return _negative(pen, piece) if node.attrs < 0 else piece
    if node.op == "const":
        return number(pen, node)
    signed = node.op == "neg"
    fraction = node.args[0] if signed else node
    if fraction.op == "div" and not pen.alphabet.linear:
        top, bottom = map(pen.of, fraction.args)
        if top.level == SIGN and top.inner and not signed:
            top, signed = top.inner, True
        if not (top.tall or bottom.tall):
            piece = pen.fill("slash", pen.within(top, PRODUCT), pen.within(bottom, FUNCTION), level=PRODUCT)
            return _negative(pen, piece) if signed else piece
    return pen.of(node)


def _superscript(pen: Pen, exponent: Node, piece: Piece) -> str:
    """The exponent in superscript characters; empty if it is long, or has a character without such a form."""
    if piece.length > RAISED_LENGTH or any(len(name) > 1 for name in symbols(exponent)):
        return ""
    text = str(piece).replace(" + ", "+").replace(" − ", "−")
    return "".join([pen.alphabet.raised[c] for c in text]) if all(c in pen.alphabet.raised for c in text) else ""


def root(pen: Pen, node: Node) -> Piece:
    return _root(pen, "sqrt", node.args[0])


def _root(pen: Pen, key: str, node: Node) -> Piece:
    if pen.alphabet.linear:
        piece = pen.of(node)
        tail = Edge.ROOT if piece.level == LEAF else Edge.OTHER
        return pen.fill(key, pen.within(piece, LEAF), level=POWER, tail=tail)
    return pen.fill(key, pen.of(node), level=POWER, tail=Edge.RAISED)


def function(pen: Pen, node: Node) -> Piece:
    """A function whose name stands before its argument, without brackets if that is a single sign: sin x, sin(2x)."""
    return _applied(pen, pen.function(node.op), node.args[0])


def _applied(pen: Pen, name: Piece, node: Node, key: str = "bare") -> Piece:
    arg = pen.of(node)
    if arg.level == LEAF:
        return pen.fill(key, name, arg, level=FUNCTION, head=Edge.FUNCTION, tail=Edge.BARE)
    if node.op != "abs" or arg.head is not Edge.OTHER:
        arg = pen.bracket(arg)
    return pen.fill("call", name, arg, level=FUNCTION, head=Edge.FUNCTION, tail=Edge.CALLED)


def logarithm(pen: Pen, node: Node) -> Piece:
    base = pen.of(node.args[1])
    digits = str(base) if base.level == LEAF else ""
    if pen.alphabet.linear:
        if digits.isdecimal() and digits.isascii():
            digits = "".join([pen.alphabet.lowered[digit] for digit in digits])
            base = Piece((digits,), len(digits), LEAF, Edge.RAISED, Edge.RAISED)
        elif base.head in (Edge.LETTER, Edge.NAMED) and len(digits) == 1:
            base = pen.fill("below", base, level=LEAF)
        else:
            return call(pen, node)
    return _applied(pen, pen.fill("index", pen.function("log"), base, level=LEAF), node.args[0])


def fence(pen: Pen, node: Node) -> Piece:
    piece = pen.of(node.args[0])
    if node.op == "abs" and pen.alphabet.linear and (piece.length > SHORT or "|" in str(piece)):
        return call(pen, node)  # one cannot see which bars belong together
    return pen.fence(node.op, piece)


def applied(pen: Pen, node: Node) -> Piece:
    """f(x), f′(x), f⁽⁴⁾(x), ∂f(x, y)/∂x."""
    letter, orders = node.attrs
    variables = {arg for arg in node.args if arg.op == "symbol"}
    if any(orders) and 1 < len(orders) == len(variables):
        return _partial(pen, node)
    name = pen.name(letter)
    if len(orders) == 1 and 0 < orders[0] <= PRIMES:
        name = pen.fill(f"prime {orders[0]}", name, level=LEAF)
    elif any(orders):
        marks = ", ".join(map(str, orders))
        if pen.alphabet.linear and len(orders) == 1:
            marks = "⁽" + "".join([pen.alphabet.raised[digit] for digit in marks]) + "⁾"
        key = "order" if len(orders) == 1 else "orders"
        name = pen.fill(key, name, pen.leaf("number", marks, Edge.DIGIT), level=LEAF)
    return _call(pen, name, node.args, Edge.APPLIED if len(letter) == 1 else Edge.FUNCTION)


def _partial(pen: Pen, node: Node) -> Piece:
    letter, orders = node.attrs
    bottom = EMPTY
    for variable, order in zip(node.args, orders, strict=True):
        if order:
            below = _differential(pen, pen.of(variable))
            below = _raise(pen, below, const(order)) if order > 1 else below
            bottom = below if bottom is EMPTY else _beside(pen, bottom, below)
    return _slope(pen, _differential(pen, _call(pen, pen.name(letter), node.args), sum(orders)), bottom)


def _differential(pen: Pen, piece: Piece, order: int = 1) -> Piece:
    sign = pen.leaf("operator", pen.alphabet.names["d"], Edge.APART)
    return _beside(pen, sign if order == 1 else _raise(pen, sign, const(order)), pen.within(piece, CALL))


def _beside(pen: Pen, left: Piece, right: Piece) -> Piece:
    return pen.fill(_touch(left, right), left, right, level=POWER)


def _slope(pen: Pen, top: Piece, bottom: Piece) -> Piece:
    piece = _over(pen, top, bottom)
    piece.head = Edge.APART
    return piece


def derivative(pen: Pen, node: Node) -> Piece:
    """A derivative that is not worked out: (x²)′, or ∂(xy)/∂y where there are several variables."""
    body, variable = map(pen.of, node.args)
    if pen.partial:
        return _slope(pen, _differential(pen, body), _differential(pen, variable))
    body = pen.bracket(body) if node.args[0].op == "const" else pen.within(body, LEAF)
    return pen.fill("prime 1", body, level=POWER, head=Edge.APART, tail=Edge.APART)


def condition(pen: Pen, node: Node) -> Piece:
    """Two conditions; two comparisons with a common middle make a chain, a < b < c."""
    first, second = node.args
    chained = any(first.op in way and second.op in way for way in (("lt", "le"), ("gt", "ge")))
    if chained and first.args[1] is second.args[0]:
        return pen.fill(second.op, pen.of(first), pen.of(second.args[1], SUM), level=COMPARISON)
    return logic(pen, node)


def negation(pen: Pen, node: Node) -> Piece:
    return pen.fill("not", pen.of(node.args[0], LEAF), level=CALL)


def piecewise(pen: Pen, node: Node) -> Piece:
    """The cases of a function; a ``where`` in the last branch adds its own."""
    test, yes, no = map(pen.of, node.args)
    row = pen.fill("case", yes, test, level=ANY)
    rest = no.inner if node.args[2].op == "where" and no.inner else pen.fill("otherwise", no, level=ANY)
    rows = pen.fill("rows", row, rest, level=ANY)
    return pen.fill("where", rows, level=CALL, head=Edge.APART, tail=Edge.APART, tall=True, inner=rows)


# The alphabets.

CIRCULAR: Final = [name + end for end in ("", "h") for name in ("sin", "cos", "tan", "sec", "csc", "cot")]
COMPARISONS: Final = ["lt", "le", "gt", "ge", "eq", "ne"]

EXACT: Final[Mapping[str, Writer]] = {
    **dict.fromkeys(OPS, call),
    **dict.fromkeys(COMPARISONS, comparison),
    "const": exact_number,
    "symbol": exact_name,
    "e": constant,
    "pi": constant,
    "add": exact_sum,
    "sub": exact_sum,
    "neg": exact_negative,
    "mul": exact_product,
    "div": exact_product,
    "pow": exact_power,
    "exp": exact_exponential,
    "and": logic,
    "or": logic,
    "apply": exact_apply,
}
SHOWN: Final[Mapping[str, Writer]] = {
    **dict.fromkeys(OPS, call),
    **dict.fromkeys(COMPARISONS, comparison),
    **dict.fromkeys(["ln", *CIRCULAR, *["a" + op for op in CIRCULAR]], function),
    "const": number,
    "symbol": name,
    "e": constant,
    "pi": constant,
    "add": total,
    "sub": total,
    "neg": negative,
    "mul": product,
    "div": quotient,
    "pow": power,
    "sqrt": root,
    "exp": exponential,
    "log": logarithm,
    "abs": fence,
    "floor": fence,
    "ceil": fence,
    "where": piecewise,
    "and": condition,
    "or": logic,
    "not": negation,
    "apply": applied,
    "derivative": derivative,
}

_LETTERS: Final = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho ς sigma tau upsilon phi"
    " chi psi omega"
)
GREEK: Final = {
    **{name: chr(ord("α") + i) for i, name in enumerate(_LETTERS.split())},
    **{name.capitalize(): chr(ord("Α") + i) for i, name in enumerate(_LETTERS.split()) if name != "ς"},
}
GREEK_NAMES: Final = {letter: name for name, letter in GREEK.items()}
_LATIN: Final = "ΑΒΕΖΗΙΚΜΝΟΡΤΧος"  # without a LaTeX command
NAMES: Final = {
    **{"a" + op: ("ar" if op[-1] == "h" else "arc") + op for op in CIRCULAR},
    "sign": "sgn",
    "relu": "ReLU",
}
SIGNS: Final = {"gamma": "Γ", "digamma": "ψ", "e": "e", "pi": "π", "d": "∂", "inf": "∞", "nan": "NaN"}
FRACTIONS: Final = {
    **{"1/2": "½", "1/3": "⅓", "2/3": "⅔", "1/4": "¼", "3/4": "¾", "1/5": "⅕", "2/5": "⅖", "3/5": "⅗", "4/5": "⅘"},
    **{"1/6": "⅙", "5/6": "⅚", "1/7": "⅐", "1/8": "⅛", "3/8": "⅜", "5/8": "⅝", "7/8": "⅞", "1/9": "⅑", "1/10": "⅒"},
}
WORDS: Final = frozenset(word for word in chain(FORMULA, GREEK, NAMES.values(), ("log", "lg", "exp")) if len(word) > 1)

_WHOLE: Final = dict.fromkeys(["number", "letter", "word", "function", "operator"], "#")

ASCII: Final = Alphabet(
    writers=EXACT,
    templates={
        **_WHOLE,
        "bracket": "(#)",
        "comma": "#, #",
        "call": "##",
        "add": "# + #",
        "sub": "# - #",
        "neg": "-#",
        "mul": "#*#",
        "div": "#/#",
        "pow": "#^#",
        "exp": "e^#",
        "lt": "# < #",
        "le": "# <= #",
        "gt": "# > #",
        "ge": "# >= #",
        "eq": "# == #",
        "ne": "# != #",
        "and": "# and #",
        "or": "# or #",
    },
    names={"derivative": "diff", "e": "e", "pi": "pi"},
)

TEXT: Final = Alphabet(
    writers=SHOWN,
    templates={
        **ASCII.templates,
        "index": "##",
        "below": "_#",
        "scientific": "#e#",
        "sub": "# − #",
        "neg": "−#",
        "touch": "##",
        "space": "# #",
        "dot": "# · #",
        "slash": "#/#",
        "sqrt": "√#",
        "root 3": "∛#",
        "root 4": "∜#",
        "bare": "# #",
        "bare power": "##",
        "abs": "|#|",
        "floor": "⌊#⌋",
        "ceil": "⌈#⌉",
        "prime 1": "#′",
        "prime 2": "#″",
        "prime 3": "#‴",
        "order": "##",
        "orders": "#[#]",
        "le": "# ≤ #",
        "ge": "# ≥ #",
        "eq": "# = #",
        "ne": "# ≠ #",
        "not": "¬#",
        "where": "{ # }",
        "rows": "#; #",
    },
    words={
        "en": {"case": "# if #", "otherwise": "# otherwise"},
        "ko": {"case": "# (#)", "otherwise": "# (그 외)", "and": "# 그리고 #", "or": "# 또는 #"},
    },
    names={
        **NAMES,
        **SIGNS,
        **FRACTIONS,
    },
    greek=GREEK,
    raised=dict(zip("0123456789+−abcdefghijklmnoprstuvwxyz", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ", strict=True)),
    lowered=dict(zip("0123456789", "₀₁₂₃₄₅₆₇₈₉", strict=True)),
)

LATEX: Final = Alphabet(
    writers=SHOWN,
    templates={
        **_WHOLE,
        "word": r"\mathrm{#}",
        "function": r"\operatorname{#}",
        "index": "#_{#}",
        "bracket": "(#)",
        "tall bracket": r"\left(#\right)",
        "comma": "#, #",
        "call": "##",
        "scientific": r"# \times 10^{#}",
        "add": "# + #",
        "sub": "# - #",
        "neg": "-#",
        "touch": "##",
        "space": "# #",
        "dot": r"# \cdot #",
        "slash": "#/#",
        "div": r"\frac{#}{#}",
        "pow": "#^{#}",
        "sqrt": r"\sqrt{#}",
        **{f"root {n}": rf"\sqrt[{n}]{{#}}" for n in range(3, 10)},
        "bare": "# #",
        "bare power": "# #",
        "abs": r"\lvert #\rvert",
        "tall abs": r"\left\lvert #\right\rvert",
        "floor": r"\lfloor #\rfloor",
        "tall floor": r"\left\lfloor #\right\rfloor",
        "ceil": r"\lceil #\rceil",
        "tall ceil": r"\left\lceil #\right\rceil",
        "prime 1": "#'",
        "prime 2": "#''",
        "prime 3": "#'''",
        "order": "#^{(#)}",
        "orders": "#^{(#)}",
        "lt": "# < #",
        "le": r"# \le #",
        "gt": "# > #",
        "ge": r"# \ge #",
        "eq": "# = #",
        "ne": r"# \ne #",
        "and": r"# \land #",
        "or": r"# \lor #",
        "not": r"\lnot #",
        "where": r"\begin{cases} # \end{cases}",
        "rows": r"# \\ #",
    },
    words={
        "en": {"case": r"# & \text{if } #", "otherwise": r"# & \text{otherwise}"},
        "ko": {"case": "# & (#)", "otherwise": r"# & (\text{그 외})"},
    },
    names={
        **NAMES,
        **{name: "\\" + name for name in CIRCULAR if name not in ("sech", "csch")},
        **{name: "\\" + name for name in ("ln", "log", "min", "max")},
        **{"a" + name: r"\arc" + name for name in ("sin", "cos", "tan")},
        "gamma": r"\Gamma",
        "digamma": r"\psi",
        "e": "e",
        "pi": r"\pi",
        "d": r"\partial",
        "inf": r"\infty",
        "nan": r"\mathrm{NaN}",
    },
    greek={name: "\\" + name for name, letter in GREEK.items() if letter not in _LATIN},
    clean=lambda name: re.sub(r"\W", " ", name).replace("_", r"\_"),
)

MATHML: Final = Alphabet(
    writers=SHOWN,
    templates={
        "number": "<mn>#</mn>",
        **dict.fromkeys(["letter", "word", "function"], "<mi>#</mi>"),
        "operator": "<mo>#</mo>",
        "index": "<msub>%%</msub>",
        "bracket": "<mrow><mo>(</mo>#<mo>)</mo></mrow>",
        "comma": "#<mo>,</mo>#",
        **dict.fromkeys(["call", "bare", "bare power"], "#<mo>\u2061</mo>#"),
        "scientific": "#<mo>×</mo><msup><mn>10</mn>%</msup>",
        "add": "#<mo>+</mo>#",
        "sub": "#<mo>−</mo>#",
        "neg": "<mo>−</mo>#",
        **dict.fromkeys(["touch", "space"], "#<mo>\u2062</mo>#"),
        "dot": "#<mo>⋅</mo>#",
        "slash": "#<mo>/</mo>#",
        "div": "<mfrac>%%</mfrac>",
        "pow": "<msup>%%</msup>",
        "sqrt": "<msqrt>#</msqrt>",
        **{f"root {n}": f"<mroot>%<mn>{n}</mn></mroot>" for n in range(3, 10)},
        "abs": "<mrow><mo>|</mo>#<mo>|</mo></mrow>",
        "floor": "<mrow><mo>⌊</mo>#<mo>⌋</mo></mrow>",
        "ceil": "<mrow><mo>⌈</mo>#<mo>⌉</mo></mrow>",
        "prime 1": "<msup>%<mo>′</mo></msup>",
        "prime 2": "<msup>%<mo>″</mo></msup>",
        "prime 3": "<msup>%<mo>‴</mo></msup>",
        **dict.fromkeys(["order", "orders"], "<msup>%<mrow><mo>(</mo>#<mo>)</mo></mrow></msup>"),
        "lt": "#<mo>&lt;</mo>#",
        "le": "#<mo>≤</mo>#",
        "gt": "#<mo>&gt;</mo>#",
        "ge": "#<mo>≥</mo>#",
        "eq": "#<mo>=</mo>#",
        "ne": "#<mo>≠</mo>#",
        "and": "#<mo>∧</mo>#",
        "or": "#<mo>∨</mo>#",
        "not": "<mo>¬</mo>#",
        "where": "<mrow><mo>{</mo><mtable>#</mtable></mrow>",
        "rows": "##",
    },
    words={
        "en": {
            "case": "<mtr><mtd>#</mtd><mtd><mtext>if </mtext>#</mtd></mtr>",
            "otherwise": "<mtr><mtd>#</mtd><mtd><mtext>otherwise</mtext></mtd></mtr>",
        },
        "ko": {
            "case": "<mtr><mtd>#</mtd><mtd><mo>(</mo>#<mo>)</mo></mtd></mtr>",
            "otherwise": "<mtr><mtd>#</mtd><mtd><mtext>(그 외)</mtext></mtd></mtr>",
        },
    },
    names={**NAMES, **SIGNS},
    greek=GREEK,
    clean=lambda name: name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;"),
    group=("<mrow>", "</mrow>"),
)


def ascii(node: Node, *, declared: Sequence[str] = ()) -> str:
    """Plain text that the reader reads back to the same node, ``read(ascii(node)) is node``.

    ``declared`` are variables that need not occur. Every product has its ``*`` and every power its ``^``. Raises
    ``BudgetExceeded`` beyond five million characters.

    >>> from mibun.ops import const, make, symbol
    >>> x = symbol("x")
    >>> ascii(make("sub", make("mul", const(2), x), make("neg", make("pow", x, const(-2)))))
    '2*x - (-x^(-2))'
    """
    return str(_write(node, ASCII, declared=declared))


def text(node: Node, *, lang: str = "en", partial: bool | None = None) -> str:
    """Unicode text on one line, for terminals.

    ``partial``: a derivative that is not worked out is written ∂u/∂x instead of u′; by default if ``node`` has several
    variables. ``lang`` is the language of the words in a piecewise function. Raises as :func:`ascii`.

    >>> from mibun.ops import const, make, symbol
    >>> x, y = symbol("x"), symbol("y")
    >>> text(make("sub", make("mul", const(2), make("pow", x, const(2))), make("mul", x, make("sin", y))))
    '2x² − x sin y'
    """
    return str(_write(node, TEXT, lang, partial))


def latex(node: Node, *, lang: str = "en", partial: bool | None = None) -> str:
    r"""LaTeX, without dollar signs. For ``lang`` and ``partial`` see :func:`text`. Raises as :func:`ascii`.

    >>> from mibun.ops import const, make, symbol
    >>> print(latex(make("sqrt", make("div", const(1), symbol("x")))))
    \sqrt{\frac{1}{x}}
    """
    return str(_write(node, LATEX, lang, partial))


def mathml(node: Node, *, lang: str = "en", partial: bool | None = None) -> str:
    """Presentation MathML (Core), one ``<math>`` element. For ``lang`` and ``partial`` see :func:`text`. Raises as
    :func:`ascii`.
    """
    body = _write(node, MATHML, lang, partial)
    return f'<math xmlns="http://www.w3.org/1998/Math/MathML" display="block"><mrow>{body}</mrow></math>'
