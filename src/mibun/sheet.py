"""The sheet: how a function was read, its derivative, the steps, and the slope at a point. Data only; doors print it.

A sheet is composed once, as values, and rendered as text (lines of spans with a role, so that a terminal may colour
what plain text shows as well), as LaTeX or as JSON.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from mibun.errors import BudgetExceeded, DomainError, MibunError
from mibun.function import Function
from mibun.function import function as formula
from mibun.language import fill, preferred, wrap
from mibun.language import width as columns
from mibun.limit.local import Local, local, sentence
from mibun.node import Node, symbols
from mibun.ops import symbol
from mibun.read import Note
from mibun.write import notation

if TYPE_CHECKING:
    from mibun.checks import Report
    from mibun.limit.quotient import LimitStudy
    from mibun.write.prose import Explanation

Span = tuple[str, str]  # a piece of a line, and its role: "", "result", "heading" or "note"
Line = list[Span]

COLUMN: Final = 48  # where a remark beside a formula begins
WIDTH: Final = 80
DIGITS: Final = 10  # of a decimal
EXPLAINED: Final = 1000  # nodes of a derivative that still gets its steps
SHOWN: Final = 3000  # nodes of a formula that is still written on the sheet

WORDS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "assuming": "assuming {conditions}",
        "slope": "Slope (instantaneous rate of change) at {point}",
        "partial": "Slope (partial derivative) at {point}",
        "value": "Value at {point}",
        "gradient": "Components of the gradient: the partial derivative by each variable",
        "choose": "For the steps, choose a variable: --wrt {wrt}",
        "definition": "By the definition: {quotient} as h → 0",
        "large": "… (too long to be shown; mibun diff writes it out)",
    },
    "ko": {
        "assuming": "단, {conditions}",
        "slope": "{point}에서의 기울기(순간변화율)",
        "partial": "{point}에서의 편미분계수",
        "value": "{point}에서의 값",
        "gradient": "기울기 벡터(gradient)의 성분: 각 변수로 편미분한 것",
        "choose": "풀이를 보려면 변수를 골라 주세요: --wrt {wrt}",
        "definition": "정의로 확인: h를 0에 가깝게 할 때 {quotient}",
        "large": "… (너무 길어 줄였습니다. 전체는 mibun diff로 볼 수 있습니다)",
    },
}

# Letters that one differentiates by, the likeliest first.
LIKELY: Final = ("x", "y", "z", "t", "u", "v", "w", "r", "s", "theta", "phi")


@dataclass(frozen=True, slots=True)
class Value:
    """A derivative at a point: its formula there if it has one, a decimal if that is a number, a remark if need be."""

    exact: Node | None
    decimal: float | None
    remark: Callable[[bool], str]  # as text, or in LaTeX
    local: Local | None = None


@dataclass(frozen=True, slots=True)
class Slope:
    """One derivative of the function of a sheet."""

    wrt: str
    derivative: Function
    explanation: Explanation | None
    unexplained: BudgetExceeded | None  # why there are no steps although they were asked for
    value: Value | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A function and its derivatives of one order, at a point if one was given."""

    function: Function
    name: str
    order: int
    slopes: tuple[Slope, ...]
    at: dict[str, Function]
    lang: str
    study: LimitStudy | None = None
    report: Report | None = None

    @property
    def variables(self) -> tuple[str, ...]:
        """The variables of the function, and those it was differentiated by besides."""
        return tuple(dict.fromkeys([*self.function.variables, *(slope.wrt for slope in self.slopes)]))

    def label(self, wrt: str) -> str:
        """What the derivative is called: f′(x), or ∂²f/∂y² for a function of several variables."""
        if len(self.variables) > 1:
            power = _superscript(self.order) if self.order > 1 else ""
            return f"∂{power}{self.name}/∂{_variable(wrt)}{power}"
        return f"{self._primed()}({_variable(wrt)})"

    def _primed(self) -> str:
        marks = ("", "′", "″", "‴")
        return self.name + (marks[self.order] if self.order < len(marks) else f"⁽{_superscript(self.order)}⁾")

    def _point(self) -> str:
        return ", ".join(f"{_variable(name)} = {value}" for name, value in self.at.items())

    def _at_point(self, wrt: str) -> str:
        if len(self.variables) <= 1:
            return f"{self._primed()}({self.at[wrt]})"
        everything = all(name in self.at for name in self.variables)
        inside = ", ".join(str(self.at[name]) for name in self.variables) if everything else self._point()
        return f"{self.label(wrt)} ({inside})"

    def _say(self, word: str, **facts: object) -> str:
        return fill(WORDS[self.lang][word], facts, self.lang)

    def formulas(self, width: int = WIDTH) -> list[Line]:
        """How the function was read, and its derivatives."""
        header = f"{self.name}({', '.join(map(_variable, self.variables))}) = {self._shown(self.function)}"
        notes = [note.text(self.lang) for note in self.function.notes]
        if self.function.assumptions:
            conditions = ", ".join(notation.text(node, lang=self.lang) for node in self.function.assumptions)
            notes.append(self._say("assuming", conditions=conditions))
        lines = _beside(header, notes, width, "")
        lines.append([])
        if len(self.slopes) > 1:
            lines.append([("  " + self._say("gradient"), "note")])
        for slope in self.slopes:
            equal = f"{self.label(slope.wrt)} = {self._shown(slope.derivative)}"
            remark = slope.explanation.remark if slope.explanation else ""
            lines += _beside(equal, [remark] if remark else [], width, "result")
        return lines

    def _shown(self, f: Function) -> str:
        return self._text(f) if f.size <= SHOWN else self._say("large")

    def _text(self, f: Function) -> str:
        return notation.text(f.node, lang=self.lang)

    def _latex(self, f: Function) -> str:
        return notation.latex(f.node, lang=self.lang)

    def steps(self, width: int = WIDTH) -> list[Line]:
        """The derivation, or how to ask for it."""
        lines: list[Line] = []
        for slope in self.slopes:
            if slope.explanation is not None:
                title, *rest = slope.explanation.text(width).splitlines()
                lines += [[(title, "heading")], *([(line, "")] for line in rest)]
            if slope.unexplained is not None:
                lines += [[(line, "note")] for line in slope.unexplained.text(self.lang, width).splitlines()]
        if len(self.slopes) > 1:
            names = [slope.wrt for slope in self.slopes]
            likely = next((name for name in LIKELY if name in names), names[0])
            lines = [[(self._say("choose", wrt=likely), "note")]]
        return lines

    def values(self, width: int = WIDTH) -> list[Line]:
        """The derivatives at the point."""
        if not self.at:
            return []
        title = "value" if self.order != 1 else "partial" if len(self.variables) > 1 else "slope"
        lines: list[Line] = [[(self._say(title, point=self._point()), "heading")]]
        for slope in self.slopes:
            if slope.value is not None:
                exact, remark = slope.value.exact, slope.value.remark(False)
                remarks = [remark] if exact is not None and remark else []
                lines += _beside(self._valued(slope), remarks, width, "" if exact is None else "result")
        return lines

    def definition(self, width: int = WIDTH) -> list[Line]:
        """The difference quotient at the point, for shrinking h."""
        table = self.study.brief(self.lang, width) if self.study is not None else []
        if self.study is None or not table:
            return []
        quotient = self.study.written()
        lines: list[Line] = [[(line, "heading")] for line in wrap(self._say("definition", quotient=quotient), width)]
        return [*lines, *([(line, "")] for line in table)]

    def verdict(self, width: int = WIDTH) -> list[Line]:
        """Whether all the routes to the derivative agree."""
        if self.report is None:
            return []
        return [[(line, "heading")] for line in wrap(self.report.brief(self.lang), width, "", "  ")]

    def answer(self, _width: int = WIDTH) -> list[Line]:
        """The derivatives, and their values at the point, one a line, however long."""
        lines: list[Line] = [
            [(f"{self.label(slope.wrt)} = {self._text(slope.derivative)}", "result")] for slope in self.slopes
        ]
        return lines + [[(self._valued(slope), "result")] for slope in self.slopes if slope.value is not None]

    def _valued(self, slope: Slope) -> str:
        assert slope.value is not None
        left = self._at_point(slope.wrt)
        if slope.value.exact is None:
            return f"{left}: {slope.value.remark(False)}"
        return f"{left} = {equation(slope.value, lang=self.lang)}"

    def lines(self, width: int = WIDTH) -> list[Line]:
        """The whole sheet, as lines of spans."""
        parts = [self.formulas(width), self.steps(width), self.values(width), self.definition(width)]
        parts.append(self.verdict(width))
        lines: list[Line] = []
        for part in parts:
            if part:
                lines += [[], *part]
        return [*lines, []]

    def text(self, width: int = WIDTH) -> str:
        """The whole sheet as plain text, without colour or boxes."""
        return "\n".join(plain(line) for line in self.lines(width))

    def json(self) -> dict[str, Any]:
        """The sheet as one object. Formulas are plain text that reads back.

        ``text`` and ``latex`` are for showing, ``None`` where they would be too long. With one variable asked for,
        ``wrt``, ``derivative``, … are single; with several they are lists.
        """
        single = len(self.slopes) == 1
        fields: dict[str, list[Any]] = {
            "wrt": [slope.wrt for slope in self.slopes],
            "derivative": [slope.derivative.ascii() for slope in self.slopes],
            "text": [_limited(self._text, slope.derivative) for slope in self.slopes],
            "latex": [_limited(self._latex, slope.derivative) for slope in self.slopes],
        }
        if self.at:
            values = [slope.value for slope in self.slopes if slope.value is not None]
            fields["value"] = [None if value.exact is None else notation.ascii(value.exact) for value in values]
            fields["decimal"] = [value.decimal for value in values]
            fields["kind"] = [value.local and value.local.kind for value in values]
            if any(value.exact is None for value in values):
                fields["missing"] = [value.remark(False) if value.exact is None else None for value in values]
        if any(slope.explanation for slope in self.slopes):
            fields["steps"] = [slope.explanation and slope.explanation.json()["steps"] for slope in self.slopes]
        return {
            **reading_json(self.function, self.lang),
            "order": self.order,
            **({"at": {name: value.ascii() for name, value in self.at.items()}} if self.at else {}),
            **{key: field[0] if single else field for key, field in fields.items()},
            **({"definition": self.study.json()} if self.study is not None else {}),
            **({"check": self.report.json()} if self.report is not None else {}),
        }

    def latex(self) -> str:
        """The sheet as LaTeX for the body of a document (amsmath)."""
        names = ", ".join(_latex_variable(name) for name in self.variables)
        rows = [f"{self.name}({names}) &= {self._latex(self.function)}"]
        rows += [f"{self._latex_label(slope.wrt)} &= {self._latex(slope.derivative)}" for slope in self.slopes]
        parts = [_align(rows)]
        parts += [slope.explanation.latex() for slope in self.slopes if slope.explanation is not None]
        points = ", ".join(f"{_latex_variable(name)} = {value.latex()}" for name, value in self.at.items())
        values = []
        for slope in self.slopes:
            if slope.value is not None:
                left = rf"\left. {self._latex_label(slope.wrt)} \right|_{{{points}}}"
                if slope.value.exact is not None:
                    values.append(f"{left} &= {equation(slope.value, latex=True, lang=self.lang)}")
                else:
                    why = slope.value.remark(True).replace("−", "$-$")
                    values.append(rf"{left} &\text{{: {why}}}")
        return "\n".join([*parts, *([_align(values)] if values else [])])

    def _latex_label(self, wrt: str) -> str:
        variable = _latex_variable(wrt)
        if len(self.variables) > 1:
            power = f"^{{{self.order}}}" if self.order > 1 else ""
            return rf"\frac{{\partial{power} {self.name}}}{{\partial {variable}{power}}}"
        marks = "'" * self.order if self.order <= 3 else f"^{{({self.order})}}"
        return f"{self.name}{marks}({variable})"


