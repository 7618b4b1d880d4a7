"""Places in the user's code: the line, the expression and what it does, however the code is written."""

from __future__ import annotations

import contextlib
import linecache
import math
import os
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.special

from mibun.errors import UnsupportedOperation
from mibun.read.place import LIBRARIES, Place, place

SKIP = LIBRARIES | {"tests"}


class Spy:
    """Notes from where its methods are called."""

    seen: Place | None = None

    def note(self, *_: Any, **__: Any) -> Any:
        if Spy.seen is None:
            Spy.seen = place(SKIP)
        return 1

    __float__ = __index__ = __int__ = __len__ = __abs__ = __neg__ = note
    __add__ = __radd__ = __sub__ = __mul__ = __matmul__ = __gt__ = __eq__ = __setitem__ = note

    def __bool__(self) -> bool:
        return bool(self.note())

    def __iter__(self) -> Any:
        self.note()
        return iter([1, 2])

    def __getitem__(self, _: Any) -> Any:
        self.note()
        return self

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self.note

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        self.note()
        return np.array(1.0)

    def __format__(self, spec: str) -> str:
        return str(self.note())

    def __hash__(self) -> int:
        return int(self.note())

    def __call__(self, *_: Any, **__: Any) -> Any:
        return self.note()

    def __complex__(self) -> complex:
        return complex(self.note())


class Hidden(Spy):
    """One whose attributes are looked up, too."""

    def __getattr__(self, name: str) -> Any:
        self.note()
        raise AttributeError(name)


def run(source: str, file: str, name: str = "__main__") -> Place:
    """The place that is noted when ``source`` is run as the script ``file``."""
    scope = {"__name__": name, "np": np, "math": math, "scipy": scipy, "x": Spy(), "h": Hidden(), "out": np.zeros(3)}
    Spy.seen = None
    with contextlib.suppress(AttributeError, IndexError, TypeError, ValueError):
        exec(compile(source, file, "exec"), scope)
    assert Spy.seen is not None
    return Spy.seen


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)
    count = iter(range(100))

    def write(source: str) -> Place:
        file = tmp_path / f"script{next(count)}.py"
        file.write_text(source, encoding="utf-8")
        return run(source, str(file))

    return write


