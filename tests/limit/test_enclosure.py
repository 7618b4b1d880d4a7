from __future__ import annotations

import json
import math
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import mpmath
import pytest
from flint import acb, arb, ctx
from hypothesis import given
from hypothesis import strategies as st
from tests import oracle
from tests.points import POINTS
from tests.strategies import nodes

import mibun as mb
from mibun import errors, rules
from mibun.limit import enclosure
from mibun.limit.enclosure import Enclosure, decimal, enclose
from mibun.node import Node, symbols
from mibun.ops import OPS, const, make, symbol

DATA = Path(__file__).parents[1] / "data"
X, Y = symbol("x"), symbol("y")


def node(text: str) -> Node:
    return mb.function(text).node


def at(text: str, point: Any, digits: int = 30, order: int = 1, wrt: str | None = None) -> Enclosure:
    """The enclosure of a written function; the point is written, too, or a mapping."""
    given = point if isinstance(point, dict) else {"x": point}
    return enclose(node(text), wrt, {name: node(str(value)) for name, value in given.items()}, digits, order)


def fraction(x: Any) -> Fraction:
    """The middle of a ball of oracle's, or an mpf, exactly."""
    if isinstance(x, arb):
        man, exp = x.mid().man_exp()
        return Fraction(int(man)) * Fraction(2) ** int(exp)
    sign, man, exp, _ = x._mpf_
    return (-1) ** sign * Fraction(int(man)) * Fraction(2) ** int(exp)


def certain(found: Enclosure) -> bool:
    """Whether the bounds are as tight as promised."""
    size = min(abs(found.lo), abs(found.hi)) if found.lo * found.hi > 0 else 1
    return found.radius * 10**found.digits <= size


# The 2,219 functions of the Rubi suite


ROWS = [json.loads(line) for line in (DATA / "antiderivatives.jsonl").read_text(encoding="utf-8").splitlines()]


def complex_slope(root: Node, name: str, point: dict[str, Fraction]) -> acb:
    with ctx.workprec(oracle.DIFFERENCE_BITS):
        h = Fraction(1, 2**oracle.STEP_BITS)
        above, below = (
            oracle.complex_ball(root, {**point, name: point[name] + way * h}, oracle.DIFFERENCE_BITS) for way in (1, -1)
        )
        return (above - below) / (2 * oracle.to_arb(h))


def test_antiderivatives() -> None:
    """Both proofs overlap, and a value good to 60 digits, by difference quotients, lies inside."""
    beyond = 0
    for row in ROWS:
        root = node(row["f"])
        point = {name: Fraction(repr(value)) for name, value in {**row["at"], row["var"]: row["x"][0]}.items()}
        found = enclose(root, row["var"], {name: const(value) for name, value in point.items()}, 50)
        assert found.agree, row["f"]
        assert certain(found), row["f"]
        assert found.value == pytest.approx(row["df"][0], rel=1e-9)
        beyond += found.complex
        if found.complex:
            wanted = complex_slope(root, row["var"], point).real
        else:
            wanted = oracle.slope(root, [row["var"]], point)
        assert wanted.rad() < 1e-55 * max(1, abs(row["df"][0])), row["f"]
        assert found.contains(fraction(wanted)), (row["f"], found, wanted)
    assert beyond == 82  # on the real line alone: 2,137


def test_antiderivatives_by_mpmath() -> None:
    for row in ROWS[5::90]:
        root = node(row["f"])
        point = {name: Fraction(repr(value)) for name, value in {**row["at"], row["var"]: row["x"][0]}.items()}
        found = enclose(root, row["var"], {name: const(value) for name, value in point.items()}, 50)
        if found.complex:
            continue
        name = row["var"]
        with mpmath.workdps(80):
            x = mpmath.mpf(point[name].numerator) / point[name].denominator
            wanted = mpmath.diff(
                lambda t, root=root, point=point, name=name: oracle.mp(root, {**point, name: t}, 250), x
            )
        assert fraction(wanted) in found, (row["f"], found, wanted)


# A thousand digits


