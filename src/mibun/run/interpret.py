"""The value of a graph, by NumPy in double precision: slow, obvious, and the truth that faster routes are held to.

A value outside a function's domain is NaN, a pole is an infinity; nothing warns. What a function means is decided
here and in :mod:`mibun.run.exact`, for all real numbers: x^(1/3) is the real cube root of a negative x, too, if the
exponent is a constant; acot(x) = atan(1/x) with acot(0) = π/2; lgamma is ln |Γ|; 0⁰ = 1; min and max pass NaN on;
``where`` takes one branch, whatever the other is.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import cache, lru_cache, partial
from typing import Any, Final
from weakref import WeakKeyDictionary

from mibun.errors import MibunError, ShapeError, UnsupportedOperation
from mibun.loops import Body
from mibun.node import Node, growing, postorder, symbols
from mibun.ops import BOOL, NUMBER, OPS, REAL, symbol
from mibun.run.analytic import has_root_of_negative, real_value
from mibun.run.arrays import FUNCTIONS, adding
from mibun.run.exact import exact_values
from mibun.run.special import SPECIAL, sinc

Program = Callable[..., tuple[Any, ...]]
Programs = dict[tuple[str, ...], Program]  # by the names of the values that they take


def _float(value: int | Fraction | float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


CONSTANTS: Final[dict[str, Callable[[Any], float]]] = {"const": _float, "e": lambda _: math.e, "pi": lambda _: math.pi}
REFUSED: Final = {"apply": "abstract_value", "derivative": "derivative_value"}  # the message of each


@cache
def functions() -> dict[str, Callable[..., Any]]:
    """What each operation does to floats and arrays of floats."""
    import numpy as np

    def beyond_one(x: Any) -> Any:
        """√(x² - 1) for |x| ≥ 1, where x² may overflow, NaN below."""
        return np.sqrt(np.abs(x) - 1) * np.sqrt(np.abs(x) + 1)

    def asech(x: Any) -> Any:  # acosh(1/x) would lose the digits near 1
        return np.arcsinh(np.sqrt((1 - x) / x) * np.sqrt((1 + x) / x))

    def sigmoid(x: Any) -> Any:
        small = np.exp(-np.abs(x))
        return np.where(np.less(x, 0), small, 1.0) / (1 + small)

    def loop(function: Callable[..., float], *values: Any) -> Any:
        return np.vectorize(function, otypes=[float])(*values)

    special = {name: partial(loop, function) for name, function in SPECIAL.items()}  # functions of one float each
    return {
        "add": np.add,
        "sub": np.subtract,
        "mul": np.multiply,
        "div": np.divide,
        "neg": np.negative,
        "pow": np.power,
        "sqrt": np.sqrt,
        "exp": np.exp,
        "ln": np.log,
        "log": lambda x, a: np.log(x) / np.log(a),
        "sin": np.sin,
        "cos": np.cos,
        "tan": np.tan,
        "sec": lambda x: 1 / np.cos(x),
        "csc": lambda x: 1 / np.sin(x),
        "cot": lambda x: 1 / np.tan(x),
        "asin": np.arcsin,
        "acos": np.arccos,
        "atan": np.arctan,
        "asec": lambda x: np.arctan2(beyond_one(x), np.sign(x)),
        "acsc": lambda x: np.arctan2(np.sign(x), beyond_one(x)),
        "acot": lambda x: np.arctan(1 / (x + 0.0)),  # -0.0 + 0.0 is 0.0
        "sinh": np.sinh,
        "cosh": np.cosh,
        "tanh": np.tanh,
        "sech": lambda x: 1 / np.cosh(x),
        "csch": lambda x: 1 / np.sinh(x),
        "coth": lambda x: 1 / np.tanh(x),
        "asinh": np.arcsinh,
        "acosh": np.arccosh,
        "atanh": np.arctanh,
        "asech": asech,
        "acsch": lambda x: np.arcsinh(1 / x),
        "acoth": lambda x: np.copysign(np.log1p(2 / (np.abs(x) - 1)) / 2, x),
        "abs": np.abs,
        "sign": np.sign,
        "floor": np.floor,
        "ceil": np.ceil,
        "min": np.minimum,
        "max": np.maximum,
        "where": np.where,
        "lt": np.less,
        "le": np.less_equal,
        "gt": np.greater,
        "ge": np.greater_equal,
        "eq": np.equal,
        "ne": np.not_equal,
        "and": np.logical_and,
        "or": np.logical_or,
        "not": np.logical_not,
        "sigmoid": sigmoid,
        "softplus": partial(np.logaddexp, 0.0),
        "relu": partial(np.maximum, 0.0),
        "atan2": np.arctan2,
        "hypot": np.hypot,
        "log1p": np.log1p,
        "expm1": np.expm1,
        "rint": np.rint,
        "power": np.power,
        "logaddexp": np.logaddexp,
        "mod": np.mod,
        "sinc": sinc,
        "alias": np.positive,
        **special,
    }


@cache
def scalar_functions() -> dict[str, Callable[..., Any]]:
    """The same for doubles without axes, where a ufunc would take ten times as long. Arrays are welcome, too."""
    import numpy as np

    def divide(x: Any, y: Any) -> Any:
        try:
            return x / y
        except ZeroDivisionError:  # both are Python's own
            return np.divide(x, y)

    def choose(condition: Any, x: Any, y: Any) -> Any:
        if type(condition) is np.bool_:
            return np.float64(x if condition else y)
        return np.where(condition, x, y)

    return {
        "add": operator.add,
        "sub": operator.sub,
        "mul": operator.mul,
        "div": divide,
        "neg": operator.neg,
        "lt": operator.lt,
        "le": operator.le,
        "gt": operator.gt,
        "ge": operator.ge,
        "eq": operator.eq,
        "ne": operator.ne,
        "where": choose,
    }


class Plan:
    """The order of work for some nodes, whose values stand in one growing list: inputs first, then what follows.

    :meth:`extend` plans further nodes upon those that are there, so that a part of the work can be done, looked at, and
    carried on. ``UnsupportedOperation`` for a graph that has no value: f(x) of an abstract f, or a derivative not
    worked out.
    """

    __slots__ = ("_fixed", "slots")

    def __init__(self, inputs: Sequence[Node]) -> None:
        self.slots = {node: i for i, node in enumerate(inputs)}
        self._fixed: dict[Node, Any] = {}  # values of nodes that depend on no input

    @property
    def length(self) -> int:
        """How many values there are so far."""
        return max(self.slots.values(), default=-1) + 1

    def extend(self, nodes: Sequence[Node], last: bool = False) -> Segment:
        """What to do for ``nodes``. With ``last``, what nothing needs any more is dropped, or written over."""
        import numpy as np

        slots, fixed = self.slots, self._fixed
        with growing(), np.errstate(all="ignore"):
            order = _missing(nodes, slots)
            start = self.length
            exponents = _exponents(order)
            constants: list[Any] = []
            moving: list[Node] = []
            for node in order:
                if node.op in REFUSED:
                    raise UnsupportedOperation(REFUSED[node.op], name=node.attrs[0] if node.attrs else "")
                if node.op == "symbol":
                    raise ShapeError("missing_values", missing=node.attrs, variables=", ".join(map(_name, slots)))
                for arg in node.args:
                    if arg not in fixed:
                        moving.append(node)
                        break
                else:
                    if node.op == "call":
                        moving.append(node)
                        continue
                    fixed[node] = value = _constant(node, fixed, exponents)
                    if type(value) is np.ndarray:
                        value.flags.writeable = False  # it is kept: whoever gets it takes a copy
                    slots[node] = start + len(constants)
                    constants.append(value)
            gathered = _gathered(moving, _uses(moving, nodes)) if last else {}
            replaced = {zeros for _, zeros in gathered.values()}
            place = start + len(constants)
            steps: list[Step] = []
            made: list[Node] = []
            for node in moving:
                if node.op == "alias":
                    slots[node] = slots[node.args[0]]
                    continue
                if node in replaced:
                    continue
                if node in gathered:
                    whole, zeros = gathered[node]
                    steps.append((adding(zeros), (slots[whole], slots[zeros.args[0]]), ()))
                else:
                    function, args = line(node, exponents)
                    steps.append((function, tuple([slots[arg] for arg in args]), ()))
                made.append(node)
                slots[node] = place
                place += 1
            results = [slots[node] for node in nodes]
            if last:
                steps = _dropping(steps, made, place - len(steps), results)
        return Segment(constants, steps, results)


Step = tuple[Callable[..., Any], tuple[int, ...], tuple[int, ...]]


class Segment:
    """A part of the work: constants to begin with, steps (function, where its arguments stand, what goes afterwards),
    and where the results stand. ``run(memory)`` does it and returns the results."""

    __slots__ = ("constants", "results", "steps")

    def __init__(self, constants: list[Any], steps: list[Step], results: list[int]) -> None:
        self.constants = constants
        self.steps = steps
        self.results = results

    def run(self, memory: list[Any]) -> tuple[Any, ...]:
        """Append what is worked out to ``memory``. Warnings of NumPy are the caller's to silence."""
        memory += self.constants
        append = memory.append
        for function, sources, spent in self.steps:
            count = len(sources)
            if count == 2:
                append(function(memory[sources[0]], memory[sources[1]]))
            elif count == 1:
                append(function(memory[sources[0]]))
            elif count == 3:
                append(function(memory[sources[0]], memory[sources[1]], memory[sources[2]]))
            else:
                append(function(*[memory[i] for i in sources]))
            for i in spent:  # an array that nothing needs any more
                memory[i] = None
        return tuple([memory[i] for i in self.results])


