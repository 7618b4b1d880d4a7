"""The command line: a thin door. It reads words, asks the public interface, prints, and sets the exit status.

    0  done        1  the answer is "no"        2  bad input, with the message on standard error

A verb is a function registered in :data:`VERBS`; anything else in front is an expression, for which the whole sheet
is printed. Typer parses the options; the messages are mibun's own, so that they come in both languages.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tempfile
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TextIO

import typer
from typer.core import TyperCommand

from mibun import places
from mibun import sheet as sheets
from mibun._version import __version__
from mibun.errors import BudgetExceeded, MibunError, ParseError, ShapeError, UnsupportedOperation
from mibun.function import Function, function
from mibun.language import LANGUAGES, pad, preferred, wrap
from mibun.language import width as columns
from mibun.sheet import WIDTH, Line, plain
from mibun.write import notation

if TYPE_CHECKING:
    from mibun.write.diagram import Diagram

INPUT_LIMIT: Final = 4_000_000  # bytes read from standard input; the reader's own limit is far below
STYLES: Final = {"": "", "result": "bold", "heading": "bold", "note": "dim"}


# What every verb takes. The words are in HELP, by the name of the parameter.
Expr = Annotated[str, typer.Argument(metavar="EXPR")]
Wrt = Annotated[str | None, typer.Option("--wrt", metavar="VARIABLE")]
At = Annotated[str | None, typer.Option("--at", metavar="POINT")]
Order = Annotated[int, typer.Option("--order", metavar="N")]
Depth = Annotated[str, typer.Option("--depth", metavar="idea|working|full")]
Strict = Annotated[bool, typer.Option("--strict")]
Profile = Annotated[str | None, typer.Option("--profile", metavar="ko-school")]
Lang = Annotated[str | None, typer.Option("--lang", metavar="|".join(LANGUAGES))]
Json = Annotated[bool, typer.Option("--json")]
Latex = Annotated[bool, typer.Option("--latex")]
Ascii = Annotated[bool, typer.Option("--ascii")]
Step = Annotated[str | None, typer.Option("--h", metavar="H")]
Digits = Annotated[int, typer.Option("--digits", metavar="N")]
Domain = Annotated[str | None, typer.Option("--domain", metavar="CONDITION")]
Kind = Annotated[str | None, typer.Option("--kind", metavar="KIND")]
Output = Annotated[str | None, typer.Option("--output", "-o", metavar="FILE")]
Open = Annotated[bool, typer.Option("--open")]
Form = Annotated[str, typer.Option("--as", metavar="c|numpy|latex|llvm")]

HELP: Final[dict[str, dict[str, str]]] = {
    "mibun": {
        "en": "Differentiates a function by the rules and shows every step.",
        "ko": "함수를 교과서의 미분법으로 미분하고 풀이를 한 단계씩 보여 줍니다.",
    },
    "sheet": {
        "en": "The whole sheet: how EXPR was read, its derivative, the steps, the slope at a point.",
        "ko": "식을 읽은 방법, 도함수, 풀이, 한 점에서의 기울기.",
    },
    "diff": {"en": "Only the derivative.", "ko": "도함수만."},
    "explain": {
        "en": "The derivation, step by step, in three depths.",
        "ko": "한 단계씩 쓴 풀이. 깊이는 세 가지.",
    },
    "limit": {
        "en": "The difference quotient as h shrinks, its limit, its errors, and what happens at the point.",
        "ko": "h를 줄여 가며 본 평균변화율과 그 극한, 오차, 그 점에서 미분가능한지.",
    },
    "principles": {
        "en": "The derivative from the definition, step by step, with the proofs of the rules it uses.",
        "ko": "도함수의 정의에서 출발한 풀이와, 쓰인 미분법의 증명.",
    },
    "check": {
        "en": "Whether all the ways to the derivative agree; exit status 1 if not.",
        "ko": "도함수를 구하는 모든 방법이 서로 일치하는지 검산. 일치하지 않으면 종료 상태 1.",
    },
    "equal": {
        "en": "Whether two functions are equal: proved, verified, different or undecided; exit status 1 unless equal.",
        "ko": "두 함수가 같은지 판정: proved(증명), verified(검증), different(다름), undecided(판정 불가). "
        "같지 않으면 종료 상태 1.",
    },
    "enclose": {
        "en": "The derivative at a point to many digits, between two numbers with proof.",
        "ko": "한 점에서의 미분계수를 많은 자릿수까지, 증명된 두 수 사이로.",
    },
    "plot": {
        "en": "A picture: the function with its tangent and a secant, its derivative, the error against h, contours.",
        "ko": "그림: 함수와 접선·할선, 도함수, h에 따른 오차, 등고선.",
    },
    "graph": {
        "en": "The computation graph: every value, the local partial derivatives, the adjoints coming back.",
        "ko": "계산 그래프: 단계마다의 값과 국소 편미분, 거꾸로 전해지는 미분(역전파).",
    },
    "source": {
        "en": "Code to build elsewhere: the function with its first derivatives, or only those of --wrt; --order 0, 2.",
        "ko": "C, NumPy 등의 코드로 옮기기: 함수와 도함수. --wrt가 있으면 그 도함수만. "
        "--order 0이면 함수만, 2이면 2계도함수까지.",
    },
    "form": {"en": "The language of the code; c if nothing is said.", "ko": "코드의 언어. 쓰지 않으면 c입니다."},
    "page": {"en": "The file: .svg, .html, .json or .txt.", "ko": "저장할 파일: .svg, .html, .json, .txt."},
    "shown": {
        "en": "Open it in the browser, where one can go through it step by step.",
        "ko": "브라우저로 열어 한 단계씩 보기.",
    },
    "h": {"en": "The step h of the difference quotient.", "ko": "평균변화율의 h."},
    "digits": {"en": "How many digits, up to 1000.", "ko": "자릿수. 1000까지."},
    "domain": {"en": 'Where to compare, as in "x > 0".', "ko": '비교할 범위. 예: "x > 0".'},
    "kind": {
        "en": "tangent, secants, error, derivative, contours or surface; the likeliest is chosen.",
        "ko": "tangent, secants, error, derivative, contours, surface. 없으면 알맞은 것을 고름.",
    },
    "output": {"en": "The file: .svg, .png or .pdf.", "ko": "저장할 파일: .svg, .png, .pdf."},
    "other": {"en": "The second function.", "ko": "두 번째 함수."},
    "expr": {
        "en": "A function as text or LaTeX, in quotation marks; - reads standard input.",
        "ko": "따옴표로 묶은 함수의 식이나 LaTeX. -이면 표준 입력.",
    },
    "wrt": {
        "en": "Differentiate by this variable; several, separated by commas, give one derivative each.",
        "ko": "미분할 변수. 쉼표로 여러 개를 쓰면 하나씩 편미분.",
    },
    "at": {"en": "The point: 1, pi/4, or x=1,y=2.", "ko": "미분계수를 구할 점: 1, pi/4 또는 x=1,y=2."},
    "order": {"en": "The order of the derivative.", "ko": "미분하는 횟수."},
    "depth": {
        "en": "idea: the rules in order; working: what a good student writes; full: every line.",
        "ko": "idea: 쓰인 미분법만 차례로. working: 보통의 풀이. full: 계산까지 모두.",
    },
    "strict": {"en": "Refuse ambiguous input.", "ko": "두 가지로 읽히는 식은 거절."},
    "profile": {"en": "ko-school: log means base 10.", "ko": "ko-school: 밑을 생략한 log를 상용로그(밑 10)로."},
    "lang": {"en": "The language of the answer.", "ko": "출력 언어."},
    "json": {"en": "One JSON object on standard output.", "ko": "JSON 객체 하나로 출력."},
    "latex": {"en": "LaTeX.", "ko": "LaTeX으로 출력."},
    "ascii": {"en": "Plain text that mibun reads back.", "ko": "mibun이 다시 읽을 수 있는 일반 문자로 출력."},
    "help": {"en": "This text.", "ko": "이 도움말."},
    "version": {"en": "The version.", "ko": "버전."},
    "usage": {"en": "Usage", "ko": "사용법"},
    "verbs": {"en": "Verbs", "ko": "명령"},
    "options": {"en": "Options", "ko": "옵션"},
}
PLACES: Final = {
    **{"EXPR": "식", "OPTIONS": "옵션", "VARIABLE": "변수", "POINT": "점", "N": "n", "H": "h"},
    **{"CONDITION": "조건", "FILE": "파일", "KIND": "종류", "EXPR2": "식2"},
}  # in Korean


# The verbs


def sheet(
    expr: Expr,
    wrt: Wrt = None,
    at: At = None,
    order: Order = 1,
    depth: Depth = "working",
    strict: Strict = False,
    profile: Profile = None,
    lang: Lang = None,
    as_json: Json = False,
    latex: Latex = False,
) -> None:
    _one_form(json=as_json, latex=latex)
    _whole(_compose(expr, wrt, at, order, strict, profile, lang, depth, checked=True), as_json, latex)


def diff(
    expr: Expr,
    wrt: Wrt = None,
    at: At = None,
    order: Order = 1,
    strict: Strict = False,
    profile: Profile = None,
    lang: Lang = None,
    as_json: Json = False,
    latex: Latex = False,
    ascii: Ascii = False,
) -> None:
    _one_form(json=as_json, latex=latex, ascii=ascii)
    page = _compose(expr, wrt, at, order, strict, profile, lang, None)
    if as_json:
        _print_json(page.json())
        return
    for note in page.function.notes:
        _print(note.text(page.lang), sys.stderr)
    if not (latex or ascii):
        _show(page.answer)
        return
    for slope in page.slopes:
        _print(slope.derivative.latex() if latex else slope.derivative.ascii())
        if slope.value is not None and slope.value.exact is not None:
            _print((notation.latex if latex else notation.ascii)(slope.value.exact))


def explain(
    expr: Expr,
    wrt: Wrt = None,
    order: Order = 1,
    depth: Depth = "working",
    strict: Strict = False,
    profile: Profile = None,
    lang: Lang = None,
    as_json: Json = False,
    latex: Latex = False,
) -> None:
    _one_form(json=as_json, latex=latex)
    page = _compose(expr, wrt, None, order, strict, profile, lang, depth)
    for slope in page.slopes:
        if slope.unexplained is not None:
            raise slope.unexplained
    _whole(page, as_json, latex)


def limit(
    expr: Expr,
    at: At = None,
    wrt: Wrt = None,
    h: Step = None,
    strict: Strict = False,
    profile: Profile = None,
    lang: Lang = None,
    as_json: Json = False,
    latex: Latex = False,
) -> None:
    _one_form(json=as_json, latex=latex)
    f = function(_source(expr), strict=strict, profile=profile)
    name = _variable(f, wrt)
    study = f.limit(_at(at, f, name), name, h=h)
    _result(f, study, lang, as_json, latex)


def principles(
    expr: Expr,
    wrt: Wrt = None,
    strict: Strict = False,
    profile: Profile = None,
    lang: Lang = None,
    as_json: Json = False,
    latex: Latex = False,
) -> None:
    _one_form(json=as_json, latex=latex)
    f = function(_source(expr), strict=strict, profile=profile)
    _result(f, f.principles(_variable(f, wrt), lang=lang), lang, as_json, latex)


def enclose(
    expr: Expr,
    at: At = None,
    wrt: Wrt = None,
    digits: Digits = 30,
    order: Order = 1,
    strict: Strict = False,
    profile: Profile = None,
    lang: Lang = None,
    as_json: Json = False,
    latex: Latex = False,
) -> None:
    _one_form(json=as_json, latex=latex)
    f = function(_source(expr), strict=strict, profile=profile)
    name = _variable(f, wrt)
    if at is None and f.variables:
        raise ParseError("usage_no_at", example=_example(f.variables))
    _result(f, f.enclose(_at(at, f, name) or {}, name, digits=digits, order=order), lang, as_json, latex)


def equal(
    expr: Expr,
    other: Annotated[str, typer.Argument(metavar="EXPR2")],
    domain: Domain = None,
    strict: Strict = False,
    profile: Profile = None,
    lang: Lang = None,
    as_json: Json = False,
) -> int:
    if expr == other == "-":
        raise ParseError("usage_second")
    f, g = (function(_source(text), strict=strict, profile=profile) for text in (expr, other))
    verdict = f.equals(g, domain=domain)
    if not as_json:
        for note in g.notes:
            _print(note.text(lang or preferred()), sys.stderr)
    _result(f, verdict, lang, as_json, False, other=sheets.reading_json(g, lang or preferred()))
    return 0 if verdict else 1


def check(
    expr: Expr,
    strict: Strict = False,
    profile: Profile = None,
    lang: Lang = None,
    as_json: Json = False,
) -> int:
    f = function(_source(expr), strict=strict, profile=profile)
    report = f.check()
    _result(f, report, lang, as_json, False)
    return 0 if report.ok else 1


def plot(
    expr: Expr,
    at: At = None,
    wrt: Wrt = None,
    h: Step = None,
    kind: Kind = None,
    output: Output = None,
    strict: Strict = False,
    profile: Profile = None,
    lang: Lang = None,
) -> None:
    f = function(_source(expr), strict=strict, profile=profile)
    if not output:
        raise ParseError("usage_no_file")
    name = _variable(f, wrt) if wrt is not None or len(f.variables) < 2 else None
    f.plot(_at(at, f, name), name, h=h, kind=kind, lang=lang).save(output)


def graph(
    expr: Expr,
    at: At = None,
    wrt: Wrt = None,
    page: Output = None,
    shown: Open = False,
    strict: Strict = False,
    profile: Profile = None,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    f = function(_source(expr), strict=strict, profile=profile)
    name = None if wrt is None else _variable(f, wrt)
    diagram = f.graph(_at(at, f, name), name)
    if page is not None:
        diagram.save(page, lang)
    if shown:
        _browse(diagram, page, lang)
    if as_json or (page is None and not shown):
        _result(f, diagram, lang, as_json, False)


def source(
    expr: Expr,
    form: Form = "c",
    wrt: Wrt = None,
    order: Order = 1,
    strict: Strict = False,
    profile: Profile = None,
    lang: Lang = None,
    as_json: Json = False,
) -> None:
    from mibun import source as sources

    f = function(_source(expr), strict=strict, profile=profile)
    lang = lang or preferred()
    names = [*dict.fromkeys(places.split(wrt))] if wrt is not None else []
    if not all(names):
        raise ParseError("usage_no_variable")
    if order < 0:
        raise ShapeError("order", order=order)
    if not names and order > 2:
        raise ParseError("usage_source_order", order=order)
    form = form.lower()
    if names and order:
        text = sources.source([f.diff(name, order=order)._program(form, 0) for name in names], form, lang)
    else:
        text = f.source(form, derivatives=order, lang=lang)
    if as_json:
        _print_json({**sheets.reading_json(f, lang), "language": form, "source": text})
        return
    for note in f.notes:
        _print(note.text(lang), sys.stderr)
    _print(text.removesuffix("\n"))


def _browse(diagram: Diagram, file: str | None, lang: str | None) -> None:
    """Show a diagram in the browser: the file that was written if that is a page or a picture, else a page of its own.
    Where it is goes to standard output, for there may be no browser."""
    import webbrowser

    place = Path(file) if file is not None else None
    if place is None or place.suffix.lower() not in (".svg", ".html"):
        with tempfile.NamedTemporaryFile(prefix="mibun-", suffix=".html", delete=False) as empty:
            place = diagram.save(empty.name, lang)
    _print(str(place))
    webbrowser.open(place.resolve().as_uri())


VERBS: Final[dict[str, Callable[..., int | None]]] = {
    "sheet": sheet,
    "diff": diff,
    "explain": explain,
    "limit": limit,
    "principles": principles,
    "check": check,
    "equal": equal,
    "enclose": enclose,
    "plot": plot,
    "graph": graph,
    "source": source,
}
BARE: Final = "sheet"  # the verb of a command line that names none


def _compose(
    expr: str,
    wrt: str | None,
    at: str | None,
    order: int,
    strict: bool,
    profile: str | None,
    lang: str | None,
    depth: str | None,
    checked: bool = False,
) -> sheets.Sheet:
    f = function(_source(expr), strict=strict, profile=profile)
    names = places.split(wrt) if wrt is not None else []
    if not all(names):
        raise ParseError("usage_no_variable")
    point = _point(at, f, names) if at is not None else {}
    return sheets.sheet(f, names, point, order=order, lang=lang, depth=depth, checked=checked)


def _variable(f: Function, wrt: str | None) -> str:
    """The one variable that a verb is about."""
    names = [name for name in places.split(wrt) if name] if wrt is not None else list(f.variables) or ["x"]
    if not names:
        raise ParseError("usage_no_variable")
    if len(names) > 1:
        raise ParseError("usage_one_variable", variables=", ".join(names), example=f"--wrt {names[0]}")
    return names[0]


def _at(at: str | None, f: Function, name: str | None) -> dict[str, str] | None:
    return None if at is None else _point(at, f, [] if name is None else [name])


def _result(f: Function, result: Any, lang: str | None, as_json: bool, latex: bool, **more: Any) -> None:
    """Print what a verb found: as words for a terminal, as LaTeX, or as one JSON object with how f was read."""
    lang = lang or preferred()
    if as_json:
        _print_json({**sheets.reading_json(f, lang), **more, **result.json()})
        return
    for note in f.notes:
        _print(note.text(lang), sys.stderr)
    if latex:
        _print(result.latex(lang))
        return
    _print(result.text(lang, _width() if sys.stdout.isatty() else WIDTH))


def _whole(page: sheets.Sheet, as_json: bool, latex: bool) -> None:
    if as_json:
        _print_json(page.json())
    elif latex:
        _print(page.latex())
    else:
        _show(page.lines)


def _one_form(**forms: bool) -> None:
    chosen = [f"--{name}" for name, asked in forms.items() if asked]
    if len(chosen) > 1:
        raise ParseError("usage_formats", options=", ".join(chosen))


def _source(expr: str) -> str:
    if expr != "-":
        return expr
    data = sys.stdin.buffer.read(INPUT_LIMIT + 1)
    if len(data) > INPUT_LIMIT:
        raise BudgetExceeded("usage_input", limit=INPUT_LIMIT)
    try:
        return data.decode("utf-8-sig").strip("\r\n")
    except UnicodeDecodeError as error:
        raise ParseError("usage_encoding", position=error.start + 1) from None


_ASSIGNMENT = re.compile(r"([^\W\d]\w*)\s*=(?!=)\s*(.*)", re.DOTALL)


def _point(at: str, f: Function, wrt: Sequence[str]) -> dict[str, str]:
    """``x=1,y=2``, a value for the one variable in question, or one value for each variable in order."""
    names = f.variables or tuple(wrt) or ("x",)
    if not at.strip():
        raise ParseError("usage_no_point", example=_example(names))
    parts = places.split(at)
    assigned = [_ASSIGNMENT.fullmatch(part) for part in parts]
    if all(assigned):
        pairs = [(match[1], match[2]) for match in assigned if match]
    elif any(assigned):
        raise _bad_point(at, names)
    elif len(parts) == 1 and len(wrt or names) == 1:
        pairs = [((wrt or names)[0], parts[0])]
    elif len(parts) == len(names):
        pairs = list(zip(names, parts, strict=True))
    else:
        raise _bad_point(at, names)
    for name, value in pairs:
        if name not in (*names, *wrt):
            raise ParseError("usage_variable", given=name, variables=", ".join(names))
        if not value:
            raise _bad_point(at, names)
    return dict(pairs)


def _bad_point(at: str, names: Sequence[str]) -> ParseError:
    return ParseError("usage_point", given=at, variables=", ".join(names), example=_example(names))


def _example(names: Sequence[str]) -> str:
    return "1" if len(names) == 1 else ",".join(f"{name}={i}" for i, name in enumerate(names[:3], 1))


# Words in


class Verb(TyperCommand):
    """A command whose words may start with a minus sign (-x^2), and whose complaints are in both languages."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        options, words = self._sort(args)
        wanted = [param for param in self.params if param.param_type_name == "argument"]
        if len(words) < len(wanted):
            raise ParseError("usage_second" if words else "usage_missing")
        if len(words) > len(wanted):
            likely = get_close_matches(words[0], VERBS, 1)
            if likely:
                raise ParseError("usage_verb", given=words[0], verb=likely[0])
            raise ParseError("usage_extra", word=words[len(wanted)])
        try:
            return super().parse_args(ctx, [*options, "--", *words])
        except typer.BadParameter as error:
            if error.param is None:
                raise
            name = error.param.opts[0]
            raise ParseError("usage_integer", option=name, given=_after(options, name)) from None

    def _sort(self, args: Iterable[str]) -> tuple[list[str], list[str]]:
        """Options with their values, and the other words: what only looks like an option is none."""
        known = {name: param for param in self.params for name in param.opts if param.param_type_name == "option"}
        options: list[str] = []
        words: list[str] = []
        rest = iter(args)
        for word in rest:
            name, equals, _ = word.partition("=")
            if word == "--":
                words += rest
            elif name in known:
                options.append(word)
                flag = getattr(known[name], "is_flag", False)
                if flag and equals:
                    raise ParseError("usage_flag", option=name)
                if not flag and not equals:
                    value = next(rest, None)
                    if value is None:
                        raise ParseError("usage_value", option=name)
                    options.append(value)
            elif re.fullmatch(r"--[a-z][a-z-]+", name):
                raise ParseError("usage_option", option=name, options=", ".join(known))
            else:
                words.append(word)
        return options, words


