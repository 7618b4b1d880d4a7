"""``vmap``: a function of one made a function of many, without a loop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from mibun import arrays, ops
from mibun.batch import batch
from mibun.chain import put
from mibun.errors import ShapeError
from mibun.node import Node, postorder
from mibun.run import interpret
from mibun.trace.traced import Trace, Traced, ask, decided
from mibun.transforms.derived import Derived, Made, Setup, fresh, outputs, replace_leaves
from mibun.transforms.trees import Tree


def vmap(fn: Callable[..., Any], in_axes: Any = 0, out_axes: Any = 0) -> Callable[..., Any]:
    """``fn`` over a batch: each argument gets an axis of the same length, and so does each result.

    ``in_axes`` is the axis, or one for each argument, ``None`` for an argument that is the same for all; ``out_axes``
    says where the axis is put in the results, ``None`` for one that is the same for all. Both may be nested like what
    they belong to, as far as there are differences. Arrays given by name are mapped along their first axis, as in JAX,
    and numbers given by name are the same for all. A function whose control flow depends on its arguments works as
    well: those that go the same way go together.

    >>> import numpy as np
    >>> vmap(lambda x, w: np.dot(x, w), in_axes=(0, None))(np.eye(2), np.array([3.0, 4.0]))
    array([3., 4.])
    """

    def transform(setup: Setup) -> Made:
        return _mapped(fn, setup, in_axes, out_axes)

    return Derived(fn, transform, None, "vmap", keep=True)


def _axes_of(in_axes: Any, argument: int, count: int, tree: Tree) -> list[Any]:
    """The axis to map over for each leaf of an argument."""
    if isinstance(in_axes, tuple | list):
        if len(in_axes) != count:
            raise ShapeError("vmap_axes", given=len(in_axes), wanted=count)
        in_axes = in_axes[argument]
    return _spread(in_axes, tree, "in_axes")


def _spread(axes: Any, tree: Tree, name: str) -> list[Any]:
    found = tree.spread(axes)
    if found is None or not all(axis is None or isinstance(axis, int) for axis in found):
        raise ShapeError("vmap_tree", name=name)
    return found


def _mapped(fn: Callable[..., Any], setup: Setup, in_axes: Any, out_axes: Any) -> Made:
    trace = setup.trace
    moved: list[Node] = list(setup.variables)
    many = [False] * len(moved)
    count = len(setup.nest.trees) - len(setup.named)
    for number, tree, places, _ in setup.nest.trees:
        by_name = number >= count
        axes = [0] * len(places) if by_name else _axes_of(in_axes, number, count, tree)
        for at, along in zip(places, axes, strict=True):
            if at < 0 or along is None or (by_name and not moved[at].shape):
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
    nodes, alike, tree, leaves, places = _groups(fn, setup, moved, many, size)
    tops = [top for top, at in zip(_spread(out_axes, tree, "out_axes"), places, strict=True) if at >= 0]
    nodes = [_put_axis(*each) for each in zip(nodes, tops, alike, strict=True)]
    return Made(nodes, lambda values: replace_leaves(tree, leaves, places, values))


def _put_axis(node: Node, top: int | None, alike: Node | None) -> Node:
    """A result with its batch along axis ``top``; for ``None`` the one that is the same for all."""
    if top is None:
        if alike is None:
            raise ShapeError("vmap_out")
        return alike
    if not -len(node.shape) <= top < len(node.shape):
        raise ShapeError("vmap_axis", axis=top, shape=node.shape)
    return arrays.move(node, 0, top % len(node.shape))


def _groups(
    fn: Callable[..., Any], setup: Setup, moved: list[Node], many: list[bool], size: int
) -> tuple[list[Node], list[Node | None], Tree, list[Any], list[int]]:
    """Trace the first one; all that decide as it did go with it, then the first of the rest, and so on.

    The results, for each what it is if it is the same for all, their nesting, leaves and places.
    """
    import numpy as np

    trace = setup.trace
    rest = np.arange(max(size, 1))
    parts: list[tuple[Any, list[Node]]] = []
    alike: list[Node | None] = []
    shape: Any = None
    while len(rest):
        symbols, guards, (nodes, *shape) = _one(fn, setup, moved, many, int(rest[0]), size)
        chosen, rest = rest, rest[:0]
        if guards and size:
            chosen, rest = _agreeing(guards, symbols, moved, many, chosen, size, trace)
        found = _over(nodes, symbols, moved, many, chosen, size)
        parts.append((chosen, found))
        alike = _alike(nodes, symbols, moved, many) if len(parts) == 1 else [None] * len(nodes)
    tree, leaves, places = shape
    if len(parts) == 1:
        return parts[0][1], alike, tree, leaves, places
    order = np.argsort(np.concatenate([chosen for chosen, _ in parts]))
    merged = []
    for group in zip(*[nodes for _, nodes in parts], strict=True):
        if len({node.shape[1:] for node in group}) > 1:
            raise ShapeError("vmap_shapes", shapes=", ".join(str(node.shape[1:]) for node in group))
        dtype = ops.promote(*[node.dtype for node in group])
        joined = arrays.concat([arrays.cast(node, dtype) for node in group], 0)
        merged.append(arrays.take(joined, ops.data(order), True))
    return merged, alike, tree, leaves, places


def _alike(nodes: Sequence[Node], symbols: list[Node], moved: list[Node], many: list[bool]) -> list[Node | None]:
    """What each result is, if it does not depend on what is mapped."""
    mapped = {symbol for symbol, flag in zip(symbols, many, strict=True) if flag}
    plain = {symbol: x for symbol, x, flag in zip(symbols, moved, many, strict=True) if not flag}
    return [None if mapped.intersection(postorder(node)) else put(node, plain) for node in nodes]


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
    return x if len(chosen) == size or not size else arrays.take(x, ops.data(chosen), True)


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
        trace.turns.add(symbol)
        symbols.append(symbol)
        stand_ins.append(Traced(trace, symbol, value, setup.level))
    given = [setup.nest.nested(stand_ins, i) for i in range(len(setup.nest.trees))]
    count = len(given) - len(setup.named)
    named = dict(zip(setup.named, given[count:], strict=True))
    with trace.deciding() as guards:
        found = outputs(ask(fn, *given[:count], **named), trace, whole=True)
    return symbols, guards, found


__all__ = ["vmap"]
