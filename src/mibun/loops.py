"""What a loop or a foreign function carries as a node's attributes: its body as a graph, and which argument is what.

A body is closed: it reaches nothing of the graph around it but through its inputs, so that walks, substitutions and
derivatives of the outer graph never need to enter it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from mibun.node import Node, Shape
from mibun.ops import INTEGER, symbol

ANY_LENGTH = -1  # the length of a record that is known at run time only


class Body(NamedTuple):
    """A function as a graph: symbols in, nodes out."""

    inputs: tuple[Node, ...]
    outputs: tuple[Node, ...]


def inputs(like: list[Node], prefix: str) -> list[Node]:
    """Fresh symbols for a body, with shapes and precisions of ``like``: the same names for the same places, so that
    equal bodies are one object."""
    return [symbol(f"{prefix}{i}", node.shape, node.dtype) for i, node in enumerate(like)]


class Scan(NamedTuple):
    """A loop over the first axis of some arguments: (carries, slices, constants) → (carries, results).

    Arguments: the first carries, the arrays, the constants. Values: the last carries, the results stacked, and the
    carries before each turn stacked, which the way back needs. ``length`` is ``None`` where the arrays tell it at run
    time; ``backward`` goes from the last slice to the first.

    ``holds``, a node over the inputs of the body, is true in every turn and not asked for. Only in a batch some of the
    loops in it may be over before the others: those for which it is false stay as they are.
    """

    body: Body
    carries: int
    arrays: int
    length: int | None
    backward: bool
    holds: Node | None = None

    def result(self, index: int) -> tuple[Shape, str]:
        n = ANY_LENGTH if self.length is None else self.length
        if index < self.carries:
            node = self.body.outputs[index]
            return node.shape, node.dtype
        if index < len(self.body.outputs):
            node = self.body.outputs[index]
        else:
            node = self.body.inputs[index - len(self.body.outputs)]
        return (n, *node.shape), node.dtype


class While(NamedTuple):
    """A loop as long as a condition holds: (carries, constants) → carries, and (carries, constants) → truth.

    Values: the last carries, the carries before each turn stacked, the number of turns.
    """

    condition: Body
    body: Body
    carries: int

    def result(self, index: int) -> tuple[Shape, str]:
        if index < self.carries:
            return self.body.outputs[index].shape, self.body.outputs[index].dtype
        if index < 2 * self.carries:
            node = self.body.inputs[index - self.carries]
            return (ANY_LENGTH, *node.shape), node.dtype
        return (), INTEGER


class Call:
    """A foreign function: it is called, never looked into. Two calls are equal if they are of the same object.

    ``fn`` takes arrays and returns a list of them; with ``batched``, which says which of the arguments have a batch as
    their first axis, it is called for each of the batch. ``rule()`` is the derivative: a body from (arguments, values,
    tangents) to tangents of the values; made when it is first asked for, since it may contain the function itself.
    """

    __slots__ = ("_body", "_make", "batched", "fn", "name", "results")

    def __init__(
        self,
        fn: Callable[..., Any],
        results: tuple[tuple[Shape, str], ...],
        make: Callable[[], Body],
        name: str,
        batched: tuple[bool, ...] | None = None,
    ) -> None:
        self.fn = fn
        self.results = results
        self._make: Callable[[], Body] | None = make
        self._body: Body | None = None
        self.name = name
        self.batched = batched

    def result(self, index: int) -> tuple[Shape, str]:
        return self.results[index]

    def values(self, *args: Any) -> list[Any]:
        """What the function returns, as arrays of the shapes and precisions that were promised."""
        import numpy as np

        found = self.fn(*args) if self.batched is None else self._for_each(self.batched, args)
        return [
            np.asarray(value, dtype=dtype).reshape(shape)
            for value, (shape, dtype) in zip(found, self.results, strict=True)
        ]

    def _for_each(self, flags: tuple[bool, ...], args: tuple[Any, ...]) -> list[list[Any]]:
        size = next(len(arg) for arg, flag in zip(args, flags, strict=True) if flag)
        rows = [self.fn(*[arg[i] if flag else arg for arg, flag in zip(args, flags, strict=True)]) for i in range(size)]
        return [[row[j] for row in rows] for j in range(len(self.results))]

    def rule(self) -> Body:
        make = self._make
        if self._body is None:
            assert make is not None
            self._body = make()
            self._make = None  # it holds values of the run in which the call was found
        return self._body
