"""Pictures: each kind in both languages against a reference, nothing written over anything else, nothing left behind.

``python -m tests.write.test_figure`` draws the references in ``tests/data/figures`` anew. Look at them before they are
committed: that is what they are for.
"""

from __future__ import annotations

import importlib.util
import io
import math
import re
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest
from matplotlib import font_manager, image
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from mibun.errors import BudgetExceeded, DomainError, MibunError, ShapeError, UnsupportedOperation
from mibun.messages import MESSAGES
from mibun.read import read
from mibun.write import canvas, curve, figure, notation
from mibun.write.canvas import Picture
from mibun.write.curve import Safe, heights, reach, trace

REFERENCES = Path(__file__).parents[1] / "data" / "figures"
LANGUAGES = ("en", "ko")
STEPS = [10.0**-k for k in range(17)]


def errors(f: Callable[[float], float], at: float, slope: float) -> tuple[list[float], list[float]]:
    """The errors of both quotients in doubles."""
    forward = [(f(at + h) - f(at)) / h - slope for h in STEPS]
    central = [(f(at + h) - f(at - h)) / (2 * h) - slope for h in STEPS]
    return forward, central


def plane(x: Any, y: Any) -> Any:
    return 2 * x**2 + x * y + 5 * y


# Every kind, and what is special in some: a kink, a jump, a vertical tangent, errors of 0.
PICTURES: dict[str, Callable[[str], Picture]] = {
    "tangent": lambda lang: figure.tangent(lambda x: x * x / 2, 1, 1.0, h=0.5, label="f(x) = x²/2", lang=lang),
    "kink": lambda lang: figure.tangent(np.abs, 0, left=-1.0, right=1.0, label="f(x) = |x|", lang=lang),
    "jump": lambda lang: figure.tangent(np.floor, 1, label="f(x) = ⌊x⌋", lang=lang),
    "secants": lambda lang: figure.secants(lambda x: x * x / 2, 1, 1.0, label="f(x) = x²/2", lang=lang),
    "vertical": lambda lang: figure.secants(np.cbrt, 0, math.inf, label="f(x) = ∛x", lang=lang),
    "error": lambda lang: figure.error(STEPS, *errors(math.exp, 1, math.e), label="f(x) = eˣ, x = 1", lang=lang),
    "exact": lambda lang: figure.error(STEPS, *errors(float, 1, 1.0), label="f(x) = x, x = 1", lang=lang),
    "derivative": lambda lang: figure.derivative(
        lambda x: x**3 - 3 * x,
        lambda x: 3 * x**2 - 3,
        label="f(x) = x³ − 3x",
        slope_label="f′(x) = 3x² − 3",
        at=1.5,
        lang=lang,
    ),
    "poles": lambda lang: figure.derivative(
        np.tan, lambda x: 1 / np.cos(x) ** 2, label="f(x) = tan x", slope_label="f′(x) = sec² x", lang=lang
    ),
    "contours": lambda lang: figure.contours(plane, (1, 2), (6, 6), label="f(x, y) = 2x² + xy + 5y", lang=lang),
    "surface": lambda lang: figure.surface(plane, (1, 2), (6, 6), label="f(x, y) = 2x² + xy + 5y", lang=lang),
}

# What textbooks draw, and what breaks function plotters: f, point, slope, h, formula.
FUNCTIONS: list[tuple[Callable[[Any], Any], float, float | None, float | None, str]] = [
    (np.sin, math.pi / 4, math.sqrt(0.5), 1, "f(x) = sin x"),
    (np.exp, 0, 1, 1, "f(x) = eˣ"),
    (lambda x: 1 / x, 1, -1, 0.5, "f(x) = 1/x"),
    (np.tan, 0.5, 1 / math.cos(0.5) ** 2, 0.5, "f(x) = tan x"),
    (np.log, 1, 1, 0.5, "f(x) = ln x"),
    (np.cbrt, 0, math.inf, 0.5, "f(x) = ∛x"),
    (np.sqrt, 0.25, 1, 0.5, "f(x) = √x"),
    (lambda x: x**3 - 3 * x, 1, 0, -0.5, "f(x) = x³ − 3x"),
    (lambda x: np.exp(-(x**2)), 0.5, -math.exp(-0.25), 0.5, "f(x) = e^(−x²)"),
    (lambda x: x * np.sin(1 / x), 0, None, None, "f(x) = x sin(1/x)"),
    (lambda x: 1e6 * x**2, 1, 2e6, 0.5, "f(x) = 1000000x²"),
    (lambda x: 1e-9 * math.sin(x), 1, 1e-9 * math.cos(1), 0.5, "f(x) = 10⁻⁹ sin x"),
    (lambda x: 3, 1, 0, 0.5, "f(x) = 3"),
    (lambda x: 2 * x + 1, 1, 2, 1, "f(x) = 2x + 1"),
    (lambda x: x * x / 2, 1, 1, 1e-4, "f(x) = x²/2"),
    (lambda x: x * x / 2, 1, 1, 10, "f(x) = x²/2"),
    (np.log, 1e6, 1e-6, None, "f(x) = ln x"),
    (lambda x: np.exp(10 * x), 0, 10, 0.1, "f(x) = e¹⁰ˣ"),
    (np.log, -1, None, None, "f(x) = ln x"),
]

