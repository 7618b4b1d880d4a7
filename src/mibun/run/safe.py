"""Float-safe rewriting: the graph that computes the same function with fewer digits lost, for a compiler to translate.

The textbook's form is not always the accurate one: at u = 20, ``1 - tanh(u)**2`` is 0 in double precision, and sech²u
is 1.7e-17. :func:`safe` writes such expressions as the rows of :data:`TABLE` say. A row is an identity of real
functions that holds at ±0, ±∞ and NaN, too; nothing is assumed, as :mod:`mibun.rewrite` assumes x ≠ 0 when it cancels
x. Its right side is nowhere further from the true value at the given floats than its left side, or half a unit, by more
than one unit, 2⁻⁵² of the value; by two for a square of a quotient. Where the left side overflows or cancels, the right
side is good.

What is left as it is, and why:

- the order of a sum, and of a product but for constants;
- √u·√u, u·(1/u), sin²u + cos²u: u, 1 and 1 have values where those have none;
- √(u² + v²): hypot(∞, NaN) is ∞, so a NaN would be lost; if one of the two is a number, it becomes hypot;
- cos²u - sin²u becomes (|cos u| - |sin u|)(|cos u| + |sin u|), not cos(2u), where 2u may overflow;
- uⁿ for n > 4 and n < -2: every product in a chain may lose another half of a unit, which a compiler with a fused
  multiply-add can carry along;
- a·b/c with c no power of two: a·(b/c) would make 2·3/3 inexact;
- 1 - erf(u): there is no operation for it.
"""

from __future__ import annotations

import math
import sys
from bisect import insort
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from decimal import Context, Decimal, DecimalException, DivisionByZero, InvalidOperation, Overflow
from fractions import Fraction
from functools import cache
from itertools import product
from typing import Final, NamedTuple

from mibun import fold, identities
from mibun.node import Node, growing, postorder, symbols
from mibun.ops import ARRAYS, BOOL, FORMULA, HALF, NUMBER, ONE, REAL, SINGLE, ZERO, E, const, is_exact, make, symbol
from mibun.rules import F, Term, a, u, v
from mibun.run.domain import condition
from mibun.run.exact import EXACT, exact

Found = dict[Node, Node]  # what the letters of a row stand for

b, w, x = (Term(symbol(name)) for name in ("b", "w", "x"))
e: Final = Term(E)
half: Final = Term(HALF)
NUMBERS: Final = frozenset([a.node, b.node])  # letters for what holds no variable; all others stand for anything
COMMUTATIVE: Final = frozenset(["add", "mul", "hypot", "logaddexp", "eq", "ne", "and", "or"])


class Row(NamedTuple):
    """``before`` becomes ``after``, since ``because``; ``only``, if given, must hold for what the letters stand for.

    ``gain`` is a point, a value for each letter in alphabetical order, at which ``before`` loses a third of its digits
    or more; ``None`` for a row that saves work or prepares another one. ``units``: by how much the error of ``after``
    may exceed that of ``before``.
    """

    before: Node
    after: Node
    because: str
    gain: tuple[float, ...] | None = None
    only: Callable[[Found], bool] | None = None
    units: int = 1


TABLE: Final[list[Row]] = []


def row(
    before: Term,
    after: Term | int,
    because: str,
    gain: float | tuple[float, ...] | None = None,
    only: Callable[[Found], bool] | None = None,
    units: int = 1,
) -> None:
    """Add a row to the table."""
    point = gain if gain is None or isinstance(gain, tuple) else (gain,)
    right = after.node if isinstance(after, Term) else const(after)
    TABLE.append(Row(before.node, right, because, point, only, units))


# Conditions on the numbers of a row


def _rational(node: Node) -> Fraction | None:
    """The value of a node that is a rational number; a written decimal means its shortest digits."""
    if node.op == "const" and type(node.attrs) is float:
        return Fraction(repr(node.attrs)) if math.isfinite(node.attrs) else None
    value = exact(node, {})
    return None if value is None or isinstance(value, bool) else Fraction(value)


def _is_float(number: Fraction | None) -> bool:
    """Whether the number is a float, exactly, and not near the ends of their range."""
    if not number:
        return False
    digits, scale = abs(number.numerator), number.denominator
    while digits % 2 == 0:
        digits //= 2
    return (
        scale & (scale - 1) == 0
        and digits.bit_length() <= 53
        and number.numerator.bit_length() + scale.bit_length() < 800
    )


def _ordinary(*numbers: Decimal) -> bool:
    """Whether numbers are not near the ends of the range of floats."""
    return all(Decimal("1e-250") < abs(number) < Decimal("1e250") for number in numbers)


