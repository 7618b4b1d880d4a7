"""Written expressions: as expected in a table, read back as the same node, readable for machines and within bounds."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests import oracle
from tests.strategies import nodes

from mibun.errors import BudgetExceeded
from mibun.node import Node, postorder, symbols
from mibun.ops import FORMULA, OPS, PI, E, apply, const, derivative, make, symbol
from mibun.read import read
from mibun.write import notation
from mibun.write.notation import ascii, latex, mathml, text

DATA = Path(__file__).parents[1] / "data"
ALL = [ascii, text, latex, mathml]
x, y = symbol("x"), symbol("y")

# What the reader makes of the first column is written as the others.
TABLE = [
    # sums and signs
    ("2*x^2 + x*y + 5*y", "2x² + xy + 5y", "2x^{2} + xy + 5y"),
    ("x + -2*y", "x − 2y", "x - 2y"),
    ("x + -y", "x − y", "x - y"),
    ("1 + -2", "1 − 2", "1 - 2"),
    ("x - (-y)", "x − (−y)", "x - (-y)"),
    ("x - (-2)", "x − (−2)", "x - (-2)"),
    ("x - (y - z)", "x − (y − z)", "x - (y - z)"),
    ("x - (y + z)", "x − (y + z)", "x - (y + z)"),
    ("x + (y + z)", "x + y + z", "x + y + z"),
    ("x + (-y + z)", "x + (−y + z)", "x + (-y + z)"),
    ("-(x + y)", "−(x + y)", "-(x + y)"),
    ("-(-x)", "−(−x)", "-(-x)"),
    ("-(2)", "−2", "-2"),
    ("-(-2)", "−(−2)", "-(-2)"),
    ("-x^2", "−x²", "-x^{2}"),
    ("-2^x", "−2ˣ", "-2^{x}"),
    ("-(2*x)", "−2x", "-2x"),
    ("-x*y/2", "−xy/2", r"-\frac{xy}{2}"),
    ("(-x)*y", "−xy", "-xy"),
    # products
    ("2*3", "2 · 3", r"2 \cdot 3"),
    ("x*2", "x · 2", r"x \cdot 2"),
    ("1*x", "1 · x", r"1 \cdot x"),
    ("x*(-2)", "x · (−2)", r"x \cdot (-2)"),
    ("x*(y*z)", "xyz", "xyz"),
    ("x*(x + 1)*(y - 1)", "x(x + 1)(y − 1)", "x(x + 1)(y - 1)"),
    ("2*pi*r", "2πr", r"2\pi r"),
    ("f*(x + 1)", "f · (x + 1)", r"f \cdot (x + 1)"),
    ("l*n", "l · n", r"l \cdot n"),  # not the logarithm
    ("2*x*e^(x^2)*cos(e^(x^2))", "2x e^(x²) cos(e^(x²))", r"2x e^{x^{2}} \cos(e^{x^{2}})"),
    ("(x + 1)*e^x", "(x + 1) eˣ", "(x + 1) e^{x}"),
    ("e^x*(sin(x) + cos(x))", "eˣ (sin x + cos x)", r"e^{x}(\sin x + \cos x)"),
    ("sin(x)*cos(x)", "sin x cos x", r"\sin x \cos x"),
    ("sin(x)*x", "sin x · x", r"\sin x \cdot x"),
    ("tanh(w*x + b)*x", "tanh(wx + b) · x", r"\tanh(wx + b) \cdot x"),
    ("2^x*ln(2)", "2ˣ ln 2", r"2^{x} \ln 2"),
    ("a^x*b", "aˣ b", "a^{x}b"),
    ("sqrt(x)*y", "√x · y", r"\sqrt{x}y"),
    ("sqrt(x + 1)*y", "√(x + 1) y", r"\sqrt{x + 1}y"),
    ("abs(x)*abs(y)", "|x| · |y|", r"\lvert x\rvert \cdot \lvert y\rvert"),
    # fractions
    ("1/2*x^2", "½ x²", r"\frac{1}{2}x^{2}"),
    ("-1/2*x", "−½ x", r"-\frac{1}{2}x"),
    ("3/16*x", "3/16 · x", r"\frac{3}{16}x"),
    ("2*(1/3)", "2 · ⅓", r"2 \cdot \frac{1}{3}"),
    ("(1)/2", "1/2", r"\frac{1}{2}"),
    ("(-1)/2", "−1/2", r"-\frac{1}{2}"),
    ("2/4", "2/4", r"\frac{2}{4}"),
    ("1/2/3", "½/3", r"\frac{\frac{1}{2}}{3}"),
    ("x^2/2", "x²/2", r"\frac{x^{2}}{2}"),
    ("1/x*y", "1/x · y", r"\frac{1}{x}y"),
    ("x*(y/z)", "x · y/z", r"x\frac{y}{z}"),
    ("1/sin(x)", "1/(sin x)", r"\frac{1}{\sin x}"),
    ("x/y/z", "(x/y)/z", r"\frac{\frac{x}{y}}{z}"),
    ("x/(y/z)", "x/(y/z)", r"\frac{x}{\frac{y}{z}}"),
    ("x/(y*z)", "x/(yz)", r"\frac{x}{yz}"),
    ("-2*x/(x^2 + 1)^2", "−2x/(x² + 1)²", r"-\frac{2x}{(x^{2} + 1)^{2}}"),
    ("cos(x)/(2*sqrt(sin(x)))", "(cos x)/(2√(sin x))", r"\frac{\cos x}{2\sqrt{\sin x}}"),
    ("1/(x*ln(10))", "1/(x ln 10)", r"\frac{1}{x \ln 10}"),
    # powers and roots
    ("x^(-2)", "x⁻²", "x^{-2}"),
    ("x^(k - 1)", "xᵏ⁻¹", "x^{k - 1}"),
    ("x^(2/3)", "x^(2/3)", "x^{2/3}"),
    ("x^(-3/2)", "x^(−3/2)", "x^{-3/2}"),
    ("x^(1/3)", "∛x", r"\sqrt[3]{x}"),
    ("x^pi", "x^π", r"x^{\pi}"),
    ("x^(y^z)", "x^(yᶻ)", "x^{y^{z}}"),
    ("(x^y)^z", "(xʸ)ᶻ", "(x^{y})^{z}"),
    ("(-2)^2", "(−2)²", "(-2)^{2}"),
    ("(1/2)^x", "(½)ˣ", r"\left(\frac{1}{2}\right)^{x}"),
    ("x^(sin(x))", "x^(sin x)", r"x^{\sin x}"),
    ("sin(x)^2", "sin²x", r"\sin^{2} x"),
    ("sin(2*x)^2", "sin²(2x)", r"\sin^{2}(2x)"),
    ("sin(x)^(-1)", "(sin x)⁻¹", r"(\sin x)^{-1}"),
    ("ln(x)^2", "(ln x)²", r"(\ln x)^{2}"),
    ("f(x)^2", "f(x)²", "f(x)^{2}"),
    ("e^(-x)", "e⁻ˣ", "e^{-x}"),
    ("e^(2*x)", "e²ˣ", "e^{2x}"),
    ("e^(-x^2/2)", "e^(−x²/2)", "e^{-x^{2}/2}"),
    ("e^((x + 1)/(x*y))", "e^((x + 1)/(xy))", "e^{(x + 1)/(xy)}"),
    ("(e)^x", "eˣ", "e^{x}"),
    ("sqrt(x)", "√x", r"\sqrt{x}"),
    ("sqrt(x^2 + 1)", "√(x² + 1)", r"\sqrt{x^{2} + 1}"),
    ("sqrt(x)^3", "(√x)³", r"(\sqrt{x})^{3}"),
    # functions
    ("sin(2*x)", "sin(2x)", r"\sin(2x)"),
    ("sin(x/2)", "sin(x/2)", r"\sin\left(\frac{x}{2}\right)"),
    ("asin(x)", "arcsin x", r"\arcsin x"),
    ("atanh(x)", "artanh x", r"\operatorname{artanh} x"),
    ("ln(abs(x))", "ln|x|", r"\ln\lvert x\rvert"),
    ("log(x, 2)", "log₂ x", r"\log_{2} x"),
    ("log(x, a)", "log_a x", r"\log_{a} x"),
    ("floor(x) + ceil(x/2)", "⌊x⌋ + ⌈x/2⌉", r"\lfloor x\rfloor + \left\lceil \frac{x}{2}\right\rceil"),
    ("gamma(x)*sigmoid(y)", "Γ(x) sigmoid(y)", r"\Gamma(x) \operatorname{sigmoid}(y)"),
    ("max(x, min(y, 2))", "max(x, min(y, 2))", r"\max(x, \min(y, 2))"),
    ("f'(x) + 2*f'''(x)", "f′(x) + 2f‴(x)", "f'(x) + 2f'''(x)"),
    ("f[4](x)", "f⁽⁴⁾(x)", "f^{(4)}(x)"),
    ("f[1,0](x, y)", "∂f(x, y)/∂x", r"\frac{\partial f(x, y)}{\partial x}"),
    ("f[1,2](x, y)", "∂³f(x, y)/∂x∂y²", r"\frac{\partial^{3}f(x, y)}{\partial x\partial y^{2}}"),
    ("f[1,0](x^2, y)", "f[1, 0](x², y)", "f^{(1, 0)}(x^{2}, y)"),
    # piecewise
    (
        "where(x > 0, x, where(x < 0, -x, 0))",
        "{ x if x > 0; −x if x < 0; 0 otherwise }",
        r"\begin{cases} x & \text{if } x > 0 \\ -x & \text{if } x < 0 \\ 0 & \text{otherwise} \end{cases}",
    ),
    (
        "2*where(0 < x and x <= 1, x, 0)",
        "2 · { x if 0 < x ≤ 1; 0 otherwise }",
        r"2 \cdot \begin{cases} x & \text{if } 0 < x \le 1 \\ 0 & \text{otherwise} \end{cases}",
    ),
    # names and numbers
    ("theta^2 + alpha_1*w1", "θ² + α₁w₁", r"\theta^{2} + \alpha_{1}w_{1}"),
    ("0.5*x + 1e-07", "0.5x + 1e-07", r"0.5x + 1 \times 10^{-7}"),
    ("2.5e+30*x", "2.5e+30 · x", r"2.5 \times 10^{30} \cdot x"),
]


@pytest.mark.parametrize(("source", "shown", "typeset"), TABLE)
def test_table(source: str, shown: str, typeset: str) -> None:
    node = read(source).node
    assert (ascii(node), text(node), latex(node)) == (source, shown, typeset)


def test_derivatives() -> None:
    one = make("mul", x, derivative(make("pow", x, const(2)), x))
    two = make("add", derivative(make("mul", x, y), y), derivative(y, y))
    assert text(one) == "x · (x²)′"
    assert latex(one) == "x \\cdot (x^{2})'"
    assert text(two) == "∂(xy)/∂y + ∂y/∂y"
    assert latex(two) == r"\frac{\partial(xy)}{\partial y} + \frac{\partial y}{\partial y}"
    assert text(two, partial=False) == "(xy)′ + y′"
    assert ascii(two) == "diff(x*y, y) + diff(y, y)"


def test_names_of_several_letters_stay_whole() -> None:
    node = make("mul", make("pow", x, symbol("rate")), symbol("time"))
    assert text(node) == "x^rate · time"
    assert latex(node) == r"x^{\mathrm{rate}} \cdot \mathrm{time}"


def test_language() -> None:
    node = read("where(x > 0 and y > 0, x, 0)").node
    assert text(node, lang="ko") == "{ x (x > 0 그리고 y > 0); 0 (그 외) }"
    assert r"\text{그 외}" in latex(node, lang="ko")
    assert "그 외" in mathml(node, lang="ko")


@pytest.mark.parametrize("write", ALL)
def test_every_operation_in_every_alphabet(write: Any) -> None:
    for op, row in FORMULA.items():
        node = {"const": const(7), "symbol": x, "e": E, "pi": PI, "apply": apply("f", x, orders=(1,))}.get(op)
        written = write(node or make(op, *[x, y, symbol("z")][: row.arity]))
        assert written
        assert "#" not in written
        assert "%" not in written


def test_alphabets_are_complete() -> None:
    for alphabet in (notation.ASCII, notation.TEXT, notation.LATEX, notation.MATHML):
        assert set(alphabet.writers) == set(OPS)


# Reading back


def same(written: str, node: Node) -> bool:
    return read(written, variables=symbols(node)).node is node


@given(nodes())
def test_ascii_reads_back_to_the_same_node(node: Node) -> None:
    assert same(ascii(node), node), ascii(node)


@given(nodes(ops=["const", "symbol", "neg", "add", "sub", "mul", "div", "pow", "exp", "e"]))
def test_arithmetic_reads_back(node: Node) -> None:
    assert same(ascii(node), node), ascii(node)


@given(nodes(ops=set(FORMULA) - {"e", "apply"}, variables=["alpha", "w1", "x_2", "rate", "e", "q5", "f"]))
def test_names_read_back(node: Node) -> None:
    assert same(ascii(node), node), ascii(node)


@given(nodes())
def test_ascii_is_never_ambiguous(node: Node) -> None:
    assert read(ascii(node), variables=symbols(node)).notes == ()


def rows() -> list[str]:
    files = [DATA / "textbook.jsonl", DATA / "antiderivatives.jsonl"]
    lines = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    return [line[key] for line in lines for key in ("f", "derivative") if key in line]


def test_files_read_back() -> None:
    for source in rows():
        node = read(source).node
        assert read(ascii(node)).node is node, source


def test_textbook_is_written_as_it_is_printed() -> None:
    for line in (DATA / "textbook.jsonl").read_text().splitlines():
        source = json.loads(line)["f"]
        assert ascii(read(source).node) == source


def test_bicycle_reads_back() -> None:
    reading = read((DATA / "bicycle.txt").read_text())
    assert read(ascii(reading.node), variables=reading.variables).node is reading.node


VALUES = [op for op in FORMULA if op not in ("apply", "derivative", "gamma", "polygamma")]
SMALL = st.one_of(st.integers(-9, 9), st.builds(Fraction, st.integers(-9, 9), st.integers(2, 9)), st.just(0.5))
POINT = {
    name: Fraction(value) for name, value in {"x": "0.7", "y": "-1.3", "f": "2.1", "l": "0.4", "theta": "-0.3"}.items()
}


@given(nodes(ops=VALUES, variables=POINT, constants=SMALL))
def test_latex_reads_back_to_the_same_value(node: Node) -> None:
    check_value(latex(node), node)


@given(nodes(ops=[op for op in VALUES if op != "where"], variables=POINT, constants=SMALL))
def test_text_reads_back_to_the_same_value(node: Node) -> None:
    check_value(text(node), node)


def check_value(written: str, node: Node) -> None:
    wanted = oracle.value(node, POINT)
    assume(math.isfinite(wanted))
    assert oracle.value(read(written).node, POINT) == pytest.approx(wanted, rel=1e-12), written


def test_files_as_latex_read_back_to_the_same_value() -> None:
    for source in rows()[::25]:
        node = read(source).node
        again = read(latex(node)).node
        at = {name: Fraction(3 + 2 * i, 7) for i, name in enumerate(symbols(node))}
        assert oracle.value(again, at) == pytest.approx(oracle.value(node, at), rel=1e-12, nan_ok=True), source


# MathML


@given(nodes())
def test_mathml_is_xml_with_the_right_leaves(node: Node) -> None:
    root = ElementTree.fromstring(mathml(node, partial=True))
    assert root.tag == "{http://www.w3.org/1998/Math/MathML}math"
    found = {element.text for element in root.iter() if len(element) == 0}
    assert set(symbols(node)) <= found
    for leaf in postorder(node):
        if leaf.op == "const" and type(leaf.attrs) is not float:
            assert {str(abs(leaf.attrs.numerator)), str(leaf.attrs.denominator)} - {"1"} <= found
    for element in root.iter():
        wanted = {"msup": 2, "mfrac": 2, "msub": 2, "mroot": 2}.get(element.tag.partition("}")[2])
        assert wanted in (None, len(element))


def test_mathml() -> None:
    body = mathml(read("2*sin(x)^2").node).removeprefix(
        '<math xmlns="http://www.w3.org/1998/Math/MathML" display="block"><mrow>'
    )
    assert body == (
        "<mn>2</mn><mo>\u2062</mo><msup><mi>sin</mi><mn>2</mn></msup><mo>\u2061</mo><mi>x</mi></mrow></math>"
    )


def test_names_are_harmless() -> None:
    odd = make("add", symbol("<script>"), symbol("a_%"))
    ElementTree.fromstring(mathml(odd))
    assert "%" not in latex(odd)


# Bounds

CHAINS = {
    "sine": lambda node: make("sin", node),
    "signs": lambda node: make("neg", node),
    "left": lambda node: make("sub", node, x),
    "right": lambda node: make("sub", x, node),
    "product": lambda node: make("mul", x, node),
    "quotient": lambda node: make("div", node, y),
    "tower": lambda node: make("pow", x, make("neg", node)),
    "cases": lambda node: make("where", make("lt", x, y), x, node),
    "logarithm": lambda node: make("log", x, node),
}


@pytest.mark.parametrize("chain", CHAINS)
def test_deep_expressions(chain: str) -> None:
    node, depth = x, 20_000 if chain == "sine" else 3_000
    for _ in range(depth):
        node = CHAINS[chain](node)
    for write in ALL:
        assert len(write(node)) > depth


@pytest.mark.parametrize("write", ALL)
def test_what_would_be_too_long_is_refused(write: Any) -> None:
    node = x
    for _ in range(1000):
        node = make("add", make("pow", node, const(2)), node)
    with pytest.raises(BudgetExceeded) as error:
        write(node)
    assert f"{notation.LONGEST}" in error.value.message("en")


def test_long_numbers() -> None:
    for sign in (1, -1):
        digits = ascii(const(sign * 10**5000))
        assert digits.lstrip("-") == "1" + "0" * 5000
    assert text(const(Fraction(10**5000, 7))).endswith("/7")


def test_extraordinary_floats() -> None:
    assert ascii(const(-0.0)) == "-0.0"
    assert text(const(math.inf)) == "∞"
    assert latex(const(-math.inf)) == r"-\infty"
    assert float(ascii(const(math.inf))) == math.inf
    assert text(const(math.nan)) == "NaN"


def test_a_piece_knows_its_length() -> None:
    node = read("2*x*e^(x^2)*cos(e^(x^2)) - where(x > 0, theta, x)/3").node
    for alphabet in (notation.ASCII, notation.TEXT, notation.LATEX, notation.MATHML):
        piece = notation._write(node, replace(alphabet))
        assert piece.length == len(str(piece))
