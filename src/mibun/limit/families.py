"""Derivations from the definition for the basic functions: powers, roots, exponentials, logarithms, sin, cos, tan, |u|.

Each family is a function that writes lines: the difference quotient is rewritten, line by line, until its limit can be
read off. The argument may be any u = αx + β, since then u changes by αh when x changes by h. What stands here is the
mathematics alone, as graphs and the keys of reasons; the words are those of :mod:`mibun.write.proofs`.

No rule of differentiation is used in a line; the table's derivative is only what the last line is compared with.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import comb
from typing import Final

from mibun import fold
from mibun.chain import push, put
from mibun.node import Node, evaluate, postorder, symbols, tree_size
from mibun.ops import ONE, TWO, ZERO, E, apply, const, derivative, make, symbol
from mibun.rational import exact
from mibun.rewrite import tidy
from mibun.rules import Name
from mibun.write.notation import text
from mibun.write.proofs import DOTS, Line, Proof, Said, Side

EXPANDED: Final = 6  # powers up to this one are multiplied out
WRITTEN: Final = 64  # and up to this one, what is left out can still be written out
LARGE: Final = 400  # nodes of an expression that is looked at as a polynomial
LETTERS: Final = ("h", "k", "t", "s", "d", "r", "p", "q", "m")

Coefficients = dict[int, Node]  # of a polynomial, by the power of the variable


def fresh(used: set[str] | tuple[str, ...], wanted: tuple[str, ...] = LETTERS) -> Node:
    """The first letter that is not in use."""
    taken = set(used)
    numbered = (f"{wanted[0]}_{i}" for i in range(1, len(taken) + 2))
    return symbol(next(letter for letter in (*wanted, *numbered) if letter not in taken))


# Algebra that reads well


def scaled(c: Node, node: Node) -> Node:
    """``c`` times ``node``, a fraction as one: (3/2)h as 3h/2."""
    if c.op == "const" and isinstance(c.attrs, Fraction):
        return fold.div(fold.mul(const(c.attrs.numerator), node), const(c.attrs.denominator))
    return fold.mul(c, node)


def power(base: Node, n: int) -> Node:
    return ONE if n == 0 else base if n == 1 else fold.power(base, const(n))


def monomial(c: Node, *factors: Node) -> Node:
    """c · x² · h as one product, with its minus sign in front and a fraction as one."""
    if c.op == "neg" or (c.op == "const" and c.attrs < 0):
        return fold.neg(monomial(fold.neg(c), *factors))
    if c.op == "const" and isinstance(c.attrs, Fraction):
        return fold.div(monomial(const(c.attrs.numerator), *factors), const(c.attrs.denominator))
    product = product_of(*factors)
    return product_of(c, *factors) if product is not ONE and c is not ZERO else fold.mul(c, product)


def total(*terms: Node) -> Node:
    result = ZERO
    for term in terms:
        result = fold.add(result, term)
    return result


def quotient_of(top: Node, bottom: Node) -> Node:
    return make("div", top, bottom)


def product_of(*factors: Node) -> Node:
    """The product as it is written down; only a factor 1 is left out."""
    result = ONE
    for factor in factors:
        result = factor if result is ONE else result if factor is ONE else make("mul", result, factor)
    return result


def differ(a: Node, b: Node) -> Node:
    return make("sub", a, b)


def free_of(node: Node, x: Node) -> bool:
    return not any(inner is x for inner in postorder(node))


def tidied(node: Node) -> Node:
    return node if not node.args else tidy(node)[0]


def polynomial(node: Node, x: Node, degree: int = EXPANDED) -> Coefficients | None:
    """The coefficients of a polynomial in ``x`` of at most this degree; ``None`` for anything else."""
    if tree_size(node) > LARGE:
        return None
    varying = {x}
    for inner in postorder(node):
        if not varying.isdisjoint(inner.args):
            varying.add(inner)

    def rule(inner: Node, args: list[Coefficients | None]) -> Coefficients | None:
        if inner not in varying:
            return {0: inner}
        if inner is x:
            return {1: ONE}
        if inner.op == "pow" and inner.args[1] not in varying:
            n = natural(inner.args[1])
            return None if n is None or args[0] is None else _raised(args[0], n, degree)
        if inner.op in ("neg", "add", "sub", "mul", "div") and None not in args:
            first, *rest = [arg for arg in args if arg is not None]
            if inner.op == "neg":
                return {n: fold.neg(c) for n, c in first.items()}
            if inner.op == "mul":
                return _multiplied(first, rest[0], degree)
            if inner.op == "div":
                divisor = inner.args[1]
                return None if divisor in varying else {n: fold.div(c, divisor) for n, c in first.items()}
            join = fold.add if inner.op == "add" else fold.sub
            return {n: join(first.get(n, ZERO), rest[0].get(n, ZERO)) for n in {**first, **rest[0]}}
        return None

    found = evaluate(node, rule)
    if found is None:
        return None
    coefficients = {n: tidied(c) for n, c in found.items()}
    return {n: coefficients[n] for n in sorted(coefficients, reverse=True) if coefficients[n] is not ZERO}


def _multiplied(a: Coefficients, b: Coefficients, degree: int) -> Coefficients | None:
    if max(a, default=0) + max(b, default=0) > degree:
        return None
    result: Coefficients = {}
    for n, c in a.items():
        for m, d in b.items():
            result[n + m] = fold.add(result.get(n + m, ZERO), fold.mul(c, d))
    return result


def _raised(a: Coefficients, n: int, degree: int) -> Coefficients | None:
    if n * max(max(a, default=0), 1) > degree:
        return None
    result: Coefficients | None = {0: ONE}
    for _ in range(n):
        result = None if result is None else _multiplied(result, a, degree)
    return result


def rational(exponent: Node) -> Fraction | None:
    """The rational number that an exponent is, a decimal by its digits; ``None`` for anything else."""
    exponent = tidied(exponent) if exponent.args and not symbols(exponent) else exponent
    value = exact(exponent.attrs) if exponent.op == "const" else None
    return None if value is None else Fraction(value)


def natural(exponent: Node) -> int | None:
    """The natural number that an exponent is, 0 included."""
    value = rational(exponent)
    return int(value) if value is not None and value >= 0 and value.denominator == 1 else None


def may_be_natural(exponent: Node) -> bool:
    """Whether an exponent is made of letters and whole numbers, as n or 2n − 1 are."""
    return bool(symbols(exponent)) and all(
        node.op in ("symbol", "add", "sub", "mul") or (node.op == "const" and type(node.attrs) is int)
        for node in postorder(exponent)
    )


def linear(u: Node, x: Node) -> Node | None:
    """The slope α where u = αx + β; ``None`` for anything else."""
    if u is x:
        return ONE
    found = polynomial(u, x, 1)
    return found.get(1) if found else None


def shorter(node: Node) -> Node:
    """``node`` with what can be cancelled in it, if that makes it shorter: 3h/(3x) as h/x."""
    found = tidied(node)
    return found if tree_size(found) < tree_size(node) else node


# Conditions


def conditions(given: Iterable[Node | Said]) -> tuple[Node | Said, ...]:
    """What is assumed, in the simplest form that is surely the same, each once, without what the rest implies."""
    found: dict[object, Node | Said] = {}
    for one in given:
        if isinstance(one, Said):  # a new object each time
            found.setdefault((one.key, *one.facts.values()), one)
            continue
        for simple in _simplified(one):
            found.setdefault(simple, simple)
    plain = [one for one in found.values() if isinstance(one, Node)]
    return tuple(
        one
        for one in found.values()
        if isinstance(one, Said) or not any(other is not one and implies(other, one) for other in plain)
    )


def _simplified(condition: Node) -> list[Node]:
    """3x > 0 as x > 0, |x| > 0 as x ≠ 0, x² + 1 ≠ 0 as nothing at all."""
    op = condition.op
    if op not in ("gt", "lt", "ne") or condition.args[1] is not ZERO or not symbols(condition):
        return [condition]
    u = condition.args[0]
    if op != "lt" and sign(u) == 1:
        return []
    if u.op == "neg":
        return _simplified(make({"gt": "lt", "lt": "gt", "ne": "ne"}[op], u.args[0], ZERO))
    if u.op in ("mul", "div"):
        a, b = u.args
        for factor, rest in ((a, b), (b, a)):
            if factor.op == "const" and factor.attrs and (u.op == "mul" or factor is b):
                turned = make("neg", rest) if factor.attrs < 0 else rest
                return _simplified(make(op, turned, ZERO))
            if sign(factor) == 1 and (u.op == "mul" or factor is b):
                return _simplified(make(op, rest, ZERO))
        if op == "ne" and u.op == "mul":
            return [*_simplified(make("ne", a, ZERO)), *_simplified(make("ne", b, ZERO))]
    if u.op == "abs" and op != "lt":
        return _simplified(make("ne", u.args[0], ZERO))
    if u.op == "sqrt" and op != "lt":
        return _simplified(make("gt", u.args[0], ZERO))
    if u.op == "pow" and op == "ne" and natural(u.args[1]):
        return _simplified(make("ne", u.args[0], ZERO))
    if u.op == "ln" and op != "lt":
        (v,) = u.args
        domain = _simplified(make("gt", v, ZERO))
        return [make("gt", v, ONE)] if op == "gt" else [*domain, make("ne", v, ONE)]
    return [condition]


def implies(a: Node, b: Node) -> bool:
    """Whether ``b`` plainly follows from ``a``: u > 1 from u > 2, u ≠ 0 from u > 0."""
    if len(a.args) != 2 or len(b.args) != 2 or a.args[0] is not b.args[0] or a.op not in ("gt", "lt"):
        return False
    here, there = rational(a.args[1]), rational(b.args[1])
    if here is None or there is None or b.op not in (a.op, "ne"):
        return False
    return here <= there if a.op == "lt" else there <= here


def sign(node: Node) -> int | None:
    """1 for what is plainly positive, 0 for what is plainly not negative, else ``None``."""
    if node.op in ("exp", "cosh", "e", "pi", "softplus", "sigmoid"):
        return 1
    if node.op == "const":
        return 1 if node.attrs > 0 else 0 if node.attrs == 0 else None
    if node.op in ("abs", "sqrt"):
        return 0
    if node.op == "pow" and node.args[1].op == "const":
        exponent = node.args[1].attrs
        even = isinstance(exponent, int) and exponent > 0 and exponent % 2 == 0
        return sign(node.args[0]) if sign(node.args[0]) == 1 else 0 if even else None
    if node.op in ("add", "mul", "div"):
        a, b = map(sign, node.args)
        if a is None or b is None:
            return None
        return max(a, b) if node.op == "add" else min(a, b)
    return None


# Writing lines


class Lines:
    """The lines of one derivation. What is said of a function is said of ``outside`` times that function."""

    def __init__(self, node: Node, x: Node, h: Node, outside: Node = ONE) -> None:
        self.node = node
        self.x = x
        self.h = h
        self.outside = outside
        self.lines: list[Line] = []
        self.hypotheses: list[Node | Said] = []
        self.definitions: dict[str, tuple[tuple[Node, ...], Node]] = {}
        self.also = ""
        self.add(quotient_of(differ(put(node, {x: make("add", x, h)}), node), h), "definition", whole=True)

    def add(
        self,
        node: Node,
        key: str,
        under: str = "0",
        *,
        given: Node | None = None,
        cites: tuple[str, ...] = (),
        whole: bool = False,
        shown: Node | None = None,
        start: str = "",
        facts: Mapping[str, Node] | None = None,
    ) -> None:
        """Add a line. ``whole``: it is not to be multiplied by what is outside."""
        node = node if whole else fold.mul(self.outside, node)
        last = self.lines[-1] if self.lines else None
        if last is None or last.node is not node or last.under != under or start:
            self.lines.append(Line(node, key, under, facts or {}, given, cites, shown=shown, start=start))

    def limit(self, node: Node, key: str = "limit", cites: tuple[str, ...] = (), **facts: Node) -> None:
        self.add(node, key, "", cites=cites, facts={"h": self.h, **facts})

    def then(self, node: Node, key: str, *cites: str, given: Node | None = None, **facts: Node) -> None:
        self.add(node, key, given=given, cites=cites, facts=facts)

    def cancel(self, node: Node) -> None:
        self.add(node, "cancel", given=make("ne", self.h, ZERO), facts={"h": self.h})

    def claim(
        self, node: Node, key: str, *, given: Node | None = None, shown: Node | None = None, **facts: Node
    ) -> None:
        self.add(node, key, "", given=given, whole=True, shown=shown, facts=facts)

    def suppose(self, *hypotheses: Node | Said) -> None:
        """What is assumed; a condition on numbers alone is left out, since it is known to hold."""
        for given in hypotheses:
            if isinstance(given, Said) or symbols(given):
                self.hypotheses.append(given)


@dataclass(frozen=True, slots=True)
class Inside:
    """The argument u = αx + β of a function, and what becomes of it when x changes by h."""

    u: Node
    x: Node
    h: Node
    slope: Node
    change: Node = field(init=False)  # αh
    moved: Node = field(init=False)  # u + αh
    literal: Node = field(init=False)  # α(x + h) + β

    def __post_init__(self) -> None:
        change = scaled(self.slope, self.h)
        set_ = object.__setattr__
        set_(self, "change", change)
        set_(self, "moved", fold.add(self.u, change))
        set_(self, "literal", put(self.u, {self.x: make("add", self.x, self.h)}))

    @property
    def plain(self) -> bool:
        """Whether u changes by h itself."""
        return self.slope is ONE


def start(lines: Lines, base: Node, inside: Inside, of: Callable[[Node], Node]) -> None:
    """The first lines: the constant factor goes out, and α(x + h) + β is written as u + αh."""
    if lines.outside is not ONE:
        literal = quotient_of(differ(put(base, {inside.x: make("add", inside.x, inside.h)}), base), inside.h)
        minus = lines.outside.op == "const" and lines.outside.attrs == -1
        lines.add(literal, "minus out" if minus else "constant out", facts={"c": lines.outside})
    if inside.literal is not inside.moved:
        lines.add(
            quotient_of(differ(of(inside.moved), of(inside.u)), inside.h),
            "inside",
            facts={"left": inside.literal, "right": inside.moved},
        )


def nonzero(inside: Inside) -> Node | Said:
    """That u varies: what stands below the bar must not be 0."""
    given = make("ne", inside.slope, ZERO)
    return Said("varies", {"slope": inside.slope}) if symbols(given) else given


# Polynomials


def expansion(a: Node, b: Node, n: int) -> list[Node]:
    """The terms of (a + b)ⁿ."""
    return [monomial(const(comb(n, j)), power(a, n - j), power(b, j)) for j in range(n + 1)]


def shifted_terms(coefficients: Coefficients, x: Node, h: Node, lower: int = 0) -> list[Node]:
    """P(x + h) multiplied out, or with ``lower`` = 1 (P(x + h) − P(x))/h without its h."""
    return [
        monomial(fold.mul(const(comb(n, j)), c), power(x, n - j), power(h, j - lower))
        for n, c in coefficients.items()
        for j in range(lower, n + 1)
    ]


def change_of(coefficients: Coefficients, x: Node, h: Node) -> Node:
    """P(x + h) − P(x), collected."""
    return total(*[
        monomial(fold.mul(const(comb(n, j)), c), power(x, n - j), power(h, j))
        for n, c in coefficients.items()
        for j in range(1, n + 1)
    ])  # fmt: skip


def written_out(node: Node, x: Node, h: Node) -> tuple[Node, int] | None:
    """P(x + h) with its powers expanded where they stand, and the highest; ``None`` where more is to be done."""
    highest = 1
    varying = {x}
    moved = make("add", x, h)
    replace: dict[Node, Node] = {x: moved}
    for inner in postorder(node):
        inside = [arg for arg in inner.args if arg in varying]
        if not inside:
            continue
        varying.add(inner)
        if inner.op == "pow":
            n = natural(inner.args[1])
            if inner.args[0] is not x or n is None or n == 0:
                return None
            highest = max(highest, n)
            replace[inner] = total(*expansion(x, h, n))
        elif (len(inside) == 2 and inner.op not in ("add", "sub")) or inner.op not in (
            "add",
            "sub",
            "neg",
            "mul",
            "div",
        ):
            return None
    return put(node, replace), highest


def polynomials(lines: Lines, node: Node, coefficients: Coefficients) -> None:
    """A polynomial: multiply out, collect, cancel h."""
    x, h = lines.x, lines.h
    if max(coefficients, default=0) == 0:
        lines.add(ZERO, "nothing", given=make("ne", h, ZERO), facts={"h": h})
        lines.limit(ZERO)
        return
    in_place = written_out(node, x, h)
    if in_place is None:
        here = total(*[monomial(c, power(x, n)) for n, c in coefficients.items()])
        there = total(*shifted_terms(coefficients, x, h))
        lines.then(quotient_of(differ(there, here), h), "multiply out")
    elif in_place[1] > 1:
        key = "square" if in_place[1] <= 3 else "binomial"
        lines.then(quotient_of(differ(in_place[0], node), h), key)
    rest = total(*shifted_terms(coefficients, x, h, 1))
    by_cancelling(lines, change_of(coefficients, x, h), rest, h, lambda top: quotient_of(top, h))
    lines.limit(total(*[monomial(fold.mul(const(n), c), power(x, n - 1)) for n, c in coefficients.items() if n]))


def by_cancelling(lines: Lines, top: Node, rest: Node, h: Node, of: Callable[[Node], Node], left: Node = ONE) -> None:
    """Collect the numerator ``top``, take h out of it if it is a sum, and cancel. ``left`` is what stays below."""
    lines.then(of(top), "collect")
    if top.op in ("add", "sub"):
        lines.then(of(make("mul", h, rest)), "factor", h=h)
    lines.cancel(rest if left is ONE else quotient_of(rest, left))


def rationals(lines: Lines, node: Node, top: Node, bottom: Node, p: Coefficients, q: Coefficients) -> bool:
    """A quotient P/Q of polynomials: common denominator, multiply out, cancel h. False where that gets too long."""
    x, h = lines.x, lines.h
    moved = {x: make("add", x, h)}
    there, above = put(bottom, moved), put(top, moved)
    found: dict[tuple[int, int], Node] = {}
    for n, a in p.items():
        for m, b in q.items():
            for j in range(1, max(n, m) + 1):
                c = fold.mul(fold.mul(a, b), const(comb(n, j) - comb(m, j)))
                place = (n + m - j, j)
                found[place] = fold.add(found.get(place, ZERO), c)
    found = {place: tidied(c) for place, c in found.items()}
    found = {
        (i, j): found[i, j]
        for i, j in sorted(found, key=lambda place: (-sum(place), place[1]))
        if found[i, j] is not ZERO
    }
    if len(found) > 12:
        return False
    below = product_of(h, there, bottom)
    lines.then(quotient_of(differ(product_of(above, bottom), product_of(top, there)), below), "common")
    change = total(*[monomial(c, power(x, i), power(h, j)) for (i, j), c in found.items()])
    rest = total(*[monomial(c, power(x, i), power(h, j - 1)) for (i, j), c in found.items()])
    first = product_expanded(p, q, x, h, True), product_expanded(p, q, x, h, False)
    lines.then(quotient_of(differ(*first), below), "multiply out")
    by_cancelling(lines, change, rest, h, lambda numerator: quotient_of(numerator, below), product_of(there, bottom))
    end = total(*[monomial(c, power(x, i)) for (i, j), c in found.items() if j == 1])
    lines.limit(quotient_of(end, make("pow", bottom, TWO)))
    lines.suppose(make("ne", bottom, ZERO))
    return True


def product_expanded(p: Coefficients, q: Coefficients, x: Node, h: Node, first: bool) -> Node:
    """P(x + h)·Q(x), or P(x)·Q(x + h), multiplied out."""
    found: dict[tuple[int, int], Node] = {}
    for n, a in p.items():
        for m, b in q.items():
            moving = n if first else m
            for j in range(moving + 1):
                place = (n + m - j, j)
                found[place] = fold.add(found.get(place, ZERO), fold.mul(fold.mul(a, b), const(comb(moving, j))))
    places = sorted(found, key=lambda place: (-sum(place), place[1]))
    terms = [(place, tidied(found[place])) for place in places]
    return total(*[monomial(c, power(x, i), power(h, j)) for (i, j), c in terms if c is not ZERO])


# Powers


def powers(lines: Lines, base: Node, inside: Inside, n: Node) -> None:
    """uⁿ for a natural number n, or a letter that stands for one: the binomial theorem."""
    u, h = inside.u, inside.h
    start(lines, base, inside, lambda v: make("pow", v, base.args[1]))
    terms, top, rest = raised(lines, inside, n)
    lines.add(
        quotient_of(differ(total(*terms), make("pow", u, n)), h), _how(n), facts=_remainder_facts(lines, inside, n)
    )
    _explain_remainder(lines, inside, n)
    by_cancelling(lines, top, rest, h, lambda numerator: quotient_of(numerator, h))
    lines.limit(scaled(fold.mul(n, inside.slope), lowered(u, n)))


def reciprocals(lines: Lines, base: Node, inside: Inside, n: Node) -> None:
    """1/uⁿ or u⁻ⁿ: common denominator, and the binomial theorem for the numerator."""
    u, v, h = inside.u, inside.moved, inside.h
    start(lines, base, inside, lambda w: _with_argument(base, u, w))

    def to(w: Node) -> Node:
        return w if n is ONE else make("pow", w, n)

    if base.op == "pow":
        lines.then(quotient_of(differ(quotient_of(ONE, to(v)), quotient_of(ONE, to(u))), h), "fraction")
    below = product_of(h, to(v), to(u))
    lines.then(quotient_of(differ(to(u), to(v)), below), "common")
    terms, top, rest = raised(lines, inside, n)
    if n is not ONE:
        lines.add(quotient_of(differ(to(u), total(*terms)), below), _how(n), facts=_remainder_facts(lines, inside, n))
        _explain_remainder(lines, inside, n)

    def minus(numerator: Node) -> Node:
        return fold.neg(quotient_of(numerator, below))

    lines.then(minus(top), "collect")
    if top.op in ("add", "sub"):
        lines.then(minus(make("mul", h, rest)), "factor", h=h)
    lines.cancel(fold.neg(fold.div(rest, product_of(to(v), to(u)))))
    end = scaled(fold.mul(n, inside.slope), lowered(u, n))
    lines.limit(fold.neg(fold.div(end, make("pow", to(u), TWO))))
    lines.suppose(make("ne", u, ZERO))


def lowered(u: Node, n: Node) -> Node:
    """uⁿ⁻¹"""
    whole = natural(n)
    return power(u, whole - 1) if whole is not None else make("pow", u, less(n, 1))


def less(n: Node, k: int) -> Node:
    """n − k"""
    difference = make("sub", n, const(k))
    return difference if n.op == "symbol" else tidied(difference)


def raised(lines: Lines, inside: Inside, n: Node) -> tuple[list[Node], Node, Node]:
    """The terms of (u + αh)ⁿ; their sum without uⁿ; and that without the factor h."""
    u, d, h, slope = inside.u, inside.change, inside.h, inside.slope
    whole = natural(n)
    if whole is not None and whole <= EXPANDED:
        by_slope = [
            fold.mul(const(comb(whole, j)), fold.power(slope, const(j)) if j else ONE) for j in range(whole + 1)
        ]
        top = [monomial(c, power(u, whole - j), power(h, j)) for j, c in enumerate(by_slope) if j]
        rest = [monomial(c, power(u, whole - j), power(h, j - 1)) for j, c in enumerate(by_slope) if j]
        return expansion(u, d, whole), total(*top), total(*rest)
    if not lines.definitions:
        _define_remainder(lines, inside, n, whole)
    r = apply(next(iter(lines.definitions)), u, d)
    expanded = [make("pow", u, n), product_of(monomial(n, lowered(u, n)), d), product_of(power(d, 2), r)]
    square, first = fold.power(slope, TWO), monomial(fold.mul(n, slope), lowered(u, n))
    change = total(product_of(first, h), monomial(square, power(h, 2), r))
    return expanded, change, total(first, monomial(square, h, r))


def _how(n: Node) -> str:
    whole = natural(n)
    if whole is None or whole > EXPANDED:
        return "remainder"
    return "square" if whole <= 3 else "binomial"


def _remainder_facts(lines: Lines, inside: Inside, n: Node) -> dict[str, Node]:
    if not lines.definitions:
        return {}
    r = apply(next(iter(lines.definitions)), inside.u, inside.change)
    return {"square": power(inside.change, 2), "remainder": product_of(power(inside.change, 2), r)}


def _define_remainder(lines: Lines, inside: Inside, n: Node, whole: int | None) -> None:
    """R(u, d) with (u + d)ⁿ = uⁿ + n uⁿ⁻¹ d + d² R(u, d): a polynomial in u and d."""
    used = {*symbols(lines.node, lines.outside), inside.h.attrs}
    used |= {node.attrs[0] for node in postorder(lines.node) if node.op == "apply"}
    name = fresh(used, ("R", "S", "Q", "W")).attrs
    a, b = symbol("base"), symbol("change")
    if whole is not None and whole <= WRITTEN:
        body = total(
            *[monomial(const(comb(whole, j)), power(a, whole - j), power(b, j - 2)) for j in range(2, whole + 1)]
        )
    else:
        linear_part = make("add", make("pow", a, n), product_of(n, lowered(a, n), b))
        body = quotient_of(differ(make("pow", make("add", a, b), n), linear_part), power(b, 2))
    lines.definitions[name] = ((a, b), body)


def _explain_remainder(lines: Lines, inside: Inside, n: Node) -> None:
    """What R is, with most of its terms left out."""
    if not lines.definitions:
        return
    name, ((a, b), body) = next(iter(lines.definitions.items()))
    u, d = inside.u, inside.change
    whole = natural(n)
    if whole is None:
        pairs = quotient_of(product_of(n, less(n, 1)), TWO)
        terms = [product_of(pairs, make("pow", u, less(n, 2))), DOTS, make("pow", d, less(n, 2))]
    else:
        terms = [monomial(const(comb(whole, j)), power(u, whole - j), power(d, j - 2)) for j in (2, 3)]
        terms += [DOTS, power(d, whole - 2)]
    r = apply(name, u, d)
    shown = terms[0]
    for term in terms[1:]:
        shown = make("add", shown, term)
    lines.claim(
        make("eq", r, put(body, {a: u, b: d})), "remainder is", shown=make("eq", r, shown), name=r, u=u, d=d, h=inside.h
    )


def _with_argument(node: Node, u: Node, w: Node) -> Node:
    """``node`` with ``w`` for its argument ``u``."""
    return put(node, {u: w})


# Roots


def root_of(like: Node, q: int) -> Callable[[Node], Node]:
    """How the q-th root is written in ``like``: with √ or as a power."""
    if q == 2 and any(node.op == "sqrt" for node in postorder(like)):
        return lambda v: make("sqrt", v)
    return lambda v: make("pow", v, const(Fraction(1, q)))


def _conjugate(a: Node, b: Node, q: int) -> Node:
    return total(*[product_of(power(a, q - 1 - i), power(b, i)) for i in range(q)])


def _difference_of_powers(q: int) -> Node:
    a, b = symbol("a"), symbol("b")
    return make("eq", product_of(differ(a, b), _conjugate(a, b, q)), differ(power(a, q), power(b, q)))


def roots(lines: Lines, base: Node, inside: Inside, q: int) -> None:
    """A q-th root: multiply above and below so that the roots in the numerator go."""
    root = root_of(base, q)
    start(lines, base, inside, root)
    u, v, h = inside.u, inside.moved, inside.h
    a, b = root(v), root(u)
    factor = _conjugate(a, b, q)
    below = product_of(h, factor)
    lines.then(quotient_of(product_of(differ(a, b), factor), below), "rationalise", factor=factor)
    lines.then(quotient_of(differ(v, u), below), "difference of powers", identity=_difference_of_powers(q))
    lines.then(quotient_of(inside.change, below), "collect")
    lines.cancel(quotient_of(inside.slope, factor))
    lines.limit(quotient_of(inside.slope, product_of(const(q), power(b, q - 1))), "limit continuous", f=b)
    lines.suppose(make("gt" if q % 2 == 0 else "ne", u, ZERO))


def reciprocal_roots(lines: Lines, base: Node, inside: Inside, q: int) -> None:
    """1/ᵠ√u, or u to the power −1/q."""
    u, v, h = inside.u, inside.moved, inside.h
    start(lines, base, inside, lambda w: _with_argument(base, u, w))
    root = root_of(base, q)
    a, b = root(v), root(u)
    if base.op == "pow":
        lines.then(quotient_of(differ(quotient_of(ONE, a), quotient_of(ONE, b)), h), "fraction")
    lines.then(quotient_of(differ(b, a), product_of(h, a, b)), "common")
    factor = _conjugate(b, a, q)
    below = product_of(h, a, b, factor)
    lines.then(quotient_of(product_of(differ(b, a), factor), below), "rationalise", factor=factor)
    lines.then(quotient_of(differ(u, v), below), "difference of powers", identity=_difference_of_powers(q))
    lines.then(fold.neg(quotient_of(inside.change, below)), "collect")
    lines.cancel(fold.div(fold.neg(inside.slope), product_of(a, b, factor)))
    end = fold.div(fold.neg(inside.slope), product_of(power(b, 2), product_of(const(q), power(b, q - 1))))
    lines.limit(end, "limit continuous", f=b)
    lines.suppose(make("gt" if q % 2 == 0 else "ne", u, ZERO))


# Exponentials and logarithms


def _e_to(node: Node) -> Node:
    return make("exp", node)


def exponentials(lines: Lines, base: Node, inside: Inside) -> None:
    """eᵘ: the law of exponents, and (eᵗ − 1)/t → 1."""
    start(lines, base, inside, _e_to)
    u, d, h = inside.u, inside.change, inside.h
    rest = differ(_e_to(d), ONE)
    law = make("eq", _e_to(inside.moved), product_of(_e_to(u), _e_to(d)))
    lines.then(product_of(_e_to(u), quotient_of(rest, h)), "law of exponents", identity=law)
    if not inside.plain:
        lines.then(product_of(fold.mul(inside.slope, _e_to(u)), quotient_of(rest, d)), "scale", factor=inside.slope)
        lines.suppose(nonzero(inside))
    _with_small(lines, fold.mul(inside.slope, _e_to(u)), d, "exponential limit")


def _with_small(lines: Lines, node: Node, small: Node, *cites: str) -> None:
    """The limit in which αh goes to 0, or h itself."""
    if small is lines.h:
        lines.limit(node, "limit", cites)
    else:
        lines.limit(node, "limit of", cites, small=small)


def other_exponentials(lines: Lines, base: Node, inside: Inside) -> None:
    """aᵘ: the same after aᵗ = e^(t ln a)."""
    a = base.args[0]
    start(lines, base, inside, lambda w: make("pow", a, w))
    u, d, h = inside.u, inside.change, inside.h
    au = make("pow", a, u)
    law = make("eq", make("pow", a, inside.moved), product_of(au, make("pow", a, d)))
    lines.then(product_of(au, quotient_of(differ(make("pow", a, d), ONE), h)), "law of exponents", identity=law)
    log = make("ln", a)
    exponent = product_of(d, log)
    small = differ(_e_to(exponent), ONE)
    same = make("eq", make("pow", a, d), _e_to(exponent))
    lines.then(product_of(au, quotient_of(small, h)), "by exponential", identity=same)
    factor = fold.mul(inside.slope, log)
    lines.then(product_of(factor, au, quotient_of(small, exponent)), "scale", factor=factor)
    _with_small(lines, product_of(fold.mul(inside.slope, au), log), exponent, "exponential limit")
    lines.suppose(make("gt", a, ZERO), make("ne", a, ONE))
    if not inside.plain:
        lines.suppose(nonzero(inside))


def logarithms(lines: Lines, base: Node, inside: Inside) -> None:
    """ln u or logₐ u: the law of logarithms, and ln(1 + t)/t → 1."""
    u, v, d, h = inside.u, inside.moved, inside.change, inside.h

    def log(w: Node) -> Node:
        return make("ln", w) if base.op == "ln" else make("log", w, base.args[1])

    start(lines, base, inside, log)
    ratio = quotient_of(v, u)
    law = make("eq", differ(log(v), log(u)), log(ratio))
    lines.then(quotient_of(log(ratio), h), "law of logarithms", identity=law)
    t = shorter(quotient_of(d, u))
    lines.then(quotient_of(log(make("add", ONE, t)), h), "split fraction", u=v, v=u)
    natural_log = make("ln", make("add", ONE, t))
    below = u
    if base.op == "log":
        a = base.args[1]
        below = product_of(u, make("ln", a))
        change = make("eq", log(make("add", ONE, t)), quotient_of(natural_log, make("ln", a)))
        lines.then(quotient_of(natural_log, product_of(h, make("ln", a))), "change of base", identity=change)
        lines.suppose(make("gt", a, ZERO), make("ne", a, ONE))
    factor = shorter(quotient_of(inside.slope, below))
    scale = shorter(quotient_of(inside.slope, u))
    lines.then(product_of(factor, quotient_of(natural_log, t)), "scale", factor=scale)
    lines.limit(factor, "limit of", ("logarithm limit",), small=t)
    lines.suppose(make("gt", u, ZERO))
    if not inside.plain:
        lines.suppose(nonzero(inside))


# Trigonometric functions


def _sin(node: Node) -> Node:
    return make("sin", node)


def _cos(node: Node) -> Node:
    return make("cos", node)


def _sine_and_cosine(lines: Lines, base: Node, inside: Inside) -> None:
    """sin u and cos u: addition formula, sort, and the limits of (cos t − 1)/t and sin t/t."""
    u, d, h = inside.u, inside.change, inside.h
    sine = base.op == "sin"
    start(lines, base, inside, _sin if sine else _cos)
    one, other, join = (_sin, _cos, "add") if sine else (_cos, _sin, "sub")
    f, g = one(u), other(u)
    added = make(join, product_of(f, _cos(d)), product_of(g, _sin(d)))
    lines.then(quotient_of(differ(added, f), h), "addition", identity=make("eq", one(inside.moved), added))

    def sorted_by(w: Node) -> Node:
        return make(join, product_of(f, quotient_of(differ(_cos(d), ONE), w)), product_of(g, quotient_of(_sin(d), w)))

    lines.then(sorted_by(h), "group", first=f, second=g)
    if not inside.plain:
        lines.then(fold.mul(inside.slope, sorted_by(d)), "scale", factor=inside.slope)
        lines.suppose(nonzero(inside))
    ends = make(join, product_of(f, ZERO), make("mul", g, ONE))
    _with_small(lines, fold.mul(inside.slope, ends), d, "sine limit", "cosine limit")
    lines.add(fold.mul(inside.slope, g if sine else fold.neg(g)), "work out", "")


def tangents(lines: Lines, base: Node, inside: Inside) -> None:
    """tan u = sin u/cos u: common denominator, and the formula for sin(a − b)."""
    u, v, d, h = inside.u, inside.moved, inside.change, inside.h
    start(lines, base, inside, lambda w: make("tan", w))

    def ratio(w: Node) -> Node:
        return quotient_of(_sin(w), _cos(w))

    lines.then(quotient_of(differ(ratio(v), ratio(u)), h), "identity", identity=make("eq", make("tan", u), ratio(u)))
    below = product_of(h, _cos(v), _cos(u))
    crossed = differ(product_of(_sin(v), _cos(u)), product_of(_cos(v), _sin(u)))
    lines.then(quotient_of(crossed, below), "common")
    a, b = symbol("a"), symbol("b")
    formula = differ(product_of(_sin(a), _cos(b)), product_of(_cos(a), _sin(b)))
    lines.then(quotient_of(_sin(d), below), "addition", identity=make("eq", _sin(differ(a, b)), formula))
    last = quotient_of(inside.slope, product_of(_cos(v), _cos(u)))
    key, factor = ("pull apart", ONE) if inside.plain else ("scale", inside.slope)
    lines.then(product_of(quotient_of(_sin(d), d), last), key, factor=factor)
    square = make("pow", _cos(u), TWO)
    lines.limit(quotient_of(inside.slope, square), "limit continuous", ("sine limit",), f=_cos(u))
    secant = make("sec", u)
    identity = make("eq", quotient_of(ONE, _cos(u)), secant)
    lines.add(scaled(inside.slope, make("pow", secant, TWO)), "identity", "", facts={"identity": identity})
    lines.suppose(make("ne", _cos(u), ZERO))
    if not inside.plain:
        lines.suppose(nonzero(inside))


# Absolute value


def moduli(lines: Lines, base: Node, inside: Inside) -> None:
    """|u| where u ≠ 0; and from both sides where u = 0."""
    u, v, d, h, slope = inside.u, inside.moved, inside.change, inside.h, inside.slope
    start(lines, base, inside, lambda w: make("abs", w))
    a, b = make("abs", v), make("abs", u)
    factor = make("add", a, b)
    below = product_of(h, factor)
    lines.then(quotient_of(product_of(differ(a, b), factor), below), "conjugate", factor=factor)
    squares = make("eq", power(make("abs", symbol("a")), 2), power(symbol("a"), 2))
    lines.then(quotient_of(differ(power(v, 2), power(u, 2)), below), "modulus square", identity=squares)
    both = fold.add(scaled(TWO, u), d)
    lines.then(quotient_of(product_of(d, both), below), "difference of powers", identity=_factored())
    lines.cancel(quotient_of(fold.mul(slope, both), factor))
    lines.limit(quotient_of(fold.mul(slope, scaled(TWO, u)), make("mul", TWO, b)), "limit continuous", f=b)
    sign = make("sign", u)
    lines.add(fold.mul(slope, sign), "identity", "", facts={"identity": make("eq", quotient_of(u, b), sign)})
    lines.suppose(make("ne", u, ZERO))
    if not inside.plain:
        lines.suppose(nonzero(inside))


def _factored() -> Node:
    a, b = symbol("a"), symbol("b")
    return make("eq", differ(power(a, 2), power(b, 2)), product_of(differ(a, b), make("add", a, b)))


def corner(lines: Lines, inside: Inside) -> None:
    """The one-sided derivatives of |u| where u = 0; to be added after the result."""
    d, h, slope, x = inside.change, inside.h, inside.slope, inside.x
    rest = put(inside.u, {x: ZERO})
    point = make("eq", x, tidied(fold.neg(fold.div(rest, slope))))
    ends = []
    for under, sign, comparison in (("+", "right", "gt"), ("-", "left", "lt")):
        lines.add(quotient_of(make("abs", d), h), f"{sign} at", under, start="own", facts={"point": point})
        bare = fold.mul(make("abs", slope), h) if slope.op != "const" else scaled(const(abs(slope.attrs)), h)
        opened = bare if sign == "right" else fold.neg(bare)
        side = make(comparison, h, ZERO)
        lines.add(
            quotient_of(opened, h),
            f"sign {sign}",
            under,
            given=side,
            facts={"h": h, "identity": make("eq", make("abs", d), opened)},
        )
        size = make("abs", slope) if slope.op != "const" else const(abs(slope.attrs))
        end = size if sign == "right" else fold.neg(size)
        lines.add(end, "cancel", under, given=make("ne", h, ZERO), facts={"h": h})
        lines.add(end, f"limit {sign}", "", facts={"h": h})
        ends.append(fold.mul(lines.outside, end))
    right, left = ends
    lines.claim(make("ne", left, right), "corner", point=point)


# Abstract functions


def abstract_values(lines: Lines, base: Node, inside: Inside, position: int) -> None:
    """f(u) for a function known by name only: its derivative is the limit by definition."""

    def value(w: Node, raised_by: int = 0) -> Node:
        name, orders = base.attrs
        args = [w if i == position else arg for i, arg in enumerate(base.args)]
        return apply(name, *args, orders=tuple([o + raised_by * (i == position) for i, o in enumerate(orders)]))

    start(lines, base, inside, value)
    u, v, d = inside.u, inside.moved, inside.change
    slope = value(u, 1)
    if not inside.plain:
        lines.then(fold.mul(inside.slope, quotient_of(differ(value(v), value(u)), d)), "conjugate", factor=inside.slope)
        lines.suppose(nonzero(inside))
    lines.limit(fold.mul(inside.slope, slope), "by definition")
    lines.suppose(differentiable(base, (position,)))


def differentiable(node: Node, varying: Sequence[int]) -> Said:
    """What is assumed of a function known by name only, ``node`` being a value of it, where some arguments vary."""
    name, orders = node.attrs
    f = symbol(name)
    if len(node.args) == 1:
        (x,) = node.args
        key = ("differentiable", "differentiable twice", "differentiable again")[min(orders[0], 2)]
        return Said(key, {"f": f, "x": x} | ({"n": const(orders[0] + 1)} if orders[0] > 1 else {}))
    f = node if any(orders) else f
    if len(varying) > 1:
        return Said("totally differentiable", {"f": f, "at": node})
    (i,) = varying
    u = node.args[i]
    if all(arg.op == "symbol" for arg in node.args) and len(set(node.args)) == len(node.args):
        return Said("partially differentiable", {"f": f, "x": u})
    return Said("partially differentiable at", {"f": f, "nth": const(i + 1), "at": node})


# Which family a function belongs to


def write(lines: Lines, base: Node) -> bool:
    """Derive ``base`` (times what is outside) by its family. False if it belongs to none, or is a polynomial."""
    x, h = lines.x, lines.h

    def within(u: Node) -> Inside | None:
        slope = linear(u, x)
        return None if slope is None else Inside(u, x, h, slope)

    varying = [i for i, arg in enumerate(base.args) if not free_of(arg, x)]
    if len(varying) != 1:
        return _as_quotient(lines, base)
    inside = within(base.args[varying[0]])
    if base.op == "div":
        return _over(lines, base, within)
    if inside is None:
        return False
    if base.op == "pow":
        return _as_power(lines, base, inside, varying[0])
    if base.op == "apply":
        abstract_values(lines, base, inside, varying[0])
        return True
    family = FAMILIES.get(base.op)
    if family is None or (base.op == "log" and (varying != [0] or not may_be_base(base.args[1]))):
        return False
    family(lines, base, inside)
    return True


FAMILIES: Final[dict[str, Callable[[Lines, Node, Inside], None]]] = {
    "exp": exponentials,
    "ln": logarithms,
    "log": logarithms,
    "sin": _sine_and_cosine,
    "cos": _sine_and_cosine,
    "tan": tangents,
    "abs": moduli,
    "sqrt": lambda lines, base, inside: roots(lines, base, inside, 2),
}


def may_be_base(a: Node) -> bool:
    """Whether there are powers and logarithms to this base, other than e: not 1, nor a number below 0."""
    return a is not E and not (a.op == "const" and (a.attrs <= 0 or a.attrs == 1))


def _as_power(lines: Lines, base: Node, inside: Inside, varying: int) -> bool:
    if varying == 1:
        a = base.args[0]
        if not may_be_base(a):
            return False
        other_exponentials(lines, base, inside)
        return True
    n = base.args[1]
    value = rational(n)
    if value is not None:
        if value.denominator == 1 and value:
            (powers if value > 0 else reciprocals)(lines, base, inside, const(abs(int(value))))
            return True
        if abs(value.numerator) == 1 and value.denominator <= EXPANDED:
            (roots if value > 0 else reciprocal_roots)(lines, base, inside, value.denominator)
            return True
        return False
    negative = n.op == "neg"
    n = n.args[0] if negative else n
    if not may_be_natural(n):
        return False
    lines.suppose(Said("natural", {"n": n}))
    lines.also = "real power"
    (reciprocals if negative else powers)(lines, base, inside, n)
    return True


def _over(lines: Lines, base: Node, within: Callable[[Node], Inside | None]) -> bool:
    """1/uⁿ, 1/ᵠ√u, or 1/Q for another polynomial."""
    top, bottom = base.args
    if top is not ONE:
        return _as_quotient(lines, base)
    u, n = (bottom.args[0], bottom.args[1]) if bottom.op == "pow" else (bottom, ONE)
    inside = within(bottom.args[0] if bottom.op == "sqrt" else u)
    if inside is not None and bottom.op == "sqrt":
        reciprocal_roots(lines, base, inside, 2)
        return True
    if inside is not None and natural(n):
        reciprocals(lines, base, inside, n)
        return True
    if inside is not None and may_be_natural(n):
        lines.suppose(Said("natural", {"n": n}))
        lines.also = "real power"
        reciprocals(lines, base, inside, n)
        return True
    if inside is not None and n.op == "const" and isinstance(n.attrs, Fraction):
        if n.attrs.numerator == 1 and n.attrs.denominator <= EXPANDED:
            reciprocal_roots(lines, base, inside, n.attrs.denominator)
            return True
        return False
    return _as_quotient(lines, base)


def _as_quotient(lines: Lines, base: Node) -> bool:
    """P/Q for polynomials of low degree."""
    if base.op != "div":
        return False
    top, bottom = base.args
    p, q = polynomial(top, lines.x, 3), polynomial(bottom, lines.x, 3)
    if p is None or q is None or not q:
        return False
    if lines.outside is not ONE:
        literal = put(base, {lines.x: make("add", lines.x, lines.h)})
        lines.add(quotient_of(differ(literal, base), lines.h), "constant out", facts={"c": lines.outside})
    return rationals(lines, base, top, bottom, p, q)


def coefficient(node: Node, x: Node) -> tuple[Node, Node]:
    """``node`` as a factor that does not vary and the rest."""
    c = ONE
    while True:
        if node.op == "neg":
            c, node = fold.neg(c), node.args[0]
        elif node.op == "mul" and free_of(node.args[0], x):
            c, node = fold.mul(c, node.args[0]), node.args[1]
        elif node.op == "mul" and free_of(node.args[1], x):
            c, node = fold.mul(c, node.args[1]), node.args[0]
        elif node.op == "div" and free_of(node.args[1], x):
            c, node = fold.div(c, node.args[1]), node.args[0]
        elif node.op == "div" and node.args[0] is not ONE and free_of(node.args[0], x):
            c, node = fold.mul(c, node.args[0]), make("div", ONE, node.args[1])
        else:
            return c, node


def is_polynomial(node: Node, x: Node) -> bool:
    """Whether a function is derived as a polynomial: not (2x + 1)³, which is a power of 2x + 1."""
    _, base = coefficient(node, x)
    power_of_sum = base.op == "pow" and base.args[0] is not x and linear(base.args[0], x) is not None
    return not power_of_sum and (free_of(node, x) or polynomial(node, x) is not None)


def prove(node: Node, x: Node, h: Node, key: str, name: Name) -> Proof | None:
    """The derivative of ``node``, derived from the definition in one chain; ``None`` if it belongs to no family."""
    if is_polynomial(node, x):
        lines = Lines(node, x, h)
        polynomials(lines, node, {0: node} if free_of(node, x) else polynomial(node, x) or {})
        base = node
    else:
        outside, base = coefficient(node, x)
        lines = Lines(node, x, h, outside)
        if not write(lines, base):
            return None
    result = tidied(push(node, x).result)
    finish(lines, result)
    if base.op == "abs":
        inner = base.args[0]
        corner(lines, Inside(inner, x, h, linear(inner, x) or ONE))
    left = Side(derivative(node, x))
    hypotheses = conditions(lines.hypotheses)
    return Proof(key, name, left, Side(result), h, tuple(lines.lines), hypotheses, lines.definitions, lines.also)


def finish(lines: Lines, result: Node) -> None:
    """End in the derivative as it is written everywhere else."""
    last = lines.lines[-1]
    if last.node is result:
        return
    if not last.limit and text(last.node) == text(result):
        lines.lines[-1] = replace(last, node=result)
    else:
        lines.add(result, "tidy", "", whole=True)
