"""What is measured of reading and differentiating, and of numerical derivatives."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import symengine
import sympy

import mibun as mb
from bench import numeric as numerical
from bench.measure import duration, interleaved, once, process
from bench.rows import Row, faster, within

DATA = Path(__file__).parent.parent / "tests" / "data"
SQUARES = 1000
SQUARES_SYMPY = 10
VARIABLES = 1000
VARIABLES_SYMPY = 100
DEPTH = 20_000


def bicycle() -> Iterator[Row]:
    """A bicycle's equation of motion: 302 kB of text, some 114,000 tree nodes, about 400 distinct."""
    source = (DATA / "bicycle.txt").read_text(encoding="utf-8")
    body = source.partition("=")[2].strip().replace("^", "**")
    reading = interleaved({"mibun": lambda: mb.function(source), "SymEngine": lambda: symengine.sympify(body)})
    yield within("bicycle, read", reading["mibun"], 3.0)
    yield faster("bicycle, read", reading, "SymEngine")

    ours, theirs, q5 = mb.function(source), symengine.sympify(body), symengine.Symbol("q5")
    times = interleaved({"mibun": lambda: ours.diff("q5"), "SymEngine": lambda: theirs.diff(q5)}, most=50)
    yield faster("bicycle, d/dq5", times, "SymEngine", 1)
    yield Row("bicycle, d/dq5, tidied and written", interleaved({"mibun": lambda: ours.diff("q5").ascii()})["mibun"])


def _squares(x: Any, times: int) -> Any:
    e = x
    for _ in range(times):
        e = e**2 + e
    return e


def squares() -> Iterator[Row]:
    """e ← e² + e, a thousand times, then d/dx."""
    (ours,) = mb.symbols("x")
    theirs = symengine.Symbol("x")
    times = interleaved(
        {
            "mibun": lambda: _squares(ours, SQUARES).diff("x"),
            "SymEngine": lambda: _squares(theirs, SQUARES).diff(theirs),
        }
    )
    yield faster(f"e ← e² + e, {SQUARES} times, d/dx", times, "SymEngine", 15)
    slow = sympy.Symbol("x")
    small = interleaved(
        {
            "mibun": lambda: _squares(ours, SQUARES_SYMPY).diff("x"),
            "SymPy": lambda: _squares(slow, SQUARES_SYMPY).diff(slow),
        }
    )
    yield faster(f"the same, {SQUARES_SYMPY} times (SymPy doubles its time with each)", small, "SymPy")


def _terms(x: Any) -> list[Any]:
    return [100 * (b - a**2) ** 2 + (1 - a) ** 2 for a, b in pairwise(x)]


def rosenbrock() -> Iterator[Row]:
    """The gradient of Rosenbrock's sum, built from scalar variables."""
    names = [f"x{i}" for i in range(VARIABLES)]
    x, y = mb.symbols(" ".join(names)), symengine.symbols(names)
    ours, theirs = sum(_terms(x)), symengine.Add(*_terms(y))
    times = interleaved({"mibun": ours.gradient, "SymEngine": lambda: [theirs.diff(v) for v in y]})
    yield faster(f"∇ Rosenbrock, {VARIABLES} variables", times, "SymEngine", 80)
    built = interleaved({"mibun": lambda: sum(_terms(x)), "SymEngine": lambda: symengine.Add(*_terms(y))})
    yield faster("building that sum", built, "SymEngine")

    few, slow = x[:VARIABLES_SYMPY], sympy.symbols(names[:VARIABLES_SYMPY])
    ours, theirs = sum(_terms(few)), sympy.Add(*_terms(slow))
    times = interleaved({"mibun": ours.gradient, "SymPy": lambda: [theirs.diff(v) for v in slow]})
    yield faster(f"∇ Rosenbrock, {VARIABLES_SYMPY} variables", times, "SymPy")


def nested() -> Iterator[Row]:
    """A sine of a sine of a …, far deeper than Python's own stack."""
    source = "sin(" * DEPTH + "x" + ")" * DEPTH
    yield Row(f"sine nested {DEPTH:,} deep, read", interleaved({"mibun": lambda: mb.function(source)})["mibun"])
    f = mb.function(source)
    yield Row(f"sine nested {DEPTH:,} deep, d/dx", interleaved({"mibun": lambda: f.diff("x")})["mibun"])


def start() -> Iterator[Row]:
    """What a start costs: the import over bare Python, and the command as a whole process."""
    times = interleaved(
        {
            "python": process("-c", "pass"),
            "import": process("-c", "import mibun"),
            "command": process("-m", "mibun", "diff", "x^2/2"),
            "sympy": process("-c", "import sympy"),
        },
        seconds=20,
    )
    bare = times["python"]
    over = {"mibun": times["import"] - bare, "SymPy": times["sympy"] - bare}
    yield within("import mibun, over bare Python", over["mibun"], 0.060)
    yield faster("import, over bare Python", over, "SymPy")
    yield within('mibun diff "x^2/2", the whole process', times["command"], 0.300)


