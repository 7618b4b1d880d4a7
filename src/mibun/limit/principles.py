"""First principles: the derivative derived from the definition, step by step, and the difference quotient simplified.

A function of a basic family, or a sum of such functions, is derived from the definition alone (:mod:`families`). For
any other the definition is written out, then the rules are applied that :mod:`mibun.derivation` finds, and each of them
is proved or cited (:mod:`theorems`). The words stand in :mod:`mibun.write.proofs`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mibun import chain, derivation, fold, identities
from mibun.derivation import Applied
from mibun.errors import BudgetExceeded, DomainError, UnsupportedOperation
from mibun.language import LANGUAGES, preferred
from mibun.limit import families, theorems
from mibun.limit.families import Lines, coefficient, free_of, fresh, is_polynomial, polynomial, prove, scaled, total
from mibun.node import Node, postorder, rebuild, symbols, tree_size
from mibun.ops import ONE, OPS, ZERO, apply, derivative, make, symbol
from mibun.rewrite import Budget, tidy
from mibun.rules import Name
from mibun.run.exact import exact
from mibun.step import Step
from mibun.write import notation
from mibun.write.proofs import Line, Principles, Proof, Said, Side

__all__ = ["Principles", "principles", "quotient"]

NODES: Final = 1_000  # of a function whose derivation is still readable
PARTS: Final = 12  # terms of a sum that are derived one by one
TERMS: Final = 200  # and of one that is looked at for that
QUOTIENT: Final = 24  # the degree up to which a difference quotient is multiplied out

MAIN = Name("main", "Derivation", "풀이")
PART = Name("part", "Derivation of a term", "항의 미분")


def principles(
    node: Node,
    variable: Node,
    *,
    name: str = "f",
    arguments: Sequence[str] | None = None,
    lang: str | None = None,
) -> Principles:
    """The derivative of ``node`` by ``variable``, from the definition.

    ``arguments``: the variables of the function, in order (default: those that occur). ``UnsupportedOperation`` for a
    language that there is not; ``BudgetExceeded`` for a derivation too long to be read; ``DomainError`` for a power or
    a logarithm to a base that there is none to: (-2)^x, log(x, 1).
    """
    lang = preferred() if lang is None else lang
    if lang not in LANGUAGES:
        raise UnsupportedOperation("language", given=lang)
    node = _with_bases(_readable(node), variable)
    used = symbols(node)
    names = tuple(dict.fromkeys([*(used if arguments is None else arguments), variable.attrs]))
    functions = {inner.attrs[0] for inner in postorder(node) if inner.op == "apply"}
    h = fresh({*used, *names, *functions, name})
    if name in functions and node is not apply(name, *map(symbol, names)):  # f(x) itself is no clash
        name = fresh({*used, *names, *functions, h.attrs}, ("F", "G", "y", "z")).attrs
    try:
        main, parts = _from_definition(node, variable, h) or (_by_rules(node, variable, h), ())
    except BudgetExceeded:
        raise BudgetExceeded("principles_size", limit=NODES) from None
    held = tuple(other for other in dict.fromkeys([*names, *used]) if other != variable.attrs)
    return Principles(
        node=node,
        variable=variable,
        result=main.right.node,
        main=main,
        parts=parts,
        theorems=theorems.needed([main, *parts]),
        name=name,
        arguments=names,
        held=held,
        lang=lang,
    )


def _readable(node: Node) -> Node:
    """``node`` with its derivatives worked out, unless it is too large."""
    size = min(tree_size(node), NODES + 1)
    node = chain.resolve(node) if size <= NODES else node
    if size > NODES or tree_size(node) > NODES:
        raise BudgetExceeded("principles_size", limit=NODES)
    return node


def _with_bases(node: Node, x: Node) -> Node:
    """``node`` with 1 for powers of 1. ``DomainError`` for other bases without powers or logarithms."""
    replace: dict[Node, Node] = {}
    for inner in postorder(node):
        if inner.op not in ("pow", "log") or x.attrs not in symbols(inner.args[inner.op == "pow"]):
            continue
        base = exact(inner.args[inner.op == "log"], {})
        if base is None or isinstance(base, bool):
            continue
        if base <= 0 or (base == 1 and inner.op == "log"):
            raise DomainError("principles_base", function=notation.text(inner))
        if base == 1:
            replace[inner] = ONE
    return chain.put(node, replace) if replace else node


# From the definition alone


def _from_definition(node: Node, x: Node, h: Node) -> tuple[Proof, tuple[Proof, ...]] | None:
    """The derivation, and those of the terms of a sum; ``None`` where a term is of no family."""
    whole = prove(node, x, h, "main", MAIN)
    if whole is not None:
        return whole, ()
    terms = _terms(node, x)
    if len(terms) < 2 or len(terms) > PARTS:
        return None
    proofs: dict[Node, Proof] = {}
    for _, base in terms:
        if base not in proofs:
            part = prove(base, x, h, "part", PART)
            if part is None:
                return None
            proofs[base] = part
    parts = tuple(proofs.values())
    lines = Lines(node, x, h)
    moved = make("add", x, h)
    quotients = [fold.mul(c, make("div", make("sub", chain.put(base, {x: moved}), base), h)) for c, base in terms]
    lines.then(total(*quotients), "term by term")
    lines.lines.append(
        Line(
            total(*[scaled(c, proofs[base].right.node) for c, base in terms]),
            "each term",
            parts=tuple(range(len(parts))),
        )
    )
    result = families.tidied(chain.push(node, x).result)
    families.finish(lines, result)
    hypotheses = families.conditions([given for part in parts for given in part.hypotheses])
    left = Side(derivative(node, x))
    also = next((part.also for part in parts if part.also), "")
    return Proof("main", MAIN, left, Side(result), h, tuple(lines.lines), hypotheses, also=also), parts


def _terms(node: Node, x: Node) -> list[tuple[Node, Node]]:
    """The terms of a sum as factor and function, those that make up a polynomial together as one."""
    found: list[tuple[Node, Node]] = []
    stack = [(ONE, node)]
    while stack:
        if len(found) > TERMS:
            return []
        c, part = stack.pop()
        outside, base = coefficient(part, x)
        c = fold.mul(c, outside)
        if base.op in ("add", "sub"):
            first, second = base.args
            stack += [(c if base.op == "add" else fold.neg(c), second), (c, first)]
        else:
            found.append((c, base))
    plain = [scaled(c, base) for c, base in found if is_polynomial(base, x)]
    if not plain:
        return found
    joined = total(*plain)
    if polynomial(joined, x) is None and not free_of(joined, x):
        return found
    place = next(i for i, (_, base) in enumerate(found) if is_polynomial(base, x))
    rest = [(i, term) for i, term in enumerate(found) if not is_polynomial(term[1], x)]
    before, after = [term for i, term in rest if i < place], [term for i, term in rest if i > place]
    return [*before, (ONE, joined), *after]


# By the rules


def _by_rules(node: Node, x: Node, h: Node) -> Proof:
    """The definition, then the rules that the derivation applies."""
    found = chain.push(node, x)
    budget = Budget()
    result, tidied = tidy(found.result, budget)
    varying = frozenset(found.tangents)
    lines = Lines(node, x, h)
    shown = derivative(node, x)
    lines.lines.append(Line(shown, "for the rules"))
    for step in derivation.lines(found, tidied, "working"):
        rule = step.rule
        applied = isinstance(rule, Applied)
        because = step.because if applied and isinstance(step.because, tuple) else ()
        opened = because
        if rule.name is derivation.LINEAR:  # in one go
            opened = tuple([inner for one in because for inner in postorder(one)])
        used = [key for inner in opened for key in theorems.uses(inner, varying, x) if inner in varying]
        used += ["constant"] if any(inner not in varying and not _jumps(inner, x) for inner in because) else []
        used += [inner.op for inner in because if inner not in varying and inner.op in _STEPS and _jumps(inner, x)]
        if _same(step.after, lines.lines[-1].node) and len(lines.lines) > 2:
            last = lines.lines[-1]
            lines.lines[-1] = Line(
                step.after,
                last.key,
                cites=tuple(dict.fromkeys([*last.cites, *used])),
                name=last.name,
                formula=last.formula,
            )
            continue
        name = _reason(step)
        lines.lines.append(
            Line(
                step.after,
                name.key,
                cites=tuple(dict.fromkeys(used)),
                name=name,
                formula=rule.formula if applied else None,
                given=step.because if isinstance(step.because, Node) else None,
            )
        )
    hypotheses = families.conditions([*_conditions(found), *_abstract(found)])
    left, right = Side(shown), Side(result)
    return Proof("main", MAIN, left, right, h, tuple(lines.lines), hypotheses, omitted=_omitted(found))


_STEPS: Final = frozenset(["sign", "floor", "ceil"])

EXPONENTS = Name("exponents", "By the laws of exponents", "지수법칙에 의해")
_FACTORED: Final = Name("factor", "Factorise", "인수분해하면")
_CANCELLED: Final = Name("factor", "Cancel", "약분하면")
# The steps of tidying, as reasons: what is done, "…하면".
_TIDYING: Final[dict[Name, Name]] = {
    identities.COLLECT: Name("collect", "Collect like terms", "동류항을 정리하면"),
    identities.ARRANGE: Name("arrange", "Tidy the factors", "식을 정리하면"),
    identities.FACTOR: Name("factor", "Factor and cancel", "인수분해하고 약분하면"),
    identities.EXPAND: Name("expand", "Multiply out", "전개하면"),
    identities.SPLIT: Name("split", "Divide term by term", "항마다 나누면"),
    identities.KNOWN: Name("known", "Use known values and identities", "특수한 값과 항등식을 이용하면"),
    derivation.ARITHMETIC: Name("arithmetic", "Arithmetic", "계산하면"),
    derivation.TIDY: Name("tidy", "Tidy up", "식을 정리하면"),
}


def _reason(step: Step) -> Name:
    """The name of a step as the reason of a line; that of tidying says no more than was done."""
    name: Name = step.rule.name
    inner = list(postorder(step.before))
    products = [node for node in inner if node.op in ("mul", "div", "neg")]
    if name is identities.FACTOR:
        fractions = any(node.op == "div" or (node.op == "pow" and _negative(node.args[1])) for node in inner)
        if not fractions:
            return _FACTORED
        return _TIDYING[name] if any(_is_sum(node) for node in _factors(step.after)) else _CANCELLED
    if name is identities.EXPAND and not any(_is_sum(arg) for node in products for arg in node.args):
        powers = [node for node in inner if node.op in ("pow", "exp")]
        if any(_is_sum(node.args[0]) for node in powers if node.op == "pow"):
            return _TIDYING[name]
        return EXPONENTS if any(symbols(node.args[-1]) for node in powers) else _TIDYING[identities.ARRANGE]
    return _TIDYING.get(name, name)


def _is_sum(node: Node) -> bool:
    return node.op in ("add", "sub")


def _negative(node: Node) -> bool:
    return node.op == "neg" or (node.op == "const" and node.attrs < 0)


def _factors(node: Node) -> list[Node]:
    """The factors of a product, those below the bar too."""
    found, stack = [], [node]
    while stack:
        node = stack.pop()
        if node.op in ("mul", "div", "neg"):
            stack += node.args
        else:
            found.append(node.args[0] if node.op == "pow" else node)
    return found


def _jumps(node: Node, x: Node) -> bool:
    return not free_of(node, x)


def _same(a: Node, b: Node) -> bool:
    return a is b or notation.text(a) == notation.text(b)


_U, _V = symbol("u"), symbol("v")
# Where the rules hold: by operation, what must be true of the arguments u and v that vary.
_HOLDS: Final[dict[str, tuple[Node, ...]]] = {
    "sqrt": (make("gt", _U, ZERO),),
    "ln": (make("gt", _U, ZERO),),
    "log": (make("gt", _U, ZERO), make("gt", _V, ZERO), make("ne", _V, ONE)),
    "div": (make("ne", _V, ZERO),),
    "abs": (make("ne", _U, ZERO),),
    "sign": (make("ne", _U, ZERO),),
    "relu": (make("ne", _U, ZERO),),
    "tan": (make("ne", make("cos", _U), ZERO),),
    "sec": (make("ne", make("cos", _U), ZERO),),
    "cot": (make("ne", make("sin", _U), ZERO),),
    "csc": (make("ne", make("sin", _U), ZERO),),
    "asin": (make("lt", make("abs", _U), ONE),),
    "acos": (make("lt", make("abs", _U), ONE),),
    "atanh": (make("lt", make("abs", _U), ONE),),
    "asec": (make("gt", make("abs", _U), ONE),),
    "acsc": (make("gt", make("abs", _U), ONE),),
    "acoth": (make("gt", make("abs", _U), ONE),),
    "acot": (make("ne", _U, ZERO),),  # where its two branches meet
    "acosh": (make("gt", _U, ONE),),
    "asech": (make("gt", _U, ZERO), make("lt", _U, ONE)),
    "acsch": (make("ne", _U, ZERO),),
    "coth": (make("ne", _U, ZERO),),
    "csch": (make("ne", _U, ZERO),),
    "floor": (make("ne", _U, make("floor", _U)),),
    "ceil": (make("ne", _U, make("ceil", _U)),),
    "min": (make("ne", _U, _V),),
    "max": (make("ne", _U, _V),),
}


def _conditions(found: chain.Derivation) -> tuple[Node, ...]:
    """Where the rules that were used hold, as far as that can fail."""
    x = found.variable
    conditions: list[Node] = []
    varying = {x}
    for node in postorder(found.node):
        if varying.isdisjoint(node.args):
            continue
        varying.add(node)
        given: tuple[Node, ...] = _HOLDS.get(node.op, ())
        if node.op == "pow":
            given = _for_power(node.args[1], node.args[1] in varying)
        elif OPS[node.op].kind == "predicate" and node.op not in ("and", "or", "not"):
            given = (make("ne", _U, _V),)  # where one piece ends
        filled = [rebuild(one, dict(zip((_U, _V), node.args, strict=False)), fold.remake) for one in given]
        conditions += [one for one in filled if symbols(one)]
    return tuple(dict.fromkeys(conditions))


def _abstract(found: chain.Derivation) -> list[Said]:
    """What is assumed of the functions known by name only, each as often differentiable as is needed."""
    varying = {found.variable, *found.tangents}
    said: dict[object, tuple[int, Said]] = {}
    for node in postorder(found.node):
        if node.op != "apply" or varying.isdisjoint(node.args):
            continue
        name, orders = node.attrs
        one = families.differentiable(node, [i for i, arg in enumerate(node.args) if arg in varying])
        place = (name, node.args) if len(orders) == 1 else node
        if sum(orders) >= said.get(place, (0, one))[0]:
            said[place] = sum(orders), one
    return [one for _, one in said.values()]


def _omitted(found: chain.Derivation) -> tuple[Node, ...]:
    """Where the proof by logarithms does not reach, though there is a derivative: x^(2/3) for x < 0."""
    cases = []
    for node in postorder(found.node):
        if node.op == "pow" and node in found.tangents:
            base, exponent = node.args
            value = None if exponent in found.tangents else families.rational(exponent)
            if value is not None and value.denominator > 1 and value.denominator % 2 and families.sign(base) is None:
                cases.append(make("lt", base, ZERO))
    return tuple([one for one in families.conditions(cases) if isinstance(one, Node)])


def _for_power(exponent: Node, varies: bool) -> tuple[Node, ...]:
    value = None if varies else families.rational(exponent)
    if value is None or value.denominator != 1:
        return (make("gt", _U, ZERO),)
    return () if value > 0 else (make("ne", _U, ZERO),)


# The difference quotient


def quotient(node: Node, variable: Node, h: Node | None = None) -> Node:
    """(f(x + h) − f(x))/h, simplified exactly: for a polynomial, a quotient of such or a root, without the division.

    >>> from mibun.ops import make, symbol, const
    >>> x = symbol("x")
    >>> notation.ascii(quotient(make("div", make("pow", x, const(2)), const(2)), x))
    'x + h/2'
    """
    node = _readable(node)
    h = fresh({*symbols(node), variable.attrs}) if h is None else h
    coefficients = polynomial(node, variable, QUOTIENT)
    if coefficients is not None:
        return total(*families.shifted_terms(coefficients, variable, h, 1))
    found = _from_definition(node, variable, h)
    if found is not None and not found[1]:
        cancelled = [line.node for line in found[0].lines if line.limit and line.key == "cancel" and not line.start]
        if cancelled and not any(inner.op == "apply" for inner in postorder(cancelled[0])):
            return families.tidied(cancelled[0])
    change = make("sub", chain.put(node, {variable: make("add", variable, h)}), node)
    return families.tidied(make("div", change, h))