@pytest.mark.parametrize(
    ("text", "point", "value"),
    [
        ("sin x", "pi/4", lambda m: m.sqrt(2) / 2),
        ("gamma(x)", "1/3", lambda m: m.gamma(m.mpf(1) / 3) * (-m.euler - m.pi / m.sqrt(12) - m.mpf(3) / 2 * m.log(3))),
        ("erf(x)", "sqrt(2)", lambda m: 2 / m.sqrt(m.pi) * m.exp(-2)),
        ("x^x", "1/3", lambda m: (m.mpf(1) / 3) ** (m.mpf(1) / 3) * (1 - m.log(3))),
        ("atan(x)", "e", lambda m: 1 / (1 + m.e**2)),
        ("e^(e^x)", "-1/7", lambda m: m.exp(m.exp(-m.mpf(1) / 7) - m.mpf(1) / 7)),
        ("x^(1/3)", "-10", lambda m: m.mpf(10) ** (-m.mpf(2) / 3) / 3),
        ("ln(x)", "0.1", lambda m: m.mpf(10)),
    ],
)
def test_digits_of_mpmath(text: str, point: str, value: Any) -> None:
    with mpmath.workdps(1040):
        wanted = value(mpmath)
        for digits in (1, 40, 1000):
            found = at(text, point, digits)
            shown, _, error = str(found).partition(" ± ")
            assert fraction(wanted) in found
            assert found.agree
            assert certain(found)
            assert found.digits == digits
            assert abs(mpmath.mpf(shown) - wanted) <= mpmath.mpf(error or "0") + mpmath.mpf(10) ** -1030
            assert mpmath.mpf(error or "0") <= abs(wanted) * mpmath.mpf(10) ** -digits


def test_the_bicycle_to_a_thousand_digits() -> None:
    f = mb.function((DATA / "bicycle.txt").read_text(encoding="utf-8"))
    point = {name: Fraction(1, 5 + i) for i, name in enumerate(f.variables)}
    found = enclose(f.node, "q5", {name: const(value) for name, value in point.items()}, 1000)
    assert found.agree
    assert certain(found)
    assert abs(found.mid - fraction(oracle.slope(f.node, ["q5"], point))) < Fraction(1, 10**40)


# Every operation, and random expressions


@pytest.mark.parametrize("op", [op for op in POINTS if OPS[op].kind == "elementwise"])
@pytest.mark.parametrize("order", [0, 1, 2])
def test_every_operation(op: str, order: int) -> None:
    names = ("x", "y", "z")[: OPS[op].arity]
    for point in POINTS[op]:
        args = [const(point[0]) if op in ("polygamma", "where") and name == "x" else symbol(name) for name in names]
        root = make(op, *args)
        numbers = {name: number for name, number in zip(names, point, strict=True) if name in symbols(root)}
        for name in numbers:
            found = enclose(root, name, {key: const(value) for key, value in numbers.items()}, 25, order)
            wanted = oracle.slope(root, [name] * order, numbers)
            assert found.agree
            assert certain(found)
            assert abs(found.mid - fraction(wanted)) <= found.radius + Fraction(1, 10**35), (op, numbers)


SMOOTH = [op for op, row in OPS.items() if row.kind in ("leaf", "elementwise", "predicate") and op != "polygamma"]
numbers = st.integers(-3, 5) | st.fractions(-3, 3, max_denominator=5)
places = st.fractions(-3, 3, max_denominator=7)


@given(nodes(ops=SMOOTH, size=6, constants=numbers), places, places)
def test_random_expressions(root: Node, x: Fraction, y: Fraction) -> None:
    """No contradiction between the proofs, nor with difference quotients; errors are mibun's own."""
    try:
        found = enclose(root, "x", {"x": const(x), "y": const(y)}, 20)
    except errors.MibunError as error:
        assert error.key not in ("enclose_disagree",)
        return
    assert found.agree in (True, None)
    assert certain(found)
    if found.complex or not abs(found.value) < 1e6:
        return
    try:
        wanted = oracle.slope(root, ["x"], {"x": x, "y": y})
    except (TypeError, ValueError, OverflowError):
        return
    if wanted.is_finite() and wanted.rad() < 1e-25:
        assert abs(found.mid - fraction(wanted)) <= found.radius + Fraction(1, 10**20), (found, wanted)


