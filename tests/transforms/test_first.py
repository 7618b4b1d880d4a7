"""Gradients and products with vectors: arguments of every nesting and kind, and what comes back for them."""

from __future__ import annotations

import collections
import functools
import gc
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.testing import assert_array_equal

import mibun as mb
from mibun.node import living

X = np.array([1.0, 2.0, 3.0])


@dataclass
class Layer:
    weights: Any
    bias: Any


@dataclass(frozen=True)
class Frozen:
    weights: Any
    bias: Any = None


@dataclass(frozen=True, slots=True)
class Slotted:
    weights: Any
    bias: Any = 2.0


class Pair(NamedTuple):
    weights: Any
    bias: Any


def line(layer: Any) -> Any:
    return np.sum(layer.weights**2) * layer.bias


@pytest.mark.parametrize("kind", [Layer, Frozen, Slotted, Pair])
def test_dataclasses_and_named_tuples(kind: Callable[..., Any]) -> None:
    found = mb.grad(line)(kind(X, 2.0))
    assert type(found) is kind
    assert_array_equal(found.weights, 4 * X)
    assert found.bias == 14.0


def test_nests() -> None:
    model = {"first": [Layer(X, 2.0), (Frozen({"a": 3.0}), None)], "name": "net", "size": 3}

    def loss(model: Any) -> Any:
        layer, (frozen, nothing) = model["first"]
        assert nothing is None
        assert model["name"] == "net"
        return line(layer) * frozen.weights["a"] * model["size"]

    found = mb.grad(loss)(model)
    assert_array_equal(found["first"][0].weights, 36 * X)
    assert found["first"][0].bias == 126.0
    assert found["first"][1] == (Frozen({"a": 84.0}), None)
    assert (found["name"], found["size"]) == ("net", 84.0)
    assert list(found) == ["first", "name", "size"]


@pytest.mark.parametrize(
    "made", [collections.OrderedDict(b=2.0, a=3.0), collections.defaultdict(float, b=2.0, a=3.0), {"b": 2.0, "a": 3.0}]
)
def test_mappings(made: Any) -> None:
    found = mb.grad(lambda p: p["a"] ** 2 * p["b"])(made)
    assert type(found) is type(made)
    assert dict(found) == {"b": 9.0, "a": 12.0}


def test_an_instance_with_fields_that_are_no_arguments_of_its_constructor() -> None:
    @dataclass
    class Made:
        a: float

        def __post_init__(self) -> None:
            self.a = self.a * 10  # would happen again if it were constructed anew

    assert mb.grad(lambda m: m.a**2)(Made(0.5)).a == 10.0


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (2.0, 12.0),
        (np.float64(2.0), 12.0),
        (2, 12.0),
        (np.int32(2), 12.0),
        (np.array(2.0), 12.0),
        (np.array(2), 12.0),
        (np.float32(2.0), np.float32(12.0)),
        (np.float16(2.0), np.float32(12.0)),
        (np.longdouble(2.0), 12.0),
        (np.bool_(True), 3.0),
    ],
)
def test_numbers(given: Any, wanted: Any) -> None:
    """Whole numbers are promoted, single precision is kept, and a Python float comes back for any double."""
    gradient = mb.grad(lambda x: x**3)
    for _ in range(2):
        found = gradient(given)
        assert found == wanted
        assert type(found) is type(wanted)


@pytest.mark.parametrize(
    ("dtype", "kept"),
    [
        ("float64", "float64"),
        ("float32", "float32"),
        ("float16", "float32"),
        ("int64", "float64"),
        ("uint8", "float64"),
    ],
)
def test_arrays(dtype: str, kept: str) -> None:
    gradient = mb.grad(lambda x: np.sum(x**3))
    for _ in range(2):
        found = gradient(X.astype(dtype))
        assert found.dtype == kept
        assert_array_equal(found, 3 * X**2)


def test_precisions_side_by_side() -> None:
    found = mb.grad(lambda p: np.sum(p[0] * p[1] * p[2]))((X.astype(np.float32), X, 2))
    assert [np.asarray(part).dtype for part in found] == ["float32", "float64", "float64"]
    value, gradient = mb.value_and_grad(lambda x: np.sum(x * np.float32(2)))(X.astype(np.float32))
    assert type(value) is np.float32
    assert gradient.dtype == np.float32


def test_what_comes_back_is_the_callers_own() -> None:
    table = np.ones(3)
    gradient = mb.grad(lambda x: np.sum(x * table))
    for _ in range(3):
        found = gradient(X)
        assert_array_equal(found, np.ones(3))
        found += 1  # neither the table nor what is kept
    same = mb.vjp(lambda x: x, X)[0]
    same += 1
    assert_array_equal(X, [1.0, 2.0, 3.0])


