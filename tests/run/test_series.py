from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import mpmath
import pytest
from flint import arb, ctx
from hypothesis import given
from hypothesis import strategies as st
from tests import oracle
from tests.points import POINTS
from tests.strategies import nodes

import mibun as mb
from mibun.node import Node
from mibun.ops import FORMULA, const, make, symbol
from mibun.run import balls, series
from mibun.run.balls import ball

X, Y = symbol("x"), symbol("y")
STEPS = {"lt", "le", "gt", "ge", "eq", "ne", "and", "or", "not"}
ELEMENTWISE = [op for op in POINTS if FORMULA[op].kind == "elementwise"]


def derived(node: Node, at: dict[str, Any], order: int = 1, variable: str = "x", exact: Any = None) -> Any:
    point = {name: ball(value) for name, value in at.items()}
    return series.derivative(node, variable, point, order, balls.run(node, point, exact=exact), exact).value


def f(text: str) -> Node:
    return mb.function(text).node


def rational(at: dict[str, Fraction]) -> balls.Exact:
    from mibun.run.exact import exact

    return lambda node: exact(node, at)


def test_complete_over_the_operations() -> None:
    structural = {"const", "symbol", "e", "pi", "where", "pow", "min", "max", "apply", "derivative", *STEPS}
    assert sorted([*series._functions(), *structural]) == sorted(FORMULA)


@pytest.mark.parametrize("op", ELEMENTWISE)
def test_derivatives_of_every_operation(op: str) -> None:
    """In each argument, to the third order, against nested difference quotients."""
    places = [symbol(name) for name in ("x", "y", "z")[: FORMULA[op].arity]]
    for point in POINTS[op]:
        args = [const(point[0]), *places[1:]] if op in ("polygamma", "where") else places
        node = make(op, *args)
        at = {place.attrs: number for place, number in zip(places, point, strict=True)}
        for place in places:
            if place not in args:
                continue
            for order in (1, 2, 3):
                with ctx.workprec(300):
                    found = derived(node, at, order, place.attrs)
                    assert oracle.near(found, oracle.slope(node, [place.attrs] * order, at), 30), (op, point, order)


@pytest.mark.parametrize("op", ELEMENTWISE)
def test_both_arguments_vary(op: str) -> None:
    if FORMULA[op].arity != 2 or op == "polygamma":
        return
    node = make(op, make("add", X, const(Fraction(3, 2))), make("mul", X, X))
    for x in (Fraction(1, 3), Fraction(6, 5), Fraction(9, 4)):
        with ctx.workprec(300):
            assert oracle.near(derived(node, {"x": x}), oracle.slope(node, ["x"], {"x": x}), 30), x


@pytest.mark.parametrize(
    ("text", "x", "order"),
    [
        ("e^sin(x)", Fraction(1, 3), 12),
        ("x^x", Fraction(5, 4), 9),
        ("gamma(x)", Fraction(-5, 3), 6),
        ("ln(gamma(x))/x", Fraction(7, 2), 5),
        ("erf(x)*cosh(x)", Fraction(-2, 3), 7),
        ("(-x)^(5/3)", Fraction(2), 4),
        ("x^(-7)", Fraction(-3, 2), 4),
        ("tanh(x)", Fraction(50), 3),
        ("sigmoid(x)", Fraction(-60), 3),
        ("softplus(x)", Fraction(45), 2),
        ("polygamma(3, x)", Fraction(-1, 3), 4),
    ],
)
def test_taylor_coefficients_of_mpmath(text: str, x: Fraction, order: int) -> None:
    node = f(text)
    digits = 60
    with mpmath.workdps(digits):  # the step and the precision that it takes are mpmath's choice
        wanted = mpmath.taylor(
            lambda t: oracle.mp(node, {"x": t}, (order + 3) * digits), mpmath.mpf(x.numerator) / x.denominator, order
        )
    with ctx.workprec(400):
        for k, coefficient in enumerate(wanted):
            found = derived(node, {"x": x}, k) / math.factorial(k)
            near = arb(mpmath.nstr(coefficient, digits))
            assert abs(found - near) < arb(10) ** -30 * (arb(10) ** -60 + abs(near)), (k, found, near)


def test_high_orders_and_powers() -> None:
    with ctx.workprec(200):
        assert derived(f("x^(10^6)"), {"x": 1}) == 10**6
        assert derived(f("x^(10^6)"), {"x": 0}) == 0
        assert derived(f("x^5"), {"x": 0}, 5) == 120
        assert derived(f("x^5"), {"x": 0}, 6) == 0
        assert derived(f("e^x"), {"x": 0}, 300).contains(1)
        assert derived(f("1/(1-x)"), {"x": 0}, 50).contains(math.factorial(50))
        assert derived(f("0^x"), {"x": 2}) == 0


# Edges


def at_edge(text: str, x: Fraction | int = 0, order: int = 1) -> Any:
    point = {"x": Fraction(x)}
    with ctx.workprec(200):
        return derived(f(text), point, order, exact=rational(point))


