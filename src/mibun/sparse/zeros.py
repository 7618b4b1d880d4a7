"""Where nodes are 0 by their form, whatever the variables are: in written masks, and around a part that is put into
zeros.

``None`` stands for "everywhere it can differ from 0", so that nothing is spent where nothing is known.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from mibun.node import Node, Shape
from mibun.sparse.reach import SPREAD

if TYPE_CHECKING:
    from mibun.sparse.pattern import Walk
    from mibun.sparse.reach import Places


def size(node: Node) -> int:
    """The number of entries."""
    return math.prod(node.shape)


def spread_mask(mask: Places, node: Node, shape: Shape) -> Any:
    """``mask`` of a node, repeated to a shape, flat."""
    import numpy as np

    return np.broadcast_to(mask.reshape(node.shape), shape).reshape(-1)


def _kept(walk: Walk, node: Node) -> Places | None:
    """f(0) = 0."""
    return walk.mask(node.args[0])


def _quotient(walk: Walk, node: Node) -> Places | None:
    mask = walk.mask(node.args[0])
    return None if mask is None else spread_mask(mask, node.args[0], node.shape)


def _all_factors(walk: Walk, node: Node) -> Places | None:
    found: Places | None = None
    for arg in node.args:
        mask = walk.mask(arg)
        if mask is not None:
            spread = spread_mask(mask, arg, node.shape)
            found = spread if found is None else found & spread
    return found


def _any_term(walk: Walk, node: Node) -> Places | None:
    found: Places | None = None
    for arg in node.args:
        mask = walk.mask(arg)
        if mask is None:
            return None
        spread = spread_mask(mask, arg, node.shape)
        found = spread if found is None else found | spread
    return found


def _branches(walk: Walk, node: Node) -> Places | None:
    import numpy as np

    condition, *branches = node.args
    masks = [walk.mask(branch) for branch in branches]
    truth = walk.value(condition)
    if truth is None and (masks[0] is None or masks[1] is None):
        return None
    first, second = (
        np.ones(size(node), bool) if mask is None else spread_mask(mask, branch, node.shape)
        for mask, branch in zip(masks, branches, strict=True)
    )
    if truth is None:
        return first | second
    return np.where(np.broadcast_to(truth, node.shape).reshape(-1), first, second)


def _moved_zeros(walk: Walk, node: Node) -> Places | None:
    import numpy as np

    masks = [walk.mask(arg) for arg in node.args]
    if all(mask is None for mask in masks) and node.op != "embed":
        return None
    whole = [np.ones(size(arg), bool) if mask is None else mask for arg, mask in zip(node.args, masks, strict=True)]
    # The last one is where -1 points to.
    found: Places = np.append(np.concatenate(whole), False)[walk.places(node)]
    return found


def _taken_zeros(walk: Walk, node: Node) -> Places | None:
    x, index = node.args
    mask = walk.mask(x)
    if mask is None or index not in walk.fixed:
        return None
    found: Places = mask[walk.places(node)]
    return found


def _scattered_zeros(walk: Walk, node: Node) -> Places | None:
    import numpy as np

    g, index = node.args
    if index not in walk.fixed:
        return None
    mask = walk.mask(g)
    rows = walk.value(index).reshape(-1)
    hit = np.zeros(node.shape, bool)
    whole = np.ones(g.shape, bool) if mask is None else mask.reshape(g.shape)
    np.logical_or.at(hit, rows, whole.reshape(len(rows), *node.shape[1:]))
    return hit.reshape(-1)


def _reduced_zeros(walk: Walk, node: Node) -> Places | None:
    mask = walk.mask(node.args[0])
    if mask is None:
        return None
    shaped = mask.reshape(node.args[0].shape)
    found = shaped.all(axis=node.attrs) if node.op == "prod" else shaped.any(axis=node.attrs)
    return found.reshape(-1)  # type: ignore[no-any-return]


def _contracted_zeros(walk: Walk, node: Node) -> Places | None:
    import numpy as np

    masks = [walk.mask(arg) for arg in node.args]
    if masks[0] is None and masks[1] is None:
        return None
    first, second, out = node.attrs
    sizes = dict(zip(first + second, node.args[0].shape + node.args[1].shape, strict=True))
    if math.prod(sizes.values()) > SPREAD:
        return None
    whole = [
        (np.ones(size(arg), bool) if mask is None else mask).reshape(arg.shape)
        for arg, mask in zip(node.args, masks, strict=True)
    ]
    return np.einsum(f"{first},{second}->{out}", *whole).reshape(-1) != 0  # type: ignore[no-any-return]


FILLED: Final[dict[str, Callable[[Walk, Node], Places | None]]] = {
    **dict.fromkeys(
        ["neg", "abs", "sign", "sqrt", "sin", "tan", "asin", "atan", "sinh", "tanh", "asinh", "atanh", "erf", "relu"],
        _kept,
    ),
    **dict.fromkeys(
        ["floor", "ceil", "log1p", "expm1", "rint", "alias", "cast"],
        _kept,
    ),
    "div": _quotient,
    "mul": _all_factors,
    **dict.fromkeys(["add", "sub", "min", "max", "hypot"], _any_term),
    "where": _branches,
    **dict.fromkeys(["reshape", "transpose", "broadcast", "slice", "embed", "concat", "place"], _moved_zeros),
    "take": _taken_zeros,
    "scatter": _scattered_zeros,
    **dict.fromkeys(["sum", "prod", "amax", "amin"], _reduced_zeros),
    "contract": _contracted_zeros,
}
"""Where a node can differ from 0, from where its arguments can; an operation that is missing can everywhere."""
