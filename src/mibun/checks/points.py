"""Where to look at functions: points inside their domains, on both sides of everything that may happen to them.

A function that is 0 at all points anyone would try may be different from 0 all the same: its domain may be
[1000, 1001], or it may bump at 0.123. So the points come from the functions: the zeros of what their domains, kinks and
jumps hang on (:func:`mibun.run.domain.breaks`) cut the line into cells, and every cell gets points in its middle and
near its ends; with several variables, along lines through points already found. What double precision says of the
functions there is a hint which points to choose, never a verdict. Nothing is random: the same functions have the same
points in every process.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache, partial
from itertools import pairwise, product
from typing import Any, Final

from mibun import chain
from mibun.limit import zeros
from mibun.node import Node, postorder, rebuild, symbols
from mibun.ops import MINUS_ONE, ONE, PI, ZERO, E, const, make, symbol
from mibun.rewrite import tidy
from mibun.run import balls, interpret
from mibun.run.balls import Ball
from mibun.run.domain import U, V, breaks, condition
from mibun.run.exact import exact

LARGE: Final = 2000  # nodes of functions whose zeros are still looked for
BROKEN: Final = 60  # expressions whose zeros are looked for
BRANCHES: Final = 24  # formulas that an expression with kinks is taken apart into
ZEROS: Final = 32  # on one line, the nearest to 0
COMBINED: Final = 3000  # points tried in double precision
SHOWN: Final = 6  # coordinates of a point
LONG: Final = 10**5  # a fraction with a larger denominator is shown as a decimal

Point = Mapping[str, "Number"]


@dataclass(frozen=True, slots=True)
class Number:
    """A real number, exact: a formula without variables, or a root of a polynomial over the rational numbers.

    ``searched``: it is near a place that was only found numerically.
    """

    node: Node | None
    decimal: float
    poly: Any = field(default=None, compare=False)  # flint.fmpq_poly, irreducible
    searched: bool = field(default=False, compare=False)

    def ball(self) -> Ball:
        """An enclosure at the precision of ``flint.ctx``."""
        if self.node is not None:
            return balls.evaluate(self.node, {})
        return min(_real_roots(self.poly), key=lambda root: abs(float(root.mid()) - self.decimal))

    @property
    def rational(self) -> int | Fraction | None:
        """The number, if it is written as a fraction."""
        if self.node is None or self.node.op != "const" or type(self.node.attrs) is float:
            return None
        value: int | Fraction = self.node.attrs
        return value

    @property
    def fraction(self) -> Fraction:
        """The number, or a fraction near it."""
        value = self.rational
        return Fraction(self.decimal if value is None else value)

    @property
    def length(self) -> int:
        """How much there is to write: the nicest number is the shortest."""
        value = self.rational
        if value is None:
            return 40 if self.node is None else 20
        return len(_decimal_digits(value) or f"{value}  ") + (value.denominator > 1) + (value < 0)

    def text(self) -> str:
        """The number as it is shown."""
        value = self.rational
        written = None if value is None else _decimal_digits(value)
        if written is None and (self.node is None or (value is not None and value.denominator > LONG)):
            written = f"{self.decimal:.6g}…"
        if written is not None:
            return written.replace("-", "−")
        from mibun.write import notation

        assert self.node is not None
        return notation.text(self.node)


def _decimal_digits(value: int | Fraction) -> str | None:
    """A fraction with a denominator of twos and fives only, as a short decimal."""
    from decimal import Decimal

    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest > 1 or value.denominator < 5:
        return None
    written = str(Decimal(value.numerator) / Decimal(value.denominator)).replace("E", "e")
    return written if Fraction(written) == value and len(written) < 13 else None


def shown(point: Mapping[str, Number]) -> str:
    """A point as it is shown: ``x = 1, y = ½``; of many coordinates the first ones."""
    from mibun.write import notation

    parts = [f"{notation.text(symbol(name))} = {value.text()}" for name, value in point.items()]
    return ", ".join(parts if len(parts) <= SHOWN else [*parts[: SHOWN - 1], "…"])


def plain(point: Mapping[str, Number]) -> dict[str, Any]:
    """The coordinates as numbers: ``int`` or ``Fraction`` where they are rational, else floats."""
    return {name: value.decimal if value.rational is None else value.rational for name, value in point.items()}


def number(value: int | Fraction | Node) -> Number:
    """An exact number."""
    if isinstance(value, Node):
        return Number(value, float(interpret.call(value, {})))
    try:
        decimal = float(value)
    except OverflowError:
        decimal = math.inf if value > 0 else -math.inf
    return Number(const(value), decimal)


def at(point: Point) -> dict[str, Ball]:
    """The coordinates as balls."""
    return {name: value.ball() for name, value in point.items()}


def exactly(point: Point) -> Callable[[Node], Fraction | int | None]:
    """What :func:`mibun.run.balls.run` asks where balls cannot tell: the exact value of a node at the point."""
    rational = {name: value.rational for name, value in point.items()}
    known = {name: value for name, value in rational.items() if value is not None}
    roots = {name: value for name, value in point.items() if value.node is None}
    closed = {symbol(name): value.node for name, value in point.items() if value.node is not None}

    def value(node: Node) -> Fraction | int | None:
        found: Any = exact(node, known)
        if found is not None and not isinstance(found, bool):
            return found  # type: ignore[no-any-return]
        node = chain.put(node, closed)
        if roots:
            return _modulo(node, *next(iter(roots.items()))) if len(roots) == 1 else None
        if len(known) == len(point) and _is_transparent(node):
            return None
        simpler = tidy(node, real_roots=True)[0]
        return simpler.attrs if simpler.op == "const" and type(simpler.attrs) is not float else None

    return value


def _is_transparent(node: Node) -> bool:
    """Whether exact arithmetic has already said all there is: nothing but numbers, of which none is rational."""
    return all(inner.op in ("const", "e", "exp", "ln") for inner in postorder(node))


def _modulo(node: Node, name: str, root: Number) -> Fraction | int | None:
    """The value of a polynomial at a root of another, if that is rational."""
    p = zeros.polynomial(node, symbol(name))
    if p is None:
        return None
    rest = p % root.poly
    return Fraction(int(rest[0].p), int(rest[0].q)) if rest.degree() < 1 else None


# Numbers to start from

_NICE: Final = "0 1 -1 2 -2 1/2 -1/2 3 -3 1/3 -2/3 3/2 -3/2 5 -5 10 -10 1/10 -1/10 7/4 -9/4 100 -100 1000 -1000"
_ODD: Final = "5/7 -8/13 37/29 -113/97 19/11 -52/17 271/83 -411/89 89/12 -767/101 153/8 -1234/67 1/1000 -1/1000 1000000"
_ODD_TOO: Final = "-1000000 1/1000000 -1/1000000 123456789/1000 -987654321/10000 1/7919 -3/7919"


@cache
def nice() -> tuple[Number, ...]:
    """Numbers that suit most functions, the simplest first."""
    fractions = [number(Fraction(word)) for word in f"{_NICE} {_ODD} {_ODD_TOO}".split()]
    turns = [make("mul", const(Fraction(n, d)), PI) for n, d in ((1, 4), (1, 1), (-1, 3), (5, 2))]
    return (*fractions, *[number(tidy(node)[0]) for node in (*turns, E, make("sqrt", const(2)))])


@cache
def grid() -> tuple[Fraction, ...]:
    """The line, densely near 0 and thinner far from it; no two parts with the same denominators."""
    found = {Fraction(k, 10) for k in range(-120, 121)}
    found |= {Fraction(k, 7) for k in range(-80, 81)} | {Fraction(k, 13) for k in range(-80, 81)}
    for power in range(-8, 9):
        for digits in (11, 17, 29, 47, 73):
            value = Fraction(digits, 10) * Fraction(10) ** power
            found |= {value, -value}
    return tuple(sorted(found))


def simplest(low: Fraction, high: Fraction) -> Fraction:
    """The fraction of least denominator between two numbers, by Stern and Brocot's tree."""
    if low > high:
        low, high = high, low
    if low <= 0 <= high:
        return Fraction(0)
    if high < 0:
        return -simplest(-high, -low)
    whole = math.ceil(low)
    if whole <= high:
        return Fraction(whole)
    whole = math.floor(low)
    return whole + 1 / simplest(1 / (high - whole), 1 / (low - whole))


