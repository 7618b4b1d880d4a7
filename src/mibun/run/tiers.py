"""When a function gets machine code: first answers come from the interpreter, code when it pays or is asked for.

It pays as soon as the time spent on interpreting is the time that compiling would take. Code that lies on the disk is
looked for earlier, since it costs little. Compiling is done beside the caller, who is never held for longer than
:data:`PATIENCE`. ``MIBUN_NATIVE=off`` leaves everything to the interpreter unless ``compile()`` is called.

This module is imported with mibun itself and imports nothing that costs time.
"""

from __future__ import annotations

import atexit
import math
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from threading import Event, Lock, Thread
from time import perf_counter, time_ns
from typing import TYPE_CHECKING, Any, Final
from weakref import ref

from mibun.errors import UnsupportedOperation
from mibun.node import Node, postorder

if TYPE_CHECKING:
    from mibun.run.kernel import Kernel

IMPORTED: Final = time_ns()
PATIENCE: Final = 0.05
LOOK: Final = 0.002  # seconds of interpreting after which the disk is looked at
SMALL: Final = 500  # operations of a function for which the caller can look himself
START: Final = 0.03  # seconds that llvmlite takes to be imported
BASE, EACH = 0.01, 60e-6  # seconds to compile anything, and for every operation
OFF: Final = ("off", "0", "no", "false")
ELEMENT: Final = 3e-9  # seconds that an operation on one element of an array takes in NumPy


class Tier:
    """What is known about the calls of one function: the seconds that interpreting took, the code that there is.

    ``limit`` is when to think about it again; ``forced`` whether code was asked for; ``never`` whether it is not wanted
    or there can be none.
    """

    __slots__ = ("asked", "forced", "kernel", "limit", "looked", "never", "size", "spent")

    def __init__(self) -> None:
        self.spent = 0.0
        self.never = os.environ.get("MIBUN_NATIVE", "").lower() in OFF
        self.limit = math.inf if self.never else LOOK
        self.kernel: Kernel | None = None
        self.size = 0
        self.looked = False
        self.forced = False
        self.asked: set[object] = set()


class Tiered:
    """What is called with values, and comes to have code for that, ``_native``; then its class is one that calls it.

    A subclass has ``_evaluate(args, out, named)`` for any call, ``_roots()`` for the nodes, and ``_kernel()``.
    """

    __slots__ = ("__weakref__", "_name", "_native", "_tier")

    _name: str
    _native: Callable[..., Any]
    _tier: Tier | None

    def _evaluate(self, args: tuple[Any, ...], out: Any, named: Mapping[str, Any]) -> Any:
        raise NotImplementedError

    def _roots(self) -> tuple[Node, ...]:
        raise NotImplementedError

    def _kernel(self) -> Kernel:
        raise NotImplementedError

    def _with_code(self) -> type:
        """The class of those that have code."""
        raise NotImplementedError


def called(function: Tiered, args: tuple[Any, ...], out: Any, named: Mapping[str, Any]) -> Any:
    """The value, by the interpreter; what it costs is noted, from the second call on: the first plans the work."""
    tier = function._tier
    if tier is None:
        function._tier = Tier()
        return function._evaluate(args, out, named)
    start = perf_counter()
    result = function._evaluate(args, out, named)
    tier.spent += perf_counter() - start
    if tier.spent > tier.limit:
        _advance(function, tier)
    return result


def tier_of(function: Tiered) -> Tier:
    tier = function._tier
    if tier is None:
        tier = function._tier = Tier()
    return tier


def _advance(function: Tiered, tier: Tier) -> None:
    """Look on the disk; later on, have code made."""
    size = _size(function, tier)
    if size <= SMALL and not tier.looked:
        least = 2 * (LOOK + EACH * size)
        if tier.spent < least:
            tier.limit = least
            return
        tier.looked = True
        kernel = _kernel(function, tier)
        if kernel is None:
            return
        found = None
        with suppress(OSError):  # memory that may not hold code
            found = kernel.call(make=False)  # without rewriting anything
        if found is not None:
            _install(function, kernel)
            tier.limit = math.inf
        else:
            tier.limit = cost(size)
        return
    if tier.spent < cost(size):
        tier.limit = cost(size)
        return
    tier.limit = math.inf
    mine = ref(function)

    def work() -> None:
        living = mine()
        kernel = None if living is None else _kernel(living, tier)
        if kernel is not None:
            try:
                kernel.call()
            except UnsupportedOperation:
                tier.never = True
                return
            living = mine()
            if living is not None:
                _install(living, kernel)

    _worker.do(work)


def cost(size: int) -> float:
    """About how many seconds compiling takes."""
    return BASE + EACH * size + (0.0 if "llvmlite" in sys.modules else START)


def _size(function: Tiered, tier: Tier) -> int:
    if not tier.size:
        tier.size = len(postorder(*function._roots()))
    return tier.size


