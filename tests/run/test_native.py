"""Machine code gives what the interpreter gives: for random graphs, for all lengths, layouts and types, from several
threads, and without keeping anything.

In a nightly run the random graphs are 20,000.
"""

from __future__ import annotations

import gc
import inspect
import json
import math
import os
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.points import POINTS
from tests.run import differential
from tests.run.differential import DOUBLE, SINGLE, Numbers, problem, problems
from tests.run.graphs import NAMES, graph

import mibun as mb
from mibun import chain
from mibun.errors import ShapeError
from mibun.function import Function
from mibun.node import Node, postorder
from mibun.ops import BOOL, FORMULA, const, make, symbol
from mibun.run import binding, interpret, kernel
from mibun.run.kernel import _living
from mibun.run.machine import LONG, machine
from mibun.write.notation import ascii

OPS = tuple(op for op in FORMULA if op not in ("apply", "derivative"))
SPECIAL = (0.0, -0.0, math.inf, -math.inf, math.nan, 5e-324, -1e-310, 1e300, -1e300, 1.0, -1.0, 0.5, 1e-20)
DATA = Path(__file__).parents[1] / "data"

# The machines that are tried: this one, and less of it. The environment takes abilities away.
MACHINES: dict[str, dict[str, str]] = {
    "as it is": {},
    "AVX2": {"MIBUN_VECTORS": "avx2"},
    "without libmvec": {"MIBUN_LIBMVEC": "off"},
    "without vectors": {"MIBUN_VECTORS": "none"},
}


