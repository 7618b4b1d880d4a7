"""LLVM's text: it is valid, and its values are those of the interpreter."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.source.test_c import FORMULAS

import mibun as mb
from mibun.run import interpret
from mibun.run.safe import safe
from mibun.source.plan import Program

llvm = pytest.importorskip("llvmlite.binding")


def function(text: str, made: Program) -> tuple[Any, Callable[..., list[float]]]:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    module = llvm.parse_assembly(text)
    module.verify()
    machine = llvm.Target.from_default_triple().create_target_machine()
    engine = llvm.create_mcjit_compiler(module, machine)
    engine.finalize_object()
    numbers = [ctypes.c_double] * len(made.arguments)
    room = [ctypes.c_double * max(count, 1) for count in made.arrays.values()]
    kind = ctypes.CFUNCTYPE(ctypes.c_double if made.has_value else None, *numbers, *map(ctypes.POINTER, room))
    found = kind(engine.get_function_address(made.title))

    def call(*values: float) -> list[float]:
        arrays = [array() for array in room]
        value = found(*values, *map(ctypes.byref, arrays))
        rest = [x for array in arrays for x in array]
        return [value, *rest] if made.has_value else rest

    return engine, call


@pytest.mark.parametrize("text", [text for text in FORMULAS if "gamma" not in text])
def test_values(text: str) -> None:
    f = mb.function(text)
    for g, derivatives in ((f, 0), (f, 2), (f.gradient(), 0)):
        made = g._program("llvm", derivatives)
        engine, call = function(g.source("llvm", derivatives=derivatives), made)
        point = [0.75 + 0.375 * i for i in range(len(made.arguments))]
        wanted = interpret.program(safe(made.nodes), made.arguments)(*map(np.float64, point))
        assert call(*point) == pytest.approx([float(value) for value in wanted], rel=1e-12, abs=1e-14, nan_ok=True)
        del engine


def test_the_text() -> None:
    text = mb.function("v0^2 + lgamma(x)").source("llvm", lang="ko")
    assert text.startswith("; mibun으로 만든 코드.\n\ndeclare double @lgamma(double) #0\n\n; f(v0, x) = ")
    assert "define double @f(double %v0., double %x) {\n  %v0 = fmul contract double %v0., %v0.\n" in text
    assert text.endswith("\n}\n\nattributes #0 = { nounwind willreturn memory(none) }\n")
    assert "declare double @mibun_digamma(double) #0" in mb.function("digamma(x)").source("llvm")
