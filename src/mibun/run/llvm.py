"""From a graph to LLVM's text: straight-line code in static single assignment, for one number or for a vector of them.

A value is written once: asking an :class:`Emitter` for a line that is there already gives the name that it has, so what
two functions have in common (the range reduction of a sine and a cosine) is found by itself. Nothing here calls LLVM.

``contract`` lets x·y + z be one rounding. Nothing is assumed about NaN, infinities or signs; sums are not regrouped.
"""

from __future__ import annotations

import math
import struct
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

from mibun.errors import UnsupportedOperation
from mibun.node import Node, postorder
from mibun.ops import BOOL, ONE, symbol
from mibun.run import interpret, symbols
from mibun.run.definitions import DEFINITIONS
from mibun.run.exact import exact_values
from mibun.run.lower import PRIMITIVE, has_own_logarithm, lower
from mibun.run.machine import Machine

PURE: Final = "#0"  # of functions that look at their arguments only
POWERS: Final = 64  # up to this n, xⁿ is written as products
PART: Final = 1500  # lines of one function: LLVM's time is linear up to some thousand
ATTRIBUTES: Final = """
attributes #0 = { nounwind willreturn memory(none) nonlazybind }
attributes #1 = { nounwind nonlazybind }
attributes #2 = { nounwind "min-legal-vector-width"="512" }
attributes #3 = { nounwind noinline cold "min-legal-vector-width"="512" }
attributes #5 = { nounwind noinline willreturn memory(none) "min-legal-vector-width"="512" }
attributes #7 = { nounwind noinline willreturn memory(none) }
attributes #6 = { nounwind noinline optnone cold }
"""


