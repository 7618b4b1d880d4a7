"""Mathematical functions of whole vectors.

glibc's libmvec has most of them, where it is; one that it lacks is called for each lane.
"""

from __future__ import annotations

from collections.abc import Sequence

from mibun.run import symbols
from mibun.run.llvm import PURE, Emitter


def emit(e: Emitter, name: str, args: Sequence[str]) -> str:
    """The value of ``name``, the C library's name of a function, in every lane."""
    theirs = _of_libmvec(e, name, len(args))
    return e.call(theirs, *args) if theirs else _each(e, name, args)


def _of_libmvec(e: Emitter, name: str, count: int) -> str | None:
    prefix = e.machine.prefix if e.machine else ""
    if not prefix or e.lanes == 1:
        return None
    whole = f"_ZGV{prefix[4]}N{e.lanes}{'v' * count}_{name}{'f' if e.single else ''}"
    return whole if symbols.exists(whole) else None


def _each(e: Emitter, name: str, args: Sequence[str]) -> str:
    """One lane after the other, in double precision."""
    whole = f"@each_{name}_{e.real.replace('<', '').replace('>', '').replace(' ', '')}"
    if whole not in e.helpers:
        e.helpers[whole] = ""  # no declaration
        e.outside[f"@{name}"] = f"declare double @{name}({', '.join(['double'] * len(args))}) {PURE}"
        e.helpers[whole] = _one_by_one(e, whole, name, len(args))
    return e.line(f"call {e.real} {whole}({', '.join([f'{e.real} {arg}' for arg in args])})")


def _one_by_one(e: Emitter, whole: str, name: str, count: int) -> str:
    number = "float" if e.single else "double"
    lines = [f"define internal {e.real} {whole}({', '.join([f'{e.real} %x{k}' for k in range(count)])}) #4 {{"]
    for i in range(e.lanes):
        given = []
        for k in range(count):
            value = f"%x{k}"
            if e.lanes > 1:
                lines.append(f"%a{i}.{k} = extractelement {e.real} %x{k}, i32 {i}")
                value = f"%a{i}.{k}"
            if e.single:
                lines.append(f"%b{i}.{k} = fpext float {value} to double")
                value = f"%b{i}.{k}"
            given.append(f"double {value}")
        lines.append(f"%y{i} = call double @{name}({', '.join(given)})")
        value = f"%y{i}"
        if e.single:
            lines.append(f"%z{i} = fptrunc double {value} to float")
            value = f"%z{i}"
        if e.lanes == 1:
            lines.append(f"ret {number} {value}")
        else:
            before = f"%r{i - 1}" if i else "poison"
            lines.append(f"%r{i} = insertelement {e.real} {before}, {number} {value}, i32 {i}")
    if e.lanes > 1:
        lines.append(f"ret {e.real} %r{e.lanes - 1}")
    return "\n".join([*lines, "}"])
