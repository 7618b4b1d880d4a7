"""The check: right functions pass, at points inside their domains; a mistake anywhere is found and the route blamed."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests import oracle
from tests.strategies import fractions, nodes

import mibun as mb
from mibun import chain, rules
from mibun.checks import Report, check, routes
from mibun.language import width
from mibun.node import Node
from mibun.ops import const, make, symbol
from mibun.rules import TRIGONOMETRIC, F, rule, u


def checked(text: str) -> Report:
    f = mb.function(text)
    return check(f.node, f.variables)


RIGHT = """
x^2/2; x^3; 1/x; |x|; x|x|; x sqrt(|x|); sqrt(x); x^(1/3); x^x; 2^x; ln x; log_x 2; tan x; sec x; cot x; asin x; acos x
asec x; acsc x; acosh x; atanh x; acoth x; asech x; gamma(x); erf(x); sigmoid(x); ln(1 + e^x); floor(x); max(x, 1)
e^(e^x); sin(e^(x^2)); sin(x)/x; (1 - cos x)/x^2; sqrt(x - 1000) sqrt(1001 - x); acos(x - 5000)
sqrt(sin(x) - 9999/10000); where(x < 0, x^2, x^3); x^100; e^(-x^2); 1/(1 + 25x^2); x^2 sin(1/x); 2x^2 + x y + 5y
x^y; atan2(y, x); hypot(x, y); max(x, y); sigmoid(w1 x1 + w2 x2 + b); ln(1 - x^2 - y^2); sqrt(x - y - 1000)
x y z/(x + y + z); e^x/(e^x + e^y); polygamma(1, x); sqrt(e^x)
"""
RIGHT_LIST = [text.strip() for line in RIGHT.strip().splitlines() for text in line.split(";")]


@pytest.mark.parametrize("text", RIGHT_LIST)
def test_right_functions_pass(text: str) -> None:
    f, report = mb.function(text), checked(text)
    assert report.ok, report.text("en")
    assert len(report.points) >= routes.POINTS - 6 and report.routes == tuple(routes.ROUTES)
    assert report.worst is not None and report.worst.gap < 1e-7
    for row in report.rows:
        for name, slope in row.derivatives.items():
            wanted = oracle.slope(f.node, [name], dict(row.point))
            assert math.isclose(slope, float(wanted.mid()), rel_tol=1e-14, abs_tol=1e-300 + 1e-30)


def test_minus_one_zero_and_one_are_looked_at() -> None:
    for text in ("x^2", "1/x", "ln x", "|x|", "sqrt(x - 1000)"):
        report = checked(text)
        looked = [point["x"] for point in report.points] + [skipped.point["x"] for skipped in report.skipped]
        assert {-1, 0, 1} <= set(looked)


def test_points_lie_near_the_edges_too() -> None:
    for text, edge in (("sqrt(x)", 0), ("1/(x-3)", 3), ("sqrt(x-1000)sqrt(1001-x)", 1000), ("tan x", math.pi / 2)):
        distances = [abs(float(point["x"]) - edge) for point in checked(text).points]
        assert min(distances) < 0.05


def test_why_a_point_was_left_out() -> None:
    [skipped] = checked("|x|").skipped
    assert skipped.local is not None and skipped.local.kind == "kink"
    assert "−1 on the left" in skipped.text("en") and "좌미분계수" in skipped.text("ko")
    [skipped] = checked("x sqrt(|x|)").skipped
    assert (skipped.reason, skipped.value) == ("formula", "0")
    assert {skipped.reason for skipped in checked("ln x").skipped} == {"outside"}


def test_nothing_to_check() -> None:
    report = checked("sqrt(-1 - x^2)")
    assert not report.ok and not report.points
    assert "no point" in report.text("en") and "찾지 못했" in report.text("ko")
    assert checked("7").ok
    assert check(const(7), ["x"]).ok


def test_formulas_alone_prove_nothing() -> None:
    report = checked("asec(asec(asec(x))/asec(asec(x)))")  # arcsec 1, where neither a quotient nor a series is known
    assert not report.ok and not report.points and not report.disagreements


def test_unnamed_functions_are_compared_as_formulas() -> None:
    report = checked("f(x)^2 sin(f(x))")
    assert report.ok and report.by_formula and not report.points
    assert "same formula" in report.text("en")


# Mistakes are found


@pytest.fixture
def table() -> Iterator[None]:
    """The rules may be changed, and are put back."""
    before = dict(rules.TABLE)
    chain._PASSES.clear()
    yield
    rules.TABLE.clear()
    rules.TABLE.update(before)
    chain._PASSES.clear()


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize("text", ["sin x", "sin(2x) + x^2", "x sin(y)", "e^(sin x)"])
def test_a_wrong_rule_is_blamed(text: str) -> None:
    rule(F.sin(u), -F.cos(u), name=TRIGONOMETRIC)
    report = checked(text)
    assert not report.ok and report.blamed == ("rules", "forward", "reverse")
    assert all("instead of" in report.text(lang) or "아니라" in report.text(lang) for lang in ("en", "ko"))
    assert report.worst is not None and report.worst.gap > 0.01


@pytest.mark.usefixtures("table")
def test_a_rule_that_is_nearly_right() -> None:
    rule(F.sin(u), F.cos(u) + F.exp(-40 + 0 * u), name=TRIGONOMETRIC)
    assert checked("sin x").blamed == ("rules", "forward", "reverse")


@pytest.mark.usefixtures("table")
def test_a_rule_without_a_value() -> None:
    rule(F.exp(u), F.ln(-1 - u**2), name=TRIGONOMETRIC)
    report = checked("e^x")
    assert not report.ok and "rules" in report.blamed


def test_wrong_tidying_is_blamed(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = [
        lambda node: make("neg", node),
        lambda node: make("add", node, const(Fraction(1, 10**30))),
        lambda node: make("mul", node, const(1 + 1e-9)),
        lambda node: make("where", make("lt", symbol("x"), const(0)), const(5), node),
    ]
    for change in wrong:
        monkeypatch.setattr(routes, "tidy", lambda node, change=change: (change(node), []))
        report = checked("x^2 sin(x)")
        assert report.blamed == ("rules",) and not report.ok
        assert "rules differs" in report.brief("en")


def test_every_route_can_be_blamed(monkeypatch: pytest.MonkeyPatch) -> None:
    for key, route in routes.ROUTES.items():
        if route.formulas is not None:
            made = route.formulas
            broken = route._replace(formulas=lambda n, v, made=made: [make("add", d, const(1)) for d in made(n, v)])
        elif route.code is not None:
            continue
        else:
            value = route.value
            assert value is not None
            broken = route._replace(value=lambda n, v, p, value=value: value(n, v, p) + 1)
        with monkeypatch.context() as patch:
            patch.setitem(routes.ROUTES, key, broken)
            assert checked("x^2 sin(x)").blamed == (key,)
    assert checked("x^2 sin(x)").ok


def _whole(y: Any) -> Any:
    """Which elements are in whole vectors of eight."""
    return np.arange(np.size(y)) < np.size(y) // 8 * 8


MISTAKES: dict[str, Callable[[Any, Any], Any]] = {
    "floats": lambda x, y: y if np.ndim(x) else y + 1e-9,
    "whole vectors": lambda x, y: np.where(_whole(y), y + 1e-9, y) if np.ndim(x) else y,
    "what fills no vector": lambda x, y: np.where(_whole(y), y, y + 1e-9) if np.ndim(x) else y,
    "32 bits": lambda x, y: y * np.float32(1.001) if getattr(x, "dtype", None) == np.float32 else y,
    "infinity": lambda x, y: np.where(np.isinf(x), 0.0, y) if np.ndim(x) else y,
    "NaN": lambda x, y: np.where(np.isnan(x), 0.0, y) if np.ndim(x) else y,
    "huge numbers": lambda x, y: np.where(np.abs(x) > np.float64(1e200), y + 1, y) if np.ndim(x) else y,
    "no number": lambda x, y: y if np.ndim(x) else math.nan,
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_wrong_machine_code_is_blamed(mistake: str, monkeypatch: pytest.MonkeyPatch) -> None:
    route = routes.ROUTES["native"]
    assert route.code is not None
    made = route.code

    def broken(nodes: Sequence[Node], names: Sequence[str]) -> Any:
        code = made(nodes, names)
        assert code is not None
        return lambda *values: tuple([MISTAKES[mistake](values[0], value) for value in code(*values)])

    monkeypatch.setitem(routes.ROUTES, "native", route._replace(code=broken))
    for text in ("sin(x)", "cos(x) y"):
        report = checked(text)
        assert not report.ok and report.blamed == ("native",)
        assert "machine code differs" in report.text("en") and "기계어가 다른 방법과 다릅니다" in report.text("ko")
        json.dumps(report.json(), allow_nan=False)


def test_a_function_without_machine_code_is_checked_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(routes.ROUTES, "native", routes.ROUTES["native"]._replace(code=lambda nodes, names: None))
    report = checked("sin(x)")
    assert report.ok and not report.special and "native" not in report.routes
    assert "machine code" not in report.text("en").lower()


def test_double_precision_itself_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    from mibun.run import interpret

    functions = {**interpret.functions(), "cos": lambda x: interpret.functions_before["cos"](x) * (1 + 1e-10)}  # type: ignore[attr-defined]
    monkeypatch.setattr(interpret, "functions_before", interpret.functions(), raising=False)
    monkeypatch.setattr(interpret, "functions", lambda: functions)
    report = checked("sin x")
    assert not report.ok and report.worst is not None and 1e-11 < report.worst.gap < 1e-9


# What it says


def test_one_line_for_the_sheet() -> None:
    report = checked("sqrt(x)")
    korean, english = report.brief("ko"), report.brief("en")
    assert korean.startswith(
        "검산  규칙 · 연쇄 법칙 · 극한 · 급수 · 기계어가 21개 점에서 일치합니다(가장 큰 상대 오차 "
    )
    assert english.startswith(
        "Check  rules, chain rule, limit, series and machine code agree at 21 points (largest relative gap "
    )
    assert repr(report) in (korean, english)


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_lines_fit_the_terminal(lang: str) -> None:
    for text in ("sqrt(x)", "x sqrt(|x|)", "sigmoid(w1 x1 + w2 x2 + b)", "f(x)"):
        assert all(width(line) <= 80 for line in checked(text).text(lang).splitlines())


def test_the_report_is_plain_data() -> None:
    for text in ("sqrt(x)", "|x|", "f(x)", "sqrt(-1-x^2)", "x y", "7"):
        data: dict[str, Any] = json.loads(json.dumps(checked(text).json(), allow_nan=False))
        assert data["ok"] == checked(text).ok


def sum_of(name: str) -> Node:
    return make("add", make("add", symbol(f"{name}1"), symbol(f"{name}2")), symbol(f"{name}3"))


def test_a_large_function_is_checked_at_fewer_points() -> None:
    x, y = (sum_of(name) for name in "xy")
    large = x
    for _ in range(300):
        large = make("sin", make("add", make("mul", large, y), make("sin", make("mul", large, x))))
    report = check(large, ["x1", "x2", "x3", "y1", "y2", "y3"])
    assert report.ok and report.reduced and len(report.points) == routes.FEWEST
    assert "large" in report.text("en") and "점을 적게" in report.text("ko")


EXACT = st.one_of(st.integers(-9, 9), fractions)
WORDS = "symbol const e pi add sub mul div neg pow sqrt exp ln sin cos tan atan tanh abs min max sigmoid"
PLAIN = WORDS.split(" ")


@settings(max_examples=40)
@given(nodes(ops=PLAIN, size=6, constants=EXACT))
def test_random_functions_pass(f: Node) -> None:
    report = check(f, ["x", "y"])
    assert not report.disagreements, report.text("en")


@pytest.mark.parametrize("f", ["1e-300*x", "1e-290*x", "1e300*x^2"])
def test_tiny_and_huge_numbers_are_numbers(f: str) -> None:
    report = checked(f)
    assert report.ok and bool(report)


@pytest.mark.parametrize("f", ["x+sin(2^121*pi*x)/2^121", "sin(2^121*pi*x)"])
def test_a_quotient_that_has_not_settled_accuses_nobody(f: str) -> None:
    assert not checked(f).disagreements