def _missing(nodes: Sequence[Node], known: Mapping[Node, Any]) -> list[Node]:
    """What has no value yet below ``nodes``, as it was made: arguments first."""
    found: set[Node] = set()
    stack = list(nodes)
    while stack:
        node = stack.pop()
        if node not in found and node not in known:
            found.add(node)
            stack += node.args
    return sorted(found, key=_serial)


_serial: Final = operator.attrgetter("serial")


def _name(node: Node) -> str:
    return str(node.attrs)


def _exponents(order: Sequence[Node]) -> dict[Node, Any]:
    wanted = [node.args[1] for node in order if node.op in _CONSTANT_SECOND]
    return exact_values(postorder(*wanted) if any(node.args for node in wanted) else wanted, {})


def _constant(node: Node, fixed: Mapping[Node, Any], exponents: Mapping[Node, Any]) -> Any:
    import numpy as np

    if node.op == "data":
        return node.attrs.array[()]
    if not node.args:
        return CONSTANTS[node.op](node.attrs)
    function, args = line(node, exponents)
    values = [fixed[arg] for arg in args]
    if node.dtype is NUMBER:  # Python's own numbers raise errors where there is an infinity
        values = [np.float64(value) for value in values]
    value = function(*values)
    return float(value) if node.dtype is NUMBER else value


