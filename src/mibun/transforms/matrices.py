"""Jacobians and Hessians, dense: one graph for all rows or columns at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

from mibun import arrays, chain, ops
from mibun.batch import batch
from mibun.errors import BudgetExceeded, UnsupportedOperation
from mibun.node import Node, Shape
from mibun.ops import ZERO
from mibun.transforms.derived import Derived, Made, Setup, fresh, numbers, outputs, replace_leaves, shaped

ENTRIES: Final = 100_000_000  # of a dense matrix
MODES: Final = ("forward", "reverse", "auto")


def jacobian(
    fn: Callable[..., Any], argnums: int | Sequence[int] = 0, *, mode: str = "auto", sparse: bool = False
) -> Callable[..., Any]:
    """All derivatives of all values: an array of the shape of the value followed by that of the argument.

    ``mode`` is "forward" (cost grows with the number of inputs), "reverse" (with that of outputs) or "auto": whichever
    is less. Values and arguments may be nested; the result is then the nest of the values, each leaf replaced by a nest
    like the argument. With ``sparse`` the result is a ``scipy.sparse`` array, see :func:`mibun.sparse.jacobian`.

    >>> import numpy as np
    >>> jacobian(lambda x: x[:2] * x[1:])(np.array([1.0, 2.0, 3.0]))
    array([[2., 1., 0.],
           [0., 3., 2.]])
    """
    if mode not in MODES:
        raise UnsupportedOperation("mode", given=mode, modes=", ".join(MODES))
    if sparse:
        from mibun.transforms.sparse import sparse_jacobian

        return sparse_jacobian(fn, argnums, mode)
    argnums = numbers(argnums)
    single = isinstance(argnums, int)
    return Derived(fn, lambda setup: _jacobian(setup, mode, single), argnums, "jacobian")


def hessian(fn: Callable[..., Any], argnums: int | Sequence[int] = 0, *, sparse: bool = False) -> Callable[..., Any]:
    """All second derivatives, by forward over reverse mode.

    >>> import numpy as np
    >>> hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 2.0]))
    array([[4., 2.],
           [2., 0.]])
    """
    if sparse:
        from mibun.transforms.sparse import sparse_hessian

        return sparse_hessian(fn, argnums)
    return jacobian(jacobian(fn, argnums, mode="reverse"), argnums, mode="forward")


def basis(shape: Shape, dtype: str) -> Node:
    """All unit arrays of a shape, stacked."""
    import numpy as np

    n = math.prod(shape)
    return ops.data(np.eye(n, dtype=dtype).reshape((n, *shape)))


def _jacobian(setup: Setup, mode: str, single: bool) -> Made:
    nodes, tree, leaves, places = outputs(setup.call(), setup.trace)
    nodes = [arrays.cast(node, ops.REAL) if node.dtype in (ops.INTEGER, ops.BOOL) else node for node in nodes]
    ins = sum([math.prod(x.shape) for x in setup.variables])
    outs = sum([math.prod(y.shape) for y in nodes])
    if ins * outs > ENTRIES:
        raise BudgetExceeded("dense", rows=outs, columns=ins, limit=ENTRIES)
    forward = mode == "forward" or (mode == "auto" and ins < outs)
    blocks = [_by_columns, _by_rows][not forward](nodes, setup.variables)
    flat = [block for row in blocks for block in row]
    width, count, nest = len(setup.variables), len(nodes), setup.nest

    def assemble(values: Sequence[Any]) -> Any:
        rows = [values[i * width : (i + 1) * width] for i in range(count)]
        found = []
        for row in rows:
            found.append(nest.arguments(row, single))
        return replace_leaves(tree, leaves, places, found)

    return Made(flat, assemble)


def _by_rows(nodes: list[Node], variables: list[Node]) -> list[list[Node]]:
    """Reverse mode: what flows back from every entry of every value."""
    found = []
    for y in nodes:
        if not y.shape:
            grads = chain.pull_back({y: ops.ONE}, variables)
            found.append([shaped(g, x) for g, x in zip(grads, variables, strict=True)])
            continue
        seed = ops.symbol(f"seed{fresh()}", y.shape, y.dtype)
        grads = [shaped(g, x) for g, x in zip(chain.pull_back({y: seed}, variables), variables, strict=True)]
        many = batch(grads, {seed: basis(y.shape, y.dtype)}, math.prod(y.shape))
        found.append([arrays.reshape(g, y.shape + x.shape) for g, x in zip(many, variables, strict=True)])
    return found


def _by_columns(nodes: list[Node], variables: list[Node]) -> list[list[Node]]:
    """Forward mode: how every value moves with every entry of every argument."""
    columns = []
    for x in variables:
        seed = ops.symbol(f"seed{fresh()}", x.shape, x.dtype)
        pushed = chain.push_along(nodes, {x: seed}, variables)
        moved = [shaped(t, y) if t is not ZERO else t for t, y in zip(pushed, nodes, strict=True)]
        n = math.prod(x.shape)
        column = []
        for t, y in zip(moved, nodes, strict=True):
            if t is ZERO:
                column.append(arrays.zeros(y.shape + x.shape, y.dtype))
                continue
            if not x.shape:
                (one,) = [_put(t, seed, arrays.cast(ops.ONE, x.dtype))]
                column.append(one)
                continue
            (many,) = batch([t], {seed: basis(x.shape, x.dtype)}, n)
            turned = arrays.move(many, 0, len(y.shape))
            column.append(arrays.reshape(turned, y.shape + x.shape))
        columns.append(column)
    return [list(row) for row in zip(*columns, strict=True)] if columns else [[] for _ in nodes]


def _put(node: Node, old: Node, new: Node) -> Node:
    return chain.put(node, {old: new})
