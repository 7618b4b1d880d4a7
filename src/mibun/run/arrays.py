"""What each array operation does to NumPy arrays: for a node, a function of its arguments' values.

Results may be views of the arguments: no one writes to a value, and what leaves is copied by those who hand it out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any, Final

from mibun.arrays import tie_width
from mibun.loops import Body, Scan, While
from mibun.node import Node, Shape

Value = Any
Function = Callable[..., Value]


def _key(which: Sequence[tuple[int, int, int]]) -> tuple[slice, ...]:
    """Slices (start, count, step) as NumPy writes them."""
    found = []
    for start, count, step in which:
        stop: int | None = start + count * step
        if step < 0 and stop is not None and stop < 0:
            stop = None
        found.append(slice(start, stop, step) if count else slice(0, 0))
    return tuple(found)


def _reshape(node: Node) -> Function:
    import numpy as np

    shape = node.shape
    if not shape:  # the one entry as a number: what follows is faster with it than with an array of no axes
        first = (0,) * len(node.args[0].shape)
        return lambda x: x[first]
    return lambda x: x.reshape(shape) if type(x) is np.ndarray else np.reshape(x, shape)


def _transpose(node: Node) -> Function:
    axes = node.attrs
    return lambda x: x.transpose(axes)


def _broadcast(node: Node) -> Function:
    import numpy as np

    shape, dtype = node.shape, node.dtype
    if not 0 <= math.prod(shape) <= FILLED or min(shape, default=0) < 0:
        return lambda x: np.broadcast_to(x, shape)

    def fill(x: Value) -> Value:
        out = np.empty(shape, dtype)
        out[...] = x
        return out

    return fill


FILLED: Final = 4096  # entries up to which repeating is faster than a view of it


def _reduce(name: str) -> Callable[[Node], Function]:
    def make(node: Node) -> Function:
        import numpy as np

        x, axes = node.args[0], node.attrs
        ufunc = {"sum": np.add, "prod": np.multiply, "amax": np.maximum, "amin": np.minimum}[name]
        axis = axes[0] if len(axes) == 1 else axes if len(axes) < len(x.shape) else None
        if x.dtype == "bool" and name in ("sum", "prod"):
            return lambda x: ufunc.reduce(x, axis=axis, dtype=np.int64)
        if min(x.shape) > 0 and math.prod(node.shape) >= MANY:
            if 0 not in axes and 1 < max([x.shape[axis] for axis in axes]) <= FEW:
                return _by_slices(ufunc, x.shape, axes)
            if name == "sum" and x.dtype == "float64":
                product = _by_product(x.shape, axes)
                if product is not None:
                    return product
        return lambda x: ufunc.reduce(x, axis=axis)

    return make


FEW: Final = 4  # entries along an axis up to which whole slices are combined
MANY: Final = 32  # results from which on that is faster
NARROW: Final = 128  # results in a row up to which a product sums columns faster


def _by_slices(ufunc: Any, shape: Shape, axes: tuple[int, ...]) -> Function:
    """A reduction along short axes. NumPy would take them one short run after the other."""
    plan = [[(*[slice(None)] * axis, i) for i in range(shape[axis])] for axis in sorted(axes, reverse=True)]

    def run(x: Value) -> Value:
        for first, *others in plan:
            whole = x
            x = whole[first]
            for i, key in enumerate(others):
                x = ufunc(x, whole[key], out=x if i else None)
        return x

    return run


def _by_product(shape: Shape, axes: tuple[int, ...]) -> Function | None:
    """A sum over the first or the last axes as a product with ones, where that is the faster way."""
    import numpy as np

    count = math.prod([shape[axis] for axis in axes])
    rest = tuple([n for axis, n in enumerate(shape) if axis not in axes])
    width = math.prod(rest)
    if axes == tuple(range(len(axes))) and count >= 2 * MANY and width <= NARROW:
        return lambda x: np.ones(count).dot(x.reshape(count, width)).reshape(rest)
    if axes == tuple(range(len(rest), len(shape))) and count > FEW:
        return lambda x: x.reshape(width, count).dot(np.ones(count)).reshape(rest)
    return None


def _slice(node: Node) -> Function:
    key = _key(node.attrs)
    return lambda x: x[key]


def _embed(node: Node) -> Function:
    import numpy as np

    shape, which = node.attrs
    key = _key(which)

    def run(x: Value) -> Value:
        out = np.zeros(shape, x.dtype)
        out[key] = x
        return out

    return run


def adding(zeros: Node) -> Function:
    """What does for ``x + zeros``, with an ``embed``, in the memory of x: only the part that it puts in is added."""
    key = _key(zeros.attrs[1])

    def run(x: Value, part: Value) -> Value:
        x[key] += part
        return x

    return run


def _place(node: Node) -> Function:
    keys = [_key(region) for region in node.attrs]
    dtype = node.dtype

    def run(x: Value, *values: Value) -> Value:
        out = x.astype(dtype)
        for key, value in zip(keys, values, strict=True):
            out[key] = value
        return out

    return run


def _concat(node: Node) -> Function:
    import numpy as np

    axis = node.attrs
    return lambda *parts: np.concatenate(parts, axis)


def _cumulative(name: str) -> Callable[[Node], Function]:
    def make(node: Node) -> Function:
        import numpy as np

        axis, backward = node.attrs
        accumulate: Any = np.cumsum if name == "cumsum" else np.cumprod
        if not backward:
            return lambda x: accumulate(x, axis)
        return lambda x: np.flip(accumulate(np.flip(x, axis), axis), axis)

    return make


def _take(node: Node) -> Function:
    return lambda x, index: x[index]


def _scatter(node: Node) -> Function:
    import numpy as np

    shape = node.shape
    length, distinct = node.attrs

    def assign(g: Value, index: Value) -> Value:
        out = np.zeros(shape, g.dtype)
        out[index] = g
        return out

    def add(g: Value, index: Value) -> Value:
        flat = index.ravel()
        if len(shape) == 1:
            found = np.bincount(flat, weights=g.ravel(), minlength=length)
            return found.astype(g.dtype, copy=False)
        out = np.zeros(shape, g.dtype)
        rows = g.reshape(len(flat), *shape[1:])
        if len(flat) < 32:
            np.add.at(out, flat, rows)
            return out
        order = np.argsort(flat, kind="stable")
        flat = flat[order]
        starts = np.flatnonzero(np.concatenate([[True], flat[1:] != flat[:-1]]))
        out[flat[starts]] = np.add.reduceat(rows[order], starts, axis=0)
        return out

    return assign if distinct else add


def _contract(node: Node) -> Function:
    """A product of matrices where it is one, else NumPy's product with repetition, summed."""
    x, y = node.args
    return _contraction(*node.attrs, x.shape, y.shape)


