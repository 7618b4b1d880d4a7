"""The parser both readers share: operator precedence over a list of tokens, with explicit stacks.

No recursion: 100,000 brackets, or a sine nested 20,000 deep, cost time and memory in proportion to their length. What
is written is kept as it is written; nothing is simplified, nothing evaluated. Where an input can be read in several
ways, one is taken and a :class:`Note` says which.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from math import gcd, isfinite
from typing import Any, Final

from mibun.errors import BudgetExceeded, MibunError, ParseError, Span
from mibun.language import fill
from mibun.messages import MESSAGES
from mibun.node import Node, natural, postorder, symbols
from mibun.ops import BOOL, MINUS_ONE, ONE, PI, TWO, E, apply, const, derivative, make, symbol
from mibun.read.vocabulary import FUNCTIONS, INVERSES, LONGEST_ORDER, Header, Named, left_out, nearest

LONGEST: Final = 400_000  # characters
MOST_DIGITS: Final = 4000  # of one number; Python itself stops at 4,300
FLOAT_DIGITS: Final = 15  # that every float keeps
MOST_NOTES: Final = 100
MOST_PRIMES: Final = 100  # on brackets: each looks for the variables inside


@dataclass(frozen=True, slots=True)
class Note:
    """An ambiguity: where, the reading taken, and the other readings. ``key`` names the sentence that says so."""

    span: Span
    taken: str
    others: tuple[str, ...]
    key: str = "note"

    def text(self, lang: str = "en") -> str:
        """The note as a sentence.

        >>> Note((0, 4), "(1/2)*x", ("1/(2*x)",)).text("en")
        'Read as (1/2)*x; it could also mean 1/(2*x).'
        """
        return fill(MESSAGES[self.key][lang][0], {"taken": self.taken, "others": ", ".join(self.others)}, lang)


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read.

    ``variables`` are in the order of the header, without one alphabetical; ``name`` is the header's, else ``f``.
    ``assumptions`` are conditions that the reading takes for granted, as nodes: a > 0 and a ≠ 1 for aˣ.
    """

    node: Node
    variables: tuple[str, ...]
    name: str
    notes: tuple[Note, ...]
    source: str
    assumptions: tuple[Node, ...] = ()


@dataclass(slots=True)
class Tokens:
    """Tokens as parallel lists: kinds, values, and where in the source they begin and end.

    ``n`` number, ``s`` variable or constant, ``g`` a function known by name only, ``f`` a known function, ``D`` d/dx,
    ``r`` a root sign, ``c`` a comparison, ``(`` and ``)`` with the closing bracket as value; others mean themselves.
    """

    kinds: list[str] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)
    begins: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def add(self, kind: str, value: Any, begin: int, end: int) -> None:
        self.kinds.append(kind)
        self.values.append(value)
        self.begins.append(begin)
        self.ends.append(end)


@dataclass(frozen=True, slots=True)
class Leibniz:
    """d/dx and its kin: by which variables and how often, of which function (dy/dx); ``tight``: of one bracket only."""

    by: tuple[tuple[Node, int], ...]
    of: str = ""
    tight: bool = False

    def __str__(self) -> str:
        order = sum(n for _, n in self.by)
        below = [f"d{variable.attrs}" + (f"^{n}" if n > 1 else "") for variable, n in reversed(self.by)]
        return f"d{f'^{order}' if order > 1 else ''}{self.of}/{' '.join(below)}"


def number(text: str, source: str, begin: int, end: int) -> Node:
    """The constant that the digits write: exact without a point or an exponent, else a float.

    A decimal with more digits than a float holds is the exact fraction.
    """
    if len(text) > MOST_DIGITS:
        raise BudgetExceeded("too_many_digits", source=source, span=(begin, end), limit=MOST_DIGITS)
    if text.isdigit():
        return const(int(text))
    value = float(text)
    if not isfinite(value) or (value == 0 and any(d in "123456789" for d in text.lower().partition("e")[0])):
        raise ParseError("float_range", source=source, span=(begin, end))
    if value and len(text) > FLOAT_DIGITS and (exact := Fraction(text)) != Fraction(repr(value)):
        return const(exact)
    return const(value)


# How tightly operators bind, from the loosest.
OR, AND, NOT, COMPARE, SUM, DERIVE, SIGN, PRODUCT, ARGUMENT, SIDE, ROOT, POWER, PRIMARY = range(1, 14)
INFIX: Final[dict[str, tuple[int, str]]] = {
    "+": (SUM, "add"),
    "-": (SUM, "sub"),
    "*": (PRODUCT, "mul"),
    "/": (PRODUCT, "div"),
    "and": (AND, "and"),
    "or": (OR, "or"),
}
_PLAIN: Final = frozenset({"add", "sub", "mul", "and", "or"})
_BESIDE: Final = frozenset({"s", "g", "f", "(", "r", "D", "|"})  # a token that begins a factor
_POSTFIX: Final = frozenset({"^", "!", "'"})
_LETTERS: Final = frozenset({"s", "g"})
_SHOWN: Final = 40  # tokens of an expression that a note repeats
# Letters that one differentiates by; other letters are parameters, and a parameter as a base has to be positive.
_VARIABLES: Final = frozenset({"x", "y", "z", "t", "u", "v", "w", "r", "s", "theta", "phi"})

Entry = tuple[int, str, int, Any]  # power, what to do, token, whatever else it takes


