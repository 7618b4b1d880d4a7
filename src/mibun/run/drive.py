"""The loop around the code of a kernel: numbers that do not lie one after the other, results that pass by the caches.

One function for all kernels, made once. It goes through elements in reading order, a block at a time. An argument whose
numbers lie anyhow (any strides, repeated by broadcasting) is brought into a block beside it, and so are results that
have to be brought elsewhere; what lies one after the other is used in place. Nothing is copied as a whole.

Results too large for the caches are *streamed*: a processor that writes part of a line of memory reads the line first,
unless it is told that the whole line is going to be written.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from typing import Any, Final, NamedTuple

from mibun.run.llvm import ATTRIBUTES

DIRECT, UNIFORM, STRIDED, STREAMED = range(4)
BLOCK: Final = 1024  # elements
RANK: Final = 64  # the most axes that NumPy allows
HEAD: Final = 10  # words of a plan before its operands
WORDS: Final = 4  # of an operand

_WORD: Final = {
    "run": 0,
    "ins": 1,
    "outs": 2,
    "start": 3,
    "stop": 4,
    "rank": 5,
    "block": 6,
    "buffers": 7,
    "seen": 8,
    "shape": 9,
}


def _field(name: str, kind: str = "i64") -> str:
    return f"%{name}.at = getelementptr i64, ptr %plan, i64 {_WORD[name]}\n%{name} = load {kind}, ptr %{name}.at"


def _copying(size: int, back: bool) -> str:
    """A loop over numbers of ``size`` bytes, from strided places to a row, or back."""
    kind, name = f"i{8 * size}", f"copy{size}{'b' if back else ''}"
    source, target = ("row", "far") if back else ("far", "row")
    return f"""
{name}:
br label %{name}.loop
{name}.loop:
%{name}.i = phi i64 [ 0, %{name} ], [ %{name}.next, %{name}.loop ]
%{name}.offset = mul i64 %{name}.i, %step
%{name}.far = getelementptr i8, ptr %far, i64 %{name}.offset
%{name}.row = getelementptr {kind}, ptr %row, i64 %{name}.i
%{name}.x = load {kind}, ptr %{name}.{source}, align 1
store {kind} %{name}.x, ptr %{name}.{target}, align 1
%{name}.next = add i64 %{name}.i, 1
%{name}.more = icmp ult i64 %{name}.next, %n
br i1 %{name}.more, label %{name}.loop, label %done"""


def text() -> str:
    """The definition of ``ptr @drive(ptr %plan)``."""
    return f"""
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)

define internal void @line(ptr %row, ptr %far, i64 %n, i64 %step, i64 %size, i1 %back) #2 {{
%dense = icmp eq i64 %step, %size
br i1 %dense, label %together, label %apart
together:
%bytes = mul i64 %n, %size
%to = select i1 %back, ptr %far, ptr %row
%from = select i1 %back, ptr %row, ptr %far
call void @llvm.memcpy.p0.p0.i64(ptr %to, ptr %from, i64 %bytes, i1 false)
ret void
apart:
br i1 %back, label %out, label %in
in:
switch i64 %size, label %copy8 [ i64 4, label %copy4 ]
out:
switch i64 %size, label %copy8b [ i64 4, label %copy4b
 i64 1, label %copy1b ]
{_copying(8, False)}
{_copying(4, False)}
{_copying(8, True)}
{_copying(4, True)}
{_copying(1, True)}
done:
ret void
}}

