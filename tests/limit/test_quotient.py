"""The difference quotient: in doubles beside plain NumPy, without rounding beside mpmath, and the lecture's rows."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mibun as mb
from mibun.language import LANGUAGES, width
from mibun.limit.quotient import LECTURE, STEPS, WORDS, LimitStudy

DATA = Path(__file__).parents[1] / "data" / "lecture.jsonl"
LECTURE_ROWS = [json.loads(line) for line in DATA.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("row", [row for row in LECTURE_ROWS if "quotient" in row], ids=lambda row: f"h={row['h']}")
def test_the_lectures_quotients(row: dict[str, Any]) -> None:
    study = mb.function(row["f"]).limit(at=row["at"], h=row["h"])
    assert study.quotient == row["quotient"]
    assert study.row is not None
    assert study.row.forward == pytest.approx(row["quotient"], rel=1e-11)
    if "error" in row:
        assert study.error == row["error"]
        assert study.row.forward.error == pytest.approx(row["error"], rel=1e-6)
        assert study.row.forward.regime == "truncation"


@pytest.mark.parametrize("row", [row for row in LECTURE_ROWS if "limit" in row], ids=lambda row: row["f"])
def test_the_lectures_limit(row: dict[str, Any]) -> None:
    f = mb.function(row["f"])
    study = f.limit(wrt=row["wrt"])
    data = study.json()
    assert (data["quotient_simplified"], data["limit"]) == (row["quotient_simplified"], row["limit"])
    assert f.quotient(row["wrt"]).ascii() == row["quotient_simplified"]
    assert f.quotient(row["wrt"])(3, Fraction(1, 2)) == Fraction(13, 4)


SMOOTH = {
    "x^2/2": (lambda x: x**2 / 2, lambda m, x: x**2 / 2),
    "sin x": (np.sin, lambda m, x: m.sin(x)),
    "e^(x^2)": (lambda x: np.exp(x**2), lambda m, x: m.exp(x**2)),
    "1/x": (lambda x: 1 / x, lambda m, x: 1 / x),
    "sqrt(x) + ln(x)": (lambda x: np.sqrt(x) + np.log(x), lambda m, x: m.sqrt(x) + m.ln(x)),
}


@pytest.mark.parametrize("source", SMOOTH)
def test_quotients(source: str) -> None:
    """In doubles what NumPy computes, but for a rounding or two; without rounding what mpmath does."""
    plain, exact = SMOOTH[source]
    study = mb.function(source).limit(at=1.25)
    assert [row.h for row in study.table] == list(STEPS)
    with mpmath.workdps(80):
        slope = mpmath.diff(lambda x: exact(mpmath, x), 1.25, h=mpmath.mpf(10) ** -30)
        assert study.value == pytest.approx(float(slope), rel=1e-15)
        for row in study.table:
            h = float(row.h)
            noise = 8e-16 * abs(plain(1.25 + h)) / h + 1e-13
            for way, computed in (
                (row.forward, (plain(1.25 + h) - plain(1.25)) / h),
                (row.backward, (plain(1.25) - plain(1.25 - h)) / h),
                (row.central, (plain(1.25 + h) - plain(1.25 - h)) / (2 * h)),
            ):
                assert float(way) == pytest.approx(computed, abs=noise)
            big = mpmath.mpf(row.h.numerator) / row.h.denominator
            middle = (exact(mpmath, 1.25 + big) - exact(mpmath, 1.25 - big)) / (2 * big)
            for part, wanted in (
                (row.forward, (exact(mpmath, 1.25 + big) - exact(mpmath, mpmath.mpf(1.25))) / big),
                (row.central, middle),
            ):
                assert part.exact == pytest.approx(float(wanted), rel=1e-15)
                assert part.truncation == pytest.approx(float(wanted - slope), rel=1e-6, abs=1e-40)
                assert part.error == pytest.approx(part.truncation + part.rounding, rel=1e-9, abs=1e-30)
                assert part.rounding == pytest.approx(float(part) - float(wanted), abs=1e-15 * abs(float(wanted)))


def test_the_v() -> None:
    """Truncation rules above the best h, rounding below; the central quotient is better and its best h larger."""
    study = mb.function("e^x").limit(at=1)
    assert study.best_h in (1e-8, 1e-9)
    best_central = study._best("central")
    assert best_central is not None
    assert best_central.h in (Fraction(1, 10**5), Fraction(1, 10**6))
    assert abs(best_central.central.error or 1) < 1e-9
    regimes = [row.forward.regime for row in study.table]
    assert regimes == ["truncation"] * regimes.count("truncation") + ["rounding"] * regimes.count("rounding")
    assert 6 <= regimes.count("truncation") <= 10


@pytest.mark.parametrize(
    ("source", "at", "kind", "left", "right"),
    [
        ("x^2/2", 1, "differentiable", 1.0, 1.0),
        ("|x|", 0, "kink", -1.0, 1.0),
        ("x^(1/3)", 0, "vertical_tangent", math.inf, math.inf),
        ("x^(2/3)", 0, "cusp", -math.inf, math.inf),
        ("floor x", 1, "jump", math.inf, 0.0),
        ("(x^2-1)/(x+1)", -1, "hole", 1.0, 1.0),
        ("ln x", -1, "outside", None, None),
        ("x sin(1/x)", 0, "oscillation", None, None),
        ("sqrt x", 0, "vertical_tangent", None, math.inf),
        ("1/x", 0, "pole", None, None),
    ],
)
def test_what_happens(source: str, at: int, kind: str, left: float | None, right: float | None) -> None:
    study = mb.function(source).limit(at)
    assert (study.kind, study.left, study.right) == (kind, left, right)
    assert (study.value is None) == (kind != "differentiable")
    assert (study.bound is None) == (study.value is None)
    for lang in LANGUAGES:
        text = study.text(lang)
        assert "nan" not in text
        assert "None" not in text
        assert all(width(line) <= 82 for line in text.splitlines()), text
    assert json.loads(json.dumps(study.json(), allow_nan=False))["kind"] == kind


def test_one_sided_quotients_of_a_kink() -> None:
    study = mb.function("|x| + x^2").limit(0)
    for row in study.table:
        assert row.forward.truncation == pytest.approx(float(row.h), rel=1e-12)
        assert row.backward.truncation == pytest.approx(-float(row.h), rel=1e-12)
        assert row.central.error is None


def test_the_quotients_of_a_filled_hole() -> None:
    study = mb.function("sin(x)/x").limit(0)
    assert study.row is not None
    assert study.row.forward.truncation == pytest.approx(-1e-4 / 6, rel=1e-8)
    assert "f(0) = 1" in study.text("en")


def test_outside_the_domain_there_are_no_quotients() -> None:
    study = mb.function("ln x").limit(0.5)
    assert study.table[0].backward != study.table[0].backward  # h = 1 leaves the domain: not a number
    assert study.table[0].central.exact is None
    assert study.value == 2


def test_points() -> None:
    f = mb.function("f(x, y) = x^2 y")
    for at in ({"x": 3, "y": "1/2"}, (3, 0.5), [3, Fraction(1, 2)], {"x": mb.function("3"), "y": np.float64(0.5)}):
        assert f.limit(at, "x").value == 3
    assert f.limit(at=(3, 2), wrt="y").value == 9
    assert mb.function("a x^2", variables="x").limit({"x": 1, "a": 3}).value == 6
    assert mb.function("sin x").limit("pi/3").json()["exact"] == "1/2"
    assert mb.function("7").limit(2).value == 0
    assert mb.function("x^2 h").limit({"x": 1, "h": 3}, "x").step == "k"


@pytest.mark.parametrize(
    ("call", "key"),
    [
        (lambda f: f.limit(at=1), "which_variable"),
        (lambda f: f.limit(at=1, wrt="x"), "missing_values"),
        (lambda f: f.limit((1, 2, 3), "x"), "too_many_values"),
        (lambda f: f.limit({"x": 1, "y": 2, "z": 3}, "x"), "unknown_variable"),
        (lambda f: f.limit({"x": math.nan, "y": 2}, "x"), "infinite_point"),
        (lambda f: f.limit({"x": "1/0", "y": 2}, "x"), "infinite_point"),
        (lambda f: f.limit({"x": "t", "y": 2}, "x"), "not_a_point"),
        (lambda f: f.limit({"x": [1], "y": 2}, "x"), "not_a_point"),
        (lambda f: f.limit((1, 2), "x", h=0), "step"),
        (lambda f: f.limit((1, 2), "x", h="nonsense"), "step"),
        (lambda f: f.limit((1, 2), "x", h=math.inf), "step"),
        (lambda f: f.quotient("x", h="y"), "step_taken"),
    ],
)
def test_complaints(call: Any, key: str) -> None:
    with pytest.raises(mb.MibunError) as caught:
        call(mb.function("x + y"))
    assert caught.value.key == key


def test_words_are_complete() -> None:
    assert set(WORDS["en"]) == set(WORDS["ko"])


def test_latex_and_brief() -> None:
    study = mb.function("x^2/2").limit(1)
    assert r"\frac{f(x + h) - f(x)}{h} = x + \frac{h}{2} \xrightarrow{h \to 0} x" in study.latex("en")
    assert [line.split()[0] for line in study.brief("en")] == ["h", "1", "0.1", "0.01", "0.0001", "1e-08", "h"]
    assert [line.split()[1:] for line in mb.function("|x|").limit(0).brief("en")[1:]] == [["1", "−1"]] * 5
    assert "not differentiable" in mb.function("|x|").limit(0).latex("en")
    with pytest.raises(mb.UnsupportedOperation):
        study.text("fr")


@given(st.fractions(-3, 3, max_denominator=50), st.sampled_from(["x^3 - x", "cos(2x)", "e^(-x)", "x/(1+x^2)"]))
def test_without_rounding_the_error_falls_with_h(a: Fraction, source: str) -> None:
    """Truncation of the forward quotient is f''/2 h, of the central one f'''/6 h²."""
    f = mb.function(source)
    study: LimitStudy = f.limit(a)
    second, third = f.diff(order=2)(float(a)), f.diff(order=3)(float(a))
    for row in study.table[4:9]:
        h = float(row.h)
        assert row.forward.truncation == pytest.approx(second * h / 2 + third * h * h / 6, rel=1e-6, abs=20 * h**3)
        assert row.central.truncation == pytest.approx(third * h * h / 6, rel=1e-6, abs=20 * h**4)


def test_the_lectures_h() -> None:
    assert float(LECTURE) == 0.0001
    assert LECTURE in STEPS


def test_truncation_at_a_decimal_point() -> None:
    """A written decimal is exact: its rounding is no truncation."""
    table = mb.function("x^5").limit("1.2345").table
    assert [row.central.truncation for row in table[9:13]] == pytest.approx(
        [10 * 1.2345**2 * float(row.h) ** 2 * 1.0 for row in table[9:13]], rel=1e-9
    )
    row = mb.function("x^2/2").limit("0.1").table[1]  # 0.1 - h is exactly 0
    assert (row.backward.exact, row.central.truncation) == (0.05, 0.0)


def test_the_quotient_of_a_hole_without_a_name() -> None:
    table = mb.function("(2^x-1)/x").limit(0).table
    assert table[16].forward.exact == pytest.approx(math.log(2) ** 2 / 2, rel=1e-14)
    assert table[8].forward.truncation == pytest.approx(1e-8 * math.log(2) ** 3 / 6, rel=1e-6)


@pytest.mark.parametrize("source", ["bicycle", "sines", "shared", "constants"])
def test_large_functions(source: str) -> None:
    """Too large to simplify or to look into: a table all the same, and no claim."""
    if source == "bicycle":
        f = mb.function((Path(__file__).parents[1] / "data" / "bicycle.txt").read_text(encoding="utf-8"))
        study = f.limit({name: Fraction(1, 5 + i) for i, name in enumerate(f.variables)}, "q4")
    elif source == "shared":
        f = mb.function("x")
        for _ in range(12):
            f = 4 * f * (1 - f)
        study = f.limit("1/3")
    else:
        text = "+".join(f"sin({k}*x)" if source == "sines" else str(k) for k in range(1, 1200)) + "+x"
        study = mb.function(text).limit(1)
    assert study.value is not None
    assert study.row is not None
    assert float(study.table[6].central) == pytest.approx(study.value, rel=1e-3)
    assert study.text("en")


def test_what_could_not_be_decided_has_no_bound() -> None:
    study = mb.function("+".join(f"sin({k}*x)^2" for k in range(1, 1500)) + "+abs(x)").limit(0)
    assert (study.kind, study.bound) == ("undecided", None)
    assert "could not be decided" in study.text("en")


def test_powers_show_their_limit() -> None:
    assert "f′(x) = 20(x + 1)¹⁹" in mb.function("(x+1)^20").limit().text("en")
