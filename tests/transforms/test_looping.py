"""``scan`` and ``while_loop``: the values of a plain loop, and derivatives in both modes and orders."""

from __future__ import annotations

import gc
import time
import tracemalloc
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import optree
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import mibun as mb
from mibun.node import living

XS = np.array([0.3, -0.7, 1.1, 0.4, 0.9])
Fn = Callable[[Any], Any]


def plain_scan(f: Any, init: Any, xs: Any = None, length: int | None = None, reverse: bool = False, **_: Any) -> Any:
    """What ``scan`` means."""
    n = length if xs is None else len(optree.tree_leaves(xs)[0])
    carry, found = init, []
    for i in range(n)[:: -1 if reverse else 1]:
        carry, y = f(carry, optree.tree_map(lambda leaf: leaf[i], xs))  # noqa: B023
        found.append(y)
    found = found[:: -1 if reverse else 1]
    if found[0] is None:
        return carry, None
    return carry, optree.tree_map(lambda *leaves: np.stack(leaves), *found)


def plain_while(cond: Any, body: Any, value: Any) -> Any:
    while cond(value):
        value = body(value)
    return value


def flat(tree: Any) -> Any:
    return np.concatenate([np.ravel(leaf) for leaf in optree.tree_leaves(tree)])


def close(found: Any, wanted: Any, digits: float = 1e-12) -> None:
    found, wanted = flat(found), flat(wanted)
    assert_allclose(found, wanted, rtol=digits, atol=digits * np.max(np.abs(wanted), initial=1.0))


ORDERS: dict[str, Callable[[Fn], Fn]] = {
    "value": lambda fn: fn,
    "reverse": mb.grad,
    "forward": lambda fn: mb.jacobian(fn, mode="forward"),
    "forward over reverse": mb.hessian,
    "reverse over reverse": lambda fn: mb.jacobian(mb.grad(fn), mode="reverse"),
    "reverse over forward": lambda fn: mb.jacobian(mb.jacobian(fn, mode="forward"), mode="reverse"),
    "forward over forward": lambda fn: mb.jacobian(mb.jacobian(fn, mode="forward"), mode="forward"),
}
orders = pytest.mark.parametrize("order", ORDERS)


# scan


def coupled(run: Any, **options: Any) -> Fn:
    """Two carries, of a vector and a number, closures over both, slices of nests, and results of a nest."""

    def fn(p: Any) -> Any:
        def turn(carry: Any, x: Any) -> Any:
            speed, (place,) = carry
            speed = np.sin(speed * x["force"]) + p["k"] * place
            place = 0.9 * place + 0.1 * p["k"] * np.sum(speed) * x["pair"][0]
            return (speed, (place,)), {"energy": np.sum(speed**2), "place": [place * x["pair"][1]]}

        xs = {"force": p["xs"], "pair": (p["xs"] ** 2, XS)}
        (speed, (place,)), found = run(turn, (p["start"], (p["k"] * 0.3,)), xs, **options)
        return np.sum(speed) * place + np.sum(found["energy"] * found["place"][0]) + found["energy"][1]

    return fn


START = {"k": 1.3, "start": np.array([0.5, -0.2]), "xs": XS}


@orders
@pytest.mark.parametrize("backward", [False, True])
def test_scan_is_a_loop(order: str, backward: bool) -> None:
    loop = ORDERS[order](coupled(plain_scan, reverse=backward))
    scan = ORDERS[order](coupled(mb.scan, reverse=backward))
    moved = {**START, "k": 0.7, "xs": XS[::-1]}
    for point in (START, moved):
        close(scan(point), loop(point))


@orders
@pytest.mark.parametrize(
    ("backward", "checkpoint"), [(False, 2), (True, 2), (False, 5), (True, 3), (False, 1), (False, 9)]
)
def test_checkpoints_change_nothing(order: str, backward: bool, checkpoint: int) -> None:
    without = ORDERS[order](coupled(mb.scan, reverse=backward))
    with_some = ORDERS[order](coupled(mb.scan, reverse=backward, checkpoint=checkpoint))
    close(with_some(START), without(START))


