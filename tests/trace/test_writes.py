"""Writing into parts of arrays: what shares memory in NumPy shares it here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

import mibun as mb


def written_by_number(x: Any) -> Any:
    a = x * 1.0
    a[2] = x[0] * 5
    return np.sum(a[2:3:5] ** 2)


def written_by_slice(x: Any) -> Any:
    a = x * 1.0
    a[2:3:5] = x[0] * 5
    a[2] = x[1] * 7
    return np.sum(a**2)


def written_in_a_part(x: Any) -> Any:
    a = x * 1.0
    a[::2][1:] = x[1] * 3
    a[2] *= 2
    return np.sum(a**2)


def part_of_a_part(x: Any) -> Any:
    a = x * 1.0
    part = a[1:][::2][None, 1:]
    a[3] = x[0] ** 2
    part *= 3
    return np.sum(part) + np.sum(a**2)


def matrix_product(x: Any) -> Any:
    a = np.outer(x, x[:2])[:2]
    b = a
    a @= np.array([[2.0, 0.5], [0.0, 3.0]])
    return np.sum(b * b)


def whole_quotient(x: Any) -> Any:
    a = x * 1.0
    b = a
    a //= 2.0
    return np.sum(b * x)


@pytest.mark.parametrize(
    "fn", [written_by_number, written_by_slice, written_in_a_part, part_of_a_part, matrix_product, whole_quotient]
)
def test_as_in_numpy(fn: Callable[[Any], Any]) -> None:
    x = np.array([0.7, 1.3, 2.9, 5.1])
    value, gradient = mb.value_and_grad(fn)(x)
    h = 1e-6
    quotients = [(fn(x + h * e) - fn(x - h * e)) / (2 * h) for e in np.eye(4)]
    assert_allclose(value, fn(x), rtol=1e-14)
    assert_allclose(gradient, quotients, rtol=1e-7, atol=1e-7)


def test_a_loop_may_cut_off_piece_after_piece() -> None:
    def total(x: Any) -> Any:
        found = 0.0
        while len(x):
            found += x[0] ** 2
            x = x[1:]
        return found

    assert_allclose(mb.grad(total)(np.arange(1500.0)), 2 * np.arange(1500.0))


def test_a_long_chain_of_views_is_no_recursion() -> None:
    def folded(x: Any) -> Any:
        for _ in range(1200):
            x = x.reshape(4).reshape(2, 2)
        return np.sum(x**2)

    assert np.array_equal(mb.grad(folded)(np.ones((2, 2))), np.full((2, 2), 2.0))


def test_what_is_missing_is_missing_for_hasattr() -> None:
    assert mb.grad(lambda x: x * 2 if hasattr(x, "toarray") else x * 3)(1.0) == 3.0
    assert mb.grad(lambda x: x * getattr(x, "name", 7))(1.0) == 7.0
