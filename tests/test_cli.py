"""The command line: the lecture through it in both languages, every way to ask, and what it says to bad input."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import sympy

from mibun import cli, sheet
from mibun.language import LANGUAGES
from mibun.language import width as columns

DATA = Path(__file__).parent / "data"
LECTURE = [json.loads(line) for line in (DATA / "lecture.jsonl").read_text(encoding="utf-8").splitlines()]
MEGABYTES = 200


class Answer(NamedTuple):
    status: int
    out: str
    err: str


class Ask:
    """Run a command line in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys

    def __call__(self, *words: str) -> Answer:
        status = cli.run(words)
        return Answer(status, *self.capsys.readouterr())

    def json(self, *words: str) -> dict[str, Any]:
        answer = self(*words, "--json")
        assert answer.status == 0, answer.err
        value: dict[str, Any] = json.loads(answer.out)
        return value


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Ask:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    return Ask(capsys)


def type_in(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data), encoding="utf-8"))


def process(*words: str, data: bytes = b"", **environment: str) -> tuple[Answer, float]:
    """Run a command line as a process of its own: the answer, and the megabytes at the peak."""
    start = [sys.executable, "-m", "mibun", *words]
    source = str(Path(cli.__file__).parent.parent)
    env = {**os.environ, "PYTHONPATH": source, "PYTHONIOENCODING": "utf-8", "LC_ALL": "C.UTF-8", **environment}
    env.pop("PYTHONDONTWRITEBYTECODE", None)  # compiling the source each time would double the work
    child = (
        "import os, resource, subprocess, sys;"
        "status = subprocess.run(sys.argv[1:]).returncode;"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN);"
        "print(f'\\n{used.ru_maxrss}', file=sys.stderr); sys.exit(status)"
    )
    done = subprocess.run([sys.executable, "-c", child, *start], input=data, capture_output=True, env=env, check=False)
    err, _, kilobytes = done.stderr.decode().rstrip().rpartition("\n")
    return Answer(done.returncode, done.stdout.decode(), err), float(kilobytes) / 1024


# The lecture


def oracle(text: str) -> sympy.Expr:
    """ASCII as SymPy reads it; f(x) and f'(x) are letters of their own."""
    text = text.replace("f'(x)", "DF").replace("f(x)", "F").replace("^", "**")
    names = {name: sympy.Symbol(name, positive=True) for name in re.findall(r"[A-Za-z]\w*", text)}
    known = {name: getattr(sympy, name) for name in names if hasattr(sympy, name) and len(name) > 1}
    return sympy.sympify(text, locals={**names, **known, "e": sympy.E, "ln": sympy.log})


def same(a: str, b: str) -> bool:
    return bool(sympy.simplify(oracle(a) - oracle(b)) == 0)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("row", [row for row in LECTURE if "derivative" in row], ids=lambda row: row["f"])
def test_the_lecture(ask: Ask, row: dict[str, Any], lang: str) -> None:
    wrt, wanted = row["wrt"], row["derivative"]
    several = isinstance(wrt, list)
    answer = ask.json("diff", row["f"], "--wrt", ",".join(wrt) if several else wrt, "--lang", lang)
    assert answer["wrt"] == wrt
    for got, right in zip(answer["derivative"], wanted, strict=True) if several else [(answer["derivative"], wanted)]:
        assert same(got, right)
    for name in wrt if several else [wrt]:
        page = ask(row["f"], "--wrt", name, "--lang", lang)
        assert page.status == 0
        assert ("풀이" if lang == "ko" else "Steps") in page.out


@pytest.mark.parametrize("row", [row for row in LECTURE if "value" in row], ids=lambda row: row["shows"][:20])
def test_the_slopes_of_the_lecture(ask: Ask, row: dict[str, Any]) -> None:
    answer = ask.json(row["f"], "--at", str(row["at"]))
    assert answer["value"] == str(row["value"])
    assert answer["decimal"] == row["value"]


def test_the_slide_that_prints_5_is_wrong(ask: Ask) -> None:
    (row,) = [row for row in LECTURE if "erratum" in row]
    answer = ask(row["f"], "--wrt", "y")
    assert "∂f/∂y = x + 5" in answer.out
    assert "Steps" in answer.out


# What is asked, and how


