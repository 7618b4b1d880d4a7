"""When a function gets code: not before it pays, soon after it does, at once when it is asked for."""

from __future__ import annotations

import copy
import math
import os
import pickle
import subprocess
import sys
import time
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mibun as mb
from mibun.function import Function
from mibun.run import tiers

SOURCE = Path(mb.__file__).parents[1]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("MIBUN_CACHE", str(tmp_path / "cache"))
    yield tmp_path / "cache"


def has_code(f: Any) -> bool:
    return type(f) is not Function and type(f) is f._with_code()


def wait(f: Any, *args: Any, seconds: float = 20.0) -> None:
    """Call until there is code."""
    end = time.monotonic() + seconds
    while not has_code(f):
        assert time.monotonic() < end
        f(*args)


def test_at_first_the_interpreter_answers() -> None:
    f = mb.function("x^2 + sin(3x)")
    assert f(2.0) == pytest.approx(4 + math.sin(6))
    assert not has_code(f)


def test_what_is_called_often_gets_code() -> None:
    f = mb.function("x^2 + sin(5x)").diff()
    before = f(1.5)
    wait(f, 1.5)
    assert f(1.5) == pytest.approx(before, rel=1e-15)
    assert f._tier is not None
    assert f._tier.spent >= tiers.cost(3) / 2


def test_what_lies_on_the_disk_is_taken_early() -> None:
    text = "x^2 + sin(7x)"
    mb.function(text).diff().compile()
    f = mb.function(text).diff()
    wait(f, 1.5)
    assert f._tier is not None
    assert f._tier.looked
    assert f._tier.spent < 10 * tiers.LOOK


def test_arrays_get_code_when_they_are_long() -> None:
    f = mb.function("x^2 + sin(11x)")
    short, long = np.linspace(0, 1, 100), np.linspace(0, 1, 3_000_000)
    f(short)
    assert f._tier is not None
    assert f._tier.kernel is None
    first = f(long)
    end = time.monotonic() + 20
    while not (f._tier.kernel and f._tier.kernel.has((False, (False,)))):
        assert time.monotonic() < end
        f(short)
    np.testing.assert_allclose(f(long), first, rtol=1e-13, atol=1e-15)


def test_compile_is_at_once_and_for_the_function_too() -> None:
    f = mb.function("x^2 + sin(13x)")
    compiled = f.compile()
    assert has_code(f)
    assert f(1.5) == compiled(1.5)
    assert compiled is not f.compile()
    assert type(compiled).__name__ == "builtin_function_or_method"


def test_a_function_with_code_is_a_function() -> None:
    f = mb.function("f(x, y) = x^2 y")
    plain = mb.function("f(x, y) = x^2 y")
    f.compile()
    assert isinstance(f, mb.Function)
    assert type(f).__name__ == "Function"
    assert f == plain
    assert hash(f) == hash(plain)
    assert repr(f) == repr(plain)
    assert f.diff("x").ascii() == "2*x*y"
    assert copy.deepcopy(f) is f
    again = pickle.loads(pickle.dumps(f))
    assert again == f
    assert not has_code(again)
    (x,) = mb.symbols("x")
    assert f(x, 2).ascii() == "x^2*2"
    assert (f + f)(1.0, 2.0) == 4.0
    assert mb.function("sin(t)")(f).ascii() == "sin(x^2*y)"


def test_exact_values_stay_exact() -> None:
    f = mb.function("x^2/3")
    f.compile()
    assert f(3) == 3
    assert type(f(3)) is int
    assert f(Fraction(1, 2)) == Fraction(1, 12)
    assert type(f(2.0)) is float
    g = mb.function("f(x, y) = x y").gradient()
    g.compile()
    assert g(2, 3).tolist() == [3.0, 2.0]
    assert g(Fraction(1, 2), 3)[1] == Fraction(1, 2)


def test_calls_of_every_kind_with_code() -> None:
    f = mb.function("f(x, y) = x^2 + y")
    f.compile()
    assert f(1.5, y=2.0) == f(x=1.5, y=2.0) == f(y=2.0, x=1.5) == 4.25
    assert f(np.float64(1.5), np.float32(2)) == 4.25
    assert f(np.array(1.5), 2.0) == 4.25
    assert f(np.array([1.5]), 2.0).tolist() == [4.25]
    assert f([1.5, 2.5], 2).tolist() == [4.25, 8.25]
    with pytest.raises(mb.ShapeError):
        f(1.0)
    with pytest.raises(mb.ShapeError):
        f(1.0, 2.0, 3.0)
    with pytest.raises(mb.UnsupportedOperation):
        f("1", 2.0)
    with pytest.raises(mb.ShapeError):
        f(1.0, 2.0, x=3.0)
    assert mb.function("a x^2", variables="x")(3.0, a=2.0) == 18.0