define internal void @move(ptr %plan, ptr %operand, ptr %row0, i64 %start, i64 %count, i1 %back) #2 {{
entry:
%index = alloca [{RANK} x i64]
{_field("rank")}
{_field("shape", "ptr")}
%base = load ptr, ptr %operand
%size.at = getelementptr i64, ptr %operand, i64 1
%size = load i64, ptr %size.at
%strides.at = getelementptr i64, ptr %operand, i64 3
%strides = load ptr, ptr %strides.at
%last = sub i64 %rank, 1
%last.length.at = getelementptr i64, ptr %shape, i64 %last
%last.length = load i64, ptr %last.length.at
%last.index.at = getelementptr i64, ptr %index, i64 %last
%step.at = getelementptr i64, ptr %strides, i64 %last
%step = load i64, ptr %step.at
br label %find
find:
%f.axis = phi i64 [ %last, %entry ], [ %f.before, %find ]
%f.rest = phi i64 [ %start, %entry ], [ %f.quotient, %find ]
%f.offset = phi i64 [ 0, %entry ], [ %f.further, %find ]
%f.length.at = getelementptr i64, ptr %shape, i64 %f.axis
%f.length = load i64, ptr %f.length.at
%f.quotient = udiv i64 %f.rest, %f.length
%f.place = urem i64 %f.rest, %f.length
%f.index.at = getelementptr i64, ptr %index, i64 %f.axis
store i64 %f.place, ptr %f.index.at
%f.stride.at = getelementptr i64, ptr %strides, i64 %f.axis
%f.stride = load i64, ptr %f.stride.at
%f.part = mul i64 %f.place, %f.stride
%f.further = add i64 %f.offset, %f.part
%f.before = sub i64 %f.axis, 1
%f.more = icmp sge i64 %f.before, 0
br i1 %f.more, label %find, label %lines
lines:
%row = phi ptr [ %row0, %find ], [ %row.next, %carried ]
%left = phi i64 [ %count, %find ], [ %left.next, %carried ]
%offset = phi i64 [ %f.further, %find ], [ %offset.next, %carried ]
%at = load i64, ptr %last.index.at
%room = sub i64 %last.length, %at
%n = call i64 @llvm.umin.i64(i64 %room, i64 %left)
%far = getelementptr i8, ptr %base, i64 %offset
call void @line(ptr %row, ptr %far, i64 %n, i64 %step, i64 %size, i1 %back)
%bytes = mul i64 %n, %size
%row.next = getelementptr i8, ptr %row, i64 %bytes
%left.next = sub i64 %left, %n
%none = icmp eq i64 %left.next, 0
br i1 %none, label %end, label %carry
carry:
%done = mul i64 %at, %step
%begin = sub i64 %offset, %done
store i64 0, ptr %last.index.at
br label %up
up:
%u.axis = phi i64 [ %last, %carry ], [ %u.before, %full ]
%u.offset = phi i64 [ %begin, %carry ], [ %u.back, %full ]
%u.before = sub i64 %u.axis, 1
%u.index.at = getelementptr i64, ptr %index, i64 %u.before
%u.index = load i64, ptr %u.index.at
%u.next = add i64 %u.index, 1
%u.length.at = getelementptr i64, ptr %shape, i64 %u.before
%u.length = load i64, ptr %u.length.at
%u.stride.at = getelementptr i64, ptr %strides, i64 %u.before
%u.stride = load i64, ptr %u.stride.at
%u.fits = icmp ult i64 %u.next, %u.length
br i1 %u.fits, label %step.up, label %full
full:
store i64 0, ptr %u.index.at
%u.all = mul i64 %u.index, %u.stride
%u.back = sub i64 %u.offset, %u.all
br label %up
step.up:
store i64 %u.next, ptr %u.index.at
%u.forward = add i64 %u.offset, %u.stride
br label %carried
carried:
%offset.next = phi i64 [ %u.forward, %step.up ]
br label %lines
end:
ret void
}}
declare i64 @llvm.umin.i64(i64, i64)

define internal void @stream(ptr %to, ptr %from, i64 %bytes) #2 {{
entry:
%number = ptrtoint ptr %to to i64
%over = sub i64 0, %number
%gap = and i64 %over, 63
%head = call i64 @llvm.umin.i64(i64 %gap, i64 %bytes)
call void @llvm.memcpy.p0.p0.i64(ptr %to, ptr %from, i64 %head, i1 false)
%rest = sub i64 %bytes, %head
%whole = and i64 %rest, -64
%end = add i64 %head, %whole
%some = icmp ne i64 %whole, 0
br i1 %some, label %loop, label %tail
loop:
%i = phi i64 [ %head, %entry ], [ %next, %loop ]
%source = getelementptr i8, ptr %from, i64 %i
%target = getelementptr i8, ptr %to, i64 %i
%x = load <8 x i64>, ptr %source, align 8
store <8 x i64> %x, ptr %target, align 64, !nontemporal !0
%next = add i64 %i, 64
%more = icmp ult i64 %next, %end
br i1 %more, label %loop, label %tail
tail:
%to.tail = getelementptr i8, ptr %to, i64 %end
%from.tail = getelementptr i8, ptr %from, i64 %end
%last = sub i64 %bytes, %end
call void @llvm.memcpy.p0.p0.i64(ptr %to.tail, ptr %from.tail, i64 %last, i1 false)
ret void
}}

