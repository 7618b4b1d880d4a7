"""The way along arrays: any strides, any shapes, in place or not, in as many threads as there may be."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import mibun as mb
from mibun.errors import ShapeError
from mibun.run import drive, interpret, kernel, sweep, walk

TEXT = "sin(x y) + x^2 - y/3"
F = mb.function(f"f(x, y) = {TEXT}")
RANDOM = np.random.default_rng(3)


def wanted(x: Any, y: Any) -> Any:
    return interpret.call(F.node, {"x": x, "y": y})


def near(found: Any, right: Any) -> None:
    np.testing.assert_allclose(found, right, rtol=1e-13, atol=1e-13)


def grid(*shape: int) -> Any:
    return RANDOM.uniform(-2, 2, shape)


BIG = drive.BLOCK
PAIRS: dict[str, Callable[[], tuple[Any, Any]]] = {
    "one after the other": lambda: (grid(7, 5, 3), grid(7, 5, 3)),
    "transposed": lambda: (grid(40, 60).T, grid(60, 40)),
    "both transposed": lambda: (grid(3, 4, 5).T, grid(3, 4, 5).T),
    "axes exchanged": lambda: (grid(3, 4, 5).swapaxes(0, 1), grid(4, 3, 5)),
    "steps": lambda: (grid(3 * BIG)[::3], grid(2 * BIG)[::-2]),
    "backwards in two axes": lambda: (grid(50, 70)[::-1, ::-1], grid(50, 70)),
    "row and column": lambda: (grid(200, 1), grid(1, 300)),
    "row and number": lambda: (grid(2 * BIG + 5), 0.7),
    "repeated in the middle": lambda: (grid(5, 1, 400), grid(5, 6, 400)),
    "leading axes missing": lambda: (grid(9), grid(4, 3, 9)),
    "repeated by strides": lambda: (np.broadcast_to(grid(1, 40), (30, 40)), grid(30, 40)),
    "a diagonal": lambda: (np.diagonal(grid(60, 60)), grid(60)),
    "a window": lambda: (np.lib.stride_tricks.sliding_window_view(grid(300), 7), grid(294, 7)),
    "unaligned": lambda: (np.frombuffer(grid(101).tobytes() + b"0" * 8, np.uint8)[3:803].view(np.float64), grid(100)),
    "one element": lambda: (grid(1, 1), grid(1)),
    "many axes": lambda: (grid(*[2] * 12), grid(*[1, 2] * 6)),
    "whole numbers": lambda: (np.arange(30), grid(30)),
    "32 and 64 bits": lambda: (grid(30).astype(np.float32), grid(30)),
    "other byte order": lambda: (grid(30).astype(">f8"), grid(30)),
    "lists": lambda: ([1, 2, 3], [[0.5], [1.5]]),
    "none": lambda: (grid(0, 3), grid(3)),
}


@pytest.mark.parametrize("name", PAIRS)
def test_layouts(name: str) -> None:
    x, y = PAIRS[name]()
    f = F.compile()
    found = f(x, y)
    near(found, wanted(np.array(x, float), np.array(y, float)))
    near(F(x, y), found)
    out = np.zeros_like(found)
    assert f(x, y, out=out) is out
    np.testing.assert_array_equal(out, found)
    strange = np.zeros((*found.shape, 2))[..., 1]
    f(x, y, out=strange)
    np.testing.assert_array_equal(strange, found)


def test_results_lie_as_the_arguments_do() -> None:
    f = F.compile()
    assert f(grid(4, 5), grid(4, 5)).flags.c_contiguous
    assert f(grid(4, 5).T, grid(4, 5).T).flags.f_contiguous
    assert f(grid(2, 3, 4).transpose(1, 2, 0), 1.0).transpose(2, 0, 1).flags.c_contiguous


def test_a_gradient_has_its_components_first() -> None:
    g = F.gradient()
    x, y = grid(6, 1), grid(5)
    found = g.compile()(x, y)
    assert found.shape == (2, 6, 5)
    near(found, interpret.stack(interpret.call_all(g._exact(), {"x": x, "y": y}), (2,)))
    out = np.zeros((2, 6, 5))
    assert g.compile()(x, y, out=out) is out
    np.testing.assert_array_equal(out, found)
    np.testing.assert_array_equal(g(x, y), found)
    h = F.hessian()
    assert h.compile()(x, y).shape == (2, 2, 6, 5)
    first, second = g.compile(returns="tuple")(x, y)
    np.testing.assert_array_equal(np.array([first, second]), found)


def test_value_and_gradient() -> None:
    both = F.value_and_grad()
    x, y = grid(50), grid(50)
    value, (by_x, by_y) = both.compile()(x, y)
    out = np.zeros(50), (np.zeros(50), np.zeros(50))
    assert both(x, y, out=out) is out
    for one, other in zip((value, by_x, by_y), (out[0], *out[1]), strict=True):
        np.testing.assert_array_equal(one, other)
    near(value, wanted(x, y))
    single = mb.function("sin(x)").value_and_grad().compile()
    into = np.zeros(50), np.zeros(50)
    assert single(x, out=into) is into
    near(into[1], np.cos(x))


@pytest.mark.parametrize("out", [np.zeros(3), np.zeros(4, np.float32), [0.0] * 4, "4"])
def test_results_that_do_not_fit(out: Any) -> None:
    with pytest.raises(ShapeError):
        F.compile()(grid(4), 1.0, out=out)


def test_results_that_can_not_be_written() -> None:
    out = np.zeros(4)
    out.flags.writeable = False
    with pytest.raises(ShapeError):
        F.compile()(grid(4), 1.0, out=out)
    assert not out.any()


def test_shapes_that_do_not_fit() -> None:
    with pytest.raises(ShapeError):
        F.compile()(grid(4), grid(3))


@pytest.mark.parametrize("n", [100, 3 * BIG])
def test_in_place(n: int) -> None:
    f = F.compile()
    x, y = grid(n), grid(n)
    right = f(x, y)
    for layout in (slice(None), slice(None, None, -1), slice(None, None, 2)):
        mine = np.zeros(2 * n)
        part = mine[layout][:n]
        part[...] = x
        assert f(part, y, out=part) is part
        np.testing.assert_array_equal(part, right)
    buffer = np.concatenate([x, [0.0]])
    f(buffer[:-1], y, out=buffer[1:])
    np.testing.assert_array_equal(buffer[1:], right)
    turned = x.copy()
    f(turned, y, out=turned[::-1])
    np.testing.assert_array_equal(turned[::-1], right)


def test_in_place_where_the_result_is_looked_at_again() -> None:
    g = mb.function("sqrt(x) sqrt(x - 4)").diff()  # its parts are not real below 0, the whole is
    x = np.array([-1.0, 5.0, 2.0, -3.0] * 3)
    right = interpret.call(g._exact()[0], {"x": x}, continued=True)
    assert (right != 0).sum() == 9  # of these the real line has three
    f = g.compile()
    for _ in range(2):
        mine = x.copy()
        f(mine, out=mine)
        near(mine, right)
        near(f(x), right)
        near(g(x), right)


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Threads begin with little work."""
    for module in (kernel, sweep, walk):
        monkeypatch.setattr(module, "PAYS", 100.0)
    yield


