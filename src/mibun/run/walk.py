"""The way of a kernel along arrays: in which order, how much at a time, in how many threads.

``MIBUN_THREADS`` says how many threads there may be; by default it is the number of processors that the process has.
What an element becomes does not depend on it.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from mibun.run import drive, memory
from mibun.run.machine import PAYS

if TYPE_CHECKING:
    from mibun.run.kernel import Sweep


class Walk:
    """All places of ``shape``, for ``values`` that broadcast to it: numbers of one size, in arrays."""

    __slots__ = ("_order", "_values", "count", "shape")

    def __init__(self, values: Sequence[Any], shape: tuple[int, ...]) -> None:
        self.shape = shape
        self.count = math.prod(shape)
        self._values = values
        self._order = _order(values, shape)

    def empty(self, dtype: Any) -> Any:
        """A new array, whose axes lie in memory in the order of the walk."""
        if self._order is None:
            return memory.empty(self.shape, dtype)
        laid = memory.empty(tuple([self.shape[axis] for axis in self._order]), dtype)
        return laid.transpose([self._order.index(axis) for axis in range(len(self.shape))])

    def streams(self, results: Sequence[Any], vector: int) -> bool:
        """Whether results may be written past the caches: they lie one number after the other, and vectors of them, so
        many bytes long, may begin at the same places."""
        reals = [result for result in results if result.itemsize > 1]
        if not reals:
            return False
        lengths, strides = _joined([*self._values, *results], self.shape, self._order)
        for result, steps in zip(results, strides[len(self._values) :], strict=True):
            if not _dense(lengths, steps, result.itemsize) or not result.flags.aligned:
                return False
        return len({result.ctypes.data % vector for result in reals}) == 1

    def run(self, sweep: Sweep, results: Sequence[Any], vector: int) -> bool:
        """Whether some value that is watched is no number. ``vector``: 0, or for streamed code that of `streams`."""
        operands = [*self._values, *results]
        lengths, strides = _joined(operands, self.shape, self._order)
        return _driven(sweep, len(self._values), operands, lengths, strides, self.count, vector)


def _order(values: Sequence[Any], shape: tuple[int, ...]) -> list[int] | None:
    """The axes from the one with the longest steps to that with the shortest; ``None`` if that is as they are."""
    for value in values:
        if value.shape == shape and len(shape) > 1:
            if value.flags.c_contiguous:
                return None
            order = sorted(range(len(shape)), key=lambda axis: -abs(value.strides[axis]))
            return None if order == list(range(len(shape))) else order
    return None


def _joined(
    operands: Sequence[Any], shape: tuple[int, ...], order: Sequence[int] | None
) -> tuple[list[int], list[list[int]]]:
    """Lengths, and for each operand its strides, with axes joined that can be gone through as one."""
    rank = len(shape)
    axes = [axis for axis in (range(rank) if order is None else order) if shape[axis] != 1]
    steps = []
    for operand in operands:
        missing = rank - operand.ndim
        own = operand.strides
        steps.append(
            [0 if axis < missing or operand.shape[axis - missing] == 1 else own[axis - missing] for axis in axes]
        )
    lengths: list[int] = []
    kept: list[list[int]] = [[] for _ in operands]
    for i, axis in enumerate(axes):
        n = shape[axis]
        if lengths and all(k[-1] == step[i] * n for k, step in zip(kept, steps, strict=True)):
            lengths[-1] *= n
            for k, step in zip(kept, steps, strict=True):
                k[-1] = step[i]
        else:
            lengths.append(n)
            for k, step in zip(kept, steps, strict=True):
                k.append(step[i])
    return lengths or [1], [k or [0] for k in kept]


def _driven(
    sweep: Sweep,
    ins: int,
    operands: Sequence[Any],
    lengths: list[int],
    strides: list[list[int]],
    count: int,
    vector: int,
) -> bool:
    import numpy as np

    words: list[int] = []
    held = [np.array(lengths, np.int64)]
    direct = True
    for i, (operand, steps) in enumerate(zip(operands, strides, strict=True)):
        mode = drive.DIRECT
        if i < ins and operand.size == 1:
            mode = drive.UNIFORM
        elif not _dense(lengths, steps, operand.itemsize) or not operand.flags.aligned:
            mode = drive.STRIDED
            direct = False
        held.append(np.array(steps, np.int64))
        words += [operand.ctypes.data, operand.itemsize, mode, held[-1].ctypes.data]
    settings()[0] = limit()
    first = next((result for result in operands[ins:] if result.itemsize > 1), operands[-1])  # not of truths
    facts = {
        "run": sweep.run,
        "ins": ins,
        "outs": len(operands) - ins,
        "rank": len(lengths),
        "shape": held[0].ctypes.data,
        "room": 0 if direct else len(operands) * drive.BLOCK * 8,
        "total": count,
        "pays": max(int(PAYS / sweep.cost), 1),
        "first": first.ctypes.data,
        "vector": vector,
        "item": first.itemsize,
    }
    plan = np.array([*[facts.get(name, 0) for name in drive.PLAN], *words], np.int64)
    return bool(_follow()(plan.ctypes.data))


def _dense(lengths: Sequence[int], steps: Sequence[int], item: int) -> bool:
    """Whether the numbers lie one after the other."""
    for n, step in zip(reversed(lengths), reversed(steps), strict=True):
        if step != item:
            return False
        item *= n
    return True


def limit() -> int:
    """How many threads there may be."""
    given = os.environ.get("MIBUN_THREADS", "")
    if given.isdigit():
        return max(int(given), 1)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@cache
def _follow() -> Any:
    import ctypes

    from mibun.run.kernel import shared

    return ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)(shared().address("follow"))


@cache
def settings() -> Any:
    """How many threads there may be, and where the system's functions stand to begin a thread, to let it go, and to
    give way; zeros if there are none. Code looks here."""
    import ctypes

    from mibun.run import symbols

    names = ("pthread_create", "pthread_detach", "sched_yield")
    found = (ctypes.c_int64 * len(drive.SETTINGS))(limit())
    if os.name == "posix" and all(map(symbols.exists, names)):
        found[1:] = [*map(symbols.address, names)]
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(found))  # code looks here to the very end
    return found