def near(value: float | Fraction, room: float | Fraction) -> Fraction:
    """A short fraction not farther than ``room`` from ``value``."""
    middle, room = Fraction(value), abs(Fraction(room))
    return simplest(middle - room, middle + room)


# The line


def branches(node: Node) -> list[Node]:
    """The formulas that a node with kinks is made of: u and -u for |u|. Some of them, where there are many."""
    found = {node: None}
    while True:
        split = next(((n, inner) for n in found for inner in postorder(n) if inner.op in _SIDES), None)
        if split is None:
            return list(found)
        whole, inner = split
        del found[whole]
        sides = _SIDES[inner.op](inner.args)
        if len(found) + len(sides) > BRANCHES:
            sides = sides[:1]
        for side in sides:
            found[rebuild(whole, {inner: side}, lambda n, args: make(n.op, *args))] = None


_SIDES: Final[dict[str, Callable[[tuple[Node, ...]], tuple[Node, ...]]]] = {
    "abs": lambda args: (args[0], make("neg", args[0])),
    "relu": lambda args: (args[0], ZERO),
    "sign": lambda _args: (ONE, MINUS_ONE),
    "min": lambda args: args,
    "max": lambda args: args,
    "where": lambda args: args[1:],
}


def line(roots: Sequence[Node], name: str) -> list[Number]:
    """The places on the line of one variable where something may happen to functions of it alone, in order.

    All real zeros of polynomials; of other expressions those that their form or a search tells.
    """
    variable = symbol(name)
    found: dict[Number, None] = {}
    opaque: list[Node] = []
    for broken in _broken(roots):
        for part in branches(broken) if _has_kinks(broken) else [broken]:
            if name not in symbols(part):
                continue
            polynomial = zeros.polynomial(part, variable)
            if polynomial is None:
                opaque.append(part)
            for zero in [*map(number, zeros.zeros(part, variable)), *_roots(polynomial)]:
                if math.isfinite(zero.decimal):
                    found[zero] = None
    for value in _crossings(opaque[:BROKEN], name, [zero.decimal for zero in found]):
        if all(abs(value - zero.decimal) > 1e-9 * max(1.0, abs(value)) for zero in found):
            found[_named(value)] = None
    nearest = sorted(_distinct(found), key=lambda zero: abs(zero.decimal))[:ZEROS]
    return sorted(nearest, key=lambda zero: zero.decimal)


