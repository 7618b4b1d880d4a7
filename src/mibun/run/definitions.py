"""Functions of one number that the C library lacks, or has in another form, as LLVM's text.

They compute what :mod:`mibun.run.special` says.
"""

from __future__ import annotations

import math
import struct
from typing import Final, NamedTuple

from mibun.run.special import _BERNOULLI, _SHIFT


def _word(value: float) -> str:
    return f"0x{struct.unpack('<Q', struct.pack('<d', value))[0]:016X}"


def _two_sum(name: str, total: str, left: str, term: str) -> str:
    """``name`` is ``total`` + ``term``; ``name.left`` is ``left`` with what the addition has lost."""
    return f"""%{name} = fadd double {total}, {term}
%{name}.a = fsub double %{name}, {total}
%{name}.b = fsub double %{name}, %{name}.a
%{name}.c = fsub double {total}, %{name}.b
%{name}.d = fsub double {term}, %{name}.a
%{name}.e = fadd double %{name}.c, %{name}.d
%{name}.left = fadd double {left}, %{name}.e"""


def _series() -> str:
    lines = ["%square = fmul double %v, %v"]
    before = "0.0"
    for i, coefficient in enumerate(reversed(_BERNOULLI)):
        lines += [f"%q{i} = fadd double {before}, {_word(coefficient)}", f"%p{i} = fdiv double %q{i}, %square"]
        before = f"%p{i}"
    return "\n".join([*lines, f"%series = fneg double {before}"])


_DIGAMMA: Final = f"""
define internal double @mibun_digamma(double %x) #7 {{
entry:
%size = call double @llvm.fabs.f64(double %x)
%finite = fcmp olt double %size, {_word(math.inf)}
br i1 %finite, label %inside, label %outside
outside:
%positive = fcmp ogt double %x, 0.0
%limit = select i1 %positive, double %x, double {_word(math.nan)}
ret double %limit
inside:
%floor = call double @llvm.floor.f64(double %x)
%whole = fcmp oeq double %floor, %x
%low = fcmp ole double %x, 0.0
%pole = and i1 %whole, %low
br i1 %pole, label %none, label %side
none:
ret double {_word(math.nan)}
side:
%negative = fcmp olt double %x, 0.0
br i1 %negative, label %mirror, label %begin
mirror:
%nearest = call double @llvm.rint.f64(double %x)
%part = fsub double %x, %nearest
%angle = fmul double %part, {_word(math.pi)}
%tangent = call double @tan(double %angle)
%cotangent = fdiv double 1.0, %tangent
%reflected = fmul double {_word(-math.pi)}, %cotangent
%other = fsub double 1.0, %x
br label %begin
begin:
%v0 = phi double [ %x, %side ], [ %other, %mirror ]
%s0 = phi double [ 0.0, %side ], [ %reflected, %mirror ]
br label %next
next:
%v = phi double [ %v0, %begin ], [ %v.next, %shift ]
%s = phi double [ %s0, %begin ], [ %sum, %shift ]
%left = phi double [ 0.0, %begin ], [ %sum.left, %shift ]
%more = fcmp olt double %v, {_word(_SHIFT)}
br i1 %more, label %shift, label %end
shift:
%term = fdiv double -1.0, %v
{_two_sum("sum", "%s", "%left", "%term")}
%v.next = fadd double %v, 1.0
br label %next
end:
{_series()}
%logarithm = call double @log(double %v)
%half = fdiv double -0.5, %v
{_two_sum("one", "%s", "%left", "%logarithm")}
{_two_sum("two", "%one", "%one.left", "%half")}
{_two_sum("three", "%two", "%two.left", "%series")}
%total = fadd double %three, %three.left
%lost = fcmp uno double %total, %total
%result = select i1 %lost, double %three, double %total
ret double %result
}}"""

_LGAMMA: Final = """
define internal double @mibun_lgamma(double %x) #7 {
%sign = alloca i32
%value = call double @lgamma_r(double %x, ptr %sign)
ret double %value
}"""


class Definition(NamedTuple):
    """``needs`` are the functions of the C library that it calls, ``declared`` all declarations that go with it."""

    text: str
    needs: tuple[str, ...]
    declared: dict[str, str]


def _pure(name: str) -> str:
    return f"declare double @{name}(double) #0"


DEFINITIONS: Final[dict[str, Definition]] = {
    "mibun_digamma": Definition(
        _DIGAMMA,
        ("tan", "log"),
        {f"@{name}": _pure(name) for name in ("llvm.fabs.f64", "llvm.floor.f64", "llvm.rint.f64", "tan", "log")},
    ),
    "mibun_lgamma": Definition(_LGAMMA, ("lgamma_r",), {"@lgamma_r": "declare double @lgamma_r(double, ptr) #1"}),
}