EDGED = [
    "const",
    "symbol",
    "add",
    "sub",
    "mul",
    "div",
    "neg",
    "pow",
    "sqrt",
    "abs",
    "sign",
    "floor",
    "ceil",
    "min",
    "max",
]
EDGED += [
    "where",
    "lt",
    "le",
    "gt",
    "ge",
    "eq",
    "ne",
    "and",
    "or",
    "not",
    "relu",
    "acot",
    "atan2",
    "hypot",
    "exp",
    "sin",
]


@given(nodes(ops=EDGED, variables=("x",), size=6, constants=st.integers(-2, 3)), st.integers(-2, 2), st.integers(1, 2))
def test_random_edges(root: Node, x: int, order: int) -> None:
    """What is proved on an edge holds for the difference quotients of both sides, and f is continuous there."""
    try:
        found = enclose(root, "x", {"x": const(x)}, 20, order)
    except errors.MibunError as error:
        assert error.key != "enclose_disagree"
        return
    if found.complex or not abs(found.value) < 1e6:
        return
    with ctx.workprec(1200):
        h = Fraction(1, 2**200)
        for way in (-1, 1):
            places = [x + k * way * h for k in range(order + 1)]
            values = [oracle.ball(root, {"x": place}, 1200) for place in places]
            if not all(value.is_finite() for value in values) or any(value.rad() > 1e-300 for value in values):
                continue
            rise = values[1] - values[0] if order == 1 else values[2] - 2 * values[1] + values[0]
            quotient = rise / oracle.to_arb(way**order * h**order)
            assert abs(fraction(quotient) - found.mid) < Fraction(1, 10**6) * (1 + abs(found.mid)), (found, quotient)


# Exact values and zeros


@pytest.mark.parametrize(
    ("text", "point", "order", "wanted"),
    [
        ("x^2", 0, 1, 0),
        ("x^2", "1/3", 1, Fraction(2, 3)),
        ("x^5", 1, 5, 120),
        ("sin(x)", "pi/2", 1, 0),
        ("sin(x)", "pi", 0, 0),
        ("sin(x)^2 + cos(x)^2", "sqrt(2)", 1, 0),
        ("7", "1/3", 1, 0),
        ("y^2", {"x": 1, "y": "pi"}, 1, 0),
        ("0.1x", "0.3", 1, Fraction(1, 10)),
        ("|x - 1/3|", "1/3", 0, 0),
        ("floor(3x)", "1/3", 0, 1),
        ("floor(x^2)", "sqrt(2)", 0, 2),
        ("acos(x*sqrt(2)/2)", "sqrt(2)", 0, 0),
        ("x|x|", 0, 1, 0),
        ("x*sqrt(|x|)", 0, 1, 0),
        ("(x - 1/3)*|x - 1/3|", "1/3", 1, 0),
        ("(x^2 - 2)|x^2 - 2|", "sqrt(2)", 1, 0),
        ("|x|^x", -1, 1, 1),
        ("x^5", 0, 6, 0),
        ("x^(10^6)", 1, 1, 10**6),
    ],
)
def test_exact_values(text: str, point: Any, order: int, wanted: Fraction | int) -> None:
    found = at(text, point, order=order, wrt="x")
    assert found.exact == wanted
    assert found.contains(wanted)
    assert not found.undecided_zero
    assert wanted or found.lo == found.hi == 0
    assert found.value == float(wanted)


def test_a_zero_that_cannot_be_decided() -> None:
    found = at("tan(atan(x)) - x", "sqrt(2) + pi")
    assert found.undecided_zero
    assert 0 in found
    assert found.radius < Fraction(1, 10**30)
    assert str(found).startswith("0 ± ")
    assert "could not be decided" in found.text("en")
    assert "판정하지 못했습니다" in found.text("ko")


