"""From the operations of formulas to those that a processor or a mathematical library has, graph to graph.

A row writes an operation in terms of others, as :mod:`mibun.run.interpret` computes it; parts that several rows have in
common (the cosine of a secant, the exponential of a sigmoid) are then computed once. What is left is
:data:`PRIMITIVE`, and that is what :mod:`mibun.run.llvm` has to know.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mibun.node import Node, growing, postorder
from mibun.ops import FORMULA, make
from mibun.rules import F, Program, Term, compiled, u, v


def _beyond_one(x: Term) -> Term:
    """√(x² - 1), where x² may overflow."""
    return F.sqrt(abs(x) - 1) * F.sqrt(abs(x) + 1)  # type: ignore[no-any-return]


def _sigmoid(x: Term) -> Term:
    small = F.exp(-abs(x))
    return F.where(F.lt(x, 0), small, 1) / (1 + small)  # type: ignore[no-any-return]


def _log_of_sum(x: Term, y: Term) -> Term:
    """ln(eˣ + eʸ). Equal infinities have no difference."""
    usual = F.max(x, y) + F.log1p(F.exp(-abs(x - y)))
    return F.where(F.eq(x, y), x + F.log1p(1), usual)  # type: ignore[no-any-return]


_ROWS: Final[dict[str, Term]] = {
    "log": F.ln(u) / F.ln(v),
    "sec": 1 / F.cos(u),
    "csc": 1 / F.sin(u),
    "cot": 1 / F.tan(u),
    "asec": F.atan2(_beyond_one(u), F.sign(u)),
    "acsc": F.atan2(F.sign(u), _beyond_one(u)),
    "acot": F.atan(1 / (u + 0.0)),  # -0.0 + 0.0 is 0.0
    "sech": 1 / F.cosh(u),
    "csch": 1 / F.sinh(u),
    "coth": 1 / F.tanh(u),
    "asech": F.asinh(F.sqrt((1 - u) / u) * F.sqrt((1 + u) / u)),
    "acsch": F.asinh(1 / u),
    "acoth": F.sign(u) * (F.log1p(2 / (abs(u) - 1)) / 2),
    "sigmoid": _sigmoid(u),
    "softplus": F.max(u, 0) + F.log1p(F.exp(-abs(u))),
    "relu": F.max(0, u),
    "logaddexp": _log_of_sum(u, v),
}
_NUMERIC: Final = ("log1p", "expm1", "rint", "power", "mod")
PRIMITIVE: Final = frozenset(FORMULA) - frozenset(_ROWS) - {"apply", "derivative"} | {"log", *_NUMERIC}

LOWER: Final[dict[str, Program]] = {op: compiled(row.node, [u.node, v.node]) for op, row in _ROWS.items()}


def lower(nodes: Sequence[Node]) -> list[Node]:
    """``nodes`` in primitive operations. A logarithm to base 2 or 10 stays one: libraries have these.

    >>> from mibun.ops import make, symbol
    >>> lower([make("sec", symbol("x"))])[0].op
    'div'
    """
    done: dict[Node, Node] = {}
    with growing():
        for node in postorder(*nodes):
            args = tuple([done[arg] for arg in node.args])
            row = LOWER.get(node.op)
            if node.op == "alias":
                done[node] = args[0]
            elif node.op == "abs" and args[0].op == "neg":  # σ(x) and σ(-x) share their exponential
                done[node] = make("abs", args[0].args[0])
            elif row is None or (node.op == "log" and has_own_logarithm(node)):
                done[node] = node if args == node.args else make(node.op, *args, attrs=node.attrs)
            else:
                done[node] = row(args)
    return [done[node] for node in nodes]


def has_own_logarithm(node: Node) -> bool:
    base = node.args[1]
    return base.op == "const" and base.attrs in (2, 10)
