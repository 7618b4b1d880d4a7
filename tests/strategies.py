"""Random expressions for Hypothesis, as odd as people and programs write them: nothing is simplified."""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction

from hypothesis import strategies as st

from mibun.node import Node
from mibun.ops import FORMULA, PI, E, apply, const, derivative, make, symbol

ARITHMETIC = ("add", "sub", "mul", "div", "neg", "pow", "exp")
COMPARISONS = ("lt", "le", "gt", "ge", "eq", "ne")

fractions = st.builds(Fraction, st.integers(-9, 9), st.integers(2, 9))
floats = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from([0.5, -2.5, 1e-07, 1e22, -0.0, 3.0])
numbers = st.one_of(st.integers(0, 12), st.integers(-12, 12), st.integers(-(10**30), 10**30), fractions, floats)


@st.composite
def nodes(
    draw: st.DrawFn,
    *,
    ops: Collection[str] = tuple(FORMULA),
    variables: Collection[str] = ("x", "y"),
    functions: Collection[str] = ("f", "g"),
    constants: st.SearchStrategy[int | Fraction | float] = numbers,
    size: int = 10,
) -> Node:
    """An expression with a number for a value, of up to ``size`` operations out of ``ops``."""
    names = sorted(variables)
    leaves = [op for op in ("symbol", "const", "e", "pi") if op in ops]
    inner = [op for op, row in FORMULA.items() if op in ops and row.kind not in ("leaf", "predicate")]
    inner += 4 * [op for op in ARITHMETIC if op in ops]
    tests = [op for op in COMPARISONS if op in ops]
    made: list[Node] = []

    def variable() -> Node:
        return symbol(draw(st.sampled_from(names)))

    def part() -> Node:
        if made and draw(st.booleans()):
            return made[-draw(st.integers(1, min(3, len(made))))]
        leaf = draw(st.sampled_from(leaves))
        return {"symbol": variable, "const": lambda: const(draw(constants))}.get(
            leaf, lambda: E if leaf == "e" else PI
        )()

    def condition() -> Node:
        node = make(draw(st.sampled_from(tests)), part(), part())
        for op in draw(st.lists(st.sampled_from([op for op in ("and", "or", "not") if op in ops]), max_size=2)):
            other = [] if op == "not" else [make(draw(st.sampled_from(tests)), part(), part())]
            node = make(op, *(draw(st.permutations([node, *other])) if other else [node]))
        return node

    def operation(op: str) -> Node:
        if op == "where":
            return make(op, condition(), part(), part())
        if op == "polygamma":
            return make(op, const(draw(st.integers(1, 3))), part())
        if op == "derivative":
            return derivative(part(), variable())
        if op == "apply":
            args = [part() for _ in range(draw(st.integers(1, 2)))]
            orders = tuple([draw(st.integers(0, 5)) for _ in args])
            return apply(draw(st.sampled_from(sorted(functions))), *args, orders=orders)
        return make(op, *[part() for _ in range(FORMULA[op].arity or 0)])

    for op in draw(st.lists(st.sampled_from(inner), max_size=size)):
        made.append(operation(op))
    return made[-1] if made else part()
