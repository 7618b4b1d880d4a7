"""What happens at a point: the derivative, or why there is none."""

from __future__ import annotations

import math

import pytest

from mibun import function
from mibun.language import LANGUAGES
from mibun.limit.local import KINDS, Local, local, sentence
from mibun.node import Node
from mibun.ops import const, make
from mibun.write import notation


def at(source: str, point: str, order: int = 1) -> Local:
    f = function(source)
    places = dict(part.split("=") for part in point.split(",")) if "=" in point else {"x": point}
    values = {name: function(text).node for name, text in places.items()}
    return local(f.node, "x", values, order, f.diff("x", order=order).node)


def written(node: Node | None) -> str | None:
    return None if node is None else notation.ascii(node)


@pytest.mark.parametrize(
    ("source", "point", "wanted"),
    [
        ("|x|", "1e-9", "1"),
        ("|x|", "1/10000000000", "1"),
        ("|x|", "-1e-300", "-1"),
        ("|x-1e-9|", "0", "-1"),
        ("|x^2-2|", "1.4142135623", "-2.8284271246"),
        ("max(x,1e-10)", "0", "0"),
        ("max(x^2,x)", "1e-10", "1"),
        ("max(x,x)", "3", "1"),
        ("where(x>0,x^2,-x)", "1e-9", "2e-9"),
        ("|x|^1.5", "0", "0"),
        ("|x|^1.1", "0", "0"),
        ("|x|^1.01", "0", "0"),
        ("|x|^(4/3)", "0", "0"),
        ("x sqrt|x|", "0", "0"),
        ("x|x|", "0", "0"),
        ("x^(2/3)*x^(2/3)", "0", "0"),
        ("floor(x)", "1/2", "0"),
        ("floor(x)", "1e-13", "0"),
        ("x floor(x)", "5/2", "2"),
        ("|sin x|", "pi/3", "1/2"),
        ("max(x, y)", "x=2,y=1", "1"),
        ("y|x|", "x=0,y=0", "0"),
        ("|y|x", "x=0,y=0", "0"),
        ("where(x=0,0,x^2 sin(1/x))", "0", "0"),
        ("where(x=0,1,sin(x)/x)", "0", "0"),
        ("where(x=0,0,x/ln|x|)", "0", "0"),
        ("where(x=0,0,e^(-1/x^2))", "0", "0"),
        ("x^2 sin x", "pi/4", "sqrt(2)*pi*(pi + 8)/32"),
        ("acot(x)", "1", "-1/2"),
        ("atan2(y, x)", "x=-1,y=1", "-1/2"),
        ("where(1/x > 0, x, 2 x)", "1", "1"),
        ("where(x > 0, x, 1/0)", "1", "1"),
        ("10^400 |x|", "1", "10^400"),
        ("tanh(10^30 x)", "1", None),
        ("abs(floor(x) - 1/2)", "1", "0"),
        ("floor(x)", "10^2000 + 1/2", "0"),
    ],
)
def test_values(source: str, point: str, wanted: str | None) -> None:
    value = at(source, point)
    assert value.kind == ("undecided" if "10^2000" in point else "differentiable")
    assert value.slope is not None
    if wanted is not None:
        # The decimal of a value beyond the doubles is left out.
        number = math.inf if "400" in wanted else float(function(wanted)())
        assert value.decimal == (pytest.approx(number, rel=1e-14, abs=1e-300) if math.isfinite(number) else None)
        assert "." in wanted or written(value.slope) == function(wanted).at().ascii()


@pytest.mark.parametrize(
    ("source", "point", "sides"),
    [
        ("|x|", "0", "-1 1"),
        ("|x^2-2|", "sqrt(2)", "-2*sqrt(2) 2*sqrt(2)"),
        ("where(x>0,x^2,-x)", "0", "-1 0"),
        ("abs(x)/10^7", "0", "-1/10000000 1/10000000"),
        ("1e-12|x|", "0", "-1e-12 1e-12"),
        ("relu(x)", "0", "0 1"),
        ("sqrt(x^2)", "0", "-1 1"),
        ("(x^4)^(1/4)", "0", "-1 1"),
        ("sqrt(x^2+y^2)", "x=0,y=0", "-1 1"),
        ("hypot(x, y)", "x=0,y=0", "-1 1"),
        ("hypot(x, x)", "0", "-sqrt(2) sqrt(2)"),
        ("max(x, x^2)", "1", "1 2"),
        ("min(x, y)", "x=1,y=1", "1 0"),
        ("|x - 1e-9|", "1e-9", "-1 1"),
        ("|cos x|", "pi/2", "-1 1"),
        ("where(x=0, 0, x atan(1/x))", "0", "-pi/2 pi/2"),
        ("gamma(x) |x - 1|", "1", "-1 1"),
        ("where(x=0, 0, x/(1 + e^(1/x)))", "0", "1 0"),
    ],
)
def test_kinks(source: str, point: str, sides: str) -> None:
    value = at(source, point)
    assert value.kind == "kink"
    assert [written(side.exact) for side in (value.left, value.right)] == sides.split()


