"""First principles: every line of every derivation and proof against balls, both languages, the lecture's quotient.

A proof is checked line by line by an evaluator that shares nothing with mibun: two lines under the limit are equal
wherever both are defined, whatever h; where the limit is taken, the line before at |h| = 1e-40 is the line after; a
claim is true wherever its condition is. Functions known by name only are replaced by concrete ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction
from functools import cache
from itertools import product
from typing import Any

import pytest
from flint import arb, ctx
from hypothesis import given, settings
from hypothesis import strategies as st
from tests import oracle

from mibun import chain
from mibun.errors import BudgetExceeded, DomainError, UnsupportedOperation
from mibun.limit import families, theorems
from mibun.limit.principles import principles, quotient
from mibun.node import Node, postorder, rebuild, symbols
from mibun.ops import FORMULA, ZERO, apply, const, make, symbol
from mibun.read import read
from mibun.rewrite import tidy
from mibun.rules import TABLE
from mibun.write import notation
from mibun.write.proofs import Line, Principles, Proof, Said, Side

X = symbol("x")
TINY = Fraction(1, 10**40)
STEPS = [Fraction(s) for s in ("1/2", "-1/3", "7/5", "-2", "-1/1000")]
PLACES = [Fraction(s) for s in ("0", "-23/10", "-7/10", "2/5", "31/10")]
PARAMETERS = [
    {"a": Fraction(5, 2), "b": Fraction(1, 3), "c": Fraction(3), "n": 4, "k": 2, "y": Fraction(-3, 2)},
    {"a": Fraction(2, 5), "b": Fraction(-4), "c": Fraction(-1, 2), "n": 2, "k": 7, "y": Fraction(3, 4)},
]
BITS = 700

Concrete = dict[str, list[Callable[[Node], Node]]]  # a function and its derivatives


def t(text: str) -> Callable[[Node], Node]:
    body = read(text).node
    return lambda u: rebuild(body, {X: u}, lambda node, args: make(node.op, *args))


SMOOTH: list[Concrete] = [
    {"f": [t("sin(x)"), t("cos(x)"), t("-sin(x)")], "g": [t("e^x"), t("e^x")]},
    {"f": [t("x^2 + 3"), t("2x"), t("2")], "g": [t("x^3 - x"), t("3x^2 - 1")]},
    {"f": [t("e^x"), t("e^x"), t("e^x")], "g": [t("2 + sin(x)"), t("cos(x)")]},
    {"f": [t("x^3"), t("3x^2"), t("6x")], "g": [t("7/2 + 0*x"), t("0*x")]},  # g does not change at all
    {"f": [t("2 + cos(x)"), t("-sin(x)"), t("-cos(x)")], "g": [t("x^2"), t("2x")]},
]
INVERSE: list[Concrete] = [
    {"f": [t("e^x"), t("e^x")], "g": [t("ln(x)"), t("1/x")]},
    {"f": [t("sin(x)"), t("cos(x)")], "g": [t("arcsin(x)"), t("1/sqrt(1-x^2)")]},
    {"f": [t("x^3"), t("3x^2")], "g": [t("cbrt(x)"), t("1/(3*cbrt(x)^2)")]},
]


def plain(node: Node, args: tuple[Node, ...]) -> Node:
    return apply(node.attrs[0], *args, orders=node.attrs[1]) if node.op == "apply" else make(node.op, *args)


@cache
def defined(node: Node, definitions: Any) -> Node:
    """The functions that a proof introduces, replaced by what they are."""
    for name, params, body in definitions:
        while any(inner.op == "apply" and inner.attrs[0] == name for inner in postorder(node)):
            for inner in postorder(node):
                if inner.op == "apply" and inner.attrs[0] == name:
                    value = rebuild(body, dict(zip(params, inner.args, strict=True)), plain)
                    node = rebuild(node, {inner: value}, plain)
                    break
    return node


def concrete(node: Node, functions: Concrete) -> Node:
    done: dict[Node, Node] = {}
    for inner in postorder(node):
        args = tuple([done[arg] for arg in inner.args])
        if inner.op == "apply":
            name, orders = inner.attrs
            value = functions[name]
            if len(args) == 1:
                done[inner] = value[orders[0]](*args)
            else:  # of two arguments: f(u)·g(v)
                done[inner] = make("mul", value[orders[0]](args[0]), functions["g"][orders[1]](args[1]))
        else:
            done[inner] = plain(inner, args) if args else inner
    return done[node]


def close(a: Any, b: Any) -> bool:
    with ctx.workprec(BITS):
        return bool(abs(a - b) < arb(10) ** -25 * (1 + abs(a) + abs(b)))


class Checker:
    """Checks the lines of one proof at points where its hypotheses hold; counts what it could check."""

    def __init__(self, proof: Proof, functions: Concrete) -> None:
        self.proof = proof
        self.functions = functions
        self.bare: dict[Node, Node] = {}
        self.definitions = tuple([(name, *value) for name, value in proof.definitions.items()])

    def value(self, node: Node, at: Mapping[str, Any]) -> Any:
        if node not in self.bare:
            self.bare[node] = concrete(defined(node, self.definitions), self.functions)
        return oracle.ball(self.bare[node], at, BITS)

    def near_zero(self, side: Side, at: Mapping[str, Any]) -> list[Any]:
        """The expression for h = ±1e-40, or as it is where it stands under no limit."""
        if not side.under:
            return [self.value(side.node, at)]
        letter = (side.letter or self.proof.letter).attrs
        signs = {"0": (1, -1), "+": (1,), "-": (-1,)}[side.under]
        return [self.value(side.node, {**at, letter: sign * TINY}) for sign in signs]

    def point(self, at: Mapping[str, Any]) -> bool:
        conditions = [one for one in self.proof.hypotheses if not isinstance(one, Said)]
        return all(self.value(one, at) is True for one in conditions)

    def check(self, before: Side | None, line: Line, places: list[dict[str, Any]]) -> int:
        """How many times the line could be checked."""
        here = Side(line.node, line.under, line.letter)
        done = 0
        for at in places:
            if before is None and not line.claim:
                return 1  # what a chain of its own begins with
            if line.claim:
                done += self.claim(line, at)
            elif before is not None and (bool(before.under), here.under) == (bool(here.under), before.under):
                done += self.equal(before, here, line, at)
            elif before is not None:
                first, second = self.near_zero(before, at), self.near_zero(here, at)
                for a, b in product(first, second):
                    if a.is_finite() and b.is_finite():
                        assert close(a, b), self.complaint(before, line, at, a, b)
                        done += 1
        return done

    def equal(self, before: Side, here: Side, line: Line, at: dict[str, Any]) -> int:
        done = 0
        letter = (here.letter or self.proof.letter).attrs
        steps = [*STEPS, TINY, -TINY] if here.under else [Fraction(0)]
        if line.key == "same piece":  # which says that h must be small
            steps = [TINY, -TINY]
        if here.under in ("+", "-"):
            steps = [s for s in steps if (s > 0) == (here.under == "+")]
        for step in steps:
            there = {letter: step, **at} if not here.under else {**at, letter: step}
            a, b = self.value(before.node, there), self.value(here.node, there)
            if a.is_finite() and b.is_finite():
                assert close(a, b), self.complaint(before, line, there, a, b)
                done += 1
        return done

    def claim(self, line: Line, at: dict[str, Any]) -> int:
        done = 0
        for step in STEPS:
            there = {**at, **{letter.attrs: step for letter in (self.proof.letter, symbol("k"))}, **self.fixed(at)}
            if line.given is not None and self.value(line.given, there) is not True:
                continue
            if line.node.op == "eq":
                a, b = (self.value(arg, there) for arg in line.node.args)
                if a.is_finite() and b.is_finite():
                    assert close(a, b), self.complaint(None, line, there, a, b)
                    done += 1
            else:
                assert self.value(line.node, there) is True, self.complaint(None, line, there, "", "")
                done += 1
        return done

    def fixed(self, at: Mapping[str, Any]) -> dict[str, Any]:
        return {"k": at["k"]} if self.proof.key != "chain" and "k" in at else {}

    def complaint(self, before: Side | None, line: Line, at: Mapping[str, Any], a: Any, b: Any) -> str:
        last = "" if before is None else notation.text(before.node)
        shown = {name: str(value) for name, value in at.items()}
        return f"{self.proof.key}: {last} → {notation.text(line.node)} ({line.key}) at {shown}: {a} {b}"

    def run(self) -> None:
        nodes = [self.proof.left.node, self.proof.right.node, *[line.node for line in self.proof.lines]]
        names = {name for node in nodes for name in symbols(node)}
        places: list[dict[str, Any]] = []
        for x, parameters in product(PLACES, PARAMETERS):
            values: dict[str, Any] = {**parameters, "x": x}
            at = {name: values.get(name, Fraction(2, 3)) for name in sorted({*names, "x"})}
            if at not in places and self.point(at):
                places.append(at)
        assert places, self.proof.key
        if self.proof.proved:
            for before, line in self.proof.links():
                assert self.check(before, line, places) > 0, self.complaint(before, line, {}, "", "")
        done = 0
        for at in places:  # the statement itself
            for a, b in product(self.near_zero(self.proof.left, at), self.near_zero(self.proof.right, at)):
                if a.is_finite() and b.is_finite():
                    assert close(a, b), f"{self.proof.key}: {a} {b}"
                    done += 1
        assert done, self.proof.key


def verify(proof: Proof, functions: list[Concrete] | None = None) -> None:
    abstract = any(
        inner.op == "apply" and inner.attrs[0] not in proof.definitions
        for line in (proof.left, *proof.lines)
        for inner in postorder(line.node)
    )
    for table in (functions or SMOOTH) if abstract else [{}]:
        Checker(proof, table).run()


def document(f: str, wrt: str = "x", lang: str = "en", **options: Any) -> Principles:
    return principles(read(f).node, symbol(wrt), lang=lang, **options)


FROM_DEFINITION = """
    7; c; x; 3x; x sin(y); -2x + 1; x^2; x^2/2; 1/2 x^2; 3x^2; x^3; x^4; x^6; a x^2 + b x + c; 3x^3 - 2x + 5; (x+1)^2
    x(x-1)(x+2); 0.1x^2 - 2.5; x^7; x^20; x^100; 5x^9; x^5 - x^12; (2x+1)^3; (1 - 3x)^10; a x^n; x^n; x^a
    x^(2n-1); x^(2^3); (2x + 1)^n
    x^2 y + y^3; 1/x; 1/x^2; 1/x^3; x^-2; 3/x; -2x^-3; x^-9; 1/(2x+1); 1/(3-x)^2; x^(-n); 1/x^n; a/(b x + c)^3
    x/(x+1); (x^2+1)/(x-3); 1/(x^2+1); (a x + b)/(x + c)
    sqrt(x); sqrt(2x+1); 3sqrt(x); 1/sqrt(x); x^(-1/2); cbrt(x); x^(1/5); -sqrt(1 - x); 1/cbrt(2x)
    e^x; e^(3x); 2e^(1-x); e^(x+y); 2^x; a^x; 10^(2x+1); 5*(1/2)^x; ln(x); ln(3x+1); 2ln(x); log_10 x; log(x, a)
    log_2(5x); sin(x); cos(x); tan(x); sin(2x); cos(2x+1); tan(x/2); -cos(x); a sin(b x + c); cos(-x)
    |x|; |2x-1|; 3|x|; f(x); 2f(3x); f(x, y); f'(x)
    x^2 + sin(x); 3 sin(x) - 2cos(x) + x; e^x + ln(x) - 1/x; sqrt(x) + 2^x; x^2 - |x|; x + 1/x; a e^x + b f(x)
    sin(x)/2 - 5; 2(sin(x) + x^2) - (cos(x) - 3x); sin(x) - 2sin(x)