def _named(value: float) -> Number:
    """The number that a zero found numerically is likely to be: a multiple of π, else a fraction."""
    turns = Fraction(value / math.pi).limit_denominator(12)
    if turns and abs(value / math.pi - turns) < 1e-12 * max(1.0, abs(float(turns))):
        return number(tidy(make("mul", const(turns), PI))[0])
    room = 1e-13 * (abs(value) if abs(value) > 1e-3 else 1e-3)
    short = number(near(value, room))
    return Number(short.node, short.decimal, None, True)


def _broken(roots: Sequence[Node]) -> list[Node]:
    if len(postorder(*roots)) > LARGE:
        return []
    return [*dict.fromkeys([*breaks(*roots), *_steps(roots)])][:BROKEN]


def _steps(roots: Sequence[Node]) -> list[Node]:
    """Where the steps nearest to 0 are: u = 0 and u = 1 for the floor of u."""
    jumps = [node.args[0] for node in postorder(*roots) if node.op in ("floor", "ceil")]
    return [side for u in jumps for side in (u, make("sub", u, ONE), make("add", u, ONE))]


def _has_kinks(node: Node) -> bool:
    return any(inner.op in _SIDES for inner in postorder(node))


def _distinct(found: Iterable[Number]) -> list[Number]:
    """Each place once, written in the shortest way."""
    kept: list[Number] = []
    for zero in sorted(found, key=lambda zero: (zero.decimal, zero.length)):
        exact = bool(kept) and None not in (kept[-1].rational, zero.rational)
        if kept and not exact and abs(kept[-1].decimal - zero.decimal) <= 1e-14 * max(1e-300, abs(zero.decimal)):
            kept[-1] = min(kept[-1], zero, key=lambda other: other.length)
        else:
            kept.append(zero)
    return kept


def _roots(polynomial: Any) -> list[Number]:
    """The real roots that :func:`mibun.limit.zeros.zeros` does not write: of factors of degree three and more."""
    if polynomial is None or polynomial.degree() < 3:
        return []
    factors = [factor for factor, _ in polynomial.factor()[1] if factor.degree() > 2]
    return [Number(None, float(root.mid()), factor) for factor in factors for root in _real_roots(factor)]


def _real_roots(polynomial: Any) -> list[Ball]:
    return [root.real for root, _ in polynomial.complex_roots() if root.imag.is_zero()]


def _crossings(expressions: Sequence[Node], name: str, known: Sequence[float]) -> list[float]:
    """Where expressions change sign, or come closest to 0, as far as a search in double precision sees it."""
    import numpy as np

    places = set(map(float, grid()))
    for zero in known:
        room = max(abs(zero), 1.0)
        places |= {zero + way * room * 2.0**-k for way in (-1, 1) for k in (3, 6, 10, 20, 30)}
    for a, b in pairwise(sorted(known)):
        places |= {a + (b - a) * k / 32 for k in range(1, 32)}
    x = np.array(sorted(places))
    found: list[float] = []
    for expression in expressions:
        values = _numeric([expression], (name,))
        if values is not None:
            with np.errstate(all="ignore"):
                found += _crossed(partial(_of, values), x)
    return sorted(set(found))


