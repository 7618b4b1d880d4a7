"""Values and derivatives as fast as the machine gives them: mibun's machine code beside everything that is like it.

Before anything is timed, what it computes is compared with derivatives written by hand.
"""

from __future__ import annotations

import gc
import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any
from unittest.mock import patch

import numpy as np

import mibun as mb
from bench import cold
from bench.formulas import KINDS, LECTURE, Array, Formula, functions
from bench.measure import Call, Work, calls, interleaved
from bench.peers import PEERS, NotApplicable, casadi_work
from bench.rows import Row, faster, no_slower, within
from mibun.function import Function
from mibun.node import Node, postorder
from mibun.ops import make, symbol

LARGE = 10_000_000
MANY = 1_000_000
SMALL = 1_000
DATA = Path(__file__).parent.parent / "tests" / "data"
MINE = "mibun"
AGREE = 1e-9
FLOOR = 0.9  # of the best peer: what no row may be below


# The contestants


def own_many(formula: Formula, points: Sequence[Array]) -> Work:
    """Value and gradient by mibun, into arrays that are there already."""
    both = mb.function(formula.text).value_and_grad().compile()
    value, *slopes = out = [np.empty(len(points[0])) for _ in range(len(points) + 1)]
    into = (value, tuple(slopes) if len(slopes) > 1 else slopes[0])

    def work() -> Any:
        both(*points, out=into)
        return out

    work()
    return work


def own_fresh(formula: Formula, points: Sequence[Array]) -> Work:
    """The same with new arrays for the results, as peers without ``out=`` make them."""
    both = mb.function(formula.text).value_and_grad().compile()
    return lambda: both(*points)


def own_one(formula: Formula, point: Sequence[float]) -> Call:
    f = mb.function(formula.text)
    slopes = f.diff() if len(point) == 1 else f.gradient()
    return Call(f"f({', '.join(map(repr, map(float, point)))})", {"f": slopes.compile()})


def contestants(formula: Formula, points: Sequence[Array], left_out: Sequence[str] = ()) -> dict[str, Work]:
    """mibun and every peer that can, each with its results found right."""
    import scipy.special

    wanted = formula.by_hand(functions(np, scipy.special))(*points)
    works = {MINE: own_many(formula, points)}
    for peer in PEERS:
        if peer.installed and peer.many and peer.name not in left_out:
            try:
                works[peer.name] = peer.many(formula, points)
            except NotApplicable as reason:
                print(f"  {formula.name}: {reason}", file=sys.stderr)
    for name, work in works.items():
        _compare(name, formula.name, work(), wanted)
    return works


def _compare(name: str, what: str, found: Any, wanted: Any) -> None:
    for mine, right in zip(found, wanted, strict=True):
        values = np.asarray(mine).reshape(np.shape(right))
        if not np.allclose(values, right, rtol=AGREE, atol=AGREE * float(np.abs(right).max())):
            raise AssertionError(f"{name} is wrong about {what}: {np.abs(values - right).max()}")


def singles(formula: Formula, point: Sequence[float]) -> dict[str, Call]:
    """The derivatives at one point of floats, by mibun and every peer that has a form for it."""
    import scipy.special

    wanted = formula.by_hand(functions(np, scipy.special))(*[np.array([value]) for value in point])[1:]
    found = {MINE: own_one(formula, point)}
    found |= {peer.name: peer.one(formula, point) for peer in PEERS if peer.installed and peer.one}
    for name, call in found.items():
        _compare(name, formula.name, np.ravel(np.array(call.work(), dtype=float)), wanted)
    return found


# The lecture's kind of function: one variable, value and derivative


def copying(source: Array, outputs: int) -> Work:
    """NumPy's copy of an argument into as many results: what moving the bytes takes, by one thread."""
    targets = [np.empty_like(source) for _ in range(outputs)]

    def work() -> Any:
        for target in targets:
            np.copyto(target, source)
        return targets

    return work


def copying_by_threads(source: Array, outputs: int) -> Work:
    """The same by a thread for each result."""
    targets = [np.empty_like(source) for _ in range(outputs)]
    pool = ThreadPoolExecutor(outputs)
    return lambda: list(pool.map(np.copyto, targets, [source] * outputs))


def kernel() -> Iterator[Row]:
    """f and f′ of one formula of one variable, at ten million points and at a thousand."""
    points = LECTURE.points(LARGE)
    works = contestants(LECTURE, points)
    works["mibun, new arrays"] = own_fresh(LECTURE, points)
    works[COPY] = copying(points[0], 2)
    works[COPY_BY_THREADS] = copying_by_threads(points[0], 2)
    times = interleaved(works, seconds=150)
    what = f"f, f′ of {LECTURE.name}, {LARGE:,} points"
    yield faster(what, times, "JAX", 8)
    yield faster("", times, "numba", 5)
    yield no_slower("", times, COPY, 1.4)
    yield floor("", times)
    del works, points

    times = interleaved_calls(contestants(LECTURE, LECTURE.points(SMALL)))
    yield faster(f"f, f′ of {LECTURE.name}, {SMALL:,} points", times, "JAX", 5)
    yield faster("", times, "NumPy by hand", 1)
    yield floor("", times)


