"""The chain rule in its two directions, graph in and graph out.

:func:`push` goes forward, from the variable to the result, and leaves the :class:`Step` of every rule it used.
:func:`pull` goes backward, from the result to all variables at once. Both read :mod:`mibun.rules` and nothing else,
visit each distinct node once, and build with :mod:`mibun.fold`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from mibun import arrays, fold
from mibun.batch import batch
from mibun.errors import BudgetExceeded, UnsupportedOperation
from mibun.loops import Body, Scan, While, inputs
from mibun.node import TABLES, Node, contains, growing, postorder, rebuild
from mibun.ops import BOOL, INTEGER, ONE, OPS, ZERO, apply, data, derivative, make, symbol
from mibun.rules import (
    ABSTRACT,
    ARRAY_TABLE,
    CONSTANT,
    IDENTITY,
    SEVERAL_TABLE,
    TABLE,
    Name,
    Program,
    Rule,
    abstract,
    divided_differences,
    rayleigh_pull,
    rayleigh_push,
    spectral_pull,
    spectral_push,
)
from mibun.step import Step

WORK: Final = 30_000  # nodes that derivatives written inside one another may differentiate


class Basic(NamedTuple):
    """A rule without a pattern: the derivative of a constant, of the variable itself, of an abstract function."""

    name: Name


CONSTANT_RULE = Basic(CONSTANT)
IDENTITY_RULE = Basic(IDENTITY)
ABSTRACT_RULE = Basic(ABSTRACT)


def rule_for(node: Node, varies: tuple[bool, ...]) -> Rule:
    """The row of the table for a node, given which of its arguments vary."""
    rule = TABLE.get((node.op, varies))
    if rule is None:
        raise UnsupportedOperation("no_rule", op=node.op)
    return rule


class Derivation:
    """The derivative of ``node`` by ``variable``, with every sub-derivative that led there.

    ``tangents`` holds the derivative of each node that varies, in the order in which they were found.
    """

    __slots__ = ("node", "tangents", "variable")

    def __init__(self, node: Node, variable: Node) -> None:
        self.node = node
        self.variable = variable
        self.tangents: dict[Node, Node] = {}

    @property
    def result(self) -> Node:
        return self.tangents.get(self.node, ZERO)

    def step(self, node: Node) -> Step:
        """The rule used at ``node``, with the derivatives of its arguments not yet worked out."""
        before = derivative(node, self.variable)
        if node not in self.tangents:
            return Step(CONSTANT_RULE, before, ZERO)
        if node is self.variable:
            return Step(IDENTITY_RULE, before, ONE)
        pending = {arg: derivative(arg, self.variable) for arg in node.args if arg in self.tangents}
        varies = tuple([arg in pending for arg in node.args])
        rule = ABSTRACT_RULE if node.op == "apply" else rule_for(node, varies)
        return Step(rule, before, _forward(node, varies, pending), node)


def _forward(node: Node, varies: tuple[bool, ...], tangents: Mapping[Node, Node]) -> Node:
    args = node.args
    if node.op != "apply":
        return rule_for(node, varies).push(
            node, [tangents[a] if v else ZERO for a, v in zip(args, varies, strict=True)]
        )
    total = ZERO
    for i, varying in enumerate(varies):
        if varying:
            total = fold.add(total, fold.mul(abstract(node, i), tangents.get(args[i], ZERO)))
    return total


def push(node: Node, variable: Node) -> Derivation:
    """Differentiate forward. ``UnsupportedOperation`` where the table has no row.

    A structural zero (a constant, a step function) is never carried on.
    """
    derivation = Derivation(node, variable)
    derivation.tangents[variable] = ONE
    with growing():
        _push(postorder(node), derivation.tangents)
    return derivation


def push_along(nodes: Sequence[Node], tangents: Mapping[Node, Node], variables: Iterable[Node] = ()) -> list[Node]:
    """The derivatives of ``nodes`` along a direction: ``tangents`` says how fast some nodes move.

    A tangent may lack repetitions along axes (it broadcasts to the shape of its node). ``ZERO`` where nothing moves.
    ``variables`` are no constants either, though they rest in this direction: it matters where two of them tie.
    """
    found = dict(tangents)
    varying = {*tangents, *variables}
    with growing():
        _push(postorder(*nodes, since=_oldest(varying)), found, varying)
    return [found.get(node, ZERO) for node in nodes]


def _oldest(nodes: Iterable[Node]) -> int:
    """What was made before the first of some nodes does not depend on them."""
    return min([node.serial for node in nodes], default=0)


def _push(order: Iterable[Node], tangents: dict[Node, Node], varying: set[Node] | None = None) -> None:
    """Fill in ``tangents``. With ``varying``, what is not in it is a constant, and floating-point forms are used;
    without, what has no tangent is a constant."""
    floats = varying is not None
    varying = varying if varying is not None else set()
    known = varying if floats else tangents
    several: dict[Node, dict[int, Node]] = {}
    for inner in order:
        if inner.op == "item":
            found = several.get(inner.args[0])
            if found is not None and inner not in tangents:
                if inner.attrs in found:
                    tangents[inner] = found[inner.attrs]
                varying.add(inner)
            continue
        varies = tuple([arg in known for arg in inner.args])
        if True not in varies or inner.op not in _SMOOTH or inner.dtype in _WHOLE or inner in tangents:
            continue
        kind = OPS[inner.op].kind
        by_rule = kind not in _BY_RULE and inner.op != "apply"
        if floats and by_rule and rule_for(inner, varies).whole is ZERO:
            continue  # a step function
        varying.add(inner)
        moves = not floats or not tangents.keys().isdisjoint(inner.args)
        if kind == "several":
            several[inner] = _push_several(inner, [tangents.get(arg) for arg in inner.args]) if moves else {}
        elif moves:
            if inner.op in _BY_EIGENVALUES:
                tangent = _push_by_eigenvalues(inner, [tangents.get(arg) for arg in inner.args])
            elif not by_rule and inner.op != "apply":
                tangent = ARRAY_TABLE[inner.op].push(inner, [tangents.get(arg) for arg in inner.args])
            elif floats and by_rule:
                tangent = rule_for(inner, varies).along(inner, [tangents.get(arg, ZERO) for arg in inner.args])
            else:
                tangent = _forward(inner, varies, tangents)
            if tangent is not ZERO:
                tangents[inner] = tangent


_OF_ARRAYS: Final = frozenset(["linear", "bilinear", "array"])
_SMOOTH: Final = frozenset(
    name for name, op in OPS.items() if op.kind in ("elementwise", "abstract", "numeric", "several", *_OF_ARRAYS)
)
_WHOLE: Final = frozenset([INTEGER, BOOL])


def pull(node: Node, variables: Iterable[Node], order: list[Node] | None = None) -> list[Node]:
    """Differentiate backward: the derivatives of ``node`` by each of ``variables``, in one pass.

    ``order`` is the postorder of ``node``, if the caller has it.
    """
    return pull_back({node: ONE}, variables, order)


def pull_back(
    cotangents: Mapping[Node, Node], variables: Iterable[Node], order: list[Node] | None = None
) -> list[Node]:
    """What flows back to each of ``variables`` from several nodes at once, given what flows into these.

    Repetitions along axes may be missing in what goes in and in what comes out; ``ZERO`` where nothing arrives.
    """
    wanted = list(variables)
    with growing():
        varying: set[Node] = set(wanted)
        varies_in = varying.__contains__
        steep: set[Node] = set()
        plan: list[tuple[Node, Any]] = []
        for inner in order or postorder(*cotangents, since=_oldest(wanted)):
            varies = tuple(map(varies_in, inner.args))
            passes: Any = _PASSES[inner.op].get(varies)
            if passes is None:
                if True not in varies or inner.op not in _SMOOTH or inner.dtype in _WHOLE:
                    continue
                passes = varies if OPS[inner.op].kind in _BY_RULE else _passes(inner, varies)
            if (
                not passes or inner.dtype in _WHOLE
            ):  # a step function is as good as a constant, as in the other direction
                continue
            varying.add(inner)
            if inner.op in _STEEP or not steep.isdisjoint(inner.args):
                steep.add(inner)
            plan.append((inner, passes))
        adjoints: dict[Node, Node] = dict(cotangents)
        several: defaultdict[Node, dict[int, Node]] = defaultdict(dict)
        for inner, passes in reversed(plan):
            if inner in several:
                given = several.pop(inner)
                live = _any_alive(given.values())
                for arg, share in zip(inner.args, _pull_several(inner, passes, given), strict=True):
                    if share is not None and share is not ZERO:
                        gather(adjoints, arg, share if live is None else fold.where(live, share, ZERO))
                continue
            adjoint = adjoints.get(inner)
            if adjoint is None:
                continue
            args = inner.args
            if inner.op == "item":
                several[args[0]][inner.attrs] = adjoint
            elif type(passes) is tuple:
                flags = [arg in steep or inner.op in _STEEP for arg in args]
                for i, varying_here in enumerate(passes):
                    share = _share(inner, i, adjoint, flags) if varying_here else ZERO
                    if share is not ZERO:
                        gather(adjoints, args[i], share)
            else:
                for i, share_of in passes:
                    share = adjoint if share_of is None else share_of((*args, inner, adjoint))
                    arg = args[i]
                    if arg.shape != inner.shape:
                        share = _fitted(share, inner, arg, arg in steep)
                    before = adjoints.get(arg)
                    adjoints[arg] = share if before is None else _sum(before, share)
    return [adjoints.get(variable, ZERO) for variable in wanted]


_BY_RULE: Final = frozenset([*_OF_ARRAYS, "several"])

# Operations whose slopes may be infinite where a branch is not taken: what is 0 there may not be multiplied by them.
_STEEP: Final = frozenset(
    [
        "div",
        "pow",
        "power",
        "sqrt",
        "exp",
        "expm1",
        "ln",
        "log",
        "log1p",
        "tan",
        "sec",
        "csc",
        "cot",
        "asin",
        "acos",
        "asec",
        "acsc",
        "acosh",
        "atanh",
        "acoth",
        "asech",
        "acsch",
        "sinh",
        "cosh",
        "csch",
        "coth",
        "gamma",
        "lgamma",
        "digamma",
        "polygamma",
        "atan2",
        "hypot",
        "logaddexp",
        "mod",
        "solve",
        "inv",
        "logdet",
        "cholesky",
        "spectral",
        "rayleigh",
        "item",
    ]
)


def gather(adjoints: dict[Node, Node], node: Node, share: Node) -> None:
    before = adjoints.get(node)
    adjoints[node] = share if before is None else _sum(before, share)


def _sum(a: Node, b: Node) -> Node:
    """a + b. What is nothing under one condition and nothing under another is nothing where neither holds, and says so:
    a branch that is not taken must not meet an infinite slope, whoever else uses its parts."""
    if a.op == "where" and b.op == "where":
        live, other = fold.alive(a), fold.alive(b)
        if live is not None and other is not None:
            if live is other:
                return fold.where(live, fold.add(fold.core(a), fold.core(b)), ZERO)
            return make("where", fold.either(live, other), fold.add(a, b), ZERO)
    return fold.add(a, b)


def _any_alive(adjoints: Iterable[Node]) -> Node | None:
    """Whether anything of several adjoints is alive; ``None`` if that is no question."""
    found: Node | None = None
    for adjoint in adjoints:
        live = fold.alive(adjoint) if adjoint.op == "where" else None
        if live is None:
            return None
        live = arrays.reduced("amax", live, range(len(live.shape)))
        found = live if found is None else fold.either(found, live)
    return found


def _share(node: Node, position: int, adjoint: Node, steep: Sequence[bool]) -> Node:
    """What a function of arrays passes back to one argument; ``steep`` says whose slopes may be infinite."""
    back = _pull_by_eigenvalues if node.op in _BY_EIGENVALUES else ARRAY_TABLE[node.op].pull
    live = fold.alive(adjoint) if adjoint.op == "where" and any(steep) else None
    if live is None:
        return back(node, position, arrays.full(adjoint, node))
    live = arrays.broadcast(live, node.shape)
    if node.op in _MIXING:  # entries that nothing alive depends on must not be factors of others
        parts = [
            fold.where(_reached(node, i, live), arg, ZERO) if flag else arg
            for i, (arg, flag) in enumerate(zip(node.args, steep, strict=True))
        ]
        node = make(node.op, *parts, attrs=node.attrs)
    share = back(node, position, arrays.full(adjoint, node))
    return fold.where(_reached(node, position, live), share, ZERO) if steep[position] else share


_MIXING: Final = frozenset(["contract", "cumprod", "recurrence"])
_BY_MATRIX: Final = frozenset(["inv", "solve", "cholesky", "adjugate", "adjugate_rate"])


def _reached(node: Node, position: int, live: Node) -> Node:
    """Which entries of an argument matter to those entries of a function of arrays that are alive."""
    arg = node.args[position]
    if OPS[node.op].kind == "linear":
        return make("gt", ARRAY_TABLE[node.op].pull(node, position, make("where", live, ONE, ZERO)), ZERO)
    if node.op == "contract":
        ones = make(node.op, *[arrays.ones(part) for part in node.args], attrs=node.attrs)
        return make("gt", ARRAY_TABLE[node.op].pull(ones, position, make("where", live, ONE, ZERO)), ZERO)
    if node.op in ("cumprod", "recurrence"):
        axis, backward = node.attrs
        return make("gt", arrays.cumsum(make("where", live, ONE, ZERO), axis, not backward), ZERO)
    if node.op in ("prod", "amax", "amin"):
        return arrays.broadcast(arrays.expand(live, node.attrs), arg.shape)
    lead = len(arg.shape) - 2
    if node.op in ("det", "logdet"):
        return arrays.broadcast(arrays.expand(live, (lead, lead + 1)), arg.shape)
    if node.op in _BY_MATRIX and lead == len(live.shape) - 2:
        any_of = arrays.reduced("amax", live, (lead, lead + 1))
        return arrays.broadcast(arrays.expand(any_of, (lead, lead + 1)), arg.shape)
    return arrays.reduced("amax", live, range(len(live.shape)))  # all or nothing


def _fitted(share: Node, node: Node, arg: Node, steep: bool) -> Node:
    """A share without the repetitions that broadcasting made; under the condition for which anything flows into it."""
    found = arrays.fit(share, node.shape, arg)
    live = fold.alive(share) if steep and share.op == "where" else None
    if live is None:
        return found
    reached = make("gt", arrays.fit(make("where", live, ONE, ZERO), node.shape, arg), ZERO)
    return fold.where(reached, found, ZERO)


_PASSES: defaultdict[str, dict[tuple[bool, ...], list[tuple[int, Program | None]]]] = defaultdict(dict)


def _passes(node: Node, varies: tuple[bool, ...]) -> list[tuple[int, Program | None]]:
    """What a node passes back to each argument that varies, as functions of (arguments…, itself, its adjoint).

    ``None`` passes the adjoint on as it is.
    """
    if node.op == "apply":
        return [(i, _times(abstract(node, i))) for i, varying in enumerate(varies) if varying]
    rule = rule_for(node, varies)
    passes = [
        (i, None if rule.partials[i] is ONE else program)
        for i, program in enumerate(rule.back)
        if program is not None and rule.partials[i] is not ZERO
    ]
    return _PASSES[node.op].setdefault(varies, passes)


def _times(slope: Node) -> Program:
    return lambda values: fold.mul(slope, values[-1])


# The chain rule through functions of eigenvalues


_BY_EIGENVALUES: Final = frozenset(["spectral", "rayleigh"])


def _push_by_eigenvalues(node: Node, tangents: list[Node | None]) -> Node:
    da, _, _, dx = tangents
    if node.op == "rayleigh":
        return rayleigh_push(node, da, dx)
    return spectral_push(node, _differences(node, node.args[3]) if da is not None else ZERO, da, dx)


def _pull_by_eigenvalues(node: Node, position: int, adjoint: Node) -> Node:
    if node.op == "rayleigh":
        return rayleigh_pull(node, position, _differences(node, adjoint) if position == 0 else ZERO, adjoint)
    return spectral_pull(node, position, _differences(node, node.args[3]) if position == 0 else ZERO, adjoint)


def _differences(node: Node, g: Node) -> Node:
    """How numbers for the eigenvalues differ beside the eigenvalues. Their slopes are asked for here and not before,
    since first derivatives do without."""
    w = node.args[1]
    source = w.args[0] if w.op == "reshape" else w
    n = source.shape[-1]
    seed = symbol(f"along {node.serial}", source.shape, source.dtype)
    (moved,) = push_along([g], {source: seed})
    if moved is ZERO:
        return divided_differences(w, g, ZERO)
    (slopes,) = batch([arrays.full(moved, g)], {seed: _units(n, source)}, n)
    return divided_differences(w, g, arrays.move(slopes, 0, len(g.shape)))


def _units(n: int, like: Node) -> Node:
    import numpy as np

    units = data(np.eye(n, dtype=like.dtype).reshape((n, *[1] * (len(like.shape) - 1), n)))
    return arrays.broadcast(units, (n, *like.shape))


# The chain rule through several values and through loops


def _push_several(node: Node, tangents: list[Node | None]) -> dict[int, Node]:
    if node.op == "scan":
        return _push_scan(node, tangents)
    if node.op == "while":
        return _push_while(node, tangents)
    if node.op == "call":
        return _push_call(node, tangents)
    (tangent,) = tangents
    assert tangent is not None
    return SEVERAL_TABLE[node.op].push(node, tangent)


def _pull_several(node: Node, varies: tuple[bool, ...], adjoints: dict[int, Node]) -> list[Node | None]:
    if node.op == "scan":
        return _pull_loop(node, varies, adjoints)
    if node.op == "while":
        return _pull_loop(node, varies, adjoints)
    if node.op == "call":
        return _pull_call(node, varies, adjoints)
    return [SEVERAL_TABLE[node.op].pull(node, adjoints)]


def _moving(body: Body, carries: int, moving: list[bool]) -> list[bool]:
    """Which inputs of a loop's body vary once it has gone round often enough; ``moving`` says which do at the start."""
    while True:
        found = push_along(body.outputs, {x: x for x, moves in zip(body.inputs, moving, strict=True) if moves})
        now = [
            moves or (i < carries and found[i] is not ZERO and body.outputs[i].dtype not in _WHOLE)
            for i, moves in enumerate(moving)
        ]
        if now == moving:
            return now
        moving = now


