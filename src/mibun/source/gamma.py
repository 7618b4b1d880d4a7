"""Numbers for the logarithmic derivatives of the gamma function, ψ⁽ⁿ⁾: NIST Digital Library of Mathematical Functions,
dlmf.nist.gov, 5.11.2, 5.15.8 and 5.15.6."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cache
from typing import Final

TERMS: Final = 10


@cache
def _bernoulli(n: int) -> Fraction:
    """From Σ (n+1 over k) B(k) = 0 for k = 0 … n."""
    total = sum((math.comb(n + 1, k) * _bernoulli(k) for k in range(n)), Fraction(0))
    return Fraction(1) if n == 0 else -total / (n + 1)


def stirling(n: int) -> list[float]:
    """The factors of x⁻², x⁻⁴, … in ln x - 1/2x - ψ(x); for n > 0 in (-1)ⁿ⁻¹ ψ⁽ⁿ⁾(x) xⁿ/(n-1)! - 1 - n/2x.

    >>> stirling(0)[:2] == [1/12, -1/120]
    True
    """
    found = []
    for k in range(1, TERMS + 1):
        rising = math.prod(range(n, n + 2 * k)) // math.factorial(2 * k - 1) if n else 1
        found.append(float(_bernoulli(2 * k) / (2 * k) * rising))
    return found


def circular(n: int) -> list[float]:
    """The coefficients of dⁿ/dxⁿ cot(πx)/πⁿ as a polynomial in c = cot(πx), from c' = -π(1 + c²).

    >>> circular(1)
    [-1.0, 0.0, -1.0]
    """
    coefficients = [0, 1]
    for _ in range(n):
        slopes = [i * a for i, a in enumerate(coefficients)][1:]
        coefficients = [0] * (len(slopes) + 2)
        for i, a in enumerate(slopes):
            coefficients[i] -= a
            coefficients[i + 2] -= a
    return [float(a) for a in coefficients]