def test_checkpoints_save_memory() -> None:
    def peak(checkpoint: int | None) -> int:
        gradient = mb.grad(
            lambda x: np.sum(mb.scan(lambda c, _: (np.sin(c), None), x, length=900, checkpoint=checkpoint)[0])
        )
        x = np.ones(1000)
        gradient(x)
        tracemalloc.start()
        gradient(x)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    assert peak(30) < peak(None) / 5


def small(run: Any) -> Fn:
    return lambda a: run(lambda c, x: (np.sin(c * x) + a * c, c * a), a, XS)[0] ** 2


def nested(run: Any) -> Fn:
    def fn(a: Any) -> Any:
        def outer(carry: Any, row: Any) -> Any:
            carry, found = run(lambda c, x: (np.tanh(c * x) + a * c, c**2), carry, row)
            return carry, carry * a + np.sum(found)

        carry, found = run(outer, a * 0.5, XS[:4].reshape(2, 2))
        return carry + np.sum(found)

    return fn


@pytest.mark.parametrize("make", [small, nested])
def test_order_three(make: Callable[[Any], Fn]) -> None:
    loop, scan = make(plain_scan), make(mb.scan)
    for derive in (
        lambda fn: mb.grad(mb.grad(mb.grad(fn))),
        lambda fn: mb.jacobian(mb.hessian(fn), mode="forward"),
        lambda fn: mb.grad(lambda x: mb.hvp(fn, x, 1.0)),
    ):
        close(derive(scan)(0.7), derive(loop)(0.7), 1e-11)


@orders
def test_scans_within_scans(order: str) -> None:
    close(ORDERS[order](nested(mb.scan))(0.7), ORDERS[order](nested(plain_scan))(0.7))


BATCH = np.array([0.2, 0.5, 1.5])


@orders
@pytest.mark.parametrize("make", [small, nested])
def test_batches_of_scans(make: Callable[[Any], Fn], order: str) -> None:
    loop = ORDERS[order](make(plain_scan))
    close(mb.vmap(ORDERS[order](make(mb.scan)))(BATCH), [loop(a) for a in BATCH], 1e-11)


def test_derivatives_of_batches_of_scans() -> None:
    each = [mb.grad(small(plain_scan))(a) for a in BATCH]
    twice = [mb.grad(mb.grad(small(plain_scan)))(a) for a in BATCH]
    many = mb.vmap(small(mb.scan))
    close(mb.grad(lambda x: np.sum(many(x)))(BATCH), each)
    close(mb.jacobian(many)(BATCH), np.diag(each))
    close(mb.hessian(lambda x: np.sum(many(x)))(BATCH), np.diag(twice), 1e-11)


def test_batches_over_some_of_what_a_scan_takes() -> None:
    rows = np.stack([XS, 2 * XS, -XS])

    def fn(run: Any) -> Callable[..., Any]:
        def of(a: Any, xs: Any) -> Any:
            last, found = run(lambda c, x: ((c[0] + 1.0, np.sin(c[1] * x) + a), (c[0], x, a)), (0.0, 1.0), xs)
            return last[0] + last[1], found

        return of

    for axes, args in (((None, 0), (0.3, rows)), ((0, None), (BATCH, XS)), ((None, 1), (0.3, rows.T))):
        batch = mb.vmap(fn(mb.scan), in_axes=axes)(*args)
        for i in range(3):
            one = [arg if axis is None else np.take(arg, i, axis) for arg, axis in zip(args, axes, strict=True)]
            wanted = fn(plain_scan)(*one)
            close(optree.tree_map(lambda leaf: leaf[i], batch), wanted)  # noqa: B023


def test_what_goes_round() -> None:
    counter = mb.grad(lambda a: mb.scan(lambda c, _: ((c[0] + 1, c[1] * a + c[0]), None), (0, 1.0), length=4)[0][1])
    assert counter(2.0) == 38.0  # of a⁴ + a² + 2 a + 3
    assert mb.grad(lambda a: mb.scan(lambda c, x: (c * a, None), 1, XS)[0])(2.0) == 80.0
    whole = mb.grad(lambda a: np.sum(mb.scan(lambda c, x: (c * a * x, None), np.ones(2), XS)[0]))
    assert whole(2.0) == pytest.approx(2 * 5 * 2.0**4 * np.prod(XS))
    for start, kept in ((np.float32(2.0), np.float32), (2.0, float)):
        found = mb.grad(lambda a: mb.scan(lambda c, x: (c * x, c), a, XS.astype(np.float32))[0])(start)
        assert type(found) is kept
        assert found == pytest.approx(np.prod(XS), rel=1e-6)
    last, stacked = mb.scan(lambda c, x: (c + x, {"c": c, "none": None}), 0.0, XS)
    assert (type(last), stacked["none"]) == (float, None)
    assert_allclose(stacked["c"], np.cumsum(XS) - XS)