def _along(body: Body, moving: list[bool], wanted: Sequence[int]) -> tuple[list[Node], list[Node]]:
    """Symbols for the tangents of the inputs that move, and the tangents of the ``wanted`` outputs."""
    moved = [x for x, moves in zip(body.inputs, moving, strict=True) if moves]
    symbols = inputs(moved, _fresh(body, "d"))
    found = push_along([body.outputs[i] for i in wanted], dict(zip(moved, symbols, strict=True)))
    return symbols, [arrays.full(t, body.outputs[i]) for i, t in zip(wanted, found, strict=True)]


def _fresh(body: Body, prefix: str) -> str:
    """A prefix that names of the body's inputs do not begin with."""
    while any(x.attrs.startswith(prefix) for x in body.inputs):
        prefix += prefix[0]
    return prefix


def _push_scan(node: Node, tangents: list[Node | None]) -> dict[int, Node]:
    loop: Scan = node.attrs
    body, c, k = loop.body, loop.carries, loop.arrays
    moving = _moving(body, c, [t is not None for t in tangents])
    outs = [i for i in range(len(body.outputs)) if i >= c or moving[i]]
    symbols, found = _along(body, moving, outs)
    by_input = dict(zip([i for i, moves in enumerate(moving) if moves], symbols, strict=True))
    starts = [
        arrays.full(ZERO if t is None else t, arg)
        for t, arg, moves in zip(tangents, node.args, moving, strict=True)
        if moves
    ]
    given = dict(zip(by_input, starts, strict=True))
    groups = (range(c), range(c, c + k), range(c + k, len(node.args)))
    ins: list[Node] = []
    args: list[Node] = []
    for group in groups:
        ins += [body.inputs[i] for i in group] + [by_input[i] for i in group if i in by_input]
        args += [node.args[i] for i in group] + [given[i] for i in group if i in given]
    slopes = dict(zip(outs, found, strict=True))
    carried = [i for i in range(c) if moving[i]]
    results = list(range(c, len(body.outputs)))
    out = [
        *body.outputs[:c],
        *[slopes[i] for i in carried],
        *body.outputs[c:],
        *[slopes[i] for i in results],
    ]
    count, arrays_moving = c + len(carried), sum(moving[c : c + k])
    pushed = make(
        "scan",
        *args,
        attrs=Scan(Body(tuple(ins), tuple(out)), count, k + arrays_moving, loop.length, loop.backward, loop.holds),
    )
    place = {i: c + n for n, i in enumerate(carried)}
    place |= {i: count + len(results) + n for n, i in enumerate(results)}
    place |= {len(body.outputs) + i: len(out) + c + n for n, i in enumerate(carried)}
    return {i: arrays.item(pushed, j) for i, j in place.items()}


