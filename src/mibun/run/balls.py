"""From a graph to balls of real numbers (python-flint's ``arb``): enclosures that are proofs.

The result of :func:`evaluate` contains the value, at the precision of ``flint.ctx``, or says that there is none, or
that it cannot be told. Nothing here rounds a ball to a number that it merely cannot be told from, unless the caller
passes a ``settle`` that does. Nothing here knows about derivatives.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from functools import cache
from threading import RLock
from typing import Any, Final

from mibun.node import Node, postorder
from mibun.ops import BOOL, make
from mibun.run.domain import U, V, condition, pole
from mibun.run.exact import exact_values

Ball = Any  # flint.arb, which has no type stubs
Real = Any  # a ball or a truth value; None outside the domain; a ball that is not finite where it cannot be told
Settle = Callable[[Ball], Ball]
Exact = Callable[[Node], Fraction | int | None]


_one_at_a_time = RLock()  # FLINT's precision is that of the whole process


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Balls of that many bits, for one thread at a time."""
    from flint import ctx

    with _one_at_a_time, ctx.workprec(bits):
        yield


class Undecided(Exception):
    """Balls cannot tell."""


def ball(value: int | Fraction | float) -> Ball:
    """A number as a ball. A decimal that someone wrote means its shortest digits: 0.1 is 1/10."""
    from flint import arb, fmpq

    if type(value) is float:
        if not math.isfinite(value):
            return arb.nan()
        value = Fraction(repr(value))
    exact = Fraction(value)
    return arb(fmpq(exact.numerator, exact.denominator))


def evaluate(root: Node, at: Mapping[str, Ball], settle: Settle | None = None, exact: Exact | None = None) -> Real:
    """The value of ``root``; ``None`` if any part of it that is needed has none in the real numbers.

    ``Undecided`` for what has no value at all, f(2).
    """
    return run(root, at, settle, exact)[root]


def run(
    root: Node, at: Mapping[str, Ball], settle: Settle | None = None, exact: Exact | None = None
) -> dict[Node, Real]:
    """:func:`evaluate` for every node below ``root``. ``settle`` is applied to each ball that comes out.

    ``exact``, if given, is asked for the exact value at the point where that may decide: of what holds an integer, and
    of differences that are compared. A proof remains a proof with it.
    """
    order = postorder(root)
    exponents = exact_values(postorder(*[node.args[1] for node in order if node.op == "pow"]), {})
    values: dict[Node, Real] = {}
    for node in order:
        value = _node(node, [values[arg] for arg in node.args], at, exponents, settle or _as_is)
        values[node] = value if exact is None or not node.args else _decided(node, value, exact)
    return values


def _decided(node: Node, value: Real, exact: Exact) -> Real:
    if value is None or isinstance(value, bool):
        return value
    if node.op in COMPARE:
        difference = exact(make("sub", *node.args))
        return value if difference is None else COMPARE[node.op]((difference > 0) - (difference < 0), 0)
    if not value.is_finite():
        forbidden = pole(node)
        return None if forbidden is not None and exact(forbidden) == 0 else value
    if near_integer(value):
        found = exact(node)
        return ball(found) if found is not None and value.overlaps(ball(found)) else value
    return value


def near_integer(x: Ball) -> bool:
    """Whether a ball that is no single number holds an integer, and no other one is near."""
    return bool(x.is_finite() and not x.is_exact() and x.rad() * 4 < 1 and abs(x) < 2**64 and x.contains_integer())


def _as_is(x: Ball) -> Ball:
    return x


def sign(x: Ball) -> int | None:
    """The sign, if it can be told."""
    return 0 if x.is_zero() else 1 if x > 0 else -1 if x < 0 else None


def known(value: Real) -> bool:
    """Whether there is a value, and it can be told."""
    return isinstance(value, bool) or (value is not None and value.is_finite())


FAR_LEFT: Final = -10_000  # from here on, polygamma takes FLINT too long

COMPARE: Final[dict[str, Callable[[int, int], bool]]] = {
    op: getattr(operator, op) for op in ("lt", "le", "gt", "ge", "eq", "ne")
}


def _node(node: Node, args: list[Real], at: Mapping[str, Ball], exponents: Mapping[Node, Any], settle: Settle) -> Real:
    from flint import arb

    op = node.op
    if op == "symbol":
        return at[node.attrs]
    if op in ("const", "e", "pi"):
        return arb.pi() if op == "pi" else arb(1).exp() if op == "e" else ball(node.attrs)
    if op in ("apply", "derivative"):
        raise Undecided
    if op == "where":
        truth = _truth(args[0])
        return args[0] if args[0] is None else arb.nan() if truth is None else args[1 if truth else 2]
    if any(arg is None for arg in args):
        return None
    if op in LOGIC:
        truth = LOGIC[op](*map(_truth, args))
        return arb.nan() if truth is None else truth
    if not all(map(known, args)):
        return arb.nan()
    numbers = [arb(int(arg)) if isinstance(arg, bool) else arg for arg in args]
    if node.dtype == BOOL:
        order = _order(numbers[0], numbers[1], settle)
        verdict = {COMPARE[op](way, 0) for way in order}
        return verdict.pop() if len(verdict) == 1 else arb.nan()
    if op == "pow" and (exponent := exponents[node.args[1]]) is not None:
        result = _rational_power(numbers[0], Fraction(exponent))
    else:
        result = functions()[op](*numbers)
    if result.is_finite():
        return settle(result)
    limits = condition(node)
    outside = limits is not None and evaluate(limits, _arguments(numbers), settle) is False
    return None if outside else arb.nan()


