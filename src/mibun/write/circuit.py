"""The drawing of a :class:`mibun.write.diagram.Diagram` as SVG, text upon text: no program, no font file, no script.

Boxes and labels bring their own white ground, wires and headings are of a middle tone: the picture reads on a white
page and on a black one. What the colours say is said by shape and place, too: values are black and stand in the box;
the adjoint is red, below the value, behind a triangle that points back; local partials are blue, on the wires.
No ids and no style sheet, so that several pictures in one page do not disturb each other.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from xml.sax.saxutils import escape, quoteattr

from mibun.errors import BudgetExceeded
from mibun.language import fill, visible, width, wrap
from mibun.write.canvas import INK, QUIET, SECANT, TANGENT, WORD
from mibun.write.layers import Layout, Rect, Route, Size, arrange, bent, short
from mibun.write.values import is_array, written

if TYPE_CHECKING:
    from mibun.write.diagram import Box, Diagram, DiagramStep, Wire

MOST: Final = 300  # boxes of a picture
FEW: Final = 24  # boxes of one that still has room for formulas on its wires
FONT: Final = (
    "system-ui, 'Segoe UI', 'Noto Sans', 'DejaVu Sans', 'Noto Sans KR', 'Noto Sans CJK KR', 'Apple SD Gothic Neo', "
    "'Malgun Gothic', NanumGothic, sans-serif"
)
PAPER: Final = "#ffffff"
GIVEN: Final = "#eef3f7"  # the ground of inputs
MIDDLE: Final = "#767676"  # 4.5 to 1 on white and on black
BACK: Final = "#C25700"  # the same
RED, BLUE = WORD[TANGENT], WORD[SECANT]

HEAD: Final = 13.0  # sizes of letters
SMALL: Final = 11.5
TAG: Final = 10.0
HEADING: Final = 15.0
LINE: Final = 1.35
LONGEST: Final = 30  # columns of a formula in a box
LABEL: Final = 22  # columns of a formula on a wire
WIDE: Final = 1500.0  # a graph that is wider is cut into strips
BROAD: Final = 1250.0  # about as wide as this
BETWEEN: Final = 30.0  # two strips
BEGIN: Final = 100.0  # a column that begins less than this before the end of a strip goes to the next one
ENTRIES: Final = 28  # columns of an array that is written out
MARGIN: Final = 14.0
INSIDE: Final = 9.0  # between the border of a box and its text
TRIANGLE: Final = 11.0
DIGITS: Final = 4

WORDS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "value": "value",
        "adjoint": "derivative of {f} by this value (adjoint)",
        "tangent": "derivative of this value by {x} (tangent)",
        "local": "local partial derivative: of the box by what enters",
        "group": "folded: a call of several operations",
    },
    "ko": {
        "value": "값",
        "adjoint": "{f:을} 이 값으로 미분한 값(adjoint)",
        "tangent": "이 값을 {x:으로} 미분한 값(tangent)",
        "local": "국소 편미분: 상자의 값을 들어오는 값으로 미분",
        "group": "접힌 상자: 연산 여러 개를 묶은 호출",
    },
}

# How wide letters are, in parts of their size: those of DejaVu Sans, which few fonts exceed.
_WIDE: Final[Mapping[str, float]] = {
    char: wide
    for wide, chars in (
        (0.3, "ijlIJ'′"),
        (0.4, "ft .,:;!|()[]/·-₀₁₂₃₄₅₆₇₈₉⁰¹²³⁴⁵⁶⁷⁸⁹ᵀⁿ⌊⌋⌈⌉"),
        (0.5, "r_*ᵛˣ"),
        (0.6, "cksvxyzFLP∂⁻γπλ"),
        (0.8, "DGHNOQU&"),
        (0.87, "wM×÷+−=<>≤≥≠≈∞→←ω^#"),
        (1.0, "mW…@%½⅓¼"),
    )
    for char in chars
}


def advance(text: str, letters: float) -> float:
    """How many pixels a text takes, rather too many than too few."""
    return letters * sum(_WIDE.get(char, 0.66 if width(char) == 1 else width(char) / 2) for char in text)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of text in a box, and from which step on it is known."""

    text: str
    role: str  # tag, head, value, tangent, adjoint
    since: int = 0

    @property
    def letters(self) -> float:
        return {"tag": TAG, "head": HEAD, "value": HEAD}.get(self.role, SMALL)

    @property
    def wide(self) -> float:
        return advance(self.text, self.letters) + (TRIANGLE if self.role in ("adjoint", "tangent") else 0.0)

    @property
    def high(self) -> float:
        return self.letters * LINE


