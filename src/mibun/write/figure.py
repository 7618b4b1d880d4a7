"""Pictures of a derivative: tangent and secants, the error of the quotient, f above f′, slopes in two directions.

A picture is made of callables and plain numbers; nothing here differentiates or knows what a function is. How curves
are sampled is in :mod:`mibun.write.curve`, how a canvas is kept in :mod:`mibun.write.canvas`.
"""

from __future__ import annotations

import colorsys
import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from mibun.errors import DomainError, ShapeError, UnsupportedOperation
from mibun.language import LANGUAGES, fill, preferred, wrap
from mibun.write.canvas import (
    DASHES,
    DISTANCES,
    DOTS,
    GUIDE,
    INK,
    QUIET,
    SECANT,
    TANGENT,
    WORD,
    Canvas,
    Picture,
    brief,
    drawing,
    equals,
    flat,
    number,
    raised,
    short,
    ticks,
)
from mibun.write.curve import LARGEST, SAMPLES, SMALLEST, Curve, Range, Safe, heights, padded, reach, trace, trim

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

LECTURE: Final = 0.0001  # the h of the lecture
CLOSEST: Final = 14  # pixels between two extreme points that are both shown
MOST_STEPS: Final = 12  # secants in one picture

WORDS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "tangent": "tangent: slope {slope}",
        "secant": "secant: slope {slope}",
        "left": "left slope {slope}",
        "right": "right slope {slope}",
        "vertical": "vertical tangent",
        "to tangent": "h → 0: slope {slope}",
        "to vertical": "h → 0: vertical tangent",
        "to left": "h → 0−: slope {slope}",
        "to right": "h → 0+: slope {slope}",
        "for": "h = {h}: slope {slope}",
        "no tangent": "No tangent at {point}",
        "no slope": "No gradient at {point}",
        "no value": "{name} is not defined at {point}",
        "no secant": "{name} is not defined at {point}: no secant",
        "forward": "forward quotient",
        "central": "central quotient",
        "rounding": "rounding error",
        "truncation": "truncation error",
        "lecture": "the lecture’s h = {h}",
        "best": "least error: h = {h}",
        "zero": "▽ error exactly 0",
        "error": "error of the difference quotient",
        "maximum": "max",
        "minimum": "min",
        "gradient": "∇{name} = ({x}, {y})",
        "a graph": "Graph of {label}.",
        "a tangent": "Tangent at {point}, slope {slope}.",
        "a vertical": "Vertical tangent at {point}.",
        "a secant": "Secant for h = {h}, slope {slope}.",
        "a left": "At {point} left slope {slope}.",
        "a right": "At {point} right slope {slope}.",
        "an error": "Error of the difference quotient against h, both axes logarithmic.",
        "a least": "Least error of the {way} at h = {h}.",
        "a derivative": "{label}, and below it {derivative}.",
        "an extreme": "{kind} at {point}.",
        "a contour": "Level lines of {label}.",
        "a surface": "Surface of {label}.",
        "a gradient": "At {point}: {dx}, {dy}.",
    },
    "ko": {
        "tangent": "접선: 기울기 {slope}",
        "secant": "할선: 기울기 {slope}",
        "left": "좌미분계수 {slope}",
        "right": "우미분계수 {slope}",
        "vertical": "수직인 접선",
        "to tangent": "h → 0: 기울기 {slope}",
        "to vertical": "h → 0: 수직인 접선",
        "to left": "h → 0−: 기울기 {slope}",
        "to right": "h → 0+: 기울기 {slope}",
        "for": "h = {h}: 기울기 {slope}",
        "no tangent": "{point}에서 접선이 없음",
        "no slope": "{point}에서 미분할 수 없음",
        "no value": "{point}에서 {name:이} 정의되지 않음",
        "no secant": "{point}에서 {name:이} 정의되지 않아 할선이 없음",
        "forward": "전진 차분",
        "central": "중앙 차분",
        "rounding": "반올림 오차",
        "truncation": "절단 오차",
        "lecture": "강의의 h = {h}",
        "best": "오차 최소: h = {h}",
        "zero": "▽ 오차가 정확히 0",
        "error": "평균변화율의 오차",
        "maximum": "극대",
        "minimum": "극소",
        "gradient": "∇{name} = ({x}, {y})",
        "a graph": "{label}의 그래프.",
        "a tangent": "{point}에서의 접선, 기울기 {slope}.",
        "a vertical": "{point}에서의 수직인 접선.",
        "a secant": "h = {h}일 때의 할선, 기울기 {slope}.",
        "a left": "{point}에서의 좌미분계수 {slope}.",
        "a right": "{point}에서의 우미분계수 {slope}.",
        "an error": "h에 따른 평균변화율의 오차(양쪽 모두 로그 눈금).",
        "a least": "{way}의 오차는 h = {h}일 때 가장 작음.",
        "a derivative": "{label}, 그 아래에 {derivative}.",
        "an extreme": "{point}에서 {kind}.",
        "a contour": "{label}의 등고선.",
        "a surface": "{label}의 그래프인 곡면.",
        "a gradient": "{point}에서 {dx}, {dy}.",
    },
}


# What the kinds have in common


def _language(lang: str | None) -> str:
    if lang is None:
        return preferred()
    if lang not in LANGUAGES:
        raise UnsupportedOperation("language", given=lang)
    return lang


def _say(lang: str, key: str, **facts: object) -> str:
    return fill(WORDS[lang][key], facts, lang)


def _real(value: object) -> float:
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return math.nan


def _place(at: object, variable: str) -> float:
    value = _real(at)
    if not math.isfinite(value):
        raise ShapeError("not_a_point", name=variable, given=at)
    if abs(value) > LARGEST:
        raise DomainError("infinite_point", given=at)
    return value


def _step(h: object) -> float | None:
    if h is None:
        return None
    value = _real(h)
    if not SMALLEST < abs(value) < LARGEST:
        raise ShapeError("step", given=h)
    return value


def _interval(range: Sequence[float] | None) -> Range | None:
    """The range asked for. ``ShapeError`` unless it is two numbers, the first the smaller."""
    if range is None:
        return None
    try:
        low, high = map(_real, range)
    except (TypeError, ValueError):
        raise ShapeError("picture_range", given=range) from None
    fine = -LARGEST < low < high < LARGEST and high - low > SMALLEST
    if not fine or low + (high - low) / 10_000 == low or high - (high - low) / 10_000 == high:
        raise ShapeError("picture_range", given=f"({low:g}, {high:g})")
    return low, high


def _draw(canvas: Canvas, axes: Any, curve: Curve, **style: Any) -> Array:
    """Draw a curve with its circles and asymptotes."""
    style = {"color": INK, "linewidth": 1.8, "zorder": 3, **style}
    axes.plot(curve.x, curve.y, **style)
    if len(curve.poles) <= 20:
        for pole in curve.poles:
            axes.axvline(pole, color=GUIDE, linewidth=0.8, linestyle=DOTS, zorder=1)
            canvas.line(axes, [pole, pole], axes.get_ylim())
    if len(curve.open) + len(curve.filled) <= 60:
        for points, face in ((curve.open, "white"), (curve.filled, style["color"])):
            for x, y in points:
                canvas.dot(axes, x, y, markersize=4.5, color=style["color"], markerfacecolor=face, zorder=5)
    return canvas.line(axes, curve.x, curve.y)


def _under(f: Safe, axes: Any, x: Array, y: Array, width: float = 1.6) -> dict[str, Any]:
    """The style of a tangent below the curve: a broad band where the two are one line for long."""
    import numpy as np

    low, high = axes.get_ylim()
    if x[0] != x[-1]:
        along = np.linspace(x[0], x[-1], 200)
        line = np.interp(along, x, y)
        seen = (line >= low) & (line <= high)
        if seen.any() and np.mean(np.abs(f(along) - line)[seen] < 0.004 * (high - low)) > 0.4:
            return {"linewidth": 5.5, "alpha": 0.6, "zorder": 2.5, "solid_capstyle": "butt"}
    return {"linewidth": width, "zorder": 2.5}


