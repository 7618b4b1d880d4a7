"""Proofs in words: both languages, the layout, LaTeX, HTML and data."""

from __future__ import annotations

import json
import re
from string import Formatter
from xml.etree import ElementTree

import pytest

from mibun.language import LANGUAGES, width
from mibun.limit import theorems
from mibun.limit.principles import principles
from mibun.ops import make, symbol
from mibun.read import read
from mibun.write import proofs
from mibun.write.proofs import WORDS, Principles

FUNCTIONS = """
    c; x; x^2/2; 3x^3 - 2x + 5; x^100; 1/x^3; x^-2; (2x+1)^8; a x^n; x/(x+1); sqrt(2x+1); cbrt(x); 1/sqrt(x); e^(3x)
    a^x; ln(x); log_10 x; sin(2x); tan(x/2); |2x-1|; f(x, y); x^2 y; 3 sin(x) - 2cos(x) + x - |x|; x^2 sin(x)
    asin(x); x^x; where(x > 1, x^2, x); acsch(x) + asech(x); atan2(x, x+4); f(x)g(x); gamma(x); max(x, x^2); floor(x)
    f(x, x^2); log(x+1, x+3); hypot(x, y)
    softplus(x); w1*x + w2; e x^2; theta sin(x); min(x, y); acoth(x) acot(x) asec(x)
"""


def listed(text: str) -> list[str]:
    return [f.strip() for f in re.split("[;\n]", text.strip()) if f.strip()]


def document(f: str, lang: str = "en", wrt: str = "x") -> Principles:
    return principles(read(f).node, symbol(wrt), lang=lang)


def test_the_sheet_in_korean() -> None:
    assert (
        str(document("x^2/2", "ko"))
        == """\
  f(x) = x²/2
  f′(x) = x

도함수의 정의에 따른 풀이
  f′(x) = lim(h→0) (f(x + h) − f(x))/h

  1  도함수의 정의에 대입하면    = lim(h→0) ((x + h)²/2 − x²/2)/h
  2  곱셈 공식으로 전개하면      = lim(h→0) ((x² + 2xh + h²)/2 − x²/2)/h
  3  분자를 정리하면             = lim(h→0) (xh + h²/2)/h
  4  분자를 h로 묶으면           = lim(h→0) h · (x + h/2)/h
  5  h ≠ 0이므로 h를 약분하면    = lim(h→0) (x + h/2)
  6  h → 0일 때의 극한을 구하면  = x"""
    )


def test_the_sheet_in_english() -> None:
    text = document("sqrt(x)").text()
    assert text.startswith("  f(x) = √x\n  f′(x) = 1/(2√x)\n\nFrom the definition\n")
    assert "\n  for x > 0\n" in text
    assert "  2  Rationalise the numerator: multiply above and below by √(x + h) + √x\n" in text
    assert "  6  Let h → 0; √x is continuous\n       = 1/(2√x)" in text


def test_the_particles_fit() -> None:
    text = document("a x^n", "ko").text()
    assert "a, n을 상수로 보고 x로 편미분합니다." in text
    assert "단, n은 2 이상의 자연수" in text
    assert "분자를 상수 a로 묶으면" in text
    assert "분자를 h로 묶으면" in text
    assert not re.search(r"을\(를\)|은\(는\)|\(으\)로|이\(가\)|과\(와\)", text)


def test_theorems_are_numbered_and_cited() -> None:
    text = document("x^2 sin(x)").text()
    number = re.search(r"\[(\d+)\] Product rule", text)
    assert number
    assert f"Product rule: (uv)′ = u′ · v + u · v′ [{number[1]}]" in text
    assert "cited without proof" in document("gamma(x)").text()