def sheet(
    function: Function,
    wrt: Sequence[str] = (),
    at: Mapping[str, str] | None = None,
    *,
    order: int = 1,
    lang: str | None = None,
    depth: str | None = "working",
    checked: bool = False,
) -> Sheet:
    """Compose the sheet of ``function``.

    ``wrt`` names the variables to differentiate by, one derivative each; without it, all of them. ``at`` maps
    variables to values such as ``"1"`` or ``"pi/4"``. ``depth=None`` leaves the steps out. With ``checked``, a sheet
    for a point ends with the difference quotient there and with the verdict of the check.
    """
    lang = lang or preferred()
    names = tuple(wrt) or function.variables or ("x",)
    point = {name: _coordinate(value) for name, value in (at or {}).items()}
    slopes = []
    for name in names:
        derivative = function.diff(name, order=order)
        explanation, unexplained = None, None
        if depth is not None and len(names) == 1 and order:
            try:
                if derivative.size > EXPLAINED:
                    raise BudgetExceeded("large_derivative", size=f"{derivative.size:,}")
                explanation = function.explain(name, order=order, lang=lang, depth=depth)
            except BudgetExceeded as error:
                unexplained = error
        value = _value(function, derivative, name, point, order, lang) if point else None
        slopes.append(Slope(name, derivative, explanation, unexplained, value))
    made = Sheet(function, _name(function), order, tuple(slopes), point, lang)
    if not (checked and point and order == 1):
        return made
    numbers = all(slope.value is not None and slope.value.local is not None for slope in slopes)
    study = function.limit(point, names[0]) if numbers and len(names) == 1 else None
    return replace(made, study=study, report=function.check())


