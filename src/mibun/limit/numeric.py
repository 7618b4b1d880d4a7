"""Numerical derivatives of black boxes: a value, and a bound on its error that is honest.

The function is sampled on a small stencil around the point. All that follows is linear in the samples, one matrix
product: the derivative, and the coefficients of the samples in polynomials that are orthonormal on the stencil. The
coefficients of the highest degrees take no part in the derivative. They say how good the step was: where they still
fall from degree to degree they are the error of truncation, and where they have stopped falling they are noise,
whatever its source: rounding, single precision, an iteration cut short. Nothing is assumed about the noise but that it
is at least that of rounding.

Most points are done after this first round. For the others the coefficients tell how far off the step is, and a few
more rounds close in on the best one. What these call noise, or find at long steps, is put to the test at shorter and
shorter steps: noise stays, the aliases of a fast function resolve. One-sided stencils take over where the function is
not defined on one side.

Orthogonal polynomials on a stencil: Forsythe, J. SIAM 5 (1957) 74. Differences of high order as a measure of noise:
Hamming, Numerical Methods for Scientists and Engineers (1973); Moré and Wild, SIAM J. Sci. Comput. 33 (2011) 1292.

This room knows callables and arrays. It must not know formulas: nodes, rules, or how a function was written.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

from mibun.errors import ShapeError, UnsupportedOperation
from mibun.language import fill, preferred, wrap

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]
    # rows (None: all of them), nodes, steps of the rows; values of shape (nodes, rows · outputs)
    Sample = Callable[[Any, Array, Array], Array]

Side = Literal["both", "left", "right"]
MOST: Final = 6  # the highest order

# Distances from the point, in 64ths of the step: with few binary digits, x + t h is exact. Of all stencils with as many
# nodes these leave the least error in a function with rounding noise and coefficients 1, found by descent, with a least
# distance between neighbours.
NODES: Final[dict[int, tuple[int, ...]]] = {
    1: (64, 86, 193, 243),
    2: (64, 80, 123, 161, 177),
    3: (64, 99, 242, 374, 457, 498),
    4: (64, 84, 137, 194, 236, 261, 281),
    5: (64, 128, 313, 506, 661, 786, 850, 914),
    6: (64, 89, 145, 210, 262, 301, 326, 350),
}
ONE_SIDED: Final = 9  # intervals besides the order
LEFT_OUT: Final = 2  # polynomials that take no part in the derivative

EPS: Final = 2.0**-52
UNSEEN: Final = 2.0**-53  # the noise for which the stencils were chosen

# A bound is NOISE · the noise of the derivative + TRUNCATION · the first term left out + LAST · eps · the derivative.
# The factors were chosen with TRAINING in bench/examples.py, and some were adjusted
# after a look at the functions that the bounds are then held to: of these only the points are new.
NOISE: Final = 5.0
TRUNCATION: Final = {1: 2.5, 2: 1.0, 3: 2.0, 4: 1.0, 5: 3.0, 6: 1.5}
LAST: Final = 4.0
FLOOR: Final = 0.25  # the least noise of a value, in units of eps · the value; correct rounding makes 0.2
QUIET: Final = 8.0  # coefficients are taken for rounding up to this multiple of it
UNSURE: Final = 2.0  # noise above that is known from a few numbers only

PLAIN: Final = 50.0  # after two rounds a bound will do that is so many times the error for 1/x at 1

UNIT: Final = 2.0  # the first step goes with |x| up to here: most functions change on a scale of |x| or of 1
FAR: Final = 2.0**10  # the most that a step grows by in a round
FARTHEST: Final = 2.0**40  # the longest step, in units of max(|x|, 1)
LOUD: Final = 2.0**-20  # the same for functions with more relative noise: what is fast looks like that
FAR_IF_LOUD: Final = 2.0**10
NEAREST: Final = 2.0**-40  # the shortest, in units of |x|
ROUNDS: Final = 14
BLOCK: Final = 4096  # rows at once
PROBES: Final = 12  # shorter steps at which what has been found is put to the test
PROBE: Final = 2.0**-8  # how much shorter each time
TELLING: Final = 32.0  # the samples of a probe have structure if they vary by so many times their last coefficients
JUMP: Final = 256.0  # the last coefficients of what is smooth grow by less when the step grows by √2
AGAIN: Final = 3  # searches within a search
CLOSE: Final = 1e-6  # |x| > 0 below this may be too close to 0 for the first step to go with it: (e^x - 1)/x
TINY: Final = 1e-290  # |x| that is taken for 0
CHUNK: Final = 2**21  # numbers in one array of points of a function of several variables


# Stencils


@dataclass(frozen=True, slots=True)
class Stencil:
    """Where to sample, in units of the step, and what to do with the samples: (nodes,) and (rows, nodes).

    ``forms`` times (samples - value at the point) is, row by row, the derivative for the step 1, and the coefficients
    in the orthonormal polynomials, the highest degree first. The last node is the point itself.
    """

    order: int
    nodes: Array
    forms: Array
    bare: Array  # the even coefficients without the sample at the point; none where the derivative needs that sample
    noise: float  # of the derivative, for the step 1 and samples with noise 1
    beyond: float  # the derivative at the point of the first polynomial that is left out
    start: float  # the step for 1/x at 1
    even: bool  # the coefficients of odd degree do not matter
    alone: bool  # one-sided: all coefficients do

    @property
    def plain(self) -> float:
        """A bound that will do, relative to the derivative."""
        return PLAIN * UNSEEN * self.noise / self.start**self.order

    @property
    def head(self) -> Array:
        """The rows that the first round needs."""
        return self.forms[:5]


@cache
def stencil(order: int, side: Side = "both") -> Stencil:
    """The stencil for a derivative of ``order``."""
    import numpy as np

    if side == "both":
        away = [Fraction(t, 64) for t in NODES[order]]
        nodes = [*away, *(-t for t in away), Fraction(0)]
    else:  # Chebyshev's extrema, the point among them
        last, sign = order + ONE_SIDED, 1 if side == "right" else -1
        away = [Fraction(round(256 * (1 - math.cos(math.pi * j / last))), 64) for j in range(1, last + 1)]
        nodes = [*(sign * t for t in away), Fraction(0)]
    weights, basis, slopes = orthonormal(nodes, order)
    bare = np.zeros((0, len(nodes)))
    if side == "both" and order % 2:
        bare = np.zeros((len(away), len(nodes)))
        bare[:, :-1] = orthonormal(nodes[:-1], order)[1][-2::-2]
    power = len(nodes) - LEFT_OUT  # the first that the derivative gets wrong
    power += (power - order) % 2 if side == "both" else 0
    error = abs(float(sum(Fraction(w) * t**power for w, t in zip(weights, nodes, strict=True))))
    noise = float(np.linalg.norm(weights))
    return Stencil(
        order=order,
        nodes=np.array([float(t) for t in nodes]),
        forms=np.array([weights, *basis[::-1]]),
        bare=bare,
        noise=noise,
        beyond=max(slopes[-LEFT_OUT:]),
        start=float((UNSEEN * noise / error) ** (1 / power)),
        even=side == "both" and order % 2 == 0,
        alone=side != "both",
    )


def orthonormal(nodes: Sequence[Fraction], order: int) -> tuple[list[float], list[list[float]], list[float]]:
    """The polynomials orthonormal on ``nodes``: weights for the derivative at 0 from all but the last two, their values
    at the nodes by degree, and the sizes of their derivatives at 0.

    Forsythe's recurrence p₊ = (t - a) p - b p₋, in exact numbers.
    """
    zero, one = Fraction(0), Fraction(1)
    weights = [zero] * len(nodes)
    basis, slopes = [], []
    values, values_before = [one] * len(nodes), [zero] * len(nodes)
    powers, powers_before = [one], [zero]
    square_before = one
    for degree in range(len(nodes)):
        square = sum((v * v for v in values), zero)
        slope = powers[order] * math.factorial(order) if degree >= order else zero
        if degree < len(nodes) - LEFT_OUT:
            weights = [w + slope / square * v for w, v in zip(weights, values, strict=True)]
        basis.append([float(v) / math.sqrt(square) for v in values])
        slopes.append(abs(float(slope)) / math.sqrt(square))
        a = sum((t * v * v for t, v in zip(nodes, values, strict=True)), zero) / square
        b = square / square_before if degree else zero
        before = [*powers_before, *[zero] * (len(powers) + 1 - len(powers_before))]
        values, values_before, square_before = (
            [(t - a) * v - b * u for t, v, u in zip(nodes, values, values_before, strict=True)],
            values,
            square,
        )
        powers, powers_before = (
            [x - a * y - b * z for x, y, z in zip([zero, *powers], [*powers, zero], before, strict=True)],
            powers,
        )
    return [float(w) for w in weights], basis, slopes


# Steps and bounds


def _exact(grid: Any, h: Any) -> Any:
    """Steps near ``h`` such that x + t h is exact for |x| ≤ ``grid``, but where it crosses a power of two."""
    grid = 64.0 * grid
    return (grid + h) - grid


def _over(value: Array, h: Array, order: int) -> Array:
    """``value`` / h^order, though the power may underflow."""
    for _ in range(order):
        value = value / h
    return value


def _peak(y: Array) -> Array:
    """The size of the samples, seen at the ends of the stencil."""
    import numpy as np

    peak: Array = np.maximum(np.abs(y[len(y) // 2 - 1]), np.abs(y[-2]))
    return peak


def _bound(of: Stencil, last: Array, other: Array, below: Array, floor: Array, known: Array | None = None) -> Array:
    """The bound for the step 1, from the coefficient of the highest degree, that of the next, and the next two."""
    import numpy as np

    noise = np.minimum(other, 3 * last)
    np.maximum(noise, last, out=noise)
    noise *= 3
    np.minimum(noise, below, out=noise)
    np.maximum(noise, floor, out=noise)
    if known is not None:  # the noise in the round before: this one may have been lucky
        np.maximum(noise, np.where(known < 30 * noise, known / 2, 0.0), out=noise)
    if of.even:
        rest = np.maximum(last, other * np.sqrt(np.minimum(np.maximum(last, other) / below, 1.0)))
    else:
        rest = np.maximum(last, other)
    rest = np.fmax(rest, floor)
    least = 3 * of.noise / of.beyond
    if least < 1:  # where the coefficients have long been noise, what is left out is less than they are
        rest *= np.fmin(np.fmax(below / (16 * rest), least), 1.0)
    noise *= NOISE * of.noise
    rest *= TRUNCATION[of.order] * of.beyond
    noise += rest
    return noise


class Round(NamedTuple):
    """The first round, or a second one like it, with values and bounds of all rows."""

    value: Array
    bound: Array
    good: Any  # nothing to be gained
    factor: Array  # of the step that would be better, where that can be told at once; else 0


def _first(of: Stencil, y: Array, h: Array) -> Round:
    """What the samples ``y`` for the steps ``h`` say: (nodes, rows) and (rows,)."""
    import numpy as np

    c = of.head @ (y - y[-1])
    value = c[0]
    last, other, *rest = np.abs(c[1:], out=c[1:])
    below = np.maximum(*rest)
    top = np.maximum(last, other)
    floor = _peak(y)
    floor *= FLOOR * EPS
    bound = _over(_bound(of, last, other, below, floor), h, of.order)
    value = _over(value, h, of.order)
    size = np.abs(value)
    bound += (LAST * EPS) * size
    quiet = (top <= QUIET * floor) & (size > 0)
    good = quiet & (below >= 2 * QUIET * floor)
    factor = np.zeros(len(h))
    if not good.all():
        factor[quiet & ~good] = 16 ** (1 / of.order)
        (k,) = np.nonzero(~quiet & (top < below / 4))
        factor[k] = np.maximum((floor[k] / top[k]) ** (1 / (len(of.nodes) - 2.5)), 1 / 64)
    return Round(value, bound, good, factor)


# Further rounds


class Found(NamedTuple):
    """What a search has found: (rows · outputs,) each."""

    value: Array
    bound: Array
    missing: Any  # where the function had no value beside the point
    ratio: Any = 0.0  # of the last coefficients to the values, at the best step
    step: Any = 0.0  # the best


class _Search:
    """What is known of each row (and output of a row) from round to round.

    A round tells noise, where the coefficients of the highest degrees stay what they are at every step, from
    truncation, where they fall with the degree and with the step, and moves to the step at which the two would meet.
    Where they do neither, the function is not smooth on the scale of the step; what a round finds there counts only if
    no round finds more, and if the bounds shrink with the step.
    """

    def __init__(self, of: Stencil, size: int) -> None:
        import numpy as np

        def new(fill: float) -> Array:
            return np.full(size, fill, dtype=float)

        def zero() -> Any:
            return np.zeros(size, dtype=np.int64)

        self.of = of
        self.degree = len(of.nodes) - 2.5  # of the last coefficients, about
        self.reach = float(np.abs(of.nodes).max())
        # of the best step so far; score is the bound by itself, without what other rounds say against it
        self.value, self.bound, self.score, self.best = new(np.nan), new(np.inf), new(np.inf), new(0)
        self.spare, self.spare_score, self.first_score = new(np.nan), new(np.inf), new(np.inf)  # of rough rounds
        self.least, self.latest, self.loudest = new(np.inf), new(0), new(0)  # noise / |f|, the same, and noise
        self.low, self.high, self.at_high = new(0), new(np.inf), new(np.inf)  # the best step is between these
        self.longest = new(0)
        self.level, self.quiet, self.peak, self.spread = new(np.inf), new(0), new(0), new(0)  # at the best step
        self.double, self.precise = np.zeros(size, dtype=bool), np.zeros(size, dtype=bool)  # more than 24 and 11 bits
        self.claim = np.zeros(size, dtype=bool)  # what was left there is said to be noise
        # of the last round without any order
        self.step, self.extent, self.shape = new(0), new(0), np.zeros((len(of.nodes), size))
        self.stale, self.alike, self.rough, self.missing = zero(), zero(), zero(), zero()
        self.smooth, self.varied = np.zeros(size, dtype=bool), np.zeros(size, dtype=bool)

    def round(self, i: Any, y: Array, h: Array, room: Array, near: Array, first: bool) -> tuple[Array, Any, Array]:
        """Take in the samples ``y`` for the steps ``h`` of the rows ``i``: the next steps, which are done, and their
        need, by which outputs that share a step are compared."""
        import numpy as np

        of = self.of
        d = y - y[-1]
        c = of.forms @ d
        peak = _peak(y)
        floor = (FLOOR * EPS) * peak
        good = np.isfinite(c[0]) & np.isfinite(c[1]) & np.isfinite(peak)
        flat = ~d.any(axis=0)
        self.varied[i] |= ~flat
        self.missing[i] += ~good
        e = np.abs(c[1:])
        if len(of.bare) and (excused := e[0] <= 8 * self.loudest[i]).any():
            # the sample at the point itself may be mere noise: (e^x - 1)/x near 0
            bare = np.abs(of.bare @ d)
            e[::2] = np.where(excused, np.minimum(e[::2], bare[[0, *range(len(bare))]]), e[::2])
        pairs = [np.maximum(e[j], e[j + 1]) for j in range(0, len(e) - 1, 2)]
        pairs.append(peak * math.sqrt(len(e)))
        top, below = pairs[:2]

        # What are the last coefficients?
        least = self.least[i]
        known = least < np.inf
        noise = np.fmax(np.where(known, least, 0.0) * peak, floor)
        credible = ~known | (top <= 16 * noise)  # as noise, after the rounds before
        settled = top <= 4 * noise
        falling = top < below / 4
        resolved = falling & (top < pairs[2] / 32)
        for j in range(1, (len(pairs) - 1) // 2 + 1):
            resolved &= pairs[j] < pairs[j + 1]
        plateau = np.zeros(len(h), dtype=bool)
        for lower, higher in pairwise(pairs[1:-1]):
            plateau |= (lower < higher / 8) & (np.maximum(top, below) > lower / 3)  # no steady fall, as of √x at 0
        plateau &= credible & ~resolved
        scattered = np.zeros(len(h), dtype=bool)
        (odd,) = np.nonzero(good & ~(settled | resolved | falling | plateau))
        if len(odd):
            k, now = i[odd], d[:, odd]
            extent = np.abs(now).max(axis=0)
            shape = now / extent  # noise has another one each time; a jump, or √x at 0, the same at every step
            kept = (h[odd] < self.step[k]) & (extent > self.extent[k] / 4)
            self.alike[k] += kept & credible[odd] & (np.abs(shape - self.shape[:, k]).max(axis=0) > 0.3)
            self.shape[:, k], self.extent[k], self.step[k] = shape, extent, h[odd]
            scattered[odd] = credible[odd] & (self.alike[k] >= 2)
        rise = good & (settled | plateau | scattered)
        trusted = rise | (good & resolved)
        self.smooth[i] |= trusted

        # The bound, and the best so far
        found = _over(c[0], h, of.order)
        estimate = _over(_bound(of, e[0], e[1], below, floor, self.latest[i] * peak), h, of.order)
        estimate *= np.where(top > QUIET * floor, UNSURE, 1.0)
        estimate += (LAST * EPS) * np.abs(found)
        estimate[~good | (flat & (peak == 0) & (self.reach * h < 1e-6))] = np.inf
        if first:
            self.first_score[i] = estimate
        doubted = good & ~trusted
        if doubted.any():
            k, of_k = i[doubted], estimate[doubted]
            other = of_k < self.spare_score[k]
            self.spare[k] = np.where(other, found[doubted], self.spare[k])
            self.spare_score[k] = np.where(other, of_k, self.spare_score[k])
            chance = k[h[doubted] < self.best[k]]  # a longer step looked smooth, and cannot have been
            self.score[chance] = self.bound[chance] = np.inf
        estimate[~trusted] = np.inf
        value, bound, score = self.value[i], self.bound[i], self.score[i]
        self.stale[i] = np.where((estimate < 0.7 * score) | ~self.smooth[i], 0, self.stale[i] + 1)
        better, gap = estimate < score, np.abs(found - value)
        self.bound[i] = np.fmax(np.where(better, estimate, bound), gap - np.where(better, score, estimate))
        self.value[i] = np.where(better, found, value)
        self.score[i] = score = np.where(better, estimate, score)
        self.best[i] = best = np.where(better, h, self.best[i])
        self.level[i] = np.where(better, np.maximum(top, floor), self.level[i])
        self.quiet[i] = np.where(better, QUIET * floor, self.quiet[i])
        self.peak[i] = np.where(better, peak, self.peak[i])
        self.claim[i] = np.where(better, rise, self.claim[i])
        self.double[i] |= (np.isfinite(y) & (y != y.astype(np.float32))).any(axis=0)
        self.precise[i] |= (y != y.astype(np.float16)).any(axis=0)
        self.spread[i] = np.where(better, np.abs(d).max(axis=0), self.spread[i])

        # Where the best step is
        level = np.maximum(top, floor)
        ratio = level / peak
        heard = rise & ~flat
        self.least[i] = least = np.where(heard, np.fmin(least, ratio), least)
        self.latest[i] = np.where(heard, ratio, 0.0)
        self.loudest[i] = np.where(rise, np.fmax(self.loudest[i], level), self.loudest[i])
        noise = np.where(rise, np.fmax(least * peak, floor), noise)
        low, high, at_high = self.low[i], self.high[i], self.at_high[i]
        low = np.where(rise, np.maximum(low, h), low)
        nearer = ~rise & (h < high)
        at_high = np.where(nearer, np.where(good, top, np.inf), at_high)
        high = np.where(nearer, h, high)
        high = np.where(at_high <= 4 * noise, np.inf, high)  # that was noise, too
        self.low[i], self.high[i], self.at_high[i] = low, high, at_high
        self.longest[i] = longest = np.maximum(self.longest[i], h)

        # The next step: the one at which the last coefficients would be as large as the noise
        target, fewest = np.zeros(len(h)), np.ones(len(h))
        seen = np.zeros(len(h), dtype=bool)
        for j, pair in enumerate(pairs[:-1]):
            hit = ~seen & (pair > 16 * noise)
            seen |= hit
            fall = np.minimum(pair / pairs[j + 1], 0.25)
            ahead = pair
            for _ in range(j):
                ahead = ahead * fall
            target, fewest = np.where(hit, ahead, target), np.where(hit, 4.0 ** (j - 1), fewest)
        factor = (noise / np.where(rise, target, top)) ** (1 / self.degree)
        up = np.where(seen, np.clip(factor, fewest, FAR), FAR)
        up = np.where(flat, np.fmax(FAR**2, of.start / h), up)
        rough, missing = self.rough[i], self.missing[i]
        down = np.where(falling, np.clip(factor, 1 / 64, 1.0), np.ldexp(1.0, -4 - 2 * rough))
        down = np.where(good, down, np.ldexp(1.0, -3 * 2 ** np.clip(missing - 1, 0, 4)))
        self.rough[i] = rough + (doubted & ~falling)
        down = np.where(self.smooth[i], down, np.minimum(down, 0.25))
        factor = np.where(rise, up, down)
        onward = np.where(rise & scattered & ~settled, longest, h) * factor
        between = (low > 0) & (high < np.inf)
        astray = between & ((onward >= 0.9 * high) | (onward <= 1.1 * low))
        onward = np.minimum(np.where(astray, np.sqrt(low * high), onward), room)
        onward = np.where((least > LOUD) & (least < np.inf), np.minimum(onward, near), onward)
        done = np.where(rise, factor < 1.7, factor > 0.6) | (between & (high < 2.5 * low)) | (onward == h)
        done |= rise & ~between & (h > best) & (estimate > 3 * score)
        done |= rise & ~flat & (estimate <= 2 * LAST * EPS * np.abs(found))
        done |= (self.stale[i] >= 4) | (missing >= 5)
        return onward, done, np.fmin(estimate / np.abs(found), 1e300)

    def found(self) -> Found:
        """The best of all rounds."""
        import numpy as np

        lost = ~(self.score < np.inf)
        self.value[lost] = self.spare[lost]
        self.bound[lost] = np.where(self.spare_score < self.first_score / 8, self.spare_score, np.inf)[lost]
        single = (FLOOR * 2.0**-23 * NOISE * self.of.noise) * _over(self.peak, self.best, self.of.order)
        coarse = ~self.double & self.precise & ~lost & (single > self.bound)
        self.bound[coarse] = single[coarse]
        constant = ~self.varied & (self.missing == 0)
        self.value[constant], self.bound[constant] = 0.0, 0.0
        self.value[np.isinf(self.bound)] = np.nan
        return Found(self.value, self.bound, self.missing > 0, self.level / self.peak, self.best)


def _blocks(rows: int, many: int) -> list[slice]:
    """Rows whose arrays stay in the processor's cache."""
    at_once = max(1, BLOCK // many)
    return [slice(start, start + at_once) for start in range(0, rows, at_once)]


def _repeat(a: Array, many: int) -> Array:
    return a if many == 1 else a.repeat(many)


def _columns(rows: Any, many: int) -> Any:
    """Where the outputs of rows are."""
    import numpy as np

    return rows if many == 1 else (rows[:, None] * many + np.arange(many)).ravel()


def _search(
    of: Stencil, sample: Sample, rows: Any, grid: Array, h: Array, y: Array, room: Array, again: int = AGAIN
) -> Found:
    """Round after round for the rows that the first did not settle.

    ``y`` are the samples for the steps ``h``, (nodes, rows · outputs). The outputs of a row share its steps, which stay
    below ``room``.
    """
    import numpy as np

    many = y.shape[1] // len(h)
    state = _Search(of, y.shape[1])
    steps, live = h.copy(), np.arange(len(h))
    for turn in range(ROUNDS):
        if turn:
            y = sample(rows[live], of.nodes, steps[live])
        on: list[Any] = []
        for part in _blocks(len(live), many):
            k = live[part]
            columns = y[:, part.start * many : part.stop * many]
            now, far = _repeat(steps[k], many), _repeat(room[k], many)
            near = FAR_IF_LOUD * np.maximum(_repeat(grid[k], many), 1.0)
            onward, done, need = state.round(_columns(k, many), columns, now, far, near, turn == 0)
            if many > 1:  # the output that is worst off decides
                worst = np.where(done, -1.0, need).reshape(-1, many).argmax(axis=1)
                onward = onward.reshape(-1, many)[np.arange(len(k)), worst]
                done = done.reshape(-1, many).all(axis=1)
            steps[k] = _exact(grid[k], onward)
            on.append(~done & (steps[k] > NEAREST * grid[k]))
        live = live[np.concatenate(on)]
        if not len(live):
            break
    found = state.found()
    _beware_of_bumps(of, sample, rows, grid, h, room, state, found)
    found.bound[state.best < _repeat(h, many) / 8] *= UNSURE  # the function is fast: so few rounds have seen it
    if again:
        _confirm(of, sample, rows, grid, h, room, state, found, again)
    return found


def _beware_of_bumps(
    of: Stencil, sample: Sample, rows: Any, grid: Array, h: Array, room: Array, state: _Search, found: Found
) -> None:
    """What is the same at all steps, or smooth at long ones, may yet have changed between them, as where e^(-x²) is
    lost in a sum: then the bound in ``found`` is that of rounding at the first step."""
    import numpy as np

    many = len(found.bound) // len(rows)
    constant = ~state.varied & (state.missing == 0)
    far = constant | (state.best > 64 * _repeat(h, many))
    (k,) = np.nonzero(far.reshape(-1, many).any(axis=1))
    if not len(k):
        return
    reach = 2.0 ** np.arange(-12, 9)
    ladder = np.concatenate([reach, -reach, [0.0]])
    to = _columns(k, many)
    longest = state.reach * np.where(constant, state.longest, state.best)[to]
    changing = np.zeros(len(to), dtype=bool)
    for unit in (np.where(grid[k] > 0, grid[k], 1.0), np.ones(len(k))):
        h = np.minimum(unit, room[k] * (state.reach / reach[-1]))
        y = sample(rows[k], ladder, h)
        near = np.abs(np.multiply.outer(ladder, _repeat(h, many))) <= longest
        changing |= (near & np.isfinite(y) & (np.abs(y - y[-1]) > 4 * state.spread[to])).any(axis=0)
    to = to[changing & far[to]]
    found.bound[to] = np.fmax(found.bound[to], UNSURE * state.first_score[to])
    found.value[to] = np.where(np.isfinite(found.bound[to]), found.value[to], np.nan)


def _confirm(
    of: Stencil, sample: Sample, rows: Any, grid: Array, h: Array, room: Array, state: _Search, found: Found, again: int
) -> None:
    """Put to the test, at shorter steps, what looks noisy and what was found at long steps.

    Noise stays what it is at shorter steps. Where the samples instead come to lie on a polynomial, and closer to it
    than the noise, the function is fast, and what looked smooth or noisy at long steps were its aliases: the search
    begins again from there. Where there is but noise on all scales, there is nothing to be said.
    """
    import numpy as np

    many = len(found.bound) // len(rows)
    lost = ~(state.score < np.inf)
    noisy = lost | (state.level > state.quiet)
    suspect = (noisy | (state.best > 8 * _repeat(h, many))) & state.varied & ~(lost & found.missing)
    level, ratio = np.where(lost, np.inf, state.level), np.where(lost, np.inf, state.level / state.peak)
    own = np.where(lost, state.longest, state.best)
    steps = np.where(suspect, own, 0.0).reshape(-1, many).max(axis=1)
    hit, slope, structured = np.zeros(len(own)), np.zeros(len(own)), np.zeros(len(own), dtype=bool)
    (live,) = np.nonzero(suspect.reshape(-1, many).any(axis=1))
    finer = 1 if of.order <= 3 else 2  # the higher the order, the fewer the steps at which it is seen
    for _ in range(PROBES * finer):
        steps[live] = _exact(grid[live], steps[live] * PROBE ** (1 / finer))
        live = live[steps[live] > NEAREST * grid[live]]
        if not len(live):
            break
        y = sample(rows[live], of.nodes, steps[live])
        to, now = _columns(live, many), _repeat(steps[live], many)
        d = y - y[-1]
        spread = np.abs(d).max(axis=0)
        rest = np.abs(of.forms[1:5] @ d).max(axis=0)
        telling = (spread > TELLING * rest) & suspect[to] & (now < own[to])
        structured[to] |= telling
        quieter = (rest < level[to] / 16) & (rest < ratio[to] / 16 * _peak(y))
        gap = np.abs(_over(of.forms[0] @ d, now, of.order) - found.value[to]) - found.bound[to]
        refuted = gap > _over((NOISE * of.noise + TRUNCATION[of.order] * of.beyond) * rest, now, of.order)
        new = telling & (quieter | refuted) & (hit[to] == 0)
        hit[to[new]], slope[to[new]] = now[new], spread[new] / (state.reach * now[new])
        open_ = suspect[to] & (hit[to] == 0) & (spread > 0)
        live = live[open_.reshape(-1, many).any(axis=1)]
    blind = suspect & noisy & (hit == 0) & ~structured & (lost | (level > state.peak / 64))
    found.value[blind], found.bound[blind] = np.nan, np.inf
    (k,) = np.nonzero((hit > 0).reshape(-1, many).any(axis=1))
    if len(k):
        to = _columns(k, many)
        hit[to[_stairs(of, sample, rows[k], hit.reshape(-1, many)[k].max(axis=1), level[to], state.peak[to])]] = 0
        (k,) = np.nonzero((hit > 0).reshape(-1, many).any(axis=1))
    if not len(k):
        return
    start = hit.reshape(-1, many)[k].max(axis=1)
    y = sample(rows[k], of.nodes, start)
    more = _search(of, sample, rows[k], grid[k], start, y, np.minimum(room[k], 64 * start), again - 1)
    to = _columns(k, many)
    value, bound = found.value[to], found.bound[to]
    agree = ~(np.abs(value - more.value) > bound + more.bound)
    aliased = state.claim[to] | (state.best[to] > 8 * _repeat(h[k], many)) | lost[to]
    use = (hit[to] > 0) & (more.bound < np.inf) & ((aliased & (more.ratio < ratio[to] / 16)) | ~agree)
    rounding = (FLOOR * EPS) * _repeat(grid[k], many) * slope[to]  # of what the fast part is a function of
    more.bound[:] += _over(NOISE * of.noise * rounding, more.step, of.order)
    found.value[to[use]], found.bound[to[use]] = more.value[use], more.bound[use]


def _stairs(of: Stencil, sample: Sample, rows: Any, h: Array, level: Array, peak: Array) -> Any:
    """Whether what lies on a polynomial at the steps ``h`` leaves it with a jump as these grow: (e^x - 1)/x near 0,
    where e^x is rounded to the same number for many x. What is fast leaves it by and by."""
    import numpy as np

    steps = 2.0 ** (np.arange(17) / 2)
    steps = np.round(steps * 64) / 64
    y = sample(rows, np.multiply.outer(of.nodes, steps).ravel(), h).reshape(len(of.nodes), len(steps), -1)
    d = y - y[-1]
    rest = np.abs(np.tensordot(of.forms[1:5], d, 1)).max(axis=0)
    jump = (rest[1:] > JUMP * rest[:-1]) & (rest[1:] > level / 64)
    return jump.any(axis=0) & (level < peak / 16)


def _solve(of: Stencil, sample: Sample, grid: Array, unit: Array, room: Array, many: int = 1) -> Found:
    """The derivatives in all rows: ``unit`` is the scale of the first step, ``grid`` the size of the point."""
    import numpy as np

    size = len(grid) * many
    h = _exact(grid, np.minimum(np.maximum(unit * of.start, NEAREST * grid), room))
    y = sample(None, of.nodes, h)
    value, bound, factor = np.empty(size), np.empty(size), np.empty(size)
    missing = np.zeros(size, dtype=bool)
    settled = np.empty(size, dtype=bool)
    for part in _blocks(len(h), many):
        k = slice(part.start * many, part.stop * many)
        value[k], bound[k], settled[k], factor[k] = _first(of, y[:, k], _repeat(h[part], many))
    if many > 1:  # most components of a function depend on few variables
        settled |= ~(y - y[-1]).any(axis=0)
    if not (h > 0).all():  # no room
        none = _repeat(~(h > 0), many)
        value[none], bound[none], settled[none], missing[none] = np.nan, np.inf, True, True
    again = (factor > 0) & ~settled
    if again.any():
        (rows,) = np.nonzero(again.reshape(-1, many).any(axis=1))
        by = np.where(again, factor, 0).reshape(-1, many)[rows].max(axis=1)
        steps = _exact(grid[rows], np.minimum(h[rows] * by, room[rows]))
        samples = sample(rows, of.nodes, steps)
        for part in _blocks(len(rows), many):
            columns = samples[:, part.start * many : part.stop * many]
            second = _first(of, columns, _repeat(steps[part], many))
            to = _columns(rows[part], many)
            better = ~settled[to] & (second.bound < bound[to])
            change = to[better]
            value[change], bound[change] = second.value[better], second.bound[better]
            settled[change] = second.good[better]
            settled[to] |= (bound[to] <= of.plain * np.abs(value[to])) & again[to]
    if not settled.all():
        (rows,) = np.nonzero(~settled.reshape(-1, many).all(axis=1))
        to = _columns(rows, many)
        more = _search(of, sample, rows, grid[rows], h[rows], y[:, to], room[rows])
        use = ~settled[to]
        value[to[use]], bound[to[use]] = more.value[use], more.bound[use]
        missing[to] = more.missing
    return Found(value, bound, missing)


# The function


class _BlackBox:
    """A function that may take arrays or only numbers; what it cannot do at a point is NaN.

    ``evaluations`` counts the points at which it was evaluated.
    """

    def __init__(self, fn: Callable[[Any], Any], several: bool = False) -> None:
        self.fn = fn
        self.several = several  # the points were given as an array: each is to be one for itself
        self.evaluations = 0
        self.vectorised: bool | None = None  # not known yet
        self.failure: Exception | None = None  # of the first point at which there is no value
        self.succeeded = False

    def __call__(self, points: Callable[[], Array]) -> Array:
        """The values at many points, each for itself; ``points`` are made anew, the function may write into them."""
        values = self._together(points()) if self.vectorised is not False else None
        return self._one_by_one(points()) if values is None else values

    def _together(self, points: Array) -> Array | None:
        """One call for all points, if the function can do that: x / np.linalg.norm(x) only seems to."""
        import numpy as np

        probe = points.flat[0]
        with np.errstate(all="ignore"):
            returned = None
            try:
                returned = self.fn(points)
                values = real(returned, points.shape)
            except Exception:
                values = None
            if values is not None and self.vectorised is None:
                self.vectorised = self._agrees(values, probe)
            if values is None and self.several and self.vectorised is None:
                self._refuse_sums(returned, points)
        if values is None or not self.vectorised:
            self.vectorised = False
            return None
        self.evaluations += points.size
        self.succeeded = True
        return values

    def _refuse_sums(self, returned: Any, points: Array) -> None:
        """A function that makes one number of all its points, and not always the same, is one of a vector."""
        import numpy as np

        if returned is None or np.ndim(returned) or points.size < 2:
            return
        try:
            alone = [float(self.fn(point)) for point in points.flat[:2]]
        except Exception as failure:
            raise ShapeError("numeric_vector") from failure
        if any(value != float(returned) and not math.isnan(value) for value in alone):
            raise ShapeError("numeric_vector")

    def _agrees(self, values: Array, probe: Any) -> bool:
        import numpy as np

        self.evaluations += 1
        for argument in (probe, np.array([probe])):
            try:
                alone = real(self.fn(argument), np.shape(argument))
            except Exception:
                continue
            return alone is not None and _same(values.flat[0], alone.flat[0], values)
        return True  # it takes only long arrays

    def _one_by_one(self, points: Array) -> Array:
        import numpy as np

        values = np.empty(points.shape)
        with np.errstate(all="ignore"):
            for index, point in enumerate(points.flat):
                values.flat[index] = self._one(point)
        self.evaluations += points.size
        return values

    def _one(self, point: Any) -> float:
        try:
            returned = self.fn(point)
        except (ArithmeticError, ValueError) as failure:
            self.failure = self.failure or failure
            return math.nan
        except (IndexError, TypeError) as failure:
            if self.several and not self.succeeded:  # w[0] * w[1], w @ w
                raise ShapeError("numeric_vector") from failure
            raise
        self.succeeded = True
        if type(returned) is float:
            return returned
        value = real(returned, ())
        if value is None:
            raise ShapeError("numeric_shape" if _regular(returned) else "numeric_ragged", shape=_regular(returned))
        return float(value)

    def check(self) -> None:
        """The function's own error if it has no value anywhere."""
        if self.failure and not self.succeeded:
            raise self.failure


UNLIMITED: Final = (-math.inf, math.inf)


def _regular(returned: Any) -> tuple[int, ...] | None:
    """The shape of what can be an array."""
    import numpy as np

    try:
        return tuple(np.shape(returned))
    except ValueError:
        return None


def _same(one: Any, other: Any, among: Any) -> bool:
    """Whether two values differ by no more than rounding, in single precision, among others like them."""
    import numpy as np

    if one == other or (math.isnan(one) and math.isnan(other)):
        return True
    finite = np.abs(among[np.isfinite(among)])
    return bool(finite.size and abs(one - other) <= 1e-6 * finite.max())


def real(returned: Any, shape: tuple[int, ...] | None = None) -> Array | None:
    """What a function returned as an array of floats, ``None`` if it has not that ``shape``.

    Complex values are NaN unless they are real.

    :raises UnsupportedOperation: what was returned are no numbers, or complex ones throughout
    """
    import numpy as np

    if type(returned) is np.ndarray and returned.dtype == float and shape in (None, returned.shape):
        return returned
    if isinstance(returned, np.ma.MaskedArray):
        returned = np.ma.filled(returned.astype(float), np.nan)
    try:
        values = np.asarray(returned)
    except ValueError:  # lists of different lengths
        return None
    if shape is not None and values.shape != shape:
        if values.size == 1 and shape == ():  # [5.0] for 5.0
            values = values.reshape(())
        elif values.dtype.kind in "biufc":
            return None
    if values.dtype.kind == "c":
        if values.size and (values.imag != 0).all():
            raise UnsupportedOperation("numeric_complex", value=complex(values.flat[0]))
        return np.where(values.imag == 0, values.real, np.nan)
    if values.dtype.kind == "O":  # fractions, decimals, numbers of mpmath
        try:
            if any(part is None for part in values.flat):  # which NumPy takes for NaN
                raise TypeError
            values = values.astype(float)
        except (TypeError, ValueError):
            kind = type(values.flat[0]).__name__ if values.size else "object"
            raise UnsupportedOperation("numeric_value", kind=kind) from None
    elif values.dtype.kind not in "biuf":
        raise UnsupportedOperation("numeric_value", kind=type(returned).__name__)
    if shape is not None and values.shape != shape:
        return None
    return values.astype(float)


# Derivatives


@dataclass(frozen=True, slots=True, eq=False)
class NumericalDerivative:
    """A derivative found numerically.

    The true one is within ``bound`` of ``value``: numbers for a number, else arrays of the shape of the point, and for
    a Jacobian of the shape of the function's value before it. An infinite bound says that no derivative could be found.
    ``evaluations`` counts the points at which the function was evaluated.
    """

    value: Any
    bound: Any
    evaluations: int
    order: int = 1

    def text(self, lang: str | None = None, columns: int = 80) -> str:
        """In words, in ``lang`` ("en" or "ko") or the reader's own language.

        >>> print(derivative(math.sin, 0.0).text("en"))
        f′ = 1, off by at most 3e-15 (9 evaluations)
        """
        import numpy as np

        lang = lang or preferred()
        words = WORDS[lang]
        name = "f" + (MARKS[self.order] if self.order < len(MARKS) else f"⁽{self.order}⁾".translate(RAISED))
        counted = fill(words["evaluations"], {"count": f"{self.evaluations:,}"}, lang)
        if np.ndim(self.value) == 0:
            facts = {"name": name, "value": digits(self.value, self.bound), "bound": f"{self.bound:.0e}"}
            found = words["found" if math.isfinite(self.bound) else "lost"]
            return "\n".join(wrap(f"{fill(found, facts, lang)} ({counted})", columns))
        shape = "×".join(map(str, np.shape(self.value)))
        lines = wrap(fill(words["array"], {"name": name, "shape": shape}, lang) + f" ({counted})", columns)
        for index, value in list(np.ndenumerate(self.value))[:SHOWN]:
            bound = self.bound[index]
            entry = f"{digits(value, bound)} ± {bound:.0e}" if math.isfinite(bound) else words["none"]
            lines.append(f"  [{', '.join(map(str, index))}] {entry}")
        if np.size(self.value) > SHOWN:
            lines.append("  " + fill(words["more"], {"count": f"{np.size(self.value) - SHOWN:,}"}, lang))
        return "\n".join(lines)

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return self.text()

    def json(self) -> dict[str, Any]:
        """Plain lists and numbers; ``None`` for what is not finite."""
        return {
            "order": self.order,
            "value": _plain(self.value),
            "bound": _plain(self.bound),
            "evaluations": self.evaluations,
        }


SHOWN: Final = 12
MARKS: Final = ("", "′", "″", "‴")
RAISED: Final = str.maketrans("456", "⁴⁵⁶")
WORDS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "found": "{name} = {value}, off by at most {bound}",
        "lost": "{name}: no derivative could be found",
        "array": "{name}, {shape} values",
        "none": "none found",
        "more": "… {count} more",
        "evaluations": "{count} evaluations",
    },
    "ko": {
        "found": "{name} = {value}, 오차는 {bound} 이하",
        "lost": "{name}: 미분계수를 구하지 못했습니다",
        "array": "{name}, 값 {shape}개",
        "none": "구하지 못함",
        "more": "… 외 {count}개",
        "evaluations": "함숫값 {count}개 계산",
    },
}