def interleaved_calls(works: Mapping[str, Work]) -> dict[str, float]:
    return calls({name: Call("f()", {"f": work}) for name, work in works.items()}, seconds=20)


COPY, COPY_BY_THREADS = "copying as many bytes", "copying by two threads"
NO_PEERS = (MINE, "mibun, new arrays", COPY, COPY_BY_THREADS, "math.cos")


def best(times: Mapping[str, float]) -> str:
    return min((name for name in times if name not in NO_PEERS), key=lambda name: times[name])


def floor(what: str, times: Mapping[str, float], goal: float = FLOOR) -> Row:
    """A row for the comparison with the best peer, which may not be lost."""
    return faster(what, times, best(times), goal)


# Twelve kinds


def kinds() -> Iterator[Row]:
    """Value and gradient of twelve formulas of different kinds, at a million points each."""
    ratios = []
    for formula in KINDS:
        times = interleaved(contestants(formula, formula.points(MANY)), seconds=25)
        ratios.append(times[best(times)] / times[MINE])
        yield floor(f"{formula.name}, {MANY:,} points", times, 1.5)
    mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
    found = f"geometric mean {mean:.3g}×"
    yield Row("value with gradient, twelve formulas", None, goal="≥ 4×", reached=mean >= 4, found=found)


# Floats

THREE = next(formula for formula in KINDS if formula.name == "normal density")


def floats() -> Iterator[Row]:
    """Derivatives at one point of floats: what a call costs."""
    works = singles(LECTURE, [1.5])
    works["math.cos"] = Call("f(1.5)", {"f": math.cos})
    times = calls(works, seconds=20)
    yield no_slower(f"f′(1.5) of {LECTURE.name}", times, "math.cos", 1.5)
    yield faster("", times, "JAX", 100)
    yield faster("", times, "SymPy", 1)
    yield floor("", times)
    times = calls(singles(THREE, [0.1, 1.5, 0.7]), seconds=20)
    yield within(f"gradient of three floats, {THREE.name}", times[MINE], 0.5e-6, times)
    yield floor("", times)


# From nothing to the first number


def first() -> Iterator[Row]:
    """From the text of a function to the first number of f′, every time in a new process, imports excluded."""
    packages = {peer.name for peer in PEERS if peer.installed}
    stages = [stage for stage in cold.STAGES if stage not in cold.PEERS or stage in packages]
    with tempfile.TemporaryDirectory() as home:
        times = {stage: _cold(stage, home) for stage in stages}
    peers = {stage: times[stage] for stage in stages if stage in cold.PEERS}
    for what, stage, limit in (
        ("text to the first number of f′", "interpreted", 3e-3),
        ("the same, native, cold", "compiled", 40e-3),
        ("the same, native, from the disk cache", "cached", 5e-3),
        ("the same, of a further function", "second", 3e-3),
        ("the same, native, of a further function", "second, compiled", 40e-3),
    ):
        yield within(what, times[stage], limit, {MINE: times[stage], **peers})
    for given, (stage, names) in cold.GIVEN.items():
        beside = {name: peers[name] for name in names if name in peers}
        if beside:
            yield floor(
                f"{given} to the first number of f′, beside all who are given such", {MINE: times[stage], **beside}
            )


def _cold(stage: str, home: str, runs: int = 9) -> float:
    """The median over new processes; the cache lies below ``home``, and is empty unless the stage is about it."""
    seconds: list[float] = []
    modules = ""
    for i in range(runs + 1):
        place = Path(home, "kept" if stage == "cached" else f"{stage}{i}")
        environment = {**os.environ, "HOME": str(place), "XDG_CACHE_HOME": str(place / ".cache")}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        command = [sys.executable, "-m", "bench.cold", stage]
        run = subprocess.run(command, check=False, input=modules, text=True, capture_output=True, env=environment)
        if run.returncode:
            raise RuntimeError(run.stderr)
        answer = json.loads(run.stdout)
        modules = "\n".join(answer["modules"])
        if i:  # the first run said what to import
            seconds.append(answer["seconds"])
    return median(seconds)


# A large formula


@cache
def _bicycle() -> Any:
    return mb.function((DATA / "bicycle.txt").read_text(encoding="utf-8"))


def _bicycle_points(names: Sequence[str], count: int) -> list[Array]:
    """Points at which it has a value: angles small, everything else near 1."""
    random = np.random.default_rng(0)
    ranges = {"q2": (-0.3, 0.3), "q4": (-0.3, 0.3), "q5": (-0.3, 0.3), "htangle": (0.2, 0.4)}
    return [random.uniform(*ranges.get(name, (0.8, 1.2)), count) for name in names]


