"""Array operations on nodes: what is left out, what shapes come out, and that the values are NumPy's."""

from __future__ import annotations

import copy
import itertools
import math
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_array_equal

from mibun import arrays, node, ops
from mibun.errors import ShapeError
from mibun.node import Node
from mibun.ops import BOOL, INTEGER, REAL, SINGLE, ZERO, Data, const, data, make, symbol
from mibun.run import interpret

X = symbol("x", (2, 3))
V = symbol("v", (3,))


def value(found: Node, **given: Any) -> Any:
    values: dict[Node, Any] = {}
    for name, array in given.items():
        array = np.asarray(array)  # noqa: PLW2901
        values[symbol(name, array.shape, str(array.dtype))] = array
    interpret.fill((found,), values)
    return values[found]


# What does nothing leaves nothing


def test_what_does_nothing() -> None:
    assert arrays.reshape(X, (2, 3)) is X
    assert arrays.reshape(arrays.reshape(X, (6,)), (2, 3)) is X
    assert arrays.reshape(arrays.reshape(X, (6,)), (3, 2)).args[0] is X
    assert arrays.transpose(X, (0, 1)) is X
    assert arrays.transpose(arrays.transpose(X, (1, 0)), (1, 0)) is X
    assert arrays.move(arrays.move(X, 0, 1), 1, 0) is X
    assert arrays.swap(arrays.swap(X)) is X
    assert arrays.broadcast(X, (2, 3)) is X
    assert arrays.cast(X, REAL) is X
    assert arrays.slices(X, [(0, 2, 1), (0, 3, 1)]) is X
    assert arrays.part(X, 1, 0, 3) is X
    assert arrays.flip(X, ()) is X
    assert arrays.embed(X, (2, 3), [(0, 2, 1), (0, 3, 1)]) is X
    assert arrays.concat([X], 0) is X
    assert arrays.place(X, [], []) is X
    assert arrays.total(X, ()) is X
    assert arrays.reduced("amax", X, ()) is X
    assert arrays.fit(X, (2, 3), X) is X
    assert arrays.fit(ZERO, (2, 3), V) is ZERO


def test_repetitions_of_repetitions() -> None:
    once = arrays.broadcast(const(2), (3,))
    assert arrays.broadcast(once, (2, 3)).args[0] is const(2)
    column = symbol("c", (2, 1))
    assert arrays.broadcast(arrays.broadcast(column, (2, 3)), (2, 3)).args[0] is column
    longer = arrays.broadcast(arrays.broadcast(V, (2, 3)), (4, 2, 3))
    assert value(longer, v=[1.0, 2.0, 3.0]).shape == (4, 2, 3)


@pytest.mark.parametrize("axes", [*itertools.permutations(range(3))])
def test_permutations(axes: tuple[int, ...]) -> None:
    x = np.arange(24.0).reshape(2, 3, 4)
    turned = arrays.transpose(symbol("x", x.shape), axes)
    assert_array_equal(value(turned, x=x), x.transpose(axes))
    assert arrays.transpose(turned, arrays.inverse(axes)).op == "symbol"


@given(st.data())
def test_moving_an_axis(draw: st.DataObject) -> None:
    shape = draw.draw(hnp.array_shapes(max_dims=4, max_side=3))
    source, target = (draw.draw(st.integers(0, len(shape) - 1)) for _ in range(2))
    x = np.arange(math.prod(shape) * 1.0).reshape(shape)
    assert_array_equal(value(arrays.move(symbol("x", shape), source, target), x=x), np.moveaxis(x, source, target))


@given(st.data())
def test_new_axes(draw: st.DataObject) -> None:
    shape = draw.draw(hnp.array_shapes(min_dims=0, max_dims=3, max_side=3))
    count = draw.draw(st.integers(0, 2))
    axes = tuple(draw.draw(st.permutations(range(len(shape) + count)))[:count])
    x = np.arange(math.prod(shape) * 1.0).reshape(shape)
    assert arrays.expand(symbol("x", shape), axes).shape == np.expand_dims(x, axes).shape


@st.composite
def regions(draw: st.DrawFn, n: int) -> tuple[int, int, int]:
    """A slice (start, count, step) within n places."""
    if not n or draw(st.integers(0, 9)) == 0:
        return 0, 0, 1
    start = draw(st.integers(0, n - 1))
    step = draw(st.sampled_from([-3, -2, -1, 1, 2, 3]))
    room = (n - 1 - start) // step if step > 0 else start // -step
    return start, draw(st.integers(0, room + 1)), step


def key(region: Any) -> tuple[Any, ...]:
    """The same as index arrays, which know nothing of steps."""
    return np.ix_(*[[start + i * step for i in range(count)] for start, count, step in region])


