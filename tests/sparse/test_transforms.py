"""``jacobian(sparse=True)`` and ``hessian(sparse=True)`` of plain NumPy code: as the dense ones, quick, well told."""

from __future__ import annotations

import sys
import time
from typing import Any

import numpy as np
import pytest
import scipy.optimize
import scipy.sparse as sp
from scipy.integrate import solve_ivp

from mibun.errors import ShapeError, UnsupportedOperation
from mibun.transforms.first import grad
from mibun.transforms.matrices import hessian, jacobian


def rosenbrock(x: Any) -> Any:
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def periodic(y: Any) -> Any:
    """The Brusselator on a torus: two species, one after the other."""
    n = int(np.sqrt(y.size // 2))
    u, v = y.reshape(2, n, n)

    def spread(a: Any) -> Any:
        around = np.roll(a, 1, 0) + np.roll(a, -1, 0) + np.roll(a, 1, 1) + np.roll(a, -1, 1)
        return 0.02 * (around - 4 * a)

    return np.stack([1 + u**2 * v - 4.4 * u + spread(u), 3.4 * u - u**2 * v + spread(v)]).ravel()


def walled(y: Any) -> Any:
    """The Brusselator on a square that nothing leaves: both species of a point beside each other."""
    n = int(np.sqrt(y.size // 2))
    u, v = np.moveaxis(y.reshape(n, n, 2), -1, 0)

    def spread(a: Any) -> Any:
        p = np.pad(a, 1, mode="edge")
        return 0.02 * (p[2:, 1:-1] + p[:-2, 1:-1] + p[1:-1, 2:] + p[1:-1, :-2] - 4 * a)

    return np.stack([1 + u**2 * v - 4.4 * u + spread(u), 3.4 * u - u**2 * v + spread(v)], -1).ravel()


def test_the_hessian_of_a_hundred_thousand_variables() -> None:
    x = np.random.default_rng(1).normal(size=100_000)
    found = hessian(rosenbrock, sparse=True)
    assert found.pattern(x).nnz == 299_998
    begin = time.process_time()
    matrix = found(x)
    assert time.process_time() - begin < 0.5
    assert isinstance(matrix, sp.csr_array) and matrix.shape == (100_000, 100_000)
    assert found.coloring(x).passes == 3
    small = x[:40]
    assert np.allclose(found(small).toarray(), hessian(rosenbrock)(small), rtol=1e-13, atol=1e-13)
    assert (found(small) != found(small).T).nnz == 0


@pytest.mark.parametrize(("rates", "most"), [(periodic, 8), (walled, 6)])
def test_the_jacobian_of_the_brusselator(rates: Any, most: int) -> None:
    y = np.random.default_rng(1).uniform(1, 3, 2048)
    found = jacobian(rates, sparse=True)
    coloring = found.coloring(y)
    assert coloring.passes <= most and coloring.mode == "forward"
    begin = time.process_time()
    matrix = found(y)
    assert time.process_time() - begin < 0.5
    assert matrix.nnz == found.pattern(y).nnz <= 12_288
    assert "2048 × 2048" in coloring.text("en") and coloring.svg("ko").startswith("<svg")
    for n in (3, 4, 6):
        small = y[: 2 * n * n]
        assert np.allclose(found(small).toarray(), jacobian(rates)(small), rtol=1e-13, atol=1e-13)


def test_pattern_and_colours_are_found_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    original = sys.modules["mibun.sparse.jacobian"].pattern  # type: ignore[attr-defined]
    monkeypatch.setattr("mibun.sparse.jacobian.pattern", lambda *args: calls.append(args) or original(*args))
    found = jacobian(periodic, sparse=True)
    for _ in range(3):
        found(np.ones(18))
    assert found.coloring(np.ones(18)) is found.coloring(np.zeros(18))
    assert len(calls) == 1
    found(np.ones(32))
    assert len(calls) == 2


def test_every_path_has_its_own_pattern() -> None:
    def fn(x: Any) -> Any:
        return x * x[0] if x[0] > 0 else x[::-1]

    found = jacobian(fn, sparse=True)
    for sign in (1, -1, 1):
        x = sign * np.arange(1.0, 4.0)
        assert (found(x).toarray() == jacobian(fn)(x)).all()
    assert found.pattern(np.ones(3)).nnz == 5 and found.pattern(-np.ones(3)).nnz == 3


def test_modes() -> None:
    x = np.arange(5.0)
    for mode in ("auto", "forward", "reverse"):
        found = jacobian(lambda x: x[1:] * x[:-1], mode=mode, sparse=True)
        assert (found(x).toarray() == jacobian(lambda x: x[1:] * x[:-1])(x)).all()
        assert found.coloring(x).mode == ("reverse" if mode == "reverse" else "forward")


def test_nested_values_and_arguments() -> None:
    def fn(p: Any, t: Any) -> Any:
        return {"all": p["a"] * p["b"] * t, "sum": (np.sum(p["a"]), 3)}

    at: tuple[Any, ...] = {"a": np.arange(1.0, 4.0), "b": 2.0}, 5.0
    found, wanted = jacobian(fn, sparse=True)(*at), jacobian(fn)(*at)
    assert found["all"]["a"].toarray().tolist() == wanted["all"]["a"].tolist()
    assert found["all"]["b"].toarray().ravel().tolist() == wanted["all"]["b"].tolist()
    assert found["sum"][0]["a"].toarray().ravel().tolist() == [1, 1, 1]
    (by_p, by_t), _ = jacobian(fn, (0, 1), sparse=True)(*at)["all"], None
    assert by_p["a"].shape == (3, 3) and by_t.toarray().ravel().tolist() == [2, 4, 6]


def test_blocks_of_a_hessian() -> None:
    def fn(a: Any, b: Any) -> Any:
        return np.sum(a**2 * a[::-1]) * b

    a, b = np.arange(1.0, 4.0), 2.0
    found, wanted = hessian(fn, (0, 1), sparse=True)(a, b), hessian(fn, (0, 1))(a, b)
    for i, size in enumerate((3, 1)):
        for j, other in enumerate((3, 1)):
            assert found[i][j].shape == (size, other)
            assert np.allclose(found[i][j].toarray(), np.reshape(wanted[i][j], (size, other)))


def test_arrays_of_any_shape_are_read_flat() -> None:
    x = np.arange(6.0).reshape(2, 3)
    found = jacobian(lambda x: np.cumsum(x, axis=1), sparse=True)(x)
    assert (found.toarray() == jacobian(lambda x: np.cumsum(x, axis=1))(x).reshape(6, 6)).all()


def test_written_masks_and_sorted_values() -> None:
    band = np.tril(np.triu(np.ones((6, 6)), -1), 1)
    x = np.random.default_rng(1).normal(size=6)
    for fn, most in ((lambda x: band @ np.tanh(x), 3), (lambda x: np.diff(x) ** 2, 2), (np.sort, 6)):
        found = jacobian(fn, sparse=True)
        assert np.allclose(found(x).toarray(), jacobian(fn)(x))
        assert found.coloring(x).passes <= most


def test_with_scipy() -> None:
    y = np.random.default_rng(1).uniform(1, 3, 32)
    run = solve_ivp(lambda t, y: periodic(y), (0, 1), y, "BDF", jac=jacobian(lambda t, y: periodic(y), 1, sparse=True))
    other = solve_ivp(lambda t, y: periodic(y), (0, 1), y, "BDF")
    assert run.success and np.allclose(run.y[:, -1], other.y[:, -1], atol=1e-2)
    residual = lambda x: np.concatenate([10 * (x[1:] - x[:-1] ** 2), 1 - x[:-1]])  # noqa: E731
    fit = scipy.optimize.least_squares(residual, np.full(20, 0.5), jac=jacobian(residual, sparse=True))
    assert np.allclose(fit.x, 1)
    best = scipy.optimize.minimize(
        rosenbrock, np.zeros(8), jac=grad(rosenbrock), hess=hessian(rosenbrock, sparse=True), method="trust-constr"
    )
    assert np.allclose(best.x, 1, atol=1e-4)


# What does not go


def test_not_inside_of_another_transform() -> None:
    with pytest.raises(UnsupportedOperation) as error:
        grad(lambda x: np.sum(jacobian(lambda y: y**2, sparse=True)(x)))(np.ones(2))
    assert error.value.key == "sparse_traced"


def test_a_hessian_needs_one_value() -> None:
    with pytest.raises(ShapeError):
        hessian(lambda x: x**2, sparse=True)(np.ones(2))


def test_without_scipy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "scipy", None)
    monkeypatch.setitem(sys.modules, "scipy.sparse", None)
    with pytest.raises(UnsupportedOperation) as error:
        jacobian(lambda x: x**2, sparse=True)(np.ones(2))
    assert error.value.key == "no_scipy"