def test_without_arrays_and_without_results() -> None:
    assert mb.scan(lambda c, _: (c * 2.0, None), 1.0, length=3) == (8.0, None)
    assert mb.grad(lambda a: mb.scan(lambda c, _: (c * a, None), a, length=3)[0])(2.0) == 32.0
    assert mb.grad(lambda a: np.sum(mb.scan(lambda c, _: (c * a, c), a, length=3)[1]))(2.0) == 17.0
    assert mb.grad(lambda a: mb.scan(lambda c, x: (c + x, None), 0.0, a * XS)[0])(2.0) == pytest.approx(np.sum(XS))


def test_no_turns() -> None:
    last, stacked = mb.scan(lambda c, x: (c * np.sum(x), (c, np.outer(x, x))), 1.0, np.zeros((0, 2)))
    assert last == 1.0
    assert [part.shape for part in stacked] == [(0,), (0, 2, 2)]
    assert mb.scan(lambda c, _: (c, None), 1.0, length=0) == (1.0, None)
    gradient = mb.grad(lambda a: np.sum(mb.scan(lambda c, x: (c * a + x, c), a, np.zeros(0))[1]) + a)
    assert gradient(2.0) == 1.0
    assert mb.hessian(lambda a: mb.scan(lambda c, x: (c * a, None), a**2, length=0)[0])(2.0) == 2.0


@pytest.mark.parametrize(
    ("call", "key"),
    [
        (lambda a: mb.scan(lambda c, x: (c, None), a), "scan_length"),
        (lambda a: mb.scan(lambda c, x: (c, None), a, XS, length=3), "scan_length"),
        (lambda a: mb.scan(lambda c, x: (c, None), a, (XS, XS[:2])), "scan_length"),
        (lambda a: mb.scan(lambda c, x: (c, None), a, XS, checkpoint=0), "checkpoint"),
        (lambda a: mb.scan(lambda c, x: c, a, XS), "scan_result"),
        (lambda a: mb.scan(lambda c, x: ((c, c), None), a, XS), "loop_tree"),
        (lambda a: mb.scan(lambda c, x: (c * np.ones(3), None), a, XS), "loop_shape"),
        (lambda a: mb.scan(lambda c, x: (None, None), a, XS), "loop_shape"),
        (lambda a: mb.while_loop(lambda v: v < 9, lambda v: (v, v), a), "loop_tree"),
        (lambda a: mb.scan(lambda c, x: (c[:1], None), a * np.ones(2), XS), None),
        (lambda a: mb.scan(lambda c, x: (np.append(c, x), None), a * np.ones(2), XS), "loop_shape"),
        (lambda a: mb.while_loop(lambda v: v < 9, lambda v: v * np.ones(2), a), "loop_shape"),
        (lambda a: mb.while_loop(lambda v: v < 9, lambda v: 2 * v, a * np.ones(2)), "loop_condition"),
        (lambda a: mb.while_loop(lambda v: None, lambda v: 2 * v, a), "loop_condition"),
    ],
)
def test_what_does_not_go_round(call: Fn, key: str | None) -> None:
    if key is None:  # an axis of length 1 stands for equal entries
        mb.grad(lambda a: np.sum(call(a)[0]))(2.0)
        return
    with pytest.raises(mb.MibunError) as caught:
        mb.grad(lambda a: np.sum(call(a)[0]))(2.0)
    assert caught.value.key == key
    assert "{" not in caught.value.text("en") + caught.value.text("ko")


# while_loop


def growth(run: Any) -> Fn:
    """As many turns as it takes; a whole number counts them."""

    def fn(p: Any) -> Any:
        a, b = p
        value, _ = run(lambda v: v[0] < 10.0, lambda v: (v[0] * a + 0.1 * v[0] ** 1.5 + b, v[1] + 1), (a, 0))
        return value * b

    return fn


