"""THE derivative table: every rule of differentiation that mibun knows, and nothing about derivatives anywhere else.

A row reads as a textbook prints it. In a pattern, ``u`` and ``v`` vary with the variable, ``a`` and ``n`` do not, and
``out`` is the value of the pattern itself, so that nothing is computed twice::

    rule(tanh(u), 1 - out**2, HYPERBOLIC)

says that (tanh u)' = (1 - tanh² u) · u'. There is one partial derivative for each argument that varies. Both
directions of the chain rule come from them. ``whole=`` writes the sum of partials times ``du``, ``dv`` out where the
textbook prints it in a form of its own (the quotient rule). ``floats=`` has both once more where arithmetic does better
with another form: it gets farther before it overflows, and at a pole it is the infinity that it should be, in the
second derivative, too. Rows are expressions, never closures: they can be shown, evaluated and differentiated again. A
branch is a ``where`` in the graph.

Source of the rows: NIST Digital Library of Mathematical Functions (dlmf.nist.gov), §4.2(iii), 4.7, 4.20, 4.24, 4.34,
4.38 for the elementary functions, §5.2, 5.15, 7.2 for gamma, polygamma and erf.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, Final, NamedTuple

from mibun import arrays, fold, ops
from mibun.arrays import contract, embed, expand, full, matmul, part, reshape, slices, swap, total, transpose, zeros
from mibun.node import Node, postorder
from mibun.ops import ONE, OPS, PI, ZERO, apply, const, make, symbol


class Name(NamedTuple):
    """What a rule is called: ``key`` is for programs, ``en`` and ``ko`` for readers."""

    key: str
    en: str
    ko: str


CONSTANT = Name("constant", "Constant rule", "상수의 미분")
IDENTITY = Name("identity", "Derivative of the variable", "항등함수의 도함수")
SUM = Name("sum", "Sum rule", "합의 미분법")
DIFFERENCE = Name("difference", "Difference rule", "차의 미분법")
MULTIPLE = Name("multiple", "Constant multiple rule", "상수배의 미분법")
PRODUCT = Name("product", "Product rule", "곱의 미분법")
QUOTIENT = Name("quotient", "Quotient rule", "몫의 미분법")
RECIPROCAL = Name("reciprocal", "Reciprocal rule", "역수의 미분법")
POWER = Name("power", "Power rule", "거듭제곱의 미분법")
ROOT = Name("root", "Derivative of the square root", "제곱근의 미분법")
EXPONENTIAL = Name("exponential", "Derivative of an exponential function", "지수함수의 도함수")
LOGARITHM = Name("logarithm", "Derivative of a logarithmic function", "로그함수의 도함수")
GENERAL_POWER = Name(
    "general_power", "Power with variable base and exponent", "밑과 지수가 모두 변수인 거듭제곱의 미분법"
)
GENERAL_LOG = Name("general_log", "Logarithm with a variable base", "밑이 변수인 로그의 미분법")
TRIGONOMETRIC = Name("trigonometric", "Derivative of a trigonometric function", "삼각함수의 도함수")
INVERSE_TRIGONOMETRIC = Name(
    "inverse_trigonometric", "Derivative of an inverse trigonometric function", "역삼각함수의 도함수"
)
HYPERBOLIC = Name("hyperbolic", "Derivative of a hyperbolic function", "쌍곡선함수의 도함수")
INVERSE_HYPERBOLIC = Name("inverse_hyperbolic", "Derivative of an inverse hyperbolic function", "역쌍곡선함수의 도함수")
ABSOLUTE = Name("absolute", "Derivative of the absolute value", "절댓값의 미분법")
STEP = Name("step", "Derivative of a step function", "계단함수의 미분법")
PIECEWISE = Name("piecewise", "Piecewise rule", "구간별로 정의된 함수의 미분법")
ACTIVATION = Name("activation", "Derivative of an activation function", "활성화 함수의 도함수")
SPECIAL = Name("special", "Derivative of a special function", "특수함수의 도함수")
PLANE = Name("plane", "Derivative of a distance or an angle", "거리와 편각의 도함수")
LINEAR = Name("linear_map", "A linear map is its own derivative", "선형사상의 미분")
BILINEAR = Name("bilinear", "Product rule for matrix products", "행렬 곱의 미분법")
REDUCTION = Name("reduction", "Derivative of a product, a maximum or a determinant", "곱 · 최댓값 · 행렬식의 미분")
MATRIX = Name("matrix", "Derivative of a matrix function", "행렬함수의 미분")
RECURRENCE = Name("recurrence", "Derivative of a recurrence", "점화식의 미분")
ABSTRACT = Name("abstract", "Derivative of an unnamed function", "함수 f의 도함수")
CHAIN = Name("chain", "Chain rule", "합성함수의 미분법 (연쇄 법칙)")


class Term:
    """A node with operators, to write the rows with."""

    __slots__ = ("node",)

    def __init__(self, node: Node) -> None:
        self.node = node

    def __add__(self, other: Term | float) -> Term:
        return _term("add", self, other)

    def __radd__(self, other: int) -> Term:
        return _term("add", other, self)

    def __sub__(self, other: Term | int) -> Term:
        return _term("sub", self, other)

    def __rsub__(self, other: int) -> Term:
        return _term("sub", other, self)

    def __mul__(self, other: Term | int) -> Term:
        return _term("mul", self, other)

    def __rmul__(self, other: int) -> Term:
        return _term("mul", other, self)

    def __truediv__(self, other: Term | int) -> Term:
        return _term("div", self, other)

    def __rtruediv__(self, other: int) -> Term:
        return _term("div", other, self)

    def __pow__(self, other: Term | int) -> Term:
        return _term("pow", self, other)

    def __neg__(self) -> Term:
        return _term("neg", self)

    def __abs__(self) -> Term:
        return _term("abs", self)

    def __lt__(self, other: Term | float) -> Term:
        return _term("lt", self, other)

    def __gt__(self, other: Term | int) -> Term:
        return _term("gt", self, other)


def _term(op: str, *args: Term | float) -> Term:
    return Term(make(op, *[arg.node if isinstance(arg, Term) else const(arg) for arg in args]))


class _Functions:
    """``F.sin(u)`` for every operation of the list, by its name."""

    def __getattr__(self, name: str) -> Any:
        if name not in OPS:
            raise AttributeError(name)
        return lambda *args: _term(name, *args)


F: Final = _Functions()
u, v, a, n, p, out, du, dv = (Term(symbol(name)) for name in ("u", "v", "a", "n", "p", "out", "du", "dv"))
pi: Final = Term(PI)
_VARYING: Final = {u.node: du.node, v.node: dv.node}


Program = Callable[[Sequence[Node]], Node]  # fills an expression in


class Rule:
    """One row of the table.

    ``pattern`` is the operation on ``u``, ``v`` (varying) and ``a``, ``n`` (not varying); ``partials`` has an entry
    for each argument, ``None`` where it does not vary; ``whole`` is the derivative of the pattern in terms of ``du``
    and ``dv``. ``pulls`` are the partials times an adjoint; ``along`` is ``whole`` and ``back`` are ``pulls`` as
    arithmetic likes them best.
    """

    __slots__ = ("_along", "_forward", "back", "name", "partials", "pattern", "pulls", "whole")

    def __init__(
        self,
        name: Name,
        pattern: Node,
        partials: tuple[Node | None, ...],
        whole: Node,
        forward: Program,
        pulls: tuple[Program | None, ...],
        along: Program,
        back: tuple[Program | None, ...],
    ) -> None:
        self.name = name
        self.pattern = pattern
        self.partials = partials
        self.whole = whole
        self._forward = forward
        self._along = along
        self.pulls = pulls
        self.back = back

    def push(self, node: Node, tangents: list[Node]) -> Node:
        """The derivative of ``node`` from those of its arguments (0 for one that does not vary)."""
        return self._forward((*node.args, node, *tangents))

    def along(self, node: Node, tangents: list[Node]) -> Node:
        """The same, to be worked out in floating point."""
        return self._along((*node.args, node, *tangents))

    def pull(self, node: Node, position: int, adjoint: Node) -> Node:
        """What ``node`` passes back to its argument at ``position``: the local partial derivative times ``adjoint``."""
        program = self.pulls[position]
        assert program is not None
        return program((*node.args, node, adjoint))


def compiled(body: Node, inputs: list[Node]) -> Program:
    """An expression over numbered inputs as a function that fills it in, folding on the way."""
    slots = {node: i for i, node in enumerate(inputs)}
    programs: dict[Node, Program] = {}
    for node in postorder(body):
        programs[node] = itemgetter(slots[node]) if node in slots else _filled(node, programs, slots)
    return programs[body]


def _filled(node: Node, programs: dict[Node, Program], slots: dict[Node, int]) -> Program:
    if not node.args:
        return lambda _values: node
    build = fold.BUILDERS[node.op]
    if len(node.args) == 1:
        only = programs[node.args[0]]
        return lambda values: build(only(values))
    if len(node.args) != 2:
        parts = [programs[arg] for arg in node.args]
        return lambda values: build(*[part(values) for part in parts])
    # Two arguments are the rule; an input or a constant among them saves a call.
    a, b = node.args
    first, second, i, j = programs[a], programs[b], slots.get(a), slots.get(b)
    if i is not None:
        if j is not None:
            return lambda values: build(values[i], values[j])
        if not b.args:
            return lambda values: build(values[i], b)
        return lambda values: build(values[i], second(values))
    if j is not None:
        if not a.args:
            return lambda values: build(a, values[j])
        return lambda values: build(first(values), values[j])
    return lambda values: build(first(values), second(values))


TABLE: Final[dict[tuple[str, tuple[bool, ...]], Rule]] = {}


def rule(
    pattern: Term,
    *partials: Term | float,
    name: Name,
    whole: Term | None = None,
    floats: tuple[tuple[Term, ...], Term] | None = None,
) -> None:
    """Add a row to the table: its pattern, and a partial derivative for each argument that varies, in order.

    ``floats``: the partials and the whole as they are worked out in floating point.
    """
    node = pattern.node
    varies = tuple([arg in _VARYING for arg in node.args])
    slopes = _slopes(partials, varies)
    tangents = [_VARYING.get(arg, ZERO) for arg in node.args]
    total = ZERO
    for slope, tangent in zip(slopes, tangents, strict=True):
        if slope is not None:
            total = fold.add(total, fold.mul(slope, tangent))
    body = total if whole is None else whole.node
    # A tangent of an argument that does not vary gets an input of its own, so that positions match the arguments.
    inputs = [*node.args, out.node, *[t if t is not ZERO else symbol(f"unused {i}") for i, t in enumerate(tangents)]]
    forward, pulls = compiled(body, inputs), _pulls(slopes, node)
    along, back = forward, pulls
    if floats is not None:
        along, back = compiled(floats[1].node, inputs), _pulls(_slopes(floats[0], varies), node)
    TABLE[node.op, varies] = Rule(name, node, slopes, body, forward, pulls, along, back)


def _slopes(partials: Sequence[Term | float], varies: tuple[bool, ...]) -> tuple[Node | None, ...]:
    given = iter([part.node if isinstance(part, Term) else const(part) for part in partials])
    return tuple([next(given) if varying else None for varying in varies])


def _pulls(slopes: tuple[Node | None, ...], node: Node) -> tuple[Program | None, ...]:
    inputs = [*node.args, out.node, du.node]
    return tuple([None if slope is None else compiled(fold.mul(slope, du.node), inputs) for slope in slopes])


# Arithmetic. A row for each choice of which arguments vary.
rule(u + v, 1, 1, name=SUM)
rule(u + a, 1, name=SUM)
rule(a + u, 1, name=SUM)
rule(u - v, 1, -1, name=DIFFERENCE)
rule(u - a, 1, name=DIFFERENCE)
rule(a - u, -1, name=DIFFERENCE)
rule(-u, -1, name=MULTIPLE)
rule(a * u, a, name=MULTIPLE)
rule(u * a, a, name=MULTIPLE)
rule(u * v, v, u, name=PRODUCT, whole=du * v + u * dv)
rule(u / a, 1 / a, name=MULTIPLE, whole=du / a)
rule(a / u, -a / u**2, name=RECIPROCAL, whole=-a * du / u**2, floats=((-out / u,), -out * du / u))
rule(
    u / v,
    1 / v,
    -u / v**2,
    name=QUOTIENT,
    whole=(du * v - u * dv) / v**2,
    floats=((1 / v, -out / v), (du - out * dv) / v),
)

# Powers, exponentials, logarithms.
rule(u**n, n * u ** (n - 1), name=POWER)
rule(a**u, out * F.ln(a), name=EXPONENTIAL)
rule(u**v, v * u ** (v - 1), out * F.ln(u), name=GENERAL_POWER)
rule(F.sqrt(u), 1 / (2 * out), name=ROOT, whole=du / (2 * out))
rule(F.exp(u), out, name=EXPONENTIAL)
rule(F.ln(u), 1 / u, name=LOGARITHM, whole=du / u)
rule(F.log(u, a), 1 / (u * F.ln(a)), name=LOGARITHM, whole=du / (u * F.ln(a)))
rule(F.log(a, u), -F.ln(a) / (u * F.ln(u) ** 2), name=GENERAL_LOG)
rule(F.log(u, v), 1 / (u * F.ln(v)), -F.ln(u) / (v * F.ln(v) ** 2), name=GENERAL_LOG)

# Trigonometric functions and their inverses.
rule(F.sin(u), F.cos(u), name=TRIGONOMETRIC)
rule(F.cos(u), -F.sin(u), name=TRIGONOMETRIC)
rule(F.tan(u), F.sec(u) ** 2, name=TRIGONOMETRIC)
rule(F.sec(u), out * F.tan(u), name=TRIGONOMETRIC)
rule(F.csc(u), -out * F.cot(u), name=TRIGONOMETRIC)
rule(F.cot(u), -(F.csc(u) ** 2), name=TRIGONOMETRIC)
rule(F.asin(u), 1 / F.sqrt(1 - u**2), name=INVERSE_TRIGONOMETRIC, whole=du / F.sqrt(1 - u**2))
rule(F.acos(u), -1 / F.sqrt(1 - u**2), name=INVERSE_TRIGONOMETRIC, whole=-du / F.sqrt(1 - u**2))
rule(F.atan(u), 1 / (1 + u**2), name=INVERSE_TRIGONOMETRIC, whole=du / (1 + u**2))
rule(F.acot(u), -1 / (1 + u**2), name=INVERSE_TRIGONOMETRIC, whole=-du / (1 + u**2))
rule(F.asec(u), 1 / (abs(u) * F.sqrt(u**2 - 1)), name=INVERSE_TRIGONOMETRIC)
rule(F.acsc(u), -1 / (abs(u) * F.sqrt(u**2 - 1)), name=INVERSE_TRIGONOMETRIC)

# Hyperbolic functions and their inverses.
rule(F.sinh(u), F.cosh(u), name=HYPERBOLIC)
rule(F.cosh(u), F.sinh(u), name=HYPERBOLIC)
rule(F.tanh(u), 1 - out**2, name=HYPERBOLIC)
rule(F.sech(u), -out * F.tanh(u), name=HYPERBOLIC)
rule(F.csch(u), -out * F.coth(u), name=HYPERBOLIC)
rule(F.coth(u), -(F.csch(u) ** 2), name=HYPERBOLIC)
rule(F.asinh(u), 1 / F.sqrt(u**2 + 1), name=INVERSE_HYPERBOLIC, whole=du / F.sqrt(u**2 + 1))
_slope = 1 / F.sqrt(u - 1) / F.sqrt(u + 1)
rule(F.acosh(u), 1 / (F.sqrt(u - 1) * F.sqrt(u + 1)), name=INVERSE_HYPERBOLIC, floats=((_slope,), _slope * du))
rule(F.atanh(u), 1 / (1 - u**2), name=INVERSE_HYPERBOLIC, whole=du / (1 - u**2))
rule(F.acoth(u), 1 / (1 - u**2), name=INVERSE_HYPERBOLIC, whole=du / (1 - u**2))
rule(F.asech(u), -1 / (u * F.sqrt(1 - u**2)), name=INVERSE_HYPERBOLIC)
rule(F.acsch(u), -1 / (abs(u) * F.sqrt(u**2 + 1)), name=INVERSE_HYPERBOLIC)

# Kinks and steps. At a kink the value is the subgradient of least norm: 0 for |u|, a half each where two that vary tie.
rule(abs(u), F.sign(u), name=ABSOLUTE)
rule(F.sign(u), 0, name=STEP)
rule(F.floor(u), 0, name=STEP)
rule(F.ceil(u), 0, name=STEP)
for extremum, first, second in ((F.min, u < v, v < u), (F.max, v < u, u < v)):
    half = Term(ops.HALF)
    rule(
        extremum(u, v),
        F.where(second, 0, F.where(first, 1, half)),
        F.where(first, 0, F.where(second, 1, half)),
        name=PIECEWISE,
        whole=F.where(first, du, F.where(second, dv, (du + dv) / 2)),
    )
for extremum, follows in ((F.min, u < a), (F.max, u > a)):  # a tie with a constant: 0 is of least norm
    rule(extremum(u, a), F.where(follows, 1, 0), name=PIECEWISE, whole=F.where(follows, du, 0))
    rule(extremum(a, u), F.where(follows, 1, 0), name=PIECEWISE, whole=F.where(follows, du, 0))
rule(F.where(p, u, v), F.where(p, 1, 0), F.where(p, 0, 1), name=PIECEWISE, whole=F.where(p, du, dv))
rule(F.where(p, u, a), F.where(p, 1, 0), name=PIECEWISE, whole=F.where(p, du, 0))
rule(F.where(p, a, u), F.where(p, 0, 1), name=PIECEWISE, whole=F.where(p, 0, du))
rule(F.relu(u), F.where(u > 0, 1, 0), name=ACTIVATION, whole=F.where(u > 0, du, 0))

# Activations, special functions, the plane.
rule(F.sigmoid(u), out * (1 - out), name=ACTIVATION)
rule(F.softplus(u), F.sigmoid(u), name=ACTIVATION)
rule(F.erf(u), 2 / F.sqrt(pi) * F.exp(-(u**2)), name=SPECIAL)
rule(F.gamma(u), out * F.digamma(u), name=SPECIAL)
rule(F.lgamma(u), F.digamma(u), name=SPECIAL)
rule(F.digamma(u), F.polygamma(1, u), name=SPECIAL)
rule(F.polygamma(n, u), F.polygamma(n + 1, u), name=SPECIAL)
rule(F.atan2(u, v), v / (u**2 + v**2), -u / (u**2 + v**2), name=PLANE, whole=(v * du - u * dv) / (u**2 + v**2))
rule(F.atan2(u, a), a / (u**2 + a**2), name=PLANE)
rule(F.atan2(a, u), -a / (u**2 + a**2), name=PLANE)
rule(F.hypot(u, v), u / out, v / out, name=PLANE, whole=(u * du + v * dv) / out)
rule(F.hypot(u, a), u / out, name=PLANE)
rule(F.hypot(a, u), u / out, name=PLANE)

# Where a formula does not hold everywhere: the condition, with ``u`` for the argument.
CONDITIONS: Final[dict[str, Node]] = {
    "abs": make("ne", u.node, ZERO),
    "sign": make("ne", u.node, ZERO),
    "floor": make("ne", u.node, make("floor", u.node)),
    "ceil": make("ne", u.node, make("ceil", u.node)),
}


# Elementwise functions of NumPy code that formulas do without.
rule(F.log1p(u), 1 / (1 + u), name=LOGARITHM, whole=du / (1 + u))
rule(F.expm1(u), F.exp(u), name=EXPONENTIAL)
rule(F.rint(u), 0, name=STEP)
rule(F.alias(u), 1, name=IDENTITY)
TABLE["cast", (True,)] = TABLE["alias", (True,)]  # between precisions; what is made whole has no derivative
rule(F.mod(u, v), 1, -F.floor(u / v), name=STEP)
rule(F.mod(u, a), 1, name=STEP)
rule(F.mod(a, u), -F.floor(a / u), name=STEP)
rule(F.sinc(n, u), F.sinc(n + 1, u), name=SPECIAL)
_apart = F.where(F.eq(u, v), F.where(abs(u) < math.inf, u - v, 0), u - v)  # ∞ - ∞ is no distance
rule(F.logaddexp(u, v), F.sigmoid(_apart), F.sigmoid(-_apart), name=LOGARITHM)
_apart = F.where(F.eq(u, a), F.where(abs(u) < math.inf, u - a, 0), u - a)
rule(F.logaddexp(u, a), F.sigmoid(_apart), name=LOGARITHM)
rule(F.logaddexp(a, u), F.sigmoid(_apart), name=LOGARITHM)


# power is pow with its edges settled: the slope of x⁰ is 0 at 0, too, and that of xʸ by y at x = 0 is 0 for y > 0. From
# there xʸ ln x falls steeply if y ≤ 1, and not at all if y > 1: so does what stands in its place.
def _both(first: Term, second: Term) -> Term:
    return _term("and", first, second)


_base_free, _grown = v * F.power(u, v - 1), out * F.ln(u)
rule(
    F.power(u, v),
    F.where(_both(F.eq(u, 0), F.eq(v, 0)), 0, _base_free),
    F.where(_both(F.eq(u, 0), v > 0), 0 - F.power(u, F.where(v > 1, v, v / 2)), _grown),
    name=GENERAL_POWER,
)
rule(F.power(u, n), F.where(_both(F.eq(u, 0), F.eq(n, 0)), 0, n * F.power(u, n - 1)), name=POWER)
rule(F.power(a, u), F.where(_both(F.eq(a, 0), u > 0), 0, out * F.ln(a)), name=EXPONENTIAL)


class ArrayRule(NamedTuple):
    """One row for a function of whole arrays.

    ``push(node, tangents)`` is the derivative of the node from those of its arguments (``None`` for one that does not
    vary), ``pull(node, position, g)`` what it passes back of its adjoint ``g``. Both make graphs: apply them to symbols
    to see the row as an expression.
    """

    name: Name
    push: Callable[[Node, list[Node | None]], Node]
    pull: Callable[[Node, int, Node], Node]


ARRAY_TABLE: Final[dict[str, ArrayRule]] = {}


def linear(op: str, transposed: Callable[[Node, int, Node], Node]) -> None:
    """A row for a linear map, which is its own derivative: ``transposed(node, position, g)`` is its transpose."""

    def push(node: Node, tangents: list[Node | None]) -> Node:
        args = [
            arg if arg.dtype is ops.INTEGER else zeros(arg.shape, node.dtype) if tangent is None else full(tangent, arg)
            for arg, tangent in zip(node.args, tangents, strict=True)
        ]
        return make(op, *args, attrs=node.attrs)

    ARRAY_TABLE[op] = ArrayRule(LINEAR, push, transposed)


def reduction(op: str, slopes: Callable[[Node], Node], axes: Callable[[Node], Sequence[int]]) -> None:
    """A row for a function that makes one value of the entries along some axes: ``slopes(node)`` has its partial
    derivative by each entry."""

    def push(node: Node, tangents: list[Node | None]) -> Node:
        (tangent,) = tangents
        assert tangent is not None
        return total(fold.mul(full(slopes(node), node.args[0]), tangent), axes(node))

    def pull(node: Node, position: int, g: Node) -> Node:
        return fold.mul(expand(g, axes(node)), slopes(node))

    ARRAY_TABLE[op] = ArrayRule(REDUCTION, push, pull)


def array(op: str, name: Name, push: Callable[..., Node], *pulls: Callable[..., Node]) -> None:
    """A row for any other function of arrays.

    ``push(arguments…, out, tangents…)`` takes zeros for what does not vary, ``pulls`` are functions of (arguments…,
    out, adjoint), one for each argument.
    """

    def forward(node: Node, tangents: list[Node | None]) -> Node:
        given = [ZERO if t is None else full(t, arg) for t, arg in zip(tangents, node.args, strict=True)]
        return push(*node.args, node, *given)

    def backward(node: Node, position: int, g: Node) -> Node:
        return pulls[position](*node.args, node, g)

    ARRAY_TABLE[op] = ArrayRule(name, forward, backward)


# Moving entries: the transpose moves them back.
linear("reshape", lambda node, _, g: reshape(g, node.args[0].shape))
linear("transpose", lambda node, _, g: transpose(g, arrays.inverse(node.attrs)))
linear("slice", lambda node, _, g: embed(g, node.args[0].shape, node.attrs))
linear("embed", lambda node, _, g: slices(g, node.attrs[1]))
linear("broadcast", lambda node, _, g: arrays.fit(g, node.shape, node.args[0]))
linear("sum", lambda node, _, g: expand(g, node.attrs))
linear("cumsum", lambda node, _, g: arrays.cumsum(g, node.attrs[0], not node.attrs[1]))
linear("take", lambda node, _, g: arrays.scatter(g, node.args[1], node.args[0].shape[0], node.attrs))
linear("scatter", lambda node, _, g: arrays.take(g, node.args[1], node.attrs[1]))


def _joined(node: Node, position: int, g: Node) -> Node:
    before = sum([arg.shape[node.attrs] for arg in node.args[:position]])
    return part(g, node.attrs, before, node.args[position].shape[node.attrs])


def _placed(node: Node, position: int, g: Node) -> Node:
    if position:
        return slices(g, node.attrs[position - 1])
    holes = [zeros(value.shape, node.dtype) for value in node.args[1:]]
    return arrays.place(g, holes, node.attrs)


linear("concat", _joined)
linear("place", _placed)


# Products.
def _contract_push(node: Node, tangents: list[Node | None]) -> Node:
    x, y = node.args
    dx, dy = tangents
    left = ZERO if dx is None else contract(node.attrs, full(dx, x), y)
    right = ZERO if dy is None else contract(node.attrs, x, full(dy, y))
    return fold.add(left, right)


def _contract_pull(node: Node, position: int, g: Node) -> Node:
    x, y = node.args
    first, second, out = node.attrs
    return contract((second, out, first), y, g) if position == 0 else contract((first, out, second), x, g)


ARRAY_TABLE["contract"] = ArrayRule(BILINEAR, _contract_push, _contract_pull)


def _others(node: Node) -> Node:
    """For each entry the product of the others, as products of those before it and of those after: right at zeros."""
    x, axes = node.args[0], node.attrs
    kept = [axis for axis in range(len(x.shape)) if axis not in axes]
    order = [*kept, *axes]
    turned = transpose(x, order)
    row = reshape(turned, (*node.shape, math.prod([x.shape[axis] for axis in axes])))
    last = len(node.shape)
    if not row.shape[last]:
        return zeros(x.shape, node.dtype)
    before = _before(make("cumprod", row, attrs=(last, False)), last, False, ONE)
    after = _before(make("cumprod", row, attrs=(last, True)), last, True, ONE)
    return transpose(reshape(fold.mul(before, after), turned.shape), arrays.inverse(order))


def _before(y: Node, axis: int, backward: bool, first: Node) -> Node:
    """For each entry along an axis the one before it (``backward``: after it); ``first`` where there is none."""
    n = y.shape[axis]
    edge = full(first, part(y, axis, 0, min(n, 1)))
    rest = part(y, axis, 1 if backward else 0, max(n - 1, 0))
    return arrays.concat([rest, edge] if backward else [edge, rest], axis)


def _earlier(y: Node, first: Node) -> Node:
    """For each entry of a recurrence what it was made of."""
    axis, backward = y.attrs
    return _before(y, axis, backward, first)


def _extreme(node: Node) -> Node:
    """Entries that tie for the extreme share its derivative equally: the subgradient of least norm."""
    x, axes = node.args[0], node.attrs
    ties = make("eq", x, expand(node, axes))
    count = expand(total(arrays.cast(ties, node.dtype), axes), axes)
    return fold.where(ties, fold.div(ONE, count), ZERO)


def _matrix_axes(node: Node) -> tuple[int, int]:
    n = len(node.args[0].shape)
    return n - 2, n - 1


reduction("prod", _others, lambda node: node.attrs)
reduction("amax", _extreme, lambda node: node.attrs)
reduction("amin", _extreme, lambda node: node.attrs)
reduction("det", lambda node: swap(make("adjugate", node.args[0])), _matrix_axes)  # Jacobi's formula
reduction("logdet", lambda node: swap(make("inv", node.args[0])), _matrix_axes)

# Recurrences: y[i] = a[i] y[i-1] + b[i]. A running product is one, and so is the derivative of each.


def _recurrence_push(a: Node, b: Node, y: Node, da: Node, db: Node) -> Node:
    axis, backward = y.attrs
    rate = fold.mul(da, _before(y, axis, backward, ZERO))
    return arrays.recurrence(a, full(fold.add(rate, db), y), axis, backward)


def _carried_back(a: Node, y: Node, g: Node) -> Node:
    axis, backward = y.attrs
    return arrays.recurrence(_before(a, axis, not backward, ZERO), g, axis, not backward)


array(
    "recurrence",
    RECURRENCE,
    _recurrence_push,
    lambda a, b, y, g: fold.mul(_carried_back(a, y, g), _earlier(y, ZERO)),
    lambda a, b, y, g: _carried_back(a, y, g),
)
array(
    "cumprod",
    RECURRENCE,
    lambda x, y, dx: arrays.recurrence(x, fold.mul(_earlier(y, ONE), dx), *y.attrs),
    lambda x, y, g: fold.mul(_carried_back(x, y, g), _earlier(y, ONE)),
)

# Linear algebra. Sources: M. Giles, Collected matrix derivative results for forward and reverse mode (2008), for inv,
# solve and the symmetric eigenvalue problem; I. Murray, Differentiation of the Cholesky decomposition (2016).
array(
    "inv",
    MATRIX,
    lambda x, out, dx: fold.neg(matmul(matmul(out, dx), out)),
    lambda x, out, g: fold.neg(matmul(matmul(swap(out), g), swap(out))),
)


def _solve_back(a: Node, out: Node, g: Node) -> Node:
    lead = out.shape[:-2]
    return make("solve", arrays.broadcast(swap(a), lead + a.shape[-2:]), g)


array(
    "solve",
    MATRIX,
    lambda a, b, out, da, db: make("solve", a, full(fold.sub(db, ZERO if da is ZERO else matmul(da, out)), out)),
    lambda a, b, out, g: arrays.fit(
        fold.neg(matmul(_solve_back(a, out, g), swap(out))), out.shape[:-2] + a.shape[-2:], a
    ),
    lambda a, b, out, g: arrays.fit(_solve_back(a, out, g), out.shape, b),
)


def _lower(x: Node) -> Node:
    """The lower triangle, the diagonal halved."""
    import numpy as np

    half = np.tril(np.ones(x.shape[-2:])) - np.eye(x.shape[-1]) / 2
    return fold.mul(arrays.cast(ops.data(half), x.dtype), x)


def _cholesky_push(a: Node, low: Node, da: Node) -> Node:
    inverse = make("inv", low)
    return matmul(low, _lower(matmul(matmul(inverse, da), swap(inverse))))


def _cholesky_pull(a: Node, low: Node, g: Node) -> Node:
    inverse = make("inv", low)
    core = matmul(matmul(swap(inverse), _lower(matmul(swap(low), g))), inverse)
    return fold.div(fold.add(core, swap(core)), const(2))


array("cholesky", MATRIX, _cholesky_push, _cholesky_pull)


array(
    "adjugate",
    MATRIX,
    lambda a, out, da: make("adjugate_rate", a, full(da, a)),
    lambda a, out, g: _transposed(make("adjugate_rate", a, swap(full(g, a))), a),
)


def _transposed(x: Node, like: Node) -> Node:
    return arrays.fit(swap(x), x.shape, like)


def _adjugate_twice(a: Node, x: Node, y: Node) -> Node:
    """The second derivative of the adjugate along X and Y, from adj(A) = det(A) A⁻¹; NaN where A has no inverse."""
    n = max(len(a.shape), len(x.shape), len(y.shape))
    inverse = make("inv", a)

    def trace(p: Node, q: Node) -> Node:
        return expand(total(fold.mul(swap(p), q), (n - 2, n - 1)), (n - 2, n - 1))

    by_y = make("adjugate_rate", a, y)
    along_x, along_y = matmul(inverse, x), matmul(inverse, y)
    adjugate = make("adjugate", a)
    first = fold.mul(trace(by_y, x), inverse)
    second = fold.mul(trace(adjugate, x), matmul(along_y, inverse))
    third = matmul(matmul(along_y, along_x), adjugate)
    fourth = matmul(along_x, by_y)
    return fold.sub(fold.add(fold.sub(first, second), third), fourth)


def _adjugate_rate_push(a: Node, x: Node, out: Node, da: Node, dx: Node) -> Node:
    linear_part = ZERO if dx is ZERO else make("adjugate_rate", a, dx)
    return linear_part if da is ZERO else fold.add(_adjugate_twice(a, x, da), linear_part)


array(
    "adjugate_rate",
    MATRIX,
    _adjugate_rate_push,
    lambda a, x, out, g: _transposed(_adjugate_twice(a, x, swap(g)), a),
    lambda a, x, out, g: _transposed(make("adjugate_rate", a, swap(g)), x),
)


class SeveralRule(NamedTuple):
    """One row for a function with several values, such as eigenvalues and eigenvectors.

    ``push(node, tangent)`` gives the derivative of each value, ``pull(node, {index: adjoint})`` what goes back.
    """

    name: Name
    push: Callable[[Node, Node], dict[int, Node]]
    pull: Callable[[Node, dict[int, Node]], Node]


# Equal eigenvalues tie: they move as their mean, as the ties of a maximum do, whatever eigenvectors were found for
# them. The mean has a slope; the eigenvectors have none, unless the matrix changes in a way that leaves them alone.


def ties(w: Node) -> tuple[Node, Node]:
    """Which eigenvalues are equal, as far as can be told, and w[j] - w[i], 0 where they are."""
    n = len(w.shape)
    gap = fold.sub(expand(w, (n - 1,)), expand(w, (n,)))
    size = expand(arrays.reduced("amax", make("abs", w), (n - 1,)), (n - 1, n))
    same = make("le", make("abs", gap), fold.mul(const(arrays.tie_width(w)), size))
    return same, make("where", same, ZERO, gap)


def _shared(w: Node, x: Node) -> Node:
    """Numbers for each eigenvalue, averaged over equal ones."""
    same = arrays.cast(ties(w)[0], w.dtype)
    sums = total(fold.mul(same, expand(x, (len(x.shape) - 1,))), (max(len(x.shape), len(w.shape)),))
    return fold.div(sums, total(same, (len(w.shape),)))


def _over_gaps(w: Node, x: Node) -> Node:
    """x[i, j] / (w[j] - w[i]); between equal eigenvalues 0 if x is 0 there, as far as can be told, else infinite."""
    n = len(w.shape)
    same, gap = ties(w)
    size = expand(arrays.reduced("amax", make("abs", x), (n - 1, n)), (n - 1, n))
    diagonal = ops.data(_identity(w.shape[-1]))
    small = make("or", diagonal, make("le", make("abs", x), fold.mul(const(arrays.tie_width(w)), size)))
    return fold.where(make("and", same, small), ZERO, fold.div(x, gap))


def _identity(n: int) -> Any:
    import numpy as np

    return np.eye(n, dtype=bool)


def _eigh_push(node: Node, da: Node) -> dict[int, Node]:
    w, vectors = arrays.item(node, 0), arrays.item(node, 1)
    da = full(da, node.args[0])
    turned = matmul(matmul(swap(vectors), da), vectors)
    values = make("rayleigh", node.args[0], w, vectors, da)
    return {0: values, 1: matmul(vectors, _over_gaps(w, turned))}


def _eigh_pull(node: Node, adjoints: dict[int, Node]) -> Node:
    w, vectors = arrays.item(node, 0), arrays.item(node, 1)
    core = ZERO
    if 1 in adjoints:
        turned = matmul(swap(vectors), full(adjoints[1], vectors))
        core = matmul(matmul(vectors, _over_gaps(w, turned)), swap(vectors))
    if 0 in adjoints:
        core = fold.add(core, make("spectral", node.args[0], w, vectors, full(adjoints[0], w)))
    return core


def divided_differences(w: Node, g: Node, slopes: Node) -> Node:
    """(g[i] - g[j]) / (w[i] - w[j]), and between equal eigenvalues what it tends to, from ``slopes``, ∂g[i]/∂w[j].

    For a g that changes places as its eigenvalues do, as the gradient of a symmetric function does.
    """
    n = len(g.shape)
    same, gap = ties(w)
    steps = fold.sub(expand(g, (n - 1,)), expand(g, (n,)))
    close = ZERO if slopes is ZERO else _close(w, slopes, same)
    return fold.where(same, close, fold.div(steps, make("where", same, ONE, gap)))


def _close(w: Node, slopes: Node, same: Node) -> Node:
    """Between equal eigenvalues, how much more g[i] changes with w[i] than with w[j]; on the diagonal their mean."""
    last = len(slopes.shape) - 1
    own = expand(total(fold.mul(_diagonal(w), slopes), (last,)), (last,))
    mutual = fold.sub(fold.add(own, swap(own)), fold.add(slopes, swap(slopes)))
    others = fold.where(same, fold.mul(ops.HALF, mutual), ZERO)
    count = fold.sub(total(arrays.cast(same, w.dtype), (len(same.shape) - 1,)), ONE)
    mean = fold.div(total(others, (last,)), make("max", count, ONE))
    return fold.add(others, fold.mul(_diagonal(w), expand(mean, (last,))))


def _diagonal(w: Node) -> Node:
    return arrays.cast(ops.data(_identity(w.shape[-1])), w.dtype)


def _unseen(w: Node, turned: Node) -> Node:
    """A change of the matrix, in its eigenvectors, without the change of the eigenvalues."""
    last = len(turned.shape) - 1
    diagonal = total(fold.mul(_diagonal(w), turned), (last,))
    return fold.sub(turned, fold.mul(_diagonal(w), expand(_shared(w, diagonal), (last,))))


def spectral_push(node: Node, differences: Node, da: Node | None, dg: Node | None) -> Node:
    """The derivative of V diag(g) Vᵀ, without that of V. Source: Yu. L. Daletskii, S. G. Krein (1965)."""
    matrix, w, vectors, g = node.args
    found = ZERO
    if da is not None and differences is not ZERO:
        changed = fold.mul(differences, _unseen(w, _turned(vectors, full(da, matrix))))
        found = matmul(matmul(vectors, changed), swap(vectors))
    return found if dg is None else fold.add(found, make("spectral", matrix, w, vectors, full(dg, g)))


def spectral_pull(node: Node, position: int, differences: Node, adjoint: Node) -> Node:
    matrix, w, vectors, g = node.args
    if position == 3:
        return arrays.fit(make("rayleigh", matrix, w, vectors, adjoint), node.shape[:-1], g)
    if position or differences is ZERO:
        return ZERO
    turned = _turned(vectors, adjoint)
    even = fold.mul(ops.HALF, fold.add(turned, swap(turned)))
    core = matmul(matmul(vectors, _unseen(w, fold.mul(differences, even))), swap(vectors))
    return arrays.fit(core, node.shape, matrix)


def rayleigh_push(node: Node, da: Node | None, dx: Node | None) -> Node:
    """The second derivative of eigenvalues. Equal ones have none of their own, unless what the two changes of the
    matrix do to them adds up to nothing."""
    matrix, w, vectors, x = node.args
    found = ZERO if dx is None else make("rayleigh", matrix, w, vectors, full(dx, x))
    if da is None:
        return found
    first, second = _turned(vectors, x), _turned(vectors, full(da, matrix))
    product = fold.mul(fold.add(first, swap(first)), second)
    same, gap = ties(w)
    last = len(product.shape) - 1
    apart = fold.where(same, ZERO, fold.div(product, make("where", same, ONE, fold.neg(gap))))
    inside = fold.where(same, fold.mul(_unseen(w, first), _unseen(w, second)), ZERO)
    rate, mixed = total(apart, (last,)), _shared(w, total(inside, (last,)))
    size = expand(arrays.reduced("amax", make("abs", fold.mul(first, second)), (last - 1, last)), (last - 1,))
    none = make("gt", make("abs", mixed), fold.mul(const(arrays.tie_width(w)), size))
    return fold.add(found, make("where", none, const(math.nan), _shared(w, rate)))


def rayleigh_pull(node: Node, position: int, differences: Node, adjoint: Node) -> Node:
    """As V diag(g) Vᵀ goes forward, with the adjoint for g."""
    matrix, w, vectors, x = node.args
    if position == 3:
        return arrays.fit(make("spectral", matrix, w, vectors, adjoint), (*node.shape, node.shape[-1]), x)
    if position or differences is ZERO:
        return ZERO
    changed = fold.mul(differences, _unseen(w, _turned(vectors, x)))
    core = matmul(matmul(vectors, changed), swap(vectors))
    even = fold.mul(ops.HALF, fold.add(core, swap(core)))
    return arrays.fit(even, (*node.shape, node.shape[-1]), matrix)


def _turned(vectors: Node, x: Node) -> Node:
    """A matrix as the eigenvectors see it."""
    return matmul(matmul(swap(vectors), x), vectors)


SEVERAL_TABLE: Final[dict[str, SeveralRule]] = {"eigh": SeveralRule(MATRIX, _eigh_push, _eigh_pull)}


def abstract(node: Node, position: int) -> Node:
    """The partial derivative of f(x, …) by one argument: the same function, differentiated once more by it."""
    name, orders = node.attrs
    raised = tuple([order + (i == position) for i, order in enumerate(orders)])
    return apply(name, *node.args, orders=raised)
