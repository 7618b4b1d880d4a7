"""From a graph to its power series at a point, in balls: derivatives without one rule of differentiation.

The variable becomes a + t, and series are added, multiplied, divided and put into one another as Newton and Leibniz
did (FLINT's ``arb_series``); a derivative is read off as k! times the coefficient of tᵏ. The table of derivatives is
not used, nor the chain rule, so that what comes out can be held against both.

Where an operation sits on an edge, |u| at u = 0, it has no power series, but one for each side of the point. Both are
carried on as :class:`Sides`, series in s > 0 where t = ±s^q, until they are one again: x·|x| is x² and -x², which agree
up to the first power. Agreement is never guessed: both must be exact there, and so must be the value at the point.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from functools import cache
from typing import Any, Final, NamedTuple

from mibun.node import Node, postorder
from mibun.ops import BOOL, make, symbol
from mibun.run.balls import COMPARE, LOGIC, Exact, Real, Undecided, ball, evaluate, known, sign
from mibun.run.exact import exact_values

Series = Any  # flint.arb_series; flint.arb for what does not vary
EXTRA: Final = 4  # coefficients beyond the wanted one, to see where a series goes that begins with zeros
RAMIFIED: Final = 24  # the largest q
SMALL_POWER: Final = 64  # up to which a power is worked out by multiplying


class Sides(NamedTuple):
    """What is left and right of the point, in powers of s; ``continuous``: surely also the value at the point."""

    left: Any
    right: Any
    continuous: bool


class Derivative(NamedTuple):
    """The value of a derivative; ``edge`` says that some operation on the way has no power series there."""

    value: Any
    edge: bool


def derivative(
    root: Node,
    variable: str,
    at: Mapping[str, Any],
    order: int,
    here: Mapping[Node, Real],
    exact: Exact | None = None,
) -> Derivative:
    """The derivative of that order by ``variable``, enclosed. ``Undecided`` where it cannot be told, or is none.

    ``at`` maps the variables to balls; ``here`` holds the value of every node there, by :func:`mibun.run.balls.run`.
    With ``exact``, the exact value of an expression at the point or ``None``, edges are looked into.
    """
    found, edges = jets(root, variable, at, order, here, exact)
    jet = found[root]
    if jet is None or isinstance(jet, bool | Sides) or (_varies(jet) and jet.prec <= order):
        raise Undecided
    return Derivative(_at(jet, order) * math.factorial(order), bool(edges))


def jets(
    root: Node,
    variable: str,
    at: Mapping[str, Any],
    order: int,
    here: Mapping[Node, Real],
    exact: Exact | None = None,
) -> tuple[dict[Node, Any], set[Node]]:
    """The series of every node below ``root``, and the nodes that sit on an edge.

    A value is an ``arb`` (it does not vary), an ``arb_series`` in t, :class:`Sides`, a truth value, or ``None`` where
    balls cannot tell.
    """
    from flint import arb_series

    nodes = postorder(root)
    powers = exact_values(postorder(*[node.args[1] for node in nodes if node.op == "pow"]), {})
    q = _ramification(nodes, powers) if exact else 1
    length = order + 1 + (EXTRA if exact else 0)
    found: dict[Node, Any] = {}
    varies: set[Node] = set()
    edges: set[Node] = set()
    with _cap(q * length):
        for node in nodes:
            if node.op == "symbol" and node.attrs == variable:
                varies.add(node)
                found[node] = arb_series([at[variable], 1], length)
            elif varies.isdisjoint(node.args):
                found[node] = here[node] if known(here[node]) else None
            else:
                varies.add(node)
                found[node] = _jet(
                    _Place(node, powers, here, exact, order, q, edges), [found[arg] for arg in node.args]
                )
    return found, edges


@contextmanager
def _cap(length: int) -> Iterator[None]:
    from flint import ctx

    before = ctx.cap
    ctx.cap = length
    try:
        yield
    finally:
        ctx.cap = before


def _ramification(nodes: list[Node], powers: Mapping[Node, Any]) -> int:
    """q, such that the roots that occur are power series in s = |t|^(1/q)."""
    roots = {2 for node in nodes if node.op in _ROOTS}
    roots |= {Fraction(powers[node.args[1]] or 0).denominator for node in nodes if node.op == "pow"}
    q = math.lcm(*roots)
    return q if q <= RAMIFIED else 2


_ROOTS: Final = frozenset(["sqrt", "hypot", "asin", "acos", "acosh", "asec", "acsc", "asech"])


class _Place(NamedTuple):
    """An operation, and what is known where it stands."""

    node: Node
    powers: Mapping[Node, Any]
    here: Mapping[Node, Real]
    exact: Exact | None
    order: int
    q: int
    edges: set[Node]


# Operations that are continuous on both sides of their edges. The others must be looked at.
_JUMPS: Final = frozenset(["where", "sign", "floor", "ceil", "acot", "atan2"])


def _jet(place: _Place, args: list[Any]) -> Any:
    node = place.node
    if node.op == "where" and isinstance(args[0], bool):
        return args[1 if args[0] else 2]
    sided = any(isinstance(arg, Sides) for arg in args)
    if not sided:
        smooth = _side(place, args, 0)
        if smooth is not None:
            return _settled(smooth, place)
    if place.exact is None:
        return None
    place.edges.add(node)
    left, right = (_side(place, [_lift(arg, place.q, way) for arg in args], way) for way in (-1, 1))
    if left is None or right is None:
        return None
    if isinstance(left, bool):
        return Sides(left, right, False)
    value = place.here[node]
    through = node.op not in _JUMPS and all(not isinstance(arg, Sides) or arg.continuous for arg in args)
    continuous = through or all(_same(value, _at(side, 0)) for side in (left, right))
    return _together(Sides(left, right, continuous), place)


def _settled(series: Series, place: _Place) -> Series:
    """A series with its value at the point, if that is known exactly."""
    value = place.here[place.node]
    if place.exact is None or not _varies(series) or not known(value) or not value.is_exact():
        return series
    from flint import arb_series

    return arb_series([value, *_coefficients(series)[1:]], series.prec)


def _varies(value: Any) -> bool:
    from flint import arb_series

    return isinstance(value, arb_series)


def _at(series: Series, k: int) -> Any:
    from flint import arb

    return series[k] if _varies(series) else series if k == 0 else arb(0)


def _coefficients(series: Series) -> list[Any]:
    return [series[k] for k in range(series.prec)]


def _lift(value: Any, q: int, way: int) -> Any:
    """What a value is on one side of the point."""
    if isinstance(value, Sides):
        return value.left if way < 0 else value.right
    if not _varies(value):
        return value
    from flint import arb_series

    spread = [0] * ((value.prec - 1) * q + 1)
    for k, coefficient in enumerate(_coefficients(value)):
        spread[k * q] = coefficient if way > 0 or k % 2 == 0 else -coefficient
    return arb_series(spread, value.prec * q)


def _together(sides: Sides, place: _Place) -> Any:
    """One series, if both are sure to agree up to the wanted power, and at the point."""
    if not sides.continuous:
        return sides
    from flint import arb_series

    q = place.q
    ends = [side.prec if _varies(side) else place.q * (place.order + 1 + EXTRA) for side in sides[:2]]
    same: list[Any] = []
    for k in range(min(ends)):
        left, right = _at(sides.left, k), _at(sides.right, k)
        if k % q:
            if not (left.is_zero() and right.is_zero()):
                break
            continue
        if not _same(left if (k // q) % 2 == 0 else -left, right):
            break
        same.append(right)
    return arb_series(same, len(same)) if len(same) > place.order else sides


def _same(a: Any, b: Any) -> bool:
    return a is not None and not isinstance(a, bool) and bool(a.is_exact() and b.is_exact() and a == b)


# One operation on series. ``way`` is 0 for series in t, -1 and 1 for what is left and right of the point. A result is
# a series, an arb, a truth value, or None: not to be told, or not a power series.


def _side(place: _Place, args: list[Any], way: int) -> Any:
    node = place.node
    if node.op == "where":
        return None if args[0] is None else args[1 if _truth(args[0], way) else 2]
    if node.op in LOGIC:
        return LOGIC[node.op](*[None if arg is None else _truth(arg, way) for arg in args])
    if any(arg is None for arg in args):
        return None
    args = [_number(arg) for arg in args]
    if node.dtype == BOOL:
        order = _order(place, args, way)
        return None if order is None else COMPARE[node.op](order, 0)
    if not any(map(_varies, args)):
        found = _constant(node, args)
    elif node.op == "pow":
        exponent = place.powers[node.args[1]]
        found = _power(args[0], args[1], None if exponent is None else Fraction(exponent), way)
    elif node.op in ("min", "max"):
        order = _order(place, args, way)
        found = None if order is None else args[0 if (order <= 0) == (node.op == "min") else 1]
    else:
        try:
            found = _functions()[node.op](*args, way)
        except (ValueError, ZeroDivisionError):  # FLINT's way to say that a quotient is no power series
            return None
    return found if found is None or (_finite(found) and not (_varies(found) and found.prec < 1)) else None


def _constant(node: Node, args: list[Any]) -> Any:
    """On one side of the point, an operation on what does not vary there."""
    names = [symbol(name) for name in "uvw"[: len(args)]]
    return evaluate(make(node.op, *names), {name.attrs: arg for name, arg in zip(names, args, strict=True)})


def _number(value: Any) -> Any:
    from flint import arb

    return arb(int(value)) if isinstance(value, bool) else value


def _truth(value: Any, way: int) -> bool | None:
    if isinstance(value, bool):
        return value
    found = _sign(value, way)
    return None if found is None else found != 0


def _finite(series: Series) -> bool:
    return all(c.is_finite() for c in series.coeffs()) if _varies(series) else bool(series.is_finite())


def _order(place: _Place, args: list[Any], way: int) -> int | None:
    """Whether the first argument is less (-1), equal (0) or greater (1) near the point."""
    if place.node.args[0] is place.node.args[1]:
        return 0
    difference = args[0] - args[1]
    if place.exact is not None and not sign(_at(difference, 0)):
        value = place.exact(make("sub", *place.node.args))
        if value is not None and _varies(difference) and _at(difference, 0).overlaps(ball(value)):
            from flint import arb_series

            # of what jumps, the value at the point says nothing about the sides
            if not any(isinstance(arg, Sides) for arg in args):
                difference = arb_series([ball(value), *_coefficients(difference)[1:]], difference.prec)
    return _sign(difference, way)


def _sign(u: Series, way: int) -> int | None:
    """The sign near the point, if it can be told."""
    if not _varies(u):
        return sign(u)
    for coefficient in _coefficients(u):
        way_here = sign(coefficient)
        if way_here or way_here is None or not way:
            return way_here or None
    return None


def _valuation(u: Series) -> int | None:
    """How many coefficients are zero before the first that is not, if it can be told."""
    for k, coefficient in enumerate(_coefficients(u)):
        if not coefficient.is_zero():
            return None if sign(coefficient) is None else k
    return None


def _series(u: Series) -> Series:
    from flint import arb_series

    return u if _varies(u) else arb_series([u])


def _abs(u: Series, way: int) -> Series | None:
    if way and _vanishes(u):  # |o(sⁿ)|
        return u
    found = _sign(u, way)
    return None if found is None else u if found > 0 else -u


def _vanishes(u: Series) -> bool:
    return _varies(u) and u.length() == 0


def _root(u: Series, p: int, q: int, way: int) -> Series | None:
    """u^(p/q), the fraction in lowest terms."""
    from flint import arb_series

    if p >= 0 and q == 1:
        return _whole_power(u, p)
    found = _sign(u, way)
    if found is None or (found < 0 and q % 2 == 0):
        return None
    valuation = _valuation(u) or 0
    if valuation * p % q:
        return None
    shift = valuation * p // q
    w = arb_series([found * c for c in _coefficients(u)[valuation:]], u.prec - valuation)
    power = w.sqrt() if (p, q) == (1, 2) else 1 / w if (p, q) == (-1, 1) else (ball(Fraction(p, q)) * w.log()).exp()
    if shift < 0:
        return None
    power = arb_series([0] * shift + _coefficients(power), power.prec + shift)
    return -power if found < 0 and p % 2 else power


def _whole_power(u: Series, n: int) -> Series:
    """uⁿ for n ≥ 0."""
    from flint import arb, arb_series

    first = _valuation(u) if _varies(u) else None
    if n > SMALL_POWER and first == 0:
        way = sign(u[0]) or 1
        power = (arb(n) * (way * u).log()).exp()
        return power if way > 0 or n % 2 == 0 else -power
    if first is not None and n * first >= u.prec:
        return arb_series([], u.prec)
    result = arb_series([1])
    while n:
        if n & 1:
            result *= u
        n >>= 1
        if n:
            u = u * u
    return result


def _power(u: Series, v: Series, exponent: Fraction | None, way: int) -> Series | None:
    if not _varies(v):
        if exponent is None and v.is_integer() and abs(v) < 2**64:
            exponent = Fraction(int(v.unique_fmpz()))
        if exponent is not None:
            return _root(u, exponent.numerator, exponent.denominator, way)
    if not _varies(u) and u.is_zero():
        from flint import arb

        return arb(0) if _sign(v, way) == 1 else None
    return (_series(u).log() * v).exp() if sign(_at(u, 0)) == 1 else None


def _quotient(u: Series, v: Series, _way: int = 0) -> Series | None:
    """u/v, where there is no pole. The zeros that v begins with are taken from both."""
    from flint import arb_series

    u, v = _series(u), _series(v)
    shift = _valuation(v)
    if shift is None:
        return None
    if not shift:
        return u / v
    first, second = _coefficients(u), _coefficients(v)  # divided by hand: to FLINT, (0 + O(t²))/t is O(t²)
    if len(first) <= shift or not all(c.is_zero() for c in first[:shift]):
        return None
    return arb_series(first[shift:], u.prec - shift) / arb_series(second[shift:], v.prec - shift)


def _sqrt(u: Series, way: int) -> Series | None:
    if not _varies(u):
        return u.sqrt()
    if way and _vanishes(u):
        return None
    return _root(u, 1, 2, way)


def _floor(u: Series, way: int) -> Any:
    from flint import arb

    first = _at(u, 0)
    whole = first.floor()
    if not whole.is_exact():
        return None
    if first > whole:
        return whole
    found = _sign(u - whole, way) if first.is_exact() else None
    return None if not found else whole if found > 0 else whole - arb(1)


def _lgamma(u: Series) -> Series:
    return u.lgamma() if u[0] > 0 else _positive(u.gamma()).log()


def _positive(u: Series) -> Series:
    return u if u[0] > 0 else -u


def _polygamma(n: int, u: Series) -> Series | None:
    """The derivative of ln|Γ| of order n + 1, from its own power series."""
    from flint import arb_series

    if not 0 <= n <= 1000 or not u[0].is_finite():
        return None
    with _cap(u.prec + n + 1):
        slope = _lgamma(arb_series([u[0], 1], u.prec + n + 1))
        for _ in range(n + 1):
            slope = slope.derivative()
    if not _finite(slope):
        return None
    if u.length() < 2:
        return arb_series([slope[0]], u.prec)
    return slope(arb_series([0, *_coefficients(u)[1:]], u.prec))


def _atan2(y: Series, x: Series, way: int) -> Series | None:
    from flint import arb

    y_sign, x_sign = _sign(y, way), _sign(x, way)
    steep = bool(abs(_at(y, 0)) > abs(_at(x, 0)))
    if x_sign == 1 and not steep:
        quotient = _quotient(y, x)
        return None if quotient is None else quotient.atan()
    if y_sign and (steep or x_sign is None):
        quotient = _quotient(x, y)
        return None if quotient is None else y_sign * arb.pi() / 2 - quotient.atan()
    if x_sign and y_sign:
        quotient = _quotient(y, x)
        return None if quotient is None else quotient.atan() + (y_sign * arb.pi() if x_sign < 0 else 0)
    return None


@cache
def _functions() -> dict[str, Callable[..., Any]]:
    """What each operation does to series that vary (of two, one may not), by no more than algebra and FLINT's own."""
    from flint import arb

    def over(f: Callable[..., Any]) -> Callable[..., Any]:
        """f(1/u)"""
        return lambda u, way: None if (v := _quotient(arb(1), u)) is None else f(v, way)

    def one_over(f: Callable[[Any], Any]) -> Callable[..., Any]:
        return lambda u, way: _quotient(arb(1), f(u))

    def sinh(u: Any) -> Any:
        return (u.exp() - (-u).exp()) / 2

    def cosh(u: Any) -> Any:
        return (u.exp() + (-u).exp()) / 2

    def odd(f: Callable[[Any], Any]) -> Callable[..., Any]:
        """An odd function, from how it is for u ≥ 0."""
        return lambda u, _way: -f(-u) if u[0] < 0 else f(u)

    def coth(u: Any, _way: int) -> Any:
        way = -1 if u[0] < 0 else 1
        rest = _quotient(arb(2), (2 * way * u).exp() - 1)
        return None if rest is None else way * (1 + rest)

    def asin(u: Any, way: int) -> Any:
        at_one = way * way and abs(u[0]) == 1
        if not at_one:
            return u.asin()
        end = 1 if u[0] > 0 else -1
        root = _sqrt((1 - end * u) / 2, way)
        return None if root is None else end * (arb.pi() / 2 - 2 * root.asin())

    def acos(u: Any, way: int) -> Any:
        found = asin(u, way)
        return None if found is None else arb.pi() / 2 - found

    def acosh(u: Any, way: int) -> Any:
        root = _sqrt((u - 1) / 2, way)
        return None if root is None else 2 * asinh(root, way)

    def atanh(u: Any, _way: int) -> Any:
        return ((1 + u).log() - (1 - u).log()) / 2

    def acot(u: Any, way: int) -> Any:
        found = _sign(u, way)
        return None if found is None else found * arb.pi() / 2 - u.atan()

    def sigmoid(u: Any, _way: int) -> Any:
        return u.exp() / (1 + u.exp()) if u[0] < 0 else 1 / (1 + (-u).exp())

    def softplus(u: Any, _way: int) -> Any:
        return u + (1 + (-u).exp()).log() if u[0] > 0 else (1 + u.exp()).log()

    def signum(u: Any, way: int) -> Any:
        found = _sign(u, way)
        return None if found is None else arb(found)

    def relu(u: Any, way: int) -> Any:
        if way and _vanishes(u):
            return u
        found = _sign(u, way)
        return None if found is None else u if found > 0 else arb(0)

    def ceil(u: Any, way: int) -> Any:
        found = _floor(-u, way)
        return None if found is None else -found

    def polygamma(n: Any, u: Any, _way: int) -> Any:
        return None if _varies(n) or not n.is_integer() or not abs(n) < 2**20 else _polygamma(
            int(n.unique_fmpz()), u
        )  # fmt: skip

    asinh = odd(lambda u: (u + (u * u + 1).sqrt()).log())
    plain: dict[str, Callable[[Any], Any]] = {
        "neg": lambda u: -u,
        "exp": lambda u: u.exp(),
        "ln": lambda u: u.log(),
        "sin": lambda u: u.sin(),
        "cos": lambda u: u.cos(),
        "atan": lambda u: u.atan(),
        "sinh": sinh,
        "cosh": cosh,
        "erf": lambda u: u.erf(),
        "gamma": lambda u: u.gamma(),
        "lgamma": _lgamma,
        "digamma": lambda u: _polygamma(0, u),
    }

    def without_way(f: Callable[[Any], Any]) -> Callable[..., Any]:
        return lambda u, _way: f(u)

    return {
        **{op: without_way(f) for op, f in plain.items()},
        "add": lambda u, v, _way: u + v,
        "sub": lambda u, v, _way: u - v,
        "mul": lambda u, v, _way: u * v,
        "div": _quotient,
        "sqrt": _sqrt,
        "log": lambda x, a, _way: _quotient(_series(x).log(), _series(a).log()),
        "tan": lambda u, _way: _quotient(u.sin(), u.cos()),
        "sec": one_over(lambda u: u.cos()),
        "csc": one_over(lambda u: u.sin()),
        "cot": lambda u, _way: _quotient(u.cos(), u.sin()),
        "asin": asin,
        "acos": acos,
        "asec": over(acos),
        "acsc": over(asin),
        "acot": acot,
        "tanh": odd(lambda u: 1 - 2 / ((2 * u).exp() + 1)),
        "sech": one_over(cosh),
        "csch": one_over(sinh),
        "coth": coth,
        "asinh": asinh,
        "acosh": acosh,
        "atanh": atanh,
        "asech": over(acosh),
        "acsch": over(asinh),
        "acoth": over(atanh),
        "abs": _abs,
        "sign": signum,
        "floor": _floor,
        "ceil": ceil,
        "sigmoid": sigmoid,
        "softplus": softplus,
        "relu": relu,
        "polygamma": polygamma,
        "atan2": _atan2,
        "hypot": lambda u, v, way: _sqrt(u * u + v * v, way),
    }