@dataclass(frozen=True, slots=True)
class _Line:
    """A straight line with its name: the pixels it takes, and its style."""

    name: str
    dots: Array
    style: dict[str, Any]

    def write(self, canvas: Canvas, centre: Any, within: Any) -> None:
        """Write the name beside the line, far from where the lines meet."""
        import numpy as np

        if len(self.dots):
            away = np.hypot(*(self.dots - centre).T)
            order = np.argsort(-away, kind="stable")
            weights = 60 * (1 - away[order] / (away.max() or 1))
            canvas.word(self.name, self.dots[order], within, self.style["color"], weights=weights, key=self.style)


def _heading(canvas: Canvas, label: str, notes: Sequence[str]) -> float:
    """The formula, and below it the sentences, above the axes, where they hide nothing; the height of it all."""
    used = canvas.title(label, 14, canvas.high - 8, canvas.wide - 28)
    for note in notes:
        used += 4
        used += canvas.title(note, 14, canvas.high - 8 - used, canvas.wide - 28, 9)
    return used


def _remark(canvas: Canvas, within: Any, notes: Sequence[str]) -> None:
    """Sentences inside the axes, where there is room: at the top, else at the bottom."""
    import numpy as np

    x = np.linspace(within.x0 + 6, within.x1, 60)
    edges = np.concatenate([np.column_stack([x, np.full(60, y)]) for y in (within.y1, within.y0)])
    for note in notes:
        columns, lines = len(note), [note]
        while max(map(canvas.width, lines)) > 0.9 * within.width and columns > 10:
            columns -= 2
            lines = wrap(note, columns)
        canvas.word("\n".join(lines), edges, within, QUIET)


# One variable: a point and its neighbours


def _slopes(slope: float | None, left: float | None, right: float | None) -> list[tuple[float, str, int]]:
    """The tangents to draw: slope, word, side (0 for both)."""
    if slope is not None and not math.isnan(slope):
        return [(slope, "vertical" if math.isinf(slope) else "tangent", 0)]
    sides = [
        (each, "vertical" if math.isinf(each) else key, 0 if math.isinf(each) else side)
        for each, key, side in ((left, "left", -1), (right, "right", 1))
        if each is not None and not math.isnan(each)
    ]
    return sides[:1] if all(key == "vertical" for _, key, _ in sides) else sides


def _tangent_line(at: Range, slope: float, side: int, span: Range, view: Range) -> tuple[Array, Array]:
    """The ends of a tangent, on one side of its point or on both."""
    import numpy as np

    if math.isinf(slope):
        return np.array([at[0], at[0]]), np.array(view)
    x = np.array([at[0] if side > 0 else span[0], at[0] if side < 0 else span[1]])
    return x, at[1] + slope * (x - at[0])


def _notes(lang: str, note: str, written: str, name: str, value: float, *, known: bool, key: str) -> list[str]:
    """Why something is missing from the picture."""
    if note:
        return [note]
    if not math.isfinite(value):
        return [_say(lang, "no value", name=name, point=written)]
    return [] if known else [_say(lang, key, point=written)]


def _facts(lang: str, point: str, slopes: Sequence[tuple[float, str, int]]) -> list[str]:
    """The tangents in words."""
    return [_say(lang, f"a {key}", point=point, slope=equals(slope)) for slope, key, _ in slopes]


def tangent(
    f: Callable[..., Any],
    at: float,
    slope: float | None = None,
    *,
    h: float | None = None,
    left: float | None = None,
    right: float | None = None,
    label: str = "",
    variable: str = "x",
    name: str = "f",
    point: str = "",
    note: str = "",
    lang: str | None = None,
    range: Sequence[float] | None = None,
) -> Picture:
    """A function near ``at`` with its tangent, and with its secant for ``h``, which may be negative.

    ``slope`` is the derivative, infinite for a vertical tangent. Without one, ``left`` and ``right`` are those of the
    two sides. ``label`` is the formula, ``point`` how ``at`` is written (``π/4``), ``note`` a sentence on why there is
    no tangent, ``range`` that of the variable.

    ``ShapeError`` for a point, a range or an ``h`` that is none, ``DomainError`` where the function has no value in the
    whole range, ``UnsupportedOperation`` without Matplotlib or, for words in Korean, without a font.

    >>> picture = tangent(lambda x: x * x / 2, 1, 1.0, h=0.5, label="f(x) = x²/2", lang="en")
    >>> print(picture)
    Graph of f(x) = x²/2. Secant for h = 0.5, slope = 1.25. Tangent at x = 1, slope = 1.
    """
    import numpy as np

    lang, at, h, safe = _language(lang), _place(at, variable), _step(h), Safe(f)
    span = _interval(range)
    written = f"{variable} = {point or number(at)}"
    with drawing(lang, (6, 4), (label, variable, name, note)) as canvas:
        value = float(safe(at))
        end = math.nan if h is None else float(safe(at + h))
        span = span or _around(safe, at, h)
        points = [at] if h is None else [at, at + h]
        view = heights(safe, np.union1d(np.linspace(*span, SAMPLES), points), (value, end))
        axes = canvas.axes(variable, span, view)
        slopes = _slopes(slope, left, right) if math.isfinite(value) else []
        secant = h is not None and math.isfinite(value) and math.isfinite(end)
        notes = _notes(lang, note, written, name, value, known=bool(slopes), key="no tangent")
        if h is not None and math.isfinite(value) and not secant:
            notes.append(_say(lang, "no secant", name=name, point=f"{variable} = {number(at + h)}"))
        top = canvas.high - 16 - _heading(canvas, label, notes)
        canvas.fit(axes, (12, 10, canvas.wide - 10, top))
        within = axes.get_window_extent(canvas.renderer)
        centre = axes.transData.transform((at, value if math.isfinite(value) else sum(view) / 2))
        _draw(canvas, axes, trace(safe, span, view, points))
        seen = [_say(lang, "a graph", label=label or f"{name}({variable})")]
        lines: list[_Line] = []
        if h is not None and secant:
            quotient = (end - value) / h
            x, y = _tangent_line((at, value), quotient, 0, span, view)
            style: dict[str, Any] = {"color": SECANT, "linewidth": 1.4, "linestyle": DASHES, "zorder": 4}
            axes.plot(x, y, **style)
            lines.append(_Line(_say(lang, "secant", slope=equals(quotient)), canvas.line(axes, x, y), style))
            seen.append(_say(lang, "a secant", h=number(h), slope=equals(quotient)))
            _triangle(canvas, axes, (at, value), (at + h, end))
        for each, key, side in slopes:
            x, y = _tangent_line((at, value), each, side, span, view)
            style = {"color": TANGENT, **_under(safe, axes, x, y)}
            axes.plot(x, y, **style)
            lines.append(_Line(_say(lang, key, slope=equals(each)), canvas.line(axes, x, y), style))
        if math.isfinite(value):
            canvas.dot(axes, at, value)
        if h is not None and secant:
            canvas.dot(axes, at + h, end)
        for line in lines:
            line.write(canvas, centre, within)
        if h is not None and secant:
            _legs(canvas, axes, name, (at, value), (at + h, end), h, point)
        if math.isfinite(value):
            text = f"({point or brief(at)}, {brief(value)})"
            canvas.word(text, centre[None], within, distances=DISTANCES[1:4], optional=True, size=9)
        return canvas.picture([*seen, *_facts(lang, written, slopes), *(f"{each.rstrip('.')}." for each in notes)])


