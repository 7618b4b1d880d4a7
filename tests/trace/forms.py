"""NumPy as people write it: a row for each call form that a traced function must support.

A row is a name, a plain function of arrays and the arguments to draw. Adding a form is adding a row; the tests take it
from there. The functions know NumPy and nothing else, and return one array or number. Most are not linear, so that
second derivatives say something.

Samples come from a seed made of the name: rows do not depend on each other. Where a function has kinks or jumps the
domains keep the samples away from them, by more than the oracle's steps.
"""

# ruff: noqa: PLW0108 - a row shows the call as people write it

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np


class Argument(NamedTuple):
    """What to draw: an array of ``shape`` from ``domain``; dtype ``number`` for a Python float."""

    shape: tuple[int, ...]
    domain: str
    dtype: str = "float64"


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """One way to call NumPy.

    ``kinks``: the derivatives of some order do not exist everywhere. ``branches``: what is done depends on the values,
    by a Python ``if`` or through an output's shape, so that the elements of a batch may go different ways. ``since``:
    the first NumPy that has it.
    """

    name: str
    fn: Callable[..., Any]
    args: Sequence[Argument]
    kinks: bool = False
    branches: bool = False
    since: tuple[int, int] = (1, 26)


# Arguments


def _signs(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """As many of the one as of the other."""
    size = int(np.prod(shape))
    return np.where((rng.permutation(size) + rng.integers(2)) % 2, -1.0, 1.0).reshape(shape)


def _lattice(rng: np.random.Generator, shape: tuple[int, ...], start: float) -> Any:
    size = int(np.prod(shape))
    return (0.5 * (rng.permutation(size) - size // 2) + start + rng.uniform(-0.07, 0.07, size)).reshape(shape)


def _definite(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Eigenvalues near 1, 2, 3, …"""
    vectors = np.linalg.qr(rng.normal(size=shape))[0]
    values = np.arange(1.0, shape[-1] + 1) + rng.uniform(-0.2, 0.2, shape[:-1])
    return (vectors * values[..., np.newaxis, :]) @ np.swapaxes(vectors, -1, -2)


# Domains: how to draw an array of a shape.
DOMAINS: dict[str, Callable[[np.random.Generator, tuple[int, ...]], Any]] = {
    "real": lambda rng, shape: rng.uniform(-2, 2, shape),
    "nonzero": lambda rng, shape: _signs(rng, shape) * rng.uniform(0.4, 2, shape),
    "positive": lambda rng, shape: rng.uniform(0.4, 2.5, shape),
    "unit": lambda rng, shape: _signs(rng, shape) * rng.uniform(0.1, 0.85, shape),  # in (-1, 1)
    "beyond": lambda rng, shape: rng.uniform(1.3, 3, shape),  # above 1
    "broken": lambda rng, shape: rng.integers(-3, 3, shape) + rng.uniform(0.25, 0.75, shape),  # away from integers
    "distinct": lambda rng, shape: _lattice(rng, shape, 0.2),  # from each other, and from 0
    "between": lambda rng, shape: _lattice(rng, shape, 0.45),  # distinct from each other and from those of "distinct"
    "definite": _definite,  # symmetric positive definite matrices
    "regular": lambda rng, shape: rng.normal(0, 0.5, shape) + 2 * np.eye(*shape[-2:]),  # well-conditioned matrices
    "counts": lambda rng, shape: rng.integers(1, 6, shape),
}


def _drawn_from(domain: str) -> Callable[..., Argument]:
    return lambda *shape, dtype="float64": Argument(shape, domain, dtype)


real, nonzero, positive, unit = map(_drawn_from, ("real", "nonzero", "positive", "unit"))
beyond, broken, distinct, between = map(_drawn_from, ("beyond", "broken", "distinct", "between"))
definite, regular = map(_drawn_from, ("definite", "regular"))


def counts(*shape: int) -> Argument:
    """Small positive integers."""
    return Argument(shape, "counts", "int64")


def sample(form: Form, draw: int = 0) -> list[Any]:
    """Arguments for a form: always the same for its name and the number of the draw."""
    rng = np.random.default_rng([zlib.crc32(form.name.encode()), draw])
    values = [(DOMAINS[arg.domain](rng, arg.shape), arg.dtype) for arg in form.args]
    return [float(value) if dtype == "number" else np.array(value, dtype=dtype) for value, dtype in values]


# Functions that take more than an expression: assignments and loops


def assign_elements(x):
    out = np.zeros_like(x)
    out[0] = x[1] * x[2]
    out[-1] = np.sin(x[0])
    return out


def assign_rows(x):
    out = np.empty_like(x)
    for i in range(len(x)):
        out[i] = x[i] * x[i - 1]
    return out


def assign_slices(x):
    out = np.ones_like(x)
    out[1:-1] = x[2:] - 2 * x[1:-1] + x[:-2]
    out[::4] = x[::4] ** 2
    return out


def assign_reversed_slice(x):
    out = np.zeros_like(x)
    out[::-1] = x * x
    return out


def assign_column(x):
    out = np.zeros_like(x)
    out[:, 1] = x[:, 0] * x[:, 2]
    out[:, [0, 2]] = x[:, [2, 1]]
    return out


def assign_broadcast(x, y):
    out = np.zeros_like(x)
    out[:] = y**2
    out[0] = 3.0
    return out * x


def assign_ellipsis(x):
    out = np.zeros_like(x)
    out[..., 0] = np.exp(x[..., 1])
    return out


def assign_integer_array(x, y):
    out = np.zeros_like(x)
    out[[3, 0]] = y * y
    return out + x


def assign_integer_arrays(x, y):
    out = x * x
    out[[0, 1], [2, 0]] = y
    return out


def assign_constant_mask(x):
    out = np.zeros_like(x)
    out[np.array([True, False, True, True])] = x[1:] ** 3
    return out


def assign_number_by_mask(x):
    out = x**2
    out[x < 0] = 0.0
    return out


def assign_by_mask(x):
    out = np.zeros_like(x)
    out[x > 0] = np.log(x[x > 0])
    return out


def assign_row_mask(x):
    out = x * x
    out[np.array([True, False])] = 1.0
    return out


def add_into_slice(x, v):
    out = np.zeros_like(x)
    out[:2] += v * v
    out[1:] += x[:-1]
    return out


def scale_row_in_place(x):
    out = x.copy()
    out[1] *= x[0]
    out[0] -= 1.0
    out[-1] /= 2.0
    return out


def copy_and_assign(x):
    x = x.copy()
    x[0] = x[1] * x[2]
    return x**2


def copy_and_add_to_elements(x):
    y = np.copy(x)
    y[0] += y[1] ** 2
    y[1] += y[0] * 2.0
    return y


def view_and_assign(x):
    out = np.zeros_like(x)
    row = out[1]
    row[0] = x[0, 0] ** 2
    row[1:] = x[0, 1:]
    return out


def add_in_place(x, y):
    total = x * y
    total += y
    total -= 2.0
    return total


def multiply_in_place(x, y):
    total = x + 1.0
    total *= y
    total /= 3.0
    return total


def power_in_place(x):
    total = x * 1.0
    total **= 3
    return total


def accumulate_in_place(x):
    total = 0.0
    for row in x:
        total += row**2
    return total


def assign_to_full_like(x):
    out = np.full_like(x, 2.5)
    out[1] = x[0] ** 2
    return out * x


def fill_matrix_by_elements(x):
    out = np.zeros_like(np.outer(x, x))
    for i in range(3):
        for j in range(i + 1):
            out[i, j] = x[i] * x[j] ** 2
    return out


def assign_zero_dimensional(x):
    out = np.zeros_like(x)
    out[()] = x**3
    return out


def fill_with_out(x, y):
    buffer = np.empty_like(x)
    np.multiply(x, y, out=buffer)
    np.add(buffer, x, out=buffer)
    return buffer


def fill_diagonal(x):
    out = x * x
    np.fill_diagonal(out, 1.0)
    return out


def add_at(x):
    out = np.zeros_like(x)
    np.add.at(out, [0, 2, 2, 1], x**2)
    return out


def copy_to(x, y):
    out = np.zeros_like(x)
    np.copyto(out, x * y, where=np.array([True, False, True]))
    return out


def put_along_axis(x, y):
    out = x**2
    np.put_along_axis(out, np.array([[1], [0]]), y**2, axis=1)
    return out


def zeros_like_given_shape(x):
    out = np.zeros_like(x, shape=(2, 3))
    out[1] = x**2
    return out


def sum_of_list(x):
    return sum([v**2 for v in x])


def sum_of_elements(x):
    total = 0.0
    for i in range(len(x)):
        total = total + x[i] * (i + 1) ** 2 * x[i - 1]
    return total


def sum_over_rows(x):
    return sum(np.sin(row) * row.sum() for row in x)


def two_loops(x):
    total = 0.0
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            total += x[i, j] * x[i, j - 1] * (i + 1)
    return total


def zipped(x, y):
    return sum(a * b**2 for a, b in zip(x, y, strict=True))


def enumerated(x):
    return sum(i * row**2 for i, row in enumerate(x))


def unpacked(x):
    a, b = x
    return a * np.exp(b)


def unpacked_rows(x):
    first, *others = x
    return first * sum(others)


def horner(x):
    total = 0.0
    for c in [1.5, -2.0, 0.5, 3.0]:
        total = total * x + c
    return total


def euler_steps(y):
    for _ in range(5):
        y = y + 0.1 * np.sin(y) * y[::-1]
    return y


def list_of_states(x):
    states = [x]
    for _ in range(3):
        states.append(np.tanh(states[-1] + 0.5 * states[0]))
    return np.stack(states)


def twice(function, x):
    return function(function(x))


def dictionary_of_parts(x):
    parts = {"first": x[:2], "last": x[2:]}
    return parts["first"] * np.exp(parts["last"])


def shape_decides(x):
    return x.sum(axis=0) if x.ndim == 2 and x.shape[0] < 3 and x.size == 6 and len(x) == 2 else x * 0.0


def normal_density(x, mean, deviation):
    z = (x - mean) / deviation
    return np.exp(-0.5 * z**2) / (deviation * np.sqrt(2 * np.pi))


def log_sum_exp(x):
    top = np.max(x, axis=1, keepdims=True)
    return np.squeeze(top, axis=1) + np.log(np.sum(np.exp(x - top), axis=1))


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def layer_norm(x):
    centered = x - x.mean(axis=-1, keepdims=True)
    return centered / np.sqrt(x.var(axis=-1, keepdims=True) + 1e-5)


def two_layers(x, w, b, v):
    return np.tanh(x @ w + b) @ v


def cross_entropy(z):
    labels = np.array([2, 0])
    log_probabilities = z - np.log(np.sum(np.exp(z), axis=1, keepdims=True))
    return -np.mean(log_probabilities[np.arange(2), labels])


def distances(x, y):
    return np.sqrt(np.sum((x[:, None, :] - y[None, :, :]) ** 2, axis=-1))


def convolve_2d(x, kernel):
    windows = np.lib.stride_tricks.sliding_window_view(x, kernel.shape)
    return np.einsum("ijkl,kl->ij", windows, kernel)


def quiet_root(x):
    with np.errstate(invalid="ignore"):
        return np.where(x > 0, np.sqrt(x), 0.0)


def quiet_logarithm(x):
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(x > 0, x * np.log(x), x**2)


def quiet_power(x):
    with np.errstate(invalid="ignore"):
        return np.where(x > 0, x**1.5, 0.0)


def quiet_inverse_root(x):
    with np.errstate(invalid="ignore"):
        return np.where(x > 0, 1 / np.sqrt(x), 0.0)


def quiet_product(x):
    with np.errstate(invalid="ignore"):
        return np.where(x > 0, np.sqrt(x) * np.log(x), x)


def root_where_positive(x):
    return np.sqrt(x, where=x > 0, out=np.zeros_like(x))


def root_of_matrix(a):
    values, vectors = np.linalg.eigh((a + a.T) / 2)
    return vectors @ np.diag(np.sqrt(values)) @ vectors.T


def nan_and_sum(x):
    return np.nansum(np.where(np.array([True, False, True]), x**2, np.nan))


def if_positive(x):
    if x > 0:
        return np.sin(x)
    return x**2


def if_any(x):
    return x**2 if np.any(x > 5) else x**3


def if_sum(x):
    return np.exp(x) if x.sum() > 100 else x * x.sum()


def if_element(x):
    return [v * v if v > 0 else 3 * v for v in x][1] * x[0]


def comparison_chain(x):
    if -5 < x < 5:
        return x**3
    return 0 * x


def newton_root(a):
    x = a
    while abs(x * x - a) > 1e-13 * a:
        x = (x + a / x) / 2
    x = (x + a / x) / 2  # once more, for the derivatives
    return (x + a / x) / 2


def halve_until_small(x):
    while np.max(np.abs(x)) > 1:
        x = x / 2
    return x**2


def power_by_recursion(x, n=5):
    if n == 0:
        return 1.0
    half = power_by_recursion(x, n // 2)
    return half * half * (x if n % 2 else 1.0)


def minors(a):
    if len(a) == 1:
        return a[0, 0]
    rest = a[1:]
    return sum(
        (-1) ** j * a[0, j] * minors(np.concatenate([rest[:, :j], rest[:, j + 1 :]], axis=1)) for j in range(len(a))
    )


# Elementwise functions

UNARY = [
    Form("negative", lambda x: np.negative(x) * x, [real(3)]),
    Form("positive", lambda x: np.positive(x) ** 2, [real(3)]),
    Form("absolute", lambda x: np.absolute(x), [nonzero(4)], kinks=True),
    Form("abs", lambda x: np.abs(x) * x, [nonzero(2, 2)], kinks=True),
    Form("fabs", lambda x: np.fabs(x), [nonzero(3)], kinks=True),
    Form("exp", lambda x: np.exp(x), [real(3)]),
    Form("exp of a matrix", lambda x: np.exp(x), [real(2, 3)]),
    Form("exp of a number", lambda x: np.exp(x), [real(dtype="number")]),
    Form("exp of an array without axes", lambda x: np.exp(x), [real()]),
    Form("exp2", lambda x: np.exp2(x), [real(3)]),
    Form("expm1", lambda x: np.expm1(x), [real(3)]),
    Form("log", lambda x: np.log(x), [positive(3)]),
    Form("log2", lambda x: np.log2(x), [positive(3)]),
    Form("log10", lambda x: np.log10(x), [positive(3)]),
    Form("log1p", lambda x: np.log1p(x), [unit(3)]),
    Form("sqrt", lambda x: np.sqrt(x), [positive(3)]),
    Form("cbrt", lambda x: np.cbrt(x), [nonzero(3)]),
    Form("square", lambda x: np.square(x), [real(3)]),
    Form("reciprocal", lambda x: np.reciprocal(x), [nonzero(3)]),
    Form("sin", lambda x: np.sin(x), [real(3)]),
    Form("cos", lambda x: np.cos(x), [real(3)]),
    Form("tan", lambda x: np.tan(x), [unit(3)]),
    Form("arcsin", lambda x: np.arcsin(x), [unit(3)]),
    Form("arccos", lambda x: np.arccos(x), [unit(3)]),
    Form("arctan", lambda x: np.arctan(x), [real(3)]),
    Form("sinh", lambda x: np.sinh(x), [real(3)]),
    Form("cosh", lambda x: np.cosh(x), [real(3)]),
    Form("tanh", lambda x: np.tanh(x), [real(3)]),
    Form("arcsinh", lambda x: np.arcsinh(x), [real(3)]),
    Form("arccosh", lambda x: np.arccosh(x), [beyond(3)]),
    Form("arctanh", lambda x: np.arctanh(x), [unit(3)]),
    Form("sinc", lambda x: np.sinc(x), [nonzero(3)]),
    Form("deg2rad", lambda x: np.deg2rad(x) * x, [real(3)]),
    Form("radians", lambda x: np.radians(x) * x, [real(3)]),
    Form("rad2deg", lambda x: np.rad2deg(x) * x, [real(3)]),
    Form("degrees", lambda x: np.degrees(x) * x, [real(3)]),
    Form("sign", lambda x: np.sign(x) * x**2, [nonzero(4)], kinks=True),
    Form("sign alone", lambda x: np.sign(x), [nonzero(4)], kinks=True),
    Form("floor", lambda x: x * np.floor(x), [broken(4)], kinks=True),
    Form("ceil", lambda x: x * np.ceil(x), [broken(4)], kinks=True),
    Form("trunc", lambda x: x * np.trunc(x), [broken(4)], kinks=True),
    Form("rint", lambda x: x * np.rint(x + 0.5), [broken(4)], kinks=True),
    Form("nan_to_num", lambda x: np.nan_to_num(x) * x, [real(3)]),
    Form("composed", lambda x: np.log(1 + np.exp(-(np.sin(x) ** 2))), [real(4)]),
]

BINARY = [
    Form("add", lambda x, y: np.add(x, y), [real(3), real(3)]),
    Form("add (3, 1) and (4,)", lambda x, y: np.add(x, y), [real(3, 1), real(4)]),
    Form("subtract", lambda x, y: np.subtract(x, y), [real(3), real(3)]),
    Form("subtract (2, 3) and (3,)", lambda x, y: np.subtract(x, y), [real(2, 3), real(3)]),
    Form("multiply", lambda x, y: np.multiply(x, y), [real(3), real(3)]),
    Form("multiply (3, 1) and (4,)", lambda x, y: np.multiply(x, y), [real(3, 1), real(4)]),
    Form("multiply a number and (2, 2)", lambda x, y: np.multiply(x, y), [real(dtype="number"), real(2, 2)]),
    Form("multiply () and (3,)", lambda x, y: np.multiply(x, y), [real(), real(3)]),
    Form("divide", lambda x, y: np.divide(x, y), [real(3), nonzero(3)]),
    Form("divide (2, 1, 2) and (3, 1)", lambda x, y: np.divide(x, y), [real(2, 1, 2), nonzero(3, 1)]),
    Form("true_divide", lambda x, y: np.true_divide(x, y), [real(2, 3), nonzero(3)]),
    Form("power, both vary", lambda x, y: np.power(x, y), [positive(3), real(3)]),
    Form("power (2, 1) and (3,)", lambda x, y: np.power(x, y), [positive(2, 1), real(3)]),
    Form("power to 3", lambda x: np.power(x, 3), [nonzero(3)]),
    Form("power to 2.0", lambda x: np.power(x, 2.0), [nonzero(3)]),
    Form("power to 0.5", lambda x: np.power(x, 0.5), [positive(3)]),
    Form("power to -1.5", lambda x: np.power(x, -1.5), [positive(3)]),
    Form("power to an array", lambda x: np.power(x, np.array([0, 1, 2, -3])), [nonzero(4)]),
    Form("power of 2 to x", lambda x: np.power(2.0, x), [real(3)]),
    Form("float_power", lambda x, y: np.float_power(x, y), [positive(3), real(3)]),
    Form("float_power to 3", lambda x: np.float_power(x, 3), [nonzero(3)]),
    Form("arctan2", lambda y, x: np.arctan2(y, x), [nonzero(3), nonzero(3)]),
    Form("arctan2 (2, 1) and (3,)", lambda y, x: np.arctan2(y, x), [nonzero(2, 1), nonzero(3)]),
    Form("hypot", lambda x, y: np.hypot(x, y), [nonzero(3), nonzero(3)]),
    Form("hypot with 1", lambda x: np.hypot(1.0, x), [real(3)]),
    Form("logaddexp", lambda x, y: np.logaddexp(x, y), [real(3), real(3)]),
    Form("logaddexp of 0 and x", lambda x: np.logaddexp(0.0, x), [real(3)]),
    Form("logaddexp2", lambda x, y: np.logaddexp2(x, y), [real(3), real(3)]),
    Form("maximum", lambda x, y: np.maximum(x, y) ** 2, [distinct(4), between(4)], kinks=True),
    Form("maximum with 0", lambda x: np.maximum(x, 0) * x, [nonzero(4)], kinks=True),
    Form("maximum (3, 1) and (2,)", lambda x, y: np.maximum(x, y) ** 2, [distinct(3, 1), between(2)], kinks=True),
    Form("minimum", lambda x, y: np.minimum(x, y) ** 2, [distinct(4), between(4)], kinks=True),
    Form("minimum with 0.0", lambda x: np.minimum(0.0, x), [nonzero(4)], kinks=True),
    Form("fmax", lambda x, y: np.fmax(x, y) ** 2, [distinct(4), between(4)], kinks=True),
    Form("fmin", lambda x, y: np.fmin(x, y) ** 2, [distinct(4), between(4)], kinks=True),
    Form("mod by a number", lambda x: np.mod(x, 1.0) ** 2, [broken(4)], kinks=True),
    Form("mod", lambda x, y: np.mod(10 * y + x * y, y) * x, [unit(3), beyond(3)], kinks=True),
    Form("remainder", lambda x: np.remainder(x, -1.0) * x, [broken(4)], kinks=True),
    Form("fmod", lambda x: np.fmod(x, 1.0) ** 2, [broken(4)], kinks=True),
    Form("fmod by y", lambda x, y: np.fmod(10 * y + x * y, y) * x, [unit(3), beyond(3)], kinks=True),
    Form("floor_divide", lambda x: np.floor_divide(x, 1.0) * x, [broken(4)], kinks=True),
    Form("divmod", lambda x: np.divmod(x, 1.0)[0] * np.divmod(x, 1.0)[1], [broken(4)], kinks=True),
    Form("copysign", lambda x, y: np.copysign(x, y) * y, [nonzero(4), nonzero(4)], kinks=True),
    Form("heaviside", lambda x: np.heaviside(x, 0.5) * x**2, [nonzero(4)], kinks=True),
    Form("clip", lambda x: np.clip(x, -0.6, 0.6) * x, [distinct(4)], kinks=True),
    Form("clip from below", lambda x: np.clip(x, 0.0, None) ** 2, [nonzero(4)], kinks=True),
    Form("clip by keywords", lambda x: np.clip(x, a_min=None, a_max=0.0) ** 2, [nonzero(4)], kinks=True),
    Form(
        "clip with arrays",
        lambda x, y: np.clip(x, y - 0.5, y + 0.5) * x,
        [distinct(4), between(4)],
        kinks=True,
    ),
    Form("ufunc of a list", lambda x: np.add([1.0, 2.0, 3.0], x) * np.multiply(x, (2, 3, 4)), [real(3)]),
    Form("ufunc of an array first", lambda x: np.subtract(np.array([1.0, 2.0]), x) ** 2, [real(2)]),
]

CHOICES = [
    Form("where", lambda x, y: np.where(x > y, x * y, y**2), [distinct(4), between(4)], kinks=True),
    Form("where, a constant condition", lambda x, y: np.where([True, False, True], x, y) ** 2, [real(3), real(3)]),
    Form("where with numbers", lambda x: np.where(x > 0, x**2, 0.0), [nonzero(4)], kinks=True),
    Form("where that broadcasts", lambda x, y: np.where(x < 0, y, x * y), [nonzero(3, 1), real(4)], kinks=True),
    Form("where, a dead branch", quiet_root, [nonzero(4)], kinks=True),
    Form("where, a dead logarithm", quiet_logarithm, [nonzero(4)], kinks=True),
    Form("where, a dead power", quiet_power, [nonzero(4)], kinks=True),
    Form("where, a dead inverse root", quiet_inverse_root, [nonzero(4)], kinks=True),
    Form("where, a dead product", quiet_product, [nonzero(4)], kinks=True),
    Form("where of where", lambda x: np.where(x > 0, np.where(x > 0.5, x**3, x**2), -x), [distinct(6)], kinks=True),
    Form("where <=", lambda x, y: np.where(x <= y, x, 2 * x) * y, [distinct(4), between(4)], kinks=True),
    Form("where >=", lambda x: np.where(x >= 0.0, x, 2 * x) * x, [nonzero(4)], kinks=True),
    Form("where == and !=", lambda x: np.where(x == 0, 1.0, x**2) + np.where(x != 0, x, 7.0), [nonzero(4)]),
    Form("where greater", lambda x: np.where(np.greater(x, 0), x, 0) ** 2, [nonzero(4)], kinks=True),
    Form("where less_equal", lambda x: np.where(np.less_equal(x, 0), x, x**2), [nonzero(4)], kinks=True),
    Form("where not_equal", lambda x: np.where(np.not_equal(x, 0), x**2, 0), [nonzero(4)]),
    Form("where &", lambda x: np.where((x > -0.6) & (x < 0.6), x**3, x), [distinct(6)], kinks=True),
    Form("where |", lambda x: np.where((x < -0.6) | (x > 0.6), x**3, x), [distinct(6)], kinks=True),
    Form("where ~", lambda x: np.where(~(x > 0), x**3, x), [nonzero(4)], kinks=True),
    Form("where ^", lambda x: np.where((x > 0) ^ (x > 0.6), x**3, x), [distinct(6)], kinks=True),
    Form(
        "where logical_and",
        lambda x: np.where(np.logical_and(x > 0, x < 0.6), x**3, x),
        [distinct(6)],
        kinks=True,
    ),
    Form("where logical_or", lambda x: np.where(np.logical_or(x < 0, x > 0.6), x**3, x), [distinct(6)], kinks=True),
    Form("where logical_not", lambda x: np.where(np.logical_not(x > 0), x**3, x), [nonzero(4)], kinks=True),
    Form("where isnan", lambda x: np.where(np.isnan(x), 0.0, x**2), [real(3)]),
    Form("where isfinite", lambda x: np.where(np.isfinite(x), x**2, 0.0), [real(3)]),
    Form("where isinf", lambda x: np.where(np.isinf(x), 0.0, x**2), [real(3)]),
    Form("where any", lambda x: np.where(np.any(x > 0, axis=1, keepdims=True), x**2, x), [nonzero(3, 2)], kinks=True),
    Form("where all", lambda x: np.where(np.all(x > 0, axis=0), x**2, x), [nonzero(2, 3)], kinks=True),
    Form("where count_nonzero", lambda x: x**2 * np.count_nonzero(x > 0), [nonzero(4)], kinks=True),
    Form("a comparison as a factor", lambda x: (x > 0) * x**2, [nonzero(4)], kinks=True),
    Form("a sum of comparisons", lambda x: np.sum(x > 0) * x, [nonzero(4)], kinks=True),
    Form("a mean of comparisons", lambda x: np.mean(x > 0) * x, [nonzero(4)], kinks=True),
    Form("a comparison as a float", lambda x: (x > 0).astype(float) * x**2, [nonzero(4)], kinks=True),
    Form(
        "select",
        lambda x: np.select([x > 0.6, x > 0], [x**3, x**2], default=-x),
        [distinct(6)],
        kinks=True,
    ),
    Form("select without default", lambda x: np.select([x < 0, x > 0.6], [x, x**2]), [distinct(6)], kinks=True),
]

# Operators

OPERATORS = [
    Form("x + y", lambda x, y: x + y, [real(3), real(3)]),
    Form("x - y", lambda x, y: x - y, [real(3, 1), real(4)]),
    Form("x * y", lambda x, y: x * y, [real(2, 3), real(3)]),
    Form("x / y", lambda x, y: x / y, [real(3), nonzero(3)]),
    Form("x ** y", lambda x, y: x**y, [positive(3), real(3)]),
    Form("x ** 2", lambda x: x**2, [real(3)]),
    Form("x ** 3", lambda x: x**3, [nonzero(3)]),
    Form("x ** -1", lambda x: x**-1, [nonzero(3)]),
    Form("x ** 0", lambda x: x**0 * x, [nonzero(3)]),
    Form("x ** 0.5", lambda x: x**0.5, [positive(3)]),
    Form("x ** 1.5", lambda x: x**1.5, [positive(3)]),
    Form("2 ** x", lambda x: 2**x, [real(3)]),
    Form("array ** x", lambda x: np.array([0.5, 2.0, 3.0]) ** x, [real(3)]),
    Form("x ** array", lambda x: x ** np.array([1.0, 2.0, 0.5]), [positive(3)]),
    Form("x // 1", lambda x: (x // 1) * x, [broken(4)], kinks=True),
    Form("-1 // x", lambda x: (-1 // x) * x**2, [beyond(3)], kinks=True),
    Form("x % 1", lambda x: (x % 1) * x, [broken(4)], kinks=True),
    Form("-1 % x", lambda x: (-1 % x) * x**2, [beyond(3)], kinks=True),
    Form("divmod(x, 2)", lambda x: divmod(x, 2)[1] * x, [broken(4)], kinks=True),
    Form("x @ y", lambda x, y: x @ y, [real(2, 3), real(3, 2)]),
    Form("array @ x", lambda x: np.arange(6.0).reshape(2, 3) @ (x * x), [real(3)]),
    Form("x @ array", lambda x: (x * x) @ np.arange(6.0).reshape(3, 2), [real(2, 3)]),
    Form("-x", lambda x: -x * x, [real(3)]),
    Form("+x", lambda x: +x * x, [real(3)]),
    Form("abs(x)", lambda x: abs(x) * x, [nonzero(4)], kinks=True),
    Form("1 + x", lambda x: (1 + x) * (x + 1), [real(3)]),
    Form("1.5 - x", lambda x: (1.5 - x) * (x - 1.5) * x, [real(3)]),
    Form("3 * x", lambda x: (3 * x) * (x * 3), [real(3)]),
    Form("1 / x", lambda x: 1 / x, [nonzero(3)]),
    Form("x / 4", lambda x: (x / 4) ** 2, [real(3)]),
    Form("array + x", lambda x: (np.array([1.0, 2.0, 3.0]) + x) ** 2, [real(3)]),
    Form("array - x", lambda x: (np.ones((2, 3)) - x) ** 2, [real(3)]),
    Form("array * x", lambda x: np.arange(3) * x**2, [real(3)]),
    Form("array / x", lambda x: np.arange(1.0, 4.0) / x, [nonzero(3)]),
    Form("x - array of integers", lambda x: (x - np.arange(3)) ** 2, [real(3)]),
    Form("np.float64 * x", lambda x: np.float64(2.5) * x * np.pi * x, [real(3)]),
    Form("np.float64 ** x", lambda x: np.float64(2.5) ** x, [real(3)]),
    Form("True + x", lambda x: (True + x) ** 2, [real(3)]),
    Form("+= and -=", add_in_place, [real(3), real(3)]),
    Form("*= and /=", multiply_in_place, [real(3), real(3)]),
    Form("**=", power_in_place, [nonzero(3)]),
    Form("a polynomial", lambda x, y: 3 * x**2 * y - x / 2 + y**3 - 7, [real(3), real(3)]),
    Form("numbers", lambda x, y: x * y + x**2 / y, [real(dtype="number"), nonzero(dtype="number")]),
    Form("arrays without axes", lambda x, y: x * y + x**2 / y, [real(), nonzero()]),
    Form("a number and an array", lambda x, y: x * y**2 - x, [real(dtype="number"), real(2, 2)]),
    Form("the same array twice", lambda x: x * x + x * np.sin(x), [real(3)]),
    Form("a value that does not depend", lambda x, y: x**2, [real(3), real(2)]),
    Form("a constant", lambda x: np.ones(3) * 2.0, [real(3)]),
    Form("the argument itself", lambda x: x, [real(2, 3)]),
]

UFUNC_METHODS = [
    Form("add.reduce", lambda x: np.add.reduce(x**2), [real(3, 2)]),
    Form("add.reduce axis=1", lambda x: np.add.reduce(x**2, axis=1), [real(2, 3)]),
    Form("add.reduce axis=None", lambda x: np.add.reduce(x**2, axis=None), [real(2, 3)]),
    Form("add.reduce keepdims", lambda x: x * np.add.reduce(x, axis=-1, keepdims=True), [real(2, 3)]),
    Form("add.reduce two axes", lambda x: np.add.reduce(x**2, axis=(0, 2)), [real(2, 2, 2)]),
    Form("add.reduce where", lambda x: np.add.reduce(x**2, where=np.array([True, False, True])), [real(3)]),
    Form("multiply.reduce", lambda x: np.multiply.reduce(x), [nonzero(4)]),
    Form("multiply.reduce axis=1", lambda x: np.multiply.reduce(x, axis=1), [nonzero(2, 3)]),
    Form("maximum.reduce", lambda x: np.maximum.reduce(x) ** 2, [distinct(5)], kinks=True),
    Form("maximum.reduce axis=1", lambda x: np.maximum.reduce(x, axis=1) ** 2, [distinct(2, 3)], kinks=True),
    Form("minimum.reduce", lambda x: np.minimum.reduce(x, axis=0) ** 2, [distinct(3, 2)], kinks=True),
    Form("logaddexp.reduce", lambda x: np.logaddexp.reduce(x), [real(4)]),
    Form("logaddexp.reduce axis=1", lambda x: np.logaddexp.reduce(x, axis=1), [real(2, 3)]),
    Form("add.accumulate", lambda x: np.add.accumulate(x) ** 2, [real(4)]),
    Form("add.accumulate axis=1", lambda x: np.add.accumulate(x, axis=1) ** 2, [real(2, 3)]),
    Form("multiply.accumulate", lambda x: np.multiply.accumulate(x), [nonzero(4)]),
    Form("maximum.accumulate", lambda x: np.maximum.accumulate(x) ** 2, [distinct(5)], kinks=True),
    Form("multiply.outer", lambda x, y: np.multiply.outer(x, y), [real(3), real(2)]),
    Form("multiply.outer of matrices", lambda x, y: np.multiply.outer(x, y), [real(2, 2), real(2)]),
    Form("add.outer", lambda x, y: np.add.outer(x, y) ** 2, [real(3), real(2)]),
    Form("subtract.outer", lambda x: np.subtract.outer(x, x) ** 2, [real(3)]),
    Form("ufunc where and out", fill_with_out, [real(3), real(3)]),
]

# Reductions

REDUCTIONS = [
    Form("sum", lambda x: np.sum(x**2), [real(4)]),
    Form("sum of a matrix", lambda x: np.sum(x**2), [real(2, 3)]),
    Form("sum axis=0", lambda x: np.sum(x**2, axis=0), [real(2, 3)]),
    Form("sum axis=1 keepdims", lambda x: x * np.sum(x, axis=1, keepdims=True), [real(2, 3)]),
    Form("sum axis=-1", lambda x: np.sum(np.sin(x), axis=-1), [real(2, 2, 2)]),
    Form("sum two axes", lambda x: np.sum(x**2, axis=(0, 2)), [real(2, 3, 2)]),
    Form("sum two axes keepdims", lambda x: x * np.sum(x, axis=(-1, 0), keepdims=True), [real(2, 2, 2)]),
    Form("sum keepdims", lambda x: x * np.sum(x, keepdims=True), [real(2, 2)]),
    Form("sum axis=()", lambda x: np.sum(x, axis=()) ** 2, [real(2, 2)]),
    Form("sum where", lambda x: np.sum(x**2, axis=1, where=np.array([True, False, True])), [real(2, 3)]),
    Form("sum where traced", lambda x: np.sum(x**2, where=x > 0), [nonzero(4)], kinks=True),
    Form("sum initial", lambda x: np.sum(x**2, initial=5.0), [real(3)]),
    Form("sum of a number", lambda x: np.sum(x) ** 2, [real()]),
    Form("mean", lambda x: np.mean(x**2), [real(4)]),
    Form("mean axis=0", lambda x: np.mean(x**2, axis=0), [real(3, 2)]),
    Form("mean axis=1 keepdims", lambda x: (x - np.mean(x, axis=1, keepdims=True)) ** 2, [real(2, 3)]),
    Form("mean two axes", lambda x: np.mean(x**2, axis=(0, 1)), [real(2, 2, 2)]),
    Form("mean where", lambda x: np.mean(x**2, where=np.array([True, False, True])), [real(3)]),
    Form("prod", lambda x: np.prod(x), [nonzero(4)]),
    Form("prod axis=0", lambda x: np.prod(x, axis=0), [nonzero(3, 2)]),
    Form("prod axis=-1 keepdims", lambda x: np.prod(x, axis=-1, keepdims=True), [nonzero(2, 3)]),
    Form("prod two axes", lambda x: np.prod(x, axis=(0, 2)), [nonzero(2, 2, 2)]),
    Form("max", lambda x: np.max(x) ** 2, [distinct(5)], kinks=True),
    Form("max axis=1", lambda x: np.max(x, axis=1) ** 2, [distinct(2, 3)], kinks=True),
    Form("max axis=0 keepdims", lambda x: x * np.max(x, axis=0, keepdims=True), [distinct(2, 3)], kinks=True),
    Form("max two axes", lambda x: np.max(x, axis=(0, 2)) ** 2, [distinct(2, 2, 2)], kinks=True),
    Form("max initial", lambda x: np.max(x, axis=1, initial=-50.0) ** 2, [distinct(2, 3)], kinks=True),
    Form(
        "max where",
        lambda x: np.max(x, axis=0, where=np.array([[True], [False], [True]]), initial=-50.0) ** 2,
        [distinct(3, 2)],
        kinks=True,
    ),
    Form("amax", lambda x: np.amax(x, axis=-1) ** 2, [distinct(2, 3)], kinks=True),
    Form("min", lambda x: np.min(x) ** 2, [distinct(5)], kinks=True),
    Form("min axis=0", lambda x: np.min(x, axis=0) ** 2, [distinct(3, 2)], kinks=True),
    Form("amin keepdims", lambda x: x * np.amin(x, axis=1, keepdims=True), [distinct(2, 3)], kinks=True),
    Form("var", lambda x: np.var(x), [real(4)]),
    Form("var axis=0", lambda x: np.var(x, axis=0), [real(3, 2)]),
    Form("var ddof=1 keepdims", lambda x: np.var(x, axis=1, ddof=1, keepdims=True), [real(2, 3)]),
    Form("var two axes", lambda x: np.var(x, axis=(0, 1)), [real(2, 2, 2)]),
    Form("std", lambda x: np.std(x), [distinct(4)]),
    Form("std axis=0", lambda x: np.std(x, axis=0), [distinct(3, 2)]),
    Form("std ddof=1", lambda x: np.std(x, axis=-1, ddof=1), [distinct(2, 3)]),
    Form("std keepdims", lambda x: x / np.std(x, axis=1, keepdims=True), [distinct(2, 3)]),
    Form("average", lambda x: np.average(x**2), [real(4)]),
    Form("average with weights", lambda x, w: np.average(x, weights=w), [real(4), positive(4)]),
    Form("average axis=0", lambda x, w: np.average(x, axis=0, weights=w), [real(3, 2), positive(3)]),
    Form("average, constant weights", lambda x: np.average(x**2, axis=1, weights=[1, 2, 3]), [real(2, 3)]),
    Form("ptp", lambda x: np.ptp(x) ** 2, [distinct(5)], kinks=True),
    Form("ptp axis=1", lambda x: np.ptp(x, axis=1) ** 2, [distinct(2, 3)], kinks=True),
    Form("median, odd", lambda x: np.median(x) ** 2, [distinct(5)], kinks=True),
    Form("median, even", lambda x: np.median(x) ** 2, [distinct(4)], kinks=True),
    Form("median axis=1", lambda x: np.median(x, axis=1) ** 2, [distinct(2, 4)], kinks=True),
    Form("median keepdims", lambda x: x * np.median(x, axis=0, keepdims=True), [distinct(3, 2)], kinks=True),
    Form("cumsum", lambda x: np.cumsum(x) ** 2, [real(4)]),
    Form("cumsum of a matrix", lambda x: np.cumsum(x) ** 2, [real(2, 3)]),
    Form("cumsum axis=0", lambda x: np.cumsum(x, axis=0) ** 2, [real(3, 2)]),
    Form("cumsum axis=-1", lambda x: np.cumsum(x, axis=-1) ** 2, [real(2, 3)]),
    Form("cumprod", lambda x: np.cumprod(x), [nonzero(4)]),
    Form("cumprod axis=1", lambda x: np.cumprod(x, axis=1), [nonzero(2, 3)]),
    Form("cumprod of a matrix", lambda x: np.cumprod(x), [nonzero(2, 2)]),
    Form("diff", lambda x: np.diff(x) ** 2, [real(4)]),
    Form("diff n=2", lambda x: np.diff(x, n=2) ** 2, [real(5)]),
    Form("diff axis=0", lambda x: np.diff(x, axis=0) ** 2, [real(3, 2)]),
    Form("diff prepend", lambda x: np.diff(x, prepend=0.0) ** 2, [real(3)]),
    Form("argmax as an index", lambda x: x[np.argmax(x)] ** 2, [distinct(5)], kinks=True),
    Form("argmin as an index", lambda x: x[np.argmin(x)] * x, [distinct(5)], kinks=True),
    Form(
        "argmax axis=1 as an index",
        lambda x: x[np.arange(2), np.argmax(x, axis=1)] ** 2,
        [distinct(2, 3)],
        kinks=True,
    ),
    Form("log of a sum of exp", log_sum_exp, [distinct(2, 3)]),
    Form("log of a sum of exp, in one line", lambda x: np.log(np.sum(np.exp(x - x.max()))) + x.max(), [distinct(4)]),
    Form("softmax", softmax, [distinct(2, 3)]),
    Form("norm", lambda x: np.linalg.norm(x), [nonzero(3)]),
    Form("norm of a matrix", lambda x: np.linalg.norm(x), [nonzero(2, 3)]),
    Form("norm axis=1", lambda x: np.linalg.norm(x, axis=1), [nonzero(2, 3)]),
    Form("norm keepdims", lambda x: x / np.linalg.norm(x, axis=-1, keepdims=True), [nonzero(2, 3)]),
    Form("norm ord=2", lambda x: np.linalg.norm(x, ord=2), [nonzero(3)]),
    Form("norm ord=2 axis=0", lambda x: np.linalg.norm(x, 2, axis=0), [nonzero(3, 2)]),
    Form("norm ord=1", lambda x: np.linalg.norm(x, 1) ** 2, [nonzero(4)], kinks=True),
    Form("norm ord=1 axis=1", lambda x: np.linalg.norm(x, ord=1, axis=1) ** 2, [nonzero(2, 3)], kinks=True),
    Form("norm ord=3", lambda x: np.linalg.norm(x, ord=3), [nonzero(3)], kinks=True),
    Form("norm ord=inf", lambda x: np.linalg.norm(x, np.inf) ** 2, [positive(4)], kinks=True),
    Form("norm ord=-inf", lambda x: np.linalg.norm(x, -np.inf) ** 2, [positive(4)], kinks=True),
    Form("norm ord=inf axis=0", lambda x: np.linalg.norm(x, np.inf, axis=0) ** 2, [positive(3, 2)], kinks=True),
    Form("norm 'fro'", lambda x: np.linalg.norm(x, "fro"), [nonzero(2, 3)]),
    Form("norm 'fro' keepdims", lambda x: np.linalg.norm(x, "fro", keepdims=True), [nonzero(2, 2)]),
    Form("norm two axes", lambda x: np.linalg.norm(x, axis=(0, 2)), [nonzero(2, 2, 2)]),
    Form("norm ord=1 of a matrix", lambda x: np.linalg.norm(x, 1) ** 2, [nonzero(2, 3)], kinks=True),
    Form("norm ord=inf of a matrix", lambda x: np.linalg.norm(x, np.inf) ** 2, [nonzero(2, 3)], kinks=True),
]

# Products

PRODUCTS = [
    Form("dot 0-d 0-d", lambda x, y: np.dot(x, y), [real(), real()]),
    Form("dot 0-d 1-d", lambda x, y: np.dot(x, y), [real(), real(3)]),
    Form("dot 2-d 0-d", lambda x, y: np.dot(x, y), [real(2, 2), real()]),
    Form("dot 2-d number", lambda x: np.dot(x, 3.0) * x, [real(2, 2)]),
    Form("dot 0-d 3-d", lambda x, y: np.dot(x, y), [real(), real(2, 2, 2)]),
    Form("dot 3-d 0-d", lambda x, y: np.dot(x, y), [real(2, 2, 2), real()]),
    Form("dot 1-d 1-d", lambda x, y: np.dot(x, y), [real(3), real(3)]),
    Form("dot 2-d 1-d", lambda x, y: np.dot(x, y), [real(2, 3), real(3)]),
    Form("dot 1-d 2-d", lambda x, y: np.dot(x, y), [real(3), real(3, 2)]),
    Form("dot 2-d 2-d", lambda x, y: np.dot(x, y), [real(2, 3), real(3, 2)]),
    Form("dot 3-d 1-d", lambda x, y: np.dot(x, y), [real(2, 2, 3), real(3)]),
    Form("dot 1-d 3-d", lambda x, y: np.dot(x, y), [real(3), real(2, 3, 2)]),
    Form("dot 3-d 2-d", lambda x, y: np.dot(x, y), [real(2, 2, 2), real(2, 3)]),
    Form("dot 2-d 3-d", lambda x, y: np.dot(x, y), [real(2, 2), real(2, 2, 2)]),
    Form("dot 3-d 3-d", lambda x, y: np.dot(x, y), [real(2, 1, 2), real(2, 2, 2)]),
    Form("dot with itself", lambda x: np.dot(x, x), [real(3)]),
    Form("matmul vector vector", lambda x, y: np.matmul(x, y), [real(3), real(3)]),
    Form("matmul matrix vector", lambda x, y: np.matmul(x, y), [real(2, 3), real(3)]),
    Form("matmul vector matrix", lambda x, y: np.matmul(x, y), [real(3), real(3, 2)]),
    Form("matmul matrix matrix", lambda x, y: np.matmul(x, y), [real(2, 3), real(3, 2)]),
    Form("matmul batches", lambda x, y: np.matmul(x, y), [real(2, 2, 2), real(2, 2, 2)]),
    Form("matmul batch matrix", lambda x, y: np.matmul(x, y), [real(2, 2, 3), real(3, 2)]),
    Form("matmul matrix batch", lambda x, y: np.matmul(x, y), [real(2, 2), real(3, 2, 1)]),
    Form("matmul batch vector", lambda x, y: np.matmul(x, y), [real(2, 2, 3), real(3)]),
    Form("matmul vector batch", lambda x, y: np.matmul(x, y), [real(2), real(2, 2, 2)]),
    Form("matmul batches that broadcast", lambda x, y: np.matmul(x, y), [real(2, 1, 1, 2), real(2, 2, 1)]),
    Form("x @ y vector vector", lambda x, y: x @ y, [real(3), real(3)]),
    Form("x @ y matrix vector", lambda x, y: x @ y, [real(2, 3), real(3)]),
    Form("x @ y vector matrix", lambda x, y: x @ y, [real(3), real(3, 2)]),
    Form("x @ y batches", lambda x, y: x @ y, [real(2, 1, 2), real(2, 2, 2)]),
    Form("x.T @ x", lambda x: x.T @ x, [real(3, 2)]),
    Form("x @ a @ x", lambda x, a: x @ a @ x, [real(3), real(3, 3)]),
    Form("inner 1-d", lambda x, y: np.inner(x, y), [real(3), real(3)]),
    Form("inner 2-d", lambda x, y: np.inner(x, y), [real(2, 3), real(2, 3)]),
    Form("inner 2-d 1-d", lambda x, y: np.inner(x, y), [real(2, 3), real(3)]),
    Form("inner 0-d", lambda x, y: np.inner(x, y), [real(), real(3)]),
    Form("outer", lambda x, y: np.outer(x, y), [real(3), real(2)]),
    Form("outer of matrices", lambda x, y: np.outer(x, y), [real(2, 2), real(2)]),
    Form("vdot", lambda x, y: np.vdot(x, y), [real(3), real(3)]),
    Form("vdot of matrices", lambda x, y: np.vdot(x, y), [real(2, 2), real(2, 2)]),
    Form("tensordot axes=1", lambda x, y: np.tensordot(x, y, axes=1), [real(2, 2, 2), real(2, 2)]),
    Form("tensordot axes=0", lambda x, y: np.tensordot(x, y, axes=0), [real(2), real(2, 2)]),
    Form("tensordot", lambda x, y: np.tensordot(x, y), [real(2, 2, 3), real(2, 3, 2)]),
    Form(
        "tensordot with lists",
        lambda x, y: np.tensordot(x, y, axes=([0, 2], [1, 0])),
        [real(2, 2, 3), real(3, 2)],
    ),
    Form("tensordot with two numbers", lambda x, y: np.tensordot(x, y, axes=(0, -1)), [real(2, 3), real(2, 2)]),
    Form("tensordot to a number", lambda x, y: np.tensordot(x, y, axes=2), [real(2, 2), real(2, 2)]),
    Form("einsum ij,jk->ik", lambda x, y: np.einsum("ij,jk->ik", x, y), [real(2, 3), real(3, 2)]),
    Form("einsum ij,jk", lambda x, y: np.einsum("ij,jk", x, y), [real(2, 3), real(3, 2)]),
    Form("einsum ba", lambda x: np.einsum("ba", x**2), [real(2, 3)]),
    Form("einsum ij->ji", lambda x: np.einsum("ij->ji", x**2), [real(2, 3)]),
    Form("einsum ij->i", lambda x: np.einsum("ij->i", x**2), [real(2, 3)]),
    Form("einsum ij->", lambda x: np.einsum("ij->", x**2), [real(2, 3)]),
    Form("einsum ii", lambda x: np.einsum("ii", x**2), [real(3, 3)]),
    Form("einsum ii->i", lambda x: np.einsum("ii->i", x**2), [real(3, 3)]),
    Form("einsum iij->ij", lambda x: np.einsum("iij->ij", x**2), [real(2, 2, 2)]),
    Form("einsum i,i->", lambda x, y: np.einsum("i,i->", x, y), [real(3), real(3)]),
    Form("einsum i,i", lambda x, y: np.einsum("i,i", x, y), [real(3), real(3)]),
    Form("einsum i,j->ij", lambda x, y: np.einsum("i,j->ij", x, y), [real(3), real(2)]),
    Form("einsum i,i->i", lambda x, y: np.einsum("i,i->i", x, y), [real(3), real(3)]),
    Form("einsum bij,bjk->bik", lambda x, y: np.einsum("bij,bjk->bik", x, y), [real(2, 2, 2), real(2, 2, 1)]),
    Form("einsum ...ij,...jk->...ik", lambda x, y: np.einsum("...ij,...jk->...ik", x, y), [real(2, 2, 2), real(2, 2)]),
    Form("einsum ...i,...i", lambda x, y: np.einsum("...i,...i", x, y), [real(2, 3), real(3)]),
    Form("einsum ...,...", lambda x, y: np.einsum("...,...", x, y), [real(2, 1), real(3)]),
    Form("einsum i...->...", lambda x: np.einsum("i...->...", x**2), [real(2, 2, 2)]),
    Form("einsum bi,ij,bj->b", lambda x, a, y: np.einsum("bi,ij,bj->b", x, a, y), [real(2, 2), real(2, 2), real(2, 2)]),
    Form("einsum i,ij,j", lambda x, a: np.einsum("i,ij,j", x, a, x), [real(2), real(2, 2)]),
    Form("einsum optimize=True", lambda x, y: np.einsum("ij,jk,kl->il", x, y, x, optimize=True), [real(2, 2)] * 2),
    Form("einsum of three equal ones", lambda x: np.einsum("i,i,i->", x, x, x), [real(3)]),
    Form("einsum with a constant", lambda x: np.einsum("ij,j->i", np.arange(6.0).reshape(2, 3), x**2), [real(3)]),
    Form("einsum with index lists", lambda x, y: np.einsum(x, [0, 1], y, [1, 2], [0, 2]), [real(2, 2), real(2, 2)]),
    Form("einsum that sums one alone", lambda x, y: np.einsum("ij,k->i", x, y), [real(2, 2), real(2)]),
    Form("einsum with a number", lambda x, y: np.einsum(",i->i", x, y), [real(), real(3)]),
    Form("kron 1-d", lambda x, y: np.kron(x, y), [real(3), real(2)]),
    Form("kron 2-d", lambda x, y: np.kron(x, y), [real(2, 2), real(1, 2)]),
    Form("kron 1-d 2-d", lambda x, y: np.kron(x, y), [real(2), real(2, 2)]),
    Form("trace", lambda x: np.trace(x @ x), [real(3, 3)]),
    Form("trace offset=1", lambda x: np.trace(x, offset=1) ** 2, [real(2, 3)]),
    Form("trace offset=-1 of a batch", lambda x: np.trace(x**2, offset=-1, axis1=1, axis2=2), [real(2, 2, 2)]),
    Form("diag of a matrix", lambda x: np.diag(x) ** 2, [real(3, 3)]),
    Form("diag of a matrix k=1", lambda x: np.diag(x, k=1) ** 2, [real(2, 3)]),
    Form("diag of a vector", lambda x: np.diag(x**2), [real(3)]),
    Form("diag of a vector k=-1", lambda x: np.diag(x**2, k=-1), [real(2)]),
    Form("diagonal", lambda x: np.diagonal(x) ** 2, [real(3, 3)]),
    Form("diagonal offset", lambda x: np.diagonal(x, offset=-1) ** 2, [real(3, 2)]),
    Form("diagonal of a batch", lambda x: np.diagonal(x, axis1=1, axis2=2) ** 2, [real(2, 2, 2)]),
    Form("tril", lambda x: np.tril(x) ** 2, [real(3, 3)]),
    Form("tril k=-1", lambda x: np.tril(x, k=-1) ** 2, [real(3, 3)]),
    Form("triu", lambda x: np.triu(x) @ x, [real(2, 2)]),
    Form("triu k=1", lambda x: np.triu(x, 1) ** 2, [real(2, 3)]),
    Form("tril of a batch", lambda x: np.tril(x) ** 2, [real(2, 2, 2)]),
    Form("cross", lambda x, y: np.cross(x, y), [real(3), real(3)]),
    Form("cross of rows", lambda x, y: np.cross(x, y), [real(2, 3), real(3)]),
    Form("cross axis=0", lambda x, y: np.cross(x, y, axis=0), [real(3, 2), real(3, 2)]),
    Form("multi_dot", lambda x, y, z: np.linalg.multi_dot([x, y, z]), [real(2, 3), real(3, 2), real(2)]),
    Form("matrix_power 3", lambda x: np.linalg.matrix_power(x, 3), [real(2, 2)]),
    Form("matrix_power 0", lambda x: np.linalg.matrix_power(x, 0) @ x, [real(2, 2)]),
    Form("matrix_power -2", lambda x: np.linalg.matrix_power(x, -2), [regular(2, 2)]),
    Form("convolve", lambda x, y: np.convolve(x, y), [real(4), real(3)]),
    Form("convolve same", lambda x, y: np.convolve(x, y, mode="same"), [real(4), real(3)]),
    Form("convolve valid", lambda x, y: np.convolve(x, y, mode="valid"), [real(4), real(2)]),
    Form("convolve, the second longer", lambda x, y: np.convolve(x, y, "same"), [real(2), real(5)]),
    Form("convolve with a constant", lambda x: np.convolve(x**2, [1.0, -2.0, 1.0], "valid"), [real(5)]),
    Form("correlate", lambda x, y: np.correlate(x, y), [real(4), real(3)]),
    Form("correlate same", lambda x, y: np.correlate(x, y, mode="same"), [real(4), real(3)]),
    Form("correlate full", lambda x, y: np.correlate(x, y, mode="full"), [real(4), real(2)]),
    Form("polyval", lambda c, x: np.polyval(c, x), [real(4), real(3)]),
    Form("polyval, constant coefficients", lambda x: np.polyval([1.0, -2.0, 0.5], x), [real(3)]),
    Form("trapezoid", lambda y: np.trapezoid(y**2), [real(4)], since=(2, 0)),
    Form("trapezoid over x", lambda y, x: np.trapezoid(y, x), [real(4), real(4)], since=(2, 0)),
    Form("trapezoid dx axis", lambda y: np.trapezoid(y**2, dx=0.5, axis=0), [real(3, 2)], since=(2, 0)),
]

# Shapes

SHAPES = [
    Form("reshape", lambda x: np.reshape(x, (3, 2)) ** 2, [real(2, 3)]),
    Form("reshape -1", lambda x: np.reshape(x, -1) ** 2, [real(2, 3)]),
    Form("reshape (2, -1)", lambda x: np.reshape(x, (2, -1)) ** 2, [real(6)]),
    Form("reshape to three axes", lambda x: np.reshape(x, (2, 1, 3)) ** 2, [real(6)]),
    Form("reshape order F", lambda x: np.reshape(x, (3, 2), order="F") ** 2, [real(2, 3)]),
    Form("reshape of a number", lambda x: np.reshape(x, (1, 1)) ** 2, [real()]),
    Form("ravel", lambda x: np.ravel(x) ** 2, [real(2, 3)]),
    Form("ravel order F", lambda x: np.ravel(x, order="F") ** 2, [real(2, 3)]),
    Form("transpose", lambda x: np.transpose(x) * x, [real(2, 2)]),
    Form("transpose with axes", lambda x: np.transpose(x, (2, 0, 1)) ** 2, [real(2, 1, 3)]),
    Form("transpose with negative axes", lambda x: np.transpose(x, (-1, 0, 1)) ** 2, [real(2, 1, 3)]),
    Form(".T", lambda x: x.T * x, [real(2, 2)]),
    Form(".T of three axes", lambda x: x.T**2, [real(1, 2, 3)]),
    Form(".T of a vector", lambda x: x.T * x, [real(3)]),
    Form("swapaxes", lambda x: np.swapaxes(x, 0, -1) ** 2, [real(2, 1, 3)]),
    Form("moveaxis", lambda x: np.moveaxis(x, 0, -1) ** 2, [real(2, 1, 3)]),
    Form("moveaxis of two", lambda x: np.moveaxis(x, [0, 1], [-1, 0]) ** 2, [real(2, 1, 3)]),
    Form("squeeze", lambda x: np.squeeze(x) ** 2, [real(1, 3, 1)]),
    Form("squeeze axis", lambda x: np.squeeze(x, axis=-1) ** 2, [real(1, 3, 1)]),
    Form("squeeze two axes", lambda x: np.squeeze(x, axis=(0, 2)) ** 2, [real(1, 3, 1)]),
    Form("expand_dims", lambda x: np.expand_dims(x, 0) * x[:, np.newaxis], [real(3)]),
    Form("expand_dims twice", lambda x: np.expand_dims(x, axis=(0, -1)) ** 2, [real(3)]),
    Form("atleast_1d", lambda x: np.atleast_1d(x) ** 2, [real()]),
    Form("atleast_2d", lambda x: np.atleast_2d(x) ** 2, [real(3)]),
    Form("atleast_3d", lambda x: np.atleast_3d(x) ** 2, [real(2, 2)]),
    Form("broadcast_to", lambda x: np.broadcast_to(x, (2, 3)) ** 2, [real(3)]),
    Form("broadcast_to from (2, 1)", lambda x: np.broadcast_to(x, (2, 2, 3)) ** 2, [real(2, 1)]),
    Form("broadcast_to of a number", lambda x: np.broadcast_to(x, (3,)) ** 2, [real()]),
    Form("broadcast_arrays", lambda x, y: np.multiply(*np.broadcast_arrays(x, y)), [real(3, 1), real(2)]),
    Form("concatenate", lambda x, y: np.concatenate([x, y]) ** 2, [real(3), real(2)]),
    Form("concatenate axis=1", lambda x, y: np.concatenate((x, y), axis=1) ** 2, [real(2, 1), real(2, 2)]),
    Form("concatenate axis=None", lambda x, y: np.concatenate([x, y], axis=None) ** 2, [real(2, 2), real(3)]),
    Form("concatenate with a constant", lambda x: np.concatenate([np.zeros(1), x, [1.0]]) ** 2, [real(3)]),
    Form("concatenate the same twice", lambda x: np.concatenate([x, x**2]) * np.concatenate([x, x]), [real(3)]),
    Form("stack", lambda x, y: np.stack([x, y]) ** 2, [real(3), real(3)]),
    Form("stack axis=1", lambda x, y: np.stack([x, y], axis=1) ** 2, [real(3), real(3)]),
    Form("stack axis=-1", lambda x: np.stack([np.sin(x), np.cos(x), x], axis=-1), [real(2, 2)]),
    Form("stack of numbers", lambda x, y: np.stack([x * y, x / y, y**2]), [nonzero(), nonzero()]),
    Form("stack of elements", lambda x: np.stack([x[1] * x[0], x[0] ** 2, x[2]]), [real(3)]),
    Form("vstack", lambda x, y: np.vstack([x, y]) ** 2, [real(3), real(2, 3)]),
    Form("hstack", lambda x, y: np.hstack([x, y]) ** 2, [real(3), real(2)]),
    Form("hstack of matrices", lambda x, y: np.hstack((x, y)) ** 2, [real(2, 1), real(2, 2)]),
    Form("dstack", lambda x, y: np.dstack([x, y]) ** 2, [real(2, 2), real(2, 2)]),
    Form("column_stack", lambda x, y: np.column_stack([x, y]) ** 2, [real(3), real(3, 2)]),
    Form("column_stack with ones", lambda x: np.column_stack([np.ones(3), x, x**2]), [real(3)]),
    Form("block", lambda x, y: np.block([[x, y], [y.T, np.eye(1)]]) ** 2, [real(2, 2), real(2, 1)]),
    Form("block of vectors", lambda x, y: np.block([x, y, 1.0]) ** 2, [real(2), real(3)]),
    Form("append", lambda x, y: np.append(x, y) ** 2, [real(3), real()]),
    Form("append axis=0", lambda x, y: np.append(x, y, axis=0) ** 2, [real(2, 2), real(1, 2)]),
    Form("tile", lambda x: np.tile(x, 2) ** 2, [real(3)]),
    Form("tile (2, 1)", lambda x: np.tile(x, (2, 1)) ** 2, [real(3)]),
    Form("tile (2, 2) of a matrix", lambda x: np.tile(x, (2, 2)) ** 2, [real(1, 2)]),
    Form("repeat", lambda x: np.repeat(x, 2) ** 2, [real(3)]),
    Form("repeat axis=1", lambda x: np.repeat(x, 3, axis=1) ** 2, [real(2, 2)]),
    Form("repeat of a matrix", lambda x: np.repeat(x, 2) ** 2, [real(2, 2)]),
    Form("repeat with an array", lambda x: np.repeat(x, [1, 0, 2], axis=0) ** 2, [real(3, 2)]),
    Form("roll", lambda x: np.roll(x, 1) * x, [real(4)]),
    Form("roll -2", lambda x: np.roll(x, -2) * x, [real(5)]),
    Form("roll of a matrix", lambda x: np.roll(x, 1) * x, [real(2, 3)]),
    Form("roll axis=1", lambda x: np.roll(x, 1, axis=1) * x, [real(2, 3)]),
    Form("roll two axes", lambda x: np.roll(x, (1, -1), axis=(0, 1)) * x, [real(2, 3)]),
    Form("roll by two shifts", lambda x: np.roll(x, (1, 1)) * x, [real(5)]),
    Form("flip", lambda x: np.flip(x) * x, [real(2, 3)]),
    Form("flip axis=0", lambda x: np.flip(x, axis=0) * x, [real(3, 2)]),
    Form("flip two axes", lambda x: np.flip(x, axis=(0, 2)) * x, [real(2, 1, 2)]),
    Form("fliplr", lambda x: np.fliplr(x) * x, [real(2, 3)]),
    Form("flipud", lambda x: np.flipud(x) * x, [real(3)]),
    Form("rot90", lambda x: np.rot90(x) * x, [real(2, 2)]),
    Form("rot90 k=3", lambda x: np.rot90(x, k=3) ** 2, [real(2, 3)]),
    Form("rot90 with axes", lambda x: np.rot90(x, 2, axes=(1, 2)) * x, [real(1, 2, 3)]),
    Form("split", lambda x: np.split(x, 3)[0] * np.split(x, 3)[2], [real(6)]),
    Form("split at indices", lambda x: np.split(x, [1, 3])[1] * np.split(x, [1, 3])[0], [real(5)]),
    Form("split axis=1", lambda x: np.multiply(*np.split(x, 2, axis=1)), [real(2, 4)]),
    Form("array_split", lambda x: sum(np.sum(part) ** 2 for part in np.array_split(x, 3)), [real(7)]),
    Form("hsplit", lambda x: np.multiply(*np.hsplit(x, 2)), [real(2, 4)]),
    Form("vsplit", lambda x: np.multiply(*np.vsplit(x, 2)), [real(4, 2)]),
    Form("pad", lambda x: np.pad(x, 1) ** 2, [real(3)]),
    Form("pad a value", lambda x: np.pad(x, (1, 2), constant_values=0.5) ** 2, [real(3)]),
    Form("pad constant", lambda x: np.pad(x, ((0, 1), (2, 0)), mode="constant") ** 2, [real(2, 2)]),
    Form("pad edge", lambda x: np.pad(x, (2, 1), mode="edge") ** 2, [real(3)]),
    Form("pad edge of a matrix", lambda x: np.pad(x, 1, "edge") ** 2, [real(2, 2)]),
    Form("pad reflect", lambda x: np.pad(x, (2, 1), mode="reflect") ** 2, [real(4)]),
    Form("pad symmetric", lambda x: np.pad(x, 2, mode="symmetric") ** 2, [real(3)]),
    Form("pad wrap", lambda x: np.pad(x, (1, 2), mode="wrap") ** 2, [real(3)]),
    Form("pad wrap of a matrix", lambda x: np.pad(x, ((1, 1), (0, 1)), mode="wrap") ** 2, [real(2, 3)]),
    Form("delete", lambda x: np.delete(x, 1) ** 2, [real(4)]),
    Form("delete axis=1", lambda x: np.delete(x, [0, 2], axis=1) ** 2, [real(2, 4)]),
    Form("delete a slice", lambda x: np.delete(x, slice(1, 3), axis=0) ** 2, [real(4, 2)]),
    Form("linspace", lambda x, y: np.linspace(x, y, 5) ** 2, [real(), real()]),
    Form("linspace from numbers", lambda x: np.linspace(0.0, x, 4) ** 2, [real(dtype="number")]),
    Form("linspace endpoint=False", lambda x, y: np.linspace(x, y, num=4, endpoint=False) ** 2, [real(), real()]),
    Form("linspace between arrays", lambda x, y: np.linspace(x, y, 3, axis=-1) ** 2, [real(2), real(2)]),
    Form("geomspace", lambda x, y: np.geomspace(x, y, 4), [positive(), beyond()]),
    Form("meshgrid", lambda x, y: np.multiply(*np.meshgrid(x, y)), [real(3), real(2)]),
    Form("meshgrid ij", lambda x, y: np.multiply(*np.meshgrid(x, y, indexing="ij")), [real(3), real(2)]),
    Form("meshgrid sparse", lambda x, y: np.multiply(*np.meshgrid(x, y, sparse=True)), [real(3), real(2)]),
    Form("zeros_like", lambda x: np.zeros_like(x) + x**2, [real(2, 2)]),
    Form("ones_like", lambda x: np.ones_like(x) * x**2, [real(2, 2)]),
    Form("full_like", lambda x: np.full_like(x, 2.0) ** x, [real(3)]),
    Form("zeros with x.shape", lambda x: (np.zeros(x.shape) + 1.5) * x**2, [real(2, 2)]),
    Form("arange of a length", lambda x: np.arange(len(x)) * x**2, [real(4)]),
    Form("eye of a length", lambda x: (x + np.eye(len(x), dtype=x.dtype)) ** 2, [real(2, 2)]),
    Form(
        "windows",
        lambda x: np.lib.stride_tricks.sliding_window_view(x, 3) @ x[:3],
        [real(5)],
    ),
    Form("windows of two axes", convolve_2d, [real(3, 4), real(2, 2)]),
    Form(
        "windows axis=1",
        lambda x: np.lib.stride_tricks.sliding_window_view(x, 2, axis=1).prod(axis=-1),
        [real(2, 4)],
    ),
]

# Indexing

INDEXING = [
    Form("x[1]", lambda x: x[1] ** 2, [real(3)]),
    Form("x[-1]", lambda x: x[-1] * x, [real(3)]),
    Form("x[1] of a matrix", lambda x: x[1] ** 2, [real(2, 3)]),
    Form("x[1, 2]", lambda x: x[1, 2] * x[0, -1], [real(2, 3)]),
    Form("x[1][2]", lambda x: x[1][2] * x[0][1], [real(2, 3)]),
    Form("x[np.int64(1)]", lambda x: x[np.int64(1)] ** 2, [real(3)]),
    Form("x[1:3]", lambda x: x[1:3] * x[2:], [real(4)]),
    Form("x[:-1]", lambda x: x[:-1] * x[1:], [real(4)]),
    Form("x[::2]", lambda x: x[::2] ** 2, [real(5)]),
    Form("x[::-1]", lambda x: x[::-1] * x, [real(4)]),
    Form("x[-2::-2]", lambda x: x[-2::-2] ** 2, [real(6)]),
    Form("x[4:0:-2]", lambda x: x[4:0:-2] ** 2, [real(6)]),
    Form("x[5:2] empty", lambda x: np.sum(x[5:2]) + x[0] ** 2, [real(3)]),
    Form("x[1:100]", lambda x: x[1:100] ** 2, [real(3)]),
    Form("x[:, 1]", lambda x: x[:, 1] * x[:, 0], [real(2, 3)]),
    Form("x[:, ::-1]", lambda x: x[:, ::-1] * x, [real(2, 3)]),
    Form("x[:, 1:, 0]", lambda x: x[:, 1:, 0] ** 2, [real(2, 3, 2)]),
    Form("x[..., 0]", lambda x: x[..., 0] ** 2, [real(2, 2, 2)]),
    Form("x[0, ..., 1]", lambda x: x[0, ..., 1] ** 2, [real(2, 2, 2)]),
    Form("x[...]", lambda x: x[...] ** 2, [real(2, 2)]),
    Form("x[()]", lambda x: x[()] ** 2, [real()]),
    Form("x[None]", lambda x: x[None] ** 2, [real(3)]),
    Form("x[:, None]", lambda x: x[:, None] * x[None, :], [real(3)]),
    Form("x[:, np.newaxis] - x", lambda x: (x[:, np.newaxis] - x) ** 2, [real(3)]),
    Form("x[..., None]", lambda x: x[..., None] ** 2, [real(2, 2)]),
    Form("x[None, 1, None, ::2]", lambda x: x[None, 1, None, ::2] ** 2, [real(2, 3)]),
    Form("x[[0, 2]]", lambda x: x[[0, 2]] ** 2, [real(3)]),
    Form("x[[2, 0, 2, 2]]", lambda x: x[[2, 0, 2, 2]] ** 2, [real(3)]),
    Form("x[array]", lambda x: x[np.array([1, -1, 0])] * x, [real(3)]),
    Form("x[array of two axes]", lambda x: x[np.array([[0, 1], [2, 0]])] ** 2, [real(3)]),
    Form("x[[1, 0]] of a matrix", lambda x: x[[1, 0, 1]] ** 2, [real(2, 3)]),
    Form("x[[0, 1], [2, 0]]", lambda x: x[[0, 1], [2, 0]] ** 2, [real(2, 3)]),
    Form("x[np.arange(2), [1, 1]]", lambda x: x[np.arange(2), [1, 1]] ** 2, [real(2, 3)]),
    Form("x[[[0], [1]], [0, 2]]", lambda x: x[[[0], [1]], [0, 2]] ** 2, [real(2, 3)]),
    Form("x[:, [2, 0]]", lambda x: x[:, [2, 0]] ** 2, [real(2, 3)]),
    Form("x[1:, [0, 0]]", lambda x: x[1:, [0, 0]] ** 2, [real(3, 2)]),
    Form("x[[1, 0], :, [0, 1]]", lambda x: x[[1, 0], :, [0, 1]] ** 2, [real(2, 3, 2)]),
    Form("x[:, [1, 0], [0, 1]]", lambda x: x[:, [1, 0], [0, 1]] ** 2, [real(2, 2, 2)]),
    Form("x[0, :, [0, 1, 1]]", lambda x: x[0, :, [0, 1, 1]] ** 2, [real(2, 3, 2)]),
    Form("x[:, 0, [0, 1, 1]]", lambda x: x[:, 0, [0, 1, 1]] ** 2, [real(2, 3, 2)]),
    Form("x[[0, 1], None, :]", lambda x: x[[0, 1], None, :] ** 2, [real(2, 3)]),
    Form("x[..., [1, 0]]", lambda x: x[..., [1, 0]] ** 2, [real(2, 2, 2)]),
    Form("x[constant mask]", lambda x: x[np.array([True, False, True])] ** 2, [real(3)]),
    Form("x[list of truths]", lambda x: x[[True, False, True]] ** 2, [real(3)]),
    Form("x[mask of rows]", lambda x: x[np.array([True, False, True])] ** 2, [real(3, 2)]),
    Form("x[mask of both axes]", lambda x: x[np.eye(2, dtype=bool)] ** 2, [real(2, 2)]),
    Form("x[:, mask]", lambda x: x[:, np.array([False, True, True])] ** 2, [real(2, 3)]),
    Form("x[mask, 0]", lambda x: x[np.array([False, True, True]), 0] ** 2, [real(3, 2)]),
    Form("x[x > 0]", lambda x: x[x > 0] ** 2, [nonzero(5)], kinks=True, branches=True),
    Form("x[x > 0] of a matrix", lambda x: x[x > 0] ** 2, [distinct(2, 3)], kinks=True, branches=True),
    Form("sum of x[x > 0]", lambda x: np.sum(x[x > 0] ** 2), [distinct(5)], kinks=True, branches=True),
    Form("x[x[:, 0] > 0]", lambda x: x[x[:, 0] > 0] ** 2, [distinct(3, 2)], kinks=True, branches=True),
    Form("x[y > 0]", lambda x, y: x[y > 0] ** 2 * y.sum(), [real(4), distinct(4)], kinks=True, branches=True),
    Form("x[np.where(...)]", lambda x: x[np.where(x > 0)] ** 2, [distinct(5)], kinks=True, branches=True),
    Form("x[np.nonzero(...)]", lambda x: x[np.nonzero(x > 0)] ** 2, [distinct(5)], kinks=True, branches=True),
    Form("x[np.ix_]", lambda x: x[np.ix_([1, 0], [0, 2])] ** 2, [real(2, 3)]),
    Form("x[np.tril_indices]", lambda x: x[np.tril_indices(3)] ** 2, [real(3, 3)]),
    Form("x[np.triu_indices]", lambda x: x[np.triu_indices(3, k=1)] ** 2, [real(3, 3)]),
    Form("x[np.diag_indices]", lambda x: x[np.diag_indices(3)] ** 2, [real(3, 3)]),
    Form("array[argmax]", lambda x: np.array([1.0, 2.0, 4.0, 7.0])[np.argmax(x)] * x, [distinct(4)], True, True),
    Form("array[integers by comparison]", lambda x: np.array([1.0, 3.0])[(x > 0).astype(int)] * x, [nonzero(4)], True),
    Form("take from a table", lambda x: np.take([1.0, 3.0], (x > 0).astype(int)) * x, [nonzero(4)], kinks=True),
    Form("x[~mask]", lambda x: x[~np.eye(3, dtype=bool)].reshape(3, 2) ** 2, [real(3, 3)]),
    Form("x[1, [0, 2]]", lambda x: x[1, [0, 2]] ** 2, [real(2, 3)]),
    Form("x[column, row]", lambda x: x[np.array([0, 1])[:, None], [0, 2]] ** 2, [real(2, 3)]),
    Form("x[range]", lambda x: x[range(2)] ** 2, [real(3)]),
    Form("x[slice]", lambda x: x[slice(1, None)] ** 2, [real(3)]),
    Form("x[[0, 1], :, None]", lambda x: x[[0, 1], :, None] ** 2, [real(2, 3)]),
    Form("x[argmax, arange]", lambda x: x[np.argmax(x, axis=0), np.arange(3)] ** 2, [distinct(2, 3)], kinks=True),
    Form("x[argsort(-x)[:2]]", lambda x: x[np.argsort(-x)[:2]] ** 2, [distinct(4)], kinks=True),
    Form("take", lambda x: np.take(x, [2, 0, 2]) ** 2, [real(3)]),
    Form("take a number", lambda x: np.take(x, 1) * x, [real(3)]),
    Form("take axis=1", lambda x: np.take(x, [1, 1, 0], axis=1) ** 2, [real(2, 3)]),
    Form("take from the flat matrix", lambda x: np.take(x, [[0, 5], [3, 3]]) ** 2, [real(2, 3)]),
    Form("take mode=wrap", lambda x: np.take(x, [4, -5], mode="wrap") ** 2, [real(3)]),
    Form("take mode=clip", lambda x: np.take(x, [7, 1, -9], mode="clip") ** 2, [real(3)]),
    Form(
        "take_along_axis",
        lambda x: np.take_along_axis(x, np.array([[2, 0], [1, 1]]), axis=1) ** 2,
        [real(2, 3)],
    ),
    Form(
        "take_along_axis of argmax",
        lambda x: np.take_along_axis(x, np.argmax(x, axis=1, keepdims=True), axis=1) ** 2,
        [distinct(2, 3)],
        kinks=True,
    ),
    Form("compress", lambda x: np.compress([True, False, True], x) ** 2, [real(3)]),
    Form("compress axis=1", lambda x: np.compress([False, True, True], x, axis=1) ** 2, [real(2, 3)]),
    Form("extract", lambda x: np.extract(np.array([True, False, True]), x) ** 2, [real(3)]),
    Form("extract by values", lambda x: np.extract(x > 0, x) ** 2, [nonzero(5)], kinks=True, branches=True),
    Form("sort", lambda x: np.sort(x) ** 2 * np.arange(1.0, 6.0), [distinct(5)], kinks=True),
    Form("sort of rows", lambda x: np.sort(x) ** 2, [distinct(2, 3)], kinks=True),
    Form("sort axis=0", lambda x: np.sort(x, axis=0) ** 2, [distinct(3, 2)], kinks=True),
    Form("sort axis=None", lambda x: np.sort(x, axis=None) ** 2, [distinct(2, 3)], kinks=True),
    Form("sort descending", lambda x: np.sort(x)[::-1] * x, [distinct(4)], kinks=True),
    Form("argsort as an index", lambda x: x[np.argsort(x)] ** 2, [distinct(5)], kinks=True),
    Form("argsort of another", lambda x, y: x[np.argsort(y)] * y, [real(4), distinct(4)], kinks=True),
    Form(
        "argsort with take_along_axis",
        lambda x: np.take_along_axis(x, np.argsort(x, axis=1), axis=1) ** 2,
        [distinct(2, 3)],
        kinks=True,
    ),
    Form("searchsorted", lambda x: x * np.searchsorted([-1.0, 0.0, 1.0], x), [broken(4)], kinks=True),
    Form(
        "searchsorted as an index",
        lambda x: x * np.take([1.0, 2.0, 3.0, 4.0], np.searchsorted([-1.0, 0.0, 1.0], x)),
        [broken(4)],
        kinks=True,
    ),
]

ASSIGNMENTS = [
    Form("out[i] = v", assign_elements, [real(4)]),
    Form("out[i] = row", assign_rows, [real(3, 2)]),
    Form("out[a:b] = v", assign_slices, [real(6)]),
    Form("out[::-1] = v", assign_reversed_slice, [real(3)]),
    Form("out[:, j] = v", assign_column, [real(2, 3)]),
    Form("out[:] = v", assign_broadcast, [real(2, 3), real(3)]),
    Form("out[..., 0] = v", assign_ellipsis, [real(2, 2)]),
    Form("out[[3, 0]] = v", assign_integer_array, [real(4), real(2)]),
    Form("out[[0, 1], [2, 0]] = v", assign_integer_arrays, [real(2, 3), real(2)]),
    Form("out[constant mask] = v", assign_constant_mask, [real(4)]),
    Form("out[x < 0] = 0", assign_number_by_mask, [nonzero(5)], kinks=True),
    Form("out[x > 0] = f(x[x > 0])", assign_by_mask, [nonzero(5)], kinks=True, branches=True),
    Form("out[mask of rows] = 1", assign_row_mask, [real(2, 3)]),
    Form("out[:2] += v", add_into_slice, [real(4), real(2)]),
    Form("out[1] *= v", scale_row_in_place, [real(3, 2)]),
    Form("x = x.copy(); x[0] = v", copy_and_assign, [real(4)]),
    Form("y = np.copy(x); y[0] += v", copy_and_add_to_elements, [real(3)]),
    Form("a view of out is assigned to", view_and_assign, [real(2, 3)]),
    Form("full_like, then out[1] = v", assign_to_full_like, [real(3)]),
    Form("out[i, j] = v in loops", fill_matrix_by_elements, [real(3)]),
    Form("out[()] = v", assign_zero_dimensional, [real()]),
    Form("total += row", accumulate_in_place, [real(3, 2)]),
]

# Linear algebra. Where NumPy reads one triangle only, the matrix is made symmetric first.

LINEAR_ALGEBRA = [
    Form("solve a vector", lambda a, b: np.linalg.solve(a, b), [regular(3, 3), real(3)]),
    Form("solve a matrix", lambda a, b: np.linalg.solve(a, b), [regular(2, 2), real(2, 3)]),
    Form("solve batches", lambda a, b: np.linalg.solve(a, b), [regular(2, 2, 2), real(2, 2, 1)]),
    Form("solve a batch of one matrix", lambda a, b: np.linalg.solve(a, b), [regular(2, 2), real(2, 2, 1)]),
    Form("solve with a constant matrix", lambda b: np.linalg.solve(np.diag([2.0, 4.0]), b**2), [real(2)]),
    Form("b @ solve(a, b)", lambda a, b: b @ np.linalg.solve(a, b), [regular(3, 3), real(3)]),
    Form("inv", lambda a: np.linalg.inv(a), [regular(3, 3)]),
    Form("inv of a batch", lambda a: np.linalg.inv(a), [regular(2, 2, 2)]),
    Form("det", lambda a: np.linalg.det(a), [regular(3, 3)]),
    Form("det of a batch", lambda a: np.linalg.det(a), [regular(2, 2, 2)]),
    Form("slogdet", lambda a: np.linalg.slogdet(a)[1], [regular(3, 3)]),
    Form("slogdet, unpacked", lambda a: np.multiply(*np.linalg.slogdet(a)), [regular(2, 2)]),
    Form("slogdet by name", lambda a: np.linalg.slogdet(a).logabsdet ** 2, [regular(2, 2, 2)]),
    Form("cholesky", lambda a: np.linalg.cholesky((a + a.T) / 2), [definite(3, 3)]),
    Form("cholesky of x @ x.T", lambda x: np.linalg.cholesky(x @ x.T + np.eye(2)), [real(2, 3)]),
    Form("cholesky of a batch", lambda a: np.linalg.cholesky((a + a.swapaxes(1, 2)) / 2), [definite(2, 2, 2)]),
    Form("eigvalsh", lambda a: np.linalg.eigvalsh((a + a.T) / 2) ** 2, [definite(3, 3)]),
    Form("eigvalsh of a batch", lambda a: np.linalg.eigvalsh((a + a.swapaxes(-1, -2)) / 2), [definite(2, 2, 2)]),
    Form("eigh, the values", lambda a: np.linalg.eigh((a + a.T) / 2)[0] ** 2, [definite(3, 3)]),
    Form("eigh, the vectors squared", lambda a: np.linalg.eigh((a + a.T) / 2)[1] ** 2, [definite(2, 2)]),
    Form("the root of a matrix by eigh", root_of_matrix, [definite(3, 3)]),
    Form("cholesky of 1 by 1", lambda a: np.linalg.cholesky(a), [definite(1, 1)]),
    Form("det of 4 by 4", lambda a: np.linalg.det(a), [regular(4, 4)]),
    Form("normal equations", lambda a, b: np.linalg.solve(a.T @ a, a.T @ b), [regular(3, 2), real(3)]),
    Form(
        "log of a normal density",
        lambda a, x: x @ np.linalg.inv(a) @ x + np.linalg.slogdet(a)[1],
        [regular(2, 2), real(2)],
    ),
    Form("solve with a triangle", lambda a, b: np.linalg.solve(np.tril(a), b), [regular(3, 3), real(3)]),
]

# Methods and attributes

METHODS = [
    Form("x.sum()", lambda x: (x**2).sum(), [real(2, 3)]),
    Form("x.sum(axis=0)", lambda x: (x**2).sum(axis=0), [real(2, 3)]),
    Form("x.sum(1, keepdims=True)", lambda x: x * x.sum(1, keepdims=True), [real(2, 3)]),
    Form("x.mean()", lambda x: (x**2).mean(), [real(4)]),
    Form("x.mean(0)", lambda x: (x**2).mean(0), [real(3, 2)]),
    Form("x.mean(axis=-1, keepdims=True)", lambda x: x * x.mean(axis=-1, keepdims=True), [real(2, 3)]),
    Form("x.prod()", lambda x: x.prod(), [nonzero(4)]),
    Form("x.prod(axis=1)", lambda x: x.prod(axis=1), [nonzero(2, 3)]),
    Form("x.max()", lambda x: x.max() * x, [distinct(4)], kinks=True),
    Form("x.max(axis=0)", lambda x: x.max(axis=0) ** 2, [distinct(3, 2)], kinks=True),
    Form("x.min()", lambda x: x.min() * x, [distinct(4)], kinks=True),
    Form("x.min(axis=1)", lambda x: x.min(axis=1) ** 2, [distinct(2, 3)], kinks=True),
    Form("x.argmax()", lambda x: x[x.argmax()] * x, [distinct(4)], kinks=True),
    Form("x.argmin(axis=0)", lambda x: x[x.argmin(axis=0), [0, 1]] ** 2, [distinct(3, 2)], kinks=True),
    Form("x.argsort()", lambda x: x[x.argsort()] ** 2, [distinct(4)], kinks=True),
    Form("x.var()", lambda x: x.var(), [real(4)]),
    Form("x.var(axis=0, ddof=1)", lambda x: x.var(axis=0, ddof=1), [real(3, 2)]),
    Form("x.std()", lambda x: x.std(), [distinct(4)]),
    Form("x.std(axis=1)", lambda x: x.std(axis=1), [distinct(2, 3)]),
    Form("x.cumsum()", lambda x: x.cumsum() ** 2, [real(4)]),
    Form("x.cumsum(axis=1)", lambda x: x.cumsum(axis=1) ** 2, [real(2, 3)]),
    Form("x.cumprod()", lambda x: x.cumprod(), [nonzero(4)]),
    Form("x.dot(y)", lambda x, y: x.dot(y), [real(2, 3), real(3)]),
    Form("x.dot(x)", lambda x: x.dot(x), [real(3)]),
    Form("x.reshape(2, 3)", lambda x: x.reshape(2, 3) ** 2, [real(6)]),
    Form("x.reshape((2, 3))", lambda x: x.reshape((2, 3)) ** 2, [real(3, 2)]),
    Form("x.reshape(-1)", lambda x: x.reshape(-1) ** 2, [real(2, 2)]),
    Form("x.reshape(-1, 1)", lambda x: x.reshape(-1, 1) * x, [real(3)]),
    Form("x.ravel()", lambda x: x.ravel() ** 2, [real(2, 2)]),
    Form("x.flatten()", lambda x: x.flatten() ** 2, [real(2, 2)]),
    Form("x.copy()", lambda x: x.copy() * x, [real(3)]),
    Form("x.astype(float)", lambda x: x.astype(float) * x, [real(3)]),
    Form("x.astype(x.dtype)", lambda x: x.astype(x.dtype) * x, [real(3)]),
    Form("x.clip(-0.6, 0.6)", lambda x: x.clip(-0.6, 0.6) * x, [distinct(5)], kinks=True),
    Form("x.clip(min=0)", lambda x: x.clip(min=0) ** 2, [nonzero(4)], kinks=True),
    Form("x.take([0, 0, 2])", lambda x: x.take([0, 0, 2]) ** 2, [real(3)]),
    Form("x.take([1], axis=1)", lambda x: x.take([1, 0], axis=1) ** 2, [real(2, 3)]),
    Form("x.repeat(2)", lambda x: x.repeat(2) ** 2, [real(3)]),
    Form("x.repeat(2, axis=0)", lambda x: x.repeat(2, axis=0) ** 2, [real(2, 2)]),
    Form("x.squeeze()", lambda x: x.squeeze() ** 2, [real(1, 3)]),
    Form("x.squeeze(axis=0)", lambda x: x.squeeze(axis=0) ** 2, [real(1, 3)]),
    Form("x.swapaxes(0, 1)", lambda x: x.swapaxes(0, 1) ** 2, [real(2, 3)]),
    Form("x.transpose()", lambda x: x.transpose() ** 2, [real(2, 3)]),
    Form("x.transpose(1, 0, 2)", lambda x: x.transpose(1, 0, 2) ** 2, [real(2, 3, 1)]),
    Form("x.transpose((1, 0))", lambda x: x.transpose((1, 0)) ** 2, [real(2, 3)]),
    Form("x.trace()", lambda x: (x @ x).trace(), [real(2, 2)]),
    Form("x.trace(1)", lambda x: x.trace(1) ** 2, [real(3, 3)]),
    Form("x.diagonal()", lambda x: x.diagonal() ** 2, [real(3, 3)]),
    Form("x.round()", lambda x: x * (x + 0.5).round(), [broken(4)], kinks=True),
    Form("x.ptp written out", lambda x: (x.max() - x.min()) ** 2, [distinct(4)], kinks=True),
    Form("x.compress", lambda x: x.compress([True, False, True]) ** 2, [real(3)]),
    Form("x.any() and x.all()", lambda x: np.where((x > 0).any(), x**2, x) * (x > -9).all(), [nonzero(3)], kinks=True),
    Form("x.shape", lambda x: x**2 / x.shape[0] + x.shape[-1], [real(2, 3)]),
    Form("x.size, x.ndim, len(x)", lambda x: x**2 * x.size + x.ndim * len(x) * x, [real(2, 3)]),
    Form("np.shape, np.ndim, np.size", lambda x: x**2 * np.size(x) + np.ndim(x) * x * np.shape(x)[1], [real(2, 3)]),
    Form("x.dtype", lambda x: x**2 + np.ones(3, dtype=x.dtype), [real(3)]),
    Form("np.ndim decides", lambda x: (x**2 if np.ndim(x) else x) + np.eye(2), [real(2, 2)]),
]

# Python's own control flow, and whole models

CONTROL = [
    Form("sum of a list of squares", sum_of_list, [real(3)]),
    Form("sum of elements in a loop", sum_of_elements, [real(4)]),
    Form("sum over rows", sum_over_rows, [real(2, 3)]),
    Form("two loops", two_loops, [real(2, 3)]),
    Form("zip", zipped, [real(3), real(3)]),
    Form("enumerate", enumerated, [real(3, 2)]),
    Form("a, b = x", unpacked, [real(2)]),
    Form("first, *others = x", unpacked_rows, [real(3, 2)]),
    Form("reversed(x)", lambda x: sum(v * w**2 for v, w in zip(x, reversed(x), strict=True)), [real(3)]),
    Form("Horner", horner, [real(3)]),
    Form("Euler steps", euler_steps, [real(3)]),
    Form("a list of states", list_of_states, [real(2)]),
    Form("a dictionary of parts", dictionary_of_parts, [real(4)]),
    Form("shapes decide", shape_decides, [real(2, 3)]),
    Form("a function of functions", lambda x: twice(np.sin, x), [real(3)]),
    Form("max(a, b)", lambda x, y: max(x, y) ** 2, [distinct(dtype="number"), between(dtype="number")], True, True),
    Form("min(a, b, 9.0)", lambda x, y: min(x, y, 9.0) ** 2, [distinct(), between()], True, True),
    Form("max of elements", lambda x: max(x) ** 2, [distinct(4)], True, True),
    Form("sorted", lambda x: sorted(x)[1] ** 2 * x, [distinct(4)], True, True),
    Form("if x > 0", if_positive, [nonzero(dtype="number")], True, True),
    Form("if np.any", if_any, [nonzero(3)], True, True),
    Form("if x.sum() > 100", if_sum, [real(3)], True, True),
    Form("if in a list", if_element, [nonzero(3)], True, True),
    Form("a < x < b", comparison_chain, [real(dtype="number")], True, True),
    Form("while: Newton's root", newton_root, [beyond(dtype="number")], False, True),
    Form("while: halve", halve_until_small, [broken(3)], True, True),
    Form("recursion", power_by_recursion, [real(dtype="number")]),
    Form("recursion: determinant by minors", minors, [real(3, 3)]),
    Form("normal density", normal_density, [real(3), real(), positive()]),
    Form("layer norm", layer_norm, [distinct(2, 3)]),
    Form("two layers", two_layers, [real(2, 2), real(2, 2), real(2), real(2)]),
    Form("cross entropy", cross_entropy, [real(2, 3)]),
    Form("distances", distances, [distinct(2, 2), between(3, 2)]),
    Form("weighted least squares", lambda a, x: np.sum((a @ x - np.array([1.0, 2.0])) ** 2) / 2, [real(2, 3), real(3)]),
    Form("Rosenbrock", lambda x: np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2), [unit(4)]),
]

# Kinds of numbers

SINGLE = "float32"

KINDS = [
    Form("float32 x * 2.5", lambda x: np.sin(x) * 2.5, [real(3, dtype=SINGLE)]),
    Form("float32 sum", lambda x: np.sum(x**2, axis=1), [real(2, 3, dtype=SINGLE)]),
    Form("float32 mean and var", lambda x: np.mean(x) * np.var(x), [real(4, dtype=SINGLE)]),
    Form("float32 matmul", lambda x, y: x @ y, [real(2, 3, dtype=SINGLE), real(3, dtype=SINGLE)]),
    Form("float32 exp and log", lambda x: np.log(1 + np.exp(x)), [real(3, dtype=SINGLE)]),
    Form("float32 where", lambda x: np.where(x > 0, x**2, 0), [nonzero(4, dtype=SINGLE)], kinks=True),
    Form("float32 indexing", lambda x: x[[0, 2, 2]] * x[::-1], [real(3, dtype=SINGLE)]),
    Form("float32 x ** 3 / 2", lambda x: x**3 / 2 - 1, [nonzero(3, dtype=SINGLE)]),
    Form("float32 concatenate", lambda x, y: np.concatenate([x, y]) ** 2, [real(2, dtype=SINGLE)] * 2),
    Form("float32 solve", lambda a, b: np.linalg.solve(a, b), [regular(2, 2, dtype=SINGLE), real(2, dtype=SINGLE)]),
    Form("float32 assignment", assign_slices, [real(6, dtype=SINGLE)]),
    Form("float32 and float64", lambda x, y: x * y**2, [real(3, dtype=SINGLE), real(3)]),
    Form("float32 to float64", lambda x: x.astype(np.float64) ** 2, [real(3, dtype=SINGLE)]),
    Form(
        "float64 to float32 and back", lambda x: (x.astype(np.float32)).astype(np.float64) ** 2, [real(2, dtype=SINGLE)]
    ),
    Form("integers", lambda x: np.sum(x * x), [counts(3)]),
    Form("integers, sqrt", lambda x: np.sqrt(x) / x, [counts(3)]),
    Form("integers and floats", lambda x, y: x @ y * x, [counts(3), real(3)]),
    Form("a matrix of integers", lambda x: x.mean(axis=0) ** 2, [counts(2, 3)]),
]

# More of NumPy, where what it does is plain

EXTRA = [
    Form("fix", lambda x: x * np.fix(x), [broken(4)], kinks=True),
    Form("round", lambda x: x * np.round(x + 0.5), [broken(4)], kinks=True),
    Form("round to a decimal", lambda x: x * np.round(x * 0.1 + 0.05, 1), [broken(4)], kinks=True),
    Form("modf", lambda x: np.modf(x)[0] * np.modf(x)[1], [broken(4)], kinks=True),
    Form("ldexp", lambda x: np.ldexp(x, 3) * x, [real(3)]),
    Form("real, imag and conj", lambda x: np.real(x) * x.real * np.conj(x) + np.imag(x), [real(3)]),
    Form("where signbit", lambda x: np.where(np.signbit(x), x**2, x), [nonzero(4)], kinks=True),
    Form("where isclose", lambda x: np.where(np.isclose(x, 5.0), 0.0, x**2), [real(3)]),
    Form("acos, asinh, pow", lambda x: np.acos(x) + np.asinh(x) * np.pow(x, 3), [unit(3)], since=(2, 0)),
    Form("concat", lambda x, y: np.concat([x, y]) ** 2, [real(3), real(2)], since=(2, 0)),
    Form("permute_dims", lambda x: np.permute_dims(x, (1, 0)) ** 2, [real(2, 3)], since=(2, 0)),
    Form("matrix_transpose", lambda x: np.matrix_transpose(x) ** 2, [real(2, 2, 3)], since=(2, 0)),
    Form(".mT", lambda x: x.mT @ x, [real(2, 2, 2)], since=(2, 0)),
    Form("rollaxis", lambda x: np.rollaxis(x, 2) ** 2, [real(2, 1, 3)]),
    Form("insert", lambda x, y: np.insert(x, 1, y) ** 2, [real(3), real()]),
    Form("insert axis=1", lambda x: np.insert(x, [0, 2], 1.5, axis=1) ** 2, [real(2, 3)]),
    Form("unstack", lambda x: np.multiply(*np.unstack(x)), [real(2, 3)], since=(2, 1)),
    Form("resize", lambda x: np.resize(x, (2, 4)) ** 2, [real(3)]),
    Form("dsplit", lambda x: np.multiply(*np.dsplit(x, 2)), [real(1, 2, 4)]),
    Form("diagflat", lambda x: np.diagflat(x**2), [real(2)]),
    Form("vander", lambda x: np.vander(x, 4), [real(3)]),
    Form("vander increasing", lambda x: np.vander(x, increasing=True), [real(3)]),
    Form(
        "interp by x",
        lambda x: np.interp(x, [-3, -1, 0, 1, 3], [2.0, 0.0, 1.0, -1.0, 4.0]) * x,
        [broken(4)],
        kinks=True,
    ),
    Form("interp by values", lambda f: np.interp([0.25, 1.5, 1.75], [0.0, 1.0, 2.0], f) ** 2, [real(3)]),
    Form(
        "piecewise", lambda x: np.piecewise(x, [x < 0, x >= 0], [lambda v: v**2, lambda v: 3 * v]), [distinct(4)], True
    ),
    Form("choose", lambda x, y: np.choose([0, 1, 1], [x, y]) ** 2, [real(3), real(3)]),
    Form("partition, the middle", lambda x: np.partition(x, 2)[2] ** 2, [distinct(5)], kinks=True),
    Form("quantile", lambda x: np.quantile(x, 0.3) ** 2, [distinct(5)], kinks=True),
    Form("percentile axis=1", lambda x: np.percentile(x, 60, axis=1) ** 2, [distinct(2, 4)], kinks=True),
    Form("nansum", lambda x: np.nansum(x**2), [real(3)]),
    Form("nansum with nan", nan_and_sum, [real(3)]),
    Form("nanmean", lambda x: np.nanmean(x**2, axis=0), [real(3, 2)]),
    Form("nanmax", lambda x: np.nanmax(x) ** 2, [distinct(4)], kinks=True),
    Form("ediff1d", lambda x: np.ediff1d(x) ** 2, [real(4)]),
    Form("gradient", lambda x: np.gradient(x) ** 2, [real(5)]),
    Form("gradient with spacing", lambda x: np.gradient(x, 0.5, axis=1) ** 2, [real(2, 4)]),
    Form("gradient of two axes", lambda x: np.multiply(*np.gradient(x)), [real(2, 3)]),
    Form("logspace", lambda x: np.logspace(x, 1.0, 3), [unit()]),
    Form("cov", lambda x: np.cov(x), [real(2, 4)]),
    Form("corrcoef", lambda x: np.corrcoef(x), [distinct(2, 4)]),
    Form("bincount with weights", lambda x: np.bincount([0, 1, 1, 3], weights=x) ** 2, [real(4)]),
    Form("add.at", add_at, [real(4)]),
    Form("add.reduceat", lambda x: np.add.reduceat(x, [0, 2, 3]) ** 2, [real(5)]),
    Form("copyto", copy_to, [real(3), real(3)]),
    Form("fill_diagonal", fill_diagonal, [real(3, 3)]),
    Form("put_along_axis", put_along_axis, [real(2, 3), real(2, 1)]),
    Form("zeros_like with a shape", zeros_like_given_shape, [real(3)]),
    Form("zeros like=x", lambda x: np.zeros(3, like=x) + x**2, [real(3)]),
    Form("x.flat", lambda x: sum(v**2 for v in x.flat) + x.flat[1], [real(2, 2)]),
    Form("np.copy", lambda x: np.copy(x) * x, [real(3)]),
    Form("astype", lambda x: np.astype(x, np.float64) * x, [real(3)], since=(2, 1)),
    Form("cumulative_sum", lambda x: np.cumulative_sum(x, axis=0) ** 2, [real(3)], since=(2, 1)),
    Form("vecdot", lambda x, y: np.vecdot(x, y), [real(2, 3), real(3)], since=(2, 0)),
    Form("matvec", lambda x, y: np.matvec(x, y), [real(2, 2, 3), real(3)], since=(2, 2)),
    Form("vecmat", lambda x, y: np.vecmat(x, y), [real(2, 3), real(3, 2)], since=(2, 2)),
    Form("linalg.vector_norm", lambda x: np.linalg.vector_norm(x, axis=1), [nonzero(2, 3)], since=(2, 0)),
    Form("linalg.matrix_norm", lambda x: np.linalg.matrix_norm(x), [nonzero(2, 2, 2)], since=(2, 0)),
    Form("linalg.trace", lambda x: np.linalg.trace(x**2), [real(2, 2, 2)], since=(2, 0)),
    Form("linalg.outer", lambda x, y: np.linalg.outer(x, y), [real(3), real(2)], since=(2, 0)),
    Form("linalg.cross", lambda x, y: np.linalg.cross(x, y), [real(3), real(3)], since=(2, 0)),
    Form("pinv", lambda a: np.linalg.pinv(a), [regular(3, 2)]),
    Form("norm ord=2 of a matrix", lambda a: np.linalg.norm(a, 2), [distinct(2, 3)], kinks=True),
    Form("norm 'nuc'", lambda a: np.linalg.norm(a, "nuc"), [regular(2, 2)], kinks=True),
    Form("norm ord=0", lambda x: np.linalg.norm(x, 0) * x, [nonzero(3)], kinks=True),
    Form("svd, the values", lambda a: np.linalg.svd(a, compute_uv=False) ** 2, [regular(2, 2)], kinks=True),
    Form("count of signs", lambda x: x * (np.sign(x).sum() + np.count_nonzero(x)), [nonzero(4)], kinks=True),
    Form("sqrt where and out", root_where_positive, [nonzero(4)], kinks=True),
    Form(
        "var with a mean",
        lambda x: np.var(x, axis=0, mean=np.mean(x, axis=0, keepdims=True)),
        [real(3, 2)],
        since=(2, 0),
    ),
    Form("pad symmetric odd", lambda x: np.pad(x, 2, mode="symmetric", reflect_type="odd") ** 2, [real(4)]),
    Form("pad reflect odd", lambda x: np.pad(x, 2, mode="reflect", reflect_type="odd") ** 2, [real(4)]),
    Form("unravel_index", lambda x: x[np.unravel_index(np.argmax(x), x.shape)] ** 2, [distinct(2, 3)], kinks=True),
    Form("triu_indices_from", lambda x: x[np.triu_indices_from(x)] ** 2, [real(2, 2)]),
    Form("diag_indices_from", lambda x: x[np.diag_indices_from(x)] ** 2, [real(2, 2)]),
    Form("percentile of several", lambda x: np.percentile(x, [20, 70]) ** 2, [distinct(5)], kinks=True),
    Form("nanmedian", lambda x: np.nanmedian(x) ** 2, [distinct(5)], kinks=True),
    Form("digitize", lambda x: np.digitize(x, [-1.0, 0.0, 1.0]) * x, [broken(4)], kinks=True),
    Form("gradient over coordinates", lambda x: np.gradient(x, np.array([0.0, 1.0, 3.0, 4.0])) ** 2, [real(4)]),
    Form("gradient edge_order=2", lambda x: np.gradient(x, 2.0, edge_order=2) ** 2, [real(4)]),
    Form("cov of two", lambda x, y: np.cov(x, y), [real(4), real(4)]),
    Form("cross of other axes", lambda x, y: np.cross(x, y, axisa=0, axisb=1, axisc=0), [real(3, 2), real(2, 3)]),
    Form("cholesky upper", lambda a: np.linalg.cholesky((a + a.T) / 2, upper=True), [definite(2, 2)], since=(2, 0)),
    Form("norm ord=0.5", lambda x: np.linalg.norm(x, ord=0.5), [positive(3)], kinks=True),
    Form("piecewise with numbers", lambda x: np.piecewise(x, [x > 0], [lambda v: v**2, 0.0]), [nonzero(4)], kinks=True),
    Form("concatenate of rows", lambda x: np.concatenate(x) ** 2, [real(2, 3)]),
    Form("partition, the largest", lambda x: np.partition(x, -2)[-2:].sum() ** 2, [distinct(5)], kinks=True),
    Form("list @ x", lambda x: [1.0, 2.0, 3.0] @ x * x, [real(3)]),
    Form("an array times a list", lambda x: x * [1.0, 2.0, 3.0] + (4.0, 5.0, 6.0) * x**2, [real(3)]),
    Form("ufunc dtype", lambda x: np.multiply(x, x, dtype=x.dtype), [real(3)]),
    Form("sum dtype", lambda x: np.sum(x**2, dtype=x.dtype), [real(3)]),
]

GROUPS: dict[str, list[Form]] = {
    "unary": UNARY,
    "binary": BINARY,
    "choices": CHOICES,
    "operators": OPERATORS,
    "ufunc methods": UFUNC_METHODS,
    "reductions": REDUCTIONS,
    "products": PRODUCTS,
    "shapes": SHAPES,
    "indexing": INDEXING,
    "assignments": ASSIGNMENTS,
    "linear algebra": LINEAR_ALGEBRA,
    "methods": METHODS,
    "control flow": CONTROL,
    "kinds of numbers": KINDS,
    "extra": EXTRA,
}
FORMS: list[Form] = [form for forms in GROUPS.values() for form in forms]
