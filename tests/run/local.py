"""Every operation of compiled code by itself: from the values that the code has found for its arguments.

So nothing depends on how badly conditioned a formula is. Code may fuse x·y + z, hence a sum may be off by as much as
its larger part is rounded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mibun.node import Node
from mibun.ops import BOOL
from mibun.run import interpret

UNITS = 16  # in the last place, for one operation of formulas: some are made of several others


def problems(nodes: Sequence[Node], found: Mapping[Node, Any], single: bool = False, units: float = UNITS) -> list[str]:
    """What the interpreter would not say, in words. ``found`` has the arrays that code found for all ``nodes``."""
    said = []
    kind = np.float32 if single else np.float64
    tiny, unit = float(np.finfo(kind).smallest_subnormal), float(np.finfo(kind).eps)
    for node in nodes:
        if not node.args:
            continue
        names = {arg: f"a{i}" for i, arg in enumerate(dict.fromkeys(node.args))}
        given = {name: _given(arg, found) for arg, name in names.items()}
        wanted = np.broadcast_to(_interpreted(node, found), np.shape(found[node]))
        value = np.asarray(found[node])
        if node.dtype == BOOL:
            wrong = value != wanted
        else:
            with np.errstate(all="ignore"):
                wanted = np.asarray(wanted, np.float64)
                size = np.abs(wanted)
                if node.op in ("add", "sub"):
                    parts = [np.abs(np.asarray(part, np.float64)) for part in given.values()]
                    size = np.maximum(size, np.maximum.reduce(np.broadcast_arrays(*parts)))
                if node.op in ("lgamma", "digamma"):  # near their zeros the interpreter has no more digits
                    size = np.maximum(size, 1)
                close = np.abs(value - wanted) <= units * unit * np.where(np.isfinite(size), size, 0) + 4 * tiny
                over = np.isinf(wanted.astype(kind)) & np.isinf(value) & (np.sign(value) == np.sign(wanted))
                wrong = ~(close | (value == wanted) | (np.isnan(value) & np.isnan(wanted)) | over)
        for place in np.argwhere(wrong)[:1]:
            at = tuple(place)
            inside = [float(np.broadcast_to(part, value.shape)[at]) for part in given.values()]
            said.append(f"{node.op}{inside}: {value[at]!r} instead of {wanted[at]!r}")
    return said


def _given(arg: Node, found: Mapping[Node, Any]) -> Any:
    if arg in found:
        return found[arg]
    return interpret.program([arg], ())()[0]


def _interpreted(node: Node, found: Mapping[Node, Any]) -> Any:
    values = {arg: _given(arg, found) for arg in node.args}
    values = {arg: value if arg.dtype == BOOL else np.asarray(value, np.float64) for arg, value in values.items()}
    with np.errstate(all="ignore"):
        return interpret.evaluate(node, values)