# Beyond the real line. The formula of a derivative may hold parts that are not real though the whole is, the root of
# a - b with a < b. Roots and logarithms are principal values, as in :mod:`mibun.run.analytic`. Real and imaginary part
# are series of their own; a part that is exactly zero is ``None``, so that (√-2)² is real again, and on no cut.


class _Complex(NamedTuple):
    re: Series | None
    im: Series | None


def continued(root: Node, variable: str, at: Mapping[str, Any], order: int) -> tuple[Any, Any]:
    """The derivative of that order by complex arithmetic: enclosures of its real and its imaginary part.

    ``Undecided`` where an operation has no value, is not analytic or is on a cut across the real line.
    """
    from flint import arb, arb_series

    nodes = postorder(root)
    powers = exact_values(postorder(*[node.args[1] for node in nodes if node.op == "pow"]), {})
    found: dict[Node, Any] = {}
    with _cap(order + 1):
        for node in nodes:
            if node.op == "symbol" and node.attrs == variable:
                found[node] = _Complex(arb_series([at[variable], 1], order + 1), None)
            elif not node.args:
                found[node] = _Complex(evaluate(node, at), None)
            else:
                place = _Place(node, powers, {}, None, order, 1, set())
                found[node] = _complex(place, [found[arg] for arg in node.args])
        result = found[root]
    if not isinstance(result, _Complex):
        raise Undecided
    parts = [arb(0) if part is None else _at(part, order) for part in result]
    return parts[0] * math.factorial(order), parts[1] * math.factorial(order)