def _after(words: Sequence[str], option: str) -> str:
    for i, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name == option:
            return value if equals else words[i + 1]
    return ""


def _command(verb: str) -> TyperCommand:
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command(verb, cls=Verb, add_help_option=False)(VERBS[verb])
    command = typer.main.get_command(app)
    assert isinstance(command, TyperCommand)
    return command


def _language(words: Sequence[str]) -> str:
    """The language asked for, known before the words are understood, since complaints are in it, too."""
    asked = preferred()
    for i, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name == "--lang":
            given = value if equals else next(iter(words[i + 1 : i + 2]), "")
            asked = given if given in LANGUAGES else asked
    return asked if asked != "ko" or _can_print("가", sys.stdout) else "en"


def run(words: Sequence[str]) -> int:
    """Do what a command line says and return the exit status."""
    lang = _language(words)
    asked = words[: words.index("--")] if "--" in words else words
    verb, rest = (words[0], words[1:]) if words and words[0] in VERBS else (BARE, words)
    status = 0
    try:
        if "--version" in asked:
            _print(f"mibun {__version__}")
        elif not words or "--help" in asked or "-h" in asked:
            _print(help_page(verb, lang))
        else:
            command = _command(verb)
            with command.make_context("mibun", list(rest)) as context:
                given = context.params["lang"]
                if given not in (None, *LANGUAGES):
                    raise ParseError("language", given=given)
                context.params["lang"] = lang
                status = command.invoke(context) or 0
        sys.stdout.flush()
    except MibunError as error:
        return _complain(error, lang)
    except BrokenPipeError:
        # Whoever read the output has gone; nothing is left to say, not even when Python flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + 13
    except OSError as error:
        return _complain(UnsupportedOperation("usage_output", reason=error.strerror or type(error).__name__), lang)
    except KeyboardInterrupt:
        return 128 + 2
    except (MemoryError, RecursionError):
        return _complain(BudgetExceeded("usage_resources"), lang)
    return status


