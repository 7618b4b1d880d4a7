from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import pytest
from flint import arb, ctx
from hypothesis import given
from hypothesis import strategies as st
from tests import oracle
from tests.strategies import nodes

from mibun.node import Node
from mibun.ops import OPS, apply, const, derivative, make, symbol
from mibun.run import balls
from mibun.run.balls import ball, evaluate

X, Y, Z = symbol("x"), symbol("y"), symbol("z")
VALUED = [op for op, row in OPS.items() if row.kind in ("elementwise", "predicate")]
PLACES = [Fraction(text) for text in ["0", "1", "-1", "2", "-2", "1/3", "-1/3", "7/3", "-7/3", "40", "-81/2"]]


def operation(op: str) -> Node:
    """The operation on x, y, z; of polygamma, the trigamma function."""
    args = [X, Y, Z][: OPS[op].arity]
    return make(op, const(1), X) if op == "polygamma" else make(op, *args)


def points(op: str) -> list[dict[str, Fraction]]:
    count = 1 if op == "polygamma" else OPS[op].arity
    if count == 1:
        return [{"x": x} for x in PLACES]
    return [{"x": x, "y": y, "z": Fraction(5)} for x in PLACES[:9] for y in PLACES[:9]]


@pytest.mark.parametrize("op", VALUED)
def test_every_operation_has_the_value_of_mpmath(op: str) -> None:
    node = operation(op)
    told = 0
    for at in points(op):
        wanted = oracle.mp(node, at, 60)
        with ctx.workprec(200):
            found = evaluate(node, {name: ball(value) for name, value in at.items()})
        if found is None:
            assert not isinstance(wanted, bool)
            assert wanted != wanted, (op, at)  # noqa: PLR0124 (nan)
        elif isinstance(found, bool):
            told += 1
            assert found == bool(wanted), (op, at)
        elif found.is_finite():
            told += 1
            assert near(found, wanted), (op, at, found, wanted)
    assert told >= 2


def near(found: Any, wanted: Any) -> bool:
    import mpmath

    with mpmath.workdps(60), ctx.workprec(260):
        text = mpmath.nstr(wanted, 58)
        return bool(abs(found - arb(text)) <= arb(10) ** -50 * (1 + abs(found)))


@pytest.mark.parametrize("op", [op for op in VALUED if OPS[op].kind == "elementwise"])
def test_a_wide_ball_holds_the_values_at_all_of_its_points(op: str) -> None:
    """The inclusion property, also where the ball straddles an edge: no possible value is left out."""
    node = operation(op)
    for at in points(op):
        for width in (Fraction(1, 8), Fraction(5, 4)):
            with ctx.workprec(120):
                wide = {name: ball(value) + arb(0, 1) * ball(width) for name, value in at.items()}
                found = evaluate(node, wide)
            for part in (-1, Fraction(-1, 3), 0, Fraction(2, 7), 1):
                inside = {name: value + part * width for name, value in at.items()}
                with ctx.workprec(200):
                    value = evaluate(node, {name: ball(number) for name, number in inside.items()})
                if value is None or not value.is_finite():
                    continue
                assert found is not None, (op, at, width, inside)
                assert not found.is_finite() or found.overlaps(value), (op, at, width, inside)


def test_none_is_said_only_of_what_is_surely_outside() -> None:
    with ctx.workprec(100):
        third = ball(Fraction(1, 3))
        zero = third * 3 - 1  # a ball around 0
        for op in ("sqrt", "ln", "csch", "coth", "acsch", "gamma", "lgamma", "digamma"):
            found = evaluate(make(op, X), {"x": zero})
            assert found is not None, op
            assert not found.is_finite(), op
        for op in ("asin", "acos", "asec", "acsc", "acosh", "atanh", "asech", "acoth"):
            found = evaluate(make(op, X), {"x": zero + 1})
            assert found is not None, op
            assert not found.is_finite(), op
        assert evaluate(make("div", const(1), X), {"x": zero}) is not None
        assert evaluate(make("div", const(1), X), {"x": arb(0)}) is None
        assert evaluate(make("pow", X, Y), {"x": arb(-2), "y": zero + 2}) is not None
        assert evaluate(make("pow", X, Y), {"x": arb(-2), "y": ball(Fraction(1, 3))}) is None
        assert evaluate(make("log", X, Y), {"x": arb(2), "y": zero + 1}) is not None
        assert evaluate(make("log", X, Y), {"x": arb(2), "y": arb(1)}) is None


