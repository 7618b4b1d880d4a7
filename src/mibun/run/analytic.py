"""The value of a formula whose parts leave the real line though the whole does not.

Formulas from tables hold such parts: in √(a - b)·atan(√(a - b)·x), both roots are imaginary for a < b and their product
is not. Where real arithmetic gives NaN, :mod:`mibun.run.interpret` asks here; what comes out real counts, anything else
stays NaN. Roots and logarithms are principal values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import cache
from typing import Any, Final
from weakref import WeakKeyDictionary

from mibun.node import Node, postorder

TOLERANCE: Final = 1e-9  # an imaginary part smaller than this, relative to the real one, is rounding


# NumPy's functions of these take complex numbers as they are; of the next, only real ones have a value.
ANALYTIC: Final = (
    "add sub mul div neg pow sqrt exp ln log sin cos tan sec csc cot atan sinh cosh tanh sech csch coth asinh acosh"
)
REAL: Final = "floor ceil min max atan2 lt le gt ge eq ne and or not"


@cache
def _functions(real: Callable[[], Mapping[str, Callable[..., Any]]]) -> dict[str, Callable[..., Any]]:
    """What each operation does to complex arrays, from what it does to ``real()`` ones.

    An operation that is not here has no value off the real line.
    """
    import numpy as np

    def only_real(function: Callable[..., Any]) -> Callable[..., Any]:
        def checked(*args: Any) -> Any:
            inside = np.logical_and.reduce([np.imag(arg) == 0 for arg in np.broadcast_arrays(*args)])
            return np.where(inside, function(*[np.real(arg) for arg in args]), np.nan)

        return checked

    def below(function: Callable[..., Any]) -> Callable[..., Any]:
        """On the cut beyond 1 the value from below, as Mathematica and mpmath take it; NumPy takes it from above."""

        def value(x: Any) -> Any:
            found = function(x)
            return np.where((np.imag(x) == 0) & (np.real(x) > 1), np.conj(found), found)

        return value

    def of_reciprocal(function: Callable[..., Any]) -> Callable[..., Any]:
        return lambda x: function(1 / x + 0j)

    def modulus(x: Any) -> Any:  # |x| of a real x, continued: √(x²)
        return np.sqrt(x * x)

    asin, acos, atanh = below(np.arcsin), below(np.arccos), below(np.arctanh)
    return {
        **{op: real()[op] for op in ANALYTIC.split()},
        **{op: only_real(real()[op]) for op in REAL.split()},
        "asin": asin,
        "acos": acos,
        "atanh": atanh,
        "asec": of_reciprocal(acos),
        "acsc": of_reciprocal(asin),
        "acot": of_reciprocal(np.arctan),
        "asech": of_reciprocal(np.arccosh),
        "acsch": of_reciprocal(np.arcsinh),
        "acoth": of_reciprocal(atanh),
        "abs": modulus,
        "sign": lambda x: x / modulus(x),
        "hypot": lambda x, y: np.sqrt(x * x + y * y),
        "where": lambda test, yes, no: np.where(np.real(test) != 0, yes, no),
    }


def has_root_of_negative(node: Node) -> bool:
    """Whether the formula holds a written root of a negative number, such as (-1)^(1/3)."""
    found = _rooted.get(node)
    if found is None:
        found = _rooted[node] = any(
            inner.args[0].op == inner.args[1].op == "const"
            and inner.args[0].attrs < 0
            and isinstance(inner.args[1].attrs, Fraction)
            for inner in [inner for inner in postorder(node) if inner.op == "pow"]
        )
    return found


_rooted: Final[WeakKeyDictionary[Node, bool]] = WeakKeyDictionary()


def real_value(node: Node, values: Mapping[str, Any], real: Callable[[], Mapping[str, Callable[..., Any]]]) -> Any:
    """The value by complex arithmetic where it is real, NaN elsewhere, as float64 of the values' common shape.

    ``real()`` is the table of what operations do to real arrays.
    """
    import numpy as np

    table = _functions(real)
    order = postorder(node)
    if any(inner.args and inner.op not in table for inner in order):
        return np.full(np.broadcast_shapes(*[np.shape(v) for v in values.values()]), np.nan)
    memory: dict[Node, Any] = {}
    lost: Any = np.False_
    with np.errstate(all="ignore"):
        for inner in order:
            if inner.op == "symbol":
                memory[inner] = np.asarray(values[inner.attrs], dtype=np.complex128)
            elif not inner.args:
                memory[inner] = np.complex128(_CONSTANTS.get(inner.op) or _float(inner.attrs))
            else:
                # + 0 makes an imaginary -0.0 a 0.0: a real number lies on no lower side of a cut
                memory[inner] = np.asarray(table[inner.op](*[memory[arg] for arg in inner.args])) + 0j
                # where a number on the way is too large, nothing is known: 1/√(1 - x²) is 0 for no x
                lost = lost | ~np.isfinite(memory[inner])
        value = memory[node]
        close = np.abs(value.imag) <= TOLERANCE * np.abs(value.real)
        return np.where(close & ~lost, value.real, np.nan)


_CONSTANTS: Final = {"e": 2.718281828459045, "pi": 3.141592653589793}


def _float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")