def casadi_of(nodes: Sequence[Node], names: Sequence[str]) -> tuple[list[Any], list[Any]]:
    """The same graph for CasADi: symbols and nodes. What is shared stays shared."""
    import casadi

    symbols = {name: casadi.SX.sym(name) for name in names}
    made: dict[Node, Any] = {}
    operations: dict[str, Callable[..., Any]] = {
        "add": lambda a, b: a + b,
        "sub": lambda a, b: a - b,
        "mul": lambda a, b: a * b,
        "div": lambda a, b: a / b,
        "neg": lambda a: -a,
        "pow": lambda a, b: a**b,
        "sin": casadi.sin,
        "cos": casadi.cos,
        "exp": casadi.exp,
        "sqrt": casadi.sqrt,
    }
    for node in postorder(*nodes):
        if node.op == "symbol":
            made[node] = symbols[node.attrs]
        elif node.op == "const":
            made[node] = casadi.SX(float(node.attrs))
        else:
            made[node] = operations[node.op](*[made[arg] for arg in node.args])
    return list(symbols.values()), [made[node] for node in nodes]


def _casadi_gradient(count: int | None, columns: Sequence[Array], out: Sequence[Array]) -> Work:
    import casadi

    f = _bicycle()
    symbols, (value,) = casadi_of([f.node], f.variables)
    slopes = casadi.vertsplit(casadi.gradient(value, casadi.vertcat(*symbols)))
    function = casadi.Function("f", symbols, slopes, {"cse": True})
    return casadi_work(function if count is None else function.map(count), columns, out)


def motion() -> Iterator[Row]:
    """A bicycle's equation of motion: all 18 first derivatives, at one point and at ten thousand."""
    f = _bicycle()
    names = f.variables
    start = perf_counter()
    gradient = f.gradient()
    at_one = gradient.compile()
    seconds = perf_counter() - start
    columns = _bicycle_points(names, 10_000)
    point = [float(column[0]) for column in columns]

    out = [np.empty(1) for _ in names]
    work = _casadi_gradient(None, [np.array([value]) for value in point], out)
    work()
    _compare(MINE, "bicycle", np.ravel(np.array(at_one(*point))), np.ravel(np.array(out)))
    times = calls({MINE: Call("f(*x)", {"f": at_one, "x": point}), "CasADi": Call("f()", {"f": work})}, seconds=10)
    yield faster("bicycle, all 18 derivatives, one point", times, "CasADi", 5)

    many = [np.empty(10_000) for _ in names]
    work = _casadi_gradient(10_000, columns, many)
    into = np.empty((len(names), 10_000))
    _compare(MINE, "bicycle", at_one(*columns), work())
    times = interleaved({MINE: lambda: at_one(*columns, out=into), "CasADi": work})
    yield faster("bicycle, all 18 derivatives, 10,000 points", times, "CasADi", 20)
    yield within("bicycle, differentiated and compiled", seconds, 0.5)


# Compile time


def straight_line(operations: int, seed: int = 0) -> Any:
    """A function of three variables with about so many operations, one in twenty of them no arithmetic."""
    random = np.random.default_rng(seed)
    names = ("x", "y", "z")
    variables = [symbol(name) for name in names]
    x = [*variables]
    for i in range(operations):
        a, b = x[-1], x[-1 - int(random.integers(2, 12)) % len(x)]
        x.append(make("sin", a) if i % 20 == 0 else make(("add", "mul", "sub")[i % 3], a, b))
        del x[:-12]
    for variable in variables:  # all of them are in it
        x.append(make("add", x[-1], variable))
    return Function(x[-1], variables=names)


def compiling() -> Iterator[Row]:
    """Compile time by the number of operations, and how long a caller is held while machine code is made."""
    with patch.dict(os.environ, MIBUN_CACHE="off"):  # what was compiled before is not to be found
        yield from _compiling()


def _compiling() -> Iterator[Row]:
    straight_line(10, seed=2).compile()  # loads LLVM, which is no part of it
    per_operation = {}
    for count in (100, 1_000, 10_000, 100_000):
        f = straight_line(count)
        operations = sum(bool(node.args) for node in postorder(f.node))
        start = perf_counter()
        f.compile()
        per_operation[count] = (perf_counter() - start) / operations
        yield within(f"compiled, per operation, of {operations:,}", per_operation[count], 60e-6)
    sizes = sorted(per_operation)[1:]
    growth = max(per_operation[b] / per_operation[a] for a, b in pairwise(sizes))
    yield Row("linear in the number of operations", None, goal="≤ 1.5×", reached=growth <= 1.5, found=f"{growth:.3g}×")
    del f
    gc.collect()  # 100,000 nodes more would be looked through while the caller waits
    yield within("longest wait of a caller, 20,000 operations", held(straight_line(20_000, seed=1)), 50e-3)


def held(f: Any) -> float:
    """How much longer than the median a call took while machine code was being made, at worst."""
    f(0.5, 0.25, 0.125)  # plans the interpreter's work
    seconds = []
    start = perf_counter()
    while perf_counter() - start < 4:
        begin = perf_counter()
        f(0.5, 0.25, 0.125)
        seconds.append(perf_counter() - begin)
    return max(seconds) - median(seconds)


CASES: dict[str, Callable[[], Iterator[Row]]] = {
    case.__name__: case for case in (kernel, kinds, floats, first, motion, compiling)
}