@pytest.fixture(autouse=True)
def no_cache(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Code is made, not found, and nothing is left on the disk."""
    monkeypatch.setenv("MIBUN_CACHE", "off")
    yield


def native(*nodes: Node) -> Callable[..., Any]:
    """The nodes as machine code, a tuple of their values."""
    return Function(*nodes, variables=NAMES, shape=(len(nodes),)).compile(returns="tuple")


# Random graphs

LAYOUTS = ("contiguous", "every other", "reversed", "column", "unaligned", "repeated", "number")


def values(random: np.random.Generator, length: int) -> Any:
    """Numbers of one of several kinds, special ones among them."""
    kind = random.integers(4)
    if kind == 0:
        found = random.uniform(-3, 3, length)
    elif kind == 1:
        found = random.normal(size=length) * 10.0 ** random.integers(-8, 9, length)
    elif kind == 2:
        found = random.integers(-4, 5, length).astype(float)
    else:
        found = random.uniform(0, 1, length)
    special = random.random(length) < 0.2
    found[special] = random.choice(SPECIAL, int(special.sum()))
    return found


def laid_out(values: Any, layout: str) -> Any:
    """The same numbers, otherwise placed in memory; "repeated" and "number" keep the first one only."""
    length = len(values)
    if layout == "every other":
        wide = np.full(2 * length, 7.0, values.dtype)
        wide[::2] = values
        return wide[::2]
    if layout == "reversed":
        return values[::-1].copy()[::-1]
    if layout == "column":
        return np.asfortranarray(np.stack([values, values + 1])).T[:, 0] if length else values
    if layout == "unaligned":
        raw = np.zeros(values.nbytes + 1, np.uint8)
        raw[1:] = values.view(np.uint8)
        return raw[1:].view(values.dtype)
    if layout == "repeated":
        return np.broadcast_to(values[:1], (length,)) if length else values
    if layout == "number":
        return float(values[0]) if length else 0.5
    return values


def lengths() -> list[int]:
    lanes = machine().doubles
    return [0, 1, lanes - 1, lanes, lanes + 1, 2 * lanes - 1, 2 * lanes + 1, 1000]


def smallest(nodes: Sequence[Node], columns: Sequence[Any], numbers: Numbers) -> str:
    """What is wrong with the smallest part of a graph that is wrong, by itself."""
    for node in postorder(*nodes):
        found = problems([node], NAMES, columns, [Function(node, variables=NAMES).compile()(*columns)], numbers)
        if found:
            return found[0]
    return "no part is wrong by itself"


@pytest.mark.parametrize("name", MACHINES)
def test_random_graphs(name: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    for variable, value in MACHINES[name].items():
        monkeypatch.setenv(variable, value)
    nightly = request.config.getoption("--hypothesis-profile") == "nightly"
    differential.seen.clear()
    first = int(time.time()) if nightly else 1000 * [*MACHINES].index(name)
    for seed in range(first, first + (5000 if nightly else 125)):
        monkeypatch.setattr(kernel, "LONG", 0 if seed % 3 == 0 else LONG)  # as if all arrays were long
        wrong = compare(np.random.default_rng(seed))
        assert not wrong, f"seed {seed}: {wrong}"
    seen = differential.seen
    assert seen["alike"] > 100 * seen["out of range"]
    assert seen["balls"] > 10


def compare(random: np.random.Generator) -> str | None:
    """What is wrong with the code of a random graph, or of two with much in common, for arrays or for floats."""
    made = graph(random, int(random.integers(1, 25)))
    nodes = [made[-1]]
    if random.random() < 0.2:
        nodes.append(chain.push(made[-1], symbol("x")).result)
    elif random.random() < 0.5:
        nodes.append(made[int(random.integers(len(made)))])
    length = int(random.choice(lengths()))
    numbers = SINGLE if random.random() < 0.5 else DOUBLE
    kind = np.float32 if numbers is SINGLE else np.float64
    with np.errstate(all="ignore"):
        columns = [laid_out(values(random, length).astype(kind), str(random.choice(LAYOUTS))) for _ in NAMES]
    f = native(*nodes)
    if any(isinstance(column, np.ndarray) for column in columns) and problems(
        nodes, NAMES, columns, f(*columns), numbers
    ):
        return smallest(nodes, columns, numbers)
    for i in range(min(length, 3)):
        point = [float(np.broadcast_to(column, length)[i]) for column in columns]
        at = dict(zip(NAMES, point, strict=True))
        for node, found in zip(nodes, f(*point), strict=True):
            assert type(found) is (bool if node.dtype == BOOL else float)
            wrong = problem(node, at, found)
            if wrong is not None:
                return f"{ascii(node)}, floats: {wrong}"
    return None


# Every operation by itself


def arguments(op: str) -> list[Any]:
    """For each argument of an operation, numbers inside its domain, around it and far from it, in all combinations."""
    arity = FORMULA[op].arity or 0
    inside = sorted({float(value) for point in POINTS[op] for value in point})
    grid = np.array([*SPECIAL, *inside, *[-value for value in inside], 1e-8, 3.5, -2.0, 30.0, -45.5, 710.0, 1e15])
    if op == "polygamma":  # its first argument is a number
        return [2.0, grid]
    return [*np.meshgrid(*[grid] * arity)] if arity < 3 else [*np.meshgrid(grid[:8], grid, grid)]


@pytest.mark.parametrize("numbers", [DOUBLE, SINGLE], ids=["float64", "float32"])
@pytest.mark.parametrize("op", [op for op, row in FORMULA.items() if row.arity and op in OPS])
def test_every_operation(op: str, numbers: Numbers) -> None:
    names = ["x", "y", "z"][: FORMULA[op].arity]
    columns = arguments(op)
    args = [const(2) if op == "polygamma" and name == "x" else symbol(name) for name in names]
    node = make(op, *args)
    kind = np.float32 if numbers is SINGLE else np.float64
    with np.errstate(all="ignore"):
        columns = [np.asarray(column, kind) for column in columns]
    found = Function(node, variables=tuple(names)).compile()(*columns)
    assert found.dtype == (bool if node.dtype == BOOL else kind)
    assert problems([node], names, columns, [found], numbers) == []


EXPONENTS = (
    [Fraction(n) for n in (-70, -64, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 8, 15, 63, 64, 65)]
    + [Fraction(n, 2) for n in (-21, -9, -7, -5, -3, -1, 1, 3, 5, 7, 9, 21)]
    + [Fraction(n, 3) for n in (-11, -7, -4, -2, -1, 1, 2, 4, 7, 11)]
    + [Fraction(n, 5) for n in (-7, -2, -1, 1, 2, 7)]
    + [Fraction(1, 4), Fraction(-3, 4), Fraction(1, 10**6), Fraction(10**20), Fraction(10**20 + 1)]
)


@pytest.mark.parametrize("numbers", [DOUBLE, SINGLE], ids=["float64", "float32"])
def test_constant_exponents_and_bases(numbers: Numbers) -> None:
    x = symbol("x")
    nodes = [make("pow", x, const(n)) for n in (*EXPONENTS, 0.1, -2.5)]
    nodes += [make("pow", const(n), x) for n in (2, 10, Fraction(1, 2), -2, 0, 1)]
    nodes += [make("log", x, const(n)) for n in (2, 10, 3, Fraction(1, 2), 0.5)]
    with np.errstate(all="ignore"):
        column = arguments("neg")[0].astype(np.float32 if numbers is SINGLE else np.float64)
    for node in nodes:
        f = Function(node, variables=("x",)).compile()
        assert problems([node], ["x"], [column], [f(column)], numbers) == []
        for value in map(float, column):
            assert problem(node, {"x": value}, f(value)) is None


@pytest.mark.parametrize("exponent", [n for n in EXPONENTS if abs(n) < 100], ids=str)
def test_powers_of_large_numbers(exponent: Fraction) -> None:
    """What is too large is infinite, of the right sign, though the parts that mend rounding are too large as well."""
    f = mb.function(f"x^({exponent})")
    compiled = f.compile()
    for size in (1e80, 1e160, 1e300, math.inf):
        for x in (size, -size):
            wanted = float(interpret.call(f.node, {"x": x}))
            if wanted == 0 or math.isinf(wanted) or math.isnan(wanted):
                np.testing.assert_array_equal([compiled(x), *compiled(np.full(9, x))], wanted)


# Arrays

KERNEL = "sin(x*y) exp(-x) + where(x < y, ln(1 + x^2), sqrt(abs(y)))"


@pytest.mark.parametrize("kind", [np.float64, np.float32])
@pytest.mark.parametrize("name", MACHINES)
def test_a_value_does_not_depend_on_its_place(name: str, kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, value in MACHINES[name].items():
        monkeypatch.setenv(variable, value)
    f = mb.function(KERNEL).compile()
    x, y = (np.random.default_rng(i).uniform(-3, 3, 100).astype(kind) for i in range(2))
    whole = f(x, y)
    for length in range(3 * machine().singles + 2):
        for start in (0, 1, 50):
            part = f(x[start : start + length], y[start : start + length])
            np.testing.assert_array_equal(part, whole[start : start + length])


@pytest.mark.parametrize(
    "shapes", [((3, 1), (4,)), ((2, 3, 4), (3, 1)), ((), (5,)), ((1,), (0,)), ((0, 3), (3,)), ((1, 1), (1,))]
)
def test_shapes_broadcast(shapes: tuple[tuple[int, ...], ...]) -> None:
    f = mb.function(KERNEL)
    columns = [np.random.default_rng(i).uniform(-3, 3, shape) for i, shape in enumerate(shapes)]
    found, wanted = f.compile()(*columns), interpret.call(f.node, dict(zip("xy", columns, strict=True)))
    assert found.shape == wanted.shape == np.broadcast_shapes(*shapes)
    np.testing.assert_allclose(found, wanted, rtol=1e-13)


@pytest.mark.parametrize("layout", ["contiguous", "every other", "reversed", "unaligned", "column"])
def test_results_go_where_they_are_wanted(layout: str) -> None:
    f = mb.function(KERNEL).compile()
    x, y = (np.random.default_rng(i).uniform(-3, 3, 101) for i in range(2))
    wanted = f(x, y)
    out = laid_out(np.zeros(101), layout)
    assert f(x, y, out=out) is out
    np.testing.assert_array_equal(out, wanted)
    for k in (0, 1):  # into an argument, and into one that it overlaps
        buffer = np.zeros(102)
        buffer[:101] = x
        f(buffer[:101], y, out=buffer[k : 101 + k])
        np.testing.assert_array_equal(buffer[k : 101 + k], wanted)


def test_floats_go_where_they_are_wanted() -> None:
    f = mb.function("x^2 y")
    number, row, pair = np.empty(()), np.empty(2), (np.empty(()), (np.empty(()), np.empty(())))
    assert f.compile()(1.0, 2.0, out=number) is number
    assert number == 2
    assert f.gradient().compile()(1, 2.0, out=row).tolist() == [4, 1]
    assert f.value_and_grad().compile()(1.0, 2.0, out=pair) is pair
    assert (float(pair[0]), *map(float, pair[1])) == (2, 4, 1)


@pytest.mark.parametrize(
    ("out", "text"),
    [
        (np.empty(3), "out has to be an array float64[2], not float64[3]."),
        (np.broadcast_to(np.zeros(1), 2), "out is read-only."),
        ([0.0, 0.0], "out has to be an array float64[2], not list."),
    ],
)
def test_places_that_do_not_fit(out: Any, text: str) -> None:
    f = mb.function("x^2 y")
    for compiled, args in (
        (f.gradient().compile(), (1.0, 2.0)),
        (f.compile(), (np.ones(2), 2.0)),
        (f, (np.ones(2), 2.0)),
    ):
        with pytest.raises(mb.MibunError) as error:
            compiled(*args, out=out)
        assert error.value.text("en").split("\n")[0] == text
    with pytest.raises(mb.MibunError, match="tuple of 2 arrays"):
        f.gradient().compile(returns="tuple")(1.0, 2.0, out=out)


def test_short_ways_count_what_they_are_given() -> None:
    """Arrays that are too many are no places for results, and places are no arguments."""
    x, other = np.linspace(0.1, 1, 100), np.full(100, 7.0)
    one, two, both = (
        mb.function("sin(x) + 1").compile(),
        mb.function("f(x, y) = x + 10y").compile(),
        mb.function("x^3").value_and_grad().compile(),
    )
    one(x), two(x, x), both(x)
    for wrong in (lambda: one(x, other), lambda: two(x, out=other), lambda: both(x, other, other)):
        with pytest.raises(TypeError):
            wrong()
    assert set(other) == {7.0}
    row = mb.function("x^2").gradient().compile()
    row(x)
    with pytest.raises(ShapeError):
        row(x, out=other)


def test_results_that_overlap_what_is_read_or_each_other() -> None:
    f = mb.function("f(x, y) = x + y").compile()
    x, table = np.ones((3, 5000)), np.zeros((3, 5000))
    table[:, 0] = [1, 2, 3]
    wanted = x + table[:, :1]
    np.testing.assert_array_equal(f(x, table[:, :1], out=table), wanted)
    buffer = np.zeros(20000)
    buffer[0] = 5
    assert set(f(np.ones(10000), buffer[:1], out=buffer[::2])) == {6.0}
    gradient = mb.function("f(x, y) = x y").gradient().compile(returns="tuple")
    for count in (100, 100_000):
        x, both = np.arange(float(count)), np.zeros(count + 1)
        for _ in range(2):
            gradient(x, x + 5, out=(both[:-1], both[1:]))
            np.testing.assert_array_equal(both[1:], x)


@pytest.mark.parametrize("text", ["sqrt(a b - c d)", "ln(1 + (a b - c d))", "sqrt(a^2 - c^2)", "sqrt(-(c d) + a b)"])
def test_equal_products_leave_nothing(text: str) -> None:
    f = mb.function(text)
    compiled = f.compile()
    pairs = np.random.default_rng(0).uniform(0.1, 1, (2, 200))
    at = dict(zip("abcd", [*pairs, *pairs], strict=True))
    at = {name: at[name] for name in f.variables}
    assert set(compiled(*at.values())) == {0.0}
    for point in zip(*at.values(), strict=True):
        assert compiled(*map(float, point)) == 0


def test_precision_stays_with_who_asked_for_it() -> None:
    f = mb.function("x^2 + 1")
    compiled, x = f.compile(), np.linspace(0, 1, 50, dtype=np.float32)
    for _ in range(3):
        assert f(x).dtype == np.float64
        assert compiled(x).dtype == np.float32
        assert type(compiled(np.array(2.0))) is float
        compiled(x.astype(float))


def test_numbers_of_any_size() -> None:
    f = mb.function("x") * 10**5000 + mb.function("sin(x)")
    assert f.compile()(1.0) == math.inf
    g = mb.function("m(x, y) = x + y").compile()
    assert set(g(np.ones(3), 10**400)) == {math.inf}


def test_code_that_cannot_be_had_is_not_missed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Memory that may not hold code, with code on the disk that a plain call finds, and without."""
    monkeypatch.setenv("MIBUN_CACHE", str(tmp_path / "mibun"))
    tried = []

    def refuse(*_: Any) -> Any:
        tried.append(threading.current_thread() is threading.main_thread())
        raise PermissionError("mprotect")

    mb.function("x^2 + sin(17x)").diff().compile()
    gc.collect()
    monkeypatch.setattr(kernel.loader, "Loaded", refuse)
    f, g = (mb.function(f"x^2 + sin({i}x)").diff() for i in (17, 18))
    for function in (f, g):
        for i in range(20000):
            assert math.isfinite(function(1.0 + i % 7))
    assert any(tried)  # in the caller's thread, who looked on the disk
    with pytest.raises(mb.UnsupportedOperation, match="mprotect"):
        g.compile()
    assert math.isfinite(g(1.5))


def test_signatures() -> None:
    f = mb.function("x^2 sin(y)")
    before = inspect.signature(f)
    compiled = f.compile()
    assert inspect.signature(f) == before
    assert str(inspect.signature(compiled)) == "(x, y, out=None)"
    assert [*inspect.signature(mb.function("lambda^2").compile()).parameters] == ["lambda_", "out"]
    f.value_and_grad().compile()
    assert "made by mibun" in compiled.__doc__


def test_many_results_compile_in_reasonable_time() -> None:
    """The code for floats and for arrays of a Hessian with 900 components, which took seconds."""
    n = 30
    text = "+".join(f"e^(x_{i}) x_{i + 1}^2" for i in range(n - 1))
    f = mb.function(text).hessian().compile()
    start = time.perf_counter()
    point = np.linspace(0.1, 0.5, 5)
    found = f(*[point * (1 + i / n) for i in range(n)])
    assert time.perf_counter() - start < 20
    assert found.shape == (n, n, 5)
    np.testing.assert_allclose(found[..., 2], f(*[point[2] * (1 + i / n) for i in range(n)]), rtol=1e-14)


def test_what_is_no_number_is_a_type_error() -> None:
    f = mb.function("x^2 y").compile()
    for args in (("1", 2.0), ([1.0, 2.0], "a"), (None, 2.0), (1j, 2.0)):
        with pytest.raises(TypeError):
            f(*args)


# All functions of the Rubi suite

ROWS = [json.loads(line) for line in (DATA / "antiderivatives.jsonl").read_text(encoding="utf-8").splitlines()]
GROUPS = 20


@pytest.mark.parametrize("group", range(GROUPS))
def test_antiderivatives(group: int) -> None:
    wrong = []
    for row in ROWS[group::GROUPS]:
        f = mb.function(row["f"])
        slope = f.diff(row["var"])
        names = tuple(dict.fromkeys([*f.variables, *slope.variables]))
        nodes = (*f._exact(), *slope._exact())
        points = np.array([*row["x"], *[-x for x in row["x"]], 0.0, 1e300, math.inf, math.nan])
        columns = [points if name == row["var"] else row["at"].get(name, 0.5) for name in names]
        compiled = Function(*nodes, variables=names, shape=(2,)).compile(returns="tuple")
        found = problems(nodes, names, columns, compiled(*columns))
        for x in row["x"]:
            at = {name: x if name == row["var"] else row["at"].get(name, 0.5) for name in names}
            found += filter(None, map(problem, nodes, [at] * 2, compiled(*at.values())))
        if found:
            wrong.append((row["f"], found[0]))
    assert wrong == []


# Calls


def resident() -> int:
    """Bytes of this process that lie in memory."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


linux = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="/proc tells what a process holds")


@linux
@pytest.mark.parametrize("what", ["floats", "tuples", "arrays of results", "wrong arguments", "names", "arrays"])
def test_calls_leak_nothing(what: str) -> None:
    f = mb.function("f(x, y) = x^2 sin(y)")
    value, both, gradient = f.compile(), f.gradient().compile(returns="tuple"), f.gradient().compile()
    xs = np.linspace(0, 1, 5)

    def wrong() -> None:
        for bad in ((1.0,), (1.0, "2"), (1.0, 2.0, 3.0)):
            with pytest.raises(TypeError):
                value(*bad)

    work: Callable[[], object] = {
        "floats": lambda: value(1.5, 2.5),
        "tuples": lambda: both(1.5, 2.5),
        "arrays of results": lambda: gradient(1.5, 2.5),
        "wrong arguments": wrong,
        "names": lambda: value(x=1.5, y=2.5),
        "arrays": lambda: value(xs, xs),
    }[what]
    times = {"wrong arguments": 2_000, "names": 20_000, "arrays": 20_000}.get(what, 100_000)
    for _ in range(times // 10):
        work()
    gc.collect()
    before, objects = resident(), len(gc.get_objects())
    for _ in range(times):
        work()
    gc.collect()
    assert len(gc.get_objects()) - objects < 100
    assert resident() - before < 1 << 20  # 10 bytes a call would show


def _executable() -> int:
    """Pieces of memory that hold code."""
    lines = Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace").splitlines()
    return sum("x" in line.split()[1] for line in lines)


@linux
def test_a_function_dropped_frees_its_code() -> None:
    gc.collect()
    before = _executable(), len(_living)
    kept = [mb.function(f"x^2 + sin({i} x)").compile() for i in range(2, 12)]
    many = np.linspace(0, 1, 9)
    for f in kept:
        f(many)
    assert _executable() > before[0]
    assert len(_living) >= before[1] + 10
    watched = weakref.ref(kept[0])
    del kept, f
    gc.collect()
    assert watched() is None
    assert (_executable(), len(_living)) == before


def test_code_in_a_cycle_goes() -> None:
    """The collector may take the owner of a function apart before the function itself."""
    for i in range(300):
        f = mb.function("x^2 + 19x").compile()
        cycle: list[Any] = [f, np.ones(3)]
        cycle.append(cycle)
        f(cycle[1])
        del f, cycle
        if i % 10 == 0:
            gc.collect()
    gc.collect()
    assert len(binding._living) < 300


@linux
def test_making_and_dropping_keeps_nothing() -> None:
    def work(start: int) -> None:
        for i in range(start, start + 40):
            mb.function(f"x^{i} + cos(x)").diff().compile()(1.5)
        gc.collect()

    work(2)
    before = resident()
    work(50)
    work(100)
    assert resident() - before < 4 << 20


def test_eight_threads_call_one_function() -> None:
    f = mb.function("f(x, y) = x^2 sin(y) + exp(-x y)")
    value, gradient = f.compile(), f.gradient().compile(returns="tuple")
    xs, ys = (np.random.default_rng(i).uniform(-2, 2, 4001) for i in range(2))
    points = [*zip(xs.tolist(), ys.tolist(), strict=True)]
    values, slopes, wanted = [value(*at) for at in points], [gradient(*at) for at in points], value(xs, ys)
    start = threading.Barrier(8)
    wrong: list[object] = []

    def work(k: int) -> None:
        start.wait()
        for i in np.random.default_rng(k).integers(0, len(points), 5000):
            if value(*points[i]) != values[i] or gradient(*points[i]) != slopes[i]:
                wrong.append(points[i])
        for _ in range(20):
            if not np.array_equal(value(xs, ys), wanted):
                wrong.append("array")

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_eight_threads_compile_one_function() -> None:
    f = mb.function("x sin(x) + atan(x)/x")
    start = threading.Barrier(8)
    found: list[float] = []

    def work() -> None:
        start.wait()
        found.append(f.diff().compile()(1.5))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


# Other machines

PROGRAM = """
import mibun as mb, numpy as np
from mibun.run import binding, interpret, kernel
f = mb.function("sin(x^2) exp(-x) + ln(1 + x^2)").diff()
xs = np.linspace(0.1, 3, 29)
wanted = interpret.call(f._exact()[0], {"x": xs})
print(repr(f.compile()(1.5)), float(np.abs(f.compile()(xs) / wanted - 1).max()))
"""


@pytest.mark.parametrize(
    "environment",
    [
        {"MIBUN_LIBMVEC": "off"},
        {"MIBUN_VECTORS": "avx2"},
        {"MIBUN_VECTORS": "sse2"},
        {"MIBUN_VECTORS": "none"},
        {"HOME": "/nonexistent", "XDG_CACHE_HOME": ""},
        {"HOME": "/proc", "XDG_CACHE_HOME": "/proc/self"},
    ],
    ids=lambda environment: " ".join(environment.values()),
)
def test_with_less(environment: dict[str, str]) -> None:
    given = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment}
    given.pop("MIBUN_CACHE", None)
    run = subprocess.run([sys.executable, "-c", PROGRAM], env=given, capture_output=True, text=True, check=True)
    value, gap = run.stdout.split()
    assert math.isclose(float(value), mb.function("sin(x^2) exp(-x) + ln(1 + x^2)").diff()(1.5), rel_tol=1e-14)
    assert float(gap) < 1e-13
