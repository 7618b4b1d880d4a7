"""Linear algebra: solving, determinants, decompositions, norms."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from mibun import arrays, ops
from mibun.errors import ShapeError, UnsupportedOperation
from mibun.node import Node
from mibun.ops import ONE, TWO, ZERO, make
from mibun.trace import roots
from mibun.trace.functions.common import (
    axes_of,
    axis_of,
    floating,
    node_of,
    numpy_function,
    stand_in,
    strong,
    value_of,
    with_axes,
)
from mibun.trace.functions.products import covariance, einsum_of, matmul_of, pair_of
from mibun.trace.functions.shapes import diagonal_of
from mibun.trace.traced import CONSTANT, TURN, elementwise, levels, number, running, where


def _real_matrix(a: Any) -> Node:
    x = floating(node_of(a))
    if len(x.shape) < 2 or x.shape[-1] != x.shape[-2]:
        raise ShapeError("square", shape=x.shape)
    return x


def _exists(found: Node, function: Callable[..., Any]) -> Node:
    """Record whether NumPy finds an answer; where it finds none, raise its own error."""
    whole = arrays.reduced("amin", make("eq", found, found), range(len(found.shape)))
    if levels() and CONSTANT < levels()[-1] < TURN:
        running()[-1].guard(whole, value_of(whole))
    if not value_of(whole):
        function(*[value_of(arg) for arg in found.args])
    return found


@numpy_function("linalg.solve")
def _solve(a: Any, b: Any) -> Node:
    import numpy as np

    x, y = pair_of(_real_matrix(a), floating(node_of(b)))
    if len(y.shape) == 1:
        found = _exists(make("solve", x, arrays.reshape(y, (*y.shape, 1))), np.linalg.solve)
        return arrays.reshape(found, found.shape[:-1])
    return _exists(make("solve", x, y), np.linalg.solve)


@numpy_function("linalg.inv")
def _inv(a: Any) -> Node:
    import numpy as np

    x = _real_matrix(a)
    return _exists(make("inv", x), np.linalg.inv)


numpy_function("linalg.det")(lambda a: make("det", _real_matrix(a)))


@numpy_function("linalg.slogdet")
def _slogdet(a: Any) -> Any:
    from numpy.linalg import slogdet

    x = _real_matrix(a)
    sign = make("sign", make("det", x))
    found = slogdet(value_of(x))
    return type(found)(sign, make("logdet", x))


def _from_lower(a: Any, lower: bool = True) -> Node:
    """The symmetric matrix of which NumPy reads one triangle only."""
    import numpy as np

    x = _real_matrix(a)
    n = x.shape[-1]
    mask = np.tril(np.ones((n, n), bool)) if lower else np.triu(np.ones((n, n), bool))
    return make("where", ops.data(mask), x, arrays.swap(x))


@numpy_function("linalg.cholesky")
def _cholesky(a: Any, /, *, upper: bool = False) -> Node:
    import numpy as np

    x = _from_lower(a, not upper)
    found = _exists(make("cholesky", x), np.linalg.cholesky)
    return arrays.swap(found) if upper else found


@numpy_function("linalg.eigvalsh")
def _eigvalsh(a: Any, UPLO: str = "L") -> Node:
    return arrays.item(make("eigh", _from_lower(a, UPLO.upper() == "L")), 0)


@numpy_function("linalg.eigh")
def _eigh(a: Any, UPLO: str = "L") -> Any:
    from numpy.linalg import eigh

    pair = make("eigh", _from_lower(a, UPLO.upper() == "L"))
    import numpy as np

    kind: Any = type(eigh(np.eye(1)))  # a named tuple
    return kind(arrays.item(pair, 0), arrays.item(pair, 1))


@numpy_function("linalg.matrix_power")
def _matrix_power(a: Any, n: int) -> Node:
    x = _real_matrix(a)
    if n < 0:
        x, n = make("inv", x), -n
    if n == 0:
        import numpy as np

        return arrays.broadcast(arrays.cast(ops.data(np.eye(x.shape[-1])), x.dtype), x.shape)
    result: Node | None = None
    while n:
        if n & 1:
            result = x if result is None else matmul_of(result, x)
        n >>= 1
        if n:
            x = matmul_of(x, x)
    assert result is not None
    return result


@numpy_function("linalg.multi_dot")
def _multi_dot(arrays_: Any, *, out: Any = None) -> Node:
    nodes = [node_of(x) for x in arrays_]
    terms = []
    letter = 0
    for i, node in enumerate(nodes):
        if len(node.shape) == 1:
            terms.append(arrays.LETTERS[letter])
            letter += i > 0
        else:
            terms.append(arrays.LETTERS[letter] + arrays.LETTERS[letter + 1])
            letter += 1
    joined = "".join(terms)
    pairs = [pair_of(node, node)[0] for node in nodes]
    return einsum_of(terms, pairs, "".join([c for c in dict.fromkeys(joined) if joined.count(c) == 1]))


@numpy_function("linalg.pinv")
def _pinv(a: Any, rcond: Any = None, hermitian: bool = False, **options: Any) -> Node:
    """For a matrix of full rank, by the normal equations."""
    x = floating(node_of(a))
    rows, columns = x.shape[-2:]
    t = arrays.swap(x)
    if rows >= columns:
        return make("solve", matmul_of(t, x), t)
    return arrays.swap(make("solve", matmul_of(x, t), x))


@numpy_function("linalg.lstsq")
def _lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    raise UnsupportedOperation("trace_function", **where(name="np.linalg.lstsq"))


@numpy_function("linalg.norm")
def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: Any = False) -> Node:
    node = floating(strong(node_of(x)))
    n = len(node.shape)
    if axis is None and (ord is None or (n <= 2 and ord in ("fro",) and n == 2) or (ord == 2 and n == 1)):
        axes = tuple(range(n))
        return with_axes(roots.distance(arrays.total(make("pow", node, TWO), axes)), axes, keepdims)
    if axis is None:
        axis = tuple(range(n))
    axes = tuple([axis_of(a, n) for a in (axis if isinstance(axis, tuple | list) else (axis,))])
    if len(axes) == 1:
        return with_axes(_vector_norm(node, 2 if ord is None else ord, axes), axes, keepdims)
    if len(axes) == 2:
        return with_axes(_matrix_norm(node, "fro" if ord is None else ord, axes), axes, keepdims)
    raise ValueError("Improper number of dimensions to norm.")


def _vector_norm(x: Node, ord: Any, axes: tuple[int, ...]) -> Node:
    size = make("abs", x)
    if ord == math.inf:
        return arrays.reduced("amax", size, axes)
    if ord == -math.inf:
        return arrays.reduced("amin", size, axes)
    if ord == 0:
        return arrays.total(arrays.cast(make("ne", x, ZERO), x.dtype), axes)
    if ord == 1:
        return arrays.total(size, axes)
    if ord == 2:
        return roots.distance(arrays.total(make("pow", x, TWO), axes))
    if isinstance(ord, str):
        raise ValueError(f"Invalid norm order {ord!r} for vectors")
    power = number(float(ord))
    # The inner power meets 0 only where an entry is 0, and its slope there is that of least norm.
    total = arrays.total(elementwise("pow", size, power), axes)
    positive = make("gt", total, ZERO)
    root = elementwise("pow", make("where", positive, total, ONE), make("div", ONE, power))
    return make("where", positive, root, ZERO)


def _matrix_norm(x: Node, ord: Any, axes: tuple[int, ...]) -> Node:
    rows, columns = axes
    if ord in ("fro", "f"):
        return roots.distance(arrays.total(make("pow", x, TWO), axes))
    if ord in (1, -1, math.inf, -math.inf):
        summed, rest = (rows, columns) if abs(ord) == 1 else (columns, rows)
        lines = arrays.total(make("abs", x), (summed,))
        return arrays.reduced("amax" if ord > 0 else "amin", lines, (rest - (rest > summed),))
    if ord in (2, -2, "nuc"):
        last = [i for i in range(len(x.shape)) if i not in axes]
        x = arrays.transpose(x, [*last, *axes])
        small = x.shape[-1] <= x.shape[-2]
        gram = matmul_of(arrays.swap(x), x) if small else matmul_of(x, arrays.swap(x))
        values = roots.distance(make("max", arrays.item(make("eigh", gram), 0), ZERO))
        end = len(values.shape) - 1
        if ord == "nuc":
            return arrays.total(values, (end,))
        return arrays.reduced("amax" if ord == 2 else "amin", values, (end,))
    raise ValueError(f"Invalid norm order {ord!r} for matrices")


@numpy_function("linalg.vector_norm")
def _vector_norm_of(x: Any, /, *, axis: Any = None, keepdims: Any = False, ord: Any = 2) -> Node:
    node = floating(strong(node_of(x)))
    axes = axes_of(axis, len(node.shape))
    return with_axes(_vector_norm(node, ord, axes), axes, keepdims)


@numpy_function("linalg.matrix_norm")
def _matrix_norm_of(x: Any, /, *, keepdims: Any = False, ord: Any = "fro") -> Node:
    node = floating(node_of(x))
    axes = (len(node.shape) - 2, len(node.shape) - 1)
    return with_axes(_matrix_norm(node, ord, axes), axes, keepdims)


@numpy_function("linalg.svdvals")
def _svdvals(x: Any, /) -> Node:
    """Singular values, the largest first, as roots of the eigenvalues of the smaller of AᵀA and AAᵀ."""
    node = floating(node_of(x))
    gram = (
        matmul_of(arrays.swap(node), node) if node.shape[-1] <= node.shape[-2] else matmul_of(node, arrays.swap(node))
    )
    values = arrays.item(make("eigh", gram), 0)
    return roots.distance(make("max", arrays.flip(values, (len(values.shape) - 1,)), ZERO))


@numpy_function("linalg.svd")
def _svd(a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Node:
    if compute_uv:
        raise UnsupportedOperation("trace_option", **where(name="np.linalg.svd", option="compute_uv=True"))
    return _svdvals(a)


@numpy_function("corrcoef")
def _corrcoef(x: Any, y: Any = None, rowvar: bool = True, **options: Any) -> Node:
    cov = covariance(x, y, rowvar)
    if not cov.shape:
        return make("div", cov, cov)
    scale = make("sqrt", diagonal_of(stand_in(cov)))
    return make("div", cov, arrays.contract(("a", "b", "ab"), scale, scale))