def test_argnums() -> None:
    def fn(x: Any, y: Any, z: Any) -> Any:
        return x * y**2 * z**3

    assert mb.grad(fn)(1.0, 2.0, 3.0) == 108.0
    assert mb.grad(fn, 1)(1.0, 2.0, 3.0) == 108.0
    assert mb.grad(fn, -1)(1.0, 2.0, 3.0) == 108.0
    assert mb.grad(fn, (2, 0))(1.0, 2.0, 3.0) == (108.0, 108.0)
    assert mb.grad(fn, [0])(1.0, 2.0, 3.0) == (108.0,)
    assert mb.grad(fn, ())(1.0, 2.0, 3.0) == ()
    assert mb.grad(fn, (0, 0))(1.0, 2.0, 3.0) == (108.0, 108.0)
    assert mb.grad(fn, np.int64(1))(1.0, 2.0, 3.0) == 108.0
    assert mb.value_and_grad(fn, (0, 1))(1.0, 2.0, 3.0) == (108.0, (108.0, 108.0))


def test_arguments_by_name_are_not_differentiated() -> None:
    def fn(x: Any, *, power: Any = 2, scale: Any = 1.0, kind: str = "plain") -> Any:
        return scale * x**power if kind == "plain" else x

    gradient = mb.grad(fn)
    assert gradient(3.0) == 6.0
    assert gradient(3.0, power=3) == 27.0
    assert gradient(3.0, scale=0.5) == 3.0
    assert gradient(3.0, scale=0.25, power=2) == 1.5
    assert gradient(3.0, kind="other") == 1.0
    assert mb.grad(lambda x, k: np.sum(x * k))(X, k=2 * X).tolist() == [2.0, 4.0, 6.0]


def test_defaults_and_rests() -> None:
    assert mb.grad(lambda x, y=3.0: x * y)(2.0) == 3.0
    assert mb.grad(lambda *xs: xs[0] * xs[1] ** 2, (0, 1))(2.0, 3.0) == (9.0, 12.0)
    assert mb.grad(lambda x, **more: x * more["k"])(2.0, k=5.0) == 5.0


def test_what_comes_along() -> None:
    def fn(x: Any) -> Any:
        note = {"twice": 2 * x, "step": 3, "rate": 0.5, "name": "a", "none": None, "whole": np.arange(2), "up": x > 0}
        return x**2, note

    for _ in range(2):
        gradient, note = mb.grad(fn, has_aux=True)(2.0)
        assert gradient == 4.0
        assert_array_equal(note.pop("whole"), [0, 1])
        assert note == {"twice": 4.0, "step": 3, "rate": 0.5, "name": "a", "none": None, "up": True}
        assert type(note["step"]) is int
    (value, extra), gradient = mb.value_and_grad(lambda x: (x**2, [x, "b"]), has_aux=True)(2.0)
    assert (value, extra, gradient) == (4.0, [2.0, "b"], 4.0)


def test_what_comes_along_is_differentiated_by_those_around() -> None:
    def inner(x: Any) -> Any:
        return x**2, x**3

    outer = mb.grad(lambda x: mb.grad(inner, has_aux=True)(x)[1] + mb.grad(inner, has_aux=True)(x)[0])
    assert outer(2.0) == 14.0


# Callables


class Model:
    def __init__(self, k: float) -> None:
        self.k = k

    def __call__(self, x: Any) -> Any:
        return self.k * x**2

    def cube(self, x: Any) -> Any:
        return self.k * x**3

    @staticmethod
    def fourth(x: Any) -> Any:
        return x**4

    @classmethod
    def fifth(cls, x: Any) -> Any:
        return x**5

    slope = mb.grad(lambda self, x: self.k * x**2, argnums=1)