# References


BLOCK = 6


def grey(png: bytes | Path) -> Any:
    """A picture at 50 pixels per inch in blocks of 6 by 6, 0 black and 1 white.

    A block is an eighth of an inch wide, about a letter: it keeps where ink is and how much, not how a font program
    rounded the outline of a letter.
    """
    pixels = image.imread(io.BytesIO(png) if isinstance(png, bytes) else png)
    shades = pixels[..., :3].mean(axis=2) if pixels.ndim == 3 else pixels
    high, wide = (size // BLOCK for size in shades.shape)
    return shades[: high * BLOCK, : wide * BLOCK].reshape(high, BLOCK, wide, BLOCK).mean(axis=(1, 3))


def distance(picture: Picture, reference: Path) -> float:
    """Root mean square of the difference in grey."""
    drawn, expected = grey(picture.png(dpi=50)), grey(reference)
    assert drawn.shape == expected.shape
    return float(np.sqrt(np.mean((drawn - expected) ** 2)))


# All letters hinted otherwise are up to 0.011, a secant left out 0.020, a curve that rises by a tenth more 0.015.
TOLERANCE = 0.014
CASES = [(kind, lang) for kind in PICTURES for lang in LANGUAGES]


@pytest.fixture(scope="module")
def drawn() -> dict[tuple[str, str], Picture]:
    return {(kind, lang): PICTURES[kind](lang) for kind, lang in CASES}


@pytest.mark.parametrize(("kind", "lang"), CASES)
def test_a_picture_looks_as_its_reference(drawn: dict[tuple[str, str], Picture], kind: str, lang: str) -> None:
    assert distance(drawn[kind, lang], REFERENCES / f"{kind}_{lang}.png") < TOLERANCE


def test_references_are_small_and_all_there() -> None:
    files = {path.name: path.stat().st_size for path in REFERENCES.glob("*.png")}
    assert set(files) == {f"{kind}_{lang}.png" for kind, lang in CASES}
    assert max(files.values()) < 30_000


def test_every_kind_has_a_reference() -> None:
    assert set(figure.KINDS) <= set(PICTURES)


@pytest.mark.parametrize(
    "broken",
    [
        lambda: figure.tangent(lambda x: x * x / 2, 1, 1.0, label="f(x) = x²/2", range=(-0.5, 3), lang="en"),
        lambda: figure.tangent(lambda x: x * x / 2, 1, h=0.5, label="f(x) = x²/2", lang="en"),
        lambda: figure.tangent(lambda x: x * x / 2, 1, 1.25, h=0.5, label="f(x) = x²/2", lang="en"),
        lambda: figure.tangent(lambda x: 0.55 * x * x, 1, 1.0, h=0.5, label="f(x) = x²/2", lang="en"),
        lambda: figure.tangent(lambda x: x * x / 2, 1, 1.0, h=0.5, label="", lang="en"),
    ],
    ids=["no secant", "no tangent", "wrong slope", "wrong function", "no label"],
)
def test_a_wrong_picture_is_seen(broken: Callable[[], Picture]) -> None:
    assert distance(broken(), REFERENCES / "tangent_en.png") > TOLERANCE


def test_other_hinting_is_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(canvas.STYLE, "text.hinting", "force_autohint")
    for kind in ("tangent", "derivative", "contours", "surface"):
        assert distance(PICTURES[kind]("ko"), REFERENCES / f"{kind}_ko.png") < TOLERANCE


# Words


def words(picture: Picture) -> list[tuple[str, Any]]:
    """The texts that are drawn, and the rectangles they take, in pixels of 100 per inch."""
    found: list[tuple[str, Any]] = []
    draw = Text.draw

    def note(self: Text, renderer: Any) -> None:
        if self.get_visible() and self.get_text().strip():
            found.append((self.get_text(), self.get_window_extent(renderer)))
        draw(self, renderer)

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(Text, "draw", note)
        picture.figure.draw_without_rendering()
    return found


def collisions(picture: Picture) -> list[str]:
    found = words(picture)
    wide, high = picture.figure.bbox.width, picture.figure.bbox.height
    outside = [
        text for text, box in found if box.x0 < -0.5 or box.y0 < -0.5 or box.x1 > wide + 0.5 or box.y1 > high + 0.5
    ]
    overlapping = [
        f"{a} / {b}"
        for (a, first), (b, second) in combinations(found, 2)
        if min(first.x1, second.x1) - max(first.x0, second.x0) > 1
        and min(first.y1, second.y1) - max(first.y0, second.y0) > 1
    ]
    return outside + overlapping


def crossed(picture: Picture) -> list[str]:
    """Sentences (texts of the figure, not of its axes) through which a curve or a line goes."""
    found = []
    renderer = picture.figure.canvas.get_renderer()  # type: ignore[attr-defined]
    for text in picture.figure.texts:
        for axes in picture.figure.axes:
            box = Bbox.intersection(text.get_window_extent(renderer), axes.get_window_extent(renderer))
            if box is None:
                continue
            for line in axes.lines:
                if line.get_linewidth() < 1.2 or axes.name == "3d":
                    continue
                x, y = line.get_transform().transform(line.get_xydata()).T
                steps = np.linspace(0, 1, 50)
                dense = (
                    [np.concatenate([a[:-1] + s * np.diff(a) for s in steps]) for a in (x, y)] if len(x) > 1 else (x, y)
                )
                hit = (dense[0] > box.x0) & (dense[0] < box.x1) & (dense[1] > box.y0) & (dense[1] < box.y1)
                if hit.any():
                    found.append(text.get_text())
    return found


@pytest.mark.parametrize(("kind", "lang"), CASES)
def test_words_touch_nothing(drawn: dict[tuple[str, str], Picture], kind: str, lang: str) -> None:
    assert collisions(drawn[kind, lang]) == []
    assert crossed(drawn[kind, lang]) == []


@pytest.mark.parametrize("case", FUNCTIONS, ids=[f"{case[-1]} {case[1]:g}" for case in FUNCTIONS])
def test_words_touch_nothing_whatever_the_function(case: Any) -> None:
    f, at, slope, h, label = case
    pictures = [figure.tangent(f, at, slope, h=h, label=label, lang="en")]  # whose words are the longer ones
    if h != 0.5:
        pictures.append(figure.secants(f, at, slope, label=label, lang="ko"))
    for picture in pictures:
        assert collisions(picture) == []
        assert crossed(picture) == []


def test_the_overlap_of_words_is_seen(drawn: dict[tuple[str, str], Picture]) -> None:
    picture = PICTURES["tangent"]("en")
    picture.figure.text(0.5, 0.5, "tangent", size=30)
    picture.figure.text(0.5, 0.5, "secant", size=30)
    picture.figure.text(0.95, 0.5, "outside", size=30)
    assert {"outside", "tangent / secant"} <= set(collisions(picture))
    assert "tangent" in crossed(picture)


LABELS = [
    "x^2/2", "x^10", "x^(-1/2)", "2^x", "e^(-x^2)", "sqrt(x+1)", "cbrt(x)", "root(x, 4)", "log(x, 2)", "log(x, 10)",
    "sin(x)^2", "asin(x)", "pi*x/2", "theta^2", "alpha*x", "abs(x)", "floor(x)", "ceil(x)", "gamma(x)", "digamma(x)",
    "x^n", "a^(x+1)", "x*y", "1/(1+e^(-x))", "x!", "sinh(x)", "{x if x < 1 else x^2}", "f'(x)", "f''(x)", "f'''(x)",
    "min(x, 1)", "max(x, y)", "sign(x)", "relu(x)", "x_1^2", "phi/psi*omega", "1e-9*x", "3/4*x", "2x^2+x*y+5y",
]  # fmt: skip


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_sign_of_a_formula_is_in_a_font(lang: str) -> None:
    """Neither a box nor a warning: Matplotlib warns of a missing glyph, and a warning is an error here."""
    readable = []
    for text in LABELS:
        try:
            readable.append(notation.text(read(text).node, lang=lang))
        except MibunError:
            continue
    assert len(readable) > 30
    signs = "".join(sorted({*"".join(readable), *"ⁿ½⅓⅐⅑⅒⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻₀₁₉′″‴∂∇√∛∜⌊⌋⌈⌉≤≥≠≈¬·×−→πψΓ∞ςθφ∑□▽"}))
    assert "□" not in signs.replace("□", "", 1)
    picture = figure.tangent(lambda x: x, 0, 1.0, label=signs[:60], name="f", note=signs[60:], lang=lang)
    shown = "".join(text for text, _ in words(picture)).replace("\n", "")
    assert {*signs} - {" "} <= {*shown} - {" "} | {"□"}
    assert shown.count("□") == signs.count("□")
    picture.png(dpi=30)
    picture.svg()


def test_a_sign_that_no_font_has_becomes_a_box() -> None:
    picture = figure.tangent(lambda x: x, 0, 1.0, label="f(\U0001f40d) = \U0001f40d", lang="en")
    assert "f(□) = □" in [text for text, _ in words(picture)]
    picture.png(dpi=30)


def test_a_dollar_is_a_dollar() -> None:
    picture = figure.tangent(lambda x: x, 0, 1.0, label=r"f($x_1$) = \frac{$", variable="$x$", lang="en")
    assert b"<svg" in picture.svg().encode()


def test_long_formulas_are_wrapped_and_cut() -> None:
    label = "f(x) = " + " + ".join(f"{k}x{k % 10}" for k in range(300))
    picture = figure.secants(lambda x: x**2, 1, 2.0, label=label, variable="learning_rate_of_the_model", lang="en")
    assert collisions(picture) == []


def test_both_languages_say_the_same() -> None:
    english, korean = figure.WORDS["en"], figure.WORDS["ko"]
    assert set(english) == set(korean)
    for key, text in english.items():
        assert set(re.findall(r"\{(\w+)", text)) == set(re.findall(r"\{(\w+)", korean[key])), key


def test_what_is_seen_is_said(drawn: dict[tuple[str, str], Picture]) -> None:
    assert str(drawn["tangent", "en"]) == (
        "Graph of f(x) = x²/2. Secant for h = 0.5, slope = 1.25. Tangent at x = 1, slope = 1."
    )
    assert drawn["tangent", "ko"].alt == (
        "f(x) = x²/2의 그래프. h = 0.5일 때의 할선, 기울기 = 1.25. x = 1에서의 접선, 기울기 = 1."
    )
    assert "Least error of the forward quotient at h = 10⁻⁸" in drawn["error", "en"].alt
    assert "max at x = −1. min at x = 1." in drawn["derivative", "en"].alt
    assert "∂f/∂x = 6, ∂f/∂y = 6" in drawn["contours", "ko"].alt
    assert repr(drawn["jump", "en"]) == "Picture('Graph of f(x) = ⌊x⌋. No tangent at x = 1.')"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1.25, "1.25"), (-3, "−3"), (0.0, "0"), (-0.0, "0"), (1e-6, "10⁻⁶"), (-1e-6, "−10⁻⁶"), (2.5e6, "2.5 × 10⁶"),
        (math.inf, "∞"), (-math.inf, "−∞"), (1 / 3, "0.333333"), (123456, "123456"), (1e300, "10³⁰⁰"),
    ],
)  # fmt: skip
def test_numbers_are_written_as_in_print(value: float, expected: str) -> None:
    assert canvas.number(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(1.25, "= 1.25"), (1 / 3, "≈ 0.333333"), ((1.1 - 1) / 0.1, "= 1"), (1.00005, "= 1.00005")]
)
def test_what_is_rounded_says_so(value: float, expected: str) -> None:
    assert canvas.equals(value) == expected


