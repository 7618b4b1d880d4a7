"""A replay stands for a call only where the call would do the same."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import mibun as mb


def test_a_plain_number_of_either_sign_of_zero() -> None:
    gradient = mb.grad(lambda x, y: x * math.copysign(1.0, y))
    assert [gradient(1.0, y) for y in (0.0, -0.0, math.nan, math.nan, 2.0)] == [1.0, -1.0, 1.0, 1.0, 1.0]


def test_what_catches_every_exception_changes_no_derivative() -> None:
    def outer(x: Any) -> Any:
        def inner(y: Any) -> Any:
            try:
                return y * x
            except Exception:
                return y * 100.0

        return mb.grad(inner)(2.0)

    assert mb.value_and_grad(outer)(3.0) == (3.0, 1.0)


@pytest.mark.parametrize("used", [lambda kept, x: kept * x, lambda kept, x: np.stack([x, kept]), lambda kept, x: kept])
def test_a_value_that_outlives_its_call(used: Any) -> None:
    kept: list[Any] = []

    def fn(x: Any) -> Any:
        kept.append(x)
        return np.sum(used(kept[0], x))

    gradient = mb.grad(fn)
    gradient(1.0)
    with pytest.raises(mb.UnsupportedOperation) as caught:
        gradient(2.0)
    assert "belongs to a call of the function that is over" in caught.value.text("en")
    assert __file__.endswith(str(caught.value.facts["file"]))


@pytest.mark.parametrize("places", [[0, 3], [-4, 0], [1, 7]])
def test_a_place_that_is_not_there(places: list[int]) -> None:
    rows = mb.grad(lambda x, i: np.sum(x[i, i] ** 2))
    x = np.ones((3, 3))
    assert rows(x, np.array([1, -1]))[2, 2] == 2.0
    with pytest.raises(IndexError):
        rows(x, np.array(places))
    assert rows(x, np.array([-3, 2]))[0, 0] == 2.0


def test_a_place_that_the_others_of_a_batch_have_not() -> None:
    def entry(i: Any, x: Any) -> Any:
        if i < 3:
            value = x[i]
            return value if value > 0 else -10 * value
        return x[0] * 0

    found = mb.vmap(entry, in_axes=(0, None))(np.array([0, 1, 5, 2]), np.array([1.0, -2.0, 3.0]))
    assert list(found) == [1.0, 20.0, 0.0, 3.0]
