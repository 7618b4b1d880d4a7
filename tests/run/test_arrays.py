"""Array operations on NumPy arrays: each against another spelling of NumPy's, or a plain loop."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose, assert_array_equal

from mibun import arrays, ops
from mibun.ops import ARRAYS, make, symbol
from mibun.run import interpret
from mibun.run.arrays import FUNCTIONS


def run(op: str, *values: Any, attrs: Any = None) -> Any:
    values = tuple([np.asarray(value) for value in values])
    nodes = [symbol(f"x{i}", value.shape, str(value.dtype)) for i, value in enumerate(values)]
    node = make(op, *nodes, attrs=attrs)
    function, args = interpret.line(node, {})
    with np.errstate(all="ignore"):
        found = function(*values[: len(args)])
    if node.dtype is not ops.TUPLE:
        assert np.shape(found) == node.shape
        assert np.asarray(found).dtype == node.dtype
    return found


def test_every_operation_runs() -> None:
    numeric = set(interpret.functions())
    assert {op for op, row in ARRAYS.items() if row.arity != 0} <= set(FUNCTIONS) | numeric


# Products


@st.composite
def products(draw: st.DrawFn) -> tuple[tuple[str, str, str], dict[str, int]]:
    """A contraction: every letter of an argument occurs in the other or in the result."""
    letters = "abcde"[: draw(st.integers(1, 5))]
    first = draw(st.permutations([c for c in letters if draw(st.booleans())]))
    second = draw(st.permutations([c for c in letters if c not in first or draw(st.booleans())]))
    alone = [c for c in letters if (c in first) != (c in second)]
    both = [c for c in letters if c in first and c in second]
    kept = [*alone, *[c for c in both if draw(st.booleans())]]
    out = draw(st.permutations(kept))
    return ("".join(first), "".join(second), "".join(out)), {c: draw(st.integers(0, 3)) for c in letters}


@given(products(), st.integers(0, 1000))
def test_contractions_are_those_of_einsum(product: tuple[tuple[str, str, str], dict[str, int]], seed: int) -> None:
    (first, second, out), sizes = product
    rng = np.random.default_rng(seed)
    a, b = (rng.normal(size=tuple([sizes[c] for c in letters])) for letters in (first, second))
    found = run("contract", a, b, attrs=(first, second, out))
    assert_allclose(found, np.einsum(f"{first},{second}->{out}", a, b), rtol=1e-12, atol=1e-12)


@given(products(), st.integers(0, 1000))
def test_contractions_of_turned_and_cut_memory(product: tuple[tuple[str, str, str], dict[str, int]], seed: int) -> None:
    """Arguments that are views with strides of their own."""
    (first, second, out), sizes = product
    rng = np.random.default_rng(seed)
    views = []
    for letters in (first, second):
        whole = rng.normal(size=tuple([2 * sizes[c] for c in reversed(letters)]))
        views.append(whole[(slice(None, None, -2),) * len(letters)].T)
    found = run("contract", *views, attrs=(first, second, out))
    assert_allclose(found, np.einsum(f"{first},{second}->{out}", *views), rtol=1e-12, atol=1e-12)


# Places


@given(st.data())
def test_scatter_adds(data: st.DataObject) -> None:
    length = data.draw(st.integers(1, 5))
    shape = data.draw(hnp.array_shapes(min_dims=1, max_dims=2, min_side=0, max_side=40))
    rest = data.draw(hnp.array_shapes(min_dims=0, max_dims=2, max_side=3))
    rng = np.random.default_rng(data.draw(st.integers(0, 1000)))
    index, g = rng.integers(0, length, size=shape), rng.normal(size=(*shape, *rest))
    wanted = np.zeros((length, *rest))
    np.add.at(wanted, index, g)
    assert_allclose(run("scatter", g, index, attrs=(length, False)), wanted, rtol=1e-12, atol=1e-12)
    assert_array_equal(run("take", wanted, index, attrs=False), wanted[index])


def test_scatter_to_distinct_places_and_of_single_precision() -> None:
    g, index = np.array([1.0, 2.0], np.float32), np.array([2, 0])
    for distinct in (True, False):
        assert_array_equal(run("scatter", g, index, attrs=(3, distinct)), np.array([2, 0, 1], np.float32))
        assert_array_equal(
            run("scatter", g[:, None], index, attrs=(3, distinct)), np.array([[2], [0], [1]], np.float32)
        )


# Along an axis


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_recurrences_are_loops(axis: int, backward: bool) -> None:
    rng = np.random.default_rng(axis)
    a, b = rng.normal(size=(3, 4, 2)), rng.normal(size=(3, 4, 2))
    wanted = np.zeros_like(b)
    rates, inputs, out = (np.moveaxis(array, axis, 0) for array in (a, b, wanted))
    before = np.zeros(out.shape[1:])
    for i in range(len(out))[:: -1 if backward else 1]:
        out[i] = before = rates[i] * before + inputs[i]
    assert_allclose(run("recurrence", a, b, attrs=(axis, backward)), wanted, rtol=1e-14)
    assert_allclose(
        run("recurrence", np.ones_like(b), b, attrs=(axis, backward)), run("cumsum", b, attrs=(axis, backward))
    )
    assert run("recurrence", a[:0], b[:0], attrs=(axis, backward)).shape == (0, 4, 2)


@pytest.mark.parametrize("op", ["cumsum", "cumprod"])
@pytest.mark.parametrize(("axis", "backward"), [*itertools.product([0, 1], [False, True])])
def test_running_sums_and_products(op: str, axis: int, backward: bool) -> None:
    x = np.random.default_rng(0).normal(size=(3, 4))
    ufunc = {"cumsum": np.add, "cumprod": np.multiply}[op]
    turned = np.flip(x, axis) if backward else x
    wanted = ufunc.accumulate(turned, axis=axis)
    assert_allclose(run(op, x, attrs=(axis, backward)), np.flip(wanted, axis) if backward else wanted)


@pytest.mark.parametrize("op", ["sum", "prod", "amax", "amin"])
@pytest.mark.parametrize("axes", [(0,), (1,), (2,), (0, 2), (0, 1, 2)])
def test_reductions(op: str, axes: tuple[int, ...]) -> None:
    x = np.random.default_rng(0).normal(size=(2, 3, 4))
    wanted = getattr(np, op)(x, axis=axes)
    assert_allclose(run(op, x, attrs=axes), wanted, rtol=1e-14)
    assert_allclose(run(op, x.astype(np.float32), attrs=axes), wanted.astype(np.float32), rtol=1e-5)
    assert_array_equal(
        run(op, (10 * x).astype(np.int64), attrs=axes), getattr(np, op)((10 * x).astype(np.int64), axis=axes)
    )


def test_truth_values_are_counted() -> None:
    x = np.array([[True, False], [True, True]])
    assert_array_equal(run("sum", x, attrs=(0,)), [2, 1])
    assert_array_equal(run("amax", x, attrs=(0,)), [True, True])
    assert_array_equal(run("cumsum", x, attrs=(0, False)), [[1, 0], [2, 1]])


def test_orders_and_places() -> None:
    x = np.array([[3.0, 1.0, 3.0], [0.0, 0.0, -1.0]])
    assert_array_equal(run("argsort", x, attrs=1), [[1, 0, 2], [2, 0, 1]])  # equal entries keep their order
    assert_array_equal(run("argmax", x, attrs=1), [0, 0])
    assert_array_equal(run("argmin", x, attrs=0), [1, 1, 1])
    assert_array_equal(run("nonzero", np.array([True, False, True]), attrs=2), [0, 2])
    assert_array_equal(run("searchsorted", np.array([1.0, 2.0]), np.array([[1.0, 1.5]]), attrs="left"), [[0, 1]])
    assert_array_equal(run("searchsorted", np.array([1.0, 2.0]), np.array([[1.0, 1.5]]), attrs="right"), [[1, 1]])


# Matrices


def cofactors(x: np.ndarray) -> np.ndarray:
    """The adjugate: the transposed matrix of cofactors, by determinants of minors."""
    n = len(x)
    found = np.empty_like(x)
    for i, j in itertools.product(range(n), repeat=2):
        minor = np.delete(np.delete(x, i, 0), j, 1)
        found[j, i] = (-1) ** (i + j) * np.linalg.det(minor)
    return found


MATRICES = {
    "any": np.random.default_rng(0).normal(size=(4, 4)),
    "rank 3": np.random.default_rng(1).normal(size=(4, 3)) @ np.random.default_rng(2).normal(size=(3, 4)),
    "rank 2": np.random.default_rng(1).normal(size=(4, 2)) @ np.random.default_rng(2).normal(size=(2, 4)),
    "zero": np.zeros((3, 3)),
    "one": np.array([[5.0]]),
    "turn": np.array([[0.0, -1.0], [1.0, 0.0]]),
    "mirror": np.diag([1.0, -1.0, 2.0]),
}


@pytest.mark.parametrize("name", MATRICES)
def test_adjugates(name: str) -> None:
    x = MATRICES[name]
    wanted = cofactors(x)
    found = run("adjugate", x)
    assert_allclose(found, wanted, rtol=1e-11, atol=1e-12 * (1 + np.max(np.abs(wanted))))
    stack = np.stack([x, x.T, 2 * x])
    assert_allclose(run("adjugate", stack)[1], wanted.T, rtol=1e-11, atol=1e-12 * (1 + np.max(np.abs(wanted))))


def test_matrices_without_an_answer_are_nan() -> None:
    zero = np.zeros((2, 2))
    assert np.all(np.isnan(run("inv", zero)))
    assert np.all(np.isnan(run("solve", zero, np.ones((2, 1)))))
    assert np.all(np.isnan(run("cholesky", -np.eye(2))))
    assert run("logdet", zero) == -np.inf
    assert run("det", zero) == 0.0
    values, vectors = run("eigh", np.full((2, 2), np.nan), attrs="L")
    assert np.all(np.isnan(values))
    assert np.all(np.isnan(vectors))


def test_stacks_of_matrices() -> None:
    rng = np.random.default_rng(3)
    x = rng.normal(size=(2, 3, 3))
    whole = x @ np.swapaxes(x, 1, 2) + np.eye(3)
    assert_allclose(run("inv", whole) @ whole, np.stack([np.eye(3)] * 2), atol=1e-12)
    assert_allclose(whole @ run("solve", whole, x), x, atol=1e-12)
    lower = run("cholesky", whole)
    assert_allclose(lower @ np.swapaxes(lower, 1, 2), whole, atol=1e-12)
    assert_allclose(np.exp(run("logdet", whole)), run("det", whole), rtol=1e-12)
    assert run("solve", whole[0], x).shape == (2, 3, 3)


# Values that are kept apart


@given(hnp.arrays(float, hnp.array_shapes(max_dims=2, max_side=4), elements=st.floats(-3, 3)))
def test_no_operation_writes_to_its_arguments(x: np.ndarray) -> None:
    assume(x.size)
    before = x.copy()
    region = tuple([(0, 1, 1) for _ in x.shape])
    for op, more, attrs in (
        ("place", (x[tuple([slice(0, 1)] * x.ndim)] + 1,), (region,)),
        ("embed", (), (tuple([n + 1 for n in x.shape]), tuple([(0, n, 1) for n in x.shape]))),
        ("scatter", (np.zeros(len(x), np.int64),), (2, False)),
        ("cumsum", (), (0, True)),
        ("recurrence", (x,), (0, False)),
    ):
        run(op, x, *more, attrs=attrs)
    assert_array_equal(x, before)


def test_casts() -> None:
    assert_array_equal(run("cast", np.array([1.7, -1.7]), attrs=ops.INTEGER), [1, -1])
    assert_array_equal(run("cast", np.array([0.0, 2.0]), attrs=ops.BOOL), [False, True])
    assert run("cast", np.array(2), attrs=ops.SINGLE).dtype == np.float32
    assert arrays.cast(ops.const(3), ops.INTEGER).dtype is ops.INTEGER
