"""The chain rule, visible: a computation graph with the value in every box, the local partial derivative on every wire
and the adjoint, the derivative of the result by the box, coming back.

A :class:`Diagram` is plain data, however it was obtained, and knows nothing of expressions: formulas are texts. Groups
of boxes, the calls of a Python function say, are drawn as one box until they are opened; the wires of a folded group
carry its own partial derivatives, so that the chain rule holds on the outside as it does within. Where boxes stand is
in :mod:`mibun.write.layers`, the drawing in :mod:`mibun.write.circuit`, the page in :mod:`mibun.write.stage`.
"""

from __future__ import annotations

import heapq
import json
import math
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final, NamedTuple

from mibun.errors import MibunError, ShapeError, UnsupportedOperation, spoken
from mibun.language import fill, pad, visible, width, wrap
from mibun.write.values import equals, factor, is_array, is_number, parsed, plain, written

Value = Any  # a float, a truth value, an array, or None where it is not known
Entries = Callable[[str, int, tuple[int, ...], int], "Diagram"]
Group = tuple[str, ...]  # the path of named calls from the outermost inward

COLUMNS: Final = 80
BESIDE: Final = 44  # where the local partials begin
TERMS: Final = 8  # of a sum that is written out
PATHS: Final = 12  # that are written out one by one
ENTRIES: Final = 4  # of an array that are followed
SUM: Final = "Σ "  # before the local partial of a value that is repeated: its adjoint is a sum
LEVEL: Final = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
GLUE: Final = "\u00a0"  # a space at which no line ends
SUFFIXES: Final = (".svg", ".html", ".json", ".txt")

WORDS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "forward": "Forward: the values",
        "tangents": "Forward: the values, and ′, the derivatives by {x}",
        "locals": "local partial derivatives",
        "structure": "The steps of the computation",
        "backward": "Backward: the derivatives of {f}",
        "sum": "the sum of all results",
        "none": "no way leads from {name} to {f}",
        "more": "… ({count} more)",
        "why": "Why {slope} {value}: {count} paths from {x} to {f}",
        "why one": "Why {slope} {value}: one path from {x} to {f}",
        "why none": "{slope} = 0: no path leads from {x} to {f}",
        "why some": "Why {slope} {value}: the paths from {x} to {f} that matter most",
        "rest": "{count} more paths, together",
        "others": "all other paths, together",
        "total": "sum",
        "described": "Computation graph of {title}. Inputs: {inputs}, operations: {operations}.",
        "result": "Result {value}.",
    },
    "ko": {
        "forward": "순전파: 값",
        "tangents": "순전파: 값과 {x:으로} 미분한 값(′)",
        "locals": "국소 편미분",
        "structure": "계산 순서",
        "backward": "역전파: {f:을} 각 값으로 미분한 값",
        "sum": "모든 결과의 합",
        "none": "{name}에서 {f:으로} 가는 길이 없음",
        "more": "… (외 {count}개)",
        "why": "{slope} {value}인 까닭: {x}에서 {f:으로} 가는 경로 {count}개",
        "why one": "{slope} {value}인 까닭: {x}에서 {f:으로} 가는 경로 1개",
        "why none": "{slope} = 0: {x}에서 {f:으로} 가는 경로가 없음",
        "why some": "{slope} {value}인 까닭: {x}에서 {f:으로} 가는 경로 가운데 비중이 큰 것",
        "rest": "나머지 경로 {count}개의 합",
        "others": "나머지 모든 경로의 합",
        "total": "합",
        "described": "{title}의 계산 그래프: 입력 {inputs}개, 연산 {operations}개.",
        "result": "결과 {value}.",
    },
}


def say(lang: str, key: str, **facts: object) -> str:
    return fill(WORDS[lang][key], facts, lang)


@dataclass(frozen=True, slots=True, eq=False)
class Box:
    """One value of a computation.

    ``kind`` is ``input``, ``constant``, ``operation``, ``output`` (the operation that gives a result), or ``group`` for
    a folded one. ``label`` says what is done (``×``, ``sin``) and ``formula`` to what, by the names of boxes (``sin
    v₁``); ``name`` is the box's own, ``worked`` the formula with numbers put in. ``adjoint`` is the derivative of the
    result by this value, ``tangent`` that of this value by the variable in question. ``group`` are the named calls that
    the box belongs to, from the outermost inward, and ``source`` is the user's line or the whole sub-expression. A
    folded group has its ``outputs`` and what is ``inside``.
    """

    id: int
    label: str
    kind: str
    value: Value = None
    adjoint: Value = None
    tangent: Value = None
    group: Group = ()
    source: str = ""
    name: str = ""
    formula: str = ""
    worked: str = ""
    outputs: tuple[int, ...] = ()
    inside: tuple[int, ...] = ()

    @property
    def called(self) -> str:
        return self.name or self.label