def _uses(order: Sequence[Node], results: Sequence[Node]) -> dict[Node, int]:
    """How often each value is needed: by others, and as a result."""
    uses = dict.fromkeys(results, 1)
    for node in order:
        for arg in node.args:
            uses[arg] = uses.get(arg, 0) + 1
    return uses


def _gathered(order: Sequence[Node], uses: Mapping[Node, int]) -> dict[Node, tuple[Node, Node]]:
    """Sums of an array that nothing else needs and of zeros with a part put in: the array and the zeros of each.

    The part is added where the array stands: a gradient is gathered from the parts of an array in time for the parts,
    not for the whole array each time.
    """
    found: dict[Node, tuple[Node, Node]] = {}
    if not any(node.op == "embed" for node in order):
        return found
    own = set(order)
    for node in order:
        if node.op == "add":
            for whole, zeros in (node.args, node.args[::-1]):
                if (
                    zeros.op == "embed"
                    and uses[zeros] == uses[whole] == 1
                    and zeros in own
                    and whole in own
                    and _fits(whole, node)
                    and _fits(zeros, node)
                ):
                    found[node] = whole, zeros
                    break
    return found


def _dropping(steps: list[Step], nodes: list[Node], start: int, results: list[int]) -> list[Step]:
    """The steps, which make ``nodes`` from the place ``start`` on, with what each of them needs as the last.

    A ufunc writes over such an argument if its value fits there, which saves a walk through fresh memory; an argument
    that another value may be a part of is left alone.
    """
    import numpy as np

    shared: set[int] = set()
    for (_, sources, _), node in zip(steps, nodes, strict=True):
        if node.op in _SHARING:
            shared.update(sources)
    needed = set(results)
    found: list[Step] = []
    for (function, sources, _), node in zip(reversed(steps), reversed(nodes), strict=True):
        spent: tuple[int, ...] = ()
        over: tuple[int, ...] = ()
        for source in sources:
            if source in needed:
                continue
            needed.add(source)
            spent += (source,)
            if source >= start and source not in shared and node.shape and _fits(nodes[source - start], node):
                over = (source,)
        if over and type(function) is np.ufunc and node.op not in _TWO_ONLY:
            sources += over  # noqa: PLW2901
        found.append((function, sources, spent))
    found.reverse()
    return found


