"""Reading and writing parts of a traced array, with NumPy's keys.

Writing does not change anything: it makes a new node, with the written part in place. Parts are collected first, so
that a loop which fills an array takes time for each part and not for the whole array each time. Views behave as
NumPy's: a part that was taken earlier shows what is written to its owner later, and what is written to it is written to
the owner. Only through other views than parts, such as a transpose, nothing can be written.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from mibun import arrays, ops
from mibun.arrays import Slice
from mibun.errors import ShapeError, UnsupportedOperation
from mibun.node import Node, Shape
from mibun.ops import BOOL, INTEGER, make
from mibun.trace.traced import CONSTANT, INPUT, TURN, Traced, number, operand, where

Region = tuple[Slice, ...]


class Basic(NamedTuple):
    """A key of integers, slices and new axes: the part that it names, the shape it comes out in, and which axis each of
    its axes was (``None`` for a new one)."""

    region: Region
    shape: Shape
    axes: tuple[int | None, ...]


class View(NamedTuple):
    """What an array would share memory with in NumPy, and how it is made of it.

    ``region`` and ``axes`` are those of a key; for any other view, such as a transpose, ``again`` makes it anew.
    """

    owner: Traced
    region: Region | None = None
    axes: tuple[int | None, ...] = ()
    again: Callable[[Traced], Any] | None = None


def _expanded(key: Any, ndim: int) -> list[Any]:
    """A key as a list with an entry for each axis, and ``None`` for each new one."""
    import numpy as np

    parts = list(key) if isinstance(key, tuple) else [key]
    used = 0
    for part in parts:
        if part is None or part is Ellipsis:
            continue
        mask = isinstance(part, np.ndarray | Traced) and part.dtype == bool
        used += part.ndim if mask else 1
    dots = [i for i, part in enumerate(parts) if part is Ellipsis]
    if used > ndim or len(dots) > 1:
        raise IndexError(f"too many indices for array: array is {ndim}-dimensional, but {used} were indexed")
    at = dots[0] if dots else len(parts)
    parts[at : at + 1 if dots else at] = [slice(None)] * (ndim - used)
    return parts


def _simple(part: Any) -> Any:
    """A list as an array, NumPy's integers as Python's."""
    import numpy as np

    if isinstance(part, list | tuple) and not any(type(inner) is Traced for inner in part):
        array = np.asarray(part)
        return array.astype(np.intp) if array.size == 0 else array
    if isinstance(part, np.integer):
        return int(part)
    if isinstance(part, np.ndarray) and part.ndim == 0 and part.dtype.kind in "iu":
        return int(part)
    if type(part) is Traced and part.ndim == 0 and part.node.dtype is INTEGER and not part.level:
        return int(part.value)
    return part


def _bounds(part: slice, n: int) -> Slice:
    start, stop, step = part.indices(n)
    return _regular(start, len(range(start, stop, step)), step)


def _regular(start: int, count: int, step: int) -> Slice:
    """Equal parts are named alike: a step says something from two entries on."""
    return start, count, step if count > 1 else 1


def _whole(index: int, n: int, axis: int) -> int:
    if not -n <= index < n:
        raise IndexError(f"index {index} is out of bounds for axis {axis} with size {n}")
    return index % n


def basic(parts: Sequence[Any], shape: Shape) -> Basic | None:
    """The part named by a key without arrays; ``None`` if there are any."""
    region: list[Slice] = []
    out: list[int] = []
    axes: list[int | None] = []
    axis = 0
    for part in parts:
        kind = type(part)
        if part is None:
            out.append(1)
            axes.append(None)
            continue
        n = shape[axis]
        if kind is int:
            region.append((_whole(part, n, axis), 1, 1))
        elif kind is slice:
            bounds = _bounds(part, n)
            region.append(bounds)
            out.append(bounds[1])
            axes.append(axis)
        else:
            return None
        axis += 1
    return Basic(tuple(region), tuple(out), tuple(axes))


def get(x: Traced, key: Any) -> Traced:
    """``x[key]``."""
    trace = x.record
    if type(key) is int and x._writes is None and x._view is None:  # the usual case, in a loop
        shape = x._node.shape
        if shape:
            start = _whole(key, shape[0], 0)
            region = ((start, 1, 1), *[(0, n, 1) for n in shape[1:]])
            node = arrays.reshape(make("slice", x._node, attrs=region), shape[1:])
            found = Traced(trace, node, x._value[key], x._level)
            trace.values.setdefault(node, found._value)
            return found if len(shape) == 1 else part(found, x, region, tuple(range(1, len(shape))))
    parts = [_simple(piece) for piece in _expanded(key, x.ndim)]
    plain = basic(parts, x.shape)
    if plain is None:
        node, level = _advanced(x, parts)
        return trace.wrap(node, max(level, x._level))
    found = trace.wrap(arrays.reshape(_read(x, plain.region), plain.shape), x._level)
    return part(found, x, plain.region, plain.axes) if plain.shape else found


# Index arrays


def _index(part: Any, n: int, axis: int, x: Traced) -> tuple[Node, int]:
    """Places along an axis as non-negative whole numbers."""
    import numpy as np

    if type(part) is Traced or isinstance(part, list | tuple):
        node, value, level = operand(part, x.record)
        if node.dtype is not INTEGER:
            raise UnsupportedOperation("trace_index", **where())
        if np.any((value < -n) | (value >= n)):
            raise IndexError(f"index {value} is out of bounds for axis {axis} with size {n}")
        if level and level < TURN and 0 not in node.shape:
            _within(node, value, n, x)
        zero, length = ops.data(np.array(0)), ops.data(np.array(n))
        return make("where", make("lt", node, zero), make("add", node, length), node), level
    array = np.asarray(part)
    if array.dtype.kind not in "iu":
        raise IndexError("arrays used as indices must be of integer (or boolean) type")
    if array.size and (array.min() < -n or array.max() >= n):
        raise IndexError(f"an index is out of bounds for axis {axis} with size {n}")
    return ops.data(np.where(array < 0, array + n, array).astype(np.int64)), CONSTANT


def _within(index: Node, value: Any, n: int, x: Traced) -> None:
    """Record that places lie within the axis: others are looked at anew, and refused as NumPy does."""
    import numpy as np

    axes = range(len(index.shape))
    for op, most in (("amin", np.min(value)), ("amax", np.max(value))):
        edge = arrays.reduced(op, index, axes)
        inside = make("ge", edge, number(-n)) if op == "amin" else make("lt", edge, number(n))
        x.record.values.setdefault(edge, most)
        x.record.guard(x.record.wrap(inside, INPUT).node, True)


def _masked(x: Node, parts: list[Any], trace: Any) -> tuple[Node, list[Any], int]:
    """Masks as places: the axes under a mask become one."""
    import numpy as np

    level = CONSTANT
    out: list[Any] = []
    axis = 0
    for part in parts:
        mask = isinstance(part, np.ndarray | np.bool_ | Traced) and part.dtype == bool
        if not mask:
            out.append(part)
            axis += part is not None
            continue
        k = part.ndim
        if x.shape[axis : axis + k] != part.shape:
            raise IndexError(
                f"boolean index did not match indexed array along axis {axis}; "
                f"sizes are {x.shape[axis : axis + k]} and {part.shape}"
            )
        merged = math.prod(part.shape)
        x = arrays.reshape(x, (*x.shape[:axis], merged, *x.shape[axis + k :]))
        if type(part) is Traced:
            level = max(level, part.level)
            out.append(places(part))
        else:
            out.append(np.flatnonzero(part))
        axis += 1
    return x, out, level


def places(mask: Traced) -> Traced:
    """Where a traced mask is true. How often it is decides about shapes, and so about the path taken."""
    import numpy as np

    trace = mask.record
    flat = arrays.reshape(mask.node, (mask.size,))
    count = int(np.count_nonzero(mask.value))
    if mask.level:
        whole = arrays.total(arrays.cast(flat, INTEGER), (0,))
        mask._hold(trace.wrap(whole, mask.level).node, count)
    return trace.wrap(make("nonzero", flat, attrs=count), mask.level)


def _advanced(x: Traced, parts: list[Any]) -> tuple[Node, int]:

    node, parts, level = _masked(x.node, parts, x.record)
    new = [i for i, part in enumerate(parts) if part is None]
    node = arrays.expand(node, new) if new else node
    parts = [slice(None) if part is None else part for part in parts]
    axes = [axis for axis, part in enumerate(parts) if type(part) is not slice]
    region = [_bounds(part, n) if type(part) is slice else (0, n, 1) for part, n in zip(parts, node.shape, strict=True)]
    node = arrays.slices(node, region)
    found = [_index(parts[axis], node.shape[axis], axis, x) for axis in axes]
    level = max([level, *[mine for _, mine in found]])
    indices = [index for index, _ in found]
    shape = ops.broadcast(*[index.shape for index in indices])
    sizes = [node.shape[axis] for axis in axes]
    rest = [axis for axis in range(len(node.shape)) if axis not in axes]
    turned = arrays.transpose(node, [*axes, *rest])
    flat = arrays.reshape(turned, (math.prod(sizes), *[node.shape[axis] for axis in rest]))
    places, distinct = _flat(indices, sizes, shape)
    taken = arrays.take(flat, places, distinct)
    adjacent = axes[-1] - axes[0] == len(axes) - 1
    front = axes[0] if adjacent else 0  # how many of the other axes come before
    order = [*range(len(shape), len(shape) + front), *range(len(shape)), *range(len(shape) + front, len(taken.shape))]
    return arrays.transpose(taken, order), level


def _flat(indices: list[Node], sizes: list[int], shape: Shape) -> tuple[Node, bool]:
    """Several index arrays as one into the flattened axes, and whether no place is named twice."""
    import numpy as np

    if all(index.op == "data" for index in indices):
        grid = np.broadcast_arrays(*[index.attrs.array for index in indices])
        flat = np.ravel_multi_index(tuple(grid), tuple(sizes)) if math.prod(shape) else np.zeros(shape, np.int64)
        flat = np.asarray(flat, dtype=np.int64).reshape(shape)
        return ops.data(flat), len(np.unique(flat)) == flat.size
    total: Node | None = None
    stride = 1
    for index, n in zip(reversed(indices), reversed(sizes), strict=True):
        part = index if stride == 1 else make("mul", index, ops.data(np.array(stride)))
        total = part if total is None else make("add", part, total)
        stride *= n
    assert total is not None
    return arrays.broadcast(total, shape), False


# Views: what shares memory in NumPy shares it here, too


def part(found: Traced, owner: Traced, region: Region, axes: tuple[int | None, ...]) -> Traced:
    """Remember that ``found`` is a part of ``owner``, named by a key. A part of a part is one of the whole, so that a
    loop which cuts off piece after piece makes no chain."""
    whole = owner._view
    if whole is not None and whole.region is not None and found.size:
        region, axes = (
            _inner(whole, region),
            tuple([None if axis is None else whole.axes[axis] for axis in axes]),
        )
        owner = whole.owner
    found._view = View(owner, region, axes)
    found._seen = len(owner._log) if owner._log is not None else 0
    return found


def _inner(whole: View, region: Region) -> Region:
    """A region of a part, as one of what it is a part of."""
    assert whole.region is not None
    found = list(whole.region)
    for axis, (start, count, step) in zip(whole.axes, region, strict=True):
        if axis is not None:
            first, _, stride = whole.region[axis]
            found[axis] = _regular(first + start * stride, count, step * stride)
    return tuple(found)


def view(found: Traced, owner: Traced, again: Callable[[Traced], Any]) -> Traced:
    """Remember that ``found`` is another way to look at ``owner``."""
    found._view = View(owner, again=again)
    found._seen = len(owner._log) if owner._log is not None else 0
    return found


def refresh(x: Traced) -> None:
    """Bring up to date what was written to ``x`` or to what it is a view of."""
    if x._view is not None and _changed(x):
        _look_again(x)
    if x._writes is not None:
        writes, x._writes = x._writes, None
        _set(x, arrays.place(x._node, list(writes.values()), list(writes)))


def _look_again(x: Traced) -> None:
    """A view as its owner is now."""
    assert x._view is not None
    owner, region, _, again = x._view
    x._seen = len(owner._log or ())
    if again is not None:
        found = again(owner)
        node, level = found.node, found._level
    else:
        assert region is not None
        node, level = arrays.reshape(_read(owner, region), x.shape), owner._level
    x._level = max(x._level, level)
    x._writes = None
    _set(x, node)
    x._log = [*(x._log or ()), None]


def _changed(x: Traced) -> bool:
    """Whether what ``x`` is a view of was written to where it matters. What it is a view of is brought up to date."""
    owners = []
    owner = x
    while owner._view is not None:
        owner = owner._view.owner
        owners.append(owner)
    for view_of in reversed(owners[:-1]):
        if _behind(view_of):
            _look_again(view_of)
    return _behind(x)


def _behind(x: Traced) -> bool:
    assert x._view is not None
    log = x._view.owner._log
    if log is None or len(log) == x._seen:
        return False
    if any(_overlap(x._view.region, region) for region in log[x._seen :]):
        return True
    x._seen = len(log)
    return False


def _overlap(a: Region | None, b: Region | None) -> bool:
    if a is None or b is None:
        return True
    for (start, count, step), (other, many, stride) in zip(a, b, strict=True):
        mine = range(start, start + count * step, step)
        theirs = range(other, other + many * stride, stride)
        if not mine or not theirs:
            return False
        if max(mine[0], mine[-1]) < min(theirs[0], theirs[-1]) or max(theirs[0], theirs[-1]) < min(mine[0], mine[-1]):
            return False
        if len(mine) == 1 and mine[0] not in theirs:
            return False
        if len(theirs) == 1 and theirs[0] not in mine:
            return False
        if step == stride != 1 and (start - other) % abs(step):
            return False
    return True


# Writing


def _kind(region: Region, shape: Shape) -> tuple[bool, ...] | None:
    """Which axes a region takes one place of, if it takes all of the others: two such regions are equal or disjoint."""
    flags = []
    for (_, count, step), n in zip(region, shape, strict=True):
        if count == n and step == 1:
            flags.append(False)
        elif count == 1:
            flags.append(True)
        else:
            return None
    return tuple(flags)


def _read(x: Traced, region: Region) -> Node:
    """A part of ``x``. What was just written to exactly this part is at hand; else all that could concern it is put in
    place first."""
    if x._view is not None and _changed(x):
        refresh(x)
    if x._writes is not None:
        found = x._writes.get(region)
        if found is not None:
            return found
        kind = _kind(region, x.shape)
        if kind is not None and kind == _kind(next(iter(x._writes)), x.shape):
            return arrays.slices(x._node, region)  # disjoint from all that was written
    return arrays.slices(x.node, region)


def _set(x: Traced, node: Node) -> None:
    x._node = node
    x._value = x.record.wrap(node, x._level)._value


def put(x: Traced, key: Any, value: Any) -> None:
    """``x[key] = value``."""
    given, _, level = operand(value, x.record)
    dtype = x._node.dtype if x._node.dtype is not ops.NUMBER else ops.REAL
    given = arrays.cast(given, dtype)
    parts = [_simple(piece) for piece in _expanded(key, x.ndim)]
    plain = basic(parts, x.shape)
    if plain is None:
        node, more = _with_places(x, parts, given)
        write(x, tuple([(0, n, 1) for n in x.shape]), node, max(level, more))
        return
    given = arrays.reshape(_fitting(given, plain.shape), tuple([count for _, count, _ in plain.region]))
    write(x, plain.region, given, level)


def write(x: Traced, region: Region, value: Node, level: int) -> None:
    """Put a value into a part of ``x``, and so into what it is a part of."""
    if x._view is not None:
        if x._view.region is None:
            raise UnsupportedOperation("trace_alias", **where())
        inner = _inner(x._view, region)
        write(x._view.owner, inner, arrays.reshape(value, tuple([count for _, count, _ in inner])), level)
        return
    x._level = max(x._level, level)
    if x._log is None:
        x._log = []
    x._log.append(region)
    if not region:  # a number
        _set(x, value)
        return
    if x._writes is not None and region not in x._writes:
        kind = _kind(region, x.shape)
        if kind is None or kind != _kind(next(iter(x._writes)), x.shape):
            refresh(x)
    if x._writes is None:
        x._writes = {}
    x._writes[region] = value


def _fitting(value: Node, shape: Shape) -> Node:
    while len(value.shape) > len(shape) and value.shape[0] == 1:
        value = arrays.reshape(value, value.shape[1:])
    try:
        fits = ops.broadcast(value.shape, shape) == shape
    except ShapeError:
        fits = False
    if not fits:
        raise ShapeError("trace_fit", **where(given=value.shape, wanted=shape))
    return arrays.broadcast(value, shape)


def _with_places(x: Traced, parts: list[Any], value: Node) -> tuple[Node, int]:
    """``x`` with a value at the places that arrays or masks name, and the level of these."""
    import numpy as np

    node = x.node
    mask = parts[0]
    if len(parts) - sum(part is None for part in parts) >= 1 and type(mask) is Traced and mask.dtype == bool:
        rest = (1,) * (x.ndim - mask.ndim)
        whole = all(type(part) is slice and part == slice(None) for part in parts[1:])
        if whole and x.shape[: mask.ndim] == mask.shape and len(value.shape) <= len(rest):
            chosen = arrays.reshape(mask.node, (*mask.shape, *rest))
            return arrays.broadcast(make("where", chosen, value, node), x.shape), mask.level
    plain = [_held(part) if type(part) is Traced else part for part in parts]
    key = tuple(plain)
    places = np.arange(x.size).reshape(x.shape)[key]
    flat = arrays.reshape(_fitting(value, places.shape), (places.size,))
    targets = places.ravel()
    last = len(targets) - 1 - np.unique(targets[::-1], return_index=True)[1]  # of several values, NumPy keeps the last
    if len(last) != len(targets):
        last.sort()
        flat, targets = arrays.take(flat, ops.data(last), True), targets[last]
    hit = np.zeros(x.size, bool)
    hit[targets] = True
    spread = arrays.scatter(flat, ops.data(targets.astype(np.int64)), x.size, True)
    return make("where", ops.data(hit.reshape(x.shape)), arrays.reshape(spread, x.shape), node), CONSTANT


def _held(part: Traced) -> Any:
    """A traced index as a plain one; the record then holds for it only."""
    import numpy as np

    if part.node.dtype not in (INTEGER, BOOL):
        raise UnsupportedOperation("trace_index", **where())
    return np.asarray(part._plain("trace_index"))


def change(x: Traced, result: Traced) -> Traced:
    """``x += v``: the array itself changes, for all who hold it or a view of it."""
    if x.shape != result.shape:
        raise ShapeError("trace_fit", **where(given=result.shape, wanted=x.shape))
    write(x, tuple([(0, n, 1) for n in x.shape]), arrays.cast(result.node, x._node.dtype), result._level)
    return x
