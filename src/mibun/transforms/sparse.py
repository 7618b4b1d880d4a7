"""Sparse Jacobians and Hessians of functions: the pattern and its colours are found with each traced path and kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from typing import Any, Final

from mibun import arrays, chain
from mibun.errors import UnsupportedOperation
from mibun.ops import BOOL, INTEGER, ONE, REAL
from mibun.sparse.compressed import Compression, Mixed
from mibun.sparse.jacobian import Jacobian
from mibun.trace.traced import Traced
from mibun.transforms.derived import Derived, Made, Nest, Setup, numbers, outputs, replace_leaves, scalar, shaped

_asked: Final[ContextVar[list[Jacobian] | None]] = ContextVar("_asked", default=None)


class Sparse(Derived):
    """A callable whose results are ``scipy.sparse.csr_array``: a row for each entry of a value, a column for each entry
    of an argument, both in reading order.

    Values and arguments may be nested; the result is then the nest of the values, each leaf replaced by a nest like the
    argument, of a matrix each. Entries that can differ from 0 are stored, those that happen to be 0 as well, so that
    the structure is the same at every point that takes the same path.
    """

    def pattern(self, *args: Any, **named: Any) -> Any:
        """Which entries can differ from 0 for such arguments: a ``csr_array`` of truths, the rows and columns of all
        values and arguments one after the other."""
        return self._found(args, named).pattern

    def coloring(self, *args: Any, **named: Any) -> Compression | Mixed:
        """How the entries are found for such arguments: the method and its source, the colours, the passes. It prints
        itself (``text``) and draws itself (``svg``)."""
        return self._found(args, named).compression

    def _found(self, args: tuple[Any, ...], named: dict[str, Any]) -> Jacobian:
        asked: list[Jacobian] = []
        token = _asked.set(asked)
        try:
            self(*args, **named)
        finally:
            _asked.reset(token)
        return asked[-1]


def sparse_jacobian(fn: Callable[..., Any], argnums: int | Sequence[int] = 0, mode: str = "auto") -> Sparse:
    """The sparse Jacobian of a function.

    >>> import numpy as np
    >>> found = sparse_jacobian(lambda x: x[1:] * x[:-1])
    >>> found(np.array([1.0, 2.0, 3.0])).toarray()
    array([[2., 1., 0.],
           [0., 3., 2.]])
    >>> found.coloring(np.array([1.0, 2.0, 3.0])).passes
    2
    """
    argnums = numbers(argnums)
    single = isinstance(argnums, int)

    def transform(setup: Setup) -> Made:
        nodes, tree, leaves, places = outputs(setup.call(), setup.trace)
        nodes = [arrays.cast(node, REAL) if node.dtype in (INTEGER, BOOL) else node for node in nodes]
        found = Jacobian(nodes, setup.variables, mode=None if mode == "auto" else mode)
        nest = setup.nest
        return _made(found, lambda blocks: replace_leaves(tree, leaves, places, _rows(nest, blocks, single)))

    return Sparse(fn, transform, argnums, "jacobian")


def sparse_hessian(fn: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Sparse:
    """The sparse Hessian of a function with one value, symmetric to the last digit.

    >>> import numpy as np
    >>> sparse_hessian(lambda x: np.sum(x[1:] * x[:-1] ** 2))(np.array([1.0, 2.0, 3.0])).toarray()
    array([[4., 2., 0.],
           [2., 6., 4.],
           [0., 4., 0.]])
    """
    argnums = numbers(argnums)
    single = isinstance(argnums, int)

    def transform(setup: Setup) -> Made:
        node = scalar(setup.call(), setup.trace, "hessian")
        pulled = chain.pull_back({node: ONE}, setup.variables)
        gradient = [shaped(g, x) for g, x in zip(pulled, setup.variables, strict=True)]
        found = Jacobian(gradient, setup.variables, symmetric=True)

        nest = setup.nest
        return _made(found, lambda blocks: nest.arguments(_rows(nest, blocks, single), single))

    return Sparse(fn, transform, argnums, "hessian")


def _made(found: Jacobian, nested: Callable[[list[list[Any]]], Any]) -> Made:
    def assemble(values: Sequence[Any]) -> Any:
        if any(type(value) is Traced for value in values):
            raise UnsupportedOperation("sparse_traced")
        asked = _asked.get()
        if asked is not None:
            asked.append(found)
        return nested(found.blocks(found.recover(values)))

    return Made(found.nodes, assemble)


def _rows(nest: Nest, blocks: list[list[Any]], single: bool) -> list[Any]:
    """For each row of blocks one nest like the argument, or a tuple of them."""
    return [nest.arguments(row, single) for row in blocks]