class Emitter:
    """Lines of code in one kind of numbers, of 32 bits if ``single``: as many as a vector of ``machine`` has ``lanes``,
    or, without a machine, one.

    ``real`` and ``truth`` are the types of values, in LLVM's words. ``outside`` has the declarations of what is used
    and defined elsewhere, ``helpers`` functions to be defined beside, if the caller has a place for them. With
    ``outlined``, long pieces of code are such functions: less to compile, if they are needed often. ``lost`` are
    truths: in a lane where one of them holds, some function has no good result, and all of the lane is to be computed
    anew.
    """

    __slots__ = (
        "_names",
        "defines",
        "helpers",
        "kinds",
        "lanes",
        "lines",
        "lost",
        "machine",
        "outlined",
        "outside",
        "real",
        "single",
        "truth",
    )

    def __init__(
        self,
        machine: Machine | None = None,
        single: bool = False,
        outside: dict[str, str] | None = None,
        helpers: dict[str, str] | None = None,
    ) -> None:
        number = "float" if single else "double"
        lanes = 1 if machine is None else machine.singles if single else machine.doubles
        self.machine = machine
        self.lanes = lanes
        self.single = single
        self.outlined = False
        self.defines = helpers is not None
        self.kinds: dict[str, str] = {}  # what such functions return
        self.real = number if lanes == 1 else f"<{lanes} x {number}>"
        self.truth = "i1" if lanes == 1 else f"<{lanes} x i1>"
        self.outside = {} if outside is None else outside
        self.helpers = {} if helpers is None else helpers
        self.restart()

    def restart(self) -> None:
        """Begin another function, where no name is known yet."""
        self.lines: list[str] = []
        self.lost: list[str] = []
        self._names: dict[str, str] = {}

    def line(self, text: str) -> str:
        """The name of the value of an instruction without side effects."""
        name = self._names.get(text)
        if name is None:
            name = self._names[text] = f"%v{len(self._names)}"
            self.lines.append(f"{name} = {text}")
        return name

    @property
    def size(self) -> int:
        """Bytes of a value."""
        return self.lanes * (4 if self.single else 8)

    # Numbers

    def number(self, value: float) -> str:
        """A constant, in every lane."""
        if self.single and math.isfinite(value):
            value = rounded(value)
        word = f"0x{struct.unpack('<Q', struct.pack('<d', value))[0]:016X}"
        return word if self.lanes == 1 else f"splat ({'float' if self.single else 'double'} {word})"

    def binary(self, op: str, a: str, b: str) -> str:
        """``op`` is ``fadd``, ``fsub``, ``fmul``, ``fdiv`` or ``frem``."""
        return self.line(f"{op} contract {self.real} {a}, {b}")

    def neg(self, a: str) -> str:
        return self.line(f"fneg {self.real} {a}")

    def fma(self, a: str, b: str, c: str) -> str:
        """a·b + c, rounded once."""
        return self.intrinsic("fma", a, b, c)

    def intrinsic(self, name: str, *args: str) -> str:
        """A function that LLVM knows for every kind of number: ``sqrt``, ``fabs``, ``floor``, …"""
        number = "f32" if self.single else "f64"
        whole = f"@llvm.{name}.{number if self.lanes == 1 else f'v{self.lanes}{number}'}"
        return self._called(whole, args)

    def call(self, name: str, *args: str) -> str:
        """A function from outside, of this kind of numbers."""
        if self.real == "double":
            self.need(name, len(args))
        return self._called(f"@{name}", args)

    def need(self, name: str, count: int) -> None:
        """Declare or define a function of ``count`` doubles."""
        found = DEFINITIONS.get(name) if self.defines else None
        if found is not None and all(symbols.exists(other) for other in found.needs):
            self.helpers[f"@{name}"] = found.text
            self.outside.update(found.declared)
        else:
            self.outside[f"@{name}"] = f"declare double @{name}({', '.join(['double'] * count)}) {PURE}"

    def _called(self, name: str, args: Sequence[str]) -> str:
        if name not in self.outside and name not in self.helpers:
            self.outside[name] = f"declare {self.real} {name}({', '.join([self.real] * len(args))}) {PURE}"
        return self.line(f"call {self.real} {name}({', '.join([f'{self.real} {arg}' for arg in args])})")

    # Bits

    @property
    def whole(self) -> str:
        """The type of whole numbers of the same size."""
        number = "i32" if self.single else "i64"
        return number if self.lanes == 1 else f"<{self.lanes} x {number}>"

    def integer(self, value: int) -> str:
        if self.lanes == 1:
            return str(value)
        return f"splat ({'i32' if self.single else 'i64'} {value})"

    def bits(self, a: str) -> str:
        """The bits of a number as a whole number."""
        return self.line(f"bitcast {self.real} {a} to {self.whole}")

    def of_bits(self, a: str) -> str:
        return self.line(f"bitcast {self.whole} {a} to {self.real}")

    def on_bits(self, op: str, a: str, b: str) -> str:
        """``add``, ``sub``, ``and``, ``or``, ``xor``, ``shl``, ``lshr``."""
        return self.line(f"{op} {self.whole} {a}, {b}")

    def compare_bits(self, relation: str, a: str, b: str) -> str:
        return self.line(f"icmp {relation} {self.whole} {a}, {b}")

    # Truths

    def compare(self, relation: str, a: str, b: str) -> str:
        """``relation`` in LLVM's words: ``olt``, ``une``, …"""
        return self.line(f"fcmp {relation} {self.real} {a}, {b}")

    def logic(self, op: str, a: str, b: str) -> str:
        return self.line(f"{op} {self.truth} {a}, {b}")

    def select(self, condition: str, yes: str, no: str) -> str:
        return self.line(f"select {self.truth} {condition}, {self.real} {yes}, {self.real} {no}")

    def constant_truth(self, value: bool) -> str:
        word = "true" if value else "false"
        return word if self.lanes == 1 else f"splat (i1 {word})"

    def as_truth(self, a: str) -> str:
        return self.compare("une", a, self.number(0.0))

    def as_real(self, truth: str) -> str:
        return self.line(f"uitofp {self.truth} {truth} to {self.real}")

    # Mathematics

    def lose(self, truth: str) -> None:
        """Where ``truth`` holds, what is computed is not good."""
        if truth not in self.lost:
            self.lost.append(truth)

    def math(self, name: str, *args: str) -> str:
        """A function of :data:`LIBRARY`, by the name that the C library has for it."""
        if self.machine is None:
            return self.call(name, *args)
        from mibun.run import vectormath

        return vectormath.emit(self, name, args)


def rounded(value: float) -> float:
    """The nearest number of 32 bits."""
    try:
        return float(struct.unpack("<f", struct.pack("<f", value))[0])
    except OverflowError:
        return math.copysign(math.inf, value)


