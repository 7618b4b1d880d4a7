"""Batching: a graph for one value becomes the graph for many, with a new first axis. One rule for each operation.

Graph in, graph out, as with derivatives: a node that does not depend on what is batched stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from mibun import arrays, ops
from mibun.arrays import expand, full
from mibun.loops import Body, Call, Scan, While
from mibun.node import Node, postorder, rebuild
from mibun.ops import BOOL, INTEGER, OPS, ZERO, make, symbol

Rule = Callable[[Node, list[Node], list[bool], int], Node]
"""(the node, its arguments now, which of them have the new axis, how long it is) → the node with the new axis."""


def batch(nodes: Sequence[Node], replace: Mapping[Node, Node], size: int) -> list[Node]:
    """``nodes`` with some nodes replaced by batches of ``size`` of them; every result has the new first axis."""
    done: dict[Node, tuple[Node, bool]] = {old: (new, True) for old, new in replace.items()}
    for node in postorder(*nodes):
        if node not in done:
            done[node] = _batched(node, [done[arg] for arg in node.args], size)
    found = []
    for node in nodes:
        new, batched = done[node]
        found.append(new if batched else _repeated(new, size))
    return found


def _repeated(x: Node, size: int) -> Node:
    x = arrays.cast(x, ops.REAL) if x.dtype is ops.NUMBER else x
    return arrays.broadcast(expand(x, (0,)), (size, *x.shape))


def _batched(node: Node, args: list[tuple[Node, bool]], size: int) -> tuple[Node, bool]:
    flags = [batched for _, batched in args]
    if True not in flags:
        return node, False
    given = [arg for arg, _ in args]
    kind = OPS[node.op].kind
    rule = RULES.get(node.op)
    if rule is not None:
        return rule(node, given, flags, size), True
    if kind in ("elementwise", "numeric", "predicate"):
        return _elementwise(node, given, flags, size), True
    return _one_by_one(node, given, flags, size), True


def _elementwise(node: Node, args: list[Node], flags: list[bool], size: int) -> Node:
    rank = len(node.shape)
    aligned = []
    for arg, old, batched in zip(args, node.args, flags, strict=True):
        gap = rank - len(old.shape)
        aligned.append(expand(arg, range(1, 1 + gap)) if batched and gap else arg)
    return make(node.op, *aligned, attrs=node.attrs)


def _one_by_one(node: Node, args: list[Node], flags: list[bool], size: int) -> Node:
    """Where nothing better is known: once for each, then stacked."""
    if not size:
        return arrays.zeros((0, *node.shape), node.dtype)
    found = []
    for i in range(size):
        own = [_at(arg, i) if batched else arg for arg, batched in zip(args, flags, strict=True)]
        found.append(make(node.op, *own, attrs=node.attrs))
    return arrays.stack(found, 0)


def _at(x: Node, i: int) -> Node:
    if not x.shape[0]:
        return arrays.zeros(x.shape[1:], x.dtype)
    return arrays.reshape(arrays.part(x, 0, i, 1), x.shape[1:])


def _all(args: list[Node], flags: list[bool], size: int) -> list[Node]:
    """Every argument with the new axis."""
    return [arg if batched else _repeated(arg, size) for arg, batched in zip(args, flags, strict=True)]


def _broadcast(node: Node, args: list[Node], flags: list[bool], size: int) -> Node:
    x = args[0]
    gap = len(node.shape) - len(node.args[0].shape)
    return arrays.broadcast(expand(x, range(1, 1 + gap)), (size, *node.shape))


def _shifted(axes: Sequence[int]) -> tuple[int, ...]:
    return tuple([axis + 1 for axis in axes])


def _reduction(node: Node, args: list[Node], flags: list[bool], size: int) -> Node:
    return make(node.op, args[0], attrs=_shifted(node.attrs))


def _along(node: Node, args: list[Node], flags: list[bool], size: int) -> Node:
    axis, backward = node.attrs
    return make(node.op, *_all(args, flags, size), attrs=(axis + 1, backward))


def _argument(node: Node, args: list[Node], flags: list[bool], size: int) -> Node:
    return make(node.op, args[0], attrs=node.attrs + 1)


def _place(node: Node, args: list[Node], flags: list[bool], size: int) -> Node:
    regions = [((0, size, 1), *region) for region in node.attrs]
    base, *values = _all(args, flags, size)
    return arrays.place(base, values, regions)


def _concat(node: Node, args: list[Node], flags: list[bool], size: int) -> Node:
    return arrays.concat(_all(args, flags, size), node.attrs + 1)


def _starts(size: int, length: int, rank: int) -> Node:
    import numpy as np

    return ops.data((np.arange(size) * length).reshape((size,) + (1,) * rank))


def _take(node: Node, args: list[Node], flags: list[bool], size: int) -> Node:
    x, index = args
    many, chosen = flags
    distinct = node.attrs
    if not many:
        return arrays.take(x, index, False)
    if not chosen:
        taken = arrays.take(arrays.move(x, 0, 1), index, distinct)  # (places…, batch, rest…)
        return arrays.move(taken, len(index.shape), 0)
    length = x.shape[1]
    flat = arrays.reshape(x, (size * length, *x.shape[2:]))
    return arrays.take(flat, make("add", index, _starts(size, length, len(index.shape) - 1)), distinct)


def _scatter(node: Node, args: list[Node], flags: list[bool], size: int) -> Node:
    g, index = args
    many, chosen = flags
    length, distinct = node.attrs
    if not chosen:
        moved = arrays.move(g, 0, len(index.shape))
        return arrays.move(arrays.scatter(moved, index, length, distinct), 1, 0)
    g = g if many else _repeated(g, size)
    places = make("add", index, _starts(size, length, len(index.shape) - 1))
    spread = arrays.scatter(g, places, size * length, distinct)
    return arrays.reshape(spread, (size, length, *spread.shape[1:]))


def _contract(node: Node, args: list[Node], flags: list[bool], size: int) -> Node:
    first, second, out = node.attrs
    letter = next(c for c in arrays.LETTERS if c not in first + second)
    left = letter + first if flags[0] else first
    right = letter + second if flags[1] else second
    return arrays.contract((left, right, letter + out), *args)


def _two_matrices(node: Node, args: list[Node], flags: list[bool], size: int) -> Node:
    a, b = args
    rank = max(len(node.args[0].shape), len(node.args[1].shape))
    a = expand(a, range(1, 1 + rank - len(node.args[0].shape))) if flags[0] else a
    b = expand(b, range(1, 1 + rank - len(node.args[1].shape))) if flags[1] else b
    return make(node.op, a, b)


def _by_eigenvalues(node: Node, args: list[Node], flags: list[bool], size: int) -> Node:
    ranks, rank = ((2, 1, 2, 1), 2) if node.op == "spectral" else ((2, 1, 2, 2), 1)
    found = []
    for arg, old, batched, inner in zip(args, node.args, flags, ranks, strict=True):
        gap = len(node.shape) - rank - (len(old.shape) - inner)
        found.append(expand(arg, range(1, 1 + gap)) if batched and gap else arg)
    return make(node.op, *found)


def _stacked(node: Node, args: list[Node], flags: list[bool], size: int) -> Node:
    """NumPy's linear algebra takes stacks of matrices as they are."""
    return make(node.op, args[0], attrs=node.attrs)


