"""Points and steps as users give them."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from mibun import places
from mibun.errors import DomainError, MibunError
from mibun.ops import PI, const
from mibun.write import notation


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (2, 2),
        (Fraction(4, 2), Fraction(2)),
        (0.1, 0.1),
        (np.float32(0.5), 0.5),
        (np.int8(3), 3),
        (Decimal("0.1"), Fraction(1, 10)),
        (True, None),
        ("1", None),
        (1j, None),
        (Decimal("NaN"), None),
        (Decimal("1e999999"), None),
    ],
)
def test_numbers(value: object, wanted: object) -> None:
    assert places.number(value) == wanted


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("1/3", "1/3"),
        ("10^400", "10^400"),
        ("pi/4", "pi/4"),
        (0.1, "0.1"),
        (Decimal("0.1"), "1/10"),
        (PI, "pi"),
        (10**400, "1" + "0" * 400),
    ],
)
def test_coordinates(value: Any, wanted: str) -> None:
    assert notation.ascii(places.coordinate("x", value)) == wanted


@pytest.mark.parametrize("value", ["x", "", None, [1], "1/0", "ln(-1)", math.inf, math.nan, object()])
def test_no_coordinates(value: Any) -> None:
    with pytest.raises(MibunError):
        places.coordinate("x", value)


def test_points() -> None:
    one, two = const(1), const(2)
    assert places.point(1, "x", ["x"], ["x"]) == {"x": one}
    assert places.point((1, 2), "x", ["x", "y"], ["x", "y"]) == {"x": one, "y": two}
    assert places.point(np.array([1, 2]), "x", ["x", "y"], ["x", "y"]) == {"x": one, "y": two}
    assert places.point(np.float64(1.0), "x", ["x"], ["x"])["x"] == const(1.0)
    assert places.point({"x": 1, "a": 2}, "x", ["x"], ["x", "a"]) == {"x": one, "a": two}


@pytest.mark.parametrize(
    ("h", "wanted"), [(0.1, Fraction(1, 10)), ("1e-4", Fraction(1, 10**4)), ("1/3", Fraction(1, 3))]
)
def test_steps(h: Any, wanted: Fraction) -> None:
    assert places.step(h) == wanted


@pytest.mark.parametrize("h", [0, -1, "x", "", None, math.nan, math.inf, 1e-400, "1/0", [1], "1e999999999", 10**400])
def test_no_steps(h: Any) -> None:
    with pytest.raises(DomainError):
        places.step(h)
