"""Derivatives of NumPy functions by their values alone: complex steps and differences. Shares nothing with mibun.

- ``jacobian(fn, args)``: for each argument an array of the output's shape and the argument's;
- ``second(fn, args)``: for a function with one number as its value, for each pair of arguments an array of both shapes.

A complex step, Im f(x + ih)/h with h = 1e-30, is exact to rounding where ``fn`` is made of analytic operations, and
wrong without a word where it is not (``abs``, ``norm``, ``var`` and ``vdot`` conjugate). Central differences of eighth
order are always there to compare, in ``longdouble`` where ``fn`` keeps it; how far those of sixth order on the same
points are from them estimates their error. Where the two agree the complex step is the answer, otherwise the
differences are.

Squire and Trapp, SIAM Rev. 40 (1998) 110; Fornberg, Math. Comp. 51 (1988) 699.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

import numpy as np

Function = Callable[..., Any]
Line = Callable[[float], np.ndarray]  # values along a direction, by the distance from the point

COMPLEX_STEP = 1e-30
AGREE = 1e-7  # of the scale: far more than the differences' error, far less than what a conjugation does
ROUNDING = 1e-12  # of the scale: what a complex step may be off by
SAFETY = 32  # rounding disturbs the difference of the two orders so many times less than either of them

REALS = (np.longdouble, np.float64)
COMPLEXES = (np.clongdouble, np.complex128)

# The steps, by the order of the derivative; of several the one with the least error is taken. Rounding is some eps/h or
# eps/h², truncation some h⁸.
STEPS = {
    np.longdouble: {1: [2.0**-10], 2: [2.0**-8]},
    np.float64: {1: [2.0**-6, 2.0**-7, 2.0**-8], 2: [2.0**-5, 2.0**-6, 2.0**-7, 2.0**-8]},
}
# Weights of the sums f(x + kh) ± f(x - kh), k = 1, 2, …: of eighth and of sixth order.
WEIGHTS = {
    1: ([4 / 5, -1 / 5, 4 / 105, -1 / 280], [3 / 4, -3 / 20, 1 / 60, 0]),
    2: ([8 / 5, -1 / 5, 8 / 315, -1 / 560], [3 / 2, -3 / 20, 1 / 90, 0]),
}


class Jacobian(NamedTuple):
    """``error`` is absolute, for the worst entry."""

    blocks: list[np.ndarray]
    error: float
    method: str


class Second(NamedTuple):
    """``blocks[i][j]``: by argument i and argument j. ``error`` is absolute, for the worst entry."""

    blocks: list[list[np.ndarray]]
    error: float
    method: str


def jacobian(fn: Function, args: Sequence[Any], complex_steps: bool = True) -> Jacobian:
    """The Jacobian of ``fn`` by each of its arguments; without ``complex_steps`` by differences only."""
    with _calm():
        point = _Point.of(fn, args, REALS)
        analytic = _Point.of(fn, args, COMPLEXES) if complex_steps else None
        if point is None:
            raise TypeError("the function takes no floats, or returns none")
        rows, error = _differences([point.line(e) for e in point.axes], 1, point.kind)
        method = f"differences in {point.kind.__name__}"
        if analytic is not None:
            steps = np.array([analytic.slope(e)(0.0) for e in analytic.axes])
            scale = scale_of(rows, point.value)
            if np.max(np.abs(steps - rows), initial=0) <= AGREE * scale:
                rows, error, method = steps, ROUNDING * scale, "complex steps"
        blocks = [
            np.moveaxis(part, 0, -1).reshape(point.value.shape + np.shape(arg)).astype(float)
            for part, arg in zip(point.by_argument(rows), args, strict=True)
        ]
    return Jacobian(blocks, error, method)


def second(fn: Function, args: Sequence[Any], complex_steps: bool = True) -> Second:
    """The second derivatives of ``fn``, whose value is one number; without ``complex_steps`` by differences only."""
    analytic = complex_steps and jacobian(fn, args).method == "complex steps"
    with _calm():
        point = _Point.of(fn, args, COMPLEXES if analytic else REALS)
        assert point is not None
        matrix, error = _of_slopes(point) if analytic else _of_values(point)
        error = max(error, ROUNDING * scale_of(matrix, point.value))
        blocks = [
            [
                part.T.reshape(np.shape(left) + np.shape(right)).astype(float)
                for part, right in zip(point.by_argument(rows.T), args, strict=True)
            ]
            for rows, left in zip(point.by_argument(matrix), args, strict=True)
        ]
    return Second(blocks, error, f"differences in {point.kind.__name__}")


def scale_of(derivative: Any, value: Any) -> float:
    """What errors are relative to: the greatest entry of a derivative, or of the value where that is greater."""
    return float(max(np.max(np.abs(derivative), initial=0), np.max(np.abs(value), initial=0)))


class _Point(NamedTuple):
    """A function and where it is differentiated: the numbers of all arguments as one vector, of the type ``kind``."""

    fn: Function
    args: Sequence[Any]
    vector: np.ndarray
    value: np.ndarray
    kind: type

    @classmethod
    def of(cls, fn: Function, args: Sequence[Any], kinds: Sequence[type]) -> _Point | None:
        """With the first of the kinds of numbers that the function takes and keeps; ``None`` if it keeps none."""
        for kind in kinds:
            vector = np.concatenate([np.ravel(arg).astype(kind) for arg in args])
            try:
                value = cls(fn, args, vector, vector, kind).at(0)
            except (TypeError, ValueError, np.exceptions.ComplexWarning):
                continue
            if value.dtype == kind:
                return cls(fn, args, vector, value, kind)
        return None

    @property
    def axes(self) -> np.ndarray:
        return np.eye(len(self.vector))

    def at(self, move: Any) -> np.ndarray:
        """The value there; numbers stand for the arguments that are numbers, arrays without axes for those that are."""
        parts = [
            part.reshape(np.shape(arg))[()] if np.isscalar(arg) else part.reshape(np.shape(arg))
            for part, arg in zip(self.by_argument(self.vector + move), self.args, strict=True)
        ]
        return np.asarray(self.fn(*parts))

    def line(self, direction: np.ndarray) -> Line:
        return lambda t: self.at(t * direction)

    def slope(self, axis: np.ndarray, direction: Any = 0) -> Line:
        """The partial derivative by a complex step, along a direction."""
        step = 1j * COMPLEX_STEP * axis
        return lambda t: self.at(t * direction + step).imag / COMPLEX_STEP

    def by_argument(self, rows: np.ndarray) -> list[np.ndarray]:
        """What belongs to each argument, of something that has a row for each number."""
        ends = accumulate([np.size(arg) for arg in self.args], initial=0)
        return [rows[start:end] for start, end in pairwise(ends)]


@contextmanager
def _calm() -> Iterator[None]:
    """Steps may leave the domain in a branch that is not taken; to lose the imaginary part is an error."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("error", np.exceptions.ComplexWarning)
        yield


