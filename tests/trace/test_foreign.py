"""Functions that are called and not traced, and solutions of equations."""

from __future__ import annotations

import gc
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

import mibun as mb
from mibun.trace.traced import Traced

FACTOR = 1.0


def scaled_rule(primals: Any, tangents: Any) -> Any:
    return FACTOR * np.cos(primals[0]) * tangents[0]


def scaled_residual(x: Any, a: Any) -> Any:
    return FACTOR * x - a


@pytest.mark.parametrize(
    "fn", [mb.custom(math.sin, scaled_rule), mb.implicit(lambda a: a / FACTOR, scaled_residual)], ids=["rule", "root"]
)
def test_what_a_rule_reads_is_watched(fn: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    gradient = mb.grad(fn)
    first = gradient(0.0)
    monkeypatch.setattr(f"{__name__}.FACTOR", 4.0)
    assert gradient(0.0) in (4.0 * first, first / 4.0)


def test_a_solver_sees_only_what_occurs_and_is_not_asked_twice() -> None:
    seen = []

    def solve(a: Any) -> Any:
        seen.append(float(a))
        if a < 1:
            raise ValueError("no root below 1")
        return a**0.5

    root = mb.implicit(solve, lambda x, a: x**2 - a)
    assert mb.grad(root)(4.0) == 0.25
    assert seen == [4.0]
    assert_allclose(mb.grad(mb.grad(root))(4.0), -1 / 32)
    assert set(seen) == {4.0}


def test_the_value_that_is_known_is_that_for_the_same_numbers_beside() -> None:
    special = pytest.importorskip("scipy.special")
    bessel = mb.custom(
        special.jv,
        lambda p, t: (bessel(p[0] - 1, p[1]) - p[0] / p[1] * bessel(p[0], p[1])) * t[1],
    )
    assert_allclose(mb.grad(lambda x: bessel(2, x))(1.5), special.jvp(2, 1.5), rtol=1e-14)
    assert_allclose(mb.grad(mb.grad(lambda x: bessel(2, x)))(1.5), special.jvp(2, 1.5, 2), rtol=1e-13)


def test_a_function_may_use_the_same_memory_again_and_change_its_argument() -> None:
    memory = np.zeros(2)

    def squares(x: Any) -> Any:
        memory[:] = x
        x *= x
        memory[:] *= memory
        return memory

    fn = mb.custom(squares, lambda p, t: 2 * p[0] * t[0])
    product = mb.value_and_grad(lambda x: np.sum(fn(x) * fn(2 * x)))
    x = np.array([1.0, 2.0])
    for _ in range(2):
        value, gradient = product(x)
        assert value == 68.0
        assert_allclose(gradient, 16 * x**3)
    rows = np.array([[1.0, 2.0], [3.0, 4.0]])
    assert_allclose(mb.vmap(lambda x: fn(x) + x)(rows), rows**2 + rows)
    assert rows[1, 1] == 4.0


def test_several_values_and_the_value_beside_the_tangent() -> None:
    def pair(p: Any, t: Any) -> Any:
        s, c = both(p[0])
        return (s, c), (c * t[0], -s * t[0])

    both = mb.custom(lambda x: (math.sin(x), math.cos(x)), pair)
    assert_allclose(mb.grad(lambda x: both(x)[0] * 2 + both(x)[1])(0.7), 2 * math.cos(0.7) - math.sin(0.7))
    assert_allclose(mb.grad(mb.grad(lambda x: both(x)[0]))(0.7), -math.sin(0.7))


def test_a_rule_that_reads_what_is_differentiated_around_it() -> None:
    def outer(x: Any) -> Any:
        return mb.custom(math.sin, lambda p, t: x * np.cos(p[0]) * t[0])(x)

    with pytest.raises(mb.UnsupportedOperation) as caught:
        mb.grad(outer)(1.0)
    assert "mb.custom(sin) reads a value of the differentiation around it" in caught.value.text("en")


def test_a_path_keeps_nothing_of_the_run_that_found_it() -> None:
    sine = mb.custom(np.sin, lambda p, t: np.cos(p[0]) * t[0])
    gradient = mb.grad(lambda x: np.sum(sine(np.exp(x))))
    before = stand_ins()
    gradient(np.ones(3))
    assert stand_ins() == before


def stand_ins() -> int:
    gc.collect()
    return sum(type(found) is Traced for found in gc.get_objects())
