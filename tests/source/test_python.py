"""NumPy code: it runs over numbers and arrays, has mibun's values, and mibun can differentiate it again."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from tests import strategies
from tests.points import POINTS
from tests.source.build import program
from tests.source.test_c import (
    FORMULAS,
    INF,
    NAN,
    POWERS,
    RANDOM,
    SPECIAL,
    TOLERANCE,
    VALUED,
    X,
    agree,
    operation,
    places,
    same,
)

import mibun as mb
from mibun.node import Node
from mibun.ops import const, make, symbol
from mibun.run import interpret
from mibun.run.safe import safe
from mibun.source import python, source
from mibun.source.plan import HANDLED, Program


def run(text: str) -> dict[str, Any]:
    """The names that the code defines. Its lines are not too long, and it imports nothing but NumPy and SciPy."""
    assert all(len(line) <= 130 for line in text.splitlines())
    imports = [line for line in text.splitlines() if "import" in line.split()]
    assert set(imports) <= {"import numpy as np", "from scipy import special"}
    ast.parse(text)
    space: dict[str, Any] = {}
    exec(compile(text, "<source>", "exec"), space)
    return space


def function(f: mb.Function, derivatives: int = 0) -> Callable[..., Any]:
    text = f.source("numpy", derivatives=derivatives, lang="en")
    return run(text)[f._program("numpy", derivatives).title]


def test_it_covers_the_operations() -> None:
    assert python.COVERED == HANDLED


@pytest.mark.parametrize("op", VALUED)
def test_every_operation(op: str) -> None:
    made = program("m", operation(op))
    call = run(source([made], "numpy", "en"))["m"]
    names = made.variables
    points = [[float(number) for number in point][-len(names) :] for point in POINTS[op]]
    points += (
        [[value] for value in SPECIAL]
        if len(names) == 1
        else [[x, y, 3.0][: len(names)] for x in SPECIAL for y in SPECIAL]
    )
    if op in ("gamma", "lgamma", "digamma", "polygamma"):
        points = [
            point for point in points if 1e-300 < abs(point[0]) < 100 and not (point[0] <= 0 and point[0] % 1 == 0)
        ]
    if op == "pow":
        points = [point for point in points if point[0] != -INF]  # of (-∞)^0.5 NumPy says what the processor does
    rel, least = TOLERANCE.get(op, (2e-15, 5e-324))
    wanted = [float(interpret.call(made.nodes[0], dict(zip(names, point, strict=True)))) for point in points]
    columns = [np.array(column) for column in zip(*points, strict=True)]
    for found in (call(*columns), [call(*point) for point in points]):
        for point, value, right in zip(points, found, wanted, strict=True):
            assert same(float(value), right, rel, least), (op, point, value, right)


def test_powers() -> None:
    for n in POWERS:
        made = program("p", make("pow", X, const(n)))
        call = run(source([made], "numpy", "en"))["p"]
        for x in [0.7, -0.7, 3.25, -8.0, 1e-3, 1e3, 0.0, INF, NAN, 1.0]:
            wanted = float(interpret.call(made.nodes[0], {"x": x}))
            assert same(float(call(x)), wanted, 1e-15), (n, x)
            if n not in (0, 1):
                assert call(np.array([2, 3])).dtype == np.float64


@pytest.mark.parametrize("text", FORMULAS)
def test_functions_with_derivatives(text: str) -> None:
    f = mb.function(text)
    names = f._program("numpy", 0).arguments
    for start in (0.4, 1.25, np.array([0.5, 2.5])):
        point = [start + 0.375 * i for i in range(len(names))]
        at = dict(zip(names, point, strict=True))
        value = function(f)(*point)
        assert value == pytest.approx(f(**at), rel=1e-12, nan_ok=True)
        assert np.shape(value) == np.shape(start)
        value, slopes = function(f, 1)(*point)
        wanted = f.value_and_grad()(**at)
        assert value == pytest.approx(wanted[0], rel=1e-12, nan_ok=True)
        assert np.shape(slopes) == np.shape(wanted[1])
        assert np.asarray(slopes) == pytest.approx(np.asarray(wanted[1]), rel=1e-9, abs=1e-12, nan_ok=True)
        value, slopes, second = function(f, 2)(*point)
        hessian = f.hessian()(**at)
        assert np.shape(second) == hessian.shape
        assert second == pytest.approx(hessian, rel=1e-8, abs=1e-11, nan_ok=True)


def test_derived_functions() -> None:
    xs, ys = np.linspace(0.25, 3, 7), np.linspace(1, 2, 7)
    f = mb.function("x^2 y + sin(x) e^(-y^2)")
    for g in (f.diff("x"), f.gradient(), f.hessian(), f.gradient()[1], f.diff("x", "y"), f.hessian()[0]):
        assert function(g)(xs, ys) == pytest.approx(g(xs, ys), rel=1e-13)
        assert function(g)(xs[:, None], ys).shape == g(xs[:, None], ys).shape
        assert function(g)(0.5, 2) == pytest.approx(g(0.5, 2.0), rel=1e-13)
    constant = mb.function("f(x, y) = 3")
    assert function(constant)(xs, 1.0).tolist() == [3] * 7
    assert function(constant)(1.0, 2.0) == 3
    assert function(constant.gradient())(xs, 1.0).shape == (2, 7)
    assert function(mb.function(5))() == 5
    assert function(mb.function(5).gradient())().shape == (0,)


@pytest.mark.parametrize("text", [text for text in FORMULAS if text.count("(x") and "f(" not in text])
def test_mibun_differentiates_it_again(text: str) -> None:
    f = mb.function(text)
    call = function(f)
    slope = f.diff()
    for x in (0.4, 1.25, 2.75):
        wanted = slope(x)
        assert float(call(x)) == pytest.approx(f(x), rel=1e-12, nan_ok=True)
        if math.isfinite(f(x)):
            assert mb.grad(call)(x) == pytest.approx(wanted, rel=1e-9, abs=1e-12)
            assert mb.grad(mb.grad(call))(x) == pytest.approx(f.diff(order=2)(x), rel=1e-7, abs=1e-10)


def test_gradients_of_code_in_several_variables() -> None:
    f = mb.function("f(x, y) = ln(e^x + e^y) + x^y + atan2(y, x)")
    call, slopes = function(f), f.gradient()
    assert mb.grad(call, (0, 1))(1.25, 0.75) == pytest.approx(slopes(1.25, 0.75).tolist())
    assert mb.jacobian(function(slopes), 0)(1.25, 0.75) == pytest.approx(f.hessian()(1.25, 0.75)[:, 0])
    value_and_slopes = function(f, 1)
    assert mb.grad(lambda x, y: value_and_slopes(x, y)[0])(1.25, 0.75) == pytest.approx(slopes(1.25, 0.75)[0])
    assert mb.vmap(call)(np.array([1.0, 2.0]), np.array([0.5, 3.0])) == pytest.approx(f([1.0, 2.0], [0.5, 3.0]))


def test_names() -> None:
    words = ["lambda", "np", "y0", "f", "special", "class", "t1", "values", "θ", "x2", "x"]
    total = const(1)
    for word in words:
        total = make("add", total, make("mul", symbol(word), symbol(word)))
    made = Program("f", tuple(words), tuple(words), (total,), (total,), (), (), 0)
    text = source([made], "numpy", "en")
    assert "def f(lambda_, np_, y0, f_, special_, class_, t1, values_, theta, x2, x):" in text
    assert run(text)["f"](*range(11)) == 1 + sum([i * i for i in range(11)])


def test_the_text() -> None:
    assert mb.function("x y + sigmoid(x)").source("numpy", derivatives=1, lang="ko") == (
        '''\
# mibun으로 만든 코드.
import numpy as np


def sigmoid(x):
    small = np.exp(-np.abs(x))
    return np.where(x < 0, small, 1.0) / (1 + small)


@np.errstate(all="ignore")
def f_value_and_grad(x, y):
    """f(x, y) = x*y + sigmoid(x)
    함숫값과, x, y로 편미분한 값을 돌려줍니다.
    """
    x = np.float64(1) * x
    y = np.float64(1) * y
    sigmoid_x = sigmoid(x)
    values = np.broadcast_arrays(
        x * y + sigmoid_x,
        sigmoid_x * sigmoid(-x) + y,
        x,
        x,
        y,
    )
    return values[0], (values[1], values[2])
'''
    )
    assert "special" not in mb.function("sin(x)").source("numpy")
    assert "special.erf(x)" in mb.function("erf(x)").source("numpy")


def test_numbers() -> None:
    assert [python.number(value) for value in (3, -2, Fraction(1, 2), 0.1, 2**60, 10**400, -INF, NAN)] == [
        *["3", "-2", "0.5", "0.1", "1.152921504606847e+18", "np.inf", "-np.inf", "np.nan"]
    ]


@given(strategies.nodes(ops=[*RANDOM, "symbol", "const", "e", "pi"]), places, places)
def test_random_graphs(node: Node, x: float, y: float) -> None:
    made = Program("f", ("x", "y"), ("x", "y"), (node,), (node,))
    call = run(source([made], "numpy", "en"))["f"]
    wanted = interpret.program(safe([node]), ("x", "y"))
    found = float(call(x, y))
    assert agree(node, found, {"x": x, "y": y})
    pair = call(np.array([x, 0.5]), y)
    right = np.broadcast_to(wanted(np.array([x, 0.5]), np.float64(y))[0], (2,)) * 1.0
    assert pair.shape == (2,)
    assert pair * 1.0 == pytest.approx(right, rel=1e-6, abs=1e-300, nan_ok=True) or agree(
        node, float(pair[0]), {"x": x, "y": y}
    )