def _moderate(found: Found) -> bool:
    first, second = (_decimal(found[letter.node]) for letter in (a, b))
    return first is not None and second is not None and _ordinary(first, second, first * second)


def _inverse(found: Found) -> bool:
    first, second = (_rational(found[letter.node]) for letter in (a, b))
    return first is not None and second is not None and first * second == 1


def _exact_quotient(found: Found) -> bool:
    first, second = (_rational(found[letter.node]) for letter in (a, b))
    return first is not None and second is not None and second != 0 and _is_float(first / second)


def _square_number(found: Found) -> bool:
    number = _rational(found[a.node])
    root = exact(make("sqrt", const(number)), {}) if number else None
    return root is not None and _is_float(Fraction(root))


def _positive(found: Found) -> bool:
    number = _decimal(found[a.node])
    return number is not None and number > 0 and _ordinary(number)


def _other_base(found: Found) -> bool:
    return _rational(found[a.node]) not in (2, 10)  # these have functions of their own, exact at powers


# Logarithms and exponentials.
MADE = "one rounding, by a function made for it; same domain, infinities and NaN"
SHARED = "equal functions; fewer roundings, and no overflow on the way"

row(F.ln(1 + u), F.log1p(u), MADE, gain=1e-20)
row(F.ln(1 - u), F.log1p(-u), MADE, gain=1e-20)
row(F.ln(1 - u**2), F.log1p(-(u**2)), "the roundings of before, but for that of the difference", gain=1e-9)
row(F.log(1 + u, a), F.log1p(u) / F.ln(a), MADE, gain=(3, 1e-20), only=_other_base)
row(F.log(u, e), F.ln(u), "ln e = 1")
row(F.exp(u) - 1, F.expm1(u), MADE, gain=1e-20)
row(1 - F.exp(u), -F.expm1(u), MADE, gain=1e-20)
row(e**u, F.exp(u), "e is no float: its rounding would count u times")
row(1 / F.exp(u), F.exp(-u), "-u is exact; one rounding less", gain=720)
row(F.ln(F.exp(u)), u, "e^u > 0 for all u", gain=800)
row(F.ln(F.sqrt(u)), half * F.ln(u), "the rounding of √u would count 1/ln u times; half is exact", gain=1 + 3e-8)
row(F.ln(u**2), 2 * F.ln(abs(u)), "the rounding of u² would count 1/ln u times; twice is exact", gain=1e200)
row(F.ln(1 + F.exp(u)), F.softplus(u), "max(u, 0) + log1p(e^-|u|)", gain=-40)
row(
    F.ln(F.exp(u) + F.exp(v)),
    F.logaddexp(u, v),
    "max(u, v) + log1p(e^-|u - v|), where the rounding of d = u - v counts d·e^-|d| times, less than a half",
    gain=(800, 801),
)

# The logistic function. Its value at -u is 1 less that at u, exact; with x = -|u| it is e^x/(1 + e^x) or 1/(1 + e^x).
LOGISTIC = "σ(-u) = 1 - σ(u) = 1/(1 + e^u); e^x is taken of x = -|u| only"

row(1 - F.sigmoid(u), F.sigmoid(-u), LOGISTIC, gain=40)
row(F.sigmoid(u) - 1, -F.sigmoid(-u), LOGISTIC, gain=40)
row(1 / (1 + F.exp(u)), F.sigmoid(-u), LOGISTIC, gain=720)
row(u / (1 + F.exp(v)), u * F.sigmoid(-v), LOGISTIC, gain=(1, 720))
row(F.exp(u) / (1 + F.exp(u)), F.sigmoid(u), LOGISTIC, gain=720)
row(u * F.exp(v) / (1 + F.exp(v)), u * F.sigmoid(v), LOGISTIC, gain=(1, 720))
row(u / (1 + F.exp(v)) ** 2, u * F.sigmoid(-v) * F.sigmoid(-v), LOGISTIC, gain=(1, 360), units=2)
row(F.exp(u) / (1 + F.exp(u)) ** 2, F.sigmoid(u) * F.sigmoid(-u), LOGISTIC, gain=720, units=2)
row(u * F.exp(v) / (1 + F.exp(v)) ** 2, u * (F.sigmoid(v) * F.sigmoid(-v)), LOGISTIC, gain=(1, 720), units=2)
row(F.exp(u) * F.sigmoid(-u), F.sigmoid(u), LOGISTIC, gain=720)
row(F.exp(-u) * F.sigmoid(u), F.sigmoid(-u), LOGISTIC, gain=-720)
row(F.exp(u) * (v * F.sigmoid(-u)), v * F.sigmoid(u), LOGISTIC, gain=(720, 1))
row(F.exp(-u) * (v * F.sigmoid(u)), v * F.sigmoid(-u), LOGISTIC, gain=(-720, 1))
row(F.exp(u) * (F.sigmoid(-u) * F.sigmoid(-u)), F.sigmoid(u) * F.sigmoid(-u), LOGISTIC, gain=720, units=2)
row(F.exp(-u) * (F.sigmoid(u) * F.sigmoid(u)), F.sigmoid(u) * F.sigmoid(-u), LOGISTIC, gain=-720, units=2)
row(1 - F.tanh(u), 2 * F.sigmoid(-2 * u), "1 - tanh u = 2/(1 + e^2u); twice is exact", gain=20)
row(1 + F.tanh(u), 2 * F.sigmoid(2 * u), "1 + tanh u = 2/(1 + e^-2u); twice is exact", gain=-20)
row(F.tanh(u) - 1, -(2 * F.sigmoid(-2 * u)), "1 - tanh u = 2/(1 + e^2u); twice is exact", gain=20)

