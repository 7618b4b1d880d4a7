"""Transforms of transforms, to third order in every mix, against mpmath; and that what is differentiated is never
confused with what another differentiation around it differentiates.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from functools import cache
from typing import Any

import mpmath
import numpy as np
import pytest
from numpy.testing import assert_allclose

import mibun as mb

POINT = np.array([0.7, -0.4])
Fn = Callable[[Any], Any]


def surface(x: Any) -> Any:
    return np.sin(x[0] * x[1]) + np.exp(x[0]) * x[1] ** 2


@cache
def exact(order: int) -> Any:
    """All derivatives of ``surface`` of one order, by mpmath's differences with 40 digits."""
    found = np.empty((2,) * order)
    with mpmath.workdps(40):
        for which in itertools.product(range(2), repeat=order):
            found[which] = mpmath.diff(
                lambda a, b: mpmath.sin(a * b) + mpmath.exp(a) * b**2,
                tuple(mpmath.mpf(float(x)) for x in POINT),
                (which.count(0), which.count(1)),
            )
    return found


# Ways from a function of an array to the array of its derivatives, the new axis last


def forward(fn: Fn) -> Fn:
    return mb.jacobian(fn, mode="forward")


def reverse(fn: Fn) -> Fn:
    return mb.jacobian(fn, mode="reverse")


def pushes(fn: Fn) -> Fn:
    return lambda x: np.stack([mb.jvp(fn, (x,), (axis,))[1] for axis in np.eye(2)], axis=-1)


def pushes_at_once(fn: Fn) -> Fn:
    return lambda x: mb.vmap(lambda axis: mb.jvp(fn, (x,), (axis,))[1], out_axes=-1)(np.eye(2))


def gradients(fn: Fn) -> Fn:
    def derived(x: Any) -> Any:
        shape = np.shape(fn(x))
        entries = [mb.grad(lambda x, i=i: np.ravel(fn(x))[i])(x) for i in range(math.prod(shape))]
        return np.reshape(np.stack(entries), (*shape, 2))

    return derived


def pulls_at_once(fn: Fn) -> Fn:
    def derived(x: Any) -> Any:
        value, back = mb.vjp(fn, x)
        basis = np.eye(math.prod(np.shape(value))).reshape(-1, *np.shape(value))
        rows = mb.vmap(lambda row: back(row if row.ndim else row * 1.0)[0])(basis)
        return np.reshape(rows, (*np.shape(value), 2))

    return derived


WAYS = [forward, reverse, pushes, pushes_at_once, gradients, pulls_at_once]
IDS = [way.__name__ for way in WAYS]


@pytest.mark.parametrize(
    "ways", [*itertools.product(WAYS, repeat=2)], ids=lambda ways: ",".join(w.__name__ for w in ways)
)
def test_second_order_in_every_mix(ways: tuple[Callable[[Fn], Fn], ...]) -> None:
    derived: Fn = surface
    for way in ways:
        derived = way(derived)
    for _ in range(2):
        assert_allclose(derived(POINT), exact(2), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    "ways", [*itertools.product(WAYS, repeat=3)], ids=lambda ways: ",".join(w.__name__ for w in ways)
)
def test_third_order_in_every_mix(ways: tuple[Callable[[Fn], Fn], ...]) -> None:
    derived: Fn = surface
    for way in ways:
        derived = way(derived)
    assert_allclose(derived(POINT), exact(3), rtol=1e-11, atol=1e-11)


# Compositions as they are written


def wave(x: Any) -> Any:
    return np.sin(x) * x**2


def wave_by_mpmath(x: float, order: int) -> float:
    with mpmath.workdps(40):
        return float(mpmath.diff(lambda t: mpmath.sin(t) * t**2, mpmath.mpf(x), order))


def test_gradients_of_gradients() -> None:
    derived: Fn = wave
    for order in range(1, 7):
        derived = mb.grad(derived)
        for x in (1.3, -0.2):
            assert derived(x) == pytest.approx(wave_by_mpmath(x, order), rel=1e-12)


def test_a_series_by_flint() -> None:
    flint = pytest.importorskip("flint")
    x = flint.arb_series([flint.arb("0.5"), 1], prec=6)
    series = (x.exp() / (1 + x * x)).sin()
    derived: Fn = lambda t: np.sin(np.exp(t) / (1 + t * t))  # noqa: E731
    for order in range(1, 6):
        derived = mb.jacobian(derived, mode="forward" if order % 2 else "reverse")
        assert derived(0.5) == pytest.approx(float(series[order].mid()) * math.factorial(order), rel=1e-11)


XS = np.array([0.3, -1.2, 2.0])


