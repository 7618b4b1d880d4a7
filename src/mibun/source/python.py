"""Python with NumPy: a function over numbers and arrays that broadcast, which automatic differentiation can look into.

What NumPy lacks is written out beside it; erf, Γ and ln |Γ| come from SciPy.
"""

from __future__ import annotations

import keyword
import math
import textwrap
from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from mibun.node import Node, postorder
from mibun.ops import BOOL, symbol
from mibun.source import plan
from mibun.source.gamma import circular, stirling
from mibun.source.plan import ATOM, POWER, PRODUCT, SIGN, WIDTH, Names, Piece, Program, say, words, wrapped

RESERVED: Final = frozenset([*keyword.kwlist, *keyword.softkwlist, "np", "special", "print", "self", "abs", "range"])
EXACT: Final = 2**53  # integers below are floats, exactly

# What NumPy lacks: the helpers that it uses itself, and the code.
HELPERS: Final[dict[str, tuple[tuple[str, ...], str]]] = {
    "sigmoid": (
        (),
        """
        def sigmoid(x):
            small = np.exp(-np.abs(x))
            return np.where(x < 0, small, 1.0) / (1 + small)
        """,
    ),
    "acot": (
        (),
        """
        def acot(x):
            return np.arctan(1 / (x + 0.0))
        """,
    ),
    "beyond_one": (
        (),
        """
        def beyond_one(x):
            return np.sqrt(np.abs(x) - 1) * np.sqrt(np.abs(x) + 1)
        """,
    ),
    "asec": (
        ("beyond_one",),
        """
        def asec(x):
            return np.arctan2(beyond_one(x), np.sign(x))
        """,
    ),
    "acsc": (
        ("beyond_one",),
        """
        def acsc(x):
            return np.arctan2(np.sign(x), beyond_one(x))
        """,
    ),
    "asech": (
        (),
        """
        def asech(x):
            return np.arcsinh(np.sqrt((1 - x) / x) * np.sqrt((1 + x) / x))
        """,
    ),
    "acoth": (
        (),
        """
        def acoth(x):
            return np.sign(x) * (np.log1p(2 / (np.abs(x) - 1)) / 2)
        """,
    ),
    "odd_power": (
        (),
        """
        def odd_power(x, n):
            return np.sign(x) * np.abs(x) ** n
        """,
    ),
    "root_power": (
        (),
        """
        def root_power(x, n):
            return np.where(x < 0, np.nan, x) ** n
        """,
    ),
    "cot_pi": (
        (),
        """
        def cot_pi(x):
            return 1 / np.tan(np.pi * (x - np.rint(x)))
        """,
    ),
}


def _numbers(values: Sequence[float]) -> str:
    lines = textwrap.wrap(", ".join(map(repr, values)), 80)
    return "\n                ".join(lines) + ","


def _digamma() -> str:
    return f"""
        def digamma(x):
            coefficients = [
                {_numbers(stirling(0)[::-1])}
            ]
            negative = x < 0
            z = np.where(negative, 1 - x, x)
            y = z + 16
            total = 0
            for coefficient in coefficients:
                total = (total + coefficient) / (y * y)
            total = np.log(y) - 0.5 / y - total
            for k in range(15, -1, -1):
                total = total - 1 / (z + k)
            mirrored = total - np.pi * cot_pi(np.where(negative, x, 0.5))
            total = np.where(negative, mirrored, total)
            return np.where((x <= 0) & (x == np.floor(x)), np.nan, total)
        """


def _polygamma(n: int) -> str:
    shift = n + 16
    return f"""
        def polygamma_{n}(x):
            coefficients = [
                {_numbers(stirling(n)[::-1])}
            ]
            circular = [
                {_numbers(circular(n)[::-1])}
            ]
            negative = x < 0
            z = np.where(negative, 1 - x, x)
            y = z + {shift}
            total = 0
            for coefficient in coefficients:
                total = (total + coefficient) / (y * y)
            total = {float(math.factorial(n - 1))!r} * y**-{n}.0 * (1 + {n / 2!r} / y + total)
            for k in range({shift - 1}, -1, -1):
                total = total + {float(math.factorial(n))!r} * (z + k) ** -{n + 1}.0
            cot = cot_pi(np.where(negative, x, 0.5))
            mirrored = 0
            for coefficient in circular:
                mirrored = mirrored * cot + coefficient
            mirrored = -total - {math.pi ** (n + 1)!r} * mirrored
            total = np.where(negative, mirrored, {"" if n % 2 else "-"}total)
            return np.where((x <= 0) & (x == np.floor(x)), {"np.inf" if n % 2 else "np.nan"}, total)
        """


