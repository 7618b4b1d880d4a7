"""Numbers written beside arrays: the precision is NumPy's, at the first call and at later ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

import mibun as mb

WHOLE = np.arange(1, 4)
SINGLE = np.array([1.5, 2.5, 3.5], np.float32)
TRUTH = np.array([True, False, True])


@pytest.mark.parametrize("x", [WHOLE, SINGLE, TRUTH, WHOLE * 1.0], ids=["whole", "single", "truth", "double"])
@pytest.mark.parametrize(
    "fn",
    [
        lambda x: x * 2.0,
        lambda x: 2.0 + x,
        lambda x: np.subtract(x, 1.0),
        lambda x: (x + 1.0) ** -1,
        lambda x: np.maximum(x, 0.0),
        lambda x: x * np.float64(2.5),
        lambda x: np.sqrt(2.0) * x,
        lambda x: x / np.sqrt(2.0),
        lambda x: x * np.float32(2.5),
        lambda x: x * 2.5,
        lambda x: x + 2,
        lambda x: np.where(x > 1, x, 2.0),
    ],
)
def test_as_in_numpy(fn: Callable[[Any], Any], x: Any) -> None:
    mapped = mb.vmap(fn)
    for _ in range(2):
        found = mapped(x)
        assert_allclose(found, fn(x), rtol=1e-7)
        assert found.dtype == fn(x).dtype