def _value(f: Function, derivative: Function, wrt: str, point: Mapping[str, Function], order: int, lang: str) -> Value:
    usable = {name: value for name, value in point.items() if name in f.variables}
    free = {*f.variables, *symbols(f.node)}
    if not free <= set(usable) or any(value.variables for value in point.values()):
        return Value(derivative.at(**usable).node, None, lambda _latex: "")
    found = local(f.node, wrt, {name: value.node for name, value in usable.items()}, order, derivative.node)
    exact = found.slope if found.kind in ("differentiable", "endpoint", "undecided") else None
    decimal = None if exact is None else found.decimal
    return Value(exact, decimal, lambda latex: sentence(found, lang, order=order, latex=latex), found)


def _coordinate(text: str) -> Function:
    value = formula(text)
    number = None if value.variables else decimal_of(value)
    if number is not None and not math.isfinite(number):
        raise DomainError("infinite_point", given=text)
    return value


def decimal_of(value: Callable[[], Any]) -> float | None:
    """A value in double precision: NaN outside the domain, ``None`` if it is no number (f'(2)) or too large."""
    try:
        return float(value())
    except (DomainError, ZeroDivisionError):
        return math.nan
    except (MibunError, OverflowError):
        return None


def equation(value: Value, *, latex: bool = False, lang: str = "en") -> str:
    """A value exactly and as a decimal, ``√2/2 ≈ 0.7071067812``; once, where both say the same."""
    assert value.exact is not None
    shown = notation.latex(value.exact, lang=lang) if latex else notation.text(value.exact, lang=lang)
    if value.decimal is None:
        return shown
    written, decimal = notation.ascii(value.exact), f"{value.decimal:.{DIGITS}g}"
    rational = re.fullmatch(r"(-?\d{1,30})(?:/(\d{1,30}))?", written)
    if written == decimal or (rational and rational[2] is None):
        return shown
    exactly = rational is not None and Fraction(written) == Fraction(decimal)
    mantissa, _, exponent = decimal.partition("e")
    if latex:
        decimal = rf"{mantissa} \times 10^{{{int(exponent)}}}" if exponent else mantissa
        return f"{shown} {'=' if exactly else chr(92) + 'approx'} {decimal}"
    return f"{shown} {'=' if exactly else '≈'} {decimal.replace('-', '−')}"


