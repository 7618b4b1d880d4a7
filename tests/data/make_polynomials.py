"""Make the polynomials of :mod:`mibun.run.vectormath`: ``python tests/data/make_polynomials.py [name …]``.

Each is the best of its degree in the sense of Chebyshev, up to a few per cent, found by Lawson's iteration in 50 digits
(C. L. Lawson, Contributions to the theory of linear least maximum approximation, 1961). Coefficients are rounded one by
one, lowest first, and those that are left are fitted again.
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

from mpmath import mp, mpf

mp.dps = 50
Real = Any
POINTS, ROUNDS = 160, 40


class Wanted(NamedTuple):
    """``of(t)`` on [low, high] as a polynomial in t; what is to be small is the error times ``weight(t)``."""

    name: str
    of: Callable[[Real], Real]
    weight: Callable[[Real], Real]
    low: Real
    high: Real
    degree: int
    single: bool


def rounded(x: Real, single: bool) -> Real:
    value = float(x)
    return mpf(struct.unpack("<f", struct.pack("<f", value))[0]) if single else mpf(value)


def make(wanted: Wanted) -> tuple[list[float], float]:
    """The coefficients, and the largest weighted error."""
    middle, half = (wanted.low + wanted.high) / 2, (wanted.high - wanted.low) / 2
    points = [middle - half * mp.cos(mp.pi * (i + mpf("0.5")) / POINTS) for i in range(POINTS)]
    weights = [wanted.weight(t) for t in points]
    targets = [wanted.of(t) for t in points]
    fixed: list[Real] = []
    while len(fixed) <= wanted.degree:
        left = (
            [target - mp.polyval(fixed[::-1], t) for t, target in zip(points, targets, strict=True)]
            if fixed
            else targets
        )
        found = _fitted(points, weights, left, len(fixed), wanted.degree + 1 - len(fixed))
        fixed.append(rounded(found[0], wanted.single))
    errors = [
        abs(target - mp.polyval(fixed[::-1], t)) * w for t, target, w in zip(points, targets, weights, strict=True)
    ]
    return [float(c) for c in fixed], float(max(errors))


def _fitted(points: list[Real], weights: list[Real], values: list[Real], first: int, count: int) -> list[Real]:
    powers = [[t ** (first + j) * w for j in range(count)] for t, w in zip(points, weights, strict=True)]
    wanted = [value * w for value, w in zip(values, weights, strict=True)]
    importance = [mpf(1) / POINTS] * POINTS
    best: tuple[Real, list[Real]] | None = None
    for _ in range(ROUNDS):
        normal, right = mp.matrix(count, count), mp.matrix(count, 1)
        for row, value, much in zip(powers, wanted, importance, strict=True):
            for j in range(count):
                right[j] += much * row[j] * value
                for k in range(j, count):
                    normal[j, k] += much * row[j] * row[k]
        for j in range(count):
            for k in range(j):
                normal[j, k] = normal[k, j]
        solution = mp.lu_solve(normal, right)
        found = [solution[j] for j in range(count)]
        errors = [
            abs(value - sum(c * x for c, x in zip(found, row, strict=True)))
            for row, value in zip(powers, wanted, strict=True)
        ]
        worst = max(errors)
        if best is None or worst < best[0]:
            best = worst, found
        importance = [much * error for much, error in zip(importance, errors, strict=True)]
        total = sum(importance)
        importance = [much / total for much in importance]
    assert best is not None
    return best[1]


def _rest(t: Real, first: int, sign: int) -> Real:
    """1/first! + sign·t/(first + 2)! + …"""
    return mp.nsum(lambda k: sign ** int(k) * t**k / mp.factorial(first + 2 * k), [0, 30], method="d")


def _area(t: Real, first: int) -> Real:
    """ln((1 + s)/(1 - s)) for t = s², from the power s^first on, divided by that."""
    return sum(2 * t**k / (2 * k + first) for k in range(60))


def _erf(t: Real) -> Real:
    """erf(x)/x for t = x²."""
    x = mp.sqrt(t)
    return mp.erf(x) / x


def _far(u: Real) -> Real:
    """x for u = (x - 3)/(x + 3)."""
    return 3 * (1 + u) / (1 - u)


QUARTER = mp.pi / 4 * mpf("1.0001")
HALF_LOG = mp.log(2) / 2 * mpf("1.0001")
AREA = ((mp.sqrt(2) - 1) / (mp.sqrt(2) + 1) * mpf("1.0001")) ** 2

WANTED = [
    Wanted(f"{name}{'_SINGLE' if single else ''}", of, weight, low, high, degree, single)
    for name, of, weight, low, high, degrees in [
        # e^r = 1 + r + r² p(r)
        ("EXP", lambda r: (mp.expm1(r) - r) / r**2, lambda r: r**2 * mp.exp(-r), -HALF_LOG, HALF_LOG, (9, 4)),
        # e^r - 1 = r + r² p(r)
        ("EXPM1", lambda r: (mp.expm1(r) - r) / r**2, lambda r: r**2 / mp.expm1(r), -HALF_LOG, HALF_LOG, (10, 5)),
        # sin r = r + r t p(t), cos r = 1 + t (-1/2 + t p(t)), t = r²
        ("SIN", lambda t: -_rest(t, 3, -1), lambda t: t, mpf(0), QUARTER**2, (5, 2)),
        ("COS", lambda t: _rest(t, 4, -1), lambda t: t**2, mpf(0), QUARTER**2, (5, 2)),
        # ln((1 + s)/(1 - s)) = 2 s + s t p(t), t = s²
        ("LOG", lambda t: _area(t, 3), lambda t: t / 2, mpf(0), AREA, (6, 2)),
        # … = 2 s + 2/3 s t + s t² p(t)
        ("POW", lambda t: _area(t, 5), lambda t: t**2 / 2, mpf(0), AREA, (6, 2)),
        # erf x = x + x p(x²) up to 1, 1 - e^(-x²) p(u)/(x + 3) from 1 to 6, u = (x - 3)/(x + 3)
        ("ERF", lambda t: _erf(t) - 1, lambda t: 1 / _erf(t), mpf(0), mpf(1), (11, 5)),
        (
            "ERFC",
            lambda u: mp.erfc(_far(u)) * mp.exp(_far(u) ** 2) * (_far(u) + 3),
            lambda u: mp.exp(-(_far(u) ** 2)) / (_far(u) + 3),
            mpf("-0.5"),
            mpf(3) / 9,
            (11, 5),
        ),
    ]
    for single, degree in zip((False, True), degrees, strict=True)
]

if __name__ == "__main__":
    for wanted in [wanted for wanted in WANTED if not sys.argv[1:] or wanted.name in sys.argv[1:]]:
        coefficients, worst = make(wanted)
        print(f"{wanted.name}: Final = (  # error 2^{float(mp.log(worst, 2)):.1f}", flush=True)
        for c in coefficients:
            print(f"    {c!r},")
        print(")", flush=True)
