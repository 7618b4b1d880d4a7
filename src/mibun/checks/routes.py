"""Does every route to a derivative agree with every other?

Six routes lead there: the formula as it is shown, the chain rule forward and backward before anything is simplified,
the difference quotient, power series, and machine code. The first three read one table of rules; the quotient and the
series do not know it. Formulas are evaluated twice: in balls of many bits, where routes that agree must overlap, and in
double precision, as users get them, where the difference from the first must be what rounding explains. Rounding is
measured, too: by the same formula in balls of 53 bits. Machine code is held against the formula that it was made of, in
64 and in 32 bits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import combinations, islice, zip_longest
from typing import Any, Final, NamedTuple

from mibun import chain
from mibun.checks import native, normal, points
from mibun.checks.points import Point
from mibun.language import fill, pad, preferred, width, wrap
from mibun.limit.local import Local, local, sentence
from mibun.node import Node, contains, postorder
from mibun.ops import make, symbol
from mibun.rewrite import tidy
from mibun.run import balls, series
from mibun.run.balls import Ball, Undecided

POINTS: Final = 21  # that are checked
CELLS: Final = 6  # between places where something may happen, the nearest to 0
FEWEST: Final = 3  # of a large function
WORK: Final = 150_000  # operations on balls that a check may take, about; fewer points are checked beyond
BITS: Final = 512  # of the balls
STEP: Final = 120  # h of the quotient is 2 to the minus this
DOUBLE: Final = 53
SINGLE: Final = 24
SLACK: Final = 16  # rounding errors of double precision as multiples of those that balls of 53 bits allow for
ULPS: Final = 64  # a double may always be off by so many units in the last place
LOOSE: Final = 4096  # times as much for these functions, which are no part of the processor
SPECIAL: Final = ("gamma", "lgamma", "digamma", "polygamma", "erf")
COARSE: Final = 2.0**-20  # where rounding leaves no more digits than this, double precision is not compared
COARSE_SINGLE: Final = 2.0**-6  # nor single precision
SHARP: Final = 2.0**-64  # a quotient that is not at least so sharp says nothing

WORDS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "heading": "Check",
        "agree": "{routes} agree at {points} points (largest relative gap {gap})",
        "agree one": "{routes} agree at one point (largest relative gap {gap})",
        "disagree": "{routes} differs from the others at {point}: {value} instead of {truth}",
        "disagree many": "{routes} differ from the others at {point}: {value} instead of {truth}",
        "silent": "{routes} has no value at most points at which there is a derivative",
        "formulas": "{routes} lead to the same formula",
        "formulas differ": "{routes} do not lead to the same formula",
        "special": "Machine code gives what the interpreter gives at ±0, ±∞, NaN and near the ends of the range, too, "
        "in 64 and in 32 bits.",
        "nothing": "no point was found at which the derivative could be checked",
        "constant": "there is no variable to differentiate by",
        "reduced": "The function is large: so few points were chosen, and limit and series were checked for some of "
        "the variables at each.",
        "skipped": "Not checked:",
        "outside": "The function is not defined there.",
        "rounding": "Double precision keeps hardly any digits there.",
        "range": "Some number on the way is too large or too small for double precision.",
        "unknown": "Whether there is a derivative could not be decided.",
        "formula": "The formula has no value there, though there is a derivative: {value}.",
        "point": "point",
        "derivative": "derivative",
        "by": "by {wrt}",
        "gap": "relative gap",
        "between": "between",
        "last": "and",
        "rules": "rules",
        "chain rule": "chain rule",
        "forward": "chain rule (forward)",
        "reverse": "chain rule (reverse)",
        "quotient": "limit",
        "series": "series",
        "native": "machine code",
    },
    "ko": {
        "heading": "검산",
        "agree": "{routes:이} {points}개 점에서 일치합니다(가장 큰 상대 오차 {gap})",
        "agree one": "{routes:이} 한 점에서 일치합니다(가장 큰 상대 오차 {gap})",
        "disagree": "{point}에서 {routes:이} 다른 방법과 다릅니다: {truth:이} 아니라 {value}",
        "disagree many": "{point}에서 {routes:이} 다른 방법과 다릅니다: {truth:이} 아니라 {value}",
        "silent": "미분계수가 있는 점 대부분에서 {routes}의 식은 값이 없습니다",
        "formulas": "{routes:으로} 구한 식이 같습니다",
        "formulas differ": "{routes:으로} 구한 식이 서로 다릅니다",
        "special": "±0, ±∞, NaN과 표현 범위 양 끝에 가까운 수에서도 기계어의 값은 64비트와 32비트 모두 식을 직접 "
        "계산한 값과 같습니다.",
        "nothing": "도함수를 검산할 수 있는 점을 찾지 못했습니다",
        "constant": "미분할 변수가 없습니다",
        "reduced": "함수가 커서 점을 적게 골랐고, 극한과 급수는 점마다 일부 변수만 검산했습니다.",
        "skipped": "검산하지 않은 점:",
        "outside": "이 점에서는 함수가 정의되지 않습니다.",
        "range": "계산 도중의 어떤 수가 배정밀도로 나타낼 수 있는 범위를 벗어납니다.",
        "rounding": "배정밀도에서는 반올림 오차가 커서 유효숫자가 거의 남지 않습니다.",
        "unknown": "미분가능한지 판정하지 못했습니다.",
        "formula": "미분계수는 {value}이지만 도함수의 식은 이 점에서 값이 없습니다.",
        "point": "점",
        "derivative": "미분계수",
        "by": "{wrt:으로} 편미분",
        "gap": "상대 오차",
        "between": "비교한 방법",
        "last": "·",
        "rules": "규칙",
        "chain rule": "연쇄 법칙",
        "forward": "연쇄 법칙(순방향)",
        "reverse": "연쇄 법칙(역방향)",
        "quotient": "극한",
        "series": "급수",
        "native": "기계어",
    },
}


# The routes


class Route(NamedTuple):
    """A way to derivatives: by ``formulas``, for all variables at once, by ``value``, a ball, at one point, or by
    ``code`` made of the formulas of the route that :data:`CODED` names, ``None`` where there can be none.

    Routes of one ``source`` may share a mistake.
    """

    source: str
    formulas: Callable[[Node, Sequence[Node]], list[Node]] | None = None
    value: Callable[[Node, str, _Place], Ball] | None = None
    code: Callable[[Sequence[Node], Sequence[str]], native.Code | None] | None = None


class _Place(NamedTuple):
    """A point, as balls, the values of all nodes there, and who knows what is exact."""

    point: Point
    at: Mapping[str, Ball]
    here: Mapping[Node, Any]
    exact: balls.Exact | None


def _rules(node: Node, variables: Sequence[Node]) -> list[Node]:
    return [tidy(chain.push(node, variable).result)[0] for variable in variables]


def _forward(node: Node, variables: Sequence[Node]) -> list[Node]:
    return [chain.push(node, variable).result for variable in variables]


def _quotient(node: Node, name: str, place: _Place) -> Ball:
    """The central difference quotient, extrapolated once, with a radius beyond what the extrapolation changed."""
    from flint import arb

    a = place.at[name]
    size = abs(a).mid() if not a.contains(0) else arb(1)
    unit = arb(2) ** min(0, math.floor(float((size.log() / arb(2).log()).mid())))
    found = []
    for k in (0, 1):
        h = unit * arb(5) / 7 * arb(2) ** (-STEP - k)  # sin(2ⁿ π x) is 0 at powers of 1/2
        ends = [balls.evaluate(node, {**place.at, name: a + way * h}) for way in (1, -1)]
        if not all(end is not None and not isinstance(end, bool) and end.is_finite() for end in ends):
            raise Undecided
        found.append((ends[0] - ends[1]) / (2 * h))
    wide, close = found
    return (4 * close - wide) / 3 + arb(0, 1) * (16 * abs(wide - close)).upper()


def _series(node: Node, name: str, place: _Place) -> Ball:
    return series.derivative(node, name, place.at, 1, place.here, place.exact).value


ROUTES: Final[dict[str, Route]] = {
    "rules": Route("table", formulas=_rules),
    "forward": Route("table", formulas=_forward),
    "reverse": Route("table", formulas=chain.pull),
    "quotient": Route("values", value=_quotient),
    "series": Route("series", value=_series),
    "native": Route("code", code=native.code),
}
CODED: Final = "reverse"


# What comes out


class Worst(NamedTuple):
    """The largest gap between two routes: relative, which routes, where, and in the derivative by which variable."""

    gap: float
    routes: tuple[str, str]
    point: dict[str, Any]
    variable: str


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Routes that lead elsewhere at a point: what they say, and what the others do."""

    routes: tuple[str, ...]
    point: Mapping[str, Any]
    variable: str
    value: float
    truth: float
    shown: str = field(repr=False)

    @property
    def key(self) -> str:
        """The sentence that says it, in :data:`WORDS`."""
        return "silent" if not self.point else "disagree many" if len(self.routes) > 1 else "disagree"

    def facts(self) -> dict[str, str]:
        """What the sentence needs beside the names of the routes."""
        value, truth = _apart(self.value, self.truth)
        return {"point": self.shown, "value": value, "truth": truth}