@lru_cache(maxsize=256)  # loops repeat their products
def _contraction(first: str, second: str, out: str, first_shape: Shape, second_shape: Shape) -> Function:
    import numpy as np

    both = [letter for letter in first if letter in second]
    shared = [letter for letter in both if letter in out]
    summed = [letter for letter in both if letter not in out]
    left = [letter for letter in first if letter not in both]
    right = [letter for letter in second if letter not in both]
    if not summed:  # no sum: a product with repetition
        return _after(np.multiply, _aligned(first, out), _aligned(second, out))
    sizes = dict(zip(first + second, first_shape + second_shape, strict=True))
    if shared:
        return _stacked(first, second, out, sizes, shared, left, summed, right)
    swapped = [*left, *right] != [*out] and [*right, *left] == [*out]
    if swapped:
        product = _after(np.ndarray.dot, _matrix(second, right, summed, sizes), _matrix(first, summed, left, sizes))
    else:
        product = _after(np.ndarray.dot, _matrix(first, left, summed, sizes), _matrix(second, summed, right, sizes))
    rows, columns = (right, left) if swapped else (left, right)
    natural = [*rows, *columns]
    inner = tuple([sizes[letter] for letter in natural])
    order = tuple([natural.index(letter) for letter in out])
    turned = order != tuple(range(len(order)))
    flat = len(rows) <= 1 and len(columns) <= 1

    def run(x: Value, y: Value) -> Value:
        found = product(y, x) if swapped else product(x, y)
        found = found if flat else found.reshape(inner)
        return found.transpose(order) if turned else found

    return product if flat and not turned and not swapped else run


def _same(x: Value) -> Value:
    return x