# Hyperbolic functions by their definitions.
row(F.exp(u) - F.exp(-u), 2 * F.sinh(u), MADE, gain=1e-10)
row(F.exp(-u) - F.exp(u), -(2 * F.sinh(u)), MADE, gain=1e-10)
row(F.exp(u) + F.exp(-u), 2 * F.cosh(u), MADE)
row(F.sinh(u) / F.cosh(u), F.tanh(u), SHARED, gain=800)
row(F.cosh(u) / F.sinh(u), F.coth(u), SHARED, gain=800)
row(1 / F.cosh(u), F.sech(u), "its definition")
row(u / F.cosh(v) ** 2, u / F.cosh(v) / F.cosh(v), "the same roundings, and cosh² overflows", gain=(1, 360))
row(u / F.sinh(v) ** 2, u / F.sinh(v) / F.sinh(v), "the same roundings, and sinh² overflows", gain=(1, 360))
_twice = 2 * F.sinh(half * u)
row(F.exp(u) / (F.exp(u) - 1) ** 2, 1 / _twice / _twice, "e^u/(e^u - 1)² = 1/(2 sinh(u/2))²", gain=720)
row(F.exp(u) * (1 / (F.exp(u) - 1) ** 2), 1 / _twice / _twice, "e^u/(e^u - 1)² = 1/(2 sinh(u/2))²", gain=720)
row(F.exp(u) * v / (F.exp(u) - 1) ** 2, v / _twice / _twice, "e^u/(e^u - 1)² = 1/(2 sinh(u/2))²", gain=(720, 1))
row(F.exp(u) * (v / (F.exp(u) - 1) ** 2), v / _twice / _twice, "e^u/(e^u - 1)² = 1/(2 sinh(u/2))²", gain=(720, 1))

# Squares less one: f² = ±g² + c.
SQUARED = "identity of squares, DLMF 4.21 and 4.35; no difference is left"

row(1 - F.tanh(u) ** 2, 1 / F.cosh(u) / F.cosh(u), SQUARED, gain=20, units=2)
row(1 - F.sech(u) ** 2, F.tanh(u) ** 2, SQUARED, gain=1e-9, units=2)
row(1 - F.cos(u) ** 2, F.sin(u) ** 2, SQUARED, gain=1e-9)
row(1 - F.sin(u) ** 2, F.cos(u) ** 2, SQUARED, gain=math.pi / 2)
row(F.cosh(u) ** 2 - 1, F.sinh(u) ** 2, SQUARED, gain=1e-9)
row(F.sec(u) ** 2 - 1, F.tan(u) ** 2, SQUARED, gain=1e-9)
row(F.csc(u) ** 2 - 1, 1 / F.tan(u) / F.tan(u), SQUARED, gain=math.pi / 2)
row(F.coth(u) ** 2 - 1, 1 / F.sinh(u) / F.sinh(u), SQUARED, gain=20)
row(1 - F.cos(u), 2 * F.sin(half * u) ** 2, "half of an angle, DLMF 4.21.10; half is exact", gain=1e-9)
row(F.cos(u) - 1, -(2 * F.sin(half * u) ** 2), "half of an angle; half is exact", gain=1e-9)
row(1 + F.cos(u), 2 * F.cos(half * u) ** 2, "half of an angle; half is exact", gain=math.pi)
row(F.cosh(u) - 1, 2 * F.sinh(half * u) ** 2, "half of an argument; half is exact", gain=1e-9)