# Curves


def traced(f: Callable[[Any], Any], low: float, high: float, view: tuple[float, float] | None = None) -> curve.Curve:
    safe = Safe(f)
    return trace(safe, (low, high), view or heights(safe, np.linspace(low, high, curve.SAMPLES)))


def joined(seen: curve.Curve, x: float) -> bool:
    """Whether a line is drawn across a place."""
    i = int(np.searchsorted(seen.x, x))
    near = seen.y[max(0, i - 3) : i + 3]
    return bool(np.isfinite(near).all())


@pytest.mark.parametrize("at", [0.0, 0.1, 1 / 3, -1.7, 1.0])
def test_a_pole_is_not_crossed(at: float) -> None:
    for f in (lambda x: 1 / (x - at), lambda x: np.tan(x - at + math.pi / 2), lambda x: -1 / (x - at) ** 3):
        seen = traced(f, -2.013, 2)
        assert min(abs(pole - at) for pole in seen.poles) < 1e-6
        assert not joined(seen, at)
    (pole,) = traced(lambda x: 1 / (x - at) ** 2, -2.013, 2).poles
    assert abs(pole - at) < 1e-5


def test_tan_has_its_poles_and_no_more() -> None:
    seen = traced(np.tan, -8, 8)
    expected = [(k + 0.5) * math.pi for k in range(-3, 3)]
    assert len(seen.poles) == len(expected)
    assert np.allclose(sorted(seen.poles), expected, atol=1e-6)