@dataclass(frozen=True, slots=True)
class Strip:
    """A piece of a drawing: its boxes, the names of boxes elsewhere that it uses, and its wires, by their places."""

    top: float
    boxes: list[int]
    guests: list[int]
    wires: list[int]
    layout: Layout


class Drawing:
    """The pieces of one picture. With ``marks`` everything says which step it belongs to, for a script to use."""

    def __init__(self, diagram: Diagram, lang: str, marks: bool = False) -> None:
        view = diagram.view
        if len(view.boxes) > MOST:
            raise BudgetExceeded("diagram_size", count=len(view.boxes), limit=MOST)
        self.diagram = diagram
        self.lang = lang
        self.marks = marks
        self.since = {(step.way, step.target): step.number for step in diagram.steps}
        self.boxes = view.boxes
        self.place = {box.id: i for i, box in enumerate(view.boxes)}
        self.wires = [wire for wire in view.wires if view.owner[wire.start] != view.owner[wire.end]]
        self.rows = [self._rows(box) for box in view.boxes]
        self.labels = [self._label(wire) for wire in self.wires]
        sizes = [
            (
                max(44.0, max(row.wide for row in rows) + 2 * INSIDE),
                sum(row.high for row in rows) + INSIDE + (4 if box.kind == "group" else 0),
            )
            for box, rows in zip(view.boxes, self.rows, strict=True)
        ]
        self.sizes = sizes
        self.pills = [(advance(text, SMALL) + 10, SMALL * LINE + 3) if text else (0.0, 0.0) for text in self.labels]
        self.ends = [(self.place[view.owner[wire.start]], self.place[view.owner[wire.end]]) for wire in self.wires]
        self.strips = self._strips()

    # Texts

    def _rows(self, box: Box) -> list[Row]:
        rows = [Row(_cut(" / ".join(box.group), LONGEST), "tag")] if box.group and box.kind != "input" else []
        rows.append(Row(self._head(box), "head"))
        for number in box.outputs or (box.id,):
            inner = self.diagram.box[number]
            several = f"{inner.called} = " if len(box.outputs) > 1 else ""
            for role, value, way in (
                ("value", inner.value, "forward"),
                ("tangent", inner.tangent, "forward"),
                ("adjoint", inner.adjoint, "backward"),
            ):
                if value is not None:
                    text = (several if role == "value" else "") + self._written(value)
                    rows.append(Row(text, role, self.since.get((way, number), 0)))
        if len(rows) > 1 and rows[-2].role == "head" and rows[-1].text == rows[-2].text:  # a constant says it once
            rows.pop()
        return rows

    def _written(self, value: Any) -> str:
        return written(value, self.lang, 3 if is_array(value) else DIGITS, ENTRIES)

    def _head(self, box: Box) -> str:
        results = self.diagram.outputs
        left = [self.diagram.name] if len(results) == 1 and results[0].id in (box.outputs or (box.id,)) else []
        if box.kind == "group":
            return _cut(" = ".join([*left, box.label]), LONGEST)
        for formula in (box.formula or box.label, box.label):
            text = " = ".join(dict.fromkeys([*left, box.called, formula]))
            if width(text) <= LONGEST:
                return text
        return _cut(text, LONGEST)

    def _label(self, wire: Wire) -> str:
        if not wire.differentiable:
            return ""
        value = wire.partial
        if value is None or is_array(value):
            if wire.formula != self.diagram.local(wire):
                return _cut(wire.formula, LABEL)
            return "" if value is None else self._written(value)
        if wire.formula.startswith("Σ"):
            return _cut(wire.formula, LABEL)
        number = self._written(value)
        if len(self.boxes) > FEW or wire.formula in (number, self.diagram.local(wire)) or width(wire.formula) > LABEL:
            return number
        return f"{wire.formula} = {number}"

    # Strips

    def _strips(self) -> list[Strip]:
        """The whole graph in one piece; a long one in several, one beneath the other, like lines of text."""
        whole = self._strip(range(len(self.boxes)), 0.0)
        if whole.layout.width <= WIDE:
            return [whole]
        columns = sorted({rect.x for rect in whole.layout.boxes})
        count = math.ceil(whole.layout.width / BROAD)
        bounds = [bisect_right(columns, whole.layout.width * part / count - BEGIN) for part in range(1, count)]
        strip_of = [bisect_right(bounds, bisect_right(columns, rect.x) - 1) for rect in whole.layout.boxes]
        entered = {end for _, end in self.ends}
        for box in range(len(self.boxes)):  # what nothing enters stands where it is first used
            if box not in entered:
                uses = [strip_of[end] for start, end in self.ends if start == box]
                strip_of[box] = min(uses, default=strip_of[box])
        strips: list[Strip] = []
        for part in sorted(set(strip_of)):
            top = strips[-1].top + strips[-1].layout.height + BETWEEN if strips else 0.0
            strips.append(self._strip([box for box, mine in enumerate(strip_of) if mine == part], top))
        return strips

    def _strip(self, boxes: Iterable[int], top: float) -> Strip:
        """Some of the boxes with the wires into them; what comes from elsewhere has its name there once more."""
        mine = list(boxes)
        inside = set(mine)
        wires = [link for link, (_, end) in enumerate(self.ends) if end in inside]
        guests = [start for start in dict.fromkeys(self.ends[link][0] for link in wires) if start not in inside]
        place = {box: i for i, box in enumerate([*mine, *guests])}
        names = [(advance(self._guest(start), HEAD) + 2 * INSIDE, HEAD * LINE + 4) for start in guests]
        layout = arrange(
            [*[self.sizes[box] for box in mine], *names],
            [(place[self.ends[link][0]], place[self.ends[link][1]]) for link in wires],
            [self.pills[link] for link in wires],
        )
        return Strip(top, mine, guests, wires, layout)

    def _guest(self, place: int) -> str:
        return _cut(self.boxes[place].called, LONGEST)

    # Shapes

    def svg(self, step: DiagramStep | None = None) -> str:
        """The whole picture: heading, graph, the sentence of the step, and what the colours mean."""
        wide, high = self.size
        room = max(wide, 560.0)
        parts: list[str] = []
        y = MARGIN
        for line in self._lines(self.diagram.title, room, HEADING)[:3]:
            y += HEADING
            parts.append(_text(MARGIN, y, line, HEADING, MIDDLE, extra=' font-weight="600"'))
            wide = max(wide, advance(line, HEADING))
            y += HEADING * (LINE - 1)
        y += 10 if parts else 0
        parts.append(f'<g transform="translate({short(MARGIN)} {short(y)})">')
        parts += self.graph(step)
        parts.append("</g>")
        y += high + 12
        if step is not None:
            first, *others = step.statements(self.lang)
            lines = [
                line.replace("\u00a0", " ")
                for text in (f"{step.number}. {first}", *others)
                for line in self._lines(text, room, HEAD)
            ]
            span = max(advance(line, HEAD) for line in lines) + 2 * INSIDE
            high = len(lines) * HEAD * LINE + INSIDE
            parts.append(_rect(Rect(MARGIN, y, span, high), PAPER, MIDDLE, 1, 5))
            for i, line in enumerate(lines):
                parts.append(_text(MARGIN + INSIDE, y + HEAD * (LINE * (i + 1) - 0.1), line, HEAD, INK))
            wide = max(wide, span)
            y += high + 10
        for line, mark in self.legend():
            y += SMALL * LINE
            parts += _sample(mark, MARGIN, y)
            parts.append(_text(MARGIN + 30, y, line, SMALL, MIDDLE))
            wide = max(wide, 30 + advance(line, SMALL))
        return self.document(parts, wide + 2 * MARGIN, y + MARGIN)

    def plain(self) -> str:
        """The graph alone, to be put into a page that says the rest."""
        wide, high = (length + 2 * 4.0 for length in self.size)
        return (
            f'<svg viewBox="-4 -4 {short(wide)} {short(high)}" width="{short(wide)}" height="{short(high)}" '
            f'role="group" font-family="{FONT}">{"".join(self.graph())}</svg>'
        )

    def document(self, parts: Sequence[str], wide: float, high: float) -> str:
        size = f"{short(wide)} {short(high)}"
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size}" width="{short(wide)}" '
            f'height="{short(high)}" role="img" font-family="{FONT}" lang="{self.lang}">'
        )
        title, description = self.diagram.title or self.diagram.name, self.diagram.describe(self.lang)
        facts = [f"<title>{_safe(title)}</title>", f"<desc>{_safe(description)}</desc>"]
        return "\n".join([head, *facts, *parts, "</svg>", ""])

    def _lines(self, text: str, room: float, letters: float) -> list[str]:
        columns = max(20, int(room / letters / 0.62))
        lines = wrap(text, columns, "", "  ") if text else []
        while any(advance(line, letters) > room for line in lines) and columns > 20:
            columns -= 4
            lines = wrap(text, columns, "", "  ")
        return lines

    def legend(self) -> list[tuple[str, str]]:
        """What there is to be seen, and in what words."""
        rows = {row.role for rows in self.rows for row in rows}
        found: list[str] = [role for role in ("value", "tangent", "adjoint") if role in rows]
        found += ["local"] if any(self.labels) else []
        found += ["group"] if any(box.kind == "group" for box in self.boxes) else []
        facts = {"f": self.diagram.result(self.lang), "x": self.diagram.wrt}
        return [(fill(WORDS[self.lang][key], facts, self.lang), key) for key in found]

    def graph(self, step: DiagramStep | None = None) -> list[str]:
        """Wires, what is written on them, and boxes, from the origin."""
        parts: list[str] = []
        for strip in self.strips:
            inner = self._inside(strip, step)
            parts += [f'<g transform="translate(0 {short(strip.top)})">', *inner, "</g>"] if strip.top else inner
        return parts

    @property
    def size(self) -> Size:
        """Of the graph itself."""
        last = self.strips[-1]
        return max(strip.layout.width for strip in self.strips), last.top + last.layout.height

    def _inside(self, strip: Strip, step: DiagramStep | None) -> list[str]:
        layout = strip.layout
        routes = list(zip(strip.wires, layout.routes, strict=True))
        guests = zip(strip.guests, layout.boxes[len(strip.boxes) :], strict=True)
        return [
            *[self._wire(link, route, step) for link, route in routes],
            *[f'<circle cx="{short(x)}" cy="{short(y)}" r="2.4" fill="{MIDDLE}"/>' for x, y in layout.forks],
            *[self._pill(link, route, step) for link, route in routes if self.labels[link]],
            *[self._box(self.boxes[i], rect, step) for i, rect in zip(strip.boxes, layout.boxes, strict=False)],
            *[self._name(self._guest(i), rect) for i, rect in guests],
        ]

    def _name(self, text: str, rect: Rect) -> str:
        ground = _rect(rect, PAPER, MIDDLE, 0.8, rect.height / 2, ' stroke-dasharray="2 2"')
        return ground + _text(rect.x + rect.width / 2, rect.y + rect.height * 0.7, text, HEAD, INK, "middle")

    def _wire(self, link: int, route: Route, step: DiagramStep | None) -> str:
        wire = self.wires[link]
        marked = step is not None and any(wire is used for used in step.wires)
        ink, wide = (BACK, 2.8) if marked else (MIDDLE, 1.4)
        dashes = "" if wire.differentiable else ' stroke-dasharray="4 4"'
        (x, y), (back, level) = route.points[-1], route.points[0]
        points = [*route.points[:-1], (x - 6, y)]
        arrows = [_arrow(x, y, -8, ink)]
        if marked and step is not None and step.way == "backward":  # the adjoint comes back
            arrows = [_arrow(back, level, 10, ink)]
        elif self.marks:
            arrows.append(_arrow(back, level, 10, BACK, ' class="back"'))
        path = f'<path d="{bent(points)}" fill="none" stroke="{ink}" stroke-width="{wide}"{dashes}/>'
        return f"<g{self._wire_marks(wire)}>{path}{''.join(arrows)}</g>"

    def _pill(self, link: int, route: Route, step: DiagramStep | None) -> str:
        wire, text = self.wires[link], self.labels[link]
        wide, high = self.pills[link]
        x, y = route.label
        since = self.since[("forward", wire.end)]
        numbers = wire.partial is not None
        if numbers and step is not None and step.number < since:
            return ""
        ground = _rect(Rect(x - wide / 2, y - high / 2, wide, high), PAPER, "none", 0, high / 2)
        title = f"<title>{_safe(self._spelt(wire))}</title>"
        known = self._known(since) if numbers else ""
        return f"<g{known}>{title}{ground}{_text(x, y + SMALL * 0.36, text, SMALL, BLUE, 'middle')}</g>"

    def _spelt(self, wire: Wire) -> str:
        from mibun.write.diagram import partial

        return partial(self.diagram, wire, self.lang)

    def _box(self, box: Box, rect: Rect, step: DiagramStep | None) -> str:
        heavy = {"output": 2.4}.get(box.kind, 1.3)
        ground = GIVEN if box.kind == "input" else PAPER
        round_ = min(13.0, rect.height / 2) if box.kind == "input" else 5.0
        dashes = ' stroke-dasharray="3 3"' if box.kind == "constant" else ""
        parts = [f"<g{self._box_marks(box)}>"]
        if box.source:
            parts.append(f"<title>{_safe(box.source)}</title>")
        parts.append(_rect(rect, ground, QUIET, heavy, round_, dashes))
        if box.kind == "group":
            inner = Rect(rect.x + 3, rect.y + 3, rect.width - 6, rect.height - 6)
            parts.append(_rect(inner, "none", QUIET, 1, 3))
        if self.marks or (step is not None and step.box.id == box.id):
            parts.append(_rect(rect, "none", BACK, 4, round_, ' class="halo"' if self.marks else ""))
        rows = self.rows[self.place[box.id]]
        middle = rect.x + rect.width / 2
        y = rect.y + (rect.height - sum(row.high for row in rows)) / 2
        for row in rows:
            y += row.high
            if step is None or row.since <= step.number:
                parts.append(self._row(row, middle, y - row.letters * 0.35))
        return "".join([*parts, "</g>"])

    def _row(self, row: Row, middle: float, y: float) -> str:
        known = self._known(row.since) if row.since else ""
        ink = {"adjoint": RED, "tangent": BLUE, "tag": QUIET}.get(row.role, INK)
        if row.role not in ("adjoint", "tangent"):
            role = ' class="tag"' if row.role == "tag" and self.marks else ""
            return _text(middle, y, row.text, row.letters, ink, "middle", known or role)
        x = middle - row.wide / 2
        a, b = (x + 7, x) if row.role == "adjoint" else (x, x + 7)
        top, bottom, tip = y - 8.5, y - 0.5, y - 4.5
        points = f"{short(a)},{short(top)} {short(a)},{short(bottom)} {short(b)},{short(tip)}"
        text = _text(x + TRIANGLE, y, row.text, row.letters, ink)
        return f'<g{known}><polygon points="{points}" fill="{ink}"/>{text}</g>'

    # For a script

    def _known(self, since: int) -> str:
        return f' class="known" data-since="{since}"' if self.marks else ""

    def _wire_marks(self, wire: Wire) -> str:
        if not self.marks:
            return ""
        forward, backward = self.since.get(("forward", wire.end), ""), self.since.get(("backward", wire.start), "")
        if not wire.differentiable:
            backward = ""
        return f' class="wire" data-steps="{forward} {backward}" data-forward="{forward}" data-backward="{backward}"'

    def _box_marks(self, box: Box) -> str:
        if not self.marks:
            return ""
        ends = box.outputs or (box.id,)
        steps = [self.since.get((way, end)) for way in ("forward", "backward") for end in ends]
        parts = [' class="box"', f'data-steps="{" ".join(str(step) for step in steps if step)}"']
        if box.kind == "group":
            parts.append(f'data-group={quoteattr(called([*box.group, box.label]))} tabindex="0" role="button"')
        elif box.group and box.kind != "input":
            parts.append(f"data-within={quoteattr(called(box.group))}")
        return " ".join(parts)