def main() -> None:
    """The entry point of the command ``mibun``."""
    sys.exit(run(sys.argv[1:]))


# Words out


def _can_print(text: str, stream: TextIO) -> bool:
    return _encodes(text, stream.encoding or "utf-8")


def _encodes(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _print(text: str, stream: TextIO | None = None) -> None:
    """Print; what the stream has no letters for, in ASCII."""
    stream = stream or sys.stdout
    if not _can_print(text, stream):
        encoding = stream.encoding or "ascii"
        text = transcribe(text, encoding).encode(encoding, "replace").decode(encoding)
    stream.write(text + "\n")


def _print_json(value: dict[str, Any]) -> None:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    _print(text if _can_print(text, sys.stdout) else json.dumps(value))


def _complain(error: MibunError, lang: str) -> int:
    _print(error.text(lang, WIDTH), sys.stderr)
    return 2


_ASCII: Final = {
    **{"′": "'", "″": "''", "‴": "'''", "·": "*", "×": "*", "÷": "/", "−": "-", "⁄": "/", "π": "pi", "∞": "oo"},
    **{"√": "sqrt ", "∛": "cbrt ", "∜": "4th root ", "⌊": "floor(", "⌈": "ceil(", "⌋": ")", "⌉": ")", "∂": "d"},
    **{"←": "<-", "•": "o", "–": "-", "⋯": "...", "▽": "v"},
    **{"→": "->", "≈": "~", "≤": "<=", "≥": ">=", "≠": "!=", "±": "+-", "…": "...", "—": "-"},
    **{"“": '"', "”": '"', "‘": "'", "’": "'"},
}


def transcribe(text: str, encoding: str = "ascii") -> str:
    """``text`` for a terminal that has only ``encoding``; what has no name in ASCII stays as it is.

    >>> transcribe("f′(x) = ½ x² + e^(−x) · sin α + xⁿ⁻¹")
    "f'(x) = 1/2 x^2 + e^(-x) * sin alpha + x^(n-1)"
    >>> transcribe("∂f/∂x = ⌊x⌋ · x² − xⁿ⁻¹", "cp949")
    '∂f/∂x = floor(x) · x² - x^(n-1)'
    """
    parts = [""]
    word = False  # the last part is a word in place of a sign
    for raised, group in groupby(text, _raised):
        for piece in ["".join(group)] if raised else group:  # an exponent is written one way or the other as a whole
            shown = piece if _encodes(piece, encoding) else "".join(map(_plain, piece))
            new = shown != piece and len(shown) > 1
            if shown != piece and raised:
                shown = "^" + (shown if len(shown) == 1 or shown[0] == "(" else f"({shown})")
            if (word or new) and parts[-1][-1:].isalnum() and shown[0].isalnum():
                parts.append(" ")
            parts.append(shown)
            word = new
    return "".join(parts)


def _raised(char: str) -> bool:
    return unicodedata.decomposition(char).startswith("<super>")


def _plain(char: str) -> str:
    """A character in ASCII."""
    if char in _ASCII:
        return _ASCII[char]
    kind, _, code = unicodedata.decomposition(char).partition(" ")
    if kind[:1] == "<":
        return "".join(_plain(chr(int(c, 16))) for c in code.split())
    name = unicodedata.name(char, "")
    return name.rpartition(" ")[2].lower() if name.startswith("GREEK") else char


def _width() -> int:
    """Of the terminal, within reason."""
    return min(max(shutil.get_terminal_size().columns, 40), 120)


def _show(lines: Callable[[int], list[Line]]) -> None:
    """Print lines: with Rich's styles on a terminal, plain in a pipe."""
    if not sys.stdout.isatty():
        _print("\n".join(plain(line) for line in lines(WIDTH)))
        return
    page = lines(_width())
    if not _can_print("\n".join(plain(line) for line in page), sys.stdout):
        _print("\n".join(plain(line) for line in page))
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=True)
    for line in page:
        console.print(Text.assemble(*[(text, STYLES[role]) for text, role in line]))