@given(st.data())
def test_parts_in_and_out(draw: st.DataObject) -> None:
    shape = draw.draw(hnp.array_shapes(max_dims=3, max_side=5))
    region = [draw.draw(regions(n)) for n in shape]
    x = np.arange(math.prod(shape) * 1.0).reshape(shape)
    key_ = tuple(k.astype(int) for k in key(region))
    part = x[key_]
    assert_array_equal(value(arrays.slices(symbol("x", shape), region), x=x), part)
    zeros = np.zeros(shape)
    zeros[key_] = part
    assert_array_equal(value(arrays.embed(symbol("y", part.shape), shape, region), y=part), zeros)
    put = x.copy()
    put[key_] = -part
    placed = arrays.place(symbol("x", shape), [symbol("y", part.shape)], [region])
    assert_array_equal(value(placed, x=x, y=-part), put)


@given(st.data())
def test_joining(draw: st.DataObject) -> None:
    count, rank = draw.draw(st.integers(1, 3)), draw.draw(st.integers(1, 3))
    axis = draw.draw(st.integers(0, rank - 1))
    shape = draw.draw(st.tuples(*[st.integers(0, 3)] * rank))
    parts = [np.full((*shape[:axis], draw.draw(st.integers(0, 3)), *shape[axis + 1 :]), float(i)) for i in range(count)]
    names = {f"p{i}": part for i, part in enumerate(parts)}
    nodes = [symbol(name, part.shape) for name, part in names.items()]
    assert_array_equal(value(arrays.concat(nodes, axis), **names), np.concatenate(parts, axis))
    stacked = arrays.stack([symbol("x", shape), symbol("x", shape)], axis)
    assert_array_equal(value(stacked, x=np.ones(shape)), np.stack([np.ones(shape)] * 2, axis))


# Broadcasting's adjoint


@given(st.data())
def test_what_flows_back_is_the_sum_over_repetitions(draw: st.DataObject) -> None:
    """For every way in which NumPy repeats, and for adjoints that are themselves not repeated."""
    mutual = draw.draw(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3))
    shape = mutual.result_shape
    target, lazy = mutual.input_shapes
    ones = np.ones(target)
    g = np.arange(math.prod(lazy) * 1.0).reshape(lazy) + 1
    whole = np.broadcast_to(g, shape)
    lead = len(shape) - len(target)
    axes = tuple([i for i in range(len(shape)) if i < lead or (target[i - lead] == 1 != shape[i])])
    wanted = whole.sum(axis=axes, keepdims=True).reshape(target) if axes else whole.reshape(target)
    found = value(arrays.fit(symbol("g", lazy), shape, symbol("t", target)), g=g)
    assert_array_equal(np.broadcast_to(found, ones.shape), wanted)


@given(st.data())
def test_fits(draw: st.DataObject) -> None:
    shape = draw.draw(hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=2))
    wanted = draw.draw(hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=2))
    try:
        np.broadcast_to(np.zeros(shape), wanted)
        possible = True
    except ValueError:
        possible = False
    assert arrays.fits(shape, wanted) == possible


# Products


def test_letters_are_canonical() -> None:
    a, b = symbol("a", (2, 3)), symbol("b", (3, 4))
    assert arrays.contract(("xy", "yz", "zx"), a, b) is arrays.contract(("ij", "jk", "ki"), a, b)
    assert arrays.contract(("xy", "yz", "zx"), a, b).shape == (4, 2)
    assert arrays.matmul(a, b).attrs == ("ab", "bc", "ac")
    with pytest.raises(ShapeError):
        arrays.contract(("ij", "jk", "ik"), a, a)


@pytest.mark.parametrize(
    ("left", "right"),
    [((2, 3), (3, 4)), ((5, 2, 3), (5, 3, 4)), ((5, 2, 3), (3, 4)), ((2, 3), (5, 3, 4)), ((2, 5, 2, 3), (5, 3, 1))],
)
def test_products_of_stacks(left: tuple[int, ...], right: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=left), rng.normal(size=right)
    found = value(arrays.matmul(symbol("a", left), symbol("b", right)), a=a, b=b)
    np.testing.assert_allclose(found, a @ b, rtol=1e-14)


def test_a_recurrence_repeats_what_is_shorter() -> None:
    rate = symbol("a", ())
    found = arrays.recurrence(rate, V, 0)
    assert_array_equal(value(found, a=2.0, v=[1.0, 1.0, 1.0]), [1.0, 3.0, 7.0])
    backward = arrays.recurrence(rate, V, 0, backward=True)
    assert_array_equal(value(backward, a=2.0, v=[1.0, 1.0, 1.0]), [7.0, 3.0, 1.0])
    assert_array_equal(value(arrays.cumsum(V, 0, backward=True), v=[1.0, 2.0, 3.0]), [6.0, 5.0, 3.0])