def test_the_sheet(ask: Ask) -> None:
    answer = ask("x^2/2", "--at", "1")
    assert answer.status == 0
    assert answer.err == ""
    for part in ("f(x) = ", "f′(x) = x", "Steps", "x = 1", "f′(1) = 1"):
        assert part in answer.out
    assert all(len(line) <= sheet.WIDTH for line in answer.out.splitlines())


def test_the_sheet_in_korean(ask: Ask) -> None:
    answer = ask("1/2 x^2", "--at", "1", "--lang", "ko")
    for part in ("읽었습니다", "f′(x) = x", "풀이", "x = 1에서의 기울기(순간변화율)", "f′(1) = 1"):
        assert part in answer.out


def test_nothing_but_the_derivative(ask: Ask) -> None:
    assert ask("diff", "x^2/2").out == "f′(x) = x\n"
    assert ask("diff", "x^3", "--ascii").out == "3*x^2\n"
    assert ask("diff", "x^3", "--latex").out == "3x^{2}\n"
    assert ask("diff", "x^3", "--order", "2", "--at", "2").out == "f″(x) = 6x\nf″(2) = 12\n"
    assert ask("diff", "g(t) = t^5", "--order=4").out == "g⁽⁴⁾(t) = 120t\n"


def test_all_variables_when_none_is_named(ask: Ask) -> None:
    answer = ask.json("diff", "2x^2 + xy + 5y")
    assert answer["wrt"] == ["x", "y"]
    assert answer["derivative"] == ["4*x + y", "x + 5"]
    assert "--wrt x" in ask("2x^2 + xy + 5y").out
    assert "--wrt x" in ask("a^x").out


@pytest.mark.parametrize("words", [["-x^2"], ["--", "-x^2"], ["--at", "-1", "-x^2"], ["-x^2", "--at=-1"]])
def test_an_expression_may_start_with_a_minus(ask: Ask, words: list[str]) -> None:
    assert ask("diff", "--ascii", *words).out.splitlines()[0] == "-2*x"
    assert "f′(x) = −2x" in ask(*words).out


@pytest.mark.parametrize(
    ("words", "value"),
    [
        (["x^2", "--at", "3"], "6"),
        (["x^2", "--at", "x=3"], "6"),
        (["x^2", "--at", "x = 1/2"], "1"),
        (["sin x", "--at", "x=pi/4"], "sqrt(2)/2"),
        (["x^2 y", "--wrt", "x", "--at", "x=1,y=2"], "4"),
        (["x^2 y", "--wrt", "x", "--at", "1,2"], "4"),
        (["x^2 y", "--wrt", "x", "--at", "1"], "2*y"),
        (["x^2", "--at", "log(8, 2)"], "6"),
    ],
)
def test_points(ask: Ask, words: list[str], value: str) -> None:
    assert ask.json(*words)["value"] == value


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["1/x", "--at", "0"], "not defined"),
        (["ln x", "--at", "-1"], "not defined"),
        (["tan x", "--at", "pi/2"], "not defined"),
        (["sqrt x", "--at", "0"], "no finite slope"),
        (["|x|", "--at", "0"], "−1 on the left and 1 on the right"),
        (["max(x^2, 1)", "--at", "1"], "0 on the left and 2 on the right"),
        (["where(x > 0, x^2, -x)", "--at", "0"], "−1 on the left and 0 on the right"),
        (["where(x > 0, x/10^7, -x)", "--at", "0"], "−1 on the left and 1/10000000 on the right"),
        (["where(x > 0, x^2, -x^3)", "--at", "0", "--order", "2"], "no value, since it is 0 on the left and 2"),
        (["sqrt x", "--at", "0", "--order", "2"], "derivative before this one does not exist"),
        (["floor x", "--at", "2"], "jumps"),
    ],
)
def test_where_there_is_no_slope(ask: Ask, words: list[str], says: str) -> None:
    answer = ask.json("diff", *words)
    assert answer["value"] is None
    assert answer["decimal"] is None
    assert says in answer["missing"]
    assert says in ask(*words).out


@pytest.mark.parametrize(
    ("words", "value"),
    [
        (["|x|", "--at", "-2"], "-1"),
        (["x |x|", "--at", "0"], "0"),
        (["where(x < 0, 0, x^2)", "--at", "0"], "0"),
        (["floor x", "--at", "1/2"], "0"),
        (["max(x, y)", "--wrt", "x", "--at", "2,1"], "1"),
        (["10^9 |x|^3", "--at", "0"], "0"),
        (["floor x", "--at", "2", "--order", "0"], "2"),
    ],
)
def test_where_there_is_one_in_spite_of_an_absolute_value(ask: Ask, words: list[str], value: str) -> None:
    assert ask.json("diff", *words)["value"] == value


