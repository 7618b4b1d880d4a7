"""The code around kernels along arrays, the same for all of them and made once.

``@follow`` follows a plan: it goes through elements in reading order, a block at a time. An argument whose numbers lie
anyhow (any strides, repeated by broadcasting) is brought into a block beside it, and results that belong elsewhere come
out of one; what lies one after the other is used in place. Nothing is copied as a whole.

With helpers, the work is cut into shares, and whoever is free takes the next one. Helpers are threads that begin and
end with the call. One that the system does not let begin in time finds nothing left to do, and no one waits for it.

``@arrays`` is the short way for usual arrays: it takes objects of Python, looks whether they are arrays of one shape
whose numbers lie one after the other, makes the results and calls the kernel. If anything is not so, it says None. For
long arrays the results have to be there already (:mod:`mibun.run.memory` makes them), and it plans and follows.
"""

from __future__ import annotations

from typing import Final

from mibun.run.binding import HEAD as OBJECT
from mibun.run.binding import ITEMS
from mibun.run.memory import SMALLEST

DIRECT, UNIFORM, STRIDED = range(3)
BLOCK: Final = 1024  # elements
RANK: Final = 64  # the most axes that NumPy allows
WORDS: Final = 4  # of an operand

PLAN: Final = (
    *("run", "ins", "outs", "rank", "shape", "room", "total"),
    *("pays", "first", "vector", "item"),
    *("block", "share", "shift", "shares"),
)
"""The words of a plan, before its operands. ``room`` is what a block takes beside the arrays, in bytes. A thread pays
for so many elements as ``pays``; where results are streamed, in vectors of ``vector`` bytes, ``first`` is where one of
them begins, with numbers of ``item`` bytes. The last four say how the work is cut, and are put in by ``@follow``."""
HEAD: Final = len(PLAN)
SETTINGS: Final = ("threads", "create", "detach", "yield")
"""What the system has, see :func:`mibun.run.walk.settings`."""
SHARES: Final = 8  # for each thread, so that one that is slow does not hold the others
JOB: Final = ("next", "done", "holders", "seen", "plan")


def _field(name: str, kind: str = "i64") -> str:
    return f"%{name}.at = getelementptr i64, ptr %plan, i64 {PLAN.index(name)}\n%{name} = load {kind}, ptr %{name}.at"


def _put(name: str, value: str) -> str:
    return f"%put.{name} = getelementptr i64, ptr %plan, i64 {PLAN.index(name)}\nstore {value}, ptr %put.{name}"


def _setting(name: str, kind: str = "i64") -> str:
    place = f"%{name}.at = getelementptr i64, ptr @mibun_settings, i64 {SETTINGS.index(name)}"
    return f"{place}\n%{name} = load {kind}, ptr %{name}.at"


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
    """The definitions of ``i32 @follow(ptr %plan)``, whether some value that is watched is no number, and
    of ``ptr @arrays(ptr %args, i64 %count, ptr %spec, ptr %run)``."""
    from mibun.run.llvm import ATTRIBUTES

    return "\n".join([_drive(), _follow(), _arrays(), ATTRIBUTES])


def _drive() -> str:
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
declare i64 @llvm.smax.i64(i64, i64)
declare i64 @llvm.umax.i64(i64, i64)

define internal i32 @drive(ptr %plan, i64 %start, i64 %stop, ptr %buffers) #2 {{
entry:
{_field("run", "ptr")}
{_field("ins")}
{_field("outs")}
{_field("block")}
%all = add i64 %ins, %outs
%row = mul i64 %block, 8
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
%buffer.offset = mul i64 %k, %row
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
%j.offset = mul i64 %j, %row
%j.buffer = getelementptr i8, ptr %buffers, i64 %j.offset
%j.strided = icmp eq i64 %j.mode, {STRIDED}
br i1 %j.strided, label %strided, label %brought
strided:
call void @move(ptr %plan, ptr %j.operand, ptr %j.buffer, i64 %b, i64 %count, i1 true)
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
ret i32 %seen.next
}}
"""


def _of_job(name: str, kind: str = "ptr") -> str:
    place = f"%{name}.at = getelementptr i64, ptr %job, i64 {JOB.index(name)}"
    return place if kind == "ptr" else f"{place}\n%{name} = load {kind}, ptr %{name}.at"


def _follow() -> str:
    return f"""