def _around(f: Safe, at: float, h: float | None) -> Range:
    """The range for a tangent, and a secant: wide enough to see the curve bend, the step not too small in it."""
    usual = reach(f, at)
    if h is None:
        return trim(f, (at - usual, at + usual), [at])
    size = abs(h)
    margin = max(0.5 * size, min(usual, max(3 * size, usual / 4)))
    ends = sorted((at, at + h))
    return trim(f, (ends[0] - margin, ends[1] + margin), ends)


def _triangle(canvas: Canvas, axes: Any, start: Range, stop: Range) -> None:
    """Run and rise of a secant, unless they are too small to be seen."""
    if _size(axes, start, stop) >= 8:
        x, y = zip(start, (stop[0], start[1]), stop, strict=True)
        axes.fill(x, y, color=SECANT, alpha=0.1, linewidth=0, zorder=1)
        axes.plot(x, y, color=QUIET, linewidth=1.0, zorder=2)
        canvas.line(axes, x, y)


def _size(axes: Any, start: Range, stop: Range) -> float:
    return float(abs(axes.transData.transform(stop) - axes.transData.transform(start)).max())


def _legs(canvas: Canvas, axes: Any, name: str, start: Range, stop: Range, h: float, point: str) -> None:
    """The lengths of run and rise, written outside the triangle."""
    import numpy as np

    if _size(axes, start, stop) < 8:
        return
    (x0, y0), (x1, y1) = (axes.transData.transform(each) for each in (start, stop))
    within = axes.get_window_extent(canvas.renderer)
    below = -1 if y1 >= y0 else 1
    beside = 1 if x1 >= x0 else -1
    share = np.array([0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8, 0.1, 0.9])[:, None]
    run = np.array([x0, y0]) + share * np.array([x1 - x0, 0])
    rise = np.array([x1, y0]) + share * np.array([0, y1 - y0])
    ways = [(0, below), (beside, below), (-beside, below), (0, -below)]
    canvas.word(f"h = {number(h)}", run, within, QUIET, directions=ways, size=9)
    a = point or brief(start[0])
    b = f"{point} {'+' if h > 0 else '−'} {brief(abs(h))}" if point else brief(stop[0])
    text = f"{name}({b}) − {name}({a}) {equals(stop[1] - start[1], 4)}"
    ways = [(beside, 0), (beside, below), (beside, -below), (-beside, 0)]
    canvas.word(text, rise, within, QUIET, directions=ways, size=9)


def secants(
    f: Callable[..., Any],
    at: float,
    slope: float | None = None,
    *,
    h: float | Sequence[float] | None = None,
    left: float | None = None,
    right: float | None = None,
    label: str = "",
    variable: str = "x",
    name: str = "f",
    point: str = "",
    note: str = "",
    lang: str | None = None,
    range: Sequence[float] | None = None,
) -> Picture:
    """The secants of a function closing in on its tangent, one for each ``h``; a single ``h`` is halved three times.

    The rest is as for :func:`tangent`.
    """
    lang, at, safe = _language(lang), _place(at, variable), Safe(f)
    span = _interval(range)
    written = f"{variable} = {point or number(at)}"
    with drawing(lang, (6.4, 4), (label, variable, name, note)) as canvas:
        steps = _steps(h, safe, at)
        value = float(safe(at))
        ends = [(each, float(safe(at + each))) for each in steps] if math.isfinite(value) else []
        ends = [(each, end) for each, end in ends if math.isfinite(end)]
        span = span or _ahead(safe, at, [each for each, _ in ends] or steps)
        slopes = _slopes(slope, left, right) if math.isfinite(value) else []
        quotients = [(end - value) / each for each, end in ends]
        view = _fan(safe, span, (at, value), [*quotients, *(each for each, _, side in slopes if side >= 0)])
        axes = canvas.axes(variable, span, view)
        names = [
            (quotient, _say(lang, "for", h=number(each), slope=equals(quotient)), color, 0)
            for (each, _), quotient, color in zip(ends, quotients, _ramp(len(ends)), strict=True)
        ]
        names += [(each, _say(lang, f"to {key}", slope=equals(each)), TANGENT, side) for each, key, side in slopes]
        notes = _notes(lang, note, written, name, value, known=bool(slopes), key="no tangent")
        top = canvas.high - 16 - _heading(canvas, label, notes)
        margin = max([canvas.width(text) for _, text, *_ in names], default=0) + 18
        canvas.fit(axes, (12, 10, canvas.wide - margin, top))
        within = axes.get_window_extent(canvas.renderer)
        _draw(canvas, axes, trace(safe, span, view, [at]))
        outside: list[tuple[float, str, str]] = []
        inside: list[_Line] = []
        for each, text, color, side in names:
            x, y = _tangent_line((at, value), each, side, span, view)
            style: dict[str, Any] = {"color": color, "linewidth": 1.3, "zorder": 3.5}
            if color == TANGENT:
                style |= _under(safe, axes, x, y, 2.2)
            axes.plot(x, y, **style)
            dots = canvas.line(axes, x, y)
            if x[1] == span[1] and view[0] <= y[1] <= view[1]:
                outside.append((float(axes.transData.transform((x[1], y[1]))[1]), text, color))
            else:
                inside.append(_Line(text, dots, style))
        for (each, end), (*_, color, _) in zip(ends, names, strict=False):
            canvas.dot(axes, at + each, end, color=color, markersize=5)
        if math.isfinite(value):
            canvas.dot(axes, at, value)
        _stack(canvas, within, outside)
        centre = axes.transData.transform((at, value if math.isfinite(value) else sum(view) / 2))
        for line in inside:
            line.write(canvas, centre, within)
        seen = [_say(lang, "a graph", label=label or f"{name}({variable})")]
        seen += [
            _say(lang, "a secant", h=number(each), slope=equals(quotient))
            for (each, _), quotient in zip(ends, quotients, strict=True)
        ]
        return canvas.picture([*seen, *_facts(lang, written, slopes), *(f"{each.rstrip('.')}." for each in notes)])


def _steps(h: float | Sequence[float] | None, f: Safe, at: float) -> list[float]:
    """The steps, the widest first."""
    if h is None or not hasattr(h, "__iter__"):
        first = _step(h) or _round(reach(f, at) / 2)
        return [first / 2**k for k in (0, 1, 2, 3)]
    steps = [each for each in map(_step, itertools.islice(h, MOST_STEPS)) if each is not None]
    if not steps:
        raise ShapeError("step", given=h)
    return sorted(dict.fromkeys(steps), key=lambda each: (-abs(each), each))


def _round(value: float) -> float:
    """1, 2 or 5 times a power of ten, but a half or an eighth stays."""
    if 1 / 16 <= value <= 16:
        return value
    power = math.floor(math.log10(value))
    return float(f"{max(each for each in (1, 2, 5) if each <= value / 10.0**power * 1.001)}e{power}")


def _ahead(f: Safe, at: float, steps: Sequence[float]) -> Range:
    """The range for secants: the steps fill most of it."""
    back, ahead = min(0.0, *steps), max(0.0, *steps)
    size = ahead - back
    return trim(f, (at + 1.2 * back - 0.4 * size, at + 1.2 * ahead + 0.15 * size), [at])


def _fan(f: Safe, span: Range, at: Range, slopes: Sequence[float]) -> Range:
    """Heights for a curve and lines through one of its points: the lines should leave the picture at its right."""
    import numpy as np

    low, high = heights(f, np.union1d(np.linspace(*span, SAMPLES), [at[0]]), (at[1],))
    spread = high - low
    ends = [at[1] + slope * (span[1] - at[0]) for slope in slopes if math.isfinite(slope)]
    ends = [end for end in ends if low - 3 * spread < end < high + 3 * spread]
    room = 0.03 * spread
    return min([low, *(end - room for end in ends)]), max([high, *(end + room for end in ends)])


