"""The closed list of operations, and the constructors that make nodes of them.

Every interpreter (NumPy, text, LaTeX, MathML, …) is complete over :data:`OPS`; a test asserts it. A constructor fills
in shape and dtype and never simplifies: ``add(x, const(0))`` is the sum of x and 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any, Final, NamedTuple

from mibun.errors import ShapeError, UnsupportedOperation
from mibun.node import TABLES, Node, Number, Shape, intern, key_of

REAL: Final = "float64"
SINGLE: Final = "float32"
INTEGER: Final = "int64"
BOOL: Final = "bool"
NUMBER: Final = "number"  # a written number: takes the precision of what it meets, as Python's numbers do in NumPy
TUPLE: Final = "tuple"  # several values, which ``item`` picks out


class Op(NamedTuple):
    """One operation.

    Of formulas: ``leaf`` (no arguments), ``elementwise`` (one value from one value of each argument, broadcasting),
    ``predicate`` (the same, with a truth value), ``abstract`` (a function known by name only), ``derivative``
    (a derivative not yet worked out). Of NumPy code besides: ``numeric`` (elementwise as well, but without a place in
    formulas), ``linear`` (in all its arguments together, but for indices), ``bilinear``, ``array`` (any other function
    of arrays), ``integer`` (whole numbers or truth values come out: there is nothing to differentiate), ``several``
    (a tuple comes out). ``arity`` counts the arguments; ``None`` for any number.
    """

    name: str
    arity: int | None
    kind: str = "elementwise"


def _list(kind: str, arity: int | None, names: str) -> list[Op]:
    return [Op(name, arity, kind) for name in names.split()]


FORMULA: Final[dict[str, Op]] = {
    op.name: op
    for op in [
        *_list("leaf", 0, "const symbol e pi"),
        *_list("elementwise", 2, "add sub mul div pow"),
        *_list("elementwise", 1, "neg sqrt exp ln"),
        *_list("elementwise", 2, "log"),  # log(x, a): the logarithm of x to base a
        *_list("elementwise", 1, "sin cos tan sec csc cot asin acos atan asec acsc acot"),
        *_list("elementwise", 1, "sinh cosh tanh sech csch coth asinh acosh atanh asech acsch acoth"),
        *_list("elementwise", 1, "abs sign floor ceil"),
        *_list("elementwise", 2, "min max"),
        *_list("elementwise", 3, "where"),  # where(condition, value if true, value if false)
        *_list("predicate", 2, "lt le gt ge eq ne and or"),
        *_list("predicate", 1, "not"),
        *_list("elementwise", 1, "sigmoid softplus relu erf gamma lgamma digamma"),
        *_list("elementwise", 2, "polygamma"),  # polygamma(n, x): the n-th derivative of digamma at x, n a number
        *_list("elementwise", 2, "atan2 hypot"),  # atan2(y, x)
        *_list("abstract", None, "apply"),  # attrs: (name, how often differentiated by each argument)
        *_list("derivative", 2, "derivative"),  # derivative(u, x): du/dx, not worked out
    ]
}
"""What formulas are made of."""

ARRAYS: Final[dict[str, Op]] = {
    op.name: op
    for op in [
        *_list("leaf", 0, "data"),  # attrs: a Data, an array of numbers
        *_list("numeric", 1, "log1p expm1 rint alias cast"),  # alias: the same value under another identity
        *_list("numeric", 2, "power logaddexp mod sinc"),  # sinc(n, x): the n-th derivative of sin(x)/x
        *_list("linear", 1, "reshape transpose broadcast sum slice embed cumsum"),
        *_list("linear", 2, "take scatter"),  # take(x, i): x[i] along the first axis; scatter(g, i): its transpose
        *_list("linear", None, "concat place"),  # place(x, u, …): x with u, … put into regions of it
        *_list("bilinear", 2, "contract"),  # einsum of two
        *_list("array", 1, "prod cumprod amax amin inv det adjugate logdet cholesky"),
        *_list("array", 2, "recurrence solve"),  # recurrence(a, b): y[i] = a[i] y[i-1] + b[i]
        *_list("array", 2, "adjugate_rate"),  # adjugate_rate(A, X): the derivative of the adjugate of A along X
        # Of a symmetric A with eigenvalues w and eigenvectors V: spectral(A, w, V, g) is V diag(g) Vᵀ, and
        # rayleigh(A, w, V, X) the diagonal of VᵀXV; both averaged over equal eigenvalues.
        *_list("array", 4, "spectral rayleigh"),
        *_list("integer", 1, "argmax argmin argsort nonzero"),
        *_list("integer", 2, "searchsorted"),
        *_list("several", 1, "eigh"),
        *_list("several", None, "scan while call"),
        *_list("array", 1, "item"),
    ]
}
"""What NumPy code is made of besides; :mod:`mibun.arrays` builds them and says what their attributes are."""

OPS: Final[dict[str, Op]] = FORMULA | ARRAYS


def make(op: str, *args: Node, attrs: Any = None) -> Node:
    """The node ``op(*args)``. ``ShapeError`` if the arguments do not fit together."""
    key = args if attrs is None else (args, attrs)
    entry = TABLES[op].get(key)
    if entry is not None:
        node = entry()
        if node is not None:
            return node
    row = OPS[op]
    if row.arity is not None and len(args) != row.arity:
        raise ShapeError("arity", name=op, wanted=row.arity, given=len(args))
    if row.kind in _BROADCASTING:
        shape: Shape = ()
        dtype = NUMBER
        for arg in args:
            if arg.shape or (arg.dtype is not REAL and arg.dtype is not NUMBER):
                shape = broadcast(*[a.shape for a in args])
                dtype = promote(*[a.dtype for a in args[op == "where" :]])
                if dtype in (BOOL, INTEGER) and op not in (_KEEP_TRUTH if dtype is BOOL else _KEEP_WHOLE):
                    dtype = REAL
                if shape and dtype is NUMBER:
                    dtype = REAL
                break
            if arg.dtype is REAL:
                dtype = REAL
        if row.kind == "predicate":
            dtype = BOOL
        elif op == "cast":
            dtype = attrs
    else:
        shape, dtype = SHAPES[op](args, attrs)
    return intern(key, op, args, attrs, shape, dtype)


_BROADCASTING: Final = frozenset(["leaf", "elementwise", "numeric", "predicate", "abstract", "derivative"])
_KEEP_TRUTH: Final = frozenset(["min", "max", "where", "alias"])
_KEEP_WHOLE: Final = _KEEP_TRUTH | {"add", "sub", "mul", "neg", "abs", "sign", "mod"}


def promote(*dtypes: str) -> str:
    """The precision of a result, by NumPy's rule: written numbers adapt, whole numbers beside singles give doubles."""
    found = {dtype for dtype in dtypes if dtype is not NUMBER}
    if len(found) <= 1:
        dtype = found.pop() if found else NUMBER
        return REAL if dtype in (BOOL, INTEGER) and NUMBER in dtypes else dtype
    if REAL in found or found >= {SINGLE, INTEGER}:
        return REAL
    return SINGLE if SINGLE in found else INTEGER


