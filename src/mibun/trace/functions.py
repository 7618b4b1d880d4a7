"""NumPy's functions over traced arrays: each is read as operations of the graph.

A row of :data:`UFUNCS` names an operation or builds one from nodes. A function below bears NumPy's own name and
arguments, takes stand-ins, arrays and numbers, and gives nodes; :func:`call_function` finds it by the NumPy function
that was called. What is missing is refused by name.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, Final, TypeVar

from mibun import arrays, ops
from mibun.errors import ShapeError, UnsupportedOperation
from mibun.node import Node, Shape
from mibun.ops import BOOL, HALF, INTEGER, NUMBER, ONE, REAL, SINGLE, TWO, ZERO, const, make
from mibun.trace.traced import (
    CONSTANT,
    VARIABLE,
    Mixed,
    Trace,
    Traced,
    binary,
    elementwise,
    levels,
    number,
    operand,
    running,
    stacked,
    where,
)

# Elementwise functions


def _guarded_hypot(x: Node, y: Node) -> Node:
    """√(x² + y²), with slope 0 at the origin, the subgradient of least norm."""
    origin = make("and", make("eq", x, ZERO), make("eq", y, ZERO))
    return make("where", origin, ZERO, make("hypot", x, y))


def _guarded_atan2(y: Node, x: Node) -> Node:
    """The angle of (x, y), with slope 0 at the origin, where it has none."""
    origin = make("and", make("eq", x, ZERO), make("eq", y, ZERO))
    beside = make("where", origin, ONE, x)
    return make("where", origin, ZERO, make("atan2", y, beside))


def _floor_divide(x: Node, y: Node) -> Node:
    if {x.dtype, y.dtype} <= {INTEGER, BOOL}:
        exact = make("div", elementwise("sub", x, elementwise("mod", x, y)), y)
        return arrays.cast(make("rint", exact), INTEGER)
    return make("rint", make("div", make("sub", x, make("mod", x, y)), y))


def _trunc(x: Node) -> Node:
    return make("where", make("lt", x, ZERO), make("ceil", x), make("floor", x))


def _fmod(x: Node, y: Node) -> Node:
    """The remainder with the sign of x."""
    size = make("mod", make("abs", x), make("abs", y))
    return make("where", make("lt", x, ZERO), make("neg", size), size)


def _isnan(x: Node) -> Node:
    return make("ne", x, x)


def _copysign(x: Node, y: Node) -> Node:
    # 1/y tells -0.0 from 0.0
    negative = make("or", make("lt", y, ZERO), make("and", make("eq", y, ZERO), make("lt", make("div", ONE, y), ZERO)))
    size = make("abs", x)
    return make("where", negative, make("neg", size), size)


def _sinc(x: Node) -> Node:
    return make("sinc", ZERO, make("mul", ops.PI, x))


def _fold_nan(op: str) -> Callable[[Node, Node], Node]:
    def build(x: Node, y: Node) -> Node:
        return make("where", _isnan(x), y, make("where", _isnan(y), x, make(op, x, y)))

    return build


def _scaled(op: str, scale: Callable[[], Node]) -> Callable[[Node], Node]:
    return lambda x: make(op, x, scale())


def _logaddexp2(x: Node, y: Node) -> Node:
    two = make("ln", TWO)
    return make("div", make("logaddexp", make("mul", x, two), make("mul", y, two)), two)


def _xlogy(x: Node, y: Node) -> Node:
    return make("where", make("eq", x, ZERO), ZERO, make("mul", x, make("ln", y)))


def _product(x: Node, y: Node) -> Node:
    return _matmul(x, y)


def _row_products(x: Node, y: Node) -> Node:
    return _vecdot(x, y)


def _dropped(x: Node, axis: int) -> Node:
    shape = list(x.shape)
    del shape[axis]
    return arrays.reshape(x, tuple(shape))


def _truth(x: Node) -> Node:
    return x if x.dtype is BOOL else make("ne", x, ZERO)


def _logical(op: str) -> Callable[..., Node]:
    return lambda *args: make(op, *[_truth(arg) for arg in args])


def _xor(x: Node, y: Node) -> Node:
    return make("ne", arrays.cast(_truth(x), INTEGER), arrays.cast(_truth(y), INTEGER))


def _maxmin(op: str) -> Callable[[Node, Node], Node]:
    return lambda x, y: elementwise(op, x, y)


UFUNCS: Final[dict[str, str | Callable[..., Node]]] = {
    "add": "add",
    "subtract": "sub",
    "multiply": "mul",
    "divide": "div",
    "true_divide": "div",
    "power": "pow",
    "float_power": "pow",
    "negative": "neg",
    "positive": lambda x: x,
    "absolute": "abs",
    "fabs": "abs",
    "sign": "sign",
    "sqrt": "sqrt",
    "cbrt": lambda x: make("pow", x, const(Fraction(1, 3))),
    "square": lambda x: make("pow", x, TWO),
    "reciprocal": lambda x: make("div", ONE, x),
    "exp": "exp",
    "exp2": lambda x: make("pow", TWO, x),
    "expm1": "expm1",
    "log": "ln",
    "log2": lambda x: make("log", x, TWO),
    "log10": lambda x: make("log", x, const(10)),
    "log1p": "log1p",
    "sin": "sin",
    "cos": "cos",
    "tan": "tan",
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
    "arctan2": _guarded_atan2,
    "hypot": _guarded_hypot,
    "sinh": "sinh",
    "cosh": "cosh",
    "tanh": "tanh",
    "arcsinh": "asinh",
    "arccosh": "acosh",
    "arctanh": "atanh",
    "deg2rad": lambda x: make("mul", x, make("div", ops.PI, const(180))),
    "radians": lambda x: make("mul", x, make("div", ops.PI, const(180))),
    "rad2deg": lambda x: make("mul", x, make("div", const(180), ops.PI)),
    "degrees": lambda x: make("mul", x, make("div", const(180), ops.PI)),
    "logaddexp": "logaddexp",
    "logaddexp2": _logaddexp2,
    "maximum": "max",
    "minimum": "min",
    "fmax": _fold_nan("max"),
    "fmin": _fold_nan("min"),
    "floor": "floor",
    "ceil": "ceil",
    "trunc": _trunc,
    "rint": "rint",
    "remainder": "mod",
    "mod": "mod",
    "fmod": _fmod,
    "floor_divide": _floor_divide,
    "copysign": _copysign,
    "heaviside": lambda x, y: make(
        "where", make("lt", x, ZERO), ZERO, make("where", make("gt", x, ZERO), ONE, make("where", _isnan(x), x, y))
    ),
    "ldexp": lambda x, y: make("mul", x, make("power", TWO, y)),
    "less": "lt",
    "less_equal": "le",
    "greater": "gt",
    "greater_equal": "ge",
    "equal": "eq",
    "not_equal": "ne",
    "logical_and": _logical("and"),
    "logical_or": _logical("or"),
    "logical_not": _logical("not"),
    "logical_xor": _xor,
    "bitwise_and": _logical("and"),
    "bitwise_or": _logical("or"),
    "bitwise_xor": _xor,
    "invert": _logical("not"),
    "isnan": _isnan,
    "isfinite": lambda x: make("lt", make("abs", x), number(math.inf)),
    "isinf": lambda x: make("eq", make("abs", x), number(math.inf)),
    "signbit": lambda x: make("lt", _copysign(ONE, x), ZERO),
    "conjugate": lambda x: x,
    "matmul": _product,
    "vecdot": _row_products,
    "matvec": lambda x, y: _dropped(_matmul(x, arrays.expand(y, (len(y.shape),))), -1),
    "vecmat": lambda x, y: _dropped(_matmul(arrays.expand(x, (len(x.shape) - 1,)), y), -2),
    # SciPy's
    "erf": "erf",
    "erfc": lambda x: make("sub", ONE, make("erf", x)),
    "gamma": "gamma",
    "gammaln": "lgamma",
    "loggamma": "lgamma",
    "psi": "digamma",
    "digamma": "digamma",
    "expit": "sigmoid",
    "logit": lambda x: make("ln", make("div", x, make("sub", ONE, x))),
    "log_expit": lambda x: make("neg", make("softplus", make("neg", x))),
    "xlogy": _xlogy,
    "xlog1py": lambda x, y: make("where", make("eq", x, ZERO), ZERO, make("mul", x, make("log1p", y))),
    "entr": lambda x: make("neg", _xlogy(x, x)),
    "ndtr": lambda x: make("div", make("add", ONE, make("erf", make("div", x, make("sqrt", TWO)))), TWO),
    "rel_entr": lambda x, y: _xlogy(x, make("div", x, y)),
}

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


def ufunc_node(name: str, nodes: Sequence[Node]) -> Node:
    row = UFUNCS[name]
    if name == "float_power" or (name == "power" and nodes[1].dtype is INTEGER):
        nodes = [arrays.cast(node, REAL) if node.dtype in (INTEGER, BOOL) else node for node in nodes]
    return elementwise(row, *nodes) if isinstance(row, str) else row(*nodes)


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
    if name not in UFUNCS:
        if _level_of([*inputs, *options.values()]) < VARIABLE:
            return getattr(ufunc, method)(*map(_plain, inputs), **options)
        raise UnsupportedOperation("trace_function", **where(name=_ufunc_title(ufunc)))
    if method == "__call__":
        options.pop("casting", None)
        dtype = options.pop("dtype", None)
        condition = options.pop("where", None)
        options.pop("order", None)
        options.pop("subok", None)
        if options and name not in ("matmul", "vecdot"):
            raise UnsupportedOperation("trace_option", **where(name=f"np.{name}", option=next(iter(options))))
        found = [operand(value, trace) for value in inputs]
        node = ufunc_node(name, [node for node, _, _ in found])
        level = max([level for _, _, level in found])
        result: Any = trace.wrap(arrays.cast(node, _dtype(dtype)) if dtype is not None else node, level)
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
            _logsumexp(operand(inputs[0], trace)[0], options.get("axis", 0), options.get("keepdims", False)),
            _level_of(inputs),
        )
    elif method == "accumulate" and name in ("add", "multiply"):
        axis = inputs[1] if len(inputs) > 1 else options.get("axis", 0)
        result = _by_name("cumsum" if name == "add" else "cumprod", (inputs[0],), {"axis": axis}, trace)
    elif method == "accumulate" and name in ("maximum", "minimum"):
        axis = inputs[1] if len(inputs) > 1 else options.get("axis", 0)
        node = operand(inputs[0], trace)[0]
        result = trace.wrap(_running(REDUCING[name], node, _axis(axis, len(node.shape))), _level_of(inputs))
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
        given = arrays.broadcast(arrays.cast(N(values), array.node.dtype), places.shape)
    finally:
        running().pop()
    flat = arrays.scatter(arrays.reshape(given, (places.size,)), ops.data(places.ravel()), array.size)
    extra = trace.wrap(arrays.reshape(flat, array.shape), _level_of([array, values]))
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


# Dispatch


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


def _level_of(values: Any) -> int:
    level = CONSTANT
    for value in values:
        if type(value) is Traced:
            level = max(level, value.level)
        elif isinstance(value, list | tuple):
            level = max(level, _level_of(value))
    return level


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
    if _key(function) not in FUNCTIONS and _level_of([*args, *options.values()]) < VARIABLE:
        return function(*map(_plain, args), **{name: _plain(value) for name, value in options.items()})
    return _by_name(_key(function), args, options, _trace_of([*args, *options.values()]))


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
    return f"linalg.{name}" if module == "numpy.linalg" or module.startswith("numpy.linalg.") else name


def _by_name(name: str, args: tuple[Any, ...], options: dict[str, Any], trace: Trace) -> Any:
    function = FUNCTIONS.get(name)
    if function is None:
        raise UnsupportedOperation("trace_function", **where(name=f"np.{name}"))
    out = options.pop("out", None) if options else None
    level = _level_of([*args, *options.values()])
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


def N(value: Any) -> Node:
    """The node of a stand-in, a number, an array, or a list with any of these in it."""
    trace = running()[-1]
    node, found, _ = operand(value, trace)
    if node not in trace.values:
        trace.values[node] = found
    return node


def _value(node: Node) -> Any:
    trace = running()[-1]
    return trace.wrap(node, CONSTANT)._value


F = TypeVar("F", bound=Callable[..., Any])
FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {}
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


def numpy_function(*names: str) -> Callable[[F], F]:
    """Register a function below under the names of NumPy's."""

    def register(function: F) -> F:
        for name in names:
            FUNCTIONS[name] = function
        return function

    return register