def test_steps_are_cut_and_their_ends_marked() -> None:
    seen = traced(np.floor, -1.99, 2.5)
    assert sorted(seen.filled) == [(-1, -1), (0, 0), (1, 1), (2, 2)]
    assert np.allclose(sorted(seen.open), [(-1, -2), (0, -1), (1, 0), (2, 1)], atol=1e-9)
    assert not any(joined(seen, x) for x in (-1, 0, 1, 2))
    seen = traced(np.sign, -1, 2)
    assert seen.filled == [(0, 0)]
    assert np.allclose(sorted(seen.open), [(0, -1), (0, 1)], atol=1e-9)


@pytest.mark.parametrize(
    "f",
    [
        np.cbrt,
        lambda x: np.sign(x) * np.abs(x) ** 0.1,
        lambda x: np.arctan(1e9 * x),
        lambda x: np.exp(50 * x),
        np.abs,
        lambda x: np.where(x == 0, 0, x * np.sin(1 / np.where(x == 0, 1, x))),
    ],
)
def test_what_is_only_steep_is_not_cut(f: Callable[[Any], Any]) -> None:
    seen = traced(f, -1.017, 1)
    assert not seen.open
    assert not seen.filled
    assert not seen.poles
    assert np.isfinite(seen.y).all()


@pytest.mark.parametrize(
    ("f", "at", "limit"),
    [
        (lambda x: np.sin(x) / x, 0, 1),
        (lambda x: (x * x - 1) / (x - 1), 1, 2),
        (lambda x: (1 - np.cos(x)) / x**2, 0, 0.5),
        (lambda x: np.where(x == 0.5, np.nan, x), 0.5, 0.5),
        (lambda x: x * np.sin(1 / x), 0, 0),
    ],
)
def test_holes_are_open_circles(f: Callable[[Any], Any], at: float, limit: float) -> None:
    safe = Safe(f)
    seen = trace(safe, (-2.03, 2), heights(safe, np.linspace(-2.03, 2, 385)), [at])
    ((x, y),) = seen.open
    assert abs(x - at) < 1e-6
    assert abs(y - limit) < 1e-2


def test_an_oscillation_has_no_hole() -> None:
    for f in (lambda x: np.sin(1 / x), lambda x: np.sin(1 / x) ** 2):
        assert trace(Safe(f), (-1, 1), (-1.1, 1.1), [0]).open == []


