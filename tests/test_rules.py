"""The table test: every row of the table against high-precision differences, in both directions, and twice.

A row is tested by existing: its operation's points are in ``points.py``, and the test below fails for an operation
without any.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from tests import oracle
from tests.points import POINTS, Point

from mibun import chain
from mibun.node import Node, postorder, symbols
from mibun.ops import FORMULA, ONE, const, make, symbol
from mibun.rules import TABLE, F, Rule, Term, a, n, out, p, u, v
from mibun.run.interpret import program

# Points for single rows, beside those of their operation: what only a constant exponent allows.
ROW_POINTS: dict[tuple[str, tuple[bool, ...]], list[Point]] = {
    ("pow", (True, False)): [
        *[(Fraction(-2), Fraction(exponent)) for exponent in (3, 2, -1, -4)],
        *[(Fraction(-8), Fraction(exponent, 3)) for exponent in (1, 2, -1, -5, 7)],
        (Fraction(-3, 2), Fraction(2, 5)),
        (Fraction(3, 2), Fraction(-1, 2)),
        (Fraction(0), Fraction(5)),
    ],
    ("pow", (False, True)): [(Fraction(3), Fraction(0)), (Fraction(1, 2), Fraction(-3))],
}

# What the table need not hold: the order of polygamma is a whole number, the condition of where a truth value.
NEVER_VARIES = {("polygamma", 0), ("where", 0)}

ROWS = {
    f"{op}-{''.join('uc'[not varying] for varying in varies)}": rule
    for (op, varies), rule in TABLE.items()
    if op in FORMULA
}
DU, DV, G = symbol("du"), symbol("dv"), symbol("g")
DIRECTION = {"u": Fraction(3, 7), "v": Fraction(-5, 3)}


@pytest.fixture(autouse=True)
def _precision() -> Iterator[None]:
    with oracle.ctx.workprec(300):
        yield


def cases(rule: Rule) -> list[tuple[Node, dict[str, Fraction]]]:
    """The row's pattern with numbers for the arguments that do not vary, and a value for each that does."""
    op = rule.pattern.op
    varies = tuple(slope is not None for slope in rule.partials)
    found = []
    for point in POINTS[op] + ROW_POINTS.get((op, varies), []):
        args, at = [], {}
        for i, (arg, value) in enumerate(zip(rule.pattern.args, point, strict=True)):
            if varies[i]:
                args.append(arg)
                at[arg.attrs] = value
            else:
                args.append(make("gt", const(value), const(0)) if (op, i) == ("where", 0) else const(value))
        found.append((make(op, *args), at))
    return found


def total(node: Node, at: dict[str, Fraction]) -> oracle.arb:
    """The derivative in the direction (du, dv), by differences."""
    return sum((oracle.slope(node, name, at) * oracle.to_arb(DIRECTION[name]) for name in at), oracle.to_arb(0))


def test_every_differentiable_operation_has_every_row() -> None:
    for op in FORMULA.values():
        if op.kind != "elementwise":
            assert not any(row[0] == op.name for row in TABLE)
            continue
        assert op.arity is not None
        for varies in product([False, True], repeat=op.arity):
            wanted = any(varies) and not any(varies[i] and (op.name, i) in NEVER_VARIES for i in range(op.arity))
            assert ((op.name, varies) in TABLE) == wanted, (op.name, varies)


def test_rows_name_what_they_use() -> None:
    for rule in TABLE.values():
        known = {*rule.pattern.args, out.node}
        for slope in rule.partials:
            assert slope is None or {node for node in postorder(slope) if node.op == "symbol"} <= known
        tangents = {"du", "dv"} if {"u", "v"} <= set(symbols(rule.pattern)) else {f"d{symbols(rule.pattern)[-1]}"}
        assert set(symbols(rule.whole)) <= {node.attrs for node in known} | tangents
        assert rule.name.en
        assert rule.name.ko


@pytest.mark.parametrize("rule", ROWS.values(), ids=ROWS)
def test_push(rule: Rule) -> None:
    tangents = [symbol(f"d{arg.attrs}") for arg in rule.pattern.args]
    directions = {f"d{name}": value for name, value in DIRECTION.items()}
    for node, at in cases(rule):
        found = oracle.ball(rule.push(node, tangents), {**at, **directions})
        assert oracle.near(found, total(node, at)), at


@pytest.mark.parametrize("rule", ROWS.values(), ids=ROWS)
def test_pull(rule: Rule) -> None:
    for node, at in cases(rule):
        for i, arg in enumerate(node.args):
            if arg.op == "symbol":
                found = oracle.ball(rule.pull(node, i, G), {**at, "g": Fraction(7, 11)})
                assert oracle.near(found, oracle.slope(node, arg.attrs, at) * 7 / 11), (at, arg)


@pytest.mark.parametrize("rule", ROWS.values(), ids=ROWS)
def test_the_whole_is_the_sum_of_the_partials(rule: Rule) -> None:
    directions = {f"d{name}": value for name, value in DIRECTION.items()}
    for node, at in cases(rule):
        fill = {arg: value for arg, value in zip(rule.pattern.args, node.args, strict=True) if arg is not value}
        fill[out.node] = node
        whole = oracle.ball(chain.substitute(rule.whole, fill), {**at, **directions})
        parts = oracle.to_arb(0)
        for arg, slope in zip(rule.pattern.args, rule.partials, strict=True):
            if slope is not None:
                parts += oracle.to_arb(DIRECTION[arg.attrs]) * oracle.ball(chain.substitute(slope, fill), at)
        assert oracle.near(whole, parts, 50), at