def _of(program: Callable[..., Any], x: Any) -> Any:
    """The values of a program of one node, as floats."""
    import numpy as np

    return np.broadcast_to(np.asarray(program(x)[0], dtype=float), x.shape)


def _crossed(of: Callable[[Any], Any], x: Any) -> list[float]:
    """Where ``of`` has zeros between the places ``x``, or comes closest to 0."""
    import numpy as np

    y = np.sign(of(x)) * np.minimum(np.abs(of(x)), 1e100)
    size = np.abs(y)
    dips = np.flatnonzero((size[1:-1] < size[:-2]) & (size[1:-1] <= size[2:]) & (y[:-2] * y[2:] > 0)) + 1
    dips = dips[np.argsort(np.abs(x[dips]))][:ZEROS]
    lowest = _lowest(of, x[dips - 1], x[dips + 1])
    beyond = of(lowest) * y[dips] < 0  # the dip goes through 0: it is crossed twice
    low = np.concatenate([x[:-1][y[:-1] * y[1:] < 0], x[dips - 1][beyond], lowest[beyond]])
    high = np.concatenate([x[1:][y[:-1] * y[1:] < 0], lowest[beyond], x[dips + 1][beyond]])
    order = np.argsort(np.abs(low))[:ZEROS]
    found = [*_bisected(of, low[order], high[order]), *lowest[~beyond][:ZEROS], *x[y == 0][:ZEROS]]
    return [float(value) for value in found]


def _bisected(of: Callable[[Any], Any], low: Any, high: Any) -> Any:
    import numpy as np

    way = np.sign(of(low))
    for _ in range(60):
        middle = (low + high) / 2
        before = of(middle) * way > 0
        low, high = np.where(before, middle, low), np.where(before, high, middle)
    return (low + high) / 2


def _lowest(of: Callable[[Any], Any], low: Any, high: Any) -> Any:
    """Where the size is least between two places, by the golden section."""
    import numpy as np

    golden = (math.sqrt(5) - 1) / 2
    for _ in range(45):
        a, b = high - golden * (high - low), low + golden * (high - low)
        left = np.abs(of(a)) < np.abs(of(b))
        low, high = np.where(left, low, a), np.where(left, b, high)
    return (low + high) / 2


def _numeric(nodes: Sequence[Node], names: Sequence[str]) -> Callable[..., Any] | None:
    from mibun.errors import MibunError

    try:
        return interpret.program(nodes, names)
    except MibunError:
        return None


_INSIDE: Final = (Fraction(1, 2), Fraction(2, 7), Fraction(5, 7), Fraction(1, 9), Fraction(8, 9), Fraction(1, 50))
_INSIDE_TOO: Final = (Fraction(49, 50), Fraction(1, 1000), Fraction(999, 1000), Fraction(1, 10**6))
_MORE: Final = tuple(Fraction(k * 34 % 55, 55) for k in range(1, 40))  # multiples of the golden section, about
_BEYOND: Final = tuple(
    Fraction(n, d)
    for n, d in ((1, 1), (1, 3), (2, 1), (7, 2), (1, 11), (10, 1), (1, 100), (23, 1), (1, 10**4), (97, 1), (1013, 1))
)


def inside(low: Number | None, high: Number | None, count: int = 10) -> list[Fraction]:
    """Short fractions between two places (``None``: without end), in the middle first and then ever nearer the ends."""
    if low is None and high is None:
        return [Fraction(value) for other in nice()[: 3 * count] if (value := other.rational) is not None]
    if low is not None and high is not None:
        a, b = low.fraction, high.fraction
        shares = [*_INSIDE, *_INSIDE_TOO, *_MORE][:count]
        made = [near(a + (b - a) * t, (b - a) * min(t, 1 - t) / 5) for t in shares] if b > a else []
    else:
        start, way = (low, 1) if low is not None else (high, -1)
        assert start is not None
        a = start.fraction
        made = [near(a + way * t, t / 5) for t in [*_BEYOND, *(1 / t for t in _MORE)][:count]]
    ends = [end.rational for end in (low, high) if end is not None]
    return [value for value in dict.fromkeys(made) if value not in ends]


def double(value: Fraction | float) -> Fraction:
    """A short number near ``value`` that double precision holds exactly.

    >>> double(Fraction(1, 3)), double(Fraction(1000001, 1000000))
    (Fraction(85, 256), Fraction(67108931, 67108864))
    """
    value = Fraction(value)
    nearest = round(value)
    room = abs(value - nearest) or abs(value) or Fraction(1)
    scale = 2 ** max(0, 6 - math.floor(math.log2(room)))
    short = Fraction(round(value * scale), scale)
    return short if Fraction(float(short)) == short else Fraction(float(value))