def test_large_and_irrational_values(ask: Ask) -> None:
    assert ask("diff", "e^x", "--at", "1000").out.splitlines()[1] == "f′(1000) = e¹⁰⁰⁰"
    assert ask("diff", "sin x", "--at", "pi/4").out.splitlines()[1].endswith("≈ 0.7071067812")


@pytest.mark.parametrize("verb", [[], ["diff"], ["explain"]])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_json_is_one_object(ask: Ask, verb: list[str], lang: str) -> None:
    answer = ask.json(*verb, "1/2x^2", "--lang", lang)
    assert answer["derivative"] == "x"
    (note,) = answer["notes"]
    assert note["text"]
    assert ("steps" in answer) == (verb != ["diff"])


@pytest.mark.parametrize("depth", ["idea", "working", "full"])
def test_depths(ask: Ask, depth: str) -> None:
    answer = ask("explain", "sin(e^(x^2))", "--depth", depth)
    assert answer.status == 0
    assert "Chain rule" in answer.out


def test_latex(ask: Ask) -> None:
    out = ask("x^2/2", "--at", "1", "--latex").out
    assert r"f'(x) &= x" in out
    assert out.count(r"\begin{align*}") == out.count(r"\end{align*}") > 0
    assert r"f'(x) \right|_{x = 0} &\text{: The slope is $-1$ on the left" in ask("|x|", "--at", "0", "--latex").out


