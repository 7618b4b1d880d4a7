"""What NumPy hands over when a stand-in meets one of its functions: it is found by name, and what comes out becomes
stand-ins again. What is missing is refused by name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from mibun import arrays, ops
from mibun.errors import UnsupportedOperation
from mibun.node import Node
from mibun.ops import BOOL, INTEGER
from mibun.trace.functions.common import FUNCTIONS, axis_of, dtype_of, level_of, node_of
from mibun.trace.functions.elementwise import UFUNCS, ufunc_node
from mibun.trace.functions.reductions import log_sum_exp
from mibun.trace.traced import VARIABLE, Trace, Traced, binary, elementwise, levels, operand, operands, running, where

BITS: Final = frozenset(["bitwise_and", "bitwise_or", "bitwise_xor", "invert", "left_shift", "right_shift"])
REDUCING: Final = {
    "add": "sum",
    "multiply": "prod",
    "maximum": "amax",
    "minimum": "amin",
    "logical_and": "all",
    "logical_or": "any",
    "fmax": "nanmax",
    "fmin": "nanmin",
}


def call_ufunc(ufunc: Any, method: str, inputs: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """What NumPy hands over when a stand-in meets a ufunc."""
    import numpy as np

    name = ufunc.__name__
    trace = _trace_of(inputs)
    out = options.pop("out", None)
    if options.get("where", True) is True:
        options.pop("where", None)
    if method == "__call__" and name in ("divmod", "modf"):
        if name == "divmod":
            return np.floor_divide(*inputs), np.remainder(*inputs)
        whole = np.trunc(inputs[0])
        return inputs[0] - whole, whole
    if name not in UFUNCS or (name in BITS and any(operand(value, trace)[0].dtype is not BOOL for value in inputs)):
        if out is None and all(map(_decidable, inputs)):
            return getattr(ufunc, method)(*map(_plain, inputs), **options)
        key = "trace_bits" if name in BITS else "trace_function"
        raise UnsupportedOperation(key, **where(name=_ufunc_title(ufunc)))
    if method == "__call__":
        options.pop("casting", None)
        dtype = options.pop("dtype", None)
        condition = options.pop("where", None)
        options.pop("order", None)
        options.pop("subok", None)
        if options and name not in ("matmul", "vecdot"):
            raise UnsupportedOperation("trace_option", **where(name=f"np.{name}", option=next(iter(options))))
        nodes, _, level = operands(inputs, trace)
        node = ufunc_node(name, nodes)
        result: Any = trace.wrap(arrays.cast(node, dtype_of(dtype)) if dtype is not None else node, level)
        if condition is not None:
            if out is None:
                raise UnsupportedOperation("trace_option", **where(name=f"np.{name}", option="where"))
            result = np.where(condition, result, out[0])
    elif method == "reduce" and name in REDUCING:
        names = ("axis", "dtype", "out", "keepdims", "initial", "where")
        given = dict(zip(names, inputs[1:], strict=False)) | options
        given.setdefault("axis", 0)
        result = _by_name(REDUCING[name], (inputs[0],), given, trace)
    elif method == "reduce" and name == "logaddexp":
        result = trace.wrap(
            log_sum_exp(operand(inputs[0], trace)[0], options.get("axis", 0), options.get("keepdims", False)),
            level_of(inputs),
        )
    elif method == "accumulate" and name in ("add", "multiply"):
        axis = inputs[1] if len(inputs) > 1 else options.get("axis", 0)
        result = _by_name("cumsum" if name == "add" else "cumprod", (inputs[0],), {"axis": axis}, trace)
    elif method == "accumulate" and name in ("maximum", "minimum"):
        axis = inputs[1] if len(inputs) > 1 else options.get("axis", 0)
        node = operand(inputs[0], trace)[0]
        result = trace.wrap(_running(REDUCING[name], node, axis_of(axis, len(node.shape))), level_of(inputs))
    elif method == "reduceat":
        result = _reduceat(name, *inputs, **options)
    elif method == "at":
        return _at(name, *inputs)
    elif method == "outer":
        a, b = (operand(value, trace) for value in inputs)
        left = arrays.reshape(a[0], a[0].shape + (1,) * len(b[0].shape))
        result = trace.wrap(ufunc_node(name, [left, b[0]]), max(a[2], b[2]))
    else:
        raise UnsupportedOperation("trace_function", **where(name=f"{_ufunc_title(ufunc)}.{method}"))
    if out is None or out[0] is None:
        return result
    return _into(out[0], result)


def _running(op: str, x: Node, axis: int) -> Node:
    """The largest or smallest so far, in as many steps as the length has binary digits."""
    op, n, shift = {"amax": "max", "amin": "min"}[op], x.shape[axis], 1
    while shift < n:
        later = elementwise(op, arrays.part(x, axis, shift, n - shift), arrays.part(x, axis, 0, n - shift))
        x = arrays.concat([arrays.part(x, axis, 0, shift), later], axis)
        shift *= 2
    return x


def _reduceat(name: str, array: Any, indices: Any, axis: int = 0, **options: Any) -> Any:
    import numpy as np

    places = [int(i) for i in np.asarray(indices)]
    n = array.shape[axis]
    stops = [*places[1:], n]
    ufunc = getattr(np, name)
    parts = []
    for start, stop in zip(places, stops, strict=True):
        chosen = np.arange(start, max(stop, start + 1))
        parts.append(ufunc.reduce(np.take(array, chosen, axis), axis))
    return np.stack(parts, axis)


def _at(name: str, array: Any, indices: Any, values: Any = None) -> None:
    """``np.add.at(array, indices, values)``: places that are named twice count twice."""
    import numpy as np

    if name not in ("add", "subtract") or type(array) is not Traced:
        key = "trace_store" if name in ("add", "subtract") else "trace_function"
        raise UnsupportedOperation(key, **where(name=f"np.{name}.at"))
    places = np.arange(array.size).reshape(array.shape)[indices]
    trace = array.record
    running().append(trace)
    try:
        given = arrays.broadcast(arrays.cast(node_of(values), array.node.dtype), places.shape)
    finally:
        running().pop()
    flat = arrays.scatter(arrays.reshape(given, (places.size,)), ops.data(places.ravel()), array.size)
    extra = trace.wrap(arrays.reshape(flat, array.shape), level_of([array, values]))
    array[...] = binary({"add": "add", "subtract": "sub"}[name], array, extra)


def _ufunc_title(ufunc: Any) -> str:
    import numpy as np

    name = ufunc.__name__
    return f"np.{name}" if getattr(np, name, None) is ufunc else f"scipy.special.{name}"


def _into(out: Any, result: Any) -> Any:
    """``out=``: the result is put into a traced array; into a real one it cannot go."""
    if type(out) is not Traced:
        raise UnsupportedOperation("trace_store", **where())
    out[...] = result
    return out


def _trace_of(values: Any) -> Trace:
    found = _first(values)
    if found is None:
        return running()[-1]
    return found.record


def _first(values: Any) -> Traced | None:
    for value in values:
        if type(value) is Traced:
            return value
        if isinstance(value, list | tuple):
            inner = _first(value)
            if inner is not None:
                return inner
    return None


def _wrapped(result: Any, trace: Trace, level: int) -> Any:
    if type(result) is Node:
        return trace.wrap(result, level)
    if isinstance(result, list):
        return [_wrapped(part, trace, level) for part in result]
    if isinstance(result, tuple):
        parts = [_wrapped(part, trace, level) for part in result]
        return type(result)(*parts) if hasattr(result, "_fields") else tuple(parts)
    return result


def call_function(function: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """What NumPy hands over when a stand-in meets one of its functions.

    One that is not covered is NumPy's own affair as long as nothing that it sees is differentiated.
    """
    if _key(function) not in FUNCTIONS and level_of([*args, *options.values()]) < VARIABLE:
        return function(*map(_plain, args), **{name: _plain(value) for name, value in options.items()})
    return _by_name(_key(function), args, options, _trace_of([*args, *options.values()]))


def _decidable(value: Any) -> bool:
    """Whether a value may be turned into a plain one: nothing that is differentiated is lost by it."""
    return type(value) is not Traced or value.level < VARIABLE or value.node.dtype in (INTEGER, BOOL)


def _plain(value: Any) -> Any:
    """Stand-ins as plain numbers and arrays; the record then holds for these only."""
    if type(value) is Traced:
        return value._plain("trace_array")
    if isinstance(value, list | tuple) and _first(value) is not None:
        return type(value)(map(_plain, value))
    return value


def _key(function: Any) -> str:
    module = getattr(function, "__module__", "") or ""
    name = str(getattr(function, "__name__", function))
    inner = module.split(".")[1:2]
    return f"{inner[0]}.{name}" if inner and inner[0] in _NAMESPACES else name


_NAMESPACES: Final = frozenset(["linalg", "fft", "random", "polynomial"])


def _by_name(name: str, args: tuple[Any, ...], options: dict[str, Any], trace: Trace) -> Any:
    function = FUNCTIONS.get(name)
    if function is None:
        raise UnsupportedOperation("trace_function", **where(name=f"np.{name}"))
    out = options.pop("out", None) if options else None
    level = level_of([*args, *options.values()])
    running().append(trace)
    levels().append(level)
    try:
        result = function(*args, **options)
    except TypeError as error:
        if "unexpected keyword argument" in str(error):
            option = str(error).split("'")[1]
            raise UnsupportedOperation("trace_option", **where(name=f"np.{name}", option=option)) from None
        raise
    finally:
        running().pop()
        levels().pop()
    found = _wrapped(result, trace, level)
    if name in VIEWS and type(args[0]) is Traced and args[0].shape:
        _look(found, args[0], lambda owner: _by_name(name, (owner, *args[1:]), options, trace))
    return found if out is None else _into(out[0] if isinstance(out, tuple) else out, found)


def _look(found: Any, owner: Traced, again: Callable[[Traced], Any]) -> None:
    """What came out looks at the memory of ``owner``, whole or in pieces."""
    from mibun.trace.indexing import view

    if type(found) is Traced:
        view(found, owner, again)
    else:
        for i, piece in enumerate(found):
            view(piece, owner, lambda changed, i=i: again(changed)[i])  # type: ignore[misc]


VIEWS: Final = frozenset(
    [
        "reshape",
        "ravel",
        "transpose",
        "swapaxes",
        "moveaxis",
        "rollaxis",
        "squeeze",
        "expand_dims",
        "broadcast_to",
        "flip",
        "fliplr",
        "flipud",
        "rot90",
        "atleast_1d",
        "atleast_2d",
        "atleast_3d",
        "diagonal",
        "split",
        "array_split",
        "hsplit",
        "vsplit",
        "dsplit",
        "sliding_window_view",
        "matrix_transpose",
        "linalg.matrix_transpose",
        "permute_dims",
        "unstack",
        "linalg.diagonal",
    ]
)


class NoSuchAttribute(UnsupportedOperation, AttributeError):
    """What a stand-in lacks: ``hasattr`` and ``getattr`` with a default take it as Python does."""


def method(x: Traced, name: str) -> Any:
    """The method of an array: NumPy's function of the same name, mostly."""
    if name not in METHOD_NAMES:
        raise NoSuchAttribute("trace_attribute", **where(name=name))

    def bound(*args: Any, **options: Any) -> Any:
        if name in SHAPING and args and not isinstance(args[0], tuple | list):
            args = (args,) if len(args) > 1 or name == "reshape" else args
        if name == "transpose" and len(args) > 1:
            args = (args,)
        if name == "compress":
            return _by_name(name, (args[0], x, *args[1:]), options, x.record)
        return _by_name(METHOD_NAMES[name], (x, *args), options, x.record)

    return bound


SHAPING: Final = frozenset(["reshape"])


METHOD_NAMES: Final = {
    **{
        name: name
        for name in [
            "sum",
            "mean",
            "prod",
            "max",
            "min",
            "var",
            "std",
            "cumsum",
            "cumprod",
            "argmax",
            "argmin",
            "argsort",
            "dot",
            "reshape",
            "ravel",
            "transpose",
            "swapaxes",
            "squeeze",
            "repeat",
            "take",
            "clip",
            "round",
            "trace",
            "diagonal",
            "all",
            "any",
            "nonzero",
            "searchsorted",
            "compress",
            "conj",
            "copy",
        ]
    },
    "flatten": "flatten",
    "astype": "astype",
    "ptp": "ptp",
    "sort": "sort_in_place",
    "fill": "fill",
    "conjugate": "conj",
}
