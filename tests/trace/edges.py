"""What happens at edges: kinks, poles, ties, branches that are not taken, empty arrays, singular matrices.

The rows are those of ``tests/data/edges_peers.json``, which holds the answers of JAX, PyTorch and autograd;
``tests/data/edges.json`` holds mibun's. ``python -m tests.trace.edges`` writes that file and docs/edges.md anew: read
the difference before it is committed, for the table is the policy.
"""

from __future__ import annotations

import json
import math
import re
from functools import partial, reduce
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import scipy.special

import mibun as mb

ROOT = Path(__file__).parents[2]
PEERS = json.loads((ROOT / "tests/data/edges_peers.json").read_text(encoding="utf-8"))
ROWS: list[dict[str, Any]] = PEERS["rows"]
STORED = ROOT / "tests/data/edges.json"
DOCUMENTS = {"en": ROOT / "docs/edges.md", "ko": ROOT / "docs/edges.ko.md"}


class Group(NamedTuple):
    """Rows that follow one rule: which keys, what they are called, and the rule in a sentence."""

    keys: str
    en: str
    ko: str
    rule_en: str
    rule_ko: str


GROUPS = [
    Group(
        "where|mask",
        "Branches that are not taken",
        "선택되지 않은 쪽",
        "The branch of a `where` that is not taken, and whatever only it uses, counts nothing: its infinite slopes "
        "never "
        "become NaN, in both modes and in second derivatives.",
        "`where`에서 선택되지 않은 쪽과 그쪽에서만 쓰는 값은 미분에 아무 "
        "영향도 주지 않습니다. 그쪽의 기울기가 무한대여도 "
        "순방향과 역방향, 이계도함수 모두에서 NaN이 되지 않습니다.",
    ),
    Group(
        "norm|sqrt of|hypot|var|std|arctan2",
        "Distances, spreads and angles at 0",
        "0에서의 거리, 표준편차, 편각",
        "A distance has a kink at 0. Its derivative there is 0, the subgradient of least norm; a spread of equal "
        "values "
        "and an angle at the origin go with it.",
        "거리는 0에서 뾰족하게 꺾입니다. 그곳의 미분계수는 서브그래디언트(subgradient) 가운데 "
        "크기가 가장 작은 0으로 정합니다. "
        "모두 같은 값의 표준편차와 원점에서의 편각도 마찬가지입니다.",
    ),
    Group(
        "abs|fabs|x abs|sign|heaviside|floor|ceil|trunc|round|mod|fmod",
        "Kinks and steps",
        "꺾이는 점과 계단",
        "At a kink of one variable the subgradient of least norm counts, 0 for |x|. Steps have derivative 0 "
        "everywhere.",
        "변수가 하나인 꺾이는 점에서는 크기가 가장 작은 서브그래디언트를 씁니다. "
        "|x|에서는 0입니다. 계단함수의 미분계수는 어디서나 "
        "0입니다.",
    ),
    Group(
        "clip|relu|maximum|minimum|fmax",
        "Comparing two values",
        "두 값의 비교",
        "Two that vary and tie share the derivative equally. A tie with a constant counts 0, and so does a bound of "
        "`clip`: again the subgradient of least norm.",
        "변하는 두 값이 같으면 미분계수를 똑같이 나눕니다. 상수와 같을 때와 "
        "`clip`의 경계에서는 0입니다. 이것도 크기가 가장 "
        "작은 서브그래디언트입니다.",
    ),
    Group(
        r"max|min|sort|median",
        "The largest, the smallest, the order",
        "최댓값, 최솟값, 정렬",
        "All entries that tie for the extreme share its derivative equally. `sort` keeps the order of equal entries, "
        "and "
        "each passes on the derivative of its place.",
        "최댓값이나 최솟값이 여럿이면 미분계수를 똑같이 나눕니다. `sort`는 "
        "같은 값의 순서를 그대로 두고, 값마다 자기 자리의 "
        "미분계수를 받습니다.",
    ),
    Group(
        r"x\*\*|cbrt|0\*\*x|2\*\*x|\(-2\)",
        "Powers",
        "거듭제곱",
        "x⁰ is constant, at 0 as well, and 0ʸ does not vary for y > 0. By the exponent a power of a negative number "
        "has no "
        "derivative: NaN.",
        "x⁰은 0에서도 상수이고, 0ʸ은 y > 0에서 변하지 않습니다. 음수의 거듭제곱은 지수로 미분할 수 없으므로 NaN입니다.",
    ),
    Group(
        "log1p|log|x log x|1/x|reciprocal|x/y|sqrt|arc|tan|sinc|sin",
        "Poles, vertical tangents, holes",
        "극점, 수직 접선, 빈틈",
        "What grows beyond all bounds stays infinite, with its sign where it has one; where there is no derivative "
        "there is "
        "NaN. `np.sinc` has its derivatives at 0; sin(x)/x as written is 0/0 there.",
        "한없이 커지는 것은 부호가 있으면 부호와 함께 무한대로 두고, 미분계수가 없으면 NaN입니다. `np.sinc`는 0에서도 "
        "미분계수가 있지만, sin(x)/x라고 쓰면 0에서 0/0이 됩니다.",
    ),
    Group(
        "tanh|logistic|softplus|logaddexp|logsumexp|nan_to_num|exp",
        "Far out and at infinity",
        "아주 큰 값과 무한대",
        "Saturated functions have derivative 0, not NaN. Equal infinities in `logaddexp` share equally.",
        "더는 변하지 않는 함수의 미분계수는 NaN이 아니라 0입니다. `logaddexp`에서 같은 무한대끼리는 똑같이 나눕니다.",
    ),
    Group(
        "empty",
        "Empty arrays",
        "빈 배열",
        "An empty array has an empty derivative; what NumPy refuses is refused.",
        "빈 배열의 미분도 빈 배열이고, NumPy가 거절하는 것은 거절합니다.",
    ),
    Group(
        "prod|cumprod",
        "Products with zeros",
        "0이 있는 곱",
        "The derivative by an entry is the product of the others: right with one zero, with two, and to second order.",
        "성분 하나로 미분하면 나머지의 곱입니다. 0이 하나이든 둘이든, 이계도함수까지 옳습니다.",
    ),
    Group(
        "eigvalsh|det|slogdet|inv|solve|cholesky",
        "Matrices",
        "행렬",
        "NumPy reads one triangle in `eigvalsh` and `cholesky`, and so does the derivative. Equal eigenvalues have no "
        "derivatives of their own; symmetric functions of them have, but in forward over forward mode their second "
        "derivatives are NaN there. `det` has its derivative at singular matrices, too.",
        "`eigvalsh`와 `cholesky`에서 NumPy는 한쪽 삼각형만 읽으며, "
        "미분도 그렇습니다. 같은 고윳값은 따로 미분할 수 없지만 "
        "고윳값의 대칭식은 미분할 수 있습니다. 다만 순방향을 두 번 쓴 이계도함수는 그곳에서 "
        "NaN입니다. `det`는 역행렬이 없는 행렬에서도 미분계수가 있습니다.",
    ),
]