declare ptr @malloc(i64) #1
declare void @free(ptr) #1

define internal void @work(ptr %job) #2 {{
entry:
%plan.at = getelementptr i64, ptr %job, i64 {JOB.index("plan")}
%first = atomicrmw add ptr %job, i64 1 seq_cst
%plan = load ptr, ptr %plan.at
; a plan may be gone when there is nothing left to do: its words are not looked at before a share is taken
%limit.at = getelementptr i64, ptr %job, i64 {len(JOB)}
%limit = load i64, ptr %limit.at
%some = icmp ult i64 %first, %limit
br i1 %some, label %begin, label %nothing
nothing:
ret void
begin:
{_field("room")}
{_field("share")}
{_field("total")}
{_field("shift")}
{_of_job("seen")}
{_of_job("done")}
%large = add i64 %room, 64
%block = call ptr @malloc(i64 %large)
%block.number = ptrtoint ptr %block to i64
%block.above = add i64 %block.number, 63
%buffers.number = and i64 %block.above, -64
%buffers = inttoptr i64 %buffers.number to ptr
br label %one
one:
%i = phi i64 [ %first, %begin ], [ %next, %one ]
%whole = mul i64 %i, %share
%shifted = sub i64 %whole, %shift
%start = call i64 @llvm.smax.i64(i64 %shifted, i64 0)
%end = add i64 %shifted, %share
%stop = call i64 @llvm.umin.i64(i64 %end, i64 %total)
%bits = call i32 @drive(ptr %plan, i64 %start, i64 %stop, ptr %buffers)
%bits.long = zext i32 %bits to i64
%seen.before = atomicrmw or ptr %seen.at, i64 %bits.long seq_cst
%done.before = atomicrmw add ptr %done.at, i64 1 seq_cst
%next = atomicrmw add ptr %job, i64 1 seq_cst
%more = icmp ult i64 %next, %limit
br i1 %more, label %one, label %over
over:
call void @free(ptr %block)
ret void
}}

define internal void @leave(ptr %job) #2 {{
{_of_job("holders")}
%before = atomicrmw sub ptr %holders.at, i64 1 seq_cst
%last = icmp eq i64 %before, 1
br i1 %last, label %drop, label %keep
drop:
call void @free(ptr %job)
ret void
keep:
ret void
}}

define internal ptr @help(ptr %job) #2 {{
call void @work(ptr %job)
call void @leave(ptr %job)
ret ptr null
}}

@mibun_settings = external global i8