def _arguments(numbers: list[Ball]) -> dict[str, Ball]:
    return dict(zip((U.attrs, V.attrs), numbers, strict=False))


def _order(a: Ball, b: Ball, settle: Settle) -> tuple[int, ...]:
    """Which of less (-1), equal (0) and greater (1) are possible."""
    way = sign(settle(a - b))
    if way is not None:
        return (way,)
    return (0, 1) if a >= b else (-1, 0) if a <= b else (-1, 0, 1)


def _truth(value: Real) -> bool | None:
    """A truth value; ``None`` where it cannot be told."""
    if isinstance(value, bool) or value is None:
        return value
    way = sign(value) if value.is_finite() else None
    return None if way is None else way != 0


def _and(a: bool | None, b: bool | None) -> bool | None:
    return False if False in (a, b) else None if None in (a, b) else True


def _not(a: bool | None) -> bool | None:
    return None if a is None else not a


LOGIC: Final[dict[str, Callable[..., bool | None]]] = {
    "and": _and,
    "or": lambda a, b: _not(_and(_not(a), _not(b))),
    "not": _not,
}


def _rational_power(x: Ball, n: Fraction) -> Ball:
    """The real power: of negative numbers, too, if the denominator is odd."""
    from flint import arb

    if n.denominator == 1:
        return x ** arb(n.numerator) if n > 0 or not x.is_zero() else arb(1) if n == 0 else arb.nan()
    if x.is_zero():
        return arb(0) if n > 0 else arb.nan()
    if x < 0:
        if n.denominator % 2 == 0:
            return arb.nan()
        return (-1) ** (n.numerator % 2) * (-x) ** ball(n)
    if not x > 0 and n > 0 and (n.denominator % 2 or x >= 0):  # zero is among the values: so is that of its power
        reach = arb(abs(x).upper()) ** ball(n)
        low = 0 if n.numerator % 2 == 0 or x >= 0 else -reach
        return (reach + low) / 2 + arb(0, 1) * ((reach - low) / 2)
    return x ** ball(n)


def _power(x: Ball, y: Ball) -> Ball:
    from flint import arb

    if y.is_integer():
        return _rational_power(x, Fraction(int(y.unique_fmpz()))) if abs(y) < 2**64 else x**y
    if x.is_zero():
        return arb(0) if y > 0 else arb.nan()
    return x**y


@cache
def functions() -> dict[str, Callable[..., Ball]]:
    """What each operation does to balls."""
    from flint import acb, arb

    words = str.split

    def settled(function: Callable[[Ball], Ball]) -> Callable[[Ball], Ball]:
        def value(x: Ball) -> Ball:
            found = function(x)
            return found if found.is_exact() else arb.nan()

        return value

    def lgamma(x: Ball) -> Ball:
        return x.lgamma() if x > 0 else abs(x.gamma()).log()

    def polygamma(n: Ball, x: Ball) -> Ball:
        if not x > FAR_LEFT or (not x > 0 and x.is_integer()):  # FLINT goes there one by one, and to a pole in vain
            return arb.nan()
        return acb(x).polygamma(acb(n)).real

    def sign_of(x: Ball) -> Ball:
        found = sign(x)
        return arb.nan() if found is None else arb(found)

    def softplus(x: Ball) -> Ball:
        return x + (-x).exp().log1p() if x > 0 else x.exp().log1p()

    return {
        **{op: getattr(operator, op) for op in ("add", "sub", "mul", "neg")},
        "div": operator.truediv,
        "pow": _power,
        **{op: getattr(arb, op) for op in words("sqrt exp sin cos tan sec csc cot asin acos atan erf gamma digamma")},
        **{op: getattr(arb, op) for op in words("sinh cosh tanh sech csch coth asinh acosh atanh min max atan2")},
        "ln": arb.log,
        "log": lambda x, a: x.log() / a.log(),
        "asec": lambda x: (1 / x).acos(),
        "acsc": lambda x: (1 / x).asin(),
        "acot": lambda x: arb.pi() / 2 if x.is_zero() else (1 / x).atan(),
        "asech": lambda x: (1 / x).acosh(),
        "acsch": lambda x: (1 / x).asinh(),
        "acoth": lambda x: (1 / x).atanh(),
        "abs": abs,
        "sign": sign_of,
        "floor": settled(arb.floor),
        "ceil": settled(arb.ceil),
        "sigmoid": lambda x: (1 + (x / 2).tanh()) / 2,
        "softplus": softplus,
        "relu": lambda x: arb.max(x, arb(0)),
        "lgamma": lgamma,
        "polygamma": polygamma,
        "hypot": lambda x, y: (x * x + y * y).sqrt(),
    }
