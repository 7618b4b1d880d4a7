"""Equality by proof: the rational normal form, exact, without one assumption.

Sums, products, quotients and whole powers are worked out over the rational numbers; everything else, sin u or √u, is a
generator, and two of them are one if their arguments have equal normal forms. The only law beyond arithmetic is that
the q-th power of a q-th root is what stands under it. So where two normal forms are equal, the two functions are equal
at every point where both are defined. Identities (sin² + cos² = 1) are no arithmetic and do not belong here.
"""

from __future__ import annotations

from collections.abc import Hashable
from fractions import Fraction
from typing import Any, Final, NamedTuple

from mibun.node import Node, postorder
from mibun.run.exact import exact

Poly = Any  # flint.fmpq_mpoly, which has no type stubs
Key = Hashable
GENERATORS: Final = 120  # more are not looked at
TERMS: Final = 1500  # of a polynomial
POWER: Final = 1000  # the highest whole power that is worked out
BITS: Final = 1 << 15  # of a coefficient

_ARITHMETIC: Final = frozenset(["const", "add", "sub", "neg", "mul", "div"])


class TooLarge(Exception):
    """There is no normal form within the limits, or none at all: a denominator is 0 everywhere."""


class Quotient(NamedTuple):
    """A quotient of polynomials without a common factor."""

    above: Poly
    below: Poly


def equal(f: Node, g: Node) -> bool:
    """Whether the normal form of the difference is zero: a proof that f and g are equal wherever both are defined.

    >>> from mibun.ops import const, make, symbol
    >>> x, one = symbol("x"), const(1)
    >>> square = make("sub", make("mul", x, x), one)
    >>> equal(make("div", square, make("add", x, one)), make("sub", x, one))
    True
    """
    if f is g:
        return True
    try:
        forms = _Forms(postorder(f, g))
        return not len(forms.difference(forms.found[f], forms.found[g]))
    except TooLarge:
        return False