"""
BY_RULES = """
    x^2 sin(x); e^(x^2); asin(x); |x^2-1|; sin(x)/x; x^x; (x^2+1)^10; sqrt(x^2+1); ln(ln(x)); sin(x)^2; x^(3/2); x^pi
    sec(x) + csc(x) + cot(x); acos(x) atan(x); sinh(x)cosh(x); tanh(x)^2; asinh(x) + acosh(x+2); atanh(x/2); log_x 2
    f(x)g(x); f(g(x)); f(x)^2; max(x, x^2); floor(x) + x; where(x > 1, x^2, x); relu(2x); sigmoid(x); softplus(x^2)
    hypot(x, 3); atan2(x, x+4); erf(x); gamma(x); log(x+1, x+3); |x| sin(x); sin(x y) x; sech(x)csch(x)coth(x)
    asec(x); acsc(x); acot(x); acoth(x); asech(x); acsch(x); 2^(x^2); x^(a/2); log(a, x)
    sin(x^2 (2x+1)); e^(e^x); 1/(x^2 sin(x))
    min(x, 3); sign(x) + x^2; f(x, x^2)
"""


def listed(text: str) -> list[str]:
    return [f.strip() for f in re.split("[;\n]", text.strip()) if f.strip()]


@pytest.mark.parametrize("f", listed(FROM_DEFINITION))
def test_a_derivation_from_the_definition(f: str) -> None:
    found = document(f)
    assert not any(line.name for line in found.main.lines), "a rule of the table was used"
    for proof in (found.main, *found.parts):
        assert proof.lines[0].key == "definition"
        verify(proof)
    corner = next((i for i, line in enumerate(found.main.lines) if line.start), None)
    assert found.result is found.main.right.node is found.main.lines[:corner][-1].node
    is_derivative(found)


def is_derivative(found: Principles) -> None:
    checked = 0
    if any(node.op == "apply" for node in postorder(found.node)):
        return  # its lines were checked, the first and the last of them too
    for x, parameters in product(PLACES, PARAMETERS):
        at = {**{name: Fraction(2, 3) for name in symbols(found.node)}, **parameters, found.variable.attrs: x}
        value, slope = oracle.ball(found.result, at, 300), oracle.slope(found.node, [found.variable.attrs], at)
        if not Checker(found.main, {}).point(at):
            continue
        if value.is_finite() and slope.is_finite() and oracle.ball(found.node, at, 300).is_finite():
            assert close(value, slope), notation.text(found.result)
            checked += 1
    assert checked


@pytest.mark.parametrize("f", listed(BY_RULES))
def test_any_other_function_by_rules_that_are_proved(f: str) -> None:
    found = document(f)
    assert [line.key for line in found.main.lines[:2]] == ["definition", "for the rules"]
    assert all(line.name for line in found.main.lines[2:])
    if not any(node.op == "apply" for node in postorder(found.node)):
        verify(found.main)
        is_derivative(found)
    used = {key for line in found.main.lines for key in line.cites}
    varying = frozenset(chain.push(found.node, X).tangents)
    assert used >= {key for node in varying for key in theorems.uses(node, varying, X)} - {"identity"}
    listed_ones = [proof.key for proof in found.theorems]
    assert used
    assert used <= set(listed_ones)
    for place, proof in enumerate(found.theorems):  # each rests on what comes before it
        assert set(theorems.cited(proof)) <= set(listed_ones[:place])


CITED = {"euler", "erf", "gamma", "lgamma", "digamma", "polygamma", "total"}


@pytest.mark.parametrize("key", [*theorems.ROWS, *theorems.FROM_DEFINITION])
def test_a_theorem(key: str) -> None:
    proof = theorems.proof(key)
    assert proof.proved == (key not in CITED)
    if key not in ("total", "polygamma"):
        verify(proof, INVERSE if key == "inverse" else None)


def test_every_row_of_the_table_has_its_theorems() -> None:
    x = symbol("x")
    for op, varies in TABLE:
        if op not in FORMULA:
            continue
        args = [symbol("u") if varying else const(2) for varying in varies]
        node = make(op, *args)
        keys = theorems.uses(node, frozenset([symbol("u"), node]), x)
        assert keys
        for key in keys:
            assert theorems.proof(key).key == key


def damaged(proof: Proof, i: int) -> Proof:
    """The proof with something added in line ``i``: h, if that is found out before the limit is taken, or 1e-9."""
    line, links = proof.lines[i], proof.links()
    before = links[i][0]
    following = links[i + 1][0] is not None and links[i + 1][1].limit if i + 1 < len(links) else False
    keys = {line.key, *[one.key for one in proof.lines[i + 1 : i + 2]]}
    seen = line.limit and ((before is not None and before.under) or following) and "same piece" not in keys
    added = (line.letter or proof.letter) if seen else const(Fraction(1, 10**9))
    changed = replace(line, node=make("add", line.node, added))
    return replace(proof, lines=(*proof.lines[:i], changed, *proof.lines[i + 1 :]))


@pytest.mark.parametrize(
    "proof",
    [
        *[document(f).main for f in ("3x^3 - 2x + 5", "sqrt(2x+1)", "tan(x)", "a^x", "log_10 x", "x^n", "x^2 sin(x)")],
        *map(
            theorems.proof, ("product", "quotient", "chain", "cosine limit", "exponential limit", "asin", "piecewise")
        ),
    ],
    ids=lambda proof: proof.key,
)
def test_a_wrong_line_is_found(proof: Proof) -> None:
    verify(proof)
    for i, line in enumerate(proof.lines):
        if not (line.claim or line.key == "auxiliary limit"):
            with pytest.raises(AssertionError):
                verify(damaged(proof, i))


def test_a_claim_that_is_false_is_found() -> None:
    proof = theorems.proof("sine limit")
    for i, line in enumerate(proof.lines[:-1]):
        low, high = line.node.args
        turned = make("and", make("lt", low.args[1], low.args[0]), high)
        lines = (*proof.lines[:i], replace(line, node=turned), *proof.lines[i + 1 :])
        with pytest.raises(AssertionError):
            verify(replace(proof, lines=lines))


def test_the_chain_rule_divides_by_no_change_of_the_inner_function() -> None:
    proof = theorems.proof("chain")
    change = read("g(x + h) - g(x)").node
    for line in proof.lines:
        if line.limit:
            assert not any(node.op == "div" and node.args[1] is change for node in postorder(line.node))
    constant = {**SMOOTH[3]}  # g does not change, and every line still has a value
    for line in proof.lines:
        if line.limit:
            value = Checker(proof, constant).value(line.node, {"x": 2, "h": TINY, "k": TINY})
            assert value.is_finite()


# Random functions

coefficients = st.integers(-9, 9) | st.builds(Fraction, st.integers(-9, 9), st.integers(1, 9))


def written(terms: list[tuple[int | Fraction, Node]]) -> Node:
    total = make("mul", const(terms[0][0]), terms[0][1])
    for c, term in terms[1:]:
        total = make("add", total, make("mul", const(c), term))
    return total


@settings(max_examples=60)
@given(st.lists(st.tuples(coefficients, st.integers(0, 9)), min_size=1, max_size=5))
def test_random_polynomials(terms: list[tuple[int | Fraction, int]]) -> None:
    node = written([(c, make("pow", X, const(n))) for c, n in terms])
    found = principles(node, X, lang="en")
    for proof in (found.main, *found.parts):
        verify(proof)
    is_derivative(found)
    q = quotient(node, X)
    for x, h in product(PLACES[:3], STEPS[:4]):
        there, here = (sum((c * (x + step) ** n for c, n in terms), Fraction(0)) for step in (h, Fraction(0)))
        with ctx.workprec(BITS):
            wanted = oracle.to_arb((there - here) / h)
        assert close(oracle.ball(q, {"x": x, "h": h}, BITS), wanted)


FAMILY = ["sin({u})", "cos({u})", "tan({u})", "e^({u})", "3^({u})", "ln({u})", "log_2({u})", "sqrt({u})", "1/({u})"]
FAMILY += ["|{u}|", "({u})^4", "({u})^-2", "f({u})", "1/sqrt({u})", "cbrt({u})"]


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.integers(-5, 5), st.sampled_from(FAMILY), st.integers(1, 5), st.integers(-3, 3)),
        min_size=1,
        max_size=4,
    )
)
def test_random_combinations(terms: list[tuple[int, str, int, int]]) -> None:
    text = " + ".join(f"({c})*{form.format(u=f'{a}*x + {b}')}" for c, form, a, b in terms)
    found = document(text)
    for proof in (found.main, *found.parts):
        if any(Checker(proof, SMOOTH[0]).point({"x": x}) for x in PLACES):
            verify(proof)


# The lecture's quotient


@pytest.mark.parametrize(
    ("f", "wanted"),
    [
        ("x^2/2", "x + h/2"),
        ("1/2 x^2", "x + h/2"),
        ("x^2", "2*x + h"),
        ("x^3", "3*x^2 + 3*x*h + h^2"),
        ("3x + 1", "3"),
        ("7", "0"),
        ("y", "0"),
        ("1/x", "-1/(x*(x + h))"),
        ("sqrt(x)", "1/(sqrt(x + h) + sqrt(x))"),
        ("a x^2 + b x", "2*a*x + a*h + b"),
        ("h x^2", "2*h*x + h*k"),
        ("f(x)", "(f(x + h) - f(x))/h"),
    ],
)
def test_the_quotient_is_simplified(f: str, wanted: str) -> None:
    found = quotient(read(f).node, X)
    assert found is read(wanted).node or notation.ascii(found) == wanted


@pytest.mark.parametrize("f", [f for f in listed(FROM_DEFINITION) + listed(BY_RULES) if not re.search(r"f\(|f'\(", f)])
def test_the_quotient_is_the_quotient(f: str) -> None:
    node = read(f).node
    q, moved = quotient(node, X, symbol("h")), rebuild(node, {X: make("add", X, symbol("h"))}, plain)
    done = 0
    for x, h, parameters in product(PLACES, STEPS[:3], PARAMETERS):
        at = {**{name: Fraction(2, 3) for name in symbols(node)}, **parameters, "x": x, "h": h}
        above, below, value = (oracle.ball(one, at, 300) for one in (moved, node, q))
        if above.is_finite() and below.is_finite() and value.is_finite():
            with ctx.workprec(300):
                assert close((above - below) / oracle.to_arb(h), value), f
            done += 1
    assert done


def test_the_letter_of_the_quotient_can_be_chosen() -> None:
    assert notation.ascii(quotient(read("x^2/2").node, X, symbol("d"))) == "x + d/2"


# What it says of itself


def test_letters_are_fresh() -> None:
    assert document("x^2").main.letter is symbol("h")
    assert document("h x^2").main.letter is symbol("k")
    assert document("h k x^2 + h(x)").main.letter is symbol("t")
    everything = "h + k + t + s + d + r + p + q + m"
    assert document(f"x^2 ({everything})").main.letter is symbol("h_1")
    found = document("R x^9")
    assert found.main.definitions.keys() == {"S"}
    assert document("sin(f(x))").name == "F"
    assert document("g(x) + x", name="g").name == "F"


def test_several_variables() -> None:
    found = document("x^2 y + y^3", "y")
    assert found.held == ("x",)
    assert notation.ascii(found.result) == notation.ascii(read("x^2 + 3y^2").node)
    assert document("a x^2", arguments=("x",)).held == ("a",)


def test_conditions() -> None:
    def conditions(f: str) -> list[str]:
        found = document(f).main.hypotheses
        return [one.key if isinstance(one, Said) else notation.ascii(one) for one in found]

    assert conditions("x^2") == []
    assert conditions("sqrt(2x+1)") == ["2*x + 1 > 0"]
    assert conditions("a^x") == ["a > 0", "a != 1"]
    assert conditions("log_10 x") == ["x > 0"]
    assert conditions("x^n") == ["natural"]
    assert conditions("sin(x)/x") == ["x != 0"]
    assert conditions("sqrt(x^2 + 1)/(e^x + 1)") == []
    assert conditions("asin(x)") == ["abs(x) < 1"]
    assert conditions("|x|") == ["x != 0"]
    assert conditions("sin(a x)") == ["varies"]
    assert conditions("x + 1/x - sqrt(x)") == ["x > 0"]
    assert conditions("ln|x|") == ["x != 0"]
    assert conditions("1/(x^2+1)") == conditions("x^2 + 1/(x^2+1)") == []
    assert conditions("ln(3x)") == conditions("sin(x)/sqrt(x)") == ["x > 0"]
    assert conditions("sqrt(-2x)") == ["x < 0"]
    assert conditions("ln(ln(x))") == ["x > 1"]
    assert conditions("1/(x^2 sin(x))") == ["x != 0", "sin(x) != 0"]
    assert conditions("log(x, a)") == ["a > 0", "a != 1", "x > 0"]  # of a, neither follows from the other


RAW = """
    x > 0; 3*x > 0; -x > 0; x/2 > 0; -2*x/3 > 0; |x| > 0; x^2 + 1 > 0; x - 1 > 0; sqrt(x) > 0; ln(x) > 0; e^x*x > 0
    x^3 > 0; x^2 > 0; -3*|x| > 0; 2/x > 0; x*(x-1) > 0; ln(-x) > 0; x > 1; x > 2; x > -1; 0*x > 0; |x|*x > 0
    x < 0; -x < 0; 3*x < 0; |x| < 1; x < 1; x < 2; x^2 + 1 < 0; -5*x < 0; ln(x) < 0
