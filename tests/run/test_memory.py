"""Memory of large results is used again, and only when no one holds it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import mibun as mb
from mibun.run import memory

DOUBLE = np.dtype(np.float64)

pytestmark = pytest.mark.skipif(not memory._POSSIBLE, reason="the system can not take memory back")


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    memory._free.clear()
    yield
    memory._free.clear()


def place(array: Any) -> int:
    return int(array.ctypes.data)


def test_used_again_when_it_is_gone() -> None:
    first = memory.empty((1 << 20,), DOUBLE)
    assert first.flags.writeable
    assert first.flags.aligned
    where = place(first)
    view = first[::2].reshape(-1, 2)
    del first
    second = memory.empty((1 << 20,), DOUBLE)
    assert place(second) != where
    del view
    third = memory.empty((1 << 20,), DOUBLE)
    assert place(third) == where


def test_too_large_a_piece_is_not_taken() -> None:
    del_me = memory.empty((1 << 22,), DOUBLE)
    where = place(del_me)
    del del_me
    assert place(memory.empty((1 << 18,), DOUBLE)) != where


def test_little_and_very_much_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    memory.empty((1000,), DOUBLE)
    assert memory._free == []
    monkeypatch.setattr(memory, "KEPT", 3 << 20)
    memory.empty((1 << 20,), DOUBLE)
    assert memory._free == []
    blocks = [memory.empty((1 << 17,), DOUBLE) for _ in range(5)]
    del blocks
    assert sum(map(len, memory._free)) <= 3 << 20


def test_without_such_a_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_POSSIBLE", False)
    assert memory.empty((1 << 20,), DOUBLE).flags.owndata


def test_results_of_calls() -> None:
    f = mb.function("x^2 + 1").compile()
    x = np.linspace(0, 1, 1 << 18)
    first = f(x)
    kept = first.copy()
    second = f(x + 1)
    np.testing.assert_array_equal(first, kept)
    where = place(first)
    del first
    third = f(x + 2)
    assert place(third) == where
    np.testing.assert_allclose(second, (x + 1) ** 2 + 1)
    np.testing.assert_allclose(third, (x + 2) ** 2 + 1)