def test_gradients_of_batches_and_batches_of_gradients() -> None:
    by_hand = np.array([wave_by_mpmath(x, 1) for x in XS])
    second = np.array([wave_by_mpmath(x, 2) for x in XS])
    third = np.array([wave_by_mpmath(x, 3) for x in XS])
    many, near = mb.vmap(wave), {"rtol": 1e-12, "atol": 1e-12}
    assert_allclose(mb.vmap(mb.grad(wave))(XS), by_hand, **near)
    assert_allclose(mb.grad(lambda x: np.sum(many(x)))(XS), by_hand, **near)
    assert_allclose(mb.jacobian(many)(XS), np.diag(by_hand), **near)
    assert_allclose(mb.hessian(lambda x: np.sum(many(x)))(XS), np.diag(second), **near)
    assert_allclose(mb.vmap(mb.hessian(wave))(XS), second, **near)
    assert_allclose(mb.hessian(many)(XS)[range(3), range(3), range(3)], second, **near)
    assert np.count_nonzero(mb.hessian(many)(XS)) == 3
    assert_allclose(mb.vmap(mb.grad(mb.grad(mb.grad(wave))))(XS), third, **near)
    rows = np.stack([XS, 2 * XS])
    inner = mb.grad(lambda x: np.sum(mb.vmap(wave)(x)))
    assert_allclose(mb.vmap(inner)(rows)[0], by_hand, **near)
    assert_allclose(mb.vmap(mb.vmap(mb.grad(wave)))(rows)[0], by_hand, **near)
    assert_allclose(mb.vmap(mb.hessian(lambda x: np.sum(many(x))))(rows)[0], np.diag(second), **near)
    assert_allclose(mb.jacobian(mb.vmap(mb.grad(wave)))(XS), np.diag(second), **near)


def test_products_with_vectors_within_others() -> None:
    v = np.array([1.0, -2.0])
    along = exact(2) @ v
    near = {"rtol": 1e-12, "atol": 1e-12}
    assert_allclose(mb.hvp(surface, POINT, v), along, **near)
    assert_allclose(mb.jvp(mb.grad(surface), (POINT,), (v,))[1], along, **near)
    assert_allclose(mb.vjp(mb.grad(surface), POINT)[1](v)[0], along, **near)
    assert_allclose(mb.grad(lambda x: mb.jvp(surface, (x,), (v,))[1])(POINT), along, **near)
    assert_allclose(mb.grad(lambda x: mb.grad(surface)(x) @ v)(POINT), along, **near)
    assert_allclose(mb.grad(lambda w: mb.jvp(surface, (POINT,), (w,))[1])(v), exact(1), **near)
    assert_allclose(mb.jacobian(lambda w: mb.hvp(surface, POINT, w))(v), exact(2), **near)
    assert_allclose(mb.jacobian(lambda x: mb.hvp(surface, x, v))(POINT), exact(3) @ v, **near)
    assert_allclose(mb.jvp(mb.hessian(surface), (POINT,), (v,))[1], exact(3) @ v, **near)
    assert_allclose(mb.vmap(lambda w: mb.hvp(surface, POINT, w))(np.eye(2)), exact(2), **near)
    assert_allclose(mb.hvp(lambda x: mb.grad(surface)(x) @ v, POINT, v), exact(3) @ v @ v, **near)
    value, gradient = mb.value_and_grad(lambda x: mb.value_and_grad(surface)(x)[0] ** 2)(POINT)
    assert value == pytest.approx(surface(POINT) ** 2)
    assert_allclose(gradient, 2 * surface(POINT) * exact(1), **near)


def test_a_function_of_derivatives() -> None:
    """The curvature of a graph, differentiated: the third derivative comes in."""

    def curvature(t: Any) -> Any:
        slope = mb.grad(wave)
        return mb.grad(slope)(t) / (1 + slope(t) ** 2) ** 1.5

    def by_mpmath(t: Any) -> Any:
        f = lambda s: mpmath.sin(s) * s**2  # noqa: E731
        return mpmath.diff(f, t, 2) / (1 + mpmath.diff(f, t) ** 2) ** 1.5

    with mpmath.workdps(60):
        wanted = float(mpmath.diff(by_mpmath, mpmath.mpf(0.4)))
    assert mb.grad(curvature)(0.4) == pytest.approx(wanted, rel=1e-12)


def test_an_equation_of_physics() -> None:
    """Heat: u_t - u_xx = 0, the residual and its gradient by a parameter of u."""

    def u(x: Any, t: Any, k: Any) -> Any:
        return np.exp(-(k**2) * t) * np.sin(k * x) + k**3 * x * t

    def residual(x: Any, t: Any, k: Any) -> Any:
        return mb.grad(u, 1)(x, t, k) - mb.grad(mb.grad(u))(x, t, k)

    points = np.linspace(0.1, 1.0, 4)
    each = mb.vmap(residual, in_axes=(0, 0, None))(points, points, 1.5)
    assert_allclose(each, 1.5**3 * points, rtol=1e-12)
    loss = mb.grad(lambda k: np.sum(mb.vmap(residual, in_axes=(0, 0, None))(points, points, k)))
    assert loss(1.5) == pytest.approx(3 * 1.5**2 * np.sum(points), rel=1e-12)


