"""The peers, each in its fastest idiomatic form, with derivatives by its own means where it has any.

A :class:`Peer` makes of a formula the work of computing its value and all partial derivatives at many points
(``many``), and the statement that computes the derivatives at one point of floats (``one``). What can be done once is
done before: reading, differentiating, compiling, allocating results (where a peer lets its caller do so), moving data.
A peer that is not installed takes no part, and the report says so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from bench.formulas import Array, Code, Formula, functions
from bench.measure import Call, Work


class NotApplicable(Exception):
    """A peer cannot do it; the message says why."""


@dataclass(frozen=True)
class Peer:
    """``package`` is what has to be installed, ``how`` says where the derivatives come from and what makes it fast.

    ``many(formula, points)`` is a work that returns the value and the partial derivatives in one sequence of arrays,
    ``one(formula, point)`` the call that returns the derivatives.
    """

    name: str
    package: str
    how: str
    many: Callable[[Formula, Sequence[Array]], Work] | None
    one: Callable[[Formula, Sequence[float]], Call] | None = None

    @property
    def installed(self) -> bool:
        return self.version is not None

    @property
    def version(self) -> str | None:
        try:
            return version(self.package)
        except PackageNotFoundError:
            return None


# NumPy


def _numpy_functions() -> Any:
    import scipy.special

    return functions(np, scipy.special)


def _numpy(formula: Formula, points: Sequence[Array]) -> Work:
    both = formula.by_hand(_numpy_functions())
    return lambda: both(*points)


def _python(formula: Formula, point: Sequence[float]) -> Call:
    both = (formula.in_loop or formula.by_hand)(functions(math, where=lambda test, yes, no: yes if test else no))
    return _plain(lambda *xs: both(*xs)[1:], point)


def _plain(fn: Code, point: Sequence[float], after: str = "") -> Call:
    """A call of ``fn`` with the numbers of ``point``, and what comes ``after`` it."""
    return Call(f"f({', '.join(map(repr, map(float, point)))}){after}", {"f": fn})


# numexpr: strings, one evaluation for each result


def _numexpr(formula: Formula, points: Sequence[Array]) -> Work:
    import numexpr
    from sympy.printing.lambdarepr import NumExprPrinter

    symbols = _sympy_symbols(formula)
    printer = NumExprPrinter()
    texts = [printer._print(node) for node in formula.by_hand(_sympy_functions())(*symbols)]
    if any("erf" in text for text in texts):
        raise NotApplicable("numexpr has no erf")
    names = dict(zip(map(str, symbols), points, strict=True))
    out = [np.empty(len(points[0])) for _ in texts]

    def work() -> Any:
        for text, into in zip(texts, out, strict=True):
            numexpr.evaluate(text, names, out=into)
        return out

    work()
    return work


# numba: a loop over the points, derivatives by hand


@cache
def _numba_loop(formula: Formula) -> Any:
    import numba

    inner = numba.njit(fastmath=True)(_for_numba(formula))
    inputs = [f"x{i}" for i in range(len(formula.between))]
    outputs = [f"y{i}" for i in range(len(formula.between) + 1)]
    source = (
        f"def loop({', '.join(inputs + outputs)}):\n"
        f"    for i in numba.prange(x0.size):\n"
        f"        {', '.join(f'{y}[i]' for y in outputs)} = inner({', '.join(f'{x}[i]' for x in inputs)})\n"
    )
    names = {"numba": numba, "inner": inner}
    exec(source, names)
    return numba.njit(parallel=True, fastmath=True)(names["loop"])


def _for_numba(formula: Formula) -> Code:
    return (formula.in_loop or formula.by_hand)(functions(math, where=np.where))


def _numba(formula: Formula, points: Sequence[Array]) -> Work:
    loop = _numba_loop(formula)
    out = [np.empty(len(points[0])) for _ in range(len(points) + 1)]

    def work() -> Any:
        loop(*points, *out)
        return out

    work()
    return work


def _numba_one(formula: Formula, point: Sequence[float]) -> Call:
    import numba

    inner = numba.njit(fastmath=True)(_for_numba(formula))
    if len(point) == 1:
        return _plain(numba.njit(fastmath=True)(lambda x: inner(x)[1]), point)
    return _plain(numba.njit(fastmath=True)(lambda x, y, z: inner(x, y, z)[1:]), point)


# JAX


@cache
def _jax_functions() -> Any:
    import jax

    jax.config.update("jax_enable_x64", True)
    return functions(jax.numpy, jax.scipy.special)


def _jax(formula: Formula, points: Sequence[Array]) -> Work:
    code = formula.code(_jax_functions())
    import jax

    def both(*xs: Any) -> Any:
        value, pull = jax.vjp(code, *xs)
        return value, *pull(jax.numpy.ones_like(value))

    compiled = jax.jit(both)
    xs = [jax.device_put(x) for x in points]
    return lambda: jax.block_until_ready(compiled(*xs))


def _jax_one(formula: Formula, point: Sequence[float]) -> Call:
    code = formula.code(_jax_functions())
    import jax

    if len(point) == 1:
        return _plain(jax.jit(jax.grad(code)), point, ".block_until_ready()")
    call = _plain(jax.jit(jax.grad(code, argnums=tuple(range(len(point))))), point)
    return Call(f"block({call.statement})", {**call.names, "block": jax.block_until_ready})


# PyTorch


def _torch_functions() -> Any:
    import torch

    return functions(torch)


def _torch_tensors(points: Sequence[Array], requires_grad: bool) -> list[Any]:
    import torch

    return [torch.tensor(x, dtype=torch.float64, requires_grad=requires_grad) for x in points]


def _torch(formula: Formula, points: Sequence[Array]) -> Work:
    import torch

    code = formula.code(_torch_functions())
    xs = _torch_tensors(points, True)
    ones = torch.ones(len(points[0]), dtype=torch.float64)

    def work() -> Any:
        value = code(*xs)
        return value.detach(), *torch.autograd.grad(value, xs, ones)

    return work


def _torch_one(formula: Formula, point: Sequence[float]) -> Call:
    import torch

    code = formula.code(_torch_functions())

    def slopes(*xs: float) -> Any:
        tensors = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in xs]
        return [slope.item() for slope in torch.autograd.grad(code(*tensors), tensors)]

    return _plain(slopes, point)


def _torch_compiled(formula: Formula, points: Sequence[Array]) -> Work:
    import torch

    code = formula.code(_torch_functions())

    def both(*xs: Any) -> Any:
        value, pull = torch.func.vjp(code, *xs)
        return value, *pull(torch.ones_like(value))

    torch._dynamo.reset()  # it counts what it compiles of one line of code, and gives up at eight
    compiled = torch.compile(both, dynamic=False)
    xs = _torch_tensors(points, False)

    def work() -> Any:
        with torch.no_grad():
            return compiled(*xs)

    work()
    return work


# HIPS autograd


def _autograd_functions() -> Any:
    import autograd.numpy
    import autograd.scipy.special

    return functions(autograd.numpy, autograd.scipy.special)


def _autograd(formula: Formula, points: Sequence[Array]) -> Work:
    import autograd

    both = autograd.make_vjp(formula.code(_autograd_functions()), argnum=tuple(range(len(points))))
    ones = np.ones(len(points[0]))

    def work() -> Any:
        pull, value = both(*points)
        return value, *pull(ones)

    return work


def _autograd_one(formula: Formula, point: Sequence[float]) -> Call:
    import autograd

    argnum = tuple(range(len(point))) if len(point) > 1 else 0
    return _plain(autograd.grad(formula.code(_autograd_functions()), argnum), point)


# SymPy


def _sympy_functions() -> Any:
    import sympy

    return functions(
        sympy,
        expm1=lambda x: sympy.exp(x) - 1,
        log1p=lambda x: sympy.log(1 + x),
        where=lambda test, yes, no: sympy.Piecewise((yes, test), (no, True)),
    )


def _sympy_symbols(formula: Formula) -> Any:
    import sympy

    names = [f"x{i}" for i in range(len(formula.between))]
    return [sympy.Symbol(name, positive=low > 0) for name, (low, _) in zip(names, formula.between, strict=True)]


@cache
def _sympy_nodes(formula: Formula) -> Any:
    symbols = _sympy_symbols(formula)
    value = formula.code(_sympy_functions())(*symbols)
    return [value, *[value.diff(x) for x in symbols]]


def _sympy(formula: Formula, points: Sequence[Array]) -> Work:
    import sympy

    both = sympy.lambdify(_sympy_symbols(formula), _sympy_nodes(formula), modules=["scipy", "numpy"], cse=True)
    return lambda: both(*points)


def _sympy_one(formula: Formula, point: Sequence[float]) -> Call:
    import sympy

    nodes = _sympy_nodes(formula)[1:]
    wanted = nodes[0] if len(nodes) == 1 else tuple(nodes)
    return _plain(sympy.lambdify(_sympy_symbols(formula), wanted, modules="math", cse=len(nodes) > 1), point)


# SymEngine: LLVM, one point after another


def _symengine_lambdify(formula: Formula, derivatives_only: bool) -> Any:
    import symengine

    symbols = [symengine.Symbol(f"x{i}") for i in range(len(formula.between))]
    m = functions(
        symengine,
        expm1=lambda x: symengine.exp(x) - 1,
        log1p=lambda x: symengine.log(1 + x),
        where=lambda test, yes, no: symengine.Piecewise((yes, test), (no, True)),
    )
    value = formula.code(m)(*symbols)
    nodes = [value.diff(x) for x in symbols]
    try:
        return symengine.Lambdify(symbols, nodes if derivatives_only else [value, *nodes], backend="llvm", cse=True)
    except RuntimeError as error:
        raise NotApplicable(str(error)) from None


def _symengine(formula: Formula, points: Sequence[Array]) -> Work:
    both = _symengine_lambdify(formula, False)
    table = np.ascontiguousarray(np.stack(points, axis=-1))
    return lambda: both(table).T


def _symengine_one(formula: Formula, point: Sequence[float]) -> Call:
    slopes = _symengine_lambdify(formula, True)
    return Call("f(x)", {"f": slopes, "x": np.array(point)})


# CasADi: its virtual machine


def _casadi_function(symbols: Sequence[Any], nodes: Sequence[Any]) -> Any:
    import casadi

    return casadi.Function("f", list(symbols), list(nodes), {"cse": True})


def _casadi_nodes(formula: Formula) -> Any:
    import casadi

    symbols = [casadi.SX.sym(f"x{i}") for i in range(len(formula.between))]
    value = formula.code(functions(casadi, where=casadi.if_else))(*symbols)
    slopes = casadi.gradient(value, casadi.vertcat(*symbols))
    return symbols, [value, *casadi.vertsplit(slopes)]


def casadi_work(function: Any, inputs: Sequence[Array], outputs: Sequence[Array]) -> Work:
    """A call that reads and writes arrays in place, without conversions."""
    buffer, run = function.buffer()
    for i, x in enumerate(inputs):
        buffer.set_arg(i, x.data)
    for i, y in enumerate(outputs):
        buffer.set_res(i, y.data)

    def work() -> Any:
        run()
        return outputs

    work.alive = buffer, inputs  # type: ignore[attr-defined]  # CasADi keeps the addresses only
    return work


def _casadi(formula: Formula, points: Sequence[Array]) -> Work:
    out = [np.empty(len(points[0])) for _ in range(len(points) + 1)]
    return casadi_work(_casadi_function(*_casadi_nodes(formula)).map(len(points[0])), points, out)


def _casadi_one(formula: Formula, point: Sequence[float]) -> Call:
    symbols, nodes = _casadi_nodes(formula)
    values, results = [np.empty(1) for _ in point], [np.empty(1) for _ in point]
    work = casadi_work(_casadi_function(symbols, nodes[1:]), values, results)
    fill = "; ".join(f"x{i}[0] = {float(value)!r}" for i, value in enumerate(point))
    read = ", ".join(f"y{i}[0]" for i in range(len(point)))
    names: dict[str, object] = {f"x{i}": x.data for i, x in enumerate(values)}
    names |= {f"y{i}": y.data for i, y in enumerate(results)}
    return Call(f"{fill}; run(); ({read},)", {"run": work, **names})


PEERS = [
    Peer("NumPy by hand", "numpy", "derivatives by hand, sub-expressions shared", _numpy),
    Peer("Python by hand", "numpy", "derivatives by hand, module math", None, _python),
    Peer("numexpr", "numexpr", "derivatives by hand, one expression each, out=", _numexpr),
    Peer("numba", "numba", "derivatives by hand; njit(parallel, fastmath), own results", _numba, _numba_one),
    Peer("JAX", "jax", "jit of vjp, float64, data on the device, blocked on", _jax, _jax_one),
    Peer("PyTorch", "torch", "eager, torch.autograd.grad", _torch, _torch_one),
    Peer("torch.compile", "torch", "torch.compile of torch.func.vjp", _torch_compiled),
    Peer("autograd", "autograd", "make_vjp", _autograd, _autograd_one),
    Peer("SymPy", "sympy", "derivatives by SymPy; lambdify(cse=True) to NumPy, for floats to math", _sympy, _sympy_one),
    Peer("SymEngine", "symengine", "derivatives by SymEngine; Lambdify(llvm, cse)", _symengine, _symengine_one),
    Peer("CasADi", "casadi", "gradient of SX, cse, virtual machine, map, buffers", _casadi, _casadi_one),
]