def method(x: Traced, name: str) -> Any:
    """The method of an array: NumPy's function of the same name, mostly."""
    if name not in METHOD_NAMES:
        raise UnsupportedOperation("trace_attribute", **where(name=name))

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


# Small things


def _axis(axis: Any, ndim: int) -> int:
    found: int = operator.index(axis)
    if not -ndim <= found < ndim:
        raise ShapeError("trace_axis", **where(axis=axis, ndim=ndim))
    return found % ndim


def _axes(axis: Any, ndim: int) -> tuple[int, ...]:
    if axis is None:
        return tuple(range(ndim))
    if isinstance(axis, tuple | list):
        return tuple(sorted(_axis(a, ndim) for a in axis))
    return (_axis(axis, ndim),)


def _dtype(dtype: Any) -> str:
    import numpy as np

    found = np.dtype(dtype)
    if found.kind == "b":
        return BOOL
    if found.kind in "iu":
        return INTEGER
    if found.kind == "f":
        return SINGLE if found.itemsize <= 4 else REAL
    raise UnsupportedOperation("trace_kind", **where(kind=found))


def _floating(x: Node) -> Node:
    return arrays.cast(x, REAL) if x.dtype in (INTEGER, BOOL) else x


def _strong(x: Node) -> Node:
    return arrays.cast(x, REAL) if x.dtype is NUMBER else x


def _kept(x: Node, axes: Sequence[int], keepdims: Any) -> Node:
    return arrays.expand(x, axes) if keepdims is True or (keepdims and keepdims is not _missing()) else x


def _missing() -> Any:
    import numpy as np

    return np._NoValue


def _absent(value: Any) -> bool:
    """Whether an optional argument was left out."""
    return value is None or value is _missing()


def _count(shape: Shape, axes: Sequence[int]) -> int:
    return math.prod([shape[axis] for axis in axes])


def _plain_int(value: Any) -> int:
    found: int = operator.index(value)
    return found


def _shape(shape: Any) -> Shape:
    if isinstance(shape, tuple | list):
        return tuple([operator.index(n) for n in shape])
    return (operator.index(shape),)


def _masked(x: Node, mask: Any, fill: Any) -> Node:
    """``where=`` of a reduction: entries left out count as ``fill``."""
    if mask is True or mask is None or mask is _missing():
        return x
    return make("where", _truth(N(mask)), x, number(fill))


# Reductions


@numpy_function("sum", "nansum")
def _sum(
    a: Any, axis: Any = None, dtype: Any = None, keepdims: Any = False, initial: Any = None, where: Any = True
) -> Node:
    x = _masked(N(a), where, 0)
    axes = _axes(axis, len(x.shape))
    if dtype is not None:
        x = arrays.cast(x, _dtype(dtype))
    found = _kept(arrays.total(_strong(x), axes), axes, keepdims)
    if x.dtype is BOOL and not axes:
        found = arrays.cast(found, INTEGER)
    return found if _absent(initial) else elementwise("add", found, N(initial))


@numpy_function("mean")
def _mean(a: Any, axis: Any = None, dtype: Any = None, keepdims: Any = False, where: Any = True) -> Node:
    x = _floating(N(a))
    axes = _axes(axis, len(x.shape))
    if where is not True and where is not _missing():
        mask = arrays.broadcast(_truth(N(where)), x.shape)
        count = arrays.total(arrays.cast(mask, x.dtype), axes)
        return _kept(make("div", arrays.total(_masked(x, where, 0), axes), count), axes, keepdims)
    if dtype is not None:
        x = arrays.cast(x, _dtype(dtype))
    return _kept(make("div", arrays.total(_strong(x), axes), const(_count(x.shape, axes))), axes, keepdims)


@numpy_function("average")
def _average(a: Any, axis: Any = None, weights: Any = None, returned: bool = False, keepdims: Any = False) -> Any:
    x = _floating(N(a))
    if weights is None:
        mean = _mean(a, axis, keepdims=keepdims)
        return (mean, arrays.full(const(_count(x.shape, _axes(axis, len(x.shape)))), mean)) if returned else mean
    w = _floating(N(weights))
    axes = _axes(axis, len(x.shape))
    if w.shape != x.shape:
        w = arrays.reshape(w, tuple([n if i in axes else 1 for i, n in enumerate(x.shape)]))
    total = _kept(arrays.total(arrays.broadcast(w, x.shape), axes), axes, keepdims)
    mean = make("div", _kept(arrays.total(make("mul", x, w), axes), axes, keepdims), total)
    return (mean, total) if returned else mean


def _spread(a: Any, axis: Any, ddof: Any, keepdims: Any, mask: Any, correction: Any, mean: Any) -> tuple[Node, Node]:
    x = _floating(N(a))
    axes = _axes(axis, len(x.shape))
    ddof = ddof if _absent(correction) else correction
    if mask is not True and mask is not _missing():
        chosen = arrays.broadcast(_truth(N(mask)), x.shape)
        count = _kept(arrays.total(arrays.cast(chosen, x.dtype), axes), axes, True)
        center = make("div", _kept(arrays.total(_masked(x, mask, 0), axes), axes, True), count)
        away = make("where", chosen, make("sub", x, center), ZERO)
        below = make("sub", _kept(count, (), keepdims), number(ddof))
    else:
        center = _kept(_mean(a, axis), axes, True) if _absent(mean) else N(mean)
        away = make("sub", x, center)
        below = number(_count(x.shape, axes) - ddof)
    squares = arrays.total(_strong(make("pow", away, TWO)), axes)
    if below.shape:
        below = arrays.reshape(below, squares.shape)
    return _kept(make("div", squares, below), axes, keepdims), x


@numpy_function("var")
def _var(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    ddof: Any = 0,
    keepdims: Any = False,
    where: Any = True,
    mean: Any = None,
    correction: Any = None,
) -> Node:
    return _spread(a, axis, ddof, keepdims, where, correction, mean)[0]


def _root(x: Node) -> Node:
    """√x, with slope 0 at 0: what is square inside has its subgradient of least norm there."""
    return make("where", make("eq", x, ZERO), ZERO, make("sqrt", x))


@numpy_function("std")
def _std(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    ddof: Any = 0,
    keepdims: Any = False,
    where: Any = True,
    mean: Any = None,
    correction: Any = None,
) -> Node:
    return _root(_spread(a, axis, ddof, keepdims, where, correction, mean)[0])


def _reduction(op: str, empty: bool) -> Callable[..., Node]:
    def reduce(
        a: Any, axis: Any = None, dtype: Any = None, keepdims: Any = False, initial: Any = None, where: Any = True
    ) -> Node:
        neutral = {"prod": 1, "amax": -math.inf, "amin": math.inf}[op]
        x = _masked(N(a), where, neutral if op == "prod" or _absent(initial) else initial)
        axes = _axes(axis, len(x.shape))
        if dtype is not None:
            x = arrays.cast(x, _dtype(dtype))
        if not empty and _absent(initial) and _count(x.shape, axes) == 0:
            raise ValueError("zero-size array to reduction operation which has no identity")
        found = _kept(arrays.reduced(op, _strong(x), axes), axes, keepdims)
        if _absent(initial):
            return found
        return elementwise({"prod": "mul", "amax": "max", "amin": "min"}[op], found, N(initial))

    return reduce


numpy_function("prod", "nanprod")(_reduction("prod", True))


def _extremum(op: str) -> Callable[..., Node]:
    reduce = _reduction(op, False)

    def extremum(a: Any, axis: Any = None, keepdims: Any = False, initial: Any = None, where: Any = True) -> Node:
        return reduce(a, axis, None, keepdims, initial, where)

    return extremum


numpy_function("max", "amax")(_extremum("amax"))
numpy_function("min", "amin")(_extremum("amin"))


def _without_nan(x: Node, fill: float) -> Node:
    return make("where", _isnan(x), number(fill), x)


@numpy_function("nanmax")
def _nanmax(a: Any, axis: Any = None, keepdims: Any = False, initial: Any = None, where: Any = True) -> Node:
    return _extremum("amax")(_again(_without_nan(N(a), -math.inf)), axis, keepdims)


@numpy_function("nanmin")
def _nanmin(a: Any, axis: Any = None, keepdims: Any = False, initial: Any = None, where: Any = True) -> Node:
    return _extremum("amin")(_again(_without_nan(N(a), math.inf)), axis, keepdims)


def _again(node: Node) -> Traced:
    """A node within a function as a stand-in, for another function. It depends on what the arguments depend on."""
    return running()[-1].wrap(node, levels()[-1] if levels() else CONSTANT)


@numpy_function("nansum")
def _nansum(a: Any, axis: Any = None, dtype: Any = None, keepdims: Any = False) -> Node:
    return _sum(_again(_without_nan(N(a), 0)), axis, dtype, keepdims)


@numpy_function("nanprod")
def _nanprod(a: Any, axis: Any = None, dtype: Any = None, keepdims: Any = False) -> Node:
    return _reduction("prod", True)(_again(_without_nan(N(a), 1)), axis, dtype, keepdims)


@numpy_function("nanmean")
def _nanmean(a: Any, axis: Any = None, dtype: Any = None, keepdims: Any = False) -> Node:
    x = N(a)
    return _mean(a, axis, dtype, keepdims, where=_again(make("not", _isnan(x))))


@numpy_function("nanvar")
def _nanvar(a: Any, axis: Any = None, dtype: Any = None, ddof: Any = 0, keepdims: Any = False) -> Node:
    return _var(a, axis, dtype, ddof, keepdims, where=_again(make("not", _isnan(N(a)))))


@numpy_function("nanstd")
def _nanstd(a: Any, axis: Any = None, dtype: Any = None, ddof: Any = 0, keepdims: Any = False) -> Node:
    return _root(_nanvar(a, axis, dtype, ddof, keepdims))


@numpy_function("ptp")
def _ptp(a: Any, axis: Any = None, keepdims: Any = False) -> Node:
    return elementwise("sub", _extremum("amax")(a, axis, keepdims), _extremum("amin")(a, axis, keepdims))


@numpy_function("any")
def _any(a: Any, axis: Any = None, keepdims: Any = False, where: Any = True, dtype: Any = None) -> Node:
    x = _truth(N(a))
    axes = _axes(axis, len(x.shape))
    return _kept(arrays.reduced("amax", x, axes), axes, keepdims)


@numpy_function("all")
def _all(a: Any, axis: Any = None, keepdims: Any = False, where: Any = True, dtype: Any = None) -> Node:
    x = _truth(N(a))
    axes = _axes(axis, len(x.shape))
    return _kept(arrays.reduced("amin", x, axes), axes, keepdims)


@numpy_function("count_nonzero")
def _count_nonzero(a: Any, axis: Any = None, *, keepdims: Any = False) -> Node:
    x = arrays.cast(_truth(N(a)), INTEGER)
    axes = _axes(axis, len(x.shape))
    return _kept(arrays.total(x, axes), axes, keepdims)


def _cumulative(op: str) -> Callable[..., Node]:
    def accumulate(a: Any, axis: Any = None, dtype: Any = None) -> Node:
        x = _strong(N(a))
        if axis is None:
            x, axis = arrays.reshape(x, (math.prod(x.shape),)), 0
        if op == "cumprod":
            x = _floating(x)
        return make(op, x, attrs=(_axis(axis, len(x.shape)), False))

    return accumulate


