"""Machine code in memory: linked here or by LLVM, with the same results, and gone when no one holds it."""

from __future__ import annotations

import ctypes
import gc
import math
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mibun as mb
from mibun.run import kernel, loader
from mibun.run.loader import Image, Loaded, Unlinkable, compile, link
from mibun.run.machine import machine
from mibun.run.symbols import CALLED_BACK, address, exists

TEXT = """
@table = private constant [3 x double] [double 2.0, double 3.0, double 5.0]
declare double @sin(double)
define internal double @helper(double %x) noinline {
%y = call double @sin(double %x)
ret double %y
}
define double @f(i64 %i, double %x) {
%at = getelementptr [3 x double], ptr @table, i64 0, i64 %i
%c = load double, ptr %at
%y = call double @helper(double %x)
%z = fmul double %c, %y
ret double %z
}
"""


def call(loaded: Loaded) -> list[float]:
    f = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_int64, ctypes.c_double)(loaded.address("f"))
    return [f(i, 0.5) for i in range(3)]


WANTED = [c * math.sin(0.5) for c in (2.0, 3.0, 5.0)]


@pytest.mark.parametrize("level", [0, 1, 2, 3])
def test_constants_and_functions_are_found(level: int) -> None:
    image = compile(TEXT, machine(), level)
    assert call(Loaded(image, address)) == WANTED
    assert image.linked == loader._links_here()
    assert "helper" not in image.entries


def test_llvm_can_load_it_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loader, "_links_here", lambda: False)
    image = compile(TEXT, machine(), 2)
    assert not image.linked
    assert [*image.imports] == ["sin"]
    assert call(Loaded(image, address)) == WANTED
    monkeypatch.setenv("MIBUN_CACHE", "off")
    monkeypatch.setattr(kernel, "_living", weakref.WeakValueDictionary())
    f = mb.function("sin(x^2) exp(-x)").gradient()
    point = 1.25
    assert f.compile()(point) == pytest.approx(f(point), rel=1e-15)
    assert f[0].compile()([point])[0] == pytest.approx(f(point)[0], rel=1e-14)


@pytest.mark.skipif(not loader._links_here(), reason="LLVM loads all code here")
def test_all_code_is_linked_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """LLVM is for other systems: it takes much longer."""
    monkeypatch.setenv("MIBUN_CACHE", "off")
    monkeypatch.setattr(kernel, "_living", weakref.WeakValueDictionary())

    def by_llvm(*_: Any) -> Any:
        raise AssertionError

    monkeypatch.setattr(loader, "_by_llvm", by_llvm)
    f = mb.function("sin(x)^y + erf(x y) + gamma(x)/y^7")
    column = np.linspace(0.5, 2, 40)
    for compiled in (f.compile(), f.gradient().compile(), f.value_and_grad().compile()):
        for args in ((1.5, 2.5), (column, 2.5), (column, column), (column.astype(np.float32),) * 2):
            compiled(*args)


def test_what_llvm_has_loaded_goes_in_any_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loader, "_links_here", lambda: False)
    monkeypatch.setenv("MIBUN_CACHE", "off")
    monkeypatch.setattr(kernel, "_living", weakref.WeakValueDictionary())
    for i in range(30):
        f = mb.function(f"x^{i + 2} + sin(x)").gradient().compile()
        assert f(1.5) == pytest.approx(f(np.full(3, 1.5))[..., 0])
        f = None
        gc.collect()


def test_what_is_not_known_is_not_linked() -> None:
    with pytest.raises(Unlinkable):
        link(b"MZ not an object file of this kind" * 10)
    with pytest.raises(Unlinkable):
        link(b"")


def test_a_function_that_is_nowhere() -> None:
    with pytest.raises(LookupError):
        Loaded(Image(b"\0" * 16, {}, {"no_such_function_anywhere": 8}, True), address)
    assert not exists("no_such_function_anywhere")
    assert exists("sin")
    assert all(exists(name) for name in CALLED_BACK)


def test_text_that_is_wrong_is_an_error_and_no_crash() -> None:
    wrong = "define double @f() {\nbr label %a\na:\nret double %x\nb:\n%x = fadd double 1.0, 1.0\nbr label %a\n}"
    with pytest.raises(RuntimeError):
        compile(wrong, machine())
    with pytest.raises(RuntimeError):
        compile("define nonsense", machine())


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="/proc tells what memory is for")
def test_memory_is_never_writable_and_executable() -> None:
    loaded = Loaded(compile(TEXT, machine(), 1), address)
    here = loaded.address("f")
    for line in Path("/proc/self/maps").read_text(encoding="utf-8").splitlines():
        begin, end = (int(word, 16) for word in line.split()[0].split("-"))
        if begin <= here < end:
            assert line.split()[1][:3] == "r-x"
            return
    raise AssertionError("there is no such memory")


def test_dropped_code_goes() -> None:
    loaded = Loaded(compile(TEXT, machine(), 1), address)
    watched = weakref.ref(loaded)
    assert call(loaded) == WANTED
    del loaded
    gc.collect()
    assert watched() is None


def test_no_llvmlite_no_version(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    loader.versions.cache_clear()
    try:
        assert "0." in loader.versions()
        loader.versions.cache_clear()
        monkeypatch.setattr(loader, "libllvm", lambda: None)
        assert loader.versions() == ""
        loader.versions.cache_clear()
        monkeypatch.setattr(loader, "libllvm", lambda: tmp_path / "a" / "b" / "c")
        assert loader.versions() == ""
    finally:
        loader.versions.cache_clear()
