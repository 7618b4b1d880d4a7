"""Python functions: studied by their values beside their true derivatives, and read as formulas."""

# ruff: noqa: PLW0108 - a row shows the call as people write it

from __future__ import annotations

import json
import math
import os
from typing import Any

import numpy as np
import pytest
import scipy.special

import mibun as mb
from mibun.blackbox import OF_FORMULAS, BlackBox


def test_a_callable_is_a_black_box() -> None:
    box = mb.function(math.sin)
    assert isinstance(box, BlackBox)
    assert (box.name, box(1.0), repr(box)) == ("sin", math.sin(1), "<mibun.BlackBox sin(x)>")
    assert mb.function(lambda u, v=2: u).variables == ("u",)
    assert mb.function(np.exp).variables == ("x",)
    assert mb.function(lambda *xs: sum(xs), variables="a b").variables == ("a", "b")
    assert mb.function(lambda x: x).name == "f"
    with pytest.raises(mb.UnsupportedOperation):
        mb.function(int)


@pytest.mark.parametrize(
    ("fn", "a", "wanted"),
    [
        (math.sin, 1.0, math.cos(1.0)),
        (np.exp, -2.0, math.exp(-2)),
        (lambda x: x**3 if x > 0 else 0.0, 2.0, 12.0),
        (lambda x: 7, 1.0, 0.0),
        (math.log, 1e-3, 1e3),
    ],
)
def test_its_limit(fn: Any, a: float, wanted: float) -> None:
    study = mb.function(fn).limit(a)
    assert study.value is not None
    assert study.bound is not None
    assert abs(study.value - wanted) <= study.bound + 1e-14 * abs(wanted)
    assert study.row is not None
    h = 1e-4
    assert float(study.row.forward) == pytest.approx((fn(a + h) - fn(a)) / h, rel=1e-9, abs=1e-9)
    assert study.best_h is not None
    for lang in ("en", "ko"):
        assert "nan" not in study.text(lang)
    assert json.loads(json.dumps(study.json(), allow_nan=False))["value"] == study.value


def test_a_kink_is_seen_from_both_sides() -> None:
    study = mb.function(lambda x: abs(x) + x * x).limit(0)
    assert study.kind == "kink"
    assert study.value is None
    assert (study.left, study.right) == (pytest.approx(-1), pytest.approx(1))
    assert "−1" in study.text("en")


def test_several_arguments() -> None:
    box = mb.function(lambda x, y: x * x * y)
    assert box.limit({"x": 3, "y": 2}, "y").value == pytest.approx(9)
    assert box.limit((3, 2), "x").value == pytest.approx(12)
    for call, key in (
        (lambda: box.limit((3, 2)), "which_variable"),
        (lambda: box.limit((3, 2), "z"), "unknown_variable"),
        (lambda: box.limit({"x": 3}, "x"), "missing_values"),
        (lambda: box.limit((3, 2), "x", h=-1), "step"),
    ):
        with pytest.raises(mb.MibunError) as caught:
            call()
        assert caught.value.key == key


def test_what_a_function_raises_passes_through() -> None:
    def broken(x: float) -> float:
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        mb.function(broken).limit(1)


def test_its_derivative() -> None:
    found = mb.function(np.sin).derivative(np.array([0.0, 1.0]), 2)
    assert np.all(abs(found.value + np.sin([0.0, 1.0])) <= found.bound + 1e-15)


@pytest.mark.parametrize(("fn", "a"), [(np.cbrt, 0), (math.log, 0), (math.log, -1), (lambda x: 1 / x, 0)])
def test_no_derivative_is_no_number(fn: Any, a: float) -> None:
    study = mb.function(fn).limit(a)
    assert (study.value, study.bound, study.left) == (None, None, None)
    assert "No derivative could be found" in study.text("en")
    json.dumps(study.json(), allow_nan=False)


# The formula of plain calculation


def power_series(x: Any) -> Any:
    return sum(x**k / math.factorial(k) for k in range(4))


FORMULAS: list[tuple[Any, str]] = [
    (lambda x: np.sin(x) ** 2, "sin(x)^2"),
    (lambda x: x**3 / 2 - 0.5 * x + 0.1, "x^3/2 - x/2 + 0.1"),
    (lambda x, y: np.hypot(x, y) + np.arctan2(y, x), "hypot(x, y) + atan2(y, x)"),
    (lambda x: np.log1p(x) + np.expm1(x), "ln(1 + x) + e^x - 1"),
    (lambda x, y: np.logaddexp(x, y) + x**y, "ln(e^x + e^y) + x^y"),
    (lambda x: np.where(x > 0, x**2, -x), "where(x > 0, x^2, -x)"),
    (lambda x: np.clip(x, 0, 1) + np.maximum(x, 2) + abs(x), "min(max(x, 0), 1) + max(x, 2) + abs(x)"),
    (lambda x: np.mod(x, 2.0) + np.floor(x), "x - 2 floor(x/2) + floor(x)"),
    (lambda x: np.cbrt(x) + np.sqrt(x) + np.log2(x), "x^(1/3) + sqrt(x) + log(x, 2)"),
    (lambda x: np.sinc(x), "where(pi x = 0, 1, sin(pi x)/(pi x))"),
    (lambda x: np.pi * x + math.e, "pi x + e"),
    (lambda x: np.degrees(x), "x * (180/pi)"),
    (lambda x: np.sum(x) + np.dot(x, x) + np.mean(x), "x + x*x + x"),
    (lambda x: np.polyval([1, 2, 3], x), "(x + 2) x + 3"),
    (lambda x: np.array([1.0, 2.0])[1] * x + np.linalg.norm([3.0, 4.0]), "2x + 5"),
    (lambda x: (x > 1) * 3 + np.float32(2) * x, "where(x > 1, 1, 0) * 3 + 2x"),
    (lambda x: mb.grad(lambda t: t**3 / 3)(x), "x^2"),
    (lambda x: 7, "7"),
    (power_series, "1 + x + x^2/2 + x^3/6"),
    (np.tanh, "tanh(x)"),
    (scipy.special.expit, "sigmoid(x)"),
]