def svg(diagram: Diagram, lang: str, step: DiagramStep | None = None) -> str:
    """The picture of a diagram; with a ``step``, what is known after it. ``BudgetExceeded`` for more boxes than anyone
    could read."""
    return Drawing(diagram, lang).svg(step)


def _cut(text: str, columns: int) -> str:
    while width(text) > columns:
        text = text[:-2].rstrip() + "…"
    return text


def called(group: Sequence[str]) -> str:
    """What a page calls a group."""
    return visible("/".join(group))


def _safe(text: str) -> str:
    return escape(visible(text))


def _text(x: float, y: float, text: str, letters: float, ink: str, anchor: str = "", extra: str = "") -> str:
    where = f' text-anchor="{anchor}"' if anchor else ""
    return (
        f'<text x="{short(x)}" y="{short(y)}" font-size="{letters:g}" fill="{ink}"{where}{extra}>{_safe(text)}</text>'
    )


def _rect(rect: Rect, ground: str, ink: str, wide: float, round_: float, extra: str = "") -> str:
    line = f' stroke="{ink}" stroke-width="{wide:g}"' if ink != "none" else ""
    return (
        f'<rect x="{short(rect.x)}" y="{short(rect.y)}" width="{short(rect.width)}" height="{short(rect.height)}" '
        f'rx="{short(round_)}" fill="{ground}"{line}{extra}/>'
    )