@dataclass(frozen=True, slots=True, eq=False)
class Wire:
    """A value on its way into an operation, at a ``position`` among its arguments.

    ``partial`` is the local partial derivative of ``end`` by ``start``, elementwise for arrays, and ``formula`` how it
    is written, with a Σ in front where an array is made of a smaller one by repeating; of a linear operation on arrays
    only the formula, which says what the adjoint passes through. Without a formula no derivative passes.
    """

    start: int
    end: int
    position: int
    partial: Value = None
    formula: str = ""

    @property
    def differentiable(self) -> bool:
        return bool(self.formula)


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What is drawn while some groups are folded, in the order of computation. ``owner`` maps every box of the diagram
    to the drawn one that holds it; wires still name the boxes within."""

    boxes: tuple[Box, ...]
    wires: tuple[Wire, ...]
    owner: Mapping[int, int]


@dataclass(frozen=True, eq=False)
class Diagram:
    """A computation graph at a point.

    ``boxes`` stand in the order of computation. ``name`` is that of the function, ``wrt`` the variable that the
    tangents are derivatives by, ``closed`` the groups that are drawn as one box, ``notes`` remarks by language. A
    diagram that is not ``complete`` leaves out boxes that matter less. ``entries`` makes the diagram of one entry of an
    array.

    >>> x = Box(0, "x", "input", 3.0, 6.0)
    >>> square = Box(1, "□²", "output", 9.0, 1.0, name="v₁", formula="x²")
    >>> diagram = Diagram((x, square), (Wire(0, 1, 0, 6.0, "2x"),))
    >>> print(diagram.path("x").text("en"))
    Why ∂f/∂x = 6: one path from x to f
      x → v₁   6 = 6
    """

    boxes: tuple[Box, ...]
    wires: tuple[Wire, ...]
    title: str = ""
    name: str = "f"
    wrt: str = ""
    closed: frozenset[Group] = frozenset()
    notes: tuple[Mapping[str, str], ...] = ()
    complete: bool = True
    entries: Entries | None = field(default=None, repr=False)

    # What is there

    @cached_property
    def box(self) -> Mapping[int, Box]:
        """Every box by its number, folded or not."""
        return {box.id: box for box in self.boxes}

    @cached_property
    def outputs(self) -> tuple[Box, ...]:
        """The results."""
        return tuple([box for box in self.boxes if box.kind == "output"])

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The paths of all groups, each after those around it."""
        found: dict[Group, None] = {}
        for box in self.boxes:
            for depth in range(1, len(_group(box)) + 1):
                found[box.group[:depth]] = None
        return tuple(found)

    @cached_property
    def view(self) -> View:
        """What is drawn: the boxes that are not folded, and the folded groups."""
        return _view(self)

    def names(self, number: int) -> str:
        """What a box is called in formulas."""
        return self.box[number].called

    # Folding

    def fold(self, *groups: str | Group) -> Diagram:
        """With the named groups folded; without a name, all of them. A group is named by its call (``"layer 1"``), or
        by the whole path (``"net/layer 1"``). ``UnsupportedOperation`` for a group that there is not."""
        paths = {path for group in groups for path in self._named(group)} if groups else set(self.groups)
        return replace(self, closed=self.closed | paths)

    def open(self, *groups: str | Group) -> Diagram:
        """With the named groups opened, and those around them; what is within stays as it was. Without a name, those
        that are drawn as one box now."""
        if groups:
            paths = {path[:depth] for g in groups for path in self._named(g) for depth in range(1, len(path) + 1)}
        else:
            paths = {(*box.group, box.label) for box in self.view.boxes if box.kind == "group"}
        return replace(self, closed=self.closed - paths)

    def open_all(self) -> Diagram:
        """With nothing folded."""
        return replace(self, closed=frozenset())

    def _named(self, group: str | Group) -> list[Group]:
        wanted = tuple(group.split("/")) if isinstance(group, str) else tuple(group)
        whole = [path for path in self.groups if path == wanted]
        found = whole or [path for path in self.groups if path[-len(wanted) :] == wanted]
        if not found:
            known = ", ".join("/".join(path) for path in self.groups) or "–"
            raise UnsupportedOperation("diagram_group", given="/".join(wanted), groups=known)
        return found

    # The chain rule, step by step

    def forward(self) -> tuple[DiagramStep, ...]:
        """The values, one box after the other."""
        return self._steps[0]

    def backward(self) -> tuple[DiagramStep, ...]:
        """The adjoints, from the results back to the inputs; empty where they are not known."""
        return self._steps[1]

    @property
    def steps(self) -> tuple[DiagramStep, ...]:
        """Forward, then backward, numbered throughout from 1."""
        return (*self._steps[0], *self._steps[1])

    @cached_property
    def _steps(self) -> tuple[tuple[DiagramStep, ...], tuple[DiagramStep, ...]]:
        shown = [(box, number) for box in self.view.boxes for number in box.outputs or (box.id,)]
        into: defaultdict[int, list[Wire]] = defaultdict(list)
        out_of: defaultdict[int, list[Wire]] = defaultdict(list)
        for wire in self.view.wires:
            into[wire.end].append(wire)
            out_of[wire.start].append(wire)
        forward = [
            DiagramStep(i, box, number, "forward", tuple(into[number]), self)
            for i, (box, number) in enumerate(shown, 1)
        ]
        inner = [pair for pair in reversed(shown) if pair[0].kind != "input"]
        passed = [*inner, *[pair for pair in shown if pair[0].kind == "input"]]
        known = [pair for pair in passed if self.box[pair[1]].adjoint is not None]
        backward = [
            DiagramStep(i, box, number, "backward", tuple(out_of[number]), self)
            for i, (box, number) in enumerate(known, len(forward) + 1)
        ]
        return tuple(forward), tuple(backward)

    def step(self, number: int) -> DiagramStep:
        """The step of a number from 1. ``ShapeError`` if there is none."""
        steps = self.steps
        if not (isinstance(number, int) and 1 <= number <= len(steps)):
            raise ShapeError("diagram_step", given=number, count=len(steps))
        return steps[number - 1]

    def entry(self, source: int | str | Box, index: int | tuple[int, ...] = (), limit: int = ENTRIES) -> Diagram:
        """The part of the graph that one entry of an array acts through, entry by entry, as a diagram of numbers.

        Of each array on the way, those ``limit`` entries are drawn that carry most of the derivative. Groups stay
        folded. ``UnsupportedOperation`` for a diagram that came from a file, ``ShapeError`` for an index that is none.
        """
        number = self._find(source)
        if self.entries is None:
            raise UnsupportedOperation("diagram_numbers", slope=self.slope(number))
        shape = getattr(self.box[number].value, "shape", ())
        place = index if isinstance(index, tuple) else (index,)
        if shape and not place:
            raise ShapeError("diagram_entry", name=self.names(number), shape=shape, example=(0,) * len(shape))
        return replace(self.entries(self.name, number, place, limit), closed=self.closed)

    def path(self, source: int | str | Box, index: int | tuple[int, ...] | None = None, limit: int = PATHS) -> Paths:
        """Why the derivative by a box is what it is: every path to the results with the product along it.

        ``source`` is a box, its name or its number, ``index`` an entry of it where it is an array; then the paths lead
        from entry to entry, see :meth:`entry`. ``limit`` paths are kept, those of the largest products; the others are
        counted and their sum is known. ``UnsupportedOperation`` for a box that is not drawn, or without numbers.
        """
        number = self._find(source)
        out_of: defaultdict[int, list[Wire]] = defaultdict(list)
        for wire in self.view.wires:
            if wire.differentiable:
                out_of[wire.start].append(wire)
        used = _used(number, out_of)
        if index is None and all(self.slope_of(wire) is not None for wire in used):
            return _paths(self, number, used, limit)
        return self.entry(number, () if index is None else index).path(0, limit=limit)

    def _find(self, source: int | str | Box) -> int:
        wanted = source.id if isinstance(source, Box) else source
        for box in self.view.boxes:
            if wanted in (box.id, box.called) or wanted == box.called.translate(LEVEL):
                return box.id
            if isinstance(wanted, int) and wanted in box.outputs:
                return wanted
        names = ", ".join(box.called for box in self.view.boxes[:20])
        raise UnsupportedOperation("diagram_box", given=wanted, names=names)

    # Text

    def result(self, lang: str) -> str:
        """What the adjoints are derivatives of: the result, or the sum of several."""
        several = len(self.outputs) > 1 or any(is_array(box.value) for box in self.outputs)
        return say(lang, "sum") if several else self.name

    def slope(self, number: int) -> str:
        """How the derivative of the result by a box is written: ∂f/∂v₁."""
        return f"∂{self.name}/∂{self.names(number)}"

    def slope_of(self, wire: Wire) -> float | None:
        """The local partial derivative of a number by a number; ``None`` where an array is at either end."""
        ends = (wire.partial, self.box[wire.start].value, self.box[wire.end].value)
        return wire.partial if is_number(wire.partial) and not any(map(is_array, ends)) else None

    def local(self, wire: Wire) -> str:
        """How a local partial derivative is written: ∂v₂/∂v₁."""
        return f"∂{self.names(wire.end)}/∂{self.names(wire.start)}"

    def describe(self, lang: str) -> str:
        """The diagram in a sentence, for those who cannot see it."""
        inputs = sum(box.kind == "input" for box in self.view.boxes)
        operations = sum(box.kind in ("operation", "output", "group") for box in self.view.boxes)
        title = self.title or self.name
        parts = [say(lang, "described", title=title, inputs=inputs, operations=operations)]
        if len(self.outputs) == 1 and self.outputs[0].value is not None:
            parts.append(say(lang, "result", value=written(self.outputs[0].value, lang)))
        slopes = [
            self.slope(box.id) + equals(box.adjoint, lang)
            for box in self.view.boxes
            if box.kind == "input" and is_number(box.adjoint)
        ]
        if slopes:
            parts.append(", ".join(slopes[:TERMS]) + ("." if len(slopes) <= TERMS else ", …"))
        return " ".join(parts)

    def text(self, lang: str | None = None, columns: int = COLUMNS) -> str:
        """The graph for a terminal: what is computed, with what value, and beside it the local partial derivatives;
        then the adjoints in the order of the backward pass."""
        lang = spoken(lang)
        lines = [*wrap(self.title, columns - 2, "  ", "      "), ""] if self.title else []
        lines += self._forward_lines(lang, columns)
        backward = self.backward()
        if backward:
            lines += ["", *wrap(say(lang, "backward", f=self.result(lang)), columns)]
            for step in backward:
                (adjoint,) = step.statements(lang)
                lines += _wrapped(adjoint, columns, *_margins(step.number, len(self.steps)))
        for note in self.notes:
            lines += ["", *wrap(note[lang], columns)]
        return "\n".join(visible(line.rstrip()) for line in lines)

    def _forward_lines(self, lang: str, columns: int) -> list[str]:
        heading = "structure" if all(box.value is None for box in self.boxes) else "tangents" if self.wrt else "forward"
        lines = wrap(say(lang, heading, x=self.wrt), columns)
        right = say(lang, "locals")
        if len(lines) == 1 and width(lines[0]) + 2 <= BESIDE and BESIDE + width(right) <= columns:
            lines = [pad(lines[0], BESIDE) + right]
        for step in self.forward():
            value, *tangents = step.statements(lang, worked=False)
            rows = _wrapped(value, columns, *_margins(step.number, len(self.steps)))
            lines += _beside(rows, step.locals(lang), columns)
            for tangent in tangents:
                lines += _wrapped(tangent, columns, *_margins(None, len(self.steps)))
        return lines

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return f"<mibun.Diagram {self.title or self.name}: {len(self.boxes)} boxes, {len(self.wires)} wires>"

    # Pictures and data

    def svg(self, lang: str | None = None, step: int | None = None) -> str:
        """The graph as SVG, from left to right, legible on a white page and on a black one. With ``step``, what is
        known after that many steps, and its box marked."""
        from mibun.write import circuit

        return circuit.svg(self, spoken(lang), None if step is None else self.step(step))

    def html(self, lang: str | None = None) -> str:
        """A page that needs nothing else: groups open at a click, buttons and arrow keys go through the steps, in both
        languages, beginning with ``lang``."""
        from mibun.write import stage

        return stage.page(self, spoken(lang))

    def json(self) -> dict[str, Any]:
        """The whole graph as plain data, what is folded included. Arrays are nested lists; a number that is not finite
        is ``"inf"``, ``"-inf"`` or ``"nan"``."""
        boxes = [
            {
                "id": box.id,
                "name": box.called,
                "label": box.label,
                "kind": box.kind,
                "formula": box.formula,
                "worked": box.worked,
                "value": plain(box.value),
                "adjoint": plain(box.adjoint),
                "tangent": plain(box.tangent),
                "group": [*box.group],
                "source": box.source,
            }
            for box in self.boxes
        ]
        wires = [
            {
                "start": wire.start,
                "end": wire.end,
                "position": wire.position,
                "partial": plain(wire.partial),
                "formula": wire.formula,
            }
            for wire in self.wires
        ]
        return {
            "title": self.title,
            "name": self.name,
            "wrt": self.wrt or None,
            "boxes": boxes,
            "wires": wires,
            "outputs": [box.id for box in self.outputs],
            "groups": [[*path] for path in self.groups],
            "closed": [[*path] for path in self.groups if path in self.closed],
            "remarks": [dict(note) for note in self.notes],
            "complete": self.complete,
        }

    @classmethod
    def of_json(cls, data: Mapping[str, Any]) -> Diagram:
        """The diagram that :meth:`json` gave."""
        values = ("value", "adjoint", "tangent")
        boxes = [
            Box(**{**box, **{key: parsed(box[key]) for key in values}, "group": tuple(box["group"])})
            for box in data["boxes"]
        ]
        wires = [Wire(**{**wire, "partial": parsed(wire["partial"])}) for wire in data["wires"]]
        return cls(
            tuple(boxes),
            tuple(wires),
            data["title"],
            data["name"],
            data["wrt"] or "",
            frozenset(map(tuple, data["closed"])),
            tuple(data["remarks"]),
            data["complete"],
        )

    def save(self, path: str | os.PathLike[str], lang: str | None = None) -> Path:
        """Write a file, SVG, HTML, JSON or text by its ending, and return its path. ``UnsupportedOperation`` for
        another ending, ``MibunError`` where nothing can be written."""
        place = Path(path)
        forms: dict[str, Callable[[], str]] = {
            ".svg": lambda: self.svg(lang),
            ".html": lambda: self.html(lang),
            ".json": lambda: json.dumps(self.json(), ensure_ascii=False, allow_nan=False),
            ".txt": lambda: self.text(lang) + "\n",
        }
        form = forms.get(place.suffix.lower())
        if form is None:
            raise UnsupportedOperation("picture_suffix", path=str(path), suffixes=", ".join(SUFFIXES))
        data = form().encode()
        try:
            place.write_bytes(data)
        except (OSError, ValueError) as error:
            raise MibunError("usage_output", reason=getattr(error, "strerror", None) or str(error)) from error
        return place

    def _repr_svg_(self) -> str:
        return self.svg()