class _Forms:
    """The normal form of every node of a graph."""

    def __init__(self, order: list[Node]) -> None:
        from flint import Ordering, fmpq_mpoly_ctx

        size = sum(node.op not in _ARITHMETIC for node in order)
        if size > GENERATORS:
            raise TooLarge
        self.context = fmpq_mpoly_ctx.get(("g", max(size, 1)), Ordering.lex)
        self.one = self.context.constant(1)
        self.zero = self.context.constant(0)
        self.roots: dict[int, tuple[int, Quotient]] = {}  # generator i to the power q is that
        self._generators: dict[Key, int] = {}
        self._keys: dict[Node, Key] = {}
        self.found: dict[Node, Quotient] = {}
        for node in order:
            self.found[node] = self._form(node)

    def _form(self, node: Node) -> Quotient:
        op, args = node.op, [self.found[arg] for arg in node.args]
        if op == "const":
            return Quotient(self.context.constant(_rational(node.attrs)), self.one)
        if op == "neg":
            return Quotient(-args[0].above, args[0].below)
        if op == "add":
            return self._sum(args[0], args[1].above, args[1].below)
        if op == "sub":
            return self._sum(args[0], -args[1].above, args[1].below)
        if op == "mul":
            return self.times(*args)
        if op == "div":
            return self.times(args[0], self._inverse(args[1]))
        if op == "sqrt":
            return self._power(node.args[0], Fraction(1, 2))
        if op == "pow" and (exponent := exact(node.args[1], {})) is not None:
            return self._power(node.args[0], Fraction(exponent))
        return self._generator((op, node.attrs, *map(self._key, node.args)))

    def _generator(self, key: Key) -> Quotient:
        i = self._generators.setdefault(key, len(self._generators))
        return Quotient(self.context.gen(i), self.one)

    def _key(self, node: Node) -> Key:
        """What nodes with equal normal forms have in common."""
        key = self._keys.get(node)
        if key is None:
            above, below = self.found[node]
            lead = below.coefficient(0)
            key = self._keys[node] = tuple(frozenset((part / lead).to_dict().items()) for part in (above, below))
        return key

    # Arithmetic

    def _product(self, a: Poly, b: Poly) -> Poly:
        if len(a) * len(b) > TERMS * 20:
            raise TooLarge
        product = a * b
        if len(product) > TERMS:
            raise TooLarge
        return product

    def _sum(self, a: Quotient, above: Poly, below: Poly) -> Quotient:
        if a.below == below:
            return self._reduced(a.above + above, below)
        top = self._product(a.above, below) + self._product(above, a.below)
        return self._reduced(top, self._product(a.below, below))

    def times(self, a: Quotient, b: Quotient) -> Quotient:
        return self._reduced(self._product(a.above, b.above), self._product(a.below, b.below))

    def _inverse(self, a: Quotient) -> Quotient:
        if not len(a.above):
            raise TooLarge
        return Quotient(a.below, a.above)

    def difference(self, a: Quotient, b: Quotient) -> Poly:
        """The numerator of a - b."""
        return self._sum(a, -b.above, b.below).above

    def _reduced(self, above: Poly, below: Poly) -> Quotient:
        """The quotient with every power of a root worked out, and common factors cancelled."""
        while True:
            above, low = self._without_roots(above)
            below, high = self._without_roots(below)
            if low is None and high is None:
                break
            above = above if high is None else self._product(above, high)
            below = below if low is None else self._product(below, low)
        if not len(below):
            raise TooLarge
        if not below.is_constant():
            common = above.gcd(below) if len(above) else below
            if not common.is_constant():
                above, below = (divmod(part, common)[0] for part in (above, below))
        return Quotient(above, below)

    def _without_roots(self, poly: Poly) -> tuple[Poly, Poly | None]:
        """A polynomial without q-th powers of q-th roots, and what it has to be divided by (``None``: nothing)."""
        for i, (q, (above, below)) in self.roots.items():
            if not len(poly) or poly.degrees()[i] < q:
                continue
            most = poly.degrees()[i] // q
            total = self.zero
            for monomial, c in poly.to_dict().items():
                whole, rest = divmod(int(monomial[i]), q)
                term = self.context.from_dict({(*monomial[:i], rest, *monomial[i + 1 :]): c})
                factor = self._product(self._raise(above, whole), self._raise(below, most - whole))
                total = total + self._product(term, factor)
            return total, self._raise(below, most)
        return poly, None

    def _raise(self, poly: Poly, n: int) -> Poly:
        if n > POWER or _bits(poly) * n > BITS:
            raise TooLarge
        result = self.one
        while n:
            if n % 2:
                result = self._product(result, poly)
            n //= 2
            poly = self._product(poly, poly) if n else poly
        return result

    def _power(self, base: Node, e: Fraction) -> Quotient:
        inner = self.found[base]
        if e.denominator > 1:
            root = self._generator(("root", e.denominator, self._key(base)))
            i = next(i for i, d in enumerate(root.above.degrees()) if d)
            self.roots[i] = (e.denominator, inner)
            inner = root
        if e < 0:
            inner = self._inverse(inner)
        n = abs(e.numerator)
        result = Quotient(self._raise(inner.above, n), self._raise(inner.below, n))
        return self._reduced(*result) if e.denominator > 1 else result


def _rational(value: int | Fraction | float) -> Any:
    from flint import fmpq

    try:
        number = Fraction(repr(value)) if isinstance(value, float) else Fraction(value)
    except ValueError:  # inf, nan
        raise TooLarge from None
    if max(number.numerator.bit_length(), number.denominator.bit_length()) > BITS:
        raise TooLarge
    return fmpq(number.numerator, number.denominator)


def _bits(poly: Poly) -> int:
    return max((max(abs(int(c.p)), int(c.q)).bit_length() for c in poly.coeffs()), default=0)