def _arrow(x: float, y: float, length: float, ink: str, extra: str = "") -> str:
    """An arrowhead with its tip at a point, ``length`` to the right of it, or to the left where that is negative."""
    half = abs(length) / 2
    points = f"{short(x)},{short(y)} {short(x + length)},{short(y - half)} {short(x + length)},{short(y + half)}"
    return f'<polygon points="{points}" fill="{ink}"{extra}/>'


def _sample(mark: str, x: float, y: float) -> list[str]:
    """A bit of what a line of the legend is about."""
    if mark in ("adjoint", "tangent"):
        ink = RED if mark == "adjoint" else BLUE
        a, b = (x + 7, x) if mark == "adjoint" else (x, x + 7)
        points = f"{short(a)},{short(y - 8.5)} {short(a)},{short(y - 0.5)} {short(b)},{short(y - 4.5)}"
        ground = _rect(Rect(x - 2, y - 11, 27, 14), PAPER, "none", 0, 3)
        return [ground, f'<polygon points="{points}" fill="{ink}"/>', _text(x + 10, y, "2", SMALL, ink)]
    box = Rect(x - 2, y - 11, 27, 14)
    if mark == "local":
        line = f'<path d="M{short(x - 2)} {short(y - 4)}H{short(x + 25)}" stroke="{MIDDLE}" stroke-width="1.4"/>'
        pill = Rect(x + 3, y - 11, 17, 14)
        return [line, _rect(pill, PAPER, "none", 0, 7), _text(x + 11, y, "2", SMALL, BLUE, "middle")]
    if mark == "group":
        inner = Rect(box.x + 2.5, box.y + 2.5, box.width - 5, box.height - 5)
        return [_rect(box, PAPER, QUIET, 1.2, 4), _rect(inner, "none", QUIET, 0.8, 2)]
    return [_rect(box, PAPER, QUIET, 1.2, 4), _text(x + 11, y, "2", SMALL, INK, "middle")]