def antiderivatives() -> Iterator[Row]:
    """Every function of the Rubi integration suite, read as text and again as LaTeX, and differentiated both times."""
    lines = (DATA / "antiderivatives.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]

    def work() -> None:
        for row in rows:
            f = mb.function(row["f"])
            again = mb.function(f.latex())
            f.diff(row["var"])
            again.diff(row["var"])

    yield within(f"{len(rows):,} antiderivatives: text, LaTeX, d/dx of both", once(work), 15.0)


BAD = [
    "(" * 100_000,
    "x^" * 1000 + "x",
    "9^9^9^9",
    "sinn(x)",
    "__import__('os')",
    "(" * 20_000 + "x" + ")" * 20_000,
]


def bad_input() -> Iterator[Row]:
    """Input that is too much, too deep or wrong: an answer or an error, soon."""
    works = {str(i): partial(_attempt, source) for i, source in enumerate(BAD)}
    works["tan"] = partial(_attempt, "tan(x)", 300)
    works["10 MB"] = partial(_attempt, "x+" * 5_000_000 + "x")
    yield within("bad input, the slowest of eight", max(interleaved(works).values()), 1.0)


def _attempt(source: str, order: int = 1) -> None:
    with suppress(mb.MibunError):
        mb.function(source).diff("x", order=order).ascii()


def numeric() -> Iterator[Row]:
    """Numerical derivatives of numdifftools' own examples and of hard functions, at one point and at 10,000."""
    seen = []
    for one in numerical.comparisons():
        seen.append(one)
        name = f"d/dx {one.example.name}"
        yield faster(f"{name}, one point", one.one, "numdifftools", numerical.FASTER)
        yield faster(f"{name}, {numerical.POINTS:,} points", one.many, "numdifftools", numerical.FASTER)
        yield faster("", one.many, "scipy")
        honest = one.results["mibun"].held >= 0.99 and one.tight <= 100
        yield Row("", None, goal="bound ≥ 99 %, ≤ 100×", reached=honest, found=one.describe())
    accurate = [one for one in seen if one.as_accurate]
    others = ", ".join(one.example.name for one in seen if not one.as_accurate)
    found = f"{len(accurate)} of {len(seen)}" + (f"; less: {others}" if others else "")
    share = len(accurate) >= 0.9 * len(seen)
    yield Row("no less accurate than numdifftools", None, goal="≥ 9 of 10", reached=share, found=found)
    for where, times in (("one point", "one"), (f"{numerical.POINTS:,} points", "many")):
        ratios = [one.ratio(getattr(one, times)) for one in seen]
        enough = sum(ratio >= numerical.FASTER for ratio in ratios)
        found = f"median {median(ratios):.3g}×; {enough} of {len(seen)} at least {numerical.FASTER:g}×"
        reached = median(ratios) >= numerical.FASTER
        yield Row(f"faster at {where}", None, goal=f"≥ {numerical.FASTER:g}×", reached=reached, found=found)


def code() -> Iterator[Row]:
    """Plain NumPy code: the examples of HIPS autograd at its sizes, loops, products with vectors, sparse matrices."""
    from bench import arrays

    for one in arrays.comparisons():
        name = f"autograd's example: {one.example.name}"
        yield faster(name, one.again, "autograd", 1)
        yield faster(name, one.again, "JAX")
        yield faster(f"{name}, a new function", one.first, "autograd")
    yield faster("a loop that ends at another turn each time", arrays.new_paths(), "autograd", 1)
    yield faster("the same, each way known", arrays.known_paths(), "autograd", 1)
    yield from _long_loops()
    many = arrays.alone("products", str(arrays.PRODUCTS))
    flat = many["megabytes"] < 10
    yield Row(f"hvp, {arrays.PRODUCTS} times", many["seconds"], goal="flat memory", reached=flat, found=_grown(many))
    for name, colours in (("jacobian", 10), ("hessian", 3)):
        found = arrays.alone("sparse", name)
        words = f"first, with pattern and colours: {duration(found['first'])}; {found['passes']:.0f} passes"
        reached = found["again"] <= 0.5 and found["passes"] <= colours
        yield Row(f"sparse {name}", found["again"], goal=f"≤ 0.5 s, ≤ {colours}", reached=reached, found=words)
    begun = arrays.alone("gradient")
    yield Row(
        "the first gradient of a process", begun["number"], found=f"of nested arrays: {duration(begun['nested'])}"
    )


def _grown(found: dict[str, float]) -> str:
    return f"{found['megabytes']:.0f} MB more"


def _long_loops() -> Iterator[Row]:
    from bench import arrays

    ours, theirs = (arrays.alone("steps", library, str(arrays.STEPS)) for library in ("mibun", "autograd"))
    fewer = arrays.alone("steps", "mibun", str(arrays.FEWER))
    for what in ("numbers", "arrays"):
        title = f"{arrays.STEPS} steps in Python, {what}"
        linear = (
            f"{fewer[what] * arrays.STEPS / arrays.FEWER / ours[what]:.2g} of the time that {arrays.FEWER} would tell"
        )
        both = {"mibun": ours[what], "autograd": theirs[what]}
        yield replace(faster(title, both, "autograd", 1), found=f"{linear}; {_grown(ours)}, autograd {_grown(theirs)}")
        again = {"mibun": ours[f"{what} again"], "autograd": theirs[f"{what} again"]}
        yield faster(f"{title}, again", again, "autograd", 1)
    for checkpoint in (0, 100):
        found = arrays.alone("scan", str(arrays.STEPS), str(checkpoint))
        reached = found["seconds"] < 3 and found["megabytes"] < 1000
        title = f"{arrays.STEPS} steps by scan of {arrays.MASSES} masses" + (", checkpoints" if checkpoint else "")
        yield Row(title, found["seconds"], goal="≤ 3 s, ≤ 1 GB", reached=reached, found=_grown(found))


CASES: dict[str, Callable[[], Iterator[Row]]] = {
    case.__name__: case
    for case in (bicycle, squares, rosenbrock, nested, start, antiderivatives, bad_input, numeric, code)
}
