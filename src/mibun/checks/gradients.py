"""Is a gradient right that someone else wrote? For use in their tests: ``assert audit(fn, gradient, at).ok``.

The function is a black box, and its derivatives are numerical (:mod:`mibun.limit.numeric`), each with a bound on its
error. A component that is off by more than the bound explains is wrong. One whose bound is too wide to tell is reported
as not decided, neither as right nor as wrong.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mibun.errors import ShapeError, UnsupportedOperation
from mibun.language import fill, pad, preferred, width, wrap
from mibun.limit.numeric import derivative

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

TOLERANCE: Final = 1e-6  # a relative error of a component below this is no mistake, but arithmetic
DOUBT: Final = 8.0  # bounds hold nearly always; so many times a bound is beyond doubt
TELLING: Final = 1e-3  # a component is decided if a relative error of this size would have been seen
NOTHING: Final = 1e-7  # and one that is zero if the bound is below this, for a function and variables of size 1
SCALES: Final = (0.3, 3.0, 0.02)  # of the steps with which a doubtful component is derived again
LISTED: Final = 8  # components that are named

WORDS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "right": "All {count} components agree with numerical derivatives.",
        "right one": "The derivative agrees with the numerical one.",
        "partly": "{right} of {count} components agree with numerical derivatives; {undecided} cannot be decided, "
        "since the function is too noisy or not smooth there: {paths}",
        "undecided": "No component can be decided: the function is too noisy or not smooth there.",
        "undecided one": "The derivative cannot be decided: the function is too noisy or not smooth there.",
        "wrong": "{wrong} of {count} components are wrong.",
        "wrong one": "1 of {count} components is wrong.",
        "wrong alone": "The derivative is wrong.",
        "more": "… and {more} more",
        "component": "component",
        "given": "given",
        "numerical": "numerical",
        "gap": "relative gap",
        "the derivative": "the derivative",
    },
    "ko": {
        "right": "{count}개 성분이 모두 수치미분의 값과 일치합니다.",
        "right one": "미분계수가 수치미분의 값과 일치합니다.",
        "partly": "{count}개 성분 가운데 {right}개가 수치미분의 값과 일치합니다. 나머지 {undecided}개는 함숫값에 "
        "잡음이 많거나 그 점에서 매끄럽지 않아 판정할 수 없습니다: {paths}",
        "undecided": "함숫값에 잡음이 많거나 그 점에서 매끄럽지 않아 어느 성분도 판정할 수 없습니다.",
        "undecided one": "함숫값에 잡음이 많거나 그 점에서 매끄럽지 않아 미분계수를 판정할 수 없습니다.",
        "wrong": "{count}개 성분 가운데 {wrong}개가 틀렸습니다.",
        "wrong one": "{count}개 성분 가운데 1개가 틀렸습니다.",
        "wrong alone": "미분계수가 틀렸습니다.",
        "more": "… 그 밖에 {more}개",
        "component": "성분",
        "given": "주어진 값",
        "numerical": "수치미분",
        "gap": "상대 오차",
        "the derivative": "미분계수",
    },
}


@dataclass(frozen=True, slots=True)
class Component:
    """One partial derivative: where it stands, what was given, and what the function's values say.

    ``path`` names it: ``[17]``, or ``w[3, 4]`` for an argument of several, with ``output [2]`` before it where the
    function has more than one value. ``index`` is its place in the argument (number ``argument``), ``output`` that of
    the function's value. The true derivative is within ``bound`` of ``value``.
    """

    path: str
    argument: int
    index: tuple[int, ...]
    output: tuple[int, ...]
    given: float
    value: float
    bound: float
    verdict: str  # right, wrong or undecided

    @property
    def gap(self) -> float:
        """How far off it is, relative to its size."""
        size = max(abs(self.given), abs(self.value))
        return abs(self.given - self.value) / size if size else 0.0

    def __str__(self) -> str:
        named = self.path or WORDS["en"]["the derivative"]
        return f"{named}: {self.given:.8g}, numerically {self.value:.8g} ± {self.bound:.1g}"

    def json(self) -> dict[str, Any]:
        """The component as plain data."""
        numbers = {name: getattr(self, name) for name in ("given", "value", "bound")}
        return {
            "path": self.path,
            "argument": self.argument,
            "index": [*self.index],
            "output": [*self.output],
            **{name: value if math.isfinite(value) else None for name, value in numbers.items()},
            "verdict": self.verdict,
        }


@dataclass(frozen=True, slots=True)
class Audit:
    """What became of a gradient: its ``components``, and how often the function was evaluated."""

    components: tuple[Component, ...]
    evaluations: int

    @property
    def ok(self) -> bool:
        """Whether no component is wrong, and it was possible to tell of one at least."""
        return not self.wrong and (not self.components or len(self.undecided) < len(self.components))

    @property
    def wrong(self) -> tuple[Component, ...]:
        """The components that are wrong, the worst first."""
        return self._of("wrong")

    @property
    def undecided(self) -> tuple[Component, ...]:
        """The components of which the function's values do not tell enough."""
        return self._of("undecided")

    @property
    def decided(self) -> bool:
        """Whether every component is known to be right or wrong."""
        return not self.undecided

    @property
    def worst(self) -> Component | None:
        """The component that is off the most, of those that are wrong if there are any; ``None`` if there are none."""
        return next(iter(self.wrong or self._of("right") or self.undecided), None)

    def _of(self, verdict: str) -> tuple[Component, ...]:
        found = [each for each in self.components if each.verdict == verdict]
        return tuple(sorted(found, key=lambda each: math.inf if math.isnan(each.gap) else each.gap, reverse=True))

    def raise_for_failure(self) -> None:
        """``AssertionError`` with the report if a component is wrong, or none could be decided."""
        if not self.ok:
            raise AssertionError(self.text())

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return f"<Audit: {self.text()}>" if self.wrong else f"<Audit: {self.verdict(preferred())}>"

    def verdict(self, lang: str) -> str:
        """The verdict in a sentence."""
        count, wrong, undecided = len(self.components), len(self.wrong), len(self.undecided)
        paths = [each.path for each in self.undecided[:LISTED]] + (["…"] if undecided > LISTED else [])
        facts = {"count": count, "wrong": wrong, "undecided": undecided, "right": count - wrong - undecided}
        single = count == 1
        if wrong:
            key = "wrong alone" if single else "wrong one" if wrong == 1 else "wrong"
        elif undecided == count and count:
            key = "undecided one" if single else "undecided"
        elif undecided:
            key = "partly"
        else:
            key = "right one" if single else "right"
        return fill(WORDS[lang][key], {**facts, "paths": ", ".join(paths)}, lang)

    def text(self, lang: str | None = None, columns: int = 80) -> str:
        """The verdict, and the components that are wrong."""
        lang = lang or preferred()
        lines = wrap(self.verdict(lang), columns, "", "  ")
        if self.wrong:
            say = WORDS[lang]
            cells = [[say["component"], say["given"], say["numerical"], say["gap"]]]
            for each in self.wrong[:LISTED]:
                numerical = f"{each.value:.8g} ± {each.bound:.1g}"
                cells.append([each.path or say["the derivative"], f"{each.given:.8g}", numerical, f"{each.gap:.1e}"])
            widths = [max(width(row[i]) for row in cells) for i in range(4)]
            lines += ["  " + "  ".join(map(pad, row, widths)).rstrip() for row in cells]
            if len(self.wrong) > LISTED:
                lines.append("  " + fill(say["more"], {"more": len(self.wrong) - LISTED}, lang))
        return "\n".join(lines)

    def json(self) -> dict[str, Any]:
        """The audit as plain data, with the components that are not right."""
        worst = self.worst
        return {
            "ok": self.ok,
            "components": len(self.components),
            "worst": worst and worst.json(),
            "wrong": [each.json() for each in self.wrong],
            "undecided": [each.json() for each in self.undecided],
            "evaluations": self.evaluations,
        }