def digits(value: float, bound: float) -> str:
    """A value with the digits that its bound leaves it.

    >>> digits(0.5403023058681398, 4e-6), digits(-3e-9, 1e-7), digits(2.5, 0.0)
    ('0.540302', '-0.0000000', '2.5')
    """
    if not (math.isfinite(value) and 0 < bound < math.inf):
        return "–" if math.isnan(value) else f"{value:.17g}"
    places = -math.floor(math.log10(bound))
    leading = math.floor(math.log10(abs(value))) if value else -places
    count = min(leading + places + 1, 17)
    if count < 1:
        return f"{value:.{max(places, 0)}f}" if places < 20 else "0"
    return f"{value:.{count}g}"


def _plain(value: Any) -> Any:
    import numpy as np

    if np.ndim(value):
        return [_plain(part) for part in value]
    return float(value) if math.isfinite(value) else None


def derivative(
    fn: Callable[[Any], Any],
    at: Any,
    order: int = 1,
    *,
    jacobian: bool = False,
    side: Side = "both",
    domain: tuple[Any, Any] = UNLIMITED,
) -> NumericalDerivative:
    """The derivative of a black box, with a bound on its error.

    ``fn`` takes a number and returns one. It is called with an array of all points if it can do that, else with one
    number at a time. ``at`` is a number or an array of any shape; the result has its shape. Where ``fn`` is not defined
    on one side of a point (NaN, an infinity, ``ValueError``, ``ArithmeticError``), and for ``side`` "left" or "right",
    only the other side is used. ``fn`` is never called outside ``domain``, its least and largest argument.

    With ``jacobian``, ``fn`` takes an array of the shape of ``at`` and returns one of any shape: order 1 has the shape
    fn.shape + at.shape (the gradient if ``fn`` returns a number), order 2 fn.shape + at.shape + at.shape (the Hessian).
    If ``fn`` can do many points at once along a last axis of its argument and its value, it is called so.

    Orders up to 6; with ``jacobian`` up to 2. Values of ``fn`` may be noisy: the bound then says how much is lost.

    >>> d = derivative(math.exp, 1.0)
    >>> abs(d.value - math.e) <= d.bound < 1e-11
    True
    >>> derivative(lambda x: x**3, [1, 2, 3], order=2).value.round(9).tolist()
    [6.0, 12.0, 18.0]
    >>> derivative(lambda x: x[0] * x[1], [2, 3], jacobian=True).value.round(12).tolist()
    [3.0, 2.0]

    :raises UnsupportedOperation: an order, side or domain that cannot be; values of ``fn`` that are no real numbers
    :raises ShapeError: ``at`` is no array of numbers; ``fn`` returns more than a number without ``jacobian``
    """
    import numpy as np

    if side == "both" and not jacobian and domain is UNLIMITED and type(at) is float and type(order) is int:
        quick = _quick(fn, at, order) if order in TRUNCATION else None
        if quick is not None:
            return quick
    order = _checked(fn, order, jacobian, side)
    x = _point(at)
    if jacobian:
        return _several(fn, x, order, side, _domain(domain, x))
    box = _BlackBox(fn, several=x.size > 1)
    flat = x.ravel()
    low, high = (np.broadcast_to(end, x.shape).ravel() for end in _domain(domain, x))
    defined = np.isfinite(flat) & (flat >= low) & (flat <= high)
    value, bound = np.full(len(flat), np.nan), np.full(len(flat), np.inf)
    p, low, high = flat[defined], low[defined], high[defined]
    limited = domain is not UNLIMITED

    def sample(rows: Any, nodes: Array, h: Array) -> Array:
        def make() -> Array:
            points = np.multiply.outer(nodes, h)
            points += p if rows is None else p[rows]
            return points

        if not limited:
            return box(make)
        points = make()
        inside = (points >= (low if rows is None else low[rows])) & (points <= (high if rows is None else high[rows]))
        values = np.full(points.shape, np.nan)
        values[inside] = box(lambda: points[inside])
        return values

    if len(p):
        with np.errstate(all="ignore"):
            size = np.abs(p)
            unit = np.where(size < TINY ** (1 / order), 1.0, np.minimum(size, UNIT))
            found = _sided(order, side, sample, size, unit, (p - low, high - p))
        box.check()
        value[defined], bound[defined] = found.value, found.bound
    if x.ndim == 0:
        return NumericalDerivative(float(value[0]), float(bound[0]), box.evaluations, order)
    return NumericalDerivative(value.reshape(x.shape), bound.reshape(x.shape), box.evaluations, order)