def _kernel(function: Tiered, tier: Tier) -> Kernel | None:
    """The kernel, if there can be one."""
    if tier.kernel is None:
        try:
            tier.kernel = function._kernel()
        except UnsupportedOperation:
            tier.never = True
            tier.limit = math.inf
    return tier.kernel


def _install(function: Tiered, kernel: Kernel) -> None:
    """From now on calls go to the code."""
    from mibun.run import native

    native.install(function, kernel)
    function.__class__ = function._with_code()


def force(function: Tiered) -> Kernel:
    """Code for floats, now. ``UnsupportedOperation`` where there can be none, or without llvmlite."""
    tier = tier_of(function)
    if tier.kernel is None:
        tier.kernel = function._kernel()
    try:
        tier.kernel.call()
    except ImportError:
        raise UnsupportedOperation("no_llvm") from None
    except (OSError, LookupError) as error:
        raise UnsupportedOperation("no_code", reason=str(error)) from None
    tier.forced, tier.never, tier.limit = True, False, math.inf
    if type(function) is not function._with_code():
        _install(function, tier.kernel)
    return tier.kernel


def code(function: Tiered, values: Mapping[str, Any], args: Sequence[Any], named: Any) -> Callable[[Any], Any] | None:
    """What computes ``values`` by code, given ``out``; ``None`` if the interpreter is to do it.

    ``args`` and ``named`` are as they were in the call: floats without names have come from the code.
    """
    tier = tier_of(function)
    if any(map(is_array, values.values())):
        found = None if tier.never else _along_arrays(function, tier, values)
        if found is not None:
            from mibun.run.native import along

            kernel = found
            return lambda out: along(kernel, [values.get(name, 0.0) for name in kernel.names], out)
    elif (
        type(function) is function._with_code()
        and tier.kernel is not None
        and all(type(value) is float for value in values.values())
        and (named or not all(isinstance(value, float) for value in args))
    ):
        from mibun.run.interpret import deliver

        call, names = function._native, tier.kernel.names
        return lambda out: deliver(call(*[values.get(name, 0.0) for name in names]), out)
    return None


def is_array(value: Any) -> bool:
    """Whether a value stands for several, or for none."""
    if type(value) is float or type(value) is int:
        return False
    return bool(getattr(value, "ndim", 0)) or isinstance(value, list | tuple)


def _count(value: Any) -> int:
    if isinstance(value, list | tuple):
        import numpy as np

        return int(np.size(value))
    return int(getattr(value, "size", 1))


def _along_arrays(function: Tiered, tier: Tier, values: Mapping[str, Any]) -> Kernel | None:
    """The kernel, if there is code along arrays like ``values``; ``None`` if it would not pay."""
    kernel = tier.kernel
    if kernel is not None and kernel.has(kernel.kind(values)):
        return kernel
    count = max(map(_count, values.values()))
    estimate = count * _size(function, tier) * ELEMENT
    if not tier.forced and tier.spent + estimate < cost(2 * tier.size):
        return None
    kernel = _kernel(function, tier)
    if kernel is None:
        return None
    kind = kernel.kind(values)
    if tier.forced:
        kernel.sweep(kind)
    elif kind not in tier.asked:
        tier.asked.add(kind)
        made = kernel
        _worker.do(lambda: made.sweep(kind)).wait(min(PATIENCE, max(estimate, tier.spent)))
    return kernel if kernel.has(kind) else None


# Beside the caller


class Worker:
    """Does work in another thread, one piece after the other. The thread ends when nothing is left to do."""

    def __init__(self) -> None:
        self.begin()
        atexit.register(self.finish)
        if hasattr(os, "register_at_fork"):  # a process that is split off does not have the thread
            os.register_at_fork(after_in_child=self.begin)

    def begin(self) -> None:
        self._lock = Lock()
        self._queue: list[tuple[Callable[[], object], Event]] = []
        self._thread: Thread | None = None

    def do(self, work: Callable[[], object]) -> Event:
        """What is returned is set when the work is done, or has failed."""
        done = Event()
        with self._lock:
            self._queue.append((work, done))
            if self._thread is None:
                thread = Thread(target=self._run, name="mibun compiles", daemon=True)
                try:
                    thread.start()
                except RuntimeError:  # the system has no more threads now
                    self._queue.pop()
                    done.set()
                    return done
                self._thread = thread
        return done

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._queue:
                    self._thread = None
                    return
                work, done = self._queue.pop(0)
            with suppress(Exception):  # without code the interpreter goes on
                work()
            done.set()
            del work

    def finish(self) -> None:
        """At the end of the process: LLVM must not be at work while its memory goes."""
        with self._lock:
            self._queue.clear()
            thread = self._thread
        if thread is not None:
            thread.join()


_worker: Final = Worker()