row(u - u * v, u * (1 - v), "1 - v is exact near 1; two roundings of factors that do not cancel", gain=(1.1, 0.999999))
row(u * v - u, u * (v - 1), "v - 1 is exact near 1; two roundings of factors that do not cancel", gain=(1.1, 0.999999))

# Differences of squares: the difference of two floats near each other is exact (Sterbenz). With |u|, a zero is +0 as
# it was.
FACTORED = "three roundings of factors that do not cancel"

row(1 - u**2, (1 - u) * (1 + u), FACTORED, gain=1 - 3e-8)
row(u**2 - 1, (abs(u) - 1) * (abs(u) + 1), FACTORED, gain=1 + 3e-8)
row(a - u**2, (F.sqrt(a) - u) * (F.sqrt(a) + u), FACTORED, gain=(4, 2 - 3e-8), only=_square_number)
row(u**2 - a, (abs(u) - F.sqrt(a)) * (abs(u) + F.sqrt(a)), FACTORED, gain=(4, 2 + 3e-8), only=_square_number)
row(u**2 - v**2, (abs(u) - abs(v)) * (abs(u) + abs(v)), FACTORED, gain=(1e200, 1e200))

# Powers and roots. A power is one rounding; each product, quotient and root counts a half of a unit.
CHAIN = "n - 1 products, (n - 1)/2 units"
BACK = "quotients, none of which overflows or underflows before the whole does"
ROOT = "roots and products, at most three"

row(u**2, u * u, CHAIN)
row(u**3, u * u * u, CHAIN)
row(u**4, (u * u) * (u * u), CHAIN)
row(u**-1, 1 / u, BACK)
row(u**-2, 1 / u / u, BACK)
row(u**half, F.sqrt(u), ROOT)
row(u ** Term(const(Fraction(1, 4))), F.sqrt(F.sqrt(u + 0.0)), ROOT + "; -0 + 0.0 is 0")
row(u ** Term(const(Fraction(3, 2))), u * F.sqrt(u), ROOT)
row(u ** Term(const(Fraction(-1, 2))), 1 / F.sqrt(u + 0.0), ROOT + "; -0 + 0.0 is 0")
row(u ** Term(const(Fraction(-3, 2))), 1 / (u + 0.0) / F.sqrt(u + 0.0), ROOT + "; u·√u overflows")
row(F.sqrt(u**2), abs(u), "no rounding", gain=1e200)
row(F.sqrt(1 + u**2), F.hypot(1, u), "u² overflows; 1 is never NaN", gain=1e200)
row(F.sqrt(a + u**2), F.hypot(F.sqrt(a), u), "as before; √a is rounded once", gain=(2, 1e200), only=_positive)

# Numbers in products: worked out exactly, rounded once.
MERGED = "a rounding less"

row(a * (b * u), (a * b) * u, MERGED, only=_moderate)
row(a * u / b, (a / b) * u, MERGED, only=_exact_quotient)
row(a / (b * u), (a / b) / u, MERGED, only=_exact_quotient)
row((a * u) * (b * v), u * v, "a·b = 1; fewer roundings, no overflow on the way", only=_inverse)
row((a * u) * (b / v), u * (1 / v), "a·b = 1; fewer roundings, no overflow on the way", only=_inverse)
row(
    (a * u) / (a * v),
    u / v,
    "fewer roundings, no overflow on the way",
    only=lambda found: bool(_rational(found[a.node])),
)

# Conditions, as the rules for piecewise functions leave them: true or false, never NaN.
LOGIC = "in both cases"
TRUE = F.eq(0, 0)
_both, _either, _not = (getattr(F, op) for op in ("and", "or", "not"))


def _truth(found: Found) -> bool:
    return found[u.node].dtype is BOOL


row(_either(u, u), u, LOGIC, only=_truth)
row(_both(u, u), u, LOGIC, only=_truth)
row(_either(_not(u), u), TRUE, LOGIC, only=_truth)
row(_either(u, TRUE), TRUE, LOGIC, only=_truth)
row(_both(u, TRUE), u, LOGIC, only=_truth)
row(F.where(TRUE, u, v), u, LOGIC)
row(F.where(u, v, v), v, LOGIC)
row(F.where(u, F.where(u, v, w), x), F.where(u, v, x), LOGIC)
row(F.where(u, v, F.where(u, w, x)), F.where(u, v, x), LOGIC)
row(F.where(_not(u), v, w), F.where(u, w, v), LOGIC)

# Inverse functions, from the table of identities: those whose left side has a value for every number.


