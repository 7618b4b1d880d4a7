"""The graph: one object for equal expressions; nothing changes it; every process sees the same; it frees its memory."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from tests.strategies import nodes

import mibun
from mibun import node as graph
from mibun.errors import ShapeError, UnsupportedOperation
from mibun.node import Node, contains, dump, evaluate, postorder, preorder, rebuild, symbols, tree_size
from mibun.ops import (
    ARRAYS,
    FORMULA,
    HALF,
    ONE,
    OPS,
    PI,
    E,
    apply,
    broadcast,
    const,
    derivative,
    is_exact,
    make,
    symbol,
)

X, Y = symbol("x"), symbol("y")


def test_equal_expressions_are_one_object() -> None:
    assert make("add", X, const(1)) is make("add", symbol("x"), const(1))
    assert make("add", X, ONE) is not make("add", ONE, X)
    assert apply("f", X) is apply("f", X)
    assert apply("f", X) is not apply("f", X, orders=(1,))
    assert apply("f", X) is not apply("g", X)
    assert derivative(X, Y) is make("derivative", X, Y)
    assert symbol("x", (3,)) is not X
    assert E is not PI
    assert symbol("e") is not E


def test_numbers_are_distinct_by_type_and_by_bits() -> None:
    values = [1, 1.0, 0, 0.0, -0.0, Fraction(1, 2), 0.5, float("nan"), float("inf"), -1, 2**70, 2.0**70]
    assert len({const(value) for value in values}) == len(values)
    assert const(float("nan")) is const(float("nan"))
    assert const(Fraction(4, 2)) is const(2)
    assert const(True) is const(1)
    assert const(Fraction(1, 2)) is HALF
    assert str(const(-0.0).attrs) == "-0.0"
    assert type(const(Fraction(6, 3)).attrs) is int
    numpy = pytest.importorskip("numpy")
    assert const(numpy.float64(0.5)) is const(0.5)
    assert type(const(numpy.float64(0.5)).attrs) is float
    assert [is_exact(node) for node in (ONE, HALF, const(0.5), PI)] == [True, True, False, False]


@pytest.mark.parametrize("value", ["1", 1j, None, [1]])
def test_constants_are_real_numbers(value: object) -> None:
    with pytest.raises(UnsupportedOperation):
        const(value)  # type: ignore[arg-type]


def test_a_node_is_immutable() -> None:
    node = make("sin", X)
    for change in (
        lambda: setattr(node, "op", "cos"),
        lambda: setattr(node, "extra", 1),
        lambda: delattr(node, "op"),
    ):
        with pytest.raises(AttributeError):
            change()
    assert not hasattr(node, "__dict__")
    assert node.op == "sin"


def test_constructors_do_not_simplify() -> None:
    assert make("add", X, const(0)).op == "add"
    assert make("neg", make("neg", X)).args[0].op == "neg"


def test_arity_and_shapes() -> None:
    with pytest.raises(ShapeError):
        make("add", X)
    with pytest.raises(ShapeError):
        make("add", symbol("u", (2,)), symbol("v", (3,)))
    assert make("add", symbol("u", (2, 1)), symbol("v", (3,))).shape == (2, 3)
    assert make("lt", X, Y).dtype == "bool"
    assert broadcast((), (4,), (0, 1)) == (0, 4)
    with pytest.raises(ShapeError):
        broadcast((2,), (0,))


@given(nodes())
def test_copies_and_pickles_are_the_node_itself(node: Node) -> None:
    assert copy.copy(node) is node
    assert copy.deepcopy(node) is node
    assert pickle.loads(pickle.dumps(node)) is node
    assert pickle.loads(pickle.dumps({"deep": [node, node]}))["deep"][1] is node
    assert isinstance(repr(node), str)


def test_a_pickle_makes_new_nodes_where_there_are_none() -> None:
    data = pickle.dumps(make("mul", symbol("only_here"), const(Fraction(22, 7))))
    node = pickle.loads(data)
    assert node.args[0] is symbol("only_here")
    assert pickle.dumps(node) == data


@given(nodes())
def test_walks(node: Node) -> None:
    order = postorder(node)
    place = {inner: i for i, inner in enumerate(order)}
    assert len(place) == len(order)
    assert order[-1] is node
    assert all(place[arg] < place[inner] for inner in order for arg in inner.args)
    assert set(preorder(node)) == set(order)
    assert next(iter(preorder(node))) is node
    assert rebuild(node, {}, lambda inner, args: pytest.fail("nothing changed")) is node
    assert tree_size(node) >= len(order)
    assert set(symbols(node)) == {inner.attrs for inner in order if inner.op == "symbol"}
    assert contains(node, [node.op])
    assert evaluate(node, lambda inner, depths: 1 + max(depths, default=0)) <= len(order)
    assert len(dump(node)) == len(order)


def test_walks_go_as_deep_as_the_graph() -> None:
    node = X
    for _ in range(20_000):
        node = make("sin", node)
    assert len(postorder(node)) == tree_size(node) == 20_001
    assert len(list(preorder(node))) == 20_001
    assert rebuild(node, {X: Y}, lambda inner, args: make(inner.op, *args)).op == "sin"
    assert pickle.loads(pickle.dumps(node)) is node
    assert copy.deepcopy(node) is node
    repr(node)


def test_dropped_graphs_leave_nothing_behind() -> None:
    before = graph.living()
    deep, wide, held = X, X, []
    for i in range(30_000):
        deep = make("sin", deep)
        wide = make("add", wide, make("mul", const(i + 1000), X))
        held.append(make("pow", X, const(Fraction(i, 7919))))
    assert graph.living() > before + 100_000
    del deep, wide, held
    assert graph.living() == before


def test_a_number_of_nodes_made_and_dropped_one_by_one() -> None:
    before = graph.living()
    for i in range(100_000):
        make("mul", const(i + 0.5), X)
    assert graph.living() == before


PROGRAM = """
from mibun import chain
from mibun.node import dump, symbols
from mibun.ops import const, make, symbol
names = [symbol(name) for name in ("q", "alpha", "x_1", "b", "t")]
node = make("exp", names[0])
for i, name in enumerate(names * 3):
    node = make(("add", "mul", "div", "hypot", "max")[i % 5], node, make("sin", make("mul", name, const(i + 2))))
print(symbols(node))
for slope in [*chain.pull(node, names), *(chain.push(node, name).result for name in names)]:
    print(dump(slope))
"""


def test_every_process_sees_the_same_graph() -> None:
    source = str(Path(mibun.__file__).parents[1])
    outputs = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": source},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "4242")
    }
    assert len(outputs) == 1
    assert len(outputs.pop()) > 1000


def test_the_list_of_operations() -> None:
    assert all(name == op.name for name, op in OPS.items())
    assert {op.kind for op in FORMULA.values()} == {"leaf", "elementwise", "predicate", "abstract", "derivative"}
    kinds = {"leaf", "numeric", "linear", "bilinear", "array", "integer", "several"}
    assert {op.kind for op in ARRAYS.values()} == kinds