numpy_function("cumsum", "nancumsum")(_cumulative("cumsum"))
numpy_function("cumprod")(_cumulative("cumprod"))


@numpy_function("cumulative_sum")
def _cumulative_sum(x: Any, /, *, axis: Any = None, dtype: Any = None, include_initial: bool = False) -> Node:
    node = _cumulative("cumsum")(x, axis if axis is not None or len(N(x).shape) != 1 else 0)
    if not include_initial:
        return node
    axis = _axis(axis or 0, len(node.shape))
    start = arrays.zeros(tuple([1 if i == axis else n for i, n in enumerate(node.shape)]), node.dtype)
    return arrays.concat([start, node], axis)


@numpy_function("diff")
def _diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Node:
    x = _strong(N(a))
    axis = _axis(axis, len(x.shape))
    parts = []
    for extra in (prepend, x, append):
        if extra is None or extra is _missing():
            continue
        node = extra if type(extra) is Node else N(extra)
        if not node.shape:
            node = arrays.broadcast(_strong(node), tuple([1 if i == axis else m for i, m in enumerate(x.shape)]))
        parts.append(arrays.cast(node, x.dtype))
    x = arrays.concat(parts, axis)
    for _ in range(n):
        m = x.shape[axis]
        x = elementwise("sub", arrays.part(x, axis, min(1, m), max(m - 1, 0)), arrays.part(x, axis, 0, max(m - 1, 0)))
    return x


@numpy_function("ediff1d")
def _ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Node:
    x = N(ary)
    flat = arrays.reshape(x, (math.prod(x.shape),))
    m = flat.shape[0]
    parts = [elementwise("sub", arrays.part(flat, 0, min(1, m), max(m - 1, 0)), arrays.part(flat, 0, 0, max(m - 1, 0)))]
    if to_begin is not None:
        parts.insert(0, _row(N(to_begin)))
    if to_end is not None:
        parts.append(_row(N(to_end)))
    return arrays.concat([arrays.cast(part, flat.dtype) for part in parts], 0)


def _row(x: Node) -> Node:
    return arrays.reshape(_strong(x), (math.prod(x.shape),))


@numpy_function("gradient")
def _gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    x = _floating(N(f))
    axes = _axes(axis, len(x.shape))
    steps = list(varargs) or [1.0]
    if len(steps) == 1:
        steps = steps * len(axes)
    found = [_gradient_along(x, a, N(h), edge_order) for a, h in zip(axes, steps, strict=True)]
    return found[0] if len(found) == 1 else tuple(found)


def _gradient_along(x: Node, axis: int, h: Node, edge_order: int) -> Node:
    n = x.shape[axis]
    shape = tuple([-1 if i == axis else 1 for i in range(len(x.shape))])

    def at(start: int, count: int) -> Node:
        return arrays.part(x, axis, start, count)

    if h.shape:
        gaps = make("sub", arrays.part(h, 0, 1, n - 1), arrays.part(h, 0, 0, n - 1))
        left = arrays.reshape(arrays.part(gaps, 0, 0, n - 2), tuple([n - 2 if s == -1 else 1 for s in shape]))
        right = arrays.reshape(arrays.part(gaps, 0, 1, n - 2), left.shape)
        both = make("add", left, right)
        lower = make("div", make("neg", right), make("mul", left, both))
        middle = make("div", make("sub", right, left), make("mul", left, right))
        upper = make("div", left, make("mul", right, both))
        inner = make(
            "add",
            make("add", make("mul", lower, at(0, n - 2)), make("mul", middle, at(1, n - 2))),
            make("mul", upper, at(2, n - 2)),
        )
        one = tuple([1] * len(x.shape))
        first_h = arrays.reshape(arrays.part(gaps, 0, 0, 1), one)
        last_h = arrays.reshape(arrays.part(gaps, 0, n - 2, 1), one)
    else:
        inner = make("div", make("sub", at(2, n - 2), at(0, n - 2)), make("mul", TWO, h))
        first_h = last_h = h
    if edge_order == 1:
        first = make("div", make("sub", at(1, 1), at(0, 1)), first_h)
        last = make("div", make("sub", at(n - 1, 1), at(n - 2, 1)), last_h)
    else:
        if h.shape:
            raise UnsupportedOperation("trace_option", **where(name="np.gradient", option="edge_order"))

        def one_sided(a: Node, b: Node, c: Node, sign: int) -> Node:
            mixed = make("sub", make("sub", make("mul", const(4), b), make("mul", const(3), a)), c)
            return make("div", make("mul", const(sign), mixed), make("mul", TWO, h))

        first = one_sided(at(0, 1), at(1, 1), at(2, 1), 1)
        last = one_sided(at(n - 1, 1), at(n - 2, 1), at(n - 3, 1), -1)
    return arrays.concat([first, inner, last], axis)


@numpy_function("trapezoid", "trapz")
def _trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Node:
    values = _floating(N(y))
    axis = _axis(axis, len(values.shape))
    n = values.shape[axis]
    middle = make("add", arrays.part(values, axis, 1, n - 1), arrays.part(values, axis, 0, n - 1))
    if x is None:
        return make("div", make("mul", N(dx), arrays.total(middle, (axis,))), TWO)
    points = _floating(N(x))
    along = 0 if len(points.shape) == 1 else axis
    widths = make("sub", arrays.part(points, along, 1, n - 1), arrays.part(points, along, 0, n - 1))
    if len(points.shape) == 1:
        widths = arrays.reshape(widths, tuple([n - 1 if i == axis else 1 for i in range(len(values.shape))]))
    return make("div", arrays.total(make("mul", widths, middle), (axis,)), TWO)


def _logsumexp(x: Node, axis: Any, keepdims: Any) -> Node:
    axes = _axes(axis, len(x.shape))
    top = arrays.expand(arrays.reduced("amax", x, axes), axes)
    top = make("where", make("lt", make("abs", top), number(math.inf)), top, ZERO)
    found = make("add", make("ln", arrays.expand(arrays.total(make("exp", make("sub", x, top)), axes), axes)), top)
    return found if keepdims else arrays.reshape(found, tuple([n for i, n in enumerate(x.shape) if i not in axes]))


# Order


def _argument(op: str) -> Callable[..., Node]:
    def find(a: Any, axis: Any = None, *, keepdims: Any = False) -> Node:
        x = _strong(N(a))
        if axis is None:
            found = make(op, arrays.reshape(x, (math.prod(x.shape),)), attrs=0)
            return arrays.reshape(found, (1,) * len(x.shape)) if keepdims is True else found
        axis = _axis(axis, len(x.shape))
        return _kept(make(op, x, attrs=axis), (axis,), keepdims)

    return find


numpy_function("argmax", "nanargmax")(_argument("argmax"))
numpy_function("argmin", "nanargmin")(_argument("argmin"))


def _along(x: Node, index: Node, axis: int, distinct: bool) -> Node:
    """``take_along_axis``: places along one axis, the others as they stand."""
    import numpy as np

    n = x.shape[axis]
    moved = arrays.move(x, axis, len(x.shape) - 1)
    places = arrays.move(index, axis, len(index.shape) - 1)
    lead = moved.shape[:-1]
    k = places.shape[-1]
    places = arrays.broadcast(places, (*lead, k))
    rows = math.prod(lead)
    if n == 0 or rows == 0:
        return arrays.move(arrays.zeros((*lead, k), x.dtype), len(lead), axis)
    starts = ops.data((np.arange(rows) * n).reshape((*lead, 1)))
    flat = make("add", places, starts)
    if flat.args[0].op == "data" and places.op == "data":
        flat = ops.data(places.attrs.array + starts.attrs.array)
    taken = arrays.take(arrays.reshape(moved, (rows * n,)), flat, distinct)
    return arrays.move(taken, len(lead), axis)


@numpy_function("sort")
def _sort(a: Any, axis: Any = -1, kind: Any = None, order: Any = None, stable: Any = None) -> Node:
    x = _strong(N(a))
    if axis is None:
        x, axis = arrays.reshape(x, (math.prod(x.shape),)), 0
    axis = _axis(axis, len(x.shape))
    return _along(x, make("argsort", x, attrs=axis), axis, True)


@numpy_function("argsort")
def _argsort(a: Any, axis: Any = -1, kind: Any = None, order: Any = None, stable: Any = None) -> Node:
    x = _strong(N(a))
    if axis is None:
        x, axis = arrays.reshape(x, (math.prod(x.shape),)), 0
    return make("argsort", x, attrs=_axis(axis, len(x.shape)))


numpy_function("partition")(lambda a, kth, axis=-1, kind=None, order=None: _sort(a, axis))
numpy_function("argpartition")(lambda a, kth, axis=-1, kind=None, order=None: _argsort(a, axis))