def _kept(identity: identities.Identity) -> bool:
    """Whether an identity has the same domain on both sides and hands a NaN on, with the sign of a zero."""
    if identity.assuming is not None or not identity.float_safe or identity.before.op == "sign":
        return False
    mirrored = identity.before.args[0].op == "neg"
    total = all(condition(node) is None for node in postorder(identity.before))
    return (mirrored or total) and symbols(identity.before) == symbols(identity.after)


for _rows in identities.TABLE.values():
    TABLE.extend([Row(each.before, each.after, "identities.TABLE; the same domain") for each in _rows if _kept(each)])
row(F.atanh(F.tanh(u)), u, "|tanh u| < 1 for all u", gain=20)


# The engine: from the leaves up, each node is brought into one form and written as the first row that fits says.


def safe(nodes: Sequence[Node]) -> tuple[Node, ...]:
    """The same functions, float-safe. What several of them share is one node afterwards, too.

    >>> from mibun.ops import make, symbol
    >>> (after,) = safe([make("sub", ONE, make("sigmoid", symbol("x")))])
    >>> after is make("sigmoid", make("neg", symbol("x")))
    True
    """
    with growing():
        work = _Rewriting(_compiled())
        return _finished(work.run(nodes), work)


class _Rewriting:
    """One run of :func:`safe`."""

    def __init__(self, rows: _Rows) -> None:
        self.rows = rows
        self._made: dict[Node, Node] = {}  # what a node was written as
        self._order: dict[tuple[str, frozenset[Node]], Node] = {}  # a + b, to write b + a in the same way
        self._numbers: dict[Node, bool] = {}

    def run(self, nodes: Sequence[Node]) -> list[Node]:
        done: dict[Node, Node] = {}
        for node in postorder(*nodes):
            done[node] = self.leaf(node) if not node.args else self.again(node, [done[arg] for arg in node.args])
        return [done[node] for node in nodes]

    def leaf(self, node: Node) -> Node:
        """A written decimal that is a simple binary fraction counts as that, 0.5 as 1/2."""
        value = node.attrs
        if node.op == "const" and type(value) is float and value and math.isfinite(value):
            number = Fraction(value)
            if number.numerator.bit_length() + number.denominator.bit_length() <= SIMPLE:
                return const(number)
        return node

    def again(self, node: Node, args: list[Node]) -> Node:
        """The node with rewritten arguments."""
        if node.op in ARRAYS and ARRAYS[node.op].kind != "numeric":
            return fold.remake(node, tuple(args))
        floats = all(arg.dtype in _FLOATS for arg in args[node.op == "where" :])
        if node.attrs is not None or not (floats or node.op in ("and", "or", "not")):
            return fold.remake(node, tuple(args)) if node.op == "apply" else make(node.op, *args, attrs=node.attrs)
        return self.build(node.op, *args)

    def is_number(self, node: Node) -> bool:
        """Whether the node holds no variable."""
        known = self._numbers.get(node)
        return self._look(node) if known is None else known

    def _look(self, node: Node) -> bool:
        numbers = self._numbers
        stack = [node]
        while stack:
            inner = stack[-1]
            if inner.op not in _CLOSED or inner.shape:
                numbers[inner] = inner.op in ("const", "e", "pi")
                stack.pop()
                continue
            missing = [arg for arg in inner.args if arg not in numbers]
            stack += missing
            if not missing:
                numbers[inner] = all(numbers[arg] for arg in inner.args)
                stack.pop()
        return numbers[node]

    def build(self, op: str, *args: Node) -> Node:
        """``op(*args)`` of rewritten arguments, rewritten."""
        plain = make(op, *args)
        node = self._made.get(plain)
        if node is None:
            number = self.is_number(plain)
            node = self._number(plain) or plain if number else self._signs(plain) or self._written(plain)
            self._made[plain] = node
        return node

    def _number(self, node: Node) -> Node | None:
        """An operation on exact numbers, worked out. Zero only comes out of a sum: others know its sign."""
        if not all(arg.op == "const" for arg in node.args):
            return None
        if node.op in _ARITHMETIC and any(type(arg.attrs) is float for arg in node.args):
            folded = fold.BUILDERS[node.op](*node.args)
            return folded if folded.op == "const" and folded.attrs else None
        value = exact(node, {}) if node.op in EXACT else None
        if value is None or isinstance(value, bool) or not (value or node.op in ("add", "sub")):
            return None
        return const(value)

    def _signs(self, node: Node) -> Node | None:
        """Steps that change nothing but the form, exactly: where a minus stands, 1·u, u/2ⁿ, u + 0.0."""
        op, args = node.op, node.args
        if op == "neg":
            (x,) = args
            if x.op == "neg":
                return x.args[0]
            return const(-x.attrs) if x.op == "const" and x.attrs else None
        if op not in _TWO:
            return None
        x, y = args
        if op == "where":
            return None
        if op in ("mul", "div"):
            minus, x = _unsigned(x)
            other, y = _unsigned(y)
            if minus or other:
                unsigned = self.build(op, x, y)
                return unsigned if minus is other else self.build("neg", unsigned)
            if y is ONE:
                return x
            if op == "mul" and x is ONE:
                return y
            if op == "div" and x is not ONE and y.op == "const" and _is_power_of_two(y):
                return self.build("mul", const(1 / Fraction(y.attrs)), x)
            if op == "mul" and self.is_number(y) and not self.is_number(x):
                return self.build("mul", y, x)
            return None
        if op == "add":
            minus, positive = _unsigned(y)
            if minus:
                return self.build("sub", x, positive)
            minus, positive = _unsigned(x)
            if minus:
                return self.build("sub", y, positive)
            zero = [arg for arg in args if arg.op == "const" and arg.attrs == 0]
            if zero:
                other_one = y if zero[0] is x else x
                return other_one if _never_minus_zero(other_one) else None
        if op == "sub":
            if y is ZERO:
                return x
            minus, positive = _unsigned(y)
            if minus:
                return self.build("add", x, positive)
        if op == "pow":
            return x if y is ONE else None
        return None

    def _written(self, node: Node) -> Node:
        for candidate in self.rows.of(node):
            found: Found = {}
            if self._fits(candidate.before, node, found) and (candidate.only is None or candidate.only(found)):
                return self.fill(candidate.after, found)
        for family in FAMILIES.get(node.op, ()):
            result = family(self, node)
            if result is not None:
                return result
        if node.op in COMMUTATIVE:
            return self._order.setdefault((node.op, frozenset(node.args)), node)
        return node

    def _fits(self, pattern: Node, node: Node, found: Found) -> bool:
        for p, n in zip(pattern.args, node.args, strict=True):
            if p.op == "symbol":
                before = found.get(p)
                if before is None and not (p in NUMBERS and not self.is_number(n)):
                    found[p] = n
                elif before is not n:
                    return False
            elif not p.args:
                if p is not n:
                    return False
            elif p.op != n.op or not self._fits(p, n, found):
                return False
        return True

    def fill(self, template: Node, found: Found) -> Node:
        """The template with what its letters stand for, each part of it rewritten."""
        done = dict(found)
        for inner in postorder(template):
            if inner not in done:
                done[inner] = self.build(inner.op, *[done[arg] for arg in inner.args]) if inner.args else inner
        return done[template]