def test_small_numbers_are_not_zero() -> None:
    for text, point in (("1 - tanh(x)^2", 5000), ("sigmoid(x)", -3000), ("e^(-x^2)", 60), ("erf(x)", 30)):
        order = 0 if "tanh" in text else 1
        found = at(text, point, order=order)
        assert found.lo * found.hi > 0
        assert certain(found)
    assert at("|x - 1|", "1 + 1/10^3000").exact == 1


# Where there is no derivative


@pytest.mark.parametrize(
    ("text", "point", "order", "error", "key"),
    [
        ("|x|", 0, 1, errors.NotDifferentiable, "at_kink"),
        ("|x - 1/3|", "1/3", 1, errors.NotDifferentiable, "at_kink"),
        ("|x^2 - 2|", "sqrt(2)", 1, errors.NotDifferentiable, "at_kink"),
        ("max(x, x^2)", 1, 1, errors.NotDifferentiable, "at_kink"),
        ("x|x|", 0, 2, errors.NotDifferentiable, "at_parts"),
        ("x^(1/3)", 0, 1, errors.NotDifferentiable, "at_vertical_tangent"),
        ("sqrt(x^2 - 2)", "sqrt(2)", 1, errors.NotDifferentiable, None),
        ("floor(x)", 2, 1, errors.NotDifferentiable, "at_jump"),
        ("sign(x)", 0, 1, errors.NotDifferentiable, "at_jump"),
        ("x^(3/2)", 0, 1, errors.NotDifferentiable, "at_endpoint_right"),
        ("1/x", 0, 1, errors.NotDifferentiable, "at_pole"),
        ("tan(x)", "pi/2", 1, errors.NotDifferentiable, "at_pole"),
        ("x^2*sin(1/x)", 0, 1, errors.NotDifferentiable, None),
        ("ln(x)", -1, 1, errors.DomainError, "at_outside"),
        ("ln(x)", -1, 0, errors.DomainError, "at_outside"),
        ("1/x", 0, 0, errors.DomainError, "at_pole"),
        ("asin(x)", 3, 1, errors.DomainError, "at_outside"),
        ("sqrt(x)", "-1/10^50", 1, errors.DomainError, "at_outside"),
        ("x^y", {"x": -8, "y": "1/3"}, 1, errors.DomainError, "at_outside"),
    ],
)
def test_no_derivative(text: str, point: Any, order: int, error: type[errors.MibunError], key: str | None) -> None:
    with pytest.raises(error) as caught:
        at(text, point, order=order, wrt="x")
    assert key is None or caught.value.key in (key, "at_kink")
    for lang in ("en", "ko"):
        assert caught.value.text(lang)


def test_a_formula_that_holds_on_an_edge_is_no_proof() -> None:
    """The rules say 0 for where(x = 0, 0, x), since at x = 0 it is written so; the slope is 1."""
    root = make("where", make("eq", X, const(0)), const(0), X)
    found = enclose(root, "x", {"x": const(0)})
    assert found.exact == 1 or found.contains(1)
    assert found.rules is None
    assert found.agree is None
    assert "alone" in found.text("en")


def test_parts_that_are_not_real() -> None:
    found = at("atan(x*sqrt(-2))/sqrt(-2)", "1/3")
    assert found.complex
    assert found.contains(Fraction(9, 7))
    assert "complex" in found.text("en")
    assert "허수" in found.text("ko")
    for text, point in (("ln(x)", -2), ("sqrt(x)", -2), ("x^y", {"x": -8, "y": "1/3"}), ("sqrt(x)*ln(x)", -1)):
        with pytest.raises(errors.DomainError):  # the function itself is not real there
            at(text, point, wrt="x")


# What is asked


@pytest.mark.parametrize("digits", [0, -3, 2.5, True, "30", None])
def test_numbers_of_digits(digits: Any) -> None:
    with pytest.raises(errors.UnsupportedOperation) as caught:
        at("x", 1, digits)
    assert caught.value.key == "enclose_digits"


