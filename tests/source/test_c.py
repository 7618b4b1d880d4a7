"""C code: compiled under the strictest flags, it has the values that mibun has."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from flint import arb
from hypothesis import given, settings
from hypothesis import strategies as st
from tests import strategies
from tests.points import POINTS
from tests.source.build import COMPILER, function, library, program

import mibun as mb
from mibun import chain
from mibun.errors import ShapeError, UnsupportedOperation
from mibun.function import Function
from mibun.node import Node, postorder
from mibun.ops import FORMULA, apply, const, make, symbol
from mibun.run import balls, interpret
from mibun.run.safe import safe
from mibun.source import c, plan, source
from mibun.source.plan import HANDLED, Program

INF, NAN = math.inf, math.nan
X, Y, Z = symbol("x"), symbol("y"), symbol("z")
VALUED = [op for op, row in FORMULA.items() if row.kind in ("elementwise", "predicate")]
SPECIAL = [0.0, -0.0, 1.0, -1.0, INF, -INF, NAN, 5e-324, -5e-324, 1e-310, 1e-300, -1e-300, 1e300, -1e300, 0.5, -0.5]
SPECIAL += [1 + 2**-40, 2.0, -2.0, 3.0, 20.0, -20.0, 745.25, -745.25]


def same(found: float, wanted: float, rel: float = 1e-15, least: float = 5e-324) -> bool:
    return (
        found == wanted
        or (math.isnan(found) and math.isnan(wanted))
        or abs(found - wanted) <= max(rel * abs(wanted), least)
    )


def operation(op: str) -> Node:
    if op == "polygamma":
        return make(op, const(2), X)
    return make(op, *[X, Y, Z][: FORMULA[op].arity])


def test_it_covers_the_operations() -> None:
    assert c.COVERED == HANDLED


TOLERANCE = {"gamma": (2e-14, 0.0), "lgamma": (1e-14, 1e-15), "digamma": (2e-15, 2e-15), "polygamma": (1e-14, 1e-15)}


def test_every_operation() -> None:
    programs = [program(f"m_{op}", operation(op)) for op in VALUED]
    file = library(source(programs, "c", "en"))
    if file is None:
        return
    for op, each in zip(VALUED, programs, strict=True):
        call = function(file, each, plan.identifier(f"m_{op}"))
        names = each.variables
        points = [[float(number) for number in point][-len(names) :] for point in POINTS[op]]
        if len(names) == 1:
            points += [[value] for value in SPECIAL]
        else:
            points += [[x, y, 3.0][: len(names)] for x in SPECIAL for y in SPECIAL]
        rel, least = TOLERANCE.get(op, (1e-15, 5e-324))
        for point in points:
            wanted = float(interpret.call(each.nodes[0], dict(zip(names, point, strict=True))))
            if op in ("gamma", "lgamma", "digamma", "polygamma") and abs(point[0]) > 1e5 and point[0] < 0:
                continue  # whole numbers, as far as floats can tell
            if op == "pow" and point[0] == -INF:
                continue  # of (-∞)^0.5 C says ∞, NumPy what the processor does
            assert same(call(*point)[0], wanted, rel, least), (op, point, call(*point), wanted)


POWERS: list[int | float | Fraction] = [0, 1, 2, 3, 4, 5, 7, 12, 31, -1, -2, -3, -12, 40, -40]
POWERS += [
    Fraction(p, q) for p, q in [(1, 2), (-1, 2), (3, 2), (-3, 2), (5, 2), (1, 3), (2, 3), (-1, 3), (7, 3), (2, 5)]
]
POWERS += [Fraction(3, 5), Fraction(1, 4), Fraction(3, 4), 0.1, 2.5, -0.5, 2.0, 0.2]


def test_powers() -> None:
    programs = [program(f"p{i}", make("pow", X, const(n))) for i, n in enumerate(POWERS)]
    programs.append(program("base", make("pow", const(2), X)))
    file = library(source(programs, "c", "en"))
    if file is None:
        return
    for n, each in zip([*POWERS, 0], programs, strict=True):
        call = function(file, each)
        for x in [0.7, -0.7, 3.25, -8.0, 1e-3, 1e3, 0.0, -0.0, INF, -INF, NAN, 1.0]:
            wanted = float(interpret.call(each.nodes[0], {"x": x}))
            if x == -INF and type(n) is float:
                continue  # C says ∞ of (-∞)^0.5
            assert same(call(x)[0], wanted, 3e-16 * (4 + abs(n))), (n, x, call(x), wanted)


FORMULAS = [
    "x^2/2",
    "sin(x^2) e^(-x) + ln(1 + x^2)",
    "e^(-x^2/2)/sqrt(2 pi)",
    "1/(1 + e^(-x))",
    "tanh(x)^2 - sigmoid(3x)",
    "4*(x^(-12) - x^(-6))",
    "x^3/(e^x - 1)",
    "x^x",
    "where(x > 1, ln(x), x - 1)",
    "|x - 2| + floor(x) max(x, 1) + min(x, 2)",
    "f(x, y) = (1 - x)^2 + 100 (y - x^2)^2",
    "f(x, y) = atan2(y, x) + hypot(x, y) + log(x, y + 1)",
    "f(x, y, z) = (x^2 + y^2 + z^2)^(-1/2)",
    "f(x, y) = ln(e^x + e^y) + x^y",
    "f(S, K, r, s, t) = S (1 + erf((ln(S/K) + (r + s^2/2) t)/(s sqrt(2 t))))/2",
    "f(x) = a x^2 + b",
    "asin(x/4) acos(x/5) atan(x) + asec(x + 3) acsc(x + 2) acot(x)",
    "asinh(x) + acosh(x + 1) + atanh(x/9) + asech(x/9) + acsch(x) + acoth(x + 2)",
    "sec(x) + csc(x) + cot(x) + sech(x) + csch(x) + coth(x)",
    "gamma(x) + lgamma(x + 1) + digamma(x) + polygamma(3, x)",
    "relu(x - 1) + softplus(x) + x^(1/3) + sgn(x)",
]


@pytest.mark.parametrize("text", FORMULAS)
@pytest.mark.parametrize("derivatives", [0, 1, 2])
def test_functions_with_derivatives(text: str, derivatives: int) -> None:
    f = mb.function(text)
    made = f._program("c", derivatives)
    code = f.source("c", derivatives=derivatives, lang="en")
    assert f"double {made.title}(double" in code
    file = library(code)
    if file is None:
        return
    call = function(file, made)
    reference = interpret.program(safe(made.nodes), made.arguments)
    names = made.arguments
    for start in (0.4, 1.25, 2.5):
        point = [start + 0.375 * i for i in range(len(names))]
        wanted = [float(value) for value in reference(*map(np.float64, point))]
        found = call(*point)
        assert found == pytest.approx(wanted, rel=2e-13, abs=1e-14, nan_ok=True), point
        at = dict(zip(names, point, strict=True))
        assert found[0] == pytest.approx(f(**at), rel=1e-12, nan_ok=True)
        if derivatives:
            slopes = f.gradient()(**at)
            assert found[1 : len(slopes) + 1] == pytest.approx(slopes.tolist(), rel=1e-9, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("text", [text for text in FORMULAS if "gamma" not in text])
def test_derived_functions(text: str) -> None:
    f = mb.function(text)
    for g in (f.diff(f.variables[0]), f.gradient(), f.hessian(), f.gradient()[0], f.diff(f.variables[0], order=2)):
        made = g._program("c", 0)
        file = library(g.source("c"))
        if file is not None:
            point = [0.75 + 0.5 * i for i in range(len(made.arguments))]
            found = function(file, made)(*point)
            wanted = np.ravel(g(**dict(zip(made.arguments, point, strict=True)))).tolist()
            assert found == pytest.approx(wanted, rel=1e-9, abs=1e-12, nan_ok=True)


def test_titles() -> None:
    f, g = mb.function("x^2 y"), mb.function("g(t) = sin t")
    heads = {
        f.source("c"): "double f(double x, double y)",
        f.gradient().source("c"): "void f_grad(double x, double y, double out[2])",
        f.hessian().source("c"): "void f_hess(double x, double y, double out[4])",
        f.diff("y").source("c"): "double f_y(double x, double y)",
        f.diff("x", "y").source("c"): "double f_x_y(double x, double y)",
        f.gradient()[1].source("c"): "double f_y(double x, double y)",
        f.hessian()[0].source("c"): "void f_x_grad(double x, double y, double out[2])",
        f.hessian()[0, 1].source("c"): "double f_x_y(double x, double y)",
        g.diff().source("c"): "double dg(double t)",
        g.diff(order=3).source("c"): "double d3g(double t)",
        f.source("c", derivatives=1): "double f_value_and_grad(double x, double y, double grad[2])",
        f.source("c", derivatives=2): "double f_value_grad_hess(double x, double y, double grad[2], double hess[4])",
        f.source("c", name="area"): "double area(double x, double y)",
        mb.function(5).source("c"): "double f(void)",
        mb.function(5).gradient().source("c"): "void f_grad(double out[1])",
    }
    for text, head in heads.items():
        assert f"\n{head}\n{{\n" in text
        library(text)


def test_names() -> None:
    f = mb.function("θ^2 + λ_1", variables="θ λ_1")
    assert "double f(double theta, double lambda_1)" in f.source("c")
    words = [
        "y0",
        "j1",
        "double",
        "int",
        "exp",
        "sin",
        "I",
        "out",
        "grad",
        "t1",
        "f",
        "M_PI",
        "sigmoid",
        "x2",
        "x",
        "sin_x",
    ]
    total = const(0)
    for word in words:
        total = make("add", total, make("mul", symbol(word), symbol(word)))
    total = make("add", make("add", total, make("sigmoid", X)), make("mul", make("sin", X), make("sin", X)))
    made = Program("f", tuple(words), tuple(words), (total,), (total,), (), (), 0)
    text = source([made], "c", "en")
    for word in ("y0_", "j1_", "double_", "exp_", "I_", "f_", "sigmoid_", "sin_x"):
        assert f"double {word}," in text or f"double {word})" in text
    file = library(text)
    values = [0.5 + i / 8 for i in range(len(words))]
    x = values[words.index("x")]
    wanted = sum([value * value for value in values]) + 1 / (1 + math.exp(-x)) + math.sin(x) ** 2
    if file is not None:
        assert function(file, made)(*values)[0] == pytest.approx(wanted, rel=1e-14)


def test_the_text() -> None:
    f = mb.function("x^2 y + sin(x) e^(-y^2)")
    assert f.source("c", derivatives=1, lang="ko") == (
        """\