# The operations

_ALIKE: Final = [
    *("exp", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh"),
    *("erf", "atan2", "hypot", "log1p", "expm1"),
]
LIBRARY: Final[dict[str, str]] = {
    **dict(zip(_ALIKE, _ALIKE, strict=True)),
    "ln": "log",
    "gamma": "tgamma",
    "lgamma": "mibun_lgamma",
    "digamma": "mibun_digamma",
    "polygamma": "mibun_polygamma",
}
"""What the C library calls an operation; ``mibun_…`` is in :mod:`mibun.run.symbols`."""

_ARITHMETIC: Final = {"add": "fadd", "sub": "fsub", "mul": "fmul", "div": "fdiv"}
_RELATIONS: Final = {"lt": "olt", "le": "ole", "gt": "ogt", "ge": "oge", "eq": "oeq", "ne": "une"}
_INTRINSIC: Final = {"sqrt": "sqrt", "abs": "fabs", "floor": "floor", "ceil": "ceil", "rint": "rint"}


def _sign(e: Emitter, x: str) -> str:
    """±1, or 0 for both zeros, or NaN."""
    zero = e.number(0.0)
    one = e.intrinsic("copysign", e.number(1.0), x)
    there = e.select(e.compare("oeq", x, zero), zero, one)
    return e.select(e.compare("uno", x, x), x, there)


def _extreme(relation: str) -> Callable[[Emitter, str, str], str]:
    """The smaller or the larger; NaN if either is; the second of two that are equal."""

    def emit(e: Emitter, x: str, y: str) -> str:
        return e.select(e.compare("uno", x, x), x, e.select(e.compare(relation, x, y), x, y))

    return emit


def _modulo(e: Emitter, x: str, y: str) -> str:
    """The remainder with the sign of y, as Python's."""
    zero = e.number(0.0)
    rest = e.math("fmod", x, y)
    other = e.logic("xor", e.compare("olt", rest, zero), e.compare("olt", y, zero))
    moved = e.select(other, e.binary("fadd", rest, y), rest)
    return e.select(e.compare("oeq", rest, zero), e.intrinsic("copysign", zero, y), moved)


SPECIAL: Final[dict[str, Callable[..., str]]] = {
    "neg": Emitter.neg,
    "sign": _sign,
    "min": _extreme("olt"),
    "max": _extreme("ogt"),
    "mod": _modulo,
    "power": lambda e, x, y: e.math("pow", x, y),
}


def _product(e: Emitter, x: str, n: int) -> str:
    """xⁿ for n > 0: in vectors as products, which is 3.6 units off at most, from x⁷ on of an x⁴ rounded once; otherwise
    in pairs (value, what it lacks), so that errors do not add up."""
    if n > (12 if e.lanes > 1 else 4):
        return _closed(e, _pair_power(e, (x, None), n))
    if n == 1:
        return x
    square = e.binary("fmul", x, x)
    if n == 2:
        return square
    if e.lanes == 1:
        return _rounded_once(e, x, square, n)
    cube = e.binary("fmul", square, x)
    if n == 3:
        return cube
    fourth = e.binary("fmul", square, square)
    if n <= 6:
        return fourth if n == 4 else e.binary("fmul", fourth, x if n == 5 else square)
    fourth = _rounded_once(e, x, square, 4)
    if n == 7:
        return e.binary("fmul", fourth, cube)
    eighth = e.binary("fmul", fourth, fourth)
    if n == 8:
        return eighth
    rest = (x, square, None, fourth)[n - 9] or _rounded_once(e, x, square, 3)
    return e.binary("fmul", eighth, rest)


def _rounded_once(e: Emitter, x: str, square: str, n: int) -> str:
    """x³ or x⁴: x² is ``square`` and what it lacks. Where that is too large for this, the plain product is infinite."""
    lacking = e.fma(x, x, e.neg(square))
    plain = e.binary("fmul", square, x if n == 3 else square)
    if n == 3:
        found = e.fma(square, x, e.binary("fmul", lacking, x))
    else:
        found = e.fma(square, square, e.binary("fmul", e.binary("fadd", lacking, lacking), square))
    size = e.intrinsic("fabs", plain) if n == 3 else plain
    return e.select(e.compare("olt", size, e.number(math.inf)), found, plain)


Pair = tuple[str, str | None]
"""A value and what it lacks."""


def _pair_power(e: Emitter, x: Pair, n: int) -> Pair:
    power: Pair | None = None
    while True:
        if n & 1:
            power = x if power is None else _pair_product(e, power, x)
        n >>= 1
        if not n:
            assert power is not None
            return power
        x = _pair_product(e, x, x)


def _pair_product(e: Emitter, x: Pair, y: Pair) -> Pair:
    high = e.line(f"fmul {e.real} {x[0]}, {y[0]}")
    low = e.fma(x[0], y[0], e.neg(high))
    for a, b in ((x[0], y[1]), (y[0], x[1])):
        if b is not None:
            low = e.fma(a, b, low)
    return high, low


def _closed(e: Emitter, x: Pair) -> str:
    """The pair as one number. What an overflow lacks is NaN."""
    high, low = x
    if low is None:
        return high
    total = e.line(f"fadd {e.real} {high}, {low}")
    return e.select(e.compare("uno", total, total), high, total)


def power(e: Emitter, x: str, exponent: Fraction) -> str:
    """xⁿ for a constant n, see :func:`mibun.run.interpret._power`."""
    n, denominator = exponent.numerator, exponent.denominator
    if exponent == Fraction(1, 2):
        return e.intrinsic("sqrt", x)
    if n == 0:
        return e.number(1.0)
    if denominator == 1 and abs(n) <= POWERS:
        if n > 0:
            return _product(e, x, n)
        inverse = e.binary("fdiv", e.number(1.0), x)
        if n >= -2:
            return _product(e, inverse, -n)
        left = e.binary("fmul", e.fma(e.neg(x), inverse, e.number(1.0)), inverse)
        return _closed(e, _pair_power(e, (inverse, left), -n))
    if denominator == 2 and abs(n) <= 9:
        positive = e.binary("fadd", x, e.number(0.0))  # -0.0 counts as 0.0
        root = e.intrinsic("sqrt", positive)
        if n < 0:  # the root first: 1/5e-324 is infinite, 1/√5e-324 is not
            positive, root = (e.binary("fdiv", e.number(1.0), part) for part in (positive, root))
        return root if abs(n) == 1 else e.binary("fmul", _product(e, positive, abs(n) // 2), root)
    value = e.number(interpret._float(exponent))
    if denominator % 2 == 0:
        return e.math("pow", e.select(e.compare("olt", x, e.number(0.0)), e.number(math.nan), x), value)
    if denominator == 3 and abs(n).bit_length() < 4:
        root = e.math("cbrt", x)
        return power(e, root, Fraction(n))
    found = e.math("pow", e.intrinsic("fabs", x), value)
    return e.intrinsic("copysign", found, x) if n % 2 else found


class Graph:
    """What is to be computed, ready to be written: ``roots`` and ``order`` are in primitive operations, ``order`` has
    what depends on the inputs, arguments first, ``constants`` the values of what does not. ``divisors`` are what
    several quotients have below the line, and whether that is never a subnormal number.

    ``UnsupportedOperation`` for what has no code: f(x) of an abstract f, arrays as values.
    """

    __slots__ = ("_there", "constants", "divisors", "exponents", "inputs", "names", "order", "roots")

    def __init__(self, nodes: Sequence[Node], names: Sequence[str]) -> None:
        roots = lower(nodes)
        order = postorder(*roots)
        self.roots = roots
        self.names = tuple(names)
        self.inputs = tuple([symbol(name) for name in names])
        given = set(self.inputs)
        varying = set(given)
        self.order: list[Node] = []
        for node in order:
            if node.op in interpret.REFUSED:
                raise UnsupportedOperation(interpret.REFUSED[node.op], name=node.attrs[0] if node.attrs else "")
            if node.op not in PRIMITIVE or node.shape or (node.op == "symbol" and node not in given):
                raise UnsupportedOperation("not_native", op=node.op)
            if not varying.isdisjoint(node.args):
                varying.add(node)
                self.order.append(node)
        fixed = [node for node in order if node not in varying]
        used = {arg for node in self.order for arg in node.args} | set(roots)
        wanted = [node for node in fixed if node in used]
        self.constants = dict(zip(wanted, interpret.program(wanted, ())(), strict=True)) if wanted else {}
        seconds = [node.args[1] for node in self.order if node.op in ("pow", "log")]
        self.exponents: Mapping[Node, Any] = exact_values(postorder(*seconds), {}) if seconds else {}
        below = Counter([node.args[1] for node in self.order if node.op == "div"])
        self.divisors = {node: _is_ordinary_sum(node) for node, count in below.items() if count > 1}
        self._there = {(node.op, node.args) for node in self.order}
        self._there |= {("pow", node.args[:1]) for node in self.order if self._raised(node)}

    def _raised(self, node: Node) -> bool:
        """Whether a node is a power that takes the logarithm of its base."""
        return node.op == "pow" and self.exponents[node.args[1]] is None

    def has(self, op: str, *args: Node) -> bool:
        """Whether an operation is there with these arguments; for a power, the exponent may be left open."""
        return (op, args) in self._there


def _is_ordinary_sum(node: Node) -> bool:
    """Whether a node is a sum with a number to which no subnormal number can be the result: what is near enough to the
    number to leave a small difference has no smaller digits than it."""
    numbers = [abs(float(arg.attrs)) for arg in node.args if node.op in ("add", "sub") and arg.op == "const"]
    return any(2.0**-60 < number < 2.0**60 for number in numbers)


Values = dict[Node, str]


def real(e: Emitter, graph: Graph, values: Values, node: Node) -> str:
    """The value of a node as a number."""
    constant = graph.constants.get(node)
    if constant is not None:
        return e.number(float(constant))
    name = values[node]
    return e.as_real(name) if node.dtype is BOOL else name


def truth(e: Emitter, graph: Graph, values: Values, node: Node) -> str:
    """The value of a node as a truth: a number is one if it is not 0."""
    constant = graph.constants.get(node)
    if constant is not None:
        return e.constant_truth(bool(constant))
    name = values[node]
    return name if node.dtype is BOOL else e.as_truth(name)


def _is_product(node: Node) -> bool:
    while node.op == "neg":
        node = node.args[0]
    return node.op in ("mul", "pow")


def write(e: Emitter, graph: Graph, values: Values, node: Node) -> str:
    """The code of one node, whose arguments have names in ``values``."""
    op, args = node.op, node.args
    if op in ("and", "or"):
        return e.logic(op, truth(e, graph, values, args[0]), truth(e, graph, values, args[1]))
    if op == "not":
        return e.logic("xor", truth(e, graph, values, args[0]), e.constant_truth(True))
    if node.dtype is BOOL and op in ("where", "min", "max"):
        parts = [truth(e, graph, values, arg) for arg in args]
        if op == "where":
            return e.line(f"select {e.truth} {parts[0]}, {e.truth} {parts[1]}, {e.truth} {parts[2]}")
        return e.logic("and" if op == "min" else "or", parts[0], parts[1])
    if op == "where":
        yes, no = (real(e, graph, values, arg) for arg in args[1:])
        return e.select(truth(e, graph, values, args[0]), yes, no)
    if op == "pow" and (exponent := graph.exponents[args[1]]) is not None:
        return power(e, real(e, graph, values, args[0]), Fraction(exponent))
    shared = _shared(e, graph, values, node) if op in _SHARING else None
    if shared is not None:
        return shared
    names = [real(e, graph, values, arg) for arg in args]
    if op in ("add", "sub") and all(map(_is_product, args)):  # of ab - ab nothing is to be left
        return e.line(f"{_ARITHMETIC[op]} {e.real} {names[0]}, {names[1]}")
    if op in _ARITHMETIC:
        return e.binary(_ARITHMETIC[op], *names)
    if op in _RELATIONS:
        return e.compare(_RELATIONS[op], *names)
    if op in _INTRINSIC:
        return e.intrinsic(_INTRINSIC[op], *names)
    if op in SPECIAL:
        return SPECIAL[op](e, *names)
    if op == "pow":
        return e.math("pow", *names)
    if op == "log":
        assert has_own_logarithm(node)
        return e.math("log2" if graph.exponents[args[1]] == 2 else "log10", names[0])
    return e.math(LIBRARY[op], *names)


_SHARING: Final = frozenset(["div", "exp", "expm1", "ln", "pow"])


def _shared(e: Emitter, graph: Graph, values: Values, node: Node) -> str | None:
    """In vectors, the code of a node that has most of its work in common with others of the graph, if it has."""
    if e.lanes == 1 or e.machine is None or not e.machine.fma:
        return None
    from mibun.run import vectormath

    op, (x, *rest) = node.op, node.args
    if op == "div":
        (below,) = rest
        constant = graph.constants.get(below)
        if constant is not None:
            return vectormath.divided_by_number(e, real(e, graph, values, x), float(constant))
        if below in graph.divisors and x is not ONE:
            above, divisor = (real(e, graph, values, arg) for arg in node.args)
            return vectormath.divided(e, above, divisor, graph.divisors[below])
    if e.outlined or op == "div":
        return None
    if op == "ln":
        return vectormath.log_of_base(e, values[x]) if graph.has("pow", x) else None
    if op == "pow":
        y = rest[0].args[0] if rest[0].op == "sub" and rest[0].args[1] is ONE else None
        if y is None or not graph.has("pow", x, y):
            return None
        base = real(e, graph, values, x)
        return e.binary("fdiv", e.math("pow", base, real(e, graph, values, y)), base)
    both = graph.has("exp", x) and graph.has("expm1", x)
    return vectormath.exp_and_expm1(e, values[x])[op == "expm1"] if both else None


# Straight-line code, and how it is cut


class Layout:
    """How the code of a graph is cut into functions of about :data:`PART` lines, and where they leave values for later
    ones: ``slots`` in a memory that they have in common, of ``size`` places. Inputs have the first places.

    With one part there is no such memory.
    """

    __slots__ = ("parts", "size", "slots")

    def __init__(self, graph: Graph, weights: Mapping[str, int]) -> None:
        self.parts: list[list[Node]] = [[]]
        room = PART
        for node in graph.order:
            if room <= 0:
                self.parts.append([])
                room = PART
            self.parts[-1].append(node)
            room -= weights.get(node.op, 1)
        self.slots: dict[Node, int] = {}
        self.size = 0
        if len(self.parts) > 1:
            self._assign(graph)

    def _assign(self, graph: Graph) -> None:
        last: dict[Node, int] = {}
        for i, part in enumerate(self.parts):
            for node in part:
                last.update(dict.fromkeys(node.args, i))
        kept = set(graph.roots)
        self.slots = {node: i for i, node in enumerate(graph.inputs)}
        self.size = len(graph.inputs)
        free: list[int] = []
        ending: list[list[int]] = [[] for _ in self.parts]
        for i, part in enumerate(self.parts):
            for node in part:
                until = last.get(node, -1)
                if until > i or node in kept:
                    if not free:
                        free.append(self.size)
                        self.size += 1
                    self.slots[node] = free.pop()
                    if node not in kept:
                        ending[until].append(self.slots[node])
            free += ending[i]


def parts(e: Emitter, graph: Graph, layout: Layout, prefix: str, attributes: str = "#2") -> list[str]:
    """The definitions of the parts, ``i<lanes> @<prefix>0(ptr %work)``, …: they return in which lanes they are lost."""
    text: list[str] = []
    for i, part in enumerate(layout.parts):
        e.restart()
        values = _FromMemory(e, layout)
        for node in part:
            values[node] = write(e, graph, values, node)
        for node in part:
            if node in layout.slots:
                stored(e, real(e, graph, values, node), "%work", layout.slots[node])
        bits = lost_bits(e)
        head = f"define internal i{e.lanes} @{prefix}{i}(ptr %work) {attributes} {{"
        text += [head, *e.lines, f"ret i{e.lanes} {bits}", "}"]
    return text


class _FromMemory(Values):
    """Values of other parts are read where they are needed."""

    def __init__(self, e: Emitter, layout: Layout) -> None:
        super().__init__()
        self._emitter = e
        self._layout = layout

    def __missing__(self, node: Node) -> str:
        name = loaded(self._emitter, "%work", self._layout.slots[node])
        self[node] = self._emitter.as_truth(name) if node.dtype is BOOL else name
        return self[node]


def computed(
    e: Emitter, graph: Graph, layout: Layout, given: Sequence[str], prefix: str, known: Values | None = None
) -> list[str]:
    """Names of the values of the roots, truths as such, from the names of the inputs. ``%work`` is the memory;
    ``known`` has values that are there already."""
    values: Values = {**(known or {}), **dict(zip(graph.inputs, given, strict=True))}
    if len(layout.parts) == 1:
        for node in graph.order:
            if node not in values:
                values[node] = write(e, graph, values, node)
    else:
        for node in graph.inputs:
            stored(e, values[node], "%work", layout.slots[node])
        for i in range(len(layout.parts)):
            bits = f"%bits{i}"
            e.lines.append(f"{bits} = call i{e.lanes} @{prefix}{i}(ptr %work)")
            if e.lanes > 1:
                e.lost.append(e.line(f"bitcast i{e.lanes} {bits} to {e.truth}"))
        for node in dict.fromkeys(graph.roots):
            if node in layout.slots and node not in values:
                name = loaded(e, "%work", layout.slots[node])
                values[node] = e.as_truth(name) if node.dtype is BOOL else name
    return [(truth if node.dtype is BOOL else real)(e, graph, values, node) for node in graph.roots]


def lost_bits(e: Emitter) -> str:
    """One bit for every lane: whether any function is lost there."""
    if not e.lost:
        return "0"
    found = e.lost[0]
    for other in e.lost[1:]:
        found = e.logic("or", found, other)
    return found if e.lanes == 1 else e.line(f"bitcast {e.truth} {found} to i{e.lanes}")


def loaded(e: Emitter, source: str, place: int) -> str:
    return e.line(f"load {e.real}, ptr {_at(e, source, place)}, align {e.size}")


def stored(e: Emitter, value: str, target: str, place: int) -> None:
    e.lines.append(f"store {e.real} {value}, ptr {_at(e, target, place)}, align {e.size}")


def _at(e: Emitter, base: str, place: int) -> str:
    return e.line(f"getelementptr i8, ptr {base}, i64 {place * e.size}") if place else base


STACK: Final = 1 << 15  # bytes; a larger memory is asked for


def memory(e: Emitter, layout: Layout) -> tuple[list[str], list[str]]:
    """Lines that make ``%work`` and those that give it back."""
    size = layout.size * e.size
    if not size:
        return [], []
    if size <= STACK:
        return [f"%work = alloca i8, i64 {size}, align 64"], []
    e.outside["@malloc"] = "declare ptr @malloc(i64) #1"
    e.outside["@free"] = "declare void @free(ptr) #1"
    # The blocks of malloc begin at multiples of 16.
    return [
        f"%block = call ptr @malloc(i64 {size + 64})",
        "%block.number = ptrtoint ptr %block to i64",
        "%work.above = add i64 %block.number, 63",
        "%work.number = and i64 %work.above, -64",
        "%work = inttoptr i64 %work.number to ptr",
    ], ["call void @free(ptr %block)"]


def lane(e: Emitter, graph: Graph) -> list[str]:
    """The definition of ``@lane(ptr %in, ptr %out)``: all values for one point, from one array of doubles to another.

    Truths come out as 1.0 and 0.0. It is needed seldom: where there is much of it, it is made in a hurry.
    """
    layout = Layout(graph, SCALAR_WEIGHTS)
    text = parts(e, graph, layout, "part", "#6") if len(layout.parts) > 1 else []
    before, after = memory(e, layout)
    e.restart()
    given = [loaded(e, "%in", i) for i in range(len(graph.inputs))]
    found = computed(e, graph, layout, given, "part")
    for i, (node, name) in enumerate(zip(graph.roots, found, strict=True)):
        stored(e, e.as_real(name) if node.dtype is BOOL else name, "%out", i)
    head = "define internal void @lane(ptr %in, ptr %out) #2 {"
    return [*text, head, *before, *e.lines, *after, "ret void", "}"]


SCALAR_WEIGHTS: Final = {"pow": 4, "sign": 4, "min": 4, "max": 4, "mod": 8}
