"""What a picture of a function needs, gathered: its values, what happens at the point, the formulas as labels.

The drawing itself is in :mod:`mibun.write.figure`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from mibun import chain
from mibun.errors import ShapeError, UnsupportedOperation, spoken
from mibun.limit import quotient
from mibun.limit.local import Local, local, sentence
from mibun.limit.zeros import failures
from mibun.node import Node, tree_size
from mibun.ops import symbol
from mibun.rewrite import tidy
from mibun.run import interpret
from mibun.write import figure, notation

if TYPE_CHECKING:
    from mibun.write.canvas import Picture

KINDS: Final = ("tangent", "secants", "error", "derivative", "contours", "surface")
LABEL: Final = 40  # nodes of a formula that still serves as a label


def draw(
    node: Node,
    variables: tuple[str, ...],
    variable: str | None,
    at: Mapping[str, Node],
    *,
    h: Fraction | None = None,
    kind: str | None = None,
    name: str = "f",
    lang: str | None = None,
    range: Any = None,
) -> Picture:
    """The picture of ``kind``, or the one that fits: with a ``variable``, of the function along it; without, of a
    function of two variables. ``at`` is the point, or the values of the other variables alone.

    ``UnsupportedOperation`` for a kind that there is not, ``ShapeError`` where a point is needed.
    """
    lang = spoken(lang)
    node = chain.resolve(node)
    kind = kind or ("contours" if variable is None else "tangent" if variable in at else "derivative")
    if kind not in KINDS:
        raise UnsupportedOperation("picture_kind", given=kind, kinds=", ".join(KINDS))
    if kind in ("contours", "surface"):
        return _plane(node, variables, at, kind, name, lang, range)
    if variable is None:
        raise ShapeError("which_variable", variables=", ".join(variables), example=f'plot(…, wrt="{variables[0]}")')
    if kind == "derivative":
        return _derivative(node, variables, variable, at, name, lang, range)
    if variable not in at:
        raise ShapeError("missing_values", missing=variable, variables=", ".join(variables))
    study = quotient.study(node, variable, variables, at, h=h, name=name, simplified=False)
    return study.plot(kind, lang=lang, range=range, h=None if h is None else float(h))


def _derivative(
    node: Node, variables: tuple[str, ...], variable: str, at: Mapping[str, Node], name: str, lang: str, range: Any
) -> Picture:
    slope = chain.push(node, symbol(variable)).result
    held = {key: _number(value) for key, value in at.items() if key != variable}
    partially = len(variables) > 1
    left = f"∂{name}/∂{_text(symbol(variable))}" if partially else f"{name}′({_text(symbol(variable))})"
    return figure.derivative(
        partial(quotient.along, node, held, variable),
        partial(
            _slopes, slope, held, variable, [_number(failure.point) for failure in failures(node, symbol(variable))]
        ),
        at=_number(at[variable]) if variable in at else None,
        label=label(node, variables, name),
        slope_label=_equation(left, tidy(slope)[0]),
        variable=_text(symbol(variable)),
        name=name,
        lang=lang,
        range=range,
    )


def _plane(
    node: Node, variables: tuple[str, ...], at: Mapping[str, Node], kind: str, name: str, lang: str, range: Any
) -> Picture:
    if len(variables) != 2:
        raise UnsupportedOperation("picture_two", count=len(variables), example=variables[0] if variables else "x")
    missing = [key for key in variables if key not in at]
    if missing:
        raise ShapeError("missing_values", missing=", ".join(missing), variables=", ".join(variables))
    found = [local(node, key, at) for key in variables]
    why = next((sentence(each, lang) for each in found if not each.differentiable), "")
    return {"contours": figure.contours, "surface": figure.surface}[kind](
        partial(_values, node, variables, {k: _number(v) for k, v in at.items() if k not in variables}),
        [_number(at[key]) for key in variables],
        [_slope(each) for each in found],
        label=label(node, variables, name),
        variables=[_text(symbol(key)) for key in variables],
        name=name,
        point=[_text(at[key]) for key in variables],
        note=why,
        lang=lang,
        range=range,
    )


def _values(node: Node, variables: Sequence[str], held: Mapping[str, float], *args: Any) -> Any:
    return interpret.call(node, {**held, **dict(zip(variables, args, strict=True))})


def _slopes(slope: Node, held: Mapping[str, float], variable: str, without: Sequence[float], x: Any) -> Any:
    """The values of a derivative's formula, none at points ``without`` one: that of |x|′ says 0 at 0."""
    import numpy as np

    return np.where(np.isin(x, without), np.nan, quotient.along(slope, held, variable, x))


def _slope(found: Local) -> float | None:
    return found.decimal if found.kind in ("differentiable", "undecided") else None


def _number(node: Node) -> float:
    value = float(interpret.call(node, {}))
    return value if math.isfinite(value) else math.nan


def _text(node: Node) -> str:
    return notation.text(node)


def label(node: Node, variables: Sequence[str], name: str) -> str:
    """``f(x) = x²/2``; without the formula where that is long."""
    return _equation(f"{name}({', '.join(_text(symbol(key)) for key in variables)})", node)


def _equation(left: str, node: Node) -> str:
    return f"{left} = {_text(node)}" if tree_size(node) <= LABEL else left
