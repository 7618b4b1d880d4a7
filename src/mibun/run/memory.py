"""Memory for large results, used again when they are gone.

The first write to a page that a process gets from the system costs about as much as computing what is written. So what
a large result has lain in is kept for the next one. The system is told that it may have the pages back at any time:
under pressure they cost no one anything. Less than :data:`KEPT` bytes are kept.
"""

from __future__ import annotations

import math
import mmap
from contextlib import suppress
from typing import Any, Final

SMALLEST: Final = 1 << 17  # bytes of a result; memory for smaller ones the C library keeps itself
HUGE: Final = 4 << 20  # bytes from which pages may be large
KEPT: Final = 512 << 20

_free: Final[list[mmap.mmap]] = []
_POSSIBLE: Final = hasattr(mmap, "MADV_FREE")


class Block:
    """A piece of memory that NumPy makes an array of, which holds it."""

    __slots__ = ("__array_interface__", "_memory")

    def __init__(self, memory: mmap.mmap, shape: tuple[int, ...], dtype: Any) -> None:
        import ctypes

        self._memory = memory
        address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
        self.__array_interface__ = {"version": 3, "shape": shape, "typestr": dtype.str, "data": (address, False)}

    def __del__(self) -> None:
        memory = self._memory
        if len(memory) + sum(map(len, _free)) <= KEPT:
            with suppress(OSError, ValueError):
                memory.madvise(mmap.MADV_FREE)
                _free.append(memory)


def empty(shape: tuple[int, ...], dtype: Any) -> Any:
    """An array like :func:`numpy.empty`'s."""
    import numpy as np

    size = math.prod(shape) * dtype.itemsize
    if size < SMALLEST or size > KEPT or not _POSSIBLE:
        return np.empty(shape, dtype)
    return np.asarray(Block(_memory(size), shape, dtype))


def _memory(size: int) -> mmap.mmap:
    fitting = sorted((memory for memory in [*_free] if size <= len(memory) <= 2 * size), key=len)
    for memory in fitting:
        with suppress(ValueError):  # another thread was faster
            _free.remove(memory)
            return memory
    length = -(-size // HUGE) * HUGE if size >= HUGE else size
    memory = mmap.mmap(-1, length, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if size >= HUGE and hasattr(mmap, "MADV_HUGEPAGE"):
        with suppress(OSError):
            memory.madvise(mmap.MADV_HUGEPAGE)
    return memory