@pytest.mark.parametrize("layout", ["one after the other", "steps", "row and column", "transposed"])
def test_threads_change_nothing(layout: str, eager: None, monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = (np.tile(part, 40) if np.ndim(part) == 1 else part for part in PAIRS[layout]())
    f = F.diff("x").compile()  # one that has no code yet
    found = []
    for threads in ("1", "2", "3", "8"):
        monkeypatch.setenv("MIBUN_THREADS", threads)
        walk.settings()[0] = walk.limit()
        assert walk.limit() == int(threads)
        found.append(f(x, y))
        found.append(f(x, y, out=np.empty(found[0].shape)))
    for other in found[1:]:
        np.testing.assert_array_equal(other, found[0])


def test_threads_where_functions_are_pythons(eager: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIBUN_THREADS", "4")
    f = mb.function("polygamma(2, x) + digamma(x)")
    x = RANDOM.uniform(0.1, 5, 10 * BIG)
    near(f.compile()(x)[::50], interpret.call(f.node, {"x": x[::50]}))


def test_without_threads(eager: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system has none, and where it gives none."""
    settings = walk.settings()
    before = [*settings]
    monkeypatch.setenv("MIBUN_THREADS", "4")
    x, y = grid(5 * BIG), grid(5 * BIG)
    f = mb.function(f"{TEXT} + 0").compile()
    fails = ctypes.CFUNCTYPE(ctypes.c_int, *[ctypes.c_void_p] * 4)(lambda *_: 11)
    for create in (0, ctypes.cast(fails, ctypes.c_void_p).value):
        try:
            settings[0], settings[1] = 4, create
            for out in (None, np.empty(5 * BIG)):
                near(f(x, y, out=out), wanted(x, y))
        finally:
            settings[:] = before


@pytest.mark.parametrize("vectors", ["", "avx2", "sse2", "none"])
@pytest.mark.parametrize("kind", [np.float64, np.float32])
@pytest.mark.parametrize("start", range(9))
def test_what_is_streamed_is_the_same(
    start: int, kind: Any, vectors: str, eager: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Results that begin anywhere, together or apart, on arrays of all lengths."""
    monkeypatch.setenv("MIBUN_VECTORS", vectors)
    monkeypatch.setattr(kernel, "LONG", 1 << 30)
    usual = mb.function(f"{TEXT} + ln(x)").value_and_grad().compile()
    monkeypatch.setattr(kernel, "LONG", 0)
    streamed = mb.function(f"{TEXT} + ln(x) + 0").value_and_grad().compile()
    x, y = (RANDOM.uniform(0.1, 3, 6 * BIG).astype(kind) for _ in range(2))
    for count in (1, 7, 8, 9, 40, BIG, 5 * BIG + 3):
        a, b = x[start : start + count], y[start : start + count]
        value, (by_x, by_y) = usual(a, b)
        for places in ((start,) * 3, (start, start, start + 1)):
            out = [np.zeros(count + 12, kind)[place : place + count] for place in places]
            found = streamed(a, b, out=(out[0], tuple(out[1:])))
            assert found[0] is out[0]
            for mine, right in zip(out, (value, by_x, by_y), strict=True):
                np.testing.assert_array_equal(mine, right)
        found, slopes = streamed(a, b)
        for mine, right in zip((found, *slopes), (value, by_x, by_y), strict=True):
            np.testing.assert_array_equal(mine, right)


def test_what_is_streamed_is_mended_and_continued(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a function is lost in a lane, and where the real line has no value."""
    monkeypatch.setattr(kernel, "LONG", 0)
    f = mb.function("sin(x) + 0 x").diff().compile()
    x = np.array([1.0, 1e15, -2.0, 1e300, math.inf, 3.0] * 50)
    near(f(x), np.cos(np.where(np.isinf(x), np.nan, x)))
    g = mb.function("x^(5/2) + 0 x").diff()
    x = np.array([-1.0, 5.0, 2.0, -3.0] * 300)
    near(g.compile()(x), interpret.call(g._exact()[0], {"x": x}, continued=True))


def test_truths_are_arrays_of_truths() -> None:
    from mibun.function import Function
    from mibun.ops import make, symbol

    node = make("and", make("lt", symbol("x"), symbol("y")), make("ge", symbol("y"), symbol("x")))
    f = Function(node, variables=("x", "y")).compile()
    x, y = grid(77), grid(77)
    found = f(x, y)
    assert found.dtype == bool
    np.testing.assert_array_equal(found, x < y)
    assert f(1.0, 2.0) is True
    assert f(2.0, 1.0) is False
