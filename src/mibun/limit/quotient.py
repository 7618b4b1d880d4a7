"""The difference quotient, studied: what (f(a + h) - f(a))/h does as h shrinks, in double precision and without it.

Every quotient is computed twice, in doubles as a program would and in balls of many bits. The second shows the limit
itself; the difference of the two is rounding, that of the second from the derivative is truncation. Pictures are in
:mod:`mibun.write.figure`; what happens at the point is decided in :mod:`mibun.limit.local`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal

from mibun import chain
from mibun.errors import BudgetExceeded, DomainError, ShapeError, UnsupportedOperation, spoken
from mibun.language import fill, wrap
from mibun.language import width as columns_of
from mibun.limit.enclosure import without_floats
from mibun.limit.local import OUTSIDE, Local, Tendency, local, sentence
from mibun.node import Node, postorder, symbols, tree_size
from mibun.ops import symbol
from mibun.rewrite import tidy
from mibun.run import balls, interpret
from mibun.run.exact import exact
from mibun.write import notation

if TYPE_CHECKING:
    from mibun.limit.numeric import NumericalDerivative
    from mibun.write.canvas import Picture

STEPS: Final = tuple(Fraction(1, 10**k) for k in range(17))  # h = 1, 0.1, …, 1e-16
LECTURE: Final = Fraction(1, 10_000)  # the h of the lecture
BITS: Final = (400, 1600, 6400)  # of the balls, tried in turn
NEAR: Final = 800  # so many bits below 1 is a place whose value stands for a limit
SHARP: Final = 70  # bits of a quotient that can be relied on
SHOWN: Final = 60  # nodes of a simplified quotient that is still written out
BRIEF: Final = tuple(Fraction(1, 10**k) for k in (0, 1, 2, 4, 8))  # of a table in a few lines
# Where the two sides are better shown one beside the other.
ONE_SIDED: Final = frozenset(["kink", "cusp", "vertical_tangent", "jump", "endpoint", "oscillation"])
LARGE: Final = 1000  # nodes of a function whose quotient is not simplified

WORDS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "title": "The difference quotient at {point}",
        "title all": "The difference quotient",
        "limit": "As h → 0 it tends to {name}′({x}) = {limit}, wherever {name} is differentiable.",
        "limit partial": "As h → 0 it tends to the partial derivative by {x}: {limit}, wherever there is one.",
        "h": "h",
        "forward": "Forward: {quotient}",
        "central": "Central: {quotient}",
        "quotient": "quotient",
        "exact": "without rounding",
        "error": "error",
        "truncation": "truncation",
        "rounding": "rounding",
        "right side": "from the right",
        "right gap": "− right derivative",
        "left gap": "− left derivative",
        "left side": "from the left",
        "lecture": "the lecture's h",
        "least": "least error",
        "rounded": "from here on, rounding is the larger error",
        "split": "error = truncation (h is not 0) + rounding (a computer keeps some 16 digits)",
        "both": "From the left and from the right it tends to {left}: this is the derivative.",
        "beyond": "The values are beyond the range of double precision: there is no table.",
        "at h": "At h = {h} the quotient without rounding is {quotient}, its error {error}.",
        "at h bare": "At h = {h} the quotient from the right is {quotient}.",
        "at h computed": "At h = {h} the quotient is {quotient}, its error {error}.",
        "estimate": "From the values of the function alone: {value} ± {bound}",
        "lost": "No derivative could be found from the values of the function.",
        "filled": "The table is that of the function with {name}({a}) = {value} filled in.",
        "opaque": "The function is a program: errors are measured against this estimate.",
        "undecided": "Whether there is a derivative could not be decided.",
        "where": "At {point}: {words}",
        "infinite": "∞",
        "oscillates": "no limit",
        "outside": "undefined",
    },
    "ko": {
        "title": "{point}에서의 평균변화율과 그 극한",
        "title all": "평균변화율과 그 극한",
        "limit": "미분가능한 점에서 h → 0일 때의 극한은 {name}′({x}) = {limit}입니다.",
        "limit partial": "편미분가능한 점에서 h → 0일 때의 극한, 곧 {x}에 대한 편도함수는 {limit}입니다.",
        "h": "h",
        "forward": "전진 차분: {quotient}",
        "central": "중앙 차분: {quotient}",
        "quotient": "평균변화율",
        "exact": "반올림 없이",
        "error": "오차",
        "truncation": "절단 오차",
        "rounding": "반올림 오차",
        "right side": "오른쪽에서",
        "right gap": "우미분계수와의 차",
        "left gap": "좌미분계수와의 차",
        "left side": "왼쪽에서",
        "lecture": "강의의 h",
        "least": "오차 최소",
        "rounded": "여기부터는 반올림 오차가 더 큽니다",
        "split": "오차 = 절단 오차(h가 0이 아니어서 생김) + "
        "반올림 오차(컴퓨터가 수를 유효숫자 16자리 정도로만 나타내어 생김)",
        "both": "평균변화율의 좌극한과 우극한이 모두 {left:으로} 같으므로 이 값이 미분계수입니다.",
        "beyond": "값이 배정밀도로 나타낼 수 있는 범위를 벗어나 표를 만들 수 없습니다.",
        "at h": "h = {h}일 때 반올림 없이 구한 평균변화율은 {quotient}, 오차는 {error}입니다.",
        "at h bare": "h = {h}일 때 오른쪽에서의 평균변화율은 {quotient}입니다.",
        "at h computed": "h = {h}일 때 평균변화율은 {quotient}, 오차는 {error}입니다.",
        "estimate": "함숫값만으로 구한 미분계수: {value} ± {bound}",
        "lost": "함숫값만으로는 미분계수를 구하지 못했습니다.",
        "filled": "표는 {name}({a}) = {value:으로} 정의한 함수의 평균변화율입니다.",
        "opaque": "식이 아니라 프로그램으로 주어진 함수이므로, 오차는 이 값과 견준 것입니다.",
        "undecided": "미분가능한지는 판정하지 못했습니다.",
        "where": "{point}에서: {words}",
        "infinite": "∞",
        "oscillates": "극한 없음",
        "outside": "정의되지 않음",
    },
}


class Quotient(float):
    """A difference quotient in double precision: a float, NaN where the function has no value.

    ``exact`` is the quotient without rounding, ``error`` what it differs from the derivative by, and that is
    ``truncation`` (of ``exact`` from the derivative) plus ``rounding``; each ``None`` where it is not known.
    """

    __slots__ = ("error", "exact", "rounding", "truncation")
    exact: float | None
    error: float | None
    truncation: float | None
    rounding: float | None

    def __new__(
        cls,
        value: float,
        exact: float | None = None,
        error: float | None = None,
        truncation: float | None = None,
        rounding: float | None = None,
    ) -> Quotient:
        made = super().__new__(cls, value)
        made.exact, made.error, made.truncation, made.rounding = exact, error, truncation, rounding
        return made

    @property
    def regime(self) -> str:
        """Which part of the error is larger: "truncation", "rounding", or "" where there is none."""
        if not self.error or self.truncation is None or self.rounding is None:
            return ""
        return "truncation" if abs(self.truncation) >= abs(self.rounding) else "rounding"

    def json(self) -> dict[str, float | None]:
        """The quotient and its parts, ``None`` for what there is not."""
        parts = (float(self), self.exact, self.error, self.truncation, self.rounding)
        return dict(zip(("value", "exact", "error", "truncation", "rounding"), map(_plain, parts), strict=True))


@dataclass(frozen=True, slots=True)
class Row:
    """The quotients for one h: forward (f(a + h) - f(a))/h, backward (f(a) - f(a - h))/h, central, their mean."""

    h: Fraction
    forward: Quotient
    backward: Quotient
    central: Quotient

    def json(self) -> dict[str, Any]:
        """The row as plain data."""
        parts = {way: getattr(self, way).json() for way in ("forward", "backward", "central")}
        return {"h": float(self.h), **parts}


@dataclass(frozen=True, slots=True)
class LimitStudy:
    """The difference quotient of ``name`` by ``variable``.

    ``quotient_formula`` is the quotient simplified, in the variable and h, and ``limit_formula`` its limit. At a point
    (``at``, exact numbers by name): ``rows`` for shrinking h, ``local`` what happens there, ``value`` the derivative in
    double precision with ``bound``, the most that it is off, and ``row`` that of the h asked for, else the lecture's.
    """

    name: str
    variable: str
    variables: tuple[str, ...]
    at: Mapping[str, Node]
    quotient_formula: Node | None
    limit_formula: Node | None
    rows: tuple[Row, ...] = ()
    h: Fraction = LECTURE
    step: str = "h"  # the letter for h in the formulas
    local: Local | None = None
    node: Node | None = None
    estimate: NumericalDerivative | None = None
    function: Callable[[Any], Any] | None = None  # of the variable alone

    @property
    def kind(self) -> str | None:
        """What happens at the point, one of :data:`mibun.limit.local.KINDS`; ``None`` without one."""
        return None if self.local is None else self.local.kind

    @property
    def table(self) -> tuple[Row, ...]:
        """The rows, h from 1 down to 1e-16."""
        return self.rows

    @property
    def row(self) -> Row | None:
        """The row of the h that was asked for, or of the lecture's."""
        return next((row for row in self.rows if row.h == self.h), None)

    @property
    def quotient(self) -> float | None:
        """The forward quotient at ``h``, without rounding where the function is a formula."""
        if self.row is None:
            return None
        forward = self.row.forward
        return _plain(float(forward) if forward.exact is None else forward.exact)

    @property
    def error(self) -> float | None:
        """What :attr:`quotient` differs from the derivative by."""
        if self.row is None:
            return None
        forward = self.row.forward
        return forward.error if forward.truncation is None else forward.truncation

    @property
    def value(self) -> float | None:
        """The derivative, ``None`` where there is none."""
        if self.local is None:
            return None if self.estimate is None else _plain(float(self.estimate.value))
        return self.local.decimal if self.kind in ("differentiable", "undecided") else None

    @property
    def bound(self) -> float | None:
        """How much ``value`` may be off: the last digit of a double, or the bound of a numerical derivative."""
        if self.value is None or (self.kind == "undecided" and self.estimate is None):
            return None
        if self.estimate is not None:
            return _plain(float(self.estimate.bound))
        return math.ulp(self.value)

    @property
    def left(self) -> float | None:
        """The limit of the quotient from the left; an infinity where it grows, ``None`` where there is none."""
        return None if self.local is None else self.local.left.decimal

    @property
    def right(self) -> float | None:
        """The limit of the quotient from the right."""
        return None if self.local is None else self.local.right.decimal

    @property
    def best(self) -> Row | None:
        """The row with the least error of the forward quotient."""
        return self._best("forward")

    @property
    def best_h(self) -> float | None:
        """The h of :attr:`best`."""
        return None if self.best is None else float(self.best.h)

    def _best(self, way: str) -> Row | None:
        known = [row for row in self.rows if getattr(row, way).error is not None]
        return min(known, key=lambda row: abs(getattr(row, way).error), default=None)

    def plot(
        self,
        kind: str = "error",
        *,
        lang: str | None = None,
        h: float | None = None,
        range: Sequence[float] | None = None,
    ) -> Picture:
        """A picture: "error" (against h), "secants" (closing in on the tangent) or "tangent" (with one secant).

        ``UnsupportedOperation`` for another kind, or without Matplotlib; ``DomainError`` where nothing is to be seen.
        """
        from mibun.write import figure

        lang = spoken(lang)
        shapes = {"tangent": figure.tangent, "secants": figure.secants}
        if kind not in ("error", *shapes):
            raise UnsupportedOperation("picture_kind", given=kind, kinds=", ".join(["error", *shapes]))
        if self.function is None or self.local is None:
            raise ShapeError("missing_values", missing=self.variable, variables=", ".join(self.variables))
        label = self.label()
        if kind == "error":
            steps = [float(row.h) for row in self.rows]
            forward, central = ([getattr(row, way).error for row in self.rows] for way in ("forward", "central"))
            if not any(forward):
                raise DomainError("picture_no_error", point=self._point())
            return figure.error(steps, forward, central, label=label, lang=lang, range=range)
        place, torn = self.at[self.variable], self.kind in ("jump", "hole")
        return shapes[kind](
            self.function,
            _double(place),
            self.value if self.kind != "vertical_tangent" else self.right if self.left is None else self.left,
            h=h,
            left=None if torn and self.left in (-math.inf, math.inf) else self.left,
            right=None if torn and self.right in (-math.inf, math.inf) else self.right,
            label=label,
            variable=_text(symbol(self.variable)),
            name=self.name,
            point=_text(place),
            note=self.remark(lang),
            lang=lang,
            range=range,
        )

    def remark(self, lang: str) -> str:
        """What happens at the point and where that is, in a sentence; "" where there is a derivative."""
        words = "" if self.local is None else sentence(self.local, lang)
        return self._say("where", lang, point=self._point(), words=words) if words else ""

    def label(self) -> str:
        """``f(x) = x²/2``, or what is to the left of the equals sign where the formula is long or unknown."""
        left = f"{self.name}({', '.join(_text(symbol(name)) for name in self.variables)})"
        known = self.node is not None and tree_size(self.node) <= SHOWN
        return f"{left} = {_text(self.node)}" if known and self.node is not None else left

    # Writing

    def _say(self, key: str, lang: str, **facts: object) -> str:
        return fill(WORDS[lang][key], facts, lang)

    def _point(self) -> str:
        return ", ".join(f"{_text(symbol(name))} = {_text(value)}" for name, value in self.at.items())

    def _a(self) -> str:
        return ", ".join(_text(self.at.get(name, symbol(name))) for name in self.variables)

    def formula(self) -> str:
        """The quotient and what it simplifies to: ``(f(x + h) − f(x))/h = x + h/2``; "" where it is not known."""
        if self.quotient_formula is None:
            return ""
        arguments = [_text(symbol(name)) for name in self.variables]
        shifted = [f"{name} + {self.step}" if name == _text(symbol(self.variable)) else name for name in arguments]
        left = f"({self.name}({', '.join(shifted)}) − {self.name}({', '.join(arguments)}))/{self.step}"
        return f"{left} = {_text(self.quotient_formula)}" if tree_size(self.quotient_formula) <= SHOWN else left

    def text(self, lang: str | None = None, columns: int = 80) -> str:
        """The study, aligned: the simplified quotient, the table, and what it shows."""
        lang = spoken(lang)
        title = self._say("title", lang, point=self._point()) if self.at else self._say("title all", lang)
        parts = [[title]]
        if self.formula():
            parts[0] += wrap(self.formula(), columns - 2, "  ", "      ")
        if self.limit_formula is not None and tree_size(self.limit_formula) <= SHOWN:
            facts = {"limit": _text(self.limit_formula), "x": _text(symbol(self.variable)), "name": self.name}
            word = "limit partial" if len(self.variables) > 1 else "limit"
            parts[0] += wrap(self._say(word, lang, **facts), columns, "  ", "  ")
        if self.at:
            parts.append(self.table_lines(lang))
            parts.append([line for words in self.remarks(lang) for line in wrap(words, columns, "  ", "    ")])
        return "\n\n".join("\n".join(part) for part in parts if part)

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return self.text()

    def table_lines(self, lang: str) -> list[str]:
        """The tables alone: forward and central with the parts of their errors; where the sides differ, both sides."""
        say = WORDS[lang]
        if not self._numbers:
            return []
        if self.kind in ONE_SIDED:
            names = ["h", "right side", "right gap", "left side", "left gap"]
            cells = [
                [
                    _step(row.h),
                    *(part for side in (row.forward, row.backward) for part in (_digits(side), _small(side.error))),
                ]
                for row in self.rows
            ]
            return _table([[say[name] for name in names], *cells])
        lines: list[str] = []
        for way in ("forward", "central"):
            names = ["h", "quotient", "exact", "error", "truncation", "rounding"]
            best = self._best(way)
            cells = []
            for row in self.rows:
                part: Quotient = getattr(row, way)
                errors = map(_small, (part.error, part.truncation, part.rounding))
                mark = "•" * (row.h == LECTURE) + "*" * (row is best)
                cells.append([_step(row.h), _digits(part), _digits(part.exact), *errors, mark])
            lines += [
                "",
                f"  {self._say(way, lang, quotient=self.written(way))}",
                *_table([[*[say[name] for name in names], ""], *cells], marked=True),
            ]
        return [*lines[1:], "", f"  • {say['lecture']}   * {say['least']}"]

    def written(self, way: str = "forward") -> str:
        """The quotient at the point, as it is written: ``(f(1 + h) − f(1))/h``."""
        a = [_text(self.at.get(name, symbol(name))) for name in self.variables]

        def value(moved: str) -> str:
            shifted = [
                f"{number} {moved}".rstrip() if name == self.variable else number
                for name, number in zip(self.variables, a, strict=True)
            ]
            return f"{self.name}({', '.join(shifted)})"

        if way == "forward":
            return f"({value('+ h')} − {value('')})/h"
        return f"({value('+ h')} − {value('− h')})/(2h)"

    def brief(self, lang: str, columns: int = 80) -> list[str]:
        """The table in a few lines, for a sheet: the first steps, the lecture's and one where rounding rules."""
        say = WORDS[lang]
        if self.kind in ONE_SIDED and self._numbers:
            chosen = [row for row in self.rows if row.h in BRIEF or row.h == self.h]
            return _table(
                [
                    [say["h"], say["right side"], say["left side"]],
                    *[[_step(row.h), _digits(row.forward), _digits(row.backward)] for row in chosen],
                ]
            )
        if self.value is None or not self.slope_known:
            return []
        chosen = [row for row in self.rows if row.h in BRIEF or row.h == self.h]
        cells = [[say["h"], say["quotient"], say["error"], ""]]
        rounded = next((row for row in chosen if row.forward.regime == "rounding"), None)
        for row in chosen:
            part = row.forward
            marks = [say["lecture"]] * (row.h == LECTURE) + [say["rounded"]] * (row is rounded)
            mark = ", ".join(marks)
            cells.append([_step(row.h), _digits(part), _small(part.error), f"← {mark}" if mark else ""])
        cells.append(["h → 0", _digits(self.value), "", ""])
        return _table(cells, marked=True)

    @property
    def _numbers(self) -> bool:
        return any(not math.isnan(row.forward) or not math.isnan(row.backward) for row in self.rows)

    @property
    def slope_known(self) -> bool:
        """Whether errors are known."""
        return any(row.forward.error is not None for row in self.rows)

    def remarks(self, lang: str) -> list[str]:
        """What the tables show, in sentences."""
        found: list[str] = []
        if self.local is not None:
            found += self._limits(lang)
        if self.estimate is not None and math.isfinite(self.estimate.bound):
            value, bound = _digits(float(self.estimate.value)), _small(float(self.estimate.bound))
            found += [self._say("estimate", lang, value=value, bound=bound), self._say("opaque", lang)]
        elif self.estimate is not None and self.kind == "undecided":
            found.append(self._say("lost", lang))
        row = self.row
        if row is not None and self.quotient is not None:
            facts = {"h": _step(row.h), "quotient": _digits(self.quotient), "error": _small(self.error)}
            smooth = self.value is not None and self.error is not None
            word = "at h bare" if not smooth else "at h" if row.forward.exact is not None else "at h computed"
            found.append(self._say(word, lang, **facts))
        if self.value is not None and any(row.forward.truncation is not None for row in self.rows):
            found.append(self._say("split", lang))
        return found

    def _limits(self, lang: str) -> list[str]:
        assert self.local is not None
        why = sentence(self.local, lang)
        if self.local.kind == "differentiable" and self.local.left.decimal is None:
            return [self._say("beyond", lang)]
        if self.local.kind == "differentiable":
            return [self._say("both", lang, left=self._tends(self.local.left, lang))]
        if self.local.kind == "undecided":
            return [self._say("undecided", lang)] if self.estimate is None else []
        found = [why]
        if self.local.hole is not None and self.rows:
            found.append(self._say("filled", lang, name=self.name, a=self._a(), value=_text(self.local.hole)))
        return found

    def _tends(self, side: Tendency, lang: str) -> str:
        if side.kind == "finite":
            if side.exact is None or side.decimal is None:
                return "…"
            shown = _text(side.exact)
            return shown if side.exact.op == "const" else f"{shown} ≈ {_digits(side.decimal)}"
        return WORDS[lang][side.kind]

    def json(self) -> dict[str, Any]:
        """The study as plain data. Formulas are plain text that reads back."""
        best, found = self.best, self.local
        data: dict[str, Any] = {
            "name": self.name,
            "wrt": self.variable,
            "at": {name: notation.ascii(value) for name, value in self.at.items()},
            "quotient_simplified": None if self.quotient_formula is None else notation.ascii(self.quotient_formula),
            "limit": None if self.limit_formula is None else notation.ascii(self.limit_formula),
        }
        if self.at:
            data |= {
                "kind": self.kind,
                "value": self.value,
                "bound": self.bound,
                "exact": None if found is None or found.slope is None else notation.ascii(found.slope),
                "left": _signed(self.left),
                "right": _signed(self.right),
                "h": float(self.h),
                "quotient": self.quotient,
                "error": self.error,
                "best_h": self.best_h,
                "best_error": None if best is None else best.forward.error,
                "rows": [row.json() for row in self.rows],
            }
        return data

    def latex(self, lang: str | None = None) -> str:
        """LaTeX for the body of a document: the simplified quotient and the table."""
        lang = spoken(lang)
        parts = []
        if self.quotient_formula is not None and tree_size(self.quotient_formula) <= SHOWN:
            names = [notation.latex(symbol(name)) for name in self.variables]
            moved = [f"{n} + {self.step}" if n == notation.latex(symbol(self.variable)) else n for n in names]
            left = rf"\frac{{{self.name}({', '.join(moved)}) - {self.name}({', '.join(names)})}}{{{self.step}}}"
            equation = f"{left} = {notation.latex(self.quotient_formula)}"
            if self.limit_formula is not None:
                equation += rf" \xrightarrow{{{self.step} \to 0}} {notation.latex(self.limit_formula)}"
            parts.append(rf"\[ {equation} \]")
        if self.rows:
            ways = [fill(WORDS[lang][way], {"quotient": ""}, lang).rstrip(": ") for way in ("forward", "central")]
            heads = [ways[0], WORDS[lang]["error"], ways[1], WORDS[lang]["error"]]
            lines = ["$h$ & " + " & ".join(heads) + r" \\ \hline"]
            for row in self.rows:
                numbers = [float(row.forward), row.forward.error, float(row.central), row.central.error]
                lines.append(" & ".join(map(_latex_number, [float(row.h), *numbers])) + r" \\")
            parts.append("\\begin{tabular}{rrrrr}\n" + "\n".join(lines) + "\n\\end{tabular}")
        if self.local is not None and (remark := sentence(self.local, lang, latex=True)):
            parts.append(remark.replace("−", "$-$"))
        return "\n\n".join(parts)