# The steps


@dataclass(frozen=True, slots=True, eq=False)
class DiagramStep:
    """One step of the forward or of the backward pass (``way``): the value, or the adjoint, of ``target`` becomes
    known.

    ``box`` is the one that is drawn, which holds ``target`` if its group is folded; ``wires`` are those that the step
    uses: into the box on the way forward, out of it on the way back.
    """

    number: int
    box: Box
    target: int
    way: str
    wires: tuple[Wire, ...]
    diagram: Diagram = field(repr=False)

    def text(self, lang: str | None = None) -> str:
        """The step in a line: ``4. v₂ = sin v₁ = sin 4 ≈ −0.756802``."""
        return f"{self.number}. {self.sentence(spoken(lang))}"

    def sentence(self, lang: str) -> str:
        """The same without its number."""
        return "; ".join(self.statements(lang)).replace(GLUE, " ")

    def statements(self, lang: str, worked: bool = True) -> list[str]:
        """What becomes known, each as an equation. Without ``worked``, numbers are not put into the formulas.

        Products are held together by :data:`GLUE`.
        """
        if self.way == "backward":
            return [self._adjoint(lang)]
        box = self.diagram.box[self.target]
        return [self._value(box, lang, worked), *([self._tangent(box, lang)] if box.tangent is not None else [])]

    def _value(self, box: Box, lang: str, worked: bool) -> str:
        left = [self.diagram.name] if box.kind == "output" and len(self.diagram.outputs) == 1 else []
        parts = [*left, box.called]
        formula = _called(self.diagram, self.box) if self.box.kind == "group" else box.formula
        parts += [formula] if formula and formula != box.called else []
        shown = "" if box.value is None else equals(box.value, lang)
        if worked and box.worked and self.box.kind != "group" and box.worked not in (formula, shown[3:]):
            parts.append(box.worked)
        if len(parts) > 1 and shown == f" = {parts[-1]}":
            parts.pop()
        return " = ".join(parts) + _whole(shown)

    def _tangent(self, box: Box, lang: str) -> str:
        names = self.diagram.names
        left, tangent = f"{box.called}′", equals(box.tangent, lang)
        terms = [wire for wire in self.wires if wire.differentiable and _carries(self.diagram.box[wire.start].tangent)]
        if not terms:
            return left + _whole(tangent)
        shares = [(wire.partial, self.diagram.box[wire.start].tangent) for wire in terms]
        parts = [
            _Term(_times(self.diagram.local(wire), f"{names(wire.start)}′"), _multiplied(*share, lang))
            for wire, share in zip(terms, shares, strict=True)
        ]
        return _sum(left, parts + self._others(shares, box.tangent), tangent, lang)

    def _others(self, shares: Sequence[tuple[Value, Value]], total: Value) -> list[_Term]:
        """What stands for the terms that a diagram which is not complete leaves out."""
        known = [a * b for a, b in shares if is_number(a) and is_number(b)]
        told = self.diagram.complete or math.isclose(math.fsum(known), total)
        return [] if told else [_Term("…", "…")]

    def _adjoint(self, lang: str) -> str:
        box = self.diagram.box[self.target]
        left, adjoint = self.diagram.slope(self.target), equals(box.adjoint, lang)
        terms = [wire for wire in self.wires if wire.differentiable]
        if box.kind == "output" and not terms:
            return left + _whole(adjoint)
        if not terms:
            reason = say(lang, "none", name=box.called, f=self.diagram.name)
            return f"{left}{_whole(adjoint)} ({reason})"
        shares = [(self.diagram.box[wire.end].adjoint, wire.partial) for wire in terms]
        parts = [
            _Term(_times(self.diagram.slope(wire.end), self.diagram.local(wire)), _multiplied(*share, lang))
            for wire, share in zip(terms, shares, strict=True)
        ]
        if box.kind == "output":  # a result that another one is made of
            parts.insert(0, _Term("1", "1"))
        return _sum(left, parts + self._others(shares, box.adjoint), adjoint, lang)

    def locals(self, lang: str) -> list[str]:
        """The local partial derivatives of the operation: ``∂v₂/∂v₁ = cos v₁ ≈ −0.653644``."""
        return [
            partial(self.diagram, wire, lang)
            for wire in self.wires
            if wire.differentiable and (wire.partial is not None or wire.formula != self.diagram.local(wire))
        ]

    @property
    def values(self) -> dict[str, Value]:
        """The values that are known now, by name."""
        names = self.diagram.names
        return {names(step.target): self.diagram.box[step.target].value for step in self._before("forward")}

    @property
    def adjoints(self) -> dict[str, Value]:
        """The adjoints that are known now, by name."""
        names = self.diagram.names
        return {names(step.target): self.diagram.box[step.target].adjoint for step in self._before("backward")}

    def _before(self, way: str) -> list[DiagramStep]:
        return [step for step in self.diagram.steps[: self.number] if step.way == way]