def test_parts_are_numbered_on() -> None:
    found = document("sin(x) + 2sqrt(x)")
    assert [step.number for step in found.steps] == list(range(1, len(found.steps) + 1))
    assert len(found.parts) == 2
    assert "(1), (2)" in found.steps[2].name
    assert "  (2) The term √x" in found.text()


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("f", listed(FUNCTIONS))
def test_every_alphabet(f: str, lang: str) -> None:
    found = document(f, lang)
    for columns in (80, 50):
        lines = found.text(columns=columns).splitlines()
        assert max(map(width, lines)) <= columns
        assert all(line == line.rstrip() and "\u00a0" not in line for line in lines)
    latex = found.latex()
    assert latex.count(r"\begin{align*}") == latex.count(r"\end{align*}")
    assert latex.count("{") == latex.count("}")
    assert latex.count("$") % 2 == 0
    assert not re.search("[→≠√⋯′]|dots", latex.replace(r"\cdots", "").replace("함수", ""))
    html = found.html()
    ElementTree.fromstring(html.replace("&nbsp;", " "))
    assert "dots" not in html
    data = found.json()
    assert data == json.loads(json.dumps(data, allow_nan=False))
    assert data["lang"] == lang
    assert len(data["steps"]) == len(found.steps)
    for text in (found.text(), latex, html):
        assert not re.search(r"\{\w+(:\w)?\}(?!\w)", text) or "\\" in text
    other = found.text("en" if lang == "ko" else "ko")
    assert bool(re.search("[가-힣]", other)) == (lang == "en")
    assert bool(re.search("[가-힣]", found.text())) == (lang == "ko")


def test_a_step_says_all_there_is() -> None:
    found = document("x^2")
    step = next(step for step in found.steps if step.key == "cancel")
    assert (step.before, step.after) == ("lim(h→0) h · (2x + h)/h", "lim(h→0) (2x + h)")
    assert step.nodes[1] is read("2x + h").node
    assert step.limits == (True, True)
    assert step.hypothesis == "h ≠ 0"
    assert step.condition is make("ne", symbol("h"), read("0").node)
    assert found.steps[-1].limits == (True, False)
    assert found.steps[-1].after == "2x"
    assert found.steps[0].before == "(x²)′"


def test_the_steps_of_a_theorem() -> None:
    found = document("asin(x)")
    assert [step.key for step in found.steps_of("inverse")] == ["definition", "inverse change", "divide", "inverse end"]
    with pytest.raises(KeyError):
        found.steps_of("product")


def test_a_claim_has_nothing_before_it() -> None:
    steps = document("sin(x)").steps_of("sine limit")
    assert [step.nodes[0] is None for step in steps] == [True, True, True, True, False]
    assert steps[0].after == "(sin t)/2 < t/2 < (tan t)/2"
    assert steps[0].hypothesis == "0 < t < π/2"


def test_ends_of_one_sided_limits() -> None:
    found = document("|x|", "ko")
    for text in ("lim(h→0+) |h|/h", "h → 0+일 때의 극한을 구하면", "h → 0−일 때의 극한을 구하면", "−1 ≠ 1"):
        assert text in found.text()
    assert "한편, x = 0에서의 우미분계수는" in found.text()
    latex = found.latex()
    assert r"\lim_{h \to 0-} \frac{\lvert h\rvert}{h}" in latex
    assert r"$h \to 0-$일 때의 극한을 구하면" in latex
    assert "−" not in latex
    assert "<mn>0</mn><mo>+</mo>" in found.html()
    assert "Let h → 0−" in document("|x|").text()