def test_limits() -> None:
    for call, error, key in (
        (lambda: at("x", 1, 1001), errors.BudgetExceeded, "enclose_digits_limit"),
        (lambda: at("x", 1, order=-1), errors.ShapeError, "order"),
        (lambda: at("x", 1, order=1001), errors.BudgetExceeded, "order_limit"),
        (lambda: at("f(x)", 1, wrt="x"), errors.UnsupportedOperation, "abstract_value"),
        (lambda: at("x + y", 1, wrt="x"), errors.ShapeError, "missing_values"),
        (lambda: at("x + y", {"x": 1, "y": 2}), errors.ShapeError, "which_variable"),
        (lambda: at("x", "y", wrt="x"), errors.DomainError, "not_a_point"),
        (lambda: at("x", "1/0"), errors.DomainError, "infinite_point"),
        (lambda: at("x", "ln(-1)"), errors.DomainError, "infinite_point"),
        (lambda: enclose(X, "x", {"x": const(math.inf)}), errors.MibunError, None),
        (lambda: enclose(X, "x", {"x": const(math.nan)}), errors.MibunError, None),
        (lambda: at("e^x", 10**9), errors.BudgetExceeded, "enclose_magnitude"),
        (lambda: at("e^(-x)", 10**9), errors.BudgetExceeded, "enclose_magnitude"),
        (lambda: at("x^x^x", 10), errors.BudgetExceeded, None),
        (lambda: at("sin(10^(10^9))*x", 1), errors.BudgetExceeded, "enclose_budget"),
    ):
        with pytest.raises(error) as caught:
            call()
        assert key is None or caught.value.key == key
        for lang in ("en", "ko"):
            assert caught.value.text(lang)


def test_large_questions_end_soon() -> None:
    found = at("x^(10^6)", 2)
    assert str(found).startswith("4.9503281146479491253489618081")
    assert "e301035" in str(found)
    json.dumps(found.json(), allow_nan=False)
    found = at("e^(-1/x^2)", "1/300")
    assert certain(found)
    high = at("e^sin(x)*x^x", 1, order=300)
    assert high.rules is None
    assert certain(high)
    assert at("sin(x)", 1, 40, order=1000).agree
    with pytest.raises(errors.BudgetExceeded):
        at("polygamma(5000, x)", 2)


def test_deep_chains() -> None:
    root: Node = X
    for _ in range(20_000):
        root = make("sin", root)
    found = enclose(root, "x", {"x": const(1)}, 15)
    assert found.agree
    assert certain(found)


def test_the_precision_of_flint_is_left_as_it_was() -> None:
    before = ctx.prec, ctx.cap
    at("gamma(x)", "1/3", 100, 3)
    with pytest.raises(errors.NotDifferentiable):
        at("|x|", 0)
    assert (ctx.prec, ctx.cap) == before


def test_a_constant_function_has_no_variable() -> None:
    assert enclose(const(3), None, {}).exact == 0
    assert enclose(const(3), None, {}, order=0).exact == 3


def test_decimals_are_not_rounded() -> None:
    """The chain rule multiplies 0.0078125 (0.0078125 - 1) (0.0078125 - 2) in doubles: 20 digits do not fit."""
    for root in (
        make("pow", X, const(0.0078125)),
        make("mul", const(0.1234567890123456), make("pow", X, const(2.7182818))),
    ):
        found = enclose(root, "x", {"x": const(1)}, order=3)
        n = Fraction(repr(root.args[1].attrs if root.op == "pow" else root.args[1].args[1].attrs))
        factor = 1 if root.op == "pow" else Fraction("0.1234567890123456")
        assert found.contains(factor * n * (n - 1) * (n - 2))
        assert found.agree
    fifth = make("pow", X, const(0.2))
    assert enclose(fifth, "x", {"x": const(2)}).agree
    with pytest.raises(errors.DomainError):
        enclose(fifth, "x", {"x": const(-2)})


def test_a_wrong_rule_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """(sin x)' = -sin x: the proofs contradict each other."""
    monkeypatch.setitem(rules.TABLE, ("sin", (True,)), rules.TABLE["cos", (True,)])
    with pytest.raises(errors.MibunError) as caught:
        at("x*sin(x)", "1/3")
    assert caught.value.key == "enclose_disagree"
    assert "mistake in mibun" in caught.value.text("en")
    assert "오류" in caught.value.text("ko")


