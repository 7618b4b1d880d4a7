"""Array operations on nodes, leaving out what does nothing: a reshape to the same shape, a sum over no axis.

For arrays what :mod:`mibun.fold` is for arithmetic. Axes are counted from 0, shapes are tuples of ``int``, slices are
triples (start, count, step), one for each axis. Everything here goes graph in, graph out; NumPy's own spellings are
read in :mod:`mibun.read.numpy`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mibun import fold
from mibun.node import Node, Shape
from mibun.ops import NUMBER, REAL, SINGLE, ZERO, const, data, make

Slice = tuple[int, int, int]

LETTERS: Final = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


# Moving entries


def reshape(x: Node, shape: Shape) -> Node:
    """The same entries in reading order, in another shape."""
    while x.op == "reshape":
        x = x.args[0]
    return x if x.shape == shape else make("reshape", x, attrs=shape)


def transpose(x: Node, axes: Sequence[int]) -> Node:
    """Axis ``axes[k]`` of ``x`` becomes axis k."""
    axes = tuple(axes)
    if x.op == "transpose":
        axes = tuple([x.attrs[axis] for axis in axes])
        x = x.args[0]
    return x if axes == tuple(range(len(axes))) else make("transpose", x, attrs=axes)


def move(x: Node, source: int, target: int) -> Node:
    """One axis to another place."""
    axes = [axis for axis in range(len(x.shape)) if axis != source]
    axes.insert(target, source)
    return transpose(x, axes)


def swap(x: Node) -> Node:
    """The last two axes exchanged: the transpose of a matrix."""
    n = len(x.shape)
    return transpose(x, (*range(n - 2), n - 1, n - 2))


def inverse(axes: Sequence[int]) -> tuple[int, ...]:
    """The permutation that undoes another."""
    return tuple(sorted(range(len(axes)), key=axes.__getitem__))


def broadcast(x: Node, shape: Shape) -> Node:
    """``x`` repeated to ``shape``, by NumPy's rule."""
    if x.shape == shape:
        return x
    if x.op == "broadcast" and len(x.args[0].shape) in (0, len(shape)):
        return broadcast(x.args[0], shape)
    return make("broadcast", x, attrs=shape)


def full(x: Node, like: Node) -> Node:
    """``x`` with the shape of ``like``, and with its precision if ``x`` is a written number."""
    return broadcast(cast(x, like.dtype) if x.dtype is NUMBER else x, like.shape)


def expand(x: Node, axes: Sequence[int]) -> Node:
    """``x`` with axes of length 1 put in, at these places of the result."""
    shape, rest = [], iter(x.shape)
    for axis in range(len(x.shape) + len(axes)):
        shape.append(1 if axis in axes else next(rest))
    return reshape(x, tuple(shape))


def cast(x: Node, dtype: str) -> Node:
    return x if x.dtype is dtype else make("cast", x, attrs=dtype)


def slices(x: Node, which: Sequence[Slice]) -> Node:
    """A regular part: along each axis ``count`` entries from ``start`` on, ``step`` apart."""
    which = tuple(which)
    if all(part == (0, n, 1) for part, n in zip(which, x.shape, strict=True)):
        return x
    return make("slice", x, attrs=which)


def part(x: Node, axis: int, start: int, count: int, step: int = 1) -> Node:
    """A regular part along one axis."""
    return slices(x, [(start, count, step) if i == axis else (0, n, 1) for i, n in enumerate(x.shape)])


def flip(x: Node, axes: Sequence[int]) -> Node:
    return slices(x, [(n - 1, n, -1) if i in axes and n else (0, n, 1) for i, n in enumerate(x.shape)])


def embed(x: Node, shape: Shape, which: Sequence[Slice]) -> Node:
    """Zeros of ``shape``, with ``x`` in the part that :func:`slices` would take out."""
    which = tuple(which)
    if x.shape == shape and all(piece == (0, n, 1) for piece, n in zip(which, shape, strict=True)):
        return x
    return make("embed", x, attrs=(shape, which))


def concat(parts: Sequence[Node], axis: int) -> Node:
    return parts[0] if len(parts) == 1 else make("concat", *parts, attrs=axis)


def stack(parts: Sequence[Node], axis: int) -> Node:
    return concat([expand(node, (axis,)) for node in parts], axis)