def reading_json(f: Function, lang: str) -> dict[str, Any]:
    """How a function was read, for programs."""
    notes = [
        {"span": list(note.span), "taken": note.taken, "others": list(note.others), "text": note.text(lang)}
        for note in f.notes
        if isinstance(note, Note)
    ]
    return {
        "f": f.ascii(),
        "name": f.name,
        "variables": list(f.variables),
        "notes": notes,
        "assumptions": [notation.ascii(node) for node in f.assumptions],
    }


def _limited(form: Callable[[Function], str], f: Function) -> str | None:
    try:
        return form(f)
    except BudgetExceeded:
        return None


def plain(line: Iterable[Span]) -> str:
    """A line without its roles."""
    return "".join(text for text, _ in line).rstrip()


def _name(f: Function) -> str:
    """The function's name, or another letter where the formula speaks of an abstract function of that name."""
    taken = set(re.findall(r"([A-Za-z]+)(?=['\[(])", f.ascii())) if f.size <= SHOWN else ()
    return next((name for name in (f.name, *"fghuvwFGH") if name not in taken), f.name)


def _beside(left: str, remarks: Sequence[str], width: int, role: str) -> list[Line]:
    """A formula with a remark to its right where there is room, below it otherwise."""
    lines: list[Line] = [[(line, role)] for line in wrap(left, width - 2, "  ", "      ")]
    rest = list(remarks)
    used = columns(left) + 2
    if len(lines) == 1 and len(rest) == 1:
        column = max(COLUMN, used + 3)
        if column + columns(rest[0]) <= width:
            return [[(" " * 2 + left, role), (" " * (column - used), ""), (rest[0], "note")]]
    for remark in rest:
        lines += [[(line, "note")] for line in wrap(remark, width, "      ", "      ")]
    return lines


def _superscript(number: int) -> str:
    return str(number).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))


def _variable(name: str) -> str:
    return notation.text(symbol(name))


def _latex_variable(name: str) -> str:
    return notation.latex(symbol(name))


def _align(rows: Sequence[str]) -> str:
    return "\\begin{align*}\n" + " \\\\\n".join(rows) + "\n\\end{align*}"
