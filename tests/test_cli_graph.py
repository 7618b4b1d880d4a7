"""``mibun graph``: text, JSON and files in both languages, the browser, and what it says to bad input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.test_cli import Ask

from mibun.language import LANGUAGES
from mibun.language import width as columns


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Ask:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    return Ask(capsys)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_text(ask: Ask, lang: str) -> None:
    answer = ask("graph", "y sin(x^2)", "--at", "x=2,y=3", "--lang", lang)
    assert answer.status == 0, answer.err
    assert "∂f/∂x = ∂f/∂v₁ · ∂v₁/∂x = (−1.96093) · 4 ≈ −7.84372" in answer.out
    assert {"ko": "순전파", "en": "Forward"}[lang] in answer.out
    assert max(map(columns, answer.out.splitlines())) <= 80
    help_ = ask("graph", "--help", "--lang", lang)
    assert "--open" in help_.out
    assert {"ko": "계산 그래프", "en": "computation graph"}[lang] in help_.out


def test_without_a_point_and_with_a_variable(ask: Ask) -> None:
    assert "∂v₁/∂x = 2x" in ask("graph", "x^2 y").out
    assert "v₁′ = ∂v₁/∂x · x′ = 6 · 1 = 6" in ask("graph", "x^2 y", "--at", "3,1", "--wrt", "x").out


def test_json(ask: Ask) -> None:
    data = ask.json("graph", "x^2 y", "--at", "x=3,y=1/2")
    assert data["f"] == "x^2*y"
    assert data["notes"] == []
    assert [box["value"] for box in data["boxes"]] == [3, 0.5, 9, 4.5]
    assert [box["adjoint"] for box in data["boxes"]] == [3, 9, 0.5, 1]
    assert [wire["partial"] for wire in data["wires"]] == [6, 0.5, 9]
    assert data["outputs"] == [3]


def test_files(ask: Ask, tmp_path: Path) -> None:
    for suffix in (".svg", ".html", ".txt", ".json"):
        path = tmp_path / f"graph{suffix}"
        answer = ask("graph", "x^2", "--at", "3", "-o", str(path), "--lang", "ko")
        assert (answer.status, answer.out) == (0, "")
        assert "x²" in path.read_text(encoding="utf-8")
    answer = ask("graph", "x^2", "--at", "3", "-o", str(tmp_path / "again.svg"), "--json")
    assert json.loads(answer.out)["wrt"] == "x"


def test_browser(ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    monkeypatch.setattr("webbrowser.open", seen.append)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    answer = ask("graph", "x^2", "--at", "3", "--open", "--lang", "ko")
    assert answer.status == 0, answer.err
    page = Path(answer.out.strip())
    assert page.parent == tmp_path
    assert seen == [page.as_uri()]
    assert '<html lang="ko">' in page.read_text(encoding="utf-8")
    mine = tmp_path / "mine.svg"
    ask("graph", "x^2", "--at", "3", "--open", "-o", str(mine))
    assert seen[1] == mine.as_uri()


@pytest.mark.parametrize(
    ("words", "english", "korean"),
    [
        (["x y", "--at", "x=1"], "y", "y의 값이 없습니다"),
        (["x^2", "--at", "3", "-o", "graph.png"], ".svg, .html, .json, .txt", "graph.png"),
        (["x^2", "--at", "z=3"], "z", "z"),
        (["x^2", "--at", "3", "-o", "/nowhere/at/all.svg"], "cannot be written", "쓸 수 없습니다"),
        (["f(x)", "--at", "1"], "f stands for any function", "f"),
        (["x^", "--at", "1"], "x^", "x^"),
        ([], "", ""),
    ],
)
def test_bad_input(ask: Ask, words: list[str], english: str, korean: str) -> None:
    for lang, said in (("en", english), ("ko", korean)):
        answer = ask("graph", *words, "--lang", lang)
        assert answer.status == 2
        assert answer.out == ""
        assert said in answer.err