@dataclass(slots=True)
class _Head:
    """A function's name with what is written between it and its argument."""

    named: Named | str  # a name alone: a function known by name only
    index: int
    exponent: Node | None = None
    base: Node | None = None
    primes: int = 0
    last: int = 0  # the token that its last argument begins with
    orders: tuple[int, ...] | None = None
    first: int = 0  # the operand its arguments begin at
    shown: int = 0  # the token after the head

    @property
    def name(self) -> str:
        return self.named if isinstance(self.named, str) else self.named.name


@dataclass(slots=True)
class _Doubt:
    """A note that waits for the end of the operand it speaks of."""

    kind: str
    start: int  # tokens
    middle: int
    end: int


class Parser:
    """One run over one list of tokens."""

    def __init__(self, tokens: Tokens, source: str, *, strict: bool, profile: str | None, names: Sequence[str]) -> None:
        for _ in range(3):  # so that a few tokens may be looked at ahead
            tokens.add("end", None, len(source), len(source))
        self.kinds, self.values = tokens.kinds, tokens.values
        self.begins, self.ends = tokens.begins, tokens.ends
        self.source, self.strict, self.profile, self.names = source, strict, profile, names
        self.i = 0
        self.nodes: list[Node] = []
        self.starts: list[int] = []  # the first token of each operand
        self.ops: list[Entry] = [(0, "start", 0, None)]
        self.frames: list[int] = [0]  # positions in ops of the open brackets
        self.notes: list[Note] = []
        self.beside: set[int] = set()  # tokens with a product sign left out before them
        self.sides: list[int] = []  # those of them inside an argument without brackets
        self.bars: dict[int, tuple[int, int]] = {}  # open bracket: the absolute value last seen in it
        self.bases: list[tuple[Node, Node]] = []  # powers and logarithms with a symbol as base
        self.truths = False
        self.whole: tuple[int, int, str] | None = None  # tokens of what all of the input differentiates, and by what
        self.primes = 0
        self._match: dict[int, int] | None = None
        for note in tokens.notes:
            self._note(note)

    # Errors and notes

    def fail(self, key: str, i: int, j: int | None = None, **facts: object) -> ParseError:
        """The error ``key`` at tokens i to j."""
        return ParseError(key, source=self.source, span=(self.begins[i], self.ends[i if j is None else j]), **facts)

    def _note(self, note: Note) -> None:
        if self.strict:
            others = ", ".join(note.others)
            raise ParseError("ambiguous", source=self.source, span=note.span, taken=note.taken, others=others)
        if len(self.notes) < MOST_NOTES:
            self.notes.append(note)

    def note(self, i: int, j: int, taken: str, *others: str, key: str = "note") -> None:
        self._note(Note((self.begins[i], self.ends[j]), taken, others, key))

    def shown(self, i: int, j: int) -> str:
        """Tokens i up to, not including, j as plain text."""
        if len(self.notes) >= MOST_NOTES:
            return ""
        if j - i > _SHOWN:
            return self.shown(i, i + _SHOWN // 2) + "..." + self.shown(j - 3, j)
        kinds, out = self.kinds, []
        for k in range(i, j):
            kind, value = kinds[k], self.values[k]
            if k in self.beside and k > i:
                out.append("*")
            if kind in "()" and self._single(k if kind == "(" else k - 2, i, j):
                continue
            if kind in _LETTERS:
                text = str(value.attrs or value.op)
            elif kind == "n":
                text = str(value.attrs) if self.ends[k] - self.begins[k] <= _SHOWN else "..."
            elif kind == "f":
                text = value.name if kinds[k + 1] in ("(", "^", "_") else f"{self._called(value.name)} "
            elif kind == "r":
                text = value.name
            elif kind == "c":
                text = _COMPARISONS[value]
            elif kind == "D":
                text = f"{value}" if value.of else f"{value} "
            elif kind == "skip":
                continue
            else:
                text = f" {kind} " if kind in ("and", "or", "not") else _SQUARE[kind] if value == "]" else kind
            out.append(text)
        return "".join(out)

    def within(self, i: int, j: int) -> str:
        """Tokens i up to, not including, j without brackets around them all."""
        while i < j and self.kinds[i] == "(" and self.match(i) == j - 1:
            i, j = i + 1, j - 1
        return self.shown(i, j)

    def _called(self, name: str) -> str:
        """What a function is called in a note, if its argument stands without brackets."""
        return "ln" if name == "log" and self.profile != "ko-school" else name

    def _single(self, k: int, i: int, j: int) -> bool:
        """Whether brackets open at k around a single token, without being a function's."""
        kinds = self.kinds
        inside = i <= k and k + 2 < j and kinds[k] == "(" and kinds[k + 1] in ("n", "s") and kinds[k + 2] == ")"
        return inside and (k == 0 or kinds[k - 1] not in ("f", "g")) and type(self.values[k + 1].attrs) is not Fraction

    def match(self, i: int) -> int:
        """The bracket that closes the one at i."""
        if self._match is None:
            self._match, opened = {}, []
            for k, kind in enumerate(self.kinds):
                if kind == "(":
                    opened.append(k)
                elif kind == ")" and opened:
                    self._match[opened.pop()] = k
        return self._match.get(i, i)

    # The machine

    def run(self) -> Node:
        """The node that the tokens say."""
        kinds, values, nodes, starts, ops = self.kinds, self.values, self.nodes, self.starts, self.ops
        infix, reduce = INFIX, self.reduce
        if kinds[0] == "end":
            raise ParseError("empty", source=self.source, span=(0, len(self.source)))
        i = 0
        while True:
            kind = kinds[i]
            if kind in {"n", "s"}:
                nodes.append(values[i])
                starts.append(i)
                i += 1
            else:
                self.i = i
                complete = self.operand(kind)
                i = self.i
                if not complete:
                    continue
            while True:
                kind = kinds[i]
                row = infix.get(kind)
                if row is not None:
                    power, name = row
                    doubt = reduce(power, i) if ops[-1][0] >= power else None
                    if doubt is not None and (power != PRODUCT or kinds[i + 1] in ("f", "D", "g")):
                        doubt = None  # no one reads sin x · cos x as sin(x · cos x)
                    ops.append((power, name, i, doubt and [doubt]))
                    i += 1
                    break
                if kind == ")":
                    self.i = i
                    if not self.close():
                        i = self.i
                        break
                    i = self.i
                elif kind == "^":
                    reduce(POWER + 1, i)
                    _, what, at, bare = ops[-1]
                    if what == "root":
                        doubt = _Doubt("power", at, at + 1, i)
                    else:
                        plain = what != "bare" or nodes[-1] is E
                        doubt = None if plain else _Doubt("power", bare.index, bare.shown, i)
                    ops.append((POWER, "pow", i, doubt and [doubt]))
                    i += 1
                    break
                elif kind in _BESIDE and not (kind == "|" and ops[self.frames[-1]][1] == "bars"):
                    self.i = i
                    self.product()
                    break
                elif kind == "end":
                    reduce(OR, i)
                    if len(ops) > 1:
                        raise self.unclosed(ops[-1])
                    return nodes[0]
                else:
                    self.i = i
                    complete = self.continued(kind)
                    i = self.i
                    if not complete:
                        break

    def operand(self, kind: str) -> bool:
        """A token where an operand may begin; whether the operand is complete with it."""
        i, kinds, ops = self.i, self.kinds, self.ops
        self.i = i + 1
        if kind == "-":
            if kinds[i + 1] == "n" and kinds[i + 2] not in _POSTFIX:
                self.push(const(-self.values[i + 1].attrs), i)
                self.i = i + 2
                return True
            ops.append((max(SIGN, ops[-1][0]), "neg", i, None))
        elif kind == "(":
            self.open("group", i)
        elif kind == "|":
            self.open("bars", i)
        elif kind == "f":
            return self.head(_Head(self.values[i], i))
        elif kind == "g":
            if self.applied(i + 1):
                return self.head(_Head(self.values[i].attrs, i))
            self.push(self.values[i], i)
            return True
        elif kind == "D":
            return self.leibniz(i, self.values[i])
        elif kind == "r":
            ops.append((ROOT, "root", i, None))
        elif kind == "not":
            self.truths = True
            ops.append((NOT, "not", i, None))
        elif kind not in ("+", "skip"):
            raise self.missing(i)
        return False

    def push(self, node: Node, start: int) -> None:
        self.nodes.append(node)
        self.starts.append(start)

    def open(self, what: str, i: int, extra: Any = None) -> None:
        self.bars.pop(len(self.ops), None)
        self.frames.append(len(self.ops))
        self.ops.append((0, what, i, extra))

    def missing(self, i: int) -> ParseError:
        """The error that an operand is missing before token i."""
        kinds = self.kinds
        if kinds[i] == "end" and len(self.frames) > 1 and (i == 0 or kinds[i - 1] in ("(", ",", "|")):
            return self.unclosed(self.ops[self.frames[-1]])
        if i > 0 and kinds[i - 1] not in (")", "skip"):
            if kinds[i] == ")" and kinds[i - 1] == "(":
                return self.fail("empty_brackets", i - 1, i)
            return self.fail("missing_after", i - 1, token=self.spelt(i - 1))
        if kinds[i] == ")":
            return self.fail("unopened", i, token=self.spelt(i))
        return self.fail("unexpected", i, token=self.spelt(i))

    def spelt(self, i: int) -> str:
        text = self.source[self.begins[i] : self.ends[i]].strip()
        return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"

    def unclosed(self, frame: Entry) -> ParseError:
        return self.fail("unclosed", frame[2], token=self.spelt(frame[2]))

    def continued(self, kind: str) -> bool:
        """The rarer tokens after an operand; whether the operand still stands complete."""
        i, nodes, starts = self.i, self.nodes, self.starts
        self.i = i + 1
        if kind == "c" or (kind == "=" and len(self.frames) > 1):
            self.compare(i, self.values[i] if kind == "c" else "eq")
            return False
        if kind == "!":
            nodes[-1] = make("gamma", make("add", nodes[-1], ONE))
            return True
        if kind == "'":
            self.prime(i)
            return True
        if kind == "|":
            self.reduce(OR, i)
            frame = self.ops.pop()
            self.frames.pop()
            nodes[-1], starts[-1] = make("abs", nodes[-1]), frame[2]
            self.bars[self.frames[-1]] = frame[2], i
            return True
        if kind == ",":
            self.reduce(OR, i)
            _, what, at, head = self.ops[-1]
            if what == "call":
                if self.values[at] == "cases" and self.values[i] is None and (len(nodes) - head.first) % 2 == 0:
                    self.ops.append((OR, "and", i, None))  # the condition x > 0, x < 1
                return False
            if what == "bars":
                raise self.unclosed(self.ops[-1])
            digits = self.kinds[i - 1] == self.kinds[i + 1] == "n"
            touching = self.ends[i - 1] == self.begins[i] and self.ends[i] == self.begins[i + 1]
            raise self.fail("comma" if digits and touching else "one_function", i)
        if kind == "skip":
            return True
        if kind == "n":
            self.same_line(i)
            if self.kinds[i - 1] == "n":
                end = i + 2 if self.kinds[i + 1] == "/" and self.kinds[i + 2] == "n" else i
                second = self.source[self.begins[i] : self.ends[end]]
                raise self.fail("two_numbers", i - 1, end, first=self.spelt(i - 1), second=second[:_SHOWN])
            raise self.fail("number_after", i, number=self.spelt(i))
        if kind == "=":
            raise self.fail("equation", i)
        raise self.fail("unexpected", i, token=self.spelt(i))

    def reduce(self, power: int, i: int) -> _Doubt | None:
        """Carry out what waits and binds at least as tightly as ``power``, before token i.

        Returns the doubt whether an argument without brackets ends here.
        """
        ops, nodes, starts = self.ops, self.nodes, self.starts
        doubt = None
        while ops[-1][0] >= power:
            entry = ops.pop()
            name = entry[1]
            if name in _PLAIN:
                right = nodes.pop()
                starts.pop()
                nodes[-1] = make(name, nodes[-1], right)
                if entry[3] is not None:
                    self.settle(entry[3], i)
            elif name == "bare":
                doubt = self.bare(entry, i)
            else:
                _REDUCE[name](self, entry, i)
        return doubt

    def divide(self, entry: Entry, i: int) -> None:
        nodes, kinds, at = self.nodes, self.kinds, entry[2]
        q, p = nodes.pop(), nodes[-1]
        right, left = self.starts.pop(), self.starts[-1]
        if (
            p.op == q.op == "const"
            and type(p.attrs) is type(q.attrs) is int
            and kinds[right] == "n"
            and kinds[at - 1] == "n"
            and at - left <= 2
            and q.attrs > 1
            and gcd(p.attrs, q.attrs) == 1
        ):
            nodes[-1] = const(Fraction(p.attrs, q.attrs))
        else:
            nodes[-1] = make("div", p, q)
            if q.op == "const" and right == at + 1 == i - 1 and kinds[at - 1] == "n":
                self.doubt_exponent(left, at)
        if entry[3] is not None:
            self.settle(entry[3], i)

    def doubt_exponent(self, left: int, at: int) -> None:
        """x^1/2 and x^-3/2; x^3/2 is how a calculator would write x³/2."""
        kinds, p, q = self.kinds, self.values[at - 1].attrs, self.values[at + 1].attrs
        minus = kinds[at - 2] == "-"
        caret = at - 2 - minus
        tight = all(self.ends[k] == self.begins[k + 1] for k in range(caret, at + 1))
        if kinds[caret] == "^" and tight and type(p) is type(q) is int and (minus or p == 1) and gcd(p, q) == 1 < q:
            fraction = Fraction(-p if minus else p, q)
            self.note(left, at + 1, f"({self.shown(left, at)})/{q}", f"{self.shown(left, caret)}^({fraction})")

    def raise_(self, entry: Entry, i: int) -> None:
        at, exponent = entry[2], self.nodes.pop()
        self.starts.pop()
        base, left = self.nodes[-1], self.starts[-1]
        if base is E and at - left == 1:
            self.nodes[-1] = make("exp", exponent)
            return
        self.nodes[-1] = make("pow", base, exponent)
        if base.op == "symbol" and exponent.op != "const":
            self.bases.append((base, exponent))
        if entry[3] is not None:
            self.settle(entry[3], i)
        power = exponent.attrs
        if type(power) is Fraction and power.denominator % 2 and (base.op in ("const", "neg")):
            size = base.args[0] if base.op == "neg" else base
            if size.op == "const" and (base.op == "neg" or size.attrs < 0):
                root = f"{self.shown(left, at).strip('(-)')}^({power})"
                turn = "i*pi" if power.numerator == 1 else f"{power.numerator}*i*pi"
                taken = f"-({root})" if power.numerator % 2 else root
                self.note(left, i - 1, taken, f"{root}*e^({turn}/{power.denominator})")

    def settle(self, doubts: list[_Doubt], i: int) -> None:
        """Write the notes that waited for the operand that ends before token i."""
        for doubt in doubts:
            start, middle, end = doubt.start, doubt.middle, doubt.end
            head, body, tail = self.shown(start, middle).strip(), self.shown(middle, end), self.shown(end, i)
            taken, other = _READINGS[doubt.kind]
            fields = {"head": head, "body": body, "last": body[1:], "tail": tail, "inner": self.within(middle, end)}
            self.note(start, i - 1, taken.format_map(fields), other.format_map(fields))

    def product(self) -> None:
        """A product sign left out before token i."""
        i, kinds, ops, starts = self.i, self.kinds, self.ops, self.starts
        self.same_line(i)
        kind = kinds[i]
        self.beside.add(i)
        doubts = []
        name, at = ops[-1][1], ops[-1][2]
        if kind in _LETTERS and self.ends[i - 1] == self.begins[i]:
            if name == "pow" and kinds[starts[-1]] in ("n", "s", "g", "-"):
                doubts.append(_Doubt("exponent", starts[-2], at, i))
            elif name == "root" and kinds[i - 1] != ")":
                doubts.append(_Doubt("root", at, at + 1, i))
        elif kind == "|":
            self.doubt_bars(i)
        self.reduce(SIDE, i)
        if ops[-1][0] == ARGUMENT and not (kind == "f" or (kind == "g" and self.applied(i + 1))):
            self.sides.append(i)
            ops.append((SIDE, "mul", i, doubts or None))
            return
        self.reduce(ARGUMENT, i)
        power, name, at, waiting = ops[-1]
        if name == "div":
            doubts.append(_Doubt("quotient", starts[-2], at, i))
        elif name == "mul" and at in self.beside and waiting is not None:
            ops[-1] = (power, name, at, None)  # its operand goes on
            doubts += waiting
        self.reduce(PRODUCT, i)
        ops.append((PRODUCT, "mul", i, doubts or None))

    def same_line(self, i: int) -> None:
        """Token i may follow without a sign only on the same line."""
        begin, end = self.ends[i - 1], self.begins[i]
        if begin < end and len(self.frames) == 1 and _NEW_LINE.search(self.source, begin, end):
            raise self.fail("one_function", i)

    def doubt_bars(self, i: int) -> None:
        """|a| b |c|, where the bar at i opens, could be |a |b| c|."""
        start, end = self.bars.get(self.frames[-1], (0, i))
        if end + 1 in self.beside and end + 1 < i:
            a, b = self.shown(start + 1, end), self.shown(end + 1, i)
            self.note(start, i, f"abs({a})*{b}*abs(...)", f"abs({a}*abs({b})*...)")

    def close(self) -> bool:
        """A closing bracket; whether an operand is complete with it."""
        i, ops = self.i, self.ops
        self.reduce(OR, i)
        _, what, at, extra = ops[-1]
        if what == "start":
            raise self.fail("unopened", i, token=self.spelt(i))
        if what == "bars":
            raise self.unclosed(ops[-1])
        if self.values[at] != self.values[i]:
            raise self.fail("mismatch", at, i, first=self.spelt(at), second=self.spelt(i))
        ops.pop()
        self.frames.pop()
        self.i = i + 1
        if what == "group":
            self.starts[-1] = at
            return True
        if what == "call":
            args, extra.last = self.nodes[extra.first :], self.starts[-1]
            del self.nodes[extra.first :], self.starts[extra.first :]
            self.push(self.call(extra, args, i), extra.index)
            return True
        setattr(extra, what, self.nodes.pop())  # the exponent or the base of a head
        self.starts.pop()
        return self.head(extra)

    # Functions

    def applied(self, i: int) -> bool:
        """Whether token i goes on with a function's name: a bracket, a prime, f^2(x)."""
        kinds = self.kinds
        if kinds[i] == "^":
            if kinds[i + 1] == "-" and kinds[i + 2] == "n":
                return kinds[i + 3] == "("
            after = self.match(i + 1) if kinds[i + 1] == "(" else i + 1
            return kinds[i + 1] in ("n", "(") and kinds[after + 1] == "("
        return kinds[i] in ("(", "'")

    def head(self, head: _Head) -> bool:
        """Go on after a function's name: exponent, base, primes, then the argument."""
        kinds, values = self.kinds, self.values
        if head.shown == 0:
            head.shown = head.index + 1
        while True:
            i = self.i
            kind = kinds[i]
            if kind == "^" and isinstance(head.named, str) and self._raised_orders(head, i):
                continue
            power = kind == "^" and head.exponent is None and not (head.primes and isinstance(head.named, str))
            if power or (kind == "_" and head.base is None and head.name == "log"):
                what = "exponent" if kind == "^" else "base"
                after = kinds[i + 1]
                self.i = i + 2
                if after == "(":
                    self.open(what, i + 1, head)
                    return False
                if after == "-" and kinds[i + 2] in ("n", "s"):
                    node = values[i + 2]
                    setattr(head, what, const(-node.attrs) if kinds[i + 2] == "n" else make("neg", node))
                    self.i = i + 3
                elif after in ("n", "s", "g"):
                    setattr(head, what, values[i + 1])
                else:
                    raise self.missing(i + 1)
            elif kind == "'":
                head.primes += 1
                self.i = i + 1
            elif kind == "(" and values[i] == "]" and isinstance(head.named, str) and (end := self._orders(i)):
                head.orders = tuple([v.attrs for v in values[i + 1 : end : 2]])
                self.i = end + 1
            else:
                break
        if max((head.primes, *(head.orders or ()))) > LONGEST_ORDER:
            raise self.fail("order_written", head.index, i, limit=LONGEST_ORDER)
        head.shown = i
        if kind == "(":
            head.first = len(self.nodes)
            self.open("call", i, head)
            self.i = i + 1
            return False
        if isinstance(head.named, str):
            if head.orders is not None or head.exponent is not None or head.primes == 0:
                raise self.fail("needs_argument", head.index, name=head.name)
            self.push(apply(head.name, self.variable(head.index), orders=(head.primes,)), head.index)
            return True
        if kind in ("end", ")", ",", "*", "/", "^", "_", "!", "c", "="):
            raise self.fail("needs_argument", head.index, name=head.name)
        if head.named.least > 1:
            key = {"where": "words_where", "diff": "words_diff"}.get(head.name, "needs_brackets")
            name = head.name if key == "needs_brackets" else self.spelt(head.index)
            raise self.fail(key, head.index, name=name)
        # The argument of ln |x| ends with it, like one in brackets.
        self.ops.append((PRIMARY if kind == "|" else ARGUMENT, "bare", i, head))
        return False

    def _orders(self, i: int) -> int | None:
        """The end of ``[1,0]`` if that stands at i."""
        end = self.match(i)
        whole = all(
            kind == ("n" if (k - i) % 2 else ",") and (kind == "," or type(self.values[k].attrs) is int)
            for k, kind in enumerate(self.kinds[i + 1 : min(end, i + 200)], i + 1)
        )
        return end if whole and (end - i) % 2 == 0 and self.kinds[end + 1] in ("(", ")") else None

    def _raised_orders(self, head: _Head, i: int) -> bool:
        """Take f^(2)(x) and f^{(1,0)}(x, y) as derivatives."""
        braces = self.values[i + 1] == "}"
        at = i + 1 + braces
        if self.kinds[at] != "(" or self.values[at] != ")" or not (end := self._orders(at)):
            return False
        if self.kinds[end + 1 + braces] != "(":
            return False
        head.orders = tuple([v.attrs for v in self.values[at + 1 : end : 2]])
        self.i = end + 1 + braces
        if not braces and len(head.orders) == 1:
            n = head.orders[0]
            self.note(head.index, end, f"{head.name}[{n}](...)", f"{head.name}(...)^{n}")
        return True

    def variable(self, i: int) -> Node:
        """The variable of y'."""
        return symbol(self.names[0] if len(self.names) == 1 else "x")

    def bare(self, entry: Entry, i: int) -> _Doubt | None:
        """The argument of a function without brackets ends before token i."""
        head: _Head = entry[3]
        argument, start = self.nodes.pop(), self.starts.pop()
        sides = []
        while self.sides and self.sides[-1] > start:
            sides.append(self.sides.pop())
        bounds = [start, *reversed(sides), i]
        letters = [
            # Beside √2x, sqrt 2x is not clear either.
            head.name == "sqrt" or not (self.kinds[stop - 1] == "n" or (self.values[stop - 1] is PI and stop - at == 1))
            for at, stop in pairwise(bounds)
        ]
        if sum(letters) > 1:
            at = bounds[letters.index(True) + 1]
            name = self.shown(head.index, head.shown).strip()
            first, rest = self.shown(start, at), self.shown(at, i)
            self.note(head.index, i - 1, f"{name}({first}*{rest})", f"{name}({self.within(start, at)})*{rest}")
        elif head.name == "exp" and argument is not TWO and self.source.startswith("exp2", self.begins[head.index]):
            self.note(head.index, i - 1, f"exp({self.shown(start, i)})", f"2^{self.shown(start + 1, i)}")
        self.push(self.call(head, [argument], i - 1), head.index)
        return _Doubt("argument", head.index, head.shown, i) if entry[0] == ARGUMENT else None

    def call(self, head: _Head, args: list[Node], i: int) -> Node:
        """The function applied; its last token is i."""
        if isinstance(head.named, str):
            return self.apply(head, args, i)
        named, exponent = head.named, head.exponent
        if exponent is not None and (exponent.op == "neg" or (exponent.op == "const" and exponent.attrs < 0)):
            if exponent is not MINUS_ONE or named.name not in INVERSES:
                raise self.fail("negative_power", head.index, head.shown - 1, name=named.name)
            inside = self.inside(head, i)
            self.note(head.index, i, f"{INVERSES[named.name]}({inside})", f"1/{named.name}({inside})")
            named, exponent = FUNCTIONS[INVERSES[named.name]], None
        if named.name == "log" and len(args) == 1:
            if head.base is not None:
                args.append(head.base)
                if head.base.op == "symbol":
                    self.bases.append((head.base, args[0]))
            elif self.profile == "ko-school":
                args.append(const(10))
            else:
                inside = self.inside(head, i)
                self.note(head.index, i, f"ln({inside})", f"log({inside}, 10)", key="note_log")
                named = FUNCTIONS["ln"]
        elif head.base is not None:
            raise self.fail("two_bases", head.index, i)
        elif named.name in ("log2", "log10") and self.kinds[head.shown] != "(":
            base, inside = named.name[3:], self.inside(head, i)
            self.note(head.index, i, f"log({inside}, {base})", f"log({base}*{inside})")
        elif named.name in ("where", "cases"):
            self.truths = True
        elif named.name == "log" and len(args) > 1 and args[1].op == "symbol":
            self.bases.append((args[1], args[0]))
        if len(args) < named.least or (named.most is not None and len(args) > named.most):
            kind = "count" if named.least == named.most else "least" if named.most is None else "range"
            facts = {"wanted": named.least, "least": named.least, "most": named.most}
            raise self.fail(f"argument_{kind}", head.index, i, name=named.name, given=len(args), **facts)
        if head.primes:
            if args[0].op != "symbol" or exponent is not None:
                raise self.fail("prime_of_value", head.index, i, name=named.name)
            node = named.build(*args)
            for _ in range(head.primes):
                node = derivative(node, args[0])
            return node
        if named.name == "cases" and len(args) % 2 == 0 and left_out(tuple(args[1::2])) == "points":
            self.note(head.last, i - 1, "otherwise", self.within(head.last, i), key="note_cases")
        try:
            node = named.build(*args)
        except MibunError as error:
            raise self.fail(error.key, head.index, i, **error.facts) from None
        return node if exponent is None else make("pow", node, exponent)

    def inside(self, head: _Head, i: int) -> str:
        return self.within(head.shown, i + 1)

    def apply(self, head: _Head, args: list[Node], i: int) -> Node:
        name, orders = head.name, head.orders
        if head.primes:
            if len(args) > 1 or orders is not None:
                raise self.fail("prime_of_several", head.index, i, name=name)
            orders = (head.primes,)
        if orders is not None and len(orders) != len(args):
            raise self.fail("argument_count", head.index, i, name=name, wanted=len(orders), given=len(args))
        node = apply(name, *args, orders=orders)
        if head.exponent is None:
            return node
        if head.exponent.op == "neg" or (head.exponent.op == "const" and head.exponent.attrs < 0):
            raise self.fail("negative_power", head.index, head.shown - 1, name=name)
        inside = self.inside(head, i)
        power = self.shown(head.index + 1, head.shown)
        self.note(head.index, i, f"{name}({inside}){power}", f"{name}({name}({inside}))")
        return make("pow", node, head.exponent)

    # Derivatives

    def leibniz(self, i: int, mark: Leibniz) -> bool:
        """d/dx before its product, d(…)/dx, dy/dx."""
        if sum(n for _, n in mark.by) > LONGEST_ORDER:
            raise self.fail("order_written", i, limit=LONGEST_ORDER)
        if not mark.of:
            self.ops.append((PRIMARY if mark.tight else DERIVE, "derive", i, mark))
            return False
        by = [variable for variable, _ in mark.by]
        args = sorted(set(by), key=lambda variable: natural(str(variable.attrs)))
        if {variable.attrs for variable in by} <= set(self.names):
            args = [symbol(name) for name in self.names]
        orders = dict.fromkeys(args, 0)
        for variable, n in mark.by:
            orders[variable] += n
        self.push(apply(mark.of, *args, orders=tuple(orders.values())), i)
        return True

    def derive(self, entry: Entry, i: int) -> None:
        _, _, at, mark = entry
        node, start = self.nodes[-1], self.starts[-1]
        if not mark.tight and self.kinds[start] == "(" and node.op in ("mul", "div") and self.match(start) < i - 1:
            end = self.match(start) + 1
            name, first, rest = self.shown(at, at + 1).strip(), self.shown(start, end), self.shown(end, i)
            rest = rest if rest[:1] in "*/" else "*" + rest
            self.note(at, i - 1, f"{name} ({first}{rest})", f"({name} {first}){rest}")
        for variable, n in mark.by:
            for _ in range(n):
                node = derivative(node, variable)
        if at == 0 and self.kinds[i] == "end":
            by = [str(variable.attrs) + (f", {n}" if n > 1 else "") for variable, n in mark.by]
            self.whole = start, i, ", ".join(by)
        self.nodes[-1], self.starts[-1] = node, at

    def prime(self, i: int) -> None:
        """A prime after an operand: (x^2)', y'."""
        nodes, start = self.nodes, self.starts[-1]
        kind = self.kinds[i - 1]
        node = nodes[-1]
        if kind == "'" and node.op == "apply" and self.kinds[start] == "s":
            name, orders = node.attrs
            if orders[0] >= LONGEST_ORDER:
                raise self.fail("order_written", i, limit=LONGEST_ORDER)
            nodes[-1] = apply(name, *node.args, orders=(orders[0] + 1,))
            return
        if kind == "s" and start == i - 1 and node.op == "symbol" and node.attrs not in self.names:
            by = self.variable(start)
            if node is not by:
                nodes[-1] = apply(node.attrs, by, orders=(1,))
                return
        elif kind not in (")", "|", "'", "s"):
            raise self.fail("prime_of_number", i)
        self.primes += 1
        if self.primes > MOST_PRIMES:
            span = (self.begins[i], self.ends[i])
            raise BudgetExceeded("order_written", source=self.source, span=span, limit=MOST_PRIMES)
        by = self.by(node, start, i)
        nodes[-1] = derivative(node, by)
        if start == 0 and self.kinds[i + 1] == "end":
            first = i
            while self.kinds[first - 1] == "'":
                first -= 1
            self.whole = 0, first, f"{by.attrs}" + (f", {i - first + 1}" if first < i else "")

    def by(self, node: Node, start: int, i: int) -> Node:
        """The variable that a prime differentiates by."""
        if len(self.names) == 1:
            return symbol(self.names[0])
        free = symbols(node)
        likely = [name for name in free if name in _VARIABLES] or list(free)
        if len(likely) < 2:
            return symbol(likely[0] if likely else "x")
        if "x" not in likely:
            raise self.fail("which_prime", start, i, names=", ".join(likely))
        shown = self.shown(start, i)
        self.note(start, i, f"d/dx {shown}", *[f"d/d{name} {shown}" for name in likely if name != "x"][:3])
        return symbol("x")

    # Conditions

    def compare(self, i: int, name: str) -> None:
        """a < b, and a < b < c."""
        self.truths = True
        self.reduce(COMPARE + 1, i)
        ops, nodes = self.ops, self.nodes
        chained = ops[-1][0] == COMPARE
        if chained:
            middle = nodes[-1]
            self.reduce(COMPARE, i)
            self.push(middle, self.starts[-1])
        ops.append((COMPARE, "compare", i, (name, chained)))

    def compared(self, entry: Entry, i: int) -> None:
        name, chained = entry[3]
        right = self.nodes.pop()
        self.starts.pop()
        self.nodes[-1] = make(name, self.nodes[-1], right)
        if chained:
            last = self.nodes.pop()
            self.starts.pop()
            self.nodes[-1] = make("and", self.nodes[-1], last)

    def negate(self, entry: Entry, i: int) -> None:
        self.nodes[-1], self.starts[-1] = make(entry[1], self.nodes[-1]), entry[2]

    def extract(self, entry: Entry, i: int) -> None:
        """A root sign."""
        self.nodes[-1], self.starts[-1] = self.values[entry[2]].build(self.nodes[-1]), entry[2]


_REDUCE: Final[dict[str, Callable[[Parser, Entry, int], None]]] = {
    "div": Parser.divide,
    "pow": Parser.raise_,
    "neg": Parser.negate,
    "not": Parser.negate,
    "root": Parser.extract,
    "derive": Parser.derive,
    "compare": Parser.compared,
}
_SQUARE: Final = {"(": "[", ")": "]"}
# How the two readings are written, from the tokens before, in the middle and after.
_READINGS: Final = {
    "quotient": ("({head}{body})*{tail}", "{head}/({last}*{tail})"),  # a/b c
    "exponent": ("({head}{body})*{tail}", "{head}^({last}*{tail})"),  # a^b c
    "root": ("{head}({inner})*{tail}", "{head}({body}*{tail})"),  # √a b
    "power": ("{head}({body}{tail})", "{head}({inner}){tail}"),  # sin x^2
    "argument": ("{head}({inner}){tail}", "{head}({body}{tail})"),  # sin x/x
}
_NEW_LINE: Final = re.compile(r"[\n\r\v\f]|\\\\")  # in LaTeX, \\\\ is one
_COMPARISONS: Final = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!="}


def check_truths(root: Node, source: str) -> None:
    """Conditions stand where conditions belong, and numbers where numbers do."""
    for node in postorder(root):
        logical = node.op in ("and", "or", "not")
        for position, arg in enumerate(node.args):
            wanted = logical or (node.op == "where" and position == 0)
            if (arg.dtype == BOOL) is not wanted:
                key = "condition_wanted" if wanted else "number_wanted"
                raise ParseError(key, source=source, span=(0, len(source)))
    if root.dtype == BOOL:
        stripped = source.strip()
        begin = source.index(stripped)
        raise ParseError("condition_alone", source=source, span=(begin, begin + len(stripped)), condition=stripped[:40])


def check_differential(tokens: Tokens, source: str, names: Sequence[str]) -> None:
    """No dx at the end, apart from what comes before it, as in x^2 dx."""
    kinds, values, begins, ends = tokens.kinds, tokens.values, tokens.begins, tokens.ends
    if len(kinds) < 3 or kinds[-2:] != ["s", "s"] or values[-2] is not symbol("d") or "d" in names:
        return
    apart = begins[-2] > ends[-3] or source[begins[-2]] == "\\"
    if apart and ends[-2] == begins[-1] and kinds[-3] in ("n", "s", ")", "|", "'"):
        name = f"d{values[-1].attrs or values[-1].op}"
        product = f"d*{values[-1].attrs or values[-1].op}"
        raise ParseError("differential", source=source, span=(begins[-2], ends[-1]), name=name, product=product)


def finish(
    tokens: Tokens,
    source: str,
    head: Header | None,
    *,
    strict: bool,
    profile: str | None,
    variables: tuple[str, ...] | None,
) -> Reading:
    """Parse, and gather the reading."""
    names = head.variables if head is not None and head.variables is not None else variables
    check_differential(tokens, source, names or ())
    parser = Parser(tokens, source, strict=strict, profile=profile, names=names or ())
    node = parser.run()
    if parser.truths:
        check_truths(node, source)
    if head is None and parser.whole is not None:
        start, end, by = parser.whole
        inner = parser.within(start, end)
        parser.note(0, len(tokens.kinds) - 4, f"diff({inner}, {by})", inner, key="note_derivative")
    if head is not None and head.variables is None:
        name, free = head.name.rstrip("'"), symbols(node)
        if name in free or (not free and name in ("x", "t")):  # x = 2 and y = xy say what x and y are
            raise ParseError("equation", source=source, span=(head.end - 1, head.end))
    varying = frozenset(names) if names else _VARIABLES
    assumptions: dict[Node, None] = {}
    for base, other in parser.bases[:MOST_NOTES]:
        if base.attrs not in varying and varying.intersection(symbols(other)):
            assumptions[make("gt", base, const(0))] = None
            assumptions[make("ne", base, ONE)] = None
    return Reading(
        node,
        symbols(node) if names is None else names,
        head.name if head is not None else "f",
        tuple(sorted(parser.notes, key=lambda note: note.span)),
        source,
        tuple(assumptions),
    )


def unknown_name(name: str, source: str, span: Span) -> ParseError:
    """The error that ``name`` is no function, with the nearest that is."""
    near = nearest(name)
    if near is None:
        return ParseError("unknown_function", source=source, span=span, name=name, product="*".join(name))
    return ParseError("misspelt_function", source=source, span=span, name=name, suggestion=near)