@orders
def test_while_is_a_loop(order: str) -> None:
    loop, mine = ORDERS[order](growth(plain_while)), ORDERS[order](growth(mb.while_loop))
    for point in (np.array([1.3, 0.5]), np.array([2.0, 0.1]), np.array([11.0, 1.0]), np.array([1.05, 0.2])):
        close(mine(point), loop(point), 1e-11)


POINTS = np.array([[1.3, 0.5], [2.0, 0.1], [11.0, 1.0], [1.05, 0.2]])


@orders
def test_batches_of_loops_that_end_differently(order: str) -> None:
    loop = ORDERS[order](growth(plain_while))
    batched = mb.vmap(ORDERS[order](growth(mb.while_loop)))
    close(batched(POINTS), [loop(point) for point in POINTS], 1e-11)
    close(batched(POINTS[::-1]), [loop(point) for point in POINTS[::-1]], 1e-11)


def test_derivatives_of_batches_of_loops() -> None:
    many = mb.vmap(growth(mb.while_loop))
    each = np.stack([mb.grad(growth(plain_while))(point) for point in POINTS])
    close(mb.grad(lambda p: np.sum(many(p)))(POINTS), each, 1e-11)
    both = mb.vmap(mb.vmap(mb.grad(growth(mb.while_loop))))(np.stack([POINTS, POINTS[::-1]]))
    close(both, np.stack([each, each[::-1]]), 1e-11)
    third = mb.vmap(mb.jacobian(mb.hessian(growth(mb.while_loop))))(POINTS)
    close(third, np.stack([mb.jacobian(mb.hessian(growth(plain_while)))(point) for point in POINTS]), 1e-10)


def test_a_pull_through_a_loop_by_what_turns() -> None:
    """The record of an inner loop is read by a derivative within another loop, and all of it in a batch."""

    def fn(run: Any, scan: Any) -> Fn:
        def of(a: Any) -> Any:
            value, back = mb.vjp(lambda b: run(lambda v: v < 9.0, lambda v: v * b + 0.1 * v**1.5, b), a)
            return scan(lambda c, x: (c + back(c * x)[0] * 1e-3, None), value, XS)[0]

        return of

    wanted = [fn(plain_while, plain_scan)(a) for a in (1.2, 2.0, 10.0)]
    close(mb.vmap(fn(mb.while_loop, mb.scan))(np.array([1.2, 2.0, 10.0])), wanted, 1e-11)


def test_conditions() -> None:
    counted = mb.grad(lambda a: mb.while_loop(lambda v: v[1] < 5, lambda v: (v[0] * a, v[1] + 1), (a, 0))[0])
    assert counted(2.0) == 192.0
    down = mb.grad(lambda a: mb.while_loop(lambda v: v[1], lambda v: (v[0] * a, v[1] - 1), (a, 5))[0])
    assert down(2.0) == 192.0
    never = mb.grad(lambda a: mb.while_loop(lambda v: False, lambda v: v * a, a**2))
    assert never(2.0) == 4.0
    whole = mb.grad(lambda a: np.sum(mb.while_loop(lambda v: np.sum(v) < 100, lambda v: v * a, np.ones(3))))
    assert whole(2.0) == 3 * 6 * 2.0**5
    named = mb.grad(
        lambda a: mb.while_loop(lambda v: v["a"] < 99, lambda v: {**v, "a": v["a"] * a}, {"a": a, "n": None})["a"]
    )
    assert named(2.0) == 7 * 64.0
    assert mb.while_loop(lambda v: v < 100.0, lambda v: v * 2.0, 3.0) == 192.0
    assert type(mb.while_loop(lambda v: v < 9, lambda v: v + 1, 0)) is int


def test_loops_of_both_kinds_within_each_other() -> None:
    inside = mb.grad(
        lambda a: mb.scan(lambda c, x: (mb.while_loop(lambda v: v < x, lambda v: v * a, c), None), a, XS * 0 + 50.0)[0]
    )
    assert inside(2.0) == 6 * 32.0
    outside = mb.grad(
        lambda a: mb.while_loop(lambda v: v < 50.0, lambda v: mb.scan(lambda c, x: (c * a, None), v, length=2)[0], a)
    )
    assert outside(2.0) == 7 * 64.0