# A line, what is marked in it, the kind, and for calls: what is called, its full name
ROWS = [
    ("y = 1 + math.sin(x) * 2", "math.sin(x)", "call", "math.sin", "math.sin"),
    ("y = float(x)", "float(x)", "call", "float", "float"),
    ("y = 2 * int(x)", "int(x)", "call", "int", "int"),
    ("y = complex(x)", "complex(x)", "call", "complex", "complex"),
    ("y = np.array([x, x])", "np.array([x, x])", "call", "np.array", "numpy.array"),
    ("y = np.asarray(x, dtype=float)", "np.asarray(x, dtype=float)", "call", "np.asarray", "numpy.asarray"),
    ("y = np.linalg.norm(x)", "np.linalg.norm(x)", "call", "np.linalg.norm", "numpy.linalg.norm"),
    ("y = scipy.special.jv(0, x)", "scipy.special.jv(0, x)", "call", "scipy.special.jv", "scipy.special.jv"),
    ("y = math.hypot(*[x, x])", "math.hypot(*[x, x])", "call", "math.hypot", "math.hypot"),
    ("y = np.sum(**{'a': x})", "np.sum(**{'a': x})", "call", "np.sum", "numpy.sum"),
    ("y = x.item()", "x.item()", "call", "x.item", None),
    ("y = x[0].item()", "x[0]", "subscript", None, None),
    ("y = range(x)", "range(x)", "call", "range", "range"),
    ("from math import sin\ny = sin(x)", "sin(x)", "call", "sin", "math.sin"),
    ("from math import sin as s\ny = s(x)", "s(x)", "call", "s", "math.sin"),
    ("from numpy import exp, array as a\ny = exp(a(x))", "a(x)", "call", "a", "numpy.array"),
    ("from numpy import exp\ny = exp(x)", "exp(x)", "call", "exp", "numpy.exp"),
    ("from scipy.special import jv\ny = jv(0, x)", "jv(0, x)", "call", "jv", "scipy.special.jv"),
    ("from numpy.linalg import norm\ny = norm(x)", "norm(x)", "call", "norm", "numpy.linalg.norm"),
    ("y = x(1)", "x(1)", "call", "x", None),
    ("import numpy.linalg as la\ny = la.norm(x)", "la.norm(x)", "call", "la.norm", "numpy.linalg.norm"),
    ("y = [math.sin][0](x)", "[math.sin][0](x)", "call", None, None),
    ("y = (lambda: x)()()", "(lambda: x)()()", "call", None, None),
    ("y = np.float64(1).__add__(0) + math.exp(x)", "math.exp(x)", "call", "math.exp", "math.exp"),
    ("y = 'abc'.zfill(x)", "'abc'.zfill(x)", "call", ".zfill", None),
    ("y = '{}'.format(x)", "'{}'.format(x)", "call", ".format", None),
    ("out[1] = x", "out[1]", "store", None, None),
    ("out[0:2] = x", "out[0:2]", "store", None, None),
    ("d = {}\nd[x] = 1", "d[x]", "store", None, None),
    ("x[1] = 2", "x[1]", "store", None, None),
    ("y = 1 + [1, 2][x]", "[1, 2][x]", "subscript", None, None),
    ("y = [1, 2][x:]", "[1, 2][x:]", "subscript", None, None),
    ("y = out[x]", "out[x]", "subscript", None, None),
    ("y = f'{x:.3f} m'", "x:.3f", "format", None, None),
    ("y = f'{x} m'", "x", "format", None, None),
    ("y = x > 0", "x > 0", "compare", None, None),
    ("y = 1 in x", "1 in x", "compare", None, None),
    ("if x: y = 1", "x", "bool", None, None),
    ("y = 1 if x else 2", "x", "bool", None, None),
    ("y = not x", "x", "bool", None, None),
    ("while x: break", "x", "bool", None, None),
    ("assert x", "x", "bool", None, None),
    ("y = x and 1", "x", "bool", None, None),
    ("y = 1 if 0 or x else 2", "x", "bool", None, None),
    ("for y in x: pass", "x", "iterate", None, None),
    ("a, b = x", "x", "iterate", None, None),
    ("y = [*x]", "x", "iterate", None, None),
    ("y = [z for z in x]", "x", "iterate", None, None),
    ("y = 3 + -x * 2", "-x", "operator", None, None),
    ("y = 3 + x @ 2", "x @ 2", "operator", None, None),
    ("y = [1] + 2 * [x + 1]", "x + 1", "operator", None, None),
    ("h.tolist()", "h.tolist", "attribute", None, None),
    ("y = {x: 1}", "{x: 1}", "key", None, None),
    ("y = {x}", "{x}", "key", None, None),
    ("def f(a): return math.sin(a)\nf(x)", "math.sin(a)", "call", "math.sin", "math.sin"),
    ("f = lambda a: 2 * float(a)\nf(x)", "float(a)", "call", "float", "float"),
    ("각도 = x; y = '가' * 2, math.sin(각도)", "math.sin(각도)", "call", "math.sin", "math.sin"),
    ("import functools\ny = functools.reduce(lambda a, b: a + b, [x, x])", "a + b", "operator", None, None),
    ("y = sorted([x, x], key=float)", "sorted([x, x], key=float)", "call", "sorted", "sorted"),
    ("y = sum([x])", "sum([x])", "call", "sum", "sum"),
    ("y = np.vectorize(lambda a: float(a))(x)", "np.vectorize(lambda a: float(a))(x)", "call", None, None),
]


@pytest.mark.parametrize(("source", "marked", "kind", "callee", "target"), ROWS, ids=[row[0] for row in ROWS])
def test_rows(script: Any, source: str, marked: str, kind: str, callee: str | None, target: str | None) -> None:
    found = script("\n    \n" + source + "  # a remark\n")
    assert (found.kind, found.callee, found.target) == (kind, callee, target)
    assert found.source is not None
    assert found.span is not None
    assert found.text == found.source[slice(*found.span)]
    assert found.text in (marked, "{" + marked + "}", f"f'{{{marked}}} m'")
    lines = source.split("\n")
    assert found.line == 2 + next(i for i, line in enumerate(lines, 1) if marked in line)
    assert found.source == lines[found.line - 3] + "  # a remark" * (found.line - 2 == len(lines))


def test_lines_and_names(script: Any) -> None:
    source = """
def outer(a):
    def decorated(fn):
        import functools
        @functools.wraps(fn)
        def inner(*args):
            return fn(*args)
        return inner

    @decorated
    def work(b):
            y = (abs(b) +  # first
                 np.exp(
                     float(
                         b
                     )
                 ))
            return y
    return work(a)
outer(x)
"""
    first = script(source)
    assert (first.line, first.function) == (12, "outer.<locals>.work")
    assert first.file == "script0.py"
    second = script(source.replace("abs(b) +", "0 +"))
    assert (second.line, second.kind, second.callee) == (14, "call", "float")
    assert (second.source, second.span, second.text) == ("float(", (0, 6), "float( b )")
    third = script("y = 1 + (np  # of lines\n  .linalg\n  .norm(\n x))")
    assert (third.line, third.callee, third.target) == (1, "np.linalg.norm", "numpy.linalg.norm")
    assert (third.span, third.text) == ((9, 23), "np  # of lines .linalg .norm( x)")


