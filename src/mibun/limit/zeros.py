"""Exact zeros of an expression in one variable, and the points where a derivative fails.

Roots of polynomials with rational coefficients come from FLINT's factorisation, rational ones and those of quadratic
factors as formulas. Of other functions the zeros near 0 are known: sin u = 0 where u is a multiple of π.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from mibun import chain
from mibun.limit.local import LARGE, Local, local, sentence
from mibun.node import Node, postorder, symbols, tree_size
from mibun.ops import ONE, PI, ZERO, const, make, symbol
from mibun.rewrite import tidy
from mibun.run.domain import breaks
from mibun.run.exact import exact

Poly = Any  # flint.fmpq_poly, which has no type stubs

DEGREE: Final = 60  # of a polynomial that is factorised
TURNS: Final = (0, -1, 1)  # sin u = 0 at these multiples of π
POINTS: Final = 12  # that are looked at for one function
SIMPLE: Final = 100  # nodes of an expression that is tidied on the way
SIZE: Final = 20  # nodes of a zero that can still be named

# u is zero, or u has a value, so that the operation is zero.
_SAME: Final = frozenset(["abs", "sqrt", "neg", "sign", "asin", "atan", "sinh", "tanh", "asinh", "atanh", "erf"])
_VALUES: Final[dict[str, tuple[Node, ...]]] = {
    "ln": (ONE,),
    "acos": (ONE,),
    "acosh": (ONE,),
    **dict.fromkeys(("sin", "tan"), tuple(make("mul", const(k), PI) for k in TURNS)),
    **dict.fromkeys(("cos", "cot"), tuple(make("mul", const(k + Fraction(1, 2)), PI) for k in (0, -1, 1))),
}


def polynomial(node: Node, variable: Node) -> Poly | None:
    """``node`` as a polynomial in ``variable`` with rational coefficients, if it is one as it is written."""
    from flint import fmpq, fmpq_poly

    arithmetic: dict[str, Callable[..., Poly]] = {"add": operator.add, "sub": operator.sub, "mul": operator.mul}
    found: dict[Node, Poly] = {}  # None: it is none
    for inner in postorder(node):
        args: list[Any] = [found[arg] for arg in inner.args]
        made = None
        if inner is variable:
            made = fmpq_poly([0, 1])
        elif inner.op == "const":
            number = Fraction(repr(inner.attrs)) if type(inner.attrs) is float else Fraction(inner.attrs)
            made = fmpq_poly([fmpq(number.numerator, number.denominator)])
        elif None in args:
            pass
        elif inner.op in arithmetic:
            left, right = args
            if inner.op != "mul" or left.degree() + right.degree() <= DEGREE:
                made = arithmetic[inner.op](left, right)
        elif inner.op == "neg":
            made = -args[0]
        elif inner.op == "div" and args[1].degree() == 0:
            made = args[0] * (1 / args[1][0])
        elif inner.op == "pow":
            n = exact(inner.args[1], {})
            if isinstance(n, int) and 0 <= n <= DEGREE and args[0].degree() * n <= DEGREE:
                made = args[0] ** int(n)
        found[inner] = made
    return found[node]


def zeros(node: Node, variable: Node) -> list[Node]:
    """Exact zeros of ``node``: all real ones of a polynomial that can be written with square roots, of other functions
    those near 0. No zero may be missing from a claim that rests on this: it finds, it does not exclude.

    >>> from mibun.ops import symbol
    >>> x = symbol("x")
    >>> zeros(make("sub", make("mul", x, x), const(4)), x)
    [Node(const: -2), Node(const: 2)]
    """
    found: dict[Node, None] = {}
    waiting: list[tuple[Node, Node]] = [(node, ZERO)]  # pairs (u, c): where is u = c?
    seen: set[tuple[Node, Node]] = set()
    while waiting and len(seen) < 200:
        pair = waiting.pop(0)
        if pair in seen:
            continue
        seen.add(pair)
        u, value = pair
        if variable.attrs not in symbols(u):
            continue
        for zero in _roots(u, value, variable):
            found[zero] = None
        waiting += _inverted(u, value)
        if value is ZERO:
            waiting += _parts(u)
    return sorted(found, key=_place)


def _roots(u: Node, value: Node, variable: Node) -> Iterator[Node]:
    p = polynomial(u, variable)
    if p is None:
        yield from _linear(u, value, variable)
    if p is None or p.degree() < 1:
        return
    number = exact(value, {})
    if number is None:
        if p.degree() == 1:  # a x + b = c
            slope, start = (_fraction(p[i]) for i in (1, 0))
            yield tidy(make("div", make("sub", value, const(start)), const(slope)))[0]
        return
    p = p - _rational(Fraction(number))
    for factor, _ in p.factor()[1]:
        c = [_fraction(factor[i]) for i in range(factor.degree() + 1)]
        if len(c) == 2:
            yield const(-c[0] / c[1])
        elif len(c) == 3 and (square := c[1] ** 2 - 4 * c[0] * c[2]) > 0:
            for way in (-1, 1):
                root = make("mul", const(way), make("sqrt", const(square)))
                yield tidy(make("div", make("add", const(-c[1]), root), const(2 * c[2])))[0]


def _linear(u: Node, value: Node, variable: Node) -> Iterator[Node]:
    """The root of a x + b = c with constants of any kind: 2x - √7 = 0."""
    if tree_size(u) > SIMPLE:
        return
    slope = tidy(chain.push(u, variable).result)[0]
    if slope is not ZERO and not symbols(slope):
        start = chain.put(u, {variable: ZERO})
        root = tidy(make("div", make("sub", value, start), slope), real_roots=True)[0]
        if math.isfinite(_double(root)):
            yield root


def _double(node: Node) -> float:
    from mibun.run import interpret

    value = interpret.call(node, {}) if not symbols(node) else math.nan
    return float(value) if not isinstance(value, int) or abs(value) < 10**300 else math.inf


def _inverted(u: Node, value: Node) -> list[tuple[Node, Node]]:
    """g(v) = c as v = c', where g has an inverse: e^v - 5 = 0 as v = ln 5."""
    if value is not ZERO and not math.isfinite(_double(value)):
        return []
    args, fixed = u.args, [not symbols(arg) for arg in u.args]
    found: list[tuple[Node, Node]] = []
    if u.op in ("add", "sub") and True in fixed:
        left, right = args
        if u.op == "add":
            found = [(right, make("sub", value, left)) if fixed[0] else (left, make("sub", value, right))]
        else:
            found = [(right, make("sub", left, value)) if fixed[0] else (left, make("add", value, right))]
    elif u.op in ("mul", "div") and fixed[1:] == [True] and args[1] is not ZERO:
        found = [(args[0], make("div" if u.op == "mul" else "mul", value, args[1]))]
    elif u.op == "mul" and fixed[0] and args[0] is not ZERO:
        found = [(args[1], make("div", value, args[0]))]
    elif u.op == "pow" and fixed[0] and 0 < _double(args[0]) != 1 and _double(value) > 0:
        found = [(args[1], make("div", make("ln", value), make("ln", args[0])))]
    elif u.op == "neg":
        found = [(args[0], make("neg", value))]
    elif u.op in _INVERSES:
        inverse, low, high = _INVERSES[u.op]
        if low < _double(value) < high:
            found = [(args[0], make(inverse, value))]
    return [(inner, tidy(number, real_roots=True)[0]) for inner, number in found]


