"""The stand-in for a number or an array, and the record that it writes: a graph, its values, and the decisions taken.

A :class:`Traced` speaks NumPy's protocols. It knows its value, so that ``if`` and ``while`` work: the condition goes
into the record as a guard. What would lose the derivative (``float(x)``, ``np.array([x])``) is refused, with the place
in the user's code.

``level`` says what a stand-in depends on: 0, on nothing that varies; 1, on arguments that are not differentiated: it
may be turned into a plain number, and the record then holds for that number only; 2, on differentiated ones; 3, on what
changes from turn to turn of a loop that stays a loop, so that nothing can be decided by it.
"""

from __future__ import annotations

import dis
import math
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from mibun import arrays, ops
from mibun.errors import MibunError, ShapeError, UnsupportedOperation
from mibun.node import Node, Shape
from mibun.ops import BOOL, INTEGER, NUMBER, REAL, SINGLE, const, make
from mibun.run import interpret
from mibun.trace import roots

if TYPE_CHECKING:
    from mibun.trace.indexing import Region, View

CONSTANT, INPUT, VARIABLE, TURN = 0, 1, 2, 3


class Mixed(BaseException):
    """A value of an outer differentiation turned up in an inner one that was taken to be independent of it.

    No ``Exception``: what the user's code catches is not meant by it.
    """


class Trace:
    """One run of a function: the values of all nodes so far, and the decisions on which the run depends.

    ``repeats`` says whether what came out can be made again from the values alone, ``over`` whether the run has ended.
    ``answers`` are values of foreign functions that are known without a call. ``turns`` are the symbols that stand for
    what changes from turn to turn of a loop, and may not come out of it; ``around`` those of loops under way.
    """

    __slots__ = ("_data", "_decided", "answers", "around", "guards", "inputs", "over", "repeats", "turns", "values")

    def __init__(self) -> None:
        self.values: dict[Node, Any] = {}
        self.guards: list[tuple[Node, Any]] = []
        self.inputs: list[Traced] = []
        self.repeats = True
        self.over = False
        self.answers: dict[Any, Any] = {}
        self.turns: set[Node] = set()
        self.around: set[Node] = set()
        self._decided: set[Node] = set()
        self._data: dict[int, tuple[Any, Node]] = {}

    def wrap(self, node: Node, level: int) -> Traced:
        """The stand-in for a node, whose value is worked out if need be."""
        values = self.values
        if node not in values:
            interpret.fill((node,), values)
        return Traced(self, node, values[node], level)

    def wrap_all(self, nodes: list[Node], level: int) -> list[Traced]:
        interpret.fill(nodes, self.values)
        return [Traced(self, node, self.values[node], level) for node in nodes]

    def guard(self, node: Node, value: Any) -> None:
        """Record that the run holds only where ``node`` has this value."""
        if node not in self._decided:
            self._decided.add(node)
            self.guards.append((node, decided(value)))

    @contextmanager
    def deciding(self) -> Iterator[list[tuple[Node, Any]]]:
        """Collect the decisions of a part of the run by themselves."""
        held = self.guards, self._decided
        own: list[tuple[Node, Any]] = []
        self.guards, self._decided = own, set()
        try:
            yield own
        finally:
            self.guards, self._decided = held

    @contextmanager
    def under_way(self) -> Iterator[None]:
        """The run itself: what NumPy is asked for within belongs to this record."""
        traces = running()
        traces.append(self)
        try:
            yield
        finally:
            traces.pop()
            self.over = True

    def own(self, value: Traced) -> None:
        """See that a stand-in belongs to this run. One of a run around it is :class:`Mixed`, others are refused."""
        if value.record is not self:
            if value.record.over or self.over:
                raise UnsupportedOperation("trace_leaked", **where())
            raise Mixed

    def data(self, array: Any) -> Node:
        """A constant array. One that was used before, and has not changed since, is the same node."""
        import numpy as np

        known = self._data.get(id(array))
        if known is not None and known[0] is array and np.array_equal(array, known[1].attrs.array, equal_nan=True):
            return known[1]
        node = constant(array)
        if array.size > ops.Data.SMALL:
            self._data[id(array)] = array, node
        self.values[node] = node.attrs.array[()]
        return node