def take(x: Node, index: Node, distinct: bool = False) -> Node:
    """``x[index]`` along the first axis, for non-negative whole numbers; ``distinct`` if none occurs twice."""
    return make("take", x, index, attrs=distinct)


def scatter(g: Node, index: Node, length: int, distinct: bool = False) -> Node:
    """Zeros with ``length`` places along the first axis, to which ``g`` is added at ``index``."""
    return make("scatter", g, index, attrs=(length, distinct))


def place(x: Node, values: Sequence[Node], regions: Sequence[Sequence[Slice]]) -> Node:
    """``x`` with values in place of some regions, which do not overlap."""
    if not values:
        return x
    return make("place", x, *values, attrs=tuple([tuple(region) for region in regions]))


# Reductions and products


def total(x: Node, axes: Sequence[int]) -> Node:
    """The sum over axes, which go."""
    return make("sum", x, attrs=tuple(sorted(axes))) if axes else x


def reduced(op: str, x: Node, axes: Sequence[int]) -> Node:
    """``prod``, ``amax`` or ``amin`` over axes."""
    return make(op, x, attrs=tuple(sorted(axes))) if axes else x


def cumsum(x: Node, axis: int, backward: bool = False) -> Node:
    return make("cumsum", x, attrs=(axis, backward))


def recurrence(a: Node, b: Node, axis: int, backward: bool = False) -> Node:
    """y[i] = a[i] y[i-1] + b[i] along an axis, from y[-1] = 0; ``backward`` from the other end."""
    a, b = full(a, b), full(b, a) if len(a.shape) > len(b.shape) else b
    return make("recurrence", a, b, attrs=(axis, backward))


def contract(spec: tuple[str, str, str], a: Node, b: Node) -> Node:
    """The sum of products named by letters, as in ``einsum``: every letter of an argument occurs elsewhere, too."""
    first, second, out = spec
    names = {letter: LETTERS[i] for i, letter in enumerate(dict.fromkeys(first + second))}
    canonical = tuple(["".join([names[letter] for letter in letters]) for letters in (first, second, out)])
    return make("contract", a, b, attrs=canonical)


def matmul(a: Node, b: Node) -> Node:
    """The product of matrices, or of stacks of them with the same leading axes, or leading axes on one side only."""
    lead = LETTERS[3 : 3 + max(len(a.shape), len(b.shape)) - 2]
    first = lead[len(lead) - len(a.shape) + 2 :] + "ab"
    second = lead[len(lead) - len(b.shape) + 2 :] + "bc"
    return contract((first, second, lead + "ac"), a, b)


def tie_width(matrix: Node) -> float:
    """Eigenvalues that are as close as this, beside the greatest, cannot be told apart."""
    return 8 * matrix.shape[-1] * (1.2e-7 if matrix.dtype is SINGLE else 2.2e-16)


def item(of: Node, index: int) -> Node:
    return make("item", of, attrs=index)


# Broadcasting and its adjoint


def fits(shape: Shape, wanted: Shape) -> bool:
    """Whether an array of ``shape`` can be repeated to ``wanted``."""
    return len(shape) <= len(wanted) and all(
        n in (1, m) for n, m in zip(reversed(shape), reversed(wanted), strict=False)
    )


def fit(g: Node, shape: Shape, target: Node) -> Node:
    """What flows back to an argument that was repeated from its own shape to ``shape``: the sum over the repetitions.

    ``g`` may itself still be unrepeated: an axis of length 1 stands for equal entries. So may the result.
    """
    if target.shape == shape or g is ZERO:
        return g
    lead = len(shape) - len(target.shape)
    missing = len(shape) - len(g.shape)
    times, axes, kept = 1, [], []
    for axis, n in enumerate(shape):
        mine = g.shape[axis - missing] if axis >= missing else 1
        wanted = target.shape[axis - lead] if axis >= lead else 1
        if wanted == 1 and n != 1:
            if mine == 1:
                times *= n
            else:
                axes.append(axis - missing)
                mine = 1
        if axis >= lead:
            kept.append(mine)
    g = total(g, axes)
    if g.shape:
        g = reshape(g, tuple(kept))
    return fold.mul(const(times), g) if times != 1 else g


def ones(like: Node) -> Node:
    return full(const(1), like)


def zeros(shape: Shape, dtype: str = REAL) -> Node:
    return broadcast(cast(ZERO, dtype), shape)


def arange(n: int) -> Node:
    import numpy as np

    return data(np.arange(n))