def audit(fn: Callable[..., Any], gradient: Any, at: Any) -> Audit:
    """Check a gradient, or a Jacobian, that someone else wrote, at one point.

    ``at`` is a number, or an array or list of numbers of any shape, which ``fn`` takes as one argument; or a tuple of
    these, one for each argument of ``fn``. (A tuple for a function of one argument is that argument.) ``fn`` gets
    arrays, or lists if it cannot do with arrays, and returns a number or an array; it is called at one point at a time.
    ``gradient`` is a callable that takes what ``fn`` takes, or its result: of the shape of ``at``, for several
    arguments a tuple with one for each; for a ``fn`` that returns an array, of shape fn.shape + at.shape.

    >>> report = audit(lambda x: x[0] ** 2 * x[1], lambda x: [2 * x[0] * x[1], x[0] ** 2], [3.0, 5.0])
    >>> report.ok
    True
    >>> report = audit(lambda x: x[0] ** 2 * x[1], [30, 9.009], [3.0, 5.0])
    >>> report.ok, report.worst.path
    (False, '[1]')

    ``ShapeError`` if the gradient does not fit, ``UnsupportedOperation`` for what is no real number. What ``fn`` and
    ``gradient`` raise at the point passes through.
    """
    import numpy as np

    call = _Call(fn, at)
    here = call.value(call.start)
    if callable(gradient):
        gradient = gradient(*call.shaped(call.start))
    given, precision = _given(gradient, call, here.shape)
    found = derivative(call.columns, call.start, jacobian=True)
    many = (max(here.size, 1), len(call.start))
    value, bound = (np.asarray(part, dtype=float).reshape(many) for part in (found.value, found.bound))
    unit = np.where(call.start == 0, 1.0, np.minimum(np.abs(call.start), 2.0))
    # of a function's values, seen over a step
    rounding = np.abs(here).reshape(-1, 1) * ((2.0**-20 if _is_single(call, here) else 2.0**-50) / unit)
    tolerance = max(TOLERANCE, precision)
    with np.errstate(all="ignore"):
        bound = bound + rounding
        wrong = ~np.isfinite(given) | _off(given, value, bound, tolerance)
        doubtful = np.zeros_like(wrong)
        for k, i in np.argwhere(wrong & np.isfinite(given)):
            doubtful[k, i] = not _confirmed(call, k, i, given[k, i], value[k, i])
        size = np.maximum(np.abs(given), np.abs(value))
        decided = (DOUBT * bound <= TELLING * size) | ((given == 0) & (bound <= NOTHING * np.abs(here).reshape(-1, 1)))
        decided |= size == 0
    places = [(output, *place) for output in np.ndindex(here.shape) for place in call.places()]
    verdicts = np.select([doubtful, wrong, decided], ["undecided", "wrong", "right"], "undecided").ravel()
    rows = zip(places, given.ravel().tolist(), value.ravel().tolist(), bound.ravel().tolist(), verdicts, strict=True)
    return Audit(
        tuple(
            Component(_path(call.names[argument], output, index), argument, index, output, g, v, b, str(verdict))
            for (output, argument, index), g, v, b, verdict in rows
        ),
        found.evaluations,
    )


