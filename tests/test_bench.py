"""What the benchmark compares is the same function everywhere: as text, as code, by hand, and by hand in a loop."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.special
from bench.formulas import KINDS, LECTURE, Formula, functions

import mibun as mb

SCALAR = functions(math, where=lambda test, yes, no: yes if test else no)


@pytest.mark.parametrize("formula", [LECTURE, *KINDS], ids=lambda formula: formula.name)
def test_a_formula_is_the_same_in_all_its_forms(formula: Formula) -> None:
    points = formula.points(300)
    value, slopes = mb.function(formula.text).value_and_grad()(*points)
    wanted = [value, *(slopes if isinstance(slopes, tuple) else [slopes])]
    m = functions(np, scipy.special)
    np.testing.assert_allclose(formula.code(m)(*points), value, rtol=1e-11)
    found = formula.by_hand(m)(*points)
    in_loop = (formula.in_loop or formula.by_hand)(SCALAR)
    single = np.array([in_loop(*map(float, point)) for point in zip(*points, strict=True)]).T
    for right, by_hand, one in zip(wanted, found, single, strict=True):
        scale = float(np.abs(right).max())
        np.testing.assert_allclose(by_hand, right, rtol=1e-11, atol=1e-13 * scale)
        np.testing.assert_allclose(one, right, rtol=1e-11, atol=1e-13 * scale)