def _after(function: Function, first: Function, second: Function) -> Function:
    """A function of two, after a change to each; without a detour where nothing changes."""
    if second is _same:
        return function if first is _same else lambda x, y: function(first(x), y)
    return (lambda x, y: function(x, second(y))) if first is _same else lambda x, y: function(first(x), second(y))


def _aligned(letters: str, out: str) -> Function:
    """An array with its axes in the order of ``out``, and axes of length 1 for letters that it lacks."""
    axes = tuple(sorted(range(len(letters)), key=lambda axis: out.index(letters[axis])))
    present = [letter in letters for letter in out]
    first = present.index(True) if True in present else len(present)
    key = tuple([slice(None) if here else None for here in present[first:]])
    plain = all(present[first:])
    if axes == tuple(range(len(axes))):
        return _same if plain else lambda x: x[key]
    return (lambda x: x.transpose(axes)) if plain else lambda x: x.transpose(axes)[key]


def _matrix(letters: str, rows: list[str], columns: list[str], sizes: Mapping[str, int]) -> Function:
    """An array as a matrix with these axes as rows and as columns; one without axes where there are none."""
    order = tuple([letters.index(letter) for letter in [*rows, *columns]])
    shape = tuple([math.prod([sizes[letter] for letter in group]) for group in (rows, columns) if group])
    straight = order == tuple(range(len(order)))
    if len(rows) <= 1 and len(columns) <= 1:
        return _same if straight else lambda x: x.transpose(order)
    return (lambda x: x.reshape(shape)) if straight else lambda x: x.transpose(order).reshape(shape)


def _stacked(
    first: str,
    second: str,
    out: str,
    sizes: Mapping[str, int],
    shared: list[str],
    left: list[str],
    summed: list[str],
    right: list[str],
) -> Function:
    import numpy as np

    def group(letters: list[str]) -> int:
        return math.prod([sizes[letter] for letter in letters])

    lead = tuple([sizes[letter] for letter in shared])
    a_order = tuple([first.index(letter) for letter in [*shared, *left, *summed]])
    b_order = tuple([second.index(letter) for letter in [*shared, *summed, *right]])
    a_shape = (*lead, group(left), group(summed))
    b_shape = (*lead, group(summed), group(right))
    natural = [*shared, *left, *right]
    inner = tuple([sizes[letter] for letter in natural])
    order = tuple([natural.index(letter) for letter in out])

    def run(x: Value, y: Value) -> Value:
        product = np.matmul(x.transpose(a_order).reshape(a_shape), y.transpose(b_order).reshape(b_shape))
        return product.reshape(inner).transpose(order)

    return run


def _recurrence(node: Node) -> Function:
    import numpy as np

    axis, backward = node.attrs

    def run(a: Value, b: Value) -> Value:
        rates, inputs = np.moveaxis(a, axis, 0), np.moveaxis(b, axis, 0)
        out = np.empty(inputs.shape, np.result_type(a, b))
        places = range(len(inputs))
        before = np.zeros(inputs.shape[1:], out.dtype)
        for i in reversed(places) if backward else places:
            before = rates[i] * before + inputs[i]
            out[i] = before
        return np.moveaxis(out, 0, axis)

    return run


def _each(function: Function) -> Function:
    """A function of stacks of matrices, with NaN for those to which linear algebra has no answer."""
    import numpy as np

    def run(*args: Value) -> Value:
        try:
            return function(*args)
        except np.linalg.LinAlgError:
            pass
        lead = np.broadcast_shapes(*[arg.shape[:-2] for arg in args])
        stacks = [np.broadcast_to(arg, lead + arg.shape[-2:]) for arg in args]
        found = np.full(stacks[-1].shape, np.nan, np.result_type(*args))
        for place in np.ndindex(lead):
            with suppress(np.linalg.LinAlgError):
                found[place] = function(*[stack[place] for stack in stacks])
        return found

    return run


def _inv(node: Node) -> Function:
    import numpy as np

    return _each(np.linalg.inv)


def _solve(node: Node) -> Function:
    import numpy as np

    return _each(np.linalg.solve)