def _nonzero(node: Node, args: list[Node], flags: list[bool], size: int) -> Node:
    """How many there are was decided for all of the batch, so that it is the same: they come first when sorted."""
    order = make("argsort", arrays.cast(make("not", args[0]), INTEGER), attrs=1)
    return arrays.part(order, 1, 0, node.attrs)


def _searchsorted(node: Node, args: list[Node], flags: list[bool], size: int) -> Node:
    if flags[0]:
        return _one_by_one(node, args, flags, size)
    return make("searchsorted", *args, attrs=node.attrs)


def _item(node: Node, args: list[Node], flags: list[bool], size: int) -> Node:
    """Results that a loop stacks have the time first and the new axis second."""
    of, index = args[0], node.attrs
    old = node.args[0]
    if old.op == "scan" and index >= old.attrs.carries:
        return arrays.move(arrays.item(of, index), 1, 0)
    if old.op == "while" and index >= old.attrs.carries:
        found = arrays.item(of, index)
        return arrays.move(found, 1, 0) if index < 2 * old.attrs.carries else _repeated(found, size)
    return arrays.item(of, index)


def _body(body: Body, flags: Sequence[bool], size: int, carries: int) -> tuple[Body, list[bool]]:
    """A loop's body for a batch: which carries have the new axis, once it has gone round often enough."""
    flags = list(flags)
    while True:
        reached = _depends(body, flags)
        now = [flag or (i < carries and reached[i]) for i, flag in enumerate(flags)]
        if now == flags:
            break
        flags = now
    ins = [
        symbol(f"{x.attrs}b", (size, *x.shape), x.dtype) if flag else x
        for x, flag in zip(body.inputs, flags, strict=True)
    ]
    replace = {x: new for x, new, flag in zip(body.inputs, ins, flags, strict=True) if flag}
    outs = batch(body.outputs, replace, size)
    plain = [i < carries and not flags[i] for i in range(len(body.outputs))]
    outs = [old if keep else new for old, new, keep in zip(body.outputs, outs, plain, strict=True)]
    return Body(tuple(ins), tuple(outs)), flags