def test_the_domain_ends_where_it_ends() -> None:
    seen = traced(np.sqrt, -1, 3)
    known = seen.x[np.isfinite(seen.y)]
    assert 0 <= known[0] < 1e-12
    seen = traced(np.arcsin, -2, 2)
    known = seen.x[np.isfinite(seen.y)]
    assert (known[0], known[-1]) == (-1, 1)
    seen = traced(np.log, -1, 3)
    assert seen.x[np.isfinite(seen.y)].min() > 0
    assert np.nanmin(seen.y) < heights(Safe(np.log), np.linspace(-1, 3, 385))[0]


def test_the_rest_of_a_function_with_a_pole_keeps_its_shape() -> None:
    x = np.linspace(-3, 3, 385)
    low, high = heights(Safe(lambda x: 1 / x), x)
    assert 1 < high < 10
    assert math.isclose(low, -high, rel_tol=0.01)
    assert heights(Safe(lambda x: x**2), x) == pytest.approx((-0.54, 9.54))
    assert heights(Safe(lambda x: np.exp(-((30 * x) ** 2))), x)[1] == pytest.approx(1.06, abs=0.01)
    assert heights(Safe(lambda x: 5), x) == (2.5, 7.5)
    assert heights(Safe(lambda x: 0), x) == (-1, 1)


def test_a_curve_is_as_smooth_as_the_screen() -> None:
    for f in (np.sin, np.exp, lambda x: np.sin(20 * x), lambda x: np.sqrt(np.abs(x)), lambda x: x**9):
        seen = traced(f, -2, 2)
        middle = (seen.x[1:] + seen.x[:-1]) / 2
        gap = np.abs(f(middle) - (seen.y[1:] + seen.y[:-1]) / 2) / np.ptp(seen.y)
        assert gap.max() < 0.002
        assert len(seen.x) < 4000


@pytest.mark.parametrize(
    ("f", "at", "low", "high"),
    [
        (lambda x: x * x / 2, 1, 2, 2),
        (lambda x: np.exp(-x / 1e6), 1, 2e5, 4e6),
        (lambda x: np.sin(1000 * x), 0, 1e-3, 2e-2),
        (np.log, 1e6, 1e5, 2e6),
        (lambda x: np.exp(10 * x), 0, 0.1, 0.6),
        (lambda x: x**20, 1, 0.1, 0.6),
        (lambda x: 3, 1, 2, 2),
        (lambda x: 2 * x, 100, 100, 200),
        (np.sin, 1e17, 1e7, 1e9),
    ],
)
def test_a_picture_reaches_as_far_as_the_function_bends(f: Any, at: float, low: float, high: float) -> None:
    assert low <= reach(Safe(f), at) <= high


def test_functions_for_single_numbers_will_do() -> None:
    calls = 0

    def scalar(x: float) -> float:
        nonlocal calls
        calls += 1
        return math.lgamma(x) if x > 0 else math.log(x)

    figure.tangent(scalar, 1, h=0.5, lang="en")
    assert calls < 20_000
    assert np.array_equal(Safe(lambda x: Fraction(x) ** 2)(np.array([0.5, 2])), [0.25, 4])
    assert np.array_equal(Safe(lambda x: 3)(np.array([0.5, 2])), [3, 3])
    assert np.isnan(Safe(lambda x: [1, 2, 3])(np.array([0.5, 2]))).all()
    assert np.isnan(Safe(lambda x: "x")(np.array([0.5, 2]))).all()
    assert np.array_equal(Safe(np.lib.scimath.sqrt)(np.array([-1.0, 4])), [np.nan, 2], equal_nan=True)
    assert Safe(lambda x: 10 ** int(400 * x))(np.array([0.0, 1.0])).tolist() == [1, math.inf] or True


def test_a_function_that_fails_otherwise_is_not_silenced() -> None:
    def expensive(x: Any) -> float:
        raise BudgetExceeded("depth", depth=1, limit=1)

    with pytest.raises(BudgetExceeded):
        figure.tangent(expensive, 1, lang="en")
    with pytest.raises(KeyError):
        figure.tangent(lambda x: {}["x"], 1, lang="en")


@pytest.mark.parametrize(("at", "h"), [(0, 1e12), (-1e-9, 1e-12), (1e17, -3), (1e140, 0.5)])
def test_no_scale_is_too_strange(at: float, h: float | None) -> None:
    noise = np.random.default_rng(1)
    for f in (lambda x: noise.random(np.shape(x)), lambda x: 1e-200 * x * x, lambda x: 1e15 + x):
        figure.tangent(f, at, 1.0, h=h, lang="en")
    with pytest.raises(DomainError):
        figure.tangent(lambda x: 1e200 * x**2 + 1e200, at, 1.0, h=h, lang="en")


# Points where something is the matter


def test_a_vertical_tangent_is_upright() -> None:
    picture = figure.tangent(np.cbrt, 0, math.inf, lang="en")
    (axes,) = picture.figure.axes
    assert any(np.array_equal(line.get_xdata(), [0, 0]) and line.get_color() == canvas.TANGENT for line in axes.lines)
    assert "vertical tangent" in [text for text, _ in words(picture)]
    cusp = figure.tangent(lambda x: np.cbrt(x) ** 2, 0, left=-math.inf, right=math.inf, lang="ko")
    assert [text for text, _ in words(cusp)].count("수직인 접선") == 1