def _adjugate(node: Node) -> Function:
    """adj(A) = det(U) det(V) V adj(S) Uᵀ from the singular values, right for singular matrices, too."""
    import numpy as np

    def run(x: Value) -> Value:
        u, s, vh = np.linalg.svd(x)
        n = s.shape[-1]
        others = np.ones_like(s)
        for i in range(n):
            others[..., i] = np.prod(np.delete(s, i, axis=-1), axis=-1)
        sign = np.linalg.det(u) * np.linalg.det(vh)
        core = np.swapaxes(vh, -1, -2) * others[..., None, :]
        return (sign[..., None, None] * (core @ np.swapaxes(u, -1, -2))).astype(x.dtype, copy=False)

    return _each(run)


def _adjugate_rate(node: Node) -> Function:
    """From the singular values, as the adjugate: what it is for a diagonal matrix, turned back."""
    import numpy as np

    def run(a: Value, x: Value) -> Value:
        u, s, vh = np.linalg.svd(a)
        turned = np.swapaxes(u, -1, -2) @ x @ np.swapaxes(vh, -1, -2)
        pairs = _without_pairs(s)
        diagonal = np.diagonal(turned, axis1=-2, axis2=-1)
        core = -pairs * turned
        places = np.arange(s.shape[-1])
        core[..., places, places] = (pairs @ diagonal[..., None])[..., 0]
        sign = np.linalg.det(u) * np.linalg.det(vh)
        found = np.swapaxes(vh, -1, -2) @ core @ np.swapaxes(u, -1, -2)
        return (sign[..., None, None] * found).astype(node.dtype, copy=False)

    return _each(run)


def _without_pairs(s: Value) -> Value:
    """For each two of the last axis the product of the others; 0 on the diagonal."""
    import numpy as np

    n = s.shape[-1]
    found = np.zeros((*s.shape, n), s.dtype)
    for i in range(n):
        rest = np.delete(s, i, axis=-1)
        ones = np.ones((*s.shape[:-1], 1), s.dtype)
        before = np.cumprod(np.concatenate([ones, rest[..., :-1]], axis=-1), axis=-1)
        after = np.cumprod(np.concatenate([ones, rest[..., :0:-1]], axis=-1), axis=-1)[..., ::-1]
        found[..., i, np.arange(n) != i] = before * after
    return found


def _averaged(node: Node) -> Function:
    """Numbers for each eigenvalue, averaged over equal ones."""
    import numpy as np

    width = tie_width(node.args[0])

    def run(w: Value, g: Value) -> Value:
        size = np.max(np.abs(w), axis=-1, initial=0.0)[..., None]
        if not np.any(np.diff(w, axis=-1) <= width * size):
            return g
        same = np.abs(w[..., :, None] - w[..., None, :]) <= width * size[..., None]
        return (same @ g[..., None])[..., 0] / np.sum(same, axis=-1, dtype=g.dtype)

    return run


def _spectral(node: Node) -> Function:
    import numpy as np

    averaged = _averaged(node)
    return lambda _, w, vectors, g: (vectors * averaged(w, g)[..., None, :]) @ np.swapaxes(vectors, -1, -2)


def _rayleigh(node: Node) -> Function:
    import numpy as np

    averaged = _averaged(node)
    return lambda _, w, vectors, x: averaged(w, np.sum(vectors * (x @ vectors), axis=-2))


def _cholesky(node: Node) -> Function:
    import numpy as np

    return _each(np.linalg.cholesky)


def _linalg(name: str) -> Callable[[Node], Function]:
    def make(node: Node) -> Function:
        import numpy as np

        if name == "logdet":
            return lambda x: np.linalg.slogdet(x)[1]
        return np.linalg.det

    return make


def _arg(name: str) -> Callable[[Node], Function]:
    def make(node: Node) -> Function:
        import numpy as np

        axis = node.attrs
        if name == "argsort":
            return lambda x: np.argsort(x, axis=axis, kind="stable")
        function = getattr(np, name)
        return lambda x: function(x, axis=axis)

    return make


def _nonzero(node: Node) -> Function:
    import numpy as np

    return np.flatnonzero


def _searchsorted(node: Node) -> Function:
    import numpy as np

    side = node.attrs
    return lambda a, v: np.searchsorted(a, v, side=side)


