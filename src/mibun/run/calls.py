"""Code that Python can call like a function of its own: floats in, floats out, nothing of Python's in between.

The calling convention is CPython's METH_FASTCALL | METH_KEYWORDS. What the code does not take (a value that is no
float, a wrong number of values, names, a result that is not a number where someone wants to look at it again) it passes
on, as it came, to the object that the function is bound to.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from mibun.ops import BOOL
from mibun.run.binding import HEAD, ITEMS, Form
from mibun.run.llvm import ATTRIBUTES, SCALAR_WEIGHTS, Emitter, Graph, Layout, computed, memory, parts

DOUBLE: Final = 12  # NumPy's number for the type


def text(graph: Graph, form: Form, watched: Sequence[bool]) -> str:
    """The definition of ``@call``. Where a root that is ``watched`` is no number, the call is passed on."""
    e = Emitter(helpers={})
    layout = Layout(graph, SCALAR_WEIGHTS)
    functions = parts(e, graph, layout, "part") if len(layout.parts) > 1 else []
    before, after = memory(e, layout)
    on_stack = [line for line in before if "alloca" in line]
    count = len(graph.inputs)
    e.restart()
    given = []
    for i in range(count):
        at = e.line(f"getelementptr i8, ptr %arg{i}, i64 {HEAD}")
        given.append(e.line(f"load double, ptr {at}, align 8"))
    found = computed(e, graph, layout, given, "part")
    e.lines += after
    bad = _any_nan(e, [name for name, look in zip(found, watched, strict=True) if look])
    results = _results(graph, form, found)
    lines = [
        "define dso_local ptr @call(ptr %self, ptr %args, i64 %count, ptr %names) #2 {",
        *on_stack,
        f"%right = icmp eq i64 %count, {count}",
        "%plain = icmp eq ptr %names, null",
        "%usual = and i1 %right, %plain",
        "br i1 %usual, label %given, label %other",
        "given:",
        *_types(count),
        "subtypes:",
        f"%allowed = call i1 @floats(ptr %args, i64 {count})",
        "br i1 %allowed, label %fast, label %other",
        "fast:",
        *[line for line in before if line not in on_stack],
        *e.lines,
        *([f"br i1 {bad}, label %other, label %done", "done:"] if bad else []),
        *results,
        "other:",
        "%passed = tail call ptr @PyObject_Vectorcall(ptr %self, ptr %args, i64 %count, ptr %names)",
        "ret ptr %passed",
        "}",
    ]
    return "\n".join(
        [*_DECLARATIONS, *e.outside.values(), *e.helpers.values(), *functions, _FLOATS, *lines, ATTRIBUTES]
    )


_DECLARATIONS: Final = [
    "@PyFloat_Type = external global i8",
    "@PyArray_Type = external global i8",
    "declare i32 @PyType_IsSubtype(ptr, ptr) #1",
    "declare ptr @PyObject_Vectorcall(ptr, ptr, i64, ptr) #1",
    "declare ptr @PyFloat_FromDouble(double) #1",
    "declare ptr @PyBool_FromLong(i64) #1",
    "declare ptr @PyTuple_New(i64) #1",
    "declare void @Py_DecRef(ptr) #1",
    "declare ptr @PyArray_New(ptr, i32, ptr, i32, ptr, ptr, i32, i32, ptr) #1",
]

# Whether all values are floats, or of a type derived from it, such as NumPy's float64.
_FLOATS: Final = f"""
define internal i1 @floats(ptr %args, i64 %count) #3 {{
entry:
br label %next
next:
%i = phi i64 [ 0, %entry ], [ %after, %one ]
%more = icmp ult i64 %i, %count
br i1 %more, label %one, label %end
one:
%at = getelementptr ptr, ptr %args, i64 %i
%arg = load ptr, ptr %at
%kind.at = getelementptr i8, ptr %arg, i64 {HEAD - 8}
%kind = load ptr, ptr %kind.at
%below = call i32 @PyType_IsSubtype(ptr %kind, ptr @PyFloat_Type)
%yes = icmp ne i32 %below, 0
%after = add i64 %i, 1
br i1 %yes, label %next, label %end
end:
%all = phi i1 [ true, %next ], [ false, %one ]
ret i1 %all
}}"""


def _types(count: int) -> list[str]:
    lines = []
    for i in range(count):
        lines += [
            f"%at{i} = getelementptr ptr, ptr %args, i64 {i}",
            f"%arg{i} = load ptr, ptr %at{i}",
            f"%kind.at{i} = getelementptr i8, ptr %arg{i}, i64 {HEAD - 8}",
            f"%kind{i} = load ptr, ptr %kind.at{i}",
            f"%is{i} = icmp eq ptr %kind{i}, @PyFloat_Type",
            f"%all{i} = and i1 %is{i}, {f'%all{i - 1}' if i else 'true'}",
        ]
    return [*lines, f"br i1 {f'%all{count - 1}' if count else 'true'}, label %fast, label %subtypes"]


def _any_nan(e: Emitter, names: list[str]) -> str:
    found = ""
    for name in dict.fromkeys(names):
        one = e.compare("uno", name, name)
        found = e.logic("or", found, one) if found else one
    return found


def _results(graph: Graph, form: Form, found: list[str]) -> list[str]:
    """The lines that make objects of the values and return them."""
    if form.kind == "array":
        return _array(form.shape, found)
    boxed = [
        (f"%truth{i} = zext i1 {name} to i64", f"call ptr @PyBool_FromLong(i64 %truth{i})")
        if node.dtype is BOOL
        else ("", f"call ptr @PyFloat_FromDouble(double {name})")
        for i, (node, name) in enumerate(zip(graph.roots, found, strict=True))
    ]
    if form.kind == "number":
        before, call = boxed[0]
        return [before, f"%result = tail {call}", "ret ptr %result"]
    lines = []
    for i, (before, call) in enumerate(boxed):
        lines += [before, f"%box{i} = {call}"]
    boxes = [f"%box{i}" for i in range(len(found))]
    if form.kind == "pair" and len(boxes) != 2:
        lines += [f"%grad = call ptr @PyTuple_New(i64 {len(boxes) - 1})"]
        groups = [("%grad", boxes[1:]), ("%result", [boxes[0], "%grad"])]
    else:
        groups = [("%result", boxes)]
    lines += [f"%result = call ptr @PyTuple_New(i64 {len(groups[-1][1])})", *_all_there([*boxes, *dict(groups)])]
    for owner, items in groups:
        for i, item in enumerate(items):
            at = f"{owner}.{i}"
            lines += [f"{at} = getelementptr i8, ptr {owner}, i64 {ITEMS + 8 * i}", f"store ptr {item}, ptr {at}"]
    return [*lines, "ret ptr %result"]


def _all_there(names: list[str]) -> list[str]:
    """If there was no memory for an object, an exception is set; the other objects are lost."""
    lines = []
    for i, name in enumerate(names):
        lines += [
            f"%missing{i} = icmp eq ptr {name}, null",
            f"%lack{i} = or i1 %missing{i}, {f'%lack{i - 1}' if i else 'false'}",
        ]
    return [
        *lines,
        f"br i1 %lack{len(names) - 1}, label %lacking, label %there",
        "lacking:",
        "ret ptr null",
        "there:",
    ]


def _array(shape: tuple[int, ...], found: list[str]) -> list[str]:
    lengths = ", ".join([f"i64 {n}" for n in shape])
    lines = [f"%lengths = alloca [{len(shape)} x i64]", f"store [{len(shape)} x i64] [{lengths}], ptr %lengths"]
    arguments = f"ptr @PyArray_Type, i32 {len(shape)}, ptr %lengths, i32 {DOUBLE}, ptr null, ptr null, i32 0, i32 0"
    lines += [
        f"%result = call ptr @PyArray_New({arguments}, ptr null)",
        *_all_there(["%result"]),
        f"%data.at = getelementptr i8, ptr %result, i64 {HEAD}",
        "%data = load ptr, ptr %data.at",
    ]
    for i, name in enumerate(found):
        lines += [f"%to{i} = getelementptr i8, ptr %data, i64 {8 * i}", f"store double {name}, ptr %to{i}"]
    assert len(found) == math.prod(shape)
    return [*lines, "ret ptr %result"]