def partial(diagram: Diagram, wire: Wire, lang: str) -> str:
    """The local partial derivative on a wire, as an equation."""
    left = diagram.local(wire)
    parts = [left] if wire.formula == left else [left, wire.formula]
    if wire.partial is None or wire.formula.startswith(SUM):
        return " = ".join(parts)
    shown = equals(wire.partial, lang)
    return (parts[0] if shown == f" = {wire.formula}" else " = ".join(parts)) + shown


def _called(diagram: Diagram, box: Box) -> str:
    """A folded group as a call: layer 1(x, W1)."""
    names = dict.fromkeys(
        [diagram.names(wire.start) for wire in diagram.view.wires if diagram.view.owner[wire.end] == box.id]
    )
    shown = list(names)[:TERMS] + (["…"] if len(names) > TERMS else [])
    return f"{box.label}({', '.join(shown)})"


def _carries(tangent: Value) -> bool:
    return tangent is not None and (is_array(tangent) or tangent != 0)


class _Term(NamedTuple):
    """A product in symbols, and in numbers if it has any."""

    symbols: str
    numbers: str | None


def _sum(left: str, terms: Sequence[_Term], result: str, lang: str) -> str:
    """An equation: a sum of products in symbols, in numbers if all are numbers, and its value."""
    parts = [left, _joined([term.symbols for term in terms], lang)]
    numbers = [term.numbers for term in terms if term.numbers is not None]
    if len(numbers) == len(terms):
        parts.append(_joined(numbers, lang))
    return " = ".join(parts) + _whole(result)