_FRESH: Final = frozenset(
    ["cast", "sum", "embed", "scatter", "concat", "place", "contract", "prod", "amax", "amin", "inv", "solve"]
)
_NUMERIC: Final = frozenset(["elementwise", "numeric", "predicate"])
_SHARING: Final = frozenset(
    op for op, row in OPS.items() if op == "alias" or (row.kind not in _NUMERIC and op not in _FRESH)
)
"""Operations whose values may be a part of an argument's memory."""
_TWO_ONLY: Final = ("max", "min")  # np.maximum and np.minimum take no third argument by position any more


def _fits(old: Node, new: Node) -> bool:
    """Whether a value may be written over another, which has memory of its own."""
    return old.shape == new.shape and old.dtype is new.dtype and min(new.shape) >= 0 and old.op not in _SHARING


def program(nodes: Sequence[Node], names: Sequence[str]) -> Program:
    """A callable that takes the values of ``names``, floats or arrays that broadcast, and returns those of ``nodes``.

    The graph is walked once, here. ``UnsupportedOperation`` for a graph that has no value: f(x) of an abstract f, or a
    derivative not worked out.
    """
    import numpy as np

    try:
        segment = Plan([symbol(name) for name in names]).extend(nodes, last=True)
    except MibunError:
        missing = [name for name in symbols(*nodes) if name not in names]
        if missing:
            raise ShapeError("missing_values", missing=", ".join(missing), variables=", ".join(names)) from None
        raise

    def run(*values: Any) -> tuple[Any, ...]:
        with np.errstate(all="ignore"):
            return segment.run([*values])

    return run


def body_program(body: Body) -> Program:
    """The body of a loop as a callable; made once for each body."""
    found = _bodies.get(body)
    if found is None:
        segment = Plan(body.inputs).extend(body.outputs, last=True)
        if len(_bodies) > BODIES:
            _bodies.clear()

        def found(*values: Any) -> tuple[Any, ...]:
            return segment.run([*values])

        _bodies[body] = found
    return found


BODIES: Final = 256  # programs of loops that are kept
_bodies: Final[dict[Body, Program]] = {}


def fill(nodes: Sequence[Node], values: dict[Node, Any]) -> None:
    """Put the values of ``nodes`` into ``values``, from those that are there. Warnings are the caller's to silence."""
    for node in nodes if _ready(nodes, values) else _missing(nodes, values):
        values[node] = evaluate(node, values)


def finish(nodes: Sequence[Node], values: dict[Node, Any]) -> tuple[Any, ...]:
    """The values of ``nodes``, from those that are there. These are used up: what nothing needs any more is dropped."""
    with growing():
        order = _missing(nodes, values)
        uses = _uses(order, nodes)
        gathered = _gathered(order, uses)
        replaced = {zeros for _, zeros in gathered.values()}
        left = {node: value for node, value in values.items() if node in uses}
        values.clear()
        for node in order:
            args = node.args
            if node in replaced:
                continue
            if node in gathered:
                whole, zeros = gathered[node]
                args = (whole, *zeros.args)
                left[node] = adding(zeros)(left[whole], left[zeros.args[0]])
            else:
                left[node] = evaluate(node, left)
            for arg in args:
                uses[arg] -= 1
                if not uses[arg]:
                    del left[arg]
    return tuple([left[node] for node in nodes])


def _ready(nodes: Sequence[Node], values: Mapping[Node, Any]) -> bool:
    """Whether there is one node to work out, and all that it needs is known: the usual case in a trace."""
    if len(nodes) != 1:
        return False
    for arg in nodes[0].args:
        if arg not in values:
            return False
    return nodes[0] not in values


def evaluate(node: Node, values: Mapping[Node, Any]) -> Any:
    """The value of one node from those of its arguments."""
    op, args = node.op, node.args
    if not args:
        return node.attrs.array[()] if op == "data" else CONSTANTS[op](node.attrs)
    if op == "alias":
        return values[args[0]]
    function, args = line(node, _exponents((node,)) if op in _CONSTANT_SECOND else {})
    return function(*[values[arg] for arg in args])


_CONSTANT_SECOND: Final = ("pow", "log")


