"""Audits: a small mistake in one of many components is found and named, and right gradients raise no alarm."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import settings

from mibun.checks import Audit, audit
from mibun.errors import MibunError, ShapeError, UnsupportedOperation

Case = tuple[Callable[[Any], Any], Callable[[Any], Any], Any]


def case(seed: int, most: int = 50) -> Case:
    """A function of up to ``most`` variables, its gradient, and a point; eight kinds in turn."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, most + 1))
    x = rng.normal(size=n) * 10.0 ** rng.uniform(-2, 2)
    c = 10.0 ** rng.uniform(-8, 8, size=n) * rng.choice([-1, 1], size=n)
    a = rng.normal(size=(n, n)) / math.sqrt(n)
    s = 10.0 ** rng.uniform(-8, 8)
    m = rng.random(n) < 0.5
    kinds: list[tuple[Callable[[Any], Any], Callable[[Any], Any]]] = [
        (lambda x: s * np.sum(np.sin(a @ x)), lambda x: s * (a.T @ np.cos(a @ x))),
        (lambda x: np.sum(c * x**2), lambda x: 2 * c * x),
        (lambda x: np.sum(np.exp(-(x[m] ** 2))), lambda x: np.where(m, -2 * x * np.exp(-(x**2)), 0)),
        (lambda x: float(np.sum(np.sin(x.astype(np.float32)), dtype=np.float32)), np.cos),
        (lambda x: np.sum(np.abs(x)), np.sign),
        (
            lambda x: np.log(np.sum(np.exp(x - x.max()))) + x.max(),
            lambda x: np.exp(x - x.max()) / np.sum(np.exp(x - x.max())),
        ),
        (
            lambda x: s * np.prod(1 + x**2) ** (1 / n),
            lambda x: s * np.prod(1 + x**2) ** (1 / n) * 2 * x / (1 + x**2) / n,
        ),
        (lambda x: s * np.maximum(a @ x, 0).sum(), lambda x: s * (a.T @ (a @ x > 0).astype(float))),
    ]
    return (*kinds[seed % len(kinds)], x)


def planted(seed: int) -> Case:
    """A gradient of 50 components with a mistake of 0.1 % in one, number ``seed`` of them."""
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(50, 50)) / 7
    x = rng.normal(size=50)

    def gradient(x: Any) -> Any:
        found = a.T @ np.cos(a @ x) + 2 * x
        found[seed % 50] *= 1.001
        return found

    return lambda x: np.sum(np.sin(a @ x)) + np.sum(x**2), gradient, x


@pytest.mark.parametrize("seed", range(0, 50, 7))
def test_a_mistake_of_a_thousandth_is_named(seed: int) -> None:
    report = audit(*planted(seed))
    assert not report.ok
    [wrong] = report.wrong
    assert report.worst == wrong and wrong.index == (seed,) and wrong.path == f"[{seed}]"
    assert wrong.gap == pytest.approx(1e-3, rel=1e-2)
    assert f"[{seed}]" in repr(report) and f"[{seed}]" in report.text("ko")
    with pytest.raises(AssertionError, match=rf"\[{seed}\]"):
        report.raise_for_failure()


def test_right_gradients_raise_no_alarm() -> None:
    nightly = settings().max_examples >= 1000
    seeds = range(1000 if nightly else 160)
    beyond = 0  # of few components, all lost in noise: no alarm, but no approval either
    for seed in seeds:
        report = audit(*case(seed, most=50 if nightly else 16))
        assert not report.wrong, f"{seed}: {report!r}"
        beyond += not report.ok
    assert beyond <= len(seeds) // 50


def test_what_could_not_be_told_is_not_approved() -> None:
    """No derivative at a kink, no value outside the domain: whatever the gradient says, it was not checked."""
    for fn, at in ((abs, 0.0), (lambda x: math.nan, 1.0)):
        report = audit(fn, lambda x: 99.0, at)
        assert not report.ok and not report.wrong
        with pytest.raises(AssertionError):
            report.raise_for_failure()


def test_mistakes_are_found_or_known_to_be_beyond_reach() -> None:
    found = 0
    for seed in range(80):
        fn, gradient, x = case(seed, most=12)
        given = np.array(gradient(x), dtype=float)
        place = seed % len(x)
        given[place] *= 1.001
        report = audit(fn, given, x)
        verdict = next(each.verdict for each in report.components if each.index == (place,))
        assert verdict != "right" or given[place] == 0
        found += verdict == "wrong"
    assert found > 50


def test_what_cannot_be_told_is_not_decided() -> None:
    report = audit(lambda x: np.abs(x).sum(), np.sign, np.array([0.0, 2.0]))
    assert report.ok and not report.decided
    assert [each.path for each in report.undecided] == ["[0]"]
    noisy = audit(lambda x: float(np.float16(x[0])) + x[1] * 0, [1.0, 0.0], [0.3, 1.0])
    assert noisy.ok and noisy.undecided
    assert "[0]" in report.text("en") and "판정할 수 없습니다" in report.text("ko")


# Arguments


def test_shapes_of_arguments() -> None:
    w, b = np.arange(6.0).reshape(2, 3), np.array([0.5, -1.0])

    def loss(w: Any, b: Any) -> Any:
        return np.sum((w @ np.array([1.0, 2.0, 3.0]) + b) ** 2)

    def right(w: Any, b: Any) -> Any:
        residual = 2 * (w @ np.array([1.0, 2.0, 3.0]) + b)
        return np.outer(residual, [1.0, 2.0, 3.0]), residual

    assert audit(loss, right, (w, b)).ok

    def wrong(w: Any, b: Any) -> Any:
        dw, db = right(w, b)
        dw[1, 2] *= 1.01
        return dw, db

    report = audit(loss, wrong, (w, b))
    assert report.worst is not None and report.worst.path == "w[1, 2]" and report.worst.argument == 0