def _whole(text: str) -> str:
    """With powers of ten that stay on the line of their number."""
    return text.replace(" × 10", f"{GLUE}×{GLUE}10")


def _multiplied(a: Value, b: Value, lang: str) -> str | None:
    known = is_number(a) and is_number(b) and not math.isnan(a) and not math.isnan(b)
    return _times(factor(a, lang), factor(b, lang)) if known else None


def _times(a: str, b: str) -> str:
    return f"{a} · {b}".replace(" ", GLUE)


def _wrapped(text: str, columns: int, first: str, other: str) -> list[str]:
    return [line.replace(GLUE, " ") for line in wrap(text, columns, first, other)]


def _joined(terms: list[str], lang: str) -> str:
    more = len(terms) - TERMS
    return " + ".join(terms if more <= 0 else [*terms[:TERMS], say(lang, "more", count=more)])


def _margins(number: int | None, count: int) -> tuple[str, str]:
    """What begins the first line of a step, and the others."""
    digits = max(2, len(str(count)))
    return f"  {number or '':>{digits}}  ", " " * (digits + 8)


def _beside(rows: list[str], remarks: list[str], columns: int) -> list[str]:
    """Lines with remarks to the right of them where there is room, beneath them otherwise."""
    room = columns - BESIDE
    if any(width(remark) > room for remark in remarks):
        inner = " " * 10
        folded = [line for remark in remarks for line in _wrapped(_whole(remark), columns, inner, inner + "    ")]
        return [*rows, *folded]
    lines = rows[:]
    at = max([0, *[i + 1 for i, row in enumerate(rows) if width(row) + 2 > BESIDE]])
    for i, remark in enumerate(remarks, at):
        if i == len(lines):
            lines.append("")
        lines[i] = pad(lines[i], BESIDE) + remark
    return lines