def broadcast(*shapes: Shape) -> Shape:
    """The common shape, by NumPy's rule."""
    sizes = [1] * max(len(shape) for shape in shapes)
    for shape in shapes:
        for i, n in enumerate(reversed(shape), 1):
            if n != 1 and sizes[-i] not in (1, n):
                raise ShapeError("broadcast", shapes=", ".join(map(str, shapes)))
            if n != 1:  # -1 among others: a length that is known when the loop is over
                sizes[-i] = n
    return tuple(sizes)


Rule = Callable[[tuple[Node, ...], Any], tuple[Shape, str]]
"""Shape and precision of a result, from the arguments and the attributes."""


def _moved(args: tuple[Node, ...], shape: Shape) -> tuple[Shape, str]:
    dtype = promote(*[arg.dtype for arg in args])
    return shape, REAL if dtype is NUMBER else dtype


def _reduced(args: tuple[Node, ...], axes: tuple[int, ...]) -> tuple[Shape, str]:
    return tuple([n for axis, n in enumerate(args[0].shape) if axis not in axes]), args[0].dtype


def _summed(args: tuple[Node, ...], axes: tuple[int, ...]) -> tuple[Shape, str]:
    shape, dtype = _reduced(args, axes)
    return shape, INTEGER if dtype is BOOL else dtype