WORDS = {
    "en": {
        "title": "# Edges",
        "links": "[한국어](edges.ko.md) · [NumPy code](numpy.md) · [README](../README.md)",
        "intro": "Where a function has a kink, a pole or a tie, or where it has no derivative at all, something has "
        "to be "
        "answered nevertheless. This is what mibun answers in NumPy code, and what others do. Formulas are more "
        "exacting: `mibun limit` gives the slopes of both sides.",
        "policy": "The policy in five lines:",
        "head": "| expression | at | first | second | JAX | PyTorch | autograd |",
        "note": "First and second derivatives by all arguments. Both modes agree in mibun, in the second derivative "
        "all four "
        "orders of them; where a peer's modes differ, reverse stands before `/` and forward behind. A name is the "
        "error "
        "that a peer raises. Versions: JAX {jax}, PyTorch {pytorch}, autograd {autograd}.",
        "lines": [
            "At a kink, the subgradient of least norm.",
            "At a tie, equal shares.",
            "At a pole or a vertical tangent, infinity.",
            "Where there is no derivative, NaN.",
            "What is not taken counts nothing.",
        ],
    },
    "ko": {
        "title": "# 특별한 점",
        "links": "[English](edges.md) · [NumPy 코드](numpy.ko.md) · [README](../README.ko.md)",
        "intro": "함수가 꺾이거나 한없이 커지거나 값이 서로 같아지는 점, 또는 "
        "미분계수가 아예 없는 점에서도 무엇인가 답해야 "
        "합니다. NumPy 코드에서 mibun이 무엇이라고 답하는지, 다른 라이브러리는 어떻게 하는지 정리했습니다. 식에서는 더 "
        "엄밀합니다. `mibun limit`은 양쪽의 기울기를 모두 알려 줍니다.",
        "policy": "원칙은 다섯 줄입니다.",
        "head": "| 식 | 점 | 미분계수 | 이계 | JAX | PyTorch | autograd |",
        "note": "모든 인수로 미분한 값입니다. mibun에서는 순방향과 역방향이 같고, "
        "이계에서는 네 가지 순서가 모두 같습니다. 다른 "
        "라이브러리에서 방향에 따라 값이 다르면 `/` 앞이 역방향, 뒤가 "
        "순방향입니다. 이름은 그 라이브러리가 내는 오류입니다. "
        "버전: JAX {jax}, PyTorch {pytorch}, autograd {autograd}.",
        "lines": [
            "꺾이는 점에서는 크기가 가장 작은 서브그래디언트를 씁니다.",
            "값이 같으면 똑같이 나눕니다.",
            "한없이 커지거나 접선이 수직이면 무한대입니다.",
            "미분계수가 없으면 NaN입니다.",
            "선택되지 않은 쪽은 영향을 주지 않습니다.",
        ],
    },
}


