"""A compression in words: what is compressed, by which method from which source, and with how many passes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mibun.language import fill, wrap
from mibun.sparse.compressed import FORWARD, MIXED, REVERSE, SYMMETRIC

if TYPE_CHECKING:
    from mibun.sparse.compressed import Compression, Passes

# What found a colouring, in both languages, and the source.
METHODS: Final[dict[str, tuple[str, str, str]]] = {
    "natural": ("greedy, one after the other", "앞에서부터 차례로 칠하기", ""),
    "largest first": ("greedy, those that meet most others first", "이웃이 많은 것부터 칠하기", "Welsh, Powell 1967"),
    "smallest last": (
        "greedy, those that meet fewest others last",
        "이웃이 적은 것을 뒤로 미루어 칠하기",
        "Matula 1968",
    ),
    "incidence degree": (
        "greedy, next the one that meets most of those before",
        "이미 칠한 이웃이 많은 것부터 칠하기",
        "Coleman, Moré 1983",
    ),
    "saturation": (
        "greedy, next the one that sees most colours",
        "이웃의 색이 다양한 것부터 칠하기",
        "Brélaz 1979",
    ),
    "recolored": (
        "greedy again and again, whole colours rearranged",
        "색의 차례를 바꾸어 다시 칠하기",
        "Culberson 1992",
    ),
    "lattice": ("linear in the coordinates of a grid", "격자의 좌표에 대한 일차식으로 칠하기", "Goldfarb, Toint 1984"),
    "each": ("all meet, each gets its own", "모두 서로 만나므로 각각 다른 색", ""),
    "": ("given", "주어진 색", ""),
}
SOURCES: Final = {
    FORWARD: "Curtis, Powell, Reid 1974; Coleman, Moré 1983",
    REVERSE: "Curtis, Powell, Reid 1974; Coleman, Moré 1983",
    SYMMETRIC: "Coleman, Moré 1984; Gebremedhin, Manne, Pothen 2005",
}
WORDS: Final[dict[str, dict[str, str]]] = {
    "en": {
        FORWARD: "Sparse Jacobian",
        REVERSE: "Sparse Jacobian",
        MIXED: "Sparse Jacobian",
        SYMMETRIC: "Sparse Hessian",
        "size": "{matrix}, {rows} × {columns}: {entries} entries that can differ from 0 ({share}%)",
        "rule forward": "columns that share no row have the same colour",
        "rule reverse": "rows that share no column have the same colour",
        "rule symmetric": "in a star, each entry or its mirror image is the only one of its row and colour",
        "coloring": "Colouring: {rule} ({source})",
        "method": "Found by: {method}",
        "colors": "Colours: {count}",
        "passes forward": "Passes: {count} forward instead of {all}",
        "passes reverse": "Passes: {count} in reverse instead of {all}",
        "mixed forward": "Rows with many entries, found in reverse: {full}; the rest forward (Coleman, Verma 1998)",
        "mixed reverse": "Columns with many entries, found forward: {full}; the rest in reverse (Coleman, Verma 1998)",
        "passes mixed": "Passes: {forward} forward and {reverse} in reverse",
        "passes symmetric": "Passes: {count} forward through the gradient instead of {all}",
        "line column": "column",
        "line columns": "columns",
        "line row": "row",
        "line rows": "rows",
        "group": "{color}: {lines}",
        "rest": "{lines}, … ({count} in all)",
        "none": "in no pass",
        "numbers": "The number in a cell is the pass that the entry is read from.",
        "part": "rows {top}–{bottom}, columns {left}–{right}",
        "shade": "Each block is {side} × {side} entries; the darker, the more of them can differ from 0.",
        "legend column": "Columns in each pass",
        "legend row": "Rows in each pass",
        "more": "… {count} more",
    },
    "ko": {
        FORWARD: "희소 야코비 행렬",
        REVERSE: "희소 야코비 행렬",
        MIXED: "희소 야코비 행렬",
        SYMMETRIC: "희소 헤세 행렬",
        "size": "{matrix}, {rows} × {columns}: 0이 아닐 수 있는 성분 {entries}개({share}%)",
        "rule forward": "같은 행에서 만나지 않는 열끼리 같은 색",
        "rule reverse": "같은 열에서 만나지 않는 행끼리 같은 색",
        "rule symmetric": "별 색칠. 성분 자신이나 대칭인 성분이 그 행에서 그 색의 유일한 성분",
        "coloring": "색칠 규칙: {rule}({source})",
        "method": "색칠 방법: {method}",
        "colors": "색의 수: {count}",
        "passes forward": "계산 횟수: 순방향 {count}번(따로따로 하면 {all}번)",
        "passes reverse": "계산 횟수: 역방향 {count}번(따로따로 하면 {all}번)",
        "mixed forward": "성분이 많은 행 {full}개는 역방향으로, 나머지는 순방향으로(Coleman, Verma 1998)",
        "mixed reverse": "성분이 많은 열 {full}개는 순방향으로, 나머지는 역방향으로(Coleman, Verma 1998)",
        "passes mixed": "계산 횟수: 순방향 {forward}번과 역방향 {reverse}번",
        "passes symmetric": "계산 횟수: 기울기를 순방향으로 {count}번(따로따로 하면 {all}번)",
        "line column": "열",
        "line columns": "열",
        "line row": "행",
        "line rows": "행",
        "group": "{color}: {lines}",
        "rest": "{lines}, …(모두 {count}개)",
        "none": "계산하지 않음",
        "numbers": "칸의 수는 그 성분을 읽어 내는 계산의 번호입니다.",
        "part": "{top}–{bottom}행, {left}–{right}열",
        "shade": "칸 하나는 성분 {side} × {side}개입니다. 0이 아닐 수 있는 성분이 많을수록 어둡습니다.",
        "legend column": "계산마다 열의 수",
        "legend row": "계산마다 행의 수",
        "more": "… 그 밖에 {count}개",
    },
}
SHOWN: Final = 8  # columns of a colour that are named
GROUPS: Final = 24  # colours that are listed


def summary(found: Passes, lang: str) -> list[str]:
    """Size, method and source, colours and passes, a sentence each."""
    say = WORDS[lang]
    rows, columns = found.shape
    facts = {
        "matrix": say[found.mode],
        "rows": rows,
        "columns": columns,
        "entries": found.pattern.nnz,
        "share": f"{100 * found.pattern.nnz / max(1, rows * columns):.3g}",
        "count": found.passes,
    }
    lines = [fill(say["size"], facts, lang)]
    lines += [line for part in found.parts for line in _method(part, lang)]
    lines.append(fill(say["colors"], facts, lang))
    if found.mode == MIXED:
        first, second = found.parts
        facts |= {
            "forward": sum([part.passes for part in found.parts if part.mode == FORWARD]),
            "reverse": sum([part.passes for part in found.parts if part.mode == REVERSE]),
            "full": second.full_lines,
        }
        lines.insert(1, fill(say[f"mixed {first.mode}"], facts, lang))
        lines.append(fill(say["passes mixed"], facts, lang))
    else:
        (part,) = found.parts
        lines.append(fill(say[f"passes {part.mode}"], {**facts, "all": len(part.colors)}, lang))
    return lines


def _method(part: Compression, lang: str) -> list[str]:
    say = WORDS[lang]
    english, korean, source = METHODS[part.method]
    method = korean if lang == "ko" else english
    facts = {"rule": say[f"rule {part.mode}"], "source": SOURCES[part.mode]}
    lines = [fill(say["coloring"], facts, lang)]
    if part.method:
        lines.append(fill(say["method"], {"method": f"{method} ({source})" if source else method}, lang))
    return lines


def text(found: Passes, lang: str, columns: int) -> str:
    """The summary, the columns of each colour, and, where it fits into the width, the pattern with the number of the
    pass at each entry."""
    lines = [line for sentence in summary(found, lang) for line in wrap(sentence, columns, "", "  ")]
    lines += ["", *_groups(found, lang, columns)]
    digits = len(str(found.passes))
    rows, across = found.shape
    if 0 < rows <= columns and 0 < across * (digits + 1) <= columns:
        cells = [["·".rjust(digits)] * across for _ in range(rows)]
        entries = found.pattern.tocoo()
        for row, column, number in zip(entries.row.tolist(), entries.col.tolist(), found.numbers.tolist(), strict=True):
            cells[row][column] = str(number).rjust(digits)
        lines += ["", *[" ".join(line) for line in cells], "", *wrap(WORDS[lang]["numbers"], columns)]
    return "\n".join(lines)


def _groups(found: Passes, lang: str, columns: int) -> list[str]:
    import numpy as np

    say = WORDS[lang]
    lines: list[str] = []
    number = 0
    for part in found.parts:
        kind = "line row" if part.mode == REVERSE else "line column"
        for color in range(1, part.passes + 1):
            number += 1
            if number > GROUPS:
                continue
            members = np.flatnonzero(part.colors == color)
            named = say[kind if len(members) == 1 else kind + "s"] + " " + ", ".join(map(str, members[:SHOWN].tolist()))
            if len(members) > SHOWN:
                named = fill(say["rest"], {"lines": named, "count": len(members)}, lang)
            lines += wrap(fill(say["group"], {"color": number, "lines": named}, lang), columns, "  ", "     ")
    if number > GROUPS:
        lines.append("  " + fill(say["more"], {"count": number - GROUPS}, lang))
    return lines