define dso_local i32 @follow(ptr %plan) #2 {{
entry:
%thread = alloca i64
{_setting("threads")}
{_setting("create", "ptr")}
{_setting("detach", "ptr")}
{_setting("yield", "ptr")}
{_field("room")}
{_field("total")}
{_field("pays")}
{_field("first")}
{_field("vector")}
{_field("item")}
; the first share ends where a vector of results may begin, if there is so much
%minus = sub i64 0, %first
%vector.less = sub i64 %vector, 1
%head.bytes = and i64 %minus, %vector.less
%head.items = udiv i64 %head.bytes, %item
%streamed = icmp ne i64 %vector, 0
%is.short = icmp ult i64 %head.items, %total
%has.some = and i1 %streamed, %is.short
%head = select i1 %has.some, i64 %head.items, i64 0
%paying = udiv i64 %total, %pays
%useful = call i64 @llvm.umin.i64(i64 %paying, i64 %threads)
%some.threads = call i64 @llvm.umax.i64(i64 %useful, i64 1)
%cannot = icmp eq ptr %create, null
%crew = select i1 %cannot, i64 1, i64 %some.threads
%helpers = sub i64 %crew, 1
%pieces = mul i64 %crew, {SHARES}
%total.up = add i64 %total, %pieces
%total.less = sub i64 %total.up, 1
%even = udiv i64 %total.less, %pieces
%quarter = lshr i64 %pays, 2
%share.least = call i64 @llvm.umax.i64(i64 %even, i64 %quarter)
%share.up = add i64 %share.least, {BLOCK - 1}
%share.round = and i64 %share.up, {-BLOCK}
%single = icmp eq i64 %crew, 1
%share = select i1 %single, i64 %total, i64 %share.round
%has.head = icmp ne i64 %head, 0
%shift.head = sub i64 %share, %head
%shift = select i1 %has.head, i64 %shift.head, i64 0
%rest = add i64 %total, %shift
%rest.up = add i64 %rest, %share
%rest.less = sub i64 %rest.up, 1
%shares = udiv i64 %rest.less, %share
%in.place = icmp eq i64 %room, 0
%block = select i1 %in.place, i64 %share, i64 {BLOCK}
{_put("block", "i64 %block")}
{_put("share", "i64 %share")}
{_put("shift", "i64 %shift")}
{_put("shares", "i64 %shares")}
%job = call ptr @malloc(i64 {8 * (len(JOB) + 1)})
{_of_job("done")}
{_of_job("holders")}
{_of_job("seen")}
%plan.at = getelementptr i64, ptr %job, i64 {JOB.index("plan")}
%limit.at = getelementptr i64, ptr %job, i64 {len(JOB)}
store i64 0, ptr %job
store i64 0, ptr %done.at
store i64 1, ptr %holders.at
store i64 0, ptr %seen.at
store ptr %plan, ptr %plan.at
store i64 %shares, ptr %limit.at
br label %ask
ask:
%k = phi i64 [ 0, %entry ], [ %k.next, %asked ]
%k.more = icmp ult i64 %k, %helpers
br i1 %k.more, label %one, label %own
one:
%before = atomicrmw add ptr %holders.at, i64 1 seq_cst
%failed = call i32 %create(ptr %thread, ptr null, ptr @help, ptr %job)
%good = icmp eq i32 %failed, 0
br i1 %good, label %loose, label %alone
loose:
%id = load i64, ptr %thread
%ignored = call i32 %detach(i64 %id)
br label %asked
alone:
%less = atomicrmw sub ptr %holders.at, i64 1 seq_cst
br label %asked
asked:
%k.next = add i64 %k, 1
br label %ask
own:
call void @work(ptr %job)
br label %look
look:
%done = load atomic i64, ptr %done.at seq_cst, align 8
%all = icmp eq i64 %done, %shares
br i1 %all, label %end, label %wait
wait:
%yielded = call i32 %yield()
br label %look
end:
%seen = load atomic i64, ptr %seen.at seq_cst, align 8
%result = trunc i64 %seen to i32
call void @leave(ptr %job)
ret i32 %result
}}
"""


def _part(name: str, object: str, place: int, kind: str) -> str:
    """A field of NumPy's array object, as its C interface has it."""
    return f"%{name}.at = getelementptr i8, ptr {object}, i64 {OBJECT + place}\n%{name} = load {kind}, ptr %{name}.at"


_DATA, _RANK, _SHAPE, _TYPE, _FLAGS = 0, 8, 16, 40, 48  # behind the head
_IN_PLACE, _WRITABLE = 0x101, 0x501  # NPY_ARRAY_C_CONTIGUOUS | ALIGNED, | WRITEABLE

NUMBER, ARRAY, SEVERAL, PAIR = range(4)
SPEC: Final = ("ins", "outs", "item", "form", "limit", "watched", "rank", "least", "most", "vector")
"""Then the shape, then which values are uniform. Arrays of up to ``limit`` elements are short; only those of more than
``least`` and up to ``most`` are taken. ``vector`` is 0, or if results are streamed, the bytes of a vector."""
AXES: Final = 2  # of the shape of a function's value, at most


def _said(name: str) -> str:
    return f"%{name}.at = getelementptr i64, ptr %spec, i64 {SPEC.index(name)}\n%{name} = load i64, ptr %{name}.at"


def _new(name: str, rank: str, lengths: str) -> str:
    """A new array."""
    rest = "ptr null, ptr null, i32 0, i32 0, ptr null"
    return f"%{name} = call ptr @PyArray_New(ptr @PyArray_Type, i32 {rank}, ptr {lengths}, i32 %number, {rest})"