@dataclass(frozen=True, slots=True)
class Skipped:
    """A point that was looked at and not checked, and why; ``local`` says what happens there, if that is the reason."""

    point: Mapping[str, Any]
    reason: str
    local: Local | None = None
    value: str = ""
    shown: str = field(default="", repr=False)

    def text(self, lang: str | None = None) -> str:
        """Why, in a sentence or two."""
        lang = lang or preferred()
        if self.local is not None:
            return sentence(self.local, lang)
        return fill(WORDS[lang][self.reason], {"value": self.value}, lang)


@dataclass(frozen=True, slots=True)
class Row:
    """What was found at a point: the derivatives by name, the largest gap, and between which routes."""

    point: Mapping[str, Any]
    derivatives: Mapping[str, float]
    gap: float
    routes: tuple[str, str]
    shown: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Report:
    """Whether all routes agree. ``routes`` are those that were compared, ``rows`` the points, ``skipped`` the others
    that were looked at, ``disagreements`` what went wrong; ``by_formula`` is the verdict on functions without values,
    f(x). ``reduced`` says that the function was too large for the whole programme, ``special`` that machine code was
    tried at infinities, NaN and the like.
    """

    variables: tuple[str, ...]
    routes: tuple[str, ...]
    rows: tuple[Row, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()
    worst: Worst | None = None
    by_formula: bool | None = None
    reduced: bool = False
    special: bool = False

    @property
    def ok(self) -> bool:
        """Whether something was checked and all routes agree."""
        if not self.variables:
            return True
        return not self.disagreements and bool(self.rows or self.by_formula)

    def __bool__(self) -> bool:
        return self.ok

    @property
    def points(self) -> tuple[Mapping[str, Any], ...]:
        """The points at which the routes were compared."""
        return tuple(row.point for row in self.rows)

    @property
    def blamed(self) -> tuple[str, ...]:
        """The routes that lead elsewhere."""
        found = {route for each in self.disagreements for route in each.routes}
        return tuple(route for route in ROUTES if route in found)

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return self.brief(preferred())

    def _names(self, routes: Sequence[str], lang: str) -> str:
        say = WORDS[lang]
        left = list(routes)
        if {"forward", "reverse"} <= set(left):
            left[left.index("forward")] = "chain rule"
            left.remove("reverse")
        names = [say[route] for route in left]
        if lang == "ko" or len(names) < 2:
            return " · ".join(names)
        return f"{', '.join(names[:-1])} {say['last']} {names[-1]}"

    def verdict(self, lang: str) -> str:
        """The verdict in a sentence."""
        facts: dict[str, object] = {"routes": self._names(self.routes, lang), "points": len(self.rows)}
        if not self.variables:
            key = "constant"
        elif self.disagreements:
            first = self.disagreements[0]
            key = first.key
            facts |= {"routes": self._names(first.routes, lang), **first.facts()}
        elif self.by_formula is not None:
            key = "formulas" if self.by_formula else "formulas differ"
        elif not self.rows:
            key = "nothing"
        else:
            facts["gap"] = f"{self.worst.gap:.0e}" if self.worst is not None and self.worst.gap else "0"
            key = "agree" if len(self.rows) > 1 else "agree one"
        return fill(WORDS[lang][key], facts, lang)

    def brief(self, lang: str | None = None) -> str:
        """One line, for a sheet."""
        lang = lang or preferred()
        return f"{WORDS[lang]['heading']}  {self.verdict(lang)}"

    def text(self, lang: str | None = None, columns: int = 80) -> str:
        """The verdict, the points with their gaps, and the points that were left out."""
        lang = lang or preferred()
        say = WORDS[lang]
        lines = wrap(self.brief(lang), columns, "", "  ")
        if self.reduced:
            lines += wrap(say["reduced"], columns, "  ", "  ")
        if self.special and "native" not in self.blamed:
            lines += wrap(say["special"], columns, "  ", "  ")
        if self.rows:
            lines += ["", *self._table(lang, columns)]
        for each in self.disagreements[1:8]:
            facts = {"routes": self._names(each.routes, lang), **each.facts()}
            lines += wrap(fill(say[each.key], facts, lang), columns, "  ", "    ")
        if self.skipped:
            lines += ["", say["skipped"]]
            for skipped in self.skipped:
                lines += wrap(f"{skipped.shown}: {skipped.text(lang)}", columns, "  ", "    ")
        return "\n".join(lines)

    def _table(self, lang: str, columns: int) -> list[str]:
        say = WORDS[lang]
        single = len(self.variables) == 1
        heads = [say["point"], *([say["derivative"]] if single else []), say["gap"], say["between"]]
        cells = [heads]
        for row in self.rows:
            value = [_short(next(iter(row.derivatives.values())))] if single else []
            between = " – ".join(say[route] for route in row.routes) if row.gap else ""
            shown = row.shown if width(row.shown) <= columns // 2 else row.shown[: columns // 2 - 1] + "…"
            cells.append([shown, *value, f"{row.gap:.0e}" if row.gap else "0", between])
        widths = [max(width(row[i]) for row in cells) for i in range(len(heads))]
        if sum(widths) + 2 * len(widths) > columns:
            widths.pop()
        return ["  " + "  ".join(map(pad, row, widths)).rstrip() for row in cells]

    def json(self) -> dict[str, Any]:
        """The report as plain data."""
        worst = self.worst
        return {
            "ok": self.ok,
            "routes": [*self.routes],
            "points": [
                {"at": _plain(row.point), "derivative": _plain(row.derivatives), "gap": _finite(row.gap)}
                for row in self.rows
            ],
            "worst": worst
            and {
                "gap": _finite(worst.gap),
                "routes": [*worst.routes],
                "at": _plain(worst.point),
                "wrt": worst.variable,
            },
            "skipped": [{"at": _plain(each.point), "why": each.text("en")} for each in self.skipped],
            "disagreements": [
                {
                    "routes": [*each.routes],
                    "at": _plain(each.point),
                    "wrt": each.variable,
                    "value": _finite(each.value),
                    "others": _finite(each.truth),
                }
                for each in self.disagreements
            ],
            "by_formula": self.by_formula,
            "reduced": self.reduced,
            "special": self.special,
        }


def _plain(point: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value if type(value) is int or _is_finite(value) else str(value) for name, value in point.items()}


def _is_finite(value: Any) -> bool:
    return type(value) is float and math.isfinite(value)


def _special(value: float) -> str:
    """A number as it is shown, whatever it is."""
    return _typeset(repr(value).removesuffix(".0"))


def _typeset(number: str) -> str:
    return number.replace("-", "−").replace("inf", "∞").replace("nan", "NaN")


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _short(value: float) -> str:
    return f"{value:.6g}".replace("-", "−")


def _apart(value: float, truth: float) -> tuple[str, str]:
    """Two numbers with as many digits as it takes to tell them apart."""
    for digits in (6, 10, 14):
        if f"{value:.{digits}g}" != f"{truth:.{digits}g}":
            break
    else:
        digits = 17
    first, second = (f"{number:.{digits}g}" for number in (value, truth))
    return _typeset(first), _typeset(second)


# The check


def check(node: Node, variables: Sequence[str]) -> Report:
    """Hold every route to the derivatives of ``node`` by ``variables`` against every other.

    >>> from mibun.ops import const
    >>> x = symbol("x")
    >>> report = check(make("div", make("mul", x, x), const(2)), ["x"])
    >>> report.ok, len(report.points), report.worst.gap < 1e-15
    (True, 21, True)
    """
    node = chain.resolve(node)
    names = tuple(variables)
    routes = tuple(ROUTES)
    if not names:
        return Report(names, routes)
    letters = [symbol(name) for name in names]
    formulas = {key: route.formulas(node, letters) for key, route in ROUTES.items() if route.formulas is not None}
    if points.applies(node):
        first, *others = formulas.values()
        same = all(normal.equal(a, b) for other in others for a, b in zip(first, other, strict=True))
        return Report(names, tuple(formulas), by_formula=same)
    return _Check(node, names, formulas).report()


class _Check:
    """One run of :func:`check`."""

    def __init__(self, node: Node, names: tuple[str, ...], formulas: Mapping[str, Sequence[Node]]) -> None:
        self.node = node
        self.names = names
        self.formulas = formulas
        self.joint = node
        for column in formulas.values():
            for formula in column:
                self.joint = make("add", self.joint, formula)
        size, base = len(postorder(self.joint)), len(postorder(node))
        ways = sum(4 * (route.value is not None) for route in ROUTES.values())
        self.count = min(POINTS, max(FEWEST, WORK // (2 * size + ways * base * len(names))))
        self.reduced = 2 * size + ways * base * len(names) > WORK // FEWEST
        self.rows: list[Row] = []
        self.took: set[str] = set()  # the routes that said something
        self.skipped: list[Skipped] = []
        self.wrong: list[Disagreement] = []
        self.worst: Worst | None = None
        self.loose = LOOSE if contains(self.joint, SPECIAL) else 1
        self.silent = dict.fromkeys(formulas, 0)  # how often a formula had no value
        made = ROUTES["native"].code
        self.code = None if made is None else made(formulas[CODED], names)
        self.points: list[Point] = []  # those of the rows
        self.special = False

    def report(self) -> Report:
        chosen, asked = self._chosen()
        doubles = self._doubles(chosen)
        coded = self._coded(chosen)
        for i, point in enumerate(chosen):
            if len(self.rows) >= self.count:
                break
            row = {key: [float(value[i]) for value in values] for key, values in doubles.items()}
            self._at(point, row, coded[i], point in asked, len(self.rows))
        self._blame_silent()
        if self.code is not None and self.points:
            self._in_single_precision(self.code)
            self._at_special_values(self.code)
        worst = self.worst
        return Report(
            self.names,
            tuple(route for route in ROUTES if route in self.took),
            tuple(sorted(self.rows, key=lambda row: [float(value) for value in row.point.values()])),
            tuple(self.skipped),
            tuple(self.wrong),
            worst,
            reduced=self.reduced,
            special=self.special,
        )

    def _chosen(self) -> tuple[list[Point], list[Point]]:
        """Points to check, the best first, and those that are asked for in any case: -1, 0 and 1."""
        asked: list[Point] = [dict.fromkeys(self.names, points.number(value)) for value in (0, 1, -1)]
        if len(self.names) > 1:
            others = points.candidates([self.node], self.names)
        else:
            name = self.names[0]
            places = points.line([self.node], name)
            asked += [{name: place} for place in sorted(places, key=lambda place: abs(place.decimal))[:3]]
            cells = sorted(points.cells(places), key=_distance)[:CELLS] if places else []
            within = [_edges_first(points.inside(*cell, count=2 * POINTS)) for cell in cells]
            nice = [value.rational for value in points.nice()]
            others = [{name: points.number(v)} for v in _by_turns([*within, nice]) if v is not None]
        found = [*asked, *map(_doubled, others[: 16 * self.count])]
        distinct: dict[tuple[float, ...], Point] = {}
        for point in found:
            distinct.setdefault(tuple([value.decimal for value in point.values()]), point)
        return self._inside([*distinct.values()], asked)[: 8 * self.count + len(asked)], asked

    def _inside(self, found: list[Point], asked: list[Point]) -> list[Point]:
        """Those at which the function has a value of moderate size in double precision first."""
        import numpy as np

        program = points._numeric([self.node], self.names)
        if program is None or not found:
            return found
        columns = [np.array([point[name].decimal for point in found]) for name in self.names]
        values = np.broadcast_to(np.asarray(program(*columns)[0], dtype=float), len(found))
        with np.errstate(all="ignore"):
            good = np.isfinite(values) & (np.abs(values) < 1e100)
        best = [point for point, inside in zip(found, good, strict=True) if inside or point in asked]
        return best

    def _doubles(self, chosen: Sequence[Point]) -> dict[str, list[Any]]:
        """What users get: the formulas in double precision at all points."""
        import numpy as np

        flat = [formula for column in self.formulas.values() for formula in column]
        program = points._numeric(flat, self.names)
        if program is None:
            return {key: [np.full(len(chosen), np.nan)] * len(self.names) for key in self.formulas}
        columns = [np.array([point[name].decimal for point in chosen]) for name in self.names]
        found = iter([np.broadcast_to(np.asarray(value, dtype=float), len(chosen)) for value in program(*columns)])
        return {key: [next(found) for _ in column] for key, column in self.formulas.items()}

    def _coded(self, chosen: Sequence[Point]) -> list[list[tuple[float, ...]]]:
        """What machine code gives at each point, for each variable: in whole vectors, in parts of one, as a float."""
        import numpy as np

        if self.code is None or not chosen:
            return [[()] * len(self.names) for _ in chosen]
        rows = [[point[name].decimal for name in self.names] for point in chosen]
        columns = [np.array(column) for column in zip(*rows, strict=True)]
        ways = native.along(self.code, columns), native.in_pieces(self.code, columns)
        return [
            [
                (float(whole[i]), float(part[i]), number)
                for whole, part, number in zip(*ways, self.code(*row), strict=True)
            ]
            for i, row in enumerate(rows)
        ]

    def _in_single_precision(self, code: native.Code) -> None:
        """Compare code in 32 bits with that in 64, at the points of the rows, rounded."""
        import numpy as np
        from flint import arb

        columns = [np.array([p[name].decimal for p in self.points], np.float32) for name in self.names]
        short = [native.along(code, columns), native.in_pieces(code, columns)]
        long = native.along(code, [column.astype(float) for column in columns])
        for j in range(len(self.points)):
            numbers = {name: float(column[j]) for name, column in zip(self.names, columns, strict=True)}
            at = {name: arb(number) for name, number in numbers.items()}
            with balls.precision(SINGLE):
                rough = balls.run(self.joint, at)
                fits = all(_is_in_range(value, 1e-30, 1e30) for value in rough.values())
            for i, formula in enumerate(self.formulas[CODED]):
                ball = rough[formula]
                if not fits or ball is None or not ball.is_finite():
                    continue
                size = abs(float(ball.mid()))
                allowed = self.loose * (SLACK * float(ball.rad()) + ULPS * 2.0**-SINGLE * size)
                for value in (float(values[i][j]) for values in short if allowed <= COARSE_SINGLE * size):
                    if not abs(value - long[i][j]) <= allowed:
                        rounded: Point = {name: points.number(Fraction(number)) for name, number in numbers.items()}
                        self._disagrees(("native",), rounded, self.names[i], value, float(long[i][j]))

    def _at_special_values(self, code: native.Code) -> None:
        """Compare machine code with the interpreter where balls say nothing."""
        usual = [self.points[0][name].decimal for name in self.names]
        self.special = True
        for found in islice(native.differences(code, self.formulas[CODED], self.names, usual), len(native.SPECIAL)):
            shown = ", ".join(f"{name} = {_special(value)}" for name, value in found.point.items())
            name = self.names[found.which]
            self.wrong.append(Disagreement(("native",), found.point, name, found.found, found.wanted, shown))

    def _at(
        self,
        point: Point,
        doubles: Mapping[str, list[float]],
        coded: Sequence[tuple[float, ...]],
        asked: bool,
        turn: int,
    ) -> None:
        """Compare all routes at a point, or say why not."""

        def skip(reason: str, happens: Local | None = None, value: str = "") -> None:
            if asked:
                self.skipped.append(Skipped(points.plain(point), reason, happens, value, points.shown(point)))

        try:
            with balls.precision(DOUBLE):
                rough = balls.run(self.joint, points.at(point))
            with balls.precision(BITS):
                place, formulas = self._place(point)
        except Undecided:
            skip("unknown")
            return
        value = place.here[self.node]
        if value is None:
            skip("outside")
            return
        if not all(map(_is_in_range, rough.values())):
            skip("range")
            return
        if not balls.known(value):
            skip("unknown")
            return
        found: dict[str, tuple[dict[str, Ball], dict[str, float]]] = {}
        with balls.precision(BITS):
            for i, name in enumerate(self.names):
                exact, happens = self._independent(name, place, i, turn)
                edge = "edge" in exact  # no formula need have a value there
                if edge:
                    exact["series"] = exact.pop("edge")
                if happens is not None:
                    skip("unknown" if happens.kind == "undecided" else "local", happens)
                    return
                if not exact and self._is_turn(i, turn):  # nothing to compare the formulas with
                    skip("unknown")
                    return
                rounded: dict[str, float] = {}
                for key, column in self.formulas.items():
                    ball = formulas[column[i]]
                    if ball is None or not ball.is_finite():
                        self.silent[key] += not edge
                        if key != "rules":  # before anything is simplified, there may be 0 · (1/0)
                            continue
                        if exact:
                            skip("formula", value=_short(float(next(iter(exact.values())).mid())))
                        else:
                            skip("unknown")
                        return
                    exact[key] = ball
                    allowed = self.loose * _rounding(ball, rough[column[i]])
                    if allowed > COARSE * max(abs(float(ball.mid())), 1e-300) and not (
                        ball.contains(0) and allowed < COARSE
                    ):
                        skip("rounding")
                        return
                    if not math.isfinite(doubles[key][i]):
                        skip("rounding")
                        return
                    rounded[key] = doubles[key][i]
                    if _off(ball, rounded[key]) > allowed:
                        self._disagrees((key,), point, name, rounded[key], float(ball.mid()))
                    for number in coded[i] if key == CODED else ():
                        rounded["native"] = number  # the last: that of floats
                        if not _off(ball, number) <= allowed:
                            self._disagrees(("native",), point, name, number, float(ball.mid()))
                found[name] = exact, rounded
            self._compare(point, found)

    def _place(self, point: Point) -> tuple[_Place, dict[Node, Any]]:
        at = points.at(point)
        values = balls.run(self.joint, at)
        if values[self.node] is None or balls.known(values[self.joint]) or self.reduced:
            return _Place(point, at, values, None), values
        exact = points.exactly(point)
        values = balls.run(self.joint, at, exact=exact)
        return _Place(point, at, values, exact), values

    def _is_turn(self, i: int, turn: int) -> bool:
        """Whether a variable is checked by limit and series at a point: for large functions, each at one of a few."""
        return not self.reduced or i % FEWEST == turn % FEWEST

    def _independent(self, name: str, place: _Place, i: int, turn: int) -> tuple[dict[str, Ball], Local | None]:
        """What the routes say that do not know the rules; or what happens where there is no derivative."""
        found: dict[str, Ball] = {}
        if not self._is_turn(i, turn):
            return found, None
        for key, route in ROUTES.items():
            if route.value is None:
                continue
            try:
                value = route.value(self.node, name, place)
            except Undecided:
                continue
            if value.is_finite() and float(value.rad()) <= SHARP * max(1.0, abs(float(value.mid()))):
                found[key] = value
        if "series" in found:
            return found, None
        at = {other: number.node for other, number in place.point.items() if number.node is not None}
        if len(at) < len(place.point):
            return found, Local("undecided")
        happens = local(self.node, name, at)
        if happens.kind == "differentiable":
            try:
                exact = points.exactly(place.point)
                found["edge"] = _series(self.node, name, place._replace(exact=exact))
            except Undecided:
                pass
            return found, None
        return found, happens

    def _compare(self, point: Point, found: Mapping[str, tuple[dict[str, Ball], dict[str, float]]]) -> None:
        largest, between = 0.0, ("", "")
        derivatives: dict[str, float] = {}
        for name, (exact, rounded) in found.items():
            agreed = _consensus(exact)
            truth = next(exact[key] for key in ("series", "quotient", *self.formulas) if key in agreed)
            derivatives[name] = float(truth.mid())
            astray = [key for key in exact if key not in agreed]
            for key in astray:
                self._disagrees((key,), point, name, float(exact[key].mid()), derivatives[name])
            self.took |= {*exact, *rounded}
            values = {**{key: float(ball.mid()) for key, ball in exact.items()}, **rounded}
            scale = max(map(abs, values.values())) if not truth.contains(0) else 1.0
            for a, b in combinations(values, 2):
                gap = abs(values[a] - values[b]) / scale if scale else 0.0
                gap = gap if gap > 2.0**-60 else 0.0
                if gap > largest or not between[0]:
                    largest, between = gap, (a, b)
                if self.worst is None or gap > self.worst.gap:
                    self.worst = Worst(gap, (a, b), points.plain(point), name)
        self.rows.append(Row(points.plain(point), derivatives, largest, between, points.shown(point)))
        self.points.append(point)

    def _disagrees(self, routes: tuple[str, ...], point: Point, name: str, value: float, truth: float) -> None:
        """Note a disagreement; routes that say the same at a point are one."""
        where = points.plain(point)
        for k, other in enumerate(self.wrong):
            if other.point == where and other.variable == name and _close(other.value, value):
                if routes[0] not in other.routes:
                    self.wrong[k] = Disagreement((*other.routes, *routes), where, name, other.value, truth, other.shown)
                return
        self.wrong.append(Disagreement(routes, where, name, value, truth, points.shown(point)))

    def _blame_silent(self) -> None:
        """A formula that has no value at most points at which there is a derivative is wrong."""
        least = max(2 * len(self.rows), FEWEST)
        for key, times in self.silent.items():
            if times > least and (key == "rules" or self.silent["rules"] > least):
                self.wrong.append(Disagreement((key,), {}, self.names[0], math.nan, math.nan, "…"))


def _close(a: float, b: float) -> bool:
    return a == b or abs(a - b) <= 1e-9 * max(abs(a), abs(b))


def _distance(cell: tuple[points.Number | None, points.Number | None]) -> float:
    """How far a cell is from 0."""
    low, high = (-math.inf if cell[0] is None else cell[0].decimal, math.inf if cell[1] is None else cell[1].decimal)
    return max(low, -high, 0.0)


def _edges_first(values: Sequence[Fraction]) -> list[Fraction]:
    """Points of a cell, from the middle and from near its ends by turns."""
    return [*values[:1], *values[6:8], *values[1:6], *values[8:]]


def _by_turns(lists: Sequence[Sequence[Any]]) -> Iterable[Any]:
    """The first of every list, then the second of every list, and so on."""
    return (value for row in zip_longest(*lists) for value in row)


def _doubled(point: Point) -> Point:
    """A point near by that double precision holds exactly: a rounded point would be another one."""
    made = {}
    for name, value in point.items():
        fraction = points.double(value.decimal if value.rational is None else Fraction(value.rational))
        made[name] = points.number(fraction)
    return made


def _off(ball: Ball, value: float) -> float:
    """How far a double is from a ball's middle."""
    from flint import arb

    return abs(float((ball - arb(value)).mid()))


def _rounding(ball: Ball, rough: Any) -> float:
    """How far off double precision may be, for the value and what it is computed from."""
    size = abs(float(ball.mid()))
    if rough is None or isinstance(rough, bool) or not rough.is_finite():
        return math.inf
    return SLACK * float(rough.rad()) + ULPS * 2.0**-53 * size + 5e-324


def _is_in_range(value: Any, small: float = 1e-306, large: float = 1e306) -> bool:
    """Whether double precision holds a number of that size with all its digits."""
    if value is None or isinstance(value, bool) or not value.is_finite() or value.is_zero():
        return True
    return small < abs(float(value.mid())) < large or bool(value.contains(0))


def _consensus(exact: Mapping[str, Ball]) -> set[str]:
    """The routes that agree, where not all do: those of most sources, the table counting once however many use it."""
    best: set[str] = set()
    for key in exact:
        agreed = {other for other in exact if exact[key].overlaps(exact[other])}
        rank = len({ROUTES[other].source for other in agreed}), len(agreed - {"rules", "forward", "reverse"})
        if not best or rank > (
            len({ROUTES[other].source for other in best}),
            len(best - {"rules", "forward", "reverse"}),
        ):
            best = agreed
    return best