# The inverse of an operation, and between which numbers it has one.
_INVERSES: Final[dict[str, tuple[str, float, float]]] = {
    "exp": ("ln", 0, math.inf),
    "ln": ("exp", -math.inf, 700),
    "atan": ("tan", -math.pi / 2, math.pi / 2),
    "asin": ("sin", -math.pi / 2, math.pi / 2),
    "acos": ("cos", 0, math.pi),
    "sinh": ("asinh", -math.inf, math.inf),
    "asinh": ("sinh", -700, 700),
    "tanh": ("atanh", -1, 1),
}


def _rational(x: Fraction) -> Any:
    from flint import fmpq

    return fmpq(x.numerator, x.denominator)


def _fraction(x: Any) -> Fraction:
    return Fraction(int(x.p), int(x.q))


def _parts(u: Node) -> Iterable[tuple[Node, Node]]:
    """Where u can be zero, because of its parts."""
    if u.op in _SAME or u.op == "pow":
        return [(u.args[0], ZERO)]
    if u.op == "mul":
        return [(arg, ZERO) for arg in u.args]
    if u.op == "div":
        return [(u.args[0], ZERO)]
    if u.op in _VALUES:
        return [(u.args[0], value) for value in _VALUES[u.op]]
    if u.op in ("add", "sub"):
        plain = tidy(u)[0] if tree_size(u) <= SIMPLE else u
        return [(plain, ZERO)] if plain is not u else []
    return []


def _place(zero: Node) -> tuple[float, int]:
    from mibun.run import interpret

    return float(interpret.call(zero, {})), tree_size(zero)


# Where a derivative fails


@dataclass(frozen=True, slots=True)
class Failure:
    """A point of the domain, or a hole in it, at which a function is not differentiable: where, and what happens."""

    variable: str
    point: Node
    local: Local

    def text(self, lang: str = "en") -> str:
        """The note as a sentence.

        >>> x = symbol("x")
        >>> failures(make("abs", x), x)[0].text("en")
        'At x = 0: The slope is −1 on the left and 1 on the right: not differentiable there.'
        """
        from mibun.write import notation

        where = f"{notation.text(symbol(self.variable))} = {notation.text(self.point)}"
        start = f"{where}에서: " if lang == "ko" else f"At {where}: "
        return start + sentence(self.local, lang)


def failures(node: Node, variable: Node) -> list[Failure]:
    """The points that could be found at which the function ``node`` of one variable is not differentiable.

    Points outside the domain on both sides, and poles, are no points of the function.
    """
    node = chain.resolve(node)
    derivative = chain.push(node, variable).result
    if set(symbols(node)) - {variable.attrs} or len(postorder(node, derivative)) > LARGE:
        return []
    places = dict.fromkeys(zero for broken in breaks(node, derivative) for zero in zeros(broken, variable))
    found = []
    for place in [place for place in places if tree_size(place) <= SIZE][:POINTS]:
        happens = local(node, variable.attrs, {variable.attrs: place})
        if happens.kind not in ("differentiable", "undecided", "outside", "pole", "endpoint"):
            found.append(Failure(variable.attrs, place, happens))
    return sorted(found, key=lambda failure: _place(failure.point))
