"""Mathematical functions of whole vectors.

Those that formulas use most are written here, as polynomials, in the middle of the code that needs them: a sine and a
cosine share the reduction of their angle, and nothing has to be saved for a call. They need x·y + z in one rounding.
For others, and where a processor has no such operation, glibc's libmvec is called, where it is; what that lacks, too,
is called in the C library, once for each lane.

Results are within :data:`ACCURACY` of the truth. Methods: argument reduction in several parts (W. J. Cody and W. Waite,
Software manual for the elementary functions, 1980), which a fused operation makes exact; for logarithms the series in
s = f/(2 + f). The polynomials come from ``tests/data/make_polynomials.py``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Final

from mibun.run import symbols
from mibun.run.llvm import Emitter, lost_bits, rounded

# fmt: off
EXP: Final = (  # error 2^-57.9
    0.5000000000000011, 0.1666666666666645, 0.04166666666652726, 0.008333333333473143, 0.001388888894423368,
    0.00019841269549415632, 2.480149257580418e-05, 2.7557550307222625e-06, 2.763041002868579e-07,
    2.5010942597973897e-08,
)
EXP_SINGLE: Final = (  # error 2^-28.3
    0.4999999403953552, 0.1666652113199234, 0.04166826233267784, 0.00836867094039917, 0.0013820999301970005,
)
EXPM1: Final = (  # error 2^-61.6
    0.5, 0.16666666666666677, 0.041666666666666685, 0.008333333333321756, 0.0013888888888890874,
    0.00019841269885463448, 2.480158728842415e-05, 2.7557245036319647e-06, 2.7557319304955404e-07,
    2.5108722117705396e-08, 2.0897513627025016e-09,
)
EXPM1_SINGLE: Final = (  # error 2^-31.1
    0.5, 0.1666666567325592, 0.04166649281978607, 0.008333546109497547, 0.0013932321453467011, 0.00019761724979616702,
)
SIN: Final = (  # error 2^-58.0
    -0.16666666666666632, 0.00833333333332249, -0.00019841269829857063, 2.755731370645154e-06,
    -2.5050760110118317e-08, 1.5896899174700496e-10,
)
SIN_SINGLE: Final = (  # error 2^-28.0
    -0.16666655242443085, 0.008332191966474056, -0.00019518785120453686,
)
COS: Final = (  # error 2^-64.2
    0.0416666666666666, -0.0013888888888874472, 2.4801587289668945e-05, -2.7557314399966335e-07,
    2.0875729098825114e-09, -1.1359923066847904e-11,
)
COS_SINGLE: Final = (  # error 2^-33.1
    0.04166664555668831, -0.00138873013202101, 2.443066841806285e-05,
)
LOG: Final = (  # error 2^-59.5
    0.6666666666666734, 0.39999999999416574, 0.28571428742058674, 0.22222198600318785, 0.18183563178757417,
    0.15314074452480628, 0.14795756697992804,
)
POW: Final = (  # error 2^-66.3
    0.4000000000000226, 0.28571428570097146, 0.2222222252032984, 0.18181784333248815, 0.15386758831257785,
    0.13256783893505988, 0.1319663518657295,
)
POW_SINGLE: Final = (0.40000152587890625, 0.28547096252441406, 0.23419395089149475)  # error 2^-36.8
LOG_SINGLE: Final = (  # error 2^-30.2
    0.6666677594184875, 0.39977580308914185, 0.29870927333831787,
)
ERF: Final = (  # error 2^-56.0
    0.12837916709551256, -0.37612638903183376, 0.11283791670939435, -0.02686617064246542, 0.005223977601464994,
    -0.0008548325729549568, 0.00012055288149818973, -1.4924616562263686e-05, 1.644603742669679e-06,
    -1.6198497914698513e-07, 1.3679261918142316e-08, -7.723642601064116e-10,
)
ERF_SINGLE: Final = (  # error 2^-24.6
    0.12837912142276764, -0.37612321972846985, 0.11280151456594467, -0.026710577309131622, 0.00491675641387701,
    -0.0005628352519124746,
)
ERFC: Final = (  # error 2^-59.5
    1.0740069070883984, -0.883394453167172, 0.5902283571175757, -0.3104672627743185, 0.1195277425025866,
    -0.026827416428628594, -0.0012134451128511625, 0.0030304462174206483, -0.0005560115854686384,
    -0.0002849224029893224, 0.0001093834831706909, 4.667884534389121e-05,
)
ERFC_SINGLE: Final = (  # error 2^-32.2
    1.074013590812683, -0.8832471370697021, 0.5914701223373413, -0.3052976131439209, 0.1306026130914688,
    -0.016152063384652138,
)
# fmt: on


class _Kind:
    """What depends on whether numbers have 64 or 32 bits."""

    def __init__(self, single: bool) -> None:
        self.exp: Sequence[float] = EXP_SINGLE if single else EXP
        self.expm1: Sequence[float] = EXPM1_SINGLE if single else EXPM1
        self.sin: Sequence[float] = SIN_SINGLE if single else SIN
        self.cos: Sequence[float] = COS_SINGLE if single else COS
        self.log: Sequence[float] = LOG_SINGLE if single else LOG
        self.erf: Sequence[float] = ERF_SINGLE if single else ERF
        self.erfc: Sequence[float] = ERFC_SINGLE if single else ERFC
        self.pow: Sequence[float] = POW_SINGLE if single else POW
        self.fraction = 23 if single else 52  # bits behind the point
        self.bias = 127 if single else 1023
        self.magic = 1.5 * 2.0**self.fraction  # x + magic has rint(x) in its last bits
        self.half_pi = _split(single, "pi/2")
        self.log2 = _split(single, "ln 2")
        self.log2_short = _split(single, "ln 2", 9 if single else 12)[:2]  # times k without rounding
        self.two_thirds = _split(single, "2/3")[:2]
        self.angle = 1e5 if single else 1e9  # beyond that, a sine is left to the C library
        self.top = 89.0 if single else 710.0  # e^x overflows before that
        self.bottom = -104.0 if single else -746.0  # e^x is nothing before that
        self.steep = 88.0 if single else 709.0  # up to that, e^x does not overflow
        self.smallest = 2.0**-126 if single else 2.0**-1022
        self.root = 0x3F3504F3 if single else 0x3FE6A09E667F3BCD  # the bits of √½


def _split(single: bool, what: str, short: int = 0) -> tuple[float, float, float]:
    """A number as a sum of three, none of them negative: x - 0·y is then x for -0.0, too. The first lacks ``short`` of
    its bits."""
    digits = {  # from the OEIS, A019669 and A002162
        "pi/2": "1.5707963267948966192313216916397514420985846996875529104874722961539082031431",
        "ln 2": "0.6931471805599453094172321214581765680755001343602552541206800094933936219696947",
        "2/3": "0.6666666666666666666666666666666666666666666666666666666666666666666666666666666",
    }
    from decimal import Decimal, localcontext

    parts: list[float] = []
    with localcontext() as context:
        context.prec = 80
        rest = Decimal(digits[what])
        for _ in range(3):
            part = rounded(float(rest)) if single else float(rest)
            if part > rest:
                part = rounded(part * (1 - 2.0**-24)) if single else math.nextafter(part, 0.0)
            if short and not parts:  # all three begin with ½ or more
                grain = 2.0 ** (short - (24 if single else 53))
                part = math.floor(part / grain) * grain
            parts.append(part)
            rest -= Decimal(part)
    return parts[0], parts[1], parts[2]


_KINDS: Final[dict[bool, _Kind]] = {}


def _kind(e: Emitter) -> _Kind:
    if e.single not in _KINDS:
        _KINDS[e.single] = _Kind(e.single)
    return _KINDS[e.single]


def _polynomial(e: Emitter, x: str, coefficients: Sequence[float]) -> str:
    total = e.number(coefficients[-1])
    for c in coefficients[-2::-1]:
        total = e.fma(total, x, e.number(c))
    return total


def _sum(e: Emitter, a: str, b: str) -> str:
    return e.line(f"fadd {e.real} {a}, {b}")


def _difference(e: Emitter, a: str, b: str) -> str:
    return e.line(f"fsub {e.real} {a}, {b}")


def _product(e: Emitter, a: str, b: str) -> str:
    return e.line(f"fmul {e.real} {a}, {b}")


def _quotient(e: Emitter, a: str, b: str) -> str:
    return e.line(f"fdiv {e.real} {a}, {b}")


def divided(e: Emitter, x: str, y: str, ordinary: bool) -> str:
    """x/y by 1/y, which others need, too: 1.5 units off at most, and 1 more for a y beyond a quarter of the largest
    number. The inverse of a subnormal number may be none, if y is not ``ordinary``."""
    if not ordinary:
        twice = e.on_bits("shl", e.bits(y), e.integer(1))
        below = e.on_bits("sub", twice, e.integer(1))
        e.lose(e.compare_bits("ult", below, e.integer((2 << _kind(e).fraction) - 1)))
    return e.binary("fmul", x, e.binary("fdiv", e.number(1.0), y))


def divided_by_number(e: Emitter, x: str, y: float) -> str:
    """x/y, rounded as a division is but for one case in 2⁵⁰, by 1/y in two parts. None of these is larger than the
    number itself: both products have the same sign, and no infinity meets another."""
    if e.single:
        y = rounded(y)
    if not 2.0**-60 < abs(y) < 2.0**60:
        return e.binary("fdiv", x, e.number(y))
    exact = 1 / Fraction(y)
    high = rounded(float(exact)) if e.single else float(exact)
    if abs(Fraction(high)) > abs(exact):
        high = rounded(high * (1 - 2.0**-24)) if e.single else math.nextafter(high, 0.0)
    low = float(exact - Fraction(high))
    if low == 0.0:
        return e.binary("fmul", x, e.number(high))
    return e.fma(x, e.number(high), e.binary("fmul", x, e.number(low)))


def _nearest(e: Emitter, x: str, factor: float) -> tuple[str, str]:
    """rint(x · factor), as the last bits of one number, and as a number."""
    magic = e.number(_kind(e).magic)
    shifted = e.fma(x, e.number(factor), magic)
    return shifted, _difference(e, shifted, magic)


def _without(e: Emitter, x: str, k: str, parts: Sequence[float]) -> str:
    """x - k·(the sum of ``parts``)."""
    minus = e.neg(k)
    for part in parts:
        x = e.fma(minus, e.number(part), x)
    return x


def _capped(e: Emitter, x: str, low: float | None, high: float | None) -> str:
    """x, moved into an interval; NaN stays."""
    if low is not None:
        edge = e.number(low)
        x = e.select(e.compare("ogt", edge, x), edge, x)
    if high is not None:
        edge = e.number(high)
        x = e.select(e.compare("olt", edge, x), edge, x)
    return x


def _avx512(e: Emitter) -> bool:
    return e.machine is not None and e.machine.vectors == "avx512"


def _of_avx512(e: Emitter, name: str, takes: str, arguments: str) -> str:
    """An operation of AVX-512 on whole vectors, in all lanes and rounded as the processor does."""
    whole = f"@llvm.x86.avx512.mask.{name}.{'ps' if e.single else 'pd'}.512"
    e.outside[whole] = f"declare {e.real} {whole}({takes}, i{e.lanes}, i32)"
    return e.line(f"call {e.real} {whole}({arguments}, i{e.lanes} -1, i32 4)")


def _power_of_two(e: Emitter, shifted: str) -> str:
    """2^k from what :func:`_nearest` gives, for k that have a normal number."""
    kind = _kind(e)
    there = e.on_bits("shl", e.bits(shifted), e.integer(kind.fraction))
    return e.of_bits(e.on_bits("add", there, e.integer(kind.bias << kind.fraction)))


def _scaled(e: Emitter, x: str, k: str) -> str:
    """x · 2^k, rounded once, whatever k."""
    if _avx512(e):
        given = f"{e.real} {x}, {e.real} {k}, {e.real} zeroinitializer"
        return _of_avx512(e, "scalef", f"{e.real}, {e.real}, {e.real}", given)
    shifted, half = _nearest(e, k, 0.5)
    other = _sum(e, _difference(e, k, half), e.number(_kind(e).magic))
    return _product(e, _product(e, x, _power_of_two(e, shifted)), _power_of_two(e, other))


def _reduced(e: Emitter, x: str) -> tuple[str, str, str]:
    """x = k ln 2 + r: what has k in its last bits, k, r."""
    kind = _kind(e)
    shifted, k = _nearest(e, x, 1 / math.log(2))
    return shifted, k, _without(e, x, k, kind.log2[:2])


def exp(e: Emitter, x: str) -> str:
    kind = _kind(e)
    _, k, r = _reduced(e, _capped(e, x, kind.bottom, kind.top))
    return _scaled(e, _polynomial(e, r, (1.0, 1.0, *kind.exp)), k)


def expm1(e: Emitter, x: str) -> str:
    """2^k (e^r - 1) + (2^k - 1), both halved on the way: 2^1024 is no number."""
    kind = _kind(e)
    shifted, _, r = _reduced(e, _capped(e, x, -60.0, kind.top))
    grown = e.fma(_product(e, r, r), _polynomial(e, r, kind.expm1), r)
    down = e.of_bits(e.on_bits("add", e.bits(shifted), e.integer(-1)))
    half = _power_of_two(e, down)
    total = e.fma(half, grown, _difference(e, half, e.number(0.5)))
    return _or_itself(e, x, _sum(e, total, total))


def exp_and_expm1(e: Emitter, x: str) -> tuple[str, str]:
    """Both, which have all but the last steps in common."""
    kind = _kind(e)
    _, k, r = _reduced(e, _capped(e, x, kind.bottom, kind.top))
    rest, one = _polynomial(e, r, kind.expm1), e.number(1.0)
    grown = e.fma(_product(e, r, r), rest, r)
    half = _scaled(e, e.number(0.5), k)
    total = e.fma(half, grown, _difference(e, half, e.number(0.5)))
    whole = e.fma(e.fma(rest, r, one), r, one)
    return _scaled(e, whole, k), _or_itself(e, x, _sum(e, total, total))


def _or_itself(e: Emitter, x: str, value: str) -> str:
    """``value``, but x where x is so small that they are the same: its halves may be nothing, and -0.0 stays."""
    small = e.compare("olt", e.intrinsic("fabs", x), e.number(2.0 ** -(_kind(e).fraction + 2)))
    return e.select(small, x, value)


def _turned(e: Emitter, x: str) -> tuple[str, str, str]:
    """The quarter turns in x, in the last bits, and sine and cosine of the rest, between -π/4 and π/4."""
    kind = _kind(e)
    e.lose(e.compare("ogt", e.intrinsic("fabs", x), e.number(kind.angle)))
    shifted, k = _nearest(e, x, 2 / math.pi)
    r = _without(e, x, k, kind.half_pi)
    t = _product(e, r, r)
    sine = _product(e, r, e.fma(t, _polynomial(e, t, kind.sin), e.number(1.0)))
    cosine = e.fma(t, e.fma(t, _polynomial(e, t, kind.cos), e.number(-0.5)), e.number(1.0))
    return e.bits(shifted), sine, cosine


def _of_quarter(e: Emitter, quarter: str, even: str, odd: str) -> str:
    """``even`` or ``odd``, with the sign that two quarter turns change."""
    is_even = e.compare_bits("eq", e.on_bits("and", quarter, e.integer(1)), e.integer(0))
    size = 31 if e.single else 63
    sign = e.on_bits("and", e.on_bits("shl", quarter, e.integer(size - 1)), e.integer(-1 << size))
    return e.of_bits(e.on_bits("xor", e.bits(e.select(is_even, even, odd)), sign))


def sin(e: Emitter, x: str) -> str:
    quarter, sine, cosine = _turned(e, x)
    return _of_quarter(e, quarter, sine, cosine)


def cos(e: Emitter, x: str) -> str:
    quarter, sine, cosine = _turned(e, x)
    return _of_quarter(e, e.on_bits("add", quarter, e.integer(1)), sine, cosine)


def tan(e: Emitter, x: str) -> str:
    quarter, sine, cosine = _turned(e, x)
    is_even = e.compare_bits("eq", e.on_bits("and", quarter, e.integer(1)), e.integer(0))
    above = e.select(is_even, sine, e.neg(cosine))
    return _quotient(e, above, e.select(is_even, cosine, sine))


def _taken_apart(e: Emitter, x: str) -> tuple[str, str, str]:
    """A normal x > 0 as (1 + f)·2^k with 1 + f between √½ and √2: f, k, and k among the bits of a number."""
    kind = _kind(e)
    bits = e.bits(x)
    shift = (kind.bias - 1) << kind.fraction
    high = e.on_bits("sub", bits, e.integer(kind.root - shift))
    exponent = e.on_bits("and", high, e.integer(-1 << kind.fraction))
    mantissa = e.of_bits(e.on_bits("add", e.on_bits("sub", bits, exponent), e.integer(shift)))  # √½ … √2
    # A number with the exponent in its last bits
    word = (kind.bias + kind.fraction) << kind.fraction
    counted = e.of_bits(e.on_bits("or", e.on_bits("lshr", high, e.integer(kind.fraction)), e.integer(word)))
    k = _difference(e, counted, e.number(2.0**kind.fraction + kind.bias - 1))
    return _sum(e, mantissa, e.number(-1.0)), k, exponent


def _logarithm(e: Emitter, x: str, rest: str | None = None) -> str:
    """ln(x + rest) for a normal x."""
    kind = _kind(e)
    f, k, exponent = _taken_apart(e, x)
    if rest is not None:
        if _avx512(e):
            f = _sum(e, f, _scaled(e, rest, e.neg(k)))
        else:
            down = e.of_bits(e.on_bits("sub", e.integer((2 * kind.bias - 1) << kind.fraction), exponent))
            small = e.compare("olt", x, e.number(2.0**kind.fraction))
            f = e.select(small, e.fma(rest, down, f), f)
    s = _quotient(e, f, _sum(e, f, e.number(2.0)))
    t = _product(e, s, s)
    series = _product(e, t, _polynomial(e, t, kind.log))
    value = e.fma(e.neg(s), _difference(e, f, series), f)
    value = e.fma(k, e.number(kind.log2[1]), value)
    return e.fma(k, e.number(kind.log2[0]), value)


def _edges(e: Emitter, x: str, value: str) -> str:
    """``value``, but what ln x is where x is no positive number."""
    if _avx512(e):
        given = f"{e.real} {value}, {e.real} {x}, {e.whole} {e.integer(_FIX)}, i32 0"
        return _of_avx512(e, "fixupimm", f"{e.real}, {e.real}, {e.whole}, i32", given)
    zero = e.number(0.0)
    other = e.select(e.compare("oeq", x, zero), e.number(-math.inf), x)
    other = e.select(e.compare("olt", x, zero), e.number(math.nan), other)
    usual = e.logic("and", e.compare("ogt", x, zero), e.compare("olt", x, e.number(math.inf)))
    return e.select(usual, value, other)


# Four bits for each kind of argument, in this order: QNaN, SNaN, 0, 1, -∞, +∞, negative, positive. 0 keeps the value,
# 1 takes x, 2 makes x a quiet NaN, 3 is NaN, 4 is -∞, 5 is +∞.
_FIX: Final = sum(code << 4 * i for i, code in enumerate((2, 2, 4, 0, 3, 5, 3, 0)))


def log(e: Emitter, x: str) -> str:
    kind = _kind(e)
    below = e.compare_bits("ult", e.on_bits("sub", e.bits(x), e.integer(1)), e.integer((1 << kind.fraction) - 1))
    e.lose(below)  # a subnormal number
    return _edges(e, x, _logarithm(e, x))


def log1p(e: Emitter, x: str) -> str:
    one = e.number(1.0)
    whole = _sum(e, one, x)
    rest = _difference(e, x, _difference(e, whole, one))
    value = _edges(e, whole, _logarithm(e, whole, rest))
    return _or_itself(e, x, value)


def _long_logarithm(e: Emitter, x: str) -> tuple[str, str]:
    """ln x for a normal x > 0, and what that lacks. A name with an ``l`` is what the number before it lacks."""
    kind = _kind(e)
    high = e.bits(e.number(math.inf))
    low = e.bits(e.number(kind.smallest))
    e.lose(e.compare_bits("uge", e.on_bits("sub", e.bits(x), low), e.on_bits("sub", high, low)))
    f, k, _ = _taken_apart(e, x)
    # s = f/(2 + f), t = s², c = s³
    two = e.number(2.0)
    below = _sum(e, f, two)
    below_l = _difference(e, f, _difference(e, below, two))
    inverse = _quotient(e, e.number(1.0), below)
    s = _product(e, f, inverse)
    minus = e.neg(s)
    s_l = _product(e, e.fma(minus, below_l, e.fma(minus, below, f)), inverse)
    double = _sum(e, s, s)
    t = _product(e, s, s)
    t_l = e.fma(double, s_l, e.fma(s, s, e.neg(t)))
    c = _product(e, s, t)
    c_l = e.fma(s_l, t, e.fma(s, t_l, e.fma(s, t, e.neg(c))))
    # 2 s + 2/3 c + c t p(t)
    third, third_l = (e.number(part) for part in kind.two_thirds)
    q = _product(e, third, c)
    q_l = e.fma(third_l, c, e.fma(third, c_l, e.fma(third, c, e.neg(q))))
    rest = e.fma(_product(e, c, t), _polynomial(e, t, kind.pow), q_l)
    log = _sum(e, double, q)
    log_l = _sum(e, _sum(e, _difference(e, double, log), q), e.fma(two, s_l, rest))
    # + k ln 2
    whole = _product(e, k, e.number(kind.log2_short[0]))
    total = _sum(e, whole, log)
    total_l = _sum(e, _difference(e, log, _difference(e, total, whole)), log_l)
    total_l = e.fma(k, e.number(kind.log2_short[1]), total_l)
    return total, total_l


def log_of_base(e: Emitter, x: str) -> str:
    """ln x where :func:`pow` takes a power of x, too."""
    total, total_l = _long_logarithm(e, x)
    return _sum(e, total, total_l)


def pow(e: Emitter, x: str, y: str) -> str:
    """e^(y ln x) for normal x > 0 and results that are normal, the logarithm to twice as many digits."""
    kind = _kind(e)
    total, total_l = _long_logarithm(e, x)
    power = _product(e, y, total)
    power_l = e.fma(y, total_l, e.fma(y, total, e.neg(power)))
    e.lose(e.compare("uge", e.intrinsic("fabs", power), e.number(kind.steep - 1)))
    shifted, _, r = _reduced(e, power)
    value = _polynomial(e, _sum(e, r, power_l), (1.0, 1.0, *kind.exp))
    return _product(e, value, _power_of_two(e, shifted))


def tanh(e: Emitter, x: str) -> str:
    size = _capped(e, e.intrinsic("fabs", x), None, 20.0)
    grown = expm1(e, _sum(e, size, size))
    return e.intrinsic("copysign", _quotient(e, grown, _sum(e, grown, e.number(2.0))), x)


def sinh(e: Emitter, x: str) -> str:
    size = e.intrinsic("fabs", x)
    e.lose(e.compare("ogt", size, e.number(_kind(e).steep)))
    grown = expm1(e, size)
    both = _sum(e, grown, _quotient(e, grown, _sum(e, grown, e.number(1.0))))
    return e.intrinsic("copysign", _product(e, both, e.number(0.5)), x)


def erf(e: Emitter, x: str) -> str:
    """Near 0 a polynomial, beyond ±1 one less the rest, of which e^(-x²) is also what the derivative needs."""
    kind = _kind(e)
    square = e.binary("fmul", x, x)
    near = e.fma(x, _polynomial(e, square, kind.erf), x)
    size = e.intrinsic("fabs", x)
    inverse = _quotient(e, e.number(1.0), _sum(e, size, e.number(3.0)))
    u = e.fma(e.number(-6.0), inverse, e.number(1.0))
    rest = _product(e, _polynomial(e, u, kind.erfc), inverse)
    far = e.fma(e.neg(exp(e, e.neg(square))), rest, e.number(1.0))
    return e.select(e.compare("olt", size, e.number(1.0)), near, e.intrinsic("copysign", far, x))


def cosh(e: Emitter, x: str) -> str:
    size = e.intrinsic("fabs", x)
    e.lose(e.compare("ogt", size, e.number(_kind(e).steep)))
    grown = exp(e, size)
    return e.fma(grown, e.number(0.5), _quotient(e, e.number(0.5), grown))


ACCURACY: Final[dict[str, float]] = {
    "exp": 1.0,
    "expm1": 2.0,
    "log": 1.5,
    "log1p": 2.0,
    "sin": 2.0,
    "cos": 2.0,
    "tan": 4.0,
    "sinh": 2.5,
    "cosh": 2.0,
    "erf": 2.0,
    "pow": 2.0,
    "tanh": 2.5,
}
"""How far a result may be from the truth, in units in the last place of the result. For what is not written here it is
:data:`OTHERS`, but for the gamma functions, which are as good as the C library's. Floats are the C library's, too."""

OTHERS: Final = 4.0

OWN: Final[dict[str, Callable[..., str]]] = {
    function.__name__: function for function in (exp, expm1, sin, cos, tan, log, log1p, pow, tanh, sinh, cosh, erf)
}


def emit(e: Emitter, name: str, args: Sequence[str]) -> str:
    """The value of ``name``, the C library's name of a function, in every lane."""
    if name in OWN and e.lanes > 1 and e.machine is not None and e.machine.fma:
        return _outlined(e, name, args) if e.outlined else OWN[name](e, *args)
    theirs = _of_libmvec(e, name, len(args))
    return e.call(theirs, *args) if theirs else _each(e, name, args)


