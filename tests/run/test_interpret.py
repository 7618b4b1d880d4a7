"""Values in double precision: right, real, quiet, and of the promised type and shape."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from tests import oracle
from tests.points import POINTS

from mibun import node as graph
from mibun.errors import ShapeError, UnsupportedOperation
from mibun.messages import MESSAGES
from mibun.node import Node
from mibun.ops import OPS, E, apply, const, derivative, make, symbol
from mibun.run import interpret
from mibun.run.arrays import FUNCTIONS
from mibun.run.interpret import call, call_all, deliver, program, stack

X, Y = symbol("x"), symbol("y")
INF, NAN = math.inf, math.nan


def of(op: str, *values: Any) -> Any:
    names = ["x", "y", "z"][: len(values)]
    return call(make(op, *map(symbol, names)), dict(zip(names, values, strict=True)))


def to_power(value: Any, exponent: int | Fraction | float) -> Any:
    return call(make("pow", X, const(exponent)), {"x": value})


def same(found: float, wanted: float) -> bool:
    return found == wanted or (math.isnan(found) and math.isnan(wanted))


def test_complete_over_the_operations() -> None:
    leaves = {*interpret.CONSTANTS, "symbol", "data"}
    assert sorted([*interpret.functions(), *FUNCTIONS, *interpret.REFUSED, *leaves]) == sorted(OPS)


@pytest.mark.parametrize("op", POINTS)
def test_values_against_ball_arithmetic(op: str) -> None:
    node = make(op, *map(symbol, ["x", "y", "z"][: OPS[op].arity]))
    for point in POINTS[op]:
        floats = [float(number) for number in point]
        at = dict(zip("xyz", floats, strict=False))
        found, wanted = call(node, at), oracle.value(node, at)
        assert type(found) is (bool if OPS[op].kind == "predicate" else float)
        assert found == pytest.approx(wanted, rel=1e-15, abs=1e-16), point
        arrays = {name: np.full((2, 1), value) for name, value in at.items()}
        assert call(node, arrays) == pytest.approx(np.full((2, 1), found), rel=4e-16)


NEAR = 1 + 2.0**-30
TINY = 2.0**-1000
ACCURATE = [
    *[(op, (NEAR,)) for op in ("asec", "acsc", "acosh", "acoth")],
    *[(op, (-NEAR,)) for op in ("asec", "acsc", "acoth")],
    *[(op, (2 - NEAR,)) for op in ("asech", "acsch", "atanh", "acos", "lgamma")],
    *[
        (op, (TINY,))
        for op in ("sinh", "tanh", "asinh", "atanh", "acsch", "csch", "coth", "sigmoid", "asech", "digamma")
    ],
    *[
        (op, (1e300,))
        for op in ("asec", "acsc", "acot", "asinh", "acosh", "acsch", "acoth", "softplus", "sech", "coth")
    ],
    *[(op, (-1e300,)) for op in ("asec", "acsc", "acot", "asinh", "acsch", "acoth", "tanh", "sigmoid", "erf")],
    *[(op, (-745.25,)) for op in ("exp", "sigmoid", "softplus", "digamma", "lgamma", "gamma")],
    *[(op, (30.5,)) for op in ("sigmoid", "softplus", "gamma", "lgamma", "digamma", "erf")],
    *[("digamma", (value,)) for value in (1e-8, 1.46, 5.5, 1e10, -0.5, -10.3)],
    *[("polygamma", (order, value)) for order in (0.0, 1.0, 4.0, 30.0) for value in (1e-3, 0.7, 11.5, 400.0)],
    *[("hypot", (1e200, 1e200)), ("log", (8.0, 2.0)), ("log", (1e-3, 7.0))],
]


@pytest.mark.parametrize(("op", "values"), ACCURATE)
def test_accuracy_where_the_obvious_formula_loses_it(op: str, values: tuple[float, ...]) -> None:
    node = make(op, *map(symbol, "xy"[: len(values)]))
    wanted = float(oracle.mp(node, dict(zip("xy", values, strict=False)), 700 if max(map(abs, values)) > 1e9 else 330))
    assert of(op, *values) == pytest.approx(wanted, rel=1e-14, abs=3e-16 if "gamma" in op else 5e-324)


def test_polygamma_of_a_negative_number() -> None:
    for order in (1, 2, 5):
        for value in (-0.3, -4.7):
            wanted = float(oracle.mp(make("polygamma", const(order), X), {"x": value}))
            assert of("polygamma", float(order), value) == pytest.approx(wanted, rel=1e-13)


EDGES: list[tuple[str, tuple[float, ...], float]] = [
    # poles: one sign where both sides agree, or where the zero has a sign of its own
    ("div", (1.0, 0.0), INF), ("div", (0.0, 0.0), NAN), ("ln", (0.0,), -INF), ("csch", (0.0,), INF),
    ("gamma", (0.0,), INF), ("gamma", (-2.0,), NAN), ("gamma", (-1e-310,), -INF), ("gamma", (200.0,), INF),
    ("lgamma", (0.0,), INF), ("lgamma", (-3.0,), INF), ("lgamma", (INF,), INF),
    ("digamma", (0.0,), NAN), ("digamma", (-1.0,), NAN), ("digamma", (INF,), INF),
    ("polygamma", (1.0, -1.0), INF), ("polygamma", (2.0, 0.0), NAN), ("polygamma", (3.0, INF), 0.0),
    ("atanh", (1.0,), INF), ("acoth", (1.0,), INF), ("acoth", (-1.0,), -INF), ("asech", (0.0,), INF),
    # outside the domain
    ("ln", (-1.0,), NAN), ("sqrt", (-1.0,), NAN), ("asin", (1.5,), NAN), ("acosh", (0.5,), NAN), ("atanh", (2.0,), NAN),
    ("asec", (0.5,), NAN), ("acsc", (0.0,), NAN), ("asech", (-0.5,), NAN), ("asech", (1.5,), NAN),
    ("acoth", (0.5,), NAN),
    ("log", (-8.0, 2.0), NAN), ("pow", (-8.0, 1 / 3), NAN), ("polygamma", (1.5, 2.0), NAN),
    ("polygamma", (-1.0, 2.0), NAN),
    # conventions
    ("pow", (0.0, 0.0), 1.0), ("acot", (0.0,), math.pi / 2), ("acot", (-0.0,), math.pi / 2), ("sign", (0.0,), 0.0),
    ("asec", (-1.0,), math.pi), ("asec", (INF,), math.pi / 2), ("atan2", (0.0, 0.0), 0.0),
    ("atan2", (-0.0, -1.0), -math.pi),
    ("min", (1.0, NAN), NAN), ("max", (NAN, 1.0), NAN), ("relu", (NAN,), NAN), ("sign", (NAN,), NAN),
    ("sigmoid", (-INF,), 0.0), ("sigmoid", (INF,), 1.0), ("softplus", (-INF,), 0.0), ("softplus", (1000.0,), 1000.0),
    ("erf", (INF,), 1.0), ("exp", (1000.0,), INF), ("hypot", (INF, NAN), INF),
]  # fmt: skip


@pytest.mark.parametrize(("op", "values", "wanted"), EDGES)
def test_edges(op: str, values: tuple[float, ...], wanted: float) -> None:
    assert same(of(op, *values), wanted)
    assert same(of(op, *[np.array([value]) for value in values])[0], wanted)


def test_a_constant_rational_exponent_means_the_real_root() -> None:
    assert to_power(-8.0, Fraction(1, 3)) == -2
    assert to_power(-8.0, Fraction(-1, 3)) == -0.5
    assert to_power(-32.0, Fraction(2, 5)) == 4
    assert to_power(-32.0, Fraction(3, 5)) == pytest.approx(-8, rel=3e-16)
    assert same(to_power(-4.0, Fraction(1, 2)), NAN)
    assert same(to_power(-INF, Fraction(3, 2)), NAN)
    assert same(to_power(-8.0, 1 / 3), NAN)  # a float is no fraction
    assert to_power(-1.0, 2**60 + 1) == -1
    assert to_power(-0.0, -3) == -INF
    assert to_power(-27.0, Fraction(7, 3)) == pytest.approx(-2187, rel=2e-15)
    for written in (make("div", const(2), const(6)), make("sub", const(Fraction(4, 3)), const(1))):
        assert call(make("pow", X, written), {"x": -8.0}) == -2
        assert call(make("pow", X, written), {"x": -8}) == -2
    assert call(make("pow", X, const(Fraction(2, 3))), {"x": [-8, 0.0, 8]}).tolist() == [4, 0, 4]


def test_where_takes_one_branch_whatever_the_other_is() -> None:
    piecewise = make("where", make("gt", X, const(0)), make("ln", X), make("sqrt", make("neg", X)))
    assert call(piecewise, {"x": np.array([-4.0, 1.0])}).tolist() == [2, 0]
    assert call(piecewise, {"x": -4}) == 2
    assert call(make("where", make("eq", X, const(0)), const(1), make("div", make("sin", X), X)), {"x": 0}) == 1


def test_comparisons() -> None:
    assert of("lt", 1.0, 2.0) is True
    assert of("le", 2, 1) is False
    assert of("and", np.array([0.0, 2.0]), 1.0).tolist() == [False, True]
    both = make("add", make("gt", X, const(0)), make("lt", X, const(2)))  # a truth value in arithmetic is 1 or 0
    assert call(both, {"x": 1.0}) == call(both, {"x": 1}) == 2
    assert call(make("neg", make("gt", X, const(0))), {"x": [1.0, -1.0]}).tolist() == [-1, 0]
    assert of("lt", np.array([1.0]), 2.0).dtype == bool


def test_types_and_shapes() -> None:
    node = make("div", X, Y)
    assert call(node, {"x": 1, "y": 2}) == Fraction(1, 2)
    assert type(call(node, {"x": 1, "y": 2})) is Fraction
    assert type(call(node, {"x": 4, "y": Fraction(2)})) is int
    for value in (2.0, np.float64(2), np.float32(2), np.int64(2), np.array(2)):
        assert type(call(node, {"x": 1, "y": value})) is float
    table = call(node, {"x": np.arange(3), "y": np.array([[1.0], [2.0]])})
    assert table.shape == (2, 3)
    assert table.dtype == np.float64
    assert call(node, {"x": [1, Fraction(1, 2)], "y": np.float32(2)}).tolist() == [0.5, 0.25]
    assert call(const(7), {"x": [1.0, 2.0]}).tolist() == [7, 7]
    assert call(make("sqrt", const(2)), {}) == math.sqrt(2)
    assert call(X, {"x": np.zeros((0, 3))}).shape == (0, 3)
    assert of("gamma", np.zeros((0, 3))).shape == (0, 3)
    assert call(make("mul", E, X), {"x": 1}) == math.e


def test_the_result_is_never_the_callers_array() -> None:
    given = np.ones(3)
    assert call(X, {"x": given}) is not given
    assert call(make("add", X, Y), {"x": given, "y": 1}) is not given
    assert given.tolist() == [1, 1, 1]


def test_numbers_too_large_for_a_float() -> None:
    assert call(make("add", const(10**400), make("sqrt", X)), {"x": 2}) == INF
    assert of("mul", -(10**400), 1.5) == -INF
    assert call(make("pow", const(2), make("pow", X, const(40))), {"x": 3}) == INF


def test_several_nodes_in_one_pass() -> None:
    square, root = make("mul", X, X), make("sqrt", X)
    assert call_all((square, root), {"x": 2}) == [4, math.sqrt(2)]
    run = program((square, root), ("x",))
    assert run(np.float64(4)) == (16, 2)


def test_out() -> None:
    out = np.empty(2)
    assert deliver(of("sin", np.array([0.0, 1.0])), out) is out
    assert out[1] == math.sin(1)
    assert deliver(3) == 3
    assert deliver(Fraction(1, 2), scalar := np.empty(())) is scalar
    assert scalar == 0.5
    for wrong in (np.empty(3), np.empty(2, dtype=np.float32), [0.0, 0.0]):
        with pytest.raises(ShapeError):
            deliver(np.zeros(2), wrong)


def test_stack() -> None:
    assert stack([1.0, 2], (2,)).tolist() == [1, 2]
    assert stack([1.0, 2], (2,)).dtype == np.float64
    assert stack([1, Fraction(1, 2)], (2,)).tolist() == [1, Fraction(1, 2)]
    assert stack([np.ones(5), 2.0, 3.0, np.zeros(5)], (2, 2)).shape == (2, 2, 5)
    assert stack([], (0,)).shape == (0,)


@pytest.mark.parametrize("value", [True, np.True_, "1", b"1", 1j, None, [True], ["1"], [1j], [None], object()])
def test_values_that_are_no_real_numbers(value: object) -> None:
    with pytest.raises(UnsupportedOperation) as caught:
        of("sin", value)
    assert caught.value.key == "value_kind"


def test_shapes_that_do_not_fit() -> None:
    with pytest.raises(ShapeError):
        of("add", [1.0, 2.0], [1.0, 2.0, 3.0])
    with pytest.raises(ShapeError):
        of("sin", [[1.0], [1.0, 2.0]])
    with pytest.raises(ShapeError):
        call(make("add", X, Y), {"x": 1.0})


@pytest.mark.parametrize("node", [apply("f", X), derivative(make("sin", X), X)])
def test_graphs_without_a_value(node: Node) -> None:
    with pytest.raises(UnsupportedOperation) as caught:
        call(make("exp", node), {"x": 1.0})
    for lang in ("en", "ko"):
        assert caught.value.message(lang)
        assert caught.value.hint(lang)
        assert "{" not in caught.value.text(lang)


def test_messages_exist() -> None:
    assert {*interpret.REFUSED.values(), "value_kind", "ragged", "out", "broadcast", "missing_values"} <= set(MESSAGES)


def test_depth_and_speed() -> None:
    node = X
    for _ in range(20_000):
        node = make("sin", node)
    assert 0 < call(node, {"x": 1.0}) < 0.02
    assert call(node, {"x": 0}) == 0


def test_large_arrays_are_dropped_as_soon_as_nothing_needs_them() -> None:
    import tracemalloc

    node = X
    for _ in range(50):
        node = make("add", make("sin", node), X)
    values = np.ones(100_000)
    call(node, {"x": 1.0})
    tracemalloc.start()
    call(node, {"x": values})
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5 * values.nbytes


def test_a_called_graph_is_forgotten_with_its_last_user() -> None:
    before = graph.living()
    node = make("sin", make("mul", X, const(123.5)))
    call(node, {"x": 1.0})
    del node
    assert graph.living() == before