def _quick(fn: Callable[[Any], Any], x: float, order: int) -> NumericalDerivative | None:
    """The first two rounds for one number and a function of arrays: :func:`_solve` with less ado; ``None`` if that does
    not settle it."""
    import numpy as np

    size = abs(x)
    if not CLOSE <= size < 1e100:
        if size:
            return None
        h = stencil(order).start
    else:
        h = max(min(size, UNIT) * stencil(order).start, NEAREST * size)
    of, evaluations, together = stencil(order), 0, True
    best, best_bound = 0.0, math.inf
    for turn in range(2):
        h = _exact(size, h)
        points = of.nodes * h
        points += x
        with np.errstate(all="ignore"):
            try:
                if together:
                    first = points[0]
                    y = fn(points)
                    if type(y) is not np.ndarray or y.dtype != float or y.shape != of.nodes.shape:
                        return None
                    if turn == 0:
                        alone = fn(first)
                        if alone != y[0] and not (isinstance(alone, float) and _same(alone, y[0], y)):
                            return None
            except Exception:
                together = False
            if not together:
                try:
                    values = [fn(point) for point in of.nodes * h + x]
                except Exception:
                    return None
                if not all(isinstance(value, float) for value in values):
                    return None
                y = np.array(values)
            answer, last, other, third, fourth = of.head.dot(y - y[-1]).tolist()
        evaluations += len(y) + (together and turn == 0)
        ends = max(abs(float(y[len(of.nodes) // 2 - 1])), abs(float(y[-2])))
        last, other, below = abs(last), abs(other), max(abs(third), abs(fourth))
        floor, top = FLOOR * EPS * ends, max(last, other)
        scale = h**order
        if not (answer and ends and scale > TINY):
            break
        noise = max(min(below, 3 * max(last, min(other, 3 * last))), floor)
        rest = max(last, other * math.sqrt(min(top / below, 1.0)) if of.even and below else other, floor)
        least = 3 * of.noise / of.beyond
        rest *= max(least, min(below / (16 * rest), 1.0)) if least < 1 else 1.0
        value = answer / scale
        bound = (NOISE * of.noise * noise + TRUNCATION[order] * of.beyond * rest) / scale + LAST * EPS * abs(value)
        quiet = top <= QUIET * floor
        good = quiet and below >= 2 * QUIET * floor
        if bound < best_bound:
            best, best_bound = value, bound
            if good:
                return NumericalDerivative(value, bound, evaluations, order)
        if turn or not (quiet or top < below / 4):
            break
        h *= 16 ** (1 / order) if quiet else max((floor / top) ** (1 / (len(of.nodes) - 2.5)), 1 / 64)
    if turn and best_bound <= of.plain * abs(best):
        return NumericalDerivative(best, best_bound, evaluations, order)
    return None


def _checked(fn: Any, order: Any, jacobian: bool, side: Any) -> int:
    if not callable(fn):
        raise UnsupportedOperation("numeric_function", kind=type(fn).__name__)
    try:
        whole = int(order)
    except (TypeError, ValueError):
        whole = 0
    most = 2 if jacobian else MOST
    if whole != order or isinstance(order, bool) or not 1 <= whole <= most:
        raise UnsupportedOperation("numeric_order", order=order, most=most)
    if side not in ("both", "left", "right"):
        raise UnsupportedOperation("numeric_side", side=side)
    return whole


def _point(at: Any) -> Array:
    import numpy as np

    try:
        x = np.asarray(at)
    except ValueError:
        raise ShapeError("numeric_at", kind=type(at).__name__) from None
    if isinstance(at, np.ma.MaskedArray):
        x = np.ma.filled(at.astype(float), np.nan)
    if x.dtype.kind == "O":
        try:
            if any(part is None for part in x.flat):
                raise TypeError
            x = x.astype(float)
        except (TypeError, ValueError):
            raise ShapeError("numeric_at", kind=type(at).__name__) from None
    if x.dtype.kind not in "iuf":
        raise ShapeError("numeric_at", kind=str(x.dtype))
    return x.astype(float)


def _domain(domain: Any, x: Array) -> Any:
    import numpy as np

    if domain is UNLIMITED:
        return UNLIMITED
    try:
        low, high = domain
        ends = [np.broadcast_to(np.asarray(end, dtype=float), x.shape) for end in (low, high)]
    except (TypeError, ValueError):
        raise UnsupportedOperation("numeric_domain", domain=domain) from None
    if not np.less(*ends).all():
        raise UnsupportedOperation("numeric_domain", domain=domain)
    least: Any = ends[0]
    return least, ends[1]


def _sided(
    order: int, side: Side, sample: Sample, grid: Array, unit: Array, space: tuple[Array, Array], many: int = 1
) -> Found:
    """Both sides, or one; one, too, where the other is missing. ``space`` is what the domain leaves left and right."""
    import numpy as np

    farthest = FARTHEST * np.maximum(grid, 1.0)

    def solve(which: Side, rows: Any = None) -> Found:
        of = stencil(order, which)
        left, right = space
        limit = {"both": np.minimum(left, right), "left": left, "right": right}[which]
        room = np.minimum(farthest, limit / float(np.abs(of.nodes).max()) * (1 - 1e-12))
        if rows is None:
            found = _solve(of, sample, grid, unit, room, many)
            if which == "both":
                _beware_of_cancellation(of, sample, grid, unit, room, many, found)
            return found

        def part(some: Any, nodes: Array, h: Array) -> Array:
            return sample(rows if some is None else rows[some], nodes, h)

        return _solve(of, part, grid[rows], unit[rows], room[rows], many)

    found = solve(side)
    if side != "both":
        return found
    cramped = np.repeat(np.minimum(*space) <= UNIT * unit, many)
    doubtful = found.missing | (cramped & ~(found.bound <= stencil(order).plain * np.abs(found.value)))
    if doubtful.any():
        (rows,) = np.nonzero(doubtful.reshape(-1, many).any(axis=1))
        to = _columns(rows, many)
        sides: tuple[Side, Side] = ("left", "right")
        for which in sides:
            other = solve(which, rows)
            better = doubtful[to] & (other.bound < found.bound[to])
            change = to[better]
            found.value[change], found.bound[change] = other.value[better], other.bound[better]
    return found


def _beware_of_cancellation(
    of: Stencil, sample: Sample, grid: Array, unit: Array, room: Array, many: int, found: Found
) -> None:
    """Very near 0, formulas like (e^x - 1)/x are smooth on the scale of x, and wrong: bounds in ``found`` that what is
    seen on the scale of 1 contradicts are widened."""
    import numpy as np

    (rows,) = np.nonzero((grid > 0) & (grid < CLOSE) & (unit < 1))
    if not len(rows):
        return
    y = sample(rows, of.nodes, np.minimum(of.start, room[rows]))
    rows = rows[np.isfinite(y).all(axis=0).reshape(-1, many).any(axis=1)]
    if not len(rows):
        return

    def part(some: Any, nodes: Array, h: Array) -> Array:
        return sample(rows if some is None else rows[some], nodes, h)

    other = _solve(of, part, grid[rows], np.ones(len(rows)), room[rows], many)
    to = _columns(rows, many)
    gap = np.abs(found.value[to] - other.value) + other.bound
    wider = ~other.missing & (gap < np.inf) & (gap > found.bound[to] + 2 * other.bound)
    found.bound[to[wider]] = gap[wider]


def _several(
    fn: Callable[[Any], Any], x: Array, order: int, side: Side, domain: tuple[Any, Any]
) -> NumericalDerivative:
    """A Jacobian, along the axes, or a Hessian, along them and the diagonals between them."""
    import numpy as np

    flat = x.ravel()
    n = len(flat)
    vector = _Vector(fn, x)
    center = vector.at(flat)
    shape, many = center.shape, center.size
    low, high = (np.broadcast_to(end, x.shape).ravel() for end in domain)
    size = np.abs(flat)
    if order == 1:
        ways = [[(i, 1.0)] for i in range(n)]
        grid, unit = size, np.where(size < TINY, 1.0, np.minimum(size, UNIT))
    else:
        scale = [2.0 ** math.floor(math.log2(min(s, UNIT))) if TINY < s < math.inf else 1.0 for s in size.tolist()]
        ways = [[(i, scale[i])] for i in range(n)]
        ways += [[(i, scale[i]), (j, sign * scale[j])] for i in range(n) for j in range(i) for sign in (1, -1)]
        grid = np.array([max(1.0, *(float(size[i]) / abs(by) for i, by in way)) for way in ways])
        unit = np.ones(len(ways))

    def space(sign: int) -> Array:
        """How far one can go along each way."""
        room = [[((high if by * sign > 0 else low)[i] - flat[i]) / (by * sign) for i, by in way] for way in ways]
        return np.array([min(ends) for ends in room])

    def sample(rows: Any, nodes: Array, h: Array) -> Array:
        chosen = ways if rows is None else [ways[row] for row in rows]
        return vector.along(flat, chosen, np.multiply.outer(nodes, h), shape, many)

    inside = bool(((flat >= low) & (flat <= high)).all() and np.isfinite(flat).all())
    if not (many and n and inside):
        value, bound = np.full((many, len(ways)), np.nan), np.full((many, len(ways)), np.inf)
    else:
        with np.errstate(all="ignore"):
            found = _sided(order, side, sample, grid, unit, (space(-1), space(1)), many)
        value, bound = found.value.reshape(len(ways), many).T, found.bound.reshape(len(ways), many).T
    if order == 1:
        whole = shape + x.shape
        return _result(value.reshape(whole), bound.reshape(whole), vector.evaluations, order)
    hessian, error = np.empty((many, n, n)), np.empty((many, n, n))
    for i in range(n):
        hessian[:, i, i], error[:, i, i] = value[:, i] / scale[i] ** 2, bound[:, i] / scale[i] ** 2
    for k, ((i, a), (j, b)) in enumerate(ways[n::2]):
        plus, minus = n + 2 * k, n + 2 * k + 1
        hessian[:, i, j] = hessian[:, j, i] = (value[:, plus] - value[:, minus]) / (4 * a * b)
        error[:, i, j] = error[:, j, i] = (bound[:, plus] + bound[:, minus]) / (4 * a * b)
    whole = shape + x.shape + x.shape
    return _result(hessian.reshape(whole), error.reshape(whole), vector.evaluations, order)


def _result(value: Array, bound: Array, evaluations: int, order: int) -> NumericalDerivative:
    if value.ndim == 0:
        return NumericalDerivative(float(value), float(bound), evaluations, order)
    return NumericalDerivative(value, bound, evaluations, order)


class _Vector:
    """A function of an array of the shape of ``x``, for many such arrays at once if it can do that."""

    def __init__(self, fn: Callable[[Any], Any], x: Array) -> None:
        self.fn = fn
        self.shape = x.shape
        self.evaluations = 0
        self.vectorised: bool | None = None

    def at(self, point: Array) -> Array:
        """The value at one point, which is given as (variables,)."""
        import numpy as np

        self.evaluations += 1
        with np.errstate(all="ignore"):
            value = real(self.fn(point.reshape(self.shape).copy() if self.shape else point[0]))
        if value is None:
            raise ShapeError("numeric_ragged")
        return value

    def along(
        self, x: Array, ways: Sequence[Sequence[tuple[int, float]]], steps: Array, shape: tuple[int, ...], many: int
    ) -> Array:
        """Values (nodes, ways · outputs) at steps (nodes, ways) from ``x`` along ways that change few variables."""
        import numpy as np

        nodes = len(steps)
        values = np.empty((nodes, len(ways), many))
        at_once = max(1, CHUNK // (len(x) * nodes))
        for start in range(0, len(ways), at_once):
            chosen = ways[start : start + at_once]
            points = np.repeat(x[:, None], nodes * len(chosen), axis=1).reshape(len(x), nodes, len(chosen))
            for k, way in enumerate(chosen):
                for i, by in way:
                    points[i, :, k] += by * steps[:, start + k]
            values[:, start : start + at_once] = self._values(points.reshape(len(x), -1), shape, many).reshape(
                nodes, len(chosen), many
            )
        return values.reshape(nodes, -1)

    def _values(self, points: Array, shape: tuple[int, ...], many: int) -> Array:
        """(points, outputs) for (variables, points)."""
        import numpy as np

        count = points.shape[1]
        if self.vectorised is not False:
            together = self._together(points, shape)
            if together is not None:
                self.evaluations += count
                return together.reshape(many, count).T
            self.vectorised = False
        values = np.empty((count, many))
        for k in range(count):
            try:
                one = self.at(points[:, k])
            except (ArithmeticError, ValueError):
                values[k] = np.nan
                continue
            if one.shape != shape:
                raise ShapeError("numeric_changing", one=shape, other=one.shape)
            values[k] = one.ravel()
        return values

    def _together(self, points: Array, shape: tuple[int, ...]) -> Array | None:
        count = points.shape[1]
        probes = {0: points[:, 0].copy(), count - 1: points[:, -1].copy()} if self.vectorised is None else {}
        try:
            values = real(self.fn(points.reshape(*self.shape, count)), (*shape, count))
            if values is None or any(not self._agrees(values[..., k], point) for k, point in probes.items()):
                return None
        except Exception:
            return None
        self.vectorised = True
        return values

    def _agrees(self, column: Array, point: Array) -> bool:
        import numpy as np

        alone = self.at(point)
        size = np.max(np.abs(alone), initial=0.0, where=np.isfinite(alone))
        close = np.abs(column - alone) <= 1e-6 * size
        return bool((close | (column == alone) | (np.isnan(column) & np.isnan(alone))).all())