@pytest.mark.parametrize(
    ("text", "order", "wanted"),
    [
        ("x*|x|", 1, 0),
        ("x^3*|x|", 3, 0),
        ("|x^2|", 2, 2),
        ("|x^3|", 2, 0),
        ("sqrt(x^4)", 2, 2),
        ("x*sqrt(|x|)", 1, 0),
        ("x^(5/3)", 1, 0),
        ("(x^3)^(1/3)", 1, 1),
        ("(x^2)^(3/2)", 2, 0),
        ("max(x^2, x^4)", 2, 2),
        ("min(x^2, 0)", 1, 0),
        ("relu(x)^2", 1, 0),
        ("floor(x)*x^2", 1, 0),
        ("hypot(x^2, x^2)*0 + x", 1, 1),
        ("|x|*x*e^(x+1) + sin(x+1)", 0, "sin(1)"),
        ("|x|*x*e^(x+1) + sin(x+1)", 1, "cos(1)"),
        ("x^2*sign(x)", 1, 0),
        ("|x - x^2|*x", 1, 0),
        ("cos(|x|^3)", 2, 0),
    ],
)
def test_smooth_though_a_part_is_not(text: str, order: int, wanted: int | str) -> None:
    with ctx.workprec(200):
        value = arb(wanted) if isinstance(wanted, int) else balls.evaluate(f(wanted), {})
    assert at_edge(text, order=order).overlaps(value)


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("|x|", 1),
        ("x*|x|", 2),
        ("x^3*|x|", 4),
        ("sqrt(x^2)", 1),
        ("|x^3|", 3),
        ("x^(1/3)", 1),
        ("x^(5/3)", 2),
        ("x^(2/29)", 1),
        ("x^(3/2)", 1),
        ("sqrt(x)", 1),
        ("max(x, x^2)", 1),
        ("relu(x)", 1),
        ("floor(x)", 1),
        ("ceil(x)*x", 1),
        ("sign(x)", 1),
        ("sign(x)^2", 1),
        ("acot(x)", 1),
        ("atan2(x, -1)", 1),
        ("1/x", 1),
        ("x/x", 2),
        ("ln(x)", 1),
        ("acos(1 - x^2)", 1),
        ("hypot(x, x)", 1),
        ("acosh(1 + x)", 1),
    ],
)
def test_no_derivative_is_proved_where_there_is_none(text: str, order: int) -> None:
    node, point = f(text), {"x": arb(0)}
    here = balls.run(node, point, exact=rational({"x": Fraction(0)}))
    if here[node] is None:
        return
    with pytest.raises(balls.Undecided):
        at_edge(text, order=order)


def piece(test: str, yes: str, no: str) -> Node:
    (op, left, right) = test.split()
    return make("where", make(op, f(left), f(right)), f(yes), f(no))


@pytest.mark.parametrize(
    ("node", "wanted"),
    [
        (piece("gt x 0", "x^2", "0"), 0),
        (piece("gt x 0", "sin(x)", "x"), 1),
        (piece("ne x 0", "sin(x)/x", "1"), 0),
        (piece("eq x 0", "0", "x"), 1),
        (piece("ge x 0", "x", "-x"), None),
        (piece("ne x 0", "sin(x)/x", "2"), None),
        (piece("eq x 0", "5", "x"), None),
        (piece("ne x 0", "1/x^2", "0"), None),
        (piece("ge x 0", "x^2", "x^2+1"), None),
        (piece("lt x -1", "1/x", "x"), 1),
        (make("mul", piece("eq x 0", "5", "x"), const(0)), 0),
        (make("floor", piece("eq x 0", "1/2", "x^2")), 0),
        (make("floor", piece("eq x 0", "1/2", "x^3")), None),
    ],
)
def test_cases(node: Node, wanted: int | None) -> None:
    point = {"x": Fraction(0)}
    with ctx.workprec(200):
        if wanted is None:
            with pytest.raises(balls.Undecided):
                derived(node, point, exact=rational(point))
        else:
            assert derived(node, point, exact=rational(point)) == wanted


def test_an_edge_that_cannot_be_told_is_no_edge_that_is_passed() -> None:
    with ctx.workprec(100):
        for text in ("|x-1/3|", "floor(3x)", "max(3x, 1)", "sqrt(x-1/3)", "acot(x-1/3)", "(x-1/3)/|x-1/3|"):
            with pytest.raises(balls.Undecided):
                derived(f(text), {"x": Fraction(1, 3)})
        assert derived(f("(x-1/3)*|x-1/3|"), {"x": Fraction(1, 3)}, exact=rational({"x": Fraction(1, 3)})) == 0


def test_coefficients_that_were_not_computed_are_not_zero() -> None:
    """x²/x has lost a coefficient: of its derivatives of the last order nothing is known."""
    with ctx.workprec(100), pytest.raises(balls.Undecided):
        derived(f("x^2/x"), {"x": 0}, 1)


def test_the_cap_of_flint_is_left_as_it_was() -> None:
    before = ctx.cap
    derived(f("gamma(x)"), {"x": 2}, 30)
    assert ctx.cap == before


# Random expressions


SMOOTH = [op for op in ELEMENTWISE if op not in ("floor", "ceil", "sign", "polygamma", "where")]
numbers = st.integers(-3, 5) | st.fractions(-3, 3, max_denominator=5)
formulas = nodes(ops=[*SMOOTH, "const", "symbol", "e", "pi"], size=7, constants=numbers)
places = st.fractions(-3, 3, max_denominator=7)


@given(formulas, places, places)
def test_random_expressions_against_difference_quotients(node: Node, x: Fraction, y: Fraction) -> None:
    at = {"x": x, "y": y}
    with ctx.workprec(400):
        try:
            found = derived(node, at)
        except balls.Undecided:
            return
        if not abs(found) < 1e6:
            return
    wanted = oracle.slope(node, ["x"], at)
    if wanted.is_finite() and wanted.rad() < 1e-30 and balls.evaluate(node, {k: ball(v) for k, v in at.items()}):
        assert oracle.near(found, wanted, 12), (found, wanted)