def test_comparisons_are_told_only_if_they_are_sure() -> None:
    with ctx.workprec(100):
        third = ball(Fraction(1, 3))
        for op in balls.COMPARE:
            found = evaluate(make(op, make("mul", const(3), X), const(1)), {"x": third})
            assert not isinstance(found, bool), op
            assert evaluate(make(op, X, const(1)), {"x": third}) is (op in ("lt", "le", "ne"))
        unsure = make("where", make("lt", make("mul", const(3), X), const(1)), const(1), const(2))
        assert not evaluate(unsure, {"x": third}).is_finite()
        for either in (make("and", make("lt", X, const(0)), make("eq", X, const(Fraction(1, 3)))),):
            assert evaluate(either, {"x": third}) is False


@pytest.mark.parametrize(
    ("exponent", "wide", "low", "high"),
    [
        (Fraction(2), (-1, 2), 0, 4),
        (Fraction(1, 3), (-1, 8), -1, 2),
        (Fraction(2, 3), (-8, 1), 0, 4),
        (Fraction(1, 2), (0, 4), 0, 2),
        (Fraction(3), (-2, 1), -8, 1),
    ],
)
def test_powers_of_balls_around_zero(exponent: Fraction, wide: tuple[int, int], low: int, high: int) -> None:
    with ctx.workprec(100):
        x = arb(Fraction(sum(wide), 2).numerator) / 2 if sum(wide) % 2 else arb(sum(wide) // 2)
        x += arb(0, 1) * arb(wide[1] - wide[0]) / 2
        found = evaluate(make("pow", X, const(exponent)), {"x": x})
        for end in (low, high):
            assert found.contains(end)


def test_a_decimal_means_its_digits() -> None:
    with ctx.workprec(200):
        assert (ball(0.1) - ball(Fraction(1, 10))).contains(0)
        assert not ball(0.1).contains(arb(0.1))
        assert not ball(math.inf).is_finite()


def test_what_has_no_value() -> None:
    for node in (apply("f", X), derivative(make("sin", X), X)):
        with pytest.raises(balls.Undecided):
            evaluate(node, {"x": arb(1)})


def test_exact_values_decide_where_balls_cannot() -> None:
    def exact(node: Node) -> Fraction | int | None:
        asked.append(node)
        return {"sub": 0, "mul": 1}.get(node.op)

    asked: list[Node] = []
    with ctx.workprec(100):
        at = {"x": ball(Fraction(1, 3))}
        product = make("mul", const(3), X)
        assert evaluate(make("floor", product), at, exact=exact) == 1
        assert evaluate(make("lt", product, const(1)), at, exact=exact) is False
        assert evaluate(make("le", product, const(1)), at, exact=exact) is True
        asked.clear()
        assert not evaluate(make("add", X, const(Fraction(1, 7))), at, exact=exact).is_exact()
    assert asked == []  # 10/21 is near no integer


def test_enormous_numbers_take_no_time() -> None:
    tower = make("pow", const(10), make("pow", const(10), const(9)))
    with ctx.workprec(100):
        for op in ("sin", "exp", "floor", "gamma", "lgamma", "erf", "tan", "sigmoid", "softplus", "acosh"):
            assert evaluate(make(op, tower), {}) is not None, op
            evaluate(make(op, make("neg", tower)), {})
            evaluate(make(op, make("div", const(1), tower)), {})


REAL_OPS = [op for op in OPS if op not in ("apply", "derivative", "polygamma")]
places = st.fractions(-4, 4, max_denominator=7)
formulas = nodes(ops=REAL_OPS, size=6, constants=st.integers(-3, 9) | st.fractions(-3, 3, max_denominator=6))


@given(formulas, places, places, st.fractions(0, 1, max_denominator=9), st.fractions(-1, 1, max_denominator=9))
def test_random_expressions_of_wide_balls_leave_nothing_out(
    node: Node, x: Fraction, y: Fraction, width: Fraction, part: Fraction
) -> None:
    with ctx.workprec(100):
        wide = {"x": ball(x) + arb(0, 1) * ball(width), "y": ball(y) + arb(0, 1) * ball(width)}
        found = evaluate(node, wide)
        value = evaluate(node, {"x": ball(x + part * width), "y": ball(y - part * width)})
    if isinstance(value, bool) or (value is not None and value.is_finite()):
        assert found is not None
        assert (found is value) if isinstance(found, bool) else (not found.is_finite() or found.overlaps(arb(value)))


@given(formulas, places, places)
def test_random_expressions_hold_mpmaths_value(node: Node, x: Fraction, y: Fraction) -> None:
    import mpmath

    with ctx.workprec(300):
        found = evaluate(node, {"x": ball(x), "y": ball(y)})
    if found is None or isinstance(found, bool) or not found.is_finite() or not abs(found) < 1e30:
        return
    try:
        wanted = oracle.mp(node, {"x": x, "y": y}, 60)
    except (OverflowError, ValueError, ZeroDivisionError, mpmath.libmp.NoConvergence):
        return
    if mpmath.isnan(wanted) or found.rad() > 1e-50:
        return
    assert near(found, wanted), (found, wanted)