@numpy_function("median", "nanmedian")
def _median(a: Any, axis: Any = None, overwrite_input: bool = False, keepdims: Any = False) -> Node:
    x = _floating(N(a))
    ordered, axes = _lined_up(x, axis)
    n = ordered.shape[-1]
    last = len(ordered.shape) - 1
    middle = arrays.part(ordered, last, (n - 1) // 2, 1 + (n % 2 == 0))
    found = make("div", arrays.total(middle, (last,)), const(middle.shape[-1]))
    return _kept(found, axes, keepdims)


def _lined_up(x: Node, axis: Any) -> tuple[Node, tuple[int, ...]]:
    """Sorted along the axes taken as one, which comes last."""
    axes = _axes(axis, len(x.shape))
    rest = [i for i in range(len(x.shape)) if i not in axes]
    moved = arrays.transpose(x, [*rest, *axes])
    line = arrays.reshape(moved, (*[x.shape[i] for i in rest], _count(x.shape, axes)))
    last = len(rest)
    return _along(line, make("argsort", line, attrs=last), last, True), axes


@numpy_function("quantile")
def _quantile(
    a: Any, q: Any, axis: Any = None, overwrite_input: bool = False, method: str = "linear", keepdims: Any = False
) -> Node:
    import numpy as np

    if method != "linear":
        raise UnsupportedOperation("trace_option", **where(name="np.quantile", option="method"))
    ordered, axes = _lined_up(_floating(N(a)), axis)
    last = len(ordered.shape) - 1
    place = np.asarray(q, dtype=float) * (ordered.shape[-1] - 1)
    below = np.floor(place).astype(int)
    above = np.minimum(below + 1, ordered.shape[-1] - 1)
    front = arrays.move(ordered, last, 0)
    low, high = (arrays.take(front, ops.data(np.asarray(i))) for i in (below, above))
    share = ops.data((place - below).reshape(place.shape + (1,) * last))
    found = make("add", make("mul", low, make("sub", ONE, share)), make("mul", high, share))
    return _kept(found, [axis + place.ndim for axis in axes], keepdims)


@numpy_function("percentile")
def _percentile(
    a: Any, q: Any, axis: Any = None, overwrite_input: bool = False, method: str = "linear", keepdims: Any = False
) -> Node:
    import numpy as np

    return _quantile(a, np.asarray(q, dtype=float) / 100, axis, method=method, keepdims=keepdims)


@numpy_function("take")
def _take(a: Any, indices: Any, axis: Any = None, mode: str = "raise") -> Node:
    import numpy as np

    x = _strong(N(a))
    if axis is None:
        x, axis = arrays.reshape(x, (math.prod(x.shape),)), 0
    axis = _axis(axis, len(x.shape))
    n = x.shape[axis]
    if type(indices) is Traced:
        index = indices.node
        zero, length = ops.data(np.array(0)), ops.data(np.array(n))
        if mode == "wrap":
            index = make("mod", index, length)
        elif mode == "clip":
            index = make("min", make("max", index, zero), ops.data(np.array(n - 1)))
        else:
            index = make("where", make("lt", index, zero), make("add", index, length), index)
        distinct = False
    else:
        array = np.asarray(indices)
        array = array % n if mode == "wrap" else np.clip(array, 0, n - 1) if mode == "clip" else array
        if array.size and (array.min() < -n or array.max() >= n):
            raise IndexError(f"index out of bounds for axis {axis} with size {n}")
        array = np.where(array < 0, array + n, array).astype(np.int64)
        index, distinct = ops.data(array), len(np.unique(array)) == array.size
    taken = arrays.take(arrays.move(x, axis, 0), index, distinct)
    k = len(index.shape)
    order = [*range(k, k + axis), *range(k), *range(k + axis, len(taken.shape))]
    return arrays.transpose(taken, order)


@numpy_function("take_along_axis")
def _take_along_axis(arr: Any, indices: Any, axis: Any = -1) -> Node:
    import numpy as np

    x = _strong(N(arr))
    if axis is None:
        x, axis = arrays.reshape(x, (math.prod(x.shape),)), 0
    axis = _axis(axis, len(x.shape))
    n = x.shape[axis]
    index = N(indices)
    if index.op == "data":
        places = index.attrs.array
        index = ops.data(np.where(places < 0, places + n, places))
    elif index.dtype is INTEGER:
        zero, length = ops.data(np.array(0)), ops.data(np.array(n))
        index = make("where", make("lt", index, zero), make("add", index, length), index)
    lead = [m for i, m in enumerate(x.shape) if i != axis]
    wanted = (*lead[:axis], index.shape[axis], *lead[axis:])
    shape = ops.broadcast(wanted, index.shape)
    x = arrays.broadcast(x, tuple([n if i == axis else m for i, m in enumerate(shape)]))
    return _along(x, arrays.broadcast(index, shape), axis, False)


@numpy_function("searchsorted")
def _searchsorted(a: Any, v: Any, side: str = "left", sorter: Any = None) -> Node:
    return make("searchsorted", N(a), N(v), attrs=side)


@numpy_function("digitize")
def _digitize(x: Any, bins: Any, right: bool = False) -> Node:
    return make("searchsorted", N(bins), N(x), attrs="left" if right else "right")


@numpy_function("compress")
def _compress(condition: Any, a: Any, axis: Any = None) -> Any:
    import numpy as np

    x = _again(N(a))
    if axis is None:
        x, axis = x.ravel(), 0
    keep = condition if type(condition) is Traced else np.asarray(condition, dtype=bool)
    axis = _axis(axis, x.ndim)
    missing = x.shape[axis] - keep.shape[0]
    key = (slice(None),) * axis + (np.concatenate([keep, np.zeros(missing, bool)]) if missing else keep,)
    return x[key].node


@numpy_function("extract")
def _extract(condition: Any, arr: Any) -> Any:
    x = _again(N(arr)).ravel()
    mask = condition if type(condition) is Traced else _again(N(condition))
    return x[_again(_truth(mask.node)).ravel()].node


@numpy_function("nonzero")
def _nonzero(a: Any) -> tuple[Node, ...]:
    """Where something is true. How often it is decides about shapes, and so about the path taken."""
    from mibun.trace.indexing import places

    mask = a if type(a) is Traced else _again(N(a))
    truth = running()[-1].wrap(_truth(mask.node), mask.level)
    return _unravel_index(places(truth), mask.shape)


@numpy_function("unravel_index")
def _unravel_index(indices: Any, shape: Any, order: str = "C") -> tuple[Node, ...]:
    import numpy as np

    if order != "C":
        raise UnsupportedOperation("trace_option", **where(name="np.unravel_index", option=f"order={order!r}"))
    flat = N(indices)
    found: list[Node] = []
    for n in reversed(_shape(shape)):
        length = ops.data(np.array(n))
        found.insert(0, elementwise("mod", flat, length))
        flat = _floor_divide(flat, length)
    return tuple(found)


def _places_of(name: str) -> Callable[..., Any]:
    def places_of(arr: Any, *args: Any, **options: Any) -> Any:
        import numpy as np

        return getattr(np, name)(np.zeros(N(arr).shape), *args, **options)

    return places_of


for _name in ("triu_indices_from", "tril_indices_from", "diag_indices_from"):
    numpy_function(_name)(_places_of(_name))


numpy_function("flatnonzero")(lambda a: _nonzero(np_ravel(a))[0])
numpy_function("argwhere")(lambda a: arrays.stack(_nonzero(a), 1))


def np_ravel(a: Any) -> Any:
    import numpy as np

    return np.ravel(a)


@numpy_function("choose")
def _choose(a: Any, choices: Any, mode: str = "raise") -> Node:
    index = N(a)
    found = _strong(N(choices[0]))
    for i, choice in enumerate(choices[1:], 1):
        found = make("where", make("eq", index, const(i)), _strong(N(choice)), found)
    return found


# Choosing


@numpy_function("where")
def _where(condition: Any, x: Any = None, y: Any = None) -> Any:
    if x is None or y is None:
        return _nonzero(condition)
    test = _truth(N(condition))
    yes, no = N(x), N(y)
    if yes.dtype is NUMBER and no.dtype is NUMBER:
        yes, no = _strong(yes), _strong(no)
    if BOOL in (yes.dtype, no.dtype) and yes.dtype is not no.dtype:
        yes, no = (arrays.cast(node, INTEGER) if node.dtype is BOOL else node for node in (yes, no))
    return make("where", test, yes, no)


@numpy_function("select")
def _select(condlist: Any, choicelist: Any, default: Any = 0) -> Node:
    found = N(default)
    for condition, choice in zip(reversed(list(condlist)), reversed(list(choicelist)), strict=True):
        found = make("where", _truth(N(condition)), N(choice), found)
    return found


@numpy_function("piecewise")
def _piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **kw: Any) -> Node:
    value = _again(N(x))
    conditions = list(condlist) if isinstance(condlist, list | tuple) else [condlist]
    functions = list(funclist)
    rest = functions.pop() if len(functions) > len(conditions) else 0
    parts = [N(f(value, *args, **kw)) if callable(f) else N(f) for f in (*functions, rest)]
    found = parts.pop()
    for condition, part in zip(reversed(conditions), reversed(parts), strict=True):
        found = make("where", _truth(N(condition)), part, found)
    return arrays.full(found, value.node)


@numpy_function("clip")
def _clip(a: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None) -> Node:
    x = N(a)
    low = min if a_min is None or a_min is _missing() else a_min
    high = max if a_max is None or a_max is _missing() else a_max
    if low is not None and low is not _missing():
        x = elementwise("max", x, N(low))
    if high is not None and high is not _missing():
        x = elementwise("min", x, N(high))
    return x


