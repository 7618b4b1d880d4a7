"""Random graphs over all operations of formulas, large enough to matter and with values at most points.

Hypothesis draws small ones, for they shrink well. Here nothing needs to shrink: a part of a graph is a graph, and the
smallest part that is wrong is easily found.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from tests.run.differential import leaves

from mibun.node import Node, postorder
from mibun.ops import FORMULA, PI, E, const, make, symbol
from mibun.run import interpret

NAMES = ("x", "y")
VALUED = tuple(op for op, row in FORMULA.items() if row.kind == "elementwise" and op not in ("where", "polygamma"))
TESTS = ("lt", "le", "gt", "ge", "eq", "ne")
CONSTANTS: tuple[int | Fraction | float, ...] = (
    0, 1, 2, 3, -1, -2, 5, 7, 10, Fraction(1, 2), Fraction(1, 3), Fraction(-2, 3), Fraction(3, 2), Fraction(-1, 2),
    0.1, -0.0, 2.5, 1e-7, 1e22, 10**22, 12, 64, 65, -3, 4,  # 10³⁰ is no float: sin(10³⁰) depends on who rounds it
)  # fmt: skip
ARITHMETIC = ("add", "sub", "mul", "div", "pow")


def graph(random: np.random.Generator, operations: int) -> list[Node]:
    """About so many nodes, each made of earlier ones, leaves excluded. At most points of a sample they have values."""
    sample = {symbol(name): random.choice(_SAMPLE, 24) for name in NAMES}
    values: dict[Node, Any] = dict(sample)
    made: list[Node] = []

    def leaf() -> Node:
        kind = random.random()
        if kind < 0.7:
            return symbol(str(random.choice(NAMES)))
        return const(CONSTANTS[random.integers(len(CONSTANTS))]) if kind < 0.95 else (E, PI)[random.integers(2)]

    def part() -> Node:
        return made[-1 - int(random.integers(min(6, len(made))))] if made and random.random() < 0.6 else leaf()

    def condition() -> Node:
        found = make(str(random.choice(TESTS)), part(), part())
        for op in random.choice(["and", "or", "not"], random.integers(3)):
            found = make(op, found) if op == "not" else make(op, found, make(str(random.choice(TESTS)), part(), part()))
        return found

    def operation() -> Node:
        kind = random.random()
        if kind < 0.06:
            return make("where", condition(), part(), part())
        if kind < 0.08:
            return make("polygamma", const(int(random.integers(4))), part())
        if kind < 0.10:
            return make("add", condition(), part())  # truths count as 0 and 1
        op = str(random.choice(ARITHMETIC if kind < 0.4 else VALUED))
        return make(op, *[part() for _ in range(FORMULA[op].arity or 0)])

    for _ in range(4 * operations):
        node = operation()
        values |= leaves(postorder(node))
        with np.errstate(all="ignore"):
            interpret.fill([node], values)
        lost = np.isnan(np.broadcast_to(values[node], 24)).mean()
        if random.random() < 1.2 - lost:
            made.append(node)
        if len(made) == operations:
            break
    return made


_SAMPLE = np.array([-20.0, -3.0, -1.5, -1.0, -0.6, -0.25, 0.0, 0.3, 0.5, 0.9, 1.0, 1.7, 2.0, 4.5, 11.0, 1e3])