# Folding


def _group(box: Box) -> Group:
    """The groups that a box disappears in: inputs stay outside."""
    return () if box.kind == "input" else box.group


def _view(diagram: Diagram) -> View:
    closed = diagram.closed
    while True:
        holder = {box.id: _holder(box, closed) for box in diagram.boxes}
        order, stuck = _ordered(diagram, holder)
        if not stuck:
            break
        closed = closed - stuck  # a group that is used while it is still being made cannot be one box
    members: defaultdict[Group, list[Box]] = defaultdict(list)
    for box in diagram.boxes:
        if holder[box.id]:
            members[holder[box.id]].append(box)
    leaves = {wire.start for wire in diagram.wires if holder[wire.start] != holder[wire.end]}
    drawn: list[Box] = []
    owner: dict[int, int] = {}
    wires: dict[int, list[Wire]] = defaultdict(list)
    folded: dict[Group, Box] = {}
    for group, inside in members.items():
        outputs = [box for box in inside if box.id in leaves or box.kind == "output"] or inside[-1:]
        folded[group] = _folded(group, inside, outputs)
        owner |= dict.fromkeys([box.id for box in inside], outputs[-1].id)
    for wire in diagram.wires:
        if not holder[wire.end]:
            wires[wire.end].append(wire)
    for group, box in folded.items():
        for wire in _through(diagram, box, members[group]):
            wires[wire.end].append(wire)
    for key in order:
        box = folded[key] if isinstance(key, tuple) else diagram.box[key]
        drawn.append(box)
        owner.setdefault(box.id, box.id)
    ends = [number for box in drawn for number in (box.outputs or (box.id,))]
    return View(tuple(drawn), tuple([wire for end in ends for wire in wires[end]]), owner)


