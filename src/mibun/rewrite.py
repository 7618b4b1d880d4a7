"""The rewriting engine: from a correct expression to the one a textbook prints.

:func:`tidy` is the readable exit. It works from the leaves up. Every sum, every function's argument and the whole are
written in a handful of ways (like terms collected; factored over a common denominator; multiplied out; divided term by
term), all from the exact normal form of :mod:`mibun.rational`, and the smallest is kept. Identities come from
:mod:`mibun.identities`. It may assume that a cancelled factor is not 0, and says so in its steps; so it never feeds a
compiler.

It is deterministic (nothing depends on addresses or hash seeds), and it terminates since every pass visits each node
once. What is too large to be read anyway is left as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from math import factorial
from typing import Final
from weakref import WeakKeyDictionary

from mibun import fold
from mibun.errors import BudgetExceeded
from mibun.identities import (
    ANGLES,
    ARRANGE,
    COLLECT,
    EXPAND,
    FACTOR,
    KNOWN,
    NUMBERS,
    PRODUCTS,
    RATIOS,
    RECIPROCALS,
    SINGLE_SQUARES,
    SPLIT,
    SQUARES,
    TABLE,
    sine,
    tangent,
)
from mibun.node import Node, growing, postorder, rebuild, symbols, tree_size
from mibun.ops import FORMULA, ONE, PI, ZERO, apply, const, make
from mibun.rational import (
    NOTHING,
    UNIT,
    Base,
    Exponent,
    Field,
    Poly,
    Rational,
    TooLarge,
    Value,
    _flint,
    exact,
    power_node,
    rational_root,
    terms_of,
)
from mibun.rules import Name
from mibun.step import Step

READABLE: Final = 1000  # an expression of more nodes, written as a tree, is shown as it is
WORK: Final = 15_000  # nodes that repeated differentiation may make before it gives up
SYMBOL: Final = 2  # where a letter stands among the factors of a product
LONG: Final = 24  # a value that holds a sum of more terms is written in one way only
SPREAD: Final = 2  # what stands under a root may grow by this much to become a polynomial
EXPANDED_POWER: Final = 12  # what has more factors that are sums is not multiplied out
FLIPPED_MALUS: Final = 3  # e^(-x) is written for e^x only if that saves more than this
EXPANDED_BONUS: Final = 3  # a multiplied-out polynomial may be this much larger than the factored one
DEPTH: Final = 200  # and so is one nested deeper
FACTORED: Final = 20  # polynomials of more terms, or of a higher degree, are not factored

_ADDITIVE: Final = frozenset(["add", "sub", "neg"])
_ARITHMETIC: Final = frozenset(["const", "add", "sub", "neg", "mul", "div", "sqrt"])


@dataclass(slots=True)
class Budget:
    """How much tidying a long computation has left; shared by its parts."""

    left: int = WORK

    def spend(self, amount: int) -> None:
        self.left -= amount
        if self.left < 0:
            raise BudgetExceeded("work", limit=WORK)


@dataclass(frozen=True, slots=True)
class Rewriting:
    """The rule of a tidying step: only its name counts."""

    name: Name


@dataclass(slots=True)
class Candidate:
    """A way to write a node: the node, how it was found, and its value if it is one product."""

    node: Node
    name: Name
    value: Value | None = None
    bonus: int = 0


def tidy(node: Node, budget: Budget | None = None, real_roots: bool = False) -> tuple[Node, list[Step]]:
    """The form a textbook prints, and the steps that lead there. ``BudgetExceeded`` only if ``budget`` runs out.

    ``real_roots`` is for a node with numbers put in for its variables: an odd root of a negative number is worked out,
    ``(-8)^(1/3)`` to -2, which otherwise stays as it was written, since computer algebra systems write complex roots of
    unity that way; and where a part has no value, ``1/0`` or ``ln 0``, the whole stays as it is, since it has none.
    """
    known = _known[real_roots]
    lines = known.get(node)
    if lines is None:
        lines = _tidy(node, real_roots)
        if not any(line[1] is node or node in postorder(line[1]) for line in lines):  # it would keep itself alive
            known[node] = lines
    steps: list[Step] = []
    result = node
    for name, after, assumed in lines:
        steps.append(Step(Rewriting(name), result, after, assumed))
        result = after
    if budget is not None:
        budget.spend(min(tree_size(result), READABLE) + 10)
    return result, steps


_Line = tuple[Name, Node, Node | None]  # what was done, what came out, what was assumed
_known: Final[tuple[WeakKeyDictionary[Node, list[_Line]], ...]] = (WeakKeyDictionary(), WeakKeyDictionary())


def _tidy(node: Node, real_roots: bool) -> list[_Line]:
    if tree_size(node) > READABLE or _depth(node) > DEPTH:
        return []
    work = _Tidier(node, real_roots)
    with growing():
        try:
            result = work.run()
        except _Undefined:
            return []
    if result is node:
        return []
    last = (work.names.get(node, ARRANGE), result, work.assumed(result))
    between, name = work.between(node)
    if between is result or tree_size(between) == tree_size(node):  # a mere reordering is no step
        return [last]
    return [(name, between, None), last]


class _Undefined(Exception):
    """A part without variables has no value."""


def _depth(node: Node) -> int:
    depths: dict[Node, int] = {}
    for inner in postorder(node):
        depths[inner] = 1 + max((depths[arg] for arg in inner.args), default=0)
    return depths[node]


class _Tidier(Field):
    """One run of :func:`tidy`: the field, and what is known of every node below the root."""

    def __init__(self, root: Node, real_roots: bool) -> None:
        super().__init__()
        self.root = root
        self.real_roots = real_roots
        self.merged: dict[Node, Value | None] = {}  # the normal form, sums over a common denominator
        self.kept: dict[Node, Value] = {}  # the same with every sum a factor as it is best written
        self.best: dict[Node, Node] = {}
        self.names: dict[Node, Name] = {}
        self.granted: list[Node] = []  # what the identities that were used assume
        self.inexact = False
        self._sizes: dict[Node, int] = {}
        self._orders: dict[Base, tuple[int, str, int]] = {}
        self._expanded: dict[Node, Node] = {}  # of a factored sum, the same multiplied out
        self._nodes: dict[tuple[Exponent, frozenset[tuple[Base, Exponent]]], Node] = {}
        self._exponentials: dict[frozenset[tuple[Base, Exponent]], tuple[Base, Exponent]] = {}
        self._exponents: dict[Base, tuple[Rational, Value]] = {}
        self._written: set[tuple[Base, Exponent]] = set()
        self._powers: dict[Node, set[Node]] = {}
        self._moduli: dict[Node, Base] = {}  # what stands between the bars of |u| or behind sgn

    def run(self) -> Node:
        order = postorder(self.root)
        tops = {self.root}
        for node in order:
            additive = node.op in _ADDITIVE
            for arg in node.args:
                if not (additive and arg.op in _ADDITIVE):
                    tops.add(arg)
            if node.op == "pow":
                self._powers.setdefault(node.args[0], set()).add(node.args[1])
        for node in order:
            if node.op in _ADDITIVE:
                if node in tops:
                    self._sum(node)
            else:
                self._product(node)
        return self._best(self.root)

    def between(self, node: Node) -> tuple[Node, Name]:
        """The root with only its outermost sums worked out: what one writes down on the way to the result."""
        replace: dict[Node, Node] = {}
        name = ARRANGE
        stack = [node]
        while stack:
            inner = stack.pop()
            if inner.op in ("mul", "div", "pow"):
                stack += inner.args
            elif inner in self._expanded:
                replace[inner], name = self._expanded[inner], EXPAND
            elif inner in self.best and inner is not node:
                replace[inner] = self.best[inner]
                name = COLLECT if self.names[inner] is COLLECT and name is ARRANGE else name
        return rebuild(node, replace, fold.remake), name

    def assumed(self, result: Node) -> Node | None:
        """The condition for the result to be defined only where the original is: that cancelled factors are not 0."""
        kept: set[Node] = set()  # what keeps the result undefined where a cancelled factor is 0
        stack = [node.args[1] for node in postorder(result) if node.op == "div"]
        while stack:
            node = stack.pop()
            kept.add(node)
            if node.op in ("mul", "pow", "sqrt"):
                stack += node.args
        roots = {node.args[0] for node in postorder(result) if node.op in ("sqrt", "pow", "ln")}
        kept |= {node.args[0] for node in postorder(result) if node.op == "ln"}
        conditions = list(dict.fromkeys(self.granted))
        granted = {condition.args[0] for condition in conditions}
        conditions += [
            make(relation, node, ZERO)
            for relation, bases, there in (("ne", self.cancelled, kept), ("gt", self.rooted, roots | kept))
            for node in [self.node_of(base) for base in sorted(bases, key=lambda base: base.rank) if not base.number]
            if node.op != "exp" and node not in there and node not in granted and symbols(node)
        ]
        return reduce(lambda a, b: make("and", a, b), conditions) if conditions else None

    # Values

    def _product(self, node: Node) -> None:
        """Find the values of a node that is not a sum."""
        op, args = node.op, node.args
        if op == "const":
            number = exact(node.attrs)
            if number is None:
                self._atom(node, node)
                return
            self.inexact |= type(node.attrs) is float
            self._set(node, self.number(number), self.number(number))
        elif op == "mul":
            merged = None
            a, b = self.merged[args[0]], self.merged[args[1]]
            if a is not None and b is not None:
                merged = self._attempt(lambda: self.times(a, b))
            self._set(node, merged, self.times(self.kept[args[0]], self.kept[args[1]]))
        elif op == "div":
            below = self.kept[args[1]]
            if not below.coefficient or (self.merged[args[1]] or UNIT).coefficient == 0:
                self._refuse(True)
                self._atom(node, make("div", self._best(args[0]), self._best(args[1])))
                return
            merged = None
            top, bottom = self.merged[args[0]], self.merged[args[1]]
            if top is not None and bottom is not None:
                merged = self._attempt(lambda: self.times(top, self._inverse(bottom)))
            self._set(node, merged, self.times(self.kept[args[0]], self._inverse(below)))
        elif op == "sqrt":
            self._power(node, args[0], Fraction(1, 2))
        elif op == "pow":
            exponent = self.merged[args[1]]
            if exponent is not None and exponent.is_number():
                e = exponent.coefficient
                base = self.merged[args[0]]
                literal = base is not None and base.is_number() and base.coefficient < 0 and e.denominator != 1
                if literal and not self.real_roots:
                    self._atom(node, make("pow", self._best(args[0]), const(e)))
                else:
                    self._power(node, args[0], e)
            else:
                self._symbolic(node)
        elif op == "exp":
            self._exponential(node)
        else:
            self._function(node)

    @staticmethod
    def _attempt(work: Callable[[], Value | None]) -> Value | None:
        try:
            return work()
        except TooLarge:
            return None

    def _set(self, node: Node, merged: Value | None, kept: Value) -> None:
        if self._moduli:
            merged, kept = merged and self._signs(merged), self._signs(kept)
        self.merged[node] = merged
        self.kept[node] = kept

    def _signs(self, value: Value) -> Value:
        """|u| and sgn u brought together: u sgn u = |u|, |u|² = u², |u|/u = sgn u."""
        powers = value.powers
        for u, inside in self._moduli.items():
            modulus, sign = self._atoms.get(make("abs", u)), self._atoms.get(make("sign", u))
            a, s = (powers.get(base, 0) if base is not None else 0 for base in (modulus, sign))
            k = powers.get(inside, 0)
            if not (a or s) or any(e.denominator != 1 for e in (a, s, k)):
                continue
            a, s, k = a % 2, s % 2, k + a - a % 2
            if a and s:
                a, s, k = 0, 0, k + 1
            elif s and k:
                a, s, k = 1, 0, k - 1
            if a and k == -1:
                a, s, k = 0, 1, 0
            elif a and k < -1:
                a, k = -1, k + 2
            powers = {b: e for b, e in powers.items() if b not in (modulus, sign, inside)}
            for base, e in ((inside, k), (self.generator(make("abs", u)), a), (self.generator(make("sign", u)), s)):
                if e:
                    powers[base] = e
        return value if powers is value.powers else Value(value.coefficient, powers)

    def _atom(self, node: Node, written: Node) -> None:
        value = Value(1, {self.generator(written): 1})
        self._set(node, value, value)

    def _inverse(self, value: Value) -> Value:
        return Value(Fraction(1) / value.coefficient, {base: -e for base, e in value.powers.items()})

    def _power(self, node: Node, base: Node, e: Exponent) -> None:
        if not e:
            self._set(node, UNIT, UNIT)
            return
        merged, kept = self.merged[base], self.kept[base]
        if merged is not None and merged.is_number():
            c = merged.coefficient
            self._refuse((not c and e < 0) or (c < 0 and e.denominator % 2 == 0))
        raised = None
        if merged is not None:
            raised = self._attempt(lambda: self._raise(merged, e))
        try:
            outside = self._raise(kept, e)
        except TooLarge:
            outside = None
        if raised is None and outside is None:
            best = self._best(base)
            self._function_of(node, power_node(best, e) if e > 0 else make("pow", best, const(e)))
            return
        self._set(node, raised, outside if outside is not None else raised)  # type: ignore[arg-type]

    def _raise(self, value: Value, e: Exponent) -> Value | None:
        raised = self.power(value, e)
        if raised is not None or e.denominator == 1 or not value.coefficient:
            return raised
        # No product of roots: the root of the product, but for a number that has one.
        c = value.coefficient
        outside = rational_root(abs(c), e)
        inside = Value((1 if c > 0 else -1) if outside is not None else c, value.powers)
        written = self._choose(self._forms(inside)).node
        under = self._attempt(lambda: self.signed_base(inside))
        if under is None or self._size(self.write(under)) > self._size(written) + SPREAD:
            simpler = self._apply_identity(power_node(written, e)) if e > 0 else None
            if simpler is not None:
                found = self._evaluated(simpler)
                return Value(found.coefficient * (outside or 1), found.powers)
            under = Value(1, {self.generator(written): 1})
        rooted = self.power(under, e)
        return rooted and Value(rooted.coefficient * (outside or 1), rooted.powers)

    def _symbolic(self, node: Node) -> None:
        """A power with a symbolic exponent: one generator, its constant part split off if the base occurs again."""
        base, exponent = node.args
        best, raised = self._best(base), self._best(exponent)
        if best is ONE:
            self._set(node, UNIT, UNIT)
            return
        merged, kept = self.merged[base], self.kept[base]
        if len(self._powers[base]) > 1 and merged is not None:
            shift: Rational = 0
            for sign, term in self._terms(raised):
                if term.op == "const" and (number := exact(term.attrs)) is not None:
                    shift += sign * number
            if shift and shift.denominator == 1 and merged.coefficient:
                rest = self._best_of(fold.sub(raised, const(shift)))
                atom = Value(1, {self.generator(make("pow", best, rest)): 1})
                self.cancelled.update(merged.powers if shift < 0 else ())
                factor = self._raise(merged, shift)
                around = self._raise(kept, shift)
                if factor is not None and around is not None:
                    self._set(node, self.times(atom, factor), self.times(atom, around))
                    return
        self._atom(node, make("pow", best, raised))

    def _best_of(self, node: Node) -> Node:
        return tidy(node, real_roots=self.real_roots)[0]

    def _exponential(self, node: Node) -> None:
        argument = node.args[0]
        best = self._best(argument)
        simpler = self._apply_identity(make("exp", best))
        if simpler is not None:
            self._replace(node, simpler)
            return
        inner = self.merged[argument]
        if inner is None:
            self._atom(node, make("exp", best))
            return
        key = frozenset(inner.powers.items())
        known = self._exponentials.get(key)
        if known is None:
            known = self._exponentials[key] = (self.generator(make("exp", best)), inner.coefficient)
            self._exponents[known[0]] = (inner.coefficient, inner)
        base, first = known
        e: Rational = Fraction(inner.coefficient) / first
        e = e.numerator if e.denominator == 1 else e
        self._written.add((base, e))
        value = Value(1, {base: e})
        self._set(node, value, value)

    def _function(self, node: Node) -> None:
        """Anything else: a generator, unless an identity knows better."""
        args = tuple([self._best(arg) for arg in node.args])
        if node.op == "apply":
            self._atom(node, apply(node.attrs[0], *args, orders=node.attrs[1]))
        elif not args:
            self._atom(node, node)
        else:
            self._function_of(node, make(node.op, *args))

    def _function_of(self, node: Node, written: Node) -> None:
        simpler = self._apply_identity(written)
        if simpler is not None:
            self._replace(node, simpler)
            return
        self._atom(node, written)
        if written.op in ("abs", "sign"):
            inside = self.merged[node.args[0]]
            if inside is not None and inside.coefficient == 1 and list(inside.powers.values()) == [1]:
                self._moduli[written.args[0]] = next(iter(inside.powers))

    def _replace(self, node: Node, simpler: Node) -> None:
        """Take the values of another, simpler node."""
        self._evaluated(simpler)
        self._set(node, self.merged[simpler], self.kept[simpler])

    def _evaluated(self, simpler: Node) -> Value:
        """Find the values of a node that was not below the root."""
        self.names[self.root] = KNOWN
        for inner in postorder(simpler):
            if inner not in self.kept:
                if inner.op in _ADDITIVE:
                    self._sum(inner)
                else:
                    if inner.op == "pow":
                        self._powers.setdefault(inner.args[0], set()).add(inner.args[1])
                    self._product(inner)
        return self.kept[simpler]

    def _refuse(self, undefined: bool) -> None:
        if undefined and self.real_roots:
            raise _Undefined

    def _apply_identity(self, node: Node) -> Node | None:
        value = known_value(node)
        if value is not None:
            return value
        arg = node.args[0]
        if node.op in ("ln", "log"):
            self._refuse(arg.op == "const" and arg.attrs <= 0)
        elif node.op in _CIRCULAR:
            turn = _turn(arg)
            pole = 90 if node.op in ("tan", "sec") else 0
            self._refuse(turn is not None and node.op not in ("sin", "cos") and (turn - pole) % 180 == 0)
        for row in TABLE.get(node.op, ()):
            found: dict[Node, Node] = {}
            if _match(row.before, node, found):
                if row.assuming is not None:
                    self.granted.append(rebuild(row.assuming, found, fold.remake))
                return rebuild(row.after, found, fold.remake)
        return None

    # Sums

    def _terms(self, node: Node) -> list[tuple[int, Node]]:
        """The terms of a sum with their signs, through nested sums, in order."""
        terms: list[tuple[int, Node]] = []
        stack = [(1, node)]
        while stack:
            sign, inner = stack.pop()
            if inner.op == "add":
                stack += [(sign, inner.args[1]), (sign, inner.args[0])]
            elif inner.op == "sub":
                stack += [(-sign, inner.args[1]), (sign, inner.args[0])]
            elif inner.op == "neg":
                stack.append((-sign, inner.args[0]))
            else:
                terms.append((sign, inner))
        return terms

    def _sum(self, node: Node) -> None:
        terms = self._terms(node)
        parts = [(self._scaled(self.merged[term], sign), self._scaled(self.kept[term], sign)) for sign, term in terms]
        merged = None
        squared = False
        if all(part[0] is not None for part in parts):
            merged = plain = self._attempt(lambda: self.plus([part[0] for part in parts if part[0]]))
            if plain is not None:
                merged = self._attempt(lambda: self._squares(plain))
            squared = merged is not plain
            merged = merged and self._signs(merged)
        self.merged[node] = merged
        collected = self._collect([part[1] for part in parts if part[1] is not None])
        candidates = [collected]
        if merged is not None:
            candidates.append(self._collect([part[0] for part in parts if part[0] is not None]))
            forms = self._forms(merged, KNOWN if squared else None)
            for candidate in candidates:
                if candidate.node is node and node is not self.root:  # someone wrote it in this order
                    candidate.bonus = max(form.bonus for form in forms)
            candidates += forms
        choice = self._choose(candidates)
        self.best[node] = choice.node
        self.names[node] = choice.name
        if choice.name is FACTOR and merged is not None and all(e > 0 for e in merged.powers.values()):
            flat = [candidate.node for candidate in candidates if candidate.name is EXPAND]
            if flat and self._size(flat[0]) <= 2 * self._size(choice.node):
                self._expanded[node] = flat[0]
        if choice.value is not None:
            self.kept[node] = choice.value
            return
        if merged is not None and merged.coefficient == 1 and len(merged.powers) == 1:
            ((base, e),) = merged.powers.items()
            if e == 1 and base.terms > 1:
                if base.node is None or self._size(choice.node) <= self._size(base.node):
                    base.node = choice.node
                self.kept[node] = merged
                return
        if choice.node.op in ("add", "sub"):
            self.kept[node] = Value(1, {self.generator(choice.node): 1})
        elif merged is not None:
            self.kept[node] = merged
        else:
            self.kept[node] = Value(1, {self.generator(choice.node): 1})

    @staticmethod
    def _scaled(value: Value | None, sign: int) -> Value | None:
        return value if value is None or sign == 1 else Value(-value.coefficient, value.powers)

    def _collect(self, parts: list[Value]) -> Candidate:
        """Terms with the same factors added up; the order is kept, but for a first term that is positive."""
        sums: dict[frozenset[tuple[Base, Exponent]], Value] = {}
        for part in parts:
            key = frozenset(part.powers.items())
            before = sums.get(key)
            sums[key] = part if before is None else Value(before.coefficient + part.coefficient, part.powers)
        terms = [value for value in sums.values() if value.coefficient]
        if len(terms) <= 1:
            value = terms[0] if terms else NOTHING
            return Candidate(self.write(value), COLLECT if len(parts) > 1 else ARRANGE, value)
        return Candidate(self._join(terms), COLLECT if len(terms) < len(parts) else ARRANGE)

    def _join(self, terms: list[Value], fixed: bool = False) -> Node:
        """A sum of products, the first positive one in front; a ``fixed`` order counts from three terms on."""
        first = next((i for i, term in enumerate(terms) if term.coefficient > 0), None)
        if first is None:
            return fold.neg(self._join([Value(-t.coefficient, t.powers) for t in terms]))
        if fixed and len(terms) > 2:
            first = 0
        ordered = [terms[first], *terms[:first], *terms[first + 1 :]]
        total = self.write(ordered[0])
        for term in ordered[1:]:
            if term.coefficient < 0:
                total = make("sub", total, self.write(Value(-term.coefficient, term.powers)))
            else:
                total = make("add", total, self.write(term))
        return total

    def _squares(self, value: Value) -> Value:
        """Use sin² + cos² = 1 and its kin wherever that leaves fewer terms."""
        result = UNIT
        changed = False
        for base, e in value.powers.items():
            factor = None
            one = self._one_square(base) if base.terms == 2 and e.denominator == 1 else None
            if one is not None:
                factor = self.power(one, e)
            elif base.terms > 1 and base.poly is not None and e.denominator == 1 and e > 0:
                poly = self._fewer(base.poly)
                if poly is not None:
                    factor = self.power(self.from_poly(poly), e)
            changed |= factor is not None
            result = self.times(result, factor if factor is not None else Value(1, {base: e}))
        return self.times(Value(value.coefficient, {}), result) if changed else value

    def _one_square(self, base: Base) -> Value | None:
        """1 - sin² as cos², and its kin."""
        terms = terms_of(base.poly)
        constant = terms.pop((0,) * self.size, 0)
        ((monomial, a),) = terms.items() if constant else [((), 0)]
        if not constant or sum(monomial) != 2 or 2 not in monomial:
            return None
        node = self.generators[monomial.index(2)]
        for outer, inner in SINGLE_SQUARES:
            s, c = SQUARES[outer, inner]
            if node.op == outer and constant == -a * c:  # a(f² - c) = a s g²
                return Value(a * s, {self.generator(make(inner, *node.args)): 2})
            if node.op == inner and constant == a * s * c:  # a(g² + s c) = a s f²
                return Value(a * s, {self.generator(make(outer, *node.args)): 2})
        return None

    def _fewer(self, poly: Poly) -> Poly | None:
        best = None
        degrees = poly.degrees()
        present = [i for i in range(len(self.generators)) if degrees[i]]
        for i in present:
            for j in present:
                f, g = self.generators[i], self.generators[j]
                if f.args != g.args or i == j:
                    continue
                for (outer, inner), (s, c) in SQUARES.items():
                    if (f.op, g.op) == (outer, inner):
                        # f² = s g² + c, so g² = s (f² - c): try to be rid of either
                        for out, other, scale, shift in ((i, j, s, c), (j, i, s, -s * c)):
                            if degrees[out] < 2:
                                continue
                            square = self.context.gen(other) ** 2 * scale + shift
                            reduced = self._without_squares(poly, out, square)
                            if len(reduced) < len(best if best is not None else poly):
                                best = reduced
        return best

    def _without_squares(self, poly: Poly, i: int, square: Poly) -> Poly:
        result = self.context.constant(0)
        for monomial, c in terms_of(poly).items():
            whole, rest = divmod(monomial[i], 2)
            term = self.context.from_dict({(*monomial[:i], rest, *monomial[i + 1 :]): _flint(c)})
            result = result + term * square**whole
        return result

    # Choosing

    def _best(self, node: Node) -> Node:
        best = self.best.get(node)
        if best is None:
            kept, merged = self.kept[node], self.merged[node]
            candidates = [Candidate(self.write(kept), ARRANGE, kept)]
            if merged is not None:
                candidates += self._forms(merged)
            choice = self._choose(candidates)
            best = self.best[node] = choice.node
            self.names[node] = choice.name
        return best

    def _forms(self, value: Value, name: Name | None = None) -> list[Candidate]:
        """The ways to write a value: factored, multiplied out, divided term by term; all called ``name``, if given."""
        forms = self._ways(value)
        for form in forms:
            form.name = name or form.name
        return forms

    def _ways(self, value: Value) -> list[Candidate]:
        forms = [Candidate(self.write(value), FACTOR, value)]
        if any(base.terms > LONG for base in value.powers):  # no way of writing it reads well
            return forms
        split = self._factored(value)
        if split is not None:
            forms.append(Candidate(self.write(split), FACTOR, split))
        forms += self._variants(value)
        above = {b: e for b, e in value.powers.items() if e > 0}
        below = {b: e for b, e in value.powers.items() if e < 0}
        sums = {b: e for b, e in above.items() if b.terms > 1}
        if not sums:
            return forms
        if all(e.denominator == 1 for e in sums.values()) and sum(sums.values()) <= EXPANDED_POWER:
            whole = {b: e for b, e in above.items() if e.denominator == 1 and not b.number}
            rest = {b: e for b, e in value.powers.items() if b not in whole}
            c = value.coefficient
            try:
                if rest:
                    products = self._monomials(self.expand(Value(c.numerator, whole)))
                    forms.append(self._over(products, Value(Fraction(1, c.denominator), rest)))
                else:
                    plain = all(self._order(base)[0] == SYMBOL for base in whole if base.terms == 1)
                    plain = plain and all(self._symbols_only(base) for base in sums)
                    products = self._monomials(self.expand(Value(c, whole)))
                    bonus = EXPANDED_BONUS if plain else 0
                    forms.append(Candidate(self._join(products, plain), EXPAND, None, bonus))
            except TooLarge:
                pass
        if below and all(b.terms == 1 for b in below):
            forms += [self._split(value, base, below) for base, e in sums.items() if e == 1]
        return forms

    def _variants(self, value: Value) -> list[Candidate]:
        """The same with a denominator multiplied out, or with e^(-u) written for e^u."""
        found = []
        below = [base for base, e in value.powers.items() if e == -1 and base.terms > 1]
        if len(below) > 1:
            product = self._attempt(lambda: self.from_poly(self.expand(Value(1, dict.fromkeys(below, 1)))))
            if product is not None:
                rest = Value(value.coefficient, {b: e for b, e in value.powers.items() if b not in below})
                joined = self.times(rest, self._inverse(product))
                found.append(Candidate(self.write(joined), FACTOR, joined))
        for base in list(self._exponents):
            flipped = self._flipped(value, base)
            if flipped is not None:
                found.append(Candidate(self.write(flipped), FACTOR, flipped, -FLIPPED_MALUS))
        return found

    def _flipped(self, value: Value, base: Base) -> Value | None:
        """A value whose sums hold e^u, with e^(-u) instead: e^u/(1 + e^u) as 1/(1 + e^(-u))."""
        assert base.node is not None
        i = self._index[base.node]
        sums = {b: e for b, e in value.powers.items() if b.terms > 1 and b.poly.degrees()[i]}
        if not sums or any(e.denominator != 1 for e in sums.values()):
            return None
        scale, inner = self._exponents[base]
        opposite = Value(-inner.coefficient, inner.powers)
        turned = self.generator(make("exp", self._choose(self._forms(opposite)).node))
        if turned not in self._exponents:
            self._exponents[turned] = (-scale, opposite)
            self._written.add((turned, 1))
        assert turned.node is not None
        j = self._index[turned.node]
        power: Exponent = value.powers.get(base, 0)
        rest = {b: e for b, e in value.powers.items() if b not in sums and b is not base}
        result = Value(value.coefficient, rest)
        for b, e in sums.items():
            degree = int(b.poly.degrees()[i])
            power += degree * e
            terms = {}
            for monomial, c in terms_of(b.poly).items():
                exponents = list(monomial)
                exponents[i], exponents[j] = 0, exponents[j] + degree - monomial[i]
                terms[tuple(exponents)] = _flint(c)
            factor = self.power(self.from_poly(self.context.from_dict(terms)), e)
            if factor is None:
                return None
            result = self.times(result, factor)
        return self.times(result, Value(1, {turned: -power} if power else {}))

    def _over(self, products: list[Value], rest: Value) -> Candidate:
        """A multiplied-out numerator with the remaining factors beside and below it."""
        sign = -1 if all(product.coefficient < 0 for product in products) else 1
        joined = self.generator(self._join([Value(sign * p.coefficient, p.powers) for p in products]))
        value = self.times(Value(sign, {joined: 1}), rest)
        return Candidate(self.write(value), EXPAND, value)

    def _split(self, value: Value, base: Base, below: dict[Base, Exponent]) -> Candidate:
        """Every term of a sum above the bar over what stands below it."""
        outer = {b: k for b, k in value.powers.items() if k > 0 and b is not base}
        inner = [self.times(term, Value(1, below)) for term in self._monomials(base.poly)]
        joined = self.generator(self._join(inner))
        product = self.times(Value(value.coefficient, outer), Value(1, {joined: 1}))
        if not outer and value.coefficient == 1:
            return Candidate(self.node_of(joined), SPLIT)
        return Candidate(self.write(product), SPLIT, product)

    def _symbols_only(self, base: Base) -> bool:
        used = base.poly.degrees()
        return all(self.generators[i].op == "symbol" for i in range(len(self.generators)) if used[i])

    def _factored(self, value: Value) -> Value | None:
        """With the polynomials above the bar factored, if that is possible."""
        result = Value(value.coefficient, {})
        found = False
        for base, e in value.powers.items():
            factors = self._factors(base) if e.denominator == 1 and e > 0 else None
            found |= factors is not None
            raised = self.power(factors or Value(1, {base: 1}), e)
            if raised is None:
                return None
            result = self.times(result, raised)
        return result if found else None

    def _factors(self, base: Base) -> Value | None:
        """A polynomial as the product of its irreducible factors, if it has several and is of a size for that."""
        if not 2 < base.terms <= FACTORED or base.poly.total_degree() > FACTORED:
            return None
        _, factors = base.poly.factor()
        if len(factors) == 1 and factors[0][1] == 1:
            return None
        product = UNIT
        scale = _leading(base.poly)
        for poly, k in factors:
            scale /= _leading(poly) ** int(k)
            raised = self.power(self.from_poly(poly), int(k))
            product = self.times(product, raised or UNIT)
        return Value(product.coefficient * scale, product.powers)

    def _choose(self, candidates: list[Candidate]) -> Candidate:
        return min(candidates, key=lambda c: self._size(c.node) - c.bonus)

    def _size(self, node: Node) -> int:
        sizes = self._sizes
        stack = [node]
        while stack:
            inner = stack[-1]
            waiting = [arg for arg in inner.args if arg not in sizes]
            if waiting:
                stack += waiting
            else:
                sizes[inner] = 1 + sum([sizes[arg] for arg in inner.args])
                stack.pop()
        return sizes[node]

    # Writing

    def root_of(self, base: Base, q: int) -> Node:
        return self._factor(base, Fraction(1, q))

    def write_poly(self, poly: Poly) -> Node:
        fixed = all(self.generators[i].op == "symbol" for i, d in enumerate(poly.degrees()) if d)
        return self._join(self._monomials(poly), fixed)

    def _monomials(self, poly: Poly) -> list[Value]:
        """The terms of a polynomial in the order in which a textbook writes them."""
        terms: list[tuple[tuple[object, ...], Value]] = []
        for monomial, c in terms_of(poly).items():
            powers = self.powers_of(monomial)
            value = Value(c, powers)
            degree = sum(e for b, e in powers.items() if b.node is not None and b.node.op == "symbol")
            factors = tuple(
                [(self._order(b), -e) for b, e in sorted(powers.items(), key=lambda item: self._order(item[0]))]
            )
            functions = sum(1 for b in powers if self._order(b)[0] > SYMBOL)
            terms.append(((-degree, not powers, -functions, factors), value))
        return [value for _, value in sorted(terms, key=lambda term: term[0])]

    def _order(self, base: Base) -> tuple[int, str, int]:
        order = self._orders.get(base)
        if order is None:
            order = self._orders[base] = self._place(base)
        return order

    def _place(self, base: Base) -> tuple[int, str, int]:
        """Where a factor stands in a product: numbers, letters, powers, polynomials, exponentials, sums, functions."""
        node = base.node
        if base.number:
            return (0, "", base.number)
        if node is None or node.op in ("add", "sub"):
            plain = self._symbols_only(base) if node is None or base.terms > 1 else _is_polynomial(node)
            return (4 if plain else 6, "", base.rank)
        if node.op in ("pi", "e"):
            return (1, node.op, 0)
        if node.op == "symbol":
            return (SYMBOL, f"{node.attrs.lower()} {node.attrs}", 0)
        if node.op == "pow":
            return (3, str(node.args[0].attrs), base.rank)
        if node.op == "exp":
            return (5, "", base.rank)
        return (7, _FUNCTION_ORDER.get(node.op, "~"), base.rank)

    def write(self, value: Value) -> Node:
        """A value as a quotient of products."""
        key = (value.coefficient, frozenset(value.powers.items()))
        node = self._nodes.get(key)
        if node is None:
            node = self._nodes[key] = self._write(value)
        return node

    def _write(self, value: Value) -> Node:
        if not value.coefficient:
            return ZERO
        powers = self._absorbed(self._quotients(value.powers))
        top: list[Node] = []
        bottom: list[Node] = []
        roots: dict[Exponent, int] = {}
        for base, e in sorted(powers.items(), key=lambda item: self._order(item[0])):
            if base.number:
                roots[e] = roots.get(e, 1) * base.number
                continue
            (top if self._upright(base, e) else bottom).append(self._factor(base, e))
        for e, number in sorted(roots.items()):
            top.insert(0, power_node(const(number), e))
        c = value.coefficient
        sign, p, q = (-1 if c < 0 else 1), abs(c.numerator), c.denominator
        if self.inexact and q != 1 and (decimal := _decimal(c)) is not None:
            top.insert(0, const(decimal))
            p = q = 1
        if not bottom:
            if q == 1 or (p == 1 and top):
                product = self._times([const(p * sign), *top] if p != 1 or not top else top)
                result = product if q == 1 else make("div", product, const(q))
                return fold.neg(result) if sign < 0 and p == 1 and top else result
            return self._times([const(Fraction(p * sign, q)), *top])
        below = self._times([const(q), *bottom] if q != 1 else bottom)
        if not top:
            return make("div", const(p * sign), below)
        if p == 1:
            result = make("div", self._times(top), below)
            return make("neg", result) if sign < 0 else result
        return make("div", self._times([const(p * sign), *top]), below)

    @staticmethod
    def _times(factors: list[Node]) -> Node:
        product = factors[0]
        for factor in factors[1:]:
            product = make("mul", product, factor)
        return product

    def _upright(self, base: Base, e: Exponent) -> bool:
        """Whether a power stands above the bar."""
        if e > 0:
            return True
        exponent = self._exponents.get(base)
        return exponent is not None and ((base, e) in self._written or exponent[0] * e > 0)

    def _factor(self, base: Base, e: Exponent) -> Node:
        node = self.node_of(base)
        exponent = self._exponents.get(base)
        if exponent is not None and e != 1:
            scale = e if self._upright(base, e) else -e
            inner = exponent[1]
            return make("exp", self._choose(self._forms(Value(inner.coefficient * scale, inner.powers))).node)
        return self._power_of(node, e if e > 0 else -e)

    def _power_of(self, node: Node, e: Exponent) -> Node:
        if e == 1:
            return node
        if self.inexact and e.denominator != 1:
            return make("pow", node, const(float(e)))
        return power_node(node, e)

    def _absorbed(self, powers: dict[Base, Exponent]) -> dict[Base, Exponent]:
        """xⁿ/x as xⁿ⁻¹, which also has a value where x is 0."""
        for power in [base for base, e in powers.items() if e == 1 and base.node is not None and base.node.op == "pow"]:
            assert power.node is not None
            under, exponent = power.node.args
            for base, e in powers.items():
                if base.node is under and e < 0 and e.denominator == 1:
                    lower = self.generator(make("pow", under, fold.sub(exponent, const(-e))))
                    powers = {b: k for b, k in powers.items() if b not in (power, base)}
                    powers[lower] = powers.get(lower, 0) + 1
                    break
        return powers

    def _quotients(self, powers: dict[Base, Exponent]) -> dict[Base, Exponent]:
        """sin/cos as tan, cos·tan as sin, 1/cos as sec, and their kin."""
        found: dict[Node, dict[str, Base]] = {}
        for base in powers:
            if base.node is not None and base.node.op in _RELATED:
                found.setdefault(base.node.args[0], {})[base.node.op] = base
        for arg, bases in found.items():
            powers = dict(powers)

            def shift(op: str, by: Exponent, arg: Node = arg, powers: dict[Base, Exponent] = powers) -> None:
                base = self.generator(make(op, arg))
                total = powers.pop(base, 0) + by
                if total:
                    powers[base] = total

            for (above, below), ratio in RATIOS.items():
                e = powers.get(bases.get(above, _NO_BASE), 0)
                if e > 0 and powers.get(bases.get(below, _NO_BASE), 0) == -e:
                    shift(above, -e)
                    shift(below, e)
                    shift(ratio, e)
            for (first, second), product in PRODUCTS.items():
                e = min(powers.get(bases.get(op, _NO_BASE), 0) for op in (first, second))
                if e > 0 and e.denominator == 1:
                    shift(first, -e)
                    shift(second, -e)
                    if product:
                        shift(product, e)
            if len(bases) == 1:
                ((op, base),) = bases.items()
                e = powers.get(base, 0)
                if op in RECIPROCALS and e < 0 and e.denominator == 1:
                    shift(op, -e)
                    shift(RECIPROCALS[op], -e)
        return powers


_NO_BASE: Final = Base(0, None, None)


def _decimal(c: Rational) -> float | None:
    """The float next to a fraction, if it is neither lost to 0 nor out of range."""
    try:
        return abs(float(c)) or None
    except OverflowError:
        return None


def _is_polynomial(node: Node) -> bool:
    return all(inner.op in _POLYNOMIAL for inner in postorder(node))


_POLYNOMIAL: Final = frozenset(["const", "symbol", "pi", "e", "add", "sub", "neg", "mul", "div", "pow"])


def _leading(poly: Poly) -> Fraction:
    c = poly.leading_coefficient()
    return Fraction(int(c.p), int(c.q))


_FUNCTION_ORDER: Final = {
    op: f"{i:03}" for i, op in enumerate(dict.fromkeys(["sqrt", "sin", "cos", "sec", "csc", "tan", "cot", *FORMULA]))
}
_RELATED: Final = frozenset(op for pair in (*RATIOS, *PRODUCTS) for op in pair)


def _opposite(node: Node) -> Node | None:
    """The node without its minus sign, if it is written with one."""
    if node.op == "neg":
        return node.args[0]
    if node.op == "const":
        return const(-node.attrs) if node.attrs < 0 else None
    if node.op in ("mul", "div"):
        first = _opposite(node.args[0])
        return None if first is None else fold.remake(node, (first, node.args[1]))
    return None


def _match(pattern: Node, node: Node, found: dict[Node, Node]) -> bool:
    if pattern.op == "symbol":
        return found.setdefault(pattern, node) is node
    if pattern.op == "neg" and node.op != "neg":
        positive = _opposite(node)
        return positive is not None and _match(pattern.args[0], positive, found)
    if not pattern.args:
        return pattern is node
    return pattern.op == node.op and all(_match(p, n, found) for p, n in zip(pattern.args, node.args, strict=True))


def _turn(node: Node) -> Rational | None:
    """An exact multiple of pi, in degrees."""
    if node is ZERO:
        return 0
    scale = Fraction(180)
    while True:
        if node is PI:
            return scale
        if node.op == "neg":
            scale, node = -scale, node.args[0]
        elif node.op == "div" and type(node.args[1].attrs) is int and node.args[1].attrs:
            scale, node = scale / Fraction(node.args[1].attrs), node.args[0]
        elif node.op == "mul" and node.args[0].op == "const" and type(node.args[0].attrs) is not float:
            scale, node = scale * Fraction(node.args[0].attrs), node.args[1]
        else:
            return None


def known_value(node: Node) -> Node | None:
    """The exact value of a function at a number or a multiple of pi, where one is known.

    >>> from mibun.ops import PI, const, make
    >>> known_value(make("sin", make("div", PI, const(6)))).attrs
    Fraction(1, 2)
    """
    op, args = node.op, node.args
    if not args:
        return None
    if len(args) == 1:
        arg = args[0]
        number = arg.attrs if arg.op == "const" and type(arg.attrs) is not float else None
        if op in _CIRCULAR:
            angle = _turn(arg)
            return None if angle is None else _circular(op, angle)
        if op in ANGLES:
            angle = ANGLES[op].get(arg)
            if angle is not None:
                return _multiple_of_pi(Fraction(angle, 180))
        if number is None:
            return None
        known = NUMBERS.get((op, number))
        if known is not None:
            return known
        if op == "abs":
            return const(abs(number))
        if op == "sign":
            return const((number > 0) - (number < 0))
        if op == "floor":
            return const(number.__floor__())
        if op == "ceil":
            return const(number.__ceil__())
        if op == "relu":
            return const(max(number, 0))
        if op == "gamma" and type(number) is int and 0 < number <= 50:
            return const(factorial(number - 1))
        return None
    if op == "where":
        truth = _truth(args[0])
        return None if truth is None else args[1] if truth else args[2]
    if all(arg.op == "const" for arg in args):
        x, y = args[0].attrs, args[1].attrs
        if op == "min":
            return const(min(x, y))
        if op == "max":
            return const(max(x, y))
        if op == "log" and all(type(v) is not float and v > 0 for v in (x, y)) and y != 1:
            return _logarithm(Fraction(x), Fraction(y))
    return None


_CIRCULAR: Final = frozenset(["sin", "cos", "tan", "sec", "csc", "cot"])


def _circular(op: str, angle: Exponent) -> Node | None:
    if op == "sin":
        return sine(angle)
    if op == "cos":
        return sine(angle + 90)
    if op == "tan":
        return tangent(angle)
    if op == "cot":
        return None if angle % 180 == 0 else tangent(90 - angle)
    below = sine(angle + 90) if op == "sec" else sine(angle)
    return None if below is None or below is ZERO else fold.div(ONE, below)


def _multiple_of_pi(scale: Exponent) -> Node:
    product = fold.mul(const(scale.numerator), PI)
    return fold.div(product, const(scale.denominator)) if scale else ZERO


def _truth(condition: Node) -> bool | None:
    compare = _COMPARE.get(condition.op)
    if compare is None or any(arg.op != "const" for arg in condition.args):
        return None
    return compare(condition.args[0].attrs, condition.args[1].attrs)


_COMPARE: Final = {
    "lt": lambda x, y: bool(x < y),
    "le": lambda x, y: bool(x <= y),
    "gt": lambda x, y: bool(x > y),
    "ge": lambda x, y: bool(x >= y),
    "eq": lambda x, y: bool(x == y),
    "ne": lambda x, y: bool(x != y),
}


def _logarithm(x: Fraction, base: Exponent) -> Node | None:
    """log of x to the base, where it is a whole number."""
    if x == 1:
        return ZERO
    power = Fraction(1)
    for n in range(1, 64):
        power *= base
        if power == x:
            return const(n)
        if 1 / power == x:
            return const(-n)
    return None