def _complex(place: _Place, args: list[Any]) -> Any:
    """One operation; ``None`` where it has no value."""
    node = place.node
    if node.op == "where":
        return None if args[0] is None else args[1 if args[0] else 2]
    if node.op not in LOGIC and any(arg is None for arg in args):
        return None
    if all(not isinstance(arg, _Complex) or arg.im is None for arg in args) and _is_principal(place, args):
        real = _side(place, [_real(arg) if isinstance(arg, _Complex) else arg for arg in args], 0)
        if isinstance(real, bool):
            return real
        if real is not None:
            return _Complex(real, None)
    operation = _complex_functions().get(node.op)
    if operation is None or not all(isinstance(arg, _Complex) for arg in args):
        return None
    try:
        result = _raised(args[0], args[1], place.powers[node.args[1]]) if node.op == "pow" else operation(*args)
    except Undecided:
        return None
    return result if all(part is None or _finite(part) for part in result) else None


def _is_principal(place: _Place, args: list[Any]) -> bool:
    """Whether the real operation has the principal value: (-8)^(1/3) is no real number then."""
    if place.node.op != "pow":
        return True
    exponent = place.powers[place.node.args[1]]
    return Fraction(exponent or 0).denominator == 1 or _sign(_real(args[0]), 0) == 1


