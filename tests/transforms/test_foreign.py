"""Foreign functions with rules, and solutions of equations: derivatives of every order, in every mix with others."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import mpmath
import numpy as np
import pytest
import scipy.optimize
import scipy.special
from numpy.testing import assert_allclose

import mibun as mb

XS = np.array([0.5, 1.3, 2.0])

j0 = mb.custom(scipy.special.j0, lambda x, dx: -j1(x[0]) * dx[0])
j1 = mb.custom(scipy.special.j1, lambda x, dx: (j0(x[0]) - j1(x[0]) / x[0]) * dx[0])
jv = mb.custom(scipy.special.jv, lambda p, t: (jv(p[0] - 1, p[1]) - jv(p[0] + 1, p[1])) / 2 * t[1])
exp = mb.custom(math.exp, lambda x, dx: (exp(x[0]), exp(x[0]) * dx[0]))


def bessel(order: int, x: float, n: float = 0) -> float:
    with mpmath.workdps(30):
        return float(mpmath.diff(lambda t: mpmath.besselj(n, t), mpmath.mpf(x), order))


# Rules


def test_rules_that_use_each_other() -> None:
    derived: Callable[[Any], Any] = j0
    for order in range(4):
        assert derived(1.3) == pytest.approx(bessel(order, 1.3), rel=1e-13)
        derived = mb.grad(derived)
    for derive in (
        mb.hessian,
        lambda f: mb.grad(lambda t: mb.jvp(f, (t,), (1.0,))[1]),
        lambda f: mb.jacobian(mb.grad(f)),
    ):
        second = derive(j0)
        assert [second(x) for x in XS] == [pytest.approx(bessel(2, x), rel=1e-13) for x in XS]


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_arrays(mode: str) -> None:
    jacobian = mb.jacobian(j0, mode=mode)
    for x in (XS, XS + 1):
        assert_allclose(jacobian(x), np.diag(-scipy.special.j1(x)), rtol=1e-14)
    hessian = mb.hessian(lambda x: np.sum(j0(x)))
    assert_allclose(hessian(XS), np.diag([bessel(2, x) for x in XS]), rtol=1e-13)
    single = mb.grad(lambda x: np.sum(j0(x)))(XS.astype(np.float32))
    assert single.dtype == np.float32
    assert_allclose(single, -scipy.special.j1(XS), rtol=1e-6)


def test_batches() -> None:
    rows = np.stack([XS, XS + 1])
    assert_allclose(mb.vmap(j0)(XS), scipy.special.j0(XS))
    assert_allclose(mb.vmap(mb.grad(j0))(XS), -scipy.special.j1(XS))
    assert_allclose(mb.vmap(mb.grad(mb.grad(j0)))(XS), [bessel(2, x) for x in XS])
    assert_allclose(mb.vmap(mb.vmap(j0))(rows), scipy.special.j0(rows))
    assert_allclose(mb.vmap(mb.vmap(mb.grad(j0)))(rows), -scipy.special.j1(rows))
    assert_allclose(mb.vmap(mb.jacobian(j0))(rows)[1], np.diag(-scipy.special.j1(rows[1])))
    assert_allclose(mb.grad(lambda x: np.sum(mb.vmap(mb.vmap(j0))(x)))(rows), -scipy.special.j1(rows))
    table = mb.vmap(mb.vmap(lambda x, y: j0(x * y), in_axes=(None, 0)), in_axes=(0, None))
    assert_allclose(table(XS, XS), scipy.special.j0(np.outer(XS, XS)))
    assert mb.vmap(j0)(np.zeros(0)).shape == (0,)


def test_numbers_beside_what_is_differentiated() -> None:
    """Whole numbers are handed on as they are; the rule may ask for other orders."""
    for n in (1, 2):
        first, second = mb.grad(lambda x: jv(n, x)), mb.grad(mb.grad(lambda x: jv(n, x)))  # noqa: B023
        assert [first(x) for x in XS] == [pytest.approx(bessel(1, x, n), rel=1e-12) for x in XS]
        assert [second(x) for x in XS] == [pytest.approx(bessel(2, x, n), rel=1e-12) for x in XS]


def test_the_value_with_the_tangent() -> None:
    derived: Callable[[Any], Any] = exp
    for _ in range(3):
        derived = mb.grad(derived)
        assert derived(0.3) == pytest.approx(math.exp(0.3), rel=1e-15)


def polar(p: Any, scale: Any) -> Any:
    """Nests in, nests out."""
    r, angle = p["r"], p["angle"]
    return {"x": scale * r * math.cos(angle), "rest": (np.array([r, angle]) * scale, r * r)}


def polar_rule(primals: Any, tangents: Any) -> Any:
    (p, scale), (dp, dscale) = primals, tangents
    r, angle, dr, dangle = p["r"], p["angle"], dp["r"], dp["angle"]
    by_scale = np.stack([r, angle]) * dscale
    return {
        "x": scale * (np.cos(angle) * dr - r * np.sin(angle) * dangle) + r * np.cos(angle) * dscale,
        "rest": (np.stack([dr, dangle]) * scale + by_scale, 2 * r * dr),
    }


def polar_in_numpy(p: Any, scale: Any) -> Any:
    r, angle = p["r"], p["angle"]
    return {"x": scale * r * np.cos(angle), "rest": (np.stack([r, angle]) * scale, r * r)}


def combined(fn: Any) -> Callable[[Any], Any]:
    def total(v: Any) -> Any:
        found = fn({"r": v[0], "angle": v[1]}, v[2])
        return found["x"] ** 2 + np.sum(np.sin(found["rest"][0])) + found["rest"][1] * found["x"]

    return total


def test_nests_of_arguments_and_values() -> None:
    mine, plain = combined(mb.custom(polar, polar_rule)), combined(polar_in_numpy)
    v = np.array([1.2, 0.4, 0.7])
    for derive in (
        mb.grad,
        mb.hessian,
        lambda f: mb.jacobian(f, mode="forward"),
        lambda f: mb.jacobian(mb.grad(f), mode="reverse"),
        lambda f: mb.jacobian(mb.hessian(f)),
    ):
        assert_allclose(derive(mine)(v), derive(plain)(v), rtol=1e-12, atol=1e-12)
    rows = np.stack([v, v + 0.5, 2 * v])
    assert_allclose(mb.vmap(mine)(rows), [plain(row) for row in rows], rtol=1e-13)
    assert_allclose(mb.vmap(mb.hessian(mine))(rows), np.stack([mb.hessian(plain)(row) for row in rows]), rtol=1e-12)


def test_two_values() -> None:
    """A tuple of two tangents is no (value, tangent); with both it is a pair of tuples."""
    both = mb.custom(lambda x: (np.sin(x), np.cos(x)), lambda x, dx: (np.cos(x[0]) * dx[0], -np.sin(x[0]) * dx[0]))
    pair = mb.custom(
        lambda x: (np.sin(x), np.cos(x)), lambda x, dx: (pair(x[0]), (np.cos(x[0]) * dx[0], -np.sin(x[0]) * dx[0]))
    )
    for fn in (both, pair):
        assert mb.jacobian(fn)(0.3) == (math.cos(0.3), -math.sin(0.3))


def test_within_loops() -> None:
    def plain(a: Any) -> Any:
        for x in XS:
            a = j0(a) * x
        return a

    scanned = mb.grad(lambda a: mb.scan(lambda c, x: (j0(c) * x, None), a, XS)[0])
    assert scanned(0.7) == pytest.approx(mb.grad(plain)(0.7), rel=1e-14)
    second = mb.grad(scanned)
    assert second(0.7) == pytest.approx(mb.grad(mb.grad(plain))(0.7), rel=1e-13)
    turned = mb.grad(lambda a: mb.while_loop(lambda v: v[1] < 3, lambda v: (j0(v[0]), v[1] + 1), (a, 0))[0])
    assert turned(0.7) == pytest.approx(mb.grad(lambda a: j0(j0(j0(a))))(0.7), rel=1e-14)


def test_outside_of_derivatives_it_is_the_function_itself() -> None:
    assert j0(1.0) == scipy.special.j0(1.0)
    assert repr(j0) == "<mibun.custom(j0)>"
    assert mb.grad(lambda a: a * j0(1.0))(2.0) == scipy.special.j0(1.0)


@pytest.mark.parametrize(
    ("rule", "key"),
    [
        (lambda x, dx: (1.0, 2.0, 3.0), "custom_rule"),
        (lambda x, dx: np.ones(2) * dx[0][0], "custom_rule"),
        (lambda x, dx: None, "custom_rule"),
        (lambda x, dx: np.cos(x[0]), "custom_linear"),
        (lambda x, dx: np.cos(x[0]) * dx[0] ** 2, "custom_linear"),
        (lambda x, dx: np.abs(dx[0]), "custom_linear"),
        (lambda x, dx: np.cos(x[0]) * dx[0] + 1e-3, "custom_linear"),
        (lambda x, dx: math.cos(x[0][0]) * dx[0], "trace_math"),
    ],
)
def test_rules_that_are_none(rule: Any, key: str) -> None:
    fn = mb.custom(np.sin, rule)
    with pytest.raises(mb.MibunError) as caught:
        mb.grad(lambda x: np.sum(fn(x)))(XS)
    assert caught.value.key == key
    assert "{" not in caught.value.text("en") + caught.value.text("ko")


def test_what_a_function_raises_passes_through() -> None:
    with pytest.raises(ZeroDivisionError):
        mb.grad(mb.custom(lambda x: 1 / 0, lambda x, dx: dx[0]))(1.0)
    for given in (3, None):
        with pytest.raises(mb.UnsupportedOperation):
            mb.custom(given, np.sin)  # type: ignore[arg-type]


# Solutions

root = mb.implicit(lambda a: a**0.5, lambda x, a: x**2 - a)
fixed = mb.implicit(
    lambda a: scipy.optimize.fixed_point(lambda x: np.cos(a * x), 0.5, xtol=1e-15), lambda x, a: np.cos(a * x) - x
)
linear = mb.implicit(np.linalg.solve, lambda x, a, b: a @ x - b)


def system(x: Any, p: Any) -> Any:
    return np.stack([x[0] ** 2 + x[1] ** 2 - p["r"], np.exp(x[0]) - p["k"] * x[1]])


def solve_system(p: Any) -> Any:
    return scipy.optimize.root(lambda x: system(x, p), np.array([0.5, 1.0]), tol=1e-13).x


solved = mb.implicit(solve_system, system)


def test_a_root() -> None:
    derived: Callable[[Any], Any] = root
    for wanted in (2.0, 0.25, -1 / 32, 3 / 256):
        assert [derived(4.0), derived(4.0)] == [pytest.approx(wanted, rel=1e-14)] * 2
        derived = mb.grad(derived)
    assert_allclose(mb.vmap(mb.grad(root))(XS), 0.5 * XS**-0.5)
    assert_allclose(mb.vmap(mb.grad(mb.grad(root)))(XS), -0.25 * XS**-1.5)
    assert_allclose(mb.grad(lambda a: np.sum(mb.vmap(root)(a)))(XS), 0.5 * XS**-0.5)


def test_a_fixed_point() -> None:
    with mpmath.workdps(30):
        solution = lambda a: mpmath.findroot(lambda x: mpmath.cos(a * x) - x, 0.7)  # noqa: E731
        wanted = [float(mpmath.diff(solution, mpmath.mpf(0.8), order)) for order in (1, 2)]
    assert mb.grad(fixed)(0.8) == pytest.approx(wanted[0], rel=1e-12)
    assert mb.grad(mb.grad(fixed))(0.8) == pytest.approx(wanted[1], rel=1e-11)
    assert mb.jvp(mb.grad(fixed), (0.8,), (1.0,))[1] == pytest.approx(wanted[1], rel=1e-11)


def test_a_system() -> None:
    p = {"r": 2.0, "k": 1.7}
    jacobian = mb.jacobian(solved)(p)

    def at(r: Any, k: Any, i: int) -> Any:
        found = mpmath.findroot(lambda x, y: (x**2 + y**2 - r, mpmath.exp(x) - k * y), (0.5, 1.0))
        return found[i]

    with mpmath.workdps(40):
        for i, (name, which) in enumerate((("r", (1, 0)), ("k", (0, 1)))):
            for j in range(2):
                wanted = mpmath.diff(lambda r, k, j=j: at(r, k, j), (mpmath.mpf(2), mpmath.mpf(1.7)), which)
                assert jacobian[name][j] == pytest.approx(float(wanted), rel=1e-11), (i, j)
        second = mb.jacobian(mb.jacobian(solved))(p)
        wanted = mpmath.diff(lambda r, k: at(r, k, 0), (mpmath.mpf(2), mpmath.mpf(1.7)), (1, 1))
        assert second["r"]["k"][0] == pytest.approx(float(wanted), rel=1e-9)
    many = {"r": np.array([2.0, 2.2]), "k": np.array([1.7, 1.8])}
    each = mb.vmap(mb.jacobian(solved))(many)
    assert_allclose(each["r"][0], jacobian["r"], rtol=1e-10)
    forward = mb.jacobian(solved, mode="forward")(p)
    assert_allclose(forward["k"], jacobian["k"], rtol=1e-12)


def test_a_linear_system() -> None:
    """A matrix for which no other numbers would do: the solver is called with what occurs only."""
    a, b = np.array([[3.0, 1.0], [0.5, 2.0]]), np.array([1.0, 2.0])

    def total(solve: Any) -> Callable[..., Any]:
        return lambda a, b: np.sum(solve(a, b) ** 3)

    mine, plain = total(linear), total(np.linalg.solve)
    for found, wanted in zip(mb.grad(mine, (0, 1))(a, b), mb.grad(plain, (0, 1))(a, b), strict=True):
        assert_allclose(found, wanted, rtol=1e-13)
    assert_allclose(mb.hessian(mine)(a, b), mb.hessian(plain)(a, b), rtol=1e-12)
    assert_allclose(
        mb.vmap(linear, in_axes=(None, 0))(a, np.stack([b, 2 * b])), np.linalg.solve(a, np.stack([b, 2 * b]).T).T
    )


def test_an_equation_within_another() -> None:
    """x² = a + y where y³ = a: a root that is an argument of another."""
    cube = mb.implicit(lambda a: a ** (1 / 3), lambda y, a: y**3 - a)
    outer = mb.implicit(lambda a, y: (a + y) ** 0.5, lambda x, a, y: x**2 - a - y)
    gradient = mb.grad(lambda a: outer(a, cube(a)))
    a = 2.0
    assert gradient(a) == pytest.approx((1 + a ** (-2 / 3) / 3) / (2 * (a + a ** (1 / 3)) ** 0.5), rel=1e-13)
    with mpmath.workdps(30):
        wanted = float(mpmath.diff(lambda t: mpmath.sqrt(t + mpmath.cbrt(t)), 2, 2))
    assert mb.grad(gradient)(a) == pytest.approx(wanted, rel=1e-12)