def _planned() -> str:
    """A plan for arrays whose numbers lie one after the other, and what following it gives. Where results are streamed,
    vectors of all of them have to begin at the same places."""
    facts = {
        "run": "ptr %run", "ins": "i64 %ins", "outs": "i64 %outs", "rank": "i64 1", "shape": "ptr %plan.shape",
        "room": "i64 0", "total": "i64 %n", "pays": "i64 %limit", "first": "i64 %first.out", "vector": "i64 %vector",
        "item": "i64 %item",
    }  # fmt: skip
    words = [_put(name, value) for name, value in facts.items()]
    return f"""
%first.out = load i64, ptr %outs.data
br label %same.place
same.place:
%s = phi i64 [ 0, %plan.it ], [ %s.next, %same.place ]
%apart.bits = phi i64 [ 0, %plan.it ], [ %apart.more, %same.place ]
%s.at = getelementptr i64, ptr %outs.data, i64 %s
%s.address = load i64, ptr %s.at
%s.differs = xor i64 %s.address, %first.out
%apart.more = or i64 %apart.bits, %s.differs
%s.next = add i64 %s, 1
%s.more = icmp ult i64 %s.next, %outs
br i1 %s.more, label %same.place, label %seen.place
seen.place:
%vector.less = sub i64 %vector, 1
%apart.line = and i64 %apart.more, %vector.less
%together = icmp eq i64 %apart.line, 0
%may.plan = or i1 %in.place, %together
br i1 %may.plan, label %plan.now, label %bail
plan.now:
%plan.shape = alloca i64
store i64 %n, ptr %plan.shape
%plan.operands = mul i64 %both, {WORDS}
%plan.words = add i64 %plan.operands, {HEAD}
%plan = alloca i64, i64 %plan.words
{chr(10).join(words)}
%plan.first = getelementptr i64, ptr %plan, i64 {HEAD}
br label %operand
operand:
%w = phi i64 [ 0, %plan.now ], [ %w.next, %operand.done ]
%w.place = mul i64 %w, {WORDS}
%w.operand = getelementptr i64, ptr %plan.first, i64 %w.place
%w.size = getelementptr i64, ptr %w.operand, i64 1
%w.mode = getelementptr i64, ptr %w.operand, i64 2
%w.strides = getelementptr i64, ptr %w.operand, i64 3
store i64 %item, ptr %w.size
store ptr null, ptr %w.strides
%w.is.in = icmp ult i64 %w, %ins
br i1 %w.is.in, label %operand.in, label %operand.out
operand.in:
%w.in.at = getelementptr ptr, ptr %ins.data, i64 %w
%w.in = load ptr, ptr %w.in.at
%w.uniform.at = getelementptr i64, ptr %uniform, i64 %w
%w.uniform = load i64, ptr %w.uniform.at
br label %operand.done
operand.out:
%w.k = sub i64 %w, %ins
%w.out.at = getelementptr ptr, ptr %outs.data, i64 %w.k
%w.out = load ptr, ptr %w.out.at
br label %operand.done
operand.done:
%w.data = phi ptr [ %w.in, %operand.in ], [ %w.out, %operand.out ]
%w.kind = phi i64 [ %w.uniform, %operand.in ], [ {DIRECT}, %operand.out ]
store ptr %w.data, ptr %w.operand
store i64 %w.kind, ptr %w.mode
%w.next = add i64 %w, 1
%w.more = icmp ult i64 %w.next, %both
br i1 %w.more, label %operand, label %planned
planned:
%state.planned = call ptr @PyEval_SaveThread()
%bits.planned = call i32 @follow(ptr %plan)
call void @PyEval_RestoreThread(ptr %state.planned)
br label %computed"""