def doubled(fn: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(fn)
    def wrapper(*args: Any, **named: Any) -> Any:
        return 2 * fn(*args, **named)

    return wrapper


@doubled
def squared(x: Any) -> Any:
    return x**2


def fibonacci(n: int, x: Any) -> Any:
    return x if n < 2 else fibonacci(n - 1, x) + fibonacci(n - 2, x) * x


def powers(x: Any) -> Any:
    def generate() -> Any:
        power = x
        for _ in range(4):
            yield power
            power = power * x

    return sum(generate())


@pytest.mark.parametrize(
    ("fn", "wanted"),
    [
        (lambda x: x**2, 4.0),
        (Model(3.0), 12.0),
        (Model(3.0).cube, 36.0),
        (Model.fourth, 32.0),
        (Model.fifth, 80.0),
        (functools.partial(lambda k, x: k * x**2, 3.0), 12.0),
        (functools.partial(pow, exp=3), 12.0),
        (squared, 8.0),
        (powers, 1.0 + 4.0 + 12.0 + 32.0),
        (lambda x: fibonacci(4, x), 1 + 6 * 2.0 + 3 * 2.0**2),  # of x + 3x² + x³
        (np.exp, np.exp(2.0)),
        (abs, 1.0),
        (mb.function("x^3"), 12.0),
        (mb.grad(lambda x: x**4), 48.0),
        (lambda x: [lambda: x, lambda: x**2][1](), 4.0),
    ],
)
def test_callables(fn: Callable[[Any], Any], wanted: float) -> None:
    gradient = mb.grad(fn)
    assert [gradient(2.0), gradient(2.0)] == [pytest.approx(wanted, rel=1e-15)] * 2


def test_derivatives_as_methods() -> None:
    model = Model(2.0)
    assert [model.slope(1.0), Model.slope(model, 1.0)] == [4.0, 4.0]
    model.k = 3.0
    assert model.slope(1.0) == 6.0


def test_names() -> None:
    assert repr(mb.grad(squared)) == "<mibun.grad(squared)>"
    assert mb.jacobian(Model(1.0)).__name__ == "jacobian(Model)"


# Products


def test_forward_products() -> None:
    values, tangents = mb.jvp(lambda x, y: {"xy": x * y, "x": (x, None)}, (X, 2.0), (np.ones(3), 1.0))
    assert_array_equal(values["xy"], 2 * X)
    assert_array_equal(tangents["xy"], 2 + X)
    assert_array_equal(tangents["x"][0], np.ones(3))
    assert values["x"][1] is tangents["x"][1] is None
    assert mb.jvp(lambda p: p["a"] ** 2, ({"a": 3, "n": None},), ({"a": 1, "n": None},)) == (9.0, 6.0)
    value, tangent = mb.jvp(lambda x: x**2, (X.astype(np.float32),), (X,))
    assert value.dtype == tangent.dtype == np.float32
    assert mb.jvp(lambda x: 3.0, (1.0,), (1.0,)) == (3.0, 0.0)
    assert mb.jvp(lambda x, mode: x**2 if mode == "a" else x, (3.0, "a"), (1.0, None)) == (9.0, 6.0)


def test_reverse_products() -> None:
    value, back = mb.vjp(lambda x, p: {"xy": x * p["y"], "n": None}, X, {"y": 2.0})
    assert_array_equal(value["xy"], 2 * X)
    for weight in (X, np.ones(3)):
        by_x, by_p = back({"xy": weight, "n": None})
        assert_array_equal(by_x, 2 * weight)
        assert by_p == {"y": np.sum(weight * X)}
    value, back = mb.vjp(lambda x: (x**2, x), 3)
    assert value == (9.0, 3.0)
    assert back((1.0, 10.0)) == (16.0,)
    assert mb.vjp(lambda x: 3.0, 1.0)[1](1.0) == (0.0,)


def test_second_products() -> None:
    def fn(x: Any, y: Any) -> Any:
        return np.sum(x**3) * y

    by_x, by_y = mb.hvp(fn, (X, 2.0), (np.ones(3), 1.0))
    assert_array_equal(by_x, 12 * X + 3 * X**2)
    assert by_y == np.sum(3 * X**2)
    assert mb.hvp(lambda p: p["a"] ** 3 * p["b"], {"a": 1.0, "b": 2.0}, {"a": 1.0, "b": 0.0}) == {"a": 12.0, "b": 3.0}
    assert mb.hvp(lambda x: x**4, 2.0, 1.0) == 48.0


def test_a_thousand_products_take_no_memory() -> None:
    matrix = np.random.default_rng(0).normal(size=(30, 30))

    def energy(x: Any) -> Any:
        y = np.tanh(matrix @ x)
        return np.sum(y**2) if y[0] > 0 else np.sum(y**4)

    x, v = np.full(30, 0.1), np.ones(30)
    first = mb.hvp(energy, x, v), mb.hvp(energy, -x, v)
    gc.collect()
    before, objects = living(), len(gc.get_objects())
    for i in range(500):
        same = mb.hvp(energy, x, v), mb.hvp(energy, -x, v)
        assert_array_equal(same, first)
        if i % 100 == 0:
            mb.hvp(lambda z: np.sum(z**3), x, v)  # a function anew each time is forgotten in time
    gc.collect()
    assert living() <= before + 200
    assert len(gc.get_objects()) <= objects + 2_000