@pytest.mark.parametrize(
    ("fn", "gradient", "at"),
    [
        (math.sin, math.cos, 1.0),
        (math.sin, math.cos, 1),
        (np.sin, np.cos, np.float64(1)),
        (np.sin, np.cos, np.array(1.0)),
        (lambda x, y: x * y, lambda x, y: (y, x), (2.0, 3.0)),
        (lambda x, y: x * y, lambda x, y: np.array([y, x]), (2.0, 3.0)),
        (lambda *p: p[0] * p[1], lambda *p: [p[1], p[0]], (2.0, 3.0)),
        (lambda p: p[0] * p[1], lambda p: [p[1], p[0]], (2.0, 3.0)),
        (lambda p: p[0] * p[1], lambda p: [p[1], p[0]], [2, 3]),
        (lambda p: np.array(p[0] * p[1]), lambda p: np.array([p[1], p[0]]), [2.0, 3.0]),
        (lambda p: np.array([p[0] * p[1]]), lambda p: [p[1], p[0]], [2.0, 3.0]),
        (lambda p: p**2, lambda p: np.diag(2 * p), [2.0, 3.0]),
        (lambda p: [p[0], p[0] * p[1], 7], lambda p: [[1, 0], [p[1], p[0]], [0, 0]], np.array([2.0, 3.0])),
        (lambda p: 7, lambda p: [0, 0], [2.0, 3.0]),
        (lambda p: (p**2).sum(), lambda p: 2 * p, np.arange(6).reshape(2, 3)),
        (lambda p: float(sum(map(sum, p))), [[1, 1], [1, 1]], [[1.0, 2.0], [3.0, 4.0]]),
        (lambda x, scale=2.0: scale * x, lambda x: 2.0, 1.5),
        (lambda p: 0.0, lambda p: [], []),
    ],
)
def test_ways_to_call(fn: Any, gradient: Any, at: Any) -> None:
    report = audit(fn, gradient, at)
    assert report.ok and report.decided, report.text("en")


def test_a_function_of_lists_only() -> None:
    def fn(p: Any) -> Any:
        if type(p) is not list:
            raise TypeError("lists only")
        return sum(q * q for q in p)

    assert audit(fn, lambda p: [2 * q for q in p], [1, 2, 3]).ok
    assert not audit(fn, lambda p: [2 * q for q in p[:2]] + [5], [1, 2, 3]).ok


def test_jacobians_name_both_places() -> None:
    report = audit(lambda p: p**2, lambda p: np.diag(2 * p) + np.array([[0, 0], [0.1, 0]]), [2.0, 3.0])
    assert report.worst is not None and report.worst.path == "output [1] [0]"
    assert (report.worst.output, report.worst.index) == ((1,), (0,))


def test_no_number_is_no_derivative() -> None:
    for bad in (math.nan, math.inf):
        report = audit(lambda p: p[0] * p[1], [3.0, bad], [2.0, 3.0])
        assert [each.path for each in report.wrong] == ["[1]"]
        assert report.worst is not None and report.worst.path == "[1]"
        json.dumps(report.json(), allow_nan=False)


# Mistakes in the call


@pytest.mark.parametrize(
    ("fn", "gradient", "at", "error"),
    [
        (np.sum, [1.0], [1.0, 2.0], ShapeError),
        (np.sum, 1.0, [1.0, 2.0], ShapeError),
        (np.sum, [[1.0, 1.0]], [1.0, 2.0], ShapeError),
        (np.sum, None, [1.0, 2.0], UnsupportedOperation),
        (np.sum, ["a", "b"], [1.0, 2.0], UnsupportedOperation),
        (np.sum, [1j, 1], [1.0, 2.0], UnsupportedOperation),
        (np.sum, [1, 1], "ab", ShapeError),
        (np.sum, [1, 1], None, ShapeError),
        (np.sum, [1, 1], [1, [2, 3]], ShapeError),
        (lambda p: "a", [1, 1], [1.0, 2.0], UnsupportedOperation),
        (lambda p: None, [1, 1], [1.0, 2.0], UnsupportedOperation),
        (lambda p: p[0] * 1j, [1, 1], [1.0, 2.0], UnsupportedOperation),
        (lambda x, y: x * y, lambda x, y: y, (1.0, 2.0), ShapeError),
        (lambda x, y: x * y, lambda x, y: (y,), (1.0, 2.0), ShapeError),
    ],
)
def test_clear_errors(fn: Any, gradient: Any, at: Any, error: type[MibunError]) -> None:
    with pytest.raises(error) as caught:
        audit(fn, gradient, at)
    assert all(caught.value.text(lang) for lang in ("en", "ko"))


def test_what_the_function_raises_passes_through() -> None:
    def fn(p: Any) -> Any:
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        audit(fn, [1.0], [1.0])
    with pytest.raises(ZeroDivisionError):
        audit(lambda p: p[0] / 0 if isinstance(p, list) else 1 / 0, [1.0], [1.0])
    with pytest.raises(KeyError):
        audit(lambda p: p[0], lambda p: {}["x"], [1.0])


def test_the_report_is_plain_data() -> None:
    report = audit(*planted(3))
    data = json.loads(json.dumps(report.json(), allow_nan=False))
    assert data["ok"] is False and data["worst"]["path"] == "[3]" and data["components"] == 50
    assert isinstance(report, Audit) and not report
