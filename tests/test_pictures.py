"""Which picture is drawn, and with what."""

from __future__ import annotations

from typing import Any

import pytest

import mibun as mb
from mibun.language import LANGUAGES


def alt(source: str, *args: Any, **options: Any) -> str:
    return str(mb.function(source).plot(*args, **{"lang": "en", **options}))


def test_the_picture_that_fits() -> None:
    assert alt("x^2/2", 1, h=0.5) == (
        "Graph of f(x) = x²/2. Secant for h = 0.5, slope = 1.25. Tangent at x = 1, slope = 1."
    )
    assert "f′(x) = x" in alt("x^2/2")
    assert "∂f/∂x = 6, ∂f/∂y = 6" in alt("2x^2 + xy + 5y", (1, 2))
    assert "Tangent at x = 1, slope = 4" in alt("x^2 y", (1, 2), "x")
    assert "slope = 6" in alt("a x^2", {"x": 1, "a": 3}, "x")


@pytest.mark.parametrize("kind", ["tangent", "secants", "error", "derivative"])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_kinds(kind: str, lang: str) -> None:
    picture = mb.function("sin x").plot("pi/3", kind=kind, lang=lang)
    assert picture.png(dpi=30).startswith(b"\x89PNG")
    assert str(picture)


@pytest.mark.parametrize("kind", ["contours", "surface"])
def test_kinds_of_two_variables(kind: str) -> None:
    assert mb.function("x^2 - y^2").plot((1, 1), kind=kind, lang="en").svg().startswith("<?xml")


@pytest.mark.parametrize(
    ("source", "at", "says"),
    [
        ("|x|", 0, "−1"),
        ("x^(1/3)", 0, "vertical"),
        ("sin(x)/x", 0, "hole"),
        ("sqrt x", 0, "vertical"),
        ("floor x", 1, ""),
    ],
)
def test_points_without_a_slope(source: str, at: int, says: str) -> None:
    assert says in alt(source, at)


def test_a_study_draws_itself() -> None:
    study = mb.function("e^x").limit(1)
    for kind in ("error", "secants", "tangent"):
        assert study.plot(kind, lang="ko").png(dpi=30)
    assert mb.function(lambda x: x * x).limit(1).plot("secants", lang="en").svg()


@pytest.mark.parametrize(
    ("source", "args", "options", "key"),
    [
        ("x y", (), {}, "missing_values"),
        ("x y z", ((1, 2, 3),), {}, "which_variable"),
        ("x y z", ((1, 2, 3),), {"kind": "contours", "wrt": "x"}, "picture_two"),
        ("x", (1,), {"kind": "pie"}, "picture_kind"),
        ("x", (), {"kind": "error"}, "missing_values"),
        ("x", (1,), {"h": 0}, "step"),
        ("ln x", (-1,), {"kind": "error"}, "picture_no_error"),
        ("x", (1,), {"lang": "fr"}, "language"),
        ("x", (1,), {"range": (3, 1)}, "picture_range"),
    ],
)
def test_complaints(source: str, args: tuple[Any, ...], options: dict[str, Any], key: str) -> None:
    with pytest.raises(mb.MibunError) as caught:
        mb.function(source).plot(*args, **options)
    assert caught.value.key == key
