"""Python functions that are only called: studied beside their true derivatives."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest

import mibun as mb
from mibun.blackbox import BlackBox


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


def test_a_black_box_says_what_it_cannot_do() -> None:
    for name in ("diff", "check", "equals", "enclose", "principles", "plot"):
        with pytest.raises(mb.UnsupportedOperation):
            getattr(mb.function(math.sin), name)()
    with pytest.raises(mb.UnsupportedOperation):
        mb.function("x").equals(math.sin)
    with pytest.raises(AttributeError):
        _ = mb.function(math.sin).nothing
