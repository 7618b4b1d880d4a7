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
