"""Plain text: every row of the design's table, what else people write, and what cannot be read."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from functools import reduce
from math import isclose, isnan
from pathlib import Path

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from tests import oracle
from tests.read.build import a, alpha, b, beta, c, d, e, f, h, half, k, n, o, pi, theta, u, w1, x, x_1, y, z
from tests.strategies import nodes

from mibun.errors import BudgetExceeded, MibunError, ParseError, UnsupportedOperation
from mibun.messages import MESSAGES
from mibun.node import Node, postorder, symbols
from mibun.ops import const, symbol
from mibun.read import Reading, read, read_text
from mibun.write.notation import ascii

DATA = Path(__file__).parents[1] / "data"
ROWS = [json.loads(line) for line in (DATA / "antiderivatives.jsonl").read_text().splitlines()]
sinx, cosx = o("sin", x), o("cos", x)
square = o("pow", x, 2)

# (text, graph, readings of its notes: taken | other)
PLAIN: list[tuple[str, Node, str]] = [
    # The design's table, in its order
    ("1/2x", o("mul", half(), x), "(1/2)*x | 1/(2*x)"),
    ("1/2 x^2", o("mul", half(), square), "(1/2)*x^2 | 1/(2*x^2)"),
    ("1/2xy", o("mul", o("mul", half(), x), y), "(1/2)*x*y | 1/(2*x*y)"),
    ("a/b c", o("mul", o("div", a, b), c), "(a/b)*c | a/(b*c)"),
    ("x^2y", o("mul", square, y), "(x^2)*y | x^(2*y)"),
    ("x^2 y", o("mul", square, y), ""),
    ("e^2x", o("mul", o("exp", 2), x), "(e^2)*x | e^(2*x)"),
    ("x^y^z", o("pow", x, o("pow", y, z)), ""),
    ("-x^2", o("neg", square), ""),
    ("x^-2", o("pow", x, -2), ""),
    ("2x^2 + xy + 5y", o("add", o("add", o("mul", 2, square), o("mul", x, y)), o("mul", 5, y)), ""),
    ("sin 2x", o("sin", o("mul", 2, x)), ""),
    ("sin 2pi x", o("sin", o("mul", o("mul", 2, pi), x)), ""),
    ("ln xy", o("ln", o("mul", x, y)), "ln(x*y) | ln(x)*y"),
    ("sin 2xy", o("sin", o("mul", o("mul", 2, x), y)), "sin(2*x*y) | sin(2*x)*y"),
    ("sin x cos y", o("mul", sinx, o("cos", y)), ""),
    ("ln x f(x)", o("mul", o("ln", x), f(x)), ""),
    ("sin x/x", o("div", sinx, x), "sin(x)/x | sin(x/x)"),
    ("sin 2*x", o("mul", o("sin", 2), x), "sin(2)*x | sin(2*x)"),
    ("sin x + 1", o("add", sinx, 1), ""),
    ("sin x * cos x", o("mul", sinx, cosx), ""),
    ("sin x^2", o("sin", square), "sin(x^2) | sin(x)^2"),
    ("sin^2 x", o("pow", sinx, 2), ""),
    ("sin²x", o("pow", sinx, 2), ""),
    ("sin^n x", o("pow", sinx, n), ""),
    ("sin^(2n) (x)", o("pow", sinx, o("mul", 2, n)), ""),
    ("sin(x)^2", o("pow", sinx, 2), ""),
    ("sin^-1 x", o("asin", x), "asin(x) | 1/sin(x)"),
    ("tanh⁻¹(x)", o("atanh", x), "atanh(x) | 1/tanh(x)"),
    ("e", e, ""),
    ("pi", pi, ""),
    ("2π", o("mul", 2, pi), ""),
    ("ln x", o("ln", x), ""),
    ("lg x", o("log", x, 10), ""),
    ("log_a x", o("log", x, a), ""),
    ("log_ax", o("log", x, a), ""),
    ("log_10 x", o("log", x, 10), ""),
    ("log_{10} x", o("log", x, 10), ""),
    ("log₂ x", o("log", x, 2), ""),
    ("log_(a+1)(x)", o("log", x, o("add", a, 1)), ""),
    ("log_2^3 x", o("pow", o("log", x, 2), 3), ""),
    ("log(x, 2)", o("log", x, 2), ""),
    ("log x", o("ln", x), "ln(x) | log(x, 10)"),
    ("log(x+1)", o("ln", o("add", x, 1)), "ln(x+1) | log(x+1, 10)"),
    ("x(x+1)", o("mul", x, o("add", x, 1)), ""),
    ("f(x)", f(x), ""),
    ("g(x, y) + h(1)", o("add", f(x, y, name="g"), f(const(1), name="h")), ""),
    ("xcos(x)", o("mul", x, cosx), ""),
    ("xlnx", o("mul", x, o("ln", x)), ""),
    ("w1*x_1", o("mul", w1, x_1), ""),
    ("f'(x)", f(x, orders=(1,)), ""),
    ("f''(a)", f(a, orders=(2,)), ""),
    ("(x^2)'", d(square, x), "diff(x^2, x) | x^2"),
    ("(x^2)''", d(square, x, x), "diff(x^2, x, 2) | x^2"),
    ("(a^x)' + 1", o("add", d(o("pow", a, x), x), 1), ""),
    ("(xy)' + 1", o("add", d(o("mul", x, y), x), 1), "d/dx (x*y) | d/dy (x*y)"),
    ("d/dx x^2", d(square, x), "diff(x^2, x) | x^2"),
    ("{d/dx x^2}", d(square, x), "diff(x^2, x) | x^2"),
    ("diff(x^2, x)", d(square, x), ""),
    ("y = d/dx x^2", d(square, x), ""),
    ("d/dx x^2*y + 1", o("add", d(o("mul", square, y), x), 1), ""),
    ("2 d/dx sin x", o("mul", 2, d(sinx, x)), ""),
    ("1 + d/dx (x+1)x", o("add", 1, d(o("mul", o("add", x, 1), x), x)), "d/dx ((x+1)*x) | (d/dx (x+1))*x"),
    ("d^2/dx^2 x^3", d(o("pow", x, 3), x, x), "diff(x^3, x, 2) | x^3"),
    ("∂f/∂x", f(x, orders=(1,)), ""),
    ("∂²f/∂x∂y", f(x, y, orders=(1, 1)), ""),
    ("dy/dx", f(x, name="y", orders=(1,)), ""),
    ("(dy/dx)^2", o("pow", f(x, name="y", orders=(1,)), 2), ""),
    ("d²y/dx²", f(x, name="y", orders=(2,)), ""),
    ("d(x^2+1)/dx + 2", o("add", d(o("add", square, 1), x), 2), ""),
    ("d(x^2)/dx", d(square, x), "diff(x^2, x) | x^2"),
    ("df(x)/dx", d(f(x), x), "diff(f(x), x) | f(x)"),
    ("∂^2(x*y)/∂x∂y", d(o("mul", x, y), y, x), "diff(x*y, y, x) | x*y"),
    ("|x|", o("abs", x), ""),
    ("|x||y|", o("mul", o("abs", x), o("abs", y)), ""),
    ("||x|-1|", o("abs", o("sub", o("abs", x), 1)), ""),
    ("2|x|", o("mul", 2, o("abs", x)), ""),
    ("|x|y|z|", o("mul", o("mul", o("abs", x), y), o("abs", z)), "abs(x)*y*abs(...) | abs(x*abs(y)*...)"),
    ("ln|x|/x", o("div", o("ln", o("abs", x)), x), ""),
    ("(-8)^(1/3)", o("pow", -8, half(1, 3)), "-(8^(1/3)) | 8^(1/3)*e^(i*pi/3)"),
    ("(-8)^(2/3)", o("pow", -8, half(2, 3)), "8^(2/3) | 8^(2/3)*e^(2*i*pi/3)"),
    ("2×x·y÷z−1", o("sub", o("div", o("mul", o("mul", 2, x), y), z), 1), ""),
    ("√x + √(x+1)", o("add", o("sqrt", x), o("sqrt", o("add", x, 1))), ""),
    ("√2x", o("mul", o("sqrt", 2), x), "sqrt(2)*x | sqrt(2*x)"),
    ("∛2x", o("mul", o("pow", 2, half(1, 3)), x), "cbrt(2)*x | cbrt(2*x)"),
    ("sqrt2x", o("sqrt", o("mul", 2, x)), "sqrt(2*x) | sqrt(2)*x"),
    ("√(x)y", o("mul", o("sqrt", x), y), ""),
    ("√x²", o("sqrt", square), "sqrt(x^2) | sqrt(x)^2"),
    ("sqrt x^2", o("sqrt", square), "sqrt(x^2) | sqrt(x)^2"),
    ("√(x+1)^2", o("sqrt", o("pow", o("add", x, 1), 2)), "sqrt((x+1)^2) | sqrt(x+1)^2"),
    ("³√x + ⁿ√y", o("add", o("pow", x, half(1, 3)), o("pow", y, o("div", 1, n))), ""),
    ("2 ³√x", o("mul", 2, o("pow", x, half(1, 3))), ""),
    ("x³√y", o("mul", o("pow", x, 3), o("sqrt", y)), ""),
    ("nthroot(x, 3) + root(x, 3)", o("add", o("pow", x, half(1, 3)), o("pow", x, half(1, 3))), ""),
    ("∛x + cbrt(x)", o("add", o("pow", x, half(1, 3)), o("pow", x, half(1, 3))), ""),
    ("½x + xⁿ⁺¹", o("add", o("mul", half(), x), o("pow", x, o("add", n, 1))), ""),
    ("θ²x⁻¹", o("mul", o("pow", theta, 2), o("pow", x, -1)), ""),
    ("（ｘ＋１）＊２", o("mul", o("add", x, 1), 2), ""),
    # What is written is kept
    ("-2*x", o("mul", -2, x), ""),
    ("-1/2", half(-1), ""),
    ("1/2^x", o("div", 1, o("pow", 2, x)), ""),
    ("2*-3", o("mul", 2, -3), ""),
    ("1 + -2", o("add", 1, -2), ""),
    ("1 - 2", o("sub", 1, 2), ""),
    ("1 - -2", o("sub", 1, -2), ""),
    ("-2^x", o("neg", o("pow", 2, x)), ""),
    ("-x*y/2", o("neg", o("div", o("mul", x, y), 2)), ""),
    ("-(2)", o("neg", 2), ""),
    ("(-2)^2", o("pow", -2, 2), ""),
    ("--x", o("neg", o("neg", x)), ""),
    ("x + -y*z", o("add", x, o("neg", o("mul", y, z))), ""),
    ("2*-x*y", o("mul", o("mul", 2, o("neg", x)), y), ""),
    ("x^-y*z", o("mul", o("pow", x, o("neg", y)), z), ""),
    ("x^-y^z", o("pow", x, o("neg", o("pow", y, z))), ""),
    ("2/4", o("div", 2, 4), ""),
    ("6/3", o("div", 6, 3), ""),
    ("(1)/2", o("div", 1, 2), ""),
    ("1/2/3", o("div", half(), 3), ""),
    ("x*2/3", o("div", o("mul", x, 2), 3), ""),
    ("x^1/2", o("div", o("pow", x, 1), 2), "(x^1)/2 | x^(1/2)"),
    ("3x^-3/2", o("div", o("mul", 3, o("pow", x, -3)), 2), "(3*x^-3)/2 | 3*x^(-3/2)"),
    ("x^-2/2", o("div", o("pow", x, -2), 2), ""),
    ("x^1 / 2", o("div", o("pow", x, 1), 2), ""),
    ("x^(1)/2", o("div", o("pow", x, 1), 2), ""),
    ("x^3/2", o("div", o("pow", x, 3), 2), ""),
    ("x^(1/2)", o("pow", x, half()), ""),
    ("(e)^x", o("pow", e, x), ""),
    ("exp(x)", o("exp", x), ""),
    ("exp x", o("exp", x), ""),
    ("x**2", square, ""),
    ("1e-3 + .5 + 1.", o("add", o("add", 0.001, 0.5), 1.0), ""),
    ("2e", o("mul", 2, e), ""),
    ("9" * 1000, const(int("9" * 1000)), ""),
    # Names
    ("sinhx", o("sinh", x), ""),
    ("sin2x", o("sin", o("mul", 2, x)), ""),
    ("x1y2", o("mul", symbol("x1"), symbol("y2")), ""),
    ("a_1b_2", o("mul", symbol("a_1"), symbol("b_2")), ""),
    ("x_{12} + x₁₂", o("add", symbol("x_12"), symbol("x_12")), ""),
    ("alphaβ", o("mul", alpha, beta), ""),
    ("thetax", o("mul", theta, x), ""),
    ("arctan x + arsinh(x)", o("add", o("atan", x), o("asinh", x)), ""),
    ("tg x ctg x cosec x", o("mul", o("mul", o("tan", x), o("cot", x)), o("csc", x)), ""),
    ("Sin(x)", sinx, ""),
    ("abs(x)sgn(x)", o("mul", o("abs", x), o("sign", x)), ""),
    ("gamma(x) + gamma", o("add", o("gamma", x), symbol("gamma")), ""),
    ("Γ(x) + ψ(x) + γ(x)", o("add", o("add", o("gamma", x), o("digamma", x)), o("mul", symbol("gamma"), x)), ""),
    ("xy(x+1)", o("mul", o("mul", x, y), o("add", x, 1)), ""),
    ("log2(x) + log10(x)", o("add", o("log", x, 2), o("log", x, 10)), ""),
    ("log2 x", o("log", x, 2), "log(x, 2) | log(2*x)"),
    ("exp2x", o("exp", o("mul", 2, x)), "exp(2*x) | 2^x"),
    ("exp2(x) + xexp2(x)", o("add", o("pow", 2, x), o("mul", x, o("pow", 2, x))), ""),
    ("arctan2x + atan2 x", o("add", *[o("atan", o("mul", 2, x))] * 2), ""),
    ("arctan2(y, x)", o("atan2", y, x), ""),
    ("True", reduce(lambda p, q: o("mul", p, q), [symbol("T"), symbol("r"), u, e]), "T*r*u*e | True"),
    ("xyz", o("mul", o("mul", x, y), z), ""),
    # Lines
    ("(x\ny) +\n2", o("add", o("mul", x, y), 2), ""),
    ("x\n - y\n", o("sub", x, y), ""),
    # The rest
    ("sin cos x", o("sin", cosx), ""),
    ("-sin x + cos x", o("add", o("neg", sinx), cosx), ""),
    ("sin -x", o("sin", o("neg", x)), ""),
    ("ln e^x", o("ln", o("exp", x)), ""),
    ("x!", o("gamma", o("add", x, 1)), ""),
    ("max(a, b, c)", o("max", o("max", a, b), c), ""),
    ("where(x > 0, x, -x)", o("where", o("gt", x, 0), x, o("neg", x)), ""),
    ("where(x = 0, 1, x)", o("where", o("eq", x, 0), 1, x), ""),
    ("where(a < b <= c, 1, 0)", o("where", o("and", o("lt", a, b), o("le", b, c)), 1, 0), ""),
    (
        "where(x ≤ 1 or not y ≠ 2 and z >= 3, 1, 0)",
        o("where", o("or", o("le", x, 1), o("and", o("not", o("ne", y, 2)), o("ge", z, 3))), 1, 0),
        "",
    ),
    ("⌊x⌋ + ⌈x⌉", o("add", o("floor", x), o("ceil", x)), ""),
    ("[x + {1}]", o("add", x, 1), ""),
    ("f[1,0](x, y)", f(x, y, orders=(1, 0)), ""),
    ("f^{(3)}(x)", f(x, orders=(3,)), ""),
    ("f^(3)(x)", f(x, orders=(3,)), "f[3](...) | f(...)^3"),
    ("f^2(x)", o("pow", f(x), 2), "f(x)^2 | f(f(x))"),
    ("f'", f(x, orders=(1,)), ""),
    ("y''", f(x, name="y", orders=(2,)), ""),
    ("sin'(x)", d(sinx, x), ""),
    ("diff(u, x, 2)", d(u, x, x), ""),
    ("(f(x+h) - f(x))/h", o("div", o("sub", f(o("add", x, h)), f(x)), h), ""),
    ("k a x^(k-1)", o("mul", o("mul", k, a), o("pow", x, o("sub", k, 1))), ""),
]


@pytest.mark.parametrize(("source", "node", "notes"), PLAIN, ids=[row[0][:40] for row in PLAIN])
def test_readings(source: str, node: Node, notes: str) -> None:
    reading = read(source)
    assert reading.node is node, ascii(reading.node)
    assert reading.name == ("y" if source.startswith("y =") else "f")
    assert reading.variables == symbols(node)
    assert reading.source == source
    assert [f"{note.taken} | {', '.join(note.others)}" for note in reading.notes] == ([notes] if notes else [])
    if notes:
        with pytest.raises(ParseError) as caught:
            read(source, strict=True)
        assert caught.value.key == "ambiguous"
        assert caught.value.span == reading.notes[0].span
    else:
        assert read(source, strict=True).node is node


def test_two_notes() -> None:
    assert [note.span for note in read("1/x^2y").notes] == [(0, 6), (2, 6)]
    assert {note.taken for note in read("log x + 1/2x").notes} == {"ln(x)", "(1/2)*x"}


def test_a_logarithm_is_called_the_same_in_all_notes() -> None:
    assert [note.taken for note in read("log xy").notes] == ["ln(x*y)", "ln(x*y)"]
    assert [note.taken for note in read("log xy", profile="ko-school").notes] == ["log(x*y)"]
    assert "ko-school" in read("log x").notes[0].text("ko")


def test_note_text() -> None:
    (note,) = read("1/2x").notes
    assert note.text("en") == "Read as (1/2)*x; it could also mean 1/(2*x)."
    assert note.text("ko") == "(1/2)*x로 읽었습니다. 1/(2*x)로 읽을 수도 있습니다."


def test_profile() -> None:
    for source in ("log x", "log(x)"):
        reading = read(source, profile="ko-school", strict=True)
        assert reading.node is o("log", x, 10)
        assert not reading.notes
    assert read("log_2 x", profile="ko-school").node is o("log", x, 2)
    with pytest.raises(UnsupportedOperation):
        read("x", profile="fr-school")


def test_assumptions() -> None:
    positive = (o("gt", a, 0), o("ne", a, 1))
    for source in ("a^x", "a^(f(x))", "log_a x", "log(x, a)"):
        assert read(source).assumptions == positive
    for source in ("x^n", "x^y", "a^n", "e^x", "f(a, x) = a^x"):
        assert read(source).assumptions == ()


HEADERS = [
    ("f(x, y) = 2x^2 + xy + 5y", "f", ("x", "y"), read("2x^2 + xy + 5y").node),
    ("f(y, x)=x", "f", ("y", "x"), x),
    ("y = x^2", "y", ("x",), square),
    ("z_1 = x", "z_1", ("x",), x),
    ("{f(x)=x^2}", "f", ("x",), square),
    ("(f(x)=x^{2})", "f", ("x",), square),
    ("[ ( y = x^2 ) ]", "y", ("x",), square),
    ("y = 2", "y", (), const(2)),
    ("loss = b a", "loss", ("a", "b"), o("mul", b, a)),
    ("f'(x) = 2x", "f'", ("x",), o("mul", 2, x)),
    ("f(e, x) = e^x", "f", ("e", "x"), o("pow", symbol("e"), x)),
    ("f(pi) = 2pi", "f", ("pi",), o("mul", 2, symbol("pi"))),
    ("g(f) = f(f+1)", "g", ("f",), o("mul", symbol("f"), o("add", symbol("f"), 1))),
    ("F(x) = x F(x)", "F", ("x",), o("mul", x, f(x, name="F"))),
    ("f(rate, q5) = 2rate q5", "f", ("rate", "q5"), o("mul", o("mul", 2, symbol("rate")), symbol("q5"))),
    ("f(θ) = sin θ", "f", ("theta",), o("sin", theta)),
    ("f(w1) = w_1 + w1", "f", ("w1",), o("add", w1, w1)),
    ("f() = 3", "f", (), const(3)),
    ("f(d, x) = d/dx", "f", ("d", "x"), o("mul", o("div", symbol("d"), symbol("d")), x)),
]


@pytest.mark.parametrize(("source", "name", "variables", "node"), HEADERS)
def test_headers(source: str, name: str, variables: tuple[str, ...], node: Node) -> None:
    reading = read(source)
    assert (reading.name, reading.variables) == (name, variables)
    assert reading.node is node


def test_numbers_in_names_are_ordered_by_value() -> None:
    assert read("x_10 + x_2 + x_1 + x + b2 + a10").variables == ("a10", "b2", "x", "x_1", "x_2", "x_10")


def test_words() -> None:
    (note,) = read("2 + infinity").notes
    assert note.span == (4, 12)
    assert "infinity" in note.text("en")
    assert len(read("import os").notes) == 1
    assert not read("f(a, b, c, d) = abcd").notes


def test_variables() -> None:
    reading = read("WFrad*e + f(x)", variables=("WFrad", "e", "f", "x"))
    assert reading.variables == ("WFrad", "e", "f", "x")
    product = o("mul", symbol("f"), x)
    assert reading.node is o("add", o("mul", symbol("WFrad"), symbol("e")), product)


# (text, key, what is underlined)
ERRORS = [
    ("", "empty", ""),
    ("  ", "empty", "  "),
    ("f(x) =", "empty", "f(x) ="),
    ("2 1/2", "two_numbers", "2 1/2"),
    ("12 3", "two_numbers", "12 3"),
    ("2½", "two_numbers", "2½"),
    ("1.5.2", "two_numbers", "1.5.2"),
    ("x 2", "number_after", "2"),
    ("(x+1)2", "number_after", "2"),
    ("x +", "missing_after", "+"),
    ("x + * 2", "missing_after", "+"),
    ("(x+)", "missing_after", "+"),
    ("x^", "missing_after", "^"),
    ("* 3", "unexpected", "*"),
    (")", "unopened", ")"),
    ("x)", "unopened", ")"),
    ("(x", "unclosed", "("),
    ("sin(x", "unclosed", "("),
    ("|x", "unclosed", "|"),
    ("(|x)", "unclosed", "|"),
    ("((", "unclosed", "("),
    ("(x]", "mismatch", "(x]"),
    ("()", "empty_brackets", "()"),
    ("sin()", "empty_brackets", "()"),
    ("sin", "needs_argument", "sin"),
    ("sin * 2", "needs_argument", "sin"),
    ("min(x)", "argument_least", "min(x)"),
    ("log(x, 2, 3)", "argument_range", "log(x, 2, 3)"),
    ("sin(x, y)", "argument_count", "sin(x, y)"),
    ("f[1,0](x)", "argument_count", "f[1,0](x)"),
    ("x^2, x^3", "one_function", ","),
    ("x^2\nx^3", "one_function", "x"),
    ("x\r\n2", "one_function", "2"),
    ("f(x) = x\ng(x) = 2", "one_function", "g"),
    ("3,14", "comma", ","),
    ("x>2", "condition_alone", "x>2"),
    (" x ≤ 2 ", "condition_alone", "x ≤ 2"),
    ("f(x) == x", "condition_alone", "f(x) == x"),
    ("f(x) = x < 1", "condition_alone", "f(x) = x < 1"),
    ("(x=2)", "equation", "="),
    ("x = 1", "equation", "="),
    ("y = y + 1", "equation", "="),
    ("y' = 2y", "equation", "="),
    ("x^2 dx", "differential", "dx"),
    ("x^2 if x>0 else -x", "words_where", "if"),
    ("derivative of x^2", "words_diff", "derivative"),
    ("max x", "needs_brackets", "max"),
    ("cases(1, x < 0, 2, x > 1)", "open_cases", "cases(1, x < 0, 2, x > 1)"),
    ("cases(1, x < a, 2, x > b)", "unclear_cases", "cases(1, x < a, 2, x > b)"),
    ("1,000", "comma", ","),
    ("x^2 = 1", "equation", "="),
    ("y = x = 2", "equation", "="),
    ("sinn(x)", "misspelt_function", "sinn"),
    ("sqr(x)", "misspelt_function", "sqr"),
    ("2 cosx(x)", "misspelt_function", "cosx"),
    ("abcd(x)", "unknown_function", "abcd"),
    ("sin2(x)", "misspelt_function", "sin2"),
    ("sin(x) = 2", "reserved_name", "sin(x) "),
    ("f(ln) = 2", "reserved_name", "f(ln) "),
    ("f(x, x) = 2", "repeated_variable", "f(x, x) "),
    ("sin^-2 x", "negative_power", "sin^-2"),
    ("ln^-1 x", "negative_power", "ln^-1"),
    ("f^-1(x)", "negative_power", "f^-1"),
    ("log_2(x, 3)", "two_bases", "log_2(x, 3)"),
    ("1e999999", "float_range", "1e999999"),
    ("1e-999999", "float_range", "1e-999999"),
    ("∞", "infinity", "∞"),
    ("ㅌ+1", "hangul", "ㅌ"),
    ("x + 가나 + 다", "hangul", "가나"),
    ("x\0", "bad_character", "\0"),
    ("\ud800", "bad_character", "\ud800"),
    ("x😀", "bad_character", "😀"),
    ("__import__('os')", "bad_character", "_"),
    ('"x"', "bad_character", '"'),
    ("x.y", "bad_character", "."),
    ("x_{n+1}", "subscript", "_"),
    ("2'", "prime_of_number", "'"),
    ("(a b)'", "which_prime", "(a b)'"),
    ("f'(x, y)", "prime_of_several", "f'(x, y)"),
    ("sin'(2x)", "prime_of_value", "sin'(2x)"),
    ("d^2/dx x", "leibniz_order", "d^2/dx"),
    ("diff(x, 2)", "diff_by", "diff(x, 2)"),
    ("diff(x, x, 100000)", "order_written", "diff(x, x, 100000)"),
    ("where(x, 1, 2)", "condition_wanted", "where(x, 1, 2)"),
    ("(x < 1) + 1", "number_wanted", "(x < 1) + 1"),
]


@pytest.mark.parametrize(("source", "key", "underlined"), ERRORS)
def test_errors(source: str, key: str, underlined: str) -> None:
    with pytest.raises(ParseError) as caught:
        read(source)
    error = caught.value
    assert error.key == key
    assert error.span is not None
    assert source[slice(*error.span)] == underlined
    for lang in ("en", "ko"):
        assert error.message(lang)
        assert error.hint(lang)


def test_suggestions() -> None:
    for source, name in [("sinn(x)", "sin"), ("sqr(x)", "sqrt"), ("arctann(x)", "arctan"), ("Lnn(x)", "ln")]:
        with pytest.raises(ParseError) as caught:
            read(source)
        assert name in str(caught.value)


LONG = {
    "brackets opened": ("(" * 100_000, "unclosed"),
    "brackets": ("(" * 100_000 + "x" + ")" * 100_000, None),
    "sines": ("sin(" * 20_000 + "x" + ")" * 20_000, None),
    "bare sines": ("sin " * 20_000 + "x", None),
    "bars": ("|" * 50_000, "unclosed"),
    "signs": ("-" * 50_000 + "x", None),
    "powers": ("x^" * 1000 + "x", None),
    "derivatives": ("d(" * 10_000 + "x" + ")/dx" * 10_000, None),
    "notes": ("1/2(" * 20_000 + "x" + ")" * 20_000, None),
    "primes": ("x" + "'" * 20_000, "order_written"),
    "10 MB": ("x+" * 5_000_000 + "x", "text_too_long"),
    "a long word": ("x" * 350_000, "word_too_long"),
    "a long number": ("1" * 350_000, "too_many_digits"),
    "spaces": (" " * 350_000, "empty"),
    "many variables": ("f(" + ",".join(f"x{i}" for i in range(20_000)) + ") = 1", None),
    "orders": ("f[1," * 20_000, "unclosed"),
    "nines": ("9^9^9^9", None),
    "braces": ("{" * 100_000 + "x = 1" + "}" * 100_000, "equation"),
    "bare powers": ("exp " * 20_000 + "x", None),
}


@pytest.mark.parametrize("name", LONG)
def test_long_input(name: str) -> None:
    source, key = LONG[name]
    try:
        reading = read(source)
    except MibunError as error:
        assert error.key == key
        assert len(str(error)) < 1000
    else:
        assert key is None
        assert len(reading.notes) <= 100


def test_budgets() -> None:
    for source in ("1" * 5000, "x+" * 600_000 + "x"):
        with pytest.raises(BudgetExceeded):
            read(source)


# The case files


def test_bicycle() -> None:
    source = (DATA / "bicycle.txt").read_text()
    reading = read(source)
    assert not reading.notes
    assert len(reading.variables) == 18
    assert set(symbols(reading.node)) == set(reading.variables)
    body = source.partition("=")[2]
    assert read(body, variables=reading.variables).node is reading.node


def test_antiderivatives() -> None:
    readings = [read(row["f"]) for row in ROWS]
    for row, reading in zip(ROWS, readings, strict=True):
        assert all("i*pi" in other for note in reading.notes for other in note.others)  # real roots only
        assert set(reading.variables) <= {row["var"], *row["at"]}


@pytest.mark.parametrize("file", ["textbook.jsonl", "lecture.jsonl"])
def test_cases(file: str) -> None:
    for line in (DATA / file).read_text().splitlines():
        row = json.loads(line)
        given = row.get("derivative", [])
        for source in [row["f"], *(given if isinstance(given, list) else [given])]:
            notes = read(source).notes
            assert [note.taken for note in notes] == (["(1/2)*x^2"] if source == "1/2 x^2" else [])


def test_same_as_sympy() -> None:
    """A sample of the antiderivatives, read by SymPy and evaluated by mpmath."""
    names = {name: sympy.Symbol(name) for name in "abcdfghklmnpqrstuvwxyzABFHK"}
    names.update(ln=sympy.log, e=sympy.E)
    for row in ROWS[::60]:
        if any(note for note in read(row["f"]).notes):
            continue
        at = {**row["at"], row["var"]: row["x"][0]}
        other = sympy.parse_expr(re.sub(r"\be\^", "E**", row["f"]).replace("^", "**"), local_dict=names)
        expected = complex(other.evalf(30, subs={names[name]: sympy.Float(repr(v), 30) for name, v in at.items()}))
        if expected.imag == 0 and not isnan(expected.real):
            assert isclose(oracle.value(read(row["f"]).node, at), expected.real, rel_tol=1e-9)


# Whatever comes

words = str.split
TOKENS = words(
    "x y a n f g e pi sin cos ln log exp sqrt w1 x_1 theta 1 2 1/2 0.5 12 + - * / ^ ( ) | ' ! , = < <= == and or not ²"
    " ½ √ π ⁻¹ d/dx dy/dx d( )/dx ∂ ∂/∂y [ ] { } sin^2 sin^-1 log_a log_10 log_ max( where( f'( f[1,0]( diff( ∞ 가 \\ $"
    " 1e999 . _ ″ ⌊ ⌋ ∂f/∂x xcos sinn( _{1} ^{2} x' f^-1( f^(2)( ** : dx ³√ sqrt2x exp2 atan2 help cases("
)
garbage = st.one_of(
    st.text(max_size=30),
    st.lists(st.sampled_from([*TOKENS, " ", "\n"]), max_size=16).map("".join),
    st.lists(st.sampled_from(TOKENS), max_size=16).map(" ".join),
)


@given(garbage, st.booleans(), st.sampled_from([None, "ko-school"]), st.sampled_from([None, ("x", "d", "e")]))
def test_any_text(source: str, strict: bool, profile: str | None, variables: tuple[str, ...] | None) -> None:
    check(source, strict=strict, profile=profile, variables=variables)


def check(source: str, **options: object) -> Reading | None:
    """Reading anything gives a reading or an error of mibun's, either complete."""
    try:
        reading = read(source, **options)  # type: ignore[arg-type]
    except MibunError as error:
        assert error.span is None or 0 <= error.span[0] <= error.span[1] <= len(source)
        assert all(error.text(lang) for lang in ("en", "ko"))
        return None
    assert reading.source == source
    for note in reading.notes:
        assert 0 <= note.span[0] < note.span[1] <= len(source)
        assert all(reading.isascii() for reading in (note.taken, *note.others))
        assert all(note.text(lang) for lang in ("en", "ko"))
    return reading


@given(nodes(size=12))
def test_ascii_reads_back(node: Node) -> None:
    reading = read(ascii(node))
    assert reading.node is node
    if not any(power.op == "pow" and power.args[0].op in ("const", "neg") for power in postorder(node)):
        assert not reading.notes


def test_messages_are_bilingual() -> None:
    for key, row in MESSAGES.items():
        assert set(row) == {"en", "ko"}, key


def test_numbers_are_exact() -> None:
    assert type(read("3").node.attrs) is int
    assert type(read("1/3").node.attrs) is Fraction
    assert type(read("3.0").node.attrs) is float
    assert read_text("0.1").node.attrs == 0.1


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.1", 0.1),
        ("3.141592653589793", 3.141592653589793),
        ("1.0000000000000000000001", Fraction(10**22 + 1, 10**22)),
        ("123456789012345678901.", 123456789012345678901),
        ("0e99999999999999", 0.0),
    ],
)
def test_a_decimal_keeps_all_its_digits(text: str, value: float | Fraction) -> None:
    """Digits that a float has no room for are kept as a fraction, not dropped."""
    assert read(text).node is const(value)
