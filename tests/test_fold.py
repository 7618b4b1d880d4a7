"""Folding changes how a value is written and never the value."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.strategies import nodes

from mibun import fold
from mibun.node import Node, evaluate, postorder
from mibun.ops import FORMULA, HALF, MINUS_ONE, ONE, TWO, ZERO, apply, const, make, symbol
from mibun.run.exact import exact

X, Y, Z = symbol("x"), symbol("y"), symbol("z")
FOLDED = ("add", "sub", "neg", "mul", "div", "pow", "where")
ARITHMETIC = (*FOLDED, "symbol", "const", "lt", "le", "eq", "and", "not", "abs", "min", "relu")
NUMBERS = st.sampled_from([0, 1, -1, 2, 3, -5, Fraction(1, 2), Fraction(-3, 4)])
VALUES = st.sampled_from([0, 1, -1, 2, -3, Fraction(1, 3), Fraction(-5, 2)])


def refold(node: Node) -> Node:
    return evaluate(node, lambda inner, args: fold.remake(inner, tuple(args)) if args else inner)


@settings(max_examples=400)
@given(nodes(ops=ARITHMETIC, functions=(), constants=NUMBERS, size=12), VALUES, VALUES)
def test_the_value_stays_the_same(node: Node, x: Fraction, y: Fraction) -> None:
    wanted = exact(node, {"x": x, "y": y})
    if wanted is not None:
        assert exact(refold(node), {"x": x, "y": y}) == wanted


@given(nodes())
def test_folding_is_done_once(node: Node) -> None:
    folded = refold(node)
    assert refold(folded) is folded


@given(nodes())
def test_folding_never_adds(node: Node) -> None:
    negations = sum(inner.op in ("neg", "and") for inner in postorder(refold(node)))
    assert len(postorder(refold(node))) - negations <= 2 * len(postorder(node))


A = make("sin", X)
GUARD = make("gt", X, ZERO)
EQUATIONS: list[tuple[Node, Node]] = [
    (fold.add(ZERO, A), A), (fold.add(A, ZERO), A), (fold.add(A, make("neg", Y)), make("sub", A, Y)),
    (fold.add(A, const(-3)), make("sub", A, const(3))), (fold.add(const(1), const(2)), const(3)),
    (fold.add(A, make("neg", A)), ZERO), (fold.add(A, A), make("add", A, A)),
    (fold.sub(A, ZERO), A), (fold.sub(ZERO, A), make("neg", A)), (fold.sub(A, A), ZERO),
    (fold.sub(A, make("neg", Y)), make("add", A, Y)), (fold.sub(A, const(-3)), make("add", A, const(3))),
    (fold.sub(const(1), const(3)), const(-2)),
    (fold.neg(const(2)), const(-2)), (fold.neg(make("neg", A)), A), (fold.neg(A), make("neg", A)),
    (fold.neg(ZERO), ZERO),
    (fold.mul(ONE, A), A), (fold.mul(A, ONE), A), (fold.mul(ZERO, A), ZERO), (fold.mul(A, ZERO), ZERO),
    (fold.mul(MINUS_ONE, A), make("neg", A)), (fold.mul(A, MINUS_ONE), make("neg", A)),
    (fold.mul(A, TWO), make("mul", TWO, A)), (fold.mul(const(3), make("mul", TWO, A)), make("mul", const(6), A)),
    (fold.mul(HALF, make("mul", TWO, A)), A), (fold.mul(make("mul", TWO, A), const(3)), make("mul", const(6), A)),
    (fold.mul(const(-2), A), make("neg", make("mul", TWO, A))),
    (fold.mul(make("neg", A), make("neg", Y)), make("mul", A, Y)),
    (fold.mul(make("neg", A), const(-2)), make("mul", TWO, A)), (fold.mul(const(2), const(-3)), const(-6)),
    (fold.mul(A, Y), make("mul", A, Y)), (fold.mul(Y, A), make("mul", Y, A)),
    (fold.mul(const(0.1), const(3)), const(0.3)), (fold.add(const(0.1), const(0.2)), const(0.3)),
    (fold.div(A, ONE), A), (fold.div(A, MINUS_ONE), make("neg", A)), (fold.div(ZERO, A), ZERO),
    (fold.div(const(6), const(4)), const(Fraction(3, 2))),
    (fold.div(make("neg", A), Y), make("neg", make("div", A, Y))),
    (fold.div(const(-2), A), make("neg", make("div", TWO, A))), (fold.div(ONE, ZERO), make("div", ONE, ZERO)),
    (fold.div(ZERO, ZERO), make("div", ZERO, ZERO)),
    (fold.power(A, ONE), A), (fold.power(A, ZERO), ONE), (fold.power(ONE, A), ONE),
    (fold.power(TWO, const(10)), const(1024)),
    (fold.power(TWO, const(-2)), const(Fraction(1, 4))), (fold.power(HALF, TWO), const(Fraction(1, 4))),
    (fold.power(ZERO, const(-1)), make("pow", ZERO, const(-1))), (fold.power(A, TWO), make("pow", A, TWO)),
    (fold.power(const(9), const(10**9)), make("pow", const(9), const(10**9))),
    (fold.power(const(0.5), TWO), make("pow", const(0.5), TWO)),
    (fold.where(GUARD, A, A), A), (fold.where(GUARD, A, Y), make("where", GUARD, A, Y)),
    # what is 0 on one side of a condition stays 0 there, whatever it is multiplied by
    (fold.mul(make("ln", X), make("where", GUARD, Y, ZERO)), make("where", GUARD, make("mul", make("ln", X), Y), ZERO)),
    (fold.mul(make("where", GUARD, ZERO, Y), A), make("where", GUARD, ZERO, make("mul", Y, A))),
    (fold.mul(const(-2), make("where", GUARD, ONE, ZERO)), make("where", GUARD, const(-2), ZERO)),
    (fold.neg(make("where", GUARD, Y, ZERO)), make("where", GUARD, make("neg", Y), ZERO)),
    (fold.add(A, make("where", GUARD, make("neg", Y), ZERO)), make("sub", A, make("where", GUARD, Y, ZERO))),
    (fold.mul(A, make("where", GUARD, X, Y)), make("mul", A, make("where", GUARD, X, Y))),
    (
        fold.where(make("lt", X, Y), make("where", GUARD, A, ZERO), ZERO),
        make("where", make("and", make("lt", X, Y), GUARD), A, ZERO),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("found", "wanted"), EQUATIONS)
def test_equations(found: Node, wanted: Node) -> None:
    assert found is wanted


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan, 1e308])
def test_floats_stay_finite(value: float) -> None:
    for op in ("add", "sub", "mul", "div"):
        for other in (const(value), const(3), const(Fraction(1, 3))):
            for args in ((const(value), other), (other, const(value))):
                folded = fold.BUILDERS[op](*args)
                for inner in postorder(folded):
                    if inner.op == "const" and type(inner.attrs) is float:
                        assert math.isfinite(inner.attrs) or abs(inner.attrs) is abs(value) or not math.isfinite(value)


def test_large_numbers_cost_little() -> None:
    assert fold.power(const(2), const(5000)).op == "pow"
    assert fold.power(const(Fraction(1, 3)), const(-2000)).op == "const"
    assert fold.power(const(10**2000), const(2)).op == "pow"


def test_complete_over_the_operations() -> None:
    arguments = {0: (), 1: (X,), 2: (X, Y), 3: (GUARD, X, Y)}
    for op in FORMULA.values():
        if op.arity:
            args = arguments[op.arity]
            assert fold.remake(make(op.name, *args), args) is make(op.name, *args)
    assert fold.remake(apply("f", X, orders=(2,)), (Y,)) is apply("f", Y, orders=(2,))


@pytest.mark.parametrize("layer", ["neg", "relu", "where", "mul", "add", "sub", "div"])
def test_deep_graphs(layer: str) -> None:
    node = X
    for _ in range(20_000):
        node = {
            "where": lambda u: make("where", GUARD, u, ZERO),
            "mul": lambda u: make("mul", TWO, u),
            "sub": lambda u: make("sub", ONE, make("neg", u)),
        }.get(layer, lambda u: make(layer, u) if FORMULA[layer].arity == 1 else make(layer, Y, u))(node)
    for op in ("mul", "add", "sub", "div"):
        fold.BUILDERS[op](Z, node)
        fold.BUILDERS[op](node, Z)
        fold.BUILDERS[op](const(-1), node)
    fold.neg(node)
    refold(node)