def test_what_is_assumed_and_what_the_letters_mean() -> None:
    text = document("f(x, x)", "ko").text()
    assert text.startswith("  F(x) = f(x, x)\n  F′(x) = f[1, 0](x, x) + f[0, 1](x, x)\n")
    assert "  단, f가 (x, x)에서 전미분가능\n  f[1, 0]은 f를 첫째 변수로 편미분한 것입니다.\n" in text
    assert "다변수함수의 합성함수의 미분법 (증명 생략)" in text
    assert "단, u와 v가 x에서 미분가능, f가 (u(x), v(x))에서 전미분가능" in text
    assert "f[1, 0] is the derivative of f by its first argument." in document("f(x, x)").text()
    assert "$f^{(1, 0)}$은 $f$를 첫째 변수로" in document("f(x, x)", "ko").latex()
    assert "첫째" not in document("f(x, y)", "ko").text()
    assert "f[1,0,0,0,0,0,0](" not in document("f(x, x, 1, 2, 3, 4, 5)").text()
    assert "f by its 7th argument" in document("f(1, 2, 3, 4, 5, 6, 2x)").text()
    text = document("f(g(x))", "ko").text()
    assert text.startswith("  F(x) = f(g(x))\n  F′(x) = f′(g(x)) g′(x)\n")
    assert "단, g가 x에서 미분가능, f가 g(x)에서 미분가능" in text
    assert "f가 x에서 두 번 미분가능" in document("x f'(x)", "ko").text()
    assert "f가 x에 대하여 편미분가능" in document("f(x, y)", "ko").text()
    assert "x < 0인 경우는 여기서 다루지 않습니다." in document("x^(2/3)", "ko").text()


def test_theorems_are_said_as_they_are_true() -> None:
    flat = {lang: re.sub(r"\s+", " ", document("arctan(2x) e^x + arccos(x)", lang).text()) for lang in LANGUAGES}
    for said in (
        "arctan는 구간 (−π/2, π/2)에서 tan의 역함수이므로",
        "arccos은 구간 [0, π]에서 cos의 역함수이므로",
        "f는 어떤 구간에서 연속이고 증가하거나 감소하는 함수",
        "t ≠ 0일 때 s(t) ≠ 0이고, t → 0일 때 s(t) → 0",
        "무리수 e의 정의 (정의, 극한이 존재한다는 증명은 생략)",
        "φ가 0에서 연속이므로",
        "삼각함수의 극한 (cos t − 1)/t",
    ):
        assert said in flat["ko"], said
    for said in (
        "arccos is the inverse of cos on [0, π]",
        "on an interval, g its inverse",
        "it is not 0 for t ≠ 0",
        "(a definition; that the limit exists is not proved here)",
        "φ is continuous at 0",
    ):
        assert said in flat["en"], said
    text = re.sub(r"\s+", " ", document("max(f(x), g(x))", "ko").text())
    assert "f와 g가 연속이어서 x 가까이에서는 f(x)와 g(x)의 대소 관계가 바뀌지 않으므로" in text


def test_partial_derivatives() -> None:
    text = document("x^2 y + y^3", "ko", "y").text()
    assert "∂f(x, y)/∂y = lim(h→0) (f(x, y + h) − f(x, y))/h" in text
    assert "x를 상수로 보고 y로 편미분합니다." in text
    assert "∂f(a, b, c, x, y, z)/∂x" in document("a b c x y z").text()
    assert "all else is held constant" in document("a b c x y z").text()


def test_formulas_join_in_latex() -> None:
    latex = document("sqrt(x)").latex()
    assert r"\text{Cancel $h$, since $h \ne 0$}" in latex
    assert r"Let $h \to 0$" in latex


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


def test_every_word_speaks_both_languages() -> None:
    for key, words in WORDS.items():
        assert set(words) == set(LANGUAGES), key
        assert all(words.values()), key
        assert re.search("[가-힣]", words["ko"]) or fields(words["ko"]), key
        assert not re.search("[가-힣]", words["en"]), key
        missing = fields(words["ko"]) ^ fields(words["en"])
        assert missing <= OPTIONAL.get(key, set()), key


# What only one language says.
OPTIONAL = {
    "minus out": {"c"},
    "same order": {"u", "v"},
    "held": {"wrt"},
    "held many": {"wrt"},
    "inside": set(),
    "inverse end": {"f"},
    "each term": set(),
}


def test_every_reason_has_its_words() -> None:
    for key in [*theorems.ROWS, *theorems.FROM_DEFINITION]:
        proof = theorems.proof(key)
        for line in proof.lines:
            for lang in LANGUAGES:
                assert fields(WORDS[line.key][lang]) <= set(line.facts) | {"parts"}, (key, line.key)
        for given in proof.hypotheses:
            if isinstance(given, proofs.Said):
                assert fields(WORDS[given.key]["ko"]) <= set(given.facts)
