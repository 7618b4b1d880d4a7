"""Functions from C code, where there is a compiler: without one the text alone is looked at."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from mibun.node import Node, symbols
from mibun.source.plan import Program

COMPILER = shutil.which("gcc") or shutil.which("clang") or shutil.which("cc")
STRICT = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-O2", "-ffp-contract=off", "-fPIC", "-shared"]


def library(text: str) -> ctypes.CDLL | None:
    """The functions of a file; ``None`` without a compiler. It has to compile without any warning."""
    assert text.count("{") == text.count("}")
    assert text.count("(") == text.count(")")
    assert all(len(line) <= 130 for line in text.splitlines())
    if COMPILER is None:
        return None
    with tempfile.TemporaryDirectory() as place:
        source, built = Path(place, "f.c"), Path(place, "f.so")
        source.write_text(text, encoding="utf-8")
        run = subprocess.run(
            [COMPILER, *STRICT, str(source), "-o", str(built), "-lm"], capture_output=True, text=True, check=False
        )
        assert run.returncode == 0, run.stderr + text
        return ctypes.CDLL(str(built))


def function(file: ctypes.CDLL, program: Program, title: str | None = None) -> Callable[..., list[float]]:
    """All values of a function, in the order of the program's nodes."""
    found = getattr(file, title or program.title)
    found.restype = ctypes.c_double if program.has_value else None
    arrays = [ctypes.c_double * max(count, 1) for count in program.arrays.values()]

    def call(*values: float) -> list[float]:
        room = [array() for array in arrays]
        value = found(*map(ctypes.c_double, values), *room)
        rest = [x for array, count in zip(room, program.arrays.values(), strict=True) for x in array[:count]]
        return [value, *rest] if program.has_value else rest

    return call


def program(name: str, *nodes: Node, variables: Sequence[str] | None = None) -> Program:
    """A function with a value, or with several in one array."""
    names = tuple(symbols(*nodes) if variables is None else variables)
    return Program(name, names, names, nodes, nodes, () if len(nodes) == 1 else (len(nodes),))