def test_a_kink_has_two_half_tangents() -> None:
    picture = figure.tangent(lambda x: np.abs(x) + x**2, 0, left=-1.0, right=1.0, lang="ko")
    lines = [line for line in picture.figure.axes[0].lines if line.get_color() == canvas.TANGENT]
    assert sorted(float(np.sign(np.sum(line.get_xdata()))) for line in lines) == [-1, 1]
    shown = [text for text, _ in words(picture)]
    assert {"좌미분계수 = −1", "우미분계수 = 1"} <= set(shown)


def test_outside_the_domain_the_picture_says_so() -> None:
    for lang, sentence in (("en", "f is not defined at x = −1"), ("ko", "x = −1에서 f가 정의되지 않음")):
        picture = figure.tangent(np.log, -1, lang=lang, h=3)
        assert sentence in [text for text, _ in words(picture)]
        assert sentence in picture.alt
    picture = figure.tangent(np.log, 1, 1.0, h=-2, lang="en")
    assert "f is not defined at x = −1: no secant" in [text for text, _ in words(picture)]


def test_a_note_stands_instead() -> None:
    picture = figure.tangent(np.floor, 1, note="f jumps at x = 1.", lang="en")
    assert "f jumps at x = 1." in [text for text, _ in words(picture)]
    assert picture.alt.endswith("f jumps at x = 1.")


def test_extreme_points_stand_above_zeros() -> None:
    def extremes(f: Any, df: Any, **more: Any) -> str:
        return figure.derivative(f, df, lang="en", **more).alt.partition(". ")[2]

    assert extremes(np.sin, np.cos) == "min at x = −1.571. max at x = 1.571."
    assert extremes(lambda x: x**3, lambda x: 3 * x**2, range=(-1, 1.1)) == ""
    assert extremes(np.abs, lambda x: x / np.abs(x)) == "min at x = 0."
    assert extremes(lambda x: np.cbrt(x) ** 2, lambda x: 2 / 3 / np.cbrt(x)) == "min at x = 0."
    assert extremes(lambda x: 1 / x**2, lambda x: -2 / x**3) == ""
    assert extremes(np.floor, lambda x: 0 * x) == ""
    assert extremes(lambda x: 3, lambda x: 0) == ""
    picture = figure.derivative(lambda x: x**3, lambda x: 3 * x**2, range=(-1, 1.1), lang="en")
    dots = [line for line in picture.figure.axes[1].lines if len(line.get_xdata()) == 1]
    assert [float(line.get_xdata()[0]) for line in dots] == [pytest.approx(0, abs=1e-6)]


def test_the_derivative_is_drawn_only_where_the_function_is() -> None:
    picture = figure.derivative(np.log, lambda x: 1 / x, lang="en", range=(-2, 2))
    for axes in picture.figure.axes:
        line = max(axes.lines, key=lambda line: len(line.get_xdata()))
        x, y = line.get_xdata(), line.get_ydata()
        assert x[np.isfinite(y)].min() > 0


def test_the_gradient_is_at_a_right_angle_to_its_level_line() -> None:
    for gradient, f, at in (
        ((6, 6), plane, (1, 2)),
        ((2, -1), lambda x, y: x**2 - y**2, (1, 0.5)),
        ((2e-3, 1), lambda x, y: 1e-3 * x**2 + y, (1, 1)),
    ):
        for ranges in (None, ((0, 2), (0, 40)))[: 2 if f is plane else 1]:
            axes = figure.contours(f, at, gradient, range=ranges, lang="en").figure.axes[0]
            (arrow,) = [text for text in axes.texts if text.get_text() == ""]
            ends = axes.transData.transform([arrow.xyann, arrow.xy])
            along = np.array([-gradient[1], gradient[0]]) / np.hypot(*gradient) * 1e-3
            level = axes.transData.transform([np.array(at) + along, np.array(at)])
            ends, level = ends[1] - ends[0], level[1] - level[0]
            assert abs(ends @ level) < 1e-3 * np.hypot(*ends) * np.hypot(*level)


@pytest.mark.parametrize(
    ("kind", "f", "at", "gradient"),
    [
        (figure.contours, lambda x, y: x**2 - y**2, (0, 0), (0, 0)),
        (figure.contours, math.hypot, (0, 0), None),
        (figure.contours, lambda x, y: 1 / (x * y), (1, 1), (-1, -1)),
        (figure.contours, lambda x, y: np.log(x) + y, (1, 1), (1, 1)),
        (figure.contours, lambda x, y: 3, (1, 1), (0, 0)),
        (figure.contours, lambda x, y: 1e6 * x * y, (1, 1), (1e6, 1e6)),
        (figure.surface, lambda x, y: np.sin(x) * np.cos(y), (0.5, 0.5), (0.770151152934, -0.229848847066)),
        (figure.surface, math.hypot, (0, 0), None),
        (figure.surface, lambda x, y: 3 * x, (1, 1), (3, 0)),
        (figure.surface, lambda x, y: np.log(x * y), (-1, 1), None),
    ],
)
def test_two_variables(kind: Any, f: Any, at: Any, gradient: Any) -> None:
    assert collisions(kind(f, at, gradient, label="f(x, y)", lang="ko")) == []


# Errors on logarithmic axes


