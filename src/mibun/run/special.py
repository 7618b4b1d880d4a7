"""The special functions that NumPy lacks, for one float each: a float in, a float out, never an exception.

``erf``, ``gamma`` and ``lgamma`` are the C library's, through :mod:`math`. ``digamma`` and ``polygamma`` are the
textbook's: shifted to a large argument by the recurrence, then the asymptotic series (NIST Digital Library of
Mathematical Functions, dlmf.nist.gov), within about 1e-15 of the truth or of 1, whichever is larger. A pole is an
infinity where both sides agree on the sign, NaN where they do not.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

# B(2k) / (2k), k = 1 … 10, from the Bernoulli numbers B(2) = 1/6, B(4) = -1/30, … (DLMF 24.2.1)
_BERNOULLI: Final = (
    *(1 / 12, -1 / 120, 1 / 252, -1 / 240, 1 / 132),
    *(-691 / 32760, 1 / 12, -3617 / 8160, 43867 / 14364, -174611 / 6600),
)
_SHIFT: Final = 16.0  # from here on ten terms of the series for digamma reach double precision
ORDER_LIMIT: Final = 1000  # polygamma's order; each takes time proportional to its square


def gamma(x: float) -> float:
    try:
        return math.gamma(x)
    except OverflowError:
        return math.inf if x > 0 or math.floor(x) % 2 == 0 else -math.inf
    except ValueError:  # 0, a negative integer, -inf
        return math.copysign(math.inf, x) if x == 0 else math.nan


def lgamma(x: float) -> float:
    """ln |Γ(x)|."""
    try:
        return math.lgamma(x)
    except (OverflowError, ValueError):
        return math.inf


def _cotangent(x: float) -> float:
    """cot(πx), with x first reduced to [-1/2, 1/2], which is exact."""
    x -= round(x)
    return math.inf if x == 0 else 1 / math.tan(math.pi * x)


def digamma(x: float) -> float:
    """ψ(x) = (ln Γ)'(x)."""
    if not math.isfinite(x):
        return x if x > 0 else math.nan
    if x <= 0 and x == math.floor(x):
        return math.nan
    terms = []
    if x < 0:  # reflection, DLMF 5.5.4
        terms.append(-math.pi * _cotangent(x))
        x = 1 - x
    while x < _SHIFT:  # recurrence, DLMF 5.5.2
        terms.append(-1 / x)
        x += 1
    series = 0.0
    for coefficient in reversed(_BERNOULLI):  # DLMF 5.11.2
        series = (series + coefficient) / (x * x)
    return math.fsum([*terms, math.log(x), -0.5 / x, -series])


def polygamma(order: float, x: float) -> float:
    """ψ⁽ⁿ⁾(x), the n-th derivative of digamma; NaN where n is no integer from 0 to 1000."""
    if not (0 <= order <= ORDER_LIMIT and order == math.floor(order)):
        return math.nan
    n = int(order)
    if n == 0:
        return digamma(x)
    if not math.isfinite(x):
        return 0.0 if x > 0 else math.nan
    sign = -1.0 if n % 2 == 0 else 1.0
    try:
        if x > 0:
            return sign * _zeta_sum(n, x)
        if x == math.floor(x):
            return math.inf if n % 2 else math.nan
        # reflection, DLMF 5.15.6; the signs of ψ⁽ⁿ⁾(1 - x) cancel
        return -_zeta_sum(n, 1 - x) - _cotangent_derivative(n, x)
    except OverflowError:
        return sign * math.inf if x > 0 else math.nan


def _falling(n: int, x: float) -> float:
    """n! / x^(n + 1), its factors multiplied in an order that neither overflows nor underflows early."""
    value = 1 / x
    for i in range(n, 0, -1):
        value *= i / x
    return value


def _zeta_sum(n: int, x: float) -> float:
    """n! (1/x^(n+1) + 1/(x+1)^(n+1) + …), which is (-1)^(n+1) ψ⁽ⁿ⁾(x) for x > 0 (DLMF 5.15.1)."""
    terms = []
    while x < n + _SHIFT:
        terms.append(_falling(n, x))
        x += 1
    # DLMF 5.15.8, divided by its first term (n - 1)! / x^n
    rising = 1.0  # (2k + n - 1)! / (n - 1)! / (2k - 1)! / x^(2k)
    series = 1 + n / (2 * x)
    for k, coefficient in enumerate(_BERNOULLI, 1):
        rising *= (n + 2 * k - 2) * (n + 2 * k - 1) / (x * x)
        if k > 1:
            rising /= (2 * k - 2) * (2 * k - 1)
        series += coefficient * rising
    return math.fsum([*terms, _falling(n, x) * x / n * series])


def _cotangent_derivative(n: int, x: float) -> float:
    """π dⁿ/dxⁿ cot(πx), as a polynomial in c = cot(πx), since c' = -π (1 + c²); its terms all have one sign."""
    coefficients = [0.0, 1.0]
    for _ in range(n):
        slopes = [i * a for i, a in enumerate(coefficients)][1:]
        coefficients = [0.0] * (len(slopes) + 2)
        for i, a in enumerate(slopes):
            coefficients[i] -= math.pi * a
            coefficients[i + 2] -= math.pi * a
    c = _cotangent(x)
    value = 0.0
    for a in reversed(coefficients):
        value = value * c + a
    return math.pi * value


def sinc(order: Any, x: Any) -> Any:
    """The derivative of sin(x)/x of an order, of an array: by its power series near 0, by Leibniz' rule elsewhere.

    The n-th derivative of sin x = x · s(x) is x s⁽ⁿ⁾ + n s⁽ⁿ⁻¹⁾.
    """
    import numpy as np

    n = int(order)
    x = np.asarray(x, dtype=np.result_type(x, np.float32) if np.asarray(x).dtype == np.float32 else np.float64)
    near = np.abs(x) < n + 1.0
    far = np.where(near, 1.0, x)
    value = np.sin(far) / far
    for k in range(1, n + 1):
        value = (np.sin(far + k * math.pi / 2) - k * value) / far
    if near.any():
        z = np.where(near, x, 0.0)
        # sin(x)/x = Σ (-1)^m x^(2m) / (2m + 1)!, differentiated n times term by term
        series = np.zeros_like(z)
        for m in range((n + 1) // 2, (n + 1) // 2 + 2 * n + 14):
            power = 2 * m - n
            series += (-1) ** m * math.perm(2 * m, n) / math.factorial(2 * m + 1) * z**power
        value = np.where(near, series, value)
    return value[()]


SPECIAL: Final[dict[str, Callable[..., float]]] = {
    "erf": math.erf,
    "gamma": gamma,
    "lgamma": lgamma,
    "digamma": digamma,
    "polygamma": polygamma,
}
