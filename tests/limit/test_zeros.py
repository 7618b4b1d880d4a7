"""Exact zeros beside SymPy's, and the points where derivatives fail."""

from __future__ import annotations

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

import mibun as mb
from mibun.language import LANGUAGES
from mibun.limit.zeros import failures, zeros
from mibun.ops import const, make, symbol
from mibun.write import notation

X = symbol("x")


def found(source: str) -> str:
    return " ".join(notation.ascii(zero).replace(" ", "") for zero in zeros(mb.function(source).node, X))


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("x", "0"),
        ("2x - 3", "3/2"),
        ("x^2 - 4", "-2 2"),
        ("x^2 - 2", "-sqrt(2) sqrt(2)"),
        ("x^2 + 1", ""),
        ("(x^2 - 1)(x - 3)", "-1 1 3"),
        ("x^3 - x", "-1 0 1"),
        ("x^2 - x - 1", "(1-sqrt(5))/2 (1+sqrt(5))/2"),
        ("|x - 1/3|", "1/3"),
        ("ln(x - 1)", "2"),
        ("sin x", "-pi 0 pi"),
        ("cos(2x)", "-pi/4 pi/4 3*pi/4"),
        ("x e^x", "0"),
        ("0.1 x - 1", "10"),
        ("2x - sqrt(7)", "sqrt(7)/2"),
        ("e^x - 5", "ln(5)"),
        ("3*2^x - 24", "3"),
        ("2 ln(x) + 1", "e^(-1/2)"),
        ("atan(x) - 1", "tan(1)"),
        ("e^x + 5", ""),
        ("y", ""),
        ("7", ""),
    ],
)
def test_zeros(source: str, wanted: str) -> None:
    values = [mb.function(zero)() for zero in found(source).split()]
    assert values == pytest.approx([float(mb.function(zero)()) for zero in wanted.split()], rel=1e-15)


@given(st.lists(st.integers(-9, 9), min_size=2, max_size=6).filter(lambda c: any(c[1:])))
def test_rational_roots_of_polynomials(coefficients: list[int]) -> None:
    x = sympy.Symbol("x")
    polynomial = sum(c * x**i for i, c in enumerate(coefficients))
    wanted = {root for root in sympy.roots(polynomial, x) if root.is_Rational} if polynomial.has(x) else set()
    node = const(coefficients[0])
    for i, c in enumerate(coefficients[1:], 1):
        node = make("add", node, make("mul", const(c), make("pow", X, const(i))))
    assert wanted <= {sympy.Rational(zero.attrs) for zero in zeros(node, X) if zero.op == "const"}


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("x^2", ""),
        ("|x|", "0 kink"),
        ("|x^2 - 2|", "-sqrt(2) kink, sqrt(2) kink"),
        ("x^(1/3)", "0 vertical_tangent"),
        ("(x - 1)^(2/3)", "1 cusp"),
        ("sqrt x", "0 vertical_tangent"),
        ("1/x", ""),
        ("ln x", ""),
        ("sin(x)/x", "0 hole"),
        ("|x|/x", "0 jump"),
        ("max(x, x^2)", "0 kink, 1 kink"),
        ("where(x > 1, x, x^2)", "1 kink"),
        ("where(x > 0, x^2, 0)", ""),
        ("x|x|", ""),
        ("|sin x|", "-pi kink, 0 kink, pi kink"),
        ("x sin(1/x)", "0 oscillation"),
        ("relu(2x - 1)", "1/2 kink"),
        ("|x y|", ""),
    ],
)
def test_failures(source: str, wanted: str) -> None:
    notes = failures(mb.function(source).node, X)
    assert ", ".join(f"{notation.ascii(note.point)} {note.local.kind}" for note in notes) == wanted
    for note in notes:
        for lang in LANGUAGES:
            assert "{" not in note.text(lang)
