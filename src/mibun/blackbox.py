"""A Python function that is only called, never looked into: its derivatives come from its values alone."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mibun import places
from mibun.errors import ShapeError, UnsupportedOperation

if TYPE_CHECKING:
    from mibun.limit.numeric import NumericalDerivative
    from mibun.limit.quotient import LimitStudy


class BlackBox:
    """A callable of one or several floats.

    ``variables`` are the names of its arguments, ``name`` its own. Calling it calls the function.
    """

    __slots__ = ("_fn", "_name", "_variables")

    def __init__(self, fn: Callable[..., Any], variables: tuple[str, ...] | None = None) -> None:
        self._fn = fn
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
        if name in ("diff", "gradient", "hessian", "explain", "principles", "enclose", "equals", "check", "plot"):
            raise UnsupportedOperation("black_box", name=name)
        raise AttributeError(f"a black box has no {name}")

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