def _depends(body: Body, flags: Sequence[bool]) -> list[bool]:
    reached: dict[Node, bool] = dict(zip(body.inputs, flags, strict=True))
    for node in postorder(*body.outputs):
        if node not in reached:
            reached[node] = any(reached[arg] for arg in node.args)
    return [reached[out] for out in body.outputs]


def _scan(node: Node, args: list[Node], flags: list[bool], size: int) -> Node:
    loop: Scan = node.attrs
    c, k = loop.carries, loop.arrays
    body, found = _body(loop.body, flags, size, c)
    holds = loop.holds
    if holds is not None and _depends(Body(loop.body.inputs, (holds,)), found)[0]:
        body, found = _body(loop.body, [True] * c + found[c:], size, c)
        body = _while_it_holds(body, _moved(loop.body, body, found), holds, size, c)
        holds = None
    given = []
    for i, (arg, flag, wanted) in enumerate(zip(args, flags, found, strict=True)):
        many = _repeated(arg, size) if wanted and not flag else arg
        given.append(arrays.move(many, 0, 1) if c <= i < c + k and wanted else many)
    # Every result gets the new axis, so that those who ask for it find it in one place.
    return _all_carried(make("scan", *given, attrs=Scan(body, c, k, loop.length, loop.backward, holds)), node, size)


def _moved(old: Body, new: Body, flags: Sequence[bool]) -> dict[Node, Node]:
    return {x: y for x, y, flag in zip(old.inputs, new.inputs, flags, strict=True) if flag}


def _while_it_holds(body: Body, moved: Mapping[Node, Node], condition: Node, size: int, carries: int) -> Body:
    """A batched body in which those for which a condition is false stay as they are, and give zeros as results."""
    (many,) = batch([condition], moved, size)
    outs = []
    for i, out in enumerate(body.outputs):
        held = expand(many, range(1, len(out.shape))) if len(out.shape) > 1 else many
        rest = body.inputs[i] if i < carries else arrays.cast(ZERO, out.dtype)
        outs.append(make("where", held, full(out, rest) if i < carries else out, rest))
    return Body(body.inputs, tuple(outs))


def _all_carried(made: Node, old: Node, size: int) -> Node:
    """A loop in which some carries have no new axis: give it to them, for uniform results."""
    loop = made.attrs
    c = loop.carries
    if all(x.shape != y.shape for x, y in zip(loop.body.inputs[:c], old.attrs.body.inputs[:c], strict=True)):
        return made
    plain = [x.shape == y.shape for x, y in zip(loop.body.inputs[:c], old.attrs.body.inputs[:c], strict=True)]
    ins = [
        symbol(f"{x.attrs}w", (size, *x.shape), x.dtype) if i < c and plain[i] else x
        for i, x in enumerate(loop.body.inputs)
    ]
    replace = {
        x: _at(new, 0) for i, (x, new) in enumerate(zip(loop.body.inputs, ins, strict=True)) if i < c and plain[i]
    }
    outs = [rebuild(out, replace, _remake) for out in loop.body.outputs]
    outs = [_repeated(out, size) if i < c and plain[i] else out for i, out in enumerate(outs)]
    args = [_repeated(arg, size) if i < c and plain[i] else arg for i, arg in enumerate(made.args)]
    body = Body(tuple(ins), tuple(outs))
    if isinstance(loop, While):
        truth = [rebuild(out, replace, _remake) for out in loop.condition.outputs]
        return make("while", *args, attrs=While(Body(tuple(ins), tuple(truth)), body, c))
    holds = None if loop.holds is None else rebuild(loop.holds, replace, _remake)
    return make("scan", *args, attrs=Scan(body, c, loop.arrays, loop.length, loop.backward, holds))