def _contracted(args: tuple[Node, ...], spec: tuple[str, str, str]) -> tuple[Shape, str]:
    first, second, out = spec
    sizes = dict(zip(first + second, args[0].shape + args[1].shape, strict=True))
    for letters, arg in ((first, args[0]), (second, args[1])):
        for letter, n in zip(letters, arg.shape, strict=True):
            if n != sizes[letter]:
                raise ShapeError("broadcast", shapes=", ".join(str(a.shape) for a in args))
    return tuple([sizes[letter] for letter in out]), promote(args[0].dtype, args[1].dtype)


def _joined(args: tuple[Node, ...], axis: int) -> tuple[Shape, str]:
    shape = list(args[0].shape)
    shape[axis] = sum([arg.shape[axis] for arg in args])
    return tuple(shape), promote(*[arg.dtype for arg in args])


def _square(args: tuple[Node, ...], attrs: Any) -> tuple[Shape, str]:
    shape = args[0].shape
    if len(shape) < 2 or shape[-1] != shape[-2]:
        raise ShapeError("square", shape=shape)
    return shape, args[0].dtype


def _solved(args: tuple[Node, ...], attrs: Any) -> tuple[Shape, str]:
    a, b = args
    _square((a,), None)
    if len(b.shape) < 2 or b.shape[-2] != a.shape[-1]:
        raise ShapeError("broadcast", shapes=f"{a.shape}, {b.shape}")
    return broadcast(a.shape[:-2], b.shape[:-2]) + b.shape[-2:], promote(a.dtype, b.dtype)


def _matrices(shape: Shape, lead: Shape, args: tuple[Node, ...]) -> tuple[Shape, str]:
    return broadcast(shape[:-2], lead) + shape[-2:], promote(*[arg.dtype for arg in args])


def _rayleigh(args: tuple[Node, ...]) -> tuple[Shape, str]:
    shape, dtype = _matrices(args[0].shape, args[3].shape[:-2], args)
    return shape[:-1], dtype


def _several(args: tuple[Node, ...], attrs: Any) -> tuple[Shape, str]:
    return (), TUPLE


def _one_of_several(args: tuple[Node, ...], index: int) -> tuple[Shape, str]:
    of = args[0]
    if of.op == "eigh":
        shape = of.args[0].shape
        return (shape if index else shape[:-1]), of.args[0].dtype
    shape, dtype = of.attrs.result(index)
    return shape, dtype


SHAPES: Final[dict[str, Rule]] = {
    "reshape": _moved,
    "transpose": lambda args, axes: _moved(args, tuple([args[0].shape[axis] for axis in axes])),
    "broadcast": _moved,
    "sum": _summed,
    "slice": lambda args, slices: _moved(args, tuple([count for _, count, _ in slices])),
    "embed": lambda args, attrs: _moved(args, attrs[0]),
    "cumsum": lambda args, attrs: (args[0].shape, INTEGER if args[0].dtype is BOOL else args[0].dtype),
    "take": lambda args, _: (args[1].shape + args[0].shape[1:], args[0].dtype),
    "scatter": lambda args, attrs: ((attrs[0], *args[0].shape[len(args[1].shape) :]), args[0].dtype),
    "concat": _joined,
    "place": lambda args, _: (args[0].shape, promote(*[arg.dtype for arg in args])),
    "contract": _contracted,
    "prod": _summed,
    "cumprod": lambda args, _: (args[0].shape, args[0].dtype),
    "amax": _reduced,
    "amin": _reduced,
    "inv": _square,
    "det": lambda args, attrs: (_square(args, attrs)[0][:-2], args[0].dtype),
    "adjugate": _square,
    "adjugate_rate": lambda args, _: _matrices(args[0].shape, args[1].shape[:-2], args),
    "rayleigh": lambda args, _: _rayleigh(args),
    "spectral": lambda args, _: _matrices(args[0].shape, args[3].shape[:-1], args),
    "logdet": lambda args, attrs: (_square(args, attrs)[0][:-2], args[0].dtype),
    "cholesky": _square,
    "recurrence": lambda args, _: (args[1].shape, promote(args[0].dtype, args[1].dtype)),
    "solve": _solved,
    "argmax": lambda args, axis: (_reduced(args, (axis,))[0], INTEGER),
    "argmin": lambda args, axis: (_reduced(args, (axis,))[0], INTEGER),
    "argsort": lambda args, _: (args[0].shape, INTEGER),
    "nonzero": lambda _, count: ((count,), INTEGER),
    "searchsorted": lambda args, _: (args[1].shape, INTEGER),
    "eigh": lambda args, attrs: _several((_square(args, attrs) and args[0],), attrs),
    "scan": _several,
    "while": _several,
    "call": _several,
    "item": _one_of_several,
}