@pytest.mark.parametrize(
    ("source", "point", "kind"),
    [
        ("where(x=0,0,x sin(1/x))", "0", "oscillation"),
        ("where(x=0,0,x sin(pi/x))", "0", "oscillation"),
        ("where(x=0,0,sin(1/x))", "0", "oscillation"),
        ("x sin(1/x)", "0", "oscillation"),
        ("sin(1/x)", "0", "oscillation"),
        ("where(x=0,0,1/x)", "0", "pole"),
        ("where(x=0,0,x ln|x|)", "0", "vertical_tangent"),
        ("where(x=1,5,x^2)", "1", "hole"),
        ("sgn(x)^2", "0", "hole"),
        ("floor(x)", "1", "jump"),
        ("acot(x)", "0", "jump"),
        ("atan2(x, y)", "x=0,y=-1", "jump"),
        ("ln x", "-1", "outside"),
        ("x^(1/3)", "0", "vertical_tangent"),
        ("x^(2/3)", "0", "cusp"),
        ("sqrt|x|", "0", "cusp"),
        ("sqrt x", "0", "vertical_tangent"),
        ("asin x", "1", "vertical_tangent"),
        ("x^1.5", "0", "endpoint"),
        ("sqrt(max(x, 0))", "0", "kink"),
        ("1/x", "0", "pole"),
        ("1/x^2", "0", "pole"),
        ("ln x", "0", "pole"),
        ("1/(1/x)", "0", "hole"),
        ("1/0+x^2", "0", "outside"),
        ("x^(1/2)*x^(1/2)", "-1", "outside"),
        ("0*ln(x)", "0", "outside"),
        ("x ln(x)", "0", "outside"),
        ("x/x", "0", "hole"),
        ("sin(x)/x", "0", "hole"),
        ("|x|sin(x)/x", "0", "hole"),
        ("(x^2-1)/(x+1)", "-1", "hole"),
        ("|x|/x", "0", "jump"),
        ("tan x", "pi/2", "pole"),
        ("gamma(x)", "-2", "pole"),
        ("ln(x)^x", "1", "endpoint"),
        ("sqrt(-x^2)", "0", "isolated"),
        ("e^(-1/x)", "0", "pole"),
        ("atan(1/x)", "0", "jump"),
    ],
)
def test_no_slope(source: str, point: str, kind: str) -> None:
    found = at(source, point)
    assert found.kind == kind
    assert found.differentiable is False
    for lang in LANGUAGES:
        assert "{" not in sentence(found, lang) != ""
        assert "–" not in sentence(found, lang)


def test_a_hole_knows_what_would_fill_it() -> None:
    found = at("(x^2-1)/(x+1)", "-1")
    assert (written(found.hole), written(found.slope)) == ("-2", "1")
    found = at("sin(x)/x", "0")
    assert (written(found.hole), written(found.slope)) == ("1", "0")
    found = at("where(x=1,5,x^2)", "1")
    assert (written(found.hole), written(found.value.exact)) == ("1", "5")
    found = at("|x|sin(x)/x", "0")
    assert [written(side.exact) for side in (found.left, found.right)] == ["-1", "1"]
    found = at("x ln(x)", "0")
    assert (written(found.hole), [limit.kind for limit in found.limits]) == ("0", ["outside", "finite"])


@pytest.mark.parametrize(
    ("source", "sides"),
    [
        ("x^(1/3)", (math.inf, math.inf)),
        ("-x^(1/3)", (-math.inf, -math.inf)),
        ("x^(2/3)", (-math.inf, math.inf)),
        ("sqrt x", (None, math.inf)),
        ("sqrt(max(x, 0))", (0, math.inf)),
        ("x^1.5", (None, 0)),
        ("|x|", (-1, 1)),
        ("sin x", (1, 1)),
        ("floor x", (math.inf, 0)),
        ("where(x=0, 1, x^2)", (math.inf, -math.inf)),
    ],
)
def test_both_sides(source: str, sides: tuple[float | None, float | None]) -> None:
    found = at(source, "0")
    assert (found.left.decimal, found.right.decimal) == sides


def test_limits_of_a_jump() -> None:
    found = at("|x|/x + 2", "0")
    assert [written(limit.exact) for limit in found.limits] == ["1", "3"]
    assert [limit.decimal for limit in at("1/x", "0").limits] == [-math.inf, math.inf]


