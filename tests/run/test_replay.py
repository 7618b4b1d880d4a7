"""A second call runs the recorded graph again, and writes over memory that nothing needs any more."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.trace.forms import FORMS, Form, sample

import mibun as mb


@pytest.mark.parametrize("form", [pytest.param(form, id=form.name) for form in FORMS])
def test_a_second_call_gives_what_the_first_gave(form: Form) -> None:
    def squares(*args: Any) -> Any:
        value = form.fn(*args)
        return np.sum(np.exp(-value * value / 100) + value * value)

    argnums = tuple(range(len(form.args)))
    derived = mb.value_and_grad(squares, argnums)
    args = sample(form)
    given = [np.array(arg) for arg in args]
    first = derived(*args)
    for _ in range(2):
        again = derived(*args)
        assert again[0] == first[0]
        for one, other in zip(again[1], first[1], strict=True):
            np.testing.assert_array_equal(one, other)
    for arg, before in zip(args, given, strict=True):
        np.testing.assert_array_equal(arg, before)
    other = sample(form, 1)
    fresh = mb.value_and_grad(lambda *args: squares(*args), argnums)(*other)  # noqa: PLW0108
    found = derived(*other)
    for one, wanted in zip((found[0], *found[1]), (fresh[0], *fresh[1]), strict=True):
        np.testing.assert_allclose(one, wanted, rtol=1e-13)


def test_parts_are_gathered_in_memory_that_is_no_ones() -> None:
    def neighbours(x: Any) -> Any:
        return sum(x[i] * x[i + 1] for i in range(4)) + np.sum(x[1:3] ** 2) + np.sum(x)

    x = np.array([1.0, 2.0, 3.0, 4.0, 5.0])
    derived = mb.grad(neighbours)
    for _ in range(3):
        np.testing.assert_array_equal(derived(x), [3.0, 9.0, 13.0, 9.0, 5.0])
    np.testing.assert_array_equal(x, [1.0, 2.0, 3.0, 4.0, 5.0])


def test_what_a_view_shows_is_not_written_over() -> None:
    def f(x: Any) -> Any:
        y = np.sin(x)
        turned = y.T  # looks at y, which nothing else needs after the next line
        z = np.exp(y)
        return np.sum(z * turned) + np.sum(np.cos(z)[0] * turned[1])

    x = np.arange(9.0).reshape(3, 3) / 10
    derived = mb.value_and_grad(f)
    first = derived(x)
    assert first[0] == pytest.approx(f(x), rel=1e-14)
    for _ in range(2):
        again = derived(x)
        assert again[0] == first[0]
        np.testing.assert_array_equal(again[1], first[1])


def test_arguments_and_results_are_left_alone_by_nested_gradients() -> None:
    def f(x: Any) -> Any:
        inner = mb.grad(lambda y: np.sum(y[:2] * y[1:]) + y[0])(x)
        return np.sum(inner * inner), inner

    x = np.array([1.0, 2.0, 3.0])
    derived = mb.grad(f, has_aux=True)
    for _ in range(3):
        gradient, inner = derived(x)
        np.testing.assert_array_equal(inner, [3.0, 4.0, 2.0])
        np.testing.assert_array_equal(gradient, [8.0, 10.0, 8.0])
        np.testing.assert_array_equal(x, [1.0, 2.0, 3.0])
        inner[:] = gradient[:] = 0.0


@pytest.mark.parametrize(
    "shape", [(40, 2), (3, 50), (50, 3, 4), (7, 6, 2, 6, 2), (200, 3), (40, 9), (2, 2, 80), (64, 1, 2)]
)
def test_reductions_of_every_kind(shape: tuple[int, ...]) -> None:
    x = np.random.default_rng(1).normal(size=shape)
    subsets = range(1, 2 ** len(shape))
    for axes in [tuple(axis for axis in range(len(shape)) if subset >> axis & 1) for subset in subsets]:
        derived = mb.vmap(lambda x, axes=axes: (np.sum(x, axes), np.max(x, axes), np.prod(x, axes)))
        many = x[np.newaxis]
        for found, wanted in zip(derived(many), (np.sum(x, axes), np.max(x, axes), np.prod(x, axes)), strict=True):
            np.testing.assert_allclose(found[0], wanted, rtol=1e-13, atol=1e-13)