def _holder(box: Box, closed: frozenset[Group]) -> Group:
    """The outermost folded group that a box is in."""
    group = _group(box)
    return next((group[:depth] for depth in range(1, len(group) + 1) if group[:depth] in closed), ())


def _ordered(diagram: Diagram, holder: Mapping[int, Group]) -> tuple[list[Group | int], frozenset[Group]]:
    """What is drawn in the order of computation, and the groups for which there is none."""
    rank = {box.id: i for i, box in enumerate(diagram.boxes)}
    last: dict[Group | int, int] = {}
    for box in diagram.boxes:
        last[holder[box.id] or box.id] = rank[box.id]
    after: defaultdict[Group | int, set[Group | int]] = defaultdict(set)
    for wire in diagram.wires:
        start, end = holder[wire.start] or wire.start, holder[wire.end] or wire.end
        if start != end:
            after[start].add(end)
    waiting = dict.fromkeys(last, 0)
    for ends in after.values():
        for end in ends:
            waiting[end] += 1
    ready = [(place, _key(thing)) for thing, place in last.items() if not waiting[thing]]
    things = {place: thing for thing, place in last.items()}
    heapq.heapify(ready)
    order: list[Group | int] = []
    while ready:
        thing = things[heapq.heappop(ready)[0]]
        order.append(thing)
        for end in after[thing]:
            waiting[end] -= 1
            if not waiting[end]:
                heapq.heappush(ready, (last[end], _key(end)))
    left = [thing for thing, number in waiting.items() if number]
    return order, frozenset([thing for thing in left if isinstance(thing, tuple)])


def _key(thing: Group | int) -> str:
    return str(thing)


def _folded(group: Group, inside: Sequence[Box], outputs: Sequence[Box]) -> Box:
    one = outputs[0] if len(outputs) == 1 else None
    return Box(
        id=outputs[-1].id,
        label=group[-1],
        kind="group",
        value=one and one.value,
        adjoint=one and one.adjoint,
        tangent=one and one.tangent,
        group=group[:-1],
        source="/".join(group),
        name=one.called if one else ", ".join(box.called for box in outputs),
        outputs=tuple([box.id for box in outputs]),
        inside=tuple([box.id for box in inside]),
    )


def _through(diagram: Diagram, group: Box, inside: Sequence[Box]) -> list[Wire]:
    """The wires of a folded group: from everything that enters it to each of its outputs, with the partial derivative
    that the chain rule gives within. What reaches an output by way of another one counts from that one on."""
    within = set(group.inside)
    into: defaultdict[int, list[Wire]] = defaultdict(list)
    entries: dict[int, None] = {}
    for wire in diagram.wires:
        if wire.end in within:
            into[wire.end].append(wire)
            if wire.start not in within:
                entries[wire.start] = None
    made = []
    cuts = set(group.outputs)
    for position, start in enumerate([*entries, *group.outputs[:-1]]):
        reached: dict[int, Value] = {start: 1.0}  # None: somehow, but not by a number
        passes: set[int] = {start}
        for box in inside:
            used = [
                wire
                for wire in into[box.id]
                if wire.start in reached and (wire.start == start or wire.start not in cuts)
            ]
            if used:
                open_wires = [wire for wire in used if wire.differentiable and wire.start in passes]
                reached[box.id] = _accumulated([(diagram.slope_of(wire), reached[wire.start]) for wire in open_wires])
                if open_wires:
                    passes.add(box.id)
        for output in group.outputs:
            if output in reached and output != start:
                formula = f"∂{diagram.names(output)}/∂{diagram.names(start)}" if output in passes else ""
                made.append(Wire(start, output, position, reached[output] if formula else None, formula))
    return made


def _accumulated(pairs: Iterable[tuple[Value, Value]]) -> Value:
    total = 0.0
    for a, b in pairs:
        if not (is_number(a) and is_number(b)):
            return None
        total += a * b
    return total


# Paths


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """One way from a box to a result: its boxes by name, the local partials along it, their product."""

    names: tuple[str, ...]
    partials: tuple[float, ...]
    product: float


