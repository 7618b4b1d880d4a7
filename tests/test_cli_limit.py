"""The verbs of the limit: limit, principles, enclose, equal, check and plot, in both languages."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from mibun import cli
from mibun.language import LANGUAGES, width

DATA = Path(__file__).parent / "data" / "lecture.jsonl"
LECTURE = [json.loads(line) for line in DATA.read_text(encoding="utf-8").splitlines()]


class Answer(NamedTuple):
    status: int
    out: str
    err: str

    def json(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.out)
        return value


Ask = Callable[..., Answer]


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Ask:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")

    def run(*words: str) -> Answer:
        status = cli.run(words)
        return Answer(status, *capsys.readouterr())

    return run


@pytest.mark.parametrize("row", [row for row in LECTURE if "quotient" in row], ids=lambda row: f"h={row['h']}")
def test_the_lectures_quotients(ask: Ask, row: dict[str, Any]) -> None:
    answer = ask("limit", row["f"], "--at", str(row["at"]), "--h", str(row["h"]), "--json").json()
    assert (answer["quotient"], answer["h"]) == (row["quotient"], row["h"])
    assert "error" not in row or answer["error"] == row["error"]


def test_the_lectures_limit(ask: Ask) -> None:
    (row,) = [row for row in LECTURE if "limit" in row]
    answer = ask("limit", row["f"], "--wrt", row["wrt"], "--json").json()
    assert (answer["quotient_simplified"], answer["limit"]) == (row["quotient_simplified"], row["limit"])
    assert "(f(x + h) − f(x))/h = x + h/2" in ask("limit", row["f"]).out


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["limit", "|x|", "--at", "0"], ("not differentiable", "미분가능하지 않습니다")),
        (["limit", "x^2 y", "--wrt", "y", "--at", "x=1,y=2"], ("tends to", "극한")),
        (["principles", "x^2/2"], ("Cancel h", "h ≠ 0이므로")),
        (["principles", "x^2 y", "--wrt", "x"], ("definition", "정의")),
        (["enclose", "sin x", "--at", "pi/4", "--digits", "40"], ("0.70710678118654752440", "0.70710678118654752440")),
        (["enclose", "x^3", "--at", "1/3", "--order", "2"], ("2", "2")),
        (["equal", "sin(x)^2+cos(x)^2", "1"], ("verified", "20")),
        (["equal", "(x+1)^2", "x^2+2x+1"], ("proved", "0")),
        (["check", "x^2 sin x"], ("agree", "일치")),
    ],
)
def test_both_languages(ask: Ask, words: list[str], says: tuple[str, str], lang: str) -> None:
    answer = ask(*words, "--lang", lang)
    assert answer.status == 0, answer.err
    if words[-1] != "1":
        assert says[LANGUAGES.index(lang)] in answer.out
    assert all(width(line) <= 82 for line in answer.out.splitlines())
    data = json.loads(ask(*words, "--lang", lang, "--json").out)
    assert data["f"]


def test_the_answer_no(ask: Ask) -> None:
    assert ask("equal", "x", "sqrt(x^2)").status == 1
    assert ask("equal", "atan(x)+atan(1/x)", "pi/2").status == 1
    assert ask("equal", "atan(x)+atan(1/x)", "pi/2", "--domain", "x > 0").status == 0
    assert ask("equal", "-x", "0 - x").status == 0


def test_the_sheet_ends_with_the_limit_and_the_check(ask: Ask) -> None:
    page = ask("x^2/2", "--at", "1").out
    assert "By the definition: (f(1 + h) − f(1))/h as h → 0" in page
    assert "the lecture's h" in page
    assert any(line.startswith("Check") for line in page.splitlines()[-3:])
    page = ask("x^2/2", "--at", "1", "--lang", "ko").out
    assert "정의로 확인: h를 0에 가깝게 할 때 (f(1 + h) − f(1))/h" in page
    assert "검산" in page
    data = ask("x^2/2", "--at", "1", "--json").json()
    assert data["definition"]["quotient"] == 1.00005
    assert data["check"]["ok"] is True
    assert "from the left" in ask("|x|", "--at", "0").out
    assert "By the definition" not in ask("1/x", "--at", "0").out
    assert "By the definition" not in ask("diff", "x^2", "--at", "0").out


@pytest.mark.parametrize("suffix", ["svg", "png"])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_pictures(ask: Ask, tmp_path: Path, suffix: str, lang: str) -> None:
    file = tmp_path / f"tangent.{suffix}"
    answer = ask("plot", "x^2/2", "--at", "1", "--h", "0.5", "-o", str(file), "--lang", lang)
    assert answer == (0, "", "")
    assert file.read_bytes()[:4] in (b"<?xm", b"\x89PNG")


@pytest.mark.parametrize("kind", ["tangent", "secants", "error", "derivative"])
def test_kinds_of_pictures(ask: Ask, tmp_path: Path, kind: str) -> None:
    file = tmp_path / "picture.svg"
    assert ask("plot", "sin x", "--at", "1", "--kind", kind, "-o", str(file)).status == 0
    assert "<svg" in file.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["limit", "x y", "--at", "1,2"], "--wrt x"),
        (["limit", "x^2", "--at", "1", "--h", "0"], "not a step"),
        (["limit", "x^2", "--at", "1", "--h", "abc"], "not a step"),
        (["enclose", "sin x"], "--at"),
        (["enclose", "sin x", "--at", "1", "--digits", "5000"], "1000"),
        (["enclose", "|x|", "--at", "0"], "not differentiable"),
        (["enclose", "ln x", "--at", "-1"], "not defined"),
        (["equal", "x"], "second expression"),
        (["limt", "x^2"], "perhaps limit"),
        (["equal", "x", "y", "--domain", "nonsense"], "condition"),
        (["plot", "x^2"], "-o tangent.svg"),
        (["plot", "x^2", "-o", "picture.xyz"], "svg"),
        (["plot", "x^2", "-o", "/no/such/folder/picture.svg"], "cannot be written"),
        (["plot", "x^2", "--kind", "pie", "-o", "x.svg"], "tangent"),
    ],
)
def test_complaints(ask: Ask, words: list[str], says: str) -> None:
    for lang in LANGUAGES:
        answer = ask(*words, "--lang", lang)
        assert (answer.status, answer.out) == (2, "")
        assert "Traceback" not in answer.err
        assert lang == "ko" or says in answer.err