def _arrays() -> str:
    return f"""
@_Py_FalseStruct = external global i8
@PyFloat_Type = external global i8
@PyArray_Type = external global i8
@mibun_float64 = external global i8
@mibun_float32 = external global i8
@_Py_NoneStruct = external global i8
declare void @Py_IncRef(ptr) #1
declare void @Py_DecRef(ptr) #1
declare ptr @PyTuple_New(i64) #1
declare ptr @PyEval_SaveThread() #1
declare void @PyEval_RestoreThread(ptr) #1
declare ptr @PyArray_New(ptr, i32, ptr, i32, ptr, ptr, i32, i32, ptr) #1

define internal i1 @fits(ptr %object, ptr %dtype, i32 %wanted) #2 {{
%kind.at = getelementptr i8, ptr %object, i64 {OBJECT - 8}
%kind = load ptr, ptr %kind.at
%is.array = icmp eq ptr %kind, @PyArray_Type
br i1 %is.array, label %array, label %no
array:
{_part("type", "%object", _TYPE, "ptr")}
{_part("flags", "%object", _FLAGS, "i32")}
%right = icmp eq ptr %type, %dtype
%has = and i32 %flags, %wanted
%all = icmp eq i32 %has, %wanted
%good = and i1 %right, %all
ret i1 %good
no:
ret i1 false
}}

define internal i1 @alike(ptr %one, ptr %other) #2 {{
entry:
{_part("rank", "%one", _RANK, "i32")}
{_part("rank2", "%other", _RANK, "i32")}
{_part("shape", "%one", _SHAPE, "ptr")}
{_part("shape2", "%other", _SHAPE, "ptr")}
%same = icmp eq i32 %rank, %rank2
br i1 %same, label %next, label %no
next:
%i = phi i32 [ 0, %entry ], [ %after, %axis ]
%more = icmp ult i32 %i, %rank
br i1 %more, label %axis, label %yes
axis:
%n.at = getelementptr i64, ptr %shape, i32 %i
%n = load i64, ptr %n.at
%m.at = getelementptr i64, ptr %shape2, i32 %i
%m = load i64, ptr %m.at
%after = add i32 %i, 1
%equal = icmp eq i64 %n, %m
br i1 %equal, label %next, label %no
yes:
ret i1 true
no:
ret i1 false
}}

define internal i1 @apart(ptr %one, ptr %other, i64 %bytes) #2 {{
%a = ptrtoint ptr %one to i64
%b = ptrtoint ptr %other to i64
%a.end = add i64 %a, %bytes
%b.end = add i64 %b, %bytes
%before = icmp ule i64 %a.end, %b
%after = icmp ule i64 %b.end, %a
%apart = or i1 %before, %after
ret i1 %apart
}}

define dso_local ptr @arrays(ptr %args, i64 %count, ptr %spec, ptr %run) #2 {{
entry:
{_said("ins")}
{_said("outs")}
{_said("item")}
{_said("form")}
{_said("limit")}
{_said("watched")}
{_said("rank")}
{_said("least")}
{_said("most")}
{_said("vector")}
%shape = getelementptr i64, ptr %spec, i64 {len(SPEC)}
%uniform = getelementptr i64, ptr %spec, i64 {len(SPEC) + AXES}
%ins.data = alloca ptr, i64 %ins
%outs.data = alloca ptr, i64 %outs
%results = alloca ptr, i64 %outs
%numbers = alloca double, i64 %ins
%lengths = alloca i64, i64 {64 + AXES}
%double = icmp eq i64 %item, 8
%dtype = select i1 %double, ptr @mibun_float64, ptr @mibun_float32
%number = select i1 %double, i32 12, i32 11
%plain = icmp eq i64 %count, %ins
%both = add i64 %ins, %outs
%given = icmp eq i64 %count, %both
%right = or i1 %plain, %given
br i1 %right, label %look, label %bail
look:
%k = phi i64 [ 0, %entry ], [ %k.next, %good ]
%first = phi ptr [ null, %entry ], [ %first.next, %good ]
%object.at = getelementptr ptr, ptr %args, i64 %k
%object = load ptr, ptr %object.at
%data.at = getelementptr ptr, ptr %ins.data, i64 %k
%is.uniform.at = getelementptr i64, ptr %uniform, i64 %k
%is.uniform = load i64, ptr %is.uniform.at
%single.value = icmp ne i64 %is.uniform, 0
br i1 %single.value, label %value, label %array
value:
%kind.at = getelementptr i8, ptr %object, i64 {OBJECT - 8}
%kind = load ptr, ptr %kind.at
%is.float = icmp eq ptr %kind, @PyFloat_Type
br i1 %is.float, label %value.is, label %bail
value.is:
{_part("x", "%object", 0, "double")}
%place = getelementptr double, ptr %numbers, i64 %k
store ptr %place, ptr %data.at
br i1 %double, label %long, label %short
long:
store double %x, ptr %place
br label %good
short:
%x.short = fptrunc double %x to float
store float %x.short, ptr %place
br label %good
array:
%fits = call i1 @fits(ptr %object, ptr %dtype, i32 {_IN_PLACE})
br i1 %fits, label %fitting, label %bail
fitting:
{_part("source", "%object", _DATA, "ptr")}
store ptr %source, ptr %data.at
%none.yet = icmp eq ptr %first, null
br i1 %none.yet, label %good, label %compare
compare:
%same = call i1 @alike(ptr %first, ptr %object)
br i1 %same, label %good, label %bail
good:
%first.next = phi ptr [ %first, %long ], [ %first, %short ], [ %object, %fitting ], [ %first, %compare ]
%k.next = add i64 %k, 1
%k.more = icmp ult i64 %k.next, %ins
br i1 %k.more, label %look, label %looked
looked:
%some = icmp ne ptr %first.next, null
br i1 %some, label %measure, label %bail
measure:
{_part("axes", "%first.next", _RANK, "i32")}
%is.number.like = icmp eq i32 %axes, 0
br i1 %is.number.like, label %bail, label %measure.axes
measure.axes:
{_part("sizes", "%first.next", _SHAPE, "ptr")}
br label %product
product:
%axis = phi i32 [ 0, %measure.axes ], [ %axis.next, %times ]
%n = phi i64 [ 1, %measure.axes ], [ %n.next, %times ]
%axis.more = icmp ult i32 %axis, %axes
br i1 %axis.more, label %times, label %counted
times:
%length.at = getelementptr i64, ptr %sizes, i32 %axis
%length = load i64, ptr %length.at
%n.next = mul i64 %n, %length
%axis.next = add i32 %axis, 1
br label %product
counted:
%bytes = mul i64 %n, %item
%before = sub i64 %n, 1
%is.short = icmp ult i64 %before, %limit
%is.streamed = icmp ne i64 %vector, 0
%in.place = xor i1 %is.streamed, true
%short.enough = and i1 %is.short, %in.place
%none.at.all = icmp eq i64 %n, 0
%too.short = icmp ule i64 %n, %least
%too.long = icmp ugt i64 %n, %most
%not.these = or i1 %too.short, %too.long
%not.mine = or i1 %not.these, %none.at.all
br i1 %not.mine, label %bail, label %mine
mine:
br i1 %short.enough, label %sized, label %long.array
long.array:
%can.be.long = icmp ne i64 %limit, 0
%can = and i1 %can.be.long, %given
br i1 %can, label %sized, label %bail
sized:
%too.large = icmp uge i64 %bytes, {SMALLEST}
%keep.out = xor i1 %too.large, true
%may.make = or i1 %given, %keep.out
br i1 %may.make, label %sized.well, label %bail
sized.well:
br i1 %given, label %own.first, label %make
make:
%is.whole = icmp eq i64 %form, {ARRAY}
br i1 %is.whole, label %whole, label %each
whole:
%r.all = trunc i64 %rank to i32
%axes.all = add i32 %r.all, %axes
%bytes.shape = mul i64 %rank, 8
call void @llvm.memcpy.p0.p0.i64(ptr %lengths, ptr %shape, i64 %bytes.shape, i1 false)
%lengths.rest = getelementptr i64, ptr %lengths, i64 %rank
%axes.long = zext i32 %axes to i64
%bytes.sizes = mul i64 %axes.long, 8
call void @llvm.memcpy.p0.p0.i64(ptr %lengths.rest, ptr %sizes, i64 %bytes.sizes, i1 false)
{_new("block", "%axes.all", "%lengths")}
%no.block = icmp eq ptr %block, null
br i1 %no.block, label %failed, label %has.block
has.block:
store ptr %block, ptr %results
{_part("block.data", "%block", _DATA, "ptr")}
br label %split
split:
%p = phi i64 [ 0, %has.block ], [ %p.next, %split ]
%p.offset = mul i64 %p, %bytes
%p.data = getelementptr i8, ptr %block.data, i64 %p.offset
%p.at = getelementptr ptr, ptr %outs.data, i64 %p
store ptr %p.data, ptr %p.at
%p.next = add i64 %p, 1
%p.more = icmp ult i64 %p.next, %outs
br i1 %p.more, label %split, label %compute
each:
%q = phi i64 [ 0, %make ], [ %q.next, %made ]
{_new("new", "%axes", "%sizes")}
%no.new = icmp eq ptr %new, null
br i1 %no.new, label %failed, label %made
made:
{_part("new.data", "%new", _DATA, "ptr")}
%q.at = getelementptr ptr, ptr %outs.data, i64 %q
store ptr %new.data, ptr %q.at
%q.result.at = getelementptr ptr, ptr %results, i64 %q
store ptr %new, ptr %q.result.at
%q.next = add i64 %q, 1
%q.more = icmp ult i64 %q.next, %outs
br i1 %q.more, label %each, label %compute
own.first:
br label %own
own:
%o = phi i64 [ 0, %own.first ], [ %o.next, %own.good ]
%o.place = add i64 %ins, %o
%o.object.at = getelementptr ptr, ptr %args, i64 %o.place
%o.object = load ptr, ptr %o.object.at
%o.fits = call i1 @fits(ptr %o.object, ptr %dtype, i32 {_WRITABLE})
br i1 %o.fits, label %own.fits, label %bail
own.fits:
%o.alike = call i1 @alike(ptr %first.next, ptr %o.object)
br i1 %o.alike, label %own.alike, label %bail
own.alike:
{_part("o.data", "%o.object", _DATA, "ptr")}
%o.at = getelementptr ptr, ptr %outs.data, i64 %o
store ptr %o.data, ptr %o.at
br label %others
others:
%h = phi i64 [ 0, %own.alike ], [ %h.next, %others.apart ]
%h.more = icmp ult i64 %h, %o
br i1 %h.more, label %other, label %against.first
other:
%h.at = getelementptr ptr, ptr %outs.data, i64 %h
%h.data = load ptr, ptr %h.at
%h.apart = call i1 @apart(ptr %h.data, ptr %o.data, i64 %bytes)
br i1 %h.apart, label %others.apart, label %bail
others.apart:
%h.next = add i64 %h, 1
br label %others
against.first:
br label %against
against:
%g = phi i64 [ 0, %against.first ], [ %g.next, %against.good ]
%g.uniform.at = getelementptr i64, ptr %uniform, i64 %g
%g.uniform = load i64, ptr %g.uniform.at
%g.skip = icmp ne i64 %g.uniform, 0
%g.at = getelementptr ptr, ptr %ins.data, i64 %g
%g.data = load ptr, ptr %g.at
%g.apart = call i1 @apart(ptr %g.data, ptr %o.data, i64 %bytes)
%g.same = icmp eq ptr %g.data, %o.data
%g.unwatched = icmp eq i64 %watched, 0
%g.in.place = and i1 %g.same, %g.unwatched
%g.fine = or i1 %g.apart, %g.in.place
%g.good = or i1 %g.fine, %g.skip
br i1 %g.good, label %against.good, label %bail
against.good:
%g.next = add i64 %g, 1
%g.more = icmp ult i64 %g.next, %ins
br i1 %g.more, label %against, label %own.good
own.good:
%o.next = add i64 %o, 1
%o.more = icmp ult i64 %o.next, %outs
br i1 %o.more, label %own, label %compute
compute:
br i1 %short.enough, label %at.once, label %plan.it
plan.it:
{_planned()}
at.once:
%long.work = icmp ugt i64 %n, {FREE}
br i1 %long.work, label %freely, label %holding
freely:
%state = call ptr @PyEval_SaveThread()
%bits.free = call i32 %run(ptr %ins.data, ptr %outs.data, i64 %n)
call void @PyEval_RestoreThread(ptr %state)
br label %computed
holding:
%bits.held = call i32 %run(ptr %ins.data, ptr %outs.data, i64 %n)
br label %computed
computed:
%bits = phi i32 [ %bits.free, %freely ], [ %bits.held, %holding ], [ %bits.planned, %planned ]
%clean = icmp eq i32 %bits, 0
br i1 %given, label %deliver, label %own.results
deliver:
br i1 %clean, label %delivered, label %not.clean
not.clean:
call void @Py_IncRef(ptr @_Py_FalseStruct)
ret ptr @_Py_FalseStruct
delivered:
%last.at = getelementptr ptr, ptr %args, i64 %ins
%last = load ptr, ptr %last.at
call void @Py_IncRef(ptr %last)
ret ptr %last
own.results:
%is.whole.too = icmp eq i64 %form, {ARRAY}
%only.at = getelementptr ptr, ptr %results, i64 0
br i1 %is.whole.too, label %one.block, label %arrange
one.block:
br i1 %clean, label %return.block, label %drop.block
return.block:
%whole.result = load ptr, ptr %only.at
ret ptr %whole.result
drop.block:
%whole.dropped = load ptr, ptr %only.at
call void @Py_DecRef(ptr %whole.dropped)
br label %bail
arrange:
br i1 %clean, label %arrange.clean, label %drop
drop:
%d = phi i64 [ 0, %arrange ], [ %d.next, %drop ]
%d.at = getelementptr ptr, ptr %results, i64 %d
%d.object = load ptr, ptr %d.at
call void @Py_DecRef(ptr %d.object)
%d.next = add i64 %d, 1
%d.more = icmp ult i64 %d.next, %outs
br i1 %d.more, label %drop, label %bail
arrange.clean:
%only = load ptr, ptr %only.at
%is.number = icmp eq i64 %form, {NUMBER}
br i1 %is.number, label %return.only, label %several
return.only:
ret ptr %only
several:
%is.pair = icmp eq i64 %form, {PAIR}
%is.two = icmp eq i64 %outs, 2
%not.two = xor i1 %is.two, true
%nested = and i1 %is.pair, %not.two
%skip = zext i1 %nested to i64
%inner.count = sub i64 %outs, %skip
%tuple = call ptr @PyTuple_New(i64 %inner.count)
%no.tuple = icmp eq ptr %tuple, null
br i1 %no.tuple, label %failed, label %fill.first
fill.first:
%none.inside = icmp eq i64 %inner.count, 0
br i1 %none.inside, label %filled, label %fill
fill:
%f = phi i64 [ 0, %fill.first ], [ %f.next, %fill ]
%f.source = add i64 %f, %skip
%f.from.at = getelementptr ptr, ptr %results, i64 %f.source
%f.object = load ptr, ptr %f.from.at
%f.items = getelementptr i8, ptr %tuple, i64 {ITEMS}
%f.to = getelementptr ptr, ptr %f.items, i64 %f
store ptr %f.object, ptr %f.to
%f.next = add i64 %f, 1
%f.more = icmp ult i64 %f.next, %inner.count
br i1 %f.more, label %fill, label %filled
filled:
br i1 %nested, label %nest, label %return.tuple
return.tuple:
ret ptr %tuple
nest:
%outer = call ptr @PyTuple_New(i64 2)
%no.outer = icmp eq ptr %outer, null
br i1 %no.outer, label %failed, label %nest.fill
nest.fill:
%outer.0 = getelementptr i8, ptr %outer, i64 {ITEMS}
%outer.1 = getelementptr i8, ptr %outer, i64 {ITEMS + 8}
store ptr %only, ptr %outer.0
store ptr %tuple, ptr %outer.1
ret ptr %outer
failed:
ret ptr null
bail:
call void @Py_IncRef(ptr @_Py_NoneStruct)
ret ptr @_Py_NoneStruct
}}
"""


FREE: Final = 2048  # elements above which other threads may run meanwhile