def test_a_wrong_series_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    from mibun.run import series

    table = dict(series._functions())
    table["erf"] = lambda u, _way: -u.erf()
    monkeypatch.setattr(series, "_functions", lambda: table)
    with pytest.raises(errors.MibunError) as caught:
        at("erf(x)", "1/3")
    assert caught.value.key == "enclose_disagree"


# What is shown


def test_bounds_compare_with_every_kind_of_number() -> None:
    found = at("x^2", "1/4")
    assert found.lo < Decimal("0.5") < found.hi
    assert found.lo < 0.5 < found.hi
    assert found.lo < Fraction(1, 2) < found.hi
    assert 0 < found.lo < found.mid < found.hi < 1
    assert all(x in found for x in (0.5, Fraction(1, 2), Decimal("0.5"), "0.5", "1/2"))
    assert all(x not in found for x in (0.51, 1, Decimal("0.51"), "1/3", math.inf, math.nan, Decimal("nan")))
    assert mpmath.mpf("0.5") in found
    assert mpmath.mpf(0) in at("x^2", 0)
    assert mpmath.inf not in found
    assert mpmath.nan not in found
    assert -mpmath.mpf(0.5) not in found
    assert 0.1 in at("0.1x", 1)  # as everywhere, the decimal that someone wrote
    for bad in ("x", None, [], object()):
        with pytest.raises(errors.UnsupportedOperation):
            found.contains(bad)
    assert float(found) == found.value == 0.5


def test_words() -> None:
    found = at("sin x", "pi/4")
    assert str(found) == repr(found) == "0.7071067811865475244008443621048 ± 5e-32"
    assert found.latex() == r"0.7071067811865475244008443621048 \pm 5 \times 10^{-32}"
    assert found.text("en").splitlines()[1] == "It is proved that the value lies within these bounds."
    assert "Two independent proofs overlap" in found.text("en")
    assert "증명" in found.text("ko")
    for lang in ("en", "ko"):
        for lines in (found, at("x^2", 0), at("x|x|", 0), at("floor(x)", 2, order=0)):
            assert lines.text(lang).startswith(str(lines))
            assert all(mb.language.width(line) <= 80 for line in lines.text(lang).splitlines())
    assert "exact" in at("x^2", "1/4").text("en")
    assert set(enclosure.WORDS["en"]) == set(enclosure.WORDS["ko"])


def test_json() -> None:
    for found in (at("sin x", "pi/4", 1000), at("x|x|", 0), at("e^x", 1000), at("floor(x)", 2, order=0), at("x", 7)):
        plain = json.loads(json.dumps(found.json(), allow_nan=False))
        assert Fraction(plain["lo"]) <= found.lo <= found.hi <= Fraction(plain["hi"])
        assert plain["agree"] is found.agree
        for key in ("rules", "series"):
            interval = getattr(found, key)
            assert (plain[key] is None) == (interval is None)
            if interval is not None:
                assert Fraction(plain[key][0]) <= interval[0] <= interval[1] <= Fraction(plain[key][1])
    assert at("e^x", 1000).json()["value"] is None


rationals = st.fractions() | st.builds(
    lambda m, e: Fraction(m) * Fraction(10) ** e, st.integers(), st.integers(-40, 40)
)


@given(rationals, rationals.map(abs), st.integers(1, 60))
def test_what_is_shown_covers_the_bounds(mid: Fraction, radius: Fraction, digits: int) -> None:
    lo, hi = mid - radius, mid + radius
    shown, _, error = decimal(lo, hi, digits).partition(" ± ")
    value, reach = Fraction(shown), Fraction(error or 0)
    assert value - reach <= lo <= hi <= value + reach
    assert reach <= max(10 * radius, abs(mid) * Fraction(20, 10**digits)) or lo <= 0 <= hi
    figures = shown.lstrip("-").partition("e")[0].replace(".", "").lstrip("0")
    assert len(figures) <= digits + 2 or not error
