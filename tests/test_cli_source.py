"""``mibun source``: every language of code, in both languages of comments, and what it says to bad input."""

from __future__ import annotations

import pytest
from tests.source.build import library
from tests.source.test_python import run
from tests.test_cli import Ask

from mibun.language import LANGUAGES
from mibun.source import LANGUAGES as OF_CODE


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Ask:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    return Ask(capsys)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("form", OF_CODE)
def test_every_language(ask: Ask, form: str, lang: str) -> None:
    answer = ask("source", "x^2 e^(x y + x)", "--as", form, "--lang", lang)
    assert answer.status == 0, answer.err
    words = {"en": ("Written by mibun", "where"), "ko": ("mibun으로 만든 코드", "여기서")}[lang]
    assert words[form == "latex"] in answer.out
    data = ask.json("source", "x^2 e^(x y + x)", "--as", form, "--lang", lang)
    assert (data["f"], data["variables"], data["language"]) == ("x^2*e^(x*y + x)", ["x", "y"], form)
    assert data["source"] == answer.out
    help_ = ask("source", "--help", "--lang", lang)
    assert "--as c|numpy|latex|llvm" in help_.out
    assert {"ko": "코드", "en": "Code"}[lang] in help_.out


def test_which_functions(ask: Ask) -> None:
    assert "double f_value_and_grad(" in ask("source", "x y").out
    assert "double f(double x, double y)" in ask("source", "x y", "--order", "0").out
    assert "double hess[4]" in ask("source", "x y", "--order", "2").out
    one = ask("source", "sigmoid(x) y", "--wrt", "x").out
    assert "double f_x(double x, double y)" in one
    assert "double f_x_x(" in ask("source", "x^3 y", "--wrt", "x", "--order", "2").out
    both = ask("source", "sigmoid(x) y", "--wrt", "x,y").out
    assert both.count("static double sigmoid(") == both.count("double f_y(") == both.count("double f_x(") == 1
    library(both)
    assert run(ask("source", "x^2", "--as", "numpy").out)["f_value_and_grad"](3.0) == (9, 6)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["x", "--as", "fortran"], "c, numpy, latex, llvm"),
        (["x", "--order", "3"], "3"),
        (["x", "--wrt", ","], "--wrt"),
        (["f(x)", "--order", "0"], "f"),
        (["x", "--as"], "--as"),
    ],
)
def test_bad_input(ask: Ask, words: list[str], message: str) -> None:
    for lang in LANGUAGES:
        answer = ask("source", *words, *([] if words[-1] == "--as" else ["--lang", lang]))
        assert (answer.status, answer.out) == (2, "")
        assert message in answer.err


def test_orders_and_variables(ask: Ask) -> None:
    assert ask("source", "x y", "--wrt", "x,x").out.count("double f_x(") == 1
    assert ask("source", "x^2", "--wrt", "x,y", "--order", "0").out.count("double f(") == 1
    assert ask("source", "x^2", "--as", "NumPy", "--lang", "en").out.startswith("# Written by mibun.")
    failed = ask("source", "x^3", "--order", "3")
    assert failed.status == 2
    assert "--wrt x --order 3" in failed.err
    assert ask("source", "x^3", "--wrt", "x", "--order", "3").out.count("double d3f(double x)") == 1
    assert ask("source", "x^3", "--order", "-1").status == 2
    assert "grad" not in ask("source", "3").out