def group_of(row: dict[str, Any]) -> Group:
    for group in GROUPS:
        if re.match(group.keys, row["key"]):
            return group
    raise AssertionError(row["key"])


def plain(value: Any) -> Any:
    """Numbers and arrays as JSON has them, rounded to what counts."""
    if isinstance(value, tuple | list):
        return [plain(part) for part in value]
    if isinstance(value, dict):
        return value
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    number = float(value)
    if math.isnan(number):
        return "nan"
    if math.isinf(number):
        return "inf" if number > 0 else "-inf"
    return round(number, 10) + 0.0


def numbers(value: Any) -> Any:
    return [numbers(part) for part in value] if isinstance(value, list) else float(value)


class Question:
    """One row: a function of NumPy's, and the point."""

    def __init__(self, row: dict[str, Any]) -> None:
        names = {"np": np, "scipy": scipy}
        # The expressions are the table's own.
        self.fn = eval(f"lambda {', '.join(row['arguments'])}: {row['expression']}", names)
        self.point = tuple(
            np.array(numbers(part), dtype=float) if isinstance(part, list) else float(part) for part in row["point"]
        )
        self.argnums: Any = 0 if len(self.point) == 1 else tuple(range(len(self.point)))
        self.wrap = mb.vmap if row.get("vmap") else (lambda fn: fn)

    def first(self, mode: str) -> Any:
        return self._twice(mb.jacobian(self.fn, argnums=self.argnums, mode=mode))

    def second(self, outer: str, inner: str) -> Any:
        rows = mb.jacobian(self.fn, argnums=self.argnums, mode=inner)
        return self._twice(mb.jacobian(rows, argnums=self.argnums, mode=outer))

    def _twice(self, fn: Any) -> Any:
        """The answer, or the name of an error; the same at a first call and at a replayed one."""
        wrapped = self.wrap(fn)
        answers = []
        with np.errstate(all="ignore"):
            for _ in range(2):
                try:
                    answers.append(plain(wrapped(*self.point)))
                except (ArithmeticError, ValueError, np.linalg.LinAlgError, mb.MibunError) as error:
                    answers.append({"error": type(error).__name__})
        assert answers[0] == answers[1]
        return answers[0]