def _real(z: _Complex) -> Series:
    from flint import arb

    return arb(0) if z.re is None else z.re


def _sum(a: Series | None, b: Series | None) -> Series | None:
    return b if a is None else a if b is None else a + b


def _product(a: Series | None, b: Series | None) -> Series | None:
    return None if a is None or b is None else a * b


def _minus(a: Series | None) -> Series | None:
    return None if a is None else -a


def _sure(series: Series | None) -> Series:
    if series is None:
        raise Undecided
    return series


def _add(z: _Complex, w: _Complex) -> _Complex:
    return _Complex(_sum(z.re, w.re), _sum(z.im, w.im))


def _negative(z: _Complex) -> _Complex:
    return _Complex(_minus(z.re), _minus(z.im))


def _times(z: _Complex, w: _Complex) -> _Complex:
    return _Complex(
        _sum(_product(z.re, w.re), _minus(_product(z.im, w.im))), _sum(_product(z.re, w.im), _product(z.im, w.re))
    )


def _i(z: _Complex) -> _Complex:
    return _Complex(_minus(z.im), z.re)


def _over(z: _Complex, w: _Complex) -> _Complex:
    if w.im is not None:
        size = _sum(_product(w.re, w.re), _product(w.im, w.im))
        z, w = _times(z, _Complex(w.re, _minus(w.im))), _Complex(size, None)
    return _Complex(*[None if part is None else _sure(_quotient(part, _sure(w.re))) for part in z])