def test_standard_input(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    type_in(monkeypatch, "x²/2\n".encode())
    assert ask("diff", "-", "--ascii").out == "x\n"


def test_notes_of_a_bare_derivative_go_to_standard_error(ask: Ask) -> None:
    answer = ask("diff", "1/2x", "--ascii")
    assert answer.out == "1/2\n"
    assert answer.err


def test_ambiguity_is_refused_when_strict(ask: Ask) -> None:
    assert ask("diff", "1/2x", "--strict").status == 2


def test_korean_schools_write_log_for_base_10(ask: Ask) -> None:
    assert same(ask.json("diff", "log x", "--profile", "ko-school")["derivative"], "1/(x*ln(10))")
    assert same(ask.json("diff", "log x")["derivative"], "1/x")


# Languages


def test_every_sentence_is_there_in_both_languages() -> None:
    assert sheet.WORDS["en"].keys() == sheet.WORDS["ko"].keys()
    for words in cli.HELP.values():
        assert all(words[lang] for lang in LANGUAGES)
    for verb in cli.VERBS:
        for lang in LANGUAGES:
            assert cli.help_page(verb, lang)


def test_the_locale_chooses_the_language(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")
    assert "풀이" in ask("x^2").out
    assert "사용법" in ask("--help").out
    assert "Usage" in ask("--help", "--lang", "en").out
    assert not re.search("EXPR|OPTIONS|VARIABLE|POINT", ask("--help").out)


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"], ["diff", "--help"], ["explain", "-h"]])
def test_help(ask: Ask, words: list[str]) -> None:
    answer = ask(*words)
    assert answer.status == 0
    assert "--lang" in answer.out
    assert all(len(line) <= sheet.WIDTH for line in answer.out.splitlines())


# Bad input


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize(
    "words",
    [
        [""],
        ["   "],
        ["(x"],
        ["x)"],
        ["x +"],
        ["sinn(x)"],
        ["2 1/2"],
        ["12 3"],
        ["__import__('os')"],
        ["x", "y"],
        ["x", "--nonsense"],
        ["x", "--order"],
        ["x", "--order", "two"],
        ["x", "--order", "-1"],
        ["x", "--json=yes"],
        ["x", "--json", "--latex"],
        ["x", "--depth", "deep"],
        ["x", "--profile", "mars"],
        ["x", "--wrt", ""],
        ["x", "--at", ""],
        ["x", "--at", "1,2"],
        ["x", "--at", "y=1"],
        ["x", "--at", "x="],
        ["xy", "--at", "1"],
        ["xy", "--at", "x=1,2"],
        ["x", "--at", "sinn(1)"],
        ["x", "--at", "1/0"],
        ["x", "--at", "ln(-1)"],
        ["diff"],
        ["\udcff"],
    ],
    ids=str,
)
def test_bad_input(ask: Ask, words: list[str], lang: str) -> None:
    answer = ask(*words, "--lang", lang)
    assert answer.status == 2
    assert answer.out == ""
    assert answer.err.strip()
    assert "Traceback" not in answer.err
    assert bool(re.search("[가-힣]", answer.err)) == (lang == "ko")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("words", [["diff", ""], ["diff", "x", "--nonsense"], ["x" * 60 + " + x ?"]], ids=str)
def test_words_of_an_error_are_wrapped_and_its_source_is_not(ask: Ask, words: list[str], lang: str) -> None:
    lines = ask(*words, "--lang", lang).err.splitlines()
    assert all(columns(line) <= sheet.WIDTH for line in lines)
    assert ("^" in {line.strip("^ ") or "^" for line in lines}) == ("?" in words[-1])


def test_the_first_byte_is_number_one(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    type_in(monkeypatch, b"\xff")
    assert "byte 1 " in ask("-").err


def test_a_language_it_does_not_speak(ask: Ask) -> None:
    answer = ask("x", "--lang", "fr")
    assert answer.status == 2
    assert "fr" in answer.err


MANY = {
    "a hundred thousand brackets": b"(" * 100_000 + b"x",
    "ten megabytes": b"x+" * 5_000_000 + b"x",
    "a NUL byte": b"x\x00^2",
    "bytes that are no text": b"\xff\xfe\x00",
    "a tower": b"x^" * 1000 + b"x",
}


@pytest.mark.parametrize("data", MANY.values(), ids=MANY.keys())
def test_bad_standard_input_ends_soon(data: bytes) -> None:
    answer = ends_soon("-", data=data)
    assert answer.status == 2 or data == MANY["a tower"]


@pytest.mark.parametrize(
    "words",
    [
        ["9^9^9^9"],
        ["x", "--at", "9^9^9^9"],
        ["tan(x)", "--order", "300"],
        ["x^x^x^x", "--order", "40"],
        ["sin(x)/(x+1)/(x+2)/(x+3)", "--order", "20"],
    ],
    ids=str,
)
def test_too_much_ends_soon(words: list[str]) -> None:
    ends_soon(*words)


def ends_soon(*words: str, data: bytes = b"") -> Answer:
    """An answer, or a message, within the memory allowed; how soon, ``make bench`` says."""
    answer, megabytes = process(*words, data=data)
    assert answer.status in (0, 2)
    assert (answer.err.strip() != "") == (answer.status == 2)
    assert "Traceback" not in answer.err
    assert megabytes < MEGABYTES
    return answer


# The world outside


def test_a_terminal_without_unicode() -> None:
    answer, _ = process("sin(x^2)/2", "--at", "1", "--lang", "ko", PYTHONIOENCODING="ascii")
    assert answer.status == 0
    assert answer.out.isascii()
    assert "f'(x) = x cos(x^2)" in answer.out
    assert "?" not in answer.out


def test_a_terminal_with_some_of_unicode() -> None:
    assert cli.transcribe("∂f/∂x = 2αx² − ∛x ⌊x⌋ · xⁿ⁻¹", "cp949") == "∂f/∂x = 2αx² - cbrt x floor(x) · x^(n-1)"
    assert cli.transcribe("2∛x · x√y · αx · ⌈x²⌉") == "2 cbrt x * x sqrt y * alpha x * ceil(x^2)"


def test_an_error_on_a_terminal_without_unicode() -> None:
    answer, _ = process("sinn(x)", "--lang", "ko", PYTHONIOENCODING="ascii")
    assert answer.status == 2
    assert "sin" in answer.err
    assert "?" not in answer.err


def test_a_pipe_that_closes_early() -> None:
    command = f'"{sys.executable}" -m mibun x^2 | true; echo "${{PIPESTATUS[0]}}"'
    env = {**os.environ, "PYTHONPATH": str(Path(cli.__file__).parent.parent)}
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, env=env, check=False)
    assert done.stderr == ""
    assert done.stdout.strip() in ("0", "141")


def test_a_full_disk() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full")
    env = {**os.environ, "PYTHONPATH": str(Path(cli.__file__).parent.parent)}
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "mibun", "x"], stdout=full, stderr=-1, text=True, env=env, check=False
        )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
