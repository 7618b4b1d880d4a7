"""Machine code held against the interpreter and against balls, at one point at a time.

Two computations of one function may differ by rounding, and what follows may make that large. How large, balls tell:
the same function in balls of as many bits as the numbers have. Where some number on the way leaves the range of these
numbers, order and fusion of operations decide what comes out, and nothing is compared. At infinities and NaN, which
balls do not know, both have to agree.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from flint import arb

from mibun.node import Node, contains, postorder, symbols
from mibun.ops import symbol
from mibun.run import balls, interpret
from mibun.run.balls import Undecided
from mibun.run.safe import safe
from mibun.write.notation import ascii

Values = Mapping[str, float]

SLACK = 16  # a function may be off by so many times what its ball of as many bits allows for: 4 ulp, and its parts
ULPS = 16
LOOSE = 4096  # times as much for functions that no processor has, and the interpreter computes by series
SPECIAL = ("gamma", "lgamma", "digamma", "polygamma", "erf")
TRUTH_BITS = 512
NEAR = 2.0**-26  # where balls do not tell what rounding may do
LOOKED_AT = 6  # elements of a result, of those that differ

# Results that may be infinite without anything being too large: at a pole, which is hit exactly.
POLES = frozenset(
    "ln log div pow atanh acoth asech acsch csch coth csc cot gamma lgamma digamma polygamma".split()  # noqa: SIM905
)
# Results that vanish for finite arguments other than 0 because they are too small, not because they are 0.
VANISHING = frozenset("mul div pow exp sech csch sigmoid softplus gamma polygamma".split())  # noqa: SIM905

seen: Counter[str] = Counter()
"""How often what was compared, so that a test can see that something was."""


class Numbers(NamedTuple):
    """The floating-point numbers that were computed with."""

    bits: int
    small: float
    large: float

    @property
    def unit(self) -> float:
        return 2.0**-self.bits


DOUBLE = Numbers(53, 1e-290, 1e290)
SINGLE = Numbers(24, 1e-34, 1e34)


def problem(node: Node, at: Values, found: Any, numbers: Numbers = DOUBLE) -> str | None:
    """What is wrong with ``found``, the value of ``node`` at a point, if anything is."""
    at = {name: at[name] for name in symbols(node)}
    written, compiled = interpret.call_all([node, *safe([node])], at)
    return _judged(node, at, float(found), float(compiled), numbers, True) or _judged(
        node, at, float(found), float(written), numbers, False
    )


def _judged(node: Node, at: Values, found: float, reference: float, numbers: Numbers, same_form: bool) -> str | None:
    """What is wrong beside the interpreter's ``reference``, which it made of the ``same_form``, the float-safe one, or
    of the form in which the function was written. That has fewer values: ∞ - ∞ in x² - x, but not in x(x - 1)."""
    if alike(found, reference, numbers):
        seen["alike"] += 1
        return None
    if _out_of_range(node, at, numbers) or _is_open(node, at):
        seen["out of range"] += 1
        return None
    wrong = f"{found!r} instead of {reference!r} at {at}"
    try:
        finite = all(map(math.isfinite, at.values()))
        truth, allowed = _true(node, at, numbers) if finite else (None, 0.0)
    except Undecided:
        seen["undecided"] += 1
        return None
    if truth is None:  # arithmetic went through an infinity or a NaN, which balls do not: 1 to any power is 1
        seen["infinity"] += 1
        if numbers is SINGLE:  # rounding may have led across a border: (1 - 1e-10)^∞ is 0 or 1
            return None
        if not same_form and (not math.isfinite(reference) or _has_nan(node, at)):  # NaN⁰ is 1, NaN > 0 is 0
            return None
        return None if math.isclose(found, reference, rel_tol=NEAR, abs_tol=NEAR) else wrong
    size = abs(float(truth))
    if allowed > 2.0**-6 * size:
        seen["no digits"] += 1
        return None
    seen["balls"] += 1
    error = abs(float(truth - arb(found))) if math.isfinite(found) else math.inf
    if error <= allowed:
        return None
    return f"{wrong}: {error / numbers.unit / size:.3g} units off, {allowed / numbers.unit / size:.3g} allowed"


def alike(found: Any, reference: Any, numbers: Numbers = DOUBLE) -> Any:
    """Whether results are the same, or so close that no one could object; of zeros, the signs do not count."""
    with np.errstate(all="ignore"):
        close = np.abs(found - reference) <= 2 * numbers.unit * np.abs(reference)
        return (found == reference) | (np.isnan(found) & np.isnan(reference)) | close


def _true(node: Node, at: Values, numbers: Numbers) -> tuple[Any, float]:
    """The true value, ``None`` outside the domain, and how far off a computation may be."""
    with balls.precision(TRUTH_BITS):
        exact = {name: arb(value) for name, value in at.items()}
        truth = balls.evaluate(node, exact)
        with balls.precision(numbers.bits):
            roughly = balls.run(node, exact)
    if truth is None and all(value is None or balls.known(value) for value in roughly.values()):
        return None, 0.0
    rough = roughly[node]
    if not balls.known(truth) or not balls.known(rough):
        raise Undecided
    middle, radius = arb(truth).mid(), float(arb(rough).rad())
    loose = LOOSE if contains(node, SPECIAL) else 1
    return middle, loose * (SLACK * radius + ULPS * numbers.unit * abs(float(middle))) + numbers.small


def _is_open(node: Node, at: Values) -> bool:
    """Whether NumPy itself has two answers: (-∞)^0.5 is ∞ in arrays and NaN for numbers."""
    return -math.inf in at.values() and contains(node, ("pow",))


def _has_nan(node: Node, at: Values) -> bool:
    """Whether some number on the way, or given, is no number."""
    order = postorder(node)
    values = leaves(order) | {symbol(name): np.float64(value) for name, value in at.items()}
    with np.errstate(all="ignore"):
        interpret.fill([node], values)
    return any(bool(np.isnan(value)) for value in values.values())


def _out_of_range(node: Node, at: Values, numbers: Numbers) -> bool:
    """Whether some number on the way is too large or too small for the numbers that were computed with."""
    order = postorder(node)
    values = leaves(order) | {symbol(name): np.float64(value) for name, value in at.items()}
    with np.errstate(all="ignore"):
        interpret.fill([node], values)
    return any(
        _leaves(inner, float(values[inner]), [float(values[arg]) for arg in inner.args], numbers) for inner in order
    )


def leaves(nodes: Sequence[Node]) -> dict[Node, Any]:
    """The values of the numbers among some nodes, as NumPy's: Python's own raise errors where NumPy's do not."""
    return {
        node: np.float64(interpret.CONSTANTS[node.op](node.attrs)) for node in nodes if node.op in interpret.CONSTANTS
    }