def line(node: Node, exponents: Mapping[Node, Any]) -> tuple[Callable[..., Any], tuple[Node, ...]]:
    """The function for a node, and the arguments that it still needs."""
    op, args = node.op, node.args
    made = FUNCTIONS.get(op)
    if made is not None:
        return made(node), args
    function = functions()[op]
    if op in _CONSTANT_SECOND and (second := exponents[args[1]]) is not None:
        if op == "pow":
            return _power(second), args[:1]
        if second in (2, 10):
            return _logarithm(second), args[:1]
    if args and args[-1].dtype is BOOL and op not in _TRUTHS and all(arg.dtype is BOOL for arg in args):
        return lambda *values: function(*[value * 1.0 for value in values]), args  # NumPy would add truths by "or"
    if not node.shape and (node.dtype is REAL or op in _PREDICATES):
        return scalar_functions().get(op, function), args
    return function, args


_PREDICATES: Final = frozenset(op for op, row in OPS.items() if row.kind == "predicate")
_TRUTHS: Final = _PREDICATES | {"where", "alias", "min", "max"}


def _logarithm(base: int) -> Any:
    import numpy as np

    return np.log2 if base == 2 else np.log10


@lru_cache(maxsize=256)
def _power(exponent: int | Fraction) -> Callable[[Any], Any]:
    """The power with a constant rational exponent: real for negative numbers, too, if its denominator is odd."""
    import numpy as np

    exponent = Fraction(exponent)
    n = _float(exponent)
    if exponent == Fraction(1, 2):
        return np.sqrt
    if exponent == 2:
        return np.square
    if exponent == -1:
        return np.reciprocal
    if exponent.denominator % 2 == 0:
        return lambda x: np.power(np.where(np.less(x, 0), np.nan, x), n)
    if exponent.denominator == 3 and exponent.numerator.bit_length() < 4:
        return lambda x: np.power(np.cbrt(x), float(exponent.numerator))
    if exponent.numerator % 2:
        return lambda x: np.copysign(np.power(np.abs(x), n), x)
    return lambda x: np.power(np.abs(x), n)


# What a user calls

_programs: Final[WeakKeyDictionary[Node, tuple[tuple[str, ...], Program]]] = WeakKeyDictionary()


def call(node: Node, values: Mapping[str, Any], continued: bool = False) -> Any:
    """The value of ``node`` for the given values of its variables.

    - All of them ``int`` or ``Fraction``: an ``int`` or a ``Fraction`` where there is an exact value, else a float.
    - Numbers, a float (or a NumPy number) among them: a float.
    - An array or a list among them: an array of float64, of the common shape of all values, also if ``node`` does not
      depend on the arrays. Scalars and arrays mix; an array without axes counts as a number.
    - A comparison gives ``bool`` instead of float.

    ``continued`` asks :mod:`mibun.run.analytic` where real arithmetic has no value: for a derivative, whose formula may
    hold parts that are not real.

    Outside the domain the float is NaN, at a pole an infinity. ``ShapeError`` if a value is missing or shapes do not
    broadcast, ``UnsupportedOperation`` for values that are no real numbers and for graphs without a value.

    >>> from mibun.ops import const, make, symbol
    >>> call(make("div", symbol("x"), const(4)), {"x": 6})
    Fraction(3, 2)
    >>> call(make("div", symbol("x"), const(4)), {"x": [6, 6.5]})
    array([1.5  , 1.625])
    """
    return call_all((node,), values, continued)[0]


def call_all(
    nodes: Sequence[Node],
    values: Mapping[str, Any],
    continued: bool | Sequence[bool] = False,
    programs: Programs | None = None,
) -> list[Any]:
    """:func:`call` of several nodes, in one pass over what they share.

    ``continued`` may differ from node to node. ``programs`` keeps the work of a call for the next one of these nodes.
    """
    given = {name: _real(name, value) for name, value in values.items()}
    results: list[Any] = [None] * len(nodes)
    if all(isinstance(value, int | Fraction) for value in given.values()):
        found = exact_values(postorder(*nodes), given)
        results = [found[node] for node in nodes]
    if None in results:
        flags = [continued] * len(nodes) if isinstance(continued, bool) else continued
        floats = _floats(nodes, given, flags, programs)
        results = [value if exact is None else exact for value, exact in zip(floats, results, strict=True)]
    return results


def _program(nodes: Sequence[Node], names: tuple[str, ...], programs: Programs | None) -> Program:
    if len(nodes) == 1:
        cached = _programs.get(nodes[0])
        if cached is None or cached[0] != names:
            cached = _programs[nodes[0]] = names, program(nodes, names)
        return cached[1]
    found = None if programs is None else programs.get(names)
    if found is None:
        found = program(nodes, names)
        if programs is not None:
            programs.clear()
            programs[names] = found
    return found