def _differences(lines: Sequence[Line], order: int, kind: type) -> tuple[np.ndarray, float]:
    """The derivative at 0 along each line, and the error of the worst."""
    real = np.longdouble if kind in (np.longdouble, np.clongdouble) else np.float64
    found = [_difference(lines, order, h, float(np.finfo(real).eps)) for h in STEPS[real][order]]
    return min(found, key=lambda result: result[1])


def _difference(lines: Sequence[Line], order: int, h: float, eps: float) -> tuple[np.ndarray, float]:
    middles = np.array([line(0.0) for line in lines]) if order == 2 else 0
    pairs = []
    for k in range(1, 5):
        after, before = (np.array([line(t) for line in lines]) for t in (k * h, -k * h))
        pairs.append(after - before if order == 1 else (after - middles) + (before - middles))
    eighth, sixth = (
        sum(w * pair for w, pair in zip(weights, pairs, strict=True)) / h**order for weights in WEIGHTS[order]
    )
    rounding = 16 * eps / h**order * np.max(np.abs(after), initial=0)
    return eighth, float(SAFETY * np.max(np.abs(eighth - sixth), initial=0) + rounding)


def _of_slopes(point: _Point) -> tuple[np.ndarray, float]:
    """Second derivatives: differences of partial derivatives by complex steps."""
    axes = point.axes
    i, j = np.tril_indices(len(axes))
    found, error = _differences([point.slope(axes[m], axes[n]) for m, n in zip(i, j, strict=True)], 1, point.kind)
    return _symmetric(found, len(axes)), error


def _of_values(point: _Point) -> tuple[np.ndarray, float]:
    """Second derivatives by differences of values: along the axes, and along the sum of each two, by polarization."""
    axes = point.axes
    i, j = np.tril_indices(len(axes))
    lines = [point.line(axes[m] + axes[n] * (m != n)) for m, n in zip(i, j, strict=True)]
    found, error = _differences(lines, 2, point.kind)
    both = _symmetric(found, len(axes))
    own = np.diag(both)
    return np.where(np.eye(len(axes), dtype=bool), both, (both - own[:, None] - own) / 2), 1.5 * error


def _symmetric(triangle: np.ndarray, n: int) -> np.ndarray:
    matrix = np.zeros((n, n), dtype=triangle.dtype)
    i, j = np.tril_indices(n)
    matrix[i, j] = matrix[j, i] = triangle
    return matrix