def decided(value: Any) -> Any:
    """What a guard's value is compared by: the number itself, or the contents of an array."""
    if getattr(value, "shape", ()) == ():
        value = value.item() if hasattr(value, "item") else value
        # 0.0 is not -0.0 to every function, and NaN is itself.
        return str(value) if isinstance(value, float) and not abs(value) > 0 else value
    return value.shape, value.tobytes()


class _Running(threading.local):
    def __init__(self) -> None:
        self.traces: list[Trace] = []
        self.levels: list[int] = []


_running: Final = _Running()


def running() -> list[Trace]:
    """The traces under way in this thread, the innermost last."""
    return _running.traces


def levels() -> list[int]:
    """What the arguments of NumPy's functions under way in this thread depend on, the innermost last."""
    return _running.levels


def constant(array: Any) -> Node:
    """A copy of an array as a node, in one of the precisions that nodes have."""
    import numpy as np

    kind = array.dtype.kind
    if kind not in "biuf":
        raise UnsupportedOperation("trace_kind", **where(kind=array.dtype))
    dtype = np.dtype(
        {"b": bool, "i": np.int64, "u": np.int64}.get(kind) or (np.float32 if array.itemsize <= 4 else np.float64)
    )
    return ops.data(np.array(array, dtype=dtype))


def number(value: int | float) -> Node:
    """A number as it was written in the code: a float that is whole, or a half, is exact."""
    if type(value) is float and (value.is_integer() or value in (0.5, -0.5)) and (value or str(value)[0] != "-"):
        return const(int(value) if value.is_integer() else Fraction(value))
    return const(value)


def where(**more: Any) -> dict[str, Any]:
    """Facts for an error: file, line and piece of the user's code that is being run, and what else is known.

    They are given with ``**`` to the error; ``source`` and ``span`` underline the piece.
    """
    from mibun.read.place import INSTEAD, place

    found = place()
    if found is None:
        return {"file": "?", "line": 0, "callee": "", "instead": "", **more}
    return {
        "file": found.file,
        "line": found.line,
        "source": found.source,
        "span": found.span,
        "callee": found.callee or "",
        "name": found.callee or "",
        "instead": INSTEAD.get(found.target or "", "mb.custom"),
        **{name: fact for name, fact in more.items() if fact != ""},
    }


def ask(fn: Callable[..., Any], /, *args: Any, **named: Any) -> Any:
    """Call the user's function. Where NumPy or SciPy put an error of their own in front of ours, ours is raised."""
    try:
        return fn(*args, **named)
    except MibunError:
        raise
    except Exception as error:
        found = _behind(error)
        if found is None:
            raise
        raise found from None


def _behind(error: BaseException) -> MibunError | None:
    """Our error, if compiled code has put its own in front of it; what Python code raises is meant."""
    end = error.__traceback__
    while end is not None and end.tb_next is not None:
        end = end.tb_next
    if end is None or dis.opname[end.tb_frame.f_code.co_code[end.tb_lasti]] in ("RAISE_VARARGS", "RERAISE"):
        return None
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, MibunError):
        cause = cause.__cause__ or cause.__context__
    return cause


