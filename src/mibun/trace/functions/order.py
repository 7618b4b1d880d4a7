"""Order and places: sorting, quantiles, taking, searching, where something is true."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from mibun import arrays, ops
from mibun.errors import UnsupportedOperation
from mibun.node import Node
from mibun.ops import INTEGER, ONE, const, make
from mibun.trace.functions.common import (
    axes_of,
    axis_of,
    count_of,
    floating,
    floor_divide,
    node_of,
    numpy_function,
    shape_of,
    stand_in,
    strong,
    truth_of,
    with_axes,
)
from mibun.trace.traced import Traced, elementwise, running, where


def _argument(op: str) -> Callable[..., Node]:
    def find(a: Any, axis: Any = None, *, keepdims: Any = False) -> Node:
        x = strong(node_of(a))
        if axis is None:
            found = make(op, arrays.reshape(x, (math.prod(x.shape),)), attrs=0)
            return arrays.reshape(found, (1,) * len(x.shape)) if keepdims is True else found
        axis = axis_of(axis, len(x.shape))
        return with_axes(make(op, x, attrs=axis), (axis,), keepdims)

    return find


numpy_function("argmax", "nanargmax")(_argument("argmax"))


numpy_function("argmin", "nanargmin")(_argument("argmin"))


def _along(x: Node, index: Node, axis: int, distinct: bool) -> Node:
    """``take_along_axis``: places along one axis, the others as they stand."""
    import numpy as np

    n = x.shape[axis]
    moved = arrays.move(x, axis, len(x.shape) - 1)
    places = arrays.move(index, axis, len(index.shape) - 1)
    lead = moved.shape[:-1]
    k = places.shape[-1]
    places = arrays.broadcast(places, (*lead, k))
    rows = math.prod(lead)
    if n == 0 or rows == 0:
        return arrays.move(arrays.zeros((*lead, k), x.dtype), len(lead), axis)
    starts = ops.data((np.arange(rows) * n).reshape((*lead, 1)))
    flat = make("add", places, starts)
    if flat.args[0].op == "data" and places.op == "data":
        flat = ops.data(places.attrs.array + starts.attrs.array)
    taken = arrays.take(arrays.reshape(moved, (rows * n,)), flat, distinct)
    return arrays.move(taken, len(lead), axis)


@numpy_function("sort")
def _sort(a: Any, axis: Any = -1, kind: Any = None, order: Any = None, stable: Any = None) -> Node:
    x = strong(node_of(a))
    if axis is None:
        x, axis = arrays.reshape(x, (math.prod(x.shape),)), 0
    axis = axis_of(axis, len(x.shape))
    return _along(x, make("argsort", x, attrs=axis), axis, True)


@numpy_function("argsort")
def _argsort(a: Any, axis: Any = -1, kind: Any = None, order: Any = None, stable: Any = None) -> Node:
    x = strong(node_of(a))
    if axis is None:
        x, axis = arrays.reshape(x, (math.prod(x.shape),)), 0
    return make("argsort", x, attrs=axis_of(axis, len(x.shape)))


numpy_function("partition")(lambda a, kth, axis=-1, kind=None, order=None: _sort(a, axis))


numpy_function("argpartition")(lambda a, kth, axis=-1, kind=None, order=None: _argsort(a, axis))


@numpy_function("median", "nanmedian")
def _median(a: Any, axis: Any = None, overwrite_input: bool = False, keepdims: Any = False) -> Node:
    x = floating(node_of(a))
    ordered, axes = _lined_up(x, axis)
    n = ordered.shape[-1]
    last = len(ordered.shape) - 1
    middle = arrays.part(ordered, last, (n - 1) // 2, 1 + (n % 2 == 0))
    found = make("div", arrays.total(middle, (last,)), const(middle.shape[-1]))
    return with_axes(found, axes, keepdims)


def _lined_up(x: Node, axis: Any) -> tuple[Node, tuple[int, ...]]:
    """Sorted along the axes taken as one, which comes last."""
    axes = axes_of(axis, len(x.shape))
    rest = [i for i in range(len(x.shape)) if i not in axes]
    moved = arrays.transpose(x, [*rest, *axes])
    line = arrays.reshape(moved, (*[x.shape[i] for i in rest], count_of(x.shape, axes)))
    last = len(rest)
    return _along(line, make("argsort", line, attrs=last), last, True), axes


@numpy_function("quantile")
def _quantile(
    a: Any, q: Any, axis: Any = None, overwrite_input: bool = False, method: str = "linear", keepdims: Any = False
) -> Node:
    import numpy as np

    if method != "linear":
        raise UnsupportedOperation("trace_option", **where(name="np.quantile", option="method"))
    ordered, axes = _lined_up(floating(node_of(a)), axis)
    last = len(ordered.shape) - 1
    place = np.asarray(q, dtype=float) * (ordered.shape[-1] - 1)
    below = np.floor(place).astype(int)
    above = np.minimum(below + 1, ordered.shape[-1] - 1)
    front = arrays.move(ordered, last, 0)
    low, high = (arrays.take(front, ops.data(np.asarray(i))) for i in (below, above))
    share = ops.data((place - below).reshape(place.shape + (1,) * last))
    found = make("add", make("mul", low, make("sub", ONE, share)), make("mul", high, share))
    return with_axes(found, [axis + place.ndim for axis in axes], keepdims)


@numpy_function("percentile")
def _percentile(
    a: Any, q: Any, axis: Any = None, overwrite_input: bool = False, method: str = "linear", keepdims: Any = False
) -> Node:
    import numpy as np

    return _quantile(a, np.asarray(q, dtype=float) / 100, axis, method=method, keepdims=keepdims)


@numpy_function("take")
def take_of(a: Any, indices: Any, axis: Any = None, mode: str = "raise") -> Node:
    import numpy as np

    x = strong(node_of(a))
    if axis is None:
        x, axis = arrays.reshape(x, (math.prod(x.shape),)), 0
    axis = axis_of(axis, len(x.shape))
    n = x.shape[axis]
    if type(indices) is Traced:
        index = indices.node
        zero, length = ops.data(np.array(0)), ops.data(np.array(n))
        if mode == "wrap":
            index = make("mod", index, length)
        elif mode == "clip":
            index = make("min", make("max", index, zero), ops.data(np.array(n - 1)))
        else:
            index = make("where", make("lt", index, zero), make("add", index, length), index)
        distinct = False
    else:
        array = np.asarray(indices)
        array = array % n if mode == "wrap" else np.clip(array, 0, n - 1) if mode == "clip" else array
        if array.size and (array.min() < -n or array.max() >= n):
            raise IndexError(f"index out of bounds for axis {axis} with size {n}")
        array = np.where(array < 0, array + n, array).astype(np.int64)
        index, distinct = ops.data(array), len(np.unique(array)) == array.size
    taken = arrays.take(arrays.move(x, axis, 0), index, distinct)
    k = len(index.shape)
    order = [*range(k, k + axis), *range(k), *range(k + axis, len(taken.shape))]
    return arrays.transpose(taken, order)


@numpy_function("take_along_axis")
def _take_along_axis(arr: Any, indices: Any, axis: Any = -1) -> Node:
    import numpy as np

    x = strong(node_of(arr))
    if axis is None:
        x, axis = arrays.reshape(x, (math.prod(x.shape),)), 0
    axis = axis_of(axis, len(x.shape))
    n = x.shape[axis]
    index = node_of(indices)
    if index.op == "data":
        places = index.attrs.array
        index = ops.data(np.where(places < 0, places + n, places))
    elif index.dtype is INTEGER:
        zero, length = ops.data(np.array(0)), ops.data(np.array(n))
        index = make("where", make("lt", index, zero), make("add", index, length), index)
    lead = [m for i, m in enumerate(x.shape) if i != axis]
    wanted = (*lead[:axis], index.shape[axis], *lead[axis:])
    shape = ops.broadcast(wanted, index.shape)
    x = arrays.broadcast(x, tuple([n if i == axis else m for i, m in enumerate(shape)]))
    return _along(x, arrays.broadcast(index, shape), axis, False)


@numpy_function("searchsorted")
def _searchsorted(a: Any, v: Any, side: str = "left", sorter: Any = None) -> Node:
    return make("searchsorted", node_of(a), node_of(v), attrs=side)


@numpy_function("digitize")
def _digitize(x: Any, bins: Any, right: bool = False) -> Node:
    return make("searchsorted", node_of(bins), node_of(x), attrs="left" if right else "right")


@numpy_function("compress")
def _compress(condition: Any, a: Any, axis: Any = None) -> Any:
    import numpy as np

    x = stand_in(node_of(a))
    if axis is None:
        x, axis = x.ravel(), 0
    keep = condition if type(condition) is Traced else np.asarray(condition, dtype=bool)
    axis = axis_of(axis, x.ndim)
    missing = x.shape[axis] - keep.shape[0]
    key = (slice(None),) * axis + (np.concatenate([keep, np.zeros(missing, bool)]) if missing else keep,)
    return x[key].node


@numpy_function("extract")
def _extract(condition: Any, arr: Any) -> Any:
    x = stand_in(node_of(arr)).ravel()
    mask = condition if type(condition) is Traced else stand_in(node_of(condition))
    return x[stand_in(truth_of(mask.node)).ravel()].node


@numpy_function("nonzero")
def nonzero_of(a: Any) -> tuple[Node, ...]:
    """Where something is true. How often it is decides about shapes, and so about the path taken."""
    from mibun.trace.indexing import places

    mask = a if type(a) is Traced else stand_in(node_of(a))
    truth = running()[-1].wrap(truth_of(mask.node), mask.level)
    return _unravel_index(places(truth), mask.shape)


@numpy_function("unravel_index")
def _unravel_index(indices: Any, shape: Any, order: str = "C") -> tuple[Node, ...]:
    import numpy as np

    if order != "C":
        raise UnsupportedOperation("trace_option", **where(name="np.unravel_index", option=f"order={order!r}"))
    flat = node_of(indices)
    found: list[Node] = []
    for n in reversed(shape_of(shape)):
        length = ops.data(np.array(n))
        found.insert(0, elementwise("mod", flat, length))
        flat = floor_divide(flat, length)
    return tuple(found)


def _places_of(name: str) -> Callable[..., Any]:
    def places_of(arr: Any, *args: Any, **options: Any) -> Any:
        import numpy as np

        return getattr(np, name)(np.zeros(node_of(arr).shape), *args, **options)

    return places_of


for _name in ("triu_indices_from", "tril_indices_from", "diag_indices_from"):
    numpy_function(_name)(_places_of(_name))


numpy_function("flatnonzero")(lambda a: nonzero_of(np_ravel(a))[0])


numpy_function("argwhere")(lambda a: arrays.stack(nonzero_of(a), 1))


def np_ravel(a: Any) -> Any:
    import numpy as np

    return np.ravel(a)


@numpy_function("choose")
def _choose(a: Any, choices: Any, mode: str = "raise") -> Node:
    index = node_of(a)
    found = strong(node_of(choices[0]))
    for i, choice in enumerate(choices[1:], 1):
        found = make("where", make("eq", index, const(i)), strong(node_of(choice)), found)
    return found


@numpy_function("bincount")
def _bincount(x: Any, /, weights: Any = None, minlength: int = 0) -> Node:
    import numpy as np

    index = x if type(x) is not Traced else x._plain("trace_index")
    array = np.asarray(index)
    length = max(int(array.max()) + 1 if array.size else 0, minlength)
    given = arrays.ones(node_of(array * 1.0)) if weights is None else floating(node_of(weights))
    return arrays.scatter(given, ops.data(array.astype(np.int64)), length)
