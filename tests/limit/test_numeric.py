"""Numerical derivatives: bounds that hold, on functions with known derivatives; and black boxes of every kind."""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from bench.examples import FAST, HARD, PUBLISHED, TRAINING, Example, scatter
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp

from mibun.errors import MibunError, ShapeError, UnsupportedOperation
from mibun.limit.numeric import MARKS, MOST, NODES, NumericalDerivative, derivative, digits, stencil
from mibun.messages import MESSAGES

POINTS = 500  # the benchmark takes 10,000

ROSENBROCK = (1.0, 105.0)


def rosenbrock(x: Any) -> Any:
    return (1 - x[0]) ** 2 + 105 * (x[1] - x[0] ** 2) ** 2


def covered(example: Example, order: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Errors and bounds at points chosen once and for all."""
    points = example.points(np.random.default_rng(20_261), count)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = derivative(example.fn, points, order)
    return np.abs(found.value - example.truth(points, order)), found.bound


# Honest bounds


@pytest.mark.parametrize("example", PUBLISHED + HARD, ids=lambda example: example.name)
def test_the_true_derivative_is_within_the_bound_and_the_bound_is_near_it(example: Example) -> None:
    error, bound = covered(example, 1, POINTS)
    assert np.mean(error <= bound) >= 0.985  # of 10,000: 0.99
    assert np.median(bound) <= 100 * np.median(error)


def test_all_in_all_the_bound_holds_at_99_percent_of_points_for_every_order() -> None:
    for order in range(1, MOST + 1):
        held = []
        for example in PUBLISHED[::4] + HARD[::2] + TRAINING[::3]:
            error, bound = covered(example, order, 100)
            held.append(error <= bound)
            if np.median(error) > 0:
                assert np.median(bound) <= 300 * np.median(error), (example.name, order)
        assert np.mean(held) >= 0.99, order


@given(
    st.lists(st.integers(-100, 100), min_size=1, max_size=9),
    st.floats(-10, 10, allow_subnormal=False),
    st.integers(1, MOST),
)
def test_polynomials(coefficients: list[int], x: float, order: int) -> None:
    polynomial = np.polynomial.Polynomial(coefficients)
    found = derivative(polynomial, x, order)
    exact = sum(
        Fraction(c) * math.perm(k, order) * Fraction(x) ** (k - order) for k, c in enumerate(coefficients) if k >= order
    )
    assert abs(Fraction(found.value) - exact) <= 10 * Fraction(found.bound)


def test_a_bound_is_small_where_nothing_is_lost() -> None:
    assert derivative(np.sin, 1.0).bound < 1e-12
    assert derivative(np.log, 1e-9).bound < 1e-1  # of 1e9
    assert derivative(lambda x: np.exp(-x / 1e6), 3.0).bound < 1e-15
    assert derivative(np.exp, 0.5, 6).bound < 1e-3


@pytest.mark.parametrize("example", FAST, ids=lambda example: example.name)
def test_what_is_fast_is_not_taken_for_noise_or_a_constant(example: Example) -> None:
    for order, share in ((1, 0.99), (2, 0.99), (3, 0.99), (6, 0.97)):
        error, bound = covered(example, order, POINTS)
        assert np.mean((error <= bound) | np.isinf(bound)) >= share, order
        assert np.mean(bound < np.inf) >= 0.9, order
        if order < 4:
            assert np.median(bound) <= 1000 * np.median(error), order


@pytest.mark.parametrize(
    ("fn", "at", "slope"),
    [
        (lambda x: np.sin(1e6 * x), -2.6791187444190103, 998507.837),
        (lambda x: x**2 * np.sin(1 / x), 1e-6, -0.936752),
        (lambda x: 100 + np.sin(1e6 * x), 0.3, 1e6 * math.cos(3e5)),
        (lambda x: x**2 + np.sin(1e6 * x), 0.7, 1.4 + 1e6 * math.cos(7e5)),
        (lambda x: np.sin(1e6 * x), 0.0, 1e6),
        (lambda x: np.sqrt(x) * np.sin(1e4 * x), 0.01, 5 * math.sin(100) + 1000 * math.cos(100)),
    ],
)
def test_aliases_of_fast_functions(fn: Callable[[Any], Any], at: float, slope: float) -> None:
    found = derivative(fn, at)
    assert abs(found.value - slope) <= found.bound + 1e-6 * abs(slope)
    assert found.bound < 1e-3 * abs(slope)


def test_of_noise_nothing_is_said() -> None:
    random = np.random.default_rng(8)
    points = random.uniform(-3, 3, 200)
    for fn in (lambda x: random.random(np.shape(x)), scatter):
        for order in (1, 2):
            found = derivative(fn, points, order)
            assert np.mean(found.bound == np.inf) >= 0.95
            assert found.bound.min() > 1e-6


def test_bumps_that_are_lost_in_a_sum_are_within_the_bound() -> None:
    def fn(x: Any) -> Any:
        return 1e3 + np.sum(np.exp(-np.square(x)), axis=0)

    for seed in range(6):
        x = np.random.default_rng(seed).uniform(-12, 12, 38)
        found = derivative(fn, x, jacobian=True)
        assert (np.abs(found.value + 2 * x * np.exp(-x * x)) <= found.bound).all()
        assert (found.bound < 1e-8).all()


def test_a_sum_in_single_precision() -> None:
    def fn(x: Any) -> Any:
        return np.float64(np.sum(np.sin(np.float32(x)), axis=0))

    for seed in range(6):
        x = np.random.default_rng(seed).uniform(-3, 3, 38)
        found = derivative(fn, x, jacobian=True)
        assert np.mean(np.abs(found.value - np.cos(x)) <= found.bound) >= 0.97
        assert found.bound.min() > 1e-7


@pytest.mark.parametrize(("fn", "slope"), [(lambda x: (np.cos(x) - 1) / x, -0.5), (lambda x: np.expm1(x) / x, 0.5)])
def test_cancellation_near_zero(fn: Callable[[Any], Any], slope: float) -> None:
    points = np.geomspace(1e-12, 1e-6, 300)
    for found in (derivative(fn, points), derivative(lambda x: (np.exp(x) - 1) / x - (0.5 - slope) * x, points)):
        assert np.mean(np.abs(found.value - slope) <= found.bound + 1e-6) >= 0.99


def test_noise_is_found_in_the_samples() -> None:
    quiet, loud = derivative(np.sin, 1.0), derivative(lambda x: np.float64(np.sin(np.float32(x))), 1.0)
    assert quiet.bound < 1e-12
    assert 1e-8 < loud.bound < 1e-3
    assert abs(loud.value - math.cos(1)) <= loud.bound


@pytest.mark.parametrize("example", PUBLISHED + HARD, ids=lambda example: example.name)
def test_one_point_is_no_different_from_many(example: Example) -> None:
    points = example.points(np.random.default_rng(3), 12)
    for order in (1, 2, 3):
        many = derivative(example.fn, points, order)
        for k, x in enumerate(points.tolist()):
            one = derivative(example.fn, x, order)
            assert abs(one.value - many.value[k]) <= one.bound + many.bound[k]
            assert (
                one.bound <= 1000 * many.bound[k]
            )  # NumPy rounds differently in the middle and at the end of an array
            assert many.bound[k] <= 1000 * one.bound


def test_constants() -> None:
    for fn in (lambda x: 5, lambda x: np.full(np.shape(x), 0.7), lambda x: 0 * x, lambda x: Fraction(1, 3)):
        for order in (1, 2, 5):
            found = derivative(fn, [1.5, 0.0, -3e5], order)
            assert (found.value == 0).all()
            assert (found.bound == 0).all()


def test_zero_on_one_side_of_a_kink_far_away() -> None:
    found = derivative(lambda x: np.maximum(x, 0), [-1.0, 2.0])
    assert np.abs(found.value - [0, 1]).max() < 1e-12
    assert found.bound.max() < 1e-12
    assert derivative(np.tanh, 40.0).bound < 1e-12


@pytest.mark.parametrize(
    ("fn", "at"),
    [
        (np.abs, 0.0),
        (np.sign, 0.0),
        (np.cbrt, 0.0),
        (lambda x: np.where(x == 0, 5.0, x * x), 0.0),
        (lambda x: np.where(x < 1, x, x + 1), 1.0),
        (np.sqrt, 0.0),
        (lambda x: 1 / x, 0.0),
        (np.log, 0.0),
        (np.arcsin, 1.0),
        (lambda x: np.sin(x) / x, 0.0),
        (np.log, -1.0),
        (np.exp, math.nan),
        (np.exp, math.inf),
    ],
    ids=[
        "kink",
        "step",
        "cube root",
        "hole",
        "jump",
        "root",
        "pole",
        "log",
        "arcsin",
        "0/0",
        "out",
        "nan",
        "∞",
    ],
)
def test_where_there_is_no_derivative_there_is_no_bound(fn: Callable[[Any], Any], at: float) -> None:
    found = derivative(fn, at)
    assert math.isnan(found.value)
    assert found.bound == math.inf


def test_a_quotient_that_swings_has_a_bound_as_wide() -> None:
    found = derivative(lambda x: np.where(x == 0, 0.0, x * np.sin(1 / np.where(x == 0, 1.0, x))), 0.0)
    assert found.bound > 0.5


def test_a_pole_nearby_is_not_overlooked() -> None:
    for distance in (1e-2, 1e-4, 1e-6):
        found = derivative(lambda x: 1 / (x - 1), 1 + distance)
        exact = -1 / (Fraction(1 + distance) - 1) ** 2
        assert abs(found.value - exact) <= found.bound < 1e-9 / distance**2


# Sides and domains


def test_one_side() -> None:
    left, right = (derivative(abs, 0.0, side=side) for side in ("left", "right"))
    assert abs(left.value + 1) <= left.bound < 1e-12
    assert abs(right.value - 1) <= right.bound < 1e-12
    for order in range(1, MOST + 1):
        for side in ("left", "right"):
            found = derivative(np.exp, [0.5, 2.0], order, side=side)
            assert (np.abs(found.value - np.exp([0.5, 2.0])) <= found.bound).all()
            assert (found.bound < 10.0 ** (2 * order - 12)).all()


@pytest.mark.parametrize("fn", [lambda x: x**2.5, lambda x: math.sqrt(x) ** 5], ids=["NaN", "ValueError"])
def test_where_one_side_is_missing_the_other_does(fn: Callable[[Any], Any]) -> None:
    found = derivative(fn, 0.0)
    assert abs(found.value) <= found.bound < 1e-6


def test_a_domain_is_never_left() -> None:
    def guarded(x: Any) -> Any:
        assert (x >= 0).all()
        assert (x <= 1).all()
        return np.exp(x)

    points = np.array([0.0, 1e-9, 0.3, 1 - 1e-7, 1.0])
    for order in (1, 3):
        found = derivative(guarded, points, order, domain=(0, 1))
        assert (np.abs(found.value - np.exp(points)) <= found.bound).all()
        assert (found.bound < 1e-5).all()
    beyond = derivative(guarded, [2.0, 0.5], domain=(0, 1))
    assert beyond.bound[0] == math.inf
    assert beyond.bound[1] < 1e-10
    each = derivative(np.sqrt, [1.0, 4.0], domain=([0.5, 3.5], [1.0, 4.0]))
    assert (np.abs(each.value - [0.5, 0.25]) <= each.bound).all()


# Black boxes of every kind


def test_one_call_for_all_points() -> None:
    shapes = []

    def fn(x: Any) -> Any:
        shapes.append(np.shape(x))
        return np.sin(x)

    points = np.linspace(1, 1.4, 60).reshape(3, 4, 5)
    found = derivative(fn, points)
    assert found.value.shape == found.bound.shape == points.shape
    assert len(shapes) == 2  # and one number, to see that it is the same
    assert shapes[1] == ()
    assert found.evaluations == sum(math.prod(shape) for shape in shapes)


@pytest.mark.parametrize(
    ("fn", "slope"),
    [
        (math.exp, math.exp),
        (lambda x: x * x if x > 0 else -x, lambda x: 2 * x if x > 0 else -1),
        (lambda x: max(x, 0.25) * 3, lambda x: 3 if x > 0.25 else 0),
        (lambda x: Fraction(float(x)) ** 2, lambda x: 2 * x),
        (lambda x: Decimal(float(x)) * 2, lambda x: 2),
        (lambda x: mp.sin(float(x)), math.cos),
        (lambda x: [float(x) ** 2], lambda x: 2 * x),
        (lambda x: np.array([x**2]) if np.ndim(x) == 0 else x**2, lambda x: 2 * x),
        (lambda x: x / np.linalg.norm(x), lambda x: 0),
        (lambda x: x - np.mean(x), lambda x: 0),
        (lambda x: np.longdouble(x) ** 2, lambda x: 2 * x),
        (lambda x: (np.asarray(x) ** 2).tolist(), lambda x: 2 * x),
        (lambda x: np.ma.masked_less(x**2, -1), lambda x: 2 * x),
        (np.emath.sqrt, lambda x: 0.5 / math.sqrt(x)),
    ],
)
def test_functions_of_numbers(fn: Callable[[Any], Any], slope: Callable[[float], float]) -> None:
    for x in (0.5, 2.0):
        found = derivative(fn, x)
        assert type(found.value) is type(found.bound) is float
        assert abs(found.value - slope(x)) <= found.bound + 1e-15 < 1e-9
    found = derivative(fn, [0.5, 2.0])
    assert (np.abs(found.value - [slope(0.5), slope(2.0)]) <= found.bound + 1e-15).all()


def test_a_function_may_write_into_its_argument() -> None:
    def fn(x: Any) -> Any:
        x += 1
        return x * x

    for points in (np.array([1.0, 2.0]), 1.0, 0.0):
        found = derivative(fn, points)
        assert (np.abs(found.value - 2 * (np.asarray(points) + 1)) <= found.bound).all()


def test_the_identity() -> None:
    points = np.array([1.0, 2.0])
    assert np.abs(derivative(lambda x: x, points).value - 1).max() < 1e-13
    assert points.tolist() == [1, 2]


def test_nothing_warns() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        derivative(np.log, [1e-300, 0.0, -1.0, 1.0])
        derivative(lambda x: 1 / x, 0.0)
        derivative(np.exp, [700.0, 1e300, -1e300])
        derivative(lambda x: np.log(x[0]) / x[1], [0.0, 0.0], jacobian=True)


def test_what_the_function_raises_is_the_users() -> None:
    class MineError(Exception):
        pass

    def fails(x: Any) -> Any:
        raise MineError("mine")

    def always(x: Any) -> Any:
        raise ValueError("mine too")

    for arguments in ({}, {"jacobian": True}):
        with pytest.raises(MineError, match="mine") as caught:
            derivative(fails, 1.0, **arguments)
        assert caught.traceback[-1].name == "fails"
        with pytest.raises(ValueError, match="mine too"):
            derivative(always, 1.0, **arguments)
    with pytest.raises(ValueError, match="domain"):
        derivative(math.log, -1.0)


def test_points_of_every_kind() -> None:
    for at in (1, 1.0, np.float32(1), np.int8(1), np.array(1), Fraction(1), Decimal(1)):
        found = derivative(np.sin, at)
        assert type(found.value) is float
        assert abs(found.value - math.cos(1)) <= found.bound
    assert derivative(np.sin, []).value.shape == (0,)
    assert derivative(np.sin, np.empty((0, 3))).evaluations == 0
    assert derivative(np.sin, [[1, 2], [3, 4]]).value.shape == (2, 2)
    assert derivative(np.sin, np.ma.masked_equal([1.0, 2.0], 2)).bound[1] == math.inf


@pytest.mark.parametrize("x", [1e-300, 1e-200, 1e-12, 1e12, 1e17, 1e200, 0.0, -0.0])
def test_points_of_every_size(x: float) -> None:
    found = derivative(lambda t: 3 * t, x)
    assert abs(found.value - 3) <= found.bound < 1e-10


@pytest.mark.parametrize(
    ("arguments", "key"),
    [
        (("f", 1.0), "numeric_function"),
        ((np.sin, 1.0, 0), "numeric_order"),
        ((np.sin, 1.0, 7), "numeric_order"),
        ((np.sin, 1.0, 1.5), "numeric_order"),
        ((np.sin, 1.0, True), "numeric_order"),
        ((np.sin, 1.0, None), "numeric_order"),
        ((np.sin, "x"), "numeric_at"),
        ((np.sin, None), "numeric_at"),
        ((np.sin, 1j), "numeric_at"),
        ((np.sin, [[1], [2, 3]]), "numeric_at"),
        ((lambda x: np.exp(1j * x), 1.0), "numeric_complex"),
        ((lambda x: None, 1.0), "numeric_value"),
        ((lambda x: "one", 1.0), "numeric_value"),
        ((lambda x: object(), 1.0), "numeric_value"),
        ((lambda x: [1, 2], 1.0), "numeric_shape"),
        ((lambda x: [[1], [2, 3]], 1.0), "numeric_ragged"),
    ],
)
def test_what_cannot_be_is_said(arguments: tuple[Any, ...], key: str) -> None:
    with pytest.raises(MibunError) as caught:
        derivative(*arguments)
    assert caught.value.key == key
    for lang in ("en", "ko"):
        assert caught.value.text(lang)
    assert "{" not in caught.value.text("ko")


def test_what_cannot_be_is_said_of_sides_domains_and_orders() -> None:
    with pytest.raises(UnsupportedOperation, match="up"):
        derivative(np.sin, 1.0, side="up")  # type: ignore[arg-type]
    for domain in ((1, 0), 5, ("a", "b"), (0, 1, 2), ([0, 0], [1, 1, 1])):
        with pytest.raises(UnsupportedOperation):
            derivative(np.sin, 1.0, domain=domain)  # type: ignore[arg-type]
    with pytest.raises(UnsupportedOperation):
        derivative(rosenbrock, [1, 1], 3, jacobian=True)
    with pytest.raises(ShapeError):
        derivative(lambda x: [[1], [2, 3]], [1.0], jacobian=True)
    with pytest.raises(ShapeError):
        derivative(lambda x: x[x >= 1], [1.0], jacobian=True)
    assert {key for key in MESSAGES if key.startswith("numeric_")} >= {"numeric_ragged", "numeric_changing"}


# Several variables


def test_gradients_and_hessians() -> None:
    rng = np.random.default_rng(5)
    for x, y in [(1.0, 1.0), (-1.2, 1.5), (0.0, 0.0), *rng.uniform(-2, 2, (40, 2)).tolist()]:
        gradient = derivative(rosenbrock, [x, y], jacobian=True)
        exact = [-2 * (1 - x) - 420 * x * (y - x * x), 210 * (y - x * x)]
        assert (np.abs(gradient.value - exact) <= gradient.bound + 1e-13).all()
        assert gradient.bound.max() < 1e-9
        hessian = derivative(rosenbrock, [x, y], 2, jacobian=True)
        exact = [[2 + 1260 * x * x - 420 * y, -420 * x], [-420 * x, 210]]
        assert (np.abs(hessian.value - exact) <= hessian.bound + 1e-12).all()
        assert hessian.bound.max() < 1e-6


@pytest.mark.parametrize(
    ("fn", "at", "exact"),
    [
        (lambda x: np.sum(x**2), [1, 2, 3], [2, 4, 6]),
        (lambda x: float(x[0]) * math.sin(x[1]), [2, 0.5], [math.sin(0.5), 2 * math.cos(0.5)]),
        (lambda x: x / np.linalg.norm(x), [3, 4], [[0.128, -0.096], [-0.096, 0.072]]),
        (lambda x: [x[0] ** 2, x[0] * x[1], 7], [3, 4], [[6, 0], [4, 3], [0, 0]]),
        (np.sort, [3, 1, 2], [[0, 1, 0], [0, 0, 1], [1, 0, 0]]),
        (np.cumsum, [3, 1, 2], np.tril(np.ones((3, 3)))),
        (lambda x: np.arange(6.0).reshape(2, 3) @ x, [1, 2, 3], np.arange(6.0).reshape(2, 3)),
        (lambda x: x @ np.arange(9.0).reshape(3, 3) @ x, [1, 0, 1], [8, 16, 24]),
        (np.linalg.det, [[2, 1], [1, 3]], [[3, -1], [-1, 2]]),
        (lambda t: np.array([np.cos(t), np.sin(t)]), 0.5, [-math.sin(0.5), math.cos(0.5)]),
        (np.exp, [0.0, 1.0], [[1, 0], [0, math.e]]),
        (lambda x: np.vstack((x[0] * x[1] * x[2] ** 2, x[0] * x[1] * x[2])), [1, 2, 3], [[[18, 9, 12]], [[6, 3, 2]]]),
    ],
)
def test_jacobians(fn: Callable[[Any], Any], at: Any, exact: Any) -> None:
    found = derivative(fn, at, jacobian=True)
    exact = np.asarray(exact, dtype=float)
    assert found.value.shape == found.bound.shape == exact.shape
    assert (np.abs(found.value - exact) <= found.bound + 1e-14).all()
    assert found.bound.max() < 1e-9


def test_many_points_of_a_vector_function_at_once() -> None:
    calls = []

    def fn(x: Any) -> Any:
        calls.append(x.shape)
        return np.array([np.sin(x[0]), x[0] * np.exp(x[1])])

    derivative(fn, [1.0, 1.2], jacobian=True)
    assert len(calls) <= 5
    assert max(calls)[0] == 2
    large = np.linspace(1, 2, 300)
    found = derivative(lambda x: x**2, large, jacobian=True)
    assert (np.abs(found.value - 2 * np.diag(large)) <= found.bound).all()


def test_jacobians_at_the_edge() -> None:
    found = derivative(lambda x: x[0] ** 2.5 + x[1], [0.0, 1.0], jacobian=True)
    assert (np.abs(found.value - [0, 1]) <= found.bound).all()
    bounded = derivative(lambda x: np.sqrt(x[0]) * x[1], [1.0, 1.0], jacobian=True, domain=([1.0, 0.0], [2.0, 1.0]))
    assert (np.abs(bounded.value - [0.5, 1.0]) <= bounded.bound).all()
    assert derivative(np.sum, np.empty(0), jacobian=True).value.shape == (0,)
    assert derivative(np.sum, [math.nan, 1.0], jacobian=True).bound.min() == math.inf


# Stencils


@pytest.mark.parametrize("order", NODES)
@pytest.mark.parametrize("side", ["both", "left", "right"])
def test_stencils_are_exact_for_polynomials_and_their_forms_orthonormal(order: int, side: Any) -> None:
    of = stencil(order, side)
    top = len(of.nodes) - 3
    for power in range(top + 1):
        exact = math.factorial(order) if power == order else 0
        sizes = np.abs(of.forms[0]) @ np.abs(of.nodes) ** power
        assert abs(of.forms[0] @ of.nodes**power - exact) <= 1e-14 * sizes
    assert np.abs(of.forms[1:] @ of.forms[1:].T - np.eye(len(of.nodes))).max() < 1e-13
    for degree, form in enumerate(of.forms[:0:-1]):
        for power in range(degree):
            assert abs(form @ of.nodes**power) <= 1e-13 * np.abs(of.nodes).max() ** power
    assert of.nodes[-1] == 0
    assert (np.asarray(of.nodes) * 64 % 1 == 0).all()


# What it looks like


def test_text_and_json() -> None:
    one = NumericalDerivative(0.5403023058681398, 4.2e-10, 10)
    assert one.text("en") == "f′ = 0.5403023059, off by at most 4e-10 (10 evaluations)"
    assert one.text("ko") == "f′ = 0.5403023059, 오차는 4e-10 이하 (함숫값 10개 계산)"
    assert repr(one) == str(one)
    assert "no derivative" in NumericalDerivative(math.nan, math.inf, 100).text("en")
    assert NumericalDerivative(1.0, 0.0, 1, 4).text("en").startswith("f⁽⁴⁾ = 1,")
    many = derivative(np.log, np.arange(20.0), 2)
    for lang in ("en", "ko"):
        text = many.text(lang, 40)
        assert text.startswith("f″")
        assert len(text.splitlines()) < 20
    plain = json.loads(json.dumps(many.json(), allow_nan=False))
    assert plain["value"][0] is None
    assert plain["order"] == 2
    assert plain["evaluations"] == many.evaluations
    assert json.dumps(one.json())
    assert len(MARKS) == 4


def test_digits() -> None:
    assert digits(123456.789, 0.5) == "123456.8"
    assert digits(math.nan, 1.0) == "–"
    assert digits(1e-30, 1e-40) == "1e-30"
    assert digits(0.0, 1e-3) == "0"


@pytest.mark.parametrize("fn", [lambda w: np.sum(w) ** 2, np.linalg.norm, lambda w: w @ w, lambda w: w[0] * w[1]])
def test_a_function_of_a_vector_is_not_taken_for_one_of_numbers(fn: Any) -> None:
    """Each entry taken for itself would give 2, where the gradient is 6."""
    with pytest.raises(ShapeError) as caught:
        derivative(fn, np.ones(3))
    assert caught.value.key == "numeric_vector"
    assert derivative(fn, np.ones(3), jacobian=True).value.shape == (3,)
    assert derivative(lambda x: 7.0, np.ones(3)).value.tolist() == [0, 0, 0]
