"""Every call form of the table: values, first derivatives both ways, second derivatives, and batches.

The values are NumPy's own, the derivatives those of :mod:`tests.trace.difference`, which share nothing with mibun.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from tests.trace import difference
from tests.trace.forms import FORMS, GROUPS, Form, sample

import mibun as mb

# Relative to the scale: the greatest of the numbers compared, and of the function's values.
ROUNDING = {"float64": 1e-12, "float32": 3e-5}  # between two ways to the same derivative; some 5000 and 250 times eps
VALUE = {"float64": 1e-13, "float32": 1e-6}
SURE = 1e-8  # the most that the oracle's error may be, else the sample is at a kink, or too close to a pole

INSTALLED = tuple(int(part) for part in np.__version__.split(".")[:2])

forms = pytest.mark.parametrize(
    "form",
    [
        pytest.param(
            form,
            id=f"{group}: {form.name}",
            marks=pytest.mark.skipif(form.since > INSTALLED, reason=f"NumPy {form.since} has it first"),
        )
        for group, rows in GROUPS.items()
        for form in rows
    ],
)


@cache
def jacobian(form: Form, draw: int = 0) -> difference.Jacobian:
    return difference.jacobian(form.fn, sample(form, draw))


@cache
def second(form: Form, draw: int = 0) -> difference.Second:
    return difference.second(total(form), sample(form, draw))


WEIGHTS = np.random.default_rng(4).uniform(0.5, 1.5, 64) * np.resize([1.0, -1.0], 64)


def total(form: Form) -> Callable[..., Any]:
    """One number: the values and their squares with weights. The squares give linear forms second derivatives, too."""
    weights = WEIGHTS.astype(np.float32 if keeps_float32(form) else float)

    def weighted(*args: Any) -> Any:
        values = form.fn(*args)
        return np.sum(weights[: np.size(values)].reshape(np.shape(values)) * (values + values * values / 2))

    return weighted


def draws(form: Form) -> range:
    """At a later point what was learned at the first must not be taken for granted, nor the way taken there."""
    return range(6 if form.branches else 2)


def keeps_float32(form: Form) -> bool:
    args = form.args
    return all(arg.dtype == "float32" for arg in args) and np.asarray(form.fn(*sample(form))).dtype == np.float32


def precision(form: Form) -> str:
    return "float32" if any(arg.dtype == "float32" for arg in form.args) else "float64"


def argnums(form: Form) -> int | tuple[int, ...]:
    return 0 if len(form.args) == 1 else tuple(range(len(form.args)))


def listed(form: Form, result: Any) -> list[Any]:
    """What a transform gave, a block for each argument."""
    return [result] if len(form.args) == 1 else list(result)


def gap(found: Any, wanted: Any) -> float:
    assert np.shape(found) == np.shape(wanted)
    distance = np.abs(np.asarray(found, dtype=float) - np.asarray(wanted, dtype=float))
    return float(np.max(distance, initial=0.0))  # NaN if there is any


def same_value(form: Form, found: Any, wanted: Any) -> None:
    assert gap(found, wanted) <= VALUE[precision(form)] * np.max(np.abs(wanted), initial=1.0)
    if not any(arg.dtype == "int64" for arg in form.args):
        assert np.asarray(found).dtype == np.asarray(wanted).dtype


# The table


def test_the_table() -> None:
    assert len(FORMS) >= 320
    assert [name for name, count in Counter(form.name for form in FORMS).items() if count > 1] == []


def test_the_oracle_by_hand() -> None:
    x = np.array([1.5, -2.0, 0.5])
    unit, size = x / np.linalg.norm(x), np.linalg.norm(x)
    for fn, slope in [(np.exp, np.exp(x)), (np.abs, np.sign(x)), (lambda x: x * x.astype(float), 2 * x)]:
        assert gap(difference.jacobian(fn, [x]).blocks[0], np.diag(slope)) <= 1e-12
    for fn, method in [(np.linalg.norm, "longdouble"), (lambda x: np.sqrt(x @ x), "clongdouble")]:
        found = difference.second(fn, [x])
        assert gap(found.blocks[0][0], (np.eye(3) - np.outer(unit, unit)) / size) <= found.error <= 1e-10
        assert found.method == f"differences in {method}"
    for kinked in (lambda x: np.sum(np.abs(x)), np.max, lambda x: np.sum(np.maximum(x, 2 * x))):
        assert difference.second(kinked, [np.zeros(2)]).error > 0.1
    assert difference.jacobian(np.sign, [np.array([0.001])]).error > 0.1


@forms
def test_the_oracle_is_sure(form: Form) -> None:
    for draw in draws(form):
        once, value = jacobian(form, draw), form.fn(*sample(form, draw))
        assert once.error <= SURE * max(difference.scale_of(block, value) for block in once.blocks)
        twice, value = second(form, draw), total(form)(*sample(form, draw))
        assert twice.error <= SURE * max(difference.scale_of(block, value) for row in twice.blocks for block in row)


# mibun


@forms
def test_value(form: Form) -> None:
    wanted, args = form.fn(*sample(form)), sample(form)
    forward, _ = mb.jvp(form.fn, tuple(args), tuple(arg * 1.0 for arg in args))
    same_value(form, forward, wanted)
    reverse, _ = mb.vjp(form.fn, *args)
    same_value(form, reverse, wanted)
    for arg, before in zip(args, sample(form), strict=True):
        assert np.array_equal(arg, before), "the argument was changed"


@forms
def test_first_derivatives(form: Form) -> None:
    push = mb.jacobian(form.fn, argnums=argnums(form), mode="forward")
    pull = mb.jacobian(form.fn, argnums=argnums(form), mode="reverse")
    single = keeps_float32(form)
    for draw in draws(form):
        oracle, args = jacobian(form, draw), sample(form, draw)
        scale = max(difference.scale_of(block, form.fn(*args)) for block in oracle.blocks)
        rounding = ROUNDING[precision(form)] * scale
        forward, reverse = listed(form, push(*args)), listed(form, pull(*args))
        for pushed, pulled, wanted in zip(forward, reverse, oracle.blocks, strict=True):
            assert gap(pushed, wanted) <= max(oracle.error, rounding), "forward"
            assert gap(pulled, wanted) <= max(oracle.error, rounding), "reverse"
            assert gap(pushed, pulled) <= rounding, "forward against reverse"
            assert not single or pushed.dtype == pulled.dtype == np.float32


@forms
def test_second_derivatives(form: Form) -> None:
    ways = {
        "forward over reverse": mb.hessian(total(form), argnums=argnums(form)),
        "reverse over reverse": mb.jacobian(mb.grad(total(form), argnums=argnums(form)), argnums(form), mode="reverse"),
    }
    single = keeps_float32(form)
    for draw in draws(form):
        oracle, args = second(form, draw), sample(form, draw)
        scale = max(difference.scale_of(block, total(form)(*args)) for row in oracle.blocks for block in row)
        for way, derive in ways.items():
            for row, wanted_row in zip(listed(form, derive(*args)), oracle.blocks, strict=True):
                for block, wanted in zip(listed(form, row), wanted_row, strict=True):
                    assert gap(block, wanted) <= max(oracle.error, ROUNDING[precision(form)] * scale), way
                    assert not single or block.dtype == np.float32, way


def axes_of_batches(form: Form) -> list[tuple[int | None, ...]]:
    """All arguments by their first axis; and the first by its last axis beside others that are not mapped."""
    first, others = len(form.args[0].shape), len(form.args) - 1
    mixed = [(first, *[None] * others), (None, *[0] * others)]
    return [(0,) * len(form.args), *(mixed if others else mixed[:1])]


@forms
def test_batches(form: Form) -> None:
    for axes in axes_of_batches(form):
        batched = mb.vmap(form.fn, in_axes=axes)
        for first in (0, 3):
            elements = [sample(form, draw) for draw in range(first, first + 3)]
            for i, axis in enumerate(axes):
                for element in elements if axis is None else []:
                    element[i] = elements[0][i]
            batch = [
                elements[0][i] if axis is None else np.stack([element[i] for element in elements], axis=axis)
                for i, axis in enumerate(axes)
            ]
            wanted = [form.fn(*element) for element in elements]
            try:
                found = batched(*batch)
            except mb.MibunError:
                if form.branches:  # where the elements go different ways, to refuse is right
                    continue
                raise
            same_value(form, found, np.stack(wanted))
