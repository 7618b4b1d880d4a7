"""Enclosures: two numbers between which a function's or a derivative's value is proved to lie.

Two proofs: the formula that the rules give (:mod:`mibun.chain`, unrewritten), evaluated in balls; and power series put
into one another (:mod:`mibun.run.series`), which know no rule. The value lies in both, and that they overlap checks the
one against the other. What they share is the evaluation of the function itself, and the decision that a ball is exactly
an integer, made by exact arithmetic and exact simplification. The series also prove that there *is* a derivative:
where an operation sits on an edge, |u| at u = 0, the formula proves nothing, and each side has a series of its own.

Precision grows until the digits that were asked for are certain. Nothing here is decided by a float.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any, Final

from mibun import chain
from mibun.errors import BudgetExceeded, DomainError, MibunError, ShapeError, UnsupportedOperation, spoken
from mibun.language import fill, wrap
from mibun.limit.local import local, not_differentiable
from mibun.node import Node, postorder, symbols
from mibun.ops import ZERO, const, symbol
from mibun.rewrite import tidy
from mibun.run import balls, series
from mibun.run.analytic import has_root_of_negative
from mibun.run.exact import exact
from mibun.write import notation

Interval = tuple[Fraction, Fraction]

DIGITS: Final = 1000
ORDERS: Final = 1000
GUARD: Final = 64  # bits beyond the digits that were asked for
SHOWN: Final = 8192  # bits of an exact value that is kept; Python prints no integer of more than 14,283
SPARE: Final = 12  # of them, those that bounds keep
BITS: Final = 1 << 17  # of the longest numbers
WORK: Final = 10**11  # a measure of the time that one more try may take, some 0.1 ns each
HOPE: Final = 30  # how many times as much a try is taken to cost after one that proved nothing
SPECIAL: Final = frozenset(["gamma", "lgamma", "digamma", "polygamma", "erf"])  # these take far longer
NODES: Final = (200_000, 20_000)  # of a first and of a further derivative by the rules; else the series stand alone
MAGNITUDE: Final = 1 << 21  # bits before or after the point that a number may have
ASKED: Final = 300  # how many expressions may be simplified for a point
SIMPLE: Final = 400  # nodes of one that is
LOOKED: Final = 8  # orders of derivatives at which local is asked what happens

WORDS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "exact": "This is the exact value.",
        "exactly": "The exact value is {value}.",
        "proved": "It is proved that the value lies within these bounds.",
        "both": "Two independent proofs overlap: by {way} ± {rules}, by power series ± {series}.",
        "both exact": "Two independent proofs, by {way} and by power series, agree exactly.",
        "way": "the rules",
        "way 0": "the formula",
        "series": "The proof is by power series alone: the formula of the derivative proves nothing there, or is long.",
        "rules": "The proof is by evaluating the formula in balls; there is no power series there.",
        "complex": "Some part of the formula is not real there: this is the real part of the value by complex "
        "arithmetic, with principal roots and logarithms. The imaginary part is 0 to as many digits.",
        "zero": "Whether the value is exactly 0 could not be decided.",
    },
    "ko": {
        "exact": "참값입니다.",
        "exactly": "참값은 {value}입니다.",
        "proved": "참값이 이 범위 안에 있음이 증명되었습니다.",
        "both": "서로 독립인 두 방법으로 증명한 범위가 서로 겹칩니다"
        "({way} ±\u00a0{rules}, 거듭제곱급수 ±\u00a0{series}).",
        "both exact": "서로 독립인 두 증명({way}, 거듭제곱급수)의 결과가 정확히 같습니다.",
        "way": "미분법 공식",
        "way 0": "식의 값",
        "series": "거듭제곱급수만으로 증명했습니다. 이 점에서는 도함수의 공식으로 증명할 수 없거나 식이 너무 깁니다.",
        "rules": "식의 값을 구간 연산으로 구해 증명했습니다. 이 점에서는 거듭제곱급수가 없습니다.",
        "complex": "이 점에서 식의 일부가 실수가 아닙니다. 거듭제곱근과 로그의 주값을 쓰는 복소수 계산으로 얻은 값의 "
        "실수부분이며, 허수부분은 같은 자릿수까지 0입니다.",
        "zero": "참값이 정확히 0인지는 판정하지 못했습니다.",
    },
}


@dataclass(frozen=True, slots=True, repr=False)
class Enclosure:
    """Two exact numbers, ``lo`` and ``hi``, between which the value is proved to lie.

    They are fractions, and compare exactly with every kind of number. ``digits`` of the value are certain: the radius
    is at most 10^-digits times the value, or 10^-digits where the value cannot be told from 0. ``order`` is that of the
    derivative, 0 for the function itself; ``exact`` the value, where it is known exactly. ``rules`` and ``series`` are
    what the two proofs gave, ``None`` for one that gave nothing; ``complex`` says that parts of the formula are not
    real there; ``bits`` is the precision that it took.
    """

    lo: Fraction
    hi: Fraction
    digits: int
    order: int
    exact: Fraction | None
    rules: Interval | None
    series: Interval | None
    complex: bool
    bits: int

    @property
    def mid(self) -> Fraction:
        """The middle."""
        return (self.lo + self.hi) / 2

    @property
    def radius(self) -> Fraction:
        """How far from the middle the value can be."""
        return (self.hi - self.lo) / 2

    @property
    def agree(self) -> bool | None:
        """Whether both proofs overlap; ``None`` if there is only one. If they did not, there would be none."""
        if self.rules is None or self.series is None:
            return None
        return _overlap(self.rules, self.series)

    @property
    def undecided_zero(self) -> bool:
        """Whether the value cannot be told from 0."""
        return self.lo <= 0 <= self.hi and self.exact is None

    @property
    def value(self) -> float:
        """The value in double precision, an infinity if it is too large."""
        return _float(self.mid if self.exact is None else self.exact)

    def contains(self, x: object) -> bool:
        """Whether ``x`` lies within: an int, float, Fraction, Decimal, written number or mpmath's mpf.

        A float means its shortest digits, as everywhere: 0.1 is 1/10.
        ``UnsupportedOperation`` if ``x`` is no number.
        """
        number = _number(x)
        return number is not None and self.lo <= number <= self.hi

    __contains__ = contains

    def __float__(self) -> float:
        return self.value

    def __str__(self) -> str:
        """The value with all digits that are certain, and how far off the last may be."""
        lo, hi = (self.lo, self.hi) if self.exact is None else (self.exact, self.exact)
        return decimal(lo, hi, self.digits + 1)

    __repr__ = __str__

    def text(self, lang: str | None = None, columns: int = 80) -> str:
        """The value, and what it is proved by, in sentences."""
        lang = spoken(lang)
        words = WORDS[lang]
        lines = [words["proved"]]
        if self.exact is not None:
            whole = "±" not in str(self)
            lines = [words["exact"] if whole else fill(words["exactly"], {"value": _fraction(self.exact)}, lang)]
        if self.rules is not None and self.series is not None:
            radii = [_short((hi - lo) / 2) for lo, hi in (self.rules, self.series)]
            facts = {"way": words["way" if self.order else "way 0"], "rules": radii[0], "series": radii[1]}
            lines.append(fill(words["both exact" if radii == ["0", "0"] else "both"], facts, lang))
        else:
            lines.append(words["series" if self.rules is None else "rules"])
        lines += [words["complex"]] * self.complex + [words["zero"]] * self.undecided_zero
        return "\n".join([str(self), *[part for line in lines for part in wrap(line, columns)]])

    def latex(self, lang: str | None = None) -> str:
        """The value as LaTeX, without dollar signs."""
        return " ".join(map(_latex_number, str(self).replace(" ± ", r" \pm ").split(" ")))

    def json(self) -> dict[str, Any]:
        """Plain data. Bounds are decimal strings, rounded outward."""
        value = self.value
        return {
            "order": self.order,
            "value": value if math.isfinite(value) else None,
            "text": str(self),
            **dict(zip(("lo", "hi"), self._bounds((self.lo, self.hi)), strict=True)),
            "digits": self.digits,
            "exact": None if self.exact is None
            else str(self.exact),
            "rules": None if self.rules is None else self._bounds(self.rules),
            "series": None if self.series is None else self._bounds(self.series),
            "agree": self.agree,
            "complex": self.complex,
            "undecided_zero": self.undecided_zero,
        }  # fmt: skip

    def _bounds(self, interval: Interval) -> list[str]:
        return [_rounded(end, self.digits + 10, up) for end, up in zip(interval, (False, True), strict=True)]


def enclose(node: Node, variable: str | None, at: Mapping[str, Node], digits: int = 30, order: int = 1) -> Enclosure:
    """The derivative of ``node`` by ``variable`` at a point, enclosed; with ``order`` 0 the value of ``node`` itself.

    ``at`` maps the name of every variable to an exact number, an expression without variables. Written decimals mean
    what they say: 0.1 is 1/10.

    >>> from mibun.ops import const, make, symbol
    >>> root = make("sqrt", symbol("x"))
    >>> print(enclose(root, "x", {"x": const(2)}, digits=12))
    0.3535533905933 ± 3e-14
    >>> print(enclose(root, "x", {"x": const(4)}).exact)
    1/4

    Raises ``NotDifferentiable`` or ``DomainError`` where there is no value, ``BudgetExceeded`` where the digits take
    more than can be afforded, ``UnsupportedOperation`` for functions without a formula and where there is a value that
    cannot be proved.
    """
    _check(digits, order)
    node = chain.resolve(without_floats(node) or node)
    names = symbols(node)
    if variable is None:
        if len(names) > 1:
            raise ShapeError("which_variable", variables=", ".join(names), example=f'enclose(..., wrt="{names[0]}")')
        variable = names[0] if names else "x"
    for inner in postorder(node, *at.values()):
        if inner.op in ("apply", "derivative"):
            name = inner.attrs[0] if inner.op == "apply" else ""
            raise UnsupportedOperation("abstract_value" if name else "derivative_value", name=name)
    missing = [name for name in names if name not in at]
    if missing:
        raise ShapeError("missing_values", missing=", ".join(missing), variables=", ".join(names))
    for name, value in at.items():
        if symbols(value):
            raise DomainError("not_a_point", name=name, given=notation.text(value))
    return _Search(node, variable, at, digits, order).run()


def _check(digits: object, order: object) -> None:
    if isinstance(digits, bool) or not isinstance(digits, int) or digits < 1:
        raise UnsupportedOperation("enclose_digits", given=repr(digits), limit=DIGITS)
    if digits > DIGITS:
        raise BudgetExceeded("enclose_digits_limit", given=digits, limit=DIGITS)
    if isinstance(order, bool) or not isinstance(order, int) or order < 0:
        raise ShapeError("order", order=repr(order))
    if order > ORDERS:
        raise BudgetExceeded("order_limit", order=order, limit=ORDERS)


# The search for enough bits


class _Search:
    """What is asked, and what stays the same from one precision to the next."""

    def __init__(self, node: Node, variable: str, at: Mapping[str, Node], digits: int, order: int) -> None:
        self.node = node
        self.variable = variable
        self.at = {name: at[name] for name in {*symbols(node), variable} if name in at}
        self.digits = digits
        self.order = order
        self.slope = _by_rules(node, variable, order)
        self.exactly = _Exactly(self.at)
        self.start = math.ceil(digits * math.log2(10)) + GUARD
        graphs = [node] if self.slope is None else [node, self.slope]
        counted = [inner.op in SPECIAL for inner in postorder(*graphs)]
        self.special = sum(counted)
        self.plain = len(counted) - self.special

    def run(self) -> Enclosure:

        bits = self.start
        best: Enclosure | None = None
        edge = False  # whether exact values had to decide
        while self._affordable(bits, best):
            with balls.precision(bits):
                found = None if edge else self._try(bits, None)
                if found is None and (edge or best is None):
                    found = self._try(bits, self.exactly)
                    edge = found is not None
            if found is not None:
                best = found
                if self._certain(found, bits):
                    return self._rounded(found)
            bits *= 2
        if best is None:
            raise self._why()
        if not self._good(best):
            raise BudgetExceeded("enclose_budget", digits=self.digits, found=decimal(best.lo, best.hi, 8))
        return self._rounded(best)

    def _affordable(self, bits: int, best: Enclosure | None) -> bool:
        """Whether to try so many bits; where fewer proved nothing, or a zero, hardly any time is spent on more."""
        work = (self.plain + self.special * bits / 50) * bits**1.5 * (self.order + 1)
        if best is None or best.undecided_zero:
            work *= HOPE
        return bits <= self.start or (bits <= BITS and bool(work <= WORK))

    def _try(self, bits: int, exactly: balls.Exact | None) -> Enclosure | None:
        """What balls of so many bits prove."""
        try:
            point = {name: self._coordinate(value, exactly) for name, value in self.at.items()}
            here = balls.run(self.node, point, exact=exactly)
            value = here[self.node]
            if self.order and (value is None or has_root_of_negative(self.node)):
                found = self._beyond(point, bits)
                if found is not None:
                    return found
            if value is None:
                raise self._why(outside=True)
            if isinstance(value, bool) or not value.is_finite():
                return None
            point.setdefault(self.variable, balls.ball(0))
            by_series, edge = self._by_series(point, here, exactly)
            by_rules = None
            if self.order == 0:
                by_rules = value
            elif by_series is None:
                return None
            elif self.slope is not None and not edge:
                by_rules = balls.evaluate(self.slope, point, exact=exactly)
        except balls.Undecided:
            return None
        rules, power = (None if x is None or not x.is_finite() else _interval(x) for x in (by_rules, by_series))
        return self._both(rules, power, bits)

    def _coordinate(self, value: Node, exactly: balls.Exact | None) -> Any:
        found = balls.evaluate(value, {}, exact=exactly)
        if found is None:
            raise DomainError("infinite_point", given=notation.text(value))
        if isinstance(found, bool) or not found.is_finite():
            raise balls.Undecided
        return found

    def _by_series(
        self, point: Mapping[str, Any], here: Mapping[Node, Any], exactly: balls.Exact | None
    ) -> tuple[Any, bool]:
        try:
            return series.derivative(self.node, self.variable, point, self.order, here, exactly)
        except balls.Undecided:
            return None, False

    def _beyond(self, point: Mapping[str, Any], bits: int) -> Enclosure | None:
        """The derivative by complex arithmetic, if nothing says that it, or the function itself, is not real."""
        if self.slope is None:
            return None
        intervals: list[Interval] = []
        for node, order in ((self.node, 0), (self.slope, 0), (self.node, self.order)):
            try:
                re, im = series.continued(node, self.variable, point, order)
            except balls.Undecided:
                return None
            if not (re.is_finite() and im.is_finite() and im.contains(0) and im.rad() < _power_of_two(GUARD - bits)):
                return None
            intervals.append(_interval(re))
        found = self._both(intervals[1], intervals[2], bits)
        return None if found is None else replace(found, complex=True)

    def _both(self, rules: Interval | None, power: Interval | None, bits: int) -> Enclosure | None:
        given = [interval for interval in (rules, power) if interval is not None]
        if not given:
            return None
        if rules is not None and power is not None and not _overlap(rules, power):
            raise MibunError(
                "enclose_disagree",
                function=notation.text(self.node)[:200],
                rules=decimal(*rules, 20),
                series=decimal(*power, 20),
            )
        lo, hi = max(lo for lo, _ in given), min(hi for _, hi in given)
        return Enclosure(lo, hi, self.digits, self.order, None, rules, power, False, bits)

    def _good(self, found: Enclosure) -> bool:
        return self._tight((found.lo, found.hi))

    def _tight(self, interval: Interval) -> bool:
        """Whether the digits that were asked for are certain, or the value is that close to 0."""
        lo, hi = interval
        least = min(abs(lo), abs(hi)) if lo > 0 or hi < 0 else Fraction(1)
        return bool((hi - lo) * 10**self.digits <= 2 * least)

    def _certain(self, found: Enclosure, bits: int) -> bool:
        """Whether there is nothing to gain from more bits."""
        if not self._good(found):
            return False
        if found.undecided_zero:  # a small number or none?
            return (found.rules is not None and self._zero() is not None) or bits >= BITS // 2
        proofs = [interval for interval in (found.rules, found.series) if interval is not None]
        if len(proofs) < 2 and self.order and self.slope is not None and found.rules is None:
            return bits >= 2 * self.start
        return all(map(self._tight, proofs)) or bits >= 8 * self.start

    def _zero(self) -> Fraction | int | None:
        return None if self.slope is None else self.exactly(self.slope)

    def _rational(self) -> Fraction | int | None:
        """The value by rational arithmetic alone."""
        return None if self.slope is None else self.exactly.rational(self.slope)

    def _rounded(self, found: Enclosure) -> Enclosure:
        """With bounds rounded outward to few more digits than were asked for, so that others can check them.

        A value known exactly keeps such bounds, too, unless it is 0.
        """
        lo, hi = found.lo, found.hi
        value = Fraction(lo) if lo == hi else None
        if value is None and found.rules is not None and not found.complex:
            known = self._zero() if found.undecided_zero else self._rational()
            value = None if known is None or not lo <= known <= hi else Fraction(known)
        if value is not None and max(map(int.bit_length, value.as_integer_ratio())) > SHOWN:
            value = None
        if value == 0:
            return replace(found, lo=value, hi=value, exact=value)
        size = max(abs(lo), abs(hi)) if lo > 0 or hi < 0 else Fraction(1)
        unit = Fraction(2) ** (_bit_length(size) + 1 - self.start + GUARD - SPARE)
        return replace(found, lo=(lo // unit - 1) * unit, hi=(-(-hi // unit) + 1) * unit, exact=value)

    def _why(self, outside: bool = False) -> MibunError:
        """Why there is no enclosure."""
        point = ", ".join(f"{name} = {notation.text(value)}" for name, value in self.at.items())
        nothing = DomainError("at_outside") if outside else BudgetExceeded("enclose_undecided", point=point)
        if self.order > LOOKED:
            return nothing
        found = local(self.node, self.variable, self.at, max(self.order, 1))
        if found.kind == "undecided" or (found.differentiable and (outside or found.decimal is None)):
            return nothing
        if found.differentiable:
            shown = f"{found.decimal:.6g}".replace("-", "−")
            return UnsupportedOperation("enclose_edge", point=point, value=shown)
        said = not_differentiable(found, point)
        if found.value.kind != "finite" and (self.order == 0 or found.kind == "outside"):
            return DomainError(said.key, **said.facts)  # type: ignore[arg-type]
        return said if self.order else nothing


def _by_rules(node: Node, variable: str, order: int) -> Node | None:
    """The derivative by the table of rules, ``None`` if it grows too large.

    Decimals become fractions, since the chain rule rounds what it computes with decimals. So x^0.2 becomes x^(1/5),
    which has values for x < 0, too; what has a value is decided by the function as it was written.
    """
    node, x = chain.put(node, _fractions(node)), symbol(variable)
    for _ in range(order):
        node = chain.push(node, x).result
        if node is ZERO:
            break
        if len(postorder(node)) > NODES[order > 1]:
            return None
    return node


class _Exactly:
    """The exact value of expressions at the point, ``None`` where none is found: what decides edges and zeros."""

    def __init__(self, at: Mapping[str, Node]) -> None:
        self.replace = {symbol(name): value for name, value in at.items()}
        self.known: dict[Node, Fraction | int | None] = {}

    def __call__(self, node: Node) -> Fraction | int | None:
        if node not in self.known:
            if len(self.known) >= ASKED:
                return None
            self.known[node] = self._find(node)
        return self.known[node]

    def rational(self, node: Node) -> Fraction | int | None:
        """The same by rational arithmetic alone."""
        closed = self._closed(node)
        found = None if closed is None else exact(closed, {})
        return None if isinstance(found, bool) else found

    def _closed(self, node: Node) -> Node | None:
        return without_floats(chain.put(node, self.replace)) if len(postorder(node)) <= SIMPLE else None

    def _find(self, node: Node) -> Fraction | int | None:
        closed = self._closed(node)
        if closed is None:
            return None
        found = exact(closed, {})
        if found is None:
            simple = tidy(closed, real_roots=True)[0]
            found = simple.attrs if simple.op == "const" else None
        return None if isinstance(found, bool | float) else found


def _fractions(node: Node) -> dict[Node, Node]:
    """Written decimals, and the fractions that they mean."""
    numbers = [inner for inner in postorder(node) if inner.op == "const" and type(inner.attrs) is float]
    return {number: const(Fraction(repr(number.attrs))) for number in numbers if math.isfinite(number.attrs)}


def without_floats(node: Node) -> Node | None:
    """Written decimals as the fractions that they mean.

    ``None`` where one with an odd denominator is an exponent: x^0.2 has no value for x < 0, but x^(1/5) has.
    """
    decimals = _fractions(node)
    for inner in postorder(node) if decimals else ():
        if inner.op == "pow":
            below = [number for number in postorder(inner.args[1]) if number in decimals]
            if below and not (below == [inner.args[1]] and _is_dyadic(decimals[below[0]].attrs)):
                return None
    return chain.put(node, decimals) if decimals else node


def _is_dyadic(number: Fraction | int) -> bool:
    return number.denominator & (number.denominator - 1) == 0


# Balls and fractions


def _interval(x: Any) -> Interval:
    """The ends of a ball. ``BudgetExceeded`` if they have too many digits to be written."""
    mid, radius = x.mid(), x.rad()
    if not abs(x) < _power_of_two(MAGNITUDE):
        raise BudgetExceeded("enclose_magnitude", limit=_decimal_digits(MAGNITUDE))
    if mid.is_zero() and radius.is_zero():
        return Fraction(0), Fraction(0)
    tiny = _power_of_two(-MAGNITUDE)
    if not x.contains(0) and abs(x) < tiny:
        raise BudgetExceeded("enclose_magnitude", limit=_decimal_digits(MAGNITUDE))
    if abs(mid) < tiny:  # zero is within
        mid, radius = mid * 0, (radius + tiny).upper()
    if not radius.is_zero() and radius < tiny:
        radius = tiny
    middle, reach = _fraction(mid), _fraction(radius)
    return middle - reach, middle + reach


def _power_of_two(n: int) -> Any:
    from flint import arb

    return arb(2) ** arb(n)


def _fraction(x: Any) -> Fraction:
    """An exact ball as a fraction."""
    man, exp = x.man_exp()
    man, exp = int(man), int(exp)
    return Fraction(man << exp) if exp >= 0 else Fraction(man, 1 << -exp)


def _decimal_digits(bits: int) -> int:
    return int(bits * math.log10(2)) // 1000 * 1000


def _overlap(a: Interval, b: Interval) -> bool:
    return a[0] <= b[1] and b[0] <= a[1]


def _number(x: object) -> Fraction | None:
    """A number exactly; ``None`` for one that is not finite."""
    try:
        if isinstance(x, float):
            return Fraction(float.__repr__(x)) if math.isfinite(x) else None
        if isinstance(x, Decimal):
            return Fraction(x) if x.is_finite() else None
        if hasattr(x, "_mpf_"):  # mpmath's numbers are sign · mantissa · 2^exponent
            sign, man, exp, _ = x._mpf_
            return Fraction(-int(man) if sign else int(man)) * Fraction(2) ** int(exp) if man or not exp else None
        if isinstance(x, str):
            return Fraction(x.strip().replace("−", "-"))
        return Fraction(x)  # type: ignore[call-overload,no-any-return]
    except (TypeError, ValueError, ZeroDivisionError):
        raise UnsupportedOperation("not_a_number", value=repr(x)[:60]) from None


def _float(x: Fraction) -> float:
    try:
        return float(x)
    except OverflowError:
        return math.inf if x > 0 else -math.inf


# Decimals. Python turns no integer of more than 4,300 digits into text; none here has more than a thousand or so.
# Nothing is divided as fractions: a greatest common divisor of numbers of a million bits takes seconds.


def _bit_length(x: Fraction) -> int:
    return x.numerator.bit_length() - x.denominator.bit_length()


@lru_cache(maxsize=16)
def _ten(n: int) -> int:
    return int(10**n)


def _units(x: Fraction, exponent: int, up: bool = False) -> int:
    """x in units of 10^exponent, rounded down or up to a whole number."""
    over, under = x.as_integer_ratio()
    if exponent > 0:
        under *= _ten(exponent)
    else:
        over *= _ten(-exponent)
    return -(-over // under) if up else over // under


def _scale(x: Fraction) -> int:
    """The exponent of ten of the first digit of x > 0."""
    guess = math.floor((_bit_length(x) - 1) * math.log10(2))
    return guess + len(str(_units(x, guess))) - 1 if _units(x, guess) else guess - 1


FINE: Final = 6  # further digits to which the last shown one is compared with the bounds


def decimal(lo: Fraction, hi: Fraction, digits: int) -> str:
    """The middle to at most ``digits`` digits, and how far off a value between ``lo`` and ``hi`` can be.

    >>> decimal(Fraction(3333, 10000), Fraction(3334, 10000), 10)
    '0.3334 ± 1e-4'
    >>> decimal(Fraction(1, 8), Fraction(1, 8), 10)
    '0.125'
    """
    if lo <= 0 <= hi:
        return "0" if lo == hi else f"0 ± {_error(max(-lo, hi))}"
    exponent = _scale(min(abs(lo), abs(hi))) - digits + 1
    if lo != hi:  # no digits that the bounds do not bear out
        exponent = min(max(exponent, _scale(hi - lo)), exponent + digits - 1)
    below, above = _units(lo, exponent - FINE), _units(hi, exponent - FINE, up=True)
    one: int = 10**FINE
    count = (below + above + one) // (2 * one)
    error = max(above - count * one, count * one - below)
    written = _written(count, exponent, trim=error == 0)
    return written if error == 0 else f"{written} ± {_bound(error, exponent - FINE)}"


def _bound(count: int, exponent: int) -> str:
    """count · 10^exponent, rounded up to one digit."""
    figures = str(count)
    digit = int(figures[0]) + any(figure != "0" for figure in figures[1:])
    exponent += len(figures) - 1
    if 0 <= exponent < FINE:
        return str(digit * 10**exponent)
    return f"1e{exponent + 1}" if digit == 10 else f"{digit}e{exponent}"


def _error(x: Fraction) -> str:
    """A bound, rounded up to one digit."""
    exponent = _scale(x) - FINE
    return _bound(_units(x, exponent, up=True), exponent)


def _short(x: Fraction) -> str:
    return "0" if x == 0 else _error(x)


def _rounded(x: Fraction, digits: int, up: bool) -> str:
    """A bound as a decimal, rounded outward."""
    if x == 0:
        return "0"
    exponent = _scale(abs(x)) - digits + 1
    return _written(_units(x, exponent, up), exponent, trim=True)


def _written(count: int, exponent: int, trim: bool = False) -> str:
    """count · 10^exponent, in full if that is not much longer than its digits."""
    sign, figures = "-" if count < 0 else "", str(abs(count))
    first = len(figures) - 1 + exponent
    if trim:
        stripped = figures.rstrip("0")
        exponent += len(figures) - len(stripped)
        figures = stripped
    if -6 <= first < 0:
        return f"{sign}0.{'0' * (-first - 1)}{figures}"
    if first >= 0 and exponent <= 0:
        whole, rest = figures[: first + 1], figures[first + 1 :]
        return f"{sign}{whole}.{rest}" if rest else f"{sign}{whole}"
    if trim and 0 <= first < 21:
        return f"{sign}{figures}{'0' * exponent}"
    rest = figures[1:]
    return f"{sign}{figures[0]}{'.' if rest else ''}{rest}e{first}"


def _latex_number(word: str) -> str:
    digits, mark, exponent = word.partition("e")
    if not mark:
        return word
    return rf"{digits} \times 10^{{{exponent}}}" if digits != "1" else f"10^{{{exponent}}}"
