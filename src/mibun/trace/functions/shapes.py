"""Shapes: moving, joining, splitting, padding, diagonals, and arrays made like others."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from mibun import arrays, ops
from mibun.errors import UnsupportedOperation
from mibun.node import Node
from mibun.ops import TWO, ZERO, const, make
from mibun.trace.functions.common import (
    axes_of,
    axis_of,
    dtype_of,
    floating,
    in_a_row,
    node_of,
    numpy_function,
    plain_int,
    shape_of,
    stand_in,
    strong,
)
from mibun.trace.functions.order import take_of
from mibun.trace.traced import Traced, where


@numpy_function("reshape")
def _reshape(a: Any, /, shape: Any = None, order: str = "C", *, newshape: Any = None, copy: Any = None) -> Node:
    x = strong(node_of(a))
    wanted = shape_of(newshape if shape is None else shape)
    size = math.prod(x.shape)
    if -1 in wanted:
        known = math.prod([n for n in wanted if n != -1])
        if wanted.count(-1) > 1 or known == 0 or size % known:
            raise ValueError(f"cannot reshape array of size {size} into shape {wanted}")
        wanted = tuple([size // known if n == -1 else n for n in wanted])
    if math.prod(wanted) != size:
        raise ValueError(f"cannot reshape array of size {size} into shape {wanted}")
    if order == "F":
        backwards = arrays.transpose(x, range(len(x.shape))[::-1])
        return arrays.transpose(arrays.reshape(backwards, wanted[::-1]), range(len(wanted))[::-1])
    return arrays.reshape(x, wanted)


@numpy_function("ravel", "flatten")
def _ravel(a: Any, order: str = "C") -> Node:
    return _reshape(a, -1, order) if math.prod(node_of(a).shape) else arrays.reshape(strong(node_of(a)), (0,))


@numpy_function("transpose", "permute_dims")
def _transpose(a: Any, axes: Any = None) -> Node:
    x = strong(node_of(a))
    n = len(x.shape)
    order = range(n)[::-1] if axes is None else [axis_of(axis, n) for axis in axes]
    if sorted(order) != list(range(n)):
        raise ValueError("axes don't match array")
    return arrays.transpose(x, order)


@numpy_function("matrix_transpose", "linalg.matrix_transpose")
def _matrix_transpose(x: Any, /) -> Node:
    return arrays.swap(node_of(x))


@numpy_function("swapaxes")
def _swapaxes(a: Any, axis1: Any, axis2: Any) -> Node:
    x = node_of(a)
    order = list(range(len(x.shape)))
    i, j = axis_of(axis1, len(order)), axis_of(axis2, len(order))
    order[i], order[j] = order[j], order[i]
    return arrays.transpose(x, order)


@numpy_function("moveaxis")
def _moveaxis(a: Any, source: Any, destination: Any) -> Node:
    x = node_of(a)
    n = len(x.shape)
    sources = [axis_of(s, n) for s in (source if isinstance(source, tuple | list) else [source])]
    targets = [axis_of(d, n) for d in (destination if isinstance(destination, tuple | list) else [destination])]
    order = [axis for axis in range(n) if axis not in sources]
    for target, origin in sorted(zip(targets, sources, strict=True)):
        order.insert(target, origin)
    return arrays.transpose(x, order)


@numpy_function("rollaxis")
def _rollaxis(a: Any, axis: Any, start: int = 0) -> Node:
    x = node_of(a)
    n = len(x.shape)
    axis = axis_of(axis, n)
    start = start + n if start < 0 else start
    return arrays.move(x, axis, start - (axis < start))


@numpy_function("squeeze")
def _squeeze(a: Any, axis: Any = None) -> Node:
    x = strong(node_of(a))
    axes = [i for i, n in enumerate(x.shape) if n == 1] if axis is None else axes_of(axis, len(x.shape))
    if any(x.shape[i] != 1 for i in axes):
        raise ValueError("cannot select an axis to squeeze out which has size not equal to one")
    return arrays.reshape(x, tuple([n for i, n in enumerate(x.shape) if i not in axes]))


@numpy_function("expand_dims")
def _expand_dims(a: Any, axis: Any) -> Node:
    x = strong(node_of(a))
    count = len(axis) if isinstance(axis, tuple | list) else 1
    return arrays.expand(x, axes_of(axis if isinstance(axis, tuple | list) else (axis,), len(x.shape) + count))


def _at_least(n: int) -> Callable[..., Any]:
    def widen(*arys: Any) -> Any:
        found = []
        for array in arys:
            x = strong(node_of(array))
            if n == 3 and len(x.shape) < 3:
                x = arrays.reshape(x, {0: (1, 1, 1), 1: (1, *x.shape, 1), 2: (*x.shape, 1)}[len(x.shape)])
            elif len(x.shape) < n:
                x = arrays.reshape(x, (1,) * (n - len(x.shape)) + x.shape)
            found.append(x)
        return found[0] if len(found) == 1 else tuple(found)

    return widen


for _n in (1, 2, 3):
    numpy_function(f"atleast_{_n}d")(_at_least(_n))


@numpy_function("broadcast_to")
def _broadcast_to(array: Any, shape: Any, subok: bool = False) -> Node:
    x = strong(node_of(array))
    wanted = shape_of(shape)
    if ops.broadcast(x.shape, wanted) != wanted:
        raise ValueError(f"operands could not be broadcast together with remapped shapes {x.shape} and {wanted}")
    return arrays.broadcast(x, wanted)


@numpy_function("broadcast_arrays")
def _broadcast_arrays(*args: Any, subok: bool = False) -> tuple[Node, ...]:
    nodes = [strong(node_of(arg)) for arg in args]
    shape = ops.broadcast(*[node.shape for node in nodes])
    return tuple([arrays.broadcast(node, shape) for node in nodes])


def _sequence(values: Any) -> list[Node]:
    nodes = [strong(node_of(value)) for value in (values if not isinstance(values, Traced) else list(values))]
    dtype = ops.promote(*[node.dtype for node in nodes])
    return [arrays.cast(node, dtype) for node in nodes]


@numpy_function("concatenate", "concat")
def _concatenate(arrays_: Any, /, axis: Any = 0, *, dtype: Any = None, casting: Any = None) -> Node:
    nodes = _sequence(arrays_)
    if axis is None:
        return arrays.concat([in_a_row(node) for node in nodes], 0)
    axis = axis_of(axis, len(nodes[0].shape))
    first = nodes[0].shape
    for node in nodes:
        if len(node.shape) != len(first) or any(
            n != m for i, (n, m) in enumerate(zip(node.shape, first, strict=True)) if i != axis
        ):
            raise ValueError(f"array dimensions do not match: {', '.join(str(node.shape) for node in nodes)}")
    return arrays.concat(nodes, axis)


@numpy_function("stack")
def _stack(arrays_: Any, axis: Any = 0, *, dtype: Any = None, casting: Any = None) -> Node:
    nodes = _sequence(arrays_)
    if len({node.shape for node in nodes}) != 1:
        raise ValueError("all input arrays must have the same shape")
    return arrays.stack(nodes, axis_of(axis, len(nodes[0].shape) + 1))


@numpy_function("vstack", "row_stack")
def _vstack(tup: Any, *, dtype: Any = None, casting: Any = None) -> Node:
    return arrays.concat([_at_least(2)(stand_in(node)) for node in _sequence(tup)], 0)


@numpy_function("hstack")
def _hstack(tup: Any, *, dtype: Any = None, casting: Any = None) -> Node:
    nodes = [_at_least(1)(stand_in(node)) for node in _sequence(tup)]
    return arrays.concat(nodes, 0 if len(nodes[0].shape) == 1 else 1)


@numpy_function("dstack")
def _dstack(tup: Any) -> Node:
    return arrays.concat([_at_least(3)(stand_in(node)) for node in _sequence(tup)], 2)


@numpy_function("column_stack")
def _column_stack(tup: Any) -> Node:
    nodes = [arrays.reshape(x, (math.prod(x.shape), 1)) if len(x.shape) < 2 else x for x in _sequence(tup)]
    return arrays.concat(nodes, 1)


@numpy_function("append")
def _append(arr: Any, values: Any, axis: Any = None) -> Node:
    return _concatenate((arr, values), axis=axis)


@numpy_function("block")
def _block(arrays_: Any) -> Node:
    depth = 0
    inner = arrays_
    while isinstance(inner, list):
        depth, inner = depth + 1, inner[0]
    ndim = max(depth, _deepest(arrays_))

    def join(part: Any, level: int) -> Node:
        if not isinstance(part, list):
            x = strong(node_of(part))
            return arrays.reshape(x, (1,) * (ndim - len(x.shape)) + x.shape)
        nodes = [join(piece, level + 1) for piece in part]
        return arrays.concat(nodes, ndim - depth + level)

    return join(arrays_, 0)


def _deepest(part: Any) -> int:
    return max(map(_deepest, part)) if isinstance(part, list) else len(node_of(part).shape)


@numpy_function("tile")
def _tile(A: Any, reps: Any) -> Node:
    x = strong(node_of(A))
    counts = shape_of(reps)
    counts = (1,) * (len(x.shape) - len(counts)) + counts
    x = arrays.reshape(x, (1,) * (len(counts) - len(x.shape)) + x.shape)
    mixed = tuple([m for pair in zip((1,) * len(counts), x.shape, strict=True) for m in pair])
    wide = tuple([m for pair in zip(counts, x.shape, strict=True) for m in pair])
    repeated = arrays.broadcast(arrays.reshape(x, mixed), wide)
    return arrays.reshape(repeated, tuple([k * n for k, n in zip(counts, x.shape, strict=True)]))


@numpy_function("repeat")
def _repeat(a: Any, repeats: Any, axis: Any = None) -> Node:
    import numpy as np

    x = strong(node_of(a))
    if axis is None:
        x, axis = arrays.reshape(x, (math.prod(x.shape),)), 0
    axis = axis_of(axis, len(x.shape))
    places = np.repeat(np.arange(x.shape[axis]), np.asarray(repeats))
    return take_of(stand_in(x), places, axis)


@numpy_function("roll")
def _roll(a: Any, shift: Any, axis: Any = None) -> Node:
    x = strong(node_of(a))
    if axis is None:
        flat = arrays.reshape(x, (math.prod(x.shape),))
        places = sum(map(plain_int, shift)) if isinstance(shift, tuple | list) else plain_int(shift)
        return arrays.reshape(_rolled(flat, places, 0), x.shape)
    axes = axis if isinstance(axis, tuple | list) else (axis,)
    shifts = shift if isinstance(shift, tuple | list) else (shift,) * len(axes)
    if len(axes) == 1:
        axes = axes * len(shifts)
    for places, along in zip(shifts, axes, strict=True):
        x = _rolled(x, plain_int(places), axis_of(along, len(x.shape)))
    return x


def _rolled(x: Node, shift: int, axis: int) -> Node:
    n = x.shape[axis]
    shift = shift % n if n else 0
    if not shift:
        return x
    return arrays.concat([arrays.part(x, axis, n - shift, shift), arrays.part(x, axis, 0, n - shift)], axis)


@numpy_function("flip")
def _flip(m: Any, axis: Any = None) -> Node:
    x = strong(node_of(m))
    return arrays.flip(x, axes_of(axis, len(x.shape)))


numpy_function("fliplr")(lambda m: _flip(m, 1))


numpy_function("flipud")(lambda m: _flip(m, 0))


@numpy_function("rot90")
def _rot90(m: Any, k: int = 1, axes: Any = (0, 1)) -> Node:
    x = strong(node_of(m))
    i, j = (axis_of(axis, len(x.shape)) for axis in axes)
    k %= 4
    order = list(range(len(x.shape)))
    order[i], order[j] = order[j], order[i]
    if k == 0:
        return x
    if k == 2:
        return arrays.flip(x, (i, j))
    if k == 1:
        return arrays.transpose(arrays.flip(x, (j,)), order)
    return arrays.flip(arrays.transpose(x, order), (j,))


@numpy_function("array_split")
def _array_split(ary: Any, indices_or_sections: Any, axis: Any = 0) -> list[Node]:
    import numpy as np

    x = strong(node_of(ary))
    axis = axis_of(axis, len(x.shape))
    parts = np.array_split(np.arange(x.shape[axis]), indices_or_sections)
    found, start = [], 0
    for part in parts:
        start = int(part[0]) if len(part) else start
        found.append(arrays.part(x, axis, start, len(part)))
    return found


@numpy_function("split")
def _split(ary: Any, indices_or_sections: Any, axis: Any = 0) -> list[Node]:
    x = node_of(ary)
    if not hasattr(indices_or_sections, "__len__") and x.shape[axis_of(axis, len(x.shape))] % indices_or_sections:
        raise ValueError("array split does not result in an equal division")
    return _array_split(ary, indices_or_sections, axis)


numpy_function("hsplit")(lambda ary, sections: _split(ary, sections, 1 if len(node_of(ary).shape) > 1 else 0))


numpy_function("vsplit")(lambda ary, sections: _split(ary, sections, 0))


numpy_function("dsplit")(lambda ary, sections: _split(ary, sections, 2))


@numpy_function("unstack")
def _unstack(x: Any, /, *, axis: Any = 0) -> tuple[Node, ...]:
    node = arrays.move(node_of(x), axis_of(axis, len(node_of(x).shape)), 0)
    return tuple([arrays.reshape(arrays.part(node, 0, i, 1), node.shape[1:]) for i in range(node.shape[0])])


@numpy_function("pad")
def _pad(array: Any, pad_width: Any, mode: Any = "constant", **options: Any) -> Node:
    import numpy as np

    x = strong(node_of(array))
    widths = np.broadcast_to(np.asarray(pad_width), (len(x.shape), 2)).tolist()
    if mode == "constant":
        value = options.get("constant_values", 0)
        shape = tuple([low + n + high for n, (low, high) in zip(x.shape, widths, strict=True)])
        region = [(low, n, 1) for n, (low, _) in zip(x.shape, widths, strict=True)]
        if isinstance(value, int | float) and value == 0:
            return arrays.embed(x, shape, region)
        if type(value) is Traced or isinstance(value, int | float):
            return arrays.place(arrays.broadcast(arrays.cast(node_of(value), x.dtype), shape), [x], [region])
        base = ops.data(np.pad(np.zeros(x.shape), pad_width, mode="constant", constant_values=value))
        return arrays.place(arrays.cast(base, x.dtype), [x], [region])
    if mode not in ("edge", "reflect", "symmetric", "wrap"):
        raise UnsupportedOperation("trace_option", **where(name="np.pad", option=f"mode={mode!r}"))
    odd = options.pop("reflect_type", "even") == "odd"
    for axis, (low, high) in enumerate(widths):
        if low or high:
            n = x.shape[axis]
            if odd and max(low, high) > n - (mode == "reflect"):
                raise UnsupportedOperation("trace_option", **where(name="np.pad", option="reflect_type"))
            places = np.pad(np.arange(n), (low, high), mode=mode, **options)
            padded = take_of(stand_in(x), places, axis)
            if odd:  # mirrored at the edge in value, too
                edges = take_of(stand_in(x), np.clip(np.arange(-low, n + high), 0, n - 1), axis)
                inside = np.zeros(len(places), bool)
                inside[low : low + n] = True
                inside = inside.reshape([-1 if i == axis else 1 for i in range(len(x.shape))])
                mirrored = make("sub", make("mul", TWO, edges), padded)
                padded = make("where", ops.data(inside), padded, mirrored)
            x = padded
    return x


@numpy_function("delete")
def _delete(arr: Any, obj: Any, axis: Any = None) -> Node:
    import numpy as np

    x = strong(node_of(arr))
    if axis is None:
        x, axis = arrays.reshape(x, (math.prod(x.shape),)), 0
    axis = axis_of(axis, len(x.shape))
    return take_of(stand_in(x), np.delete(np.arange(x.shape[axis]), obj), axis)


@numpy_function("insert")
def _insert(arr: Any, obj: Any, values: Any, axis: Any = None) -> Node:
    import numpy as np

    x = strong(node_of(arr))
    if axis is None:
        x, axis = arrays.reshape(x, (math.prod(x.shape),)), 0
    axis = axis_of(axis, len(x.shape))
    n = x.shape[axis]
    marks = np.insert(np.arange(n), obj, -1)
    extra = np.flatnonzero(marks < 0)
    value = strong(node_of(values))
    if np.ndim(obj) == 0 and len(value.shape) >= 1 and not isinstance(obj, slice) and len(x.shape) > 1:
        value = arrays.expand(value, (axis,)) if len(value.shape) == len(x.shape) - 1 else value
    wanted = tuple([len(extra) if i == axis else m for i, m in enumerate(x.shape)])
    value = arrays.cast(arrays.broadcast(value, wanted), x.dtype)
    joined = arrays.concat([x, value], axis)
    order = marks.copy()
    order[extra] = n + np.arange(len(extra))
    return take_of(stand_in(joined), order, axis)


@numpy_function("zeros_like", "empty_like")
def _zeros_like(
    a: Any, dtype: Any = None, order: Any = "K", subok: bool = True, shape: Any = None, device: Any = None
) -> Node:
    return _full_like(a, 0, dtype, order, subok, shape)


@numpy_function("ones_like")
def _ones_like(
    a: Any, dtype: Any = None, order: Any = "K", subok: bool = True, shape: Any = None, device: Any = None
) -> Node:
    return _full_like(a, 1, dtype, order, subok, shape)


@numpy_function("full_like")
def _full_like(
    a: Any,
    fill_value: Any,
    dtype: Any = None,
    order: Any = "K",
    subok: bool = True,
    shape: Any = None,
    device: Any = None,
) -> Node:
    x = strong(node_of(a))
    wanted = x.shape if shape is None else shape_of(shape)
    return arrays.broadcast(arrays.cast(node_of(fill_value), x.dtype if dtype is None else dtype_of(dtype)), wanted)


@numpy_function("copy")
def _copy(a: Any, order: Any = "K", subok: bool = False) -> Node:
    return strong(node_of(a))


@numpy_function("astype")
def _astype(
    x: Any,
    dtype: Any,
    order: Any = "K",
    casting: Any = "unsafe",
    subok: Any = True,
    copy: Any = True,
    device: Any = None,
) -> Node:
    return arrays.cast(node_of(x), dtype_of(dtype))


numpy_function("shape")(lambda a: node_of(a).shape)


numpy_function("ndim")(lambda a: len(node_of(a).shape))


numpy_function("size")(lambda a, axis=None: math.prod(node_of(a).shape) if axis is None else node_of(a).shape[axis])


@numpy_function("result_type")
def _result_type(*args: Any) -> Any:
    import numpy as np

    return np.result_type(*[arg.dtype if type(arg) is Traced else arg for arg in args])


@numpy_function("linspace")
def _linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
    *,
    device: Any = None,
) -> Any:
    import numpy as np

    a, b = floating(strong(node_of(start))), floating(strong(node_of(stop)))
    steps = num - 1 if endpoint else num
    rank = max(len(a.shape), len(b.shape))
    share = ops.data((np.arange(num) / max(steps, 1)).reshape((num,) + (1,) * rank))
    width = make("sub", b, a)
    found = make("add", a, make("mul", width, share))
    found = arrays.move(found, 0, axis_of(axis, rank + 1))
    return (found, make("div", width, const(steps))) if retstep else found


@numpy_function("geomspace")
def _geomspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0) -> Node:
    logs = _linspace(
        stand_in(make("ln", floating(node_of(start)))),
        stand_in(make("ln", floating(node_of(stop)))),
        num,
        endpoint,
        axis=axis,
    )
    return make("exp", logs)


@numpy_function("logspace")
def _logspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, base: Any = 10.0, dtype: Any = None, axis: int = 0
) -> Node:
    return make("power", node_of(base), _linspace(start, stop, num, endpoint, axis=axis))


@numpy_function("meshgrid")
def _meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> tuple[Node, ...]:
    nodes = [in_a_row(node_of(x)) for x in xi]
    n = len(nodes)
    order = list(range(n))
    if indexing == "xy" and n > 1:
        order[:2] = [1, 0]
    shaped = [
        arrays.reshape(x, tuple([x.shape[0] if axis == order[i] else 1 for axis in range(n)]))
        for i, x in enumerate(nodes)
    ]
    if sparse:
        return tuple(shaped)
    shape = ops.broadcast(*[x.shape for x in shaped]) if shaped else ()
    return tuple([arrays.broadcast(x, shape) for x in shaped])


@numpy_function("sliding_window_view")
def windows_of(x: Any, window_shape: Any, axis: Any = None, *, subok: bool = False, writeable: bool = False) -> Node:
    import numpy as np

    node = strong(node_of(x))
    windows = shape_of(window_shape)
    axes = tuple(range(len(node.shape))) if axis is None else (axis if isinstance(axis, tuple | list) else (axis,))
    if len(windows) != len(axes):
        raise ValueError("window_shape and axis must have the same length")
    for size, along in zip(windows, axes, strict=True):
        place = axis_of(along, len(node_of(x).shape))
        n = node.shape[place]
        if size > n:
            raise ValueError("window shape cannot be larger than input array shape")
        places = np.arange(n - size + 1)[:, None] + np.arange(size)
        node = take_of(stand_in(node), places, place)
        node = arrays.move(node, place + 1, len(node.shape) - 1)
    return node


@numpy_function("diagonal")
def diagonal_of(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Node:
    x = strong(node_of(a))
    n = len(x.shape)
    i, j = axis_of(axis1, n), axis_of(axis2, n)
    x = arrays.transpose(x, [*[k for k in range(n) if k not in (i, j)], i, j])
    rows, columns = x.shape[-2:]
    count = max(0, min(rows, columns - offset) if offset >= 0 else min(rows + offset, columns))
    start = offset if offset >= 0 else -offset * columns
    flat = arrays.reshape(x, (*x.shape[:-2], rows * columns))
    return arrays.part(flat, n - 2, start if count else 0, count, columns + 1)


numpy_function("linalg.diagonal")(lambda x, /, *, offset=0: diagonal_of(x, offset, -2, -1))


@numpy_function("diag")
def _diag(v: Any, k: int = 0) -> Node:
    x = strong(node_of(v))
    if len(x.shape) == 2:
        return diagonal_of(v, k)
    if len(x.shape) != 1:
        raise ValueError("Input must be 1- or 2-d.")
    n = x.shape[0] + abs(k)
    start = k if k >= 0 else -k * n
    flat = arrays.embed(x, (n * n,), [(start, x.shape[0], n + 1)])
    return arrays.reshape(flat, (n, n))


numpy_function("diagflat")(lambda v, k=0: _diag(stand_in(in_a_row(node_of(v))), k))


@numpy_function("trace")
def _trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None) -> Node:
    found = diagonal_of(a, offset, axis1, axis2)
    return arrays.total(found, (len(found.shape) - 1,))


numpy_function("linalg.trace")(lambda x, /, *, offset=0, dtype=None: _trace(x, offset, -2, -1))


def _triangle(keep: str) -> Callable[..., Node]:
    def triangle(m: Any, k: int = 0) -> Node:
        import numpy as np

        x = strong(node_of(m))
        shape = x.shape[-2:] if len(x.shape) > 1 else x.shape * 2
        mask = getattr(np, keep)(np.ones(shape, bool), k)
        return make("where", ops.data(mask), x, ZERO)

    return triangle


numpy_function("tril")(_triangle("tril"))


numpy_function("triu")(_triangle("triu"))


@numpy_function("vander")
def _vander(x: Any, N_: Any = None, increasing: bool = False, **options: Any) -> Node:
    node = strong(node_of(x))
    count = options.get("node_of", N_)
    count = node.shape[0] if count is None else count
    powers = range(count) if increasing else range(count - 1, -1, -1)
    return arrays.stack([arrays.full(make("pow", node, const(p)), node) if p else arrays.ones(node) for p in powers], 1)


@numpy_function("resize")
def _resize(a: Any, new_shape: Any) -> Node:
    import numpy as np

    shape = shape_of(new_shape)
    x = node_of(a)
    return take_of(a, np.resize(np.arange(math.prod(x.shape)), shape))


def _made_like(name: str) -> Callable[..., Node]:
    def make_like(*args: Any, like: Any = None, **options: Any) -> Node:
        import numpy as np

        made = getattr(np, name)(*args, **options)
        return ops.data(made)

    return make_like


for _name in ("zeros", "ones", "empty", "eye", "identity", "arange", "tri"):
    numpy_function(_name)(_made_like(_name))


@numpy_function("full")
def _full(
    shape: Any, fill_value: Any, dtype: Any = None, order: Any = "C", *, device: Any = None, like: Any = None
) -> Node:
    value = strong(node_of(fill_value))
    return arrays.broadcast(value if dtype is None else arrays.cast(value, dtype_of(dtype)), shape_of(shape))


@numpy_function("array", "asarray", "asanyarray", "ascontiguousarray")
def _array(a: Any, *args: Any, like: Any = None, **options: Any) -> Node:
    return strong(node_of(a))