def _push_while(node: Node, tangents: list[Node | None]) -> dict[int, Node]:
    loop: While = node.attrs
    body, c = loop.body, loop.carries
    moving = _moving(body, c, [t is not None for t in tangents])
    carried = [i for i in range(c) if moving[i]]
    symbols, found = _along(body, moving, carried)
    by_input = dict(zip([i for i, moves in enumerate(moving) if moves], symbols, strict=True))
    given = {i: arrays.full(tangents[i] or ZERO, node.args[i]) for i in by_input}
    ins: list[Node] = []
    args: list[Node] = []
    for group in (range(c), range(c, len(node.args))):
        ins += [body.inputs[i] for i in group] + [by_input[i] for i in group if i in by_input]
        args += [node.args[i] for i in group] + [given[i] for i in group if i in given]
    pushed = make(
        "while",
        *args,
        attrs=While(Body(tuple(ins), (_going_on(loop),)), Body(tuple(ins), (*body.outputs, *found)), c + len(carried)),
    )
    total = c + len(carried)
    place = {i: c + n for n, i in enumerate(carried)} | {c + i: total + c + n for n, i in enumerate(carried)}
    return {i: arrays.item(pushed, j) for i, j in place.items()}


def _going_on(loop: While) -> Node:
    """The condition of a loop, over the inputs of its body."""
    (truth,) = loop.condition.outputs
    return rebuild(truth, dict(zip(loop.condition.inputs, loop.body.inputs, strict=True)), fold.remake)


