"""LaTeX: derivatives beside each other, with what they share below."""

from __future__ import annotations

import pytest
from tests.source.test_c import FORMULAS

import mibun as mb
from mibun.errors import UnsupportedOperation
from mibun.ops import make, symbol
from mibun.source import source
from mibun.source.plan import Program


def test_a_function_and_its_derivatives() -> None:
    assert mb.function("x^2/2").source("latex", derivatives=2) == (
        r"""\begin{align*}
  f(x) &= \frac{x^{2}}{2} \\
  f'(x) &= x \\
  f''(x) &= 1
\end{align*}
"""
    )


def test_what_is_shared_is_written_once() -> None:
    f = mb.function("x e^(-x^2/(2 s^2))")
    assert f.source("latex", derivatives=1, lang="ko") == (
        r"""\begin{align*}
  f(s, x) &= xt_{1} \\
  \frac{\partial f}{\partial s}(s, x) &= \frac{x^{3}t_{1}}{s^{3}} \\
  \frac{\partial f}{\partial x}(s, x) &= \left(1 - \frac{x^{2}}{s^{2}}\right)t_{1} \\[1ex]
  \text{여기서}\quad t_{1} &= e^{-x^{2}/(2s^{2})}
\end{align*}
"""
    )
    assert r"\text{where}\quad u_{1}" in mb.function("s e^(-t^2/(2 s^2))").source("latex", derivatives=1, lang="en")


@pytest.mark.parametrize(
    ("f", "left"),
    [
        (mb.function("g(t) = sin t").diff(), "g'(t)"),
        (mb.function("g(t) = sin t").diff(order=3), "g'''(t)"),
        (mb.function("g(t) = sin t").diff(order=4), "g^{(4)}(t)"),
        (mb.function("x^2 y").diff("x", "y"), r"\frac{\partial^{2} f}{\partial x \partial y}(x, y)"),
        (mb.function("x^2 y").diff("x", order=2), r"\frac{\partial^{2} f}{\partial x^{2}}(x, y)"),
        (mb.function("x^2 y").gradient()[1], r"\frac{\partial f}{\partial y}(x, y)"),
        (mb.function("theta^2 x_1").diff("theta"), r"\frac{\partial f}{\partial \theta}(\theta, x_{1})"),
    ],
)
def test_the_left_side(f: mb.Function, left: str) -> None:
    assert f"  {left} &= " in f.source("latex")


def test_several_values() -> None:
    text = mb.function("x^2 y").gradient().source("latex")
    assert r"\frac{\partial f}{\partial x}(x, y) &= 2xy \\" in text
    assert mb.function("x^2 y").hessian().source("latex").count("&=") == 4
    assert mb.function("x^2 y").gradient().diff("x").source("latex").count("&=") == 2


@pytest.mark.parametrize("text", FORMULAS)
def test_it_is_well_formed(text: str) -> None:
    code = mb.function(text).source("latex", derivatives=2, lang="en")
    assert code.startswith("\\begin{align*}\n")
    assert code.endswith("\n\\end{align*}\n")
    assert code.count("{") == code.count("}")
    rows = code.split("\n")[1:-2]
    assert all(row.endswith((r"\\", r"\\[1ex]")) for row in rows[:-1])
    assert not rows[-1].endswith(r"\\")
    assert all(row.split(r"\begin{cases}")[0].count("&=") == 1 for row in rows)


def test_several_functions() -> None:
    f, g = mb.function("f(x) = x"), mb.function("g(x) = x")
    assert source([f._program("latex", 0), g._program("latex", 0)], "latex", "en").count("align*") == 4


def test_what_has_no_notation_here() -> None:
    node = make("sum", symbol("x", (3,)), attrs=(0,))
    with pytest.raises(UnsupportedOperation):
        source([Program("f", ("x",), ("x",), (node,), (node,))], "latex", "en")
