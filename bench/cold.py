"""``python -m bench.cold STAGE``: seconds from the text of a function to the first number of its derivative.

Runs in a process of its own, as JSON on standard output: the ``seconds``, and the ``modules`` that were loaded in the
end. Modules named on standard input are imported before the clock starts, so that no import is timed.
"""

from __future__ import annotations

import importlib
import json
import math
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from time import perf_counter
from types import SimpleNamespace
from typing import Any

from bench.formulas import LECTURE, functions

BODY = LECTURE.text.partition("=")[2].strip()
AT = 1.5


def _interpreted() -> Any:
    import mibun as mb

    return mb.function(BODY).diff()(AT)


def _compiled() -> Any:
    import mibun as mb

    return mb.function(BODY).diff().compile()(AT)


@cache
def _elementary() -> SimpleNamespace:
    """The functions that an expression is made of. Where expressions are given, they are there before the clock starts,
    as ``casadi.sin`` is."""
    import mibun as mb

    return functions(sin=mb.function("sin(x)"), exp=mb.function("exp(x)"), log1p=mb.function("ln(1 + x)"))


def _expression() -> Any:
    import mibun as mb

    (x,) = mb.symbols("x")
    return LECTURE.code(_elementary())(x).diff()(AT)


def _traced() -> Any:
    import numpy as np

    import mibun as mb

    return mb.grad(LECTURE.code(functions(np)))(AT)


def _jax() -> Any:
    import jax

    return jax.jit(jax.grad(LECTURE.code(functions(jax.numpy))))(AT).block_until_ready()


def _torch() -> Any:
    import torch

    x = torch.tensor(AT, dtype=torch.float64, requires_grad=True)
    return torch.autograd.grad(LECTURE.code(functions(torch))(x), x)[0].item()


def _numba() -> Any:
    import numba

    return numba.njit(fastmath=True)(LECTURE.by_hand(functions(math)))(AT)[1]


def _autograd() -> Any:
    import autograd
    import autograd.numpy as np

    return autograd.grad(LECTURE.code(functions(np)))(AT)


def _sympy() -> Any:
    import sympy

    x = sympy.Symbol("x")
    return sympy.lambdify(x, sympy.sympify(BODY.replace("^", "**")).diff(x), modules="math")(AT)


def _symengine() -> Any:
    import symengine

    x = symengine.Symbol("x")
    slope = symengine.sympify(BODY.replace("^", "**").replace("ln", "log")).diff(x)
    return float(symengine.Lambdify([x], [slope], backend="llvm")([AT])[0])


def _casadi() -> Any:
    import casadi

    x = casadi.SX.sym("x")
    return float(casadi.Function("f", [x], [casadi.gradient(LECTURE.code(functions(casadi))(x), x)])(AT))


def _another() -> None:
    """What a process has done already: another function, called and compiled."""
    import mibun as mb

    slope = mb.function("cos(x^3) + 2^x / x").diff()
    slope(AT)
    slope.compile()(AT)


STAGES: dict[str, tuple[Callable[[], Any], Callable[[], Any] | None]] = {
    "interpreted": (_interpreted, None),
    "expression": (_expression, _elementary),
    "traced": (_traced, None),
    "compiled": (_compiled, None),
    "cached": (_compiled, None),
    "second": (_interpreted, _another),
    "second, compiled": (_compiled, _another),
    "JAX": (_jax, None),
    "PyTorch": (_torch, None),
    "numba": (_numba, None),
    "autograd": (_autograd, None),
    "SymPy": (_sympy, None),
    "SymEngine": (_symengine, None),
    "CasADi": (_casadi, None),
}
PEERS = [*STAGES][7:]
GIVEN = {  # what each of them makes its first number of, and mibun's stage for the same
    "text": ("interpreted", ("SymPy", "SymEngine")),
    "an expression of symbols": ("expression", ("CasADi",)),
    "Python code": ("traced", ("JAX", "PyTorch", "numba", "autograd")),  # numba's is the derivative, written by hand
}


def main(stage: str) -> int:
    for name in sys.stdin.read().split():
        with suppress(ImportError):
            importlib.import_module(name)
    if stage == "JAX":
        import jax

        jax.config.update("jax_enable_x64", True)
    work, before = STAGES[stage]
    if before is not None:
        before()
    start = perf_counter()
    found = float(work())
    seconds = perf_counter() - start
    wanted = LECTURE.by_hand(functions(math))(AT)[1]
    if not math.isclose(found, wanted, rel_tol=1e-6):  # PyTorch and JAX round their numbers to float32 by default
        raise AssertionError(f"{stage} is wrong: {found} instead of {wanted}")
    modules = [name for name in sys.modules if not name.startswith(("_", "bench")) and name != "__main__"]
    print(json.dumps({"seconds": seconds, "modules": sorted(modules)}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
