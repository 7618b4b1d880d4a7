"""Exact values: right or ``None``, and never for long."""

from __future__ import annotations

from fractions import Fraction

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests import oracle

from mibun.node import Node
from mibun.ops import FORMULA, PI, const, make, symbol
from mibun.run.exact import BITS, EXACT, Exact, exact

X, Y = symbol("x"), symbol("y")
Half = Fraction(1, 2)


def of(op: str, *values: int | Fraction) -> Exact:
    names = ["x", "y"][: len(values)]
    return exact(make(op, *map(symbol, names)), dict(zip(names, values, strict=True)))


VALUES: list[tuple[str, tuple[int | Fraction, ...], Exact]] = [
    ("add", (1, Half), Fraction(3, 2)), ("sub", (Half, Half), 0), ("mul", (Fraction(2, 3), 3), 2), ("neg", (2,), -2),
    ("div", (6, 4), Fraction(3, 2)), ("div", (1, 0), None),
    ("pow", (2, 10), 1024), ("pow", (2, -2), Fraction(1, 4)), ("pow", (0, 0), 1), ("pow", (0, -1), None),
    ("pow", (0, 5), 0),
    ("pow", (Fraction(8, 27), Fraction(2, 3)), Fraction(4, 9)), ("pow", (4, Fraction(-1, 2)), Half),
    ("pow", (2, Half), None), ("pow", (-8, Fraction(1, 3)), None), ("pow", (-4, Half), None), ("pow", (0, Half), 0),
    ("pow", (-1, 10**100), 1), ("pow", (1, 10**100), 1), ("pow", (1, -(10**100)), 1), ("pow", (10, 10**100), None),
    ("sqrt", (Fraction(9, 16),), Fraction(3, 4)), ("sqrt", (2,), None), ("sqrt", (-4,), None), ("sqrt", (0,), 0),
    ("log", (8, 2), 3), ("log", (8, 4), Fraction(3, 2)), ("log", (Fraction(1, 9), 27), Fraction(-2, 3)),
    ("log", (1, 7), 0),
    ("log", (10, 2), None), ("log", (8, 1), None), ("log", (0, 2), None), ("log", (2, -2), None),
    ("log", (10**500, 10), 500),
    ("exp", (0,), 1), ("exp", (1,), None), ("ln", (1,), 0), ("ln", (0,), None), ("sin", (0,), 0), ("cos", (0,), 1),
    ("acos", (1,), 0), ("sigmoid", (0,), Half), ("lgamma", (2,), 0), ("erf", (0,), 0), ("csc", (0,), None),
    ("gamma", (5,), 24), ("gamma", (Half,), None), ("gamma", (0,), None), ("gamma", (10**9,), None),
    ("abs", (Fraction(-1, 2),), Half), ("sign", (-3,), -1), ("sign", (0,), 0), ("floor", (Fraction(-1, 2),), -1),
    ("ceil", (Fraction(-1, 2),), 0), ("relu", (-3,), 0), ("min", (1, Half), Half), ("max", (1, Half), 1),
    ("lt", (1, 2), True), ("eq", (1, Fraction(1)), True), ("and", (1, 0), False), ("not", (0,), True),
    ("hypot", (3, 4), 5), ("hypot", (1, 1), None), ("atan2", (0, 2), 0), ("atan2", (0, -2), None),
]  # fmt: skip


@pytest.mark.parametrize(("op", "values", "wanted"), VALUES)
def test_values(op: str, values: tuple[int | Fraction, ...], wanted: Exact) -> None:
    found = of(op, *values)
    assert found == wanted
    assert type(found) is type(wanted)
    if wanted is not None and (op, values) != ("log", (10**500, 10)) and max(map(abs, values)) < 10**9:
        names = "xy"[: len(values)]
        node = make(op, *map(symbol, names))
        assert oracle.value(node, dict(zip(names, values, strict=True))) == float(wanted)


def test_only_operations_of_the_list() -> None:
    assert set(EXACT) < set(FORMULA)


def test_a_branch_not_taken_needs_no_value() -> None:
    node = make("where", make("gt", X, const(0)), make("div", const(1), X), const(5))
    assert exact(node, {"x": 0}) == 5
    assert exact(node, {"x": 2}) == Half


def test_real_roots_of_negative_numbers_need_a_constant_exponent() -> None:
    assert exact(make("pow", X, const(Fraction(1, 3))), {"x": -8}) == -2
    assert exact(make("pow", X, make("div", const(2), const(3))), {"x": -8}) == 4
    assert exact(make("pow", X, Y), {"x": -8, "y": Fraction(1, 3)}) is None


def test_a_float_or_an_irrational_number_is_not_exact() -> None:
    assert exact(make("mul", const(0.5), X), {"x": 2}) is None
    assert exact(make("mul", PI, X), {"x": 2}) is None
    assert exact(make("add", X, Y), {"x": 2}) is None


def test_budget() -> None:
    tower = X
    for _ in range(3000):
        tower = make("add", make("mul", tower, tower), tower)
    assert exact(tower, {"x": 3}) is None
    assert exact(tower, {"x": Fraction(1, 3)}) is None
    assert exact(X, {"x": 1 << BITS}) is None
    assert exact(make("pow", const(9), make("pow", const(9), make("pow", const(9), const(9)))), {}) is None


def trees() -> st.SearchStrategy[Node]:
    numbers = st.integers(-5, 5) | st.fractions(-3, 3, max_denominator=6)
    return st.recursive(
        st.sampled_from([X, Y]) | st.builds(const, numbers),
        lambda inner: st.one_of(
            st.builds(make, st.sampled_from(["add", "sub", "mul", "div", "min", "max", "lt"]), inner, inner),
            st.builds(make, st.sampled_from(["neg", "abs", "sqrt", "sign", "floor"]), inner),
            st.builds(lambda u, n: make("pow", u, const(n)), inner, st.integers(-3, 4) | st.just(Fraction(1, 3))),
        ),
        max_leaves=12,
    )


@settings(max_examples=60)
@given(trees(), st.fractions(-4, 4, max_denominator=5), st.integers(-4, 4))
def test_exact_values_are_the_true_ones(node: Node, x: Fraction, y: int) -> None:
    found = exact(node, {"x": x, "y": y})
    if found is not None:
        wanted = oracle.mp(node, {"x": x, "y": y}, 30)
        assert abs(mpmath.mpf(found.numerator) / found.denominator - wanted) < 1e-12 * (1 + abs(wanted))
