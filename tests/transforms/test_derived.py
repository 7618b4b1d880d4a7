"""Python's control flow, and what is replayed: at first calls, at later ones, on other paths, after what is read has
changed, and never instead of an effect.
"""

from __future__ import annotations

import functools
import itertools
import math
import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from enum import Enum
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

import mibun as mb
from mibun.trace.paths import LIMIT
from mibun.transforms import derived as room


@pytest.fixture
def traced(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How often something was traced and not replayed."""
    calls: list[Any] = []
    original = room.Derived._traced

    def spy(self: Any, given: Any) -> Any:
        calls.append(given)
        return original(self, given)

    monkeypatch.setattr(room.Derived, "_traced", spy)
    return lambda: len(calls)


# Control flow


def newton(a: Any) -> Any:
    x = a
    while abs(x * x - a) > 1e-14 * a:
        x = (x + a / x) / 2
    return x


def bisection(a: Any) -> Any:
    """The root of t³ = a between 0 and a + 1, to the last bit."""
    low, high = 0.0 * a, a + 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if middle**3 > a:
            high = middle
        else:
            low = middle
    return low - (low**3 - a) / (3 * low**2)


def minors(rows: list[list[Any]]) -> Any:
    if len(rows) == 1:
        return rows[0][0]
    return sum((-1) ** j * rows[0][j] * minors([row[:j] + row[j + 1 :] for row in rows[1:]]) for j in range(len(rows)))


def quicksort(values: list[Any]) -> list[Any]:
    if len(values) <= 1:
        return values
    pivot, *rest = values
    return [*quicksort([v for v in rest if v < pivot]), pivot, *quicksort([v for v in rest if not v < pivot])]


def bubblesort(values: list[Any]) -> list[Any]:
    values = [*values]
    for end in range(len(values), 1, -1):
        for i in range(end - 1):
            if values[i] > values[i + 1]:
                values[i], values[i + 1] = values[i + 1], values[i]
    return values


def early(x: Any) -> Any:
    total = 0.0
    for i in range(100):
        total = total + x**i
        if total > 10:
            break
    else:
        return -x
    return total


def test_newton_by_while() -> None:
    first, second = mb.grad(newton), mb.grad(mb.grad(newton))
    for a in (2.0, 2.1, 9.0, 100.0, 0.25, 2.0):
        assert first(a) == pytest.approx(0.5 / math.sqrt(a), rel=1e-12)
        assert second(a) == pytest.approx(-0.25 * a**-1.5, rel=1e-7)
        assert mb.jacobian(newton, mode="forward")(a) == pytest.approx(0.5 / math.sqrt(a), rel=1e-12)


def test_bisection_by_if() -> None:
    gradient = mb.grad(bisection)
    for a in (8.0, 27.0, 2.0, 8.0):
        assert gradient(a) == pytest.approx(a ** (-2 / 3) / 3, rel=1e-12)


def test_a_determinant_by_minors() -> None:
    matrix = np.random.default_rng(0).normal(size=(4, 4))
    wanted = np.linalg.det(matrix) * np.linalg.inv(matrix).T
    assert_allclose(mb.grad(minors)(matrix.tolist()), wanted, rtol=1e-12)
    by_array = mb.grad(lambda m: minors([[*row] for row in m]))
    for _ in range(2):
        assert_allclose(by_array(matrix), wanted, rtol=1e-12)


@pytest.mark.parametrize("sort", [quicksort, bubblesort, sorted])
def test_sorting(sort: Callable[[Any], Any]) -> None:
    gradient = mb.grad(lambda x: sum(i * v for i, v in enumerate(sort([*x]))))
    rng = np.random.default_rng(1)
    for _ in range(40):
        x = rng.permutation(4) * 1.5
        assert_array_equal(gradient(x), np.argsort(np.argsort(x)))


def test_leaving_a_loop() -> None:
    gradient = mb.grad(early)
    for x in (2.0, 3.0, 1.1, 2.0, 0.5, 3.0, 0.1):
        n = next((n for n in range(100) if sum(x**i for i in range(n + 1)) > 10), None)
        wanted = -1.0 if n is None else sum(i * x ** (i - 1) for i in range(1, n + 1))
        assert gradient(x) == pytest.approx(wanted, rel=1e-13)


def test_the_least_and_the_largest() -> None:
    gradient = mb.grad(lambda x: max(x[0], x[1] ** 2, 0.0) + 10 * min(x) + 100 * max([*x], key=lambda v: -v))
    for x in ([1.0, 2.0], [5.0, 1.0], [-1.0, -2.0], [-3.0, 0.5]):
        largest = max((x[0], 0), (x[1] ** 2, 1), (0.0, 2))[1]
        wanted = [largest == 0, (largest == 1) * 2 * x[1]]
        wanted[int(np.argmin(x))] += 110
        assert_array_equal(gradient(np.array(x)), wanted)


def test_conditions_of_every_kind() -> None:
    def fn(x: Any, n: Any, flag: Any) -> Any:
        if x[0] > 0 and not x[1] > 0:
            return x[0] * 2
        if flag or (0 < x[0] < 5):
            return x[0] * 3
        if x[0] == -1.0 or x[1] in (2.0, 4.0):
            return x[0] * 4
        if np.any(x > 10) and np.all(x[1:] > 0):
            return x[0] * 5
        if n[0] % 2 == 0 and bool(n[0]):
            return x[0] * 6
        if math.isclose(n[0], 3) or x:
            return x[0] * 7
        return x[0]

    gradient = mb.grad(fn)
    no, yes = np.array(False), np.array(True)
    for _ in range(2):
        for x, n, flag, wanted in (
            ([1.0, -1.0], 1, no, 2),
            ([1.0, 1.0], 1, no, 3),
            ([-9.0, 1.0], 1, yes, 3),
            ([-1.0, 1.0], 1, no, 4),
            ([-9.0, 2.0], 1, no, 4),
            ([-9.0, 4.0], 1, no, 4),
            ([20.0, 1.0], 1, no, 5),
            ([-9.0, 1.0], 2, no, 6),
            ([-9.0, 1.0], 3, no, 7),
        ):
            assert gradient(np.array(x), np.array([n]), flag).tolist() == [wanted, 0.0]


# What is replayed


def test_a_path_is_taken_once(traced: Callable[[], int]) -> None:
    gradient = mb.grad(lambda x: x**2 if x > 0 else -x)
    assert [gradient(x) for x in (1.0, 2.0, -1.0, 3.0, -2.0)] == [2.0, 4.0, -1.0, 6.0, -1.0]
    assert traced() == 2
    assert gradient(np.float32(2.0)) == 4.0  # another kind of argument
    assert gradient(5) == 10.0  # the same as a float
    assert traced() == 3


def test_more_paths_than_are_kept(traced: Callable[[], int]) -> None:
    def stairs(x: Any) -> Any:
        n = 0
        while n < x:
            n += 1
        return n * x**2

    gradient = mb.grad(stairs)
    count = LIMIT + 10
    for _ in range(2):
        for i in range(count):
            assert gradient(i + 0.5) == 2 * (i + 1) * (i + 0.5)
    assert traced() >= count


def times(k: float) -> Callable[[Any], Any]:
    return lambda x: k * x


def test_functions_that_look_the_same_are_not_mixed_up() -> None:
    made = [mb.grad(lambda x, k=k: k * x) for k in range(3)]
    closed = [mb.grad(times(k)) for k in range(20)]
    for _ in range(2):
        assert [gradient(1.0) for gradient in made] == [0.0, 1.0, 2.0]
        assert [gradient(1.0) for gradient in closed] == list(range(20))


def test_a_closure_within_a_loop_is_traced_once(traced: Callable[[], int]) -> None:
    def outer(k: float) -> float:
        def inner(x: Any) -> Any:
            return k * x**3

        return sum(mb.grad(inner)(i * 1.0) + mb.jvp(inner, (i * 1.0,), (1.0,))[1] for i in range(10))

    assert [outer(1.0), outer(2.0)] == [6 * 285.0, 12 * 285.0]
    assert traced() == 4


RATE = 2.0
TABLE = [1.0, {"k": 3.0}]
WEIGHTS = np.array([1.0, 2.0])


def helper(x: Any) -> Any:
    return x * 2


class Switch(Enum):
    ON = 1
    OFF = 2


def test_what_is_read_outside_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def fn(x: Any) -> Any:
        return helper(x) * RATE * TABLE[0] * TABLE[1]["k"] * np.sum(WEIGHTS)  # type: ignore[index]

    gradient = mb.grad(fn)
    assert [gradient(1.0), gradient(1.0)] == [36.0, 36.0]
    monkeypatch.setattr(f"{__name__}.RATE", 4.0)
    assert gradient(1.0) == 72.0
    monkeypatch.setitem(TABLE[1], "k", 1.0)  # type: ignore[call-overload]
    assert gradient(1.0) == 24.0
    monkeypatch.setattr(f"{__name__}.TABLE", [10.0, {"k": 1.0}])
    assert gradient(1.0) == 240.0
    WEIGHTS[0] = 3.0
    try:
        assert gradient(1.0) == 400.0
    finally:
        WEIGHTS[0] = 1.0
    assert gradient(1.0) == 240.0
    monkeypatch.setattr(f"{__name__}.helper", lambda x: x**2)
    assert gradient(1.0) == 240.0 * 2 / 2
    assert gradient(3.0) == 240.0 * 6 / 2


def test_closures_and_attributes_are_seen() -> None:
    class Model:
        scale = 1.0

        def __init__(self) -> None:
            self.k = 2.0
            self.layers = [1.0]

        def __call__(self, x: Any) -> Any:
            return self.k * x * sum(self.layers) * self.scale

    model, rate = Model(), 1.0
    by_object = mb.grad(model)
    by_closure = mb.grad(lambda x: model(x) * rate)
    assert [by_object(1.0), by_closure(1.0)] == [2.0, 2.0]
    model.k = 3.0
    assert [by_object(1.0), by_closure(1.0)] == [3.0, 3.0]
    model.layers.append(1.0)
    assert [by_object(1.0), by_closure(1.0)] == [6.0, 6.0]
    Model.scale = 0.5
    assert [by_object(1.0), by_closure(1.0)] == [3.0, 3.0]
    rate = 10.0
    assert by_closure(1.0) == 30.0


def test_arguments_that_are_objects_are_seen() -> None:
    class Config:
        def __init__(self, k: float) -> None:
            self.k = k

        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = None  # type: ignore[assignment]

    gradient = mb.grad(lambda x, config: config.k * x)
    config = Config(2.0)
    assert [gradient(1.0, config), gradient(1.0, config)] == [2.0, 2.0]
    config.k = 5.0
    assert [gradient(1.0, config), gradient(1.0, Config(7.0))] == [5.0, 7.0]

    factor = [2.0]
    by_function = mb.grad(lambda x, act: act(x))
    assert by_function(1.0, lambda x: factor[0] * x) == 2.0
    act = lambda x: factor[0] * x  # noqa: E731
    assert by_function(1.0, act) == 2.0
    factor[0] = 3.0
    assert by_function(1.0, act) == 3.0
    assert by_function(0.0, np.sin) == 1.0
    assert mb.grad(lambda x, s: x if s is Switch.ON else 2 * x)(1.0, Switch.OFF) == 2.0
    assert mb.grad(lambda x, names: x * len(names))(1.0, {"a", "b"}) == 2.0


def test_what_is_drawn_is_drawn_each_time() -> None:
    generator, legacy = np.random.default_rng(0), random.Random(0)
    draws: list[Callable[[Any], Any]] = [
        lambda x: x * generator.normal(),
        lambda x: x * np.random.normal(),
        lambda x: x * legacy.random(),
        lambda x: x * random.random(),
        lambda x: np.sum(x * np.random.default_rng().normal(size=3)),
        functools.partial(lambda rng, x: x * rng.normal(), generator),
    ]
    for draw in draws:
        gradient = mb.grad(draw)
        assert len({gradient(1.0) for _ in range(5)}) == 5
    given = mb.grad(lambda x, rng: x * rng.normal())
    assert len({given(1.0, generator) for _ in range(5)}) == 5
    mixed = mb.grad(lambda x, stream: x * next(stream))
    stream = iter([1.0, 2.0, 3.0])
    assert [mixed(1.0, stream) for _ in range(3)] == [1.0, 2.0, 3.0]
    clock = mb.grad(lambda x: x * time.perf_counter())
    assert clock(1.0) < clock(1.0)
    seeded = mb.grad(lambda x: x * np.random.default_rng(7).normal())
    assert seeded(1.0) == seeded(1.0)


def test_effects_happen_each_time() -> None:
    log: list[float] = []
    memory: dict[str, Any] = {}
    steps = np.zeros(2)
    calls = 0

    def appends(x: Any) -> Any:
        log.append(1.0)
        return x * x

    def stores(x: Any) -> Any:
        memory["last"] = len(memory.get("all", "")) + 1
        memory["all"] = memory.get("all", "") + "."
        return x * x

    def writes(x: Any) -> Any:
        steps[0] += 1
        return x * x

    def counts(x: Any) -> Any:
        nonlocal calls
        calls += 1
        return x * x * calls

    for fn in (appends, stores, writes):
        gradient = mb.grad(fn)
        assert [gradient(float(i)) for i in range(4)] == [0.0, 2.0, 4.0, 6.0]
    assert (len(log), memory["all"], steps[0]) == (4, "....", 4)
    gradient = mb.grad(counts)
    assert [gradient(1.0) for _ in range(4)] == [2.0, 4.0, 6.0, 8.0]


def test_an_effect_that_comes_later() -> None:
    """The first calls change nothing; when the branch with the effect is met, it happens each time."""
    seen: list[str] = []

    def fn(x: Any) -> Any:
        if x > 10:
            seen.append("large")
        return x * len(seen)

    gradient = mb.grad(fn)
    assert [gradient(x) for x in (1.0, 2.0, 11.0, 1.0, 12.0, 13.0, 1.0)] == [0.0, 0.0, 1.0, 1.0, 2.0, 3.0, 3.0]


def test_objects_that_a_function_makes_are_new_each_time() -> None:
    class Note:
        pass

    def fn(x: Any) -> Any:
        return x**2, Note()

    gradient = mb.grad(fn, has_aux=True)
    assert gradient(1.0)[1] is not gradient(1.0)[1]


def test_caches_of_the_user() -> None:
    @functools.lru_cache
    def table(n: int) -> float:
        return n * RATE

    assert mb.grad(lambda x: x * table(3))(1.0) == 6.0


def test_a_function_that_decides_otherwise_on_the_same_numbers() -> None:
    flips = itertools.cycle([True, False])
    gradient = mb.grad(lambda x: x if next(flips) else 2 * x)
    assert [gradient(1.0) for _ in range(4)] == [1.0, 2.0, 1.0, 2.0]


def test_errors_leave_nothing_behind() -> None:
    def fn(x: Any) -> Any:
        if x > 1:
            raise LookupError("too large")
        return x * x

    gradient = mb.grad(fn)
    for _ in range(2):
        assert gradient(0.5) == 1.0
        with pytest.raises(LookupError):
            gradient(2.0)
    outer = mb.grad(lambda x: gradient(x) if x < 1 else x)
    assert [outer(0.5), outer(3.0)] == [2.0, 1.0]
    with pytest.raises(LookupError):
        mb.grad(gradient)(2.0)
    assert mb.grad(gradient)(0.5) == 2.0


def test_special_values_take_their_own_way() -> None:
    def fn(x: Any) -> Any:
        return x * (2.0 if np.isnan(x) else 3.0 if x > 1e300 else 4.0 if 1 / x < 0 else 5.0)

    gradient = mb.grad(fn)
    for _ in range(2):
        assert [gradient(x) for x in (1.0, -1.0, math.inf, math.nan, 0.0)] == [5.0, 4.0, 3.0, 2.0, 5.0]
    sign = mb.grad(lambda x: x * (1.0 if math.copysign(1.0, y := 0.0) > 0 else y))
    assert sign(1.0) == 1.0


def test_threads() -> None:
    gradient = mb.grad(lambda x: np.sum(x**2) if x[0] > 0 else np.sum(x**3))
    barrier = threading.Barrier(4)

    def work(seed: int) -> bool:
        barrier.wait()
        rng = np.random.default_rng(seed)
        for _ in range(50):
            x = rng.normal(size=3)
            if not np.allclose(gradient(x), 2 * x if x[0] > 0 else 3 * x**2):
                return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(4)))


PIECES: list[Callable[..., Any]] = [
    lambda v, x, c: np.sin(v) + c,
    lambda v, x, c: v * x,
    lambda v, x, c: np.exp(-v * v),
    lambda v, x, c: v + c * x,
    lambda v, x, c: np.where(v > c, v, 2 * v),
    lambda v, x, c: v / (1 + v * v),
]


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.lists(st.floats(-3, 3), min_size=2, max_size=5))
def test_a_later_call_is_a_first_call(seed: int, points: list[float]) -> None:
    """A random program with branches: what is replayed equals what is traced anew."""
    rng = np.random.default_rng(seed)
    steps = [(rng.integers(len(PIECES)), float(rng.normal()), bool(rng.integers(2))) for _ in range(6)]

    def program(x: Any) -> Any:
        value = x
        for which, c, looks in steps:
            if looks and value > c:
                value = value - c * x
            value = PIECES[which](value, x, c)
        return value

    gradient = mb.grad(program)
    later = [gradient(x) for x in points + points]
    assert later == [mb.grad(lambda x: program(x))(x) for x in points + points]  # noqa: PLW0108