def _pull_loop(node: Node, varies: tuple[bool, ...], adjoints: dict[int, Node]) -> list[Node | None]:
    """Back through a loop: another loop, over the record of what went into each turn, in the opposite order.

    It carries the adjoints of the carries, and sums those of the constants.
    """
    loop: Scan | While = node.attrs
    scan = isinstance(loop, Scan)
    body, c = loop.body, loop.carries
    k = loop.arrays if isinstance(loop, Scan) else 0
    outs = len(body.outputs)
    moving = _moving(body, c, list(varies))
    carried = [i for i in range(c) if moving[i]]
    sliced = [i for i in range(c, c + k) if moving[i]]
    fixed = [i for i in range(c + k, len(node.args)) if moving[i]]
    prefix = _fresh(body, "g")

    def fresh(name: str, like: Node) -> Node:
        return symbol(prefix + name, like.shape, like.dtype)

    carry_in = [fresh(f"c{i}", body.inputs[i]) for i in carried]
    sums_in = [fresh(f"s{i}", body.inputs[i]) for i in fixed]
    cotangents: dict[Node, Node] = {}
    for i, g in zip(carried, carry_in, strict=True):
        gather(cotangents, body.outputs[i], g)
    results = [i for i in range(c, outs) if scan and i in adjoints]
    result_in = [fresh(f"y{i}", body.outputs[i]) for i in results]
    for i, g in zip(results, result_in, strict=True):
        gather(cotangents, body.outputs[i], g)
    recorded = [i for i in range(c) if outs + i in adjoints and i in carried]
    record_in = {i: fresh(f"r{i}", body.inputs[i]) for i in recorded}
    wrt = [body.inputs[i] for i in (*carried, *sliced, *fixed)]
    found = pull_back(cotangents, wrt) if cotangents else [ZERO] * len(wrt)
    found = [arrays.cast(arrays.full(g, x), x.dtype) for g, x in zip(found, wrt, strict=True)]
    carry_out = [
        fold.add(g, record_in[i]) if i in record_in else g for g, i in zip(found[: len(carried)], carried, strict=True)
    ]
    slice_out = found[len(carried) : len(carried) + len(sliced)]
    sums_out = [fold.add(s, g) for s, g in zip(sums_in, found[len(carried) + len(sliced) :], strict=True)]
    back = Body(
        (
            *carry_in,
            *sums_in,
            *body.inputs[: c + k],
            *result_in,
            *record_in.values(),
            *body.inputs[c + k :],
        ),
        (*carry_out, *sums_out, *slice_out),
    )
    starts = [arrays.full(adjoints.get(i, ZERO), arrays.item(node, i)) for i in carried]
    records = [arrays.item(node, outs + i) for i in range(c)]
    given = [
        *starts,
        *[arrays.full(ZERO, node.args[i]) for i in fixed],
        *records,
        *node.args[c : c + k],
        *[arrays.full(adjoints[i], arrays.item(node, i)) for i in results],
        *[arrays.full(adjoints[outs + i], arrays.item(node, outs + i)) for i in recorded],
        *node.args[c + k :],
    ]
    attrs = Scan(
        back,
        len(carried) + len(fixed),
        c + k + len(results) + len(recorded),
        loop.length if isinstance(loop, Scan) else None,
        not loop.backward if isinstance(loop, Scan) else True,
        loop.holds if isinstance(loop, Scan) else _going_on(loop),
    )
    pulled = make("scan", *given, attrs=attrs)
    shares: list[Node | None] = [None] * len(node.args)
    for n, i in enumerate([*carried, *fixed, *sliced]):
        if varies[i]:
            shares[i] = arrays.item(pulled, n)
    return shares


