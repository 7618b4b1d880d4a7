"""LaTeX: a function and its derivatives in one display, with what they share written once, below them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from string import ascii_lowercase
from typing import Final

from mibun.errors import UnsupportedOperation
from mibun.node import Node, postorder
from mibun.ops import FORMULA, make, symbol
from mibun.source.plan import Program, say
from mibun.write import notation

SMALL: Final = 5  # nodes of an expression that is written each time
PRIMES: Final = 3


def source(programs: Sequence[Program], lang: str) -> str:
    r"""An ``align*`` for each program, without dollar signs; it needs amsmath."""
    return "\n\n".join([_display(program, lang) for program in programs]) + "\n"


def _display(program: Program, lang: str) -> str:
    letter = next(
        letter for letter in "tsuwzqpr" + ascii_lowercase if letter not in {name[:1] for name in program.arguments}
    )
    parts, roots = _shared(program.shown, letter)
    left = _names(program)
    rows = [f"{name} &= {notation.latex(root, lang=lang)}" for name, root in zip(left, roots, strict=True)]
    where = [f"{notation.latex(name)} &= {notation.latex(part, lang=lang)}" for name, part in parts]
    if where:
        rows[-1] += r" \\[1ex]"
        where[0] = rf"\text{{{say('where', lang)}}}\quad {where[0]}"
    lines = [*[row if row.endswith("[1ex]") else row + r" \\" for row in rows], *[row + r" \\" for row in where]]
    lines[-1] = lines[-1].removesuffix(r" \\")
    return "\n".join([r"\begin{align*}", *["  " + line for line in lines], r"\end{align*}"])


def _shared(roots: Sequence[Node], letter: str) -> tuple[list[tuple[Node, Node]], list[Node]]:
    """What is used more than once, with the names for it, and the roots in terms of these."""
    order = postorder(*roots)
    for node in order:
        if node.op not in FORMULA or node.shape:
            raise UnsupportedOperation("source_operation", name=node.op)
    uses = Counter([*roots, *[arg for node in order for arg in node.args]])
    written: dict[Node, Node] = {}
    sizes: dict[Node, int] = {}
    parts: list[tuple[Node, Node]] = []
    for node in order:
        args = tuple([written[arg] for arg in node.args])
        again = node if args == node.args else make(node.op, *args, attrs=node.attrs)
        sizes[node] = 1 + sum([sizes[arg] if written[arg].op != "symbol" else 1 for arg in node.args])
        if uses[node] > 1 and sizes[node] >= SMALL and node.op != "neg" and FORMULA[node.op].kind != "predicate":
            name = symbol(f"{letter}_{len(parts) + 1}")
            parts.append((name, again))
            again = name
        written[node] = again
    return parts, [written[root] for root in roots]


def _names(program: Program) -> list[str]:
    """What stands on the left of each line."""
    name = notation.latex(symbol(program.name))
    arguments = f"({', '.join([notation.latex(symbol(each)) for each in program.arguments])})"
    n = len(program.variables)
    if program.derivatives:
        taken: list[tuple[str, ...]] = [(), *[(x,) for x in program.variables]]
        if program.derivatives == 2:
            taken += [(x, y) for x in program.variables for y in program.variables]
        return [_derivative(name, arguments, each, n) for each in taken]
    if not program.shape:
        return [_derivative(name, arguments, program.taken, n)]
    axes = [[given] if given else [*program.variables] for given in program.taken]
    taken = [()]
    for axis in axes:
        taken = [(*before, each) for before in taken for each in axis]
    if len(taken) == len(program.nodes):
        return [_derivative(name, arguments, each, n) for each in taken]
    return [f"{name}_{{{i}}}{arguments}" for i in range(1, len(program.nodes) + 1)]


def _derivative(name: str, arguments: str, taken: Sequence[str], count: int) -> str:
    if not taken:
        return name + arguments
    if count == 1 and len(set(taken)) == 1:
        order = len(taken)
        return name + ("'" * order if order <= PRIMES else f"^{{({order})}}") + arguments
    below = []
    for each, times in Counter(taken).items():
        letter = notation.latex(symbol(each))
        below.append(rf"\partial {letter}" + (f"^{{{times}}}" if times > 1 else ""))
    raised = f"^{{{len(taken)}}}" if len(taken) > 1 else ""
    return rf"\frac{{\partial{raised} {name}}}{{{' '.join(below)}}}{arguments}"