@pytest.mark.parametrize(
    ("source", "kind", "sides"),
    [
        ("x|x|", "kink", "-2 2"),
        ("|x|", "outside", None),
        ("max(x,0)", "outside", None),
        ("x sqrt(x^2)", "kink", "-2 2"),
        ("where(x > 0, x^2, -x^3)", "kink", "0 2"),
        ("sqrt x", "outside", None),
        ("|x|^1.5", "vertical_tangent", None),
        ("floor x", "outside", None),
    ],
)
def test_second_order(source: str, kind: str, sides: str | None) -> None:
    found = at(source, "0", 2)
    assert found.kind == kind
    assert sides is None or " ".join(str(written(side.exact)) for side in (found.left, found.right)) == sides
    assert at("x^2|x|", "0", 2).decimal == 0
    assert at("x^2|x|", "0", 3).kind == "kink"


def test_a_large_function_is_left_to_its_formula() -> None:
    source = " + ".join(f"sin({i} x)" for i in range(1, 900))
    found = at(source, "0")
    assert (found.kind, found.decimal) == ("undecided", sum(range(1, 900)))


def test_numbers_too_large_for_balls_are_left_to_the_formula() -> None:
    found = at("sin(10^(10^9) x)", "1")
    assert (found.kind, found.decimal) == ("undecided", None)
    assert found.slope is function("sin(10^(10^9) x)").diff("x").at(x=1).node
    assert written(at("floor x", "10^2000").slope) == "0"


def test_an_unnamed_function_has_no_number() -> None:
    found = at("x^2 g(x)", "2")
    assert (found.kind, found.decimal, written(found.slope)) == ("undecided", None, "4*(g'(2) + g(2))")


def test_every_kind_is_met() -> None:
    met = {at(source, "0").kind for source in ("x", "x^1.5", "|x|", "x^(1/3)", "x^(2/3)", "|x|/x", "x/x", "1/x")}
    met |= {at(source, "0").kind for source in ("sin(1/x)", "sqrt(-x^2)", "ln(x-1)", "g(x)")}
    assert met == set(KINDS)


@pytest.mark.parametrize(
    ("source", "point", "fill", "slope"),
    [
        ("(1-cos x)/x^2", "0", 1 / 2, 0),
        ("(e^x-1-x-x^2/2)/x^3", "0", 1 / 6, 1 / 24),
        ("(x-sin x)/x^3", "0", 1 / 6, 0),
        ("(x-tan x)/(x-sin x)", "0", -2, 0),
        ("1/sin(x)^2-1/x^2", "0", 1 / 3, 0),
        ("(ln(1+x)-x)/x^2", "0", -1 / 2, 1 / 3),
        ("(2^x-1)/x", "0", math.log(2), math.log(2) ** 2 / 2),
        ("(cos x-cos 1)/(x-1)", "1", -math.sin(1), -math.cos(1) / 2),
        ("(1+x)^(1/x)", "0", math.e, -math.e / 2),
        ("(x^pi-1)/(x-1)", "1", math.pi, math.pi * (math.pi - 1) / 2),
    ],
)
def test_holes_of_any_order(source: str, point: str, fill: float, slope: float) -> None:
    """However much cancels, and whether or not the limit is a number with a short name."""
    found = at(source, point)
    assert found.kind == "hole"
    assert found.limits[0].decimal == pytest.approx(fill, rel=1e-14)
    assert found.left.decimal == pytest.approx(slope, rel=1e-12, abs=1e-300)
    assert found.right.decimal == pytest.approx(slope, rel=1e-12, abs=1e-300)


@pytest.mark.parametrize(
    ("source", "kinds"),
    [
        ("sqrt(abs(ln(abs(x))))", {"pole"}),
        ("ln(ln(1/x))", {"pole"}),
        ("ln(x)^(1/3)", {"pole"}),
        ("abs(x)^0.9999", {"cusp"}),
        ("x*(e+abs(x)^(1/40))", {"undecided", "differentiable"}),
        ("x*(e+1/ln(abs(x)))", {"undecided", "hole"}),
        ("x*sqrt(-ln(abs(x)))", {"hole"}),
        ("x*ln(-ln(abs(x)))", {"hole"}),
    ],
)
def test_slow_is_no_oscillation(source: str, kinds: set[str]) -> None:
    assert at(source, "0").kind in kinds


def test_slopes_that_differ_look_different() -> None:
    words = sentence(at("x+10^-7*abs(x)", "0"), "en")
    assert "0.9999999 on the left and 1.0000001 on the right" in words


def test_nothing_is_written_that_is_not_said() -> None:
    node = function("x").node
    for _ in range(60):
        node = make("mul", make("mul", const(4), node), make("sub", const(1), node))
    found = local(node, "x", {"x": function("1/3").node})
    assert sentence(found, "en") == ""
