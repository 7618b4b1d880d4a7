"""Formulas of different kinds, to be called with their derivatives on many points, by mibun and by its peers.

Each stands here three times: as ``text`` for mibun, as ``code`` over a module of functions for the peers that
differentiate by themselves, and with its derivatives written ``by_hand``, sub-expressions shared, for those that
cannot. :func:`functions` says what a module has to offer; the code stays the same for arrays and for single floats.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Code = Callable[..., Any]
Ranges = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Formula:
    """``code(m)`` is the function of floats or arrays, ``by_hand(m)`` one that returns (value, *partial derivatives).

    ``in_loop(m)`` is the same for code that is compiled for one point at a time, where branching pays. ``between`` are
    the intervals from which the points are drawn, one for each argument.
    """

    name: str
    text: str
    code: Callable[[Any], Code]
    by_hand: Callable[[Any], Code]
    between: Ranges
    in_loop: Callable[[Any], Code] | None = None

    def points(self, count: int, seed: int = 0) -> list[Array]:
        """``count`` points: an array for each argument, the same in every run."""
        random = np.random.default_rng(seed)
        return [random.uniform(low, high, count) for low, high in self.between]


FUNCTIONS = ("sin", "cos", "exp", "expm1", "log", "log1p", "sqrt", "erf", "where")


def functions(*modules: Any, **others: Any) -> SimpleNamespace:
    """The :data:`FUNCTIONS` under one name, ``others`` first, then from the first of the modules that has them."""
    found = dict(others)
    for name in FUNCTIONS:
        for module in modules:
            if name not in found and hasattr(module, name):
                found[name] = getattr(module, name)
    return SimpleNamespace(**found)


def _lecture(m: Any) -> Code:
    sin, exp, log1p = m.sin, m.exp, m.log1p
    return lambda x: sin(x * x) * exp(-x) + log1p(x * x)


def _lecture_by_hand(m: Any) -> Code:
    sin, cos, exp, log1p = m.sin, m.cos, m.exp, m.log1p

    def both(x: Any) -> Any:
        square = x * x
        sine, decay = sin(square), exp(-x)
        value = sine * decay + log1p(square)
        return value, (2 * x * cos(square) - sine) * decay + 2 * x / (1 + square)

    return both


def _polynomial(m: Any) -> Code:
    return lambda x: 3 * x**7 - 2 * x**5 + x**3 / 3 - 4 * x**2 + x - 7


def _polynomial_by_hand(m: Any) -> Code:
    def both(x: Any) -> Any:
        square = x * x
        value = ((((3 * square - 2) * square + 1 / 3) * x - 4) * x + 1) * x - 7
        return value, (((21 * square - 10) * square + 1) * x - 8) * x + 1

    return both


def _rational(m: Any) -> Code:
    return lambda x, y: (x**2 * y - x + 1) / (x**2 + y**2 + 1)


def _rational_by_hand(m: Any) -> Code:
    def both(x: Any, y: Any) -> Any:
        square = x * x
        reciprocal = 1 / (square + y * y + 1)
        value = (square * y - x + 1) * reciprocal
        return value, (2 * x * y - 1 - 2 * x * value) * reciprocal, (square - 2 * y * value) * reciprocal

    return both


def _trigonometric(m: Any) -> Code:
    sin, cos = m.sin, m.cos
    return lambda x, y: sin(x) * cos(2 * y) + sin(x * y) / 2


def _trigonometric_by_hand(m: Any) -> Code:
    sin, cos = m.sin, m.cos

    def both(x: Any, y: Any) -> Any:
        product = x * y
        sine, cosine, half = sin(x), cos(2 * y), cos(product) / 2
        by_x = cos(x) * cosine + y * half
        return sine * cosine + sin(product) / 2, by_x, x * half - 2 * sine * sin(2 * y)

    return both


ROOT_TWO_PI = math.sqrt(2 * math.pi)


def _normal(m: Any) -> Code:
    exp = m.exp
    return lambda m, s, x: exp(-(((x - m) / s) ** 2) / 2) / (s * ROOT_TWO_PI)


def _normal_by_hand(m: Any) -> Code:
    exp = m.exp

    def both(m: Any, s: Any, x: Any) -> Any:
        reciprocal = 1 / s
        z = (x - m) * reciprocal
        value = exp(-0.5 * z * z) * reciprocal * (1 / ROOT_TWO_PI)
        slope = value * reciprocal
        by_m = z * slope
        return value, by_m, (z * z - 1) * slope, -by_m

    return both


def _logistic(m: Any) -> Code:
    exp = m.exp
    return lambda c, k, x: 1 / (1 + exp(-k * (x - c)))


def _logistic_by_hand(m: Any) -> Code:
    exp = m.exp

    def both(c: Any, k: Any, x: Any) -> Any:
        distance = x - c
        small = exp(-k * distance)
        value = 1 / (1 + small)
        slope = value * value * small
        by_x = slope * k
        return value, -by_x, slope * distance, by_x

    return both


def _black_scholes(m: Any) -> Code:
    exp, log, sqrt, erf = m.exp, m.log, m.sqrt, m.erf

    def price(k: Any, r: Any, s: Any, t: Any, v: Any) -> Any:
        spread = v * sqrt(t)
        d = (log(s / k) + (r + v**2 / 2) * t) / spread
        below = k * exp(-r * t) * (1 + erf((d - spread) / math.sqrt(2)))
        return (s * (1 + erf(d / math.sqrt(2))) - below) / 2

    return price


def _black_scholes_by_hand(m: Any) -> Code:
    exp, log, sqrt, erf = m.exp, m.log, m.sqrt, m.erf
    half, root = 1 / math.sqrt(2), 1 / math.sqrt(2 * math.pi)

    def greeks(k: Any, r: Any, s: Any, t: Any, v: Any) -> Any:
        years = sqrt(t)
        spread = v * years
        d = (log(s / k) + (r + 0.5 * v * v) * t) / spread
        delta = 0.5 + 0.5 * erf(d * half)
        discount = exp(-r * t) * (0.5 + 0.5 * erf((d - spread) * half))
        vega = s * exp(-0.5 * d * d) * root * years
        strike = k * discount
        return s * delta - strike, -discount, t * strike, delta, 0.5 * vega * v / t + r * strike, vega

    return greeks


def _lennard_jones(m: Any) -> Code:
    return lambda r, s, w: 4 * w * ((s / r) ** 12 - (s / r) ** 6)


def _lennard_jones_by_hand(m: Any) -> Code:
    def both(r: Any, s: Any, w: Any) -> Any:
        quotient = s / r
        square = quotient * quotient
        sixth = square * square * square
        attraction = 4 * w * sixth
        by_w = 4 * sixth * (sixth - 1)
        force = attraction * (12 * sixth - 6)
        return attraction * (sixth - 1), -force / r, force / s, by_w

    return both


WAVE, HEAT = 1.4745e-50, 4.7992e-11  # 2h/c² and h/k, in SI units


def _planck(m: Any) -> Code:
    expm1 = m.expm1
    return lambda t, v: WAVE * v**3 / expm1(HEAT * v / t)


def _planck_by_hand(m: Any) -> Code:
    expm1 = m.expm1

    def both(t: Any, v: Any) -> Any:
        z = HEAT * v / t
        grown = expm1(z)
        value = WAVE * v * v * v / grown
        share = z * (1 + 1 / grown)  # 1 + 1/(eᶻ - 1) is eᶻ/(eᶻ - 1)
        return value, value * share / t, value * (3 - share) / v

    return both


def _rosenbrock(m: Any) -> Code:
    return lambda x, y: (1 - x) ** 2 + 100 * (y - x**2) ** 2


def _rosenbrock_by_hand(m: Any) -> Code:
    def both(x: Any, y: Any) -> Any:
        rest, valley = 1 - x, y - x * x
        by_y = 200 * valley
        return rest * rest + 0.5 * by_y * valley, -2 * rest - 2 * x * by_y, by_y

    return both


Y32, Y43 = math.sqrt(105 / math.pi) / 4, 3 / 4 * math.sqrt(35 / (2 * math.pi))


def _harmonics(m: Any) -> Code:
    sin, cos = m.sin, m.cos
    return lambda p, t: cos(t) * (Y32 * sin(t) ** 2 * cos(2 * p) + Y43 * sin(t) ** 3 * cos(3 * p))


def _harmonics_by_hand(m: Any) -> Code:
    sin, cos = m.sin, m.cos

    def both(p: Any, t: Any) -> Any:
        sine, cosine = sin(t), cos(t)
        square = sine * sine
        two, three = Y32 * square, Y43 * square * sine
        first, second = two * cos(2 * p), three * cos(3 * p)
        by_p = -cosine * (2 * two * sin(2 * p) + 3 * three * sin(3 * p))
        by_t = (2 * first + 3 * second) * cosine * cosine / sine - sine * (first + second)
        return cosine * (first + second), by_p, by_t

    return both


def _self_power(m: Any) -> Code:
    return lambda x: x**x


def _self_power_by_hand(m: Any) -> Code:
    exp, log = m.exp, m.log

    def both(x: Any) -> Any:
        logarithm = log(x)
        value = exp(x * logarithm)
        return value, value * (1 + logarithm)

    return both


def _piecewise(m: Any) -> Code:
    exp, log, where = m.exp, m.log, m.where
    # The argument of the logarithm is kept away from 0 where the logarithm is not taken, as JAX and PyTorch ask for.
    return lambda x: where(x < 0, exp(x) - 1, where(x < 1, x * x * (3 - 2 * x), 1 + log(where(x < 1, 1.0 + 0 * x, x))))


def _piecewise_by_hand(m: Any) -> Code:
    exp, log, where = m.exp, m.log, m.where

    def both(x: Any) -> Any:
        grown, large = exp(where(x < 0, x, 0.0)), where(x < 1, 1.0, x)
        value = where(x < 0, grown - 1, where(x < 1, x * x * (3 - 2 * x), 1 + log(large)))
        return value, where(x < 0, grown, where(x < 1, 6 * x * (1 - x), 1 / large))

    return both


def _piecewise_in_loop(m: Any) -> Code:
    exp, log = m.exp, m.log

    def both(x: Any) -> Any:
        if x < 0:
            grown = exp(x)
            return grown - 1, grown
        if x < 1:
            return x * x * (3 - 2 * x), 6 * x * (1 - x)
        return 1 + log(x), 1 / x

    return both


LECTURE = Formula(
    "sin(x²)e⁻ˣ + ln(1+x²)",
    "f(x) = sin(x^2)*exp(-x) + ln(1 + x^2)",
    _lecture,
    _lecture_by_hand,
    ((0.1, 3.0),),
)
KINDS = [
    Formula(
        "polynomial", "f(x) = 3x^7 - 2x^5 + x^3/3 - 4x^2 + x - 7", _polynomial, _polynomial_by_hand, ((-1.5, 1.5),)
    ),
    Formula(
        "rational",
        "f(x, y) = (x^2 y - x + 1)/(x^2 + y^2 + 1)",
        _rational,
        _rational_by_hand,
        ((-3.0, 3.0), (-3.0, 3.0)),
    ),
    Formula(
        "trigonometric",
        "f(x, y) = sin(x) cos(2y) + sin(x y)/2",
        _trigonometric,
        _trigonometric_by_hand,
        ((-3.0, 3.0), (-3.0, 3.0)),
    ),
    Formula(
        "normal density",
        "f(m, s, x) = exp(-((x - m)/s)^2/2)/(s sqrt(2 pi))",
        _normal,
        _normal_by_hand,
        ((-1.0, 1.0), (0.5, 2.0), (-4.0, 4.0)),
    ),
    Formula(
        "logistic",
        "f(c, k, x) = 1/(1 + exp(-k (x - c)))",
        _logistic,
        _logistic_by_hand,
        ((-1.0, 1.0), (0.5, 3.0), (-6.0, 6.0)),
    ),
    Formula(
        "Black-Scholes, 5 Greeks",
        "f(k, r, s, t, v) = (s (1 + erf((ln(s/k) + (r + v^2/2) t)/(v sqrt(t))/sqrt(2)))"
        " - k exp(-r t) (1 + erf(((ln(s/k) + (r + v^2/2) t)/(v sqrt(t)) - v sqrt(t))/sqrt(2))))/2",
        _black_scholes,
        _black_scholes_by_hand,
        ((80.0, 120.0), (0.01, 0.05), (80.0, 120.0), (0.1, 2.0), (0.1, 0.5)),
    ),
    Formula(
        "Lennard-Jones",
        "f(r, s, w) = 4w ((s/r)^12 - (s/r)^6)",
        _lennard_jones,
        _lennard_jones_by_hand,
        ((0.9, 3.0), (0.9, 1.1), (0.5, 2.0)),
    ),
    Formula(
        "Planck's law",
        f"f(t, v) = {WAVE!r} v^3/(exp({HEAT!r} v/t) - 1)",
        _planck,
        _planck_by_hand,
        ((1000.0, 8000.0), (1e13, 1e15)),
    ),
    Formula(
        "Rosenbrock pair",
        "f(x, y) = (1 - x)^2 + 100(y - x^2)^2",
        _rosenbrock,
        _rosenbrock_by_hand,
        ((-2.0, 2.0), (-1.0, 3.0)),
    ),
    Formula(
        "spherical harmonics",
        f"f(p, t) = cos(t) ({Y32!r} sin(t)^2 cos(2p) + {Y43!r} sin(t)^3 cos(3p))",
        _harmonics,
        _harmonics_by_hand,
        ((0.0, 6.28), (0.1, 3.04)),
    ),
    Formula("x^x", "f(x) = x^x", _self_power, _self_power_by_hand, ((0.05, 3.0),)),
    Formula(
        "piecewise",
        "f(x) = where(x < 0, exp(x) - 1, where(x < 1, x^2 (3 - 2x), 1 + ln(x)))",
        _piecewise,
        _piecewise_by_hand,
        ((-3.0, 4.0),),
        _piecewise_in_loop,
    ),
]
