"""Sparse Jacobians and Hessians of graphs: pattern, colours, then a few passes of the chain rule at every point.

All passes of a kind go together, as one batch: what does not depend on the direction of a pass is worked out once.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate, pairwise
from typing import Any, Final

from mibun import arrays, chain
from mibun.batch import batch
from mibun.node import Node
from mibun.ops import ONE, data, symbol
from mibun.run.interpret import Plan, Program
from mibun.sparse.compressed import REVERSE, Compression, Mixed, compress
from mibun.sparse.pattern import pattern
from mibun.sparse.zeros import size

SEED: Final = "seed {}"  # names of the directions; nothing that can be read has a space in its name
TOGETHER: Final = 2**22  # entries of the seeds of a batch; more passes than fit go into several batches


class Jacobian:
    """The derivatives of ``outputs`` by ``inputs`` as one sparse matrix.

    Its rows are the entries of the outputs, one output after the other, each in reading order, its columns those of the
    inputs. ``symmetric`` is for a gradient, whose Jacobian is a Hessian; ``mode`` is ``forward`` or ``reverse``, the
    cheapest way if it is ``None``.

    The work is a graph: :attr:`nodes`, from whose values :meth:`recover` makes the matrix, so that whoever runs graphs
    can run it. Called with the values of the inputs, and of further symbols of the graph, ``parameters``, a Jacobian
    does both.
    """

    def __init__(
        self,
        outputs: Sequence[Node],
        inputs: Sequence[Node],
        parameters: Sequence[Node] = (),
        *,
        symmetric: bool = False,
        mode: str | None = None,
    ) -> None:
        self.outputs = tuple(outputs)
        self.inputs = tuple(inputs)
        self.parameters = tuple(parameters)
        self._symmetric = symmetric
        self._mode = mode

    @cached_property
    def pattern(self) -> Any:
        """Which entries can differ from 0: a ``csr_array`` of truths."""
        return pattern(self.outputs, self.inputs)

    @cached_property
    def compression(self) -> Compression | Mixed:
        """The colours, the seeds, and the way back."""
        return compress(self.pattern, self._symmetric, self._mode)

    @cached_property
    def _batches(self) -> list[list[list[Node]]]:
        """For each part of the compression its batches: a node for each output (in reverse: each input), whose first
        axis counts the passes."""
        return [self._passes(part) for part in self.compression.parts]

    def _passes(self, part: Compression) -> list[list[Node]]:
        import numpy as np

        if not part.passes:
            return []
        backward = part.mode == REVERSE
        ends, starts = (self.inputs, self.outputs) if backward else (self.outputs, self.inputs)
        directions = {node: symbol(SEED.format(i), node.shape, node.dtype) for i, node in enumerate(starts)}
        found = chain.pull_back(directions, self.inputs) if backward else chain.push_along(self.outputs, directions)
        products = [_whole(node, end) for node, end in zip(found, ends, strict=True)]
        cuts = np.cumsum([size(node) for node in starts])[:-1]
        most = max(1, TOGETHER // max(1, len(part.colors)))
        batches = []
        for first in range(0, part.passes, most):
            some = part.some_seeds(first, min(most, part.passes - first))
            pieces = np.split(some, cuts, axis=1)
            seeds = {
                directions[node]: data(piece.reshape(len(some), *node.shape).astype(node.dtype))
                for node, piece in zip(starts, pieces, strict=True)
            }
            batches.append(batch(products, seeds, len(some)))
        return batches

    @cached_property
    def nodes(self) -> list[Node]:
        """What has to be worked out at a point."""
        return [node for batches in self._batches for products in batches for node in products]

    def recover(self, values: Sequence[Any]) -> Any:
        """The matrix, a ``scipy.sparse.csr_array``, from the values of :attr:`nodes`.

        All entries of the pattern are stored, those that happen to be 0 as well.
        """
        import numpy as np

        left = iter(values)
        products = []
        for part, batches in zip(self.compression.parts, self._batches, strict=True):
            rows = [
                np.concatenate(
                    [np.reshape(next(left), (node.shape[0], size(node) // node.shape[0])) for node in nodes], 1
                )
                for nodes in batches
            ]
            products.append(np.concatenate(rows) if rows else np.zeros((0, part.length)))
        found = self.compression
        return found.recover(products) if isinstance(found, Mixed) else found.recover(products[0])

    def blocks(self, matrix: Any) -> list[list[Any]]:
        """The matrix in parts: a row of them for each output, a matrix for each input."""
        if len(self.outputs) == len(self.inputs) == 1:
            return [[matrix]]
        tops, lefts = ([0, *accumulate(map(size, nodes))] for nodes in (self.outputs, self.inputs))
        rows = [matrix[top:bottom] for top, bottom in pairwise(tops)]
        return [[row[:, left:right] for left, right in pairwise(lefts)] for row in rows]

    @cached_property
    def _run(self) -> Program:
        import numpy as np

        segment = Plan([*self.inputs, *self.parameters]).extend(self.nodes, last=True)

        def run(*values: Any) -> tuple[Any, ...]:
            with np.errstate(all="ignore"):
                return segment.run([*values])

        return run

    def __call__(self, *values: Any) -> Any:
        """The matrix at a point: the values of the inputs, then those of the parameters."""
        return self.recover(self._run(*values))


def _whole(node: Node, like: Node) -> Node:
    """What a pass brings, repeated to the shape that it belongs to."""
    return arrays.cast(arrays.full(node, like), like.dtype)


def sparse_jacobian(
    outputs: Sequence[Node], inputs: Sequence[Node], parameters: Sequence[Node] = (), mode: str | None = None
) -> Jacobian:
    """The sparse Jacobian of ``outputs`` by ``inputs``.

    >>> import numpy as np
    >>> from mibun.ops import make, symbol
    >>> x = symbol("x", (3,))
    >>> found = sparse_jacobian([make("mul", x, x)], [x])
    >>> found(np.array([1.0, 2.0, 3.0])).toarray().tolist(), found.compression.passes
    ([[2.0, 0.0, 0.0], [0.0, 4.0, 0.0], [0.0, 0.0, 6.0]], 1)
    """
    return Jacobian(outputs, inputs, parameters, mode=mode)


def sparse_hessian(output: Node, inputs: Sequence[Node], parameters: Sequence[Node] = ()) -> Jacobian:
    """The sparse Hessian of a number by ``inputs``: the Jacobian of its gradient, in as few passes as its symmetry
    allows."""
    gradient = chain.pull_back({output: arrays.cast(ONE, output.dtype)}, inputs)
    whole = [_whole(node, x) for node, x in zip(gradient, inputs, strict=True)]
    return Jacobian(whole, inputs, parameters, symmetric=True)