# Long loops


def pendulum(run: Any, turns: int) -> Callable[..., Any]:
    """A swing without friction by half steps, small enough that the closed form of a harmonic one holds."""
    h = 10.0 / turns

    def fn(angle: Any, speed: Any, k: Any) -> Any:
        def turn(state: Any, _: Any) -> Any:
            angle, speed = state
            speed = speed - h / 2 * k * angle
            angle = angle + h * speed
            return (angle, speed - h / 2 * k * angle), None

        return run(turn, (angle, speed), None, turns)[0][0]

    return fn


def by_hand(angle: float, speed: float, k: float) -> np.ndarray:
    """The derivatives of angle·cos(√k t) + speed·sin(√k t)/√k at t = 10."""
    w, t = np.sqrt(k), 10.0
    cos, sin = np.cos(w * t), np.sin(w * t)
    by_w = -angle * t * sin + speed * (t * cos / w - sin / w**2)
    return np.array([cos, sin / w, by_w / (2 * w)])


def timed(fn: Callable[..., Any], *args: Any) -> tuple[Any, float]:
    """The answer, and the least time of three calls."""
    times = []
    for _ in range(3):
        began = time.perf_counter()
        found = fn(*args)
        times.append(time.perf_counter() - began)
    return found, min(times)


def test_ten_thousand_steps() -> None:
    """Right, in time and memory that are a small multiple of those of the plain loop that only goes forward."""
    turns, at = 10_000, (0.2, 0.1, 1.7)
    forward = pendulum(plain_scan, turns)
    value, plain = timed(forward, *map(np.float64, at))
    derived = mb.value_and_grad(pendulum(mb.scan, turns), (0, 1, 2))
    nodes = living()
    tracemalloc.start()
    began = time.perf_counter()
    found, gradient = derived(*at)
    first = time.perf_counter() - began
    _, memory = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    _, again = timed(derived, *at)
    assert found == pytest.approx(float(value), rel=1e-12)
    assert_allclose(gradient, by_hand(*at), rtol=1e-5)
    assert living() - nodes < 1_000
    assert memory < 50e6
    assert again < 20 * plain + 0.05
    assert first < 100 * plain + 0.5


def test_a_long_plain_loop_is_linear_in_its_length() -> None:
    at = (0.2, 0.1, 1.7)

    def cost(turns: int) -> tuple[float, float]:
        derived = mb.grad(pendulum(plain_scan, turns), (0, 1, 2))
        began = time.perf_counter()
        found = derived(*at)
        first = time.perf_counter() - began
        assert_allclose(found, by_hand(*at), rtol=1e-2 * (1_000 / turns) ** 2 + 1e-9)
        return first, timed(derived, *at)[1]

    cost(100)
    gc.collect()
    short, long = cost(2_000), cost(10_000)
    for few, many in zip(short, long, strict=True):
        assert many < 15 * few + 0.05


@settings(max_examples=20)
@given(st.integers(1, 7), st.integers(1, 7), st.booleans(), st.integers(0, 10_000))
def test_any_length_and_checkpoint(length: int, checkpoint: int, backward: bool, seed: int) -> None:
    rng = np.random.default_rng(seed)
    xs, a = rng.normal(size=(length, 2)), rng.normal()

    def fn(run: Any) -> Fn:
        def of(a: Any) -> Any:
            last, found = run(lambda c, x: (np.sin(c + a * x), c * x), a * np.ones(2), xs, reverse=backward)
            return np.sum(last) + np.sum(found * np.arange(length)[:, None])

        return of

    scan = partial(mb.scan, checkpoint=checkpoint)
    close(mb.grad(fn(scan))(a), mb.grad(fn(plain_scan))(a))


def test_the_same_loop_again_is_the_same_graph() -> None:
    gradient = mb.grad(small(mb.scan))
    gradient(0.3)
    gc.collect()
    before = living()
    for a in np.linspace(0.1, 1.0, 20):
        gradient(a)
    assert living() <= before
    assert_array_equal(gradient(0.3), mb.grad(small(mb.scan))(0.3))
