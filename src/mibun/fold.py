"""Arithmetic on nodes that leaves out what is exactly nothing: 0 + u, 1 · u, 2 · 3.

The chain rule builds its results with these, since a structural zero or one (a constant's derivative, the slope of x)
is no part of an answer. They look one level down and never reorder, and a minus always ends up in the same
place, so the result of a composition does not depend on the order in which its parts become known. Everything that
needs more belongs to :mod:`mibun.rewrite`.

``0 · u`` is 0 here even where u is infinite: the zero says "does not vary", it is not a rounded value.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from typing import Any, Final

from mibun.node import Node, Number
from mibun.ops import MINUS_ONE, ONE, OPS, ZERO, apply, const, make

POWER_BITS: Final = 4096  # an integer power of a number is worked out up to this many bits
CHAIN: Final = 16  # conditions in a row that are compared one by one


def number(value: Number) -> Node | None:
    """The constant, or ``None`` where a float left the finite numbers."""
    return const(value) if type(value) is not float or math.isfinite(value) else None


def _exact(value: Number) -> Fraction:
    # A decimal that someone wrote means its shortest digits: 0.1 * 3 is 0.3, not 0.30000000000000004.
    return Fraction(repr(value)) if type(value) is float else Fraction(value)


def combine(operation: Callable[[Any, Any], Any], a: Node, b: Node) -> Node | None:
    """``operation`` on two constants, as a constant; a float if either is one. ``None`` where there is no result."""
    x, y = a.attrs, b.attrs
    if type(x) is int and type(y) is int:
        return const(operation(x, y))
    if type(x) is float or type(y) is float:
        if not (math.isfinite(x) and math.isfinite(y)):
            return None
        try:
            return number(float(operation(_exact(x), _exact(y))))
        except OverflowError:
            return None
    result = operation(x, y)
    return const(result)


def _quotient(x: int | Fraction, y: int | Fraction) -> Fraction:
    return Fraction(x) / y


def _guarded(node: Node) -> bool:
    """Whether the node is 0 on one side of a condition: where(c, u, 0) or where(c, 0, u)."""
    return node.op == "where" and (node.args[1] is ZERO or node.args[2] is ZERO)


def alive(node: Node) -> Node | None:
    """The condition under which a guarded node is anything but 0; ``None`` for any other node."""
    guards: list[Node] = []
    _core(node, guards)
    found: Node | None = None
    for guard in guards:
        condition, _, no = guard.args
        holds = condition if no is ZERO else make("not", condition)
        found = holds if found is None else _both(found, holds)
    return found


def core(node: Node) -> Node:
    """What a guarded node is where it is alive."""
    return _core(node, [])


def _core(node: Node, guards: list[Node]) -> Node:
    """What a guarded node is on its other side. The conditions passed on the way go to ``guards``."""
    while _guarded(node):
        guards.append(node)
        node = node.args[1] if node.args[2] is ZERO else node.args[2]
    return node


def _guard(node: Node, guards: list[Node]) -> Node:
    for guard in reversed(guards):
        condition, _, no = guard.args
        node = where(condition, node, ZERO) if no is ZERO else where(condition, ZERO, node)
    return node


_SIGNED: Final = frozenset(["neg", "const", "where"])


def _unsigned(node: Node) -> tuple[bool, Node]:
    """Whether the node is written with a minus (-u, -3, where(c, -u, 0)), and the node without it."""
    minus = False
    while True:
        if node.op == "const":
            return (not minus, const(-node.attrs)) if node.attrs < 0 else (minus, node)
        if node.op == "neg":
            node = node.args[0]
        elif _guarded(node) and ((core := _core(node, [])).op == "neg" or (core.op == "const" and core.attrs < 0)):
            node = neg(node)
        else:
            return minus, node
        minus = not minus


def add(a: Node, b: Node) -> Node:
    if a is ZERO:
        return b
    if b is ZERO:
        return a
    if b.op in _SIGNED:
        if a.op == "const" and b.op == "const":
            return combine(operator.add, a, b) or make("add", a, b)
        minus, b = _unsigned(b)
        if minus:
            return sub(a, b)
    return make("add", a, b)


def sub(a: Node, b: Node) -> Node:
    if b is ZERO:
        return a
    if a is ZERO:
        return neg(b)
    if a is b:
        return ZERO
    if b.op in _SIGNED:
        if a.op == "const" and b.op == "const":
            return combine(operator.sub, a, b) or make("sub", a, b)
        minus, b = _unsigned(b)
        if minus:
            return add(a, b)
    return make("sub", a, b)


def neg(a: Node) -> Node:
    if a.op == "const":
        return const(-a.attrs)
    if a.op == "neg":
        return a.args[0]
    if _guarded(a):
        guards: list[Node] = []
        return _guard(neg(_core(a, guards)), guards)
    return make("neg", a)


def mul(a: Node, b: Node) -> Node:
    if a is ZERO or b is ZERO:
        return ZERO
    if a is ONE and b.op not in _SIGNED:
        return b
    if b is ONE and a.op not in _SIGNED:
        return a
    if b.op not in _SIGNED and (a.op not in _SIGNED or (a.op == "const" and b.op != "mul" and a.attrs > 0)):
        return make("mul", a, b)  # nothing to look into, nearly always
    minus = False
    guards: list[Node] = []  # what is 0 under a condition stays 0: the other factor may be infinite there
    while True:
        if a.op == "neg":
            a, minus = a.args[0], not minus
        elif b.op == "neg":
            b, minus = b.args[0], not minus
        elif b.op == "where" and _guarded(b):
            b = _core(b, guards)
        elif a.op == "where" and _guarded(a):
            a = _core(a, guards)
        elif b.op == "const" and a.op == "const":
            product = combine(operator.mul, a, b) or make("mul", a, b)
            break
        elif b.op == "const":
            a, b = b, a
        elif a.op != "const":
            product = make("mul", a, b)
            break
        elif a.attrs < 0:
            a, minus = const(-a.attrs), not minus
        elif a is ZERO or a is ONE:
            product = ZERO if a is ZERO else b
            break
        elif b.op == "mul" and b.args[0].op == "const" and (merged := combine(operator.mul, a, b.args[0])):
            a, b = merged, b.args[1]
        else:
            product = make("mul", a, b)
            break
    return _guard(neg(product) if minus else product, guards)


def div(a: Node, b: Node) -> Node:
    if b is ONE:
        return a
    if a.op == "const" and b.op == "const" and b.attrs != 0:
        return combine(_quotient, a, b) or make("div", a, b)
    if a is ZERO and b.op != "const":
        return ZERO
    if b is MINUS_ONE:
        return neg(a)
    if a.op in _SIGNED:
        if _guarded(a):  # what is 0 under a condition stays 0: it may be 0/0 there
            guards: list[Node] = []
            return _guard(div(_core(a, guards), b), guards)
        minus, a = _unsigned(a)
        if minus:
            return neg(make("div", a, b))
    return make("div", a, b)


def power(a: Node, b: Node) -> Node:
    if b is ONE or a is ONE:
        return a
    if b is ZERO:
        return ONE
    if a.op == "const" and type(b.attrs) is int and b.op == "const" and type(a.attrs) is not float:
        base, exponent = a.attrs, b.attrs
        size = max(abs(base.numerator), base.denominator).bit_length() * abs(exponent)
        if size <= POWER_BITS and (base != 0 or exponent > 0):
            return const(Fraction(base) ** exponent)
    return make("pow", a, b)


def where(condition: Node, yes: Node, no: Node) -> Node:
    if yes is no:
        return yes
    if no is ZERO and yes.op == "where" and yes.args[2] is ZERO:  # conditions do not pile up
        return make("where", _both(condition, yes.args[0]), yes.args[1], ZERO)
    return make("where", condition, yes, no)


def _both(first: Node, second: Node) -> Node:
    """Both conditions: one chain, whatever the grouping of the first."""
    conditions, stack = [], [first]
    while stack:
        node = stack.pop()
        if node.op == "and":
            stack += reversed(node.args)
        else:
            conditions.append(node)
    known = _parts("and", second)
    for condition in reversed(conditions):
        if condition not in known:
            second = make("and", condition, second)
    return second


def _parts(op: str, condition: Node) -> frozenset[Node]:
    """What a short chain of "and" or of "or" is made of; a long one is taken as a whole, so that loops stay linear."""
    found, stack = set(), [condition]
    while stack:
        node = stack.pop()
        if node.op == op:
            stack += node.args
        else:
            found.add(node)
        if len(found) > CHAIN:
            return frozenset([condition])
    return frozenset(found)


def either(first: Node, second: Node) -> Node:
    """One condition or the other; only the weaker of the two where one says more than the other."""
    for weak, strict in ((first, _parts("and", second)), (second, _parts("and", first))):
        if any(_parts("and", part) <= strict for part in _parts("or", weak)):
            return weak
    return make("or", first, second)


BUILDERS: Final[dict[str, Callable[..., Node]]] = {
    **{op: partial(make, op) for op in OPS},
    "add": add,
    "sub": sub,
    "neg": neg,
    "mul": mul,
    "div": div,
    "pow": power,
    "where": where,
}


def remake(node: Node, args: tuple[Node, ...]) -> Node:
    """``node`` with other arguments, folded."""
    if node.attrs is not None:
        if node.op == "apply":
            return apply(node.attrs[0], *args, orders=node.attrs[1])
        return make(node.op, *args, attrs=node.attrs)
    return BUILDERS[node.op](*args)
