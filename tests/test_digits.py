"""The example of docs/digits.md: it learns, its pictures are up to date, and one derivative is the product of the local
ones that the graph shows.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from examples import digits

import mibun as mb
from mibun.write.diagram import Diagram

DOCS = Path(__file__).parents[1] / "docs"
IMAGE = 5  # a 5 that is taken for a 9
WEIGHT = (17, 9)  # from hidden value 17 to output 9
Parameters = dict[str, Any]


@pytest.fixture(scope="module")
def parameters() -> Parameters:
    return digits.train()


@pytest.fixture(scope="module")
def graph(parameters: Parameters) -> Diagram:
    return mb.graph(digits.loss, parameters, digits.images[IMAGE], digits.targets[IMAGE], argnums=0)


def gradient(parameters: Parameters) -> Parameters:
    return mb.grad(digits.loss)(parameters, digits.images[IMAGE], digits.targets[IMAGE])


def test_digits_that_it_has_not_seen_are_read(parameters: Parameters) -> None:
    assert digits.held_out.sum() >= 359
    assert digits.accuracy(parameters) >= 0.95


def test_the_pictures_are_up_to_date(parameters: Parameters, tmp_path: Path) -> None:
    digits.draw(parameters, tmp_path)
    drawn = sorted(tmp_path.iterdir())
    assert [path.name for path in drawn] == ["digits.ko.svg", "digits.svg", "weight.ko.svg", "weight.svg"]
    for path in drawn:
        assert path.read_text("utf-8") == (DOCS / path.name).read_text("utf-8"), "run python examples/digits.py"


def test_the_layers_are_folded(graph: Diagram) -> None:
    shown = graph.open("network").view.boxes
    assert [box.label for box in shown if box.kind == "group"] == ["layer 1", "layer 2"]
    assert {box.label for box in shown if box.kind == "input"} == {"W₁", "b₁", "W₂", "b₂"}
    assert {box.called for box in shown if box.kind == "constant"} == {"images", "targets"}


def test_one_derivative_is_a_product(graph: Diagram, parameters: Parameters) -> None:
    paths = graph.open_all().path("W2", WEIGHT)
    (way,) = paths.terms
    hidden = digits.layer(digits.images[IMAGE], parameters["W1"], parameters["b1"])
    output = digits.network(parameters, digits.images[IMAGE])
    u, y = hidden[WEIGHT[0]], output[WEIGHT[1]]
    # The target of output 9 is −1: ∂(w u)/∂w, then + b, tanh, − target, the square, the sum.
    assert way.partials == pytest.approx([u, 1, 1 - y**2, 1, 2 * (y + 1), 1], rel=1e-12)
    slope = gradient(parameters)["W2"][WEIGHT]
    assert math.prod(way.partials) == pytest.approx(slope, rel=1e-12)
    assert paths.total == pytest.approx(slope, rel=1e-12)


def test_a_layer_further_back_it_is_a_sum_of_products(graph: Diagram, parameters: Parameters) -> None:
    slope = gradient(parameters)["W1"]
    for index in ((11, 1), (20, 17), (44, 30)):
        paths = graph.open("network").entry("W1", index, limit=10).path(0)
        assert paths.complete
        assert paths.count == len(paths.terms) == 10  # one for each output
        found = math.fsum(math.prod(way.partials) for way in paths.terms)
        assert found == pytest.approx(slope[index], rel=1e-12)


def test_the_quotient_is_off_by_no_more_than_its_error(parameters: Parameters) -> None:
    """(f(w + h) − f(w))/h = f′(w) + h/2 · f″(w) + h²/6 · f‴(somewhere between), by Taylor, and two roundings over h.

    Along a weight of the second layer, f is (tanh(a + u w) − t)² and a constant, with |u| ≤ 1 and t = ±1. The first
    three derivatives of tanh are at most 1, 0.77 and 2, so |f‴| ≤ 6 · 1 · 0.77 + 2 · 2 · 2 < 13.
    """
    direction = np.zeros_like(parameters["W2"])
    direction[WEIGHT] = 1.0

    def moved(by: Any) -> Any:
        changed = {**parameters, "W2": parameters["W2"] + by * direction}
        return digits.loss(changed, digits.images[IMAGE], digits.targets[IMAGE])

    h = 0.0001
    slope = gradient(parameters)["W2"][WEIGHT]
    error = (moved(h) - moved(0.0)) / h - slope
    rounding = 2 * 100 * np.finfo(float).eps * moved(0.0) / h  # each value is a sum of some 100 terms
    curvature = mb.grad(mb.grad(moved))(0.0)
    assert rounding < 3e-9
    assert abs(error - h / 2 * curvature) <= h**2 / 6 * 13 + rounding
    assert abs(error) <= h / 2 * abs(curvature) + h**2 / 6 * 13 + rounding