def _off(given: Any, value: Any, bound: Any, tolerance: float) -> Any:
    """Whether what was given is off by more than the bound, doubted, and the arithmetic of both explain."""
    import numpy as np

    return np.abs(given - value) > DOUBT * bound + tolerance * np.maximum(np.abs(given), np.abs(value))


def _is_single(call: _Call, here: Array) -> bool:
    """Whether the function computes in single precision, though it may return doubles: so do all its values."""
    import numpy as np

    if not here.size or not call.start.size:
        return False
    try:
        values = [here, *(call.value(call.start * (1 + 0.01 * math.sqrt(k))) for k in (2, 3, 5))]
    except Exception:  # beside the point it may do what it likes
        return False
    if any(value.shape != here.shape for value in values):
        return False
    with np.errstate(all="ignore"):
        single = all(np.array_equal(value, value.astype(np.float32)) for value in values)
    return single and not any(np.array_equal(value, np.round(value * 1024) / 1024) for value in values)


def _confirmed(call: _Call, output: int, i: int, given: float, value: float) -> bool:
    """Whether a component that is off is so when its derivative is taken on other scales.

    In noise a bound may be too narrow, but rarely on every scale. A scale on which the two cannot be told from each
    other says nothing.
    """

    def along(step: Any) -> Any:
        moved = call.start.copy()
        moved[i] += scale * float(step)
        return float(call.value(moved).ravel()[output])

    heard = False
    for share in SCALES:
        scale = share * (abs(call.start[i]) or 1.0)
        found = derivative(along, 0.0)
        other, room = float(found.value) / scale, float(found.bound) / scale
        if room < abs(given - value) / 2:
            if abs(given - other) < abs(value - other):
                return False
            heard = True
    return heard


def _path(name: str, output: tuple[int, ...], index: tuple[int, ...]) -> str:
    """``w[3, 4]``, with ``output [2]`` before it."""
    inner = name + (str([*index]) if index else "")
    return " ".join(part for part in (f"output {[*output]}" if output else "", inner) if part)


