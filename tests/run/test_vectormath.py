"""Mathematical functions of vectors are as accurate as they say, on every kind of machine, and right at the edges.

The truth comes from python-flint's balls, which share nothing with the code.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from flint import arb, ctx

import mibun as mb
from mibun.function import Function
from mibun.node import Node, symbols
from mibun.ops import const, make, symbol
from mibun.run import llvm, vectormath
from mibun.run.machine import machine

X, Y = symbol("x"), symbol("y")
MACHINES: dict[str, dict[str, str]] = {
    "as it is": {},
    "AVX2": {"MIBUN_VECTORS": "avx2"},
    "SSE2": {"MIBUN_VECTORS": "sse2"},
    "AVX2 without libmvec": {"MIBUN_VECTORS": "avx2", "MIBUN_LIBMVEC": "off"},
    "SSE2 without libmvec": {"MIBUN_VECTORS": "sse2", "MIBUN_LIBMVEC": "off"},
    "without vectors": {"MIBUN_VECTORS": "none"},
}
FUNCTIONS = {  # by the operation: what flint calls it, and where it is tried
    "exp": ("exp", "exponent"), "expm1": ("expm1", "exponent"), "sinh": ("sinh", "exponent"),
    "cosh": ("cosh", "exponent"), "tanh": ("tanh", "exponent"), "ln": ("log", "positive"),
    "log1p": ("log1p", "above -1"), "sin": ("sin", "angle"), "cos": ("cos", "angle"), "tan": ("tan", "angle"),
    "asin": ("asin", "unit"), "acos": ("acos", "unit"), "atan": ("atan", "all"), "asinh": ("asinh", "all"),
    "acosh": ("acosh", "above 1"), "atanh": ("atanh", "unit"), "erf": ("erf", "exponent"), "sqrt": ("sqrt", "positive"),
}  # fmt: skip


@pytest.fixture(params=MACHINES)
def any_machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for variable, value in MACHINES[request.param].items():
        monkeypatch.setenv(variable, value)
    yield request.param


def points(where: str, single: bool, count: int = 400) -> Any:
    """Numbers of all sizes in some region."""
    random = np.random.default_rng(7)
    low, high = (-37, 38) if single else (-307, 308)
    sizes = np.concatenate([10.0 ** random.uniform(low, high, count), 10.0 ** random.uniform(-3, 3, count)])
    signs = random.choice([-1.0, 1.0], 2 * count)
    limit = 88.0 if single else 709.0
    found = {
        "all": sizes * signs,
        "positive": np.concatenate(
            [sizes, 1 + random.uniform(-0.5, 1, count), 1 + 10.0 ** random.uniform(-15, -1, count)]
        ),
        "above 1": np.concatenate([1 + sizes, 1 + random.uniform(0, 2, count)]),
        "above -1": np.concatenate([sizes, random.uniform(-1, 1, count), -1 + 10.0 ** random.uniform(-6, -1, count)]),
        "unit": np.concatenate([random.uniform(-1, 1, count), signs * np.minimum(sizes, 0.999)]),
        "exponent": np.concatenate(
            [random.uniform(-limit, limit, count), random.uniform(-2, 2, count), np.minimum(1 / sizes, limit)]
        ),
        "angle": np.concatenate(
            [random.uniform(-7, 7, count), sizes * signs, np.round(random.uniform(-1e5, 1e5, count)) * (np.pi / 2)]
        ),
    }[where]
    with np.errstate(all="ignore"):
        found = found.astype(np.float32 if single else np.float64)
    return found[np.isfinite(found)]


def errors(found: Any, arguments: Any, function: str) -> Any:
    """How far each value is from the truth, in units in the last place."""
    ctx.prec = 1400 if function in ("sin", "cos", "tan") else 200
    try:
        truths = [getattr(arb(float(x)), function)() for x in arguments]
        close = [float(truth) for truth in truths]
        units = np.spacing(np.abs(np.array(close)).astype(found.dtype)).astype(np.float64)
        with np.errstate(all="ignore"):
            differences = [float(arb(float(y)) - truth) for y, truth in zip(found, truths, strict=True)]
    finally:
        ctx.prec = 53
    return np.abs(np.array(differences)) / units


@pytest.mark.parametrize("single", [False, True], ids=["64 bits", "32 bits"])
@pytest.mark.parametrize("op", FUNCTIONS)
def test_accuracy(op: str, single: bool, any_machine: str) -> None:
    theirs, where = FUNCTIONS[op]
    x = points(where, single)
    found = Function(make(op, X), variables=("x",)).compile()(x)
    assert found.dtype == x.dtype
    inside = np.isfinite(found)
    assert inside.mean() > 0.99  # the rest overflows
    name = llvm.LIBRARY.get(op, op)
    own = name in vectormath.OWN and machine().fma and machine().doubles > 1
    limit = vectormath.ACCURACY[name] if own else 0.5 if op == "sqrt" else vectormath.OTHERS
    off = errors(found[inside], x[inside], theirs)
    assert off.max() <= limit, f"{off.max():.3g} units at {x[inside][off.argmax()]!r}"


@pytest.mark.parametrize("single", [False, True], ids=["64 bits", "32 bits"])
def test_erf_where_its_forms_meet_and_end(single: bool, any_machine: str) -> None:
    kind = np.float32 if single else np.float64
    x = np.concatenate([np.linspace(-6.5, 6.5, 2001), np.nextafter(1.0, [0, 2]), [5e-324, -1e-310, 1e-40]]).astype(kind)
    erf = Function(make("erf", X), variables=("x",)).compile()
    own = machine().fma and machine().doubles > 1
    assert errors(erf(x), x, "erf").max() <= (vectormath.ACCURACY["erf"] if own else vectormath.OTHERS)
    far = (
        np.array([-np.inf, -1e300, -7.0, 7.0, 1e300, np.inf]).clip(-np.finfo(kind).max, np.finfo(kind).max).astype(kind)
    )
    np.testing.assert_array_equal(erf(far), np.sign(far))
    ends = erf(np.array([0.0, -0.0, np.nan, np.inf, -np.inf] * 2, kind))
    np.testing.assert_array_equal(ends[:5], [0.0, 0.0, np.nan, 1.0, -1.0])
    np.testing.assert_array_equal(np.signbit(ends[:2]), [False, True])


@pytest.mark.parametrize("single", [False, True], ids=["64 bits", "32 bits"])
def test_accuracy_of_powers(single: bool, any_machine: str) -> None:
    random, kind = np.random.default_rng(5), np.float32 if single else np.float64
    f = Function(make("pow", X, symbol("y")), variables=("x", "y")).compile()
    for wide, high in ((0.01, 3000), (0.5, 80), (3, 12), (30, 1)):
        x = (10.0 ** random.uniform(-wide, wide, 500)).astype(kind)
        y = random.uniform(-high, high, 500).astype(kind)
        found = f(x, y)
        inside = np.isfinite(found) & (found > np.finfo(kind).smallest_normal)
        assert inside.mean() > 0.9
        ctx.prec = 300
        truths = [arb(float(a)) ** arb(float(b)) for a, b in zip(x[inside], y[inside], strict=True)]
        units = np.spacing(found[inside]).astype(float)
        off = [abs(float(arb(float(z)) - t)) for z, t in zip(found[inside], truths, strict=True)] / units
        ctx.prec = 53
        assert off.max() <= (vectormath.ACCURACY["pow"] if machine().fma else vectormath.OTHERS)


@pytest.mark.parametrize("n", [*range(-9, 18), 64])
def test_accuracy_of_whole_powers(n: int) -> None:
    x = np.random.default_rng(n + 9).uniform(1, 2, 500) * np.random.default_rng(1).choice([-0.5, 1, 4], 500)
    ctx.prec = 200
    truths = [arb(float(a)) ** n for a in x]
    f = Function(make("pow", X, const(n)), variables=("x",)).compile()
    for found, limit in ((f(x), 4.0), (np.array([f(float(a)) for a in x]), 2.0)):
        differences = np.array([abs(float(arb(float(z)) - t)) for z, t in zip(found, truths, strict=True)])
        assert (differences / np.spacing(np.abs(found))).max() <= limit
    ctx.prec = 53


def native(*nodes: Node) -> Callable[..., Any]:
    """The code of several nodes, which compute once what they have in common: a tuple of their values."""
    names = sorted({name for node in nodes for name in symbols(node)})
    return Function(*nodes, variables=tuple(names), shape=(len(nodes),)).compile(returns="tuple")


@pytest.mark.parametrize("single", [False, True], ids=["64 bits", "32 bits"])
def test_functions_that_share_their_work(single: bool, any_machine: str) -> None:
    own = machine().fma and machine().doubles > 1
    limits = vectormath.ACCURACY if own else dict.fromkeys(vectormath.ACCURACY, vectormath.OTHERS)
    x, both = points("exponent", single), (make("exp", X), make("expm1", X))
    for op, found in zip(("exp", "expm1"), native(*both)(x), strict=True):
        inside = np.isfinite(found)
        assert errors(found[inside], x[inside], op).max() <= limits[op]
    x, powers = points("positive", single), (make("pow", X, X), make("ln", X))
    assert errors(native(*powers)(x)[1], x, "log").max() <= limits["log"]
    edges = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, -1.5, 1.0, 1e-40], x.dtype)
    for nodes in (both, powers):
        for node, found in zip(nodes, native(*nodes)(edges), strict=True):
            (alone,) = native(node)(edges)
            np.testing.assert_allclose(found, alone, rtol=4 * np.finfo(x.dtype).eps, atol=0)
            np.testing.assert_array_equal(np.signbit(found[found == 0]), np.signbit(alone[found == 0]))


def test_a_power_beside_the_next_one(any_machine: str) -> None:
    random, less = np.random.default_rng(3), make("pow", X, make("sub", Y, const(1)))
    f = native(make("pow", X, Y), less)
    x, y = 10.0 ** random.uniform(-3, 3, 500), random.integers(-700, 700, 500) / 8
    found = f(x, y)[1]
    ctx.prec = 300
    truths = [arb(float(a)) ** (arb(float(b)) - 1) for a, b in zip(x, y, strict=True)]
    off = [abs(float(arb(float(z)) - t)) for z, t in zip(found, truths, strict=True)] / np.spacing(found)
    ctx.prec = 53
    assert off.max() <= 4.0
    x, y = np.array([0.0, -0.0, 1.0, np.inf, -2.0, 5e-324, np.nan]).repeat(3), np.tile([0.0, 1.0, 2.0], 7)
    np.testing.assert_array_equal(f(x, y)[1], native(less)(x, y)[0])


@pytest.mark.parametrize("single", [False, True], ids=["64 bits", "32 bits"])
def test_quotients(single: bool, any_machine: str) -> None:
    kind, random = np.float32 if single else np.float64, np.random.default_rng(1)
    information = np.finfo(kind)
    small, large = float(information.smallest_subnormal), float(information.max)
    edges = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, small, -5 * small, 1.0, -3.0, large], kind)
    x, y = (np.concatenate([random.uniform(-9, 9, 300), part]).astype(kind) for part in _pairs(edges))
    with np.errstate(all="ignore"):
        wanted = x / y
        found = native(make("div", X, Y), make("div", make("sqrt", X), Y))(x, y)[0]
        off = np.abs(found - wanted) / np.spacing(np.abs(wanted))
        same = (found == wanted) | (np.isnan(found) & np.isnan(wanted))
        assert (same | (off <= np.where(np.abs(y) > large / 4, 4.0, 2.0))).all()
        for number in (3.0, -0.7, math.sqrt(2), 1e-3, 8.0, 1e300):
            (found,), wanted = native(make("div", X, const(number)))(x), x / kind(number)
            np.testing.assert_array_equal(found, wanted)
            np.testing.assert_array_equal(np.signbit(found[found == 0]), np.signbit(wanted[found == 0]))


def _pairs(numbers: Any) -> Any:
    return [column.ravel() for column in np.meshgrid(numbers, numbers)]


@pytest.mark.parametrize("op", FUNCTIONS)
def test_floats_are_as_good_as_the_c_library(op: str) -> None:
    theirs, where = FUNCTIONS[op]
    x = points(where, False, 100)
    f = Function(make(op, X), variables=("x",)).compile()
    found = np.array([f(float(value)) for value in x])
    inside = np.isfinite(found)
    limit = 2.5 if op in ("sinh", "cosh", "tanh", "asinh", "acosh", "atanh") else 1.0
    assert errors(found[inside], x[inside], theirs).max() <= limit


NAN, INF = math.nan, math.inf
EDGES: dict[str, list[tuple[float, float]]] = {
    "exp": [(0.0, 1.0), (-0.0, 1.0), (INF, INF), (-INF, 0.0), (NAN, NAN), (1e300, INF), (-1e300, 0.0), (709.8, INF)],
    "expm1": [(0.0, 0.0), (-0.0, -0.0), (INF, INF), (-INF, -1.0), (NAN, NAN), (1e300, INF), (-1e300, -1.0)],
    "ln": [(0.0, -INF), (-0.0, -INF), (INF, INF), (-INF, NAN), (NAN, NAN), (-1.0, NAN), (1.0, 0.0)],
    "log1p": [(0.0, 0.0), (-0.0, -0.0), (INF, INF), (-INF, NAN), (NAN, NAN), (-1.0, -INF), (-2.0, NAN)],
    "sin": [(0.0, 0.0), (-0.0, -0.0), (INF, NAN), (-INF, NAN), (NAN, NAN)],
    "cos": [(0.0, 1.0), (-0.0, 1.0), (INF, NAN), (-INF, NAN), (NAN, NAN)],
    "tan": [(0.0, 0.0), (-0.0, -0.0), (INF, NAN), (NAN, NAN)],
    "sinh": [(0.0, 0.0), (-0.0, -0.0), (INF, INF), (-INF, -INF), (NAN, NAN)],
    "cosh": [(0.0, 1.0), (-0.0, 1.0), (INF, INF), (-INF, INF), (NAN, NAN)],
    "tanh": [(0.0, 0.0), (-0.0, -0.0), (INF, 1.0), (-INF, -1.0), (NAN, NAN), (1e300, 1.0), (-25.0, -1.0)],
}


@pytest.mark.parametrize("single", [False, True], ids=["64 bits", "32 bits"])
@pytest.mark.parametrize("op", EDGES)
def test_edges(op: str, single: bool, any_machine: str) -> None:
    kind = np.float32 if single else np.float64
    with np.errstate(over="ignore"):
        x, wanted = (np.array(column).astype(kind) for column in zip(*EDGES[op], strict=True))
    found = Function(make(op, X), variables=("x",)).compile()(np.tile(x, 5))
    np.testing.assert_array_equal(found, np.tile(wanted, 5))
    zeros = np.tile(wanted == 0, 5)
    np.testing.assert_array_equal(np.signbit(found[zeros]), np.signbit(np.tile(wanted, 5)[zeros]))


def test_subnormal_numbers(any_machine: str) -> None:
    tiny = np.array([5e-324, 1e-310, -1e-310, 2.2250738585072014e-308])
    for op in ("ln", "exp", "expm1", "log1p", "sin", "tan", "tanh", "sinh"):
        f = Function(make(op, X), variables=("x",)).compile()
        np.testing.assert_array_equal(f(tiny), [f(value) for value in tiny.tolist()])
    x = np.linspace(-745.5, -708.0, 50)
    f = Function(make("exp", X), variables=("x",)).compile()
    np.testing.assert_allclose(f(x), [math.exp(value) for value in x], rtol=0, atol=5e-324)


def test_a_large_angle_is_not_quick_but_right() -> None:
    f = mb.function("sin x").compile()
    x = np.array([1e9, 1.1e9, 1e22, 1e300, -1e15, 0.5, 2.0**60, 3.0])
    np.testing.assert_array_equal(np.isclose(f(x), [math.sin(value) for value in x], rtol=5e-16, atol=0), True)


def test_one_reduction_for_sine_and_cosine() -> None:
    if not machine().fma or machine().doubles == 1:
        pytest.skip("there is no such operation")
    from mibun.run import sweep
    from mibun.run.binding import Form

    def lines(*ops: str) -> int:
        graph = llvm.Graph([make(op, X) for op in ops], ["x"])
        text = sweep.text(graph, machine(), False, [False], [False] * len(ops), Form("tuple"), 2**62)
        return text.count("@llvm.fma.")

    assert lines("sin", "cos") < lines("sin") + 5