def _logarithm(z: _Complex) -> _Complex:
    from flint import arb

    if z.re is None or z.im is None:
        part = _sure(z.im if z.re is None else z.re)
        way = _sign(part, 0)
        if not way:
            raise Undecided
        turn = way * arb.pi() / 2 if z.re is None else arb.pi() if way < 0 else None
        return _Complex((way * part).log(), turn)
    return _Complex(_series(z.re * z.re + z.im * z.im).log() / 2, _sure(_atan2(z.im, z.re, 0)))


def _exponential(z: _Complex) -> _Complex:
    from flint import arb

    size = arb(1) if z.re is None else z.re.exp()
    return _Complex(size, None) if z.im is None else _Complex(size * z.im.cos(), size * z.im.sin())


def _scaled(z: _Complex, factor: Any) -> _Complex:
    return _Complex(*[None if part is None else part * factor for part in z])


def _square_root(z: _Complex) -> _Complex:
    if z.im is None:
        real = _real(z)
        if not _varies(real) and real.is_zero():
            return _Complex(None, None)
        way = _sign(real, 0)
        if not way:
            raise Undecided
        root = (way * real).sqrt()
        return _Complex(root, None) if way > 0 else _Complex(None, root)
    return _exponential(_scaled(_logarithm(z), ball(Fraction(1, 2))))


