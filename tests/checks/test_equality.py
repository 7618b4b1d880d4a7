"""Equality: the right verdict on pairs made to fool it, with witnesses that an outside oracle confirms."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests import oracle
from tests.strategies import fractions, nodes

import mibun as mb
from mibun.checks import Verdict, equals, normal
from mibun.errors import DomainError, MibunError, ShapeError
from mibun.node import Node, symbols
from mibun.ops import const, make, symbol
from mibun.rewrite import tidy

TAYLOR = " + ".join(f"({(-1) ** k})*x^{2 * k + 1}/{math.factorial(2 * k + 1)}" for k in range(13))


def compare(f: str, g: str, domain: Any = None) -> Verdict:
    a, b = mb.function(f), mb.function(g)
    if isinstance(domain, str):
        domain = mb.function(f"where({domain}, 1, 0)").node.args[0]
    return equals(a.node, b.node, tuple(dict.fromkeys([*a.variables, *b.variables])), domain)


def rows(text: str) -> list[tuple[str, ...]]:
    return [tuple(part.strip() for part in line.split("|")) for line in text.strip().splitlines()]


def is_defined(f: str, point: dict[str, Any]) -> bool:
    return bool(oracle.ball(mb.function(f).node, point).is_finite())


# What has to hold (the issue's own list)


@pytest.mark.parametrize(
    "other", ["-2x/sqrt(1-x^2)", "-x^3/sqrt(1-x^2)", "-sin(x)/sqrt(1-x^2)", "-(x+1e-30)/sqrt(1-x^2)"]
)
def test_points_fall_inside_the_domain(other: str) -> None:
    verdict = compare("-x/sqrt(1-x^2)", other)
    assert str(verdict) == "different"
    assert verdict.witness is not None and -1 < verdict.witness["x"] < 1


def test_equal_near_a_pole() -> None:
    assert str(compare("1/(x-3)", "-1/(3-x)")) == "proved"
    assert str(compare("1/(x-3)", "1/(x-3.0000001)")) == "different"


def test_a_small_constant_beside_a_steep_function() -> None:
    assert str(compare("e^(10x)", "e^(10x)+1e-7")) == "different"


def test_a_difference_far_out() -> None:
    verdict = compare("|x+1000|-1000", "|x+1001|-1001")
    assert str(verdict) == "different"
    assert verdict.witness is not None and verdict.witness["x"] < -1000
    assert verdict.agree == ("x ≥ −1000",)


def test_domains_of_roots() -> None:
    verdict = compare("sqrt((x-3)(x-5))", "sqrt(x-3)sqrt(x-5)")
    assert str(verdict) == "verified" and verdict.points >= 20
    [gap] = verdict.domain
    assert gap.defined == "first" and gap.where == "x ≤ 3" and not gap.isolated
    assert "domains differ" in verdict.text("en") and "정의역이 다릅니다" in verdict.text("ko")


def test_a_root_is_not_negative() -> None:
    verdict = compare("x", "sqrt(x^2)")
    assert str(verdict) == "different" and verdict.witness == {"x": -1} and verdict.values == ("-1", "1")
    assert verdict.agree == ("x ≥ 0",) and not verdict.domain


def test_a_hole_is_said() -> None:
    verdict = compare("(x^2-1)/(x+1)", "x-1")
    assert str(verdict) == "proved"
    [gap] = verdict.domain
    assert gap.isolated and gap.point == {"x": -1} and gap.defined == "second" and gap.value == "-2"
    assert "x = −1" in verdict.text("en") and "−2" in verdict.text("ko")


def test_a_polynomial_of_degree_25() -> None:
    verdict = compare("sin(x)", TAYLOR)
    assert str(verdict) == "different"
    assert verdict.values is not None and verdict.values[0] != verdict.values[1]


def test_domains_of_logarithms() -> None:
    verdict = compare("ln(x^2)", "2 ln x")
    assert str(verdict) == "verified"
    assert [(gap.where, gap.defined) for gap in verdict.domain] == [("x < 0", "first")]


def test_identities_are_verified() -> None:
    for f, g in (("sin(x)^2+cos(x)^2", "1"), ("cosh(x)^2-sinh(x)^2", "1")):
        verdict = compare(f, g)
        assert str(verdict) == "verified" and verdict.points >= 20
        assert verdict.radius is not None and verdict.radius < 1e-200


def test_numbers() -> None:
    verdict = compare("0.33", "1/3")
    assert str(verdict) == "different" and verdict.values == ("0.33", "0.333333")
    assert str(compare("0.1+0.2", "0.3")) == "proved"
    assert str(compare("sin(pi/6)", "1/2")) == "verified"


def test_equal_on_one_side_only() -> None:
    verdict = compare("atan(x)+atan(1/x)", "pi/2")
    assert str(verdict) == "different" and verdict.witness is not None and verdict.witness["x"] < 0
    assert verdict.agree == ("x > 0",)
    assert [gap.point for gap in verdict.domain] == [{"x": 0}]
    for domain in ("x > 0", {"x": (1e-9, None)}, {"x": (Fraction(1, 100), math.inf)}, {"x": ("pi/4", 100)}):
        assert str(compare("atan(x)+atan(1/x)", "pi/2", domain)) == "verified"
    assert str(compare("atan(x)+atan(1/x)", "pi/2", "x < 0")) == "different"
    assert str(compare("atan(x)+atan(1/x)", "-pi/2", {"x": (-5, -1)})) == "verified"


# More of the kind

SAME = rows("""
(x+y)^3 | x^3+3x^2y+3x y^2+y^3 | proved
x/x | 1 | proved domain
(x^2-5x+6)/(x-2) | x-3 | proved domain
1/(1/x) | x | proved domain
sqrt(x)^2 | x | proved domain
(x^3-1)/(x-1) | x^2+x+1 | proved domain
1/(x-1)-1/(x+1) | 2/(x^2-1) | proved
sin(2x+1) | sin(1+x+x) | proved
1/(sqrt(x)+1) | (sqrt(x)-1)/(x-1) | proved domain
(1+10^-30)x - x | 10^-30 x | proved
(x+1)^50 (x-1)^50 | (x^2-1)^50 | proved
sqrt(x+y-100)^2 | x+y-100 | proved domain
ln(x-100)-ln(x-100) | 0 | proved domain
sqrt(sin(x)-0.9999)^2 | sin(x)-0.9999 | proved domain
sqrt(e^x-5) sqrt(e^x-5) | e^x-5 | proved domain
(x^3-2)x/(x^3-2) | x | proved domain
(x^5-x-1)x/(x^5-x-1) | x | proved domain
x/(x^2-2)*(x^2-2) | x | proved domain
x sin(x)/sin(x) | x | proved domain
1/(x-3)-1/(x-3) | 1/(x-3-10^-17)-1/(x-3-10^-17) | proved domain
f(x)+1 | 1+f(x) | proved
f(2x)/2 | f(x+x)/2 | proved
sin(2x) | 2 sin(x) cos(x) | verified
tan(x) | sin(x)/cos(x) | verified
1+tan(x)^2 | sec(x)^2 | verified
e^(2x) | (e^x)^2 | verified
e^(ln(x)) | x | verified domain
ln(x y) | ln(x)+ln(y) | verified domain
sqrt(x^2) | abs(x) | verified
max(x,y) | (x+y+abs(x-y))/2 | verified
min(x,0)+max(x,0) | x | verified
asinh(x) | ln(x+sqrt(x^2+1)) | verified
acosh(x) | ln(x+sqrt(x^2-1)) | verified
atanh(x) | ln((1+x)/(1-x))/2 | verified
2^x | e^(x ln 2) | verified
x^x | e^(x ln x) | verified domain
sigmoid(x) | (1+tanh(x/2))/2 | verified
gamma(x+1) | x gamma(x) | verified domain
floor(x+1) | floor(x)+1 | verified
floor(-x) | -ceil(x) | verified
x^(2/3) | (x^2)^(1/3) | verified
sqrt(x-1000)sqrt(1001-x) | sqrt((x-1000)(1001-x)) | verified
acos(x-5000) | pi/2-asin(x-5000) | verified
ln(sin(x)) | ln(sin(x)^2)/2 | verified domain
sin(asin(x)) | x | verified domain
atan(1/x) | acot(x) | verified domain
sqrt(3+2sqrt(2)) | 1+sqrt(2) | verified
sqrt(x-1000)sqrt(y-1000) | sqrt((x-1000)(y-1000)) | verified domain
ln(1-x^2-y^2) | ln((1-x^2-y^2)^3)/3 | verified
sin(sqrt(x-2))^2+cos(sqrt(x-2))^2 | 1 | verified domain
hypot(x,y) | sqrt(x^2+y^2) | verified
where(x>0, x, -x) | abs(x) | verified
""")


@pytest.mark.parametrize(("f", "g", "expected"), SAME, ids=[f"{f} = {g}" for f, g, _ in SAME])
def test_equal_pairs(f: str, g: str, expected: str) -> None:
    verdict = compare(f, g)
    kind, *domain = expected.split()
    assert (str(verdict), bool(verdict.domain)) == (kind, bool(domain)), verdict.text("en")
    assert compare(g, f).kind == kind
    for gap in verdict.domain:  # exactly one of the two has a value there, says the oracle
        if any(isinstance(number, float) for number in gap.point.values()):
            continue  # an irrational hole; the oracle takes rational points
        defined = [is_defined(text, dict(gap.point)) for text in (f, g)]
        assert defined == [gap.defined == "first", gap.defined == "second"]


OTHER = rows("""
x | x+10^-50
x | x+10^-1000
x^2 | x^2+1e-30 x
sin(pi x) | 0
sin(10 pi x) | 0
sin(pi x) sin(7 pi x) sin(13 pi x) | 0
x(x-1)(x+1)(x-2)(x+2)(x-1/2)(x+1/2) | 0
sin(1000000x) | 0
floor(x) | x
floor(x) | x-1/2
floor(x) | ceil(x)
floor(x/1000) | 0
max(0,1e-6-abs(x-0.123)) | 0
max(0,min(x-1000,1000.001-x)) | 0
where(x>12345.678,1,0) | 0
where(x>200 and x<200.01, 3, 2) | 2
where(x=1/8,1,0) | 0
abs(x) | sqrt(x^2+10^-12)
e^x | 1+x+x^2/2+x^3/6
e^(-x^2) | 0
e^(-10x) | e^(-10x)+1
ln(x) | ln(x)+10^-40 x
sqrt(x) | x^0.5000001
tanh(x) | 1
x^(1/3) | abs(x)^(1/3)
sin(x)^2+cos(x)^2 | 1+10^-22
gamma(x+1) | x gamma(x)+10^-60
erf(x) | 1
sqrt((x-1000)(1001-x)) | sqrt((x-1000)(1001-x))/2
acos(x-5000) | asin(x-5000)
x y | x+y
x y | x y + 10^-20 y
max(x,y) | x
sqrt(x^2+y^2-1000) | sqrt(x^2-y^2-1000)
sin(x)cos(y) | sin(y)cos(x)
e^(pi sqrt(163)) | 262537412640768744
0.1+0.2 | 0.30000000000000004
pi | 355/113
2^0.5 | 2^0.5000001
atan(tan(x)) | x
asin(sin(x)) | x
ln(e^x) | abs(x)
sqrt(x-10^6) | sqrt(x-10^6)+1e-9
x^2 sin(1/x) | x^2 cos(1/x)
where(x<0,0,where(x<1e-9,x,1e-9)) | where(x<0,0,1e-9)
abs(abs(x-5)-5) | abs(x)
relu(x-100) | 0
relu(x-100) | relu(x-101)
sign(x) | 2/(1+e^(-10^9 x))-1
sqrt(e^x-5) | sqrt(e^x-5)+10^-25
sqrt(sin(x)-0.9999) | 2sqrt(sin(x)-0.9999)
cos(x) | cos(abs(x))+where(x>5000,1,0)
x^101 | x^103
(1+1/10^9)^x | e^(x/10^9)
""")


@pytest.mark.parametrize(("f", "g"), OTHER, ids=[f"{f} ≠ {g}" for f, g in OTHER])
def test_different_pairs(f: str, g: str) -> None:
    verdict = compare(f, g)
    assert str(verdict) == "different", verdict.text("en")
    assert verdict.witness is not None and verdict.values is not None
    assert verdict.values[0] != verdict.values[1] or verdict.difference
    assert all(isinstance(number, int | Fraction) for number in verdict.witness.values())
    difference = make("sub", mb.function(f).node, mb.function(g).node)
    found = oracle.ball(difference, verdict.witness, bits=8000)
    assert found.is_finite() and not found.contains(0)


def test_a_single_irrational_point() -> None:
    verdict = compare("where(x = pi, 1, 0)", "0")
    assert str(verdict) == "different" and verdict.witness == {"x": math.pi}
    assert "x = π" in verdict.text("en")


UNDECIDED = rows("""
f(x) | g(x) | abstract
f(x)+f(-x) | 0 | abstract
sqrt(-1-x^2) | ln(-x^2) | nowhere
sqrt(x-3) | sqrt(1-x) | empty
sqrt(x)+sqrt(-x) | x^2 | few
sqrt(x)-sqrt(x) | sqrt(-1-x)-sqrt(-1-x) | empty
""")


@pytest.mark.parametrize(("f", "g", "reason"), UNDECIDED, ids=[f for f, _, _ in UNDECIDED])
def test_undecided_pairs(f: str, g: str, reason: str) -> None:
    verdict = compare(f, g)
    assert (str(verdict), verdict.reason) == ("undecided", reason)
    assert verdict.equal is None and verdict.witness is None
    assert all(len(verdict.text(lang)) > 30 for lang in ("en", "ko"))


# Domains that are asked for


def test_a_domain_confines_points_and_gaps() -> None:
    assert str(compare("|x|", "x", "x >= 0")) == "verified"
    assert str(compare("|x|", "x", {"x": (-1, 1)})) == "different"
    verdict = compare("(x^2-1)/(x+1)", "x-1", "x > 0")
    assert str(verdict) == "proved" and not verdict.domain
    assert str(compare("sin(x)", "x", {"x": (0, 0)})) == "undecided"
    assert str(compare("ln(x y)", "ln(x)+ln(y)", "x > 0 and y > 0")) == "verified"
    assert not compare("ln(x y)", "ln(x)+ln(y)", "x > 0 and y > 0").domain
    assert str(compare("sqrt((x-y)^2)", "x-y", "x > y")) == "verified"


@pytest.mark.parametrize(
    ("domain", "error"),
    [
        ({"z": (0, 1)}, ShapeError),
        ({"x": 3}, DomainError),
        ({"x": (0, "x")}, DomainError),
        ({"x": (math.nan, 1)}, DomainError),
        ({"x": (0, 1, 2)}, DomainError),
        ({"x": (None, True)}, DomainError),
        (const(1), DomainError),
        ("z > 0", ShapeError),
    ],
)
def test_bad_domains(domain: Any, error: type[MibunError]) -> None:
    with pytest.raises(error) as caught:
        compare("x", "x+1", domain)
    assert all(caught.value.text(lang) for lang in ("en", "ko"))


# The verdict


def test_the_verdict_is_plain_data() -> None:
    for f, g in (("x", "|x|"), ("x/x", "1"), ("sin(2x)", "2sin(x)cos(x)"), ("f(x)", "x"), ("1/3", "0.33")):
        data = json.loads(json.dumps(compare(f, g).json(), allow_nan=False))
        assert data["verdict"] == str(compare(f, g))
    assert compare("x", "x+1/3").json()["witness"] == {"x": 0}


def test_lines_fit_the_terminal() -> None:
    from mibun.language import width

    for f, g in (("ln(sin(x))", "ln(sin(x)^2)/2"), ("x", "|x|"), ("sin(x)", TAYLOR)):
        for lang in ("en", "ko"):
            assert all(width(line) <= 60 for line in compare(f, g).text(lang, 60).splitlines())


def test_variables_that_do_not_matter_have_a_value_in_the_witness() -> None:
    x = symbol("x")
    assert equals(x, make("neg", x), ("a", "x")).witness is not None
    assert set(equals(x, make("neg", x), ("a", "x")).witness or {}) == {"a", "x"}


def test_the_same_in_every_process() -> None:
    assert compare("ln(sin(x))", "ln(sin(x)^2)/2") == compare("ln(sin(x))", "ln(sin(x)^2)/2")


def test_deep_and_large_graphs() -> None:
    x = symbol("x")
    deep = x
    for depth in range(20_000):
        deep = make("sin", deep)
        if depth == 2000:
            assert str(equals(deep, make("add", const(0), make("add", deep, const(0))), ("x",))) == "verified"
    assert str(equals(deep, make("neg", deep), ("x",))) == "different"


# Normal forms


def test_what_counts_as_proof() -> None:
    for f, g in (("x", "sqrt(x^2)"), ("sin(x)^2+cos(x)^2", "1"), ("e^(ln x)", "x"), ("|x|", "x"), ("x^2.5", "x^2")):
        assert not normal.equal(mb.function(f).node, mb.function(g).node)


ARITHMETIC = (
    "symbol",
    "const",
    "add",
    "sub",
    "mul",
    "div",
    "neg",
    "pow",
    "sqrt",
    "sin",
    "exp",
    "abs",
    "max",
    "where",
    "lt",
    "and",
    "or",
    "not",
)


@given(nodes(ops=ARITHMETIC, size=7), nodes(ops=ARITHMETIC, size=7))
def test_proofs_agree_with_sympy_and_balls(f: Node, g: Node) -> None:
    if normal.equal(f, g):
        for at in ({"x": Fraction(5, 7), "y": Fraction(-11, 13)}, {"x": Fraction(19, 3), "y": Fraction(2, 9)}):
            a, b = oracle.value(f, at), oracle.value(g, at)
            assert math.isnan(a) or math.isnan(b) or a == b or math.isclose(a, b, rel_tol=1e-12)


# Random expressions

EXACT = st.one_of(st.integers(-12, 12), st.integers(-(10**30), 10**30), fractions)
WORDS = "symbol const e pi add sub mul div neg pow sqrt exp ln sin cos tan atan tanh abs min max sigmoid"
PLAIN = WORDS.split(" ")


@settings(max_examples=40)
@given(nodes(ops=PLAIN, size=6, constants=EXACT))
def test_tidying_changes_no_value(f: Node) -> None:
    verdict = equals(f, tidy(f)[0], ("x", "y"))
    assert str(verdict) != "different", verdict.text("en")


@settings(max_examples=40)
@given(nodes(ops=PLAIN, size=6, constants=EXACT))
def test_a_small_number_makes_a_difference(f: Node) -> None:
    g = make("add", f, const(Fraction(1, 10**40)))
    verdict = equals(f, g, ("x", "y"))
    assume(verdict.reason not in ("nowhere", "blurred", "few"))
    assert str(verdict) == "different", verdict.text("en")
    assert set(verdict.witness or {}) == {"x", "y"} | set(symbols(f))


@pytest.mark.parametrize(
    ("f", "where"),
    [
        ("sgn(x-sqrt(3))^2", "√3"),
        ("sgn(2x-sqrt(7))^2", "√7/2"),
        ("sgn(x-ln(2))^2", "ln 2"),
        ("sgn(e^x-5)^2", "ln 5"),
    ],
)
def test_the_one_point_at_which_they_differ_is_found(f: str, where: str) -> None:
    verdict = compare(f, "1")
    assert not verdict and f"x = {where}" in verdict.text("en")


@pytest.mark.parametrize(
    ("f", "g", "where"),
    [
        ("sec(x)*cos(x)", "1", "π/2"),
        ("tan(x)*cos(x)", "sin(x)", "π/2"),
        ("sec(x)^2-tan(x)^2", "1", "−π/2"),
        ("x*(e^x-2)/(e^x-2)", "x", "ln 2"),
        ("x*(x-sqrt(7))/(x-sqrt(7))", "x", "√7"),
        ("x*(ln(x)-1)/(ln(x)-1)", "x", "e"),
    ],
)
def test_holes_at_irrational_points_are_named(f: str, g: str, where: str) -> None:
    verdict = compare(f, g)
    assert verdict and f"x = {where}" in [gap.shown for gap in verdict.domain]