def _push_call(node: Node, tangents: list[Node | None]) -> dict[int, Node]:
    rule = node.attrs.rule()
    count = len(node.attrs.results)
    given = [
        *node.args,
        *[arrays.item(node, i) for i in range(count)],
        *[arrays.full(ZERO if t is None else t, arg) for t, arg in zip(tangents, node.args, strict=True)],
    ]
    replace = dict(zip(rule.inputs, given, strict=True))
    return {i: rebuild(out, replace, fold.remake) for i, out in enumerate(rule.outputs)}


def _pull_call(node: Node, varies: tuple[bool, ...], adjoints: dict[int, Node]) -> list[Node | None]:
    """The rule is linear in the tangents: its transpose is its own derivative by them, taken backward."""
    rule = node.attrs.rule()
    count, n = len(node.attrs.results), len(node.args)
    values = [*node.args, *[arrays.item(node, i) for i in range(count)]]
    replace = dict(zip(rule.inputs[: n + count], values, strict=True))
    # Where the tangents stand does not matter for what is linear in them; they must not be what the arguments are.
    outs = [rebuild(out, replace, fold.remake) for out in rule.outputs]
    cotangents: dict[Node, Node] = {}
    for i, g in adjoints.items():
        gather(cotangents, outs[i], arrays.full(g, arrays.item(node, i)))
    found = pull_back(cotangents, rule.inputs[n + count :])
    zero = {t: arrays.full(ZERO, t) for t in rule.inputs[n + count :]}
    return [rebuild(g, zero, fold.remake) if v and g is not ZERO else None for g, v in zip(found, varies, strict=True)]