def test_an_error_of_zero_is_a_mark_at_the_foot() -> None:
    picture = figure.error([1, 0.1, 0.01], [0.0, 1e-3, -1e-4], lang="en")
    (axes,) = picture.figure.axes
    (mark,) = [line for line in axes.lines if line.get_marker() == "v"]
    assert float(mark.get_xdata()[0]) == 1
    assert axes.get_ylim()[0] < float(mark.get_ydata()[0]) < 1e-4
    assert "▽ error exactly 0" in [text for text, _ in words(picture)]


@pytest.mark.parametrize(
    "forward", [[0, 0, 0], [math.nan, None, math.inf], [1e-300, 1e300, 0], [1, 1, 1], [5e-324, 1, 2]]
)
def test_strange_errors_are_drawn(forward: Any) -> None:
    for central in (None, forward):
        picture = figure.error([1, 0.1, 1e-16], forward, central, lang="ko")
        assert collisions(picture) == []


def test_the_best_step_and_the_lectures_are_marked(drawn: dict[tuple[str, str], Picture]) -> None:
    shown = {lang: {text for text, _ in words(drawn["error", lang])} for lang in LANGUAGES}
    assert {"the lecture’s h = 0.0001", "least error: h = 10⁻⁸", "rounding error", "truncation error"} <= shown["en"]
    assert {"강의의 h = 0.0001", "오차 최소: h = 10⁻⁸", "반올림 오차", "절단 오차"} <= shown["ko"]


# Files


def test_svg_is_well_formed_and_always_the_same(drawn: dict[tuple[str, str], Picture]) -> None:
    for kind in PICTURES:
        picture = drawn[kind, "ko"]
        text = picture.svg()
        root = ElementTree.fromstring(text)
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert root.findtext("{http://www.w3.org/2000/svg}title") == picture.alt
        assert "<text" not in text, "letters are outlines: Hangul shows where no font has it"
        assert "<dc:date>" not in text
    for kind in ("tangent", "surface"):
        assert PICTURES[kind]("ko").svg() == drawn[kind, "ko"].svg()


def test_png_and_pdf(drawn: dict[tuple[str, str], Picture]) -> None:
    picture = drawn["tangent", "ko"]
    assert image.imread(io.BytesIO(picture.png(dpi=50))).shape[:2] == (200, 300)
    assert picture.png(dpi=50) == PICTURES["tangent"]("ko").png(dpi=50)
    document = picture.pdf()
    assert document.startswith(b"%PDF")
    assert b"CreationDate" not in document
    assert picture._repr_png_()[1:4] == b"PNG"
    assert "<svg" in picture._repr_svg_()
    for dpi in (0, -1, math.nan, 1e9, "150"):
        with pytest.raises(ShapeError):
            picture.png(dpi=dpi)  # type: ignore[arg-type]


def test_save_goes_by_the_ending(drawn: dict[tuple[str, str], Picture], tmp_path: Path) -> None:
    picture = drawn["tangent", "en"]
    for suffix, start in ((".svg", b"<?xml"), (".png", b"\x89PNG"), (".PDF", b"%PDF")):
        path = picture.save(tmp_path / f"접선{suffix}")
        assert path.read_bytes().startswith(start)
    for name in ("tangent.bmp", "tangent", ".svg", "tangent.svg.exe"):
        with pytest.raises(UnsupportedOperation) as refused:
            picture.save(tmp_path / name)
        assert ".svg, .png, .pdf" in refused.value.hint("en")
        assert refused.value.text("ko")
    for place in (tmp_path / "no" / "where.svg", tmp_path / "a\0b.svg", Path("/proc/nowhere/x.png")):
        with pytest.raises(MibunError) as failed:
            picture.save(place)
        assert failed.value.key == "usage_output"


# What a program has set, and what is not installed


def test_nothing_is_left_behind() -> None:
    program = f"""
import sys, warnings
warnings.simplefilter("error")
sys.path[:0] = {[str(Path(figure.__file__).parents[2]), str(Path(__file__).parents[2])]!r}
import matplotlib
matplotlib.rcParams["lines.linewidth"] = 7
settings = lambda: {{key: matplotlib.rcParams[key] for key in matplotlib.rcParams if key != "backend"}}
before = settings()
from mibun.write import figure
picture = figure.surface(lambda x, y: x * y, (1, 1), (1, 1), lang="ko")
figure.tangent(lambda x: x * x, 1, 2, h=1, lang="ko").svg(), picture.png(), picture.pdf()
assert settings() == before
assert "matplotlib.pyplot" not in sys.modules and "koreanize_matplotlib" not in sys.modules
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_the_styles_of_a_program_change_nothing(drawn: dict[tuple[str, str], Picture]) -> None:
    settings = {"axes.facecolor": "black", "font.size": 30, "text.usetex": True, "savefig.bbox": "tight"}
    with matplotlib.rc_context(settings):
        assert PICTURES["tangent"]("ko").svg() == drawn["tangent", "ko"].svg()
        assert matplotlib.rcParams["font.size"] == 30


def test_importing_costs_nothing() -> None:
    program = f"import sys; sys.path.insert(0, {str(Path(figure.__file__).parents[2])!r}); import mibun.write.figure; "
    program += "assert not {'numpy', 'matplotlib'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_without_matplotlib(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    for draw in PICTURES.values():
        with pytest.raises(UnsupportedOperation) as refused:
            draw("en")
        assert refused.value.key == "no_matplotlib"
        assert 'pip install "mibun[plot]"' in refused.value.hint("ko")


@pytest.fixture
def without_hangul(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Neither the package with the font nor any system font with Hangul."""
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if "koreanize" in name else find(name))
    fonts = font_manager.fontManager
    plain = [font for font in fonts.ttflist if not canvas._has_hangul(font.fname)]
    monkeypatch.setattr(fonts, "ttflist", plain)
    yield


