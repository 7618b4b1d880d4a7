"""LLVM's text, one number at a time: what :mod:`mibun.run.llvm` writes, without what Python needs around it.

``fma``, ``sqrt`` and their like are LLVM's own; all other functions are the C library's. C has no polygamma functions:
who uses the code has to bring ``mibun_digamma`` and ``mibun_polygamma``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mibun.ops import BOOL
from mibun.run.llvm import Emitter, Graph, real, truth, write
from mibun.run.safe import safe
from mibun.source import plan
from mibun.source.plan import WIDTH, Names, Program, say, wrapped

_LIBRARY: Final = {"@mibun_lgamma": "@lgamma"}


def source(programs: Sequence[Program], lang: str) -> str:
    """The module. ``UnsupportedOperation`` for what has no value."""
    outside: dict[str, str] = {}
    functions = [_function(program, outside, lang) for program in programs]
    declared = "\n".join(outside.values())
    text = "\n\n".join([f"; {say('made', lang)}", *([declared] if declared else []), *functions, _ATTRIBUTES]) + "\n"
    for ours, theirs in _LIBRARY.items():
        text = text.replace(f"{ours}(", f"{theirs}(")
    return text


_ATTRIBUTES: Final = "attributes #0 = { nounwind willreturn memory(none) }"


def _function(program: Program, outside: dict[str, str], lang: str) -> str:
    graph = Graph(safe(program.nodes), program.arguments)
    names = Names([])
    title = plan.identifier(program.title)
    given = [names.give(plan.identifier(name)) for name in program.arguments]
    given = [f"{name}." if name[:1] == "v" and name[1:].isdigit() else name for name in given]  # %v0 is a line
    arrays = {names.give(key): count for key, count in program.arrays.items()}
    e = Emitter(outside=outside)
    values = dict(zip(graph.inputs, [f"%{name}" for name in given], strict=True))
    for node in graph.order:
        if node not in values:
            values[node] = write(e, graph, values, node)
    found = [
        e.as_real(truth(e, graph, values, root)) if root.dtype is BOOL else real(e, graph, values, root)
        for root in graph.roots
    ]
    rest = found[1:] if program.has_value else found
    for name, count in arrays.items():
        for i in range(count):
            at = f"%{name}" if not i else e.line(f"getelementptr double, ptr %{name}, i64 {i}")
            e.lines.append(f"store double {rest.pop(0)}, ptr {at}")
    e.lines.append(f"ret double {found[0]}" if program.has_value else "ret void")
    takes = [*[f"double %{name}" for name in given], *[f"ptr %{name}" for name in arrays]]
    about = [*plan.formulas(program, "{key}[{i}]"), *plan.remarks(program, lang, "out")]
    comments = [f"; {line}" for each in about for line in wrapped(each, WIDTH - 2)]
    head = f"define {'double' if program.has_value else 'void'} @{title}({', '.join(takes)}) {{"
    return "\n".join([*comments, head, *["  " + line for line in e.lines], "}"])