def test_value_and_gradient_has_tiers_too() -> None:
    both = mb.function("f(x, y) = x^2 sin(y)").value_and_grad()
    before = both(1.5, 2.0)
    assert both(2, 0) == (0, (0, 4))
    wait(both, 1.5, 2.0)
    after = both(1.5, 2.0)
    assert after[0] == pytest.approx(before[0])
    assert after[1] == pytest.approx(before[1])
    assert both(2, 0) == (0, (0, 4))
    assert pickle.loads(pickle.dumps(both))(2, 0) == (0, (0, 4))


def test_what_has_no_code_is_interpreted() -> None:
    with pytest.raises(mb.UnsupportedOperation):
        mb.function("f(x)", variables="x").compile()
    f = mb.function("(-1)^(1/3) x^2").diff()
    with pytest.raises(mb.UnsupportedOperation):
        f.compile()
    for _ in range(3):
        f._tier = tiers.Tier()
        f._tier.spent, f._tier.looked = 100.0, True
        f(1.0)
    assert not has_code(f)
    assert f._tier is not None
    time.sleep(0.05)


def test_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIBUN_NATIVE", "off")
    f = mb.function("x^2 + sin(17x)")
    f(1.0)
    assert f._tier is not None
    f._tier.spent = 100.0
    f(1.0)
    f(np.linspace(0, 1, 1_000_000))
    assert not has_code(f)
    assert f._tier.kernel is None
    f.compile()
    assert has_code(f)


def test_without_llvmlite(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "llvmlite"]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, "llvmlite", None)
    monkeypatch.setitem(sys.modules, "llvmlite.binding", None)
    f = mb.function("x^2 + sin(19x)")
    with pytest.raises(mb.UnsupportedOperation, match="llvmlite"):
        f.compile()
    assert f(2.0) == pytest.approx(4 + math.sin(38))
    xs = np.linspace(0, 1, 2_000_000)
    for _ in range(3):
        np.testing.assert_allclose(f(xs), xs**2 + np.sin(19 * xs), rtol=1e-14)
    assert not has_code(f)


def test_a_caller_is_not_held() -> None:
    x = mb.symbols(" ".join(f"x{i}" for i in range(300)))
    f = sum(100 * (b - a**2) ** 2 + (1 - a) ** 2 for a, b in pairwise(x))
    g = f.gradient()
    columns = [np.linspace(0, 1, 2000) + i for i in range(300)]
    interpreted = time.perf_counter()
    right = g(*columns)
    interpreted = time.perf_counter() - interpreted
    for _ in range(5):
        start = time.perf_counter()
        found = g(*columns)
        held = time.perf_counter() - start
        np.testing.assert_allclose(found, right, rtol=1e-9)
        assert held < 5 * (interpreted + tiers.PATIENCE)


PROGRAM = """
import os, sys, threading
import mibun as mb
f = mb.function("x^2 + sin(23x)").diff()
for _ in range(20_000):
    f(1.5)
if sys.argv[1] == "fork":
    pid = os.fork()
    if pid == 0:
        g = mb.function("x^2 + sin(29x)").diff()
        while type(g) is mb.Function:
            g(1.5)
        os._exit(7)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
else:
    h = mb.function("sin(" * 60 + "x" + ")" * 60).diff()
    for _ in range(400):
        h(1.5)
    print(7)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.parametrize("how", ["fork", "end"])
def test_processes_that_split_or_end_while_code_is_made(how: str, cache: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM, how],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (run.returncode, run.stdout.strip(), run.stderr) == (0, "7", "")


def test_importing_takes_nothing_along() -> None:
    program = "import sys, mibun; f = mibun.function('x^2 + 1').diff(); f(1.5); print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        check=True,
        capture_output=True,
        text=True,
    )
    loaded = set(run.stdout.split())
    assert not [name for name in loaded if name.startswith("llvmlite")]
    assert not {"mibun.run.kernel", "mibun.run.llvm", "mibun.run.native", "mibun.run.store"} & loaded
