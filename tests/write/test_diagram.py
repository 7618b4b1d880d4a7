"""The diagram as data, and what people see of it: text, steps, folded groups, paths, SVG, a page."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mibun.errors import BudgetExceeded, MibunError, ShapeError, UnsupportedOperation
from mibun.language import LANGUAGES
from mibun.language import width as columns
from mibun.write import circuit, values
from mibun.write.canvas import INK, QUIET
from mibun.write.circuit import BACK, BLUE, GIVEN, MIDDLE, PAPER, RED, advance
from mibun.write.diagram import Box, Diagram, Wire

Vertex = tuple[list[int], list[float], tuple[str, ...]]  # what it is made of, the slopes, the groups


def diagram(vertices: list[Vertex], **options: Any) -> Diagram:
    """A diagram of sums: each vertex is the sum of slope times value of what it is made of, an input without any.

    The last one is the result.
    """
    value: list[float] = []
    for i, (feet, slopes, _) in enumerate(vertices):
        value.append(sum(s * value[j] for s, j in zip(slopes, feet, strict=True)) if feet else i + 1.0)
    adjoint = [0.0] * len(vertices)
    adjoint[-1] = 1.0
    for i in range(len(vertices) - 1, -1, -1):
        for slope, j in zip(vertices[i][1], vertices[i][0], strict=True):
            adjoint[j] += adjoint[i] * slope
    boxes: list[Box] = []
    for i, (feet, slopes, group) in enumerate(vertices):
        kind = "output" if i == len(vertices) - 1 else "operation" if feet else "input"
        name = f"v{i}" if feet else f"x{i}"
        formula = " + ".join(f"{s:g}·{boxes[j].name}" for s, j in zip(slopes, feet, strict=True)) or name
        boxes.append(Box(i, "Σ" if feet else name, kind, value[i], adjoint[i], None, group, "", name, formula))
    wires = [
        Wire(j, i, position, slope, f"{slope:g}")
        for i, (feet, slopes, _) in enumerate(vertices)
        for position, (j, slope) in enumerate(zip(feet, slopes, strict=True))
    ]
    return Diagram(tuple(boxes), tuple(wires), "f(x)", **options)


@st.composite
def diagrams(draw: st.DrawFn, groups: bool = True) -> Diagram:
    count = draw(st.integers(2, 12))
    inputs = draw(st.integers(1, count - 1))
    vertices: list[Vertex] = []
    path: list[str] = []
    calls = 0
    for i in range(count):
        if i < inputs:
            vertices.append(([], [], ()))
            continue
        if groups and draw(st.booleans()):  # a call begins or ends
            if path and draw(st.booleans()):
                path.pop()
            elif len(path) < 3:
                calls += 1
                path.append(f"call {calls}")
        feet = draw(st.lists(st.integers(0, i - 1), min_size=1, max_size=3, unique=True))
        slopes = [float(draw(st.integers(-3, 3))) for _ in feet]
        vertices.append((feet, slopes, tuple(path)))
    return diagram(vertices)


LAYERS = diagram(
    [
        ([], [], ()),
        ([], [], ()),
        ([0], [2.0], ("net", "layer 1")),
        ([2, 1], [3.0, 1.0], ("net", "layer 1")),
        ([3], [-1.0], ("net", "layer 2")),
        ([4, 3], [2.0, 5.0], ("net", "layer 2")),
        ([5, 0], [1.0, 1.0], ()),
    ]
)


# Text and steps


@given(diagrams())
def test_text_fits_in_both_languages(found: Diagram) -> None:
    for state in (found, found.fold()):
        for lang in LANGUAGES:
            for wide in (60, 80, 120):
                assert max(map(columns, state.text(lang, wide).splitlines())) <= wide


@given(diagrams())
def test_the_steps_end_in_the_values_of_the_graph(found: Diagram) -> None:
    for state in (found, found.fold()):
        last = state.steps[-1]
        shown = {n for box in state.view.boxes for n in (box.outputs or (box.id,))}
        assert last.values == {found.names(n): found.box[n].value for n in shown}
        assert last.adjoints == {found.names(n): found.box[n].adjoint for n in shown}
        assert [step.number for step in state.steps] == list(range(1, len(state.steps) + 1))
        assert state.steps[0].adjoints == {}
        known: set[int] = set()
        for step in state.forward():  # nothing is used before it is known
            assert {wire.start for wire in step.wires} <= known
            known.add(step.target)
        known = set()
        for step in state.backward():
            assert {wire.end for wire in step.wires} <= known
            known.add(step.target)


@given(diagrams())
def test_adjoints_are_the_sums_that_the_steps_say(found: Diagram) -> None:
    for state in (found, found.fold()):
        for step in state.backward():
            total = math.fsum(found.box[wire.end].adjoint * wire.partial for wire in step.wires)
            box = found.box[step.target]
            assert total + (box.kind == "output") == pytest.approx(box.adjoint)


def test_steps_in_words() -> None:
    assert [step.text("en") for step in LAYERS.backward()][-2:] == [
        "13. ∂f/∂x0 = ∂f/∂v2 · ∂v2/∂x0 + ∂f/∂v6 · ∂v6/∂x0 = 9 · 2 + 1 · 1 = 19",
        "14. ∂f/∂x1 = ∂f/∂v3 · ∂v3/∂x1 = 3 · 1 = 3",
    ]
    folded = LAYERS.fold().open("net")
    assert folded.step(3).text("ko") == "3. v3 = layer 1(x0, x1) = 8"
    assert folded.step(4).locals("en") == ["∂v5/∂v3 = 3"]
    assert LAYERS.step(8).statements("en") == ["∂f/∂v6 = 1"]
    assert "no way leads" in diagram([([], [], ()), ([], [], ()), ([0], [1.0], ())]).text("en")
    assert "길이 없음" in diagram([([], [], ()), ([], [], ()), ([0], [1.0], ())]).text("ko")


def test_text_without_numbers_and_with_tangents() -> None:
    bare = Diagram((Box(0, "x", "input", name="x"), Box(1, "sin", "output", name="v", formula="sin x")), ())
    assert bare.text("en") == "\n".join([
        "The steps of the computation                local partial derivatives",
        "   1  x",
        "   2  f = v = sin x",
    ])  # fmt: skip
    assert bare.backward() == ()
    moved = replace(bare, boxes=(replace(bare.boxes[0], value=0.0, tangent=1.0), bare.boxes[1]), wrt="x")
    assert "x′ = 1" in moved.text("ko")


# Folding


@given(diagrams())
def test_folded_and_unfolded_say_the_same(found: Diagram) -> None:
    assert found.fold().open_all().json() == found.json()
    for state in (found.fold(), *[found.fold().open(path) for path in found.groups]):
        boxes = {box.id: box for box in state.view.boxes}
        assert set(state.view.owner) == set(found.box)
        assert set(state.view.owner.values()) == set(boxes)
        for wire in state.view.wires:
            assert state.view.owner[wire.start] in boxes
        for source in [box.id for box in found.boxes if box.kind == "input"]:  # the chain rule holds outside as within
            assert state.path(source).total == pytest.approx(found.box[source].adjoint)
            paths = state.path(source, limit=1000)
            assert math.fsum(way.product for way in paths.terms) == pytest.approx(found.box[source].adjoint)


def test_groups_nest_and_open() -> None:
    folded = LAYERS.fold()
    assert [box.label for box in folded.view.boxes] == ["x0", "x1", "net", "Σ"]
    net = folded.view.boxes[2]
    assert (net.kind, net.value, net.adjoint, net.inside) == ("group", 24.0, 1.0, (2, 3, 4, 5))
    assert [box.label for box in folded.open("net").view.boxes] == ["x0", "x1", "layer 1", "layer 2", "Σ"]
    assert folded.open("net/layer 2").view.boxes[2].label == "layer 1"
    assert folded.open("layer 2").json()["closed"] == [["net", "layer 1"]]
    assert LAYERS.fold("layer 1").json()["closed"] == [["net", "layer 1"]]
    assert folded.open().json() == folded.open("net").json()
    assert folded.open(("net", "layer 1")).open_all().view.boxes == LAYERS.view.boxes
    with pytest.raises(UnsupportedOperation, match="layer 3"):
        folded.open("layer 3")


def test_a_group_with_several_results_keeps_the_chain_rule() -> None:
    found = diagram([([], [], ()), ([0], [2.0], ("g",)), ([1], [3.0], ("g",)), ([1, 2], [5.0, 7.0], ())]).fold()
    (group,) = [box for box in found.view.boxes if box.kind == "group"]
    assert group.outputs == (1, 2)
    assert group.value is None
    assert found.path("x0").total == 2 * 5 + 2 * 3 * 7
    assert found.path("x0").count == 2
    assert "v1 = 2" in found.svg("en")


def test_a_group_that_is_used_while_it_is_made_stays_open() -> None:
    tangled = diagram([([], [], ()), ([0], [2.0], ("g",)), ([1], [3.0], ()), ([2], [5.0], ("g",))]).fold()
    assert [box.kind for box in tangled.view.boxes] == ["input", "operation", "operation", "output"]


# Paths


@given(diagrams(groups=False))
def test_paths_sum_to_the_derivative(found: Diagram) -> None:
    for box in found.boxes:
        paths = found.path(box, limit=5)
        whole = found.path(box, limit=10_000)
        assert whole.count == len(whole.terms) == paths.count
        assert math.fsum(way.product for way in whole.terms) == pytest.approx(box.adjoint)
        assert paths.rest + math.fsum(way.product for way in paths.terms) == pytest.approx(box.adjoint)
        largest = [abs(way.product) for way in whole.terms[:5]]
        assert [abs(way.product) for way in paths.terms] == pytest.approx(largest)
        for way in whole.terms:
            assert math.prod(way.partials) == way.product
            assert way.names[0] == box.name


def test_paths_in_words() -> None:
    assert LAYERS.path("x0").text("en").splitlines() == [
        "Why ∂f/∂x0 = 19: 3 paths from x0 to f",
        "  x0 → v2 → v3 → v5 → v6        2 · 3 · 5 · 1        = 30",
        "  x0 → v2 → v3 → v4 → v5 → v6   2 · 3 · (−1) · 2 · 1 = −12",
        "  x0 → v6                       1                    = 1",
        "  sum                                                = 19",
    ]
    shown = LAYERS.path("x0", limit=1)
    assert "2 more paths, together" in shown.text("en")
    assert "나머지 경로 2개의 합" in shown.text("ko")
    assert shown.rest == -11
    assert shown.json()["count"] == 3
    assert str(LAYERS.fold().path(0).count) == "2"


def test_many_paths_are_counted_not_listed() -> None:
    vertices: list[Vertex] = [([], [], ())]
    for i in range(1, 200):
        vertices.append(([i - 1], [1.0], ()) if i % 2 else ([i - 1, max(i - 2, 0)], [0.5, 0.5], ()))
    paths = diagram(vertices).path("x0")
    assert paths.count == 2**99
    assert paths.total == pytest.approx(1)
    assert len(paths.terms) == 12
    assert f"{2**99 - 12:,}" in paths.text("ko").replace("\n      ", "")


def test_no_path() -> None:
    lone = diagram([([], [], ()), ([], [], ()), ([0], [1.0], ())])
    assert lone.path("x1").text("en") == "∂f/∂x1 = 0: no path leads from x1 to f"
    with pytest.raises(UnsupportedOperation, match="y"):
        lone.path("y")


# Data


@given(diagrams())
def test_json_round_trip(found: Diagram) -> None:
    data = found.fold().json()
    assert Diagram.of_json(json.loads(json.dumps(data, allow_nan=False))).json() == data


def test_json_of_arrays_and_of_what_is_not_finite() -> None:
    boxes = (
        Box(0, "x", "input", np.array([[1.0, math.nan], [math.inf, -math.inf]]), np.zeros((2, 2))),
        Box(1, "g", "operation", True, None),
        Box(2, "e", "constant", np.array([True, False])),
        Box(3, "o", "output", math.nan, math.inf, np.zeros((0, 3))),
    )
    made = Diagram(boxes, (Wire(0, 1, 0), Wire(0, 3, 0, np.array([1.0]), "x")), notes=({"en": "a", "ko": "b"},))
    data = made.json()
    assert data["boxes"][0]["value"] == [[1.0, "nan"], ["inf", "-inf"]]
    again = Diagram.of_json(json.loads(json.dumps(data, allow_nan=False)))
    assert again.json() == data
    assert again.boxes[1].value is True
    assert again.boxes[2].value.dtype == bool
    assert again.text("ko") == made.text("ko")


def test_values() -> None:
    assert values.written(np.arange(6.0).reshape(2, 3), "en") == "[[0, 1, 2], [3, 4, 5]]"
    assert values.written(np.arange(8.0), "en") == "(8,) [0 … 7]"
    assert values.written(np.full((3, 3), 0.5), "en") == "(3, 3) [0.5]"
    assert values.written(np.full(9, math.nan), "ko") == "(9,) [값 없음]"
    assert values.written(np.zeros((0, 9)), "ko") == "[]"
    assert values.written(np.array([True, False]), "ko") == "[참, 거짓]"
    assert values.equals(np.array([1.0, 1 / 3]), "en") == " ≈ [1, 0.3333]"
    assert values.equals(np.arange(8.0), "en") == ": (8,) [0 … 7]"
    assert values.factor(-2.0, "en") == "(−2)"


# Pictures

SVG = "{http://www.w3.org/2000/svg}"


def picture(found: Diagram, lang: str = "en", step: int | None = None) -> ElementTree.Element:
    return ElementTree.fromstring(found.svg(lang, step))


def rectangles(root: ElementTree.Element) -> list[tuple[float, float, float, float]]:
    return [
        tuple(float(rect.get(key, "0")) for key in ("x", "y", "width", "height"))  # type: ignore[misc]
        for rect in root.iter(f"{SVG}rect")
    ]


@given(diagrams())
def test_pictures_are_well_formed_and_the_same_again(found: Diagram) -> None:
    for state in (found, found.fold()):
        root = picture(state)
        assert root.tag == f"{SVG}svg"
        assert ElementTree.tostring(root) == ElementTree.tostring(picture(state))
        _, _, wide, high = map(float, root.get("viewBox", "").split())
        assert (wide, high) == (float(root.get("width", "")), float(root.get("height", "")))
        assert not [element for element in root.iter() if element.get("id") or element.tag in (f"{SVG}style", "script")]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_everything_is_inside_the_picture(lang: str) -> None:
    for state in (LAYERS, LAYERS.fold(), LAYERS.fold().open("net")):
        for step in (None, 1, len(state.steps)):
            root = picture(state, lang, step)
            _, _, wide, high = map(float, root.get("viewBox", "").split())
            shift = [(0.0, 0.0)]
            for group in root.iter(f"{SVG}g"):
                match = re.fullmatch(r"translate\(([\d.]+) ([\d.]+)\)", group.get("transform", ""))
                if match:
                    shift.append((float(match[1]), float(match[2])))
            right, low = max(shift)
            for x, y, w, h in rectangles(root):
                assert x + w + right <= wide
                assert y + h <= high
            for text in root.iter(f"{SVG}text"):
                letters = float(text.get("font-size", ""))
                span = advance(text.text or "", letters)
                x = float(text.get("x", "")) - (span / 2 if text.get("text-anchor") == "middle" else 0)
                assert x >= 0
                assert x + span <= wide + 0.5
            assert low <= high


def test_steps_hide_what_is_not_known_yet() -> None:
    def texts(step: int | None) -> list[str]:
        return [text.text or "" for text in picture(LAYERS, "en", step).iter(f"{SVG}text")]

    assert "25" not in texts(6)
    assert "25" in texts(7)
    assert "19" not in texts(12)
    assert "19" in texts(13)
    assert texts(14)[: len(texts(None)) - 8] == texts(None)[: len(texts(None)) - 8]
    with pytest.raises(ShapeError, match="15"):
        LAYERS.svg("en", 15)
    with pytest.raises(ShapeError):
        LAYERS.svg("en", 0)


def test_folded_boxes_have_a_double_border_and_words_for_the_blind() -> None:
    assert len(rectangles(picture(LAYERS.fold()))) > len(LAYERS.fold().view.boxes) + 2
    root = picture(LAYERS, "ko")
    description = root.find(f"{SVG}desc")
    assert description is not None
    assert description.text == "f(x)의 계산 그래프: 입력 2개, 연산 5개. 결과 25. ∂f/∂x0 = 19, ∂f/∂x1 = 3."
    assert "접힌 상자" in LAYERS.fold().svg("ko")


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def test_colours_read_on_white_and_on_black() -> None:
    for ink in (MIDDLE, BACK):  # what lies on the page itself
        assert contrast(ink, "#ffffff") >= 4.5
        assert contrast(ink, "#000000") >= 4.5
    for ink in (INK, QUIET, RED, BLUE):  # what lies on the ground of boxes and labels
        assert contrast(ink, PAPER) >= 4.5
        assert contrast(ink, GIVEN) >= 4.5


def test_letters_take_no_more_than_is_reckoned() -> None:
    font_manager = pytest.importorskip("matplotlib.font_manager")
    path = font_manager.findfont("DejaVu Sans")
    font = font_manager.get_font(path)
    font.set_size(100, 72)
    for text in ("v₁₂ = x² + sin v₃", "−0.7568", "1 − v₃²", "L(W1, b1) = …", "(8, 5) [−2.33 … 1.49]", "∂v₁/∂x = e^v₁₁"):
        real = sum(font.load_char(ord(char)).linearHoriAdvance / 65536 for char in text) / 100
        assert real <= advance(text, 1) <= 1.2 * real


def test_long_graphs_are_cut_into_strips() -> None:
    chain: list[Vertex] = [([], [], ()), *[([i], [1.0], ()) for i in range(30)]]
    chain.append(([30, 0], [1.0, 1.0], ()))
    root = picture(diagram(chain))
    assert float(root.get("width", "")) < 1600
    names = [text.text for text in root.iter(f"{SVG}text")]
    assert names.count("x0") == 2  # the box, and its name where it is used again
    assert len(circuit.Drawing(diagram(chain), "en").strips) > 2


def test_too_many_boxes_for_a_picture() -> None:
    chain: list[Vertex] = [([], [], ()), *[([i], [1.0], ("f",)) for i in range(400)]]
    with pytest.raises(BudgetExceeded, match="401"):
        diagram(chain).svg("en")
    assert diagram(chain).fold().svg("en").startswith("<svg")
    assert len(diagram(chain).text("en").splitlines()) > 800


def test_what_people_name_is_harmless() -> None:
    odd = "<b>&\"' ]]>\u202e\0"
    boxes = (Box(0, odd, "input", 1.0, 1.0, name=odd, source=odd), Box(1, odd, "output", 1.0, 1.0, None, (odd,), odd))
    made = Diagram(boxes, (Wire(0, 1, 0, 1.0, odd),), odd).fold()
    for state in (made, made.open_all()):
        picture(state)
        page = state.html("en")
        assert "<b>&" not in page
        assert "\0" not in page
        assert page.count("</script>") == 2


# The page


def test_the_page_has_both_languages_and_every_view() -> None:
    page = LAYERS.fold().html("ko")
    assert page.startswith('<!DOCTYPE html>\n<html lang="ko">')
    assert not re.search(r"https?://(?!www\.w3\.org)|<link|src=|@import|url\(", page)
    match = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    assert match
    data = json.loads(match[1])
    assert data["groups"] == ["net", "net/layer 1", "net/layer 2"]
    assert data["open"] == []
    assert sorted(data["views"]) == ["", "0", "0,1", "0,1,2", "0,2"]
    assert len(data["views"]["0,1,2"]) == len(LAYERS.steps)
    assert len(re.findall(r'<div class="view"', page)) == 5
    assert page.count("hidden>") == 4
    for word in ("Next", "다음", "open all", "모두 열기"):
        assert word in page
    assert '"open": [0, 1, 2]' in LAYERS.html("en")


def test_drawings_differ_by_language_only_where_words_do() -> None:
    boxes = (Box(0, "x", "input", math.nan, 1.0), Box(1, "f", "output", 1.0, 1.0))
    assert Diagram(boxes, ()).html("en").count('<div class="view t"') == 2


def test_with_many_groups_one_is_open_at_a_time() -> None:
    vertices: list[Vertex] = [([], [], ()), *[([i], [1.0], (f"call {i}",)) for i in range(8)]]
    found = diagram(vertices).fold()
    page = found.html("en")
    match = re.search(r'id="data">(.*?)</script>', page, re.DOTALL)
    assert match
    assert len(json.loads(match[1])["views"]) == 8 + 2


# Files


def test_files(tmp_path: Path) -> None:
    for suffix in (".svg", ".html", ".json", ".txt"):
        path = LAYERS.save(tmp_path / f"graph{suffix}", "ko")
        assert path.read_text(encoding="utf-8")
    assert json.loads((tmp_path / "graph.json").read_text(encoding="utf-8")) == LAYERS.json()
    assert (tmp_path / "graph.txt").read_text(encoding="utf-8") == LAYERS.text("ko") + "\n"
    with pytest.raises(UnsupportedOperation, match=r"\.png"):
        LAYERS.save(tmp_path / "graph.png")
    with pytest.raises(MibunError):
        LAYERS.save(tmp_path / "none" / "graph.svg")


def test_notebooks_and_words() -> None:
    assert LAYERS._repr_svg_() == LAYERS.svg()
    assert str(LAYERS) == LAYERS.text()
    assert repr(LAYERS) == "<mibun.Diagram f(x): 7 boxes, 8 wires>"
    with pytest.raises(UnsupportedOperation):
        LAYERS.text("fr")