def help_page(verb: str, lang: str) -> str:
    """The help page of a verb; of the bare command with the list of verbs."""
    command = _command(verb)
    bare = verb == BARE
    name = "mibun" if bare else f"mibun {verb}"
    arguments = [param for param in command.params if param.param_type_name == "argument"]
    rows = [(_place(param.metavar, lang), _about(param.name, lang)) for param in arguments]
    for param in command.params:
        if param.param_type_name == "option":
            left = ", ".join(sorted(param.opts, key=len)) + (f" {_place(param.metavar, lang)}" if param.metavar else "")
            rows.append((left, _about(param.name, lang)))
    rows += [("--help", HELP["help"][lang]), ("--version", HELP["version"][lang])]
    words = " ".join([*[_place(param.metavar, lang) for param in arguments], f"[{_place('OPTIONS', lang)}]"])
    parts = [HELP["mibun" if bare else verb][lang], "", f"{HELP['usage'][lang]}: {name} {words}"]
    if bare:
        expr = _place("EXPR", lang)
        others = [(f"mibun {other} {expr}", HELP[other][lang]) for other in VERBS if other != BARE]
        parts += ["", f"{HELP['verbs'][lang]}:", *_table([(f"mibun {expr}", HELP[BARE][lang]), *others])]
    return "\n".join([*parts, "", f"{HELP['options'][lang]}:", *_table(rows)])


def _place(name: str | None, lang: str) -> str:
    """What stands for a word that is to be filled in."""
    return PLACES.get(name or "", name or "") if lang == "ko" else name or ""


def _about(name: str | None, lang: str) -> str:
    return HELP[(name or "").removeprefix("as_")][lang]


def _table(rows: Sequence[tuple[str, str]]) -> list[str]:
    left = max(columns(name) for name, _ in rows) + 4
    return [line for name, text in rows for line in wrap(text, WIDTH, pad(f"  {name}", left), " " * left)]
