"""Choosing between values, and rounding."""

from __future__ import annotations

import math
from typing import Any

from mibun import arrays
from mibun.node import Node
from mibun.ops import BOOL, INTEGER, NUMBER, SINGLE, const, make
from mibun.trace.functions.common import (
    is_nan,
    no_value,
    node_of,
    numpy_function,
    stand_in,
    strong,
    truncated,
    truth_of,
)
from mibun.trace.functions.elementwise import sinc_of
from mibun.trace.functions.order import nonzero_of
from mibun.trace.traced import elementwise, number


@numpy_function("where")
def _where(condition: Any, x: Any = None, y: Any = None) -> Any:
    if x is None or y is None:
        return nonzero_of(condition)
    test = truth_of(node_of(condition))
    yes, no = node_of(x), node_of(y)
    if yes.dtype is NUMBER and no.dtype is NUMBER:
        yes, no = strong(yes), strong(no)
    if BOOL in (yes.dtype, no.dtype) and yes.dtype is not no.dtype:
        yes, no = (arrays.cast(node, INTEGER) if node.dtype is BOOL else node for node in (yes, no))
    return make("where", test, yes, no)


@numpy_function("select")
def _select(condlist: Any, choicelist: Any, default: Any = 0) -> Node:
    found = node_of(default)
    for condition, choice in zip(reversed(list(condlist)), reversed(list(choicelist)), strict=True):
        found = make("where", truth_of(node_of(condition)), node_of(choice), found)
    return found


@numpy_function("piecewise")
def _piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **kw: Any) -> Node:
    value = stand_in(node_of(x))
    conditions = list(condlist) if isinstance(condlist, list | tuple) else [condlist]
    functions = list(funclist)
    rest = functions.pop() if len(functions) > len(conditions) else 0
    parts = [node_of(f(value, *args, **kw)) if callable(f) else node_of(f) for f in (*functions, rest)]
    found = parts.pop()
    for condition, part in zip(reversed(conditions), reversed(parts), strict=True):
        found = make("where", truth_of(node_of(condition)), part, found)
    return arrays.full(found, value.node)


@numpy_function("clip")
def _clip(a: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None) -> Node:
    x = node_of(a)
    low = min if a_min is None or a_min is no_value() else a_min
    high = max if a_max is None or a_max is no_value() else a_max
    if low is not None and low is not no_value():
        x = elementwise("max", x, node_of(low))
    if high is not None and high is not no_value():
        x = elementwise("min", x, node_of(high))
    return x


@numpy_function("nan_to_num")
def _nan_to_num(x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Node:
    import numpy as np

    node = node_of(x)
    limits = np.finfo(np.float32 if node.dtype is SINGLE else np.float64)
    high = float(limits.max) if posinf is None else posinf
    low = float(limits.min) if neginf is None else neginf
    found = make("where", make("eq", node, number(math.inf)), number(float(high)), node)
    found = make("where", make("eq", node, number(-math.inf)), number(float(low)), found)
    return make("where", is_nan(node), number(float(nan)), found)


@numpy_function("round", "around")
def _round(a: Any, decimals: int = 0) -> Node:
    x = node_of(a)
    if x.dtype is INTEGER:
        return x
    scale = const(10 ** abs(decimals))
    if decimals >= 0:
        return make("div", make("rint", make("mul", x, scale)), scale) if decimals else make("rint", x)
    return make("mul", make("rint", make("div", x, scale)), scale)


numpy_function("fix")(lambda x: truncated(node_of(x)))


numpy_function("sinc")(lambda x: sinc_of(node_of(x)))


numpy_function("real", "real_if_close", "conj")(lambda x, *_: node_of(x))


numpy_function("imag", "angle")(lambda x, *_: arrays.zeros(node_of(x).shape))


numpy_function("iscomplexobj")(lambda x: False)


numpy_function("isrealobj")(lambda x: True)


@numpy_function("isclose")
def _isclose(a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Node:
    x, y = node_of(a), node_of(b)
    bound = make("add", number(float(atol)), make("mul", number(float(rtol)), make("abs", y)))
    return make("or", make("eq", x, y), make("le", make("abs", make("sub", x, y)), bound))


@numpy_function("allclose")
def _allclose(a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Node:
    close = _isclose(a, b, rtol, atol)
    return arrays.reduced("amin", close, range(len(close.shape)))


@numpy_function("array_equal")
def _array_equal(a1: Any, a2: Any, equal_nan: bool = False) -> Any:
    x, y = node_of(a1), node_of(a2)
    if x.shape != y.shape:
        return False
    same = make("eq", x, y)
    return arrays.reduced("amin", same, range(len(same.shape)))