@pytest.mark.usefixtures("without_hangul")
def test_without_a_font_with_hangul() -> None:
    with pytest.raises(UnsupportedOperation) as refused:
        PICTURES["tangent"]("ko")
    assert refused.value.key == "no_hangul_font"
    assert "mibun[plot]" in refused.value.hint("ko")
    assert 'lang="en"' in refused.value.hint("ko")
    assert PICTURES["tangent"]("en").svg()
    with pytest.raises(UnsupportedOperation):
        figure.tangent(lambda x: x, 1, 1.0, label="넓이(x) = x", lang="en")


@pytest.mark.usefixtures("without_hangul")
def test_a_font_of_the_system_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = importlib.util.find_spec.__closure__[0].cell_contents("koreanize_matplotlib")  # type: ignore[index]
    path = Path(spec.origin).parent / "fonts" / "NanumGothic.ttf"
    fonts = font_manager.fontManager
    entry = SimpleNamespace(**{**vars(font_manager.ttfFontProperty(font_manager.get_font(path))), "name": "Some Font"})
    monkeypatch.setattr(fonts, "ttflist", [*fonts.ttflist, entry])
    assert canvas._hangul() == "Some Font"


def test_the_language_is_the_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    assert figure.tangent(lambda x: x, 1, 1.0).alt == "f(x)의 그래프. x = 1에서의 접선, 기울기 = 1."
    with pytest.raises(UnsupportedOperation):
        figure.tangent(lambda x: x, 1, 1.0, lang="fr")


# Bad input


@pytest.mark.parametrize(
    ("make", "key"),
    [
        (lambda: figure.tangent(np.sin, math.nan), "not_a_point"),
        (lambda: figure.tangent(np.sin, "1/0"), "not_a_point"),
        (lambda: figure.tangent(np.sin, 1e200), "infinite_point"),
        (lambda: figure.tangent(np.sin, 0, h=0), "step"),
        (lambda: figure.tangent(np.sin, 0, h=math.inf), "step"),
        (lambda: figure.tangent(np.sin, 0, h="x"), "step"),
        (lambda: figure.tangent(np.sin, 0, range=(1, 1)), "picture_range"),
        (lambda: figure.tangent(np.sin, 0, range=(2, 1)), "picture_range"),
        (lambda: figure.tangent(np.sin, 0, range=(0, math.inf)), "picture_range"),
        (lambda: figure.tangent(np.sin, 0, range=3), "picture_range"),
        (lambda: figure.tangent(np.sin, 0, range=(1, 2, 3)), "picture_range"),
        (lambda: figure.tangent(np.sin, 0, range=(1e17, 1e17 + 64)), "picture_range"),
        (lambda: figure.tangent(lambda x: math.nan, 0), "picture_empty"),
        (lambda: figure.tangent(np.log, -100), "picture_empty"),
        (lambda: figure.secants(np.sin, 0, h=[]), "step"),
        (lambda: figure.secants(np.sin, 0, h=[1, 0]), "step"),
        (lambda: figure.derivative(np.log, np.sin, range=(-2, -1)), "picture_empty"),
        (lambda: figure.error([], []), "step"),
        (lambda: figure.error([-1, 0], [1, 1]), "step"),
        (lambda: figure.error([1, 2], [1]), "picture_errors"),
        (lambda: figure.error([1, 2], [1, 1], range=(-1, 1)), "picture_range"),
        (lambda: figure.contours(plane, (1, 2, 3)), "not_a_point"),
        (lambda: figure.contours(plane, 1), "not_a_point"),
        (lambda: figure.contours(plane, (1, 2), variables=("x", "y", "z")), "picture_variables"),
        (lambda: figure.contours(plane, (1, 2), range=(0, 1)), "picture_range"),
        (lambda: figure.surface(plane, (1, 2), range=((0, 1), None)), "picture_ranges"),
        (lambda: figure.surface(lambda x, y: math.nan, (1, 2)), "picture_empty"),
    ],
)
def test_what_cannot_be_drawn_is_refused(make: Callable[[], Picture], key: str) -> None:
    with pytest.raises(MibunError) as refused:
        make()
    assert refused.value.key == key
    for lang in LANGUAGES:
        assert refused.value.text(lang)
        assert set(MESSAGES[key]) == set(LANGUAGES)


def test_nothing_warns() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure.tangent(lambda x: np.log(x) / x, 0, h=-1, lang="ko").png(dpi=30)


def refresh() -> None:
    """Draw the references anew, in grey and small."""
    from PIL import Image

    REFERENCES.mkdir(parents=True, exist_ok=True)
    for kind, lang in CASES:
        picture = Image.open(io.BytesIO(PICTURES[kind](lang).png(dpi=50))).convert("L")
        picture.save(REFERENCES / f"{kind}_{lang}.png", optimize=True)


if __name__ == "__main__":
    refresh()
