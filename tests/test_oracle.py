"""The oracles agree with each other: flint, mpmath and SymPy, over every operation."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import mpmath
import pytest
import sympy
from tests import oracle
from tests.points import POINTS

from mibun.node import Node
from mibun.ops import FORMULA, const, make, symbol


def test_every_operation_is_known() -> None:
    calculable = {name for name, op in FORMULA.items() if op.kind in ("elementwise", "predicate")}
    assert set(oracle.BALLS) == set(oracle._mp_table()) == set(oracle._sym_table()) == set(POINTS) == calculable


@pytest.mark.parametrize("op", POINTS)
def test_flint_mpmath_and_sympy_agree(op: str) -> None:
    names = ["x", "y", "z"][: FORMULA[op].arity]
    node = make(op, *map(symbol, names))
    for point in POINTS[op]:
        at = dict(zip(names, point, strict=True))
        found, wanted = oracle.ball(node, at), oracle.mp(node, at, 40)
        if FORMULA[op].kind == "predicate":
            assert found == wanted
            continue
        with mpmath.workdps(50):
            assert abs(mpmath.mpf(found.mid()) - wanted) < 1e-38 * (1 + abs(wanted))
            if op != "where":  # SymPy takes no number for a condition
                assert abs(_by_sympy(node, at) - wanted) < 1e-24 * (1 + abs(wanted))


def _by_sympy(node: Node, at: dict[str, Fraction]) -> Any:
    values = {oracle.sym(symbol(name)): sympy.Rational(str(value)) for name, value in at.items()}
    return mpmath.mpf(str(oracle.sym(node).subs(values).evalf(30)))


def test_real_roots_and_derivatives() -> None:
    x = symbol("x")
    root = make("pow", x, make("div", const(2), const(6)))
    assert oracle.value(root, {"x": -8}) == oracle.mp(root, {"x": -8}) == -2
    assert oracle.near(oracle.slope(root, "x", {"x": -1}), oracle.to_arb(1) / 3, 15)
    slope = make("derivative", make("mul", make("sin", x), x), x)
    wanted = float(mpmath.sin(2) + 2 * mpmath.cos(2))
    assert oracle.value(slope, {"x": 2}) == pytest.approx(wanted, rel=1e-15)
    assert float(oracle.mp(slope, {"x": 2})) == pytest.approx(wanted, rel=1e-15)