SIMPLE: Final = 60  # bits
_FLOATS: Final = frozenset([REAL, SINGLE, NUMBER])
_ARITHMETIC: Final = frozenset(["add", "sub", "mul", "div"])
_TWO: Final = frozenset(["add", "sub", "mul", "div", "pow"])
_CLOSED: Final = frozenset(op for op, each in FORMULA.items() if each.kind == "elementwise" and op != "where")


def _unsigned(node: Node) -> tuple[bool, Node]:
    """Whether a minus stands before the node, and the node without it."""
    if node.op == "neg":
        return True, node.args[0]
    if node.op == "const" and node.attrs < 0:
        return True, const(-node.attrs)
    return False, node


def _is_power_of_two(node: Node) -> bool:
    if not is_exact(node):
        return False
    number = Fraction(node.attrs)
    digits = number.numerator * number.denominator  # one of them is 1
    return digits > 0 and digits & (digits - 1) == 0 and digits.bit_length() < 1000 and 1 in number.as_integer_ratio()


def _never_minus_zero(node: Node, depth: int = 20) -> bool:
    """Whether it can be seen that the value is never -0."""
    op, args = node.op, node.args
    if not depth:
        return False
    if op == "const":
        return node.attrs != 0 or math.copysign(1, node.attrs) > 0
    if op == "mul":
        return args[0] is args[1]
    if op == "add":  # -0 is the sum of -0 and -0 only
        return any(_never_minus_zero(arg, depth // 2) for arg in args)
    if op in ("sqrt", "sub"):  # -0 is -0 less 0
        return _never_minus_zero(args[0], depth - 1)
    return op in _NEVER_MINUS_ZERO


_NEVER_MINUS_ZERO: Final = frozenset(["exp", "cosh", "sech", "abs", "sigmoid", "softplus", "hypot", "e", "pi"])


# What has any number of terms


def _exponents(node: Node) -> list[Node] | None:
    """Of a sum of exponentials, each of which may be a 1, their exponents; ``None`` for anything else."""
    exponents: list[Node] = []
    stack = [node]
    while stack:
        term = stack.pop()
        if term.op == "add":
            stack += reversed(term.args)
        elif term.op == "exp":
            exponents.append(term.args[0])
        elif term is ONE:
            exponents.append(ZERO)
        else:
            return None
    return exponents


def _logarithm_of_sum(work: _Rewriting, node: Node) -> Node | None:
    """ln(e^u + e^v + e^w + …): the row for two terms, again and again, e^0 first."""
    exponents = _exponents(node.args[0])
    if exponents is None or len(exponents) < 3 or exponents.count(ZERO) > 1:
        return None
    first, *rest = sorted(exponents, key=lambda exponent: exponent is not ZERO)
    if first is ZERO:
        total, rest = work.build("softplus", rest[0]), rest[1:]
    else:
        total = first
    for exponent in rest:
        total = work.build("logaddexp", total, exponent)
    return total


def _share(_work: _Rewriting, node: Node) -> Node | None:
    """e^u/(e^u + e^v + …) and the like: where the sum overflows or vanishes, the largest exponent is taken off all of
    them. Elsewhere 0 is, so that every digit stays as it was; an infinite exponent does what it did, too."""
    above, below = node.args
    if node.op == "mul":  # e^u · (1/(e^u + e^v + …))
        above, fraction = (above, below) if below.op == "div" else (below, above)
        if fraction.op != "div":
            return None
        scale, below = fraction.args
    if below.op != "add":
        return None
    exponents = _exponents(below)
    if exponents is None or ZERO in exponents:
        return None
    largest = exponents[0]
    for exponent in exponents[1:]:
        largest = make("max", largest, exponent)
    high = const(math.floor(OVERFLOW - math.log(len(exponents))))
    outside = make("or", make("lt", largest, const(-SUBNORMAL)), make("gt", largest, high))
    finite = make("lt", make("abs", largest), const(math.inf))
    shift = make("where", make("and", outside, finite), largest, ZERO)
    top, bottom = (_shifted(part, shift) for part in (above, below))
    if top is None or bottom is None:
        return None
    return make("div", top, bottom) if node.op == "div" else make("mul", top, make("div", scale, bottom))


OVERFLOW: Final = 1024 * math.log(2)  # from here on e^x is infinite
SUBNORMAL: Final = 708  # e^-x loses digits from here on
TERMS: Final = 1000  # a longer sum of exponentials stays as it is


def _shifted(root: Node, shift: Node) -> Node | None:
    """A sum of products with one exponential each, with ``shift`` taken off the exponents; ``None`` for anything else.

    That is the whole divided by e^shift.
    """
    order: list[Node] = []
    stack = [root]
    while stack:  # outermost first
        node = stack.pop()
        if node.op in ("add", "sub", "neg", "mul"):
            stack += node.args
        order.append(node)
        if len(order) > TERMS:
            return None
    found: dict[Node, tuple[int | None, Node]] = {}  # how many exponentials in each product, None if that differs
    for node in reversed(order):
        parts = [found[arg] for arg in node.args] if node.op in ("add", "sub", "neg", "mul") else []
        degrees = [degree for degree, _ in parts]
        if node.op == "exp":
            found[node] = 1, make("exp", make("sub", node.args[0], shift))
        elif not parts:
            found[node] = 0, node
        elif None in degrees:
            found[node] = None, node
        elif node.op == "mul":
            count = sum(filter(None, degrees))
            found[node] = count, make("mul", *[part for _, part in parts]) if count == 1 else node
        else:
            common = degrees[0] if len(set(degrees)) == 1 else None
            found[node] = common, make(node.op, *[part for _, part in parts])
    degree, result = found[root]
    return result if degree == 1 else None


FAMILIES: Final[dict[str, list[Callable[[_Rewriting, Node], Node | None]]]] = {
    "ln": [_logarithm_of_sum],
    "div": [_share],
    "mul": [_share],
}


# The rows, made ready


class _Rows:
    """Rows to look up by a node's operation and those of its arguments, the most special first."""

    def __init__(self) -> None:
        self._by_operation: dict[str, list[Row]] = {}
        self._found: dict[tuple[str, ...], list[Row]] = {}

    def add(self, row: Row) -> None:
        insort(self._by_operation.setdefault(row.before.op, []), row, key=lambda each: -_size(each.before))
        self._found.clear()

    def of(self, node: Node) -> list[Row]:
        key = (node.op, *[arg.op for arg in node.args])
        rows = self._found.get(key)
        if rows is None:
            rows = self._found[key] = [
                row
                for row in self._by_operation.get(node.op, ())
                if all(p.op in ("symbol", arg.op) for p, arg in zip(row.before.args, node.args, strict=True))
            ]
        return rows


def _size(pattern: Node) -> int:
    return 1 + sum(map(_size, pattern.args))


def _turned(pattern: Node) -> Iterator[Node]:
    """The pattern with the arguments of commutative operations in either order."""
    if not pattern.args:
        yield pattern
        return
    for args in product(*[list(_turned(arg)) for arg in pattern.args]):
        yield make(pattern.op, *args)
        if pattern.op in COMMUTATIVE and args[0] is not args[1]:
            yield make(pattern.op, *reversed(args))


@cache
def _compiled() -> _Rows:
    """The table, with the arguments of each left side as they are by the time that it is looked at: rewritten."""
    rows = _Rows()
    for each in sorted(TABLE, key=lambda each: _size(each.before)):
        before = make(each.before.op, *_Rewriting(rows).run(each.before.args))
        for turned in dict.fromkeys(_turned(before)):
            rows.add(each._replace(before=turned))
    return rows


# The last pass


def _finished(nodes: Sequence[Node], work: _Rewriting) -> tuple[Node, ...]:
    """What is seen only in the whole: u·(1/v) is u/v if nothing else needs 1/v, and what holds no variable is a number,
    rounded once."""
    order = postorder(*nodes)
    uses = Counter([*nodes, *[arg for node in order for arg in node.args]])
    rounded = {*nodes, *[arg for node in order if not work.is_number(node) for arg in node.args]}
    done: dict[Node, Node] = {}
    for node in order:
        if work.is_number(node):
            done[node] = (_rounded(node) if node.args and node in rounded else None) or node
            continue
        args = [done[arg] for arg in node.args]
        if node.op == "mul":
            for i in (1, 0):
                fraction = node.args[i]
                if fraction.op == "div" and fraction.args[0] is ONE and uses[fraction] == 1:
                    done[node] = make("div", args[1 - i], done[fraction.args[1]])
                    break
        if node not in done:
            same = all(arg is before for arg, before in zip(args, node.args, strict=True))
            done[node] = node if same else _like(node, args)
    return tuple([done[node] for node in nodes])


def _like(node: Node, args: Sequence[Node]) -> Node:
    return make(node.op, *args, attrs=node.attrs)


def _rounded(node: Node) -> Node | None:
    """The float next to what holds no variable; ``None`` for what has no value, is too large, or may be any zero."""
    near, nearer = (_decimal(node, digits) for digits in (DIGITS, 2 * DIGITS))
    value = None if near is None or nearer is None or float(near) != float(nearer) else float(nearer)
    if value is None:
        from mibun.run import balls

        with balls.precision(BITS):
            found = balls.evaluate(node, {})
            if found is None or isinstance(found, bool) or not found.rel_accuracy_bits() > 60:
                return None
            value = float(found.mid())
    return const(value) if math.isfinite(value) and abs(value) >= sys.float_info.min else None


DIGITS: Final = 35
BITS: Final = 256
_PI: Final = Decimal("3.14159265358979323846264338327950288419716939937510582097494459230781640628620899862803482534")


def _decimal(node: Node, digits: int = DIGITS) -> Decimal | None:
    """The value of what holds no variable, to about that many digits; ``None`` where this takes more than Python has.

    A written decimal means its shortest digits.
    """
    context = Context(prec=digits, traps=[DivisionByZero, InvalidOperation, Overflow])
    compute: dict[str, Callable[..., Decimal]] = {
        "add": context.add,
        "sub": context.subtract,
        "mul": context.multiply,
        "div": context.divide,
        "neg": context.minus,
        "abs": context.abs,
        "sqrt": context.sqrt,
        "exp": context.exp,
        "ln": context.ln,
        "log": lambda x, base: context.divide(context.ln(x), context.ln(base)),
        "pow": context.power,
    }
    values: dict[Node, Decimal] = {}
    try:
        for inner in postorder(node):
            if inner.op == "const" and type(inner.attrs) is float:
                values[inner] = Decimal(repr(inner.attrs))
            elif inner.op == "const":
                values[inner] = context.divide(Decimal(inner.attrs.numerator), Decimal(inner.attrs.denominator))
            elif not inner.args:
                values[inner] = +_PI if inner.op == "pi" else context.exp(Decimal(1))
            elif inner.op in compute:
                values[inner] = compute[inner.op](*[values[arg] for arg in inner.args])
            else:
                return None
    except DecimalException:
        return None
    found = values[node]
    return found if found.is_finite() else None
