"""Elementwise functions: for each ufunc, NumPy's and SciPy's, the operation or how to build it from nodes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Final

from mibun import arrays, ops
from mibun.node import Node
from mibun.ops import BOOL, INTEGER, MINUS_ONE, ONE, REAL, TWO, ZERO, const, make
from mibun.trace import roots
from mibun.trace.functions.common import floor_divide, is_nan, truncated, truth_of
from mibun.trace.functions.products import matmul_of, row_products
from mibun.trace.traced import elementwise, number


def _guarded_hypot(x: Node, y: Node) -> Node:
    """√(x² + y²), with slope 0 at the origin, the subgradient of least norm."""
    return make("where", roots.both_zero(x, y), ZERO, make("hypot", x, y))


def _guarded_atan2(y: Node, x: Node) -> Node:
    """The angle of (x, y), with slope 0 at the origin, where it has none."""
    origin = roots.both_zero(x, y)
    beside = make("where", origin, ONE, x)
    return make("where", origin, ZERO, make("atan2", y, beside))


def _fmod(x: Node, y: Node) -> Node:
    """The remainder with the sign of x."""
    size = make("mod", make("abs", x), make("abs", y))
    return make("where", make("lt", x, ZERO), make("neg", size), size)


def _copysign(x: Node, y: Node) -> Node:
    # 1/y tells -0.0 from 0.0
    negative = make("or", make("lt", y, ZERO), make("and", make("eq", y, ZERO), make("lt", make("div", ONE, y), ZERO)))
    size = make("abs", x)
    return make("where", negative, make("neg", size), size)


def sinc_of(x: Node) -> Node:
    return make("sinc", ZERO, make("mul", ops.PI, x))


def _fold_nan(op: str) -> Callable[[Node, Node], Node]:
    def build(x: Node, y: Node) -> Node:
        return make("where", is_nan(x), y, make("where", is_nan(y), x, make(op, x, y)))

    return build


def _scaled(op: str, scale: Callable[[], Node]) -> Callable[[Node], Node]:
    return lambda x: make(op, x, scale())


def _logaddexp2(x: Node, y: Node) -> Node:
    two = make("ln", TWO)
    return make("div", make("logaddexp", make("mul", x, two), make("mul", y, two)), two)


def _x_times_log(op: str, pole: Node) -> Callable[[Node, Node], Node]:
    """x ln y, 0 where x is 0. At the pole of the logarithm it falls off there as steeply as -√x does."""

    def build(x: Node, y: Node) -> Node:
        none = make("and", make("eq", x, ZERO), make("le", y, pole))
        return make("where", none, make("sub", ZERO, make("sqrt", x)), make("mul", x, make(op, y)))

    return build


_xlogy = _x_times_log("ln", ZERO)


def _product(x: Node, y: Node) -> Node:
    return matmul_of(x, y)


def _row_products(x: Node, y: Node) -> Node:
    return row_products(x, y)


def _dropped(x: Node, axis: int) -> Node:
    shape = list(x.shape)
    del shape[axis]
    return arrays.reshape(x, tuple(shape))


def _logical(op: str) -> Callable[..., Node]:
    return lambda *args: make(op, *[truth_of(arg) for arg in args])


def _xor(x: Node, y: Node) -> Node:
    return make("ne", arrays.cast(truth_of(x), INTEGER), arrays.cast(truth_of(y), INTEGER))


def _maxmin(op: str) -> Callable[[Node, Node], Node]:
    return lambda x, y: elementwise(op, x, y)


UFUNCS: Final[dict[str, str | Callable[..., Node]]] = {
    "add": "add",
    "subtract": "sub",
    "multiply": "mul",
    "divide": "div",
    "true_divide": "div",
    "power": "pow",
    "float_power": "pow",
    "negative": "neg",
    "positive": lambda x: x,
    "absolute": "abs",
    "fabs": "abs",
    "sign": "sign",
    "sqrt": "sqrt",
    "cbrt": lambda x: make("pow", x, const(Fraction(1, 3))),
    "square": roots.square,
    "reciprocal": lambda x: make("div", ONE, x),
    "exp": "exp",
    "exp2": lambda x: make("pow", TWO, x),
    "expm1": "expm1",
    "log": "ln",
    "log2": lambda x: make("log", x, TWO),
    "log10": lambda x: make("log", x, const(10)),
    "log1p": "log1p",
    "sin": "sin",
    "cos": "cos",
    "tan": "tan",
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
    "arctan2": _guarded_atan2,
    "hypot": _guarded_hypot,
    "sinh": "sinh",
    "cosh": "cosh",
    "tanh": "tanh",
    "arcsinh": "asinh",
    "arccosh": "acosh",
    "arctanh": "atanh",
    "deg2rad": lambda x: make("mul", x, make("div", ops.PI, const(180))),
    "radians": lambda x: make("mul", x, make("div", ops.PI, const(180))),
    "rad2deg": lambda x: make("mul", x, make("div", const(180), ops.PI)),
    "degrees": lambda x: make("mul", x, make("div", const(180), ops.PI)),
    "logaddexp": "logaddexp",
    "logaddexp2": _logaddexp2,
    "maximum": "max",
    "minimum": "min",
    "fmax": _fold_nan("max"),
    "fmin": _fold_nan("min"),
    "floor": "floor",
    "ceil": "ceil",
    "trunc": truncated,
    "rint": "rint",
    "remainder": "mod",
    "mod": "mod",
    "fmod": _fmod,
    "floor_divide": floor_divide,
    "copysign": _copysign,
    "heaviside": lambda x, y: make(
        "where", make("lt", x, ZERO), ZERO, make("where", make("gt", x, ZERO), ONE, make("where", is_nan(x), x, y))
    ),
    "ldexp": lambda x, y: make("mul", x, make("power", TWO, y)),
    "less": "lt",
    "less_equal": "le",
    "greater": "gt",
    "greater_equal": "ge",
    "equal": "eq",
    "not_equal": "ne",
    "logical_and": _logical("and"),
    "logical_or": _logical("or"),
    "logical_not": _logical("not"),
    "logical_xor": _xor,
    "bitwise_and": _logical("and"),
    "bitwise_or": _logical("or"),
    "bitwise_xor": _xor,
    "invert": _logical("not"),
    "isnan": is_nan,
    "isfinite": lambda x: make("lt", make("abs", x), number(math.inf)),
    "isinf": lambda x: make("eq", make("abs", x), number(math.inf)),
    "signbit": lambda x: make("lt", _copysign(ONE, x), ZERO),
    "conjugate": lambda x: x,
    "matmul": _product,
    "vecdot": _row_products,
    "matvec": lambda x, y: _dropped(matmul_of(x, arrays.expand(y, (len(y.shape),))), -1),
    "vecmat": lambda x, y: _dropped(matmul_of(arrays.expand(x, (len(x.shape) - 1,)), y), -2),
    # SciPy's
    "erf": "erf",
    "erfc": lambda x: make("sub", ONE, make("erf", x)),
    "gamma": "gamma",
    "gammaln": "lgamma",
    "loggamma": "lgamma",
    "psi": "digamma",
    "digamma": "digamma",
    "expit": "sigmoid",
    "logit": lambda x: make("ln", make("div", x, make("sub", ONE, x))),
    "log_expit": lambda x: make("neg", make("softplus", make("neg", x))),
    "xlogy": _xlogy,
    "xlog1py": _x_times_log("log1p", MINUS_ONE),
    "entr": lambda x: make("neg", _xlogy(x, x)),
    "ndtr": lambda x: make("div", make("add", ONE, make("erf", make("div", x, make("sqrt", TWO)))), TWO),
    "rel_entr": lambda x, y: _xlogy(x, make("div", x, y)),
}


def ufunc_node(name: str, nodes: Sequence[Node]) -> Node:
    row = UFUNCS[name]
    if name == "float_power" or (name == "power" and nodes[1].dtype is INTEGER):
        nodes = [arrays.cast(node, REAL) if node.dtype in (INTEGER, BOOL) else node for node in nodes]
    return elementwise(row, *nodes) if isinstance(row, str) else row(*nodes)
