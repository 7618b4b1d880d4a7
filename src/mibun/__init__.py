"""mibun: derivatives that are right, fast, and shown step by step.

>>> import mibun as mb
>>> f = mb.function("x^2 / 2")
>>> f.diff().ascii()
'x'
"""

from typing import TYPE_CHECKING, Any

from mibun._version import __version__
from mibun.errors import (
    BudgetExceeded,
    DomainError,
    MibunError,
    NotDifferentiable,
    ParseError,
    ShapeError,
    UnsupportedOperation,
)
from mibun.function import Function, function, symbols

if TYPE_CHECKING:
    from mibun.calls import check, graph
    from mibun.checks import audit
    from mibun.limit.numeric import derivative
    from mibun.transforms import (
        custom,
        grad,
        hessian,
        hvp,
        implicit,
        jacobian,
        jvp,
        scan,
        value_and_grad,
        vjp,
        vmap,
        while_loop,
    )

__all__ = [
    "BudgetExceeded",
    "DomainError",
    "Function",
    "MibunError",
    "NotDifferentiable",
    "ParseError",
    "ShapeError",
    "UnsupportedOperation",
    "__version__",
    "audit",
    "check",
    "custom",
    "derivative",
    "function",
    "grad",
    "graph",
    "hessian",
    "hvp",
    "implicit",
    "jacobian",
    "jvp",
    "scan",
    "symbols",
    "value_and_grad",
    "vjp",
    "vmap",
    "while_loop",
]
_TRANSFORMS = [
    "custom",
    "grad",
    "hessian",
    "hvp",
    "implicit",
    "jacobian",
    "jvp",
    "scan",
    "value_and_grad",
    "vjp",
    "vmap",
    "while_loop",
]
_LATER = {  # found when asked for: they need NumPy
    "audit": "mibun.checks",
    "check": "mibun.calls",
    "graph": "mibun.calls",
    "derivative": "mibun.limit.numeric",
    **dict.fromkeys(_TRANSFORMS, "mibun.transforms"),
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'mibun' has no attribute {name!r}")
    from importlib import import_module

    found = globals()[name] = getattr(import_module(_LATER[name]), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})