def _ramp(count: int) -> list[str]:
    """From a light to a dark blue, in steps of lightness that grey print keeps apart."""
    shares = [i / max(1, count - 1) for i in range(count)]
    return [_hex(colorsys.hls_to_rgb(0.565, 0.70 - 0.48 * share, 0.75)) for share in shares]


def _hex(color: tuple[float, float, float]) -> str:
    return "#" + "".join(f"{round(255 * part):02x}" for part in color)


def _readable(color: str) -> str:
    """A colour for words, no lighter than can be read on white."""
    hue, light, strength = colorsys.rgb_to_hls(*(int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)))
    return WORD.get(color) or _hex(colorsys.hls_to_rgb(hue, min(light, 0.38), strength))


def _stack(canvas: Canvas, within: Any, names: Sequence[tuple[float, str, str]]) -> None:
    """Names in the right margin, each at the height of its line or as near to it as the others let it."""
    from matplotlib.lines import Line2D

    if not names:
        return
    # lines that are one line: their names from the top down, as they were given
    names = [each for _, each in sorted(enumerate(names), key=lambda pair: (round(pair[1][0]), -pair[0]))]
    high = max(float(canvas.extent(text, 10).height) for _, text, _ in names) + 5
    places = _spread([place for place, _, _ in names], high, within.y0 + high / 2 + 8, within.y1 - high / 4)
    left = within.x1 + 24
    for (place, text, color), y in zip(names, places, strict=True):
        ends = [(within.x1 + 2) / canvas.wide, (left - 3) / canvas.wide], [place / canvas.high, y / canvas.high]
        canvas.figure.add_artist(Line2D(*ends, color=color, linewidth=0.7, alpha=0.8))
        made = canvas.figure.text(
            left / canvas.wide, y / canvas.high, text, color=_readable(color), va="center_baseline"
        )
        canvas.box(made.get_window_extent(canvas.renderer))


def _spread(places: Sequence[float], apart: float, least: float, most: float) -> list[float]:
    """Places in ascending order, moved as little as needed to stand apart between two bounds."""
    moved = [min(max(place, least), most) for place in places]
    for _ in range(400):
        gaps = [up - low for low, up in pairwise(moved)]
        shift = max(0.0, least - moved[0]) - max(0.0, moved[-1] - most)
        if all(gap > apart - 1e-3 for gap in gaps) and abs(shift) < 1e-3:
            break
        for i, (low, up) in enumerate(pairwise(moved)):
            if up - low < apart - 1e-3:
                moved[i], moved[i + 1] = (low + up - apart) / 2, (low + up + apart) / 2
        shift = max(0.0, least - moved[0]) - max(0.0, moved[-1] - most)
        moved = [place + shift for place in moved]
    return moved


# The error of the quotient

WAYS: Final = (("forward", TANGENT, "o", "-"), ("central", SECANT, "s", DASHES))


@dataclass(frozen=True, slots=True)
class _Flank:
    """The errors of one way to make a quotient, for the positive steps: the drawn ones, and the steps without any."""

    way: str
    color: str
    h: Array
    size: Array
    exact: Array

    @property
    def best(self) -> Range | None:
        """The step with the least error, and the error."""
        if len(self.exact):
            return float(self.exact.max()), 0.0
        return (float(self.h[self.size.argmin()]), float(self.size.min())) if len(self.h) else None


def error(
    h: Sequence[float],
    forward: Sequence[float | None],
    central: Sequence[float | None] | None = None,
    *,
    label: str = "",
    lang: str | None = None,
    range: Sequence[float] | None = None,
) -> Picture:
    """The error of the difference quotient against h, both on logarithmic axes.

    ``forward`` and ``central`` are the errors of the two quotients, for each of the positive ``h``; their signs do not
    matter, ``None`` and NaN are left out, and an error of exactly 0, which has no place on such an axis, becomes a mark
    at its foot. ``range`` is that of h. ``ShapeError`` if the lengths differ, no h is positive or the range is none.
    """
    import numpy as np

    lang = _language(lang)
    span = _interval(range)
    if span is not None and span[0] <= 0:
        raise ShapeError("picture_range", given=range)
    steps = np.array([_real(each) for each in h])
    positive = np.isfinite(steps) & (steps > 0)
    if not positive.any():
        raise ShapeError("step", given=list(h)[:3])
    span = span or (float(steps[positive].min()) / 2, float(steps[positive].max()) * 2)
    flanks: list[_Flank] = []
    for (way, color, _, _), errors in zip(WAYS, (forward, central), strict=True):
        if errors is None:
            continue
        if len(errors) != len(steps):
            raise ShapeError("picture_errors", steps=len(steps), errors=len(errors))
        size = np.abs([_real(each) for each in errors])
        size[size > LARGEST] = math.inf
        size[size < SMALLEST] = 0
        used = positive & (steps >= span[0]) & (steps <= span[1]) & np.isfinite(size)
        order = np.argsort(steps[used])
        x, y = steps[used][order], size[used][order]
        flanks.append(_Flank(way, color, x[y > 0], y[y > 0], x[y == 0]))
    with drawing(lang, (6.4, 4), (label,)) as canvas:
        sizes = np.concatenate([flank.size for flank in flanks])
        zeros = any(len(flank.exact) for flank in flanks)
        low, high = (math.log10(sizes.min()), math.log10(sizes.max())) if len(sizes) else (-16.0, 0.0)
        room = 0.08 * max(high - low, 2)
        foot = 10 ** (low - room)
        view = 10 ** (low - room * (2.2 if zeros else 1)), 10 ** (high + 2.2 * room)
        axes = canvas.axes("h", span, view, xscale="log", yscale="log")
        for axis, limits in ((axes.xaxis, span), (axes.yaxis, view)):
            _powers(axis, limits)
        used = canvas.title(label, 14, canvas.high - 8, canvas.wide - 28)
        used += canvas.title(_say(lang, "error"), 14, canvas.high - 8 - (used + 6 if used else 0), canvas.wide - 28, 10)
        canvas.fit(axes, (12, 10, canvas.wide - 14, canvas.high - used - 24))
        within = axes.get_window_extent(canvas.renderer)
        lines = []
        for flank, (*_, marker, dashes) in zip(flanks, WAYS, strict=False):
            axes.plot(flank.h, flank.size, color=flank.color, linestyle=dashes, linewidth=1.4, zorder=4)
            for x, y in zip(flank.h, flank.size, strict=True):
                canvas.dot(axes, x, y, color=flank.color, marker=marker, markersize=4)
            for x in flank.exact:
                canvas.dot(axes, x, foot, color=flank.color, marker="v", markersize=6, markerfacecolor="white")
            lines.append(canvas.line(axes, flank.h, flank.size) if len(flank.h) else np.empty((0, 2)))
        lecture = span[0] < LECTURE < span[1]
        if lecture:
            axes.axvline(LECTURE, color=GUIDE, linewidth=0.9, linestyle=DOTS, zorder=1)
            canvas.line(axes, [LECTURE, LECTURE], view)
        if len(sizes):
            _regimes(canvas, axes, within, lang, flanks)
        marked = [(flank, flank.best) for flank in flanks if flank.best is not None and flank.best[1] > 0]
        for flank, best in marked:
            style = {"marker": "o", "markersize": 11, "markerfacecolor": "none", "linestyle": "none"}
            axes.plot(*([each] for each in best), color=flank.color, zorder=5, **style)
            canvas.keep_off(axes.transData.transform(best), 8)
        if lecture:
            x = float(axes.transData.transform((LECTURE, 1))[0])
            anchors = np.column_stack([np.full(40, x), np.linspace(within.y0, within.y1, 40)])
            canvas.word(_say(lang, "lecture", h=number(LECTURE)), anchors, within, QUIET, size=9)
        for flank, best in marked:
            anchors = axes.transData.transform(best) + np.array([[8, 0], [-8, 0], [0, -8], [0, 8]])
            canvas.word(_say(lang, "best", h=number(best[0])), anchors, within, flank.color, size=9)
        for flank, line in zip(flanks, lines, strict=True):
            weights = np.linspace(0, 12, len(line))
            canvas.word(_say(lang, flank.way), line[::-1], within, flank.color, weights=weights)
        if zeros:
            x = np.linspace(within.x0, within.x1, 40)
            y = np.full(40, axes.transData.transform((span[0], foot))[1])
            canvas.word(_say(lang, "zero"), np.column_stack([x, y]), within, QUIET, size=9)
        least = [_say(lang, "a least", way=_say(lang, flank.way), h=number(best[0])) for flank, best in marked]
        return canvas.picture([f"{label}." if label else "", _say(lang, "an error"), *least])


