"""Graphs for the tests: one for every operation, random ones, and the two of the acceptance examples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

from mibun import arrays
from mibun.arrays import contract, item
from mibun.loops import Body, Call, Scan, While, inputs
from mibun.node import Node, postorder
from mibun.ops import INTEGER, OPS, REAL, const, data, make, symbol
from mibun.run import interpret

X, Y = symbol("x", (2, 3)), symbol("y", (2, 3))
V = symbol("v", (4,))
S = symbol("s")
M = symbol("m", (2, 3, 3))
T = symbol("t", (3, 2))
R = symbol("r", (2, 3, 2))
INDEX = data(np.array([2, 0, 2]))
ROUNDED = make("cast", make("floor", make("mul", V, const(3))), attrs=INTEGER)  # an index that is computed
STEADY = make("add", M, data(np.eye(3) * 4))  # far from any matrix without an inverse
EVEN = make("add", STEADY, arrays.swap(STEADY))


def scan(length: int, backward: bool = False) -> Node:
    """Two carries, of which the second never meets the first; results from the slice alone."""
    first, second, row, factor = inputs([symbol("a", (3,)), S, symbol("row", (3,)), S], "b")
    turned = arrays.concat([arrays.part(first, 0, 1, 2), arrays.part(first, 0, 0, 1)], 0)
    outputs = (
        make("add", make("mul", first, factor), make("where", make("gt", factor, const(9)), turned, first)),
        make("add", second, const(1)),
        make("mul", row, row),
    )
    body = Body((first, second, row, factor), outputs)
    rows = symbol("rows", (length, 3))
    return make("scan", symbol("a", (3,)), S, rows, symbol("k"), attrs=Scan(body, 2, 1, length, backward))


def loop() -> Node:
    """A loop that shifts its carry in every turn."""
    carry, factor = inputs([symbol("a", (3,)), S], "b")
    shifted = arrays.concat([arrays.part(carry, 0, 1, 2), arrays.zeros((1,))], 0)
    body = Body((carry, factor), (make("mul", shifted, factor),))
    condition = Body((carry, factor), (make("gt", arrays.total(carry, (0,)), const(1)),))
    return make("while", symbol("a", (3,)), symbol("k"), attrs=While(condition, body, 1))


def foreign() -> Node:
    """A function that is not looked into: v[::-1] in truth."""
    return make("call", V, attrs=Call(lambda x: [x[::-1]], (((4,), REAL),), lambda: Body((), ()), "f"))


def _elementwise() -> dict[str, list[tuple[Node, bool]]]:
    whole = {"floor", "ceil", "rint", "and", "or", "not"}
    loose = {"min", "max", "mod", "lt", "le", "gt", "ge", "eq", "ne"}
    return {
        op.name: [(make(op.name, *[X, Y][: op.arity]), op.name not in loose | whole)]
        for op in OPS.values()
        if op.kind in ("elementwise", "predicate", "numeric") and op.name not in ("where", "polygamma", "sinc", "cast")
    }


# For each operation nodes, and whether their pattern has no entry too many.
EVERY_OPERATION: dict[str, list[tuple[Node, bool]]] = _elementwise() | {
    "add": [(make("add", X, symbol("row", (3,))), True), (make("add", X, S), True)],
    "mul": [
        (make("mul", X, Y), True),
        (make("mul", X, data(np.array([1.0, 0.0, 2.0]))), True),
        (make("mul", X, data(np.array([[0.0], [1.0]]))), True),
        (make("mul", arrays.embed(V, (6,), [(1, 4, 1)]), symbol("w", (6,))), True),
        (make("mul", make("mul", S, data(np.array([1.0, 0.0]))), symbol("w", (3, 2))), True),
    ],
    "where": [
        (make("where", make("gt", X, const(0)), X, Y), False),
        (make("where", data(np.array([True, False, True])), X, Y), True),
        (make("where", data(np.array([True, False])), symbol("w", (2,)), S), True),
    ],
    "power": [(make("power", X, const(2)), True)],
    "polygamma": [(make("polygamma", const(1), X), True)],
    "log": [(make("log", X, const(2)), True)],
    "sinc": [(make("sinc", const(0), X), True)],
    "cast": [(make("cast", X, attrs="float32"), True)],
    "reshape": [(arrays.reshape(X, (3, 2)), True)],
    "transpose": [(arrays.transpose(M, (2, 0, 1)), True)],
    "broadcast": [(arrays.broadcast(X, (4, 2, 3)), True), (arrays.broadcast(S, (3,)), True)],
    "sum": [(arrays.total(X, (0,)), True), (arrays.total(M, (0, 2)), True), (arrays.total(X, (0, 1)), True)],
    "slice": [(arrays.slices(X, [(1, 1, 1), (2, 2, -2)]), True)],
    "embed": [
        (arrays.embed(X, (4, 5), [(3, 2, -2), (1, 3, 1)]), True),
        (arrays.embed(arrays.broadcast(S, (2,)), (5,), [(1, 2, 2)]), True),
    ],
    "cumsum": [(arrays.cumsum(X, 1), True), (arrays.cumsum(X, 0, True), True)],
    "take": [
        (arrays.take(T, INDEX), True),
        (arrays.take(V, data(np.array([[0, 3], [1, 1]]))), True),
        (arrays.take(symbol("u", (5, 2)), ROUNDED), False),
    ],
    "scatter": [
        (arrays.scatter(T, INDEX, 4), True),
        (arrays.scatter(arrays.broadcast(S, (3,)), INDEX, 4), True),
        (arrays.scatter(symbol("u", (4, 2)), ROUNDED, 5), False),
        (make("mul", arrays.scatter(T, INDEX, 4), symbol("w", (4, 2))), True),
    ],
    "concat": [
        (arrays.concat([X, arrays.broadcast(S, (2, 1)), data(np.ones((2, 1)))], 1), True),
        (arrays.concat([data(np.arange(3)), symbol("u", (2,))], 0), True),
    ],
    "place": [
        (arrays.place(X, [arrays.broadcast(S, (1, 2))], [[(0, 1, 1), (0, 2, 1)]]), True),
        (arrays.place(V, [symbol("u", (1,)), symbol("w", (2,))], [[(3, 1, 1)], [(0, 2, 2)]]), True),
    ],
    "contract": [
        (contract(("ab", "bc", "ac"), X, T), True),
        (contract(("ab", "b", "a"), data(np.array([[1.0, 0, 2], [0, 3, 0]])), symbol("u", (3,))), True),
        (contract(("ab", "cd", "dacb"), X, Y), True),
        (contract(("ab", "ab", "a"), X, Y), True),
        (contract(("", "ab", "ba"), S, X), True),
        (contract(("ab", "cb", "bac"), data(np.eye(2, 3)), Y), True),
        (make("mul", contract(("ab", "b", "a"), data(np.diag([1.0, 0])), symbol("u", (2,))), symbol("w", (2,))), True),
    ],
    "prod": [(arrays.reduced("prod", X, (1,)), True)],
    "cumprod": [(make("cumprod", X, attrs=(1, False)), True), (make("cumprod", X, attrs=(0, True)), True)],
    "amax": [(arrays.reduced("amax", X, (1,)), False)],
    "amin": [(arrays.reduced("amin", X, (0,)), False)],
    "inv": [(make("inv", STEADY), True)],
    "det": [(make("det", STEADY), True)],
    "adjugate": [(make("adjugate", STEADY), False)],
    "rayleigh": [(make("rayleigh", EVEN, *[item(make("eigh", EVEN), i) for i in (0, 1)], STEADY), False)],
    "adjugate_rate": [(make("adjugate_rate", STEADY, EVEN), False)],
    "spectral": [(make("spectral", EVEN, *[item(make("eigh", EVEN), i) for i in (0, 1)], symbol("w", (2, 3))), False)],
    "logdet": [(make("logdet", STEADY), True)],
    "cholesky": [(make("cholesky", EVEN), False)],
    "recurrence": [(arrays.recurrence(X, Y, 1), False), (arrays.recurrence(X, Y, 0, True), False)],
    "solve": [
        (make("solve", STEADY, R), True),
        (make("solve", arrays.part(STEADY, 0, 0, 1), R), True),
        (make("solve", data(np.eye(3) + 1), R), True),
    ],
    "argmax": [(make("argmax", X, attrs=1), True)],
    "argmin": [(make("argmin", X, attrs=1), True)],
    "argsort": [(make("argsort", V, attrs=0), True)],
    "searchsorted": [(make("searchsorted", V, S, attrs="left"), True)],
    "nonzero": [(make("nonzero", V, attrs=4), True)],
    "eigh": [(item(make("eigh", EVEN), 0), False), (item(make("eigh", EVEN), 1), False)],
    "scan": [(item(scan(n, back), i), False) for n in (0, 1, 3, 70) for back in (False, True) for i in range(5)],
    "while": [(item(loop(), 0), False)],
    "call": [(item(foreign(), 0), False)],
    "item": [(item(make("eigh", EVEN), 0), False)],
}
LEAVES = {"const", "symbol", "data", "e", "pi", "apply", "derivative"}
DOMAINS = dict.fromkeys(("acosh", "asec", "acsc", "acoth"), (1.2, 1.8))


def variables(*nodes: Node) -> list[Node]:
    return [node for node in postorder(*nodes) if node.op == "symbol"]


def values(nodes: Sequence[Node], low: float = 0.2, high: float = 0.8) -> list[Any]:
    """Numbers for the variables, the same every time."""
    generator = np.random.default_rng(1)
    return [generator.uniform(low, high, node.shape) for node in nodes]


def numerical(outputs: Sequence[Node], at: dict[Node, Any]) -> Any:
    """The Jacobian of ``outputs`` by the nodes of ``at``, by central differences."""

    def run(point: dict[Node, Any]) -> Any:
        found = dict(point)
        with np.errstate(all="ignore"):
            interpret.fill(outputs, found)
        return np.concatenate([np.asarray(found[node], dtype=float).reshape(-1) for node in outputs])

    columns = []
    for node, value in at.items():
        for place in range(value.size):
            step = np.zeros(value.size)
            step[place] = 2.0**-16
            shaped = step.reshape(value.shape)
            columns.append((run({**at, node: value + shaped}) - run({**at, node: value - shaped})) * 2.0**15)
    return np.stack(columns, axis=1) if columns else np.zeros((len(run(at)), 0))


@st.composite
def random_graphs(draw: st.DrawFn) -> Node:
    """A graph over two arrays that moves, masks, multiplies and adds up entries at random."""
    nodes: list[Node] = [symbol("p", (3, 2)), symbol("q", (3, 2))]
    for _ in range(draw(st.integers(1, 8))):
        x, y = draw(st.sampled_from(nodes)), draw(st.sampled_from(nodes))
        mask = data(np.array(draw(st.lists(st.sampled_from([0.0, 1.0, 2.0]), min_size=2, max_size=2))))
        start, step = draw(st.sampled_from([(0, 1), (1, 1), (2, -1), (0, 2)]))
        piece = arrays.part(x, 0, start, 2, step)
        index = data(np.array(draw(st.lists(st.integers(0, 2), min_size=3, max_size=3))))
        nodes.append(
            draw(
                st.sampled_from(
                    [
                        make("add", x, y),
                        make("mul", x, y),
                        make("sin", x),
                        make("mul", x, mask),
                        make("where", make("gt", mask, const(1)), x, y),
                        make("where", make("gt", x, y), x, y),
                        arrays.embed(piece, (3, 2), [(0, 2, 1), (0, 2, 1)]),
                        arrays.concat([piece, arrays.part(y, 0, 1, 1)], 0),
                        arrays.take(x, index),
                        arrays.scatter(x, index, 3),
                        arrays.reshape(arrays.transpose(x, (1, 0)), (3, 2)),
                        arrays.broadcast(arrays.total(x, (0,)), (3, 2)),
                        arrays.broadcast(arrays.total(x, (0, 1)), (3, 2)),
                        arrays.cumsum(x, 0),
                        contract(("ab", "bc", "ac"), contract(("ab", "cb", "ac"), x, y), y),
                        arrays.place(x, [arrays.part(y, 0, 0, 1)], [[(1, 1, 1), (0, 2, 1)]]),
                    ]
                )
            )
        )
    return nodes[-1]


def rosenbrock(n: int) -> tuple[Node, Node]:
    """The chained Rosenbrock function and its variable."""
    x = symbol("x", (n,))
    here, next_ = arrays.part(x, 0, 0, n - 1), arrays.part(x, 0, 1, n - 1)
    bend = make("sub", next_, make("power", here, const(2)))
    far = make("power", make("sub", const(1), here), const(2))
    terms = make("add", make("mul", const(100), make("power", bend, const(2))), far)
    return arrays.total(terms, (0,)), x


def brusselator(n: int, periodic: bool) -> tuple[Node, Node]:
    """The rates of the two species of a Brusselator on a grid of n by n, and the variable that holds both."""
    y = symbol("y", (2, n, n))
    u, v = (arrays.reshape(arrays.part(y, 0, i, 1), (n, n)) for i in (0, 1))

    def beside(a: Node, axis: int, way: int) -> Node:
        inner = arrays.part(a, axis, 1 if way > 0 else 0, n - 1)
        at_edge = (n - 1 if way > 0 else 0) if not periodic else (0 if way > 0 else n - 1)
        edge = arrays.part(a, axis, at_edge, 1)
        return arrays.concat([inner, edge] if way > 0 else [edge, inner], axis)

    def spread(a: Node) -> Node:
        total = make("mul", const(-4), a)
        for axis in (0, 1):
            for way in (1, -1):
                total = make("add", total, beside(a, axis, way))
        return make("mul", const(0.02), total)

    reaction = make("mul", make("mul", u, u), v)
    du = make("add", make("sub", make("add", const(1), reaction), make("mul", const(4.4), u)), spread(u))
    dv = make("add", make("sub", make("mul", const(3.4), u), reaction), spread(v))
    return arrays.stack([du, dv], 0), y
