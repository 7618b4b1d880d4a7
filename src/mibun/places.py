"""Points and steps as users give them: numbers of every kind, text such as ``"pi/4"``, one for each variable.

Exact numbers come out, as graphs without variables.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from numbers import Integral, Rational, Real
from typing import Any, Final

from mibun import chain
from mibun.errors import DomainError, MibunError, ShapeError
from mibun.node import Node, Number, contains, symbols
from mibun.ops import const

DECIMAL_LIMIT: Final = 4000  # decimal places of a Decimal, before or behind the point


def number(value: object) -> Number | None:
    """The number that ``value`` is, NumPy's included, exact if it can be. ``None`` for all else, truth values too."""
    if type(value) in (int, float, Fraction):
        return value  # type: ignore[return-value]
    if isinstance(value, bool):
        return None
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Rational):
        return Fraction(int(value.numerator), int(value.denominator))
    if isinstance(value, Decimal):
        return Fraction(value) if value.is_finite() and abs(value.adjusted()) <= DECIMAL_LIMIT else None
    return float(value) if isinstance(value, Real) else None


def coordinate(name: str, value: Any) -> Node:
    """An exact number that a user gave for the variable ``name``.

    ``ShapeError`` for what is no number, ``DomainError`` for one that is not finite.
    """
    if isinstance(value, str):
        from mibun import read

        value = read.read(value).node
    if isinstance(value, Node):
        if symbols(value):
            raise ShapeError("not_a_point", name=name, given=_text(value))
        node = chain.resolve(value)
        if not contains(node, ("apply",)) and not _is_finite(node):
            raise DomainError("infinite_point", given=_text(value))
        return node
    found = number(value)
    if found is None:
        raise ShapeError("not_a_point", name=name, given=repr(value))
    if isinstance(found, float) and not math.isfinite(found):
        raise DomainError("infinite_point", given=repr(value))
    return const(found)


def _is_finite(node: Node) -> bool:
    from mibun.run import interpret

    value = interpret.call(node, {})
    return not isinstance(value, float) or math.isfinite(value)  # an exact number may be beyond the doubles


def _text(node: Node) -> str:
    from mibun.write import notation

    return notation.text(node)


def split(text: str) -> list[str]:
    """``text`` cut at the commas that stand outside brackets.

    >>> split("x = log(8, 2), y = 1")
    ['x = log(8, 2)', 'y = 1']
    """
    parts, depth = [""], 0
    for char in text:
        depth += (char in "([{") - (char in ")]}")
        if char == "," and depth <= 0:
            parts.append("")
        else:
            parts[-1] += char
    return [part.strip() for part in parts]


def point(at: Any, variable: str, names: Sequence[str], free: Iterable[str]) -> dict[str, Node]:
    """Exact numbers for all ``free`` names and for ``variable``: from one value, which is that of ``variable``, from
    one for each of ``names`` in order, or from a mapping."""
    given: Mapping[str, Any]
    if isinstance(at, Mapping):
        given = at
    elif isinstance(at, str) or not (isinstance(at, Sequence) or getattr(at, "ndim", 0) > 0):
        given = {variable: at}
    elif len(at) == len(names):
        given = dict(zip(names, at, strict=True))
    else:
        raise ShapeError("too_many_values", given=len(at), wanted=len(names), variables=", ".join(names))
    known = dict.fromkeys([*names, *free, variable])
    unknown = [str(name) for name in given if name not in known]
    if unknown:
        raise ShapeError("unknown_variable", name=unknown[0], variables=", ".join(known))
    missing = [name for name in dict.fromkeys([*free, variable]) if name not in given]
    if missing:
        raise ShapeError("missing_values", missing=", ".join(missing), variables=", ".join(known))
    return {name: coordinate(name, value) for name, value in given.items()}


def step(h: Any) -> Fraction:
    """The step h that a user gave; a decimal means its digits, 0.1 a tenth. ``DomainError`` if it is none."""
    from mibun.run import interpret
    from mibun.run.exact import exact

    try:
        node = coordinate("h", h)
        value: Any = node.attrs if node.op == "const" else exact(node, {})
        value = interpret.call(node, {}) if value is None else value
        found = Fraction(repr(value) if isinstance(value, float) else value)
        usable = 0 < float(found) < math.inf
    except (MibunError, TypeError, ValueError, OverflowError):
        usable = False
    if not usable:
        raise DomainError("step", given=h)
    return found