@dataclass(frozen=True, slots=True, eq=False)
class Paths:
    """The derivative of a result by a box, as the sum over all paths of the products of the local partials.

    ``slope`` and ``total`` are the derivative and its value, ``count`` is how many paths there are, or of a diagram
    that is not ``complete`` how many are known, ``terms`` those of the largest products, ``rest`` the sum of the
    others.
    """

    slope: str
    source: str
    result: str
    total: float
    count: int
    terms: tuple[Way, ...]
    complete: bool = True

    @property
    def rest(self) -> float:
        return 0.0 if self._all_told else self.total - math.fsum(path.product for path in self.terms)

    @property
    def _all_told(self) -> bool:
        return self.complete and self.count == len(self.terms)

    def text(self, lang: str | None = None, columns: int = COLUMNS) -> str:
        """Each path with its product, and the sum of them."""
        lang = spoken(lang)
        facts = {"slope": self.slope, "x": self.source, "f": self.result, "count": f"{self.count:,}"}
        key = "why" if self.count > 1 else "why one" if self.count else "why none"
        key = key if self.complete else "why some"
        lines = wrap(say(lang, key, value=equals(self.total, lang).strip(), **facts), columns)
        ways = [" → ".join(path.names) for path in self.terms]
        products = [" · ".join(factor(part, lang) for part in path.partials) or "1" for path in self.terms]
        totals = [equals(path.product, lang).strip() for path in self.terms]
        if not self._all_told:
            count = f"{self.count - len(self.terms):,}"
            ways.append(say(lang, "rest", count=count) if self.complete else say(lang, "others"))
            products.append("")
            totals.append(equals(self.rest, lang).strip())
        if len(ways) > 1:
            ways.append(say(lang, "total"))
            products.append("")
            totals.append(equals(self.total, lang).strip())
        first, second = (max([0, *map(width, cells)]) for cells in (ways, products))
        for way, product, total in zip(ways, products, totals, strict=True):
            row = f"  {pad(way, first)}   {pad(product, second)} {total}"
            if 6 + first + second + max(map(width, totals)) <= columns:
                lines.append(row)
            elif not product:
                lines += wrap(f"{way} {total}", columns, "  ", "      ")
            else:
                told = [part for part in product.split(" · ") if part != "1"] or ["1"]
                lines += wrap(way, columns, "  ", "      ")
                lines += wrap(f"{' · '.join(told)} {total}", columns, "      ", "      ")
        return "\n".join(lines)

    def json(self) -> dict[str, Any]:
        """The paths as plain data."""
        return {
            "derivative": self.slope,
            "total": plain(self.total),
            "count": self.count if self.complete else None,
            "paths": [
                {"boxes": [*path.names], "partials": plain([*path.partials]), "product": plain(path.product)}
                for path in self.terms
            ],
            "rest": plain(self.rest),
        }

    def __str__(self) -> str:
        return self.text()


_Tail = tuple[Wire, Any]  # a wire, and the way on from its end


def _paths(diagram: Diagram, source: int, used: Sequence[Wire], limit: int) -> Paths:
    out_of: defaultdict[int, list[Wire]] = defaultdict(list)
    for wire in used:
        out_of[wire.start].append(wire)
    results = {box.id for box in diagram.outputs}
    count: dict[int, int] = {}
    total: dict[int, float] = {}
    best: dict[int, list[tuple[float, _Tail | None]]] = {}
    for number in reversed([n for box in diagram.view.boxes for n in (box.outputs or (box.id,))]):
        ways: list[tuple[float, _Tail | None]] = [(1.0, None)] if number in results else []
        count[number], total[number] = len(ways), float(len(ways))
        for wire in out_of[number]:
            total[number] += wire.partial * total[wire.end]
            ways += [(wire.partial * product, (wire, tail)) for product, tail in best[wire.end]]
            count[number] += count[wire.end]
        ways.sort(key=lambda way: -abs(way[0]) if way[0] == way[0] else -math.inf)
        best[number] = ways[:limit]
    terms = [_unwound(diagram, source, product, tail) for product, tail in best[source]]
    adjoint = diagram.box[source].adjoint
    known = is_number(adjoint) and not math.isnan(adjoint)
    exact = float(adjoint) if known else total[source]
    facts = (diagram.slope(source), diagram.names(source), diagram.name)
    return Paths(*facts, exact, count[source], tuple(terms), diagram.complete)


def _used(source: int, out_of: Mapping[int, list[Wire]]) -> list[Wire]:
    """The wires that something can take from a box to a result."""
    found: list[Wire] = []
    seen, stack = {source}, [source]
    while stack:
        for wire in out_of.get(stack.pop(), ()):
            found.append(wire)
            if wire.end not in seen:
                seen.add(wire.end)
                stack.append(wire.end)
    return found


def _unwound(diagram: Diagram, source: int, product: float, tail: _Tail | None) -> Way:
    names, partials = [diagram.names(source)], list[float]()
    while tail is not None:
        wire, tail = tail
        names.append(diagram.names(wire.end))
        partials.append(wire.partial)
    return Way(tuple(names), tuple(partials), product)
