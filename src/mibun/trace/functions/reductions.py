"""Functions that make one value of many: sums, means, extremes, and those that run along an axis."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from mibun import arrays
from mibun.errors import UnsupportedOperation
from mibun.node import Node
from mibun.ops import BOOL, INTEGER, TWO, ZERO, const, make
from mibun.trace import roots
from mibun.trace.functions.common import (
    absent,
    axes_of,
    axis_of,
    count_of,
    dtype_of,
    floating,
    in_a_row,
    is_nan,
    masked_by,
    no_value,
    node_of,
    numpy_function,
    stand_in,
    strong,
    truth_of,
    with_axes,
)
from mibun.trace.traced import elementwise, number, where


@numpy_function("sum", "nansum")
def _sum(
    a: Any, axis: Any = None, dtype: Any = None, keepdims: Any = False, initial: Any = None, where: Any = True
) -> Node:
    x = masked_by(node_of(a), where, 0)
    axes = axes_of(axis, len(x.shape))
    if dtype is not None:
        x = arrays.cast(x, dtype_of(dtype))
    found = with_axes(arrays.total(strong(x), axes), axes, keepdims)
    if x.dtype is BOOL and not axes:
        found = arrays.cast(found, INTEGER)
    return found if absent(initial) else elementwise("add", found, node_of(initial))


@numpy_function("mean")
def _mean(a: Any, axis: Any = None, dtype: Any = None, keepdims: Any = False, where: Any = True) -> Node:
    x = floating(node_of(a))
    axes = axes_of(axis, len(x.shape))
    if where is not True and where is not no_value():
        mask = arrays.broadcast(truth_of(node_of(where)), x.shape)
        count = arrays.total(arrays.cast(mask, x.dtype), axes)
        return with_axes(make("div", arrays.total(masked_by(x, where, 0), axes), count), axes, keepdims)
    if dtype is not None:
        x = arrays.cast(x, dtype_of(dtype))
    return with_axes(make("div", arrays.total(strong(x), axes), const(count_of(x.shape, axes))), axes, keepdims)


@numpy_function("average")
def _average(a: Any, axis: Any = None, weights: Any = None, returned: bool = False, keepdims: Any = False) -> Any:
    x = floating(node_of(a))
    if weights is None:
        mean = _mean(a, axis, keepdims=keepdims)
        return (mean, arrays.full(const(count_of(x.shape, axes_of(axis, len(x.shape)))), mean)) if returned else mean
    w = floating(node_of(weights))
    axes = axes_of(axis, len(x.shape))
    if w.shape != x.shape:
        w = arrays.reshape(w, tuple([n if i in axes else 1 for i, n in enumerate(x.shape)]))
    total = with_axes(arrays.total(arrays.broadcast(w, x.shape), axes), axes, keepdims)
    mean = make("div", with_axes(arrays.total(make("mul", x, w), axes), axes, keepdims), total)
    return (mean, total) if returned else mean


def _spread(a: Any, axis: Any, ddof: Any, keepdims: Any, mask: Any, correction: Any, mean: Any) -> tuple[Node, Node]:
    x = floating(node_of(a))
    axes = axes_of(axis, len(x.shape))
    ddof = ddof if absent(correction) else correction
    if mask is not True and mask is not no_value():
        chosen = arrays.broadcast(truth_of(node_of(mask)), x.shape)
        count = with_axes(arrays.total(arrays.cast(chosen, x.dtype), axes), axes, True)
        center = make("div", with_axes(arrays.total(masked_by(x, mask, 0), axes), axes, True), count)
        away = make("where", chosen, make("sub", x, center), ZERO)
        below = make("sub", with_axes(count, (), keepdims), number(ddof))
    else:
        center = with_axes(_mean(a, axis), axes, True) if absent(mean) else node_of(mean)
        away = make("sub", x, center)
        below = number(count_of(x.shape, axes) - ddof)
    squares = arrays.total(strong(make("pow", away, TWO)), axes)
    if below.shape:
        below = arrays.reshape(below, squares.shape)
    return with_axes(make("div", squares, below), axes, keepdims), x


@numpy_function("var")
def _var(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    ddof: Any = 0,
    keepdims: Any = False,
    where: Any = True,
    mean: Any = None,
    correction: Any = None,
) -> Node:
    return _spread(a, axis, ddof, keepdims, where, correction, mean)[0]


@numpy_function("std")
def _std(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    ddof: Any = 0,
    keepdims: Any = False,
    where: Any = True,
    mean: Any = None,
    correction: Any = None,
) -> Node:
    return roots.distance(_spread(a, axis, ddof, keepdims, where, correction, mean)[0])


def _reduction(op: str, empty: bool) -> Callable[..., Node]:
    def reduce(
        a: Any, axis: Any = None, dtype: Any = None, keepdims: Any = False, initial: Any = None, where: Any = True
    ) -> Node:
        neutral = {"prod": 1, "amax": -math.inf, "amin": math.inf}[op]
        x = masked_by(node_of(a), where, neutral if op == "prod" or absent(initial) else initial)
        axes = axes_of(axis, len(x.shape))
        if dtype is not None:
            x = arrays.cast(x, dtype_of(dtype))
        if not empty and absent(initial) and count_of(x.shape, axes) == 0:
            raise ValueError("zero-size array to reduction operation which has no identity")
        found = with_axes(arrays.reduced(op, strong(x), axes), axes, keepdims)
        if absent(initial):
            return found
        return elementwise({"prod": "mul", "amax": "max", "amin": "min"}[op], found, node_of(initial))

    return reduce


numpy_function("prod", "nanprod")(_reduction("prod", True))


def _extremum(op: str) -> Callable[..., Node]:
    reduce = _reduction(op, False)

    def extremum(a: Any, axis: Any = None, keepdims: Any = False, initial: Any = None, where: Any = True) -> Node:
        return reduce(a, axis, None, keepdims, initial, where)

    return extremum


numpy_function("max", "amax")(_extremum("amax"))


numpy_function("min", "amin")(_extremum("amin"))


def _without_nan(x: Node, fill: float) -> Node:
    return make("where", is_nan(x), number(fill), x)


@numpy_function("nanmax")
def _nanmax(a: Any, axis: Any = None, keepdims: Any = False, initial: Any = None, where: Any = True) -> Node:
    return _extremum("amax")(stand_in(_without_nan(node_of(a), -math.inf)), axis, keepdims)


@numpy_function("nanmin")
def _nanmin(a: Any, axis: Any = None, keepdims: Any = False, initial: Any = None, where: Any = True) -> Node:
    return _extremum("amin")(stand_in(_without_nan(node_of(a), math.inf)), axis, keepdims)


@numpy_function("nansum")
def _nansum(a: Any, axis: Any = None, dtype: Any = None, keepdims: Any = False) -> Node:
    return _sum(stand_in(_without_nan(node_of(a), 0)), axis, dtype, keepdims)


@numpy_function("nanprod")
def _nanprod(a: Any, axis: Any = None, dtype: Any = None, keepdims: Any = False) -> Node:
    return _reduction("prod", True)(stand_in(_without_nan(node_of(a), 1)), axis, dtype, keepdims)


@numpy_function("nanmean")
def _nanmean(a: Any, axis: Any = None, dtype: Any = None, keepdims: Any = False) -> Node:
    x = node_of(a)
    return _mean(a, axis, dtype, keepdims, where=stand_in(make("not", is_nan(x))))


@numpy_function("nanvar")
def _nanvar(a: Any, axis: Any = None, dtype: Any = None, ddof: Any = 0, keepdims: Any = False) -> Node:
    return _var(a, axis, dtype, ddof, keepdims, where=stand_in(make("not", is_nan(node_of(a)))))


@numpy_function("nanstd")
def _nanstd(a: Any, axis: Any = None, dtype: Any = None, ddof: Any = 0, keepdims: Any = False) -> Node:
    return roots.distance(_nanvar(a, axis, dtype, ddof, keepdims))


@numpy_function("ptp")
def _ptp(a: Any, axis: Any = None, keepdims: Any = False) -> Node:
    return elementwise("sub", _extremum("amax")(a, axis, keepdims), _extremum("amin")(a, axis, keepdims))


@numpy_function("any")
def _any(a: Any, axis: Any = None, keepdims: Any = False, where: Any = True, dtype: Any = None) -> Node:
    x = truth_of(node_of(a))
    axes = axes_of(axis, len(x.shape))
    return with_axes(arrays.reduced("amax", x, axes), axes, keepdims)


@numpy_function("all")
def _all(a: Any, axis: Any = None, keepdims: Any = False, where: Any = True, dtype: Any = None) -> Node:
    x = truth_of(node_of(a))
    axes = axes_of(axis, len(x.shape))
    return with_axes(arrays.reduced("amin", x, axes), axes, keepdims)


@numpy_function("count_nonzero")
def _count_nonzero(a: Any, axis: Any = None, *, keepdims: Any = False) -> Node:
    x = arrays.cast(truth_of(node_of(a)), INTEGER)
    axes = axes_of(axis, len(x.shape))
    return with_axes(arrays.total(x, axes), axes, keepdims)


def _cumulative(op: str) -> Callable[..., Node]:
    def accumulate(a: Any, axis: Any = None, dtype: Any = None) -> Node:
        x = strong(node_of(a))
        if axis is None:
            x, axis = arrays.reshape(x, (math.prod(x.shape),)), 0
        if op == "cumprod":
            x = floating(x)
        return make(op, x, attrs=(axis_of(axis, len(x.shape)), False))

    return accumulate


numpy_function("cumsum", "nancumsum")(_cumulative("cumsum"))


numpy_function("cumprod")(_cumulative("cumprod"))


@numpy_function("cumulative_sum")
def _cumulative_sum(x: Any, /, *, axis: Any = None, dtype: Any = None, include_initial: bool = False) -> Node:
    node = _cumulative("cumsum")(x, axis if axis is not None or len(node_of(x).shape) != 1 else 0)
    if not include_initial:
        return node
    axis = axis_of(axis or 0, len(node.shape))
    start = arrays.zeros(tuple([1 if i == axis else n for i, n in enumerate(node.shape)]), node.dtype)
    return arrays.concat([start, node], axis)


@numpy_function("diff")
def _diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Node:
    x = strong(node_of(a))
    axis = axis_of(axis, len(x.shape))
    parts = []
    for extra in (prepend, x, append):
        if extra is None or extra is no_value():
            continue
        node = extra if type(extra) is Node else node_of(extra)
        if not node.shape:
            node = arrays.broadcast(strong(node), tuple([1 if i == axis else m for i, m in enumerate(x.shape)]))
        parts.append(arrays.cast(node, x.dtype))
    x = arrays.concat(parts, axis)
    for _ in range(n):
        m = x.shape[axis]
        x = elementwise("sub", arrays.part(x, axis, min(1, m), max(m - 1, 0)), arrays.part(x, axis, 0, max(m - 1, 0)))
    return x


@numpy_function("ediff1d")
def _ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Node:
    x = node_of(ary)
    flat = arrays.reshape(x, (math.prod(x.shape),))
    m = flat.shape[0]
    parts = [elementwise("sub", arrays.part(flat, 0, min(1, m), max(m - 1, 0)), arrays.part(flat, 0, 0, max(m - 1, 0)))]
    if to_begin is not None:
        parts.insert(0, in_a_row(node_of(to_begin)))
    if to_end is not None:
        parts.append(in_a_row(node_of(to_end)))
    return arrays.concat([arrays.cast(part, flat.dtype) for part in parts], 0)


@numpy_function("gradient")
def _gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    x = floating(node_of(f))
    axes = axes_of(axis, len(x.shape))
    steps = list(varargs) or [1.0]
    if len(steps) == 1:
        steps = steps * len(axes)
    found = [_gradient_along(x, a, node_of(h), edge_order) for a, h in zip(axes, steps, strict=True)]
    return found[0] if len(found) == 1 else tuple(found)


def _gradient_along(x: Node, axis: int, h: Node, edge_order: int) -> Node:
    n = x.shape[axis]
    shape = tuple([-1 if i == axis else 1 for i in range(len(x.shape))])

    def at(start: int, count: int) -> Node:
        return arrays.part(x, axis, start, count)

    if h.shape:
        gaps = make("sub", arrays.part(h, 0, 1, n - 1), arrays.part(h, 0, 0, n - 1))
        left = arrays.reshape(arrays.part(gaps, 0, 0, n - 2), tuple([n - 2 if s == -1 else 1 for s in shape]))
        right = arrays.reshape(arrays.part(gaps, 0, 1, n - 2), left.shape)
        both = make("add", left, right)
        lower = make("div", make("neg", right), make("mul", left, both))
        middle = make("div", make("sub", right, left), make("mul", left, right))
        upper = make("div", left, make("mul", right, both))
        inner = make(
            "add",
            make("add", make("mul", lower, at(0, n - 2)), make("mul", middle, at(1, n - 2))),
            make("mul", upper, at(2, n - 2)),
        )
        one = tuple([1] * len(x.shape))
        first_h = arrays.reshape(arrays.part(gaps, 0, 0, 1), one)
        last_h = arrays.reshape(arrays.part(gaps, 0, n - 2, 1), one)
    else:
        inner = make("div", make("sub", at(2, n - 2), at(0, n - 2)), make("mul", TWO, h))
        first_h = last_h = h
    if edge_order == 1:
        first = make("div", make("sub", at(1, 1), at(0, 1)), first_h)
        last = make("div", make("sub", at(n - 1, 1), at(n - 2, 1)), last_h)
    else:
        if h.shape:
            raise UnsupportedOperation("trace_option", **where(name="np.gradient", option="edge_order"))

        def one_sided(a: Node, b: Node, c: Node, sign: int) -> Node:
            mixed = make("sub", make("sub", make("mul", const(4), b), make("mul", const(3), a)), c)
            return make("div", make("mul", const(sign), mixed), make("mul", TWO, h))

        first = one_sided(at(0, 1), at(1, 1), at(2, 1), 1)
        last = one_sided(at(n - 1, 1), at(n - 2, 1), at(n - 3, 1), -1)
    return arrays.concat([first, inner, last], axis)


@numpy_function("trapezoid", "trapz")
def _trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Node:
    values = floating(node_of(y))
    axis = axis_of(axis, len(values.shape))
    n = values.shape[axis]
    middle = make("add", arrays.part(values, axis, 1, n - 1), arrays.part(values, axis, 0, n - 1))
    if x is None:
        return make("div", make("mul", node_of(dx), arrays.total(middle, (axis,))), TWO)
    points = floating(node_of(x))
    along = 0 if len(points.shape) == 1 else axis
    widths = make("sub", arrays.part(points, along, 1, n - 1), arrays.part(points, along, 0, n - 1))
    if len(points.shape) == 1:
        widths = arrays.reshape(widths, tuple([n - 1 if i == axis else 1 for i in range(len(values.shape))]))
    return make("div", arrays.total(make("mul", widths, middle), (axis,)), TWO)


def log_sum_exp(x: Node, axis: Any, keepdims: Any) -> Node:
    axes = axes_of(axis, len(x.shape))
    top = arrays.expand(arrays.reduced("amax", x, axes), axes)
    top = make("where", make("lt", make("abs", top), number(math.inf)), top, ZERO)
    found = make("add", make("ln", arrays.expand(arrays.total(make("exp", make("sub", x, top)), axes), axes)), top)
    return found if keepdims else arrays.reshape(found, tuple([n for i, n in enumerate(x.shape) if i not in axes]))