WEIGHTS: Final = {
    **dict.fromkeys(["sin", "cos"], 35),
    **dict.fromkeys(["exp", "expm1"], 25),
    **dict.fromkeys(["ln", "log1p", "tan", "tanh", "sinh", "cosh"], 40),
    "erf": 65,
    **dict.fromkeys(["pow", "power"], 75),
    **dict.fromkeys(["sign", "min", "max", "mod"], 5),
}
"""About how many lines an operation takes, where that is more than one."""


def _outlined(e: Emitter, name: str, args: Sequence[str]) -> str:
    """The same by a call. A sine comes with its cosine, and what may be lost with the lanes where it is."""
    names = ("sin", "cos") if name in ("sin", "cos") else (name,)
    whole = f"@own_{'_'.join(names)}"
    kind = e.kinds.get(whole)
    if kind is None:
        body = Emitter(e.machine, e.single, e.outside, e.helpers)
        takes = [f"%x{i}" for i in range(len(args))]
        values = [OWN[one](body, *takes) for one in names]
        fields = [e.real] * len(values)
        if body.lost:
            values.append(lost_bits(body))
            fields.append(f"i{e.lanes}")
        kind = e.kinds[whole] = f"{{ {', '.join(fields)} }}"
        total = "poison"
        for i, (field, value) in enumerate(zip(fields, values, strict=True)):
            total = body.line(f"insertvalue {kind} {total}, {field} {value}, {i}")
        head = f"define internal {kind} {whole}({', '.join([f'{e.real} {x}' for x in takes])}) #5 {{"
        e.helpers[whole] = "\n".join([head, *body.lines, f"ret {kind} {total}", "}"])
    found = e.line(f"call {kind} {whole}({', '.join([f'{e.real} {x}' for x in args])})")
    if kind.endswith(f"i{e.lanes} }}"):
        bits = e.line(f"extractvalue {kind} {found}, {len(names)}")
        e.lose(e.line(f"bitcast i{e.lanes} {bits} to {e.truth}"))
    return e.line(f"extractvalue {kind} {found}, {names.index(name)}")


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
        e.need(name, len(args))
        e.helpers[whole] = _one_by_one(e, whole, name, len(args))
    return e.line(f"call {e.real} {whole}({', '.join([f'{e.real} {arg}' for arg in args])})")


def _one_by_one(e: Emitter, whole: str, name: str, count: int) -> str:
    number = "float" if e.single else "double"
    lines = [f"define internal {e.real} {whole}({', '.join([f'{e.real} %x{k}' for k in range(count)])}) #5 {{"]
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
