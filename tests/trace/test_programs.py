"""Random programs of array operations: both directions against complex steps, second orders, replays, batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

import mibun as mb

Step = Callable[[Any, Any, Any], Any]
ROTATED = np.array([2, 0, 1, 1])


def write(array: Any, key: Any, value: Any) -> Any:
    out = array * 1.0
    out[key] = value
    return out


def gather(array: Any, key: Any, value: Any) -> Any:
    out = array * 1.0
    out[key] += value
    return out


def views(array: Any) -> Any:
    """Written to its owner, seen in a part that was taken before."""
    out = array * 1.0
    part = out[1:]
    out[2] = out[0] * part[0]
    part[0] = part[1] + out[0]
    return out


# From arrays of shape (3, 4) to arrays of shape (3, 4): of the state, the argument and another earlier state. All of
# them are analytic, so that a complex step knows their derivatives to rounding.
STEPS: list[Step] = [
    lambda a, x, b: np.sin(a),
    lambda a, x, b: a * b,
    lambda a, x, b: a + x.sum(axis=0),
    lambda a, x, b: a / (1.5 + b * b),
    lambda a, x, b: np.exp(-a * a) + x[1:2],
    lambda a, x, b: np.tanh(a @ b.T) @ x,
    lambda a, x, b: a - a.mean(axis=1, keepdims=True),
    lambda a, x, b: np.cumsum(a, axis=1) / 4,
    lambda a, x, b: np.cumprod(1 + a / 8, axis=0) * b,
    lambda a, x, b: np.roll(a, 1, axis=0)[::-1],
    lambda a, x, b: np.concatenate([a[1:], b[:1]]),
    lambda a, x, b: a[:, ROTATED] * b[[0, 0, 1]],
    lambda a, x, b: np.einsum("ij,kj->ik", a, b) @ a / 4,
    lambda a, x, b: a.T.reshape(3, 4) + b.ravel()[3],
    lambda a, x, b: np.where(x.real > 0, a, 2 * b),
    lambda a, x, b: np.prod(1 + a / 8, axis=1, keepdims=True) * b,
    lambda a, x, b: np.sqrt(2 + a * a / 9),
    lambda a, x, b: np.take_along_axis(a, np.argsort(b.real, axis=1), axis=1),
    lambda a, x, b: np.linalg.solve(3 * np.eye(3) + (a @ a.T) / 9, b),
    lambda a, x, b: np.pad(a[:, :2], ((0, 0), (1, 1))) + np.repeat(b[:, :1], 4, axis=1),
    lambda a, x, b: np.stack([a, b], axis=0).sum(axis=0) * np.trace(a) / 4,
    lambda a, x, b: write(a, (slice(None), 1), b[:, 0] * 2),
    lambda a, x, b: write(a, slice(None, None, 2), x[1:] * b[0]),
    lambda a, x, b: gather(a, (slice(1, None), slice(None, None, -2)), b[:2, :2]),
    lambda a, x, b: views(a),
    lambda a, x, b: np.diagonal(a[:, :3])[:, None] * b + np.outer(x[:, 0], a[0]),
    lambda a, x, b: np.linalg.det(np.eye(3) + a[:, :3] / 4) * b / (1 + np.sum(a * a)),
]

BRANCHING = {14, 17}  # choose by the size of numbers: a difference may straddle

programs = st.lists(st.tuples(st.integers(0, len(STEPS) - 1), st.integers(0, 9)), min_size=1, max_size=7)
seeds = st.integers(0, 1000)


def compiled(program: list[tuple[int, int]]) -> Callable[[Any], Any]:
    def run(x: Any) -> Any:
        states = [x]
        for which, other in program:
            states.append(STEPS[which](states[-1], x, states[other % len(states)]))
        return states[-1]

    return run


def point(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(3, 4)) * 0.8


def complex_step(fn: Callable[[Any], Any], x: np.ndarray, v: np.ndarray) -> Any:
    h = 1e-30
    return np.imag(fn(x + 1j * h * v)) / h


def close(found: Any, wanted: Any, digits: float = 1e-11) -> None:
    assert_allclose(found, wanted, rtol=digits, atol=digits * (1 + np.max(np.abs(wanted))))


@settings(max_examples=120)
@given(programs, seeds)
def test_directions_agree_with_a_complex_step(program: list[tuple[int, int]], seed: int) -> None:
    fn, x = compiled(program), point(seed)
    rng = np.random.default_rng(seed + 1)
    v, w = rng.normal(size=(3, 4)), rng.normal(size=(3, 4))
    value, pushed = mb.jvp(fn, (x,), (v,))
    again, back = mb.vjp(fn, x)
    close(value, fn(x))
    close(again, fn(x))
    wanted = complex_step(fn, x, v)
    close(pushed, wanted)
    (pulled,) = back(w)
    close(np.sum(pulled * v), np.sum(w * wanted))


@settings(max_examples=40)
@given(programs, seeds)
def test_second_derivatives(program: list[tuple[int, int]], seed: int) -> None:
    """Of the gradient, a product with a vector: forward over reverse, reverse over reverse, and by a difference."""
    fn, x = compiled(program), point(seed)
    v = np.random.default_rng(seed + 2).normal(size=(3, 4))

    def loss(x: Any) -> Any:
        return np.sum(np.sin(fn(x)))

    product = mb.hvp(loss, x, v)
    close(mb.grad(lambda x: np.sum(mb.grad(loss)(x) * v))(x), product, 1e-10)
    if BRANCHING.intersection(which for which, _ in program):
        return
    h = 1e-4
    gradient = mb.grad(loss)
    difference = (
        8 * (gradient(x + h * v) - gradient(x - h * v)) - gradient(x + 2 * h * v) + gradient(x - 2 * h * v)
    ) / (12 * h)
    scale = 1 + np.max(np.abs(product))
    assert np.max(np.abs(product - difference)) <= 1e-6 * scale * scale


@settings(max_examples=60)
@given(programs, seeds)
def test_later_calls_and_batches(program: list[tuple[int, int]], seed: int) -> None:
    fn = compiled(program)
    points = np.stack([point(seed), point(seed + 7), -point(seed)])
    gradient = mb.grad(lambda x: np.sum(fn(x) * fn(x)))
    later = [gradient(x) for x in [*points, *points]]
    fresh = [mb.grad(lambda x: np.sum(fn(x) * fn(x)))(x) for x in points]
    for found, wanted in zip(later, [*fresh, *fresh], strict=True):
        close(found, wanted, 1e-12)
    close(mb.vmap(fn)(points), np.stack([fn(x) for x in points]))
    close(mb.vmap(gradient)(points), np.stack(fresh))
    close(mb.grad(lambda p: np.sum(mb.vmap(fn)(p) ** 2))(points), np.stack(fresh))
    close(mb.vmap(fn, in_axes=2, out_axes=1)(np.moveaxis(points, 0, 2)), np.stack([fn(x) for x in points], axis=1))