def cells(zeros: Sequence[Number]) -> list[tuple[Number | None, Number | None]]:
    """The open intervals that the zeros cut the line into."""
    return [*pairwise([None, *zeros, None])]


# Several variables


def candidates(roots: Sequence[Node], names: Sequence[str], predicate: Node | None = None) -> list[Point]:
    """Points for functions of several variables: nice ones, and ones on both sides of what may happen on lines.

    With fewest operations outside their domain first.
    """
    import numpy as np

    everything = [*roots, *([] if predicate is None else [predicate])]
    limits = _limits(everything, predicate)
    pools: dict[str, dict[Number, None]] = {name: dict.fromkeys(nice()) for name in names}
    base: dict[str, Number] = {name: nice()[(5 * i + 11) % 30] for i, name in enumerate(names)}
    found: list[Point] = []
    large = len(postorder(*everything)) > LARGE or len(names) > 12 or not (limits or breaks(*everything))
    for turn in range(1 if large else 3):
        for name in () if large else names:
            others = {symbol(n): v.node for n, v in base.items() if n != name and v.node is not None}
            places = line([chain.put(node, others) for node in everything], name)
            fresh = [value for cell in cells(places) for value in inside(*cell, count=3)]
            pools[name] |= dict.fromkeys([*places[:ZEROS], *map(number, fresh)])
        combined = _combined(pools, names, turn)[: COMBINED // 10 if large and limits else COMBINED]
        columns = [np.array([point[name].decimal for point in combined]) for name in names]
        wrong = np.zeros(len(combined))
        if limits and (program := _numeric(limits, names)) is not None:
            for holds in program(*columns):
                wrong = wrong + ~np.broadcast_to(np.asarray(holds, dtype=bool), wrong.shape)
        order = np.argsort(wrong, kind="stable")
        found = [combined[i] for i in order]
        base = dict(found[0])
        if wrong[order[0]] == 0 and turn and (wrong == 0).sum() > 60:
            break
    return [*(found[:60] if wrong[order[0]] == 0 else []), *_around(everything, names, base, large), *found]


def _around(roots: Sequence[Node], names: Sequence[str], base: Point, large: bool) -> list[Point]:
    """Points near a good one: in each variable, from the cell in which it lies."""
    if large:
        return []
    pools: dict[str, dict[Number, None]] = {}
    for name in names:
        others = {symbol(n): v.node for n, v in base.items() if n != name and v.node is not None}
        places = line([chain.put(node, others) for node in roots], name)
        for low, high in cells(places):
            if (low is None or low.decimal <= base[name].decimal) and (
                high is None or base[name].decimal <= high.decimal
            ):
                pools[name] = dict.fromkeys([base[name], *map(number, inside(low, high, 8))])
    return _combined(pools, names, 7)[::7]


def _limits(roots: Sequence[Node], predicate: Node | None) -> list[Node]:
    """The conditions for every operation to be defined, and the predicate itself."""
    found = [] if predicate is None else [predicate]
    for node in postorder(*roots):
        limit = condition(node)
        if limit is not None:
            found.append(chain.put(limit, dict(zip((U, V), node.args, strict=False))))
    return [*dict.fromkeys(found)][:200]


def _combined(pools: Mapping[str, Mapping[Number, None]], names: Sequence[str], turn: int) -> list[Point]:
    values = [[*pools[name]] for name in names]
    if (size := math.prod(map(len, values))) <= COMBINED:
        everything = [*product(*values)]  # in an order in which neighbours have nothing in common
        stride = next(k for k in range(int(size * 0.618) + 1, 2 * size + 2) if math.gcd(k, size) == 1)
        return [dict(zip(names, everything[k * stride % size], strict=True)) for k in range(size)]
    state = 12345 + 1000 * turn
    found: dict[tuple[int, ...], None] = {}
    for _ in range(COMBINED):
        chosen = []
        for pool in values:
            state = (state * 6364136223846793005 + 1442695040888963407) % 2**64  # Knuth's MMIX generator
            chosen.append((state >> 33) % len(pool))
        found[tuple(chosen)] = None
    return [{name: pool[i] for name, pool, i in zip(names, values, chosen, strict=True)} for chosen in found]


def applies(node: Node) -> bool:
    """Whether an abstract function, f(x), occurs."""
    return any(inner.op == "apply" for inner in postorder(node))
