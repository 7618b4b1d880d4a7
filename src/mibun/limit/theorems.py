"""The rules of differentiation and the limits that they rest on, proved.

The general rules are proved from the definition for functions f and g known by name only; the basic functions are
derived by :mod:`mibun.limit.families`; all other functions of the table follow from these by the rules. What is not
proved is cited by name. :func:`uses` says which theorems a row of :mod:`mibun.rules` needs.

A row of this module reads as the proof does on paper: ``lim`` is a line under the limit, ``eq`` one without, ``claim``
a statement. Sources: the chain rule by the auxiliary function as in C. Carathéodory, *Funktionentheorie* (1950); the
limit of sin t/t by areas, as in school.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from typing import Final

from mibun.limit.families import prove, rational
from mibun.node import Node
from mibun.ops import ONE, PI, E, apply, const, derivative, make, symbol
from mibun.rules import (
    ABSOLUTE,
    ACTIVATION,
    CHAIN,
    CONSTANT,
    DIFFERENCE,
    EXPONENTIAL,
    GENERAL_LOG,
    GENERAL_POWER,
    HYPERBOLIC,
    IDENTITY,
    INVERSE_HYPERBOLIC,
    INVERSE_TRIGONOMETRIC,
    LOGARITHM,
    MULTIPLE,
    PIECEWISE,
    PLANE,
    POWER,
    PRODUCT,
    QUOTIENT,
    RECIPROCAL,
    ROOT,
    SPECIAL,
    STEP,
    SUM,
    TRIGONOMETRIC,
    F,
    Name,
    Term,
)
from mibun.write.notation import text
from mibun.write.proofs import Line, Proof, Said, Side

CONTINUITY = Name("continuity", "A differentiable function is continuous", "미분가능한 함수는 연속")
INVERSE = Name("inverse", "Derivative of an inverse function", "역함수의 미분법")
SINE_LIMIT = Name("sine limit", "Limit of a trigonometric function, (sin t)/t", "삼각함수의 극한 (sin t)/t")
COSINE_LIMIT = Name("cosine limit", "Limit of a trigonometric function, (cos t − 1)/t", "삼각함수의 극한 (cos t − 1)/t")
EULER = Name("euler", "Definition of the number e", "무리수 e의 정의")
EXPONENTIAL_LIMIT = Name("exponential limit", "Limit of an exponential function", "지수함수의 극한")
LOGARITHM_LIMIT = Name("logarithm limit", "Limit of a logarithmic function", "로그함수의 극한")
REAL_POWER = Name("real power", "Power rule for a real exponent", "지수가 실수일 때의 거듭제곱의 미분법")
TOTAL = Name("total", "Chain rule for a function of several variables", "다변수함수의 합성함수의 미분법")

x, h, k, t, a, c, n = (Term(symbol(letter)) for letter in "xhktacn")
e, pi = Term(E), Term(PI)


def f(argument: Term) -> Term:
    return Term(apply("f", argument.node))


def g(argument: Term) -> Term:
    return Term(apply("g", argument.node))


def phi(argument: Term) -> Term:
    return Term(apply("phi", argument.node))


def df(argument: Term) -> Term:
    return Term(apply("f", argument.node, orders=(1,)))


def dg(argument: Term) -> Term:
    return Term(apply("g", argument.node, orders=(1,)))


def d(term: Term) -> Term:
    """The derivative by x, not worked out."""
    return Term(derivative(term.node, x.node))


def equal(left: Term, right: Term | int) -> Term:
    return Term(make("eq", left.node, _node(right)))


def between(low: Term | int, middle: Term, high: Term | int) -> Term:
    """low < middle < high"""
    return Term(make("and", make("lt", _node(low), middle.node), make("lt", middle.node, _node(high))))


def positive(term: Term) -> Term:
    return Term(make("gt", term.node, const(0)))


def nonzero(term: Term) -> Term:
    return Term(make("ne", term.node, const(0)))


def _node(term: Term | int) -> Node:
    return term.node if isinstance(term, Term) else const(term)


def _maybe(term: Term | None) -> Node | None:
    return None if term is None else term.node


def eq(term: Term | int, key: str, /, *cites: str, **facts: Term) -> Line:
    """A line outside the limit."""
    return Line(_node(term), key, "", {name: fact.node for name, fact in facts.items()}, cites=cites)


def lim(
    term: Term,
    key: str,
    /,
    *cites: str,
    start: str = "",
    letter: Term | None = None,
    given: Term | None = None,
    **facts: Term,
) -> Line:
    """A line under the limit."""
    return Line(
        term.node,
        key,
        "0",
        {name: fact.node for name, fact in facts.items()},
        given=_maybe(given),
        cites=cites,
        start=start,
        letter=_maybe(letter),
    )


def claim(term: Term, key: str, /, given: Term | None = None, **facts: Term) -> Line:
    return Line(term.node, key, "", {name: fact.node for name, fact in facts.items()}, given=_maybe(given))


ROWS: Final[dict[str, Proof]] = {}


def theorem(
    key: str,
    name: Name,
    left: Term,
    right: Term | int,
    *lines: Line,
    given: Iterable[Term | Said] = (),
    under: str = "",
    letter: Term = h,
    definitions: dict[str, tuple[tuple[Node, ...], Node]] | None = None,
) -> None:
    """Add a theorem, ``left`` = ``right``, with its proof; without lines it is cited."""
    hypotheses = tuple([one if isinstance(one, Said) else one.node for one in given])
    sides = Side(left.node, under), Side(_node(right))
    ROWS[key] = Proof(key, name, *sides, letter.node, lines, hypotheses, definitions or {})


def quotient(moved: Term, here: Term) -> Term:
    return (moved - here) / h


ONE_OF: Final = Said("differentiable", {"f": symbol("g"), "x": x.node})
BOTH: Final = Said("both differentiable", {"f": symbol("f"), "g": symbol("g"), "x": x.node})

# The limits

theorem(
    "sine limit",
    SINE_LIMIT,
    F.sin(t) / t,
    1,
    claim(
        Term(make("and", make("lt", (F.sin(t) / 2).node, (t / 2).node), make("lt", (t / 2).node, (F.tan(t) / 2).node))),
        "areas",
        given=between(0, t, pi / 2),
        t=t,
    ),
    claim(between(1, t / F.sin(t), 1 / F.cos(t)), "divide areas", given=between(0, t, pi / 2), s=F.sin(t)),
    claim(between(F.cos(t), F.sin(t) / t, 1), "reciprocals", given=between(0, t, pi / 2)),
    claim(between(F.cos(t), F.sin(t) / t, 1), "even", given=between(0, abs(t), pi / 2), t=t),
    eq(1, "squeeze", bound=F.cos(t), t=t),
    under="0",
    letter=t,
)
theorem(
    "cosine limit",
    COSINE_LIMIT,
    (F.cos(t) - 1) / t,
    0,
    lim((F.cos(t) - 1) * (F.cos(t) + 1) / (t * (F.cos(t) + 1)), "conjugate", factor=F.cos(t) + 1),
    lim(-(F.sin(t) ** 2) / (t * (F.cos(t) + 1)), "identity", identity=equal(F.cos(t) ** 2 - 1, -(F.sin(t) ** 2))),
    lim(-(F.sin(t) / t) * (F.sin(t) / (F.cos(t) + 1)), "pull apart"),
    eq(-Term(const(1)) * (Term(const(0)) / 2), "limit", "sine limit", h=t),
    eq(0, "work out"),
    under="0",
    letter=t,
)
theorem("euler", EULER, (1 + t) ** (1 / t), e, under="0", letter=t)
theorem(
    "logarithm limit",
    LOGARITHM_LIMIT,
    F.ln(1 + t) / t,
    1,
    lim(F.ln((1 + t) ** (1 / t)), "law of logarithms", identity=equal(1 / t * F.ln(1 + t), F.ln((1 + t) ** (1 / t)))),
    eq(F.ln(e), "function continuous", "euler", f=Term(symbol("ln"))),
    eq(1, "work out"),
    under="0",
    letter=t,
)
_s: Final = Term(apply("s", t.node))
theorem(
    "exponential limit",
    EXPONENTIAL_LIMIT,
    (F.exp(t) - 1) / t,
    1,
    claim(equal(_s, F.exp(t) - 1), "shorthand", name=_s, t=t),
    lim(_s / F.ln(1 + _s), "identity", identity=equal(t, F.ln(1 + _s))),
    lim(1 / (F.ln(1 + _s) / _s), "divide", factor=_s),
    eq(1 / Term(const(1)), "limit of", "logarithm limit", h=t, small=_s),
    eq(1, "work out"),
    under="0",
    letter=t,
    definitions={"s": ((t.node,), (F.exp(t) - 1).node)},
)

# The general rules, from the definition

theorem(
    "continuity",
    CONTINUITY,
    g(x + h),
    g(x),
    lim(g(x) + h * quotient(g(x + h), g(x)), "write the change", h=h),
    eq(g(x) + 0 * dg(x), "difference quotient", h=h),
    eq(g(x), "work out"),
    given=[ONE_OF],
    under="0",
)
theorem(
    "multiple",
    MULTIPLE,
    d(c * f(x)),
    c * df(x),
    lim(quotient(c * f(x + h), c * f(x)), "definition"),
    lim(c * quotient(f(x + h), f(x)), "constant out", c=c),
    eq(c * df(x), "difference quotient", h=h),
    given=[Said("constant", {"c": c.node}), Said("differentiable", {"f": symbol("f"), "x": x.node})],
)
for _key, _name, _join in (("sum", SUM, "add"), ("difference", DIFFERENCE, "sub")):

    def _both(left: Term, right: Term, join: str = _join) -> Term:
        return Term(make(join, left.node, right.node))

    theorem(
        _key,
        _name,
        d(_both(f(x), g(x))),
        _both(df(x), dg(x)),
        lim(quotient(_both(f(x + h), g(x + h)), _both(f(x), g(x))), "definition"),
        lim(_both(quotient(f(x + h), f(x)), quotient(g(x + h), g(x))), "term by term"),
        eq(_both(df(x), dg(x)), "difference quotient", h=h),
        given=[BOTH],
    )
theorem(
    "product",
    PRODUCT,
    d(f(x) * g(x)),
    df(x) * g(x) + f(x) * dg(x),
    lim(quotient(f(x + h) * g(x + h), f(x) * g(x)), "definition"),
    lim(
        (f(x + h) * g(x + h) - f(x) * g(x + h) + f(x) * g(x + h) - f(x) * g(x)) / h,
        "add and subtract",
        term=f(x) * g(x + h),
    ),
    lim(
        quotient(f(x + h), f(x)) * g(x + h) + f(x) * quotient(g(x + h), g(x)),
        "group",
        first=g(x + h),
        second=f(x),
    ),
    eq(
        df(x) * g(x) + f(x) * dg(x),
        "continuous quotients",
        "continuity",
        h=h,
        g=Term(symbol("g")),
        shifted=g(x + h),
        value=g(x),
    ),
    given=[BOTH],
)
theorem(
    "reciprocal",
    RECIPROCAL,
    d(1 / g(x)),
    -dg(x) / g(x) ** 2,
    lim(quotient(1 / g(x + h), 1 / g(x)), "definition"),
    lim((g(x) - g(x + h)) / (h * g(x + h) * g(x)), "common"),
    lim(-quotient(g(x + h), g(x)) * (1 / (g(x + h) * g(x))), "pull apart"),
    eq(
        -dg(x) * (1 / (g(x) * g(x))),
        "continuous quotients",
        "continuity",
        h=h,
        g=Term(symbol("g")),
        shifted=g(x + h),
        value=g(x),
    ),
    eq(-dg(x) / g(x) ** 2, "tidy"),
    given=[ONE_OF, nonzero(g(x))],
)
theorem(
    "quotient",
    QUOTIENT,
    d(f(x) / g(x)),
    (df(x) * g(x) - f(x) * dg(x)) / g(x) ** 2,
    lim(quotient(f(x + h) / g(x + h), f(x) / g(x)), "definition"),
    lim((f(x + h) * g(x) - f(x) * g(x + h)) / (h * g(x + h) * g(x)), "common"),
    lim(
        (f(x + h) * g(x) - f(x) * g(x) + f(x) * g(x) - f(x) * g(x + h)) / (h * g(x + h) * g(x)),
        "add and subtract",
        term=f(x) * g(x),
    ),
    lim(
        (quotient(f(x + h), f(x)) * g(x) - f(x) * quotient(g(x + h), g(x))) / (g(x + h) * g(x)),
        "group",
        first=g(x),
        second=f(x),
    ),
    eq(
        (df(x) * g(x) - f(x) * dg(x)) / g(x) ** 2,
        "continuous quotients",
        "continuity",
        h=h,
        g=Term(symbol("g")),
        shifted=g(x + h),
        value=g(x),
    ),
    given=[BOTH, nonzero(g(x))],
)

# The chain rule. The change of g may be 0 for h as small as one likes, so one must not divide by it.
_change: Final = g(x + h) - g(x)
_zero: Final = Term(const(0))
_slope: Final = (f(g(x) + k) - f(g(x))) / k
_phi: Final = Term(make("where", make("ne", k.node, const(0)), _slope.node, df(g(x)).node))
theorem(
    "chain",
    CHAIN,
    d(f(g(x))),
    df(g(x)) * dg(x),
    claim(equal(phi(k), _slope), "auxiliary", given=nonzero(k), k=k),
    claim(equal(phi(_zero), df(g(x))), "auxiliary at 0", k=k),
    claim(equal(f(g(x) + k) - f(g(x)), phi(k) * k), "auxiliary product", k=k),
    lim(phi(k), "auxiliary limit", start="own", letter=k, k=k),
    eq(df(g(x)), "auxiliary slope", f=Term(symbol("f")), u=g(x)),
    lim(quotient(f(g(x + h)), f(g(x))), "definition", start="left"),
    lim(phi(_change) * (_change / h), "put in change", h=h, k=k, change=_change),
    eq(
        df(g(x)) * dg(x),
        "continuous change",
        "continuity",
        h=h,
        g=Term(symbol("g")),
        change=_change,
        phi=Term(symbol("phi")),
    ),
    given=[ONE_OF, Said("outer differentiable", {"f": symbol("f"), "u": g(x).node})],
    definitions={"phi": ((k.node,), _phi.node)},
)
theorem(
    "inverse",
    INVERSE,
    d(g(x)),
    1 / df(g(x)),
    lim(quotient(g(x + h), g(x)), "definition"),
    lim(
        _change / (f(g(x + h)) - f(g(x))),
        "inverse change",
        identity=equal(h, f(g(x + h)) - f(g(x))),
        change=_change,
        g=Term(symbol("g")),
    ),
    lim(1 / ((f(g(x + h)) - f(g(x))) / _change), "divide", factor=_change),
    eq(1 / df(g(x)), "inverse end", h=h, f=Term(symbol("f")), g=Term(symbol("g")), change=_change),
    given=[
        Said("inverse of", {"f": symbol("f"), "g": symbol("g")}),
        Said("outer differentiable", {"f": symbol("f"), "u": g(x).node}),
        nonzero(df(g(x))),
    ],
)

# Functions derived from the definition by their families

FROM_DEFINITION: Final[dict[str, tuple[Name, Term]]] = {
    "constant": (CONSTANT, c),
    "identity": (IDENTITY, x),
    "power": (POWER, x**n),
    "root": (ROOT, F.sqrt(x)),
    "exp": (EXPONENTIAL, F.exp(x)),
    "exponential": (EXPONENTIAL, a**x),
    "ln": (LOGARITHM, F.ln(x)),
    "log": (LOGARITHM, F.log(x, a)),
    "sin": (TRIGONOMETRIC, F.sin(x)),
    "cos": (TRIGONOMETRIC, F.cos(x)),
    "tan": (TRIGONOMETRIC, F.tan(x)),
    "abs": (ABSOLUTE, abs(x)),
}

# Functions that follow by the rules


def by_rules(
    key: str, name: Name, function: Term, right: Term, *lines: Line, given: Iterable[Term | Said] = ()
) -> None:
    """A derivative that the rules and earlier theorems give."""
    theorem(key, name, d(function), right, *lines, given=given)


def via(function: Term, written: Term) -> Line:
    """The first line: the function is written otherwise."""
    return eq(d(written), "identity", identity=equal(function, written))


by_rules(
    "negative power",
    POWER,
    x ** (-n),
    -n * x ** (-n - 1),
    via(x ** (-n), 1 / x**n),
    eq(-(n * x ** (n - 1)) / (x**n) ** 2, "use", "reciprocal", "power"),
    eq(-n * x ** (-n - 1), "tidy"),
    given=[Said("positive integer", {"n": n.node}), nonzero(x)],
)
by_rules(
    "real power",
    REAL_POWER,
    x**n,
    n * x ** (n - 1),
    via(x**n, F.exp(n * F.ln(x))),
    eq(F.exp(n * F.ln(x)) * (n / x), "use", "chain", "exp", "multiple", "ln"),
    eq(x**n * (n / x), "identity", identity=equal(F.exp(n * F.ln(x)), x**n)),
    eq(n * x ** (n - 1), "tidy"),
    given=[Said("real", {"n": n.node}), positive(x)],
)
_u, _v, _du, _dv = f(x), g(x), df(x), dg(x)
_f, _g = Term(symbol("f")), Term(symbol("g"))
by_rules(
    "general power",
    GENERAL_POWER,
    _u**_v,
    _v * _u ** (_v - 1) * _du + _u**_v * F.ln(_u) * _dv,
    via(_u**_v, F.exp(_v * F.ln(_u))),
    eq(F.exp(_v * F.ln(_u)) * (_dv * F.ln(_u) + _v * (_du / _u)), "use", "chain", "exp", "product", "ln"),
    eq(
        _u**_v * (_dv * F.ln(_u) + _v * (_du / _u)),
        "identity",
        identity=equal(F.exp(_v * F.ln(_u)), _u**_v),
    ),
    eq(_v * _u ** (_v - 1) * _du + _u**_v * F.ln(_u) * _dv, "multiply out"),
    given=[BOTH, positive(_u)],
)
by_rules(
    "general log",
    GENERAL_LOG,
    F.log(_u, _v),
    _du / (_u * F.ln(_v)) - F.ln(_u) * _dv / (_v * F.ln(_v) ** 2),
    via(F.log(_u, _v), F.ln(_u) / F.ln(_v)),
    eq((_du / _u * F.ln(_v) - F.ln(_u) * (_dv / _v)) / F.ln(_v) ** 2, "use", "quotient", "chain", "ln"),
    eq(_du / (_u * F.ln(_v)) - F.ln(_u) * _dv / (_v * F.ln(_v) ** 2), "tidy"),
    given=[BOTH, positive(_u), positive(_v), Term(make("ne", _v.node, const(1)))],
)

# Trigonometric functions
by_rules(
    "sec",
    TRIGONOMETRIC,
    F.sec(x),
    F.sec(x) * F.tan(x),
    via(F.sec(x), 1 / F.cos(x)),
    eq(F.sin(x) / F.cos(x) ** 2, "use", "reciprocal", "cos"),
    eq(F.sec(x) * F.tan(x), "tidy"),
    given=[nonzero(F.cos(x))],
)
by_rules(
    "csc",
    TRIGONOMETRIC,
    F.csc(x),
    -F.csc(x) * F.cot(x),
    via(F.csc(x), 1 / F.sin(x)),
    eq(-F.cos(x) / F.sin(x) ** 2, "use", "reciprocal", "sin"),
    eq(-F.csc(x) * F.cot(x), "tidy"),
    given=[nonzero(F.sin(x))],
)
by_rules(
    "cot",
    TRIGONOMETRIC,
    F.cot(x),
    -(F.csc(x) ** 2),
    via(F.cot(x), F.cos(x) / F.sin(x)),
    eq((-F.sin(x) * F.sin(x) - F.cos(x) * F.cos(x)) / F.sin(x) ** 2, "use", "quotient", "sin", "cos"),
    eq(-1 / F.sin(x) ** 2, "identity", identity=equal(F.sin(x) ** 2 + F.cos(x) ** 2, 1)),
    eq(-(F.csc(x) ** 2), "tidy"),
    given=[nonzero(F.sin(x))],
)


# On which interval a function is inverted: the key of the words for it, and its ends.
_INVERTED: Final[dict[str, tuple[str, dict[str, Term]]]] = {
    "asin": ("inverse on", {"low": -pi / 2, "high": pi / 2}),
    "acos": ("inverse on", {"low": Term(const(0)), "high": pi}),
    "atan": ("inverse within", {"low": -pi / 2, "high": pi / 2}),
    "acosh": ("inverse from", {"low": Term(const(0))}),
}


def inverse_of(
    key: str, name: Name, function: Term, *lines: Line, slope: str, given: Iterable[Term] = (), first: Term
) -> None:
    """By the theorem on inverse functions: 1/f′(g(x)), and an identity that gets rid of the two functions."""
    inverted, ends = _INVERTED.get(key, ("inverse everywhere", {}))
    identity = equal(Term(make(slope, function.node)), x)
    names = {"f": Term(symbol(slope)), "g": Term(symbol(text(function.node).removesuffix(" x")))}
    side = claim(identity, inverted, **names, **ends)
    use = eq(first, "use", "inverse", slope)
    by_rules(key, name, function, Term(lines[-1].node), side, use, *lines, given=given)


_inside_unit: Final = between(-1, x, 1)
_outside_unit: Final = Term(make("gt", abs(x).node, const(1)))
inverse_of(
    "asin",
    INVERSE_TRIGONOMETRIC,
    F.asin(x),
    eq(1 / F.sqrt(1 - F.sin(F.asin(x)) ** 2), "positive root", side=positive(F.cos(F.asin(x)))),
    eq(1 / F.sqrt(1 - x**2), "identity", identity=equal(F.sin(F.asin(x)), x)),
    slope="sin",
    first=1 / F.cos(F.asin(x)),
    given=[_inside_unit],
)
inverse_of(
    "acos",
    INVERSE_TRIGONOMETRIC,
    F.acos(x),
    eq(-1 / F.sqrt(1 - F.cos(F.acos(x)) ** 2), "positive root", side=positive(F.sin(F.acos(x)))),
    eq(-1 / F.sqrt(1 - x**2), "identity", identity=equal(F.cos(F.acos(x)), x)),
    slope="cos",
    first=1 / (-F.sin(F.acos(x))),
    given=[_inside_unit],
)
inverse_of(
    "atan",
    INVERSE_TRIGONOMETRIC,
    F.atan(x),
    eq(1 / (1 + F.tan(F.atan(x)) ** 2), "identity", identity=equal(F.sec(t) ** 2, 1 + F.tan(t) ** 2)),
    eq(1 / (1 + x**2), "identity", identity=equal(F.tan(F.atan(x)), x)),
    slope="tan",
    first=1 / F.sec(F.atan(x)) ** 2,
)
by_rules(
    "acot",
    INVERSE_TRIGONOMETRIC,
    F.acot(x),
    -1 / (1 + x**2),
    via(F.acot(x), F.atan(1 / x)),
    eq(1 / (1 + (1 / x) ** 2) * (-1 / x**2), "use", "chain", "atan", "reciprocal", "identity"),
    eq(-1 / (1 + x**2), "tidy"),
    given=[nonzero(x)],
)
for _op, _of, _sign in (("asec", F.acos, 1), ("acsc", F.asin, -1)):
    by_rules(
        _op,
        INVERSE_TRIGONOMETRIC,
        getattr(F, _op)(x),
        _sign / (abs(x) * F.sqrt(x**2 - 1)),
        via(getattr(F, _op)(x), _of(1 / x)),
        eq(
            -_sign / F.sqrt(1 - (1 / x) ** 2) * (-1 / x**2),
            "use",
            "chain",
            "acos" if _sign > 0 else "asin",
            "reciprocal",
            "identity",
        ),
        eq(_sign / (x**2 * F.sqrt((x**2 - 1) / x**2)), "common simply"),
        eq(_sign / (abs(x) * F.sqrt(x**2 - 1)), "identity", identity=equal(F.sqrt(x**2), abs(x))),
        given=[_outside_unit],
    )

# Hyperbolic functions
_sinh: Final = (F.exp(x) - F.exp(-x)) / 2
_cosh: Final = (F.exp(x) + F.exp(-x)) / 2
_one: Final = equal(F.cosh(x) ** 2 - F.sinh(x) ** 2, 1)
for _op, _from, _to, _right in (("sinh", _sinh, _cosh, F.cosh(x)), ("cosh", _cosh, _sinh, F.sinh(x))):
    by_rules(
        _op,
        HYPERBOLIC,
        getattr(F, _op)(x),
        _right,
        via(getattr(F, _op)(x), _from),
        eq(_to, "use", "multiple", "sum" if _op == "cosh" else "difference", "chain", "exp"),
        eq(_right, "tidy"),
    )
by_rules(
    "tanh",
    HYPERBOLIC,
    F.tanh(x),
    1 - F.tanh(x) ** 2,
    via(F.tanh(x), F.sinh(x) / F.cosh(x)),
    eq((F.cosh(x) * F.cosh(x) - F.sinh(x) * F.sinh(x)) / F.cosh(x) ** 2, "use", "quotient", "sinh", "cosh"),
    eq(1 - F.tanh(x) ** 2, "tidy"),
)
by_rules(
    "coth",
    HYPERBOLIC,
    F.coth(x),
    -(F.csch(x) ** 2),
    via(F.coth(x), F.cosh(x) / F.sinh(x)),
    eq((F.sinh(x) * F.sinh(x) - F.cosh(x) * F.cosh(x)) / F.sinh(x) ** 2, "use", "quotient", "sinh", "cosh"),
    eq(-1 / F.sinh(x) ** 2, "identity", identity=_one),
    eq(-(F.csch(x) ** 2), "tidy"),
    given=[nonzero(x)],
)
by_rules(
    "sech",
    HYPERBOLIC,
    F.sech(x),
    -F.sech(x) * F.tanh(x),
    via(F.sech(x), 1 / F.cosh(x)),
    eq(-F.sinh(x) / F.cosh(x) ** 2, "use", "reciprocal", "cosh"),
    eq(-F.sech(x) * F.tanh(x), "tidy"),
)
by_rules(
    "csch",
    HYPERBOLIC,
    F.csch(x),
    -F.csch(x) * F.coth(x),
    via(F.csch(x), 1 / F.sinh(x)),
    eq(-F.cosh(x) / F.sinh(x) ** 2, "use", "reciprocal", "sinh"),
    eq(-F.csch(x) * F.coth(x), "tidy"),
    given=[nonzero(x)],
)
inverse_of(
    "asinh",
    INVERSE_HYPERBOLIC,
    F.asinh(x),
    eq(1 / F.sqrt(F.sinh(F.asinh(x)) ** 2 + 1), "positive root", side=positive(F.cosh(F.asinh(x)))),
    eq(1 / F.sqrt(x**2 + 1), "identity", identity=equal(F.sinh(F.asinh(x)), x)),
    slope="sinh",
    first=1 / F.cosh(F.asinh(x)),
)
inverse_of(
    "acosh",
    INVERSE_HYPERBOLIC,
    F.acosh(x),
    eq(1 / F.sqrt(F.cosh(F.acosh(x)) ** 2 - 1), "positive root", side=positive(F.sinh(F.acosh(x)))),
    eq(1 / F.sqrt(x**2 - 1), "identity", identity=equal(F.cosh(F.acosh(x)), x)),
    eq(1 / (F.sqrt(x - 1) * F.sqrt(x + 1)), "factorise"),
    slope="cosh",
    first=1 / F.sinh(F.acosh(x)),
    given=[Term(make("gt", x.node, const(1)))],
)
inverse_of(
    "atanh",
    INVERSE_HYPERBOLIC,
    F.atanh(x),
    eq(1 / (1 - x**2), "identity", identity=equal(F.tanh(F.atanh(x)), x)),
    slope="tanh",
    first=1 / (1 - F.tanh(F.atanh(x)) ** 2),
    given=[_inside_unit],
)
inverse_of(
    "acoth",
    INVERSE_HYPERBOLIC,
    F.acoth(x),
    eq(1 / (1 - F.coth(F.acoth(x)) ** 2), "identity", identity=equal(F.csch(t) ** 2, F.coth(t) ** 2 - 1)),
    eq(1 / (1 - x**2), "identity", identity=equal(F.coth(F.acoth(x)), x)),
    slope="coth",
    first=1 / (-(F.csch(F.acoth(x)) ** 2)),
    given=[_outside_unit],
)
by_rules(
    "asech",
    INVERSE_HYPERBOLIC,
    F.asech(x),
    -1 / (x * F.sqrt(1 - x**2)),
    via(F.asech(x), F.acosh(1 / x)),
    eq(
        1 / (F.sqrt(1 / x - 1) * F.sqrt(1 / x + 1)) * (-1 / x**2),
        "use",
        "chain",
        "acosh",
        "reciprocal",
        "identity",
    ),
    eq(-1 / (x**2 * F.sqrt((1 - x**2) / x**2)), "common simply"),
    eq(-1 / (x * F.sqrt(1 - x**2)), "identity", identity=equal(F.sqrt(x**2), x)),
    given=[between(0, x, 1)],
)
by_rules(
    "acsch",
    INVERSE_HYPERBOLIC,
    F.acsch(x),
    -1 / (abs(x) * F.sqrt(x**2 + 1)),
    via(F.acsch(x), F.asinh(1 / x)),
    eq(1 / F.sqrt((1 / x) ** 2 + 1) * (-1 / x**2), "use", "chain", "asinh", "reciprocal", "identity"),
    eq(-1 / (x**2 * F.sqrt((1 + x**2) / x**2)), "common simply"),
    eq(-1 / (abs(x) * F.sqrt(x**2 + 1)), "identity", identity=equal(F.sqrt(x**2), abs(x))),
    given=[nonzero(x)],
)

# Steps and pieces
for _op in ("sign", "floor", "ceil"):
    _step = getattr(F, _op)
    theorem(
        _op,
        STEP,
        d(_step(x)),
        0,
        lim(quotient(_step(x + h), _step(x)), "definition"),
        eq(0, "locally", h=h),
        given=[Term(make("ne", x.node, const(0) if _op == "sign" else _step(x).node))],
    )


def piece(argument: Term, yes: Term, no: Term) -> Term:
    return Term(make("where", (argument < a).node, yes.node, no.node))


theorem(
    "piecewise",
    PIECEWISE,
    d(piece(x, f(x), g(x))),
    piece(x, df(x), dg(x)),
    lim(quotient(piece(x + h, f(x + h), g(x + h)), piece(x, f(x), g(x))), "definition"),
    lim(piece(x, quotient(f(x + h), f(x)), quotient(g(x + h), g(x))), "same piece", h=h, shifted=x + h, x=x),
    eq(piece(x, df(x), dg(x)), "difference quotient", h=h),
    given=[BOTH, Term(make("ne", x.node, a.node))],
)
for _op in ("min", "max"):
    _first = (_u < _v) if _op == "min" else (_u > _v)
    by_rules(
        _op,
        PIECEWISE,
        getattr(F, _op)(_u, _v),
        F.where(_first, _du, _dv),
        via(getattr(F, _op)(_u, _v), F.where(_first, _u, _v)),
        eq(F.where(_first, _du, _dv), "same order", "continuity", f=_f, g=_g, x=x, u=_u, v=_v),
        given=[BOTH, Term(make("ne", _u.node, _v.node))],
    )
by_rules(
    "relu",
    ACTIVATION,
    F.relu(x),
    F.where(x > 0, 1, 0),
    via(F.relu(x), F.where(x > 0, x, 0)),
    eq(F.where(x > 0, 1, 0), "use", "piecewise", "identity", "constant"),
    given=[nonzero(x)],
)

# Activations, special functions, the plane
_sigma: Final = F.sigmoid(x)
by_rules(
    "sigmoid",
    ACTIVATION,
    _sigma,
    _sigma * (1 - _sigma),
    via(_sigma, 1 / (1 + F.exp(-x))),
    eq(F.exp(-x) / (1 + F.exp(-x)) ** 2, "use", "reciprocal", "sum", "constant", "chain", "exp"),
    eq(1 / (1 + F.exp(-x)) * (1 - 1 / (1 + F.exp(-x))), "pull apart"),
    eq(_sigma * (1 - _sigma), "tidy"),
)
by_rules(
    "softplus",
    ACTIVATION,
    F.softplus(x),
    _sigma,
    via(F.softplus(x), F.ln(1 + F.exp(x))),
    eq(F.exp(x) / (1 + F.exp(x)), "use", "chain", "ln", "sum", "constant", "exp"),
    eq(_sigma, "tidy"),
)
by_rules("erf", SPECIAL, F.erf(x), 2 / F.sqrt(pi) * F.exp(-(x**2)))
by_rules("gamma", SPECIAL, F.gamma(x), F.gamma(x) * F.digamma(x))
by_rules("lgamma", SPECIAL, F.lgamma(x), F.digamma(x))
by_rules("digamma", SPECIAL, F.digamma(x), F.polygamma(1, x))
by_rules("polygamma", SPECIAL, F.polygamma(n, x), F.polygamma(n + 1, x))
by_rules(
    "hypot",
    PLANE,
    F.hypot(_u, _v),
    (_u * _du + _v * _dv) / F.hypot(_u, _v),
    via(F.hypot(_u, _v), F.sqrt(_u**2 + _v**2)),
    eq((2 * _u * _du + 2 * _v * _dv) / (2 * F.sqrt(_u**2 + _v**2)), "use", "chain", "root", "sum", "power"),
    eq((_u * _du + _v * _dv) / F.hypot(_u, _v), "tidy"),
    given=[BOTH, positive(_u**2 + _v**2)],
)
by_rules(
    "atan2",
    PLANE,
    F.atan2(_u, _v),
    (_v * _du - _u * _dv) / (_u**2 + _v**2),
    eq(d(F.atan(_u / _v)), "differ by a constant", condition=nonzero(_v), other=F.atan(_u / _v)),
    eq(1 / (1 + (_u / _v) ** 2) * ((_du * _v - _u * _dv) / _v**2), "use", "chain", "atan", "quotient"),
    eq((_v * _du - _u * _dv) / (_u**2 + _v**2), "tidy"),
    given=[BOTH, nonzero(_v)],
)


def _values(name: str) -> tuple[Term, Term]:
    return Term(apply(name, x.node)), Term(apply(name, x.node, orders=(1,)))


(_p, _dp), (_q, _dq) = _values("u"), _values("v")
by_rules(
    "total",
    TOTAL,
    Term(apply("f", _p.node, _q.node)),
    Term(apply("f", _p.node, _q.node, orders=(1, 0))) * _dp + Term(apply("f", _p.node, _q.node, orders=(0, 1))) * _dq,
    given=[
        Said("both differentiable", {"f": symbol("u"), "g": symbol("v"), "x": x.node}),
        Said("totally differentiable", {"f": symbol("f"), "at": apply("f", _p.node, _q.node)}),
    ],
)


@lru_cache(maxsize=128)
def proof(key: str) -> Proof:
    """The theorem of that name. ``KeyError`` if there is none."""
    if key in ROWS:
        return ROWS[key]
    name, function = FROM_DEFINITION[key]
    found = prove(function.node, x.node, h.node, key, name)
    assert found is not None
    return replace(found, also="")


def needed(proofs: Iterable[Proof]) -> tuple[Proof, ...]:
    """All theorems that ``proofs`` rest on, each after those that it rests on itself."""
    found: dict[str, Proof] = {}
    stack = [key for one in reversed(list(proofs)) for key in reversed(cited(one))]
    while stack:
        key = stack[-1]
        if key in found:
            stack.pop()
            continue
        waiting = [inner for inner in reversed(cited(proof(key))) if inner not in found]
        if waiting:
            stack += waiting
        else:
            found[stack.pop()] = proof(key)
    return tuple(found.values())


def cited(proof: Proof) -> list[str]:
    """The theorems that the lines of a proof name, in order."""
    also = [proof.also] if proof.also else []
    return list(dict.fromkeys([*[key for line in proof.lines for key in line.cites], *also]))


# Which theorems a row of the table rests on, by operation; those of arithmetic and powers depend on what varies.
_SUMS: Final = {"add": "sum", "sub": "difference"}
_TWO_SIDED: Final = {"mul": "product", "div": "quotient", "pow": "general power", "log": "general log"}
_ONE_SIDED: Final[dict[tuple[str, tuple[bool, ...]], tuple[str, ...]]] = {
    ("mul", (True, False)): ("multiple",),
    ("mul", (False, True)): ("multiple",),
    ("div", (True, False)): ("multiple",),
    ("div", (False, True)): ("multiple", "reciprocal"),
    ("neg", (True,)): ("multiple",),
    ("pow", (False, True)): ("exponential",),
    ("log", (True, False)): ("log",),
    ("log", (False, True)): ("general log", "constant"),
    ("sqrt", (True,)): ("root",),
    ("where", (False, True, False)): ("piecewise", "constant"),
    ("where", (False, False, True)): ("piecewise", "constant"),
    ("where", (False, True, True)): ("piecewise",),
}
_INNER: Final = frozenset(["add", "sub", "neg", "mul", "div", "where", "min", "max", "hypot", "atan2"])


def uses(node: Node, varying: frozenset[Node], variable: Node) -> tuple[str, ...]:
    """The theorems that the derivative of ``node`` takes, those of its arguments apart. ``varying``: what varies."""
    op = node.op
    if node is variable:
        return ("identity",)
    varies = tuple([arg in varying for arg in node.args])
    if op == "div" and node.args[0] is ONE:
        return ("reciprocal", *(("identity",) if variable in node.args else ()))
    constant = () if all(varies) else ("constant",)
    identity = ("identity",) if variable in node.args and op in _INNER else ()
    if op in _SUMS:
        return (_SUMS[op], *constant, *identity)
    if op in _TWO_SIDED and all(varies):
        return (_TWO_SIDED[op], *identity)
    if op == "apply":
        if sum(varies) > 1:
            return ("total",)
        return () if variable in node.args else ("chain",)
    if op == "pow" and varies[0]:
        keys: tuple[str, ...] = (_of_power(node.args[1]),)
    else:
        keys = _ONE_SIDED.get((op, varies), (op,))
    if op in ("min", "max", "hypot", "atan2"):
        keys += constant
    chained = op not in _INNER and variable not in node.args
    return (*(("chain",) if chained else ()), *keys, *identity)


def _of_power(exponent: Node) -> str:
    value = rational(exponent)
    if value is None or value.denominator != 1:
        return "real power"
    return "power" if value > 0 else "negative power"
