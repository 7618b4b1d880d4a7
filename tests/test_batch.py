"""Batching, operation by operation: a graph for one of a batch, batched, against the graph run for each."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from mibun import arrays, ops
from mibun.batch import RULES, batch
from mibun.loops import Body, Call, Scan, While
from mibun.node import Node, postorder
from mibun.ops import ARRAYS, INTEGER, OPS, make, symbol
from mibun.run import interpret

SIZE = 3


class Row(NamedTuple):
    """An operation on arguments of these shapes; ``whole`` are indices among them, ``truth`` conditions."""

    op: str
    shapes: tuple[tuple[int, ...], ...]
    attrs: Any = None
    whole: tuple[int, ...] = ()
    truth: tuple[int, ...] = ()


def spd(x: np.ndarray) -> np.ndarray:
    """A symmetric positive definite matrix near x."""
    return x @ np.swapaxes(x, -1, -2) + 3 * np.eye(x.shape[-1])


u, v, w = symbol("u", (2,)), symbol("v", (2,)), symbol("w", ())
SCAN = Scan(Body((u, w, v), (make("add", make("mul", u, w), v), make("sin", u))), 1, 1, 4, False)
BACK = SCAN._replace(backward=True)
FREE = SCAN._replace(length=None)
TOTAL = make("sum", make("mul", u, u), attrs=(0,))
WHILE = While(
    Body((u, v), (make("lt", TOTAL, ops.const(50)),)), Body((u, v), (make("add", make("mul", u, ops.const(2)), v),)), 1
)
CALL = Call(lambda x, y: [np.sin(x) * y, np.sum(x)], (((2,), "float64"), ((), "float64")), lambda: Body((), ()), "f")

ROWS = [
    Row("log1p", ((2, 3),)),
    Row("expm1", ((2,),)),
    Row("rint", ((2,),)),
    Row("alias", ((2,),), 7),
    Row("cast", ((2,),), "float32"),
    Row("power", ((2, 3), (3,))),
    Row("power", ((), (3,))),
    Row("logaddexp", ((3,), (2, 1))),
    Row("mod", ((2,), ())),
    Row("sinc", ((2,),)),
    Row("where", ((2, 1), (3,), ()), truth=(0,)),
    Row("add", ((3,), (2, 3))),
    Row("lt", ((3,), (2, 1))),
    Row("reshape", ((2, 3),), (3, 2)),
    Row("transpose", ((2, 3, 4),), (2, 0, 1)),
    Row("broadcast", ((3,),), (2, 3)),
    Row("broadcast", ((2, 1),), (4, 2, 3)),
    Row("broadcast", ((),), (2,)),
    Row("sum", ((2, 3, 2),), (0, 2)),
    Row("prod", ((2, 3),), (1,)),
    Row("amax", ((2, 3),), (0,)),
    Row("amin", ((2, 3),), (0, 1)),
    Row("slice", ((4, 3),), ((3, 2, -2), (0, 3, 1))),
    Row("embed", ((2, 3),), ((5, 4), ((4, 2, -3), (1, 3, 1)))),
    Row("cumsum", ((2, 3),), (1, True)),
    Row("cumprod", ((2, 3),), (0, False)),
    Row("recurrence", ((2, 3), (2, 3)), (1, False)),
    Row("argmax", ((2, 3),), 1),
    Row("argmin", ((2, 3),), 0),
    Row("argsort", ((2, 3),), 1),
    Row("concat", ((2, 3), (2, 1)), 1),
    Row("place", ((3, 3), (1, 3), (2, 2)), (((0, 1, 1), (0, 3, 1)), ((1, 2, 1), (0, 2, 2)))),
    Row("take", ((4, 2), (3,)), False, whole=(1,)),
    Row("take", ((4,), (2, 2)), True, whole=(1,)),
    Row("take", ((4, 2), ()), True, whole=(1,)),
    Row("scatter", ((3, 2), (3,)), (5, False), whole=(1,)),
    Row("scatter", ((2, 2), (2, 2)), (5, False), whole=(1,)),
    Row("contract", ((2, 3), (3, 4)), ("ab", "bc", "ca")),
    Row("contract", ((2,), (3,)), ("a", "b", "ab")),
    Row("contract", ((2, 3), (2, 3)), ("ab", "ab", "")),
    Row("solve", ((2, 2), (2, 3))),
    Row("solve", ((2, 2), (4, 2, 3))),
    Row("solve", ((4, 2, 2), (2, 3))),
    Row("inv", ((2, 2),)),
    Row("det", ((2, 2),)),
    Row("adjugate", ((3, 3),)),
    Row("adjugate_rate", ((3, 3), (3, 3))),
    Row("spectral", ((2, 2), (2,), (2, 2), (2,))),
    Row("rayleigh", ((2, 2), (2,), (2, 2), (2, 2))),
    Row("logdet", ((2, 2),)),
    Row("cholesky", ((2, 2),)),
    Row("eigh", ((2, 2),), "L"),
    Row("searchsorted", ((4,), (2,)), "left"),
    Row("searchsorted", ((4,), (2, 2)), "right"),
    Row("nonzero", ((4,),), 2, truth=(0,)),
    Row("scan", ((2,), (4,), (2,)), SCAN),
    Row("scan", ((2,), (4,), (2,)), BACK),
    Row("scan", ((2,), (4,), (2,)), FREE),
    Row("while", ((2,), (2,)), WHILE),
    Row("call", ((2,), (2,)), CALL),
]


def results(row: Row, node: Node) -> list[Node]:
    """The node, or all that it gives."""
    if OPS[row.op].kind != "several":
        return [node]
    count = {"eigh": 2, "scan": 3, "while": 1, "call": 2}[row.op]
    return [arrays.item(node, i) for i in range(count)]


def build(row: Row, args: list[Node]) -> Node:
    order = [ops.const(1)] if row.op == "sinc" else []  # it is a number in the code
    return make(row.op, *order, *args, attrs=row.attrs)


def draw(row: Row, i: int, rng: np.random.Generator) -> Any:
    shape = row.shapes[i]
    if i in row.whole:
        return rng.integers(0, 4, size=shape)
    if row.op == "nonzero":
        return rng.permutation([True, False, True, False])
    if i in row.truth:
        return rng.normal(size=shape) > 0
    x = rng.uniform(0.2, 1.5, size=shape)
    if row.op == "searchsorted" and i == 0:
        return np.sort(x)
    return spd(x) if row.op in ("solve", "inv", "cholesky", "logdet", "eigh") and i == 0 else x


def evaluate(nodes: list[Node], given: dict[Node, Any]) -> list[Any]:
    values = dict(given)
    with np.errstate(all="ignore"):
        interpret.fill(nodes, values)
    return [values[node] for node in nodes]


CASES = [
    pytest.param(row, flags, id=f"{row.op}{i}-{''.join('01'[f] for f in flags)}")
    for i, row in enumerate(ROWS)
    for flags in itertools.product([True, False], repeat=len(row.shapes))
    if any(flags) and (row.op not in ("spectral", "rayleigh") or len({*flags[:3]}) == 1)  # of one matrix
]


def test_every_operation_is_batched_here() -> None:
    covered = {row.op for row in ROWS} | {"item"}
    assert {op for op, row in ARRAYS.items() if row.arity != 0} <= covered
    assert set(RULES) <= covered


@pytest.mark.parametrize(("row", "flags"), CASES)
def test_a_batch_is_each(row: Row, flags: tuple[bool, ...]) -> None:
    rng = np.random.default_rng(len(row.op))
    columns = [[draw(row, i, rng) for _ in range(SIZE)] for i in range(len(row.shapes))]
    columns = [column if flag else column[:1] * SIZE for column, flag in zip(columns, flags, strict=True)]
    one = [np.asarray(column[0]) for column in columns]
    symbols = [symbol(f"a{i}", x.shape, str(x.dtype)) for i, x in enumerate(one)]
    wide = [symbol(f"b{i}", (SIZE, *x.shape), str(x.dtype)) for i, x in enumerate(one)]
    found = results(row, build(row, symbols))
    replace = {s: b for s, b, flag in zip(symbols, wide, flags, strict=True) if flag}
    batched = batch(found, replace, SIZE)
    given = {b: np.stack(column) for b, column in zip(wide, columns, strict=True)}
    given |= dict(zip(symbols, one, strict=True))
    values = evaluate(batched, given)
    each = [evaluate(found, dict(zip(symbols, row_, strict=True))) for row_ in zip(*columns, strict=True)]
    for i, (node, value) in enumerate(zip(batched, values, strict=True)):
        assert value.dtype == np.asarray(each[0][i]).dtype
        if -1 not in node.shape:
            assert node.shape == value.shape
        assert_allclose(value, np.stack([result[i] for result in each]), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("row", ROWS, ids=[f"{row.op}{i}" for i, row in enumerate(ROWS)])
def test_an_empty_batch(row: Row) -> None:
    rng = np.random.default_rng(0)
    one = [np.asarray(draw(row, i, rng)) for i in range(len(row.shapes))]
    symbols = [symbol(f"a{i}", x.shape, str(x.dtype)) for i, x in enumerate(one)]
    wide = [symbol(f"b{i}", (0, *x.shape), str(x.dtype)) for i, x in enumerate(one)]
    found = results(row, build(row, symbols))
    batched = batch(found, dict(zip(symbols, wide, strict=True)), 0)
    for value, node in zip(evaluate(batched, {b: np.zeros(b.shape, b.dtype) for b in wide}), found, strict=True):
        assert value.shape == (0, *[n if n >= 0 else 4 for n in node.shape])


def test_what_does_not_depend_on_the_batch_stays() -> None:
    x, y = symbol("x", (2,)), symbol("y", (2,))
    same, other = make("sin", y), make("mul", make("sin", y), x)
    found = batch([same, other], {x: symbol("xs", (SIZE, 2))}, SIZE)
    assert found[0].op == "broadcast"
    assert found[0].args[0].args[0] is same
    assert same in postorder(found[1])


def test_records_of_loops() -> None:
    """What a loop wrote down before each turn: the time first in one loop, the batch first when one asks for it."""
    u0, w0, v0 = symbol("u0", (2,)), symbol("w0", (4,)), symbol("v0", (2,))
    record = arrays.item(make("scan", u0, w0, v0, attrs=SCAN), 2)
    us = symbol("us", (SIZE, 2))
    (found,) = batch([record], {u0: us}, SIZE)
    rng = np.random.default_rng(0)
    given = {us: rng.normal(size=(SIZE, 2)), w0: rng.normal(size=4), v0: rng.normal(size=2)}
    (value,) = evaluate([found], given)
    each = [evaluate([record], {u0: row, w0: given[w0], v0: given[v0]})[0] for row in given[us]]
    assert_allclose(value, np.stack(each))


@given(st.integers(0, 10_000), st.integers(1, 6))
def test_random_graphs(seed: int, length: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = symbol("x", (2, 3)), symbol("y", (3,))
    steps: list[Callable[[Node, Node], Node]] = [
        lambda a, b: make("mul", a, y),
        lambda a, b: make("sin", a),
        lambda a, b: make("add", a, b),
        lambda a, b: arrays.broadcast(arrays.expand(arrays.total(a, (1,)), (1,)), (2, 3)),
        lambda a, b: arrays.flip(a, (0,)),
        lambda a, b: make("take", b, ops.data(np.array([1, 1])), attrs=False),
        lambda a, b: arrays.contract(("ab", "cb", "ac"), a, b) if a.shape[0] == 3 else arrays.cumsum(a, 1),
        lambda a, b: arrays.reshape(arrays.transpose(a, (1, 0)), (2, 3)),
        lambda a, b: make("where", make("lt", a, b), a, y),
    ]
    nodes = [x]
    for _ in range(length):
        nodes.append(steps[rng.integers(len(steps))](nodes[-1], nodes[rng.integers(len(nodes))]))
    xs, ys = symbol("xs", (SIZE, 2, 3)), symbol("ys", (SIZE, 3))
    given = {xs: rng.normal(size=xs.shape), ys: rng.normal(size=ys.shape), y: rng.normal(size=3)}
    for replace in ({x: xs}, {x: xs, y: ys}):
        (value,) = evaluate(batch(nodes[-1:], replace, SIZE), given)
        for i in range(SIZE):
            point = {x: given[xs][i], y: given[ys][i] if y in replace else given[y]}
            assert_allclose(value[i], evaluate(nodes[-1:], point)[0], rtol=1e-13, atol=1e-13)


def test_precisions_of_whole_numbers() -> None:
    x = symbol("x", (2,), INTEGER)
    (found,) = batch([make("add", x, ops.data(np.array(1)))], {x: symbol("xs", (SIZE, 2), INTEGER)}, SIZE)
    assert found.dtype is INTEGER