def resolve(node: Node) -> Node:
    """``node`` with every derivative in it worked out."""
    if not TABLES["derivative"] or not contains(node, ("derivative",)):  # mostly there is none anywhere
        return node
    done: dict[Node, Node] = {}
    work = 0
    for inner in postorder(node):
        args = tuple([done[arg] for arg in inner.args])
        if inner.op == "derivative":
            derivation = push(args[0], args[1])
            work += len(derivation.tangents)
            if work > WORK:
                raise BudgetExceeded("work", limit=WORK)
            done[inner] = derivation.result
        else:
            done[inner] = inner if args == inner.args else fold.remake(inner, args)
    return done[node]


def substitute(node: Node, replace: dict[Node, Node]) -> Node:
    """``node`` with some nodes replaced, folded on the way up."""
    return rebuild(node, replace, fold.remake)


def put(node: Node, replace: dict[Node, Node]) -> Node:
    """``node`` with some nodes replaced and nothing folded: 0 · (1/x) at x = 0 stays 0 · (1/0), which has no value."""
    return rebuild(node, replace, _plain)


def _plain(node: Node, args: tuple[Node, ...]) -> Node:
    if node.op == "apply":
        return apply(node.attrs[0], *args, orders=node.attrs[1])
    return make(node.op, *args, attrs=node.attrs)