def ask(row: dict[str, Any]) -> dict[str, Any]:
    """mibun's first and second derivatives, the same in every mode."""
    question = Question(row)
    modes = ("reverse", "forward")
    first = [question.first(mode) for mode in modes]
    second = [question.second(outer, inner) for outer in modes for inner in modes]
    if row["key"].startswith("eigvalsh"):  # at equal eigenvalues some orders of the modes have no answer
        smooth = row["key"].removeprefix("eigvalsh, ") in ("sum", "sum of squares", "log det", "1×1")
        return {"first": agreed(first), "second": reduce(partial(merged, known=smooth), second)}
    return {"first": agreed(first), "second": agreed(second)}


def merged(a: Any, b: Any, known: bool) -> Any:
    """Two answers as one, entry by entry. Where one is NaN the other counts if it is ``known`` that there is one; else
    answers that differ say that there is none."""
    if isinstance(a, list) and isinstance(b, list):
        return [merged(x, y, known) for x, y in zip(a, b, strict=True)]
    if "nan" in (a, b):
        return (b if a == "nan" else a) if known else "nan"
    assert same(a, b) or not known, (a, b)
    return a if same(a, b) else "nan"


def agreed(answers: list[Any]) -> Any:
    """One answer for all modes: they agree to rounding."""
    for other in answers[1:]:
        assert same(answers[0], other), answers
    return answers[0]


def same(a: Any, b: Any) -> bool:
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=1e-8, abs_tol=1e-8)
    return bool(a == b)


# The document


def shown(value: Any) -> str:
    """A number with a few digits, an array in short, an error by its name."""
    if isinstance(value, dict):
        return str(value.get("error", value))
    if isinstance(value, list):
        text = "[" + ", ".join(map(shown, value)) + "]"
        return text if len(text) <= 40 else text[:38] + "…"
    if isinstance(value, str):
        return {"nan": "NaN", "inf": "∞", "-inf": "−∞"}.get(value, value)
    return f"{value:.4g}".replace("-", "−")


def of_peer(answer: dict[str, Any]) -> str:
    """First derivatives of a peer; those of both modes where they differ."""
    found = answer.get("first", answer)
    modes = list(dict.fromkeys(shown(found[mode]) for mode in ("reverse", "forward") if mode in found))
    return " / ".join(modes) if modes else shown(found)


def document(lang: str, answers: list[dict[str, Any]]) -> str:
    say: Any = WORDS[lang]
    versions = PEERS["versions"]
    lines = [say["title"], "", say["links"], "", say["intro"], "", say["policy"], ""]
    lines += [f"- {line}" for line in say["lines"]]
    lines += ["", say["note"].format(**versions)]
    for group in GROUPS:
        rows = [(row, answer) for row, answer in zip(ROWS, answers, strict=True) if group_of(row) is group]
        lines += ["", f"## {group.en if lang == 'en' else group.ko}", ""]
        lines += [group.rule_en if lang == "en" else group.rule_ko, "", say["head"], "|---|---|---|---|---|---|---|"]
        for row, answer in rows:
            point = ", ".join(map(shown, row["point"]))
            code = row["expression"].replace("|", r"\|") + (" (vmap)" if row.get("vmap") else "")
            cells = [f"`{code}`", point, shown(answer["first"]), shown(answer["second"])]
            cells += [of_peer(row[peer]) for peer in ("jax", "pytorch", "autograd")]
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def stored() -> list[dict[str, Any]]:
    answers: list[dict[str, Any]] = json.loads(STORED.read_text(encoding="utf-8"))
    return answers


def main() -> None:
    answers = [{"key": row["key"], "expression": row["expression"], "point": row["point"], **ask(row)} for row in ROWS]
    text = "[\n" + ",\n".join(json.dumps(answer, ensure_ascii=False) for answer in answers) + "\n]\n"
    STORED.write_text(text, encoding="utf-8")
    for lang, path in DOCUMENTS.items():
        path.write_text(document(lang, answers), encoding="utf-8")


if __name__ == "__main__":
    main()
