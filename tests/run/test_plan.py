"""Plans: work in parts, constants once, arrays dropped or written over, and never a value that someone else has."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from mibun import arrays, ops
from mibun.errors import ShapeError, UnsupportedOperation
from mibun.loops import Body
from mibun.node import Node
from mibun.ops import apply, const, derivative, make, symbol
from mibun.run.interpret import Plan, body_program, fill

X = symbol("x", (4,))
Y = symbol("y", (4,))
A, B = np.arange(4.0), np.full(4, 2.0)


def run(plan: Plan, nodes: list[Node], memory: list[Any], last: bool = False) -> tuple[Any, ...]:
    return plan.extend(nodes, last).run(memory)


def test_work_in_parts() -> None:
    """Each part goes on with what those before it left."""
    plan, memory = Plan([X, Y]), [A, B]
    total = make("add", X, Y)
    square = make("mul", total, total)
    (first,) = run(plan, [total], memory)
    assert_array_equal(first, A + B)
    length = plan.length
    (second, again) = run(plan, [square, total], memory)
    assert again is first
    assert_array_equal(second, (A + B) ** 2)
    assert plan.length == length + 1 == len(memory)
    (third,) = run(plan, [make("sum", square, attrs=(0,))], memory, last=True)
    assert third == np.sum((A + B) ** 2)


def test_what_depends_on_nothing_is_worked_out_once() -> None:
    table = ops.data(np.arange(4.0))
    scaled = make("mul", make("exp", table), make("sqrt", const(2)))
    segment = Plan([X]).extend([make("add", X, scaled)], last=True)
    assert len(segment.steps) == 1
    assert_array_equal(segment.run([A])[0], A + np.exp(np.arange(4.0)) * np.sqrt(2))


def test_constants_that_come_out_cannot_be_changed() -> None:
    segment = Plan([X]).extend([arrays.broadcast(const(3), (4,)), make("neg", ops.data(np.arange(4.0)))], last=True)
    for value in segment.run([A]):
        with pytest.raises(ValueError, match="read-only"):
            value[0] = 1.0


def test_arguments_are_never_written_over() -> None:
    double = make("add", X, X)
    chain = make("mul", make("sin", double), Y)
    part = arrays.part(X, 0, 1, 2)
    segment = Plan([X, Y]).extend([chain, make("neg", part), part, double], last=True)
    x, y = A.copy(), B.copy()
    for _ in range(3):
        found = segment.run([x, y])
        assert_array_equal(x, A)
        assert_array_equal(y, B)
        assert_array_equal(found[0], np.sin(2 * A) * B)
        assert_array_equal(found[1], -A[1:3])
        assert_array_equal(found[3], 2 * A)


def test_views_of_what_is_dropped_keep_their_values() -> None:
    """A reshaped array lives on when the array itself is not needed any more."""
    double = make("add", X, X)
    view = arrays.reshape(double, (2, 2))
    turned = arrays.transpose(view, (1, 0))
    later = make("sin", make("add", double, Y))
    segment = Plan([X, Y]).extend([turned, make("mul", later, later), make("neg", view)], last=True)
    found = segment.run([A, B])
    assert_array_equal(found[0], (2 * A).reshape(2, 2).T)
    assert_array_equal(found[1], np.sin(2 * A + B) ** 2)
    assert_array_equal(found[2], -(2 * A).reshape(2, 2))


def test_gradients_are_gathered_in_place() -> None:
    pieces = [arrays.embed(make("mul", const(i + 1), arrays.part(X, 0, i, 1)), (4,), [(i, 1, 1)]) for i in range(4)]
    total = pieces[0]
    for piece in pieces[1:]:
        total = make("add", total, piece)
    segment = Plan([X]).extend([total, pieces[1]], last=True)  # one of the pieces is asked for as well
    for _ in range(2):
        found = segment.run([A])
        assert_array_equal(found[0], A * [1, 2, 3, 4])
        assert_array_equal(found[1], [0, 2, 0, 0])


def test_a_long_chain_needs_the_memory_of_a_few_arrays() -> None:
    x = symbol("x", (100_000,))
    node: Node = x
    for k in range(100):
        node = make("sin", make("add", node, const(k)))
    segment = Plan([x]).extend([node], last=True)
    given = np.zeros(100_000)
    tracemalloc.start()
    segment.run([given])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * given.nbytes


def test_single_precision_is_kept() -> None:
    x = symbol("x", (4,), ops.SINGLE)
    node = make("mul", make("add", x, const(0.1)), make("sqrt", const(2)))
    (found,) = Plan([x]).extend([make("sin", node)], last=True).run([A.astype(np.float32)])
    assert found.dtype == np.float32


@pytest.mark.parametrize(
    ("node", "error"),
    [
        (symbol("z"), ShapeError),
        (apply("f", symbol("z")), ShapeError),
        (derivative(make("sin", X), X), UnsupportedOperation),
    ],
)
def test_what_has_no_value(node: Node, error: type[Exception]) -> None:
    with pytest.raises(error):
        Plan([X]).extend([node])


def test_programs_of_bodies_are_made_once() -> None:
    body = Body((X, Y), (make("add", X, Y),))
    assert body_program(body) is body_program(Body((X, Y), (make("add", X, Y),)))
    assert_array_equal(body_program(body)(A, B)[0], A + B)


def test_values_are_filled_in() -> None:
    values: dict[Node, Any] = {X: A}
    fill([make("neg", make("sin", X)), X], values)
    assert_array_equal(values[make("sin", X)], np.sin(A))
    assert values[X] is A
