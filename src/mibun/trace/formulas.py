"""The graph of a run over numbers as a formula: what only code has is written as formulas write it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

from mibun.errors import UnsupportedOperation
from mibun.fold import remake
from mibun.node import Node, postorder
from mibun.ops import BOOL, FORMULA, INTEGER, ONE, PI, TUPLE, ZERO, E, is_exact, make
from mibun.run import interpret
from mibun.trace.traced import number

REWRITTEN: Final[dict[str, Callable[..., Node]]] = {
    "alias": lambda x: x,
    "log1p": lambda x: make("ln", make("add", ONE, x)),
    "expm1": lambda x: make("sub", make("exp", x), ONE),
    "power": lambda x, y: make("pow", x, y),
    "logaddexp": lambda x, y: make("ln", make("add", make("exp", x), make("exp", y))),
    "mod": lambda x, y: make("sub", x, make("mul", y, make("floor", make("div", x, y)))),
}
_WHOLE: Final = frozenset(["floor", "ceil", "sign"])
_KNOWN: Final = {math.pi: PI, math.e: E}


def formula(root: Node) -> Node:
    """``root``, a number, with operations of formulas only.

    ``UnsupportedOperation`` (``black_box_op``) where an operation on what varies has no such form.
    """
    done: dict[Node, Node] = {}
    varies: dict[Node, bool] = {}
    for node in postorder(root):
        varies[node] = node.op == "symbol" or any(varies[arg] for arg in node.args)
        if node.shape or node.dtype is TUPLE:
            continue
        found = None
        if all(arg in done for arg in node.args):
            found = _written(node, [done[arg] for arg in node.args])
        if found is None and not varies[node]:
            found = _valued(node)
        if found is None:
            raise UnsupportedOperation("black_box_op", op=node.op)
        done[node] = found
    return done[root]


def _written(node: Node, args: list[Node]) -> Node | None:
    """A node of these arguments as formulas write it; ``None`` if they do not."""
    op = node.op
    if op in REWRITTEN:
        return REWRITTEN[op](*args)
    if op == "sinc":  # sin(x)/x, which is 1 at 0
        x = args[1]
        return make("where", make("eq", x, ZERO), ONE, make("div", make("sin", x), x)) if args[0] is ZERO else None
    if op == "cast":
        return _cast(node.dtype, args[0])
    if op == "where" and args[1] is ZERO and args[2].op in ("hypot", "atan2"):
        return _bare(args[0], args[2])
    if op == "const" and type(node.attrs) is float:
        return _KNOWN.get(node.attrs, node)
    return (remake(node, tuple(args)) if args else node) if op in FORMULA else None


def _cast(dtype: str, x: Node) -> Node | None:
    """A change of precision changes no number; of a truth value it makes 1 or 0."""
    if (x.dtype is BOOL) == (dtype is BOOL):
        whole = x.op in _WHOLE or (is_exact(x) and type(x.attrs) is int)
        return x if dtype is not INTEGER or whole else None
    return make("ne", x, ZERO) if dtype is BOOL else make("where", x, ONE, ZERO)


def _bare(origin: Node, value: Node) -> Node:
    """A distance or an angle without what keeps its slope finite at the origin."""
    if value.op == "hypot":
        return value
    y, beside = value.args
    return make("atan2", y, beside.args[2]) if beside.op == "where" and beside.args[0] is origin else value


def _valued(node: Node) -> Node | None:
    """A constant that arrays came into, as a number; ``None`` for none."""
    values: dict[Node, Any] = {}
    interpret.fill((node,), values)
    found = float(values[node])
    return number(found) if math.isfinite(found) else None