@pytest.mark.parametrize("rule", ROWS.values(), ids=ROWS)
def test_second_order(rule: Rule) -> None:
    for node, at in cases(rule):
        variables = [symbol(name) for name in at]
        gradient = chain.pull(node, variables)
        for i, first in enumerate(variables):
            backward = chain.pull(gradient[i], variables)
            for j, second in enumerate(variables):
                wanted = oracle.slope(node, first.attrs + second.attrs, at)
                forward = chain.push(chain.push(node, first).result, second).result
                for found in (forward, backward[j]):
                    assert oracle.near(oracle.ball(found, at), wanted), (at, first, second)


# Kinks, steps, ties: the edge conventions. The value of least norm among the one-sided ones, so 0 for |x| at 0 and a
# half each where min or max tie; a step has slope 0 everywhere, its edge included; where takes the branch it is in.

x, y = Term(symbol("x")), Term(symbol("y"))
INF = math.inf
KINKS: list[tuple[str, Callable[[], Term], dict[str, float], tuple[float, float]]] = [
    ("abs", lambda: abs(x), {"x": 0.0}, (0, 0)),
    ("abs of a product", lambda: abs(3 * x), {"x": 0.0}, (0, 0)),
    ("relu", lambda: F.relu(x), {"x": 0.0}, (0, 0)),
    ("relu below", lambda: F.relu(x), {"x": -1.0}, (0, 0)),
    ("relu squared", lambda: F.relu(x) ** 2, {"x": 0.0}, (0, 0)),
    ("sign", lambda: F.sign(x), {"x": 0.0}, (0, 0)),
    ("floor", lambda: F.floor(x), {"x": 2.0}, (0, 0)),
    ("ceil", lambda: F.ceil(x), {"x": 2.0}, (0, 0)),
    ("x floor x", lambda: x * F.floor(x), {"x": 2.0}, (2, 0)),
    ("max tie, by one of them", lambda: F.max(x, y), {"x": 1.0, "y": 1.0}, (0, 0)),
    ("min tie, by one of them", lambda: F.min(x, y), {"x": 1.0, "y": 1.0}, (0, 0)),
    ("max tie with a constant", lambda: F.max(x, Term(const(1))), {"x": 1.0}, (0, 0)),
    ("min tie with a constant", lambda: F.min(Term(const(1)), x), {"x": 1.0}, (0, 0)),
    ("max of twins", lambda: F.max(x, x), {"x": 3.0}, (1, 0)),
    ("max of squares", lambda: F.max(x**2, y**2), {"x": -1.0, "y": 1.0}, (0, 0)),
    ("where at its edge", lambda: F.where(x < 1, x**2, 3 * x), {"x": 1.0}, (3, 0)),
    ("where inside", lambda: F.where(x < 1, x**2, 3 * x), {"x": 0.5}, (1, 2)),
    ("square", lambda: x**2, {"x": 0.0}, (0, 2)),
    ("identity as a power", lambda: x**1, {"x": 0.0}, (1, 0)),
    ("zeroth power", lambda: x**0, {"x": 0.0}, (0, 0)),
    ("cube root", lambda: x ** Term(const(Fraction(1, 3))), {"x": 0.0}, (INF, -INF)),
    ("root", lambda: F.sqrt(x), {"x": 0.0}, (INF, -INF)),
    ("reciprocal", lambda: 1 / x, {"x": 0.0}, (-INF, INF)),
    ("inverse of cosh", lambda: F.acosh(x), {"x": 1.0}, (INF, -INF)),
    ("logarithm outside its domain", lambda: F.ln(x), {"x": 0.0}, (INF, -INF)),
    ("power of 0 by the base", lambda: x ** Term(const(3)), {"x": 0.0}, (0, 0)),
    ("dead root", lambda: F.where(x > 0, F.sqrt(x), 0 * x), {"x": 0.0}, (0, 0)),
    ("dead logarithm", lambda: F.where(x > 0, F.ln(x), x), {"x": -1.0}, (1, 0)),
    ("sigmoid far out", lambda: F.sigmoid(x), {"x": -1000.0}, (0, 0)),
    ("softplus far out", lambda: F.softplus(x), {"x": 1000.0}, (1, 0)),
]


@pytest.mark.parametrize(("build", "at", "wanted"), [row[1:] for row in KINKS], ids=[row[0] for row in KINKS])
def test_edges(build: Callable[[], Term], at: dict[str, float], wanted: tuple[float, float]) -> None:
    node = build().node
    by_push = chain.push_along([node], {x.node: ONE})
    by_push += chain.push_along(by_push, {x.node: ONE})
    by_pull = chain.pull(node, [x.node])
    by_pull += chain.pull(by_pull[0], [x.node])
    for direction in (by_push, by_pull):
        values = program(direction, tuple(at))(*map(np.float64, at.values()))
        assert list(values) == pytest.approx(list(wanted), nan_ok=True)


def test_a_tie_of_two_that_vary_counts_half_each() -> None:
    """Of the subgradients by x and y together, (t, 1 - t), that of least norm."""
    for build in (F.max, F.min):
        slopes = chain.pull(build(x, y).node, [x.node, y.node])
        assert list(program(slopes, ("x", "y"))(np.float64(1), np.float64(1))) == [0.5, 0.5]


def test_terms_write_rows() -> None:
    quotient = make("div", make("mul", u.node, v.node), a.node)
    power = make("pow", n.node, const(2))
    assert (2 - u * v / a + n**2).node is make("add", make("sub", const(2), quotient), power)
    assert (3 / -u - 1).node is make("sub", make("div", const(3), make("neg", u.node)), const(1))
    assert F.where(p, 1 + u, abs(v)).node.op == "where"
    with pytest.raises(AttributeError):
        F.nothing(u)