def _powers(axis: Any, limits: Range) -> None:
    """Ticks at powers of ten, no more than nine of them."""
    from matplotlib.ticker import FixedFormatter, FixedLocator, NullLocator

    first, last = math.ceil(math.log10(limits[0]) - 1e-9), math.floor(math.log10(limits[1]) + 1e-9)
    step = max(1, math.ceil((last - first + 1) / 9))
    exponents = [each for each in range(first, last + 1) if each % step == 0]
    axis.set_major_locator(FixedLocator([10.0**each for each in exponents]))
    axis.set_major_formatter(FixedFormatter(["1" if each == 0 else "10" + raised(each) for each in exponents]))
    axis.set_minor_locator(NullLocator())


def _regimes(canvas: Canvas, axes: Any, within: Any, lang: str, flanks: Sequence[_Flank]) -> None:
    """Above the flanks of the V, which error rules there; the border is at the best h of the first quotient."""
    import numpy as np

    best = next((flank.best for flank in flanks if flank.best is not None), None)
    if best is None:
        return
    border = float(axes.transData.transform((best[0], 1))[0])
    for key, low, high in (("rounding", within.x0, border), ("truncation", border, within.x1)):
        text = _say(lang, key)
        if canvas.width(text) + 20 < high - low:
            anchors = np.array([[(low + high) / 2, within.y1 - 2]])
            canvas.word(text, anchors, within, QUIET, directions=[(0, -1)])


# f above f′


def derivative(
    f: Callable[..., Any],
    df: Callable[..., Any],
    *,
    at: float | None = None,
    label: str = "",
    slope_label: str = "",
    variable: str = "x",
    name: str = "f",
    lang: str | None = None,
    range: Sequence[float] | None = None,
) -> Picture:
    """A function above its derivative, with guides from the extreme points of the one to the zeros of the other.

    ``df`` is looked at only where ``f`` has a value. ``label`` and ``slope_label`` are the two formulas. With ``at``,
    the picture is around that point and shows the slope there as the height of f′. Raises as :func:`tangent`.
    """
    import numpy as np

    lang, safe, slope = _language(lang), Safe(f), Safe(df)
    centre = None if at is None else _place(at, variable)
    span = _interval(range)
    lower = Safe(lambda x: np.where(np.isfinite(safe(x)), slope(x), math.nan))
    with drawing(lang, (6, 5.4), (label, slope_label, variable, name)) as canvas:
        span = span or _whole(safe, lower, centre)
        x = np.linspace(*span, SAMPLES)
        if not np.isfinite(safe(x)).any():
            raise DomainError("picture_empty", low=number(span[0]), high=number(span[1]))
        views = heights(safe, x, room=0.16), _with_zero(heights(lower, x))
        axes = canvas.axes("", span, views[0]), canvas.axes(variable, span, views[1])
        axes[0].tick_params(labelbottom=False)
        middle = canvas.high / 2
        used = canvas.title(label, 14, canvas.high - 8, canvas.wide - 28)
        canvas.fit(axes[0], (12, middle + 6, canvas.wide - 30, canvas.high - used - 20))
        used = canvas.title(slope_label, 14, middle - 12, canvas.wide - 28)
        canvas.fit(axes[1], (12, 10, canvas.wide - 10, middle - used - 26))
        canvas.align(axes)
        curves = trace(safe, span, views[0]), trace(lower, span, views[1])
        _draw(canvas, axes[0], curves[0])
        _draw(canvas, axes[1], curves[1], color=TANGENT)
        found = _critical(safe, lower, curves[1], span, views[0][1] - views[0][0])
        pixels = [float(axes[1].transData.transform((place, 0))[0]) for place, _ in found]
        gaps = [math.inf, *(b - a for a, b in pairwise(pixels)), math.inf]
        found = [
            each for each, before, after in zip(found, gaps, gaps[1:], strict=False) if min(before, after) > CLOSEST
        ]
        for place, _ in found:
            _guide(canvas, axes, (place, float(safe(place))))
            canvas.dot(axes[0], place, float(safe(place)), markersize=4.5)
            beside = [abs(float(lower(place + way * 1e-6 * (span[1] - span[0])))) for way in (-1, 1)]
            if max(beside) < 1e-2 * (views[1][1] - views[1][0]):  # of |x| the formula says 0, and there is no slope
                canvas.dot(axes[1], place, 0.0, markersize=4.5, color=TANGENT)
        if centre is not None:
            _height(canvas, axes, safe, lower, centre, name)
        seen = [_say(lang, "a derivative", label=label or name, derivative=slope_label or name + "′")]
        within = axes[0].get_window_extent(canvas.renderer)
        for place, kind in found:
            if kind:
                away = 1 if kind == "maximum" else -1
                anchor = axes[0].transData.transform((place, float(safe(place))))[None]
                ways = [(0, away), (1, away), (-1, away)]
                canvas.word(_say(lang, kind), anchor, within, QUIET, directions=ways, size=9)
                written = f"{variable} = {brief(place)}"
                seen.append(_say(lang, "an extreme", kind=_say(lang, kind), point=written))
        return canvas.picture(seen)


def _height(canvas: Canvas, axes: tuple[Any, Any], f: Safe, df: Safe, at: float, name: str) -> None:
    """The tangent of f at a point, and below it its slope as the height of f′."""
    import numpy as np

    value, slope = float(f(at)), float(df(at))
    if not (math.isfinite(value) and math.isfinite(slope)):
        return
    ends = axes[0].transData.transform([(at, value), (at + 1, value + slope)])
    way = (ends[1] - ends[0]) / np.hypot(*(ends[1] - ends[0]))
    line = axes[0].transData.inverted().transform([ends[0] - 55 * way, ends[0] + 55 * way])
    axes[0].plot(*line.T, color=TANGENT, linewidth=1.6, zorder=4)
    canvas.line(axes[0], *line.T)
    axes[1].plot([at, at], [0, slope], color=TANGENT, linewidth=1.6, linestyle=DASHES, zorder=2)
    canvas.line(axes[1], [at, at], [0, slope])
    canvas.dot(axes[0], at, value)
    canvas.dot(axes[1], at, slope, color=TANGENT)
    anchor = axes[1].transData.transform((at, slope))[None]
    within = axes[1].get_window_extent(canvas.renderer)
    canvas.word(f"{name}′({brief(at)}) {equals(slope)}", anchor, within, TANGENT)


def _with_zero(view: Range) -> Range:
    """Heights of a derivative: 0 belongs to them where it is not far away, for there f turns."""
    low, high = view
    room = 0.06 * (high - low)
    if 0 < low < 0.8 * (high - low):
        return -room, high
    if 0 < -high < 0.8 * (high - low):
        return low, room
    return view


