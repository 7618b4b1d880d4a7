"""autograd's own examples of use, in plain NumPy: values and derivatives as JAX gives them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bench.autograd_examples import EXAMPLES, Example, leaves

import mibun as mb

FILE = Path(__file__).parents[1] / "data" / "autograd_examples.json"
JAX: dict[str, dict[str, Any]] = {row["name"]: row for row in json.loads(FILE.read_text(encoding="utf-8"))["examples"]}
DIGITS = 1e-9


def same(found: Any, wanted: dict[str, Any]) -> None:
    """All components that are kept, the sum and the norm, to the digits that they have."""
    array = np.asarray(found, dtype=float)
    assert list(array.shape) == wanted["shape"]
    kept = array.ravel()[wanted["at"]]
    assert np.max(np.abs(kept - wanted["values"]), initial=0.0) <= DIGITS * wanted["largest"]
    assert abs(array.sum() - wanted["sum"]) <= DIGITS * wanted["absolute"]
    assert abs(np.linalg.norm(array) - wanted["norm"]) <= DIGITS * wanted["norm"]


def test_they_are_all_there() -> None:
    assert [example.name for example in EXAMPLES] == list(JAX)
    assert len(EXAMPLES) == 16


@pytest.mark.parametrize("example", EXAMPLES, ids=[example.name for example in EXAMPLES])
def test_as_jax_has_it(example: Example) -> None:
    wanted = JAX[example.name]
    value, *derivatives = example.results(np, mb.grad, example.arguments)
    same(value, wanted["value"])
    for derivative, blocks in zip(derivatives, wanted["derivatives"], strict=True):
        for leaf, block in zip(leaves(derivative), blocks, strict=True):
            same(leaf, block)


@pytest.mark.parametrize(
    "example", [row for row in EXAMPLES if not row.order], ids=[row.name for row in EXAMPLES if not row.order]
)
def test_a_later_call_elsewhere(example: Example) -> None:
    """What was found at one point holds at another: against a derivative that knows nothing yet."""
    moved = [arg * 1.01 if isinstance(arg, np.ndarray) and arg.dtype == float else arg for arg in example.arguments]
    fn = example.make(np)
    gradient = mb.grad(fn, example.by)
    gradient(*example.arguments)
    for found, wanted in zip(
        leaves(gradient(*moved)), leaves(mb.grad(example.make(np), example.by)(*moved)), strict=True
    ):
        assert np.max(np.abs(found - wanted), initial=0.0) <= 1e-12 * np.max(np.abs(wanted), initial=0.0)
