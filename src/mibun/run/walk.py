"""The way of a kernel along arrays: in which order, how much at a time, in how many threads.

``MIBUN_THREADS`` says how many threads there may be; by default it is the number of processors that the process has.
What an element becomes does not depend on it.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from mibun.run import drive, memory

if TYPE_CHECKING:
    from mibun.run.kernel import Sweep

PAYS: Final = 1e5  # nanoseconds of work for which a thread pays


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

    def run(self, sweep: Sweep, results: Sequence[Any]) -> bool:
        """Whether some value that is watched is no number."""
        operands = [*self._values, *results]
        lengths, strides = _joined(operands, self.shape, self._order)
        return _driven(sweep, len(self._values), operands, lengths, strides, self.count)


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
    sweep: Sweep, ins: int, operands: Sequence[Any], lengths: list[int], strides: list[list[int]], count: int
) -> bool:

    import numpy as np

    words: list[int] = []
    held: list[Any] = [np.array(lengths, np.int64)]
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
    threads = max(min(limit(), int(count * sweep.cost / PAYS)), 1)
    share = -(-count // threads)
    share += -share % drive.BLOCK
    plans = []
    for start in range(0, count, share):
        stop = min(start + share, count)
        block = stop - start if direct else drive.BLOCK
        room = np.empty(64 if direct else len(operands) * drive.BLOCK * 8 + 64, np.uint8)
        held.append(room)
        buffers = room.ctypes.data + -room.ctypes.data % 64
        facts = {
            "run": sweep.run,
            "ins": ins,
            "outs": len(operands) - ins,
            "start": start,
            "stop": stop,
            "rank": len(lengths),
            "block": block,
            "buffers": buffers,
            "seen": 0,
            "shape": held[0].ctypes.data,
        }
        plans.append(np.array([*[facts[name] for name in drive.PLAN], *words], np.int64))
    _together([plan.ctypes.data for plan in plans])
    seen = drive.PLAN.index("seen")
    return any(bool(plan[seen]) for plan in plans)


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


def _together(plans: Sequence[int]) -> None:
    """Follow every plan, all but one in threads of their own. Other threads of Python go on meanwhile."""
    import ctypes

    address, drive_one = _drive()
    create, join = _threads()
    others = []
    for plan in plans[1:]:
        thread = ctypes.c_void_p()
        if create is None or create(ctypes.byref(thread), None, address, plan):
            drive_one(plan)
        else:
            others.append(thread)
    drive_one(plans[0])
    for thread in others:
        join(thread, None)


@cache
def _drive() -> tuple[int, Any]:
    import ctypes

    from mibun.run.kernel import shared

    address = shared().address("drive")
    return address, ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)(address)


@cache
def _threads() -> tuple[Any, Any]:
    """The system's functions to begin a thread and to wait for its end; ``None`` where there are none."""
    import ctypes

    if os.name != "posix":
        return None, None
    library = ctypes.CDLL(None)
    create, join = library.pthread_create, library.pthread_join
    create.argtypes, join.argtypes = [ctypes.c_void_p] * 4, [ctypes.c_void_p] * 2
    return create, join
