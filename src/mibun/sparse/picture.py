"""A sparse pattern and its passes as a picture: SVG as plain text, the same text every time.

No colour means anything by itself: where a cell has room, the number of its pass stands in it, and the legend has the
number beside the colour.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from xml.sax.saxutils import escape

from mibun.language import fill, width
from mibun.sparse import report
from mibun.sparse.compressed import REVERSE
from mibun.sparse.report import WORDS

if TYPE_CHECKING:
    from mibun.sparse.compressed import Passes

SIDE: Final = 640  # of the largest picture of a pattern, in pixels
NUMBERED: Final = 13  # pixels of a cell that has room for a number
LARGEST: Final = 22  # pixels of a cell
WHOLE: Final = 200  # rows or columns that are drawn one by one
DETAIL: Final = 24  # rows and columns of the enlarged beginning
MARGIN: Final = 16
LEGEND: Final = 24  # colours in the legend
LETTER: Final = 7  # pixels of a column of text, about

INK: Final = "#222222"
FRAME: Final = "#888888"
# Light enough for black digits (tints of Okabe and Ito's set, which stay apart for the colour-blind).
TINTS: Final = ("#a8d4f0", "#f5c77e", "#9bdcc3", "#f2b8d8", "#f6ee8e", "#8fb8e8", "#f3a982", "#cccccc")
SHADES: Final = ("#d0d0d0", "#a0a0a0", "#6c6c6c", "#383838")


class Part(NamedTuple):
    """A rectangle of the pattern: where its entries lie within it and in which pass they are read."""

    rows: int
    columns: int
    row: Any
    column: Any
    number: Any


def tint(number: int) -> str:
    """The colour of a pass: the ones of the set first, then hues a golden angle apart."""
    if number <= len(TINTS):
        return TINTS[number - 1]
    return f"hsl({number * 137 % 360},60%,{80 - number % 3 * 7}%)"


def draw(found: Passes, lang: str) -> str:
    """The picture of a pattern and its passes, in ``lang``."""
    say = WORDS[lang]
    lines = report.summary(found, lang)
    rows, columns = found.shape
    body: list[str] = []
    y = MARGIN + 4
    for line in lines:
        y += 16
        body.append(_text(MARGIN, y, line, bold=line is lines[0]))
    y += 14
    right = MARGIN + max(LETTER * width(line) for line in lines)

    whole = _part(found, 0, rows, 0, columns)
    side = max(rows, columns, 1)
    cell = min(LARGEST, max(1, SIDE // side))
    notes = []
    if side <= WHOLE:
        body += _cells(whole, MARGIN, y, cell)
        bottom, edge = y + cell * rows, MARGIN + cell * columns
    else:
        block = -(-side // WHOLE)
        cell = SIDE // -(-side // block)
        body += _blocks(whole, MARGIN, y, cell, block)
        bottom, edge = y + cell * -(-rows // block), MARGIN + cell * -(-columns // block)
        notes.append(fill(say["shade"], {"side": block}, lang))
    if cell < NUMBERED:
        top, left = _beginning(whole)
        detail = _part(found, top, min(rows, top + DETAIL), left, min(columns, left + DETAIL))
        facts = {"top": top, "bottom": top + detail.rows - 1, "left": left, "right": left + detail.columns - 1}
        edge += 2 * MARGIN
        body.append(_text(edge, y + 10, fill(say["part"], facts, lang)))
        body += _cells(detail, edge, y + MARGIN, LARGEST)
        bottom = max(bottom, y + MARGIN + LARGEST * detail.rows)
        edge += max(LARGEST * detail.columns, LETTER * width(fill(say["part"], facts, lang)))
    right = max(right, edge)
    y = bottom + 8
    for line in [*notes, say["numbers"]]:
        y += 16
        body.append(_text(MARGIN, y, line))
        right = max(right, MARGIN + LETTER * width(line))
    legend, bottom, edge = _legend(found, y + 12, max(right, 420), lang)
    body += legend
    return _framed(body, max(right, edge) + MARGIN, bottom + MARGIN, lines)


def _part(found: Passes, top: int, bottom: int, left: int, right: int) -> Part:
    entries = found.pattern.tocoo()
    inside = (entries.row >= top) & (entries.row < bottom) & (entries.col >= left) & (entries.col < right)
    number = found.numbers[inside]
    return Part(bottom - top, right - left, entries.row[inside] - top, entries.col[inside] - left, number)


def _beginning(whole: Part) -> tuple[int, int]:
    """Where the detail starts: at the first entry, a little earlier if that leaves room."""
    if not len(whole.row):
        return 0, 0
    top = min(int(whole.row[0]), max(0, whole.rows - DETAIL))
    near = whole.column[(whole.row >= top) & (whole.row < top + DETAIL)]
    return top, min(int(near.min()), max(0, whole.columns - DETAIL))


def _cells(part: Part, x: int, y: int, cell: int) -> list[str]:
    """Every entry as a cell in the tint of its pass, with its number where there is room."""
    import numpy as np

    shapes = []
    for number in np.unique(part.number).tolist():
        chosen = part.number == number
        corners = zip((x + part.column[chosen] * cell).tolist(), (y + part.row[chosen] * cell).tolist(), strict=True)
        shapes.append(_squares(corners, cell, tint(number)))
    shapes.append(_frame(x, y, part.columns * cell, part.rows * cell))
    if cell >= NUMBERED:
        for row, column, number in zip(part.row.tolist(), part.column.tolist(), part.number.tolist(), strict=True):
            shapes.append(_digits(x + column * cell, y + row * cell, cell, number))
    return shapes


def _blocks(whole: Part, x: int, y: int, cell: int, block: int) -> list[str]:
    """The pattern in blocks of ``block`` rows and columns, the darker the fuller."""
    import numpy as np

    down, across = -(-whole.rows // block), -(-whole.columns // block)
    place = whole.row.astype(np.int64) // block * across + whole.column // block
    count = np.bincount(place, minlength=down * across)
    filled = np.flatnonzero(count)
    # On a logarithmic scale from one entry to all of them.
    shade = np.log(count[filled]) / np.log(block * block) * len(SHADES)
    shade = np.minimum(shade.astype(int), len(SHADES) - 1)
    shapes = []
    for level in np.unique(shade).tolist():
        chosen = filled[shade == level]
        corners = zip((x + chosen % across * cell).tolist(), (y + chosen // across * cell).tolist(), strict=True)
        shapes.append(_squares(corners, cell, SHADES[level]))
    return [*shapes, _frame(x, y, across * cell, down * cell)]


def _legend(found: Passes, y: int, right: int, lang: str) -> tuple[list[str], int, int]:
    """For each pass its number, its tint and how many columns (or rows) are in it; also where the legend ends."""
    import numpy as np

    say = WORDS[lang]
    shapes: list[str] = []
    edge, before = 0, 0
    for part in found.parts:
        title = say["legend row" if part.mode == REVERSE else "legend column"]
        shapes.append(_text(MARGIN, y + 15, title))
        sizes = np.bincount(part.colors, minlength=part.passes + 1).tolist()
        x = start = MARGIN + LETTER * width(title) + 12
        for color in range(1, part.passes + 1)[:LEGEND]:
            label = str(sizes[color])
            needed = LARGEST + 20 + LETTER * len(label)
            if x + needed > right and x > start:
                x, y = start, y + LARGEST + 4
            shapes.append(_squares([(x, y)], LARGEST, tint(before + color)))
            shapes.append(_digits(x, y, LARGEST, before + color))
            shapes.append(_text(x + LARGEST + 6, y + 15, label))
            x += needed
            edge = max(edge, x)
        before += part.passes
        more = [fill(say["more"], {"count": part.passes - LEGEND}, lang)] if part.passes > LEGEND else []
        if sizes[0] and len(found.parts) == 1:
            more.append(f"{say['none']}: {sizes[0]}")
        for line in more:
            y += LARGEST
            shapes.append(_text(start, y + 15, line))
        y += LARGEST + 4
    return shapes, y, edge


def _squares(corners: Iterable[tuple[int, int]], side: int, paint: str) -> str:
    """Squares of one colour as one path."""
    path = "".join([f"M{x} {y}h{side}v{side}h{-side}z" for x, y in corners])
    return f'<path fill="{paint}" d="{path}"/>'


def _frame(x: int, y: int, across: int, down: int) -> str:
    return f'<rect x="{x}" y="{y}" width="{across}" height="{down}" fill="none" stroke="{FRAME}"/>'


def _digits(x: int, y: int, cell: int, number: int) -> str:
    size = min(12, cell - 3, 2 * cell // (1 + len(str(number))))
    middle, base = x + cell / 2, y + cell / 2 + 0.36 * size
    return f'<text x="{middle:g}" y="{base:.1f}" font-size="{size}" text-anchor="middle">{number}</text>'


def _text(x: int, y: int, text: str, bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x}" y="{y}"{weight}>{escape(text)}</text>'


def _framed(body: list[str], across: int, down: int, lines: list[str]) -> str:
    """The whole document; the first line is its title, all lines its description."""
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{across}" height="{down}" viewBox="0 0 {across} {down}" '
            f'role="img" font-family="sans-serif" font-size="12" fill="{INK}">',
            f"<title>{escape(lines[0])}</title>",
            f"<desc>{escape(' '.join(lines))}</desc>",
            f'<rect width="{across}" height="{down}" fill="#ffffff"/>',
            *body,
            "</svg>",
        ]
    )