def _remake(node: Node, args: tuple[Node, ...]) -> Node:
    return make(node.op, *args, attrs=node.attrs)


def _while(node: Node, args: list[Node], flags: list[bool], size: int) -> Node:
    loop: While = node.attrs
    c = loop.carries
    body, found = _body(loop.body, flags, size, c)
    # The condition may differ within the batch: then all carries do, and each stays as it is once its own is over.
    replace = dict(zip(loop.condition.inputs, loop.body.inputs, strict=True))
    (truth,) = [rebuild(out, replace, _remake) for out in loop.condition.outputs]
    mixed = _depends(Body(loop.body.inputs, (truth,)), found)[0]
    if mixed:
        body, found = _body(loop.body, [True] * c + found[c:], size, c)
    moved = _moved(loop.body, body, found)
    given = [
        _repeated(arg, size) if wanted and not flag else arg
        for arg, flag, wanted in zip(args, flags, found, strict=True)
    ]
    if mixed:
        body = _while_it_holds(body, moved, truth, size, c)
        (each,) = batch([truth], moved, size)
        truth = arrays.reduced("amax", each, (0,)) if size else make("lt", ZERO, ZERO)
    else:
        truth = rebuild(truth, moved, _remake)
    return _all_carried(make("while", *given, attrs=While(Body(body.inputs, (truth,)), body, c)), node, size)


def _call(node: Node, args: list[Node], flags: list[bool], size: int) -> Node:
    call: Call = node.attrs
    fn = call.fn if call.batched is None else call.values
    results = tuple([((size, *shape), dtype) for shape, dtype in call.results])

    def rule() -> Body:
        body = call.rule()
        n = len(args)
        wide = [*flags, *[True] * len(call.results), *[True] * n]
        ins = [
            symbol(f"{x.attrs}b", (size, *x.shape), x.dtype) if flag else x
            for x, flag in zip(body.inputs, wide, strict=True)
        ]
        # A tangent of an argument without the new axis has none either.
        ins[len(ins) - n :] = [
            new if flag else old for new, old, flag in zip(ins[len(ins) - n :], body.inputs[-n:], flags, strict=True)
        ]
        replace = {x: new for x, new in zip(body.inputs, ins, strict=True) if x is not new}
        return Body(tuple(ins), tuple(batch(body.outputs, replace, size)))

    return make("call", *args, attrs=Call(fn, results, rule, call.name, tuple(flags)))


RULES: Final[dict[str, Rule]] = {
    "reshape": lambda node, args, flags, size: arrays.reshape(args[0], (size, *node.shape)),
    "transpose": lambda node, args, flags, size: arrays.transpose(args[0], (0, *_shifted(node.attrs))),
    "broadcast": _broadcast,
    "sum": _reduction,
    "prod": _reduction,
    "amax": _reduction,
    "amin": _reduction,
    "slice": lambda node, args, flags, size: arrays.slices(args[0], ((0, size, 1), *node.attrs)),
    "embed": lambda node, args, flags, size: arrays.embed(
        args[0], (size, *node.attrs[0]), ((0, size, 1), *node.attrs[1])
    ),
    "cumsum": _along,
    "cumprod": _along,
    "recurrence": _along,
    "argmax": _argument,
    "argmin": _argument,
    "argsort": _argument,
    "place": _place,
    "concat": _concat,
    "take": _take,
    "scatter": _scatter,
    "contract": _contract,
    "solve": _two_matrices,
    "adjugate_rate": _two_matrices,
    "spectral": _by_eigenvalues,
    "rayleigh": _by_eigenvalues,
    "inv": _stacked,
    "det": _stacked,
    "adjugate": _stacked,
    "logdet": _stacked,
    "cholesky": _stacked,
    "eigh": _stacked,
    "nonzero": _nonzero,
    "searchsorted": _searchsorted,
    "item": _item,
    "scan": _scan,
    "while": _while,
    "call": _call,
}

__all__ = ["BOOL", "INTEGER", "ZERO", "batch"]