"""
UNEQUAL = "x; 3*x; |x|; x^2; x^2+1; -x^3; x*(x-1); x*e^x; sqrt(x); ln(x); -2/5*(x+1); x^2*(x-2); e^x; x^-1; sqrt(x)*x"


def compared(text: str) -> Node:
    sign = next(sign for sign in "<>" if sign in text) if "<" in text or ">" in text else ""
    left, _, right = text.partition(sign) if sign else (text, "", "0")
    return make({"<": "lt", ">": "gt", "": "ne"}[sign], read(left).node, read(right).node)


@settings(max_examples=150)
@given(st.lists(st.sampled_from([compared(one) for one in listed(RAW) + listed(UNEQUAL)]), min_size=1, max_size=3))
def test_simplified_conditions_say_the_same(raw: list[Node]) -> None:
    simple = [one for one in families.conditions(raw) if not isinstance(one, Said)]
    for x in [Fraction(s) for s in ("-3", "-1", "-1/2", "0", "1/3", "1", "3/2", "2", "7")]:
        # outside the domain nothing is claimed
        if all(oracle.ball(one.args[0], {"x": x}, 100).is_finite() for one in raw):
            holds = [all(oracle.ball(one, {"x": x}, 100) is True for one in given) for given in (raw, simple)]
            assert holds[0] == holds[1], ([*map(notation.text, raw)], [*map(notation.text, simple)], x)


def test_an_abstract_function_is_assumed_to_be_differentiable() -> None:
    def assumed(f: str) -> list[tuple[str, ...]]:
        found = document(f).main.hypotheses
        return [(one.key, *map(notation.text, one.facts.values())) for one in found if isinstance(one, Said)]

    f_at_x = ("differentiable", "f", "x")
    assert assumed("x f(x)") == assumed("f(x)^2") == assumed("1/f(x)") == assumed("f(x)") == [f_at_x]
    assert assumed("f(g(x))") == [("differentiable", "g", "x"), ("differentiable", "f", "g(x)")]
    assert assumed("f(x) f'(x)") == [("differentiable twice", "f", "x")]
    assert assumed("x f''(x)") == [("differentiable again", "f", "x", "3")]
    assert assumed("f(x, y)") == assumed("x f(x, y)") == [("partially differentiable", "f", "x")]
    assert assumed("f(2x, y)") == [("partially differentiable at", "f", "1", "f(2x, y)")]
    assert assumed("f(x, x)") == [("totally differentiable", "f", "f(x, x)")]
    assert assumed("x f(y)") == []
    for node in (document("f(g(x), x)").node, document("x f(y, g(x^2))").node):
        named = {inner.attrs[0] for inner in postorder(node) if inner.op == "apply"}
        hypotheses = principles(node, X, lang="en").main.hypotheses
        assert {one.facts["f"].attrs for one in hypotheses if isinstance(one, Said)} == named


def test_the_name_of_the_function_is_no_other_function() -> None:
    for f in ("f(g(x))", "f(x, x)", "f(3x)", "f'(x)", "f(x)^2", "f(x^2, x)", "f(y, 2x)"):
        assert document(f).name == "F", f
    for f in ("f(x)", "f(x, y)", "g(2x)"):
        assert document(f).name == "f", f
    assert document("f(x)", arguments=("x", "y")).name == "F"


def test_the_hypotheses_of_the_theorems() -> None:
    total = [one.key for one in theorems.proof("total").hypotheses if isinstance(one, Said)]
    assert total == ["both differentiable", "totally differentiable"]


def test_the_chain_rule_says_why_the_auxiliary_function_goes_to_the_slope() -> None:
    proof = theorems.proof("chain")
    keys = [line.key for line in proof.lines]
    assert keys[:5] == ["auxiliary", "auxiliary at 0", "auxiliary product", "auxiliary limit", "auxiliary slope"]
    at_zero = proof.lines[1].node.args[0]
    assert proof.definitions["phi"][1].args[2] is proof.lines[1].node.args[1]
    assert at_zero is apply("phi", const(0))
    assert "phi" in proof.lines[-1].facts  # which is continuous at 0


@pytest.mark.parametrize(
    ("key", "low", "high"), [("asin", "-pi/2", "pi/2"), ("acos", "0", "pi"), ("atan", "-pi/2", "pi/2")]
)
def test_which_branch_an_inverse_function_inverts(key: str, low: str, high: str) -> None:
    line = theorems.proof(key).lines[0]
    assert line.claim
    values = [line.facts["low"], line.facts["high"]]
    assert [oracle.ball(node, {}, 60).mid() for node in values] == [
        oracle.ball(read(text).node, {}, 60).mid() for text in (low, high)
    ]
    for x in ("-1", "-1/3", "0", "1"):
        value = oracle.ball(make(key, const(Fraction(x))), {}, 200)
        ends = [oracle.ball(node, {}, 200) for node in values]
        assert not value < ends[0]
        assert not value > ends[1]


def test_the_larger_of_two_functions_needs_no_theorem_on_intervals() -> None:
    for key in ("min", "max"):
        proof = theorems.proof(key)
        assert proof.lines[-1].key == "same order"
        assert theorems.cited(proof) == ["continuity"]


def test_a_reciprocal_cites_the_theorem_on_it_alone() -> None:
    assert {key for line in document("1/f(x)").main.lines for key in line.cites} == {"reciprocal"}
    assert "multiple" in {key for line in document("2/f(x)").main.lines for key in line.cites}


def test_h_is_taken_out_of_a_sum_only() -> None:
    keys = [line.key for line in document("2x^2 + x y + 5y", "y").main.lines]
    assert keys == ["definition", "collect", "cancel", "limit"]
    for f in ("1/((a + b) x + 1)", "(a + b) x + 1", "x/((a+b) x + 1)", "x^2", "1/x^2", "x^3 - x"):
        main = document(f).main
        verify(main)
        for (before, line), top in zip(main.links()[1:], main.lines, strict=False):
            if line.key == "factor":
                assert before is not None
                inner = {node.op for node in postorder(top.node) if node.op in ("add", "sub")}
                assert inner
                numerator = top.node.args[0] if top.node.op == "neg" else top.node
                assert numerator.args[0].op in ("add", "sub"), f


def test_a_logarithm_cancels_at_once() -> None:
    for f in ("ln(3x)", "log_2(5x)", "ln(a x)", "ln(2x + 4)"):
        found = document(f).main
        verify(found)
        assert found.lines[-1].key != "tidy", f


def test_the_part_of_the_domain_that_is_left_out_is_named() -> None:
    assert document("x^(2/3)").main.omitted == (make("lt", X, const(0)),)
    assert document("(3x)^(2/3) + x").main.omitted == (make("lt", X, const(0)),)
    for f in ("x^(3/2)", "x^pi", "(x^2+1)^(2/3)", "x^a", "x^(1/3)", "x^2 sin(x)"):
        assert document(f).main.omitted == (), f


def test_tidying_says_what_was_done() -> None:
    def said(f: str) -> list[str]:
        return [str(line.name.ko) for line in document(f).main.lines if line.name][-2:]

    assert said("x^x") == ["지수법칙에 의해", "인수분해하면"]
    assert said("x^2 sin(x)")[-1] == "인수분해하면"
    for f in listed(BY_RULES):
        for line in document(f).main.lines:
            assert line.name is None or line.name.ko not in ("전개", "인수분해와 약분", "식 정리", "계산"), f


def test_a_corner_is_looked_at_from_both_sides() -> None:
    lines = document("3|2x - 1|").main.lines
    ends = [line.node for line in lines if line.claim]
    assert ends == [make("ne", const(-6), const(6))]
    assert [line.under for line in lines if line.start] == ["+", "-"]
    assert [line.key for line in lines if line.key.startswith("limit ")] == [
        "limit continuous",
        "limit right",
        "limit left",
    ]
    minus = [line.node for line in document("-|x|").main.lines if line.claim]
    assert minus == [make("ne", const(1), const(-1))]  # from the left first


def test_an_exponent_that_need_not_be_natural_is_dealt_with_too() -> None:
    assert "real power" in [proof.key for proof in document("x^n").theorems]
    assert "real power" not in [proof.key for proof in document("x^9").theorems]


def test_what_is_too_long_is_refused() -> None:
    deep: Node = X
    for _ in range(20_000):
        deep = make("sin", deep)
    wide: Node = X
    for _ in range(200):
        wide = make("mul", wide, wide)
    for node in (deep, wide):
        for work in (lambda node: principles(node, X), lambda node: quotient(node, X)):
            with pytest.raises(BudgetExceeded) as caught:
                work(node)
            assert caught.value.key == "principles_size"


def test_large_exponents_take_no_time() -> None:
    assert notation.ascii(document("x^1000000").result) == "1000000*x^999999"
    assert max(len(line.after) for line in document("x^1000000").steps) < 80
    assert max(len(line.after) for line in document("(2x+1)^5000").steps) < 120


def test_a_language_there_is_not() -> None:
    with pytest.raises(UnsupportedOperation):
        document("x^2", lang="fr")
    with pytest.raises(UnsupportedOperation):
        document("x^2").text("fr")


def test_the_result_is_that_of_the_rules() -> None:
    for f in listed(FROM_DEFINITION) + listed(BY_RULES):
        found = document(f)
        assert found.result is principles(read(f).node, X, lang="ko").result
        pushed = chain.push(read(f).node, X).result
        assert found.result is tidy(pushed)[0], f


@pytest.mark.parametrize("source", ["(-2)^x", "0^x", "log_1 x", "(-2)^(x^2)", "x + log(x, -3)"])
def test_a_base_without_powers_is_refused(source: str) -> None:
    """Their formulas can be differentiated, but the functions are defined on no interval."""
    with pytest.raises(DomainError):
        principles(read(source).node, X)


def test_powers_of_one() -> None:
    assert principles(read("1^x").node, X).result is ZERO