class Traced:
    """Stands for a number or an array while a function is traced. Looks like ``numpy.ndarray``, as far as it goes."""

    __slots__ = ("_level", "_log", "_node", "_seen", "_trace", "_value", "_view", "_writes")

    __array_priority__ = 1000.0

    def __init__(self, trace: Trace, node: Node, value: Any, level: int) -> None:
        self._trace = trace
        self._node = node
        self._value = value
        self._level = level
        self._writes: dict[Region, Node] | None = None  # not yet put in place
        self._log: list[Region | None] | None = None  # which parts were written to; None for anything
        self._view: View | None = None  # whose memory it would share in NumPy
        self._seen = 0  # of a view: how much of its owner's log it has seen

    # What it is

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        """What the user's code asks with ``isinstance``: an array, or one of NumPy's numbers, which floats are, too."""
        import numpy as np

        return np.ndarray if self._node.shape else self.dtype.type

    @property
    def node(self) -> Node:
        """The graph of the value."""
        if self._view is not None or self._writes is not None:
            from mibun.trace.indexing import refresh

            refresh(self)
        return self._node

    @property
    def value(self) -> Any:
        """The value itself, as far as this run goes."""
        self.node  # noqa: B018  # puts in place what was written
        return self._value

    @property
    def level(self) -> int:
        return self._level

    @property
    def record(self) -> Trace:
        """The record that it belongs to."""
        return self._trace

    @property
    def shape(self) -> Shape:
        return self._node.shape

    @property
    def ndim(self) -> int:
        return len(self._node.shape)

    @property
    def size(self) -> int:
        return math.prod(self._node.shape)

    @property
    def dtype(self) -> Any:
        import numpy as np

        return np.dtype(REAL if self._node.dtype is NUMBER else self._node.dtype)

    @property
    def itemsize(self) -> int:
        return int(self.dtype.itemsize)

    @property
    def nbytes(self) -> int:
        return self.size * self.itemsize

    def __len__(self) -> int:
        shape = self._node.shape
        if not shape:
            raise TypeError("len() of unsized object")
        return shape[0]

    def __iter__(self) -> Iterator[Traced]:
        if not self._node.shape:
            raise TypeError("iteration over a 0-d array")
        return (self[i] for i in range(self._node.shape[0]))

    def __contains__(self, value: Any) -> bool:
        import numpy as np

        return bool(np.any(self == value))

    def __repr__(self) -> str:
        if self._level == TURN:
            return f"Traced({self.dtype}{list(self.shape)})"
        return f"Traced({self._shown('')!r})"

    def __str__(self) -> str:
        return str(self._shown("{}"))

    def __format__(self, spec: str) -> str:
        return format(self._shown(f"{{:{spec}}}" if spec else "{}"), spec)

    def _shown(self, spec: str) -> Any:
        """The value for a text. What becomes of that cannot be known: the record then holds for this value only."""
        node = self.node
        if self._level == TURN:
            raise UnsupportedOperation("trace_format", **where(spec=spec))
        if self._level:
            self._trace.guard(node, self._value)
        return self._value

    def __copy__(self) -> Traced:
        return Traced(self._trace, self.node, self._value, self._level)

    def __deepcopy__(self, memo: object) -> Traced:
        return self.__copy__()

    def __reduce__(self) -> Any:
        raise UnsupportedOperation("trace_pickle", **where())

    def __hash__(self) -> int:
        raise UnsupportedOperation("trace_hash", **where())

    # Leaving the graph

    def _plain(self, key: str, name: str = "") -> Any:
        """The value as a plain number or array, if no derivative is lost by it; the record then holds for it only.

        ``key`` is the message if it would be lost, as long as the user's code does not tell a better one.
        """
        node = self.node
        if self._level >= VARIABLE and node.dtype not in (INTEGER, BOOL):
            reason = _reason(key)
            if reason == "trace_format":  # "%f" % x
                return self._shown("%")
            raise UnsupportedOperation(reason, **where(name=name))
        if self._level:
            self._hold(node, self._value)
        return self._value

    def _hold(self, node: Node, value: Any) -> None:
        if self._level == TURN:
            raise UnsupportedOperation("trace_branch_in_loop", **where())
        self._trace.guard(node, value)

    def __bool__(self) -> bool:
        import numpy as np

        node = self.node
        if np.size(self._value) != 1:
            raise ShapeError("trace_truth", **where(shape=self.shape))
        truth = bool(self._value)
        if self._level:
            if node.dtype is not BOOL:
                node = make("ne", node, number(0))
                self._trace.values[node] = truth
            self._hold(node, truth)
        return truth

    def __float__(self) -> float:
        return float(self._plain("trace_float"))

    def __int__(self) -> int:
        return int(self._plain("trace_int"))

    def __complex__(self) -> complex:
        return complex(self._plain("trace_complex"))

    def __index__(self) -> int:
        import operator

        node = self.node
        if node.dtype is not INTEGER:
            raise UnsupportedOperation("trace_index", **where())
        return operator.index(self._plain("trace_index").item())

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        import numpy as np

        return np.array(self._plain("trace_array"), dtype=dtype)

    def item(self, *args: Any) -> Any:
        chosen = self if not args else self[args[0] if len(args) == 1 else args]
        return chosen._plain("trace_item", "item").item()

    def tolist(self) -> Any:
        return self._plain("trace_item", "tolist").tolist()

    # NumPy's protocols

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        from mibun.trace import functions

        return functions.call_ufunc(ufunc, method, inputs, options)

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> Any:
        from mibun.trace import functions

        return functions.call_function(function, args, options)

    def __getattr__(self, name: str) -> Any:
        from mibun.trace import functions

        if name.startswith("_"):  # protocols that NumPy and others look for
            raise AttributeError(name)
        return functions.method(self, name)

    @property
    def mT(self) -> Traced:
        found: Any = self.swapaxes(-1, -2)
        return found  # type: ignore[no-any-return]

    @property
    def T(self) -> Traced:
        return self.transpose()  # type: ignore[no-any-return]

    @property
    def real(self) -> Traced:
        return self

    @property
    def flat(self) -> Traced:
        return self.ravel()  # type: ignore[no-any-return]

    def __getitem__(self, key: Any) -> Traced:
        from mibun.trace import indexing

        return indexing.get(self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        from mibun.trace import indexing

        indexing.put(self, key, value)

    # Python's operators

    def __neg__(self) -> Traced:
        return unary("neg", self)

    def __pos__(self) -> Traced:
        return self.__copy__()

    def __abs__(self) -> Traced:
        return unary("abs", self)

    def __invert__(self) -> Any:
        import numpy as np

        return np.invert(self)

    def __round__(self, digits: int | None = None) -> Any:
        import numpy as np

        return self._whole("rint") if digits is None else np.round(self, digits)

    def __floor__(self) -> int:
        return self._whole("floor")

    def __ceil__(self) -> int:
        return self._whole("ceil")

    def __trunc__(self) -> int:
        import numpy as np

        return self._whole("floor" if np.all(self.value >= 0) else "ceil")

    def _whole(self, op: str) -> int:
        """A whole number near by: a plain one, since its derivative is 0 wherever it has one."""
        found = unary(op, self)
        if found._level:
            self._hold(found._node, found._value)
        return int(found._value)


_BY_KIND: Final = {"store": "trace_store", "subscript": "trace_index"}
_BY_NAME: Final = {
    "take": "trace_index",
    **dict.fromkeys(["array", "asarray", "asanyarray", "ascontiguousarray", "fromiter"], "trace_array"),
    **dict.fromkeys(["float", "float64", "float32", "double", "single"], "trace_float"),
    **dict.fromkeys(["int", "int64", "int32", "int_"], "trace_int"),
    **dict.fromkeys(["complex", "complex128", "complex64"], "trace_complex"),
}


def _reason(key: str) -> str:
    """What it was that asked for a plain value: the message that fits best."""
    from mibun.read.place import place

    found = place()
    if found is None or key == "trace_item":
        return key
    if found.kind in _BY_KIND:
        return _BY_KIND[found.kind]
    if found.kind == "operator" and key in ("trace_float", "trace_int"):
        return "trace_format"
    target = found.target or found.callee or ""
    for package in ("math", "scipy"):
        if target.startswith(f"{package}."):
            return f"trace_{package}"
    return _BY_NAME.get(target.rpartition(".")[2], key)


def operand(value: Any, trace: Trace) -> tuple[Node, Any, int]:
    """Node, value and level of anything that may stand beside a stand-in."""
    kind = type(value)
    if kind is Traced:
        if value._trace is not trace:
            trace.own(value)
        node = value._node if value._writes is None and value._view is None else value.node
        return node, value._value, value._level
    if kind is float or kind is int:
        return number(value), value, CONSTANT
    import numpy as np

    if kind is np.float64 and value.ndim == 0:
        return number(float(value)), value, CONSTANT
    if kind is bool or kind is np.bool_:
        node = ops.data(np.array(value, dtype=bool))
        trace.values.setdefault(node, np.bool_(value))
        return node, value, CONSTANT
    if isinstance(value, list | tuple):
        found = stacked(value, trace)
        return operand(found, trace) if found is not None else operand(np.asarray(value), trace)
    if isinstance(value, int):
        return number(int(value)), value, CONSTANT
    if isinstance(value, Fraction):
        return const(value), float(value), CONSTANT
    if not isinstance(value, np.ndarray | np.generic):
        value = np.asarray(value)
    if np.ma.isMaskedArray(value):
        raise UnsupportedOperation("masked", name="?")
    node = trace.data(np.asarray(value))
    return node, node.attrs.array[()], CONSTANT


def operands(values: Sequence[Any], trace: Trace) -> tuple[list[Node], list[Any], int]:
    """Nodes, values and level of what an elementwise operation takes, in NumPy's precisions: a written float is a
    double beside whole numbers, even 2.0; NumPy's own double is one beside singles, too."""
    found = [operand(value, trace) for value in values]
    nodes = [node for node, _, _ in found]
    dtypes = {node.dtype for node in nodes}
    strong: dict[type, str] = {float: REAL} if dtypes <= {INTEGER, BOOL, NUMBER} else {}
    if strong or SINGLE in dtypes:
        import numpy as np

        strong[np.float64] = REAL
        nodes = [
            arrays.cast(node, strong.get(type(value), NUMBER)) if node.dtype is NUMBER else node
            for node, value in zip(nodes, values, strict=True)
        ]
    return nodes, [value for _, value, _ in found], max([level for _, _, level in found])


def stacked(values: Any, trace: Trace) -> Traced | None:
    """Nested lists with stand-ins in them as one; ``None`` if there are none in them."""
    if not _holds_traced(values):
        return None
    parts = []
    level = CONSTANT
    for value in values:
        inner = stacked(value, trace) if isinstance(value, list | tuple) else None
        node, _, mine = operand(value if inner is None else inner, trace)
        level = max(level, mine)
        parts.append(node)
    dtype = ops.promote(*[node.dtype for node in parts])
    dtype = REAL if dtype is NUMBER else dtype
    parts = [arrays.cast(node, dtype) for node in parts]
    if len({node.shape for node in parts}) != 1:
        raise ShapeError("ragged", name="list")
    return trace.wrap(arrays.stack(parts, 0), level)


def _holds_traced(values: Any) -> bool:
    return any(type(value) is Traced or (isinstance(value, list | tuple) and _holds_traced(value)) for value in values)


# Arithmetic, the hot path

_EXACT_WHOLE: Final = frozenset(["add", "sub", "mul", "mod", "min", "max"])


def _whole(node: Node, like: Node) -> Node:
    """A written whole number beside whole numbers is one of them, not a double."""
    if node.dtype is NUMBER and like.dtype in (INTEGER, BOOL) and node.op == "const" and type(node.attrs) is int:
        import numpy as np

        return ops.data(np.array(node.attrs, dtype=np.int64))
    return node


def elementwise(op: str, *nodes: Node) -> Node:
    """The node of an elementwise operation as NumPy means it, whole numbers and truth values included."""
    if len(nodes) == 2 and op in _EXACT_WHOLE:
        a, b = nodes
        if a is b and op == "mul" and (square := roots.squared(a)) is not None:
            return square
        nodes = (_whole(a, b), _whole(b, a))
        a, b = nodes
        if a.dtype is BOOL and b.dtype is BOOL and op in ("add", "mul"):
            return make("or" if op == "add" else "and", a, b)
        if a.dtype is BOOL or b.dtype is BOOL:
            whole = {a.dtype, b.dtype} <= {BOOL, INTEGER}
            nodes = tuple([arrays.cast(node, INTEGER) if node.dtype is BOOL and whole else node for node in nodes])
    elif op == "pow":
        return roots.power(*nodes)
    elif op == "sqrt":
        return roots.root(*nodes)
    elif len(nodes) == 1 and nodes[0].dtype is BOOL and op in ("neg", "abs", "sign"):
        nodes = (arrays.cast(nodes[0], INTEGER),)
    return make(op, *nodes)


def apply(op: str, trace: Trace, args: list[Any]) -> Traced:
    """An elementwise operation on stand-ins, numbers and arrays."""
    nodes, given, level = operands(args, trace)
    node = elementwise(op, *nodes)
    values = trace.values
    if node in values:
        return Traced(trace, node, values[node], level)
    for inner, value in zip(nodes, given, strict=True):
        if inner not in values and inner.op != "cast":
            values[inner] = value
    interpret.fill((node,), values)
    return Traced(trace, node, values[node], level)


def unary(op: str, x: Traced) -> Traced:
    return apply(op, x._trace, [x])


_FAST: Final[dict[str, Callable[..., Any]]] = {}


def _fast() -> dict[str, Callable[..., Any]]:
    if not _FAST:
        table = interpret.functions()
        _FAST.update({op: table[op] for op in ("add", "sub", "mul", "div")})
    return _FAST


def binary(op: str, a: Any, b: Any) -> Any:
    """An operation of two, one of which is a stand-in. Doubles beside doubles or plain floats go the short way."""
    x = a if type(a) is Traced else b
    trace = x._trace
    first, u, level = operand(a, trace)
    second, v, other = operand(b, trace)
    level = max(level, other)
    p, q = first.dtype, second.dtype
    function = None if first is second and first.op in roots.KINKED else _FAST.get(op)
    if function is not None and (p is REAL or q is REAL) and (p is REAL or p is NUMBER) and (q is REAL or q is NUMBER):
        node = make(op, first, second)
        values = trace.values
        if node in values:
            return Traced(trace, node, values[node], level)
        value = function(u, v)
        values[node] = value
        if first not in values:
            values[first] = u
        if second not in values:
            values[second] = v
        return Traced(trace, node, value, level)
    _fast()
    return apply(op, trace, [a, b])


def _operator(name: str, op: str) -> None:
    reflected = f"__r{name}__"

    def forward(self: Traced, other: Any) -> Any:
        return NotImplemented if _foreign(other, reflected) else binary(op, self, other)

    def backward(self: Traced, other: Any) -> Any:
        return NotImplemented if _foreign(other) else binary(op, other, self)

    setattr(Traced, f"__{name}__", forward)
    setattr(Traced, f"__r{name}__", backward)
    _in_place(name, lambda x, other: binary(op, x, other))


def _in_place(name: str, function: Callable[[Traced, Any], Any]) -> None:
    def change(self: Traced, other: Any) -> Any:
        if not self._node.shape:
            return NotImplemented  # a number is not changed, the name is bound anew
        from mibun.trace import indexing

        return indexing.change(self, function(self, other))

    setattr(Traced, f"__i{name}__", change)


_KNOWN: Final = frozenset([Traced, float, int, bool, list, tuple, Fraction])


def _foreign(other: Any, reflected: str = "") -> bool:
    """Whether another kind of object is to calculate with a stand-in itself. What cannot is refused."""
    kind = type(other)
    if kind in _KNOWN or hasattr(kind, "__array__"):
        return False
    if other is None or isinstance(other, str | bytes | dict | set):
        raise UnsupportedOperation("trace_operand", **where(kind=kind.__name__))
    return hasattr(kind, reflected) and kind.__module__ not in ("builtins", "decimal")


for _name, _op in {"add": "add", "sub": "sub", "mul": "mul", "truediv": "div", "pow": "pow", "mod": "mod"}.items():
    _operator(_name, _op)


def _by_numpy(name: str, function: str) -> None:
    def forward(self: Traced, other: Any) -> Any:
        import numpy as np

        return getattr(np, function)(self, other)

    def backward(self: Traced, other: Any) -> Any:
        import numpy as np

        return getattr(np, function)(other, self)

    setattr(Traced, f"__{name}__", forward)
    setattr(Traced, f"__r{name}__", backward)
    if name != "divmod":
        _in_place(name, forward)


_by_numpy("matmul", "matmul")
_by_numpy("floordiv", "floor_divide")
_by_numpy("divmod", "divmod")
_by_numpy("and", "bitwise_and")
_by_numpy("or", "bitwise_or")
_by_numpy("xor", "bitwise_xor")
_by_numpy("lshift", "left_shift")
_by_numpy("rshift", "right_shift")


def _comparison(name: str, op: str) -> None:
    def compare(self: Traced, other: Any) -> Any:
        if op in ("eq", "ne") and (other is None or isinstance(other, str | bytes | dict | set)):
            return NotImplemented  # it is never equal
        return NotImplemented if _foreign(other) else apply(op, self._trace, [self, other])

    setattr(Traced, f"__{name}__", compare)


for _name in ("lt", "le", "gt", "ge", "eq", "ne"):
    _comparison(_name, _name)


__all__ = [
    "CONSTANT",
    "INPUT",
    "SINGLE",
    "VARIABLE",
    "MibunError",
    "Mixed",
    "Trace",
    "Traced",
    "apply",
    "ask",
    "operand",
    "running",
]