def _right(text: str, width: int) -> str:
    return " " * (width - columns_of(text)) + text


def _table(cells: list[list[str]], marked: bool = False) -> list[str]:
    """Rows of cells as lines, numbers to the right; empty columns are left out; the last is for marks if ``marked``."""
    last = len(cells[0]) - 1
    keep = [i for i in range(last + 1) if any(line[i] for line in cells[1:])]
    wide = {i: max(columns_of(line[i]) for line in cells) for i in keep}

    def cell(text: str, i: int) -> str:
        return text if marked and i == last else " " * (wide[i] - columns_of(text)) + text

    return [("  " + "  ".join(cell(line[i], i) for i in keep)).rstrip() for line in cells]


def _text(node: Node) -> str:
    return notation.text(node)


def _plain(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else value


def _signed(value: float | None) -> float | str | None:
    return value if value is None or math.isfinite(value) else "inf" if value > 0 else "-inf"


def _step(h: Fraction) -> str:
    return f"{float(h):g}"


def _written(value: float | None, digits: int) -> str:
    if value is None or math.isnan(value):
        return ""
    return f"{value:.{digits}g}".replace("-", "−", 1) if value < 0 else f"{abs(value):.{digits}g}"


def _digits(value: float | None) -> str:
    return _written(value, 10)


def _small(value: float | None) -> str:
    return _written(value, 2)


def _latex_number(value: float | None) -> str:
    if value is None or math.isnan(value):
        return ""
    mantissa, _, exponent = f"{value:.10g}".partition("e")
    return f"${mantissa} \\cdot 10^{{{int(exponent)}}}$" if exponent else f"${mantissa}$"


# Studying


def formula(node: Node, variable: str) -> tuple[Node, Node, str] | None:
    """The simplified quotient, its limit, and the letter that stands for h; ``None`` for too large a function."""
    from mibun.limit.principles import quotient

    if tree_size(node) > LARGE:
        return None
    step = next(
        letter for letter in ("h", "k", "t", "eta", *(f"h_{i}" for i in range(1, 1000))) if letter not in symbols(node)
    )
    try:
        simplified = quotient(node, symbol(variable), symbol(step))
    except BudgetExceeded:
        return None
    limit = tidy(chain.push(node, symbol(variable)).result)[0]
    return simplified, limit, step


def study(
    node: Node,
    variable: str,
    variables: tuple[str, ...],
    at: Mapping[str, Node],
    *,
    h: Fraction | None = None,
    name: str = "f",
    simplified: bool = True,
) -> LimitStudy:
    """Study the quotient of ``node`` by ``variable``; at the point ``at``, if there is one, for shrinking h.

    Without ``simplified``, the numbers alone.
    """
    node = chain.resolve(node)
    found = formula(node, variable) if simplified else None
    quotient, limit, step = found or (None, None, "h")
    if not at:
        return LimitStudy(name, variable, variables, at, quotient, limit, step=step, node=node)
    happens = local(node, variable, at)
    rows = _rows(node, variable, at, happens, _steps(h))
    held = {key: _double(value) for key, value in at.items() if key != variable}
    return LimitStudy(
        name,
        variable,
        variables,
        at,
        quotient,
        limit,
        rows,
        h or LECTURE,
        step,
        happens,
        node,
        function=partial(along, node, held, variable),
    )


def along(node: Node, held: Mapping[str, float], variable: str, x: Any) -> Any:
    """The values of ``node`` along ``variable``, the others held: a float for a float, an array for an array."""
    return interpret.call(node, {**held, variable: x})


def _steps(h: Fraction | None) -> list[Fraction]:
    return sorted({*STEPS, *([] if h is None else [h])}, reverse=True)


def _rows(node: Node, variable: str, at: Mapping[str, Node], found: Local, steps: list[Fraction]) -> tuple[Row, ...]:
    start = found.hole if found.value.kind != "finite" else None
    if found.value.kind != "finite" and start is None and found.kind != "undecided":
        return ()
    rounded = _in_doubles(node, variable, at, start, steps)
    chosen = steps if len(postorder(node)) <= LARGE else [h for h in steps if h in BRIEF]  # of a large one, a few
    exact = dict(zip(chosen, _in_balls(node, variable, at, start, chosen), strict=True))
    slopes = _slopes(node, variable, at, found)
    rows = []
    for h, computed in zip(steps, rounded, strict=True):
        above, below = exact.get(h, (None, None))
        quotients = (above, below, _mean(above, below))
        rows.append(Row(h, *map(_quotient, computed, quotients, slopes)))
    return tuple(rows)


def _in_doubles(
    node: Node, variable: str, at: Mapping[str, Node], start: Node | None, steps: list[Fraction]
) -> list[tuple[float, float, float]]:
    """The quotients forward, backward and central as a program computes them; NaN outside the domain."""
    import numpy as np

    point = {name: _double(value) for name, value in at.items()}
    a, h = point[variable], np.array([float(step) for step in steps])
    if not all(map(math.isfinite, point.values())):
        return [(math.nan,) * 3] * len(steps)
    values = np.array(interpret.call(node, {**point, variable: np.concatenate([[a], a + h, a - h])}))
    values[~np.isfinite(values)] = np.nan
    here = values[0] if start is None else _double(start)
    above, below = np.split(values[1:], 2)
    with np.errstate(all="ignore"):
        quotients = ((above - here) / h, (here - below) / h, (above - below) / (2 * h))
    return [(float(x), float(y), float(z)) for x, y, z in zip(*quotients, strict=True)]


def _in_balls(
    node: Node, variable: str, at: Mapping[str, Node], start: Node | None, steps: list[Fraction]
) -> list[tuple[balls.Ball, balls.Ball]]:
    """The quotients forward and backward to :data:`SHARP` bits; ``None`` where there is none, or it cannot be told."""
    found: dict[tuple[int, Fraction], balls.Ball] = {}
    wanted = [(way, step) for step in steps for way in (1, -1)]
    for bits in BITS:
        with balls.precision(bits):
            try:
                point = {name: balls.evaluate(value, {}) for name, value in at.items()}
                here = _start(node, variable, at, point, start)
                for way, step in wanted:
                    moved = {**point, variable: _moved(at[variable], way * step)}
                    there = balls.evaluate(node, moved) if here is not None else None
                    if there is None:
                        found[way, step] = None
                    elif balls.known(there) and balls.known(here):
                        quotient = (there - here) / balls.ball(way * step)
                        if quotient.rel_accuracy_bits() > SHARP or quotient.rad() < 1e-70:
                            found[way, step] = quotient
            except balls.Undecided:
                break
        wanted = [pair for pair in wanted if pair not in found]
        if not wanted:
            break
    return [(found.get((1, step)), found.get((-1, step))) for step in steps]


def _start(
    node: Node, variable: str, at: Mapping[str, Node], point: Mapping[str, balls.Ball], start: Node | None
) -> balls.Ball:
    """f(a), or what fills the hole there."""
    if start is None:
        return balls.evaluate(node, point)
    if start.op == "const" and type(start.attrs) is float:  # no name is known for it: the value very near by
        with balls.precision(NEAR * 4):
            return balls.evaluate(node, {**point, variable: _moved(at[variable], Fraction(1, 2**NEAR))})
    return balls.evaluate(start, {})


def _moved(place: Node, step: Fraction) -> balls.Ball:
    """``place`` and a step away from it, exact where it can be: 0.1 - 1/10 is 0."""
    number = Fraction(repr(place.attrs)) if type(place.attrs) is float else exact(place, {})
    if number is None or isinstance(number, bool):
        return balls.evaluate(place, {}) + balls.ball(step)
    return balls.ball(number + step)


def _slopes(node: Node, variable: str, at: Mapping[str, Node], found: Local) -> tuple[balls.Ball, ...]:
    """What the quotients forward, backward and central tend to; ``None`` where there is no finite limit."""
    sides = (found.right, found.left, Tendency("finite", found.slope, found.decimal))
    whole = without_floats(node)
    if found.kind == "differentiable" and whole is not None:
        slope = chain.push(whole, symbol(variable)).result
        with balls.precision(BITS[1]):
            point = {name: _moved(value, Fraction(0)) for name, value in at.items()}
            value = balls.evaluate(slope, point)
        if balls.known(value):
            return (value,) * 3
    with balls.precision(BITS[1]):
        aims = [balls.evaluate(side.exact, {}) if side.exact is not None else None for side in sides]
    return tuple([aim if balls.known(aim) else None for aim in aims])


def study_callable(
    fn: Callable[..., Any],
    variables: tuple[str, ...],
    variable: str,
    at: Mapping[str, Node],
    *,
    h: Fraction | None = None,
    name: str = "f",
) -> LimitStudy:
    """The same for a black box, from its values alone: ``fn`` takes one float for each of ``variables``."""
    point = {key: _double(value) for key, value in at.items()}

    along_variable = partial(_called_along, fn, variables, variable, point)
    steps, a = _steps(h), point[variable]
    estimate = _estimate(along_variable, a, "both")
    sides = {1: _estimate(along_variable, a, "right"), -1: _estimate(along_variable, a, "left")}
    values = {way: [_called(along_variable, a + way * float(h)) for h in steps] for way in (1, -1)}
    base = _called(along_variable, a)
    aims = {way: float(side.value) for way, side in sides.items()}
    rows = []
    for i, step in enumerate(steps):
        size = float(step)
        forward, backward = (values[1][i] - base) / size, (base - values[-1][i]) / size
        central = (values[1][i] - values[-1][i]) / (2 * size)
        parts = zip((forward, backward, central), (aims[1], aims[-1], float(estimate.value)), strict=True)
        rows.append(Row(step, *[Quotient(value, error=_plain(value - aim)) for value, aim in parts]))
    found = _told_by_values(estimate, sides[-1], sides[1])
    return LimitStudy(
        name, variable, variables, at, None, None, tuple(rows), h or LECTURE, "h", found, None, estimate, along_variable
    )


def _estimate(fn: Callable[[Any], Any], a: float, side: Literal["both", "left", "right"]) -> NumericalDerivative:
    from mibun.limit.numeric import NumericalDerivative, derivative

    try:
        return derivative(fn, a, side=side)
    except (ValueError, ArithmeticError):  # no value anywhere near, or on that side
        return NumericalDerivative(math.nan, math.inf, 0)


def _called_along(
    fn: Callable[..., Any], variables: Sequence[str], variable: str, point: Mapping[str, float], x: Any
) -> Any:
    return fn(*[x if key == variable else point[key] for key in variables])


def _called(fn: Callable[[float], Any], x: float) -> float:
    """A value of a black box; NaN where it has none."""
    import numpy as np

    try:
        with np.errstate(all="ignore"):
            value = float(fn(x))
    except (ValueError, ArithmeticError):
        return math.nan
    return value if math.isfinite(value) else math.nan


def _told_by_values(both: NumericalDerivative, left: NumericalDerivative, right: NumericalDerivative) -> Local:
    """What the numerical derivatives of both sides say: a kink if their bounds are apart."""
    values = [_plain(float(side.value)) for side in (left, right)]
    sides = [OUTSIDE if value is None else Tendency("finite", None, value) for value in values]
    apart = abs(float(left.value) - float(right.value)) > float(left.bound) + float(right.bound)
    kind = "kink" if apart and math.isfinite(float(left.bound) + float(right.bound)) else "undecided"
    value = _plain(float(both.value))
    return Local(kind, None, None if kind == "kink" else value, left=sides[0], right=sides[1])


def _mean(a: balls.Ball, b: balls.Ball) -> balls.Ball:
    with balls.precision(BITS[-1]):
        return None if a is None or b is None else (a + b) / 2


def _quotient(value: float, exact: balls.Ball, slope: balls.Ball) -> Quotient:
    if exact is None or slope is None or not math.isfinite(value):
        return Quotient(value, None if exact is None else _float(exact))
    with balls.precision(BITS[1]):
        computed = balls.ball(Fraction(value))
        return Quotient(value, _float(exact), *map(_float, (computed - slope, exact - slope, computed - exact)))


def _float(x: balls.Ball) -> float | None:
    return _plain(float(x.mid())) if not (x.contains(0) and x.rad() < 1e-60) else 0.0


def _double(node: Node) -> float:
    with balls.precision(BITS[0]):
        found = balls.evaluate(node, {})
        return float(found.mid()) if balls.known(found) else math.nan
