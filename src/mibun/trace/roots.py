"""Powers and roots as NumPy code writes them, where they need more than the rule: at 0.

The root of a sum of squares is a distance. It has a kink where all of them are 0, and its slope there is 0, of all its
subgradients the one of least norm; the rule of the root alone would make ∞ · 0 of it. Such sums are known by their
form, however they were written. The square of a distance or of an absolute value, on the other hand, is the sum of the
squares itself, without a kink: its second derivative at 0 is that of the squares.
"""

from __future__ import annotations

import math
from typing import Final

from mibun.node import Node
from mibun.ops import BOOL, HALF, INTEGER, TWO, ZERO, const, make

DEEP: Final = 256  # nodes of a sum that are looked at
KINKED: Final = frozenset(["abs", "where"])  # what may have a square without a kink
_MOVING: Final = frozenset(
    ["alias", "broadcast", "cast", "cumsum", "embed", "reshape", "slice", "sum", "take", "transpose"]
)


def power(base: Node, exponent: Node) -> Node:
    """``base ** exponent``."""
    if exponent.op == "const" and base.dtype not in (INTEGER, BOOL):
        if exponent.attrs == HALF.attrs:
            return root(base)
        size = exponent.attrs
        if type(size) is int and size >= 2 and size % 2 == 0:
            inner = squared(base)
            if inner is not None:
                return inner if size == 2 else make("pow", inner, const(size // 2))
        if 0 < size < 1 and _order(base) * size > 1 - 1e-9:
            vanishes = make("eq", base, ZERO)
            return make("where", vanishes, ZERO, _power(make("where", vanishes, const(1), base), exponent))
    return _power(base, exponent)


def _power(base: Node, exponent: Node) -> Node:
    settled = exponent.op == "const" and exponent.attrs != 0 and base.dtype not in (INTEGER, BOOL)
    return make("pow" if settled else "power", base, exponent)


def root(x: Node) -> Node:
    """√x."""
    return distance(x) if _order(x) >= 2 else make("sqrt", x)


def distance(squares: Node) -> Node:
    """√x of what is a sum of squares, with slope 0 at 0."""
    return make("where", make("eq", squares, ZERO), ZERO, make("sqrt", squares))


def square(x: Node) -> Node:
    """x²."""
    inner = squared(x)
    return make("pow", x, TWO) if inner is None else inner


def squared(x: Node) -> Node | None:
    """The square of an absolute value or of a distance without the root in it; ``None`` for anything else."""
    if x.op == "abs":
        return make("pow", x.args[0], TWO)
    if x.op != "where" or x.args[1] is not ZERO:
        return None
    condition, _, value = x.args
    if value.op == "sqrt" and condition is make("eq", value.args[0], ZERO):
        return value.args[0]
    if value.op == "hypot" and condition is both_zero(*value.args):
        return make("add", make("pow", value.args[0], TWO), make("pow", value.args[1], TWO))
    return None


def both_zero(x: Node, y: Node) -> Node:
    return make("and", make("eq", x, ZERO), make("eq", y, ZERO))


def _order(node: Node) -> float:
    """The least k for which |u|ᵏ occurs in what is a sum of such powers, with factors that are not negative; 0 for
    anything else."""
    least, seen, stack = math.inf, 0, [node]
    while stack:
        node = stack.pop()
        seen += 1
        if seen > DEEP:
            return 0
        if node.op in _MOVING:
            stack.append(node.args[0])
        elif node.op in ("add", "concat") or (node.op == "mul" and node.args[0] is not node.args[1]):
            stack += [arg for arg in node.args if node.op != "mul" or not _weight(arg)]
        elif node.op == "div" and _weight(node.args[1]):
            stack.append(node.args[0])
        elif node.op == "where":
            stack += node.args[1:]
        elif node is not ZERO:
            found = _own_order(node)
            if not found:
                return 0
            least = min(least, found)
    return least if least < math.inf else 0


def _own_order(node: Node) -> float:
    """The k of |u|ᵏ."""
    if node.op == "mul" and node.args[0] is node.args[1]:
        return 2
    if node.op == "contract" and node.args[0] is node.args[1]:
        return 2 if node.attrs[0] == node.attrs[1] else 0
    if node.op in ("pow", "power") and node.args[1].op == "const":
        size = node.args[1].attrs
        if (type(size) is int and size >= 2 and size % 2 == 0) or (size > 1 and node.args[0].op == "abs"):
            return float(size)
    return 0


def _weight(node: Node) -> bool:
    """Whether it is a number, or an array of numbers, that cannot turn the sign."""
    if node.op == "const":
        return bool(node.attrs > 0)
    return node.op == "data" and bool((node.attrs.array >= 0).all())