/* mibun으로 만든 코드. */

#include <math.h>

/* f(x, y) = x^2*y + sin(x)*e^(-y^2)
   함숫값을 돌려주고, x, y로 편미분한 값을 차례로 grad에 씁니다. */
double f_value_and_grad(double x, double y, double grad[2])
{
    const double x2 = x * x;
    const double t1 = exp(-y * y);
    const double t2 = sin(x) * t1;
    grad[0] = cos(x) * t1 + 2.0 * x * y;
    grad[1] = x2 - 2.0 * y * t2;
    return x2 * y + t2;
}
"""
    )
    assert "Returns the value; grad receives the derivatives by x, y." in f.source("c", derivatives=1, lang="en")


def test_only_helpers_that_are_used() -> None:
    text = mb.function("sigmoid(x) + digamma(x)").source("c")
    assert [name for name in [*c.HELPERS, "polygamma_1"] if f"static double {name}(" in text] == [
        "sigmoid",
        "cot_pi",
        "digamma",
    ]
    assert "static" not in mb.function("sin(x) + x^(1/3)").source("c")


def test_numbers_are_exact() -> None:
    for value in (0.1, 1 / 3, 5e-324, 1.7976931348623157e308, 2.0**-1022, math.pi, 12345678901234567.0):
        assert float(c.number(value)) == value
    assert c.number(10**400) == "INFINITY"
    assert "1.0 / 3.0" not in mb.function("x/3").source("c")
    assert "x / 3.0" in mb.function("x/3").source("c")


def test_several_functions_in_one_file() -> None:
    f, g = mb.function("f(x) = sigmoid(x)"), mb.function("g(x) = x sigmoid(2x)")
    text = source([f._program("c", 1), g._program("c", 0)], "c", "en")
    assert text.count("static double sigmoid(") == 1
    library(text)


def test_what_cannot_be_written() -> None:
    for node in (apply("f", X), make("derivative", make("sin", X), X)):
        for language in ("c", "numpy", "latex", "llvm"):
            if language == "latex":
                continue
            with pytest.raises(UnsupportedOperation) as caught:
                source([program("f", node)], language, "en")
            assert caught.value.text("ko")
    with pytest.raises(UnsupportedOperation) as caught:
        mb.function("x").source("fortran")
    assert caught.value.key == "source_language"
    assert "latex" in caught.value.text("en")
    for order in (3, -1, True):
        with pytest.raises(ShapeError):
            mb.function("x").source("c", derivatives=order)
    with pytest.raises(ShapeError):
        mb.function("x y").gradient().source("c", derivatives=1)
    with pytest.raises(UnsupportedOperation) as caught:
        mb.function("polygamma(n, x)").source("c")
    assert caught.value.key == "source_order"
    for lang in ("en", "ko"):
        for key in ("source_language", "source_order", "source_derivatives", "source_operation"):
            assert UnsupportedOperation(key, given=1, languages="", limit=1, order=1, name="f").text(lang)


@pytest.mark.parametrize("name", ["cexp", "clogf", "cimagl", "strncat", "vsnprintf", "imaxabs", "iswalpha", "towlower"])
def test_names_that_compilers_know(name: str) -> None:
    text = mb.function("x^2").source("c", name=name)
    assert f"double {name}_(double x)" in text
    library(text)


def test_names_of_helpers_are_not_variables() -> None:
    x, other = symbol("x"), symbol("polygamma_1")
    f = Function(make("add", make("polygamma", const(1), x), other), variables=("x", "polygamma_1"))
    text = f.source("c")
    assert "double x, double polygamma_1_)" in text
    library(text)


@pytest.mark.parametrize("name", ["", "a b", "f*/ int evil(void); /*", 'f"""; import os; """', "1f", "f(x)", 3])
@pytest.mark.parametrize("language", ["c", "numpy", "latex", "llvm"])
def test_names_that_are_none(name: Any, language: str) -> None:
    with pytest.raises(mb.UnsupportedOperation, match="no name for a function"):
        mb.function("x^2").source(language, name=name)


@pytest.mark.parametrize("derivatives", [3, -1, 1.0, "1", True, None])
def test_derivatives_that_are_none(derivatives: Any) -> None:
    with pytest.raises(mb.MibunError, match=re.escape(f"derivatives={derivatives!r} is not possible")):
        mb.function("x^2").source("c", derivatives=derivatives)


def test_large_formulas_have_short_lines() -> None:
    node = X
    for i in range(3000):
        node = make("add", make("mul", make("sin", node), const(i + 2)), Y)
    text = source([program("f", node)], "c", "en")
    assert max(map(len, text.splitlines())) <= 110
    file = library(text)
    if file is not None:
        found = function(file, program("f", node))(0.5, 0.25)[0]
        assert math.isfinite(found)


# Random graphs

RANDOM = [op for op in VALUED if op not in ("gamma", "polygamma", "derivative", "apply")]
places = st.floats(-4, 4) | st.floats(-800, 800) | st.sampled_from(SPECIAL)


def agree(node: Node, found: float, at: dict[str, float]) -> bool:
    wanted = float(interpret.call(safe([node])[0], at))
    if same(found, wanted, 1e-12, 1e-300):
        return True
    if not all(map(math.isfinite, at.values())):
        return _lost(node, at)
    with balls.precision(44):
        about = balls.evaluate(node, {name: arb(value) for name, value in at.items()})
    if about is None or isinstance(about, bool) or not about.is_finite():
        return True  # at an edge, which rounding may have crossed
    return _lost(node, at) or bool(abs(arb(found) - about.mid()) <= about.rad() * 2 + 1e-300)


def _lost(node: Node, at: dict[str, float]) -> bool:
    """Whether something is infinite, or near an end of the range of floats."""
    values = [float(value) for value in interpret.call_all(postorder(node, *safe([node])), at)]
    return any(not math.isfinite(value) or (value and not 1e-290 < abs(value) < 1e290) for value in values)


@given(
    st.lists(strategies.nodes(ops=[*RANDOM, "symbol", "const", "e", "pi"]), min_size=6, max_size=6),
    st.lists(st.tuples(places, places), min_size=4, max_size=4),
)
@settings(max_examples=max(settings.default.max_examples // 4, 1))
def test_random_graphs(nodes: list[Node], points: list[tuple[float, float]]) -> None:
    names = ("x", "y")
    programs = [Program(f"f{i}", names, names, (node,), (node,)) for i, node in enumerate(nodes)]
    nodes = [*nodes, *[chain.push(node, X).result for node in nodes]]
    programs += [Program(f"g{i}", names, names, (node,), (node,)) for i, node in enumerate(nodes[6:])]
    file = library(source(programs, "c", "en"))
    if file is None:
        return
    for node, each in zip(nodes, programs, strict=True):
        call = function(file, each)
        for x, y in points:
            assert agree(node, call(x, y)[0], {"x": x, "y": y}), (source([each], "c", "en"), x, y)


def test_there_is_a_compiler_or_the_text_was_checked() -> None:
    assert COMPILER is None or library(mb.function("x").source("c")) is not None
