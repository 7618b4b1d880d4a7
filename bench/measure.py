"""Timing: contestants take turns; what counts is the median."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from time import perf_counter
from timeit import Timer
from typing import NamedTuple

Work = Callable[[], object]


def once(work: Work) -> float:
    """Seconds of one run, without the search for garbage that the peers left and without dropping the result."""
    gc.collect()
    gc.freeze()
    start = perf_counter()
    result = work()
    seconds = perf_counter() - start
    del result
    return seconds


def interleaved(contestants: Mapping[str, Work], seconds: float = 6.0, most: int = 15) -> dict[str, float]:
    """The median time of each contestant, in at least three rounds, until ``seconds`` are up.

    In its turn a contestant runs twice, and the second run counts. The first warms it up, and tidies the heap that the
    contestant before it has left: after SymEngine freed a million objects, the next to allocate pays for them.
    """
    times: dict[str, list[float]] = {name: [] for name in contestants}
    start = perf_counter()
    rounds = 0
    while rounds < 3 or (rounds < most and perf_counter() - start < seconds):
        for name, work in contestants.items():
            work()
            times[name].append(once(work))
        rounds += 1
    return {name: median(values) for name, values in times.items()}


class Call(NamedTuple):
    """A statement that is over in no time, and the names in it. Nothing is timed beside it: no function around it.

    ``work`` is the same as something to be called; it returns the value of the last expression.
    """

    statement: str
    names: Mapping[str, object]

    def work(self) -> object:
        *before, last = self.statement.split("; ")
        names = dict(self.names)
        exec("; ".join(before), names)
        return eval(last, names)


def calls(contestants: Mapping[str, Call], seconds: float = 6.0, most: int = 40) -> dict[str, float]:
    """The median time of one call of each: they take turns at loops of some milliseconds."""
    timers = {name: Timer(call.statement, globals=dict(call.names)) for name, call in contestants.items()}
    numbers = {name: _enough(timer) for name, timer in timers.items()}
    times: dict[str, list[float]] = {name: [] for name in contestants}
    start = perf_counter()
    rounds = 0
    while rounds < 5 or (rounds < most and perf_counter() - start < seconds):
        for name, timer in timers.items():
            times[name].append(timer.timeit(numbers[name]) / numbers[name])
        rounds += 1
    return {name: median(values) for name, values in times.items()}


def _enough(timer: Timer, least: float = 5e-3) -> int:
    """How often a statement is to be run to take at least so long, but not much longer."""
    timer.timeit(1)
    number = 1
    while timer.timeit(number) < least:
        number *= 2
    return number


def process(*arguments: str) -> Work:
    """A whole run of this Python with ``arguments``, which finds its modules compiled, as after an installation."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

    def run() -> None:
        subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL, env=environment)

    return run


def duration(seconds: float) -> str:
    """Seconds with three digits, in a unit that suits them."""
    for unit, factor in (("s", 1.0), ("ms", 1e3), ("µs", 1e6)):
        if seconds * factor >= 1 or unit == "µs":
            return f"{seconds * factor:.3g} {unit}"
    raise AssertionError


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows as aligned columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(cell.ljust(n) for cell, n in zip(row, widths, strict=True)).rstrip() for row in rows)
