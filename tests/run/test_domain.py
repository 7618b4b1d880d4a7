from __future__ import annotations

from fractions import Fraction

import pytest
from flint import ctx
from tests import oracle
from tests.points import POINTS

from mibun.node import symbols
from mibun.ops import FORMULA, ONE, PI, ZERO, const, make, symbol
from mibun.run.balls import ball, evaluate
from mibun.run.domain import CONDITIONS, EDGES, U, V, breaks, condition

X, Y = symbol("x"), symbol("y")
PLACES = [Fraction(n, d) for n, d in [(0, 1), (1, 1), (-1, 1), (2, 1), (-2, 1), (1, 3), (-1, 3), (7, 3), (-7, 3)]]
ELEMENTWISE = [op for op, row in FORMULA.items() if row.kind == "elementwise" and op not in ("where", "polygamma")]


@pytest.mark.parametrize("op", ELEMENTWISE)
def test_an_operation_has_a_value_exactly_where_its_condition_holds(op: str) -> None:
    node = make(op, *[X, Y][: FORMULA[op].arity])
    limits = condition(node)
    for x in PLACES:
        for y in PLACES if FORMULA[op].arity == 2 else PLACES[:1]:
            wanted = oracle.mp(node, {"x": x, "y": y})
            with ctx.workprec(100):
                inside = limits is None or evaluate(limits, {"u": ball(x), "v": ball(y)})
            assert isinstance(inside, bool)
            assert inside == (wanted == wanted), (op, x, y)  # noqa: PLR0124 (nan)


@pytest.mark.parametrize(
    ("exponent", "values"),
    [
        (Fraction(1, 3), {-8: True, 0: True, 8: True}),
        (Fraction(-1, 3), {-8: True, 0: False, 8: True}),
        (Fraction(1, 2), {-4: False, 0: True, 4: True}),
        (Fraction(-3, 2), {-4: False, 0: False, 4: True}),
        (-2, {-1: True, 0: False, 1: True}),
        (0, {-1: True, 0: True, 1: True}),
        (0.5, {-4: False, 0: True, 4: True}),
    ],
)
def test_powers(exponent: Fraction | int | float, values: dict[int, bool]) -> None:
    limits = condition(make("pow", X, const(exponent)))
    for x, wanted in values.items():
        with ctx.workprec(100):
            found = limits is None or evaluate(limits, {"u": ball(x), "v": ball(exponent)})
        assert found is wanted, x


def test_polygamma_has_poles() -> None:
    limits = condition(make("polygamma", ONE, X))
    for x, wanted in {Fraction(-2): False, Fraction(0): False, Fraction(-1, 2): True, Fraction(3): True}.items():
        with ctx.workprec(100):
            assert evaluate(limits, {"u": ball(1), "v": ball(x)}) is wanted


def test_the_usual_points_are_inside() -> None:
    for op, points in POINTS.items():
        limits = CONDITIONS.get(op)
        for point in points if limits is not None else ():
            with ctx.workprec(100):
                at = dict(zip("uv", map(ball, point), strict=False))
                assert evaluate(limits, at) is True, (op, point)


def test_conditions_speak_of_the_arguments_alone() -> None:
    for op in (*CONDITIONS, *EDGES):
        assert op in FORMULA
    for limits in CONDITIONS.values():
        assert set(symbols(limits)) <= {U.attrs, V.attrs}


def test_breaks() -> None:
    assert breaks(make("sin", X)) == []
    assert breaks(make("abs", make("sub", X, ONE))) == [make("sub", X, ONE)]
    assert breaks(make("asin", X)) == [make("sub", X, ONE), make("add", X, ONE)]
    assert breaks(make("max", X, Y)) == [make("sub", X, Y)]
    assert breaks(make("ln", const(2)), make("mul", PI, ZERO)) == []  # constants have no edges
    assert breaks(make("where", make("lt", X, Y), X, make("sqrt", Y))) == [make("sub", X, Y), Y]