@pytest.mark.parametrize(("fn", "written"), FORMULAS, ids=[written for _, written in FORMULAS])
def test_plain_calculation_is_a_formula(fn: Any, written: str) -> None:
    wanted = mb.function(written, variables=mb.function(fn).variables)
    found = mb.function(fn).formula()
    assert isinstance(found, mb.Function)
    assert found.variables == wanted.variables
    assert str(found.equals(wanted)) in ("proved", "verified")
    point = [0.7, 1.3][: len(found.variables)]
    assert found(*point) == pytest.approx(float(fn(*map(np.float64, point))), rel=1e-14)


def test_what_formulas_can_do() -> None:
    box = mb.function(lambda x: np.sin(x) ** 2)
    assert str(box.diff()) == "2 sin x cos x"
    assert "Chain rule" in box.explain(lang="en").text()
    assert box.check().ok
    assert str(box.equals("(1 - cos(2x))/2")) == "verified"
    assert str(mb.function("sin(x)^2").equals(lambda x: np.sin(x) ** 2)) == "proved"
    assert box.latex() == r"\sin^{2} x"
    assert box.limit(1).value == pytest.approx(math.sin(2))  # by its values
    assert box.value_and_grad()(1.0)[1] == pytest.approx(math.sin(2))
    energy = mb.function(lambda mass, velocity: mass * velocity**2 / 2)
    assert str(energy.diff("velocity")) == "mass · velocity"
    assert energy.gradient()(2.0, 3.0).tolist() == [4.5, 6.0]
    assert box.compile()(1.0) == pytest.approx(math.sin(1) ** 2)
    assert "_value_and_grad(double x, double grad[1])" in box.source("c", derivatives=1)
    assert mb.grad(box)(1.0) == pytest.approx(math.sin(2))


def test_nothing_is_missing() -> None:
    """What a formula has in public, a callable has as well."""
    mine = {name for name in dir(BlackBox) if not name.startswith("_")}
    theirs = {name for name in dir(mb.Function) if not name.startswith("_")}
    assert theirs - mine == set(OF_FORMULAS)
    assert mine - theirs == {"formula", "derivative"}


def branches(x: Any) -> Any:
    if x > 0:
        return x
    return -x


REFUSED: list[tuple[Any, str, str, str]] = [
    (math.sin, "black_box", "Of sin there are values only and no formula, so that there is no diff.", "sin 함수는"),
    (
        branches,
        "black_box_branch",
        "{file}, line {line}: The function goes another way for other values, ",
        "{file} {line}번째",
    ),
    (
        lambda x: math.sin(x),
        "trace_math",
        "{file}, line {line}: math.sin makes a plain number of its argument",
        "{file} {line}",
    ),
    (lambda x: np.rint(x), "black_box_op", "The function uses rint, which formulas do not have", "함수에 쓰인 rint는"),
    (lambda x: np.stack([x, x]).sum(), "black_box_op", "The function uses sum", "함수에 쓰인 sum은"),
    (lambda x: (x, x), "not_single", "mb.function needs a function with one number as its value", "mb.function에 넣는"),
    (
        lambda x: np.ones(2) * x,
        "not_scalar",
        "mb.function needs a function with one number as its value",
        "mb.function에",
    ),
    (lambda x: None, "no_number", "mb.function needs a function with a number as its value", "mb.function에 넣는"),
]


@pytest.mark.parametrize(("fn", "key", "en", "ko"), REFUSED, ids=[key for _, key, _, _ in REFUSED])
def test_a_black_box_says_why_there_is_no_formula(fn: Any, key: str, en: str, ko: str) -> None:
    for ask in (lambda: mb.function(fn).diff(), lambda: mb.function(fn).diff):
        with pytest.raises(mb.MibunError) as caught:
            ask()
        assert caught.value.key == key
        line = fn.__code__.co_firstlineno + (fn is branches) if hasattr(fn, "__code__") else 0
        place = {"file": os.path.relpath(__file__), "line": line}
        assert caught.value.text("en").startswith(en.format(**place))
        assert caught.value.text("ko").startswith(ko.format(**place))
    assert mb.function(fn).name  # everything else works


def test_what_a_black_box_does_not_have() -> None:
    with pytest.raises(AttributeError):
        _ = mb.function(math.sin).nothing
    with pytest.raises(mb.UnsupportedOperation):
        mb.function("x").equals(math.sin)
    with pytest.raises(LookupError):
        mb.function(lambda x: {}["a"]).diff()
