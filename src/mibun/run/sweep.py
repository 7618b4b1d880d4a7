"""Code that goes along arrays, a vector of numbers at a time: all results in one pass.

``@run(ptr %ins, ptr %outs, i64 %n)`` takes arrays of addresses: of the inputs, each ``n`` numbers one after the other,
and of the results. An input that is ``uniform`` has one number only; what depends on such inputs alone is computed
once. Numbers that do not fill the last vector go through one beside the arrays, so that the value of an element does
not depend on its place.

Code that is ``streamed`` writes past the caches, for results that would not stay in them: what lies where a result is
going to is then not read first. All results must begin where a vector may lie, and hold whole vectors or be short.

Where some function is lost in a lane (an angle too large for the quick reduction), the scalar code ``@lane`` computes
that lane anew. The result is whether any value of a root that is watched is no number.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mibun.node import Node
from mibun.ops import BOOL
from mibun.run import drive, vectormath
from mibun.run.binding import Form
from mibun.run.llvm import (
    ATTRIBUTES,
    SCALAR_WEIGHTS,
    Emitter,
    Graph,
    Layout,
    computed,
    lane,
    lost_bits,
    memory,
    parts,
    write,
)
from mibun.run.machine import PAYS, Machine


def text(
    graph: Graph,
    machine: Machine,
    single: bool,
    uniform: Sequence[bool],
    watched: Sequence[bool],
    form: Form,
    most: int,
    streamed: bool = False,
) -> str:
    """The code. It is for arrays of up to ``most`` elements; if it is streamed, of more. ``double @cost()`` is about
    how many nanoseconds an element takes."""
    e = Emitter(machine, single, helpers={})
    layout = Layout(graph, vectormath.WEIGHTS)
    if len(layout.parts) > 2:
        e.outlined = True
        layout = Layout(graph, SCALAR_WEIGHTS)
    functions = parts(e, graph, layout, "piece") if len(layout.parts) > 1 else []
    vectors, lost = _vectors(e, graph, layout, uniform, watched, streamed)
    cost = _cost(e, [*functions, *vectors])
    scalar: list[str] = []
    if lost:
        one = Emitter(None, False, e.outside, e.helpers)
        scalar = [*lane(one, graph), *_mend(e, graph, watched)]
    entry = _enter(e, graph, uniform, watched, form, cost, most, streamed)
    body = [*functions, *vectors, *scalar, *_run(e, graph, uniform), *entry]
    return "\n".join([*e.outside.values(), *e.helpers.values(), *body, ATTRIBUTES])


LINE, VECTOR, LANE = 0.4, 10.0, 30.0  # nanoseconds for a line, for a function of libmvec, for one of the C library


def _cost(e: Emitter, lines: Sequence[str]) -> float:
    total = LINE * len(lines)
    for line in lines:
        if "@_ZGV" in line:
            total += VECTOR
        elif "@each_" in line or (e.lanes == 1 and "call" in line):
            total += LANE * e.lanes
    return total / e.lanes


FORMS: Final = {"number": drive.NUMBER, "array": drive.ARRAY, "tuple": drive.SEVERAL, "pair": drive.PAIR}


def _enter(
    e: Emitter,
    graph: Graph,
    uniform: Sequence[bool],
    watched: Sequence[bool],
    form: Form,
    cost: float,
    most: int,
    streamed: bool,
) -> list[str]:
    """``@enter`` is for Python to call, see :func:`mibun.run.drive._arrays`."""
    limit = 0 if any(node.dtype is BOOL for node in graph.roots) else int(PAYS / cost)
    facts = {
        "ins": len(graph.inputs),
        "outs": len(graph.roots),
        "item": 4 if e.single else 8,
        "form": FORMS[form.kind],
        "limit": limit if len(form.shape) <= drive.AXES and graph.roots else 0,
        "watched": any(watched),
        "rank": len(form.shape),
        "least": most if streamed else 0,
        "most": 2**62 if streamed else most,
        "vector": e.size if streamed else 0,
    }
    shape = [*form.shape, *[0] * drive.AXES][: drive.AXES]
    words = [*[facts[name] for name in drive.SPEC], *shape, *uniform]
    numbers = ", ".join([f"i64 {int(word)}" for word in words])
    return [
        f"@spec = private unnamed_addr constant [{len(words)} x i64] [{numbers}]",
        "declare ptr @mibun_arrays(ptr, i64, ptr, ptr) #1",
        "define dso_local ptr @enter(ptr %self, ptr %args, i64 %count) #2 {",
        "%result = tail call ptr @mibun_arrays(ptr %args, i64 %count, ptr @spec, ptr @run)",
        "ret ptr %result",
        "}",
        f"define dso_local double @cost() {{ ret double {Emitter().number(cost)} }}",
        "!0 = !{i32 1}",
        '!1 = !{!"branch_weights", i32 1, i32 1000000}',
    ]


def _bytes(e: Emitter, node: Node) -> int:
    """Bytes of one number of a result; a truth takes one."""
    return 1 if node.dtype is BOOL else 4 if e.single else 8


def _vectors(
    e: Emitter, graph: Graph, layout: Layout, uniform: Sequence[bool], watched: Sequence[bool], streamed: bool
) -> tuple[list[str], bool]:
    """``@vectors`` does a number of whole vectors, at least one."""
    number = "float" if e.single else "double"
    before, after = memory(e, layout)
    e.restart()
    given: list[str] = []
    for i in range(len(graph.inputs)):
        at = e.line(f"getelementptr ptr, ptr %ins, i64 {i}")
        address = e.line(f"load ptr, ptr {at}")
        if uniform[i]:
            address = e.line(f"load {number}, ptr {address}")
            if e.lanes > 1:
                first = e.line(f"insertelement {e.real} poison, {number} {address}, i32 0")
                address = e.line(f"shufflevector {e.real} {first}, {e.real} poison, <{e.lanes} x i32> zeroinitializer")
        given.append(address)
    targets = []
    for i in range(len(graph.roots)):
        at = e.line(f"getelementptr ptr, ptr %outs, i64 {i}")
        targets.append(e.line(f"load ptr, ptr {at}"))
    fixed = {node: name for node, name, one in zip(graph.inputs, given, uniform, strict=True) if one}
    if len(layout.parts) == 1:
        for node in graph.order:
            if all(arg in fixed or arg in graph.constants for arg in node.args):
                fixed[node] = write(e, graph, fixed, node)
    entry = len(e.lines)
    offset = f"mul i64 %i, {e.size}"
    for i, one in enumerate(uniform):
        if not one:
            at = e.line(f"getelementptr i8, ptr {given[i]}, i64 {e.line(offset)}")
            given[i] = e.line(f"load {e.real}, ptr {at}, align {e.size // e.lanes}")
    found = computed(e, graph, layout, given, "piece", fixed)
    bad = [e.compare("uno", name, name) for name, look in zip(found, watched, strict=True) if look]
    for node, name, target in zip(graph.roots, found, targets, strict=True):
        _stored(e, node, name, target, streamed)
    bits = lost_bits(e)
    is_nan = "0"
    if bad:
        mask = bad[0]
        for other in bad[1:]:
            mask = e.logic("or", mask, other)
        is_nan = mask if e.lanes == 1 else e.line(f"bitcast {e.truth} {mask} to i{e.lanes}")
    whole = f"i{e.lanes}"
    lines = [
        f"define internal {whole} @vectors(ptr %ins, ptr %outs, i64 %count) #2 {{",
        "entry:",
        *before,
        *([f"%buffer = alloca [{len(given)} x {e.real}], align 64"] if bits != "0" else []),
        *e.lines[:entry],
        "br label %loop",
        "loop:",
        "%i = phi i64 [ 0, %entry ], [ %next, %join ]",
        f"%seen = phi {whole} [ 0, %entry ], [ %seen.next, %join ]",
        *e.lines[entry:],
    ]
    if bits == "0":
        lines += ["br label %join", "join:", f"%seen.next = or {whole} %seen, {is_nan}"]
    else:
        lines += [f"%any = icmp ne {whole} {bits}, 0", "br i1 %any, label %cold, label %join, !prof !1", "cold:"]
        for k, name in enumerate(given):
            lines += [
                f"%keep{k} = getelementptr i8, ptr %buffer, i64 {k * e.size}",
                f"store {e.real} {name}, ptr %keep{k}, align {e.size}",
            ]
        lines += [
            f"%mended = call {whole} @mend(ptr %buffer, ptr %outs, i64 %i, {whole} {bits})",
            f"%kept = xor {whole} {bits}, -1",
            f"%good = and {whole} %kept, {is_nan}",
            f"%nan.cold = or {whole} %good, %mended",
            "br label %join",
            "join:",
            f"%nan = phi {whole} [ {is_nan}, %loop ], [ %nan.cold, %cold ]",
            f"%seen.next = or {whole} %seen, %nan",
        ]
    lines += [
        "%next = add i64 %i, 1",
        "%more = icmp ult i64 %next, %count",
        "br i1 %more, label %loop, label %end",
        "end:",
        *after,
        f"ret {whole} %seen.next",
        "}",
    ]
    return lines, bits != "0"


def _stored(e: Emitter, node: Node, name: str, target: str, streamed: bool) -> None:
    if node.dtype is BOOL:
        kind = "i8" if e.lanes == 1 else f"<{e.lanes} x i8>"
        offset = e.line(f"mul i64 %i, {e.lanes}")
        name, size = e.line(f"zext {e.truth} {name} to {kind}"), 1
    else:
        kind, offset, size = e.real, e.line(f"mul i64 %i, {e.size}"), e.size // e.lanes
    at = e.line(f"getelementptr i8, ptr {target}, i64 {offset}")
    if streamed and node.dtype is not BOOL:
        e.lines.append(f"store {kind} {name}, ptr {at}, align {e.size}, !nontemporal !0")
    else:
        e.lines.append(f"store {kind} {name}, ptr {at}, align {size}")


def _mend(e: Emitter, graph: Graph, watched: Sequence[bool]) -> list[str]:
    """``@mend`` computes the lanes of one vector whose bits are set, from the inputs in ``buffer``."""
    whole, item = f"i{e.lanes}", 4 if e.single else 8
    lines = [
        f"define internal {whole} @mend(ptr %buffer, ptr %outs, i64 %vector, {whole} %bits) #3 {{",
        "entry:",
        f"%in = alloca [{max(len(graph.inputs), 1)} x double]",
        f"%out = alloca [{len(graph.roots)} x double]",
        f"%begin = mul i64 %vector, {e.lanes}",
        "br label %loop",
        "loop:",
        "%i = phi i64 [ 0, %entry ], [ %next, %join ]",
        f"%seen = phi {whole} [ 0, %entry ], [ %seen.next, %join ]",
        f"%shift = trunc i64 %i to {whole}" if e.lanes < 64 else "",
        f"%mask = shl {whole} 1, %shift",
        f"%bit = and {whole} %bits, %mask",
        f"%set = icmp ne {whole} %bit, 0",
        "br i1 %set, label %one, label %join",
        "one:",
        f"%offset = mul i64 %i, {item}",
        "%place = add i64 %begin, %i",
    ]
    for k in range(len(graph.inputs)):
        lines += [
            f"%row{k} = getelementptr i8, ptr %buffer, i64 {k * e.size}",
            f"%from{k} = getelementptr i8, ptr %row{k}, i64 %offset",
            f"%to{k} = getelementptr i8, ptr %in, i64 {8 * k}",
        ]
        if e.single:
            lines += [f"%f{k} = load float, ptr %from{k}", f"%x{k} = fpext float %f{k} to double"]
        else:
            lines.append(f"%x{k} = load double, ptr %from{k}")
        lines.append(f"store double %x{k}, ptr %to{k}")
    lines.append("call void @lane(ptr %in, ptr %out)")
    nan = "0"
    for k, (node, look) in enumerate(zip(graph.roots, watched, strict=True)):
        lines += [
            f"%got.at{k} = getelementptr i8, ptr %out, i64 {8 * k}",
            f"%got{k} = load double, ptr %got.at{k}",
            f"%target.at{k} = getelementptr ptr, ptr %outs, i64 {k}",
            f"%target{k} = load ptr, ptr %target.at{k}",
            f"%put.offset{k} = mul i64 %place, {_bytes(e, node)}",
            f"%put{k} = getelementptr i8, ptr %target{k}, i64 %put.offset{k}",
        ]
        if node.dtype is BOOL:
            lines += [f"%is{k} = fcmp une double %got{k}, 0.0", f"%byte{k} = zext i1 %is{k} to i8"]
            lines.append(f"store i8 %byte{k}, ptr %put{k}")
        elif e.single:
            lines += [f"%short{k} = fptrunc double %got{k} to float", f"store float %short{k}, ptr %put{k}"]
        else:
            lines.append(f"store double %got{k}, ptr %put{k}")
        if look:
            lines += [f"%nan{k} = fcmp uno double %got{k}, %got{k}", f"%seen{k} = or i1 %nan{k}, {nan}"]
            nan = f"%seen{k}"
    lines += [
        f"%nan.bit = select i1 {nan if nan != '0' else 'false'}, {whole} %mask, {whole} 0",
        "br label %join",
        "join:",
        f"%new = phi {whole} [ 0, %loop ], [ %nan.bit, %one ]",
        f"%seen.next = or {whole} %seen, %new",
        "%next = add i64 %i, 1",
        f"%more = icmp ult i64 %next, {e.lanes}",
        "br i1 %more, label %loop, label %end",
        "end:",
        f"ret {whole} %seen.next",
        "}",
    ]
    return lines


def _run(e: Emitter, graph: Graph, uniform: Sequence[bool]) -> list[str]:
    whole, item = f"i{e.lanes}", 4 if e.single else 8
    number = "float" if e.single else "double"
    lines = [
        "define dso_local i32 @run(ptr %ins, ptr %outs, i64 %n) #2 {",
        "entry:",
        f"%full = udiv i64 %n, {e.lanes}",
        "%some = icmp ne i64 %full, 0",
        "br i1 %some, label %main, label %after",
        "main:",
        f"%first = call {whole} @vectors(ptr %ins, ptr %outs, i64 %full)",
        "br label %after",
        "after:",
        f"%seen = phi {whole} [ 0, %entry ], [ %first, %main ]",
    ]
    if e.lanes == 1:
        return [*lines, "%result = zext i1 %seen to i32", "ret i32 %result", "}"]
    inputs, results = len(graph.inputs), len(graph.roots)
    lines[2:2] = [
        f"%tail.in = alloca [{inputs} x {e.real}], align 64",
        f"%tail.out = alloca [{results} x {e.real}], align 64",
        f"%tail.ins = alloca [{inputs} x ptr]",
        f"%tail.outs = alloca [{results} x ptr]",
    ]
    lines += [
        f"%rest = urem i64 %n, {e.lanes}",
        "%none = icmp eq i64 %rest, 0",
        "br i1 %none, label %end, label %tail",
        "tail:",
        f"%done = mul i64 %full, {e.lanes}",
        f"%offset = mul i64 %done, {item}",
        f"%length = mul i64 %rest, {item}",
    ]
    for k in range(inputs):
        lines += [f"%in.at{k} = getelementptr ptr, ptr %ins, i64 {k}", f"%in{k} = load ptr, ptr %in.at{k}"]
        lines.append(f"%put{k} = getelementptr ptr, ptr %tail.ins, i64 {k}")
        if uniform[k]:
            lines.append(f"store ptr %in{k}, ptr %put{k}")
            continue
        lines += [  # lanes that are not needed repeat the first number, which is harmless
            f"%from{k} = getelementptr i8, ptr %in{k}, i64 %offset",
            f"%x{k} = load {number}, ptr %from{k}",
            f"%one{k} = insertelement {e.real} poison, {number} %x{k}, i32 0",
            f"%all{k} = shufflevector {e.real} %one{k}, {e.real} poison, <{e.lanes} x i32> zeroinitializer",
            f"%to{k} = getelementptr i8, ptr %tail.in, i64 {k * e.size}",
            f"store {e.real} %all{k}, ptr %to{k}, align {e.size}",
            f"call void @llvm.memcpy.p0.p0.i64(ptr %to{k}, ptr %from{k}, i64 %length, i1 false)",
            f"store ptr %to{k}, ptr %put{k}",
        ]
    for k in range(results):
        lines += [
            f"%out.at{k} = getelementptr ptr, ptr %tail.outs, i64 {k}",
            f"%out{k} = getelementptr i8, ptr %tail.out, i64 {k * e.size}",
            f"store ptr %out{k}, ptr %out.at{k}",
        ]
    lines.append(f"%second = call {whole} @vectors(ptr %tail.ins, ptr %tail.outs, i64 1)")
    for k, node in enumerate(graph.roots):
        lines += [
            f"%target.at{k} = getelementptr ptr, ptr %outs, i64 {k}",
            f"%target{k} = load ptr, ptr %target.at{k}",
            f"%behind{k} = mul i64 %done, {_bytes(e, node)}",
            f"%target.end{k} = getelementptr i8, ptr %target{k}, i64 %behind{k}",
            f"%bytes{k} = mul i64 %rest, {_bytes(e, node)}",
            f"call void @llvm.memcpy.p0.p0.i64(ptr %target.end{k}, ptr %out{k}, i64 %bytes{k}, i1 false)",
        ]
    return [
        "declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)",
        *lines,
        "br label %end",
        "end:",
        f"%last = phi {whole} [ 0, %after ], [ %second, %tail ]",
        f"%total = or {whole} %seen, %last",
        f"%result = zext {whole} %total to i32",
        "ret i32 %result",
        "}",
    ]