class Data:
    """An array of numbers as a leaf of the graph: read-only, equal to another by its contents if it is small."""

    __slots__ = ("_key", "array")

    SMALL: Final = 64  # entries; a larger array is equal to itself only, since comparing would cost

    def __init__(self, array: Any) -> None:
        array.flags.writeable = False
        self.array = array
        small = math.prod(array.shape) <= self.SMALL
        self._key: object = (array.dtype.str, array.shape, array.tobytes()) if small else id(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Data) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    def __repr__(self) -> str:
        return f"Data({self.array.dtype}{[*self.array.shape]})"

    def __reduce__(self) -> Any:
        return _data, (self.array,)


def _data(array: Any) -> Data:
    return Data(array.copy())


def data(array: Any) -> Node:
    """An array of numbers. It is kept, not copied, and can not be written to any more."""
    import numpy as np

    array = np.asarray(array)
    dtype = {"b": BOOL, "i": INTEGER, "u": INTEGER}.get(array.dtype.kind) or (SINGLE if array.itemsize <= 4 else REAL)
    wrapped = Data(array)
    return intern(((), wrapped), "data", (), wrapped, array.shape, dtype)


_CONSTANTS: Final = TABLES["const"]


def const(value: Number) -> Node:
    """A number. ``Fraction`` with denominator 1 is the ``int``; floats stay floats."""
    if type(value) is int:
        entry = _CONSTANTS.get(value)
        return (entry and entry()) or intern(value, "const", (), value, (), NUMBER)
    if type(value) is Fraction:
        if value.denominator == 1:
            value = value.numerator
    elif type(value) is not float:
        value = _number(value)
    return intern(key_of("const", (), value, (), NUMBER), "const", (), value, (), NUMBER)


def _number(value: object) -> Number:
    if isinstance(value, int):  # bool and subclasses included
        return int(value)
    if isinstance(value, Fraction):
        return Fraction(value.numerator, value.denominator)
    if isinstance(value, float):
        return float(value)
    raise UnsupportedOperation("not_a_number", value=repr(value))


def symbol(name: str, shape: Shape = (), dtype: str = REAL) -> Node:
    """A variable."""
    return intern(key_of("symbol", (), name, shape, dtype), "symbol", (), name, shape, dtype)


def apply(name: str, *args: Node, orders: tuple[int, ...] | None = None) -> Node:
    """An abstract function's value, f(x). ``orders`` counts its derivatives by each argument: ``(1,)`` for f'(x)."""
    attrs = (name, orders or (0,) * len(args))
    return intern((args, attrs), "apply", args, attrs, broadcast((), *[a.shape for a in args]), REAL)


def derivative(node: Node, variable: Node) -> Node:
    """du/dx, not worked out."""
    return make("derivative", node, variable)


ZERO: Final = const(0)
ONE: Final = const(1)
MINUS_ONE: Final = const(-1)
TWO: Final = const(2)
HALF: Final = const(Fraction(1, 2))
E: Final = intern((), "e", (), None, (), NUMBER)
PI: Final = intern((), "pi", (), None, (), NUMBER)


def is_exact(node: Node) -> bool:
    """Whether the node is a written exact number."""
    return node.op == "const" and type(node.attrs) is not float