def _whole(f: Safe, df: Safe, at: float | None) -> Range:
    """The range in which a function shows its character: around its extreme points, if it has some near 0."""
    import numpy as np

    centre = 0.0 if at is None else at
    half = reach(f, centre, 4.0)
    x = np.linspace(centre - half, centre + half, 2 * SAMPLES)
    y, rate = f(x), df(x)
    if at is None and not np.isfinite(y).any():
        for centre, half in ((20.0, 16.0), (-20.0, 16.0), (500.0, 500.0), (-500.0, 500.0)):
            if np.isfinite(f(np.linspace(centre - half, centre + half, SAMPLES))).sum() > 8:
                return trim(f, (centre - half, centre + half), [])
    signs = np.sign(rate)
    turns = x[:-1][(signs[1:] * signs[:-1] < 0) | ((signs[:-1] == 0) & (signs[1:] != 0))]
    peaks = f(turns)
    dwarfed = len(turns) > 1 and np.ptp(np.clip(y, *heights(f, x))[np.isfinite(y)]) > 3 * np.ptp(peaks) > 0
    if half == 4.0 and (len(turns) == 1 or (dwarfed and len(turns) <= 6)):
        room = max(0.6 * (turns[-1] - turns[0]), 1.0 if len(turns) > 1 else half / 2)
        ends = max(centre - half, turns[0] - room), min(centre + half, turns[-1] + room)
        return trim(f, ends, [] if at is None else [at])
    return trim(f, (centre - half, centre + half), [] if at is None else [at])


def _critical(f: Safe, df: Safe, slopes: Curve, span: Range, height: float) -> list[tuple[float, str]]:
    """Where f has an extreme point or f′ a zero: the place and "maximum", "minimum" or "". Of places too close to be
    told apart in a picture there is none."""
    import numpy as np

    x, y = slopes.x, slopes.y
    known = np.flatnonzero(np.isfinite(y))
    scale = float(np.nanmax(np.abs(y))) if known.size else 0.0
    width = span[1] - span[0]
    if scale <= 1e-12 * height / width or np.mean(np.abs(y[known]) <= 1e-12 * scale) > 0.2:
        return []  # f is constant somewhere: every point of it is a zero
    x, y = x[known], y[known]
    changes = np.flatnonzero((y[1:] * y[:-1] < 0) | (y[1:] == 0))
    # a zero without a change of sign: the least |f′| among its neighbours, if it goes all the way down
    v = np.abs(y)
    dips = np.flatnonzero((v[1:-1] < v[:-2]) & (v[1:-1] <= v[2:]) & (v[1:-1] > 0) & (y[:-2] * y[2:] > 0))
    places = sorted({*changes.tolist(), *dips.tolist()}, key=lambda i: x[i])
    gaps = [math.inf, *(x[j] - x[i] for i, j in pairwise(places)), math.inf]
    found: list[tuple[float, str]] = []
    for i, before, after in zip(places, gaps, gaps[1:], strict=False):
        last = min(i + 2, len(x) - 1)
        a, b = float(x[i]), float(x[last])
        if min(before, after) < 0.01 * width or b - a > 8 * width / SAMPLES:
            continue
        if y[i] * y[last] < 0:
            place = _rounded(_root(df, a, b, float(y[i])), width)
            kind = "maximum" if y[i] > 0 else "minimum"
        else:
            place, least = _least(df, a, b)
            place, kind = _rounded(place, width), ""
            if least > 1e-9 * scale:
                continue
        # f′ may change its sign at a pole or a jump of f
        rise = np.abs(f([a, b]) - f(place))
        if span[0] < place < span[1] and np.all(rise < 0.1 * height):
            found.append((place, kind))
    return found


def _root(df: Safe, a: float, b: float, ya: float) -> float:
    for _ in range(80):
        middle = a + (b - a) / 2
        if not a < middle < b:
            break
        value = float(df(middle))
        if value == 0 or not math.isfinite(value):
            return middle
        a, b = (middle, b) if (value > 0) == (ya > 0) else (a, middle)
    return a + (b - a) / 2


def _least(df: Safe, a: float, b: float) -> Range:
    import numpy as np

    place, best = a, math.inf
    for _ in range(24):
        near = np.linspace(a, b, 9)
        values = np.nan_to_num(np.abs(df(near)), nan=math.inf)
        k = int(values.argmin())
        if values[k] <= best:
            place, best = float(near[k]), float(values[k])
        a, b = near[max(k - 1, 0)], near[min(k + 1, 8)]
    return place, best


def _rounded(place: float, width: float) -> float:
    """A place found by halving, as the simple number that it is meant to be."""
    simple = round(place, max(0, 9 - math.floor(math.log10(width))))
    return simple if abs(simple - place) <= 1e-9 * width else place


def _guide(canvas: Canvas, axes: tuple[Any, Any], point: Range) -> None:
    """A thin line from a point of f down to the axis of f′, across the gap between the two."""
    from matplotlib.lines import Line2D

    bottom, top = axes[1].get_ylim()
    start = axes[0].transData.transform(point)
    stop = axes[1].transData.transform((point[0], 0 if bottom <= 0 <= top else bottom))
    ends = [[each[i] / (canvas.wide, canvas.high)[i] for each in (start, stop)] for i in (0, 1)]
    canvas.figure.add_artist(Line2D(*ends, color=GUIDE, linewidth=0.8, linestyle=DOTS, zorder=-1))
    canvas.path([start, stop])


# Two variables

GRID: Final = 121  # samples along each side
SLOWER: Final = 61  # of a function that does not take arrays
MESH: Final = 41  # of a surface

Spans = tuple[Range, Range]


@dataclass(frozen=True, slots=True)
class _Plane:
    """A function of two variables near a point: what both its pictures show."""

    f: Safe
    at: Range
    value: float
    slopes: Range | None
    spans: Spans
    variables: tuple[str, str]
    name: str
    point: tuple[str, str]  # as it is written

    @property
    def where(self) -> str:
        """The point, ``x = 1, y = 2``."""
        return ", ".join(f"{variable} = {each}" for variable, each in zip(self.variables, self.point, strict=True))

    def slice(self, i: int) -> Safe:
        """The function along one of the variables."""
        f, (a, b) = self.f, self.at
        return Safe(lambda x: f(x, b)) if i == 0 else Safe(lambda y: f(a, y))

    def partial(self, i: int) -> str:
        """``∂f/∂x = 6``."""
        return "" if self.slopes is None else f"∂{self.name}/∂{short(self.variables[i], 12)} {equals(self.slopes[i])}"

    def words(self, lang: str) -> list[str]:
        """The slopes in words."""
        if self.slopes is None:
            return []
        return [_say(lang, "a gradient", point=self.where, dx=self.partial(0), dy=self.partial(1))]


def _plane(
    f: Callable[..., Any],
    at: Sequence[float],
    gradient: Sequence[float | None] | None,
    variables: Sequence[str],
    name: str,
    point: Sequence[str],
    ranges: Sequence[Sequence[float]] | None,
) -> _Plane:
    if len(variables) != 2:
        raise UnsupportedOperation("picture_variables", variables=", ".join(variables))
    first, second = variables
    try:
        a, b = at
    except (TypeError, ValueError):
        raise ShapeError("not_a_point", name=f"{first}, {second}", given=at) from None
    place = _place(a, first), _place(b, second)
    slopes = [_real(each) for each in gradient] if gradient is not None else []
    known = (slopes[0], slopes[1]) if len(slopes) == 2 and all(map(math.isfinite, slopes)) else None
    safe = Safe(f)
    texts = [*point, "", ""]
    written = texts[0] or brief(place[0]), texts[1] or brief(place[1])
    plane = _Plane(safe, place, float(safe(*place)), known, ((0, 1), (0, 1)), (first, second), name, written)
    spans = _square(plane) if ranges is None else _rectangle(ranges)
    return _Plane(safe, place, plane.value, known, spans, plane.variables, name, plane.point)


def _square(plane: _Plane) -> Spans:
    """The ranges of both variables, equally wide, so that a right angle looks like one."""
    half = min(reach(plane.slice(i), plane.at[i]) for i in (0, 1))
    (a, b) = plane.at
    return (a - half, a + half), (b - half, b + half)