def _leaves(node: Node, value: float, args: list[float], numbers: Numbers) -> bool:
    """Whether the value of one node leaves the range, though those of its arguments do not."""
    if math.isnan(value):
        return False
    ordinary = all(map(math.isfinite, args))
    if value == 0:
        return node.op in VANISHING and ordinary and all(args)
    if math.isinf(value):
        pole = node.op in POLES and (0 in args or node.op not in ("div", "pow"))
        return node.op != "symbol" and ordinary and not pole
    return not numbers.small < abs(value) < numbers.large and (node.op != "symbol" or numbers is SINGLE)


def problems(
    nodes: Sequence[Node],
    names: Sequence[str],
    columns: Sequence[Any],
    results: Sequence[Any],
    numbers: Numbers = DOUBLE,
) -> list[str]:
    """What is wrong with the ``results`` of ``nodes`` for the arrays or numbers in ``columns``.

    Where results differ from the interpreter's by more than rounding, some of the elements are looked at.
    """
    shape = np.broadcast_shapes(*[np.shape(column) for column in columns])
    spread = [np.broadcast_to(np.asarray(column, dtype=np.float64), shape).ravel() for column in columns]
    compiled = interpret.program(safe(nodes), names)(*spread)
    written = interpret.program(nodes, names)(*spread)
    found = []
    for node, result, *references in zip(nodes, results, compiled, written, strict=True):
        if np.shape(result) != shape:
            return [f"shape {np.shape(result)} instead of {shape}"]
        mine = np.asarray(result, dtype=np.float64).ravel()
        for reference, same_form in zip(references, (True, False), strict=True):
            theirs = np.broadcast_to(np.asarray(reference, dtype=np.float64), mine.shape)
            same = alike(mine, theirs, numbers)
            seen["alike"] += int(same.sum())
            places = np.flatnonzero(~same)
            for i in places[:: max(1, len(places) // LOOKED_AT)]:
                at = {name: float(column[i]) for name, column in zip(names, spread, strict=True)}
                at = {name: at[name] for name in symbols(node)}
                wrong = _judged(node, at, float(mine[i]), float(theirs[i]), numbers, same_form)
                if wrong is not None:
                    found.append(f"{ascii(node)}: {wrong}")
                    break
    return found
