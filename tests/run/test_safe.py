"""Float-safe rewriting: every row of the table against many digits, random graphs against balls."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest
from flint import arb, ctx
from hypothesis import given, settings
from hypothesis import strategies as st
from tests import oracle, strategies

import mibun as mb
from mibun import chain
from mibun import node as graph
from mibun.node import Node, living, postorder, symbols, tree_size
from mibun.ops import ARRAYS, FORMULA, const, make, symbol
from mibun.run import balls, interpret
from mibun.run import safe as rewriting
from mibun.run.safe import TABLE, Row, safe
from mibun.write import notation

UNIT = 2.0**-52
LIMIT = arb(2) ** 1024
INF, NAN = math.inf, math.nan
X, Y = symbol("x"), symbol("y")
SPECIAL = [
    *(0.0, 5e-324, 1e-310, 2.3e-308, 1e-300, 1e-160, 1e-20, 1e-9, 1e-5, 0.1, 0.25, 0.7, 1 - 2**-53, 1.0, 1 + 2**-52),
    *(1 + 2**-40, 1.5, 2.0, math.pi / 4, math.pi / 2, math.pi, 3.0, 7.0, 19.0, 36.0, 40.0, 100.0, 355.0, 360.0, 372.0),
    *(700.0, 708.5, 709.5, 710.2, 720.0, 745.0, 746.0, 800.0, 1e5, 1e15, 1e100, 1e154, 1e155, 1e160, 1e200, 1e300),
    *(1e308, 1.7e308, INF, NAN),
]
SPECIAL += [-value for value in SPECIAL]


def some(draw: random.Random) -> float:
    """A number of any kind, often near a place where something happens."""
    sign = draw.choice([-1, 1])
    near = 1 + draw.uniform(-1, 1) * 10 ** draw.uniform(-16, -1)
    kinds = [
        lambda: draw.uniform(0, 3),
        lambda: 10 ** draw.uniform(-20, 3),
        lambda: 10 ** draw.uniform(-308, 308),
        lambda: near,
        lambda: draw.uniform(0, 50),
        lambda: draw.uniform(0, 800),
        lambda: near * draw.choice([0.5, 1, 2]) * math.pi,
    ]
    return sign * draw.choice(kinds)()


def truth(node: Node, at: dict[str, Any]) -> arb | None:
    """The value to some twenty digits, or 0 if it is too small for a float; ``None`` where there is none."""
    for bits in (200, 800, 3000, 12000):
        found = oracle.ball(node, at, bits)
        if isinstance(found, bool) or not found.is_finite():
            continue
        if found.rel_accuracy_bits() > 70 or found.is_zero():
            return found
        if abs(found) < arb(2) ** -1085:
            return arb(0)
    return None


def error(found: float, wanted: arb) -> float:
    """In units of 2⁻⁵² of the value, or of the smallest float."""
    if math.isnan(found):
        return INF
    if abs(wanted) >= LIMIT * (1 - arb(2) ** -54):
        return 0.0 if math.isinf(found) and (found > 0) is bool(wanted > 0) else INF
    if math.isinf(found):
        return INF
    return float(abs(arb(found) - wanted)) / max(float(abs(wanted)) * UNIT, 5e-324)


def same(x: float, y: float) -> bool:
    return (x == y and math.copysign(1, x) == math.copysign(1, y)) or (math.isnan(x) and math.isnan(y))


def written(row: Row) -> str:
    return f"{notation.ascii(row.before)} is {notation.ascii(row.after)}"


def numbers(row: Row) -> dict[str, float]:
    """For the letters that stand for numbers."""
    first = 4.0 if row.only is rewriting._square_number else 3.0
    return {"a": first, "b": 1 / 4 if row.only is rewriting._inverse else 2.0}


def values(row: Row, points: Sequence[dict[str, float]]) -> list[tuple[float, float]]:
    names = sorted(symbols(row.before))
    columns = [np.array([point[name] for point in points]) for name in names]
    found = interpret.program((row.before, row.after), names)(*columns)
    before, after = (np.broadcast_to(column, (len(points),)).tolist() for column in found)
    return list(zip(before, after, strict=True))


LOGICAL = [row for row in TABLE if row.because == rewriting.LOGIC]
NUMERICAL = [row for row in TABLE if row not in LOGICAL]


@pytest.mark.parametrize("row", NUMERICAL, ids=written)
def test_every_row_against_many_digits(row: Row) -> None:
    draw = random.Random(1)
    names = [name for name in symbols(row.before) if name not in ("a", "b")]
    fixed = {name: value for name, value in numbers(row).items() if name in symbols(row.before)}
    if row.only is rewriting._inverse:
        fixed["a"] = 4.0
    special = product(SPECIAL, repeat=len(names)) if len(names) == 1 else []
    points = [
        *special,
        *[[draw.choice(SPECIAL) for _ in names] for _ in range(200 * (len(names) > 1))],
        *[[some(draw) for _ in names] for _ in range(300)],
    ]
    places = [{**dict(zip(names, point, strict=True)), **fixed} for point in points]
    for at, (before, after) in zip(places, values(row, places), strict=True):
        easy = row.after.op == "symbol"  # atanh(tanh u) takes too many digits
        wanted = oracle.ball(row.after, at) if easy else truth(row.before, at)
        if not all(map(math.isfinite, at.values())):
            wanted = None
        if wanted is None:
            _outside(row, at, before, after)
            continue
        was, now = error(before, wanted), error(after, wanted)
        scale = 1.0
        if row.after.op == "logaddexp" and not wanted.is_zero():  # near its zero it is a difference of u and v
            scale = max(1.0, float(min(map(abs, at.values())) / abs(wanted)))
        assert now <= max(was, 0.5) + row.units * scale, (at, before, after, was, now)
        if before == after == 0 and not same(before, after):  # the sign that the function has beside its zero
            assert _sign_beside(row.before, at, after), (at, before, after)


def _outside(row: Row, at: dict[str, float], before: float, after: float) -> None:
    """Where there is no value, or no finite argument: the same, or the limit where the old form had lost it."""
    if any(map(math.isnan, at.values())):
        assert math.isnan(after)
    elif not same(before, after):
        assert not all(map(math.isfinite, at.values())), (at, before, after)
        large = {name: math.copysign(1e6, value) if math.isinf(value) else value for name, value in at.items()}
        limit = truth(row.before, large)
        assert limit is not None, (at, before, after)
        known = limit.abs_lower() if limit.is_zero() else limit
        if math.isinf(after):
            assert abs(known) > 1e5 or known.is_zero(), (at, before, after)
        else:
            assert abs(known - arb(after)) <= abs(known) * 1e-5 + 1e-300, (at, before, after)


def _sign_beside(node: Node, at: dict[str, float], zero: float) -> bool:
    """Whether the function has the sign of ``zero`` a bit further on the side of a signed argument."""
    further = {name: math.copysign(1e-30, value) if value == 0 else value for name, value in at.items()}
    found = truth(node, further)
    return found is not None and (found.is_zero() or bool(found > 0) == (math.copysign(1, zero) > 0))


@pytest.mark.parametrize("row", [row for row in TABLE if row.gain], ids=written)
def test_what_a_row_gains(row: Row) -> None:
    assert row.gain is not None
    at = dict(zip(sorted(symbols(row.before)), row.gain, strict=True))
    wanted = truth(row.before, at)
    assert wanted is not None
    ((before, after),) = values(row, [at])
    assert error(before, wanted) > 2**17
    assert error(after, wanted) <= 2


@pytest.mark.parametrize("row", LOGICAL, ids=written)
def test_rows_of_logic(row: Row) -> None:
    letters = [symbol(name) for name in symbols(row.before)]
    values = {letter: symbol(letter.attrs * 2) for letter in letters}
    truths = {arg for node in postorder(row.before) for arg in _conditions(node) if arg.op == "symbol"}
    replace = {letter: make("lt", const(0), value) if letter in truths else value for letter, value in values.items()}
    before, after = (
        graph.rebuild(node, replace, lambda n, args: make(n.op, *args)) for node in (row.before, row.after)
    )
    assert safe([before]) == safe([after])
    assert tree_size(safe([before])[0]) < tree_size(before)
    names = [value.attrs for value in values.values()]
    for point in product([-1.0, 2.0, NAN], repeat=len(names)):
        at = dict(zip(names, point, strict=True))
        assert same(*[float(interpret.call(node, at)) for node in (before, after)])


def _conditions(node: Node) -> tuple[Node, ...]:
    return node.args if node.op in ("and", "or", "not") else node.args[:1] if node.op == "where" else ()


# Forms


def shown(text: str, *more: str) -> list[str]:
    nodes = safe([mb.function(each).node for each in (text, *more)])
    return [notation.ascii(node) for node in nodes]


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("-1 + e^x", "expm1(x)"),
        ("e^x + (-1)", "expm1(x)"),
        ("ln(x + 1.0)", "log1p(x)"),
        ("x - (-y)", "x + y"),
        ("(-x)*(-y)", "x*y"),
        ("(-x)/y", "-x/y"),
        ("cos(-x)", "cos(x)"),
        ("atan(-x)", "-atan(x)"),
        ("acsc(-x)", "-acsc(x)"),
        ("x/8", "1/8*x"),
        ("x/3", "x/3"),
        ("2*x/3", "2*x/3"),
        ("6*x/3", "2*x"),
        ("x*0", "0*x"),
        ("x + 0.0", "x + 0.0"),
        ("x^2 + 0.0", "x*x"),
        ("0 + e^x", "e^x"),
        ("1*x", "x"),
        ("3*(0.1*x)", "0.3*x"),
        ("1e300*(1e300*x)", "1e+300*(1e+300*x)"),
        ("x/sqrt(2*pi)", "x/2.5066282746310007"),
        ("(1/2)*(x/sqrt(2*pi))", "1/2*(x/2.5066282746310007)"),
        ("2*(sqrt(pi)*x)", "3.544907701811032*x"),
        ("x^sqrt(4)", "x*x"),
        ("x^(1/3)", "x^(1/3)"),
        ("x^0.1", "x^0.1"),
        ("x^0.5", "sqrt(x)"),
        ("x^-0.5", "1/sqrt(x + 0.0)"),
        ("(1 + x^2)^-0.5", "1/hypot(1, x)"),
        ("(x^2 + y^2)^(-3/2)", "1/(x*x + y*y)/sqrt(x*x + y*y)"),
        ("x^5", "x^5"),
        ("x^-7", "x^(-7)"),
        ("sqrt(x)*sqrt(x)", "sqrt(x)*sqrt(x)"),
        ("sqrt(x^2 + y^2)", "sqrt(x*x + y*y)"),
        ("sin(x)^2 + cos(x)^2", "sin(x)*sin(x) + cos(x)*cos(x)"),
        ("x/x", "x/x"),
        ("(e^x - e^(-x))/2", "sinh(x)"),
        ("(e^x + e^(-x))/2", "cosh(x)"),
        ("(e^x - e^(-x))/(e^x + e^(-x))", "tanh(x)"),
        ("ln(1 + e^x + e^y)", "logaddexp(softplus(x), y)"),
        ("ln(e^x + 1 + e^y)", "logaddexp(softplus(x), y)"),
        ("ln(e^x + 2*e^y)", "ln(e^x + 2*e^y)"),
        ("1/(1 + e^(-x))", "sigmoid(x)"),
        ("y*(1/(1 + x))", "y/(1 + x)"),
        ("2*x*(1/(2*sqrt(1 + x^4)))", "x/hypot(1, x*x)"),
        ("where(x > 0, 1 - sigmoid(x), e^x - 1)", "where(x > 0, sigmoid(-x), expm1(x))"),
        ("f(1 - sigmoid(x))", "f(sigmoid(-x))"),
    ],
)
def test_forms(text: str, after: str) -> None:
    assert shown(text) == [after]


def test_numbers_are_rounded_once() -> None:
    for text, digits in {
        "x*(2/sqrt(pi))": "1.12837916709551257389615890312154517168810125865799",
        "x*ln(2)^3": "0.33302465198892947971885358261173054415612648534860",
        "x*sin(1)": "0.84147098480789650665250232163029899962256306079837",
        "x*gamma(1/3)": "2.67893853470774763365569294097467764412868937795730",
        "x*(1/3 + 1/6 - 0.1)": "0.4",
        "x*(0.1*3)": "0.3",
        "x*e^(-0.5)": "0.60653065971263342360379953499118045344191813548718",
        "x*10^(-20)*3": "3e-20",
    }.items():
        (node,) = safe([mb.function(text).node])
        number = next(arg for arg in node.args if arg.op == "const")
        assert float(number.attrs) == float(Fraction(digits)), text
    for text in ("x*ln(0)", "x*sqrt(-1)", "x*1/0", "x*e^1000", "x*e^(-1000)", "x*sin(pi)"):
        (node,) = safe([mb.function(text).node])
        assert [inner for inner in postorder(node) if inner.op == "const" and type(inner.attrs) is float] == [], text


def test_pi() -> None:
    with ctx.workprec(400):
        assert abs(arb(str(rewriting._PI)) - arb.pi()) < arb(10) ** -90


def test_what_is_shared_is_one_node() -> None:
    f = mb.function("sin(x y + 1)")
    nodes = safe([*f._exact(), *f.gradient()._exact()])
    assert [node.op for node in postorder(*nodes)].count("add") == 1
    assert safe([make("add", X, Y), make("add", Y, X)])[1] is make("add", X, Y)


def test_nothing_is_left_to_do() -> None:
    """A second run changes nothing that the first one has made."""
    for row in TABLE:
        once = safe([row.before, row.after])
        assert safe(once) == once, written(row)


def test_shares_of_a_sum_of_exponentials() -> None:
    """Where the sum overflows or vanishes the shares are right; elsewhere not a bit changes."""
    f = mb.function("ln(e^x + e^y + e^z)")
    nodes = (*f.gradient()._exact(), *f.diff("x")._exact())
    old, new = (interpret.program(each, f.variables) for each in (nodes, safe(nodes)))
    for point in [(1.0, -2.0, 3.5), (700.0, 1.0, -700.0), (0.3, 0.3, 0.3), (-700.25, -300.0, -707.0)]:
        assert new(*map(np.float64, point)) == old(*map(np.float64, point))
    for shift in (1000.0, -1000.0, 708.75, 1e5):
        assert new(shift, shift, shift) == pytest.approx([1 / 3] * 4)
        assert new(shift, shift - 2, shift + 1) == pytest.approx(new(0.0, -2.0, 1.0), rel=1e-10)
    assert np.isnan(new(INF, 0.0, 0.0)[0])
    assert new(-INF, 0.0, 0.0)[:2] == (0, 0.5)
    assert all(map(math.isnan, new(NAN, 0.0, 0.0)))


@pytest.mark.parametrize("text", ["ln(1 + e^(x - y))", "1/(1 + e^(y - x))", "sigmoid(x)*y", "tanh(x + y)"])
def test_derivatives_far_away(text: str) -> None:
    """The old forms have no value there, or lose all of their digits."""
    f = mb.function(text)
    nodes = (*f.gradient()._exact(), *f.diff("x")._exact())
    if "1/" not in text:
        nodes += f.hessian()._exact()
    for node, old in zip(safe(nodes), nodes, strict=True):
        for x, y in [(1.5, 0.25), (-300.0, 3.0), (900.0, 1.0), (45.0, -2.0)]:
            wanted = truth(old, {"x": x, "y": y})
            assert wanted is not None
            assert error(float(interpret.call(node, {"x": x, "y": y})), wanted) < 16, (notation.ascii(node), x, y)


def test_arrays_pass() -> None:
    from mibun import arrays

    x = symbol("x", (3, 2))
    total = arrays.total(make("sub", const(1), make("pow", make("tanh", x), const(2))), (0,))
    (after,) = safe([total])
    assert after.op == "sum"
    assert after.shape == (2,)
    assert any(node.op == "cosh" for node in postorder(after))
    whole = symbol("n", (), "int64")
    for node in (make("pow", whole, const(2)), make("sub", const(1), whole)):
        assert safe([node]) == (node,)


def test_deep_and_large() -> None:
    node = X
    for _ in range(20_000):
        node = make("sub", const(1), make("sin", node))
    (after,) = safe([node])
    assert tree_size(after) == tree_size(node)


def test_it_is_forgotten() -> None:
    before = living()
    nodes = safe([make("sub", const(1), make("pow", make("tanh", make("mul", X, const(123.5))), const(2)))])
    assert nodes[0].op == "div"
    del nodes
    assert living() == before


def test_rows_only_use_operations_that_there_are() -> None:
    allowed = {
        op for op, each in {**FORMULA, **ARRAYS}.items() if each.kind in ("leaf", "elementwise", "numeric", "predicate")
    }
    for row in TABLE:
        assert {node.op for node in postorder(row.before, row.after)} <= allowed
        assert row.because
        assert set(symbols(row.after)) <= set(symbols(row.before))


# Random graphs

VALUED = [op for op, each in FORMULA.items() if each.kind in ("leaf", "elementwise", "predicate")]
HANDLED = sorted(
    {node.op for row in TABLE for node in postorder(row.before)} & set(VALUED) | {"where", "lt", "and", "sub"}
)
places = st.one_of(
    st.integers(-3, 3).map(float),
    st.floats(-4, 4),
    st.floats(-800, 800),
    st.floats(allow_nan=False),
    st.sampled_from(SPECIAL),
)


def check(node: Node, x: float, y: float) -> None:
    (after,) = safe([node])
    old, new = (float(interpret.call(each, {"x": x, "y": y})) for each in (node, after))
    if math.isnan(x) or math.isnan(y) or math.isinf(x) or math.isinf(y):
        return
    at = {"x": arb(x), "y": arb(y)}
    with balls.precision(44):  # each operation may be off by 2⁻⁴⁴ of its value: more than any floats' is
        about = balls.evaluate(node, at)
        lost = _lost(node, x, y, at)
        if about is None:  # no value: NaN stays NaN, and a float that is there for no reason stays as it is
            assert lost or new == pytest.approx(old, rel=1e-9, abs=1e-300, nan_ok=True), (old, new)
        elif isinstance(about, bool):
            assert new == old or lost
        elif about.is_finite() and abs(about) < LIMIT / 4 and not lost:
            assert abs(arb(new) - about.mid()) <= about.rad() * 2 + 1e-300, (old, new, about)


def _lost(node: Node, x: float, y: float, at: dict[str, arb]) -> bool:
    """Whether the interpreter comes to an end of the range of floats somewhere on the way."""
    order = postorder(node)
    values = interpret.call_all(order, {"x": x, "y": y})
    about = balls.run(node, at)
    for inner, value in zip(order, map(float, values), strict=True):
        ball = about[inner]
        zero = value == 0 and isinstance(ball, arb) and not ball.contains(0)
        if zero or 0 < abs(value) < 1e-290 or abs(value) > 1e290:
            return True
    return False


@given(strategies.nodes(ops=VALUED), places, places)
def test_random_graphs(node: Node, x: float, y: float) -> None:
    check(node, x, y)


@given(
    strategies.nodes(ops=HANDLED, constants=st.sampled_from([0, 1, -1, 2, 4, Fraction(1, 2), 0.5, 3.0])), places, places
)
@settings(max_examples=300)
def test_random_graphs_of_what_rows_are_about(node: Node, x: float, y: float) -> None:
    check(node, x, y)


@given(strategies.nodes(ops=[op for op in VALUED if op not in ("polygamma", "gamma", "where")], size=6), places, places)
def test_random_derivatives(node: Node, x: float, y: float) -> None:
    check(chain.push(node, X).result, x, y)