def _rectangle(ranges: Sequence[Sequence[float]]) -> Spans:
    try:
        first, second = (_interval(each) for each in ranges)
    except (TypeError, ValueError):
        first = second = None
    if first is None or second is None:
        raise ShapeError("picture_ranges", given=ranges)
    return first, second


@dataclass(frozen=True, slots=True)
class _Grid:
    """Samples over a rectangle, ``z[j, i]`` at ``x[i], y[j]``, and the heights to show."""

    x: Array
    y: Array
    z: Array
    view: Range


def _sample(plane: _Plane, samples: int) -> _Grid:
    """``DomainError`` where there is no value at all."""
    import numpy as np

    (left, right), (bottom, top) = plane.spans
    plane.f(np.array([left, right]), np.array([bottom, top]))  # shows whether it takes arrays
    count = min(samples, SLOWER) if plane.f.single else samples
    x, y = np.linspace(left, right, count), np.linspace(bottom, top, count)
    z = plane.f(*np.meshgrid(x, y))
    z = np.where(np.isfinite(z), z, math.nan)
    finite = z[np.isfinite(z)]
    if not finite.size:
        raise DomainError(
            "picture_empty", low=f"({number(left)}, {number(bottom)})", high=f"({number(right)}, {number(top)})"
        )
    low, high = float(finite.min()), float(finite.max())
    first, last = (float(each) for each in np.quantile(finite, (0.1, 0.9)))
    if high - low > 8 * (last - first) > 0:  # a pole
        low, high = max(low, first - 0.75 * (last - first)), min(high, last + 0.75 * (last - first))
    if math.isfinite(plane.value):
        low, high = min(low, plane.value), max(high, plane.value)
    return _Grid(x, y, z, (low, high))


def contours(
    f: Callable[..., Any],
    at: Sequence[float],
    gradient: Sequence[float | None] | None = None,
    *,
    label: str = "",
    variables: Sequence[str] = ("x", "y"),
    name: str = "f",
    point: Sequence[str] = (),
    note: str = "",
    lang: str | None = None,
    range: Sequence[Sequence[float]] | None = None,
) -> Picture:
    """Level lines of a function of two variables, the gradient at a point, and the slices whose slopes it is made of.

    ``gradient`` holds the two partial derivatives at ``at``. Both axes have one scale, so that the gradient stands at a
    right angle to the level line. ``range`` is a pair of ranges. Raises as :func:`tangent`, ``UnsupportedOperation``
    also for more variables than two.
    """
    lang = _language(lang)
    with drawing(lang, (7.2, 4.2), (label, name, note, *variables)) as canvas:
        plane = _plane(f, at, gradient, variables, name, point, range)
        grid = _sample(plane, GRID)
        top = canvas.high - 14 - canvas.title(label, 14, canvas.high - 8, canvas.wide - 28)
        axes = canvas.axes(variables[0], *plane.spans)
        for line in axes.lines[:]:
            line.remove()
        up = short(variables[1], 16)
        axes.annotate(up, (0, 1), (0, 7), "axes fraction", textcoords="offset points", ha="center", va="bottom")
        (left, right), (low, high) = plane.spans
        even = 0.25 < (high - low) / (right - left) < 4
        axes.set_aspect("equal" if even else "auto", adjustable="box", anchor="SW")
        canvas.fit(axes, (12, 12, 0.56 * canvas.wide, top - 2))
        axes.apply_aspect()
        canvas.align([axes])
        within = axes.get_window_extent(canvas.renderer)
        levels = _levels(canvas, axes, grid, plane.value)
        centre = axes.transData.transform(plane.at)
        anchors = centre[None]
        if plane.slopes is not None and any(plane.slopes):
            anchors = _arrow(canvas, axes, plane.at, plane.slopes, even=even)
        if math.isfinite(plane.value):
            canvas.dot(axes, *plane.at)
        if plane.slopes is not None:
            x, y = (number(each) if len(number(each)) < 9 else brief(each) for each in plane.slopes)
            canvas.word(_say(lang, "gradient", name=name, x=x, y=y), anchors, within, TANGENT)
        known = plane.slopes is not None
        notes = _notes(lang, note, plane.where, name, plane.value, known=known, key="no slope")
        _remark(canvas, within, notes)
        _levels_named(canvas, within, levels, plane.value)
        _slices(canvas, plane, (0.60 * canvas.wide, 12, canvas.wide - 14, top))
        seen = [_say(lang, "a contour", label=label or name), *plane.words(lang)]
        return canvas.picture([*seen, *(f"{each.rstrip('.')}." for each in notes)])


def _levels(canvas: Canvas, axes: Any, grid: _Grid, value: float) -> list[tuple[float, Array]]:
    """Level lines at round heights, and the one through the point; returns the heights and their pixels."""
    import numpy as np
    from matplotlib.ticker import MaxNLocator

    low, high = grid.view
    if high - low <= 1e-12 * max(abs(low), abs(high)):
        return []
    room = 0.3 * (high - low)
    z = np.where((grid.z < low - room) | (grid.z > high + room), math.nan, grid.z)
    steps = [float(each) for each in MaxNLocator(11, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)]
    near = 0.3 * (steps[1] - steps[0]) if math.isfinite(value) else -1.0  # so near, a line would touch the point's own
    levels = [each for each in steps if low < each < high and not abs(each - value) <= near]
    drawn = _contour(canvas, axes, grid, z, levels, colors="#8a8a8a", linewidths=0.9, zorder=2)
    own = _contour(canvas, axes, grid, z, [value], colors=INK, linewidths=1.8, zorder=3) if near > 0 else []
    return [*own, *drawn]


def _contour(
    canvas: Canvas, axes: Any, grid: _Grid, z: Array, levels: list[float], **style: Any
) -> list[tuple[float, Array]]:
    import numpy as np

    if not levels or not np.isfinite(z).any():
        return []
    low, high = float(np.nanmin(z)), float(np.nanmax(z))
    levels = [each for each in levels if low <= each <= high]
    if not levels:
        return []
    drawn = []
    lines = axes.contour(grid.x, grid.y, z, levels, linestyles="solid", **style)
    for level, path in zip(levels, lines.get_paths(), strict=True):
        polygons = [each for each in path.to_polygons(closed_only=False) if len(each) > 1]
        dots = [canvas.line(axes, *each.T) for each in polygons]
        drawn.append((level, np.concatenate([*dots, np.empty((0, 2))])))
    return drawn