def test_constants() -> None:
    assert_array_equal(value(arrays.arange(3)), [0, 1, 2])
    assert arrays.arange(3).dtype is INTEGER
    assert_array_equal(value(arrays.zeros((2,), SINGLE)), np.zeros(2, np.float32))
    assert arrays.zeros((2,), SINGLE).dtype is SINGLE
    assert arrays.ones(symbol("s", (2, 2), SINGLE)).dtype is SINGLE
    assert arrays.full(const(3), X).shape == X.shape


# Shapes and precisions


@pytest.mark.parametrize(
    ("call", "key_"),
    [
        (lambda: make("det", X), "square"),
        (lambda: make("inv", V), "square"),
        (lambda: make("solve", symbol("m", (2, 2)), symbol("b", (3, 1))), "broadcast"),
        (lambda: make("add", X, symbol("w", (2,))), "broadcast"),
        (lambda: make("sum", X, X, attrs=(0,)), "arity"),
        (lambda: make("add", X), "arity"),
    ],
)
def test_what_does_not_fit(call: Any, key_: str) -> None:
    with pytest.raises(ShapeError) as caught:
        call()
    assert caught.value.key == key_


KINDS = {BOOL: np.bool_, INTEGER: np.int64, SINGLE: np.float32, REAL: np.float64}


def both(op: str, first: str, second: str) -> Any:
    """What NumPy makes of two arrays; ``None`` where it refuses."""
    try:
        return interpret.functions()[op](np.ones(2, KINDS[first]), np.ones(2, KINDS[second]))
    except TypeError:
        return None


@pytest.mark.parametrize("op", ["add", "mul", "sub", "div", "min", "max", "atan2", "hypot", "lt", "mod"])
def test_precisions_are_numpys(op: str) -> None:
    for first, second in itertools.product(KINDS, repeat=2):
        found = both(op, first, second)
        small = found is None or str(found.dtype) not in KINDS  # float16, int8
        if small or (first == second == BOOL and op in ("add", "mul")):  # which are "or" and "and" in NumPy
            continue
        assert make(op, symbol("x", (2,), first), symbol("y", (2,), second)).dtype == str(found.dtype)


def test_promotion() -> None:
    for first, second in itertools.product(KINDS, repeat=2):
        wanted = str(np.promote_types(KINDS[first], KINDS[second]))
        assert ops.promote(first, second) == wanted
        assert ops.promote(second, first) == wanted
    assert ops.promote(ops.NUMBER, SINGLE) == SINGLE
    assert ops.promote(ops.NUMBER, INTEGER) == REAL
    assert ops.promote(ops.NUMBER, ops.NUMBER) == ops.NUMBER
    assert ops.promote() == ops.NUMBER


# Arrays as leaves


def test_small_arrays_are_equal_by_their_contents() -> None:
    assert data(np.arange(3.0)) is data(np.arange(3.0))
    assert data(np.arange(3.0)) is not data(np.arange(3))
    assert data(np.zeros((2, 2))) is not data(np.zeros(4))
    assert data(np.array([0.0])) is not data(np.array([-0.0]))
    nan = data(np.array([np.nan]))
    assert nan is data(np.array([np.nan]))
    large = np.zeros(Data.SMALL + 1)
    assert data(large.copy()) is not data(large.copy())
    assert len({Data(np.arange(3)), Data(np.arange(3)), Data(np.arange(4))}) == 2
    assert Data(np.arange(3)) != "data"
    assert repr(Data(np.zeros((2, 3)))) == "Data(float64[2, 3])"


def test_data_cannot_be_written_to() -> None:
    array = np.arange(3.0)
    leaf = data(array)
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        leaf.attrs.array[0] = 1.0


@pytest.mark.parametrize("size", [3, 100])
def test_graphs_of_arrays_travel(size: int) -> None:
    x = symbol("x", (size,))
    graph = make("sum", make("mul", make("take", x, arrays.arange(2)), data(np.arange(size * 1.0)[:2])), attrs=(0,))
    large = make("add", x, data(np.arange(size * 1.0)))
    for root in (graph, large, make("item", make("eigh", symbol("m", (2, 2)), attrs="L"), attrs=1)):
        back = pickle.loads(pickle.dumps(root))
        assert (back.op, back.shape, back.dtype) == (root.op, root.shape, root.dtype)
        assert copy.deepcopy(root) is root
    assert pickle.loads(pickle.dumps(graph)) is graph
    again = pickle.loads(pickle.dumps(large))
    given = np.ones(size)
    assert_array_equal(value(again, x=given), value(large, x=given))
    assert node.dump(graph)[-1][0] == "sum"