def helper(name: str) -> tuple[tuple[str, ...], str]:
    """What the helper needs, and its code."""
    if name == "digamma":
        return ("cot_pi",), _digamma()
    if name.startswith("polygamma_"):
        return ("cot_pi",), _polygamma(int(name.removeprefix("polygamma_")))
    return HELPERS[name]


# Formulas


def number(value: int | Fraction | float) -> str:
    """An integer as it is, any other number as the float next to it.

    >>> number(2), number(Fraction(1, 3)), number(10**20)
    ('2', '0.3333333333333333', '1e+20')
    """
    if type(value) is int and abs(value) <= EXACT:
        return str(value)
    try:
        nearest = float(value)
    except OverflowError:
        nearest = math.inf if value > 0 else -math.inf
    if math.isfinite(nearest):
        return repr(nearest)
    return "np.nan" if math.isnan(nearest) else "np.inf" if nearest > 0 else "-np.inf"


def _literal(value: int | Fraction | float) -> Piece:
    text = number(value)
    return Piece(text, SIGN if text.startswith("-") else ATOM)


_ARC: Final = {"a" + op: "arc" + op for op in words("sin cos tan sinh cosh tanh")}
_DIRECT: Final = {
    **{op: op for op in words("sqrt exp sin cos tan sinh cosh tanh floor ceil sign hypot log1p expm1 logaddexp abs")},
    **_ARC,
    **{"ln": "log", "atan2": "arctan2", "min": "minimum", "max": "maximum"},
    **{"and": "logical_and", "or": "logical_or", "not": "logical_not", "where": "where"},
}
_SCIPY: Final = {"erf": "erf", "gamma": "gamma", "lgamma": "gammaln"}
_HELPED: Final = ("sigmoid", "acot", "asec", "acsc", "asech", "acoth", "digamma")
_ONE: Final = Piece("1", ATOM)
_ZERO: Final = Piece("0.0", ATOM)
COVERED: Final = frozenset(
    [
        *[*_DIRECT, *_SCIPY, *_HELPED, *plan.RECIPROCAL, *plan.INFIX, *plan.RELATIONS],
        *words("const symbol e pi neg pow log acsch relu softplus polygamma"),
    ]
)


class _Writing(plan.Writing):
    def __call__(self, node: Node, args: Sequence[Piece]) -> Piece:
        op = node.op
        if op == "const":
            return _literal(node.attrs)
        if op in ("e", "pi"):
            return Piece(f"np.{op}", ATOM)
        if op in plan.INFIX:
            return plan.infix(*plan.INFIX[op], *_reals(node, args))
        if op in plan.RELATIONS:
            return plan.relation(op, *args)
        if op == "neg":
            return plan.negative(*_reals(node, args))
        if op in _DIRECT:
            return plan.call(f"np.{_DIRECT[op]}", *args)
        if op in _SCIPY:
            return plan.call(f"special.{_SCIPY[op]}", *args)
        if op in _HELPED:
            return self.help(op, *args)
        if op in plan.RECIPROCAL:
            return plan.infix("/", PRODUCT, _ONE, plan.call(f"np.{plan.RECIPROCAL[op]}", *args))
        if op == "acsch":
            return plan.call("np.arcsinh", plan.infix("/", PRODUCT, _ONE, args[0]))
        if op in ("relu", "softplus"):
            return plan.call("np.maximum" if op == "relu" else "np.logaddexp", _ZERO, args[0])
        if op == "log":
            return self._logarithm(node, args)
        if op == "polygamma":
            n = plan.polygamma_order(node)
            return Piece("np.nan", ATOM) if n is None else self.help(f"polygamma_{n}" if n else "digamma", args[1])
        return self._power(node, *_reals(node, args))

    def _logarithm(self, node: Node, args: Sequence[Piece]) -> Piece:
        base = self.exact[node.args[1]]
        if base in (2, 10):
            return plan.call(f"np.log{base}", args[0])
        return plan.infix("/", PRODUCT, *[plan.call("np.log", arg) for arg in args])

    def _power(self, node: Node, x: Piece, y: Piece) -> Piece:
        exact = self.exact[node.args[1]]
        if exact is None:
            return Piece(f"{x.within(ATOM)} ** {y.within(ATOM)}", POWER)
        exponent = Fraction(exact)
        if exponent.denominator == 1:
            n = number(exponent.numerator if exponent > 0 else float(exponent))
            return Piece(f"{x.within(ATOM)}**{n}", POWER)
        if exponent.denominator % 2 == 0:
            return self.help("root_power", x, _literal(exponent))
        if exponent.denominator == 3 and abs(exponent.numerator) < 16:
            root = plan.call("np.cbrt", x)
            n = number(exponent.numerator if exponent > 0 else float(exponent.numerator))
            return root if exponent.numerator == 1 else Piece(f"{root.text}**{n}", POWER)
        if exponent.numerator % 2:
            return self.help("odd_power", x, _literal(exponent))
        return Piece(f"{plan.call('np.abs', x).text} ** {_literal(exponent).within(ATOM)}", POWER)