def _levels_named(canvas: Canvas, within: Any, drawn: Sequence[tuple[float, Array]], value: float) -> None:
    """The height of each level line, on the line itself, where no other is hidden."""
    import numpy as np

    x0, y0, x1, y1 = within.extents
    for level, dots in drawn:
        text = number(level, 4)
        size = np.array(canvas.extent(text, 8).size)
        room = size / 2 + 4
        inside = (dots > np.array([x0, y0]) + room) & (dots < np.array([x1, y1]) - room)
        places = dots[inside.all(axis=1)]
        places = places[:: max(1, len(places) // 200)]
        corners = places - size / 2
        taken = canvas.words + (canvas.ink > 1)  # words, dots and the arrow
        free = canvas.inside(taken, corners, (size[0], size[1]), 5) == 0
        if not free.any():
            continue
        ink = canvas.inside(canvas.ink, corners, (size[0], size[1]), 2)
        away = np.hypot(*(places - np.array([(x0 + x1) / 2, (y0 + y1) / 2])).T) / (x1 - x0)
        best = int(np.where(free, ink + 12 * np.abs(away - 0.33), math.inf).argmin())
        color = INK if level == value else QUIET
        canvas.put(text, corners[best], color, 8, {"facecolor": "white", "linewidth": 0, "pad": 0.8})


def _arrow(canvas: Canvas, axes: Any, at: Range, slopes: Range, *, even: bool) -> Array:
    """The direction of the gradient and the right angle it makes with the level line; returns where its name goes."""
    import numpy as np

    within = axes.get_window_extent(canvas.renderer)
    start = axes.transData.transform(at)
    # pixels: where the axes have two scales, the normal of the level line is not the gradient's image
    scale = np.abs(axes.transData.transform((at[0] + 1, at[1] + 1)) - start)
    way = np.array(slopes) / max(map(abs, slopes))
    way = way if even else way / scale * scale.min()
    way = way / np.hypot(*way)
    side = np.array([-way[1], way[0]])
    stop = start + 0.26 * min(within.width, within.height) * way
    back = axes.transData.inverted()
    corner = back.transform([start + 9 * side, start + 9 * side + 9 * way, start + 9 * way])
    axes.plot(*corner.T, color=TANGENT, linewidth=0.8, zorder=4)
    style = {"arrowstyle": "-|>,head_length=0.5,head_width=0.22", "color": TANGENT, "linewidth": 1.8}
    style |= {"shrinkA": 0, "shrinkB": 0, "mutation_scale": 12}
    axes.annotate("", back.transform(stop), at, arrowprops=style, zorder=5)
    canvas.path([start, stop], weight=3)
    return np.array([stop + 2 * way, stop, *(start + share * (stop - start) for share in (0.8, 0.6))])


def _slices(canvas: Canvas, plane: _Plane, box: tuple[float, float, float, float]) -> None:
    """Two small panels: f along each variable through the point, with its tangent there."""
    import numpy as np

    left, bottom, right, top = box
    half = (top - bottom) / 2
    panels = []
    for i, variable in enumerate(plane.variables):
        over = top - i * (half + 4)
        along = plane.slice(i)
        x = np.union1d(np.linspace(*plane.spans[i], SAMPLES), [plane.at[i]])
        axes = canvas.axes(variable, plane.spans[i], heights(along, x, (plane.value,)))
        for axis in (axes.xaxis, axes.yaxis):
            ticks(axis, 4)
        arguments = [variable if j == i else plane.point[j] for j in (0, 1)]
        heading = short(f"{plane.name}({', '.join(arguments)})", 40)
        heading += f":  {plane.partial(i)}" if plane.slopes is not None else ""
        used = canvas.title(heading, left, over, right - left, 10)
        canvas.fit(axes, (left, over - half + 8, right, over - used - 8))
        panels.append((axes, along))
    canvas.align([axes for axes, _ in panels])
    for i, (axes, along) in enumerate(panels):
        view = axes.get_ylim()
        _draw(canvas, axes, trace(along, plane.spans[i], view, [plane.at[i]]), linewidth=1.5)
        if not math.isfinite(plane.value):
            continue
        if plane.slopes is not None:
            x, y = _tangent_line((plane.at[i], plane.value), plane.slopes[i], 0, plane.spans[i], view)
            style = _under(along, axes, x, y)
            dashes = DASHES if i and "alpha" not in style else "-"
            axes.plot(x, y, color=(TANGENT, SECANT)[i], linestyle=dashes, **style)
        canvas.dot(axes, plane.at[i], plane.value, markersize=4.5)


def surface(
    f: Callable[..., Any],
    at: Sequence[float],
    gradient: Sequence[float | None] | None = None,
    *,
    label: str = "",
    variables: Sequence[str] = ("x", "y"),
    name: str = "f",
    point: Sequence[str] = (),
    note: str = "",
    lang: str | None = None,
    range: Sequence[Sequence[float]] | None = None,
) -> Picture:
    """A function of two variables as a surface, with its tangents along both variables. The rest is as for
    :func:`contours`.
    """
    import numpy as np
    from matplotlib.transforms import Bbox

    lang = _language(lang)
    with drawing(lang, (6.4, 4.8), (label, name, note, *variables)) as canvas:
        plane = _plane(f, at, gradient, variables, name, point, range)
        grid = _sample(plane, MESH)
        top = canvas.high - 8 - canvas.title(label, 14, canvas.high - 8, canvas.wide - 28)
        axes = canvas.figure.add_axes((0.05, 0.05, 0.85, 0.8), projection="3d")
        axes.computed_zorder = False
        low, high = padded(*grid.view)
        _space(axes, plane, (low, high))
        z = np.where((grid.z < low) | (grid.z > high), math.nan, grid.z)
        style = {"color": "#dfe6ea", "edgecolor": "#9fb0b8", "linewidth": 0.3, "alpha": 0.85, "shade": False}
        axes.plot_surface(*np.meshgrid(grid.x, grid.y), z, rstride=2, cstride=2, zorder=1, **style)
        slices: list[Array] = []
        tangents: list[tuple[str, Array, dict[str, Any]]] = []
        for i, (color, dashes) in enumerate(((TANGENT, "-"), (SECANT, DASHES))):
            along = np.linspace(*plane.spans[i], 161)
            path = np.tile(np.array([*plane.at, 0.0]), (len(along), 1))
            path[:, i] = along
            path[:, 2] = plane.slice(i)(along)
            path[(path[:, 2] < low) | (path[:, 2] > high), 2] = math.nan
            axes.plot(*path.T, color=INK, linewidth=1.0, zorder=3)
            slices.append(path)
            if plane.slopes is None or not math.isfinite(plane.value):
                continue
            half = 0.38 * (plane.spans[i][1] - plane.spans[i][0])
            if plane.slopes[i]:
                half = min(half, 0.45 * (high - low) / abs(plane.slopes[i]))
            line = np.tile(np.array([*plane.at, plane.value]), (60, 1))
            line[:, i] += np.linspace(-half, half, 60)
            line[:, 2] += plane.slopes[i] * np.linspace(-half, half, 60)
            line_style = {"color": color, "linestyle": dashes, "linewidth": 2.2, "zorder": 5}
            axes.plot(*line.T, **line_style)
            tangents.append((plane.partial(i), line, line_style))
        if math.isfinite(plane.value):
            place = [[each] for each in (*plane.at, plane.value)]
            axes.plot(*place, marker="o", markersize=5.5, color=INK, linestyle="none", zorder=6)
        canvas.fit3d(axes, (14, 10, canvas.wide - 14, top - 4))
        for path in slices:
            canvas.path(flat(axes, path), weight=2)
        flattened = [(text, flat(axes, line), line_style) for text, line, line_style in tangents]
        lines = [
            (_Line(text, canvas.path(dots, weight=3), each), dots[len(dots) // 2]) for text, dots, each in flattened
        ]
        within = Bbox.from_extents(4, 4, canvas.wide - 4, top)
        for each, centre in lines:
            each.write(canvas, centre, within)
        known = plane.slopes is not None
        notes = _notes(lang, note, plane.where, name, plane.value, known=known, key="no slope")
        _remark(canvas, within, notes)
        seen = [_say(lang, "a surface", label=label or name), *plane.words(lang)]
        return canvas.picture([*seen, *(f"{each.rstrip('.')}." for each in notes)])


def _space(axes: Any, plane: _Plane, view: Range) -> None:
    """The axes of a surface: light, no panes, few ticks."""
    axes.set(xlim=plane.spans[0], ylim=plane.spans[1], zlim=view)
    axes.view_init(elev=24, azim=-58)
    axes.set_box_aspect((1, 1, 0.75))
    for axis, text in zip((axes.xaxis, axes.yaxis, axes.zaxis), (*plane.variables, plane.name), strict=True):
        ticks(axis, 4, "both")
        axis.set_pane_color((1, 1, 1, 0))
        axis.line.set_color("#555555")
        axis.set_label_text(short(text, 12))


KINDS: Final[Mapping[str, Callable[..., Picture]]] = {
    "tangent": tangent,
    "secants": secants,
    "error": error,
    "derivative": derivative,
    "contours": contours,
    "surface": surface,
}
