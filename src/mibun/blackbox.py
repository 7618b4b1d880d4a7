"""A Python function: its limits and derivatives come from its values alone, and where its code is plain calculation
with numbers, that is read as a formula, which can do all the rest.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import BuiltinFunctionType
from typing import TYPE_CHECKING, Any, Final

from mibun import ops, places
from mibun.errors import ShapeError, UnsupportedOperation
from mibun.trace.formulas import formula
from mibun.trace.traced import TURN, Trace, Traced, ask
from mibun.transforms.derived import scalar

if TYPE_CHECKING:
    from mibun.limit.numeric import NumericalDerivative
    from mibun.limit.quotient import LimitStudy
    from mibun.node import Node


Maker = Callable[["Node", tuple[str, ...], str], Any]
"""Makes a ``Function`` of a formula, its variables and its name."""

OF_FORMULAS: Final = (
    *("ascii", "assumptions", "at", "check", "compile", "diff", "enclose", "equals", "explain", "gradient", "graph"),
    *("hessian", "latex", "mathml", "node", "notes", "plot", "principles", "quotient", "shape", "size", "source"),
    *("text", "value_and_grad", "written"),
)
"""What a formula has and a callable has not."""
_RENAMED: Final = {"black_box_op": "black_box_op", "trace_branch_in_loop": "black_box_branch"}


class BlackBox:
    """A callable of one or several floats.

    ``variables`` are the names of its arguments, ``name`` its own. Calling it calls the function; ``limit`` and
    ``derivative`` go by its values. What :class:`mibun.Function` has besides (``diff``, ``explain``, ``check``, …) is
    that of its formula, see :meth:`formula`.
    """

    __slots__ = ("__wrapped__", "_fn", "_make", "_name", "_variables")

    def __init__(
        self, fn: Callable[..., Any], variables: tuple[str, ...] | None = None, make: Maker | None = None
    ) -> None:
        self._fn = self.__wrapped__ = fn
        self._make = make
        self._variables = _arguments(fn) if variables is None else variables
        name = getattr(fn, "__name__", "f")
        self._name = name if name.isidentifier() else "f"

    @property
    def variables(self) -> tuple[str, ...]:
        """The arguments, in order."""
        return self._variables

    @property
    def name(self) -> str:
        """The function's own name, ``f`` for a lambda."""
        return self._name

    def __call__(self, /, *args: Any, **named: Any) -> Any:
        """What the function returns."""
        return self._fn(*args, **named)

    def __getattr__(self, name: str) -> Any:
        if name not in OF_FORMULAS:
            raise AttributeError(f"a black box has no {name}")
        return getattr(self._formula(name), name)

    def formula(self) -> Any:
        """The function as a :class:`mibun.Function`: it is called once, with stand-ins that write down what happens.

        For that it has to calculate with numbers by NumPy's functions and Python's operators, the same for all values:
        loops are written out. ``UnsupportedOperation`` says what is in the way, with the line: an ``if`` that depends
        on a value, a function that takes plain numbers only, an operation that formulas do not have.
        """
        return self._formula("formula")

    def _formula(self, wanted: str) -> Any:
        import numpy as np

        if self._make is None or isinstance(self._fn, BuiltinFunctionType):
            raise UnsupportedOperation("black_box", name=wanted, callee=self._name)
        trace = Trace()
        symbols = [ops.symbol(name) for name in self._variables]
        trace.values.update(dict.fromkeys(symbols, np.float64(0.5)))
        stand_ins = [Traced(trace, symbol, trace.values[symbol], TURN) for symbol in symbols]
        try:
            with trace.under_way(), np.errstate(all="ignore"):
                found = formula(scalar(ask(self._fn, *stand_ins), trace, "function"))
        except UnsupportedOperation as error:
            if error.key not in _RENAMED:
                raise
            error.key = _RENAMED[error.key]
            error.facts["name"] = wanted
            raise
        return self._make(found, self._variables, self._name)

    def __repr__(self) -> str:
        return f"<mibun.BlackBox {self._name}({', '.join(self._variables)})>"

    def limit(self, at: Any, wrt: str | None = None, h: Any = None) -> LimitStudy:
        """The difference quotient at ``at``, studied as h shrinks, beside a numerical derivative with its bound.

        Arguments as for :meth:`mibun.Function.limit`.

        >>> import math
        >>> study = BlackBox(math.sin, ("x",)).limit(at=1)
        >>> abs(study.value - math.cos(1)) <= study.bound < 1e-10
        True
        """
        from mibun.limit import quotient

        if wrt is None and len(self._variables) > 1:
            names = self._variables
            raise ShapeError("which_variable", variables=", ".join(names), example=f'limit(…, "{names[0]}")')
        variable = self._variables[0] if wrt is None else wrt
        if variable not in self._variables:
            raise ShapeError("unknown_variable", name=variable, variables=", ".join(self._variables))
        point = places.point(at, variable, self._variables, self._variables)
        step = None if h is None else places.step(h)
        return quotient.study_callable(self._fn, self._variables, variable, point, h=step, name=self._name)

    def derivative(self, at: Any, order: int = 1, **options: Any) -> NumericalDerivative:
        """The numerical derivative, as :func:`mibun.derivative` gives it."""
        from mibun.limit.numeric import derivative

        return derivative(self._fn, at, order, **options)


def _arguments(fn: Callable[..., Any]) -> tuple[str, ...]:
    """The names of the positional arguments that have to be given; x for a function that does not tell."""
    try:
        parameters = inspect.signature(fn).parameters.values()
    except (TypeError, ValueError):
        return ("x",)
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    needed = [p.name for p in parameters if p.kind in positional and p.default is inspect.Parameter.empty]
    return tuple(needed) or ("x",)
