"""``vmap``: axes, nests, control flow, empty batches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import mibun as mb

ROWS = np.arange(12.0).reshape(3, 4)
X = np.array([1.0, 2.0, 3.0])


@dataclass
class Two:
    a: Any
    b: Any


def test_axes_of_arguments() -> None:
    assert_array_equal(mb.vmap(np.sum)(ROWS), ROWS.sum(1))
    for axis in (1, -1):
        assert_array_equal(mb.vmap(np.sum, in_axes=axis)(ROWS), ROWS.sum(0))
    assert_array_equal(mb.vmap(lambda x, y: x * y, in_axes=(0, None))(X, 2.0), 2 * X)
    assert_array_equal(mb.vmap(lambda x, y: x @ y, in_axes=(0, 1))(ROWS, np.ones((4, 3))), ROWS.sum(1))
    assert_array_equal(mb.vmap(lambda x, y: x @ y, in_axes=[0, None])(ROWS, np.ones(4)), ROWS.sum(1))


def test_axes_of_nests() -> None:
    def fn(p: Any, y: Any) -> Any:
        return p["a"] * p["b"][0] + p["b"][1] + y

    p = {"a": X, "b": (2.0, X)}
    wanted = X * 2 + X + X
    assert_array_equal(mb.vmap(fn, in_axes=({"a": 0, "b": (None, 0)}, 0))(p, X), wanted)
    columns = {"a": X, "b": (2.0, X[None])}
    assert_array_equal(mb.vmap(fn, in_axes=({"a": 0, "b": (None, 1)}, 0))(columns, X), wanted[:, None])
    prefix = mb.vmap(lambda p: p[0]["u"] + p[0]["v"] + p[1], in_axes=((0, None),))
    assert_array_equal(prefix(({"u": X, "v": X}, 1.0)), 2 * X + 1)
    made = mb.vmap(lambda t: Two(t.a * 2, t.b), in_axes=(Two(0, None),))(Two(X, 5.0))
    assert_array_equal(made.a, 2 * X)
    assert_array_equal(made.b, [5.0, 5.0, 5.0])


def test_axes_of_results() -> None:
    def fn(x: Any) -> Any:
        return {"outer": np.outer(x, x), "sum": (np.sum(x), None), "same": 7.0}

    found = mb.vmap(fn, out_axes={"outer": 2, "sum": 0, "same": None})(ROWS)
    assert_array_equal(found["outer"][..., 1], np.outer(ROWS[1], ROWS[1]))
    assert_array_equal(found["sum"][0], ROWS.sum(1))
    assert found["same"] == 7.0
    for axis in (1, -1):
        assert mb.vmap(lambda x: 2 * x, out_axes=axis)(ROWS).shape == (4, 3)
    whole = mb.vmap(lambda x, y: (x + y, y * 2), in_axes=(0, None), out_axes=(0, None))(X, ROWS)
    assert whole[0].shape == (3, 3, 4)
    assert_array_equal(whole[1], 2 * ROWS)


def test_arguments_by_name() -> None:
    """As in JAX, arrays by name are mapped along their first axis; numbers are the same for all."""

    def fn(x: Any, *, k: Any = 1.0, mode: str = "times", n: int = 1) -> Any:
        return (x * k if mode == "times" else x + k) ** n

    assert_array_equal(mb.vmap(fn)(X, k=2.0), 2 * X)
    assert_array_equal(mb.vmap(fn)(X, k=X), X * X)
    assert_array_equal(mb.vmap(fn)(X, k=X, mode="plus", n=2), (2 * X) ** 2)
    assert_array_equal(mb.vmap(lambda x, p: x * p["k"])(X, p={"k": X}), X * X)


def test_kinds_of_numbers() -> None:
    assert mb.vmap(lambda x: x * 2)(np.arange(3)).dtype == np.int64
    assert mb.vmap(lambda x: x * 2)(X.astype(np.float32)).dtype == np.float32
    assert mb.vmap(lambda x: x > 1)(X).dtype == bool
    assert_array_equal(mb.vmap(lambda x: 3)(X), [3, 3, 3])
    found = mb.vmap(lambda x, name: (x, None, name))(X, "a")
    assert found[1:] == (None, "a")
    assert_array_equal(mb.vmap(lambda x, i: ROWS[i] * x)(X, np.array([2, 0, 1])), ROWS[[2, 0, 1]] * X[:, None])


@pytest.mark.parametrize("size", [0, 1, 2])
def test_sizes(size: int) -> None:
    rows = np.ones((size, 3))
    for fn, wanted in (
        (np.sum, np.full(size, 3.0)),
        (lambda x: x[0] if x[0] > 0 else -x[0], np.ones(size)),
        (lambda x: np.linalg.solve(np.diag(x) * 2, x), rows / 2),
        (lambda x: mb.while_loop(lambda v: np.sum(v) < 100, lambda v: v * 2, x), rows * 64),
        (lambda x: mb.scan(lambda c, y: (c + y, c), 0.0, x)[1], np.array([[0.0, 1.0, 2.0]] * size).reshape(size, 3)),
        (mb.grad(lambda x: np.sum(x**2)), 2 * rows),
        (lambda x: np.sort(x)[::-1], rows),
        (lambda x: np.interp(0.5, np.arange(3.0), x), np.ones(size)),
    ):
        found = mb.vmap(fn)(rows)
        assert_allclose(found, wanted)
        assert found.shape == wanted.shape


def steps(x: Any) -> Any:
    """Goes one of many ways: 3n + 1, as often as its size says."""
    count = 0
    while x > 1.5:
        x = x / 2 if np.floor(x) % 2 == 0 else 3 * x + 1
        count += 1
        if count > 50:
            break
    return x * count


@pytest.mark.parametrize(
    "fn", [steps, lambda x: x**2 if x > 2 else -x, lambda x: max(x, 5.0), lambda x: sorted([x, 3.0])[0]]
)
def test_those_that_go_the_same_way_go_together(fn: Callable[[Any], Any]) -> None:
    batched = mb.vmap(fn)
    for xs in (np.array([1.0, 6.0, 7.0, 3.0, 6.5]), np.array([2.0, 2.0, 9.0]), np.array([27.0, 1.0]), np.array([1.0])):
        assert_allclose(batched(xs), [fn(x) for x in xs], rtol=1e-14)
        assert_allclose(mb.vmap(mb.grad(fn))(xs), [mb.grad(fn)(x) for x in xs], rtol=1e-13)
        assert_allclose(mb.grad(lambda x: np.sum(batched(x)))(xs), [mb.grad(fn)(x) for x in xs], rtol=1e-13)


def test_a_branch_on_what_is_the_same_for_all() -> None:
    batched = mb.vmap(lambda x, k: x * k if k > 0 else x, in_axes=(0, None))
    for k in (2.0, -1.0, 3.0):
        assert_array_equal(batched(X, k), X * k if k > 0 else X)


def test_a_branch_within_two_batches() -> None:
    table = mb.vmap(mb.vmap(lambda x, y: x if x > y else y * y, in_axes=(None, 0)), in_axes=(0, None))
    for xs in (X, X[::-1], X - 2):
        assert_array_equal(table(xs, X), [[x if x > y else y * y for y in X] for x in xs])


def test_masks_choose_differently() -> None:
    def fn(x: Any) -> Any:
        return np.prod(x[x > 2]) + np.sum(x[np.abs(x - 5) > 4][:2] ** 2) + np.flatnonzero(x > 2).sum()

    rows = np.array([[1.0, 3.0, 4.0, 0.5], [5.0, 1.5, 9.5, 1.0], [0.0, 0.0, 1.0, 1.0], [6.0, 1.0, 7.0, 2.0]])
    for batch in (rows, rows[::-1]):
        assert_array_equal(mb.vmap(fn)(batch), [fn(row) for row in batch])
        assert_array_equal(mb.vmap(mb.grad(fn))(batch), [mb.grad(fn)(row) for row in batch])
    same = mb.vmap(lambda x: x[x > 2] * 2)
    assert_array_equal(same(rows[[0, 1, 3]]), [[6.0, 8.0], [10.0, 19.0], [12.0, 14.0]])


def test_a_closure_over_what_is_differentiated() -> None:
    assert mb.grad(lambda k: np.sum(mb.vmap(lambda x: k * x**2)(X)))(2.0) == 14.0
    assert mb.grad(lambda k: np.sum(mb.vmap(lambda x: k * x if x > k else k**2)(X)))(1.5) == 5.0 + 3.0


@pytest.mark.parametrize(
    ("call", "key"),
    [
        (lambda: mb.vmap(lambda x, y: x, in_axes=(0,))(X, X), "vmap_axes"),
        (lambda: mb.vmap(lambda x, y: x)(X, X[:2]), "vmap_sizes"),
        (lambda: mb.vmap(lambda x: x)(2.0), "vmap_axis"),
        (lambda: mb.vmap(lambda x: x, in_axes=1)(X), "vmap_axis"),
        (lambda: mb.vmap(lambda x: x, out_axes=1)(X), "vmap_axis"),
        (lambda: mb.vmap(lambda x: x, in_axes=None)(X), "vmap_sizes"),
        (lambda: mb.vmap(lambda x: x, in_axes=({"a": 0},))({"b": X}), "vmap_tree"),
        (lambda: mb.vmap(lambda x: x, in_axes=("0",))(X), "vmap_tree"),
        (lambda: mb.vmap(lambda x: (x, x), out_axes=(0, 0, 0))(X), "vmap_tree"),
        (lambda: mb.vmap(lambda x: x, out_axes=None)(X), "vmap_out"),
        (lambda: mb.vmap(lambda x: ROWS[0] if x > 1 else x)(X), "vmap_shapes"),
        (lambda: mb.vmap(lambda x: x[x > 1])(ROWS), "vmap_shapes"),
    ],
)
def test_what_does_not_fit(call: Callable[[], Any], key: str) -> None:
    with pytest.raises(mb.ShapeError) as caught:
        call()
    assert caught.value.key == key
    assert "{" not in caught.value.text("en") + caught.value.text("ko")


@settings(max_examples=30)
@given(st.lists(st.floats(-4, 4), min_size=1, max_size=6), st.integers(0, 3))
def test_a_batch_is_a_loop(values: list[float], which: int) -> None:
    def newton(a: Any) -> Any:
        x = 1.0 + a * a
        while abs(x * x - abs(a) - 1) > 1e-9:
            x = (x + (abs(a) + 1) / x) / 2
        return x

    fn: Callable[[Any], Any] = [
        newton,
        lambda x: np.where(x > 0, np.sqrt(np.abs(x)), 0) + np.floor(x),
        lambda x: x * sum(x**k for k in range(int(np.floor(np.abs(x))))),
        lambda x: np.sort(np.stack([x, -x, 1.0]))[1] if x < 1 else np.cumsum(np.stack([x, x]))[1],
    ][which]
    xs = np.array(values)
    assert_allclose(mb.vmap(fn)(xs), [fn(x) for x in xs], rtol=1e-13, atol=1e-13)
