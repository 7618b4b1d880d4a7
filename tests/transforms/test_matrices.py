"""Jacobians and Hessians: modes, nests of values and arguments, precisions."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import mibun as mb
from mibun.transforms import matrices

X = np.array([1.0, 2.0, 3.0])
MODES = pytest.mark.parametrize("mode", ["forward", "reverse", "auto"])


@MODES
@pytest.mark.parametrize(
    ("shape", "out"),
    [((3,), (2,)), ((2,), (3,)), ((), (2, 2)), ((2, 3), ()), ((2, 2), (1, 3)), ((0,), (2,)), ((2,), (0, 2))],
)
def test_shapes(shape: tuple[int, ...], out: tuple[int, ...], mode: str) -> None:
    rng = np.random.default_rng(1)
    matrix = rng.normal(size=(*out, *shape))
    x = rng.normal(size=shape)

    def fn(x: Any) -> Any:
        return np.tensordot(matrix, x**2, axes=len(shape))

    derived = mb.jacobian(fn, mode=mode)
    for point in (x, x + 1):
        found = derived(point)
        assert np.shape(found) == (*out, *shape)
        assert_allclose(found, matrix * 2 * point, rtol=1e-13, atol=1e-13)


@MODES
def test_nested_values_and_arguments(mode: str) -> None:
    def fn(p: Any, k: Any) -> Any:
        return {"product": p["x"] * p["y"] * k, "rest": (p["y"] ** 2, [np.sum(p["x"]), None, 1.0], "text")}

    p = {"x": X, "y": 2.0}
    derived = mb.jacobian(fn, mode=mode)
    for _ in range(2):
        found = derived(p, 0.5)
        assert_array_equal(found["product"]["x"], np.diag([1.0, 1.0, 1.0]))
        assert_array_equal(found["product"]["y"], X / 2)
        square, (total, nothing, constant), text = found["rest"]
        assert (square["y"], total["y"], constant["y"], nothing, text) == (4.0, 0.0, 0.0, None, "text")
        assert_array_equal(square["x"], np.zeros(3))
        assert_array_equal(total["x"], np.ones(3))
        assert_array_equal(constant["x"], np.zeros(3))
    both = mb.jacobian(fn, argnums=(1, 0), mode=mode)(p, 0.5)
    assert_array_equal(both["product"][0], 2 * X)
    assert_array_equal(both["product"][1]["y"], X / 2)
    assert both["rest"][0][0] == 0.0


class Point(NamedTuple):
    r: Any
    angle: Any


@MODES
def test_a_map_of_the_plane(mode: str) -> None:
    def cartesian(p: Point) -> dict[str, Any]:
        return {"x": p.r * np.cos(p.angle), "y": p.r * np.sin(p.angle)}

    p = Point(2.0, 0.3)
    found = mb.jacobian(cartesian, mode=mode)(p)
    matrix = np.array([[*found["x"]], [*found["y"]]])
    assert np.linalg.det(matrix) == pytest.approx(p.r)
    assert type(found["x"]) is Point


@MODES
def test_values_that_do_not_vary(mode: str) -> None:
    assert_array_equal(mb.jacobian(lambda x: np.ones(2), mode=mode)(X), np.zeros((2, 3)))
    assert_array_equal(mb.jacobian(np.argsort, mode=mode)(X), np.zeros((3, 3)))
    assert_array_equal(mb.jacobian(lambda x: x > 1, mode=mode)(X), np.zeros((3, 3)))
    assert mb.jacobian(lambda x: 3, mode=mode)(2.0) == 0.0
    assert_array_equal(mb.hessian(lambda x: x @ x[::-1] * 0)(X), np.zeros((3, 3)))


@MODES
def test_precisions(mode: str) -> None:
    derived = mb.jacobian(lambda x: x**2, mode=mode)
    for _ in range(2):
        assert derived(X.astype(np.float32)).dtype == np.float32
        assert derived(np.array([1, 2])).dtype == np.float64
        assert type(derived(2)) is float
        assert type(derived(np.float32(2))) is np.float32


@pytest.mark.parametrize(("ins", "outs", "cheaper"), [(10, 2, "_by_rows"), (2, 10, "_by_columns"), (3, 3, "_by_rows")])
def test_the_cheaper_mode_is_taken(ins: int, outs: int, cheaper: str, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = []
    for name in ("_by_rows", "_by_columns"):
        original = getattr(matrices, name)
        monkeypatch.setattr(matrices, name, lambda *args, n=name, o=original: (taken.append(n), o(*args))[1])
    matrix = np.ones((outs, ins))
    assert mb.jacobian(lambda x: np.tanh(matrix @ x))(np.zeros(ins)).shape == (outs, ins)
    assert taken == [cheaper]


def test_hessians_of_several_arguments() -> None:
    def fn(x: Any, y: Any, p: Any) -> Any:
        return np.sum(x**2) * y**2 + p["k"] * y**3

    found = mb.hessian(fn, argnums=(0, 1))(X, 2.0, {"k": 1.0})
    assert_array_equal(found[0][0], 8 * np.eye(3))
    assert_array_equal(found[0][1], 8 * X)
    assert_array_equal(found[1][0], 8 * X)
    assert found[1][1] == 2 * 14 + 12.0
    nested = mb.hessian(fn, argnums=2)(X, 2.0, {"k": 1.0})
    assert nested == {"k": {"k": 0.0}}
    mixed = mb.hessian(fn, argnums=(1, 2))(X, 2.0, {"k": 1.0})
    assert mixed[0][1] == {"k": 12.0}
    assert mixed[1] == {"k": (12.0, {"k": 0.0})}
    assert mb.hessian(fn, 1)(X, 2.0, p={"k": 1.0}) == 40.0


def test_hessians_of_several_values() -> None:
    found = mb.hessian(lambda x: x**3)(X[:2])
    assert found.shape == (2, 2, 2)
    assert_array_equal(found[0], np.diag([6.0, 0.0]))
    both = mb.hessian(lambda p: {"a": p["x"] ** 3, "b": p["x"] * 2})({"x": 2.0, "none": None})
    assert both == {
        "a": {"x": {"x": 12.0, "none": None}, "none": None},
        "b": {"x": {"x": 0.0, "none": None}, "none": None},
    }


def test_hessians_keep_single_precision() -> None:
    assert mb.hessian(lambda x: np.sum(x**3))(X.astype(np.float32)).dtype == np.float32


@settings(max_examples=25)
@given(st.integers(1, 4), st.integers(1, 4), st.integers(0, 10_000))
def test_modes_agree(n: int, m: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    first, second, x = rng.normal(size=(m, n)), rng.normal(size=(n, m)), rng.normal(size=n)

    def fn(x: Any) -> Any:
        return np.tanh(first @ np.sin(second @ (first @ x)))

    forward, reverse = (mb.jacobian(fn, mode=mode)(x) for mode in ("forward", "reverse"))
    assert_allclose(forward, reverse, rtol=1e-12, atol=1e-14)
    h = 1e-20
    step = np.stack([fn(x + h * 1j * axis).imag / h for axis in np.eye(n)], axis=-1)
    assert_allclose(forward, step, rtol=1e-12, atol=1e-14)
