"""The tree of paths: what is kept, how it branches, what is forgotten."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from mibun.node import Node
from mibun.ops import ZERO, const, make, symbol
from mibun.trace.paths import LIMIT, Outcome, Paths
from mibun.trace.traced import decided

X, Y = symbol("x"), symbol("y")
POSITIVE, LARGE = make("gt", X, ZERO), make("gt", make("mul", X, X), Y)


def outcome(*nodes: Node) -> Outcome:
    return Outcome(nodes, tuple)


def run(paths: Paths, x: float, y: float = 0.0) -> Any:
    with np.errstate(all="ignore"):
        found = paths.replay([np.float64(x), np.float64(y)])
    return None if found is None else found[0].assemble(found[1])


def test_no_path_yet() -> None:
    assert run(Paths([X, Y]), 1.0) is None


def test_a_path_without_decisions() -> None:
    paths = Paths([X, Y])
    paths.add([], outcome(make("add", X, Y)))
    assert [run(paths, 1.0, 2.0), run(paths, 2.0, 3.0)] == [(3.0,), (5.0,)]


def test_paths_branch_where_decisions_differ() -> None:
    paths = Paths([X, Y])
    paths.add([(POSITIVE, True), (LARGE, True)], outcome(make("mul", X, X)))
    assert run(paths, 3.0, 1.0) == (9.0,)
    assert run(paths, -3.0, 1.0) is None
    assert run(paths, 0.5, 1.0) is None
    paths.add([(POSITIVE, True), (LARGE, False)], outcome(Y))
    paths.add([(POSITIVE, False)], outcome(make("neg", X), const(7)))
    for _ in range(2):
        assert [run(paths, 3.0, 1.0), run(paths, 0.5, 1.0), run(paths, -3.0, 1.0)] == [(9.0,), (1.0,), (3.0, 7.0)]


def test_a_path_that_is_there_already_is_replaced() -> None:
    paths = Paths([X, Y])
    for value in (1, 2):
        paths.add([(POSITIVE, True)], outcome(const(value)))
    assert run(paths, 1.0) == (2.0,)


def test_a_function_that_decides_otherwise_is_forgotten() -> None:
    paths = Paths([X, Y])
    paths.add([(POSITIVE, True)], outcome(X))
    paths.add([(LARGE, True)], outcome(Y))  # it asked another question on the same values
    assert run(paths, 3.0, 1.0) is None
    paths.add([(LARGE, True)], outcome(Y))
    assert run(paths, 3.0, 1.0) == (1.0,)


def test_a_decision_by_a_number() -> None:
    paths = Paths([X, Y])
    whole = make("floor", X)
    for n in range(5):
        paths.add([(whole, decided(np.float64(n)))], outcome(make("mul", const(n), Y)))
    assert [run(paths, n + 0.5, 2.0) for n in range(5)] == [(2.0 * n,) for n in range(5)]
    assert run(paths, 5.5) is None


def test_a_decision_by_an_array() -> None:
    v = symbol("v", (3,))
    order = make("argsort", v, attrs=0)
    paths = Paths([v])
    paths.add([(order, decided(np.array([0, 1, 2])))], outcome(make("sum", v, attrs=(0,))))
    assert paths.replay([np.array([1.0, 2.0, 3.0])]) is not None
    assert paths.replay([np.array([3.0, 2.0, 1.0])]) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (np.float64(1.0), np.float64(2.0)),
        (np.float64(0.0), np.float64(-0.0)),
        (np.float64(np.nan), np.float64(1.0)),
        (np.bool_(True), np.bool_(False)),
        (np.array([1.0, 2.0]), np.array([1.0, 3.0])),
        (np.array([1.0, 2.0]), np.array([[1.0, 2.0]])),
    ],
)
def test_what_is_decided(one: Any, other: Any) -> None:
    assert decided(one) == decided(np.array(one)[()])
    assert hash(decided(one)) == hash(decided(one.copy()))
    assert decided(one) != decided(other)


def test_the_limit() -> None:
    paths = Paths([X, Y])
    whole = make("floor", X)
    for n in range(LIMIT):
        paths.add([(whole, decided(np.float64(n)))], outcome(const(n)))
    assert run(paths, 0.5) == (0.0,)
    paths.add([(whole, float(LIMIT))], outcome(const(LIMIT)))
    assert run(paths, 0.5) is None  # all before were forgotten
    assert run(paths, LIMIT + 0.5) == (LIMIT,)


def test_long_paths_share_what_they_began_with() -> None:
    paths = Paths([X, Y])
    steps = [make("mul", const(k), X) for k in range(2, 40)]
    tests = [make("lt", step, Y) for step in steps]
    for n in range(0, 38, 3):
        guards = [(test, True) for test in tests[:n]] + [(tests[n], False)]
        paths.add(guards, outcome(const(n), steps[n]))
    for n in range(0, 38, 3):
        y = (n + 2) - 0.5  # k x < y for all k < n + 2
        assert run(paths, 1.0, y) == (n, n + 2.0)
    assert run(paths, 1.0, 2.5) is None


def test_threads_take_the_same_path() -> None:
    paths = Paths([X, Y])
    node: Node = X
    for k in range(200):
        node = make("sin", make("add", node, const(k)))
    paths.add([(POSITIVE, True)], outcome(node))
    paths.add([(POSITIVE, False)], outcome(make("neg", node)))
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda i: run(paths, 1.0 if i % 2 else -1.0), range(40)))
    assert set(found[1::2]) == {run(paths, 1.0)}
    assert set(found[::2]) == {run(paths, -1.0)}
