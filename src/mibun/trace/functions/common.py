"""What the readings of NumPy's functions share: the table of them, nodes of what users give, axes."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from mibun import arrays
from mibun.errors import ShapeError, UnsupportedOperation
from mibun.node import Node, Shape
from mibun.ops import BOOL, INTEGER, NUMBER, REAL, SINGLE, ZERO, make
from mibun.trace.traced import CONSTANT, Traced, elementwise, levels, number, operand, running, where


def floor_divide(x: Node, y: Node) -> Node:
    if {x.dtype, y.dtype} <= {INTEGER, BOOL}:
        exact = make("div", elementwise("sub", x, elementwise("mod", x, y)), y)
        return arrays.cast(make("rint", exact), INTEGER)
    return make("rint", make("div", make("sub", x, make("mod", x, y)), y))


def truncated(x: Node) -> Node:
    return make("where", make("lt", x, ZERO), make("ceil", x), make("floor", x))


def is_nan(x: Node) -> Node:
    return make("ne", x, x)


def truth_of(x: Node) -> Node:
    return x if x.dtype is BOOL else make("ne", x, ZERO)


def level_of(values: Any) -> int:
    level = CONSTANT
    for value in values:
        if type(value) is Traced:
            level = max(level, value.level)
        elif isinstance(value, list | tuple):
            level = max(level, level_of(value))
    return level


def node_of(value: Any) -> Node:
    """The node of a stand-in, a number, an array, or a list with any of these in it."""
    trace = running()[-1]
    node, found, _ = operand(value, trace)
    if node not in trace.values:
        trace.values[node] = found
    return node


def value_of(node: Node) -> Any:
    trace = running()[-1]
    return trace.wrap(node, CONSTANT)._value


F = TypeVar("F", bound=Callable[..., Any])


FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {}


def numpy_function(*names: str) -> Callable[[F], F]:
    """Register a function below under the names of NumPy's."""

    def register(function: F) -> F:
        for name in names:
            FUNCTIONS[name] = function
        return function

    return register


def axis_of(axis: Any, ndim: int) -> int:
    found: int = operator.index(axis)
    if not -ndim <= found < ndim:
        raise ShapeError("trace_axis", **where(axis=axis, ndim=ndim))
    return found % ndim


def axes_of(axis: Any, ndim: int) -> tuple[int, ...]:
    if axis is None:
        return tuple(range(ndim))
    if isinstance(axis, tuple | list):
        return tuple(sorted(axis_of(a, ndim) for a in axis))
    return (axis_of(axis, ndim),)


def dtype_of(dtype: Any) -> str:
    import numpy as np

    found = np.dtype(dtype)
    if found.kind == "b":
        return BOOL
    if found.kind in "iu":
        return INTEGER
    if found.kind == "f":
        return SINGLE if found.itemsize <= 4 else REAL
    raise UnsupportedOperation("trace_kind", **where(kind=found))


def floating(x: Node) -> Node:
    return arrays.cast(x, REAL) if x.dtype in (INTEGER, BOOL) else x


def strong(x: Node) -> Node:
    return arrays.cast(x, REAL) if x.dtype is NUMBER else x


def with_axes(x: Node, axes: Sequence[int], keepdims: Any) -> Node:
    return arrays.expand(x, axes) if keepdims is True or (keepdims and keepdims is not no_value()) else x


def no_value() -> Any:
    import numpy as np

    return np._NoValue


def absent(value: Any) -> bool:
    """Whether an optional argument was left out."""
    return value is None or value is no_value()


def count_of(shape: Shape, axes: Sequence[int]) -> int:
    return math.prod([shape[axis] for axis in axes])


def plain_int(value: Any) -> int:
    found: int = operator.index(value)
    return found


def shape_of(shape: Any) -> Shape:
    if isinstance(shape, tuple | list):
        return tuple([operator.index(n) for n in shape])
    return (operator.index(shape),)


def masked_by(x: Node, mask: Any, fill: Any) -> Node:
    """``where=`` of a reduction: entries left out count as ``fill``."""
    if mask is True or mask is None or mask is no_value():
        return x
    return make("where", truth_of(node_of(mask)), x, number(fill))


def stand_in(node: Node) -> Traced:
    """A node within a function as a stand-in, for another function. It depends on what the arguments depend on."""
    return running()[-1].wrap(node, levels()[-1] if levels() else CONSTANT)


def in_a_row(x: Node) -> Node:
    return arrays.reshape(strong(x), (math.prod(x.shape),))