def _raised(z: _Complex, w: _Complex, exponent: Any) -> _Complex:
    from flint import arb

    if exponent is not None and Fraction(exponent).denominator in (1, 2) and abs(exponent) <= SMALL_POWER:
        exponent = Fraction(exponent)
        base = z if exponent.denominator == 1 else _square_root(z)
        result = one = _Complex(arb(1), None)
        for _ in range(abs(exponent.numerator)):
            result = _times(result, base)
        return result if exponent >= 0 else _over(one, result)
    return _exponential(_times(w, _logarithm(z)))


@cache
def _complex_functions() -> dict[str, Callable[..., _Complex]]:
    """What has a value off the real line, in terms of what is above. Source: NIST DLMF, §4.21, 4.23, 4.28, 4.37."""
    from flint import arb

    one = _Complex(arb(1), None)
    Function = Callable[[_Complex], _Complex]

    def minus(z: _Complex, w: _Complex) -> _Complex:
        return _add(z, _negative(w))

    def over_i(z: _Complex) -> _Complex:
        return _negative(_i(z))

    def sinh_cosh(y: Series) -> tuple[Series, Series]:
        up, down = y.exp(), (-y).exp()
        return (up - down) / 2, (up + down) / 2

    def sin(z: _Complex) -> _Complex:
        if z.im is None:
            return _Complex(_real(z).sin(), None)
        s, c = sinh_cosh(z.im)
        return _Complex(None, s) if z.re is None else _Complex(z.re.sin() * c, z.re.cos() * s)

    def cos(z: _Complex) -> _Complex:
        if z.im is None:
            return _Complex(_real(z).cos(), None)
        s, c = sinh_cosh(z.im)
        return _Complex(c, None) if z.re is None else _Complex(z.re.cos() * c, -z.re.sin() * s)

    def sinh(z: _Complex) -> _Complex:
        return over_i(sin(_i(z)))

    def cosh(z: _Complex) -> _Complex:
        return cos(_i(z))

    def atan(z: _Complex) -> _Complex:
        if z.im is None:
            return _Complex(_real(z).atan(), None)
        return _scaled(_i(minus(_logarithm(minus(one, _i(z))), _logarithm(_add(one, _i(z))))), ball(Fraction(1, 2)))

    def atanh(z: _Complex) -> _Complex:
        return over_i(atan(_i(z)))

    def asin(z: _Complex) -> _Complex:
        if z.re is None and z.im is not None:
            return _Complex(None, _functions()["asinh"](_series(z.im), 0))
        return over_i(_logarithm(_add(_i(z), _square_root(minus(one, _times(z, z))))))

    def acos(z: _Complex) -> _Complex:
        return minus(_Complex(arb.pi() / 2, None), asin(z))

    def asinh(z: _Complex) -> _Complex:
        return over_i(asin(_i(z)))

    def acosh(z: _Complex) -> _Complex:
        return _logarithm(_add(z, _times(_square_root(minus(z, one)), _square_root(_add(z, one)))))

    def modulus(z: _Complex) -> _Complex:
        return _square_root(_times(z, z))

    def reciprocal(f: Function) -> Function:
        return lambda z: _over(one, f(z))

    def of_reciprocal(f: Function) -> Function:
        return lambda z: f(_over(one, z))

    def ratio(f: Function, g: Function) -> Function:
        return lambda z: _over(f(z), g(z))

    return {
        "add": _add,
        "sub": minus,
        "mul": _times,
        "div": _over,
        "neg": _negative,
        "pow": _raised,
        "sqrt": _square_root,
        "exp": _exponential,
        "ln": _logarithm,
        "log": lambda z, a: _over(_logarithm(z), _logarithm(a)),
        "sin": sin,
        "cos": cos,
        "tan": ratio(sin, cos),
        "sec": reciprocal(cos),
        "csc": reciprocal(sin),
        "cot": ratio(cos, sin),
        "sinh": sinh,
        "cosh": cosh,
        "tanh": ratio(sinh, cosh),
        "sech": reciprocal(cosh),
        "csch": reciprocal(sinh),
        "coth": ratio(cosh, sinh),
        "asin": asin,
        "acos": acos,
        "atan": atan,
        "asec": of_reciprocal(acos),
        "acsc": of_reciprocal(asin),
        "acot": of_reciprocal(atan),
        "asinh": asinh,
        "acosh": acosh,
        "atanh": atanh,
        "asech": of_reciprocal(acosh),
        "acsch": of_reciprocal(asinh),
        "acoth": of_reciprocal(atanh),
        "abs": modulus,
        "sign": lambda z: _over(z, modulus(z)),
        "hypot": lambda z, w: _square_root(_add(_times(z, z), _times(w, w))),
    }