class _Call:
    """A function of one or several arguments as one of a flat array."""

    def __init__(self, fn: Callable[..., Any], at: Any) -> None:
        import numpy as np

        self.fn = fn
        names = _parameters(fn)
        several = isinstance(at, tuple) and len(at) > 0 and (names is None or len(names) == len(at) or _nested(at))
        given: Sequence[Any] = at if several else [at]
        arguments = [_array(value) for value in given]
        labels = names if names is not None and len(names) == len(given) else [f"arg{i}" for i in range(len(given))]
        self.names = [*labels] if several else [""]
        self.shapes = [argument.shape for argument in arguments]
        self.start: Array = np.concatenate([argument.ravel() for argument in arguments] or [np.zeros(0)])
        self.as_lists = False
        try:
            fn(*self.shaped(self.start))
        except Exception:  # it may want lists
            if not any(isinstance(value, list | tuple) for value in given):
                raise
            self.as_lists = True
            try:
                fn(*self.shaped(self.start))
            except Exception:
                self.as_lists = False  # it was the point, or fn itself

    def shaped(self, flat: Any) -> list[Any]:
        """The arguments that a flat array holds."""
        found: list[Any] = []
        start = 0
        for shape in self.shapes:
            part = flat[start : start + math.prod(shape)].reshape(shape)
            start += math.prod(shape)
            found.append(float(part) if not shape else part.tolist() if self.as_lists else part.copy())
        return found

    def value(self, flat: Any) -> Array:
        """What the function returns, as an array."""
        import numpy as np

        result = self.fn(*self.shaped(flat))
        array = _real(result)
        if array is None:
            raise UnsupportedOperation("audit_value", given=type(result).__name__)
        return np.asarray(array, dtype=float)

    def columns(self, flat: Any) -> Any:
        """The function at one point, flat, or at many, one in each column."""
        import numpy as np

        if np.ndim(flat) == 1:
            return self.value(np.asarray(flat)).ravel()
        many = np.asarray(flat).reshape(len(flat), -1)
        found = np.array([self._beside(column) for column in many.T])
        return np.moveaxis(found, 0, -1).reshape(found.shape[1], *np.shape(flat)[1:])

    def _beside(self, flat: Any) -> Any:
        return self.value(flat).ravel()

    def places(self) -> list[tuple[int, tuple[int, ...]]]:
        """The argument and the place in it of each component."""
        import numpy as np

        return [(i, index) for i, shape in enumerate(self.shapes) for index in np.ndindex(shape)]


def _parameters(fn: Callable[..., Any]) -> list[str] | None:
    """The names of the positional arguments that have to be given; ``None`` if there may be any number of them."""
    try:
        parameters = inspect.signature(fn).parameters.values()
    except (TypeError, ValueError):
        return None
    if any(each.kind is each.VAR_POSITIONAL for each in parameters):
        return None
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [each.name for each in parameters if each.kind in positional and each.default is each.empty]


def _nested(at: tuple[Any, ...]) -> bool:
    """Whether the parts have different shapes, so that they cannot be one array."""
    import numpy as np

    return len({np.shape(value) for value in at}) > 1


def _array(value: Any) -> Array:
    array = _real(value)
    if array is None:
        raise ShapeError("audit_at", given=repr(value)[:60])
    found: Array = array.astype(float)
    return found


def _given(gradient: Any, call: _Call, out: tuple[int, ...]) -> tuple[Array, float]:
    """The gradient as (outputs, components), and how precise its numbers are."""
    import numpy as np

    parts: Sequence[Any] = [gradient]
    shapes = [(*out, *shape) for shape in call.shapes]
    if len(call.shapes) > 1:
        if not isinstance(gradient, list | tuple | np.ndarray) or (
            isinstance(gradient, np.ndarray) and not gradient.ndim
        ):
            raise ShapeError("audit_arguments", wanted=len(shapes), given=type(gradient).__name__)
        joined = isinstance(gradient, np.ndarray) and not any(call.shapes) and gradient.shape == (*out, len(shapes))
        parts = [*np.moveaxis(np.asarray(gradient), -1, 0)] if joined else list(gradient)
        if len(parts) != len(shapes):
            raise ShapeError("audit_arguments", wanted=len(shapes), given=len(parts))
    found: list[Array] = []
    precision = 0.0
    for part, shape, place in zip(parts, shapes, call.shapes, strict=True):
        array = _numbers(part)
        if array.dtype.kind == "f":
            precision = max(precision, 64 * float(np.finfo(array.dtype).eps))
        if array.shape != shape and not (math.prod(out) == 1 and array.shape == place):
            raise ShapeError("audit_shape", wanted=shape, given=array.shape)
        found.append(array.astype(float).reshape(max(math.prod(out), 1), math.prod(place)))
    return np.concatenate(found, axis=1), precision


def _numbers(part: Any) -> Any:

    array = _real(part)
    if array is None:
        raise UnsupportedOperation("audit_gradient", given=repr(part)[:60])
    return array


def _real(value: Any) -> Any:
    """An array of real numbers, or ``None``."""
    import numpy as np

    try:
        array = np.asarray(value)
        if array.dtype.kind == "O" and not any(item is None for item in array.flat):
            array = array.astype(float)
    except (TypeError, ValueError):
        return None
    return array if array.dtype.kind in "iuf" else None
