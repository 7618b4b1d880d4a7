"""Curves: a function of floats sampled for a picture, dense where it bends, cut where it jumps, and how much to show.

Only callables and arrays here; nothing is drawn, and what a function is does not matter.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from mibun.errors import DomainError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

Range = tuple[float, float]

# Functions that never fail

LARGEST: Final = 1e150  # a picture of larger numbers would overflow
SMALLEST: Final = 1e-150
OUTSIDE: Final = (ArithmeticError, ValueError, DomainError)  # what a function raises outside its domain


@dataclass(slots=True)
class Safe:
    """A function over float arrays that gives NaN where ``function`` has no real value.

    A function that does not take arrays is called for one point after the other.
    """

    function: Callable[..., Any]
    single: bool = False

    def __call__(self, *points: Any) -> Array:
        import numpy as np

        arrays = np.broadcast_arrays(*(np.asarray(each, float) for each in points))
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a value outside the domain is no news here
            if not self.single:
                try:
                    values = _real(self.function(*(each.copy() for each in arrays)))
                    if values.shape in ((), arrays[0].shape):
                        return np.array(np.broadcast_to(values, arrays[0].shape))
                except Exception:  # whatever a function made for numbers does with an array
                    pass
                self.single = True
            values = np.array(
                [self._one(*each) for each in zip(*(each.ravel().tolist() for each in arrays), strict=True)]
            )
            return values.reshape(arrays[0].shape)

    def _one(self, *point: float) -> float:
        try:
            value = self.function(*point)
        except OUTSIDE:
            return math.nan
        try:
            return float(_real(value))
        except (ArithmeticError, TypeError, ValueError):
            return math.nan


def _real(values: Any) -> Array:
    """Values as floats: NaN for what is not real, infinite beyond :data:`LARGEST`."""
    import numpy as np

    array = np.asarray(values)
    if array.dtype == object:
        array = np.array([complex(each) for each in array.ravel()]).reshape(array.shape)
    if np.iscomplexobj(array):
        array = np.where(array.imag == 0, array.real, math.nan)
    array = np.asarray(array, float)
    return np.where(np.abs(array) > LARGEST, np.copysign(math.inf, array), array)


# Curves

SAMPLES: Final = 385
ROUNDS: Final = 12  # of halving: the finest samples stand 1/385/4096 of the width apart
MOST: Final = 12_000  # samples of one curve
FINEST: Final = 2.0**-20  # of the width
SUSPECTS: Final = 200  # places in a curve that are looked at for jumps, poles and ends
FAR: Final = 50  # times the height: what is so far away is a pole
PEAKS: Final = 40  # of those beyond the view that are looked at for poles
ONE_PIXEL: Final = 0.003  # of the height, roughly


@dataclass(slots=True)
class Curve:
    """The samples of a function; a NaN between two pieces. ``filled`` and ``open`` are the ends of jumps and holes."""

    x: Array
    y: Array
    poles: list[float] = field(default_factory=list)
    filled: list[Range] = field(default_factory=list)
    open: list[Range] = field(default_factory=list)


def heights(f: Safe, x: Array, must: Sequence[float] = (), room: float = 0.06) -> Range:
    """The range of values to show: all of them, but of poles only as much as leaves the rest its shape."""
    import numpy as np

    y = f(x)
    y = np.where(np.isfinite(y), y, math.nan)
    finite = y[np.isfinite(y)]
    must = [value for value in must if math.isfinite(value)]
    if not finite.size:
        return padded(min(must, default=-1.0), max(must, default=1.0), room)
    low, high = float(finite.min()), float(finite.max())
    first, last = (float(each) for each in np.quantile(finite, (0.15, 0.85)))
    top = _peak(f, x, y, 1.0)
    bottom = _peak(f, x, y, -1.0)
    high = min(high, last + 0.75 * (last - first)) if top is None else top
    low = max(low, first - 0.75 * (last - first)) if bottom is None else -bottom
    return padded(min([low, *must]), max([high, *must]), room)


def padded(low: float, high: float, room: float = 0.06) -> Range:
    constant = high - low <= max(SMALLEST, 1e-12 * max(abs(low), abs(high)))
    more = (abs(low) / 2 if abs(low) > SMALLEST else 1.0) if constant else room * (high - low)
    return low - more, high + more


def _peak(f: Safe, x: Array, y: Array, sign: float) -> float | None:
    """The largest value of ``sign`` f near its largest sample; ``None`` where it grows on and on: a pole."""
    import numpy as np

    i = int(np.nanargmax(sign * y))
    low, high = x[max(i - 1, 0)], x[min(i + 1, len(x) - 1)]
    best = float(sign * y[i])
    spread = float(np.nanmax(y) - np.nanmin(y))
    seen = [best]
    for _ in range(10):
        near = np.linspace(low, high, 9)
        values = sign * f(near)
        if np.isposinf(values).any():
            return None
        values = np.where(np.isfinite(values), values, -math.inf)
        k = int(values.argmax())
        best = max(best, float(values[k]))
        low, high = near[max(k - 1, 0)], near[min(k + 1, 8)]
        seen.append(best)
    return None if seen[-1] - seen[5] > 0.02 * spread else best


def trace(f: Safe, span: Range, view: Range, points: Sequence[float] = ()) -> Curve:
    """Sample a function where it bends and cut it where it jumps.

    An interval is halved while the curve in it is steep or bent on the screen and inside ``view``. What is still steep
    then is halved on down to neighbouring doubles: it is a jump or a pole if the step in the values stays.
    """
    import numpy as np

    low, high = span
    bottom, top = view
    width, height = high - low, top - bottom
    inside = [point for point in points if low < point < high]
    x = np.unique(np.concatenate([np.linspace(low, high, SAMPLES), inside]))
    y = f(x)
    for _ in range(ROUNDS):
        split = _coarse(x, y, width, (y - bottom) / height)
        if not split.any() or len(x) + split.sum() > MOST:
            break
        middle = (x[:-1] + (x[1:] - x[:-1]) / 2)[split]
        middle = middle[(middle > x[:-1][split]) & (middle < x[1:][split])]
        places = np.searchsorted(x, middle)
        x, y = np.insert(x, places, middle), np.insert(y, places, f(middle))
    curve = Curve(x, y)
    _cut(f, curve, width, view)
    _find_poles(f, curve, view)
    curve.y = np.clip(curve.y, bottom - 2 * height, top + 2 * height)
    return curve


def _coarse(x: Array, y: Array, width: float, v: Array) -> NDArray[np.bool_]:
    """The intervals to halve."""
    import numpy as np

    known = np.isfinite(v)
    u, v = x / width, np.clip(np.nan_to_num(v, nan=-9.0), -1.5, 2.5)
    du, dv = np.diff(u), np.diff(v)
    both = known[1:] & known[:-1]
    seen = ~((v[1:] > 1.1) & (v[:-1] > 1.1)) & ~((v[1:] < -0.1) & (v[:-1] < -0.1))
    steep = np.abs(dv) > 0.012
    # how far each sample lies from the line through its neighbours
    across = np.hypot(u[2:] - u[:-2], v[2:] - v[:-2])
    off = np.abs(du[:-1] * dv[1:] - du[1:] * dv[:-1]) / np.where(across > 0, across, 1)
    bent = np.zeros(len(x), bool)
    bent[1:-1] = off > 4e-4
    edge = known[1:] != known[:-1]
    split: NDArray[np.bool_] = (both & seen & (steep | bent[1:] | bent[:-1]) | edge) & (du > FINEST)
    return split


def _cut(f: Safe, curve: Curve, width: float, view: Range) -> None:
    """Put a NaN into every jump and pole, and end each piece where it ends."""
    import numpy as np

    bottom, top = view
    height = top - bottom
    x, y = curve.x, curve.y
    y = np.where(np.isfinite(y), y, math.nan)
    known = np.isfinite(y)
    # steps that were not resolved
    step = np.abs(np.diff(y)) / height
    narrow = np.diff(x) <= 4 * FINEST * width
    suspects = np.flatnonzero(narrow & (step > 0.01))
    if len(suspects) > SUSPECTS:
        suspects = np.sort(suspects[np.argsort(step[suspects])[-SUSPECTS:]])
    places: list[int] = []
    more: list[Range] = []
    for i, a, b, ya, yb in _jumps(f, x, y, suspects, view):
        places += [i + 1] * 3
        more += [(a, ya), (a + (b - a) / 2, math.nan), (b, yb)]
        _end(curve, a, b, ya, yb, f, view)
    # ends of the domain
    for i in np.flatnonzero(known[1:] != known[:-1])[:SUSPECTS].tolist():
        inner, outer = (i, i + 1) if known[i] else (i + 1, i)
        places.append(i + 1)
        more.append(_domain_end(f, x[inner], x[outer], y[inner], width, height))
    if more:
        x, y = np.insert(x, places, [each for each, _ in more]), np.insert(y, places, [each for _, each in more])
    curve.x, curve.y = x, y
    _gaps(f, curve, width, view)


def _jumps(
    f: Safe, x: Array, y: Array, suspects: NDArray[np.intp], view: Range
) -> list[tuple[int, float, float, float, float]]:
    """Where in some intervals the values step, as the doubles on both sides; nothing where they were only steep."""
    import numpy as np

    found: list[tuple[int, float, float, float, float]] = []
    bottom, top = view
    height = top - bottom
    index = suspects
    wholes = np.column_stack([x[index], x[index + 1], y[index], y[index + 1]])
    for _ in range(3):  # sgn x steps twice at 0
        if not len(wholes):
            break
        parts = _halved(f, wholes, height)
        stay = np.abs(parts[:, 3] - parts[:, 2]) >= np.minimum(
            0.3 * np.abs(wholes[:, 3] - wholes[:, 2]), 0.003 * height
        )
        for i, (a, b, ya, yb) in zip(index[stay].tolist(), parts[stay].tolist(), strict=True):
            found.append((i, a, b, ya, yb))
        stay &= np.abs(parts[:, 2:] - bottom).max(axis=1) <= FAR * height  # beside a pole all is steep
        left, right = wholes[stay], wholes[stay]
        left[:, [1, 3]], right[:, [0, 2]] = parts[stay][:, [0, 2]], parts[stay][:, [1, 3]]
        index, wholes = np.tile(index[stay], 2), np.concatenate([left, right])
        rest = (np.abs(wholes[:, 3] - wholes[:, 2]) > 0.01 * height) & (wholes[:, 1] > wholes[:, 0])
        index, wholes = index[rest], wholes[rest]
    return sorted(found)


def _halved(f: Safe, wholes: Array, height: float) -> Array:
    """Intervals, as rows of two places and two values, halved to where most of the step is, down to doubles."""
    import numpy as np

    a, b, ya, yb = wholes.T.copy()
    least = 0.003 * height
    for _ in range(400):
        middle = a + (b - a) / 2
        active = (a < middle) & (middle < b) & (b - a > 1e-100) & (np.abs(yb - ya) >= least)
        if not active.any():
            break
        value = f(middle[active])
        known = np.isfinite(value)
        active[active] = known
        value, middle = value[known], middle[active]
        if not len(value):
            break
        lower = np.abs(value - ya[active]) >= np.abs(yb[active] - value)
        b[active], yb[active] = np.where(lower, middle, b[active]), np.where(lower, value, yb[active])
        a[active], ya[active] = np.where(lower, a[active], middle), np.where(lower, ya[active], value)
    return np.column_stack([a, b, ya, yb])


def _end(curve: Curve, a: float, b: float, ya: float, yb: float, f: Safe, view: Range) -> None:
    """The circles at both ends of a jump, the filled one at the side that has the value, or the line of a pole."""
    bottom, top = view
    height = top - bottom
    if max(abs(ya - bottom), abs(yb - bottom)) > FAR * height:
        curve.poles.append(a + (b - a) / 2)
        return
    whole = _simplest(a, b)
    if whole is None:
        return
    value = float(f(whole))
    for side, limit in ((a, ya), (b, yb)):
        if abs(value - limit) < ONE_PIXEL * height:
            if (whole, limit) not in curve.filled:
                curve.filled.append((whole, limit))
        else:
            curve.open.append((side, limit))
    if math.isfinite(value) and min(abs(value - ya), abs(value - yb)) >= ONE_PIXEL * height:
        curve.filled.append((whole, value))


def _simplest(a: float, b: float) -> float | None:
    """The one of two neighbouring numbers that a person would write down, if there is one."""
    if a <= 0 <= b:
        return 0.0
    short, long = sorted((a, b), key=lambda each: len(repr(each)))
    return short if len(repr(short)) + 3 <= len(repr(long)) else None


def _domain_end(f: Safe, inner: float, outer: float, y: float, width: float, height: float) -> Range:
    """The last point of a piece. A step of :data:`FINEST` before the end the value can be relied on; at the end itself
    only where it goes on as before: sqrt does, ln and (1 - cos x)/x², which has lost all its digits there, do not."""
    first, low = inner, inner
    for _ in range(120):
        middle = inner + (outer - inner) / 2
        if middle in (inner, outer):
            break
        value = float(f(middle))
        if math.isfinite(value):
            inner, low, y = middle, middle, value
        else:
            outer = middle
    step = math.copysign(FINEST * width, first - outer)
    near, far = (float(each) for each in f([outer + step, outer + 4 * step]))
    if not math.isfinite(near) or not math.isfinite(far):
        return low, y
    if abs(y - near) <= 8 * abs(near - far) + ONE_PIXEL * height:
        return low, y
    return outer + step, near


def _gaps(f: Safe, curve: Curve, width: float, view: Range) -> None:
    """A gap of one point: a hole, a jump or a pole."""
    import numpy as np

    bottom, top = view
    height = top - bottom
    known = np.flatnonzero(np.isfinite(curve.y))
    for i, j in pairwise(known):
        if j == i + 1 or curve.x[j] - curve.x[i] > 8 * FINEST * width:
            continue
        a, b, ya, yb = curve.x[i], curve.x[j], curve.y[i], curve.y[j]
        middle = _simplest(a, b)
        if middle is None:
            middle = a + (b - a) / 2
        if any(a <= pole <= b for pole in curve.poles) or any(
            a <= point[0] <= b for point in curve.open + curve.filled
        ):
            continue
        if max(abs(ya - bottom), abs(yb - bottom)) > FAR * height:
            curve.poles.append(middle)
        elif _settled(f, middle, -FINEST * width, ya, height) and _settled(f, middle, FINEST * width, yb, height):
            ends = [ya + (yb - ya) / 2] if abs(yb - ya) < ONE_PIXEL * height else [ya, yb]
            curve.open += [(middle, end) for end in ends]


def _settled(f: Safe, x: float, step: float, limit: float, height: float) -> bool:
    """Whether values near a gap agree with its edge; those of sin(1/x) do not."""
    import numpy as np

    values = f(x + step * np.array([1.3, 2.9, 4.7, 7.1]))
    return bool(np.all(np.abs(values - limit) < 3 * ONE_PIXEL * height))


def _find_poles(f: Safe, curve: Curve, view: Range) -> None:
    """Poles at which both sides go the same way, as of 1/x²."""
    import numpy as np

    bottom, top = view
    x, v = curve.x, np.abs((curve.y - bottom) / (top - bottom) - 0.5)
    peaks = np.flatnonzero((v[1:-1] > 1.5) & (v[1:-1] >= v[:-2]) & (v[1:-1] >= v[2:])) + 1
    for i in peaks[:PEAKS].tolist():
        low, high = x[i - 1], x[i + 1]
        if any(low <= pole <= high for pole in curve.poles):
            continue
        best, place = 0.0, low
        for _ in range(24):
            near = np.linspace(low, high, 9)
            values = np.nan_to_num(np.abs((f(near) - bottom) / (top - bottom) - 0.5), nan=math.inf)
            k = int(values.argmax())
            best, place = float(values[k]), float(near[k])
            low, high = near[max(k - 1, 0)], near[min(k + 1, 8)]
            if math.isinf(best):
                break
        if best > 1e6:
            curve.poles.append(place)


# How far to look

WIDEST: Final = 2.0**60


def reach(f: Safe, at: float, least: float = 2.0) -> float:
    """How far to both sides of a point a picture should show a function: as far as it takes to see it bend, not so far
    that it is all wiggles or all flat."""
    import numpy as np

    def shape(half: float) -> tuple[int, float, float] | None:
        """How often the function turns, how much it bends, how much of it is flat; ``None`` where it is constant."""
        x = np.linspace(at - half, at + half, 258)
        y = f(x)
        finite = np.isfinite(y)
        if finite.sum() < 8:
            return 0, 1.0, 0.0
        bottom, top = heights(f, x)
        u, y = (x[finite] - at) / half, np.clip(y[finite], bottom, top)
        spread = y.max() - y.min()
        if not 1e-12 * np.abs(y).max() < spread < math.inf:
            return None
        v = (y - y.min()) / spread
        steps = np.diff(v)
        signs = np.sign(steps[np.abs(steps) > 1e-9])
        centred = u - u.mean()
        rest = v - v.mean() - centred * (centred @ v) / (centred @ centred)
        bins = np.histogram(v, 50, (0, 1))[0]
        return int((np.diff(signs) != 0).sum()), float(np.abs(rest).max()), float(bins.max() / len(v))

    least = max(least, 1e-9 * abs(at))  # closer, doubles would be seen one by one
    half = least
    seen = shape(half)
    if seen is None:
        return max(least, 1.25 * abs(at))
    if seen[1] < 0.02:
        while half < WIDEST * least:
            half *= 2
            seen = shape(half)
            if seen is None:
                break
            if seen[1] >= 0.1:
                return half
        return max(least, 1.25 * abs(at))
    for _ in range(24):
        if (seen[0] <= 6 and seen[2] <= 0.6) or half < 2e-9 * abs(at):
            return half
        smaller = shape(half / 2)
        if smaller is None or smaller[1] < 0.02:
            return half
        half, seen = half / 2, smaller
    return least


def trim(f: Safe, span: Range, keep: Sequence[float]) -> Range:
    """``span`` without what lies outside the domain, but for a little. ``DomainError`` where nothing is left."""
    import numpy as np

    low, high = span
    x = np.union1d(np.linspace(low, high, SAMPLES), [each for each in keep if low <= each <= high])
    known = x[np.isfinite(f(x))]
    if not known.size:
        raise DomainError("picture_empty", low=f"{low:g}", high=f"{high:g}")
    first, last = min([known[0], *keep]), max([known[-1], *keep])
    room = 0.08 * (last - first) or (high - low) / 2
    return max(low, float(first) - room), min(high, float(last) + room)
