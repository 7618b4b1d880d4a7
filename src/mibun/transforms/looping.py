"""Loops that stay loops: a long simulation is a small graph, and its derivative another loop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from mibun import arrays, ops
from mibun.errors import ShapeError, UnsupportedOperation
from mibun.loops import Body, Scan, While
from mibun.node import Node, postorder, rebuild
from mibun.ops import BOOL, INTEGER, NUMBER, REAL, make
from mibun.trace.traced import TURN, VARIABLE, Mixed, Trace, Traced, ask, operand, running
from mibun.transforms.derived import as_node, fresh
from mibun.transforms.trees import Tree, flatten


def scan(
    f: Callable[[Any, Any], tuple[Any, Any]],
    init: Any,
    xs: Any = None,
    length: int | None = None,
    reverse: bool = False,
    *,
    checkpoint: int | None = None,
) -> tuple[Any, Any]:
    """``carry, y = f(carry, x)`` for each ``x`` along the first axis of ``xs``: the last carry, and the ``y`` stacked.

    As ``jax.lax.scan``. ``f`` is called once while a derivative is traced, so that 10,000 turns make a small graph; the
    way back records the carry of every turn, or with ``checkpoint=k`` of every k-th and computes those between again.
    Outside of a derivative it is a plain loop.

    >>> import numpy as np
    >>> scan(lambda total, x: (total + x, total), 0.0, np.array([1.0, 2.0, 3.0]))
    (6.0, array([0., 1., 3.]))
    """
    leaves, tree = flatten(xs)
    lengths = {len(leaf) for leaf in leaves if leaf is not None and hasattr(leaf, "__len__")}
    if length is not None:
        lengths.add(length)
    if len(lengths) != 1:
        raise ShapeError("scan_length", lengths=", ".join(map(str, sorted(lengths))) or "–")
    n = lengths.pop()
    if checkpoint is not None and (not isinstance(checkpoint, int) or checkpoint < 1):
        raise ShapeError("checkpoint", given=checkpoint)
    traces = running()
    if not traces:
        return _plain_scan(f, init, leaves, tree, n, reverse) if n else _of_no_turns(f, init, xs)
    if checkpoint is not None and 1 < checkpoint < n:
        return _in_parts(f, init, xs, n, reverse, checkpoint)
    return _traced_scan(traces[-1], f, init, leaves, tree, n, reverse)


def _plain_scan(f: Any, init: Any, leaves: list[Any], tree: Tree, n: int, reverse: bool) -> tuple[Any, Any]:
    import numpy as np

    carry = init
    rows: list[list[Any]] = []
    nest: Tree | None = None
    for i in range(n - 1, -1, -1) if reverse else range(n):
        carry, y = f(carry, tree.build([leaf if leaf is None else leaf[i] for leaf in leaves]))
        parts, nest = flatten(y)
        rows.append(parts)
    assert nest is not None
    if reverse:
        rows.reverse()
    stacks = [None if column[0] is None else np.array(column) for column in zip(*rows, strict=True)]
    return _plain_numbers(carry), nest.build(stacks)


def _of_no_turns(f: Any, init: Any, xs: Any) -> tuple[Any, Any]:
    """What would have come out is known by its shape only: traced, not run."""
    import numpy as np

    trace = Trace()
    leaves, tree = flatten(xs)
    running().append(trace)
    try:
        with np.errstate(all="ignore"):
            _, stacks = _traced_scan(trace, f, init, leaves, tree, 0, False)
    finally:
        running().pop()
    found, nest = flatten(stacks)
    return init, nest.build([leaf.value if type(leaf) is Traced else leaf for leaf in found])


def _plain_numbers(value: Any) -> Any:
    """NumPy's doubles as Python's."""
    import numpy as np

    leaves, tree = flatten(value)
    return tree.build([float(leaf) if type(leaf) is np.float64 else leaf for leaf in leaves])


def _in_parts(f: Any, init: Any, xs: Any, n: int, reverse: bool, size: int) -> tuple[Any, Any]:
    """A loop of loops: the outer one records its carries, each inner one is computed again on the way back."""
    import numpy as np

    whole = n - n % size
    leaves, tree = flatten(xs)

    def cut(start: int, stop: int, rows: int | None) -> Any:
        parts: list[Any] = []
        for leaf in leaves:
            if leaf is None:
                parts.append(None)
                continue
            part = leaf[start:stop]
            parts.append(part if rows is None else np.reshape(part, (rows, size, *np.shape(leaf)[1:])))
        return tree.build(parts)

    def inner(carry: Any, x: Any) -> tuple[Any, Any]:
        return scan(f, carry, x, length=size, reverse=reverse)

    def main(carry: Any) -> tuple[Any, Any]:
        start = n - whole if reverse else 0
        return scan(inner, carry, cut(start, start + whole, whole // size), length=whole // size, reverse=reverse)

    def rest(carry: Any) -> tuple[Any, Any]:
        start = 0 if reverse else whole
        return scan(f, carry, cut(start, start + n - whole, None), length=n - whole, reverse=reverse)

    carry, found = main(init)
    pieces = [_joined(found)]
    if whole < n:
        carry, more = rest(carry)
        pieces.append(more)
    if reverse:
        pieces.reverse()
    flat = [flatten(piece) for piece in pieces]
    nest = flat[0][1]
    stacks = [
        column[0] if column[0] is None or len(column) == 1 else np.concatenate(column)
        for column in zip(*[leaves for leaves, _ in flat], strict=True)
    ]
    return carry, nest.build(stacks)


def _joined(found: Any) -> Any:
    import numpy as np

    leaves, nest = flatten(found)
    return nest.build([leaf if leaf is None else np.reshape(leaf, (-1, *leaf.shape[2:])) for leaf in leaves])


def while_loop(cond: Callable[[Any], Any], body: Callable[[Any], Any], init: Any) -> Any:
    """``while cond(value): value = body(value)``, kept as a loop in the graph. As ``jax.lax.while_loop``.

    Forward and reverse derivatives: the way back runs over a record of the values of all turns.

    >>> while_loop(lambda v: v < 100.0, lambda v: v * 2.0, 3.0)
    192.0
    """
    traces = running()
    if not traces:
        value = init
        while cond(value):
            value = body(value)
        return _plain_numbers(value)
    return _traced_while(traces[-1], cond, body, init)


# Tracing a body


class _Carry:
    """What goes round: leaves as nodes, and how they nest."""

    def __init__(self, trace: Trace, value: Any) -> None:
        self.leaves, self.tree = flatten(value)
        self.places: list[int] = []
        self.nodes: list[Node] = []
        self.level = 0
        for leaf in self.leaves:
            if leaf is None or isinstance(leaf, str):
                self.places.append(-1)
                continue
            node, _, level = operand(leaf, trace)
            if node.dtype is NUMBER:
                whole = isinstance(leaf, int) and not isinstance(leaf, bool)
                node = arrays.cast(node, INTEGER if whole else REAL)
            self.level = max(self.level, level)
            self.places.append(len(self.nodes))
            self.nodes.append(node)
            trace.wrap(node, level)

    def build(self, values: Sequence[Any]) -> Any:
        return self.tree.build(
            [leaf if at < 0 else values[at] for leaf, at in zip(self.leaves, self.places, strict=True)]
        )


def _turn(trace: Trace, nodes: Sequence[Node], values: Sequence[Any], prefix: str) -> list[Traced]:
    found = []
    for i, (node, value) in enumerate(zip(nodes, values, strict=True)):
        symbol = ops.symbol(f"{prefix}{i}", node.shape, node.dtype)
        trace.values[symbol] = value
        trace.turns.add(symbol)
        trace.around.add(symbol)
        found.append(Traced(trace, symbol, value, TURN))
    return found


def _level(trace: Trace, ins: Sequence[Node], level: int, fixed: Sequence[Node]) -> int:
    """What the result of a loop, now over, depends on: on a turn of one around it, too, if the body reads that."""
    trace.around.difference_update(ins)
    if trace.around and not trace.around.isdisjoint(
        postorder(*fixed, since=min([symbol.serial for symbol in trace.around]))
    ):
        return TURN
    return max(level, VARIABLE)


def _closed(outs: Sequence[Node], ins: Sequence[Node], prefix: str) -> tuple[list[Node], list[Node], list[Node]]:
    """A body's outputs made to depend on inputs only: (outputs, further inputs, what these stand for outside).

    What is the same in every turn is worked out before the loop.
    """
    turning: dict[Node, bool] = dict.fromkeys(ins, True)
    outside: dict[Node, None] = {}
    order = postorder(*outs)
    for node in order:
        if node not in turning:
            turning[node] = any(turning[arg] for arg in node.args)
    for node in order:
        if turning[node]:
            outside |= {arg: None for arg in node.args if not turning[arg]}
    outside |= {out: None for out in outs if not turning[out]}
    fixed = [node for node in outside if node.args or node.op in ("symbol", "data")]
    fixed = [node for node in fixed if node.dtype is not ops.TUPLE]
    replace = {
        node: ops.symbol(f"{prefix}{i}", node.shape, REAL if node.dtype is NUMBER else node.dtype)
        for i, node in enumerate(fixed)
    }
    made = [rebuild(out, replace, _plain) for out in outs]
    return made, list(replace.values()), fixed


def _plain(node: Node, args: tuple[Node, ...]) -> Node:
    return make(node.op, *args, attrs=node.attrs)


def _strong(nodes: Sequence[Node]) -> list[Node]:
    return [arrays.cast(node, REAL) if node.dtype is NUMBER else node for node in nodes]


def _matched(start: _Carry, out: Any, trace: Trace, title: str) -> tuple[list[Node], list[str]]:
    """The carry that a body returns, and the precisions that both can have."""
    leaves, tree = flatten(out)
    if len(leaves) != len(start.leaves) or tree != start.tree:
        raise ShapeError("loop_tree", title=title)
    nodes = [as_node(leaf, trace) for leaf, at in zip(leaves, start.places, strict=True) if at >= 0]
    found: list[Node] = []
    dtypes: list[str] = []
    for node, before in zip(nodes, start.nodes, strict=True):
        if node is None or not arrays.fits(node.shape, before.shape):
            shape = None if node is None else node.shape
            raise ShapeError("loop_shape", title=title, before=before.shape, after=shape)
        found.append(node)
        dtypes.append(
            before.dtype
            if node.dtype is NUMBER and before.dtype is not INTEGER
            else ops.promote(node.dtype, before.dtype)
        )
    return found, dtypes


def _traced_scan(
    trace: Trace, f: Any, init: Any, leaves: list[Any], tree: Tree, n: int, reverse: bool
) -> tuple[Any, Any]:
    start = _Carry(trace, init)
    arrays_in = [None if leaf is None else operand(leaf, trace) for leaf in leaves]
    slices = [found[0] for found in arrays_in if found is not None]
    level = max([start.level, *[found[2] for found in arrays_in if found is not None]])
    prefix = f"s{fresh()}_"  # names of a body inside another differ from those of the outer one
    first = n - 1 if reverse else 0
    rows = [
        arrays.reshape(arrays.part(x, 0, 0, min(1, n)), x.shape[1:]) if n else arrays.zeros(x.shape[1:], x.dtype)
        for x in slices
    ]
    values = (
        [trace.values[x][first] if n else trace.wrap(row, 0).value for x, row in zip(slices, rows, strict=True)]
        if slices
        else []
    )
    for _ in range(3):
        carry = _turn(trace, start.nodes, [trace.values[node] for node in start.nodes], f"{prefix}c")
        turn = iter(_turn(trace, rows, values, f"{prefix}x"))
        x = tree.build([None if found is None else next(turn) for found in arrays_in])
        answer = ask(f, start.build(carry), x)
        if not isinstance(answer, tuple | list) or len(answer) != 2:
            raise ShapeError("scan_result")
        out, dtypes = _matched(start, answer[0], trace, "scan")
        if all(dtype is node.dtype for dtype, node in zip(dtypes, start.nodes, strict=True)):
            break
        start.nodes = [arrays.cast(node, dtype) for node, dtype in zip(start.nodes, dtypes, strict=True)]
        trace.wrap_all(start.nodes, 0)
    y_leaves, y_tree = flatten(answer[1])
    ys = [None if leaf is None else as_node(leaf, trace) for leaf in y_leaves]
    results = _strong([y for y in ys if y is not None])
    out = [arrays.cast(arrays.full(node, before), before.dtype) for node, before in zip(out, start.nodes, strict=True)]
    ins = [ops.symbol(f"{prefix}c{i}", node.shape, node.dtype) for i, node in enumerate(start.nodes)]
    ins += [ops.symbol(f"{prefix}x{i}", node.shape, node.dtype) for i, node in enumerate(rows)]
    made, more, fixed = _closed([*out, *results], ins, f"{prefix}k")
    loop = Scan(Body((*ins, *more), tuple(made)), len(start.nodes), len(slices), n, reverse)
    node = make("scan", *start.nodes, *slices, *_strong(fixed), attrs=loop)
    level = _level(trace, ins, level, fixed)
    found = trace.wrap_all([arrays.item(node, i) for i in range(len(made))], level)
    stacks = iter(found[len(start.nodes) :])
    return start.build(found[: len(start.nodes)]), y_tree.build([None if y is None else next(stacks) for y in ys])


def _condition(found: Any, trace: Trace) -> Node:
    """The truth value that a condition returned."""
    import numpy as np

    node = operand(found, trace)[0] if isinstance(found, bool | np.bool_ | np.ndarray) else as_node(found, trace)
    if node is None or node.shape:
        raise UnsupportedOperation("loop_condition")
    return node if node.dtype is BOOL else make("ne", node, ops.ZERO)


def _traced_while(trace: Trace, cond: Any, body: Any, init: Any) -> Any:
    start = _Carry(trace, init)
    prefix = f"w{fresh()}_"
    for _ in range(3):
        carry = _turn(trace, start.nodes, [trace.values[node] for node in start.nodes], f"{prefix}c")
        truth = _condition(ask(cond, start.build(carry)), trace)
        out, dtypes = _matched(start, ask(body, start.build(carry)), trace, "while_loop")
        if all(dtype is node.dtype for dtype, node in zip(dtypes, start.nodes, strict=True)):
            break
        start.nodes = [arrays.cast(node, dtype) for node, dtype in zip(start.nodes, dtypes, strict=True)]
        trace.wrap_all(start.nodes, 0)
    out = [arrays.cast(arrays.full(node, before), before.dtype) for node, before in zip(out, start.nodes, strict=True)]
    ins = [ops.symbol(f"{prefix}c{i}", node.shape, node.dtype) for i, node in enumerate(start.nodes)]
    made, more, fixed = _closed([*out, truth], ins, f"{prefix}k")
    inputs = (*ins, *more)
    loop = While(Body(inputs, (made[-1],)), Body(inputs, tuple(made[:-1])), len(start.nodes))
    node = make("while", *start.nodes, *_strong(fixed), attrs=loop)
    level = _level(trace, ins, start.level, fixed)
    return start.build(trace.wrap_all([arrays.item(node, i) for i in range(len(start.nodes))], level))


__all__ = ["Mixed", "scan", "while_loop"]