def test_arguments_nested_through_several_orders() -> None:
    def loss(p: Any) -> Any:
        return np.sum(p["w"] ** 3 * p["b"][0]) + p["b"][1] ** 4

    p = {"w": np.array([1.0, 2.0]), "b": [0.5, 3.0]}
    twice = mb.jacobian(mb.grad(loss))(p)
    assert_allclose(twice["w"]["w"], np.diag(6 * p["w"] * 0.5))
    assert_allclose(twice["w"]["b"][0], 3 * p["w"] ** 2)
    assert_allclose(twice["b"][0]["w"], 3 * p["w"] ** 2)
    assert twice["b"][1]["b"][1] == pytest.approx(12 * 9.0)
    thrice = mb.grad(lambda q: np.sum(mb.grad(lambda r: np.sum(mb.grad(loss)(r)["w"]))(q)["w"]))(p)
    assert_allclose(thrice["w"], 6 * 0.5)
    assert thrice["b"][0] == pytest.approx(6 * 3.0)


# Perturbations are told apart


def test_one_derivative_within_another() -> None:
    assert mb.grad(lambda x: x * mb.grad(lambda y: x + y)(1.0))(1.0) == 1.0
    assert mb.jvp(lambda x: x * mb.jvp(lambda y: x + y, (1.0,), (1.0,))[1], (1.0,), (1.0,)) == (1.0, 1.0)


@pytest.mark.parametrize("inner", [forward, reverse, mb.grad])
@pytest.mark.parametrize("outer", [forward, reverse, mb.grad])
def test_perturbations_are_not_confused(inner: Callable[[Fn], Fn], outer: Callable[[Fn], Fn]) -> None:
    assert outer(lambda x: x * inner(lambda y: x + y)(1.0))(1.0) == 1.0
    assert outer(lambda x: x * inner(lambda y: x * y)(2.0))(3.0) == 6.0
    assert outer(lambda x: inner(lambda y: y * y * x)(x))(3.0) == 12.0
    assert outer(lambda x: inner(lambda y: x * y * x)(x))(3.0) == 6.0
    assert outer(lambda x: inner(lambda y: np.sin(x))(x) + x)(3.0) == 1.0
    assert outer(lambda x: inner(lambda y: x if y > 0 else y)(2.0) + x)(3.0) == 1.0


def test_the_same_name_at_three_depths() -> None:
    def f(x: Any) -> Any:
        return mb.grad(lambda x, a: mb.grad(lambda x, b: x**2 * a * b)(x, x) * a)(x, x)

    # d/dx (2 x a b a) with b = x, by the first x and by the one that is handed on as b: (2 b a² + 2 x a²) = 4 x³
    assert f(2.0) == 32.0
    assert mb.grad(f)(2.0) == 48.0


def test_higher_order_functions() -> None:
    """Manzyuk and others: Perturbation confusion in forward automatic differentiation of higher-order functions."""

    def shift(u: Any) -> Callable[[Fn], Fn]:
        return lambda f: lambda x: f(x + u)

    hat = mb.jvp(lambda u: shift(u)(lambda y: y**3)(2.0), (0.0,), (1.0,))[1]
    assert hat == 12.0
    twice = mb.jvp(
        lambda u: mb.jvp(lambda w: shift(u)(shift(w)(lambda y: y**3))(2.0), (0.0,), (1.0,))[1], (0.0,), (1.0,)
    )
    assert twice == (12.0, 12.0)


def test_closures_over_values_of_any_depth() -> None:
    def outer(a: Any) -> Any:
        def middle(b: Any) -> Any:
            def inner(c: Any) -> Any:
                return a * b**2 * c**3

            return mb.grad(inner)(b) + a

        return mb.grad(middle)(a) * a

    # inner' = 3 a b² c² → 3 a b⁴; by b with both meanings: 12 a b³; at b = a: 12 a⁴, times a: 12 a⁵
    assert outer(2.0) == 12 * 32.0
    assert mb.grad(outer)(2.0) == 60 * 16.0
    assert mb.vmap(mb.grad(outer))(np.array([1.0, 2.0])).tolist() == [60.0, 960.0]


def test_a_loop_that_ends_within_a_derivative() -> None:
    def root(a: Any) -> Any:
        x = a
        while abs(x * x - a) > 1e-13:
            x = (x + a / x) / 2
        return x

    assert mb.grad(lambda x: mb.grad(lambda y: root(y) * x)(x))(4.0) == pytest.approx(1 / 8, abs=1e-9)
    assert mb.grad(mb.grad(root))(4.0) == pytest.approx(-1 / 32, abs=1e-9)