def _floats(
    nodes: Sequence[Node], given: Mapping[str, Any], continued: Sequence[bool], programs: Programs | None
) -> list[Any]:
    import numpy as np

    names = tuple(given)
    run = _program(nodes, names, programs)
    inputs = [np.float64(_float(v)) if isinstance(v, int | Fraction) else v for v in given.values()]
    shape = _common_shape([np.shape(value) for value in inputs])
    results: list[Any] = []
    for node, found, beyond in zip(nodes, run(*inputs), continued, strict=True):
        value = _continued(node, found, names, inputs) if beyond else found
        if not shape:
            results.append(bool(value) if node.dtype == BOOL else float(value))
        elif np.shape(value) != shape or not node.args:  # a variable's own array is the caller's
            results.append(np.array(np.broadcast_to(value, shape)))
        else:
            results.append(value)
    return results


def _continued(node: Node, value: Any, names: Sequence[str], inputs: Sequence[Any]) -> Any:
    """``value``, with the values of :mod:`mibun.run.analytic` where real arithmetic has none.

    A written root of a negative number, (-1)^(1/3), is the complex root if the whole is real then, else the real one.
    """
    import numpy as np

    if node.dtype == BOOL or not node.args:
        return value
    lost = np.isnan(value)
    anew = has_root_of_negative(node)
    if not anew and not (lost.any() if np.ndim(lost) else lost):
        return value
    continued = real_value(node, dict(zip(names, inputs, strict=True)), functions)
    return np.where(np.isnan(continued) | ~(lost | anew), value, continued)


def _common_shape(shapes: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    if len(set(shapes)) <= 1:
        return shapes[0] if shapes else ()
    import numpy as np

    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        raise ShapeError("broadcast", shapes=", ".join(map(str, shapes))) from None


def _real(name: str, value: Any) -> Any:
    """A value that a user gave: an ``int`` or a ``Fraction`` as it is, otherwise float64 or an array of them."""
    if type(value) is int or type(value) is Fraction:
        return value
    import numpy as np

    if type(value) is float:
        return np.float64(value)
    try:
        array = np.asarray(value)
    except (TypeError, ValueError):
        raise ShapeError("ragged", name=name) from None
    if array.dtype.kind == "O" and all(type(item) in (int, float, Fraction) for item in array.flat):
        array = np.array([_float(item) for item in array.flat]).reshape(array.shape)
    if array.dtype.kind not in "iuf":
        kind = type(value).__name__ if array.ndim == 0 else f"{type(value).__name__} ({array.dtype})"
        raise UnsupportedOperation("value_kind", name=name, kind=kind)
    return np.float64(array) if array.ndim == 0 else np.asarray(array, dtype=np.float64)


def stack(results: Sequence[Any], shape: tuple[int, ...], exact: bool = True) -> Any:
    """The components of a vector or a matrix, in reading order, as one array: first its ``shape``, then the common
    shape of the components. Float64, but with ``exact`` an array of objects if every component is exact."""
    import numpy as np

    if exact and all(isinstance(value, int | Fraction) for value in results):
        return np.array(results, dtype=object).reshape(shape)
    floats = [_float(value) if isinstance(value, int | Fraction) else value for value in results]
    parts = np.broadcast_arrays(*floats) if floats else []
    inner = np.shape(parts[0]) if parts else ()
    return np.array(parts, dtype=np.float64).reshape(shape + inner)


def deliver(result: Any, out: Any = None) -> Any:
    """``result``, or ``out`` with the result written into it. ``ShapeError`` if it does not fit."""
    if out is None:
        return result
    import numpy as np

    value = np.asarray(result)
    dtype = value.dtype if value.dtype == bool else np.dtype(np.float64)
    np.copyto(fitting(out, value.shape, dtype), value.astype(dtype, copy=False))
    return out


def fitting(out: Any, shape: tuple[int, ...], dtype: Any) -> Any:
    """``out``, if it is an array to which results of this shape and type can be written; else ``ShapeError``."""
    import numpy as np

    if isinstance(out, np.ndarray) and not out.flags.writeable:
        raise ShapeError("out_read_only")
    if not isinstance(out, np.ndarray) or out.shape != shape or out.dtype != dtype:
        given = f"{out.dtype}{list(out.shape)}" if isinstance(out, np.ndarray) else type(out).__name__
        raise ShapeError("out", wanted=f"{dtype}{list(shape)}", given=given)
    return out
