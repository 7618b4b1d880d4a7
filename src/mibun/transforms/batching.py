"""``vmap``: a function of one made a function of many, without a loop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from mibun import arrays, ops
from mibun.batch import batch
from mibun.chain import put
from mibun.errors import ShapeError
from mibun.node import Node
from mibun.run import interpret
from mibun.trace.traced import Trace, Traced, decided
from mibun.transforms.derived import Derived, Made, Setup, fresh, outputs, replace_leaves
from mibun.transforms.trees import flatten


def vmap(fn: Callable[..., Any], in_axes: Any = 0, out_axes: Any = 0) -> Callable[..., Any]:
    """``fn`` over a batch: each argument gets an axis of the same length, and so does each result.

    ``in_axes`` is the axis, or one for each argument, ``None`` for an argument that is the same for all; ``out_axes``
    says where the axis is put in the results. A function whose control flow depends on its arguments works as well:
    those that go the same way go together.

    >>> import numpy as np
    >>> vmap(lambda x, w: np.dot(x, w), in_axes=(0, None))(np.eye(2), np.array([3.0, 4.0]))
    array([3., 4.])
    """

    def transform(setup: Setup) -> Made:
        return _mapped(fn, setup, in_axes, out_axes)

    return Derived(fn, transform, None, "vmap", keep=True)


def _axis_of(in_axes: Any, argument: int, count: int) -> Any:
    if isinstance(in_axes, tuple | list):
        if len(in_axes) != count:
            raise ShapeError("vmap_axes", given=len(in_axes), wanted=count)
        return in_axes[argument]
    return in_axes


def _mapped(fn: Callable[..., Any], setup: Setup, in_axes: Any, out_axes: Any) -> Made:
    trace = setup.trace
    moved: list[Node] = list(setup.variables)
    many = [False] * len(moved)
    for number, _, places, _ in setup.nest.trees:
        axis = _axis_of(in_axes, number, len(setup.nest.trees))
        axes = [axis] * len(places) if axis is None or isinstance(axis, int) else flatten(axis)[0]
        if len(axes) != len(places):
            raise ShapeError("vmap_axes", given=len(axes), wanted=len(places))
        for at, along in zip(places, axes, strict=True):
            if at < 0 or along is None:
                continue
            x = moved[at]
            if not -len(x.shape) <= along < len(x.shape):
                raise ShapeError("vmap_axis", axis=along, shape=x.shape)
            moved[at] = arrays.move(x, along % len(x.shape), 0)
            many[at] = True
    sizes = {x.shape[0] for x, flag in zip(moved, many, strict=True) if flag}
    if len(sizes) != 1:
        raise ShapeError("vmap_sizes", sizes=", ".join(map(str, sorted(sizes))) or "–")
    size = sizes.pop()
    interpret.fill(moved, trace.values)
    nodes, tree, leaves, places = _groups(fn, setup, moved, many, size)
    tops = [out_axes] * len(nodes) if isinstance(out_axes, int) else flatten(out_axes)[0]
    nodes = [arrays.move(node, 0, top % len(node.shape)) for node, top in zip(nodes, tops, strict=True)]
    return Made(nodes, lambda values: replace_leaves(tree, leaves, places, values))


def _groups(
    fn: Callable[..., Any], setup: Setup, moved: list[Node], many: list[bool], size: int
) -> tuple[list[Node], Any, list[Any], list[int]]:
    """Trace the first one; all that decide as it did go with it, then the first of the rest, and so on."""
    import numpy as np

    trace = setup.trace
    rest = np.arange(max(size, 1))
    parts: list[tuple[Any, list[Node]]] = []
    shape: Any = None
    while len(rest):
        symbols, guards, (nodes, *shape) = _one(fn, setup, moved, many, int(rest[0]), size)
        chosen, rest = rest, rest[:0]
        if guards:
            chosen, rest = _agreeing(guards, symbols, moved, many, chosen, size, trace)
        found = _over(nodes, symbols, moved, many, chosen, size)
        parts.append((chosen, found))
    tree, leaves, places = shape
    if len(parts) == 1:
        found = parts[0][1]
        return ([arrays.part(node, 0, 0, 0) for node in found] if size == 0 else found), tree, leaves, places
    order = np.argsort(np.concatenate([chosen for chosen, _ in parts]))
    merged = []
    for group in zip(*[nodes for _, nodes in parts], strict=True):
        if len({node.shape[1:] for node in group}) > 1:
            raise ShapeError("vmap_shapes", shapes=", ".join(str(node.shape[1:]) for node in group))
        dtype = ops.promote(*[node.dtype for node in group])
        joined = arrays.concat([arrays.cast(node, dtype) for node in group], 0)
        merged.append(arrays.take(joined, ops.data(order), True))
    return merged, tree, leaves, places


def _over(
    nodes: Sequence[Node], symbols: list[Node], moved: list[Node], many: list[bool], chosen: Any, size: int
) -> list[Node]:
    """Nodes of one made nodes of the chosen ones."""
    own = [_some(x, chosen, size) if flag else x for x, flag in zip(moved, many, strict=True)]
    plain = {s: x for s, x, flag in zip(symbols, own, many, strict=True) if not flag}
    replace = {s: x for s, x, flag in zip(symbols, own, many, strict=True) if flag}
    if plain:
        nodes = [put(node, plain) for node in nodes]
    return batch(nodes, replace, len(chosen) if size else 0)


def _agreeing(
    guards: list[tuple[Node, Any]],
    symbols: list[Node],
    moved: list[Node],
    many: list[bool],
    rest: Any,
    size: int,
    trace: Trace,
) -> tuple[Any, Any]:
    """Which of the rest decide as the first of them did, and which do not. The trace holds for these decisions only."""
    import numpy as np

    tests = _over([node for node, _ in guards], symbols, moved, many, rest, size)
    interpret.fill(tests, trace.values)
    agree = np.ones(len(rest), bool)
    for test, (_, expected) in zip(tests, guards, strict=True):
        values = np.asarray(trace.values[test])
        agree &= np.array([decided(value) == expected for value in values], bool)
        trace.guard(test, values)
    return rest[agree], rest[~agree]


def _some(x: Node, chosen: Any, size: int) -> Node:
    return x if len(chosen) == size else arrays.take(x, ops.data(chosen), True)


def _one(
    fn: Callable[..., Any], setup: Setup, moved: list[Node], many: list[bool], index: int, size: int
) -> tuple[list[Node], list[tuple[Node, Any]], tuple[list[Node], Any, list[Any], list[int]]]:
    """Trace the function for one of the batch, on symbols of its own: these, the decisions, and what came out."""
    import numpy as np

    trace = setup.trace
    stamp = fresh()
    symbols, stand_ins = [], []
    for i, (x, flag) in enumerate(zip(moved, many, strict=True)):
        symbol = ops.symbol(f"m{stamp}_{i}", x.shape[1:] if flag else x.shape, x.dtype)
        whole = trace.values[x]
        value = (whole[index] if size else np.ones(symbol.shape, symbol.dtype)) if flag else whole
        trace.values[symbol] = value
        symbols.append(symbol)
        stand_ins.append(Traced(trace, symbol, value, setup.level))
    args = [
        tree.build([leaf if at < 0 else stand_ins[at] for at, leaf in zip(places, leaves, strict=True)])
        for _, tree, places, leaves in setup.nest.trees
    ]
    with trace.deciding() as guards:
        found = outputs(fn(*args, **setup.named), trace)
    return symbols, guards, found


__all__ = ["vmap"]