def test_methods_and_generated_code(script: Any) -> None:
    source = """
from dataclasses import dataclass
@dataclass
class P:
    a: object
class Q:
    def value(self, b): return int(b)
"""
    found = script(source + "y = P(x) == P(Q())\n")
    assert (found.line, found.kind, found.text) == (8, "compare", "P(x) == P(Q())")
    found = script(source + "Q().value(x)\n")
    assert (found.line, found.function, found.callee) == (7, "Q.value", "int")


def test_comprehensions(script: Any) -> None:
    assert script("y = [[float(a) for a in [x]] for b in [1]]").function == "<module>"
    assert script("def f(): return sum(float(a) for a in [x])\nf()").function == "f"
    assert script("class A:\n def f(self): return {float(a): [int(a)] for a in [x]}\nA().f()").function == "A.f"


def test_without_source() -> None:
    found = run("def f(a):\n    return 1 + math.sin(a)\nf(x)", "<stdin>")
    assert found == Place("<stdin>", 2, "f", "call", callee="math.sin", target="math.sin")
    found = run("out[0] = x", "/nowhere/script.py")
    assert found == Place("/nowhere/script.py", 1, "<module>", "store")


def test_source_that_is_not_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """A notebook keeps its cells where tracebacks look for them, under a made-up name."""
    source = "y = 2 * math.sin(x)\n"
    file = "/tmp/ipykernel_1/123.py"
    monkeypatch.setitem(linecache.cache, file, (len(source), None, [source], file))
    found = run(source, file)
    assert (found.source, found.text, found.file) == (source.strip(), "math.sin(x)", file)

    def format_code_name(name: str) -> tuple[str, str] | None:
        return ("Cell", "In[3]") if name == file else None

    shell = types.SimpleNamespace(compile=types.SimpleNamespace(format_code_name=format_code_name))
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: shell))
    assert run(source, file).file == "Cell In[3]"
    assert run(source, "other.py").file == "other.py"
    monkeypatch.setitem(sys.modules, "IPython", types.SimpleNamespace(get_ipython=lambda: None))
    assert run(source, file).file == file


def test_source_that_has_changed_since(tmp_path: Path) -> None:
    file = tmp_path / "script.py"
    file.write_text("y\n")
    found = run("y = 1 + math.sin(x)", str(file))
    assert (found.source, found.span, found.callee) == ("y", (0, 1), "math.sin")
    file.write_text("")
    linecache.checkcache(str(file))
    assert run("y = 1 + math.sin(x)", str(file)).source is None


def test_without_columns(tmp_path: Path) -> None:
    """Python may be told to leave columns out of compiled code (-X no_debug_ranges)."""
    import subprocess

    file = tmp_path / "script.py"
    file.write_text("import sys\nfrom mibun.read.place import place\nprint(1 + (place() is None), place())\n")
    command = [sys.executable, "-X", "no_debug_ranges", str(file)]
    path = os.pathsep.join(entry for entry in sys.path if entry)
    result = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": path})
    assert "line=3" in result.stdout
    assert "source='print(1 + (place() is None), place())'" in result.stdout


def test_files_as_the_user_names_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "below").mkdir()
    file = tmp_path / "model" / "loss.py"
    monkeypatch.chdir(tmp_path)
    assert run("float(x)", str(file)).file == os.path.join("model", "loss.py")
    monkeypatch.chdir(tmp_path / "below")
    assert run("float(x)", str(file)).file == str(file)
    assert run("float(x)", "loss.py").file == "loss.py"


def test_libraries_are_skipped() -> None:
    here = place()
    assert here is not None
    assert (here.function, here.kind, here.callee) == ("test_libraries_are_skipped", "call", "place")
    assert here.file.endswith("test_place.py")
    assert run("float(x)", "a.py", name="scipy_of_my_own").file == "a.py"
    assert run("np.apply_along_axis(lambda row: float(x), 0, np.ones((2, 2)))", "a.py").function == "<lambda>"
    runners = {"_pytest", "pluggy", "pytest", "xdist", "execnet", "__main__", "__channelexec__", "runpy"}
    assert place(SKIP | runners) is None


def test_shown_in_an_error(script: Any) -> None:
    """The facts of a place are what an error takes."""
    found = script("y = 2 * math.sin(x) + 1")
    error = UnsupportedOperation("black_box", source=found.source, span=found.span, name="diff", callee=found.callee)
    assert error.text("en").startswith("Of math.sin there are values only")
    assert error.text("en").split("\n")[1:3] == ["y = 2 * math.sin(x) + 1", "        ^^^^^^^^^^^"]
