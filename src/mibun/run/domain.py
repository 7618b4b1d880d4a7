"""Where an operation is defined: its natural domain in the real numbers, as a condition on its arguments.

A condition is a graph of comparisons, so that every interpreter reads it, and so that the places where something may
happen to a function (the edge of its domain, a kink, a jump) can be looked for: :func:`breaks`.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from mibun.node import Node, postorder, rebuild, symbols
from mibun.ops import ONE, ZERO, make, symbol
from mibun.run.exact import exact

U: Final = symbol("u")
V: Final = symbol("v")

_positive, _not_negative, _not_zero = (make(op, U, ZERO) for op in ("gt", "ge", "ne"))
_size = make("abs", U)
_no_pole = make("or", _positive, make("ne", U, make("floor", U)))
_second_no_pole = make("or", make("gt", V, ZERO), make("ne", V, make("floor", V)))


def _each(condition: Node, ops: str) -> dict[str, Node]:
    return dict.fromkeys(ops.split(), condition)


# In the arguments u and v. What is not listed is defined everywhere; powers are below.
CONDITIONS: Final[dict[str, Node]] = {
    "div": make("ne", V, ZERO),
    "sqrt": _not_negative,
    "ln": _positive,
    "log": make("and", _positive, make("and", make("gt", V, ZERO), make("ne", V, ONE))),
    **_each(make("ne", make("cos", U), ZERO), "tan sec"),
    **_each(make("ne", make("sin", U), ZERO), "cot csc"),
    **_each(make("le", _size, ONE), "asin acos"),
    **_each(make("ge", _size, ONE), "asec acsc"),
    **_each(_not_zero, "csch coth acsch"),
    "acosh": make("ge", U, ONE),
    "atanh": make("lt", _size, ONE),
    "asech": make("and", _positive, make("le", U, ONE)),
    "acoth": make("gt", _size, ONE),
    **_each(_no_pole, "gamma lgamma digamma"),
    "polygamma": _second_no_pole,
}
_whole = make("eq", V, make("floor", V))
_POWER: Final = make(
    "or",
    make("or", _positive, make("and", make("eq", U, ZERO), make("gt", V, ZERO))),
    make("and", _whole, make("or", _not_zero, make("ge", V, ZERO))),
)


def condition(node: Node) -> Node | None:
    """Under which condition on u and v, its arguments, this one operation is defined. ``None``: always.

    >>> from mibun.ops import symbol
    >>> condition(make("sqrt", symbol("x"))) is make("ge", U, ZERO)
    True
    """
    return _of_power(exact(node.args[1], {})) if node.op == "pow" else CONDITIONS.get(node.op)


def _of_power(exponent: Fraction | int | bool | None) -> Node | None:
    if exponent is None:
        return _POWER
    n = Fraction(exponent)
    if n.denominator % 2:
        return None if n >= 0 else _not_zero
    return _not_negative if n > 0 else _positive


def pole(node: Node) -> Node | None:
    """What must not be zero, where that is the whole condition: cos u for tan u."""
    limits = condition(node)
    if limits is None or limits.op != "ne" or limits.args[1] is not ZERO:
        return None
    return _put(limits.args[0], dict(zip((U, V), node.args, strict=False)))


# Where an operation has an edge: what is zero there. Floor and ceil have infinitely many and are not listed.
EDGES: Final[dict[str, Node]] = {
    **_each(U, "abs sign relu acot"),
    **_each(make("sub", U, V), "min max lt le gt ge eq ne"),
    "atan2": U,
}


def breaks(*roots: Node) -> list[Node]:
    """Expressions at whose zeros something may happen: the edge of a domain, a kink, a jump.

    >>> from mibun.ops import symbol
    >>> [zero.op for zero in breaks(make("div", ONE, make("abs", symbol("x"))))]
    ['symbol', 'abs']
    """
    found: dict[Node, None] = {}
    for node in postorder(*roots):
        arguments = dict(zip((U, V), node.args, strict=False))
        if node.op in EDGES:
            found[_put(EDGES[node.op], arguments)] = None
        limits = condition(node)
        for inner in () if limits is None else postorder(limits):
            if inner.op in EDGES and inner.op not in ("abs", "floor") and not _is_pole(inner):
                for side in _sides(inner):
                    found[_put(side, arguments)] = None
    return [zero for zero in found if symbols(zero)]


def _sides(comparison: Node) -> list[Node]:
    left, right = comparison.args
    if left.op == "abs":  # |u| = 1: both of its places
        return [make("sub", left.args[0], right), make("add", left.args[0], right)]
    return [left if right is ZERO else make("sub", left, right)]


def _is_pole(comparison: Node) -> bool:
    return comparison.args[1].op == "floor"


def _put(template: Node, arguments: dict[Node, Node]) -> Node:
    return rebuild(template, arguments, lambda node, args: make(node.op, *args))