define ptr @drive(ptr %plan) #2 {{
entry:
{_field("run", "ptr")}
{_field("ins")}
{_field("outs")}
{_field("start")}
{_field("stop")}
{_field("block")}
{_field("buffers", "ptr")}
%all = add i64 %ins, %outs
%room = mul i64 %block, 8
%addresses = alloca ptr, i64 %all
%addresses.out = getelementptr ptr, ptr %addresses, i64 %ins
%operands = getelementptr i64, ptr %plan, i64 {HEAD}
br label %blocks
blocks:
%b = phi i64 [ %start, %entry ], [ %b.next, %finished ]
%seen = phi i32 [ 0, %entry ], [ %seen.next, %finished ]
%left = sub i64 %stop, %b
%count = call i64 @llvm.umin.i64(i64 %left, i64 %block)
br label %prepare
prepare:
%k = phi i64 [ 0, %blocks ], [ %k.next, %prepared ]
%word = mul i64 %k, {WORDS}
%operand = getelementptr i64, ptr %operands, i64 %word
%base = load ptr, ptr %operand
%size.at = getelementptr i64, ptr %operand, i64 1
%size = load i64, ptr %size.at
%mode.at = getelementptr i64, ptr %operand, i64 2
%mode = load i64, ptr %mode.at
%at = getelementptr ptr, ptr %addresses, i64 %k
%buffer.offset = mul i64 %k, %room
%buffer = getelementptr i8, ptr %buffers, i64 %buffer.offset
switch i64 %mode, label %in.buffer [ i64 {DIRECT}, label %direct
 i64 {UNIFORM}, label %uniform ]
direct:
%offset = mul i64 %b, %size
%address = getelementptr i8, ptr %base, i64 %offset
br label %prepared
uniform:
br label %prepared
in.buffer:
%is.input = icmp ult i64 %k, %ins
br i1 %is.input, label %bring, label %prepared
bring:
call void @move(ptr %plan, ptr %operand, ptr %buffer, i64 %b, i64 %count, i1 false)
br label %prepared
prepared:
%use = phi ptr [ %address, %direct ], [ %base, %uniform ], [ %buffer, %in.buffer ], [ %buffer, %bring ]
store ptr %use, ptr %at
%k.next = add i64 %k, 1
%k.more = icmp ult i64 %k.next, %all
br i1 %k.more, label %prepare, label %compute
compute:
%bits = call i32 %run(ptr %addresses, ptr %addresses.out, i64 %count)
%seen.next = or i32 %seen, %bits
br label %finish
finish:
%j = phi i64 [ %ins, %compute ], [ %j.next, %brought ]
%j.word = mul i64 %j, {WORDS}
%j.operand = getelementptr i64, ptr %operands, i64 %j.word
%j.mode.at = getelementptr i64, ptr %j.operand, i64 2
%j.mode = load i64, ptr %j.mode.at
%j.offset = mul i64 %j, %room
%j.buffer = getelementptr i8, ptr %buffers, i64 %j.offset
switch i64 %j.mode, label %brought [ i64 {STRIDED}, label %strided
 i64 {STREAMED}, label %streamed ]
strided:
call void @move(ptr %plan, ptr %j.operand, ptr %j.buffer, i64 %b, i64 %count, i1 true)
br label %brought
streamed:
%j.base = load ptr, ptr %j.operand
%j.size.at = getelementptr i64, ptr %j.operand, i64 1
%j.size = load i64, ptr %j.size.at
%j.begin = mul i64 %b, %j.size
%j.target = getelementptr i8, ptr %j.base, i64 %j.begin
%j.bytes = mul i64 %count, %j.size
call void @stream(ptr %j.target, ptr %j.buffer, i64 %j.bytes)
br label %brought
brought:
%j.next = add i64 %j, 1
%j.more = icmp ult i64 %j.next, %all
br i1 %j.more, label %finish, label %finished
finished:
%b.next = add i64 %b, %count
%b.more = icmp ult i64 %b.next, %stop
br i1 %b.more, label %blocks, label %end
end:
fence seq_cst
%seen.at = getelementptr i64, ptr %plan, i64 {_WORD["seen"]}
store i32 %seen.next, ptr %seen.at
ret ptr null
}}
!0 = !{{i32 1}}
{ATTRIBUTES}
"""
