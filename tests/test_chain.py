"""The chain rule: both directions agree with each other, with SymPy and with differences; every step is a true one."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests import oracle
from tests.strategies import COMPARISONS, nodes

from mibun import chain, fold
from mibun.errors import UnsupportedOperation
from mibun.node import Node, contains, postorder
from mibun.ops import FORMULA, ONE, PI, ZERO, apply, const, derivative, make, symbol
from mibun.rules import ABSTRACT, CONSTANT, IDENTITY, PRODUCT, F, Term
from mibun.run.interpret import call, program

X, Y = symbol("x"), symbol("y")
x, y = Term(X), Term(Y)
LEAVES = ("symbol", "const", "e", "pi")
SMOOTH = (
    *("add", "sub", "mul", "div", "neg", "pow", "exp", "sin", "cos", "tan", "atan", "asinh", "sinh", "cosh", "tanh"),
    *("sech", "sqrt", "ln", "sigmoid", "softplus", "erf", "hypot", "atan2"),
)
KINKED = ("abs", "sign", "floor", "min", "max", "where", "relu", "and", "or", "not", *COMPARISONS)
PAIRS = ((713, 1301), (-388, 411), (1507, -622))
SMALL = st.sampled_from([0, 1, -1, 2, 3, -2, Fraction(1, 2), Fraction(-2, 3), Fraction(1, 3)])


def graphs(ops: tuple[str, ...] = SMOOTH + KINKED, variables: str = "xy") -> st.SearchStrategy[Node]:
    return nodes(ops=LEAVES + ops, variables=variables, functions=(), constants=SMALL)


POINTS = st.sampled_from([{"x": Fraction(a, 997), "y": Fraction(b, 991)} for a, b in PAIRS])


def real(node: Node, at: dict[str, float]) -> float:
    """The value by real arithmetic alone, which a dead branch could poison."""
    return float(program((node,), tuple(at))(*map(np.float64, at.values()))[0])


def finite(node: Node, at: dict[str, Fraction]) -> bool:
    value = oracle.ball(node, at)
    return bool(value.is_finite() and value.rad() < 1e-20)


@given(graphs(), POINTS)
def test_push_is_pull(node: Node, at: dict[str, Fraction]) -> None:
    for variable, backward in zip((X, Y), chain.pull(node, (X, Y)), strict=True):
        forward = chain.push(node, variable).result
        if finite(forward, at) and finite(backward, at):
            assert oracle.near(oracle.ball(forward, at), oracle.ball(backward, at), 25)


@given(graphs(SMOOTH), POINTS)
def test_push_is_the_limit_of_the_quotient(node: Node, at: dict[str, Fraction]) -> None:
    wanted = oracle.slope(node, "x", at)
    assume(wanted.is_finite() and wanted.rad() < 1e-25 and abs(wanted) < 1e9)
    found = chain.push(node, X).result
    if finite(found, at):
        assert oracle.near(oracle.ball(found, at), wanted, 20)


@given(graphs(SMOOTH), POINTS)
def test_second_derivatives_commute(node: Node, at: dict[str, Fraction]) -> None:
    first = chain.push(chain.push(node, X).result, Y).result
    second = chain.pull(chain.push(node, Y).result, [X])[0]
    if finite(first, at) and finite(second, at):
        assert oracle.near(oracle.ball(first, at), oracle.ball(second, at), 20)


@settings(max_examples=40)
@given(graphs(tuple(op for op in SMOOTH if op not in ("pow", "atan2")), "x"))
def test_push_is_sympys_diff(node: Node) -> None:
    import sympy

    at = {"x": Fraction(713, 997)}
    found = chain.push(node, X).result
    assume(finite(found, at) and abs(oracle.ball(found, at)) < 1e9)
    wanted = sympy.diff(oracle.sym(node), oracle.sym(X)).xreplace({oracle.sym(X): sympy.Rational(713, 997)}).evalf(30)
    assume(wanted.is_real)
    assert oracle.near(oracle.ball(found, at), str(wanted), 20)


def expand(node: Node, variable: Node) -> Node:
    """The derivative by steps from the outside in, as a student writes it."""
    derivation = chain.push(node, variable)
    whole = derivative(node, variable)
    for _ in range(1000):
        open_ = [inner for inner in reversed(postorder(whole)) if inner.op == "derivative"]
        if not open_:
            return whole
        step = derivation.step(open_[0].args[0])
        assert step.before is open_[0]
        whole = chain.substitute(whole, {step.before: step.after})
    raise AssertionError("the steps do not end")


@given(graphs())
def test_steps_from_the_outside_in_give_the_same_node(node: Node) -> None:
    assert expand(node, X) is chain.push(node, X).result


PLAIN = [
    *[x, -x, 2 * x, -2 * x, x / 2, 3 - x, -(x * y), -F.sin(x), x**2, -1 / x, abs(x)],
    *[y, -y, F.neg(-y), F.neg(-x), Term(const(-5)), -Term(const(2)), -Term(ZERO)],
]
STEPPED = [F.relu(x), -F.relu(x), F.relu(F.relu(x) - 1)]
GUARDED = [F.where(x < 1, x**2, 0), F.where(y < 1, 0, -x), F.where(x < 1, F.where(y < 1, F.neg(-y), 0), 0)]


def test_steps_of_every_operation_on_every_kind_of_argument() -> None:
    one = [(part,) for part in PLAIN + STEPPED + GUARDED]
    # Where a guarded value meets a guarded slope, the order of their conditions depends on which is known first.
    two = [*product(PLAIN + STEPPED, repeat=2), *product(PLAIN, GUARDED), *product(GUARDED, PLAIN)]
    for op, row in FORMULA.items():
        if row.kind == "elementwise" and op != "polygamma":
            condition = [(x < y).node] if op == "where" else []
            for parts in one if row.arity == 1 else two:
                node = make("neg", make(op, *condition, *[part.node for part in parts]))
                assert expand(node, X) is chain.push(node, X).result, (op, parts)


@given(graphs())
def test_steps_are_those_of_the_rules(node: Node) -> None:
    derivation = chain.push(node, X)
    for inner in postorder(node):
        step = derivation.step(inner)
        assert step.before is derivative(inner, X)
        assert contains(step.after, ["derivative"]) <= (inner in derivation.tangents)
        known = {derivative(arg, X): derivation.tangents.get(arg, ZERO) for arg in inner.args}
        assert chain.substitute(step.after, known) is derivation.tangents.get(inner, ZERO)


def test_step_names() -> None:
    node = (x * F.sin(x)).node
    derivation = chain.push(node, X)
    step = derivation.step(node)
    assert step.rule.name is PRODUCT
    assert step.because is node
    slopes = [derivative(arg, X) for arg in node.args]
    assert step.after is make("add", make("mul", slopes[0], node.args[1]), make("mul", X, slopes[1]))
    assert derivation.step(X).rule.name is IDENTITY
    assert derivation.step(Y).rule.name is CONSTANT
    assert derivation.step(Y).after is ZERO


# Size


def test_a_sine_nested_20000_deep() -> None:
    node = X
    for _ in range(20_000):
        node = make("sin", node)
    slope = chain.push(node, X).result
    wanted, value = 1.0, 1.0
    for _ in range(20_000):
        wanted, value = wanted * np.cos(value), np.sin(value)
    assert call(slope, {"x": 1.0}) == pytest.approx(wanted, rel=1e-9)
    assert call(chain.pull(node, [X])[0], {"x": 1.0}) == pytest.approx(wanted, rel=1e-9)
    assert chain.resolve(derivative(node, X)) is slope


def test_a_sum_of_5000_variables() -> None:
    names = [symbol(f"x{i}") for i in range(5000)]
    total = ZERO
    for name in names:
        total = make("add", total, make("mul", name, name))
    gradient = chain.pull(total, names)
    assert all(slope.op in ("add", "mul") for slope in gradient)
    assert [call(slope, {name.attrs: 3}) for slope, name in list(zip(gradient, names, strict=True))[::1000]] == [6] * 5


def test_work_grows_with_the_graph_and_not_with_the_tree() -> None:
    node = X
    for _ in range(1000):
        node = make("add", make("mul", node, node), node)
    assert len(postorder(chain.push(node, X).result)) < 8000
    assert len(postorder(chain.pull(node, [X])[0])) < 8000


# Abstract functions


def test_abstract_functions() -> None:
    f = apply("f", X)
    slope = apply("f", X, orders=(1,))
    assert chain.push(f, X).result is slope
    assert chain.pull(f, [X]) == [slope]
    assert chain.push(slope, X).result is apply("f", X, orders=(2,))
    assert chain.push(make("exp", f), X).result is make("mul", make("exp", f), slope)
    assert chain.push(f, X).step(f).rule.name is ABSTRACT
    inner = make("mul", X, X)
    composed = chain.push(apply("f", inner), X).result
    assert composed is fold.mul(apply("f", inner, orders=(1,)), chain.push(inner, X).result)
    assert chain.push(apply("f"), X).result is ZERO


def test_abstract_functions_of_several_variables() -> None:
    f = apply("f", X, make("mul", X, Y), PI)
    by_first, by_second = (apply("f", *f.args, orders=orders) for orders in ((1, 0, 0), (0, 1, 0)))
    assert chain.push(f, X).result is make("add", by_first, make("mul", by_second, Y))
    assert chain.pull(f, [X, Y]) == [make("add", by_first, make("mul", Y, by_second)), make("mul", X, by_second)]
    assert chain.push(f, Y).result is make("mul", by_second, X)


# Branches


@pytest.mark.parametrize(
    ("dead", "at"),
    [
        (F.sqrt(x), -1.0), (F.ln(x), 0.0), (1 / x, 0.0), (F.asin(x - 2), -1.0), (F.gamma(x), 0.0), (F.acosh(x), 0.0),
        (x**y, 0.0), (F.sqrt(x) * F.ln(x), 0.0), (F.exp(1 / (0 - x)), 0.0), (F.hypot(x, 0 * y), 0.0),
    ],
)  # fmt: skip
def test_a_dead_branch_does_not_poison_the_living_one(dead: Term, at: float) -> None:
    point = {"x": at, "y": -0.5}
    living = x * y + 3 * x
    for node in (F.where(x > 5, dead, living).node, F.where(x < 5, living, dead).node):
        scaled = make("mul", node, make("exp", Y))
        for by, wanted in ((X, -0.5 + 3), (Y, at)):
            first = chain.push(node, by).result
            assert real(first, point) == wanted
            assert real(chain.pull(node, [by])[0], point) == wanted
            assert real(chain.push(chain.pull(node, [by])[0], by).result, point) == 0
            for found in (chain.push(scaled, by).result, chain.pull(scaled, [by])[0]):
                assert np.isfinite(real(found, point))


def test_a_dead_branch_inside_a_composition() -> None:
    safe = F.where(x > 0, F.sqrt(x), 0 * x)  # d/dx through a further function: the adjoint must not meet 1/0
    node = F.sin(safe * safe + safe).node
    for found in (chain.push(node, X).result, chain.pull(node, [X])[0]):
        assert real(found, {"x": 0.0}) == 0
        assert real(found, {"x": -4.0}) == 0


def test_structural_zeros_are_not_carried_on() -> None:
    node = (F.floor(x) * 7 + F.sign(x) + F.exp(y)).node
    derivation = chain.push(node, X)
    assert derivation.result is ZERO
    assert list(derivation.tangents) == [X]
    assert chain.pull(node, [X]) == [ZERO]
    assert chain.push((x - x).node, X).result is ZERO


# Interfaces


def test_the_variable_itself_and_constants() -> None:
    assert chain.push(X, X).result is ONE
    assert chain.push(Y, X).result is ZERO
    assert chain.push(const(5), X).result is ZERO
    assert chain.pull(X, [X, Y]) == [ONE, ZERO]


def test_resolve_and_substitute() -> None:
    nested = derivative(derivative(make("mul", X, make("mul", X, X)), X), X)
    assert call(chain.resolve(nested), {"x": 2}) == 12
    assert chain.resolve(X) is X
    inside = make("add", derivative(make("sin", X), X), Y)
    assert chain.resolve(inside) is make("add", make("cos", X), Y)
    assert chain.substitute(make("mul", X, Y), {X: ONE}) is Y
    assert chain.substitute(apply("f", X), {X: Y}) is apply("f", Y)


def test_operations_without_a_rule() -> None:
    for node in (make("polygamma", X, Y), make("polygamma", X, X)):
        with pytest.raises(UnsupportedOperation):
            chain.push(node, X)
        with pytest.raises(UnsupportedOperation):
            chain.pull(node, [X])