@numpy_function("nan_to_num")
def _nan_to_num(x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Node:
    import numpy as np

    node = N(x)
    limits = np.finfo(np.float32 if node.dtype is SINGLE else np.float64)
    high = float(limits.max) if posinf is None else posinf
    low = float(limits.min) if neginf is None else neginf
    found = make("where", make("eq", node, number(math.inf)), number(float(high)), node)
    found = make("where", make("eq", node, number(-math.inf)), number(float(low)), found)
    return make("where", _isnan(node), number(float(nan)), found)


@numpy_function("round", "around")
def _round(a: Any, decimals: int = 0) -> Node:
    x = N(a)
    if x.dtype is INTEGER:
        return x
    scale = const(10 ** abs(decimals))
    if decimals >= 0:
        return make("div", make("rint", make("mul", x, scale)), scale) if decimals else make("rint", x)
    return make("mul", make("rint", make("div", x, scale)), scale)


numpy_function("fix")(lambda x: _trunc(N(x)))
numpy_function("sinc")(lambda x: _sinc(N(x)))
numpy_function("real", "real_if_close", "conj")(lambda x, *_: N(x))
numpy_function("imag", "angle")(lambda x, *_: arrays.zeros(N(x).shape))
numpy_function("iscomplexobj")(lambda x: False)
numpy_function("isrealobj")(lambda x: True)


@numpy_function("isclose")
def _isclose(a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Node:
    x, y = N(a), N(b)
    bound = make("add", number(float(atol)), make("mul", number(float(rtol)), make("abs", y)))
    return make("or", make("eq", x, y), make("le", make("abs", make("sub", x, y)), bound))


@numpy_function("allclose")
def _allclose(a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Node:
    close = _isclose(a, b, rtol, atol)
    return arrays.reduced("amin", close, range(len(close.shape)))


@numpy_function("array_equal")
def _array_equal(a1: Any, a2: Any, equal_nan: bool = False) -> Any:
    x, y = N(a1), N(a2)
    if x.shape != y.shape:
        return False
    same = make("eq", x, y)
    return arrays.reduced("amin", same, range(len(same.shape)))


# Shapes


@numpy_function("reshape")
def _reshape(a: Any, /, shape: Any = None, order: str = "C", *, newshape: Any = None, copy: Any = None) -> Node:
    x = _strong(N(a))
    wanted = _shape(newshape if shape is None else shape)
    size = math.prod(x.shape)
    if -1 in wanted:
        known = math.prod([n for n in wanted if n != -1])
        if wanted.count(-1) > 1 or known == 0 or size % known:
            raise ValueError(f"cannot reshape array of size {size} into shape {wanted}")
        wanted = tuple([size // known if n == -1 else n for n in wanted])
    if math.prod(wanted) != size:
        raise ValueError(f"cannot reshape array of size {size} into shape {wanted}")
    if order == "F":
        backwards = arrays.transpose(x, range(len(x.shape))[::-1])
        return arrays.transpose(arrays.reshape(backwards, wanted[::-1]), range(len(wanted))[::-1])
    return arrays.reshape(x, wanted)


@numpy_function("ravel", "flatten")
def _ravel(a: Any, order: str = "C") -> Node:
    return _reshape(a, -1, order) if math.prod(N(a).shape) else arrays.reshape(_strong(N(a)), (0,))


@numpy_function("transpose", "permute_dims")
def _transpose(a: Any, axes: Any = None) -> Node:
    x = _strong(N(a))
    n = len(x.shape)
    order = range(n)[::-1] if axes is None else [_axis(axis, n) for axis in axes]
    if sorted(order) != list(range(n)):
        raise ValueError("axes don't match array")
    return arrays.transpose(x, order)


@numpy_function("matrix_transpose", "linalg.matrix_transpose")
def _matrix_transpose(x: Any, /) -> Node:
    return arrays.swap(N(x))


@numpy_function("swapaxes")
def _swapaxes(a: Any, axis1: Any, axis2: Any) -> Node:
    x = N(a)
    order = list(range(len(x.shape)))
    i, j = _axis(axis1, len(order)), _axis(axis2, len(order))
    order[i], order[j] = order[j], order[i]
    return arrays.transpose(x, order)


@numpy_function("moveaxis")
def _moveaxis(a: Any, source: Any, destination: Any) -> Node:
    x = N(a)
    n = len(x.shape)
    sources = [_axis(s, n) for s in (source if isinstance(source, tuple | list) else [source])]
    targets = [_axis(d, n) for d in (destination if isinstance(destination, tuple | list) else [destination])]
    order = [axis for axis in range(n) if axis not in sources]
    for target, origin in sorted(zip(targets, sources, strict=True)):
        order.insert(target, origin)
    return arrays.transpose(x, order)


@numpy_function("rollaxis")
def _rollaxis(a: Any, axis: Any, start: int = 0) -> Node:
    x = N(a)
    n = len(x.shape)
    axis = _axis(axis, n)
    start = start + n if start < 0 else start
    return arrays.move(x, axis, start - (axis < start))


@numpy_function("squeeze")
def _squeeze(a: Any, axis: Any = None) -> Node:
    x = _strong(N(a))
    axes = [i for i, n in enumerate(x.shape) if n == 1] if axis is None else _axes(axis, len(x.shape))
    if any(x.shape[i] != 1 for i in axes):
        raise ValueError("cannot select an axis to squeeze out which has size not equal to one")
    return arrays.reshape(x, tuple([n for i, n in enumerate(x.shape) if i not in axes]))


@numpy_function("expand_dims")
def _expand_dims(a: Any, axis: Any) -> Node:
    x = _strong(N(a))
    count = len(axis) if isinstance(axis, tuple | list) else 1
    return arrays.expand(x, _axes(axis if isinstance(axis, tuple | list) else (axis,), len(x.shape) + count))


def _at_least(n: int) -> Callable[..., Any]:
    def widen(*arys: Any) -> Any:
        found = []
        for array in arys:
            x = _strong(N(array))
            if n == 3 and len(x.shape) < 3:
                x = arrays.reshape(x, {0: (1, 1, 1), 1: (1, *x.shape, 1), 2: (*x.shape, 1)}[len(x.shape)])
            elif len(x.shape) < n:
                x = arrays.reshape(x, (1,) * (n - len(x.shape)) + x.shape)
            found.append(x)
        return found[0] if len(found) == 1 else tuple(found)

    return widen


for _n in (1, 2, 3):
    numpy_function(f"atleast_{_n}d")(_at_least(_n))


@numpy_function("broadcast_to")
def _broadcast_to(array: Any, shape: Any, subok: bool = False) -> Node:
    x = _strong(N(array))
    wanted = _shape(shape)
    if ops.broadcast(x.shape, wanted) != wanted:
        raise ValueError(f"operands could not be broadcast together with remapped shapes {x.shape} and {wanted}")
    return arrays.broadcast(x, wanted)


@numpy_function("broadcast_arrays")
def _broadcast_arrays(*args: Any, subok: bool = False) -> tuple[Node, ...]:
    nodes = [_strong(N(arg)) for arg in args]
    shape = ops.broadcast(*[node.shape for node in nodes])
    return tuple([arrays.broadcast(node, shape) for node in nodes])


def _sequence(values: Any) -> list[Node]:
    nodes = [_strong(N(value)) for value in (values if not isinstance(values, Traced) else list(values))]
    dtype = ops.promote(*[node.dtype for node in nodes])
    return [arrays.cast(node, dtype) for node in nodes]


@numpy_function("concatenate", "concat")
def _concatenate(arrays_: Any, /, axis: Any = 0, *, dtype: Any = None, casting: Any = None) -> Node:
    nodes = _sequence(arrays_)
    if axis is None:
        return arrays.concat([_row(node) for node in nodes], 0)
    axis = _axis(axis, len(nodes[0].shape))
    first = nodes[0].shape
    for node in nodes:
        if len(node.shape) != len(first) or any(
            n != m for i, (n, m) in enumerate(zip(node.shape, first, strict=True)) if i != axis
        ):
            raise ValueError(f"array dimensions do not match: {', '.join(str(node.shape) for node in nodes)}")
    return arrays.concat(nodes, axis)


@numpy_function("stack")
def _stack(arrays_: Any, axis: Any = 0, *, dtype: Any = None, casting: Any = None) -> Node:
    nodes = _sequence(arrays_)
    if len({node.shape for node in nodes}) != 1:
        raise ValueError("all input arrays must have the same shape")
    return arrays.stack(nodes, _axis(axis, len(nodes[0].shape) + 1))


@numpy_function("vstack", "row_stack")
def _vstack(tup: Any, *, dtype: Any = None, casting: Any = None) -> Node:
    return arrays.concat([_at_least(2)(_again(node)) for node in _sequence(tup)], 0)


@numpy_function("hstack")
def _hstack(tup: Any, *, dtype: Any = None, casting: Any = None) -> Node:
    nodes = [_at_least(1)(_again(node)) for node in _sequence(tup)]
    return arrays.concat(nodes, 0 if len(nodes[0].shape) == 1 else 1)


@numpy_function("dstack")
def _dstack(tup: Any) -> Node:
    return arrays.concat([_at_least(3)(_again(node)) for node in _sequence(tup)], 2)


@numpy_function("column_stack")
def _column_stack(tup: Any) -> Node:
    nodes = [arrays.reshape(x, (math.prod(x.shape), 1)) if len(x.shape) < 2 else x for x in _sequence(tup)]
    return arrays.concat(nodes, 1)


@numpy_function("append")
def _append(arr: Any, values: Any, axis: Any = None) -> Node:
    return _concatenate((arr, values), axis=axis)


@numpy_function("block")
def _block(arrays_: Any) -> Node:
    depth = 0
    inner = arrays_
    while isinstance(inner, list):
        depth, inner = depth + 1, inner[0]
    ndim = max(depth, _deepest(arrays_))

    def join(part: Any, level: int) -> Node:
        if not isinstance(part, list):
            x = _strong(N(part))
            return arrays.reshape(x, (1,) * (ndim - len(x.shape)) + x.shape)
        nodes = [join(piece, level + 1) for piece in part]
        return arrays.concat(nodes, ndim - depth + level)

    return join(arrays_, 0)


def _deepest(part: Any) -> int:
    return max(map(_deepest, part)) if isinstance(part, list) else len(N(part).shape)


@numpy_function("tile")
def _tile(A: Any, reps: Any) -> Node:
    x = _strong(N(A))
    counts = _shape(reps)
    counts = (1,) * (len(x.shape) - len(counts)) + counts
    x = arrays.reshape(x, (1,) * (len(counts) - len(x.shape)) + x.shape)
    mixed = tuple([m for pair in zip((1,) * len(counts), x.shape, strict=True) for m in pair])
    wide = tuple([m for pair in zip(counts, x.shape, strict=True) for m in pair])
    repeated = arrays.broadcast(arrays.reshape(x, mixed), wide)
    return arrays.reshape(repeated, tuple([k * n for k, n in zip(counts, x.shape, strict=True)]))


@numpy_function("repeat")
def _repeat(a: Any, repeats: Any, axis: Any = None) -> Node:
    import numpy as np

    x = _strong(N(a))
    if axis is None:
        x, axis = arrays.reshape(x, (math.prod(x.shape),)), 0
    axis = _axis(axis, len(x.shape))
    places = np.repeat(np.arange(x.shape[axis]), np.asarray(repeats))
    return _take(_again(x), places, axis)


@numpy_function("roll")
def _roll(a: Any, shift: Any, axis: Any = None) -> Node:
    x = _strong(N(a))
    if axis is None:
        flat = arrays.reshape(x, (math.prod(x.shape),))
        places = sum(map(_plain_int, shift)) if isinstance(shift, tuple | list) else _plain_int(shift)
        return arrays.reshape(_rolled(flat, places, 0), x.shape)
    axes = axis if isinstance(axis, tuple | list) else (axis,)
    shifts = shift if isinstance(shift, tuple | list) else (shift,) * len(axes)
    if len(axes) == 1:
        axes = axes * len(shifts)
    for places, along in zip(shifts, axes, strict=True):
        x = _rolled(x, _plain_int(places), _axis(along, len(x.shape)))
    return x


def _rolled(x: Node, shift: int, axis: int) -> Node:
    n = x.shape[axis]
    shift = shift % n if n else 0
    if not shift:
        return x
    return arrays.concat([arrays.part(x, axis, n - shift, shift), arrays.part(x, axis, 0, n - shift)], axis)


@numpy_function("flip")
def _flip(m: Any, axis: Any = None) -> Node:
    x = _strong(N(m))
    return arrays.flip(x, _axes(axis, len(x.shape)))


numpy_function("fliplr")(lambda m: _flip(m, 1))
numpy_function("flipud")(lambda m: _flip(m, 0))


@numpy_function("rot90")
def _rot90(m: Any, k: int = 1, axes: Any = (0, 1)) -> Node:
    x = _strong(N(m))
    i, j = (_axis(axis, len(x.shape)) for axis in axes)
    k %= 4
    order = list(range(len(x.shape)))
    order[i], order[j] = order[j], order[i]
    if k == 0:
        return x
    if k == 2:
        return arrays.flip(x, (i, j))
    if k == 1:
        return arrays.transpose(arrays.flip(x, (j,)), order)
    return arrays.flip(arrays.transpose(x, order), (j,))


@numpy_function("array_split")
def _array_split(ary: Any, indices_or_sections: Any, axis: Any = 0) -> list[Node]:
    import numpy as np

    x = _strong(N(ary))
    axis = _axis(axis, len(x.shape))
    parts = np.array_split(np.arange(x.shape[axis]), indices_or_sections)
    found, start = [], 0
    for part in parts:
        start = int(part[0]) if len(part) else start
        found.append(arrays.part(x, axis, start, len(part)))
    return found


@numpy_function("split")
def _split(ary: Any, indices_or_sections: Any, axis: Any = 0) -> list[Node]:
    x = N(ary)
    if not hasattr(indices_or_sections, "__len__") and x.shape[_axis(axis, len(x.shape))] % indices_or_sections:
        raise ValueError("array split does not result in an equal division")
    return _array_split(ary, indices_or_sections, axis)


numpy_function("hsplit")(lambda ary, sections: _split(ary, sections, 1 if len(N(ary).shape) > 1 else 0))
numpy_function("vsplit")(lambda ary, sections: _split(ary, sections, 0))
numpy_function("dsplit")(lambda ary, sections: _split(ary, sections, 2))


@numpy_function("unstack")
def _unstack(x: Any, /, *, axis: Any = 0) -> tuple[Node, ...]:
    node = arrays.move(N(x), _axis(axis, len(N(x).shape)), 0)
    return tuple([arrays.reshape(arrays.part(node, 0, i, 1), node.shape[1:]) for i in range(node.shape[0])])


@numpy_function("pad")
def _pad(array: Any, pad_width: Any, mode: Any = "constant", **options: Any) -> Node:
    import numpy as np

    x = _strong(N(array))
    widths = np.broadcast_to(np.asarray(pad_width), (len(x.shape), 2)).tolist()
    if mode == "constant":
        value = options.get("constant_values", 0)
        shape = tuple([low + n + high for n, (low, high) in zip(x.shape, widths, strict=True)])
        region = [(low, n, 1) for n, (low, _) in zip(x.shape, widths, strict=True)]
        if isinstance(value, int | float) and value == 0:
            return arrays.embed(x, shape, region)
        if type(value) is Traced or isinstance(value, int | float):
            return arrays.place(arrays.broadcast(arrays.cast(N(value), x.dtype), shape), [x], [region])
        base = ops.data(np.pad(np.zeros(x.shape), pad_width, mode="constant", constant_values=value))
        return arrays.place(arrays.cast(base, x.dtype), [x], [region])
    if mode not in ("edge", "reflect", "symmetric", "wrap"):
        raise UnsupportedOperation("trace_option", **where(name="np.pad", option=f"mode={mode!r}"))
    odd = options.pop("reflect_type", "even") == "odd"
    for axis, (low, high) in enumerate(widths):
        if low or high:
            n = x.shape[axis]
            if odd and max(low, high) > n - (mode == "reflect"):
                raise UnsupportedOperation("trace_option", **where(name="np.pad", option="reflect_type"))
            places = np.pad(np.arange(n), (low, high), mode=mode, **options)
            padded = _take(_again(x), places, axis)
            if odd:  # mirrored at the edge in value, too
                edges = _take(_again(x), np.clip(np.arange(-low, n + high), 0, n - 1), axis)
                inside = np.zeros(len(places), bool)
                inside[low : low + n] = True
                inside = inside.reshape([-1 if i == axis else 1 for i in range(len(x.shape))])
                mirrored = make("sub", make("mul", TWO, edges), padded)
                padded = make("where", ops.data(inside), padded, mirrored)
            x = padded
    return x


@numpy_function("delete")
def _delete(arr: Any, obj: Any, axis: Any = None) -> Node:
    import numpy as np

    x = _strong(N(arr))
    if axis is None:
        x, axis = arrays.reshape(x, (math.prod(x.shape),)), 0
    axis = _axis(axis, len(x.shape))
    return _take(_again(x), np.delete(np.arange(x.shape[axis]), obj), axis)


@numpy_function("insert")
def _insert(arr: Any, obj: Any, values: Any, axis: Any = None) -> Node:
    import numpy as np

    x = _strong(N(arr))
    if axis is None:
        x, axis = arrays.reshape(x, (math.prod(x.shape),)), 0
    axis = _axis(axis, len(x.shape))
    n = x.shape[axis]
    marks = np.insert(np.arange(n), obj, -1)
    extra = np.flatnonzero(marks < 0)
    value = _strong(N(values))
    if np.ndim(obj) == 0 and len(value.shape) >= 1 and not isinstance(obj, slice) and len(x.shape) > 1:
        value = arrays.expand(value, (axis,)) if len(value.shape) == len(x.shape) - 1 else value
    wanted = tuple([len(extra) if i == axis else m for i, m in enumerate(x.shape)])
    value = arrays.cast(arrays.broadcast(value, wanted), x.dtype)
    joined = arrays.concat([x, value], axis)
    order = marks.copy()
    order[extra] = n + np.arange(len(extra))
    return _take(_again(joined), order, axis)


@numpy_function("zeros_like", "empty_like")
def _zeros_like(
    a: Any, dtype: Any = None, order: Any = "K", subok: bool = True, shape: Any = None, device: Any = None
) -> Node:
    return _full_like(a, 0, dtype, order, subok, shape)


@numpy_function("ones_like")
def _ones_like(
    a: Any, dtype: Any = None, order: Any = "K", subok: bool = True, shape: Any = None, device: Any = None
) -> Node:
    return _full_like(a, 1, dtype, order, subok, shape)


@numpy_function("full_like")
def _full_like(
    a: Any,
    fill_value: Any,
    dtype: Any = None,
    order: Any = "K",
    subok: bool = True,
    shape: Any = None,
    device: Any = None,
) -> Node:
    x = _strong(N(a))
    wanted = x.shape if shape is None else _shape(shape)
    return arrays.broadcast(arrays.cast(N(fill_value), x.dtype if dtype is None else _dtype(dtype)), wanted)


@numpy_function("copy")
def _copy(a: Any, order: Any = "K", subok: bool = False) -> Node:
    return _strong(N(a))


@numpy_function("astype")
def _astype(
    x: Any,
    dtype: Any,
    order: Any = "K",
    casting: Any = "unsafe",
    subok: Any = True,
    copy: Any = True,
    device: Any = None,
) -> Node:
    return arrays.cast(N(x), _dtype(dtype))


numpy_function("shape")(lambda a: N(a).shape)
numpy_function("ndim")(lambda a: len(N(a).shape))
numpy_function("size")(lambda a, axis=None: math.prod(N(a).shape) if axis is None else N(a).shape[axis])


@numpy_function("result_type")
def _result_type(*args: Any) -> Any:
    import numpy as np

    return np.result_type(*[arg.dtype if type(arg) is Traced else arg for arg in args])


@numpy_function("linspace")
def _linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
    *,
    device: Any = None,
) -> Any:
    import numpy as np

    a, b = _floating(_strong(N(start))), _floating(_strong(N(stop)))
    steps = num - 1 if endpoint else num
    rank = max(len(a.shape), len(b.shape))
    share = ops.data((np.arange(num) / max(steps, 1)).reshape((num,) + (1,) * rank))
    width = make("sub", b, a)
    found = make("add", a, make("mul", width, share))
    found = arrays.move(found, 0, _axis(axis, rank + 1))
    return (found, make("div", width, const(steps))) if retstep else found


@numpy_function("geomspace")
def _geomspace(start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0) -> Node:
    logs = _linspace(
        _again(make("ln", _floating(N(start)))), _again(make("ln", _floating(N(stop)))), num, endpoint, axis=axis
    )
    return make("exp", logs)


@numpy_function("logspace")
def _logspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, base: Any = 10.0, dtype: Any = None, axis: int = 0
) -> Node:
    return make("power", N(base), _linspace(start, stop, num, endpoint, axis=axis))


@numpy_function("meshgrid")
def _meshgrid(*xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> tuple[Node, ...]:
    nodes = [_row(N(x)) for x in xi]
    n = len(nodes)
    order = list(range(n))
    if indexing == "xy" and n > 1:
        order[:2] = [1, 0]
    shaped = [
        arrays.reshape(x, tuple([x.shape[0] if axis == order[i] else 1 for axis in range(n)]))
        for i, x in enumerate(nodes)
    ]
    if sparse:
        return tuple(shaped)
    shape = ops.broadcast(*[x.shape for x in shaped]) if shaped else ()
    return tuple([arrays.broadcast(x, shape) for x in shaped])


@numpy_function("sliding_window_view")
def _sliding_window_view(
    x: Any, window_shape: Any, axis: Any = None, *, subok: bool = False, writeable: bool = False
) -> Node:
    import numpy as np

    node = _strong(N(x))
    windows = _shape(window_shape)
    axes = tuple(range(len(node.shape))) if axis is None else (axis if isinstance(axis, tuple | list) else (axis,))
    if len(windows) != len(axes):
        raise ValueError("window_shape and axis must have the same length")
    for size, along in zip(windows, axes, strict=True):
        place = _axis(along, len(N(x).shape))
        n = node.shape[place]
        if size > n:
            raise ValueError("window shape cannot be larger than input array shape")
        places = np.arange(n - size + 1)[:, None] + np.arange(size)
        node = _take(_again(node), places, place)
        node = arrays.move(node, place + 1, len(node.shape) - 1)
    return node


# Diagonals and triangles


@numpy_function("diagonal")
def _diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Node:
    x = _strong(N(a))
    n = len(x.shape)
    i, j = _axis(axis1, n), _axis(axis2, n)
    x = arrays.transpose(x, [*[k for k in range(n) if k not in (i, j)], i, j])
    rows, columns = x.shape[-2:]
    count = max(0, min(rows, columns - offset) if offset >= 0 else min(rows + offset, columns))
    start = offset if offset >= 0 else -offset * columns
    flat = arrays.reshape(x, (*x.shape[:-2], rows * columns))
    return arrays.part(flat, n - 2, start if count else 0, count, columns + 1)


numpy_function("linalg.diagonal")(lambda x, /, *, offset=0: _diagonal(x, offset, -2, -1))


@numpy_function("diag")
def _diag(v: Any, k: int = 0) -> Node:
    x = _strong(N(v))
    if len(x.shape) == 2:
        return _diagonal(v, k)
    if len(x.shape) != 1:
        raise ValueError("Input must be 1- or 2-d.")
    n = x.shape[0] + abs(k)
    start = k if k >= 0 else -k * n
    flat = arrays.embed(x, (n * n,), [(start, x.shape[0], n + 1)])
    return arrays.reshape(flat, (n, n))


numpy_function("diagflat")(lambda v, k=0: _diag(_again(_row(N(v))), k))


@numpy_function("trace")
def _trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None) -> Node:
    found = _diagonal(a, offset, axis1, axis2)
    return arrays.total(found, (len(found.shape) - 1,))


numpy_function("linalg.trace")(lambda x, /, *, offset=0, dtype=None: _trace(x, offset, -2, -1))


def _triangle(keep: str) -> Callable[..., Node]:
    def triangle(m: Any, k: int = 0) -> Node:
        import numpy as np

        x = _strong(N(m))
        shape = x.shape[-2:] if len(x.shape) > 1 else x.shape * 2
        mask = getattr(np, keep)(np.ones(shape, bool), k)
        return make("where", ops.data(mask), x, ZERO)

    return triangle


numpy_function("tril")(_triangle("tril"))
numpy_function("triu")(_triangle("triu"))


@numpy_function("vander")
def _vander(x: Any, N_: Any = None, increasing: bool = False, **options: Any) -> Node:
    node = _strong(N(x))
    count = options.get("N", N_)
    count = node.shape[0] if count is None else count
    powers = range(count) if increasing else range(count - 1, -1, -1)
    return arrays.stack([arrays.full(make("pow", node, const(p)), node) if p else arrays.ones(node) for p in powers], 1)


# Products


def _pair(a: Node, b: Node) -> tuple[Node, Node]:
    """Two factors in one precision, whole numbers as doubles."""
    a, b = _strong(a), _strong(b)
    dtype = ops.promote(a.dtype, b.dtype)
    dtype = REAL if dtype is BOOL else dtype
    return arrays.cast(a, dtype), arrays.cast(b, dtype)


def _letters(n: int, start: int = 0) -> str:
    return arrays.LETTERS[start : start + n]


def _matmul(a: Node, b: Node) -> Node:
    a, b = _pair(a, b)
    if not a.shape or not b.shape:
        raise ValueError("matmul: Input operand does not have enough dimensions")
    if a.shape[-1] != b.shape[-2 if len(b.shape) > 1 else 0]:
        raise ValueError(f"matmul: the shapes {a.shape} and {b.shape} do not fit together")
    if len(a.shape) == 1 or len(b.shape) == 1:
        first = _letters(len(a.shape))
        second = _letters(len(b.shape), 20)
        inner = first[-1]
        second = second[:-2] + inner + second[-1:] if len(b.shape) > 1 else inner
        out = first[:-1] + second.replace(inner, "")
        return arrays.contract((first, second, out), a, b)
    shape = ops.broadcast(a.shape[:-2], b.shape[:-2])
    lead = _letters(len(shape), 3)

    def named(x: Node, inner: str) -> tuple[Node, str]:
        own = x.shape[:-2]
        letters = lead[len(lead) - len(own) :]
        real = [n for n, m in zip(own, shape[len(shape) - len(own) :], strict=True) if n == m]
        kept = "".join([c for c, n, m in zip(letters, own, shape[len(shape) - len(own) :], strict=True) if n == m])
        return arrays.reshape(x, (*real, *x.shape[-2:])), kept + inner

    a, first = named(a, "ab")
    b, second = named(b, "bc")
    return arrays.contract((first, second, lead + "ac"), a, b)


numpy_function("matmul", "linalg.matmul")(lambda a, b: _matmul(N(a), N(b)))


def _vecdot(a: Node, b: Node) -> Node:
    product = make("mul", a, b)
    return arrays.total(product, (len(product.shape) - 1,))


@numpy_function("vecdot", "linalg.vecdot")
def _vecdot_along(x1: Any, x2: Any, /, *, axis: int = -1) -> Node:
    product = make("mul", *_pair(N(x1), N(x2)))
    return arrays.total(product, (_axis(axis, len(product.shape)),))


@numpy_function("dot")
def _dot(a: Any, b: Any) -> Node:
    x, y = _pair(N(a), N(b))
    if not x.shape or not y.shape:
        return make("mul", x, y)
    first = _letters(len(x.shape))
    second = _letters(len(y.shape), 20)
    at = max(len(y.shape) - 2, 0)
    if x.shape[-1] != y.shape[at]:
        raise ValueError(f"shapes {x.shape} and {y.shape} not aligned")
    second = second[:at] + first[-1] + second[at + 1 :]
    return arrays.contract((first, second, first[:-1] + second[:at] + second[at + 1 :]), x, y)


@numpy_function("inner")
def _inner(a: Any, b: Any) -> Node:
    x, y = _pair(N(a), N(b))
    if not x.shape or not y.shape:
        return make("mul", x, y)
    first = _letters(len(x.shape))
    second = _letters(len(y.shape) - 1, 20)
    return arrays.contract((first, second + first[-1], first[:-1] + second), x, y)


@numpy_function("outer", "linalg.outer")
def _outer(a: Any, b: Any) -> Node:
    x, y = _pair(_row(N(a)), _row(N(b)))
    return arrays.contract(("a", "b", "ab"), x, y)


numpy_function("vdot")(lambda a, b: _dot(_again(_row(N(a))), _again(_row(N(b)))))


@numpy_function("tensordot", "linalg.tensordot")
def _tensordot(a: Any, b: Any, axes: Any = 2) -> Node:
    x, y = _pair(N(a), N(b))
    if isinstance(axes, int):
        left, right = list(range(len(x.shape) - axes, len(x.shape))), list(range(axes))
    else:
        left, right = ([side] if isinstance(side, int) else list(side) for side in axes)
    left = [_axis(axis, len(x.shape)) for axis in left]
    right = [_axis(axis, len(y.shape)) for axis in right]
    first = _letters(len(x.shape))
    second = list(_letters(len(y.shape), 20))
    for i, j in zip(left, right, strict=True):
        second[j] = first[i]
    out = [c for i, c in enumerate(first) if i not in left] + [c for j, c in enumerate(second) if j not in right]
    return arrays.contract((first, "".join(second), "".join(out)), x, y)


@numpy_function("kron")
def _kron(a: Any, b: Any) -> Node:
    x, y = _pair(N(a), N(b))
    n = max(len(x.shape), len(y.shape))
    x = arrays.reshape(x, (1,) * (n - len(x.shape)) + x.shape)
    y = arrays.reshape(y, (1,) * (n - len(y.shape)) + y.shape)
    first, second = _letters(n), _letters(n, 20)
    product = arrays.contract((first, second, "".join(map("".join, zip(first, second, strict=True)))), x, y)
    return arrays.reshape(product, tuple([p * q for p, q in zip(x.shape, y.shape, strict=True)]))


@numpy_function("cross", "linalg.cross")
def _cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: Any = None) -> Node:
    x, y = _pair(N(a), N(b))
    if axis is not None:
        axisa = axisb = axisc = axis
    x = arrays.move(x, _axis(axisa, len(x.shape)), 0)
    y = arrays.move(y, _axis(axisb, len(y.shape)), 0)
    if (x.shape[0], y.shape[0]) != (3, 3):
        raise UnsupportedOperation("trace_option", **where(name="np.cross", option="2-D vectors"))
    shape = ops.broadcast(x.shape[1:], y.shape[1:])
    p = [arrays.reshape(arrays.part(x, 0, i, 1), x.shape[1:]) for i in range(3)]
    q = [arrays.reshape(arrays.part(y, 0, i, 1), y.shape[1:]) for i in range(3)]
    parts = [
        arrays.broadcast(make("sub", make("mul", p[i], q[j]), make("mul", p[j], q[i])), shape)
        for i, j in ((1, 2), (2, 0), (0, 1))
    ]
    return arrays.stack(parts, _axis(axisc, len(shape) + 1))


@numpy_function("einsum")
def _einsum(*operands: Any, optimize: Any = False, **options: Any) -> Node:
    if not isinstance(operands[0], str):
        operands = _spelled(operands)
    if options.get("dtype") is not None:
        raise UnsupportedOperation("trace_option", **where(name="np.einsum", option="dtype"))
    spec = operands[0].replace(" ", "")
    nodes = [_strong(N(x)) for x in operands[1:]]
    dtype = ops.promote(*[node.dtype for node in nodes])
    nodes = [arrays.cast(node, REAL if dtype is BOOL else dtype) for node in nodes]
    left, arrow, out = spec.partition("->")
    terms = left.split(",")
    if len(terms) != len(nodes):
        raise ValueError("einsum: the subscripts do not fit the number of operands")
    free = [c for c in arrays.LETTERS if c not in spec]
    widths = [len(node.shape) - len(term.replace("...", "")) for term, node in zip(terms, nodes, strict=True)]
    rest = free[: max([w for w, term in zip(widths, terms, strict=True) if "..." in term], default=0)]
    terms = [
        term.replace("...", "".join(rest[len(rest) - w :])) if "..." in term else term
        for w, term in zip(widths, terms, strict=True)
    ]
    if arrow:
        out = out.replace("...", "".join(rest))
    else:
        letters = "".join(terms)
        single = sorted({c for c in letters if letters.count(c) == 1 and c not in rest})
        out = "".join([*[c for c in rest if c in letters], *single])
    return _einsum_of(terms, nodes, out)


def _spelled(operands: tuple[Any, ...]) -> tuple[Any, ...]:
    """The form with lists of numbers, as letters."""

    def word(axes: Any) -> str:
        return "".join(["..." if axis is Ellipsis else arrays.LETTERS[axis] for axis in axes])

    pairs = len(operands) // 2
    spec = ",".join([word(operands[2 * i + 1]) for i in range(pairs)])
    if len(operands) % 2:
        spec += "->" + word(operands[-1])
    return (spec, *operands[0 : 2 * pairs : 2])


def _einsum_of(terms: list[str], nodes: list[Node], out: str) -> Node:
    sizes: dict[str, int] = {}
    for term, node in zip(terms, nodes, strict=True):
        if len(term) != len(node.shape):
            raise ValueError(f"einsum: {term} does not fit an array of {len(node.shape)} axes")
        for letter, n in zip(term, node.shape, strict=True):
            if sizes.get(letter, 1) not in (1, n) and n != 1:
                raise ValueError(f"einsum: two sizes for {letter}: {sizes[letter]} and {n}")
            sizes[letter] = max(sizes.get(letter, 1), n) if n else 0
    work = []
    for given, factor in zip(terms, nodes, strict=True):
        node, term = _undoubled(factor, given)
        ones = [i for i, n in enumerate(node.shape) if n == 1 and sizes[term[i]] != 1]  # these repeat
        shape = tuple([n for i, n in enumerate(node.shape) if i not in ones])
        work.append((arrays.reshape(node, shape), "".join([c for i, c in enumerate(term) if i not in ones])))
    while len(work) > 1:
        i, j = _cheapest(work, sizes, out)
        (b, second), (a, first) = work.pop(j), work.pop(i)
        needed = set(out).union(*[term for _, term in work])
        a, first = _summed(a, first, needed | set(second))
        b, second = _summed(b, second, needed | set(first))
        both = "".join(dict.fromkeys(first + second))
        made = "".join([c for c in both if c in needed])
        work.append((arrays.contract((first, second, made), a, b), made))
    node, term = work[0]
    node, term = _summed(node, term, set(out))
    missing = [c for c in out if c not in term]
    node = arrays.transpose(node, [term.index(c) for c in out if c in term])
    if missing:
        node = arrays.expand(node, [i for i, c in enumerate(out) if c in missing])
    return arrays.broadcast(node, tuple([sizes[c] for c in out]))


def _cheapest(work: list[tuple[Node, str]], sizes: dict[str, int], out: str) -> tuple[int, int]:
    """The two factors whose product is the smallest."""

    def cost(i: int, j: int) -> tuple[int, int]:
        others = set(out).union(*[term for k, (_, term) in enumerate(work) if k not in (i, j)])
        both = set(work[i][1]) | set(work[j][1])
        return math.prod([sizes[c] for c in both & others]), math.prod([sizes[c] for c in both])

    pairs = [(i, j) for i in range(len(work)) for j in range(i + 1, len(work))]
    return min(pairs, key=lambda pair: cost(*pair))


def _undoubled(node: Node, term: str) -> tuple[Node, str]:
    """A letter that occurs twice means the diagonal."""
    while len(set(term)) < len(term):
        letter = next(c for c in term if term.count(c) > 1)
        i = term.index(letter)
        j = term.index(letter, i + 1)
        n = len(term)
        node = arrays.transpose(node, [*[k for k in range(n) if k not in (i, j)], i, j])
        m = node.shape[-1]
        flat = arrays.reshape(node, (*node.shape[:-2], m * m))
        node = arrays.part(flat, n - 2, 0, m, m + 1)
        term = "".join([c for k, c in enumerate(term) if k not in (i, j)]) + letter
    return node, term


def _summed(node: Node, term: str, needed: set[str]) -> tuple[Node, str]:
    axes = [i for i, c in enumerate(term) if c not in needed]
    return arrays.total(node, axes), "".join([c for c in term if c in needed])


@numpy_function("convolve")
def _convolve(a: Any, v: Any, mode: str = "full") -> Node:
    x, y = _pair(N(a), N(v))
    if len(x.shape) > 1 or len(y.shape) > 1:
        raise ValueError("object too deep for desired array")
    x, y = _row(x), _row(y)
    if y.shape[0] > x.shape[0]:
        x, y = y, x
    return _correlation(x, arrays.flip(y, (0,)), mode)


def _correlation(x: Node, y: Node, mode: str) -> Node:
    """Σ x[k + j] y[j], x the longer one."""
    n, m = x.shape[0], y.shape[0]
    if not m or not n:
        raise ValueError("an argument cannot be empty")
    low, high = {"full": (m - 1, m - 1), "same": (m // 2, (m - 1) // 2), "valid": (0, 0)}[mode]
    wide = arrays.embed(x, (n + low + high,), [(low, n, 1)])
    if m <= 32:
        size = n + low + high - m + 1
        terms = [make("mul", arrays.part(wide, 0, j, size), arrays.part(y, 0, j, 1)) for j in range(m)]
        total = terms[0]
        for term in terms[1:]:
            total = make("add", total, term)
        return total
    windows = _sliding_window_view(_again(wide), m)
    return arrays.contract(("ab", "b", "a"), windows, y)


@numpy_function("correlate")
def _correlate(a: Any, v: Any, mode: str = "valid") -> Node:
    x, y = _pair(N(a), N(v))
    if x.shape[0] >= y.shape[0]:
        # NumPy's "same" leaves out one more at the front, where convolve of the turned one does
        return _correlation(x, y, mode)
    return arrays.flip(_correlation(y, x, mode), (0,))


@numpy_function("polyval")
def _polyval(p: Any, x: Any) -> Node:
    coefficients, node = _strong(N(p)), _strong(N(x))
    total = arrays.zeros(node.shape, ops.promote(coefficients.dtype, node.dtype))
    for i in range(coefficients.shape[0]):
        one = arrays.reshape(arrays.part(coefficients, 0, i, 1), ())
        total = make("add", make("mul", total, node), one)
    return total


@numpy_function("interp")
def _interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Node:
    import numpy as np

    if period is not None:
        raise UnsupportedOperation("trace_option", **where(name="np.interp", option="period"))
    at, grid, values = _floating(_strong(N(x))), _floating(_strong(N(xp))), _floating(_strong(N(fp)))
    n = grid.shape[0]
    one, last = ops.data(np.array(1)), ops.data(np.array(max(n - 1, 1)))
    upper = make("min", make("max", make("searchsorted", grid, at, attrs="right"), one), last)
    lower = make("sub", upper, one)
    x0, x1 = arrays.take(grid, lower), arrays.take(grid, upper)
    y0, y1 = arrays.take(values, lower), arrays.take(values, upper)
    found = make("add", y0, make("div", make("mul", make("sub", at, x0), make("sub", y1, y0)), make("sub", x1, x0)))
    first, end = (arrays.reshape(arrays.part(values, 0, i, 1), ()) for i in (0, n - 1))
    start, stop = (arrays.reshape(arrays.part(grid, 0, i, 1), ()) for i in (0, n - 1))
    found = make("where", make("lt", at, start), first if left is None else N(left), found)
    return make("where", make("gt", at, stop), end if right is None else N(right), found)


@numpy_function("cov")
def _cov(m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: Any = None) -> Node:
    x = _floating(N(m))
    x = arrays.reshape(x, (1, *x.shape)) if len(x.shape) == 1 else x if rowvar else arrays.swap(x)
    if y is not None:
        other = _floating(N(y))
        other = arrays.reshape(other, (1, *other.shape)) if len(other.shape) == 1 else other
        x = arrays.concat([x, other], 0)
    n = x.shape[1]
    ddof = (0 if bias else 1) if ddof is None else ddof
    away = make("sub", x, arrays.expand(make("div", arrays.total(x, (1,)), const(n)), (1,)))
    found = make("div", arrays.contract(("ab", "cb", "ac"), away, away), const(n - ddof))
    return arrays.reshape(found, ()) if found.shape == (1, 1) else found


# Linear algebra


def _real_matrix(a: Any) -> Node:
    x = _floating(N(a))
    if len(x.shape) < 2 or x.shape[-1] != x.shape[-2]:
        raise ShapeError("square", shape=x.shape)
    return x


@numpy_function("linalg.solve")
def _solve(a: Any, b: Any) -> Node:
    import numpy as np

    x, y = _pair(_real_matrix(a), _floating(N(b)))
    np.linalg.solve(_value(x), _value(y))  # NumPy's own error for a singular matrix
    if len(y.shape) == 1:
        y = arrays.reshape(y, (*y.shape, 1))
        found = make("solve", x, y)
        return arrays.reshape(found, found.shape[:-1])
    return make("solve", x, y)


@numpy_function("linalg.inv")
def _inv(a: Any) -> Node:
    import numpy as np

    x = _real_matrix(a)
    np.linalg.inv(_value(x))
    return make("inv", x)


numpy_function("linalg.det")(lambda a: make("det", _real_matrix(a)))


@numpy_function("linalg.slogdet")
def _slogdet(a: Any) -> Any:
    from numpy.linalg import slogdet

    x = _real_matrix(a)
    sign = make("sign", make("det", x))
    found = slogdet(_value(x))
    return type(found)(sign, make("logdet", x))


def _from_lower(a: Any, lower: bool = True) -> Node:
    """The symmetric matrix of which NumPy reads one triangle only."""
    import numpy as np

    x = _real_matrix(a)
    n = x.shape[-1]
    mask = np.tril(np.ones((n, n), bool)) if lower else np.triu(np.ones((n, n), bool))
    return make("where", ops.data(mask), x, arrays.swap(x))


@numpy_function("linalg.cholesky")
def _cholesky(a: Any, /, *, upper: bool = False) -> Node:
    import numpy as np

    x = _from_lower(a, not upper)
    np.linalg.cholesky(_value(x))
    found = make("cholesky", x)
    return arrays.swap(found) if upper else found


@numpy_function("linalg.eigvalsh")
def _eigvalsh(a: Any, UPLO: str = "L") -> Node:
    return arrays.item(make("eigh", _from_lower(a, UPLO.upper() == "L")), 0)


@numpy_function("linalg.eigh")
def _eigh(a: Any, UPLO: str = "L") -> Any:
    from numpy.linalg import eigh

    pair = make("eigh", _from_lower(a, UPLO.upper() == "L"))
    import numpy as np

    kind: Any = type(eigh(np.eye(1)))  # a named tuple
    return kind(arrays.item(pair, 0), arrays.item(pair, 1))


@numpy_function("linalg.matrix_power")
def _matrix_power(a: Any, n: int) -> Node:
    x = _real_matrix(a)
    if n < 0:
        x, n = make("inv", x), -n
    if n == 0:
        import numpy as np

        return arrays.broadcast(arrays.cast(ops.data(np.eye(x.shape[-1])), x.dtype), x.shape)
    result: Node | None = None
    while n:
        if n & 1:
            result = x if result is None else _matmul(result, x)
        n >>= 1
        if n:
            x = _matmul(x, x)
    assert result is not None
    return result


@numpy_function("linalg.multi_dot")
def _multi_dot(arrays_: Any, *, out: Any = None) -> Node:
    nodes = [N(x) for x in arrays_]
    terms = []
    letter = 0
    for i, node in enumerate(nodes):
        if len(node.shape) == 1:
            terms.append(arrays.LETTERS[letter])
            letter += i > 0
        else:
            terms.append(arrays.LETTERS[letter] + arrays.LETTERS[letter + 1])
            letter += 1
    joined = "".join(terms)
    pairs = [_pair(node, node)[0] for node in nodes]
    return _einsum_of(terms, pairs, "".join([c for c in dict.fromkeys(joined) if joined.count(c) == 1]))


@numpy_function("linalg.pinv")
def _pinv(a: Any, rcond: Any = None, hermitian: bool = False, **options: Any) -> Node:
    """For a matrix of full rank, by the normal equations."""
    x = _floating(N(a))
    rows, columns = x.shape[-2:]
    t = arrays.swap(x)
    if rows >= columns:
        return make("solve", _matmul(t, x), t)
    return arrays.swap(make("solve", _matmul(x, t), x))


@numpy_function("linalg.lstsq")
def _lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    raise UnsupportedOperation("trace_function", **where(name="np.linalg.lstsq"))


@numpy_function("linalg.norm")
def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: Any = False) -> Node:
    node = _floating(_strong(N(x)))
    n = len(node.shape)
    if axis is None and (ord is None or (n <= 2 and ord in ("fro",) and n == 2) or (ord == 2 and n == 1)):
        axes = tuple(range(n))
        return _kept(_root(arrays.total(make("pow", node, TWO), axes)), axes, keepdims)
    if axis is None:
        axis = tuple(range(n))
    axes = tuple([_axis(a, n) for a in (axis if isinstance(axis, tuple | list) else (axis,))])
    if len(axes) == 1:
        return _kept(_vector_norm(node, 2 if ord is None else ord, axes), axes, keepdims)
    if len(axes) == 2:
        return _kept(_matrix_norm(node, "fro" if ord is None else ord, axes), axes, keepdims)
    raise ValueError("Improper number of dimensions to norm.")


def _vector_norm(x: Node, ord: Any, axes: tuple[int, ...]) -> Node:
    size = make("abs", x)
    if ord == math.inf:
        return arrays.reduced("amax", size, axes)
    if ord == -math.inf:
        return arrays.reduced("amin", size, axes)
    if ord == 0:
        return arrays.total(arrays.cast(make("ne", x, ZERO), x.dtype), axes)
    if ord == 1:
        return arrays.total(size, axes)
    if ord == 2:
        return _root(arrays.total(make("pow", x, TWO), axes))
    if isinstance(ord, str):
        raise ValueError(f"Invalid norm order {ord!r} for vectors")
    power = number(float(ord))
    # The inner power meets 0 only where an entry is 0, and its slope there is that of least norm.
    total = arrays.total(elementwise("pow", size, power), axes)
    positive = make("gt", total, ZERO)
    root = elementwise("pow", make("where", positive, total, ONE), make("div", ONE, power))
    return make("where", positive, root, ZERO)


def _matrix_norm(x: Node, ord: Any, axes: tuple[int, ...]) -> Node:
    rows, columns = axes
    if ord in ("fro", "f"):
        return _root(arrays.total(make("pow", x, TWO), axes))
    if ord in (1, -1, math.inf, -math.inf):
        summed, rest = (rows, columns) if abs(ord) == 1 else (columns, rows)
        lines = arrays.total(make("abs", x), (summed,))
        return arrays.reduced("amax" if ord > 0 else "amin", lines, (rest - (rest > summed),))
    if ord in (2, -2, "nuc"):
        last = [i for i in range(len(x.shape)) if i not in axes]
        x = arrays.transpose(x, [*last, *axes])
        small = x.shape[-1] <= x.shape[-2]
        gram = _matmul(arrays.swap(x), x) if small else _matmul(x, arrays.swap(x))
        values = _root(make("max", arrays.item(make("eigh", gram), 0), ZERO))
        end = len(values.shape) - 1
        if ord == "nuc":
            return arrays.total(values, (end,))
        return arrays.reduced("amax" if ord == 2 else "amin", values, (end,))
    raise ValueError(f"Invalid norm order {ord!r} for matrices")


@numpy_function("linalg.vector_norm")
def _vector_norm_of(x: Any, /, *, axis: Any = None, keepdims: Any = False, ord: Any = 2) -> Node:
    node = _floating(_strong(N(x)))
    axes = _axes(axis, len(node.shape))
    return _kept(_vector_norm(node, ord, axes), axes, keepdims)


@numpy_function("linalg.matrix_norm")
def _matrix_norm_of(x: Any, /, *, keepdims: Any = False, ord: Any = "fro") -> Node:
    node = _floating(N(x))
    axes = (len(node.shape) - 2, len(node.shape) - 1)
    return _kept(_matrix_norm(node, ord, axes), axes, keepdims)


@numpy_function("linalg.svdvals")
def _svdvals(x: Any, /) -> Node:
    """Singular values, the largest first, as roots of the eigenvalues of the smaller of AᵀA and AAᵀ."""
    node = _floating(N(x))
    gram = _matmul(arrays.swap(node), node) if node.shape[-1] <= node.shape[-2] else _matmul(node, arrays.swap(node))
    values = arrays.item(make("eigh", gram), 0)
    return _root(make("max", arrays.flip(values, (len(values.shape) - 1,)), ZERO))


@numpy_function("linalg.svd")
def _svd(a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Node:
    if compute_uv:
        raise UnsupportedOperation("trace_option", **where(name="np.linalg.svd", option="compute_uv=True"))
    return _svdvals(a)


@numpy_function("corrcoef")
def _corrcoef(x: Any, y: Any = None, rowvar: bool = True, **options: Any) -> Node:
    cov = _cov(x, y, rowvar)
    if not cov.shape:
        return make("div", cov, cov)
    scale = make("sqrt", _diagonal(_again(cov)))
    return make("div", cov, arrays.contract(("a", "b", "ab"), scale, scale))


@numpy_function("bincount")
def _bincount(x: Any, /, weights: Any = None, minlength: int = 0) -> Node:
    import numpy as np

    index = x if type(x) is not Traced else x._plain("trace_index")
    array = np.asarray(index)
    length = max(int(array.max()) + 1 if array.size else 0, minlength)
    given = arrays.ones(N(array * 1.0)) if weights is None else _floating(N(weights))
    return arrays.scatter(given, ops.data(array.astype(np.int64)), length)


@numpy_function("resize")
def _resize(a: Any, new_shape: Any) -> Node:
    import numpy as np

    shape = _shape(new_shape)
    x = N(a)
    return _take(a, np.resize(np.arange(math.prod(x.shape)), shape))


def _made_like(name: str) -> Callable[..., Node]:
    def make_like(*args: Any, like: Any = None, **options: Any) -> Node:
        import numpy as np

        made = getattr(np, name)(*args, **options)
        return ops.data(made)

    return make_like


for _name in ("zeros", "ones", "empty", "eye", "identity", "arange", "tri"):
    numpy_function(_name)(_made_like(_name))


@numpy_function("full")
def _full(
    shape: Any, fill_value: Any, dtype: Any = None, order: Any = "C", *, device: Any = None, like: Any = None
) -> Node:
    value = _strong(N(fill_value))
    return arrays.broadcast(value if dtype is None else arrays.cast(value, _dtype(dtype)), _shape(shape))


@numpy_function("array", "asarray", "asanyarray", "ascontiguousarray")
def _array(a: Any, *args: Any, like: Any = None, **options: Any) -> Node:
    return _strong(N(a))


# Writing


@numpy_function("copyto")
def _copyto(dst: Any, src: Any, casting: Any = None, where: Any = True) -> None:
    if where is True:
        dst[...] = src
    else:
        import numpy as np

        dst[...] = np.where(where, src, dst)


@numpy_function("fill")
def _fill(a: Any, value: Any) -> None:
    a[...] = value


@numpy_function("fill_diagonal")
def _fill_diagonal(a: Any, val: Any, wrap: bool = False) -> None:
    import numpy as np

    n = min(a.shape)
    places = np.arange(n)
    a[(places,) * a.ndim] = val


@numpy_function("put_along_axis")
def _put_along_axis(arr: Any, indices: Any, values: Any, axis: Any) -> None:
    import numpy as np

    index = np.asarray(indices)
    axis = _axis(axis, arr.ndim)
    grid = list(np.ogrid[tuple(slice(n) for n in index.shape)])
    grid[axis] = index
    arr[tuple(grid)] = values


@numpy_function("sort_in_place")
def _sort_in_place(a: Traced, axis: int = -1, kind: Any = None) -> None:
    import numpy as np

    a[...] = np.sort(a, axis)


__all__ = ["FUNCTIONS", "HALF", "Mixed", "call_function", "call_ufunc", "method", "stacked"]
