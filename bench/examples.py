"""Functions whose derivatives are known, to try numerical derivatives on, and where to try them.

``PUBLISHED`` are the functions that numdifftools tests itself with (``example_functions.py``, its README and its
docstrings). ``HARD`` are the ones that are known to be difficult. ``TRAINING`` are others: with these the factors of
the bounds in :mod:`mibun.limit.numeric` were chosen. The sets are not quite independent: some factors were adjusted
after a look at the results for all of them, so that of the former only the points are new. ``FAST`` are functions that
change on a scale much shorter than 1 and |x|, where a search for the best step can mistake them for noise, or for a
constant; the tests at shorter steps were built with these in view.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Points = Callable[[np.random.Generator, int], Array]


@dataclass(frozen=True)
class Example:
    """``fn`` of an array, the same as a ``formula`` for SymPy, and points to take, by a generator and their number."""

    name: str
    fn: Callable[[Any], Any]
    formula: str
    points: Points
    bits: int = 80  # that the formula takes to be evaluated

    def truth(self, at: Array, order: int = 1) -> Array:
        """The derivative at ``at``, by SymPy and mpmath."""
        from mpmath import mp, mpf  # type: ignore[import-untyped]

        derivative = _derivative(self.formula, order)
        with mp.workprec(self.bits):
            return np.array([float(derivative(mpf(float(x)))) for x in at.ravel()]).reshape(at.shape)


@cache
def _derivative(formula: str, order: int) -> Callable[[Any], Any]:
    import sympy

    x = sympy.Symbol("x", real=True)
    derivative = sympy.sympify(formula, {"x": x}).diff(x, order).replace(sympy.DiracDelta, lambda *_: sympy.Integer(0))
    value: Callable[[Any], Any] = sympy.lambdify(x, derivative, "mpmath")
    return value


def between(low: float, high: float) -> Points:
    """Points uniform in an interval."""
    return lambda random, count: random.uniform(low, high, count)


def scales(low: float, high: float) -> Points:
    """Positive points, uniform in their logarithm."""
    return lambda random, count: np.exp(random.uniform(math.log(low), math.log(high), count))


def around(center: float, near: float, far: float) -> Points:
    """Points at distances from ``center`` that are uniform in their logarithm, on both sides."""
    distances = scales(near, far)
    return lambda random, count: center + random.choice([-1.0, 1.0], count) * distances(random, count)


def scatter(x: Any) -> Any:
    """Numbers in [-1, 1) that look random, each a function of the bits of ``x``."""
    bits = np.array(x, dtype=float, ndmin=1).view(np.uint64)
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):  # as MurmurHash3 mixes
        bits ^= bits >> np.uint64(33)
        bits *= np.uint64(factor)
    return ((bits >> np.uint64(11)).astype(float) / 2.0**52 - 1).reshape(np.shape(x))


def noisy(fn: Callable[[Any], Any], level: float) -> Callable[[Any], Any]:
    """A function with relative noise."""
    return lambda x: fn(x) * (1 + level * scatter(x))


def single(fn: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """A function that computes in single precision, and returns double."""
    return lambda x: np.float64(fn(np.float32(x)))


def cosc(x: Any) -> Any:
    """The derivative of sin(πx)/(πx)."""
    x = np.asarray(x, dtype=float)
    y = np.where(x == 0, 1.0, x)
    return np.where(x == 0, 0.0, np.cos(np.pi * y) / y - np.sin(np.pi * y) / (np.pi * y * y))


COSC = "cos(pi*x)/x - sin(pi*x)/(pi*x**2)"

PUBLISHED = [
    Example("cos", np.cos, "cos(x)", between(-6, 6)),
    Example("sin", np.sin, "sin(x)", between(-6, 6)),
    Example("tan", np.tan, "tan(x)", between(-1.4, 1.4)),
    Example("cosh", np.cosh, "cosh(x)", between(-3, 3)),
    Example("sinh", np.sinh, "sinh(x)", between(-3, 3)),
    Example("tanh", np.tanh, "tanh(x)", between(-2, 2)),
    Example("arcsinh", np.arcsinh, "asinh(x)", between(-3, 3)),
    Example("arccosh", np.arccosh, "acosh(x)", between(1.05, 4)),
    Example("arctanh", np.arctanh, "atanh(x)", between(-0.95, 0.95)),
    Example("exp", np.exp, "exp(x)", between(-3, 3)),
    Example("expm1", np.expm1, "exp(x) - 1", between(-3, 3)),
    Example("exp2", np.exp2, "2**x", between(-3, 3)),
    Example("square", np.square, "x**2", between(-3, 3)),
    Example("sqrt", np.sqrt, "sqrt(x)", between(0.05, 4)),
    Example("log", np.log, "log(x)", between(0.05, 4)),
    Example("log1p", np.log1p, "log(1 + x)", between(-0.9, 4)),
    Example("log10", np.log10, "log(x)/log(10)", between(0.05, 4)),
    Example("log2", np.log2, "log(x)/log(2)", between(0.05, 4)),
    Example("arccos", np.arccos, "acos(x)", between(-0.95, 0.95)),
    Example("arcsin", np.arcsin, "asin(x)", between(-0.95, 0.95)),
    Example("arctan", np.arctan, "atan(x)", between(-3, 3)),
    Example("1/x", lambda x: 1 / x, "1/x", between(0.05, 4)),
    Example("x³ + x²", lambda x: x**3 + x**2, "x**3 + x**2", between(-3, 3)),
    Example("x·x·x", lambda x: x * x * x, "x**3", between(-3, 3)),
    Example("x⁴", lambda x: x**4, "x**4", between(-3, 3)),
    Example("log from 0.001", np.log, "log(x)", scales(1e-3, 1e-1)),
]
HARD = [
    Example("x²⁰", lambda x: x**20, "x**20", between(-2, 2)),
    Example("tan near its pole", np.tan, "tan(x)", around(math.pi / 2, 1e-6, 0.1)),
    Example("log near 0", np.log, "log(x)", scales(1e-12, 1e-1)),
    Example("|x|^2.5", lambda x: np.abs(x) ** 2.5, "Abs(x)**Rational(5, 2)", between(-1, 1)),
    Example("e^(-x/10⁶)", lambda x: np.exp(-x / 1e6), "exp(-x/1000000)", between(0, 10)),
    Example("e^(-x/10⁶), far", lambda x: np.exp(-x / 1e6), "exp(-x/1000000)", between(-3e6, 3e6)),
    Example("cosc", cosc, COSC, between(-1, 1), 200),
    Example("cosc near 0", cosc, COSC, around(0, 1e-6, 0.1), 400),
    Example("sin, noise 1e-10", noisy(np.sin, 1e-10), "sin(x)", between(-6, 6)),
    Example("exp, noise 1e-10", noisy(np.exp, 1e-10), "exp(x)", between(-3, 3)),
    Example("sin in float32", single(np.sin), "sin(x)", between(-6, 6)),
    Example("exp in float32", single(np.exp), "exp(x)", between(-3, 3)),
    Example("constant", lambda x: np.full(np.shape(x), 0.7), "7/10 + 0*x", between(-5, 5)),
]
FAST = [
    Example("sin 20x", lambda x: np.sin(20 * x), "sin(20*x)", between(-3, 3), 120),
    Example("sin 300x", lambda x: np.sin(300 * x), "sin(300*x)", between(-3, 3), 120),
    Example("sin 1000x", lambda x: np.sin(1000 * x), "sin(1000*x)", between(-3, 3), 120),
    Example("sin 10⁶x", lambda x: np.sin(1e6 * x), "sin(1000000*x)", between(-3, 3), 120),
    Example("x² sin 1/x", lambda x: x * x * np.sin(1 / x), "x**2*sin(1/x)", scales(1e-7, 0.1), 250),
]
TRAINING = [
    Example("e^(sin 5x)", lambda x: np.exp(np.sin(5 * x)), "exp(sin(5*x))", between(-3, 3)),
    Example("1/(1 + 25x²)", lambda x: 1 / (1 + 25 * x * x), "1/(1 + 25*x**2)", between(-2, 2)),
    Example("x ln x", lambda x: x * np.log(x), "x*log(x)", scales(1e-4, 1e3)),
    Example("√(1 + x²)", lambda x: np.sqrt(1 + x * x), "sqrt(1 + x**2)", between(-9, 9)),
    Example("e^(-x²)", lambda x: np.exp(-x * x), "exp(-x**2)", between(-3, 3)),
    Example("sin x²", lambda x: np.sin(x * x), "sin(x**2)", between(-5, 5)),
    Example("atan 100x", lambda x: np.arctan(100 * x), "atan(100*x)", between(-1, 1)),
    Example("∛x", np.cbrt, "cbrt(x)", scales(1e-6, 1e4)),
    Example("e^(x/10⁴)", lambda x: np.exp(x / 1e4), "exp(x/10000)", between(-100, 100)),
    Example("sin x/10⁵", lambda x: np.sin(1e-5 * x), "sin(x/100000)", between(-1e3, 1e3)),
    Example("x/(x - 1) near 1", lambda x: x / (x - 1), "x/(x - 1)", around(1, 1e-5, 0.3)),
    Example("cot near 0", lambda x: 1 / np.tan(x), "1/tan(x)", around(0, 1e-4, 1)),
    Example("e^(1/x)", lambda x: np.exp(1 / x), "exp(1/x)", between(0.05, 2)),
    Example("sin 1/x", lambda x: np.sin(1 / x), "sin(1/x)", scales(0.01, 1)),
    Example("10⁸ + x³", lambda x: 1e8 + x**3, "100000000 + x**3", between(-3, 3)),
    Example("x^x", lambda x: x**x, "x**x", between(0.1, 3)),
    Example("atan, noise 1e-12", noisy(np.arctan, 1e-12), "atan(x)", between(-3, 3)),
    Example("log, noise 1e-8", noisy(np.log, 1e-8), "log(x)", scales(0.01, 100)),
    Example("1/(1 + x²), noise 1e-3", noisy(lambda x: 1 / (1 + x * x), 1e-3), "1/(1 + x**2)", between(-2, 2)),
    Example("log in float32", single(np.log), "log(x)", scales(0.01, 100)),
    Example("e^(-x²) in float32", single(lambda x: np.exp(-x * x)), "exp(-x**2)", between(-2, 2)),
]
