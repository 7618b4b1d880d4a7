"""Graphs of formulas and of arrays as diagrams: the numbers are those of the functions, the formulas those of a
textbook."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.strategies import nodes

import mibun as mb
from mibun import arrays, chain, diagrams
from mibun.errors import MibunError, ShapeError, UnsupportedOperation
from mibun.language import LANGUAGES
from mibun.node import Node, postorder
from mibun.ops import OPS, apply, const, data, make, symbol
from mibun.run import interpret
from mibun.write.diagram import Diagram

OPERATIONS = [
    *("symbol", "const", "pi", "add", "sub", "mul", "div", "neg", "pow", "exp", "sqrt", "ln", "sin", "cos", "tan"),
    *("tanh", "atan", "sigmoid", "softplus", "abs", "max", "where", "lt", "and", "or", "not"),
]
POINTS = st.sampled_from([0.5, 1.0, 1.25, 2.0, 3.0, -0.75])


def graph(source: str, wrt: str | None = None, **at: Any) -> Diagram:
    return mb.function(source).graph(at or None, wrt)


def close(a: float, b: float, scale: float = 0.0) -> bool:
    return (math.isnan(a) and math.isnan(b)) or math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9 * scale)


# Any formula


@given(nodes(ops=OPERATIONS, constants=st.integers(1, 3), size=9), POINTS, POINTS)
def test_the_numbers_are_those_of_the_function(node: Node, x: float, y: float) -> None:
    try:
        made = diagrams.of_nodes(node, {"x": x, "y": y}, variables=("x", "y"), wrt="x")
        value = interpret.call(node, {"x": x, "y": y})
    except UnsupportedOperation:
        assume(False)
    (result,) = made.outputs
    assert close(result.value, value)
    slopes = interpret.call_all(chain.pull(node, [symbol("x"), symbol("y")]), {"x": x, "y": y})
    if not math.isnan(value):
        for box, slope in zip(made.boxes, slopes, strict=False):
            assert close(box.adjoint, float(slope))
        if math.isfinite(result.tangent) and math.isfinite(slopes[0]):  # at edges the two directions may differ
            assert close(result.tangent, float(slopes[0]), 1.0)
    assert made.steps[-1].values == {box.name: box.value for box in made.boxes}


@given(nodes(ops=OPERATIONS, constants=st.integers(1, 3), size=8), POINTS, POINTS)
def test_the_sum_over_all_paths_is_the_adjoint(node: Node, x: float, y: float) -> None:
    try:
        made = diagrams.of_nodes(node, {"x": x, "y": y}, variables=("x", "y"))
    except UnsupportedOperation:
        assume(False)
    for box in made.boxes:
        if not isinstance(box.adjoint, float):
            continue
        paths = made.path(box, limit=500)
        products = [way.product for way in paths.terms]
        assume(paths.count <= 500 and all(map(math.isfinite, [*products, box.adjoint])))
        assert close(math.fsum(products), box.adjoint, math.fsum(map(abs, products)))


@given(nodes(ops=OPERATIONS, constants=st.integers(1, 3), size=9), POINTS, POINTS)
def test_every_graph_can_be_shown(node: Node, x: float, y: float) -> None:
    try:
        made = diagrams.of_nodes(node, {"x": x, "y": y}, variables=("x", "y"))
    except UnsupportedOperation:
        assume(False)
    assert made.svg("ko") == made.svg("ko")
    assert Diagram.of_json(made.json()).json() == made.json()
    for lang in LANGUAGES:
        assert made.text(lang)
    shown = [inner for inner in postorder(node) if inner.op != "const" and OPS[inner.op].kind != "predicate"]
    assert len([box for box in made.boxes if box.kind in ("operation", "output")]) <= len(shown) + 1


# The look of formulas


def test_a_formula_step_by_step() -> None:
    made = graph("y sin(x^2)", x=2, y=3)
    assert made.text("ko").splitlines() == [
        "  f(x, y) = y sin(x²)",
        "",
        "순전파: 값                                  국소 편미분",
        "   1  x = 2",
        "   2  y = 3",
        "   3  v₁ = x² = 4                           ∂v₁/∂x = 2x = 4",
        "   4  v₂ = sin v₁ ≈ −0.756802               ∂v₂/∂v₁ = cos v₁ ≈ −0.653644",
        "   5  f = v₃ = yv₂ ≈ −2.27041               ∂v₃/∂y = v₂ ≈ −0.756802",
        "                                            ∂v₃/∂v₂ = y = 3",
        "",
        "역전파: f를 각 값으로 미분한 값",
        "   6  ∂f/∂v₃ = 1",
        "   7  ∂f/∂v₂ = ∂f/∂v₃ · ∂v₃/∂v₂ = 1 · 3 = 3",
        "   8  ∂f/∂v₁ = ∂f/∂v₂ · ∂v₂/∂v₁ = 3 · (−0.653644) ≈ −1.96093",
        "   9  ∂f/∂x = ∂f/∂v₁ · ∂v₁/∂x = (−1.96093) · 4 ≈ −7.84372",
        "  10  ∂f/∂y = ∂f/∂v₃ · ∂v₃/∂y = 1 · (−0.756802) ≈ −0.756802",
    ]
    assert made.step(4).text("en") == "4. v₂ = sin v₁ = sin 4 ≈ −0.756802"
    assert made.step(3).text("en") == "3. v₁ = x² = 2² = 4"


@pytest.mark.parametrize(
    ("source", "at", "rows"),
    [  # of the last operation: label, formula, local partials
        ("3x", {"x": 2}, ("3□", "3x", ["3"])),
        ("x^2", {"x": 2}, ("□²", "x²", ["2x"])),
        ("x + y", {"x": 2, "y": 1}, ("+", "x + y", ["1", "1"])),
        ("x/y", {"x": 2, "y": 1}, ("÷", "x/y", ["1/y", "−x/y²"])),
        ("x*x", {"x": 3}, ("□ · □", "x · x", ["x + x"])),
        ("tanh x", {"x": 0}, ("tanh", "tanh x", ["1 − v₁²"])),
        ("sqrt x", {"x": 4}, ("√", "√x", ["1/(2v₁)"])),
        ("e^x", {"x": 0}, ("eˣ", "eˣ", ["v₁"])),
        ("max(x, 2)", {"x": 3}, ("max(□, 2)", "max(x, 2)", ["[x > 2]"])),
        ("relu(x)", {"x": 3}, ("ReLU", "ReLU(x)", ["[x > 0]"])),
        ("max(x, y)", {"x": 3, "y": 1}, ("max", "max(x, y)", ["∂v₁/∂x", "∂v₁/∂y"])),
        ("x^y", {"x": 3, "y": 1}, ("xʸ", "xʸ", ["yxʸ⁻¹", "v₁ ln x"])),
        ("sigmoid(x)", {"x": 0}, ("sigmoid", "sigmoid(x)", ["v₁(1 − v₁)"])),
        ("pi x", {"x": 1}, ("π□", "πx", ["π"])),
    ],
)
def test_formulas(source: str, at: dict[str, Any], rows: tuple[str, str, list[str]]) -> None:
    made = graph(source, **at)
    box = made.boxes[-1]
    assert (box.label, box.formula, [wire.formula for wire in made.wires]) == rows


def test_shared_parts_are_one_box() -> None:
    made = graph("sin(x)^2 + cos(x)/sin(x)", x=1)
    assert [box.formula for box in made.boxes] == ["x", "sin x", "v₁²", "cos x", "v₃/v₁", "v₂ + v₄"]
    assert made.path("x").count == 3


def test_conditions_are_written_into_their_cases() -> None:
    f = mb.function("where(x > y, x^2, y)")
    made = f.graph({"x": 2, "y": 1})
    assert [box.formula for box in made.boxes] == ["x", "y", "x²", "where(x > y, v₁, y)"]
    assert [(wire.start, wire.formula) for wire in made.wires if wire.end == 3] == [
        (0, ""),
        (1, "1 − [x > y]"),
        (2, "[x > y]"),
    ]
    assert made.box[0].adjoint == 4
    assert 'stroke-dasharray="4 4"' in made.svg("en")


def test_names_keep_out_of_the_way_of_variables() -> None:
    assert [box.name for box in graph("sin(v) + 1", v=1).boxes] == ["v", "w₁", "w₂"]
    assert [box.name for box in graph("sin(v_2 w)", v_2=1, w=1).boxes] == ["v₂", "w", "u₁", "u₂"]


def test_the_derivative_is_carried_forward() -> None:
    made = graph("x^2 y", "x", x=3, y=2)
    assert made.wrt == "x"
    assert [box.tangent for box in made.boxes] == [1, 0, 6, 12]
    assert made.step(4).text("en") == ("4. f = v₂ = v₁y = 9 · 2 = 18; v₂′ = ∂v₂/∂v₁ · v₁′ = 2 · 6 = 12")
    assert graph("x^2", x=3).boxes[0].tangent == 1
    assert graph("x y", x=3, y=2).boxes[0].tangent is None


@pytest.mark.parametrize("lang", LANGUAGES)
def test_where_there_is_no_derivative_it_says_so(lang: str) -> None:
    kink = graph("|x|", x=0)
    assert kink.box[0].adjoint == 0
    assert ("미분가능하지 않습니다" if lang == "ko" else "not differentiable") in kink.text(lang)
    outside = graph("ln x", x=-1)
    assert math.isnan(outside.box[0].adjoint)
    assert {"ko": "값 없음", "en": "no value"}[lang] in outside.text(lang)
    assert not graph("x^2", x=0).notes
    assert "∂/∂y" in graph("x + |y|", x=1, y=0).text(lang)


def test_rounding_errors_are_not_shown_for_exact_zeros() -> None:
    made = mb.function("sin(pi x)").graph("1/2")
    assert made.box[0].adjoint == 0
    assert made.wires[-1].partial == 0
    assert mb.function("cos x").graph("pi/2").boxes[-1].value == 0


def test_variables_that_are_results_and_results_that_are_numbers() -> None:
    same = graph("x", x=2)
    assert [(box.kind, box.value, box.adjoint) for box in same.boxes] == [("input", 2, 1), ("output", 2, 1)]
    number = mb.function("3").graph()
    assert [(box.kind, box.value) for box in number.boxes] == [("output", 3)]
    assert "f = v₁ = 3" in number.text("en")
    lone = mb.function("f(x, y) = x").graph({"x": 1, "y": 5})
    assert lone.box[1].adjoint == 0


def test_without_a_point_there_are_formulas() -> None:
    made = mb.function("x^2 y").graph()
    assert [box.value for box in made.boxes] == [None] * 4
    assert made.wires[0].formula == "2x"
    assert made.backward() == ()
    assert "2x" in made.svg("ko")
    with pytest.raises(UnsupportedOperation):
        made.path("x")


def test_functions_without_a_formula() -> None:
    made = mb.function("f(x^2)").graph()
    assert made.name == "g"
    assert made.wires[-1].formula == "f′(v₁)"
    with pytest.raises(UnsupportedOperation):
        mb.function("f(x)").graph(1)


def test_what_is_missing_is_named() -> None:
    with pytest.raises(ShapeError, match="y"):
        graph("x y", x=1)
    with pytest.raises(ShapeError, match="y"):
        diagrams.of_nodes(make("mul", symbol("x"), symbol("y")), {"x": 1.0})
    with pytest.raises(MibunError):
        mb.function("x y").gradient().graph({"x": 1, "y": 2})


def test_several_results() -> None:
    x = symbol("x")
    u = make("sin", x)
    made = diagrams.of_nodes([u, make("mul", u, x)], {"x": 2.0})
    assert [box.kind for box in made.boxes] == ["input", "output", "output"]
    assert made.box[0].adjoint == pytest.approx(math.cos(2) + math.sin(2) + 2 * math.cos(2))
    assert made.path("x").total == pytest.approx(made.box[0].adjoint)
    assert math.fsum(way.product for way in made.path("x").terms) == pytest.approx(made.box[0].adjoint)
    assert "= 1 + ∂f/∂v₂ · ∂v₂/∂v₁ = 1 + 1 · 2 = 3" in made.text("en")
    assert "Backward: the derivatives of the sum of all results" in made.text("en")
    assert "모든 결과의 합을 이 값으로 미분한 값" in made.svg("ko")


# Arrays


class Network:
    """Two layers and a mean square error, its operations grouped by layer."""

    def __init__(self, samples: int = 3) -> None:
        rng = np.random.default_rng(7)
        shapes = {"W1": (4, 3), "b1": (3,), "W2": (3, 2), "b2": (2,)}
        self.values: dict[str, Any] = {name: rng.normal(size=shape) for name, shape in shapes.items()}
        weights = {name: symbol(name, shape) for name, shape in shapes.items()}
        inputs, target = data(rng.normal(size=(samples, 4))), data(rng.normal(size=(samples, 2)))
        self.groups: dict[Node, tuple[str, ...]] = {}
        known = {*weights.values(), inputs, target}

        def layer(name: str, x: Node, w: Node, b: Node) -> Node:
            out = make("tanh", make("add", arrays.matmul(x, w), b))
            for node in postorder(out):
                if node not in known and node not in self.groups:
                    self.groups[node] = ("net", name)
            return out

        hidden = layer("layer 1", inputs, weights["W1"], weights["b1"])
        out = layer("layer 2", hidden, weights["W2"], weights["b2"])
        gap = make("sub", out, target)
        self.loss = make("div", arrays.total(make("mul", gap, gap), (0, 1)), const(samples))
        self.diagram = diagrams.of_nodes(self.loss, self.values, variables=list(shapes), name="L", groups=self.groups)

    def value(self, **changed: Any) -> float:
        values = {symbol(name, np.shape(v)): v for name, v in {**self.values, **changed}.items()}
        interpret.fill([self.loss], values)
        return float(values[self.loss])


@pytest.fixture(scope="module")
def network() -> Network:
    return Network()


def test_a_network_is_folded_into_its_layers(network: Network) -> None:
    made = network.diagram
    assert [box.label for box in made.view.boxes if box.kind == "group"] == ["net"]
    layers = made.open("net")
    assert [box.label for box in layers.view.boxes if box.kind == "group"] == ["layer 1", "layer 2"]
    opened = made.open_all()
    assert [box.formula for box in opened.view.boxes if box.group == ("net", "layer 1")] == [
        "c₁ @ W₁",
        "v₁ + b₁",
        "tanh v₂",
    ]
    assert [wire.formula for wire in opened.view.wires][:6] == ["", "c₁ᵀ", "1", "Σ 1", "1 − v₃²", "W₂ᵀ"]
    for state in (made, layers, opened):
        for lang in LANGUAGES:
            assert "<text" in state.svg(lang)
            assert max(map(len, state.text(lang).splitlines())) <= 80


def test_adjoints_of_arrays_are_gradients(network: Network) -> None:
    for box in network.diagram.boxes[:4]:
        name = box.label.translate(str.maketrans("₁₂", "12"))
        assert box.adjoint.shape == network.values[name].shape
        for index in np.ndindex(box.adjoint.shape):
            step = np.zeros(box.adjoint.shape)
            step[index] = 1e-5
            up, down = (network.value(**{name: network.values[name] + sign * step}) for sign in (1, -1))
            assert box.adjoint[index] == pytest.approx((up - down) / 2e-5, abs=1e-8)


@pytest.mark.parametrize(("name", "index"), [("W1", (2, 1)), ("b1", (0,)), ("W2", (1, 1)), ("b2", 1)])
def test_one_entry_opens_to_products_of_numbers(network: Network, name: str, index: Any) -> None:
    found = network.diagram.open_all()
    slope = found.box[list(network.values).index(name)].adjoint[index]
    whole = found.entry(name, index, limit=100)
    assert whole.complete
    paths = whole.path(0, limit=10_000)
    assert math.fsum(way.product for way in paths.terms) == pytest.approx(slope)
    assert paths.total == pytest.approx(slope)
    for way in paths.terms:
        assert math.prod(way.partials) == pytest.approx(way.product)
    for step in whole.backward():
        total = math.fsum(whole.box[wire.end].adjoint * wire.partial for wire in step.wires)
        assert total + (step.box.kind == "output") == pytest.approx(whole.box[step.target].adjoint)
    folded = network.diagram.path(name, index)
    assert folded.total == pytest.approx(slope)


def test_what_is_left_out_of_an_entry_is_said(network: Network) -> None:
    part = network.diagram.open_all().entry("W1", (2, 1), limit=1)
    assert not part.complete
    paths = part.path(0)
    assert paths.count == 1
    assert "that matter most" in paths.text("en")
    assert "나머지 모든 경로의 합" in paths.text("ko")
    assert paths.terms[0].product + paths.rest == pytest.approx(paths.total)
    assert "+ …" in part.text("en")
    assert part.outputs[0].tangent == pytest.approx(paths.total)  # whatever is left out, numbers are right
    assert part.box[0].adjoint == pytest.approx(paths.total)
    assert paths.json()["count"] is None
    wire = next(wire for wire in part.wires if wire.start == 0)
    assert wire.formula.startswith("c₁[")
    assert part.box[0].name == "W₁[2, 1]"


def test_entries_that_there_are_not(network: Network) -> None:
    with pytest.raises(ShapeError, match=r"\(0, 0\)"):
        network.diagram.path("W1")
    with pytest.raises(ShapeError, match=r"\(7, 0\)"):
        network.diagram.path("W1", (7, 0))
    with pytest.raises(UnsupportedOperation):
        Diagram.of_json(network.diagram.json()).path("W1", (0, 0))


X = np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.5]])


@pytest.mark.parametrize(
    ("build", "formula", "slope"),
    [
        (lambda x: arrays.transpose(x, (1, 0)), "xᵀ", "transpose"),
        (lambda x: arrays.reshape(x, (3, 2)), "reshape(x, (3, 2))", "reshape"),
        (lambda x: arrays.total(x, (0,)), "sum(x, axis=0)", "broadcast"),
        (lambda x: arrays.total(x, (0, 1)), "sum(x)", "broadcast"),
        (lambda x: arrays.part(x, 1, 0, 2), "x[:, 0:2]", "embed"),
        (lambda x: arrays.matmul(x, data(np.ones((3, 2)) * [1, 2])), "x @ c₁", "c₁ᵀ"),
        (lambda x: arrays.matmul(data(np.ones((2, 2)) * [1, 2]), x), "c₁ @ x", "c₁ᵀ"),
        (lambda x: arrays.concat([x, x], 0), "concat(x, x)", "slice"),
        (lambda x: arrays.cumsum(x, 1), "cumsum(x)", "reverse cumsum"),
        (lambda x: make("mul", const(3), x), "3x", "3"),
        (lambda x: make("mul", data(np.full((2, 3), 3.0)), x), "3x", "3"),
        (lambda x: make("where", make("gt", x, const(0)), x, const(0)), "where(x > 0, x, 0)", "[x > 0]"),
        (lambda x: make("power", x, const(2)), "x²", "2x"),
        (lambda x: arrays.reduced("amax", x, (1,)), "max(x, axis=1)", "∂v₁/∂x"),
    ],
)
def test_operations_on_arrays(build: Any, formula: str, slope: str) -> None:
    x = symbol("x", X.shape)
    made = diagrams.of_nodes(build(x), {"x": X})
    box = made.outputs[0]
    assert (box.formula, made.wires[-1].formula if len(made.boxes) == 2 else slope) == (formula, slope)
    assert slope in [wire.formula for wire in made.wires]
    for index in np.ndindex(X.shape):
        total = made.entry("x", tuple(map(int, index)), limit=100).path(0, limit=1000).total
        assert total == pytest.approx(made.box[0].adjoint[index])


def test_labels_and_sources_of_code() -> None:
    a, b = symbol("leaf0"), symbol("leaf1")
    node = make("mul", a, b)
    made = diagrams.of_nodes(
        node,
        {"leaf0": 2.0, "leaf1": 3.0},
        labels={"leaf0": "p['a']", "leaf1": "b1"},
        sources={node: "return p['a']"},
    )
    assert [box.called for box in made.boxes] == ["p['a']", "b₁", "v₁"]
    assert made.boxes[-1].source == "return p['a']"
    assert made.path("p['a']").total == 3
    assert made.path("b1").total == 2
    assert "return p['a']" in made.svg("en")


def test_arrays_that_code_is_given_have_their_names() -> None:
    def layer(x: Any, w: Any) -> Any:
        return np.tanh(x @ w)

    def miss(w: Any, data: Any, wanted: Any) -> Any:
        return np.sum((layer(data["x"], w) - wanted) ** 2)

    x, wanted = np.linspace(-1, 1, 3), np.ones(2)
    made = mb.graph(miss, X.T.copy(), {"x": x, "rest": np.zeros(9)}, wanted, argnums=0)
    called = {box.called: box for box in made.view.boxes}
    assert list(called)[:4] == ["w", "x", "v₂", "wanted"]
    assert called["x"].kind == "constant"
    assert made.box[called["v₂"].id + 2].formula == "v₂ − wanted"
    assert "layer(x, w)" in made.text("en")
    entry = made.open_all().entry("w", (2, 1))
    assert [box.formula for box in entry.boxes[1:5]] == ["x @ w[:, 1]", "tanh v₁[1]", "v₂[1] − wanted[1]", "v₃[1]²"]
    assert [wire.formula for wire in entry.wires[:4]] == ["x[2]", "1 − v₂[1]²", "1", "2 · v₃[1]"]
    assert entry.wires[0].partial == x[2]


def test_functions_within_others_are_looked_into() -> None:
    def layer(x: Any, w: Any) -> Any:
        return np.tanh(x * w)

    def model(w: Any, x: Any) -> Any:
        return 2 * layer(x, w)

    class Model:
        def __call__(self, x: Any) -> Any:
            return model(2.0, x)

    folded = [mb.graph(partial(model, 2.0), 3.0), mb.graph(Model(), 3.0), mb.graph(mb.grad(model), 2.0, 3.0)]
    groups = [[box.label for box in made.view.boxes if box.kind == "group"] for made in folded]
    assert groups == [["layer"], ["model"], ["layer"]]
    assert [made.name for made in folded] == ["model", "f", "grad(model)"]


def test_no_line_ends_within_a_number() -> None:
    def far(x: Any, y: Any) -> Any:
        return np.sum(np.exp(-30 * x) * y)

    made = mb.graph(far, np.array([0.5, 0.7]), np.ones(2)).entry("x", 0)
    for columns in range(30, 90):
        assert not [line for line in made.text("en", columns).splitlines() if line.lstrip().startswith("× 10")]


def test_abstract_functions_of_arrays_have_no_value() -> None:
    with pytest.raises(UnsupportedOperation):
        diagrams.of_nodes(apply("f", symbol("x")), {"x": 1.0})
