"""The tidy form: equal wherever the original is defined, no larger than a textbook's, the same in every process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from tests import oracle
from tests.strategies import nodes

import mibun as mb
from mibun.node import Node, tree_size
from mibun.ops import FORMULA, const, make, symbol
from mibun.rewrite import known_value, tidy

DATA = Path(__file__).parent / "data"
TEXTBOOK = [json.loads(line) for line in (DATA / "textbook.jsonl").read_text(encoding="utf-8").splitlines()]
VALUED = [op for op in FORMULA if op not in ("apply", "derivative", "polygamma", "gamma", "lgamma", "digamma")]
POINTS = [
    {"x": Fraction(7, 10), "y": Fraction(13, 10)},
    {"x": Fraction(-6, 5), "y": Fraction(2, 5)},
    {"x": Fraction(23, 10), "y": Fraction(-9, 10)},
]


@pytest.mark.parametrize("row", TEXTBOOK, ids=[f"{row['f']} by {row['wrt']}" for row in TEXTBOOK])
def test_textbook_forms(row: dict[str, str]) -> None:
    derivative = mb.function(row["f"]).diff(row["wrt"])
    printed = mb.function(row["derivative"])
    assert derivative.size <= printed.size
    assert sympy.simplify(oracle.sym(derivative.node, positive=True) - oracle.sym(printed.node, positive=True)) == 0


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x/4 + x/4", "x/2"),
        ("(x^2 - 1)/(x - 1)", "x + 1"),
        ("x^2/2*2/x", "x"),
        ("1/2 - cos(x)^2/2 + sin(x)^2/2", "sin(x)^2"),
        ("cosh(x)^2 - sinh(x)^2", "1"),
        ("sqrt(x^2)", "abs(x)"),
        ("sqrt(x)*sqrt(x)", "x"),
        ("sqrt(1 - x^2) - x^2/sqrt(1 - x^2)", "(1 - 2*x^2)/sqrt(1 - x^2)"),
        ("e^x*e^(-x)", "1"),
        ("e^(2*x)/e^x", "e^x"),
        ("ln(e^x) + e^(ln(x))", "2*x"),
        ("sin(pi/6) + cos(pi/3) + tan(pi/4)", "2"),
        ("sqrt(8)", "2*sqrt(2)"),
        ("2/sqrt(2)", "sqrt(2)"),
        ("0.1*3*x", "0.3*x"),
        ("0.5*x*2", "x"),
        ("x*x^(1/2)", "x^(3/2)"),
        ("(x*y)^(1/2)", "sqrt(x*y)"),
        ("sin(x)/cos(x)", "tan(x)"),
        ("log(8, 2)", "3"),
        ("abs(-3) + floor(5/2) + max(1, 2)", "7"),
        ("x^y*x^2/x^y", "x^2"),
        ("-(-(x))", "x"),
        ("0*ln(x)", "0"),
        ("(x + 1)^2*(x + 1)^3", "(x + 1)^5"),
        ("asin(1/2)", "pi/6"),
        ("f'(x) + f'(x)", "2*f'(x)"),
    ],
)
def test_forms(before: str, after: str) -> None:
    assert tidy(mb.function(before).node)[0] is tidy(mb.function(after).node)[0]
    assert mb.function(after).size >= tree_size(tidy(mb.function(before).node)[0])


def _same(before: Node, after: Node) -> None:
    for point in POINTS:
        wanted = oracle.ball(before, point, 300)
        if isinstance(wanted, bool) or not wanted.is_finite() or abs(wanted) > 1e30 or wanted.rel_accuracy_bits() < 100:
            continue
        found = oracle.ball(after, point, 300)
        assert found.is_finite(), (point, wanted)
        assert abs(found - wanted) < 1e-20 * (1 + abs(wanted)), (point, found, wanted)


small = st.integers(-4, 4) | st.builds(Fraction, st.integers(-5, 5), st.integers(2, 4))


@settings(max_examples=150)
@given(nodes(ops=VALUED, constants=small, size=8))
def test_tidying_keeps_the_value(node: Node) -> None:
    _same(node, tidy(node)[0])


@settings(max_examples=150)
@given(
    nodes(ops=["symbol", "const", "add", "sub", "mul", "div", "neg", "pow", "sqrt", "exp"], constants=small, size=12)
)
def test_tidying_algebra_keeps_the_value(node: Node) -> None:
    _same(node, tidy(node)[0])


@settings(max_examples=100)
@given(nodes(ops=VALUED, size=8))
def test_tidying_ends_and_never_grows_twice(node: Node) -> None:
    once = tidy(node)[0]
    again = tidy(once)[0]
    assert tree_size(again) <= tree_size(once)
    assert tidy(again)[0] is again or tree_size(tidy(again)[0]) <= tree_size(again)


@settings(max_examples=60)
@given(st.fractions(-3, 3, max_denominator=12), st.sampled_from(["sin", "cos", "tan", "sec", "csc", "cot"]))
def test_known_angles(turn: Fraction, op: str) -> None:
    node = make(op, make("mul", const(turn), mb.function("pi").node))
    known = known_value(node)
    if known is not None:
        wanted = oracle.ball(node, {}, 100)
        assert abs(oracle.ball(known, {}, 100) - wanted) < 1e-20


def test_angles_that_a_square_root_writes_are_known() -> None:
    for degrees in {*range(-360, 361, 30), *range(-360, 361, 45)}:
        angle = make("mul", const(Fraction(degrees, 180)), mb.function("pi").node)
        assert known_value(make("sin", angle)) is not None
        assert known_value(make("cos", angle)) is not None
        assert (known_value(make("tan", angle)) is None) == (degrees % 180 == 90)


def test_the_same_in_every_process() -> None:
    code = (
        "import mibun as mb;"
        "print([mb.function(s).diff('x').ascii() for s in"
        " ('sin(x y) e^x/(x + y)^2', 'x^(sin x) + y^x tan x', '(x + y + z)^3 ln(x z)/sqrt(x)')])"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(mb.__file__).parents[1])},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1", "42")
    }
    assert len(outputs) == 1


def test_a_root_of_a_negative_number_stays_as_written_unless_asked() -> None:
    node = mb.function("(-8)^(1/3)").node
    assert tidy(node)[0] is node
    assert tidy(node, real_roots=True)[0] is const(-2)


def test_what_is_too_large_to_read_is_left_alone() -> None:
    node = symbol("x")
    for _ in range(1000):
        node = make("add", make("mul", node, node), node)
    assert tidy(node)[0] is node