def _reals(node: Node, args: Sequence[Piece]) -> list[Piece]:
    """A truth value counts as 1 or 0: NumPy would add them by "or"."""
    return [
        plan.infix("*", PRODUCT, Piece("1.0", ATOM), piece) if arg.dtype is BOOL else piece
        for arg, piece in zip(node.args, args, strict=True)
    ]


# Functions


def source(programs: Sequence[Program], lang: str) -> str:
    """The module. ``UnsupportedOperation`` for what has no value."""
    nodes = [plan.prepared(program) for program in programs]
    write = _Writing([root for roots in nodes for root in roots], helper)
    functions = [_function(program, roots, write, lang) for program, roots in zip(programs, nodes, strict=True)]
    imports = "import numpy as np" + ("\nfrom scipy import special" if not write.ops.isdisjoint(_SCIPY) else "")
    return "\n\n\n".join([f"# {say('made', lang)}\n{imports}", *write.helpers, *functions]) + "\n"


def _function(program: Program, roots: Sequence[Node], write: _Writing, lang: str) -> str:
    names = Names([*RESERVED, *HELPERS, "digamma", *plan.POLYGAMMAS, "values", "value", "gradient", "hessian"])
    title = names.give(plan.identifier(program.title))
    given = {name: names.give(plan.identifier(name)) for name in program.arguments}
    computed, results = plan.lines(roots, write, {symbol(name): text for name, text in given.items()}, names)
    body = [f"{name} = np.float64(1) * {name}" for name in given.values()]
    body += [f"{line.name} = {line.text}" for line in computed]
    about = _docstring([*plan.formulas(program, "[{i}]"), *plan.remarks(program, lang, "returns")])
    head = ['@np.errstate(all="ignore")', f"def {title}({', '.join(given.values())}):"]
    end = _returned(program, roots, results, [*given.values()])
    return "\n".join([*head, *["    " + line if line else "" for line in [*about, *body, *end]]])


def _docstring(paragraphs: Sequence[str]) -> list[str]:
    lines = [line for each in paragraphs for line in wrapped(each, WIDTH - 12)]
    if not lines:
        return []
    lines[0] = '"""' + lines[0]
    if len(lines) == 1:
        return [lines[0] + '"""']
    return [*lines, '"""']


def _returned(program: Program, roots: Sequence[Node], results: Sequence[str], given: Sequence[str]) -> list[str]:
    """The last lines. What does not depend on all arguments takes their common shape, too."""
    wanted = set(program.arguments)
    alike = all({inner.attrs for inner in postorder(root) if inner.op == "symbol"} == wanted for root in roots)
    if program.has_value and not program.derivatives:
        whole = f"np.broadcast_arrays({', '.join([results[0], *given])})[0][()]"
        return [f"return {results[0] if alike else whole}"]
    values, lines = [*results], []
    if not alike:
        lines = ["values = np.broadcast_arrays(", *[f"    {text}," for text in [*results, *given]], ")"]
        values = [f"values[{i}]" for i in range(len(results))]
    if not program.derivatives:
        return [*lines, *_stacked("return ", values, program.shape)]
    n = len(program.variables)
    value, slopes = values[0], values[1] if n == 1 else f"({', '.join(values[1 : n + 1])})"
    if len(value) + len(slopes) > WIDTH - 30:
        lines.append(f"value = {value}")
        lines += ["gradient = (", *[f"    {slope}," for slope in values[1 : n + 1]], ")"]
        value, slopes = "value", "gradient" if n != 1 else "gradient[0]"
    if program.derivatives == 1:
        return [*lines, f"return {value}, {slopes}"]
    return [*lines, *_stacked("hessian = ", values[n + 1 :], (n, n)), f"return {value}, {slopes}, hessian"]


def _stacked(before: str, values: Sequence[str], shape: Sequence[int]) -> list[str]:
    """One array of the values, ``shape`` first, then their own."""
    if not values:
        return [f"{before}np.zeros({tuple(shape)})"]
    if len(shape) == 1:
        row = f"{before}np.stack([{', '.join(values)}])"
        return [row] if len(row) <= WIDTH else [f"{before}np.stack([", *[f"    {value}," for value in values], "])"]
    count = len(values) // shape[0]
    lines = [f"{before}np.stack(["]
    for i in range(shape[0]):
        row_lines = _stacked("", values[i * count : (i + 1) * count], shape[1:])
        row_lines[-1] += ","
        lines += ["    " + line for line in row_lines]
    return [*lines, "])"]