def _cast(node: Node) -> Function:
    import numpy as np

    scalar = np.dtype(node.dtype).type
    return lambda x: x.astype(scalar) if isinstance(x, np.ndarray) else scalar(x)


def _eigh(node: Node) -> Function:
    import numpy as np

    def beside(x: Value) -> Value:  # the values in a row above the vectors
        w, vectors = np.linalg.eigh(x[..., 1:, :])
        return np.concatenate([w[..., None, :], vectors], axis=-2)

    def run(x: Value) -> Value:
        try:
            return tuple(np.linalg.eigh(x))
        except np.linalg.LinAlgError:
            found = _each(beside)(np.concatenate([x[..., :1, :], x], axis=-2))
            return found[..., 0, :], found[..., 1:, :]

    return run


def _item(node: Node) -> Function:
    index = node.attrs
    return lambda values: values[index]


def _runner(body: Body) -> Function:
    from mibun.run.interpret import body_program

    return body_program(body)


def _scan(node: Node) -> Function:
    import numpy as np

    loop: Scan = node.attrs
    c, k = loop.carries, loop.arrays
    turn = _runner(loop.body)
    outs = len(loop.body.outputs)
    shapes = [(out.shape, out.dtype) for out in loop.body.outputs[c:]]
    kept = [(x.shape, x.dtype) for x in loop.body.inputs[:c]]

    def run(*args: Value) -> Value:
        carry = list(args[:c])
        arrays, fixed = args[c : c + k], args[c + k :]
        n = loop.length if loop.length is not None else len(arrays[0])
        results = [np.empty((n, *shape), dtype) for shape, dtype in shapes]
        record = [np.empty((n, *shape), dtype) for shape, dtype in kept]
        for i in range(n - 1, -1, -1) if loop.backward else range(n):
            for stack, value in zip(record, carry, strict=True):
                stack[i] = value
            found = turn(*carry, *[array[i] for array in arrays], *fixed)
            carry = list(found[:c])
            for stack, value in zip(results, found[c:], strict=True):
                stack[i] = value
        return (*carry, *results, *record) if outs else ()

    return run


def _while(node: Node) -> Function:
    import numpy as np

    loop: While = node.attrs
    c = loop.carries
    holds, turn = _runner(loop.condition), _runner(loop.body)
    kept = [(x.shape, x.dtype) for x in loop.body.inputs[:c]]

    def run(*args: Value) -> Value:
        carry, fixed = list(args[:c]), args[c:]
        record: list[list[Value]] = [[] for _ in range(c)]
        while holds(*carry, *fixed)[0]:
            for history, value in zip(record, carry, strict=True):
                history.append(value)
            carry = list(turn(*carry, *fixed))
        n = len(record[0]) if record else 0
        stacks = [
            np.array(history, dtype).reshape((n, *shape)) for history, (shape, dtype) in zip(record, kept, strict=True)
        ]
        return (*carry, *stacks, n)

    return run


def _call(node: Node) -> Function:
    values = node.attrs.values
    return lambda *args: tuple(values(*args))


FUNCTIONS: Final[dict[str, Callable[[Node], Function]]] = {
    "cast": _cast,
    "reshape": _reshape,
    "transpose": _transpose,
    "broadcast": _broadcast,
    "sum": _reduce("sum"),
    "slice": _slice,
    "embed": _embed,
    "cumsum": _cumulative("cumsum"),
    "take": _take,
    "scatter": _scatter,
    "concat": _concat,
    "place": _place,
    "contract": _contract,
    "prod": _reduce("prod"),
    "cumprod": _cumulative("cumprod"),
    "amax": _reduce("amax"),
    "amin": _reduce("amin"),
    "inv": _inv,
    "det": _linalg("det"),
    "adjugate": _adjugate,
    "adjugate_rate": _adjugate_rate,
    "spectral": _spectral,
    "rayleigh": _rayleigh,
    "logdet": _linalg("logdet"),
    "cholesky": _cholesky,
    "recurrence": _recurrence,
    "solve": _solve,
    "argmax": _arg("argmax"),
    "argmin": _arg("argmin"),
    "argsort": _arg("argsort"),
    "nonzero": _nonzero,
    "searchsorted": _searchsorted,
    "eigh": _eigh,
    "scan": _scan,
    "while": _while,
    "call": _call,
    "item": _item,
}
